"""What expressions are made into SQL with: the frame of each record, its rows in sight, and what they read of other records."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property
from typing import Any, Protocol

from sqlglot import exp

from requite.dsl import program as core
from requite.dsl.program import WHOLE
from requite.dsl.types import QUANTITIES, Kind, Type
from requite.engine.columnar.cells import Cell, as_it_is
from requite.engine.columnar.dialect import Dialect
from requite.engine.columnar.frames import (
    Frame,
    FrameRows,
    Joined,
    Query,
    Relation,
    Source,
    Statement,
    StoredRows,
    Writer,
    columns_in,
)
from requite.engine.columnar.known_rows import KnownRows, was_known
from requite.engine.columnar.numbered import NumberedRows, numbered_rows
from requite.engine.columnar.numbers import Arithmetic, Number, Whole
from requite.engine.columnar.problems import CannotRun, refused_at
from requite.engine.columnar.sql import Sql, column, is_certain
from requite.engine.columnar.stored import Stored, StoredColumn
from requite.engine.plan import Plan

Take = Callable[[Sql], Sql]
"""Takes a piece of SQL of a record's own frame over into another frame."""


@dataclass(frozen=True, eq=False)
class RowAt:
    """A row in sight of a frame. `take` brings in what the frame of its record says of it; `ordinal` is its `_n`."""

    record: str
    ordinal: Sql
    take: Take

    @cached_property
    def cell(self) -> Cell:
        return Cell(Type(Kind.ROW, record=self.record), self.ordinal)


@dataclass(frozen=True, eq=False)
class Sight:
    """A frame and the rows in sight of it by level: the rule's own, then those of the ranges around an expression."""

    frame: Frame
    rows: tuple[RowAt, ...]


class Facts(Protocol):
    """What the data themselves say, asked when a query is made."""

    def truth(self, select: exp.Select) -> bool:
        """The one yes or no that a query gives."""
        ...


@dataclass(eq=False)
class Compiler:
    """A plan at work on stored rows. `makers` has a function for each kind of expression, `definitions` one for each of column.

    `brought` names, by column, the relation of figures brought forward. `shared` holds what several expressions use.
    """

    plan: Plan
    stored: Mapping[str, Stored]
    dialect: Dialect
    known: date | None
    facts: Facts
    makers: Mapping[type, Callable[[Any, Sight, Compiler], Cell]]
    definitions: Mapping[type, Callable[[core.Column, Any, Compiler], Cell]]
    derive: Callable[[core.Record, Compiler], Relation]
    brought: Mapping[str, StoredRows] = field(default_factory=dict)
    shared: dict[Any, Any] = field(default_factory=dict)
    _mains: dict[str, Sight] = field(default_factory=dict)
    _columns: dict[str, Cell] = field(default_factory=dict)
    _fields: dict[tuple[str, str], Cell] = field(default_factory=dict)
    _relations: int = 0

    @property
    def program(self) -> core.Program:
        return self.plan.program

    def arithmetic(self, sight: Sight) -> Arithmetic:
        return Arithmetic(self.dialect, sight.frame.hold)

    def cell(self, expression: core.Expr, sight: Sight) -> Cell:
        """An expression over the rows in sight."""
        try:
            return self.makers[type(expression)](expression, sight, self)
        except CannotRun as error:
            if error.clause is not None:
                raise
            raise CannotRun(error.reason, expression.span) from error

    # --- records ---

    def main(self, record: str) -> Sight:
        """The frame of a record's own rows, in which its columns are reckoned."""
        if record not in self._mains:
            self._mains[record] = self._main(record)
        return self._mains[record]

    def _main(self, record: str) -> Sight:
        declared = self.program.records.get(record)
        frame = Frame(record, self._rows_as_they_lie(record, declared))
        frame.reserve(["_n", "_line", "_file", "_key", *self.stored_columns(record)])
        return Sight(frame, (RowAt(record, column("_n"), as_it_is),))

    def _rows_as_they_lie(self, record: str, declared: core.Record | None) -> Source:
        if declared is None:
            return StoredRows(self.stored[record])
        if declared.derived_from:
            return self.derive(declared, self)
        rows, condition = self.rows_as_read(record), self.was_known(record)
        return rows if is_certain(condition) else KnownRows(rows, condition, record)

    def rows_as_read(self, record: str) -> Source:
        """The rows of a record that is read, known or not."""
        return self.numbered(record) or StoredRows(self.stored[record])

    def was_known(self, record: str) -> Sql:
        """That a row of a record that is read was known by the day of the run."""
        return was_known(self.program.records[record], self.stored[record].columns, self.known)

    def numbered(self, record: str) -> NumberedRows | None:
        """The rows of a record with the numbers of those that it refers to; None where it refers to none that are stored."""
        key = "numbered", record
        if key not in self.shared:
            declared = self.program.records.get(record)
            is_stored = declared is not None and not declared.derived_from and record in self.stored
            self.shared[key] = numbered_rows(declared, self.program, self.stored) if declared is not None and is_stored else None
        made: NumberedRows | None = self.shared[key]
        return made

    def finish_numbered(self, writer: Writer, others: Iterable[Statement] = ()) -> None:
        """Writes down how rows are numbered, once every other statement is there."""
        for record in self.program.records:
            rows = self.numbered(record)
            if rows is not None:
                rows.finish(writer, others, self.dialect.sorts_at_once)

    def stored_columns(self, record: str) -> Mapping[str, StoredColumn]:
        """The columns in which a record's fields are stored; of a derived record, those of its key."""
        if record == WHOLE:
            return {}
        declared = self.program.records[record]
        if declared.derived_from:
            self.derive(declared, self)
            made: Mapping[str, StoredColumn] = self.shared["derived", record]
            return made
        return self.stored[record].columns

    def column(self, name: str) -> Cell:
        """A column of the program, in the frame of its record."""
        if name not in self._columns:
            declared = self.program.columns[name]
            with refused_at(declared.span):
                self._columns[name] = self.definitions[type(declared.definition)](declared, declared.definition, self)
        return self._columns[name]

    # --- rows ---

    def rows_at_most(self, record: str) -> int:
        """How many rows a record has at most."""
        while record in self.program.records and self.program.records[record].derived_from:
            record = self.program.records[record].derived_from
        return self.stored[record].rows if record in self.stored else 1

    def field(self, row: RowAt, name: str) -> Cell:
        """A stored field of a row, as a plain value: of a reference, the key of the row that it refers to."""
        plain = self._fields.get((row.record, name))
        if plain is None:
            declared = self.program.records[row.record].field(name)
            columns = self.stored_columns(row.record)
            plain = plain_cell(declared.type, name, columns, self.arithmetic(self.main(row.record)))
            self._fields[row.record, name] = plain
        return plain.moved(row.take)

    def read(self, row: RowAt, name: str) -> Cell:
        """A reckoned column of a row."""
        return self.column(name).moved(row.take)

    def joined_row(self, record: str, sight: Sight, joined: Joined, ordinal: Sql) -> RowAt:
        """A row that was joined to a frame; `joined` has the rows of the record as they lie."""
        main = self.main(record).frame
        base = main.base.stratum
        there = [(joined, joined.source)] if isinstance(joined.source, FrameRows) else []

        def as_it_lies(sql: Sql) -> tuple[Joined, FrameRows]:
            """The row joined, once more where what is read of it rests on its being joined."""
            found = next((one for one in there if not rests_on(main, sql, one[0])), None)
            if found is None:
                rows = self.rows_of(record)
                found = sight.frame.join_on(rows, [(ordinal, "_n")], record), rows
                there.append(found)
            return found

        def as_reckoned(stratum: int) -> tuple[Joined, FrameRows]:
            relation = self.record_relation(record, stratum)
            return sight.frame.join_on(relation, [(ordinal, "_n")], record), self.shared["rows", record, stratum]

        def take(sql: Sql) -> Sql:
            if not columns_in(sql):
                return sql
            stratum = main.stratum(sql)
            own, rows = as_it_lies(sql) if stratum <= base else as_reckoned(stratum)
            return own.column(rows.output(sql))

        return RowAt(record, ordinal, take)

    def rows_of(self, record: str) -> FrameRows:
        """The rows of a record, with what is reckoned for them, as a part of a query."""
        return FrameRows(self.main(record).frame)

    def record_relation(self, record: str, stratum: int) -> Relation:
        """What is reckoned of a record in one stratum, written down once for whoever looks its rows up."""
        key = "relation", record, stratum
        if key not in self.shared:
            frame = self.main(record).frame
            rows = self.shared["rows", record, stratum] = FrameRows(frame)
            rows.has("_n")

            def build(query: Query) -> exp.Select:
                return query.select(frame, rows.outputs)

            self.shared[key] = self.relation(record, f"what is reckoned for each {record}", build, stratum + 1)
        made: Relation = self.shared[key]
        return made

    def relation(self, hint: str, about: str, build: Callable[[Query], exp.Select], stratum: int) -> Relation:
        """A relation of its own name."""
        self._relations += 1
        name = "".join(c if c.isalnum() or c == "_" else "_" for c in hint)
        return Relation(f"r{self._relations}_{name}", about, build, stratum)

    def is_dated(self, record: str) -> bool:
        return record in self.program.records and bool(self.program.records[record].period)


def rests_on(frame: Frame, sql: Sql, joined: Joined) -> bool:
    """Whether a piece of a frame's SQL rests on something joined, in this frame or in those whose rows it reads."""
    _, joins = frame.needed([sql])
    return any(
        one is joined
        or (
            isinstance(one.source, FrameRows)
            and any(rests_on(one.source.frame, out, joined) for out in one.source.outputs.values())
        )
        for one in joins.values()
    )


def number_of(row: RowAt, name: str, c: Compiler) -> Sql | None:
    """The `_n` of the row that a reference leads to, where it is numbered; NULL where it leads nowhere."""
    rows = c.numbered(row.record)
    return row.take(column(rows.number_of(name))) if rows is not None and name in rows.targets else None


def plain_cell(type_: Type, name: str, columns: Mapping[str, StoredColumn], a: Arithmetic) -> Cell:
    """A field as it is stored; without a reason where it is blank (whoever reads it knows which row it is of)."""
    if type_.kind is Kind.PERIOD:
        start, until = columns[f"{name}__from"], column(f"{name}__until")
        return Cell(type_, column(f"{name}__from"), start.nulls, until=until)
    if name not in columns:
        raise KeyError(name)
    stored = columns[name]
    if stored.kind in QUANTITIES:
        number = stored_number(name, stored, a)
        return Cell(type_, number.top.sql, stored.nulls, number=number)
    days = (stored.low, stored.high) if type_.kind is Kind.DATE and stored.low is not None and stored.high is not None else None
    return Cell(type_, column(name), stored.nulls, days=days)


def stored_number(name: str, stored: StoredColumn, a: Arithmetic) -> Number:
    """A stored number: a column of whole numbers over its scale."""
    low, high = stored.low or 0, stored.high or 0
    return a.of(Whole(column(name), low, high), stored.scale)


def reference_columns(name: str, columns: Mapping[str, Any]) -> list[str]:
    """The columns in which a field is stored: several for a reference to a record whose key has several fields."""
    if name in columns:
        return [name]
    parts: list[str] = []
    while f"{name}__{len(parts) + 1}" in columns:
        parts.append(f"{name}__{len(parts) + 1}")
    return parts
