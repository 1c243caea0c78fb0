"""Every example of every ruleset: what is decided live is what the interpreter decides, with the same explanation."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from functools import cache
from pathlib import Path

import pytest

from requite.dsl.load import load_program
from requite.dsl.program import Example, Program
from requite.engine.examples import example_data, interpreter_of
from requite.engine.explain import explain_row
from requite.engine.interpreting.deciding import check_outcome
from requite.engine.live.engine import LiveEngine
from requite.engine.lower import lower
from tests.engines.live.keeping import Keeper
from tests.engines.live.matchers import SHARED

RULESETS = Path(__file__).parents[3] / "rulesets"
TABLES = Path(__file__).parents[2] / "language" / "tables" / "good"
TODAY = date(2030, 1, 1)


@cache
def engine_of(name: str) -> LiveEngine:
    return LiveEngine(program_of(name), SHARED)


@cache
def program_of(name: str) -> Program:
    program, _ = load_program(RULESETS / name)
    assert program is not None
    return program


NAMES = sorted(str(path.relative_to(RULESETS)) for path in RULESETS.glob("*/*.md"))
LIVE = [name for name in NAMES if engine_of(name).checks]


def supposing(program: Program, example: Example) -> Program:
    """The program with the values that an example gives to parameters."""
    given = {name: replace(program.parameters[name], values=(value,)) for name, value in example.parameters.items()}
    return replace(program, parameters={**program.parameters, **given})


def test_the_rulesets_of_claims_are_decided_live() -> None:
    assert {"claims/kingston.md", "claims/monthly_validation.md", "claims/duplicates.md", "claims/units.md"} <= set(LIVE)
    assert len(engine_of("claims/monthly_validation.md").checks) >= 14


@pytest.mark.parametrize("name", NAMES)
def test_a_check_is_decided_live_or_says_why_it_waits(name: str) -> None:
    engine = engine_of(name)
    assert {*engine.checks, *engine.waiting} == set(program_of(name).checks)
    assert not set(engine.checks) & set(engine.waiting)
    assert all(len(why.split()) > 2 for why in engine.waiting.values())


@pytest.mark.parametrize("name", LIVE)
def test_examples_come_to_the_same_live(name: str) -> None:
    program, compared = program_of(name), 0
    for example in program.examples:
        compared += _compare(name, example)
    assert compared


def test_rows_of_the_text_are_known_from_the_day_that_they_say() -> None:
    looked_up, gone_over = str(TABLES / "known.requite"), str(TABLES / "not_known_yet.requite")
    assert [_compare(looked_up, example) for example in program_of(looked_up).examples] == [2] * 4
    assert [_compare(gone_over, example) for example in program_of(gone_over).examples] == [6] * 5


def _compare(name: str, example: Example) -> int:
    """How many decisions and explanations of an example's claims were compared."""
    program = supposing(program_of(name), example)
    engine = LiveEngine(program, SHARED) if example.parameters else engine_of(name)
    plan = lower(program)
    interpreter = interpreter_of(example, plan, {})
    data = example_data(example, plan.program, {})
    known = example.known or TODAY
    keeper = Keeper(engine, known)
    keeper.arrive([row for record, rows in data.items() if record in engine.records for row in rows])
    for own, decision in keeper.decisions.items():
        row = interpreter.row(decision.record, decision.key)
        assert row is not None
        wanted = [check_outcome(plan.program.checks[end.rule], row, interpreter.rules) for end in decision.ends]
        assert list(decision.ends) == wanted, example.name
        decisions = {one.rule: one for one in explain_row(interpreter, row).decisions}
        for explained in engine.explain(keeper.rows[own], keeper, known).decisions:
            assert explained.kind == "figure" or explained == decisions[explained.rule], example.name
    return sum(len(decision.ends) for decision in keeper.decisions.values())
