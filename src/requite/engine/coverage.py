"""Which cases, bands, gates, exceptions, caps and flags of a program its examples reach."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from requite.dsl import program as core
from requite.dsl.source import Span
from requite.engine.examples import ExampleResult, run_example
from requite.engine.interpreting.walk import expressions
from requite.engine.lower import lower
from requite.engine.rows import Data


@dataclass(frozen=True, slots=True)
class Point:
    """A way that a program can go at one place.

    A case or band is reached, a gate held or refused, an exception applied, a cap bound or did not bind, a flag flagged or passed.
    """

    kind: str
    span: Span
    what: str


@dataclass(frozen=True, slots=True)
class Coverage:
    """All points of a program in the order of the text, and those that were reached."""

    points: tuple[Point, ...]
    reached: frozenset[Point]

    @property
    def missed(self) -> tuple[Point, ...]:
        return tuple(point for point in self.points if point not in self.reached)


def cover(program: core.Program, data: Data | None = None) -> tuple[tuple[ExampleResult, ...], Coverage]:
    """What the examples of a program show, and which of its points they reach."""
    plan, reached = lower(program), set[Point]()

    def note(kind: str, span: Span, what: str) -> None:
        reached.add(Point(kind, span, what))

    results = tuple(run_example(example, plan, data or {}, note) for example in plan.program.examples)
    return results, Coverage(points_of(plan.program), frozenset(reached))


def points_of(program: core.Program) -> tuple[Point, ...]:
    """Every point of the program's own files, each once, in the order of the text: other rulesets are tried where they stand."""
    found = dict.fromkeys(point for point in _points(program) if point.span.source.name in program.own_files)
    return tuple(sorted(found, key=lambda point: (point.span.source.name, point.span.start, point.span.end, point.kind)))


def _points(program: core.Program) -> Iterator[Point]:
    parts = (program.columns, program.shares, program.payments, program.schemes, program.checks)
    read = set()
    for expression in expressions(parts):
        if isinstance(expression, core.Cases):
            yield from (Point("case", case.condition.span, "reached") for case in expression.cases)
            if expression.otherwise is not None and expression.otherwise.span != expression.span:
                yield Point("case", expression.otherwise.span, "reached")
        elif isinstance(expression, core.BandRead):
            read.add(expression.bands)
    for name in program.bands:
        if name in read:
            yield from (Point("band", band.span, "reached") for band in program.bands[name].bands)
    for share in program.shares.values():
        yield from (point for gate in share.gates for point in _of_clause(gate))
    for rule in program.payments.values():
        yield from (point for clause in rule.clauses for point in _of_clause(clause))
    for check in program.checks.values():
        yield from (point for clause in check.clauses for point in _of_clause(clause))
    for check in program.checks.values():
        if check.undercharge_span is not None:
            yield from _both("flag", check.undercharge_span, "flagged", "passed")
        if check.supported is not None:
            yield from _both("challenge", check.supported.span, "allowed", "barred")
    for scheme in program.schemes.values():
        if scheme.altogether is not None:
            yield from _both("cap", scheme.altogether.span, "bound", "did not bind")


def _of_clause(clause: core.PaymentClause | core.CheckClause) -> Iterator[Point]:
    match clause:
        case core.Gate():
            yield from _both("gate", clause.span, "held", "refused")
        case core.ExceptClause():
            yield Point("exception", clause.span, "applied")
        case core.LimitClause() | core.OnlyFirstClause() | core.TogetherClause():
            yield from _both("cap", clause.span, "bound", "did not bind")
        case core.FlagClause():
            yield from _both("flag", clause.span, "flagged", "passed")


def _both(kind: str, span: Span, one: str, other: str) -> Iterator[Point]:
    yield Point(kind, span, one)
    yield Point(kind, span, other)
