from http import HTTPStatus
from typing import Any

import httpx

from ...client import AuthenticatedClient, Client
from ...models.problem_details import ProblemDetails
from ...models.send_upload_body import SendUploadBody
from ...models.upload_told import UploadTold
from ...types import UNSET, Response, Unset


def _get_kwargs(
    *,
    body: SendUploadBody,
    idempotency_key: None | str | Unset = UNSET,
) -> dict[str, Any]:
    headers: dict[str, Any] = {}
    if not isinstance(idempotency_key, Unset):
        headers["Idempotency-Key"] = idempotency_key

    _kwargs: dict[str, Any] = {
        "method": "post",
        "url": "/uploads",
    }

    _kwargs["files"] = body.to_multipart()

    headers["Content-Type"] = "multipart/form-data; boundary=+++"

    _kwargs["headers"] = headers
    return _kwargs


def _parse_response(*, client: AuthenticatedClient | Client, response: httpx.Response) -> ProblemDetails | UploadTold:
    if response.status_code == 201:
        response_201 = UploadTold.from_dict(response.json())

        return response_201

    response_default = ProblemDetails.from_dict(response.json())

    return response_default


def _build_response(*, client: AuthenticatedClient | Client, response: httpx.Response) -> Response[ProblemDetails | UploadTold]:
    return Response(
        status_code=HTTPStatus(response.status_code),
        content=response.content,
        headers=response.headers,
        parsed=_parse_response(client=client, response=response),
    )


def sync_detailed(
    *,
    client: AuthenticatedClient,
    body: SendUploadBody,
    idempotency_key: None | str | Unset = UNSET,
) -> Response[ProblemDetails | UploadTold]:
    """Send a file

     Send a file for runs to read, as a form with the field `file`. It is written as it comes in.

    Args:
        idempotency_key (None | str | Unset): A name of your choice for this request, such as a
            UUID. Sent again under the same key, the request is not done again: its first answer is
            given again, with the header Idempotent-Replayed.
        body (SendUploadBody):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[ProblemDetails | UploadTold]
    """

    kwargs = _get_kwargs(
        body=body,
        idempotency_key=idempotency_key,
    )

    response = client.get_httpx_client().request(
        **kwargs,
    )

    return _build_response(client=client, response=response)


def sync(
    *,
    client: AuthenticatedClient,
    body: SendUploadBody,
    idempotency_key: None | str | Unset = UNSET,
) -> ProblemDetails | UploadTold | None:
    """Send a file

     Send a file for runs to read, as a form with the field `file`. It is written as it comes in.

    Args:
        idempotency_key (None | str | Unset): A name of your choice for this request, such as a
            UUID. Sent again under the same key, the request is not done again: its first answer is
            given again, with the header Idempotent-Replayed.
        body (SendUploadBody):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        ProblemDetails | UploadTold
    """

    return sync_detailed(
        client=client,
        body=body,
        idempotency_key=idempotency_key,
    ).parsed
