"""The application: its routes, and what becomes of everything that goes wrong."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from importlib import import_module
from typing import Any, Final

from fastapi import FastAPI
from starlette.middleware import Middleware

from requite import __version__
from requite.api.service.document import describe
from requite.api.service.documented import OPEN
from requite.api.service.door import Door
from requite.api.service.errors import add_handlers
from requite.api.service.limiting import Limiter
from requite.api.service.oidc import issuer_of
from requite.api.service.service import Service

ROUTES: Final[tuple[str, ...]] = (
    "health",
    "keys",
    "rulesets",
    "claims",
    "decisions",
    "uploads",
    "runs",
    "statements",
    "calendar",
    "challenges",
    "events",
    "webhooks",
    "clock",
    "audit",
)
"""The modules of `requite.api.service.routes`, in the order of the documentation: each has a `router`."""

# What a framework would tell of requests holds what was sent; traces are the service's own.
UNTOLD: Final[Any] = {"tracing": False, "metrics": False, "logs": False, "operation_spans": False, "auto_configure": False}


def create_app(service: Service) -> FastAPI:
    """The application of a service whose store is open and of today's schema."""

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        yield
        service.close()

    app = FastAPI(
        title="Requite",
        version=__version__,
        lifespan=lifespan,
        docs_url=None,  # its pages would come from elsewhere
        redoc_url=None,
        redirect_slashes=False,
        responses=OPEN,
        telemetry=UNTOLD,
        middleware=[Middleware(Door, settings=service.settings)],
    )
    app.state.service = service
    app.state.limiter = Limiter(service.settings.requests_per_minute)
    if "oidc" not in service.parts and (issuer := issuer_of(service.settings)) is not None:
        service.parts["oidc"] = issuer
    for name in ROUTES:
        app.include_router(import_module(f"requite.api.service.routes.{name}").router)
    add_handlers(app)
    describe(app)
    return app
