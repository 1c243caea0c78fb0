"""The audit log: who did what, each entry sealed with the hash of the one before."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any, Final, Self

from sqlalchemy import Row, bindparam, select
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from requite.api.store.database import take_turn
from requite.api.store.inserting import insert_all
from requite.api.store.refusals import Refused
from requite.api.store.schema import AuditEntry, table_of

FIRST: Final = "0" * 64
"""What stands for the hash before the first entry."""


OF: Final = table_of(AuditEntry).c
COLUMNS: Final = tuple(column for column in OF if column.name != "id")
LAST: Final = select(OF.number, OF.hash).where(OF.org == bindparam("org")).order_by(OF.number.desc()).limit(1)


def record(session: Session, org: str, by: str, action: str, subject: str, detail: Mapping[str, Any] | None = None) -> None:
    """Put down that something was done, in the transaction in which it is done. No detail may name a patient."""
    take_turn(session, org, "audit")
    session.flush()
    last = session.execute(LAST, {"org": org}).first()
    number, before = (last.number + 1, last.hash) if last else (1, FIRST)
    at = datetime.now(UTC)
    kept = _lasting(detail or {})
    seal = _seal(before, org, number, at, by, action, subject, kept)
    values = {"org": org, "number": number, "at": at, "by": by, "action": action, "subject": subject, "detail": kept}
    insert_all(session, AuditEntry, [{**values, "before": before, "hash": seal}])


def _lasting(detail: Mapping[str, Any]) -> dict[str, Any]:
    """A detail as every database gives it back: a number with a fraction would come back as another one, and break the seal."""

    def refuse(number: str) -> Any:
        raise TypeError(f"an audit entry holds whole numbers and texts, not {number}")

    found: dict[str, Any] = json.loads(json.dumps(dict(detail)), parse_float=refuse, parse_constant=refuse)
    return found


def sealed(entry: AuditEntry | Row[Any]) -> str:
    """The hash of an entry together with the hash before it."""
    return _seal(entry.before, entry.org, entry.number, entry.at, entry.by, entry.action, entry.subject, entry.detail)


def _seal(before: str, org: str, number: int, at: datetime, by: str, action: str, subject: str, detail: Mapping[str, Any]) -> str:
    moment = at.astimezone(UTC).isoformat(timespec="microseconds")
    parts = [before, org, number, moment, by, action, subject, detail]
    return hashlib.sha256(json.dumps(parts, sort_keys=True, ensure_ascii=True).encode()).hexdigest()


# --- whether all of it is as it was -----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Head:
    """The last entry of a log: whoever keeps it elsewhere can tell later that nothing before it was changed or cut off."""

    number: int
    hash: str

    def __str__(self) -> str:
        return f"{self.number}:{self.hash}"

    @classmethod
    def read(cls, text: str) -> Self:
        """The head that is written as NUMBER:HASH; ValueError where it is none."""
        found = re.fullmatch(r"([0-9]{1,18}):([0-9a-f]{64})", text.strip())
        if found is None:
            raise ValueError("a head is written as NUMBER:HASH, as verify prints it")
        return cls(int(found[1]), found[2])


@dataclass(frozen=True, slots=True)
class Broken:
    """The first entry that is not as it was written, by its number, and what is wrong with it."""

    number: int
    how: str


@dataclass(frozen=True, slots=True)
class AuditState:
    """How many entries of a log are as they were written, the last of them, and the first that is not."""

    org: str
    entries: int
    head: Head
    broken: Broken | None

    @property
    def ok(self) -> bool:
        return self.broken is None


AT_ONCE: Final = 1000


def verify(session: Session, org: str, expect: Head | None = None) -> AuditState:
    """Go through an organisation's log from its first entry, and say where it is not as it was written.

    That entries were cut off at its end can be told only against a head that was kept elsewhere: `expect`.
    """
    state = AuditState(org, 0, Head(0, FIRST), None)
    while state.ok:
        entries = _next(session, org, state.entries)
        if not entries:
            break
        for entry in entries:
            state = _after(state, entry, expect)
            if not state.ok:
                break
    if state.ok and expect is not None and state.entries < expect.number:
        return _broken(state, f"it is missing, and so is all up to entry {expect.number}, which was there")
    return state


def _after(state: AuditState, entry: Row[Any] | None, expect: Head | None) -> AuditState:
    """What is known after one more entry; None stands for one that cannot be read."""
    how = "it cannot be read" if entry is None else _wrong(entry, state.head) or _unexpected(entry, expect)
    if entry is None or how:
        return _broken(state, how)
    return AuditState(state.org, entry.number, Head(entry.number, entry.hash), None)


def _broken(state: AuditState, how: str) -> AuditState:
    return replace(state, broken=Broken(state.entries + 1, how))


def _next(session: Session, org: str, after: int, at_once: int = 0) -> Sequence[Row[Any] | None]:
    """The entries after a number; what is no entry of this log at all, as one of number 0, comes first."""
    wanted = select(*COLUMNS).where(AuditEntry.org == org).order_by(AuditEntry.number).limit(at_once or AT_ONCE)
    try:
        return session.execute(wanted.where(AuditEntry.number > after) if after else wanted).all()
    except (ValueError, TypeError, AttributeError, DBAPIError):
        # One of them cannot be read: it is found by taking them one by one.
        return [None] if at_once == 1 else _next(session, org, after, 1)


def _wrong(entry: Row[Any], last: Head) -> str:
    """What is wrong with an entry that comes after another one; nothing where it is as it was written."""
    if entry.number != last.number + 1:
        is_later = isinstance(entry.number, int) and entry.number > last.number
        return "it is missing" if is_later else "there is one that has not the next number"
    if entry.before != last.hash:
        return "it does not follow the entry before it"
    return "" if sealed(entry) == entry.hash else "it was changed after it was written"


def _unexpected(entry: Row[Any], expect: Head | None) -> str:
    if expect is None or entry.number != expect.number or entry.hash == expect.hash:
        return ""
    return "it is not the one that was there: the log was written anew"


def expect_of(text: str) -> Head:
    """A kept head; Refused where it is written wrongly."""
    try:
        return Head.read(text)
    except ValueError as wrong:
        raise Refused("wrong-head", str(wrong)) from None
