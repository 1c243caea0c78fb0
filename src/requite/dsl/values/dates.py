"""Reading of dates and moments: ISO, or as a format such as DD/MM/YYYY says."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from functools import lru_cache

from requite.dsl.types import Kind
from requite.dsl.values.base import NOUNS, Reader, Unreadable, trimmed

ISO_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", re.ASCII)
ISO_MOMENT = re.compile(r"([0-9]{4}-[0-9]{2}-[0-9]{2})[Tt ]([0-9]{2}:[0-9]{2}(?::[0-9]{2}(?:\.[0-9]{1,6}0*)?)?)", re.ASCII)
ZONE = re.compile(r".*[0-9](?:[Zz]| ?[+-][0-9]{2}:?[0-9]{2})", re.ASCII)
MIDNIGHT = re.compile(r"[Tt ]+0?0:00(?::00(?:\.0+)?)?$", re.ASCII)
TWO_ORDERS = re.compile(r"[0-9]{1,2}([/.-])[0-9]{1,2}\1(?:[0-9]{4}|[0-9]{2})(?: .*)?", re.ASCII)
MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
LONG_MONTHS = ("january", "february", "march", "april", "may", "june", "july", "august", "september", "october",
               "november", "december")  # fmt: skip
MONTH_NUMBERS = {
    **{name: i for i, name in enumerate(MONTHS, 1)},
    **{name: i for i, name in enumerate(LONG_MONTHS, 1)},
    "sept": 9,
}
TOKENS = re.compile(r"YYYY|YY|MMMM|MMM|MM|M|DD|D|HH|H|SS|S|T|[^A-Za-z0-9]", re.IGNORECASE)

LAST_OF_THIS_CENTURY = 68
"""A year of two digits up to this one is 20…, a later one 19…, as POSIX has it."""

NO_SUCH_DAY = "is not in the calendar: there is no such day"
NO_SUCH_TIME = "is not a moment: there is no such day or time"
HAS_ZONE = "names a time zone: give the local time without it"


@dataclass(frozen=True, slots=True)
class DateFormat:
    """A compiled format: the pattern, and the part of a date (year, month, …) that each of its groups is."""

    text: str
    pattern: re.Pattern[str]
    parts: tuple[str, ...]

    @property
    def has_time(self) -> bool:
        return "hour" in self.parts


@lru_cache(maxsize=256)
def date_format(text: str) -> DateFormat | None:
    """The compiled form of a format such as DD/MM/YYYY, D MMM YY or YYYY-MM-DD HH:MM; None where it is not one."""
    tokens = _tokens(text)
    if tokens is None:
        return None
    parts = [part for _, part in tokens if part]
    names = ["year" if part == "short year" else part for part in parts]
    needed = {"year", "month", "day"} | ({"hour", "minute"} if {"hour", "minute", "second"} & set(names) else set())
    if len(set(names)) != len(names) or not needed <= set(names):
        return None
    pattern = "".join(_pattern(tokens, i) for i in range(len(tokens)))
    return DateFormat(text, re.compile(pattern, re.ASCII | re.IGNORECASE), tuple(parts))


def _tokens(text: str) -> list[tuple[str, str]] | None:
    """Each token of a format with the part it stands for (empty for a separator)."""
    tokens: list[tuple[str, str]] = []
    position = 0
    after_hour = False
    while position < len(text):
        match = TOKENS.match(text, position)
        if match is None:
            return None
        token = match.group().upper()
        part = _part(token, after_hour)
        after_hour = part == "hour" or (after_hour and not part)
        tokens.append((token, part))
        position = match.end()
    return tokens


def _part(token: str, after_hour: bool) -> str:
    if token in ("MM", "M") and after_hour:
        return "minute"
    named = {"YYYY": "year", "YY": "short year", "D": "day", "M": "month", "H": "hour", "S": "second"}
    return named.get(token) or (named.get(token[0], "") if token[0] in "DMHS" else "")


def _pattern(tokens: list[tuple[str, str]], i: int) -> str:
    token, part = tokens[i]
    if not part:
        return r"\s+" if token.isspace() else re.escape(token)
    if token in ("MMM", "MMMM"):
        return r"([A-Za-z]{3,9})"
    if part in ("year", "short year"):
        return r"([0-9]{4})" if part == "year" else r"([0-9]{2})"
    beside_digits = (i > 0 and bool(tokens[i - 1][1])) or (i + 1 < len(tokens) and bool(tokens[i + 1][1]))
    return r"([0-9]{2})" if beside_digits else r"([0-9]{1,2})"


def format_problem(text: str, kind: Kind) -> str:
    """What is wrong with a date format for a field of this kind, in words; empty where nothing is."""
    compiled = date_format(text)
    if compiled is None:
        return "is not a date format: write the year, month and day once each, as in DD/MM/YYYY or YYYY-MM-DD HH:MM"
    if kind is Kind.MOMENT and not compiled.has_time:
        return "has no time of day: write it as in DD/MM/YYYY HH:MM"
    if kind is Kind.DATE and compiled.has_time:
        return "has a time of day, but the field is a date"
    return ""


def date_reader(form: str) -> Reader:
    """A reader of dates, ISO or by a format; a time of exactly midnight may follow."""
    return _formatted_date_reader(form) if form else _read_iso_date


def moment_reader(form: str) -> Reader:
    """A reader of moments without a time zone, ISO or by a format."""
    return _formatted_moment_reader(form) if form else _read_iso_moment


def _read_iso_date(text: str) -> date | Unreadable | None:
    if not ISO_DATE.fullmatch(text):
        text = trimmed(text)
        if not text:
            return None
        text = MIDNIGHT.sub("", text)
        if not ISO_DATE.fullmatch(text):
            return Unreadable(_why_not_a_date(text))
    try:
        return date.fromisoformat(text)
    except ValueError:
        return Unreadable(NO_SUCH_DAY)


def _why_not_a_date(text: str) -> str:
    if ISO_MOMENT.match(text):
        return HAS_ZONE if ZONE.fullmatch(text) else "has a time of day, but the field is a date"
    if TWO_ORDERS.fullmatch(text):
        return 'could be day/month or month/day: let the ruleset say which, as in `as "DD/MM/YYYY"`'
    return f"is not {NOUNS[Kind.DATE]} such as 2017-04-01"


def _formatted_date_reader(form: str) -> Reader:
    def read(text: str) -> date | Unreadable | None:
        text = trimmed(text)
        if not text:
            return None
        found = _by_format(text, form) or _by_format(MIDNIGHT.sub("", text), form)
        if found is None:
            return Unreadable(f"is not a date of the form {form}")
        try:
            return date(_year(found), _month(found), int(found["day"]))
        except ValueError:
            return Unreadable(NO_SUCH_DAY)

    return read


def _read_iso_moment(text: str) -> datetime | Unreadable | None:
    text = trimmed(text)
    if not text:
        return None
    match = ISO_MOMENT.fullmatch(text)
    if match is None:
        if ZONE.fullmatch(text) and ISO_MOMENT.match(text):
            return Unreadable(HAS_ZONE)
        if ISO_DATE.fullmatch(text):
            return Unreadable("has no time of day")
        return Unreadable(f"is not {NOUNS[Kind.MOMENT]} such as 2017-04-01 09:30")
    try:
        return datetime.fromisoformat(f"{match[1]}T{_microseconds(match[2])}")
    except ValueError:
        return Unreadable(NO_SUCH_TIME)


def _microseconds(clock: str) -> str:
    """A time with a fraction of exactly six digits, which every Python reads."""
    whole, point, fraction = clock.partition(".")
    return f"{whole}.{fraction[:6].ljust(6, '0')}" if point else whole


def _formatted_moment_reader(form: str) -> Reader:
    def read(text: str) -> datetime | Unreadable | None:
        text = trimmed(text)
        if not text:
            return None
        found = _by_format(text, form)
        if found is None:
            return Unreadable(HAS_ZONE if ZONE.fullmatch(text) and ISO_MOMENT.match(text) else f"is not of the form {form}")
        hour, minute, second = (int(found.get(part, "0")) for part in ("hour", "minute", "second"))
        try:
            return datetime(_year(found), _month(found), int(found["day"]), hour, minute, second)
        except ValueError:
            return Unreadable(NO_SUCH_TIME)

    return read


def _by_format(text: str, form: str) -> Mapping[str, str] | None:
    compiled = date_format(form)
    match = compiled.pattern.fullmatch(text) if compiled else None
    return dict(zip(compiled.parts, match.groups(), strict=True)) if compiled and match else None


def _year(found: Mapping[str, str]) -> int:
    if "year" in found:
        return int(found["year"])
    short = int(found["short year"])
    return short + (2000 if short <= LAST_OF_THIS_CENTURY else 1900)


def _month(found: Mapping[str, str]) -> int:
    """The month's number; 0, which no calendar has, where it is not the name of one."""
    name = found["month"].lower()
    return int(name) if name.isdigit() else MONTH_NUMBERS.get(name, 0)
