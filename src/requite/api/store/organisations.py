"""Organisations: whose rulesets, claims and challenges are kept apart from everybody else's."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from requite.api.store import audit
from requite.api.store.refusals import Refused, demand_seen
from requite.api.store.schema import NAME, Organisation

ID: Final = re.compile(r"[a-z0-9][a-z0-9._-]{0,62}")
"""What an organisation is called in settings and tokens."""


def create(session: Session, id: str, name: str, by: str) -> Organisation:
    """A new organisation, with nothing of its own yet."""
    if not ID.fullmatch(id):
        help = "It begins with a small letter or a digit; then come small letters, digits, dots and dashes: at most 63 in all."
        raise Refused("wrong-name", "an organisation cannot have this id", help)
    demand_seen(name, "the organisation's name")
    if not name.strip() or len(name) > NAME:
        raise Refused("wrong-name", f"an organisation has a name of at most {NAME} letters")
    if session.get(Organisation, id) is not None:
        raise Refused("already-there", f"there is an organisation {id} already")
    made = Organisation(id=id, name=name.strip(), created_at=datetime.now(UTC), clock=None)
    session.add(made)
    session.flush()
    audit.record(session, id, by, "organisation.made", id, {"name": made.name})
    return made


def organisations(session: Session) -> Sequence[Organisation]:
    """All organisations, by their ids."""
    return session.scalars(select(Organisation).order_by(Organisation.id)).all()


def organisation(session: Session, id: str) -> Organisation:
    """An organisation by its id; Refused where there is none."""
    found = session.get(Organisation, id)
    if found is None:
        raise Refused("not-found", "there is no such organisation", "requite store org shows those that there are.")
    return found
