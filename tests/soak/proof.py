"""The proof: what the store holds at the end is what was sent, decided once, and right to the penny.

Each function gives what differs.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from itertools import pairwise
from typing import Any, Final

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from requite.api.challenges.writing import NOTES
from requite.api.store.audit import verify
from requite.api.store.database import today
from requite.api.store.schema import AuditEntry, CalendarMonth, Challenge, ChallengeEvent, Decision, Event, LiveRow, Run
from tests.soak.calling import Caller
from tests.soak.rows import Ledger
from tests.soak.runners import Finding, found_in
from tests.soak.stage import ORG, PROVIDERS

SHOWN: Final = 5
RULESET: Final = "kingston"
ENDED: Final = ("closed", "rejected", "lapsed", "withdrawn")
BY_HAND: Final = ("analyst", *PROVIDERS)
FINAL_CHECKS: Final = ("over_estimate", "day_case_for_outpatient")


def differences(name: str, found: Iterable[str]) -> list[str]:
    """What differs in one respect; of many the first."""
    every = list(found)
    more = [f"{name}: and {len(every) - SHOWN} more"] if len(every) > SHOWN else []
    return [f"{name}: {one}" for one in every[:SHOWN]] + more


# --- rows and decisions -----------------------------------------------------------------------------------------------


def rows_as_sent(session: Session, ledger: Ledger) -> Iterator[str]:
    """Every row stands as it was sent last, once, and its revisions have no gaps: none was lost, and none kept twice."""
    for record, sent in ledger.rows.items():
        columns = (LiveRow.key, LiveRow.revision, LiveRow.cancelled, LiveRow.superseded_at, LiveRow.cells)
        asked = select(*columns).where(LiveRow.org == ORG, LiveRow.record == record).order_by(LiveRow.key, LiveRow.revision)
        found: dict[str, list[Any]] = defaultdict(list)
        for row in session.execute(asked):
            found[row.key].append(row)
        yield from (f"{record} {key} was sent and is not there" for key in sorted(set(sent) - set(found)))
        yield from (f"{record} {key} is there and was not sent" for key in sorted(set(found) - set(sent)))
        for key in sorted(set(sent) & set(found)):
            kept, rows = sent[key], found[key]
            if [row.revision for row in rows] != list(range(1, kept.revisions + 1)):
                yield f"{record} {key} changed {kept.revisions} times, and has the revisions {[row.revision for row in rows]}"
            if [row.superseded_at is None for row in rows] != [False] * (len(rows) - 1) + [True]:
                yield f"{record} {key}: not the last revision alone stands"
            if rows[-1].cancelled is not (kept.cells is None) or (kept.cells is not None and rows[-1].cells != kept.cells):
                yield f"{record} {key} stands otherwise than it was sent"


def decisions_whole(session: Session, ledger: Ledger) -> Iterator[str]:
    """Each claim that stands has one decision that stands; numbers have no gaps."""
    by_key = _decisions(session)
    for key, kept in ledger.rows["spell"].items():
        decided = by_key.get(key, [])
        standing = [one for one in decided if one.superseded_at is None]
        if len(standing) != (kept.cells is not None):
            yield f"{key} has {len(standing)} decisions that stand"
        if [one.number for one in decided] != list(range(1, len(decided) + 1)):
            yield f"{key} has decisions numbered {[one.number for one in decided]}"
        for before, after in pairwise(decided):
            if before.superseded_at is None or before.superseded_at > after.decided_at:
                yield f"{key}: decision {after.number} was made before {before.number} ended"
    yield from (f"{key} is decided and was never sent" for key in sorted(set(by_key) - set(ledger.rows["spell"])))


def _decisions(session: Session) -> dict[str, list[Any]]:
    columns = (Decision.key, Decision.number, Decision.decided_at, Decision.superseded_at, Decision.row, Decision.ends, Decision.id)
    asked = select(*columns).where(Decision.org == ORG, Decision.ruleset == RULESET, Decision.record == "spell")
    found: dict[str, list[Any]] = defaultdict(list)
    for one in session.execute(asked.order_by(Decision.key, Decision.number)):
        found[one.key].append(one)
    return found


def as_the_interpreter(session: Session, ledger: Ledger) -> Iterator[str]:
    """What stands is what the interpreter finds in all final rows at once: finding by finding, to the penny."""
    rows = {record: ledger.standing(record) for record in ledger.rows}
    expected = found_in(rows, "interpret")
    found: list[Finding] = []
    for key, decided in _decisions(session).items():
        for end in decided[-1].ends if decided[-1].superseded_at is None else ():
            if end["status"] == "flagged":
                amounts = (end["overcharge"] or "", end["penalty"] or "")
                found.append((key, end["check"], *amounts, end["reason"], end["respondent"], end["challenged"]))
    found.sort()
    if found != expected:
        yield from (f"missing or otherwise: {one}" for one in sorted(set(expected) - set(found)))
        yield from (f"found, not by the interpreter: {one}" for one in sorted(set(found) - set(expected)))
        if set(found) == set(expected):
            yield "a finding is there twice"


# --- challenges -------------------------------------------------------------------------------------------------------


def challenges_reconcile(session: Session, by_hand: int, unsure: int, from_runs: int) -> Iterator[str]:
    """Each penny claimed is accounted for: what is agreed, credited and owed as a penalty follows from the ruleset's words."""
    every = session.scalars(select(Challenge).where(Challenge.org == ORG)).all()
    events: dict[str, list[Any]] = defaultdict(list)
    columns = ("challenge", "number", "move", "before", "after", "by")
    asked = select(*(getattr(ChallengeEvent, name) for name in columns))
    for event in session.execute(asked.where(ChallengeEvent.org == ORG).order_by(ChallengeEvent.challenge, ChallengeEvent.number)):
        events[event.challenge].append(event)
    for challenge in every:
        yield from (f"{challenge.key} ({challenge.id}): {fault}" for fault in _one_reconciles(challenge, events[challenge.id]))
    own = sum(event.by in BY_HAND and event.move != "raise" for moves in events.values() for event in moves)
    if not by_hand <= own <= by_hand + unsure:
        yield f"{by_hand} moves were answered, {unsure} may have been made besides, and {own} are kept"
    runs = sum(challenge.run is not None for challenge in every)
    if runs != from_runs:
        yield f"{from_runs} findings of runs were to be challenged once, and {runs} were"


def _one_reconciles(challenge: Challenge, events: Sequence[Any]) -> Iterator[str]:
    if [event.number for event in events] != list(range(1, len(events) + 1)) or challenge.revision != len(events):
        yield f"revision {challenge.revision}, events {[event.number for event in events]}"
    for before, after in pairwise(events):
        if before.after != after.before:
            yield f"it went to {before.after}, and on from {after.before}"
    if events and events[-1].after != challenge.state:
        yield f"it is {challenge.state}, and its last move led to {events[-1].after}"
    if (challenge.closed_at is not None) is not (challenge.state in ENDED):
        yield f"it is {challenge.state}, closed {challenge.closed_at}"
    owed = challenge.outcome in ("agreed", "upheld")
    if not owed:
        if challenge.credit is not None or challenge.penalty_due:
            yield f"nothing is settled, and {challenge.credit} and {challenge.penalty_due} are owed"
        return
    agreed, overcharge = challenge.agreed, challenge.overcharge
    if agreed is None or overcharge is None or not 0 < agreed <= overcharge or challenge.credit != agreed:
        yield f"of {overcharge} {agreed} is agreed, and {challenge.credit} credited"
        return
    due = challenge.check == "over_estimate" and challenge.outcome == "upheld"
    penalty = (agreed / 10).quantize(Decimal("0.01"), ROUND_HALF_UP) if due else Decimal("0.00")
    if challenge.penalty_due != penalty:
        yield f"on {agreed} {challenge.outcome} by {challenge.check} the penalty is {penalty}, not {challenge.penalty_due}"


def challenges_follow(session: Session) -> Iterator[str]:
    """What is not yet sent rests on the finding that stands; and every finding that is to be challenged is, or was."""
    standing: dict[str, Any] = {}
    for key, decided in _decisions(session).items():
        ends = [end for end in decided[-1].ends if end["challenged"]] if decided[-1].superseded_at is None else []
        if ends:
            standing[key] = max(ends, key=lambda end: Decimal(end["overcharge"]))
    by_claim: dict[str, list[Challenge]] = defaultdict(list)
    for challenge in session.scalars(select(Challenge).where(Challenge.org == ORG, Challenge.run.is_(None))):
        by_claim[challenge.key].append(challenge)
        if challenge.state == "raised":
            end = standing.get(challenge.key)
            if end is None or (end["check"], Decimal(end["overcharge"])) != (challenge.check, challenge.overcharge):
                yield f"{challenge.key} is challenged for {challenge.overcharge}, and {end and end['overcharge']} is found"
    late = _late(session)
    for key in standing:
        if key not in late and not any(one.outcome not in ("not_found", "barred") for one in by_claim[key]):
            yield f"{key} is to be challenged, and never was"


def _late(session: Session) -> set[str]:
    """The claims whose months may no longer be challenged."""
    day = today(session, ORG)
    past = set(session.scalars(select(CalendarMonth.month).where(CalendarMonth.org == ORG, CalendarMonth.challenge_by < day)))
    stands = (LiveRow.org == ORG) & (LiveRow.record == "spell") & LiveRow.superseded_at.is_(None)
    rows = session.execute(select(LiveRow.key, LiveRow.cells).where(stands))
    return {row.key for row in rows if "-".join(str(row.cells["discharged"]).split("/")[:0:-1]) in past}


def position_reconciles(session: Session, caller: Caller) -> Iterator[str]:
    """The monthly position is what the challenges add up to."""
    answer = caller.get("/challenges/position")
    sums = session.execute(
        select(func.count(), func.sum(Challenge.overcharge), func.sum(Challenge.credit), func.sum(Challenge.penalty_due)).where(
            Challenge.org == ORG
        )
    ).one()
    raised = answer["total"]["raised"]
    told = (raised["count"], *(Decimal(raised[name]) for name in ("claimed", "credit", "penalty")))
    if told != (sums[0], *(amount or Decimal(0) for amount in sums[1:])):
        yield f"the position tells {told}, and the challenges add up to {tuple(sums)}"
    for line in [*answer["lines"], answer["total"]]:
        if not line["reconciles"]:
            yield f"{line['provider']} {line['check']} does not reconcile"


# --- what was told ----------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Heard:
    """What the webhook heard: how often each event, by its id."""

    events: Mapping[str, int]
    after: int
    """The last event before it was registered."""


def wanted_events(session: Session, after: int) -> list[str]:
    """The ids of events of which the webhook is to hear."""
    asked = select(Event.id).where(Event.org == ORG, Event.number > after, Event.kind != "ruleset.in_force")
    return list(session.scalars(asked.order_by(Event.number)))


def events_fit(session: Session, heard: Heard) -> Iterator[str]:
    """Each finding that came or changed, each move, each run has one event, in order; and the webhook heard of each."""
    counts = Counter(session.scalars(select(Event.kind).where(Event.org == ORG)))
    ids = dict.fromkeys(wanted_events(session, heard.after))
    told_of = (ChallengeEvent.org == ORG, ChallengeEvent.move.not_in(NOTES))
    moves = session.scalar(select(func.count()).select_from(ChallengeEvent).where(*told_of))
    runs = session.scalar(select(func.count()).select_from(Run).where(Run.org == ORG, Run.finished_at.is_not(None)))
    findings = _finding_events(session)
    told = counts["finding.new"], counts["finding.changed"], counts["challenge.moved"], counts["run.finished"]
    if told != (*findings, moves, runs):
        yield f"events {told}, and there were {(*findings, moves, runs)} findings new and changed, moves, runs"
    yield from (f"the webhook never heard of event {id}" for id in ids if id not in heard.events)
    yield from (f"the webhook heard of {id}, which is no event" for id in heard.events if id not in ids)


def _finding_events(session: Session) -> tuple[int, int]:
    """How many findings came, and how many changed or went, by the decisions that are kept."""
    new = changed = 0
    for decided in _decisions(session).values():
        before: dict[str, Any] = {}
        ended = None
        for one in decided:
            if before and ended != one.decided_at:
                changed += _went(before)
                before = {}
            now = {end["check"]: end for end in one.ends}
            for check in now:
                was = before.get(check)
                if was is not None and was["status"] == "flagged":
                    changed += was != now[check]
                else:
                    new += now[check]["status"] == "flagged"
            before, ended = now, one.superseded_at
        if ended is not None:
            changed += _went(before)
    return new, changed


def _went(before: Mapping[str, Any]) -> int:
    return sum(end["status"] == "flagged" for end in before.values())


def audit_whole(session: Session, requests: int) -> Iterator[str]:
    """The log's chain holds, and each request that took rows in has one entry, however often it was sent."""
    found = verify(session, ORG)
    if found.broken is not None:
        yield f"the chain is broken at entry {found.broken.number}: {found.broken.how}"
    taken = AuditEntry.action.in_(["claims.received", "rows.received"])
    entries = session.scalar(select(func.count()).select_from(AuditEntry).where(AuditEntry.org == ORG, taken))
    if entries != requests:
        yield f"{entries} entries for {requests} requests"
