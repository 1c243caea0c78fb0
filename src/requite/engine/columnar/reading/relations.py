"""From the scans of a record to its relation: clean typed rows, those that cannot be read set aside with the reason."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

import duckdb

from requite.dsl.program import Record
from requite.engine.columnar.reading.cells import Cell
from requite.engine.columnar.reading.layout import Home, Slot, stored_type, too_long
from requite.engine.columnar.reading.names import literal, quoted, relation_name
from requite.engine.columnar.reading.scans import Found, Scan
from requite.engine.columnar.reading.staging import Staging, forget
from requite.engine.columnar.stored import LARGE, SMALL, Stored, StoredColumn, day_number, few_texts
from requite.engine.reading.columns import Placed

STEP: Final = 2**40
"""Rows of the second file are numbered from here, of the third from twice that, and so on."""

OPEN_END: Final = "DATE '9999-12-31'"
NO_FIRST_DAY: Final = "'has a last day but no first day'"


@dataclass(frozen=True, slots=True)
class Plan:
    """A record that is being stored: its stored columns, the parts it is read from, the names of its files, what was found."""

    record: Record
    slots: Sequence[Slot]
    placed: Sequence[Placed]
    files: Sequence[str]
    found: Found

    @property
    def keys(self) -> list[Slot]:
        """The stored columns that tell rows apart: for a dated table with the first day and the day it became known."""
        names = self.record.key
        own = sorted((slot for slot in self.slots if slot.field.name in names), key=lambda slot: names.index(slot.field.name))
        days = [s for s in self.slots if s.field.name == self.record.period and s.role in ("from", "known")]
        return [*own, *days] if own else []


@dataclass(frozen=True, slots=True)
class Fault:
    """Why a field of a row cannot be read, and as what its cell is shown, in SQL; empty where that cannot be."""

    field: str
    reason: str
    shown: str


def places_of(plan: Plan) -> list[tuple[Home, int]]:
    """How many decimals the numbers of each field need."""
    slots = {(slot.field.name, slot.role): slot for slot in plan.slots if slot.is_number}
    return [
        (slots[item.part.field.name, item.part.role].home, cell.places)
        for scan in plan.found.scans
        for item, cell in zip(plan.placed, scan.cells, strict=True)
        if (item.part.field.name, item.part.role) in slots
    ]


# --- one row ----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Line:
    """The row of a scan in SQL: its number and place, its values by stored column, and the faults it may have."""

    scan: Scan
    values: Mapping[str, str]
    faults: Sequence[Fault]

    @property
    def n(self) -> str:
        return self.scan.line if self.scan.number == "0" else f"(CAST({self.scan.number} AS BIGINT) * {STEP} + {self.scan.line})"

    @property
    def is_bad(self) -> str:
        return " OR ".join(f"({fault.reason}) IS NOT NULL" for fault in self.faults)


def line_of(plan: Plan, scan: Scan, columns: Mapping[str, StoredColumn], powers: Mapping[Home, int]) -> Line:
    """The row of a scan as it is stored."""
    cells = {(item.part.field.name, item.part.role): cell for item, cell in zip(plan.placed, scan.cells, strict=True)}
    values: dict[str, str] = {}
    faults: list[Fault] = []
    for slot in plan.slots:
        name = slot.field.name
        if slot.role == "from":
            start, until = cells[name, "start"], cells[name, "until"]
            values[slot.column] = _typed(slot, start, columns, powers)
            faults += _period_faults(name, start, until)
        elif slot.role == "until":
            start, until = cells[name, "start"], cells[name, "until"]
            last = f"coalesce({until.value(0, 'BIGINT')}, {OPEN_END})" if until.nulls else until.value(0, "BIGINT")
            values[slot.column] = f"CASE WHEN {start.value(0, 'BIGINT')} IS NULL THEN NULL ELSE {last} END" if start.nulls else last
        else:
            cell = cells[name, slot.role]
            values[slot.column] = _typed(slot, cell, columns, powers)
            faults += [Fault(name, cell.reason, cell.shown)] if cell.reason else []
    return Line(scan, values, faults)


def _typed(slot: Slot, cell: Cell, columns: Mapping[str, StoredColumn], powers: Mapping[Home, int]) -> str:
    column = columns[slot.column]
    power = powers.get(slot.home, 0)
    type = type_of(slot, column)
    text = cell.value(power, type)
    return f"CAST(NULL AS {type})" if text == "NULL" else text


def type_of(slot: Slot, column: StoredColumn) -> str:
    return stored_type(slot, large=column.low is not None and column.high is not None and max(-column.low, column.high) > SMALL)


def _period_faults(name: str, start: Cell, until: Cell) -> list[Fault]:
    first, last = start.value(0, "BIGINT"), until.value(0, "BIGINT")
    ends = f"'ends on ' || {last} || ', before it begins on ' || {first}"
    cases = [f"WHEN {last} < {first} THEN {ends}"] if last != "NULL" else []
    shown = [f"WHEN {cell.reason} IS NOT NULL THEN {cell.shown}" for cell in (start, until) if cell.reason]
    if start.nulls and last != "NULL":
        cases.insert(0, f"WHEN {first} IS NULL AND {last} IS NOT NULL THEN {NO_FIRST_DAY}")
        shown.append(f"WHEN {first} IS NULL THEN {start.shown}")
    reasons = [cell.reason for cell in (start, until) if cell.reason] + ([f"CASE {' '.join(cases)} END"] if cases else [])
    if not reasons:
        return []
    text = f"CASE {' '.join(shown)} ELSE {until.shown} END" if shown else until.shown
    return [Fault(name, f"coalesce({', '.join(reasons)})", text)]


# --- columns ----------------------------------------------------------------------------------------------------------


def columns_of(plan: Plan, powers: Mapping[Home, int]) -> dict[str, StoredColumn]:
    """The stored columns with the scale that they share, and what bounds are known of them."""
    stored: dict[str, StoredColumn] = {}
    for slot in plan.slots:
        role = {"from": "start"}.get(slot.role, slot.role)
        at = next(i for i, p in enumerate(plan.placed) if (p.part.field.name, p.part.role) == (slot.field.name, role))
        cells = [scan.cells[at] for scan in plan.found.scans]
        may_be_blank = slot.role == "known" or slot.field.optional
        if slot.role == "until":
            may_be_blank = slot.field.optional and any(scan.cells[at - 1].nulls for scan in plan.found.scans)
            nulls = may_be_blank
        else:
            nulls = may_be_blank and any(cell.nulls for cell in cells)
        if not slot.is_number:
            texts = {text for cell in cells for text in cell.texts} if all(cell.texts for cell in cells) else ()
            stored[slot.column] = StoredColumn(slot.kind, nulls, 1, *_days(slot, cells), few_texts(texts))
            continue
        power = powers.get(slot.home, 0)
        bounds = [b * 10 ** (power - cell.places) for cell in cells for b in (cell.low, cell.high) if b is not None]
        low, high = min(bounds, default=None), max(bounds, default=None)
        stored[slot.column] = StoredColumn(slot.kind, nulls, 10**power, low, high)
    return stored


def _days(slot: Slot, cells: Sequence[Cell]) -> tuple[int | None, int | None]:
    """Between which days the dates of a column lie, where that is known of every scan."""
    lows, highs = [cell.low for cell in cells], [cell.high for cell in cells]
    if not slot.is_day or None in lows or None in highs:
        return None, None
    return min(low for low in lows if low is not None), max(high for high in highs if high is not None)


def narrowed(staging: Staging, plan: Plan, relation: str, columns: dict[str, StoredColumn]) -> dict[str, StoredColumn]:
    """The columns of a copy with the bounds that its values really have."""
    measured = [slot for slot in plan.slots if slot.is_number or slot.is_day]
    if not measured:
        return columns
    asked = [f"{end}({quoted(slot.column)})" for slot in measured for end in ("min", "max")]
    found = iter(staging.row(f"SELECT {', '.join(asked)} FROM {relation}"))
    better = dict(columns)
    for slot in measured:
        low, high = (day_number(bound) if isinstance(bound, date) else bound for bound in (next(found), next(found)))
        old = columns[slot.column]
        better[slot.column] = StoredColumn(old.kind, old.nulls, old.scale, low, high)
    return better


def check_length(staging: Staging, plan: Plan, columns: Mapping[str, StoredColumn]) -> None:
    """Refuse numbers that no column can hold, and say which of them has the decimals that all are held with."""
    for slot in plan.slots:
        column = columns[slot.column]
        if slot.is_number and column.low is not None and column.high is not None and max(-column.low, column.high) > LARGE:
            raise too_long(plan.record.name, slot.field.name, _most_decimals(staging, plan, slot))


def _most_decimals(staging: Staging, plan: Plan, slot: Slot) -> str:
    """Where the first number stands that has the most decimals of a field; nothing where that cannot be told."""
    at = next(i for i, p in enumerate(plan.placed) if (p.part.field.name, p.part.role) == (slot.field.name, slot.role))
    scan = max(plan.found.scans, key=lambda scan: scan.cells[at].places)
    places = scan.cells[at].places
    # What is too long over that power of ten is NULL; what ends in 0 over it has fewer decimals.
    is_most = f"TRY({scan.cells[at].value(places, 'HUGEINT')}) % 10 <> 0"
    asked = f"SELECT {file_name(plan, scan)}, {scan.line} FROM {scan.source} WHERE {is_most} ORDER BY {scan.number}, {scan.line}"
    try:
        file, line = staging.row(f"{asked} LIMIT 1")
    except (duckdb.DataError, duckdb.ProgrammingError, IndexError):
        return ""
    return f"{file} line {line} has {places}"


# --- relations --------------------------------------------------------------------------------------------------------


def select_rows(plan: Plan, line: Line, where: str = "") -> str:
    """The statement that gives the rows of a scan as they are stored."""
    files = list(dict.fromkeys(plan.files))
    parts = [f"{line.n} AS _n"]
    if files:
        parts.append(f"{line.scan.line} AS _line")
    if len(files) > 1:
        parts.append(f"{file_name(plan, line.scan)} AS _file")
    if not plan.record.key:
        key = f"{file_name(plan, line.scan)} || ':' || {line.scan.line}" if len(plan.files) > 1 else line.scan.line
        parts.append(f"{key} AS _key")
    parts += [f"{value} AS {quoted(name)}" for name, value in line.values.items()]
    return f"SELECT {', '.join(parts)} FROM {line.scan.source}" + (f" WHERE {where}" if where else "")


def file_name(plan: Plan, scan: Scan) -> str:
    """The name of the file that a row of a scan is in."""
    if scan.number.isdigit():
        return literal(plan.files[int(scan.number)])
    return f"([{', '.join(map(literal, plan.files))}])[{scan.number} + 1]"


def select_bad(plan: Plan, line: Line) -> str:
    """The statement that gives the rows of a scan that cannot be read, each with its first fault, the others told after it."""
    unread = [(fault, f"({fault.reason}) IS NOT NULL") for fault in line.faults]
    field = " ".join(f"WHEN {is_unread} THEN {literal(fault.field)}" for fault, is_unread in unread)
    shown = " ".join(f"WHEN {is_unread} THEN {fault.shown}" for fault, is_unread in unread)
    told = ", ".join(f"{literal(fault.field + ' ')} || ({fault.reason})" for fault, _ in unread)
    in_key = {slot.field.name for slot in plan.keys}
    of_key = [is_unread for fault, is_unread in unread if fault.field in in_key]
    readable = f"NOT ({' OR '.join(of_key)})" if of_key else "TRUE"
    keys = "".join(f", {line.values[slot.column]} AS {quoted(slot.column)}" for slot in plan.keys)
    place = f"{line.n} AS _n, CAST({line.scan.number} AS INTEGER) AS _no, {line.scan.line} AS _line"
    why = f"CASE {field} END AS _field, CASE {shown} END AS _shown, concat_ws('; also ', {told}) AS _told"
    return f"SELECT {place}, {why}, {readable} AS _readable{keys} FROM {line.scan.source} WHERE {line.is_bad}"


def union(selects: Sequence[str]) -> str:
    return " UNION ALL ".join(selects)


def final_view(staging: Staging, plan: Plan, relation: str, columns: Mapping[str, StoredColumn], refused: str) -> str:
    """The view of the rows that are left, its numbers no wider than they need be."""
    name = relation_name("stored", plan.record.name)
    narrow = [s for s in plan.slots if s.is_number and type_of(s, columns[s.column]) == "BIGINT"]
    casts = ", ".join(f"CAST({quoted(s.column)} AS BIGINT) AS {quoted(s.column)}" for s in narrow)
    where = f" WHERE _n NOT IN (SELECT _n FROM {refused})" if refused else ""
    forget(staging.connection, name)
    staging.run(f"CREATE VIEW {quoted(name)} AS SELECT *{f' REPLACE ({casts})' if casts else ''} FROM {relation}{where}")
    return name


def stored_of(plan: Plan, relation: str, rows: int, columns: Mapping[str, StoredColumn]) -> Stored:
    """What is said of a record that has been stored."""
    return Stored(plan.record.name, relation, rows, columns, tuple(dict.fromkeys(plan.files)))
