"""Those who send whole files to be run: each run's findings are those of a plain run, to the penny."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from pathlib import Path
from random import Random
from typing import Any, Final

from requite.api.library import compile
from tests.soak.calling import AnswerLostError, Caller, UnansweredError
from tests.soak.rows import Cells, csv_of, estimate, spell, tariff

KINGSTON: Final = Path(__file__).parents[2] / "rulesets/claims/kingston.md"
KNOWN: Final = date(2010, 8, 2)
SIZES: Final = (300, 4_000)
"""Claims in the files; challenges are raised from the runs of the smallest."""

PAUSE: Final = 1.0
"""Seconds between two runs: other work has its share."""

Finding = tuple[str, str, str, str, str, str, bool]


def findings_of(rows: Iterable[Mapping[str, Any]]) -> list[Finding]:
    """Findings so that they can be compared: amounts with all their decimals."""
    return sorted(
        (
            row["key"],
            row["check"],
            *(_text(row[name]) for name in ("overcharge", "penalty")),
            row["reason"],
            row["respondent"],
            bool(row["challenged"]),
        )
        for row in rows
    )


def _text(amount: Any) -> str:
    return "" if amount is None else str(Decimal(amount).quantize(Decimal("0.01")))


@dataclass
class Files:
    """The files of a run, and what a plain run finds in them."""

    rows: dict[str, list[Cells]]
    expected: list[Finding]


def files(seed: int, size: int, engine: Any = "interpret") -> Files:
    random = Random(f"{seed}/files/{size}")
    rows = {
        "spell": [spell(random, f"R{size}-{n:06d}", f"8{n % (size // 3):06d}") for n in range(size)],
        "estimate": [estimate(random, f"F{size}-{n:06d}", f"8{n % (size // 3):06d}") for n in range(size)],
        "tariff": list(tariff(random).values()),
    }
    return Files(rows, found_in(rows, engine))


def found_in(rows: Mapping[str, list[Cells]], engine: Any) -> list[Finding]:
    """What the ruleset finds in rows."""
    run = compile(KINGSTON).run(dict(rows), known=KNOWN, engine=engine)
    if len(run.rejects):
        raise UnansweredError("the soak's own rows are rejected")
    return findings_of(run.findings.arrow().to_pylist())


@dataclass
class Runner:
    """One who sends files, has them run, and compares what is found. `raised` is what became of challenges of the runs."""

    seed: int
    caller: Caller
    version: str
    ending: threading.Event
    made: list[Files]
    done: list[str] = field(default_factory=list)
    challenged: int = 0

    def work(self) -> None:
        number = 0
        while not self.ending.is_set():
            self.once(number % len(self.made))
            number += 1
            self.ending.wait(PAUSE)

    def once(self, number: int) -> None:
        """One run, to its end."""
        chosen = self.made[number]
        inputs = {}
        for record, rows in chosen.rows.items():
            upload = self._surely(self.caller.upload, f"{record}.csv", csv_of(rows))
            inputs[record] = {"upload": upload["id"]}
        asked = {"ruleset": "kingston", "version": self.version, "known": KNOWN.isoformat(), "inputs": inputs}
        run = self._surely(self.caller.post, "/runs", asked)["id"]
        while (told := self.caller.get(f"/runs/{run}"))["state"] not in ("done", "failed", "cancelled"):
            time.sleep(0.3)
        if told["state"] == "failed" and [one["code"] for one in told["problems"]] == ["stopped"]:
            # Killed again and again: it is given up, as it should be, and another one takes its place.
            self.caller.meter.count("runs given up")
            return
        self._compare(run, told, chosen)
        if number == 0:
            self._challenge(run, chosen)
        self.done.append(run)

    def _surely(self, do: Callable[..., Any], *given: Any) -> Any:
        """Do something that may be done twice, until its answer comes."""
        while True:
            try:
                return do(*given)
            except AnswerLostError:
                continue

    def _compare(self, run: str, told: Any, chosen: Files) -> None:
        if told["state"] != "done":
            raise UnansweredError(f"run {run} is {told['state']}: {told['problems']}")
        if told["attempts"] > 1:
            self.caller.meter.count("runs taken up again")
        found: list[Mapping[str, Any]] = []
        after: str | None = None
        while True:
            page = self.caller.get(f"/runs/{run}/results/findings", limit=1000, **({"after": after} if after else {}))
            found += page["items"]
            if (after := page["next"]) is None:
                break
        if findings_of(found) != chosen.expected:
            raise UnansweredError(f"run {run} finds {len(found)}, a plain run {len(chosen.expected)}, or others")
        self.caller.meter.count("runs compared")

    def _challenge(self, run: str, chosen: Files) -> None:
        answer = self._surely(self.caller.post, f"/runs/{run}/challenges", {})
        wanted = sum(one[-1] for one in chosen.expected)
        sums = answer["raised"] + answer["already"] + answer["refused"]
        if (answer["found"], sums) != (wanted, wanted) or answer["refused"]:
            raise UnansweredError(f"run {run}: {wanted} findings are to be challenged, and were: {answer}")
        self.challenged = wanted
