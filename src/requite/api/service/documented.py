"""How the OpenAPI document tells of what goes wrong: the shape of a problem, and the answers that any route may give."""

from __future__ import annotations

from typing import Any, Final

from pydantic import BaseModel, ConfigDict, Field

from requite.api.challenges.models import Possible

PROBLEM_TYPE: Final = "application/problem+json"


class Place(BaseModel):
    """Something that belongs to a diagnostic, and where it stands."""

    text: str
    file: str
    line: int
    column: int
    end_line: int
    end_column: int


class DiagnosticDetails(BaseModel):
    """One thing that is wrong with a text, or may be: the same as `requite check --json` tells."""

    code: str = Field(examples=["unknown-name"])
    severity: str = Field(examples=["error"])
    message: str
    file: str
    line: int
    column: int
    end_line: int
    end_column: int
    labels: list[Place]
    help: str


class ErrorDetails(BaseModel):
    """One thing that is wrong with data or a request: the same shape as the command line's."""

    code: str = Field(examples=["wrong-kind"])
    record: str = ""
    file: str = ""
    message: str
    help: str = ""
    detail: dict[str, Any] = Field(default_factory=dict)


class ProblemDetails(BaseModel):
    """What is wrong, as RFC 9457 has it. `type` is urn:requite:problem:CODE; further members depend on it."""

    model_config = ConfigDict(extra="allow")

    type: str = Field(examples=["urn:requite:problem:not-found"])
    title: str = Field(examples=["not found"])
    status: int = Field(examples=[404])
    detail: str = Field(examples=["there is no such run"])
    help: str = Field(default="", examples=["Check its id."])
    request: str = Field(default="", description="The request's id, as in the header X-Request-ID: name it when you ask for help.")
    errors: list[ErrorDetails] = Field(default_factory=list)
    diagnostics: list[DiagnosticDetails] = Field(default_factory=list)
    after: int = Field(default_factory=int, description="Of events-removed: the number of the event to go on from.")
    state: str = Field(default_factory=str, description="Of impossible-move: the state of the challenge.")
    possible: list[Possible] = Field(default_factory=list, description="Of impossible-move: the moves that can be made now.")


MEANINGS: Final[dict[int, str]] = {
    400: "The request cannot be read.",
    401: "The request does not say who calls, or the key or token is not taken.",
    403: "The caller's role may not do this.",
    404: "There is no such thing in the caller's organisation.",
    405: "This address has no such method.",
    406: "The answer cannot be given in the form that was asked for.",
    408: "The request came in too slowly.",
    409: "It cannot be done as things stand.",
    410: "It was there, and is gone.",
    412: "It has changed since it was read: the ETag in If-Match is not today's.",
    413: "The request is too large.",
    415: "The body is not of a type that is taken here.",
    422: "The request says something that cannot be meant.",
    429: "Too many requests, or too much of something at once: Retry-After says when to come again.",
    500: "A fault inside Requite.",
    503: "Not now: the store cannot be reached, is full or busy, or too much is asked at once. Retry-After says when to come.",
    507: "The organisation's room is used up.",
}


def problems(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """The problems that a route may answer with, for its `responses`."""
    shape = {"schema": {"$ref": "#/components/schemas/ProblemDetails"}}
    return {status: {"description": MEANINGS[status], "content": {PROBLEM_TYPE: shape}} for status in statuses}


OPEN: Final = problems(400, 408, 413, 415, 422, 429, 500, 503)
"""What any route may answer with; the application adds it to all."""

PROBLEMS: Final = problems(400, 401, 403, 413, 415, 422, 429, 500)
"""What any route may answer with that wants to know who calls."""
