"""Conditions that contradict themselves, or what the rule has asked before."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from requite.dsl import program as core
from requite.dsl.checks import reads
from requite.dsl.checks.exclusive import Values, meaning
from requite.dsl.diagnostics import Diagnostic, Label, error
from requite.dsl.facts import Shape
from requite.dsl.names import Module

Clash = tuple[core.Expr, core.Expr]
"""Two conditions that are never true together, the earlier first."""


def conditions_that_never_hold(program: core.Program, modules: tuple[Module, ...], used: frozenset[str]) -> list[Diagnostic]:
    """Two conditions that are asked together and cannot be true together."""
    del modules, used
    found: dict[object, Diagnostic] = {}
    for first, second in _clashes(program):
        place = second.span
        found.setdefault(
            place,
            error(
                "never-true",
                second.span,
                "this can never be true together with what is asked before",
                "change one of the two, or join them with `or`",
                [Label(first.span, "this excludes it")],
            ),
        )
    return list(found.values())


def _clashes(program: core.Program) -> Iterator[Clash]:
    for part in reads.everything(program):
        if isinstance(part, core.Logic) and part.operator == "and":
            yield from _clash(part.operands)
    rules: list[tuple[core.PaymentClause | core.CheckClause, ...]] = [p.clauses for p in program.payments.values()]
    rules += [check.clauses for check in program.checks.values()]
    for clauses in rules:
        gates = [clause.condition for clause in clauses if isinstance(clause, core.Gate)]
        yield from _clash(gates)
        for clause in clauses:
            for condition in _asked_by(clause):
                yield from _clash((*gates, condition))


def _asked_by(clause: core.PaymentClause | core.CheckClause) -> Iterator[core.Expr]:
    """The conditions of a clause that is reached only where the gates hold."""
    match clause:
        case core.FlagClause(condition=condition) | core.ExceptClause(condition=condition):
            yield condition
        case core.AmountClause(value=core.Cases(cases=cases)):
            yield from (case.condition for case in cases)


def _clash(conditions: Iterable[core.Expr]) -> Iterator[Clash]:
    """The first two of some conditions that exclude each other."""
    asked: dict[Shape, tuple[Values, core.Expr]] = {}
    for condition in conditions:
        for part in _parts(condition):
            for name, values in (meaning(part) or {}).items():
                before = asked.get(name)
                both = before[0].meets(values) if before else values
                if both is None:
                    assert before is not None
                    yield before[1], part
                    return
                asked[name] = (both, part)


def _parts(condition: core.Expr) -> Iterator[core.Expr]:
    if isinstance(condition, core.Logic) and condition.operator == "and":
        for operand in condition.operands:
            yield from _parts(operand)
    else:
        yield condition
