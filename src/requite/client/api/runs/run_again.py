from http import HTTPStatus
from typing import Any
from urllib.parse import quote

import httpx

from ...client import AuthenticatedClient, Client
from ...models.again_asked import AgainAsked
from ...models.problem_details import ProblemDetails
from ...models.run_told import RunTold
from ...types import UNSET, Response, Unset


def _get_kwargs(
    id: str,
    *,
    body: AgainAsked,
    idempotency_key: None | str | Unset = UNSET,
) -> dict[str, Any]:
    headers: dict[str, Any] = {}
    if not isinstance(idempotency_key, Unset):
        headers["Idempotency-Key"] = idempotency_key

    _kwargs: dict[str, Any] = {
        "method": "post",
        "url": "/runs/{id}/again".format(
            id=quote(str(id), safe="").replace(".", "%2E"),
        ),
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
    id: str,
    *,
    client: AuthenticatedClient,
    body: AgainAsked,
    idempotency_key: None | str | Unset = UNSET,
) -> Response[ProblemDetails | RunTold]:
    """Settle the same data by other rules

     Settle a run's data again, by the rules of today, by those that were known then, or by a version
    that is named.

    What would last March's settlement be with today's rules? Ask for `in force now`. And with those
    known then? `known then`.

    Args:
        id (str):
        idempotency_key (None | str | Unset): A name of your choice for this request, such as a
            UUID. Sent again under the same key, the request is not done again: its first answer is
            given again, with the header Idempotent-Replayed.
        body (AgainAsked): The same data again, by other rules.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[ProblemDetails | RunTold]
    """

    kwargs = _get_kwargs(
        id=id,
        body=body,
        idempotency_key=idempotency_key,
    )

    response = client.get_httpx_client().request(
        **kwargs,
    )

    return _build_response(client=client, response=response)


def sync(
    id: str,
    *,
    client: AuthenticatedClient,
    body: AgainAsked,
    idempotency_key: None | str | Unset = UNSET,
) -> ProblemDetails | RunTold | None:
    """Settle the same data by other rules

     Settle a run's data again, by the rules of today, by those that were known then, or by a version
    that is named.

    What would last March's settlement be with today's rules? Ask for `in force now`. And with those
    known then? `known then`.

    Args:
        id (str):
        idempotency_key (None | str | Unset): A name of your choice for this request, such as a
            UUID. Sent again under the same key, the request is not done again: its first answer is
            given again, with the header Idempotent-Replayed.
        body (AgainAsked): The same data again, by other rules.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        ProblemDetails | RunTold
    """

    return sync_detailed(
        id=id,
        client=client,
        body=body,
        idempotency_key=idempotency_key,
    ).parsed
