from http import HTTPStatus
from typing import Any

import httpx

from ...client import AuthenticatedClient, Client
from ...models.list_runs_state_type_0 import (
    ListRunsStateType0,
)
from ...models.page_run_told import PageRunTold
from ...models.problem_details import ProblemDetails
from ...types import UNSET, Response, Unset


def _get_kwargs(
    *,
    state: ListRunsStateType0 | None | Unset = UNSET,
    ruleset: None | str | Unset = UNSET,
    limit: int | Unset = 100,
    after: None | str | Unset = UNSET,
) -> dict[str, Any]:

    params: dict[str, Any] = {}

    json_state: None | str | Unset
    if isinstance(state, Unset):
        json_state = UNSET
    elif isinstance(state, str):
        json_state = state
    else:
        json_state = state
    params["state"] = json_state

    json_ruleset: None | str | Unset
    if isinstance(ruleset, Unset):
        json_ruleset = UNSET
    else:
        json_ruleset = ruleset
    params["ruleset"] = json_ruleset

    params["limit"] = limit

    json_after: None | str | Unset
    if isinstance(after, Unset):
        json_after = UNSET
    else:
        json_after = after
    params["after"] = json_after

    params = {k: v for k, v in params.items() if v is not UNSET and v is not None}

    _kwargs: dict[str, Any] = {
        "method": "get",
        "url": "/runs",
        "params": params,
    }

    return _kwargs


def _parse_response(*, client: AuthenticatedClient | Client, response: httpx.Response) -> PageRunTold | ProblemDetails:
    if response.status_code == 200:
        response_200 = PageRunTold.from_dict(response.json())

        return response_200

    response_default = ProblemDetails.from_dict(response.json())

    return response_default


def _build_response(*, client: AuthenticatedClient | Client, response: httpx.Response) -> Response[PageRunTold | ProblemDetails]:
    return Response(
        status_code=HTTPStatus(response.status_code),
        content=response.content,
        headers=response.headers,
        parsed=_parse_response(client=client, response=response),
    )


def sync_detailed(
    *,
    client: AuthenticatedClient,
    state: ListRunsStateType0 | None | Unset = UNSET,
    ruleset: None | str | Unset = UNSET,
    limit: int | Unset = 100,
    after: None | str | Unset = UNSET,
) -> Response[PageRunTold | ProblemDetails]:
    """List runs

     The organisation's runs, the latest first.

    Args:
        state (ListRunsStateType0 | None | Unset):
        ruleset (None | str | Unset):
        limit (int | Unset): The most items of a page. Default: 100.
        after (None | str | Unset): The `next` of the page before.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[PageRunTold | ProblemDetails]
    """

    kwargs = _get_kwargs(
        state=state,
        ruleset=ruleset,
        limit=limit,
        after=after,
    )

    response = client.get_httpx_client().request(
        **kwargs,
    )

    return _build_response(client=client, response=response)


def sync(
    *,
    client: AuthenticatedClient,
    state: ListRunsStateType0 | None | Unset = UNSET,
    ruleset: None | str | Unset = UNSET,
    limit: int | Unset = 100,
    after: None | str | Unset = UNSET,
) -> PageRunTold | ProblemDetails | None:
    """List runs

     The organisation's runs, the latest first.

    Args:
        state (ListRunsStateType0 | None | Unset):
        ruleset (None | str | Unset):
        limit (int | Unset): The most items of a page. Default: 100.
        after (None | str | Unset): The `next` of the page before.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        PageRunTold | ProblemDetails
    """

    return sync_detailed(
        client=client,
        state=state,
        ruleset=ruleset,
        limit=limit,
        after=after,
    ).parsed
