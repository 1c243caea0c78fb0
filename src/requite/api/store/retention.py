"""Events that nobody has to hear of any more, removed with their deliveries: the oldest first, and none that is still on its way.

What an organisation has kept is one row of numbers without a hole, so that a reader can be told whether it missed any. The audit
log, decisions and challenges with their own events are no part of this.
"""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from typing import Final

from sqlalchemy import Select, delete, func, select
from sqlalchemy.orm import Session

from requite.api.identity import CLOCK
from requite.api.store import audit
from requite.api.store.database import Database, take_turn
from requite.api.store.schema import Delivery, Event, Organisation, Webhook

TOGETHER: Final = 1000
"""Events that are removed in one transaction, so that others get their turn."""

MOST_ROUNDS: Final = 20
"""Transactions of one look at the store: what is left waits for the next."""

PENDING: Final = ("waiting", "sending")
"""States of a delivery that is still to be made."""


def kept_since(moment: datetime, days: int) -> datetime:
    """The midnight before which nothing is kept: whole days, so that most looks at the store find nothing to do."""
    return datetime.combine(moment.astimezone(UTC).date() - timedelta(days), time(), UTC)


def remove_old_events(database: Database, org: str, before: datetime) -> int:
    """Remove an organisation's events from before a moment, as far as all have been delivered; how many were removed."""
    removed = 0
    for _ in range(MOST_ROUNDS):
        with database.reading() as session:
            if not _oldest(session, org, before, 1):
                break
        with database.writing() as session:
            removed += _remove_some(session, org, before)
    return removed


def _remove_some(session: Session, org: str, before: datetime) -> int:
    take_turn(session, org, "retention")
    numbers = _oldest(session, org, before, TOGETHER)
    if not numbers:
        return 0
    last = numbers[-1]
    # One that is sent again by hand at this moment is waiting: then its event cannot go, and neither can the others this time.
    deliveries = delete(Delivery).where(Delivery.org == org, Delivery.event <= last, Delivery.state.not_in(PENDING))
    session.execute(deliveries, execution_options={"synchronize_session": False})
    session.execute(delete(Event).where(Event.org == org, Event.number <= last), execution_options={"synchronize_session": False})
    session.get_one(Organisation, org).events_removed = last
    audit.record(session, org, CLOCK, "events.removed", "events", {"count": len(numbers), "up_to": last})
    return len(numbers)


def _oldest(session: Session, org: str, before: datetime, most: int) -> list[int]:
    """The numbers of the oldest events, as many in a row as may be removed."""
    wanted = select(Event.number, Event.at).where(Event.org == org).order_by(Event.number).limit(most)
    for limit in _limits(org):
        held = session.scalar(limit)
        if held is not None:
            wanted = wanted.where(Event.number < held)
    found: list[int] = []
    for number, at in session.execute(wanted):
        if at >= before:
            break
        found.append(number)
    return found


def _limits(org: str) -> tuple[Select[int], ...]:
    """What each keeps events from its number on: a delivery on its way, an address that is behind, and the last event.

    The last one stays, since SQLite would give its number to another.
    """
    return (
        select(func.min(Delivery.event)).where(Delivery.org == org, Delivery.state.in_(PENDING)),
        select(func.min(Webhook.reached) + 1).where(Webhook.org == org, Webhook.removed_at.is_(None)),
        select(func.max(Event.number)).where(Event.org == org),
    )
