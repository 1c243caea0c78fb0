from http import HTTPStatus
from typing import Any
from urllib.parse import quote

import httpx

from ...client import AuthenticatedClient, Client
from ...models.page_said import PageSaid
from ...models.problem_details import ProblemDetails
from ...types import UNSET, Response, Unset


def _get_kwargs(
    name: str,
    *,
    limit: int | Unset = 100,
    after: None | str | Unset = UNSET,
) -> dict[str, Any]:

    params: dict[str, Any] = {}

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
        "url": "/rulesets/{name}/in-force/said".format(
            name=quote(str(name), safe="").replace(".", "%2E"),
        ),
        "params": params,
    }

    return _kwargs


def _parse_response(*, client: AuthenticatedClient | Client, response: httpx.Response) -> PageSaid | ProblemDetails:
    if response.status_code == 200:
        response_200 = PageSaid.from_dict(response.json())

        return response_200

    response_default = ProblemDetails.from_dict(response.json())

    return response_default


def _build_response(*, client: AuthenticatedClient | Client, response: httpx.Response) -> Response[PageSaid | ProblemDetails]:
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
    limit: int | Unset = 100,
    after: None | str | Unset = UNSET,
) -> Response[PageSaid | ProblemDetails]:
    """All that was said of what is in force

     All that was ever said of which version is in force, in the order in which it was said.

    Args:
        name (str): What the ruleset calls itself.
        limit (int | Unset): The most items of a page. Default: 100.
        after (None | str | Unset): The `next` of the page before.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[PageSaid | ProblemDetails]
    """

    kwargs = _get_kwargs(
        name=name,
        limit=limit,
        after=after,
    )

    response = client.get_httpx_client().request(
        **kwargs,
    )

    return _build_response(client=client, response=response)


def sync(
    name: str,
    *,
    client: AuthenticatedClient,
    limit: int | Unset = 100,
    after: None | str | Unset = UNSET,
) -> PageSaid | ProblemDetails | None:
    """All that was said of what is in force

     All that was ever said of which version is in force, in the order in which it was said.

    Args:
        name (str): What the ruleset calls itself.
        limit (int | Unset): The most items of a page. Default: 100.
        after (None | str | Unset): The `next` of the page before.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        PageSaid | ProblemDetails
    """

    return sync_detailed(
        name=name,
        client=client,
        limit=limit,
        after=after,
    ).parsed
