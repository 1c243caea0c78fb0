"""All that a run decides: payments, findings, figures, what could not be assessed, what is carried on, and how many of each."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from functools import partial
from typing import Any, Literal

from requite.dsl import program as core
from requite.dsl.types import Kind
from requite.engine import wording
from requite.engine.arithmetic import rounded
from requite.engine.decision import (
    Carried,
    Figure,
    Finding,
    Key,
    NotAssessable,
    Outcome,
    Payment,
    Results,
    RuleCount,
)
from requite.engine.interpreting.checking import Checks
from requite.engine.interpreting.closures import Compiler
from requite.engine.interpreting.gates import Settled, gate_stops, payee_of
from requite.engine.interpreting.paying import Payments
from requite.engine.interpreting.sharing import Shares
from requite.engine.interpreting.tables import Tables
from requite.engine.interpreting.values import Lack, Missing
from requite.engine.rows import Row
from requite.engine.wording import key_text, key_words

Progress = Callable[[str, int, int], None]
"""Told of each rule as it begins: its name, how many are done, how many there are."""


@dataclass(frozen=True, eq=False)
class Rules:
    """The rules of a run, each deciding when asked."""

    c: Compiler
    payments: Payments
    shares: Shares
    checks: Checks
    brought: Mapping[str, Mapping[Key, core.Scalar | Missing]]

    def forget(self) -> None:
        """Forget what has been decided: the rows are others from now on."""
        self.payments.forget()
        self.shares.forget()
        self.checks.forget()


@dataclass(slots=True)
class Tallies:
    """What has been decided so far."""

    payments: list[Payment] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)
    figures: list[Figure] = field(default_factory=list)
    not_assessable: list[NotAssessable] = field(default_factory=list)
    carried: list[Carried] = field(default_factory=list)
    counts: list[RuleCount] = field(default_factory=list)
    outcomes: list[Outcome] = field(default_factory=list)


def decide(rules: Rules, progress: Progress | None, outcomes: bool) -> Results:
    """Every rule for every row, in the order declared; `outcomes` asks for what became of each, paid or not."""
    tallies, steps = Tallies(), list(_steps(rules))
    for done, (name, kind, record, decided) in enumerate(steps):
        if progress is not None:
            progress(name, done, len(steps))
        _tally(tallies, name, kind, record, decided(), outcomes)
    program = rules.c.program
    for share in program.shares.values():
        if share.scheme:
            tallies.not_assessable += [
                NotAssessable(share.name, share.record, key_text(owner.key), settled.reason)
                for owner, settled in rules.shares.unheard(share.name, rules.c.tables.rows(share.record))
            ]
    for shown in program.shown:
        tallies.figures += [figure(shown, row, rules.c) for row in rules.c.tables.rows(shown.record)]
    for scheme in program.schemes.values():
        for carry in scheme.carries:
            _carry(tallies, scheme, carry, rules)
    return Results(
        tuple(tallies.payments),
        tuple(tallies.findings),
        tuple(tallies.figures),
        tuple(tallies.not_assessable),
        tuple(tallies.carried),
        tuple(tallies.counts),
        tuple(tallies.outcomes),
    )


RuleKind = Literal["payment", "check"]
Decided = Iterator[tuple[Outcome, Payment | None]]


def _steps(rules: Rules) -> Iterator[tuple[str, RuleKind, str, Callable[[], Decided]]]:
    """Each rule with what decides it: payments and the shares of each scheme, then the checks."""
    program = rules.c.program
    for scheme in program.schemes.values():
        for name in scheme.payments:
            rule = program.payments[name]
            yield name, "payment", rule.record, partial(_paid, rule, rules)
        for name in scheme.shares:
            share = program.shares[name]
            yield name, "payment", share.range.record, partial(_shared, share, rules)
    for check in program.checks.values():
        yield check.name, "check", check.record, partial(_examined, check, rules)


def _tally(tallies: Tallies, name: str, kind: RuleKind, record: str, decided: Decided, keep: bool) -> None:
    statuses: Counter[str] = Counter()
    for outcome, payment in decided:
        statuses[outcome.status] += 1
        if outcome.status == "not assessable":
            tallies.not_assessable.append(NotAssessable(name, record, outcome.key, outcome.reason))
        if payment is not None:
            tallies.payments.append(payment)
        if outcome.finding is not None:
            tallies.findings.append(outcome.finding)
        if keep:
            tallies.outcomes.append(outcome)
    counts = (statuses[status] for status in ("assessed", "not assessable", "out of scope"))
    tallies.counts.append(RuleCount(name, kind, record, statuses.total(), *counts))


# --- one rule, every row ----------------------------------------------------------------------------------------------------


def _paid(rule: core.PaymentRule, rules: Rules) -> Decided:
    for row in rules.c.tables.rows(rule.record):
        yield payment_outcome(rule, row, rules)


def payment_outcome(rule: core.PaymentRule, row: Row, rules: Rules) -> tuple[Outcome, Payment | None]:
    """What became of a payment for a row: negative for a charge; not assessable where nobody knows whom to pay."""
    settled = rules.payments.settled(rule.name, row)
    key = key_text(row.key)
    if settled.status != "assessed":
        return Outcome(rule.name, rule.record, key, settled.status, settled.reason), None
    payee = payee_of(rule.payee, (row,), rules.c)
    if isinstance(payee, Missing):
        if settled.amount:
            reason = f"it is not known whom to pay: {payee.reason}"
            return Outcome(rule.name, rule.record, key, "not assessable", reason), None
        payee = ""
    amount = -settled.amount if rule.kind == "charge" else settled.amount
    payment = Payment(rule.scheme, rule.name, rule.kind, rule.record, key, payee, amount, rule.spent_on, settled.reason)
    return Outcome(rule.name, rule.record, key, "assessed", settled.reason, amount), payment


NO_PART = Settled("out of scope", reason="it has no part in what is shared")


def _shared(share: core.Share, rules: Rules) -> Decided:
    for row in rules.c.tables.rows(share.range.record):
        yield share_outcome(share, row, rules)


def share_outcome(share: core.Share, row: Row, rules: Rules) -> tuple[Outcome, Payment | None]:
    """What became of a share that pays, for one of the rows it is shared among."""
    settled = rules.shares.part(share.name, row) or NO_PART
    key, record = key_text(row.key), share.range.record
    if settled.status != "assessed":
        return Outcome(share.name, record, key, settled.status, settled.reason), None
    payment = Payment(
        share.scheme, share.name, "share", record, key, key_words(row.key), settled.amount, share.spent_on, settled.reason
    )
    return Outcome(share.name, record, key, "assessed", settled.reason, settled.amount), payment


def _examined(check: core.CheckRule, rules: Rules) -> Decided:
    for row in rules.c.tables.rows(check.record):
        yield check_outcome(check, row, rules), None


def check_outcome(check: core.CheckRule, row: Row, rules: Rules, key: Key | None = None) -> Outcome:
    """What became of a check for a row; its key as text may be given, where it is known already."""
    found = rules.checks.examined(check.name, row)
    reason = found.finding.reason if found.finding is not None else found.reason
    return Outcome(check.name, check.record, key or key_text(row.key), found.status, reason, None, found.finding)


# --- figures ----------------------------------------------------------------------------------------------------------------


def figure(shown: core.Shown, row: Row, c: Compiler) -> Figure:
    """A shown figure of a row: exact, and of a row its key."""
    value: Any = c.code(shown.value)((row,))
    reason = ""
    if isinstance(value, Missing):
        value, reason = None, value.reason
    if isinstance(value, (Row, tuple)):
        value = c.words(value, shown.value.type)
    return Figure(shown.label, shown.record, key_text(row.key), value, str(shown.value.type), reason)


def _carry(tallies: Tallies, scheme: core.Scheme, carry: core.Carry, rules: Rules) -> None:
    """What each row carries forward; what was brought forward for others is carried on as it is."""
    brought = dict(_brought(scheme, carry, rules))
    for row in rules.c.tables.rows(scheme.record):
        key = key_text(row.key)
        brought.pop(key, None)
        value = carried_on(scheme, carry, row, rules)
        if value is not None:
            _put_down(tallies, scheme, carry, key, value)
    for key, value in brought.items():
        _put_down(tallies, scheme, carry, key, value)


def left_over(carried: Sequence[Carried], tables: Tables) -> Iterator[str]:
    """What is to be said of figures that were brought forward for rows that are not there any more."""
    there = {record: {key_text(row.key) for row in tables.rows(record)} for record in {one.record for one in carried}}
    numbers = Counter((one.scheme, one.name, one.record) for one in carried if one.key not in there[one.record])
    for (_, name, record), number in numbers.items():
        yield wording.left_over(name, record, number)


def carried_on(scheme: core.Scheme, carry: core.Carry, row: Row, rules: Rules) -> core.Scalar | Missing:
    """What a row carries forward: what it brought, if the gates keep it out; None where it then brought nothing."""
    if is_kept_out(carry, row, rules.c):
        return _brought(scheme, carry, rules).get(key_text(row.key))
    return carried(carry, row, rules.c)


def _brought(scheme: core.Scheme, carry: core.Carry, rules: Rules) -> Mapping[Key, core.Scalar | Missing]:
    column = next((c.name for c in rules.c.program.columns.values() if _is_brought(c, scheme, carry)), "")
    return rules.brought.get(column, {})


def _is_brought(column: core.Column, scheme: core.Scheme, carry: core.Carry) -> bool:
    kind = core.ColumnKind.BROUGHT_FORWARD
    return column.kind is kind and column.label == carry.name and column.name == f"{scheme.name}.{carry.name}"


def is_kept_out(carry: core.Carry, row: Row, c: Compiler) -> bool:
    """Whether the scheme's gates keep a row out, so that nothing is reckoned for it."""
    stops = (gate_stops(gate, (row,), c) for gate in carry.gates)
    first = next((stop for stop in stops if stop is not None), None)
    return first is not None and first.effect != "not assessable"


def _put_down(tallies: Tallies, scheme: core.Scheme, carry: core.Carry, key: Key, value: Any) -> None:
    if isinstance(value, Missing):
        reason = f"{carry.name}: {value.reason}"
        tallies.not_assessable.append(NotAssessable(f"{scheme.name}.{carry.name}", scheme.record, key, reason))
        tallies.carried.append(Carried(scheme.name, carry.name, scheme.record, key, None, value.reason))
    else:
        tallies.carried.append(Carried(scheme.name, carry.name, scheme.record, key, value))


def carried(carry: core.Carry, row: Row, c: Compiler) -> Fraction | Missing:
    """A figure carried forward; money is rounded like a payment, so that the next run begins with pennies."""
    for gate in carry.gates:
        stop = gate_stops(gate, (row,), c)
        if stop is not None and stop.effect == "not assessable":
            return Missing(Lack.UNDECIDED, stop.reason)
    value: Any = c.code(carry.value)((row,))
    is_money = carry.value.type.kind is Kind.MONEY and not isinstance(value, Missing)
    return rounded(value, c.program.rounding) if is_money else value
