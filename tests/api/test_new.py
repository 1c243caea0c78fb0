"""`requite new`: a starter that checks, tests and runs as it stands."""

from __future__ import annotations

import shlex
from pathlib import Path

import pytest

from tests.api.support import Here


def test_the_starter_checks_tests_and_runs(requite: Here, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    done = requite("new", "gp_fees")
    assert done.status == 0
    made = requite("new", "second", "--json").json
    assert made == {
        "format": 1, "command": "new", "ok": True, "errors": [], "ruleset": "second.requite", "data": "second_practice.csv",
        "next": [
            "requite check second.requite",
            "requite test second.requite --coverage",
            "requite run second.requite --data practice=second_practice.csv --out second_results",
        ],
    }  # fmt: skip
    for command in made["next"]:
        assert command.replace("second", "gp_fees") in done.out
        answer = requite(*shlex.split(command)[1:])
        assert (answer.status, answer.err) == (0, ""), command
    assert requite("check", ".").out == "2 rulesets checked: no errors\n"
    assert "reach 5 of 5 ways" in requite("test", "gp_fees.requite", "--coverage").out
    assert requite("fmt", "--check", ".").status == 0
    text = (tmp_path / "gp_fees.requite").read_text(encoding="utf-8")
    assert 'ruleset gp_fees "Gp fees"' in text
    assert "my_scheme" not in text


def test_nothing_is_overwritten(requite: Here, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert requite("new", "fees").status == 0
    again = requite("new", "fees.requite")
    assert (again.status, "fees.requite is there already" in again.err) == (1, True)
    (tmp_path / "other_practice.csv").write_text("mine", encoding="utf-8")
    assert requite("new", "other").status == 1
    assert not (tmp_path / "other.requite").exists()


def test_in_a_folder(requite: Here, tmp_path: Path) -> None:
    assert requite("new", tmp_path / "fees").status == 0
    assert (tmp_path / "fees.requite").is_file()
    assert requite("new", tmp_path / "nowhere" / "fees").status == 1


@pytest.mark.parametrize(
    ("name", "tip"), [("gp fees", "Try gp_fees"), ("table", "Try my_table"), ("9to5", ""), ("", ""), ("é", "")]
)
def test_names_that_cannot_be(requite: Here, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, tip: str) -> None:
    monkeypatch.chdir(tmp_path)
    done = requite("new", name)
    assert done.status == 2
    assert "cannot be the name of a ruleset" in done.err
    assert tip in done.err
    assert list(tmp_path.iterdir()) == []
