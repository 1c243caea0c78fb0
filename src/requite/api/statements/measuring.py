"""What a row was measured by: its markers and other conditions against their levels, and amounts taken from each other."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, Final

from requite.api.statements.model import Difference, Hint, Measure, Place
from requite.api.statements.phrases import brief, heading, plainly
from requite.api.statements.supposing import OUTSIDE, Atom, Found, Supposing, inlinable, reads_row
from requite.dsl import program as core
from requite.dsl.source import Span
from requite.dsl.types import Kind, Type
from requite.engine.interpret import Interpreter
from requite.engine.interpreting.values import Missing
from requite.engine.interpreting.walk import children
from requite.engine.rows import Row
from requite.engine.wording import words

OTHERWISE: Final = {"<": ">=", ">": "<=", "<=": ">", ">=": "<"}
OPPOSITE: Final = {"<": ">", ">": "<", "<=": ">=", ">=": "<="}
NEEDED: Final = {">=": "{} or more", ">": "more than {}", "<=": "{} or less", "<": "less than {}"}
MOST_DIFFERENCES: Final = 3


def place_among(value: Fraction, peers: Sequence[Fraction]) -> Place | None:
    """Where a value stands among those of the others."""
    if not peers:
        return None
    return Place(sum(peer < value for peer in peers), sum(peer == value for peer in peers), len(peers))


@dataclass(eq=False)
class Measuring:
    """Measures rows of a run; what a record is measured by is found out once."""

    supposing: Supposing

    def __post_init__(self) -> None:
        self._of_record: dict[str, tuple[tuple[Atom, str], ...]] = {}
        self._differences: dict[str, tuple[tuple[str, core.Arithmetic], ...]] = {}

    @property
    def interpreter(self) -> Interpreter:
        return self.supposing.interpreter

    @property
    def program(self) -> core.Program:
        return self.supposing.program

    # --- markers and levels ---

    def atoms(self, record: str) -> tuple[tuple[Atom, str], ...]:
        """The conditions that decide about a record's payments, each with a title, markers first."""
        if record not in self._of_record:
            titled: dict[tuple[Span, int], tuple[Atom, str]] = {}
            for column in self.program.columns.values():
                if (
                    column.record == record
                    and column.kind is core.ColumnKind.MARKER
                    and isinstance(column.definition, core.Computed)
                ):
                    found: Found = {}
                    self.supposing.gather(column.definition.value, found)
                    title = column.title or heading(column.label)
                    for atom in found.values():
                        own = title if len(found) == 1 else f"{title}: {plainly(words(atom.span))}"
                        titled.setdefault((atom.span, atom.step), (atom, own))
            for scheme in self.program.schemes.values():
                for name in scheme.payments if scheme.record == record else ():
                    rule = self.program.payments[name]
                    for atom in self.supposing.atoms_of(rule):
                        is_graded = isinstance(atom.node, core.Scaled)
                        title = (rule.title or heading(rule.label)) if is_graded else plainly(words(atom.span))
                        titled.setdefault((atom.span, atom.step), (atom, title))
            self._of_record[record] = tuple(titled.values())
        return self._of_record[record]

    def measures(self, row: Row) -> tuple[Measure, ...]:
        """Every condition of a row's payments, with the value, the level, and whether it is met."""
        made = (self._measure(atom, title, row) for atom, title in self.atoms(row.record) if atom.goal)
        return tuple(measure for measure in made if measure is not None)

    def _measure(self, atom: Atom, title: str, row: Row) -> Measure | None:
        if isinstance(atom.node, core.Scaled):
            return self._graded(atom.node, title, row)
        if isinstance(atom.node, core.BandRead):
            return self._banded(atom.node, atom.step, row)
        met: Any = self.interpreter.evaluate(atom.node, (row,))
        value, level, operator = atom.node.left, atom.node.right, atom.node.operator
        # An exception that applies is told by what would end it.
        negated = atom.negated if atom.goal else met is True
        operator = OTHERWISE[operator] if negated else operator
        if not reads_row(value) or (isinstance(value, core.ParameterRead | core.BandRead | core.Lookup)):
            value, level, operator = level, value, OPPOSITE[operator]
        found, bound = self._value(value, row), self._value(level, row)
        missing = next((v.reason for v in (found, bound, met) if isinstance(v, Missing)), "")
        # A ratio held against 70% is read as a percentage, too.
        shown = level.type if level.type.kind is Kind.PERCENT else value.type
        text = self._text(bound, level.type)
        return Measure(
            str(atom.span),
            title,
            plainly(words(value.span)),
            _known(found),
            self._exact(found, shown) if self._text(found, shown) == f"about {text}" else self._text(found, shown),
            _known(bound),
            text,
            NEEDED[operator].format(text),
            None if isinstance(met, Missing) else met is not negated,
            operator in (">", ">="),
            plainly(missing),
        )

    def _graded(self, atom: core.Scaled, title: str, row: Row) -> Measure | None:
        """A value between two levels, from the first of which something is earned, and at the second all."""
        found, lower, upper = (self._value(part, row) for part in (atom.operand, atom.lower, atom.upper))
        reached: Any = self.interpreter.evaluate(atom, (row,))
        if isinstance(lower, Missing) or isinstance(upper, Missing):
            return None
        start, text = self._text(lower, atom.lower.type), self._text(upper, atom.upper.type)
        shown = atom.upper.type if atom.upper.type.kind is Kind.PERCENT else atom.operand.type
        return Measure(
            str(atom.span),
            title,
            plainly(words(atom.operand.span)),
            _known(found),
            self._text(found, shown),
            upper,
            text,
            f"{text} for all of it, {'more' if upper > lower else 'less'} than {start} for some",
            None if isinstance(reached, Missing) else reached == 1,
            upper > lower,
            plainly(found.reason) if isinstance(found, Missing) else "",
            lower,
            start,
        )

    def _banded(self, node: core.BandRead, step: int, row: Row) -> Measure | None:
        """A value in a band, with what the next one begins at."""
        band, found = self.supposing.band_beside(node, step, row), self._value(node.operand, row)
        bound = None if band is None else band.lower if step > 0 else band.upper
        if band is None or bound is None or not isinstance(found, Fraction):
            return None
        text, value = self._text(bound, node.operand.type), self._text(found, node.operand.type)
        is_in = band.lower_included if step > 0 else band.upper_included
        operator = (">=" if is_in else ">") if step > 0 else ("<=" if is_in else "<")
        name = plainly(words(node.operand.span))
        return Measure(
            str(node.span), heading(name), name, found, value, bound, text, NEEDED[operator].format(text), False, step > 0
        )

    def _value(self, expression: core.Expr, row: Row) -> Any:
        return self.interpreter.evaluate(expression, (row,))

    def _text(self, value: Any, type_: Type) -> str:
        return brief(value, type_, self.program.currency) if isinstance(value, Fraction) else "not known"

    def _exact(self, value: Any, type_: Type) -> str:
        return self.interpreter.compiler.words(value, type_)

    # --- what would bring more ---

    def hints(self, row: Row) -> tuple[Hint, ...]:
        """Which conditions, had they been met, would have brought more, the largest first; all together where none does alone."""
        made: list[Hint] = []
        for scheme in self.program.schemes.values():
            if scheme.record == row.record and scheme.payments:
                made += self._scheme_hints(scheme, row)
        return tuple(sorted(made, key=lambda hint: -hint.more))

    def _scheme_hints(self, scheme: core.Scheme, row: Row) -> list[Hint]:
        rules = [self.program.payments[name] for name in scheme.payments]
        atoms = {(atom.span, atom.step): atom for rule in rules for atom in self.supposing.atoms_of(rule)}
        unmet = [atom for atom in atoms.values() if atom.is_short(self.interpreter.evaluate(atom.node, (row,)))]
        alone = [hint for atom in unmet if (hint := self._hint(scheme, row, (atom,))) is not None]
        goals = tuple(atom for atom in unmet if atom.goal)
        together = self._hint(scheme, row, goals) if len(goals) > 1 and not alone else None
        return alone if together is None else [together]

    def _hint(self, scheme: core.Scheme, row: Row, atoms: tuple[Atom, ...]) -> Hint | None:
        more, changed = self.supposing.more(scheme, row, atoms)
        if more <= 0:
            return None
        named = {(atom.span, atom.step): title for atom, title in self.atoms(row.record)}
        measures = [self._measure(atom, named.get((atom.span, atom.step), plainly(words(atom.span))), row) for atom in atoms]
        told = tuple(f"{m.title}: {m.needed} ({m.formula} is {m.value_text})" for m in measures if m is not None)
        payments = (self.program.payments[name] for name in changed)
        return Hint(told, tuple(rule.title or heading(rule.label) for rule in payments), more)

    # --- differences ---

    def differences(self, row: Row) -> tuple[Difference, ...]:
        """Amounts of which one is taken from the other on the way to a payment or a shown figure: a budget and what was spent."""
        if row.record not in self._differences:
            self._differences[row.record] = tuple(self._found_differences(row.record))
        made: list[Difference] = []
        for title, node in self._differences[row.record]:
            first, second = self._value(node.left, row), self._value(node.right, row)
            if isinstance(first, Fraction) and isinstance(second, Fraction) and min(first, second) >= 0 < max(first, second):
                names = (plainly(words(part.span)) for part in (node.left, node.right))
                made.append(Difference(title, next(names), first, next(names), second))
        return tuple(made[:MOST_DIFFERENCES])

    def _found_differences(self, record: str) -> Iterator[tuple[str, core.Arithmetic]]:
        seen: set[str] = set()
        for rule in self.program.payments.values():
            if rule.record == record:
                for clause in rule.clauses:
                    if isinstance(clause, core.AmountClause):
                        yield from self._in(clause.value, rule.title or heading(rule.label), seen)
        for shown in self.program.shown:
            if shown.record == record:
                yield from self._in(shown.value, plainly(shown.label), seen)

    def _in(self, expression: core.Expr, title: str, seen: set[str]) -> Iterator[tuple[str, core.Arithmetic]]:
        longer: set[Span] = set()
        for part in _own_parts(expression):
            if isinstance(part, core.Arithmetic) and part.operator in ("+", "-") and part.type.kind is Kind.MONEY:
                sides = (part.left, part.right)
                # Of three amounts and more, two beside each other would tell of another difference than the title does.
                longer |= {side.span for side in sides if isinstance(side, core.Arithmetic) and side.operator in ("+", "-")}
                is_plain = part.operator == "-" and all(isinstance(side, core.FieldRead | core.ColumnRead) for side in sides)
                if is_plain and part.span not in longer and str(part.span) not in seen:
                    seen.add(str(part.span))
                    yield title, part
            inside = inlinable(part, self.program)
            if inside is not None and isinstance(part, core.ColumnRead) and part.column not in seen:
                seen.add(part.column)
                column = self.program.columns[part.column]
                yield from self._in(inside, column.title or heading(column.label), seen)


def _own_parts(expression: core.Expr) -> Iterator[core.Expr]:
    """The expressions inside one that are about its own row, in the order written."""
    waiting: list[Any] = [expression]
    while waiting:
        part = waiting.pop(0)
        yield part
        if not isinstance(part, OUTSIDE):
            waiting[:0] = children(part)


def _known(value: Any) -> Fraction | None:
    return value if isinstance(value, Fraction) else None
