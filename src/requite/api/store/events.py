"""Events: what others may want to hear of, put down in the transaction in which it happened."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Literal

from sqlalchemy.orm import Session

from requite.api.store.schema import Event

EventKind = Literal["finding.new", "finding.changed", "challenge.moved", "run.finished", "ruleset.in_force"]


def emit(session: Session, org: str, kind: EventKind, subject: str, payload: Mapping[str, Any]) -> None:
    """Put down that something happened. The payload names things by their ids and keys; it never names a patient."""
    session.add(Event(org=org, kind=kind, subject=subject, payload=dict(payload), at=datetime.now(UTC)))
