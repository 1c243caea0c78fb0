"""Sending one event to one address, signed as Standard Webhooks has it."""

from __future__ import annotations

import asyncio
import itertools
import json
import ssl
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

import httpx
from stamina import AsyncRetryingCaller
from standardwebhooks.webhooks import Webhook as Signer

from requite import __version__
from requite.api.store.database import moment_text
from requite.api.store.schema import Event
from requite.api.webhooks.addresses import UnsuitableAddressError, checked, resolved

SECONDS: Final = 10
"""How long one attempt may take, from looking up the name to the answer's status."""

GONE: Final = 410


@dataclass(frozen=True, slots=True)
class Parcel:
    """What is to be sent. `name` stays the same from attempt to attempt, so that a receiver knows what it has already."""

    url: str
    secret: str
    name: str
    body: str


@dataclass(frozen=True, slots=True)
class Reply:
    """How an attempt went. Of an answer only its status is looked at."""

    words: str
    arrived: bool = False
    unreachable: bool = False
    gone: bool = False


def event_json(event: Event) -> dict[str, Any]:
    """An event as everybody gets it."""
    return {
        "number": event.number,
        "id": event.id,
        "kind": event.kind,
        "subject": event.subject,
        "payload": event.payload,
        "at": moment_text(event.at),
    }


def body_of(kind: str, at: datetime, data: dict[str, Any]) -> str:
    """The text that is signed and sent."""
    return json.dumps({"type": kind, "timestamp": moment_text(at), "data": data}, separators=(",", ":"))


def new_client(context: ssl.SSLContext) -> httpx.AsyncClient:
    """A client that follows no redirects and takes nothing from the environment."""
    limits = httpx.Limits(max_keepalive_connections=0)
    return httpx.AsyncClient(verify=context, follow_redirects=False, trust_env=False, timeout=SECONDS, limits=limits)


async def send(client: httpx.AsyncClient, parcel: Parcel, allowed: frozenset[str]) -> Reply:
    """Try to send something once. A connection that cannot be made is tried again within it; whatever went out is not."""
    try:
        async with asyncio.timeout(SECONDS):
            status = await _status(client, parcel, allowed)
    except UnsuitableAddressError as error:
        return Reply(f"not sent: {error}", unreachable=True)
    except TimeoutError:
        return Reply(f"no answer within {SECONDS} s", unreachable=True)
    except httpx.TransportError as error:
        return Reply(f"no connection: {type(error).__name__}", unreachable=True)
    if 200 <= status < 300:
        return Reply(f"status {status}", arrived=True)
    return Reply(f"status {status}", gone=status == GONE)


async def _status(client: httpx.AsyncClient, parcel: Parcel, allowed: frozenset[str]) -> int:
    url = checked(parcel.url, allowed)
    addresses = itertools.cycle(await resolved(url, allowed))

    # Without arguments: what is retried is logged with them.
    async def attempt() -> int:
        sent = client.stream(
            "POST",
            url.copy_with(host=next(addresses)),
            content=parcel.body,
            headers={"Host": url.netloc.decode("ascii"), **_headers(parcel)},
            extensions={"sni_hostname": url.raw_host.decode("ascii")},
        )
        async with sent as response:
            return response.status_code

    again = AsyncRetryingCaller(attempts=3, timeout=SECONDS, wait_initial=0.2, wait_max=1, wait_jitter=0.2)
    return await again((httpx.ConnectError, httpx.ConnectTimeout), attempt)


def _headers(parcel: Parcel) -> dict[str, str]:
    at = datetime.now(UTC)
    return {
        "Content-Type": "application/json",
        "User-Agent": f"Requite/{__version__}",
        "webhook-id": parcel.name,
        "webhook-timestamp": str(int(at.timestamp())),
        "webhook-signature": Signer(parcel.secret).sign(parcel.name, at, parcel.body),
    }
