"""What becomes of everything that goes wrong: problem details, and never a traceback."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, Final

import duckdb
import sqlalchemy.exc
from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect

from requite.api.answers import Refusal
from requite.api.library import RulesetError
from requite.api.service.calls import Call, call_of
from requite.api.service.dependencies import service_of
from requite.api.service.documented import PROBLEM_TYPE
from requite.api.service.etags import KEEP, NotModified
from requite.api.service.idempotency import Pending, Replayed
from requite.api.service.logs import logger
from requite.api.service.metrics import PROBLEMS
from requite.api.service.problems import Problem
from requite.api.service.request_errors import request_problems
from requite.api.store.database import FULL_SECONDS, is_away, is_crowded, is_full
from requite.api.store.refusals import Code, Refused
from requite.dsl.diagnostics import Diagnostic
from requite.engine.full_disk import FULL, is_full_disk
from requite.engine.reading.problems import DataError, DataProblem

MOST_SHOWN: Final = 50
"""Errors of one request that are told."""

REFUSALS: Final[Mapping[Code, int]] = {
    "not-found": 404,
    "same-person": 403,
    "already-approved": 409,
    "not-approved": 409,
    "withdrawn": 409,
    "in-force": 409,
    "other-ruleset": 409,
    "examples-fail": 409,
    "already-there": 409,
    "already-revoked": 409,
    "too-large": 413,
    "store-not-ready": 503,
    "store-newer": 503,
    "store-foreign": 503,
}
"""The status of what the store refuses; 422 where it is not listed."""

OF_ENGINE: Final[Mapping[str, int]] = {"matching-stopped": 503, "engines-differ": 500}
"""The status of what the engine tells and no request can help; 422 where it is not listed."""

OF_ROUTING: Final[Mapping[int, tuple[str, str]]] = {
    404: ("no-such-address", "there is nothing at this address"),
    405: ("wrong-method", "this address has no such method"),
    408: ("too-slow", "the request came in too slowly"),
    413: ("too-large", "the request is too large"),
}


def answer(problem: Problem, call: Call) -> JSONResponse:
    """A problem as it is sent."""
    PROBLEMS.labels(problem.code).inc()
    content = problem.content() | {"request": call.id}
    return JSONResponse(content, status_code=problem.status, headers=problem.headers, media_type=PROBLEM_TYPE)


def invalid(code: str, message: str, help: str = "", **detail: Any) -> Problem:
    """That a request says something that cannot be meant: 422 with one error."""
    return Problem(422, "wrong-request", message, help, errors=[DataProblem(code, message, help=help, detail=detail)])


def add_handlers(app: FastAPI) -> None:
    """Let an application answer everything that goes wrong with problem details."""
    for kind, told in TOLD.items():
        app.add_exception_handler(kind, _handler(told))
    app.add_exception_handler(NotModified, _not_modified)
    app.add_exception_handler(Replayed, _replayed)


def _handler(told: Any) -> Any:
    async def handle(request: Request, error: Exception) -> Response:
        return answer(told(request, error), call_of(request))

    return handle


async def _not_modified(_: Request, error: Exception) -> Response:
    assert isinstance(error, NotModified)
    return Response(status_code=304, headers={"ETag": error.tag, "Cache-Control": KEEP})


async def _replayed(_: Request, error: Exception) -> Response:
    assert isinstance(error, Replayed)
    return error.response


def _itself(_: Request, problem: Problem) -> Problem:
    return problem


def _of_store(_: Request, refused: Refused) -> Problem:
    return Problem(REFUSALS.get(refused.code, 422), refused.code, refused.message, refused.help, diagnostics=refused.diagnostics)


def _of_engine(_: Request, error: DataError | Refusal) -> Problem:
    return of_data(error.problems, getattr(error, "diagnostics", ()))


def of_data(problems: Sequence[DataProblem], diagnostics: Sequence[Diagnostic] = ()) -> Problem:
    """Problems of data as an answer."""
    first = problems[0].message if problems else "the ruleset has errors"
    status = OF_ENGINE.get(problems[0].code, 422) if problems else 422
    return Problem(
        status, problems[0].code if problems else "wrong-ruleset", first, errors=problems[:MOST_SHOWN], diagnostics=diagnostics
    )


def _of_ruleset(_: Request, error: RulesetError) -> Problem:
    return Problem(422, "wrong-ruleset", "the text is no ruleset yet", diagnostics=error.diagnostics)


def _of_routing(_: Request, error: HTTPException) -> Problem:
    code, words = OF_ROUTING.get(error.status_code, ("unreadable-request", "the body of the request cannot be read"))
    headers = dict(error.headers or {})
    if headers.get("Allow") == "GET":
        headers["Allow"] = "GET, HEAD"  # the door answers those
    return Problem(error.status_code, code, words, headers=headers)


def _of_database(_: Request, error: sqlalchemy.exc.DataError) -> Problem:  # noqa: ARG001 - it would tell the values
    return invalid("too-large", "a value is larger than the store can hold")


def store_away(request: Request, error: sqlalchemy.exc.DBAPIError) -> Problem:
    """The store went away, is full, or has no connection free. Something may have been done: whoever sends it again is told."""
    if not (is_away(error) or is_full(error) or is_crowded(error)):
        raise error
    call = call_of(request)
    if isinstance(call.keeper, Pending):
        call.keeper = replace(call.keeper, is_unsure=True)
    if is_full(error):
        logger(service_of(request).settings.log_level).error("store full", request=call.id)
        help = "Have room made on the disk of the store; then send it again."
        return Problem(503, "store-full", "the disk of the store is full", help, headers={"Retry-After": str(FULL_SECONDS)})
    if is_crowded(error):
        logger(service_of(request).settings.log_level).error("store busy", request=call.id)
        help = "Send it again in a moment, and less at once."
        return Problem(503, "store-busy", "all connections to the store are in use", help, headers={"Retry-After": "5"})
    return Problem(503, "store-away", "the store cannot be reached", "Send it again in a moment.", headers={"Retry-After": "1"})


def disk_full(request: Request, error: Exception) -> Problem:
    """A disk on which a file was to be written is full. What was written of it is gone again."""
    if not is_full_disk(error):
        raise error
    call = call_of(request)
    if isinstance(call.keeper, Pending):
        call.keeper = replace(call.keeper, is_unsure=True)
    logger(service_of(request).settings.log_level).error("disk full", request=call.id)
    help = "Have room made on it; then send the request again."
    return Problem(503, "disk-full", FULL, help, headers={"Retry-After": str(FULL_SECONDS)})


def _of_request(request: Request, error: RequestValidationError) -> Problem:
    found = error.errors()
    if any(one["type"] == "json_invalid" for one in found):
        return Problem(400, "wrong-json", f"the body is no JSON: {_why_no_json(found)}")
    kind = request.headers.get("content-type", "")
    if any(one["loc"] == ("body",) and one["type"].endswith("attributes_type") for one in found) and "json" not in kind:
        return Problem(415, "wrong-type", "the body must be JSON", "Send the header Content-Type: application/json.")
    problems = request_problems(request, error)
    more = f", and {len(problems) - 1} more" if len(problems) > 1 else ""
    return Problem(422, "wrong-request", f"{problems[0].message}{more}", problems[0].help, errors=problems[:MOST_SHOWN])


def _broken_off(_: Request, error: ClientDisconnect) -> Problem:  # noqa: ARG001
    return Problem(400, "unreadable-request", "the request breaks off before its end", "Send it again.")


def _why_no_json(found: Sequence[Mapping[str, Any]]) -> str:
    said = str(found[0].get("ctx", {}).get("error", ""))[:500]
    return said[:1].lower() + said[1:]


TOLD: Final[Mapping[type[Exception], Any]] = {
    Problem: _itself,
    Refused: _of_store,
    DataError: _of_engine,
    Refusal: _of_engine,
    RulesetError: _of_ruleset,
    HTTPException: _of_routing,
    ClientDisconnect: _broken_off,
    RequestValidationError: _of_request,
    sqlalchemy.exc.DataError: _of_database,
    sqlalchemy.exc.OperationalError: store_away,
    sqlalchemy.exc.InterfaceError: store_away,
    OSError: disk_full,
    duckdb.Error: disk_full,
}
