"""A store for each test, on SQLite and on PostgreSQL alike."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from requite.api.identity import Actor, Role
from requite.api.store.database import Database, open_database
from requite.api.store.schema import Organisation
from requite.api.store.upgrade import upgrade
from tests.postgres import Server
from tests.service.service_fixtures import call, make_settings, service, settings  # noqa: F401 - fixtures

DRIVER = "postgresql+psycopg"

ActorOf = Callable[..., Actor]
"""`actor("author")`, `actor("hospital", provider="RAX")`, `actor("admin", name="Ann", org="other")`."""


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file with all tables and nothing in them, of which each test gets a copy."""
    path = tmp_path_factory.mktemp("sqlite") / "template.db"
    database = open_database(f"sqlite:///{path}")
    upgrade(database)
    with database.engine.connect() as connection:
        # Everything into the one file, so that a copy of it is whole.
        connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
    database.close()
    return path


@pytest.fixture(scope="session")
def postgres_template(postgres: Server) -> str:
    """A database with all tables and nothing in them, of which each test gets a copy."""
    name = postgres.create()
    database = open_database(postgres.address(name, DRIVER))
    upgrade(database)
    database.close()
    return name


@pytest.fixture(params=["sqlite", "postgresql"])
def kind(request: pytest.FixtureRequest) -> str:
    """Which database the test is run on: once on each."""
    return str(request.param)


@pytest.fixture
def database_url(kind: str, request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The address of a store with all tables and no rows."""
    if kind == "sqlite":
        path = tmp_path / "store.db"
        shutil.copy(request.getfixturevalue("sqlite_template"), path)
        yield f"sqlite:///{path}"
        return
    server: Server = request.getfixturevalue("postgres")
    with server.fresh(request.getfixturevalue("postgres_template")) as name:
        yield server.address(name, DRIVER)


@pytest.fixture
def empty_url(kind: str, request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The address of a database without any tables."""
    if kind == "sqlite":
        yield f"sqlite:///{tmp_path / 'empty.db'}"
        return
    server: Server = request.getfixturevalue("postgres")
    with server.fresh() as name:
        yield server.address(name, DRIVER)


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    """A store with all tables and no rows."""
    opened = open_database(database_url)
    yield opened
    opened.close()


@pytest.fixture
def org(database: Database) -> str:
    """The id of an organisation that is in the store."""
    return add_org(database, "kingston")


@pytest.fixture
def other_org(database: Database) -> str:
    """The id of another one, which must never see anything of the first."""
    return add_org(database, "merton")


def add_org(database: Database, id: str) -> str:
    with database.writing() as session:
        session.add(Organisation(id=id, name=id.title(), created_at=datetime.now(UTC), clock=None))
    return id


@pytest.fixture
def actor(org: str) -> ActorOf:
    """Makes callers by their role: `actor("author")`; `name`, `provider` and `org` where they matter."""

    def make(role: str | Role, name: str = "", provider: str | None = None, org: str = org) -> Actor:
        known = Role(role)
        return Actor(org, name or f"the {known}", known, provider if known is not Role.HOSPITAL else provider or "RAX")

    return make
