"""Events are read one after another, in pages or as they happen: none is missed, and none of another organisation's is seen."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import httpx
import pytest
from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from requite.api.service.routes import events as routes
from requite.api.service.service import Service
from requite.api.store.events import EventKind, emit
from requite.api.store.schema import Event, Organisation
from requite.api.webhooks import listening
from tests.service.serving import served
from tests.service.support import Call, key_for, problem

pytestmark = pytest.mark.usefixtures("org", "other_org")


def happen(service: Service, *subjects: str, org: str = "kingston", kind: EventKind = "finding.new") -> None:
    for subject in subjects:
        with service.database.writing() as session:
            emit(session, org, kind, subject, {"key": subject})


def subjects(page: dict[str, Any]) -> list[str]:
    return [event["subject"] for event in page["items"]]


def test_pages(service: Service, call: Call) -> None:
    happen(service, "S1", "S2", "S3")
    analyst = call("analyst")
    first = analyst.get("/events", params={"limit": 2}).json()
    assert subjects(first) == ["S1", "S2"]
    assert first["items"][0].keys() == {"number", "id", "kind", "subject", "payload", "at"}
    second = analyst.get("/events", params={"after": first["last"]}).json()
    assert subjects(second) == ["S3"]
    none = analyst.get("/events", params={"after": second["last"]}).json()
    assert none == {"items": [], "last": second["last"]}
    happen(service, "S4")
    assert subjects(analyst.get("/events", params={"after": none["last"]}).json()) == ["S4"]


def test_kinds(service: Service, call: Call) -> None:
    happen(service, "S1")
    happen(service, "C1", kind="challenge.moved")
    happen(service, "R1", kind="run.finished")
    wanted = {"kinds": ["challenge.moved", "run.finished"]}
    assert subjects(call("auditor").get("/events", params=wanted).json()) == ["C1", "R1"]


def test_reading_on_by_kind_goes_past_events_of_other_kinds(service: Service, call: Call) -> None:
    happen(service, "R1", "R2", "R3", kind="run.finished")
    happen(service, "S1", "S2")
    analyst = call("analyst")
    numbers = {event["subject"]: event["number"] for event in analyst.get("/events").json()["items"]}
    runs: dict[str, Any] = {"kinds": "run.finished"}
    assert analyst.get("/events", params=runs | {"limit": 2}).json()["last"] == numbers["R2"]
    assert analyst.get("/events", params=runs | {"limit": 2, "after": numbers["R2"]}).json()["last"] == numbers["S2"]
    last = analyst.get("/events", params={"kinds": "challenge.moved"}).json()["last"]
    assert last == numbers["S2"]
    removed(service, numbers["S2"])
    assert analyst.get("/events", params={"kinds": "challenge.moved", "after": last}).json() == {"items": [], "last": last}
    assert analyst.get("/events", params={"kinds": "challenge.moved"}).json()["last"] == last
    missed = analyst.get("/events", params={"after": numbers["S1"]})
    assert (missed.status_code, missed.json()["after"]) == (410, last)


def test_a_reader_who_is_ahead_of_the_store_is_told(service: Service, call: Call) -> None:
    """A store that was put back from a backup gives numbers anew, and what comes under them would be taken for what was read."""
    happen(service, "S1", "S2")
    analyst = call("analyst")
    last = analyst.get("/events").json()["last"]
    for after in (last + 1, 2**63 - 1):
        asked: list[tuple[str, dict[str, Any], dict[str, str]]] = [
            ("/events", {"after": after}, {}),
            ("/events/stream", {"after": after}, {}),
            ("/events/stream", {}, {"Last-Event-ID": str(after)}),
        ]
        for address, params, headers in asked:
            told = problem(analyst.get(address, params=params, headers=headers), 409, "events-ahead")
            assert (told["after"], told["detail"]) == (last, f"there is no event {after}: the last is number {last}")
    assert analyst.get("/events", params={"after": last}).json() == {"items": [], "last": last}
    removed(service, last)
    assert analyst.get("/events", params={"after": last}).json() == {"items": [], "last": last}
    problem(analyst.get("/events", params={"after": last + 1}), 409, "events-ahead")
    problem(call("analyst", org="merton").get("/events", params={"after": 1}), 409, "events-ahead")


def removed(service: Service, up_to: int, org: str = "kingston") -> None:
    with service.database.writing() as session:
        session.execute(delete(Event).where(Event.org == org, Event.number <= up_to))
        session.get_one(Organisation, org).events_removed = up_to


def test_a_page_that_comes_while_events_happen_passes_over_none(
    service: Service, call: Call, monkeypatch: pytest.MonkeyPatch
) -> None:
    analyst = call("analyst")
    happen(service, "S1")
    known = listening.last_number

    def meanwhile(session: Session, org: str) -> int:
        found = known(session, org)
        happen(service, "R1", kind="run.finished")
        happen(service, "S2")
        return found

    monkeypatch.setattr(listening, "last_number", meanwhile)
    page = analyst.get("/events", params={"kinds": "run.finished"}).json()
    monkeypatch.undo()
    assert subjects(page) == ["R1"]
    assert subjects(analyst.get("/events", params={"after": page["last"]}).json()) == ["S2"]


def test_organisations_see_their_own(service: Service, call: Call) -> None:
    other = call("analyst", org="merton")
    analyst = call("analyst")
    happen(service, "ours")
    happen(service, "theirs", org="merton")
    assert subjects(analyst.get("/events").json()) == ["ours"]
    assert subjects(other.get("/events").json()) == ["theirs"]


def test_a_hospital_sees_none(call: Call) -> None:
    hospital = call("hospital", provider="RAX")
    assert hospital.get("/events").status_code == 403
    assert hospital.get("/events/stream").status_code == 403


@pytest.mark.parametrize(
    "query", [{"after": -1}, {"after": 2**63}, {"after": "x"}, {"limit": 0}, {"limit": 1001}, {"kinds": "finding.old"}]
)
def test_what_is_refused(call: Call, query: dict[str, Any]) -> None:
    assert call("analyst").get("/events", params=query).status_code == 422


@pytest.mark.parametrize("given", ["x", "-1", "1.5", "٣", "9" * 19, "9" * 40])
def test_a_last_event_that_is_none(call: Call, given: str) -> None:
    answer = call("analyst").get("/events/stream", headers={b"Last-Event-ID": given.encode()})
    assert answer.status_code == 422


# --- streams ----------------------------------------------------------------------------------------------------------


def signed(service: Service, org: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {key_for(service, 'analyst', org)}"}


@contextmanager
def listened(url: str, headers: dict[str, str], **query: Any) -> Iterator[Iterator[tuple[int, dict[str, Any]]]]:
    """A stream, read as it comes: the id and data of each event. It is open when the block begins."""
    with httpx.stream("GET", f"{url}/events/stream", headers=headers, params=query, timeout=20) as answer:
        assert answer.status_code == 200, answer.read()
        assert answer.headers["content-type"].startswith("text/event-stream")
        lines = answer.iter_lines()
        assert next(lines) == ": requite"
        yield _events(lines)


def _events(lines: Iterator[str]) -> Iterator[tuple[int, dict[str, Any]]]:
    number = 0
    for line in lines:
        if line.startswith("id: "):
            number = int(line.removeprefix("id: "))
        if line.startswith("data: "):
            yield number, json.loads(line.removeprefix("data: "))


@pytest.fixture(autouse=True)
def _fast(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(listening, "EVERY", 0.02)


def test_a_stream_begins_now_and_goes_on_where_it_was_cut(service: Service, org: str) -> None:
    happen(service, "before")
    headers = signed(service, org)
    with served(service) as url:
        with listened(url, headers) as stream:
            happen(service, "S1", "S2")
            number, event = next(stream)
            assert event["subject"] == "S1"
            assert event["number"] == number
        happen(service, "S3")
        with listened(url, headers | {"Last-Event-ID": str(number)}) as stream:
            assert [next(stream)[1]["subject"] for _ in range(2)] == ["S2", "S3"]
        with listened(url, headers, after=0, kinds="finding.new") as stream:
            assert next(stream)[1]["subject"] == "before"


def test_a_stream_tells_of_the_kinds_and_the_organisation_that_are_asked_for(service: Service, org: str, other_org: str) -> None:
    with served(service) as url, listened(url, signed(service, org), kinds="run.finished") as stream:
        happen(service, "theirs", org=other_org, kind="run.finished")
        happen(service, "S1")
        happen(service, "R1", kind="run.finished")
        assert next(stream)[1]["subject"] == "R1"


def test_a_stream_says_how_far_it_looked(service: Service, org: str) -> None:
    happen(service, "S1")
    with served(service) as url:
        headers = signed(service, org)
        with httpx.stream("GET", f"{url}/events/stream", headers=headers, params={"kinds": "run.finished"}, timeout=20) as answer:
            lines = answer.iter_lines()
            begun = next(line for line in lines if line.startswith("id: "))
            happen(service, "S2")
            looked = next(line for line in lines if line.startswith("id: "))
        assert [begun, looked] == [f"id: {number}" for number in numbers(service, org)]
        removed(service, numbers(service, org)[0])
        with listened(url, headers | {"Last-Event-ID": looked.removeprefix("id: ")}) as stream:
            happen(service, "S3")
            assert next(stream)[1]["subject"] == "S3"


def numbers(service: Service, org: str) -> list[int]:
    with service.database.reading() as session:
        return list(session.scalars(select(Event.number).where(Event.org == org).order_by(Event.number)))


def test_there_is_an_end_to_streams(service: Service, org: str, other_org: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(routes, "PLACES", listening.Places(1))
    headers, others = signed(service, org), signed(service, other_org)
    with served(service) as url:
        with listened(url, headers):
            answer = httpx.get(f"{url}/events/stream", headers=headers, timeout=20)
            assert answer.status_code == 429
            assert answer.headers["retry-after"]
            with listened(url, others):
                pass
        until = time.monotonic() + 20
        while routes.PLACES.is_full(org) and time.monotonic() < until:
            time.sleep(0.02)
        with listened(url, headers):
            pass


def test_the_head_of_a_stream_ends_at_once(service: Service, org: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(routes, "PLACES", listening.Places(1))
    headers = signed(service, org)
    with served(service) as url:
        for _ in range(3):
            answer = httpx.head(f"{url}/events/stream", headers=headers, timeout=20)
            assert (answer.status_code, answer.content) == (200, b"")
            assert answer.headers["content-type"].startswith("text/event-stream")
            until = time.monotonic() + 20
            while routes.PLACES.is_full(org) and time.monotonic() < until:
                time.sleep(0.02)
        with listened(url, headers):
            pass
        assert httpx.head(f"{url}/health").headers["content-length"] == httpx.get(f"{url}/health").headers["content-length"]


def test_a_moment_is_told_alike_in_pages_and_streams(service: Service, org: str, call: Call) -> None:
    happen(service, "S1")
    [listed] = call("analyst").get("/events").json()["items"]
    with served(service) as url, listened(url, signed(service, org), after=0) as stream:
        assert next(stream)[1]["at"] == listed["at"]
    assert listed["at"].endswith("Z")


def test_a_stream_ends_by_itself(service: Service, org: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(listening, "LONGEST_STREAM", 0.1)
    happen(service, "S1")
    with served(service) as url, listened(url, signed(service, org), after=0) as stream:
        assert [event["subject"] for _, event in stream] == ["S1"]
