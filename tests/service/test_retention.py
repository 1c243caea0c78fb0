"""Old events are removed where that is asked for: in their order, none that is still to be delivered, and readers are told."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import func, select

from requite.api.challenges.desk import ChallengeDesk
from requite.api.service.service import Service
from requite.api.service.settings import ServiceSettings
from requite.api.store import audit, retention
from requite.api.store.events import emit
from requite.api.store.retention import kept_since, remove_old_events
from requite.api.store.schema import AuditEntry, Delivery, Event, Webhook
from requite.api.webhooks.fanning import fan_out
from requite.engine.live.inprocess import InProcess
from tests.service.runs_support import until
from tests.service.service_fixtures import MakeSettings
from tests.service.support import Call, problem, sound

TODAY = datetime.now(UTC)
OLD = TODAY - timedelta(days=40)

pytestmark = pytest.mark.usefixtures("org", "other_org")


@pytest.fixture
def settings(make_settings: MakeSettings) -> ServiceSettings:
    return make_settings(keep_events_days=30)


def happened(service: Service, number: int, at: datetime = OLD, org: str = "kingston") -> list[int]:
    """The numbers of so many events from a moment."""
    with service.database.writing() as session:
        before = session.scalar(select(func.max(Event.number))) or 0
        for one in range(number):
            emit(session, org, "finding.new", f"S{one}", {"key": f"S{one}"})
    with service.database.writing() as session:
        made = list(session.scalars(select(Event).where(Event.number > before).order_by(Event.number)))
        for event in made:
            event.at = at
        return [event.number for event in made]


def told(service: Service, reached: int | None = None) -> str:
    """A webhook that has got so far; everything that there is is on its way to it, where nothing is said."""
    with service.database.writing() as session:
        webhook = Webhook(
            org="kingston",
            url="https://example.org/",
            kinds=["finding.new"],
            secret="s",
            reached=reached or 0,
            created_at=OLD,
            created_by="Ann",
            removed_at=None,
        )
        session.add(webhook)
        session.flush()
        if reached is None:
            fan_out(session, OLD)
        return webhook.id


def ended(service: Service, *events: int, state: str = "delivered") -> None:
    with service.database.writing() as session:
        for delivery in session.scalars(select(Delivery).where(Delivery.event.in_(events))):
            delivery.state = state


def kept(service: Service, org: str = "kingston") -> list[int]:
    with service.database.reading() as session:
        return list(session.scalars(select(Event.number).where(Event.org == org).order_by(Event.number)))


def removed(service: Service) -> int:
    return remove_old_events(service.database, "kingston", kept_since(TODAY, 30))


def test_old_events_go_and_later_ones_stay(service: Service) -> None:
    happened(service, 3)
    theirs = happened(service, 2, org="merton")
    later = happened(service, 2, TODAY - timedelta(days=29))
    assert removed(service) == 3
    assert kept(service) == later
    assert kept(service, "merton") == theirs
    assert removed(service) == 0
    with service.database.reading() as session:
        (entry,) = session.scalars(select(AuditEntry).where(AuditEntry.action == "events.removed"))
        assert (entry.by, entry.detail) == ("the clock", {"count": 3, "up_to": 3})
        assert audit.verify(session, "kingston").ok


def test_many_go_a_few_at_a_time(service: Service, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(retention, "TOGETHER", 3)
    monkeypatch.setattr(retention, "MOST_ROUNDS", 2)
    happened(service, 10)
    assert [removed(service) for _ in range(3)] == [6, 3, 0]
    assert len(kept(service)) == 1


def test_the_last_stays_so_that_its_number_is_never_given_again(service: Service) -> None:
    last = happened(service, 3)[-1]
    assert removed(service) == 2
    assert kept(service) == [last]
    assert happened(service, 1)[0] > last


@pytest.mark.parametrize("state", ["waiting", "sending"])
def test_what_is_still_to_be_delivered_stays_and_all_after_it(service: Service, state: str) -> None:
    numbers = happened(service, 5)
    told(service)
    ended(service, *numbers[:2], *numbers[3:])
    ended(service, numbers[2], state=state)
    assert removed(service) == 2
    assert kept(service) == numbers[2:]
    ended(service, numbers[2], state="dead")
    assert removed(service) == 2
    with service.database.reading() as session:
        assert list(session.scalars(select(Delivery.event))) == [numbers[-1]]


def test_what_an_address_was_not_looked_up_for_stays(service: Service) -> None:
    numbers = happened(service, 5)
    told(service, reached=numbers[1])
    assert removed(service) == 2
    assert kept(service) == numbers[2:]


def test_a_removed_address_holds_nothing_up(service: Service) -> None:
    numbers = happened(service, 3)
    id = told(service)
    ended(service, *numbers, state="dropped")
    with service.database.writing() as session:
        found = session.get_one(Webhook, id)
        found.removed_at, found.reached = OLD, 0
    assert removed(service) == 2


def test_whoever_reads_on_is_told_what_is_gone(service: Service, call: Call) -> None:
    numbers = happened(service, 4)
    last = happened(service, 1, TODAY)[0]
    removed(service)
    analyst = call("analyst")
    gone = problem(analyst.get("/events", params={"after": numbers[1]}), 410, "events-removed")
    assert gone["after"] == numbers[-1]
    assert gone["detail"] == f"events after number {numbers[1]} are kept no more, up to number {numbers[-1]}"
    for header in ({}, {"last-event-id": str(numbers[0])}):
        asked: dict[str, Any] = {} if header else {"after": 0}
        problem(analyst.get("/events/stream", params=asked, headers=header), 410, "events-removed")
    for params in ({"after": gone["after"]}, {}):
        assert [one["number"] for one in sound(analyst.get("/events", params=params))["items"]] == [last]
    # Nothing of another organisation is gone.
    assert sound(call("analyst", org="merton").get("/events", params={"after": 0}))["items"] == []


def test_whoever_looks_at_the_clock_removes_them(service: Service) -> None:
    happened(service, 3)
    desk = ChallengeDesk(service, InProcess(), seconds=0.05)
    until(lambda: len(kept(service)) == 1)
    desk.close()


def test_unless_it_is_said_all_are_kept(make_settings: MakeSettings, service: Service) -> None:
    forever = Service(make_settings(), service.database)
    desk = ChallengeDesk(forever, InProcess(), seconds=None)
    numbers = happened(service, 3, TODAY - timedelta(days=4000))
    assert desk.remove_old_events("kingston") == 0
    desk.close()
    assert kept(service) == numbers


def test_days_are_whole() -> None:
    moment = datetime(2030, 3, 31, 0, 30, tzinfo=UTC)
    assert kept_since(moment, 30) == datetime(2030, 3, 1, tzinfo=UTC)
    assert kept_since(moment + timedelta(hours=23), 30) == datetime(2030, 3, 1, tzinfo=UTC)
