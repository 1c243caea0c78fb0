"""`requite keys`: who may call the service, and as what."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from requite.api.answers import WrongUse
from requite.api.commands.opening import opened, org_of, who
from requite.api.console import Screen
from requite.api.identity import Role
from requite.api.store import keys
from requite.api.store.database import day_of, moment_text
from requite.api.store.organisations import organisation
from requite.api.store.schema import ApiKey


@dataclass(frozen=True, slots=True)
class Made:
    """A new key, and its secret, which is shown this once."""

    key: ApiKey
    secret: str
    ok: bool = True

    def content(self) -> dict[str, Any]:
        return {"errors": [], "key": _plain(self.key), "secret": self.secret}

    def show(self, screen: Screen) -> None:
        of = f" for {self.key.provider}" if self.key.provider else ""
        screen.note(f"{self.key.name} may call as {self.key.role}{of} of {self.key.org} with this key, which is shown this once:")
        screen.say(self.secret)


def make(org: str | None, name: str, role: Role, provider: str | None, expires: str | None) -> Made:
    """Make a key."""
    ends = None if expires is None else _end_of(expires)
    with opened(may_make=True) as database, database.writing() as session:
        return Made(*keys.issue(session, org_of(session, org), name, role, who(), provider, ends))


def _end_of(day: str) -> datetime:
    try:
        return datetime.combine(date.fromisoformat(day) + timedelta(days=1), time(), UTC)
    except (ValueError, OverflowError):
        raise WrongUse(f"--expires: {day} is no day, as 2027-03-31 is") from None


@dataclass(frozen=True, slots=True)
class Keys:
    """The keys of an organisation, or of all."""

    keys: tuple[ApiKey, ...]
    ok: bool = True

    def content(self) -> dict[str, Any]:
        return {"errors": [], "keys": [_plain(key) for key in self.keys]}

    def show(self, screen: Screen) -> None:
        if not self.keys:
            screen.say("no keys yet")
            return
        columns = ("organisation", "name", "role", "provider", "begins", "made on", "state", "id")
        screen.table(columns, [_row(key) for key in self.keys])


def _row(key: ApiKey) -> tuple[str, ...]:
    made = day_of(key.created_at).isoformat()
    return (key.org, key.name, key.role, key.provider or "", key.prefix, made, keys.state_of(key), key.id)


def list_keys(org: str | None) -> Keys:
    """Show the keys, without their secrets."""
    with opened() as database, database.reading() as session:
        if org is not None:
            organisation(session, org)
        return Keys(tuple(keys.keys_of(session, org)))


@dataclass(frozen=True, slots=True)
class Revoked:
    """A key that has ended."""

    key: ApiKey
    ok: bool = True

    def content(self) -> dict[str, Any]:
        return {"errors": [], "key": _plain(self.key)}

    def show(self, screen: Screen) -> None:
        screen.say(f"the key {self.key.prefix} of {self.key.name} was revoked")


def revoke(key: str, org: str | None) -> Revoked:
    """End a key."""
    with opened() as database, database.writing() as session:
        return Revoked(keys.revoke(session, org_of(session, org), key, who()))


def _plain(key: ApiKey) -> dict[str, Any]:
    return {
        "id": key.id,
        "organisation": key.org,
        "name": key.name,
        "role": key.role,
        "provider": key.provider,
        "prefix": key.prefix,
        "state": keys.state_of(key),
        "created_at": moment_text(key.created_at),
        "created_by": key.created_by,
        "expires_at": moment_text(key.expires_at) if key.expires_at else None,
        "revoked_at": moment_text(key.revoked_at) if key.revoked_at else None,
    }
