"""API keys: made once, shown once, kept as hashes."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Final, Literal

from sqlalchemy import bindparam, select
from sqlalchemy.orm import Session

from requite.api.identity import Actor, Role, is_reserved, person, plain
from requite.api.store import audit
from requite.api.store.database import Database, take_turn
from requite.api.store.organisations import organisation
from requite.api.store.refusals import Refused, demand_seen
from requite.api.store.schema import NAME, ApiKey, table_of

PREFIX: Final = "rq_"


def make_key(
    session: Session,
    org: str,
    name: str,
    role: Role,
    by: str,
    provider: str | None = None,
    expires_at: datetime | None = None,
) -> tuple[ApiKey, str]:
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
        expires_at=expires_at,
    )
    session.add(key)
    session.flush()
    return key, secret


def issue(
    session: Session,
    org: str,
    name: str,
    role: str,
    by: str,
    provider: str | None = None,
    expires_at: datetime | None = None,
) -> tuple[ApiKey, str]:
    """Make a key that somebody asks for, and put that down; Refused where it would be of no use."""
    organisation(session, org)
    if role not in set(Role):
        raise Refused("wrong-role", f"there is no role {role[:NAME]}", f"The roles are {', '.join(Role)}.")
    name, provider = plain(name), None if provider is None else plain(provider)
    demand_seen(name, "the key's name")
    if not person(name) or len(name) > NAME:
        raise Refused("wrong-name", f"a key has a name of at most {NAME} letters: that of who calls with it")
    if is_reserved(name):
        raise Refused("wrong-name", "the service itself goes by this name", "Give the key the name of who calls with it.")
    if (role == Role.HOSPITAL) != bool(provider):
        raise Refused("wrong-role", "a provider's code goes with the role hospital, and with no other")
    demand_seen(provider or "", "the provider's code")
    if provider is not None and len(provider) > NAME:
        raise Refused("wrong-name", f"a provider's code has at most {NAME} letters")
    if expires_at is not None and expires_at <= datetime.now(UTC):
        raise Refused("wrong-moment", "the key would have ended already")
    key, secret = make_key(session, org, name, Role(role), by, provider, expires_at)
    audit.record(session, org, by, "key.made", key.id, {"name": key.name, "role": key.role, "provider": key.provider})
    return key, secret


def keys_of(session: Session, org: str | None = None) -> Sequence[ApiKey]:
    """The keys of an organisation, or of all, the oldest first; those that were revoked among them."""
    wanted = select(ApiKey).order_by(ApiKey.org, ApiKey.created_at, ApiKey.id)
    return session.scalars(wanted if org is None else wanted.where(ApiKey.org == org)).all()


def revoke(session: Session, org: str, id: str, by: str) -> ApiKey:
    """End a key, named by its id or by how its secret begins; the next request that comes with it is refused."""
    take_turn(session, org, "keys")
    found = session.scalars(select(ApiKey).where(ApiKey.org == org, (ApiKey.id == id) | (ApiKey.prefix == id))).all()
    if len(found) != 1:
        raise Refused("not-found", "there is no such key" if not found else "several keys begin so", "Name it by its id.")
    key = found[0]
    if key.revoked_at is not None:
        raise Refused("already-revoked", "this key was revoked already")
    key.revoked_at = datetime.now(UTC)
    audit.record(session, org, by, "key.revoked", key.id, {"name": key.name, "role": key.role})
    return key


def state_of(key: ApiKey) -> Literal["valid", "expired", "revoked"]:
    """Whether a key still opens anything."""
    return _state(key.revoked_at, key.expires_at)


def _state(revoked_at: datetime | None, expires_at: datetime | None) -> Literal["valid", "expired", "revoked"]:
    if revoked_at is not None:
        return "revoked"
    return "expired" if expires_at is not None and expires_at <= datetime.now(UTC) else "valid"


def hash_of(secret: str) -> str:
    """The hash of a key: it has 256 random bits, so that one round is enough."""
    return hashlib.sha256(secret.encode()).hexdigest()


OF: Final = table_of(ApiKey).c
BY_HASH: Final = select(OF.id, OF.org, OF.name, OF.role, OF.provider, OF.revoked_at, OF.expires_at).where(
    OF.hash == bindparam("hash")
)


def actor_of(database: Database, secret: str) -> Actor | None:
    """Whose key this is; None where it is nobody's, or no longer."""
    # Asked at every request: a session would take as long again.
    with database.engine.connect() as connection:
        key = connection.execute(BY_HASH, {"hash": hash_of(secret)}).one_or_none()
    if key is None or _state(key.revoked_at, key.expires_at) != "valid":
        return None
    return Actor(key.org, key.name, Role(key.role), key.provider, key.id)
