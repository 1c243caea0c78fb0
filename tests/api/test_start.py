"""What a command loads: what it does not need would make everybody wait who uses it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.api.support import PRACTICES, SCHEME, environment

LOADED = """
import sys
from requite.api.cli import main
status = main()
print("loaded", *sys.modules, file=sys.stderr)
sys.exit(status)
"""

OTHERS = (
    "alembic",
    "altair",
    "fastapi",
    "fhir",
    "holidays",
    "httpx",
    "jinja2",
    "markdown_it",
    "openpyxl",
    "pandas",
    "polars",
    "pyspark",
    "sqlalchemy",
    "xlsxwriter",
    "requite.api.service",
    "requite.engine.interpret",
    "requite.engine.live",
    "requite.engine.seeking",
)
"""What neither help nor a plain run has a use for."""

OF_RUNS = ("duckdb", "pyarrow", "sqlglot", "requite.dsl.load", "requite.engine.run")
"""What help has no use for, besides."""


def loaded(*arguments: str) -> set[str]:
    """The modules that a command has loaded when it is done."""
    done = subprocess.run(
        [sys.executable, "-c", LOADED, *arguments], capture_output=True, text=True, env=environment(), timeout=100, check=True
    )
    return set(done.stderr.rpartition("loaded ")[2].split())


@pytest.mark.parametrize("arguments", [["--help"], ["run", "--help"]])
def test_help_loads_nothing_that_does_the_work(arguments: list[str]) -> None:
    assert not loaded(*arguments) & {*OTHERS, *OF_RUNS}


def test_a_plain_run_loads_only_what_it_needs(tmp_path: Path) -> None:
    (tmp_path / "fees.requite").write_text(SCHEME, encoding="utf-8")
    (tmp_path / "practice.csv").write_text(PRACTICES, encoding="utf-8")
    run = ["run", str(tmp_path / "fees.requite"), "--data-dir", str(tmp_path), "--out", str(tmp_path / "out")]
    found = loaded(*run)
    assert {"duckdb", "pyarrow", "sqlglot"} <= found
    assert not found & set(OTHERS)
