"""Streams of server-sent events, which end as streams end when the service stops."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing
from typing import Final

import anyio
from sse_starlette import EventSourceResponse, ServerSentEvent

PING: Final = 15
"""After how many seconds of silence a reader is told that the stream is still there."""

RETRY: Final = 2000
"""After how many milliseconds a reader whose stream ended comes back."""

GRACE: Final = 5.0
"""How many seconds a stream has for its end when the service stops: less than answers under way have."""

STOPS: Final = "the service stops: come back"

Stopping = anyio.Event
"""Set as soon as the service stops."""


def streamed(events: Callable[[Stopping], AsyncGenerator[ServerSentEvent, None]]) -> EventSourceResponse:
    """An answer that sends events as they come; what makes them is given, and ends with, the stopping of the service."""
    stopping = anyio.Event()
    return EventSourceResponse(
        _with_end(events(stopping), stopping), ping=PING, shutdown_event=stopping, shutdown_grace_period=GRACE
    )


async def _with_end(events: AsyncGenerator[ServerSentEvent, None], stopping: Stopping) -> AsyncGenerator[ServerSentEvent, None]:
    async with aclosing(events):
        async for event in events:
            yield event
    if stopping.is_set():
        yield ServerSentEvent(comment=STOPS, retry=RETRY)


async def pause(stopping: Stopping, seconds: float) -> None:
    """Wait some seconds, or until the service stops."""
    with anyio.move_on_after(seconds):
        await stopping.wait()
