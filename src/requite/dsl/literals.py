"""Numbers, money, dates and text in quotes as written, read exactly."""

from __future__ import annotations

from datetime import date, datetime, time
from fractions import Fraction

from requite.dsl.diagnostics import Diagnostic, error
from requite.dsl.scan import CURRENCIES, DASH
from requite.dsl.source import Span
from requite.dsl.syntax import Date, Literal, Moment, Money, Number, Percent, Text

_MULTIPLES = {"k": 1_000, "m": 1_000_000, "bn": 1_000_000_000}
PLACEHOLDER = date(2000, 1, 1)
"""Stands in the syntax for a day that was refused."""
_MONTHS = (
    *("January", "February", "March", "April", "May", "June"),
    *("July", "August", "September", "October", "November", "December"),
)


def number(text: str) -> Fraction:
    """The exact value of `12,500.25`; 0 where the text was refused already."""
    whole, _, decimals = text.replace(",", "").partition(".")
    if not (whole + decimals).isdecimal():
        return Fraction(0)
    return Fraction(int(whole + decimals), 10 ** len(decimals)) if decimals else Fraction(int(whole))


def money(text: str) -> tuple[Fraction, str]:
    """The value in pounds, dollars or euros, and the currency: `£1.8m`, `10p`."""
    currency = CURRENCIES.get(text[0])
    if currency is None:
        return number(text.removesuffix("p")) / 100, "GBP"
    for suffix, multiple in _MULTIPLES.items():
        if text.endswith(suffix):
            return number(text[1 : -len(suffix)]) * multiple, currency
    return number(text[1:]), currency


def literal(kind: str, text: str, span: Span, diagnostics: list[Diagnostic]) -> Literal:
    """The node of one literal; a date or time that does not exist is reported, and read as one that does."""
    match kind:
        case "NUMBER":
            return Number(span, number(text))
        case "PERCENT":
            return Percent(span, number(text.rstrip("%")) / 100)
        case "MONEY":
            return Money(span, *money(text))
        case "DATE":
            day = _date(text, span, diagnostics)
            return Date(span, day or PLACEHOLDER, refused=day is None)
        case "MOMENT":
            return Moment(span, _moment(text, span, diagnostics))
        case _:
            return Text(span, text[1:-1] if len(text) > 1 and text[-1] in '"“”„' else text[1:])


def _date(text: str, span: Span, diagnostics: list[Diagnostic]) -> date | None:
    """The day; None where it was refused already, or is now."""
    plain = text
    for dash in DASH:
        plain = plain.replace(dash, "-")
    parts = plain.split("-")
    if len(parts) != 3 or not all(part.isdecimal() for part in parts):
        return None
    year, month, day = map(int, parts)
    try:
        return date(year, month, day)
    except ValueError:
        diagnostics.append(error("bad-date", span, *_no_such_date(text, year, month, day)))
        return None


def _no_such_date(text: str, year: int, month: int, day: int) -> tuple[str, str]:
    if not 1 <= month <= 12:
        return f"`{text}` is not a date: there is no month {month}", "write year, month and day: `2011-04-30`"
    if year < 1:
        return f"`{text}` is not a date: years count from 0001", "write year, month and day: `2011-04-30`"
    return f"there is no {day} {_MONTHS[month - 1]} {year}", "check the day of the month"


def _moment(text: str, span: Span, diagnostics: list[Diagnostic]) -> datetime:
    day = _date(text[:10], span, diagnostics) or PLACEHOLDER
    hour, minute, second = (int(part) for part in f"{text[11:]}:0".split(":")[:3])
    try:
        return datetime.combine(day, time(hour, minute, second))
    except ValueError:
        message = f"there is no time {text[11:]}"
        diagnostics.append(error("bad-date", span, message, "times run from 00:00 to 23:59: `2011-04-30 14:05`"))
        return datetime.combine(day, time())
