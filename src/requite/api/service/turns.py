"""Turns for work that takes a processor for itself: few at a time, one of each organisation, and few who wait."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from threading import Condition
from typing import Final

from requite.api.service.problems import Problem

AT_ONCE: Final = 2
"""How much is worked on at a time."""

MOST: Final = 12
"""How many may work or wait: each holds a thread that answers requests."""

SHARE: Final = 4
"""How many of these may be of one organisation."""

PATIENCE: Final = 10.0
"""Seconds after which whoever waits is told to come again."""


def busy() -> Problem:
    """That too much is asked at once."""
    return Problem(503, "busy", "too many texts are being checked", "Send it again.", headers={"Retry-After": "2"})


@dataclass(eq=False)
class Turns:
    """Who works, and who waits, by organisation. Safe among threads."""

    patience: float = PATIENCE
    _at_work: Counter[str] = field(default_factory=Counter)
    _here: Counter[str] = field(default_factory=Counter)
    _changed: Condition = field(default_factory=Condition)

    @contextmanager
    def of(self, org: str) -> Iterator[None]:
        """A turn of an organisation; a problem where too many wait, or it takes too long to come."""
        with self._changed:
            if self._here.total() >= MOST or self._here[org] >= SHARE:
                raise busy()
            self._here[org] += 1
            try:
                if not self._changed.wait_for(lambda: self._is_free(org), self.patience):
                    raise busy()
            except BaseException:
                self._leave(org, self._here)
                raise
            self._at_work[org] += 1
        try:
            yield
        finally:
            with self._changed:
                self._leave(org, self._at_work, self._here)
                self._changed.notify_all()

    def _is_free(self, org: str) -> bool:
        return self._at_work.total() < AT_ONCE and not self._at_work[org]

    def _leave(self, org: str, *counts: Counter[str]) -> None:
        for count in counts:
            count[org] -= 1
            if not count[org]:
                del count[org]
