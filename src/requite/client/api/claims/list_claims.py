import datetime
from http import HTTPStatus
from typing import Any
from urllib.parse import quote

import httpx

from ...client import AuthenticatedClient, Client
from ...models.page_decision_kept import PageDecisionKept
from ...models.problem_details import ProblemDetails
from ...types import UNSET, Response, Unset


def _get_kwargs(
    ruleset: str,
    record: str,
    *,
    flagged: bool | None | Unset = UNSET,
    check: None | str | Unset = UNSET,
    since: datetime.datetime | None | Unset = UNSET,
    limit: int | Unset = 100,
    after: None | str | Unset = UNSET,
) -> dict[str, Any]:

    params: dict[str, Any] = {}

    json_flagged: bool | None | Unset
    if isinstance(flagged, Unset):
        json_flagged = UNSET
    else:
        json_flagged = flagged
    params["flagged"] = json_flagged

    json_check: None | str | Unset
    if isinstance(check, Unset):
        json_check = UNSET
    else:
        json_check = check
    params["check"] = json_check

    json_since: None | str | Unset
    if isinstance(since, Unset):
        json_since = UNSET
    elif isinstance(since, datetime.datetime):
        json_since = since.isoformat()
    else:
        json_since = since
    params["since"] = json_since

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
        "url": "/claims/{ruleset}/{record}".format(
            ruleset=quote(str(ruleset), safe="").replace(".", "%2E"),
            record=quote(str(record), safe="").replace(".", "%2E"),
        ),
        "params": params,
    }

    return _kwargs


def _parse_response(*, client: AuthenticatedClient | Client, response: httpx.Response) -> PageDecisionKept | ProblemDetails:
    if response.status_code == 200:
        response_200 = PageDecisionKept.from_dict(response.json())

        return response_200

    response_default = ProblemDetails.from_dict(response.json())

    return response_default


def _build_response(
    *, client: AuthenticatedClient | Client, response: httpx.Response
) -> Response[PageDecisionKept | ProblemDetails]:
    return Response(
        status_code=HTTPStatus(response.status_code),
        content=response.content,
        headers=response.headers,
        parsed=_parse_response(client=client, response=response),
    )


def sync_detailed(
    ruleset: str,
    record: str,
    *,
    client: AuthenticatedClient,
    flagged: bool | None | Unset = UNSET,
    check: None | str | Unset = UNSET,
    since: datetime.datetime | None | Unset = UNSET,
    limit: int | Unset = 100,
    after: None | str | Unset = UNSET,
) -> Response[PageDecisionKept | ProblemDetails]:
    """Claims that stand

     The decisions that stand, in the order of the claims' keys.

    Args:
        ruleset (str):
        record (str):
        flagged (bool | None | Unset): Only those with a finding, or only those without.
        check (None | str | Unset): Only those that this check flags.
        since (datetime.datetime | None | Unset): Decided at this moment or later, such as
            2026-04-01T00:00:00Z.
        limit (int | Unset): The most items of a page. Default: 100.
        after (None | str | Unset): The `next` of the page before.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[PageDecisionKept | ProblemDetails]
    """

    kwargs = _get_kwargs(
        ruleset=ruleset,
        record=record,
        flagged=flagged,
        check=check,
        since=since,
        limit=limit,
        after=after,
    )

    response = client.get_httpx_client().request(
        **kwargs,
    )

    return _build_response(client=client, response=response)


def sync(
    ruleset: str,
    record: str,
    *,
    client: AuthenticatedClient,
    flagged: bool | None | Unset = UNSET,
    check: None | str | Unset = UNSET,
    since: datetime.datetime | None | Unset = UNSET,
    limit: int | Unset = 100,
    after: None | str | Unset = UNSET,
) -> PageDecisionKept | ProblemDetails | None:
    """Claims that stand

     The decisions that stand, in the order of the claims' keys.

    Args:
        ruleset (str):
        record (str):
        flagged (bool | None | Unset): Only those with a finding, or only those without.
        check (None | str | Unset): Only those that this check flags.
        since (datetime.datetime | None | Unset): Decided at this moment or later, such as
            2026-04-01T00:00:00Z.
        limit (int | Unset): The most items of a page. Default: 100.
        after (None | str | Unset): The `next` of the page before.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        PageDecisionKept | ProblemDetails
    """

    return sync_detailed(
        ruleset=ruleset,
        record=record,
        client=client,
        flagged=flagged,
        check=check,
        since=since,
        limit=limit,
        after=after,
    ).parsed
