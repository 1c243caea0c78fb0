"""What each row gets of what is shared out among it and others.

What an owner shares, by which weights, is settled in the owner's frame; what each row gets of it, over the pairs of owner and row.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from fractions import Fraction

from sqlglot import exp

from requite.dsl import program as core
from requite.dsl.program import WHOLE
from requite.dsl.source import Span
from requite.dsl.types import Kind, Type
from requite.engine.arithmetic import PENNY
from requite.engine.columnar import sql as s
from requite.engine.columnar.cells import CONFLICT, Cell
from requite.engine.columnar.compiler import Compiler, RowAt, Sight
from requite.engine.columnar.frames import Frame, Joined, Pair, Query, Relation, columns_in
from requite.engine.columnar.gates import (
    ASSESSED,
    NOT_ASSESSABLE,
    OUT_OF_SCOPE,
    STATUSES,
    StopCell,
    gate_stops,
    reason_of,
    unknown_stop,
    without_letter,
)
from requite.engine.columnar.gathering import in_turn
from requite.engine.columnar.looking_up import row_at
from requite.engine.columnar.numbers import Arithmetic, Number, Whole
from requite.engine.columnar.pairing import PairSight, pairs
from requite.engine.columnar.paying import Outcome, assessed_only
from requite.engine.columnar.problems import CannotRun
from requite.engine.columnar.settling import Settled, in_words, nothing, plainly, stopped
from requite.engine.columnar.sql import Sql, column, select_of
from requite.engine.columnar.tables import turn_cells
from requite.engine.columnar.windows import Beside, beside, comparable, given_in_rows, number_of, rows_in
from requite.engine.columnar.words import key_words, row_name
from requite.engine.wording import words

NO_PART = "it has no part in what is shared"


@dataclass(frozen=True, eq=False)
class Unheard:
    """The owners of whose share nobody heard, in the frame of their record, and why."""

    where: Sql
    reason: Callable[[], Sql]


@dataclass(frozen=True, eq=False)
class SharedOut:
    """A share, given out: what each row got, in its record's frame (out of scope where it has no part), and who did not hear."""

    part: Settled
    has_part: Sql
    unheard: Unheard


def given_out(share: str, c: Compiler) -> SharedOut:
    """A share given out by every row of its owner."""
    name = "given out", share
    if name not in c.shared:
        c.shared[name] = _give_out(c.program.shares[share], c)
    made: SharedOut = c.shared[name]
    return made


def shared(column: core.Column, definition: core.Shared, c: Compiler) -> Cell:
    """A column that is a row's part of a share: nothing for a row that has none."""
    return given_out(definition.share, c).part.value(column.type, c.arithmetic(c.main(column.record)))


def share_outcome(share: str, c: Compiler) -> Outcome:
    """What became of a share that pays, for each of the rows it is shared among."""
    found, record = given_out(share, c).part, c.program.shares[share].range.record
    return Outcome(found.status, found.amount, assessed_only(found, key_words(record, c)), found.reason, found.missing)


def _give_out(share: core.Share, c: Compiler) -> SharedOut:
    owner = _owner(share, c)
    unheard = s.all_of([owner.settled.unknown, s.equal(owner.among.heard, s.whole(0))])
    given = _given(share, owner, c)
    inner = c.main(share.range.record)
    if share.record == WHOLE:
        joined = inner.frame.join_on(given, [(column("_n"), "row")], share.label)
        parts = _Parts(share, owner, given, joined, joined.column("owner"), c)
    else:
        joined = inner.frame.join_on(_together(share, owner, given, c), [(column("_n"), "row")], share.label)
        parts = _Parts(share, owner, given, joined, joined.column("undecided"), c)
    has_part = s.is_there(joined.column("row"))
    return SharedOut(parts.settled(has_part), has_part, Unheard(unheard, owner.settled.reason))


# --- what an owner shares -----------------------------------------------------------------------------------------------------


@dataclass(frozen=True, eq=False)
class _Among:
    """What an owner shares among, in its frame: how many rows, of how many it is not known, and their weights.

    `heard` is above 0 where any row hears of it; `weightless` counts the rows whose weight is not known.
    """

    rows: Sql
    unsure: Sql
    weightless: Sql
    least: Sql
    total: Whole

    @property
    def heard(self) -> Sql:
        return self.rows if isinstance(self.unsure, exp.Literal) else s.plus(self.rows, self.unsure)


@dataclass(frozen=True, eq=False)
class _Owner:
    """A share as its owner settles it: what it comes to, and how each pair of owner and row weighs."""

    settled: Settled
    among: _Among
    pair: PairSight
    weight: Whole
    unit: Fraction


def _owner(share: core.Share, c: Compiler) -> _Owner:
    sight = c.main(share.record)
    a, pair = c.arithmetic(sight), pairs(share.range, sight, c)
    weight = c.cell(share.weight, pair.sight) if share.weight is not None else None
    among = _among(share, pair, weight, sight, c)
    stops = [stop for gate in share.gates for stop in gate_stops(gate, sight, c)]
    if pair.lack.conflicts:
        stops.append(_refuses(pair.lack.in_conflict, lambda: reason_of(pair.lack), s.true, True))
    if pair.where is not None and pair.where.missing:
        stops.append(_first_lack(share, pair, pair.where, s.true(), s.compare(">", among.unsure, s.whole(0)), c))
    cell = c.cell(share.amount, sight)
    if cell.missing:
        stops.append(unknown_stop(cell))
    amount = a.hold_number(a.rounded(cell.exact, c.program.rounding))
    if share.scheme and amount.top.low < 0:
        stops.append(_below_nothing(amount, sight, c))
        amount = Number(Whole(amount.top.sql, 0, max(amount.top.high, 0)), amount.bottom)
    if weight is not None and weight.missing:
        stops.append(_first_lack(share, pair, weight, pair.holds, s.compare(">", among.weightless, s.whole(0)), c))
    stops.append(_unshareable(amount, among, sight, c))

    def notes() -> list[Sql]:
        return [s.joined_text("a share of ", in_words(amount, sight, c), " that comes to nothing")]

    settled = stopped(stops, plainly(amount, notes), sight, c)
    top = _weight(weight, pair, _by(share), c)
    return _Owner(settled, among, pair, top, min(PENNY, c.program.rounding.unit))


def _by(share: core.Share) -> Span:
    """The clause that says by what is shared."""
    return share.weight.span if share.weight is not None else share.span


def _weight(weight: Cell | None, pair: PairSight, by: Span, c: Compiler) -> Whole:
    a = c.arithmetic(pair.sight)
    if weight is None:
        return a.whole(1)
    if weight.exact.scale is None:
        raise CannotRun("weights with a different denominator in each record cannot be shared by: round them first", by)
    return a.held(weight.exact.top)


def _among(share: core.Share, pair: PairSight, weight: Cell | None, sight: Sight, c: Compiler) -> _Among:
    """What is known of the rows of each owner, from a relation that counts them once."""
    frame, holds = pair.frame, s.is_true(pair.holds)
    sure = isinstance(holds, exp.Boolean) and bool(holds.this)
    top = _weight(weight, pair, _by(share), c)
    taken: dict[str, Sql] = {"owner": pair.owners[0]}
    if not sure:
        taken["holds"] = holds
    if pair.where is not None and pair.where.missing:
        taken["unsure"] = pair.unknown
    if weight is not None:
        taken["weight"] = top.sql
    wide = Whole(s.null(), min(top.low, 0), min(max(top.high, 0) * rows_in(share.range.record, c), c.dialect.limit))

    def counted(condition: Sql) -> Sql:
        inside = condition if sure else s.all_of([column("holds"), condition])
        return s.cast(exp.Sum(this=s.case([(inside, s.whole(1))], s.whole(0))), "BIGINT")

    def build(query: Query) -> exp.Select:
        part = query.part(frame, taken, None if sure else pair.not_refused)
        outputs = {"owner": column("owner"), "rows": counted(s.true())}
        if "unsure" in taken:
            outputs["unsure"] = s.cast(exp.Sum(this=s.case([(column("unsure"), s.whole(1))], s.whole(0))), "BIGINT")
        if weight is not None:
            own = column("weight") if sure else s.case([(column("holds"), column("weight"))])
            outputs["weightless"] = counted(s.is_null(column("weight")))
            outputs["least"] = exp.Min(this=own)
            summed = s.cast(own, c.dialect.big) if wide.is_big and not top.is_big else own
            outputs["total"] = s.cast(exp.Sum(this=summed), c.dialect.big if wide.is_big else "BIGINT")
        select = select_of([s.aliased(sql, name) if name != "owner" else sql for name, sql in outputs.items()], part)
        select.set("group", exp.Group(expressions=[column("owner")]))
        return select

    about = f"{share.span}: how many rows each {share.record} shares among, and their weights"
    relation = c.relation(f"{share.label}_among", about, build, _stratum(pair, taken.values()) + 1)
    joined = sight.frame.join_on(relation, [(pair.around[0], "owner")], share.label)
    rows = sight.frame.hold(s.coalesce(joined.column("rows"), s.whole(0)))
    unsure = sight.frame.hold(s.coalesce(joined.column("unsure"), s.whole(0))) if "unsure" in taken else s.whole(0)
    if weight is None:
        return _Among(rows, unsure, s.whole(0), s.whole(1), Whole(rows, 0, rows_in(share.range.record, c)))
    weightless = s.coalesce(joined.column("weightless"), s.whole(0))
    return _Among(rows, unsure, weightless, joined.column("least"), Whole(joined.column("total"), 0, max(wide.high, 1)))


def _stratum(pair: PairSight, pieces: Iterable[Sql]) -> int:
    """The stratum of what is reckoned over pairs, that of which rows meet included."""
    base = pair.frame.base
    found = [pair.frame.stratum(piece) for piece in (*pieces, pair.not_refused)]
    if isinstance(base, Pair):
        found += [base.stratum_of(name) for condition in base.conditions for name in columns_in(condition)]
    return max([1, *found])


def _refuses(condition: Sql, reason: Callable[[], Sql], conflict: Callable[[], Sql] = s.false, conflicts: bool = False) -> StopCell:
    return StopCell(condition, STATUSES[NOT_ASSESSABLE], reason, conflict, conflicts)


def _below_nothing(amount: Number, sight: Sight, c: Compiler) -> StopCell:
    def reason() -> Sql:
        least = in_words(nothing(c.arithmetic(sight)), sight, c)
        return s.joined_text("what is shared comes to ", in_words(amount, sight, c), ", and cannot be below ", least)

    return _refuses(s.compare("<", amount.top.sql, s.whole(0)), reason)


def _unshareable(amount: Number, among: _Among, sight: Sight, c: Compiler) -> StopCell:
    nobody = s.equal(among.rows, s.whole(0))
    below = s.compare("<", among.least, s.whole(0))
    none = s.equal(among.total.sql, s.whole(0))
    cases = [
        (nobody, s.text("there is nobody to share among")),
        *([] if isinstance(among.least, exp.Literal) else [(below, s.text("a weight is below zero"))]),
    ]

    def reason() -> Sql:
        why = s.case(cases, s.text("the weights add up to nothing"))
        return s.joined_text(in_words(amount, sight, c), " cannot be shared: ", why)

    return _refuses(s.any_of([*(condition for condition, _ in cases), none]), reason)


def _first_lack(share: core.Share, pair: PairSight, cell: Cell, of_those: Sql, condition: Sql, c: Compiler) -> StopCell:
    """Not assessable where something is not known of a row that is shared among: the first that is met says why."""
    owner = c.main(share.record)
    made: list[Joined] = []

    def why() -> Sql:
        if not made:
            made.append(owner.frame.join_on(_lacks(share, pair, cell, of_those, c), [(pair.around[0], "owner")], share.label))
        return made[0].column("why")

    return _refuses(
        condition,
        lambda: without_letter(why()),
        lambda: s.is_true(s.equal(s.call("left", why(), s.whole(1)), s.text(CONFLICT))),
        cell.conflicts,
    )


def _lacks(share: core.Share, pair: PairSight, cell: Cell, of_those: Sql, c: Compiler) -> Relation:
    why = pair.frame.hold(cell.why())
    named = s.joined_text(s.call("left", why, s.whole(1)), row_name(pair.row, c), ": ", s.call("substring", why, s.whole(2)))
    where = s.is_true(s.all_of([of_those, cell.unknown]))
    taken = {"owner": pair.owners[0], "why": named, "met": in_turn(pair.met, c.dialect)}

    def build(query: Query) -> exp.Select:
        part = query.part(pair.frame, taken, where)
        first = s.call("min_by", column("why"), column("met"))
        select = select_of([column("owner"), s.aliased(first, "why")], part)
        select.set("group", exp.Group(expressions=[column("owner")]))
        return select

    about = f"{share.span}: why each {share.record} cannot share"
    return c.relation(f"{share.label}_lacks", about, build, _stratum(pair, (*taken.values(), where)) + 1)


# --- what each row gets -------------------------------------------------------------------------------------------------------


def _given(share: core.Share, owner: _Owner, c: Compiler) -> Relation:
    """What each owner gives each row: `row`, `owner`, `status`, and `units` of the amount."""
    pair, settled = owner.pair, owner.settled
    of_owner = pair.sight.rows[0]
    where: Sql | None = None
    if pair.where is not None:
        unsure = of_owner.take(owner.among.unsure)
        holds = s.is_true(pair.where.sql) if pair.where.missing else pair.where.sql
        where = holds if isinstance(unsure, exp.Literal) else s.any_of([holds, s.compare(">", unsure, s.whole(0))])
    rows = beside(pair.frame, where, f"{share.label}_given")
    units = _units(rows, of_owner, owner, c)
    outputs = {
        "row": rows.take(column("i__n")),
        "owner": rows.take(pair.owners[0]),
        "status": rows.take(of_owner.take(settled.status)),
        "units": units,
    }
    about = f"{share.span}: what each {share.range.record} gets of {share.name}"
    stratum = max(rows.stratum, _stratum(pair, ()))
    return c.relation(f"{share.label}_given", about, lambda query: query.select(rows.frame, outputs), stratum + 1)


def _units(rows: Beside, of_owner: RowAt, owner: _Owner, c: Compiler) -> Sql:
    """The units that each pair comes to: the largest remainder decides, ties go to the row whose turn comes first."""
    sight, a = c.main(of_owner.record), Arithmetic(c.dialect, rows.frame.hold)
    own = c.arithmetic(sight)
    signed = own.held(own.whole_steps(owner.settled.amount, owner.unit, "down"))
    size, total = own.held(own.magnitude(signed)), own.held(owner.among.total)

    def from_owner(value: Whole) -> Whole:
        return value if value.constant is not None else Whole(rows.take(of_owner.take(value.sql)), value.low, value.high)

    record = owner.pair.row.record
    turns = [sql for cell in turn_cells(record, c) for sql in comparable(cell.moved(owner.pair.row.take))]
    order = [rows.take(sql) for sql in (*turns, column("i__n"))]
    weight = rows.taken(Whole(owner.weight.sql, max(owner.weight.low, 0), max(owner.weight.high, 0)))
    if owner.weight.constant is not None:
        weight = owner.weight
    partition = [rows.take(owner.pair.owners[0])]
    given = given_in_rows(from_owner(size), weight, from_owner(total), rows_in(record, c), partition, order, a)
    given = a.held(given)
    if signed.low < 0:
        below = s.compare("<", from_owner(signed).sql, s.whole(0))
        given = a.choose([(below, a.negate(given))], given)
    return s.coalesce(given.sql, s.whole(0))


def _together(share: core.Share, owner: _Owner, given: Relation, c: Compiler) -> Relation:
    """What each row got from all owners: not assessable where any part is, out of scope where all are."""
    high = _high(share, owner, c)

    def build(query: Query) -> exp.Select:
        name = given.written(query)
        status = column("status")
        undecided = exp.Min(this=s.case([(s.equal(status, s.whole(NOT_ASSESSABLE)), column("owner"))]))
        # a part that is assessed has the least status, but one that is not assessable decides
        worst = s.case([(s.is_there(undecided), s.whole(NOT_ASSESSABLE))], exp.Min(this=status))
        summed = s.cast(column("units"), c.dialect.big) if high.is_big else column("units")
        units = s.cast(exp.Sum(this=summed), c.dialect.big if high.is_big else "BIGINT")
        outputs = {
            "undecided": undecided,
            "status": worst,
            "units": s.case([(s.is_null(undecided), units)], s.whole(0)),
        }
        select = select_of([column("row"), *(s.aliased(sql, label) for label, sql in outputs.items())], name)
        select.set("group", exp.Group(expressions=[column("row")]))
        return select

    about = f"{share.span}: what each {share.range.record} gets of {share.name} from all"
    return c.relation(f"{share.label}_together", about, build, given.stratum + 1)


def _high(share: core.Share, owner: _Owner, c: Compiler) -> Whole:
    """The bounds of what one row may get from all owners, in units."""
    own = c.arithmetic(c.main(share.record))
    units = own.whole_steps(owner.settled.amount, owner.unit, "down")
    limit, rows = c.dialect.limit, rows_in(share.record, c)
    return Whole(s.null(), max(min(units.low, 0) * rows, -limit), min(max(units.high, 0) * rows, limit))


@dataclass(frozen=True, eq=False)
class _Parts:
    """What each row got, in its record's frame: `joined` has it, `undecided` the owner for whose sake it is not assessable."""

    share: core.Share
    owner: _Owner
    given: Relation
    joined: Joined
    undecided: Sql
    c: Compiler

    @property
    def sight(self) -> Sight:
        return self.c.main(self.share.range.record)

    def settled(self, has_part: Sql) -> Settled:
        """What each row got; out of scope where it has no part."""
        frame, a = self.sight.frame, self.c.arithmetic(self.sight)
        status = frame.hold(s.coalesce(self.joined.column("status"), s.whole(OUT_OF_SCOPE)))
        bounds = _high(self.share, self.owner, self.c)
        units = Whole(s.coalesce(self.joined.column("units"), s.whole(0)), bounds.low, bounds.high)
        amount = a.hold_number(number_of(a.held(units), a.constant(self.owner.unit), a))
        one = self.owner.settled

        def notes() -> list[Sql]:
            return [s.case([(has_part, self._reason(amount))], s.text(NO_PART))]

        return Settled(status, amount, notes, one.missing, self._clash, one.conflicts)

    def _clash(self) -> Sql:
        return s.is_true(self._owner_row(self.undecided, self.sight).take(self.owner.settled.conflict))

    def _owner_row(self, ordinal: Sql, sight: Sight) -> RowAt:
        return row_at(Cell(Type(Kind.ROW, record=self.share.record), ordinal), sight, self.c)

    def _reason(self, amount: Number) -> Sql:
        if self.share.record == WHOLE:
            theirs = self._owner_row(self.joined.column("owner"), self.sight).take(self.owner.settled.reason())
            plain = s.compare("!=", amount.top.sql, s.whole(0))
            return s.case([(plain, s.text(""))], theirs)
        name = "share reasons joined", self.share.name
        if name not in self.c.shared:
            self.c.shared[name] = self.sight.frame.join_on(self._reasons(), [(column("_n"), "row")], self.share.label)
        reasons: Joined = self.c.shared[name]
        return s.coalesce(reasons.column("reason"), s.text(""))

    def _reasons(self) -> Relation:
        """For each row the reasons of its parts, each once: of one that is not assessable, or of those assessed, or of all."""
        name = "share reasons", self.share.name
        c = self.c
        if name not in c.shared:
            frame = Frame(f"{self.share.label}_reasons", self.given)
            frame.reserve(["row", "owner", "status", "units"])
            sight = Sight(frame, ())
            theirs = self._owner_row(column("owner"), sight).take(self.owner.settled.reason())
            whole = frame.join_on(self.joined.source, [(column("row"), "row")], self.share.label)
            status = whole.column("status")
            says = s.case(
                [
                    (s.equal(status, s.whole(NOT_ASSESSABLE)), s.equal(column("owner"), whole.column("undecided"))),
                    (s.equal(status, s.whole(ASSESSED)), s.equal(column("status"), s.whole(ASSESSED))),
                ],
                s.true(),
            )
            where = s.all_of([s.equal(column("units"), s.whole(0)), s.compare("!=", theirs, s.text("")), says])
            outputs = {"row": column("row"), "owner": column("owner"), "reason": theirs}

            def build(query: Query) -> exp.Select:
                part = query.part(frame, outputs, where)
                each = select_of([column("row"), column("reason"), s.aliased(exp.Min(this=column("owner")), "at")], part)
                each.set("group", exp.Group(expressions=[column("row"), column("reason")]))
                joined = c.dialect.texts_in_order(column("reason"), "; ", column("at"))
                select = select_of([column("row"), s.aliased(joined, "reason")], query.named(each, "reasons"))
                select.set("group", exp.Group(expressions=[column("row")]))
                return select

            stratum = max(frame.stratum(piece) for piece in (*outputs.values(), where)) + 1
            about = f"{words(self.share.span)} ({self.share.span}): why each {self.share.range.record} gets what it gets"
            c.shared[name] = c.relation(f"{self.share.label}_reasons", about, build, stratum)
        made: Relation = c.shared[name]
        return made
