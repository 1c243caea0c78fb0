from http import HTTPStatus
from typing import Any

import httpx

from ...client import AuthenticatedClient, Client
from ...models.checked import Checked
from ...models.problem_details import ProblemDetails
from ...models.texts import Texts
from ...types import Response


def _get_kwargs(
    *,
    body: Texts,
) -> dict[str, Any]:
    headers: dict[str, Any] = {}

    _kwargs: dict[str, Any] = {
        "method": "post",
        "url": "/rulesets/check",
    }

    _kwargs["json"] = body.to_dict()

    headers["Content-Type"] = "application/json"

    _kwargs["headers"] = headers
    return _kwargs


def _parse_response(*, client: AuthenticatedClient | Client, response: httpx.Response) -> Checked | ProblemDetails:
    if response.status_code == 200:
        response_200 = Checked.from_dict(response.json())

        return response_200

    response_default = ProblemDetails.from_dict(response.json())

    return response_default


def _build_response(*, client: AuthenticatedClient | Client, response: httpx.Response) -> Response[Checked | ProblemDetails]:
    return Response(
        status_code=HTTPStatus(response.status_code),
        content=response.content,
        headers=response.headers,
        parsed=_parse_response(client=client, response=response),
    )


def sync_detailed(
    *,
    client: AuthenticatedClient,
    body: Texts,
) -> Response[Checked | ProblemDetails]:
    """What is wrong with a text

     Say what is wrong with a text, and what it declares. Nothing is kept. One that takes longer than ten
    seconds is given up.

    Args:
        body (Texts): The texts of a ruleset by the names of their files.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[Checked | ProblemDetails]
    """

    kwargs = _get_kwargs(
        body=body,
    )

    response = client.get_httpx_client().request(
        **kwargs,
    )

    return _build_response(client=client, response=response)


def sync(
    *,
    client: AuthenticatedClient,
    body: Texts,
) -> Checked | ProblemDetails | None:
    """What is wrong with a text

     Say what is wrong with a text, and what it declares. Nothing is kept. One that takes longer than ten
    seconds is given up.

    Args:
        body (Texts): The texts of a ruleset by the names of their files.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Checked | ProblemDetails
    """

    return sync_detailed(
        client=client,
        body=body,
    ).parsed
