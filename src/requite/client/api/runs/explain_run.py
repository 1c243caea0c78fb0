from http import HTTPStatus
from typing import Any
from urllib.parse import quote

import httpx

from ...client import AuthenticatedClient, Client
from ...models.explain_run_format import ExplainRunFormat
from ...models.explain_run_response_explain_run import ExplainRunResponseExplainRun
from ...models.problem_details import ProblemDetails
from ...types import UNSET, Response, Unset


def _get_kwargs(
    id: str,
    *,
    key: str,
    record: None | str | Unset = UNSET,
    format_: ExplainRunFormat | Unset = "json",
) -> dict[str, Any]:

    params: dict[str, Any] = {}

    params["key"] = key

    json_record: None | str | Unset
    if isinstance(record, Unset):
        json_record = UNSET
    else:
        json_record = record
    params["record"] = json_record

    json_format_: str | Unset = UNSET
    if not isinstance(format_, Unset):
        json_format_ = format_

    params["format"] = json_format_

    params = {k: v for k, v in params.items() if v is not UNSET and v is not None}

    _kwargs: dict[str, Any] = {
        "method": "get",
        "url": "/runs/{id}/explanation".format(
            id=quote(str(id), safe="").replace(".", "%2E"),
        ),
        "params": params,
    }

    return _kwargs


def _parse_response(
    *, client: AuthenticatedClient | Client, response: httpx.Response
) -> ExplainRunResponseExplainRun | ProblemDetails | bytes:
    if response.status_code == 200:
        if "json" not in response.headers.get("content-type", ""):
            return response.content

        response_200 = ExplainRunResponseExplainRun.from_dict(response.json())

        return response_200

    response_default = ProblemDetails.from_dict(response.json())

    return response_default


def _build_response(
    *, client: AuthenticatedClient | Client, response: httpx.Response
) -> Response[ExplainRunResponseExplainRun | ProblemDetails | bytes]:
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
    key: str,
    record: None | str | Unset = UNSET,
    format_: ExplainRunFormat | Unset = "json",
) -> Response[ExplainRunResponseExplainRun | ProblemDetails | bytes]:
    """Explain a record

     Why a record got what it got, clause by clause, from the data that the run read.

    Args:
        id (str):
        key (str): The key, as the tables of results have it.
        record (None | str | Unset):
        format_ (ExplainRunFormat | Unset):  Default: 'json'.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[ExplainRunResponseExplainRun | ProblemDetails | bytes]
    """

    kwargs = _get_kwargs(
        id=id,
        key=key,
        record=record,
        format_=format_,
    )

    response = client.get_httpx_client().request(
        **kwargs,
    )

    return _build_response(client=client, response=response)


def sync(
    id: str,
    *,
    client: AuthenticatedClient,
    key: str,
    record: None | str | Unset = UNSET,
    format_: ExplainRunFormat | Unset = "json",
) -> ExplainRunResponseExplainRun | ProblemDetails | bytes | None:
    """Explain a record

     Why a record got what it got, clause by clause, from the data that the run read.

    Args:
        id (str):
        key (str): The key, as the tables of results have it.
        record (None | str | Unset):
        format_ (ExplainRunFormat | Unset):  Default: 'json'.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        ExplainRunResponseExplainRun | ProblemDetails | bytes
    """

    return sync_detailed(
        id=id,
        client=client,
        key=key,
        record=record,
        format_=format_,
    ).parsed
