"""`requite demo`: what is planted is found, or said to be missed, and nothing else is flagged."""

from __future__ import annotations

import csv
import hashlib
import os
from pathlib import Path

import pytest

from requite.api.demo.consortium import make
from requite.api.demo.planted import KINDS
from tests.api.support import Here, apart


@pytest.fixture(scope="module")
def shown(tmp_path_factory: pytest.TempPathFactory) -> tuple[str, Path]:
    folder = tmp_path_factory.mktemp("demo") / "out"
    before = os.times()
    done = apart("demo", "--out", folder)
    after = os.times()
    # Of the processor, not by the clock: other tests run at the same time.
    assert after.children_user + after.children_system - before.children_user - before.children_system < 10
    assert (done.status, done.err) == (0, "")
    return done.out, folder


def test_it_shows_payments_findings_and_what_was_planted(shown: tuple[str, Path]) -> None:
    out, folder = shown
    lines = [" ".join(line.split()) for line in out.splitlines()]
    for line in (
        "Payments: North Bradford Primary Care Incentive Scheme",
        "P01 £12,300.00 £9,840.00 £19,225.00 £41,365.00",
        "Findings: Kingston: claims against the GP's estimate",
        "billed far above the GP's estimate 12 12 by a check 0",
        "one treatment billed twice, under two numbers 3 0 3",
        "an estimate 181 days old 2 0",
        "false alarms: none",
        "One finding explained",
        f"All of it is in {folder}",
    ):
        assert line in lines, out
    assert "missed: K" in out
    assert "[rulesets/kingston.md:" in out


def test_it_is_the_same_every_time(requite: Here, shown: tuple[str, Path], tmp_path: Path) -> None:
    out, folder = shown
    again = requite("demo", "--out", tmp_path / "again")
    assert again.out.replace(str(tmp_path / "again"), str(folder)) == out
    for path in sorted((folder / "data").iterdir()):
        assert path.read_bytes() == (tmp_path / "again" / "data" / path.name).read_bytes()


def test_the_consortium_is_the_same_on_every_python() -> None:
    text = repr(make().files)
    assert hashlib.sha256(text.encode()).hexdigest() == DIGEST


DIGEST = "649448a8878b94e7af403c7a8a756023264ea56c91bbaa810fd6342b0bc2f395"


def test_every_kind_is_planted_and_listed(shown: tuple[str, Path]) -> None:
    with (shown[1] / "truth.csv").open(encoding="utf-8", newline="") as file:
        truth = list(csv.DictReader(file))
    assert {row["planted"] for row in truth} == {kind.title for kind in KINDS.values()}
    assert {row["expected"] for row in truth} == {"flagged", "not flagged", "not assessable", "rejected", "missed"}
    with (shown[1] / "data" / "spell.csv").open(encoding="utf-8", newline="") as file:
        claims = list(csv.DictReader(file))
    for row in truth:
        if row["record"] == "spell":
            assert claims[int(row["line"]) - 2]["Hospital Provider Spell No"] == row["key"]


def test_json(requite: Here, tmp_path: Path) -> None:
    done = requite("demo", "--out", tmp_path / "out", "--json")
    assert done.status == 0
    assert set(done.json) == {
        "format", "command", "ok", "errors", "out", "rows", "payments", "findings", "planted", "false_alarms", "explanation"
    }  # fmt: skip
    for kind in done.json["planted"]:
        assert kind["as_expected"]
        assert bool(kind["missed"]) is (kind["expected"] == "missed")
        assert kind["why"] or kind["expected"] != "missed"
    assert done.json["false_alarms"] == []
    assert len(done.json["explanation"]["decisions"]) == 2


def test_what_it_leaves_can_be_gone_on_with(requite: Here, shown: tuple[str, Path], monkeypatch: pytest.MonkeyPatch) -> None:
    out, folder = shown
    monkeypatch.chdir(folder.parent)
    commands = [line.split()[1:] for line in out.splitlines() if line.startswith("  requite ")]
    assert [command[0] for command in commands] == ["explain", "verify", "test"]
    for command in commands:
        assert requite(*command).status == 0


def test_without_a_folder_it_makes_one(tmp_path: Path) -> None:
    done = apart("demo", "--json", TMPDIR=str(tmp_path))
    assert done.status == 0
    assert Path(done.json["out"]).parent == tmp_path


def test_a_folder_that_is_in_use(requite: Here, tmp_path: Path) -> None:
    (tmp_path / "mine.txt").write_text("mine", encoding="utf-8")
    done = requite("demo", "--out", tmp_path)
    assert (done.status, "is not empty" in done.err) == (1, True)
    assert [path.name for path in tmp_path.iterdir()] == ["mine.txt"]
