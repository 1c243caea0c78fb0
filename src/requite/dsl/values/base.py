"""What the readers of values share: the answer for a text that cannot be read, and what counts as blank."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from typing import Final

from requite.dsl.program import Scalar
from requite.dsl.types import Kind

MOST_DIGITS: Final = 40
"""The digits that a number may have, before and after the point together."""

MOST_CHARACTERS: Final = 4_000
"""The characters that a text may have."""

INVISIBLE: Final = "\u200b\u200c\u200d\u2060\ufeff"
"""Characters of no width, which word processors leave behind."""


@dataclass(frozen=True, slots=True)
class Unreadable:
    """A text that is no value of its field: why, in words that follow "the value …" (`is blank`, `is not a date: …`)."""

    reason: str


Reader = Callable[[str], Scalar | Unreadable]

NOUNS: Final = {
    Kind.MONEY: "an amount of money",
    Kind.NUMBER: "a number",
    Kind.COUNT: "a whole number",
    Kind.PERCENT: "a percentage",
    Kind.POINTS: "a number of points",
    Kind.DAYS: "a number of days",
    Kind.WORKING_DAYS: "a number of working days",
    Kind.MONTHS: "a number of months",
    Kind.HOURS: "a number of hours",
    Kind.DATE: "a date",
    Kind.MOMENT: "a date with a time",
    Kind.YES_NO: "yes or no",
    Kind.TEXT: "text",
}
"""How a kind of value is called when something else stands in its place."""


def trimmed(text: str) -> str:
    """Text without the space around it, however wide or narrow that is."""
    stripped = text.strip()
    if stripped and (stripped[0] in INVISIBLE or stripped[-1] in INVISIBLE):
        previous = ""
        while previous != stripped:
            previous = stripped
            stripped = stripped.strip(INVISIBLE).strip()
    return stripped


Numeric = Fraction | Unreadable
