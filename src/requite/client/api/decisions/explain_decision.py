from http import HTTPStatus
from typing import Any
from urllib.parse import quote

import httpx

from ...client import AuthenticatedClient, Client
from ...models.explain_decision_format_type_0 import (
    ExplainDecisionFormatType0,
)
from ...models.explain_decision_response_200 import ExplainDecisionResponse200
from ...models.problem_details import ProblemDetails
from ...types import UNSET, Response, Unset


def _get_kwargs(
    id: str,
    *,
    format_: ExplainDecisionFormatType0 | None | Unset = UNSET,
) -> dict[str, Any]:

    params: dict[str, Any] = {}

    json_format_: None | str | Unset
    if isinstance(format_, Unset):
        json_format_ = UNSET
    elif isinstance(format_, str):
        json_format_ = format_
    else:
        json_format_ = format_
    params["format"] = json_format_

    params = {k: v for k, v in params.items() if v is not UNSET and v is not None}

    _kwargs: dict[str, Any] = {
        "method": "get",
        "url": "/decisions/{id}/explanation".format(
            id=quote(str(id), safe="").replace(".", "%2E"),
        ),
        "params": params,
    }

    return _kwargs


def _parse_response(
    *, client: AuthenticatedClient | Client, response: httpx.Response
) -> ExplainDecisionResponse200 | ProblemDetails | bytes:
    if response.status_code == 200:
        if "json" not in response.headers.get("content-type", ""):
            return response.content

        response_200 = ExplainDecisionResponse200.from_dict(response.json())

        return response_200

    response_default = ProblemDetails.from_dict(response.json())

    return response_default


def _build_response(
    *, client: AuthenticatedClient | Client, response: httpx.Response
) -> Response[ExplainDecisionResponse200 | ProblemDetails | bytes]:
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
    format_: ExplainDecisionFormatType0 | None | Unset = UNSET,
) -> Response[ExplainDecisionResponse200 | ProblemDetails | bytes]:
    """Why a claim was decided so

     Why a claim was decided so: by the version that decided it, with the rows that stood then, clause by
    clause.

    Args:
        id (str):
        format_ (ExplainDecisionFormatType0 | None | Unset): The form; without it, the header
            Accept decides.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[ExplainDecisionResponse200 | ProblemDetails | bytes]
    """

    kwargs = _get_kwargs(
        id=id,
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
    format_: ExplainDecisionFormatType0 | None | Unset = UNSET,
) -> ExplainDecisionResponse200 | ProblemDetails | bytes | None:
    """Why a claim was decided so

     Why a claim was decided so: by the version that decided it, with the rows that stood then, clause by
    clause.

    Args:
        id (str):
        format_ (ExplainDecisionFormatType0 | None | Unset): The form; without it, the header
            Accept decides.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        ExplainDecisionResponse200 | ProblemDetails | bytes
    """

    return sync_detailed(
        id=id,
        client=client,
        format_=format_,
    ).parsed
