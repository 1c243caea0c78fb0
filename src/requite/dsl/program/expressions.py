"""Typed expressions: the small core in which a checked program says everything."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from fractions import Fraction

from requite.dsl.source import Span
from requite.dsl.types import Type

Plain = Fraction | str | bool | date | datetime | None

Scalar = Plain | tuple[Plain, ...]
"""A stored value: quantities as exact fractions (money in whole pounds, 70% as 7/10), a period as its two days,
a reference as the key of its row, None for a blank."""

WHOLE = "ruleset"
"""The record of schemes without `for each`: it has one row, with an empty key."""


@dataclass(frozen=True, slots=True)
class Core:
    type: Type
    span: Span


@dataclass(frozen=True, slots=True)
class Constant(Core):
    value: Scalar


@dataclass(frozen=True, slots=True)
class RowVariable(Core):
    """The row of the rule itself (level 0), or of a range: 1 for the outermost, 2 for a range inside it, and so on."""

    level: int


@dataclass(frozen=True, slots=True)
class FieldRead(Core):
    """A stored field of a row; a reference field gives the row referred to."""

    row: Expr
    field: str


@dataclass(frozen=True, slots=True)
class ColumnRead(Core):
    """A reckoned column of a row, by the column's unique name."""

    row: Expr
    column: str


@dataclass(frozen=True, slots=True)
class Lookup(Core):
    """The row of a record or table with these key values; of a dated table, the row valid on the date."""

    record: str
    keys: tuple[Expr, ...]
    on: Expr | None


@dataclass(frozen=True, slots=True)
class ParameterRead(Core):
    parameter: str
    on: Expr | None


@dataclass(frozen=True, slots=True)
class BandRead(Core):
    bands: str
    operand: Expr


@dataclass(frozen=True, slots=True)
class Arithmetic(Core):
    """`+ - * /` over exact numbers; units have been checked, and are those of `type`."""

    operator: str
    left: Expr
    right: Expr


@dataclass(frozen=True, slots=True)
class AddTime(Core):
    """A date (or moment) plus a number of days, months, hours or working days; the number may be negative."""

    moment: Expr
    amount: Expr
    unit: str


@dataclass(frozen=True, slots=True)
class Elapsed(Core):
    """Time from start to end: days between dates, hours (exact) between moments; negative where the end comes first."""

    unit: str
    start: Expr
    end: Expr


@dataclass(frozen=True, slots=True)
class WholeBetween(Core):
    """Complete days, working days, months, years or hours from start to end."""

    unit: str
    start: Expr
    end: Expr


@dataclass(frozen=True, slots=True)
class PeriodLabel(Core):
    """`financial year`, `quarter`, `month` or `calendar year` of a date, as text: 2017/18, 2017/18 Q1, 2017-04, 2017."""

    period: str
    operand: Expr


@dataclass(frozen=True, slots=True)
class PeriodEdge(Core):
    """The first or last day (`edge`) of such a period."""

    period: str
    edge: str
    operand: Expr


@dataclass(frozen=True, slots=True)
class YearBegins(Core):
    """The first day of the calendar year of this number, or of the financial year that begins in it."""

    period: str
    operand: Expr


@dataclass(frozen=True, slots=True)
class Compare(Core):
    """`= != < <= > >=` between values of one kind; rows are equal where their keys are."""

    operator: str
    left: Expr
    right: Expr


@dataclass(frozen=True, slots=True)
class Logic(Core):
    """`and` or `or` with unknowns: a false operand settles an `and`, a true one an `or`, whatever is missing."""

    operator: str
    operands: tuple[Expr, ...]


@dataclass(frozen=True, slots=True)
class Not(Core):
    operand: Expr


@dataclass(frozen=True, slots=True)
class AtLeastOf(Core):
    number: int
    operands: tuple[Expr, ...]


@dataclass(frozen=True, slots=True)
class IsKnown(Core):
    operand: Expr


@dataclass(frozen=True, slots=True)
class IsOneOf(Core):
    """Whether a text or choice is among these values; `codes` names the code list, if one was named."""

    operand: Expr
    values: tuple[str, ...]
    codes: str


@dataclass(frozen=True, slots=True)
class Else(Core):
    operand: Expr
    fallback: Expr


@dataclass(frozen=True, slots=True)
class Case(Core):
    value: Expr
    condition: Expr


@dataclass(frozen=True, slots=True)
class Cases(Core):
    """The value of the one case that is true; two true cases are a conflict; none is `otherwise`, or missing without it."""

    cases: tuple[Case, ...]
    otherwise: Expr | None


@dataclass(frozen=True, slots=True)
class Rounding:
    """Directions: half away, half even, down (toward zero), up (away from zero). The unit is the step (1/100 for a penny)."""

    direction: str
    unit: Fraction


@dataclass(frozen=True, slots=True)
class Round(Core):
    operand: Expr
    rounding: Rounding


@dataclass(frozen=True, slots=True)
class Scaled(Core):
    """(operand − lower) ÷ (upper − lower), held between 0 and 1; missing where the two bounds are equal."""

    operand: Expr
    lower: Expr
    upper: Expr


@dataclass(frozen=True, slots=True)
class Extreme(Core):
    greatest: bool
    operands: tuple[Expr, ...]


@dataclass(frozen=True, slots=True)
class Aggregate(Core):
    """total, average, least, greatest or count over a range; `operand` is reckoned for each row of the range."""

    kind: str
    operand: Expr | None
    range: Range


def is_weighted_average(node: Arithmetic) -> bool:
    """Whether a quotient is that of two totals over the same rows, as `average of … weighted by …` is made into."""
    left, right = node.left, node.right
    if node.operator != "/" or not isinstance(left, Aggregate) or not isinstance(right, Aggregate):
        return False
    return left.range.span == right.range.span


@dataclass(frozen=True, slots=True)
class Exists(Core):
    range: Range


@dataclass(frozen=True, slots=True)
class Range:
    """Rows of a record that are related to the rows around them.

    `same` pairs an expression over the inner row with one that does not read it: equal values relate (a missing value relates to
    nothing). `order` pairs likewise what `earlier` and `later` compare, in turn, before the keys (and, of a dated
    table, the first day and the day known). `level` is that of the inner row. `bounded` says that the rows lie within a window of
    time or share a date, so that a claim's case file can hold them.
    """

    record: str
    level: int
    same: tuple[tuple[Expr, Expr], ...]
    where: Expr | None
    ordinal: str
    order: tuple[tuple[Expr, Expr], ...]
    span: Span
    bounded: bool = False


Expr = (
    Constant | RowVariable | FieldRead | ColumnRead | Lookup | ParameterRead | BandRead | Arithmetic | AddTime | Elapsed
    | WholeBetween | PeriodLabel | PeriodEdge | YearBegins | Compare | Logic | Not | AtLeastOf | IsKnown | IsOneOf | Else | Cases
    | Round    | Scaled | Extreme | Aggregate | Exists
)  # fmt: skip
