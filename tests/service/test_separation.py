"""Two organisations, and two hospitals: none sees or touches what is another's, by whatever route it is named."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any, Final

import pytest
from sqlalchemy import select

from requite.api.service.service import Service
from requite.api.store.schema import Base
from tests.service.furnished import HOOK, PATIENT, Things, furnish
from tests.service.runs_support import published
from tests.service.support import ORG, Call, sound
from tests.service.test_roles import DOCUMENT

OTHER: Final = "merton"
WHY: Final = {"move": "send", "why": "to be tried"}

Case = tuple[int, dict[str, Any]]

NOT_FOUND: Final[Case] = (404, {})

BY_PATH: Final[dict[str, Case]] = {
    "POST /keys/{id}/revoke": NOT_FOUND,
    "GET /rulesets/{name}": NOT_FOUND,
    "GET /rulesets/{name}/versions": NOT_FOUND,
    "POST /rulesets/{name}/in-force": (404, {"json": {"version": "{version}", "starts": "2011-01-01"}}),
    "GET /rulesets/{name}/in-force": NOT_FOUND,
    "GET /rulesets/{name}/in-force/said": NOT_FOUND,
    "GET /rulesets/versions/{id}": NOT_FOUND,
    "GET /rulesets/versions/{id}/texts": NOT_FOUND,
    "POST /rulesets/versions/{id}/approve": NOT_FOUND,
    "POST /rulesets/versions/{id}/withdraw": NOT_FOUND,
    "POST /rulesets/{name}/redecide": (409, {"json": {}}),
    "GET /claims/{ruleset}/{record}": NOT_FOUND,
    "GET /decisions/{id}": NOT_FOUND,
    "GET /decisions/{id}/explanation": NOT_FOUND,
    "GET /uploads/{id}": NOT_FOUND,
    "DELETE /uploads/{id}": NOT_FOUND,
    "GET /runs/{id}": NOT_FOUND,
    "GET /runs/{id}/events": NOT_FOUND,
    "GET /runs/{id}/results/{table}": NOT_FOUND,
    "GET /runs/{id}/rejects": NOT_FOUND,
    "DELETE /runs/{id}/results": NOT_FOUND,
    "GET /runs/{id}/explanation": (404, {"params": {"key": "S1"}}),
    "GET /runs/{id}/difference": (404, {"params": {"with": "{run}"}}),
    "GET /runs/{id}/statements": NOT_FOUND,
    "GET /runs/{id}/statements/{kind}/{payee}": NOT_FOUND,
    "POST /runs/{id}/again": (404, {"json": {"rules": "in force now"}}),
    "POST /runs/{id}/cancel": NOT_FOUND,
    "POST /runs/{id}/challenges": (404, {"json": {}}),
    "GET /challenges/{id}": NOT_FOUND,
    "GET /challenges/{id}/events": NOT_FOUND,
    "GET /challenges/{id}/explanation": NOT_FOUND,
    "POST /challenges/{id}/moves": (404, {"json": WHY}),
    "GET /webhooks/{id}": NOT_FOUND,
    "DELETE /webhooks/{id}": NOT_FOUND,
    "GET /webhooks/{id}/deliveries": NOT_FOUND,
    "POST /webhooks/{id}/deliveries/{delivery}/resend": NOT_FOUND,
    "POST /webhooks/{id}/test": NOT_FOUND,
}
"""What another organisation is answered that names what is Kingston's in a path."""

OWN_NAMES: Final = {"PUT /calendar/{month}"}
"""Parameters that name nothing that could be another's."""

SPELL_KEY: Final = {"ruleset": "kingston", "record": "spell", "key": "S1"}
RUN: Final = {"ruleset": "kingston", "inputs": {}, "known": "2010-08-02"}

ELSEWHERE: Final[tuple[tuple[str, str, Case], ...]] = (
    ("GET", "/claims/one", (404, {"params": SPELL_KEY})),
    ("GET", "/claims/history", (404, {"params": SPELL_KEY})),
    ("GET", "/decisions", (200, {"params": {"ruleset": "kingston"}})),
    ("GET", "/challenges", (200, {"params": {"run": "{run}"}})),
    ("GET", "/challenges", (200, {"params": {"key": "S1"}})),
    ("POST", "/runs", (404, {"json": RUN | {"version": "{version}"}})),
    ("POST", "/claims", (409, {"json": {"ruleset": "kingston", "rows": [{"id": "S1"}]}})),
    ("POST", "/claims/preview", (409, {"json": {"ruleset": "kingston", "rows": [{"id": "S1"}]}})),
    ("POST", "/claims/cancel", (409, {"json": {"ruleset": "kingston", "keys": ["S1"]}})),
    ("POST", "/estimates", (409, {"json": {"ruleset": "kingston", "record": "estimate", "rows": [{"id": "E1"}]}})),
    ("POST", "/estimates/cancel", (409, {"json": {"ruleset": "kingston", "record": "estimate", "keys": ["E1"]}})),
)
"""The same where it is named elsewhere."""

LISTS: Final = (
    "/keys", "/rulesets", "/uploads", "/runs", "/challenges", "/calendar", "/events", "/webhooks", "/audit", "/decisions",
)  # fmt: skip


@pytest.fixture
def things(service: Service, call: Call, tmp_path: Path) -> Things:
    return furnish(service, call, tmp_path)


def stored(service: Service, org: str) -> dict[str, list[Any]]:
    """All that the store holds of an organisation."""
    found = {}
    with service.database.reading() as session:
        for table in Base.metadata.sorted_tables:
            if "org" in table.c:
                rows = session.execute(select(table).where(table.c.org == org)).all()
                found[table.name] = sorted(map(repr, rows))
    return found


def filled(value: Any, things: Things) -> Any:
    """A request with the ids of what is there."""
    if isinstance(value, dict):
        return {name: filled(one, things) for name, one in value.items()}
    if isinstance(value, str) and re.fullmatch(r"{[a-z]+}", value):
        return things.ids[value[1:-1]]
    return value


def tells_nothing(answer: Any, things: Things) -> None:
    """Whether an answer holds nothing of Kingston's."""
    for secret in (*things.ids.values(), PATIENT, HOOK, "1500.10", "RAX", "spare"):
        told = re.search(rf"\b{re.escape(secret)}\b", answer.text)  # an id may hold three letters by chance
        assert told is None, f"{answer.request.method} {answer.request.url} tells {secret}: {answer.text[:500]}"


def test_every_route_that_names_something_is_tried() -> None:
    wanted = {route for route in DOCUMENT if "{" in route}
    assert wanted - set(BY_PATH) - OWN_NAMES == set(), "say in BY_PATH what another organisation is answered"
    assert (set(BY_PATH) | OWN_NAMES) - wanted == set(), "the route is gone"


def test_another_organisations_ids_lead_nowhere(service: Service, call: Call, things: Things) -> None:
    stranger = call("admin", org=OTHER)
    before = stored(service, ORG)
    by_path = [(route.partition(" ")[0], route.partition(" ")[2], case) for route, case in BY_PATH.items()]
    for method, path, (status, more) in (*by_path, *ELSEWHERE):
        answer = stranger.request(method, things.named(path), **filled(more, things))
        assert answer.status_code == status, f"{method} {path}: {answer.status_code} {answer.text}"
        if status == 200:
            assert answer.json()["items"] == [], f"{method} {path}"
        tells_nothing(answer, things)
    assert stored(service, ORG) == before


def test_another_organisations_files_cannot_be_run(service: Service, call: Call, things: Things) -> None:
    own = published(service, org=OTHER)
    stranger, upload = call("analyst", org=OTHER), things.ids["upload"]
    asked = {"ruleset": "fees", "version": own, "known": "2026-03-31"}
    for more in ({"inputs": {"practice": {"upload": upload}}}, {"inputs": {}, "brought_forward": things.ids["run"]}):
        answer = stranger.post("/runs", json=asked | more)
        assert answer.status_code in (404, 409, 422), answer.text
    assert sound(stranger.get("/runs"))["items"] == []


def test_many_moves_of_anothers_challenges_move_none(service: Service, call: Call, things: Things) -> None:
    before = stored(service, ORG)
    answer = sound(call("analyst", org=OTHER).post("/challenges/moves", json=WHY | {"ids": [things.ids["challenge"]]}))
    assert answer["moved"] == []
    assert [(one["state"], one["possible"]) for one in answer["refused"]] == [(None, [])]
    assert sound(call("analyst", org=OTHER).post("/challenges/moves", json=WHY | {"filter": {}})) == {
        "moved": [],
        "refused": [],
        "more": False,
    }
    assert stored(service, ORG) == before


def test_lists_never_show_what_is_anothers(call: Call, things: Things) -> None:
    stranger = call("admin", org=OTHER)
    for path in LISTS:
        answer = stranger.get(path)
        sound(answer)
        tells_nothing(answer, things)
    assert sound(stranger.get("/challenges/position"))["total"]["raised"]["count"] == 0
    assert sound(stranger.get("/audit/verify"))["ok"]
    assert sound(stranger.get("/clock"))["is_set"] is False


def test_a_cursor_of_anothers_list_shows_only_what_is_ones_own(call: Call, things: Things) -> None:
    following = sound(call("admin").get("/keys", params={"limit": 1}))["next"]
    assert following is not None
    answer = call("admin", org=OTHER).get("/keys", params={"after": following})
    sound(answer)
    tells_nothing(answer, things)


def test_a_hospital_sees_its_own_challenges_alone(service: Service, call: Call, things: Things) -> None:
    id = things.ids["challenge"]
    sound(call("analyst").post(f"/challenges/{id}/moves", json=WHY))
    own, other = call("hospital", provider="RAX"), call("hospital", provider="RBX")
    assert [one["id"] for one in sound(own.get("/challenges"))["items"]] == [id]
    assert sound(other.get("/challenges"))["items"] == []
    assert sound(other.get("/challenges/position"))["total"]["raised"]["count"] == 0
    before = stored(service, ORG)
    for path in ("", "/events", "/explanation"):
        assert own.get(f"/challenges/{id}{path}").status_code == 200
        answer = other.get(f"/challenges/{id}{path}")
        assert answer.status_code == 404
        tells_nothing(answer, things)
    accept = {"move": "accept", "why": "to be tried"}
    assert other.post(f"/challenges/{id}/moves", json=accept).status_code == 404
    assert sound(other.post("/challenges/moves", json=accept | {"ids": [id]}))["moved"] == []
    assert stored(service, ORG) == before
