"""ETags: an answer that has not changed is not sent again, and a change is made only to what was read."""

from __future__ import annotations

import hashlib
from typing import Final

from fastapi import Request, Response

from requite.api.service.problems import Problem

KEEP: Final = "private, no-cache"
"""What a cache may do with an answer that has an ETag: keep it for this caller, and ask each time whether it still holds."""


class NotModified(Exception):  # noqa: N818 - it is an answer
    """That the caller has what they ask for."""

    def __init__(self, tag: str) -> None:
        super().__init__(tag)
        self.tag = tag


def tag_of(*parts: object) -> str:
    """The ETag of something by what tells its versions apart, such as its id and its revision."""
    return f'"{hashlib.sha256("|".join(map(str, parts)).encode()).hexdigest()[:32]}"'


def answer_tagged(request: Request, response: Response, tag: str) -> None:
    """Give the answer an ETag; or end the request with 304, where If-None-Match says that the caller has it."""
    wanted = _tags(request, "if-none-match")
    if "*" in wanted or tag in {given.removeprefix("W/") for given in wanted}:
        raise NotModified(tag)
    response.headers["ETag"] = tag
    response.headers["Cache-Control"] = KEEP


def demand_tag(request: Request, tag: str) -> None:
    """Refuse a change with 412 where If-Match is sent and names another state than this one."""
    wanted = _tags(request, "if-match")
    # One that is sent and names nothing matches nothing.
    if "if-match" in request.headers and "*" not in wanted and tag not in wanted:
        raise Problem(
            412,
            "changed-since",
            "it has changed since you read it",
            "Read it again, and decide on what it is now.",
            headers={"ETag": tag},
        )


def _tags(request: Request, header: str) -> set[str]:
    return {tag.strip() for value in request.headers.getlist(header) for tag in value.split(",") if tag.strip()}
