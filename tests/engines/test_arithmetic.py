"""Exact arithmetic: rounding, scales, bands, and sharing without losing a penny."""

from __future__ import annotations

from decimal import ROUND_DOWN, ROUND_HALF_EVEN, ROUND_HALF_UP, ROUND_UP, Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from requite.dsl.program import Rounding
from requite.engine.arithmetic import PENNY, rounded, scaled, whole_units
from requite.engine.settle import share_out, why_unshareable
from tests.engines.support import interpreter, reason, value

DECIMAL_DIRECTIONS = {"half away": ROUND_HALF_UP, "half even": ROUND_HALF_EVEN, "down": ROUND_DOWN, "up": ROUND_UP}
DIRECTIONS = st.sampled_from(sorted(DECIMAL_DIRECTIONS))
FRACTIONS = st.fractions(min_value=-(10**12), max_value=10**12, max_denominator=10**6)
UNITS = st.sampled_from([Fraction(1, 100), Fraction(1), Fraction(1, 10000), Fraction(5), Fraction(1, 3), Fraction(25, 10)])


@pytest.mark.parametrize(
    ("amount", "direction", "expected"),
    [
        ("0.005", "half away", "0.01"),
        ("-0.005", "half away", "-0.01"),
        ("0.015", "half even", "0.02"),
        ("0.025", "half even", "0.02"),
        ("-0.025", "half even", "-0.02"),
        ("0.029", "down", "0.02"),
        ("-0.029", "down", "-0.02"),
        ("0.021", "up", "0.03"),
        ("-0.021", "up", "-0.03"),
        ("92233720368547758.075", "half away", "92233720368547758.08"),
    ],
)
def test_rounding_to_the_penny(amount: str, direction: str, expected: str) -> None:
    assert rounded(Fraction(amount), Rounding(direction, PENNY)) == Fraction(expected)


@given(st.decimals(min_value=-(10**9), max_value=10**9, places=5), DIRECTIONS)
def test_rounding_agrees_with_decimal(number: Decimal, direction: str) -> None:
    expected = number.quantize(Decimal("0.01"), rounding=DECIMAL_DIRECTIONS[direction])
    assert rounded(Fraction(number), Rounding(direction, PENNY)) == Fraction(expected)


@given(FRACTIONS, UNITS, DIRECTIONS)
def test_rounding_gives_a_multiple_less_than_a_step_away_and_is_odd(number: Fraction, unit: Fraction, direction: str) -> None:
    found = rounded(number, Rounding(direction, unit))
    assert (found / unit).denominator == 1
    assert abs(found - number) <= (unit / 2 if direction.startswith("half") else unit)
    assert rounded(found, Rounding(direction, unit)) == found
    assert rounded(-number, Rounding(direction, unit)) == -found


@given(FRACTIONS, UNITS)
def test_whole_units_never_pass_the_value(number: Fraction, unit: Fraction) -> None:
    found = whole_units(number, unit)
    assert found <= number < found + unit


def test_a_scale_is_held_between_0_and_1() -> None:
    scale = Fraction(40, 100), Fraction(70, 100)
    assert [scaled(Fraction(n, 100), *scale) for n in (10, 40, 55, 70, 90)] == [0, 0, Fraction(1, 2), 1, 1]
    assert scaled(Fraction(55), Fraction(70), Fraction(40)) == Fraction(1, 2)
    assert scaled(Fraction(1), Fraction(2), Fraction(2)) is None


# --- sharing ----------------------------------------------------------------------------------------------------------------

WEIGHTS = st.lists(st.fractions(min_value=0, max_value=10**6, max_denominator=1000), min_size=1, max_size=30).filter(any)
PENNIES = st.integers(min_value=-(10**12), max_value=10**12).map(lambda pennies: Fraction(pennies, 100))


@given(PENNIES, WEIGHTS)
def test_sharing_gives_out_exactly_what_was_given(total: Fraction, weights: list[Fraction]) -> None:
    parts = share_out(total, weights, range(len(weights)))
    assert sum(parts) == total
    assert all((part * 100).denominator == 1 for part in parts)


@given(PENNIES, WEIGHTS)
def test_every_part_is_less_than_a_penny_from_its_due(total: Fraction, weights: list[Fraction]) -> None:
    parts = share_out(total, weights, range(len(weights)))
    due = [total * weight / sum(weights) for weight in weights]
    assert all(abs(part - exact) < PENNY for part, exact in zip(parts, due, strict=True))
    assert all(part == 0 for part, weight in zip(parts, weights, strict=True) if weight == 0)


@given(PENNIES, WEIGHTS, st.randoms())
def test_the_order_of_the_rows_does_not_matter(total: Fraction, weights: list[Fraction], random: object) -> None:
    keys = list(range(len(weights)))
    order = list(keys)
    random.shuffle(order)  # type: ignore[attr-defined]
    mixed = share_out(total, [weights[i] for i in order], order)
    straight = share_out(total, weights, keys)
    assert dict(zip(order, mixed, strict=True)) == dict(zip(keys, straight, strict=True))


@given(PENNIES, WEIGHTS)
def test_a_negative_total_is_the_mirror_image(total: Fraction, weights: list[Fraction]) -> None:
    keys = range(len(weights))
    assert share_out(-total, weights, keys) == [-part for part in share_out(total, weights, keys)]


@given(PENNIES.filter(lambda total: total > 0), WEIGHTS)
def test_a_share_by_amounts_never_exceeds_them(total: Fraction, weights: list[Fraction]) -> None:
    pennies = [Fraction(weight.__ceil__(), 100) for weight in weights]
    total = min(total, sum(pennies, Fraction(0)))
    parts = share_out(total, pennies, range(len(pennies)))
    assert all(part <= whole for part, whole in zip(parts, pennies, strict=True))


def test_the_odd_penny_goes_to_the_largest_remainder_and_then_to_the_lesser_key() -> None:
    third = [Fraction(1)] * 3
    assert share_out(Fraction(1), third, ["b", "a", "c"]) == [Fraction(33, 100), Fraction(34, 100), Fraction(33, 100)]
    assert share_out(Fraction(5, 100), [Fraction(3), Fraction(2)], ["a", "b"]) == [Fraction(3, 100), Fraction(2, 100)]
    assert share_out(Fraction(1, 100), [Fraction(1), Fraction(2)], ["a", "b"]) == [0, Fraction(1, 100)]
    assert share_out(Fraction(-1), third, ["b", "a", "c"]) == [Fraction(-33, 100), Fraction(-34, 100), Fraction(-33, 100)]


def test_what_cannot_be_shared_says_why() -> None:
    assert why_unshareable([]) == "there is nobody to share among"
    assert why_unshareable([Fraction(0), Fraction(0)]) == "the weights add up to nothing"
    assert why_unshareable([Fraction(2), Fraction(-1)]) == "a weight is below zero"
    assert why_unshareable([Fraction(0), Fraction(1)]) == ""
    with pytest.raises(ValueError, match="whole units"):
        share_out(Fraction(1, 3), [Fraction(1)], [1])


# --- bands ------------------------------------------------------------------------------------------------------------------

BANDS = """
record r
  key id: text
  x: number
bands reward by x
  below 0: £0
  0 to below 2: 10p
  2 to 3: 20p
  above 3 to 4: 30p
bands line by x straight
  5,000: 3.9%
  6,000: 3.6%
  60,000 and above: 2.0%
for each r
  let step = reward[x]
  let point = line[x]
  show step, point
"""


def reading(x: str, name: str) -> tuple[object, str]:
    engine = interpreter(BANDS, r=[{"id": "R", "x": Fraction(x)}])
    found = value(engine, "r", "R", name)
    return (None, reason(engine, "r", "R", name)) if not isinstance(found, Fraction) else (found, "")


@pytest.mark.parametrize(
    ("x", "pence"), [("-1", 0), ("-0.0001", 0), ("0", 10), ("1.9999", 10), ("2", 20), ("3", 20), ("3.0001", 30), ("4", 30)]
)
def test_a_band_holds_up_to_its_edge(x: str, pence: int) -> None:
    assert reading(x, "step") == (Fraction(pence, 100), "")


def test_outside_the_bands_there_is_no_value() -> None:
    assert reading("4.5", "step") == (None, "x is 4.5, outside the bands of reward")
    assert reading("4999", "point") == (None, "x is 4,999, outside the bands of line")


@pytest.mark.parametrize(
    ("x", "expected"),
    [("5000", "0.039"), ("5500", "0.0375"), ("6000", "0.036"), ("33000", "0.028"), ("60000", "0.02"), ("10000000", "0.02")],
)
def test_straight_bands_are_exact_between_their_points(x: str, expected: str) -> None:
    assert reading(x, "point") == (Fraction(expected), "")
