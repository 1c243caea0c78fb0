"""Prices of made-up spells, and what follows from them for hospitals and contracts, reckoned a second time in plain Python."""

from __future__ import annotations

import random
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from fractions import Fraction
from math import floor

import pytest

from tests.rulesets.support import Ran, run

START = date(2017, 4, 1)
DATES = {"valid_from": START, "valid_to": START + timedelta(days=364)}
FACTORS = {"RAX": "1.0825", "RBX": "1"}
TOP_UPS = {"": Fraction(0), "children": Fraction(60, 100), "spinal": Fraction(32, 100), "orthopaedic": Fraction(24, 100)}
PRICES = ("combined_day_case_elective", "day_case", "ordinary_elective", "non_elective")
TERMS = ("elective_trim_days", "non_elective_trim_days", "long_stay_day_rate", "outpatient_procedure")
TARIFF = {
    "HX1": ("1000", "", "", "1333.33", "4", "6", "211", "122.50"),
    "HX2": ("", "1237", "1119", "1190", "5", "5", "241", ""),
    "HX3": ("700", "", "", "900.01", "3", "3", "", "88"),
    "HX4": ("500", "", "", "", "2", "2", "100", ""),
}
"""Prices by HRG: HX3 has no day rate, HX4 no price for emergencies, HX9 is not in the table."""
STAYS = {"HX1": ("1", "3.5"), "HX2": ("1", "1.9"), "HX3": ("0", "5"), "HX4": ("1", "2")}
"""Whether short stays are cut, and the average stay in days."""


@dataclass(frozen=True)
class Spell:
    id: str
    provider: str
    commissioner: str
    hrg: str
    method: str
    patient_class: str
    age: int
    service: str
    admitted: date
    days: int
    adjusted: int | None
    excluded: bool
    cut: bool
    long_stay_payment: int
    best_practice: int | None
    billed: Fraction

    @property
    def stay(self) -> int:
        return self.days if self.adjusted is None else self.adjusted

    @property
    def discharged(self) -> date:
        return self.admitted + timedelta(days=self.days)

    @property
    def elective(self) -> bool:
        return self.method in ("11", "12", "13")

    @property
    def emergency(self) -> bool:
        return self.method in ("21", "22", "2A", "28")

    @property
    def day_case(self) -> bool:
        return self.elective and self.patient_class == "2"


def made_up(number: int) -> Spell:
    """Few HRGs, stays around the trim points, ages around nineteen; most bills right but for a penny or a fault."""
    rng = random.Random(number)
    days = rng.choice((-1, 0, 0, 1, 1, 2, 3, 4, 5, 6, 7, 60))
    hrg = rng.choice(("HX1", "HX1", "HX2", "HX3", "HX4", "HX9"))
    spell = Spell(
        id=f"S{number}",
        provider=rng.choice(("RAX", "RAX", "RBX", "RCX")),
        commissioner=rng.choice(("05A", "06B")),
        hrg=hrg,
        method=rng.choice(("11", "12", "21", "21", "22", "2A", "28", "31", "81", "83")),
        patient_class=rng.choice("12"),
        age=rng.choice((0, 18, 19, 70)),
        service=rng.choice(("", "", "children", "spinal", "orthopaedic", "cardiac")),
        admitted=START + timedelta(days=rng.choice((0, 100, 364, 200))),
        days=days,
        adjusted=rng.choice((None, None, None, max(days - 2, 0), -1)),
        excluded=rng.random() < 0.1,
        cut=rng.random() < 0.5,
        long_stay_payment=rng.choice((0, 0, 211, 241, 422, 482)),
        best_practice=rng.choice((None, None, 300)),
        billed=Fraction(0),
    )
    due = bill_due(spell)
    fault = Fraction(rng.choice((0, 0, 0, 1, -1, 25_000, -25_000)), 100)
    return Spell(**{**vars(spell), "billed": max(Fraction(0), (due if due is not None else Fraction(1000)) + fault)})


def to_the_penny(amount: Fraction) -> Fraction:
    """Half a penny is a whole one, on both sides of nothing."""
    pence = floor(abs(amount) * 100 + Fraction(1, 2))
    return Fraction(pence if amount >= 0 else -pence, 100)


def row_of(spell: Spell) -> dict[str, str] | None:
    """The line of the tariff on the day of discharge."""
    if spell.hrg not in TARIFF or not DATES["valid_from"] <= spell.discharged <= DATES["valid_to"]:
        return None
    return dict(zip((*PRICES, *TERMS), TARIFF[spell.hrg], strict=True))


def base_of(spell: Spell) -> Fraction | None:
    row = row_of(spell)
    if row is None:
        return None
    if spell.day_case:
        cell = row["day_case"] or row["combined_day_case_elective"]
    elif spell.elective:
        cell = row["ordinary_elective"] or row["combined_day_case_elective"]
    else:
        cell = row["non_elective"]
    return Fraction(cell) if cell else None


def factor_of(spell: Spell) -> Fraction | None:
    return Fraction(FACTORS[spell.provider]) if spell.provider in FACTORS else None


def share_of(spell: Spell) -> Fraction | None:
    """The share of the base price that a short emergency stay of an adult is paid; None where nobody knows the HRG's terms."""
    if not (spell.stay < 2 and spell.age >= 19 and spell.emergency):
        return Fraction(1)
    if row_of(spell) is None:
        return None
    short, average = STAYS[spell.hrg]
    if short == "0":
        return Fraction(1)
    edges = ((2, 100), (3, 70), (5, 45))
    return Fraction(next((share for below, share in edges if Fraction(average) < below), 25), 100)


def long_stay_of(spell: Spell) -> Fraction | None:
    row = row_of(spell)
    if row is None:
        return None
    beyond = spell.stay - int(row["elective_trim_days" if spell.elective else "non_elective_trim_days"])
    if beyond <= 0:
        return Fraction(0)
    return beyond * Fraction(row["long_stay_day_rate"]) if row["long_stay_day_rate"] else None


def bill_due(spell: Spell) -> Fraction | None:
    """What should have been billed; None where the price cannot be told."""
    base, share, long_stay = base_of(spell), share_of(spell), long_stay_of(spell)
    factor, rate = factor_of(spell), TOP_UPS.get(spell.service)
    if base is None or share is None or long_stay is None or factor is None or rate is None or spell.days < 0 or spell.stay < 0:
        return None
    return to_the_penny((base * share * (1 + rate) + long_stay) * factor) + (spell.best_practice or 0)


def of_price(spell: Spell) -> Fraction | str:
    if spell.excluded:
        return "out of scope"
    due = bill_due(spell)
    return "not assessable" if due is None else (spell.billed - due) or "passes"


def of_days(spell: Spell) -> Fraction | str:
    if spell.excluded or not spell.long_stay_payment:
        return "out of scope"
    long_stay, factor = long_stay_of(spell), factor_of(spell)
    if spell.days < 0 or spell.stay < 0 or long_stay is None or factor is None:
        return "not assessable"
    too_much = spell.long_stay_payment - long_stay
    return spell.billed - to_the_penny(spell.billed - too_much * factor) if too_much > 0 else "passes"


def of_short_stay(spell: Spell) -> Fraction | str:
    if spell.excluded:
        return "out of scope"
    share = share_of(spell)
    if spell.days < 0 or spell.stay < 0 or share is None:
        return "not assessable"
    if share == 1:
        return "out of scope"
    base, factor, rate = base_of(spell), factor_of(spell), TOP_UPS.get(spell.service)
    if base is None or factor is None or rate is None:
        return "not assessable"
    cut = base * (1 - share) * (1 + rate) * factor
    return "passes" if spell.cut else spell.billed - to_the_penny(spell.billed - cut)


def of_outpatients(spell: Spell) -> Fraction | str:
    if not spell.day_case:
        return "out of scope"
    row, factor = row_of(spell), factor_of(spell)
    if row is None:
        return "not assessable"
    if not row["outpatient_procedure"]:
        return "out of scope"
    if factor is None:
        return "not assessable"
    over = spell.billed - to_the_penny(Fraction(row["outpatient_procedure"]) * factor)
    return over if over > 0 else "passes"


def pounds(amount: Fraction | int) -> str:
    whole, pence = divmod(int(amount * 100), 100)
    return f"{whole}.{pence:02}"


def cells(spell: Spell) -> dict[str, object]:
    """A line of the claims file; what no check here reads is the same everywhere."""
    return {
        "Generated Record ID": spell.id,
        "Hospital Provider Spell No": spell.id,
        "NHS Number": "N1",
        "Age on Admission": spell.age,
        "GP Practice Code": "P1",
        "Commissioner Code": spell.commissioner,
        "Provider Code": spell.provider,
        "Specialty Code": "100",
        "Patient Classification": spell.patient_class,
        "Admission Method": spell.method,
        "PbR Spell Start Date": spell.admitted,
        "PbR Spell End Date": spell.discharged,
        "PbR Final Adjusted Length of Stay": "" if spell.adjusted is None else spell.adjusted,
        "Spell Core HRG": spell.hrg,
        "Specialised Service Code": spell.service,
        "Exclusion Reason": "critical care" if spell.excluded else "",
        "Tariff Initial Amount": 0,
        "Short Stay Emergency": "yes" if spell.cut else "no",
        "Long Stay Payment": spell.long_stay_payment,
        "Service Adjustment": 0,
        "Best Practice Payment": "" if spell.best_practice is None else spell.best_practice,
        "Market Forces Factor": 1,
        "Pre-MFF Tariff": 0,
        "Total Payment": pounds(spell.billed),
        "Frozen Indicator": "no",
    }


def settle(name: str, spells: Iterable[Spell], **tables: list[dict[str, object]]) -> Ran:
    ran = run(f"claims/{name}.md", {"spell": [cells(spell) for spell in spells], **tables})
    assert not ran.read.rejects
    return ran


def price_tables() -> dict[str, list[dict[str, object]]]:
    header = ("hrg", *PRICES, *TERMS)
    return {
        "tariff": [{**DATES, **dict(zip(header, (hrg, *row), strict=True))} for hrg, row in TARIFF.items()],
        "hrg_terms": [{"hrg": hrg, **DATES, "short_stay": cut, "average_stay": days} for hrg, (cut, days) in STAYS.items()],
        "market_forces": [{"provider": key, **DATES, "factor": factor} for key, factor in FACTORS.items()],
    }


def said(ran: Ran, check: str) -> dict[str, Fraction | str | None]:
    """What a check said of each spell, in the words of this module."""
    return {
        key: o.finding.overcharge if o.finding else "passes" if o.status == "assessed" else o.status
        for key, o in ran.outcomes(check).items()
    }


@pytest.fixture(scope="module")
def spells() -> list[Spell]:
    return [made_up(number) for number in range(2000)]


def test_made_up_spells(spells: list[Spell]) -> None:
    ran = settle("spell_price", spells, **price_tables())
    for check, reckoned in (("spell_price", of_price), ("excess_days", of_days), ("short_stay", of_short_stay)):
        wanted = {spell.id: reckoned(spell) for spell in spells}
        assert said(ran, check) == wanted, check
        assert {value if isinstance(value, str) else "flags" for value in wanted.values()} == {
            "out of scope",
            "not assessable",
            "passes",
            "flags",
        }


def test_outpatient_prices(spells: list[Spell]) -> None:
    tables = price_tables()
    del tables["hrg_terms"]
    ran = settle("outpatient_price", spells, **tables)
    assert said(ran, "day_case_for_outpatient") == {spell.id: of_outpatients(spell) for spell in spells}


def test_gross_and_net(spells: list[Spell]) -> None:
    ran = settle("undercharges", spells, **price_tables())
    for provider in ("RAX", "RBX"):
        priced = {
            spell.id: spell.billed - due
            for spell in spells
            if spell.provider == provider and not spell.excluded and (due := bill_due(spell)) is not None
        }
        rest = [spell.billed for spell in spells if spell.provider == provider and spell.id not in priced]
        assert ran.figures("bills")[provider] == len(priced) > 0
        assert ran.figures("too_much")[provider] == sum(error for error in priced.values() if error > 0)
        assert ran.figures("too_little")[provider] == -sum(error for error in priced.values() if error < 0)
        assert (ran.figures("bills_not_priced")[provider], ran.figures("billed_not_priced")[provider]) == (len(rest), sum(rest))
    assert ran.figures("gross_share")["RCX"] is None


def financial_year(day: date) -> int:
    return day.year if day.month >= 4 else day.year - 1


def test_each_contract_has_its_own_baseline(spells: list[Spell]) -> None:
    """Where some spells end in the next financial year, those of this one are left out."""
    baselines = {("RAX", "05A"): 100_000, ("RAX", "06B"): 10**9, ("RBX", "05A"): 150_000}
    rows: list[dict[str, object]] = [
        {"provider": provider, "commissioner": commissioner, "value": value, "credited": "1000.01"}
        for (provider, commissioner), value in baselines.items()
    ]
    for within in ([spell for spell in spells if spell.discharged <= DATES["valid_to"]], spells):
        ran = settle("marginal_rate", within, emergency_baseline=rows)
        for contract, baseline in baselines.items():
            ours = [spell for spell in within if (spell.provider, spell.commissioner) == contract and spell.emergency]
            last = max(financial_year(spell.discharged) for spell in ours)
            actual = sum(spell.billed for spell in ours if financial_year(spell.discharged) == last)
            credit = to_the_penny(max(Fraction(0), Fraction(actual - baseline)) * Fraction(30, 100))
            key = "|".join(contract)
            assert ran.figures("emergencies_billed")[key] == actual
            assert ran.figures("credit_due")[key] == credit
            finding = ran.findings("marginal_rate").get(key)
            assert (finding.overcharge if finding else 0) == max(Fraction(0), credit - Fraction("1000.01"))
        assert ran.outcomes("marginal_rate")["RBX|06B"].status == "not assessable"
