"""Requite itself: its own command, as anybody would give it."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Final

from benchmarks.generate import inputs

WORKLOAD: Final = Path(__file__).with_name("workload.requite")
KNOWN: Final = "2019-06-30"
REQUITE: Final = str(Path(sys.executable).with_name("requite"))


def command(
    data: Path, out: Path, ruleset: Path = WORKLOAD, engine: str = "duckdb", memory: str = "3GB", threads: int = 2
) -> list[str]:
    """The command that runs a ruleset on the made claims."""
    given = [part for record, file in inputs(data).items() for part in ("--data", f"{record}={file}")]
    settings = ["--engine", engine, "--memory", memory, "--threads", str(threads)]
    return [REQUITE, "run", str(ruleset), *given, "--known", KNOWN, "--out", str(out), *settings]
