"""Rows that are sought when they are asked for: the same answers as with all of them at hand, from no more than is needed."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import Any

import duckdb
import pytest
from hypothesis import HealthCheck, Phase, given, settings

from requite.dsl.load import load_program
from requite.dsl.program import WHOLE, Program
from requite.engine.columnar.reading import StoredData, store_rows
from requite.engine.columnar.sessions import Session
from requite.engine.decision import Results
from requite.engine.explain import explain_row
from requite.engine.interpret import Brought, Interpreter
from requite.engine.lower import lower
from requite.engine.plan import Plan
from requite.engine.reading.problems import DataError
from requite.engine.render import to_text
from requite.engine.rows import Data
from requite.engine.run import interpreter_on, run, sources_of
from requite.engine.sampling import check_sample
from requite.engine.seeking import Opened, SoughtTables, TooManyRows, opened
from requite.engine.seeking.store import Store
from requite.engine.seeking.tables import ROOM as ROOM_FOR
from requite.engine.settings import Settings
from requite.engine.wording import key_text
from tests.engines.agreement.compare import TOO_WIDE, compare
from tests.engines.agreement.kept import cases as kept_cases
from tests.engines.agreement.kept import load
from tests.engines.agreement.strategies import Case, cases
from tests.engines.agreement.trying import Found

PROGRAMS, EXPLAINED, MOST_EXPLAINED = 60, 30, 6
ROOM = 10**9
KNOWN = date(2020, 1, 1)


@contextmanager
def seeking(
    plan: Plan, data: Data, known: date | None = None, brought: Brought | None = None, memory: int = ROOM
) -> Iterator[Opened]:
    """Rows at hand laid into a database, every one of which is sought, however few there are."""
    with duckdb.connect() as connection:
        there = StoredData(store_rows(connection, plan.program, data), "none", 0, ())
        store = Store(Session(connection, Settings().chosen()), plan.program, there, {})
        yield Opened(store, plan, known, brought or {}, memory, small=0)


def sought(plan: Plan, data: Data, known: date | None, brought: Brought | None) -> Results:
    """What is decided where every row is sought."""
    with seeking(plan, data, known, brought) as open_data:
        return open_data.interpreter().decide(outcomes=True)


@settings(max_examples=PROGRAMS, deadline=None, suppress_health_check=list(HealthCheck), phases=(Phase.generate,))
@given(cases())
def test_programs_come_to_the_same_when_rows_are_sought(case: Case) -> None:
    plan = lower(case.program)
    for drawn in case.data:
        verdict = compare(plan, drawn.rows, drawn.known, drawn.brought, sought)
        assert not verdict.differences, Found(case.text, drawn, verdict.differences)


@settings(max_examples=EXPLAINED, deadline=None, suppress_health_check=list(HealthCheck), phases=(Phase.generate,))
@given(cases())
def test_a_row_that_is_sought_is_explained_alike(case: Case) -> None:
    """One interpreter for each row: nothing that another row needed is there already."""
    plan = lower(case.program)
    for drawn in case.data:
        whole = Interpreter(plan, drawn.rows, drawn.known, drawn.brought)
        try:
            with seeking(plan, drawn.rows, drawn.known, drawn.brought) as open_data:
                for record in case.program.records:
                    for row in whole.rows(record)[:MOST_EXPLAINED]:
                        alone = open_data.interpreter()
                        (mine,) = (
                            one for one in alone.tables.named(record, ["|".join(key_text(row.key))]) if one.place == row.place
                        )
                        assert to_text(explain_row(alone, mine)) == to_text(explain_row(whole, row)), case.text
        except DataError as refused:
            assert TOO_WIDE in str(refused)  # noqa: PT017  # numbers that no database holds


@pytest.mark.parametrize("path", kept_cases(), ids=lambda path: path.stem)
def test_no_difference_comes_back(path: Path) -> None:
    program, drawn = load(path)
    verdict = compare(lower(program), drawn.rows, drawn.known, drawn.brought, sought)
    assert not verdict.differences, "\n".join(verdict.differences)


# --- how much is read ---------------------------------------------------------------------------------------------------

CLAIMS = """ruleset claims currency GBP
record practice
  key code: text
  region: text
record patient
  key id: text
  practice: practice
record spell
  key id: text
  patient: patient
  day: date
  billed: money
for each patient
  let cost = total of billed over each spell
for each practice
  let spend = total of cost over each patient
check again for each spell
  match an earlier spell as before with the same patient where day within 30 days before this.day latest by day, id
  flag when billed > before.billed
  overcharge billed - before.billed
  reason "billed {billed} after {before.billed} on {before.day}"
scheme s for each practice
  payment part to practice
    amount 10% of spend
"""
POOLED = """
payee everyone "Everyone"
scheme pool
  payment part to everyone
    amount total of billed over each spell
"""
SPELLS, PATIENTS, PRACTICES = 30_000, 6_000, 60


def claims(folder: Path, text: str = CLAIMS) -> tuple[Program, dict[str, object]]:
    """Claims of patients of practices: more than are read whole, in three files."""
    (folder / "claims.requite").write_text(text)
    (folder / "practice.csv").write_text("code,region\n" + "".join(f"G{n},R{n % 3}\n" for n in range(PRACTICES)))
    (folder / "patient.csv").write_text("id,practice\n" + "".join(f"P{n},G{n % PRACTICES}\n" for n in range(PATIENTS)))
    spells = (f"S{n},P{n * 7 % PATIENTS},2019-01-{n % 28 + 1:02},{n % 90}.50\n" for n in range(SPELLS))
    (folder / "spell.csv").write_text("id,patient,day,billed\n" + "".join(spells))
    program, _ = load_program(folder / "claims.requite")
    assert program is not None
    return program, {name: str(folder / f"{name}.csv") for name in ("practice", "patient", "spell")}


def test_one_row_reads_no_more_than_it_needs(tmp_path: Path) -> None:
    program, inputs = claims(tmp_path)
    sources = sources_of(program, inputs)
    whole, _ = interpreter_on(program, sources, KNOWN, {})
    with opened(program, sources, KNOWN, {}, tmp_path, small=100) as data:
        for record, key, most in (("spell", "S12345", 10), ("practice", "G7", PATIENTS // PRACTICES * 6 + 200)):
            alone, row = data.interpreter(), whole.row(record, (key,))
            mine = alone.row(record, (key,))
            assert row is not None
            assert mine is not None
            assert to_text(explain_row(alone, mine)) == to_text(explain_row(whole, row))
            assert isinstance(alone.tables, SoughtTables)
            assert alone.tables.held <= most, (record, alone.tables.held)


def test_a_rule_over_everything_is_refused_before_the_rows_are_read(tmp_path: Path) -> None:
    program, inputs = claims(tmp_path, CLAIMS + POOLED)
    few = Settings(memory=ROOM_FOR * 1_000)
    with opened(program, sources_of(program, inputs), KNOWN, {}, tmp_path, few) as data:
        alone = data.interpreter()
        with pytest.raises(TooManyRows) as caught:
            explain_row(alone, alone.rows(WHOLE)[0])
        (problem,) = caught.value.problems
        assert problem.message.startswith("`each spell` (")
        assert "claims.requite:29:" in problem.message
        assert "all 30,000 rows of spell" in problem.message
        assert "can hold 1,000 rows" in problem.message
        assert "more memory" in problem.help
        assert isinstance(alone.tables, SoughtTables)
        assert alone.tables.held == 0


def test_what_goes_over_everything_is_left_out_of_a_check_and_said(tmp_path: Path) -> None:
    program, inputs = claims(tmp_path, CLAIMS + POOLED)
    sources = sources_of(program, inputs)
    summary = run(program, inputs, tmp_path / "out", known=KNOWN)
    with opened(program, sources, KNOWN, {}, tmp_path, Settings(memory=ROOM_FOR * 20_000)) as data:
        checked = check_sample(data, summary.out, 40, "seed", "duckdb")
    assert checked.number == 39
    (notice,) = checked.notices
    assert notice.startswith("one record of the whole ruleset could not be checked: ")
    assert "all 30,000 rows of spell" in notice


def test_any_key_is_found_as_it_is_written(tmp_path: Path) -> None:
    program, _ = load_text(
        tmp_path,
        """ruleset keys currency GBP
record paid
  key hospital: text
  key number: count
  key day: date
  amount: money
record plain
  amount: money
for each paid
  show amount
for each plain
  show amount
""",
    )
    (tmp_path / "paid.csv").write_text("hospital,number,day,amount\nA|B,1,2019-01-01,5\nA,2,2019-01-02,6\nA ,1000,2019-01-02,7\n")
    (tmp_path / "plain.csv").write_text("amount\n5\n6\n")
    sources = sources_of(program, {name: str(tmp_path / f"{name}.csv") for name in ("paid", "plain")})
    with opened(program, sources, KNOWN, {}, tmp_path, small=0) as data:
        tables = data.interpreter().tables

        def lines(record: str, text: str) -> list[int]:
            return [row.line for row in tables.named(record, [text])]

        assert lines("paid", r"A\|B|1|2019-01-01") == lines("paid", r" A\|B | 1 | 2019-01-01") == [2]
        assert lines("paid", "A|B|1|2019-01-01") == []
        assert lines("paid", "A | 2 | 2019-01-02") == lines("paid", "A|2|2019-01-02") == [3]
        assert lines("paid", "A|1000|2019-01-02") == [4]
        assert lines("paid", "A|02|2019-01-02") == lines("paid", "A|2|2 January") == lines("paid", "A|2") == lines("paid", "") == []
        assert lines("plain", "3") == [3]
        assert lines("plain", "4") == []
        assert list(tables.key_texts("paid")) == [r"A\|B|1|2019-01-01", "A|2|2019-01-02", "A|1000|2019-01-02"]
        assert sorted(row.line for row in tables.some("paid", 2, "x")) == sorted(row.line for row in tables.some("paid", 2, "x"))


def load_text(folder: Path, text: str) -> tuple[Program, Any]:
    (folder / "made.requite").write_text(text)
    program, diagnostics = load_program(folder / "made.requite")
    assert program is not None, diagnostics
    return program, diagnostics
