"""Decisions found again: those that stand, those of a moment, and all of a claim."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, exists, func, literal_column, or_, select, tuple_
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Session
from sqlalchemy.sql.expression import cast

from requite.api.live.ends import FLAGGED
from requite.api.live.keeping import stood
from requite.api.live.resting import Claim
from requite.api.service.problems import not_found
from requite.api.store.schema import Decision, LiveRow


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which decisions are asked for; what is None is not asked."""

    ruleset: str | None = None
    record: str | None = None
    key: str | None = None
    flagged: bool | None = None
    check: str | None = None
    since: datetime | None = None
    standing: bool | None = None


def decisions(session: Session, org: str, wanted: Wanted) -> Select[Decision]:
    """The statement that finds them."""
    conditions: list[ColumnElement[bool]] = [Decision.org == org]
    for column, value in ((Decision.ruleset, wanted.ruleset), (Decision.record, wanted.record), (Decision.key, wanted.key)):
        if value is not None:
            conditions.append(column == value)
    if wanted.flagged is not None:
        conditions.append(Decision.flagged.is_(wanted.flagged))
    if wanted.since is not None:
        conditions.append(Decision.decided_at >= wanted.since)
    if wanted.standing is not None:
        conditions.append(Decision.superseded_at.is_(None) if wanted.standing else Decision.superseded_at.is_not(None))
    if wanted.check is not None:
        conditions += [Decision.flagged.is_(True), _flagged_by(session, wanted.check)]
    return select(Decision).where(*conditions)


def _flagged_by(session: Session, check: str) -> ColumnElement[bool]:
    if session.get_bind().dialect.name == "postgresql":
        return cast(Decision.ends, JSONB).contains([{"check": check, "status": FLAGGED}])
    end: Any = literal_column("end_.value")
    each = func.json_each(Decision.ends).alias("end_")
    named = and_(func.json_extract(end, "$.check") == check, func.json_extract(end, "$.status") == FLAGGED)
    return exists(select(1).select_from(each).where(named))


def decision_of(session: Session, org: str, id: str) -> Decision:
    """A decision by its id."""
    found = session.scalar(select(Decision).where(Decision.org == org, Decision.id == id))
    if found is None:
        raise not_found("decision")
    return found


@dataclass(frozen=True, slots=True)
class ClaimFound:
    """A claim as it stands, or stood: what was sent, and the decision; None for one that was cancelled."""

    row: LiveRow
    decision: Decision | None


def claim_at(session: Session, org: str, ruleset: str, record: str, key: str, known_at: datetime | None) -> ClaimFound:
    """A claim as it is known now, or was known at a moment."""
    named = (LiveRow.org == org, LiveRow.ruleset == ruleset, LiveRow.record == record, LiveRow.key == key)
    row = session.scalar(select(LiveRow).where(*named, stood(known_at)))
    if row is None:
        raise not_found("claim")
    then: ColumnElement[bool] = Decision.superseded_at.is_(None)
    if known_at is not None:
        then = and_(Decision.decided_at <= known_at, or_(then, Decision.superseded_at > known_at))
    decided = decisions(session, org, Wanted(ruleset, record, key)).where(then)
    return ClaimFound(row, None if row.cancelled else session.scalar(decided))


def history(session: Session, org: str, ruleset: str, record: str, key: str) -> tuple[Sequence[LiveRow], Sequence[Decision]]:
    """All that was ever sent of a claim, and all that was ever decided of it, in order."""
    named = (LiveRow.org == org, LiveRow.ruleset == ruleset, LiveRow.record == record, LiveRow.key == key)
    rows = session.scalars(select(LiveRow).where(*named).order_by(LiveRow.revision)).all()
    if not rows:
        raise not_found("claim")
    decided = decisions(session, org, Wanted(ruleset, record, key)).order_by(Decision.number)
    return rows, session.scalars(decided).all()


def claims_after(session: Session, org: str, ruleset: str, after: Claim | None, most: int) -> list[Claim]:
    """Claims of which a decision stands, in the order of their keys."""
    wanted = select(Decision.record, Decision.key).where(
        Decision.org == org, Decision.ruleset == ruleset, Decision.superseded_at.is_(None)
    )
    if after is not None:
        wanted = wanted.where(tuple_(Decision.record, Decision.key) > tuple_(*after))
    return [(record, key) for record, key in session.execute(wanted.order_by(Decision.record, Decision.key).limit(most))]
