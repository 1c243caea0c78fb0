"""Moving challenges: each move decided by the rules of the state in which the challenge is, then put down."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from requite.api.challenges.dates import (
    NO_DATES,
    OWED,
    ContractDates,
    answer_due,
    chunks,
    contract_dates,
    credit_due,
    is_frozen,
    is_overdue,
    is_unanswered,
    silence_of,
)
from requite.api.challenges.ending import NoPenaltyKnownError, Reckon, Reckoning, owed, owed_unreckoned, total
from requite.api.challenges.findings import text_of
from requite.api.challenges.writing import Change, Happened, write
from requite.api.store.database import day_of
from requite.api.store.schema import Challenge
from requite.engine.calendar import BeyondCalendarError
from requite.engine.live.moves import ENDS, RAISES, SETTLED, Case, Impossible, Moved, State, Who, decide_all
from requite.engine.live.surroundings import Matcher

ENDED_BY: Final[Mapping[State, str]] = {
    State.LAPSED: "it lapsed",
    State.WITHDRAWN: "it was withdrawn",
    State.REJECTED: "it was rejected",
}
"""How an end is told at which nothing is owed."""


@dataclass(frozen=True, slots=True)
class Asked:
    """A move that someone wants to make. `on_behalf`: the commissioner puts down what the hospital answered elsewhere.

    `details` are what the event is to keep besides, by the challenge's id; `outcome` is what becomes of it where its
    state does not say.
    """

    move: str
    who: Who
    by: str
    why: str
    amount: Decimal | None = None
    attachments: tuple[dict[str, str], ...] = ()
    on_behalf: bool = False
    details: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    outcome: str = ""


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
    reckon: Reckoning


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
    cases = [case_of(challenge, asked, day_of(moment)) for challenge in challenges]
    answers = decide_all(cases, desk.matcher)
    outcomes: dict[int, Change | Impossible] = {}
    due = [one for one, answer in zip(challenges, answers, strict=True) if isinstance(answer, Moved) and answer.to in OWED]
    dates = contract_dates(session, org, {(challenge.month, challenge.provider) for challenge in due})
    with desk.reckon() as reckon:
        # Those of one run one after another: its data is opened once.
        for index in sorted(range(len(cases)), key=lambda index: challenges[index].run or ""):
            challenge, answer = challenges[index], answers[index]
            own = dates.get((challenge.month, challenge.provider), NO_DATES)
            outcomes[index] = _outcome(reckon, session, challenge, own, cases[index], answer, asked, moment)
    made = [outcomes[index] for index in range(len(cases))]
    results = [
        Result(challenge, challenge.state, one if isinstance(one, Impossible) else None)
        for challenge, one in zip(challenges, made, strict=True)
    ]
    write(session, org, moment, [one for one in made if isinstance(one, Change)])
    return results


def _outcome(
    reckon: Reckon,
    session: Session,
    challenge: Challenge,
    own: ContractDates,
    case: Case,
    answer: Moved | Impossible,
    asked: Asked,
    moment: datetime,
) -> Change | Impossible:
    """What becomes of one challenge."""
    if isinstance(answer, Impossible):
        return _with_days_and_amounts(challenge, answer, case)
    try:
        return _change(reckon, session, challenge, own, asked, answer.to, moment)
    except (NoPenaltyKnownError, BeyondCalendarError) as error:
        return Impossible(_cannot(error), ())


def case_of(challenge: Challenge, asked: Asked, today: date) -> Case:
    """The case file's facts: all that compares is reckoned here."""
    amount, overcharge = asked.amount, challenge.overcharge
    unanswered, frozen = is_unanswered(challenge, today), is_frozen(challenge, today)
    silence = silence_of(challenge)
    return Case(
        state=State(challenge.state),
        move=asked.move,
        who=asked.who,
        silence=silence,
        doubted=bool(challenge.doubt),
        in_time=not frozen and not (unanswered and bool(silence)),
        may_go_out=challenge.challenge_by is None or today <= challenge.challenge_by,
        unanswered=unanswered,
        frozen=frozen,
        overdue=is_overdue(challenge, today),
        no_amount=amount is None,
        whole=amount is None or amount == overcharge,
        part=amount is not None and overcharge is not None and 0 < amount < overcharge,
        raises=challenge.offered is None or (amount is not None and amount > challenge.offered),
        as_offered=amount is None or amount == challenge.offered,
        owed=amount is None or amount == total(challenge),
    )


def _change(
    reckon: Reckon, session: Session, challenge: Challenge, own: ContractDates, asked: Asked, to: State, moment: datetime
) -> Change:
    """What a move that is possible makes of a challenge."""
    values: dict[str, Any] = {"state": to.value}
    detail: dict[str, Any] = dict(asked.details.get(challenge.id, {})) | ({"on_behalf": True} if asked.on_behalf else {})
    if asked.move == "send":
        within, unit = challenge.finding["within"], challenge.finding["unit"]
        sent_on = day_of(moment)
        values |= {"sent_on": sent_on, "answer_due": answer_due(sent_on, within, unit)}
    if asked.move in ("accept", "part_accept", "dispute"):
        values["offered"] = {"accept": challenge.overcharge, "part_accept": asked.amount}.get(asked.move)
    if asked.move == "overdue":
        values["overdue"] = True
        detail |= {"due": str(challenge.credit_due), "owed": text_of(total(challenge))}
    elif to in OWED:
        agreed = _agreed(challenge, asked)
        try:
            due = owed(session, challenge, to, agreed, reckon)
        except NoPenaltyKnownError as error:
            if asked.who is not Who.CLOCK:
                raise
            # The day comes all the same: what was accepted is not lost with the penalty on it.
            due = owed_unreckoned(challenge, to, agreed, str(error))
        values |= {"agreed": agreed, "credit": due.credit, "penalty_due": due.penalty}
        if due.credit or due.penalty:
            values["credit_due"] = credit_due(day_of(moment), own.credit_within)
        detail |= due.detail()
    if to in SETTLED:
        values |= {"outcome": asked.outcome or to.value, "doubt": ""}
    if to in ENDED_BY:
        detail["because"] = [f"{ENDED_BY[to]}: {asked.why}"]
    if asked.move == "credit":
        values["overdue"] = False
    if asked.move == "maintain":
        values["doubt"] = ""
    if to in ENDS:
        values["closed_at"] = moment
    return Change(challenge, Happened(asked.move, asked.by, asked.why, asked.amount, asked.attachments, detail), values)


def _agreed(challenge: Challenge, asked: Asked) -> Decimal | None:
    """How much of the overcharge a move settles on."""
    match asked.move:
        case "agree" | "freeze":
            return challenge.offered
        case "part_uphold":
            return asked.amount
    return challenge.overcharge


def _with_days_and_amounts(challenge: Challenge, answer: Impossible, case: Case) -> Impossible:
    """The same refusal with the day or the amount that it rests on."""
    if case.move == "send" and case.state is State.RAISED and not case.may_go_out:
        return Impossible(f"{answer.why}: that was {challenge.challenge_by}", answer.possible)
    due, offered = total(challenge), challenge.offered
    why = answer.why
    if due is not None:
        why = why.replace("what is owed", f"the {due:.2f} that is owed")
    if offered is not None:
        why = why.replace("what is offered", f"the {offered:.2f} that is offered")
        why = why.replace(RAISES.otherwise, f"{RAISES.otherwise}, and {offered:.2f} is offered")
    return Impossible(why, answer.possible)


def _cannot(error: Exception) -> str:
    if isinstance(error, BeyondCalendarError):
        return "the answer would be due beyond the calendar"
    return f"the penalty cannot be reckoned: {error}"
