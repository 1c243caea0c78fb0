"""`requite export`, and `requite run --to`: results written on to where others read them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from requite.api.signals import Signals, interrupted
from tests.api.support import Here

pytest.importorskip("deltalake")

RUN = ("run", "fees.requite", "--data", "practice=practice.csv", "--known", "2021-01-01", "--out", "out")


def rows(folder: Path) -> list[dict[str, Any]]:
    delta = pytest.importorskip("deltalake")
    return list(delta.DeltaTable(str(folder)).to_pyarrow_table().to_pylist())


def test_a_run_written_on(requite: Here, here: Path) -> None:
    done = requite(*RUN, "--to", "delta:lake")
    assert (done.status, done.err) == (0, "")
    assert "Results in out\n" in done.out
    assert "in delta:lake\n" in done.out
    assert sorted(line.split() for line in done.out.splitlines()[-8:]) == [
        ["carried", "0"], ["counts", "2"], ["figures", "0"], ["findings", "0"], ["not_assessable", "0"], ["payments", "4"],
        ["rejects", "2"], ["runs", "1"],
    ]  # fmt: skip
    again = requite("export", "out", "--to", "delta:lake", "--json")
    assert again.status == 0
    assert set(again.json) == {"format", "command", "ok", "errors", "to", "run", "rows"}
    assert (again.json["to"], again.json["rows"]["payments"]) == ("delta:lake", 4)
    assert [row["run"] for row in rows(here / "lake" / "payments")] == [again.json["run"]] * 4
    assert again.json["run"] in done.out


def test_a_run_written_on_as_json(requite: Here, here: Path) -> None:  # noqa: ARG001
    done = requite(*RUN, "--to", "delta:lake", "--json")
    assert done.json["exported"]["rows"]["payments"] == 4
    assert requite(*RUN, "--overwrite", "--json").json["exported"] is None


def test_a_place_is_looked_at_before_the_run(requite: Here, here: Path) -> None:
    (here / "file").write_text("mine")
    for to, said, status in (
        ("delta:file", "is a file", 1),
        ("delta:out", "the folder of the run", 1),
        ("delta:out/lake", "the folder of the run", 1),
        ("postgresql://me:hush@127.0.0.1:1/d#s", "Connection refused", 1),
        ("lake", "lake is no place for results", 2),
        ("postgresql://me:hu#sh-hush@h/d", "write # as %23", 2),
    ):
        done = requite(*RUN, "--to", to)
        assert (done.status, done.out) == (status, "")
        assert said in done.err
        assert "hush" not in done.err
        assert not (here / "out").exists()


def test_a_run_is_whole_where_it_cannot_be_written_on(requite: Here, here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    delta = pytest.importorskip("deltalake")

    def fails(*_: object, **__: object) -> None:
        raise OSError("no room")

    monkeypatch.setattr(delta, "write_deltalake", fails)
    done = requite(*RUN, "--to", "delta:lake")
    assert done.status == 1
    assert "Results in out\n" in done.out
    assert "delta:lake cannot be written: no room" in done.err
    assert "`requite export out --to PLACE`" in done.err
    assert not (here / "lake" / "runs").exists()
    monkeypatch.undo()
    monkeypatch.chdir(here)
    assert requite("verify", "out").status == 0
    assert requite("export", "out", "--to", "delta:lake").status == 0
    assert len(rows(here / "lake" / "payments")) == 4
    assert json.loads((here / "out" / "manifest.json").read_text(encoding="utf-8"))["outputs"]


def test_what_is_said_where_it_is_stopped(
    requite: Here, done: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    delta = pytest.importorskip("deltalake")

    def stopped(*_: object, **__: object) -> None:
        monkeypatch.setattr(Signals, "received", 2)
        raise KeyboardInterrupt

    monkeypatch.setattr(Signals, "told", "")
    monkeypatch.setattr(delta, "write_deltalake", stopped)
    for arguments, said in (
        (("export", str(done), "--to", "delta:lake"), "the run is not in delta:lake"),
        ((*RUN, "--to", "delta:lake"), "the run is whole in out, and is not in delta:lake"),
    ):
        monkeypatch.setattr(Signals, "received", 0)
        with pytest.raises(KeyboardInterrupt):
            requite(*arguments)
        capsys.readouterr()
        assert interrupted() == 130
        assert said in capsys.readouterr().err


def test_a_csv_that_was_edited_is_not_passed_over(requite: Here, here: Path) -> None:
    assert requite(*RUN, "--csv").status == 0
    payments = here / "out" / "payments.csv"
    whole = payments.read_bytes()
    payments.write_bytes(whole.replace(b"25.00", b"26.00"))
    done = requite("export", "out", "--to", "delta:lake")
    assert (done.status, done.out) == (1, "")
    assert done.err.splitlines() == [
        "error: out/payments.csv row 2: amount was 25.00, and is now 26.00",
        "  The results are in payments.parquet, which is as it was: take payments.csv away, or run anew on other data.",
    ]
    assert not (here / "lake").exists()
    told = requite("export", "out", "--to", "delta:lake", "--json").json["errors"]
    assert [(one["code"], one["file"]) for one in told] == [("changed-input", "out/payments.csv")]
    payments.write_bytes(whole.replace(b"\n", b"\r\n"))
    assert requite("export", "out", "--to", "delta:lake").status == 0, "other line breaks change no cell"
    payments.unlink()
    assert requite("export", "out", "--to", "delta:lake").status == 0


def test_what_is_no_run(requite: Here, here: Path) -> None:
    done = requite("export", ".", "--to", "delta:lake")
    assert done.status == 1
    assert "is not the folder of a run" in done.err
    assert not (here / "lake").exists()
