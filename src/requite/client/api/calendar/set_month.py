from http import HTTPStatus
from typing import Any
from urllib.parse import quote

import httpx

from ...client import AuthenticatedClient, Client
from ...models.dates_asked import DatesAsked
from ...models.month_told import MonthTold
from ...models.problem_details import ProblemDetails
from ...types import Response


def _get_kwargs(
    month: str,
    *,
    body: DatesAsked,
) -> dict[str, Any]:
    headers: dict[str, Any] = {}

    _kwargs: dict[str, Any] = {
        "method": "put",
        "url": "/calendar/{month}".format(
            month=quote(str(month), safe="").replace(".", "%2E"),
        ),
    }

    _kwargs["json"] = body.to_dict()

    headers["Content-Type"] = "application/json"

    _kwargs["headers"] = headers
    return _kwargs


def _parse_response(*, client: AuthenticatedClient | Client, response: httpx.Response) -> MonthTold | ProblemDetails:
    if response.status_code == 200:
        response_200 = MonthTold.from_dict(response.json())

        return response_200

    response_default = ProblemDetails.from_dict(response.json())

    return response_default


def _build_response(*, client: AuthenticatedClient | Client, response: httpx.Response) -> Response[MonthTold | ProblemDetails]:
    return Response(
        status_code=HTTPStatus(response.status_code),
        content=response.content,
        headers=response.headers,
        parsed=_parse_response(client=client, response=response),
    )


def sync_detailed(
    month: str,
    *,
    client: AuthenticatedClient,
    body: DatesAsked,
) -> Response[MonthTold | ProblemDetails]:
    """Say the dates of a month

     Say the dates of a month. Nothing is overwritten: what was said last holds, and open challenges of
    the month follow it.

    Args:
        month (str):
        body (DatesAsked): The contract's dates for a month of claims.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[MonthTold | ProblemDetails]
    """

    kwargs = _get_kwargs(
        month=month,
        body=body,
    )

    response = client.get_httpx_client().request(
        **kwargs,
    )

    return _build_response(client=client, response=response)


def sync(
    month: str,
    *,
    client: AuthenticatedClient,
    body: DatesAsked,
) -> MonthTold | ProblemDetails | None:
    """Say the dates of a month

     Say the dates of a month. Nothing is overwritten: what was said last holds, and open challenges of
    the month follow it.

    Args:
        month (str):
        body (DatesAsked): The contract's dates for a month of claims.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        MonthTold | ProblemDetails
    """

    return sync_detailed(
        month=month,
        client=client,
        body=body,
    ).parsed
