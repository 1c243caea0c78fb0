"""Every route, and who may use it: refused to nobody in particular (401) and to every role that is not named here (403)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, Final

import pytest

from requite.api.identity import Role
from requite.api.service.document import openapi_document
from requite.api.service.service import Service
from tests.service.support import Call, problem

ANYBODY: Final = None
"""Also who does not say who they are."""

EVERY: Final = frozenset(Role)


AUTHORS = frozenset({Role.ADMIN, Role.AUTHOR})
APPROVERS = frozenset({Role.ADMIN, Role.APPROVER})
ANALYSTS = frozenset({Role.ADMIN, Role.ANALYST})
AUDITORS = frozenset({Role.ADMIN, Role.AUDITOR})
ADMINS = frozenset({Role.ADMIN})
HOSPITALS = frozenset({Role.HOSPITAL})
COMMISSIONERS = EVERY - {Role.HOSPITAL}

WHO: Final[dict[str, frozenset[Role] | None]] = {
    "GET /health": ANYBODY,
    "GET /ready": ANYBODY,
    "GET /metrics": AUDITORS,
    "GET /me": EVERY,
    "POST /keys": ADMINS,
    "GET /keys": ADMINS,
    "POST /keys/{id}/revoke": ADMINS,
    "POST /rulesets/check": COMMISSIONERS,
    "POST /rulesets": AUTHORS,
    "GET /rulesets": COMMISSIONERS,
    "GET /rulesets/{name}": COMMISSIONERS,
    "GET /rulesets/{name}/versions": COMMISSIONERS,
    "POST /rulesets/{name}/in-force": APPROVERS,
    "GET /rulesets/{name}/in-force": COMMISSIONERS,
    "GET /rulesets/{name}/in-force/said": COMMISSIONERS,
    "GET /rulesets/versions/{id}": COMMISSIONERS,
    "GET /rulesets/versions/{id}/texts": COMMISSIONERS,
    "POST /rulesets/versions/{id}/approve": APPROVERS,
    "POST /rulesets/versions/{id}/withdraw": APPROVERS,
    "DELETE /runs/{id}/results": ANALYSTS,
    "DELETE /uploads/{id}": ANALYSTS,
    "GET /runs": COMMISSIONERS,
    "GET /runs/{id}": COMMISSIONERS,
    "GET /runs/{id}/difference": COMMISSIONERS,
    "GET /runs/{id}/events": COMMISSIONERS,
    "GET /runs/{id}/explanation": COMMISSIONERS,
    "GET /runs/{id}/rejects": COMMISSIONERS,
    "GET /runs/{id}/results/{table}": COMMISSIONERS,
    "GET /runs/{id}/statements": COMMISSIONERS,
    "GET /runs/{id}/statements/{kind}/{payee}": COMMISSIONERS,
    "GET /uploads": COMMISSIONERS,
    "GET /uploads/{id}": COMMISSIONERS,
    "POST /runs": ANALYSTS,
    "POST /runs/{id}/again": ANALYSTS,
    "POST /runs/{id}/cancel": ANALYSTS,
    "POST /runs/{id}/challenges": ANALYSTS,
    "POST /uploads": ANALYSTS,
    "GET /claims/history": COMMISSIONERS,
    "GET /claims/one": COMMISSIONERS,
    "GET /claims/{ruleset}/{record}": COMMISSIONERS,
    "GET /decisions": COMMISSIONERS,
    "GET /decisions/{id}": COMMISSIONERS,
    "GET /decisions/{id}/explanation": COMMISSIONERS,
    "POST /claims": ANALYSTS,
    "POST /claims/cancel": ANALYSTS,
    "POST /claims/preview": ANALYSTS,
    "POST /estimates": ANALYSTS,
    "POST /estimates/cancel": ANALYSTS,
    "POST /rulesets/{name}/redecide": ANALYSTS,
    "GET /calendar": EVERY,
    "POST /calendar": ADMINS,
    "PUT /calendar/{month}": ADMINS,
    "GET /challenges": EVERY,
    "GET /challenges/position": EVERY,
    "GET /challenges/{id}": EVERY,
    "GET /challenges/{id}/events": EVERY,
    "GET /challenges/{id}/explanation": EVERY,
    "POST /challenges/moves": ANALYSTS | HOSPITALS,
    "POST /challenges/{id}/moves": ANALYSTS | HOSPITALS,
    "GET /events": COMMISSIONERS,
    "GET /events/stream": COMMISSIONERS,
    "GET /webhooks": ADMINS,
    "GET /webhooks/{id}": ADMINS,
    "GET /webhooks/{id}/deliveries": ADMINS,
    "DELETE /webhooks/{id}": ADMINS,
    "POST /webhooks": ADMINS,
    "POST /webhooks/{id}/deliveries/{delivery}/resend": ADMINS,
    "POST /webhooks/{id}/test": ADMINS,
    "GET /clock": EVERY,
    "PUT /clock": ADMINS,
    "GET /audit": AUDITORS,
    "GET /audit/verify": AUDITORS,
}
"""The expectation for each route, written down by hand: a route that is not here fails the test."""


ENDLESS: Final = {"GET /events/stream"}
"""What goes on for as long as the caller listens."""


def routes() -> Iterator[tuple[str, str, dict[str, Any]]]:
    for path, methods in openapi_document()["paths"].items():
        for method, operation in methods.items():
            yield method.upper(), path, operation


DOCUMENT: Final = {f"{method} {path}": operation for method, path, operation in routes()}
NAMES: Final = sorted(DOCUMENT)

ID = "01JZ8Q4T7V3S5N9K2M6P8R0W1X"


def address_of(route: str) -> tuple[str, str]:
    method, path = route.split(" ")
    return method, re.sub(r"{[^}]*}", ID, path)


def content_of(route: str) -> dict[str, Any]:
    return {"json": {}} if "requestBody" in DOCUMENT[route] else {}


def test_every_route_is_in_the_table() -> None:
    assert set(NAMES) - set(WHO) == set(), "say in WHO who may use the new route"
    assert set(WHO) - set(NAMES) == set(), "the route is gone"


@pytest.mark.parametrize("kind", ["sqlite"])
def test_nobody_in_particular_may_use_a_route_that_wants_to_know_who_calls(call: Call, kind: str) -> None:  # noqa: ARG001
    nobody = call(None)
    for route in NAMES:
        method, address = address_of(route)
        answer = nobody.request(method, address, **content_of(route))
        if WHO.get(route, EVERY) is ANYBODY:
            assert answer.status_code not in (401, 403), route
        else:
            problem(answer, 401, "not-signed-in")


@pytest.mark.parametrize("role", Role)
@pytest.mark.parametrize("kind", ["sqlite"])
def test_a_role_may_use_its_routes_and_no_others(call: Call, role: Role, kind: str, service: Service) -> None:  # noqa: ARG001
    caller = call(role.value)
    for route in NAMES:
        may = WHO.get(route)
        if may is None or (role in may and route in ENDLESS):
            continue
        method, address = address_of(route)
        answer = caller.request(method, address, **content_of(route))
        if role in may:
            # What is asked for is not there, or not well said: but it is not refused for who asks.
            assert answer.status_code not in (401, 403), f"{role} {route}: {answer.text}"
        else:
            assert answer.status_code == 403, f"{role} {route}: {answer.status_code} {answer.text}"
            problem(answer, 403, "not-allowed")
