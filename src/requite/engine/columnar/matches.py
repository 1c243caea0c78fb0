"""The row that a match picks: the first or last in order, or the only one there is."""

from __future__ import annotations

from sqlglot import exp

from requite.dsl import program as core
from requite.dsl.types import Kind, Type
from requite.engine.columnar import sql as s
from requite.engine.columnar.aggregates import any_of_rows
from requite.engine.columnar.cells import CONFLICT, OTHER, Cell
from requite.engine.columnar.compiler import Compiler
from requite.engine.columnar.gathering import Gathering, Meeting, first_lack, first_met, in_turn, meeting, reason_of
from requite.engine.columnar.pairing import Side, distinct, order_sides, sortable, turn_side
from requite.engine.columnar.picking import picked_cell
from requite.engine.columnar.sql import Sql
from requite.engine.columnar.words import as_text, row_place

SEVERAL = s.compare(">", exp.Count(this=exp.Star()), s.whole(1))


def matched(column: core.Column, definition: core.Matched, c: Compiler) -> Cell:
    """The row that a match picks for each row of its record."""
    reach, home = definition.range, c.main(column.record)
    met = meeting(reach, definition.order, home, c, bool(definition.pick))
    gathering = met.gathering
    c.shared["matched by row", column.name] = gathering
    order = order_sides(definition.order, gathering.sight, c)
    wholes = [side.whole for side in order if side.whole.missing] if definition.pick else []
    alias = "" if column.label in (reach.record, reach.record.rsplit(".", 1)[-1]) else f" as {column.label}"
    if definition.pick and not wholes and gathering.queue is None:
        return _first_in_order(definition, met, order, alias, c)
    view = met.view([part for side in order for part in side.parts], c)
    unsure = gathering.where is not None and gathering.where.missing
    lacking = [any_of_rows(gathering.where.unknown)] if unsure and gathering.where is not None else []
    ordinal = gathering.sight.rows[-1].ordinal
    only = exp.Min(this=ordinal)
    if definition.pick:
        parts = [sortable(part) for side in order for part in side.parts]
        parts += [sortable(part) for part in turn_side(gathering.sight.rows[-1], c)]
        best = s.call("max_by" if definition.pick == "latest" else "min_by", ordinal, in_turn(distinct(parts), c.dialect))
        if wholes:
            lacking.append(s.all_of([SEVERAL, any_of_rows(s.any_of([whole.unknown for whole in wholes]))]))
            best = s.case([(SEVERAL, best)], only)
    else:
        lacking.append(SEVERAL)
        best = only
    picked = view.column(s.case([(s.not_(s.any_of(lacking)), best)]) if lacking else best, "picked")

    def why() -> Sql:
        reasons = [view.column(reason, "why") for reason in _reasons(definition, gathering, wholes, alias, c)]
        none = s.text(f"{OTHER}no {reach.record} matches{alias}")
        return s.case([(s.is_null(picked), s.coalesce(met.conflict(), *reasons, none))])

    conflicts = met.lack.conflicts or gathering.conflicts or not definition.pick or any(whole.conflicts for whole in wholes)
    return Cell(Type(Kind.ROW, record=reach.record), picked, True, why, conflicts)


def _first_in_order(definition: core.Matched, met: Meeting, order: list[Side], alias: str, c: Compiler) -> Cell:
    """The first or last row, where all have a place in the order."""
    reach, gathering = definition.range, met.gathering
    parts = [sortable(part) for side in order for part in side.parts]
    parts += [sortable(part) for part in turn_side(gathering.sight.rows[-1], c)]
    picked, unknown = picked_cell(definition, met, distinct(parts), c)

    def why() -> Sql:
        none = s.text(f"{OTHER}no {reach.record} matches{alias}")
        return s.case([(s.is_null(picked), s.coalesce(met.conflict(), unknown(), none))])

    return Cell(Type(Kind.ROW, record=reach.record), picked, True, why, met.lack.conflicts or gathering.conflicts)


def _reasons(definition: core.Matched, gathering: Gathering, wholes: list[Cell], alias: str, c: Compiler) -> list[Sql]:
    """Aggregates: why no row is picked, the gravest first."""
    found = [first_lack(gathering, None, c)] if gathering.unsure else []
    if not definition.pick:
        number = as_text(exp.Count(this=exp.Star()))
        said = f" rows of {definition.range.record} match{alias} where there may be one: "
        place = gathering.frame.hold(row_place(gathering.sight.rows[-1], c))
        places = c.dialect.texts_in_order(place, " and ", in_turn(gathering.met, c.dialect))
        found.append(s.case([(SEVERAL, s.joined_text(CONFLICT, number, said, places))]))
    elif wholes:
        reason = s.coalesce(*(s.case([(whole.unknown, reason_of(whole, gathering, c))]) for whole in wholes))
        unknown = s.any_of([whole.unknown for whole in wholes])
        found.append(s.case([(SEVERAL, first_met(reason, unknown, gathering, c))]))
    return found
