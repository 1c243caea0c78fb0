"""Events, read one after another: for whoever has no public address to which they could be sent."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncGenerator
from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Header, Query
from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy.orm import Session
from sse_starlette import EventSourceResponse, ServerSentEvent

from requite.api.identity import Actor, May
from requite.api.service.dependencies import TheService, allowed
from requite.api.service.documented import problems
from requite.api.service.problems import Problem
from requite.api.service.streaming import RETRY, Stopping, streamed
from requite.api.store.database import Database
from requite.api.store.events import EventKind
from requite.api.store.schema import Event
from requite.api.webhooks.listening import Places, events_after, last_number, removed_up_to, stream
from requite.api.webhooks.sending import event_json

router = APIRouter(tags=["events"])

Reader = Annotated[Actor, allowed(May.READ_DECISIONS)]

HIGHEST = 2**63 - 1

PLACES = Places()

After = Annotated[
    int | None,
    Query(ge=0, le=HIGHEST, description="The number of the last event that was read.", examples=[0]),
]
Kinds = Annotated[list[EventKind], Query(max_length=20, description="Only events of these kinds; all, if none is named.")]


class EventShown(BaseModel):
    """Something that happened. It names things by their ids and keys, never a patient."""

    model_config = ConfigDict(frozen=True)

    number: int = Field(description="Its place among the organisation's events: later events have higher numbers.", examples=[17])
    id: str = Field(examples=["01JZ8Q4T7V3S5N9K2M6P8R0W1X"])
    kind: str = Field(examples=["finding.new"])
    subject: str = Field(description="What it happened to.", examples=["kingston/spell/S1"])
    payload: dict[str, Any] = Field(examples=[{"key": "S1", "checks": ["over_estimate"]}])
    at: datetime


class EventPage(BaseModel):
    """The next events. `last` is what to give as `after` for those that follow, now or later: all up to it were looked at, whatever
    their kinds."""

    model_config = ConfigDict(frozen=True)

    items: list[EventShown]
    last: int = Field(examples=[17])


@router.get("/events", operation_id="list_events", summary="Events after a number", responses=problems(409, 410))
def list_events(
    actor: Reader,
    service: TheService,
    after: After = None,
    kinds: Kinds = [],  # noqa: B006 - FastAPI copies it
    limit: Annotated[int, Query(ge=1, le=1000)] = 100,
) -> EventPage:
    """The organisation's events in the order in which they happened. Read on by giving `last` as `after`: none is missed.

    Without `after` they begin with the first that is kept. Where events after that number are kept no more, the answer is 410;
    where there is no event of that number yet, 409.
    """
    with service.database.reading() as session:
        found = events_after(session, actor.org, after or 0, kinds, limit)
        # Afterwards: what is removed before the look would be missed.
        _demand_known(session, actor.org, after)
    return EventPage(items=[_shown(event) for event in found.events], last=found.up_to)


STREAM: dict[int | str, dict[str, Any]] = {
    200: {
        "description": "Server-sent events: `id` is the number, `event` the kind, `data` the event as JSON. "
        "An `id` alone says how far was looked.",
        "content": {"text/event-stream": {"schema": {"type": "string"}}},
    }
}


@router.get(
    "/events/stream",
    operation_id="stream_events",
    summary="Events as they happen",
    response_class=EventSourceResponse,
    response_model=None,
    responses=STREAM | problems(409, 410),
)
async def stream_events(
    actor: Reader,
    service: TheService,
    after: After = None,
    kinds: Kinds = [],  # noqa: B006 - FastAPI copies it
    last_event_id: Annotated[str | None, Header(max_length=30, description="As `after`; a browser sends it by itself.")] = None,
) -> EventSourceResponse:
    """Server-sent events from the one after `Last-Event-ID` or `after` on, or from now on. A stream ends after ten minutes, and
    when the service stops; readers come back with the last `id`, and miss none."""
    start = _start(after, last_event_id)
    await asyncio.to_thread(_demand_all_known, service.database, actor.org, start)
    if PLACES.is_full(actor.org):
        help = "Close one of them, or come again later."
        raise Problem(429, "too-many-streams", "too many streams are open", help, headers={"Retry-After": "30"})
    return streamed(lambda stopping: _told(service.database, actor.org, start, kinds, stopping))


def _start(after: int | None, last_event_id: str | None) -> int | None:
    if last_event_id is None:
        return after
    if not (last_event_id.isascii() and last_event_id.isdigit()) or int(last_event_id) > HIGHEST:
        raise Problem(422, "wrong-request", "Last-Event-ID is not the number of an event")
    return int(last_event_id)


async def _told(
    database: Database, org: str, start: int | None, kinds: list[EventKind], stopping: Stopping
) -> AsyncGenerator[ServerSentEvent, None]:
    with PLACES.taken(org):
        if start is None:
            start = await asyncio.to_thread(_now, database, org)
        yield ServerSentEvent(retry=RETRY, comment="requite", id=str(start))
        async for looked in stream(database, org, start, kinds, stopping):
            for event in looked.events:
                yield ServerSentEvent(json.dumps(event_json(event)), event=event.kind, id=str(event.number))
            if looked.up_to not in (event.number for event in looked.events):
                # Else a reader of few kinds would come back with the number of an event that is kept no more.
                yield ServerSentEvent(id=str(looked.up_to))


def _demand_all_known(database: Database, org: str, after: int | None) -> None:
    with database.reading() as session:
        _demand_known(session, org, after)


def _demand_known(session: Session, org: str, after: int | None) -> None:
    """Refuse a reader who would miss events without knowing: those kept no more, or that come under numbers it has read."""
    if after is None:
        return
    last = last_number(session, org)
    if after > last:
        help = (
            f"Was the store put back from a backup? Read anew what you keep of findings and challenges, and on with after={last}."
        )
        raise Problem(409, "events-ahead", f"there is no event {after}: the last is number {last}", help, after=last)
    removed = removed_up_to(session, org)
    if after >= removed:
        return
    help = f"Read anew what you keep of findings and challenges, and then on with after={removed}."
    raise Problem(
        410, "events-removed", f"events after number {after} are kept no more, up to number {removed}", help, after=removed
    )


def _now(database: Database, org: str) -> int:
    with database.reading() as session:
        return last_number(session, org)


def _shown(event: Event) -> EventShown:
    return EventShown(number=event.number, id=event.id, kind=event.kind, subject=event.subject, payload=event.payload, at=event.at)
