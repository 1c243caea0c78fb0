"""How much a caller may ask in a minute: each key by itself; callers who are not known, and wrong keys, by address."""

from __future__ import annotations

import math
import time
from dataclasses import dataclass, field
from threading import Lock
from typing import Final

from fastapi import Request
from limits import RateLimitItem, RateLimitItemPerMinute
from limits.storage import Storage
from limits.strategies import FixedWindowRateLimiter

from requite.api.identity import Actor
from requite.api.service.calls import call_of
from requite.api.service.problems import Problem

WRONG_KEYS: Final = RateLimitItemPerMinute(30)
"""Requests with a key that nobody has, from one address."""

UNSIGNED: Final = RateLimitItemPerMinute(300)
"""Requests that do not say who calls where they have to, from one address."""


FEW: Final = 1_000
"""Windows that are held before it is looked whether some are over."""


class Windows(Storage):
    """Counts in memory, each until its window is over. The library's own such storage starts a thread after every request."""

    STORAGE_SCHEME = None

    def __init__(self) -> None:
        super().__init__()
        self._held: dict[str, tuple[int, float]] = {}
        self._many = FEW
        self._lock = Lock()

    @property
    def base_exceptions(self) -> type[Exception]:
        return KeyError

    def incr(self, key: str, expiry: int, amount: int = 1) -> int:
        now = time.time()
        with self._lock:
            count, ends = self._held.get(key, (0, 0.0))
            if ends <= now:
                self._make_room(now)
                count, ends = 0, now + expiry
            self._held[key] = count + amount, ends
        return count + amount

    def _make_room(self, now: float) -> None:
        """Let go of windows that are over; so rarely that it costs little for each."""
        if len(self._held) >= self._many:
            self._held = {key: window for key, window in self._held.items() if window[1] > now}
            self._many = max(FEW, 2 * len(self._held))

    def get(self, key: str) -> int:
        count, ends = self._held.get(key, (0, 0.0))
        return count if ends > time.time() else 0

    def get_expiry(self, key: str) -> float:
        return self._held.get(key, (0, time.time()))[1]

    def check(self) -> bool:
        return True

    def reset(self) -> int:
        with self._lock:
            number = len(self._held)
            self._held = {}
        return number

    def clear(self, key: str) -> None:
        with self._lock:
            self._held.pop(key, None)


@dataclass(frozen=True)
class Limiter:
    """Counts requests, in this process."""

    per_minute: int
    _counts: FixedWindowRateLimiter = field(default_factory=lambda: FixedWindowRateLimiter(Windows()))

    def known(self, request: Request, actor: Actor) -> None:
        """Count a request of a known caller; 429 where it is one too many."""
        limit, name = RateLimitItemPerMinute(self.per_minute), f"{actor.org}/{actor.id}"
        is_left = self._counts.hit(limit, name)
        stats = self._counts.get_window_stats(limit, name)
        wait = max(0, math.ceil(stats.reset_time - time.time()))
        told = {
            "RateLimit-Limit": str(self.per_minute),
            "RateLimit-Remaining": str(max(0, stats.remaining)),
            "RateLimit-Reset": str(wait),
        }
        call_of(request).headers.update(told)
        if not is_left:
            raise _too_many(wait)

    def unknown(self, request: Request) -> None:
        """Refuse an address from which too many wrong keys came, whatever it sends now."""
        self._refuse_if(not self._counts.test(WRONG_KEYS, address_of(request)), WRONG_KEYS, request)

    def wrong(self, request: Request) -> None:
        """Count a wrong key."""
        self._refuse_if(not self._counts.hit(WRONG_KEYS, address_of(request)), WRONG_KEYS, request)

    def unsigned(self, request: Request) -> None:
        """Count a request that does not say who calls."""
        self._refuse_if(not self._counts.hit(UNSIGNED, address_of(request)), UNSIGNED, request)

    def _refuse_if(self, refused: bool, limit: RateLimitItem, request: Request) -> None:
        if refused:
            stats = self._counts.get_window_stats(limit, address_of(request))
            raise _too_many(max(1, math.ceil(stats.reset_time - time.time())))


def _too_many(wait: int) -> Problem:
    return Problem(
        429, "too-many-requests", "too many requests in a minute", f"Come again in {wait} s.", headers={"Retry-After": str(wait)}
    )


def address_of(request: Request) -> str:
    """From where a request comes."""
    return request.client.host if request.client else ""
