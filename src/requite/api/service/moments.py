"""Moments in requests, as the store can hold them."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated

from pydantic import AfterValidator, AwareDatetime


def _in_calendar(moment: datetime) -> datetime:
    """The moment, if it lies in the calendar in UTC, too: the last hours of the year 9999 in New York do not."""
    try:
        moment.astimezone(UTC)
    except OverflowError:
        raise ValueError("lies outside the years 1 to 9999 in UTC") from None
    return moment


Moment = Annotated[AwareDatetime, AfterValidator(_in_calendar)]
