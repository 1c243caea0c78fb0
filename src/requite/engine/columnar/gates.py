"""Clauses that decide whether a rule goes on, and why one stops, as SQL over the rows in sight."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from sqlglot import exp

from requite.dsl import program as core
from requite.engine.columnar import sql as s
from requite.engine.columnar.cells import CONFLICT, OTHER, Cell
from requite.engine.columnar.compiler import Compiler, Sight
from requite.engine.columnar.reckoning import held_condition
from requite.engine.columnar.sql import Sql
from requite.engine.wording import words

ASSESSED, NOT_ASSESSABLE, OUT_OF_SCOPE = 0, 1, 2
"""What becomes of a rule for a row, as whole numbers."""

STATUSES: Final = ("assessed", "not assessable", "out of scope")
"""The words for them."""

REFUSED: Final = "refused"

PAYS: Mapping[str, int] = {REFUSED: ASSESSED, STATUSES[1]: NOT_ASSESSABLE, STATUSES[2]: OUT_OF_SCOPE}
"""What a payment or share comes to that was stopped: one that was refused is of £0."""

CHECKS: Mapping[str, int] = {REFUSED: OUT_OF_SCOPE, STATUSES[1]: NOT_ASSESSABLE, STATUSES[2]: OUT_OF_SCOPE}
"""What a check comes to that was stopped."""


@dataclass(frozen=True, eq=False)
class StopCell:
    """A condition under which a rule stops, and what that makes of it: refused, not assessable or out of scope.

    `condition` holds only where the rule came so far, and may be unknown elsewhere. `reason` has no letter. `conflict` says, where
    `conflicts` does not rule it out, whether it is not assessable for a conflict.
    """

    condition: Sql
    effect: str
    reason: Callable[[], Sql]
    conflict: Callable[[], Sql] = s.false
    conflicts: bool = False

    def where(self, condition: Sql) -> StopCell:
        """The same, in fewer rows."""
        return replace(self, condition=s.all_of([condition, self.condition]))


def reason_of(cell: Cell) -> Sql:
    """Why a value is missing, without the letter."""
    return without_letter(cell.why())


def without_letter(why: Sql) -> Sql:
    """A reason without the letter of its lack."""
    if isinstance(why, exp.Literal) and why.is_string:
        return s.text(why.this[1:])
    return s.call("substring", why, s.whole(2))


def lettered(reason: Sql, conflict: Sql) -> Sql:
    """A reason with the letter that says whether it is a conflict."""
    return s.joined_text(s.case([(conflict, s.text(CONFLICT))], s.text(OTHER)), reason)


def unknown_stop(cell: Cell, before: str = "") -> StopCell:
    """Not assessable where a value is missing, for its reason; `before` is put before that."""
    return StopCell(
        cell.unknown,
        STATUSES[NOT_ASSESSABLE],
        lambda: s.joined_text(before, reason_of(cell)),
        lambda: cell.in_conflict,
        cell.conflicts,
    )


def gate_stops(gate: core.Gate, sight: Sight, c: Compiler) -> list[StopCell]:
    """Where and why a rule stops at a gate: where it is not known whether it holds, and where it does not."""
    cell = held_condition(c.cell(gate.condition, sight), sight)
    text = words(gate.span)
    stops = [unknown_stop(cell, f"{text}: ")] if cell.missing else []
    fails = s.not_(s.coalesce(cell.sql, s.true()) if cell.missing else cell.sql)
    if isinstance(fails, exp.Boolean) and not fails.this:
        return stops
    effect = {"needs": STATUSES[NOT_ASSESSABLE], "period": STATUSES[OUT_OF_SCOPE]}.get(gate.kind, REFUSED)

    def reason() -> Sql:
        cause = why_false(gate.condition, sight, c)
        return s.text(text) if cause is None else s.joined_text(text, cause)

    return [*stops, StopCell(fails, effect, reason)]


def why_false(condition: core.Expr, sight: Sight, c: Compiler) -> Sql | None:
    """Why a condition that is false is so, after a colon: of `is known`, why it is not; None where the words say it all."""
    match condition:
        case core.IsKnown(operand=operand):
            value = c.cell(operand, sight)
            return s.joined_text(": ", reason_of(value)) if value.missing else None
        case core.Logic(operator="and", operands=operands):
            causes = [why_false(part, sight, c) for part in operands]
            if all(cause is None for cause in causes):
                return None
            parts = [held_condition(c.cell(part, sight), sight) for part in operands]
            branches = [
                (s.not_(part.sql), cause if cause is not None else s.text("")) for part, cause in zip(parts, causes, strict=True)
            ]
            return s.case(branches, s.text(""))
    return None


def stage_of(stops: Sequence[StopCell], sight: Sight) -> Sql:
    """At which of its stops a rule stops, as a whole number from 1, under a name; 0 where it goes on."""
    return sight.frame.hold(s.case([(stop.condition, s.whole(i)) for i, stop in enumerate(stops, 1)], s.whole(0)))


def at_stage(stage: Sql, wanted: Sequence[int]) -> Sql:
    """Whether a rule stopped at one of these."""
    if isinstance(stage, exp.Literal):
        return s.yes_no(int(stage.this) in wanted)
    if not wanted:
        return s.false()
    return s.equal(stage, s.whole(wanted[0])) if len(wanted) == 1 else s.in_list(stage, [s.whole(i) for i in wanted])
