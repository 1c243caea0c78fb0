"""Webhooks: addresses that are told of events, signed, and told again until they have heard."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from typing import Annotated, Any

import httpx
from fastapi import APIRouter, Path, Query, Response
from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy.orm import Session

from requite.api.identity import Actor, May
from requite.api.service.dependencies import TheService, allowed
from requite.api.service.documented import problems
from requite.api.service.errors import invalid
from requite.api.service.idempotency import Once, hiding
from requite.api.service.problems import Problem, not_found
from requite.api.store.columns import new_id
from requite.api.store.events import EventKind
from requite.api.store.schema import Delivery, Event, Webhook
from requite.api.webhooks import registering
from requite.api.webhooks.addresses import LONGEST_URL, UnsuitableAddressError, checked, hosts_of
from requite.api.webhooks.registering import BeingSentError, DeliveryState, TooManyError
from requite.api.webhooks.sending import Parcel, Reply, body_of, new_client, send

router = APIRouter(prefix="/webhooks", tags=["webhooks"])

Manager = Annotated[Actor, allowed(May.MANAGE)]

ID = "01JZ8Q4T7V3S5N9K2M6P8R0W1X"

Id = Annotated[str, Path(pattern="^[0-9A-Z]{26}$", examples=[ID])]


class WebhookWanted(BaseModel):
    """An address to be told of events."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    url: str = Field(
        min_length=1,
        max_length=LONGEST_URL,
        description="A public address that begins with https://; or one of a host that the service's settings name.",
        examples=["https://consortium.example.org/requite"],
    )
    kinds: list[EventKind] = Field(
        min_length=1, max_length=20, description="The kinds of events to be told of.", examples=[["finding.new", "challenge.moved"]]
    )


class WebhookShown(BaseModel):
    """A registered address."""

    model_config = ConfigDict(frozen=True)

    id: str = Field(examples=[ID])
    url: str = Field(examples=["https://consortium.example.org/requite"])
    kinds: list[str] = Field(examples=[["challenge.moved", "finding.new"]])
    created_at: datetime
    created_by: str = Field(examples=["default"])


class WebhookMade(WebhookShown):
    """A registered address with its secret, which is told this once: what is sent is signed with it."""

    secret: str | None = Field(
        description="What signs. It is null where the answer is given again under an Idempotency-Key.",
        examples=["whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"],
    )


class WebhookList(BaseModel):
    """All registered addresses, the oldest first; an organisation has at most 20."""

    model_config = ConfigDict(frozen=True)

    items: list[WebhookShown]


class WebhookTried(BaseModel):
    """How it went to send an event of the kind `webhook.test`."""

    model_config = ConfigDict(frozen=True)

    delivered: bool
    answer: str = Field(examples=["status 204"])


class DeliveryShown(BaseModel):
    """An event on its way to an address, or that was. `due` is when it is tried next, or when that ended."""

    model_config = ConfigDict(frozen=True)

    id: str = Field(examples=[ID])
    event: int = Field(description="The event's number.", examples=[17])
    kind: str = Field(examples=["finding.new"])
    subject: str = Field(examples=["kingston/spell/S1"])
    state: DeliveryState
    attempts: int = Field(examples=[1])
    due: datetime
    answer: str = Field(description="How the last attempt went.", examples=["status 204"])


class DeliveryPage(BaseModel):
    """Deliveries, the latest event first. `next` is what to give as `before` for those before them; null at the end."""

    model_config = ConfigDict(frozen=True)

    items: list[DeliveryShown]
    next: int | None


@router.post(
    "",
    status_code=201,
    operation_id="register_webhook",
    summary="Register an address",
    responses=problems(409),
)
def register_webhook(
    wanted: WebhookWanted, actor: Manager, service: TheService, _: Annotated[None, hiding("secret")], response: Response
) -> WebhookMade:
    """An address is told of what happens from now on. The answer holds the secret that signs what is sent: it is told this once."""
    try:
        checked(wanted.url, hosts_of(service.settings.webhook_hosts))
    except UnsuitableAddressError as error:
        raise invalid("wrong-address", f"url: {error}", "Give a public address that begins with https://.") from error
    try:
        with service.database.writing() as session:
            webhook = registering.register(session, actor, wanted.url, wanted.kinds)
    except TooManyError as error:
        most = registering.MOST_WEBHOOKS
        raise Problem(409, "too-many", f"there are {most} webhooks already", "Remove one that is not needed.") from error
    response.headers["Location"] = f"/webhooks/{webhook.id}"
    return WebhookMade(**_shown(webhook).model_dump(), secret=webhook.secret)


@router.get("", operation_id="list_webhooks", summary="All addresses")
def list_webhooks(actor: Manager, service: TheService) -> WebhookList:
    """The organisation's addresses, without their secrets."""
    with service.database.reading() as session:
        return WebhookList(items=[_shown(webhook) for webhook in registering.registered(session, actor.org)])


@router.get("/{id}", operation_id="get_webhook", summary="One address", responses=problems(404))
def get_webhook(id: Id, actor: Manager, service: TheService) -> WebhookShown:
    """An address by its id."""
    with service.database.reading() as session:
        return _shown(_one(session, actor, id))


@router.delete("/{id}", status_code=204, operation_id="remove_webhook", summary="Remove an address", responses=problems(404))
def remove_webhook(id: Id, actor: Manager, service: TheService) -> None:
    """Nothing is sent to it any more, and what was on its way is dropped."""
    with service.database.writing() as session:
        registering.remove(session, actor.org, actor.name, _one(session, actor, id), "removed")


@router.post("/{id}/test", operation_id="test_webhook", summary="Send a trial event", responses=problems(404))
def test_webhook(id: Id, actor: Manager, service: TheService) -> WebhookTried:
    """Sends an event of the kind `webhook.test` at once, and says how that went. It is not tried again."""
    with service.database.reading() as session:
        webhook = _one(session, actor, id)
    moment = datetime.now(UTC)
    parcel = Parcel(webhook.url, webhook.secret, new_id(), body_of("webhook.test", moment, {"webhook": webhook.id}))
    reply = asyncio.run(_try(parcel, hosts_of(service.settings.webhook_hosts)))
    return WebhookTried(delivered=reply.arrived, answer=reply.words)


async def _try(parcel: Parcel, allowed: frozenset[str]) -> Reply:
    async with new_client(httpx.create_ssl_context()) as client:
        return await send(client, parcel, allowed)


@router.get(
    "/{id}/deliveries",
    operation_id="list_deliveries",
    summary="What was sent, and what waits",
    responses=problems(404),
)
def list_deliveries(
    id: Id,
    actor: Manager,
    service: TheService,
    state: Annotated[DeliveryState | None, Query(description="Only deliveries in this state.")] = None,
    before: Annotated[int | None, Query(ge=1, le=2**63 - 1, description="The `next` of the page before.")] = None,
    limit: Annotated[int, Query(ge=1, le=1000)] = 100,
) -> DeliveryPage:
    """Each event that this address was or is to be told of: how often it was tried, and how that went."""
    with service.database.reading() as session:
        webhook = _one(session, actor, id)
        found = registering.deliveries(session, webhook, state, before, limit + 1)
    shown = found[:limit]
    following = shown[-1][1].number if len(found) > limit else None
    return DeliveryPage(items=[_delivery(*each) for each in shown], next=following)


@router.post(
    "/{id}/deliveries/{delivery}/resend",
    status_code=202,
    operation_id="resend_delivery",
    summary="Send an event again",
    responses=problems(404, 409),
)
def resend_delivery(id: Id, delivery: Id, actor: Manager, service: TheService, _: Once) -> DeliveryShown:
    """Puts an event on its way once more, also one that arrived or was given up. It keeps its `webhook-id`."""
    with service.database.writing() as session:
        found = registering.delivery(session, _one(session, actor, id), delivery)
        if found is None:
            raise not_found("delivery")
        try:
            registering.send_again(session, actor, found[0])
        except BeingSentError as error:
            raise Problem(409, "being-sent", "it is being sent at this moment", "Look again in a minute.") from error
        return _delivery(*found)


def _one(session: Session, actor: Actor, id: str) -> Webhook:
    webhook = registering.one(session, actor.org, id)
    if webhook is None:
        raise not_found("webhook")
    return webhook


def _shown(webhook: Webhook) -> WebhookShown:
    return WebhookShown(
        id=webhook.id, url=webhook.url, kinds=webhook.kinds, created_at=webhook.created_at, created_by=webhook.created_by
    )


def _delivery(delivery: Delivery, event: Event) -> DeliveryShown:
    values: dict[str, Any] = {"state": delivery.state}
    return DeliveryShown(
        id=delivery.id,
        event=event.number,
        kind=event.kind,
        subject=event.subject,
        attempts=delivery.attempts,
        due=delivery.due,
        answer=delivery.answer,
        **values,
    )
