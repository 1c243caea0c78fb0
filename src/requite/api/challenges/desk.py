"""The challenges at work beside the requests: what live decisions raise, what the clock moves, what penalties come to.

Whoever looks at the clock removes old events, too.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from threading import Event, Lock, Thread
from typing import TYPE_CHECKING, Final, Protocol

from sqlalchemy import select
from sqlalchemy.orm import Session

from requite.api.challenges.listening import follow
from requite.api.challenges.moving import Desk
from requite.api.challenges.reckoning import reckon_with
from requite.api.challenges.ticking import tick
from requite.api.service.logs import logger, where
from requite.api.service.service import Service
from requite.api.store.retention import kept_since, remove_old_events
from requite.api.store.schema import Organisation
from requite.engine.live.surroundings import Matcher
from requite.engine.live.worker import Worker

if TYPE_CHECKING:
    from requite.api.live.decided import Decided
    from requite.api.live.version import LiveVersion

SECONDS: Final = 60.0
"""How often the clock is looked at."""


class Closing(Matcher, Protocol):
    """A matcher that is closed in the end."""

    def close(self) -> None: ...


class ChallengeDesk:
    """The part "challenges" of the service."""

    def __init__(self, service: Service, matcher: Closing | None = None, seconds: float | None = SECONDS) -> None:
        self._service = service
        self._matcher = matcher or Worker("challenges")
        self.desk = Desk(self._matcher, reckon_with(service))
        self._stopped, self._ticking = Event(), Lock()
        self._thread: Thread | None = None
        if seconds is not None:
            self._thread = Thread(target=self._watch, args=(seconds,), name="challenges", daemon=True)
            self._thread.start()

    def on_decided(self, session: Session, org: str, version: LiveVersion, decided: Sequence[Decided]) -> None:
        """Let challenges follow what was decided of claims, in the same transaction."""
        follow(self.desk, session, org, version, decided)

    def tick(self, org: str) -> int:
        """Move all that is due by the organisation's clock; how many moved."""
        with self._ticking:
            return tick(self._service.database, self.desk, org)

    def remove_old_events(self, org: str) -> int:
        """Remove the events that an organisation need not keep; how many. Days are real ones, whatever its clock shows."""
        days = self._service.settings.keep_events_days
        return 0 if days is None else remove_old_events(self._service.database, org, kept_since(datetime.now(UTC), days))

    def gauges(self) -> dict[str, float]:
        """How often the matching process had to be started again."""
        return {"worker_restarts": float(getattr(self._matcher, "restarts", 0))}

    def close(self) -> None:
        self._stopped.set()
        if self._thread is not None:
            self._thread.join(timeout=10)
        self._matcher.close()

    def _watch(self, seconds: float) -> None:
        while not self._stopped.wait(seconds):
            self._tick_all()

    def _tick_all(self) -> None:
        try:
            with self._service.database.reading() as session:
                orgs = session.scalars(select(Organisation.id)).all()
        except Exception as error:
            self._log("the clock could not be looked at", error)
            return
        for org in orgs:
            try:
                self.tick(org)
            except Exception as error:
                # One organisation's trouble is no other's; the timers stay, and are tried again.
                self._log("challenges that are due could not be moved", error, org=org)
            try:
                self.remove_old_events(org)
            except Exception as error:
                self._log("old events could not be removed", error, org=org)

    def _log(self, said: str, error: Exception, **more: str) -> None:
        logger(self._service.settings.log_level).error(said, fault=type(error).__name__, where=where(error), **more)


def start(service: Service) -> ChallengeDesk:
    """The part of the service that follows challenges."""
    return ChallengeDesk(service)


def desk_of(service: Service) -> ChallengeDesk:
    """The part, as it runs in this process."""
    found: ChallengeDesk = service.parts["challenges"]
    return found
