"""What the tests of runs share: a small scheme in two versions, its data, and a service that works on runs."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from requite.api.identity import Actor, Role
from requite.api.service.service import Service
from requite.api.store import versions
from requite.api.store.schema import Organisation
from tests.api.support import PRACTICES, SCHEME
from tests.service.support import Call, sound

__all__ = ["DEARER", "KNOWN", "PRACTICES", "SCHEME", "in_force", "made", "published", "sent", "until", "whole"]

KNOWN = "2026-03-31"
DEARER = SCHEME.replace("amount £1 per 10 of list_size", "amount £2 per 10 of list_size").replace("fee is £10", "fee is £20")
ENDED = ("done", "failed", "cancelled")


def published(service: Service, text: str = SCHEME, org: str = "kingston", main: str = "fees.requite", **more: str) -> str:
    """The id of an approved version of a ruleset."""
    author, approver = Actor(org, "Ann", Role.AUTHOR), Actor(org, "Ben", Role.APPROVER)
    with service.database.writing() as session:
        if session.get(Organisation, org) is None:
            session.add(Organisation(id=org, name=org, created_at=datetime.now(UTC), clock=None))
            session.flush()
        found = versions.publish(session, author, main, {main: text, **more}).version
        assert found is not None
        if found.state == versions.DRAFT:
            versions.approve(session, approver, found.id)
        return found.id


def in_force(service: Service, version: str, starts: date, ruleset: str = "fees", org: str = "kingston") -> None:
    with service.database.writing() as session:
        versions.put_in_force(session, Actor(org, "Ben", Role.APPROVER), ruleset, version, starts)


def set_clock(service: Service, moment: datetime | None, org: str = "kingston") -> None:
    with service.database.writing() as session:
        found = session.get(Organisation, org)
        assert found is not None
        found.clock = moment


def sent(client: Any, content: str | bytes = PRACTICES, name: str = "practice.csv") -> str:
    """The id of a file that was sent."""
    answer = client.post("/uploads", files={"file": (name, content)})
    return str(sound(answer, 201)["id"])


def made(client: Any, version: str, upload: str | None = None, **more: Any) -> str:
    """The id of a run of the scheme that was asked for."""
    asked = {"ruleset": "fees", "version": version, "known": KNOWN, **more}
    if upload is not None:
        asked["inputs"] = {"practice": {"upload": upload}}
    return str(sound(client.post("/runs", json=asked), 202)["id"])


def whole(client: Any, id: str, seconds: float = 60) -> Any:
    """A run that has ended."""
    return until(lambda: (run := sound(client.get(f"/runs/{id}")))["state"] in ENDED and run, seconds)


def until(ask: Callable[[], Any], seconds: float = 60) -> Any:
    """What is answered as soon as it is something."""
    end = time.monotonic() + seconds
    while not (found := ask()):
        assert time.monotonic() < end, "it did not come about"
        time.sleep(0.05)
    return found


def files_below(folder: Path) -> list[str]:
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())


__all__ += ["Call", "files_below", "set_clock"]
