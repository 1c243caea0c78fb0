"""Rows in any order of arrival, corrected and cancelled on the way: the last decisions are those of a run over what stands."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import date, timedelta
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, assume, given, settings
from hypothesis import strategies as st

from requite.dsl.program import Program
from requite.engine.interpret import Interpreter
from requite.engine.interpreting.deciding import check_outcome
from requite.engine.interpreting.tables import literal_rows
from requite.engine.live.engine import LiveEngine
from requite.engine.live.windows import is_touched
from requite.engine.lower import lower
from requite.engine.rows import Row
from tests.engines.agreement.strategies import Case, cases
from tests.engines.live.keeping import Keeper
from tests.engines.live.matchers import SHARED
from tests.engines.live.test_live_examples import engine_of

KNOWN = date(2020, 1, 1)

Move = tuple[str, Row]
"""arrive (anew or corrected) or cancel, and the row."""


def assert_as_in_a_run(keeper: Keeper) -> int:
    """The last decision of every claim that stands is what the interpreter makes of all rows that stand; how many there were."""
    program = keeper.engine.program
    data: dict[str, Sequence[Row]] = {}
    for name, record in program.records.items():
        if not record.derived_from:
            standing = [row for row in keeper.rows.values() if row.record == name]
            data[name] = standing or (literal_rows(record) if record.rows is not None else ())
    interpreter = Interpreter(lower(program), data, keeper.known)
    claims = {own for own, row in keeper.rows.items() if row.record in keeper.engine.claims}
    assert claims == keeper.decisions.keys()
    ends = 0
    for decision in keeper.decisions.values():
        row = interpreter.row(decision.record, decision.key)
        assert row is not None
        wanted = [check_outcome(program.checks[end.rule], row, interpreter.rules) for end in decision.ends]
        assert [end.rule for end in decision.ends] == [c.name for c in program.checks.values() if c.record == decision.record]
        assert list(decision.ends) == wanted
        ends += len(decision.ends)
    return ends


# --- Kingston: estimates and claims -----------------------------------------------------------------------------------------

START = date(2010, 6, 1)
days = st.integers(0, 200).map(lambda number: START + timedelta(number))
pounds = st.integers(0, 300_000).map(lambda pence: Fraction(pence, 100))
patients, specialties = st.sampled_from("AB"), st.sampled_from(["100", "110"])


@st.composite
def estimates(draw: st.DrawFn) -> Row:
    key = draw(st.sampled_from(["E1", "E2", "E3"]))
    values: dict[str, Any] = {
        "id": key,
        "patient": draw(patients),
        "specialty": draw(specialties),
        "referred": draw(days),
        "expected_cost": draw(pounds),
    }
    return Row("estimate", (key,), values)


@st.composite
def spells(draw: st.DrawFn) -> Row:
    key, admitted = draw(st.sampled_from(["S1", "S2", "S3", "S4"])), draw(days)
    values: dict[str, Any] = {
        "id": key,
        "patient": draw(patients),
        "provider": "RAX",
        "specialty": draw(specialties),
        "hrg": draw(st.sampled_from(["HX1", "HX2"])),
        "setting": draw(st.sampled_from(["day_case", "elective"])),
        "admitted": admitted,
        "discharged": admitted + timedelta(draw(st.integers(0, 3))),
        "billed": draw(pounds),
    }
    return Row("spell", (key,), values)


@st.composite
def prices(draw: st.DrawFn) -> Row:
    key, start = draw(st.sampled_from(["HX1", "HX2"])), draw(st.sampled_from([START, START + timedelta(100)]))
    price = draw(st.one_of(st.none(), pounds))
    values = {"hrg": key, "valid": (start, None), "outpatient_procedure": price, "day_case_or_elective": None}
    return Row("tariff", (key,), values)


rows = st.one_of(estimates(), spells(), prices())
batches = st.lists(st.one_of(st.lists(rows, min_size=1, max_size=4), st.integers(0, 20)), min_size=1, max_size=12)


@settings(max_examples=150, deadline=None)
@given(batches, st.booleans())
def test_estimates_and_claims_in_any_order(moves: list[list[Row] | int], as_text: bool) -> None:
    """A number cancels the row that stands there."""
    keeper = Keeper(engine_of("claims/kingston.md"), KNOWN)
    for move in moves:
        if isinstance(move, list):
            keeper.arrive(move, as_text=as_text)
        elif keeper.rows:
            keeper.cancel(list(keeper.rows.values())[move % len(keeper.rows)])
    assert_as_in_a_run(keeper)


def test_an_estimate_that_comes_late_decides_the_claim_again() -> None:
    engine = engine_of("claims/kingston.md")
    keeper = Keeper(engine, KNOWN)
    spell = {
        "Hospital Provider Spell No": "S1",
        "patient": "A",
        "provider": "RAX",
        "specialty": "100",
        "hrg": "HX1",
        "setting": "elective",
        "admitted": "01/07/2010",
        "discharged": "03/07/2010",
        "billed": "1500.00",
    }
    ((_, claim),) = engine.read("spell", [spell]).rows
    keeper.arrive([claim])
    (before,) = keeper.decisions.values()
    assert [end.status for end in before.ends] == ["out of scope", "out of scope"]
    sent = {"id": "E1", "patient": "A", "specialty": "100", "referred": "2010-06-01", "expected_cost": "1000.00"}
    ((_, estimate),) = engine.read("estimate", [sent]).rows
    assert is_touched(before.rests, engine.links(estimate))
    keeper.arrive([estimate])
    (after,) = keeper.decisions.values()
    finding = after.ends[0].finding
    assert finding is not None
    assert finding.overcharge == 500
    ((_, other),) = engine.read("estimate", [{**sent, "id": "E2", "patient": "B"}]).rows
    assert not is_touched(after.rests, engine.links(other))
    keeper.cancel(estimate)
    (last,) = keeper.decisions.values()
    assert last.ends == before.ends


def test_rows_around_many_claims_are_asked_for_together() -> None:
    engine = engine_of("claims/kingston.md")
    keeper = Keeper(engine, KNOWN)
    values: dict[str, Any] = {
        "patient": "A",
        "provider": "RAX",
        "specialty": "100",
        "hrg": "HX1",
        "setting": "day_case",
        "billed": Fraction(9),
    }
    claims = [Row("spell", (f"S{n}",), {"id": f"S{n}", **values, "admitted": START, "discharged": START}) for n in range(300)]
    keeper.arrive(claims)
    assert keeper.calls <= 3
    assert assert_as_in_a_run(keeper) == 600


def test_several_threads_decide_with_one_engine() -> None:
    keeper = Keeper(engine_of("claims/kingston.md"), KNOWN)
    values: dict[str, Any] = {"provider": "RAX", "specialty": "100", "hrg": "HX1", "setting": "day_case", "billed": Fraction(900)}
    on = {"admitted": START + timedelta(9), "discharged": START + timedelta(9)}
    claims = [Row("spell", (f"S{n}",), {"id": f"S{n}", "patient": f"P{n % 5}", **values, **on}) for n in range(40)]
    costs = [(f"P{n}", Fraction(100 * n + 1)) for n in range(5)]
    asked: list[dict[str, Any]] = [
        {"id": f"E{patient}", "patient": patient, "specialty": "100", "referred": START, "expected_cost": cost}
        for patient, cost in costs
    ]
    keeper.arrive([*(Row("estimate", (one["id"],), one) for one in asked), *claims])
    wanted = list(keeper.decisions.values())
    with ThreadPoolExecutor(4) as threads:
        found = list(threads.map(lambda claim: keeper.engine.decide([claim], keeper, KNOWN)[0], claims * 5))
    assert found == wanted * 5


# --- random programs --------------------------------------------------------------------------------------------------------


def without_waiting(program: Program) -> Program:
    """The program whose checks do not say that they settle with the period: those that need not are decided live, then."""
    return replace(program, checks={name: replace(check, settles_with_period=False) for name, check in program.checks.items()})


@settings(max_examples=80, deadline=None, suppress_health_check=list(HealthCheck), phases=(Phase.generate,))
@given(cases(), st.randoms(use_true_random=False))
def test_programs_at_random_come_to_the_same_live(case: Case, random: Any) -> None:
    engine = LiveEngine(without_waiting(case.program), SHARED)
    assume(engine.checks)
    with pytest.MonkeyPatch.context() as patch:
        if random.random() < 0.5:
            # Few rows are then looked at as many are: by their days first.
            patch.setattr("requite.engine.live.tables.MANY", 0)
        _assert_the_same_live(engine, case, random)


def _assert_the_same_live(engine: LiveEngine, case: Case, random: Any) -> None:
    drawn = case.data[0]
    keeper = Keeper(engine, drawn.known or KNOWN)
    waiting = [row for record, rows in drawn.rows.items() if record in engine.records for row in rows]
    random.shuffle(waiting)
    while waiting:
        number = random.randint(1, 6)
        keeper.arrive(waiting[:number], as_text=random.random() < 0.5)
        del waiting[:number]
        if random.random() < 0.4:
            _change(keeper, random)
    assert_as_in_a_run(keeper)


def _change(keeper: Keeper, random: Any) -> None:
    """Cancel a row, or correct it: some values are those of another one."""
    old = random.choice(list(keeper.rows.values()))
    if random.random() < 0.4:
        keeper.cancel(old)
        return
    declared = keeper.engine.program.records[old.record]
    fixed = {*declared.key, declared.period, f"{declared.period} known from"}
    other = random.choice([row for row in keeper.rows.values() if row.record == old.record])
    values = {n: v if n in fixed else random.choice([v, other.values[n]]) for n, v in old.values.items()}
    keeper.arrive([Row(old.record, old.key, values)])
