"""Spark in this process, on a cluster or behind Spark Connect: the same plan, for those whose claims already lie in a lake."""

from __future__ import annotations

import re
import tempfile
import weakref
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from decimal import Decimal
from pathlib import Path
from shutil import rmtree
from typing import TYPE_CHECKING, Any, Final

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
from sqlglot import exp

from requite.dsl.program import Program
from requite.engine.columnar.databases import written
from requite.engine.columnar.dialect import SPARK
from requite.engine.columnar.frames import Statement
from requite.engine.columnar.problems import Overflow
from requite.engine.columnar.reading.names import quoted
from requite.engine.columnar.reading.stored_rows import store_rows
from requite.engine.columnar.spark_sessions import QUICK, SETTINGS, local_session
from requite.engine.columnar.stored import Stored
from requite.engine.reading.problems import problem
from requite.engine.rows import Data

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession

FEW: Final = 500
"""So many cells are written into a statement as they are: making files of them takes longer than reading them."""

TOO_LARGE: Final = re.compile(r"\[((BINARY_)?ARITHMETIC_OVERFLOW|NUMERIC_VALUE_OUT_OF_RANGE|CAST_OVERFLOW)")
NO_ROOM: Final = re.compile(r"OutOfMemory|Java heap space|GC overhead limit|No space left on device|maxResultSize")

BRIEF: Final = 100_000
"""Up to so many rows, planning takes longer than working."""

TYPES: Final[Mapping[pa.DataType, str]] = {
    pa.int16(): "SMALLINT",
    pa.int32(): "INT",
    pa.int64(): "BIGINT",
    pa.bool_(): "BOOLEAN",
    pa.string(): "STRING",
    pa.large_string(): "STRING",
    pa.date32(): "DATE",
    pa.timestamp("us"): "TIMESTAMP_NTZ",
}


class Spark:
    """A session of Spark. What statements make is kept as Parquet files of a folder; of few rows, in the session itself.

    `session` is used as it is handed over but for its own settings: names and settings are of a new session beside it.
    """

    dialect = SPARK

    def __init__(self, session: SparkSession, folder: Path | None = None, settings: Mapping[str, str] = SETTINGS) -> None:
        self.session = session.newSession()
        for name, value in settings.items():
            self.session.conf.set(name, value)
        self._own = folder is None
        self._made: set[str] = set()
        self.folder = folder or Path(tempfile.mkdtemp(prefix="requite-spark-"))
        if self._own:
            weakref.finalize(self, rmtree, self.folder, ignore_errors=True)

    def bring(self, name: str, table: pa.Table) -> None:
        if not self._said(name, table):
            path = self.folder / f"{name}.parquet"
            pq.write_table(table, path)
            self.view(name, self.session.read.parquet(str(path)))

    def _said(self, name: str, table: pa.Table) -> bool:
        """Makes a few rows a part of the session; False where they are many, or of types that are not written down."""
        if table.num_rows * table.num_columns > FEW:
            return False
        types = [spark_type(type_) for type_ in table.schema.types]
        if None in types:
            return False
        rows = zip(*(column.to_pylist() for column in table.columns), strict=True)
        values = ", ".join(f"({', '.join(_said_value(value) for value in row)})" for row in rows)
        columns = [f"`c{number}`" for number in range(table.num_columns)]
        cast = [
            f"CAST({column} AS {type_}) AS {_name(name)}"
            for column, type_, name in zip(columns, types, table.column_names, strict=True)
        ]
        if not values:
            values = f"({', '.join('NULL' for _ in columns)})"
            where = " WHERE false"
        else:
            where = ""
        text = f"SELECT {', '.join(cast)} FROM VALUES {values} AS t({', '.join(columns)}){where}"
        self.view(name, self.session.sql(text))
        return True

    def view(self, name: str, rows: DataFrame) -> None:
        """Rows of the session under a name."""
        rows.createOrReplaceTempView(_name(name))

    def make(self, statement: Statement) -> None:
        if statement.name in self._made:
            return
        with self.errors(statement):
            rows = self.session.sql(self._text(statement.select))
            if self._own:
                self.bring(statement.name, rows.toArrow())
            else:
                path = str(self.folder / f"{statement.name}.parquet")
                rows.write.mode("overwrite").parquet(path)
                self.view(statement.name, self.session.read.schema(rows.schema).parquet(path))
        self._made.add(statement.name)

    def fetch(self, select: exp.Select) -> pa.Table:
        with self.errors(None):
            return self.session.sql(self._text(select)).toArrow()

    def truth(self, select: exp.Select) -> bool:
        rows = self.fetch(select).to_pylist()
        return bool(rows and next(iter(rows[0].values())))

    def _text(self, select: exp.Expression) -> str:
        return written(select, self.dialect)

    @contextmanager
    def errors(self, statement: Statement | None) -> Iterator[None]:
        """Says in plain words what Spark cannot hold."""
        from py4j.protocol import Py4JError  # type: ignore[import-untyped]
        from pyspark.errors import PySparkException

        try:
            yield
        except (Py4JError, PySparkException) as error:
            said = str(error)
            if TOO_LARGE.search(said):
                about = f" ({statement.about})" if statement is not None else ""
                raise Overflow(f"an amount has more than 38 digits{about}") from error
            if NO_ROOM.search(said):
                help = "Give it more, as in --memory 8GB, or a cluster with more."
                raise problem("out-of-memory", "Spark ran out of memory, or of room on its disk", help=help) from error
            raise


def _name(name: str) -> str:
    return "`" + name.replace("`", "``") + "`"


def spark_type(type_: pa.DataType) -> str | None:
    """What Spark calls a type of Arrow; None of one that no table here has."""
    if pa.types.is_decimal(type_):
        return f"DECIMAL({type_.precision}, {type_.scale})"
    return TYPES.get(type_)


def _said_value(value: Any) -> str:
    if value is None:
        return "NULL"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (int, Decimal)):
        return f"'{value}'"
    return exp.Literal.string(str(value)).sql("spark")


def spark_for(rows: int, folder: Path, memory: int | None, threads: int | None) -> Spark:
    """A session of Spark that is to work on so many rows, what it makes kept as files of a folder."""
    few = rows <= BRIEF
    return Spark(local_session(memory, threads, brief=few), folder, SETTINGS | (QUICK if few else {}))


# --- rows at hand -----------------------------------------------------------------------------------------------------


def local_spark(program: Program, data: Data) -> tuple[Spark, dict[str, Stored]]:
    """Rows of a program in a session of Spark in this process; it is started once, and every call has names of its own."""
    base = Spark(local_session(brief=True), settings={**SETTINGS, **QUICK})
    with duckdb.connect() as connection:
        stored = dict(store_rows(connection, program, data))
        for one in stored.values():
            base.bring(one.relation, connection.sql(narrow(connection, one.relation)).to_arrow_table())
    return base, stored


def narrow(connection: duckdb.DuckDBPyConnection, relation: str) -> str:
    """A relation of DuckDB with what Spark and Parquet have: whole numbers of 128 bits are decimals of 38 digits."""
    described = connection.execute(f"DESCRIBE {quoted(relation)}").fetchall()
    large = [name for name, type_, *_ in described if type_ == "HUGEINT"]
    cast = ", ".join(f"CAST({quoted(name)} AS DECIMAL(38, 0)) AS {quoted(name)}" for name in large)
    return f"SELECT *{f' REPLACE ({cast})' if cast else ''} FROM {quoted(relation)}"
