"""What the tests of the commands share."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.api.support import PRACTICES, SCHEME, Here


@pytest.fixture
def requite(capsys: pytest.CaptureFixture[str]) -> Here:
    """Runs a command in this process: `requite("check", file)`."""
    return Here(capsys)


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A current folder of its own, with a scheme and data for it."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "fees.requite").write_text(SCHEME, encoding="utf-8")
    (tmp_path / "practice.csv").write_text(PRACTICES, encoding="utf-8")
    return tmp_path


@pytest.fixture
def done(requite: Here, here: Path) -> Path:
    """The folder of a finished run."""
    assert requite("run", "fees.requite", "--data", "practice=practice.csv", "--out", "done", "--csv").status == 0
    return here / "done"
