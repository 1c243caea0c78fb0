from http import HTTPStatus
from typing import Any
from urllib.parse import quote

import httpx

from ...client import AuthenticatedClient, Client
from ...models.delivery_page import DeliveryPage
from ...models.list_deliveries_state_type_0 import (
    ListDeliveriesStateType0,
)
from ...models.problem_details import ProblemDetails
from ...types import UNSET, Response, Unset


def _get_kwargs(
    id: str,
    *,
    state: ListDeliveriesStateType0 | None | Unset = UNSET,
    before: int | None | Unset = UNSET,
    limit: int | Unset = 100,
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

    json_before: int | None | Unset
    if isinstance(before, Unset):
        json_before = UNSET
    else:
        json_before = before
    params["before"] = json_before

    params["limit"] = limit

    params = {k: v for k, v in params.items() if v is not UNSET and v is not None}

    _kwargs: dict[str, Any] = {
        "method": "get",
        "url": "/webhooks/{id}/deliveries".format(
            id=quote(str(id), safe="").replace(".", "%2E"),
        ),
        "params": params,
    }

    return _kwargs


def _parse_response(*, client: AuthenticatedClient | Client, response: httpx.Response) -> DeliveryPage | ProblemDetails:
    if response.status_code == 200:
        response_200 = DeliveryPage.from_dict(response.json())

        return response_200

    response_default = ProblemDetails.from_dict(response.json())

    return response_default


def _build_response(*, client: AuthenticatedClient | Client, response: httpx.Response) -> Response[DeliveryPage | ProblemDetails]:
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
    state: ListDeliveriesStateType0 | None | Unset = UNSET,
    before: int | None | Unset = UNSET,
    limit: int | Unset = 100,
) -> Response[DeliveryPage | ProblemDetails]:
    """What was sent, and what waits

     Each event that this address was or is to be told of: how often it was tried, and how that went.

    Args:
        id (str):
        state (ListDeliveriesStateType0 | None | Unset): Only deliveries in this state.
        before (int | None | Unset): The `next` of the page before.
        limit (int | Unset):  Default: 100.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[DeliveryPage | ProblemDetails]
    """

    kwargs = _get_kwargs(
        id=id,
        state=state,
        before=before,
        limit=limit,
    )

    response = client.get_httpx_client().request(
        **kwargs,
    )

    return _build_response(client=client, response=response)


def sync(
    id: str,
    *,
    client: AuthenticatedClient,
    state: ListDeliveriesStateType0 | None | Unset = UNSET,
    before: int | None | Unset = UNSET,
    limit: int | Unset = 100,
) -> DeliveryPage | ProblemDetails | None:
    """What was sent, and what waits

     Each event that this address was or is to be told of: how often it was tried, and how that went.

    Args:
        id (str):
        state (ListDeliveriesStateType0 | None | Unset): Only deliveries in this state.
        before (int | None | Unset): The `next` of the page before.
        limit (int | Unset):  Default: 100.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        DeliveryPage | ProblemDetails
    """

    return sync_detailed(
        id=id,
        client=client,
        state=state,
        before=before,
        limit=limit,
    ).parsed
