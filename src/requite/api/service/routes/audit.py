"""The audit log: who did what, and that nothing of it was changed since."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Query
from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy import select

from requite.api.identity import Actor, May
from requite.api.service.dependencies import TheService, allowed
from requite.api.service.errors import invalid
from requite.api.service.paging import Page, Pages, page_of
from requite.api.store import audit
from requite.api.store.schema import KEY, NAME, AuditEntry

router = APIRouter(tags=["audit"])

Auditor = Annotated[Actor, allowed(May.READ_AUDIT)]


class Entry(BaseModel):
    """Something that was done. `hash` covers it and the hash before it."""

    model_config = ConfigDict(frozen=True)

    number: int = Field(examples=[17])
    at: datetime
    by: str = Field(examples=["Ann"])
    action: str = Field(examples=["ruleset.approved"])
    subject: str = Field(examples=["01JZ8Q4T7V3S5N9K2M6P8R0W1X"])
    detail: dict[str, Any]
    before: str
    hash: str


class BrokenEntry(BaseModel):
    """The first entry that is not as it was written, and what is wrong with it."""

    model_config = ConfigDict(frozen=True)

    number: int = Field(examples=[17])
    how: str = Field(examples=["it was changed"])


class Verified(BaseModel):
    """Whether the log is as it was written. Keep `head` elsewhere, and give it as `expect` the next time."""

    model_config = ConfigDict(frozen=True)

    ok: bool
    entries: int = Field(examples=[17])
    head: str = Field(examples=["17:" + "0123456789abcdef" * 4])
    broken: BrokenEntry | None


@router.get("/audit", operation_id="list_audit", summary="What was done")
def list_audit(
    service: TheService,
    actor: Auditor,
    pages: Pages,
    action: Annotated[str | None, Query(max_length=NAME, description="Only what was done of this kind.")] = None,
    subject: Annotated[str | None, Query(max_length=KEY, description="Only what was done to this.")] = None,
    by: Annotated[str | None, Query(max_length=NAME, description="Only what this caller did.")] = None,
) -> Page[Entry]:
    """What was done in the organisation, the first first."""
    wanted = select(AuditEntry).where(AuditEntry.org == actor.org)
    for column, value in ((AuditEntry.action, action), (AuditEntry.subject, subject), (AuditEntry.by, by)):
        if value is not None:
            wanted = wanted.where(column == value)
    with service.database.reading() as session:
        return page_of(session, wanted, (AuditEntry.number,), pages, _shown)


@router.get("/audit/verify", operation_id="verify_audit", summary="Whether the log is as it was written")
def verify_audit(
    service: TheService,
    actor: Auditor,
    expect: Annotated[
        str | None,
        Query(max_length=100, description="The `head` that was told earlier and kept: cut off entries are told only against it."),
    ] = None,
) -> Verified:
    """Go through the whole log, and say whether it is as it was written."""
    try:
        head = None if expect is None else audit.Head.read(expect)
    except ValueError as error:
        raise invalid("wrong-head", f"expect: {error}") from None
    with service.database.reading() as session:
        found = audit.verify(session, actor.org, head)
    broken = None if found.broken is None else BrokenEntry(number=found.broken.number, how=found.broken.how)
    return Verified(ok=found.ok, entries=found.entries, head=str(found.head), broken=broken)


def _shown(entry: AuditEntry) -> Entry:
    return Entry(
        number=entry.number,
        at=entry.at,
        by=entry.by,
        action=entry.action,
        subject=entry.subject,
        detail=entry.detail,
        before=entry.before,
        hash=entry.hash,
    )
