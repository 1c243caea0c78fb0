"""Spark in this process, on a cluster or behind Spark Connect: the same plan, for those whose claims already lie in a lake."""

from __future__ import annotations

import hashlib
import re
import tempfile
import warnings
import weakref
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from shutil import rmtree
from typing import TYPE_CHECKING, Any, Final, Protocol
from uuid import uuid4

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
from requite.engine.columnar.spark_sessions import (
    QUICK,
    SETTINGS,
    active,
    file_address,
    local_session,
    own_session,
    release,
    said_by,
    session_of,
    session_there,
    shares_files,
    shown_address,
)
from requite.engine.columnar.stored import Stored
from requite.engine.reading.problems import problem
from requite.engine.rows import Data
from requite.engine.settings import Settings

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession

FEW: Final = 500
"""So many cells are written into a statement as they are: making files of them takes longer than reading them."""

TOO_LARGE: Final = re.compile(r"\[((BINARY_)?ARITHMETIC_OVERFLOW|NUMERIC_VALUE_OUT_OF_RANGE|CAST_OVERFLOW)")
NO_ROOM: Final = re.compile(r"OutOfMemory|Java heap space|GC overhead limit|No space left on device|maxResultSize")

GONE: Final = re.compile(r"StatusCode\.(UNAVAILABLE|DEADLINE_EXCEEDED)|\[INVALID_HANDLE|Answer from Java side is empty")
"""What is said where Spark itself went away."""

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


class Journal(Protocol):
    """What is finished, so that another try finds it again."""

    def said(self, part: str, made_by: str) -> str | None: ...

    def note(self, part: str, made_by: str, said: str = "") -> None: ...


class Spark:
    """A session of Spark. What statements make is kept as Parquet files of a folder; of few rows, in the session itself.

    `session` is used as it is handed over but for its own settings: names and settings are of a new session beside it. Where it
    does not see the folder (`files` is False), rows go to it and come back as Arrow, and what statements make stays with it. What
    `journal` says is finished is taken as it is.
    """

    dialect = SPARK

    def __init__(
        self,
        session: SparkSession,
        folder: Path | None = None,
        settings: Mapping[str, str] = SETTINGS,
        *,
        files: bool = True,
        journal: Journal | None = None,
    ) -> None:
        self.session = own_session(session)
        for name, value in settings.items():
            self.session.conf.set(name, value)
        self._own = folder is None
        self._made: set[str] = set()
        self._held: list[DataFrame] = []
        self._try = uuid4().hex[:8]
        self.files = files
        self.journal = journal
        self.folder = folder or Path(tempfile.mkdtemp(prefix="requite-spark-"))
        if self._own:
            weakref.finalize(self, rmtree, self.folder, ignore_errors=True)

    def close(self) -> None:
        """Let go of what the session holds; the one beside which it was made goes on."""
        self._held.clear()
        release(self.session)

    def bring(self, name: str, table: pa.Table) -> None:
        with self.errors(None):
            if self._said(name, table):
                return
            if not self.files:
                self.view(name, self.session.createDataFrame(table))
                return
            path = self.folder / f"{name}.parquet"
            pq.write_table(table, path)
            self.view(name, self.reading(path))

    def reading(self, path: Path) -> DataFrame:
        """The rows of a file, or of a folder of files."""
        return self.session.read.parquet(file_address(path))

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
            text = self._text(statement.select)
            if not statement.is_kept:
                self.view(statement.name, self.session.sql(text))
            elif self._own:
                self.bring(statement.name, self.session.sql(text).toArrow())
            elif self.files:
                self.view(statement.name, self._as_files(statement.name, text)[1])
            else:
                self._hold(statement.name, text)
        self._made.add(statement.name)

    def in_order(self, statement: Statement) -> list[Path] | pa.Table:
        """What a statement gives, in order: as files whose names rise as their rows do, or as rows."""
        if not self.files:
            return self.fetch(statement.select)
        with self.errors(statement):
            folder, _ = self._as_files(statement.name, self._text(statement.select))
        return sorted(folder.glob("part-*.parquet"))

    def _as_files(self, name: str, text: str) -> tuple[Path, DataFrame]:
        """The folder of what a statement gives, and its rows.

        Each try has folders of its own: a Spark whose run was killed may be at work on that run's still.
        """
        made_by = hashlib.sha256(text.encode()).hexdigest()
        said = self.journal.said(name, made_by) if self.journal is not None else None
        if said is not None and (self.folder / said / "_SUCCESS").is_file():
            return self.folder / said, self.reading(self.folder / said)
        path = self.folder / f"{name}.{self._try}.parquet"
        rows = self.session.sql(text)
        rows.write.parquet(file_address(path))
        if self.journal is not None:
            self.journal.note(name, made_by, path.name)
        return path, self.session.read.schema(rows.schema).parquet(file_address(path))

    def _hold(self, name: str, text: str) -> None:
        """Let Spark reckon what a statement gives, and keep it."""
        with active(self.session):
            rows = self.session.sql(text).localCheckpoint(eager=True)
        # Spark Connect drops the rows when nobody here knows of them any more.
        self._held.append(rows)
        self.view(name, rows)

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
            with warnings.catch_warnings():
                warnings.filterwarnings("ignore", message=r"\[RETRIES_EXCEEDED\]")
                yield
        except (Py4JError, PySparkException, ConnectionError) as error:
            said = str(error)
            if TOO_LARGE.search(said):
                about = f" ({statement.about})" if statement is not None else ""
                raise Overflow(f"an amount has more than 38 digits{about}") from error
            if NO_ROOM.search(said):
                help = "Give it more, as in --memory 8GB, or a cluster with more."
                raise problem("out-of-memory", "Spark ran out of memory, or of room on its disk", help=help) from error
            if GONE.search(said) or isinstance(error, ConnectionError):
                help = "Is it still there? A run with --resume goes on with what is finished."
                raise problem("spark-lost", f"Spark no longer answers: {said_by(error)}", help=help) from error
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


@dataclass(frozen=True, slots=True)
class Place:
    """The Spark that is to decide: another one, or (`session` is None) that of this process, which is started when it is needed.

    `ours` says whether it was reached for this run alone; `files` whether it sees the folder of the run.
    """

    session: SparkSession | None
    ours: bool = False
    files: bool = True
    address: str = ""


@contextmanager
def spark_place(settings: Settings, folder: Path) -> Iterator[Place]:
    """Reach the Spark that is to decide; DataError where it is not there."""
    folder.mkdir(exist_ok=True)
    given = settings.spark if settings.spark is not None else session_there()
    if given is None:
        yield Place(None)
        return
    session = session_of(given)
    place = Place(
        session, isinstance(given, str), shares_files(session, folder), shown_address(str(given)) if isinstance(given, str) else ""
    )
    try:
        yield place
    finally:
        if place.ours:
            release(session)


def spark_for(rows: int, place: Place, folder: Path, settings: Settings, journal: Journal | None = None) -> Spark:
    """A session of Spark that is to work on so many rows, what it makes kept as files of a folder."""
    few = rows <= BRIEF
    session = place.session or local_session(settings.memory, settings.threads, brief=few)
    return Spark(session, folder, SETTINGS | (QUICK if few else {}), files=place.files, journal=journal)


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
