"""The rows of a range gathered: for each row around it or, where nothing else is read, for what the rows have in common.

All that is taken over the same rows is columns of one relation, which is joined to the rows around.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from sqlglot import exp

from requite.dsl import program as core
from requite.dsl.types import Kind, Type
from requite.engine.columnar import sql as s
from requite.engine.columnar.cells import Cell, strict
from requite.engine.columnar.compiler import Compiler, Sight
from requite.engine.columnar.dialect import Dialect
from requite.engine.columnar.frames import Frame, Joined, Pair, Query, Relation, columns_in
from requite.engine.columnar.likeness import reads_around, signature
from requite.engine.columnar.numbers import Number, Whole
from requite.engine.columnar.pairing import (
    Side,
    alone,
    by_number,
    comparable,
    distinct,
    has_number,
    inner_side,
    lets_through,
    levels_of,
    numbered_side,
    outer_side,
    pairs,
    side,
    sortable,
    turn_side,
)
from requite.engine.columnar.sql import Sql, select_of
from requite.engine.columnar.words import row_name
from requite.engine.wording import words


@dataclass(frozen=True, eq=False)
class Queue:
    """Rows in the order in which they stand beside each other, so that what comes before each is gone through only once.

    `passing` is what lets a row count at all; whether it does or not, others stand before it.
    """

    partition: tuple[Sql, ...]
    order: tuple[Sql, ...]
    later: bool
    passing: Sql

    def along(self, aggregate: Sql) -> Sql:
        """An aggregate over the rows on the far side of each row."""

        def change(node: exp.Expression) -> exp.Expression:
            if isinstance(node, AGGREGATES) or (isinstance(node, exp.Anonymous) and node.name in NAMED_AGGREGATES):
                return self._window(node)
            return node

        return aggregate.copy().transform(change)

    def _window(self, node: exp.Expression) -> exp.Expression:
        if isinstance(node, exp.Anonymous) and len(node.expressions) > 1:
            value, order = node.expressions
            node = exp.Anonymous(this=node.this, expressions=[value, self._counting(order)])
        elif isinstance(node, exp.Anonymous):
            node = exp.Anonymous(this=node.this, expressions=[self._counting(node.expressions[0])])
        else:
            node = node.__class__(this=self._counting(s.whole(1) if isinstance(node.this, exp.Star) else node.this))
        spec = exp.WindowSpec(kind="ROWS", start="UNBOUNDED", start_side="PRECEDING", end=s.whole(1), end_side="PRECEDING")
        ordered = [exp.Ordered(this=one, desc=self.later, nulls_first=self.later) for one in self.order]
        return exp.Window(this=node, partition_by=list(self.partition) or None, order=exp.Order(expressions=ordered), spec=spec)

    def _counting(self, value: Sql) -> Sql:
        return s.case([(self.passing, value)])


AGGREGATES = (exp.Sum, exp.Count, exp.Min, exp.Max)
OWNER = "o1"
"""The column with the number of the row around, of what is taken for each of these by itself."""

MUCH = 3
"""Rows that have so many things in common with others are few."""

NAMED_AGGREGATES = ("min_by", "max_by", "bool_or")


@dataclass(frozen=True, eq=False)
class Gathering:
    """Rows of a range, by `keys`: every row that `let_through` lets through, and of which it may not be known whether it counts.

    `sight` is where what is taken over them is reckoned, `met` by what they are met in turn.
    """

    reach: core.Range
    sight: Sight
    where: Cell | None
    met: tuple[Sql, ...]
    keys: Mapping[str, Cell]
    let_through: Sql
    queue: Queue | None = None

    @property
    def frame(self) -> Frame:
        return self.sight.frame

    @property
    def unsure(self) -> bool:
        """Whether it may not be known of some row if the `where` holds."""
        return self.where is not None and self.where.missing

    @property
    def conflicts(self) -> bool:
        return self.where is not None and self.where.conflicts

    def lacks(self, operand: Cell | None) -> Sql | None:
        """Whether something is not known of a row: if it counts, or what; None where all always is."""
        lacking = [cell.unknown for cell in (self.where, operand) if cell is not None and cell.missing]
        return s.any_of(lacking) if lacking else None


@dataclass(eq=False)
class Taken:
    """The relation of what is taken over gathered rows."""

    relation: Relation
    queue: Queue | None = None
    aggregates: dict[str, Sql] = field(default_factory=dict)
    _names: dict[str, str] = field(default_factory=dict)

    def add(self, sql: Sql, hint: str) -> str:
        """The column that holds an aggregate."""
        text = sql.sql(copy=False)
        if text not in self._names:
            name, number = hint, 1
            while name in self.aggregates:
                number += 1
                name = f"{hint}_{number}"
            self._names[text], self.aggregates[name] = name, self.queue.along(sql) if self.queue is not None else sql
        return self._names[text]


@dataclass(frozen=True, eq=False)
class Meeting:
    """Gathered rows as the rows around see them.

    Where `lack` is missing because of a conflict, it is not known which rows relate.
    """

    gathering: Gathering
    sight: Sight
    lack: Cell
    conditions: Callable[[Joined], Sequence[Sql]]
    rests_on: Sequence[Sql]

    @property
    def in_conflict(self) -> Sql:
        return self.sight.frame.hold(self.lack.in_conflict) if self.lack.conflicts else s.false()

    def conflict(self) -> Sql:
        """Why it is not known which rows relate; NULL where it is."""
        return s.case([(self.in_conflict, self.lack.why())]) if self.lack.conflicts else s.null()

    def view(self, operands: Sequence[Cell], c: Compiler) -> View:
        """What is taken over the rows, beside the rows around; `operands` is all that goes into it."""
        taken = _taken(self.gathering, operands, c)
        name = "meets", id(self.sight.frame), taken.relation.name, tuple(sql.sql(copy=False) for sql in self.rests_on)
        if name not in c.shared:
            join = self.sight.frame.join
            c.shared[name] = join(taken.relation, self.conditions, self.rests_on, self.gathering.reach.record)
        return View(taken, c.shared[name])


@dataclass(frozen=True, eq=False)
class View:
    """The columns of what is taken over rows, as the frame around has them."""

    taken: Taken
    joined: Joined

    def column(self, sql: Sql, hint: str) -> Sql:
        return self.joined.column(self.taken.add(sql, hint))

    def whole(self, value: Whole, hint: str) -> Whole:
        return Whole(self.column(value.sql, hint), value.low, value.high)


# --- gathering ------------------------------------------------------------------------------------------------------------


def meeting(reach: core.Range, parts: Sequence[core.Expr], sight: Sight, c: Compiler, queued: bool = True) -> Meeting:
    """The rows of a range, gathered for the rows around; `parts` is what is reckoned of them. `queued` where a queue will do."""
    is_inner = not reads_around([reach.where, *parts], reach.level)
    if queued and is_inner and is_queue(reach, sight, c):
        return _in_queue(reach, sight, c)
    if reach.ordinal or not is_inner:
        return _by_row(reach, sight, c)
    return _by_common(reach, sight, c)


def _by_row(reach: core.Range, sight: Sight, c: Compiler) -> Meeting:
    pair = pairs(reach, sight, c)
    name = "gathered", id(pair)
    if name not in c.shared:
        keys = {f"o{i}": Cell(_row_type(reach), owner) for i, owner in enumerate(pair.owners, 1)}
        c.shared[name] = Gathering(reach, pair.sight, pair.where, pair.met, keys, pair.not_refused)
    gathering: Gathering = c.shared[name]
    c.shared["readers", id(gathering)] = c.shared.get(("readers", id(gathering)), 0) + 1
    return Meeting(
        gathering,
        sight,
        pair.lack,
        lambda joined: [s.equal(own, joined.column(key)) for own, key in zip(pair.around, gathering.keys, strict=True)],
        pair.around,
    )


def only_for(column: str, reached: Sql, c: Compiler) -> None:
    """Leaves out of a column's pairs the rows around for which nobody asks; only where nobody else reads these pairs."""
    gathering: Gathering | None = c.shared.get(("matched by row", column))
    if gathering is None or c.shared["readers", id(gathering)] > 1 or not isinstance(gathering.frame.base, Pair):
        return
    outer = gathering.frame.base.outer
    if outer.where is None and outer.frame.stratum(reached) <= outer.stratum:
        outer.where = reached


def is_queue(reach: core.Range, sight: Sight, c: Compiler) -> bool:
    """Whether the row around stands in one queue with the rows of its range."""
    if reach.ordinal not in ("earlier", "later") or sight.frame is not c.main(reach.record).frame:
        return False
    pairs_of = (*reach.same, *reach.order)
    mine = signature(tuple(mine for mine, _ in pairs_of), lambda at: at - reach.level)
    return bool(mine == signature(tuple(own for _, own in pairs_of), lambda at: at - reach.level + 1))


def _in_queue(reach: core.Range, sight: Sight, c: Compiler) -> Meeting:
    level, inside = levels_of(reach, sight), alone(reach.record, reach.level, c)
    related = tuple(signature(part, level) for part in (reach.same, reach.order, reach.where))
    name = "queued", reach.record, reach.level, reach.ordinal, related
    ordinal = inside.rows[0].ordinal
    sides = [_beside(mine, inside, reach, c) for mine, _ in reach.same]
    sides += [side(mine, inside, c) for mine, _ in reach.order]
    if name not in c.shared:
        same = tuple(named(part, inside) for one in sides[: len(reach.same)] for part in one.parts)
        order = tuple(sortable(part) for one in sides[len(reach.same) :] for part in one.parts)
        order = distinct((*order, *(sortable(part) for part in turn_side(inside.rows[0], c))))
        where = c.cell(reach.where, inside) if reach.where is not None else None
        passing = lets_through(reach.where, inside, c) if reach.where is not None else s.true()
        queue = Queue(same, order, reach.ordinal == "later", passing)
        keys = {OWNER: Cell(_row_type(reach), ordinal)}
        c.shared[name] = Gathering(reach, inside, where, order, keys, s.all_of(one.whole.known for one in sides), queue)
    lack = strict(_row_type(reach), s.true(), *(one.whole for one in sides))
    return Meeting(c.shared[name], sight, lack, lambda joined: [s.equal(ordinal, joined.column(OWNER))], [ordinal])


def _beside(mine: core.Expr, inside: Sight, reach: core.Range, c: Compiler) -> Side:
    """What rows of one queue have in common."""
    is_numbered = has_number(mine, [reach.record] * (reach.level + 1), c)
    return numbered_side(mine, inside, c) if is_numbered else side(mine, inside, c)


def _by_common(reach: core.Range, sight: Sight, c: Compiler) -> Meeting:
    level = levels_of(reach, sight)
    mine = signature(tuple(mine for mine, _ in reach.same), level)
    numbered = tuple(by_number(reach, at, sight, c) for at in range(len(reach.same)))
    name = "gathered", reach.record, reach.level, mine, signature(reach.where, level), numbered
    if name not in c.shared:
        c.shared[name] = _common(reach, numbered, c)
    gathering: Gathering = c.shared[name]
    outer = [outer_side(reach, at, is_numbered, sight, c) for at, is_numbered in enumerate(numbered)]
    own = [part for side in outer for part in side.parts]
    a = c.arithmetic(sight)
    held = [_held(part, sight) for part in own]

    def conditions(joined: Joined) -> Sequence[Sql]:
        theirs = [renamed(cell, joined.column(key)) for key, cell in gathering.keys.items()]
        return [s.equal(*comparable(one, other, a, reach.span)) for one, other in zip(held, theirs, strict=True)]

    lack = strict(_row_type(reach), s.true(), *(side.whole for side in outer))
    return Meeting(gathering, sight, lack, conditions, [part.sql for part in held])


def _common(reach: core.Range, numbered: Sequence[bool], c: Compiler) -> Gathering:
    inside = alone(reach.record, reach.level, c)
    sides = [inner_side(mine, is_numbered, inside, c) for (mine, _), is_numbered in zip(reach.same, numbered, strict=True)]
    parts = [renamed(part, named(part, inside)) for side in sides for part in side.parts]
    where = c.cell(reach.where, inside) if reach.where is not None else None
    known = [side.whole.known for side in sides]
    passing = lets_through(reach.where, inside, c) if reach.where is not None else s.true()
    let_through = s.all_of([*known, passing])
    keys = {f"k{i}": part for i, part in enumerate(parts, 1)}
    return Gathering(reach, inside, where, (inside.rows[0].ordinal,), keys, let_through)


def _row_type(reach: core.Range) -> Type:
    return Type(Kind.ROW, record=reach.record)


def _held(cell: Cell, sight: Sight) -> Cell:
    return renamed(cell, sight.frame.hold(cell.number.top.sql if cell.number is not None else cell.sql))


def named(cell: Cell, sight: Sight) -> Sql:
    """A value as a column, that rows may be grouped by: a database takes a number that stands there for a place."""
    sql = cell.number.top.sql if cell.number is not None else cell.sql
    held = sight.frame.hold(sql)
    return held if isinstance(held, exp.Column) else sight.frame.bind(held, "x")


def renamed(cell: Cell, sql: Sql) -> Cell:
    """A value that stands in a column of its own."""
    number = cell.number
    if number is not None:
        number = Number(Whole(sql, number.top.low, number.top.high), number.bottom)
    return Cell(cell.type, sql, cell.missing, cell.why, cell.conflicts, number)


# --- the relation ---------------------------------------------------------------------------------------------------------


def _taken(gathering: Gathering, operands: Sequence[Cell], c: Compiler) -> Taken:
    """The relation in which something is taken: one for all of the same stratum, so that none must wait for itself."""
    taken = [
        sql
        for cell in operands
        for sql in (cell.sql, cell.number.bottom.sql if cell.number is not None else None)
        if sql is not None
    ]
    stratum = stratum_of(gathering, [*taken, *reasons_of(operands)])
    name = "taken", id(gathering), stratum
    if name not in c.shared:

        def build(query: Query) -> exp.Select:
            keys = {key: cell.sql for key, cell in gathering.keys.items()}
            passing = unless_certain(s.all_of([gathering.let_through, *_not_alone(gathering, query)]))
            select = query.select(gathering.frame, {**keys, **made.aggregates}, passing)
            if gathering.queue is not None:
                return _where_something_is(select, made.aggregates, query, gathering.reach.record)
            if keys:
                select.set("group", exp.Group(expressions=list(keys.values())))
            return select

        reach = gathering.reach
        about = f"{words(reach.span)} ({reach.span})"
        made = Taken(c.relation(reach.record, about, build, stratum), gathering.queue)
        c.shared[name] = made
    found: Taken = c.shared[name]
    return found


def _not_alone(gathering: Gathering, query: Query) -> list[Sql]:
    """Of a queue of rows with much in common: that a row is not the only one in it, which most are.

    Finding that out takes less time than putting all rows in order.
    """
    queue = gathering.queue
    if queue is None or len(queue.partition) < MUCH:
        return []
    parts = {f"p{i}": part for i, part in enumerate(queue.partition, 1)}
    names = [s.column(name) for name in parts]
    several = select_of(names, query.part(gathering.frame, parts, unless_certain(gathering.let_through)))
    several.set("group", exp.Group(expressions=names))
    several.set("having", exp.Having(this=s.compare(">", exp.Count(this=exp.Star()), s.whole(1))))
    queues = select_of([exp.Star()], query.named(several, "queues"))
    return [exp.In(this=exp.Tuple(expressions=list(queue.partition)), query=exp.Subquery(this=queues))]


def _where_something_is(select: exp.Select, aggregates: Mapping[str, Sql], query: Query, name: str) -> exp.Select:
    """Only the rows for which something was taken: whoever finds no row takes it for none. Most rows have none before them."""
    found = select_of([exp.Star()], query.named(select, name))
    found.set("where", exp.Where(this=s.any_of([_is_something(sql, s.column(column)) for column, sql in aggregates.items()])))
    return found


def _is_something(aggregate: Sql, found: Sql) -> Sql:
    """Whether an aggregate differs from that of no rows: a count or flag of none is there, too."""
    if isinstance(aggregate, exp.GT):
        return found
    counted = aggregate.this if isinstance(aggregate, exp.Window) else aggregate
    return s.compare(">", found, s.whole(0)) if isinstance(counted, exp.Count) else s.is_there(found)


def unless_certain(condition: Sql) -> Sql | None:
    return None if s.is_certain(condition) else condition


def stratum_of(gathering: Gathering, taken: Iterable[Sql]) -> int:
    """Above all that the relation rests on. A reason may rest on more than the value that is missing."""
    frame = gathering.frame
    keys = [cell.sql for cell in gathering.keys.values()]
    reasons = reasons_of([gathering.where] if gathering.where is not None and gathering.unsure else [])
    pieces = [gathering.let_through, *keys, *gathering.met, *taken, *reasons]
    strata = [frame.stratum(piece) for piece in pieces]
    if isinstance(frame.base, Pair):
        strata += [frame.base.stratum_of(name) for condition in frame.base.conditions for name in columns_in(condition)]
    return max(1, *strata) + 1


def reasons_of(cells: Iterable[Cell]) -> list[Sql]:
    return [cell.why() for cell in cells if cell.missing]


# --- why something is missing ---------------------------------------------------------------------------------------------


def in_turn(parts: Sequence[Sql], dialect: Dialect) -> Sql:
    """Several values as one that is ordered by each in turn."""
    return parts[0] if len(parts) == 1 else s.call("struct" if dialect.name == "spark" else "row", *parts)


def reason_of(cell: Cell, gathering: Gathering, c: Compiler) -> Sql:
    """Why something is missing, said of the row of the range in which it is."""
    why = gathering.frame.hold(cell.why())
    letter, rest = s.call("left", why, s.whole(1)), s.call("substring", why, s.whole(2))
    return s.joined_text(letter, row_name(gathering.sight.rows[-1], c), ": ", rest)


def first_met(value: Sql, condition: Sql, gathering: Gathering, c: Compiler, backwards: bool = False) -> Sql:
    """An aggregate: the value of the first row met of which a condition holds; `backwards`, of the last."""
    order = s.case([(condition, in_turn(gathering.met, c.dialect))])
    return s.call("max_by" if backwards else "min_by", value, order)


def first_lack(gathering: Gathering, operand: Cell | None, c: Compiler, running: str = "") -> Sql:
    """An aggregate: the reason of the first row of which something is not known, whether it counts before what of it counts.

    `running` is `earlier` or `later` where the rows are gone through one by one instead, away from the row around for `later`.
    """
    lacking = [cell for cell in (gathering.where, operand) if cell is not None and cell.missing]
    if running:
        reason = s.coalesce(*(s.case([(cell.unknown, reason_of(cell, gathering, c))]) for cell in lacking))
        return first_met(reason, s.any_of([cell.unknown for cell in lacking]), gathering, c, running == "later")
    holds = gathering.where.sql if gathering.unsure and gathering.where is not None else s.true()
    return s.coalesce(
        *(
            first_met(
                reason_of(cell, gathering, c),
                cell.unknown if cell is gathering.where else s.all_of([holds, cell.unknown]),
                gathering,
                c,
            )
            for cell in lacking
        )
    )
