"""What becomes of units in arithmetic and comparison: £ + £ is £, £ ÷ £ is a number, date − date is days."""

from __future__ import annotations

from requite.dsl.types import (
    BROKEN,
    DAYS,
    HOURS,
    MONEY,
    NUMBER,
    ORDERED,
    PLAIN_NUMBERS,
    POINTS,
    QUANTITIES,
    Kind,
    Type,
)

DATES = {Kind.DATE, Kind.MOMENT}
TIMES = {Kind.DAYS, Kind.MONTHS, Kind.HOURS, Kind.WORKING_DAYS}
WORDS = {Kind.TEXT, Kind.CHOICE}
NUMBERS = PLAIN_NUMBERS | {Kind.POINTS}

TIME_UNITS = {Kind.DAYS: "days", Kind.MONTHS: "months", Kind.HOURS: "hours", Kind.WORKING_DAYS: "working days"}


def result_of(operator: str, left: Type, right: Type) -> Type | None:
    """The type of `left operator right` for `+ - * / of`, not told whether it may be missing; None where the units do not fit."""
    if Kind.BROKEN in (left.kind, right.kind):
        return BROKEN
    match operator:
        case "+":
            return _sum(left, right) or _moved(left, right) or _moved(right, left)
        case "-":
            return _sum(left, right) or _moved(left, right) or _elapsed(left, right)
        case "*":
            return _product(left, right) or _product(right, left)
        case "/":
            return _quotient(left, right)
        case "of":
            return right.required if left.kind in PLAIN_NUMBERS and right.kind in QUANTITIES else None
    raise ValueError(operator)


def _sum(left: Type, right: Type) -> Type | None:
    if left.kind not in QUANTITIES or right.kind not in QUANTITIES:
        return None
    if left.kind is right.kind:
        return left.required
    if left.kind in NUMBERS and right.kind in NUMBERS:
        return POINTS if Kind.POINTS in (left.kind, right.kind) else NUMBER
    return None


def _moved(moment: Type, time: Type) -> Type | None:
    if moment.kind is Kind.DATE and time.kind in TIMES - {Kind.HOURS}:
        return moment.required
    if moment.kind is Kind.MOMENT and time.kind in TIMES:
        return moment.required
    return None


def _elapsed(left: Type, right: Type) -> Type | None:
    if left.kind is right.kind is Kind.DATE:
        return DAYS
    return HOURS if left.kind is right.kind is Kind.MOMENT else None


def _product(left: Type, right: Type) -> Type | None:
    if left.kind in PLAIN_NUMBERS and right.kind in PLAIN_NUMBERS:
        same = left.kind is right.kind
        return left.required if same and left.kind in (Kind.COUNT, Kind.PERCENT) else NUMBER
    if left.kind in PLAIN_NUMBERS and right.kind in QUANTITIES:
        return right.required
    if left.kind in (Kind.POINTS, Kind.DAYS) and right.kind is Kind.MONEY:
        return MONEY
    return None


def _quotient(left: Type, right: Type) -> Type | None:
    if left.kind not in QUANTITIES or right.kind not in QUANTITIES:
        return None
    if left.kind is right.kind or (left.kind in NUMBERS and right.kind in NUMBERS and left.kind is not Kind.POINTS):
        return NUMBER
    if right.kind in PLAIN_NUMBERS:
        return NUMBER if left.kind in (Kind.COUNT, Kind.PERCENT) else left.required
    if left.kind is Kind.MONEY and right.kind in (Kind.POINTS, Kind.DAYS):
        return MONEY
    return None


def comparable(operator: str, left: Type, right: Type) -> bool:
    """Whether two types may be compared: equality for any two of one kind, order for quantities and dates of one unit."""
    if Kind.BROKEN in (left.kind, right.kind):
        return True
    if operator not in ("=", "!=") and not (left.kind in ORDERED and right.kind in ORDERED):
        return False
    if left.kind in NUMBERS and right.kind in NUMBERS:
        return True
    if left.kind in WORDS and right.kind in WORDS:
        return True
    return left.kind is right.kind and left.record == right.record and left.kind is not Kind.PERIOD


def common(left: Type, right: Type) -> Type | None:
    """The type that holds both, as for the cases of one value; None where their units differ."""
    optional = left.optional or right.optional
    if left.kind is Kind.BROKEN:
        return right.made_optional(optional)
    if right.kind is Kind.BROKEN:
        return left.made_optional(optional)
    if left.kind is right.kind and left.record == right.record and left.choices == right.choices:
        return left.made_optional(optional)
    if left.kind in NUMBERS and right.kind in NUMBERS:
        return NUMBER.made_optional(optional)
    if left.kind in WORDS and right.kind in WORDS:
        return Type(Kind.TEXT, optional=optional)
    return None


def why_not(operator: str, left: Type, right: Type) -> tuple[str, str]:
    """The message and the help for arithmetic whose units do not fit."""
    a, b = left.noun, right.noun
    kinds = {left.kind, right.kind}
    if operator in ("+", "-"):
        verb, first, second = ("added to", b, a) if operator == "+" else ("taken from", b, a)
        if Kind.PERCENT in kinds and kinds & (QUANTITIES - NUMBERS):
            what = a if right.kind is Kind.PERCENT else b
            return f"a percentage cannot be {verb} {what}: a percentage of what?", "say of what: `10% of billed`"
        return f"{first} cannot be {verb} {second}", _unit_help(left, right)
    if operator == "of":
        if left.kind in QUANTITIES and left.kind not in PLAIN_NUMBERS:
            return f"`of` needs a number or a percentage on its left, and this is {a}", "write `50% of savings`"
        return f"`of` needs a quantity on its right, and this is {b}", "write `50% of savings`"
    word = "multiplied by" if operator == "*" else "divided by"
    return f"{a} cannot be {word} {b}", _scale_help(operator, left, right)


def _scale_help(operator: str, left: Type, right: Type) -> str:
    if left.kind is right.kind is Kind.MONEY and operator == "*":
        return "multiply money by a number or a percentage; £ times £ is nothing that can be paid"
    if left.kind in DATES or right.kind in DATES:
        return "take one date from another first: `(discharged - admitted) * £200`"
    return "multiply or divide by a number or a percentage"


def _unit_help(left: Type, right: Type) -> str:
    kinds = {left.kind, right.kind}
    if Kind.MONEY in kinds and kinds & PLAIN_NUMBERS:
        return "give the number its unit, `£3` for `3`, or multiply: `£3 * list_size`"
    if kinds & TIMES and kinds & PLAIN_NUMBERS:
        return "give the number its unit: `3 days`, not `3`"
    if kinds & DATES and kinds & PLAIN_NUMBERS:
        return "say how long: `discharged + 3 days`"
    if kinds <= DATES:
        return "a length of time is added to a date; `discharged - admitted` is the days between two dates"
    return "both sides need the same unit"


def compare_help(left: Type, right: Type) -> str:
    kinds = {left.kind, right.kind}
    if Kind.MONEY in kinds and Kind.PERCENT in kinds:
        return "say of what: `10% of billed`"
    if Kind.MONEY in kinds and kinds & NUMBERS:
        return "if an amount is meant, write it with its currency: `£5`, not `5`"
    if kinds & TIMES and kinds & NUMBERS:
        return "give the number its unit: `2 days`, not `2`"
    if kinds & DATES and kinds & TIMES:
        return "say from when: `discharged within 30 days before admitted`"
    if kinds == DATES:
        return "one has a time of day and the other has none: declare both as `date` or both as `moment`"
    if Kind.DATE in kinds and Kind.TEXT in kinds:
        return "write a date without quotes: `2017-04-01`"
    if Kind.ROW in kinds:
        return "compare a record with a record, or one of its fields with the value"
    if Kind.YES_NO in kinds:
        return "something that is true or false needs no comparison: write `flagged` or `not flagged`"
    return "both sides need the same unit"
