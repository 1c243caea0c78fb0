"""From events to deliveries: each event once for each address that wants its kind."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from sqlalchemy import exists, insert, select
from sqlalchemy.orm import Session, aliased

from requite.api.store.columns import new_id
from requite.api.store.schema import Delivery, Event, Webhook

AT_ONCE: Final = 500
"""How many events are looked at in one transaction."""

BEHIND = Webhook.removed_at.is_(None) & exists().where(Event.org == Webhook.org, Event.number > Webhook.reached)
"""That an address has not been told of all that there is."""


def is_behind(session: Session) -> bool:
    """Whether there are events that no address has been looked up for."""
    return session.scalar(select(Webhook.id).where(BEHIND).limit(1)) is not None


def fan_out(session: Session, moment: datetime) -> int:
    """Make deliveries of the next events, and say how many events were looked at.

    An address and how far it has got are one row, and that is locked here: what another process works on is left to it.
    """
    locked = aliased(Webhook)
    behind = select(Webhook.id).where(BEHIND)
    found = session.scalars(select(locked).where(locked.id.in_(behind)).order_by(locked.id).with_for_update(skip_locked=True))
    return sum(_next(session, webhook, moment) for webhook in found.all())


def _next(session: Session, webhook: Webhook, moment: datetime) -> int:
    # Read again under the lock: another process may have gone on a moment ago.
    session.refresh(webhook)
    if webhook.removed_at is not None:
        return 0
    wanted = select(Event.number, Event.kind).where(Event.org == webhook.org, Event.number > webhook.reached)
    events = session.execute(wanted.order_by(Event.number).limit(AT_ONCE)).all()
    made = [
        {
            "id": new_id(),
            "org": webhook.org,
            "webhook": webhook.id,
            "event": event.number,
            "state": "waiting",
            "attempts": 0,
            "due": moment,
            "answer": "",
        }
        for event in events
        if event.kind in webhook.kinds
    ]
    if made:
        session.execute(insert(Delivery), made)
    if events:
        webhook.reached = events[-1].number
    return len(events)
