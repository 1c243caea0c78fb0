"""Spell prices on the real table of 2017/18 and 2018/19, reckoned a second time in plain Python."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from fractions import Fraction
from pathlib import Path

import pytest

from tests.rulesets.support import Ran, read_csv, run, shared, write_csv

RULESET = "claims/nhs_tariff.md"
HEADER = ("id", "patient", "provider", "hrg", "admission", "admitted", "discharged", "billed")
ADMISSIONS = ("elective", "day_case", "non_elective")


@dataclass(frozen=True)
class Spell:
    id: str
    hrg: str
    admission: str
    admitted: date
    discharged: date
    billed: Fraction

    @property
    def stay(self) -> int:
        return (self.discharged - self.admitted).days

    def cells(self) -> tuple[object, ...]:
        pounds, pence = divmod(int(self.billed * 100), 100)
        return (self.id, "P1", "RXX", self.hrg, self.admission, self.admitted, self.discharged, f"{pounds}.{pence:02}")


def base_of(row: dict[str, str], admission: str) -> str:
    """The cell that holds the price: the separate one if there is one, else the one for both."""
    match admission:
        case "elective":
            return row["ordinary_elective"] or row["combined_day_case_elective"]
        case "day_case":
            return row["day_case"] or row["combined_day_case_elective"]
    return row["non_elective"]


def price_of(row: dict[str, str], admission: str, stay: int) -> Fraction | None:
    """What the table gives for a stay; None where it gives no price."""
    base = base_of(row, admission)
    trim = row["non_elective_trim_days" if admission == "non_elective" else "elective_trim_days"]
    excess = stay - int(trim)
    if not base or (excess > 0 and not row["long_stay_day_rate"]):
        return None
    return Fraction(base) + (excess * Fraction(row["long_stay_day_rate"]) if excess > 0 else 0)


def spells_around_the_trim_points(table: list[dict[str, str]]) -> Iterator[tuple[Spell, Fraction | None]]:
    """For every row and admission a stay of no day, just below, at and above each trim point, and far beyond, with its price."""
    for number, row in enumerate(table):
        trims = {int(row["elective_trim_days"]), int(row["non_elective_trim_days"])}
        stays = sorted({0, *(trim + by for trim in trims for by in (-1, 0, 1)), max(trims) + 57})
        days = (date.fromisoformat(row["valid_from"]), date.fromisoformat(row["valid_to"]))
        for admission in ADMISSIONS:
            for stay in stays:
                discharged = days[(number + stay) % 2]
                price = price_of(row, admission, stay)
                # Every third bill is right, every third a penny too high, every third a penny too low.
                billed = (price if price is not None else Fraction(1000)) + Fraction((number + stay) % 3 - 1, 100)
                key = f"{number}-{admission}-{stay}"
                yield Spell(key, row["hrg"], admission, discharged - timedelta(days=stay), discharged, billed), price


@pytest.fixture(scope="module")
def tariff() -> Path:
    return shared("nhs_tariff_2017_19/apc_tariff.csv")


def ran(tariff: Path, folder: Path, rows: list[tuple[object, ...]], header: tuple[str, ...] = HEADER) -> Ran:
    return run(RULESET, {"spell": write_csv(folder / "spells.csv", header, rows), "tariff": tariff})


def test_every_row_every_admission_and_stays_around_the_trim_points(tariff: Path, tmp_path: Path) -> None:
    table = read_csv(tariff)
    assert len(table) == 4606
    spells = dict(spells_around_the_trim_points(table))
    assert len(spells) > 4606 * 3 * 5
    result = ran(tariff, tmp_path, [spell.cells() for spell in spells])
    assert not result.read.rejects

    prices, outcomes = result.figures("price"), result.outcomes("spell_price")
    assert len(outcomes) == len(spells)
    for spell, price in spells.items():
        assert prices[spell.id] == price, spell
        outcome = outcomes[spell.id]
        if price is None:
            assert (outcome.status, outcome.finding) == ("not assessable", None), spell
            continue
        assert outcome.status == "assessed", (spell, outcome.reason)
        over = outcome.finding.overcharge if outcome.finding else Fraction(0)
        assert over == spell.billed - price, spell
    assert {price is None for price in spells.values()} == {True, False}
    without = {spell.hrg for spell, price in spells.items() if price is None}
    assert without == {"LA97A", "PB03Z", "SB97Z", "SC97Z", "UZ01Z", "AA27Z"}


PUBLISHED = [
    ("AA22C", "elective", 168, 20_447),
    ("AA22C", "non_elective", 100, 10_246),
    ("CA11A", "day_case", 0, 1_237),
    ("CA11A", "elective", 1, 1_119),
]


def test_worked_case_8(tariff: Path, tmp_path: Path) -> None:
    rows: list[tuple[object, ...]] = []
    for number, (hrg, admission, stay, price) in enumerate(PUBLISHED):
        admitted = date(2017, 5, 1)
        rows.append((f"S{number}", "P", "R", hrg, admission, admitted, admitted + timedelta(days=stay), price))
    result = ran(tariff, tmp_path, rows)
    assert list(result.figures("price").values()) == [price for *_, price in PUBLISHED]
    assert not result.results.findings
    assert [outcome.status for outcome in result.outcomes("spell_price").values()] == ["assessed"] * 4


NOT_ASSESSABLE = {
    "an HRG that is not in the table": (("ZZ99Z", "elective", "2017-05-01", "2017-05-02", "900"), "ZZ99Z"),
    "a code in small letters is another code": (("aa22c", "elective", "2017-05-01", "2017-05-02", "8207"), "aa22c"),
    "no price for elective stays": (("LA97A", "elective", "2017-05-01", "2017-05-02", "900"), "combined is blank"),
    "no price for emergencies": (("AA27Z", "non_elective", "2018-05-01", "2018-05-02", "900"), "non_elective is blank"),
    "no price for day cases": (("LA97A", "day_case", "2017-05-01", "2017-05-01", "0"), "combined is blank"),
    "the day before the table": (("AA22C", "elective", "2017-03-30", "2017-03-31", "8207"), "2017-03-31"),
    "the day after the table": (("AA22C", "elective", "2019-03-30", "2019-04-01", "8285"), "2019-04-01"),
    "discharged before admitted": (("AA22C", "elective", "2017-05-03", "2017-05-02", "8207"), "needs discharged >= admitted"),
}


@pytest.mark.parametrize("case", NOT_ASSESSABLE)
def test_not_assessable(case: str, tariff: Path, tmp_path: Path) -> None:
    cells, reason = NOT_ASSESSABLE[case]
    outcome = ran(tariff, tmp_path, [("S1", "P1", "RXX", *cells)]).outcomes("spell_price")["S1"]
    assert outcome.status == "not assessable"
    assert reason in outcome.reason


def test_the_year_of_discharge_decides(tariff: Path, tmp_path: Path) -> None:
    rows = [
        ("first", "P", "R", "AA22C", "elective", "2017-03-20", "2017-04-01", "8207"),
        ("last of one", "P", "R", "AA22C", "elective", "2018-03-20", "2018-03-31", "8207"),
        ("first of two", "P", "R", "AA22C", "elective", "2018-03-20", "2018-04-01", "8207"),
        ("last", "P", "R", "AA22C", "elective", "2019-03-20", "2019-03-31", "8285"),
    ]
    result = ran(tariff, tmp_path, list(rows))
    assert {key: finding.overcharge for key, finding in result.findings("spell_price").items()} == {"first of two": -78}
    assert all(outcome.status == "assessed" for outcome in result.outcomes("spell_price").values())


REJECTED = {
    "an admission of another kind": ("AA22C", "outpatient", "2017-05-01", "2017-05-02", "8207"),
    "no admission": ("AA22C", "", "2017-05-01", "2017-05-02", "8207"),
    "a date that could be two": ("AA22C", "elective", "03/05/2017", "2017-05-04", "8207"),
    "a day that is not in the calendar": ("AA22C", "elective", "2017-02-30", "2017-05-04", "8207"),
    "no day of discharge": ("AA22C", "elective", "2017-05-01", "", "8207"),
    "an amount that is none": ("AA22C", "elective", "2017-05-01", "2017-05-02", "n/a"),
    "no amount": ("AA22C", "elective", "2017-05-01", "2017-05-02", ""),
    "no HRG": ("", "elective", "2017-05-01", "2017-05-02", "8207"),
}


@pytest.mark.parametrize("case", REJECTED)
def test_rejected(case: str, tariff: Path, tmp_path: Path) -> None:
    rows: list[tuple[object, ...]] = [
        ("S1", "P1", "RXX", *REJECTED[case]),
        ("S2", "P1", "RXX", "AA22C", "elective", "2017-05-01", "2017-05-02", "8207"),
    ]
    result = ran(tariff, tmp_path, rows)
    assert [(reject.record, reject.line) for reject in result.read.rejects] == [("spell", 2)]
    assert list(result.outcomes("spell_price")) == ["S2"]


def test_an_identifier_that_stands_twice(tariff: Path, tmp_path: Path) -> None:
    row = ("P1", "RXX", "AA22C", "elective", "2017-05-01", "2017-05-02", "8207")
    result = ran(tariff, tmp_path, [("S1", *row), ("S2", *row), ("S1", *row)])
    assert [reject.line for reject in result.read.rejects] == [2, 4]
    assert all("line 2" in reject.reason and "line 4" in reject.reason for reject in result.read.rejects)
    assert list(result.outcomes("spell_price")) == ["S2"]


def test_neither_patient_nor_provider_is_needed(tariff: Path, tmp_path: Path) -> None:
    rows: list[tuple[object, ...]] = [("S1", "", "", "AA22C", "elective", "2017-05-01", "2017-05-02", "8207")]
    assert ran(tariff, tmp_path, rows).outcomes("spell_price")["S1"].status == "assessed"


def test_an_adjusted_stay_is_used_where_the_file_has_one(tariff: Path, tmp_path: Path) -> None:
    header = (*HEADER, "adjusted_length_of_stay")
    spell = ("P", "R", "AA22C", "non_elective", "2017-05-01", "2017-08-09", "10246")
    rows = [("given", *spell, "98"), ("blank", *spell, ""), ("longer", *spell, "101"), ("negative", *spell, "-1")]
    result = ran(tariff, tmp_path, list(rows), header)
    assert result.figures("price") == {"given": 9_766, "blank": 10_246, "longer": 10_486, "negative": None}
    assert "needs stay >= 0 days" in result.outcomes("spell_price")["negative"].reason
