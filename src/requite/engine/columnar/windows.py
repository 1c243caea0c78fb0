"""Rows beside each other: places in an order, sums along it, and amounts given out by the largest remainder."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from sqlglot import exp

from requite.dsl.types import QUANTITIES, Kind
from requite.engine.columnar import sql as s
from requite.engine.columnar.cells import Cell
from requite.engine.columnar.compiler import Compiler
from requite.engine.columnar.frames import Frame, FrameRows, columns_in
from requite.engine.columnar.numbers import Arithmetic, Number, Whole
from requite.engine.columnar.problems import CannotRun
from requite.engine.columnar.sql import Sql, column


def rows_in(record: str, c: Compiler) -> int:
    """How many rows a record has at most, for bounds that must not come to nothing."""
    return max(c.rows_at_most(record), 1)


def comparable(cell: Cell) -> list[Sql]:
    """What a value is grouped and ordered by, which must not be a row."""
    if cell.type.kind in QUANTITIES:
        if cell.exact.scale is None:
            reason = "rows cannot be grouped or ordered by a number with a different denominator in each record"
            raise CannotRun(f"{reason}: round it first")
        return [cell.exact.top.sql]
    if cell.type.kind is Kind.PERIOD and cell.until is not None:
        return [cell.sql, cell.until]
    return [cell.sql]


def over(function: Sql, partition: Sequence[Sql], order: Sequence[Sql] = (), running: bool = False) -> Sql:
    """A function of the rows that agree in what `partition` names; with `running`, of those up to this one in their order."""
    ordered = [one if isinstance(one, exp.Ordered) else exp.Ordered(this=one, nulls_first=False) for one in order]
    spec = exp.WindowSpec(kind="ROWS", start="UNBOUNDED", start_side="PRECEDING", end="CURRENT ROW") if running else None
    return exp.Window(
        this=function,
        partition_by=list(partition) or None,
        order=exp.Order(expressions=ordered) if ordered else None,
        spec=spec,
    )


def place(partition: Sequence[Sql], order: Sequence[Sql]) -> Sql:
    """The place of a row among those that agree with it, from 1."""
    return over(exp.RowNumber(), partition, order)


def sum_over(
    value: Whole, rows: int, partition: Sequence[Sql], a: Arithmetic, order: Sequence[Sql] = (), most: int | None = None
) -> Whole:
    """The sum of the rows that agree, or up to each of them in an order; at most so many rows, and no more than `most`."""
    limit = a.dialect.limit if most is None else min(most, a.dialect.limit)
    result = Whole(s.null(), max(min(value.low * rows, 0), -a.dialect.limit), min(max(value.high * rows, 0), limit))
    operand = s.cast(value.sql, a.dialect.big) if result.is_big and not value.is_big else value.sql
    total = over(exp.Sum(this=operand), partition, order, running=bool(order))
    return Whole(s.cast(total, a.dialect.big if result.is_big else "BIGINT"), result.low, result.high)


def picked(value: Sql, condition: Sql, partition: Sequence[Sql]) -> Sql:
    """The value of the one row, of those that agree, in which the condition holds."""
    return over(exp.Max(this=s.case([(condition, value)])), partition)


def first_place(condition: Sql, at: Sql, partition: Sequence[Sql]) -> Sql:
    """The first place, of the rows that agree, at which a condition holds; NULL where at none."""
    return over(exp.Min(this=s.case([(condition, at)])), partition)


@dataclass(frozen=True, eq=False)
class Beside:
    """The rows of a frame beside each other: a frame of their own, with what is taken over from the first."""

    rows: FrameRows
    frame: Frame

    @property
    def stratum(self) -> int:
        """That of all that was taken."""
        return self.rows.stratum

    def take(self, sql: Sql) -> Sql:
        """A piece of the first frame's SQL, as the second has it."""
        if not columns_in(sql):
            return sql
        held = self.rows.frame.hold(sql)
        if not isinstance(held, exp.Column):
            held = self.rows.frame.bind(sql, "x")
        self.rows.outputs.setdefault(f"of_{held.name}", held)
        return column(f"of_{held.name}")

    def taken(self, value: Whole) -> Whole:
        return value if value.constant is not None else replace(value, sql=self.take(value.sql))


def beside(frame: Frame, where: Sql | None, name: str) -> Beside:
    """The rows of a frame of which something holds, to be put beside each other."""
    rows = FrameRows(frame, where)
    return Beside(rows, Frame(name, rows))


# --- the largest remainder ------------------------------------------------------------------------------------------------


def no_more_than(value: Whole, high: int) -> Whole:
    """A whole number known to be no greater than this, as narrow as that allows."""
    if value.constant is not None or value.high <= high:
        return value
    fits = replace(value, high=high)
    return replace(fits, sql=s.cast(value.sql, "BIGINT")) if value.is_big and not fits.is_big else fits


@dataclass(frozen=True, slots=True)
class Cuts:
    """What a part comes to in whole units, rounded toward zero, and what that leaves over `whole`."""

    base: Whole
    rest: Whole


def cuts(units: Whole, weight: Whole, whole: Whole, a: Arithmetic) -> Cuts:
    """`units` × `weight` over `whole`; none are below zero and no weight is above `whole`. NULL where that is 0."""
    divisor = (
        whole if whole.constant is not None else Whole(exp.Nullif(this=whole.sql, expression=s.whole(0)), whole.low, whole.high)
    )
    divisor = a.held(divisor)
    product = a.held(a.multiply(units, weight))
    base, rest = a.divide(product, divisor), a.remainder(product, divisor)
    if base.constant is None:
        fits = Whole(s.null(), 0, max(units.high, 0))
        base = Whole(
            s.cast(base.sql, "BIGINT") if base.is_big and not fits.is_big else base.sql, fits.low, min(base.high, fits.high)
        )
    return Cuts(a.held(base), a.held(rest))


def given_in_rows(
    units: Whole, weight: Whole, whole: Whole, rows: int, partition: Sequence[Sql], order: Sequence[Sql], a: Arithmetic
) -> Whole:
    """The units that each row gets of those that the rows which agree share by weight; ties go by the order.

    `units` and `whole` are the same in all of them.
    """
    cut = cuts(units, weight, whole, a)
    given = a.held(sum_over(cut.base, rows, partition, a, most=max(units.high, 0)))
    left = a.held(a.subtract(units, given))
    rank = a.hold(place(partition, [exp.Ordered(this=cut.rest.sql, desc=True, nulls_first=False), *order]))
    odd = a.choose([(s.compare("<=", rank, left.sql), a.whole(1))], a.whole(0))
    made = a.add(cut.base, odd)
    return Whole(made.sql, 0, made.high)


def given_in_parts(units: Whole, weights: Sequence[Whole], whole: Whole, a: Arithmetic) -> list[Whole]:
    """The units that each of a few parts gets of those shared by weight; ties go to the part written first."""
    parts = [cuts(units, weight, whole, a) for weight in weights]
    left = units
    for part in parts:
        left = a.subtract(left, part.base)
    left = a.held(left)
    given = []
    for i, part in enumerate(parts):
        before: Whole = a.whole(0)
        for j, other in enumerate(parts):
            if j != i:
                ahead = a.compare_whole(">=" if j < i else ">", other.rest, part.rest)
                before = a.add(before, a.choose([(ahead, a.whole(1))], a.whole(0)))
        odd = a.choose([(a.compare_whole("<", before, left), a.whole(1))], a.whole(0))
        made = a.add(part.base, odd)
        given.append(a.held(Whole(made.sql, 0, min(made.high, max(units.high, 0)))))
    return given


def number_of(units: Whole, unit: Number, a: Arithmetic) -> Number:
    """So many units as an amount."""
    return a.times(a.of(units), unit)
