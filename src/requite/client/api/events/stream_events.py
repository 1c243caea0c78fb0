from http import HTTPStatus
from typing import Any

import httpx

from ...client import AuthenticatedClient, Client
from ...models.problem_details import ProblemDetails
from ...models.stream_events_kinds_item import (
    StreamEventsKindsItem,
)
from ...types import UNSET, Response, Unset


def _get_kwargs(
    *,
    after: int | None | Unset = UNSET,
    kinds: list[StreamEventsKindsItem] | Unset = UNSET,
    last_event_id: None | str | Unset = UNSET,
) -> dict[str, Any]:
    headers: dict[str, Any] = {}
    if not isinstance(last_event_id, Unset):
        headers["last-event-id"] = last_event_id

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

    params = {k: v for k, v in params.items() if v is not UNSET and v is not None}

    _kwargs: dict[str, Any] = {
        "method": "get",
        "url": "/events/stream",
        "params": params,
    }

    _kwargs["headers"] = headers
    return _kwargs


def _parse_response(*, client: AuthenticatedClient | Client, response: httpx.Response) -> ProblemDetails | str:
    if response.status_code == 200:
        response_200 = response.text
        return response_200

    response_default = ProblemDetails.from_dict(response.json())

    return response_default


def _build_response(*, client: AuthenticatedClient | Client, response: httpx.Response) -> Response[ProblemDetails | str]:
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
    kinds: list[StreamEventsKindsItem] | Unset = UNSET,
    last_event_id: None | str | Unset = UNSET,
) -> Response[ProblemDetails | str]:
    """Events as they happen

     Server-sent events from the one after `Last-Event-ID` or `after` on, or from now on. A stream ends
    after ten minutes, and
    when the service stops; readers come back with the last `id`, and miss none.

    Args:
        after (int | None | Unset): The number of the last event that was read.
        kinds (list[StreamEventsKindsItem] | Unset): Only events of these kinds; all, if none is
            named.
        last_event_id (None | str | Unset): As `after`; a browser sends it by itself.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[ProblemDetails | str]
    """

    kwargs = _get_kwargs(
        after=after,
        kinds=kinds,
        last_event_id=last_event_id,
    )

    response = client.get_httpx_client().request(
        **kwargs,
    )

    return _build_response(client=client, response=response)


def sync(
    *,
    client: AuthenticatedClient,
    after: int | None | Unset = UNSET,
    kinds: list[StreamEventsKindsItem] | Unset = UNSET,
    last_event_id: None | str | Unset = UNSET,
) -> ProblemDetails | str | None:
    """Events as they happen

     Server-sent events from the one after `Last-Event-ID` or `after` on, or from now on. A stream ends
    after ten minutes, and
    when the service stops; readers come back with the last `id`, and miss none.

    Args:
        after (int | None | Unset): The number of the last event that was read.
        kinds (list[StreamEventsKindsItem] | Unset): Only events of these kinds; all, if none is
            named.
        last_event_id (None | str | Unset): As `after`; a browser sends it by itself.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        ProblemDetails | str
    """

    return sync_detailed(
        client=client,
        after=after,
        kinds=kinds,
        last_event_id=last_event_id,
    ).parsed
