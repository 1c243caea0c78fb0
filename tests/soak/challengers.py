"""Those who follow challenges: the commissioner, the hospitals, and the clock; each move of theirs is counted."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from random import Random
from typing import Any, Final

from tests.soak.calling import AnswerLostError, Caller, UnansweredError

LISTED: Final = 60
WHY: Final = "as the soak has it"

CHOICES: Final[dict[str, tuple[tuple[str, str], ...]]] = {
    "sent": (("hospital", "accept"), ("hospital", "part_accept"), ("hospital", "dispute"), ("", ""), ("", "")),
    "part_accepted": (
        ("commissioner", "agree"),
        ("commissioner", "escalate"),
        ("hospital", "accept"),
        ("commissioner", "withdraw"),
    ),
    "disputed": (("commissioner", "escalate"), ("commissioner", "escalate"), ("commissioner", "withdraw")),
    "escalated": (("commissioner", "uphold"), ("commissioner", "part_uphold"), ("commissioner", "reject")),
    "agreed": (("commissioner", "credit"),),
    "upheld": (("commissioner", "credit"),),
    "credited": (("commissioner", "close"),),
}
"""Of each state what may be done, and by whom; nothing, where the clock shall."""


@dataclass
class Tally:
    """How many moves were made. `unsure` are many moves at once whose answer was lost."""

    made: int = 0
    unsure: int = 0
    lock: threading.Lock = field(default_factory=threading.Lock)

    def add(self, made: int, unsure: int = 0) -> None:
        with self.lock:
            self.made += made
            self.unsure += unsure


@dataclass
class Challengers:
    """The commissioner, and the hospitals by their codes."""

    seed: int
    commissioner: Caller
    hospitals: dict[str, Caller]
    tally: Tally
    ending: threading.Event
    random: Random = field(init=False)

    def __post_init__(self) -> None:
        self.random = Random(f"{self.seed}/challenges")

    def work(self) -> None:
        deeds: tuple[Callable[[], None], ...] = (self.send_many, *([self.move_some] * 4))
        while not self.ending.is_set():
            self.random.choice(deeds)()
            self.ending.wait(0.02)

    def listed(self, state: str) -> list[dict[str, Any]]:
        provider = self.random.choice(list(self.hospitals))
        found: list[dict[str, Any]] = self.commissioner.get("/challenges", state=state, provider=provider, limit=LISTED)["items"]
        return found

    def send_many(self) -> None:
        """Send what was raised: many at once, or one."""
        ids = [one["id"] for one in self.listed("raised")]
        if len(ids) < 4 or self.random.random() < 0.2:
            for id in ids[:2]:
                self.move(self.commissioner, id, "send")
            return
        try:
            answer = self.commissioner.post("/challenges/moves", {"move": "send", "why": WHY, "ids": ids}, "many moves at once")
        except AnswerLostError:
            self.tally.add(0, len(ids))
            return
        self.tally.add(len(answer["moved"]))

    def move_some(self) -> None:
        state = self.random.choice(list(CHOICES))
        found = self.listed(state)
        for one in self.random.sample(found, min(4, len(found))):
            who, name = self.random.choice(CHOICES[state])
            caller = self.hospitals[one["provider"]] if who == "hospital" else self.commissioner
            if name:
                self.move(caller, one["id"], name, self._amount(one, name))

    def _amount(self, one: dict[str, Any], name: str) -> str | None:
        if name in ("part_accept", "part_uphold") and one["overcharge"] is not None:
            pence = int(Decimal(one["overcharge"]) * 100)
            part = self.random.randrange(1, pence) if pence > 1 else 1
            return f"{part // 100}.{part % 100:02d}"
        if name == "credit" and one["credit"] is not None and self.random.random() < 0.5:
            return f"{Decimal(one['credit']) + Decimal(one['penalty'] or 0):.2f}"
        return None

    def move(self, caller: Caller, id: str, name: str, amount: str | None = None) -> None:
        asked = {"move": name, "why": WHY} | ({"amount": amount} if amount is not None else {})
        try:
            answer = caller.post(f"/challenges/{id}/moves", asked, "one move")
        except AnswerLostError:
            # One move is made whole: something of it means all of it.
            answer = {}
        if answer is not None:
            self.tally.add(1)
        else:
            caller.meter.count("moves refused")


@dataclass
class Clock:
    """Sets the clock a day forward, again and again."""

    caller: Caller
    moment: datetime
    pause: float
    ending: threading.Event

    def work(self) -> None:
        while not self.ending.wait(self.pause):
            self.moment += timedelta(1)
            if self.caller.put("/clock", {"moment": self.moment.isoformat()}) is None:
                raise UnansweredError(f"the clock could not be set to {self.moment}")
            self.caller.meter.count("days")
