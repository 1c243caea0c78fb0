"""Reading of what a program hands over: data frames and relations, through Arrow, and lists of dictionaries or models."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Iterator, Mapping, Sequence
from decimal import Decimal
from io import IOBase
from itertools import islice
from pathlib import Path
from typing import Any, Final

import pyarrow as pa

from requite.dsl.values.objects import shortest_half
from requite.engine.reading.problems import DataError, problem
from requite.engine.reading.raw import CHUNK, Broken, Chunk, Opened
from requite.engine.reading.spark_frames import FORM, SparkFrame, is_spark_frame

ROWS: Final = "Give a path, a data frame, an Arrow table, a DuckDB relation, or a list of dictionaries or models."


def open_object(given: object, name: str, record: str) -> Opened:
    """Open an object of pandas, Polars, Arrow, DuckDB or Spark, anything that streams Arrow, or an iterable of rows."""
    library = type(given).__module__.partition(".")[0]
    if library == "pandas" and hasattr(given, "iloc") and hasattr(given, "columns"):
        return _open_pandas(given, name)
    if library == "polars" and hasattr(given, "collect"):
        given = given.collect()
    if library == "duckdb" or type(given).__name__ == "DuckDBPyRelation":
        return _open_relation(given, name, record)
    if is_spark_frame(given):
        return _open_spark(SparkFrame(given, name, record))
    if isinstance(given, pa.Table):
        return open_arrow(given, name, "Arrow table")
    if hasattr(given, "__arrow_c_stream__"):
        return open_arrow(_streamed(given, name, record), name, type(given).__name__)
    if hasattr(given, "__arrow_c_array__"):
        return open_arrow(_batch(given, name, record), name, type(given).__name__)
    if isinstance(given, Iterable) and not isinstance(given, (Mapping, bytes, bytearray, IOBase)):
        return _open_rows(list(given), name, record)
    raise problem("not-rows", f"the data given for {record} is a {type(given).__name__}, not rows", record, name, ROWS)


# --- Arrow ------------------------------------------------------------------------------------------------------------


def open_arrow(table: pa.Table, name: str, form: str) -> Opened:
    """Open an Arrow table."""

    def chunks(wanted: Sequence[int]) -> Iterator[Chunk]:
        return arrow_chunks(table.select(list(wanted)).to_batches(max_chunksize=CHUNK), name)

    return Opened(name, tuple(table.column_names), chunks, form, table)


def _streamed(given: Any, name: str, record: str) -> pa.Table:
    try:
        return pa.RecordBatchReader.from_stream(given).read_all()
    except pa.ArrowException as error:
        raise _no_table(given, name, record, error) from error


def _batch(given: Any, name: str, record: str) -> pa.Table:
    try:
        return pa.Table.from_batches([pa.record_batch(given)])
    except pa.ArrowException as error:
        raise _no_table(given, name, record, error) from error


def _no_table(given: Any, name: str, record: str, error: Exception) -> DataError:
    """What is told of an object that makes no table: a single column, or a frame with types that Arrow lacks."""
    kind = type(given).__name__
    if _is_column(given):
        help = (
            "Give a table whose columns have the names of the fields: what `to_frame` makes of one column, if that is all of them."
        )
        return problem("not-rows", f"the data given for {record} is a {kind}, a single column without rows", record, name, help)
    lacking = [column for column in _columns_of(given) if not _is_column(given[column])]
    if lacking:
        named = ", ".join(f"{column} ({given[column].dtype})" for column in lacking)
        message = f"the data given for {record} has columns of types that cannot be read: {named}"
        return problem(
            "not-rows", message, record, name, "Turn those columns into text, whole numbers of 64 bits or decimals first."
        )
    message = f"the data given for {record} is a {kind} that makes no Arrow table: {error}"
    return problem("not-rows", message, record, name, f"{ROWS} Its columns are text, numbers, dates or yes/no.")


def _is_column(given: Any) -> bool:
    """Whether an object is one column in the eyes of Arrow."""
    try:
        pa.chunked_array(given) if hasattr(given, "__arrow_c_stream__") else pa.array(given)
    except (pa.ArrowException, TypeError):
        return False
    return True


def _columns_of(given: Any) -> Sequence[str]:
    """The names of the columns of a frame of Polars."""
    return list(given.columns) if type(given).__module__.partition(".")[0] == "polars" and hasattr(given, "columns") else []


def _open_relation(relation: Any, name: str, record: str) -> Opened:
    """Open a DuckDB relation, which is a query: it may fail whenever it is asked, as where its connection was closed."""
    import duckdb

    def told(error: Exception) -> DataError:
        said = str(error).splitlines()[0]
        message = f"the DuckDB relation given for {record} cannot be read: {said}"
        return problem("not-rows", message, record, name, "Put its query right, and leave its connection open while it is read.")

    def chunks(wanted: Sequence[int]) -> Iterator[Chunk]:
        try:
            asked = relation.project(", ".join(quoted(columns[i]) for i in wanted))
            yield from arrow_chunks(asked.to_arrow_reader(CHUNK), name)
        except (duckdb.Error, pa.ArrowException) as error:
            raise told(error) from error

    try:
        columns = tuple(str(column) for column in relation.columns)
    except duckdb.Error as error:
        raise told(error) from error
    return Opened(name, columns, chunks, "DuckDB relation")


def _open_spark(frame: SparkFrame) -> Opened:
    columns = frame.columns()

    def chunks(wanted: Sequence[int]) -> Iterator[Chunk]:
        names = [columns[i] for i in wanted]
        for chunk in arrow_chunks(_smaller(frame.batches(names)), frame.name):
            cells = dict(zip(dict.fromkeys(names), chunk.cells, strict=False))
            yield Chunk(chunk.lines, [cells[name] for name in names])

    return Opened(frame.name, columns, chunks, FORM, frame)


def _smaller(batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    for batch in batches:
        for start in range(0, batch.num_rows, CHUNK):
            yield batch.slice(start, CHUNK)


def quoted(name: str) -> str:
    """A name as SQL writes it."""
    return '"' + name.replace('"', '""') + '"'


def reading_path(path: Path) -> str:
    """A path for `read_parquet` and `read_csv`, which take *, ? and [ for a pattern, to be handed to them as a text."""
    return "".join(f"[{c}]" if c in "[*?" else c for c in str(path.absolute()))


def arrow_chunks(batches: Iterable[pa.RecordBatch], name: str) -> Iterator[Chunk]:
    """The rows of Arrow batches, numbered from 1."""
    line = 1
    for batch in batches:
        cells = [_cells(column, name) for column in batch.columns]
        yield Chunk(range(line, line + batch.num_rows), cells)
        line += batch.num_rows


def _cells(column: pa.Array, name: str) -> list[object]:
    """The values of a column as exact objects; what Python cannot hold as the text that Arrow makes of it."""
    kind = column.type
    try:
        if pa.types.is_dictionary(kind):
            return _cells(_undone(column), name)
        if pa.types.is_float16(kind):
            return [None if cell is None else shortest_half(cell) for cell in column.to_pylist()]
        if pa.types.is_float32(kind):
            return [None if cell is None else Decimal(cell) for cell in _texts(column)]
        if pa.types.is_timestamp(kind):
            texts = [None if cell is None else cell.isoformat() for cell in _moments(column)]
            return [text and text + "Z" for text in texts] if kind.tz else list(_moments(column))
        return list(column.to_pylist())
    except (pa.ArrowException, ValueError, OverflowError):
        return _as_text(column, name)


def _undone(column: pa.DictionaryArray) -> pa.Array:
    """The values of a column of categories, one for each row."""
    values = column.dictionary
    # Arrow picks none out of views of text, in which Polars has its categories.
    return (values.cast(pa.large_string()) if pa.types.is_string_view(values.type) else values).take(column.indices)


def _moments(column: pa.Array) -> list[Any]:
    return list(column.cast(pa.timestamp("us")).to_pylist())


def _texts(column: pa.Array) -> list[Any]:
    return list(column.cast(pa.string()).to_pylist())


def _as_text(column: pa.Array, name: str) -> list[object]:
    try:
        return list(_texts(column))
    except (pa.ArrowException, ValueError) as error:
        help = "Turn that column into text, numbers or dates first."
        raise problem("unreadable-file", f"{name}: a column of type {column.type} cannot be read", file=name, help=help) from error


# --- pandas -----------------------------------------------------------------------------------------------------------


def _open_pandas(frame: Any, name: str) -> Opened:
    def chunks(wanted: Sequence[int]) -> Iterator[Chunk]:
        for start in range(0, len(frame), CHUNK):
            part = frame.iloc[start : start + CHUNK]
            yield Chunk(range(start + 1, start + len(part) + 1), [_series(part.iloc[:, i], name) for i in wanted])

    return Opened(name, tuple(str(column) for column in frame.columns), chunks, "DataFrame")


def _series(series: Any, name: str) -> list[object]:
    """The values of a pandas column; one that mixes kinds, which Arrow refuses, or of periods, which it numbers, value by value."""
    try:
        array = pa.Array.from_pandas(series)
    except (pa.ArrowException, ValueError, OverflowError, TypeError):
        return _one_by_one(series)
    if isinstance(array.type, pa.BaseExtensionType) and array.type.extension_name.startswith("pandas."):
        return _one_by_one(series)
    return _cells(array.combine_chunks() if isinstance(array, pa.ChunkedArray) else array, name)


def _one_by_one(series: Any) -> list[object]:
    return [None if blank else value for value, blank in zip(series.tolist(), series.isna().tolist(), strict=True)]


# --- rows -------------------------------------------------------------------------------------------------------------


def _open_rows(items: list[object], name: str, record: str) -> Opened:
    """Open rows given one by one; the columns are all that any of them has."""
    rows = [_row(item) for item in items]
    if rows and all(row is None for row in rows):
        message = f"what is given for {record} holds no rows: its first item {_no_row(items[0])}"
        raise problem("not-rows", message, record, name, ROWS)
    columns = tuple(dict.fromkeys(str(key) for row in rows if row is not None for key in row))

    def chunks(wanted: Sequence[int]) -> Iterator[Chunk]:
        names = [columns[i] for i in wanted]
        numbered = iter(enumerate(rows, 1))
        while part := list(islice(numbered, CHUNK)):
            whole = [(line, row) for line, row in part if row is not None]
            broken = [Broken(line, _no_row(items[line - 1])) for line, row in part if row is None]
            yield Chunk([line for line, _ in whole], [[row.get(n) for _, row in whole] for n in names], broken)

    return Opened(name, columns, chunks, "rows" if rows else "no rows")


def _no_row(item: object) -> str:
    return f"is a {type(item).__name__}, not a dictionary, a model or a data class"


def _row(item: object) -> Mapping[str, object] | None:
    if isinstance(item, Mapping):
        return item if all(isinstance(key, str) for key in item) else {str(k): v for k, v in item.items()}
    fields: Iterable[str] | None = getattr(type(item), "model_fields", None) or getattr(item, "_fields", None)
    if fields is None and dataclasses.is_dataclass(item):
        fields = [field.name for field in dataclasses.fields(item)]
    return None if fields is None else {str(field): getattr(item, str(field), None) for field in fields}
