"""The rows of a record with the numbers of the rows that its references lead to, found once for all who read them.

A reference is stored as a key, often a text; looked up in every statement that reads it, it costs more than all else. Numbers are
compared and joined by faster than texts, and are there or not: whoever reads a reference needs no other record for that.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from sqlglot import exp

from requite.dsl import program as core
from requite.dsl.types import Kind
from requite.engine.columnar import sql as s
from requite.engine.columnar.frames import Query, Relation, Statement, Writer, columns_in
from requite.engine.columnar.sql import Sql, column, select_of, table
from requite.engine.columnar.stored import SMALL, Stored

FEW_ROWS = 100_000
"""Up to so many rows, each who reads them may number them anew."""

MANY_ROWS = 20_000_000
"""From so many rows on, they are read from a file as fast as from memory, of which they would take too much."""


OFTEN = 2
"""Rows that are related to others of their record by one reference so often are first put in the order of its numbers."""


@dataclass(frozen=True, slots=True)
class Target:
    """What a reference leads to: the relation with its rows, and the column of their key."""

    relation: str
    key: str


@dataclass(eq=False)
class NumberedRows:
    """The stored rows of a record; for each reference that is asked for, `number_of` holds the `_n` of the row that it leads to.

    A number is NULL where the reference is blank or leads nowhere. The statement is written when everybody has asked. `related_by`
    counts how often rows are related to others of their record by what a reference leads to.
    """

    stored: Stored
    targets: dict[str, Target]
    keys: Sequence[str]
    asked: dict[str, None] = field(default_factory=dict)
    related_by: dict[str, int] = field(default_factory=dict)
    readers: set[int] = field(default_factory=set)
    stratum: int = 0
    _select: exp.Select = field(default_factory=exp.Select)

    @property
    def name(self) -> str:
        return f"numbered_{self.stored.record}".replace(".", "_")

    def number_of(self, name: str) -> str:
        """The column that holds the number of the row that a field leads to."""
        self.asked[name] = None
        return self.column_of(name)

    def relates_by(self, name: str) -> None:
        """Rows are related to others of their record by what a field leads to."""
        self.related_by[name] = self.related_by.get(name, 0) + 1

    def column_of(self, name: str) -> str:
        return f"_row_of_{name}"

    def written(self, query: Query) -> str:
        self.readers.add(id(query))
        about = f"{self.stored.record} with the numbers of the rows that it refers to"
        query.writer.require(Relation(self.name, about, lambda _: self._select, self.stratum))
        return self.name

    def has(self, name: str) -> str:
        return name

    def finish(self, writer: Writer, others: Iterable[Statement], in_order: bool) -> None:
        """Writes the statement down, now that all who read it are known; `in_order` where rows that are alike may lie together."""
        statement = writer.statements.get(self.name)
        if statement is None:
            return
        is_kept = self.stored.rows > FEW_ROWS and len(self.readers) > 1
        statements = [*writer.statements.values(), *others] if is_kept else []
        large = is_kept and self._is_large()
        self._write(self._columns(statements) if is_kept else None, enumerated=in_order and not large)
        if is_kept and in_order and not large:
            self._put_in_order()
        writer.statements[self.name] = replace(statement, is_kept=is_kept, large=large)

    def _put_in_order(self) -> None:
        """Rows of one patient that lie together are found together: a join reaches for each of them where it has just been."""
        name = max(self.related_by, key=lambda name: self.related_by[name], default="")
        if self.related_by.get(name, 0) >= OFTEN:
            i = list(self.asked).index(name)
            self._select.set("order", exp.Order(expressions=[exp.Ordered(this=column("_n", f"t{i}"), nulls_first=False)]))

    def _is_large(self) -> bool:
        # A file has no whole numbers of 128 bits.
        wide = [one for one in self.stored.columns.values() if max(-(one.low or 0), one.high or 0) > SMALL]
        return self.stored.rows > MANY_ROWS and not wide

    def _columns(self, statements: Iterable[Statement]) -> list[str]:
        """The columns that somebody reads."""
        read = {name for statement in statements for name in columns_in(statement.select)}
        files = len(self.stored.files)
        always = ["_n", *(["_line"] if files else []), *(["_file"] if files > 1 else []), *([] if self.keys else ["_key"])]
        return [*always, *(name for name in self.stored.columns if name in read or name in self.keys)]

    def _write(self, names: Sequence[str] | None, enumerated: bool) -> None:
        own = [self._narrow(name) if enumerated else column(name, "s") for name in names or ()]
        if names is None:
            own = [exp.Column(this=exp.Star(), table=exp.Identifier(this="s", quoted=True))]
        numbers = [s.aliased(column("_n", f"t{i}"), self.number_of(name)) for i, name in enumerate(self.asked)]
        made = select_of([*own, *numbers], self.stored.relation, "s")
        for i, name in enumerate(self.asked):
            target, alias = self.targets[name], f"t{i}"
            same = s.equal(column(name, "s"), column(target.key, alias))
            made.append("joins", exp.Join(this=table(target.relation, alias), side="LEFT", on=same))
        for part, value in made.args.items():
            self._select.set(part, value)

    def _narrow(self, name: str) -> Sql:
        """A column as an enumeration where it has few texts: a byte or two take their place wherever rows are put in order or kept.

        The texts stand in order, so that they compare as texts do.
        """
        stored = self.stored.columns.get(name)
        if stored is None or not stored.texts:
            return column(name, "s")
        return s.aliased(s.cast(column(name, "s"), s.enumeration(stored.texts)), name)


def numbered_rows(record: core.Record, program: core.Program, stored: Mapping[str, Stored]) -> NumberedRows | None:
    """The rows of a record that has references to be numbered; None where it has none."""
    found = ((one.name, _target(one, record, program, stored)) for one in record.fields)
    targets = {name: target for name, target in found if target is not None}
    return NumberedRows(stored[record.name], targets, record.key) if targets else None


def _target(one: core.Field, record: core.Record, program: core.Program, stored: Mapping[str, Stored]) -> Target | None:
    """Where a field leads: to rows that lie somewhere, one for each key of one column."""
    other = program.records.get(one.type.record) if one.type.kind is Kind.ROW else None
    if other is None or other.period or other.derived_from or len(other.key) != 1 or other.name not in stored:
        return None
    mine, theirs = stored[record.name].columns.get(one.name), stored[other.name].columns.get(other.key[0])
    if mine is None or theirs is None or mine.scale != theirs.scale:
        return None
    return Target(stored[other.name].relation, other.key[0])
