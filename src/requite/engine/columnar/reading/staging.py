"""Where what was read is kept for the run: Parquet files of a folder, or tables of the session where no folder is given."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import duckdb
import pyarrow as pa

from requite.engine.columnar.reading.names import parquet_path, quoted, writing_path
from requite.engine.columnar.reading.threads import in_a_thread


def forget(connection: duckdb.DuckDBPyConnection, name: str) -> None:
    """Drop what an earlier call left under a name, be it a table or a view."""
    for kind in ("table", "view"):
        found = f"SELECT 1 FROM duckdb_{kind}s() WHERE {kind}_name = $name AND database_name = current_database()"
        if connection.execute(found, {"name": name}).fetchone():
            connection.execute(f"DROP {kind} {quoted(name)}")


NAMES: Final = 10_000
"""Names that work beside other work may give."""


@dataclass(eq=False)
class Staging:
    """A session with the folder in which it keeps what is large. Names within are its own, numbered.

    `digits` is how many a number may have before its point, and after it, to be read at all.
    """

    connection: duckdb.DuckDBPyConnection
    folder: Path | None = None
    digits: int | None = None
    _used: int | None = None
    _kept: dict[str, Path | None] = field(default_factory=dict)
    _stopped: bool = False
    _is_copying: bool = False

    def __post_init__(self) -> None:
        if self._used is not None:
            return
        names = "SELECT table_name AS name FROM duckdb_tables() UNION ALL SELECT view_name FROM duckdb_views() WHERE NOT internal"
        last = "max(TRY_CAST(regexp_extract(name, '^requite_[a-z]+_([0-9]+)$', 1) AS INTEGER))"
        self._used = self.row(f"SELECT coalesce({last}, 0) FROM ({names})")[0]

    def name(self, stage: str) -> str:
        """A name for a relation that no other has."""
        self._used = (self._used or 0) + 1
        return f"requite_{stage}_{self._used}"

    def beside(self, number: int) -> Staging:
        """The same by a connection of its own, with names of its own: for work that goes on beside other work."""
        used = (self._used or 0) + (number + 1) * NAMES
        return Staging(self.connection.cursor(), self.folder, self.digits, used, self._kept)

    def skip_names(self, many: int) -> None:
        """Leave out the names that so many beside have given."""
        self._used = (self._used or 0) + (many + 1) * NAMES

    def stop(self) -> None:
        """Have what goes on here end.

        A copy is not interrupted: DuckDB was seen to wait for ever for its parts. It ends with the rows that it has.
        """
        self._stopped = True
        if not self._is_copying:
            self.connection.interrupt()

    def close(self) -> None:
        """Close the connection; what was made stays."""
        self.connection.close()

    def run(self, sql: str) -> None:
        self._execute(sql)

    def rows(self, sql: str) -> list[tuple[Any, ...]]:
        return self._execute(sql).fetchall()

    def _execute(self, sql: str) -> duckdb.DuckDBPyConnection:
        if self._stopped:
            raise duckdb.InterruptException("told to stop")
        return self.connection.execute(sql)

    def row(self, sql: str) -> tuple[Any, ...]:
        return self.rows(sql)[0]

    def keep(self, stage: str, select: str, large: Iterable[str] = ()) -> str:
        """Keep the rows of a statement; what to write after FROM to read them. `large` are its columns of 128 bits."""
        name = self.name(stage)
        if self.folder is None:
            self.run(f"CREATE TABLE {name} AS {select}")
            self._kept[name] = None
            return name
        path = self.folder / f"{name}.parquet"
        # Parquet has no whole numbers of 128 bits, and DuckDB would write floats.
        wide = ", ".join(f"CAST({quoted(c)} AS DECIMAL(38, 0)) AS {quoted(c)}" for c in large)
        narrowed = f"SELECT * REPLACE ({wide}) FROM ({select})" if wide else select
        self._copy(f"COPY ({narrowed}) TO {writing_path(path)} (FORMAT parquet)")
        whole = ", ".join(f"CAST({quoted(c)} AS HUGEINT) AS {quoted(c)}" for c in large)
        self.run(f"CREATE VIEW {name} AS SELECT *{f' REPLACE ({whole})' if whole else ''} FROM read_parquet({parquet_path(path)})")
        self._kept[name] = path
        return name

    def _copy(self, sql: str) -> None:
        self._is_copying = True
        try:
            self.run(sql)
        finally:
            self._is_copying = False

    def keep_batches(self, stage: str, schema: pa.Schema, batches: Iterable[pa.RecordBatch]) -> str:
        """Keep Arrow batches as they come. An error of whoever makes them is raised as it is, not in the words of the database."""
        failed: list[BaseException] = []

        def watched() -> Iterator[pa.RecordBatch]:
            try:
                for batch in batches:
                    if self._stopped:
                        return
                    yield batch
            except BaseException as error:
                failed.append(error)
                raise

        self.connection.register("requite_batches", pa.RecordBatchReader.from_batches(schema, watched()))
        kept: list[str] = []
        try:
            in_a_thread(lambda: kept.append(self.keep(stage, "SELECT * FROM requite_batches")), self.stop)
            return kept[0]
        except duckdb.Error as error:
            if failed:
                raise failed[0] from error
            raise
        finally:
            self.connection.unregister("requite_batches")

    def drop(self, name: str) -> None:
        """Let go of what was kept under a name."""
        path = self._kept.pop(name, None)
        self.run(f"DROP {'TABLE' if path is None else 'VIEW'} IF EXISTS {name}")
        if path is not None:
            path.unlink(missing_ok=True)

    def insert(self, table: str, columns: Mapping[str, pa.Array | Sequence[Any]]) -> None:
        """Add rows, given in columns, to a table that has these columns in this order."""
        self.connection.register("requite_added", pa.table(dict(columns)))
        try:
            self.run(f"INSERT INTO {table} SELECT * FROM requite_added")
        finally:
            self.connection.unregister("requite_added")
