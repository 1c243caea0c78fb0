"""API keys: made once, shown once, kept as hashes."""

from __future__ import annotations

import hashlib
import secrets
from datetime import UTC, datetime
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from requite.api.identity import Actor, Role
from requite.api.store.database import Database
from requite.api.store.schema import ApiKey

PREFIX: Final = "rq_"


def make_key(session: Session, org: str, name: str, role: Role, by: str, provider: str | None = None) -> tuple[ApiKey, str]:
    """A new key, and its secret text, which nobody can be told again."""
    secret = PREFIX + secrets.token_urlsafe(32)
    key = ApiKey(
        org=org,
        name=name,
        role=role.value,
        provider=provider,
        prefix=secret[:10],
        hash=hash_of(secret),
        created_at=datetime.now(UTC),
        created_by=by,
    )
    session.add(key)
    session.flush()
    return key, secret


def hash_of(secret: str) -> str:
    """The hash of a key: it has 256 random bits, so that one round is enough."""
    return hashlib.sha256(secret.encode()).hexdigest()


def actor_of(database: Database, secret: str) -> Actor | None:
    """Whose key this is; None where it is nobody's, or no longer."""
    with database.reading() as session:
        key = session.scalar(select(ApiKey).where(ApiKey.hash == hash_of(secret)))
    moment = datetime.now(UTC)
    if key is None or key.revoked_at is not None or (key.expires_at is not None and key.expires_at <= moment):
        return None
    return Actor(key.org, key.name, Role(key.role), key.provider)
