"""What runs the statements: a database with a session of its own."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol, TypeVar

import duckdb
import pyarrow as pa
from sqlglot import exp

from requite.engine.columnar.dialect import DUCKDB, Dialect
from requite.engine.columnar.frames import Statement
from requite.engine.columnar.problems import Overflow

T = TypeVar("T")


class Database(Protocol):
    """Where statements run. Names are of one session: nothing is left behind."""

    dialect: Dialect

    def bring(self, name: str, table: pa.Table) -> None:
        """Makes rows of this program a table of the session."""
        ...

    def make(self, statement: Statement) -> None:
        """Runs a statement and keeps what it gives as a table under its name; what is there already is not made again."""
        ...

    def fetch(self, select: exp.Select) -> pa.Table:
        """What a query gives."""
        ...

    def truth(self, select: exp.Select) -> bool:
        """The one yes or no that a query gives."""
        ...


def written(select: exp.Expression, dialect: Dialect, pretty: bool = False) -> str:
    """A statement as text, as a database reads it."""
    if dialect.name == "spark":
        select = _plain_parts(select)
    return select.sql(dialect=dialect.name, pretty=pretty, copy=False)


def _plain_parts(select: exp.Expression) -> exp.Expression:
    """The statement without a word on whether its parts are to be kept: Spark decides that by itself."""
    parts = select.args.get("with_")
    if parts is None:
        return select
    plain = [exp.CTE(this=part.this, alias=part.args["alias"]) for part in parts.expressions]
    return type(select)(**{**select.args, "with_": exp.With(expressions=plain)})


OFF = "join_order,common_subexpressions"
"""What DuckDB's optimizer leaves alone: statements join in a good order already, which it was seen to turn into pairs of all with
all where two conditions rest on one column; and what is alike has a name already: looking for more takes longer than it saves."""

OFF_FOR_FEWER = f"{OFF},build_side_probe_side"
"""The same where only some rows around are paired: they stand where they are held in memory, and DuckDB cannot know that they are
fewer."""


STATISTICS = "statistics_propagation"


class DuckDB:
    """DuckDB in this process."""

    dialect = DUCKDB

    def __init__(self, connection: duckdb.DuckDBPyConnection | None = None) -> None:
        self.connection = connection if connection is not None else duckdb.connect()
        self._off = ""
        self._has_statistics = True
        self._leave_alone(OFF)
        self._made: set[str] = set()

    def prepare(self, statement: Statement) -> str:
        """Have the optimizer leave alone what it must for a statement; whether that makes a TABLE or a VIEW."""
        self._leave_alone(OFF_FOR_FEWER if statement.holds_fewer else OFF)
        return "TABLE" if statement.is_kept else "VIEW"

    def _leave_alone(self, optimizers: str) -> None:
        optimizers = optimizers if self._has_statistics else f"{optimizers},{STATISTICS}"
        if optimizers != self._off:
            self.connection.execute(f"SET disabled_optimizers = '{optimizers}'")
            self._off = optimizers

    def bound(self, run: Callable[[], T]) -> T:
        """What comes of running something; once more, if need be, without what DuckDB knows of the values of columns.

        DuckDB 2.0 fails to bind the comparison of a text with one of several where it knows beforehand that this one is NULL.
        """
        try:
            return run()
        except duckdb.InvalidInputException:
            self._has_statistics = False
            self._leave_alone(OFF)
        try:
            return run()
        finally:
            self._has_statistics = True
            self._leave_alone(OFF)

    def bring(self, name: str, table: pa.Table) -> None:
        self.connection.register("_brought", table)
        self.connection.execute(f'CREATE OR REPLACE TEMP TABLE "{name}" AS SELECT * FROM _brought')
        self.connection.unregister("_brought")

    def make(self, statement: Statement) -> None:
        if statement.is_kept and statement.name in self._made:
            return
        select = written(statement.select, self.dialect)

        def make() -> None:
            kind = self.prepare(statement)
            self._guarded(
                lambda: self.connection.execute(f'CREATE OR REPLACE TEMP {kind} "{statement.name}" AS {select}'), statement
            )

        self.bound(make)
        self._made.add(statement.name)

    def fetch(self, select: exp.Select) -> pa.Table:
        text = written(select, self.dialect)
        table: pa.Table = self.bound(lambda: self._guarded(lambda: self.connection.sql(text).to_arrow_table(), None))
        return table

    def truth(self, select: exp.Select) -> bool:
        text = written(select, self.dialect)
        rows = self.bound(lambda: self._guarded(lambda: self.connection.execute(text).fetchall(), None))
        return bool(rows and rows[0][0])

    def _guarded(self, run: Callable[[], Any], statement: Statement | None) -> Any:
        try:
            return run()
        except (duckdb.OutOfRangeException, duckdb.ConversionException) as error:
            about = f" ({statement.about})" if statement is not None else ""
            raise Overflow(f"an amount has more than 38 digits{about}") from error
