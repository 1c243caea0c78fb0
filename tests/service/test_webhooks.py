"""Webhooks: every event reaches every address that wants it, signed, once registered and until it has arrived."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import httpx
import pytest
from sqlalchemy import select, update
from sqlalchemy.orm import Session
from standardwebhooks.webhooks import Webhook as Verifier
from standardwebhooks.webhooks import WebhookVerificationError

from requite.api.store.database import Database
from requite.api.store.events import EventKind, emit
from requite.api.store.schema import AuditEntry, Delivery, Event, Webhook
from requite.api.webhooks import addresses, claiming, registering
from requite.api.webhooks.deliverer import ALONGSIDE, Deliverer
from requite.api.webhooks.fanning import fan_out
from requite.api.webhooks.schedule import WAITS, wait_after
from requite.api.webhooks.sending import Parcel, Reply, new_client, send
from tests.service.conftest import ActorOf
from tests.service.receiver import Receiver, receiving

HERE = frozenset({"127.0.0.1"})
AT_ONCE = (timedelta(0),) * 3


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with receiving() as found:
        yield found


def happen(database: Database, org: str, *subjects: str, kind: EventKind = "finding.new") -> None:
    for subject in subjects:
        with database.writing() as session:
            emit(session, org, kind, subject, {"key": subject})


def register(database: Database, actor: ActorOf, receiver: Receiver, *kinds: EventKind, org: str | None = None) -> Webhook:
    with database.writing() as session:
        caller = actor("admin", org=org) if org else actor("admin")
        return registering.register(session, caller, receiver.url, kinds or ("finding.new",))


def deliver(database: Database, waits: tuple[timedelta, ...] = AT_ONCE) -> int:
    """Do all there is to do, as the service does in its thread."""
    deliverer = Deliverer(database, HERE, waits)
    attempts = 0
    while made := deliverer.step():
        attempts += made
    return attempts


def states(database: Database) -> list[tuple[str, int, str]]:
    with database.reading() as session:
        found = session.scalars(select(Delivery).order_by(Delivery.event, Delivery.webhook))
        return [(each.state, each.attempts, each.answer) for each in found]


def test_an_event_arrives_signed(database: Database, org: str, actor: ActorOf, receiver: Receiver) -> None:
    webhook = register(database, actor, receiver)
    happen(database, org, "kingston/spell/S1")
    assert deliver(database) == 1
    [got] = receiver.got
    told = Verifier(webhook.secret).verify(got.body, got.headers)
    assert told["type"] == "finding.new"
    assert told["timestamp"].endswith("Z")
    assert datetime.fromisoformat(told["timestamp"]).tzinfo is not None
    assert told["data"]["subject"] == "kingston/spell/S1"
    assert told["data"]["payload"] == {"key": "kingston/spell/S1"}
    assert got.name == told["data"]["id"]
    assert got.headers["content-type"] == "application/json"
    assert got.headers["host"] == f"127.0.0.1:{receiver.port}"
    assert states(database) == [("delivered", 1, "status 204")]


@pytest.mark.parametrize("change", ["body", "secret", "time"])
def test_what_is_changed_on_the_way_is_noticed(
    database: Database, org: str, actor: ActorOf, receiver: Receiver, change: str
) -> None:
    webhook = register(database, actor, receiver)
    happen(database, org, "S1")
    deliver(database)
    [got] = receiver.got
    body = got.body.replace("S1", "S2") if change == "body" else got.body
    secret = registering.new_secret() if change == "secret" else webhook.secret
    later = {"webhook-timestamp": str(int(got.headers["webhook-timestamp"]) + 1)} if change == "time" else {}
    with pytest.raises(WebhookVerificationError):
        Verifier(secret).verify(body, got.headers | later)


def told(receiver: Receiver) -> list[str]:
    """The subjects of what was heard, by the events' numbers."""
    return [got.data["subject"] for got in sorted(receiver.got, key=lambda got: int(got.data["number"]))]


def test_events_arrive_about_in_order_and_once(database: Database, org: str, actor: ActorOf, receiver: Receiver) -> None:
    register(database, actor, receiver)
    subjects = [f"S{i}" for i in range(120)]
    happen(database, org, *subjects)
    assert deliver(database) == 120
    assert told(receiver) == subjects
    # A few are on their way at once, so that none comes much before or after its turn.
    turns = [int(got.data["subject"][1:]) for got in receiver.got]
    assert all(abs(turn - place) < ALONGSIDE for place, turn in enumerate(turns))
    assert deliver(database) == 0


def test_only_the_kinds_that_are_wanted_and_only_from_now_on(
    database: Database, org: str, actor: ActorOf, receiver: Receiver
) -> None:
    happen(database, org, "before")
    register(database, actor, receiver, "finding.new", "run.finished")
    happen(database, org, "R1", kind="run.finished")
    happen(database, org, "C1", kind="challenge.moved")
    happen(database, org, "S1")
    deliver(database)
    assert [got.data["subject"] for got in receiver.got] == ["R1", "S1"]


def test_organisations_are_told_of_their_own(
    database: Database, org: str, other_org: str, actor: ActorOf, receiver: Receiver
) -> None:
    register(database, actor, receiver)
    with receiving() as other:
        register(database, actor, other, org=other_org)
        happen(database, org, "ours")
        happen(database, other_org, "theirs")
        deliver(database)
        assert [got.data["subject"] for got in receiver.got] == ["ours"]
        assert [got.data["subject"] for got in other.got] == ["theirs"]


def test_what_fails_is_sent_again_under_the_same_name(database: Database, org: str, actor: ActorOf, receiver: Receiver) -> None:
    register(database, actor, receiver)
    receiver.statuses = [500, 302, 204]
    receiver.answer_headers = {"Location": "/elsewhere"}
    happen(database, org, "S1")
    assert deliver(database) == 3
    assert len({got.name for got in receiver.got}) == 1
    assert len({got.body for got in receiver.got}) == 1
    assert {got.path for got in receiver.got} == {"/hook"}
    assert states(database) == [("delivered", 3, "status 204")]


def test_a_failure_waits_and_holds_up_no_other(database: Database, org: str, actor: ActorOf, receiver: Receiver) -> None:
    register(database, actor, receiver)
    receiver.statuses = [500]
    happen(database, org, "S1", "S2")
    before = datetime.now(UTC)
    assert deliver(database, WAITS) == 2
    assert states(database) == [("waiting", 1, "status 500"), ("delivered", 1, "status 204")]
    with database.reading() as session:
        due = session.scalar(select(Delivery.due).where(Delivery.state == "waiting"))
    assert due is not None
    assert due >= before + WAITS[0]


def test_a_slow_address_holds_up_no_other(database: Database, org: str, actor: ActorOf, receiver: Receiver) -> None:
    receiver.hold = threading.Event()
    with receiving() as other:
        register(database, actor, receiver, "run.finished")
        register(database, actor, other, "finding.new")
        deliverer = Deliverer(database, HERE, AT_ONCE)
        deliverer.start()
        happen(database, org, "slow", kind="run.finished")
        assert receiver.came.wait(20)
        for subject in ("S1", "S2"):
            happen(database, org, subject)
            assert other.came.wait(5), "while the slow one still waits"
            other.came.clear()
        assert not receiver.hold.is_set()
        receiver.hold.set()
        deliverer.close()
    assert [got.data["subject"] for got in other.got] == ["S1", "S2"]
    assert [got.data["subject"] for got in receiver.got] == ["slow"]
    assert {state for state, _, _ in states(database)} == {"delivered"}


def test_what_never_arrives_is_given_up_and_can_be_sent_by_hand(
    database: Database, org: str, actor: ActorOf, receiver: Receiver
) -> None:
    webhook = register(database, actor, receiver)
    receiver.statuses = [500] * 4
    happen(database, org, "S1")
    assert deliver(database) == 4
    assert states(database) == [("dead", 4, "status 500")]
    with database.writing() as session:
        [(delivery, _)] = registering.deliveries(session, webhook, "dead", None, 10)
        registering.send_again(session, actor("admin"), delivery)
    assert deliver(database) == 1
    assert states(database) == [("delivered", 1, "status 204")]


def test_an_address_that_is_gone_is_removed(database: Database, org: str, actor: ActorOf, receiver: Receiver) -> None:
    webhook = register(database, actor, receiver)
    receiver.statuses = [410]
    happen(database, org, "S1", "S2")
    assert deliver(database) == 1
    assert [state for state, _, _ in states(database)] == ["dead", "dropped"]
    with database.reading() as session:
        assert registering.one(session, org, webhook.id) is None
        said = session.scalars(select(AuditEntry.action).order_by(AuditEntry.number)).all()
    assert said == ["webhook.registered", "webhook.removed"]


def test_an_address_that_is_removed_is_told_nothing_more(database: Database, org: str, actor: ActorOf, receiver: Receiver) -> None:
    webhook = register(database, actor, receiver)
    happen(database, org, "S1")
    with database.writing() as session:
        fan_out(session, datetime.now(UTC))
        found = registering.one(session, org, webhook.id)
        assert found is not None
        registering.remove(session, org, "the admin", found, "removed")
    happen(database, org, "S2")
    assert deliver(database) == 0
    assert states(database) == [("dropped", 0, "")]


def test_an_address_that_cannot_be_reached_keeps_what_waits(
    database: Database, org: str, actor: ActorOf, receiver: Receiver
) -> None:
    webhook = register(database, actor, receiver)
    with database.writing() as session:
        session.execute(update(Webhook).where(Webhook.id == webhook.id).values(url="http://127.0.0.1:1/hook"))
    happen(database, org, "S1", "S2")
    assert deliver(database, WAITS) == 1
    # The first was tried; the other waits for it, and has lost no attempt.
    assert states(database) == [("waiting", 1, "no connection: ConnectError"), ("waiting", 0, "")]


# --- restarts and several processes -----------------------------------------------------------------------------------


def test_a_restart_sends_nothing_twice_and_loses_nothing(database: Database, org: str, actor: ActorOf, receiver: Receiver) -> None:
    register(database, actor, receiver)
    subjects = [f"S{i}" for i in range(60)]
    happen(database, org, *subjects)
    receiver.hold = threading.Event()
    first = Deliverer(database, HERE)
    first.start()
    assert receiver.came.wait(20)
    closing = threading.Thread(target=first.close)
    closing.start()
    receiver.hold.set()
    closing.join()
    sent = len(receiver.got)
    assert sent < 60
    receiver.hold = None
    assert deliver(database) == 60 - sent
    assert told(receiver) == subjects


def test_what_a_dead_process_had_taken_is_taken_again(database: Database, org: str, actor: ActorOf, receiver: Receiver) -> None:
    register(database, actor, receiver)
    happen(database, org, "S1")
    moment = datetime.now(UTC)
    with database.writing() as session:
        fan_out(session, moment)
    with database.writing() as session:
        [[lost]] = claiming.take(session, moment).values()
    assert deliver(database) == 0
    later = moment + claiming.LEASE
    with database.writing() as session:
        [[taken]] = claiming.take(session, later).values()
    assert (taken.delivery, taken.attempt) == (lost.delivery, 2)
    with database.writing() as session:
        # The first was not dead, only slow: what it says counts no more.
        claiming.put_down(session, lost, Reply("status 500"), later)
        claiming.put_down(session, taken, Reply("status 204", arrived=True), later)
    assert states(database) == [("delivered", 2, "status 204")]


def test_several_at_once_send_each_event_once(database: Database, org: str, actor: ActorOf, receiver: Receiver) -> None:
    subjects = [f"S{i}" for i in range(80)]
    with receiving() as other:
        register(database, actor, receiver)
        register(database, actor, other)
        happen(database, org, *subjects)
        working = [threading.Thread(target=deliver, args=(database,)) for _ in range(3)]
        for thread in working:
            thread.start()
        for thread in working:
            thread.join()
        deliver(database)
        for each in (receiver, other):
            assert told(each) == subjects


def test_an_address_is_served_by_one_process_at_a_time(database: Database, org: str, actor: ActorOf, receiver: Receiver) -> None:
    register(database, actor, receiver)
    happen(database, org, "S1")
    moment = datetime.now(UTC)
    with database.writing() as session:
        fan_out(session, moment)
    with database.writing() as session:
        assert claiming.take(session, moment)
    happen(database, org, "S2")
    with database.writing() as session:
        fan_out(session, moment)
    with database.writing() as session:
        assert not claiming.take(session, moment)


def test_events_are_numbered_as_they_become_visible(database: Database, org: str, actor: ActorOf, receiver: Receiver) -> None:
    """One that is emitted first and kept last comes last: who has read the other has not missed it."""
    if database.is_sqlite:
        happen(database, org, "first")
        with database.writing() as session:
            emit(session, org, "finding.new", "second", {})
            assert session.scalar(select(Event.number).where(Event.subject == "second")) is None
    else:
        with database.writing() as session:
            emit(session, org, "finding.new", "second", {})
            session.flush()
            happen(database, org, "first")
    register(database, actor, receiver)
    with database.reading() as session:
        assert session.scalars(select(Event.subject).order_by(Event.number)).all() == ["first", "second"]


def failing(session: Session, org: str, subject: str) -> None:
    emit(session, org, "finding.new", subject, {})
    raise ZeroDivisionError


def test_an_event_goes_with_its_transaction(database: Database, org: str) -> None:
    with pytest.raises(ZeroDivisionError), database.writing() as session:
        failing(session, org, "S1")
    with database.writing() as session:
        with pytest.raises(ZeroDivisionError), session.begin_nested():
            failing(session, org, "S2")
        emit(session, org, "finding.new", "S3", {})
        with session.begin_nested():
            emit(session, org, "finding.new", "S4", {})
        emit(session, org, "finding.new", "S5", {})
    with database.reading() as session:
        assert sorted(session.scalars(select(Event.subject))) == ["S3", "S4", "S5"]


# --- where nothing may go ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("url", "why"),
    [
        ("http://example.org/hook", "it does not begin with https://"),
        ("ftp://example.org/hook", "it does not begin with https://"),
        ("https://", "it names no host"),
        ("example.org/hook", "it names no host"),
        ("https://user:secret@example.org/", "it has a user or a password in it"),
        ("https://example.org/#part", "it has a part after #"),
        ("https://example.org:99999/", "its port is no port"),
        ("https://example.org:x/", "it is no address"),
        ("https://" + "a" * 2000, "it is longer than 2,000 characters"),
        ("https://exa mple.org/", "its host is no host"),
        ("https://exa%20mple.org/", "its host is no host"),
        ("https://localhost/", "it is no public address"),
        ("https://127.0.0.1/", "it is no public address"),
        ("https://10.1.2.3/", "it is no public address"),
        ("https://169.254.169.254/latest/meta-data", "it is no public address"),
        ("https://[::1]/", "it is no public address"),
        ("https://[::ffff:127.0.0.1]/", "it is no public address"),
        ("https://[fe80::1]/", "it is no public address"),
    ],
)
def test_unsuitable_addresses(url: str, why: str) -> None:
    with pytest.raises(addresses.UnsuitableAddressError) as caught:
        addresses.checked(url, frozenset())
    assert str(caught.value) == why


def test_allowed_hosts() -> None:
    allowed = addresses.hosts_of(" Hooks.internal , 127.0.0.1,")
    assert allowed == {"hooks.internal", "127.0.0.1"}
    assert addresses.checked("http://hooks.internal:8080/x", allowed).host == "hooks.internal"
    with pytest.raises(addresses.UnsuitableAddressError):
        addresses.checked("http://hooks.internal.example.org/x", allowed)
    with pytest.raises(addresses.UnsuitableAddressError):
        addresses.checked("gopher://hooks.internal/x", allowed)


@pytest.mark.parametrize(
    ("address", "public"),
    [
        ("93.184.216.34", True),
        ("2606:2800:220:1:248:1893:25c8:1946", True),
        ("127.0.0.1", False),
        ("0.0.0.0", False),
        ("10.0.0.1", False),
        ("172.16.0.1", False),
        ("192.168.1.1", False),
        ("100.64.0.1", False),
        ("169.254.169.254", False),
        ("224.0.0.1", False),
        ("240.0.0.1", False),
        ("255.255.255.255", False),
        ("::1", False),
        ("::", False),
        ("fe80::1", False),
        ("fe80::1%eth0", False),
        ("fd00::1", False),
        ("ff02::1", False),
        ("::ffff:10.0.0.1", False),
        ("64:ff9b::a00:1", False),
        ("2002:7f00:1::", False),
        ("fec0::1", False),
        ("192.0.0.9", False),
        ("192.0.0.170", False),
        ("192.88.99.1", False),
        ("::ffff:192.88.99.1", False),
    ],
)
def test_public_addresses(address: str, public: bool) -> None:
    assert addresses.is_public(address) is public


@pytest.mark.parametrize("host", ["localhost.", "2130706433", "0x7f.1", "127.1"])
def test_a_name_that_means_this_machine_is_sent_nothing(receiver: Receiver, host: str) -> None:
    """It is looked up when something is sent; what it was when it was registered does not count."""
    parcel = Parcel(f"https://{host}:{receiver.port}/hook", registering.new_secret(), "E1", "{}")

    async def attempt() -> Reply:
        async with new_client(httpx.create_ssl_context()) as client:
            return await send(client, parcel, frozenset())

    reply = asyncio.run(attempt())
    assert not reply.arrived
    assert reply.words.startswith("not sent: ")
    assert not receiver.got


def test_a_certificate_is_asked_for(receiver: Receiver) -> None:
    parcel = Parcel(receiver.url.replace("http:", "https:"), registering.new_secret(), "E1", "{}")

    async def attempt() -> Reply:
        async with new_client(httpx.create_ssl_context()) as client:
            return await send(client, parcel, HERE)

    assert asyncio.run(attempt()).words == "no connection: ConnectError"
    assert not receiver.got


# --- the schedule -----------------------------------------------------------------------------------------------------


def test_the_schedule_lasts_three_days() -> None:
    assert timedelta(days=2.5) < sum(WAITS, timedelta()) < timedelta(days=3.5)
    assert list(WAITS) == sorted(WAITS)
    for attempts, least in enumerate(WAITS, 1):
        wait = wait_after(attempts)
        assert wait is not None
        assert least <= wait <= least * 1.2
    assert wait_after(len(WAITS) + 1) is None
