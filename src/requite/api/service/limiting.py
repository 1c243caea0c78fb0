"""How much a caller may ask in a minute: each key by itself; callers who are not known, and wrong keys, by address."""

from __future__ import annotations

import math
import time
from dataclasses import dataclass, field
from typing import Final

from fastapi import Request
from limits import RateLimitItem, RateLimitItemPerMinute
from limits.storage import MemoryStorage
from limits.strategies import FixedWindowRateLimiter

from requite.api.identity import Actor
from requite.api.service.calls import call_of
from requite.api.service.problems import Problem

WRONG_KEYS: Final = RateLimitItemPerMinute(30)
"""Requests with a key that nobody has, from one address."""

UNSIGNED: Final = RateLimitItemPerMinute(300)
"""Requests that do not say who calls where they have to, from one address."""


@dataclass(frozen=True)
class Limiter:
    """Counts requests, in this process."""

    per_minute: int
    _counts: FixedWindowRateLimiter = field(default_factory=lambda: FixedWindowRateLimiter(MemoryStorage()))

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
