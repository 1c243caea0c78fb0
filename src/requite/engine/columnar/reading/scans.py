"""The relations in which the rows of one record are found, and what their columns read as."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import chain
from pathlib import Path
from typing import Any, Final

import duckdb
import pyarrow as pa

from requite.dsl.program import Program, Record
from requite.dsl.types import QUANTITIES
from requite.engine.columnar.reading.cells import Cell, Column, UnfitError, cell_of, column_of, constant, facts_by_scan
from requite.engine.columnar.reading.delimited import numbers, text_batches
from requite.engine.columnar.reading.forms import field_read
from requite.engine.columnar.reading.names import literal, quoted
from requite.engine.columnar.reading.parquet import ParquetFiles, parquet_facts, types_of, unreadable
from requite.engine.columnar.reading.spark_frames import streamed
from requite.engine.columnar.reading.staging import Staging
from requite.engine.columnar.reading.values import Read, scaled
from requite.engine.data import OpenTable
from requite.engine.reading.places import Place, ordered_batches
from requite.engine.reading.raw import Broken, Chunk, DelimitedFile
from requite.engine.reading.readings import readings_of
from requite.engine.reading.spark_frames import SparkFrame

Tell = Callable[[int], None]

ARROW_READ: Final = (
    pa.types.is_integer,
    pa.types.is_string,
    pa.types.is_large_string,
    pa.types.is_boolean,
    pa.types.is_date32,
    pa.types.is_float64,
    pa.types.is_decimal128,
)
"""The Arrow types that the database takes over as Python would."""


@dataclass(frozen=True, slots=True)
class Scan:
    """A relation with rows of a record: what to write after FROM, the file's number and the line, and each part's cells.

    `in_place` says whether it is the data itself, which may be read again each time; `made` are the relations it needs.
    """

    source: str
    number: str
    line: str
    cells: Sequence[Cell]
    in_place: bool
    made: Sequence[str] = ()


@dataclass(eq=False)
class Found:
    """The scans of a record, and of each of its files how many rows and blank lines it has, and which lines are broken."""

    scans: list[Scan] = field(default_factory=list)
    rows: dict[int, int] = field(default_factory=lambda: defaultdict(int))
    blank: dict[int, int] = field(default_factory=lambda: defaultdict(int))
    broken: list[tuple[int, Broken]] = field(default_factory=list)

    def count(self, number: int, rows: int, broken: Sequence[Broken], blank: int) -> None:
        self.rows[number] += rows + len(broken)
        self.blank[number] += blank
        self.broken += [(number, line) for line in broken]


Numbered = tuple[int, OpenTable]


def scans_of(staging: Staging, program: Program, record: Record, tables: Sequence[OpenTable], tell: Tell) -> Found:
    """Find the rows of a record's files or object: in place where they can be, else in a copy."""
    found = Found()
    delimited: list[Numbered] = []
    parquet: dict[Any, list[Numbered]] = defaultdict(list)
    others: list[Numbered] = []
    for number, table in enumerate(tables):
        within = table.opened.within
        if isinstance(within, DelimitedFile):
            delimited.append((number, table))
        elif isinstance(within, Path):
            types = types_of(staging, within)
            (others if types is None else parquet[types, _positions(table)]).append((number, table))
        else:
            others.append((number, table))
    for (types, _), files in parquet.items():
        if not _scan_parquet(staging, program, record, ParquetFiles(tuple(files), types), found):
            others += files
    if delimited:
        _scan_delimited(staging, program, record, delimited, found, tell)
    others = [item for item in others if not _scan_arrow(staging, program, record, item, found)]
    if others:
        _scan_chunks(staging, program, record, sorted(others, key=lambda item: item[0]), found, tell)
    return found


def _positions(table: OpenTable) -> tuple[int | None, ...]:
    return tuple(item.position for item in table.placed)


# --- Parquet ----------------------------------------------------------------------------------------------------------


def _scan_parquet(staging: Staging, program: Program, record: Record, files: ParquetFiles, found: Found) -> bool:
    """Read Parquet files of one shape in place; False where SQL cannot read them as Python does."""
    placed = files.tables[0][1].placed
    readings = readings_of(program, placed, staging.digits)
    try:
        cells: dict[int, Cell] = {}
        columns: dict[int, Column] = {}
        for i, item in enumerate(placed):
            kind = field_read(program, item.part).type.kind
            if item.position is None:
                cells[i] = constant("NULL", kind, nulls=True)
            elif item.position < files.width:
                named = f"src.{quoted(files.names[item.position])}"
                cell, type = _to_microseconds(staging, files.source, named, files.types[item.position])
                columns[i] = column_of(program, item, cell, type, readings[i])
            else:
                texts = [table.opened.constants[item.position - files.width] for _, table in files.tables]
                cells[i] = _constants(Read(record.name, readings[i], kind), texts, files.index)
        facts = parquet_facts(staging, files, columns)
        unknown = [i for i in columns if i not in facts]
        scanned = facts_by_scan(staging, files.source, [columns[i] for i in unknown])
        facts |= dict(zip(unknown, scanned, strict=True))
        cells |= {i: cell_of(staging, record.name, files.source, column, facts[i]) for i, column in columns.items()}
        rows = files.rows(staging)
    except UnfitError:
        return False
    except duckdb.Error as error:
        if not unreadable(error):
            raise
        return False
    for (number, _), count in zip(files.tables, rows, strict=True):
        found.count(number, count, (), 0)
    found.scans.append(_scan(files.source, files.number, "(src.file_row_number + 1)", cells, columns, ()))
    return True


def _to_microseconds(staging: Staging, source: str, cell: str, type: str) -> tuple[str, str]:
    """A column and its type; moments to the nanosecond, as some programs write them all, as Python holds them."""
    if type != "TIMESTAMP_NS":
        return cell, type
    if not staging.row(f"SELECT coalesce(bool_and(epoch_ns({cell}) % 1000 = 0), TRUE) FROM {source}")[0]:
        raise UnfitError
    return f"CAST({cell} AS TIMESTAMP)", "TIMESTAMP"


def _scan(source: str, number: str, line: str, cells: dict[int, Cell], columns: dict[int, Column], made: Sequence[str]) -> Scan:
    joins = [column.joined for column in columns.values() if column.joined]
    ordered = [cells[i] for i in sorted(cells)]
    in_place = not made and not joins and all(cell.cheap for cell in ordered)
    return Scan(
        " ".join([source, *joins]),
        number,
        line,
        ordered,
        in_place,
        (*made, *(column.odds for column in columns.values() if column.odds)),
    )


def _constants(read: Read, texts: Sequence[str | None], index: str) -> Cell:
    """What a column reads as whose cells are the same in each file."""
    values, power, reasons, shown = read.columns(texts)
    given = values.to_pylist()

    def value(wanted: int, type: str) -> str:
        if read.kind in QUANTITIES:
            items = ["NULL" if v is None else str(int(v) * 10 ** (wanted - power)) for v in given]
            return f"CAST({_pick(items, index)} AS {type})"
        items = ["NULL" if v is None else literal(str(v)) for v in given]
        return f"CAST({_pick(items, index)} AS {type})"

    why = ["NULL" if reason is None else literal(reason) for reason in reasons]
    return Cell(
        read.kind,
        value,
        f"CAST({_pick(why, index)} AS VARCHAR)" if read.failed else "",
        _pick([literal(text or "") for text in shown], index),
        read.nulls,
        read.places,
        read.low,
        read.high,
        cheap=True,
    )


def _pick(items: Sequence[str], index: str) -> str:
    return items[0] if len(set(items)) == 1 else f"([{', '.join(items)}])[{index} + 1]"


# --- separated values -------------------------------------------------------------------------------------------------


def _scan_delimited(
    staging: Staging, program: Program, record: Record, tables: Sequence[Numbered], found: Found, tell: Tell
) -> None:
    """Copy files of separated values, as text, and read the copy."""
    placed = tables[0][1].placed
    schema = pa.schema([("_no", pa.int32()), ("_line", pa.int64()), *((f"c{i}", pa.string()) for i in range(len(placed)))])

    def batches() -> Iterator[pa.RecordBatch]:
        for number, table in tables:
            for arrays in _text_arrays(number, table, found):
                yield pa.RecordBatch.from_arrays([pa.repeat(pa.scalar(number, pa.int32()), len(arrays[0])), *arrays], schema=schema)
                tell(sum(found.rows.values()))

    source = staging.keep_batches("text", schema, batches())
    _scan_copy(staging, program, record, tables[0][1], source, ["VARCHAR"] * len(placed), found, "src._no")


def _text_arrays(number: int, table: OpenTable, found: Found) -> Iterator[list[pa.Array]]:
    file = table.opened.within
    if not isinstance(file, DelimitedFile):
        return
    wanted = [item.position for item in table.placed if item.position is not None and item.position < file.width]
    for batch in text_batches(file, wanted):
        found.count(number, len(batch.lines), batch.broken, batch.blank)
        own, rows = iter(batch.cells), len(batch.lines)
        cells: list[pa.Array] = [batch.lines]
        for item in table.placed:
            if item.position is not None and item.position < file.width:
                cells.append(next(own))
            else:
                same = None if item.position is None else table.opened.constants[item.position - file.width]
                cells.append(pa.array([same] * rows, pa.string()))
        yield cells


def _scan_copy(
    staging: Staging,
    program: Program,
    record: Record,
    table: OpenTable,
    source: str,
    types: Sequence[str],
    found: Found,
    number: str,
) -> None:
    """Read a copy that has the line in `_line` and the cells of each part in a column `c0`, `c1` …"""
    readings = readings_of(program, table.placed, staging.digits)
    # A column that is not in the first file may be in another: it is read for itself, not for where it stands.
    read = f"{source} AS src"
    columns = {
        i: column_of(program, replace(item, position=i), *_to_microseconds(staging, read, f"src.c{i}", types[i]), readings[i])
        for i, item in enumerate(table.placed)
    }
    facts = dict(zip(columns, facts_by_scan(staging, read, list(columns.values())), strict=True))
    cells = {i: cell_of(staging, record.name, read, column, facts[i]) for i, column in columns.items()}
    found.scans.append(_scan(read, number, "src._line", cells, columns, (source,)))


# --- Arrow and everything else ----------------------------------------------------------------------------------------


def _scan_arrow(staging: Staging, program: Program, record: Record, numbered: Numbered, found: Found) -> bool:
    """Copy what comes as Arrow and read the copy; False where the database would not take its types over as Python does."""
    number, table = numbered
    found_stream = _stream(table, staging.folder)
    if found_stream is None:
        return False
    schema, batches = found_stream
    source = staging.keep_batches("arrow", schema, batches)
    types = [str(row[1]) for row in staging.rows(f"DESCRIBE {source}")][1:]
    try:
        _scan_copy(staging, program, record, table, source, types, found, str(number))
    except UnfitError:
        staging.drop(source)
        return False
    found.count(number, int(staging.row(f"SELECT count(*) FROM {source}")[0]), (), 0)
    return True


def _stream(table: OpenTable, folder: Path | None) -> tuple[pa.Schema, Iterator[pa.RecordBatch]] | None:
    """The cells of each part in columns `c0`, `c1` …, with the line; None where some column is of a type that is not taken over."""
    within = table.opened.within
    names = [None if item.position is None else table.opened.columns[item.position] for item in table.placed]
    if isinstance(within, pa.Table):
        chosen = [item.position for item in table.placed if item.position is not None]
        batches: Iterator[pa.RecordBatch] = iter(within.select(chosen).to_batches())
        schema = within.select(chosen).schema
    elif isinstance(within, Place) and any(names):
        batches = ordered_batches(within, [name for name in names if name is not None])
        first = next(batches, None)
        if first is None:
            return None
        schema, batches = first.schema, chain([first], batches)
    elif isinstance(within, SparkFrame) and any(names):
        spark = streamed(within, [name for name in names if name is not None], folder)
        if spark is None:
            return None
        schema, batches = spark
    else:
        return None
    if not all(_is_read(field.type) for field in schema):
        return None
    own = iter(schema)
    fields = [(f"c{i}", pa.string() if name is None else next(own).type) for i, name in enumerate(names)]
    copied = pa.schema([("_line", pa.int64()), *fields])
    return copied, _copied(copied, names, batches)


def _copied(schema: pa.Schema, names: Sequence[str | None], batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    line = 1
    for batch in batches:
        rows, own = batch.num_rows, iter(batch.columns)
        columns = [pa.nulls(rows, pa.string()) if name is None else next(own) for name in names]
        yield pa.RecordBatch.from_arrays([numbers(line, rows), *columns], schema=schema)
        line += rows


def _is_read(type: pa.DataType) -> bool:
    if pa.types.is_timestamp(type):
        return type.unit in ("us", "ns") and type.tz is None
    return any(test(type) for test in ARROW_READ) and not (pa.types.is_decimal128(type) and type.scale < 0)


def _scan_chunks(staging: Staging, program: Program, record: Record, tables: Sequence[Numbered], found: Found, tell: Tell) -> None:
    """Read what only Python can, chunk by chunk and column by column, into a copy of the values."""
    placed = tables[0][1].placed
    readings = readings_of(program, placed, staging.digits)
    reads = [Read(record.name, readings[i], field_read(program, item.part).type.kind) for i, item in enumerate(placed)]
    schema = pa.schema(
        [("_no", pa.int32()), ("_line", pa.int64()), *(column for i, read in enumerate(reads) for column in _fields(i, read))]
    )

    def batches() -> Iterator[pa.RecordBatch]:
        for number, table in tables:
            wanted = [item.position for item in table.placed if item.position is not None]
            for chunk in table.opened.chunks(wanted):
                found.count(number, len(chunk.lines), chunk.broken, chunk.blank)
                tell(sum(found.rows.values()))
                if chunk.lines:
                    yield pa.RecordBatch.from_arrays(_read_chunk(number, table, chunk, reads), schema=schema)

    source = staging.keep_batches("read", schema, batches())
    found.scans.append(Scan(source, "_no", "_line", [_read_cell(i, read) for i, read in enumerate(reads)], False, (source,)))


def _fields(i: int, read: Read) -> list[tuple[str, pa.DataType]]:
    return [(f"v{i}", read.type), (f"p{i}", pa.int8()), (f"r{i}", pa.string()), (f"s{i}", pa.string())]


def _read_chunk(number: int, table: OpenTable, chunk: Chunk, reads: Sequence[Read]) -> list[pa.Array]:
    there, rows = iter(chunk.cells), len(chunk.lines)
    arrays = [pa.array([number] * rows, pa.int32()), pa.array(chunk.lines, pa.int64())]
    for item, read in zip(table.placed, reads, strict=True):
        values, power, reasons, shown = read.columns([None] * rows if item.position is None else next(there))
        arrays += [values, pa.array([power] * rows, pa.int8()), pa.array(reasons, pa.string()), pa.array(shown, pa.string())]
    return arrays


def _read_cell(i: int, read: Read) -> Cell:
    def value(power: int, type: str) -> str:
        return f"CAST({scaled(f'v{i}', f'p{i}', power)} AS {type})" if read.is_number else f"v{i}"

    reason = f"r{i}" if read.failed else ""
    return Cell(read.kind, value, reason, f"coalesce(s{i}, '')", read.nulls, read.places, read.low, read.high)
