"""Versions of rulesets: published, approved by another person, in force on a day as far as was known at a moment."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from requite.api.identity import Actor
from requite.api.store import audit, versions
from requite.api.store.database import Database, open_database, today
from requite.api.store.refusals import Code, Refused
from requite.api.store.schema import AuditEntry, Event, InForce, Organisation, RulesetVersion
from requite.api.store.texts import LONGEST_TABLE, texts_of
from requite.dsl.load import MOST_FILES, load_program
from requite.dsl.parse import LONGEST_TEXT
from tests.service.conftest import ActorOf

MAIN = "dear.requite"


def ruleset(limit: int = 100, name: str = "dear", holds: bool = True) -> str:
    return f"""
ruleset {name} "Dear claims"
record claim
  key id: text
  billed: money
check dear for each claim
  flag when billed > £{limit}
example "one"
  given claim C1 with billed £{limit + (1 if holds else 0)}
  expect dear flags C1
"""


TABLED = """
ruleset priced "Priced claims"
record claim
  key id: text
  hrg: text
  billed: money
table tariff from "tables/tariff.csv"
  key hrg: text
  price: money
for each claim
  match tariff with the same hrg
check dear for each claim
  flag when billed > tariff.price
example "one"
  given claim C1 with hrg "A1", billed £11
  expect dear flags C1
"""
PRICES = "hrg,price\nA1,10\n"


@pytest.fixture
def author(actor: ActorOf) -> Actor:
    return actor("author", name="Ann")


@pytest.fixture
def approver(actor: ActorOf) -> Actor:
    return actor("approver", name="Bob")


def publish(database: Database, actor: Actor, text: str = "", main: str = MAIN, **others: str) -> versions.Published:
    with database.writing() as session:
        return versions.publish(session, actor, main, {main: text or ruleset(), **others})


def new(database: Database, actor: Actor, limit: int = 100) -> str:
    """The id of a new draft."""
    found = publish(database, actor, ruleset(limit)).version
    assert found is not None
    return found.id


def approved(database: Database, author: Actor, approver: Actor, limit: int = 100) -> str:
    """The id of a new version that is approved."""
    id = new(database, author, limit)
    with database.writing() as session:
        versions.approve(session, approver, id)
    return id


def put(database: Database, actor: Actor, version: str, starts: date) -> InForce:
    with database.writing() as session:
        return versions.put_in_force(session, actor, "dear", version, starts)


def refused(code: Code, work: object) -> Refused:
    with pytest.raises(Refused) as caught:
        work()  # type: ignore[operator]
    assert caught.value.code == code
    return caught.value


def entries(database: Database, org: str) -> list[tuple[str, str]]:
    with database.reading() as session:
        rows = session.execute(select(AuditEntry.action, AuditEntry.by).where(AuditEntry.org == org).order_by(AuditEntry.number))
        return [(row.action, row.by) for row in rows]


def set_clock(database: Database, org: str, moment: datetime) -> None:
    with database.writing() as session:
        session.get_one(Organisation, org).clock = moment


# --- publishing -------------------------------------------------------------------------------------------------------


def test_a_draft_is_kept_as_it_was_sent(database: Database, author: Actor, org: str) -> None:
    done = publish(database, author)
    assert done.version is not None
    assert done.is_new
    with database.reading() as session:
        kept = versions.version_of(session, org, done.version.id)
    assert (kept.name, kept.title, kept.main, kept.state) == ("dear", "Dear claims", MAIN, "draft")
    assert kept.texts == {MAIN: ruleset()}
    assert (kept.created_by, kept.approved_by, kept.approved_at) == ("Ann", None, None)
    assert versions.program_of(kept).checks.keys() == {"dear"}
    assert versions.program_of(kept) is versions.program_of(kept)
    assert entries(database, org) == [("ruleset.published", "Ann")]


def test_the_same_texts_are_the_same_version(database: Database, author: Actor, approver: Actor, org: str) -> None:
    first = publish(database, author)
    again = publish(database, approver)
    assert first.version is not None
    assert again.version is not None
    assert (again.version.id, again.is_new, again.version.created_by) == (first.version.id, False, "Ann")
    other_name = publish(database, author, main="other.requite")
    assert other_name.version is not None
    assert other_name.version.id != first.version.id
    assert entries(database, org) == [("ruleset.published", "Ann")] * 2


def test_each_organisation_has_its_own(database: Database, author: Actor, actor: ActorOf, other_org: str) -> None:
    stranger = actor("author", name="Ann", org=other_org)
    mine, theirs = publish(database, author).version, publish(database, stranger).version
    assert mine is not None
    assert theirs is not None
    assert (mine.hash, mine.id != theirs.id) == (theirs.hash, True)
    approver = actor("approver", name="Zoe", org=other_org)
    for work in (versions.approve, versions.withdraw):
        with database.writing() as session:
            refused("not-found", lambda work=work, session=session: work(session, approver, mine.id))
    with database.writing() as session:
        refused("not-found", lambda: versions.put_in_force(session, approver, "dear", mine.id, date(2017, 4, 1)))
    with database.reading() as session:
        refused("not-found", lambda: versions.version_of(session, other_org, mine.id))
        assert [v.id for v in versions.versions(session, other_org, "dear")] == [theirs.id]


def test_a_text_with_errors_is_not_kept(database: Database, author: Actor, org: str) -> None:
    done = publish(database, author, ruleset().replace("billed >", "biled >"))
    assert done.version is None
    assert [(d.code, d.span.source.name) for d in done.diagnostics if d.severity == "error"] == [("unknown-name", MAIN)]
    assert publish(database, author, "nothing but words", main="page.md").version is None
    assert entries(database, org) == []


def test_warnings_do_not_stop_it(database: Database, author: Actor) -> None:
    done = publish(database, author, ruleset().replace("  flag", "  let unused = billed\n  flag"))
    assert done.version is not None
    assert [d.severity for d in done.diagnostics] == ["warning"]


def test_what_it_uses_comes_with_it(database: Database, author: Actor) -> None:
    main, used = 'use "parts/claims.requite"\n' + ruleset().split("check")[0].split("record")[0], ruleset()
    records = "record claim" + used.split("record claim")[1].split("check")[0]
    text = main + "check" + used.split("check")[1]
    missing = publish(database, author, text)
    assert missing.version is None
    assert "unreadable-file" in {d.code for d in missing.diagnostics}
    whole = publish(database, author, text, **{"parts/claims.requite": records})
    assert whole.version is not None, whole.diagnostics
    changed = publish(database, author, text, **{"parts/claims.requite": records + "# changed\n"})
    assert changed.version is not None
    assert changed.version.hash != whole.version.hash


@pytest.mark.parametrize(
    ("texts", "code", "said"),
    [
        ({}, "wrong-texts", "not among"),
        ({"other.requite": "x"}, "wrong-texts", "not among"),
        ({MAIN: ruleset(), "": ""}, "wrong-texts", "name"),
        ({MAIN: ruleset(), "/etc/x.md": ""}, "wrong-texts", "name"),
        ({MAIN: ruleset(), "../x.md": ""}, "wrong-texts", "name"),
        ({MAIN: ruleset(), "a/../x.md": ""}, "wrong-texts", "name"),
        ({MAIN: ruleset(), "a//x.md": ""}, "wrong-texts", "name"),
        ({MAIN: ruleset(), "./x.md": ""}, "wrong-texts", "name"),
        ({MAIN: ruleset(), ".hidden.md": ""}, "wrong-texts", "name"),
        ({MAIN: ruleset(), "a\\x.md": ""}, "wrong-texts", "name"),
        ({MAIN: ruleset(), "C:x.md": ""}, "wrong-texts", "name"),
        ({MAIN: ruleset(), "x\0.md": ""}, "wrong-texts", "name"),
        ({MAIN: ruleset(), "x\n.md": ""}, "wrong-texts", "name"),
        ({MAIN: ruleset(), "\ud800.md": ""}, "wrong-texts", "name"),
        ({MAIN: ruleset(), f"{'x' * 200}.md": ""}, "wrong-texts", "name"),
        ({MAIN: ruleset(), "x.py": ""}, "wrong-texts", "neither"),
        ({MAIN: ruleset(), "x.requite": 'ruleset x "X"'}, "wrong-texts", "uses no x.requite"),
        ({MAIN: ruleset(), "x.csv": "a"}, "wrong-texts", "uses no x.csv"),
        ({MAIN: ruleset(), MAIN.upper().replace("REQUITE", "requite"): ruleset()}, "wrong-texts", "capitals"),
        ({MAIN: "\0"}, "wrong-texts", "no letter"),
        ({MAIN: "\udc80"}, "wrong-texts", "no letter"),
        ({MAIN: "é" * LONGEST_TEXT}, "too-large", "longer"),
        ({MAIN: ruleset(), "x.csv": "x" * (LONGEST_TABLE + 1)}, "too-large", "longer"),
        ({MAIN: ruleset(), **{f"x{i}.requite": "" for i in range(MOST_FILES)}}, "too-large", "too many"),
        ({MAIN: ruleset(), **{f"x{i}.csv": "" for i in range(21)}}, "too-large", "too many"),
        ({MAIN: ruleset(), **{f"x{i}.csv": "x" * LONGEST_TABLE for i in range(4)}}, "too-large", "too many"),
        ({MAIN: ruleset(name="d" * 201)}, "wrong-ruleset", "200"),
    ],
)
def test_texts_that_are_refused(database: Database, author: Actor, texts: Mapping[str, str], code: Code, said: str) -> None:
    with database.writing() as session:
        assert said in refused(code, lambda: versions.publish(session, author, MAIN, texts)).message
        assert session.scalars(select(RulesetVersion)).all() == []


def test_a_main_text_that_is_a_table(database: Database, author: Actor) -> None:
    with database.writing() as session:
        refused("wrong-texts", lambda: versions.publish(session, author, "a.csv", {"a.csv": "x"}))


def test_a_table_in_a_file(database: Database, author: Actor, approver: Actor, tmp_path: Path) -> None:
    version = publish(database, author, TABLED, main="priced.requite", **{"tables/tariff.csv": PRICES}).version
    assert version is not None
    rows = versions.tables_of(version)["tariff"]
    assert [(row.values["hrg"], row.values["price"]) for row in rows] == [("A1", 10)]
    with database.writing() as session:
        versions.approve(session, approver, version.id)
    program, _ = load_program(versions.write_texts(version, tmp_path / "texts"))
    assert program is not None
    assert (tmp_path / "texts" / "tables" / "tariff.csv").read_text() == PRICES


@pytest.mark.parametrize(
    ("table", "said"),
    [
        ("hrg,price\nA1,dear\n", "line 2"),
        ("hrg\nA1\n", "price"),
        ("hrg,price\nA1,1\nA1,2\n", "line"),
    ],
)
def test_a_table_that_cannot_be_read(database: Database, author: Actor, table: str, said: str) -> None:
    found = refused("wrong-texts", lambda: publish(database, author, TABLED, main="priced.requite", **{"tables/tariff.csv": table}))
    assert said in found.message
    assert "/tmp" not in found.message + found.help


@pytest.mark.parametrize(
    "file",
    [
        "/etc/tariff.csv",
        "../tariff.csv",
        "a/../../tariff.csv",
        "file:///etc/tariff.csv",
        "http://127.0.0.1/t.csv",
        "*.csv",
        "a\\t.csv",
    ],
)
def test_a_table_outside_the_rulesets_folder(database: Database, author: Actor, file: str) -> None:
    text = TABLED.replace("tables/tariff.csv", file)
    assert text != TABLED
    found = refused("wrong-texts", lambda: publish(database, author, text, main="priced.requite"))
    assert found.message == "the table tariff names a file outside the ruleset's folder"


@pytest.mark.parametrize("where", ["", ' from "tables/tariff.parquet"', ' from "tables/tariff.xlsx"'])
def test_a_table_that_comes_as_rows(database: Database, author: Actor, where: str) -> None:
    text = TABLED.replace(' from "tables/tariff.csv"', where)
    version = publish(database, author, text, main="priced.requite").version
    assert version is not None
    assert versions.tables_of(version) == {}


def test_a_table_whose_file_was_forgotten(database: Database, author: Actor, monkeypatch: pytest.MonkeyPatch) -> None:
    found = refused("wrong-texts", lambda: publish(database, author, TABLED, main="priced.requite"))
    assert found.message == "the table tariff has its rows in `tables/tariff.csv`, which is not among the texts"
    assert found.help.startswith("Send the file too.")
    # One that was published before this was asked for is there as ever.
    monkeypatch.setattr(versions, "demand_tables", lambda _: None)
    before = publish(database, author, TABLED, main="priced.requite").version
    monkeypatch.undo()
    again = publish(database, author, TABLED, main="priced.requite").version
    assert before is not None
    assert again is not None
    assert again.id == before.id
    assert versions.tables_of(again) == {}


def test_two_at_once_are_one_version(database_url: str, database: Database, author: Actor, org: str) -> None:
    found: list[str] = []

    def work() -> None:
        opened = open_database(database_url)
        found.append(new(opened, author))
        opened.close()

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 4
    assert len(set(found)) == 1
    assert entries(database, org) == [("ruleset.published", "Ann")]


# --- approving and withdrawing ----------------------------------------------------------------------------------------


def test_another_person_approves(database: Database, author: Actor, approver: Actor, org: str) -> None:
    id = new(database, author)
    with database.writing() as session:
        refused("same-person", lambda: versions.approve(session, author, id))
    with database.writing() as session:
        done = versions.approve(session, approver, id)
    assert (done.state, done.approved_by) == ("approved", "Bob")
    with database.writing() as session:
        refused("already-approved", lambda: versions.approve(session, approver, id))
    assert entries(database, org) == [("ruleset.published", "Ann"), ("ruleset.approved", "Bob")]


@pytest.mark.parametrize("name", ["Ann", "ANN", " ann ", "Ann\t", "\uff21nn", "A\u200bnn"])
def test_a_person_is_the_same_however_written(database: Database, author: Actor, actor: ActorOf, name: str) -> None:
    id = new(database, author)
    with database.writing() as session:
        refused("same-person", lambda: versions.approve(session, actor("admin", name=name), id))


def test_a_letter_is_the_same_however_put_together(database: Database, actor: ActorOf) -> None:
    id = new(database, actor("author", name="Zo\u00eb"))
    with database.writing() as session:
        refused("same-person", lambda: versions.approve(session, actor("approver", name="ZOE\u0308"), id))


def test_examples_have_to_hold(database: Database, author: Actor, approver: Actor, org: str) -> None:
    version = publish(database, author, ruleset(holds=False)).version
    assert version is not None
    with database.writing() as session:
        found = refused("examples-fail", lambda: versions.approve(session, approver, version.id))
    assert [(d.code, d.span.source.name, d.span.line) for d in found.diagnostics] == [("example-fails", MAIN, 10)]
    assert entries(database, org) == [("ruleset.published", "Ann")]


def test_a_withdrawn_version_stays_so(database: Database, author: Actor, approver: Actor, org: str) -> None:
    draft, other = new(database, author), approved(database, author, approver, 200)
    for id in (draft, other):
        with database.writing() as session:
            assert versions.withdraw(session, author, id).state == "withdrawn"
        with database.writing() as session:
            refused("withdrawn", lambda id=id, session=session: versions.approve(session, approver, id))
        with database.writing() as session:
            refused("withdrawn", lambda id=id, session=session: versions.withdraw(session, approver, id))
        refused("withdrawn", lambda id=id: put(database, approver, id, date(2017, 4, 1)))
    again = publish(database, author).version
    assert again is not None
    assert (again.id, again.state) == (draft, "withdrawn")
    assert entries(database, org)[-2:] == [("ruleset.withdrawn", "Ann")] * 2


def test_what_is_in_force_or_will_be_is_not_withdrawn(database: Database, author: Actor, approver: Actor, org: str) -> None:
    first, second, third = (approved(database, author, approver, limit) for limit in (1, 2, 3))
    set_clock(database, org, datetime(2018, 6, 1, tzinfo=UTC))
    for id, starts in ((first, date(2017, 4, 1)), (second, date(2018, 4, 1)), (third, date(2019, 4, 1))):
        put(database, approver, id, starts)
    for id in (second, third):
        with database.writing() as session:
            refused("in-force", lambda id=id, session=session: versions.withdraw(session, approver, id))
    with database.writing() as session:
        assert versions.withdraw(session, approver, first).state == "withdrawn"
    with database.reading() as session:
        then = versions.in_force(session, org, "dear", date(2017, 5, 1))
    assert then is not None
    assert then.id == first, "what was in force then was in force then"


# --- in force ---------------------------------------------------------------------------------------------------------


def test_only_what_is_approved_comes_into_force(database: Database, author: Actor, approver: Actor, org: str) -> None:
    refused("not-approved", lambda: put(database, approver, new(database, author), date(2017, 4, 1)))
    id = approved(database, author, approver, 2)
    with database.writing() as session:
        refused("other-ruleset", lambda: versions.put_in_force(session, approver, "cheap", id, date(2017, 4, 1)))
    refused("not-found", lambda: put(database, approver, "01ARZ3NDEKTSV4RRFFQ69G5FAV", date(2017, 4, 1)))
    with database.reading() as session:
        assert versions.in_force(session, org, "dear", date(2017, 4, 1)) is None
        assert session.scalars(select(Event)).all() == []


def test_a_day_of_what_is_in_force_begins_and_ends_at_midnight_in_england(database: Database, org: str) -> None:
    for moment, day in (
        (datetime(2017, 5, 9, 22, 59, tzinfo=UTC), date(2017, 5, 9)),
        (datetime(2017, 5, 9, 23, 30, tzinfo=UTC), date(2017, 5, 10)),
        (datetime(2017, 12, 9, 23, 30, tzinfo=UTC), date(2017, 12, 9)),
    ):
        set_clock(database, org, moment)
        with database.reading() as session:
            assert today(session, org) == day
    assert versions.moment_of(date(2017, 5, 9)) == datetime(2017, 5, 9, 22, 59, 59, 999999, tzinfo=UTC)
    assert versions.moment_of(date(2017, 12, 9)) == datetime(2017, 12, 9, 23, 59, 59, 999999, tzinfo=UTC)


def test_what_was_in_force_as_known_then_and_now(database: Database, author: Actor, approver: Actor, org: str) -> None:
    """Last March's rules, as known in March and as known since they were put right in May."""
    first, corrected = approved(database, author, approver, 1), approved(database, author, approver, 2)
    set_clock(database, org, datetime(2017, 3, 1, tzinfo=UTC))
    put(database, approver, first, date(2017, 3, 1))
    set_clock(database, org, datetime(2017, 5, 10, 12, tzinfo=UTC))
    put(database, approver, corrected, date(2017, 3, 1))

    def found(on: date, known: datetime | None) -> str | None:
        with database.reading() as session:
            version = versions.in_force(session, org, "dear", on, known)
        return version.id if version is not None else None

    march = date(2017, 3, 31)
    assert found(march, datetime(2017, 4, 1, tzinfo=UTC)) == first
    assert found(march, versions.moment_of(date(2017, 5, 9))) == first
    assert found(march, versions.moment_of(date(2017, 5, 10))) == corrected
    assert found(march, None) == corrected
    assert found(date(2017, 2, 28), None) is None
    assert found(march, datetime(2017, 2, 1, tzinfo=UTC)) is None


def test_saying_it_twice_is_saying_it_once(database: Database, author: Actor, approver: Actor, org: str) -> None:
    first, second = approved(database, author, approver, 1), approved(database, author, approver, 2)
    day = date(2017, 4, 1)
    set_clock(database, org, datetime(2017, 4, 1, tzinfo=UTC))  # and it stands: all is said at one moment
    rows = [put(database, approver, id, day) for id in (first, first, second, first)]
    assert rows[0].id == rows[1].id
    with database.reading() as session:
        said = versions.history(session, org, "dear")
        assert [row.version for row in said] == [first, second, first]
        now = versions.in_force(session, org, "dear", day)
        told = [(event.kind, event.payload) for event in session.scalars(select(Event).order_by(Event.number))]
    assert now is not None
    assert now.id == first
    assert [kind for kind, _ in told] == ["ruleset.in_force"] * 3
    assert told[0][1] == {"ruleset": "dear", "version": first, "hash": now.hash, "starts": "2017-04-01"}


DAYS = [date(2017, 4, day) for day in range(1, 6)]


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.tuples(st.integers(0, 2), st.sampled_from(DAYS)), max_size=8))
def test_in_force_is_what_was_said_last_of_the_latest_start(
    tmp_path_factory: pytest.TempPathFactory, sqlite_template: Path, said: list[tuple[int, date]]
) -> None:
    import shutil

    path = tmp_path_factory.mktemp("in_force") / "store.db"
    shutil.copy(sqlite_template, path)
    database = open_database(f"sqlite:///{path}")
    with database.writing() as session:
        session.add(Organisation(id="k", name="K", created_at=datetime.now(UTC), clock=datetime(2017, 1, 1, tzinfo=UTC)))
        session.flush()
        for i in range(3):
            session.add(_version(f"V{i}"))
    from requite.api.identity import Role

    actor, moments = Actor("k", "Bob", Role.ADMIN), []
    for i, (version, starts) in enumerate(said):
        set_clock(database, "k", datetime(2017, 1, 2 + i, tzinfo=UTC))
        moments.append(put(database, actor, f"V{version}", starts).known_from)
    with database.reading() as session:
        for n in range(len(said) + 1):
            known = datetime(2017, 1, 1 + n, tzinfo=UTC)
            stretches = versions.timeline(session, "k", "dear", known)
            for day in DAYS:
                then = [(starts, i, f"V{version}") for i, (version, starts) in enumerate(said[:n]) if starts <= day]
                expected = max(then)[2] if then else None
                found = versions.in_force(session, "k", "dear", day, known)
                assert (found and found.id) == expected
                line = [s.version for s in stretches if s.starts <= day and (s.ends is None or day < s.ends)]
                assert line == ([expected] if expected else [])
    database.close()


def _version(id: str) -> RulesetVersion:
    return RulesetVersion(
        id=id,
        org="k",
        name="dear",
        title="",
        hash=id,
        main=MAIN,
        texts={},
        state="approved",
        created_at=datetime.now(UTC),
        created_by="Ann",
    )


def test_names_and_versions_of_an_organisation(database: Database, author: Actor, org: str, other_org: str) -> None:
    ids = [new(database, author, limit) for limit in (1, 2)]
    publish(database, author, ruleset(name="cheap"))
    with database.reading() as session:
        assert versions.rulesets(session, org) == ["cheap", "dear"]
        assert versions.rulesets(session, other_org) == []
        assert {v.id for v in versions.versions(session, org, "dear")} == set(ids)


def test_a_version_that_is_no_longer_understood() -> None:
    version = _version("01OLD")
    version.texts, version.hash = {MAIN: "ruleset of an older language"}, "0" * 64
    found = refused("wrong-ruleset", lambda: versions.program_of(version))
    assert found.diagnostics


def test_the_hash_is_that_of_names_and_texts() -> None:
    hashes = {
        texts_of("a.md", {"a.md": "x", "b.md": "y"}).hash,
        texts_of("b.md", {"a.md": "x", "b.md": "y"}).hash,
        texts_of("a.md", {"a.md": "xb.md", "c.md": "y"}).hash,
        texts_of("a.md", {"a.md": "y", "b.md": "x"}).hash,
    }
    assert len(hashes) == 4
    assert texts_of("a.md", {"b.md": "y", "a.md": "x"}) == texts_of("a.md", {"a.md": "x", "b.md": "y"})


def test_nothing_is_put_down_where_it_is_undone(database: Database, author: Actor, org: str) -> None:
    def work() -> None:
        with database.writing() as session:
            versions.publish(session, author, MAIN, {MAIN: ruleset()})
            audit.record(session, org, "Ann", "x", "y")
            raise RuntimeError("after all")

    with pytest.raises(RuntimeError, match="after all"):
        work()
    assert entries(database, org) == []
    assert new(database, author)
