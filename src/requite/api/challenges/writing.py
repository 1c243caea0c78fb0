"""Changes of challenges, put down: the challenge as it is now, the event that made it so, its timers, what others are told."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Final

from sqlalchemy import update
from sqlalchemy.orm import Session

from requite.api.challenges.dates import OWED, PURSUED, chunks, pursue_by, silence_of
from requite.api.store import events
from requite.api.store.inserting import insert_all, values_of
from requite.api.store.schema import Challenge, ChallengeEvent, Timer
from requite.engine.live.moves import State

ANSWER: Final = "answer"
FREEZE: Final = "freeze"
CREDIT: Final = "credit"
"""The kinds of timers: an answer is due; the month freezes; a credit is due."""

FINDING_CHANGED: Final = "finding_changed"
DATES_CHANGED: Final = "dates_changed"
NOTES: Final = frozenset({FINDING_CHANGED, DATES_CHANGED})
"""Events that are no moves: something about the challenge became known, and it stays where it is."""


@dataclass(frozen=True, slots=True)
class Happened:
    """What happened to a challenge, as its event keeps it."""

    move: str
    by: str
    why: str
    amount: Decimal | None = None
    attachments: Sequence[Mapping[str, str]] = ()
    detail: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Change:
    """A challenge, what happened, and the values that it has from now on. A new one is in no session, and has no `state` before."""

    challenge: Challenge
    happened: Happened
    values: Mapping[str, Any] = field(default_factory=dict)
    is_new: bool = False


def write(session: Session, org: str, moment: datetime, changes: Iterable[Change]) -> None:
    """Put changes down, many in a few statements."""
    made = list(changes)
    _stop_timers(session, moment, [change.challenge.id for change in made if not change.is_new])
    happened, waiting = [], []
    for change in made:
        challenge, before = change.challenge, "" if change.is_new else change.challenge.state
        for name, value in change.values.items():
            setattr(challenge, name, value)
        challenge.revision = 1 if change.is_new else challenge.revision + 1
        happened.append(_event(org, challenge, change.happened, before, moment))
        waiting += [{"org": org, "challenge": challenge.id, "kind": kind, "due": due} for kind, due in timers(challenge)]
        if change.happened.move not in NOTES:
            events.emit(session, org, "challenge.moved", challenge.id, _told(challenge, change.happened, before))
    insert_all(session, Challenge, [values_of(change.challenge) for change in made if change.is_new])
    session.flush()
    insert_all(session, ChallengeEvent, happened)
    insert_all(session, Timer, waiting)


def timers(challenge: Challenge) -> list[tuple[str, date]]:
    """What a challenge waits for where it stands: each with the last day before it moves by itself."""
    found = []
    if challenge.state == State.SENT and silence_of(challenge) and challenge.answer_due is not None:
        found.append((ANSWER, challenge.answer_due))
    waits = challenge.state in PURSUED or (challenge.state == State.SENT and not silence_of(challenge))
    last = pursue_by(challenge)
    if waits and last is not None:
        found.append((FREEZE, last))
    if challenge.state in OWED and challenge.credit_due is not None and not challenge.overdue:
        found.append((CREDIT, challenge.credit_due))
    return found


def _stop_timers(session: Session, moment: datetime, ids: Sequence[str]) -> None:
    """Whatever a challenge waited for before it moved, it waits for anew or no more."""
    for some in chunks(ids):
        stopped = update(Timer).where(Timer.challenge.in_(some), Timer.done_at.is_(None)).values(done_at=moment)
        session.execute(stopped, execution_options={"synchronize_session": False})


def _event(org: str, challenge: Challenge, happened: Happened, before: str, moment: datetime) -> dict[str, Any]:
    return {
        "org": org,
        "challenge": challenge.id,
        "number": challenge.revision,
        "move": happened.move,
        "before": before,
        "after": challenge.state,
        "at": moment,
        "by": happened.by,
        "why": happened.why,
        "amount": happened.amount,
        "attachments": [dict(one) for one in happened.attachments],
        "detail": dict(happened.detail),
    }


def _told(challenge: Challenge, happened: Happened, before: str) -> dict[str, Any]:
    return {
        "challenge": challenge.id,
        "ruleset": challenge.ruleset,
        "record": challenge.record,
        "key": challenge.key,
        "check": challenge.check,
        "provider": challenge.provider,
        "move": happened.move,
        "before": before,
        "after": challenge.state,
        "revision": challenge.revision,
    }
