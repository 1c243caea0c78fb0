"""Which challenges and dates a caller sees: those of the organisation; a hospital its own, challenges once they have been sent."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date

from sqlalchemy import ColumnElement, Integer, func, select
from sqlalchemy.orm import Session, aliased

from requite.api.challenges.dates import chunks
from requite.api.challenges.writing import NOTES
from requite.api.identity import Actor, Role
from requite.api.service.errors import invalid
from requite.api.store.schema import CalendarMonth, Challenge, ChallengeEvent

SEND = "send"
MAINTAIN = "maintain"


@dataclass(frozen=True, slots=True)
class Filter:
    """Which challenges are wanted; empty values leave it open."""

    state: str | None = None
    outcome: str | None = None
    provider: str | None = None
    check: str | None = None
    month: str | None = None
    ruleset: str | None = None
    run: str | None = None
    key: str | None = None
    due_before: date | None = None
    in_doubt: bool | None = None
    overdue: bool | None = None


def visible(actor: Actor) -> list[ColumnElement[bool]]:
    """What limits whatever a caller asks for."""
    own: list[ColumnElement[bool]] = [Challenge.org == actor.org]
    if actor.role is Role.HOSPITAL:
        own += [Challenge.provider == (actor.provider or ""), Challenge.sent_on.is_not(None)]
    return own


def visible_months(actor: Actor) -> list[ColumnElement[bool]]:
    """What limits whatever a caller asks of the calendar: a hospital sees the dates for all and its own, and no other's."""
    own: list[ColumnElement[bool]] = [CalendarMonth.org == actor.org]
    if actor.role is Role.HOSPITAL:
        own.append(CalendarMonth.provider.in_(["", actor.provider or ""]))
    return own


def sees_doubt(actor: Actor) -> bool:
    """Whether a caller is told that the finding of a challenge is in doubt: the hospital is not."""
    return actor.role is not Role.HOSPITAL


def wanted(actor: Actor, filter: Filter) -> list[ColumnElement[bool]]:
    """The same with what a caller asks for."""
    found = visible(actor)
    for name in ("state", "outcome", "provider", "check", "month", "ruleset", "run", "key"):
        value = getattr(filter, name)
        if value is not None:
            found.append(getattr(Challenge, name) == value)
    if filter.due_before is not None:
        found.append(Challenge.answer_due < filter.due_before)
    if filter.overdue is not None:
        found.append(Challenge.overdue.is_(filter.overdue))
    if filter.in_doubt is not None:
        if not sees_doubt(actor):
            raise invalid("wrong-side", "what is in doubt is the commissioner's to know", "Leave out `in_doubt`.")
        found.append(Challenge.doubt != "" if filter.in_doubt else Challenge.doubt == "")
    return found


def one(session: Session, actor: Actor, id: str) -> Challenge | None:
    """A challenge by its id, where the caller sees it."""
    asked = select(Challenge).where(Challenge.id == id, *visible(actor))
    return session.scalars(asked.execution_options(populate_existing=True)).first()


def events_seen(actor: Actor) -> list[ColumnElement[bool]]:
    """What limits the events of challenges: a hospital sees those from the sending on, but not what only the commissioner knows."""
    if actor.role is not Role.HOSPITAL:
        return []
    other = aliased(ChallengeEvent)
    sent = select(func.min(other.number)).where(other.challenge == ChallengeEvent.challenge, other.move == SEND)
    return [
        ChallengeEvent.number >= sent.correlate(ChallengeEvent).scalar_subquery(),
        ChallengeEvent.move.not_in((*NOTES, MAINTAIN)),
    ]


def number_seen(actor: Actor) -> ColumnElement[int]:
    """The number of an event among those of its challenge that a caller sees: a gap would tell of what is not seen."""
    if actor.role is not Role.HOSPITAL:
        return ChallengeEvent.number.expression
    return func.row_number(type_=Integer).over(order_by=ChallengeEvent.number)


def revisions_seen(session: Session, actor: Actor, challenges: Iterable[Challenge]) -> Mapping[str, int]:
    """The revisions of challenges as a caller counts them: the number of the last event that they see."""
    if actor.role is not Role.HOSPITAL:
        return {challenge.id: challenge.revision for challenge in challenges}
    found: dict[str, int] = {}
    for some in chunks([challenge.id for challenge in challenges]):
        counted = select(ChallengeEvent.challenge, func.count().label("seen")).group_by(ChallengeEvent.challenge)
        concerned = counted.where(ChallengeEvent.challenge.in_(some), *events_seen(actor))
        found |= {row.challenge: row.seen for row in session.execute(concerned)}
    return found
