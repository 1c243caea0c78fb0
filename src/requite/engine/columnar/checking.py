"""What each check says of each row of its record, in the frame of that record."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from fractions import Fraction

from requite.dsl import program as core
from requite.dsl.types import MONEY
from requite.engine.columnar import sql as s
from requite.engine.columnar.cells import Cell
from requite.engine.columnar.compiler import Compiler, Sight
from requite.engine.columnar.frames import Frame
from requite.engine.columnar.gates import ASSESSED, NOT_ASSESSABLE, OUT_OF_SCOPE, gate_stops, without_letter
from requite.engine.columnar.looking_up import keys_of, reference_keys, row_at
from requite.engine.columnar.numbers import Number
from requite.engine.columnar.paying import payee
from requite.engine.columnar.reckoning import held_condition
from requite.engine.columnar.sql import Sql
from requite.engine.columnar.words import key_words, plain, show
from requite.engine.wording import words

FIGURES_WHEN_FLAGGED = ("overcharge", "penalty")

FLAGGED = 3
"""The status of a row that is assessed and flagged."""


@dataclass(frozen=True, eq=False)
class Examined:
    """What a check says of each row. `status` is 0 to 2 as for payments, 3 where it flags.

    The figures are those of a finding: NULL where the check has none; `reason` is the finding's where it flags, else why the row is
    not assessable or out of scope: `finding` and `refusal` are those alone, for rows of that status. `out_of_scope` reads no more
    than decides it; `met` is the number of the row that is matched, if the lack of one is all that puts a row out of scope.
    `claimed` says whether anything is claimed back that may be challenged.
    """

    check: core.CheckRule
    status: Sql
    reason: Callable[[], Sql]
    finding: Callable[[], Sql]
    refusal: Callable[[], Sql]
    out_of_scope: Sql
    met: Sql | None
    not_assessable: bool
    billed: Number | None
    expected: Number | None
    overcharge: Number | None
    penalty: Number | None
    respondent: Sql
    claimed: Sql


@dataclass(eq=False)
class _Stops:
    """Conditions under which a check stops, in order, with the status it then has and why."""

    branches: list[tuple[Sql, int, Callable[[], Sql]]] = field(default_factory=list)
    there: set[str] = field(default_factory=set)
    """Columns that are there where it has not stopped."""
    first: int = 0
    """How many of them come before the first flag: many checks have those in common."""
    matched: Sql | None = None
    """The number of the row that the first of them asks for, where that is a match."""

    def missing(self, cell: Cell, where: Sql | None = None) -> None:
        """Stops where a value is missing; `where` is where it is asked for, if not everywhere."""
        if not self.settled(cell):
            unknown = cell.unknown if where is None else s.all_of([where, cell.unknown])
            self.branches.append((unknown, NOT_ASSESSABLE, lambda: without_letter(cell.why())))
            if where is None:
                self.there.update(cell.lacks or ())

    @property
    def until_out(self) -> list[tuple[Sql, int, Callable[[], Sql]]]:
        """Those up to the last that can put a row out of scope."""
        ends = [i for i, (_, status, _) in enumerate(self.branches, 1) if status == OUT_OF_SCOPE]
        return self.branches[: ends[-1]] if ends else []

    def settled(self, cell: Cell) -> bool:
        """Whether a value cannot be missing any more."""
        return not cell.missing or (cell.lacks is not None and cell.lacks <= self.there)


def examined(name: str, c: Compiler) -> Examined:
    """What a check says of each row of its record."""
    if ("examined", name) not in c.shared:
        c.shared["examined", name] = _examine(c.program.checks[name], c)
    made: Examined = c.shared["examined", name]
    return made


def _examine(check: core.CheckRule, c: Compiler) -> Examined:
    sight = c.main(check.record)
    stops, flags = _Stops(), list[tuple[Sql, str]]()
    for clause in check.clauses:
        match clause:
            case core.Gate():
                _note_match(clause, check, sight, stops, c)
                for stop in gate_stops(clause, sight, c):
                    status = NOT_ASSESSABLE if stop.effect == "not assessable" else OUT_OF_SCOPE
                    stops.branches.append((stop.condition, status, stop.reason))
                if isinstance(clause.condition, core.IsKnown):
                    stops.there.update(c.cell(clause.condition.operand, sight).lacks or ())
            case core.ColumnClause() if clause.kind not in FIGURES_WHEN_FLAGGED:
                stops.missing(c.column(clause.column))
            case core.FlagClause():
                if not flags:
                    stops.first = len(stops.branches)
                flag = c.cell(clause.condition, sight)
                if not stops.settled(flag):
                    flag = held_condition(flag, sight)
                    stops.missing(flag)
                flags.append((flag.sql, words(clause.condition.span)))
    billed = c.cell(check.billed, sight) if check.billed is not None else None
    expected, tolerance = (c.column(name) if name else None for name in (check.expected, check.tolerance))
    if check.undercharges:
        _undercharged(check, (billed, expected, tolerance), sight, stops, flags, c)
    return _found(check, stops, flags, billed, expected, sight, c)


def _note_match(gate: core.Gate, check: core.CheckRule, sight: Sight, stops: _Stops, c: Compiler) -> None:
    """For which rows the match of a gate is asked for at all: those that no clause before has stopped."""
    match gate:
        case core.Gate(kind="match", condition=core.IsKnown(operand=core.ColumnRead(column=name) as operand)):
            if not stops.branches:
                stops.matched = c.cell(operand, sight).sql
            elif name.startswith(f"{check.name}."):
                reached = s.not_(s.any_of([condition for condition, _, _ in stops.branches]))
                c.shared.setdefault("asked for", {}).setdefault(name, reached)


def _undercharged(
    check: core.CheckRule,
    figures: tuple[Cell | None, Cell | None, Cell | None],
    sight: Sight,
    stops: _Stops,
    flags: list[tuple[Sql, str]],
    c: Compiler,
) -> None:
    """A bill below what is expected less the tolerance is flagged too, where nothing else is."""
    billed, expected, tolerance = figures
    flagged = sight.frame.hold(s.any_of([flag for flag, _ in flags]))
    for cell in figures:
        if cell is not None:
            stops.missing(cell, s.not_(flagged))
    if billed is None or expected is None:
        return
    a = c.arithmetic(sight)
    least = a.minus(expected.exact, tolerance.exact) if tolerance is not None else expected.exact
    under = s.is_true(a.compare("<", billed.exact, least))
    flags.append((under, words(check.undercharge_span or check.span)))


def _found(
    check: core.CheckRule,
    stops: _Stops,
    flags: list[tuple[Sql, str]],
    billed: Cell | None,
    expected: Cell | None,
    sight: Sight,
    c: Compiler,
) -> Examined:
    a, frame = c.arithmetic(sight), sight.frame
    rounding = c.program.rounding
    shown_billed = a.rounded(billed.exact, rounding) if billed is not None else None
    flagged = s.any_of([flag for flag, _ in flags])
    overcharge: Cell | None = None
    if check.overcharge:
        overcharge = c.column(check.overcharge)
    elif billed is not None and expected is not None:
        difference = a.hold_number(a.rounded(a.minus(billed.exact, expected.exact), rounding))
        overcharge = Cell(MONEY, difference.top.sql, False, number=difference)
    claimed: Sql = s.true()
    if overcharge is not None:
        overcharge = replace(overcharge, number=a.hold_number(overcharge.exact), conflicts=False)
        claimed = s.coalesce(a.compare(">", overcharge.exact, a.constant(Fraction(0))), s.true())
    penalty = c.column(check.penalty) if check.penalty else None
    if any(cell is not None and not stops.settled(cell) for cell in (overcharge, penalty)):
        flagged = frame.hold(flagged)
    if overcharge is not None:
        stops.missing(overcharge, flagged)
    if penalty is not None:
        stops.missing(penalty, s.all_of([flagged, claimed]))
    status = frame.bind(_status(stops, flagged, frame), f"{check.name}__status", f"{check.span}: check {check.name}")
    at = s.equal(status, s.whole(FLAGGED))

    def reason() -> Sql:
        stopped = [(condition, why()) for condition, _, why in stops.branches]
        return s.coalesce(s.case([(at, reason_of(check, flags, sight, c)), *stopped]), s.text(""))

    def refusal() -> Sql:
        stopped = [(condition, why()) for condition, status, why in stops.branches if status == NOT_ASSESSABLE]
        return s.coalesce(s.case(stopped), s.text(""))

    if penalty is not None:
        due = a.choose([(claimed, penalty.exact.top)], None)
        penalty_number: Number | None = Number(due, penalty.exact.bottom)
    else:
        penalty_number = None
    return Examined(
        check,
        status,
        reason,
        lambda: reason_of(check, flags, sight, c),
        refusal,
        _is_out(stops),
        stops.matched if [status for _, status, _ in stops.until_out] == [OUT_OF_SCOPE] else None,
        any(status == NOT_ASSESSABLE for _, status, _ in stops.branches),
        shown_billed,
        expected.number if expected is not None else None,
        overcharge.number if overcharge is not None else None,
        penalty_number,
        _respondent(check, sight, c),
        s.all_of([claimed, *_supported(check, sight, c)]),
    )


def _supported(check: core.CheckRule, sight: Sight, c: Compiler) -> list[Sql]:
    """What must surely hold besides for a finding to be the one that its row is challenged for."""
    return [] if check.supported is None else [s.is_true(c.cell(check.supported, sight).sql)]


def _status(stops: _Stops, flagged: Sql, frame: Frame) -> Sql:
    branches = [(condition, s.whole(status)) for condition, status, _ in stops.branches]
    before, after = branches[: stops.first], branches[stops.first :]
    rest = s.case([*after, (flagged, s.whole(FLAGGED))], s.whole(ASSESSED))
    return s.cast(s.coalesce(frame.hold(s.case(before)), rest) if before else rest, "SMALLINT")


def _is_out(stops: _Stops) -> Sql:
    """Whether a row is out of scope, from the clauses up to the last that can put it there."""
    return s.case([(condition, s.yes_no(status == OUT_OF_SCOPE)) for condition, status, _ in stops.until_out], s.false())


def reason_of(check: core.CheckRule, flags: list[tuple[Sql, str]], sight: Sight, c: Compiler) -> Sql:
    """A finding's reason, each value in it as an author would write it; without one, the flag that held."""
    if not check.reason:
        return s.case([(flag, s.text(text)) for flag, text in flags[:-1]], s.text(flags[-1][1] if flags else words(check.span)))
    return s.joined_text(*(part.text if part.value is None else shown(part.value, sight, c) for part in check.reason))


def shown(expression: core.Expr, sight: Sight, c: Compiler) -> Sql:
    """A value in words; `not known` where it is missing."""
    cell, _ = keys_of(expression, sight, c)
    if cell.type.record and cell.number is None and expression.type.kind.value == "record":
        row = row_at(cell, sight, c)
        text = s.case([(cell.known, row.take(key_words(row.record, c)))]) if cell.missing else row.take(key_words(row.record, c))
        nobody = _key_of_nobody(expression, sight, c) if cell.missing else None
        return s.coalesce(text, *([_unless_conflict(cell, nobody)] if nobody is not None else []), s.text("not known"))
    # Many checks show the same.
    key = "shown", id(sight.frame), cell.type.kind, *(s.sameness(part) for part in _pieces(cell))
    if key not in c.shared:
        c.shared[key] = show(cell, c.arithmetic(sight), c.program.currency)
    text = c.shared[key]
    return s.case([(cell.unknown, s.text("not known"))], text) if cell.missing else text


def _key_of_nobody(expression: core.Expr, sight: Sight, c: Compiler) -> Sql | None:
    """The key that a reference holds, in words, though it leads to nobody; NULL where the row that holds it is not there."""
    if not isinstance(expression, core.FieldRead | core.ColumnRead):
        return None
    row = row_at(c.cell(expression.row, sight), sight, c)
    if isinstance(expression, core.FieldRead):
        parts: list[Sql | str] = []
        for key in reference_keys(expression, row, c):
            parts += [*([", "] if parts else []), plain(key, c.arithmetic(sight))]
        return s.joined_text(*parts)
    definition = c.program.columns[expression.column].definition
    held = _key_of_nobody(definition.value, c.main(row.record), c) if isinstance(definition, core.Computed) else None
    return row.take(held) if held is not None else None


def _unless_conflict(cell: Cell, text: Sql) -> Sql:
    """Words for what is missing, where that is no conflict."""
    return s.case([(s.equal(s.call("left", cell.why(), s.whole(1)), s.text("c")), s.null())], text) if cell.conflicts else text


def _pieces(cell: Cell) -> list[Sql]:
    more = [cell.number.top.sql, cell.number.bottom.sql] if cell.number is not None else []
    return [cell.sql, *more, *([cell.until] if cell.until is not None else [])]


def _respondent(check: core.CheckRule, sight: Sight, c: Compiler) -> Sql:
    if check.challenge is None:
        return s.text("")
    found = payee(check.challenge.respondent, sight, c)
    return s.coalesce(found.sql, s.text("")) if found.missing else found.sql
