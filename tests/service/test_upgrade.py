"""The revisions of the schema: they make today's tables, and bring a store on with everything in it."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import JSON, MetaData, Table, insert, select, text
from sqlalchemy.exc import IntegrityError

from requite.api.store import audit
from requite.api.store.database import Database, open_database
from requite.api.store.schema import Base, Event, RulesetVersion, Webhook
from requite.api.store.upgrade import FOLDER, Upgraded, head, ready_or_problem, revision, state, upgrade

FIRST = "0001"


@pytest.fixture
def empty(empty_url: str) -> Iterator[Database]:
    opened = open_database(empty_url)
    yield opened
    opened.close()


def differences(database: Database) -> list[Any]:
    """How the tables of a store differ from those of the code."""
    with database.engine.connect() as connection:
        return list(compare_metadata(MigrationContext.configure(connection, opts={"compare_type": True}), Base.metadata))


def test_the_revisions_make_the_tables_of_the_code(empty: Database) -> None:
    assert state(empty) == "empty"
    assert upgrade(empty) == Upgraded(None, head())
    assert differences(empty) == []
    assert (state(empty), revision(empty)) == ("ready", head())
    assert upgrade(empty) == Upgraded(head(), head())


def test_a_difference_would_be_seen(database: Database) -> None:
    with database.engine.begin() as connection:
        connection.execute(text("DROP INDEX ix_rests"))
        connection.execute(text("ALTER TABLE upload ADD COLUMN strange INTEGER"))
    assert len(differences(database)) == 2


def test_the_names_of_constraints_are_those_of_the_code(database: Database) -> None:
    """By its name a constraint is changed later, and comparing tables does not look at all of them."""
    reflected = MetaData()
    reflected.reflect(database.engine)
    for name, table in Base.metadata.tables.items():
        assert _names(reflected.tables[name]) == _names(table)


def test_indexes_are_defined_as_in_the_code(database: Database, empty: Database) -> None:
    """Which rows an index is for is not looked at where tables are compared, and a table that is made anew could lose it."""
    Base.metadata.create_all(empty.engine)
    assert _indexes(database) == _indexes(empty)


def _indexes(database: Database) -> dict[str, str]:
    asked = "SELECT name, sql FROM sqlite_master WHERE type = 'index' AND sql IS NOT NULL AND tbl_name != 'alembic_version'"
    if not database.is_sqlite:
        asked = "SELECT indexname, indexdef FROM pg_indexes WHERE schemaname = 'public' AND tablename != 'alembic_version'"
    with database.engine.connect() as connection:
        return {name: " ".join(said.replace('"', "").split()) for name, said in connection.execute(text(asked))}


def _names(table: Table) -> set[str]:
    return {str(item.name) for item in table.constraints} | {str(item.name) for item in table.indexes}


def test_revisions_follow_each_other_in_one_line() -> None:
    scripts = list(ScriptDirectory(str(FOLDER)).walk_revisions())
    assert [script.revision for script in scripts] == [f"{n:04}" for n in range(len(scripts), 0, -1)]
    assert scripts[-1].revision == FIRST


# --- a store that has been in use -------------------------------------------------------------------------------------


MOMENT = datetime(2017, 4, 3, 9, 30, 0, 123456, tzinfo=UTC)


def fill(database: Database) -> dict[str, list[tuple[Any, ...]]]:
    """Put a row or more into every table of a store, whatever its revision, and give what then stands in them."""
    tables = MetaData()
    tables.reflect(database.engine)
    tables.remove(tables.tables["alembic_version"])
    with database.engine.connect() as connection:
        if database.is_sqlite:
            connection.exec_driver_sql("BEGIN IMMEDIATE")
        for table in tables.sorted_tables:
            connection.execute(insert(table), [_row(table, 1), _row(table, 2)])
        connection.commit()
    return {table.name: rows_of(database, table) for table in tables.sorted_tables}


def _row(table: Table, number: int) -> dict[str, Any]:
    """A row of made-up values, each fit for its column; what refers to another table refers to its row of that number."""
    return {column.name: _value(column, number) for column in table.columns}


def _value(column: Any, number: int) -> Any:
    if column.foreign_keys:
        return _value(next(iter(column.foreign_keys)).column, number)
    made: dict[type, Any] = {int: number, str: f"{column.table.name} é {number}"[: getattr(column.type, "length", None)]}
    made |= {datetime: MOMENT, bool: bool(number % 2)}
    kind = column.type.python_type
    if kind is datetime:
        return MOMENT
    if isinstance(column.type, JSON):
        return {"an": ["object", number, "£"]}
    return made.get(kind, MOMENT.date())


def rows_of(database: Database, table: Table) -> list[tuple[Any, ...]]:
    with database.engine.connect() as connection:
        return [tuple(row) for row in connection.execute(select(table).order_by(*table.primary_key.columns))]


def test_a_store_of_the_first_schema_is_brought_on_with_all_its_rows(empty: Database) -> None:
    assert upgrade(empty, FIRST).after == FIRST
    before = fill(empty)
    columns = {name: _columns(empty, name) for name in before}
    assert len(before) == 19
    assert upgrade(empty) == Upgraded(FIRST, head())
    assert differences(empty) == []
    for name, rows in before.items():
        now = Table(name, MetaData(), autoload_with=empty.engine)
        with empty.engine.connect() as connection:
            kept = [column for column in now.columns if column.name in columns[name]]
            found = connection.execute(select(*kept).order_by(*now.primary_key.columns)).all()
        assert [tuple(row) for row in found] == (_due(rows, columns[name]) if name == "rests" else rows), name
    if empty.is_sqlite:
        with empty.engine.connect() as connection:
            assert connection.exec_driver_sql("PRAGMA foreign_keys").scalar() == 1
            assert connection.exec_driver_sql("PRAGMA foreign_key_check").all() == []


def _due(rests: list[Any], columns: list[str]) -> list[Any]:
    """What claims rested on has other hashes now: every claim waits to be decided again."""
    hash = columns.index("hash")
    return [(*row[:hash], "due", *row[hash + 1 :]) for row in rests]


def _columns(database: Database, name: str) -> list[str]:
    return [column.name for column in Table(name, MetaData(), autoload_with=database.engine).columns]


def test_what_was_kept_before_is_read_by_the_code_of_today(empty: Database) -> None:
    upgrade(empty, FIRST)
    with empty.writing() as session:
        for statement in (
            "INSERT INTO organisation (id, name, created_at) VALUES ('k', 'Kingston', '2017-04-03 09:30:00.123456+00:00')",
            """INSERT INTO event (number, id, org, kind, subject, payload, at)
               VALUES (7, 'E7', 'k', 'run.finished', 'R1', '{"a": 1}', '2017-04-03 09:30:00.123456+00:00')""",
            """INSERT INTO webhook (id, org, url, kinds, secret, created_at, created_by)
               VALUES ('W1', 'k', 'https://example.org/', '["run.finished"]', 's', '2017-04-03 09:30:00.123456+00:00', 'Ann')""",
        ):
            session.connection().exec_driver_sql(statement.replace("+00:00", "" if empty.is_sqlite else "+00:00"))
        audit.record(session, "k", "Ann", "webhook.made", "W1")
    upgrade(empty)
    with empty.writing() as session:
        webhook = session.get_one(Webhook, "W1")
        assert (webhook.reached, webhook.kinds, webhook.created_at) == (7, ["run.finished"], MOMENT)
        assert session.get_one(Event, 7).payload == {"a": 1}
        audit.record(session, "k", "Ann", "webhook.removed", "W1")
    with pytest.raises(IntegrityError), empty.writing() as session:
        session.add(Event(org="nobody", kind="run.finished", subject="", payload={}, at=MOMENT))


# --- what must not be touched, or only once ---------------------------------------------------------------------------


def test_an_upgrade_that_fails_changes_nothing(empty: Database) -> None:
    upgrade(empty, FIRST)
    before = fill(empty)
    with empty.engine.begin() as connection:
        # The last step of the second revision then fails.
        connection.execute(text("CREATE INDEX ix_audit_subject ON event (kind)"))
    with pytest.raises(Exception, match="ix_audit_subject"):
        upgrade(empty)
    assert revision(empty) == FIRST
    assert "reached" not in _columns(empty, "webhook")
    assert rows_of(empty, Table("webhook", MetaData(), autoload_with=empty.engine)) == before["webhook"]


def test_two_upgrades_at_once_are_one(empty_url: str) -> None:
    done: list[Upgraded] = []

    def work() -> None:
        database = open_database(empty_url)
        done.append(upgrade(database))
        database.close()

    # Alembic's context is one for the process, so that processes are what meets in earnest: tests/service/test_store_command.py.
    for thread in [threading.Thread(target=work) for _ in range(2)]:
        thread.start()
        thread.join()
    assert [upgraded.before for upgraded in done] == [None, head()]


def test_a_newer_store_is_refused(database: Database) -> None:
    with database.engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    problem = ready_or_problem(database)
    assert problem is not None
    assert (problem.code, problem.help) == ("store-newer", "Install the newer Requite.")
    with pytest.raises(Exception, match="newer Requite"):
        upgrade(database)


def test_a_database_of_others_is_left_alone(empty: Database) -> None:
    with empty.engine.begin() as connection:
        connection.execute(text("CREATE TABLE theirs (a INTEGER)"))
    problem = ready_or_problem(empty)
    assert problem is not None
    assert problem.code == "store-foreign"
    with pytest.raises(Exception, match="other tables"):
        upgrade(empty)
    assert state(empty) == "foreign"


@pytest.mark.parametrize("before", [None, FIRST])
def test_a_service_brings_its_own_file_on_and_nothing_else(empty: Database, before: str | None) -> None:
    if before is not None:
        upgrade(empty, before)
    problem = ready_or_problem(empty)
    if empty.is_sqlite:
        assert problem is None
        assert state(empty) == "ready"
    else:
        assert problem is not None
        assert problem.code == "store-not-ready"
        assert "requite store upgrade" in problem.help
        assert revision(empty) == before
    upgrade(empty)
    assert ready_or_problem(empty) is None


def test_a_folder_with_a_percent_sign(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import shutil

    from requite.api.store import upgrade as module

    shutil.copytree(FOLDER, tmp_path / "50%s" / "migrations")
    monkeypatch.setattr(module, "FOLDER", tmp_path / "50%s" / "migrations")
    database = open_database("sqlite://")
    assert upgrade(database).after == head()
    database.close()


def test_versions_of_rulesets_are_there_for_the_code(database: Database, org: str) -> None:
    with database.reading() as session:
        assert session.scalars(select(RulesetVersion).where(RulesetVersion.org == org)).all() == []
