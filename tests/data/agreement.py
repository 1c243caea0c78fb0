"""What the tests of columnar reading share: the same data through both readers, compared to the last row."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from fractions import Fraction
from pathlib import Path
from typing import Any

import duckdb

from requite.dsl.program import Program
from requite.engine.columnar.reading import StoredData, rejects_of, store_sources
from requite.engine.columnar.reading.layout import Slot, slots_of
from requite.engine.columnar.stored import LARGE, SMALL, Stored
from requite.engine.data import DataRead
from requite.engine.reading.sources import find_sources
from requite.engine.rows import Row, known_name


def stored(
    program: Program, inputs: Mapping[str, object], needed: Mapping[str, frozenset[str]] | None = None, folder: Path | None = None
) -> tuple[duckdb.DuckDBPyConnection, StoredData]:
    """The data stored in a session of its own."""
    connection = duckdb.connect()
    sources = find_sources(program, inputs, None if needed is None else frozenset(needed))
    return connection, store_sources(connection, program, sources, folder=folder)


def agrees(program: Program, result: DataRead, connection: duckdb.DuckDBPyConnection, data: StoredData) -> None:
    """Both readers gave the same rows, rejects, counts and notes."""
    assert data.notes == result.notes
    assert rejects_of(connection, data) == result.rejects
    assert data.rejected == len(result.rejects)
    assert data.counts == result.counts
    there = {record.name for record in program.records.values() if not record.derived_from}
    assert set(data.stored) == there
    for name in there:
        same_rows(connection, program, data.stored[name], result.data[name])


def same_rows(connection: duckdb.DuckDBPyConnection, program: Program, stored: Stored, rows: Sequence[Row]) -> None:
    """A relation holds exactly these rows, in their order, within the bounds that it promises."""
    record = program.records[stored.record]
    assert stored.rows == len(rows)
    relation = connection.sql(f'SELECT * FROM "{stored.relation}" ORDER BY _n')
    columns = list(relation.columns)
    types = dict(zip(columns, map(str, relation.types), strict=True))
    found = [dict(zip(columns, row, strict=True)) for row in relation.fetchall()]
    assert len(found) == len(rows)
    numbers = [row["_n"] for row in found]
    assert numbers == sorted(set(numbers))
    assert ("_key" in columns) == (not record.key)
    for slot in slots_of(program, record):
        expected = [_expected(row, slot) for row in rows]
        column = stored.columns[slot.column]
        assert column.kind == slot.kind
        values = [row[slot.column] for row in found]
        if slot.is_number:
            _within(values, column.low, column.high)
            small = column.low is None or column.high is None or max(-column.low, column.high) <= SMALL
            assert types[slot.column] == ("BIGINT" if small else "HUGEINT")
            values = [None if value is None else Fraction(value, column.scale) for value in values]
        assert values == expected, slot.column
        assert column.nulls or None not in values
    assert stored.files or not rows or all(not row.line for row in rows)
    if rows and stored.files:
        assert [row["_line"] for row in found] == [row.line for row in rows]
        files = [row["_file"] for row in found] if len(stored.files) > 1 else [stored.files[0]] * len(rows)
        assert files == [row.file for row in rows]
    if not record.key:
        assert [row["_key"] for row in found] == [row.key[0] for row in rows]


def _within(values: Sequence[int | None], low: int | None, high: int | None) -> None:
    there = [value for value in values if value is not None]
    if there:
        assert low is not None
        assert high is not None
        assert -LARGE <= low <= min(there) <= max(there) <= high <= LARGE


def _expected(row: Row, slot: Slot) -> Any:
    if slot.role == "known":
        return row.values.get(known_name(slot.field.name))
    value: Any = row.values.get(slot.field.name)
    if slot.role in ("from", "until"):
        edges = (date.min, date.max)
        at = slot.role == "until"
        return None if value is None else value[at] or edges[at]
    while isinstance(value, tuple):
        value = value[0]
    return value
