"""`requite audit`: the log of who did what, and whether it is as it was written."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select

from requite.api.answers import WrongUse
from requite.api.commands.opening import opened, org_of
from requite.api.console import Screen, count
from requite.api.store import audit
from requite.api.store.audit import AuditState
from requite.api.store.database import moment_text
from requite.api.store.organisations import organisation, organisations
from requite.api.store.schema import AuditEntry


@dataclass(frozen=True, slots=True)
class Verified:
    """Whether logs are as they were written."""

    states: Sequence[AuditState]

    @property
    def ok(self) -> bool:
        return all(state.ok for state in self.states)

    def content(self) -> dict[str, Any]:
        return {"errors": [], "logs": [_plain(state) for state in self.states]}

    def show(self, screen: Screen) -> None:
        for state in self.states:
            if state.broken is None:
                entries = count(state.entries, "entry is as it was written", "entries are as they were written")
                screen.say(f"{state.org}: {entries}, the last is {state.head}")
            else:
                screen.error(
                    f"{state.org}: entry {state.broken.number:,}: {state.broken.how}",
                    f"The {state.entries:,} before it are as they were written. Compare with a backup.",
                )


def _plain(state: AuditState) -> dict[str, Any]:
    broken = {"number": state.broken.number, "how": state.broken.how} if state.broken else None
    return {"organisation": state.org, "ok": state.ok, "entries": state.entries, "head": str(state.head), "broken": broken}


def verify(org: str | None, expect: str | None) -> Verified:
    """Go through the log of an organisation, or those of all."""
    with opened() as database, database.reading() as session:
        there = [found.id for found in organisations(session)] if org is None else [organisation(session, org).id]
        if expect is not None and len(there) != 1:
            raise WrongUse("--expect-head is of one organisation: say with --org of which")
        head = None if expect is None else audit.expect_of(expect)
        return Verified([audit.verify(session, id, head) for id in there])


@dataclass(frozen=True, slots=True)
class Entries:
    """The last entries of a log."""

    org: str
    entries: Sequence[AuditEntry]
    ok: bool = True

    def content(self) -> dict[str, Any]:
        return {"errors": [], "organisation": self.org, "entries": [_entry(entry) for entry in self.entries]}

    def show(self, screen: Screen) -> None:
        rows = [(f"{e.number}", f"{e.at:%Y-%m-%d %H:%M:%S}", e.by, e.action, e.subject, _said(e.detail)) for e in self.entries]
        screen.table(("number>", "at (UTC)", "by", "action", "subject", "detail"), rows)


def _entry(entry: AuditEntry) -> dict[str, Any]:
    return {
        "number": entry.number,
        "at": moment_text(entry.at),
        "by": entry.by,
        "action": entry.action,
        "subject": entry.subject,
        "detail": entry.detail,
        "before": entry.before,
        "hash": entry.hash,
    }


def _said(detail: dict[str, Any]) -> str:
    return ", ".join(f"{name} {value if isinstance(value, str) else json.dumps(value)}" for name, value in detail.items())


def list_entries(org: str | None, subject: str | None, last: int) -> Entries:
    """Show the last entries of a log, in their order."""
    with opened() as database, database.reading() as session:
        id = org_of(session, org)
        wanted = select(AuditEntry).where(AuditEntry.org == id).order_by(AuditEntry.number.desc()).limit(last)
        if subject is not None:
            wanted = wanted.where(AuditEntry.subject == subject)
        return Entries(id, session.scalars(wanted).all()[::-1])
