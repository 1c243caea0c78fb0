"""The first or last row of each group of gathered rows, with what is read of it beside it, so that it need not be looked up."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from sqlglot import exp

from requite.dsl import program as core
from requite.engine.columnar import sql as s
from requite.engine.columnar.cells import Cell, Why
from requite.engine.columnar.compiler import Compiler, RowAt
from requite.engine.columnar.frames import Query, Relation, columns_in
from requite.engine.columnar.gathering import Gathering, Meeting, reason_of, stratum_of, unless_certain
from requite.engine.columnar.pairing import renamed_columns
from requite.engine.columnar.sql import Sql, column, select_of
from requite.engine.wording import words

PLACE = "place_in_turn"


@dataclass(eq=False)
class Picked:
    """The relation of picked rows: `read` are the columns of theirs that somebody asks for, `reason` is why none is picked."""

    relation: Relation
    read: dict[str, Sql] = field(default_factory=dict)
    reason: Sql | None = None


def picked_cell(definition: core.Matched, met: Meeting, order: Sequence[Sql], c: Compiler) -> tuple[Sql, Why]:
    """The ordinal of the picked row, and why it is not known which one is picked; `order` is never missing."""
    gathering, record = met.gathering, definition.range.record
    name = "picked", id(gathering), definition.pick, tuple(part.sql(copy=False) for part in order)
    if name not in c.shared:
        c.shared[name] = _picked(definition, gathering, order, c)
    made: Picked = c.shared[name]
    frame = met.sight.frame
    joins = "picked", id(frame), made.relation.name, tuple(sql.sql(copy=False) for sql in met.rests_on)
    if joins not in c.shared:
        c.shared[joins] = frame.join(made.relation, met.conditions, met.rests_on, record)
    joined = c.shared[joins]
    ordinal = joined.column("picked")
    numbered = c.numbered(record)
    numbers = [numbered.column_of(name) for name in numbered.targets] if numbered is not None else []
    own = {"_n", "_line", "_file", "_key", *c.stored_columns(record), *numbers}
    behind: list[RowAt] = []

    def take(sql: Sql) -> Sql:
        names = columns_in(sql)
        if own.issuperset(names):
            for each in names:
                made.read[f"its_{each}"] = gathering.sight.rows[-1].take(column(each))
            return renamed_columns(sql, {each: joined.column(f"its_{each}") for each in names})
        if not behind:
            again = frame.join_on(c.rows_of(record), [(ordinal, "_n")], record)
            behind.append(c.joined_row(record, met.sight, again, ordinal))
        return behind[0].take(sql)

    c.shared.setdefault(("row", id(frame), record, ordinal.sql(copy=False)), RowAt(record, ordinal, take))

    def why() -> Sql:
        if gathering.where is None or not gathering.unsure:
            return s.null()
        if made.reason is None:
            made.reason = s.case([(gathering.where.unknown, reason_of(gathering.where, gathering, c))])
        reason: Sql = joined.column("why")
        return reason

    return ordinal, why


def _picked(definition: core.Matched, gathering: Gathering, order: Sequence[Sql], c: Compiler) -> Picked:
    reach, frame = definition.range, gathering.frame
    where = gathering.where if gathering.unsure else None
    ordinal = gathering.sight.rows[-1].ordinal

    def build(query: Query) -> exp.Select:
        keys = {key: cell.sql for key, cell in gathering.keys.items()}
        outputs = {**keys, "picked": ordinal, **made.read, PLACE: _place(definition.pick, gathering, where, order)}
        kept: list[Sql] = [column(name) for name in ("picked", *made.read)]
        if where is not None:
            outputs["unknown"] = where.unknown
            kept = [s.aliased(s.case([(s.not_(column("unknown")), one)]), one.name) for one in kept]
        if made.reason is not None:
            outputs["why"] = made.reason
            kept.append(column("why"))
        rows = query.part(frame, outputs, unless_certain(gathering.let_through))
        select = select_of([*(column(key) for key in keys), *kept], rows)
        select.set("where", exp.Where(this=s.equal(column(PLACE), s.whole(1))))
        return select

    about = f"{words(reach.span)} ({reach.span})"
    made = Picked(c.relation(reach.record, about, build, stratum_of(gathering, order)))
    return made


def _place(pick: str, gathering: Gathering, where: Cell | None, order: Sequence[Sql]) -> Sql:
    """The place of a row among its like: before all, in the order in which they are met, those that may or may not count."""
    unsure = [s.case([(where.unknown, part)]) for part in gathering.met] if where is not None else []
    ordered = [exp.Ordered(this=part, nulls_first=False) for part in unsure]
    ordered += [exp.Ordered(this=part, desc=pick == "latest", nulls_first=False) for part in order]
    return exp.Window(
        this=exp.RowNumber(),
        partition_by=[cell.sql for cell in gathering.keys.values()] or None,
        order=exp.Order(expressions=ordered),
    )
