"""Checks as rulesets of durable-rules: for each check four ends, as conditions over plain whole numbers of one fact.

Each condition, figure and flag of a check is a field of the fact: 1 where it holds (or is known), 0 where it does not, 9 where it
is missing. What is missing is written out: an end is reached where all clauses before let the check go on and one decides, so
that of the four ends exactly one holds, whatever the fields say. durable-rules takes about fifteen groups of `and` and `or` in one
rule; an end that needs more is split over several rules, and a condition that alone needs more is a field of its own.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

from requite.dsl import program as core
from requite.engine.live.inprocess import MOST_FIELDS, MOST_RULES

HOLDS: Final = 1
FAILS: Final = 0
MISSING: Final = 9

FLAGGED: Final = "flagged"
PASSED: Final = "passed"
OUT: Final = "out of scope"
UNKNOWN: Final = "not assessable"
ENDS: Final = (FLAGGED, PASSED, OUT, UNKNOWN)

MOST_GROUPS: Final = 12
"""Groups of `and` and `or` in one rule."""

MOST_CHECKS: Final = 7
"""Checks of one ruleset of durable-rules."""


# --- formulas -------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Equals:
    """A field of the fact against a number: equal to it, or not."""

    field: str
    value: int
    equal: bool = True


@dataclass(frozen=True, slots=True)
class Group:
    """Several formulas, of which all hold (`every`) or one."""

    every: bool
    parts: tuple[Formula, ...]


Formula = Equals | Group


def every(*parts: Formula) -> Formula:
    return _grouped(True, parts)


def some(*parts: Formula) -> Formula:
    return _grouped(False, parts)


def _grouped(is_every: bool, parts: Sequence[Formula]) -> Formula:
    flat: list[Formula] = []
    for part in parts:
        flat += part.parts if isinstance(part, Group) and part.every is is_every else (part,)
    return flat[0] if len(flat) == 1 else Group(is_every, tuple(flat))


def groups_in(formula: Formula) -> int:
    """How many groups a formula has."""
    return 1 + sum(map(groups_in, formula.parts)) if isinstance(formula, Group) else 0


def as_json(formula: Formula) -> dict[str, Any]:
    """A formula as durable-rules takes it."""
    if isinstance(formula, Equals):
        return {formula.field: formula.value} if formula.equal else {"$neq": {formula.field: formula.value}}
    return {"$and" if formula.every else "$or": [as_json(part) for part in formula.parts]}


# --- conditions with what is missing --------------------------------------------------------------------------------------


@dataclass(frozen=True, eq=False, slots=True)
class Atom:
    """A condition that the interpreter reckons whole: its field, and the expression."""

    field: str
    expression: core.Expr


@dataclass(frozen=True, eq=False, slots=True)
class Both:
    """`and` or `or` of conditions; an unknown one is settled by the others where it can be."""

    every: bool
    parts: tuple[Tree, ...]


@dataclass(frozen=True, eq=False, slots=True)
class Negated:
    part: Tree


Tree = Atom | Both | Negated


def is_value(tree: Tree, value: bool) -> Formula:
    """That a condition is known to hold, or known not to."""
    match tree:
        case Atom(field=field):
            return Equals(field, HOLDS if value else FAILS)
        case Negated(part=part):
            return is_value(part, not value)
        case Both(every=is_every, parts=parts):
            return _grouped(is_every is value, [is_value(part, value) for part in parts])


def is_not(tree: Tree, value: bool) -> Formula:
    """That a condition is not known to hold, or not known not to."""
    match tree:
        case Atom(field=field):
            return Equals(field, HOLDS if value else FAILS, equal=False)
        case Negated(part=part):
            return is_not(part, not value)
        case Both(every=is_every, parts=parts):
            return _grouped(is_every is not value, [is_not(part, value) for part in parts])


def is_missing(tree: Tree) -> Formula:
    if isinstance(tree, Atom):
        return Equals(tree.field, MISSING)
    return every(is_not(tree, True), is_not(tree, False))


def is_there(tree: Tree) -> Formula:
    if isinstance(tree, Atom):
        return Equals(tree.field, MISSING, equal=False)
    return some(is_value(tree, True), is_value(tree, False))


# --- the ends of a check --------------------------------------------------------------------------------------------------


@dataclass(frozen=True, eq=False, slots=True)
class Stage:
    """One clause of a check: a gate, a figure that must be known, or the flag. `stop` is where a gate that fails ends."""

    kind: str
    clause: core.CheckClause
    tree: Tree | None
    field: str
    stop: str = ""


@dataclass(frozen=True, eq=False, slots=True)
class CheckPlan:
    """A check as stages, and the fields of what is asked where it flags, or may be an undercharge."""

    check: core.CheckRule
    stages: tuple[Stage, ...]
    under: str
    figures: tuple[str, ...]
    fields: tuple[str, ...]
    rules: tuple[tuple[str, Formula], ...]
    """Rules by the end that they decide: of one end there may be several."""


def plan_check(check: core.CheckRule, number: int) -> CheckPlan:
    """A check's rules, its conditions taken apart as far as durable-rules can hold them."""
    whole = set[int]()
    while True:
        namer = Namer(f"c{number}_")
        stages = tuple(_stage(clause, at in whole, namer) for at, clause in enumerate(check.clauses))
        under = namer.new() if check.undercharges else ""
        figures = tuple(namer.new() for name in (check.overcharge, check.penalty) if name)
        ways = list(_ways(stages, under, figures))
        large = max(groups_in(formula) for _, formula in ways)
        apart = [at for at, stage in enumerate(stages) if stage.tree is not None and not isinstance(stage.tree, Atom)]
        if large <= MOST_GROUPS or not apart:
            return CheckPlan(check, stages, under, figures, tuple(namer.names), tuple(_packed(ways)))
        whole.add(max(apart, key=lambda at: _size(stages[at].tree)))


class Namer:
    """Names the fields of a check."""

    def __init__(self, prefix: str) -> None:
        self.prefix = prefix
        self.names: list[str] = []

    def new(self) -> str:
        self.names.append(f"{self.prefix}{len(self.names)}")
        return self.names[-1]


def _stage(clause: core.CheckClause, whole: bool, namer: Namer) -> Stage:
    match clause:
        case core.Gate():
            stop = UNKNOWN if clause.kind == "needs" else OUT
            return Stage("gate", clause, _tree(clause.condition, whole, namer), "", stop)
        case core.FlagClause():
            return Stage("flag", clause, _tree(clause.condition, whole, namer), "")
        case core.ColumnClause(kind="overcharge" | "penalty"):
            return Stage("when flagged", clause, None, "")
    return Stage("figure", clause, None, namer.new())


def _tree(condition: core.Expr, whole: bool, namer: Namer) -> Tree:
    if not whole:
        match condition:
            case core.Logic(operator=operator, operands=operands):
                return Both(operator == "and", tuple(_tree(operand, False, namer) for operand in operands))
            case core.Not(operand=operand):
                return Negated(_tree(operand, False, namer))
    return Atom(namer.new(), condition)


def _size(tree: Tree | None) -> int:
    match tree:
        case Both(parts=parts):
            return 1 + sum(map(_size, parts))
        case Negated(part=part):
            return _size(part)
    return 0


def _ways(stages: Sequence[Stage], under: str, figures: Sequence[str]) -> Iterator[tuple[str, Formula]]:
    """Each way to each end: all clauses before let the check go on, and this one decides."""
    before: list[Formula] = []
    flag: Tree | None = None
    for stage in stages:
        if stage.kind == "gate" and stage.tree is not None:
            if stage.stop == OUT:
                yield OUT, every(*before, is_value(stage.tree, False))
                yield UNKNOWN, every(*before, is_missing(stage.tree))
            else:
                yield UNKNOWN, every(*before, is_not(stage.tree, True))
            before.append(is_value(stage.tree, True))
        elif stage.kind == "flag" and stage.tree is not None:
            yield UNKNOWN, every(*before, is_missing(stage.tree))
            before.append(is_there(stage.tree))
            flag = stage.tree
        elif stage.kind == "figure":
            yield UNKNOWN, every(*before, Equals(stage.field, MISSING))
            before.append(Equals(stage.field, HOLDS))
    assert flag is not None, "the checker lets no check without a flag through"
    yield from _found(before, flag, under, figures)


def _found(before: list[Formula], flag: Tree, under: str, figures: Sequence[str]) -> Iterator[tuple[str, Formula]]:
    known = [Equals(field, HOLDS) for field in figures]
    lacking = [Equals(field, MISSING) for field in figures]
    flagged, not_flagged = is_value(flag, True), is_value(flag, False)
    found = [[flagged]]
    if under:
        yield UNKNOWN, every(*before, not_flagged, Equals(under, MISSING))
        yield PASSED, every(*before, not_flagged, Equals(under, FAILS))
        found.append([not_flagged, Equals(under, HOLDS)])
    else:
        yield PASSED, every(*before, not_flagged)
    for how in found:
        yield FLAGGED, every(*before, *how, *known)
        if lacking:
            yield UNKNOWN, every(*before, *how, some(*lacking))


def _packed(ways: Sequence[tuple[str, Formula]]) -> Iterator[tuple[str, Formula]]:
    """As few rules as will do: of each end, as many of its ways together as fit in one."""
    for end in ENDS:
        together: list[Formula] = []
        for _, formula in (way for way in ways if way[0] == end):
            if together and groups_in(some(*together, formula)) > MOST_GROUPS:
                yield end, some(*together)
                together = []
            together.append(formula)
        if together:
            yield end, some(*together)


# --- rulesets -------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, eq=False, slots=True)
class Ruleset:
    """Some checks of one record as a ruleset of durable-rules; `ends` say of each rule which check it is about, and its end."""

    record: str
    checks: tuple[CheckPlan, ...]
    text: str
    ends: dict[str, tuple[str, str]]

    @property
    def fields(self) -> tuple[str, ...]:
        return tuple(field for plan in self.checks for field in plan.fields)


def rulesets_of(record: str, checks: Sequence[CheckPlan]) -> list[Ruleset]:
    """The checks of a record in rulesets small enough."""
    parts: list[list[CheckPlan]] = []
    for plan in checks:
        if parts and _fits([*parts[-1], plan]):
            parts[-1].append(plan)
        else:
            parts.append([plan])
    return [_ruleset(record, part) for part in parts]


def _fits(plans: Sequence[CheckPlan]) -> bool:
    fields, rules = sum(len(plan.fields) for plan in plans), sum(len(plan.rules) for plan in plans)
    return len(plans) <= MOST_CHECKS and fields < MOST_FIELDS and rules <= MOST_RULES


def why_too_large(plan: CheckPlan) -> str:
    """Why durable-rules cannot hold a check; empty where it can."""
    if _fits([plan]):
        return ""
    return (
        f"has {len(plan.fields)} conditions and {len(plan.rules)} ways to end: "
        f"one fact of durable-rules holds {MOST_FIELDS - 1}, one ruleset {MOST_RULES} ({plan.check.span})"
    )


def _ruleset(record: str, checks: Sequence[CheckPlan]) -> Ruleset:
    rules: dict[str, Any] = {}
    ends: dict[str, tuple[str, str]] = {}
    for plan in checks:
        for end, formula in plan.rules:
            name = f"r{len(rules)}"
            rules[name] = {"all": [{"m": as_json(formula)}]}
            ends[name] = plan.check.name, end
    return Ruleset(record, tuple(checks), json.dumps({"checks": rules}, sort_keys=True), ends)
