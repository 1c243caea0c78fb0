"""The rows of the soak, made up from a seed; and a ledger of what was sent, by which the store is judged at the end."""

from __future__ import annotations

import csv
import io
import threading
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from random import Random
from typing import Any, Final

from tests.soak.stage import PROVIDERS

KEY: Final = "Hospital Provider Spell No"
HRGS: Final = tuple(f"HX{number}" for number in range(10))
SPECIALTIES: Final = ("100", "110")
SETTINGS: Final = ("outpatient", "day_case", "day_case", "elective", "emergency")
FIRST: Final = date(2010, 4, 1)

Cells = dict[str, str]


@dataclass
class Kept:
    """What stands of a row: its cells, or None where it was taken back; and how often it has changed."""

    cells: Cells | None
    revisions: int = 1


@dataclass
class Ledger:
    """Every row that was sent and taken, by record and key. Each key has one sender, who waits for the answer before the next."""

    rows: dict[str, dict[str, Kept]] = field(default_factory=lambda: {"spell": {}, "estimate": {}, "tariff": {}})
    rejected: int = 0
    lock: threading.Lock = field(default_factory=threading.Lock)

    def sent(self, record: str, rows: Mapping[str, Cells]) -> None:
        """Rows that were taken, by their keys."""
        with self.lock:
            for key, cells in rows.items():
                before = self.rows[record].get(key)
                if before is None:
                    self.rows[record][key] = Kept(dict(cells))
                elif before.cells != cells:
                    before.cells = dict(cells)
                    before.revisions += 1

    def taken_back(self, record: str, keys: Iterable[str]) -> None:
        with self.lock:
            for key in keys:
                before = self.rows[record][key]
                if before.cells is not None:
                    before.cells = None
                    before.revisions += 1

    def standing(self, record: str) -> list[Cells]:
        return [kept.cells for _, kept in sorted(self.rows[record].items()) if kept.cells is not None]


def tariff(random: Random) -> dict[str, Cells]:
    """A price for each HRG but the last, by its key as the service tells it."""
    found = {}
    for hrg in HRGS[:-1]:
        price = random.randrange(8_000, 20_000)
        found[f"{hrg} from {FIRST}"] = {
            "hrg": hrg,
            "valid_from": FIRST.isoformat(),
            "valid_to": "2011-03-31",
            "outpatient_procedure": pounds(price) if random.random() < 0.8 else "",
            "day_case_or_elective": pounds(price * random.randrange(2, 16)),
        }
    return found


def spell(random: Random, id: str, patient: str) -> Cells:
    admitted = FIRST + timedelta(random.randrange(200))
    return {
        KEY: id,
        "patient": patient,
        "provider": random.choice(PROVIDERS),
        "specialty": random.choice(SPECIALTIES),
        "hrg": random.choice(HRGS),
        "setting": random.choice(SETTINGS),
        "admitted": admitted.strftime("%d/%m/%Y"),
        "discharged": (admitted + timedelta(random.randrange(6))).strftime("%d/%m/%Y"),
        "billed": pounds(random.randrange(5_000, 300_000)),
    }


def estimate(random: Random, id: str, patient: str) -> Cells:
    return {
        "id": id,
        "patient": patient,
        "specialty": random.choice(SPECIALTIES),
        "referred": (FIRST + timedelta(random.randrange(-60, 180))).isoformat(),
        "expected_cost": pounds(random.randrange(5_000, 200_000)),
    }


def pounds(pence: int) -> str:
    return f"{pence // 100}.{pence % 100:02d}"


def csv_of(rows: Sequence[Mapping[str, Any]]) -> bytes:
    """Rows as a file that runs read."""
    text = io.StringIO()
    writer = csv.DictWriter(text, list(rows[0]))
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue().encode()
