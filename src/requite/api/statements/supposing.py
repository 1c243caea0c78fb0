"""What would have been paid if a condition had been met: the rules reckoned again with that one thing taken as so."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any, Final

from requite.dsl import program as core
from requite.dsl.source import Span
from requite.dsl.types import QUANTITIES, Kind
from requite.engine.arithmetic import bands_holding, rounded
from requite.engine.interpret import Interpreter
from requite.engine.interpreting.values import Missing
from requite.engine.interpreting.walk import children, expressions, rewrite
from requite.engine.rows import Row

NOTHING: Final = Fraction(0)
MOST_ATOMS: Final = 200
"""Conditions of one scheme that are tried."""

OUTSIDE = (core.Aggregate, core.Exists)
"""What looks at other rows, whose conditions are not the row's own."""


REPLACED = (core.Compare, core.Scaled, core.BandRead)
"""What is taken as other than it is."""


@dataclass(frozen=True, slots=True)
class Atom:
    """A condition on a quantity, a value placed between two levels, or a value in a band.

    `negated` says that a condition must not hold; of bands, `step` leads to the one above (1) or below (-1).
    A `goal` is something to reach: what a marker, a gate or an amount asks for, and not what an exception or a figure turns on.
    """

    node: core.Compare | core.Scaled | core.BandRead
    negated: bool = False
    goal: bool = True
    step: int = 0

    @property
    def span(self) -> Span:
        return self.node.span

    def is_short(self, value: Any) -> bool:
        """Whether it is not met, or not in full; of an exception, whatever it is."""
        if isinstance(value, Missing):
            return False
        if isinstance(self.node, core.Scaled):
            return bool(value != 1)
        return not self.goal or value is self.negated


Found = dict[tuple[Span, int], Atom]
"""Conditions by where they stand; of a band, the one above and the one below."""


def inlinable(part: core.Expr, program: core.Program) -> core.Expr | None:
    """What a value of the own row is reckoned by; None where it is something else."""
    if not isinstance(part, core.ColumnRead) or not isinstance(part.row, core.RowVariable) or part.row.level:
        return None
    definition = program.columns[part.column].definition
    return definition.value if isinstance(definition, core.Computed) else None


def reads_row(expression: core.Expr) -> bool:
    """Whether a value depends on the row: one that does not is a level that is the same for all."""
    return any(isinstance(part, core.RowVariable) for part in expressions(expression))


def is_condition(part: core.Expr) -> bool:
    """Whether it compares quantities of which one is the row's."""
    if not isinstance(part, core.Compare) or part.operator in ("=", "!="):
        return False
    kinds = {part.left.type.kind, part.right.type.kind}
    return kinds <= QUANTITIES and (reads_row(part.left) or reads_row(part.right))


@dataclass(eq=False)
class Supposing:
    """Reckons a run's rules for single rows with some conditions taken as other than they are."""

    interpreter: Interpreter
    _atoms: dict[str, tuple[Atom, ...]] = field(default_factory=dict)
    _changed: dict[tuple[int, tuple[tuple[Span, str], ...]], tuple[core.Expr, core.Expr]] = field(default_factory=dict)

    @property
    def program(self) -> core.Program:
        return self.interpreter.program

    # --- conditions ---

    def atoms_of(self, rule: core.PaymentRule) -> tuple[Atom, ...]:
        """The conditions that a payment hangs on, in the order written, those of its markers and lets among them."""
        if rule.name not in self._atoms:
            found: Found = {}
            for clause in rule.clauses:
                for expression, goal in _decisive(clause):
                    self.gather(expression, found, goal)
            self._atoms[rule.name] = tuple(found.values())[:MOST_ATOMS]
        return self._atoms[rule.name]

    def gather(self, expression: core.Expr, found: Found, goal: bool = True) -> None:
        """Add the conditions in an expression, and in what it reads of its own row; not those that choose between figures there."""
        seen: set[str] = set()
        waiting: list[tuple[Any, bool, bool]] = [(expression, False, False)]
        while waiting:
            part, negated, is_inside = waiting.pop(0)
            if isinstance(part, core.Scaled) or is_condition(part):
                found.setdefault((part.span, 0), Atom(part, negated, goal))
                continue
            if isinstance(part, core.BandRead) and not self.program.bands[part.bands].straight and reads_row(part.operand):
                for step in (1, -1):
                    found.setdefault((part.span, step), Atom(part, False, False, step))
                continue
            if isinstance(part, OUTSIDE):
                continue
            inside = inlinable(part, self.program)
            if inside is not None and part.column not in seen:
                seen.add(part.column)
                waiting.insert(0, (inside, negated, part.type.kind is not Kind.YES_NO))
            below = children(part)
            if isinstance(part, core.Cases) and is_inside:
                below = [case.value for case in part.cases] + ([part.otherwise] if part.otherwise is not None else [])
            waiting[:0] = [(child, negated != isinstance(part, core.Not), is_inside) for child in below]

    def touches(self, expression: core.Expr, spans: Collection[Span]) -> bool:
        """Whether one of some conditions stands in an expression or in what it reads of its own row."""
        waiting, seen = [expression], set[str]()
        while waiting:
            for part in expressions(waiting.pop()):
                if part.span in spans and isinstance(part, REPLACED):
                    return True
                inside = inlinable(part, self.program)
                if inside is not None and isinstance(part, core.ColumnRead) and part.column not in seen:
                    seen.add(part.column)
                    waiting.append(inside)
        return False

    # --- amounts ---

    def more(self, scheme: core.Scheme, row: Row, atoms: Iterable[Atom]) -> tuple[Fraction, tuple[str, ...]]:
        """How much more a scheme would pay for a row if these conditions were other than they are, and by which payments.

        Nothing where that cannot be told: amounts that are split, or capped together with other rows.
        """
        supposed = self._supposed(row, tuple(atoms))
        now = then = NOTHING
        paid, changed = list[Fraction](), list[str]()
        for name in scheme.payments:
            rule, settled = self.program.payments[name], self.interpreter.settled(name, row)
            if not supposed or settled.status != "assessed":
                continue
            before = next((cut.before for cut in settled.cuts if self._is_altogether(scheme, cut.clause)), settled.amount)
            alone = self._alone(rule, row, supposed)
            would = before if alone is None else alone
            changed += [name] if would != before else []
            if rule.kind == "charge":
                now, then = now - settled.amount, then - would
            else:
                now += settled.amount
                paid.append(would)
        return self._held(scheme, row, sum(paid, NOTHING)) + then - now, tuple(changed)

    def _is_altogether(self, scheme: core.Scheme, span: Span) -> bool:
        return scheme.altogether is not None and scheme.altogether.span == span

    def _held(self, scheme: core.Scheme, row: Row, paid: Fraction) -> Fraction:
        """What payments come to under the scheme's cap."""
        limit: Any = self.interpreter.evaluate(scheme.altogether.limit, (row,)) if scheme.altogether is not None else None
        return min(paid, limit) if isinstance(limit, Fraction) else paid

    def _supposed(self, row: Row, atoms: tuple[Atom, ...]) -> dict[Span, core.Expr]:
        """By place, what stands in for each condition: the opposite of what it is, or the upper level."""
        made: dict[Span, core.Expr] = {}
        for atom in atoms:
            value: Any = self.interpreter.evaluate(atom.node, (row,))
            if isinstance(atom.node, core.BandRead):
                beside = self.band_beside(atom.node, atom.step, row)
                if beside is not None:
                    made[atom.span] = core.Constant(atom.node.type, atom.span, beside.value)
            elif not isinstance(value, Missing):
                other = Fraction(1) if isinstance(atom.node, core.Scaled) else not value
                made[atom.span] = core.Constant(atom.node.type, atom.span, other)
        return made

    def band_beside(self, node: core.BandRead, step: int, row: Row) -> core.Band | None:
        """The band above or below the one that a value is in; None where there is none."""
        operand: Any = self.interpreter.evaluate(node.operand, (row,))
        bands = self.program.bands[node.bands].bands
        if isinstance(operand, Missing):
            return None
        held = bands_holding(operand, bands)
        at = bands.index(held[0]) + step if held else -1
        return bands[at] if 0 <= at < len(bands) else None

    def _alone(self, rule: core.PaymentRule, row: Row, supposed: Mapping[Span, core.Expr]) -> Fraction | None:
        """What a payment would come to; None where the conditions do not touch it, or nobody can tell."""
        if not {atom.span for atom in self.atoms_of(rule)} & set(supposed):
            return None
        if rule.split or any(isinstance(clause, (core.OnlyFirstClause, core.TogetherClause)) for clause in rule.clauses):
            return None
        amount: Any = NOTHING
        for clause in rule.clauses:
            match clause:
                case core.Gate(condition=condition):
                    if self._value(condition, row, supposed) is not True:
                        return NOTHING
                case core.AmountClause(value=value):
                    amount = self._value(value, row, supposed)
                case core.ExceptClause(value=value, condition=condition):
                    amount = self._value(value, row, supposed) if self._value(condition, row, supposed) is True else amount
                case core.LimitClause(cap=cap, limit=limit):
                    most = self._value(limit, row, supposed)
                    if not isinstance(most, Fraction) or not isinstance(amount, Fraction):
                        return None
                    amount = min(amount, most) if cap else max(amount, most)
            if not isinstance(amount, Fraction):
                return None
        return rounded(amount, rule.rounding)

    def _value(self, expression: core.Expr, row: Row, supposed: Mapping[Span, core.Expr]) -> Any:
        name = id(expression), tuple((span, str(getattr(value, "value", ""))) for span, value in supposed.items())
        if name not in self._changed:
            self._changed[name] = expression, self._with(expression, supposed)
        return self.interpreter.evaluate(self._changed[name][1], (row,))

    def _with(self, expression: core.Expr, supposed: Mapping[Span, core.Expr]) -> core.Expr:
        """An expression with conditions replaced, and what it reads of its own row written out where they stand in there."""
        of_others = {
            id(inner)
            for part in expressions(expression)
            if isinstance(part, OUTSIDE)
            for inner in expressions(part)
            if inner is not part
        }

        def change(part: Any) -> Any:
            if id(part) in of_others:
                return part
            if isinstance(part, REPLACED) and part.span in supposed:
                return supposed[part.span]
            inside = inlinable(part, self.program)
            return self._with(inside, supposed) if inside is not None and self.touches(inside, supposed) else part

        made: core.Expr = rewrite(expression, change)
        return made


def _decisive(clause: core.PaymentClause) -> Iterator[tuple[core.Expr, bool]]:
    """The expressions of a clause that decide what is paid, and whether what they ask for is something to reach."""
    match clause:
        case core.Gate(kind=kind, condition=condition):
            if kind == "requires":
                yield condition, True
        case core.AmountClause(value=value):
            yield value, True
        case core.LimitClause(limit=limit):
            yield limit, False
        case core.ExceptClause(value=value, condition=condition):
            yield condition, False
            yield value, False
