"""What durable-rules decides a claim by, reckoned by the interpreter: each condition as 1, 0, or 9 where it is missing."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from requite.dsl import program as core
from requite.engine.interpreting.checking import figures_when_flagged, is_undercharged
from requite.engine.interpreting.closures import Code, Compiler
from requite.engine.interpreting.values import Env, Missing
from requite.engine.live.definitions import FAILS, HOLDS, MISSING, Atom, Both, CheckPlan, Negated, Ruleset, Stage, Tree
from requite.engine.live.identities import described
from requite.engine.rows import Row

Fact = dict[str, int]
Tried = Callable[[Env, Fact], bool | None]
"""A condition tried: it enters its fields in the fact, and says whether it holds; None where that is missing."""

Went = Callable[[Row, Fact], bool]
"""A part of a check tried for a row: whether the check goes on."""


class Reckoner:
    """Makes facts for the checks of one ruleset of durable-rules. Once a check is decided, its other fields stay missing."""

    def __init__(self, ruleset: Ruleset, c: Compiler) -> None:
        self._blank: Fact = dict.fromkeys(ruleset.fields, MISSING)
        self._checks = [_check(plan, c) for plan in ruleset.checks]

    def fact(self, row: Row) -> Fact:
        """The fact of a claim."""
        fact = self._blank.copy()
        for reckon in self._checks:
            reckon(row, fact)
        return fact


def _check(plan: CheckPlan, c: Compiler) -> Callable[[Row, Fact], None]:
    flags: list[bool] = []
    stages = [_stage(stage, c, flags) for stage in plan.stages if stage.kind != "when flagged"]

    def reckon(row: Row, fact: Fact) -> None:
        flags.clear()
        for go in stages:
            if not go(row, fact):
                return
        _after(plan, row, fact, flags[0], c)

    return reckon


def _stage(stage: Stage, c: Compiler, flags: list[bool]) -> Went:
    if isinstance(stage.clause, core.ColumnClause):
        read, field = c.reader(stage.clause.column), stage.field

        def known(row: Row, fact: Fact) -> bool:
            if read(row).__class__ is Missing:
                return False
            fact[field] = HOLDS
            return True

        return known
    assert stage.tree is not None
    tried, is_flag = _tried(stage.tree, c), stage.kind == "flag"

    def go(row: Row, fact: Fact) -> bool:
        holds = tried((row,), fact)
        if is_flag and holds is not None:
            flags.append(holds)
            return True
        return holds is True

    return go


def _after(plan: CheckPlan, row: Row, fact: Fact, flagged: bool, c: Compiler) -> None:
    """What is asked once all clauses have let the check go on: an undercharge, and what a finding needs."""
    check = plan.check
    if plan.under and not flagged:
        under = is_undercharged(check, row, c)
        if isinstance(under, Missing):
            return
        fact[plan.under] = HOLDS if under else FAILS
        flagged = under
    if not flagged or not plan.figures:
        return
    values = figures_when_flagged(check, row, c)
    wanted = [value for value, name in zip(values, (check.overcharge, check.penalty), strict=True) if name]
    for field, value in zip(plan.figures, wanted, strict=True):
        fact[field] = MISSING if isinstance(value, Missing) else HOLDS


def _tried(tree: Tree, c: Compiler) -> Tried:
    match tree:
        case Atom(field=field, expression=expression):
            return _atom(field, c.settle_once(expression, described(expression)))
        case Negated(part=part):
            return _negated(_tried(part, c))
        case Both(every=is_every, parts=parts):
            return _both([_tried(part, c) for part in parts], settles=not is_every)


def _atom(field: str, code: Code) -> Tried:
    def run(env: Env, fact: Fact) -> bool | None:
        value: Any = code(env)
        if value is True:
            fact[field] = HOLDS
            return True
        if value is False:
            fact[field] = FAILS
            return False
        return None

    return run


def _negated(part: Tried) -> Tried:
    def run(env: Env, fact: Fact) -> bool | None:
        value = part(env, fact)
        return None if value is None else not value

    return run


def _both(parts: Sequence[Tried], settles: bool) -> Tried:
    def run(env: Env, fact: Fact) -> bool | None:
        unknown = False
        for part in parts:
            value = part(env, fact)
            if value is settles:
                return settles
            unknown = unknown or value is None
        return None if unknown else not settles

    return run
