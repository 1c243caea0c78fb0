"""Where the challenges of a month stand, in numbers and pounds: what was raised is what became of it, to the penny."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final

from sqlalchemy import BigInteger, ColumnElement, func, select, type_coerce
from sqlalchemy.orm import Session

from requite.api.challenges.doubting import BARRED, NOT_FOUND
from requite.api.challenges.ending import NOTHING
from requite.api.store.columns import from_pence
from requite.api.store.schema import Challenge
from requite.engine.live.moves import State

WAYS: Final = (
    State.RAISED.value, State.SENT.value, State.PART_ACCEPTED.value, State.DISPUTED.value, State.ESCALATED.value,
    State.AGREED.value, State.UPHELD.value, State.REJECTED.value, State.LAPSED.value, State.WITHDRAWN.value, NOT_FOUND,
    BARRED,
)  # fmt: skip
"""What a challenge counts as: what became of it, or, while that is open, its state."""

PART: Final = 10**9
"""Sums are taken of whole parts of so many pence, and of what is left."""

PLACE: Final = (Challenge.provider, Challenge.check)
"""What has a line of its own."""


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
    """The challenges of one provider by one check: all that were raised, how many went each way, are in doubt, and are overdue."""

    provider: str
    check: str
    raised: Amounts
    ways: dict[str, Amounts]
    in_doubt: Amounts = Amounts()
    overdue: Amounts = Amounts()


def position(session: Session, where: Sequence[ColumnElement[bool]]) -> list[Line]:
    """A line for each provider and check, and the last for all."""
    raised = _by_place(session, where)
    by_way = session.execute(_sums(where, *PLACE, Challenge.state, Challenge.outcome)).all()
    ways: dict[tuple[str, str], dict[str, Amounts]] = {}
    for one in by_way:
        own = ways.setdefault((one.provider, one.check), dict.fromkeys(WAYS, Amounts()))
        way = one.outcome or one.state
        own[way] = own[way] + _amounts(one)
    in_doubt = _by_place(session, [*where, Challenge.doubt != ""])
    overdue = _by_place(session, [*where, Challenge.overdue.is_(True)])
    lines = [Line(*own, raised[own], ways[own], in_doubt.get(own, Amounts()), overdue.get(own, Amounts())) for own in sorted(ways)]
    return [*lines, _total(lines)]


def _by_place(session: Session, where: Sequence[ColumnElement[bool]]) -> dict[tuple[str, str], Amounts]:
    return {(one.provider, one.check): _amounts(one) for one in session.execute(_sums(where, *PLACE))}


def reconciles(line: Line) -> bool:
    """Whether what was raised is what became of it: in numbers and in every amount."""
    return _sum(line.ways.values()) == line.raised


def _sums(where: Sequence[ColumnElement[bool]], *by: Any) -> Any:
    done = Challenge.state.in_([State.CREDITED.value, State.CLOSED.value])
    summed = (
        *_sum_of("claimed", Challenge.overcharge),
        *_sum_of("agreed", Challenge.agreed),
        *_sum_of("credit", Challenge.credit),
        *_sum_of("penalty", Challenge.penalty_due),
        *_sum_of("credited", Challenge.credit, done),
        *_sum_of("fined", Challenge.penalty_due, done),
    )
    return select(*by, func.count().label("number"), *summed).where(*where).group_by(*by)


def _sum_of(name: str, column: Any, *only: ColumnElement[bool]) -> Iterator[ColumnElement[int]]:
    """A sum of pence in two parts, for SQLite refuses sums beyond 63 bits."""
    pence = type_coerce(column, BigInteger)
    for part, of in (("high", pence // PART), ("low", pence % PART)):
        yield (func.sum(of).filter(*only) if only else func.sum(of)).label(f"{name}_{part}")


def _amounts(one: Any) -> Amounts:
    claimed, agreed, credit, penalty = (_whole(one, name) for name in ("claimed", "agreed", "credit", "penalty"))
    return Amounts(one.number, claimed, agreed, credit, penalty, _whole(one, "credited") + _whole(one, "fined"))


def _whole(one: Any, name: str) -> Decimal:
    high, low = getattr(one, f"{name}_high"), getattr(one, f"{name}_low")
    return from_pence(int(high or 0) * PART + int(low or 0))


def _total(lines: Sequence[Line]) -> Line:
    ways = {way: _sum(line.ways[way] for line in lines) for way in WAYS}
    return Line(
        "",
        "",
        _sum(line.raised for line in lines),
        ways,
        _sum(line.in_doubt for line in lines),
        _sum(line.overdue for line in lines),
    )


def _sum(amounts: Iterable[Amounts]) -> Amounts:
    found = Amounts()
    for one in amounts:
        found += one
    return found
