"""Making the consortium: always the same one, with every planted error written down."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Final

from requite.api.demo.planted import KINDS, Planted

SEED: Final = 20_040_401
YEAR_BEGINS: Final = date(2004, 4, 1)
DAYS: Final = 364
KNOWN: Final = date(2005, 6, 30)
"""The date on which everything here is known."""

ORDINARY: Final = 340
"""Claims in which nothing is planted."""

MOST_FOR_A_DAY_CASE: Final = 1_600
"""Pounds: nobody goes home on the day of a dearer operation."""

PROVIDER: Final = "RAX"


@dataclass(frozen=True, slots=True)
class Procedure:
    """An entry of the price list: whole pounds; no outpatient price where there is none."""

    hrg: str
    title: str
    specialty: str
    outpatient: int | None
    inpatient: int


PROCEDURES: Final = (
    Procedure("MA01", "Minor skin procedure", "330", 121, 642),
    Procedure("MA02", "Cystoscopy", "101", 210, 512),
    Procedure("MA03", "Colposcopy", "502", 168, 689),
    Procedure("MA04", "Cataract", "130", None, 812),
    Procedure("MA05", "Hernia repair", "100", None, 1_240),
    Procedure("MA06", "Knee arthroscopy", "110", None, 1_580),
    Procedure("MA07", "Hip replacement", "110", None, 5_340),
    Procedure("MA08", "Upper gastroscopy", "301", 396, 468),
    Procedure("MA09", "Nasal cautery", "120", 132, 2_112),
)
WITH_PRICES: Final = tuple(p for p in PROCEDURES if p.outpatient is not None)
"""Procedures that can be done at an outpatient appointment."""
WITHOUT: Final = tuple(p for p in PROCEDURES if p.outpatient is None)

RISE: Final = date(2004, 10, 1)
RISEN: Final = {"MA02": (221, 540), "MA05": (None, 1_302)}
"""Prices that change in the middle of the year, by HRG: outpatient and inpatient."""


@dataclass(slots=True)
class Claim:
    """A row of claims as text, the day it is sorted by, and what is planted in it."""

    patient: str
    specialty: str
    hrg: str
    setting: str
    admitted: date
    discharged: date
    billed: str
    planted: str = ""
    number: str = ""
    twin: Claim | None = None
    """The claim whose number this one repeats."""
    spoiled: dict[str, str] = field(default_factory=dict)

    def row(self) -> dict[str, str]:
        return {
            "Hospital Provider Spell No": self.number,
            "patient": self.patient,
            "provider": PROVIDER,
            "specialty": self.specialty,
            "hrg": self.hrg,
            "setting": self.setting,
            "admitted": self.admitted.strftime("%d/%m/%Y"),
            "discharged": self.discharged.strftime("%d/%m/%Y"),
            "billed": self.billed,
        } | self.spoiled


Rows = list[dict[str, str]]


@dataclass(frozen=True, slots=True)
class Consortium:
    """The rows of each file, and what is planted in them."""

    files: dict[str, Rows]
    planted: tuple[Planted, ...]


class _Maker:
    """Makes claims and estimates, one patient after the other."""

    def __init__(self) -> None:
        self.rng = random.Random(SEED)
        self.patients = 0
        self.claims: list[Claim] = []
        self.estimates: Rows = []

    # --- chance ---

    # Only `random()` gives the same numbers in every version of Python.
    def whole(self, least: int, most: int) -> int:
        return least + int(self.rng.random() * (most - least + 1))

    def one(self, procedures: tuple[Procedure, ...]) -> Procedure:
        return procedures[self.whole(0, len(procedures) - 1)]

    def day(self) -> date:
        return YEAR_BEGINS + timedelta(days=self.whole(0, DAYS - 12))

    # --- parts ---

    def patient(self) -> str:
        self.patients += 1
        return f"N{self.patients:05d}"

    def claim(self, procedure: Procedure, setting: str, pence: int, planted: str = "", admitted: date | None = None) -> Claim:
        """A claim for a new patient, billed so many pence."""
        admitted = admitted or self.day()
        stay = 0 if setting in ("outpatient", "day_case") else self.whole(1, 5)
        pounds, rest = divmod(pence, 100)
        billed = f"{pounds}.{rest:02d}" if len(self.claims) % 9 else f"£{pounds:,}.{rest:02d}"
        claim = Claim(
            self.patient(), procedure.specialty, procedure.hrg, setting, admitted, admitted + timedelta(days=stay), billed, planted
        )
        self.claims.append(claim)
        return claim

    def estimate(self, claim: Claim, pounds: int, days_before: int = 0, specialty: str = "") -> None:
        """The GP's estimate for a claim; by default made three weeks to four months before."""
        referred = claim.admitted - timedelta(days=days_before or self.whole(21, 120))
        self.estimates.append(
            {
                "id": f"E{len(self.estimates) + 1:05d}",
                "patient": claim.patient,
                "specialty": specialty or claim.specialty,
                "referred": referred.isoformat(),
                "expected_cost": f"{pounds}.00",
            }
        )

    # --- claims in which nothing is planted ---

    def ordinary(self) -> None:
        for _ in range(ORDINARY):
            kind = self.rng.random()
            if kind < 0.45:
                self._elective()
            elif kind < 0.75:
                procedure, admitted = self.one(WITH_PRICES), self.day()
                self.claim(procedure, "outpatient", 100 * price(procedure, "outpatient", admitted), admitted=admitted)
            else:
                self.claim(self.one(PROCEDURES), "emergency", self.whole(40_000, 480_000))

    def _elective(self) -> None:
        procedure, admitted = self.one(WITHOUT), self.day()
        billed = price(procedure, "elective", admitted)
        stays = self.rng.random() < 0.6 or procedure.inpatient > MOST_FOR_A_DAY_CASE
        claim = self.claim(procedure, "elective" if stays else "day_case", 100 * billed, admitted=admitted)
        self.estimate(claim, billed * self.whole(92, 108) // 100)


def price(procedure: Procedure, setting: str, on: date) -> int:
    """What the price list says on a date."""
    outpatient, inpatient = procedure.outpatient, procedure.inpatient
    if on >= RISE and procedure.hrg in RISEN:
        outpatient, inpatient = RISEN[procedure.hrg]
    return outpatient if setting == "outpatient" and outpatient is not None else inpatient


def make() -> Consortium:
    """The consortium."""
    maker = _Maker()
    maker.ordinary()
    plant_findable(maker)
    plant_near_misses(maker)
    plant_not_findable(maker)
    plant_unreadable(maker)
    claims = _numbered(maker.claims)
    practices = practice_rows()
    files = {
        "practice": practices,
        "estimate": maker.estimates,
        "spell": [claim.row() for claim in claims],
        "tariff": list(price_list()),
    }
    planted = [Planted(KINDS[claim.planted], "spell", claim.number, line) for line, claim in enumerate(claims, 2) if claim.planted]
    planted += [
        Planted(KINDS["unreadable"], "practice", row["code"], line)
        for line, row in enumerate(practices, 2)
        if not row["list_size"].isdecimal()
    ]
    return Consortium(files, tuple(planted))


def _numbered(claims: list[Claim]) -> list[Claim]:
    ordered = sorted(claims, key=lambda claim: (claim.admitted, claim.patient))
    for number, claim in enumerate(ordered, 1):
        claim.number = f"K{number:05d}"
    for claim in ordered:
        if claim.twin is not None:
            claim.number = claim.twin.number
    return ordered


# --- what is planted ----------------------------------------------------------------------------------------------------


def plant_findable(maker: _Maker) -> None:
    """Errors that the rules look for."""
    for _ in range(12):
        procedure, admitted = maker.one(WITHOUT), maker.day()
        expected = price(procedure, "elective", admitted)
        over = 100 * max(expected // 5, 100) + maker.whole(5_001, 90_000)
        claim = maker.claim(procedure, "elective", 100 * expected + over, "over_estimate", admitted)
        maker.estimate(claim, expected)
    for _ in range(9):
        procedure, admitted = maker.one(WITH_PRICES), maker.day()
        maker.claim(procedure, "day_case", 100 * price(procedure, "day_case", admitted), "day_case", admitted)
    for hrg in ("MA01", "MA03", "MA09"):
        procedure = next(p for p in PROCEDURES if p.hrg == hrg)
        claim = maker.claim(procedure, "day_case", 100 * procedure.inpatient, "both")
        maker.estimate(claim, price(procedure, "outpatient", claim.admitted))
    for hrg in ("ZZ91", "ZZ92"):
        unknown = Procedure(hrg, "", "120", None, 900)
        maker.claim(unknown, "day_case", 90_000, "no_price")


def plant_near_misses(maker: _Maker) -> None:
    """Claims that look like errors and are none."""
    hip, hernia, nose = (next(p for p in PROCEDURES if p.hrg == hrg) for hrg in ("MA07", "MA05", "MA09"))
    for expected in (5_000, 5_300):
        maker.estimate(maker.claim(hip, "elective", 120 * expected, "at_tolerance"), expected)
    for expected in (300, 450):
        maker.estimate(maker.claim(hernia, "elective", 100 * (expected + 100), "at_tolerance"), expected)
    for _ in range(2):
        maker.claim(nose, "day_case", 13_200, "at_price")
        maker.estimate(maker.claim(hernia, "elective", 240_000, "stale_estimate"), 1_240, days_before=181)
        maker.estimate(maker.claim(hernia, "elective", 240_000, "other_specialty"), 1_240, specialty="101")


def plant_not_findable(maker: _Maker) -> None:
    """Errors that no rule of these two rulesets looks for."""
    for _ in range(3):
        procedure, admitted = maker.one(WITHOUT), maker.day()
        billed = price(procedure, "elective", admitted)
        first = maker.claim(procedure, "elective", 100 * billed, "", admitted)
        maker.estimate(first, billed)
        second = maker.claim(procedure, "elective", 100 * billed, "twice", admitted)
        second.patient, second.discharged = first.patient, first.discharged
    for _ in range(4):
        procedure, admitted = maker.one(WITHOUT), maker.day()
        expected = price(procedure, "elective", admitted)
        maker.estimate(maker.claim(procedure, "elective", 115 * expected, "padded", admitted), expected)
    for _ in range(3):
        maker.claim(next(p for p in PROCEDURES if p.hrg == "MA07"), "elective", 534_000, "dearer_code")


def plant_unreadable(maker: _Maker) -> None:
    """Rows that cannot be read as they stand."""
    spoiled = (
        {"admitted": "31/06/2004"},
        {"billed": ""},
        {"setting": "daycase"},
        {"billed": "1,2O4.50"},
        {"discharged": "n/k"},
        {"patient": ""},
    )
    for cells in spoiled:
        maker.claim(maker.one(PROCEDURES), "emergency", maker.whole(40_000, 200_000), "unreadable").spoiled = cells
    first = maker.claim(maker.one(PROCEDURES), "emergency", 111_000, "same_number")
    second = maker.claim(maker.one(PROCEDURES), "emergency", 127_500, "same_number")
    second.twin = first


# --- the other files ----------------------------------------------------------------------------------------------------


def practice_rows() -> Rows:
    """The practices: some meet both markers, some one or none; one has no appointments to judge, one an unreadable list."""
    columns = (
        "code", "name", "list_size", "generic_items", "prescribed_items", "follow_ups", "first_attendances", "elective_budget",
        "elective_spend",
    )  # fmt: skip
    rows = (
        ("P01", "Abbey Road", "9840", "88120", "118400", "3010", "1720", "1180400.00", "1141950.00"),
        ("P02", "Bridge Street", "12460", "121900", "158300", "3300", "1905", "1495200.00", "1403100.00"),
        ("P03", "Castle Hill", "3215", "24100", "33900", "0", "0", "385800.00", "371300.00"),
        ("P04", "Deansgate", "7730", "51200", "77400", "2890", "1510", "927600.00", "918044.25"),
        ("P05", "Eastfield", "10020", "90400", "121700", "4610", "2100", "1202400.00", "1189020.50"),
        ("P06", "Fountains", "5980", "40100", "63800", "2420", "1190", "717600.00", "684000.00"),
        ("P07", "Greenway", "about 7000", "61000", "84000", "1900", "1000", "840000.00", "811000.00"),
        ("P08", "Harbour View", "8655", "76300", "101500", "2600", "1490", "1038600.00", "1061775.00"),
        ("P09", "Inglewood", "6543", "54810", "78300", "2199", "1100", "785160.00", "771499.99"),
    )
    return [dict(zip(columns, row, strict=True)) for row in rows]


def price_list() -> Iterator[dict[str, str]]:
    """The price list: a price that changed has a row for each of its times."""
    end = YEAR_BEGINS + timedelta(days=DAYS)
    for procedure in PROCEDURES:
        last = RISE - timedelta(days=1) if procedure.hrg in RISEN else end
        yield _price_row(procedure, YEAR_BEGINS, last, procedure.outpatient, procedure.inpatient)
        if procedure.hrg in RISEN:
            yield _price_row(procedure, RISE, end, *RISEN[procedure.hrg])


def _price_row(procedure: Procedure, start: date, end: date, outpatient: int | None, inpatient: int) -> dict[str, str]:
    return {
        "hrg": procedure.hrg,
        "title": procedure.title,
        "valid_from": start.isoformat(),
        "valid_to": end.isoformat(),
        "outpatient_procedure": "" if outpatient is None else f"{outpatient}.00",
        "day_case_or_elective": f"{inpatient}.00",
    }
