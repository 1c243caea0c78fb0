"""What was decided of claims, and why."""

from __future__ import annotations

from typing import Annotated, Any, Final

from fastapi import APIRouter, Path, Query, Request, Response

from requite.api.identity import Actor, May
from requite.api.live import finding
from requite.api.live.catching_up import Live
from requite.api.live.explaining import explain_decision
from requite.api.live.shown import DecisionKept, KeyText, Name, decision_kept
from requite.api.service.dependencies import TheService, allowed
from requite.api.service.documented import problems
from requite.api.service.etags import answer_tagged, tag_of
from requite.api.service.explained import Form, explained
from requite.api.service.moments import Moment
from requite.api.service.paging import Page, Pages, page_of
from requite.api.store.schema import Decision

router = APIRouter(tags=["decisions"])

Reader = Annotated[Actor, allowed(May.READ_DECISIONS)]
Id = Annotated[str, Path(min_length=26, max_length=26, examples=["01JZ8Q4T7V3S5N9K2M6P8R0W1X"])]

FORMS: Final[dict[str, Form]] = {"application/json": "json", "text/plain": "text", "text/markdown": "md"}

EXPLAINED: Final[dict[int | str, dict[str, Any]]] = {
    200: {
        "description": "The explanation: JSON in the shape of `requite explain --json`, or text, or Markdown.",
        "content": {
            "application/json": {"schema": {"type": "object"}},
            "text/plain": {"schema": {"type": "string"}},
            "text/markdown": {"schema": {"type": "string"}},
        },
    }
}


@router.get("/decisions", operation_id="list_decisions", summary="Decisions, the last first")
def list_decisions(
    service: TheService,
    actor: Reader,
    pages: Pages,
    ruleset: Annotated[Name | None, Query(examples=["kingston"])] = None,
    record: Annotated[Name | None, Query(examples=["spell"])] = None,
    key: Annotated[KeyText | None, Query(description="Only those of this claim.", examples=["S1"])] = None,
    flagged: Annotated[bool | None, Query(description="Only those with a finding, or only those without.")] = None,
    check: Annotated[Name | None, Query(description="Only those in which this check flags.", examples=["over_estimate"])] = None,
    since: Annotated[Moment | None, Query(description="Decided at this moment or later.")] = None,
    standing: Annotated[bool | None, Query(description="Only those that stand, or only those that others followed.")] = None,
) -> Page[DecisionKept]:
    """Decisions as they were made, those that others followed among them."""
    wanted = finding.Wanted(ruleset, record, key, flagged, check, since, standing)
    with service.database.reading() as session:
        statement = finding.decisions(session, actor.org, wanted)
        return page_of(session, statement, (Decision.decided_at, Decision.id), pages, decision_kept, newest_first=True)


@router.get("/decisions/{id}", operation_id="decision", summary="One decision", responses=problems(404))
def decision(service: TheService, actor: Reader, id: Id, request: Request, response: Response) -> DecisionKept:
    """A decision as it was made. It never changes, but for the time until which it stood."""
    with service.database.reading() as session:
        found = finding.decision_of(session, actor.org, id)
    answer_tagged(request, response, tag_of("decision", found.id, found.superseded_at))
    return decision_kept(found)


@router.get(
    "/decisions/{id}/explanation",
    operation_id="explain_decision",
    summary="Why a claim was decided so",
    response_class=Response,
    responses={**EXPLAINED, **problems(404, 409)},
)
def explanation(
    service: TheService,
    actor: Reader,
    id: Id,
    request: Request,
    format: Annotated[Form | None, Query(description="The form; without it, the header Accept decides.")] = None,
) -> Response:
    """Why a claim was decided so: by the version that decided it, with the rows that stood then, clause by clause."""
    live: Live = service.parts["live"]
    found = explain_decision(service.database, live.desk, actor.org, id)
    return explained(found, format or _form(request.headers.get("accept", "")))


def _form(accept: str) -> Form:
    """The first form that is asked for; JSON where none is."""
    asked = (part.partition(";")[0].strip().lower() for part in accept.split(","))
    return next((FORMS[kind] for kind in asked if kind in FORMS), "json")
