"""A request that is sent twice is done once: what was answered under a key is answered again.

A route takes part by one parameter, `_: Once`, after that which says who may call; one that does not hold what is sent in
memory, by `key: Given`.
"""

from __future__ import annotations

import hashlib
import json
import re
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Annotated, Any, Final

from fastapi import Depends, Header, Request, Response
from sqlalchemy.exc import DBAPIError
from starlette.concurrency import run_in_threadpool

from requite.api.identity import Actor
from requite.api.service.calls import call_of
from requite.api.service.dependencies import Caller, service_of
from requite.api.service.problems import Problem
from requite.api.store import idempotency as store
from requite.api.store.database import Database, is_crowded, is_full

KEY: Final = re.compile(r"[\x21-\x7e]{1,200}")
REPLAYED: Final = "Idempotent-Replayed"
KEPT_HEADERS: Final = ("content-type", "location", "etag", "link")


IN_HAND: Final[dict[tuple[Database, str, str, str], DBAPIError | None]] = {}
"""The requests under keys that this process does; or has done, and why what became of them could not be put down yet."""

_LOCK: Final = threading.Lock()

PAUSE: Final = 1.0
"""Seconds between two tries to keep an answer while the store is away."""

MOST_TRIES: Final = 1800


class Replayed(Exception):  # noqa: N818 - it is an answer
    """The answer to the same request, made before under the same key."""

    def __init__(self, response: Response) -> None:
        super().__init__("replayed")
        self.response = response


@dataclass(frozen=True, slots=True)
class Pending:
    """A request under a key whose answer is still to come. `hidden` are members of the answer that are not kept."""

    database: Database
    actor: Actor
    key: str
    hidden: Sequence[str] = ()

    is_unsure: bool = False
    """Whether it failed in such a way that something of it may have been done."""

    def keep(self, status: int, headers: dict[str, str], body: bytes) -> None:
        """Keep the answer to be given again; where nothing was done, forget the request, so that it can be tried again."""
        store.UNDER_WAY.set(None)
        _kept(self.database, (self.actor.org, self.actor.id, self.key), lambda: self._keep(status, headers, body))

    def _keep(self, status: int, headers: dict[str, str], body: bytes) -> None:
        own = (self.actor.org, self.actor.id, self.key)
        with self.database.writing() as session:
            if self.is_unsure or status == 500:
                store.settle(session, *own)
            elif not 200 <= status < 300:
                store.forget(session, *own)
            else:
                kept = {name: value for name, value in headers.items() if name in KEPT_HEADERS}
                store.finish(session, *own, status, kept, self._without_hidden(body).decode())

    def _without_hidden(self, body: bytes) -> bytes:
        if not self.hidden:
            return body
        content = json.loads(body)
        return json.dumps(content | dict.fromkeys(self.hidden)).encode()


KeyHeader = Annotated[
    str | None,
    Header(
        alias="Idempotency-Key",
        max_length=200,
        description="A name of your choice for this request, such as a UUID. Sent again under the same key, the request is not "
        "done again: its first answer is given again, with the header Idempotent-Replayed.",
    ),
]


async def _given(request: Request, key: KeyHeader = None) -> str | None:
    if len(request.headers.getlist("Idempotency-Key")) > 1:
        raise Problem(422, "wrong-key", "Idempotency-Key is said more than once", "Send one key with a request.")
    if key is not None and not KEY.fullmatch(key):
        raise Problem(422, "wrong-key", "Idempotency-Key holds 1 to 200 letters, digits and signs, without spaces")
    return key


Given = Annotated[str | None, Depends(_given)]
"""The Idempotency-Key of a request, for a route that reads by itself what was sent, and then calls `begin`."""


async def once(request: Request, actor: Caller, key: Given) -> None:
    if key is not None:
        await begin(request, actor, key, await request.body())


async def begin(request: Request, actor: Actor, key: str, sent: bytes) -> None:
    """Answer again what was answered before under this key; otherwise go on, and keep what will be answered.

    By `sent` the same request is known: its body, or what is told of one that is read as it comes in.
    """
    asked = f"{request.method} {request.url.path}?{request.url.query}\n".encode()
    fingerprint = hashlib.sha256(asked + sent).hexdigest()
    found = await run_in_threadpool(_begin, request, actor, key, fingerprint)
    call_of(request).keeper = found
    # What the route commits is marked with it: a task's context reaches the threads in which routes work.
    store.UNDER_WAY.set((actor.org, actor.id, key))


def hiding(*members: str) -> Any:
    """As `Once`, for an answer that holds secrets: `_: Annotated[None, hiding("secret")]`. Given again, they are null."""

    async def hidden(request: Request, _: Annotated[None, Depends(once)]) -> None:
        call = call_of(request)
        if isinstance(call.keeper, Pending):
            call.keeper = replace(call.keeper, hidden=members)

    return Depends(hidden)


Once = Annotated[None, Depends(once)]
"""That a route does a request only once for each Idempotency-Key."""


def _begin(request: Request, actor: Actor, key: str, fingerprint: str) -> Pending:
    database = service_of(request).database
    route = f"{request.method} {getattr(request.scope.get('route'), 'path', '')}"
    own = (actor.org, actor.id, key)
    with _LOCK:
        found: store.Begun = store.Running() if (database, *own) in IN_HAND else store.New()
        trouble = IN_HAND.setdefault((database, *own), None)
    if trouble is not None:
        # Nothing runs any more: it waits for the store, and so does whoever asks.
        raise trouble.with_traceback(None)
    if isinstance(found, store.New):
        try:
            with database.writing() as session:
                found = store.begin(session, *own, route, fingerprint, in_hand=False)
        except DBAPIError as error:
            if is_full(error) or is_crowded(error):
                del IN_HAND[database, *own]
            else:
                # It may have been put down all the same: then it would be taken for one that is under way.
                _later(database, own, lambda: _settled(database, own), error)
            raise
        except BaseException:
            # A fault: nothing is done, and whoever sends it again must not be told for ever that it is.
            del IN_HAND[database, *own]
            raise
        if not isinstance(found, store.New):
            del IN_HAND[database, *own]
    match found:
        case store.New():
            return Pending(database, actor, key)
        case store.Answered(status=status, headers=headers, body=body):
            raise Replayed(Response(body, status_code=status, headers={**headers, REPLAYED: "true"}))
        case store.Running():
            raise Problem(
                409,
                "still-running",
                "a request with this Idempotency-Key is not answered yet",
                "Send it again in a moment, with the same key.",
                headers={"Retry-After": "1"},
            )
        case store.Lost():
            raise Problem(
                409,
                "answer-lost",
                "the service stopped while it did this request: something of it is done, and its answer is lost",
                "See what came of it; what is still to be done needs a new key.",
            )
    raise Problem(422, "key-in-use", "this Idempotency-Key was sent with another request", "Take a new key for a new request.")


# --- while the store is away ------------------------------------------------------------------------------------------


def _kept(database: Database, own: store.Key, keep: Callable[[], None]) -> None:
    """Keep something of a request; later, where the store is away."""
    try:
        keep()
    except DBAPIError as error:
        _later(database, own, keep, error)
        raise
    except BaseException:
        del IN_HAND[database, *own]
        raise
    del IN_HAND[database, *own]


def _later(database: Database, own: store.Key, keep: Callable[[], None], trouble: DBAPIError) -> None:
    IN_HAND[database, *own] = trouble

    def again() -> None:
        try:
            for _ in range(MOST_TRIES):
                time.sleep(PAUSE)
                try:
                    return keep()
                except DBAPIError as error:
                    IN_HAND[database, *own] = error
        finally:
            del IN_HAND[database, *own]

    threading.Thread(target=again, name="requite-keeps-an-answer", daemon=True).start()


def _settled(database: Database, own: store.Key) -> None:
    with database.writing() as session:
        store.settle(session, *own)
