"""A finished run as tables that many runs share: each row says which run it is from, and a table of runs says what each run was."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from threading import Event
from typing import Final

import pyarrow as pa
import pyarrow.parquet as pq

from requite.engine.changed_csv import refuse_changed_csv
from requite.engine.data import Progress
from requite.engine.manifest import Manifest, known_date, read_manifest
from requite.engine.reading.problems import problem
from requite.engine.results import COLUMNS, Column, amount, file_hash, parts, text, whole, yes_no

RUNS: Final = "runs"
TABLES: Final = (*(name for name in COLUMNS if name != "counts"), "counts", RUNS)
"""The tables in the order in which they are written: what says that a run is there comes last."""

RUN: Final = "run"
RULESET: Final = "ruleset"
ROWS_TOGETHER: Final = 50_000
ID_LENGTH: Final = 32

AMOUNT: Final = pa.decimal128(38, 6)
"""What an amount is where a table has to say it once for all runs: pennies mostly, but a ruleset may round to less."""

TYPES: Final[Mapping[Column, pa.DataType]] = {
    text: pa.string(),
    whole: pa.int64(),
    yes_no: pa.bool_(),
    amount: AMOUNT,
    parts: pa.list_(pa.string()),
}
MOMENT: Final = pa.timestamp("us", tz="UTC")
RUN_COLUMNS: Final[Mapping[str, pa.DataType]] = {
    RUN: pa.string(), RULESET: pa.string(), "title": pa.string(), "currency": pa.string(), "known": pa.date32(),
    "requite": pa.string(), "engine": pa.string(), "started": MOMENT, "finished": MOMENT,
}  # fmt: skip


def _schema(name: str) -> pa.Schema:
    if name == RUNS:
        return pa.schema(list(RUN_COLUMNS.items()))
    own = {column: TYPES[make] for column, make in COLUMNS[name].items()}
    return pa.schema(list(({RUN: pa.string(), RULESET: pa.string()} | own).items()))


SCHEMAS: Final[Mapping[str, pa.Schema]] = {name: _schema(name) for name in TABLES}
"""The columns of each table: those of the file, after the run's id and its ruleset."""


@dataclass(frozen=True)
class FinishedRun:
    """The folder of a finished run, its id, and how many rows each of its tables has."""

    folder: Path
    manifest: Manifest = field(repr=False)
    id: str
    rows: Mapping[str, int]

    def path(self, table: str) -> Path:
        return self.folder / f"{table}.parquet"

    def schema(self, table: str) -> pa.Schema:
        """The columns of a table with amounts as this run has them."""
        schema = SCHEMAS[table]
        if table == RUNS:
            return schema
        own = pq.read_schema(self.path(table))
        for position, column in enumerate(schema):
            if pa.types.is_decimal(column.type):
                schema = schema.set(position, column.with_type(own.field(column.name).type))
        return schema

    def batches(self, table: str, schema: pa.Schema) -> Iterator[pa.RecordBatch]:
        """The rows of a table with these columns, some at a time; a column that the run does not have is empty."""
        if table == RUNS:
            found: Iterator[pa.RecordBatch] = iter([self._of_run()])
        else:
            found = self._of_file(table)
        for batch in found:
            arrays = [self._column(batch, column, table) for column in schema]
            yield pa.RecordBatch.from_arrays(arrays, schema=schema)

    def _of_file(self, table: str) -> Iterator[pa.RecordBatch]:
        with pq.ParquetFile(self.path(table)) as file:
            yield from file.iter_batches(ROWS_TOGETHER)

    def _of_run(self) -> pa.RecordBatch:
        ruleset, times = self.manifest["ruleset"], self.manifest["times"]
        row = {
            "title": ruleset["title"],
            "currency": ruleset["currency"],
            "known": known_date(self.manifest),
            "requite": self.manifest["requite"],
            "engine": self.manifest["engine"]["name"],
            "started": datetime.fromisoformat(times["started"]),
            "finished": datetime.fromisoformat(times["finished"]),
        }
        return pa.RecordBatch.from_pylist([row], pa.schema([(name, RUN_COLUMNS[name]) for name in row]))

    def _column(self, batch: pa.RecordBatch, column: pa.Field, table: str) -> pa.Array:
        own = {RUN: self.id, RULESET: self.manifest["ruleset"]["name"]}
        if column.name in own:
            return pa.repeat(pa.scalar(own[column.name], pa.string()), batch.num_rows).cast(column.type)
        if column.name not in batch.schema.names:
            return pa.nulls(batch.num_rows, column.type)
        try:
            return batch.column(column.name).cast(column.type)
        except pa.ArrowException as error:
            message = f"{column.name} in the {table} of this run has numbers that do not fit into {type_words(column.type)}"
            help = "Write the results to PostgreSQL, where numbers have any length, or take the Parquet files of the run."
            raise problem("too-large", message, file=str(self.folder), help=help) from error


def type_words(kind: pa.DataType) -> str:
    """A type as SQL has it: decimal(38, 12)."""
    return f"decimal({kind.precision}, {kind.scale})" if pa.types.is_decimal(kind) else str(kind)


def finished_run(folder: Path) -> FinishedRun:
    """Open a run's folder; DataError where that is none, or where its results are not as the run wrote them."""
    manifest = read_manifest(folder)
    try:
        written = {item["file"]: item for item in manifest["outputs"]}
        rows = {name: int(written[f"{name}.parquet"]["rows"]) for name in COLUMNS}
        run = FinishedRun(folder, manifest, run_id(manifest), rows | {RUNS: 1})
        # Whatever else the manifest lacks is found before anything is written.
        run._of_run()
        manifest["rules"]
    except (KeyError, TypeError, AttributeError, ValueError) as error:
        raise problem("not-a-run", f"the manifest of {folder} lacks {error}", file=str(folder)) from error
    for name in COLUMNS:
        _as_written(run.path(name), written[f"{name}.parquet"]["sha256"])
    refuse_changed_csv(folder, manifest)
    return run


def _as_written(path: Path, sha256: str) -> None:
    try:
        same = file_hash(path) == sha256
    except OSError as error:
        raise problem("changed-input", f"{path} cannot be read any more", file=str(path), help="Run anew.") from error
    if not same:
        raise problem("changed-input", f"{path} has changed since the run", file=str(path), help="Run anew.")


def run_id(manifest: Manifest) -> str:
    """What tells a run from others: a hash of all that its results rest on.

    It is the same wherever the data lay, and whatever engine decided: the same ruleset on the same data, as known on the same day.
    Data that is in no file, as rows that a program handed over, has no hash; then the results have to stand for it.
    """
    inputs, before = manifest["inputs"], manifest["brought_forward"]
    rests_on = [
        manifest["requite"],
        [text["sha256"] for text in manifest["ruleset"]["texts"]],
        manifest["known"],
        [[item["record"], [[file["sheet"], file["sha256"]] for file in item["files"]]] for item in inputs],
        before and before["sha256"],
    ]
    if not all(item["files"] for item in inputs):
        rests_on.append([item["state"] for item in inputs if "state" in item])
        rests_on.append([item["sha256"] for item in manifest["outputs"] if item["file"].endswith(".parquet")])
    return hashlib.sha256(json.dumps(rests_on).encode()).hexdigest()[:ID_LENGTH]


# --- handing over -----------------------------------------------------------------------------------------------------


class Stopped(Exception):  # noqa: N818 - nothing is wrong
    """Whoever asked for the export wants it no more."""


class Written:
    """Tells how many rows of a run have been handed over, and ends it where it is wanted no more."""

    def __init__(self, run: FinishedRun, progress: Progress | None) -> None:
        self._progress = progress
        self._done, self._total = 0, sum(run.rows.values())
        self.stopped = Event()

    def go_on(self) -> None:
        """Stopped, where it is wanted no more."""
        if self.stopped.is_set():
            raise Stopped

    def __call__(self, batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        for batch in batches:
            self.go_on()
            yield batch
            self._done += batch.num_rows
            if self._progress:
                self._progress("exporting", self._done, self._total)


@contextmanager
def streamed(schema: pa.Schema, batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatchReader]:
    """Batches as a stream for a library of another language, which would lose what goes wrong while it reads them."""
    failed: list[BaseException] = []

    def read() -> Iterator[pa.RecordBatch]:
        try:
            yield from batches
        except GeneratorExit:
            raise
        except BaseException as error:
            failed.append(error)
            raise

    try:
        yield pa.RecordBatchReader.from_batches(schema, read())
    except BaseException as error:
        if failed and failed[0] is not error:
            raise failed[0] from None
        raise


__all__ = [
    "AMOUNT",
    "RUN",
    "RUNS",
    "SCHEMAS",
    "TABLES",
    "FinishedRun",
    "Written",
    "finished_run",
    "run_id",
    "streamed",
    "type_words",
]
