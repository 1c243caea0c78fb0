import datetime
from http import HTTPStatus
from typing import Any

import httpx

from ...client import AuthenticatedClient, Client
from ...models.claim_shown import ClaimShown
from ...models.problem_details import ProblemDetails
from ...types import UNSET, Response, Unset


def _get_kwargs(
    *,
    ruleset: str,
    record: str,
    key: str,
    known_at: datetime.datetime | None | Unset = UNSET,
) -> dict[str, Any]:

    params: dict[str, Any] = {}

    params["ruleset"] = ruleset

    params["record"] = record

    params["key"] = key

    json_known_at: None | str | Unset
    if isinstance(known_at, Unset):
        json_known_at = UNSET
    elif isinstance(known_at, datetime.datetime):
        json_known_at = known_at.isoformat()
    else:
        json_known_at = known_at
    params["known_at"] = json_known_at

    params = {k: v for k, v in params.items() if v is not UNSET and v is not None}

    _kwargs: dict[str, Any] = {
        "method": "get",
        "url": "/claims/one",
        "params": params,
    }

    return _kwargs


def _parse_response(*, client: AuthenticatedClient | Client, response: httpx.Response) -> ClaimShown | ProblemDetails:
    if response.status_code == 200:
        response_200 = ClaimShown.from_dict(response.json())

        return response_200

    response_default = ProblemDetails.from_dict(response.json())

    return response_default


def _build_response(*, client: AuthenticatedClient | Client, response: httpx.Response) -> Response[ClaimShown | ProblemDetails]:
    return Response(
        status_code=HTTPStatus(response.status_code),
        content=response.content,
        headers=response.headers,
        parsed=_parse_response(client=client, response=response),
    )


def sync_detailed(
    *,
    client: AuthenticatedClient,
    ruleset: str,
    record: str,
    key: str,
    known_at: datetime.datetime | None | Unset = UNSET,
) -> Response[ClaimShown | ProblemDetails]:
    """A claim, as it is or was known

     A claim as it was sent, with its decision: those of now, or of a moment.

    Args:
        ruleset (str):
        record (str):
        key (str):
        known_at (datetime.datetime | None | Unset): As it was known at this moment; as it is
            known now, if left out.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[ClaimShown | ProblemDetails]
    """

    kwargs = _get_kwargs(
        ruleset=ruleset,
        record=record,
        key=key,
        known_at=known_at,
    )

    response = client.get_httpx_client().request(
        **kwargs,
    )

    return _build_response(client=client, response=response)


def sync(
    *,
    client: AuthenticatedClient,
    ruleset: str,
    record: str,
    key: str,
    known_at: datetime.datetime | None | Unset = UNSET,
) -> ClaimShown | ProblemDetails | None:
    """A claim, as it is or was known

     A claim as it was sent, with its decision: those of now, or of a moment.

    Args:
        ruleset (str):
        record (str):
        key (str):
        known_at (datetime.datetime | None | Unset): As it was known at this moment; as it is
            known now, if left out.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        ClaimShown | ProblemDetails
    """

    return sync_detailed(
        client=client,
        ruleset=ruleset,
        record=record,
        key=key,
        known_at=known_at,
    ).parsed
