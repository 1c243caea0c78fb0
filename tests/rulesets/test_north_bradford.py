"""North Bradford's payments for made-up practices, reckoned a second time in plain Python."""

from __future__ import annotations

import random
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction

from tests.rulesets.support import run

Practice = dict[str, object]

FIELDS = ("generic_items", "prescribed_items", "follow_ups", "first_attendances")


def made_up(number: int) -> Practice:
    rng = random.Random(number)
    items, first = rng.choice((0, 10, 100, 1000)), rng.choice((0, 7, 100))
    budget = rng.randint(0, 300_000_000)
    saved = rng.choice((-5_000, 0, 1, 2, 3_999_999, 4_000_000, rng.randint(0, 9_999_999)))
    return {
        "code": f"P{number}",
        "list_size": rng.choice((0, 1, 4_321, 10_000, rng.randint(1_000, 30_000))),
        "generic_items": rng.choice((items * 7 // 10, max(items * 7 // 10 - 1, 0), items)),
        "prescribed_items": items,
        "follow_ups": rng.choice((2 * first, max(2 * first - 1, 0), 0, 3 * first)),
        "first_attendances": first,
        "elective_budget": Decimal(budget).scaleb(-2),
        "elective_spend": Decimal(max(0, budget - saved)).scaleb(-2),
    }


def pennies(amount: Decimal) -> Fraction:
    return Fraction(amount.quantize(Decimal("0.01"), ROUND_HALF_UP))


def expected(practice: Practice) -> dict[str, Fraction | None]:
    """What the practice is paid; None where nobody can say."""
    size = Decimal(str(practice["list_size"]))
    generic, items, follow_ups, first = (int(str(practice[name])) for name in FIELDS)
    prescribing = None if items == 0 else generic * 10 >= 7 * items
    hospital = None if first == 0 else follow_ups < 2 * first
    saved = max(Decimal(0), Decimal(str(practice["elective_budget"])) - Decimal(str(practice["elective_spend"])))
    kept = pennies(min(saved / 2, size * 2))
    financial = kept if prescribing or hospital else None if None in (prescribing, hospital) else Fraction(0)
    return {
        "prescribing": None if prescribing is None else pennies(size * Decimal("1.25")) if prescribing else Fraction(0),
        "hospital": None if hospital is None else pennies(size) if hospital else Fraction(0),
        "financial": financial,
    }


def test_made_up_practices() -> None:
    practices = [made_up(number) for number in range(600)]
    ran = run("incentives/north_bradford.md", {"practice": practices})
    assert not ran.read.rejects
    wanted = {str(practice["code"]): expected(practice) for practice in practices}
    for name in ("prescribing", "hospital", "financial"):
        outcomes = ran.outcomes(f"incentive.{name}")
        assert {key: outcome.amount for key, outcome in outcomes.items()} == {key: amounts[name] for key, amounts in wanted.items()}
        assert {outcome.status for outcome in outcomes.values()} == {"assessed", "not assessable"}
    assert {payment.payee for payment in ran.results.payments if payment.payment == "incentive.prescribing"} == {"gps"}
    assert all(p.payee == "|".join(p.key) for p in ran.results.payments if p.payment == "incentive.financial")
    assert {p.spent_on for p in ran.results.payments} == {"", "agreed investment in the practice"}
