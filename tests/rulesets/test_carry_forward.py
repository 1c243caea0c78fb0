"""An overspend that is carried from year to year through the command line, reckoned a second time in plain Python."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction
from pathlib import Path

import pytest

from tests.api.support import Here
from tests.rulesets.support import RULESETS, read_csv, write_csv

RULESET = RULESETS / "savings" / "carry_forward.md"
HEADER = ("code", "year_end", "budget", "spend")
NOBODY: Mapping[str, Decimal] = {}
NOT_KNOWN = "-"

Row = tuple[str, str, str, str]

pytestmark = pytest.mark.parametrize("engine", ["duckdb", "interpret"])


@pytest.fixture
def requite(capsys: pytest.CaptureFixture[str]) -> Here:
    """Runs a command in this process."""
    return Here(capsys)


@dataclass(frozen=True)
class Year:
    """What one year's run says of each practice: what it keeps, what it may spend, what it still owes."""

    kept: Mapping[str, str]
    available: Mapping[str, str]
    carried: Mapping[str, str]


@dataclass(frozen=True)
class Years:
    """Runs one year after the other, each in a folder of its own."""

    requite: Here
    folder: Path
    engine: str

    def arguments(self, name: str, rows: Sequence[Row], before: str | None) -> list[str | Path]:
        data = write_csv(self.folder / f"{name}.csv", HEADER, rows)
        out = self.folder / name
        brought = () if before is None else ("--brought-forward", self.folder / before)
        return ["run", RULESET, "--data", f"practice={data}", "--out", out, "--csv", "--engine", self.engine, *brought]

    def run(self, name: str, rows: Sequence[Row], before: str | None = None, *, status: int = 0) -> Year:
        done = self.requite(*self.arguments(name, rows, before))
        assert done.status == status, done.err
        out = self.folder / name
        kept = {row["key"]: row["amount"] for row in read_csv(out / "payments.csv")}
        kept |= {row["key"]: NOT_KNOWN for row in read_csv(out / "not_assessable.csv") if row["rule"] == "budgets.kept"}
        figures = [row for row in read_csv(out / "figures.csv") if row["name"] == "available"]
        carried = {row["key"]: row["value"] or NOT_KNOWN for row in read_csv(out / "carried.csv")}
        return Year(kept, {row["key"]: row["value"] for row in figures}, carried)


@pytest.fixture
def years(requite: Here, tmp_path: Path, engine: str) -> Years:
    return Years(requite, tmp_path, engine)


def same(found: Mapping[str, str], wanted: Mapping[str, str]) -> bool:
    """Whether these are the same amounts, however many zeros they are written with."""

    def amounts(values: Mapping[str, str]) -> dict[str, object]:
        return {key: value if value in (NOT_KNOWN, "") else Decimal(value) for key, value in values.items()}

    return amounts(found) == amounts(wanted)


FIRST: list[Row] = [
    ("P1", "2005-03-31", "1000000.00", "1200000.37"),
    ("P2", "2005-03-31", "500000.00", "499999.99"),
    ("P3", "2005-03-31", "400000.00", ""),
    ("P4", "2005-03-31", "300000.00", "900000.00"),
]
SECOND: list[Row] = [
    ("P1", "2006-03-31", "1000000.00", "799999.60"),
    ("P2", "2006-03-31", "500000.00", "500000.00"),
    ("P3", "2006-03-31", "400000.00", "100000.00"),
    ("P4", "2006-03-31", "300000.00", "250000.00"),
    ("P5", "2006-03-31", "200000.00", "150000.00"),
]


def test_the_debt_of_one_year_is_set_against_the_next_budget(years: Years) -> None:
    first = years.run("one", FIRST)
    assert same(first.kept, {"P1": "0", "P2": "0.01", "P3": NOT_KNOWN, "P4": "0"})
    assert same(first.carried, {"P1": "200000.37", "P2": "0", "P3": NOT_KNOWN, "P4": "600000"})
    second = years.run("two", SECOND, "one")
    available = {"P1": "799999.63", "P2": "500000", "P4": "-300000", "P5": "200000"}
    assert same({key: second.available[key] for key in available}, available)
    assert same(second.kept, {"P1": "0.02", "P2": "0", "P3": NOT_KNOWN, "P4": "0", "P5": "25000"})
    assert same(second.carried, {"P1": "0", "P2": "0", "P3": NOT_KNOWN, "P4": "550000", "P5": "0"})


def test_without_the_year_before_nobody_owes_anything(years: Years) -> None:
    alone = years.run("alone", SECOND)
    assert same(alone.kept, {"P1": "100000.20", "P2": "0", "P3": "150000", "P4": "25000", "P5": "25000"})
    assert same(alone.carried, dict.fromkeys(("P1", "P2", "P3", "P4", "P5"), "0"))


def test_a_practice_that_is_away_for_a_year_still_owes(years: Years) -> None:
    years.run("one", FIRST)
    away = years.run("two", [row for row in SECOND if row[0] != "P1"], "one")
    assert "P1" not in away.kept
    assert Decimal(away.carried["P1"]) == Decimal("200000.37")
    third = years.run("three", [("P1", "2007-03-31", "1000000.00", "799999.62")], "two")
    assert same(third.kept, {"P1": "0.01"})
    assert same(third.carried, {"P1": "0", "P2": "0", "P3": NOT_KNOWN, "P4": "550000", "P5": "0"})


def test_the_second_year_says_why_and_can_be_verified(years: Years) -> None:
    years.run("one", FIRST)
    years.run("two", SECOND, "one")
    assert years.requite("verify", years.folder / "two").status == 0
    said = years.requite("explain", years.folder / "two", "P1")
    assert said.status == 0, said.err
    assert "£200,000.37" in said.out
    missing = [row["reason"] for row in read_csv(years.folder / "two" / "not_assessable.csv") if row["key"] == "P3"]
    assert missing, "the second year of P3"
    assert all("debt was not known in the run before" in reason for reason in missing)
    assert all("needs spend is known" in reason for reason in missing)


def test_a_first_year_that_was_changed_afterwards_is_refused(years: Years) -> None:
    years.run("one", FIRST)
    years.run("other", FIRST[:1])
    (years.folder / "one" / "carried.parquet").write_bytes((years.folder / "other" / "carried.parquet").read_bytes())
    done = years.requite(*years.arguments("two", SECOND, "one"))
    assert done.status == 1
    assert "it was changed since" in done.err
    assert not (years.folder / "two").exists()


def test_the_results_of_another_agreement_are_refused(years: Years) -> None:
    text = RULESET.read_text(encoding="utf-8").replace("scheme budgets", "scheme purses")
    (years.folder / "purses.md").write_text(text, encoding="utf-8")
    arguments = years.arguments("one", FIRST, None)
    arguments[1] = years.folder / "purses.md"
    assert years.requite(*arguments).status == 0
    done = years.requite(*years.arguments("two", SECOND, "one"))
    assert done.status == 1
    assert "carries purses.debt forward, and carry_forward brings budgets.debt forward" in done.err
    assert not (years.folder / "two").exists()


def test_a_row_that_cannot_be_read_takes_no_debt_away(years: Years) -> None:
    years.run("one", FIRST)
    second = years.run("two", [("P1", "2006-03-31", "1,00,000", "5"), ("P2", "31/03/2006", "5", "5")], "one", status=1)
    rejected = {row["field"] for row in read_csv(years.folder / "two" / "rejects.csv")}
    assert rejected == {"budget", "year_end"}
    assert not second.kept
    assert Decimal(second.carried["P1"]) == Decimal("200000.37")


def reckoned(rows: Sequence[Row], owed: Mapping[str, Decimal]) -> tuple[dict[str, Decimal], dict[str, Decimal]]:
    """What each practice keeps and owes after a year, by hand."""
    kept: dict[str, Decimal] = {}
    owes = dict(owed)
    for code, _, budget, spend in rows:
        left = Decimal(budget) - owed.get(code, Decimal(0)) - Decimal(spend)
        kept[code] = (max(left, Decimal(0)) / 2).quantize(Decimal("0.01"), ROUND_HALF_UP)
        owes[code] = max(-left, Decimal(0))
    return kept, owes


def made_up(rng: random.Random, year: int) -> list[Row]:
    rows: list[Row] = []
    for number in rng.sample(range(60), 50):
        budget = rng.randint(0, 200_000_000)
        spend = max(0, budget + rng.choice((-1, 0, 1, -2, rng.randint(-50_000_000, 50_000_000))))
        rows.append((f"P{number:02d}", f"{year}-03-31", f"{Decimal(budget).scaleb(-2)}", f"{Decimal(spend).scaleb(-2)}"))
    return rows


def test_three_years_of_made_up_practices(years: Years) -> None:
    rng = random.Random(8)
    owed = NOBODY
    before: str | None = None
    for year in range(2005, 2008):
        rows = made_up(rng, year)
        kept, owed = reckoned(rows, owed)
        found = years.run(str(year), rows, before)
        assert {key: Fraction(value) for key, value in found.kept.items()} == {key: Fraction(value) for key, value in kept.items()}
        assert {key: Fraction(value) for key, value in found.carried.items()} == {k: Fraction(v) for k, v in owed.items()}
        before = str(year)
    assert any(owed.values())
