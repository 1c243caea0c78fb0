"""A practice's year as published: 1,476 payments without a letter, £256,885, and open queries of £233,477."""

from __future__ import annotations

import random
import shutil
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path

import pytest

import requite
from requite.api.library import Engine
from tests.rulesets.support import RULESETS

CLAIMS = RULESETS / "claims"
NOT_OURS = CLAIMS / "not_ours.md"
ENGINES: tuple[Engine, ...] = ("duckdb", "interpret")

NO_LETTER = 1_476
WITHOUT_LETTER = Decimal(256_885)
OPEN_QUERIES = Decimal(233_477)
TOGETHER = Decimal(490_362)
QUERIES = 812
"""How many queries were open is not published; nor is what they were about. Here they are patients registered elsewhere."""

IN_ORDER = 1_500
YEAR = date(2008, 4, 1)
FROZEN = date(2009, 5, 31)
"""The last of the year's months freezes on this day."""

AFTER = FROZEN + timedelta(days=1)

Row = dict[str, object]


@dataclass
class Year:
    """What the hospital, the practice and the contract hand over."""

    spell: list[Row] = field(default_factory=list)
    letter: list[Row] = field(default_factory=list)
    registration: list[Row] = field(default_factory=list)

    def run(
        self, engine: Engine, reviewed_on: date = FROZEN + timedelta(days=1), ruleset: Path = CLAIMS / "not_ours.md"
    ) -> requite.Run:
        return requite.compile(ruleset).run(
            spell=self.spell,
            letter=self.letter,
            registration=self.registration,
            calendar=calendar(),
            review=[{"of": "claims", "reviewed_on": reviewed_on}],
            engine=engine,
        )


def calendar() -> list[Row]:
    """Each month is submitted in the next, may be challenged in the one after it, and freezes 91 days after it began."""
    months = [date(2008 + (month > 12), (month - 1) % 12 + 1, 1) for month in range(4, 16)]
    return [
        {
            "month": f"{month:%Y-%m}",
            "submission": month + timedelta(days=45),
            "challenge": month + timedelta(days=75),
            "freeze": month + timedelta(days=91),
        }
        for month in months
    ]


def freeze_of(day: date) -> date:
    (line,) = [line for line in calendar() if line["month"] == f"{day:%Y-%m}"]
    freeze = line["freeze"]
    assert isinstance(freeze, date)
    return freeze


def amounts(count: int, total: Decimal, rng: random.Random) -> list[Decimal]:
    """So many amounts, all above nothing, that come to the total to the penny."""
    cuts = sorted(rng.sample(range(1, int(total * 100)), count - 1))
    return [Decimal(b - a) / 100 for a, b in zip([0, *cuts], [*cuts, int(total * 100)], strict=True)]


def spell(number: str, discharged: date, billed: object, patient: str = "") -> Row:
    return {
        "Generated Record ID": number,
        "Hospital Provider Spell No": f"H-{number}",
        "NHS Number": patient or f"N-{number}",
        "Age on Admission": 60,
        "GP Practice Code": "F86001",
        "Commissioner Code": "5NC",
        "Provider Code": "RGC",
        "Specialty Code": "300",
        "Patient Classification": "1",
        "Admission Method": "21",
        "PbR Spell Start Date": discharged - timedelta(days=3),
        "PbR Spell End Date": discharged,
        "Spell Core HRG": "EB07Z",
        "Tariff Initial Amount": billed,
        "Short Stay Emergency": "no",
        "Long Stay Payment": 0,
        "Service Adjustment": 0,
        "Market Forces Factor": "1",
        "Pre-MFF Tariff": billed,
        "Total Payment": billed,
        "Frozen Indicator": "no",
    }


def registered(row: Row, commissioner: str = "5NC", until: object = "") -> Row:
    return {
        "patient": row["NHS Number"],
        "registered_from": date(2001, 1, 1),
        "registered_until": until,
        "practice": "F86001",
        "commissioner": commissioner,
    }


def letter(row: Row, sent: object) -> Row:
    same = ("Provider Code", "Hospital Provider Spell No")
    return {"id": f"L-{row['Generated Record ID']}", **{name: row[name] for name in same}, "sent": sent}


def published(seed: int) -> Year:
    """The practice's year: payments without a letter, or with one that came too late; open queries; and payments in order."""
    rng, year = random.Random(seed), Year()
    for number, billed in enumerate(amounts(NO_LETTER, WITHOUT_LETTER, rng)):
        one = spell(f"A{number:04}", any_day(rng), billed)
        year.spell.append(one)
        year.registration.append(registered(one))
        if rng.random() < 0.3:
            year.letter.append(letter(one, freeze_of(discharged(one)) + timedelta(days=rng.choice((1, 2, 60)))))
    for number, billed in enumerate(amounts(QUERIES, OPEN_QUERIES, rng)):
        one = spell(f"B{number:04}", any_day(rng), billed)
        year.spell.append(one)
        year.letter.append(letter(one, discharged(one)))
        if rng.random() < 0.5:
            year.registration.append(registered(one, "5C9"))
    for number in range(IN_ORDER):
        one = spell(f"C{number:04}", any_day(rng), Decimal(rng.randint(1, 900_000)) / 100)
        year.spell.append(one)
        year.registration.append(registered(one))
        year.letter.append(letter(one, min(freeze_of(discharged(one)), discharged(one) + timedelta(days=rng.choice((0, 14, 200))))))
    rng.shuffle(year.spell)
    return year


def any_day(rng: random.Random) -> date:
    return YEAR + timedelta(days=rng.randrange(365))


def discharged(row: Row) -> date:
    day = row["PbR Spell End Date"]
    assert isinstance(day, date)
    return day


def is_query(row: Row) -> bool:
    return str(row["Generated Record ID"]).startswith("B")


@dataclass(frozen=True)
class Found:
    keys: Sequence[str]
    total: Decimal


def found(run: requite.Run, check: str) -> Found:
    rows = [row for row in run.findings.arrow().to_pylist() if row["check"] == check]
    return Found(sorted(row["key"] for row in rows), sum((Decimal(row["overcharge"]) for row in rows), Decimal(0)))


def challenged(run: requite.Run) -> Decimal:
    return sum((Decimal(row["overcharge"]) for row in run.findings.arrow().to_pylist() if row["challenged"]), Decimal(0))


@pytest.fixture(scope="module")
def year() -> Year:
    return published(seed=9)


@pytest.mark.parametrize("engine", ENGINES)
def test_the_published_year_to_the_penny(year: Year, engine: Engine) -> None:
    run = year.run(engine)
    no_letter, queries = found(run, "no_discharge_letter"), found(run, "not_our_patient")
    assert no_letter == Found([f"A{number:04}" for number in range(NO_LETTER)], WITHOUT_LETTER)
    assert queries == Found([f"B{number:04}" for number in range(QUERIES)], OPEN_QUERIES)
    assert no_letter.total + queries.total == TOGETHER
    assert (len(run.not_assessable), len(run.rejects)) == (0, 0)


@pytest.mark.parametrize("engine", ENGINES)
def test_on_the_freeze_date_the_last_month_still_waits(year: Year, engine: Engine) -> None:
    run = year.run(engine, reviewed_on=FROZEN)
    march = {str(one["Generated Record ID"]) for one in year.spell if f"{discharged(one):%Y-%m}" == "2009-03"}
    waiting = {key for key in march if key.startswith("A")}
    assert waiting
    assert {*found(run, "no_discharge_letter").keys} == {f"A{number:04}" for number in range(NO_LETTER)} - waiting
    assert found(run, "not_our_patient").total == OPEN_QUERIES


PACK = """
ruleset pack "Queries that are pursued until the freeze date"

use "not_ours.md"

challenge each spell once for the largest overcharge
  where review["claims"].reviewed_on <= calendar[month].freeze
"""


@pytest.fixture
def pack(tmp_path: Path) -> Path:
    for name in (NOT_OURS.name, "records.md"):
        shutil.copy(CLAIMS / name, tmp_path)
    path = tmp_path / "pack.requite"
    path.write_text(PACK, encoding="utf-8")
    return path


@pytest.mark.parametrize("engine", ENGINES)
def test_queries_that_are_not_settled_by_the_freeze_date_lapse(year: Year, engine: Engine, pack: Path) -> None:
    on_the_day = year.run(engine, reviewed_on=FROZEN, ruleset=pack)
    march = [
        one for one in year.spell if f"{discharged(one):%Y-%m}" == "2009-03" and str(one["Generated Record ID"]).startswith("B")
    ]
    assert challenged(on_the_day) == sum((Decimal(str(one["Total Payment"])) for one in march), Decimal(0)) > 0
    day_after = year.run(engine, ruleset=pack)
    assert challenged(day_after) == 0
    assert found(day_after, "not_our_patient").total + found(day_after, "no_discharge_letter").total == TOGETHER


@pytest.mark.parametrize("engine", ENGINES)
def test_what_cannot_be_read_or_assessed_is_named(engine: Engine) -> None:
    day = date(2008, 5, 10)
    bills = {"S1": "100", "S2": "200", "S3": "300", "S4": "400", "S5": "a lot", "S6": "0"}
    spells = {name: spell(name, day, billed) for name, billed in bills.items()}
    spells["S4"] |= {"PbR Spell Start Date": date(2009, 4, 1), "PbR Spell End Date": date(2009, 4, 2)}
    registrations = [registered(spells[name]) for name in ("S1", "S2", "S3", "S4", "S5")]
    registrations.append({**registered(spells["S2"], "5C9"), "registered_from": date(2008, 5, 1)})
    letters = [letter(spells["S1"], "10/05/2008"), letter(spells["S2"], day), letter(spells["S3"], freeze_of(day))]
    run = Year([*spells.values()], letters, registrations).run(engine)

    assert found(run, "no_discharge_letter").keys == ["S1"]  # its letter has a date that cannot be read, and is among the rejects
    rejects = {(row["record"], row["field"]): row["reason"] for row in run.rejects.arrow().to_pylist()}
    assert set(rejects) == {("letter", "sent"), ("spell", "initial_amount")}
    assert "could be day/month or month/day" in rejects["letter", "sent"]
    refused = {(row["rule"], row["key"]): row["reason"] for row in run.not_assessable.arrow().to_pylist()}
    assert set(refused) == {("not_our_patient", "S2"), ("no_discharge_letter", "S4")}
    assert "registration has 2 rows for patient N-S2 on 2008-05-07" in refused["not_our_patient", "S2"]
    assert "calendar has no row for month 2009-04" in refused["no_discharge_letter", "S4"]
    assert found(run, "not_our_patient").keys == []  # S6 is registered nowhere, but nothing was billed for it
