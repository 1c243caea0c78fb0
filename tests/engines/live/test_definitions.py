"""Checks as rulesets of durable-rules: of the four ends exactly one holds, whatever is missing; and nothing is too large for it."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from itertools import product
from random import Random

import pytest

from requite.engine.live.definitions import (
    ENDS,
    FAILS,
    FLAGGED,
    HOLDS,
    MISSING,
    MOST_GROUPS,
    OUT,
    UNKNOWN,
    CheckPlan,
    Equals,
    Formula,
    groups_in,
    plan_check,
    rulesets_of,
)
from requite.engine.live.engine import LiveEngine
from requite.engine.live.inprocess import MOST_FIELDS, MOST_RULES
from requite.engine.reading.problems import DataError
from requite.engine.rows import Row
from tests.engines.live.keeping import Keeper
from tests.engines.live.matchers import SHARED, Counting, Lying
from tests.engines.live.test_arrivals import assert_as_in_a_run
from tests.engines.support import program_of, stored

RECORD = """
record claim
  key id: text
  a: number
  b: number
  c: number
  d: number
  billed: money
"""

CHECKS = {
    "a flag alone": "flag when a > 0",
    "each kind of gate": "requires a > 0\n  needs b > 0\n  flag when c > 0",
    "and, or, not": "requires a > 0 or (b > 0 and not (c > 0))\n  flag when not (a > 1 and b > 1) or d > 0",
    "figures": "expected £1 * a\n  tolerance £1 * b\n  flag when billed > expected + tolerance\n  overcharge billed * c",
    "undercharges": "requires d > 0\n  expected £1 * a\n  flag when billed > expected\n  flag undercharges too",
    "a penalty": "expected £1 * a\n  flag when billed > expected\n  overcharge billed - expected\n"
    "  challenge id answers within 3 days, otherwise deemed upheld\n    penalty £1 * b when upheld",
    "at least": "let p = a > 0\n  let q = b > 0\n  let r = c > 0\n  flag when at least 2 of p, q, r",
}


def text_of(clauses: str, name: str = "it") -> str:
    return f"check {name} for each claim\n  {clauses}\n"


def plan(clauses: str) -> CheckPlan:
    return plan_check(program_of(RECORD + text_of(clauses)).checks["it"], 0)


def holds(formula: Formula, fact: Mapping[str, int]) -> bool:
    """A formula, worked out by hand."""
    if isinstance(formula, Equals):
        return (fact[formula.field] == formula.value) is formula.equal
    return (all if formula.every else any)(holds(part, fact) for part in formula.parts)


def rows(values: tuple[int | None, ...], count: int = 400) -> list[Row]:
    names = ("a", "b", "c", "d", "billed")
    every = list(product(values, repeat=len(names)))
    Random(1).shuffle(every)
    return [
        Row("claim", (str(n),), {"id": str(n), **{name: stored(v) for name, v in zip(names, some, strict=True)}})
        for n, some in enumerate(every[:count])
    ]


@pytest.mark.parametrize("clauses", CHECKS.values(), ids=CHECKS)
def test_exactly_one_end_holds_whatever_the_fields_say(clauses: str) -> None:
    made, random = plan(clauses), Random(2)
    (ruleset,) = rulesets_of("claim", [made])
    facts = [{field: random.choice((0, 1, 9)) for field in made.fields} for _ in range(500)]
    for stage in made.stages:
        for fact in facts:
            if stage.kind == "figure" and fact[stage.field] == 0:
                fact[stage.field] = 9
    for fact in facts:
        for field in made.figures:
            fact[field] = fact[field] or 9
    fired = SHARED.fired(ruleset.text, [[fact] for fact in facts])
    for fact, rules in zip(facts, fired, strict=True):
        by_hand = {end for end, formula in made.rules if holds(formula, fact)}
        assert len(by_hand) == 1, fact
        assert {ruleset.ends[rule][1] for rule in rules} == by_hand, fact


@pytest.mark.parametrize("clauses", CHECKS.values(), ids=CHECKS)
def test_every_end_is_the_interpreters(clauses: str) -> None:
    """The engine compares the two on each claim; an end that nobody reaches would compare nothing."""
    keeper = Keeper(LiveEngine(program_of(RECORD + text_of(clauses)), SHARED))
    keeper.arrive(rows((None, -1, 1, 2)))
    assert assert_as_in_a_run(keeper) == 400
    ends = {end.status if end.finding is None else FLAGGED for one in keeper.decisions.values() for end in one.ends}
    wanted = {"assessed", FLAGGED, UNKNOWN} | ({OUT} if "requires" in clauses else set())
    assert ends == wanted


def test_a_check_with_many_clauses_is_split_over_rules() -> None:
    clauses = "\n  ".join([f"requires a > {n} or (b > {n} and c > {n})" for n in range(-20, 0)] + ["flag when d > 0"])
    made = plan(clauses)
    assert all(groups_in(formula) <= MOST_GROUPS for _, formula in made.rules)
    assert {end for end, _ in made.rules} == set(ENDS)
    keeper = Keeper(LiveEngine(program_of(RECORD + text_of(clauses)), SHARED))
    keeper.arrive(rows((None, -30, -5, 1), 100))
    assert assert_as_in_a_run(keeper) == 100


def test_more_checks_than_one_ruleset_holds_are_split_over_several() -> None:
    many = "".join(text_of(f"requires a > {n % 3}\n  flag when b > {n}", f"check{n}") for n in range(40))
    matcher = Counting()
    engine = LiveEngine(program_of(RECORD + many), matcher)
    keeper = Keeper(engine)
    keeper.arrive(rows((None, 0, 1, 30), 20))
    assert len(engine.checks) == 40
    assert matcher.calls == 6, "seven checks in each, and all claims of a batch in one call"
    assert assert_as_in_a_run(keeper) == 800


def test_each_ruleset_keeps_within_what_durable_rules_holds() -> None:
    many = "".join(text_of(f"needs {' and '.join(f'a > {m}' for m in range(60))}\n  flag when b > {n}", f"k{n}") for n in range(9))
    program = program_of(RECORD + many)
    plans = [plan_check(check, n) for n, check in enumerate(program.checks.values())]
    for ruleset in rulesets_of("claim", plans):
        assert len(ruleset.fields) < MOST_FIELDS
        assert len(json.loads(ruleset.text)["checks"]) <= MOST_RULES
    assert len(rulesets_of("claim", plans)) > 1


def test_a_check_that_durable_rules_cannot_hold_waits_and_says_why() -> None:
    large = text_of("flag when " + " or ".join(f"a > {n}" for n in range(400)), "large")
    engine = LiveEngine(program_of(RECORD + large + text_of("flag when b > 0", "small")), SHARED)
    assert engine.checks == ("small",)
    assert "has 400 conditions" in engine.waiting["large"]
    assert "test.requite" in engine.waiting["large"]


def test_two_versions_work_side_by_side() -> None:
    old = Keeper(LiveEngine(program_of(RECORD + text_of("flag when a > 0")), SHARED))
    new = Keeper(LiveEngine(program_of(RECORD + text_of("flag when a > 1")), SHARED))
    for row in rows((None, 0, 1, 2), 60):
        old.arrive([row])
        new.arrive([row])
    assert assert_as_in_a_run(old) == assert_as_in_a_run(new) == 60
    flags = [sum(end.finding is not None for one in keeper.decisions.values() for end in one.ends) for keeper in (old, new)]
    assert flags[0] > flags[1] > 0


@pytest.mark.parametrize("said", [(), ("r0", "r1"), ("r1",)], ids=["nothing", "two ends", "the other end"])
def test_where_the_two_do_not_agree_nothing_is_decided(said: tuple[str, ...]) -> None:
    engine = LiveEngine(program_of(RECORD + text_of("flag when a > 0")), Lying(*said))
    (row,) = rows((1,), 1)
    with pytest.raises(DataError) as refused:
        engine.decide([row], Keeper(engine), Keeper(engine).known)
    (problem,) = refused.value.problems
    assert problem.code == "engines-differ"
    assert "it for claim 0" in problem.message
    assert "the interpreter says flagged" in problem.message


class Tampered:
    """The real matcher, given other rules than it was to decide by."""

    def __init__(self, old: str, new: str) -> None:
        self.old, self.new = old, new

    def fired(self, definitions: str, files: Sequence[Sequence[Mapping[str, int]]]) -> Sequence[Sequence[str]]:
        assert self.old in definitions
        return SHARED.fired(definitions.replace(self.old, self.new), files)


@pytest.mark.parametrize(
    ("old", "new"),
    [(f'"c0_0": {HOLDS}', f'"c0_0": {FAILS}'), (f'"c0_1": {HOLDS}', f'"c0_1": {MISSING}'), ("$and", "$or")],
    ids=["a gate turned round", "a flag that must be missing", "and for or"],
)
def test_rules_that_were_tampered_with_are_found_out(old: str, new: str) -> None:
    clauses = "requires a > 0\n  flag when b > 0"
    engine = LiveEngine(program_of(RECORD + text_of(clauses)), Tampered(old, new))
    keeper = Keeper(engine)
    with pytest.raises(DataError, match="the interpreter says"):
        keeper.arrive(rows((None, 0, 1), 9))
    assert not keeper.decisions


def test_the_same_condition_in_several_checks_is_missing_in_the_words_of_each() -> None:
    first, second = text_of("requires 1 / a > 0\n  flag when b > 0", "first"), text_of("needs 1/a > 0\n  flag when b > 0", "second")
    keeper = Keeper(LiveEngine(program_of(RECORD + first + second), SHARED))
    keeper.arrive(rows((None, 0, 1), 9))
    assert assert_as_in_a_run(keeper) == 18
    reasons = {end.reason for one in keeper.decisions.values() for end in one.ends}
    assert any("1 / a" in reason for reason in reasons)
    assert any("1/a" in reason for reason in reasons)


@pytest.mark.parametrize(
    ("fact", "why"),
    [
        ({f"f{n}": 1 for n in range(MOST_FIELDS + 1)}, "fields"),
        ({"sid": 3}, "none may be called"),
        ({"s": 3}, "none may be called"),
    ],
)
def test_facts_that_durable_rules_cannot_hold_are_refused(fact: dict[str, int], why: str) -> None:
    with pytest.raises(DataError, match=why):
        SHARED.fired(json.dumps({"facts": {"a": {"all": [{"m": {"z": 1}}]}}}), [[fact]])


def test_rules_beyond_what_is_safe_are_refused() -> None:
    rules = {f"r{n}": {"all": [{"m": {"z": n}}]} for n in range(MOST_RULES + 1)}
    with pytest.raises(DataError, match="at most 31"):
        SHARED.fired(json.dumps({"many": rules}), [])


def test_rules_that_durable_rules_does_not_take_are_refused() -> None:
    with pytest.raises(DataError, match="does not take"):
        SHARED.fired(json.dumps({"odd": {"r": {"all": [{"m": {"$foo": {"z": 1}}}]}}}), [])


def test_kinds_of_facts_are_joined() -> None:
    rule = {"all": [{"one": {"$and": [{"kind": 1}, {"x": 1}]}}, {"two": {"$and": [{"kind": 2}, {"y": 1}]}}]}
    text = json.dumps({"joined": {"both": rule}})
    files = [[{"kind": 1, "x": x}, {"kind": 2, "y": y}] for x in (0, 1) for y in (0, 1)]
    assert [tuple(rules) for rules in SHARED.fired(text, files)] == [(), (), (), ("both",)]
