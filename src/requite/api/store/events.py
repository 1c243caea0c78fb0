"""Events: what others may want to hear of, put down in the transaction in which it happened."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Final, Literal

from sqlalchemy import event as listening
from sqlalchemy.orm import Session

from requite.api.store.database import take_turn
from requite.api.store.inserting import insert_all
from requite.api.store.schema import Event

EventKind = Literal["finding.new", "finding.changed", "challenge.moved", "run.finished", "ruleset.in_force"]

NUMBERING: Final = "events"
"""What has to wait for its turn: an organisation's events become visible in the order of their numbers."""

WAITING: Final = "events that wait for the commit"


def emit(session: Session, org: str, kind: EventKind, subject: str, payload: Mapping[str, Any]) -> None:
    """Put down that something happened. The payload names things by their ids and keys; it never names a patient.

    The event is numbered as the last thing in its transaction. Were it numbered at once, one with a higher number could be kept
    before it, and whoever reads on from the last number would never see it.
    """
    at = datetime.now(UTC)
    found = {"org": org, "kind": kind, "subject": subject, "payload": dict(payload), "at": at}
    if session.in_nested_transaction():
        # What is rolled back to a savepoint takes its events with it.
        _put_down(session, [found])
        return
    if WAITING not in session.info:
        session.info[WAITING] = []
        listening.listen(session, "before_commit", _put_down_waiting)
        listening.listen(session, "after_rollback", _forget)
    session.info[WAITING].append(found)


def _put_down_waiting(session: Session) -> None:
    waiting: list[dict[str, Any]] = session.info[WAITING]
    events = waiting.copy()
    waiting.clear()
    _put_down(session, events)


def _forget(session: Session) -> None:
    session.info[WAITING].clear()


def _put_down(session: Session, events: list[dict[str, Any]]) -> None:
    for org in sorted({event["org"] for event in events}):
        take_turn(session, org, NUMBERING)
    session.flush()
    # Not as objects: SQLite would be asked for the number of each.
    insert_all(session, Event, events)
