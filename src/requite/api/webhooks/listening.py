"""Reading events one after another: in pages, or as they happen."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Final

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from requite.api.service.streaming import Stopping, pause
from requite.api.store.database import Database
from requite.api.store.events import EventKind
from requite.api.store.schema import Event, Organisation

MOST_STREAMS: Final = 50
"""The most streams of an organisation that one process of the service keeps open."""

LONGEST_STREAM: Final = 600.0
"""After how many seconds a stream ends. Its reader comes back at once, and is asked again who it is."""

EVERY: Final = 1.0
"""How often a stream looks for new events, in seconds."""

AT_ONCE: Final = 100


@dataclass(frozen=True, slots=True)
class Looked:
    """The events that were found, and the number up to which all were looked at: whoever goes on after it misses none."""

    events: Sequence[Event]
    up_to: int


def events_after(session: Session, org: str, after: int, kinds: Sequence[EventKind], limit: int) -> Looked:
    """The next events after the one with a number; of some kinds, or of all where none are named."""
    wanted = select(Event).where(Event.org == org, Event.number > after)
    if kinds:
        wanted = wanted.where(Event.kind.in_(kinds))
    # Asked for first: what happens from here on may be found or not, and is not passed over.
    last = last_number(session, org)
    found = session.scalars(wanted.order_by(Event.number).limit(limit)).all()
    if len(found) == limit:
        return Looked(found, found[-1].number)
    return Looked(found, max(after, last, *(event.number for event in found[-1:])))


def last_number(session: Session, org: str) -> int:
    """The number of an organisation's last event, kept or not; 0 where there was none."""
    return session.scalar(select(func.max(Event.number)).where(Event.org == org)) or removed_up_to(session, org)


def removed_up_to(session: Session, org: str) -> int:
    """The number of the last of an organisation's events that is kept no more; 0 where all are."""
    return session.scalar(select(Organisation.events_removed).where(Organisation.id == org)) or 0


class Places:
    """How many streams each organisation has open."""

    def __init__(self, most: int = MOST_STREAMS) -> None:
        self._most = most
        self._open: Counter[str] = Counter()

    def is_full(self, org: str) -> bool:
        """Whether an organisation has as many open as it may have."""
        return self._open[org] >= self._most

    @contextmanager
    def taken(self, org: str) -> Iterator[None]:
        """A place, for as long as a stream lasts."""
        self._open[org] += 1
        try:
            yield
        finally:
            self._open[org] -= 1
            if not self._open[org]:
                del self._open[org]


async def stream(database: Database, org: str, after: int, kinds: Sequence[EventKind], stopping: Stopping) -> AsyncIterator[Looked]:
    """Events after a number, and then as they happen, with how far was looked, until the time is over or the service stops."""
    until = time.monotonic() + LONGEST_STREAM

    def next_ones() -> Looked:
        with database.reading() as session:
            return events_after(session, org, after, kinds, AT_ONCE)

    while time.monotonic() < until and not stopping.is_set():
        found = await asyncio.to_thread(next_ones)
        if found.up_to > after:
            after = found.up_to
            yield found
        if not found.events:
            await pause(stopping, EVERY)
