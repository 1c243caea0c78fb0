"""The log of SQLite goes into the file beside the requests, not within one of them."""

from __future__ import annotations

import shutil
import sqlite3
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from requite.api.identity import STARTING
from requite.api.service.service import Service
from requite.api.service.settings import ServiceSettings
from requite.api.service.write_ahead import WriteAhead, start
from requite.api.store import organisations
from requite.api.store.database import Database, open_database


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
    ends = time.monotonic() + 30
    while in_file(tmp_path) < before + 200 and time.monotonic() < ends:
        time.sleep(0.02)
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
    ends = time.monotonic() + 30
    while in_file(tmp_path) < before + 1 and time.monotonic() < ends:
        time.sleep(0.02)
    part.close()
    assert len(asked) > 1
    assert in_file(tmp_path) == before + 1


def test_it_belongs_to_every_service(database: Database, settings: ServiceSettings) -> None:
    part = start(Service(settings, database))
    part.close()
    assert not part.is_working
