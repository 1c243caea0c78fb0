"""A form with a file in it, read as it comes in: nothing of it is held in memory, or written before it may be."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import ExitStack, asynccontextmanager
from dataclasses import dataclass, field
from typing import Final

from fastapi import Request
from python_multipart import MultipartParser
from python_multipart.exceptions import MultipartParseError
from python_multipart.multipart import parse_options_header
from starlette.concurrency import run_in_threadpool

from requite.api.identity import Actor
from requite.api.jobs.uploads import Incoming, incoming, refuse_full
from requite.api.service.problems import Problem
from requite.api.service.service import Service
from requite.api.store.idempotency import is_known

FIELD: Final = "file"
LONGEST_HEADER: Final = 4096


@dataclass(eq=False)
class Form:
    """A form under way: the file in it, once that has begun."""

    service: Service
    actor: Actor
    open: ExitStack
    file: Incoming | None = None
    whole: bool = False
    _name: bytes = b""
    _value: bytes = b""
    _headers: dict[bytes, bytes] = field(default_factory=dict)

    def parser(self, boundary: bytes) -> MultipartParser:
        return MultipartParser(
            boundary,
            {
                "on_header_field": self._on_name,
                "on_header_value": self._on_value,
                "on_header_end": self._on_header,
                "on_headers_finished": self._on_part,
                "on_part_data": self._on_data,
                "on_end": self._on_end,
            },
            max_header_size=LONGEST_HEADER,
        )

    def _on_name(self, data: bytes, start: int, end: int) -> None:
        self._name += data[start:end]

    def _on_value(self, data: bytes, start: int, end: int) -> None:
        self._value += data[start:end]

    def _on_header(self) -> None:
        self._headers[self._name.lower()] = self._value
        self._name = self._value = b""

    def _on_part(self) -> None:
        said = parse_options_header(self._headers.get(b"content-disposition"))[1]
        self._headers.clear()
        if said.get(b"name") != FIELD.encode() or b"filename" not in said:
            raise Problem(422, "wrong-form", f"the form has something else than one file under the name `{FIELD}`")
        if self.file is not None:
            raise Problem(422, "wrong-form", "the form has more than one file", "Send each file by itself.")
        name = said[b"filename"].decode("utf-8", "replace")
        self.file = self.open.enter_context(incoming(self.service, self.actor, name))

    def _on_data(self, data: bytes, start: int, end: int) -> None:
        if self.file is not None:
            self.file.write(data[start:end])

    def _on_end(self) -> None:
        self.whole = True


@asynccontextmanager
async def received(request: Request, service: Service, actor: Actor, key: str | None) -> AsyncIterator[Incoming]:
    """The file of a form, come in whole, and gone again unless it is kept; a problem where there is none, or no room."""
    kind, options = parse_options_header(request.headers.get("content-type"))
    boundary = options.get(b"boundary", b"")
    if kind != b"multipart/form-data" or not 0 < len(boundary) <= 200:
        help = f"Send a form: curl -F {FIELD}=@claims.csv …"
        raise Problem(415, "wrong-form", "the request is no form with a file", help)
    await run_in_threadpool(_refuse_beforehand, request, service, actor, key)
    with ExitStack() as opened:
        form = Form(service, actor, opened)
        try:
            parser = form.parser(boundary)
            async for chunk in request.stream():
                await run_in_threadpool(parser.write, chunk)
        except MultipartParseError:
            raise Problem(400, "wrong-form", "the form cannot be read") from None
        if not form.whole:
            raise Problem(400, "wrong-form", "the form breaks off before its end", "Send it again.")
        if form.file is None:
            raise Problem(422, "wrong-form", f"the form has no file under the name `{FIELD}`")
        yield form.file


def _refuse_beforehand(request: Request, service: Service, actor: Actor, key: str | None) -> None:
    length = request.headers.get("content-length", "0")
    with service.database.reading() as session:
        # What comes under a known key may be the very file that has used up the room.
        if key is None or not is_known(session, actor.org, actor.id, key):
            refuse_full(service, session, actor.org, int(length) if length.isdecimal() else 0)
