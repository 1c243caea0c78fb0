"""The audit log: who did what, each entry sealed with the hash of the one before."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from requite.api.store.database import take_turn
from requite.api.store.schema import AuditEntry

FIRST: Final = "0" * 64
"""What stands for the hash before the first entry."""


def record(session: Session, org: str, by: str, action: str, subject: str, detail: Mapping[str, Any] | None = None) -> None:
    """Put down that something was done, in the transaction in which it is done. No detail may name a patient."""
    take_turn(session, org, "audit")
    session.flush()
    last = session.execute(
        select(AuditEntry.number, AuditEntry.hash).where(AuditEntry.org == org).order_by(AuditEntry.number.desc()).limit(1)
    ).first()
    number, before = (last.number + 1, last.hash) if last else (1, FIRST)
    at = datetime.now(UTC)
    entry = AuditEntry(
        org=org, number=number, at=at, by=by, action=action, subject=subject, detail=dict(detail or {}), before=before, hash=""
    )
    entry.hash = sealed(entry)
    session.add(entry)
    session.flush()


def sealed(entry: AuditEntry) -> str:
    """The hash of an entry together with the hash before it."""
    parts = [
        entry.before,
        entry.org,
        entry.number,
        entry.at.astimezone(UTC).isoformat(timespec="microseconds"),
        entry.by,
        entry.action,
        entry.subject,
        entry.detail,
    ]
    return hashlib.sha256(json.dumps(parts, sort_keys=True, ensure_ascii=True).encode()).hexdigest()
