"""The checked program: every name resolved, every expression typed, words of the surface turned into a small core.

The core says each thing in one way only: `per`, `of`, `within` and `age on` have become arithmetic, comparison and `WholeBetween`;
a dated reading always has its date; a period, a match that must find something, `requires` and `needs` are all gates.

Names of columns are unique in the program: a value of a record is `record.name` (`spell.price`), one that belongs to a
scheme or check is `rule.name` (`incentive.savings`, `over_estimate.expected`); what came through `use "…" as t` starts with `t.`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from fractions import Fraction

from requite.dsl.source import Span
from requite.dsl.types import Type

Plain = Fraction | str | bool | date | datetime | None

Scalar = Plain | tuple[Plain, ...]
"""A stored value: quantities as exact fractions (money in whole pounds, 70% as 7/10), a period as its two days,
a reference as the key of its row, None for a blank."""

WHOLE = "ruleset"
"""The record of schemes without `for each`: it has one row, with an empty key."""


# --- expressions ------------------------------------------------------------------------------------------------------


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
    """The first day of the calendar year of this number, or of the financial year that begins in it; missing beyond the calendar."""

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


@dataclass(frozen=True, slots=True)
class Exists(Core):
    range: Range


@dataclass(frozen=True, slots=True)
class Range:
    """Rows of a record that are related to the rows around them.

    `same` pairs an expression over the inner row with one that does not read it: equal values relate (a missing value relates to
    nothing). `order` pairs likewise what `earlier` and `later` compare, in turn, before the keys. `level` is that of the inner row.
    `bounded` says that the rows lie within a window of time or share a date, so that a claim's case file can hold them.
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
    | WholeBetween | PeriodLabel | PeriodEdge | YearBegins | Compare | Logic | Not | AtLeastOf | IsKnown | IsOneOf | Else | Cases | Round
    | Scaled | Extreme | Aggregate | Exists
)  # fmt: skip


# --- data declared ----------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Citation:
    """A cited source: its name, its full title, and the place in it."""

    source: str
    title: str
    at: str = ""


@dataclass(frozen=True, slots=True)
class Field:
    """A stored field: `column` is its header in data (its own name unless it says `from`), `until_column` the second one of a period.

    A reference has a type of kind ROW; `format` is a date format such as DD/MM/YYYY or empty; `unit` is pence, fractions,
    hundredths or empty. `known_column` is the third column of a period that says when its row became known.
    """

    name: str
    type: Type
    key: bool
    optional: bool
    column: str
    until_column: str
    known_column: str
    format: str
    unit: str
    span: Span


@dataclass(frozen=True, slots=True)
class LiteralRow:
    """A row that stands in the text: values by field name, already typed (a reference is the key of its row, as a tuple)."""

    values: Mapping[str, Scalar]
    span: Span


def known_name(period: str) -> str:
    """Under what name a row holds the day on which it became known, where its period has `known from`."""
    return f"{period} known from"


@dataclass(frozen=True, slots=True)
class Record:
    """A record or table: what its rows hold.

    `key` names the key fields (empty: the line number is the key). `period` is the field that dates the rows of a table, or
    empty; it is no part of `key`. A derived record has `derived_from` and takes its key fields from there.
    `rows` stand in the text; `file` is a data file beside the ruleset, used when the run names none; `folder` is where it lies.
    """

    name: str
    title: str
    fields: tuple[Field, ...]
    key: tuple[str, ...]
    span: Span
    table: bool = False
    period: str = ""
    derived_from: str = ""
    derived_by: tuple[Expr, ...] = ()
    rows: tuple[LiteralRow, ...] | None = None
    file: str = ""
    folder: str = ""
    cites: tuple[Citation, ...] = ()

    def field(self, name: str) -> Field:
        return next(f for f in self.fields if f.name == name)


@dataclass(frozen=True, slots=True)
class DatedValue:
    value: Scalar
    start: date | None
    known_from: date | None
    cites: tuple[Citation, ...]
    illustrative: str
    span: Span


@dataclass(frozen=True, slots=True)
class Parameter:
    """A named figure: one undated value, or values each from its start until the next one's."""

    name: str
    title: str
    type: Type
    values: tuple[DatedValue, ...]
    span: Span


@dataclass(frozen=True, slots=True)
class Band:
    lower: Fraction | None
    lower_included: bool
    upper: Fraction | None
    upper_included: bool
    value: Fraction
    span: Span


@dataclass(frozen=True, slots=True)
class Bands:
    """Bands in rising order. Straight bands have points (lower = upper) and straight lines between; the last may go on above."""

    name: str
    title: str
    operand_type: Type
    type: Type
    straight: bool
    bands: tuple[Band, ...]
    cites: tuple[Citation, ...]
    span: Span


# --- what is reckoned -------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Computed:
    """The value of an expression."""

    value: Expr


@dataclass(frozen=True, slots=True)
class Matched:
    """The one row of a range: the first by `order` (values over the inner row, then its key) or the last; without a pick it must be the only one.

    pick is earliest, latest or empty.
    """

    range: Range
    pick: str
    order: tuple[Expr, ...]


@dataclass(frozen=True, slots=True)
class Shared:
    """A row's part of a sharing, by the name of the `Share`; nothing (0) for a row that has no part."""

    share: str


@dataclass(frozen=True, slots=True)
class Paid:
    """What a payment comes to for the row, by the name of the `PaymentRule`."""

    payment: str


@dataclass(frozen=True, slots=True)
class BroughtForward:
    """A figure carried forward by the run before; `start` where there was none."""

    name: str
    start: Scalar


Definition = Computed | Matched | Shared | Paid | BroughtForward


class ColumnKind(StrEnum):
    LET = "let"
    MARKER = "marker"
    MATCH = "match"
    SHARE = "share"
    PAYMENT = "payment"
    EXPECTED = "expected"
    TOLERANCE = "tolerance"
    OVERCHARGE = "overcharge"
    PENALTY = "penalty"
    BROUGHT_FORWARD = "brought forward"


@dataclass(frozen=True, slots=True)
class Column:
    """A value reckoned for each row of a record. `name` is unique in the program, `label` what the author calls it."""

    name: str
    label: str
    kind: ColumnKind
    record: str
    type: Type
    definition: Definition
    span: Span
    title: str = ""
    cites: tuple[Citation, ...] = ()


@dataclass(frozen=True, slots=True)
class Share:
    """An amount given out, for each row of `record`, among the rows of a range by weight: to the penny, nothing lost.

    `scheme` names the scheme whose share it is, and then it pays (`payee` of each inner row: that row); otherwise it is a figure.
    """

    name: str
    record: str
    amount: Expr
    range: Range
    weight: Expr | None
    column: str
    scheme: str
    label: str
    spent_on: str
    gates: tuple[Gate, ...]
    span: Span
    cites: tuple[Citation, ...] = ()


# --- rules ------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Gate:
    """A condition that decides whether the rule goes on.

    kinds: `requires` (false: £0, or out of scope for a check), `needs` (false: not assessable), `period` (false: out of scope),
    `match` (nothing matched: out of scope, or £0; `condition` is then IsKnown of the match).
    `span` is the clause, from its first word.
    """

    kind: str
    condition: Expr
    span: Span


@dataclass(frozen=True, slots=True)
class AmountClause:
    value: Expr
    span: Span


@dataclass(frozen=True, slots=True)
class ExceptClause:
    value: Expr
    condition: Expr
    because: str
    span: Span


@dataclass(frozen=True, slots=True)
class LimitClause:
    """`at most` (a cap) or, where `cap` is false, `at least` (a floor)."""

    cap: bool
    limit: Expr
    span: Span


@dataclass(frozen=True, slots=True)
class OnlyFirstClause:
    number: Expr
    same: tuple[Expr, ...]
    order: tuple[Expr, ...]
    span: Span


@dataclass(frozen=True, slots=True)
class TogetherClause:
    """A cap over the records that agree in `same`: first come in `order` (then key), or all cut in proportion.

    The limit is reckoned for every record of a group and must come to one figure, else the group is in conflict.
    """

    limit: Expr
    same: tuple[Expr, ...]
    order: tuple[Expr, ...]
    in_proportion: bool
    span: Span


PaymentClause = Gate | AmountClause | ExceptClause | LimitClause | OnlyFirstClause | TogetherClause


@dataclass(frozen=True, slots=True)
class PaidTo:
    """Who is paid (or bears a charge): a declared payee (`name` and `title`), or what an expression over the row gives: a row or text."""

    name: str
    title: str
    value: Expr | None


@dataclass(frozen=True, slots=True)
class PaymentRule:
    """A payment, a charge, or one part of a split (`split` is then its name, `part` its percentage, None for the rest).

    `clauses` begin with those of the scheme, in the order written. `rounding` is applied once, after caps and floors.
    The parts of one split have the same `clauses`, whose amount is what is split.
    """

    name: str
    label: str
    title: str
    scheme: str
    record: str
    kind: str
    payee: PaidTo
    spent_on: str
    clauses: tuple[PaymentClause, ...]
    rounding: Rounding
    column: str
    span: Span
    cites: tuple[Citation, ...]
    split: str = ""
    part: Fraction | None = None


@dataclass(frozen=True, slots=True)
class AltogetherClause:
    limit: Expr
    in_proportion: bool
    span: Span


@dataclass(frozen=True, slots=True)
class Carry:
    """A figure carried forward to the next run for each row of the scheme's record."""

    name: str
    value: Expr
    span: Span


@dataclass(frozen=True, slots=True)
class Scheme:
    name: str
    title: str
    record: str
    payments: tuple[str, ...]
    shares: tuple[str, ...]
    altogether: AltogetherClause | None
    carries: tuple[Carry, ...]
    period: tuple[date, date] | None
    settles_with_period: bool
    span: Span
    cites: tuple[Citation, ...]


@dataclass(frozen=True, slots=True)
class ColumnClause:
    """`expected`, `tolerance`, `overcharge` or `penalty`: the clause, and the column that holds its value."""

    kind: str
    column: str
    span: Span


@dataclass(frozen=True, slots=True)
class FlagClause:
    condition: Expr
    span: Span


@dataclass(frozen=True, slots=True)
class ReasonPart:
    """A stretch of a reason's text, or the value that stands in its place."""

    text: str
    value: Expr | None


@dataclass(frozen=True, slots=True)
class Challenge:
    respondent: PaidTo
    within: int
    unit: str
    otherwise: str
    penalty_when: str
    span: Span


CheckClause = Gate | ColumnClause | FlagClause


@dataclass(frozen=True, slots=True)
class CheckRule:
    """A check. `clauses` are tried in order; `billed` is the record's billed amount, where it has one.

    `expected`, `tolerance`, `overcharge`, `penalty` name columns, or are empty. With `undercharges`, a bill below
    expected − tolerance is flagged too.
    """

    name: str
    title: str
    record: str
    clauses: tuple[CheckClause, ...]
    billed: Expr | None
    expected: str
    tolerance: str
    overcharge: str
    penalty: str
    undercharges: bool
    undercharge_span: Span | None
    reason: tuple[ReasonPart, ...]
    challenge: Challenge | None
    settles_with_period: bool
    span: Span
    cites: tuple[Citation, ...]


@dataclass(frozen=True, slots=True)
class Precedence:
    """Each row of the record is challenged once, for the largest overcharge; ties by the order of these checks."""

    record: str
    ties: tuple[str, ...]
    span: Span


@dataclass(frozen=True, slots=True)
class Shown:
    """A figure in the results that nobody is paid or charged: for each row of `record`, a value under `label`."""

    label: str
    record: str
    value: Expr
    span: Span


# --- examples ---------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class GivenRow:
    """A row of an example. `values` are typed, by field; `brought` are figures brought forward, by column name.

    `key` are the values of the key fields; of a record without a key, the number that the example gives the row.
    """

    record: str
    values: Mapping[str, Scalar]
    brought: Mapping[str, Scalar]
    span: Span
    key: tuple[Scalar, ...] = ()


@dataclass(frozen=True, slots=True)
class Expectation:
    """What an example expects.

    `kind` is payment, check or figure, `target` the rule's or column's unique name (for a field: `record.field`), `record` its record.
    `key` is None where the example does not name the record. Outcomes: is, flags, passes, challenges, not assessable, out of scope.
    `value` is exact and typed; for `flags`, the overcharge or None.
    """

    kind: str
    target: str
    record: str
    key: tuple[Scalar, ...] | None
    outcome: str
    value: Scalar
    because: str
    span: Span


@dataclass(frozen=True, slots=True)
class Example:
    """A worked example, with the rows of those it is `as in` already merged in."""

    name: str
    known: date | None
    rows: tuple[GivenRow, ...]
    expects: tuple[Expectation, ...]
    span: Span


@dataclass(frozen=True, slots=True)
class Program:
    """A checked ruleset with all that it uses. Dictionaries are by unique name and in the order declared."""

    name: str
    title: str
    currency: str
    rounding: Rounding
    records: Mapping[str, Record]
    parameters: Mapping[str, Parameter]
    bands: Mapping[str, Bands]
    codes: Mapping[str, tuple[str, ...]]
    columns: Mapping[str, Column]
    shares: Mapping[str, Share]
    payments: Mapping[str, PaymentRule]
    schemes: Mapping[str, Scheme]
    checks: Mapping[str, CheckRule]
    precedences: tuple[Precedence, ...]
    shown: tuple[Shown, ...]
    examples: tuple[Example, ...]
    files: Mapping[str, str] = field(default_factory=dict)
    """The text of every file that the program was made from, by its name."""
