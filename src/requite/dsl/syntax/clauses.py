"""Clauses as written: the lines of schemes, checks and `for each`."""

from __future__ import annotations

from dataclasses import dataclass

from requite.dsl.syntax.expressions import DateRange, Duration, Expr, Name, Node, Path, PeriodOf, Range, Text


@dataclass(frozen=True, slots=True)
class TypeName(Node):
    """A type as written: a word (`money`, a record's name), the values of a `one of`, or the columns of a `period`.

    `words` holds the values of `one of` (names or text); `columns` the two columns of `period from "a" to "b"`.
    """

    word: str
    words: tuple[Name | Text, ...]
    columns: tuple[Text, ...]
    known_from: Text | None


@dataclass(frozen=True, slots=True)
class Cites(Node):
    source: Name
    at: Text | None


@dataclass(frozen=True, slots=True)
class Period(Node):
    """`period 2004-04-01 to 2005-03-31 by discharged`, or `period financial year of year_end by given`."""

    dates: DateRange | None
    relative: PeriodOf | None
    by: Name | None


@dataclass(frozen=True, slots=True)
class Let(Node):
    name: Name
    value: Expr


@dataclass(frozen=True, slots=True)
class Match(Node):
    """`match an earlier spell as index with the same … where … latest by discharged, id`; pick is latest, earliest or empty."""

    range: Range
    alias: Name | None
    pick: str


@dataclass(frozen=True, slots=True)
class Share(Node):
    """`share £1.8m among each practice by weight as allocation`; the weights may be absent (equal shares)."""

    amount: Expr
    range: Range
    weight: Expr | None
    name: Name
    spent_on: Text | None


@dataclass(frozen=True, slots=True)
class Show(Node):
    names: tuple[Path, ...]


@dataclass(frozen=True, slots=True)
class Requires(Node):
    condition: Expr


@dataclass(frozen=True, slots=True)
class Needs(Node):
    condition: Expr


@dataclass(frozen=True, slots=True)
class Amount(Node):
    value: Expr


@dataclass(frozen=True, slots=True)
class Except(Node):
    value: Expr
    condition: Expr
    because: Text | None


@dataclass(frozen=True, slots=True)
class AtMost(Node):
    value: Expr


@dataclass(frozen=True, slots=True)
class AtLeast(Node):
    value: Expr


@dataclass(frozen=True, slots=True)
class OnlyFirst(Node):
    """`only the first 3 for the same patient, service by given, id`."""

    number: Expr
    same: tuple[Name, ...]
    by: tuple[Name, ...]


@dataclass(frozen=True, slots=True)
class TogetherAtMost(Node):
    """`together at most £20,000 for the same practice, first come by given, id` or `…, in proportion`."""

    value: Expr
    same: tuple[Name, ...]
    first_come: tuple[Name, ...]
    in_proportion: bool


@dataclass(frozen=True, slots=True)
class Marker(Node):
    """`met when …`, or `scores 57 points on x from 40% to 70%`, then with the four last fields set."""

    name: Name
    title: Text | None
    cites: tuple[Cites, ...]
    condition: Expr | None
    points: Expr | None
    operand: Expr | None
    lower: Expr | None
    upper: Expr | None


PaymentClause = Requires | Needs | Amount | Except | AtMost | AtLeast | OnlyFirst | TogetherAtMost | Cites


@dataclass(frozen=True, slots=True)
class Payment(Node):
    """A payment, or a charge: written positive and taken off."""

    name: Name
    title: Text | None
    payee: Path
    spent_on: Text | None
    clauses: tuple[PaymentClause, ...]
    charge: bool


@dataclass(frozen=True, slots=True)
class Part(Node):
    """`25% to practice as kept`; without a percentage it is `the rest`."""

    percent: Expr | None
    payee: Path
    name: Name
    spent_on: Text | None


@dataclass(frozen=True, slots=True)
class Split(Node):
    amount: Expr
    parts: tuple[Part, ...]


@dataclass(frozen=True, slots=True)
class Altogether(Node):
    value: Expr
    in_proportion: bool


@dataclass(frozen=True, slots=True)
class BroughtForward(Node):
    name: Name
    type: TypeName
    start: Expr


@dataclass(frozen=True, slots=True)
class CarryForward(Node):
    value: Expr
    name: Name


@dataclass(frozen=True, slots=True)
class SettlesWithPeriod(Node):
    """`settles with the period`."""


@dataclass(frozen=True, slots=True)
class Expected(Node):
    value: Expr


@dataclass(frozen=True, slots=True)
class Tolerance(Node):
    value: Expr


@dataclass(frozen=True, slots=True)
class FlagWhen(Node):
    condition: Expr


@dataclass(frozen=True, slots=True)
class FlagUndercharges(Node):
    """`flag undercharges too`."""


@dataclass(frozen=True, slots=True)
class Overcharge(Node):
    value: Expr


@dataclass(frozen=True, slots=True)
class Reason(Node):
    """`reason "billed {billed}"`: `paths` are the names in braces, in order, each with its place inside the text."""

    text: Text
    paths: tuple[Path, ...]


@dataclass(frozen=True, slots=True)
class Challenge(Node):
    """`challenge provider answers within 10 working days, otherwise deemed upheld`, `penalty 10% of overcharge when upheld`."""

    respondent: Path
    within: Duration | Path
    otherwise: Name | None
    penalty: Expr | None
    penalty_when: Name | None


SchemeClause = (
    Cites | Period | Needs | Requires | BroughtForward | SettlesWithPeriod | Marker | Payment | Split | Let | Share | Match
    | Altogether | CarryForward | Show
)  # fmt: skip
CheckClause = (
    Cites | Period | Match | Let | Needs | Requires | Expected | Tolerance | FlagWhen | FlagUndercharges | Overcharge | Reason
    | Challenge | SettlesWithPeriod | Show
)  # fmt: skip
ForEachClause = Let | Share | Match | Show
