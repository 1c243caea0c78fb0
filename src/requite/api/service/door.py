"""The door: what every request passes before a route sees it, and what every answer passes on its way out."""

from __future__ import annotations

import asyncio
import re
import time
from typing import Any, Final
from urllib.parse import unquote_to_bytes

import sqlalchemy.exc
from fastapi import Request
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import Headers, MutableHeaders
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from ulid import ULID

from requite.api.service.calls import SCOPE, Call
from requite.api.service.dependencies import BEARER, caller
from requite.api.service.errors import answer, store_away
from requite.api.service.json_bodies import wrong_json
from requite.api.service.logs import logger, where
from requite.api.service.metrics import REQUESTS, SECONDS
from requite.api.service.problems import Problem
from requite.api.service.settings import ServiceSettings

SANE_ID: Final = re.compile(r"[A-Za-z0-9._-]{8,100}")
SANE_HOST: Final = re.compile(r"(?:\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9._-]{1,255})(?::[0-9]{1,5})?")
UPLOADS: Final = "/uploads"

FOR_ALL: Final = frozenset({"/health", "/ready", "/metrics", "/openapi.json"})
"""Addresses that need not know who calls."""

SHORT: Final = 64 * 1024
"""JSON of so many bytes is looked at at once, and longer JSON in a thread."""

PATIENCE: Final = 30.0
SLOWEST: Final = 32 * 1024
"""A body may be waited for 30 seconds, and a second more for each 32 KB of it."""

HEADERS: Final = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Resource-Policy": "same-origin",
}
"""What every answer carries, unless the route says otherwise."""


class Door:
    """Gives each request an id, looks at it before any route does, and logs, counts and keeps what is answered."""

    def __init__(self, app: ASGIApp, settings: ServiceSettings) -> None:
        self._app = app
        self._settings = settings
        self._hosts = {host.strip().lower() for host in settings.hosts.split(",") if host.strip()}
        self._log = logger(settings.log_level)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        method = scope["method"]
        if method == "HEAD":
            # The server goes by its own scope, and must go on knowing that no body follows.
            scope, send = {**scope, "method": "GET"}, _Headed(send)
        given = Headers(scope=scope).get("x-request-id", "")
        call = scope[SCOPE] = Call(given if SANE_ID.fullmatch(given) else str(ULID()))
        way = _Out(call, send, self._log)
        began = time.perf_counter()
        try:
            await self._answer(scope, receive, way, call)
        except asyncio.CancelledError:
            if way.status:
                raise
            # The service stops, and has waited long enough. What became of the request is told when it is sent again.
            call.keeper = None
            await answer(_stopping(), call)(scope, receive, way)
        except Exception as error:
            self._log.error("fault", request=call.id, route=_route(scope), fault=type(error).__name__, where=where(error))
            if way.status:
                raise
            fault = Problem(500, "internal", "a fault inside Requite", "Please report it, with the request's id.")
            await answer(fault, call)(scope, receive, way)
        finally:
            self._tell(scope, call, method, way.status, time.perf_counter() - began)

    async def _answer(self, scope: Scope, receive: Receive, way: _Out, call: Call) -> None:
        problem = self._wrong_head(scope)
        body = None
        if problem is None and _is_json(scope):
            problem = await _unknown_caller(scope)
            if problem is None:
                problem, body = await self._read(_Counted(receive, self._settings.most_body))
        if problem is not None:
            await answer(problem, call)(scope, receive, way)
            return
        onward = _again(body, receive) if body is not None else _Counted(receive, self._most(scope))
        await self._app(scope, onward, way)

    def _wrong_head(self, scope: Scope) -> Problem | None:
        headers = Headers(scope=scope)
        host = headers.get("host", "")
        if not SANE_HOST.fullmatch(host) or (self._hosts and _name(host) not in self._hosts):
            return Problem(400, "wrong-host", "the header Host names no host that this service is")
        if b"%00" in scope.get("query_string", b"") or "\0" in scope["path"]:
            return Problem(422, "wrong-request", "the address holds a NUL character, which nothing here does")
        if not _is_utf8(scope):
            help = "Write letters beyond ASCII as the bytes of their UTF-8, each with a percent sign: é as %C3%A9."
            return Problem(422, "wrong-request", "the address is not in UTF-8", help)
        if headers.get("content-encoding", "identity").strip().lower() != "identity":
            help = "Send it as it is, without the header Content-Encoding."
            return Problem(415, "wrong-encoding", "the body is compressed, and is not taken so", help)
        length = headers.get("content-length", "0")
        if not length.isdigit() or len(length) > 18:
            return Problem(400, "unreadable-request", "the header Content-Length is no number")
        return _too_large(self._most(scope)) if int(length) > self._most(scope) else None

    def _most(self, scope: Scope) -> int:
        is_upload = scope["path"].rstrip("/") == UPLOADS and scope["method"] == "POST"
        return self._settings.most_upload if is_upload else self._settings.most_body

    async def _read(self, receive: Receive) -> tuple[Problem | None, bytes]:
        parts = []
        try:
            while (message := await receive())["type"] != "http.disconnect":
                parts.append(message.get("body", b""))
                if not message.get("more_body", False):
                    break
        except HTTPException as error:
            return (_too_slow() if error.status_code == 408 else _too_large(self._settings.most_body)), b""
        body = b"".join(parts)
        # A long one would hold up every other request.
        return (await run_in_threadpool(wrong_json, body) if len(body) > SHORT else wrong_json(body)), body

    def _tell(self, scope: Scope, call: Call, method: str, status: int, seconds: float) -> None:
        route, method = _route(scope), method if method in METHODS else "other"
        REQUESTS.labels(method, route, str(status)).inc()
        SECONDS.labels(method, route).observe(seconds)
        actor = call.actor
        self._log.info(
            "request",
            request=call.id,
            method=method,
            route=route,
            status=status,
            ms=round(seconds * 1000, 2),
            **({"org": actor.org, "actor": actor.name, "role": actor.role.value} if actor else {}),
        )


METHODS: Final = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})


class _Out:
    """The way out of an answer. One that is to be kept is held back until it is."""

    def __init__(self, call: Call, send: Send, log: Any) -> None:
        self._call = call
        self._send = send
        self._log = log
        self._held: list[Message] = []
        self.status = 0
        self.handed_over = False

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]
            self._dress(MutableHeaders(raw=message["headers"]))
            message = {**message, "headers": message["headers"]}
        if self._call.keeper is None or self.handed_over:
            await self._send(message)
            return
        self._held.append(message)
        if message["type"] == "http.response.body" and not message.get("more_body", False):
            await self._hand_over(self._call.keeper)

    async def _hand_over(self, keeper: Any) -> None:
        start, *rest = self._held
        body = b"".join(part.get("body", b"") for part in rest)
        headers = dict(Headers(raw=start["headers"]).items())
        self.handed_over = True
        try:
            await run_in_threadpool(keeper.keep, self.status, headers, body)
        except Exception as error:
            # It is done all the same, and the caller had better know.
            self._log.error("answer not kept", request=self._call.id, fault=type(error).__name__, where=where(error))
        for message in self._held:
            await self._send(message)
        self._held = []

    def _dress(self, headers: MutableHeaders) -> None:
        headers["X-Request-ID"] = self._call.id
        for name, value in {**HEADERS, **self._call.headers}.items():
            headers.setdefault(name, value)
        headers.setdefault("Cache-Control", "no-store")


class _Headed:
    """The way out for whoever asks for the head of an answer alone: as of a GET, which a stream then ends with."""

    def __init__(self, send: Send) -> None:
        self._send = send

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            await self._send(message)
            await self._send({"type": "http.response.body", "body": b"", "more_body": False})


class _Counted:
    """A body that is read as it comes, up to a limit, and not if it comes too slowly."""

    def __init__(self, receive: Receive, most: int) -> None:
        self._receive = receive
        self._most = most
        self._size = 0
        self._waited = 0.0
        self._is_whole = False

    async def __call__(self) -> Message:
        message = await (self._receive() if self._is_whole else self._in_time())
        self._is_whole = not message.get("more_body", False)
        self._size += len(message.get("body", b""))
        if self._size > self._most:
            raise HTTPException(413)
        return message

    async def _in_time(self) -> Message:
        """What comes next. Only time counts in which nothing came: who reads may take theirs."""
        began = time.monotonic()
        try:
            async with asyncio.timeout(PATIENCE + self._size / SLOWEST - self._waited):
                return await self._receive()
        except TimeoutError:
            raise HTTPException(408, headers={"Connection": "close"}) from None
        finally:
            self._waited += time.monotonic() - began


def _again(body: bytes, receive: Receive) -> Receive:
    """A body that has been read, to be read once more."""
    is_given = False

    async def give() -> Message:
        nonlocal is_given
        if is_given:
            return await receive()
        is_given = True
        return {"type": "http.request", "body": body, "more_body": False}

    return give


def _is_json(scope: Scope) -> bool:
    kind = Headers(scope=scope).get("content-type", "").partition(";")[0].strip().lower()
    return kind == "application/json" or kind.endswith("+json")


async def _unknown_caller(scope: Scope) -> Problem | None:
    """What is wrong with who sends a body, asked before it is read; nothing where anybody may call."""
    if scope["path"] in FOR_ALL:
        return None
    request = Request(scope)
    try:
        await run_in_threadpool(caller, request, await BEARER(request))
    except Problem as problem:
        problem.headers["Connection"] = "close"
        return problem
    except sqlalchemy.exc.DBAPIError as error:
        return store_away(request, error)
    return None


def _stopping() -> Problem:
    help = "Send it again in a moment, under the same Idempotency-Key."
    return Problem(503, "stopping", "the service is being stopped", help, headers={"Retry-After": "5", "Connection": "close"})


def _too_slow() -> Problem:
    return Problem(408, "too-slow", "the request came in too slowly", "Send it again.", headers={"Connection": "close"})


def _too_large(most: int) -> Problem:
    return Problem(
        413, "too-large", f"the request is larger than {most:,} bytes", "Send it in parts.", headers={"Connection": "close"}
    )


def _is_utf8(scope: Scope) -> bool:
    """Whether an address is ASCII, and UTF-8 once its percent signs are read: else others would be read for its letters."""
    try:
        for part in (scope.get("raw_path") or b"", scope.get("query_string", b"")):
            unquote_to_bytes(part.decode("ascii")).decode()
    except UnicodeDecodeError:
        return False
    return True


def _name(host: str) -> str:
    return re.sub(r":[0-9]+$", "", host).lower()


def _route(scope: Scope) -> str:
    """The route as it is declared: the address itself may name things that are nobody else's to know."""
    path = getattr(scope.get("route"), "path", None)
    return path if isinstance(path, str) else "none"
