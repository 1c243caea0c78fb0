"""Running commands: in this process where that will do, in one of their own where signals, pipes and terminals matter."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from requite.api.app import run

ROOT = Path(__file__).parents[2]
RULESETS = ROOT / "src" / "requite" / "rulesets"
REQUITE = Path(sys.executable).parent / "requite"

SCHEME = """ruleset fees "Fees"
  currency GBP

source paper "The paper"

record practice "A practice"
  key code: text
  list_size: count
  given_by: date as "DD/MM/YYYY"
  budget: money

scheme yearly "Yearly fees" for each practice
  cites paper

  payment fee "A fee" to practice
    amount £1 per 10 of list_size

  payment extra "An extra" to practice
    requires budget > £100
    amount 10% of budget

example "both"
  given practice P1 with list_size 100, given_by 2020-01-01, budget £200
  expect fee is £10
  expect extra is £20

example "a small budget"
  given practice P1 as in "both" with budget £100
  expect extra is £0
"""

PRACTICES = """code,list_size,given_by,budget
P1,100,01/02/2020,200.00
P2,250,01/02/2020,50.00
P3,x,01/02/2020,50.00
P4,10,31/02/2020,50.00
"""


@dataclass(frozen=True)
class Done:
    """A command that has ended."""

    status: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)


def _may_everything() -> bool:
    with tempfile.NamedTemporaryFile() as file:
        Path(file.name).chmod(0)
        return os.access(file.name, os.R_OK)


bound_by_permissions = pytest.mark.skipif(_may_everything(), reason="this user may read and write everything")


class Here:
    """Runs commands in this process."""

    def __init__(self, captured: pytest.CaptureFixture[str]) -> None:
        self._captured = captured

    def __call__(self, *arguments: str | Path) -> Done:
        self._captured.readouterr()
        status = run([str(argument) for argument in arguments])
        out, err = self._captured.readouterr()
        assert "Traceback" not in out + err
        assert "\x1b" not in out + err
        return Done(status, out, err)


def command(*arguments: str | Path) -> list[str]:
    return [str(REQUITE), *map(str, arguments)]


def environment(**changes: str) -> dict[str, str]:
    """The environment without what sets colours and widths."""
    kept = {
        name: value for name, value in os.environ.items() if name not in ("NO_COLOR", "FORCE_COLOR", "COLUMNS", "REQUITE_DEBUG")
    }
    return {**kept, "TERM": "xterm-256color", **changes}


def apart(*arguments: str | Path, cwd: Path | None = None, **changes: str) -> Done:
    """Runs a command in a process of its own."""
    done = subprocess.run(
        command(*arguments), cwd=cwd, env=environment(**changes), capture_output=True, text=True, check=False, timeout=120
    )
    return Done(done.returncode, done.stdout, done.stderr)
