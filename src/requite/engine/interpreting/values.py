"""Values as the interpreter holds them, and the value that says why there is none."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from fractions import Fraction
from typing import Any

from requite.engine.rows import Row


class Lack(StrEnum):
    """Why there is no value."""

    BLANK = "blank"
    NO_ROW = "no row"
    ABSENT_KEY = "absent key"
    NOBODY = "nobody"
    NO_MATCH = "no match"
    NO_CASE = "no case"
    NO_RECORDS = "no records"
    DIVISION_BY_ZERO = "division by zero"
    OUTSIDE_BANDS = "outside bands"
    UNDATED = "undated"
    UNDECIDED = "undecided"
    CONFLICT = "conflict"


@dataclass(frozen=True, slots=True)
class Missing:
    """No value, and why, in the author's words. A conflict is the one kind that `is known` and `else` let through.

    UNDECIDED is the amount of a payment, or the part of a share, that is not assessable.
    """

    kind: Lack
    reason: str


Value = Fraction | str | bool | date | datetime | tuple[Any, ...] | Row | Missing
"""A value of an expression: a tuple is a period's two days."""

Env = tuple[Row, ...]
"""The rows in sight: the rule's own, then those of the ranges around an expression, outermost first."""


def identity(value: Any) -> Any:
    """What a value is compared and grouped by: a row by its key, and a key of one part by that part."""
    kind = value.__class__
    if kind is str:
        return value
    if kind is Row:
        value = value.key
    elif not isinstance(value, tuple):
        return value
    if len(value) == 1:
        (part,) = value
        return part if part.__class__ is str else identity(part)
    return tuple([part if part.__class__ is str else identity(part) for part in value])


def conflict(reason: str) -> Missing:
    return Missing(Lack.CONFLICT, reason)
