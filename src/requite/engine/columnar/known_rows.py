"""The rows of a record that were known by the day of the run: all that any rule sees of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from sqlglot import exp

from requite.dsl.program import Record
from requite.engine.columnar import sql as s
from requite.engine.columnar.frames import Query, Source
from requite.engine.columnar.sql import Sql, column, select_of
from requite.engine.columnar.stored import StoredColumn, day_number


@dataclass(frozen=True, eq=False)
class KnownRows:
    """Those of some rows of which a condition holds. `name` is for people."""

    rows: Source
    condition: Sql
    name: str

    @property
    def stratum(self) -> int:
        return self.rows.stratum

    def written(self, query: Query) -> str:
        select = select_of([exp.Star()], self.rows.written(query))
        select.set("where", exp.Where(this=self.condition))
        return query.named(select, f"known_{self.name}")

    def has(self, name: str) -> str:
        return self.rows.has(name)


def was_known(record: Record, columns: Mapping[str, StoredColumn], known: date | None) -> Sql:
    """That a row was known by a day (None: all are), over the columns in which it lies; TRUE where that holds of every row."""
    name = f"{record.period}__known"
    stored = columns.get(name)
    if known is None or stored is None or (stored.high is not None and stored.high <= day_number(known)):
        return s.true()
    by_then = s.compare("<=", column(name), s.day(known.isoformat()))
    return s.any_of([s.is_null(column(name)), by_then]) if stored.nulls else by_then
