"""Dates, moments and the time between them, as `engine.calendar` reckons them.

What would lie beyond the calendar is NULL before the database adds anything, so that it never raises an error.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta
from fractions import Fraction
from typing import Any

from sqlglot import exp

from requite.dsl import program as core
from requite.dsl.types import Kind
from requite.engine.calendar import FIRST_YEAR, LAST_YEAR, MICROSECONDS
from requite.engine.columnar import sql as s
from requite.engine.columnar import working_days
from requite.engine.columnar.cells import OTHER, Cell, Why, of_number, strict
from requite.engine.columnar.compiler import Compiler, Sight
from requite.engine.columnar.frames import Frame
from requite.engine.columnar.numbers import Arithmetic, Number, Whole
from requite.engine.columnar.sql import Sql
from requite.engine.columnar.stored import EPOCH, day_number
from requite.engine.wording import QUOTED, words

Maker = Callable[[Any, Sight, Compiler], Cell]

FIRST, LAST = day_number(date.min), day_number(date.max)
MOST_DAYS = LAST - FIRST
DAY = 24 * MICROSECONDS
FIRST_MONTH, LAST_MONTH = 12, 12 * date.max.year + 11
"""Months are numbered through: January of the year 1 is the twelfth."""
FIRST_APRIL, LAST_APRIL = "0001-04-01", "9999-04-01"
FIRST_APRIL_DAY, LAST_APRIL_DAY = (day_number(date.fromisoformat(day)) for day in (FIRST_APRIL, LAST_APRIL))
MOST_WORKING_DAYS = 366 * (LAST_YEAR - FIRST_YEAR + 1)


@dataclass(frozen=True, slots=True)
class Reckoner:
    """Reckons beside the rows of a frame. `shared` is the compiler's; `exact` operands are moments, the others dates."""

    a: Arithmetic
    frame: Frame
    shared: dict[Any, Any]

    # --- pieces ---

    def part(self, name: str, value: Sql) -> Whole:
        """The year, month or day of the month."""
        high = {"year": date.max.year, "month": 12, "day": 31}[name]
        return Whole(self.a.dialect.dates.part(name, value), 1, high)

    def number_of(self, day: Sql) -> Whole:
        """The number of a date, counted from 1970."""
        return Whole(self.a.dialect.dates.between(s.day(EPOCH.isoformat()), day), FIRST, LAST)

    def micros(self, value: Sql, exact: bool) -> Whole:
        """The microseconds from 1970 to a moment, or to the first of a date."""
        if not exact:
            return self.a.multiply(self.number_of(value), self.a.whole(DAY))
        return Whole(self.a.dialect.dates.micros(value), FIRST * DAY, (LAST + 1) * DAY - 1)

    def month_number(self, value: Sql) -> Whole:
        year, month = self.part("year", value), self.part("month", value)
        months = self.a.add(self.a.multiply(year, self.a.whole(12)), self.a.subtract(month, self.a.whole(1)))
        return Whole(months.sql, FIRST_MONTH, LAST_MONTH)

    def within(self, value: Whole, most: int) -> Whole:
        """A number that is no further from zero than this; none where it is."""
        if -most <= value.low and value.high <= most:
            return value
        if value.low > most or value.high < -most:
            return self.a.nothing().top
        value = self.a.held(value)
        kept = s.cast(value.sql, "BIGINT") if value.is_big else value.sql
        return Whole(s.case([(_between(value.sql, -most, most), kept)]), max(value.low, -most), min(value.high, most))

    # --- adding ---

    def add(self, start: Sql, exact: bool, amount: Number, unit: str, sure: bool = False) -> Sql:
        """A date or moment so much later; `sure` where that surely lies within the calendar."""
        start = self.a.hold(start)
        match unit:
            case "months":
                return self.add_months(start, exact, self._steps(amount, LAST_MONTH), sure)
            case "working days":
                return self.add_working_days(start, exact, self._steps(amount, MOST_WORKING_DAYS))
            case "days" if not exact:
                return self.add_days(start, self._steps(amount, MOST_DAYS), sure)
        micros = self._micros_in(amount, DAY if unit == "days" else MICROSECONDS)
        if exact:
            return self._add_micros(start, micros)
        return self.add_days(start, self.a.floored(self.a.hold_number(self.a.of(micros, DAY)), Fraction(1)))

    def _steps(self, amount: Number, most: int) -> Whole:
        """The whole part of an amount of time, toward zero."""
        return self.a.held(self.within(self.a.truncated(self.a.hold_number(amount)), most))

    def add_days(self, start: Sql, steps: Whole, sure: bool = False) -> Sql:
        count, later = steps.constant, _days_later(start, steps)
        if sure or count == 0:
            return later
        if count is None:
            number = self.a.hold(self.a.add(self.number_of(start), steps).sql)
            return s.case([(_between(number, FIRST, LAST), later)])
        if abs(count) > MOST_DAYS:
            return _no_day()
        operator, end = ("<=", date.max) if count > 0 else (">=", date.min)
        return s.case([(s.compare(operator, start, s.day((end - timedelta(days=count)).isoformat())), later)])

    def _micros_in(self, amount: Number, unit: int) -> Whole:
        """The microseconds of an amount of time, toward zero; none where they cannot lie within the calendar."""
        a, most, scale = self.a, (MOST_DAYS + 1) * DAY // unit, amount.scale
        if amount.constant is not None:
            return self.within(a.whole(int(amount.constant * unit)), most * unit)
        if scale is not None and unit % scale == 0:
            return a.multiply(self.within(amount.top, most * scale), a.whole(unit // scale))
        amount = a.hold_number(amount)
        steps = self.within(a.truncated(amount), most)
        rest = a.divide(a.multiply(a.remainder(amount.top, amount.bottom), a.whole(unit)), amount.bottom)
        part = Whole(s.cast(rest.sql, "BIGINT") if rest.is_big else rest.sql, -unit, unit)
        return a.add(a.multiply(steps, a.whole(unit)), part)

    def _add_micros(self, start: Sql, micros: Whole) -> Sql:
        if micros.constant == 0:
            return start
        later = self.a.held(self.a.add(self.micros(start, True), micros))
        inside = _between(later.sql, FIRST * DAY, (LAST + 1) * DAY - 1)
        return s.case([(inside, self.a.dialect.dates.moment_at(later.sql))])

    def add_months(self, start: Sql, exact: bool, steps: Whole, sure: bool = False) -> Sql:
        moved = self.a.dialect.dates.months_later
        count = steps.constant
        if sure and count != 0:
            return moved(start, s.cast(steps.sql, "INT") if count is None else s.whole(count), exact)
        if count is None:
            later = self.a.hold(self.a.add(self.month_number(start), steps).sql)
            return s.case([(_between(later, FIRST_MONTH, LAST_MONTH), moved(start, s.cast(steps.sql, "INT"), exact))])
        if count == 0:
            return start
        if abs(count) > LAST_MONTH - FIRST_MONTH:
            return s.cast(s.null(), "TIMESTAMP" if exact else "DATE")
        edge = _first_of(LAST_MONTH + 1 - count if count > 0 else FIRST_MONTH - count)
        inside = s.compare("<" if count > 0 else ">=", start, edge)
        return s.case([(inside, moved(start, s.whole(count), exact))])

    def add_working_days(self, start: Sql, exact: bool, steps: Whole) -> Sql:
        if steps.constant == 0:
            return start
        day = self.a.hold(s.cast(start, "DATE")) if exact else start
        known = working_days.joined(self.frame, self.shared, day, "day")
        high = Whole(known.column("through"), 0, MOST_WORKING_DAYS)
        low = Whole(known.column("before"), 0, MOST_WORKING_DAYS)
        forward, back = self.a.add(high, steps), self.a.add(self.a.add(low, steps), self.a.whole(1))
        sought = self._by_sign(steps, forward, back)
        found = working_days.joined(self.frame, self.shared, sought.sql, "working").column("day")
        made: Sql = found
        if exact:
            into = self.a.subtract(self.micros(start, True), self.micros(day, False))
            made = self.a.dialect.dates.moment_at(self.a.add(self.micros(found, False), into).sql)
        return made if steps.constant is not None else s.case([(s.equal(steps.sql, s.whole(0)), start)], made)

    def _by_sign(self, steps: Whole, above: Whole, below: Whole) -> Whole:
        if steps.constant is not None:
            return above if steps.constant > 0 else below
        positive, negative = s.compare(">", steps.sql, s.whole(0)), s.compare("<", steps.sql, s.whole(0))
        return self.a.choose([(positive, above), (negative, below)], None)

    # --- between ---

    def elapsed(self, unit: str, start: Sql, end: Sql, exact: bool) -> Number:
        """The exact days or hours from start to end, below zero where the end comes first."""
        if exact:
            return self.a.of(self._micros_between(start, end), DAY if unit == "days" else MICROSECONDS)
        days = self._days_between(start, end)
        return self.a.of(days if unit == "days" else self.a.multiply(days, self.a.whole(24)))

    def _days_between(self, start: Sql, end: Sql) -> Whole:
        return Whole(self.a.dialect.dates.between(start, end), -MOST_DAYS, MOST_DAYS)

    def _micros_between(self, start: Sql, end: Sql) -> Whole:
        return self.a.subtract(self.micros(end, True), self.micros(start, True))

    def whole_between(self, unit: str, start: Sql, end: Sql, exact: bool) -> Whole:
        """The complete units from start to end, below zero where the end comes first."""
        match unit:
            case "days" | "hours":
                return self.a.truncated(self.elapsed(unit, start, end, exact))
            case "months":
                return self._months_between(start, end, exact)
            case "years":
                return self.a.divide(self._months_between(start, end, exact), self.a.whole(12))
            case "working days":
                return self._working_days_between(start, end, exact)
        raise ValueError(f"no such unit of time: {unit}")

    def _months_between(self, start: Sql, end: Sql, exact: bool) -> Whole:
        """The months from one month to the other, less one that is not complete: its day was not reached again."""
        a = self.a
        start, end = a.hold(start), a.hold(end)
        months = a.held(a.subtract(self.month_number(end), self.month_number(start)))
        began, ended = self._into_month(start, exact), self._into_month(end, exact)
        short = s.all_of([s.compare(">", months.sql, s.whole(0)), s.compare("<", ended.sql, began.sql)])
        long = s.all_of([s.compare("<", months.sql, s.whole(0)), s.compare(">", ended.sql, began.sql)])
        one = a.whole(1)
        made = a.choose([(short, a.subtract(months, one)), (long, a.add(months, one))], months)
        return a.held(Whole(made.sql, months.low, months.high))

    def _into_month(self, value: Sql, exact: bool) -> Whole:
        """The day of the month; of a moment, the microseconds with its time."""
        a, day = self.a, self.part("day", value)
        if not exact:
            return day
        time = a.subtract(self.micros(value, True), self.micros(s.cast(value, "DATE"), False))
        return a.held(a.add(a.multiply(day, a.whole(DAY)), time))

    def _working_days_between(self, start: Sql, end: Sql, exact: bool) -> Whole:
        days = [self.a.hold(s.cast(value, "DATE") if exact else value) for value in (start, end)]
        first, last = (
            Whole(working_days.joined(self.frame, self.shared, day, "day").column("through"), 0, MOST_WORKING_DAYS) for day in days
        )
        return self.a.subtract(last, first)

    # --- periods ---

    def label(self, period: str, value: Sql) -> Sql:
        """The period that a day lies in: 2017/18, 2017/18 Q1, 2017-04 or 2017."""
        if period in ("month", "calendar year"):
            return s.call("left", s.cast(value, "TEXT"), s.whole(7 if period == "month" else 4))
        value = self.a.hold(value)
        made = self._financial_year_text(value)
        if period == "quarter":
            month, ends = self.part("month", value).sql, ((4, " Q4"), (7, " Q1"), (10, " Q2"))
            names = [(s.compare("<", month, s.whole(end)), s.text(name)) for end, name in ends]
            made = s.joined_text(made, s.case(names, s.text(" Q3")))
        return s.case([(s.compare(">=", value, s.day(FIRST_APRIL)), made)])

    def _financial_year_text(self, value: Sql) -> Sql:
        first = self.a.held(self._year_of(value))
        following = self.a.remainder(self.a.add(first, self.a.whole(1)), self.a.whole(100))
        return s.joined_text(_digits(first, 4), "/", _digits(following, 2))

    def _year_of(self, value: Sql) -> Whole:
        """The year in which a day's financial year begins."""
        year, month = self.part("year", value), self.part("month", value)
        before = self.a.subtract(year, self.a.whole(1))
        return self.a.choose([(s.compare("<", month.sql, s.whole(4)), before)], year)

    def edge(self, period: str, edge: str, value: Sql) -> Sql:
        """The first or last day of the period that a day lies in."""
        value, first = self.a.hold(value), edge == "first"
        year, month = self.part("year", value), self.part("month", value)
        match period:
            case "financial year":
                begins = self._year_of(value)
                if first:
                    return s.case([(s.compare(">=", value, s.day(FIRST_APRIL)), _day(begins, 4, 1))])
                inside = s.all_of([s.compare(">=", value, s.day(FIRST_APRIL)), s.compare("<", value, s.day(LAST_APRIL))])
                return s.case([(inside, _day(self.a.add(begins, self.a.whole(1)), 3, 31))])
            case "quarter":
                before = self.a.divide(self.a.subtract(month, self.a.whole(1)), self.a.whole(3))
                at = self.a.add(self.a.multiply(before, self.a.whole(3)), self.a.whole(1 if first else 3))
                return _day(year, at, 1) if first else s.call("last_day", _day(year, at, 1))
            case "month":
                return _day(year, month, 1) if first else s.call("last_day", s.cast(value, "DATE"))
        return _day(year, 1, 1) if first else _day(year, 12, 31)

    def year_begins(self, period: str, number: Number) -> Sql:
        """The first day of the year of this number, which must be whole."""
        a, month = self.a, 4 if period == "financial year" else 1
        if number.constant is not None:
            year = number.constant
            inside = year.denominator == 1 and date.min.year <= year <= date.max.year
            return s.day(date(int(year), month, 1).isoformat()) if inside else _no_day()
        number = a.hold_number(number)
        found = a.held(self.within(a.truncated(number), date.max.year))
        conditions = [s.compare(">=", found.sql, s.whole(date.min.year))]
        if number.scale != 1:
            conditions.append(s.equal(a.remainder(number.top, number.bottom).sql, s.whole(0)))
        return s.case([(s.all_of(conditions), _day(found, month, 1))])


def _days_later(day: Sql, steps: Whole) -> Sql:
    count = steps.constant
    if count is None:
        return s.plus(day, s.cast(steps.sql, "INT"))
    return day if count == 0 else s.plus(day, s.whole(count)) if count > 0 else s.minus(day, s.whole(-count))


def _first_of(number: int) -> Sql:
    """The first day of a month by its number."""
    return s.day(date(number // 12, number % 12 + 1, 1).isoformat())


def _no_day() -> Sql:
    return s.cast(s.null(), "DATE")


def _day(year: Whole, month: Whole | int, day: int) -> Sql:
    pieces = (s.cast(part.sql, "INT") if isinstance(part, Whole) else s.whole(part) for part in (year, month, day))
    return s.call("make_date", *pieces)


def _digits(value: Whole, count: int) -> Sql:
    return s.call("lpad", s.cast(value.sql, "TEXT"), s.whole(count), s.text("0"))


def _between(value: Sql, low: int, high: int) -> Sql:
    return exp.Between(this=s.wrap(value), low=s.whole(low), high=s.whole(high))


# --- makers ---------------------------------------------------------------------------------------------------------------


def _reckoner(sight: Sight, c: Compiler) -> Reckoner:
    return Reckoner(c.arithmetic(sight), sight.frame, c.shared)


def _beyond(node: core.Core, made: Sql) -> Why:
    reason = f"{OTHER}{words(node.span, QUOTED)} is beyond the calendar"
    return lambda: s.case([(s.is_null(made), s.text(reason))])


def _is_moment(*cells: Cell) -> bool:
    return any(cell.type.kind is Kind.MOMENT for cell in cells)


def _operands(start: Cell, end: Cell) -> tuple[Sql, Sql, bool]:
    """Two ends as SQL of one kind, and whether they are moments."""
    exact = _is_moment(start, end)
    one, other = (cell.sql if not exact or _is_moment(cell) else s.cast(cell.sql, "TIMESTAMP") for cell in (start, end))
    return one, other, exact


def _add_time(node: core.AddTime, sight: Sight, c: Compiler) -> Cell:
    start, amount = c.cell(node.moment, sight), c.cell(node.amount, sight)
    exact, later = _is_moment(start), _days_after(start, amount.exact, node.unit)
    made = sight.frame.hold(_reckoner(sight, c).add(start.sql, exact, amount.exact, node.unit, later is not None))
    if later is None:
        return strict(node.type, made, start, amount, lack=_beyond(node, made))
    return replace(strict(node.type, made, start, amount), days=later)


def _days_after(start: Cell, amount: Number, unit: str) -> tuple[int, int] | None:
    """Between which days a date so much later lies, where that is known and within the calendar."""
    scale, longest = amount.scale, {"days": 1, "months": 31}.get(unit)
    if start.days is None or scale is None or longest is None:
        return None
    low = start.days[0] + min(amount.top.low, 0) * longest // scale
    high = start.days[1] - (-max(amount.top.high, 0) * longest // scale)
    return (low, high) if low >= FIRST and high <= LAST else None


def _elapsed(node: core.Elapsed, sight: Sight, c: Compiler) -> Cell:
    start, end = c.cell(node.start, sight), c.cell(node.end, sight)
    number = _reckoner(sight, c).elapsed(node.unit, *_operands(start, end))
    return of_number(node.type, number, start, end)


def _whole_between(node: core.WholeBetween, sight: Sight, c: Compiler) -> Cell:
    start, end = c.cell(node.start, sight), c.cell(node.end, sight)
    reckoner = _reckoner(sight, c)
    made = reckoner.whole_between(node.unit, *_operands(start, end))
    if node.unit != "working days":
        return of_number(node.type, reckoner.a.of(made), start, end)
    made = reckoner.a.held(made)
    return of_number(node.type, reckoner.a.of(made), start, end, lack=_beyond(node, made.sql))


def _period_label(node: core.PeriodLabel, sight: Sight, c: Compiler) -> Cell:
    operand = c.cell(node.operand, sight)
    made = _reckoner(sight, c).label(node.period, operand.sql)
    return _of_period(node, made, operand, node.period in ("financial year", "quarter"), sight)


def _period_edge(node: core.PeriodEdge, sight: Sight, c: Compiler) -> Cell:
    operand = c.cell(node.operand, sight)
    made = _reckoner(sight, c).edge(node.period, node.edge, operand.sql)
    return _of_period(node, made, operand, node.period == "financial year", sight)


def _year_begins(node: core.YearBegins, sight: Sight, c: Compiler) -> Cell:
    operand = c.cell(node.operand, sight)
    made = _reckoner(sight, c).year_begins(node.period, operand.exact)
    if _constant_day(made) is not None:
        return strict(node.type, made, operand)
    made = sight.frame.hold(made)
    return strict(node.type, made, operand, lack=_beyond(node, made))


def _constant_day(made: Sql) -> str | None:
    return made.this.name if isinstance(made, exp.Cast) and isinstance(made.this, exp.Literal) else None


def _of_period(node: core.Core, made: Sql, operand: Cell, ends: bool, sight: Sight) -> Cell:
    """What is made of a date; `ends` says whether the calendar ends before all such periods do."""
    day = _constant_day(operand.sql)
    within = operand.days is not None and operand.days[0] >= FIRST_APRIL_DAY and operand.days[1] < LAST_APRIL_DAY
    if not ends or within or (day is not None and FIRST_APRIL <= day < LAST_APRIL):
        return strict(node.type, made, operand)
    made = sight.frame.hold(made)
    return strict(node.type, made, operand, lack=_beyond(node, made))


MAKERS: Mapping[type, Maker] = {
    core.AddTime: _add_time,
    core.Elapsed: _elapsed,
    core.WholeBetween: _whole_between,
    core.PeriodLabel: _period_label,
    core.PeriodEdge: _period_edge,
    core.YearBegins: _year_begins,
}
