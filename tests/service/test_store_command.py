"""`requite store`, `requite keys`, `requite audit`: a store made, looked after, copied and put back."""

from __future__ import annotations

import json
import os
import sqlite3
import stat
import subprocess
import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import OperationalError

from requite.api.answers import Refusal
from requite.api.app import run
from requite.api.commands.opening import in_words, settings
from requite.api.identity import Actor, Role
from requite.api.store import audit, keys, organisations
from requite.api.store.backup import backup, restore
from requite.api.store.database import Database, address_of, open_database
from requite.api.store.refusals import Code, Refused
from requite.api.store.schema import ApiKey, Organisation
from requite.api.store.upgrade import head, revision, upgrade
from tests.api.support import REQUITE
from tests.postgres import Server, tool
from tests.service.conftest import DRIVER

ONLY_SQLITE = pytest.mark.parametrize("kind", ["sqlite"], indirect=True)
ONLY_POSTGRES = pytest.mark.parametrize("kind", ["postgresql"], indirect=True)

Told = Callable[..., tuple[int, Any, str]]


@pytest.fixture
def kind(request: pytest.FixtureRequest) -> str:
    return str(getattr(request, "param", "sqlite"))


@pytest.fixture
def tell(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> Told:
    """Runs a command on a store of the test's own: its status, its JSON or its text, and what it says beside."""
    monkeypatch.setenv("REQUITE_HOME", str(tmp_path / "home"))
    monkeypatch.delenv("REQUITE_DATABASE_URL", raising=False)

    def work(*words: str, url: str | None = None, plain: bool = False) -> tuple[int, Any, str]:
        if url is not None:
            monkeypatch.setenv("REQUITE_DATABASE_URL", url)
        status = run([*words, *([] if plain else ["--json"])])
        told = capsys.readouterr()
        return status, told.out if plain or not told.out else json.loads(told.out), told.err

    return work


def refused(code: Code, work: Callable[[], object]) -> Refused:
    with pytest.raises(Refused) as caught:
        work()
    assert caught.value.code == code
    return caught.value


def code_of(answer: Any) -> str:
    return str(answer["errors"][0]["code"])


# --- from nothing to a key --------------------------------------------------------------------------------------------


def test_a_store_from_nothing(tell: Told, tmp_path: Path) -> None:
    status, made, _ = tell("store", "org", "kingston", "--name", "Kingston consortium")
    assert (status, made["made"]) == (0, "kingston")
    assert stat.S_IMODE((tmp_path / "home").stat().st_mode) == 0o700
    status, key, _ = tell("keys", "make", "--name", "Ann", "--role", "author", "--expires", "2999-12-31")
    assert status == 0
    secret = key["secret"]
    database = open_database(f"sqlite:///{tmp_path / 'home' / 'requite.db'}")
    assert keys.actor_of(database, secret) == Actor("kingston", "Ann", Role.AUTHOR)
    assert secret not in str(tell("keys", "list")[1])
    status, told, _ = tell("keys", "revoke", key["key"]["prefix"])
    assert (status, told["key"]["state"]) == (0, "revoked")
    assert keys.actor_of(database, secret) is None
    status, told, _ = tell("keys", "revoke", key["key"]["id"])
    assert (status, code_of(told)) == (1, "already-revoked")
    status, log, _ = tell("audit", "list", "--last", "2")
    assert [entry["action"] for entry in log["entries"]] == ["key.made", "key.revoked"]
    assert log["entries"][0]["detail"] == {"name": "Ann", "role": "author", "provider": None}
    assert secret not in str(log)
    database.close()


def test_what_is_printed_is_the_key_alone(tell: Told) -> None:
    tell("store", "org", "kingston")
    status, out, err = tell("keys", "make", "--name", "Ann", "--role", "hospital", "--provider", "RAX", plain=True)
    assert status == 0
    assert out.startswith("rq_")
    assert out.count("\n") == 1
    assert "as hospital for RAX of kingston" in err
    status, out, _ = tell("keys", "list", plain=True)
    assert "RAX" in out
    assert "valid" in out


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("keys", "make", "--name", "x", "--role", "hospital"), "wrong-role"),
        (("keys", "make", "--name", "x", "--role", "admin", "--provider", "RAX"), "wrong-role"),
        (("keys", "make", "--name", " ", "--role", "admin"), "wrong-name"),
        (("keys", "make", "--name", "x" * 201, "--role", "admin"), "wrong-name"),
        (("keys", "make", "--name", "x\ny", "--role", "admin"), "wrong-name"),
        (("keys", "make", "--name", "x", "--role", "admin", "--expires", "2001-01-01"), "wrong-moment"),
        (("keys", "make", "--name", "x", "--role", "admin", "--org", "nobody"), "not-found"),
        (("keys", "revoke", "rq_nothing"), "not-found"),
        (("keys", "list", "--org", "nobody"), "not-found"),
        (("store", "org", "kingston"), "already-there"),
        (("store", "org", "King Ston"), "wrong-name"),
        (("store", "org", "../x"), "wrong-name"),
        (("store", "org", "x" * 64), "wrong-name"),
        (("store", "org", "x", "--name", " "), "wrong-name"),
        (("store", "org", "x", "--name", "King\u200bston"), "wrong-name"),
        (("audit", "verify", "--org", "nobody"), "not-found"),
        (("audit", "verify", "--expect-head", "7"), "wrong-head"),
        (("audit", "list", "--org", "nobody"), "not-found"),
    ],
)
def test_what_is_refused(tell: Told, words: tuple[str, ...], said: str) -> None:
    tell("store", "org", "kingston")
    status, told, _ = tell(*words)
    assert (status, code_of(told)) == (1, said)
    assert len(tell("audit", "list")[1]["entries"]) == 1


@pytest.mark.parametrize(
    "words",
    [
        ("keys", "make", "--name", "x", "--role", "king"),
        ("keys", "make", "--name", "x", "--role", "admin"),
        ("keys", "make", "--name", "x", "--role", "admin", "--org", "kingston", "--expires", "soon"),
        ("keys", "make", "--name", "x", "--role", "admin", "--org", "kingston", "--expires", "9999-12-31"),
        ("audit", "list"),
        ("audit", "verify", "--expect-head", f"1:{'a' * 64}"),
        ("audit", "list", "--last", "0"),
        ("store",),
        ("audit",),
        ("keys",),
    ],
)
def test_what_is_used_wrongly(tell: Told, words: tuple[str, ...]) -> None:
    for id in ("kingston", "merton"):
        tell("store", "org", id)
    assert tell(*words, plain=True)[0] == 2


def test_without_a_store_nothing_is_made(tell: Told, tmp_path: Path) -> None:
    for words in (("keys", "list"), ("audit", "verify"), ("audit", "list"), ("store", "org"), ("store", "backup", "x")):
        status, told, _ = tell(*words)
        assert (status, code_of(told)) == (1, "no-store")
    assert not (tmp_path / "home").exists()


def test_an_older_store_is_not_upgraded_by_the_way(tell: Told, tmp_path: Path) -> None:
    (tmp_path / "home").mkdir()
    database = open_database(f"sqlite:///{tmp_path / 'home' / 'requite.db'}")
    upgrade(database, "0001")
    status, told, _ = tell("keys", "list")
    assert (status, code_of(told)) == (1, "store-not-ready")
    assert "requite store upgrade" in told["errors"][0]["help"]
    assert revision(database) == "0001"
    status, told, _ = tell("store", "upgrade")
    assert (status, told["before"], told["after"]) == (0, "0001", head())
    assert tell("store", "upgrade", plain=True)[1] == f"the store is of revision {head()} already\n"
    database.close()


@pytest.mark.parametrize(
    ("url", "code"),
    [
        ("mysql://me:hush@h/d", "wrong-address"),
        ("nonsense hush", "wrong-address"),
        ("postgresql://me:hush@127.0.0.1:1/d", "store-away"),
        ("sqlite:////nowhere/hush/x.db", "no-store"),
    ],
)
def test_a_store_that_is_not_there(tell: Told, url: str, code: str) -> None:
    status, told, err = tell("keys", "list", url=url)
    assert (status, code_of(told)) == (1, code)
    if "sqlite" not in url:
        assert "hush" not in json.dumps(told) + err


def test_a_setting_that_cannot_be_meant(tell: Told, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REQUITE_JOB_WORKERS", "many")
    status, told, _ = tell("keys", "list")
    assert (status, code_of(told)) == (1, "wrong-setting")
    assert "REQUITE_JOB_WORKERS" in told["errors"][0]["message"]


def test_what_is_not_installed_is_named(tell: Told, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("requite.api.commands.opening.NEEDED", ("no_such_module",))
    status, told, _ = tell("store", "upgrade")
    assert (status, code_of(told)) == (1, "missing-extra")
    assert "pip install 'requite[service]'" in told["errors"][0]["help"]


# --- the log ----------------------------------------------------------------------------------------------------------


def test_a_log_that_was_changed(tell: Told, tmp_path: Path) -> None:
    for id in ("kingston", "merton"):
        tell("store", "org", id)
        tell("keys", "make", "--org", id, "--name", "Ann", "--role", "admin")
    status, told, _ = tell("audit", "verify")
    assert (status, [log["entries"] for log in told["logs"]]) == (0, [2, 2])
    head = told["logs"][0]["head"]
    assert tell("audit", "verify", "--org", "kingston", "--expect-head", head)[0] == 0
    connection = sqlite3.connect(tmp_path / "home" / "requite.db")
    connection.execute("DELETE FROM audit_entry WHERE org = 'kingston' AND number = 2")
    connection.execute("UPDATE audit_entry SET by = 'Bob' WHERE org = 'merton' AND number = 1")
    connection.commit()
    connection.close()
    status, told, _ = tell("audit", "verify")
    assert status == 1
    assert [log["ok"] for log in told["logs"]] == [True, False], "what is cut off is seen only against a head"
    assert told["logs"][1]["broken"] == {"number": 1, "how": "it was changed after it was written"}
    status, _, err = tell("audit", "verify", "--org", "kingston", "--expect-head", head, plain=True)
    assert status == 1
    assert "kingston: entry 2: it is missing" in err


def test_on_postgresql_too(tell: Told, postgres: Server, postgres_template: str) -> None:
    with postgres.fresh(postgres_template) as name:
        url = postgres.address(name)  # without a driver, as others write it
        assert tell("store", "org", "kingston", url=url)[1]["made"] == "kingston"
        assert tell("keys", "make", "--name", "Ann", "--role", "auditor")[0] == 0
        assert tell("audit", "verify")[1]["logs"][0]["entries"] == 2
        status, told, _ = tell("store", "backup", "x.db")
        assert (status, code_of(told)) == (1, "cannot-back-up")
        assert "pg_dump" in told["errors"][0]["help"]


def test_postgresql_without_tables(tell: Told, postgres: Server) -> None:
    with postgres.fresh() as name:
        status, told, _ = tell("keys", "list", url=postgres.address(name, DRIVER))
        assert (status, code_of(told)) == (1, "store-not-ready")
        assert tell("store", "upgrade")[1]["before"] is None
        assert tell("keys", "list")[1]["keys"] == []


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"], indirect=True)
def test_two_upgrades_at_once(empty_url: str, tmp_path: Path) -> None:
    where = os.environ | {"REQUITE_DATABASE_URL": empty_url, "REQUITE_HOME": str(tmp_path)}
    command = [str(REQUITE), "store", "upgrade", "--json"]
    both = [subprocess.Popen(command, env=where, stdout=subprocess.PIPE, stderr=subprocess.PIPE) for _ in range(2)]
    told = [json.loads(one.communicate(timeout=120)[0]) for one in both]
    assert sorted(str(one["before"]) for one in told) == sorted(["None", head()])
    database = open_database(empty_url)
    assert revision(database) == head()
    database.close()


# --- copies -----------------------------------------------------------------------------------------------------------


@ONLY_SQLITE
def test_a_copy_of_a_store_in_use(database_url: str, org: str, tmp_path: Path) -> None:
    stop, failed = threading.Event(), []

    def write() -> None:
        opened = open_database(database_url)
        try:
            while not stop.is_set():
                with opened.writing() as session:
                    audit.record(session, org, "Ann", "x", "y")
        except Exception as error:
            failed.append(error)
        opened.close()

    writer = threading.Thread(target=write)
    writer.start()
    try:
        copies = [backup(database_url, tmp_path / f"copy{i}.db") for i in range(3)]
    finally:
        stop.set()
        writer.join()
    assert failed == []
    for copied in copies:
        assert copied.revision == head()
        assert stat.S_IMODE(copied.path.stat().st_mode) == 0o600
        copy = open_database(f"sqlite:///{copied.path}")
        with copy.reading() as session:
            assert audit.verify(session, org).ok
            assert session.scalars(select(Organisation.id)).all() == [org]
        copy.close()
    assert [path.name for path in tmp_path.iterdir() if ".part" in path.name] == []


@ONLY_SQLITE
def test_a_store_that_is_put_back(tell: Told, database_url: str, database: Database, org: str, tmp_path: Path) -> None:
    with database.writing() as session:
        audit.record(session, org, "Ann", "x", "y")
    assert tell("store", "backup", str(tmp_path / "copy.db"), url=database_url)[0] == 0
    new = f"sqlite:///{tmp_path / 'elsewhere' / 'new.db'}"
    status, told, _ = tell("store", "restore", str(tmp_path / "copy.db"), url=new)
    assert (status, told["revision"]) == (0, head())
    assert tell("audit", "verify")[1]["logs"][0]["entries"] == 1
    status, told, _ = tell("store", "restore", str(tmp_path / "copy.db"))
    assert (status, code_of(told)) == (1, "store-there")


@ONLY_SQLITE
def test_nothing_is_overwritten(database_url: str, database: Database, tmp_path: Path) -> None:  # noqa: ARG001
    there = tmp_path / "there.db"
    there.write_text("mine")
    refused("store-there", lambda: backup(database_url, there))
    assert there.read_text() == "mine"
    copy = backup(database_url, tmp_path / "copy.db").path
    refused("store-there", lambda: restore(f"sqlite:///{there}", copy))
    for left in ("-wal", "-shm", "-journal"):
        beside = tmp_path / f"new.db{left}"
        beside.write_text("of another store")
        assert str(beside) in refused("store-there", lambda: restore(f"sqlite:///{tmp_path / 'new.db'}", copy)).message
        beside.unlink()
    assert not (tmp_path / "new.db").exists()


@ONLY_SQLITE
def test_what_is_no_copy(database_url: str, database: Database, tmp_path: Path) -> None:
    new = f"sqlite:///{tmp_path / 'new.db'}"
    refused("no-store", lambda: restore(new, tmp_path / "nothing.db"))
    (tmp_path / "text.db").write_text("not a database at all, but long enough to be looked at")
    refused("not-a-store", lambda: restore(new, tmp_path / "text.db"))
    other = sqlite3.connect(tmp_path / "other.db")
    other.execute("CREATE TABLE theirs (a)")
    other.commit()
    other.close()
    refused("not-a-store", lambda: restore(new, tmp_path / "other.db"))
    with database.engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    refused("store-newer", lambda: backup(database_url, tmp_path / "newer.db"))
    refused("no-store", lambda: backup(new, tmp_path / "copy.db"))
    refused("cannot-back-up", lambda: backup("sqlite://", tmp_path / "copy.db"))
    assert not (tmp_path / "new.db").exists()
    assert [path for path in tmp_path.iterdir() if ".part" in path.name] == []


@ONLY_SQLITE
def test_a_copy_for_which_there_is_no_room(
    database_url: str,
    database: Database,  # noqa: ARG001
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    connect = sqlite3.connect

    def small(*told: Any, **more: Any) -> sqlite3.Connection:
        made: sqlite3.Connection = connect(*told, **more)
        made.execute("PRAGMA max_page_count=10")
        return made

    monkeypatch.setattr("requite.api.store.backup.sqlite3.connect", small)
    assert "disk is full" in refused("no-room", lambda: backup(database_url, tmp_path / "copy.db")).message
    assert [path for path in tmp_path.iterdir() if "copy" in path.name] == []


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("REQUITE_RUN_MEMORY", "lots"),
        ("REQUITE_RUN_MEMORY", "1KB"),
        ("REQUITE_REQUESTS_PER_MINUTE", "0"),
        ("REQUITE_LIVE_WORKERS", "0"),
        ("REQUITE_JOB_WORKERS", "0"),
        ("REQUITE_SOURCES", "{"),
        ("REQUITE_SOURCES", "[]"),
    ],
)
def test_a_variable_that_cannot_be_meant(monkeypatch: pytest.MonkeyPatch, name: str, value: str) -> None:
    monkeypatch.setenv(name, value)
    with pytest.raises(Refusal) as caught:
        settings()
    [told] = caught.value.problems
    assert told.code == "wrong-setting"
    assert told.message.startswith(f"{name}: "), told.message


def test_a_store_that_is_full_is_told_so() -> None:
    error = sqlite3.OperationalError("database or disk is full")
    error.sqlite_errorcode = sqlite3.SQLITE_FULL
    with pytest.raises(Refusal) as caught, in_words():
        raise OperationalError("", {}, error)
    assert [found.code for found in caught.value.problems] == ["store-full"]


@ONLY_SQLITE
def test_a_damaged_copy(database_url: str, database: Database, org: str, tmp_path: Path) -> None:  # noqa: ARG001
    copy = backup(database_url, tmp_path / "copy.db").path
    raw = bytearray(copy.read_bytes())
    raw[8192:20000] = b"\xff" * (20000 - 8192)
    copy.write_bytes(raw)
    refused("not-a-store", lambda: restore(f"sqlite:///{tmp_path / 'new.db'}", copy))
    assert not (tmp_path / "new.db").exists()


def test_a_copy_of_postgresql(postgres: Server, postgres_template: str, tmp_path: Path) -> None:
    """As the documentation says: pg_dump makes it, pg_restore puts it back, and the log verifies."""
    if tool("pg_dump") is None:
        pytest.skip("pg_dump is not installed")
    with postgres.fresh(postgres_template) as name, postgres.fresh() as other:
        database = open_database(postgres.address(name, DRIVER))
        with database.writing() as session:
            organisations.create(session, "kingston", "Kingston", "Ann")
            key, secret = keys.issue(
                session, "kingston", "Ann", Role.ADMIN, "Ann", expires_at=datetime.now(UTC) + timedelta(days=1)
            )
        database.close()
        postgres.run("pg_dump", "--format=custom", f"--file={tmp_path / 'copy.dump'}", name)
        postgres.run("pg_restore", "--exit-on-error", "--single-transaction", f"--dbname={other}", str(tmp_path / "copy.dump"))
        again = open_database(postgres.address(other, DRIVER))
        assert revision(again) == head()
        assert keys.actor_of(again, secret) == Actor("kingston", "Ann", Role.ADMIN)
        with again.writing() as session:
            assert audit.verify(session, "kingston").entries == 2
            assert session.scalars(select(ApiKey.id)).all() == [key.id]
            # What counts up goes on where it stood.
            audit.record(session, "kingston", "Ann", "x", "y")
        again.close()


def test_an_address_without_a_driver() -> None:
    assert address_of("postgresql://u:p@h/d").drivername == DRIVER
    assert address_of("postgres://u:p@h/d").drivername == DRIVER
    assert "hush" not in str(refused("wrong-address", lambda: open_database("oracle://u:hush@h/d")))
