"""What holds for every route: problems, the door, headers, limits, ETags, pages, the OpenAPI document."""

from __future__ import annotations

import asyncio
import json
import logging
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import Annotated, Any

import anyio.to_thread
import psycopg
import pytest
from fastapi import APIRouter, FastAPI, Request, Response
from limits import RateLimitItemPerMinute
from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy import QueuePool, event, insert, select
from sqlalchemy.exc import OperationalError

from requite.api.identity import Role
from requite.api.service import door, idempotency, limiting
from requite.api.service.app import create_app
from requite.api.service.dependencies import Caller, TheService
from requite.api.service.document import openapi_document
from requite.api.service.etags import answer_tagged, demand_tag, tag_of
from requite.api.service.idempotency import Once, hiding
from requite.api.service.json_bodies import wrong_json
from requite.api.service.logs import take_over
from requite.api.service.metrics import REGISTRY
from requite.api.service.paging import Page, Pages, cursor_of, page_of
from requite.api.service.service import Service
from requite.api.service.settings import ServiceSettings
from requite.api.store import idempotency as store
from requite.api.store import keys
from requite.api.store.database import Database, is_away, is_full, open_database
from requite.api.store.schema import AuditEntry, Event
from requite.engine.reading.problems import problem as data_problem
from tests.service.service_fixtures import MakeSettings
from tests.service.support import ORG, Call, TestClient, key_for, problem, sound

router = APIRouter()


class Thing(BaseModel):
    model_config = ConfigDict(extra="forbid")

    name: str = Field(max_length=10)
    number: int = Field(le=2**31)
    anything: dict[str, Any] = Field(default_factory=dict)


class Numbers(BaseModel):
    made: int
    secret: str | None = None


MADE: list[str] = []


@router.post("/things", status_code=201)
def make_thing(service: TheService, actor: Caller, _: Once, thing: Thing) -> Numbers:
    if thing.name == "refuse":
        raise data_problem("wrong-kind", "that is none", record="claim")
    if thing.name == "fault":
        raise RuntimeError("patient 943 476 5919")
    with service.database.writing() as session:
        session.execute(insert(Event).values(org=actor.org, kind="run.finished", subject="x", payload={}, at=_now(), id=_id()))
    MADE.append(thing.name)
    return Numbers(made=len(MADE))


@router.post("/secrets", status_code=201)
def make_secret(_actor: Caller, _: Annotated[None, hiding("secret")]) -> Numbers:
    return Numbers(made=1, secret="hush")


@router.get("/tagged/{revision}")
def tagged(request: Request, response: Response, revision: int) -> Numbers:
    answer_tagged(request, response, tag_of("thing", revision))
    return Numbers(made=revision)


@router.put("/tagged/{revision}")
def change(request: Request, revision: int) -> Numbers:
    demand_tag(request, tag_of("thing", revision))
    return Numbers(made=revision + 1)


@router.get("/entries")
def entries(service: TheService, actor: Caller, pages: Pages, newest: bool = False) -> Page[int]:
    wanted = select(AuditEntry).where(AuditEntry.org == actor.org)
    with service.database.reading() as session:
        order = (AuditEntry.at, AuditEntry.number)
        return page_of(session, wanted, order, pages, lambda entry: int(entry.number), newest_first=newest)


def _now() -> Any:
    from datetime import UTC, datetime

    return datetime.now(UTC)


def _id() -> str:
    from requite.api.store.columns import new_id

    return new_id()


@pytest.fixture
def app(service: Service) -> FastAPI:
    MADE.clear()
    made = create_app(service)
    made.include_router(router)
    return made


@pytest.fixture
def client(app: FastAPI, service: Service) -> Iterator[TestClient]:
    with TestClient(app, headers={"Authorization": f"Bearer {key_for(service, 'admin')}"}) as found:
        yield found


THING = {"name": "one", "number": 1}

# --- problems ---------------------------------------------------------------------------------------------------------


def test_an_address_with_nothing_at_it(client: TestClient) -> None:
    problem(client.get("/nowhere"), 404, "no-such-address")


def test_a_method_that_an_address_does_not_have(client: TestClient) -> None:
    answer = client.delete("/things")
    problem(answer, 405, "wrong-method")
    assert answer.headers["allow"] == "POST"


@pytest.mark.parametrize(
    "path", ["/health", "/ready", "/me", "/openapi.json", "/tagged/1", "/entries?limit=1", "/nowhere", "/things"]
)
def test_the_head_of_an_answer_is_that_of_a_get_without_its_body(client: TestClient, path: str) -> None:
    got, headed = client.get(path), client.head(path)
    assert (headed.status_code, headed.content) == (got.status_code, b"")
    own = {"x-request-id", "date", "ratelimit-remaining", "ratelimit-reset"}
    assert {name: value for name, value in headed.headers.items() if name not in own} == {
        name: value for name, value in got.headers.items() if name not in own
    }
    assert 'requite_requests_total{method="HEAD",route="/health",status="200"}' in client.get("/metrics").text or path != "/health"


def test_the_head_of_an_answer_is_for_whom_the_answer_is(app: FastAPI, service: Service) -> None:
    hospital = TestClient(app, headers={"Authorization": f"Bearer {key_for(service, 'hospital')}"})
    for path, status in (("/challenges", 200), ("/decisions", 403), ("/audit", 403)):
        assert (hospital.head(path).status_code, hospital.get(path).status_code) == (status, status)
    assert TestClient(app).head("/challenges").status_code == 401
    wrong = hospital.delete("/health")
    problem(wrong, 405, "wrong-method")
    assert wrong.headers["allow"] == "GET, HEAD"


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/entries?after=%FF", 422),
        ("/me?check=%FF", 422),
        ("/me?check=%C3", 422),
        ("/me?check=%ED%A0%80", 422),
        ("/%FF", 422),
        ("/entries?limit=%31", 200),
        ("/health?%C3%A9=1", 200),
        ("/%C3%A9", 404),
    ],
)
def test_an_address_is_in_utf8(client: TestClient, path: str, status: int) -> None:
    answer = client.get(path)
    assert answer.status_code == status, answer.text
    if status == 422:
        told = problem(answer, 422, "wrong-request")
        assert told["detail"] == "the address is not in UTF-8"
        assert "é as %C3%A9" in told["help"]


def test_each_field_that_is_wrong_is_named(client: TestClient) -> None:
    told = problem(client.post("/things", json={"name": "far too long a name", "number": "x", "more": 1}), 422, "wrong-request")
    assert [error["detail"]["path"] for error in told["errors"]] == [["name"], ["number"], ["more"]]
    assert all(error["code"] == "wrong-value" and error["message"] for error in told["errors"])
    assert "far too long" not in json.dumps(told), "what was sent may be secret"


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        (b"{", 400, "wrong-json"),
        (b'{"name": "\xff"}', 400, "wrong-json"),
        (b'{"name": "\xed\xa0\x80", "number": 1}', 400, "wrong-json"),
        (json.dumps(THING).encode("utf-16"), 400, "wrong-json"),
        (b'{"name": "\\u0000", "number": 1}', 422, "wrong-request"),
        (b'{"name": "a", "number": 1, "anything": {"\\u0000": 1}}', 422, "wrong-request"),
        (b'{"name": "\\ud800", "number": 1}', 422, "wrong-request"),
        (b'{"name": "a", "number": 1, "anything": {"a": "\\uDC00"}}', 422, "wrong-request"),
        (b'{"name": "a", "number": NaN}', 422, "wrong-request"),
        (b'{"name": "a", "number": 1, "anything": {"a": [-Infinity]}}', 422, "wrong-request"),
        (b'{"name": "a", "number": ' + b"9" * 5000 + b"}", 400, "unreadable-request"),
        (b'{"name": "a", "number": 99999999999999999999}', 422, "wrong-request"),
        (b"[" * 100_000, 422, "too-deep"),
        (b'{"name": "a", "number": 1, "anything": ' + b'{"a":' * 65 + b"1" + b"}" * 66, 422, "too-deep"),
        (b'"' + b'\\"' * 200_000, 400, "wrong-json"),
        (b"null", 422, "wrong-request"),
        (b"", 422, "wrong-request"),
    ],
    ids=lambda value: None if isinstance(value, bytes) else str(value),
)
def test_json_that_cannot_be_kept_or_read(client: TestClient, body: bytes, status: int, code: str) -> None:
    problem(client.post("/things", content=body, headers={"Content-Type": "application/json"}), status, code)


@pytest.mark.parametrize(
    "anything", [{"a": "\\u0000 in words"}, {"a": "NaN"}, {"a": "😀"}, {"a": [[[["Infinity"]]]]}, {"a": '{"[' * 80}], ids=str
)
def test_json_that_only_looks_so(client: TestClient, anything: dict[str, Any]) -> None:
    sound(client.post("/things", json=THING | {"anything": anything}), 201)


def test_a_body_that_is_not_json(client: TestClient) -> None:
    problem(client.post("/things", content="name=one", headers={"Content-Type": "text/plain"}), 415, "wrong-type")
    problem(client.post("/things", data={"name": "one"}), 415, "wrong-type")


def test_nul_in_the_address(client: TestClient) -> None:
    problem(client.get("/entries?after=%00"), 422, "wrong-request")
    problem(client.get("/tagged/%00"), 422, "wrong-request")


def test_errors_of_the_engine_keep_their_shape(client: TestClient) -> None:
    told = problem(client.post("/things", json=THING | {"name": "refuse"}), 422, "wrong-kind")
    shape = {"code": "wrong-kind", "record": "claim", "file": "", "message": "that is none", "help": "", "detail": {}}
    assert told["errors"] == [shape]


def test_a_fault_tells_nothing_of_itself(service: Service, capfd: pytest.CaptureFixture[str]) -> None:
    app = create_app(service)
    app.include_router(router)
    with TestClient(app, headers={"Authorization": f"Bearer {key_for(service, 'admin')}"}) as client:
        answer = client.post("/things", json=THING | {"name": "fault"}, headers={"X-Request-ID": "my-request-1"})
    told = problem(answer, 500, "internal")
    assert told["request"] == "my-request-1"
    assert "943 476" not in answer.text
    logged = capfd.readouterr().err
    assert "943 476" not in logged
    fault = json.loads(logged.splitlines()[0])
    assert (fault["event"], fault["fault"], fault["request"], fault["route"]) == (
        "fault",
        "RuntimeError",
        "my-request-1",
        "/things",
    )
    assert any("make_thing" in frame for frame in fault["where"])


# --- the door ---------------------------------------------------------------------------------------------------------


def test_every_answer_is_dressed(client: TestClient) -> None:
    for path in ("/health", "/nowhere", "/me"):
        headers = client.get(path).headers
        assert headers["x-content-type-options"] == "nosniff"
        assert "frame-ancestors 'none'" in headers["content-security-policy"]
        assert headers["referrer-policy"] == "no-referrer"
        assert headers["cache-control"] == "no-store"
        assert len(headers["x-request-id"]) == 26


@pytest.mark.parametrize("given", ["short", "a" * 101, "with a space", "semi;colon-and-more"])
def test_an_id_that_is_not_sane_is_replaced(client: TestClient, given: str) -> None:
    assert client.get("/health", headers={"X-Request-ID": given}).headers["x-request-id"] != given


@pytest.mark.parametrize("host", ["", "a b", "evil/path", "x@y", "a:b", "ä".encode()])
def test_a_host_that_is_none(client: TestClient, host: str | bytes) -> None:
    problem(client.get("/health", headers={"Host": host}), 400, "wrong-host")


def test_only_hosts_that_are_named(make_settings: MakeSettings, service: Service) -> None:
    service.settings = make_settings(hosts="requite.example, localhost")
    with TestClient(create_app(service)) as client:
        sound(client.get("/health", headers={"Host": "Requite.Example:8443"}))
        problem(client.get("/health", headers={"Host": "evil.example"}), 400, "wrong-host")


def test_a_body_that_is_too_large(make_settings: MakeSettings, service: Service) -> None:
    service.settings = make_settings(most_body=1000)
    app = create_app(service)
    app.include_router(router)
    body = json.dumps(THING | {"anything": {"a": "x" * 1000}}).encode()
    with TestClient(app, headers={"Authorization": f"Bearer {key_for(service, 'admin')}"}) as client:
        problem(client.post("/things", content=body, headers={"Content-Type": "application/json"}), 413, "too-large")
        in_parts = iter([body[:600], body[600:]])
        problem(client.post("/things", content=in_parts, headers={"Content-Type": "application/json"}), 413, "too-large")
        in_parts = iter([body[:600], body[600:]])
        problem(client.post("/things", content=in_parts, headers={"Content-Type": "text/plain"}), 413, "too-large")
        sound(client.post("/things", json=THING), 201)


def test_the_log_names_routes_and_callers_and_nothing_that_was_sent(
    make_settings: MakeSettings, service: Service, capfd: pytest.CaptureFixture[str]
) -> None:
    service.settings = make_settings(log_level="INFO")
    app = create_app(service)
    app.include_router(router)
    with TestClient(app, headers={"Authorization": f"Bearer {key_for(service, 'admin')}"}) as client:
        client.post("/things", json=THING | {"anything": {"patient": "9434765919"}})
        client.post("/things?patient=9434765919", json=THING)
        client.get("/patients/9434765919")
        client.get("/tagged/9434765919")
    logged = capfd.readouterr().err
    assert "9434765919" not in logged
    first, refused, second, third = (json.loads(line) for line in logged.splitlines())
    assert {name: first[name] for name in ("event", "method", "route", "status", "org", "actor", "role")} == {
        "event": "request",
        "method": "POST",
        "route": "/things",
        "status": 201,
        "org": ORG,
        "actor": "the admin",
        "role": "admin",
    }
    assert first["ms"] >= 0
    assert (refused["route"], refused["status"]) == ("/things", 422)
    assert (second["route"], second["status"]) == ("none", 404)
    assert third["route"] == "/tagged/{revision}"


def test_what_libraries_log_loses_its_exceptions_words(capfd: pytest.CaptureFixture[str]) -> None:
    root = logging.getLogger()
    before, level = root.handlers[:], root.level
    try:
        take_over("INFO")
        try:
            raise ValueError("patient Quennell")
        except ValueError:
            logging.getLogger("some.library").exception("it failed")
    finally:
        root.handlers[:] = before
        root.setLevel(level)
    logged = capfd.readouterr().err
    assert "Quennell" not in logged
    assert json.loads(logged)["fault"] == "ValueError"


# --- limits -----------------------------------------------------------------------------------------------------------


def test_a_caller_who_asks_too_much(make_settings: MakeSettings, service: Service) -> None:
    service.settings = make_settings(requests_per_minute=3)
    ann, bob = key_for(service, "admin", name="Ann"), key_for(service, "admin", name="Bob")
    with TestClient(create_app(service)) as client:
        left = []
        for _ in range(3):
            answer = client.get("/me", headers={"Authorization": f"Bearer {ann}"})
            left.append(answer.headers["ratelimit-remaining"])
            sound(answer)
        assert left == ["2", "1", "0"]
        refused = client.get("/me", headers={"Authorization": f"Bearer {ann}"})
        problem(refused, 429, "too-many-requests")
        assert 0 <= int(refused.headers["retry-after"]) <= 60
        assert refused.headers["ratelimit-limit"] == "3"
        sound(client.get("/me", headers={"Authorization": f"Bearer {bob}"}))


def test_callers_of_one_name_have_each_their_own(make_settings: MakeSettings, service: Service) -> None:
    service.settings = make_settings(requests_per_minute=1)
    app = create_app(service)
    for _ in range(2):
        with TestClient(app, headers={"Authorization": f"Bearer {key_for(service, 'admin', name='Ann')}"}) as client:
            sound(client.get("/me"))
            problem(client.get("/me"), 429, "too-many-requests")


def test_a_minute_that_is_over_counts_no_more(monkeypatch: pytest.MonkeyPatch) -> None:
    moment = [1_000.0]
    monkeypatch.setattr("requite.api.service.limiting.time.time", lambda: moment[0])
    windows = limiting.Windows()
    assert [windows.incr("ann", 60), windows.incr("ann", 60), windows.incr("bob", 60)] == [1, 2, 1]
    assert windows.get_expiry("ann") == 1_060.0
    moment[0] = 1_060.0
    assert windows.get("ann") == 0
    assert windows.incr("ann", 60) == 1
    assert windows.get_expiry("ann") == 1_120.0
    windows.clear("ann")
    assert [windows.get("ann"), windows.reset(), windows.get("bob")] == [0, 1, 0]


def test_callers_who_are_gone_take_up_no_room(monkeypatch: pytest.MonkeyPatch) -> None:
    moment = [1_000.0]
    monkeypatch.setattr("requite.api.service.limiting.time.time", lambda: moment[0])
    windows = limiting.Windows()
    for number in range(3 * limiting.FEW):
        windows.incr(f"address {number}", 60)
        moment[0] += 1
    assert windows.reset() <= limiting.FEW


def test_a_body_counts_once(make_settings: MakeSettings, service: Service) -> None:
    service.settings = make_settings(requests_per_minute=2)
    app = create_app(service)
    app.include_router(router)
    with TestClient(app, headers={"Authorization": f"Bearer {key_for(service, 'admin')}"}) as client:
        assert client.post("/things", json=THING).headers["ratelimit-remaining"] == "1"


def test_somebody_who_never_says_who_calls(service: Service, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limiting, "UNSIGNED", RateLimitItemPerMinute(2))
    with TestClient(create_app(service)) as client:
        assert [client.get("/me").status_code, client.post("/claims", json={}).status_code] == [401, 401]
        problem(client.get("/me"), 429, "too-many-requests")
        problem(client.post("/claims", json={}), 429, "too-many-requests")
        sound(client.get("/health"))


# --- bodies -----------------------------------------------------------------------------------------------------------


class Body:
    """A body that comes in parts, the last of which may never come; counts how many were asked for."""

    def __init__(self, *parts: bytes) -> None:
        self.parts = list(parts)
        self.given = 0

    async def receive(self) -> dict[str, Any]:
        if not self.parts:
            await asyncio.sleep(60)
        self.given += 1
        return {"type": "http.request", "body": self.parts.pop(0), "more_body": True}


def told_of(app: FastAPI, body: Body, path: str = "/things", **headers: str) -> tuple[int, dict[str, Any]]:
    """What is answered to a POST whose body is not all there."""
    sent: list[Any] = []

    async def send(message: Any) -> None:
        sent.append(message)

    asyncio.run(app(scope_of(path, headers), body.receive, send))
    return sent[0]["status"], json.loads(b"".join(message.get("body", b"") for message in sent[1:]))


def scope_of(path: str, headers: Mapping[str, str]) -> dict[str, Any]:
    """What a server says of a POST."""
    named = {"host": "localhost", "content-type": "application/json"} | dict(headers)
    return {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": "POST",
        "scheme": "http",
        "path": path,
        "raw_path": path.encode(),
        "root_path": "",
        "query_string": b"",
        "headers": [(name.encode(), value.encode()) for name, value in named.items()],
        "client": ("127.0.0.1", 1),
        "server": ("localhost", 80),
    }


def test_a_request_that_breaks_off_is_no_fault_of_requite(app: FastAPI) -> None:
    faults = REGISTRY.get_sample_value("requite_problems_total", {"code": "internal"}) or 0

    @app.post("/read")
    async def read(request: Request) -> int:
        return len(await request.body())

    body = Body()
    body.receive = gone  # type: ignore[method-assign]
    status, told = told_of(app, body, "/read", **{"content-type": "text/plain"})
    assert (status, told["type"]) == (400, "urn:requite:problem:unreadable-request")
    assert (REGISTRY.get_sample_value("requite_problems_total", {"code": "internal"}) or 0) == faults


async def gone() -> dict[str, Any]:
    return {"type": "http.disconnect"}


def test_a_request_that_is_cut_off_when_the_service_stops_is_told_so(service: Service) -> None:
    """It was still at work when the service had waited long enough."""
    sent: list[Any] = []
    begun: list[bool] = []

    async def send(message: Any) -> None:
        sent.append(message)

    async def at_work(*_: Any) -> None:
        begun.append(True)
        await asyncio.sleep(30)

    async def stopped() -> None:
        waiting = door.Door(at_work, service.settings)(scope_of("/things", {"content-type": "text/plain"}), gone, send)
        task = asyncio.create_task(waiting)
        async with asyncio.timeout(10):
            while not begun:
                await asyncio.sleep(0.01)
        task.cancel()
        await task

    asyncio.run(stopped())
    assert sent[0]["status"] == 503
    told = json.loads(sent[1]["body"])
    assert told["type"] == "urn:requite:problem:stopping"
    assert told["request"]


@pytest.mark.parametrize("headers", [{}, {"authorization": "Bearer rq_wrong"}, {"authorization": "Basic YTpi"}], ids=str)
@pytest.mark.parametrize("path", ["/things", "/nowhere"])
def test_a_body_is_not_read_before_it_is_known_who_sends_it(app: FastAPI, headers: dict[str, str], path: str) -> None:
    body = Body(b"[" * 1000)
    status, told = told_of(app, body, path, **headers)
    assert (status, told["status"], body.given) == (401, 401, 0)


def test_a_store_that_is_away_while_it_is_asked_who_calls(app: FastAPI, monkeypatch: pytest.MonkeyPatch) -> None:
    def away(*_: object) -> None:
        raise OperationalError("", {}, Exception(), connection_invalidated=True)

    monkeypatch.setattr(keys, "actor_of", away)
    body = Body(b"{}")
    status, told = told_of(app, body, authorization="Bearer rq_x")
    assert (status, told["type"], body.given) == (503, "urn:requite:problem:store-away", 0)


@contextmanager
def crowded(database: Database, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A store all of whose connections are at work."""
    pool = database.engine.pool
    assert isinstance(pool, QueuePool)
    with ExitStack() as held, monkeypatch.context() as hasty:
        hasty.setattr(pool, "_timeout", 0.01)
        for _ in range(pool.size() + pool._max_overflow):
            held.enter_context(database.engine.connect())
        yield


@pytest.mark.parametrize("headers", [{}, {"Idempotency-Key": "k"}], ids=["once", "under a key"])
@pytest.mark.parametrize("kind_sent", ["application/json", "text/plain"])
def test_a_store_without_a_free_connection(
    client: TestClient,
    service: Service,
    headers: dict[str, str],
    kind_sent: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    counted = REGISTRY.get_sample_value("requite_problems_total", {"code": "store-busy"}) or 0
    with crowded(service.database, monkeypatch):
        told = client.post("/things", content=json.dumps(THING), headers={"Content-Type": kind_sent, **headers})
        said = problem(told, 503, "store-busy")
    assert told.headers["Retry-After"] == "5"
    assert said["detail"] == "all connections to the store are in use"
    logged = [json.loads(line) for line in capsys.readouterr().err.splitlines()]
    assert "store busy" in {line["event"] for line in logged if line["request"] == said["request"]}
    assert REGISTRY.get_sample_value("requite_problems_total", {"code": "store-busy"}) == counted + 1
    assert sound(client.post("/things", json=THING, headers=headers), 201)
    assert MADE == ["one"]


@pytest.mark.parametrize("headers", [{}, {"Idempotency-Key": "k"}], ids=["once", "under a key"])
def test_a_route_that_finds_no_connection_free(
    app: FastAPI, client: TestClient, service: Service, headers: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    busy = [True]

    @app.post("/late")
    def late(_actor: Caller, _: Once) -> Numbers:
        with suppress(IndexError), crowded(service.database, monkeypatch):
            busy.pop()
            with service.database.writing() as session:
                session.execute(select(1))
        return Numbers(made=1)

    problem(client.post("/late", headers=headers), 503, "store-busy")
    assert sound(client.post("/late", headers=headers))["made"] == 1


def test_readiness_is_told_at_once_while_no_connection_is_free(
    client: TestClient, service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nobody who asks waits for a connection, and none is left waiting for one."""
    assert sound(client.get("/ready"))["store"] == "ready"
    with crowded(service.database, monkeypatch):
        monkeypatch.setattr(service.database.engine.pool, "_timeout", 60)
        began = time.monotonic()
        told = sound(client.get("/ready"), 503)
        assert time.monotonic() - began < 5
        assert (told["status"], told["store"]) == ("not ready", "has no connection free")
    assert sound(client.get("/ready"))["store"] == "ready"


def test_readiness_waits_a_moment_for_a_connection(client: TestClient, service: Service, monkeypatch: pytest.MonkeyPatch) -> None:
    """That all are at work for an instant is no trouble."""
    held = threading.Event()

    def work() -> None:
        with crowded(service.database, monkeypatch):
            held.set()
            time.sleep(0.2)

    thread = threading.Thread(target=work)
    thread.start()
    assert held.wait(20)
    assert sound(client.get("/ready"))["store"] == "ready"
    thread.join()


def test_readiness_does_not_wait_for_a_store_that_hangs(client: TestClient, call: Call, monkeypatch: pytest.MonkeyPatch) -> None:
    """However often it is asked meanwhile; and whoever lives says so."""
    ends = threading.Event()

    def hang(_: Database) -> str:
        assert ends.wait(60)
        return "ready"

    monkeypatch.setattr("requite.api.service.routes.health.PATIENCE", 0.1)
    monkeypatch.setattr("requite.api.service.routes.health.state", hang)
    try:
        for _ in range(4):
            began = time.monotonic()
            assert sound(client.get("/ready"), 503)["store"] == "does not answer"
            assert time.monotonic() - began < 5
        assert sound(call(None).get("/health"))["status"] == "alive"
    finally:
        ends.set()


@contextmanager
def full(database: Database) -> Iterator[None]:
    """A store on whose disk nothing more can be written."""

    def refuse(*told: Any) -> None:
        if told[4].isinsert or told[4].isupdate or told[4].isdelete:
            raise OperationalError("", {}, _no_room(database))

    event.listen(database.engine, "before_cursor_execute", refuse)
    yield
    event.remove(database.engine, "before_cursor_execute", refuse)


def _no_room(database: Database) -> Exception:
    if not database.is_sqlite:
        return psycopg.errors.DiskFull()
    error = sqlite3.OperationalError("database or disk is full")
    error.sqlite_errorcode = sqlite3.SQLITE_FULL
    return error


@pytest.mark.parametrize("headers", [{}, {"Idempotency-Key": "k"}], ids=["once", "under a key"])
def test_a_disk_that_is_full(
    client: TestClient,
    service: Service,
    headers: dict[str, str],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr(idempotency, "PAUSE", 0.01)
    assert sound(client.get("/ready"))["store"] == "ready"
    with full(service.database):
        told = client.post("/things", json=THING, headers=headers)
        said = problem(told, 503, "store-full")
        assert "room" in said["help"]
        assert told.headers["Retry-After"]
        logged = [json.loads(line) for line in capsys.readouterr().err.splitlines()]
        assert "store full" in {line["event"] for line in logged if line["request"] == said["request"]}
        assert sound(client.get("/ready"), 503)["store"] == "is full"
    assert sound(client.get("/ready"), 503)["store"] == "is full"
    monkeypatch.setattr("requite.api.store.database.FULL_SECONDS", 0)
    assert sound(client.get("/ready"))["store"] == "ready"
    ends = time.monotonic() + 20
    while (answer := client.post("/things", json=THING, headers=headers)).status_code == 409 and time.monotonic() < ends:
        time.sleep(0.02)
    assert (answer.status_code, MADE) == (201, ["one"])


def test_a_request_sent_again_while_the_store_is_full(client: TestClient, service: Service) -> None:
    headers = {"Idempotency-Key": "k"}
    with full(service.database):
        for _ in range(3):
            problem(client.post("/things", json=THING, headers=headers), 503, "store-full")
    # Nothing was put down, so nobody has to wait until something is forgotten.
    sound(client.post("/things", json=THING, headers=headers), 201)
    assert MADE == ["one"]


def test_a_request_whose_beginning_fails_is_not_under_way_for_ever(client: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    headers = {"Idempotency-Key": "k"}
    with monkeypatch.context() as broken:
        broken.setattr("requite.api.store.idempotency._here", lambda: 1 / 0)
        for _ in range(2):
            problem(client.post("/things", json=THING, headers=headers), 500, "internal")
    assert sound(client.post("/things", json=THING, headers=headers), 201)
    assert MADE == ["one"]


OTHER_PROCESS = """
import sys
from sqlalchemy import select
from requite.api.store import idempotency as store
from requite.api.store.database import open_database
from requite.api.store.schema import Idempotency

database = open_database(sys.argv[1])
with database.writing() as session:
    row = session.scalars(select(Idempotency)).one_or_none()
    found = store.begin(session, row.org, row.caller, row.key, row.route, row.request) if row else store.New()
    session.rollback()
print(type(found).__name__)
database.close()
"""


@pytest.mark.parametrize("does_something", [False, True])
def test_another_process_learns_that_a_request_ended_with_a_full_store(
    app: FastAPI, client: TestClient, database_url: str, monkeypatch: pytest.MonkeyPatch, does_something: bool
) -> None:
    """As soon as the one that did it can put it down: that may be done anew, or that something of it was done."""
    monkeypatch.setattr(idempotency, "PAUSE", 0.01)

    @app.post("/large", status_code=201)
    def large(service: TheService, actor: Caller, _: Once) -> Numbers:
        if does_something:
            make_thing(service, actor, None, Thing(name="one", number=1))
        still_full.enter_context(full(service.database))
        make_thing(service, actor, None, Thing(name="two", number=2))
        return Numbers(made=2)

    def elsewhere() -> str:
        told = [sys.executable, "-c", OTHER_PROCESS, database_url]
        return subprocess.run(told, check=True, timeout=60, capture_output=True, text=True).stdout.strip()

    with ExitStack() as still_full:
        problem(client.post("/large", headers={"Idempotency-Key": "k"}), 503, "store-full")
        assert elsewhere() == "Running"
    ends = time.monotonic() + 60
    while (found := elsewhere()) == "Running" and time.monotonic() < ends:
        time.sleep(0.02)
    assert found == ("Lost" if does_something else "New")


def test_a_request_under_way_when_the_store_became_full(app: FastAPI, client: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(idempotency, "PAUSE", 0.01)
    headers = {"Idempotency-Key": "k"}
    tries = [0]

    @app.post("/large", status_code=201)
    def large(service: TheService, actor: Caller, _: Once) -> Numbers:
        tries[0] += 1
        if tries[0] == 1:
            still_full.enter_context(full(service.database))
        make_thing(service, actor, None, Thing(name="one", number=1))
        return Numbers(made=tries[0])

    with ExitStack() as still_full:
        for _ in range(3):
            problem(client.post("/large", headers=headers), 503, "store-full")
        assert tries == [1]
    ends = time.monotonic() + 20
    while (answer := client.post("/large", headers=headers)).status_code == 503 and time.monotonic() < ends:
        time.sleep(0.02)
    assert sound(answer, 201)["made"] == 2
    assert MADE == ["one"]


def test_a_log_that_cannot_be_written(client: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    with Path("/dev/full").open("w", encoding="utf-8") as full:
        monkeypatch.setattr(sys, "stderr", full)
        problem(client.post("/things", json=THING | {"name": "fault"}), 500, "internal")
        assert sound(client.post("/things", json=THING), 201)
        monkeypatch.undo()
        with suppress(OSError):
            full.close()


def test_sqlite_that_is_full(tmp_path: Path) -> None:
    database = open_database(f"sqlite:///{tmp_path / 'full.db'}")
    with database.engine.connect() as connection:
        connection.exec_driver_sql("CREATE TABLE kept (a)")
        connection.exec_driver_sql("PRAGMA max_page_count=10")
        with pytest.raises(OperationalError) as caught:
            connection.exec_driver_sql("INSERT INTO kept VALUES (zeroblob(1000000))")
    database.close()
    assert is_full(caught.value)
    assert not is_away(caught.value)


def test_a_body_that_stops_coming(app: FastAPI, service: Service, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(door, "PATIENCE", 0.05)
    signed = {"authorization": f"Bearer {key_for(service, 'admin')}"}
    for kind in ("application/json", "text/plain"):
        status, told = told_of(app, Body(b'{"name":'), **signed, **{"content-type": kind})
        assert (status, told["type"]) == (408, "urn:requite:problem:too-slow")


def test_long_json_is_looked_at_in_a_thread(client: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    looked: list[str] = []

    def look(_: bytes) -> None:
        looked.append(threading.current_thread().name)

    monkeypatch.setattr(door, "wrong_json", look)
    for size in (10, door.SHORT):
        client.post("/things", json=THING | {"anything": {"x": "x" * size}})
    assert ["worker" in name.lower() for name in looked] == [False, True], looked


@pytest.mark.parametrize(
    ("body", "deep"),
    [
        (b"[" * 64 + b"]" * 64, False),
        (b"[" * 65 + b"]" * 65, True),
        (b'{"a":' * 65 + b"1" + b"}" * 65, True),
        (b"[" + b"[]," * 1000 + b"{}]", False),
        (b'["' + b"[" * 1000 + b'"]', False),
        (b'["\\"' + b"[" * 1000 + b'"]', False),
        (b"[" * 1000, True),
    ],
)
def test_how_deep_json_is(body: bytes, deep: bool) -> None:
    found = wrong_json(body)
    assert (found is not None and found.code == "too-deep") is deep


def test_somebody_who_guesses_keys(service: Service) -> None:
    key = key_for(service, "admin")
    with TestClient(create_app(service)) as client:
        answers = [client.get("/me", headers={"Authorization": f"Bearer rq_{number}"}).status_code for number in range(31)]
        assert answers == [401] * 30 + [429]
        problem(client.get("/me", headers={"Authorization": f"Bearer {key}"}), 429, "too-many-requests")
        sound(client.get("/health"))
    with TestClient(create_app(service), client=("10.0.0.2", 1)) as elsewhere:
        sound(elsewhere.get("/me", headers={"Authorization": f"Bearer {key}"}))


# --- idempotency ------------------------------------------------------------------------------------------------------


def test_a_request_that_is_sent_again_is_not_done_again(client: TestClient) -> None:
    first = client.post("/things", json=THING, headers={"Idempotency-Key": "k-1"})
    again = client.post("/things", json=THING, headers={"Idempotency-Key": "k-1"})
    assert sound(first, 201) == sound(again, 201) == {"made": 1, "secret": None}
    assert "idempotent-replayed" not in first.headers
    assert again.headers["idempotent-replayed"] == "true"
    assert again.headers["content-type"] == first.headers["content-type"]
    assert again.headers["x-request-id"] != first.headers["x-request-id"]
    assert sound(client.post("/things", json=THING, headers={"Idempotency-Key": "k-2"}), 201)["made"] == 2
    assert sound(client.post("/things", json=THING), 201)["made"] == 3


@pytest.mark.parametrize("second", ["k-2", "k-1", ""])
def test_a_key_that_is_said_twice(client: TestClient, second: str) -> None:
    headers = [("Idempotency-Key", "k-1"), ("Idempotency-Key", second)]
    told = problem(client.post("/things", json=THING, headers=headers), 422, "wrong-key")
    assert (told["detail"], told["help"]) == ("Idempotency-Key is said more than once", "Send one key with a request.")
    assert MADE == []


def test_a_key_of_another_request(client: TestClient) -> None:
    sound(client.post("/things", json=THING, headers={"Idempotency-Key": "k-1"}), 201)
    other = client.post("/things", json=THING | {"number": 2}, headers={"Idempotency-Key": "k-1"})
    problem(other, 422, "key-in-use")
    problem(client.post("/secrets", headers={"Idempotency-Key": "k-1"}), 422, "key-in-use")
    assert MADE == ["one"]


def test_a_key_is_its_callers_own(app: FastAPI, client: TestClient, service: Service) -> None:
    sound(client.post("/things", json=THING, headers={"Idempotency-Key": "k-1"}), 201)
    for org, name in ((ORG, "Bob"), ("merton", "the admin")):
        headers = {"Authorization": f"Bearer {key_for(service, 'admin', org=org, name=name)}", "Idempotency-Key": "k-1"}
        answer = TestClient(app, headers=headers).post("/things", json=THING)
        sound(answer, 201)
        assert "idempotent-replayed" not in answer.headers
    assert len(MADE) == 3


def test_a_key_is_not_that_of_another_caller_of_the_same_name(app: FastAPI, service: Service) -> None:
    for provider in ("RAX", "RBX"):
        secret = key_for(service, "hospital", provider=provider, name="finance")
        headers = {"Authorization": f"Bearer {secret}", "Idempotency-Key": "2010-07"}
        answer = TestClient(app, headers=headers).post("/things", json=THING)
        sound(answer, 201)
        assert "idempotent-replayed" not in answer.headers
        assert TestClient(app, headers=headers).post("/things", json=THING).headers["idempotent-replayed"] == "true"
    assert len(MADE) == 2


def test_what_was_refused_can_be_tried_again(client: TestClient) -> None:
    problem(client.post("/things", json=THING | {"name": "refuse"}, headers={"Idempotency-Key": "k-1"}), 422, "wrong-kind")
    problem(client.post("/things", json=THING | {"name": "fault"}, headers={"Idempotency-Key": "k-1"}), 500, "internal")
    sound(client.post("/things", json=THING, headers={"Idempotency-Key": "k-1"}), 201)


def test_a_process_that_died_before_its_answer_was_kept(client: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    def die(*_: object) -> None:
        raise RuntimeError("killed")

    with monkeypatch.context() as dying:
        dying.setattr(store, "finish", die)
        sound(client.post("/things", json=THING, headers={"Idempotency-Key": "k-1"}), 201)
        problem(client.post("/things", json=THING, headers={"Idempotency-Key": "k-1"}), 409, "answer-lost")
    monkeypatch.setattr(store, "PROCESS", "the one that was started next")
    problem(client.post("/things", json=THING, headers={"Idempotency-Key": "k-1"}), 409, "answer-lost")
    assert MADE == ["one"]


def test_a_process_that_died_before_it_did_anything(client: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as dying:
        dying.setattr(store, "forget", lambda *_: None)
        problem(client.post("/things", json=THING | {"name": "refuse"}, headers={"Idempotency-Key": "k-1"}), 422, "wrong-kind")
    monkeypatch.setattr(store, "PROCESS", "the one that was started next")
    problem(client.post("/things", json=THING | {"name": "refuse"}, headers={"Idempotency-Key": "k-1"}), 422, "wrong-kind")


def test_secrets_are_not_kept(client: TestClient) -> None:
    assert sound(client.post("/secrets", headers={"Idempotency-Key": "k-1"}), 201)["secret"] == "hush"
    again = client.post("/secrets", headers={"Idempotency-Key": "k-1"})
    assert sound(again, 201)["secret"] is None
    assert again.headers["idempotent-replayed"] == "true"


@pytest.mark.parametrize("key", ["with a space", "x" * 201, ""])
def test_a_key_that_is_none(client: TestClient, key: str) -> None:
    assert client.post("/things", json=THING, headers={"Idempotency-Key": key}).status_code == 422
    assert MADE == []


# --- etags ------------------------------------------------------------------------------------------------------------


def test_what_the_caller_has_is_not_sent_again(client: TestClient) -> None:
    first = client.get("/tagged/1")
    tag = first.headers["etag"]
    assert first.headers["cache-control"] == "private, no-cache"
    for given in (tag, f'"other", {tag}', f"W/{tag}", "*"):
        again = client.get("/tagged/1", headers={"If-None-Match": given})
        assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", tag)
    assert sound(client.get("/tagged/2", headers={"If-None-Match": tag})) == {"made": 2, "secret": None}


def test_a_change_of_what_has_changed_is_refused(client: TestClient) -> None:
    tag = client.get("/tagged/1").headers["etag"]
    sound(client.put("/tagged/1", headers={"If-Match": tag}))
    sound(client.put("/tagged/1", headers={"If-Match": "*"}))
    sound(client.put("/tagged/1"))
    problem(client.put("/tagged/2", headers={"If-Match": tag}), 412, "changed-since")
    for nothing in ("", " ", ","):
        problem(client.put("/tagged/1", headers={"If-Match": nothing}), 412, "changed-since")
    problem(client.put("/tagged/1", headers={"If-Match": f"W/{tag}"}), 412, "changed-since")


# --- pages ------------------------------------------------------------------------------------------------------------


def test_pages_join_to_the_whole(client: TestClient) -> None:
    for number in range(7):
        sound(client.post("/keys", json={"name": f"key {number}", "role": "analyst"}), 201)
    for newest in (False, True):
        seen: list[int] = []
        address: str | None = f"/entries?limit=3&newest={newest}"
        while address is not None:
            answer = client.get(address)
            content = sound(answer)
            seen += content["items"]
            assert (content["next"] is None) == ("link" not in answer.headers)
            address = answer.links["next"]["url"] if content["next"] else None
            assert address is None or f"newest={newest}" in address
        assert seen == sorted(seen, reverse=newest)
        assert len(set(seen)) == len(seen) == 7


@pytest.mark.parametrize(
    "after",
    ["", "x", "!!!", "[]", cursor_of([1]), cursor_of(["a", "b"]), cursor_of(["2018-01-01", 1]), cursor_of([1, 2, 3]), "W1tbW1tb"],
)
def test_a_cursor_that_is_none_of_ours(client: TestClient, after: str) -> None:
    problem(client.get("/entries", params={"after": after}), 422, "unknown-cursor")


def test_a_cursor_beyond_all_numbers(client: TestClient) -> None:
    problem(client.get("/audit", params={"after": cursor_of([2**63])}), 422, "unknown-cursor")
    assert sound(client.get("/audit", params={"after": cursor_of([2**63 - 1])})) == {"items": [], "next": None}


@pytest.mark.parametrize("limit", ["0", "-1", "1001", "x", "99999999999999999999999"])
def test_a_limit_that_cannot_be_meant(client: TestClient, limit: str) -> None:
    problem(client.get("/entries", params={"limit": limit}), 422, "wrong-request")


# --- what it tells of itself ------------------------------------------------------------------------------------------


def test_health_and_readiness(call: Call, service: Service) -> None:
    assert sound(call(None).get("/health"))["status"] == "alive"
    assert sound(call(None).get("/ready")) == {"status": "ready", "store": "ready", "parts": {}}
    service.parts["live"] = Part("no worker is alive")
    told = sound(call(None).get("/ready"), 503)
    assert told == {"status": "not ready", "store": "ready", "parts": {"live": "no worker is alive"}}


def test_that_it_lives_is_told_without_a_thread(app: FastAPI, monkeypatch: pytest.MonkeyPatch) -> None:
    async def none_is_free(*_: Any, **_more: Any) -> None:
        raise AssertionError("a thread is asked for")

    monkeypatch.setattr(anyio.to_thread, "run_sync", none_is_free)
    assert sound(TestClient(app).get("/health"))["status"] == "alive"


class Part:
    def __init__(self, ready: str | None) -> None:
        self._ready = ready
        self.ticked: list[str] = []

    def ready(self) -> str | None:
        return self._ready

    def gauges(self) -> dict[str, float]:
        return {"queue_depth": 3}

    def tick(self, org: str) -> None:
        self.ticked.append(org)

    def close(self) -> None:
        pass


def test_a_store_without_its_tables_is_not_ready(make_settings: MakeSettings, empty_url: str) -> None:
    from requite.api.store.database import open_database

    database = open_database(empty_url)
    service = Service(make_settings(database_url=empty_url), database)
    with TestClient(create_app(service)) as client:
        assert sound(client.get("/ready"), 503)["store"] == "empty"
        sound(client.get("/health"))


def test_metrics(app: FastAPI, client: TestClient, service: Service, call: Call) -> None:
    service.parts["jobs"] = Part(None)
    client.get("/tagged/1")
    text = client.get("/metrics").text
    assert 'requite_requests_total{method="GET",route="/tagged/{revision}",status="200"}' in text
    assert "requite_claims_decided_total" in text
    assert "requite_jobs_queue_depth 3" in text
    problem(call(None).get("/metrics"), 401, "not-signed-in")
    problem(call("analyst").get("/metrics"), 403, "not-allowed")
    assert call("auditor").get("/metrics").status_code == 200
    local = TestClient(app, client=("127.0.0.1", 1))
    assert local.get("/metrics").status_code == 200
    assert local.get("/metrics", headers={"X-Forwarded-For": "10.0.0.1"}).status_code == 401


def test_me(call: Call) -> None:
    told = sound(call("hospital", provider="RJZ").get("/me"))
    assert told == {
        "org": ORG,
        "name": "the hospital",
        "role": "hospital",
        "provider": "RJZ",
        "may": ["answer challenges", "read challenges"],
    }


# --- the document -----------------------------------------------------------------------------------------------------


def operations() -> Iterator[tuple[str, dict[str, Any]]]:
    for path, methods in openapi_document()["paths"].items():
        for method, operation in methods.items():
            yield f"{method.upper()} {path}", operation


def test_the_document_needs_no_store_and_no_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REQUITE_HOME", "/nowhere/at/all")
    document = openapi_document()
    assert document["openapi"].startswith("3.1")
    assert document["info"]["title"] == "Requite"
    assert document["components"]["securitySchemes"]["bearer"]["scheme"] == "bearer"
    assert "HTTPValidationError" not in json.dumps(document)


def test_every_operation_has_a_name_a_sentence_and_its_problems() -> None:
    names = set()
    for where, operation in operations():
        name = operation["operationId"]
        assert name == name.lower(), f"{where}: {name}"
        assert "__" not in name, f"{where}: {name}"
        assert name not in names, f"{where}: {name} is another one's"
        names.add(name)
        assert operation["description"].strip(), where
        assert operation["tags"], where
        wanted = {"400", "413", "422", "429", "500"} | ({"401", "403"} if "security" in operation else set())
        assert wanted <= set(operation["responses"]), where
        for status, told in operation["responses"].items():
            if int(status) >= 400 and not (where == "GET /ready" and status == "503"):
                assert "application/problem+json" in told["content"], f"{where}: {status}"


def test_every_reference_leads_somewhere() -> None:
    document = openapi_document()
    text = json.dumps(document)
    schemas = document["components"]["schemas"]
    for part in text.split('"#/components/schemas/')[1:]:
        assert part.split('"')[0] in schemas
    assert document["tags"], "tags are described"


def test_roles_are_all_in_the_document() -> None:
    assert set(openapi_document()["components"]["schemas"]["Role"]["enum"]) == set(Role)


def test_no_pages_that_would_load_from_elsewhere(client: TestClient) -> None:
    for path in ("/docs", "/redoc"):
        problem(client.get(path), 404, "no-such-address")
    assert client.get("/openapi.json").json()["info"]["title"] == "Requite"


def test_a_setting_that_is_empty_says_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ServiceSettings.model_fields:
        monkeypatch.setenv(f"REQUITE_{name.upper()}", "")
    empty = ServiceSettings()
    for name in ServiceSettings.model_fields:
        monkeypatch.delenv(f"REQUITE_{name.upper()}")
    assert empty == ServiceSettings()


def test_settings_are_read_from_variables(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REQUITE_MOST_BODY", "1234")
    monkeypatch.setenv("REQUITE_DATABASE_URL", "postgresql+psycopg://u:hush@h/n")
    settings = ServiceSettings()
    assert settings.most_body == 1234
    assert "hush" not in repr(settings)
    assert not settings.may_set_clock
