"""The rules of a checked program: payments, schemes and checks."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from fractions import Fraction

from requite.dsl.program.data import Citation
from requite.dsl.program.expressions import Expr, Rounding
from requite.dsl.program.figures import Gate
from requite.dsl.source import Span


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
    """Who is paid (or charged): a declared payee (`name`, `title`), or what an expression over the row gives: a row or text."""

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
    """A figure carried forward to the next run for each row of the scheme's record.

    `gates` are those of the scheme: a row that they keep out carries on what was brought forward.
    """

    name: str
    value: Expr
    span: Span
    gates: tuple[Gate, ...] = ()


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
    expected − tolerance is flagged too. `supported` says which of its findings may be the one that its row is challenged for.
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
    supported: Expr | None = None


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
