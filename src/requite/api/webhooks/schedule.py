"""When an event that did not arrive is sent again."""

from __future__ import annotations

import random
from collections.abc import Sequence
from datetime import timedelta
from typing import Final

WAITS: Final = (
    timedelta(seconds=5),
    timedelta(seconds=30),
    timedelta(minutes=5),
    timedelta(minutes=30),
    timedelta(hours=2),
    timedelta(hours=5),
    timedelta(hours=10),
    timedelta(hours=14),
    timedelta(hours=20),
    timedelta(hours=20),
)
"""How long to wait after the first attempt, the second …; together about three days, which lets a weekend pass.

The waits stand here and the state in the store, since a library that retries keeps both in memory, and a restart would forget them.
A connection that cannot be made is tried again at once by stamina, within one attempt.
"""

JITTER: Final = 0.2
"""By what share a wait may be longer, so that what failed together does not come back together."""


def wait_after(attempts: int, waits: Sequence[timedelta] = WAITS) -> timedelta | None:
    """How long to wait after so many attempts; None where there have been enough."""
    if attempts > len(waits):
        return None
    return waits[attempts - 1] * (1 + random.uniform(0, JITTER))
