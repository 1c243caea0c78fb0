"""Challenges: what is asked of hospitals, their answers, what became of it, and where a month stands."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Path, Query, Request, Response
from sqlalchemy import select
from sqlalchemy.orm import Session

from requite.api.challenges.asking import ManyResults, move_many, move_one, moves_told, possible_now
from requite.api.challenges.desk import desk_of
from requite.api.challenges.ending import NoPenaltyKnownError
from requite.api.challenges.from_runs import Wanted, raise_from_run
from requite.api.challenges.models import (
    ID,
    ChallengeTold,
    ChallengeWhole,
    EventTold,
    ExplanationTold,
    Id,
    ManyMoved,
    ManyMovesAsked,
    Month,
    MovedTold,
    NotRaised,
    OneMoveAsked,
    OutcomeName,
    PositionTold,
    RaiseAsked,
    RaisedTold,
    Refused,
    StateName,
    event_told,
    line_told,
    members,
    told,
)
from requite.api.challenges.position import position
from requite.api.challenges.seeing import Filter, events_seen, number_seen, one, revisions_seen, sees_doubt, wanted
from requite.api.identity import Actor, May
from requite.api.service.dependencies import TheService, allowed
from requite.api.service.documented import problems
from requite.api.service.etags import answer_tagged, demand_tag, tag_of
from requite.api.service.idempotency import Once
from requite.api.service.moments import Day
from requite.api.service.paging import Page, Pages, page_of
from requite.api.service.problems import not_found
from requite.api.service.service import Service
from requite.api.store.schema import KEY, NAME, Challenge, ChallengeEvent

router = APIRouter(tags=["challenges"])

Reader = Annotated[Actor, allowed(May.READ_CHALLENGES)]
Mover = Annotated[Actor, allowed(May.MOVE_CHALLENGES, May.ANSWER_CHALLENGES)]
Raiser = Annotated[Actor, allowed(May.MOVE_CHALLENGES)]
ChallengeId = Annotated[Id, Path(examples=[ID])]
Text = Annotated[str | None, Query(max_length=NAME)]


def _filter(
    state: Annotated[StateName | None, Query(description="Only challenges in this state.")] = None,
    outcome: Annotated[OutcomeName | None, Query(description="Only challenges of which this became.")] = None,
    provider: Text = None,
    check: Text = None,
    month: Annotated[Month | None, Query(examples=["2012-04"])] = None,
    ruleset: Text = None,
    run: Annotated[Id | None, Query(description="Only challenges that were raised from this run.")] = None,
    key: Annotated[str | None, Query(max_length=KEY, description="Only the challenges of this claim.")] = None,
    due_before: Annotated[Day | None, Query(description="Only challenges whose answer is due before this day.")] = None,
    in_doubt: Annotated[bool | None, Query(description="Only challenges that are in doubt, or only others.")] = None,
    overdue: Annotated[bool | None, Query(description="Only challenges whose credit is overdue, or only others.")] = None,
) -> Filter:
    return Filter(state, outcome, provider, check, month, ruleset, run, key, due_before, in_doubt, overdue)


Filtered = Annotated[Filter, Depends(_filter)]


@router.get("/challenges", operation_id="list_challenges", summary="Challenges")
def list_challenges(service: TheService, actor: Reader, pages: Pages, filter: Filtered) -> Page[ChallengeTold]:
    """Challenges, the oldest first. A hospital sees its own, once they have been sent."""
    with service.database.reading() as session:
        found = page_of(session, select(Challenge).where(*wanted(actor, filter)), (Challenge.id,), pages, _itself)
        revisions, tells_doubt = revisions_seen(session, actor, found.items), sees_doubt(actor)
        return Page(items=[told(one, revisions[one.id], tells_doubt=tells_doubt) for one in found.items], next=found.next)


@router.get("/challenges/position", operation_id="get_position", summary="Where a month stands")
def get_position(service: TheService, actor: Reader, filter: Filtered) -> PositionTold:
    """Where the challenges of a month stand, in numbers and pounds, by provider and check: what was raised is what became of it."""
    with service.database.reading() as session:
        found = position(session, wanted(actor, filter))
    *lines, total = (line_told(line, tells_doubt=sees_doubt(actor)) for line in found)
    return PositionTold(month=filter.month, lines=lines, total=total)


@router.post("/challenges/moves", operation_id="move_challenges", summary="Move many challenges", responses=problems(409))
def move_challenges(service: TheService, actor: Mover, _: Once, asked: ManyMovesAsked) -> ManyMoved:
    """Make one move with many challenges, such as accepting 400 at once. Each is told: moved, or refused and why."""
    return _many_told(actor, move_many(service, actor, asked))


@router.get("/challenges/{id}", operation_id="get_challenge", summary="One challenge", responses=problems(404))
def get_challenge(service: TheService, actor: Reader, id: ChallengeId, request: Request, response: Response) -> ChallengeWhole:
    """One challenge, with the moves that are possible now. Its ETag changes with every move."""
    with service.database.reading() as session:
        challenge = _one(session, actor, id)
        revision = revisions_seen(session, actor, [challenge])[id]
        found = _whole(session, actor, challenge, revision)
    answer_tagged(request, response, _tag(actor, challenge, revision))
    return found


@router.post("/challenges/{id}/moves", operation_id="move_challenge", summary="Move a challenge", responses=problems(404, 409, 412))
def move_challenge(
    service: TheService,
    actor: Mover,
    _: Once,
    id: ChallengeId,
    asked: OneMoveAsked,
    request: Request,
    response: Response,
) -> ChallengeWhole:
    """Make a move: who makes it, when and why is kept. One that is impossible is refused, with the moves that are possible."""

    def demand(challenge: Challenge, revision: int) -> None:
        demand_tag(request, _tag(actor, challenge, revision))

    challenge, revision = move_one(service, actor, id, asked, demand)
    response.headers["ETag"] = _tag(actor, challenge, revision)
    with service.database.reading() as session:
        return _whole(session, actor, challenge, revision)


@router.get(
    "/challenges/{id}/events",
    operation_id="list_challenge_events",
    summary="What happened to a challenge",
    responses=problems(404),
)
def list_challenge_events(service: TheService, actor: Reader, id: ChallengeId, pages: Pages) -> Page[EventTold]:
    """All that happened to a challenge, the first first. A hospital sees what happened since it was sent."""
    with service.database.reading() as session:
        challenge = _one(session, actor, id)
        numbered = select(ChallengeEvent.id, number_seen(actor).label("number"))
        seen = numbered.where(ChallengeEvent.challenge == challenge.id, *events_seen(actor)).subquery()
        asked = select(ChallengeEvent, seen.c.number).join(seen, seen.c.id == ChallengeEvent.id)
        return page_of(session, asked, (seen.c.number,), pages, lambda row: event_told(*row))


@router.get(
    "/challenges/{id}/explanation",
    operation_id="explain_challenge",
    summary="Why a challenge, and what is owed",
    responses=problems(404),
)
def explain_challenge(service: TheService, actor: Reader, id: ChallengeId) -> ExplanationTold:
    """Why it was raised, and how its credit and its penalty come about."""
    with service.database.reading() as session:
        challenge = _one(session, actor, id)
        details = [event.detail for event in _events(session, challenge) if "because" in event.detail]
        detail: dict[str, Any] = details[-1] if details else {}
        explanation = detail.get("explanation") or _reckoned(service, session, challenge)
        revision = revisions_seen(session, actor, [challenge])[id]
    whole = told(challenge, revision, tells_doubt=sees_doubt(actor))
    return ExplanationTold(challenge=whole, because=detail.get("because", []), penalty=explanation)


@router.post(
    "/runs/{id}/challenges",
    operation_id="raise_challenges",
    summary="Raise what a run challenges",
    responses=problems(404, 409),
)
def raise_challenges(
    service: TheService, actor: Raiser, _: Once, id: Annotated[Id, Path(examples=[ID])], asked: RaiseAsked
) -> RaisedTold:
    """Raise what a finished run challenges. A claim is challenged once: sent again, nothing is raised twice."""
    desk_of(service)
    made = raise_from_run(service, actor, id, Wanted(asked.month or "", asked.by or "", tuple(asked.checks), asked.provider or ""))
    refused = [NotRaised(record=one.record, key=one.key, check=one.check, why=one.why) for one in made.told]
    return RaisedTold(found=made.found, raised=made.raised, already=made.already, refused=made.refused, not_raised=refused)


# --- told -------------------------------------------------------------------------------------------------------------


def _one(session: Session, actor: Actor, id: str) -> Challenge:
    challenge = one(session, actor, id)
    if challenge is None:
        raise not_found("challenge")
    return challenge


def _itself(challenge: Challenge) -> Challenge:
    return challenge


def _tag(actor: Actor, challenge: Challenge, revision: int) -> str:
    """The ETag of a challenge as a caller sees it: a hospital's is not to change with what it is not told."""
    return tag_of("challenge", *members(challenge, revision, tells_doubt=sees_doubt(actor)).values())


def _whole(session: Session, actor: Actor, challenge: Challenge, revision: int) -> ChallengeWhole:
    possible: Any = possible_now(actor, challenge, session)
    return ChallengeWhole(**members(challenge, revision, tells_doubt=sees_doubt(actor)), possible=possible)


def _events(session: Session, challenge: Challenge) -> list[ChallengeEvent]:
    asked = select(ChallengeEvent).where(ChallengeEvent.challenge == challenge.id).order_by(ChallengeEvent.number)
    return list(session.scalars(asked))


def _reckoned(service: Service, session: Session, challenge: Challenge) -> dict[str, Any] | None:
    """How the ruleset comes to the penalty of a whole overcharge, as far as its data is still there."""
    if not challenge.penalty_due or challenge.agreed is None:
        return None
    try:
        with desk_of(service).desk.reckon() as reckon:
            return reckon(session, challenge, challenge.agreed).explanation
    except NoPenaltyKnownError:
        return None


def _many_told(actor: Actor, results: ManyResults) -> ManyMoved:
    moved, refused = [], []
    for result in results.results:
        whole = members(result.challenge, results.revisions[result.challenge.id], tells_doubt=sees_doubt(actor))
        if result.refused is None:
            moved.append(MovedTold(**{name: whole[name] for name in ("id", "state", "revision", "credit", "penalty")}))
            continue
        possible: Any = moves_told(actor, result.refused.possible)
        refused.append(Refused(id=result.challenge.id, state=result.before, why=result.refused.why, possible=possible))
    unknown = [Refused(id=id, state=None, why="there is no such challenge", possible=[]) for id in results.unknown]
    return ManyMoved(moved=moved, refused=[*refused, *unknown], more=results.more)
