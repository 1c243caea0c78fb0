"""The shapes that every engine returns: payments, findings, figures, what was not assessable or rejected; and explanations."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from fractions import Fraction
from typing import Literal

Key = tuple[str, ...]
"""The key of a row as text, a part for each key field (dates ISO, numbers plain)."""


@dataclass(frozen=True, slots=True)
class Payment:
    """Who is paid what for which record. A charge is negative. `amount` is in whole currency units, exact to the rounding unit.

    `kind` is payment, charge, split or share. `reason` says why an amount is £0 or was cut; empty where it is the plain amount.
    """

    scheme: str
    payment: str
    kind: str
    record: str
    key: Key
    payee: str
    amount: Fraction
    spent_on: str
    reason: str


@dataclass(frozen=True, slots=True)
class Finding:
    """A claim that a check flagged. An undercharge has a negative overcharge. Figures that the check does not have are None."""

    check: str
    record: str
    key: Key
    billed: Fraction | None
    expected: Fraction | None
    overcharge: Fraction | None
    reason: str
    penalty: Fraction | None
    respondent: str
    challenged: bool
    challenged_as: str


@dataclass(frozen=True, slots=True)
class Figure:
    """A shown value. `value` is None where it is missing, and then `reason` says why."""

    name: str
    record: str
    key: Key
    value: Fraction | str | bool | date | datetime | None
    type: str
    reason: str


@dataclass(frozen=True, slots=True)
class NotAssessable:
    rule: str
    record: str
    key: Key
    reason: str


@dataclass(frozen=True, slots=True)
class Rejected:
    """A row that was not read, or in conflict with another: where it stands and why. `line` counts from 1, with the header."""

    record: str
    file: str
    line: int
    field: str
    value: str
    reason: str


@dataclass(frozen=True, slots=True)
class Carried:
    """A figure carried forward to the next run; without a value where it is not known, and then `reason` says why."""

    scheme: str
    name: str
    record: str
    key: Key
    value: Fraction | None
    reason: str = ""


@dataclass(frozen=True, slots=True)
class RuleCount:
    """For one rule: read = assessed + not_assessable + out_of_scope."""

    rule: str
    kind: Literal["payment", "check"]
    record: str
    read: int
    assessed: int
    not_assessable: int
    out_of_scope: int


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one rule for one row. `status` is assessed, not assessable or out of scope; `reason` why, where there is one.

    `amount` is the payment's, `finding` the check's where it flagged.
    """

    rule: str
    record: str
    key: Key
    status: Literal["assessed", "not assessable", "out of scope"]
    reason: str
    amount: Fraction | None = None
    finding: Finding | None = None


@dataclass(frozen=True, slots=True)
class Results:
    """All that a run decided. Each tuple is ordered by rule as declared, then by the order of the rows read."""

    payments: tuple[Payment, ...]
    findings: tuple[Finding, ...]
    figures: tuple[Figure, ...]
    not_assessable: tuple[NotAssessable, ...]
    carried: tuple[Carried, ...]
    counts: tuple[RuleCount, ...]
    outcomes: tuple[Outcome, ...] = ()


EXPLANATION_VERSION = 1


@dataclass(frozen=True, slots=True)
class Place:
    file: str
    line: int
    column: int


@dataclass(frozen=True, slots=True)
class Read:
    """A value that a clause read: what it is called, what it was, where that comes from, and what made it in turn.

    `origin` is: field, table, parameter, bands, let, marker, match, total (any aggregate), payment, share, brought forward,
    case (a condition that chose between values), constant.
    `from_row` names the data row (file and line, or the example) that a field or table value was read from;
    `missing` says why there is no value.
    """

    name: str
    value: str
    origin: str
    place: Place | None = None
    from_row: str = ""
    cites: tuple[str, ...] = ()
    note: str = ""
    missing: str = ""
    reads: tuple[Read, ...] = ()


@dataclass(frozen=True, slots=True)
class ClauseStep:
    """One clause as it went: its words, its value, and `effect`.

    Effects: holds, refused, not assessable, out of scope, applied, did not apply, capped, not reached, value, excepted, rounded."""

    kind: str
    text: str
    place: Place
    value: str
    effect: str
    note: str = ""
    cites: tuple[str, ...] = ()
    reads: tuple[Read, ...] = ()


@dataclass(frozen=True, slots=True)
class Decision:
    """One rule's decision for one record, clause by clause."""

    rule: str
    title: str
    kind: str
    status: str
    amount: str
    reason: str
    place: Place
    cites: tuple[str, ...]
    clauses: tuple[ClauseStep, ...]


@dataclass(frozen=True, slots=True)
class Explanation:
    """Why one record got what it got, from every rule that concerns it."""

    ruleset: str
    record: str
    key: Key
    from_row: str
    decisions: tuple[Decision, ...]
    figures: Mapping[str, str] = field(default_factory=dict)
    version: int = EXPLANATION_VERSION
