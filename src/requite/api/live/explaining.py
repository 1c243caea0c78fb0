"""Decisions tried out, and decisions explained as they were made: by their version, with the rows that stood then."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from requite.api.live.beginning import Begun, run
from requite.api.live.desk import LiveDesk, NotReadyError
from requite.api.live.ends import ends_of
from requite.api.live.keeping import COLUMNS, Beside, StoredRows, found_of
from requite.api.live.reading import NotTaken, claim_record, read_rows
from requite.api.live.rows import Cells, Linked
from requite.api.live.version import LiveVersion
from requite.api.service.problems import Problem, not_found
from requite.api.store.database import Database
from requite.api.store.schema import Decision, LiveRow
from requite.engine.decision import Explanation
from requite.engine.live.penalties import Penalty
from requite.engine.rows import Row


@dataclass(frozen=True, slots=True)
class Tried:
    """What a claim would be decided, were it sent."""

    index: int
    record: str
    key: str
    ends: Sequence[dict[str, Any]]


@dataclass(frozen=True, slots=True)
class TriedOut:
    """What claims would be decided; nothing of it is kept."""

    version: LiveVersion
    decided: tuple[Tried, ...]
    rejected: tuple[NotTaken, ...]


def try_out(database: Database, desk: LiveDesk, org: str, ruleset: str, record: str | None, rows: Sequence[Cells]) -> TriedOut:
    """Decide claims without keeping them: beside all rows that stand, and in the place of those with their keys."""

    def do(session: Session, begun: Begun) -> TriedOut:
        version, engine = begun.version, begun.version.engine
        sent, rejected = read_rows(version, claim_record(version, record), rows)
        linked = [Linked(one.row, engine.links(one.row)) for one in sent]
        stored = StoredRows(session, org, version, desk.rows)
        around = Beside(stored, linked, frozenset((one.row.record, one.row.key) for one in sent))
        found = engine.decide([one.row for one in sent], around, begun.today)
        decided = (Tried(one.index, one.row.record, one.key, ends_of(end.ends)) for one, end in zip(sent, found, strict=True))
        return TriedOut(version, tuple(decided), tuple(rejected))

    return run(database, desk, org, ruleset, do, writing=False)


# --- as it was decided ------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class AsDecided:
    """A decision with all that it was made from."""

    decision: Decision
    version: LiveVersion
    row: Row
    around: StoredRows


def explain_decision(database: Database, desk: LiveDesk, org: str, id: str) -> Explanation:
    """Why a claim was decided as it was, by the version and with the rows of that moment."""
    with database.reading() as session:
        made = as_decided(session, database, desk, org, id)
        return made.version.engine.explain(made.row, made.around, made.decision.known)


def penalty_of_decision(
    session: Session, database: Database, desk: LiveDesk, org: str, id: str, check: str, overcharge: Fraction
) -> Penalty:
    """What the penalty clause of a check makes of an overcharge that both agreed on, for a claim as it was decided."""
    made = as_decided(session, database, desk, org, id)
    return made.version.engine.penalty(check, made.row, overcharge, made.around, made.decision.known)


def as_decided(session: Session, database: Database, desk: LiveDesk, org: str, id: str) -> AsDecided:
    """A decision with its version, its claim and the rows around it, as they were."""
    decision = session.scalar(select(Decision).where(Decision.org == org, Decision.id == id))
    if decision is None:
        raise not_found("decision")
    version = _version(database, desk, org, decision.version)
    found = session.execute(select(*COLUMNS).where(LiveRow.org == org, LiveRow.id == decision.row)).one()
    around = StoredRows(session, org, version, desk.rows, decision.decided_at)
    row = around.row(found_of(found))
    if row is None:
        help = "It was decided for that reason alone: see its ends."
        raise Problem(409, "cannot-explain", "the claim cannot be read by the version that decided it", help)
    return AsDecided(decision, version, row, around)


def _version(database: Database, desk: LiveDesk, org: str, id: str) -> LiveVersion:
    try:
        return desk.at_hand(org, id)
    except NotReadyError as wanted:
        return desk.make_ready(database, wanted)
