"""The application: its routes, and what becomes of everything that goes wrong."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from importlib import import_module
from typing import Final

from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse

from requite import __version__
from requite.api.service.problems import Problem
from requite.api.service.service import Service

ROUTES: Final[tuple[str, ...]] = ()
"""The modules of `requite.api.service.routes`, in the order of the documentation: each has a `router`."""


def create_app(service: Service) -> FastAPI:
    """The application of a service whose store is open and of today's schema."""

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        yield
        for part in reversed(service.parts.values()):
            part.close()

    app = FastAPI(title="Requite", version=__version__, lifespan=lifespan)
    app.state.service = service
    for name in ROUTES:
        app.include_router(import_module(f"requite.api.service.routes.{name}").router)
    app.add_exception_handler(Problem, _problem)
    return app


async def _problem(_: Request, problem: Exception) -> JSONResponse:
    assert isinstance(problem, Problem)
    return JSONResponse(
        problem.content(), status_code=problem.status, headers=problem.headers, media_type="application/problem+json"
    )
