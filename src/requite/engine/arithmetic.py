"""Exact arithmetic: the four operations, rounding, scales and bands. Every number is a fraction; nothing is ever a float."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from fractions import Fraction

from requite.dsl.program import Band, Bands, Rounding

PENNY = Fraction(1, 100)

OPERATIONS: dict[str, Callable[[Fraction, Fraction], Fraction]] = {
    "+": lambda left, right: left + right,
    "-": lambda left, right: left - right,
    "*": lambda left, right: left * right,
    "/": lambda left, right: left / right,
}


def rounded(value: Fraction, rounding: Rounding) -> Fraction:
    """The multiple of the rounding's unit that is nearest, or next toward zero (down) or away from it (up).

    >>> rounded(Fraction(5, 1000), Rounding("half away", Fraction(1, 100)))
    Fraction(1, 100)
    >>> rounded(Fraction(-5, 1000), Rounding("half even", Fraction(1, 100)))
    Fraction(0, 1)
    """
    (over, under), (unit_over, unit_under) = value.as_integer_ratio(), rounding.unit.as_integer_ratio()
    steps, parts = over * unit_under, under * unit_over
    whole, rest = divmod(abs(steps), parts)
    if not rest:
        return value
    if _goes_up(rounding.direction, whole, 2 * rest - parts):
        whole += 1
    return rounding.unit * (-whole if steps < 0 else whole)


def _goes_up(direction: str, whole: int, beyond_half: int) -> bool:
    match direction:
        case "half away":
            return beyond_half >= 0
        case "half even":
            return beyond_half > 0 or (beyond_half == 0 and whole % 2 == 1)
        case "down":
            return False
        case "up":
            return True
    raise ValueError(f"no such rounding: {direction}")


def whole_units(value: Fraction, unit: Fraction) -> Fraction:
    """The greatest multiple of a unit that is not above the value."""
    steps = value / unit
    return unit * (steps.numerator // steps.denominator)


def scaled(value: Fraction, lower: Fraction, upper: Fraction) -> Fraction | None:
    """How far the value lies on the way from lower to upper, held between 0 and 1; None where the two are equal."""
    if lower == upper:
        return None
    return min(max((value - lower) / (upper - lower), Fraction(0)), Fraction(1))


def bands_holding(value: Fraction, bands: Sequence[Band]) -> list[Band]:
    """The bands that a value lies in: one, where they neither overlap nor leave a gap."""
    return [band for band in bands if _holds(value, band)]


def _holds(value: Fraction, band: Band) -> bool:
    if band.lower is not None and (value < band.lower or (value == band.lower and not band.lower_included)):
        return False
    return band.upper is None or value < band.upper or (value == band.upper and band.upper_included)


def straight(value: Fraction, bands: Bands) -> tuple[Fraction, tuple[Band, ...]] | None:
    """The value on the straight lines between points, and the points it lies on or between; None outside them."""
    last = bands.bands[-1]
    for before, after in zip(bands.bands, bands.bands[1:], strict=False):
        start, end = before.lower, after.lower
        if start is None or end is None or not start <= value <= end:
            continue
        if value in (start, end):
            point = before if value == start else after
            return point.value, (point,)
        part = (value - start) / (end - start)
        return before.value + part * (after.value - before.value), (before, after)
    if last.lower is not None and (value == last.lower or (value > last.lower and last.upper is None)):
        return last.value, (last,)
    return None
