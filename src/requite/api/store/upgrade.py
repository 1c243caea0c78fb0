"""The revision of a store's schema: which it has, which it should have, and how it gets there."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final, Literal

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, inspect, text

from requite.api.store.database import Database
from requite.api.store.refusals import Refused

FOLDER: Final = Path(__file__).parent / "migrations"
LOCK: Final = 7452
"""The turn that two upgrades of one PostgreSQL wait for."""


@dataclass(frozen=True, slots=True)
class Upgraded:
    """From which revision to which a store was brought; `before` is None where it was empty."""

    before: str | None
    after: str

    @property
    def changed(self) -> bool:
        return self.before != self.after


@cache
def head() -> str:
    """The revision that this Requite works with."""
    found = _scripts().get_current_head()
    assert found is not None
    return found


@cache
def _scripts() -> ScriptDirectory:
    return ScriptDirectory.from_config(_config())


def _config(connection: Connection | None = None) -> Config:
    config = Config()
    config.set_main_option("script_location", str(FOLDER).replace("%", "%%"))
    config.attributes["connection"] = connection
    return config


def revision(database: Database) -> str | None:
    """The revision that a store has; None where it is empty."""
    with database.engine.connect() as connection:
        return _revision(connection)


def _revision(connection: Connection) -> str | None:
    return MigrationContext.configure(connection).get_current_revision()


def state(database: Database) -> Literal["empty", "older", "ready", "newer", "foreign"]:
    """How a store stands to this Requite: newer is one of a later Requite, foreign a database with other tables in it."""
    with database.engine.connect() as connection:
        found = _revision(connection)
        if found is None:
            return "foreign" if inspect(connection).get_table_names() else "empty"
    if found == head():
        return "ready"
    return "older" if found in {script.revision for script in _scripts().walk_revisions()} else "newer"


def upgrade(database: Database, to: str = "head") -> Upgraded:
    """Bring a store to a revision, all of it or nothing; one that is empty gets all tables."""
    stands = state(database)
    if stands in ("newer", "foreign"):
        raise _unfit(stands)
    with database.engine.connect() as connection:
        if database.is_sqlite:
            # A table that is made anew is dropped in between: what refers to it is looked at when all is done.
            connection.exec_driver_sql("PRAGMA foreign_keys=OFF")
        try:
            return _upgrade(connection, to)
        finally:
            connection.rollback()
            if database.is_sqlite:
                connection.exec_driver_sql("PRAGMA foreign_keys=ON")


def _upgrade(connection: Connection, to: str) -> Upgraded:
    is_sqlite = connection.dialect.name == "sqlite"
    if is_sqlite:
        connection.exec_driver_sql("BEGIN IMMEDIATE")
    else:
        connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": LOCK})
    before = _revision(connection)
    command.upgrade(_config(connection), to)
    after = _revision(connection)
    assert after is not None
    if is_sqlite and (torn := connection.exec_driver_sql("PRAGMA foreign_key_check").first()):
        raise RuntimeError(f"the upgrade would leave {torn[0]} with rows that refer to nothing")
    connection.commit()
    return Upgraded(before, after)


def ready_or_problem(database: Database) -> Refused | None:
    """Why a service cannot work with a store as it is; None where it can. SQLite is upgraded on the way."""
    stands = state(database)
    if stands in ("newer", "foreign"):
        return _unfit(stands)
    if stands != "ready" and database.is_sqlite:
        upgrade(database)
    elif stands != "ready":
        what = "has no tables yet" if stands == "empty" else "is of an older Requite"
        help = "Make a backup, then run: requite store upgrade" if stands == "older" else "Run: requite store upgrade"
        return Refused("store-not-ready", f"the store {what}", help)
    return None


def _unfit(stands: str) -> Refused:
    if stands == "newer":
        return Refused("store-newer", "the store is of a newer Requite than this one", "Install the newer Requite.")
    return Refused("store-foreign", "the database holds other tables than those of a store", "Give Requite a database of its own.")
