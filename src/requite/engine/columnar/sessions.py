"""A DuckDB session for a run: bounded memory, progress, and what is finished kept for another try where that is wanted."""

from __future__ import annotations

import hashlib
import re
import shutil
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, Final

import duckdb
from sqlglot import exp

from requite.engine.columnar.databases import DuckDB, written
from requite.engine.columnar.frames import Statement
from requite.engine.columnar.problems import Overflow
from requite.engine.columnar.reading.names import literal, parquet_path, quoted, writing_path
from requite.engine.columnar.reading.staging import forget
from requite.engine.reading.problems import problem
from requite.engine.settings import Settings, memory_text

JOURNAL: Final = "requite_journal"
DATABASE: Final = "run.duckdb"
SPILL: Final = "spill"
MOST_SPILLED: Final = 0.9
"""How much of the free room on the disk intermediate results may take."""

SPILL_ROOM: Final = re.compile(r"/([0-9.]+ [KMGT]?i?B|[0-9]+ bytes) used\)")
"""Where DuckDB says how much intermediate results may take on the disk."""

EVERY: Final = 0.2
"""Seconds between two looks at how far a statement is."""

Watch = Callable[[float], None]
"""Told how far a statement is, from 0 to 1."""


class TooLarge(Overflow):
    """An amount beyond 38 digits, in a statement of a run."""

    def __init__(self, statement: Statement | None) -> None:
        self.statement = statement
        about = f" ({statement.about})" if statement is not None else ""
        super().__init__(f"an amount has more than 38 digits{about}")


class Session(DuckDB):
    """A database of a run. With `kept`, finished tables lie in a file that another try finds again."""

    def __init__(
        self, connection: duckdb.DuckDBPyConnection, settings: Settings, kept: bool = False, folder: Path | None = None
    ) -> None:
        super().__init__(connection)
        self.settings = settings
        self.kept = kept
        self.folder = folder
        self.watch: Watch | None = None
        self._gone: set[str] = set()
        if kept:
            connection.execute(f"CREATE TABLE IF NOT EXISTS {JOURNAL} (part VARCHAR PRIMARY KEY, made_by VARCHAR, said VARCHAR)")

    # --- what is finished ---

    def said(self, part: str, made_by: str) -> str | None:
        """What the journal says of a part, if it was finished by the same statement."""
        if not self.kept:
            return None
        rows = self.connection.execute(f"SELECT said FROM {JOURNAL} WHERE part = ? AND made_by = ?", [part, made_by]).fetchall()
        return str(rows[0][0]) if rows else None

    def note(self, part: str, made_by: str, said: str = "") -> None:
        """Enter a part as finished."""
        if self.kept:
            self.connection.execute(f"INSERT OR REPLACE INTO {JOURNAL} VALUES (?, ?, ?)", [part, made_by, said])

    def forget(self) -> None:
        """Drop all that is there, since it rests on something that is not whole."""
        names = self.connection.execute(
            "SELECT table_name, table_type FROM information_schema.tables WHERE table_schema = 'main'"
        ).fetchall()
        for name, kind in sorted(names, key=lambda item: item[1] != "VIEW"):
            if name != JOURNAL:
                self.connection.execute(f"DROP {'VIEW' if kind == 'VIEW' else 'TABLE'} {quoted(name)}")
        self.connection.execute(f"DELETE FROM {JOURNAL}")

    # --- statements ---

    def make(self, statement: Statement) -> None:
        select = written(statement.select, self.dialect)
        if not self.kept:
            self.bound(lambda: self._make("TEMP ", select, statement))
            return
        made_by = hashlib.sha256(select.encode()).hexdigest()
        if self.said(statement.name, made_by) is None:
            self.bound(lambda: self._make_and_note(select, made_by, statement))

    def _make_and_note(self, select: str, made_by: str, statement: Statement) -> None:
        with self._transaction():
            forget(self.connection, statement.name)
            self._make("", select, statement)
            self.note(statement.name, made_by)

    def _make(self, temporary: str, select: str, statement: Statement) -> None:
        kind = self.prepare(statement)
        path = self._file_of(statement)
        if path is not None:
            self._run(f"COPY ({select}) TO {writing_path(path)} (FORMAT parquet, COMPRESSION lz4)", statement)
            kind, select = "VIEW", f"SELECT * FROM read_parquet({parquet_path(path)})"
        self._run(f"CREATE {temporary}{kind} {quoted(statement.name)} AS {select}", statement)

    def _file_of(self, statement: Statement) -> Path | None:
        """Where the rows of a large one lie; None of one that lies in memory."""
        return self.folder / f"{statement.name}.parquet" if statement.large and self.folder is not None else None

    def let_go(self, statements: Iterable[Statement]) -> None:
        """Drop tables that nothing reads any more; what another try is to find stays."""
        for statement in () if self.kept else statements:
            file = self._file_of(statement)
            self.connection.execute(f"DROP {'TABLE' if file is None else 'VIEW'} {quoted(statement.name)}")
            if file is not None:
                file.unlink()
            self._gone.add(statement.name)

    def make_again(self, statements: Iterable[Statement]) -> None:
        """Make those of some statements once more that were let go of; they come in the order in which they were made."""
        gone, self._gone = self._gone, set()
        for statement in statements:
            if statement.name in gone:
                self.make(statement)

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        self.connection.execute("BEGIN")
        try:
            yield
            self.connection.execute("COMMIT")
        except BaseException:
            with suppress(duckdb.Error, RuntimeError):
                self.connection.execute("ROLLBACK")
            raise

    def run(self, text: str, about: str = "") -> duckdb.DuckDBPyConnection:
        """Run a statement given as text."""
        return self.bound(lambda: self._run(text, Statement("", about, exp.Select()) if about else None))

    def row(self, text: str) -> tuple[Any, ...]:
        """The one row that a query gives."""
        (found,) = self.run(text).fetchall()
        return tuple(found)

    def _run(self, text: str, statement: Statement | None) -> duckdb.DuckDBPyConnection:
        found: duckdb.DuckDBPyConnection = self._guarded(lambda: self.connection.execute(text), statement)
        return found

    def _guarded(self, run: Callable[[], Any], statement: Statement | None) -> Any:
        with self._watched(), self.errors():
            try:
                return run()
            except (duckdb.OutOfRangeException, duckdb.ConversionException) as error:
                raise TooLarge(statement) from error

    @contextmanager
    def errors(self) -> Iterator[None]:
        """Says in plain words what a database runs out of; an interruption is one again."""
        try:
            yield
        except duckdb.InterruptException as error:
            raise KeyboardInterrupt from error
        except duckdb.OutOfMemoryException as error:
            raise _no_room(error, self.settings) from error
        except RuntimeError as error:
            # What is left of Ctrl-C where the database noticed it first.
            if "interrupted" in str(error).lower():
                raise KeyboardInterrupt from error
            raise

    @contextmanager
    def _watched(self) -> Iterator[None]:
        watch = self.watch
        if watch is None:
            yield
            return
        done = threading.Event()

        def look() -> None:
            while not done.wait(EVERY):
                with suppress(duckdb.Error, RuntimeError):
                    watch(max(self.connection.query_progress(), 0) / 100)

        watching = threading.Thread(target=look, daemon=True)
        watching.start()
        try:
            yield
        finally:
            done.set()
            watching.join()


def _no_room(error: Exception, settings: Settings) -> Exception:
    memory = memory_text(settings.memory or 0)
    if "max_temp_directory_size" in str(error) or "disk" in str(error).lower():
        room = SPILL_ROOM.search(str(error))
        message = f"intermediate results fit neither into {memory} of memory nor on the disk, beside the results"
        message += f": they may take {room[1]} there" if room else ""
        return problem(
            "out-of-memory", message, help="Make room on that disk, write to another one, or give the run more --memory."
        )
    message = f"{memory} of memory are too little for this"
    return problem("out-of-memory", message, help="Give the run more, as in --memory 8GB, or fewer --threads.")


@contextmanager
def session(scratch: Path, settings: Settings, kept: bool) -> Iterator[Session]:
    """A session that works in a folder, its memory bounded."""
    with duckdb.connect(str(scratch / DATABASE) if kept else ":memory:") as connection:
        spill = scratch / SPILL
        spill.mkdir(exist_ok=True)
        for name, value in _options(spill, settings).items():
            connection.execute(f"SET {name} = {value}")
        yield Session(connection, settings, kept, scratch)


def _options(spill: Path, settings: Settings) -> dict[str, str]:
    room = int(shutil.disk_usage(spill).free * MOST_SPILLED)
    return {
        "memory_limit": literal(f"{settings.memory} bytes"),
        "threads": str(settings.threads),
        "temp_directory": literal(str(spill)),
        "max_temp_directory_size": literal(f"{room} bytes"),
        "enable_progress_bar_print": "false",
        "enable_progress_bar": "true",
        "progress_bar_time": "0",
    }
