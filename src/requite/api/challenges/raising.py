"""Raising challenges: one for each claim, replaced or taken back while it has not gone out, and never raised twice."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final

from sqlalchemy import bindparam, select
from sqlalchemy.orm import Session

from requite.api.challenges.dates import ContractDates, chunks, contract_dates
from requite.api.challenges.doubting import BARRED, NOT_FOUND, STANDS, UNDECIDED, Gone, Noted
from requite.api.challenges.findings import Found, NotChallengeable, text_of
from requite.api.challenges.moving import Asked, Desk, move_all
from requite.api.challenges.writing import FINDING_CHANGED, Change, Happened, write
from requite.api.identity import RULESET
from requite.api.store.columns import new_id
from requite.api.store.database import day_of
from requite.api.store.schema import Challenge
from requite.engine.live.moves import State, Who

RAISE: Final = "raise"
COMPARED: Final = ("overcharge", "penalty", "reason", "billed", "expected")


@dataclass(frozen=True, slots=True)
class Origin:
    """Where findings come from: a version of a ruleset, and the live decisions by claim, or a run."""

    ruleset: str
    version: str
    run: str | None = None

    @property
    def by(self) -> str:
        return f"{RULESET} {self.ruleset}"


@dataclass(frozen=True, slots=True)
class ToRaise:
    """A finding to challenge, the month of its claim, and the decision that it is from, where it was made live."""

    found: Found
    month: str
    decision: str | None = None


@dataclass(frozen=True, slots=True)
class Timely:
    """A finding whose month may still be challenged, and what the contract says of that month."""

    wanted: ToRaise
    dates: ContractDates


# Asked for with every finding: to put the statement together takes longer than to run it.
STANDING: Final = (
    select(Challenge)
    .where(
        Challenge.org == bindparam("org"),
        Challenge.ruleset == bindparam("ruleset"),
        Challenge.record == bindparam("record"),
        Challenge.key.in_(bindparam("keys", expanding=True)),
    )
    .order_by(Challenge.id)
)


def standing(session: Session, org: str, ruleset: str, record: str, keys: Collection[str]) -> dict[str, list[Challenge]]:
    """The challenges of claims, by their keys, the oldest first."""
    found: dict[str, list[Challenge]] = {}
    for some in chunks(keys):
        for challenge in session.scalars(STANDING, {"org": org, "ruleset": ruleset, "record": record, "keys": some}):
            found.setdefault(challenge.key, []).append(challenge)
    return found


def open_one(challenges: Iterable[Challenge]) -> Challenge | None:
    """The challenge that is under way; a claim has one at most."""
    return next((challenge for challenge in challenges if challenge.closed_at is None), None)


def may_be_raised(found: Found, before: Iterable[Challenge]) -> bool:
    """Whether a claim can be challenged, after the challenges that it had.

    A claim is challenged once. What was taken back before, of another check, is no hindrance; nor is what never went out since its
    finding was gone, or might not be challenged.
    """
    return all(
        earlier.outcome in (NOT_FOUND, BARRED) or (earlier.outcome == State.WITHDRAWN and earlier.check != found.check)
        for earlier in before
    )


def in_time(session: Session, org: str, today: date, wanted: Sequence[ToRaise]) -> tuple[list[Timely], list[NotChallengeable]]:
    """Those whose months may still be challenged, and the others with the reason."""
    dates = contract_dates(session, org, {(one.month, one.found.provider) for one in wanted})
    timely, late = [], []
    for one in wanted:
        found, own = one.found, dates[one.month, one.found.provider]
        if own.challenge_by is None or today <= own.challenge_by:
            timely.append(Timely(one, own))
        else:
            why = f"the last day on which its month may be challenged is past: that was {own.challenge_by}"
            late.append(NotChallengeable(found.record, found.key, found.check, why))
    return timely, late


def raise_all(session: Session, org: str, moment: datetime, origin: Origin, timely: Sequence[Timely]) -> None:
    """Raise a challenge for each of these; whoever calls has seen to it that their claims may be challenged."""
    changes = []
    for each in timely:
        one, own = each.wanted, each.dates
        challenge = Challenge(
            id=new_id(),
            org=org,
            ruleset=origin.ruleset,
            run=origin.run,
            record=one.found.record,
            key=one.found.key,
            state=State.RAISED.value,
            outcome="",
            doubt="",
            raised_on=day_of(moment),
            challenge_by=own.challenge_by,
            freezes_on=own.freezes_on,
            revision=0,
            **_resting(origin, one),
        )
        happened = Happened(RAISE, origin.by, one.found.finding["reason"], one.found.overcharge)
        changes.append(Change(challenge, happened, is_new=True))
    write(session, org, moment, changes)


def _resting(origin: Origin, one: ToRaise) -> dict[str, Any]:
    """What of a challenge comes from its finding."""
    found = one.found
    return {
        "version": origin.version,
        "decision": one.decision,
        "check": found.check,
        "provider": found.provider,
        "month": one.month,
        "finding": dict(found.finding),
        "overcharge": found.overcharge,
        "otherwise": found.otherwise,
    }


# --- findings that change ---------------------------------------------------------------------------------------------


def is_same(challenge: Challenge, found: Found) -> bool:
    """Whether a challenge rests on this finding already."""
    mine, theirs = challenge.finding, found.finding
    return (
        challenge.check == found.check
        and challenge.provider == found.provider
        and all(mine.get(name) == theirs.get(name) for name in COMPARED)
    )


def replace(
    desk: Desk, session: Session, org: str, moment: datetime, origin: Origin, changed: Sequence[tuple[Challenge, ToRaise]]
) -> None:
    """Let challenges that have not gone out rest on their claims' new findings."""
    if not changed:
        return
    dates = contract_dates(session, org, {(one.month, one.found.provider) for _, one in changed})
    details = {}
    for challenge, one in changed:
        details[challenge.id] = {"replaced": {"check": challenge.check, "overcharge": text_of(challenge.overcharge)}}
        own = dates[one.month, one.found.provider]
        values = _resting(origin, one) | {"challenge_by": own.challenge_by, "freezes_on": own.freezes_on}
        for name, value in values.items():
            setattr(challenge, name, value)
    asked = Asked("replace", Who.RULESET, origin.by, "its claim has another finding now", details=details)
    move_all(desk, session, org, moment, [challenge for challenge, _ in changed], asked)


def take_back(desk: Desk, session: Session, org: str, moment: datetime, origin: Origin, gone: Sequence[Gone]) -> None:
    """Withdraw challenges that have not gone out and whose findings are no more, or may no longer be challenged."""
    for outcome, why in dict.fromkeys((one.outcome, one.why) for one in gone):
        own = [one.challenge for one in gone if (one.outcome, one.why) == (outcome, why)]
        move_all(desk, session, org, moment, own, Asked("withdraw", Who.RULESET, origin.by, why, outcome=outcome))


def note_changed(session: Session, org: str, moment: datetime, origin: Origin, noted: Sequence[Noted]) -> None:
    """Put down that the finding of a challenge that went out is another now: it stays as it is, and may be in doubt."""
    changes = []
    for one in noted:
        found, doubt = one.found, one.doubt if one.challenge.state in UNDECIDED else ""
        why = (one.doubt or STANDS) if found is None else f"the finding is now {_named(found)}"
        detail: dict[str, Any] = {} if found is None else {"check": found.check, "overcharge": text_of(found.overcharge)}
        detail |= {"doubt": doubt} if doubt else {}
        happened = Happened(FINDING_CHANGED, origin.by, f"{why}; what went out stays as it is", detail=detail)
        changes.append(Change(one.challenge, happened, {"doubt": doubt}))
    write(session, org, moment, changes)


def _named(found: Found) -> str:
    amount = "" if found.overcharge is None else f", {found.overcharge:.2f} too much"
    return f"that of {found.check}{amount}"
