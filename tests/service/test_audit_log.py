"""The audit log: nothing of it can be changed, left out, put in or cut off unseen."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import delete, func, select, text, update
from sqlalchemy.exc import DBAPIError

from requite.api.store import audit
from requite.api.store.audit import AuditState, Head
from requite.api.store.database import Database, open_database
from requite.api.store.refusals import Refused
from requite.api.store.schema import AuditEntry

ENTRIES = 7


@pytest.fixture
def log(database: Database, org: str, other_org: str) -> str:
    """An organisation with some entries, and another one's between them."""
    for i in range(1, ENTRIES + 1):
        with database.writing() as session:
            audit.record(session, org, "Ann", "claims.received", f"R{i}", {"rows": i, "hash": "é£\u2028", "of": ["a", None, True]})
            audit.record(session, other_org, "Zoe", "claims.received", f"R{i}")
    return org


def verified(database: Database, org: str, expect: Head | None = None) -> AuditState:
    with database.reading() as session:
        return audit.verify(session, org, expect)


def change(database: Database, which: int, /, **values: Any) -> None:
    with database.writing() as session:
        session.execute(update(AuditEntry).where(AuditEntry.org == "kingston", AuditEntry.number == which).values(**values))


def broken(database: Database, expect: Head | None = None) -> tuple[int, str]:
    state = verified(database, "kingston", expect)
    assert not state.ok
    assert state.broken is not None
    assert state.entries == state.broken.number - 1
    return state.broken.number, state.broken.how


def test_a_log_as_it_was_written(database: Database, log: str, other_org: str) -> None:
    state = verified(database, log)
    assert (state.ok, state.entries, state.head.number) == (True, ENTRIES, ENTRIES)
    assert verified(database, other_org).entries == ENTRIES
    assert verified(database, log, state.head) == state
    with database.reading() as session:
        last = session.scalar(select(AuditEntry.hash).where(AuditEntry.org == log, AuditEntry.number == ENTRIES))
    assert str(state.head) == f"{ENTRIES}:{last}"


def test_an_empty_log(database: Database, org: str) -> None:
    assert verified(database, org) == AuditState(org, 0, Head(0, audit.FIRST), None)
    assert broken(database, Head(3, "a" * 64)) == (1, "it is missing, and so is all up to entry 3, which was there")


CHANGES: dict[str, Any] = {
    "at": datetime(2017, 1, 1, tzinfo=UTC),
    "by": "Bob",
    "action": "claims.cancelled",
    "subject": "R9",
    "detail": {"rows": 4, "hash": "é£\u2028", "of": ["a", None, False]},
    "hash": "f" * 64,
}


@pytest.mark.usefixtures("log")
@pytest.mark.parametrize("number", [1, 4, ENTRIES])
@pytest.mark.parametrize("column", [*CHANGES, "before"])
def test_any_change_is_found(database: Database, column: str, number: int) -> None:
    change(database, number, **{column: CHANGES.get(column, "e" * 64)})
    how = "it does not follow the entry before it" if column == "before" else "it was changed after it was written"
    assert broken(database) == (number, how)
    assert verified(database, "merton").ok


def test_every_column_is_covered() -> None:
    """Of `id` nothing depends: entries are told apart and ordered by `org` and `number`."""
    assert {column.name for column in AuditEntry.__table__.columns} == {*CHANGES, "before", "org", "number", "id"}


def test_a_moment_a_microsecond_later(database: Database, log: str) -> None:
    with database.reading() as session:
        at = session.scalar(select(AuditEntry.at).where(AuditEntry.org == log, AuditEntry.number == 2))
    assert at is not None
    change(database, 2, at=at + timedelta(microseconds=1))
    assert broken(database)[0] == 2


@pytest.mark.usefixtures("log")
@pytest.mark.parametrize("number", [1, 4, 6])
def test_an_entry_that_is_taken_out(database: Database, number: int) -> None:
    _delete(database, AuditEntry.number == number)
    assert broken(database) == (number, "it is missing")


@pytest.mark.usefixtures("log")
def test_an_entry_that_is_taken_out_and_the_rest_numbered_anew(database: Database) -> None:
    _delete(database, AuditEntry.number == 3)
    for number in range(4, ENTRIES + 1):
        change(database, number, number=number - 1)
    assert broken(database) == (3, "it does not follow the entry before it")


@pytest.mark.usefixtures("log")
def test_an_entry_that_is_given_to_another_organisation(database: Database) -> None:
    change(database, 3, org="merton", number=ENTRIES + 1)
    assert broken(database) == (3, "it is missing")
    assert not verified(database, "merton").ok


@pytest.mark.usefixtures("log")
def test_two_entries_that_change_places(database: Database) -> None:
    for old, new in ((3, 99), (4, 3), (99, 4)):
        change(database, old, number=new)
    assert broken(database) == (3, "it does not follow the entry before it")


def test_an_entry_that_is_put_in(database: Database, log: str) -> None:
    for number in range(ENTRIES, 3, -1):
        change(database, number, number=number + 1)
    with database.writing() as session:
        before = session.scalar(select(AuditEntry.hash).where(AuditEntry.org == log, AuditEntry.number == 3))
        assert before is not None
        false = AuditEntry(
            org=log, number=4, at=datetime.now(UTC), by="Eve", action="x", subject="", detail={}, before=before, hash=""
        )
        false.hash = audit.sealed(false)
        session.add(false)
    assert broken(database) == (5, "it does not follow the entry before it")


def test_what_is_cut_off_at_the_end_needs_a_head(database: Database, log: str) -> None:
    head = verified(database, log).head
    _delete(database, AuditEntry.number > 4)
    assert verified(database, log).ok
    assert broken(database, head) == (5, f"it is missing, and so is all up to entry {ENTRIES}, which was there")


def test_a_log_written_anew_needs_a_head(database: Database, log: str) -> None:
    """Who may write to the store can seal everything again; but the head comes out as another one."""
    head = verified(database, log).head
    with database.writing() as session:
        before = audit.FIRST
        for entry in session.scalars(select(AuditEntry).where(AuditEntry.org == log).order_by(AuditEntry.number)):
            entry.by = "nobody"
            entry.before = before
            entry.hash = before = audit.sealed(entry)
    assert verified(database, log).ok
    assert broken(database, head) == (ENTRIES, "it is not the one that was there: the log was written anew")


def test_more_was_written_since_the_head(database: Database, log: str) -> None:
    head = verified(database, log).head
    with database.writing() as session:
        audit.record(session, log, "Ann", "x", "y")
    assert verified(database, log, head).entries == ENTRIES + 1


@pytest.mark.usefixtures("log")
@pytest.mark.parametrize("column", ["number", "at", "detail"])
def test_what_cannot_even_be_read(database: Database, column: str) -> None:
    if not database.is_sqlite:
        with pytest.raises(DBAPIError):
            _spoil(database, column)
        return
    _spoil(database, column)
    # A number that is none comes after all others: the third is then missing.
    how = "it is missing" if column == "number" else "it cannot be read"
    assert broken(database) == (3, how)


@pytest.mark.parametrize("number", [0, -4])
def test_an_entry_before_the_first(database: Database, log: str, number: int) -> None:
    change(database, 3, number=number)
    assert broken(database) == (1, "there is one that has not the next number")
    assert verified(database, log).entries == 0


def _spoil(database: Database, column: str) -> None:
    with database.writing() as session:
        session.execute(text(f"UPDATE audit_entry SET {column} = 'rubbish' WHERE org = 'kingston' AND number = 3"))


def _delete(database: Database, which: Any) -> None:
    with database.writing() as session:
        session.execute(delete(AuditEntry).where(AuditEntry.org == "kingston", which))


def test_a_long_log_is_read_bit_by_bit(database: Database, org: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(audit, "AT_ONCE", 10)
    with database.writing() as session:
        for i in range(95):
            audit.record(session, org, "Ann", "x", f"{i}")
    assert verified(database, org).entries == 95
    change(database, 93, subject="y")
    assert broken(database)[0] == 93


# --- writing ----------------------------------------------------------------------------------------------------------


def test_writers_at_once_make_one_chain(database_url: str, database: Database, org: str) -> None:
    def work(name: str) -> None:
        opened = open_database(database_url)
        for i in range(8):
            with opened.writing() as session:
                audit.record(session, org, name, "x", f"{i}")
        opened.close()

    _at_once([lambda name=name: work(name) for name in "ABCD"])  # type: ignore[misc]
    state = verified(database, org)
    assert (state.ok, state.entries) == (True, 32)


def _at_once(works: list[Callable[[], None]]) -> None:
    threads = [threading.Thread(target=work) for work in works]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def test_what_is_undone_leaves_no_gap(database: Database, org: str) -> None:
    def work() -> None:
        with database.writing() as session:
            audit.record(session, org, "Ann", "x", "undone")
            raise RuntimeError("after all")

    for _ in range(2):
        with pytest.raises(RuntimeError, match="after all"):
            work()
        with database.writing() as session:
            audit.record(session, org, "Ann", "x", "kept")
    state = verified(database, org)
    assert (state.ok, state.entries) == (True, 2)


@pytest.mark.parametrize("value", [1.5, 1e300, float("nan"), float("inf")])
def test_a_detail_with_a_fraction_is_refused(database: Database, org: str, value: float) -> None:
    """A database may give it back as another number."""
    with database.writing() as session, pytest.raises(TypeError, match="whole numbers"):
        audit.record(session, org, "Ann", "x", "y", {"deep": [{"amount": value}]})
    with database.reading() as session:
        assert session.scalar(select(func.count()).select_from(AuditEntry)) == 0


def test_a_detail_comes_back_as_it_was_sealed(database: Database, org: str) -> None:
    detail = {"z": 10**30, "a": {"ß": "\U0001f600", "b": []}, "tuple": (1, 2), "": None}
    with database.writing() as session:
        audit.record(session, org, "Ann", "x", "y", detail)
    assert verified(database, org).ok


@pytest.mark.parametrize("text", ["", "7", "7:", f"7:{'g' * 64}", f"-1:{'a' * 64}", f"7:{'a' * 63}", f"{'9' * 30}:{'a' * 64}"])
def test_what_is_no_head(text: str) -> None:
    with pytest.raises(Refused) as caught:
        audit.expect_of(text)
    assert caught.value.code == "wrong-head"
    assert audit.expect_of(f" 7:{'a' * 64}\n") == Head(7, "a" * 64)
