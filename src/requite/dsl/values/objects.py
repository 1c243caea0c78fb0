"""Reading of values that come as objects of a program: numbers, dates and yes/no of Python, Arrow, JSON or a spreadsheet."""

from __future__ import annotations

import struct
from contextlib import suppress
from datetime import date, datetime, time
from decimal import Decimal
from enum import Enum
from fractions import Fraction
from functools import cache
from typing import Final
from uuid import UUID

from requite.dsl.program import Field, Scalar
from requite.dsl.types import QUANTITIES, Kind
from requite.dsl.values.base import MOST_DIGITS, NOUNS, Reader, Unreadable
from requite.dsl.values.numbers import in_unit

HALF_DIGITS: Final = 5
"""So many digits tell all floats of 16 bits apart."""

TEXT_KINDS = frozenset({Kind.TEXT, Kind.CHOICE, Kind.ROW})


def read_object(value: object, field: Field, read_text: Reader) -> Scalar | Unreadable:
    """The value that an object is in a field, as `read_value` has it for a text; `read_text` is the field's own reader.

    A float is what its shortest decimal says (0.1 is 1/10), and is no text: a code that became a number lost something.
    """
    if value is None or isinstance(value, str):
        return None if value is None else read_text(value)
    if isinstance(value, bool):
        return value if field.type.kind is Kind.YES_NO else _unfit("yes or no", field)
    if isinstance(value, int):
        return _whole_number(value, field, read_text)
    if isinstance(value, float):
        return _float(value, field)
    if isinstance(value, Decimal):
        return _decimal(value, field, read_text)
    if isinstance(value, date):
        return _moment(value, field)
    return _other(value, field, read_text)


def _other(value: object, field: Field, read_text: Reader) -> Scalar | Unreadable:
    if isinstance(value, Unreadable):
        return value
    if isinstance(value, Fraction):
        ends = 10**MOST_DIGITS % value.denominator == 0
        return _quantity(value, field) if ends else Unreadable("is a fraction whose decimals never end")
    if isinstance(value, time):
        return _unfit("a time of day", field)
    if isinstance(value, UUID):
        return read_text(str(value))
    if isinstance(value, Enum):
        return read_object(value.value, field, read_text)
    if type(value).__module__ == "numpy" and hasattr(value, "item"):
        # A narrow float says what it is in its own shortest decimal, not in that of a double.
        item = value.item()
        if getattr(value, "dtype", None) == "float16":
            item = shortest_half(item)
        elif getattr(value, "dtype", None) == "float32":
            item = Decimal(str(value))
        # What Python has no object for stays as it is, and a time in nanoseconds becomes their number.
        counted = isinstance(item, int) and type(value).__name__ in ("datetime64", "timedelta64")
        if type(item) is not type(value) and not counted:
            return read_object(item, field, read_text)
    if type(value).__name__ == "NAType":  # pandas' NA, in rows that were made of a frame
        return None
    return Unreadable(f"is a {type(value).__name__}, which no field can hold")


def _quantity(value: Fraction, field: Field) -> Fraction | Unreadable:
    kind = field.type.kind
    return in_unit(value, kind, field.unit) if kind in QUANTITIES else _unfit("a number", field)


def _whole_number(value: int, field: Field, read_text: Reader) -> Scalar | Unreadable:
    if abs(value) >= 10**MOST_DIGITS:
        return Unreadable(f"has more than {MOST_DIGITS} digits")
    if field.type.kind in TEXT_KINDS or (field.type.kind is Kind.YES_NO and value in (0, 1)):
        return read_text(str(value))
    return _quantity(Fraction(value), field)


def _float(value: float, field: Field) -> Scalar | Unreadable:
    if field.type.kind in TEXT_KINDS:
        return Unreadable(f"is the number {float.__repr__(value)} in a field that is text: hand it over as text")
    shortest = Decimal(float.__repr__(value))
    return _decimal(shortest, field, lambda _: _unfit("a number", field))


def _decimal(value: Decimal, field: Field, read_text: Reader) -> Scalar | Unreadable:
    if not value.is_finite():
        return Unreadable(f"is {value}, which is no number")
    exponent = value.as_tuple().exponent
    if not isinstance(exponent, int) or max(value.adjusted() + 1, 1) + max(-exponent, 0) > MOST_DIGITS:
        return Unreadable(f"has more than {MOST_DIGITS} digits")
    if field.type.kind in TEXT_KINDS:
        return Unreadable("is a number in exponent form in a field that is text") if exponent > 0 else read_text(f"{value:f}")
    return _quantity(Fraction(value), field)


def _moment(value: date, field: Field) -> Scalar | Unreadable:
    kind = field.type.kind
    if value != value:  # pandas' NaT is a datetime that equals nothing, not even itself
        return None
    if not isinstance(value, datetime):
        return value if kind is Kind.DATE else _unfit("a date", field)
    if kind not in (Kind.DATE, Kind.MOMENT):
        return _unfit("a date with a time", field)
    if value.tzinfo is not None:
        return Unreadable("names a time zone: give the local time without it")
    if kind is Kind.MOMENT:
        return value if type(value) is datetime else datetime.fromisoformat(value.isoformat()[:26])
    return value.date() if value.time() == time(0) else Unreadable("has a time of day, but the field is a date")


@cache
def shortest_half(value: float) -> Decimal:
    """The decimal of fewest digits that is this number among those of 16 bits."""
    for digits in range(HALF_DIGITS):
        text = f"{value:.{digits}e}"
        with suppress(OverflowError):
            if struct.pack("e", float(text)) == struct.pack("e", value):
                return Decimal(text)
    return Decimal(value)


def _unfit(found: str, field: Field) -> Unreadable:
    return Unreadable(f"is {found}, not {NOUNS.get(field.type.kind, field.type.kind.value)}")
