import datetime
from http import HTTPStatus
from typing import Any

import httpx

from ...client import AuthenticatedClient, Client
from ...models.page_decision_kept import PageDecisionKept
from ...models.problem_details import ProblemDetails
from ...types import UNSET, Response, Unset


def _get_kwargs(
    *,
    ruleset: None | str | Unset = UNSET,
    record: None | str | Unset = UNSET,
    key: None | str | Unset = UNSET,
    flagged: bool | None | Unset = UNSET,
    check: None | str | Unset = UNSET,
    since: datetime.datetime | None | Unset = UNSET,
    standing: bool | None | Unset = UNSET,
    limit: int | Unset = 100,
    after: None | str | Unset = UNSET,
) -> dict[str, Any]:

    params: dict[str, Any] = {}

    json_ruleset: None | str | Unset
    if isinstance(ruleset, Unset):
        json_ruleset = UNSET
    else:
        json_ruleset = ruleset
    params["ruleset"] = json_ruleset

    json_record: None | str | Unset
    if isinstance(record, Unset):
        json_record = UNSET
    else:
        json_record = record
    params["record"] = json_record

    json_key: None | str | Unset
    if isinstance(key, Unset):
        json_key = UNSET
    else:
        json_key = key
    params["key"] = json_key

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

    json_standing: bool | None | Unset
    if isinstance(standing, Unset):
        json_standing = UNSET
    else:
        json_standing = standing
    params["standing"] = json_standing

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
        "url": "/decisions",
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
    *,
    client: AuthenticatedClient,
    ruleset: None | str | Unset = UNSET,
    record: None | str | Unset = UNSET,
    key: None | str | Unset = UNSET,
    flagged: bool | None | Unset = UNSET,
    check: None | str | Unset = UNSET,
    since: datetime.datetime | None | Unset = UNSET,
    standing: bool | None | Unset = UNSET,
    limit: int | Unset = 100,
    after: None | str | Unset = UNSET,
) -> Response[PageDecisionKept | ProblemDetails]:
    """Decisions, the last first

     Decisions as they were made, those that others followed among them.

    Args:
        ruleset (None | str | Unset):
        record (None | str | Unset):
        key (None | str | Unset): Only those of this claim.
        flagged (bool | None | Unset): Only those with a finding, or only those without.
        check (None | str | Unset): Only those in which this check flags.
        since (datetime.datetime | None | Unset): Decided at this moment or later.
        standing (bool | None | Unset): Only those that stand, or only those that others followed.
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
        key=key,
        flagged=flagged,
        check=check,
        since=since,
        standing=standing,
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
    ruleset: None | str | Unset = UNSET,
    record: None | str | Unset = UNSET,
    key: None | str | Unset = UNSET,
    flagged: bool | None | Unset = UNSET,
    check: None | str | Unset = UNSET,
    since: datetime.datetime | None | Unset = UNSET,
    standing: bool | None | Unset = UNSET,
    limit: int | Unset = 100,
    after: None | str | Unset = UNSET,
) -> PageDecisionKept | ProblemDetails | None:
    """Decisions, the last first

     Decisions as they were made, those that others followed among them.

    Args:
        ruleset (None | str | Unset):
        record (None | str | Unset):
        key (None | str | Unset): Only those of this claim.
        flagged (bool | None | Unset): Only those with a finding, or only those without.
        check (None | str | Unset): Only those in which this check flags.
        since (datetime.datetime | None | Unset): Decided at this moment or later.
        standing (bool | None | Unset): Only those that stand, or only those that others followed.
        limit (int | Unset): The most items of a page. Default: 100.
        after (None | str | Unset): The `next` of the page before.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        PageDecisionKept | ProblemDetails
    """

    return sync_detailed(
        client=client,
        ruleset=ruleset,
        record=record,
        key=key,
        flagged=flagged,
        check=check,
        since=since,
        standing=standing,
        limit=limit,
        after=after,
    ).parsed
