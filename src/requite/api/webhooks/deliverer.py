"""The part of the service that tells addresses of events, in a thread beside the requests."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Final

import httpx
import stamina.instrumentation

from requite.api.service.logs import logger
from requite.api.service.service import Service
from requite.api.store.database import Database
from requite.api.webhooks import claiming
from requite.api.webhooks.addresses import hosts_of
from requite.api.webhooks.claiming import Taken
from requite.api.webhooks.fanning import fan_out, is_behind
from requite.api.webhooks.schedule import WAITS, wait_after
from requite.api.webhooks.sending import Reply, new_client, send

EVERY: Final = 1.0
"""How often it looks for something to do, in seconds."""

LONGEST: Final = 10.0
"""How long one batch may take in seconds before the rest is put back; together with a last attempt less than the lease."""

AFTER_TROUBLE: Final = 10.0

ALONGSIDE: Final = 10
"""How many events are on their way to one address at once."""

REST: Final = 3
"""The number of the longest of the waits for which an address that is away is left alone."""

MOST_ROUNDS: Final = 16
"""How many batches may be on their way at once: one that waits for a slow address holds up no other."""


class Deliverer:
    """Tells addresses of events until they have arrived. What is on its way stands in the store: a restart goes on with it."""

    def __init__(
        self,
        database: Database,
        allowed: frozenset[str] = frozenset(),
        waits: Sequence[timedelta] = WAITS,
        log_level: str = "ERROR",
    ) -> None:
        self._database = database
        self._allowed = allowed
        self._waits = waits
        self._log = logger(log_level)
        self._context = httpx.create_ssl_context()
        self._stopped = threading.Event()
        self._wake = threading.Event()
        self._rounds: list[threading.Thread] = []
        self._thread = threading.Thread(target=self._work, name="webhooks", daemon=True)

    def start(self) -> None:
        """Begin to work, in a thread."""
        self._thread.start()

    def close(self) -> None:
        """Stop: what is being sent at this moment is sent to its end."""
        self._stopped.set()
        self._wake.set()
        if self._thread.ident is not None:
            self._thread.join()
        for each in self._rounds:
            each.join()

    def step(self) -> int:
        """Do what there is to do now, and say how many attempts were made."""
        taken = self._take()
        return asyncio.run(self._send_all(taken)) if taken else 0

    def _take(self) -> dict[str, list[Taken]]:
        """What is to be sent now: an address to which something is on its way is not among it."""
        self._fan_out()
        moment = datetime.now(UTC)
        with self._database.reading() as session:
            if not claiming.is_due(session, moment):
                return {}
        with self._database.writing() as session:
            return claiming.take(session, moment)

    def _work(self) -> None:
        wait = 0.0
        while not self._stopped.is_set():
            self._wake.wait(wait)
            self._wake.clear()
            try:
                wait = 0.0 if self._begin_round() else EVERY
            except Exception as error:
                wait = self._troubled(error)

    def _begin_round(self) -> bool:
        """Begin to send what is due, if there is anything and not too much on its way."""
        self._rounds = [each for each in self._rounds if each.is_alive()]
        if self._stopped.is_set() or len(self._rounds) >= MOST_ROUNDS:
            return False
        taken = self._take()
        if taken:
            self._rounds.append(threading.Thread(target=self._round, args=(taken,), name="webhooks-round", daemon=True))
            self._rounds[-1].start()
        return bool(taken)

    def _round(self, taken: dict[str, list[Taken]]) -> None:
        try:
            asyncio.run(self._send_all(taken))
        except Exception as error:
            self._troubled(error)
        finally:
            self._wake.set()

    def _troubled(self, error: Exception) -> float:
        # The database may be away for a while; what is on its way stands in it.
        self._log.warning("webhooks wait", error=type(error).__name__)
        return AFTER_TROUBLE

    def _fan_out(self) -> None:
        while True:
            with self._database.reading() as session:
                if not is_behind(session):
                    return
            with self._database.writing() as session:
                if not fan_out(session, datetime.now(UTC)):
                    return

    async def _send_all(self, taken: dict[str, list[Taken]]) -> int:
        async with new_client(self._context) as client:
            made = await asyncio.gather(*(self._send(client, each) for each in taken.values()))
        return sum(made)

    async def _send(self, client: httpx.AsyncClient, taken: Sequence[Taken]) -> int:
        """Send what is due to one address, a few at a time. Where it cannot be reached, the others wait until it is tried again."""
        until = time.monotonic() + LONGEST
        first = 0
        while first < len(taken):
            if self._stopped.is_set() or time.monotonic() > until:
                await asyncio.to_thread(self._put_back, taken[first:], datetime.now(UTC))
                return first
            # The first alone: an address that is away is asked once, not by all.
            few = taken[first : first + (ALONGSIDE if first else 1)]
            replies = await asyncio.gather(*(send(client, each.parcel, self._allowed) for each in few))
            first += len(few)
            await asyncio.to_thread(self._put_down, list(zip(few, replies, strict=True)))
            if any(reply.unreachable or reply.gone for reply in replies):
                rest = wait_after(min(few[0].attempt, REST), self._waits) or timedelta()
                await asyncio.to_thread(self._put_back, taken[first:], datetime.now(UTC) + rest)
                return first
        return len(taken)

    def _put_down(self, ended: Sequence[tuple[Taken, Reply]]) -> None:
        with self._database.writing() as session:
            for each, reply in ended:
                claiming.put_down(session, each, reply, datetime.now(UTC), self._waits)
        for each, reply in ended:
            self._log.info("webhook", webhook=each.webhook, delivery=each.delivery, attempt=each.attempt, reply=reply.words)

    def _put_back(self, taken: Sequence[Taken], moment: datetime) -> None:
        if taken:
            with self._database.writing() as session:
                claiming.put_back(session, taken, moment)


def start(service: Service) -> Deliverer:
    """The part of a service that tells addresses of its events."""
    # It would tell of each retry on standard output.
    stamina.instrumentation.set_on_retry_hooks([])
    settings = service.settings
    deliverer = Deliverer(service.database, hosts_of(settings.webhook_hosts), log_level=settings.log_level)
    deliverer.start()
    return deliverer
