"""The kinds of columns that both databases hold alike: moments in UTC, JSON, money in pence."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from fractions import Fraction
from typing import Any, Final

from sqlalchemy import JSON, BigInteger, DateTime, Dialect, Integer
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.types import TypeDecorator
from ulid import ULID

PENCE: Final = 100
MOST_PENCE: Final = 10**13
"""The most that an amount of a claim may be, either way: none comes near it."""

MOST_KEPT: Final = 2**63 - 1
"""The most that a column holds: what is owed may be more than each amount that it is made of."""

Json = JSON().with_variant(JSONB(), "postgresql")
"""Whatever JSON holds."""

Number = BigInteger().with_variant(Integer(), "sqlite")
"""A whole number; in SQLite one that can count up by itself."""


def new_id() -> str:
    """A new name for a thing: 26 letters and digits, later ones after earlier ones."""
    return str(ULID())


class Moment(TypeDecorator[datetime]):
    """A moment with its time zone, kept in UTC."""

    impl = DateTime(timezone=True)
    cache_ok = True

    @property
    def python_type(self) -> type[datetime]:
        return datetime

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a moment needs its time zone")
        moved = value.astimezone(UTC)
        return moved.replace(tzinfo=None) if dialect.name == "sqlite" else moved

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if dialect.name == "sqlite" else value.astimezone(UTC)


class NotInPenceError(ValueError):
    """An amount that is no whole number of pence, or too large to be kept."""


class Pence(TypeDecorator[Decimal]):
    """An amount of money to the penny, kept as a whole number of pence: sums of it are exact in every database."""

    impl = BigInteger
    cache_ok = True

    def process_bind_param(self, value: Any, dialect: Dialect) -> int | None:  # noqa: ARG002
        return None if value is None else in_pence(value, MOST_KEPT)

    def process_result_value(self, value: Any, dialect: Dialect) -> Decimal | None:  # noqa: ARG002
        return None if value is None else from_pence(int(value))


class TooLargeError(NotInPenceError):
    """An amount that is too large to be kept."""


def in_pence(amount: Decimal | Fraction | int, most: int = MOST_PENCE) -> int:
    """Pounds as pence; NotInPenceError where that is no whole number, TooLargeError where it is above what may be kept."""
    pence = Fraction(amount) * PENCE
    if pence.denominator != 1:
        raise NotInPenceError("the amount has parts of a penny")
    if not -most <= pence.numerator <= most:
        raise TooLargeError(f"the amount is too large: {most // PENCE:,} is the most")
    return pence.numerator


def from_pence(pence: int) -> Decimal:
    """Pence as pounds, with two decimals."""
    return Decimal(pence).scaleb(-2)
