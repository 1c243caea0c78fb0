"""Rows that a program holds, as relations of a database session: exactly those that the interpreter would get."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from fractions import Fraction
from math import lcm
from typing import Any, Final

import duckdb
import pyarrow as pa

from requite.dsl.program import WHOLE, Program, Record
from requite.engine.columnar.reading.layout import Home, Slot, is_large, slots_of, stored_type, too_long
from requite.engine.columnar.reading.names import quoted, relation_name
from requite.engine.columnar.reading.staging import forget
from requite.engine.columnar.stored import LARGE, Stored, StoredColumn, day_number, few_texts
from requite.engine.interpreting.tables import literal_rows
from requite.engine.reading.problems import problem
from requite.engine.rows import Data, Row, known_name

ARROW: Final = {
    "DATE": pa.date32(),
    "TIMESTAMP": pa.timestamp("us"),
    "BOOLEAN": pa.bool_(),
    "VARCHAR": pa.string(),
    "BIGINT": pa.int64(),
    "HUGEINT": pa.string(),
}

Values = list[Any]


def store_rows(connection: duckdb.DuckDBPyConnection, program: Program, data: Data) -> Mapping[str, Stored]:
    """Store the rows of every record that is not derived; a record that `data` leaves out has those of the text, or none."""
    records = [record for record in program.records.values() if not record.derived_from and record.name != WHOLE]
    rows = {r.name: data[r.name] if r.name in data else literal_rows(r) for r in records}
    return store_some(connection, program, rows, {})


def store_some(connection: duckdb.DuckDBPyConnection, program: Program, rows: Data, least: Mapping[Home, int]) -> dict[str, Stored]:
    """Store the rows of some records, over scales of which those that are given are a part."""
    records = [program.records[name] for name in rows]
    slots = {record.name: slots_of(program, record) for record in records}
    values = {name: [[_value(row, slot) for row in rows[name]] for slot in slots[name]] for name in rows}
    each = [(slot.home, _scale(column)) for name in rows for slot, column in zip(slots[name], values[name], strict=True)]
    scales = common_scales([*least.items(), *each])
    return {
        record.name: _store(connection, record, rows[record.name], slots[record.name], values[record.name], scales)
        for record in records
    }


def common_scales(scales: Iterable[tuple[Home, int]]) -> dict[Home, int]:
    """One scale for a key and all that refers to it: the least in which each of theirs is whole."""
    found: dict[Home, int] = {}
    for home, scale in scales:
        found[home] = lcm(found.get(home, 1), scale)
    return found


def scales_of(program: Program, rows: Data) -> dict[Home, int]:
    """The scales that the numbers of some rows need."""
    slots = ((name, slot) for name in rows for slot in slots_of(program, program.records[name]) if slot.is_number)
    return common_scales((slot.home, _scale(_value(row, slot) for row in rows[name])) for name, slot in slots)


def _value(row: Row, slot: Slot) -> Any:
    value: Any = row.values.get(known_name(slot.field.name) if slot.role == "known" else slot.field.name)
    if slot.role == "from":
        return None if value is None else value[0] or date.min
    if slot.role == "until":
        return None if value is None else value[1] or date.max
    while isinstance(value, tuple):
        value = value[0]
    return value


def _scale(values: Iterable[Any]) -> int:
    return lcm(*{value.denominator for value in values if isinstance(value, Fraction)})


def _store(
    connection: duckdb.DuckDBPyConnection,
    record: Record,
    rows: Sequence[Row],
    slots: Sequence[Slot],
    values: Sequence[Values],
    scales: Mapping[Home, int],
) -> Stored:
    columns: dict[str, StoredColumn] = {}
    arrays: dict[str, tuple[pa.Array, str]] = {"_n": _array(record, "_n", range(len(rows)), "BIGINT")}
    files = tuple(dict.fromkeys(row.file for row in rows)) if any(row.line for row in rows) else ()
    if files:
        arrays["_line"] = _array(record, "_line", [row.line for row in rows], "BIGINT")
    if len(files) > 1:
        arrays["_file"] = _array(record, "_file", [row.file for row in rows], "VARCHAR")
    if not record.key:
        arrays["_key"] = _keys(record, rows)
    for slot, cells in zip(slots, values, strict=True):
        stored, whole = _column(record, slot, cells, scales[slot.home])
        columns[slot.column] = stored
        arrays[slot.column] = _array(record, slot.field.name, whole, stored_type(slot, is_large(stored)))
    relation = relation_name("stored", record.name)
    create_table(connection, relation, arrays)
    return Stored(record.name, relation, len(rows), columns, files)


def _keys(record: Record, rows: Sequence[Row]) -> tuple[pa.Array, str]:
    """What stands for the keys of a record without: lines, or texts where any is one."""
    keys: list[Any] = [row.key[0] if row.key else None for row in rows]
    if any(isinstance(key, str) for key in keys):
        return _array(record, "_key", [None if key is None else str(key) for key in keys], "VARCHAR")
    return _array(record, "_key", [None if key is None else int(key) for key in keys], "BIGINT")


def _column(record: Record, slot: Slot, values: Values, scale: int) -> tuple[StoredColumn, Values]:
    nulls = any(value is None for value in values)
    if not slot.is_number:
        days = [day_number(value) for value in values if value is not None] if slot.is_day else []
        return StoredColumn(slot.kind, nulls, 1, min(days, default=None), max(days, default=None), _texts(values)), values
    whole = [None if value is None else int(value * scale) for value in values]
    there = [value for value in whole if value is not None]
    low, high = (min(there), max(there)) if there else (None, None)
    if low is not None and high is not None and max(-low, high) > LARGE:
        raise too_long(record.name, slot.field.name)
    return StoredColumn(slot.kind, nulls, scale, low, high), whole


def _texts(values: Values) -> tuple[str, ...]:
    """The texts of a column in their order, where they are few and can stand in a statement."""
    texts = {value for value in values if value is not None}
    return few_texts(texts) if all(isinstance(text, str) and text.isprintable() for text in texts) else ()


def _array(record: Record, field: str, values: Iterable[Any], kind: str) -> tuple[pa.Array, str]:
    """An Arrow array; 128 bits as text, since Arrow has no such whole numbers."""
    if kind == "HUGEINT":
        values = [None if value is None else str(value) for value in values]
    try:
        return pa.array(list(values), ARROW[kind]), kind
    except UnicodeEncodeError as error:
        message = f"{record.name}.{field} holds half a character, which no database holds"
        help = "Save the data again as UTF-8."
        raise problem("unreadable-file", message, record.name, help=help) from error


def create_table(connection: duckdb.DuckDBPyConnection, relation: str, arrays: Mapping[str, tuple[pa.Array, str]]) -> None:
    """Create a table of these columns, each of the type that is said."""
    table = pa.table({name: array for name, (array, _) in arrays.items()})
    select = ", ".join(f"CAST({quoted(name)} AS {kind}) AS {quoted(name)}" for name, (_, kind) in arrays.items())
    connection.register("requite_rows", table)
    try:
        forget(connection, relation)
        connection.execute(f"CREATE TABLE {quoted(relation)} AS SELECT {select} FROM requite_rows ORDER BY _n")
    finally:
        connection.unregister("requite_rows")
