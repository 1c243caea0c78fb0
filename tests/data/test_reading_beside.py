"""Several records read at the same time: the same as one after another, with the error of the first, and stopped when told to."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from requite.engine.columnar.reading import beside, scans, stored_sources
from requite.engine.columnar.reading.beside import side_by_side
from requite.engine.columnar.reading.staging import Staging
from requite.engine.data import read_data
from tests.data.agreement import agrees, stored
from tests.data.support import program

RECORDS = """
record practice
  key code: text
record patient
  key id: count
  practice: practice
  born: date
record spell
  key id: text
  patient: patient optional
  billed: money
"""


@pytest.fixture
def staging(monkeypatch: pytest.MonkeyPatch) -> Staging:
    monkeypatch.setattr(beside, "FEW_ROWS", 0)
    return Staging(duckdb.connect(config={"threads": 2}))


def test_what_the_cells_of_several_files_say_is_found_at_the_same_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(beside, "FEW_ROWS", 0)
    met = threading.Barrier(2, timeout=20)
    real = scans.scans_of

    def at_once(*given: Any) -> Any:
        met.wait()
        return real(*given)

    monkeypatch.setattr(stored_sources, "scans_of", at_once)
    made = program("record patient\n  key id: count\nrecord spell\n  key id: text\n")
    pq.write_table(pa.table({"id": [1, 2]}), tmp_path / "patient.parquet")
    (tmp_path / "spell.csv").write_text("id\nS1\nS2\nS1\n")
    inputs = {"patient": str(tmp_path / "patient.parquet"), "spell": str(tmp_path / "spell.csv")}
    monkeypatch.setattr(duckdb, "connect", _with_threads(2))
    connection, data = stored(made, inputs, None, tmp_path)
    agrees(made, read_data(made, inputs), connection, data)


@pytest.mark.parametrize("threads", [1, 2, 3])
@pytest.mark.parametrize("in_folder", [False, True])
def test_records_read_at_the_same_time_are_those_read_in_turn(
    threads: int, in_folder: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(beside, "FEW_ROWS", 0)
    made = program(RECORDS)
    ids = [n if n % 90 else 7 for n in range(1, 400)]
    born = [f"19{n % 80 + 10}-01-{'31' if n % 50 else '32'}" for n in ids]
    patients = pa.table({"id": ids, "practice": [f"P{n % 9}" for n in ids], "born": born})
    pq.write_table(patients, tmp_path / "patient.parquet")
    spells = [f"S{n if n % 70 else 3},{ids[n % 300]},{'x' if n % 60 == 1 else n}.50" for n in range(1, 500)]
    (tmp_path / "spell.csv").write_text("id,patient,billed\n" + "\n".join(spells) + "\n")
    (tmp_path / "practice.csv").write_text("code\n" + "".join(f"P{n % 8}\n" for n in range(9)))
    inputs = {name: str(next(tmp_path.glob(f"{name}.*"))) for name in made.records if name != "whole"}
    monkeypatch.setattr(duckdb, "connect", _with_threads(threads))
    result = read_data(made, inputs)
    connection, data = stored(made, inputs, None, tmp_path if in_folder else None)
    agrees(made, result, connection, data)
    assert {reject.record for reject in result.rejects} == {"practice", "patient", "spell"}


def _with_threads(threads: int) -> Callable[[], duckdb.DuckDBPyConnection]:
    real = duckdb.connect
    return lambda: real(config={"threads": threads})


def test_results_come_in_the_order_of_the_jobs_and_names_are_told_apart(staging: Staging) -> None:
    met = threading.Barrier(2, timeout=20)

    def job(value: int) -> Callable[[Staging], tuple[int, str]]:
        def do(own: Staging) -> tuple[int, str]:
            met.wait()  # both are at work at the same time
            return value, own.keep("part", f"SELECT {value} AS n")

        return do

    done = side_by_side(staging, [(1, job(1)), (1000, job(2))])
    assert [value for value, _ in done] == [1, 2]
    for value, name in done:
        assert staging.row(f"SELECT n FROM {name}") == (value,)
        staging.drop(name)


def test_what_is_kept_afterwards_has_another_name(staging: Staging) -> None:
    def job(own: Staging) -> str:
        return own.keep("part", "SELECT 1 AS n")

    names = [*side_by_side(staging, [(1, job)] * 3), *side_by_side(staging, [(1, job)] * 2), job(staging)]
    assert len(set(names)) == 6


def test_the_error_is_that_of_the_first_that_failed(staging: Staging) -> None:
    second = threading.Event()

    def fail_late(_: Staging) -> None:
        second.wait(20)
        raise ValueError("first")

    def fail_at_once(_: Staging) -> None:
        second.set()
        raise ValueError("second")

    with pytest.raises(ValueError, match="first"):
        side_by_side(staging, [(1, fail_late), (1, fail_at_once)])


def test_who_is_stopped_stops_the_others(staging: Staging) -> None:
    begun = threading.Event()
    ended: list[type[BaseException]] = []

    def stopped(_: Staging) -> None:
        begun.wait(20)
        raise KeyboardInterrupt

    def long(own: Staging) -> None:
        begun.set()
        try:
            own.row("SELECT count(*) FROM range(10000000000) a, range(1000000) b WHERE hash(a.range + b.range) = 1")
        except duckdb.Error as error:
            ended.append(type(error))
            raise

    started = time.monotonic()
    with pytest.raises(KeyboardInterrupt):
        side_by_side(staging, [(1, stopped), (1, long)])
    assert ended == [duckdb.InterruptException]
    assert time.monotonic() - started < 60
