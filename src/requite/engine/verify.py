"""Going back to a run: opening it again for explanations, and running it again to compare every row."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from itertools import zip_longest
from pathlib import Path
from typing import Any, Final, Protocol

import pyarrow as pa
import pyarrow.parquet as pq

from requite.dsl.diagnostics import Diagnostic, render_text
from requite.dsl.load import check_text
from requite.dsl.program import Program
from requite.engine.changed_csv import changed_rows
from requite.engine.data import Progress
from requite.engine.folder_names import NAME
from requite.engine.interpret import Brought
from requite.engine.manifest import (
    Manifest,
    found_path,
    found_table,
    known_date,
    own_version,
    read_manifest,
    render,
    stored_texts,
)
from requite.engine.reading.files import InputFile
from requite.engine.reading.problems import DataError, DataProblem, problem
from requite.engine.results import COLUMNS, file_hash
from requite.engine.run import Job, brought_from, outcome_part, passing_place, settle, sources_of
from requite.engine.seeking import Opened, opened
from requite.engine.settings import INTERPRET, Settings, settings_of

MOST_ROWS_TOLD: Final = 20
ROWS_TOGETHER: Final = 50_000


class Compile(Protocol):
    """Makes a program of the main text, its name, and the texts of all files that it may use, by name."""

    def __call__(self, text: str, name: str, others: Mapping[str, str]) -> tuple[Program | None, Sequence[Diagnostic]]: ...


@dataclass(frozen=True, slots=True)
class Difference:
    """Something that is not as the run left it: what (an output, an input, a text), and how it differs."""

    what: str
    message: str

    def __str__(self) -> str:
        return f"{self.what}: {self.message}"


@dataclass(frozen=True, eq=False)
class Reloaded:
    """A run's folder, opened again: the program from the texts that it kept, and its inputs where they are now."""

    folder: Path
    manifest: Manifest
    program: Program
    inputs: Mapping[str, object]
    known: date
    brought: Brought


def reload(folder: str | os.PathLike[str], compile: Compile = check_text, inputs: Mapping[str, object] | None = None) -> Reloaded:
    """Open a run's folder again; DataError where a text or an input is gone or has changed.

    `inputs` stand in for data that was handed over by a program, which no folder holds.
    """
    folder = Path(folder)
    manifest = read_manifest(folder)
    try:
        return _reload(folder, manifest, compile, inputs or {})
    except (KeyError, TypeError, AttributeError) as error:
        raise problem("not-a-run", f"the manifest of {folder} lacks {error}", file=str(folder)) from error


def _reload(folder: Path, manifest: Manifest, compile: Compile, others: Mapping[str, object]) -> Reloaded:
    _refuse([*changed_texts(folder, manifest), *changed_inputs(folder, manifest, others)])
    program = _understood(folder, manifest, compile)
    inputs: dict[str, object] = {
        item["record"]: found_table(item, folder) if "table" in item else _files(item, folder)
        for item in manifest["inputs"]
        if "object" not in item
    }
    before = manifest["brought_forward"]
    path = found_path(before, folder) if before else None
    brought = brought_from(program, path) if path else {}
    return Reloaded(folder, manifest, program, {**inputs, **others}, known_date(manifest), brought)


def kept_program(folder: Path, manifest: Manifest) -> Program:
    """The ruleset as a run kept it; DataError where its text has changed or is no longer understood."""
    _refuse([*changed_texts(folder, manifest)])
    return _understood(folder, manifest, check_text)


def _refuse(changes: Sequence[Difference]) -> None:
    if changes:
        help = "Put it back as it was, or run anew."
        raise DataError(DataProblem("changed-input", str(change), file=change.what, help=help) for change in changes)


def _understood(folder: Path, manifest: Manifest, compile: Compile) -> Program:
    texts = stored_texts(folder, manifest)
    main = next(iter(texts))
    program, diagnostics = compile(texts[main], main, texts)
    if program is None:
        message = f"the ruleset of {folder} is no longer understood:\n{render_text(diagnostics)}"
        help = f"Requite {manifest['requite']} ran it; this is {own_version()}."
        raise problem("not-a-run", message, file=str(folder), help=help)
    return program


def _files(item: Mapping[str, Any], folder: Path) -> tuple[InputFile, ...]:
    return tuple(InputFile(found_path(file, folder) or Path(file["path"]), file["name"], file["sheet"]) for file in item["files"])


@contextmanager
def opened_again(reloaded: Reloaded, progress: Progress | None = None, settings: Settings | None = None) -> Iterator[Opened]:
    """A run's data as it was, open for explanations; what cannot be read in place is copied beside the run's folder."""
    sources = sources_of(reloaded.program, reloaded.inputs)
    with (
        passing_place(reloaded.folder) as place,
        opened(reloaded.program, sources, reloaded.known, reloaded.brought, place.scratch, settings, progress) as data,
    ):
        yield data


# --- what has changed -------------------------------------------------------------------------------------------------


def changed_texts(folder: Path, manifest: Manifest) -> Iterator[Difference]:
    """The texts of the ruleset that the folder no longer holds as they were."""
    for item in manifest["ruleset"]["texts"]:
        yield from _changed(folder / item["file"], item["sha256"], str(folder / item["file"]))


def changed_inputs(folder: Path, manifest: Manifest, others: Mapping[str, object]) -> Iterator[Difference]:
    """The inputs that are gone or have changed since the run."""
    for item in manifest["inputs"]:
        if item["record"] in others:
            continue
        if "name" in item:
            yield Difference(item["name"], "tells no state of its own, so nobody can say whether it is still what the run read")
        elif "object" in item:
            yield Difference(item["record"], f"was handed over by a program ({item['object']}), so it cannot be read again")
        if "table" in item:
            yield from _changed_table(item, folder)
        for file in item["files"]:
            yield from _changed(found_path(file, folder), file["sha256"], file["path"])
    before = manifest["brought_forward"]
    if before:
        yield from _changed(found_path(before, folder), before["sha256"], before["path"])


def _changed_table(item: Mapping[str, Any], folder: Path) -> Iterator[Difference]:
    """Whether a table that tells its states apart is still in the one that the run read."""
    name, found = item["table"]["name"], found_table(item, folder)
    if found is None:
        yield Difference(name, "is no longer there")
        return
    was, now = item["state"], json.loads(render(found.identity()))
    if was != now:
        parts = [part for part in {**was, **now} if was.get(part) != now.get(part)]
        told = (f"{part.replace('_', ' ')} was {was.get(part)}, and is now {now.get(part)}" for part in parts)
        yield Difference(name, f"has changed since the run: {'; '.join(told)}")


def changed_outputs(folder: Path, manifest: Manifest) -> Iterator[Difference]:
    """The results that are gone or have been changed since the run wrote them."""
    whole = {item["file"] for item in manifest["outputs"] if not [*_changed(folder / item["file"], item["sha256"], "")]}
    for item in manifest["outputs"]:
        path = folder / item["file"]
        if item["file"] in whole:
            continue
        told = list(_changed_csv(path)) if path.suffix == ".csv" and f"{path.stem}.parquet" in whole else []
        yield from told or _changed(path, item["sha256"], str(path))


def _changed_csv(path: Path) -> Iterator[Difference]:
    """In which rows and columns a CSV file is no longer what its Parquet file says; nothing where that cannot be told."""
    if not path.is_file():
        return
    more = 0
    for number, told in changed_rows(path, path.with_suffix(".parquet")):
        more += 1
        if more > MOST_ROWS_TOLD:
            continue
        yield Difference(f"{path} row {number}" if number else str(path), told)
    if more > MOST_ROWS_TOLD:
        yield Difference(str(path), f"{more - MOST_ROWS_TOLD} more rows differ")


def _changed(path: Path | None, sha256: str, name: str) -> Iterator[Difference]:
    if path is None or not path.is_file():
        yield Difference(name, "is no longer there")
    elif file_hash(path) != sha256:
        yield Difference(name, "has changed since the run")


# --- running again ----------------------------------------------------------------------------------------------------


def verify(
    folder: str | os.PathLike[str],
    compile: Compile = check_text,
    progress: Progress | None = None,
    inputs: Mapping[str, object] | None = None,
    engine: str | None = None,
    memory: str | None = None,
    threads: int | None = None,
) -> list[Difference]:
    """Run a folder's ruleset again on its inputs, and tell every difference from what it holds: none, if all is well.

    It is run by the engine that ran it, unless `engine` names another.

    Where a text or an input has changed, only that is told: the results could not be compared. Times are not compared.
    """
    folder = Path(folder)
    manifest = read_manifest(folder)
    try:
        differences = list(changed_outputs(folder, manifest))
        sources = [*changed_texts(folder, manifest), *changed_inputs(folder, manifest, inputs or {})]
        settings = settings_of(engine or manifest.get("engine", {}).get("name", INTERPRET), memory, threads)
        return differences + (sources or _run_again(folder, manifest, compile, progress, inputs or {}, settings))
    except (KeyError, TypeError, AttributeError) as error:
        raise problem("not-a-run", f"the manifest of {folder} lacks {error}", file=str(folder)) from error


def _run_again(
    folder: Path,
    manifest: Manifest,
    compile: Compile,
    progress: Progress | None,
    inputs: Mapping[str, object],
    settings: Settings,
) -> list[Difference]:
    again = reload(folder, compile, inputs)
    job = Job(again.program, sources_of(again.program, again.inputs), again.known, again.brought, settings.chosen())
    differences: list[Difference] = []
    with passing_place(folder) as place:
        settled = settle(job, place, progress)
        for name in COLUMNS:
            differences += compare_files(name, folder / f"{name}.parquet", place.folder / f"{name}.parquet")
    outcome = json.loads(render(outcome_part(settled)))
    for part, value in outcome.items():
        if manifest[part] != value:
            differences.append(Difference(NAME, f"its {part} are not what running again gives"))
    return differences


def compare_files(name: str, then: Path, now: Path) -> list[Difference]:
    """Where two tables of results differ, row by row; at most twenty are told, then how many more."""
    try:
        with pq.ParquetFile(then) as old, pq.ParquetFile(now) as new:
            return _compare(name, old, new)
    except (OSError, pa.ArrowException):
        return [Difference(name, "cannot be read")]


def _compare(name: str, then: pq.ParquetFile, now: pq.ParquetFile) -> list[Difference]:
    names, now_names = then.schema_arrow.names, now.schema_arrow.names
    if names != now_names:
        return [Difference(name, f"has the columns {', '.join(names)}, and now {', '.join(now_names)}")]
    differences: list[Difference] = []
    unequal = first = 0
    for old, new in zip_longest(_even(then), _even(now)):
        for number, (was, is_now) in enumerate(() if _equal(old, new) else _rows(old, new), first + 1):
            if was != is_now:
                unequal += 1
                if unequal <= MOST_ROWS_TOLD:
                    differences.append(Difference(f"{name} row {number}", _row_difference(was, is_now)))
        first += ROWS_TOGETHER
    if unequal > MOST_ROWS_TOLD:
        differences.append(Difference(name, f"{unequal - MOST_ROWS_TOLD} more rows differ"))
    return differences


def _even(file: pq.ParquetFile) -> Iterator[pa.Table]:
    """The rows of a file, always so many together but for the last, whatever groups it has them in."""
    waiting: list[pa.RecordBatch] = []
    rows = 0
    for batch in file.iter_batches(ROWS_TOGETHER):
        waiting.append(batch)
        rows += batch.num_rows
        while rows >= ROWS_TOGETHER:
            table = pa.Table.from_batches(waiting)
            yield table.slice(0, ROWS_TOGETHER)
            waiting = table.slice(ROWS_TOGETHER).to_batches()
            rows -= ROWS_TOGETHER
    if rows:
        yield pa.Table.from_batches(waiting)


def _equal(old: pa.Table | None, new: pa.Table | None) -> bool:
    """Whether two pieces hold the same; the engines may declare a column differently."""
    if old is None or new is None or old.num_rows != new.num_rows:
        return False
    try:
        return bool(old.combine_chunks().equals(new.cast(old.schema).combine_chunks()))
    except (pa.ArrowException, ValueError):
        return False


def _rows(old: pa.Table | None, new: pa.Table | None) -> Iterator[tuple[Any, Any]]:
    return zip_longest(old.to_pylist() if old is not None else [], new.to_pylist() if new is not None else [])


def _row_difference(old: Mapping[str, Any] | None, new: Mapping[str, Any] | None) -> str:
    if old is None or new is None:
        row = old or new or {}
        which = ", ".join(str(row[column]) for column in ("payment", "check", "rule", "key", "file", "line") if column in row)
        return f"is {'there no more' if new is None else 'new'} ({which})"
    return "; ".join(f"{column} was {old[column]}, and is now {new[column]}" for column in old if old[column] != new[column])
