from http import HTTPStatus
from typing import Any

import httpx

from ...client import AuthenticatedClient, Client
from ...models.event_page import EventPage
from ...models.list_events_kinds_item import (
    ListEventsKindsItem,
)
from ...models.problem_details import ProblemDetails
from ...types import UNSET, Response, Unset


def _get_kwargs(
    *,
    after: int | None | Unset = UNSET,
    kinds: list[ListEventsKindsItem] | Unset = UNSET,
    limit: int | Unset = 100,
) -> dict[str, Any]:

    params: dict[str, Any] = {}

    json_after: int | None | Unset
    if isinstance(after, Unset):
        json_after = UNSET
    else:
        json_after = after
    params["after"] = json_after

    json_kinds: list[str] | Unset = UNSET
    if not isinstance(kinds, Unset):
        json_kinds = []
        for kinds_item_data in kinds:
            kinds_item: str = kinds_item_data
            json_kinds.append(kinds_item)

    params["kinds"] = json_kinds

    params["limit"] = limit

    params = {k: v for k, v in params.items() if v is not UNSET and v is not None}

    _kwargs: dict[str, Any] = {
        "method": "get",
        "url": "/events",
        "params": params,
    }

    return _kwargs


def _parse_response(*, client: AuthenticatedClient | Client, response: httpx.Response) -> EventPage | ProblemDetails:
    if response.status_code == 200:
        response_200 = EventPage.from_dict(response.json())

        return response_200

    response_default = ProblemDetails.from_dict(response.json())

    return response_default


def _build_response(*, client: AuthenticatedClient | Client, response: httpx.Response) -> Response[EventPage | ProblemDetails]:
    return Response(
        status_code=HTTPStatus(response.status_code),
        content=response.content,
        headers=response.headers,
        parsed=_parse_response(client=client, response=response),
    )


def sync_detailed(
    *,
    client: AuthenticatedClient,
    after: int | None | Unset = UNSET,
    kinds: list[ListEventsKindsItem] | Unset = UNSET,
    limit: int | Unset = 100,
) -> Response[EventPage | ProblemDetails]:
    """Events after a number

     The organisation's events in the order in which they happened. Read on by giving `last` as `after`:
    none is missed.

    Without `after` they begin with the first that is kept. Where events after that number are kept no
    more, the answer is 410;
    where there is no event of that number yet, 409.

    Args:
        after (int | None | Unset): The number of the last event that was read.
        kinds (list[ListEventsKindsItem] | Unset): Only events of these kinds; all, if none is
            named.
        limit (int | Unset):  Default: 100.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[EventPage | ProblemDetails]
    """

    kwargs = _get_kwargs(
        after=after,
        kinds=kinds,
        limit=limit,
    )

    response = client.get_httpx_client().request(
        **kwargs,
    )

    return _build_response(client=client, response=response)


def sync(
    *,
    client: AuthenticatedClient,
    after: int | None | Unset = UNSET,
    kinds: list[ListEventsKindsItem] | Unset = UNSET,
    limit: int | Unset = 100,
) -> EventPage | ProblemDetails | None:
    """Events after a number

     The organisation's events in the order in which they happened. Read on by giving `last` as `after`:
    none is missed.

    Without `after` they begin with the first that is kept. Where events after that number are kept no
    more, the answer is 410;
    where there is no event of that number yet, 409.

    Args:
        after (int | None | Unset): The number of the last event that was read.
        kinds (list[ListEventsKindsItem] | Unset): Only events of these kinds; all, if none is
            named.
        limit (int | Unset):  Default: 100.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        EventPage | ProblemDetails
    """

    return sync_detailed(
        client=client,
        after=after,
        kinds=kinds,
        limit=limit,
    ).parsed
