"""The types of values, with their units."""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum


class Kind(StrEnum):
    """What a value is; the member's value is the word that an author reads."""

    MONEY = "money"
    NUMBER = "number"
    COUNT = "count"
    PERCENT = "percent"
    POINTS = "points"
    DATE = "date"
    MOMENT = "moment"
    DAYS = "days"
    WORKING_DAYS = "working days"
    MONTHS = "months"
    HOURS = "hours"
    TEXT = "text"
    YES_NO = "yes/no"
    CHOICE = "one of"
    ROW = "record"
    PERIOD = "period"
    BROKEN = "unknown"


MOST_CHOICES = 6
"""The values of a choice that a message lists."""

NOUNS = {
    Kind.MONEY: "an amount of money",
    Kind.NUMBER: "a number",
    Kind.COUNT: "a count",
    Kind.PERCENT: "a percentage",
    Kind.POINTS: "a number of points",
    Kind.DATE: "a date",
    Kind.MOMENT: "a date with a time",
    Kind.DAYS: "a number of days",
    Kind.WORKING_DAYS: "a number of working days",
    Kind.MONTHS: "a number of months",
    Kind.HOURS: "a number of hours",
    Kind.TEXT: "text",
    Kind.YES_NO: "yes or no",
    Kind.PERIOD: "a period",
    Kind.BROKEN: "unknown",
}
"""How a kind of value is called in a sentence."""


@dataclass(frozen=True, slots=True)
class Type:
    """A kind of value, the choices of a `one of`, the record of a row, and whether it may be missing.

    A value of type ROW is a row of the record or table named `record`; a reference field holds one too.
    BROKEN stands where an error has been reported already: it agrees with everything, so that nothing cascades.
    """

    kind: Kind
    choices: tuple[str, ...] = ()
    record: str = ""
    optional: bool = False

    @property
    def required(self) -> Type:
        return replace(self, optional=False) if self.optional else self

    def made_optional(self, optional: bool = True) -> Type:
        return replace(self, optional=True) if optional and not self.optional else self

    def __str__(self) -> str:
        """The type as an author would say it."""
        if self.kind is Kind.CHOICE:
            return "one of " + ", ".join(self.choices)
        if self.kind is Kind.ROW:
            return f"a row of {self.record}"
        return str(self.kind.value)

    @property
    def noun(self) -> str:
        """The type as it stands in a sentence: an amount of money, a date, a choice (big, small)."""
        if self.kind is Kind.CHOICE:
            shown = ", ".join(self.choices[:MOST_CHOICES])
            return f"a choice ({shown}{', …' if len(self.choices) > MOST_CHOICES else ''})"
        if self.kind is Kind.ROW:
            return f"a row of {self.record}"
        return NOUNS[self.kind]


MONEY = Type(Kind.MONEY)
NUMBER = Type(Kind.NUMBER)
COUNT = Type(Kind.COUNT)
PERCENT = Type(Kind.PERCENT)
POINTS = Type(Kind.POINTS)
DATE = Type(Kind.DATE)
MOMENT = Type(Kind.MOMENT)
DAYS = Type(Kind.DAYS)
WORKING_DAYS = Type(Kind.WORKING_DAYS)
MONTHS = Type(Kind.MONTHS)
HOURS = Type(Kind.HOURS)
TEXT = Type(Kind.TEXT)
YES_NO = Type(Kind.YES_NO)
PERIOD = Type(Kind.PERIOD)
BROKEN = Type(Kind.BROKEN)

NAMED_TYPES = {
    "money": MONEY,
    "number": NUMBER,
    "count": COUNT,
    "percent": PERCENT,
    "points": POINTS,
    "date": DATE,
    "moment": MOMENT,
    "days": DAYS,
    "months": MONTHS,
    "hours": HOURS,
    "working days": WORKING_DAYS,
    "text": TEXT,
    "yesno": YES_NO,
    "yes/no": YES_NO,
}

PLAIN_NUMBERS = {Kind.NUMBER, Kind.COUNT, Kind.PERCENT}
"""Kinds without a unit: they may scale any quantity."""

QUANTITIES = PLAIN_NUMBERS | {Kind.MONEY, Kind.POINTS, Kind.DAYS, Kind.WORKING_DAYS, Kind.MONTHS, Kind.HOURS}
"""Kinds that are held as an exact number."""

WEIGHTS = {Kind.NUMBER, Kind.COUNT, Kind.PERCENT, Kind.POINTS, Kind.MONEY, Kind.DAYS}
"""Kinds that may weigh: of a sharing, or of an average."""

ORDERED = QUANTITIES | {Kind.DATE, Kind.MOMENT}
"""Kinds that may be compared with < and >."""

KEY_KINDS = {Kind.TEXT, Kind.CHOICE, Kind.NUMBER, Kind.COUNT, Kind.DATE, Kind.MOMENT, Kind.ROW}
"""Kinds that tell rows apart."""

ROW_KINDS = ("record", "table")
"""The words that declare something with rows."""
