"""Claims as they arrive, and the rows that they are laid beside."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

from fastapi import APIRouter, Path, Query, Response
from sqlalchemy.orm import Session

from requite.api.identity import Actor, May
from requite.api.live import finding
from requite.api.live.catching_up import Live, counter_of
from requite.api.live.exact_json import ExactRoute
from requite.api.live.explaining import try_out
from requite.api.live.resting import Claim
from requite.api.live.shown import (
    Answer,
    ClaimHistory,
    ClaimShown,
    ClaimsSent,
    ClaimsTakenBack,
    DecisionKept,
    KeyText,
    Name,
    Preview,
    Redecide,
    Redecided,
    RowsSent,
    RowsTakenBack,
    VersionShown,
    answer_shown,
    decision_kept,
    decision_shown,
    preview_shown,
    row_kept,
)
from requite.api.live.taking import Taken
from requite.api.service.dependencies import TheService, allowed
from requite.api.service.documented import problems
from requite.api.service.idempotency import Once
from requite.api.service.moments import Moment
from requite.api.service.paging import Page, Pages, cursor_of, page_of, values_of
from requite.api.service.problems import Problem
from requite.api.service.service import Service
from requite.api.store import versions
from requite.api.store.schema import NAME, Decision

router = APIRouter(tags=["claims"], route_class=ExactRoute)

Sender = Annotated[Actor, allowed(May.SEND_ROWS)]
Reader = Annotated[Actor, allowed(May.READ_DECISIONS)]
Ruleset = Annotated[Name, Query(examples=["kingston"])]
RecordName = Annotated[Name, Query(examples=["spell"])]
ClaimKey = Annotated[KeyText, Query(examples=["S1"])]
Since = Annotated[Moment | None, Query(description="Decided at this moment or later, such as 2026-04-01T00:00:00Z.")]
KnownAt = Annotated[Moment | None, Query(description="As it was known at this moment; as it is known now, if left out.")]

MAY_FAIL = problems(409, 503)


@router.post("/claims", response_model=Answer, operation_id="send_claims", summary="Claims to be decided", responses=MAY_FAIL)
def send_claims(service: TheService, actor: Sender, _: Once, sent: ClaimsSent) -> Response:
    """Decide claims with the version in force, and with all that stands around them. A row that cannot be read is rejected, the
    others are taken; whoever sends a claim again, unchanged, is given the decision that stands. Other claims that these concern are
    decided again, too.
    """
    _check_number(service, sent.rows)
    return _answer(service, counter_of(service).take_claims(actor, sent.ruleset, sent.record, sent.rows))


@router.post("/claims/preview", operation_id="preview_claims", summary="What claims would be decided", responses=MAY_FAIL)
def preview_claims(service: TheService, actor: Sender, sent: ClaimsSent) -> Preview:
    """Decide claims without keeping them: nothing is written, and nobody is told."""
    _check_number(service, sent.rows)
    live: Live = service.parts["live"]
    tried = try_out(service.database, live.desk, actor.org, sent.ruleset, sent.record, sent.rows)
    return preview_shown(tried, len(sent.rows), sent.record or "")


@router.post("/claims/cancel", response_model=Answer, operation_id="cancel_claims", summary="Claims taken back", responses=MAY_FAIL)
def cancel_claims(service: TheService, actor: Sender, _: Once, sent: ClaimsTakenBack) -> Response:
    """Take claims back: no decision of them stands any more, and what they concern is decided again. Their history stays."""
    _check_number(service, sent.keys)
    return _answer(service, counter_of(service).cancel_claims(actor, sent.ruleset, sent.record, sent.keys))


@router.post(
    "/estimates", response_model=Answer, operation_id="send_rows", summary="Rows that claims are laid beside", responses=MAY_FAIL
)
def send_rows(service: TheService, actor: Sender, _: Once, sent: RowsSent) -> Response:
    """Take in estimates, prices, dates: rows of any record or table that the live checks read, claims aside. Claims that they
    concern are decided again, and the change is recorded beside what was decided before.
    """
    _check_number(service, sent.rows)
    return _answer(service, counter_of(service).take_others(actor, sent.ruleset, sent.record, sent.rows))


@router.post(
    "/estimates/cancel", response_model=Answer, operation_id="cancel_rows", summary="Such rows taken back", responses=MAY_FAIL
)
def cancel_rows(service: TheService, actor: Sender, _: Once, sent: RowsTakenBack) -> Response:
    """Take rows back; the claims that they concern are decided again."""
    _check_number(service, sent.keys)
    return _answer(service, counter_of(service).cancel_others(actor, sent.ruleset, sent.record, sent.keys))


@router.get("/claims/one", operation_id="claim", summary="A claim, as it is or was known", responses=problems(404))
def claim(
    service: TheService, actor: Reader, ruleset: Ruleset, record: RecordName, key: ClaimKey, known_at: KnownAt = None
) -> ClaimShown:
    """A claim as it was sent, with its decision: those of now, or of a moment."""
    with service.database.reading() as session:
        found = finding.claim_at(session, actor.org, ruleset, record, key, known_at)
    decided = decision_kept(found.decision) if found.decision is not None else None
    return ClaimShown(ruleset=ruleset, record=record, key=key, row=row_kept(found.row), decision=decided)


@router.get("/claims/history", operation_id="claim_history", summary="All that is known of a claim", responses=problems(404))
def claim_history(service: TheService, actor: Reader, ruleset: Ruleset, record: RecordName, key: ClaimKey) -> ClaimHistory:
    """All revisions of a claim and all decisions, with the times from which and until which each was known."""
    with service.database.reading() as session:
        rows, decided = finding.history(session, actor.org, ruleset, record, key)
    return ClaimHistory(
        ruleset=ruleset,
        record=record,
        key=key,
        rows=[row_kept(row) for row in rows],
        decisions=[decision_kept(one) for one in decided],
    )


@router.get("/claims/{ruleset}/{record}", operation_id="list_claims", summary="Claims that stand", responses=problems(404))
def list_claims(
    service: TheService,
    actor: Reader,
    pages: Pages,
    ruleset: Annotated[Name, Path(examples=["kingston"])],
    record: Annotated[Name, Path(examples=["spell"])],
    flagged: Annotated[bool | None, Query(description="Only those with a finding, or only those without.")] = None,
    check: Annotated[Name | None, Query(description="Only those that this check flags.", examples=["over_estimate"])] = None,
    since: Since = None,
) -> Page[DecisionKept]:
    """The decisions that stand, in the order of the claims' keys."""
    wanted = finding.Wanted(ruleset, record, None, flagged, check, since, standing=True)
    with service.database.reading() as session:
        versions.demand_ruleset(session, actor.org, ruleset)
        return page_of(session, finding.decisions(session, actor.org, wanted), (Decision.key,), pages, decision_kept)


@router.post("/rulesets/{name}/redecide", operation_id="redecide", summary="All claims decided again", responses=MAY_FAIL)
def redecide(
    service: TheService,
    actor: Sender,
    _: Once,
    name: Annotated[Name, Path(max_length=NAME, examples=["kingston"])],
    asked: Redecide,
) -> Redecided:
    """Decide the claims that stand again, with the version in force: some in each request, going on after the last one's `next`."""
    after: Claim | None = None
    if asked.after is not None:
        record, key = values_of(asked.after, [str, str])
        after = record, key
    claims: list[Claim] = []

    def some(session: Session) -> Sequence[Claim]:
        claims[:] = finding.claims_after(session, actor.org, name, after, asked.most)
        return claims

    taken = counter_of(service).redecide(actor, name, some)
    return Redecided(
        version=VersionShown(id=taken.version.id, hash=taken.version.hash),
        decided=taken.received,
        changed=[decision_shown(one) for one in taken.redecided],
        next=cursor_of(claims[-1]) if len(claims) == asked.most else None,
    )


def _check_number(service: Service, rows: Sequence[object]) -> None:
    most = service.settings.most_rows
    if len(rows) > most:
        raise Problem(413, "too-many-rows", f"{len(rows):,} rows in one request", f"At most {most:,}: send them in several.")


def _answer(service: Service, taken: Taken) -> Response:
    if taken.postponed:
        live: Live = service.parts["live"]
        live.wake()
    # Written here: the framework would look all of it through once more, and hand it to another thread for that.
    return Response(answer_shown(taken).model_dump_json(), media_type="application/json")
