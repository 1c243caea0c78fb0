"""Calling the service in tests: a client for each role, with a key of its own."""

from __future__ import annotations

import warnings
from datetime import UTC, datetime
from typing import Any, Protocol

from requite.api.identity import Role
from requite.api.service.service import Service
from requite.api.store.keys import make_key
from requite.api.store.schema import Organisation

with warnings.catch_warnings():
    # It would like another HTTP library than the one that the service itself needs.
    warnings.simplefilter("ignore")
    from starlette.testclient import TestClient

__all__ = ["Call", "TestClient", "key_for", "sound"]

ORG = "kingston"


class Call(Protocol):
    """`call("analyst")`, `call("admin", org="merton")`, `call("hospital", provider="RAX")`, `call(None)` for nobody."""

    def __call__(self, role: str | None, org: str = ORG, provider: str | None = None, name: str = "") -> TestClient: ...


def key_for(service: Service, role: str, org: str = ORG, provider: str | None = None, name: str = "") -> str:
    """A new key; its organisation is made where it is not there."""
    known = Role(role)
    with service.database.writing() as session:
        if session.get(Organisation, org) is None:
            session.add(Organisation(id=org, name=org.title(), created_at=datetime.now(UTC), clock=None))
            session.flush()
        if known is Role.HOSPITAL:
            provider = provider or "RAX"
        return make_key(session, org, name or f"the {known}", known, "tests", provider)[1]


def sound(answer: Any, status: int = 200) -> Any:
    """The JSON of an answer with this status; what it said, where it has another."""
    assert answer.status_code == status, answer.text
    return answer.json() if answer.content else None


def problem(answer: Any, status: int, code: str) -> Any:
    """The problem that an answer tells, which must be of this kind."""
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json", answer.text
    content = answer.json()
    assert content["type"] == f"urn:requite:problem:{code}", content
    assert content["status"] == status
    assert content["detail"]
    assert content["request"] == answer.headers["x-request-id"]
    return content
