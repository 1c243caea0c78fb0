import datetime
from http import HTTPStatus
from typing import Any
from urllib.parse import quote

import httpx

from ...client import AuthenticatedClient, Client
from ...models.problem_details import ProblemDetails
from ...models.version import Version
from ...types import UNSET, Response, Unset


def _get_kwargs(
    name: str,
    *,
    on: datetime.date | None | Unset = UNSET,
    known_at: datetime.datetime | None | Unset = UNSET,
) -> dict[str, Any]:

    params: dict[str, Any] = {}

    json_on: None | str | Unset
    if isinstance(on, Unset):
        json_on = UNSET
    elif isinstance(on, datetime.date):
        json_on = on.isoformat()
    else:
        json_on = on
    params["on"] = json_on

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
        "url": "/rulesets/{name}/in-force".format(
            name=quote(str(name), safe="").replace(".", "%2E"),
        ),
        "params": params,
    }

    return _kwargs


def _parse_response(*, client: AuthenticatedClient | Client, response: httpx.Response) -> ProblemDetails | Version:
    if response.status_code == 200:
        response_200 = Version.from_dict(response.json())

        return response_200

    response_default = ProblemDetails.from_dict(response.json())

    return response_default


def _build_response(*, client: AuthenticatedClient | Client, response: httpx.Response) -> Response[ProblemDetails | Version]:
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
    on: datetime.date | None | Unset = UNSET,
    known_at: datetime.datetime | None | Unset = UNSET,
) -> Response[ProblemDetails | Version]:
    """What is or was in force

     The version that is in force on a day, as far as was known at a moment.

    Args:
        name (str): What the ruleset calls itself.
        on (datetime.date | None | Unset): The day; today by the organisation's clock, if not
            said.
        known_at (datetime.datetime | None | Unset): As far as was known then; now, if not said.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[ProblemDetails | Version]
    """

    kwargs = _get_kwargs(
        name=name,
        on=on,
        known_at=known_at,
    )

    response = client.get_httpx_client().request(
        **kwargs,
    )

    return _build_response(client=client, response=response)


def sync(
    name: str,
    *,
    client: AuthenticatedClient,
    on: datetime.date | None | Unset = UNSET,
    known_at: datetime.datetime | None | Unset = UNSET,
) -> ProblemDetails | Version | None:
    """What is or was in force

     The version that is in force on a day, as far as was known at a moment.

    Args:
        name (str): What the ruleset calls itself.
        on (datetime.date | None | Unset): The day; today by the organisation's clock, if not
            said.
        known_at (datetime.datetime | None | Unset): As far as was known then; now, if not said.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        ProblemDetails | Version
    """

    return sync_detailed(
        name=name,
        client=client,
        on=on,
        known_at=known_at,
    ).parsed
