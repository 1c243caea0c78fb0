"""Statements: what each payee gets and why, and what each respondent is asked, for people to read."""

from __future__ import annotations

from typing import Annotated, Any, Final

from fastapi import APIRouter, Path, Response

from requite.api.identity import Actor, May
from requite.api.jobs import looking, making, results
from requite.api.jobs.looking import Paper
from requite.api.jobs.models import ID, PartyTold
from requite.api.service import patterns
from requite.api.service.dependencies import TheService, allowed
from requite.api.service.documented import problems
from requite.api.service.paging import Page, Pages, cursor_of, values_of

router = APIRouter(tags=["statements"])

Reader = Annotated[Actor, allowed(May.READ_RUNS)]
RunId = Annotated[str, Path(pattern=patterns.ID, examples=[ID])]

MEDIA: Final = {"html": "text/html; charset=utf-8", "md": "text/markdown; charset=utf-8", "pdf": "application/pdf"}
CONTENT: Final[dict[str, Any]] = {
    "text/html": {"schema": {"type": "string"}},
    "text/markdown": {"schema": {"type": "string"}},
    "application/pdf": {"schema": {"type": "string", "format": "binary"}},
}

POLICY: Final = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; frame-ancestors 'none'; sandbox"
"""A page of a statement has its style in it, and runs nothing."""


@router.get("/runs/{id}/statements", operation_id="list_statements", summary="List statements", responses=problems(404, 409, 410))
def list_statements(service: TheService, actor: Reader, id: RunId, pages: Pages) -> Page[PartyTold]:
    """Who has a statement of this run: those who are paid or charged, and those who are asked about claims."""
    with service.database.reading() as session:
        run = making.found(session, actor.org, id)
    there = looking.parties(service, results.results_folder(service, run))
    start = max(values_of(pages.after, [int])[0], 0) if pages.after is not None else 0
    end = start + pages.limit
    return pages.page(there[start:end], cursor_of([end]) if end < len(there) else None)


@router.get(
    "/runs/{id}/statements/{kind}/{payee:path}",
    operation_id="get_statement",
    summary="Read a statement",
    response_class=Response,
    responses={200: {"description": "The statement.", "content": CONTENT}, **problems(404, 409, 410)},
)
def get_statement(
    service: TheService,
    actor: Reader,
    id: RunId,
    kind: Annotated[str, Path(max_length=200, examples=["practice"])],
    payee: Annotated[str, Path(min_length=1, max_length=1000, examples=["B83001"])],
    format: Paper = "html",
) -> Response:
    """The statement of one payee or respondent: kind and name as the list has them."""
    with service.database.reading() as session:
        run = making.found(session, actor.org, id)
    page = looking.statement(service, results.results_folder(service, run), kind, payee, format)
    return Response(page, media_type=MEDIA[format], headers={"Content-Security-Policy": POLICY})
