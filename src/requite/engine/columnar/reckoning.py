"""What an expression reckons: numbers, conditions, and choices between values."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from fractions import Fraction
from itertools import combinations
from typing import Any

from requite.dsl import program as core
from requite.dsl.types import QUANTITIES, YES_NO, Kind
from requite.engine.columnar import sql as s
from requite.engine.columnar.cells import CONFLICT, OTHER, Cell, of_number, strict
from requite.engine.columnar.compiler import Compiler, Sight
from requite.engine.columnar.looking_up import chosen, key_conditions, keys_of, missing_cell
from requite.engine.columnar.numbers import Arithmetic
from requite.engine.columnar.sql import Sql
from requite.engine.interpreting.values import Lack, Missing
from requite.engine.wording import QUOTED, divided_by_nothing, words

Maker = Callable[[Any, Sight, Compiler], Cell]


# --- numbers --------------------------------------------------------------------------------------------------------------


def _arithmetic(node: core.Arithmetic, sight: Sight, c: Compiler) -> Cell:
    left, right = c.cell(node.left, sight), c.cell(node.right, sight)
    a = c.arithmetic(sight)
    if node.operator == "/":
        return _quotient(node, left, right, a)
    apply = {"+": a.plus, "-": a.minus, "*": a.times}[node.operator]
    return of_number(node.type, apply(left.exact, right.exact), left, right)


def _quotient(node: core.Arithmetic, left: Cell, right: Cell, a: Arithmetic) -> Cell:
    divisor = a.hold_number(right.exact)
    number = a.over(left.exact, divisor)
    if divisor.constant is not None and divisor.constant != 0:
        return of_number(node.type, number, left, right)
    reason = f"{OTHER}{divided_by_nothing(node)}"
    return of_number(node.type, number, left, right, lack=lambda: s.case([(a.is_zero(divisor), s.text(reason))]))


def _scaled(node: core.Scaled, sight: Sight, c: Compiler) -> Cell:
    parts = [c.cell(part, sight) for part in (node.operand, node.lower, node.upper)]
    a = c.arithmetic(sight)
    operand, lower, upper = (a.hold_number(part.exact) for part in parts)
    zero, one = a.constant(Fraction(0)), a.constant(Fraction(1))
    equal = a.equals(lower, upper)
    part = a.over(a.minus(operand, lower), a.minus(upper, lower))
    part = a.hold_number(part)
    number = a.choice([(a.compare("<", part, zero), zero), (a.compare(">", part, one), one)], part)
    reason = f"{OTHER}the two ends of {words(node.span, QUOTED)} are equal"
    if lower.constant is not None and upper.constant is not None and lower.constant != upper.constant:
        return of_number(node.type, number, *parts)
    return of_number(node.type, number, *parts, lack=lambda: s.case([(equal, s.text(reason))]))


def _round(node: core.Round, sight: Sight, c: Compiler) -> Cell:
    operand = c.cell(node.operand, sight)
    return of_number(node.type, c.arithmetic(sight).rounded(operand.exact, node.rounding), operand)


def _extreme(node: core.Extreme, sight: Sight, c: Compiler) -> Cell:
    parts = [c.cell(operand, sight) for operand in node.operands]
    a = c.arithmetic(sight)
    if node.type.kind in QUANTITIES:
        return of_number(node.type, a.extreme([part.exact for part in parts], node.greatest), *parts)
    pieces = [as_moment(part).sql if node.type.kind is Kind.MOMENT else part.sql for part in parts]
    made = s.greatest(*pieces) if node.greatest else s.least(*pieces)
    missing = [part.unknown for part in parts if part.missing]
    return strict(node.type, s.case([(s.not_(s.any_of(missing)), made)]) if missing else made, *parts)


# --- comparing ------------------------------------------------------------------------------------------------------------


def as_moment(cell: Cell) -> Cell:
    """A moment; of a date, its first."""
    if cell.type.kind is Kind.MOMENT:
        return cell
    return Cell(cell.type, s.cast(cell.sql, "TIMESTAMP"), cell.missing, cell.why, cell.conflicts)


def _compare(node: core.Compare, sight: Sight, c: Compiler) -> Cell:
    kinds = {node.left.type.kind, node.right.type.kind}
    if Kind.ROW in kinds:
        return _compare_rows(node, sight, c)
    left, right = c.cell(node.left, sight), c.cell(node.right, sight)
    return strict(YES_NO, compared(node.operator, left, right, c.arithmetic(sight)), left, right)


def compared(operator: str, left: Cell, right: Cell, a: Arithmetic) -> Sql:
    """A comparison of two values of one kind; unknown where one of them is missing."""
    if left.number is not None and right.number is not None:
        return a.compare(operator, left.number, right.number)
    if left.type.kind is Kind.PERIOD and left.until is not None and right.until is not None:
        same = s.all_of([s.equal(left.sql, right.sql), s.equal(left.until, right.until)])
        return same if operator == "=" else s.not_(same)
    if {left.type.kind, right.type.kind} == {Kind.MOMENT, Kind.DATE}:
        left, right = as_moment(left), as_moment(right)
    return s.compare(operator, left.sql, right.sql)


def _compare_rows(node: core.Compare, sight: Sight, c: Compiler) -> Cell:
    left, mine = keys_of(node.left, sight, c)
    right, theirs = keys_of(node.right, sight, c)
    pairs = key_conditions(mine, theirs, sight, c)
    same = s.all_of([s.equal(one, other) for one, other in pairs])
    unknown = [side.unknown for side in (left, right) if side.missing]
    value = same if node.operator == "=" else s.not_(same)
    return strict(YES_NO, s.case([(s.not_(s.any_of(unknown)), value)]) if unknown else value, left, right)


def _is_one_of(node: core.IsOneOf, sight: Sight, c: Compiler) -> Cell:
    operand = c.cell(node.operand, sight)
    value = s.in_list(operand.sql, [s.text(value) for value in node.values]) if node.values else s.false()
    return strict(YES_NO, value, operand)


# --- conditions -----------------------------------------------------------------------------------------------------------


def _logic(node: core.Logic, sight: Sight, c: Compiler) -> Cell:
    parts = [c.cell(operand, sight) for operand in node.operands]
    join = s.any_of if node.operator == "or" else s.all_of
    return undecided(join([part.sql for part in parts]), parts, sight)


def undecided(value: Sql, parts: Sequence[Cell], sight: Sight) -> Cell:
    """A condition over parts: where it is not settled, the first part that is missing says why."""
    missing = [part for part in parts if part.missing]
    if not missing:
        return Cell(YES_NO, value)
    held = sight.frame.hold(value)

    def why() -> Sql:
        return s.case([(s.is_null(held), s.coalesce(*(part.why() for part in missing)))])

    return Cell(YES_NO, held, True, why, any(part.conflicts for part in missing))


def _not(node: core.Not, sight: Sight, c: Compiler) -> Cell:
    operand = c.cell(node.operand, sight)
    return strict(YES_NO, s.not_(operand.sql), operand)


def counted(conditions: Sequence[Sql]) -> Sql:
    """How many conditions hold."""
    total = s.case([(conditions[0], s.whole(1))], s.whole(0))
    for condition in conditions[1:]:
        total = s.plus(total, s.case([(condition, s.whole(1))], s.whole(0)))
    return total


def _at_least_of(node: core.AtLeastOf, sight: Sight, c: Compiler) -> Cell:
    parts = [c.cell(operand, sight) for operand in node.operands]
    met = sight.frame.hold(counted([part.sql for part in parts]))
    enough = s.compare(">=", met, s.whole(node.number))
    missing = [part for part in parts if part.missing]
    if not missing:
        return Cell(YES_NO, enough)
    most = s.plus(met, counted([part.unknown for part in missing]))
    value = s.case([(enough, s.true()), (s.compare("<", most, s.whole(node.number)), s.false())])
    return undecided(value, parts, sight)


def _is_known(node: core.IsKnown, sight: Sight, c: Compiler) -> Cell:
    operand = c.cell(node.operand, sight)
    if not operand.conflicts:
        return Cell(YES_NO, operand.known)
    clash = sight.frame.hold(operand.in_conflict)
    return Cell(YES_NO, s.case([(clash, s.null())], operand.known), True, lambda: s.case([(clash, operand.why())]), True)


def _else(node: core.Else, sight: Sight, c: Compiler) -> Cell:
    operand = c.cell(node.operand, sight)
    if not operand.missing:
        return operand
    fallback = c.cell(node.fallback, sight)
    branches = [(operand.known, operand)]
    if operand.conflicts:
        branches.append((sight.frame.hold(operand.in_conflict), operand))
    found = chosen(node.type, branches, fallback, sight, c)
    return Cell(
        found.type,
        found.sql,
        fallback.missing or operand.conflicts,
        found.why,
        fallback.conflicts or operand.conflicts,
        found.number,
        found.until,
    )


# --- cases ----------------------------------------------------------------------------------------------------------------


def _cases(node: core.Cases, sight: Sight, c: Compiler) -> Cell:
    """The value of the one case that is true. None is: missing where a condition is, else `otherwise`."""
    conditions = [held_condition(c.cell(case.condition, sight), sight) for case in node.cases]
    values = [c.cell(case.value, sight) for case in node.cases]
    otherwise = c.cell(node.otherwise, sight) if node.otherwise is not None else None
    together = may_hold_together(node)
    branches: list[tuple[Sql, Cell]] = []
    clash: Sql = s.false()
    if together:
        count = sight.frame.hold(counted([condition.sql for condition in conditions]))
        clash = sight.frame.hold(s.compare(">", count, s.whole(1)))
        branches.append((clash, _lacking(node, lambda: _two_cases(node, conditions, count), sight, c)))
    branches += [(condition.sql, value) for condition, value in zip(conditions, values, strict=True)]
    unknown = [condition for condition in conditions if condition.missing]
    if unknown:
        first = s.coalesce
        branches.append(
            (
                s.any_of([condition.unknown for condition in unknown]),
                _lacking(node, lambda: first(*(condition.why() for condition in unknown)), sight, c),
            )
        )
    if otherwise is None:
        reason = s.text(f"{OTHER}no case holds of {words(node.span, QUOTED)}")
        otherwise = _lacking(node, lambda: reason, sight, c)
    found = chosen(node.type, branches, otherwise, sight, c)
    conflicts = found.conflicts or bool(together) or any(condition.conflicts for condition in unknown)
    return Cell(found.type, found.sql, found.missing, found.why, conflicts, found.number, found.until)


def held_condition(cell: Cell, sight: Sight) -> Cell:
    """A condition under a name, since it is asked several times."""
    return Cell(cell.type, sight.frame.hold(cell.sql), cell.missing, cell.why, cell.conflicts, parts=cell.lacks)


def _lacking(node: core.Cases, why: Callable[[], Sql], sight: Sight, c: Compiler) -> Cell:
    """No value, for a reason."""
    nothing = missing_cell(node.type, Missing(Lack.NO_CASE, ""), c.arithmetic(sight))
    return Cell(nothing.type, nothing.sql, True, why, False, nothing.number, s.null() if node.type.kind is Kind.PERIOD else None)


def _two_cases(node: core.Cases, conditions: Sequence[Cell], count: Sql) -> Sql:
    named = [
        s.case([(condition.sql, s.text(f"{words(case.condition.span, QUOTED)} ({case.condition.span})"))])
        for case, condition in zip(node.cases, conditions, strict=True)
    ]
    listed = s.call("concat_ws", s.text(" and "), *named)
    return s.joined_text(CONFLICT, s.cast(count, "TEXT"), " cases hold at once: ", listed)


def may_hold_together(node: core.Cases) -> bool:
    """Whether two cases might both be true: not where each asks one thing for another value."""
    if len(node.cases) == 1:
        return False
    asked = [_asked(case.condition) for case in node.cases]
    if any(one is None for one in asked):
        return True
    known = [one for one in asked if one is not None]
    return len({name for name, _ in known}) > 1 or any(one & other for (_, one), (_, other) in combinations(known, 2))


def _asked(condition: core.Expr) -> tuple[Any, frozenset[Any]] | None:
    """What a condition asks of a field or column, and for which values it is true."""
    match condition:
        case core.Compare(operator="=", left=left, right=core.Constant(value=value)) if value is not None:
            name, values = _name(left), frozenset({value})
        case core.IsOneOf(operand=operand, values=listed):
            name, values = _name(operand), frozenset(listed)
        case _:
            return None
    return None if name is None else (name, values)


def _name(expression: core.Expr) -> Any:
    match expression:
        case core.FieldRead(row=core.RowVariable(level=level), field=field):
            return "field", level, field
        case core.ColumnRead(row=core.RowVariable(level=level), column=column):
            return "column", level, column
    return None


MAKERS: Mapping[type, Maker] = {
    core.Arithmetic: _arithmetic,
    core.Scaled: _scaled,
    core.Round: _round,
    core.Extreme: _extreme,
    core.Compare: _compare,
    core.IsOneOf: _is_one_of,
    core.Logic: _logic,
    core.Not: _not,
    core.AtLeastOf: _at_least_of,
    core.IsKnown: _is_known,
    core.Else: _else,
    core.Cases: _cases,
}
