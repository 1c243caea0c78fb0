"""The driver: data and a program in, a folder of results out. The only module that knows the order of things."""

from __future__ import annotations

import hashlib
import json
import os
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import pyarrow as pa

from requite.dsl.memory import uncollected
from requite.dsl.program import Program
from requite.engine.brought import Brought, brought_from, brought_part, read_brought
from requite.engine.csv_files import csv_of
from requite.engine.data import DataRead, FileCount, Progress, read_sources
from requite.engine.folder_names import NAME, TEXTS
from requite.engine.lower import lower
from requite.engine.manifest import (
    FORMAT,
    inputs_part,
    outputs_part,
    own_version,
    render,
    results_part,
    ruleset_part,
)
from requite.engine.overview import Overview, Settled, overview_of
from requite.engine.reading.problems import problem
from requite.engine.reading.sources import Given, find_sources
from requite.engine.results import COLUMNS, Written, read_table, rows_in, tables_of, write_tables, written_file
from requite.engine.settings import DUCKDB, INTERPRET, SPARK, Settings, engine_part, settings_of
from requite.engine.working import Unfinished, Workplace, free_folder, whole_folder

if TYPE_CHECKING:
    from requite.engine.interpret import Interpreter

LARGE: Final = 10**9
"""Bytes of input from which on what a run has finished is kept while it works, so that it survives being killed."""


@dataclass(frozen=True, eq=False)
class RunSummary:
    """A finished run: its folder, its manifest, and what it comes to. The results themselves are in the folder.

    `checked` is how many records the interpreter has decided again.
    """

    out: Path
    manifest: Mapping[str, Any]
    overview: Overview
    counts: tuple[FileCount, ...]
    notes: tuple[str, ...]
    written: tuple[Written, ...]
    notices: tuple[str, ...] = ()
    checked: int = 0

    @property
    def totals(self) -> Mapping[str, Any]:
        return dict(self.manifest["totals"])

    def path(self, name: str) -> Path:
        """The Parquet file of a table of results: payments, findings, figures and so on."""
        return self.out / f"{name}.parquet"

    def table(self, name: str) -> pa.Table:
        """A table of results."""
        return read_table(self.path(name))


def run(
    program: Program,
    inputs: Mapping[str, object],
    out: str | os.PathLike[str],
    known: date | None = None,
    csv: bool = False,
    brought_forward: str | os.PathLike[str] | None = None,
    progress: Progress | None = None,
    overwrite: bool = False,
    engine: str = DUCKDB,
    memory: str | None = None,
    threads: int | None = None,
    resume: bool = False,
    check_engines: int = 0,
    spark: object = None,
) -> RunSummary:
    """Settle a program on data and write the results to a folder, whole or not at all.

    `known` is the date of what was known (today, if not said); `brought_forward` the folder of the run before. A folder that
    is there already is refused; with `overwrite`, an earlier run's is replaced. `engine` is duckdb, spark or interpret; `memory`
    (as in 3GB) and `threads` are what it may use. `resume` goes on with a run that was stopped, and lets this one be gone on
    with. `check_engines` is how many records the interpreter decides again. `spark` is the address of Spark Connect or a session
    of Spark, where Spark is not to be started here. DataError says what must be put right first.
    """
    started = datetime.now(UTC)
    target = free_folder(out, overwrite)
    settings = settings_of(engine, memory, threads, spark).chosen()
    known = known or started.astimezone().date()
    if brought_forward is not None and Path(brought_forward).expanduser().resolve() == Path(out).expanduser().resolve():
        message = f"{out} cannot replace the run that it brings figures forward from"
        raise problem("out-exists", message, file=str(out), help="Name another folder for the results.")
    brought = read_brought(program, Path(brought_forward)) if brought_forward is not None else {}
    sources = sources_of(program, inputs)
    manifest: dict[str, Any] = {
        "format": FORMAT,
        "requite": own_version(),
        "ruleset": ruleset_part(program),
        "known": known.isoformat(),
        "csv": csv,
        "inputs": inputs_part(sources, target),
        "brought_forward": brought_part(brought_forward, target),
    }
    job = Job(program, sources, known, brought, settings)
    with whole_folder(target, identity(manifest, settings), resume) as place:
        settled = settle(job, place, progress, kept=place.keep or _bytes(manifest) >= LARGE)
        manifest |= outcome_part(settled) | {"engine": dict(settled.engine)}
        checked, notices = _check(job, place, manifest, check_engines, progress) if check_engines else (0, ())
        if progress:
            progress("writing", 0, 0)
        _write_texts(program, manifest, place.folder)
        written = _outputs(place.folder, csv)
        finished = datetime.now(UTC)
        times = {"started": started.isoformat(timespec="seconds"), "finished": finished.isoformat(timespec="seconds")}
        manifest |= {"outputs": outputs_part(written), "times": times}
        (place.folder / NAME).write_text(render(manifest), encoding="utf-8")
    notices = (*place.notices, *notices)
    return RunSummary(Path(out), manifest, settled.overview, settled.counts, settled.notes, written, notices, checked)


def sources_of(program: Program, inputs: Mapping[str, object]) -> tuple[Given, ...]:
    """Where the data of each record that a rule reads comes from."""
    return find_sources(program, inputs, frozenset(lower(program).records_read))


def identity(manifest: Mapping[str, Any], settings: Settings) -> str:
    """A hash of all that a run's results rest on; nothing where data was handed over by a program, which cannot be told again."""
    inputs = manifest["inputs"]
    if any("object" in item for item in inputs):
        return ""
    files = [
        [
            item["record"],
            [[file["path"], file["sheet"], file["sha256"]] for file in item["files"]],
            item.get("table"),
            item.get("state"),
        ]
        for item in inputs
    ]
    texts = [[text["name"], text["sha256"]] for text in manifest["ruleset"]["texts"]]
    before = manifest["brought_forward"]
    parts = [manifest["requite"], texts, manifest["known"], files, before and before["sha256"], settings.engine]
    return hashlib.sha256(json.dumps(parts).encode("utf-8", "surrogatepass")).hexdigest()


def _bytes(manifest: Mapping[str, Any]) -> int:
    return sum(file["bytes"] for item in manifest["inputs"] for file in item["files"])


def _write_texts(program: Program, manifest: Mapping[str, Any], folder: Path) -> None:
    (folder / TEXTS).mkdir(exist_ok=True)
    for item in manifest["ruleset"]["texts"]:
        (folder / item["file"]).write_bytes(program.files[item["name"]].encode("utf-8", "surrogatepass"))


def _outputs(folder: Path, csv: bool) -> tuple[Written, ...]:
    """The files of results, with their hashes; as CSV, too, where that is asked for."""
    written = []
    for name in COLUMNS:
        rows = rows_in(folder / f"{name}.parquet")
        files = [f"{name}.parquet"]
        if csv:
            csv_of(folder / f"{name}.parquet", folder / f"{name}.csv")
            files.append(f"{name}.csv")
        written += [written_file(folder, file, rows) for file in files]
    return tuple(written)


# --- deciding ---------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Job:
    """What is to be settled: a program on the data of some sources, by an engine."""

    program: Program
    sources: Sequence[Given]
    known: date
    brought: Brought
    settings: Settings


def settle(job: Job, place: Workplace, progress: Progress | None = None, kept: bool = False) -> Settled:
    """Read the data, decide, and write the tables of results into the folder as Parquet.

    With `kept`, an engine that can keeps what it has finished, for another try to go on with.
    """
    if job.settings.engine == INTERPRET:
        return _interpret(job, place.folder, progress)
    from requite.engine.columnar.running import Work, settle_columns

    work = Work(lower(job.program), job.sources, job.known, job.brought)
    return settle_columns(work, place.folder, place.scratch, job.settings, kept, progress)


def _interpret(job: Job, folder: Path, progress: Progress | None) -> Settled:
    from requite.engine.interpreting.deciding import left_over

    interpreter, read = interpreter_on(job.program, job.sources, job.known, job.brought, progress)
    with uncollected():
        results = interpreter.decide(progress)
        write_tables(tables_of(job.program.name, results, read.rejects), folder)
    part = engine_part(Settings(INTERPRET), own_version())
    notes = (*read.notes, *interpreter.tables.not_known_yet(), *left_over(results.carried, interpreter.tables))
    return Settled(overview_of(results, read.rejects), read.counts, notes, part)


def interpreter_on(
    program: Program, sources: Sequence[Given], known: date | None, brought: Brought, progress: Progress | None = None
) -> tuple[Interpreter, DataRead]:
    """The interpreter at work on the data that is found there."""
    from requite.engine.interpret import Interpreter

    read = read_sources(program, sources, progress)
    return Interpreter(lower(program), read.data, known, brought), read


def outcome_part(settled: Settled) -> dict[str, Any]:
    """What the manifest says of the data read and of what came of it."""
    rows = [asdict(count) for count in settled.counts]
    return {"rows": rows, "notes": list(settled.notes), **results_part(settled.overview)}


@contextmanager
def passing_place(beside: Path) -> Iterator[Workplace]:
    """A folder to settle in whose results nobody keeps; near another one, if that may be written."""
    parent = beside.resolve().parent
    with tempfile.TemporaryDirectory(prefix=".requite-", dir=parent if os.access(parent, os.W_OK) else None) as name:
        scratch = Path(name) / "work"
        scratch.mkdir()
        yield Workplace(Path(name), scratch)


def _check(
    job: Job, place: Workplace, manifest: Mapping[str, Any], number: int, progress: Progress | None
) -> tuple[int, tuple[str, ...]]:
    """Let the interpreter decide some records again: how many, and what is to be said of those that could not be."""
    settings = job.settings
    if settings.engine == INTERPRET:
        return 0, ()
    from requite.engine.sampling import check_sample
    from requite.engine.seeking import opened

    with opened(job.program, job.sources, job.known, job.brought, place.scratch, settings, progress) as data:
        checked = check_sample(data, place.folder, number, identity(manifest, settings), settings.engine, progress)
    return checked.number, checked.notices


__all__ = [
    "SPARK",
    "Brought",
    "Job",
    "RunSummary",
    "Settings",
    "Unfinished",
    "brought_from",
    "free_folder",
    "interpreter_on",
    "outcome_part",
    "passing_place",
    "run",
    "settle",
    "sources_of",
    "whole_folder",
]
