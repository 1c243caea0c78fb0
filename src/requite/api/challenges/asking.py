"""What callers do with challenges: one moved, many moved, each in one transaction with its audit entry."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from sqlalchemy import select
from sqlalchemy.orm import Session

from requite.api.challenges.desk import desk_of
from requite.api.challenges.models import MOST, ManyMovesAsked, MoveAsked, OneMoveAsked
from requite.api.challenges.moving import Asked, Result, case_of, loaded, move_all
from requite.api.challenges.seeing import MAINTAIN, Filter, one, revisions_seen, sees_doubt, visible, wanted
from requite.api.identity import Actor, Role
from requite.api.service.errors import invalid
from requite.api.service.problems import Problem, not_found
from requite.api.service.service import Service
from requite.api.store import audit
from requite.api.store.database import now, take_turn, today
from requite.api.store.schema import Challenge
from requite.engine.live.moves import Impossible, Who, possible


@dataclass(frozen=True, slots=True)
class ManyResults:
    """What became of many challenges; `unknown` are ids that the caller has no challenge of; `more` are left for later."""

    results: Sequence[Result]
    unknown: Sequence[str]
    revisions: Mapping[str, int]
    more: bool = False

    @property
    def refused(self) -> list[Result]:
        return [result for result in self.results if result.refused is not None]


def move_one(
    service: Service, actor: Actor, id: str, asked: OneMoveAsked, demand: Callable[[Challenge, int], None]
) -> tuple[Challenge, int]:
    """Make one move: the challenge and its revision; a problem with the moves that are possible, where this one is not.

    `demand` refuses what has changed.
    """
    desk = desk_of(service)
    desk.tick(actor.org)
    with service.database.writing() as session:
        take_turn(session, actor.org, "challenges")
        challenge = one(session, actor, id)
        if challenge is None:
            raise not_found("challenge")
        demand(challenge, revisions_seen(session, actor, [challenge])[id])
        amount = None if asked.amount is None else Decimal(asked.amount)
        attachments = tuple(attachment.model_dump() for attachment in asked.attachments)
        wish = Asked(asked.move, _who(actor, asked), actor.name, asked.why, amount, attachments, asked.on_behalf)
        (result,) = move_all(desk.desk, session, actor.org, now(session, actor.org), [challenge], wish)
        if result.refused is not None:
            raise impossible(actor, challenge, result.refused)
        detail = {"move": asked.move, "before": result.before, "after": challenge.state, "on_behalf": asked.on_behalf}
        audit.record(session, actor.org, actor.name, "challenge.moved", challenge.id, detail)
        return challenge, revisions_seen(session, actor, [challenge])[id]


def move_many(service: Service, actor: Actor, asked: ManyMovesAsked) -> ManyResults:
    """Make one move with many challenges: each that can be moved is; or none, where that is asked and one cannot be."""
    desk = desk_of(service)
    desk.tick(actor.org)
    with service.database.writing() as session:
        take_turn(session, actor.org, "challenges")
        everything = list(dict.fromkeys(asked.ids)) if asked.ids is not None else _filtered(session, actor, asked)
        meant = everything[:MOST]
        hidden = _hidden(session, actor, meant)
        challenges = [challenge for challenge in loaded(session, actor.org, meant) if challenge.id not in hidden]
        wish = Asked(asked.move, _who(actor, asked), actor.name, asked.why, on_behalf=asked.on_behalf)
        moved = move_all(desk.desk, session, actor.org, now(session, actor.org), challenges, wish)
        there = {challenge.id for challenge in challenges}
        unknown = [id for id in meant if id not in there]
        results = ManyResults(moved, unknown, revisions_seen(session, actor, challenges), len(everything) > MOST)
        if asked.all_or_none and (results.refused or results.unknown):
            raise _none_moved(results)
        done = [result.challenge.id for result in moved if result.refused is None]
        if done:
            names = hashlib.sha256(",".join(done).encode()).hexdigest()
            detail = {"move": asked.move, "count": len(done), "ids": names, "on_behalf": asked.on_behalf}
            audit.record(session, actor.org, actor.name, "challenges.moved", "challenges", detail)
        return results


def possible_now(actor: Actor, challenge: Challenge, session: Session) -> list[dict[str, str]]:
    """The moves that people may make with a challenge as it stands today."""
    any_move = Asked("send", Who.COMMISSIONER, "", "")
    case = case_of(challenge, any_move, today(session, challenge.org))
    return moves_told(actor, possible(case))


def moves_told(actor: Actor, moves: Sequence[tuple[str, Who]]) -> list[dict[str, str]]:
    """Moves that are possible, as a caller is told of them: that one is in doubt is not said to a hospital."""
    return [{"move": name, "by": who.value} for name, who in moves if name != MAINTAIN or sees_doubt(actor)]


def impossible(actor: Actor, challenge: Challenge, refused: Impossible) -> Problem:
    """That a move is not possible, with those that are."""
    moves = moves_told(actor, refused.possible)
    words = ", ".join(f"{move['move']} (the {move['by']})" for move in moves)
    help = f"Possible now: {words}." if moves else "Nothing can be done with it any more."
    return Problem(409, "impossible-move", refused.why, help, state=challenge.state, possible=moves)


def _who(actor: Actor, asked: MoveAsked) -> Who:
    """On whose side a caller makes a move."""
    if actor.role is Role.HOSPITAL:
        if asked.on_behalf:
            raise invalid("wrong-side", "a hospital answers for itself", "Leave out `on_behalf`.")
        return Who.HOSPITAL
    return Who.HOSPITAL if asked.on_behalf else Who.COMMISSIONER


def _filtered(session: Session, actor: Actor, asked: ManyMovesAsked) -> list[str]:
    assert asked.filter is not None
    where = wanted(actor, Filter(**asked.filter.model_dump()))
    ids = session.scalars(select(Challenge.id).where(*where).order_by(Challenge.id).limit(MOST + 1)).all()
    if len(ids) > MOST and asked.all_or_none:
        raise invalid("too-many", f"the filter holds for more than {MOST:,} challenges", "Narrow it, by month or provider.")
    return list(ids)


def _hidden(session: Session, actor: Actor, ids: Sequence[str]) -> set[str]:
    """Of these those that the caller does not see."""
    if actor.role is not Role.HOSPITAL:
        return set()
    seen: set[str] = set()
    for at in range(0, len(ids), 500):
        seen |= set(session.scalars(select(Challenge.id).where(Challenge.id.in_(ids[at : at + 500]), *visible(actor))))
    return set(ids) - seen


def _none_moved(results: ManyResults) -> Problem:
    refused = [
        {"id": result.challenge.id, "state": result.before, "why": result.refused.why}
        for result in results.refused
        if result.refused is not None
    ]
    told = [*refused, *({"id": id, "state": None, "why": "there is no such challenge"} for id in results.unknown)]
    message = f"{len(told)} of the challenges cannot be moved so, and none was"
    return Problem(409, "impossible-move", message, "Leave them out, or ask without all_or_none.", refused=told[:100])
