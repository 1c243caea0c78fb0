"""How values, rows and stretches of the text are put into words; reasons and explanations use nothing else."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date, datetime
from fractions import Fraction
from functools import lru_cache
from typing import Any

from requite.dsl.program import WHOLE, Arithmetic, Scalar, is_weighted_average
from requite.dsl.source import Span
from requite.dsl.types import Kind, Type
from requite.engine.interpreting.values import Missing
from requite.engine.rows import Row

SIGNS = {"GBP": "£", "USD": "$", "EUR": "€"}

UNITS = {
    Kind.DAYS: "day",
    Kind.WORKING_DAYS: "working day",
    Kind.MONTHS: "month",
    Kind.HOURS: "hour",
    Kind.POINTS: "point",
}

QUOTED = 80
"""How much of an expression a reason quotes."""

BETWEEN = "|"
"""What stands between the parts of a key in one text."""

ESCAPE = "\\"
"""What stands before a `|`, and before another of itself, inside a part of a key of several."""

_ESCAPED = re.compile(r"\\([\\|])")
_PART = re.compile(r"(?:[^|\\]|\\[\\|]|\\)*")

DECIMALS = 6
"""Decimals shown of a number that has more."""


@lru_cache(maxsize=4096)
def words(span: Span, limit: int = 0) -> str:
    """The author's words, with white space and comments folded away; where they pass `limit` characters, their beginning."""
    lines = (_without_comment(line) for line in span.text.splitlines())
    text = " ".join(" ".join(lines).split())
    return text if not limit or len(text) <= limit else text[: limit - 1].rstrip() + "…"


def not_known_yet(record: str, number: int, known: date) -> str:
    """What a run says of the rows of a table that became known after its day."""
    if number == 1:
        return f"1 row of {record} became known after {known}: it is read, and no rule sees it"
    return f"{number:,} rows of {record} became known after {known}: they are read, and no rule sees them"


def left_over(name: str, record: str, number: int) -> str:
    """What a run says of figures that were brought forward for rows that are not there any more."""
    if number == 1:
        return f"1 figure of {name} was brought forward for no row of {record}: it is carried on as it is"
    return f"{number:,} figures of {name} were brought forward for no row of {record}: they are carried on as they are"


def divided_by_nothing(node: Arithmetic) -> str:
    """Why a division by 0 has no value."""
    if is_weighted_average(node):
        return f"the weights add up to 0, so {words(node.span, QUOTED)} has no value"
    return f"{words(node.right.span, QUOTED)} is 0, so {words(node.span, QUOTED)} has no value"


def _without_comment(line: str) -> str:
    inside = False
    for at, character in enumerate(line):
        if character in '"“”':
            inside = not inside
        elif character == "#" and not inside:
            return line[:at]
    return line


def decimal(number: Fraction, least: int = 0) -> str:
    """A number in decimal notation, thousands grouped, with at least so many decimals; `…` where more follow than are shown."""
    sign = "-" if number < 0 else ""
    scaled = abs(number) * 10**DECIMALS
    digits = str(scaled.numerator // scaled.denominator).rjust(DECIMALS + 1, "0")
    whole, decimals = digits[:-DECIMALS], digits[-DECIMALS:]
    more = "…" if scaled.denominator != 1 else ""
    if not more:
        decimals = decimals.rstrip("0").ljust(least, "0")
    return f"{sign}{int(whole):,}" + (f".{decimals}" if decimals else "") + more


def money(amount: Fraction, currency: str) -> str:
    """An amount with its currency: £1,234.50, -£5.00, $3.20; pennies always shown."""
    text = decimal(abs(amount), 2)
    sign = "-" if amount < 0 else ""
    return sign + (SIGNS[currency] + text if currency in SIGNS else f"{currency} {text}")


def show(value: Any, kind: Kind, currency: str) -> str:
    """A value as an author would write it, by its kind."""
    if isinstance(value, Missing):
        return "not known"
    if isinstance(value, Row):
        return key_words(value.key)
    if isinstance(value, Fraction):
        return _quantity(value, kind, currency)
    if isinstance(value, tuple):
        start, end = value
        return f"{plain(start)} to {plain(end)}"
    return plain(value)


def show_as(value: Any, type_: Type, currency: str) -> str:
    return show(value, type_.kind, currency)


def _quantity(value: Fraction, kind: Kind, currency: str) -> str:
    if kind is Kind.MONEY:
        return money(value, currency)
    if kind is Kind.PERCENT:
        return decimal(value * 100) + "%"
    if kind in UNITS:
        return f"{decimal(value)} {UNITS[kind]}" + ("" if value == 1 else "s")
    return decimal(value)


def plain(value: Scalar | tuple[Scalar, ...]) -> str:
    """A stored value as text without a unit: dates ISO, numbers plain, yes or no; nothing for a blank."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, datetime):
        return value.isoformat(sep=" ", timespec="seconds" if value.second else "minutes")
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, Fraction):
        return decimal(value).replace(",", "")
    if isinstance(value, tuple):
        return key_words(value)
    return value


def key_text(key: tuple[Any, ...]) -> tuple[str, ...]:
    """A row's key as text, a part for each key field."""
    return tuple(plain(part) for part in key)


def key_words(key: tuple[Any, ...]) -> str:
    return ", ".join(key_text(key))


def joined(key: Sequence[str]) -> str:
    """A key as one text, its parts with `|` between them; no two keys of several parts have the same."""
    if len(key) == 1:
        return key[0]
    return BETWEEN.join(part.replace(ESCAPE, ESCAPE * 2).replace(BETWEEN, ESCAPE + BETWEEN) for part in key)


def parted(text: str) -> tuple[str, ...]:
    """The parts of a key of several, given as one text."""
    parts, at = list[str](), 0
    while at <= len(text):
        found = _PART.match(text, at)
        assert found is not None
        parts.append(_ESCAPED.sub(r"\1", found.group()))
        at = found.end() + 1
    return tuple(parts)


def row_name(row: Row) -> str:
    """What a row is called in a reason: `spell S1`, `contract RXX, 05A`."""
    return "the whole ruleset" if row.record == WHOLE else f"{row.record} {key_words(row.key)}"


def row_place(row: Row) -> str:
    """Where a row was read, or its name where it has no place."""
    return row.place or row_name(row)
