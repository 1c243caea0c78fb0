"""Progress as it happens: server-sent events of one run until it has ended."""

from __future__ import annotations

import hashlib
import threading
from collections import Counter
from collections.abc import AsyncGenerator
from dataclasses import dataclass, field
from typing import Final

from sqlalchemy import select
from sse_starlette import ServerSentEvent
from starlette.concurrency import run_in_threadpool

from requite.api.jobs.making import ACTIVE, told
from requite.api.jobs.models import RunTold
from requite.api.service.problems import Problem
from requite.api.service.service import Service
from requite.api.service.streaming import Stopping, pause
from requite.api.store.schema import Run

PAUSE: Final = 0.5
MOST_OF_ONE: Final = 20
"""Open streams of one organisation, in one process."""

MOST: Final = 200
PART: Final = "run streams"


@dataclass(eq=False)
class Streams:
    """The streams that are open, by organisation."""

    open: Counter[str] = field(default_factory=Counter)
    lock: threading.Lock = field(default_factory=threading.Lock)
    closed: bool = False

    def close(self) -> None:
        self.closed = True

    def gauges(self) -> dict[str, int]:
        return {"open": self.open.total()}

    def refuse_many(self, org: str) -> None:
        """A problem where no more may be opened."""
        if self.open[org] >= MOST_OF_ONE or self.open.total() >= MOST:
            message = "too many streams of progress are open"
            raise Problem(429, "too-many-streams", message, "Close one, or ask for the run itself.", headers={"Retry-After": "10"})

    def count(self, org: str, by: int) -> None:
        with self.lock:
            self.open[org] += by
            if not self.open[org]:
                del self.open[org]


def streams_of(service: Service) -> Streams:
    """The open streams of a service."""
    found = service.parts.setdefault(PART, Streams())
    assert isinstance(found, Streams)
    return found


def mark(run: RunTold) -> str:
    """What an event is known by: of two that tell the same, the same."""
    parts = (run.state, run.attempts, run.stage, run.done, run.total)
    return hashlib.sha256("|".join(map(str, parts)).encode()).hexdigest()[:16]


def read(service: Service, org: str, id: str) -> RunTold | None:
    with service.database.reading() as session:
        run = session.scalar(select(Run).where(Run.org == org, Run.id == id))
        return None if run is None else told(service, run)


async def progress(
    service: Service, org: str, id: str, last: str | None, stopping: Stopping
) -> AsyncGenerator[ServerSentEvent, None]:
    """How far a run is, whenever that has changed since the event that was seen last; ends with the run or the service."""
    streams = streams_of(service)
    streams.count(org, 1)
    try:
        while not (stopping.is_set() or streams.closed):
            run = await run_in_threadpool(read, service, org, id)
            if run is None:
                return
            ended = run.state not in ACTIVE
            if (seen := mark(run)) != last:
                last = seen
                yield ServerSentEvent(run.model_dump_json(), event="end" if ended else "progress", id=seen)
            if ended:
                return
            await pause(stopping, PAUSE)
    finally:
        streams.count(org, -1)
