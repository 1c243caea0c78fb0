"""Two truths at once: cases and exceptions whose conditions can hold together."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime
from fractions import Fraction
from itertools import combinations, islice

from requite.dsl import program as core
from requite.dsl.checks import reads
from requite.dsl.diagnostics import Diagnostic, Label, error, warning
from requite.dsl.facts import Shape, shape
from requite.dsl.names import Module

Bound = Fraction | date | datetime


@dataclass(frozen=True, slots=True)
class Values:
    """Values that something may have: `only` these words, or those between two edges; `known` False for what is missing."""

    only: frozenset[object] | None = None
    low: Bound | None = None
    low_in: bool = True
    high: Bound | None = None
    high_in: bool = True

    def meets(self, other: Values) -> Values | None:
        """The values in both, or None where there are none."""
        if self.only is not None or other.only is not None:
            both = self.only if other.only is None else other.only if self.only is None else self.only & other.only
            return Values(both) if both else None
        low, low_in = max(((v.low, not v.low_in) for v in (self, other) if v.low is not None), default=(None, False))
        high, high_in = min(((v.high, v.high_in) for v in (self, other) if v.high is not None), default=(None, True))
        if low is not None and high is not None and (low > high or (low == high and (low_in or not high_in))):  # type: ignore[operator]  # as above
            return None
        return Values(None, low, not low_in, high, high_in)


Meaning = dict[Shape, Values]


def meaning(condition: core.Expr) -> Meaning | None:
    """A condition as what it asks of each value, or None where it is more than that."""
    match condition:
        case core.Logic(operator="and", operands=operands):
            joined: Meaning = {}
            for part in operands:
                inner = meaning(part)
                if inner is None:
                    return None
                for name, values in inner.items():
                    both = joined[name].meets(values) if name in joined else values
                    if both is None:
                        return None
                    joined[name] = both
            return joined
        case core.Compare(operator=operator, left=left, right=core.Constant(value=value)) if operator != "!=":
            return _compared(shape(left), operator, value)
        case core.IsOneOf(operand=operand, values=words):
            return {shape(operand): Values(frozenset(words))}
        case core.Not(operand=operand) if operand.type.kind.value == "yes/no":
            inner = meaning(operand)
            if inner is not None and len(inner) == 1:
                name, values = next(iter(inner.items()))
                if values.only in (frozenset({True}), frozenset({False})):
                    return {name: Values(frozenset({True, False}) - values.only)}
        case core.FieldRead() | core.ColumnRead() | core.IsKnown():
            return {shape(condition): Values(frozenset({True}))}
    return None


def _compared(name: Shape, operator: str, value: core.Scalar) -> Meaning | None:
    if isinstance(value, str | bool):
        return {name: Values(frozenset({value}))}
    if not isinstance(value, Fraction | date):
        return None
    match operator:
        case "=":
            return {name: Values(None, value, True, value, True)}
        case "<" | "<=":
            return {name: Values(None, None, True, value, operator == "<=")}
    return {name: Values(None, value, operator == ">=", None, True)}


@dataclass(frozen=True, slots=True)
class Asked:
    """A condition with what it asks, worked out once."""

    condition: core.Expr
    shape: Shape
    meaning: Meaning | None


MOST_COMPARED = 150
"""The cases of one value, or the exceptions of one payment, that are compared with each other."""


def pairs(conditions: Iterable[core.Expr]) -> Iterator[tuple[int, int, str]]:
    """Each two of some conditions, by their numbers, with the verdict on them."""
    asked = [Asked(condition, shape(condition), meaning(condition)) for condition in islice(conditions, MOST_COMPARED)]
    for i, j in combinations(range(len(asked)), 2):
        yield i, j, verdict(asked[i], asked[j])


def verdict(first: Asked, second: Asked) -> str:
    """`never` (they exclude each other), `surely` (some value satisfies both), or `perhaps`."""
    if first.shape == second.shape:
        return "surely"
    if ("Not", second.shape) == first.shape or ("Not", first.shape) == second.shape:
        return "never"
    one, other = first.meaning, second.meaning
    if one is None or other is None:
        return "perhaps"
    shared = one.keys() & other.keys()
    if any(one[name].meets(other[name]) is None for name in shared):
        return "never"
    return "surely" if one.keys() == other.keys() else "perhaps"


def cases_that_overlap(program: core.Program, modules: tuple[Module, ...], used: frozenset[str]) -> list[Diagnostic]:
    """Two cases of one value that some value satisfies both are a conflict waiting to happen."""
    del modules, used
    found: list[Diagnostic] = []
    every = {part.span: part for part in reads.everything(program) if isinstance(part, core.Cases)}
    for part in every.values():
        for i, j, how in pairs(case.condition for case in part.cases):
            if how == "surely":
                found.append(
                    error(
                        "cases-overlap",
                        part.cases[j].condition.span,
                        "this case and an earlier one can both be true",
                        "make them exclude each other: `when x >= 5 and x < 10`",
                        [Label(part.cases[i].condition.span, "the earlier case")],
                    )
                )
    return found


def exceptions_that_meet(program: core.Program, modules: tuple[Module, ...], used: frozenset[str]) -> list[Diagnostic]:
    """Two exceptions of one payment that can both apply: an error where that is sure, a warning where it may be."""
    del modules, used
    found: list[Diagnostic] = []
    for payment in program.payments.values():
        exceptions = [c for c in payment.clauses if isinstance(c, core.ExceptClause)]
        paid = [shape(exception.value) for exception in exceptions[:MOST_COMPARED]]
        for i, j, how in pairs(exception.condition for exception in exceptions):
            if how == "never" or paid[i] == paid[j]:
                continue
            say = error if how == "surely" else warning
            found.append(
                say(
                    "exceptions-both-apply",
                    exceptions[j].span,
                    "this exception and an earlier one can both apply, and they pay different amounts",
                    "add what tells them apart: `… and not …`; where both apply, the record is stopped",
                    [Label(exceptions[i].span, "the earlier exception")],
                )
            )
    return found
