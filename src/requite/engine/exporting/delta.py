"""Results as Delta tables in a folder, or wherever an address leads.

Each table takes a run in one step: its rows come in place of those that the table has of the run. Files are not sorted into folders
by run, for which the writer would hold what it writes in memory; each file has the rows of one run, which its log says.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final
from urllib.parse import unquote, urlsplit

import pyarrow as pa

from requite.engine.exporting.runs import RUN, SCHEMAS, TABLES, FinishedRun, Written, streamed, type_words
from requite.engine.exporting.targets import DELTA, Target, first_line, lacking
from requite.engine.folder_names import NAME
from requite.engine.reading.problems import DataError

ADDRESS: Final = re.compile(r"[A-Za-z][A-Za-z0-9+.-]+://")
LOG: Final = "_delta_log"
UNKNOWN_TO_WRITER: Final = re.compile(r"[\x00-\x1f\x7f|\[\]^\\]|%[0-9A-Fa-f]{2}")
"""What no path may hold: the writer looks for its table elsewhere then."""

FILE_SIZE: Final = 64 * 2**20
GROUP_ROWS: Final = 100_000

# Only of what runs are told apart by: the log would have the least and the greatest amount as floats.
CONFIGURATION: Final = {"delta.dataSkippingStatsColumns": "run,ruleset"}


@dataclass(frozen=True, slots=True)
class DeltaTables(Target):
    """A folder of Delta tables, on this machine (`folder`) or at an address."""

    folder: Path | None
    address: str = ""

    def check(self, out: Path | None = None) -> None:
        self.module("deltalake", "delta")
        if self.folder is not None:
            try:
                self._check_folder(self.folder, out)
            except OSError as error:
                why = (error.strerror or "it cannot be read").lower()
                raise self.refused(why, "Name another folder.") from error
        for name in TABLES:
            with self._writing(name):
                self._columns(name)

    def write(self, run: FinishedRun, written: Written) -> None:
        delta = self.module("deltalake", "delta")
        self.check(run.folder)
        for name in TABLES:
            with self._writing(name):
                self._write(delta, name, run, written)

    def _write(self, delta: Any, name: str, run: FinishedRun, written: Written) -> None:
        where = self._where(name)
        delta.DeltaTable.create(where, SCHEMAS[name], mode="ignore", configuration=CONFIGURATION)
        schema = self._columns(name) or SCHEMAS[name]
        with streamed(schema, written(run.batches(name, schema))) as rows:
            delta.write_deltalake(
                where,
                rows,
                mode="overwrite",
                predicate=f"{RUN} = '{run.id}'",
                target_file_size=FILE_SIZE,
                writer_properties=delta.WriterProperties(compression="ZSTD", max_row_group_size=GROUP_ROWS),
            )

    def _where(self, name: str) -> str:
        return str(self.folder / name) if self.folder is not None else f"{self.address.rstrip('/')}/{name}"

    def _columns(self, name: str) -> pa.Schema | None:
        """The columns of a table that is there already; DataError where it does not take what a run has."""
        delta = self.module("deltalake", "delta")
        where = self._where(name)
        if not delta.DeltaTable.is_deltatable(where):
            return None
        schema = pa.schema(delta.DeltaTable(where).schema().to_arrow())
        there = {column.name: _words(column.type) for column in schema}
        wanted = {column.name: _wanted(column.type, there.get(column.name, "")) for column in SCHEMAS[name]}
        wrong = lacking(name, there, wanted, {column.name for column in schema if column.nullable})
        if wrong:
            raise self.refused(wrong, "Write to another folder, or move that table away.")
        return schema

    def _check_folder(self, folder: Path, out: Path | None) -> None:
        if out is not None and (folder == out.expanduser().resolve() or out.expanduser().resolve() in folder.parents):
            raise self.refused("the folder of the run keeps the run alone", "Name another folder.")
        for name in TABLES:
            path = folder / name
            if path.is_dir() and not (path / LOG).is_dir() and any(path.iterdir()):
                raise self.refused(f"{path} holds something else", "Name another folder.")
        # The nearest folder above that is there has to take what is missing.
        above = next(path for path in (folder, *folder.parents) if path.exists())
        if (folder / NAME).exists():
            raise self.refused("it is the folder of a run", "Name another folder.")
        if not above.is_dir():
            raise self.refused(f"{above} is a file", "Name another folder.")
        if not os.access(above, os.W_OK | os.X_OK):
            raise self.refused(f"you may not write to {above}", "Ask for the right to, or name another folder.")

    @contextmanager
    def _writing(self, table: str) -> Iterator[None]:
        """What goes wrong in the writer, as a problem of the place."""
        try:
            yield
        except (DataError, KeyboardInterrupt, SystemExit, MemoryError):
            raise
        except BaseException as error:
            # A fault inside the writer comes as an exception of no usual kind.
            if not isinstance(error, Exception) and type(error).__name__ != "PanicException":
                raise
            if type(error).__name__ == "CommitFailedError":
                raise self.refused(f"another program wrote to {table} at the same time", "Export the run again.") from None
            said = first_line(str(error))
            raise self.refused(said, "Check the place, and that you may write there.") from None


def _words(kind: pa.DataType) -> str:
    """A type in words, whatever way of many it is laid out in memory."""
    if pa.types.is_large_string(kind) or pa.types.is_string_view(kind):
        return type_words(pa.string())
    if pa.types.is_list(kind) or pa.types.is_large_list(kind):
        return f"list of {_words(kind.value_type)}"
    return type_words(kind)


def _wanted(kind: pa.DataType, there: str) -> tuple[str, ...]:
    """The types that will do: numbers that do not fit are found one by one."""
    own = _words(kind)
    return (own, there) if pa.types.is_decimal(kind) and there.startswith("decimal(") else (own,)


def delta_tables(given: str) -> DeltaTables:
    """The folder or address that `delta:…` names; ValueError where it names none."""
    place = given.removeprefix(DELTA)
    if not place.strip():
        raise ValueError("write the folder of the tables after delta:, as in delta:lake/settled")
    if place.lower().startswith("file://"):
        place = unquote(urlsplit(place).path)
    elif ADDRESS.match(place):
        return DeltaTables(given, None, _plain(place))
    if "\0" in place:
        raise ValueError("a path has no character 0")
    try:
        folder = Path(place).expanduser().resolve()
    except (OSError, RuntimeError):
        raise ValueError("the folder after delta: cannot be found") from None
    found = UNKNOWN_TO_WRITER.search(folder.as_posix())
    if found:
        raise ValueError(f"what writes Delta tables takes no {found[0]!r} in a path: name another folder")
    return DeltaTables(given, folder)


def _plain(address: str) -> str:
    """An address that holds nothing secret; ValueError, in which nothing of it stands, where it may hold something."""
    try:
        parts = urlsplit(address)
        secret = parts.password is not None or parts.query or parts.fragment
    except ValueError:
        raise ValueError("the address after delta: cannot be read") from None
    if secret or "\0" in address:
        raise ValueError("give the keys of a store in its environment variables, as AWS_SECRET_ACCESS_KEY, not in the address")
    return address
