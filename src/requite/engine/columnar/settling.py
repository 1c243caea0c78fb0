"""What a payment comes to for each row, as SQL, while its clauses are gone through: stops, cuts, and the notes that say why."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction

from sqlglot import exp

from requite.dsl.types import Type
from requite.engine import wording
from requite.engine.columnar import sql as s
from requite.engine.columnar.cells import Cell
from requite.engine.columnar.compiler import Compiler, Sight
from requite.engine.columnar.gates import ASSESSED, NOT_ASSESSABLE, PAYS, StopCell, at_stage, lettered, stage_of
from requite.engine.columnar.numbers import Arithmetic, Number
from requite.engine.columnar.sql import Sql
from requite.engine.columnar.words import money

Notes = Callable[[], list[Sql]]


@dataclass(frozen=True, eq=False)
class Settled:
    """What a payment or a part of a share comes to for each row of a frame.

    `status` is 0 (assessed), 1 (not assessable: it may be only where `missing`) or 2 (out of scope), never NULL; `amount` has one
    scale and is 0 where it is not assessed; as written: a charge is above zero. `notes` are the parts of its reason, each NULL
    where it does not apply. `clash` says whether it is not assessable for a conflict, where `conflicts` does not rule that out.
    """

    status: Sql
    amount: Number
    notes: Notes
    missing: bool = False
    clash: Callable[[], Sql] = s.false
    conflicts: bool = False

    def reason(self) -> Sql:
        """Text without a letter, empty where there is none; never NULL."""
        notes = [note for note in self.notes() if not isinstance(note, exp.Null)]
        if not notes:
            return s.text("")
        if len(notes) == 1:
            return s.coalesce(notes[0], s.text(""))
        return s.call("concat_ws", s.text("; "), *notes)

    @property
    def conflict(self) -> Sql:
        return self.clash() if self.conflicts else s.false()

    @property
    def due(self) -> Sql:
        """Whether there is something to pay."""
        return s.compare(">", self.amount.top.sql, s.whole(0))

    @property
    def unknown(self) -> Sql:
        return s.equal(self.status, s.whole(NOT_ASSESSABLE)) if self.missing else s.false()

    def value(self, type_: Type, a: Arithmetic) -> Cell:
        """What whoever reads it reads: £0 where it is out of scope, missing where it is not assessable."""
        if not self.missing:
            return Cell(type_, self.amount.top.sql, number=self.amount)
        top = a.choose([(s.not_(self.unknown), self.amount.top)], None)
        number = Number(a.held(top), self.amount.bottom)
        return Cell(type_, number.top.sql, True, lambda: self._why(), self.conflicts, number)

    def _why(self) -> Sql:
        return s.case([(self.unknown, lettered(self.reason(), self.conflict))])


def no_notes() -> list[Sql]:
    return []


def nothing(a: Arithmetic) -> Number:
    return a.constant(Fraction(0))


def stopped(stops: Sequence[StopCell], rest: Settled, sight: Sight, c: Compiler) -> Settled:
    """What is settled where none of the stops is reached; each of them in the order given."""
    stops = [stop for stop in stops if not (isinstance(stop.condition, exp.Boolean) and not stop.condition.this)]
    if not stops:
        return rest
    a, stage = c.arithmetic(sight), stage_of(stops, sight)
    goes_on = at_stage(stage, [0])
    reached = {
        status: [i for i, stop in enumerate(stops, 1) if PAYS[stop.effect] == status] for status in sorted(set(PAYS.values()))
    }
    branches = [(at_stage(stage, places), s.whole(status)) for status, places in reached.items() if places]
    if isinstance(rest.status, exp.Literal) and all(status == rest.status for _, status in branches):
        branches = []
    status = sight.frame.hold(s.case(branches, rest.status))
    amount = a.hold_number(a.choice([(goes_on, rest.amount)], nothing(a)))

    def notes() -> list[Sql]:
        own = s.case([(at_stage(stage, [i]), stop.reason()) for i, stop in enumerate(stops, 1)])
        return [own, *(s.case([(goes_on, note)]) for note in rest.notes())]

    def clash() -> Sql:
        own = [(at_stage(stage, [i]), stop.conflict()) for i, stop in enumerate(stops, 1) if stop.conflicts]
        return s.case(own, s.all_of([goes_on, rest.conflict]))

    missing = rest.missing or bool(reached[NOT_ASSESSABLE])
    return Settled(status, amount, notes, missing, clash, rest.conflicts or any(stop.conflicts for stop in stops))


def brought_to(
    before: Settled, binds: Sql, after: Number, text: str, c: Compiler, sight: Sight, raised: bool = False, note: Sql | str = ""
) -> Settled:
    """A settled amount brought to another one where that binds, with the reason added."""
    a = c.arithmetic(sight)
    binds = sight.frame.hold(binds)
    amount = a.hold_number(a.choice([(binds, after)], before.amount))
    word = "raised" if raised else "cut"

    def notes() -> list[Sql]:
        old, new = in_words(before.amount, sight, c), in_words(after, sight, c)
        return [*before.notes(), s.case([(binds, s.joined_text(f"{text}: ", note, old, f" {word} to ", new))])]

    return replace(before, amount=amount, notes=notes)


def in_words(amount: Number, sight: Sight, c: Compiler) -> Sql:
    """An amount with its currency, as a reason has it."""
    if amount.constant is not None:
        return s.text(wording.money(amount.constant, c.program.currency))
    return money(amount, c.arithmetic(sight), c.program.currency)


def plainly(amount: Number, notes: Notes = no_notes) -> Settled:
    """An amount that is assessed everywhere."""
    return Settled(s.whole(ASSESSED), amount, notes)
