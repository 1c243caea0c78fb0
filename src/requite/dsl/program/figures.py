"""What is reckoned for each row: columns and shares, and the gates before them."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from requite.dsl.program.data import Citation
from requite.dsl.program.expressions import Expr, Range, Scalar
from requite.dsl.source import Span
from requite.dsl.types import Type


@dataclass(frozen=True, slots=True)
class Computed:
    """The value of an expression."""

    value: Expr


@dataclass(frozen=True, slots=True)
class Matched:
    """The one row of a range: the first or last by `order` (values over the inner row, then its key), or the only one there is.

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
