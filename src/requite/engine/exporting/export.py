"""Writing a finished run on to Delta tables or PostgreSQL. The run's folder stays the record of it."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from threading import Event, Thread
from typing import Final

from requite.engine.data import Progress
from requite.engine.exporting.runs import TABLES, FinishedRun, Written, finished_run
from requite.engine.exporting.targets import DELTA, Target
from requite.engine.reading.addresses import POSTGRES
from requite.engine.reading.problems import problem

MOMENT: Final = 0.1
"""Seconds in which being stopped is noticed."""


@dataclass(frozen=True, slots=True)
class Exported:
    """What was written: where, the id that its rows have in the column `run`, and the rows of each table."""

    to: str
    run: str
    rows: Mapping[str, int]


def target_of(to: str) -> Target:
    """The place that a text names; DataError where it names none."""
    try:
        if to.startswith(DELTA):
            from requite.engine.exporting.delta import delta_tables

            return delta_tables(to)
        if to.startswith(POSTGRES):
            from requite.engine.exporting.postgres import postgres_tables

            return postgres_tables(to)
    except ValueError as error:
        raise problem("wrong-use", str(error)) from None
    help = "Write delta:FOLDER for Delta tables, or postgresql://HOST/DATABASE#schema."
    # It may be an address of another kind, with a password in it.
    what = "that" if "://" in to or "@" in to else to
    raise problem("wrong-use", f"{what} is no place for results", help=help)


def export(folder: str | os.PathLike[str], to: str | Target, progress: Progress | None = None) -> Exported:
    """Write the results of a run's folder on to Delta tables (`delta:lake/settled`) or to a schema of PostgreSQL
    (`postgresql://writer@db.example/payments#settled`), in place of what is there of the same run; DataError says why not.
    """
    target = target_of(to) if isinstance(to, str) else to
    run = finished_run(Path(folder).expanduser())
    if progress:
        progress("exporting", 0, sum(run.rows.values()))
    _write(target, run, Written(run, progress))
    return Exported(target.name, run.id, {name: run.rows[name] for name in TABLES})


def _write(target: Target, run: FinishedRun, written: Written) -> None:
    """Write in a thread of its own: the libraries that write would let nobody stop them before a table is done."""
    failed: list[BaseException] = []
    done = Event()

    def work() -> None:
        try:
            target.write(run, written)
        except BaseException as error:
            failed.append(error)
        finally:
            done.set()

    Thread(target=work, name="export").start()
    try:
        # A wait without an end would not be interrupted by every signal.
        while not done.wait(MOMENT):
            pass
    except BaseException:
        written.stopped.set()
        while not done.wait(MOMENT):
            pass
        raise
    if failed:
        raise failed[0]
