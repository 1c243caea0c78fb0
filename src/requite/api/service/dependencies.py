"""What routes ask for: the service, who calls, and that they may."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import Depends, Request, Security
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from starlette.concurrency import run_in_threadpool

from requite.api.identity import Actor, May
from requite.api.service.calls import call_of
from requite.api.service.limiting import Limiter
from requite.api.service.oidc import Issuer, looks_like_token
from requite.api.service.parameters import refuse_wrong_names
from requite.api.service.problems import Problem
from requite.api.service.service import Service
from requite.api.store import keys

BEARER = HTTPBearer(
    auto_error=False, scheme_name="bearer", description="An API key, or a token of the configured OpenID Connect issuer."
)
CHALLENGE = {"WWW-Authenticate": "Bearer"}
LONGEST = 8192
"""The longest key or token that is looked at."""


def service_of(request: Request) -> Service:
    found: Service = request.app.state.service
    return found


def caller(request: Request, given: HTTPAuthorizationCredentials | None) -> Actor:
    """Who calls; 401 where that is not known."""
    service = service_of(request)
    limiter: Limiter = request.app.state.limiter
    limiter.unknown(request)
    if given is None:
        limiter.unsigned(request)
        raise Problem(
            401,
            "not-signed-in",
            "the request does not say who calls",
            "Send the header Authorization: Bearer KEY.",
            headers=CHALLENGE,
        )
    actor = _known(service, given.credentials)
    if actor is None:
        limiter.wrong(request)
        raise Problem(401, "unknown-key", "this key is not known, or no longer", headers=CHALLENGE)
    call_of(request).actor = actor
    limiter.known(request, actor)
    return actor


def _known(service: Service, secret: str) -> Actor | None:
    if len(secret) > LONGEST:
        return None
    issuer: Issuer | None = service.parts.get("oidc")
    if issuer is not None and looks_like_token(secret):
        return issuer.actor_of(service.database, secret)
    return keys.actor_of(service.database, secret)


async def _caller(request: Request, given: Annotated[HTTPAuthorizationCredentials | None, Security(BEARER)]) -> Actor:
    known = call_of(request).actor
    actor = known if known is not None else await run_in_threadpool(caller, request, given)
    refuse_wrong_names(request)
    return actor


# What need not wait is asked at once: to hand it to a thread would take longer.
Caller = Annotated[Actor, Depends(_caller)]
"""Who calls, whatever they may do."""


async def _the_service(request: Request) -> Service:
    return service_of(request)


TheService = Annotated[Service, Depends(_the_service)]


def allowed(*what: May) -> Any:
    """Who calls, as an annotation's metadata; 403 where they may do none of it: `actor: Annotated[Actor, allowed(May.RUN)]`."""

    async def check(actor: Caller) -> Actor:
        if not any(actor.may(one) for one in what):
            raise Problem(403, "not-allowed", f"the role {actor.role} may not {' or '.join(what)}")
        return actor

    check.may = what  # type: ignore[attr-defined]  # the tests read which roles a route lets in
    return Depends(check)
