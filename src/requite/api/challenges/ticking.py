"""What the clock does: a challenge whose time has run out moves by itself, in the order of the days on which that was."""

from __future__ import annotations

from datetime import date
from typing import Final

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from requite.api.challenges.moving import Asked, Desk, loaded, move_all
from requite.api.challenges.writing import ANSWER, CREDIT
from requite.api.identity import CLOCK
from requite.api.store import audit
from requite.api.store.database import Database, day_of, now, take_turn, today
from requite.api.store.schema import Challenge, Timer
from requite.engine.live.moves import State, Who

TOGETHER: Final = 200
"""How many challenges move in one transaction, so that others get their turn."""


def tick(database: Database, desk: Desk, org: str) -> int:
    """Move all challenges of an organisation that are due by its clock; how many moved. Safe in several processes at once."""
    moved = 0
    while True:
        with database.reading() as session:
            if session.execute(_due(org, today(session, org)).limit(1)).first() is None:
                return moved
        with database.writing() as session:
            moved += _some(session, desk, org)


def _due(org: str, day: date) -> Select[Timer]:
    """The timers whose last day is past, in the order in which they ran out."""
    return select(Timer).where(Timer.org == org, Timer.done_at.is_(None), Timer.due < day).order_by(Timer.due, Timer.id)


def _some(session: Session, desk: Desk, org: str) -> int:
    """Fire what ran out first; of each challenge one timer, since its move sets the others anew."""
    take_turn(session, org, "challenges")
    moment = now(session, org)
    timers = session.scalars(_due(org, day_of(moment)).limit(TOGETHER)).all()
    first: dict[str, Timer] = {}
    for timer in timers:
        first.setdefault(timer.challenge, timer)
    challenges = {challenge.id: challenge for challenge in loaded(session, org, first)}
    moved: list[Challenge] = []
    for name in WHY:
        own = [challenges[id] for id, timer in first.items() if _move_of(timer, challenges[id]) == name]
        moved += _moved(session, desk, org, own, name)
    # Whatever did not move waits for nothing: its timer has fired.
    for timer in first.values():
        timer.done_at = timer.done_at or moment
    if moved:
        audit.record(session, org, CLOCK, "challenges.moved", CLOCK, {"count": len(moved), "day": day_of(moment).isoformat()})
    return len(moved)


def _move_of(timer: Timer, challenge: Challenge) -> str:
    if timer.kind == ANSWER:
        return "deem" if challenge.otherwise == "upheld" else "lapse"
    if timer.kind == CREDIT:
        return "overdue"
    return SETTLE if challenge.state == State.PART_ACCEPTED else "freeze"


def _moved(session: Session, desk: Desk, org: str, challenges: list[Challenge], move: str) -> list[Challenge]:
    if not challenges:
        return []
    asked = Asked("freeze" if move == SETTLE else move, Who.CLOCK, CLOCK, WHY[move])
    results = move_all(desk, session, org, now(session, org), challenges, asked)
    return [result.challenge for result in results if result.refused is None]


SETTLE: Final = "settle"
"""The freeze of what the hospital has accepted in part."""

WHY: Final = {
    "deem": "no answer came in time, and the contract takes that as agreement",
    "lapse": "no answer came in time, and the contract lets it lapse then",
    "freeze": "its month froze before it was settled or escalated",
    SETTLE: "its month froze, and what the hospital accepted is agreed",
    "overdue": "the credit did not come in time",
}
