"""Moments and days in requests, as the store can hold them."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime
from typing import Annotated, Any

from pydantic import AfterValidator, AwareDatetime, BeforeValidator, Field
from pydantic_core import PydanticCustomError


def _written_as_moment(given: Any) -> Any:
    """What was given, if it is a moment as it is written: of a number nobody can tell whether it counts seconds or thousandths."""
    if isinstance(given, datetime) or (isinstance(given, str) and re.match(r"[0-9]{4}-[0-9]{2}-[0-9]{2}[Tt ]", given)):
        return given
    raise PydanticCustomError("datetime_not_written", "a moment is wanted")


def _in_calendar(moment: datetime) -> datetime:
    """The moment, if it lies in the calendar in UTC, too: the last hours of the year 9999 in New York do not."""
    try:
        moment.astimezone(UTC)
    except OverflowError:
        raise ValueError("lies outside the years 1 to 9999 in UTC") from None
    return moment


Moment = Annotated[AwareDatetime, AfterValidator(_in_calendar), BeforeValidator(_written_as_moment)]


def _written_as_day(given: Any) -> Any:
    """What was given, if it is a day as it is written: midnight in UTC is another day elsewhere, and a number is none."""
    if type(given) is date or (isinstance(given, str) and re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", given)):
        return given
    raise PydanticCustomError("date_not_written", "a day is wanted")


Day = Annotated[date, Field(ge=date(1900, 1, 1), le=date(2999, 12, 31)), BeforeValidator(_written_as_day)]
