"""The rows of derived records: one for each combination of their key that occurs."""

from __future__ import annotations

from sqlglot import exp

from requite.dsl import program as core
from requite.dsl.types import Kind
from requite.engine.columnar import sql as s
from requite.engine.columnar.cells import Cell
from requite.engine.columnar.compiler import Compiler
from requite.engine.columnar.frames import Query, Relation
from requite.engine.columnar.gathering import named, unless_certain
from requite.engine.columnar.pairing import Side, side
from requite.engine.columnar.problems import CannotRun
from requite.engine.columnar.sql import Sql, column
from requite.engine.columnar.stored import StoredColumn
from requite.engine.wording import words


def derived(record: core.Record, c: Compiler) -> Relation:
    """The rows of a derived record, in the order of first sight; a row of which a part is missing belongs to none."""
    name = "derived rows", record.name
    if name not in c.shared:
        c.shared[name] = _derived(record, c)
    made: Relation = c.shared[name]
    return made


def _derived(record: core.Record, c: Compiler) -> Relation:
    home = c.main(record.derived_from)
    frame = home.frame
    sides = [side(part, home, c) for part in record.derived_by]
    columns: dict[str, StoredColumn] = {}
    keys: dict[str, Sql] = {}
    for name, one in zip(record.key, sides, strict=True):
        for place, part in zip(_places(record, name, one), one.parts, strict=True):
            columns[place] = _stored(record, name, part, c)
            keys[place] = named(part, home)
    there = [s.is_there(sql) for one in sides if one.whole.missing for sql in (one.whole.sql,)]

    def build(query: Query) -> exp.Select:
        first = {"_n": exp.Min(this=column("_n"))}
        select = query.select(frame, {**first, **keys}, unless_certain(s.all_of(there)))
        select.set("group", exp.Group(expressions=list(keys.values())))
        return select

    c.shared["derived", record.name] = columns
    stratum = max(1, *(frame.stratum(sql) for sql in (*keys.values(), *there))) + 1
    about = f"the rows of {record.name}, from {words(record.span, 80)} ({record.span})"
    return c.relation(record.name, about, build, stratum)


def _places(record: core.Record, name: str, one: Side) -> list[str]:
    """The columns in which a key field is stored."""
    if record.field(name).type.kind is Kind.PERIOD:
        return [f"{name}__from", f"{name}__until"]
    return [name] if len(one.parts) == 1 else [f"{name}__{number}" for number, _ in enumerate(one.parts, 1)]


def _stored(record: core.Record, name: str, part: Cell, c: Compiler) -> StoredColumn:
    kind = part.type.kind if record.field(name).type.kind is Kind.ROW else record.field(name).type.kind
    if part.number is None:
        return StoredColumn(Kind.DATE if kind is Kind.PERIOD else kind, False)
    del c
    scale = part.number.scale
    if scale is None:
        reason = "a number that has a different denominator in each record cannot be a key: round it first"
        raise CannotRun(f"{record.name}.{name}: {reason}", record.span)
    return StoredColumn(kind, False, scale, part.number.top.low, part.number.top.high)
