from http import HTTPStatus
from typing import Any

import httpx

from ...client import AuthenticatedClient, Client
from ...models.problem_details import ProblemDetails
from ...models.verified import Verified
from ...types import UNSET, Response, Unset


def _get_kwargs(
    *,
    expect: None | str | Unset = UNSET,
) -> dict[str, Any]:

    params: dict[str, Any] = {}

    json_expect: None | str | Unset
    if isinstance(expect, Unset):
        json_expect = UNSET
    else:
        json_expect = expect
    params["expect"] = json_expect

    params = {k: v for k, v in params.items() if v is not UNSET and v is not None}

    _kwargs: dict[str, Any] = {
        "method": "get",
        "url": "/audit/verify",
        "params": params,
    }

    return _kwargs


def _parse_response(*, client: AuthenticatedClient | Client, response: httpx.Response) -> ProblemDetails | Verified:
    if response.status_code == 200:
        response_200 = Verified.from_dict(response.json())

        return response_200

    response_default = ProblemDetails.from_dict(response.json())

    return response_default


def _build_response(*, client: AuthenticatedClient | Client, response: httpx.Response) -> Response[ProblemDetails | Verified]:
    return Response(
        status_code=HTTPStatus(response.status_code),
        content=response.content,
        headers=response.headers,
        parsed=_parse_response(client=client, response=response),
    )


def sync_detailed(
    *,
    client: AuthenticatedClient,
    expect: None | str | Unset = UNSET,
) -> Response[ProblemDetails | Verified]:
    """Whether the log is as it was written

     Go through the whole log, and say whether it is as it was written.

    Args:
        expect (None | str | Unset): The `head` that was told earlier and kept: cut off entries
            are told only against it.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[ProblemDetails | Verified]
    """

    kwargs = _get_kwargs(
        expect=expect,
    )

    response = client.get_httpx_client().request(
        **kwargs,
    )

    return _build_response(client=client, response=response)


def sync(
    *,
    client: AuthenticatedClient,
    expect: None | str | Unset = UNSET,
) -> ProblemDetails | Verified | None:
    """Whether the log is as it was written

     Go through the whole log, and say whether it is as it was written.

    Args:
        expect (None | str | Unset): The `head` that was told earlier and kept: cut off entries
            are told only against it.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        ProblemDetails | Verified
    """

    return sync_detailed(
        client=client,
        expect=expect,
    ).parsed
