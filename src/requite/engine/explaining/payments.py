"""A payment explained: each clause as it went for one row, from its gates to the scheme's cap."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Any

from requite.dsl import program as core
from requite.dsl.source import Span
from requite.dsl.types import MONEY, YES_NO
from requite.engine.arithmetic import PENNY
from requite.engine.decision import ClauseStep
from requite.engine.explaining.unfold import Unfolder, rounding_note, step
from requite.engine.interpret import Interpreter
from requite.engine.interpreting.closures import Compiler
from requite.engine.interpreting.gates import Settled, Stop, gate_stops
from requite.engine.interpreting.paying import over_several, parts_of, settle_alone, to_steps, weights_of
from requite.engine.interpreting.values import Missing
from requite.engine.rows import Row
from requite.engine.wording import decimal, words


def payment_steps(rule: core.PaymentRule, row: Row, interpreter: Interpreter) -> Iterator[ClauseStep]:
    """The clauses of a payment as they are applied: those for its row, rounding, those over several, its part, the scheme's cap."""
    teller = _Teller(rule, row, Unfolder(interpreter), interpreter.compiler, interpreter.settled(rule.name, row))
    several = over_several(rule)
    yield from teller.clauses(clause for clause in rule.clauses if clause not in several)
    alone = settle_alone(rule, (row,), interpreter.compiler)
    if alone.status == "assessed" and not teller.is_stopped:
        yield from teller.rounding(alone)
    yield from teller.clauses(several)
    if rule.split and teller.settled.status == "assessed":
        yield teller.part(alone)
    scheme = interpreter.program.schemes[rule.scheme]
    if scheme.altogether is not None and rule.kind == "payment":
        yield teller.capped(scheme.altogether.span, scheme.altogether.limit, "altogether at most")


def gate_step(gate: core.Gate, row: Row, stop: Stop | None, refused: str, unfolder: Unfolder) -> ClauseStep:
    """A gate as it went; `refused` is the effect of one that says no."""
    value = unfolder.engine.evaluate(gate.condition, (row,))
    effect = "holds" if stop is None else refused if stop.effect == "refused" else stop.effect
    note = "" if stop is None else stop.reason.removeprefix(words(gate.span)).removeprefix(": ")
    return step(gate.span, gate.kind, unfolder.c.words(value, YES_NO), effect, note, unfolder.reads(gate.condition, (row,)))


def not_reached(span: Span, kind: str) -> ClauseStep:
    return step(span, kind, "", "not reached")


@dataclass(eq=False)
class _Teller:
    """Tells how a payment went for a row. `before` is what it had come to before the next cap."""

    rule: core.PaymentRule
    row: Row
    unfolder: Unfolder
    c: Compiler
    settled: Settled
    is_stopped: bool = False

    def clauses(self, clauses: Iterable[core.PaymentClause]) -> Iterator[ClauseStep]:
        for clause in clauses:
            if self.is_stopped:
                yield not_reached(clause.span, _kind(clause))
                continue
            match clause:
                case core.Gate():
                    stop = gate_stops(clause, (self.row,), self.c)
                    self.is_stopped = stop is not None
                    yield gate_step(clause, self.row, stop, "refused", self.unfolder)
                case core.AmountClause():
                    yield self._amount(clause)
                case core.ExceptClause():
                    yield self._exception(clause)
                case core.LimitClause() | core.OnlyFirstClause() | core.TogetherClause():
                    limit = clause.number if isinstance(clause, core.OnlyFirstClause) else clause.limit
                    yield self.capped(clause.span, limit, _kind(clause))

    def _value(self, expression: core.Expr) -> Any:
        return self.unfolder.engine.evaluate(expression, (self.row,))

    def _applied(self) -> list[core.ExceptClause]:
        exceptions = [clause for clause in self.rule.clauses if isinstance(clause, core.ExceptClause)]
        return [clause for clause in exceptions if self._value(clause.condition) is True]

    def _step(self, span: Span, kind: str, expression: core.Expr, effect: str, note: str = "") -> ClauseStep:
        """A clause with the value that it gave; one that has none ends the payment."""
        value = self._value(expression)
        if isinstance(value, Missing):
            self.is_stopped = True
            effect, note = "not assessable", value.reason
        reads = self.unfolder.reads(expression, (self.row,))
        return step(span, kind, self.c.words(value, expression.type), effect, note, reads)

    def _amount(self, clause: core.AmountClause) -> ClauseStep:
        applied = self._applied()
        note = f"replaced by {words(applied[0].span)}" if applied else ""
        return self._step(clause.span, "amount", clause.value, "excepted" if applied else "value", note)

    def _exception(self, clause: core.ExceptClause) -> ClauseStep:
        holds = self._value(clause.condition)
        reads = self.unfolder.reads(clause.condition, (self.row,))
        if isinstance(holds, Missing):
            self.is_stopped = True
            return step(clause.span, "except", "", "not assessable", holds.reason, reads)
        if not holds:
            return step(clause.span, "except", "", "did not apply", f"{words(clause.condition.span)} is not so", reads)
        made = self._step(clause.span, "except", clause.value, "applied", clause.because)
        if len(self._applied()) > 1:
            self.is_stopped = clause is self._applied()[-1]
            made = replace(made, effect="not assessable", note="another exception applies too")
        return replace(made, reads=(*reads, *made.reads))

    def capped(self, span: Span, limit: core.Expr, kind: str) -> ClauseStep:
        """A cap or floor: what it cut the amount to, or that it did not bind."""
        if self.is_stopped:
            return not_reached(span, kind)
        cut = next((cut for cut in self.settled.cuts if cut.clause == span), None)
        if cut is None:
            made = self._step(span, kind, limit, "did not apply", "")
            is_cause = self.settled.status == "not assessable" and self.settled.reason.startswith(words(span))
            return replace(made, effect="not assessable", note=self.settled.reason) if is_cause else made
        why = f", as {cut.why}" if cut.why else ""
        return self._step(span, kind, limit, "capped", f"{self.c.money(cut.before)} becomes {self.c.money(cut.after)}{why}")

    def rounding(self, alone: Settled) -> Iterator[ClauseStep]:
        """The payment's rounding, where it changed anything."""
        if alone.exact is not None and alone.exact != alone.amount:
            note = rounding_note(alone.exact, self.rule.rounding, MONEY, self.c)
            passed = "".join(f"; {words(clause.span)} came before the rounding" for clause in self._passed(alone))
            yield step(self._whole(), "rounding", self.c.money(alone.amount), "rounded", note + passed)

    def _whole(self) -> Span:
        """What is rounded: the payment, or the amount that is split, of which this is but a part."""
        split = next((clause.value.span for clause in self.rule.clauses if isinstance(clause, core.AmountClause)), None)
        return split if self.rule.split and split is not None else self.rule.span

    def _passed(self, alone: Settled) -> Iterator[core.LimitClause]:
        """The caps that the rounding took the amount above, and the floors that it took it below."""
        for clause in self.rule.clauses:
            if isinstance(clause, core.LimitClause) and alone.exact is not None:
                limit = self._value(clause.limit)
                if (alone.exact <= limit < alone.amount) if clause.cap else (alone.amount < limit <= alone.exact):
                    yield clause

    def part(self, alone: Settled) -> ClauseStep:
        """The part of a split, and which way it was brought to whole pennies."""
        parts = parts_of(self.rule, self.c.program)
        part = weights_of(parts)[parts.index(self.rule)]
        share = f"the rest ({decimal(part * 100)}%)" if self.rule.part is None else f"{decimal(part * 100)}%"
        before = next((cut.before for cut in reversed(self.settled.cuts)), self.settled.amount)
        unit = min(PENNY, self.rule.rounding.unit)
        note = f"{share} of {self.c.money(alone.amount)}{to_steps(part * alone.amount, before, unit, self.c)}"
        return step(self.rule.span, "split", self.c.money(before), "value", note)


def _kind(clause: core.PaymentClause) -> str:
    match clause:
        case core.Gate(kind=kind):
            return kind
        case core.AmountClause():
            return "amount"
        case core.ExceptClause():
            return "except"
        case core.LimitClause(cap=cap):
            return "at most" if cap else "at least"
        case core.OnlyFirstClause():
            return "only the first"
        case core.TogetherClause():
            return "together at most"
