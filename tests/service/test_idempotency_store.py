"""Requests under a key: one of several at once is done, and what was answered is answered again."""

from __future__ import annotations

import subprocess
import sys
import threading
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import func, select, update

from requite.api.store import audit
from requite.api.store import idempotency as store
from requite.api.store.database import Database, open_database
from requite.api.store.schema import AuditEntry, Idempotency

ROUTE, HASH = "POST /runs", "a" * 64


def begin(database: Database, key: str = "K", org: str = "kingston", caller: str = "Ann", hash: str = HASH) -> store.Begun:
    with database.writing() as session:
        return store.begin(session, org, caller, key, ROUTE, hash)


def finish(database: Database, key: str = "K") -> None:
    with database.writing() as session:
        store.finish(session, "kingston", "Ann", key, 201, {"location": "/runs/1"}, '{"é": "£"}')


@pytest.mark.usefixtures("org")
def test_an_answer_is_given_again(database: Database) -> None:
    assert begin(database) == store.New()
    assert begin(database) == store.Running()
    finish(database)
    assert begin(database) == store.Answered(201, {"location": "/runs/1"}, '{"é": "£"}')
    assert begin(database) == begin(database)


@pytest.mark.usefixtures("org")
def test_another_request_under_the_key(database: Database) -> None:
    begin(database)
    assert begin(database, hash="b" * 64) == store.Other()
    finish(database)
    assert begin(database, hash="b" * 64) == store.Other()
    with database.writing() as session:
        assert store.begin(session, "kingston", "Ann", "K", "POST /claims", HASH) == store.Other()


@pytest.mark.usefixtures("org", "other_org")
def test_keys_belong_to_who_sends_them(database: Database) -> None:
    begin(database)
    finish(database)
    assert begin(database, caller="Bob") == store.New()
    assert begin(database, org="merton") == store.New()
    assert begin(database, key="L") == store.New()


@pytest.mark.usefixtures("org")
def test_one_that_did_nothing_is_forgotten(database: Database) -> None:
    begin(database)
    with database.writing() as session:
        store.forget(session, "kingston", "Ann", "K")
    assert begin(database) == store.New()


@pytest.mark.usefixtures("org")
def test_after_a_day_a_key_is_new(database: Database) -> None:
    begin(database)
    finish(database)
    begin(database, key="kept")
    finish(database, key="kept")
    with database.writing() as session:
        old = datetime.now(UTC) - store.KEPT - timedelta(seconds=1)
        session.execute(update(Idempotency).where(Idempotency.key == "K").values(created_at=old))
    assert begin(database) == store.New()
    assert begin(database, key="kept") == store.Answered(201, {"location": "/runs/1"}, '{"é": "£"}')


@pytest.mark.usefixtures("org")
def test_of_many_at_once_one_is_done(database_url: str, database: Database) -> None:
    found: list[store.Begun] = []
    ready = threading.Barrier(6)

    def work() -> None:
        opened = open_database(database_url)
        ready.wait()
        found.append(begin(opened))
        opened.close()

    threads = [threading.Thread(target=work) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(type(one).__name__ for one in found) == ["New"] + ["Running"] * 5
    with database.reading() as session:
        assert session.scalar(select(func.count()).select_from(Idempotency)) == 1


OTHER_PROCESS = """
import sys
from requite.api.store import audit, idempotency as store
from requite.api.store.database import open_database

url, route, hash, does_something = sys.argv[1:]
database = open_database(url)
with database.writing() as session:
    store.begin(session, "kingston", "Ann", "K", route, hash)
if does_something == "True":
    store.UNDER_WAY.set(("kingston", "Ann", "K"))
    with database.writing() as session:
        audit.record(session, "kingston", "Ann", "x", "y")
database.close()
"""


@pytest.mark.usefixtures("org")
@pytest.mark.parametrize("does_something", [False, True])
def test_a_process_that_died(database_url: str, database: Database, does_something: bool) -> None:
    """What did nothing is done anew; what did something is not done twice."""
    told = [database_url, ROUTE, HASH, str(does_something)]
    subprocess.run([sys.executable, "-c", OTHER_PROCESS, *told], check=True, timeout=60)
    assert begin(database) == (store.Lost() if does_something else store.New())
    assert begin(database) == (store.Lost() if does_something else store.Running())


@pytest.mark.usefixtures("org")
def test_what_is_undone_leaves_no_mark(database: Database) -> None:
    begin(database)
    store.UNDER_WAY.set(("kingston", "Ann", "K"))

    def work() -> None:
        with database.writing() as session:
            audit.record(session, "kingston", "Ann", "x", "y")
            raise RuntimeError("after all")

    with pytest.raises(RuntimeError, match="after all"):
        work()
    store.UNDER_WAY.set(None)
    with database.reading() as session:
        held = session.scalar(select(Idempotency.headers))
        assert session.scalar(select(func.count()).select_from(AuditEntry)) == 0
    assert held is not None
    assert held["marked"] is False
