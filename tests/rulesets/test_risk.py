"""Risk on own accounts, pooled, and on one bottom line: as the documents compare them, and reckoned a second time."""

from __future__ import annotations

import random
from collections.abc import Iterable, Mapping
from decimal import Decimal
from fractions import Fraction

import pytest

from tests.rulesets.support import RULESETS, Ran, run

Row = Mapping[str, object]
Results = dict[str, Fraction]

WAYS = ("own accounts", "pooled risk", "one bottom line")
# the part of an underspend that is kept, and of an overspend that is borne
SHARES = {
    "full": (Fraction(1), Fraction(1)),
    "partial": (Fraction(1, 2), Fraction(1, 4)),
    "provider_only": (Fraction(0), Fraction(0)),
}

# code, budget and spending of the year that all three documents work through
YEAR = (("A", 1_000_000, 940_000), ("B", 800_000, 900_000), ("C", 600_000, 590_000))


def printed() -> dict[tuple[str, str], tuple[str, ...]]:
    """The rows of the table in which own_accounts.md compares the three, by tier and practice."""
    text = (RULESETS / "risk" / "own_accounts.md").read_text(encoding="utf-8")
    table = text.split("## The same year in all three ways")[1].split("##")[0]
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in table.splitlines() if line.startswith("|")]
    assert tuple(rows[0]) == ("tier", "practice", *WAYS)
    found, tier = {}, ""
    for first, practice, *amounts in rows[2:]:
        tier = first or tier
        found[tier, practice] = tuple(amounts)
    return found


def practices(tier: str, year: Iterable[tuple[str, int, int]]) -> list[dict[str, object]]:
    shared = {"tier": tier, "association": "North", "venture": "North", "closed": "yes"}
    return [{"code": code, "budget": Decimal(budget), "spend": Decimal(spend), **shared} for code, budget, spend in year]


def paid(ran: Ran) -> Results:
    """What each row gets in all; charges count against it."""
    totals: Results = {}
    for payment in ran.results.payments:
        key = "|".join(payment.key)
        totals[key] = totals.get(key, Fraction(0)) + Fraction(payment.amount or 0)
    return totals


def own(rows: list[dict[str, object]]) -> Results:
    return paid(run("risk/own_accounts.md", {"practice": rows}))


def pooled(rows: list[dict[str, object]]) -> Results:
    return paid(run("risk/pooled_risk.md", {"practice": rows}))


def corporate(rows: list[dict[str, object]], tier: str) -> tuple[Results, Fraction]:
    """Each practice's part of the venture's result, and that result."""
    ran = run("risk/corporate.md", {"practice": rows, "venture": [{"name": "North", "tier": tier}]})
    gains, losses = ran.figures("part_of_gain"), ran.figures("part_of_loss")
    parts = {code: Fraction(str(gains[code])) - Fraction(str(losses[code])) for code in gains}
    return parts, paid(ran)["North"]


def pounds(amount: Fraction) -> str:
    return f"{'-' if amount < 0 else ''}£{abs(Decimal(amount.numerator) / amount.denominator):,.2f}"


@pytest.mark.parametrize("tier", SHARES)
def test_the_printed_comparison(tier: str) -> None:
    rows = practices(tier, YEAR)
    parts, whole = corporate(rows, tier)
    ways = (own(rows), pooled(rows), parts)
    table = printed()
    for code, _, _ in YEAR:
        named = (tier, code) if tier != "provider_only" else ("provider only", "each")
        assert tuple(pounds(way[code]) for way in ways) == table[named]
    if tier != "provider_only":
        totals = (sum(ways[0].values()), sum(ways[1].values()), whole)
        assert tuple(pounds(Fraction(total)) for total in totals) == table[tier, "together"]


def made_up(number: int) -> list[tuple[str, int, int]]:
    rng = random.Random(number)
    budgets = [rng.randint(1, 2_000_000) for _ in range(rng.randint(1, 7))]
    return [(f"P{place}", budget, rng.randint(budget * 9 // 10, budget * 11 // 10)) for place, budget in enumerate(budgets)]


def half_away(amount: Fraction) -> Fraction:
    """To the penny, for amounts of £0 and more."""
    return Fraction(int(amount * 100 + Fraction(1, 2)), 100)


@pytest.mark.parametrize("tier", SHARES)
@pytest.mark.parametrize("number", range(8))
def test_made_up_practices(tier: str, number: int) -> None:
    year = made_up(number)
    rows = practices(tier, year)
    gain_share, loss_share = SHARES[tier]
    gains = {code: half_away(max(Fraction(0), Fraction(budget - spend)) * gain_share) for code, budget, spend in year}
    losses = {code: min(Fraction(max(0, spend - budget)) * loss_share, Fraction(budget, 20)) for code, budget, spend in year}
    assert own(rows) == {code: gains[code] - half_away(losses[code]) for code in gains}

    contributions = {code: gains[code] - amount for code, amount in pooled(rows).items()}
    assert sum(contributions.values()) == half_away(sum(losses.values(), Fraction(0)))
    whole = sum(budget for _, budget, _ in year)
    lost = sum(contributions.values(), Fraction(0))
    assert all(abs(contributions[code] - lost * budget / whole) < Fraction(1, 100) for code, budget, _ in year)

    balance = Fraction(sum(budget - spend for _, budget, spend in year))
    gained = half_away(max(Fraction(0), balance) * gain_share)
    result = gained - half_away(min(max(Fraction(0), -balance) * loss_share, Fraction(whole, 20)))
    parts, of_the_venture = corporate(rows, tier)
    assert of_the_venture == sum(parts.values()) == result
    assert all(abs(parts[code] - result * budget / whole) < Fraction(1, 100) for code, budget, _ in year)
