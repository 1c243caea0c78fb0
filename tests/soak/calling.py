"""A caller who does not give up: each request is sent until it is answered, under one key, however often the service dies of it."""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final
from uuid import uuid4

import httpx

PATIENCE: Final = 90.0
"""Seconds after which a request that is not answered counts as lost: the soak has failed."""

PAUSE: Final = 0.2

AGAIN: Final = ("still-running", "being-prepared", "busy")
"""Problems that say: come again, under the same key."""


class UnansweredError(RuntimeError):
    """A request was never answered, or not as it should be."""


class AnswerLostError(Exception):
    """Something of the request was done, and its answer is lost."""


@dataclass
class Meter:
    """What all callers saw, counted together."""

    lock: threading.Lock = field(default_factory=threading.Lock)
    counts: Counter[str] = field(default_factory=Counter)
    seconds: dict[str, list[float]] = field(default_factory=dict)
    longest: float = 0.0
    faults: Counter[str] = field(default_factory=Counter)

    def count(self, name: str, number: int = 1) -> None:
        with self.lock:
            self.counts[name] += number

    def fault(self, name: str) -> None:
        """Count what kept a request from being answered."""
        with self.lock:
            self.faults[name] += 1

    def took(self, what: str, seconds: float, waited: float) -> None:
        with self.lock:
            self.seconds.setdefault(what, []).append(seconds)
            self.longest = max(self.longest, waited)

    def quantile(self, what: str, share: float) -> float | None:
        """In milliseconds how long an answer took that came at the first try, at most, for this share of them."""
        found = sorted(self.seconds.get(what, []))
        return found[min(len(found) - 1, int(len(found) * share))] * 1000 if found else None


@dataclass
class Caller:
    """Somebody who calls with a key."""

    address: str
    secret: str
    meter: Meter
    _client: httpx.Client | None = None

    def get(self, path: str, **params: Any) -> Any:
        return self.ask("GET", path, params=params)

    def post(self, path: str, content: Mapping[str, Any], what: str = "", key: str | None = None) -> Any:
        """Have something done once; gives the answer, or AnswerLostError."""
        return self.ask("POST", path, json=content, what=what, key=key or str(uuid4()))

    def put(self, path: str, content: Mapping[str, Any]) -> Any:
        return self.ask("PUT", path, json=content)

    def upload(self, name: str, content: bytes) -> Any:
        return self.ask("POST", "/uploads", files={"file": (name, content)}, key=str(uuid4()))

    def ask(self, method: str, path: str, what: str = "", key: str | None = None, **more: Any) -> Any:
        """The JSON of the answer, however long it takes; None for a problem 409 that says it cannot be done as things stand."""
        began = time.monotonic()
        headers = {"Idempotency-Key": key} if key else {}
        tries = 0
        while time.monotonic() - began < PATIENCE:
            tries += 1
            sent = time.monotonic()
            try:
                answer = self._open().request(method, path, headers=headers, **more)
            except httpx.TransportError as error:
                self.meter.fault(type(error).__name__)
                self.close()
                time.sleep(PAUSE)
                continue
            if self._is_final(answer):
                now = time.monotonic()
                if tries == 1 and what:
                    self.meter.took(what, now - sent, now - began)
                return self._content(answer)
            time.sleep(PAUSE)
        raise UnansweredError(f"{method} {path} was not answered in {PATIENCE:.0f} s")

    def _is_final(self, answer: httpx.Response) -> bool:
        if answer.status_code in (429, 500, 502, 503, 504):
            self.meter.fault(f"{answer.status_code} {_code(answer)}")
            return False
        if answer.status_code == 409 and _code(answer) in AGAIN:
            self.meter.fault(f"409 {_code(answer)}")
            return False
        return True

    def _content(self, answer: httpx.Response) -> Any:
        if answer.is_success:
            if "idempotent-replayed" in answer.headers:
                self.meter.count("answers given again")
            return answer.json() if answer.content else {}
        if answer.status_code == 409:
            if _code(answer) == "answer-lost":
                self.meter.count("answers lost")
                raise AnswerLostError
            return None
        raise UnansweredError(f"{answer.request.method} {answer.request.url.path}: {answer.status_code} {answer.text[:500]}")

    def _open(self) -> httpx.Client:
        if self._client is None:
            headers = {"Authorization": f"Bearer {self.secret}"}
            self._client = httpx.Client(base_url=self.address, headers=headers, timeout=60, trust_env=False)
        return self._client

    def close(self) -> None:
        if self._client is not None:
            self._client.close()
            self._client = None


def _code(answer: httpx.Response) -> str:
    if "problem" not in answer.headers.get("content-type", ""):
        return ""
    return str(answer.json().get("type", "")).rpartition(":")[2]
