"""Related records: which rows a range holds, what is taken over them, and the one that a match picks.

Rows meet by what they have in common, found in groups made once; a range that reads nothing around it but what the rows have in
common has one answer for the whole group, and one over earlier or later rows has running answers. So nothing is quadratic that
need not be.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable, Mapping, Sequence
from fractions import Fraction
from typing import Any

from requite.dsl import program as core
from requite.dsl.source import Span
from requite.engine.interpreting.closures import Code, Compiler
from requite.engine.interpreting.evaluate import is_conflict
from requite.engine.interpreting.tables import Grouping, Groups, turn_of
from requite.engine.interpreting.values import Env, Lack, Missing, conflict, identity
from requite.engine.interpreting.walk import reads_outside
from requite.engine.rows import Row
from requite.engine.wording import row_name, row_place, words

Queue = tuple[list[Any], list[Row]]
"""Rows in order, and beside them what they are ordered by."""


def within(row: Row, missing: Missing) -> Missing:
    """What is missing, said of the row of a range in which it is."""
    return Missing(missing.kind, f"{row_name(row)}: {missing.reason}")


# --- which rows -----------------------------------------------------------------------------------------------------------


def common(reach: core.Range, c: Compiler) -> Code:
    """What the rows of a range have in common with those around it; missing where a part of it is, and then nothing relates."""
    codes = [c.code(own) for _, own in reach.same]

    def run(env: Env) -> Any:
        return _identities(codes, env)

    return run


def _identities(codes: Sequence[Code], env: Env) -> Any:
    """What the values of several expressions are compared by; the first that is missing stands for all."""
    parts = []
    for code in codes:
        value = code(env)
        if value.__class__ is Missing:
            return value
        parts.append(value if value.__class__ is str else identity(value))
    return tuple(parts)


def _groups(reach: core.Range, c: Compiler) -> Callable[[Any, Env], Sequence[Row]]:
    """Finds the rows of the range's record by what they have in common; groups are shared with its like."""
    codes = [c.code(mine) for mine, _ in reach.same]
    made: Groups = c.memory(("groups", reach.record, _signatures(reach.same, reach.level)))
    wanted = Grouping(
        reach.record,
        reach.level,
        tuple(mine for mine, _ in reach.same),
        tuple(own for _, own in reach.same),
        lambda row: _identities(codes, _alone(row, reach.level)),
        common(reach, c),
        reach.span,
        reach,
        c.code,
    )
    return c.tables.grouped(wanted, made)


def alike(parts: Sequence[core.Expr], record: str, span: Span, c: Compiler) -> Callable[[Row], Sequence[Row]]:
    """The rows of a record that agree with one of them in some expressions over it: itself alone where one of those is missing."""
    codes = [c.code(part) for part in parts]

    def key_of(env: Env) -> Any:
        return _identities(codes, env)

    wanted = Grouping(record, 0, tuple(parts), tuple(parts), lambda row: key_of((row,)), key_of, span)
    group = c.tables.grouped(wanted, c.memory())

    def rows(row: Row) -> Sequence[Row]:
        key = key_of((row,))
        return (row,) if key.__class__ is Missing else group(key, (row,))

    return rows


def owners_of(share: core.Share, c: Compiler) -> Callable[[Row], Sequence[Row]]:
    """The rows that may share something out to a row: those with which it has in common what the share says."""
    reach = share.range
    mine, own = [c.code(mine) for mine, _ in reach.same], [c.code(own) for _, own in reach.same]

    def key_of(env: Env) -> Any:
        return _identities(mine, _alone(env[0], reach.level))

    wanted = Grouping(
        share.record,
        0,
        tuple(own for _, own in reach.same),
        tuple(mine for mine, _ in reach.same),
        lambda owner: _identities(own, (owner,)),
        key_of,
        share.span,
    )
    group = c.tables.grouped(wanted, c.memory())

    def owners(row: Row) -> Sequence[Row]:
        key = key_of((row,))
        return () if key.__class__ is Missing else group(key, (row,))

    return owners


def _alone(row: Row, level: int) -> Env:
    """The rows in sight of an expression that reads the inner row only: it stands at its level."""
    return (row,) * (level + 1)


def _signatures(pairs: Sequence[tuple[core.Expr, core.Expr]], level: int) -> Any:
    """By what ranges of one record know that they want the same groups or order."""
    return tuple(_signature(mine, level) for mine, _ in pairs)


def _signature(expression: core.Expr, level: int) -> Any:
    match expression:
        case core.FieldRead(row=core.RowVariable(level=at), field=field) if at == level:
            return "field", field
        case core.ColumnRead(row=core.RowVariable(level=at), column=column) if at == level:
            return "column", column
        case core.RowVariable(level=at) if at == level:
            return "row"
    return id(expression)


def members(reach: core.Range, c: Compiler) -> Callable[[Env], Sequence[Row] | Missing]:
    """The rows of a range before its `where`: none where nothing relates, a conflict where that cannot be told."""
    if reach.ordinal in ("earlier", "later"):
        queued, slice_of = _queued(reach, c), slice_beside(reach, c)

        def beside(env: Env) -> Sequence[Row] | Missing:
            found = slice_of(env)
            if found is None or isinstance(found, Missing):
                return found or ()
            key, start, end = found
            return queued(key, env)[1][start:end]

        return beside
    key_of, groups, level = common(reach, c), _groups(reach, c), reach.level
    another = reach.ordinal == "another"

    def related(env: Env) -> Sequence[Row] | Missing:
        key = key_of(env)
        if key.__class__ is Missing:
            return key if is_conflict(key) else ()
        rows = groups(key, env)
        return [row for row in rows if row is not env[level - 1]] if another else rows

    return related


def _queued(reach: core.Range, c: Compiler) -> Callable[[Any, Env], Queue]:
    """A group's rows in the range's order, then by turn; rows without a place in the order are left out."""
    groups, placed = _groups(reach, c), _placed(reach, c)
    name = "queues", reach.record, _signatures(reach.same, reach.level), _signatures(reach.order, reach.level)
    queues: dict[Any, Queue] = c.memory(name)

    def queue(key: Any, env: Env) -> Queue:
        rows = groups(key, env)
        if key not in queues:
            queues[key] = placed(rows)
        return queues[key]

    return queue


def _placed(reach: core.Range, c: Compiler) -> Callable[[Iterable[Row]], Queue]:
    """Puts rows into a range's order."""
    codes, turn = [c.code(mine) for mine, _ in reach.order], turn_of(c.program, reach.record)

    def queue(rows: Iterable[Row]) -> Queue:
        placed = []
        for row in rows:
            order = _identities(codes, _alone(row, reach.level))
            if order.__class__ is not Missing:
                placed.append(((order, turn(row)), row))
        placed.sort(key=lambda pair: pair[0])
        return [order for order, _ in placed], [row for _, row in placed]

    return queue


def slice_beside(reach: core.Range, c: Compiler) -> Callable[[Env], tuple[Any, int, int] | Missing | None]:
    """Which stretch of its group's queue is earlier (or later) than the row around: the group's key, first and after last.

    None where nothing relates.
    """
    place_of, queued = _place(reach, c), _queued(reach, c)

    def find(env: Env) -> tuple[Any, int, int] | Missing | None:
        found = place_of(env)
        if found is None or isinstance(found, Missing):
            return found
        key, place = found
        return key, *_stretch(reach, queued(key, env)[0], place)

    return find


def _place(reach: core.Range, c: Compiler) -> Callable[[Env], tuple[Any, Any] | Missing | None]:
    """What the row around has in common with those of a range, and its place in their order; None where nothing relates."""
    key_of, codes, turn, level = (
        common(reach, c),
        [c.code(own) for _, own in reach.order],
        turn_of(c.program, reach.record),
        reach.level,
    )

    def find(env: Env) -> tuple[Any, Any] | Missing | None:
        key, order = key_of(env), _identities(codes, env)
        for part in (key, order):
            if part.__class__ is Missing:
                return part if is_conflict(part) else None
        return key, (order, turn(env[level - 1]))

    return find


def _stretch(reach: core.Range, places: Sequence[Any], place: Any) -> tuple[int, int]:
    """Which of the places in a queue are earlier (or later) than one: the first, and after the last."""
    if reach.ordinal == "earlier":
        return 0, bisect_left(places, place)
    return bisect_right(places, place), len(places)


def _in_sight(reach: core.Range, c: Compiler) -> Callable[[Env], Sequence[Row] | Missing]:
    """As `members`; where rows are looked for by day, without those of days on which none passes."""
    sieve = c.tables.in_sight(reach, c.code)
    if sieve is None:
        return members(reach, c)
    if reach.ordinal not in ("earlier", "later"):
        rows_of = members(reach, c)

        def related(env: Env) -> Sequence[Row] | Missing:
            rows = rows_of(env)
            return rows if isinstance(rows, Missing) else sieve(env, rows)

        return related
    # A queue of these rows alone is no queue that others could share, and soon made.
    place_of, groups, placed = _place(reach, c), _groups(reach, c), _placed(reach, c)

    def beside(env: Env) -> Sequence[Row] | Missing:
        found = place_of(env)
        if found is None or isinstance(found, Missing):
            return found or ()
        key, place = found
        places, rows = placed(sieve(env, groups(key, env)))
        start, end = _stretch(reach, places, place)
        return rows[start:end]

    return beside


# --- what is taken over them ------------------------------------------------------------------------------------------------


def passing(reach: core.Range, c: Compiler) -> Callable[[Env], Sequence[Row] | Missing]:
    """The rows of a range; missing where it is not known of one whether its `where` holds."""
    rows_of, level = _in_sight(reach, c), reach.level
    if reach.where is None:
        return rows_of
    where = c.code(reach.where)

    def rows(env: Env) -> Sequence[Row] | Missing:
        found = rows_of(env)
        if isinstance(found, Missing):
            return found
        kept = []
        for row in found:
            holds = where((*env[:level], row))
            if holds is True:
                kept.append(row)
            elif holds is not False:
                return within(row, holds)
        return kept

    return rows


def _once_for_each_group(reach: core.Range, parts: Sequence[Any], code: Code, c: Compiler) -> Code:
    """The code itself, or one that reckons once for all rows with the same things in common, where nothing else is read."""
    if reach.ordinal or any(reads_outside(part, reach.level) for part in (reach.where, *parts)):
        return code
    key_of = common(reach, c)
    answers = c.memory()

    def run(env: Env) -> Any:
        key = key_of(env)
        if key.__class__ is Missing:
            return code(env)
        if key not in answers:
            answers[key] = code(env)
        return answers[key]

    return run


FOLDS: Mapping[str, Callable[[Sequence[Any]], Any]] = {
    "total": lambda values: sum(values, Fraction(0)),
    "count": lambda values: Fraction(len(values)),
    "average": lambda values: sum(values, Fraction(0)) / len(values) if values else None,
    "least": lambda values: min(values, default=None),
    "greatest": lambda values: max(values, default=None),
}


def _aggregate(node: core.Aggregate, c: Compiler) -> Code:
    reach, operand = node.range, node.operand
    is_inner = not any(reads_outside(part, reach.level) for part in (reach.where, operand))
    if reach.ordinal in ("earlier", "later") and node.kind in ("total", "count") and is_inner:
        return _running(node, c)
    rows_of, value_of, fold = passing(reach, c), c.code(operand) if operand is not None else None, FOLDS[node.kind]
    nothing = Missing(Lack.NO_RECORDS, f"there is no {reach.record} for {words(node.span, 80)}")

    def run(env: Env) -> Any:
        rows = rows_of(env)
        if isinstance(rows, Missing):
            return rows
        if value_of is None:
            return fold(rows)
        values = []
        for row in rows:
            value = value_of((*env[: reach.level], row))
            if value.__class__ is Missing:
                return within(row, value)
            values.append(value)
        result = fold(values)
        return nothing if result is None else result

    return _once_for_each_group(reach, [operand], run, c)


def _running(node: core.Aggregate, c: Compiler) -> Code:
    """A total or count over earlier or later rows: reckoned once along each group's queue."""
    reach, later = node.range, node.range.ordinal == "later"
    queued, slice_of = _queued(reach, c), slice_beside(reach, c)
    step = _step(node, c)
    along: dict[Any, list[Any]] = c.memory()

    def run(env: Env) -> Any:
        found = slice_of(env)
        if found is None:
            return Fraction(0)
        if isinstance(found, Missing):
            return found
        key, start, end = found
        if key not in along:
            rows = queued(key, env)[1]
            along[key] = _accumulated(reversed(rows) if later else rows, step)
        return along[key][end - start]

    return run


def _accumulated(rows: Iterable[Row], step: Callable[[Row], Any]) -> list[Any]:
    """The sums after none, one, two … of the rows; what is missing once is missing ever after."""
    sums: list[Any] = [Fraction(0)]
    for row in rows:
        value = step(row)
        before = sums[-1]
        if before.__class__ is Missing:
            sums.append(before)
        else:
            sums.append(within(row, value) if value.__class__ is Missing else before + value)
    return sums


def _step(node: core.Aggregate, c: Compiler) -> Callable[[Row], Any]:
    """What one row adds to a total or count."""
    level = node.range.level
    where = c.code(node.range.where) if node.range.where is not None else None
    operand = c.code(node.operand) if node.operand is not None else None

    def step(row: Row) -> Any:
        env = _alone(row, level)
        holds = where(env) if where is not None else True
        if holds is False:
            return Fraction(0)
        if holds is not True:
            return holds
        return operand(env) if operand is not None else Fraction(1)

    return step


def _exists(node: core.Exists, c: Compiler) -> Code:
    """Whether any row passes: one that does settles it, whatever is not known of others."""
    reach, rows_of = node.range, _in_sight(node.range, c)
    where = c.code(reach.where) if reach.where is not None else None

    def run(env: Env) -> Any:
        rows = rows_of(env)
        if isinstance(rows, Missing):
            return rows
        if where is None:
            return bool(rows)
        unknown = None
        for row in rows:
            holds = where((*env[: reach.level], row))
            if holds is True:
                return True
            if holds is not False and unknown is None:
                unknown = within(row, holds)
        return False if unknown is None else unknown

    return _once_for_each_group(reach, [], run, c)


def matched(label: str, definition: core.Matched, c: Compiler) -> Code:
    """The row that a match picks."""
    reach, rows_of, turn = definition.range, passing(definition.range, c), turn_of(c.program, definition.range.record)
    codes = [c.code(part) for part in definition.order]
    alias = "" if label in (reach.record, reach.record.rsplit(".", 1)[-1]) else f" as {label}"
    nothing = Missing(Lack.NO_MATCH, f"no {reach.record} matches{alias}")

    def run(env: Env) -> Any:
        rows = rows_of(env)
        if isinstance(rows, Missing):
            return rows
        if not rows:
            return nothing
        if len(rows) == 1:
            return rows[0]
        if not definition.pick:
            places = " and ".join(row_place(row) for row in rows)
            return conflict(f"{len(rows)} rows of {reach.record} match{alias} where there may be one: {places}")
        placed = []
        for row in rows:
            order = _identities(codes, (*env[: reach.level], row))
            if order.__class__ is Missing:
                return within(row, order)
            placed.append(((order, turn(row)), row))
        pick = max if definition.pick == "latest" else min
        return pick(placed, key=lambda pair: pair[0])[1]

    return _once_for_each_group(reach, definition.order, run, c)


MAKERS: Mapping[type, Callable[[Any, Compiler], Code]] = {core.Aggregate: _aggregate, core.Exists: _exists}
