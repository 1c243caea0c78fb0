"""A check explained: each clause as it went for one row, what was flagged, and how it is challenged."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from fractions import Fraction
from typing import Any

from requite.dsl import program as core
from requite.dsl.types import YES_NO
from requite.engine.decision import ClauseStep, Finding
from requite.engine.explaining.payments import gate_step, not_reached
from requite.engine.explaining.unfold import Unfolder, rounding_note, step
from requite.engine.interpret import Interpreter
from requite.engine.interpreting.checking import FIGURES_WHEN_FLAGGED, figures, is_undercharged
from requite.engine.interpreting.closures import Compiler
from requite.engine.interpreting.gates import gate_stops
from requite.engine.interpreting.values import Missing
from requite.engine.rows import Row

NOTHING = Fraction(0)


def check_steps(check: core.CheckRule, row: Row, finding: Finding | None, interpreter: Interpreter) -> Iterator[ClauseStep]:
    """The clauses of a check in the order written, then undercharges and the challenge."""
    unfolder, is_stopped = Unfolder(interpreter), False
    for clause in check.clauses:
        kind = _kind(clause)
        if is_stopped or (kind in FIGURES_WHEN_FLAGGED and finding is None):
            yield not_reached(clause.span, kind)
            continue
        match clause:
            case core.Gate():
                stop = gate_stops(clause, (row,), interpreter.compiler)
                is_stopped = stop is not None
                yield gate_step(clause, row, stop, "out of scope", unfolder)
            case core.ColumnClause(column=name):
                value = interpreter.value(row, name)
                is_stopped = isinstance(value, Missing)
                yield _figure(clause, value, row, unfolder)
            case core.FlagClause():
                value = interpreter.evaluate(clause.condition, (row,))
                is_stopped = isinstance(value, Missing)
                yield _flag(clause, value, row, unfolder)
    if not is_stopped:
        yield from _undercharges(check, row, interpreter, finding)
        yield from _found(check, row, finding, unfolder)


def _kind(clause: core.CheckClause) -> str:
    return "flag when" if isinstance(clause, core.FlagClause) else clause.kind


def _figure(clause: core.ColumnClause, value: Any, row: Row, unfolder: Unfolder) -> ClauseStep:
    column = unfolder.engine.program.columns[clause.column]
    read = unfolder.column(column, row, value, column.label, 0)
    missing = isinstance(value, Missing)
    effect, note = ("not assessable", value.reason) if missing else ("value", _rounding(column, value, row, unfolder))
    return step(clause.span, clause.kind, unfolder.c.words(value, column.type), effect, note, read.reads)


def _rounding(column: core.Column, value: Any, row: Row, unfolder: Unfolder) -> str:
    """What a figure of a check was before it was rounded, where that changed anything."""
    if not isinstance(column.definition, core.Computed) or not isinstance(column.definition.value, core.Round):
        return ""
    made = column.definition.value
    exact = unfolder.engine.evaluate(made.operand, (row,))
    if not isinstance(exact, Fraction) or exact == value:
        return ""
    return rounding_note(exact, made.rounding, column.type, unfolder.c)


def _flag(clause: core.FlagClause, value: Any, row: Row, unfolder: Unfolder) -> ClauseStep:
    effect, note = ("not assessable", value.reason) if isinstance(value, Missing) else ("", "")
    effect = effect or ("applied" if value else "did not apply")
    reads = unfolder.reads(clause.condition, (row,))
    return step(clause.span, "flag when", unfolder.c.words(value, YES_NO), effect, note, reads)


def _undercharges(check: core.CheckRule, row: Row, interpreter: Interpreter, finding: Finding | None) -> Iterator[ClauseStep]:
    if not check.undercharges or check.undercharge_span is None:
        return
    is_over = finding is not None and finding.overcharge is not None and finding.overcharge >= 0
    under = False if is_over else is_undercharged(check, row, interpreter.compiler)
    missing = isinstance(under, Missing)
    effect = "not assessable" if missing else "applied" if under else "did not apply"
    text = interpreter.compiler.words(under, YES_NO)
    note = under.reason if isinstance(under, Missing) else _least(check, row, interpreter.compiler)
    yield step(check.undercharge_span, "undercharges", text, effect, note)


def _least(check: core.CheckRule, row: Row, c: Compiler) -> str:
    """What a bill was, and below which it is an undercharge."""
    billed, expected, tolerance = figures(check, row, c)
    known = all(isinstance(value, Fraction) for value in (billed, expected, tolerance or NOTHING))
    return f"billed {c.money(billed)}, and too little is below {c.money(expected - (tolerance or 0))}" if known else ""


IMPLIED_OVERCHARGE = "overcharge billed - expected"
"""What a check means by overcharge that does not say it."""


NOT_CLAIMED = "nothing is claimed back, so it is not challenged"


def _found(check: core.CheckRule, row: Row, finding: Finding | None, unfolder: Unfolder) -> Iterator[ClauseStep]:
    """What was found: the overcharge where no clause says it, and the challenge."""
    if finding is None:
        if check.challenge is not None:
            yield not_reached(check.challenge.span, "challenge")
        return
    said = {clause.kind for clause in check.clauses if isinstance(clause, core.ColumnClause)}
    for kind, name in (("overcharge", check.overcharge), ("penalty", check.penalty)):
        if name and kind not in said and not (kind == "penalty" and finding.penalty is None):
            column = unfolder.engine.program.columns[name]
            value = unfolder.engine.value(row, name)
            reads = unfolder.column(column, row, value, kind, 0).reads
            made = step(
                column.span, kind, unfolder.c.words(value, column.type), "value", _rounding(column, value, row, unfolder), reads
            )
            yield made if kind == "penalty" else replace(made, text=IMPLIED_OVERCHARGE)
    yield from _supported(check, row, unfolder)
    if check.challenge is not None:
        is_claimed = finding.overcharge is None or finding.overcharge > 0
        note = f"challenged as {finding.challenged_as}" if finding.challenged_as else "" if is_claimed else NOT_CLAIMED
        effect = "applied" if finding.challenged else "did not apply"
        yield step(check.challenge.span, "challenge", finding.respondent, effect, note)


def _supported(check: core.CheckRule, row: Row, unfolder: Unfolder) -> Iterator[ClauseStep]:
    """Whether the finding may be the one that its row is challenged for, where the ruleset says which may."""
    where = check.supported
    if where is None:
        return
    value = unfolder.engine.evaluate(where, (row,))
    text = unfolder.c.words(value, YES_NO)
    effect, note = ("applied" if value is True else "did not apply"), (value.reason if isinstance(value, Missing) else "")
    made = step(where.span, "challenge where", text, effect, note, unfolder.reads(where, (row,)))
    yield replace(made, text=f"where {made.text}")
