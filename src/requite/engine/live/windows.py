"""Between which days the rows of a range lie, as far as it says so: a row of another day does not concern who asked for them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final, NamedTuple

from requite.dsl import program as core
from requite.dsl.types import Kind
from requite.engine.interpreting.closures import Code
from requite.engine.interpreting.values import Env, Missing
from requite.engine.interpreting.walk import in_no_order, reads_outside

MOST_DATES: Final = 2
"""Dates of a row that are compared: as many as a store has columns for."""

Days = tuple[int | None, int | None]
"""A row's days in a way of relating it, by their ordinals: of one date, and of another; None where there is none."""

UNDATED: Final[Days] = (None, None)

Links = Mapping[str, Days]
"""The hashes by which a row is found, each with the row's days in that way of relating it."""


class Span(NamedTuple):
    """Days, by their ordinals, the first and the last among them; None where they have no beginning or no end."""

    first: int | None
    last: int | None

    def holds(self, day: int | None) -> bool:
        """Whether a day is among them; a row without a day may be on any."""
        return day is None or ((self.first is None or self.first <= day) and (self.last is None or day <= self.last))

    def joined(self, other: Span) -> Span:
        """The days of both, and those between."""
        first = None if self.first is None or other.first is None else min(self.first, other.first)
        last = None if self.last is None or other.last is None else max(self.last, other.last)
        return Span(first, last)


EVER: Final = Span(None, None)


class Spans(NamedTuple):
    """On which days rows lie by one date, and by another."""

    one: Span
    other: Span

    def hold(self, days: Days) -> bool:
        """Whether a row with these days is among them."""
        return self.one.holds(days[0]) and self.other.holds(days[1])

    def joined(self, other: Spans) -> Spans:
        """The days of both, and those between."""
        return Spans(self.one.joined(other.one), self.other.joined(other.other))


WHENEVER: Final = Spans(EVER, EVER)

LATER: Final = "later"
"""In the place of a hash: from the first of these days on, something is known that was there and was not known yet."""

Rests = Mapping[str, Spans]
"""The hashes by which rows were looked for, and on which days; and LATER, where that is so."""


def from_day(day: date) -> Spans:
    """A day and all after it."""
    return Spans(Span(day.toordinal(), None), EVER)


def is_touched(rests: Rests, links: Links) -> bool:
    """Whether a row with these links is one that was looked for."""
    return any(rests[hash].hold(days) for hash, days in links.items() if hash in rests)


@dataclass(frozen=True, slots=True)
class Window:
    """What a range says of one date or moment of its rows: it is none before each of `firsts`, and none after each of `lasts`.

    `day` reads the row of the range, the others the rows around it.
    """

    day: core.Expr
    firsts: tuple[core.Expr, ...]
    lasts: tuple[core.Expr, ...]


def windows_of(reach: core.Range) -> list[Window]:
    """The days between which the rows of a range lie, by each date that it speaks of: those first that it holds on both sides."""
    found: list[Window] = []
    for day, first, last in _bounds(reach):
        held = next((one for one in found if _same(one.day, day)), None)
        if held is not None:
            found.remove(held)
        firsts, lasts = (held.firsts, held.lasts) if held is not None else ((), ())
        found.append(Window(day, firsts + first, lasts + last))
    return sorted(found, key=lambda one: not (one.firsts and one.lasts))


Bound = tuple[core.Expr, tuple[core.Expr, ...], tuple[core.Expr, ...]]


def _bounds(reach: core.Range) -> Iterator[Bound]:
    for part in _conjuncts(reach.where):
        if isinstance(part, core.Compare) and part.operator in ("<", "<=", ">", ">=") and _in_time(part.left, part.right):
            is_upper = part.operator in ("<", "<=")
            if _is_inner(part.left, reach.level) and not _reads(part.right, reach.level):
                yield part.left, () if is_upper else (part.right,), (part.right,) if is_upper else ()
            elif _is_inner(part.right, reach.level) and not _reads(part.left, reach.level):
                yield part.right, (part.left,) if is_upper else (), () if is_upper else (part.left,)
    if reach.ordinal in ("earlier", "later") and reach.order:
        mine, own = reach.order[0]
        if _in_time(mine, own):
            yield mine, (own,) if reach.ordinal == "later" else (), (own,) if reach.ordinal == "earlier" else ()


def _conjuncts(where: core.Expr | None) -> Iterator[core.Expr]:
    if isinstance(where, core.Logic) and where.operator == "and":
        for part in where.operands:
            yield from _conjuncts(part)
    elif where is not None:
        yield where


def _in_time(*expressions: core.Expr) -> bool:
    kinds = {one.type.kind for one in expressions}
    return len(kinds) == 1 and kinds <= {Kind.DATE, Kind.MOMENT}


def _is_inner(expression: core.Expr, level: int) -> bool:
    return _reads(expression, level) and not reads_outside(expression, level)


def _reads(expression: core.Expr, level: int) -> bool:
    return any(isinstance(part, core.RowVariable) and part.level == level for part in in_no_order(expression))


def _same(one: core.Expr, other: core.Expr) -> bool:
    """Whether two expressions over the row of a range read one and the same date of it."""
    match one, other:
        case core.FieldRead(field=a, row=core.RowVariable(level=x)), core.FieldRead(field=b, row=core.RowVariable(level=y)):
            return (a, x) == (b, y)
        case core.ColumnRead(column=a, row=core.RowVariable(level=x)), core.ColumnRead(column=b, row=core.RowVariable(level=y)):
            return (a, x) == (b, y)
    return False


Bounds = tuple[Sequence[Code], Sequence[Code]]
"""What reckons before which days there is nothing, and after which."""


def spans_of(env: Env, bounds: Sequence[Bounds]) -> Spans:
    """The days between the bounds of each date; one not known bounds nothing, for then it is not known which rows belong."""
    found = [Span(max(_days(env, firsts), default=None), min(_days(env, lasts), default=None)) for firsts, lasts in bounds]
    one, other = [*found, EVER, EVER][:MOST_DATES]
    return Spans(one, other)


def _days(env: Env, codes: Iterable[Code]) -> list[int]:
    return [day for code in codes if (day := day_of(code(env))) is not None]


def day_of(value: Any) -> int | None:
    """The day of a date or a moment as an ordinal; None where it is missing."""
    if value.__class__ is Missing or value is None:
        return None
    return (value.date() if isinstance(value, datetime) else value).toordinal() if isinstance(value, date) else None
