"""The driver: data and a program in, a folder of results out. The only module that knows the order of things."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import UTC, date, datetime
from fractions import Fraction
from pathlib import Path
from typing import Any
from uuid import uuid4

import pyarrow as pa

from requite.dsl.program import BroughtForward, Program
from requite.engine.data import DataRead, Progress, no_collecting, read_sources
from requite.engine.decision import Results
from requite.engine.interpret import Brought, Interpreter
from requite.engine.interpreting.values import Lack, Missing
from requite.engine.lower import lower
from requite.engine.manifest import (
    FORMAT,
    NAME,
    TEXTS,
    file_part,
    inputs_part,
    outputs_part,
    own_version,
    path_part,
    read_manifest,
    render,
    results_part,
    ruleset_part,
)
from requite.engine.reading.problems import DataError, problem
from requite.engine.reading.sources import Given, find_sources
from requite.engine.results import COLUMNS, Written, read_table, tables_of, write_tables

CARRIED = "carried.parquet"


@dataclass(frozen=True, eq=False)
class Settlement:
    """What a run decided, and from what: nothing is written yet."""

    program: Program
    interpreter: Interpreter
    read: DataRead
    results: Results
    tables: Mapping[str, pa.Table]


@dataclass(frozen=True, eq=False)
class RunSummary:
    """A finished run: its folder, its manifest, and what it decided."""

    out: Path
    manifest: Mapping[str, Any]
    results: Results
    read: DataRead
    written: tuple[Written, ...]

    @property
    def totals(self) -> Mapping[str, Any]:
        return dict(self.manifest["totals"])

    @property
    def notes(self) -> Sequence[str]:
        return self.read.notes


def run(
    program: Program,
    inputs: Mapping[str, object],
    out: str | os.PathLike[str],
    known: date | None = None,
    csv: bool = False,
    brought_forward: str | os.PathLike[str] | None = None,
    progress: Progress | None = None,
    overwrite: bool = False,
) -> RunSummary:
    """Settle a program on data and write the results to a folder, whole or not at all.

    `known` is the date of what was known (today, if not said); `brought_forward` the folder of the run before. A folder that
    is there already is refused; with `overwrite`, an earlier run's is replaced. DataError says what must be put right first.
    """
    started = datetime.now(UTC)
    target = free_folder(out, overwrite)
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
    settled = settle(program, sources, known, brought, progress)
    manifest |= outcome_part(settled)
    with whole_folder(target) as folder:
        _write_texts(program, manifest, folder)
        written = write_tables(settled.tables, folder, csv)
        finished = datetime.now(UTC)
        times = {"started": started.isoformat(timespec="seconds"), "finished": finished.isoformat(timespec="seconds")}
        manifest |= {"outputs": outputs_part(written), "times": times}
        (folder / NAME).write_text(render(manifest), encoding="utf-8")
    return RunSummary(Path(out), manifest, settled.results, settled.read, written)


def sources_of(program: Program, inputs: Mapping[str, object]) -> tuple[Given, ...]:
    """Where the data of each record that a rule reads comes from."""
    return find_sources(program, inputs, frozenset(lower(program).records_read))


def settle(
    program: Program, sources: Sequence[Given], known: date | None, brought: Brought, progress: Progress | None = None
) -> Settlement:
    """Read the data, decide, and lay the results out as tables."""
    interpreter, read = interpreter_on(program, sources, known, brought, progress)
    with no_collecting():
        results = interpreter.decide(progress)
        if progress:
            progress("writing", 0, 0)
        tables = tables_of(program.name, results, read.rejects)
    return Settlement(program, interpreter, read, results, tables)


def interpreter_on(
    program: Program, sources: Sequence[Given], known: date | None, brought: Brought, progress: Progress | None = None
) -> tuple[Interpreter, DataRead]:
    """The interpreter at work on the data that is found there."""
    read = read_sources(program, sources, progress)
    return Interpreter(lower(program), read.data, known, brought), read


def outcome_part(settled: Settlement) -> dict[str, Any]:
    """What the manifest says of the data read and of what came of it."""
    rows = [asdict(count) for count in settled.read.counts]
    return {"rows": rows, "notes": list(settled.read.notes), **results_part(settled.results)}


def _write_texts(program: Program, manifest: Mapping[str, Any], folder: Path) -> None:
    (folder / TEXTS).mkdir()
    for item in manifest["ruleset"]["texts"]:
        (folder / item["file"]).write_bytes(program.files[item["name"]].encode("utf-8", "surrogatepass"))


# --- the folder -------------------------------------------------------------------------------------------------------


def free_folder(out: str | os.PathLike[str], overwrite: bool) -> Path:
    """Where the results are to be, after every link; DataError where something is there that may not be replaced."""
    target = Path(out).expanduser().resolve()
    if not target.exists():
        return target
    if not target.is_dir():
        raise problem("out-exists", f"{out} is a file, not a folder", file=str(out), help="Name a new folder.")
    if (target / NAME).is_file():
        if overwrite:
            _refuse_strangers(target, out)
            return target
        message = f"{out} holds the results of an earlier run ({_ran(target)})"
        raise problem(
            "out-exists", message, file=str(out), help="Name a new folder, or say that it may be overwritten (--overwrite)."
        )
    if any(target.iterdir()):
        message = f"the folder {out} is not empty, and no run wrote it"
        raise problem("out-exists", message, file=str(out), help="Name a new folder.")
    return target


def _refuse_strangers(target: Path, out: str | os.PathLike[str]) -> None:
    """Only what a run wrote may be replaced."""
    ours = {NAME, "ruleset", *(f"{name}.{suffix}" for name in COLUMNS for suffix in ("parquet", "csv"))}
    strangers = sorted(path.name for path in target.iterdir() if path.name not in ours)
    if strangers:
        message = f"{out} holds what no run wrote: {', '.join(strangers[:5])}"
        raise problem("out-exists", message, file=str(out), help="Name a new folder, or move those files first.")


def _ran(folder: Path) -> str:
    try:
        manifest = read_manifest(folder)
        return f"{manifest['ruleset']['name']}, {manifest['times']['started'][:10]}"
    except (DataError, KeyError, TypeError):
        return "of another version"


@contextmanager
def whole_folder(target: Path) -> Iterator[Path]:
    """A folder to write in, which becomes `target` once all is written; on any interruption it is taken away again."""
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        partial = target.parent / f".{target.name}.{uuid4().hex[:8]}.partial"
        partial.mkdir()
    except OSError as error:
        why = (error.strerror or "it cannot be written").lower()
        raise problem("out-exists", f"{target} cannot be made: {why}", file=str(target), help="Name another folder.") from error
    try:
        yield partial
        _put_in_place(partial, target)
    except BaseException:
        shutil.rmtree(partial, ignore_errors=True)
        raise


def _put_in_place(partial: Path, target: Path) -> None:
    if not target.exists():
        partial.rename(target)
        return
    before = partial.with_suffix(".before")
    target.rename(before)
    try:
        partial.rename(target)
    except BaseException:
        before.rename(target)
        raise
    shutil.rmtree(before, ignore_errors=True)


# --- figures brought forward ------------------------------------------------------------------------------------------


def brought_part(folder: str | os.PathLike[str] | None, out: Path) -> dict[str, Any] | None:
    """What the manifest says of the run before."""
    if folder is None:
        return None
    path = Path(folder) / CARRIED
    return {**path_part(path, str(folder), out), **file_part(path)}


def read_brought(program: Program, folder: Path) -> Brought:
    """The figures that an earlier run carried forward, for those that this program brings forward."""
    said = next((part for part in read_manifest(folder)["outputs"] if part["file"] == CARRIED), None)
    path = folder / CARRIED
    if said is not None and path.is_file() and file_part(path)["sha256"] != said["sha256"]:
        message = f"{path} is not what its run wrote: it was changed since"
        raise problem("changed-file", message, file=str(path), help="Run that period again.")
    return brought_from(program, path)


def _brought_value(row: Mapping[str, Any]) -> Fraction | Missing:
    """A figure of an earlier run: not known now where it was not known then."""
    if row["value"]:
        return Fraction(row["value"])
    return Missing(Lack.UNDECIDED, f"{row['name']} was not known in the run before: {row['reason']}")


def brought_from(program: Program, path: Path) -> Brought:
    """The figures of one `carried.parquet`, by column and key."""
    wanted = {c.name: c.record for c in program.columns.values() if isinstance(c.definition, BroughtForward)}
    try:
        rows = read_table(path).to_pylist()
    except (OSError, pa.ArrowException) as error:
        help = "Run that period again."
        raise problem("unreadable-file", f"{path} cannot be read", file=str(path), help=help) from error
    found: dict[str, dict[tuple[str, ...], Fraction | Missing]] = {}
    for row in rows:
        name = f"{row['scheme']}.{row['name']}"
        if wanted.get(name) == row["record"]:
            found.setdefault(name, {})[tuple(row["key_parts"])] = _brought_value(row)
    if rows and wanted and not found:
        there = sorted({f"{row['scheme']}.{row['name']}" for row in rows})
        message = f"{path.parent} carries {', '.join(there)} forward, and {program.name} brings {', '.join(wanted)} forward"
        raise problem("no-data", message, file=str(path), help="Name the run of the period before, or leave it out.")
    if not wanted:
        message = f"{program.name} brings no figures forward"
        raise problem("no-data", message, file=str(path), help="Leave out --brought-forward.")
    return found
