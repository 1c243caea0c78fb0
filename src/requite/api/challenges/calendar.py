"""The contract's calendar: for each month of claims when they are submitted, until when challenged, and when they freeze."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import Select, and_, exists, func, or_, select
from sqlalchemy.orm import Session, aliased

from requite.api.challenges.dates import NO_DATES, OWED, ContractDates, chunks, contract_dates, credit_due
from requite.api.challenges.ending import total
from requite.api.challenges.writing import DATES_CHANGED, Change, Happened, write
from requite.api.identity import Actor
from requite.api.store import audit
from requite.api.store.database import day_of, now, take_turn
from requite.api.store.schema import CalendarMonth, Challenge, ChallengeEvent
from requite.engine.live.moves import State

WAITING = (State.RAISED, State.SENT, State.PART_ACCEPTED, State.DISPUTED)
"""States in which it matters still until when a claim is challenged, and when its month freezes."""


@dataclass(frozen=True, slots=True)
class MonthSaid:
    """The dates of a month, for one provider or, where that is empty, for all."""

    month: str
    provider: str
    submitted_on: date
    challenge_by: date
    freezes_on: date
    credit_within: int | None = None


def say(session: Session, actor: Actor, months: Sequence[MonthSaid]) -> list[CalendarMonth]:
    """Say the dates of months from now on: nothing is overwritten, and challenges that are under way follow."""
    take_turn(session, actor.org, "challenges")
    moment = now(session, actor.org)
    said = [
        CalendarMonth(
            org=actor.org,
            month=one.month,
            provider=one.provider,
            submitted_on=one.submitted_on,
            challenge_by=one.challenge_by,
            freezes_on=one.freezes_on,
            credit_within=one.credit_within,
            known_from=moment,
            said_by=actor.name,
        )
        for one in months
    ]
    session.add_all(said)
    session.flush()
    moved = _follow(session, actor, moment, sorted({one.month for one in months}))
    detail: dict[str, Any] = {"months": sorted({one.month for one in months}), "challenges": moved}
    audit.record(session, actor.org, actor.name, "calendar.said", "calendar", detail)
    return said


def _follow(session: Session, actor: Actor, moment: datetime, months: Sequence[str]) -> int:
    """Give challenges of these months their new dates; how many have others now."""
    changes = []
    for some in chunks(months):
        states = [state.value for state in (*WAITING, *sorted(OWED))]
        asked = select(Challenge).where(Challenge.org == actor.org, Challenge.month.in_(some), Challenge.state.in_(states))
        concerned = session.scalars(asked.execution_options(populate_existing=True)).all()
        dates = contract_dates(session, actor.org, {(one.month, one.provider) for one in concerned})
        settled = _settled_on(session, [one.id for one in concerned if one.state in OWED])
        for challenge in concerned:
            own = dates.get((challenge.month, challenge.provider), NO_DATES)
            values = dict(_new_dates(challenge, own, settled.get(challenge.id)))
            if any(getattr(challenge, name) != value for name, value in values.items()):
                happened = Happened(DATES_CHANGED, actor.name, "the calendar has other dates for its month")
                # Whether it is overdue is told by the new day.
                changes.append(Change(challenge, happened, values | {"overdue": False}))
    write(session, actor.org, moment, changes)
    return len(changes)


def _new_dates(challenge: Challenge, own: ContractDates, settled: date | None) -> Iterator[tuple[str, date | None]]:
    """The dates that a challenge is to have where it stands."""
    if settled is None:
        yield from (("challenge_by", own.challenge_by), ("freezes_on", own.freezes_on))
    elif total(challenge):
        yield "credit_due", credit_due(settled, own.credit_within)


def _settled_on(session: Session, ids: Sequence[str]) -> dict[str, date]:
    """The days on which challenges were agreed or upheld."""
    found: dict[str, date] = {}
    for some in chunks(ids):
        event, states = ChallengeEvent, sorted(OWED)
        asked = select(event.challenge, func.max(event.at)).where(
            event.challenge.in_(some), event.after.in_(states), event.before.not_in(states)
        )
        found |= {id: day_of(at) for id, at in session.execute(asked.group_by(event.challenge))}
    return found


def holding(org: str, known: datetime | None = None) -> Select[CalendarMonth]:
    """What holds of the calendar: of each month and provider what was said last, or had been by a moment."""
    later = aliased(CalendarMonth)
    same = and_(later.org == CalendarMonth.org, later.month == CalendarMonth.month, later.provider == CalendarMonth.provider)
    after = or_(
        later.known_from > CalendarMonth.known_from,
        and_(later.known_from == CalendarMonth.known_from, later.id > CalendarMonth.id),
    )
    if known is None:
        return select(CalendarMonth).where(CalendarMonth.org == org, ~exists().where(same, after))
    told = and_(same, after, later.known_from <= known)
    return select(CalendarMonth).where(CalendarMonth.org == org, CalendarMonth.known_from <= known, ~exists().where(told))
