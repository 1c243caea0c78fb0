"""Expressions as written."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from fractions import Fraction

from requite.dsl.source import Span


@dataclass(frozen=True, slots=True)
class Node:
    span: Span


@dataclass(frozen=True, slots=True)
class Name(Node):
    text: str

    def __str__(self) -> str:
        return self.text


@dataclass(frozen=True, slots=True)
class Text(Node):
    """Text in quotes; `value` is what stands between them."""

    value: str


@dataclass(frozen=True, slots=True)
class Number(Node):
    value: Fraction


@dataclass(frozen=True, slots=True)
class Percent(Node):
    """`70%`: the value is 7/10."""

    value: Fraction


@dataclass(frozen=True, slots=True)
class Money(Node):
    """`£12,500`, `£1.8m`, `10p`, `$500.00`: the value in pounds or dollars; the currency as its sign says (GBP, USD, EUR)."""

    value: Fraction
    currency: str


@dataclass(frozen=True, slots=True)
class Date(Node):
    """A day; `refused` where the calendar has none such, or it is not written as dates are: that has been reported."""

    value: date
    refused: bool = False


@dataclass(frozen=True, slots=True)
class Moment(Node):
    value: datetime


@dataclass(frozen=True, slots=True)
class Duration(Node):
    """`30 days`, `6 months`, `2 years`, `36 hours`, `10 working days`; the unit always in the plural."""

    value: Fraction
    unit: str


@dataclass(frozen=True, slots=True)
class Nothing(Node):
    """`none`: a blank cell in a row or an example."""


@dataclass(frozen=True, slots=True)
class DateRange(Node):
    """`2017-04-01 to 2018-03-31`, both days included: the value of a period field in a row or an example.

    `refused` where one of the two is no date, or they run backwards: that has been reported.
    """

    start: date
    end: date
    refused: bool = False


@dataclass(frozen=True, slots=True)
class Onwards(Node):
    """`2017-04-01 onwards`, that day included: a period that has no last day."""

    start: date


@dataclass(frozen=True, slots=True)
class Path(Node):
    """`billed`, `this.admitted`, `estimate.expected_cost`, `tariff.price`; also the words `yes` and `no`."""

    names: tuple[Name, ...]


@dataclass(frozen=True, slots=True)
class Lookup(Node):
    """`tariff[hrg on discharged]`, `reward[underspend]`, `marginal_rate[on discharged]`."""

    target: Path
    keys: tuple[Expr, ...]
    on: Expr | None


@dataclass(frozen=True, slots=True)
class FieldOf(Node):
    """`tariff[hrg].day_case`: a field of what a lookup found."""

    of: Expr
    name: Name


@dataclass(frozen=True, slots=True)
class Arithmetic(Node):
    """`+ - * /`, and `of` (as in `50% of savings`)."""

    operator: str
    left: Expr
    right: Expr


@dataclass(frozen=True, slots=True)
class Per(Node):
    """`£12,500 per 10,000 of list_size`; `complete` where only whole ten thousands count."""

    amount: Expr
    size: Expr
    of: Expr
    complete: bool


@dataclass(frozen=True, slots=True)
class Negative(Node):
    operand: Expr


@dataclass(frozen=True, slots=True)
class Compare(Node):
    """`= != < <= > >=`, with `is` and `is not` as `=` and `!=`; `word` says which the author wrote."""

    operator: str
    left: Expr
    right: Expr
    word: bool = False


@dataclass(frozen=True, slots=True)
class Known(Node):
    """`x is known` or, where `known` is false, `x is missing`."""

    operand: Expr
    known: bool


@dataclass(frozen=True, slots=True)
class Within(Node):
    """`referred within 180 days before this.admitted`, both ends included; `whence` is before or after."""

    operand: Expr
    length: Expr
    whence: str
    anchor: Expr


@dataclass(frozen=True, slots=True)
class In(Node):
    """`method in emergency` (a code list), `setting in (day_case, elective)` (values); `negated` for `not in`."""

    operand: Expr
    codes: Path | None
    values: tuple[Expr, ...]
    negated: bool


@dataclass(frozen=True, slots=True)
class Logic(Node):
    """`and`, `or` over two or more operands."""

    operator: str
    operands: tuple[Expr, ...]


@dataclass(frozen=True, slots=True)
class Not(Node):
    operand: Expr


@dataclass(frozen=True, slots=True)
class AtLeastOf(Node):
    """`at least 1 of generics, few_follow_ups`: a gate over yes/no names."""

    number: Number
    names: tuple[Path, ...]


@dataclass(frozen=True, slots=True)
class Else(Node):
    """`p.day_case else p.combined`: the first where it is known, otherwise the second."""

    operand: Expr
    fallback: Expr


@dataclass(frozen=True, slots=True)
class Case(Node):
    value: Expr
    condition: Expr


@dataclass(frozen=True, slots=True)
class Cases(Node):
    """`a when x, b when y, otherwise c`."""

    cases: tuple[Case, ...]
    otherwise: Expr | None


@dataclass(frozen=True, slots=True)
class Rounding(Node):
    """`rounded down to £1`, `rounded half even to 1p`; direction is half away (nothing written), half even, down or up."""

    direction: str
    unit: Expr


@dataclass(frozen=True, slots=True)
class Rounded(Node):
    operand: Expr
    rounding: Rounding


@dataclass(frozen=True, slots=True)
class Scaled(Node):
    """`achieved scaled from 40% to 70%`: held between 0 and 1."""

    operand: Expr
    lower: Expr
    upper: Expr


@dataclass(frozen=True, slots=True)
class Extreme(Node):
    """`max(a, b)`, `min(a, b)`, `the greater of a and b`; `phrase` where the words were used."""

    greatest: bool
    operands: tuple[Expr, ...]
    phrase: bool


@dataclass(frozen=True, slots=True)
class Whole(Node):
    """`whole years from birth to given`: complete units between two dates; the unit in the plural."""

    unit: str
    start: Expr
    end: Expr


@dataclass(frozen=True, slots=True)
class Age(Node):
    """`age on admitted born birth_date`: complete years."""

    on: Expr
    born: Expr


@dataclass(frozen=True, slots=True)
class PeriodOf(Node):
    """`financial year of discharged`, `quarter of …`, `month of …`, `calendar year of …`: the period's label as text.

    `edge` is first or last for `first day of financial year of …`, a date; empty for the label.
    """

    period: str
    operand: Expr
    edge: str


@dataclass(frozen=True, slots=True)
class Range(Node):
    """`each earlier spell with the same patient where … by admitted`: the related records that something is taken over.

    `ordinal` is earlier, later, another or empty; `every` where the author wrote `every` for all records, related or not.
    """

    record: Path
    ordinal: str
    every: bool
    same: tuple[Name, ...]
    where: Expr | None
    by: tuple[Name, ...]


@dataclass(frozen=True, slots=True)
class Aggregate(Node):
    """`total of billed over each spell …`; kinds: total, average, least, greatest, count (which has no operand).

    An average may have a weight: `average of mark weighted by weight over each result …`.
    """

    kind: str
    operand: Expr | None
    weight: Expr | None
    range: Range


@dataclass(frozen=True, slots=True)
class ThereIs(Node):
    """`there is a letter …`, `there is no letter …`."""

    negated: bool
    range: Range


Literal = Number | Percent | Money | Date | Moment | Duration | Text | Nothing | DateRange | Onwards
Expr = (
    Number | Percent | Money | Date | Moment | Duration | Text | Nothing | DateRange | Onwards | Path | Lookup | FieldOf
    | Arithmetic | Per | Negative | Compare | Known | Within | In | Logic | Not | AtLeastOf | Else | Cases | Rounded | Scaled
    | Extreme | Whole | Age | PeriodOf | Aggregate | ThereIs
)  # fmt: skip
