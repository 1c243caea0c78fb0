from http import HTTPStatus
from typing import Any

import httpx

from ...client import AuthenticatedClient, Client
from ...models.problem_details import ProblemDetails
from ...models.webhook_made import WebhookMade
from ...models.webhook_wanted import WebhookWanted
from ...types import UNSET, Response, Unset


def _get_kwargs(
    *,
    body: WebhookWanted,
    idempotency_key: None | str | Unset = UNSET,
) -> dict[str, Any]:
    headers: dict[str, Any] = {}
    if not isinstance(idempotency_key, Unset):
        headers["Idempotency-Key"] = idempotency_key

    _kwargs: dict[str, Any] = {
        "method": "post",
        "url": "/webhooks",
    }

    _kwargs["json"] = body.to_dict()

    headers["Content-Type"] = "application/json"

    _kwargs["headers"] = headers
    return _kwargs


def _parse_response(*, client: AuthenticatedClient | Client, response: httpx.Response) -> ProblemDetails | WebhookMade:
    if response.status_code == 201:
        response_201 = WebhookMade.from_dict(response.json())

        return response_201

    response_default = ProblemDetails.from_dict(response.json())

    return response_default


def _build_response(*, client: AuthenticatedClient | Client, response: httpx.Response) -> Response[ProblemDetails | WebhookMade]:
    return Response(
        status_code=HTTPStatus(response.status_code),
        content=response.content,
        headers=response.headers,
        parsed=_parse_response(client=client, response=response),
    )


def sync_detailed(
    *,
    client: AuthenticatedClient,
    body: WebhookWanted,
    idempotency_key: None | str | Unset = UNSET,
) -> Response[ProblemDetails | WebhookMade]:
    """Register an address

     An address is told of what happens from now on. The answer holds the secret that signs what is sent:
    it is told this once.

    Args:
        idempotency_key (None | str | Unset): A name of your choice for this request, such as a
            UUID. Sent again under the same key, the request is not done again: its first answer is
            given again, with the header Idempotent-Replayed.
        body (WebhookWanted): An address to be told of events.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[ProblemDetails | WebhookMade]
    """

    kwargs = _get_kwargs(
        body=body,
        idempotency_key=idempotency_key,
    )

    response = client.get_httpx_client().request(
        **kwargs,
    )

    return _build_response(client=client, response=response)


def sync(
    *,
    client: AuthenticatedClient,
    body: WebhookWanted,
    idempotency_key: None | str | Unset = UNSET,
) -> ProblemDetails | WebhookMade | None:
    """Register an address

     An address is told of what happens from now on. The answer holds the secret that signs what is sent:
    it is told this once.

    Args:
        idempotency_key (None | str | Unset): A name of your choice for this request, such as a
            UUID. Sent again under the same key, the request is not done again: its first answer is
            given again, with the header Idempotent-Replayed.
        body (WebhookWanted): An address to be told of events.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        ProblemDetails | WebhookMade
    """

    return sync_detailed(
        client=client,
        body=body,
        idempotency_key=idempotency_key,
    ).parsed
