"""What a ruleset's penalty clause makes of an overcharge that both sides agreed on."""

from __future__ import annotations

from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Any, Final

from requite.dsl import program as core
from requite.engine.arithmetic import rounded
from requite.engine.decision import ClauseStep, Decision, Explanation, Read
from requite.engine.explaining.unfold import Unfolder, cited, place_of, step
from requite.engine.interpret import Interpreter
from requite.engine.interpreting.values import Missing
from requite.engine.rows import Row
from requite.engine.wording import key_text

NONE: Final = "the check names no penalty"
AGREED: Final = "what both agreed on"


@dataclass(frozen=True, slots=True)
class Penalty:
    """What is due on top of an overcharge; None where it cannot be reckoned, and then `reason` says why."""

    amount: Fraction | None
    reason: str
    explanation: Explanation


def penalty_of(interpreter: Interpreter, check: str, row: Row, overcharge: Fraction) -> Penalty:
    """What a check's penalty clause makes of an overcharge for a row, rounded like a payment. The interpreter forgets all else."""
    rule = interpreter.program.checks[check]
    interpreter.forget()
    try:
        return _penalty(interpreter, rule, row, overcharge)
    finally:
        interpreter.forget()


def _penalty(interpreter: Interpreter, rule: core.CheckRule, row: Row, overcharge: Fraction) -> Penalty:
    if rule.overcharge:
        interpreter.suppose(row, rule.overcharge, overcharge)
    agreed = _agreed(interpreter, rule, overcharge)
    if not rule.penalty:
        return Penalty(Fraction(0), NONE, _explained(interpreter, rule, row, Fraction(0), NONE, (agreed,)))
    found: Any = interpreter.value(row, rule.penalty)
    amount = rounded(found, interpreter.program.rounding) if isinstance(found, Fraction) else None
    reason = found.reason if isinstance(found, Missing) else ""
    clause = _clause(interpreter, rule, row, found if amount is None else amount)
    return Penalty(amount, reason, _explained(interpreter, rule, row, amount, reason, (agreed, clause)))


def _explained(
    interpreter: Interpreter, rule: core.CheckRule, row: Row, amount: Fraction | None, reason: str, steps: tuple[ClauseStep, ...]
) -> Explanation:
    program = interpreter.program
    span = rule.challenge.span if rule.challenge is not None else rule.span
    decision = Decision(
        rule.name,
        rule.title or rule.name,
        "penalty",
        "not assessable" if amount is None else "assessed",
        "" if amount is None else interpreter.compiler.money(amount),
        reason,
        place_of(span),
        cited(rule.cites),
        steps,
    )
    return Explanation(program.name, row.record, key_text(row.key), row.place, (decision,))


def _agreed(interpreter: Interpreter, rule: core.CheckRule, overcharge: Fraction) -> ClauseStep:
    return replace(
        step(rule.span, "overcharge", interpreter.compiler.money(overcharge), "value", AGREED), text="overcharge that was agreed"
    )


def _clause(interpreter: Interpreter, rule: core.CheckRule, row: Row, value: Fraction | Missing) -> ClauseStep:
    column = interpreter.program.columns[rule.penalty]
    unfolder = Unfolder(interpreter)
    reads = unfolder.column(column, row, value, column.label, 0).reads
    shown = unfolder.c.words(value, column.type)
    effect, note = ("not assessable", value.reason) if isinstance(value, Missing) else ("value", "")
    label = interpreter.program.columns[rule.overcharge].label if rule.overcharge else ""
    return step(column.span, "penalty", shown, effect, note, tuple(_as_agreed(read, label) for read in reads))


def _as_agreed(read: Read, label: str) -> Read:
    """A reading, the overcharge among those inside it as it was agreed: not what the check made of the bill."""
    if label and read.name == label and read.origin == "let":
        return replace(read, note=AGREED, reads=())
    return replace(read, reads=tuple(_as_agreed(one, label) for one in read.reads))
