"""What is due to be sent, taken by one process at a time, and what became of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import exists, select, update
from sqlalchemy.orm import Session, aliased

from requite.api.identity import WEBHOOKS
from requite.api.store.schema import Delivery, Event, Webhook
from requite.api.webhooks import registering
from requite.api.webhooks.schedule import WAITS, wait_after
from requite.api.webhooks.sending import Parcel, Reply, body_of, event_json

LEASE: Final = timedelta(seconds=25)
"""How long what was taken is left alone; then its process is thought dead, and another takes it."""

AT_ONCE: Final = 200
"""The most that are taken for one address."""


@dataclass(frozen=True, slots=True)
class Taken:
    """A delivery that this process is to make. `attempt` counts it, and tells it from one taken again by another."""

    delivery: str
    webhook: str
    attempt: int
    parcel: Parcel


def _due(moment: datetime) -> object:
    return Delivery.state.in_(("waiting", "sending")) & (Delivery.due <= moment)


def is_due(session: Session, moment: datetime) -> bool:
    """Whether there is anything to send."""
    return session.scalar(select(Delivery.id).where(_due(moment)).limit(1)) is not None  # type: ignore[arg-type]


def take(session: Session, moment: datetime) -> dict[str, list[Taken]]:
    """What is to be sent now, by address, in the order in which it happened. An address is served by one process at a time."""
    locked = aliased(Webhook)
    with_due = select(Delivery.webhook).where(_due(moment))  # type: ignore[arg-type]
    wanted = select(locked).where(locked.id.in_(with_due), locked.removed_at.is_(None)).order_by(locked.id)
    found = session.scalars(wanted.with_for_update(skip_locked=True)).all()
    return {webhook.id: taken for webhook in found if (taken := _take(session, webhook, moment))}


def _take(session: Session, webhook: Webhook, moment: datetime) -> list[Taken]:
    served = exists().where(Delivery.webhook == webhook.id, Delivery.state == "sending", Delivery.due > moment)
    if session.scalar(select(served)):
        return []
    wanted = (
        select(Delivery, Event).join(Event, Event.number == Delivery.event).where(Delivery.webhook == webhook.id, _due(moment))  # type: ignore[arg-type]
    )
    taken = []
    for delivery, event in session.execute(wanted.order_by(Delivery.event).limit(AT_ONCE)):
        delivery.state = "sending"
        delivery.due = moment + LEASE
        delivery.attempts += 1
        body = body_of(event.kind, event.at, event_json(event))
        taken.append(Taken(delivery.id, webhook.id, delivery.attempts, Parcel(webhook.url, webhook.secret, event.id, body)))
    return taken


def put_down(session: Session, taken: Taken, reply: Reply, moment: datetime, waits: Sequence[timedelta] = WAITS) -> None:
    """Keep how an attempt went: arrived, to be tried again, or given up."""
    wait = wait_after(taken.attempt, waits)
    state = "delivered" if reply.arrived else "dead" if wait is None or reply.gone else "waiting"
    due = moment + wait if state == "waiting" and wait is not None else moment
    _change(session, taken, state=state, due=due, answer=reply.words)
    if reply.gone and (webhook := session.get(Webhook, taken.webhook)) is not None and webhook.removed_at is None:
        registering.remove(session, webhook.org, WEBHOOKS, webhook, "the address answered 410 Gone")


def put_back(session: Session, taken: Sequence[Taken], moment: datetime) -> None:
    """Leave what was taken and not tried, as if it had not been taken, until a moment."""
    for each in taken:
        _change(session, each, state="waiting", due=moment, attempts=each.attempt - 1)


def _change(session: Session, taken: Taken, **values: object) -> None:
    mine = (Delivery.id == taken.delivery) & (Delivery.state == "sending") & (Delivery.attempts == taken.attempt)
    session.execute(update(Delivery).where(mine).values(**values))
