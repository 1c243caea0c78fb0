"""SQLite's write-ahead log, carried into the file of the store beside the requests: else some of them would wait for it."""

from __future__ import annotations

from threading import Event, Thread
from typing import Final

from sqlalchemy.exc import SQLAlchemyError

from requite.api.service.service import Service
from requite.api.store.database import Database

PAUSE: Final = 1.0
"""Seconds between two looks at the log."""


class WriteAhead:
    """The part of the service that carries the log over. In PostgreSQL the server does that."""

    def __init__(self, database: Database, pause: float = PAUSE) -> None:
        self._database = database
        self._pause = pause
        self._ending = Event()
        self._thread = Thread(target=self._work, name="write-ahead", daemon=True) if database.is_sqlite else None
        if self._thread is not None:
            self._thread.start()

    def ready(self) -> str | None:
        """What keeps it from working: nothing, where nothing has to be carried over."""
        return "is not at work" if self._thread is not None and not self._thread.is_alive() else None

    def _work(self) -> None:
        while not self._ending.wait(self._pause):
            try:
                self._database.carry_over()
            except SQLAlchemyError:
                continue  # a commit does it, once the log is long

    def close(self) -> None:
        self._ending.set()
        if self._thread is not None:
            self._thread.join(timeout=30)


def start(service: Service) -> WriteAhead:
    """Begin to carry the log over."""
    return WriteAhead(service.database)
