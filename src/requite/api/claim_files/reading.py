"""Reads a claim file by its plan: rows that cohere, and rejects that say line by line what does not."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import duckdb
import pyarrow as pa

from requite.api.claim_files.plans import SOURCE_LINE, Fault, Plan, Written, stands_for_none
from requite.dsl.types import QUANTITIES, Kind
from requite.engine.columnar.reading.layout import TYPES
from requite.engine.columnar.reading.names import literal, quoted
from requite.engine.columnar.reading.stored_sources import store_sources
from requite.engine.columnar.stored import Stored
from requite.engine.data import Progress
from requite.engine.overview import REPEATED, reject_words, without_codes
from requite.engine.reading.raw import CHUNK
from requite.engine.reading.sources import Given
from requite.engine.results import PENNY_DECIMALS

ROWS: Final = "requite_import_rows"
FAULTY: Final = "requite_import_faulty"
REJECTED: Final = "requite_import_rejected"
LINES: Final = "requite_import_lines"
BEFORE: Final = "requite_import_before"
REJECT_COLUMNS: Final = "(line BIGINT, field VARCHAR, value VARCHAR, reason VARCHAR)"
REPEATED_KEY: Final = f"[^ ]+{REPEATED}.*$"
KEY_REPEATED: Final = "is what another claim has, too"
MOST_DIGITS: Final = 18
"""The digits of a number before its point, and after it, so that all of a column together are exact decimals of 38."""

EXACT: Final = frozenset({Kind.MONEY, Kind.NUMBER, Kind.DAYS})


@dataclass(frozen=True)
class Read:
    """A file that has been read: how many rows it had, and how many of them are rejected."""

    connection: duckdb.DuckDBPyConnection
    plan: Plan
    stored: Stored
    rows: int
    rejected: int
    blank: int

    def batches(self) -> Iterator[pa.RecordBatch]:
        """The rows that cohere, in the order of the file, as they are written."""
        written = self.plan.written
        line = "coalesce(stood, _line)" if _has_lines(self.connection) else "_line"
        joined = f" LEFT JOIN {LINES} USING (_line)" if _has_lines(self.connection) else ""
        values = ", ".join(f"{self._value(one)} AS {quoted(one.heading)}" for one in written)
        select = f"SELECT {line} AS {quoted(SOURCE_LINE)}, {values} FROM {ROWS}{joined}"
        query = f"{select} WHERE _n NOT IN (SELECT _n FROM {FAULTY}) ORDER BY _n"
        schema = self.schema
        for batch in self.connection.sql(query).to_arrow_reader(CHUNK):
            yield pa.RecordBatch.from_arrays(
                [_as(column, f.type) for column, f in zip(batch.columns, schema, strict=True)], schema=schema
            )

    @property
    def schema(self) -> pa.Schema:
        return pa.schema([(SOURCE_LINE, pa.int64()), *((one.heading, self._type(one)) for one in self.plan.written)])

    def reject_batches(self) -> Iterator[pa.RecordBatch]:
        """The rejects in the order of the file."""
        yield from self.connection.sql(f"SELECT * FROM {REJECTED} ORDER BY line").to_arrow_reader(CHUNK)

    def reasons(self) -> list[tuple[str, int]]:
        """Why rows are rejected, the most frequent reason first; of a row with several faults the first."""
        first, name = "split_part(reason, '; also ', 1)", "split_part(field, ', ', 1)"
        query = f"SELECT {name}, {first}, count(*) FROM {REJECTED} GROUP BY ALL"
        told: Counter[str] = Counter()
        for field, reason, number in self.connection.sql(query).fetchall():
            words = reject_words(field, reason)
            # Each repeated key, and each wrong number of cells, would be a reason of its own.
            told[without_codes(words) if REPEATED in words or not field else words] += number
        return sorted(told.items(), key=lambda item: (-item[1], item[0]))

    def first_lines(self, most: int) -> list[tuple[int, str]]:
        """The first rejects: the line, and what is wrong with it."""
        found = self.connection.sql(
            f"SELECT line, split_part(field, ', ', 1), reason FROM {REJECTED} ORDER BY line LIMIT {most}"
        ).fetchall()
        return [(line, reject_words(field, reason)) for line, field, reason in found]

    def _decimals(self, one: Written) -> int:
        least = PENNY_DECIMALS if one.kind is Kind.MONEY else 0
        return max(len(str(self.stored.columns[one.field].scale)) - 1, least)

    def _type(self, one: Written) -> pa.DataType:
        if one.kind in EXACT:
            return pa.decimal128(38, self._decimals(one))
        return {Kind.DATE: pa.date32(), Kind.COUNT: pa.int64()}.get(one.kind, pa.string())

    def _value(self, one: Written) -> str:
        value = one.value or quoted(one.field)
        if one.kind in EXACT:
            more = 10 ** self._decimals(one) // self.stored.columns[one.field].scale
            return f"CAST(CAST({value} AS HUGEINT) * {more} AS DECIMAL(38, 0))"
        if one.kind is Kind.COUNT:
            return f"CAST({one.value or quoted(f'{one.field} whole')} AS BIGINT)"
        return f"CASE WHEN {value} THEN 'yes' WHEN NOT {value} THEN 'no' END" if one.kind is Kind.YES_NO else value


def read(connection: duckdb.DuckDBPyConnection, plan: Plan, folder: Path, progress: Progress | None, already: int = 0) -> Read:
    """Read a file by its plan. `already` rows were rejected before there was a table."""
    given = Given(plan.record, (plan.file,))
    data = store_sources(connection, plan.program, [given], progress, folder=folder, digits=MOST_DIGITS)
    stored = data.stored[plan.record.name]
    connection.execute(
        f"CREATE TEMP VIEW {ROWS} AS SELECT _n, _line, {', '.join(_columns(plan, stored))} FROM {quoted(stored.relation)}"
    )
    dates = frozenset(name for name, column in stored.columns.items() if column.kind is Kind.DATE)
    faults = (*_too_long(plan, stored), *plan.faults)
    connection.execute(f"CREATE TEMP TABLE {FAULTY} AS {_faulty(faults, dates)}")
    connection.execute(f"CREATE TEMP TABLE {REJECTED} {REJECT_COLUMNS}")
    secret = ", ".join(literal(name) for name in ("", *sorted(plan.hidden)))
    shown = f"CASE WHEN field IN ({secret}) THEN '' ELSE value END"
    line, joined = ("coalesce(stood, line)", f" LEFT JOIN {LINES} ON line = _line") if _has_lines(connection) else ("line", "")
    # The lines that a repeated key is told with are those of the table, which nobody sees.
    reason = f"regexp_replace(reason, {literal(REPEATED_KEY)}, {literal(KEY_REPEATED)})" if joined else "reason"
    for found in (data.rejects, FAULTY):
        connection.execute(f"INSERT INTO {REJECTED} SELECT {line}, field, {shown}, {reason} FROM {found}{joined}")
    if _there(connection, BEFORE):
        connection.execute(f"INSERT INTO {REJECTED} SELECT * FROM {BEFORE}")
    rejected = connection.execute(f"SELECT count(*) FROM {REJECTED}").fetchall()[0][0]
    return Read(connection, plan, stored, sum(c.rows for c in data.counts) + already, rejected, sum(c.blank for c in data.counts))


def _columns(plan: Plan, stored: Stored) -> Iterator[str]:
    """The fields by name, those that the file has not as blanks; of numbers also what is before the point."""
    for name, column in stored.columns.items():
        yield quoted(name)
        if column.kind in QUANTITIES:
            yield f"CAST({quoted(name)} // {column.scale} AS BIGINT) AS {quoted(f'{name} whole')}"
    for name, kind in plan.absent.items():
        yield f"CAST(NULL AS {TYPES.get(kind, 'BIGINT')}) AS {quoted(name)}"
        if kind in QUANTITIES:
            yield f"CAST(NULL AS BIGINT) AS {quoted(f'{name} whole')}"


def _too_long(plan: Plan, stored: Stored) -> Iterator[Fault]:
    """Numbers of typed columns, which are read as they stand, with more digits than one of a text may have."""
    for one in plan.written:
        if one.kind in EXACT and not one.value:
            most = 10**MOST_DIGITS * stored.columns[one.field].scale
            name = quoted(one.field)
            condition = f"{name} <= {-most} OR {name} >= {most}"
            yield Fault((one.field,), condition, f"has more than {MOST_DIGITS} digits before or after the point")


def _faulty(faults: Sequence[Fault], dates: frozenset[str]) -> str:
    """The statement that gives each row that does not cohere once: its first fault, and the others told after it."""
    if not faults:
        return f"SELECT _n, _line AS line, '' AS field, '' AS value, '' AS reason FROM {ROWS} WHERE FALSE"
    judged = ", ".join(f"coalesce({_condition(fault, dates)}, FALSE) AS f{i}" for i, fault in enumerate(faults))
    named = _first((i, literal(", ".join(fault.fields))) for i, fault in enumerate(faults))
    values = _first((i, _shown(fault)) for i, fault in enumerate(faults))
    said = ", ".join(f"CASE WHEN f{i} THEN {literal(f'{fault.fields[0]} {fault.reason}')} END" for i, fault in enumerate(faults))
    at_fault = _first((i, literal(fault.fields[0])) for i, fault in enumerate(faults))
    told = f"substr(concat_ws('; also ', {said}), length({at_fault}) + 2)"
    any_fault = " OR ".join(f"f{i}" for i in range(len(faults)))
    what = f"_n, _line AS line, {named} AS field, {values} AS value, {told} AS reason"
    return f"SELECT {what} FROM (SELECT *, {judged} FROM {ROWS}) WHERE {any_fault}"


def _condition(fault: Fault, dates: frozenset[str]) -> str:
    """When a fault is one: what a date that stands for none contradicts is no fault of its own."""
    none = [stands_for_none(name) for name in fault.fields if name in dates]
    real = [f"NOT coalesce({one}, FALSE)" for one in none if one != fault.condition]
    return " AND ".join([f"({fault.condition})", *real])


def _shown(fault: Fault) -> str:
    cells = ", ".join(f"coalesce(CAST({quoted(name)} AS VARCHAR), 'blank')" for name in fault.fields)
    return f"concat_ws(', ', {cells})"


def _first(cases: Iterable[tuple[int, str]]) -> str:
    return f"CASE {' '.join(f'WHEN f{i} THEN {value}' for i, value in cases)} END"


def _as(column: pa.Array, kind: pa.DataType) -> pa.Array:
    """A column as it is written; whole numbers of a finest unit become decimals as they lie in memory."""
    if not pa.types.is_decimal(kind):
        return column.cast(kind)
    return pa.Array.from_buffers(kind, len(column), column.buffers(), offset=column.offset)


def _has_lines(connection: duckdb.DuckDBPyConnection) -> bool:
    return _there(connection, LINES)


def _there(connection: duckdb.DuckDBPyConnection, name: str) -> bool:
    found = connection.execute("SELECT 1 FROM duckdb_tables() WHERE table_name = $name", {"name": name}).fetchall()
    return bool(found)
