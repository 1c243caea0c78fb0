"""Claims decided, and what is new about it written down: a decision is never overwritten, only followed by another."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final

from sqlalchemy import bindparam, func, select, update
from sqlalchemy.orm import Session

from requite.api.live.decided import Decided, OnDecided
from requite.api.live.ends import FLAGGED, ends_of, is_flagged, unreadable_ends
from requite.api.live.keeping import StoredRows, standing
from requite.api.live.resting import Claim, by_record, rest_on
from requite.api.live.rows import Found, parts, read_again
from requite.api.live.version import LiveVersion
from requite.api.store import events
from requite.api.store.columns import new_id
from requite.api.store.inserting import insert_all
from requite.api.store.schema import Decision, table_of
from requite.engine.live.windows import Rests
from requite.engine.rows import Row


@dataclass(frozen=True, eq=False, slots=True)
class Work:
    """A transaction that decides: whose, with which version, on which day, at which moment."""

    session: Session
    org: str
    version: LiveVersion
    known: date
    moment: datetime
    around: StoredRows
    on_decided: OnDecided | None = None

    @property
    def ruleset(self) -> str:
        return self.version.ruleset


@dataclass(frozen=True, slots=True)
class Standing:
    """A decision that stands, or that came last before a claim was cancelled."""

    id: str
    record: str
    key: str
    version: str
    number: int
    cause: str
    decided_at: datetime
    flagged: bool
    ends: Sequence[Mapping[str, Any]]
    is_new: bool = False


TABLE: Final = table_of(Decision)
OF: Final = TABLE.c
COLUMNS: Final = (OF.id, OF.record, OF.key, OF.version, OF.number, OF.cause, OF.decided_at, OF.flagged, OF.ends)

# What is asked for with every claim is put together once: that takes several times as long as to run it.

STANDING: Final = select(*COLUMNS).where(
    OF.org == bindparam("org"),
    OF.ruleset == bindparam("ruleset"),
    OF.record == bindparam("record"),
    OF.key.in_(bindparam("keys", expanding=True)),
    OF.superseded_at.is_(None),
)
SUPERSEDED: Final = update(TABLE).where(OF.id.in_(bindparam("ids", expanding=True))).values(superseded_at=bindparam("at"))


NONE: Final[Mapping[Claim, Found | None]] = {}


def decide_claims(
    work: Work, causes: Mapping[Claim, str], rows: Mapping[Claim, Found | None] = NONE, new: Collection[Claim] = ()
) -> dict[Claim, Standing]:
    """Decide claims, each for a cause, and write down what is new; gives the decision that then stands of each.

    `rows` are those that are at hand already, as they now stand; None for a claim that is cancelled. Of the `new` ones nothing was
    ever decided.
    """
    rows = dict(rows) | _standing_rows(work, [claim for claim in causes if claim not in rows])
    there = {claim: row for claim, row in rows.items() if row is not None}
    ends, rests = _decided(work, there)
    before = _before(work, [claim for claim in causes if claim not in new])
    changed = [claim for claim in there if claim not in before or list(before[claim].ends) != ends[claim]]
    gone = [claim for claim in causes if claim not in there and claim in before]
    numbers = _numbers(work, [claim for claim in changed if claim not in before and there[claim].revision > 1])
    made = {claim: _made(work, claim, ends[claim], causes[claim], before.get(claim), numbers) for claim in changed}
    _write(work, made, there, [before[claim].id for claim in [*changed, *gone] if claim in before])
    rest_on(work.session, work.org, work.ruleset, {claim: rests.get(claim, {}) for claim in causes}, new)
    told = [_told(work, claim, made[claim], before.get(claim), there[claim]) for claim in changed]
    told += [Decided(*claim, None, before[claim].number, (), tuple(before[claim].ends), None) for claim in gone]
    _tell(work, told, before)
    return {claim: made.get(claim) or before[claim] for claim in there}


def _standing_rows(work: Work, claims: Iterable[Claim]) -> dict[Claim, Found | None]:
    found: dict[Claim, Found | None] = {}
    for record, keys in by_record(claims).items():
        rows = standing(work.session, work.org, work.ruleset, record, keys)
        found |= {(record, key): row for key, row in rows.items() if not row.cancelled}
    return found


Ends = dict[Claim, list[dict[str, Any]]]


def _decided(work: Work, rows: Mapping[Claim, Found]) -> tuple[Ends, dict[Claim, Rests]]:
    """What the checks say of each claim, and on what that rests."""
    engine = work.version.engine
    typed = {claim: work.around.row(row) for claim, row in rows.items()}
    readable = {claim: row for claim, row in typed.items() if row is not None and claim[0] in engine.claims}
    ends: Ends = {}
    rests: dict[Claim, Rests] = {}
    for some in parts(readable.items()):
        found = engine.decide([row for _, row in some], work.around, work.known)
        for (claim, _), decision in zip(some, found, strict=True):
            ends[claim], rests[claim] = ends_of(decision.ends), decision.rests
    for claim in rows.keys() - readable.keys():
        ends[claim] = unreadable_ends(_checks_of(work, claim[0]), _why_unreadable(work, rows[claim]))
    return ends, rests


def _checks_of(work: Work, record: str) -> list[str]:
    checks = work.version.engine.program.checks
    return [name for name in work.version.engine.checks if checks[name].record == record]


def _why_unreadable(work: Work, row: Found) -> str:
    said = read_again([row], work.version)[0]
    return (
        f"the claim as it was sent cannot be read by this version: {said}" if isinstance(said, str) else "no check is decided live"
    )


def _before(work: Work, claims: Iterable[Claim]) -> dict[Claim, Standing]:
    """The decisions that stand."""
    found: dict[Claim, Standing] = {}
    for record, keys in by_record(claims).items():
        for some in parts(keys):
            asked = {"org": work.org, "ruleset": work.ruleset, "record": record, "keys": some}
            found |= {(record, row.key): Standing(*row) for row in work.session.execute(STANDING, asked)}
    return found


def _numbers(work: Work, claims: Iterable[Claim]) -> dict[Claim, int]:
    """The last number of claims of which no decision stands: they were cancelled, and are there again."""
    found: dict[Claim, int] = {}
    for record, keys in by_record(claims).items():
        for some in parts(keys):
            wanted = (
                select(Decision.key, func.max(Decision.number))
                .where(
                    Decision.org == work.org, Decision.ruleset == work.ruleset, Decision.record == record, Decision.key.in_(some)
                )
                .group_by(Decision.key)
            )
            found |= {(record, key): number for key, number in work.session.execute(wanted)}
    return found


def _made(
    work: Work, claim: Claim, ends: list[dict[str, Any]], cause: str, before: Standing | None, numbers: Mapping[Claim, int]
) -> Standing:
    number = 1 + (before.number if before is not None else numbers.get(claim, 0))
    return Standing(new_id(), *claim, work.version.id, number, cause, work.moment, is_flagged(ends), ends, is_new=True)


def _write(work: Work, made: Mapping[Claim, Standing], rows: Mapping[Claim, Found], superseded: Sequence[str]) -> None:
    for some in parts(superseded):
        work.session.execute(SUPERSEDED, {"ids": some, "at": work.moment})
    insert_all(work.session, Decision, [_values(work, one, rows[claim].id) for claim, one in made.items()])


def _values(work: Work, one: Standing, row: int) -> dict[str, Any]:
    return {
        "id": one.id,
        "org": work.org,
        "ruleset": work.ruleset,
        "version": one.version,
        "record": one.record,
        "key": one.key,
        "number": one.number,
        "cause": one.cause,
        "row": row,
        "known": work.known,
        "decided_at": work.moment,
        "superseded_at": None,
        "flagged": one.flagged,
        "ends": list(one.ends),
    }


# --- who wants to know ------------------------------------------------------------------------------------------------


def _told(work: Work, claim: Claim, made: Standing, before: Standing | None, row: Found) -> Decided:
    typed: Row | None = work.around.row(row)
    return Decided(*claim, made.id, made.number, tuple(made.ends), tuple(before.ends) if before is not None else (), typed)


def _tell(work: Work, told: Sequence[Decided], before: Mapping[Claim, Standing]) -> None:
    for one in told:
        was = before.get((one.record, one.key))
        _emit(work, one, was.id if was is not None else "")
    if told and work.on_decided is not None:
        work.on_decided(work.session, work.org, work.version, told)


def _emit(work: Work, one: Decided, before: str) -> None:
    """Tell of each check whose finding is new, or is another than it was, or is gone. Nothing of the claim but its key is told."""
    was = {end["check"]: end for end in one.before}
    now = {end["check"]: end for end in one.ends}
    for check in dict.fromkeys([*now, *was]):
        new, old = now.get(check), was.get(check)
        is_flagged_now = new is not None and new["status"] == FLAGGED
        was_flagged = old is not None and old["status"] == FLAGGED
        if new == old or not (is_flagged_now or was_flagged):
            continue
        payload = {
            "ruleset": work.ruleset,
            "version": work.version.id,
            "record": one.record,
            "key": one.key,
            "decision": one.decision,
            "number": one.number,
            "check": check,
            "status": new["status"] if new is not None else "cancelled",
            "overcharge": new["overcharge"] if new is not None else None,
            "penalty": new["penalty"] if new is not None else None,
            "challenged": bool(new is not None and new["challenged"]),
        }
        kind: events.EventKind = "finding.changed" if was_flagged else "finding.new"
        events.emit(work.session, work.org, kind, one.decision or before, payload)
