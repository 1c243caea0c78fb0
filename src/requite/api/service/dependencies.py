"""What routes ask for: the service, who calls, and that they may."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import Depends, Request, Security
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer

from requite.api.identity import Actor, May
from requite.api.service.problems import Problem
from requite.api.service.service import Service
from requite.api.store import keys

BEARER = HTTPBearer(auto_error=False, description="An API key, or a token of the configured OpenID Connect issuer.")


def service_of(request: Request) -> Service:
    found: Service = request.app.state.service
    return found


def caller(request: Request, given: Annotated[HTTPAuthorizationCredentials | None, Security(BEARER)]) -> Actor:
    """Who calls; 401 where that is not known."""
    service = service_of(request)
    if given is None:
        raise Problem(
            401,
            "not-signed-in",
            "the request says not who calls",
            "Send the header Authorization: Bearer KEY.",
            headers={"WWW-Authenticate": "Bearer"},
        )
    actor = keys.actor_of(service.database, given.credentials)
    if actor is None:
        raise Problem(401, "unknown-key", "this key is not known, or no longer", headers={"WWW-Authenticate": "Bearer"})
    request.state.actor = actor
    return actor


Caller = Annotated[Actor, Depends(caller)]
"""Who calls, whatever they may do."""

TheService = Annotated[Service, Depends(service_of)]


def allowed(what: May) -> Any:
    """Who calls, as an annotation's metadata; 403 where they may not: `actor: Annotated[Actor, allowed(May.RUN)]`."""

    def check(actor: Caller) -> Actor:
        if not actor.may(what):
            raise Problem(403, "not-allowed", f"the role {actor.role} may not {what}")
        return actor

    return Depends(check)
