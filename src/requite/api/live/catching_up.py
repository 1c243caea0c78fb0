"""What the live desk does beside the requests: claims are decided again that had to wait, or of which more is known by now."""

from __future__ import annotations

from collections.abc import Callable
from threading import Event, Thread
from typing import Final

from sqlalchemy import select

from requite.api.identity import LIVE_DESK, Actor, Role
from requite.api.live.desk import LiveDesk
from requite.api.live.resting import due, known_by
from requite.api.live.taking import Counter, Taken
from requite.api.service.logs import logger, where
from requite.api.service.problems import Problem
from requite.api.service.service import Service
from requite.api.store.database import today
from requite.api.store.schema import InForce

SOME: Final = 500
"""Claims that are decided again in one transaction."""

PAUSE: Final = 5.0
"""Seconds after which it is looked again whether something waits."""


def counter_of(service: Service) -> Counter:
    """Where rows are handed in. Whoever follows challenges is told of findings."""
    live: Live = service.parts["live"]
    return Counter(service.database, live.desk, getattr(service.parts.get("challenges"), "on_decided", None))


class Live:
    """The part of the service that decides live claims."""

    def __init__(self, service: Service, desk: LiveDesk, pause: float = PAUSE) -> None:
        self.desk = desk
        self._service = service
        self._pause = pause
        self._ending = Event()
        self._waiting = Event()
        self._thread = Thread(target=self._work, name="live-desk", daemon=True)
        self._thread.start()

    def wake(self) -> None:
        """Say that something waits."""
        self._waiting.set()

    def catch_up(self) -> int:
        """Decide again all that waits, in every organisation; says how many claims that were."""
        with self._service.database.reading() as session:
            every = session.execute(select(InForce.org, InForce.ruleset).distinct()).all()
        return sum(self._catch_up(org, ruleset) for org, ruleset in every)

    def tick(self, org: str) -> int:
        """Decide again the claims of which more is known by an organisation's clock; says how many that were."""
        with self._service.database.reading() as session:
            own = session.scalars(select(InForce.ruleset).where(InForce.org == org).distinct()).all()
        try:
            return sum(self._catch_up(org, ruleset) for ruleset in own)
        except Problem:
            self.wake()  # it is tried again beside the requests
            return 0

    def _catch_up(self, org: str, ruleset: str) -> int:
        counter, actor = counter_of(self._service), Actor(org, LIVE_DESK, Role.ANALYST)
        return self._until_none(org, ruleset, self._waits, lambda: counter.catch_up(actor, ruleset, SOME)) + self._until_none(
            org, ruleset, self._is_known, lambda: counter.follow_clock(actor, ruleset, SOME)
        )

    def _until_none(self, org: str, ruleset: str, are_there: Callable[[str, str], bool], decide: Callable[[], Taken]) -> int:
        done = 0
        while not self._ending.is_set() and are_there(org, ruleset):
            found = decide().received
            done += found
            if not found:
                break
        return done

    def _waits(self, org: str, ruleset: str) -> bool:
        with self._service.database.reading() as session:
            return bool(due(session, org, ruleset, 1))

    def _is_known(self, org: str, ruleset: str) -> bool:
        with self._service.database.reading() as session:
            return bool(known_by(session, org, ruleset, today(session, org), 1))

    def _work(self) -> None:
        log = logger(self._service.settings.log_level)
        while not self._ending.is_set():
            self._waiting.wait(self._pause)
            self._waiting.clear()
            if self._ending.is_set():
                return
            try:
                self.catch_up()
            except Problem as problem:
                log.warning("claims wait to be decided again", problem=problem.code)
            except Exception as error:
                log.error("claims could not be decided again", fault=type(error).__name__, where=where(error))

    def gauges(self) -> dict[str, float]:
        """What is told of it among the metrics."""
        return {"worker_restarts": float(self.desk.restarts)}

    def close(self) -> None:
        self._ending.set()
        self._waiting.set()
        self._thread.join(timeout=30)
        self.desk.close()


def start(service: Service) -> Live:
    """Begin to decide live claims."""
    return Live(service, LiveDesk(service.settings.live_workers))
