from http import HTTPStatus
from typing import Any
from urllib.parse import quote

import httpx

from ...client import AuthenticatedClient, Client
from ...models.problem_details import ProblemDetails
from ...models.redecide import Redecide
from ...models.redecided import Redecided
from ...types import UNSET, Response, Unset


def _get_kwargs(
    name: str,
    *,
    body: Redecide,
    idempotency_key: None | str | Unset = UNSET,
) -> dict[str, Any]:
    headers: dict[str, Any] = {}
    if not isinstance(idempotency_key, Unset):
        headers["Idempotency-Key"] = idempotency_key

    _kwargs: dict[str, Any] = {
        "method": "post",
        "url": "/rulesets/{name}/redecide".format(
            name=quote(str(name), safe="").replace(".", "%2E"),
        ),
    }

    _kwargs["json"] = body.to_dict()

    headers["Content-Type"] = "application/json"

    _kwargs["headers"] = headers
    return _kwargs


def _parse_response(*, client: AuthenticatedClient | Client, response: httpx.Response) -> ProblemDetails | Redecided:
    if response.status_code == 200:
        response_200 = Redecided.from_dict(response.json())

        return response_200

    response_default = ProblemDetails.from_dict(response.json())

    return response_default


def _build_response(*, client: AuthenticatedClient | Client, response: httpx.Response) -> Response[ProblemDetails | Redecided]:
    return Response(
        status_code=HTTPStatus(response.status_code),
        content=response.content,
        headers=response.headers,
        parsed=_parse_response(client=client, response=response),
    )


def sync_detailed(
    name: str,
    *,
    client: AuthenticatedClient,
    body: Redecide,
    idempotency_key: None | str | Unset = UNSET,
) -> Response[ProblemDetails | Redecided]:
    """All claims decided again

     Decide the claims that stand again, with the version in force: some in each request, going on after
    the last one's `next`.

    Args:
        name (str):
        idempotency_key (None | str | Unset): A name of your choice for this request, such as a
            UUID. Sent again under the same key, the request is not done again: its first answer is
            given again, with the header Idempotent-Replayed.
        body (Redecide): Which claims are to be decided again: those after a place in the order of
            their keys.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[ProblemDetails | Redecided]
    """

    kwargs = _get_kwargs(
        name=name,
        body=body,
        idempotency_key=idempotency_key,
    )

    response = client.get_httpx_client().request(
        **kwargs,
    )

    return _build_response(client=client, response=response)


def sync(
    name: str,
    *,
    client: AuthenticatedClient,
    body: Redecide,
    idempotency_key: None | str | Unset = UNSET,
) -> ProblemDetails | Redecided | None:
    """All claims decided again

     Decide the claims that stand again, with the version in force: some in each request, going on after
    the last one's `next`.

    Args:
        name (str):
        idempotency_key (None | str | Unset): A name of your choice for this request, such as a
            UUID. Sent again under the same key, the request is not done again: its first answer is
            given again, with the header Idempotent-Replayed.
        body (Redecide): Which claims are to be decided again: those after a place in the order of
            their keys.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        ProblemDetails | Redecided
    """

    return sync_detailed(
        name=name,
        client=client,
        body=body,
        idempotency_key=idempotency_key,
    ).parsed
