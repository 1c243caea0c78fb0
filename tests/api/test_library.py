"""Requite in Python: rulesets from text and files, data from frames and rows, results as tables, explanations, SQL."""

from __future__ import annotations

import gc
import io
import os
import pickle
import re
import subprocess
import sys
import warnings
from collections.abc import Callable, Iterator
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any, Literal
from uuid import UUID

import duckdb
import pandas as pd
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import requite
from requite.engine.csv_files import csv_of
from requite.engine.results import COLUMNS
from tests.api.support import SCHEME

ROWS: list[dict[str, Any]] = [
    {"code": "P1", "list_size": 100, "given_by": "01/02/2020", "budget": Decimal("200.00")},
    {"code": "P2", "list_size": 250, "given_by": "01/02/2020", "budget": Decimal("50.00")},
]
AMOUNTS = [Decimal("10.00"), Decimal("25.00"), Decimal("20.00"), Decimal("0.00")]

CHECKS = """ruleset bills
record estimate
  key id: text
  cost: money
record spell
  key provider: text
  key number: count
  estimate: estimate optional
  billed: money
check dear "Dear" for each spell
  needs estimate is known
  flag when billed > estimate.cost
  overcharge billed - estimate.cost
  reason "{billed} <b>& more</b>"
check known for each spell
  flag when billed > £1,000,000
check dear_estimate for each estimate
  flag when cost > £1,000,000
"""
SPELLS = [
    {"provider": "RXX", "number": 1, "estimate": "E1", "billed": 120},
    {"provider": "RXX", "number": 2, "estimate": "E9", "billed": 120},
    {"provider": "RYY", "number": 1, "estimate": None, "billed": "a lot"},
]
ESTIMATES = [{"id": "E1", "cost": 100}]


@pytest.fixture(scope="module")
def fees() -> requite.Ruleset:
    return requite.compile(SCHEME)


@pytest.fixture(scope="module")
def bills() -> requite.Run:
    return requite.compile(CHECKS).run(spell=SPELLS, estimate=ESTIMATES)


def amounts(run: requite.Run) -> list[Decimal]:
    return [row["amount"] for row in run.payments.arrow().to_pylist()]


# --- rulesets -----------------------------------------------------------------------------------------------------------


def test_a_text(fees: requite.Ruleset) -> None:
    assert (fees.name, fees.title, fees.diagnostics) == ("fees", "Fees", ())
    assert repr(fees) == "<Ruleset fees: 2 payments, 2 examples>"
    assert all(not result.failures for result in fees.test())


@pytest.mark.parametrize("as_given", [Path, str])
def test_a_path(as_given: Callable[[Path], str | Path], tmp_path: Path) -> None:
    path = tmp_path / "fees.requite"
    path.write_text(SCHEME, encoding="utf-8")
    assert requite.compile(as_given(path)).name == "fees"


def test_a_document() -> None:
    document = f"# Fees\n\nWords.\n\n```requite\n{SCHEME}```\n"
    assert requite.compile(document).name == "fees"
    assert requite.compile(document, "fees.md").program.files.keys() == {"fees.md"}


def test_warnings_are_told() -> None:
    found = requite.compile("ruleset a\nrecord row\n  key id: text\nfor each row\n  let unused = id\n  show id\n")
    assert [d.code for d in found.diagnostics] == ["unused-name"]


def test_what_is_wrong_with_a_ruleset() -> None:
    with pytest.raises(requite.RulesetError) as caught:
        requite.compile(SCHEME.replace("list_size\n", "list_sise\n"), "mine.requite")
    assert "unknown-name" in {d.code for d in caught.value.diagnostics}
    assert "mine.requite:16:25: error[unknown-name]" in str(caught.value)
    assert "list_size" in str(caught.value)
    with pytest.raises(requite.RulesetError, match=r"there is no file `nowhere\.requite`"):
        requite.compile("nowhere.requite")
    with pytest.raises(requite.RulesetError):
        requite.compile("")


# --- data ---------------------------------------------------------------------------------------------------------------


def test_rows(fees: requite.Ruleset) -> None:
    run = fees.run(practice=ROWS, known=date(2020, 3, 1))
    assert amounts(run) == AMOUNTS
    assert repr(run) == "<Run of fees: 4 payments, 0 findings>"
    assert run.manifest["known"] == "2020-03-01"
    assert run.manifest["engine"]["name"] == "duckdb"


FORMS: dict[str, Callable[[], object]] = {
    "pandas": lambda: pd.DataFrame(ROWS),
    "polars": lambda: pl.DataFrame(ROWS),
    "polars, lazy": lambda: pl.LazyFrame(ROWS),
    "arrow": lambda: pa.Table.from_pylist(ROWS),
    "arrow, once": lambda: pa.Table.from_pylist(ROWS).to_reader(),
    "a generator": lambda: (row for row in ROWS),
}


@pytest.mark.parametrize("form", FORMS)
def test_frames(fees: requite.Ruleset, form: str) -> None:
    run = fees.run(practice=FORMS[form]())
    assert amounts(run) == AMOUNTS
    assert "list_size = 250" in str(run.explain("P2"))


CELLS: dict[str, tuple[object, list[str]]] = {
    "Polars, categorical": (pl.Series(["10.50", None, "20"], dtype=pl.Categorical), ["10.50", "", "20.00"]),
    "Polars, enum": (pl.Series(["20", "10.50", None], dtype=pl.Enum(["10.50", "20"])), ["20.00", "10.50", ""]),
    "pandas, categorical": (pd.Series(pd.Categorical(["20", None, "20"])), ["20.00", "", "20.00"]),
    "pandas, categories of floats": (pd.Series(pd.Categorical([0.1, 2.5, None])), ["0.10", "2.50", ""]),
    "pandas, blank whole numbers": (pd.Series([1, None, 3], dtype="Int64"), ["1.00", "", "3.00"]),
}


@pytest.mark.parametrize("engine", ["duckdb", "interpret"])
@pytest.mark.parametrize("form", CELLS)
def test_columns_of_frames(form: str, engine: Literal["duckdb", "interpret"]) -> None:
    bills = requite.compile("ruleset bills\nrecord bill\n  key id: text\n  paid: money optional\nfor each bill\n  show paid\n")
    column, expected = CELLS[form]
    frame = (pl.DataFrame if isinstance(column, pl.Series) else pd.DataFrame)({"id": ["B1", "B2", "B3"], "paid": column})
    run = bills.run(bill=frame, engine=engine)
    assert len(run.rejects) == 0
    assert [row["value"] or "" for row in run.figures.arrow().to_pylist()] == expected


def test_periods_are_no_numbers() -> None:
    counts = requite.compile("ruleset counts\nrecord month\n  key id: text\n  beds: count\nfor each month\n  show beds\n")
    run = counts.run(month=pd.DataFrame({"id": ["M1"], "beds": pd.PeriodIndex(["2020-01"], freq="M")}))
    assert [row["reason"] for row in run.rejects.arrow().to_pylist()] == ["is a Period, which no field can hold"]


KEY = "0B0e6b52-9c6d-4D4f-8a68-3f1de81f2a11"
UUIDS: dict[str, Callable[[], object]] = {
    "Python": lambda: [{"id": UUID(KEY), "paid": 5}],
    "pandas": lambda: pd.DataFrame({"id": [UUID(KEY)], "paid": [5]}),
    "Arrow": lambda: pa.table({"id": pa.array([UUID(KEY).bytes], pa.uuid()), "paid": [5]}),
    "DuckDB": lambda: duckdb.sql(f"SELECT '{KEY}'::UUID AS id, 5 AS paid"),
}


@pytest.mark.parametrize("engine", ["duckdb", "interpret"])
@pytest.mark.parametrize("form", UUIDS)
def test_uuids_are_text(form: str, engine: Literal["duckdb", "interpret"]) -> None:
    bills = requite.compile("ruleset bills\nrecord bill\n  key id: text\n  paid: money\nfor each bill\n  show paid\n")
    run = bills.run(bill=UUIDS[form](), engine=engine)
    assert [row["key"] for row in run.figures.arrow().to_pylist()] == [KEY.lower()]
    assert len(run.rejects) == 0


def test_a_uuid_is_no_number() -> None:
    bills = requite.compile("ruleset bills\nrecord bill\n  key id: text\n  paid: money\nfor each bill\n  show paid\n")
    run = bills.run(bill=[{"id": "B1", "paid": UUID(KEY)}])
    assert [(row["field"], row["value"]) for row in run.rejects.arrow().to_pylist()] == [("paid", KEY.lower())]


@pytest.mark.parametrize(
    ("given", "message"),
    [
        (pd.Series([1, 2]), r"is a Series, a single column without rows.*`to_frame`"),
        (pl.Series([1, 2]), r"is a Series, a single column without rows.*`to_frame`"),
        (pa.chunked_array([[1, 2]]), r"is a ChunkedArray, a single column without rows"),
        (pa.array([1, 2]), r"is a Int64Array, a single column without rows"),
        (
            pl.DataFrame({"code": ["P1"], "list_size": pl.Series([1], dtype=pl.Int128)}),
            r"has columns of types that cannot be read: list_size \(Int128\).*Turn those columns into text",
        ),
        (pl.Series([1], dtype=pl.Int128), r"is a Series that makes no Arrow table.*Give a path"),
    ],
    ids=["of pandas", "of Polars", "chunks of Arrow", "of Arrow", "a type that Arrow lacks", "a column of it"],
)
def test_what_makes_no_table(fees: requite.Ruleset, given: object, message: str) -> None:
    with pytest.raises(requite.DataError, match=rf"(?s)the data given for practice {message}") as caught:
        fees.run(practice=given)
    assert [found.code for found in caught.value.problems] == ["not-rows"]


@pytest.mark.parametrize("given", [5, None, b"ruleset fees", ["fees.requite"]])
def test_a_ruleset_is_a_text_or_a_path(given: Any) -> None:
    with pytest.raises(requite.DataError, match=r"(?s)the ruleset is .*, and must be a text or a path.*Give the text") as caught:
        requite.compile(given)
    assert [found.code for found in caught.value.problems] == ["wrong-use"]


def test_a_relation(fees: requite.Ruleset) -> None:
    with duckdb.connect() as connection:
        relation = connection.from_arrow(pa.Table.from_pylist(ROWS))
        run = fees.run(practice=relation)
        assert amounts(run) == AMOUNTS
        assert "list_size = 100" in str(run.explain("P1"))


def test_files(fees: requite.Ruleset, tmp_path: Path) -> None:
    for number, row in enumerate(ROWS):
        pq.write_table(pa.Table.from_pylist([row]), tmp_path / f"{number}.parquet")
    assert amounts(fees.run(practice=tmp_path)) == AMOUNTS
    assert amounts(fees.run({"practice": str(tmp_path / "*.parquet")})) == AMOUNTS
    assert amounts(fees.run(practice=[tmp_path / "0.parquet", tmp_path / "1.parquet"], memory="500MB", threads=1)) == AMOUNTS


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({}, "no data for practice"),
        ({"practise": ROWS, "practice": ROWS}, "Did you mean practice"),
        ({"practice": "nowhere.csv"}, "nowhere.csv"),
        ({"practice": 5}, "is a int, not rows"),
        ({"practice": None}, "is None"),
        ({"practice": [{"code": "P1"}]}, "list_size"),
        ({"practice": [["P1", 100]]}, "for practice holds no rows: its first item is a list"),
        ({"practice": [pd.DataFrame(ROWS)]}, "for practice holds no rows: its first item is a DataFrame"),
        ({"practice": io.StringIO("code,list_size\nP1,100\n")}, "the data given for practice is a StringIO, not rows"),
        ({"practice": io.BytesIO(b"code,list_size\nP1,100\n")}, "the data given for practice is a BytesIO, not rows"),
        (ROWS, r"the data is a list, .* Give it by the name of the record"),
    ],
)
def test_what_is_wrong_with_data(fees: requite.Ruleset, given: Any, message: str) -> None:
    with pytest.raises(requite.DataError, match=f"(?s){message}"):
        fees.run(given)


@pytest.mark.parametrize("known", ["2014-03-01", datetime(2014, 3, 1, 5, 0), 20140301])
def test_what_is_known_is_known_on_a_day(fees: requite.Ruleset, known: Any) -> None:
    with pytest.raises(requite.DataError, match="must be a day"):
        fees.run(practice=ROWS, known=known)


def test_help_names_options_as_they_are_given_here(fees: requite.Ruleset, tmp_path: Path) -> None:
    with pytest.raises(requite.DataError, match=r"Add practice=DATA\."):
        fees.run()
    with pytest.raises(requite.DataError, match=r"Add estimate=DATA spell=DATA\."):
        requite.compile(CHECKS).run()
    fees.run(practice=ROWS, out=tmp_path / "out")
    with pytest.raises(requite.DataError, match=r"overwrite=True") as caught:
        fees.run(practice=ROWS, out=tmp_path / "out")
    assert "--" not in str(caught.value)
    carried = fees.run(practice=ROWS, out=tmp_path / "before").folder
    with pytest.raises(requite.DataError, match=r"Leave out brought_forward\."):
        fees.run(practice=ROWS, brought_forward=carried)


def test_fewer_than_no_records_cannot_be_checked(fees: requite.Ruleset) -> None:
    with pytest.raises(requite.DataError, match="none is the least"):
        fees.run(practice=ROWS, check_engines=-1)


@pytest.mark.parametrize(
    ("option", "message"),
    [
        ({"threads": "2"}, "threads is '2', and must be a whole number"),
        ({"threads": 1.5}, "threads is 1.5, and must be a whole number"),
        ({"check_engines": 1.5}, "check_engines is 1.5, and must be a whole number"),
        ({"check_engines": True}, "check_engines is True, and must be a whole number"),
        ({"memory": 1000}, "memory is 1000, and must be a text"),
        ({"out": 5}, "out is 5, and must be a folder"),
        ({"brought_forward": 2012}, "brought_forward is 2012, and must be a folder"),
        ({"overwrite": "no"}, "overwrite is 'no', and must be yes or no"),
        ({"resume": 1}, "resume is 1, and must be yes or no"),
        ({"progress": "bar"}, "progress is 'bar', and must be a function"),
    ],
)
def test_options_of_another_kind(fees: requite.Ruleset, option: dict[str, Any], message: str) -> None:
    with pytest.raises(requite.DataError, match=message):
        fees.run(practice=ROWS, **option)


@pytest.mark.parametrize("engine", ["duckdb", "interpret"])
def test_a_relation_that_fails_is_told_in_words(fees: requite.Ruleset, engine: Literal["duckdb", "interpret"]) -> None:
    connection = duckdb.connect()
    failing = connection.sql(
        "SELECT CAST('x' || i AS INTEGER) AS code, 1 AS list_size, 'me' AS given_by, 1 AS budget FROM range(3) t(i)"
    )
    with pytest.raises(
        requite.DataError, match="the DuckDB relation given for practice cannot be read: Conversion Error"
    ) as caught:
        fees.run(practice=failing, engine=engine)
    assert "Put its query right" in str(caught.value)
    connection.close()
    with pytest.raises(requite.DataError, match="cannot be read: Connection Error"):
        fees.run(practice=failing, engine=engine)


def test_a_generator_holds_its_rows_once(fees: requite.Ruleset) -> None:
    rows = (row for row in ROWS)
    assert amounts(fees.run(practice=rows)) == amounts(fees.run(practice=ROWS)) != []
    with pytest.raises(requite.DataError, match="a generator that has given all its rows already holds none"):
        fees.run(practice=rows)


def test_what_is_wrong_with_options(fees: requite.Ruleset) -> None:
    with pytest.raises(requite.DataError, match="there is no engine quick"):
        fees.run(practice=ROWS, engine="quick")  # type: ignore[arg-type]
    with pytest.raises(requite.DataError, match="no amount of memory"):
        fees.run(practice=ROWS, memory="much")


# --- results ------------------------------------------------------------------------------------------------------------


def test_results_as_frames(fees: requite.Ruleset) -> None:
    payments = fees.run(practice=ROWS).payments
    from_arrow: Callable[[object], pd.DataFrame] = pd.DataFrame.from_arrow  # type: ignore[attr-defined]
    assert from_arrow(payments)["amount"].tolist() == AMOUNTS
    assert payments.arrow().to_pandas()["amount"].tolist() == AMOUNTS
    assert pl.DataFrame(payments)["amount"].to_list() == AMOUNTS
    assert pa.table(payments).column_names == list(COLUMNS["payments"])
    assert payments.relation().aggregate("sum(amount)").fetchall() == [(Decimal("55.00"),)]
    assert [batch.num_rows for batch in payments.batches(3)] == [3, 1]
    assert len(payments) == 4
    assert repr(payments) == "<payments: 4 rows>"


def test_every_table_is_there(bills: requite.Run) -> None:
    for name in COLUMNS:
        table = getattr(bills, name)
        assert table.name == name
        assert table.arrow().column_names == list(COLUMNS[name])
    assert [row["key"] for row in bills.findings.arrow().to_pylist()] == ["RXX|1"]
    assert [row["key"] for row in bills.not_assessable.arrow().to_pylist()] == ["RXX|2"]
    assert [row["value"] for row in bills.rejects.arrow().to_pylist()] == ["a lot"]
    assert sum(row["read"] for row in bills.counts.arrow().to_pylist()) == 5


def test_a_table_in_a_notebook(bills: requite.Run) -> None:
    shown = bills.findings._repr_html_()
    assert "<caption>findings: 1 row</caption>" in shown
    assert "<b>" not in shown
    assert "£120.00 &lt;b&gt;&amp; more&lt;/b&gt;" in shown
    assert '<td style="text-align:right">20.00</td>' in shown
    assert '<td style="text-align:left">RXX|1</td>' in shown
    assert re.findall("<th>(.*?)</th>", shown) == list(COLUMNS["findings"])
    assert "0 rows" in bills.payments._repr_html_()
    assert "None" not in shown


def test_a_long_table_in_a_notebook(fees: requite.Ruleset) -> None:
    rows = [{**ROWS[0], "code": f"P{number}"} for number in range(30)]
    shown = fees.run(practice=rows).payments._repr_html_()
    assert "payments: the first 20 of 60 rows" in shown
    assert shown.count("<tr>") == 21


# --- explanations and SQL -----------------------------------------------------------------------------------------------


def test_why(fees: requite.Ruleset) -> None:
    why = fees.run(practice=ROWS).explain("P2")
    assert "budget = £50.00" in str(why)
    assert "refused" in str(why)
    assert why._repr_markdown_().startswith("#")
    assert [d.amount for d in why.explanation.decisions] == ["£25.00", "£0.00"]


def test_keys_of_several_parts(bills: requite.Run) -> None:
    assert str(bills.explain("RXX|1")) == str(bills.explain("RXX", 1)) == str(bills.explain("RXX", "1", record="spell"))


def test_keys_that_are_not_there(fees: requite.Ruleset, bills: requite.Run) -> None:
    with pytest.raises(LookupError, match=r"(?s)no .*has the key RXX\|9.*RXX\|1"):
        bills.explain("RXX", 9)
    with pytest.raises(LookupError, match="no record spel"):
        bills.explain("RXX|1", record="spel")
    with pytest.raises(LookupError, match="P7"):
        fees.run(practice=ROWS).explain("P7")


def test_a_key_of_several_records() -> None:
    run = requite.compile(CHECKS.replace("  key number: count\n", "")).run(
        spell=[{"provider": "E1", "estimate": "E1", "billed": 120}], estimate=ESTIMATES
    )
    with pytest.raises(LookupError, match="record='estimate' or record='spell'"):
        run.explain("E1")
    assert "billed = £120.00" in str(run.explain("E1", record="spell"))


def test_data_that_has_changed_is_not_explained(fees: requite.Ruleset, tmp_path: Path) -> None:
    path = tmp_path / "practice.parquet"
    pq.write_table(pa.Table.from_pylist(ROWS), path)
    run = fees.run(practice=path)
    pq.write_table(pa.Table.from_pylist(ROWS[:1]), path)
    with pytest.raises(requite.DataError, match="has changed since the run"):
        run.explain("P1")


def test_rows_that_have_changed_are_not_explained(fees: requite.Ruleset) -> None:
    rows = [dict(row) for row in ROWS]
    run = fees.run(practice=rows)
    rows[0]["list_size"] = 110
    with pytest.raises(requite.DataError, match="amount"):
        run.explain("P1")


def test_sql(fees: requite.Ruleset) -> None:
    assert "CREATE TEMP TABLE" in fees.sql()
    assert "CREATE TEMPORARY VIEW" in fees.sql("spark")
    assert fees.run(practice=ROWS).sql() == fees.sql()


# --- engines and folders ------------------------------------------------------------------------------------------------


def test_the_engines_agree(bills: requite.Run, tmp_path: Path) -> None:
    other = bills.ruleset.run(spell=SPELLS, estimate=ESTIMATES, engine="interpret", out=tmp_path / "out")
    assert other.manifest["engine"]["name"] == "interpret"
    for name in COLUMNS:
        texts = []
        for run in (bills, other):
            csv_of(run.folder / f"{name}.parquet", tmp_path / "table.csv")
            texts.append((tmp_path / "table.csv").read_bytes())
        assert texts[0] == texts[1]


def test_a_run_is_checked_by_the_interpreter(fees: requite.Ruleset) -> None:
    assert fees.run(practice=ROWS, check_engines=2).summary.checked == 2


@pytest.fixture
def temporary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "temporary"
    folder.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(folder))
    return folder


def test_a_run_that_is_let_go_of_leaves_nothing(fees: requite.Ruleset, temporary: Path) -> None:
    run = fees.run(practice=ROWS)
    assert run.folder.is_relative_to(temporary)
    run.explain("P1")
    del run
    gc.collect()
    assert list(temporary.iterdir()) == []


def test_what_is_made_of_a_run_holds_it(fees: requite.Ruleset, temporary: Path) -> None:
    payments = fees.run(practice=ROWS).payments
    paid = payments.relation().filter("amount > 10")
    batches: Iterator[Any] = payments.batches(1)
    del payments
    gc.collect()
    assert paid.aggregate("count(*)").fetchall() == [(2,)]
    assert len(list(batches)) == 4
    del paid, batches
    gc.collect()
    assert list(temporary.iterdir()) == []


def test_a_run_that_fails_leaves_nothing(fees: requite.Ruleset, temporary: Path) -> None:
    with pytest.raises(requite.DataError):
        fees.run(practice="nowhere.csv")
    assert list(temporary.iterdir()) == []


def test_a_run_held_to_the_end_leaves_nothing(tmp_path: Path) -> None:
    program = f"import requite\nrun = requite.compile({SCHEME!r}).run(practice={ROWS[:1]!r})\nprint(run.folder)\n"
    program = program.replace("Decimal('200.00')", "200")
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", program],
        env={"TMPDIR": str(tmp_path)},
        capture_output=True,
        text=True,
        check=True,
        timeout=120,
    )
    assert done.stderr == ""
    assert Path(done.stdout.strip()).is_relative_to(tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_what_was_forked_leaves_a_run_to_the_process_that_made_it(fees: requite.Ruleset, temporary: Path) -> None:
    run = fees.run(practice=ROWS)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # newer Pythons warn of forking a process with threads
        child = os.fork()
    if child == 0:
        del run
        gc.collect()
        os._exit(0)
    assert os.waitpid(child, 0)[1] == 0
    assert amounts(run) == AMOUNTS
    del run
    gc.collect()
    assert list(temporary.iterdir()) == []


def test_errors_come_whole_out_of_another_process(fees: requite.Ruleset) -> None:
    with pytest.raises(requite.RulesetError) as caught:
        requite.compile("ruleset slip\nrecord")
    again = pickle.loads(pickle.dumps(caught.value))
    assert (type(again), str(again)) == (requite.RulesetError, str(caught.value))
    assert [d.to_json() for d in again.diagnostics] == [d.to_json() for d in caught.value.diagnostics]
    with pytest.raises(requite.DataError) as refused:
        fees.run(practise=ROWS)
    other = pickle.loads(pickle.dumps(refused.value))
    assert (str(other), other.problems) == (str(refused.value), refused.value.problems)


def test_a_folder_that_is_named_stays(fees: requite.Ruleset, tmp_path: Path) -> None:
    run = fees.run(practice=ROWS, out=tmp_path / "out")
    assert run.folder == tmp_path / "out"
    del run
    gc.collect()
    assert (tmp_path / "out" / "payments.parquet").is_file()
    with pytest.raises(requite.DataError, match="holds the results of an earlier run"):
        fees.run(practice=ROWS, out=tmp_path / "out")
    assert amounts(fees.run(practice=ROWS[:1], out=tmp_path / "out", overwrite=True)) == AMOUNTS[0::2]


def test_a_run_is_found_from_another_folder(fees: requite.Ruleset, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path)
    run = fees.run(practice=ROWS, out="out")
    monkeypatch.chdir(tmp_path / "elsewhere")
    assert amounts(run) == AMOUNTS
    assert "list_size = 250" in str(run.explain("P2"))


def test_what_the_package_offers() -> None:
    for name in requite.__all__:
        assert getattr(requite, name) is not None
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        requite.nothing  # noqa: B018
