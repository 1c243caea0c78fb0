"""The log of SQLite goes into the file beside the requests, not within one of them."""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
from sqlalchemy import event
from sqlalchemy.exc import DBAPIError, TimeoutError

from requite.api.identity import STARTING
from requite.api.service.service import Service
from requite.api.service.settings import ServiceSettings
from requite.api.service.write_ahead import WriteAhead, start
from requite.api.store import organisations
from requite.api.store.database import PAGE, Database, is_away, open_database
from tests.service.runs_support import until


@pytest.fixture
def store(tmp_path: Path, sqlite_template: Path) -> Iterator[Database]:
    shutil.copy(sqlite_template, tmp_path / "store.db")
    opened = open_database(f"sqlite:///{tmp_path / 'store.db'}")
    yield opened
    opened.close()


def in_file(folder: Path) -> int:
    """How many organisations stand in the file itself, without its log."""
    copy = shutil.copy(folder / "store.db", folder / "copy.db")
    with sqlite3.connect(copy) as connection:
        return int(connection.execute("SELECT count(*) FROM organisation").fetchone()[0])


def add(store: Database, number: int) -> None:
    with store.writing() as session:
        organisations.create(session, f"org-{number}", f"Org {number}", STARTING)


def test_a_commit_leaves_it_to_the_part(store: Database, tmp_path: Path) -> None:
    before = in_file(tmp_path)
    for number in range(200):  # a thousand pages, after which SQLite itself would see to it
        add(store, number)
    assert in_file(tmp_path) == before
    part = WriteAhead(store, pause=0.01)
    until(lambda: in_file(tmp_path) == before + 200)
    part.close()
    assert in_file(tmp_path) == before + 200


def test_who_reads_only_puts_it_off(store: Database, tmp_path: Path) -> None:
    before = in_file(tmp_path)
    add(store, 1)
    with store.engine.connect() as reading:
        reading.exec_driver_sql("BEGIN")
        assert reading.exec_driver_sql("SELECT count(*) FROM organisation").scalar_one() == before + 1
        add(store, 2)
        store.carry_over()
        reading.exec_driver_sql("ROLLBACK")
    store.carry_over()
    assert in_file(tmp_path) == before + 2


def test_a_store_that_is_away_does_not_end_it(store: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[int] = []

    def away(self: Database) -> None:
        asked.append(1)
        with self.engine.connect() as connection:
            connection.exec_driver_sql("PRAGMA wal_checkpoint(" if len(asked) == 1 else "PRAGMA wal_checkpoint(PASSIVE)")

    monkeypatch.setattr(Database, "carry_over", away)
    before = in_file(tmp_path)
    add(store, 1)
    part = WriteAhead(store, pause=0.01)
    until(lambda: in_file(tmp_path) == before + 1)
    part.close()
    assert len(asked) > 1
    assert in_file(tmp_path) == before + 1


def test_it_belongs_to_every_service(database: Database, settings: ServiceSettings) -> None:
    part = start(Service(settings, database))
    assert part.ready() is None
    part.close()
    assert part.ready() == ("is not at work" if database.is_sqlite else None)


def test_it_outlives_that_no_connection_is_free(store: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[int] = []

    def busy(_: Database) -> None:
        asked.append(1)
        raise TimeoutError

    monkeypatch.setattr(Database, "carry_over", busy)
    part = WriteAhead(store, pause=0.01)
    until(lambda: len(asked) >= 3)
    assert part.ready() is None
    part.close()
    assert len(asked) >= 3


def test_a_log_that_a_long_reader_made_long_is_short_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("requite.api.store.database.LONG_LOG", 20)
    store = open_database(f"sqlite:///{tmp_path / 'store.db'}")
    log, most = tmp_path / "store.db-wal", 20 * PAGE

    def write() -> None:
        with store.engine.connect() as connection:
            connection.exec_driver_sql("INSERT INTO kept VALUES (zeroblob(100000))")

    with store.engine.connect() as reading:
        reading.exec_driver_sql("CREATE TABLE kept (a)")
        reading.exec_driver_sql("BEGIN")
        reading.exec_driver_sql("SELECT count(*) FROM kept").scalar_one()
        for _ in range(10):
            write()
        assert log.stat().st_size > 10 * most
        reading.exec_driver_sql("ROLLBACK")
    store.carry_over()
    with store.engine.connect() as connection:
        connection.exec_driver_sql("INSERT INTO kept VALUES (1)")
    assert log.stat().st_size <= most
    store.close()


def test_a_log_that_is_written_to_all_the_time_begins_anew(
    store: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Were it left to a commit, the whole of a long log would be carried over within somebody's request."""
    monkeypatch.setattr("requite.api.store.database.LONG_LOG", 20)
    writer = sqlite3.connect(tmp_path / "store.db", isolation_level=None)

    def under_way(*told: Any) -> None:
        if "wal_checkpoint" in told[2] and not store._turn.locked():
            writer.execute("BEGIN IMMEDIATE")
            writer.execute("UPDATE organisation SET name = name || 'x'")

    def kept(*_: Any) -> None:
        if writer.in_transaction:
            writer.execute("COMMIT")

    add(store, 1)
    event.listen(store.engine, "before_cursor_execute", under_way)
    event.listen(store.engine, "after_cursor_execute", kept)
    for _ in range(100):
        store.carry_over()
    event.remove(store.engine, "before_cursor_execute", under_way)
    event.remove(store.engine, "after_cursor_execute", kept)
    writer.close()
    with store.engine.connect() as connection:
        _, pages, _ = connection.exec_driver_sql("PRAGMA wal_checkpoint(PASSIVE)").one()
        assert str(connection.exec_driver_sql("SELECT name FROM organisation").scalar_one()).endswith("x" * 100)
    assert pages < 20


def test_who_waits_for_a_turn_waits_no_longer_than_for_the_store(store: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("requite.api.store.database.BUSY_SECONDS", 0.1)
    waited: list[DBAPIError] = []

    def wait() -> None:
        try:
            add(store, 2)
        except DBAPIError as error:
            waited.append(error)

    with store.writing():
        others = [Thread(target=wait) for _ in range(5)]
        for other in others:
            other.start()
        for other in others:
            other.join(timeout=20)
    assert [is_away(error) for error in waited] == [True] * 5
    add(store, 3)
