"""The calendar: lengths of time, periods and their edges, England's working days."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from datetime import date, datetime, time, timedelta
from fractions import Fraction
from functools import lru_cache

FIRST_YEAR, LAST_YEAR = 1900, 2200
"""The years for which working days are known."""

MICROSECONDS = 3_600_000_000


class BeyondCalendarError(ValueError):
    """A date outside the years that the calendar knows."""


# --- adding -------------------------------------------------------------------------------------------------------------


def add(start: date, amount: Fraction, unit: str) -> date:
    """A date or moment so much later; a part of a day, month or working day counts for nothing, nor does one of an hour on a date.

    A month later is the same day of the month, or the last one where the month is shorter.
    """
    try:
        match unit:
            case "days":
                return start + _days(amount, isinstance(start, datetime))
            case "hours":
                return start + _hours(amount)
            case "months":
                return add_months(start, _toward_zero(amount))
            case "working days":
                return add_working_days(start, _toward_zero(amount))
    except OverflowError:
        raise BeyondCalendarError from None
    raise ValueError(f"no such unit of time: {unit}")


def _toward_zero(amount: Fraction) -> int:
    return int(amount)


def _days(amount: Fraction, exact: bool) -> timedelta:
    return _hours(amount * 24) if exact else timedelta(days=_toward_zero(amount))


def _hours(amount: Fraction) -> timedelta:
    return timedelta(microseconds=_toward_zero(amount * MICROSECONDS))


def add_months(start: date, months: int) -> date:
    year, month = divmod(start.year * 12 + start.month - 1 + months, 12)
    if not date.min.year <= year <= date.max.year:
        raise BeyondCalendarError
    return start.replace(year=year, month=month + 1, day=min(start.day, days_in_month(year, month + 1)))


def days_in_month(year: int, month: int) -> int:
    if month == 2:
        return 29 if year % 4 == 0 and (year % 100 != 0 or year % 400 == 0) else 28
    return 30 if month in (4, 6, 9, 11) else 31


# --- between ------------------------------------------------------------------------------------------------------------


def as_moment(day: date) -> datetime:
    """A moment; of a date, its first."""
    return day if isinstance(day, datetime) else datetime.combine(day, time())


def elapsed(unit: str, start: date, end: date) -> Fraction:
    """The exact days or hours from start to end, below zero where the end comes first."""
    between = as_moment(end) - as_moment(start)
    hours = Fraction(between // timedelta(microseconds=1), MICROSECONDS)
    return hours if unit == "hours" else hours / 24


def whole_between(unit: str, start: date, end: date) -> Fraction:
    """The complete units from start to end, below zero where the end comes first.

    A month is complete when its day of the month is reached again: from 31 January the first one is on 1 March, and who was
    born on 29 February is a year older on 1 March where there is no 29th. Working days are counted after the start, up to the
    end.
    """
    if as_moment(end) < as_moment(start):
        return -whole_between(unit, end, start)
    match unit:
        case "days" | "hours":
            return Fraction(int(elapsed(unit, start, end)))
        case "months":
            return Fraction(_months_between(start, end))
        case "years":
            return Fraction(_months_between(start, end) // 12)
        case "working days":
            return Fraction(working_days_between(start, end))
    raise ValueError(f"no such unit of time: {unit}")


def _months_between(start: date, end: date) -> int:
    first, last = as_moment(start), as_moment(end)
    months = (last.year - first.year) * 12 + last.month - first.month
    return months - ((last.day, last.time()) < (first.day, first.time()))


# --- periods ------------------------------------------------------------------------------------------------------------


def period_label(period: str, day: date) -> str:
    """The period that a day lies in: 2017/18, 2017/18 Q1 (April to June), 2017-04 or 2017."""
    start = first_day(period, day)
    match period:
        case "financial year":
            return _financial_year(start)
        case "quarter":
            return f"{_financial_year(first_day('financial year', day))} Q{(start.month - 4) % 12 // 3 + 1}"
        case "month":
            return f"{start.year:04}-{start.month:02}"
    return f"{start.year:04}"


def _financial_year(start: date) -> str:
    return f"{start.year:04}/{(start.year + 1) % 100:02}"


MONTHS_IN = {"financial year": 12, "calendar year": 12, "quarter": 3, "month": 1}


def year_begins(period: str, year: Fraction) -> date:
    """The first day of the calendar year of this number, or of the financial year that begins in it."""
    if year.denominator != 1 or not 1 <= year <= 9999:
        raise BeyondCalendarError
    return date(int(year), 4 if period == "financial year" else 1, 1)


def first_day(period: str, day: date) -> date:
    """The first day of the period that a day lies in; financial years and their quarters begin in April."""
    begins = 4 if period == "financial year" else 1
    into = (day.month - begins) % MONTHS_IN[period]
    return add_months(date(day.year, day.month, 1), -into)


def last_day(period: str, day: date) -> date:
    last_month = add_months(first_day(period, day), MONTHS_IN[period] - 1)
    return last_month.replace(day=days_in_month(last_month.year, last_month.month))


# --- working days -------------------------------------------------------------------------------------------------------


def add_working_days(start: date, count: int) -> date:
    """The working day so many after the start (before it, below zero); the start itself where the number is 0."""
    if count == 0:
        return start
    year, day = start.year, as_moment(start).date()
    days = working_days(year)
    at = bisect_right(days, day) + count - 1 if count > 0 else bisect_left(days, day) + count
    while not 0 <= at < len(days):
        if at < 0:
            year -= 1
            days = working_days(year)
            at += len(days)
        else:
            at -= len(days)
            year += 1
            days = working_days(year)
    found = days[at]
    return datetime.combine(found, start.time()) if isinstance(start, datetime) else found


def working_days_between(start: date, end: date) -> int:
    """The working days after the start, up to and with the end, which is not before it."""
    first, last = as_moment(start).date(), as_moment(end).date()
    years = (len(working_days(year)) for year in range(first.year, last.year))
    return sum(years) + bisect_right(working_days(last.year), last) - bisect_right(working_days(first.year), first)


@lru_cache(maxsize=512)
def working_days(year: int) -> tuple[date, ...]:
    """England's working days of a year: not Saturday or Sunday, nor a bank holiday."""
    if not FIRST_YEAR <= year <= LAST_YEAR:
        raise BeyondCalendarError
    import holidays

    closed = holidays.country_holidays("GB", subdiv="ENG", years=year)
    days = (date(year, 1, 1) + timedelta(days=n) for n in range(366))
    return tuple(day for day in days if day.year == year and day.weekday() < 5 and day not in closed)
