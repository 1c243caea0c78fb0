"""Which rows a range relates to which: by what they have in common, their order, and what its `where` asks of both."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlglot import exp

from requite.dsl import program as core
from requite.dsl.types import YES_NO, Kind
from requite.engine.columnar import sql as s
from requite.engine.columnar.cells import BLANK, Cell, strict
from requite.engine.columnar.compiler import Compiler, RowAt, Sight, Take
from requite.engine.columnar.frames import Frame, FrameRows, Pair, columns_in
from requite.engine.columnar.likeness import levels_around, signature
from requite.engine.columnar.looking_up import keys_of, number_pair, reference_keys
from requite.engine.columnar.numbers import Arithmetic
from requite.engine.columnar.problems import CannotRun
from requite.engine.columnar.sql import Sql, column
from requite.engine.columnar.tables import FIRST_DAY, LAST_DAY, turn_cells
from requite.engine.columnar.words import key_cells


@dataclass(frozen=True, eq=False)
class PairSight:
    """The frame of all pairs (row around, inner row) that a range relates before its `where`, and the rows in sight of it.

    `around` are the ordinals that tell the rows around apart, in their own frame; `owners` the same in the frame of pairs.
    `not_refused` lets through the pairs of which the `where` holds, or is not known. `met` is by what the inner rows of one owner
    are met in turn. `lack` is a cell of the frame around: where it is missing because of a conflict, it is not known what relates,
    and it says why; where it is missing otherwise, nothing relates.
    """

    sight: Sight
    frame: Frame
    outer: FrameRows
    inner: FrameRows
    around: tuple[Sql, ...]
    owners: tuple[Sql, ...]
    met: tuple[Sql, ...]
    where: Cell | None
    not_refused: Sql
    lack: Cell

    @property
    def row(self) -> RowAt:
        """The inner row."""
        return self.sight.rows[-1]

    @property
    def holds(self) -> Sql:
        """Whether the `where` holds of a pair; NULL where that is not known."""
        return self.where.sql if self.where is not None else s.true()

    @property
    def unknown(self) -> Sql:
        return self.where.unknown if self.where is not None else s.false()


def lets_through(condition: core.Expr, sight: Sight, c: Compiler, lift: Take = lambda sql: sql) -> Sql:
    """Whether a condition holds or is not known, its parts apart, and as plain comparisons, so that a database may join by them.

    `lift` is for the two sides of what compares dates.
    """
    if isinstance(condition, core.Logic) and condition.operator == "and":
        return s.all_of([lets_through(part, sight, c, lift) for part in condition.operands])
    if isinstance(condition, core.Compare) and condition.operator in ("<=", ">=") and _are_dates(condition):
        cells = [c.cell(side, sight) for side in (condition.left, condition.right)]
        if condition.operator == "<=":
            cells.reverse()
        late, early = (
            s.coalesce(cell.sql, end) if cell.missing else cell.sql for cell, end in zip(cells, (LAST_DAY, FIRST_DAY), strict=True)
        )
        return s.compare(">=", lift(late), lift(early))
    cell = c.cell(condition, sight)
    return s.coalesce(cell.sql, s.true()) if cell.missing else cell.sql


def _are_dates(condition: core.Compare) -> bool:
    return condition.left.type.kind is condition.right.type.kind is Kind.DATE


# --- where a range is reckoned --------------------------------------------------------------------------------------------


def homed(reach: core.Range, parts: Sequence[Any], sight: Sight, c: Compiler) -> tuple[Sight, RowAt | None]:
    """Where a range is best reckoned: one that reads a single row around it in that row's own frame, once for all who see it.

    The row is given where its frame is another than that of the sight: what is reckoned must be taken over from there.
    """
    levels = levels_around(reach, parts)
    if len(levels) != 1:
        return sight, None
    row = sight.rows[next(iter(levels))]
    home = c.main(row.record)
    if home.frame is sight.frame:
        return sight, None
    return Sight(home.frame, home.rows[:1] * reach.level), row


def alone(record: str, level: int, c: Compiler) -> Sight:
    """The sight of an expression that reads the inner row only: it stands at its level."""
    home = c.main(record)
    return Sight(home.frame, home.rows[:1] * (level + 1))


def levels_of(reach: core.Range, sight: Sight) -> Any:
    """What levels are called in the signatures of a range: the rows around by where they stand, the others from the range on."""
    ordinals = [row.ordinal.sql(copy=False) for row in sight.rows[: reach.level]]

    def level(at: int) -> Any:
        return at - reach.level if at >= reach.level else ("around", ordinals[at])

    return level


def range_signature(reach: core.Range, sight: Sight) -> Any:
    """What two ranges in one frame have in common that relate the same rows."""
    level = levels_of(reach, sight)
    order = signature(reach.order, level) if reach.ordinal in ("earlier", "later") else ()
    beside = level(reach.level - 1) if reach.ordinal else None
    return reach.record, signature(reach.same, level), signature(reach.where, level), reach.ordinal, order, beside


# --- what is compared -----------------------------------------------------------------------------------------------------


@dataclass(frozen=True, eq=False)
class Side:
    """One side of what a range compares: the value as a whole, and its parts as they are compared."""

    whole: Cell
    parts: tuple[Cell, ...]


def side(expression: core.Expr, sight: Sight, c: Compiler) -> Side:
    """A value as it is compared and grouped by: a row by its key, a period by its two days."""
    whole, parts = keys_of(expression, sight, c)
    if whole.type.kind is Kind.PERIOD and whole.until is not None:
        first = Cell(YES_NO, whole.sql, whole.missing)
        return Side(whole, (first, Cell(YES_NO, whole.until, whole.missing)))
    return Side(whole, tuple(parts))


def bare_reference(expression: core.Expr, sight: Sight, c: Compiler) -> Side | None:
    """A reference of a row in sight as it is stored, whether it leads anywhere or not; None of anything else.

    Where the other side is a row, or has been looked up, equal keys say that it leads there.
    """
    if not isinstance(expression, core.FieldRead) or expression.type.kind is not Kind.ROW:
        return None
    if not isinstance(expression.row, core.RowVariable) or c.is_dated(expression.type.record):
        return None
    keys = reference_keys(expression, sight.rows[expression.row.level], c)
    if len(keys) != len(key_cells(expression.type.record, c)):
        return None
    missing = [key.unknown for key in keys if key.missing]
    blank = s.case([(s.any_of(missing), s.text(BLANK))]) if missing else s.null()
    return Side(Cell(expression.type, keys[0].sql, bool(missing), lambda: blank), tuple(keys))


def inner_side(expression: core.Expr, numbered: bool, sight: Sight, c: Compiler) -> Side:
    """The inner side of what rows have in common: the outer side has been looked up, or is a row."""
    if numbered:
        return numbered_side(expression, sight, c)
    return bare_reference(expression, sight, c) or side(expression, sight, c)


def outer_side(reach: core.Range, at: int, numbered: bool, sight: Sight, c: Compiler) -> Side:
    """The side around the range: a lone reference need not be looked up where the inner side is a row."""
    mine, own = reach.same[at]
    if numbered:
        return numbered_side(own, sight, c)
    is_lone = len(reach.same) == 1 and not reach.order and isinstance(mine, core.RowVariable)
    bare = bare_reference(own, sight, c) if is_lone else None
    return bare or side(own, sight, c)


def by_number(reach: core.Range, at: int, sight: Sight, c: Compiler) -> bool:
    """Whether both sides are rows whose numbers are at hand; a lone reference to the row itself needs no numbers."""
    mine, own = reach.same[at]
    is_lone = len(reach.same) == 1 and not reach.order and isinstance(own, core.RowVariable)
    records = [reach.record] * (reach.level + 1)
    around = [row.record for row in sight.rows]
    return not is_lone and has_number(mine, records, c) and has_number(own, around, c)


def has_number(expression: core.Expr, records: Sequence[str], c: Compiler) -> bool:
    """Whether an expression is a row, or a reference, whose number stands with the row in sight."""
    if expression.type.kind is not Kind.ROW or c.is_dated(expression.type.record):
        return False
    if isinstance(expression, core.RowVariable):
        return True
    if not isinstance(expression, core.FieldRead) or not isinstance(expression.row, core.RowVariable):
        return False
    rows = c.numbered(records[expression.row.level])
    return rows is not None and expression.field in rows.targets


def numbered_side(expression: core.Expr, sight: Sight, c: Compiler) -> Side:
    """A row as it is compared by its number."""
    whole = c.cell(expression, sight)
    return Side(whole, (Cell(YES_NO, whole.sql, whole.missing),))


def order_sides(expressions: Sequence[core.Expr], sight: Sight, c: Compiler) -> list[Side]:
    return [side(expression, sight, c) for expression in expressions]


def turn_side(row: RowAt, c: Compiler) -> tuple[Cell, ...]:
    """What settles ties between rows: their turn."""
    return tuple(cell.moved(row.take) for cell in turn_cells(row.record, c))


def equalities(mine: Sequence[Cell], theirs: Sequence[Cell], a: Arithmetic, span: Any) -> list[Sql]:
    """That values are the same, part for part; not so where any is missing."""
    return [s.equal(*comparable(one, other, a, span)) for one, other in zip(mine, theirs, strict=True)]


def comparable(one: Cell, other: Cell, a: Arithmetic, span: Any) -> tuple[Sql, Sql]:
    if one.number is None or other.number is None:
        return one.sql, other.sql
    try:
        return number_pair(one.number, other.number, a)
    except CannotRun as error:
        reason = "a number that has a different denominator in each record cannot relate rows: round it first"
        raise CannotRun(reason, span) from error


def before(first: Sequence[Cell], second: Sequence[Cell], a: Arithmetic) -> Sql:
    """Whether one sequence of values comes strictly before another, the first difference deciding. No value is missing."""
    one, other = first[0], second[0]
    if one.number is not None and other.number is not None:
        less, same = a.compare("<", one.number, other.number), a.compare("=", one.number, other.number)
    else:
        less, same = s.compare("<", one.sql, other.sql), s.equal(one.sql, other.sql)
    if len(first) == 1:
        return less
    return s.any_of([less, s.all_of([same, before(first[1:], second[1:], a)])])


# --- pairs ----------------------------------------------------------------------------------------------------------------


def pairs(reach: core.Range, sight: Sight, c: Compiler) -> PairSight:
    """The frame of all pairs (rows around, inner row) that a range relates."""
    name = "pairs", id(sight.frame), len(sight.rows), range_signature(reach, sight)
    if name not in c.shared:
        c.shared[name] = _pairs(reach, Sight(sight.frame, sight.rows[: reach.level]), c), sight.frame
    found: PairSight = c.shared[name][0]
    return found


def _pairs(reach: core.Range, sight: Sight, c: Compiler) -> PairSight:
    outer, inner = FrameRows(sight.frame), c.rows_of(reach.record)
    inner.has("_n")
    around = identity(sight)
    conditions: list[Sql] = []
    frame = Frame(f"{sight.frame.name}_{reach.record}".replace(".", "_"), Pair(outer, inner, conditions))
    rows = tuple(RowAt(row.record, _over("o_", outer, row.ordinal), _taker("o_", outer, row)) for row in sight.rows)
    own = c.main(reach.record).rows[0]
    inside = RowAt(reach.record, column("i__n"), _taker("i_", inner, own))
    paired = Sight(frame, (*rows, inside))
    lack, met = _relate(reach, sight, outer, inner, conditions, c)
    owners = tuple(column(f"o_{outer.output(ordinal)}") for ordinal in around)
    where = c.cell(reach.where, paired) if reach.where is not None else None
    passing = (
        lets_through(reach.where, paired, c, lambda sql: _on_its_side(sql, frame, outer, inner))
        if reach.where is not None
        else s.true()
    )
    return PairSight(paired, frame, outer, inner, around, owners, met, where, passing, lack)


def _on_its_side(sql: Sql, frame: Frame, outer: FrameRows, inner: FrameRows) -> Sql:
    """What rests on one side alone as a column of that side, reckoned before the sides meet: a database then joins by it."""
    bound, joins = frame.needed([sql])
    if joins:
        return sql
    whole = sql
    while mine := [name for name in columns_in(whole) if name in bound]:
        whole = renamed_columns(whole, {name: bound[name].sql for name in mine})
    names = columns_in(whole)
    for prefix, side in (("o_", outer), ("i_", inner)):
        if names and all(name.startswith(prefix) for name in names):
            own = renamed_columns(whole, {name: side.outputs[name.removeprefix(prefix)] for name in names})
            return column(prefix + side.output(own))
    return sql


def renamed_columns(sql: Sql, others: Mapping[str, Sql]) -> Sql:
    """A piece of SQL with something else in place of some of its columns."""

    def change(node: exp.Expression) -> exp.Expression:
        return others.get(node.name, node) if isinstance(node, exp.Column) else node

    return sql.copy().transform(change)


def identity(sight: Sight) -> tuple[Sql, ...]:
    """The ordinals by which the rows of a frame are told apart."""
    return tuple({row.ordinal.sql(copy=False): row.ordinal for row in sight.rows}.values())


def _over(prefix: str, rows: FrameRows, sql: Sql) -> Sql:
    """A piece of the SQL of one side, as the frame of pairs has it."""
    return column(prefix + rows.output(sql)) if columns_in(sql) else sql


def _taker(prefix: str, rows: FrameRows, row: RowAt) -> Take:
    return lambda sql: _over(prefix, rows, row.take(sql))


def _relate(
    reach: core.Range, sight: Sight, outer: FrameRows, inner: FrameRows, conditions: list[Sql], c: Compiler
) -> tuple[Cell, tuple[Sql, ...]]:
    """Adds what must hold of a pair; gives what may be missing around the range, and by what inner rows are met in turn."""
    inside, a = alone(reach.record, reach.level, c), c.arithmetic(sight)

    def ours(cell: Cell) -> Cell:
        return cell.moved(lambda sql: _over("o_", outer, sql))

    def theirs(cell: Cell) -> Cell:
        return cell.moved(lambda sql: _over("i_", inner, sql))

    wholes: list[Cell] = []
    for at, (mine, _) in enumerate(reach.same):
        numbered = by_number(reach, at, sight, c)
        within, around = inner_side(mine, numbered, inside, c), outer_side(reach, at, numbered, sight, c)
        wholes.append(around.whole)
        if numbered and isinstance(mine, core.FieldRead):
            _related_by(mine.field, reach, sight, c)
        conditions += equalities([theirs(p) for p in within.parts], [ours(p) for p in around.parts], a, reach.span)
    met: tuple[Sql, ...] = (column("i__n"),)
    if reach.ordinal in ("earlier", "later"):
        mine_order = order_sides([mine for mine, _ in reach.order], inside, c)
        own_order = order_sides([own for _, own in reach.order], sight, c)
        wholes += [one.whole for one in own_order]
        first = [theirs(p) for one in mine_order for p in one.parts] + [theirs(p) for p in turn_side(inside.rows[0], c)]
        second = [ours(p) for one in own_order for p in one.parts]
        second += [ours(p) for p in turn_side(sight.rows[reach.level - 1], c)]
        conditions += [theirs(one.whole).known for one in mine_order if one.whole.missing]
        conditions += [ours(one.whole).known for one in own_order if one.whole.missing]
        conditions.append(before(first, second, a) if reach.ordinal == "earlier" else before(second, first, a))
        met = distinct([sortable(part) for part in first])
    beside = sight.rows[reach.level - 1] if reach.ordinal == "another" else None
    if beside is not None and beside.record == reach.record:
        conditions.append(s.compare("!=", column("i__n"), _over("o_", outer, beside.ordinal)))
    return strict(YES_NO, s.true(), *wholes), met


def _related_by(field: str, reach: core.Range, sight: Sight, c: Compiler) -> None:
    rows = c.numbered(reach.record)
    if rows is not None and sight.rows[reach.level - 1].record == reach.record:
        rows.relates_by(field)


def distinct(parts: Sequence[Sql]) -> tuple[Sql, ...]:
    """Values in turn, those left out that stand there already."""
    return tuple({part.sql(copy=False): part for part in parts}.values())


def sortable(cell: Cell) -> Sql:
    """A value by which rows can be put in order."""
    if cell.number is not None and cell.number.scale is None:
        raise CannotRun("a number that has a different denominator in each record cannot put rows in order: round it first")
    return cell.sql
