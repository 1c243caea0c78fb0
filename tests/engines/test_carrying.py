"""Figures from year to year, and limits that an amount nobody knows has a part in: nothing is invented, nothing is lost."""

from __future__ import annotations

import csv
from datetime import date
from fractions import Fraction
from pathlib import Path

import pytest

from requite.dsl.load import check_text
from requite.dsl.program import Program, Scalar
from requite.engine.brought import read_brought
from requite.engine.explain import LEFT_OUT, explain
from requite.engine.interpret import Interpreter
from requite.engine.lower import lower
from requite.engine.reading.problems import DataError
from requite.engine.results import read_table
from requite.engine.rows import Row
from requite.engine.run import run

BUDGET = """ruleset budgets "Overspend carried into next year's budget"
record practice
  key code: text
  year_end: date
  budget: money
  spend: money optional
scheme budget for each practice
  period 2012-04-01 to 2015-03-31 by year_end
  needs spend is known
  brought forward debt: money, £0 at the start
  let balance = budget - debt - spend
  payment kept to practice
    amount 50% of max(£0, balance)
  carry forward max(£0, -balance) as debt
"""


def budgets(until: str = "2015") -> Program:
    program, diagnostics = check_text(BUDGET.replace("2015-03-31", f"{until}-03-31"), "budgets.requite")
    assert program is not None, diagnostics
    return program


def year(folder: Path, name: str, rows: list[dict[str, object]], before: str = "") -> dict[str, tuple[str, str]]:
    """One year's run; what each practice was paid or why not, and what it carries on."""
    out = folder / name
    run(budgets(), {"practice": rows}, out, brought_forward=folder / before if before else None)
    paid = {row["key"]: str(row["amount"]) for row in read_table(out / "payments.parquet").to_pylist()}
    carried = {row["key"]: row["value"] for row in read_table(out / "carried.parquet").to_pylist()}
    return {key: (paid.get(key, "-"), carried.get(key, "-")) for key in (*paid, *carried)}


def row(code: str, end: date, budget: int, spend: int | None) -> dict[str, object]:
    return {"code": code, "year_end": end, "budget": budget, "spend": spend}


def test_a_debt_that_is_not_known_is_not_known_next_year(tmp_path: Path) -> None:
    first, second, third = date(2013, 3, 31), date(2014, 3, 31), date(2015, 3, 31)
    assert year(tmp_path, "one", [row("A", first, 100, 150), row("B", first, 100, None)])["A"] == ("0.00", "50.00")
    after = year(tmp_path, "two", [row("A", second, 100, 20), row("B", second, 100, 20)], "one")
    assert after["A"] == ("15.00", "0.00")
    assert after["B"] == ("-", "")
    assert year(tmp_path, "three", [row("B", third, 100, 20)], "two")["B"] == ("-", "")


@pytest.mark.parametrize("engine", ["interpret", "duckdb"])
def test_the_first_cause_of_a_debt_that_is_not_known_is_said_once(tmp_path: Path, engine: str) -> None:
    before: Path | None = None
    causes = []
    for number in range(13, 18):
        out = tmp_path / str(number)
        spend = None if number == 13 else 20
        rows = [row("B", date(2000 + number, 3, 31), 100, spend)]
        run(budgets("2020"), {"practice": rows}, out, brought_forward=before, engine=engine)
        before = out
        (carried,) = read_table(out / "carried.parquet").to_pylist()
        (paid,) = (r for r in read_table(out / "not_assessable.parquet").to_pylist() if r["rule"] == "budget.kept")
        causes.append((carried["reason"].removeprefix("debt "), paid["reason"]))
    first, second, *later = [cause for cause, _ in causes]
    assert first.startswith("needs spend is known: spend is blank")
    assert second == f"was not known in the run before: {first}"
    assert later == [f"was not known in an earlier run: {first}"] * 3
    assert all(reason.count("not known") == 1 for _, reason in causes[1:])


def test_a_debt_of_a_practice_without_a_row_is_carried_on(tmp_path: Path) -> None:
    first, third = date(2013, 3, 31), date(2015, 3, 31)
    year(tmp_path, "one", [row("A", first, 100, 150)])
    assert year(tmp_path, "two", [row("B", first, 100, 100)], "one")["A"] == ("-", "50.00")
    assert year(tmp_path, "three", [row("A", third, 100, 40)], "two")["A"] == ("5.00", "0.00")


FINER = """ruleset finer "Debts to a tenth of a penny"
  rounding to £0.001
record practice
  key code: text
  spend: money
scheme s for each practice
  brought forward debt: money, £0 at the start
  carry forward debt + spend as debt
"""


@pytest.mark.parametrize("engine", ["interpret", "duckdb"])
def test_money_is_carried_with_its_pennies_and_brought_forward_as_it_was(tmp_path: Path, engine: str) -> None:
    finer, diagnostics = check_text(FINER, "finer.requite")
    assert finer is not None, diagnostics
    rows = [{"code": "A", "spend": 50}, {"code": "B", "spend": "-0.5"}, {"code": "C", "spend": "0.0625"}]
    first, second = tmp_path / "first", tmp_path / "second"
    run(finer, {"practice": rows}, first, csv=True, engine=engine)
    assert carried(first) == {"A": "50.00", "B": "-0.50", "C": "0.063"}
    # A has no row any more, and is carried on as it is.
    run(finer, {"practice": rows[1:]}, second, csv=True, engine=engine, brought_forward=first)
    assert carried(second) == {"B": "-1.00", "C": "0.126", "A": "50.00"}
    assert read_brought(finer, second) == {"s.debt": {("B",): Fraction(-1), ("C",): Fraction("0.126"), ("A",): Fraction(50)}}


def carried(folder: Path) -> dict[str, str]:
    """What each row carries forward, alike in both files."""
    with (folder / "carried.csv").open(encoding="utf-8", newline="") as file:
        in_csv = {row["key"]: row["value"] for row in csv.DictReader(file)}
    assert {row["key"]: row["value"] for row in read_table(folder / "carried.parquet").to_pylist()} == in_csv
    return in_csv


def test_outside_the_period_a_debt_neither_grows_nor_goes(tmp_path: Path) -> None:
    first, outside = date(2013, 3, 31), date(2016, 3, 31)
    year(tmp_path, "one", [row("A", first, 100, 150)])
    after = year(tmp_path, "two", [row("A", outside, 100, 900), row("B", outside, 100, 900)], "one")
    assert after == {"A": ("-", "50.00")}


def test_carried_figures_that_were_changed_are_refused(tmp_path: Path) -> None:
    year(tmp_path, "one", [row("A", date(2013, 3, 31), 100, 150)])
    year(tmp_path, "other", [row("A", date(2013, 3, 31), 100, 170)])
    (tmp_path / "one" / "carried.parquet").write_bytes((tmp_path / "other" / "carried.parquet").read_bytes())
    with pytest.raises(DataError, match="changed since"):
        year(tmp_path, "two", [row("A", date(2014, 3, 31), 100, 20)], "one")


CAPPED = """ruleset capped
record item
  key id: text
  practice: text
  a: money optional
  b: money
scheme together for each item
  payment first to practice
    needs a is known
    amount a
  payment second to practice
    amount b
  altogether at most £100
scheme pool for each item
  payment drawn to practice
    needs a is known
    amount a
    together at most £100 for the same practice, first come by id
scheme gateway for each item
  payment barred to practice
    amount b
    except £0 when b > £90 because "quality gateway"
    at least £5
  payment unmet to practice
    amount b when b > £200
    at least £5
"""


def test_limits_say_what_was_not_known_and_pools_wait_for_it(tmp_path: Path) -> None:
    program, diagnostics = check_text(CAPPED, "capped.requite")
    assert program is not None, diagnostics
    rows = [
        {"id": "1", "practice": "P", "a": None, "b": 90},
        {"id": "2", "practice": "P", "a": 60, "b": 90},
        {"id": "3", "practice": "Q", "a": 60, "b": 95},
    ]
    run(program, {"item": rows}, tmp_path / "out")
    paid = {(r["payment"], r["key"]): Fraction(r["amount"]) for r in read_table(tmp_path / "out" / "payments.parquet").to_pylist()}
    reasons = {(r["payment"], r["key"]): r["reason"] for r in read_table(tmp_path / "out" / "payments.parquet").to_pylist()}
    waiting = {(r["rule"], r["key"]) for r in read_table(tmp_path / "out" / "not_assessable.parquet").to_pylist()}
    assert [paid["second", key] for key in "12"] == [90, 40]
    assert {("together.first", "1"), ("pool.drawn", "1"), ("pool.drawn", "2")} == waiting
    assert reasons["second", "1"] == "altogether at most £100: reckoned without first, not assessable"
    assert paid["drawn", "3"] == 60
    assert [paid["barred", "3"], paid["barred", "2"], paid["unmet", "1"]] == [0, 90, 0]


def test_the_explanation_of_a_row_that_is_left_out_says_what_it_carries_on(tmp_path: Path) -> None:
    """Beyond the period nothing is reckoned: what was brought stays, and what would be reckoned is not told."""
    year(tmp_path, "one", [row("A", date(2013, 3, 31), 100, 150)])
    assert year(tmp_path, "two", [row("A", date(2016, 3, 31), 100, 900)], "one")["A"] == ("-", "50.00")
    values: dict[str, Scalar | None] = {"code": "A", "year_end": date(2016, 3, 31), "budget": Fraction(100), "spend": Fraction(900)}
    rows = {"practice": [Row("practice", ("A",), values)]}
    brought = read_brought(budgets(), tmp_path / "one")
    explanation = explain(Interpreter(lower(budgets()), rows, brought=brought), "practice", ("A",))
    (carried,) = (decision for decision in explanation.decisions if decision.kind == "carried forward")
    assert (carried.amount, carried.status, carried.reason) == ("£50.00", "assessed", LEFT_OUT)
    without = explain(Interpreter(lower(budgets()), rows), "practice", ("A",))
    assert "carried forward" not in {decision.kind for decision in without.decisions}


def test_figures_that_were_edited_as_csv_are_not_passed_over(tmp_path: Path) -> None:
    before, rows = tmp_path / "before", {"practice": [row("A", date(2013, 3, 31), 100, 150)]}
    run(budgets(), rows, before, csv=True)
    assert read_brought(budgets(), before) == {"budget.debt": {("A",): 50}}
    payments = before / "payments.csv"
    payments.write_text(payments.read_text("utf-8").replace("A", "B"), encoding="utf-8")
    read_brought(budgets(), before)
    carried = before / "carried.csv"
    carried.write_text(carried.read_text("utf-8").replace(",50.00,", ",40.00,"), encoding="utf-8")
    with pytest.raises(DataError, match=r"carried\.csv row 1: value was 50\.00, and is now 40"):
        run(budgets(), rows, tmp_path / "after", brought_forward=before)
    assert not (tmp_path / "after").exists()
    carried.unlink()
    run(budgets(), rows, tmp_path / "after", brought_forward=before)


def test_a_folder_that_lacks_what_a_run_writes_brings_nothing_forward(tmp_path: Path) -> None:
    (tmp_path / "before").mkdir()
    (tmp_path / "before" / "manifest.json").write_text('{"format": 1}', encoding="utf-8")
    with pytest.raises(DataError, match="cannot be read"):
        read_brought(budgets(), tmp_path / "before")


@pytest.mark.parametrize("engine", ["interpret", "duckdb"])
def test_a_figure_that_is_carried_on_for_nobody_is_told(engine: str, tmp_path: Path) -> None:
    first, second = date(2013, 3, 31), date(2014, 3, 31)
    rows = [row(code, first, 100, 150) for code in "ABC"]
    before = run(budgets(), {"practice": rows}, tmp_path / "one", engine=engine)
    assert before.notes == ()
    after = run(
        budgets(), {"practice": [row("B", second, 100, 80)]}, tmp_path / "two", brought_forward=tmp_path / "one", engine=engine
    )
    assert after.notes == ("2 figures of debt were brought forward for no row of practice: they are carried on as they are",)
    assert after.manifest["notes"] == list(after.notes)
    third = run(budgets(), {"practice": rows[1:]}, tmp_path / "three", brought_forward=tmp_path / "two", engine=engine)
    assert third.notes == ("1 figure of debt was brought forward for no row of practice: it is carried on as it is",)
