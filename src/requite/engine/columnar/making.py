"""A compiler with all that it makes SQL of."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

from requite.dsl import program as core
from requite.engine.columnar import bands, dates, looking_up, ranges, reckoning
from requite.engine.columnar.cells import Cell, once
from requite.engine.columnar.compiler import Compiler
from requite.engine.columnar.databases import Database
from requite.engine.columnar.figures import brought_cell
from requite.engine.columnar.frames import Frame, StoredRows
from requite.engine.columnar.numbers import Number
from requite.engine.columnar.paying import paid
from requite.engine.columnar.sharing import shared
from requite.engine.columnar.sql import Sql, is_small
from requite.engine.columnar.stored import Stored
from requite.engine.plan import Plan, Reckon


def _computed(column: core.Column, definition: core.Computed, c: Compiler) -> Cell:
    """The value of an expression, as a column with its own name."""
    sight = c.main(column.record)
    return bound(column, c.cell(definition.value, sight), c)


def bound(column: core.Column, cell: Cell, c: Compiler) -> Cell:
    """A value under its column's name, said where it stands in the text."""
    frame = c.main(column.record).frame
    name = column.name.removeprefix(f"{column.record}.").replace(".", "__")
    about = f"{column.span}: {column.kind} {column.label}"
    why = once(lambda: named(frame, cell.why(), f"{name}__why")) if cell.missing else cell.why
    if cell.number is not None:
        top, bottom = cell.number.top, cell.number.bottom
        if not is_small(top.sql):
            top = type(top)(frame.bind(top.sql, name, about), top.low, top.high)
        if not is_small(bottom.sql):
            bottom = type(bottom)(frame.bind(bottom.sql, f"{name}__over", about), bottom.low, bottom.high)
        number = Number(top, bottom)
        return Cell(cell.type, number.top.sql, cell.missing, why, cell.conflicts, number, parts=cell.lacks)
    sql = cell.sql if is_small(cell.sql) else frame.bind(cell.sql, name, about)
    until = cell.until
    if until is not None and not is_small(until):
        until = frame.bind(until, f"{name}__until", about)
    return Cell(cell.type, sql, cell.missing, why, cell.conflicts, until=until, days=cell.days)


def named(frame: Frame, sql: Sql, name: str) -> Sql:
    """A piece of SQL under a name of its own, unless it is small."""
    return sql if is_small(sql) else frame.bind(sql, name)


def compiler_of(
    plan: Plan,
    stored: Mapping[str, Stored],
    base: Database,
    known: date | None,
    brought: Mapping[str, StoredRows] | None = None,
) -> Compiler:
    """A compiler of a plan over stored rows; the columns are made in the plan's order, so that none rests on too deep a chain."""
    c = Compiler(
        plan,
        stored,
        base.dialect,
        known,
        base,
        {**looking_up.MAKERS, **bands.MAKERS, **reckoning.MAKERS, **ranges.MAKERS, **dates.MAKERS},
        {
            core.Computed: _computed,
            core.Matched: ranges.matched,
            core.Shared: shared,
            core.Paid: paid,
            core.BroughtForward: brought_cell,
        },
        ranges.derived,
        brought or {},
    )
    for step in plan.steps:
        if isinstance(step, Reckon):
            c.column(step.column)
    return c
