"""Why one row got what it got: every rule that concerns it, clause by clause, each unfolded into what it read."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from fractions import Fraction
from typing import Any

from requite.dsl import program as core
from requite.dsl.source import Span
from requite.engine.decision import ClauseStep, Decision, Explanation, Key, Outcome
from requite.engine.explaining.checks import check_steps
from requite.engine.explaining.payments import payment_steps
from requite.engine.explaining.unfold import Unfolder, cited, place_of, rounding_note, step
from requite.engine.interpret import Interpreter
from requite.engine.interpreting.deciding import carried_on, check_outcome, is_kept_out, payment_outcome, share_outcome
from requite.engine.interpreting.values import Missing
from requite.engine.rows import Row
from requite.engine.wording import key_text


class NoSuchRowError(LookupError):
    """There is no row with this key."""


def explain(interpreter: Interpreter, record: str, key: Key) -> Explanation:
    """Why the row of a record with this key, given as text, got what it got."""
    row = interpreter.row(record, key)
    if row is None:
        raise NoSuchRowError(f"there is no {record} {', '.join(key)}")
    return explain_row(interpreter, row)


def explain_row(interpreter: Interpreter, row: Row) -> Explanation:
    """Why a row got what it got."""
    program = interpreter.program
    shown = [shown for shown in program.shown if shown.record == row.record]
    return Explanation(
        program.name,
        row.record,
        key_text(row.key),
        row.place,
        tuple(_decisions(interpreter, row)),
        {s.label: interpreter.compiler.words(interpreter.evaluate(s.value, (row,)), s.value.type) for s in shown},
    )


def _decisions(interpreter: Interpreter, row: Row) -> Iterator[Decision]:
    program = interpreter.program
    for scheme in program.schemes.values():
        if scheme.record == row.record:
            yield from (_payment(program.payments[name], row, interpreter) for name in scheme.payments)
        for name in scheme.shares:
            if program.shares[name].range.record == row.record:
                yield _share(program.shares[name], scheme, row, interpreter)
        if scheme.record == row.record:
            carried = (_carry(carry, scheme, row, interpreter) for carry in scheme.carries)
            yield from (decision for decision in carried if decision is not None)
    for check in program.checks.values():
        if check.record == row.record:
            yield _check(check, row, interpreter)
    for shown in program.shown:
        if shown.record == row.record:
            yield _shown(shown, row, interpreter)


def _payment(rule: core.PaymentRule, row: Row, interpreter: Interpreter) -> Decision:
    outcome = payment_outcome(rule, row, interpreter.rules)[0]
    amount = interpreter.compiler.money(outcome.amount) if outcome.amount is not None else ""
    steps = tuple(payment_steps(rule, row, interpreter))
    return Decision(
        rule.name,
        rule.title or rule.label,
        rule.kind,
        outcome.status,
        amount,
        outcome.reason,
        place_of(rule.span),
        cited(rule.cites),
        steps,
    )


def _share(share: core.Share, scheme: core.Scheme, row: Row, interpreter: Interpreter) -> Decision:
    outcome = share_outcome(share, row, interpreter.rules)[0]
    amount = interpreter.compiler.money(outcome.amount) if outcome.amount is not None else ""
    steps = [_given(share, owner, row, outcome, interpreter) for owner in interpreter.rules.shares.owners(share.name, row)]
    return Decision(
        share.name,
        scheme.title or share.label,
        "share",
        outcome.status,
        amount,
        outcome.reason,
        place_of(share.span),
        cited(share.cites),
        tuple(steps),
    )


def _given(share: core.Share, owner: Row, row: Row, outcome: Outcome, interpreter: Interpreter) -> ClauseStep:
    """What an owner gave a row, and how it came to whole pennies."""
    unfolder = Unfolder(interpreter)
    read, part = unfolder.share_of(share, owner, row, 0), interpreter.rules.shares.part_from(share.name, owner, row)
    if part is None or part.status != "assessed":
        return step(share.span, "share", "", outcome.status if part is None else part.status, read.note, (read,))
    note = read.note + unfolder.odd_part(share, owner, row)
    return step(share.span, "share", interpreter.compiler.money(part.amount), "value", note, (read,))


LEFT_OUT = "the scheme leaves this row out, so what was brought forward is carried on"


def _carry(carry: core.Carry, scheme: core.Scheme, row: Row, interpreter: Interpreter) -> Decision | None:
    """What is carried forward; nothing where the scheme leaves out a row that brought nothing."""
    name, value = f"{scheme.name}.{carry.name}", carried_on(scheme, carry, row, interpreter.rules)
    if value is None:
        return None
    if not is_kept_out(carry, row, interpreter.compiler):
        made = _figure(name, carry.name, "carried forward", carry.span, carry.value, value, row, interpreter)
        exact, c = interpreter.evaluate(carry.value, (row,)), interpreter.compiler
        if not isinstance(exact, Fraction) or isinstance(value, Missing) or exact == value:
            return made
        note = rounding_note(exact, interpreter.program.rounding, carry.value.type, c)
        return replace(made, clauses=tuple(replace(clause, note=note) for clause in made.clauses))
    missing, text = isinstance(value, Missing), interpreter.compiler.words(value, carry.value.type)
    status, reason = ("not assessable", value.reason) if isinstance(value, Missing) else ("assessed", LEFT_OUT)
    clause = step(carry.span, "carried forward", text, "not assessable" if missing else "value", reason)
    return Decision(
        name, carry.name, "carried forward", status, "" if missing else text, reason, place_of(carry.span), (), (clause,)
    )


def _shown(shown: core.Shown, row: Row, interpreter: Interpreter) -> Decision:
    value = interpreter.evaluate(shown.value, (row,))
    return _figure(shown.label, shown.label, "figure", shown.span, shown.value, value, row, interpreter)


def _figure(
    name: str, title: str, kind: str, span: Span, expression: core.Expr, value: Any, row: Row, interpreter: Interpreter
) -> Decision:
    missing, text = isinstance(value, Missing), interpreter.compiler.words(value, expression.type)
    status, reason = ("not assessable", value.reason) if missing else ("assessed", "")
    reads = Unfolder(interpreter).reads(expression, (row,))
    clause = step(span, kind, text, "not assessable" if missing else "value", reason, reads)
    return Decision(name, title, kind, status, "" if missing else text, reason, place_of(span), (), (clause,))


def _check(check: core.CheckRule, row: Row, interpreter: Interpreter) -> Decision:
    outcome = check_outcome(check, row, interpreter.rules)
    finding = outcome.finding
    amount = interpreter.compiler.money(finding.overcharge) if finding is not None and finding.overcharge is not None else ""
    return Decision(
        check.name,
        check.title or check.name,
        "check",
        outcome.status,
        amount,
        outcome.reason if finding is not None or outcome.status != "assessed" else "nothing is flagged",
        place_of(check.span),
        cited(check.cites),
        tuple(check_steps(check, row, finding, interpreter)),
    )
