"""What texts in requests have to look like. What each means in words stands in `request_errors`."""

from __future__ import annotations

from typing import Final

ID: Final = "^[0-9A-HJKMNP-TV-Z]{26}$"
"""An id as `store.columns.new_id` makes it."""

MONTH: Final = "^[0-9]{4}-(0[1-9]|1[0-2])$"
AMOUNT: Final = r"^[0-9]{1,15}(\.[0-9]{1,2})?$"
ONE_LINE: Final = r"^[^\x00-\x1f\x7f]+$"
BARE_OR_NOTHING: Final = r"^([^\x00-\x1f\x7f\s]([^\x00-\x1f\x7f]*[^\x00-\x1f\x7f\s])?)?$"
"""One line without spaces around it, as a cell is read, or nothing."""
