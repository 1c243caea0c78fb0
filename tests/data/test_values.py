"""One cell at a time: what each type reads, and why it refuses the rest."""

from __future__ import annotations

from datetime import date, datetime, time
from decimal import Decimal
from enum import Enum
from fractions import Fraction

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from requite.dsl.program import Field, Scalar
from requite.dsl.types import Kind
from requite.dsl.values import Unreadable, read_value, reader
from requite.dsl.values.dates import date_format, format_problem
from requite.dsl.values.objects import read_object
from tests.data.support import field

MONEY = field(Kind.MONEY)
PENCE = field(Kind.MONEY, unit="pence")
PERCENT = field(Kind.PERCENT)
COUNT = field(Kind.COUNT)
NUMBER = field(Kind.NUMBER)
TEXT = field(Kind.TEXT)
YES_NO = field(Kind.YES_NO)
DATE = field(Kind.DATE)
MOMENT = field(Kind.MOMENT)
SETTING = field(Kind.CHOICE, choices=("outpatient", "day_case", "elective"))


def dated(format: str) -> Field:
    return field(Kind.DATE, format=format)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("1234.5", Fraction(2469, 2)),
        ("£1,234.50", Fraction(2469, 2)),
        ("(1,234.50)", Fraction(-2469, 2)),
        ("(£1,234.50)", Fraction(-2469, 2)),
        ("£(1,234.50)", Fraction(-2469, 2)),
        ("-£5", -5),
        ("£-5", -5),
        ("− £ 5", -5),
        ("–5", -5),
        ("+5", 5),
        ("GBP 5", 5),
        ("5 GBP", 5),
        ("5.00 £", 5),
        ("50p", Fraction(1, 2)),
        (".5", Fraction(1, 2)),
        ("5.", 5),
        ("\u00a0£5\u200b ", 5),
        ("£92,233,720,368,547,758.07", Fraction(9223372036854775807, 100)),
        ("0.1", Fraction(1, 10)),
    ],
)
def test_money(text: str, expected: Fraction) -> None:
    assert read_value(text, MONEY) == expected


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("$5", "is in $, but the ruleset reckons in GBP"),
        ("5 USD", "is in USD, but the ruleset reckons in GBP"),
        ("12,50", "is not an amount of money: a comma only groups thousands, as in 1,234.50"),
        ("1,00,000", "is not an amount of money: a comma only groups thousands, as in 1,234.50"),
        ("5-", "is not an amount of money: write the minus in front"),
        ("1.2E+11", "is in exponent form, which may have lost digits: give an amount of money in full"),
        ("about £5", "is not an amount of money"),
        ("--5", "is not an amount of money"),
        ("(-5)", "is not an amount of money"),
        ("£", "is not an amount of money"),
        ("1£5", "is not an amount of money"),
        ("£5 GBP", "is not an amount of money"),
        ("1.2.3", "is not an amount of money"),
        ("١٢", "is not an amount of money"),
        ("N/A", "is not an amount of money"),
        ("9" * 41, "has more than 40 digits"),
    ],
)
def test_money_that_is_none(text: str, reason: str) -> None:
    assert read_value(text, MONEY) == Unreadable(reason)


def test_pence() -> None:
    assert read_value("123450", PENCE) == Fraction(2469, 2)
    assert read_value("(5)", PENCE) == Fraction(-1, 20)
    assert read_value("5p", PENCE) == Fraction(1, 20)
    assert read_value("£5", PENCE) == Unreadable("has a £ sign in a column that is in pence")


def test_other_currencies() -> None:
    assert read_value("$1,234.50", MONEY, "USD") == Fraction(2469, 2)
    assert read_value("CHF 5", MONEY, "CHF") == 5
    assert read_value("£5", MONEY, "USD") == Unreadable("is in £, but the ruleset reckons in USD")


def test_percentages() -> None:
    assert read_value("70%", PERCENT) == Fraction(7, 10)
    assert read_value("-2.5 %", PERCENT) == Fraction(-1, 40)
    assert read_value("0.7", field(Kind.PERCENT, unit="fractions")) == Fraction(7, 10)
    assert read_value("70%", field(Kind.PERCENT, unit="fractions")) == Fraction(7, 10)
    assert read_value("70", field(Kind.PERCENT, unit="hundredths")) == Fraction(7, 10)
    refused = read_value("0.7", PERCENT)
    assert isinstance(refused, Unreadable)
    assert "`in fractions` (0.7) or `in hundredths` (70)" in refused.reason


def test_counts_and_numbers() -> None:
    assert read_value("34601.0", COUNT) == 34601
    assert read_value("34,601", COUNT) == 34601
    assert read_value("4029.25", COUNT) == Unreadable("is not a whole number")
    assert read_value("4029.25", NUMBER) == Fraction(16117, 4)
    assert read_value("1.0E5", NUMBER) == Unreadable("is in exponent form, which may have lost digits: give a number in full")
    assert read_value("5%", NUMBER) == Unreadable("is not a number")
    assert read_value("5 days", field(Kind.DAYS)) == 5
    assert read_value("1 month", field(Kind.MONTHS)) == 1
    assert read_value("2.5", field(Kind.HOURS)) == Fraction(5, 2)


@given(st.decimals(allow_nan=False, allow_infinity=False, places=4, min_value=-(10**30), max_value=10**30))
def test_every_decimal_is_read_exactly(number: Decimal) -> None:
    assert read_value(f"{number:f}", NUMBER) == Fraction(number)
    assert read_value(f"{number:,f}", MONEY) == Fraction(number)
    assert read_value(f"£{number:,f}".replace("£-", "-£"), MONEY) == Fraction(number)
    assert read_object(number, MONEY, reader(MONEY)) == Fraction(number)


@given(
    st.text(max_size=30), st.sampled_from([MONEY, PENCE, PERCENT, COUNT, YES_NO, DATE, MOMENT, SETTING, TEXT, dated("D MMM YY")])
)
def test_no_text_breaks_a_reader(text: str, declared: Field) -> None:
    value = read_value(text, declared)
    if isinstance(value, Unreadable):
        assert value.reason


@pytest.mark.parametrize("text", ["yes", "No", "Y", "n", "TRUE", "false", "1", "0", " Yes "])
def test_yes_and_no(text: str) -> None:
    assert read_value(text, YES_NO) is (text.strip().lower() in ("yes", "y", "true", "1"))


def test_neither_yes_nor_no() -> None:
    assert read_value("Unknown", YES_NO) == Unreadable("is neither yes nor no")


@pytest.mark.parametrize(
    ("text", "format", "expected"),
    [
        ("2017-04-01", "", date(2017, 4, 1)),
        ("2017-04-01 00:00:00", "", date(2017, 4, 1)),
        ("2017-04-01T00:00:00.000", "", date(2017, 4, 1)),
        ("01/04/2017", "DD/MM/YYYY", date(2017, 4, 1)),
        ("1/4/2017", "DD/MM/YYYY", date(2017, 4, 1)),
        ("01/04/2017 00:00", "DD/MM/YYYY", date(2017, 4, 1)),
        ("1/4/2017", "D/M/YYYY", date(2017, 4, 1)),
        ("04/01/2017", "MM/DD/YYYY", date(2017, 4, 1)),
        ("01-Apr-2017", "DD-MMM-YYYY", date(2017, 4, 1)),
        ("1 april 2017", "D MMMM YYYY", date(2017, 4, 1)),
        ("20170401", "YYYYMMDD", date(2017, 4, 1)),
        ("01042017", "DDMMYYYY", date(2017, 4, 1)),
        ("01/04/17", "DD/MM/YY", date(2017, 4, 1)),
        ("01/04/69", "DD/MM/YY", date(1969, 4, 1)),
        ("01.04.2017", "dd.mm.yyyy", date(2017, 4, 1)),
    ],
)
def test_dates(text: str, format: str, expected: date) -> None:
    assert read_value(text, dated(format)) == expected


@pytest.mark.parametrize(
    ("text", "format", "reason"),
    [
        ("01/04/2017", "", 'could be day/month or month/day: let the ruleset say which, as in `as "DD/MM/YYYY"`'),
        ("01/04/17", "", 'could be day/month or month/day: let the ruleset say which, as in `as "DD/MM/YYYY"`'),
        ("20170401", "", "is not a date such as 2017-04-01"),
        ("2017-02-30", "", "is not in the calendar: there is no such day"),
        ("2017-04-01 10:30", "", "has a time of day, but the field is a date"),
        ("2017-04-01T00:00:00Z", "", "names a time zone: give the local time without it"),
        ("30/02/2017", "DD/MM/YYYY", "is not in the calendar: there is no such day"),
        ("13/13/2017", "DD/MM/YYYY", "is not in the calendar: there is no such day"),
        ("01-Foo-2017", "DD-MMM-YYYY", "is not in the calendar: there is no such day"),
        ("01/04/17", "DD/MM/YYYY", "is not a date of the form DD/MM/YYYY"),
        ("2017-04-01", "DD/MM/YYYY", "is not a date of the form DD/MM/YYYY"),
        ("1/4/2017", "YYYYMMDD", "is not a date of the form YYYYMMDD"),
    ],
)
def test_what_is_no_date(text: str, format: str, reason: str) -> None:
    assert read_value(text, dated(format)) == Unreadable(reason)


def test_moments() -> None:
    assert read_value("2017-04-01T10:30", MOMENT) == datetime(2017, 4, 1, 10, 30)
    assert read_value("2017-04-01 10:30:05.5", MOMENT) == datetime(2017, 4, 1, 10, 30, 5, 500000)
    assert read_value("2017-04-01 10:30:05.1234560", MOMENT) == datetime(2017, 4, 1, 10, 30, 5, 123456)
    by_format = field(Kind.MOMENT, format="DD/MM/YYYY HH:MM")
    assert read_value("01/04/2017 9:05", by_format) == datetime(2017, 4, 1, 9, 5)
    assert read_value("01/04/2017 25:05", by_format) == Unreadable("is not a moment: there is no such day or time")
    assert read_value("2017-04-01", MOMENT) == Unreadable("has no time of day")
    assert read_value("2017-04-01T10:30+01:00", MOMENT) == Unreadable("names a time zone: give the local time without it")


def test_formats_that_are_none() -> None:
    assert format_problem("DD/MM/YYYY", Kind.DATE) == ""
    assert format_problem("YYYY-MM-DD HH:MM:SS", Kind.MOMENT) == ""
    assert "year, month and day once each" in format_problem("MM/YYYY", Kind.DATE)
    assert "year, month and day once each" in format_problem("DD/DD/YYYY", Kind.DATE)
    assert "year, month and day once each" in format_problem("day/month", Kind.DATE)
    assert "time of day" in format_problem("DD/MM/YYYY HH:MM", Kind.DATE)
    assert "no time of day" in format_problem("DD/MM/YYYY", Kind.MOMENT)
    assert date_format("") is None


@given(st.dates(), st.sampled_from(["DD/MM/YYYY", "D/M/YYYY", "YYYYMMDD", "DD-MMM-YYYY", "MMMM D YYYY", "YYYY.MM.DD"]))
def test_a_date_written_by_a_format_is_read_by_it(day: date, format: str) -> None:
    names = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
    text = format.replace("YYYY", f"{day.year:04}").replace("MMMM", "~").replace("MMM", "~").replace("MM", f"{day.month:02}")
    text = text.replace("M", str(day.month)).replace("DD", f"{day.day:02}").replace("D", str(day.day))
    assert read_value(text.replace("~", names[day.month - 1]), dated(format)) == day


def test_text_and_choices() -> None:
    assert read_value("  S1  two ", TEXT) == "S1  two"
    assert read_value("007", TEXT) == "007"
    assert read_value("two\nlines", TEXT) == "two\nlines"
    assert read_value("x" * 4001, TEXT) == Unreadable("has more than 4,000 characters")
    assert read_value("a\0b", TEXT) == Unreadable("holds a control character, which no one can see")
    assert read_value(" day_case ", SETTING) == "day_case"
    refused = read_value("Daycase", SETTING)
    assert refused == Unreadable("is not one of outpatient, day_case, elective (did you mean day_case?)")
    assert read_value("zzz", SETTING) == Unreadable("is not one of outpatient, day_case, elective")


@pytest.mark.parametrize("declared", [MONEY, PERCENT, COUNT, DATE, MOMENT, YES_NO, SETTING, TEXT, dated("DD/MM/YYYY")])
@pytest.mark.parametrize("blank", ["", "   ", "\u00a0", "\ufeff", "\t"])
def test_blanks(declared: Field, blank: str) -> None:
    assert read_value(blank, declared) is None


class Setting(Enum):
    DAY_CASE = "day_case"


@pytest.mark.parametrize(
    ("value", "declared", "expected"),
    [
        (0.1, MONEY, Fraction(1, 10)),
        (1e-7, NUMBER, Fraction(1, 10**7)),
        (1e20, MONEY, 10**20),
        (Decimal("1234.50"), MONEY, Fraction(2469, 2)),
        (Decimal("1E+3"), MONEY, 1000),
        (Fraction(1, 8), NUMBER, Fraction(1, 8)),
        (5, MONEY, 5),
        (500, PENCE, 5),
        (34601.0, COUNT, 34601),
        (np.float32(0.1), NUMBER, Fraction(1, 10)),
        (np.float16(0.1), NUMBER, Fraction(1, 10)),
        (np.float16(20.1), NUMBER, Fraction(201, 10)),
        (np.int64(7), COUNT, 7),
        (np.float64(0.1), NUMBER, Fraction(1, 10)),
        (True, YES_NO, True),
        (0, YES_NO, False),
        (12345, TEXT, "12345"),
        (Decimal("1.10"), TEXT, "1.10"),
        (date(2017, 4, 1), dated("DD/MM/YYYY"), date(2017, 4, 1)),
        (datetime(2017, 4, 1), DATE, date(2017, 4, 1)),
        (datetime(2017, 4, 1, 10, 30), MOMENT, datetime(2017, 4, 1, 10, 30)),
        (Setting.DAY_CASE, SETTING, "day_case"),
        (np.datetime64("2017-04-01", "D"), DATE, date(2017, 4, 1)),
        (None, MONEY, None),
        (pd.NA, MONEY, None),
        (pd.NaT, DATE, None),
        ("£5", MONEY, 5),
    ],
)
def test_objects(value: object, declared: Field, expected: Scalar) -> None:
    found = read_object(value, declared, reader(declared))
    assert found == expected
    assert isinstance(found, bool) == isinstance(expected, bool)


@pytest.mark.parametrize(
    ("value", "declared", "reason"),
    [
        (float("nan"), MONEY, "is NaN, which is no number"),
        (np.longdouble("0.1"), MONEY, "is a longdouble, which no field can hold"),
        (np.datetime64("2017-04-01", "ns"), COUNT, "is a datetime64, which no field can hold"),
        (np.timedelta64(5, "ns"), COUNT, "is a timedelta64, which no field can hold"),
        (float("inf"), MONEY, "is Infinity, which is no number"),
        (12345.0, TEXT, "is the number 12345.0 in a field that is text: hand it over as text"),
        (True, MONEY, "is yes or no, not an amount of money"),
        (2, YES_NO, "is a number, not yes or no"),
        (5, DATE, "is a number, not a date"),
        (1e300, MONEY, "has more than 40 digits"),
        (10**40, MONEY, "has more than 40 digits"),
        (Decimal("1e999999"), MONEY, "has more than 40 digits"),
        (Decimal("1E+3"), TEXT, "is a number in exponent form in a field that is text"),
        (Fraction(1, 3), NUMBER, "is a fraction whose decimals never end"),
        (date(2017, 4, 1), MONEY, "is a date, not an amount of money"),
        (date(2017, 4, 1), TEXT, "is a date, not text"),
        (datetime(2017, 4, 1, 10), DATE, "has a time of day, but the field is a date"),
        (time(10), TEXT, "is a time of day, not text"),
        ([1], TEXT, "is a list, which no field can hold"),
        (b"x", TEXT, "is a bytes, which no field can hold"),
    ],
)
def test_objects_that_do_not_fit(value: object, declared: Field, reason: str) -> None:
    assert read_object(value, declared, reader(declared)) == Unreadable(reason)


@given(st.floats(allow_nan=False, allow_infinity=False, min_value=-(10**15), max_value=10**15))
def test_a_float_is_its_shortest_decimal(number: float) -> None:
    found = read_object(number, NUMBER, reader(NUMBER))
    assert found == Fraction(repr(number)) or found == Unreadable("has more than 40 digits")
