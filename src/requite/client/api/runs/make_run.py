from http import HTTPStatus
from typing import Any

import httpx

from ...client import AuthenticatedClient, Client
from ...models.problem_details import ProblemDetails
from ...models.run_asked import RunAsked
from ...models.run_told import RunTold
from ...types import UNSET, Response, Unset


def _get_kwargs(
    *,
    body: RunAsked,
    idempotency_key: None | str | Unset = UNSET,
) -> dict[str, Any]:
    headers: dict[str, Any] = {}
    if not isinstance(idempotency_key, Unset):
        headers["Idempotency-Key"] = idempotency_key

    _kwargs: dict[str, Any] = {
        "method": "post",
        "url": "/runs",
    }

    _kwargs["json"] = body.to_dict()

    headers["Content-Type"] = "application/json"

    _kwargs["headers"] = headers
    return _kwargs


def _parse_response(*, client: AuthenticatedClient | Client, response: httpx.Response) -> ProblemDetails | RunTold:
    if response.status_code == 202:
        response_202 = RunTold.from_dict(response.json())

        return response_202

    response_default = ProblemDetails.from_dict(response.json())

    return response_default


def _build_response(*, client: AuthenticatedClient | Client, response: httpx.Response) -> Response[ProblemDetails | RunTold]:
    return Response(
        status_code=HTTPStatus(response.status_code),
        content=response.content,
        headers=response.headers,
        parsed=_parse_response(client=client, response=response),
    )


def sync_detailed(
    *,
    client: AuthenticatedClient,
    body: RunAsked,
    idempotency_key: None | str | Unset = UNSET,
) -> Response[ProblemDetails | RunTold]:
    """Run a ruleset

     Run a ruleset on uploads or configured sources. The answer comes at once; the run is done in the
    background.

    Args:
        idempotency_key (None | str | Unset): A name of your choice for this request, such as a
            UUID. Sent again under the same key, the request is not done again: its first answer is
            given again, with the header Idempotent-Replayed.
        body (RunAsked): A run to be made. Without `version`, the rules are those in force on a
            day, as known at a moment.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[ProblemDetails | RunTold]
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
    body: RunAsked,
    idempotency_key: None | str | Unset = UNSET,
) -> ProblemDetails | RunTold | None:
    """Run a ruleset

     Run a ruleset on uploads or configured sources. The answer comes at once; the run is done in the
    background.

    Args:
        idempotency_key (None | str | Unset): A name of your choice for this request, such as a
            UUID. Sent again under the same key, the request is not done again: its first answer is
            given again, with the header Idempotent-Replayed.
        body (RunAsked): A run to be made. Without `version`, the rules are those in force on a
            day, as known at a moment.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        ProblemDetails | RunTold
    """

    return sync_detailed(
        client=client,
        body=body,
        idempotency_key=idempotency_key,
    ).parsed
