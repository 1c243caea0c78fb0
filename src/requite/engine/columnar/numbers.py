"""Exact numbers in SQL: a whole-number expression over a constant, or over another, with the bounds that each is proven to keep.

64 bits are used where the bounds prove that they suffice, else 38 digits; what passes those is an error of the database, never
a wrong number. Only rounding divides: comparisons are multiplied out.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache
from math import gcd, lcm

from sqlglot import exp

from requite.dsl.program import Rounding
from requite.engine.columnar.dialect import Dialect, divide
from requite.engine.columnar.sql import (
    Sql,
    absolute,
    all_of,
    any_of,
    case,
    cast,
    compare,
    equal,
    greatest,
    is_small,
    least,
    minus,
    negative,
    null,
    plus,
    remainder,
    times,
    whole,
)
from requite.engine.columnar.stored import SMALL

Hold = Callable[[Sql], Sql]
"""Gives a piece of SQL a name of its own, so that it can be repeated without being reckoned again."""


@dataclass(frozen=True, slots=True)
class Whole:
    """A whole number in SQL, NULL where there is none, and the bounds that it keeps. It has 64 bits if its bounds do."""

    sql: Sql
    low: int
    high: int

    @property
    def is_big(self) -> bool:
        return self.low < -SMALL or self.high > SMALL

    @property
    def constant(self) -> int | None:
        return self.low if self.low == self.high and not isinstance(self.sql, exp.Column) and _is_literal(self.sql) else None


def _is_literal(sql: Sql) -> bool:
    return isinstance(sql, exp.Literal) or (isinstance(sql, exp.Neg) and isinstance(sql.this, exp.Literal))


@lru_cache(maxsize=1_000)
def _small(value: int) -> Whole:
    return Whole(whole(value), value, value)


@dataclass(frozen=True, slots=True)
class Number:
    """`top` over `bottom`, which is above zero: a constant, or a whole number of its own in each row."""

    top: Whole
    bottom: Whole

    @property
    def sql(self) -> Sql:
        return self.top.sql

    @property
    def constant(self) -> Fraction | None:
        top, bottom = self.top.constant, self.bottom.constant
        return None if top is None or bottom is None else Fraction(top, bottom)

    @property
    def scale(self) -> int | None:
        """The bottom, where it is the same in every row."""
        return self.bottom.constant


@dataclass(frozen=True, slots=True)
class Arithmetic:
    """Exact arithmetic as one database writes it. `hold` names what is used more than once."""

    dialect: Dialect
    hold: Hold

    # --- whole numbers ---

    def whole(self, value: int) -> Whole:
        return _small(value) if abs(value) <= SMALL else Whole(cast(whole(value), self.dialect.big), value, value)

    def _made(self, parts: Sequence[Whole], low: int, high: int, build: Callable[[list[Sql]], Sql]) -> Whole:
        """The result of an operation on whole numbers: wide where the result is, and never wider than it must be."""
        limit = self.dialect.limit
        result = Whole(null(), max(low, -limit), min(high, limit))
        pieces = [part.sql for part in parts]
        is_big = any(part.is_big for part in parts)
        if result.is_big and not is_big:
            pieces[0], is_big = cast(pieces[0], self.dialect.big), True
        made = build(pieces)
        if is_big and not result.is_big:
            made = cast(made, "BIGINT")
        return Whole(made, result.low, result.high)

    def add(self, left: Whole, right: Whole) -> Whole:
        if left.constant is not None and right.constant is not None:
            return self.whole(left.constant + right.constant)
        if left.constant == 0 or right.constant == 0:
            return right if left.constant == 0 else left
        return self._made([left, right], left.low + right.low, left.high + right.high, lambda parts: plus(*parts))

    def subtract(self, left: Whole, right: Whole) -> Whole:
        if left.constant is not None and right.constant is not None:
            return self.whole(left.constant - right.constant)
        if right.constant == 0:
            return left
        return self._made([left, right], left.low - right.high, left.high - right.low, lambda parts: minus(*parts))

    def multiply(self, left: Whole, right: Whole) -> Whole:
        for one, other in ((left, right), (right, left)):
            if one.constant is not None and other.constant is not None:
                return self.whole(one.constant * other.constant)
            if one.constant == 1:
                return other
        corners = [a * b for a in (left.low, left.high) for b in (right.low, right.high)]
        return self._made([left, right], min(corners), max(corners), lambda parts: times(*parts))

    def divide(self, left: Whole, right: Whole) -> Whole:
        """Whole division toward zero by what is above zero."""
        if right.constant == 1:
            return left
        if left.constant is not None and right.constant is not None:
            return self.whole(_toward_zero(left.constant, right.constant))
        ends = [_toward_zero(top, bottom) for top in (left.low, left.high) for bottom in (max(right.low, 1), max(right.high, 1))]
        left = self.held(left)
        made = divide(left.sql, right.sql, left.is_big, right.is_big, self.dialect)
        return self._fitted(made, min(ends), max(ends), left.is_big or right.is_big)

    def remainder(self, left: Whole, right: Whole) -> Whole:
        """What whole division toward zero leaves, with the sign of what is divided."""
        most = max(abs(right.high), 1) - 1
        low, high = (0 if left.low >= 0 else -most), (0 if left.high <= 0 else most)
        made = remainder(left.sql, right.sql)
        return self._fitted(made, low, high, left.is_big or right.is_big)

    def _fitted(self, made: Sql, low: int, high: int, is_big: bool) -> Whole:
        result = Whole(made, low, high)
        if is_big and not result.is_big:
            return Whole(cast(made, "BIGINT"), low, high)
        return result

    def negate(self, value: Whole) -> Whole:
        if value.constant is not None:
            return self.whole(-value.constant)
        made = self.dialect.negate_big(value.sql) if value.is_big else negative(value.sql)
        return Whole(made, -value.high, -value.low)

    def magnitude(self, value: Whole) -> Whole:
        if value.low >= 0:
            return value
        if value.is_big:
            value = self.held(value)
        made = self.dialect.magnitude_big(value.sql) if value.is_big else absolute(value.sql)
        return Whole(made, 0, max(abs(value.low), abs(value.high)))

    def held(self, value: Whole) -> Whole:
        return value if is_small(value.sql) else Whole(self.hold(value.sql), value.low, value.high)

    def widened(self, values: Sequence[Whole]) -> list[Whole]:
        """The same numbers, all of one width, as the branches of a choice or the sides of a comparison must be."""
        if not any(value.is_big for value in values):
            return list(values)
        return [value if value.is_big else Whole(cast(value.sql, self.dialect.big), value.low, value.high) for value in values]

    def choose(self, branches: Sequence[tuple[Sql, Whole]], otherwise: Whole | None) -> Whole:
        """The number of the first condition that holds; none where no condition does and there is no other."""
        values = [value for _, value in branches] + ([otherwise] if otherwise is not None else [])
        if not values:
            return Whole(cast(null(), "BIGINT"), 0, 0)
        low, high = min(value.low for value in values), max(value.high for value in values)
        wide = self.widened(values)
        chosen = [(condition, value.sql) for (condition, _), value in zip(branches, wide, strict=False)]
        made = case(chosen, wide[-1].sql if otherwise is not None else None)
        is_big = any(value.is_big for value in values)
        if isinstance(made, exp.Case) and all(_is_literal(value.sql) for value in values) and not is_big:
            made = cast(made, "BIGINT")
        return Whole(made, low, high)

    def greatest(self, values: Sequence[Whole]) -> Whole:
        wide = [value.sql for value in self.widened(values)]
        return Whole(greatest(*wide), max(value.low for value in values), max(value.high for value in values))

    def least(self, values: Sequence[Whole]) -> Whole:
        wide = [value.sql for value in self.widened(values)]
        return Whole(least(*wide), min(value.low for value in values), min(value.high for value in values))

    def compare_whole(self, operator: str, left: Whole, right: Whole) -> Sql:
        one, other = self.widened([left, right])
        return compare(operator, one.sql, other.sql)

    # --- numbers ---

    def constant(self, value: Fraction) -> Number:
        return Number(self.whole(value.numerator), self.whole(value.denominator))

    def of(self, top: Whole, scale: int = 1) -> Number:
        return Number(top, self.whole(scale))

    def nothing(self) -> Number:
        """A number that is never there."""
        return self.of(Whole(cast(null(), "BIGINT"), 0, 0))

    def hold_number(self, value: Number) -> Number:
        return Number(self.held(value.top), self.held(value.bottom))

    def brought_to(self, value: Number, scale: int) -> Whole:
        """The top of a number over this scale, which is a multiple of its own."""
        own = value.scale
        if own is None or scale % own:
            raise ValueError("a number can only be brought to a multiple of its scale")
        return self.multiply(value.top, self.whole(scale // own))

    def common(self, values: Sequence[Number]) -> tuple[list[Whole], int] | None:
        """Tops over one scale, where every number has a constant one."""
        scales = [value.scale for value in values]
        known = [scale for scale in scales if scale is not None]
        if len(known) < len(scales):
            return None
        scale = lcm(*known) if known else 1
        return [self.brought_to(value, scale) for value in values], scale

    def plus(self, left: Number, right: Number) -> Number:
        return self._summed(left, right, self.add)

    def minus(self, left: Number, right: Number) -> Number:
        return self._summed(left, right, self.subtract)

    def _summed(self, left: Number, right: Number, combine: Callable[[Whole, Whole], Whole]) -> Number:
        found = self.common([left, right])
        if found is not None:
            (one, other), scale = found
            return self.reduced(Number(combine(one, other), self.whole(scale)))
        left, right = self.hold_number(left), self.hold_number(right)
        top = combine(self.multiply(left.top, right.bottom), self.multiply(right.top, left.bottom))
        return Number(top, self.multiply(left.bottom, right.bottom))

    def times(self, left: Number, right: Number) -> Number:
        for one, other in ((left, right), (right, left)):
            factor = one.constant
            if factor is not None:
                return self._scaled(other, factor)
        return Number(self.multiply(left.top, right.top), self.multiply(left.bottom, right.bottom))

    def _scaled(self, value: Number, factor: Fraction) -> Number:
        scale = value.scale
        if scale is None:
            return Number(
                self.multiply(value.top, self.whole(factor.numerator)), self.multiply(value.bottom, self.whole(factor.denominator))
            )
        shared = gcd(factor.numerator, scale) or 1
        bottom = scale // shared * factor.denominator
        return self.reduced(Number(self.multiply(value.top, self.whole(factor.numerator // shared)), self.whole(bottom)))

    def reduced(self, value: Number) -> Number:
        constant = value.constant
        return value if constant is None else self.constant(constant)

    def over(self, left: Number, right: Number) -> Number:
        """A quotient; there is none where the divisor is 0."""
        divisor = right.constant
        if divisor is not None:
            return self.nothing() if divisor == 0 else self._scaled(left, 1 / divisor)
        divided_by = self.held(right.top)
        left = self.hold_number(left)
        top, bottom = self.multiply(left.top, right.bottom), self.multiply(left.bottom, self.magnitude(divided_by))
        if left.scale is not None and right.scale is not None:
            shared = gcd(left.scale, right.scale)
            top = self.multiply(left.top, self.whole(right.scale // shared))
            bottom = self.multiply(self.whole(left.scale // shared), self.magnitude(divided_by))
        top = self.held(top)
        branches = [(compare(">", divided_by.sql, whole(0)), top)]
        if divided_by.low < 0:
            branches.append((compare("<", divided_by.sql, whole(0)), self.negate(top)))
        chosen = self.choose(branches, None)
        low = min(chosen.low, -chosen.high) if divided_by.low < 0 else chosen.low
        return Number(
            Whole(chosen.sql, low, max(chosen.high, -chosen.low if divided_by.low < 0 else chosen.high)),
            Whole(exp.Nullif(this=bottom.sql, expression=whole(0)), max(bottom.low, 1), max(bottom.high, 1)),
        )

    def compare(self, operator: str, left: Number, right: Number) -> Sql:
        found = self.common([left, right])
        if found is not None:
            (one, other), _ = found
        else:
            one, other = self.multiply(left.top, right.bottom), self.multiply(right.top, left.bottom)
        return self.compare_whole(operator, one, other)

    def choice(self, branches: Sequence[tuple[Sql, Number]], otherwise: Number | None) -> Number:
        """The number of the first condition that holds."""
        values = [value for _, value in branches] + ([otherwise] if otherwise is not None else [])
        conditions = [condition for condition, _ in branches]
        found = self.common(values)
        if found is not None:
            tops, scale = found
            rest = tops[-1] if otherwise is not None else None
            return self.of(self.choose(list(zip(conditions, tops, strict=False)), rest), scale)
        tops, bottoms = [value.top for value in values], [value.bottom for value in values]
        rest_top, rest_bottom = (tops[-1], bottoms[-1]) if otherwise is not None else (None, None)
        return Number(
            self.choose(list(zip(conditions, tops, strict=False)), rest_top),
            self.choose(list(zip(conditions, bottoms, strict=False)), rest_bottom),
        )

    def extreme(self, values: Sequence[Number], greatest: bool) -> Number:
        """The greatest or least of numbers; none where one of them is missing."""
        if len(values) == 1:
            return values[0]
        found = self.common(values)
        if found is not None:
            tops, scale = found
            tops = [self.held(top) for top in tops]
            made = self.greatest(tops) if greatest else self.least(tops)
            return self.of(Whole(_unless_missing(made.sql, tops), made.low, made.high), scale)
        best = self.hold_number(values[0])
        for value in values[1:]:
            value = self.hold_number(value)
            first = self.compare(">=" if greatest else "<=", best, value)
            second = self.compare("<" if greatest else ">", best, value)
            best = self.hold_number(self.choice([(first, best), (second, value)], None))
        return best

    def rounded(self, value: Number, rounding: Rounding) -> Number:
        """The multiple of the rounding's unit that is nearest, or next toward zero (down) or away from it (up)."""
        unit = rounding.unit
        steps = self.whole_steps(value, unit, rounding.direction)
        return self._scaled(self.of(steps), unit)

    def whole_steps(self, value: Number, unit: Fraction, direction: str) -> Whole:
        """How many whole units a number is rounded to."""
        scale = value.scale
        if scale is not None:
            shared = gcd(unit.denominator, scale)
            top = self.multiply(value.top, self.whole(unit.denominator // shared))
            bottom = self.whole(scale // shared * unit.numerator)
        else:
            top = self.multiply(value.top, self.whole(unit.denominator))
            bottom = self.multiply(value.bottom, self.whole(unit.numerator))
        if bottom.constant == 1:
            return top
        return self._rounded_quotient(self.held(top), self.held(bottom), direction)

    def _rounded_quotient(self, top: Whole, bottom: Whole, direction: str) -> Whole:
        match direction:
            case "down":
                return self.divide(top, bottom)
            case "half away":
                half = self.divide(bottom, self.whole(2))
                if top.low < 0:
                    half = self.held(half)
                    half = self.choose([(compare("<", top.sql, whole(0)), self.negate(half))], half)
                return self.divide(self.held(self.add(top, half)), bottom)
        quotient = self.held(self.divide(top, bottom))
        rest = self.held(self.magnitude(self.remainder(top, bottom)))
        if direction == "up":
            beyond = compare(">", rest.sql, whole(0))
        else:
            twice = self.held(self.multiply(rest, self.whole(2)))
            odd = compare("!=", remainder(quotient.sql, whole(2)), whole(0))
            beyond = any_of([self.compare_whole(">", twice, bottom), all_of([self.compare_whole("=", twice, bottom), odd])])
        step = self.choose(
            [(all_of([beyond, compare("<", top.sql, whole(0))]), self.whole(-1)), (beyond, self.whole(1))], self.whole(0)
        )
        return self.add(quotient, step)

    def floored(self, value: Number, unit: Fraction) -> Whole:
        """How many whole units there are, not above the value."""
        steps = self.held(self.whole_steps(value, unit, "down"))
        back = self._scaled(self.of(steps), unit)
        over = self.compare(">", back, value)
        return self.add(steps, self.choose([(over, self.whole(-1))], self.whole(0)))

    def truncated(self, value: Number) -> Whole:
        """The whole part, toward zero."""
        return self.divide(value.top, value.bottom) if value.scale != 1 else value.top

    def equals(self, left: Number, right: Number) -> Sql:
        return self.compare("=", left, right)

    def is_zero(self, value: Number) -> Sql:
        return equal(value.sql, whole(0))


def _toward_zero(top: int, bottom: int) -> int:
    return top // bottom if top >= 0 else -(-top // bottom)


def _unless_missing(made: Sql, parts: Sequence[Whole]) -> Sql:
    """GREATEST passes over what is missing; here it is missing then."""
    columns = [part.sql for part in parts if part.constant is None]
    if len(columns) < 1 or len(parts) == 1:
        return made
    missing = any_of([exp.Is(this=part, expression=exp.Null()) for part in columns])
    return case([(exp.Not(this=exp.Paren(this=missing)), made)], None)
