"""Opening of data files by their kind: separated values, Parquet, JSON Lines and workbooks."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from functools import cache
from pathlib import Path, PurePath
from typing import Any, Final
from urllib.parse import unquote

import duckdb
import pyarrow as pa

from requite.engine.reading.delimited import LONGEST_SHOWN, encoding_of, open_delimited
from requite.engine.reading.frames import arrow_chunks, quoted, reading_path
from requite.engine.reading.problems import DataError, problem
from requite.engine.reading.raw import CHUNK, Broken, Chunk, Opened
from requite.engine.reading.workbooks import open_workbook

DELIMITED, PARQUET, JSON_LINES, WORKBOOK = "separated values", "Parquet", "JSON Lines", "an Excel workbook"
KINDS: Final = {
    **dict.fromkeys((".csv", ".tsv", ".tab", ".txt", ".psv", ".dat"), DELIMITED),
    **dict.fromkeys((".parquet", ".pq"), PARQUET),
    **dict.fromkeys((".jsonl", ".ndjson", ".json"), JSON_LINES),
    **dict.fromkeys((".xlsx", ".xlsm", ".xlsb", ".xls", ".ods"), WORKBOOK),
}
"""What a file is, by the end of its name."""

# A name in its schema that is not UTF-8 is a RuntimeError.
BROKEN_PARQUET: Final = (duckdb.Error, pa.ArrowException, OSError, RuntimeError, ValueError)

ZIP, OLE = b"PK\x03\x04", b"\xd0\xcf\x11\xe0"
MARKS: Final = ((b"PAR1", PARQUET), (ZIP, WORKBOOK), (OLE, WORKBOOK))
PARTITION: Final = re.compile(r"([A-Za-z_][A-Za-z0-9_ -]*)=(.*)")
HIVE_BLANK: Final = "__HIVE_DEFAULT_PARTITION__"
FOREIGN: Final = ((b"\x1f\x8b", "is compressed", "Unpack it first."), (b"%PDF", "is a PDF", "Save its table as CSV."))


@dataclass(frozen=True, slots=True)
class InputFile:
    """A data file: where it is, the name it goes by in results, and the sheet of a workbook that is meant."""

    path: Path
    name: str
    sheet: str = ""

    @property
    def partition(self) -> dict[str, str | None]:
        """The columns that the names of its folders give, as Hive writes them: `year=2017/month=04/…`."""
        folders = (PARTITION.fullmatch(part) for part in PurePath(self.name).parts[:-1])
        texts = {match[1]: unquote(match[2]) for match in folders if match}
        return {name: None if text == HIVE_BLANK else text for name, text in texts.items()}


Fit = Callable[[Sequence[str]], int]


def open_file(file: InputFile, fit: Fit, record: str) -> Opened:
    """Open a data file; `fit` says how many of the wanted columns are among some headers."""
    try:
        return _with_partition(_open(file, fit, record), file.partition)
    except OSError as error:
        raise cannot_open(file.name, record, error) from error


def _open(file: InputFile, fit: Fit, record: str) -> Opened:
    kind = _kind(file, record)
    if kind == PARQUET:
        return _open_parquet(file, record)
    if kind == JSON_LINES:
        return _open_json_lines(file, record)
    if kind == WORKBOOK:
        return open_workbook(file.path, file.name, file.sheet, record)
    return open_delimited(file.path, file.name, fit, record)


def _with_partition(opened: Opened, partition: Mapping[str, str | None]) -> Opened:
    """A file with the columns that the names of its folders give, after its own."""
    given = {name: value for name, value in partition.items() if name not in opened.columns}
    if not given:
        return opened
    width, constants = len(opened.columns), tuple(given.values())

    def chunks(wanted: Sequence[int]) -> Iterator[Chunk]:
        for chunk in opened.chunks([i for i in wanted if i < width]):
            own = iter(chunk.cells)
            cells = [next(own, ()) if i < width else [constants[i - width]] * len(chunk.lines) for i in wanted]
            yield replace(chunk, cells=cells)

    return replace(opened, columns=(*opened.columns, *given), chunks=chunks, constants=constants)


def cannot_open(name: str, record: str, error: OSError) -> DataError:
    why = (error.strerror or "it cannot be read").lower()
    return problem("unreadable-file", f"{name} cannot be opened: {why}", record, name, "Check that you may read it.")


def _kind(file: InputFile, record: str) -> str:
    """What a file is: by its name, and its first bytes must agree."""
    with file.path.open("rb") as opened:
        start = opened.read(64)
    for mark, what, help in FOREIGN:
        if start.startswith(mark):
            raise problem("wrong-kind", f"{file.name} {what}", record, file.name, help)
    by_name = KINDS.get(file.path.suffix.lower())
    by_bytes = next((kind for mark, kind in MARKS if start.startswith(mark)), None)
    if by_name in (PARQUET, WORKBOOK) and by_bytes != by_name:
        if not start:
            help = "Give a file with a row of column names and rows below it."
            raise problem("empty-file", f"{file.name} is empty", record, file.name, help)
        help = "Give it the ending of what it is (.csv, .parquet, .jsonl, .xlsx), or save it again."
        raise problem("wrong-kind", f"{file.name} is not {by_name}, whatever its name says", record, file.name, help)
    if by_name is not None and by_bytes is not None and by_name != by_bytes:
        help = f"Give it the ending of what it is, or save it as {by_name}."
        raise problem("wrong-kind", f"{file.name} is {by_bytes}, whatever its name says", record, file.name, help)
    return by_name or by_bytes or (JSON_LINES if start.lstrip().startswith(b"{") else DELIMITED)


# --- Parquet ----------------------------------------------------------------------------------------------------------


def _open_parquet(file: InputFile, record: str) -> Opened:
    pattern = reading_path(file.path)

    def select(what: str, connection: duckdb.DuckDBPyConnection) -> Any:
        return connection.sql(f"SELECT {what} FROM read_parquet($path, hive_partitioning = false)", params={"path": pattern})

    try:
        columns = tuple(str(column) for column in select("*", _for_names().cursor()).columns)
    except BROKEN_PARQUET as error:
        raise _broken_parquet(file, record) from error

    def chunks(wanted: Sequence[int]) -> Iterator[Chunk]:
        try:
            wanted_columns = select(", ".join(quoted(columns[i]) for i in wanted), duckdb.connect())
            yield from arrow_chunks(wanted_columns.to_arrow_reader(CHUNK), file.name)
        except BROKEN_PARQUET as error:
            raise _broken_parquet(file, record) from error

    return Opened(file.name, columns, chunks, PARQUET, file.path)


@cache
def _for_names() -> duckdb.DuckDBPyConnection:
    """What the columns of all files are asked of: making a database takes many times longer than the question."""
    return duckdb.connect()


def _broken_parquet(file: InputFile, record: str) -> DataError:
    help = "It may be cut off: write or fetch it again."
    return problem("unreadable-file", f"{file.name} is not a whole Parquet file", record, file.name, help)


# --- JSON Lines -------------------------------------------------------------------------------------------------------


def _open_json_lines(file: InputFile, record: str) -> Opened:
    """Open a file of one JSON object a line. The columns are the keys of all of them, found by reading it once more."""
    encoding = encoding_of(file.path)
    columns: dict[str, None] = {}
    empty = True
    for _, item in _json_rows(file.path, encoding):
        empty = False
        if isinstance(item, dict):
            columns.update(dict.fromkeys(item))
    if empty:
        raise problem("empty-file", f"{file.name} is empty", record, file.name, "Give a file with one JSON object a line.")
    if not columns:
        help = 'Write one object a line: {"id": "S1", …}.'
        raise problem("wrong-kind", f"{file.name} holds no JSON objects, one a line", record, file.name, help)
    names = tuple(columns)

    def chunks(wanted: Sequence[int]) -> Iterator[Chunk]:
        keys = [names[i] for i in wanted]
        lines: list[int] = []
        rows: list[list[object]] = []
        broken: list[Broken] = []
        for line, item in _json_rows(file.path, encoding):
            if isinstance(item, Broken):
                broken.append(item)
            else:
                lines.append(line)
                rows.append([item.get(key) for key in keys])
            if len(rows) + len(broken) >= CHUNK:
                yield Chunk(lines, list(zip(*rows, strict=True)), broken)
                lines, rows, broken = [], [], []
        yield Chunk(lines, list(zip(*rows, strict=True)), broken)

    return Opened(file.name, names, chunks, JSON_LINES)


def _json_rows(path: Path, encoding: str) -> Iterator[tuple[int, dict[str, object] | Broken]]:
    with path.open(encoding=encoding, errors="replace", newline="") as file:
        for line, text in enumerate(file, 1):
            if text.strip():
                yield line, _json_row(line, text)


def _json_row(line: int, text: str) -> dict[str, object] | Broken:
    shown = text.strip()[:LONGEST_SHOWN]
    try:
        row = json.loads(text, parse_float=Decimal, parse_int=_whole, parse_constant=Decimal, object_pairs_hook=_object)
    except _RepeatedNameError as error:
        return Broken(line, f"gives {error} twice", shown)
    except (ValueError, ArithmeticError, RecursionError):
        return Broken(line, "is not JSON", shown)
    return row if isinstance(row, dict) else Broken(line, "is not a JSON object", shown)


class _RepeatedNameError(Exception):
    """An object gives one name twice."""


def _object(pairs: list[tuple[str, object]]) -> dict[str, object]:
    row = dict(pairs)
    if len(row) != len(pairs):
        names = [name for name, _ in pairs]
        raise _RepeatedNameError(next(name for name in names if names.count(name) > 1))
    return row


def _whole(text: str) -> int | Decimal:
    return int(text) if len(text) < 100 else Decimal(text)
