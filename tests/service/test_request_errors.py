"""What a request gets wrong, told in words that say what is expected: on the service's own routes."""

from __future__ import annotations

import gzip
import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qsl

import pytest

from requite.api.service.app import create_app
from requite.api.service.request_errors import PATTERNS
from requite.api.service.service import Service
from tests.service.support import Call, problem

ID = "01K9QZ3V8M4T6Y2R5W7X9B1C2D"
MOVES = f"/challenges/{ID}/moves"
SEND = {"move": "send", "why": "x"}
RUN = {"ruleset": "fees", "inputs": {}}
CLAIMS = {"ruleset": "bills", "rows": [{"id": "S1"}]}


@pytest.mark.parametrize(
    ("address", "said", "help"),
    [
        (
            "/challenges?provder=RAX",
            "provder is not a parameter here: the parameters are limit, after, state",
            "Did you mean provider?",
        ),
        (
            "/claims/bills/spell?flagd=true&x=1",
            "flagd is not a parameter here: the parameters are flagged, check",
            "Did you mean flagged?",
        ),
        ("/me?as=Bob", "as is not a parameter here: there are none", None),
    ],
)
def test_a_parameter_that_is_not_known_is_refused(call: Call, address: str, said: str, help: str | None) -> None:
    told = problem(call("analyst").get(address), 422, "wrong-request")
    assert told["detail"].startswith(said), told["detail"]
    assert told.get("help") == help
    assert [one["detail"]["in"] for one in told["errors"]] == ["query"] * (address.count("&") + 1)


def test_a_parameter_that_is_said_twice_is_refused(call: Call) -> None:
    analyst = call("analyst")
    for address, name in (
        ("/challenges?month=2030-03&month=2030-04", "month"),
        ("/challenges?provider=RAX&limit=10&provider=RAX", "provider"),
        ("/decisions?limit=1&limit=1000", "limit"),
    ):
        told = problem(analyst.get(address), 422, "wrong-request")
        assert (told["detail"], told["help"]) == (f"{name} is said more than once", "Ask for one value at a time.")
    # A list is said so.
    assert analyst.get("/events?kinds=finding.new&kinds=challenge.moved").status_code == 200


def test_every_parameter_that_is_documented_is_known(call: Call, service: Service) -> None:
    tried = 0
    for path, methods in create_app(service).openapi()["paths"].items():
        parameters = [one["name"] for one in methods.get("get", {}).get("parameters", ()) if one["in"] == "query"]
        if not parameters or path == "/events/stream":
            continue
        address = re.sub(r"\{.*?\}", ID, path)
        answer = call("admin").get(address, params=dict.fromkeys(parameters, "1"))
        assert "is not a parameter here" not in answer.text, (path, answer.text)
        tried += 1
    assert tried > 15


ASKING_FOR_MOMENTS = [
    ("/rulesets/bills/in-force?on=2030-01-01", "known_at"),
    ("/claims/one?ruleset=bills&record=spell&key=S1", "known_at"),
    ("/claims/bills/spell", "since"),
    ("/decisions", "since"),
    ("/calendar", "known_at"),
]


@pytest.mark.parametrize("moment", ["9999-12-31T23:00:00-12:00", "0001-01-01T00:00:00+14:00"])
@pytest.mark.parametrize(("path", "name"), ASKING_FOR_MOMENTS)
def test_a_moment_beyond_the_calendar_is_refused(call: Call, path: str, name: str, moment: str) -> None:
    address, _, query = path.partition("?")
    told = problem(call("analyst").get(address, params=[*parse_qsl(query), (name, moment)]), 422, "wrong-request")
    assert told["detail"] == f"{name}: lies outside the years 1 to 9999 in UTC"


def test_a_compressed_body_is_refused_as_such(call: Call) -> None:
    analyst = call("analyst")
    for body in (gzip.compress(b"{}"), b"{}"):
        headers = {"Content-Type": "application/json", "Content-Encoding": "gzip"}
        told = problem(analyst.post("/claims", content=body, headers=headers), 415, "wrong-encoding")
        assert told["help"] == "Send it as it is, without the header Content-Encoding."
    form = {"files": {"file": ("a.csv", b"id\n1\n")}}
    assert analyst.post("/uploads", headers={"Content-Encoding": "gzip"}, **form).status_code == 415
    assert analyst.post("/uploads", headers={"Content-Encoding": "identity"}, **form).status_code == 201


A_MOMENT = "must be a moment with its time zone, such as 2026-04-01T00:00:00Z"


@pytest.mark.parametrize(("path", "name"), ASKING_FOR_MOMENTS)
def test_a_number_is_no_moment(call: Call, path: str, name: str) -> None:
    address, _, query = path.partition("?")
    for number in ("1893456000", "1893456000000", "0", "-1", "1.5", "1e9"):
        told = problem(call("analyst").get(address, params=[*parse_qsl(query), (name, number)]), 422, "wrong-request")
        assert told["detail"] == f"{name} {A_MOMENT}"


@pytest.mark.parametrize("number", [4102444800, "4102444800", 0.5])
def test_a_number_in_a_body_is_no_moment(call: Call, number: Any) -> None:
    admin = call("admin")
    key = {"name": "Zoe", "role": "author", "expires_at": number}
    for answer, name in (
        (admin.post("/keys", json=key), "expires_at"),
        (admin.put("/clock", json={"moment": number}), "moment"),
        (admin.post("/runs", json=RUN | {"known_at": number}), "known_at"),
        (admin.post(f"/runs/{ID}/again", json={"rules": "known then", "known_at": number}), "known_at"),
    ):
        assert problem(answer, 422, "wrong-request")["detail"] == f"{name} {A_MOMENT}"


@pytest.mark.parametrize(
    "moment", ["2030-01-01T00:00:00Z", "2030-01-01t00:00:00z", "2030-01-01 00:00:00+00:00", "2030-01-01T00:00Z"]
)
def test_a_moment_is_taken_in_each_of_its_ways_of_writing(call: Call, moment: str) -> None:
    assert call("analyst").get("/decisions", params={"since": moment}).status_code == 200


def test_a_key_does_not_end_beyond_the_calendar(call: Call) -> None:
    wanted = {"name": "Zoe", "role": "author", "expires_at": "9999-12-31T23:00:00-12:00"}
    told = problem(call("admin").post("/keys", json=wanted), 422, "wrong-request")
    assert told["detail"] == "expires_at: lies outside the years 1 to 9999 in UTC"


MONTH = {"submitted_on": "2012-04-18", "challenge_by": "2012-05-15", "freezes_on": "2012-06-20"}
DAYS_OF_BODIES: dict[tuple[str, str, str], dict[str, Any]] = {
    ("POST", "/rulesets/bills/in-force", "InForceWanted.starts"): {"version": ID},
    ("POST", "/runs", "RunAsked.known"): RUN,
    ("POST", "/runs", "RunAsked.in_force_on"): RUN,
    ("POST", f"/runs/{ID}/again", "AgainAsked.on"): {"rules": "in force now"},
    **{("PUT", "/calendar/2012-03", f"DatesAsked.{name}"): MONTH for name in MONTH},
    **{("POST", "/calendar", f"MonthAsked.{name}"): MONTH | {"month": "2012-03"} for name in MONTH},
}
DAYS_OF_QUERIES = {("/rulesets/bills/in-force", "on"), ("/challenges", "due_before"), ("/challenges/position", "due_before")}
A_DAY = "a day as YYYY-MM-DD, such as 2026-03-31"
NO_DAYS = (
    "2030-01-01T00:00:00Z",
    "2030-01-01T00:00:00",
    "2030-01-01 00:00",
    "1893456000",
    "20300101",
    "2030-02-30",
    " 2030-01-01",
    "",
)


def test_days_of_requests_are_written_as_days(call: Call) -> None:
    admin = call("admin")
    for (method, path, place), rest in DAYS_OF_BODIES.items():
        name = place.partition(".")[2]
        for given in (*NO_DAYS, 0, 1893456000, 1893456000.0, True):
            body: Any = rest | {name: given}
            sent = {"months": [body]} if place.startswith("MonthAsked") else body
            told = problem(admin.request(method, path, json=sent), 422, "wrong-request")
            assert told["detail"].removeprefix("months.0.") == f"{name} must be {A_DAY}", (path, given)
    for path, name in DAYS_OF_QUERIES:
        for given in NO_DAYS:
            told = problem(admin.get(path, params={name: given}), 422, "wrong-request")
            assert told["detail"] == f"{name} must be {A_DAY}", (path, given)


def test_every_day_that_is_asked_for_is_tried(service: Service) -> None:
    document = create_app(service).openapi()
    queries = {
        (path.replace("{name}", "bills"), one["name"])
        for path, methods in document["paths"].items()
        for asked in methods.values()
        for one in asked.get("parameters", ())
        if "'format': 'date'" in str(one["schema"])
    }
    assert queries == DAYS_OF_QUERIES
    # What answers hold is closed to nothing; what requests hold knows its fields.
    asked_of = {name: kind for name, kind in document["components"]["schemas"].items() if kind.get("additionalProperties") is False}
    days = {
        f"{name}.{field}"
        for name, kind in asked_of.items()
        for field, is_ in kind["properties"].items()
        if "'format': 'date'" in str(is_)
    }
    assert days == {place for _, _, place in DAYS_OF_BODIES}


YES_OR_NO: dict[str, tuple[str, dict[str, Any]]] = {
    "OneMoveAsked.on_behalf": (MOVES, SEND),
    "ManyMovesAsked.on_behalf": ("/challenges/moves", SEND | {"ids": [ID]}),
    "ManyMovesAsked.all_or_none": ("/challenges/moves", SEND | {"ids": [ID]}),
    "FilterAsked.in_doubt": ("/challenges/moves", SEND),
    "FilterAsked.overdue": ("/challenges/moves", SEND),
}


def test_yes_or_no_is_written_as_json_has_it(call: Call, service: Service) -> None:
    asked_of = create_app(service).openapi()["components"]["schemas"]
    kinds = {name: kind for name, kind in asked_of.items() if kind.get("additionalProperties") is False}
    every = {
        f"{name}.{field}"
        for name, kind in kinds.items()
        for field, is_ in kind["properties"].items()
        if any(one.get("type") == "boolean" for one in (is_, *is_.get("anyOf", ())))
    }
    assert every == set(YES_OR_NO)
    for place, (path, rest) in YES_OR_NO.items():
        kind, _, name = place.partition(".")
        wrong: list[Any] = ["yes", "true", "off", 1, 0, 1.0, []]
        for given in wrong:
            inner = {name: given}
            body = rest | ({"filter": inner} if kind == "FilterAsked" else inner)
            told = problem(call("analyst").post(path, json=body), 422, "wrong-request")
            assert told["detail"].removeprefix("filter.") == f"{name} must be true or false", (place, given)


@pytest.mark.parametrize(
    ("path", "body", "said"),
    [
        (MOVES, SEND | {"amount": "-1"}, "amount must be an amount of money such as 120.00, not below 0, without a sign"),
        (MOVES, SEND | {"amount": 1.5}, "amount must be text, in quotation marks"),
        (MOVES, SEND | {"why": ""}, "why must not be empty"),
        (MOVES, SEND | {"why": " "}, "why must say something"),
        (MOVES, SEND | {"why": "\u200b\u00a0\n\u202e"}, "why must say something"),
        (MOVES, SEND | {"attachments": [{"name": " ", "reference": "a"}]}, "attachments.0.name must say something"),
        (MOVES, SEND | {"attachments": [{"name": "a", "reference": "\t"}]}, "attachments.0.reference must say something"),
        ("/challenges/moves", SEND | {"why": "\t", "filter": {}}, "why must say something"),
        (MOVES, {"move": "send"}, "why is missing"),
        (MOVES, SEND | {"move": "jump"}, "move is none of send, accept, part_accept, dispute"),
        (MOVES, SEND | {"reason": "x"}, "reason is not a field here: the fields are move, why, on_behalf, amount, attachments"),
        (MOVES, SEND | {"attachments": ["a"]}, 'attachments.0 must be an object such as {"name": …, "reference": …}'),
        (MOVES, SEND | {"attachments": {}}, "attachments must be a list, in square brackets"),
        (MOVES, SEND | {"why": "x" * 2001}, "why may have at most 2,000 letters"),
        (MOVES, [], 'body must be an object such as {"move": …, "why": …}'),
        ("/challenges/moves", SEND | {"ids": []}, "ids needs at least one"),
        ("/challenges/moves", SEND | {"ids": ["S1"]}, f"ids.0 must be an id, such as {ID}"),
        ("/challenges/moves", SEND | {"filter": {"month": "April"}}, "filter.month must be a month such as 2030-04"),
        ("/challenges/moves", SEND | {"filter": {"hospital": "RAX"}}, "filter.hospital is not a field here: the fields are state"),
        ("/challenges/moves", SEND, "body: give either ids or filter"),
        ("/runs", RUN | {"known": "31/03/2026"}, "known must be a day as YYYY-MM-DD, such as 2026-03-31"),
        ("/runs", RUN | {"known": "1800-01-01"}, "known must be at least 1900-01-01"),
        ("/runs", RUN | {"known_at": "2026-03-31T10:00:00"}, "known_at must be a moment with its time zone, such as"),
        ("/runs", RUN | {"known_at": "soon"}, "known_at must be a moment with its time zone, such as"),
        ("/runs", RUN | {"check_engines": "many"}, "check_engines must be a whole number"),
        ("/runs", RUN | {"engine": "spark"}, "engine is none of duckdb or interpret"),
        ("/runs", RUN | {"ruleset": "a\nb"}, "ruleset must be text on one line, and not empty"),
        ("/runs", RUN | {"inputs": {"a": 3}}, 'inputs.a must be an object such as {"upload": …}'),
        ("/runs", RUN | {"inputs": {"a": {"upload": "x"}}}, f"inputs.a.upload must be an id, such as {ID}"),
        ("/runs", RUN | {"inputs": {"a": {"upload": ["x"]}}}, f"inputs.a.upload.0 must be an id, such as {ID}"),
        ("/runs", RUN | {"inputs": {"a": {"upload": 3}}}, "inputs.a.upload must be text, in quotation marks, or a list"),
        (f"/runs/{ID}/again", {"rules": "tomorrow's"}, f"rules is none of in force now or known then, or an id, such as {ID}"),
        ("/claims", CLAIMS | {"rows": []}, "rows needs at least one"),
        ("/claims", CLAIMS | {"rows": [[]]}, 'rows.0 must be an object such as {"name": …}'),
        ("/claims", CLAIMS | {"rows": [{"id": ["S1"]}]}, "rows.0.id must be text, in quotation marks, or a whole number"),
        ("/claims", CLAIMS | {"rows": [{"id": "x" * 4001}]}, "rows.0.id may have at most 4,000 letters"),
    ],
)
def test_what_is_expected_is_said_plainly(call: Call, path: str, body: Any, said: str) -> None:
    told = problem(call("analyst").post(path, json=body), 422, "wrong-request")
    assert told["detail"].startswith(said), told["detail"]
    assert len(told["errors"]) == 1, told["errors"]
    assert not any(word in str(told) for word in ("constrained", "Input should", "String should", "pattern '")), told


def test_a_slip_in_a_name_is_told(call: Call) -> None:
    told = problem(call("analyst").post(MOVES, json=SEND | {"atachments": []}), 422, "wrong-request")
    assert told["help"] == told["errors"][0]["help"] == "Did you mean attachments?"
    assert told["errors"][0]["detail"] == {"in": "body", "path": ["atachments"], "why": "extra_forbidden"}


def test_the_address_is_told_of_as_plainly(call: Call) -> None:
    reader = call("analyst")
    assert problem(reader.get("/runs/1"), 422, "wrong-request")["detail"] == f"id must be an id, such as {ID}"
    assert problem(reader.get("/runs?limit=0"), 422, "wrong-request")["detail"] == "limit must be at least 1"
    assert problem(reader.get("/runs?state=lost"), 422, "wrong-request")["detail"].startswith("state is none of queued, running")


def test_each_form_of_a_text_has_its_words(service: Service) -> None:
    document = create_app(service).openapi()
    assert set(_patterns(document)) <= set(PATTERNS)


def _patterns(part: Any) -> Iterator[str]:
    if isinstance(part, dict):
        if isinstance(part.get("pattern"), str):
            yield part["pattern"]
        part = list(part.values())
    for inner in part if isinstance(part, list) else ():
        yield from _patterns(inner)
