"""Kingston's two checks on made-up claims, decided a second time in plain Python."""

from __future__ import annotations

import random
from dataclasses import dataclass
from datetime import date, timedelta
from fractions import Fraction
from pathlib import Path

from tests.rulesets.support import Ran, run, write_csv

RULESET = "claims/kingston.md"
START = date(2010, 4, 1)
PRICES = {"HX1": "122", "HX2": "", "HX3": "88.50"}
"""Outpatient prices by HRG; HX2 has none, and HX9 is not in the table."""


@dataclass(frozen=True)
class Estimate:
    id: str
    patient: str
    specialty: str
    referred: date
    cost: Fraction


@dataclass(frozen=True)
class Claim:
    id: str
    patient: str
    specialty: str
    hrg: str
    setting: str
    admitted: date
    discharged: date
    billed: Fraction


def pounds(amount: Fraction) -> str:
    whole, pence = divmod(int(amount * 100), 100)
    return f"{whole}.{pence:02}"


COSTS = (5000, 30000, 50000, 50001, 100000, 123456)
BILLS = (8850, 8851, 12200, 12201, 15000, 40000, 40001, 60001, 60002, 120000, 120001, 148147, 148148)
"""In pence: at and around the tolerances and the prices."""


def made_up(seed: int) -> tuple[list[Estimate], list[Claim]]:
    """Few patients, specialties and days, so that estimates compete and edges are met."""
    rng = random.Random(seed)
    return [_estimate(number, rng) for number in range(rng.randint(0, 14))], [_claim(number, rng) for number in range(40)]


def _estimate(number: int, rng: random.Random) -> Estimate:
    referred = START + timedelta(days=rng.choice((0, 1, 1, 30, 179, 180, 181)))
    return Estimate(f"E{number}", rng.choice("ABC"), rng.choice(("100", "110")), referred, Fraction(rng.choice(COSTS), 100))


def _claim(number: int, rng: random.Random) -> Claim:
    admitted = START + timedelta(days=rng.choice((0, 1, 30, 180, 181, 182, 360, 361, 362)))
    return Claim(
        f"S{number}",
        rng.choice("ABCD"),
        rng.choice(("100", "110")),
        rng.choice(("HX1", "HX2", "HX3", "HX9")),
        rng.choice(("outpatient", "day_case", "day_case", "elective", "emergency")),
        admitted,
        admitted + timedelta(days=rng.randint(0, 5)),
        Fraction(rng.choice(BILLS), 100),
    )


def over_estimate(claim: Claim, estimates: list[Estimate]) -> Fraction | str:
    """The overcharge, or what becomes of the check."""
    found = [
        e for e in estimates
        if (e.patient, e.specialty) == (claim.patient, claim.specialty) and 0 <= (claim.admitted - e.referred).days <= 180
    ]  # fmt: skip
    if not found:
        return "out of scope"
    cost = max(found, key=lambda e: (e.referred, e.id)).cost
    return claim.billed - cost if claim.billed > cost + max(cost / 5, Fraction(100)) else "passes"


def day_case(claim: Claim) -> Fraction | str:
    if claim.setting != "day_case":
        return "out of scope"
    if claim.hrg not in PRICES or not START <= claim.discharged <= START + timedelta(days=364):
        return "not assessable"
    if not PRICES[claim.hrg]:
        return "out of scope"
    price = Fraction(PRICES[claim.hrg])
    return claim.billed - price if claim.billed > price else "passes"


SPELL = ("Hospital Provider Spell No", "patient", "provider", "specialty", "hrg", "setting", "admitted", "discharged", "billed")
ESTIMATE = ("id", "patient", "specialty", "referred", "expected_cost")
TARIFF = ("hrg", "valid_from", "valid_to", "outpatient_procedure")


def settle(estimates: list[Estimate], claims: list[Claim], folder: Path) -> Ran:
    spells = [(c.id, c.patient, "RAX", c.specialty, c.hrg, c.setting, *_days(c), pounds(c.billed)) for c in claims]
    expected = [(e.id, e.patient, e.specialty, e.referred, pounds(e.cost)) for e in estimates]
    prices = [(hrg, START, START + timedelta(days=364), price) for hrg, price in PRICES.items()]
    inputs = {
        "spell": write_csv(folder / "spells.csv", SPELL, spells),
        "estimate": write_csv(folder / "estimates.csv", ESTIMATE, expected),
        "tariff": write_csv(folder / "tariff.csv", TARIFF, prices),
    }
    return run(RULESET, inputs)


def _days(claim: Claim) -> tuple[str, str]:
    return f"{claim.admitted:%d/%m/%Y}", f"{claim.discharged:%d/%m/%Y}"


def said(ran: Ran, check: str) -> dict[str, Fraction | str | None]:
    """What a check said of each claim, in the words of this module."""
    outcomes = ran.outcomes(check)
    return {
        key: o.finding.overcharge if o.finding else "passes" if o.status == "assessed" else o.status for key, o in outcomes.items()
    }


def test_made_up_claims(tmp_path: Path) -> None:
    seen: set[str] = set()
    for seed in range(60):
        estimates, claims = made_up(seed)
        ran = settle(estimates, claims, tmp_path)
        assert not ran.read.rejects
        by_estimate = {c.id: over_estimate(c, estimates) for c in claims}
        by_price = {c.id: day_case(c) for c in claims}
        assert said(ran, "over_estimate") == by_estimate, seed
        assert said(ran, "day_case_for_outpatient") == by_price, seed
        for claim in claims:
            seen.add(_challenged_once(ran, claim, by_estimate[claim.id], by_price[claim.id]))
    assert seen == {"neither", "over_estimate", "day_case_for_outpatient", "over_estimate of two", "day_case_for_outpatient of two"}


def _challenged_once(ran: Ran, claim: Claim, by_estimate: Fraction | str, by_price: Fraction | str) -> str:
    """Whether the claim is challenged once, for the larger overcharge, the day case where they tie; which one it was."""
    amounts = {
        name: amount
        for name, amount in (("day_case_for_outpatient", by_price), ("over_estimate", by_estimate))
        if isinstance(amount, Fraction)
    }
    if not amounts:
        return "neither"
    chosen = max(amounts, key=lambda name: amounts[name])
    for name in amounts:
        finding = ran.findings(name)[claim.id]
        assert (finding.challenged, finding.challenged_as) == (name == chosen, "" if name == chosen else chosen)
        assert finding.respondent == "RAX"
    return f"{chosen} of two" if len(amounts) == 2 else chosen


def test_the_penalty_is_a_tenth_to_the_penny(tmp_path: Path) -> None:
    estimate = Estimate("E1", "A", "100", START, Fraction(100))
    bills = {
        "S1": (Fraction("200.05"), Fraction("10.01")),
        "S2": (Fraction("200.04"), Fraction("10.00")),
        "S3": (Fraction(500), Fraction(40)),
    }
    claims = [Claim(key, "A", "100", "HX2", "elective", START, START, billed) for key, (billed, _) in bills.items()]
    found = settle([estimate], claims, tmp_path).findings("over_estimate")
    assert {key: finding.penalty for key, finding in found.items()} == {key: penalty for key, (_, penalty) in bills.items()}
