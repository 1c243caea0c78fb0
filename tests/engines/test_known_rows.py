"""Rows of a dated table that are not known yet: every engine leaves them out, whoever goes over the table."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from requite.dsl.load import load_program
from requite.dsl.program import Program
from requite.engine.columnar.deciding import decide
from requite.engine.columnar.known_rows import was_known
from requite.engine.columnar.rows import at_work
from requite.engine.columnar.sql import is_certain
from requite.engine.examples import example_data, interpreter_of, run_examples
from requite.engine.lower import lower
from requite.engine.rows import Data, Row, known_name
from requite.engine.run import run
from tests.data.agreement import stored
from tests.engines.agreement.compare import Decide, columnar, compare
from tests.engines.support import interpreter, program_of, reason, rows_of, value
from tests.engines.test_seeking import seeking, sought

EVERYONE = Path(__file__).parents[1] / "language" / "tables" / "good" / "not_known_yet.requite"
ENGINES: Mapping[str, Decide] = {"duckdb": columnar("duckdb"), "spark": columnar("spark"), "sought": sought}

LISTED = """
table tariff
  key hrg: text
  valid: period from "from" to "until" known from "published"
  price: money
record spell
  key id: text
  row: tariff
  day: date
for each tariff
  let twice = price * 2
  show twice
scheme prices for each tariff
  payment fee to hrg
    amount price
check dear for each tariff
  flag when price > £3
for each spell
  let price = row.price
  let on_day = tariff[row.hrg on day].price
  let number = count over every tariff
  show price, on_day, number
"""
DAY = date(2017, 9, 16)
VALID = (date(2017, 4, 1), None)
HELD: list[dict[str, Any]] = [
    {"hrg": "A", "valid": VALID, "price": 5},
    {"hrg": "A", "valid": VALID, "price": 4, known_name("valid"): date(2017, 12, 1)},
    {"hrg": "B", "valid": VALID, "price": 3, known_name("valid"): date(2017, 6, 1)},
    {"hrg": "C", "valid": VALID, "price": 2},
]
SPELLS: list[dict[str, Any]] = [{"id": f"S-{hrg}", "row": (hrg,), "day": DAY} for hrg in "ABCD"]
DAYS = (None, date(2017, 5, 31), date(2017, 6, 1), date(2017, 11, 30), date(2017, 12, 1))


def program_and_rows(placed: bool) -> tuple[Program, dict[str, list[Row]]]:
    program = program_of(LISTED)
    data = {"tariff": rows_of(program, "tariff", HELD), "spell": rows_of(program, "spell", SPELLS)}
    if not placed:
        data = {name: [Row(row.record, row.key, row.values) for row in rows] for name, rows in data.items()}
    return program, data


@pytest.mark.parametrize("engine", ENGINES)
def test_every_engine_leaves_out_what_is_not_known_wherever_rows_are_gone_through(engine: str) -> None:
    program, _ = load_program(EVERYONE)
    assert program is not None
    assert len({example.known for example in program.examples}) == 5
    assert all(result.holds for result in run_examples(program)), "this is what the interpreter says"
    plan = lower(program)
    for example in program.examples:
        data = {**interpreter_of(example, plan, {}).tables.data, **example_data(example, plan.program, {})}
        verdict = compare(plan, data, example.known, None, ENGINES[engine])
        assert not verdict.differences, (example.name, verdict.differences)
        assert not verdict.not_compared


@pytest.mark.parametrize("placed", [True, False])
@pytest.mark.parametrize("known", DAYS, ids=str)
@pytest.mark.parametrize("engine", ENGINES)
def test_rules_over_a_table_and_references_to_it_know_as_much(engine: str, known: date | None, placed: bool) -> None:
    program, data = program_and_rows(placed)
    verdict = compare(lower(program), data, known, None, ENGINES[engine])
    assert not verdict.differences
    assert not verdict.not_compared


@pytest.mark.parametrize(("known", "there"), list(zip(DAYS, (4, 2, 3, 3, 4), strict=True)), ids=str)
def test_a_rule_over_a_table_is_about_its_known_rows(known: date | None, there: int) -> None:
    made = interpreter(LISTED, known, tariff=HELD, spell=SPELLS)
    results = made.decide(outcomes=True)
    assert {count.rule: count.read for count in results.counts} == {"prices.fee": there, "dear": there}
    assert len(results.payments) == there
    assert value(made, "spell", "S-A", "number") == there


@pytest.mark.parametrize(("known", "keys"), list(zip(DAYS, ("AABC", "AC", "ABC", "ABC", "AABC"), strict=True)), ids=str)
def test_the_keys_of_rows_that_are_sought_are_those_of_known_rows(known: date | None, keys: str) -> None:
    made = interpreter(LISTED, known, tariff=HELD, spell=SPELLS)
    program, data = program_and_rows(True)
    with seeking(lower(program), data, known) as there:
        tables = there.interpreter().tables
        assert not tables.is_small("tariff")
        assert list(tables.key_texts("tariff")) == list(made.tables.key_texts("tariff")) == list(keys)
        assert [row.key for row in tables.named("tariff", ["B"])] == [("B",)] * keys.count("B")


def test_a_reference_to_a_row_that_is_not_known_yet_says_so() -> None:
    made = interpreter(LISTED, date(2017, 5, 31), tariff=HELD, spell=SPELLS)
    assert value(made, "spell", "S-A", "price") == 5
    assert reason(made, "spell", "S-B", "price") == "tariff has no row for hrg B, known on 2017-05-31"
    assert reason(made, "spell", "S-D", "price") == "tariff has no row for hrg D"
    everything = interpreter(LISTED, None, tariff=HELD, spell=SPELLS)
    assert "tariff has 2 rows for hrg A" in reason(everything, "spell", "S-A", "price")


# --- what a run says of them --------------------------------------------------------------------------------------------

TARIFF = """hrg,from,until,published,price
A,2017-04-01,,,5
A,2017-04-01,,2017-12-01,4
B,2017-04-01,,2017-06-01,3
B,2017-04-01,,2017-06-01,2
C,2017-04-01,,2019-06-01,not a price
D,2017-04-01,,2018-06-01,1
"""


@pytest.mark.parametrize("engine", ["interpret", "duckdb", "spark"])
def test_rows_that_are_not_known_yet_are_read_or_rejected_like_all_others_and_the_run_counts_them(
    engine: str, tmp_path: Path
) -> None:
    (tmp_path / "tariff.csv").write_text(TARIFF, encoding="utf-8")
    (tmp_path / "spell.csv").write_text("id,row,day\nS,A,2017-09-16\n", encoding="utf-8")
    given = {name: str(tmp_path / f"{name}.csv") for name in ("tariff", "spell")}
    for day, there, note in (
        (date(2017, 5, 31), 1, ("2 rows of tariff became known after 2017-05-31: they are read, and no rule sees them",)),
        (date(2018, 5, 31), 2, ("1 row of tariff became known after 2018-05-31: it is read, and no rule sees it",)),
        (date(2018, 6, 1), 3, ()),
    ):
        summary = run(program_of(LISTED), given, tmp_path / f"{day}", known=day, engine=engine)
        (tariff,) = (count for count in summary.counts if count.record == "tariff")
        assert (tariff.rows, tariff.read, tariff.rejected) == (6, 3, 3), "B stands there twice, and C cannot be read"
        assert {(rule.rule, rule.read) for rule in summary.overview.rules} == {("prices.fee", there), ("dear", there)}
        assert summary.notes == note
        assert summary.manifest["notes"] == list(note)


def test_only_where_rows_may_be_unknown_are_they_asked() -> None:
    program, data = program_and_rows(placed=True)
    assert "known_tariff" not in statements(program, data, None)
    assert "known_tariff" in statements(program, data, date(2017, 11, 30))


def test_a_file_of_which_every_row_is_known_is_not_asked(tmp_path: Path) -> None:
    (tmp_path / "tariff.csv").write_text(TARIFF, encoding="utf-8")
    program = program_of(LISTED)
    _, data = stored(program, {"tariff": str(tmp_path / "tariff.csv")}, {"tariff": frozenset()})
    columns = data.stored["tariff"].columns
    certain = {day: is_certain(was_known(program.records["tariff"], columns, day)) for day in (*DAYS, date(2018, 6, 1))}
    assert [day for day, is_so in certain.items() if is_so] == [None, date(2018, 6, 1)]


def statements(program: Program, data: Data, known: date | None) -> str:
    """All SQL of a run."""
    _, c = at_work(lower(program), data, known, {})
    return "\n".join(statement.select.sql() for statement in decide(c).steps())
