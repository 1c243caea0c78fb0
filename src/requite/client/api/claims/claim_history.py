from http import HTTPStatus
from typing import Any

import httpx

from ...client import AuthenticatedClient, Client
from ...models.claim_history import ClaimHistory
from ...models.problem_details import ProblemDetails
from ...types import UNSET, Response


def _get_kwargs(
    *,
    ruleset: str,
    record: str,
    key: str,
) -> dict[str, Any]:

    params: dict[str, Any] = {}

    params["ruleset"] = ruleset

    params["record"] = record

    params["key"] = key

    params = {k: v for k, v in params.items() if v is not UNSET and v is not None}

    _kwargs: dict[str, Any] = {
        "method": "get",
        "url": "/claims/history",
        "params": params,
    }

    return _kwargs


def _parse_response(*, client: AuthenticatedClient | Client, response: httpx.Response) -> ClaimHistory | ProblemDetails:
    if response.status_code == 200:
        response_200 = ClaimHistory.from_dict(response.json())

        return response_200

    response_default = ProblemDetails.from_dict(response.json())

    return response_default


def _build_response(*, client: AuthenticatedClient | Client, response: httpx.Response) -> Response[ClaimHistory | ProblemDetails]:
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
) -> Response[ClaimHistory | ProblemDetails]:
    """All that is known of a claim

     All revisions of a claim and all decisions, with the times from which and until which each was
    known.

    Args:
        ruleset (str):
        record (str):
        key (str):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[ClaimHistory | ProblemDetails]
    """

    kwargs = _get_kwargs(
        ruleset=ruleset,
        record=record,
        key=key,
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
) -> ClaimHistory | ProblemDetails | None:
    """All that is known of a claim

     All revisions of a claim and all decisions, with the times from which and until which each was
    known.

    Args:
        ruleset (str):
        record (str):
        key (str):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        ClaimHistory | ProblemDetails
    """

    return sync_detailed(
        client=client,
        ruleset=ruleset,
        record=record,
        key=key,
    ).parsed
