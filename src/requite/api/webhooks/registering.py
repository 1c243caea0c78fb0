"""Registering addresses, and looking after what is on its way to them."""

from __future__ import annotations

import base64
import secrets
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Final, Literal

from sqlalchemy import CursorResult, func, select, update
from sqlalchemy.orm import Session

from requite.api.identity import Actor
from requite.api.store import audit
from requite.api.store.database import take_turn
from requite.api.store.events import NUMBERING, EventKind
from requite.api.store.schema import Delivery, Event, Webhook

MOST_WEBHOOKS: Final = 20
"""The most addresses of an organisation."""

DeliveryState = Literal["waiting", "sending", "delivered", "dead", "dropped"]
"""How far an event has come: dead after its last attempt, dropped where the address was removed before."""


class TooManyError(Exception):
    """An organisation has as many addresses as it may have."""


class BeingSentError(Exception):
    """A delivery is on its way at this moment."""


def register(session: Session, actor: Actor, url: str, kinds: Sequence[EventKind]) -> Webhook:
    """A new address. It is told of what happens from now on."""
    # No event is numbered meanwhile, so that none falls between those before and those after.
    take_turn(session, actor.org, NUMBERING)
    if len(registered(session, actor.org)) >= MOST_WEBHOOKS:
        raise TooManyError
    webhook = Webhook(
        org=actor.org,
        url=url,
        kinds=sorted(set(kinds)),
        secret=new_secret(),
        reached=session.scalar(select(func.max(Event.number)).where(Event.org == actor.org)) or 0,
        created_at=datetime.now(UTC),
        created_by=actor.name,
    )
    session.add(webhook)
    session.flush()
    audit.record(session, actor.org, actor.name, "webhook.registered", webhook.id, {"kinds": webhook.kinds})
    return webhook


def new_secret() -> str:
    """A secret as Standard Webhooks writes them."""
    return "whsec_" + base64.b64encode(secrets.token_bytes(32)).decode()


def registered(session: Session, org: str) -> list[Webhook]:
    """An organisation's addresses, the oldest first."""
    return list(session.scalars(select(Webhook).where(Webhook.org == org, Webhook.removed_at.is_(None)).order_by(Webhook.id)))


def one(session: Session, org: str, webhook: str) -> Webhook | None:
    """An address by its id."""
    return session.scalar(select(Webhook).where(Webhook.org == org, Webhook.id == webhook, Webhook.removed_at.is_(None)))


def remove(session: Session, org: str, by: str, webhook: Webhook, why: str) -> None:
    """Tell an address nothing any more. What was on its way is dropped, and stays on record."""
    moment = datetime.now(UTC)
    webhook.removed_at = moment
    waiting = (Delivery.webhook == webhook.id) & Delivery.state.in_(("waiting", "sending"))
    session.execute(update(Delivery).where(waiting).values(state="dropped", due=moment))
    audit.record(session, org, by, "webhook.removed", webhook.id, {"why": why})


def deliveries(
    session: Session, webhook: Webhook, state: DeliveryState | None, before: int | None, limit: int
) -> list[tuple[Delivery, Event]]:
    """What was or is on its way to an address, the latest event first; `before` is the number of an event."""
    wanted = select(Delivery, Event).join(Event, Event.number == Delivery.event).where(Delivery.webhook == webhook.id)
    if state is not None:
        wanted = wanted.where(Delivery.state == state)
    if before is not None:
        wanted = wanted.where(Delivery.event < before)
    return [(row[0], row[1]) for row in session.execute(wanted.order_by(Delivery.event.desc()).limit(limit))]


def delivery(session: Session, webhook: Webhook, wanted: str) -> tuple[Delivery, Event] | None:
    """One delivery to an address, by its id."""
    found = session.execute(
        select(Delivery, Event)
        .join(Event, Event.number == Delivery.event)
        .where(Delivery.webhook == webhook.id, Delivery.id == wanted)
    ).first()
    return (found[0], found[1]) if found else None


def send_again(session: Session, actor: Actor, wanted: Delivery) -> None:
    """Put a delivery on its way as if it were new, however it ended. BeingSentError where it is on its way at this moment."""
    # The state is asked for in the change itself: the deliverer may have taken it a moment ago.
    changed = session.execute(
        update(Delivery)
        .where(Delivery.id == wanted.id, Delivery.state != "sending")
        .values(state="waiting", attempts=0, due=datetime.now(UTC))
    )
    assert isinstance(changed, CursorResult)
    if changed.rowcount == 0:
        raise BeingSentError
    audit.record(session, actor.org, actor.name, "webhook.sent_again", wanted.webhook, {"delivery": wanted.id})
    session.refresh(wanted)
