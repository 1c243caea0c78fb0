"""Whether the service lives and is ready, what it counts, and who is calling."""

from __future__ import annotations

import asyncio
from threading import BoundedSemaphore
from typing import Annotated, Final

from anyio import CapacityLimiter, to_thread
from fastapi import APIRouter, Depends, Request, Response
from fastapi.responses import PlainTextResponse
from fastapi.security import HTTPAuthorizationCredentials
from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy.exc import SQLAlchemyError

from requite import __version__
from requite.api.identity import ALLOWED, Role
from requite.api.service.dependencies import BEARER, Caller, TheService, caller
from requite.api.service.documented import problems
from requite.api.service.limiting import address_of
from requite.api.service.metrics import metrics_text
from requite.api.service.problems import Problem
from requite.api.store.database import Database
from requite.api.store.upgrade import state

router = APIRouter(tags=["health"])

LOCAL = frozenset({"127.0.0.1", "::1"})
FORWARDED = ("forwarded", "x-forwarded-for", "x-real-ip")
"""What a proxy on the same machine says of a request that is from elsewhere."""

PATIENCE: Final = 1.0
"""Seconds that the store has to say how it stands: whoever asks whether a service is ready does not wait long."""

THREADS: Final = CapacityLimiter(8)
"""Those that look at the store for whoever asks: all others may wait for it themselves."""

LOOKS: Final = BoundedSemaphore(2)
"""Looks at once. One at a store that does not answer goes on when nobody waits for it any more."""

SILENT: Final = "does not answer"


class Health(BaseModel):
    """That the service lives."""

    model_config = ConfigDict(frozen=True)

    status: str = Field(examples=["alive"])
    version: str = Field(examples=["0.1.0"])


class Readiness(BaseModel):
    """Whether the service can work, and what keeps it from that, in words."""

    model_config = ConfigDict(frozen=True)

    status: str = Field(examples=["ready"])
    store: str = Field(examples=["ready"])
    parts: dict[str, str] = Field(examples=[{"live": "ready", "jobs": "ready"}])


class Me(BaseModel):
    """Who is calling, as the service sees them."""

    model_config = ConfigDict(frozen=True)

    org: str = Field(examples=["default"])
    name: str = Field(examples=["Ann"])
    role: Role = Field(examples=["analyst"])
    provider: str | None = Field(description="The hospital's code, for a hospital alone.", examples=[None])
    may: list[str] = Field(examples=[["read rulesets", "send rows"]])


@router.get("/health", operation_id="health", summary="Whether the service lives")
async def health() -> Health:
    """Whether the service lives, whatever else may be wrong."""
    # Without a thread: all of them may wait for the store.
    return Health(status="alive", version=__version__)


@router.get(
    "/ready",
    operation_id="ready",
    summary="Whether it can work",
    responses={503: {"model": Readiness, "description": "Not ready."}},
)
async def ready(service: TheService, response: Response) -> Readiness:
    """Whether the service can work: the store answers and has today's schema, and every part beside the requests runs. That is told
    within a second or two, however busy the store is.
    """
    store = await _store(service.database)
    parts = {name: _part(part) for name, part in service.parts.items()}
    is_ready = store == "ready" and all(said == "ready" for said in parts.values())
    response.status_code = 200 if is_ready else 503
    return Readiness(status="ready" if is_ready else "not ready", store=store, parts=parts)


async def _store(database: Database) -> str:
    try:
        async with asyncio.timeout(2 * PATIENCE):
            return await to_thread.run_sync(_stands, database, abandon_on_cancel=True, limiter=THREADS)
    except TimeoutError:
        return SILENT


def _stands(database: Database) -> str:
    """How the store stands."""
    if not LOOKS.acquire(timeout=PATIENCE):
        return SILENT
    try:
        if not database.has_free_connection(PATIENCE):
            return "has no connection free"
        stands = state(database)
        return "is full" if stands == "ready" and not database.has_room() else stands
    except SQLAlchemyError:
        return SILENT
    finally:
        LOOKS.release()


def _part(part: object) -> str:
    told = getattr(part, "ready", None)
    return (told() or "ready") if callable(told) else "ready"


@router.get(
    "/metrics",
    operation_id="metrics",
    summary="Counts for Prometheus",
    response_class=PlainTextResponse,
    responses=problems(401, 403),
)
def metrics(
    request: Request, service: TheService, given: Annotated[HTTPAuthorizationCredentials | None, Depends(BEARER)]
) -> PlainTextResponse:
    """What the service counts, as Prometheus reads it: for callers on the same machine, administrators and auditors."""
    is_local = address_of(request) in LOCAL and not any(header in request.headers for header in FORWARDED)
    if not is_local or given is not None:
        actor = caller(request, given)
        if actor.role not in (Role.ADMIN, Role.AUDITOR):
            raise Problem(403, "not-allowed", f"the role {actor.role} may not read what is counted")
    return PlainTextResponse(metrics_text(service.parts), media_type="text/plain; version=0.0.4; charset=utf-8")


@router.get("/me", operation_id="me", summary="Who the caller is", responses=problems(401))
def me(actor: Caller) -> Me:
    """Who is calling, and what they may do."""
    may = sorted(what.value for what in ALLOWED[actor.role])
    return Me(org=actor.org, name=actor.name, role=actor.role, provider=actor.provider, may=may)
