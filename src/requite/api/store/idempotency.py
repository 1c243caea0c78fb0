"""Requests that are made under a key: done once, however often they are sent.

A request is begun in a transaction of its own; whatever it then commits is marked in the same transaction; its answer is kept last.
So one whose process died can be told apart: it did nothing, and is done anew; or it did something, and nothing is done twice.
"""

from __future__ import annotations

import os
import socket
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from sqlalchemy import delete, event, update
from sqlalchemy.orm import Session

from requite.api.store.columns import new_id
from requite.api.store.database import take_turn
from requite.api.store.schema import Idempotency

KEPT: Final = timedelta(hours=24)
"""How long an answer is given again."""

LONGEST: Final = timedelta(minutes=30)
"""After which a request elsewhere that has not been answered is taken for lost."""

PROCESS: Final = f"{socket.gethostname()}/{new_id()}"
"""This process, unless it was forked: then its number tells it apart."""


@dataclass(frozen=True, slots=True)
class New:
    """The request is to be done."""


@dataclass(frozen=True, slots=True)
class Running:
    """The same request is being done."""


@dataclass(frozen=True, slots=True)
class Lost:
    """The same request did something, and its process died before it answered."""


@dataclass(frozen=True, slots=True)
class Other:
    """Another request has the key."""


@dataclass(frozen=True, slots=True)
class Answered:
    """The same request was answered, with this."""

    status: int
    headers: dict[str, str]
    body: str


Begun = New | Running | Lost | Other | Answered

Key = tuple[str, str, str]
"""Organisation, caller by its id (several may have one name), key."""

UNDER_WAY: Final[ContextVar[Key | None]] = ContextVar("requite_request_under_way", default=None)
"""The request that this thread or task does; what it commits is marked."""


def begin(session: Session, org: str, caller: str, key: str, route: str, request: str, *, in_hand: bool = True) -> Begun:
    """Find out what is to be done with a request; `request` is a hash by which the same one is known.

    `in_hand` says whether this very process may be doing it; a caller who keeps account of what it does knows better.
    """
    take_turn(session, org, f"request:{caller}:{key}")
    moment = datetime.now(UTC)
    session.execute(delete(Idempotency).where(Idempotency.org == org, Idempotency.created_at < moment - KEPT))
    found = session.get(Idempotency, (org, caller, key))
    if found is None:
        row = Idempotency(org=org, caller=caller, key=key, route=route, request=request, headers=_here(), created_at=moment)
        session.add(row)
        return New()
    if (found.route, found.request) != (route, request):
        return Other()
    if found.status is not None:
        return Answered(found.status, dict(found.headers or {}), found.body or "")
    held = dict(found.headers or {})
    if _is_alive(held, in_hand) and moment - found.created_at < LONGEST:
        return Running()
    if held.get("marked"):
        return Lost()
    found.headers = _here()
    found.created_at = moment
    return New()


def is_known(session: Session, org: str, caller: str, key: str) -> bool:
    """Whether a request under this key was begun before."""
    return session.get(Idempotency, (org, caller, key)) is not None


def finish(session: Session, org: str, caller: str, key: str, status: int, headers: dict[str, str], body: str) -> None:
    """Keep the answer to a request."""
    row = update(Idempotency).where(Idempotency.org == org, Idempotency.caller == caller, Idempotency.key == key)
    session.execute(row.values(status=status, headers=headers, body=body))


def forget(session: Session, org: str, caller: str, key: str) -> None:
    """Forget a request with which nothing was done."""
    session.execute(delete(Idempotency).where(Idempotency.org == org, Idempotency.caller == caller, Idempotency.key == key))


def settle(session: Session, org: str, caller: str, key: str) -> None:
    """Put down that a request of this process ended without an answer: forgotten where it did nothing, else its answer is lost."""
    take_turn(session, org, f"request:{caller}:{key}")
    found = session.get(Idempotency, (org, caller, key))
    if found is None or found.status is not None or (found.headers or {}).get("process") != PROCESS:
        return
    if (found.headers or {}).get("marked"):
        found.headers = {**(found.headers or {}), "ended": True}
    else:
        session.delete(found)


def _here(marked: bool = False) -> dict[str, Any]:
    """Who does a request, kept in the place of its answer's headers until there is one."""
    return {"host": socket.gethostname(), "pid": os.getpid(), "process": PROCESS, "marked": marked}


def _is_alive(held: dict[str, Any], in_hand: bool = True) -> bool:
    """Whether the process that does a request still does; one on another machine is taken to."""
    if held.get("ended"):
        return False
    if held.get("host") != socket.gethostname():
        return True
    if held.get("pid") == os.getpid():
        return in_hand and bool(held.get("process") == PROCESS)
    try:
        os.kill(int(held.get("pid", 0)), 0)
    except ProcessLookupError:
        return False
    except OSError:
        return True
    return True


@event.listens_for(Session, "before_commit")
def _mark(session: Session) -> None:
    """Put down with what a request changes that it changed something."""
    key = UNDER_WAY.get()
    if key is None:
        return
    UNDER_WAY.set(None)
    org, caller, name = key
    row = update(Idempotency).where(Idempotency.org == org, Idempotency.caller == caller, Idempotency.key == name)
    session.execute(row.values(headers=_here(marked=True)))
