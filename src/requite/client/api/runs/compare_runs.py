from http import HTTPStatus
from typing import Any
from urllib.parse import quote

import httpx

from ...client import AuthenticatedClient, Client
from ...models.difference import Difference
from ...models.problem_details import ProblemDetails
from ...types import UNSET, Response


def _get_kwargs(
    id: str,
    *,
    with_: str,
) -> dict[str, Any]:

    params: dict[str, Any] = {}

    params["with"] = with_

    params = {k: v for k, v in params.items() if v is not UNSET and v is not None}

    _kwargs: dict[str, Any] = {
        "method": "get",
        "url": "/runs/{id}/difference".format(
            id=quote(str(id), safe="").replace(".", "%2E"),
        ),
        "params": params,
    }

    return _kwargs


def _parse_response(*, client: AuthenticatedClient | Client, response: httpx.Response) -> Difference | ProblemDetails:
    if response.status_code == 200:
        response_200 = Difference.from_dict(response.json())

        return response_200

    response_default = ProblemDetails.from_dict(response.json())

    return response_default


def _build_response(*, client: AuthenticatedClient | Client, response: httpx.Response) -> Response[Difference | ProblemDetails]:
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
    with_: str,
) -> Response[Difference | ProblemDetails]:
    """Compare two runs

     What two runs pay and find, where that is not alike: by payee, and by check.

    Args:
        id (str):
        with_ (str):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[Difference | ProblemDetails]
    """

    kwargs = _get_kwargs(
        id=id,
        with_=with_,
    )

    response = client.get_httpx_client().request(
        **kwargs,
    )

    return _build_response(client=client, response=response)


def sync(
    id: str,
    *,
    client: AuthenticatedClient,
    with_: str,
) -> Difference | ProblemDetails | None:
    """Compare two runs

     What two runs pay and find, where that is not alike: by payee, and by check.

    Args:
        id (str):
        with_ (str):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Difference | ProblemDetails
    """

    return sync_detailed(
        id=id,
        client=client,
        with_=with_,
    ).parsed
