"""What each kind of expression means, one function for each; those over related records are in `ranges`."""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping
from datetime import date, datetime
from fractions import Fraction
from typing import Any

from requite.dsl import program as core
from requite.dsl.types import Kind
from requite.engine import arithmetic, calendar
from requite.engine.interpreting.closures import Code, Compiler
from requite.engine.interpreting.tables import parameter_value
from requite.engine.interpreting.values import Env, Lack, Missing, conflict, identity
from requite.engine.rows import Row
from requite.engine.wording import QUOTED, divided_by_nothing, row_name, show, words


def is_missing(value: Any) -> bool:
    return value.__class__ is Missing


def is_conflict(value: Any) -> bool:
    return value.__class__ is Missing and value.kind is Lack.CONFLICT


# --- reading ------------------------------------------------------------------------------------------------------------


def _constant(node: core.Constant, _: Compiler) -> Code:
    value = node.value if node.value is not None else Missing(Lack.BLANK, "there is no value")
    return lambda _: value


def _row_variable(node: core.RowVariable, _: Compiler) -> Code:
    return operator.itemgetter(node.level)


def _field_read(node: core.FieldRead, c: Compiler) -> Code:
    row, name = c.code(node.row), node.field
    if node.type.kind is Kind.ROW:
        return _reference(row, name, node.type.record, c)

    def read(env: Env) -> Any:
        found = row(env)
        if found.__class__ is Missing:
            return found
        value = found.values.get(name)
        return blank(found, name) if value is None else value

    return read


def blank(row: Row, field: str) -> Missing:
    where = f"in {row.place}" if row.place else f"for {row_name(row)}"
    return Missing(Lack.BLANK, f"{field} is blank {where}")


def _reference(row: Code, name: str, record: str, c: Compiler) -> Code:
    def read(env: Env) -> Any:
        found = row(env)
        if found.__class__ is Missing:
            return found
        key = found.values.get(name)
        if key is None:
            return blank(found, name)
        return c.tables.find(record, identity(key), None, Lack.NOBODY)

    return read


def _column_read(node: core.ColumnRead, c: Compiler) -> Code:
    row, read = c.code(node.row), c.reader(node.column)

    def run(env: Env) -> Any:
        found = row(env)
        return found if found.__class__ is Missing else read(found)

    return run


def _lookup(node: core.Lookup, c: Compiler) -> Code:
    keys = [(key, c.code(key)) for key in node.keys]
    on, when = node.on, c.code(node.on) if node.on is not None else None

    def find(env: Env) -> Any:
        values = []
        for key, code in keys:
            value = code(env)
            if value.__class__ is Missing:
                return _unreadable(value, key, node.record)
            values.append(value)
        day = when(env) if when is not None else None
        if day.__class__ is Missing and on is not None:
            return _unreadable(day, on, node.record)
        return c.tables.find(node.record, identity(tuple(values)), _as_day(day))

    return find


def _as_day(moment: Any) -> Any:
    return moment.date() if isinstance(moment, datetime) else moment


def _unreadable(value: Missing, key: core.Expr, name: str) -> Missing:
    """Why something cannot be looked up whose key, or date, is missing."""
    if value.kind is Lack.CONFLICT:
        return value
    cause = f"{words(key.span, QUOTED)} is blank" if value.kind is Lack.BLANK else value.reason
    return Missing(Lack.ABSENT_KEY, f"{cause}, so {name} cannot be read")


def _parameter_read(node: core.ParameterRead, c: Compiler) -> Code:
    parameter, known = c.program.parameters[node.parameter], c.tables.known
    if node.on is None:
        value, _ = parameter_value(parameter, None, known)
        return lambda _: value
    on, when = node.on, c.code(node.on)
    seen: dict[date, Any] = {}

    def read(env: Env) -> Any:
        day = when(env)
        if day.__class__ is Missing:
            return _unreadable(day, on, node.parameter)
        day = _as_day(day)
        if day not in seen:
            seen[day], _ = parameter_value(parameter, day, known)
        return seen[day]

    return read


def _band_read(node: core.BandRead, c: Compiler) -> Code:
    bands, operand, note = c.program.bands[node.bands], c.code(node.operand), c.note
    find = _straight_value if bands.straight else _band_value

    def read(env: Env) -> Any:
        value = operand(env)
        if value.__class__ is Missing:
            return value
        result, used = find(value, bands)
        if note is not None:
            for band in used:
                note("band", band.span, "reached")
        if result is None:
            text = f"{words(node.operand.span, QUOTED)} is {show(value, node.operand.type.kind, c.program.currency)}"
            return Missing(Lack.OUTSIDE_BANDS, f"{text}, outside the bands of {bands.name}")
        return result

    return read


def _band_value(value: Any, bands: core.Bands) -> tuple[Any, tuple[core.Band, ...]]:
    found = tuple(arithmetic.bands_holding(value, bands.bands))
    if len(found) > 1:
        places = " and ".join(str(band.span) for band in found)
        return conflict(f"{len(found)} bands of {bands.name} hold at once: {places}"), found
    return (found[0].value if found else None), found


def _straight_value(value: Any, bands: core.Bands) -> tuple[Any, tuple[core.Band, ...]]:
    return arithmetic.straight(value, bands) or (None, ())


# --- numbers and dates ----------------------------------------------------------------------------------------------------


def _strict(codes: list[Code], apply: Callable[..., Any]) -> Code:
    """A function of values that must all be known; the first that is not stands for the whole."""
    if len(codes) == 2:
        left, right = codes

        def of_two(env: Env) -> Any:
            first = left(env)
            if first.__class__ is Missing:
                return first
            second = right(env)
            return second if second.__class__ is Missing else apply(first, second)

        return of_two

    def of_all(env: Env) -> Any:
        values = []
        for code in codes:
            value = code(env)
            if value.__class__ is Missing:
                return value
            values.append(value)
        return apply(*values)

    return of_all


OPERATORS: Mapping[str, Callable[[Any, Any], Any]] = {"+": operator.add, "-": operator.sub, "*": operator.mul}


def _arithmetic(node: core.Arithmetic, c: Compiler) -> Code:
    sides = [c.code(node.left), c.code(node.right)]
    return _strict(sides, _divide(node) if node.operator == "/" else OPERATORS[node.operator])


def _divide(node: core.Arithmetic) -> Callable[[Any, Any], Any]:
    missing = Missing(Lack.DIVISION_BY_ZERO, divided_by_nothing(node))
    return lambda left, right: left / right if right else missing


def _scaled(node: core.Scaled, c: Compiler) -> Code:
    reason = f"the two ends of {words(node.span, QUOTED)} are equal"
    missing = Missing(Lack.DIVISION_BY_ZERO, reason)

    def scale(*values: Any) -> Any:
        result = arithmetic.scaled(*values)
        return missing if result is None else result

    return _strict([c.code(node.operand), c.code(node.lower), c.code(node.upper)], scale)


def _round(node: core.Round, c: Compiler) -> Code:
    operand, rounding = c.code(node.operand), node.rounding

    def run(env: Env) -> Any:
        value = operand(env)
        return value if value.__class__ is Missing else arithmetic.rounded(value, rounding)

    return run


def _extreme(node: core.Extreme, c: Compiler) -> Code:
    pick = max if node.greatest else min
    return _strict([c.code(operand) for operand in node.operands], lambda *values: pick(values))


def _in_calendar(node: core.Core, codes: list[Code], apply: Callable[..., Any]) -> Code:
    missing = Missing(Lack.UNDATED, f"{words(node.span, QUOTED)} is beyond the calendar")

    def within(*values: Any) -> Any:
        try:
            return apply(*values)
        except calendar.BeyondCalendarError:
            return missing

    return _strict(codes, within)


def _add_time(node: core.AddTime, c: Compiler) -> Code:
    return _in_calendar(
        node, [c.code(node.moment), c.code(node.amount)], lambda start, amount: calendar.add(start, amount, node.unit)
    )


def _elapsed(node: core.Elapsed, c: Compiler) -> Code:
    return _strict([c.code(node.start), c.code(node.end)], lambda start, end: calendar.elapsed(node.unit, start, end))


def _whole_between(node: core.WholeBetween, c: Compiler) -> Code:
    return _in_calendar(
        node, [c.code(node.start), c.code(node.end)], lambda start, end: calendar.whole_between(node.unit, start, end)
    )


def _period_label(node: core.PeriodLabel, c: Compiler) -> Code:
    return _in_calendar(node, [c.code(node.operand)], lambda day: calendar.period_label(node.period, day))


def _year_begins(node: core.YearBegins, c: Compiler) -> Code:
    return _in_calendar(node, [c.code(node.operand)], lambda year: calendar.year_begins(node.period, year))


def _period_edge(node: core.PeriodEdge, c: Compiler) -> Code:
    edge = calendar.first_day if node.edge == "first" else calendar.last_day
    return _in_calendar(node, [c.code(node.operand)], lambda day: edge(node.period, day))


# --- conditions -----------------------------------------------------------------------------------------------------------

NUMBERS = frozenset({Kind.MONEY, Kind.NUMBER, Kind.COUNT, Kind.PERCENT, Kind.POINTS, Kind.DAYS, Kind.MONTHS, Kind.HOURS})
"""Kinds of values that are fractions."""

COMPARISONS: Mapping[str, Callable[[Any, Any], bool]] = {
    "=": operator.eq,
    "!=": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}


def _compare(node: core.Compare, c: Compiler) -> Code:
    compare = COMPARISONS[node.operator]
    kinds = {node.left.type.kind, node.right.type.kind}
    if Kind.ROW in kinds:
        return _strict([c.code(node.left), c.code(node.right)], lambda left, right: compare(identity(left), identity(right)))
    if Kind.MOMENT in kinds and Kind.DATE in kinds:
        moment = calendar.as_moment
        return _strict([c.code(node.left), c.code(node.right)], lambda left, right: compare(moment(left), moment(right)))
    if kinds <= NUMBERS:
        compare = _of_numbers(compare)
    return _strict([c.code(node.left), c.code(node.right)], compare)


def _of_numbers(compare: Callable[[Any, Any], bool]) -> Callable[[Any, Any], bool]:
    """The same comparison, of fractions alone: by whole numbers, which takes a third of the time."""

    def run(left: Fraction, right: Fraction) -> bool:
        (over, under), (other_over, other_under) = left.as_integer_ratio(), right.as_integer_ratio()
        return compare(over * other_under, other_over * under)

    return run


def _logic(node: core.Logic, c: Compiler) -> Code:
    """`and` is false where any operand is; then missing where one is missing; else true. `or` is its mirror image."""
    codes, settles = [c.code(operand) for operand in node.operands], node.operator == "or"

    def run(env: Env) -> Any:
        unknown = None
        for code in codes:
            value = code(env)
            if value is settles:
                return settles
            if value.__class__ is Missing and unknown is None:
                unknown = value
        return (not settles) if unknown is None else unknown

    return run


def _not(node: core.Not, c: Compiler) -> Code:
    operand = c.code(node.operand)

    def run(env: Env) -> Any:
        value = operand(env)
        return value if value.__class__ is Missing else not value

    return run


def _at_least_of(node: core.AtLeastOf, c: Compiler) -> Code:
    codes, number = [c.code(operand) for operand in node.operands], node.number

    def run(env: Env) -> Any:
        values = [code(env) for code in codes]
        met = sum(value is True for value in values)
        unknown = [value for value in values if value.__class__ is Missing]
        if met >= number or met + len(unknown) < number:
            return met >= number
        return unknown[0]

    return run


def _is_known(node: core.IsKnown, c: Compiler) -> Code:
    operand = c.code(node.operand)

    def run(env: Env) -> Any:
        value = operand(env)
        return value if is_conflict(value) else value.__class__ is not Missing

    return run


def _is_one_of(node: core.IsOneOf, c: Compiler) -> Code:
    values = frozenset(node.values)
    return _strict([c.code(node.operand)], lambda value: value in values)


def _else(node: core.Else, c: Compiler) -> Code:
    operand, fallback = c.code(node.operand), c.code(node.fallback)

    def run(env: Env) -> Any:
        value = operand(env)
        return fallback(env) if value.__class__ is Missing and value.kind is not Lack.CONFLICT else value

    return run


def _cases(node: core.Cases, c: Compiler) -> Code:
    """The value of the one case that is true. None is: missing where a condition is, else `otherwise`."""
    cases = [(case, c.code(case.condition), c.code(case.value)) for case in node.cases]
    otherwise = c.code(node.otherwise) if node.otherwise is not None else None
    otherwise_span = node.otherwise.span if node.otherwise is not None else node.span
    none = Missing(Lack.NO_CASE, f"no case holds of {words(node.span, QUOTED)}")
    note = c.note

    def run(env: Env) -> Any:
        true, unknown = [], None
        for case, condition, value in cases:
            holds = condition(env)
            if holds is True:
                true.append((case, value))
            elif holds is not False and unknown is None:
                unknown = holds
        if note is not None:
            for case, _ in true:
                note("case", case.condition.span, "reached")
            if not true and unknown is None and otherwise is not None:
                note("case", otherwise_span, "reached")
        if len(true) == 1:
            return true[0][1](env)
        if true:
            return _two_cases([case for case, _ in true])
        if unknown is not None:
            return unknown
        return none if otherwise is None else otherwise(env)

    return run


def _two_cases(cases: list[core.Case]) -> Missing:
    named = " and ".join(f"{words(case.condition.span, QUOTED)} ({case.condition.span})" for case in cases)
    return conflict(f"{len(cases)} cases hold at once: {named}")


MAKERS: Mapping[type, Callable[[Any, Compiler], Code]] = {
    core.Constant: _constant,
    core.RowVariable: _row_variable,
    core.FieldRead: _field_read,
    core.ColumnRead: _column_read,
    core.Lookup: _lookup,
    core.ParameterRead: _parameter_read,
    core.BandRead: _band_read,
    core.Arithmetic: _arithmetic,
    core.AddTime: _add_time,
    core.Elapsed: _elapsed,
    core.WholeBetween: _whole_between,
    core.PeriodLabel: _period_label,
    core.PeriodEdge: _period_edge,
    core.YearBegins: _year_begins,
    core.Compare: _compare,
    core.Logic: _logic,
    core.Not: _not,
    core.AtLeastOf: _at_least_of,
    core.IsKnown: _is_known,
    core.IsOneOf: _is_one_of,
    core.Else: _else,
    core.Cases: _cases,
    core.Round: _round,
    core.Scaled: _scaled,
    core.Extreme: _extreme,
}
