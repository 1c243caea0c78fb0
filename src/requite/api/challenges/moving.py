"""Moving challenges: each move decided by the rules of the state in which the challenge is, then put down."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from requite.api.challenges.dates import answer_due, chunks, is_frozen, is_unanswered
from requite.api.challenges.ending import NoPenaltyKnownError, Reckon, owed, total
from requite.api.challenges.writing import Change, Happened, write
from requite.api.store.schema import Challenge
from requite.engine.calendar import BeyondCalendarError
from requite.engine.live.moves import ENDS, SETTLED, Case, Impossible, State, Who, decide_all
from requite.engine.live.surroundings import Matcher

NOT_FOUND: Final = "not_found"
"""The outcome of a challenge whose finding was gone before it was sent."""


@dataclass(frozen=True, slots=True)
class Asked:
    """A move that someone wants to make. `on_behalf`: the commissioner puts down what the hospital answered elsewhere.

    `details` are what the event is to keep besides, by the challenge's id.
    """

    move: str
    who: Who
    by: str
    why: str
    amount: Decimal | None = None
    attachments: tuple[dict[str, str], ...] = ()
    on_behalf: bool = False
    details: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Result:
    """What became of one challenge: where it went from and to; or why it could not, and what is possible."""

    challenge: Challenge
    before: str
    refused: Impossible | None = None


@dataclass(frozen=True, slots=True)
class Desk:
    """What moving takes: the matcher that decides, and the reckoning of penalties."""

    matcher: Matcher
    reckon: Reckon


def loaded(session: Session, org: str, ids: Iterable[str]) -> list[Challenge]:
    """Challenges of an organisation by their ids, in the order of these; without those that it does not have."""
    found: dict[str, Challenge] = {}
    for some in chunks(dict.fromkeys(ids)):
        asked = select(Challenge).where(Challenge.org == org, Challenge.id.in_(some))
        found |= {challenge.id: challenge for challenge in session.scalars(asked.execution_options(populate_existing=True))}
    return [found[id] for id in dict.fromkeys(ids) if id in found]


def move_all(
    desk: Desk, session: Session, org: str, moment: datetime, challenges: Sequence[Challenge], asked: Asked
) -> list[Result]:
    """Make one move with each challenge, as far as that is possible."""
    cases = [case_of(challenge, asked, moment.date()) for challenge in challenges]
    results, changes = [], []
    for challenge, case, answer in zip(challenges, cases, decide_all(cases, desk.matcher), strict=True):
        before = challenge.state
        if isinstance(answer, Impossible):
            results.append(Result(challenge, before, _with_dates(challenge, answer, case)))
            continue
        try:
            changes.append(_change(desk, session, challenge, asked, answer.to, moment))
            results.append(Result(challenge, before))
        except (NoPenaltyKnownError, BeyondCalendarError) as error:
            results.append(Result(challenge, before, Impossible(_cannot(error), ())))
    write(session, org, moment, changes)
    return results


def case_of(challenge: Challenge, asked: Asked, today: date) -> Case:
    """The case file's facts: all that compares is reckoned here."""
    amount, overcharge = asked.amount, challenge.overcharge
    unanswered, frozen = is_unanswered(challenge, today), is_frozen(challenge, today)
    return Case(
        state=State(challenge.state),
        move=asked.move,
        who=asked.who,
        silence=challenge.otherwise,
        in_time=not frozen and not (unanswered and bool(challenge.otherwise)),
        may_go_out=challenge.challenge_by is None or today <= challenge.challenge_by,
        unanswered=unanswered,
        frozen=frozen,
        no_amount=amount is None,
        whole=amount is None or amount == overcharge,
        part=amount is not None and overcharge is not None and 0 < amount < overcharge,
        owed=amount is None or amount == total(challenge),
    )


def _change(desk: Desk, session: Session, challenge: Challenge, asked: Asked, to: State, moment: datetime) -> Change:
    """What a move that is possible makes of a challenge."""
    values: dict[str, Any] = {"state": to.value}
    detail: dict[str, Any] = dict(asked.details.get(challenge.id, {})) | ({"on_behalf": True} if asked.on_behalf else {})
    if asked.move == "send":
        within, unit = challenge.finding["within"], challenge.finding["unit"]
        values |= {"sent_on": moment.date(), "answer_due": answer_due(moment.date(), within, unit)}
    if asked.move in ("accept", "part_accept", "dispute"):
        values["offered"] = {"accept": challenge.overcharge, "part_accept": asked.amount}.get(asked.move)
    if to in (State.AGREED, State.UPHELD):
        agreed = _agreed(challenge, asked)
        due = owed(session, challenge, to, agreed, desk.reckon)
        values |= {"agreed": agreed, "credit": due.credit, "penalty_due": due.penalty}
        detail |= due.detail()
    if to in SETTLED:
        values["outcome"] = NOT_FOUND if asked.who is Who.RULESET else to.value
    if to in ENDS:
        values["closed_at"] = moment
    return Change(challenge, Happened(asked.move, asked.by, asked.why, asked.amount, asked.attachments, detail), values)


def _agreed(challenge: Challenge, asked: Asked) -> Decimal | None:
    """How much of the overcharge a move settles on."""
    match asked.move:
        case "agree":
            return challenge.offered
        case "part_uphold":
            return asked.amount
    return challenge.overcharge


def _with_dates(challenge: Challenge, answer: Impossible, case: Case) -> Impossible:
    """The same refusal with the day that it rests on."""
    if case.move == "send" and case.state is State.RAISED and not case.may_go_out:
        return Impossible(f"{answer.why}: that was {challenge.challenge_by}", answer.possible)
    if answer.why.endswith("what is owed") and (due := total(challenge)) is not None:
        return Impossible(f"{answer.why}: that is {due:.2f}", answer.possible)
    return answer


def _cannot(error: Exception) -> str:
    if isinstance(error, BeyondCalendarError):
        return "the answer would be due beyond the calendar"
    return f"the penalty cannot be reckoned: {error}"
