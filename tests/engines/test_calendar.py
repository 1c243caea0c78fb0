"""The calendar, against brute force over days where there is a second way to reckon."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from fractions import Fraction

import holidays
import pytest
from hypothesis import given
from hypothesis import strategies as st

from requite.engine import calendar
from requite.engine.calendar import (
    BeyondCalendarError,
    add,
    add_months,
    elapsed,
    first_day,
    last_day,
    period_label,
    whole_between,
)

DAYS = st.dates(min_value=date(1950, 1, 1), max_value=date(2150, 12, 31))
NEAR = st.integers(min_value=-800, max_value=800)
PERIODS = st.sampled_from(["financial year", "quarter", "month", "calendar year"])


def test_a_month_from_the_31st_ends_on_the_last_day() -> None:
    assert add(date(2017, 8, 31), Fraction(6), "months") == date(2018, 2, 28)
    assert add(date(2019, 8, 31), Fraction(6), "months") == date(2020, 2, 29)
    assert add(date(2020, 2, 29), Fraction(-12), "months") == date(2019, 2, 28)
    assert add(datetime(2017, 1, 31, 12, 30), Fraction(1), "months") == datetime(2017, 2, 28, 12, 30)


@given(DAYS, st.integers(min_value=-600, max_value=600))
def test_months_go_to_the_month_meant(day: date, months: int) -> None:
    found = add_months(day, months)
    assert (found.year * 12 + found.month) - (day.year * 12 + day.month) == months
    assert found.day == day.day or (found.day < day.day and (found + timedelta(1)).day == 1)


@pytest.mark.parametrize(
    ("unit", "start", "end", "expected"),
    [
        ("years", date(2000, 2, 29), date(2018, 2, 28), 17),
        ("years", date(2000, 2, 29), date(2018, 3, 1), 18),
        ("years", date(1999, 4, 1), date(2018, 3, 31), 18),
        ("years", date(1999, 4, 1), date(2018, 4, 1), 19),
        ("months", date(2017, 1, 31), date(2017, 2, 28), 0),
        ("months", date(2017, 1, 31), date(2017, 3, 1), 1),
        ("months", date(2017, 3, 31), date(2017, 1, 31), -2),
        ("days", date(2017, 3, 1), date(2017, 2, 27), -2),
        ("hours", datetime(2017, 3, 1, 10, 0), datetime(2017, 3, 2, 9, 59), 23),
        ("months", datetime(2017, 3, 1, 10, 0), datetime(2017, 4, 1, 9, 59), 0),
        ("days", datetime(2017, 3, 1, 10, 0), datetime(2017, 3, 2, 9, 59), 0),
        ("working days", date(2017, 4, 13), date(2017, 4, 18), 1),
        ("working days", date(2017, 4, 18), date(2017, 4, 13), -1),
        ("working days", date(2017, 12, 22), date(2018, 1, 2), 4),
    ],
)
def test_whole_units(unit: str, start: date, end: date, expected: int) -> None:
    assert whole_between(unit, start, end) == expected


@given(DAYS, NEAR)
def test_a_year_is_complete_when_its_day_is_reached(born: date, days: int) -> None:
    on = born + timedelta(abs(days) * 20)
    years = on.year - born.year
    reached = (on.month, on.day) >= (born.month, born.day)
    assert whole_between("years", born, on) == (years if reached else years - 1)


def test_elapsed_is_exact_and_signed() -> None:
    assert elapsed("days", date(2016, 2, 28), date(2016, 3, 1)) == 2
    assert elapsed("hours", datetime(2017, 1, 1, 0, 0), datetime(2017, 1, 2, 12, 20)) == Fraction(109, 3)
    assert elapsed("days", datetime(2017, 1, 2, 12, 0), datetime(2017, 1, 1)) == Fraction(-3, 2)
    assert add(datetime(2017, 1, 1), Fraction(109, 3), "hours") == datetime(2017, 1, 2, 12, 20)


# --- periods ----------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("period", "day", "label", "first", "last"),
    [
        ("financial year", date(2018, 3, 31), "2017/18", date(2017, 4, 1), date(2018, 3, 31)),
        ("financial year", date(2018, 4, 1), "2018/19", date(2018, 4, 1), date(2019, 3, 31)),
        ("financial year", date(1999, 12, 31), "1999/00", date(1999, 4, 1), date(2000, 3, 31)),
        ("quarter", date(2018, 3, 31), "2017/18 Q4", date(2018, 1, 1), date(2018, 3, 31)),
        ("quarter", date(2018, 4, 1), "2018/19 Q1", date(2018, 4, 1), date(2018, 6, 30)),
        ("quarter", date(2017, 12, 31), "2017/18 Q3", date(2017, 10, 1), date(2017, 12, 31)),
        ("month", date(2016, 2, 5), "2016-02", date(2016, 2, 1), date(2016, 2, 29)),
        ("calendar year", date(2017, 6, 1), "2017", date(2017, 1, 1), date(2017, 12, 31)),
    ],
)
def test_periods(period: str, day: date, label: str, first: date, last: date) -> None:
    assert period_label(period, day) == label
    assert (first_day(period, day), last_day(period, day)) == (first, last)


@given(DAYS, PERIODS)
def test_a_period_holds_the_days_that_share_its_label(day: date, period: str) -> None:
    first, last = first_day(period, day), last_day(period, day)
    assert first <= day <= last
    assert period_label(period, first) == period_label(period, last) == period_label(period, day)
    assert period_label(period, first - timedelta(1)) != period_label(period, day) != period_label(period, last + timedelta(1))


# --- working days -----------------------------------------------------------------------------------------------------------


BANK_HOLIDAYS = frozenset(holidays.country_holidays("GB", subdiv="ENG", years=range(2000, 2040)))


def is_working(day: date) -> bool:
    return day.weekday() < 5 and day not in BANK_HOLIDAYS


def test_working_days_pass_over_easter_and_the_new_year() -> None:
    assert add(date(2017, 4, 13), Fraction(1), "working days") == date(2017, 4, 18)
    assert add(date(2017, 4, 18), Fraction(-1), "working days") == date(2017, 4, 13)
    assert add(date(2017, 12, 29), Fraction(1), "working days") == date(2018, 1, 2)
    assert add(date(2018, 1, 2), Fraction(-1), "working days") == date(2017, 12, 29)
    assert add(date(2017, 4, 15), Fraction(0), "working days") == date(2017, 4, 15)
    assert add(date(2017, 4, 15), Fraction(1), "working days") == date(2017, 4, 18)
    assert add(date(2017, 4, 15), Fraction(-1), "working days") == date(2017, 4, 13)
    assert add(datetime(2017, 4, 13, 16, 0), Fraction(1), "working days") == datetime(2017, 4, 18, 16, 0)


@given(st.dates(min_value=date(2010, 1, 1), max_value=date(2030, 1, 1)), st.integers(min_value=-300, max_value=300))
def test_working_days_agree_with_counting_days(start: date, count: int) -> None:
    day, left, step = start, abs(count), timedelta(1 if count > 0 else -1)
    while left:
        day += step
        left -= is_working(day)
    assert add(start, Fraction(count), "working days") == day


@given(st.dates(min_value=date(2010, 1, 1), max_value=date(2030, 1, 1)), st.integers(min_value=0, max_value=900))
def test_working_days_between_agree_with_counting_days(start: date, length: int) -> None:
    expected = sum(is_working(start + timedelta(n)) for n in range(1, length + 1))
    assert whole_between("working days", start, start + timedelta(length)) == expected


def test_beyond_the_calendar() -> None:
    for start, amount, unit in [
        (date(9999, 12, 31), 1, "days"),
        (date(9999, 1, 1), 12, "months"),
        (date(1, 1, 1), -1, "months"),
        (date(calendar.LAST_YEAR, 12, 1), 400, "working days"),
        (date(1899, 12, 1), 1, "working days"),
        (datetime(9999, 12, 31), 10**9, "hours"),
    ]:
        with pytest.raises(BeyondCalendarError):
            add(start, Fraction(amount), unit)
