from http import HTTPStatus
from typing import Any
from urllib.parse import quote

import httpx

from ...client import AuthenticatedClient, Client
from ...models.get_statement_format import (
    GetStatementFormat,
)
from ...models.problem_details import ProblemDetails
from ...types import UNSET, Response, Unset


def _get_kwargs(
    id: str,
    kind: str,
    payee: str,
    *,
    format_: GetStatementFormat | Unset = "html",
) -> dict[str, Any]:

    params: dict[str, Any] = {}

    json_format_: str | Unset = UNSET
    if not isinstance(format_, Unset):
        json_format_ = format_

    params["format"] = json_format_

    params = {k: v for k, v in params.items() if v is not UNSET and v is not None}

    _kwargs: dict[str, Any] = {
        "method": "get",
        "url": "/runs/{id}/statements/{kind}/{payee}".format(
            id=quote(str(id), safe="").replace(".", "%2E"),
            kind=quote(str(kind), safe="").replace(".", "%2E"),
            payee=quote(str(payee), safe="").replace(".", "%2E"),
        ),
        "params": params,
    }

    return _kwargs


def _parse_response(*, client: AuthenticatedClient | Client, response: httpx.Response) -> ProblemDetails | str | bytes:
    if response.status_code == 200:
        if "text/" not in response.headers.get("content-type", ""):
            return response.content

        response_200 = response.text
        return response_200

    response_default = ProblemDetails.from_dict(response.json())

    return response_default


def _build_response(*, client: AuthenticatedClient | Client, response: httpx.Response) -> Response[ProblemDetails | str | bytes]:
    return Response(
        status_code=HTTPStatus(response.status_code),
        content=response.content,
        headers=response.headers,
        parsed=_parse_response(client=client, response=response),
    )


def sync_detailed(
    id: str,
    kind: str,
    payee: str,
    *,
    client: AuthenticatedClient,
    format_: GetStatementFormat | Unset = "html",
) -> Response[ProblemDetails | str | bytes]:
    """Read a statement

     The statement of one payee or respondent: kind and name as the list has them.

    Args:
        id (str):
        kind (str):
        payee (str):
        format_ (GetStatementFormat | Unset):  Default: 'html'.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[ProblemDetails | str | bytes]
    """

    kwargs = _get_kwargs(
        id=id,
        kind=kind,
        payee=payee,
        format_=format_,
    )

    response = client.get_httpx_client().request(
        **kwargs,
    )

    return _build_response(client=client, response=response)


def sync(
    id: str,
    kind: str,
    payee: str,
    *,
    client: AuthenticatedClient,
    format_: GetStatementFormat | Unset = "html",
) -> ProblemDetails | str | bytes | None:
    """Read a statement

     The statement of one payee or respondent: kind and name as the list has them.

    Args:
        id (str):
        kind (str):
        payee (str):
        format_ (GetStatementFormat | Unset):  Default: 'html'.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        ProblemDetails | str | bytes
    """

    return sync_detailed(
        id=id,
        kind=kind,
        payee=payee,
        client=client,
        format_=format_,
    ).parsed
