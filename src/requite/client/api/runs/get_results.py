from http import HTTPStatus
from typing import Any, Literal
from urllib.parse import quote

import httpx

from ...client import AuthenticatedClient, Client
from ...models.get_results_format_type_1 import (
    GetResultsFormatType1,
)
from ...models.get_results_table import GetResultsTable
from ...models.problem_details import ProblemDetails
from ...models.rows import Rows
from ...types import UNSET, Response, Unset


def _get_kwargs(
    id: str,
    table: GetResultsTable,
    *,
    format_: GetResultsFormatType1 | Literal["json"] | Unset = "json",
    check: None | str | Unset = UNSET,
    rule: None | str | Unset = UNSET,
    payment: None | str | Unset = UNSET,
    payee: None | str | Unset = UNSET,
    provider: None | str | Unset = UNSET,
    record: None | str | Unset = UNSET,
    key: None | str | Unset = UNSET,
    limit: int | Unset = 100,
    after: None | str | Unset = UNSET,
) -> dict[str, Any]:

    params: dict[str, Any] = {}

    json_format_: Literal["json"] | str | Unset
    if isinstance(format_, Unset):
        json_format_ = UNSET
    elif isinstance(format_, str):
        json_format_ = format_
    else:
        json_format_ = format_
    params["format"] = json_format_

    json_check: None | str | Unset
    if isinstance(check, Unset):
        json_check = UNSET
    else:
        json_check = check
    params["check"] = json_check

    json_rule: None | str | Unset
    if isinstance(rule, Unset):
        json_rule = UNSET
    else:
        json_rule = rule
    params["rule"] = json_rule

    json_payment: None | str | Unset
    if isinstance(payment, Unset):
        json_payment = UNSET
    else:
        json_payment = payment
    params["payment"] = json_payment

    json_payee: None | str | Unset
    if isinstance(payee, Unset):
        json_payee = UNSET
    else:
        json_payee = payee
    params["payee"] = json_payee

    json_provider: None | str | Unset
    if isinstance(provider, Unset):
        json_provider = UNSET
    else:
        json_provider = provider
    params["provider"] = json_provider

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
        "url": "/runs/{id}/results/{table}".format(
            id=quote(str(id), safe="").replace(".", "%2E"),
            table=quote(str(table), safe="").replace(".", "%2E"),
        ),
        "params": params,
    }

    return _kwargs


def _parse_response(*, client: AuthenticatedClient | Client, response: httpx.Response) -> ProblemDetails | Rows | bytes:
    if response.status_code == 200:
        if "json" not in response.headers.get("content-type", ""):
            return response.content

        response_200 = Rows.from_dict(response.json())

        return response_200

    response_default = ProblemDetails.from_dict(response.json())

    return response_default


def _build_response(*, client: AuthenticatedClient | Client, response: httpx.Response) -> Response[ProblemDetails | Rows | bytes]:
    return Response(
        status_code=HTTPStatus(response.status_code),
        content=response.content,
        headers=response.headers,
        parsed=_parse_response(client=client, response=response),
    )


def sync_detailed(
    id: str,
    table: GetResultsTable,
    *,
    client: AuthenticatedClient,
    format_: GetResultsFormatType1 | Literal["json"] | Unset = "json",
    check: None | str | Unset = UNSET,
    rule: None | str | Unset = UNSET,
    payment: None | str | Unset = UNSET,
    payee: None | str | Unset = UNSET,
    provider: None | str | Unset = UNSET,
    record: None | str | Unset = UNSET,
    key: None | str | Unset = UNSET,
    limit: int | Unset = 100,
    after: None | str | Unset = UNSET,
) -> Response[ProblemDetails | Rows | bytes]:
    """Read results

     A table of results: as JSON a page at a time, filtered by exact values; or whole, as a file.

    Args:
        id (str):
        table (GetResultsTable):
        format_ (GetResultsFormatType1 | Literal['json'] | Unset):  Default: 'json'.
        check (None | str | Unset):
        rule (None | str | Unset):
        payment (None | str | Unset):
        payee (None | str | Unset):
        provider (None | str | Unset):
        record (None | str | Unset):
        key (None | str | Unset):
        limit (int | Unset): The most items of a page. Default: 100.
        after (None | str | Unset): The `next` of the page before.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[ProblemDetails | Rows | bytes]
    """

    kwargs = _get_kwargs(
        id=id,
        table=table,
        format_=format_,
        check=check,
        rule=rule,
        payment=payment,
        payee=payee,
        provider=provider,
        record=record,
        key=key,
        limit=limit,
        after=after,
    )

    response = client.get_httpx_client().request(
        **kwargs,
    )

    return _build_response(client=client, response=response)


def sync(
    id: str,
    table: GetResultsTable,
    *,
    client: AuthenticatedClient,
    format_: GetResultsFormatType1 | Literal["json"] | Unset = "json",
    check: None | str | Unset = UNSET,
    rule: None | str | Unset = UNSET,
    payment: None | str | Unset = UNSET,
    payee: None | str | Unset = UNSET,
    provider: None | str | Unset = UNSET,
    record: None | str | Unset = UNSET,
    key: None | str | Unset = UNSET,
    limit: int | Unset = 100,
    after: None | str | Unset = UNSET,
) -> ProblemDetails | Rows | bytes | None:
    """Read results

     A table of results: as JSON a page at a time, filtered by exact values; or whole, as a file.

    Args:
        id (str):
        table (GetResultsTable):
        format_ (GetResultsFormatType1 | Literal['json'] | Unset):  Default: 'json'.
        check (None | str | Unset):
        rule (None | str | Unset):
        payment (None | str | Unset):
        payee (None | str | Unset):
        provider (None | str | Unset):
        record (None | str | Unset):
        key (None | str | Unset):
        limit (int | Unset): The most items of a page. Default: 100.
        after (None | str | Unset): The `next` of the page before.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        ProblemDetails | Rows | bytes
    """

    return sync_detailed(
        id=id,
        table=table,
        client=client,
        format_=format_,
        check=check,
        rule=rule,
        payment=payment,
        payee=payee,
        provider=provider,
        record=record,
        key=key,
        limit=limit,
        after=after,
    ).parsed
