"""The database behind the service: SQLite in a file, or PostgreSQL; sessions, and what has to wait for its turn."""

from __future__ import annotations

import sqlite3
import time
import zlib
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from threading import Lock
from typing import Any, Final
from zoneinfo import ZoneInfo

import sqlalchemy.exc
from sqlalchemy import URL, Engine, PoolProxiedConnection, QueuePool, bindparam, create_engine, event, select, text
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError, DBAPIError, OperationalError
from sqlalchemy.orm import Session

from requite.api.store.refusals import Refused
from requite.api.store.schema import Organisation, table_of

BUSY_SECONDS: Final = 30
"""How long a writer waits for its turn."""

LOOK_AGAIN: Final = 0.02
"""Seconds between two looks at whether a connection has come free."""

FULL_SECONDS: Final = 30
"""How long a store is taken to be full after a write that found no room."""

PAGE: Final = 4096
"""Bytes of a page of SQLite."""

LONG_LOG: Final = 8_000
"""Pages to which SQLite's log is cut when it begins anew; once it is half as long, the service sees to that."""

TOO_LONG: Final = 4
"""So many times as long, a commit carries it over itself, and whoever made it waits."""

LOCKED: Final = "database is locked"
"""How SQLite says that the wait for a turn was too long."""

CACHE_KB: Final = 64_000
"""What a connection to SQLite may hold of the file in memory, in KB."""

POSTGRES: Final = "postgresql+psycopg"

PLACE: Final = ZoneInfo("Europe/London")
"""Where contracts count their days: a moment is of the day that it is there."""


@dataclass(frozen=True, eq=False)
class Database:
    """An open database. A session that is begun ends with everything kept, or nothing."""

    engine: Engine
    _turn: Lock = field(default_factory=Lock, repr=False)
    _found_no_room: deque[float] = field(default_factory=lambda: deque(maxlen=1), repr=False)
    """When a write found none, the last time."""

    @property
    def is_sqlite(self) -> bool:
        return self.engine.dialect.name == "sqlite"

    @contextmanager
    def reading(self) -> Iterator[Session]:
        """A session that only reads."""
        with Session(self.engine, expire_on_commit=False) as session:
            yield session

    @contextmanager
    def writing(self) -> Iterator[Session]:
        """A session whose changes are kept at its end, or none where anything goes wrong. SQLite has one at a time."""
        turn = self._in_turn() if self.is_sqlite else nullcontext()
        with self._noting_room(), turn, Session(self.engine, expire_on_commit=False) as session, session.begin():
            if self.is_sqlite:
                session.connection().exec_driver_sql("BEGIN IMMEDIATE")
            yield session

    @contextmanager
    def _in_turn(self) -> Iterator[None]:
        # SQLite has who waits ask again after ever longer pauses: within a process a lock lets them in sooner.
        if not self._turn.acquire(timeout=BUSY_SECONDS):
            raise OperationalError("BEGIN IMMEDIATE", {}, sqlite3.OperationalError(LOCKED))
        try:
            yield
        finally:
            self._turn.release()

    @contextmanager
    def _noting_room(self) -> Iterator[None]:
        try:
            yield
        except DBAPIError as error:
            if is_full(error):
                self._found_no_room.append(time.monotonic())
            raise

    def has_room(self) -> bool:
        """Whether no write has found the disk full of late. That a small one finds room would say nothing of others."""
        return all(time.monotonic() - moment > FULL_SECONDS for moment in self._found_no_room)

    def has_free_connection(self, patience: float) -> bool:
        """Whether a connection is free, or comes free within so many seconds. None is taken."""
        pool, ends = self.engine.pool, time.monotonic() + patience
        while isinstance(pool, _Pool) and pool.is_at_work():
            if time.monotonic() > ends:
                return False
            time.sleep(LOOK_AGAIN)
        return True

    def carry_over(self) -> None:
        """Carry what SQLite has committed from its log into the file; whoever writes meanwhile does not wait.

        While they do, some of it is always left, and the log only grows. Once it is long, that little is carried over in a turn:
        whoever writes next begins the log anew.
        """
        if self._carried_over() > LONG_LOG // 2:
            with self._in_turn():
                self._carried_over()

    def _carried_over(self) -> int:
        """How many pages the log holds now."""
        with self.engine.connect() as connection:
            _, pages, _ = connection.exec_driver_sql("PRAGMA wal_checkpoint(PASSIVE)").one()
        return int(pages)

    def close(self) -> None:
        self.engine.dispose()


def open_database(url: str) -> Database:
    """Open a database by its address, such as sqlite:///FILE or postgresql+psycopg://USER:PASSWORD@HOST/NAME."""
    parsed = address_of(url)
    if parsed.get_backend_name() == "sqlite":
        connecting = {"timeout": BUSY_SECONDS, "check_same_thread": False}
        # The connection that was at work last knows the file's pages: any other one has to read them again after each change.
        in_file = parsed.database not in (None, "", ":memory:")
        pool: dict[str, Any] = {"poolclass": _Pool, "pool_use_lifo": True} if in_file else {}
        engine = create_engine(parsed, hide_parameters=True, connect_args=connecting, **pool)
        event.listen(engine, "connect", _prepare_sqlite)
        return Database(engine)
    try:
        pool = {"poolclass": _Pool, "pool_pre_ping": True, "pool_size": 10, "max_overflow": 20}
        return Database(create_engine(parsed, hide_parameters=True, **pool))
    except ModuleNotFoundError:
        raise Refused("wrong-address", "PostgreSQL needs its driver", "pip install requite[postgres]") from None


def address_of(url: str) -> URL:
    """A database's address, with its driver; Refused, without a word of what it says, where it is no such address."""
    help = "Write sqlite:///FILE or postgresql+psycopg://USER:PASSWORD@HOST/NAME."
    try:
        parsed = make_url(url)
    except (ArgumentError, ValueError):
        raise Refused("wrong-address", "the store's address cannot be read", help) from None
    if parsed.drivername in ("postgresql", "postgres"):
        return parsed.set(drivername=POSTGRES)
    if parsed.drivername not in ("sqlite", POSTGRES):
        raise Refused("wrong-address", "a store is kept in SQLite or in PostgreSQL, and in nothing else", help)
    return parsed


class NoneFree(Exception):  # noqa: N818 - it is what happened
    """All connections to the database are at work, and none came free in time."""


class _Pool(QueuePool):
    """So many connections at once. That none came free is told like all else that is wrong with a database."""

    def connect(self) -> PoolProxiedConnection:
        try:
            return super().connect()
        except sqlalchemy.exc.TimeoutError:
            raise OperationalError("connect", {}, NoneFree()) from None

    def is_at_work(self) -> bool:
        """Whether all of its connections are: whoever asks for one now has to wait."""
        return self.checkedout() >= self.size() + self._max_overflow


def is_crowded(error: DBAPIError) -> bool:
    """Whether an error says that no connection came free: nothing was done."""
    return isinstance(error.orig, NoneFree)


AWAY: Final = ("08", "57")
"""How PostgreSQL's codes begin that say that the connection is gone, or its server about to go."""


def is_away(error: DBAPIError) -> bool:
    """Whether an error says that the database cannot be reached, or that the wait for it was too long."""
    if error.connection_invalidated or LOCKED in str(error.orig):
        return True
    code = getattr(error.orig, "sqlstate", "none")
    return code is None or code.startswith(AWAY)


FULL: Final = "53100"
"""PostgreSQL's code for a full disk."""


def is_full(error: Exception) -> bool:
    """Whether an error, of SQLAlchemy or of SQLite, says that the disk has no room for what was to be written."""
    found = getattr(error, "orig", error)
    return getattr(found, "sqlite_errorcode", None) == sqlite3.SQLITE_FULL or getattr(found, "sqlstate", None) == FULL


def _prepare_sqlite(connection: Any, _: Any) -> None:
    # Python's module would begin transactions by itself, and then only with the first change: writers would deadlock. So a session
    # that writes says BEGIN IMMEDIATE, and reading needs no transaction.
    connection.isolation_level = None
    for setting in (
        "journal_mode=WAL",
        f"wal_autocheckpoint={TOO_LONG * LONG_LOG}",
        f"journal_size_limit={LONG_LOG * PAGE}",
        "synchronous=FULL",
        "foreign_keys=ON",
        f"cache_size=-{CACHE_KB}",
        f"busy_timeout={BUSY_SECONDS * 1000}",
    ):
        connection.execute(f"PRAGMA {setting}")


def take_turn(session: Session, org: str, what: str) -> None:
    """Wait until nobody else in any process does this for this organisation; until the end of the session's transaction."""
    if session.get_bind().dialect.name == "postgresql":
        number = zlib.crc32(f"{what}:{org}".encode())
        session.execute(text("SELECT pg_advisory_xact_lock(:a, :b)"), {"a": 7451, "b": number - 2**31})


# --- what time it is --------------------------------------------------------------------------------------------------


CLOCK: Final = select(table_of(Organisation).c.clock).where(table_of(Organisation).c.id == bindparam("org"))


def now(session: Session, org: str) -> datetime:
    """The moment that an organisation takes for now: that of its clock, where it is set."""
    return session.scalar(CLOCK, {"org": org}) or datetime.now(UTC)


def today(session: Session, org: str) -> date:
    """The day, by the organisation's clock."""
    return day_of(now(session, org))


def moment_text(moment: datetime) -> str:
    """A moment as it is told everywhere: in UTC, with a Z."""
    return moment.astimezone(UTC).isoformat().removesuffix("+00:00") + "Z"


def day_of(moment: datetime) -> date:
    """The day of a moment, where contracts count their days."""
    return moment.astimezone(PLACE).date()
