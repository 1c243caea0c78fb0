"""What the live desk does beside the requests: claims are decided again that had to wait."""

from __future__ import annotations

from threading import Event, Thread
from typing import Final

from sqlalchemy import select

from requite.api.identity import LIVE_DESK, Actor, Role
from requite.api.live.desk import LiveDesk
from requite.api.live.resting import due
from requite.api.live.taking import Counter
from requite.api.service.logs import logger, where
from requite.api.service.problems import Problem
from requite.api.service.service import Service
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
        done = 0
        with self._service.database.reading() as session:
            every = session.execute(select(InForce.org, InForce.ruleset).distinct()).all()
        for org, ruleset in every:
            while not self._ending.is_set() and self._waits(org, ruleset):
                found = counter_of(self._service).catch_up(Actor(org, LIVE_DESK, Role.ANALYST), ruleset, SOME).received
                done += found
                if not found:
                    break
        return done

    def _waits(self, org: str, ruleset: str) -> bool:
        with self._service.database.reading() as session:
            return bool(due(session, org, ruleset, 1))

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
