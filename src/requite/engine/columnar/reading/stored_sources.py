"""Data from files and objects as relations of a database session, read in columns: with the rows and rejects of `read_sources`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Final

import duckdb
import pyarrow as pa

from requite.dsl.program import WHOLE, Program, Record
from requite.engine.columnar.reading.beside import side_by_side
from requite.engine.columnar.reading.duplicates import repeated_keys
from requite.engine.columnar.reading.layout import Home, slots_of
from requite.engine.columnar.reading.names import literal, quoted
from requite.engine.columnar.reading.relations import (
    STEP,
    Line,
    Plan,
    check_length,
    columns_of,
    final_view,
    line_of,
    narrowed,
    places_of,
    select_bad,
    select_rows,
    stored_of,
    type_of,
    union,
)
from requite.engine.columnar.reading.scans import scans_of
from requite.engine.columnar.reading.staging import Staging
from requite.engine.columnar.reading.stored_rows import scales_of, store_some
from requite.engine.columnar.reading.values import places_in
from requite.engine.columnar.stored import Stored
from requite.engine.data import FileCount, OpenTable, Progress, open_all, read_sources
from requite.engine.decision import Rejected
from requite.engine.reading.columns import Placed, parts_of
from requite.engine.reading.raw import DelimitedFile
from requite.engine.reading.sources import Given
from requite.engine.rows import Data

REJECTS: Final = "requite_rejects"
FOUND: Final = "requite_found_rejects"
FOUND_COLUMNS: Final = (
    "(_order INTEGER, _n BIGINT, _no INTEGER, "
    "record VARCHAR, file VARCHAR, line BIGINT, field VARCHAR, value VARCHAR, reason VARCHAR)"
)
COLUMNS: Final = ("record", "file", "line", "field", "value", "reason")
ROW_BYTES: Final = 20
"""About what a row takes in a file."""


@dataclass(frozen=True, slots=True)
class StoredData:
    """The relations of a run's data by record, the relation of its rejects (in order) with their number, counts, and notes."""

    stored: Mapping[str, Stored]
    rejects: str
    rejected: int
    counts: tuple[FileCount, ...]
    notes: tuple[str, ...] = ()


def rejects_table(connection: duckdb.DuckDBPyConnection, data: StoredData) -> pa.Table:
    """The rejects as an Arrow table: record, file, line, field, value and reason."""
    return connection.sql(f"SELECT {', '.join(COLUMNS)} FROM {data.rejects} ORDER BY _n").to_arrow_table()


def rejects_of(connection: duckdb.DuckDBPyConnection, data: StoredData) -> tuple[Rejected, ...]:
    """The rejects as the interpreter's reader gives them."""
    return tuple(Rejected(**row) for row in rejects_table(connection, data).to_pylist())


def store_sources(
    connection: duckdb.DuckDBPyConnection,
    program: Program,
    sources: Sequence[Given],
    progress: Progress | None = None,
    *,
    folder: Path | None = None,
    digits: int | None = None,
) -> StoredData:
    """Store the data of every record from where it was found; records without a source have no rows.

    What cannot be read in place is copied into Parquet files of `folder`, or into tables of the session. A number of more than
    `digits` before its point, or after it, is rejected; where none are given, a column that no database holds is refused.
    """
    opened, notes = open_all(sources)
    staging = Staging(connection, folder, digits)
    named = {given.record.name: tables for given, tables in zip(sources, opened, strict=True) if not _is_literal(given)}
    plans = _plans(staging, program, named, progress)
    read = read_sources(program, [given for given in sources if _is_literal(given)])
    rows = {
        r.name: read.data[r.name]
        for r in program.records.values()
        if r.name in read.data and r.name not in plans and r.name != WHOLE
    }
    powers = _powers(program, plans, rows)
    stored = dict(store_some(connection, program, rows, {home: 10**power for home, power in powers.items()}))
    staging.run(f"CREATE OR REPLACE TABLE {FOUND} {FOUND_COLUMNS}")
    counts: list[FileCount] = []
    jobs = {
        given.record.name: partial(_store, plans[given.record.name], named[given.record.name], order, powers)
        for order, given in enumerate(sources)
        if given.record.name in plans
    }
    made = side_by_side(staging, [(sum(plans[name].found.rows.values()), job) for name, job in jobs.items()])
    done = dict(zip(jobs, made, strict=True))
    for order, given in enumerate(sources):
        name = given.record.name
        if name in done:
            stored[name], counted = done[name]
            counts += counted
        else:
            counts += [count for count in read.counts if count.record == name]
            _add_rejects(staging, order, [reject for reject in read.rejects if reject.record == name])
    staging.run(
        f"CREATE OR REPLACE TABLE {REJECTS} AS "
        f"SELECT row_number() OVER (ORDER BY _order, _n) - 1 AS _n, {', '.join(COLUMNS)} FROM {FOUND} ORDER BY _order, _n"
    )
    staging.drop(FOUND)
    rejected = int(staging.row(f"SELECT count(*) FROM {REJECTS}")[0])
    ordered = {name: stored[name] for name in program.records if name in stored}
    return StoredData(ordered, REJECTS, rejected, tuple(counts), notes)


def _is_literal(given: Given) -> bool:
    return given.whole is None and not given.files


def _plans(
    staging: Staging, program: Program, named: Mapping[str, Sequence[OpenTable]], progress: Progress | None
) -> dict[str, Plan]:
    """Of each record where its rows are and what its cells read as; files are gone through side by side."""
    jobs = {name: partial(_plan, program, program.records[name], tables, progress) for name, tables in named.items()}
    sizes = {name: _bytes(tables) for name, tables in named.items()}
    files = {name: size // ROW_BYTES for name, size in sizes.items() if size is not None}
    found = dict(zip(files, side_by_side(staging, [(rows, jobs[name]) for name, rows in files.items()]), strict=True))
    return {name: found[name] if name in found else job(staging) for name, job in jobs.items()}


def _bytes(tables: Sequence[OpenTable]) -> int | None:
    """How large the files of a record are; None where not all of it are files that the database or a reader of text reads."""
    within = [table.opened.within for table in tables]
    paths = [one.path if isinstance(one, DelimitedFile) else one for one in within]
    return sum(path.stat().st_size for path in paths if isinstance(path, Path)) if all(isinstance(p, Path) for p in paths) else None


def _plan(program: Program, record: Record, tables: Sequence[OpenTable], progress: Progress | None, staging: Staging) -> Plan:
    """Find the rows of a record and what its cells read as."""

    def tell(rows: int) -> None:
        if progress:
            progress(f"reading {record.name}", rows, 0)

    # An object without rows has no columns either.
    blank = tuple(Placed(part, None) for part in parts_of(record))
    whole = [table if table.placed else replace(table, placed=blank) for table in tables]
    slots = slots_of(program, record)
    found = scans_of(staging, program, record, whole, tell)
    tell(sum(found.rows.values()))
    return Plan(record, slots, whole[0].placed, [table.opened.name for table in tables], found)


def _powers(program: Program, plans: Mapping[str, Plan], rows: Data) -> dict[Home, int]:
    """Over which power of ten the numbers of each field stand: a key, and all that refers to it, over one."""
    powers: dict[Home, int] = {}
    needed = [pair for plan in plans.values() for pair in places_of(plan)]
    needed += [(home, places_in(scale)) for home, scale in scales_of(program, rows).items()]
    for home, places in needed:
        powers[home] = max(powers.get(home, 0), places)
    return powers


# --- one record -------------------------------------------------------------------------------------------------------


def _store(
    plan: Plan, tables: Sequence[OpenTable], order: int, powers: Mapping[Home, int], staging: Staging
) -> tuple[Stored, list[FileCount]]:
    columns = columns_of(plan, powers)
    check_length(staging, plan, columns)
    lines = [line_of(plan, scan, columns, powers) for scan in plan.found.scans]
    bad = _bad_rows(staging, plan, lines)
    in_place = all(line.scan.in_place for line in lines)
    if in_place:
        relation = staging.name("view")
        staging.run(f"CREATE VIEW {relation} AS {union([select_rows(plan, line) for line in lines])}")
    else:
        kept = [select_rows(plan, line, f"{line.n} NOT IN (SELECT _n FROM {bad})" if bad else "") for line in lines]
        large = [slot.column for slot in plan.slots if type_of(slot, columns[slot.column]) == "HUGEINT"]
        relation = staging.keep("rows", union(kept), large)
        columns = narrowed(staging, plan, relation, columns)
    refused = _refuse(staging, plan, order, relation, bad, in_place, powers)
    for name in (made for line in lines for made in line.scan.made):
        if not in_place:
            staging.drop(name)
    view = final_view(staging, plan, relation, columns, refused)
    counts = _counts(staging, plan, tables, order)
    return stored_of(plan, view, sum(count.read for count in counts), columns), counts


def _bad_rows(staging: Staging, plan: Plan, lines: Sequence[Line]) -> str:
    """A table of the rows that cannot be read; empty where all can."""
    selects = [select_bad(plan, line) for line in lines if line.faults]
    if not selects:
        return ""
    bad = staging.name("bad")
    staging.run(f"CREATE TABLE {bad} AS {union(selects)}")
    if staging.row(f"SELECT count(*) FROM {bad}")[0]:
        return bad
    staging.drop(bad)
    return ""


def _refuse(staging: Staging, plan: Plan, order: int, relation: str, bad: str, in_place: bool, powers: Mapping[Home, int]) -> str:
    """Enter the rejects of a record. The table with the numbers of the rows that the relation still has and must not have."""
    repeated = ""
    if plan.keys:
        rows = _rows_with_keys(staging, plan, relation, bad, in_place)
        repeated = repeated_keys(staging, plan, rows, sum(plan.found.rows.values()), powers)
    refused = [f"SELECT _n FROM {bad}"] if in_place and bad else []
    if bad:
        told = "substr(b._told, length(b._field) + 2)"
        joined = f" LEFT JOIN {repeated} r ON b._n = r._n" if repeated else ""
        also = "coalesce('; also ' || r._said, '')" if repeated else "''"
        _enter(staging, plan, order, f"b._n, b._no, b._line, b._field, b._shown, {told} || {also} FROM {bad} b{joined}")
    if repeated:
        names = literal(", ".join(plan.record.key))
        others = f"FROM {repeated}" + (f" WHERE _n NOT IN (SELECT _n FROM {bad})" if bad else "")
        _enter(staging, plan, order, f"_n, _no, _line, {names}, _words, _said {others}")
        refused.append(f"SELECT _n {others}")
    _enter_broken(staging, plan, order)
    if not refused:
        return ""
    table = staging.name("refused")
    staging.run(f"CREATE TABLE {table} AS {union(refused)}")
    return table


def _rows_with_keys(staging: Staging, plan: Plan, relation: str, bad: str, in_place: bool) -> str:
    """The statement that gives every row whose key can be read."""
    keys = ", ".join(quoted(slot.column) for slot in plan.keys)
    rows = f"SELECT _n, _n // {STEP} AS _no, _line, {keys} FROM {relation}"
    if not bad:
        return rows
    if not in_place:
        return f"{rows} UNION ALL SELECT _n, _no, _line, {keys} FROM {bad} WHERE _readable"
    without = f"SELECT _n FROM {bad} WHERE NOT _readable"
    # Most rows that cannot be read have a key, and there is nothing to leave out.
    return f"{rows} WHERE _n NOT IN ({without})" if staging.rows(f"{without} LIMIT 1") else rows


def _enter(staging: Staging, plan: Plan, order: int, select: str) -> None:
    """Enter rejects given as their number, file, line, field, value and reason."""
    file = f"([{', '.join(map(literal, plan.files))}])[number + 1]"
    found = f"FROM (SELECT {select}) AS found(n, number, line, field, value, reason)"
    record = literal(plan.record.name)
    staging.run(f"INSERT INTO {FOUND} SELECT {order}, n, number, {record}, {file}, line, field, value, reason {found}")


def _enter_broken(staging: Staging, plan: Plan, order: int) -> None:
    broken = plan.found.broken
    if not broken:
        return
    table = staging.name("broken")
    staging.run(f"CREATE TABLE {table} (n BIGINT, number INTEGER, line BIGINT, field VARCHAR, value VARCHAR, reason VARCHAR)")
    columns = {
        "n": [number * STEP + line.line for number, line in broken],
        "number": [number for number, _ in broken],
        "line": [line.line for _, line in broken],
        "field": [""] * len(broken),
        "value": [line.value.encode("utf-8", "replace").decode() for _, line in broken],
        "reason": [line.reason for _, line in broken],
    }
    staging.insert(table, columns)
    _enter(staging, plan, order, f"* FROM {table}")
    staging.drop(table)


def _add_rejects(staging: Staging, order: int, rejects: Sequence[Rejected]) -> None:
    """Enter the rejects of rows that stand in the text."""
    if rejects:
        columns = {name: [getattr(reject, name) for reject in rejects] for name in COLUMNS}
        staging.insert(FOUND, {"_order": [order] * len(rejects), "_n": range(len(rejects)), "_no": [0] * len(rejects), **columns})


def _counts(staging: Staging, plan: Plan, tables: Sequence[OpenTable], order: int) -> list[FileCount]:
    rejected = dict(staging.rows(f"SELECT _no, count(*) FROM {FOUND} WHERE _order = {order} GROUP BY _no"))
    found = plan.found
    return [
        FileCount(
            plan.record.name,
            table.opened.name,
            table.opened.form,
            found.rows[number],
            found.rows[number] - rejected.get(number, 0),
            rejected.get(number, 0),
            found.blank[number],
        )
        for number, table in enumerate(tables)
    ]
