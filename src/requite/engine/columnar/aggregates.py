"""What is taken over related rows: totals, counts, averages, extremes, and whether there is any."""

from __future__ import annotations

from sqlglot import exp

from requite.dsl import program as core
from requite.dsl.types import YES_NO
from requite.engine.columnar import sql as s
from requite.engine.columnar.cells import OTHER, Cell
from requite.engine.columnar.compiler import Compiler, Sight
from requite.engine.columnar.gathering import Meeting, View, first_lack, meeting
from requite.engine.columnar.likeness import reads_around
from requite.engine.columnar.numbers import Arithmetic, Number, Whole
from requite.engine.columnar.pairing import homed
from requite.engine.columnar.problems import CannotRun
from requite.engine.columnar.sql import Sql
from requite.engine.wording import QUOTED, words

DONE = {
    "total": "totalled",
    "average": "averaged",
    "least": "compared with those of other rows",
    "greatest": "compared with those of other rows",
}


def aggregate(node: core.Aggregate, sight: Sight, c: Compiler) -> Cell:
    """What is taken over the rows of a range."""
    home, row = homed(node.range, [node.operand], sight, c)
    met = meeting(node.range, [node.operand] if node.operand is not None else [], home, c)
    operand = c.cell(node.operand, met.gathering.sight) if node.operand is not None else None
    view = met.view([operand] if operand is not None else [], c)
    made = _sum(node, operand, met, view, c) if node.kind in ("total", "count") else _pick(node, operand, met, view, c)
    return made if row is None else made.moved(row.take)


def _sum(node: core.Aggregate, operand: Cell | None, met: Meeting, view: View, c: Compiler) -> Cell:
    """A total or count: zero where there is no row."""
    reach, gathering, a = node.range, met.gathering, c.arithmetic(met.sight)
    lacks = gathering.lacks(operand)
    if operand is None or node.kind == "count":
        top, scale = view.whole(_unless(lacks, counted(reach.record, c)), "count"), 1
    else:
        value, scale = _over_one_scale(node, operand.exact)
        top = view.whole(_unless(lacks, totalled(value, reach.record, c)), "total")
    blocked = [met.in_conflict] if met.lack.conflicts else []
    if lacks is not None:
        blocked.append(s.is_true(view.column(any_of_rows(lacks), "lacks")))
    filled = s.coalesce(top.sql, a.whole(0).sql)
    sql = s.case([(s.not_(s.any_of(blocked)), filled)]) if blocked else filled
    number = Number(Whole(sql, min(top.low, 0), max(top.high, 0)), a.whole(scale))
    parts = [reach.where, *([node.operand] if node.operand is not None else [])]
    running = reach.ordinal if reach.ordinal in ("earlier", "later") and not reads_around(parts, reach.level) else ""

    def why() -> Sql:
        first = view.column(first_lack(gathering, operand, c, running), "why") if lacks is not None else s.null()
        return s.coalesce(met.conflict(), first)

    return Cell(node.type, sql, bool(blocked), why, _conflicts(met, operand), number)


def _pick(node: core.Aggregate, operand: Cell | None, met: Meeting, view: View, c: Compiler) -> Cell:
    """An average or extreme: missing where there is no row."""
    if operand is None:
        raise CannotRun("it is taken of nothing: say what of, as in total of amount over each line", node.span)
    reach, gathering, a = node.range, met.gathering, c.arithmetic(met.sight)
    lacks = gathering.lacks(operand)
    number, sql = _picked(node, operand, lacks, view, a, c)
    none = s.text(f"{OTHER}there is no {reach.record} for {words(node.span, QUOTED)}")

    def why() -> Sql:
        first = view.column(first_lack(gathering, operand, c), "why") if lacks is not None else s.null()
        return s.case([(s.is_null(sql), s.coalesce(met.conflict(), first, none))])

    return Cell(node.type, sql, True, why, _conflicts(met, operand), number)


def _picked(
    node: core.Aggregate, operand: Cell, lacks: Sql | None, view: View, a: Arithmetic, c: Compiler
) -> tuple[Number | None, Sql]:
    if operand.number is None:
        greatest = node.kind == "greatest"
        sql = view.column(_clean(lacks, (exp.Max if greatest else exp.Min)(this=operand.sql)), node.kind)
        return None, sql
    value, scale = _over_one_scale(node, operand.exact)
    if node.kind == "average":
        count = counted(node.range.record, c)
        top = view.whole(_unless(lacks, totalled(value, node.range.record, c)), "total")
        number = view.whole(_unless(lacks, count), "count")
        bottom = a.multiply(Whole(number.sql, 1, max(count.high, 1)), a.whole(scale))
        return Number(top, bottom), top.sql
    made = (exp.Max if node.kind == "greatest" else exp.Min)(this=value.sql)
    top = view.whole(_unless(lacks, Whole(made, value.low, value.high)), node.kind)
    return Number(top, a.whole(scale)), top.sql


def exists(node: core.Exists, sight: Sight, c: Compiler) -> Cell:
    """Whether any row of a range passes: one that does settles it, whatever is not known of others."""
    home, row = homed(node.range, [], sight, c)
    made = _exists(meeting(node.range, [], home, c), c)
    return made if row is None else made.moved(row.take)


def _exists(met: Meeting, c: Compiler) -> Cell:
    gathering, view = met.gathering, met.view([], c)
    count = s.coalesce(view.column(exp.Count(this=exp.Star()), "count"), s.whole(0))
    some = s.compare(">", count, s.whole(0))
    branches: list[tuple[Sql, Sql]] = [(met.in_conflict, s.null())] if met.lack.conflicts else []
    if not gathering.unsure or gathering.where is None:
        sql = s.case(branches, some) if branches else some
        return Cell(YES_NO, sql, bool(branches), met.conflict, met.lack.conflicts)
    passing = s.is_true(view.column(s.call("bool_or", gathering.where.sql), "passes"))
    sql = met.sight.frame.hold(s.case([*branches, (passing, s.true()), (some, s.null())], s.false()))

    def why() -> Sql:
        first = view.column(first_lack(gathering, None, c), "why")
        return s.case([(s.is_null(sql), s.coalesce(met.conflict(), first))])

    return Cell(YES_NO, sql, True, why, _conflicts(met, None))


# --- aggregates -----------------------------------------------------------------------------------------------------------


def _conflicts(met: Meeting, operand: Cell | None) -> bool:
    return met.lack.conflicts or met.gathering.conflicts or (operand is not None and operand.conflicts)


def any_of_rows(condition: Sql) -> Sql:
    """Whether a condition holds of any row."""
    return s.compare(">", exp.Count(this=s.case([(condition, s.whole(1))])), s.whole(0))


def _clean(lacks: Sql | None, made: Sql) -> Sql:
    """An aggregate, missing where something is not known of any row."""
    return made if lacks is None else s.case([(s.not_(any_of_rows(lacks)), made)])


def _unless(lacks: Sql | None, made: Whole) -> Whole:
    return Whole(_clean(lacks, made.sql), made.low, made.high)


def _over_one_scale(node: core.Aggregate, number: Number) -> tuple[Whole, int]:
    scale = number.scale
    if scale is None:
        reason = f"a number that has a different denominator in each record cannot be {DONE[node.kind]}: round it first"
        raise CannotRun(reason, node.span)
    return number.top, scale


def counted(record: str, c: Compiler) -> Whole:
    """An aggregate: how many rows there are."""
    return Whole(exp.Count(this=exp.Star()), 0, c.rows_at_most(record))


def totalled(value: Whole, record: str, c: Compiler) -> Whole:
    """An aggregate: the sum of whole numbers, in 64 bits where it surely fits."""
    rows, limit = c.rows_at_most(record), c.dialect.limit
    made = Whole(s.null(), max(min(value.low, 0) * rows, -limit), min(max(value.high, 0) * rows, limit))
    if not made.is_big:
        return Whole(s.cast(exp.Sum(this=value.sql), "BIGINT"), made.low, made.high)
    piece = value.sql if value.is_big or c.dialect.name == "duckdb" else s.cast(value.sql, c.dialect.big)
    return Whole(s.cast(exp.Sum(this=piece), c.dialect.big), made.low, made.high)
