"""Sharing an amount out without losing a penny: the largest remainder decides who gets the odd one."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from typing import Any

from requite.engine.arithmetic import PENNY


def share_out(total: Fraction, weights: Sequence[Fraction], keys: Sequence[Any], unit: Fraction = PENNY) -> list[Fraction]:
    """Parts of `total` in proportion to `weights`, in whole units, that add up to it exactly.

    Each part is first rounded toward zero; the units that are left go one each to the largest remainders, ties to the lesser
    key. A negative total is shared out as its opposite is. `total` is a multiple of the unit; weights are not negative and
    not all zero.

    >>> share_out(Fraction(1), [Fraction(1)] * 3, ["a", "b", "c"])
    [Fraction(17, 50), Fraction(33, 100), Fraction(33, 100)]
    """
    units = total / unit
    whole = sum(weights, Fraction(0))
    if units.denominator != 1 or whole <= 0 or min(weights) < 0:
        raise ValueError("an amount in whole units is shared by weights that add up to more than nothing")
    sign = -1 if units < 0 else 1
    exact = [abs(units.numerator) * weight / whole for weight in weights]
    parts = [value.numerator // value.denominator for value in exact]
    left = abs(units.numerator) - sum(parts)
    ranked = sorted(range(len(parts)), key=lambda i: (parts[i] - exact[i], keys[i]))
    for i in ranked[:left]:
        parts[i] += 1
    return [unit * sign * part for part in parts]


def why_unshareable(weights: Sequence[Fraction]) -> str:
    """Why nothing can be shared by these weights; empty where it can."""
    if not weights:
        return "there is nobody to share among"
    if min(weights) < 0:
        return "a weight is below zero"
    return "" if sum(weights) else "the weights add up to nothing"
