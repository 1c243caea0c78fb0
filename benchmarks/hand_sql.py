"""Hand-written DuckDB SQL: `python -m benchmarks.hand_sql DATA OUT`. The statements are in hand.sql; this hands them over."""

from __future__ import annotations

import tempfile
import time
from pathlib import Path
from string import Template
from typing import Final

import duckdb

from benchmarks.generate import inputs
from benchmarks.peer import Task, run_peer

STATEMENTS: Final = Path(__file__).with_name("hand.sql")


def decide(task: Task) -> None:
    """Run the statements one after another."""
    for statement, seconds in timed(task):
        if task.profile and seconds >= 0.05:
            task.say(f"{seconds:7.2f} s  {_first_words(statement)}")


def timed(task: Task) -> list[tuple[str, float]]:
    """Each statement, and how long it took."""
    text = Template(STATEMENTS.read_text(encoding="utf-8")).substitute(inputs(task.data), out=task.out)
    settings: dict[str, str | bool | int | float | list[str]]
    settings = {"threads": task.threads, "memory_limit": task.memory, "temp_directory": tempfile.mkdtemp()}
    took: list[tuple[str, float]] = []
    settings["preserve_insertion_order"] = False
    with duckdb.connect(config=settings) as session:
        for statement in session.extract_statements(text):
            started = time.perf_counter()
            session.execute(statement)
            took.append((statement.query, time.perf_counter() - started))
    return took


def _first_words(statement: str) -> str:
    lines = (line.strip() for line in statement.splitlines() if not line.startswith("--"))
    return " ".join(" ".join(lines).split())[:100]


if __name__ == "__main__":
    run_peer(__doc__, decide)
