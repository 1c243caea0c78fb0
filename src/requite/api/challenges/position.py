"""Where the challenges of a month stand, in numbers and pounds: what was raised is what became of it, to the penny."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final

from sqlalchemy import ColumnElement, func, select, type_coerce
from sqlalchemy.orm import Session

from requite.api.challenges.ending import NOTHING
from requite.api.store.columns import Pence
from requite.api.store.schema import Challenge
from requite.engine.live.moves import State

WAYS: Final = (
    State.RAISED.value, State.SENT.value, State.PART_ACCEPTED.value, State.DISPUTED.value, State.ESCALATED.value,
    State.AGREED.value, State.UPHELD.value, State.REJECTED.value, State.LAPSED.value, State.WITHDRAWN.value, "not_found",
)  # fmt: skip
"""What a challenge counts as: what became of it, or, while that is open, its state."""


@dataclass(frozen=True, slots=True)
class Amounts:
    """So many challenges: what they claim, what of that is agreed or upheld, credit and penalty owed, and what is credited."""

    count: int = 0
    claimed: Decimal = NOTHING
    agreed: Decimal = NOTHING
    credit: Decimal = NOTHING
    penalty: Decimal = NOTHING
    received: Decimal = NOTHING

    def __add__(self, other: Amounts) -> Amounts:
        return Amounts(
            self.count + other.count,
            self.claimed + other.claimed,
            self.agreed + other.agreed,
            self.credit + other.credit,
            self.penalty + other.penalty,
            self.received + other.received,
        )


@dataclass(frozen=True, slots=True)
class Line:
    """The challenges of one provider by one check: all that were raised, and how many went each way."""

    provider: str
    check: str
    raised: Amounts
    ways: dict[str, Amounts]


def position(session: Session, where: Sequence[ColumnElement[bool]]) -> list[Line]:
    """A line for each provider and check, and the last for all."""
    place = (Challenge.provider, Challenge.check)
    raised = {(one.provider, one.check): _amounts(one) for one in session.execute(_sums(where, *place))}
    by_way = session.execute(_sums(where, *place, Challenge.state, Challenge.outcome)).all()
    ways: dict[tuple[str, str], dict[str, Amounts]] = {}
    for one in by_way:
        own = ways.setdefault((one.provider, one.check), dict.fromkeys(WAYS, Amounts()))
        way = one.outcome or one.state
        own[way] = own[way] + _amounts(one)
    lines = [Line(*own, raised[own], ways[own]) for own in sorted(ways)]
    return [*lines, _total(lines)]


def reconciles(line: Line) -> bool:
    """Whether what was raised is what became of it: in numbers and in every amount."""
    return _sum(line.ways.values()) == line.raised


def _sums(where: Sequence[ColumnElement[bool]], *by: Any) -> Any:
    done = Challenge.state.in_([State.CREDITED.value, State.CLOSED.value])
    owed = func.coalesce(Challenge.credit, 0) + func.coalesce(Challenge.penalty_due, 0)
    return (
        select(
            *by,
            func.count().label("number"),
            func.sum(Challenge.overcharge).label("claimed"),
            func.sum(Challenge.agreed).label("agreed"),
            func.sum(Challenge.credit).label("credit"),
            func.sum(Challenge.penalty_due).label("penalty"),
            # A sum of sums would else come as a number of pence.
            type_coerce(func.sum(owed).filter(done), Pence()).label("received"),
        )
        .where(*where)
        .group_by(*by)
    )


def _amounts(one: Any) -> Amounts:
    amounts = (one.claimed, one.agreed, one.credit, one.penalty, one.received)
    return Amounts(one.number, *(amount or NOTHING for amount in amounts))


def _total(lines: Sequence[Line]) -> Line:
    ways = {way: _sum(line.ways[way] for line in lines) for way in WAYS}
    return Line("", "", _sum(line.raised for line in lines), ways)


def _sum(amounts: Iterable[Amounts]) -> Amounts:
    found = Amounts()
    for one in amounts:
        found += one
    return found
