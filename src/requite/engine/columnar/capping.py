"""Caps that reach over several rows of a payment, or over several payments of a scheme."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from fractions import Fraction
from math import lcm

from sqlglot import exp

from requite.dsl import program as core
from requite.dsl.types import Kind, Type
from requite.engine.arithmetic import whole_units
from requite.engine.columnar import sql as s
from requite.engine.columnar.cells import Cell
from requite.engine.columnar.compiler import Compiler, RowAt, Sight
from requite.engine.columnar.frames import Frame, Joined, Query
from requite.engine.columnar.gates import NOT_ASSESSABLE, STATUSES, StopCell, unknown_stop
from requite.engine.columnar.looking_up import keys_of, row_at
from requite.engine.columnar.numbers import Arithmetic, Number, Whole
from requite.engine.columnar.problems import refused_at
from requite.engine.columnar.settling import Settled, brought_to, in_words, nothing, stopped
from requite.engine.columnar.sql import Sql, column
from requite.engine.columnar.tables import turn_cells
from requite.engine.columnar.windows import (
    Beside,
    beside,
    comparable,
    first_place,
    given_in_parts,
    given_in_rows,
    no_more_than,
    picked,
    place,
    rows_in,
    sum_over,
)
from requite.engine.columnar.words import row_name
from requite.engine.wording import words

Grouping = core.OnlyFirstClause | core.TogetherClause


def settle_groups(rule: core.PaymentRule, alone: Settled, c: Compiler) -> Settled:
    """What a payment comes to under `only the first` and then `together at most`; £0 counts for neither."""
    found = alone
    for first in (clause for clause in rule.clauses if isinstance(clause, core.OnlyFirstClause)):
        found = _only_first(rule, first, found, c)
    for together in (clause for clause in rule.clauses if isinstance(clause, core.TogetherClause)):
        found = _together(rule, together, found, c)
    return found


# --- the rows of a group ----------------------------------------------------------------------------------------------------


@dataclass(eq=False)
class _Groups:
    """The rows with something to pay, or not assessable, beside those that agree with them in what a clause names.

    They have a frame of their own; what is given out of it is written down once as a relation, which is joined to that of their
    record.
    """

    sight: Sight
    c: Compiler
    beside: Beside
    partition: list[Sql] = field(default_factory=list)
    order: list[Sql] = field(default_factory=list)
    outputs: dict[str, Sql] = field(default_factory=dict)
    joined: Joined | None = None

    @property
    def frame(self) -> Frame:
        return self.beside.frame

    @property
    def a(self) -> Arithmetic:
        return Arithmetic(self.c.dialect, self.frame.hold)

    @property
    def ordinal(self) -> Sql:
        return self.beside.take(column("_n"))

    def seal(self, hint: str, about: str) -> None:
        """No more is taken from the record's frame: what rests on it is known."""
        relation = self.c.relation(hint, about, self._select, self.beside.stratum + 1)
        self.outputs["_n"] = self.ordinal
        self.joined = self.sight.frame.join_on(relation, [(column("_n"), "_n")], hint)

    def _select(self, query: Query) -> exp.Select:
        return query.select(self.frame, self.outputs)

    def give(self, sql: Sql, name: str) -> exp.Column:
        """A piece of this frame, as the record's frame sees it."""
        assert self.joined is not None
        self.outputs[name] = sql
        return self.joined.column(name)


def _groups(clause: Grouping, before: Settled, record: str, ordered: bool, c: Compiler) -> tuple[_Groups, list[StopCell]]:
    """The groups of a clause, and where a row belongs to none because a part of what it names is missing."""
    sight, text = c.main(record), words(clause.span)
    parts = [keys_of(part, sight, c) for part in clause.same]
    order = [keys_of(part, sight, c) for part in clause.order] if ordered else []
    due = sight.frame.hold(before.due)
    wholes = [whole for whole, _ in (*parts, *order)]
    stops = [unknown_stop(whole, f"{text}: ").where(due) for whole in wholes if whole.missing]
    counts = s.any_of([due, before.unknown])
    where = s.all_of([counts, *(whole.known for whole in wholes)])
    groups = _Groups(sight, c, beside(sight.frame, where, f"{record}_groups"))
    with refused_at(clause.span):
        groups.partition += [groups.beside.take(sql) for _, cells in parts for cell in cells for sql in comparable(cell)]
        groups.order += [groups.beside.take(sql) for _, cells in order for cell in cells for sql in comparable(cell)]
        groups.order += [groups.beside.take(sql) for cell in turn_cells(record, c) for sql in comparable(cell)]
    groups.order.append(groups.ordinal)
    return groups, stops


@dataclass(frozen=True, eq=False)
class _Placed:
    """`place` of each row in its group. `at` is the first place that is not assessable, `member` whether a row counts."""

    place: Sql
    at: Sql | None
    member: Sql


def _placed(groups: _Groups, before: Settled, all_of_them: bool) -> _Placed:
    undecided = groups.beside.take(groups.sight.frame.hold(before.unknown)) if before.missing else None
    at_place = groups.frame.bind(place(groups.partition, groups.order), "place")
    if undecided is None:
        return _Placed(at_place, None, s.true())
    at = groups.frame.bind(first_place(undecided, at_place, groups.partition), "undecided_at")
    member = s.is_null(at) if all_of_them else s.coalesce(s.compare("<", at_place, at), s.true())
    return _Placed(at_place, at, groups.frame.bind(member, "counts"))


def _waiting(clause: Grouping, placed: _Placed, before: Settled, groups: _Groups, all_of_them: bool, c: Compiler) -> list[StopCell]:
    """Where a row's part of a limit depends on another that is not assessable."""
    at = placed.at
    if at is None:
        return []
    by = picked(groups.ordinal, s.equal(placed.place, at), groups.partition)
    waits = s.is_there(at) if all_of_them else s.compare(">", placed.place, at)
    other = groups.give(groups.frame.bind(s.case([(waits, groups.frame.bind(by, "undecided"))]), "waits_for"), "waits_for")
    text = words(clause.span)

    def reason() -> Sql:
        theirs = _other_row(other, groups, c).take(before.reason())
        return s.joined_text(f"{text}: it shares this limit with what is not assessable: ", theirs)

    condition = s.all_of([before.due, s.is_there(other)])
    return [StopCell(condition, STATUSES[NOT_ASSESSABLE], reason)]


def _other_row(ordinal: Sql, groups: _Groups, c: Compiler) -> RowAt:
    """Another row of the same record."""
    cell = Cell(Type(Kind.ROW, record=groups.sight.rows[0].record), ordinal)
    return row_at(cell, groups.sight, c)


# --- only the first ---------------------------------------------------------------------------------------------------------


def _only_first(rule: core.PaymentRule, clause: core.OnlyFirstClause, before: Settled, c: Compiler) -> Settled:
    groups, stops = _groups(clause, before, rule.record, True, c)
    placed = _placed(groups, before, False)
    groups.seal(f"{rule.label}_first", f"{clause.span}: the place of each {rule.record} among those that {rule.name} pays")
    stops += _waiting(clause, placed, before, groups, False, c)
    sight, a, text = groups.sight, c.arithmetic(groups.sight), words(clause.span)
    number = c.cell(clause.number, sight)
    if number.missing:
        stops.append(unknown_stop(number, f"{text}: ").where(before.due))
    at = Whole(groups.give(placed.place, "place"), 1, rows_in(rule.record, c))
    beyond = s.all_of([before.due, a.compare(">", a.of(at), a.hold_number(number.exact))])
    note = s.joined_text("this is number ", s.cast(at.sql, "TEXT"), ", ")
    return stopped(stops, brought_to(before, beyond, nothing(a), text, c, sight, note=note), sight, c)


# --- together at most -------------------------------------------------------------------------------------------------------


def _together(rule: core.PaymentRule, clause: core.TogetherClause, before: Settled, c: Compiler) -> Settled:
    """A group held to its limit, which must come to one figure for all its rows."""
    groups, stops = _groups(clause, before, rule.record, not clause.in_proportion, c)
    placed = _placed(groups, before, clause.in_proportion)
    sight, a, text = groups.sight, c.arithmetic(groups.sight), words(clause.span)
    cell = c.cell(clause.limit, sight)
    limit = a.hold_number(cell.exact)
    if cell.missing:
        known = groups.beside.take(sight.frame.hold(cell.known))
        placed = replace(placed, member=groups.frame.bind(s.all_of([placed.member, known]), "counts"))
    scale = lcm(before.amount.scale or 1, rule.rounding.unit.denominator)
    amount = groups.beside.taken(a.held(a.brought_to(before.amount, scale)))
    units = groups.beside.taken(_whole_units(limit, rule.rounding.unit, a))
    own = Number(groups.beside.taken(limit.top), groups.beside.taken(limit.bottom))
    groups.seal(f"{rule.label}_together", f"{clause.span}: what {rule.name} pays the {rule.record} rows that share a limit")
    stops += _waiting(clause, placed, before, groups, clause.in_proportion, c)
    if cell.missing:
        stops.append(unknown_stop(cell, f"{text}: ").where(before.due))
    if limit.constant is None:
        stops.append(_two_limits(clause, own, limit, placed, before, groups, c))
    stops.append(_below_nothing(text, limit, sight, c).where(before.due))
    within = _Within(amount, units, rule.rounding.unit, scale, rows_in(rule.record, c))
    given = _in_proportion(within, placed, groups) if clause.in_proportion else _first_come(within, placed, groups)
    after = a.of(Whole(groups.give(given.sql, "given"), given.low, given.high), scale)
    binds = s.all_of([before.due, a.compare("<", after, before.amount)])
    return stopped(stops, brought_to(before, binds, after, text, c, sight), sight, c)


def _below_nothing(text: str, limit: Number, sight: Sight, c: Compiler) -> StopCell:
    """A limit below £0 is a conflict."""

    def reason() -> Sql:
        return s.joined_text(f"{text}: the limit is ", in_words(limit, sight, c))

    below: Sql = s.compare("<", limit.top.sql, s.whole(0))
    if limit.constant is not None or limit.top.low >= 0:
        below = s.yes_no((limit.constant or 0) < 0)
    return StopCell(below, STATUSES[NOT_ASSESSABLE], reason, s.true, True)


def _two_limits(
    clause: core.TogetherClause,
    own: Number,
    limit: Number,
    placed: _Placed,
    before: Settled,
    groups: _Groups,
    c: Compiler,
) -> StopCell:
    """Limits that differ within a group are a conflict: the first one's, and the first that is another."""
    frame, partition, a = groups.frame, groups.partition, groups.a
    first_at = frame.bind(first_place(placed.member, placed.place, partition), "first_at")
    is_first = s.equal(placed.place, first_at)
    first = Number(*(_of_the_first(part, is_first, groups) for part in (own.top, own.bottom)))
    differs = frame.bind(s.all_of([placed.member, a.compare("!=", own, first)]), "differs")
    other_at = frame.bind(first_place(differs, placed.place, partition), "other_at")
    clash = groups.give(s.is_true(s.all_of([placed.member, s.is_there(other_at)])), "clash")

    def reason() -> Sql:
        rows = [
            _other_row(groups.give(frame.bind(picked(groups.ordinal, s.equal(placed.place, at), partition), name), name), groups, c)
            for at, name in ((first_at, "first_row"), (other_at, "other_row"))
        ]
        shown = in_words(limit, groups.sight, c)
        said = [s.joined_text(row.take(shown), " for ", row_name(row, c)) for row in rows]
        return s.joined_text(f"{words(clause.span)}: the limit comes to ", said[0], " and ", said[1])

    condition = s.all_of([before.due, s.is_true(clash)])
    return StopCell(condition, STATUSES[NOT_ASSESSABLE], reason, s.true, True)


def _of_the_first(value: Whole, is_first: Sql, groups: _Groups) -> Whole:
    if value.constant is not None:
        return value
    return Whole(groups.frame.hold(picked(value.sql, is_first, groups.partition)), value.low, value.high)


@dataclass(frozen=True, eq=False)
class _Within:
    """An amount (over `scale`) and its limit in whole units, as the frame of the groups has them; `rows` there are at most."""

    amount: Whole
    units: Whole
    unit: Fraction
    scale: int
    rows: int

    @property
    def step(self) -> int:
        """A unit over the scale."""
        return int(self.unit * self.scale)


def _counting(within: _Within, placed: _Placed, a: Arithmetic) -> Whole:
    if isinstance(placed.member, exp.Boolean) and placed.member.this:
        return within.amount
    return a.held(a.choose([(placed.member, within.amount)], a.whole(0)))


def _whole_units(limit: Number, unit: Fraction, a: Arithmetic) -> Whole:
    """How many whole units a limit lets through."""
    if limit.constant is not None:
        return a.whole(int(whole_units(limit.constant, unit) / unit))
    return a.held(a.floored(limit, unit))


def _positive(value: Whole) -> Whole:
    """A limit, of which those below nothing are dealt with elsewhere."""
    if value.low >= 0:
        return value
    return Whole(s.whole(0) if value.high <= 0 else s.greatest(value.sql, s.whole(0)), 0, max(value.high, 0))


def _first_come(within: _Within, placed: _Placed, groups: _Groups) -> Whole:
    a = groups.a
    amount = _counting(within, placed, a)
    so_far = a.held(sum_over(amount, within.rows, groups.partition, a, groups.order))
    limit = a.held(a.multiply(_positive(within.units), a.whole(within.step)))
    left = a.subtract(limit, a.subtract(so_far, amount))
    given = a.greatest([a.least([amount, left]), a.whole(0)])
    return Whole(given.sql, 0, min(max(amount.high, 0), max(given.high, 0)))


def _in_proportion(within: _Within, placed: _Placed, groups: _Groups) -> Whole:
    a = groups.a
    amount = _counting(within, placed, a)
    total = a.held(sum_over(amount, within.rows, groups.partition, a))
    units = a.held(_positive(within.units))
    limit = a.held(a.multiply(units, a.whole(within.step)))
    over_it = groups.frame.hold(a.compare_whole(">", total, limit))
    shared = a.choose([(over_it, units)], a.whole(0))
    shared = no_more_than(shared, total.high // within.step)
    given = given_in_rows(a.held(shared), amount, total, within.rows, groups.partition, groups.order, a)
    return a.choose([(over_it, a.multiply(given, a.whole(within.step)))], amount)


# --- altogether -------------------------------------------------------------------------------------------------------------


def capped_altogether(
    clause: core.AltogetherClause, before: Sequence[Settled], labels: Sequence[str], unit: Fraction, sight: Sight, c: Compiler
) -> list[Settled]:
    """Payments of one row held to a limit that they share: the first ones whole, or all in proportion."""
    if not before:
        return []
    a, text = c.arithmetic(sight), words(clause.span)
    cell = c.cell(clause.limit, sight)
    limit = a.hold_number(cell.exact)
    scale = lcm(unit.denominator, *(settled.amount.scale or 1 for settled in before))
    amounts = [a.held(a.brought_to(settled.amount, scale)) for settled in before]
    units = a.held(_positive(_whole_units(limit, unit, a)))
    step = int(unit * scale)
    given = (_share_limit if clause.in_proportion else _take_turns)(amounts, units, step, a)
    stops = [unknown_stop(cell, f"{text}: ")] if cell.missing else []
    stops.append(_below_nothing(text, limit, sight, c))
    after = []
    for settled, amount in zip(before, given, strict=True):
        left = a.of(amount, scale)
        cut = brought_to(settled, s.is_true(a.compare("<", left, settled.amount)), left, text, c, sight)
        after.append(stopped([stop.where(settled.due) for stop in stops], cut, sight, c))
    return [_noting(settled, text, after, labels) for settled in after]


def _take_turns(amounts: Sequence[Whole], units: Whole, step: int, a: Arithmetic) -> list[Whole]:
    left = a.held(a.multiply(units, a.whole(step)))
    given = []
    for amount in amounts:
        given.append(a.held(a.least([amount, left])))
        left = a.held(_positive(a.subtract(left, given[-1])))
    return given


def _share_limit(amounts: Sequence[Whole], units: Whole, step: int, a: Arithmetic) -> list[Whole]:
    total: Whole = a.whole(0)
    for amount in amounts:
        total = a.add(total, amount)
    total = a.held(total)
    over_it = a.hold(a.compare_whole(">", total, a.multiply(units, a.whole(step))))
    shared = a.choose([(over_it, units)], a.whole(0))
    shared = no_more_than(shared, total.high // step)
    given = given_in_parts(a.held(shared), amounts, total, a)
    return [
        a.held(a.choose([(over_it, a.multiply(part, a.whole(step)))], amount)) for part, amount in zip(given, amounts, strict=True)
    ]


def _noting(settled: Settled, text: str, all_of_them: Sequence[Settled], labels: Sequence[str]) -> Settled:
    """A payment under a scheme's cap, saying which others were not known when it was applied: the other rules go on."""
    unknown = [(other.unknown, label) for other, label in zip(all_of_them, labels, strict=True) if other.missing]
    if not unknown:
        return settled

    def notes() -> list[Sql]:
        any_unknown = s.all_of([settled.due, s.any_of([condition for condition, _ in unknown])])
        named = s.call("concat_ws", s.text(", "), *(s.case([(condition, s.text(label))]) for condition, label in unknown))
        note = s.joined_text(f"{text}: reckoned without ", named, ", not assessable")
        return [*settled.notes(), s.case([(any_unknown, note)])]

    return replace(settled, notes=notes)


__all__ = ["capped_altogether", "settle_groups"]
