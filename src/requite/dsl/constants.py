"""Literals → exact typed values; where a type is asked for, a value that is not of it says why."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction

from requite.dsl import syntax
from requite.dsl.names import did_you_mean, listed
from requite.dsl.program import Plain, Scalar
from requite.dsl.types import (
    BROKEN,
    DATE,
    DAYS,
    HOURS,
    MOMENT,
    MONEY,
    MONTHS,
    NUMBER,
    PERCENT,
    PERIOD,
    PLAIN_NUMBERS,
    TEXT,
    WORKING_DAYS,
    Kind,
    Type,
)

CURRENCY_SIGNS = {"GBP": "£", "USD": "$", "EUR": "€"}
MONTHS_A_YEAR = 12

YES_NO_WORDS = {"yes": True, "no": False}

_DURATIONS = {"days": DAYS, "months": MONTHS, "years": MONTHS, "hours": HOURS, "working days": WORKING_DAYS}


def unit_of_duration(unit: str) -> Type:
    return _DURATIONS[unit]


def constant(node: syntax.Expr) -> tuple[Scalar, Type]:
    """The value and type of a literal; (None, BROKEN) for what is no value by itself: `none`, or a range of dates."""
    match node:
        case syntax.Number(value=value):
            return value, NUMBER
        case syntax.Percent(value=value):
            return value, PERCENT
        case syntax.Money(value=value):
            return value, MONEY
        case syntax.Date(value=day):
            return day, DATE
        case syntax.Moment(value=moment):
            return moment, MOMENT
        case syntax.Duration(value=value, unit=unit):
            return value * (MONTHS_A_YEAR if unit == "years" else 1), _DURATIONS[unit]
        case syntax.Text(value=text):
            return text, TEXT
    return None, BROKEN


@dataclass(frozen=True, slots=True)
class Unfit:
    """Why a literal is not of the type asked for, and what to write."""

    code: str
    message: str
    help: str


def typed(node: syntax.Expr, wanted: Type, currency: str, key_types: Mapping[str, Type]) -> Scalar | Unfit:
    """The value of a literal as a field of this type holds it: None for `none`, a key (as a tuple) for a reference.

    `key_types` give the type of the single key field of each record that can be referred to.
    """
    if isinstance(node, syntax.Nothing):
        return None
    if isinstance(node, syntax.Negative):
        inner = typed(node.operand, wanted, currency, key_types)
        return -inner if isinstance(inner, Fraction) else _unfit(node, wanted)
    word = _word(node)
    match wanted.kind:
        case Kind.ROW:
            return _reference(node, wanted, currency, key_types)
        case Kind.PERIOD:
            return _period(node)
        case Kind.YES_NO:
            return YES_NO_WORDS[word] if word in YES_NO_WORDS else _unfit(node, wanted)
        case Kind.CHOICE:
            return _choice(node, word, wanted)
        case Kind.TEXT:
            return word if word is not None else _unfit(node, wanted)
    if isinstance(node, syntax.Money) and node.currency != currency:
        sign = CURRENCY_SIGNS.get(currency, currency)
        message = f"this ruleset reckons in {currency}, and this amount is in {node.currency}"
        return Unfit("wrong-currency", message, f"write it with {sign}")
    return _quantity(node, wanted)


def _reference(node: syntax.Expr, wanted: Type, currency: str, key_types: Mapping[str, Type]) -> tuple[Plain, ...] | Unfit:
    key = typed(node, key_types.get(wanted.record, TEXT), currency, key_types)
    if isinstance(key, Unfit):
        return key
    return key if isinstance(key, tuple) else (key,)


def _period(node: syntax.Expr) -> Scalar | Unfit:
    match node:
        case syntax.DateRange(start=start, end=end):
            return start, end
        case syntax.Onwards(start=start):
            return start, None
    return _unfit(node, PERIOD)


def _quantity(node: syntax.Expr, wanted: Type) -> Scalar | Unfit:
    value, kind = constant(node)
    plain = PLAIN_NUMBERS | {Kind.POINTS}
    durations = {Kind.DAYS, Kind.MONTHS, Kind.HOURS, Kind.WORKING_DAYS}
    same = kind.kind is wanted.kind
    as_number = kind.kind in plain and wanted.kind in plain and wanted.kind is not Kind.PERCENT
    bare_time = kind.kind is Kind.NUMBER and wanted.kind in durations
    if not (same or as_number or bare_time):
        return _unfit(node, wanted)
    if wanted.kind is Kind.COUNT and isinstance(value, Fraction) and value.denominator != 1:
        message = f"a count is a whole number, and this is {node.span.text}"
        return Unfit("wrong-type", message, "round it, or call the field a number")
    return value


def _choice(node: syntax.Expr, word: str | None, wanted: Type) -> Scalar | Unfit:
    if word is None:
        return _unfit(node, wanted)
    if word in wanted.choices:
        return word
    help = did_you_mean(word, wanted.choices, f"it is one of {listed(wanted.choices)}")
    return Unfit("not-one-of", f"`{word}` is not one of the values allowed here", help)


def _word(node: syntax.Expr) -> str | None:
    """A text, or a bare word as the text that it spells; keys and codes may be written so."""
    if isinstance(node, syntax.Text):
        return node.value.strip()
    if isinstance(node, syntax.Path) and len(node.names) == 1:
        return node.names[0].text
    return node.text if isinstance(node, syntax.Name) else None


def _unfit(node: syntax.Expr, wanted: Type) -> Unfit:
    found, kind = constant(node)
    what = f"this is {kind.noun}" if found is not None else f"`{' '.join(node.span.text.split())}` is none"
    return Unfit("wrong-type", f"{wanted.noun} is expected here, and {what}", _HELP.get(wanted.kind, ""))


_HELP = {
    Kind.MONEY: "write it like £1,234.50",
    Kind.PERCENT: "write it like 70%",
    Kind.DATE: "write it like 2017-04-01",
    Kind.MOMENT: "write it like 2017-04-01 14:30",
    Kind.YES_NO: "write yes or no",
    Kind.TEXT: 'write it in quotes, like "AA22C"',
    Kind.PERIOD: "write it like 2017-04-01 to 2018-03-31, or 2017-04-01 onwards",
    Kind.NUMBER: "write it like 1.05",
    Kind.COUNT: "write it like 12",
    Kind.POINTS: "write it like 57",
    Kind.DAYS: "write it like 3 days",
    Kind.MONTHS: "write it like 6 months",
    Kind.HOURS: "write it like 36 hours",
}
