"""Tables that lie elsewhere than in plain files: Delta and Iceberg tables, and tables of PostgreSQL.

The reader of each is an extra that is installed by name; without it the data is refused with what to install. Where a table
is made of plain Parquet files that say the same as its log, those files are the data, and are read where they lie.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from importlib import import_module
from pathlib import Path
from typing import Any, Final
from urllib.parse import unquote, urlsplit

import pyarrow as pa
import pyarrow.parquet as pq

from requite.engine.reading.addresses import POSTGRES, postgres_address
from requite.engine.reading.files import InputFile
from requite.engine.reading.frames import arrow_chunks, quoted
from requite.engine.reading.problems import DataError, problem
from requite.engine.reading.raw import Chunk, Opened

METADATA: Final = ".metadata.json"
PLAIN_FEATURES: Final = frozenset(("timestampNtz", "v2Checkpoint", "vacuumProtocolCheck"))
"""Features of a Delta table that leave its files as they are."""


@dataclass(frozen=True, slots=True)
class Place:
    """A table that is read as a stream of Arrow. `name` is what messages call it: nothing secret is in it."""

    record: str
    name: str

    @property
    def form(self) -> str:
        raise NotImplementedError

    def columns(self) -> tuple[str, ...]:
        raise NotImplementedError

    def batches(self, names: Sequence[str]) -> Iterator[pa.RecordBatch]:
        """The rows, of some columns (in any order, each once), in the order in which the table gives them."""
        raise NotImplementedError

    def identity(self) -> dict[str, Any]:
        """What tells this state of the table from another; nothing where nobody can promise it."""
        return {}


def place_of(given: str, record: str) -> Place | tuple[InputFile, ...] | None:
    """The table that a text names: a place to read from, or its files where they are plain; None where it names none."""
    if given.startswith(POSTGRES):
        return _postgres(given, record)
    if "\0" in given:
        return None
    path = Path(given).expanduser()
    if given.endswith(METADATA) and path.is_file():
        return IcebergTable(record, given, path)
    if (path / "_delta_log").is_dir():
        return _delta(path, given, record)
    if (path / "metadata").is_dir() and (found := _latest(path / "metadata")):
        return IcebergTable(record, given, found)
    return None


def open_place(place: Place) -> Opened:
    """Open a table that lies elsewhere."""
    columns = place.columns()

    def chunks(wanted: Sequence[int]) -> Iterator[Chunk]:
        names = [columns[i] for i in wanted]
        return arrow_chunks(ordered_batches(place, names), place.name)

    return Opened(place.name, columns, chunks, place.form, place)


def ordered_batches(place: Place, names: Sequence[str]) -> Iterator[pa.RecordBatch]:
    """The rows of a table with these columns in this order, a name given twice too."""
    for batch in place.batches(list(dict.fromkeys(names))):
        columns = [batch.column(name) for name in names]
        schema = pa.schema([(f"c{i}", column.type) for i, column in enumerate(columns)])
        yield pa.RecordBatch.from_arrays(columns, schema=schema) if columns else batch.select([])


def _module(name: str, extra: str, what: str, place: str, record: str) -> Any:
    try:
        return import_module(name)
    except ImportError as error:
        help = f"Install it with `pip install requite[{extra}]`."
        raise problem(
            "unreadable-file", f"{place} is {what}, and what reads those is not installed", record, place, help
        ) from error


@contextmanager
def _refusing(place: Place, errors: tuple[type[Exception], ...]) -> Iterator[None]:
    """What goes wrong while a table is read, as a problem of the data."""
    try:
        yield
    except DataError:
        raise
    except errors as error:
        why = str(error).strip().splitlines()
        help = "Check that it is whole and that you may read it."
        message = f"{place.name} cannot be read" + (f": {why[0][:300]}" if why else "")
        raise problem("unreadable-file", message, place.record, place.name, help) from error


# --- Delta ------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class DeltaTable(Place):
    """A Delta table whose files do not say all by themselves."""

    path: Path

    @property
    def form(self) -> str:
        return "Delta table"

    def columns(self) -> tuple[str, ...]:
        with _refusing(self, (Exception,)):
            return tuple(self._dataset().schema.names)

    def batches(self, names: Sequence[str]) -> Iterator[pa.RecordBatch]:
        with _refusing(self, (Exception,)):
            yield from self._dataset().scanner(columns=list(names)).to_reader()

    def identity(self) -> dict[str, Any]:
        with _refusing(self, (Exception,)):
            return {"delta_version": int(self._table().version())}

    def _table(self) -> Any:
        module = _module("deltalake", "delta", "a Delta table", self.name, self.record)
        return module.DeltaTable(str(self.path))

    def _dataset(self) -> Any:
        return self._table().to_pyarrow_dataset()


def _delta(path: Path, name: str, record: str) -> Place | tuple[InputFile, ...]:
    """The files of a Delta table's latest version, where they hold what its log says; else the table."""
    place = DeltaTable(record, name, path)
    with _refusing(place, (Exception,)):
        table = place._table()
        files = sorted((Path(unquote_uri(uri)) for uri in table.file_uris()), key=str)
        inputs = tuple(
            InputFile(file, str(Path(name) / file.relative_to(path.absolute()))) for file in files if _is_below(file, path)
        )
        if len(inputs) == len(files) and inputs and _are_plain(table, inputs):
            return inputs
    return place


def unquote_uri(uri: str) -> str:
    """The path that a file's address stands for."""
    return unquote(urlsplit(uri).path) if uri.startswith("file:") else uri


def _is_below(file: Path, folder: Path) -> bool:
    return file.is_file() and file.is_relative_to(folder.absolute())


def _are_plain(table: Any, files: Sequence[InputFile]) -> bool:
    """Whether files have every column of the table, or their folders do, and no row of theirs was deleted by the log."""
    features, mapping = table.protocol().reader_features, table.metadata().configuration.get("delta.columnMapping.mode", "none")
    if mapping != "none" or not set(features or ()) <= PLAIN_FEATURES:
        return False
    names = set(table.to_pyarrow_dataset().schema.names)
    partitions = set(table.metadata().partition_columns)
    for file in files:
        own = set(pq.read_schema(file.path).names)
        if own != names - partitions or set(file.partition) != partitions:
            return False
    return True


# --- Iceberg ----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class IcebergTable(Place):
    """An Iceberg table, as one of its metadata files has it."""

    metadata: Path

    @property
    def form(self) -> str:
        return "Iceberg table"

    def columns(self) -> tuple[str, ...]:
        with _refusing(self, (Exception,)):
            return tuple(column.name for column in self._table().schema().columns)

    def batches(self, names: Sequence[str]) -> Iterator[pa.RecordBatch]:
        with _refusing(self, (Exception,)):
            yield from self._table().scan(selected_fields=tuple(names)).to_arrow_batch_reader()

    def identity(self) -> dict[str, Any]:
        with _refusing(self, (Exception,)):
            snapshot = self._table().current_snapshot()
            return {"iceberg_metadata": self.metadata.name, "iceberg_snapshot": snapshot.snapshot_id if snapshot else None}

    def _table(self) -> Any:
        module = _module("pyiceberg.table", "iceberg", "an Iceberg table", self.name, self.record)
        return module.StaticTable.from_metadata(self.metadata.absolute().as_uri())


def _latest(folder: Path) -> Path | None:
    """The latest of the metadata files of an Iceberg table: the one that its hint names, else the one of the greatest number."""
    hint = folder / "version-hint.text"
    if hint.is_file():
        version = hint.read_text(encoding="utf-8", errors="replace").strip()
        named = [p for p in (folder / f"v{version}{METADATA}", folder / f"{version}{METADATA}") if p.is_file()]
        if named:
            return named[0]
    numbered = [(int(match[1]), p.name) for p in folder.glob(f"*{METADATA}") if (match := re.match(r"v?([0-9]+)", p.name))]
    return folder / max(numbered)[1] if numbered else None


# --- PostgreSQL -------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class PostgresTable(Place):
    """A table of PostgreSQL; its address may hold a password, and is shown nowhere."""

    address: str = field(repr=False)
    table: tuple[str, ...]

    @property
    def form(self) -> str:
        return "PostgreSQL table"

    def columns(self) -> tuple[str, ...]:
        with self._cursor() as cursor:
            cursor.execute(f"SELECT * FROM {self._quoted} LIMIT 0")
            return tuple(cursor.fetch_record_batch().schema.names)

    def batches(self, names: Sequence[str]) -> Iterator[pa.RecordBatch]:
        with self._cursor() as cursor:
            cursor.execute(f"SELECT {', '.join(map(quoted, names)) or '1'} FROM {self._quoted}")
            for batch in cursor.fetch_record_batch():
                yield _plain_batch(batch)

    @property
    def _quoted(self) -> str:
        return ".".join(map(quoted, self.table))

    @contextmanager
    def _cursor(self) -> Iterator[Any]:
        dbapi = _module("adbc_driver_postgresql.dbapi", "postgres", "a table of PostgreSQL", self.name, self.record)
        try:
            with dbapi.connect(self.address) as connection, connection.cursor() as cursor:
                yield cursor
        except dbapi.Error as error:
            state = getattr(error, "sqlstate", None)
            raise self._refused(str(error), state) from None

    def _refused(self, said: str, state: str | None) -> DataError:
        table = ".".join(self.table)
        if state == "42P01":
            message = f"{self.name} cannot be read: there is no table {table}"
            return problem("not-found", message, self.record, self.name, "Name it as schema.table after the #.")
        if state == "42501":
            message = f"{self.name} cannot be read: you may not read the table {table}"
            return problem("unreadable-file", message, self.record, self.name, "Ask for the right to SELECT from it.")
        why = "the password is wrong" if state == "28P01" or "password" in said else "no connection, or it broke off"
        help = "Check the address, and that PGPASSWORD or the address gives the password."
        return problem("unreadable-file", f"{self.name} cannot be read: {why}", self.record, self.name, help)


def _plain_batch(batch: pa.RecordBatch) -> pa.RecordBatch:
    """A batch without the wrappers that the driver puts around types of its own: numbers of any length come as text."""
    columns = [column.storage if isinstance(column, pa.ExtensionArray) else column for column in batch.columns]
    return pa.RecordBatch.from_arrays(columns, names=batch.schema.names)


def _postgres(given: str, record: str) -> PostgresTable:
    """The table that an address names: `postgresql://…/database#schema.table`, or with `?table=schema.table`."""
    try:
        address = postgres_address(given, "table")
    except ValueError as error:
        raise problem("not-found", str(error), record, "postgresql://…") from None
    shown = address.shown + (f"#{address.named}" if address.named else "")
    names = tuple(address.named.split("."))
    if not all(names) or len(names) > 2:
        help = "Name the table after a #: postgresql://HOST/DATABASE#schema.table."
        raise problem("not-found", f"{shown} names no table", record, shown, help)
    return PostgresTable(record, shown, address.plain, names)
