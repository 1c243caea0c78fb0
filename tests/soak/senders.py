"""Those who send claims and estimates: singly and in batches, late and early, corrected, taken back, sent twice."""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from random import Random
from typing import Any, Final
from uuid import uuid4

from tests.soak.calling import AnswerLostError, Caller, UnansweredError
from tests.soak.rows import Cells, Ledger, estimate, pounds, spell, tariff

PATIENTS: Final = 40
"""Patients of a sender at any time; older ones are let go, so that what concerns a claim stays about as much."""

REQUESTS: Final = "requests with rows"

LARGEST: Final = 40
"""The most rows that are sent at once."""


@dataclass
class Sender:
    """One who sends; `number` tells its keys apart from the others'."""

    number: int
    seed: int
    caller: Caller
    ledger: Ledger
    ending: threading.Event
    random: Random = field(init=False)
    made: int = 0
    spells: list[str] = field(default_factory=list)
    estimates: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.random = Random(f"{self.seed}/{self.number}")

    def work(self) -> None:
        """Send until it is time to end."""
        deeds = (
            (45, self.new_spells), (22, self.new_estimates), (12, self.correct_spells), (5, self.correct_estimates),
            (5, self.cancel_spells), (3, self.cancel_estimates), (3, self.send_wrong), (3, self.send_twice), (2, self.send_back),
        )  # fmt: skip
        while not self.ending.is_set():
            self.random.choices([deed for _, deed in deeds], [weight for weight, _ in deeds])[0]()

    # --- what is done -------------------------------------------------------------------------------------------------

    def new_spells(self) -> None:
        self.send("spell", self._new_spells(self._size()))

    def new_estimates(self) -> None:
        rows = {}
        for _ in range(self._size()):
            id = self._id("E")
            rows[id] = estimate(self.random, id, self._patient())
            self.estimates.append(id)
        self.send("estimate", rows)

    def correct_spells(self) -> None:
        self.send("spell", self._corrected("spell", self.spells, "billed"))

    def correct_estimates(self) -> None:
        self.send("estimate", self._corrected("estimate", self.estimates, "expected_cost"))

    def cancel_spells(self) -> None:
        self.cancel("spell", self.spells)

    def cancel_estimates(self) -> None:
        self.cancel("estimate", self.estimates)

    def send_wrong(self) -> None:
        """Send a batch with a claim in it whose amount is none: it is rejected, and the others are taken."""
        rows = self._new_spells(3)
        wrong = spell(self.random, self._id("W"), self._patient()) | {"billed": "much"}
        self.send("spell", rows, wrong)
        self.ledger.rejected += 1

    def send_twice(self) -> None:
        """Send the same request twice under its key: the second answer is the first."""
        rows, key = self._new_spells(self._size()), str(uuid4())
        first = self.send("spell", rows, key=key)
        if first is not None and self._post("spell", list(rows.values()), key, is_new=False) != first:
            raise UnansweredError(f"the same request under its key {key} was answered in two ways")

    def send_back(self) -> None:
        """Send a claim again that was taken back."""
        self.send("spell", self._corrected("spell", self.spells, "billed", cancelled=True))

    def change_price(self) -> None:
        """Change a price, which concerns a tenth of all claims."""
        key = self.random.choice(sorted(self.ledger.rows["tariff"]))
        before = self.ledger.rows["tariff"][key].cells
        assert before is not None
        self.send("tariff", {key: before | {"outpatient_procedure": pounds(self.random.randrange(8_000, 20_000))}})

    def send_tariff(self) -> None:
        self.send("tariff", tariff(self.random))

    # --- how it is sent -----------------------------------------------------------------------------------------------

    def send(self, record: str, rows: Mapping[str, Cells], wrong: Cells | None = None, key: str | None = None) -> Any:
        """Send rows; gives the answer, or None where it was lost and they had to be sent under another key."""
        sent = [*rows.values(), *([wrong] if wrong is not None else [])]
        if not sent:
            return None
        try:
            answer = self._post(record, sent, key)
        except AnswerLostError:
            answer = None
            self._again(record, sent)
        self.ledger.sent(record, rows)
        if answer is not None:
            self._check(record, answer, len(rows), int(wrong is not None))
        self.caller.meter.count(f"{record}s sent", len(sent))
        return answer

    def _post(self, record: str, rows: Sequence[Cells], key: str | None = None, is_new: bool = True) -> Any:
        what = "one claim" if record == "spell" and len(rows) == 1 else f"a batch of {record}s"
        path = "/claims" if record == "spell" else "/estimates"
        return self._request(path, {"ruleset": "kingston", "record": record, "rows": rows}, what, key, is_new)

    def _request(self, path: str, content: Mapping[str, Any], what: str, key: str | None = None, is_new: bool = True) -> Any:
        """Each request that does something is counted once: also one whose answer is lost has done it."""
        if is_new:
            self.caller.meter.count(REQUESTS)
        found = self.caller.post(path, content, what, key)
        if found is None:
            raise UnansweredError(f"{path} was refused")
        return found

    def _again(self, record: str, rows: Sequence[Cells]) -> None:
        while True:
            try:
                self._post(record, rows)
                return
            except AnswerLostError:
                continue

    def _check(self, record: str, answer: Any, taken: int, rejected: int) -> None:
        found = (answer["received"], len(answer["kept"]), len(answer["rejected"]))
        decided = len(answer["decided"])
        if found != (taken + rejected, taken, rejected) or decided != (taken if record == "spell" else 0):
            raise UnansweredError(
                f"{taken} {record} rows, {rejected} wrong ones: received, kept, rejected {found}; decided {decided}"
            )

    def cancel(self, record: str, keys: Sequence[str]) -> None:
        chosen = self._some(keys, 5)
        if not chosen:
            return
        path = "/claims/cancel" if record == "spell" else "/estimates/cancel"
        while True:
            try:
                self._request(path, {"ruleset": "kingston", "record": record, "keys": chosen}, "")
                break
            except AnswerLostError:
                continue
        self.ledger.taken_back(record, chosen)
        self.caller.meter.count(f"{record}s taken back", len(chosen))

    # --- what is chosen -----------------------------------------------------------------------------------------------

    def _size(self) -> int:
        return 1 if self.random.random() < 0.4 else self.random.randrange(2, LARGEST)

    def _id(self, letter: str) -> str:
        self.made += 1
        return f"{letter}{self.number}-{self.made:06d}"

    def _patient(self) -> str:
        return f"9{self.number}{self.made // 400:04d}{self.random.randrange(PATIENTS):04d}"

    def _new_spells(self, size: int) -> dict[str, Cells]:
        rows = {}
        for _ in range(size):
            id = self._id("S")
            rows[id] = spell(self.random, id, self._patient())
            self.spells.append(id)
        return rows

    def _some(self, keys: Sequence[str], most: int) -> list[str]:
        recent = keys[-500:]
        return self.random.sample(recent, min(len(recent), self.random.randrange(1, most)))

    def _corrected(self, record: str, keys: Sequence[str], field: str, cancelled: bool = False) -> dict[str, Cells]:
        rows = {}
        for key in self._some(keys, 10):
            kept = self.ledger.rows[record].get(key)
            if kept is None or (kept.cells is None) is not cancelled:
                continue
            cells = kept.cells or spell(self.random, key, self._patient())
            rows[key] = cells | {field: pounds(self.random.randrange(5_000, 300_000))}
        return rows
