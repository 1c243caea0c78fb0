"""Runs by the database: the same results as by the interpreter, errors in plain words, and going on where one was stopped."""

from __future__ import annotations

import errno
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from sqlglot import exp

from requite.dsl.load import load_program
from requite.dsl.program import Program
from requite.engine import run as driver
from requite.engine import sampling
from requite.engine.columnar import outputs, sessions
from requite.engine.columnar import sql as s
from requite.engine.columnar.frames import Statement
from requite.engine.columnar.sql import column, select_of
from requite.engine.columnar.stored import FEW_TEXTS, few_texts
from requite.engine.csv_files import csv_of
from requite.engine.reading.problems import DataError
from requite.engine.results import COLUMNS, safe_cell, write_csv
from requite.engine.run import RunSummary, run
from requite.engine.settings import Settings
from requite.engine.verify import verify
from tests.data.support import program
from tests.rulesets.support import RULESETS

SAVINGS = """
payee gps "The GPs"
record practice "A practice"
  key code: text
  budget: money
  spend: money
record claim "A claim"
  key id: text
  practice: practice
  billed: money
  agreed: money optional
table terms "Terms"
  key code: text
  rate: percent
scheme savings "Savings" for each practice
  settles with the period
  brought forward debt: money, £0 at the start
  let saved = max(£0, budget - spend)
  let claimed = total of billed over each claim
  needs terms[code] is known
  payment reward "Reward" to gps spent on "new chairs"
    amount terms[code].rate of saved
    at most £50
  charge dear "Dear claims" to practice
    amount 1% of claimed
  carry forward max(£0, debt + spend - budget) as debt
  let third = claimed / 3
  show saved, third
check overbilled "Overbilled" for each claim
  needs agreed is known
  expected agreed
  flag when billed > expected
  reason "billed {billed} in {id}"
check empty "Nothing" for each claim
  requires billed > £0
  flag when billed > £1,000,000
  expected £1,000,000
challenge each claim once for the largest overcharge
  ties in the order overbilled, empty
"""

ENGINES = ("interpret", "duckdb")


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("practice.csv").write_text("code,budget,spend\nP1,£100,£80\nP2,100,250\nP3,100,x\nP4,1,1\nP5,1000.00,0.01\n")
    Path("terms.csv").write_text("code,rate\nP1,50%\nP2,50%\nP5,33.333%\n")
    claims = [f'"C,{i}",P{i % 6},{i * 37 % 900}.{i % 100:02d},{"" if i % 7 == 0 else 300}' for i in range(400)]
    Path("claim.csv").write_text("id,practice,billed,agreed\n" + "\n".join([*claims, '"C,1",P1,1,1', "=cmd,P1,5000000,2"]) + "\n")


@pytest.fixture(scope="module")
def made() -> Program:
    return program(SAVINGS, "savings.requite")


INPUTS = {"practice": "practice.csv", "terms": "terms.csv", "claim": "claim.csv"}


def settled(made: Program, out: str = "out", **options: Any) -> RunSummary:
    return run(made, INPUTS, out, known=date(2018, 1, 1), **options)


def manifest(out: str = "out") -> Any:
    return json.loads((Path(out) / "manifest.json").read_text(encoding="utf-8"))


# --- the same by every engine -------------------------------------------------------------------------------------------


def test_every_engine_writes_the_same_folder(made: Program) -> None:
    for engine in ENGINES:
        settled(made, engine, csv=True, engine=engine)
    for name in COLUMNS:
        assert Path(f"duckdb/{name}.csv").read_bytes() == Path(f"interpret/{name}.csv").read_bytes(), name
        one, other = (pq.read_table(f"{engine}/{name}.parquet") for engine in ENGINES)
        assert one.schema.names == other.schema.names
        assert [field.type for field in one.schema] == [field.type for field in other.schema], name
        assert one.to_pylist() == other.to_pylist()
    assert "'=cmd" in Path("duckdb/findings.csv").read_text()
    assert len(Path("duckdb/findings.csv").read_text().splitlines()) > 100
    assert len(Path("duckdb/rejects.csv").read_text().splitlines()) == 4


def test_what_is_done_for_many_rows_comes_to_the_same(made: Program, monkeypatch: pytest.MonkeyPatch) -> None:
    settled(made, "few", csv=True)
    monkeypatch.setattr("requite.engine.columnar.numbered.FEW_ROWS", 0)
    monkeypatch.setattr("requite.engine.columnar.numbered.MANY_ROWS", 0)
    monkeypatch.setattr("requite.engine.columnar.reading.beside.FEW_ROWS", 0)
    said: list[str] = []
    monkeypatch.setattr(sessions.Session, "_run", _told(sessions.Session._run, said))
    settled(made, "many", csv=True)
    for name in COLUMNS:
        assert Path(f"many/{name}.csv").read_bytes() == Path(f"few/{name}.csv").read_bytes(), name
    assert any("COPY" in text and "numbered_claim.parquet" in text for text in said)
    assert any("statuses_of_decided" in text for text in said)


@pytest.mark.parametrize("many", [20_000_000, 0])
def test_tables_are_let_go_of_once_nothing_reads_them(made: Program, many: int, monkeypatch: pytest.MonkeyPatch) -> None:
    settled(made, "few", csv=True)
    monkeypatch.setattr("requite.engine.columnar.numbered.FEW_ROWS", 0)
    monkeypatch.setattr("requite.engine.columnar.numbered.MANY_ROWS", many)
    gone: list[str] = []
    there: list[set[str]] = []
    real = sessions.Session.let_go

    def let_go(self: sessions.Session, statements: Any) -> None:
        statements = list(statements)
        gone.extend(one.name for one in statements)
        real(self, statements)

    def write_table(statement: Any, path: Path, base: sessions.Session) -> None:
        tables = base.connection.execute("SELECT table_name FROM duckdb_tables() WHERE temporary").fetchall()
        files = [path.stem for path in base.folder.glob("*.parquet")] if base.folder is not None else []
        there.append({str(name) for (name,) in tables} | set(files))
        outputs.write_table(statement, path, base)

    monkeypatch.setattr(sessions.Session, "let_go", let_go)
    monkeypatch.setattr("requite.engine.columnar.running.write_table", write_table)
    settled(made, "many", csv=True)
    assert "numbered_claim" in gone
    assert any(name.startswith("statuses_of_") for name in gone)
    assert not there[0] & set(gone)
    for name in COLUMNS:
        assert Path(f"many/{name}.csv").read_bytes() == Path(f"few/{name}.csv").read_bytes(), name


def test_what_was_let_go_of_can_be_made_again(tmp_path: Path) -> None:
    numbers = Statement("numbers", "some numbers", exp.Select(expressions=[s.aliased(s.whole(7), "n")]))
    large = Statement("more", "more of them", select_of([column("n")], "numbers"), large=True)
    with sessions.session(tmp_path, Settings().chosen(), kept=False) as here:
        for statement in (numbers, large):
            here.make(statement)
        assert here.row("SELECT n FROM more") == (7,)
        here.let_go([large, numbers])
        assert not list(tmp_path.glob("*.parquet"))
        with pytest.raises(duckdb.CatalogException):
            here.row("SELECT n FROM more")
        here.make_again([numbers, large])
        assert here.row("SELECT n FROM more") == (7,)


CODED = """
record area
  key code: text
  kind: text
record visit
  key id: text
  area: area optional
  ward: text
  kind: text optional
  setting: one of day, night
  paid: money
check ward_is_kind for each visit
  flag when ward is (kind else "b'")
  overcharge paid
  reason "{ward}"
  challenge ward answers within 10 working days, otherwise lapsed
check kind_of_area for each visit
  needs area is known
  needs kind is known
  flag when kind is area.kind or kind is "nowhere"
  overcharge paid
  reason "{setting} in {area}: {kind}"
check twice for each visit
  match an earlier visit as last with the same area, ward latest by id
  flag when paid > £20
  overcharge paid
  reason "{last.ward} and {last.id}"
for each visit
  let where = ward when setting is day, otherwise "-"
  show where, kind
"""


def test_codes_come_to_what_texts_do(monkeypatch: pytest.MonkeyPatch) -> None:
    areas, kinds = [None, "X", "Y", "lost"], ["o'b", "B", "a b", None, "A", "b"]
    rows = [
        {"id": f"V{i:03}", "area": areas[i % 4], "ward": f"W{i * 7 % 11}" if i % 3 else "b'", "kind": kinds[i % 6],
         "setting": ["day", "night"][i % 2], "paid": i} for i in range(60)
    ]  # fmt: skip
    pq.write_table(pa.Table.from_pylist(rows), "visit.parquet")
    Path("area.csv").write_text("code,kind\nX,B\nY,a b\n")
    made = program(CODED, "coded.requite")
    monkeypatch.setattr("requite.engine.columnar.numbered.FEW_ROWS", 0)
    monkeypatch.setattr("requite.engine.columnar.reading.cells.TRIED", 40)
    said: list[str] = []
    monkeypatch.setattr(sessions.Session, "_run", _told(sessions.Session._run, said))
    for engine in ENGINES:
        run(made, {"visit": "visit.parquet", "area": "area.csv"}, engine, engine=engine)
    (numbered,) = [text for text in said if 'TABLE "numbered_visit"' in text]
    assert """CAST("s"."kind" AS ENUM('A', 'B', 'a b', 'b', 'o''b'))""" in numbered
    assert numbered.count("AS ENUM(") == 5
    for name in COLUMNS:
        one, other = (pq.read_table(f"{engine}/{name}.parquet") for engine in ENGINES)
        assert [field.type for field in one.schema] == [field.type for field in other.schema], name
        assert one.to_pylist() == other.to_pylist(), name
    found = pq.read_table("duckdb/findings.parquet").column("check").to_pylist()
    assert set(found) == {"ward_is_kind", "kind_of_area", "twice"}


def test_texts_that_are_few_in_each_file_alone_are_not_enumerated() -> None:
    assert few_texts({"b", "a"}) == ("a", "b")
    assert few_texts([f"W{number:04}" for number in range(FEW_TEXTS + 1)]) == ()


@pytest.mark.parametrize("name", ["[1]", "*", "a?", "o'b"])
def test_a_folder_whose_name_looks_like_a_pattern(
    made: Program, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    """Read or written, a path is that file and no other, for few rows as for many."""
    settled(made, "plain", csv=True, engine="duckdb")
    (tmp_path / name).mkdir()
    for file in INPUTS.values():
        shutil.move(file, tmp_path / name / file)
    monkeypatch.chdir(tmp_path / name)
    settled(made, f"few{name}", csv=True, engine="duckdb")
    monkeypatch.setattr("requite.engine.columnar.numbered.FEW_ROWS", 0)
    monkeypatch.setattr("requite.engine.columnar.numbered.MANY_ROWS", 0)
    settled(made, f"many{name}", csv=True, engine="duckdb")
    for table in COLUMNS:
        plain = (tmp_path / "plain" / f"{table}.csv").read_bytes()
        assert [Path(f"{many}{name}", f"{table}.csv").read_bytes() for many in ("few", "many")] == [plain, plain], table


def _told(run: Any, said: list[str]) -> Any:
    def told(session: Any, text: str, statement: Any) -> Any:
        said.append(text)
        return run(session, text, statement)

    return told


def test_the_manifest_is_the_same_but_for_the_engine(made: Program) -> None:
    for engine in ENGINES:
        settled(made, engine, engine=engine)
    one, other = manifest("interpret"), manifest("duckdb")
    assert other["engine"] == {
        "name": "duckdb",
        "version": duckdb.__version__,
        "memory": other["engine"]["memory"],
        "threads": other["engine"]["threads"],
    }
    assert one["engine"]["name"] == "interpret"
    for found in (one, other):
        del found["engine"], found["times"]
        for output in found["outputs"]:
            del output["sha256"]
    assert one == other


def test_what_a_run_comes_to_is_the_same_by_every_engine(made: Program) -> None:
    one, other = (settled(made, engine, engine=engine).overview for engine in ENGINES)
    assert one == other
    assert one.payments
    assert one.findings
    assert one.refused
    assert one.rejected


def test_a_run_by_one_engine_is_verified_by_another(made: Program) -> None:
    for engine, other in (ENGINES, ENGINES[::-1]):
        settled(made, engine, engine=engine, csv=True)
        assert verify(engine) == []
        assert verify(engine, engine=other) == []
    assert not list(Path().glob(".*"))


def test_a_changed_amount_is_found_by_another_engine(made: Program) -> None:
    settled(made)
    table = pq.read_table("out/payments.parquet")
    position = table.column_names.index("amount")
    doubled = pa.array([value * 2 for value in table["amount"].to_pylist()], table.schema.field("amount").type)
    pq.write_table(table.set_column(position, "amount", doubled), "out/payments.parquet")
    assert "payments row 1: amount was 20.00, and is now 10.00" in [str(d) for d in verify("out", engine="interpret")]


@pytest.mark.parametrize(
    "name", ["claims/kingston.md", "incentives/north_bradford.md", "claims/nhs_tariff.md", "medicare/shared_savings.md"]
)
def test_the_rulesets_give_the_same_bytes_on_empty_and_literal_data(name: str) -> None:
    made, _ = load_program(RULESETS / name)
    assert made is not None
    inputs: dict[str, object] = {
        r.name: [] for r in made.records.values() if not r.derived_from and r.rows is None and not r.file and r.name
    }
    for engine in ENGINES:
        run(made, inputs, engine, known=date(2020, 1, 1), csv=True, engine=engine)
    for path in Path("duckdb").glob("*.csv"):
        assert path.read_bytes() == Path("interpret", path.name).read_bytes(), path.name


TEXTS = [
    "",
    "plain",
    "a,b",
    'a"b',
    "a\nb",
    "a\rb",
    "=1+1",
    "-5",
    "-5.25%",
    "-x",
    "+1",
    "@a",
    "\ta",
    "'",
    "é\U0001f600",
    " a ",
    "#",
    "NULL",
    "a\x1b[31mb\x00\x9f\x7f\tc",
    "\x07=1",
    None,
]


def test_the_database_writes_csv_as_python_does() -> None:
    rows = {
        "text": pa.array(TEXTS, pa.string()),
        "amount": pa.array([None, "1.2000", "-0.0100", "5.1234", *["7.0000"] * (len(TEXTS) - 4)]).cast(pa.decimal128(38, 4)),
        "whole": pa.array([None, *range(1, len(TEXTS))], pa.int64()),
        "yes": pa.array([None, True, False, *[True] * (len(TEXTS) - 3)]),
        "parts": pa.array([["a"]] * len(TEXTS)),
    }
    pq.write_table(pa.table(rows), "t.parquet", row_group_size=4)
    csv_of(Path("t.parquet"), Path("t.csv"))
    write_csv(pa.table(rows), Path("p.csv"))
    assert Path("t.csv").read_bytes() == Path("p.csv").read_bytes()
    assert Path("t.csv").read_bytes().splitlines()[2] == b"plain,1.20,1,yes"
    assert safe_cell("-5.25%") == "-5.25%"
    assert not set(Path("t.csv").read_text()) & {chr(n) for n in (*range(9), 11, 12, *range(14, 32), *range(127, 160))}
    assert "a\N{REPLACEMENT CHARACTER}[31mb" in Path("t.csv").read_text()


def test_amounts_of_more_than_38_digits_are_written_as_they_are() -> None:
    wide = pa.table({"amount": pa.array(["123456789012345678901234567890123456789012.50"]).cast(pa.decimal256(76, 2))})
    pq.write_table(wide, "t.parquet")
    csv_of(Path("t.parquet"), Path("t.csv"))
    assert Path("t.csv").read_text() == "amount\n123456789012345678901234567890123456789012.50\n"


# --- checked by the interpreter -----------------------------------------------------------------------------------------


def test_a_sample_is_decided_again(made: Program) -> None:
    assert settled(made, check_engines=30).checked == 30
    assert settled(made, "all", check_engines=10_000).checked > 400
    assert settled(made, "none", engine="interpret", check_engines=5).checked == 0


def test_a_difference_between_the_engines_fails_loudly(made: Program, monkeypatch: pytest.MonkeyPatch) -> None:
    write = driver.settle

    def wrong(job: Any, place: Any, *more: Any, **others: Any) -> Any:
        done = write(job, place, *more, **others)
        path = place.folder / "findings.parquet"
        table = pq.read_table(path)
        table = table.set_column(table.column_names.index("reason"), "reason", pa.array(["another"] * table.num_rows))
        pq.write_table(table, path)
        return done

    monkeypatch.setattr(driver, "settle", wrong)
    with pytest.raises(DataError, match="duckdb and the interpreter do not agree") as caught:
        settled(made, check_engines=20)
    told = [problem.message for problem in caught.value.problems]
    assert any("reason is another by duckdb, and billed £" in message for message in told), told
    assert len(told) <= sampling.MOST_TOLD + 1
    assert not Path("out").exists()
    assert not list(Path().glob(".*"))


# --- settings -----------------------------------------------------------------------------------------------------------


def test_memory_and_threads_are_kept_to(made: Program) -> None:
    settled(made, memory="300MB", threads=1)
    assert (manifest()["engine"]["memory"], manifest()["engine"]["threads"]) == (300_000_000, 1)


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"memory": "lots"}, "lots is no amount of memory: write a number and a unit, as in 3GB or 512MB"),
        ({"memory": "1KB"}, "1KB is too little memory: 100 MB is the least"),
        ({"threads": 0}, "0 threads are too few"),
        ({"threads": 99_999_999}, "99999999 threads are too many: 1024 is the most"),
        ({"engine": "pandas"}, "there is no engine pandas"),
    ],
)
def test_settings_that_are_none(made: Program, options: dict[str, Any], said: str) -> None:
    with pytest.raises(DataError, match=said):
        settled(made, **options)


# --- going on -----------------------------------------------------------------------------------------------------------


class Stop(Exception):  # noqa: N818
    pass


def made_statements(
    monkeypatch: pytest.MonkeyPatch, stop: str = "", by: Callable[[], BaseException] = KeyboardInterrupt
) -> list[str]:
    """The tables that a run makes, and lets it be interrupted before one."""
    heard: list[str] = []
    real = sessions.Session._run

    def run_statement(self: Any, text: str, statement: Any) -> Any:
        if stop and statement is not None and stop in (statement.name, statement.about):
            raise by()
        if text.startswith("CREATE"):
            heard.append(text.split('"')[1])
        return real(self, text, statement)

    monkeypatch.setattr(sessions.Session, "_run", run_statement)
    return heard


def test_a_run_goes_on_where_it_was_stopped(made: Program, monkeypatch: pytest.MonkeyPatch) -> None:
    settled(made, "whole", csv=True)
    with monkeypatch.context() as patched:
        first = made_statements(patched, "the table findings")
        with pytest.raises(driver.Unfinished):
            settled(made, resume=True, csv=True)
    assert not Path("out").exists()
    assert len(list(Path().glob(".out.*.partial"))) == 1
    with monkeypatch.context() as patched:
        second = made_statements(patched)
        summary = settled(made, resume=True, csv=True)
    assert "decided_1" in first
    assert not set(first) & set(second)
    assert summary.notices == ("an unfinished run of this ruleset on this data is taken up",)
    for path in Path("whole").glob("*.csv"):
        assert path.read_bytes() == Path("out", path.name).read_bytes()
    assert {p.name for p in Path("out").iterdir()} == {p.name for p in Path("whole").iterdir()}
    assert not list(Path().glob(".*"))


def test_only_the_same_run_is_taken_up(made: Program, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patched:
        made_statements(patched, "the table findings")
        with pytest.raises(driver.Unfinished):
            settled(made, resume=True)
    Path("terms.csv").write_text("code,rate\nP1,60%\n")
    summary = settled(made, resume=True)
    assert len(summary.notices) == 2
    assert "was taken away" in summary.notices[0]
    assert summary.notices[1] == "there is no unfinished run of this ruleset on this data: it begins anew"
    assert summary.totals["payments"]["by_payment"]["savings.reward"] == "12.00"
    assert not list(Path().glob(".*"))


def test_a_stopped_run_leaves_nothing_unless_it_is_to_be_resumed(made: Program, monkeypatch: pytest.MonkeyPatch) -> None:
    for by in (KeyboardInterrupt, MemoryError, Stop):
        made_statements(monkeypatch, "the table findings", by)
        with pytest.raises(by):
            settled(made)
        assert not list(Path().glob(".*"))


@pytest.mark.parametrize(
    "error",
    [
        duckdb.IOException('IO Error: Could not write file "out/findings.parquet": No space left on device'),
        duckdb.FatalException(
            "FATAL Error: Failed to create checkpoint because of error: Could not write: No space left on device"
        ),
        OSError(errno.ENOSPC, os.strerror(errno.ENOSPC)),
    ],
    ids=["written", "kept", "system"],
)
def test_a_full_disk_is_told_with_the_room_that_was_there(made: Program, error: Exception, monkeypatch: pytest.MonkeyPatch) -> None:
    settled(made, "whole", csv=True)
    for resume in (False, True):
        with monkeypatch.context() as patched:
            made_statements(patched, "the table findings", lambda: error)
            with pytest.raises(DataError) as caught:
                settled(made, resume=resume)
        (told,) = caught.value.problems
        assert (told.code, told.file) == ("disk-full", str(Path("out").resolve()))
        assert re.fullmatch(
            rf"the disk of {told.file} is full: of its [\d.,]+ .B, [\d.,]+ .B were free when this began", told.message
        )
        assert "another disk" in told.help
        assert len(list(Path().glob(".*"))) == resume, "what is finished is kept where it is to be gone on with"
    assert settled(made, resume=True, csv=True).notices == ("an unfinished run of this ruleset on this data is taken up",)
    for path in Path("whole").glob("*.csv"):
        assert path.read_bytes() == Path("out", path.name).read_bytes()


@pytest.mark.parametrize(("number", "said"), [(errno.EDQUOT, "is used up"), (errno.EFBIG, "would be longer than files may be")])
def test_what_else_leaves_no_room(made: Program, number: int, said: str, monkeypatch: pytest.MonkeyPatch) -> None:
    made_statements(monkeypatch, "the table findings", lambda: duckdb.IOException(f"IO Error: {os.strerror(number)}"))
    with pytest.raises(DataError, match=said):
        settled(made)


def test_another_fault_while_writing_is_not_taken_for_a_full_disk(made: Program, monkeypatch: pytest.MonkeyPatch) -> None:
    made_statements(monkeypatch, "the table findings", lambda: duckdb.IOException("IO Error: Input/output error"))
    with pytest.raises(duckdb.IOException):
        settled(made)


def test_data_that_a_program_hands_over_cannot_be_resumed(made: Program) -> None:
    rows = [{"code": "P1", "budget": 100, "spend": 80}]
    inputs = {**INPUTS, "practice": rows}
    summary = run(made, inputs, "out", resume=True)
    assert summary.notices == ("there is no unfinished run of this ruleset on this data: it begins anew",)


def test_a_killed_run_is_taken_up_and_leaves_no_folder(made: Program, tmp_path: Path) -> None:
    Path("savings.requite").write_text(made.files["savings.requite"])
    arguments = [f"--data={name}={file}" for name, file in INPUTS.items()]
    command = [sys.executable, "-c", KILLED, "run", "savings.requite", *arguments, "--out", "out", "--resume"]
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=tmp_path, timeout=120)
    assert done.returncode == -signal.SIGKILL, done.stderr
    assert not Path("out").exists()
    (left,) = Path().glob(".out.*.partial")
    assert (left / "work" / "run.duckdb").is_file()
    summary = run(_loaded("savings.requite"), INPUTS, "out", resume=True)
    assert summary.notices == ("an unfinished run of this ruleset on this data is taken up",)
    assert verify("out", engine="interpret") == []
    assert not list(Path().glob(".*"))


def _loaded(name: str) -> Program:
    made, _ = load_program(name)
    assert made is not None
    return made


KILLED = """
import os, signal, sys
from requite.engine.columnar import running
def die(*_):
    os.kill(os.getpid(), signal.SIGKILL)
running.rule_counts = die
from requite.api.app import run
run(sys.argv[1:])
"""


def test_what_another_process_works_in_is_let_be(made: Program) -> None:
    with driver.whole_folder(Path("out").resolve(), "x") as place:
        other = settled(made)
        assert place.folder.is_dir()
        assert other.notices == ()
        shutil.rmtree("out")


def test_a_folder_that_was_left_without_a_lock_is_taken_away_once_it_is_old(made: Program) -> None:
    left = Path(".out.0123abcd.partial")
    left.mkdir()
    settled(made)
    assert left.is_dir()
    old = time.time() - 3600
    os.utime(left, (old, old))
    settled(made, overwrite=True)
    assert not left.exists()


# --- what is too large, or cannot be run --------------------------------------------------------------------------------

CUBES = """
payee gps "The GPs"
record spell "A claim"
  key id: text
  a: number
  b: number
for each spell
  let square = a * a
  let cube = square * b
scheme s "S" for each spell
  payment p "P" to gps
    amount £1 when cube > 5, otherwise £2
"""


@pytest.mark.parametrize("few", [100_000, 0])
def test_an_amount_that_is_too_large_is_told_with_its_clause_and_record(
    few: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("requite.engine.columnar.numbered.FEW_ROWS", few)
    made = program(CUBES, "cubes.requite")
    rows = [f"S{i},{10**15 if i == 700 else i},{10**12 if i == 700 else i}" for i in range(1500)]
    Path("spell.csv").write_text("id,a,b\n" + "\n".join(rows) + "\n")
    with pytest.raises(DataError) as caught:
        run(made, {"spell": "spell.csv"}, "out")
    (problem,) = caught.value.problems
    assert problem.message == "cubes.requite:11:7: let cube: more than 38 digits for spell S700"
    assert problem.help == "Run it with --engine interpret."
    assert list(tmp_path.glob(".*")) == []
    assert run(made, {"spell": "spell.csv"}, "out", engine="interpret").totals["payments"]["count"] == 1500


def test_an_amount_that_is_too_large_for_the_decimals_of_one_row_is_told_with_that_row() -> None:
    rows = [f"S{i},{12345678 + i},{12345678 + i}" for i in range(1500)] + ["ODD,0.0000000000000001,1"]
    Path("spell.csv").write_text("id,a,b\n" + "\n".join(rows) + "\n")
    with pytest.raises(DataError, match=r"S0; the most decimals are those of spell\.a in spell\.csv line 1502: 16\n"):
        run(program(CUBES, "cubes.requite"), {"spell": "spell.csv"}, "out")


def test_a_total_that_is_too_large_is_told_with_its_clause() -> None:
    text = CUBES.replace('scheme s "S" for each spell\n', 'scheme s "S"\n  settles with the period\n').replace(
        "when cube > 5", "when (total of a over each spell) > 5"
    )
    made = program(text, "total.requite")
    Path("spell.csv").write_text("id,a,b\n" + "".join(f"S{i},{9 * 10**36},1\n" for i in range(30)))
    with pytest.raises(DataError, match=r"more than 38 digits") as caught:
        run(made, {"spell": "spell.csv"}, "out")
    assert "total.requite:" in caught.value.problems[0].message


def test_what_the_engine_does_not_run_is_refused_by_name(made: Program, monkeypatch: pytest.MonkeyPatch) -> None:
    from requite.engine.columnar import running
    from requite.engine.columnar.problems import CannotRun

    def refuse(*_: object) -> None:
        raise CannotRun("savings.requite:3:1: this clause")

    monkeypatch.setattr(running, "compiler_of", refuse)
    with pytest.raises(DataError, match=r"the columnar engine does not run this: savings.requite:3:1: this clause") as caught:
        settled(made)
    assert caught.value.problems[0].help == "Run it with --engine interpret."


def test_too_little_memory_is_said_in_plain_words(made: Program, monkeypatch: pytest.MonkeyPatch) -> None:
    real = sessions.Session._run

    def run_statement(self: Any, text: str, statement: Any) -> Any:
        if statement is not None and statement.name == "decided_1":
            text = "CREATE TEMP TABLE t AS SELECT list(i) AS l FROM range(60000000) AS t(i)"
        return real(self, text, statement)

    monkeypatch.setattr(sessions.Session, "_run", run_statement)
    with pytest.raises(
        DataError, match=r"100 MB of memory are too little for this|fit neither into 100 MB of memory nor"
    ) as caught:
        settled(made, memory="100MB", threads=1)
    assert caught.value.problems[0].code == "out-of-memory"
    assert not list(Path().glob(".*"))


def test_too_little_room_for_what_lies_between_is_told_with_how_much_there_was(
    made: Program, monkeypatch: pytest.MonkeyPatch
) -> None:
    real, options = sessions.Session._run, sessions._options

    def run_statement(self: Any, text: str, statement: Any) -> Any:
        if statement is not None and statement.name == "decided_1":
            text = "CREATE TEMP TABLE t AS SELECT i, hash(i)::VARCHAR AS h FROM range(10000000) AS t(i) ORDER BY h"
        return real(self, text, statement)

    monkeypatch.setattr(sessions.Session, "_run", run_statement)
    little = {"max_temp_directory_size": "'20971520 bytes'"}
    monkeypatch.setattr(sessions, "_options", lambda *given: options(*given) | little)
    said = (
        "intermediate results fit neither into 100 MB of memory nor on the disk, beside the results: they may take 20.0 MiB there"
    )
    with pytest.raises(DataError, match=re.escape(said)):
        settled(made, memory="100MB", threads=1)
