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
from requite.api.webhooks.schedule import WAITS
from requite.api.webhooks.sending import Reply, new_client, send

EVERY: Final = 1.0
"""How often it looks for something to do, in seconds."""

LONGEST: Final = 30.0
"""How long one batch may take in seconds before the rest is put back; together with a last attempt less than the lease."""

AFTER_TROUBLE: Final = 10.0


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
        self._thread = threading.Thread(target=self._work, name="webhooks", daemon=True)

    def start(self) -> None:
        """Begin to work, in a thread."""
        self._thread.start()

    def close(self) -> None:
        """Stop: what is being sent at this moment is sent to its end."""
        self._stopped.set()
        if self._thread.ident is not None:
            self._thread.join()

    def step(self) -> int:
        """Do what there is to do now, and say how many attempts were made."""
        self._fan_out()
        moment = datetime.now(UTC)
        with self._database.reading() as session:
            if not claiming.is_due(session, moment):
                return 0
        with self._database.writing() as session:
            taken = claiming.take(session, moment)
        return asyncio.run(self._send_all(taken)) if taken else 0

    def _work(self) -> None:
        wait = 0.0
        while not self._stopped.wait(wait):
            try:
                wait = 0.0 if self.step() else EVERY
            except Exception as error:
                # The database may be away for a while; what is on its way stands in it.
                self._log.warning("webhooks wait", error=type(error).__name__)
                wait = AFTER_TROUBLE

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
        """Send what is due to one address, one after another. Where it cannot be reached, that goes for all of it."""
        until = time.monotonic() + LONGEST
        for count, each in enumerate(taken):
            if self._stopped.is_set() or time.monotonic() > until:
                await asyncio.to_thread(self._put_back, taken[count:], datetime.now(UTC))
                return count
            reply = await send(client, each.parcel, self._allowed)
            ended = taken[count:] if reply.unreachable else [each]
            await asyncio.to_thread(self._put_down, ended, reply)
            if reply.unreachable or reply.gone:
                return count + 1
        return len(taken)

    def _put_down(self, taken: Sequence[Taken], reply: Reply) -> None:
        with self._database.writing() as session:
            for each in taken:
                claiming.put_down(session, each, reply, datetime.now(UTC), self._waits)
        for each in taken:
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
