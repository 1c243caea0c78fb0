"""Exact reading of values: from the text of a cell, or from an object of a program, by the type and unit of a field.

One meaning for every format: a cell of a CSV file, of a Markdown table and of a data frame all end here, and nothing
passes through a float.
"""

from __future__ import annotations

from difflib import get_close_matches

from requite.dsl.program import Field, Scalar
from requite.dsl.types import QUANTITIES, Kind
from requite.dsl.values.base import MOST_CHARACTERS, Reader, Unreadable, trimmed
from requite.dsl.values.dates import date_reader, moment_reader
from requite.dsl.values.numbers import money_reader, percent_reader, plain_reader

__all__ = ["MOST_CHARACTERS", "Reader", "Unreadable", "read_value", "reader", "trimmed"]

YES_NO = {
    **dict.fromkeys(("yes", "y", "true", "1", "1.0"), True),
    **dict.fromkeys(("no", "n", "false", "0", "0.0"), False),
}

MOST_CHOICES_SHOWN = 12


def read_value(text: str, field: Field, currency: str = "GBP") -> Scalar | Unreadable:
    """The value that a cell's text is in a field: exact, None for a blank, or Unreadable with the reason.

    Money is in whole currency units, 70% is 7/10, days, months and hours are counts. References and periods stand
    in no single cell: whoever knows the records reads those.
    """
    return reader(field, currency)(text)


def reader(field: Field, currency: str = "GBP") -> Reader:
    """The reader of one field's cells."""
    kind = field.type.kind
    if kind is Kind.MONEY:
        return money_reader(field.unit, currency)
    if kind is Kind.PERCENT:
        return percent_reader(field.unit)
    if kind in QUANTITIES:
        return plain_reader(kind)
    if kind is Kind.DATE:
        return date_reader(field.format)
    if kind is Kind.MOMENT:
        return moment_reader(field.format)
    if kind is Kind.YES_NO:
        return _read_yes_no
    if kind is Kind.CHOICE:
        return _choice_reader(field.type.choices)
    if kind is Kind.TEXT:
        return _read_text
    return _no_reader(kind)


def _read_text(text: str) -> str | Unreadable | None:
    """Text as it stands, without the space around it."""
    text = trimmed(text)
    if len(text) > MOST_CHARACTERS:
        return Unreadable(f"has more than {MOST_CHARACTERS:,} characters")
    if not text.isprintable() and any(c < " " and c not in "\t\r\n" for c in text):
        return Unreadable("holds a control character, which no one can see")
    return text or None


def _read_yes_no(text: str) -> bool | Unreadable | None:
    text = trimmed(text)
    if not text:
        return None
    value = YES_NO.get(text.lower())
    return Unreadable("is neither yes nor no") if value is None else value


def _choice_reader(choices: tuple[str, ...]) -> Reader:
    known = frozenset(choices)
    listed = ", ".join(choices[:MOST_CHOICES_SHOWN]) + (", …" if len(choices) > MOST_CHOICES_SHOWN else "")

    def read(text: str) -> str | Unreadable | None:
        if text in known:
            return text
        text = trimmed(text)
        if not text or text in known:
            return text or None
        near = _nearest(text, choices) if len(text) <= MOST_CHARACTERS else ""
        return Unreadable(f"is not one of {listed}" + (f" (did you mean {near}?)" if near else ""))

    return read


def _nearest(text: str, choices: tuple[str, ...]) -> str:
    folded = {_folded(choice): choice for choice in choices}
    near = get_close_matches(_folded(text), folded, n=1)
    return folded[near[0]] if near else ""


def _folded(text: str) -> str:
    return " ".join(text.casefold().replace("_", " ").replace("-", " ").split())


def _no_reader(kind: Kind) -> Reader:
    def read(text: str) -> Unreadable | None:
        return Unreadable(f"cannot be read: a {kind.value} does not stand in one cell") if trimmed(text) else None

    return read
