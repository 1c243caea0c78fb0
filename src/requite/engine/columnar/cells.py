"""What an expression has become in SQL: its value, whether it may be missing, and why it is."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from sqlglot import exp

from requite.dsl.types import Type
from requite.engine.columnar.numbers import Number
from requite.engine.columnar.sql import Sql, call, coalesce, equal, false, is_null, is_there, null, text, true, whole

CONFLICT, BLANK, OTHER = "c", "b", "m"
"""The first letter of every `why`: what kind of lack it is. The reason follows."""

Why = Callable[[], Sql]
"""SQL that is NULL where the value is there, else the letter of its lack and the reason; made only where somebody asks."""


def never() -> Sql:
    return null()


def as_it_is(sql: Sql) -> Sql:
    """Takes a piece of SQL over into the frame that it is of."""
    return sql


class _Once:
    """What is made when it is first asked for, and kept."""

    __slots__ = ("_made", "_make")

    def __init__(self, make: Why) -> None:
        self._make = make
        self._made: Sql | None = None

    def __call__(self) -> Sql:
        if self._made is None:
            self._made = self._make()
        return self._made


def once(make: Why) -> Why:
    """The same, made when it is first asked for and kept."""
    return make if make is never or isinstance(make, _Once) else _Once(make)


@dataclass(frozen=True, slots=True)
class Cell:
    """A value over the rows in sight. `sql` is NULL where it is missing, and only there.

    Of a number it is the top of `number`; of a row, the row's `_n`; of a period, its first day, and `until` its last.
    `missing` says whether it may be missing at all, `conflicts` whether it may be a conflict. `days` are the bounds of a date,
    where they are known, as `stored.day_number` counts. `parts` are the columns one of which is NULL wherever it is missing, where
    that is known of more than its own.
    """

    type: Type
    sql: Sql
    missing: bool = False
    why: Why = never
    conflicts: bool = False
    number: Number | None = None
    until: Sql | None = None
    days: tuple[int, int] | None = None
    parts: frozenset[str] | None = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "why", once(self.why))

    @property
    def lacks(self) -> frozenset[str] | None:
        """The columns one of which is NULL wherever it is missing, and only there; None where they are not known."""
        if not self.missing:
            return frozenset()
        if self.parts is None and isinstance(self.sql, exp.Column):
            return frozenset((self.sql.name,))
        return self.parts

    @property
    def known(self) -> Sql:
        return is_there(self.sql) if self.missing else true()

    @property
    def unknown(self) -> Sql:
        return is_null(self.sql) if self.missing else false()

    @property
    def in_conflict(self) -> Sql:
        """Whether it is missing for a conflict."""
        if not self.conflicts:
            return false()
        return coalesce(equal(call("left", self.why(), whole(1)), text(CONFLICT)), false())

    @property
    def exact(self) -> Number:
        if self.number is None:
            raise TypeError(f"a {self.type} is no number")
        return self.number

    def moved(self, take: Callable[[Sql], Sql]) -> Cell:
        """The same value as another query sees it, each piece of its SQL taken over."""
        if take is as_it_is:
            return self
        number = self.number
        if number is not None:
            top = replace(number.top, sql=number.top.sql if number.top.constant is not None else take(number.top.sql))
            bottom = number.bottom if number.scale is not None else replace(number.bottom, sql=take(number.bottom.sql))
            number = Number(top, bottom)
        sql = number.top.sql if number is not None else take(self.sql)
        until = take(self.until) if self.until is not None else None
        return replace(self, sql=sql, number=number, until=until, why=lambda: take(self.why()), parts=None)


def of_number(type_: Type, number: Number, *parts: Cell, lack: Why | None = None) -> Cell:
    """A number made of parts, the first missing of which stands for the whole; `lack` is what it may lack beyond."""
    return strict(type_, number.top.sql, *parts, number=number, lack=lack)


def strict(type_: Type, sql: Sql, *parts: Cell, number: Number | None = None, lack: Why | None = None) -> Cell:
    """A value that needs all its parts."""
    missing = [part for part in parts if part.missing]

    def why() -> Sql:
        reasons = [part.why() for part in missing]
        return coalesce(*reasons, lack() if lack is not None else null())

    return Cell(
        type_,
        sql,
        bool(missing) or lack is not None,
        why,
        any(part.conflicts for part in missing),
        number,
        parts=_lacking(missing) if lack is None else None,
    )


def _lacking(parts: Sequence[Cell]) -> frozenset[str] | None:
    """The columns for want of which one of some values is missing, where they are known of each."""
    known = [lacks for part in parts if (lacks := part.lacks) is not None]
    return frozenset().union(*known) if len(known) == len(parts) else None
