"""`requite store`: the store's schema, its organisations, copies of it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from requite.api.commands.opening import connected, in_words, opened, settings, who
from requite.api.console import Screen
from requite.api.store import backup as copies
from requite.api.store import organisations
from requite.api.store.backup import Copied
from requite.api.store.database import moment_text
from requite.api.store.schema import Organisation
from requite.api.store.upgrade import Upgraded
from requite.api.store.upgrade import upgrade as upgrade_schema

BESIDE = ("uploads", "runs")
"""Folders of the service's home that are no part of the store."""


@dataclass(frozen=True, slots=True)
class StoreUpgraded:
    """From which revision to which the store was brought."""

    upgraded: Upgraded
    ok: bool = True

    def content(self) -> dict[str, Any]:
        return {"errors": [], "before": self.upgraded.before, "after": self.upgraded.after, "changed": self.upgraded.changed}

    def show(self, screen: Screen) -> None:
        before, after = self.upgraded.before, self.upgraded.after
        if not self.upgraded.changed:
            screen.say(f"the store is of revision {after} already")
        elif before is None:
            screen.say(f"the store was made, of revision {after}")
        else:
            screen.say(f"the store was brought from revision {before} to {after}")


def upgrade() -> StoreUpgraded:
    """Bring the store to the schema of this Requite, or make one."""
    with connected() as database:
        return StoreUpgraded(upgrade_schema(database))


@dataclass(frozen=True, slots=True)
class StoreCopied:
    """A copy that was made of a store, or a store that was made of a copy."""

    copied: Copied
    what: Literal["backup", "restore"]
    beside: tuple[Path, ...]
    ok: bool = True

    def content(self) -> dict[str, Any]:
        return {
            "errors": [],
            "file": str(self.copied.path),
            "bytes": self.copied.bytes,
            "revision": self.copied.revision,
            "beside": [str(path) for path in self.beside],
        }

    def show(self, screen: Screen) -> None:
        made = "the store was copied to" if self.what == "backup" else "the store was put back as"
        screen.say(f"{made} {self.copied.path}: {self.copied.bytes:,} bytes, of revision {self.copied.revision}")
        if self.beside:
            verb = "copy" if self.what == "backup" else "put back"
            screen.say(f"Uploads and results are no part of it: {verb} {' and '.join(map(str, self.beside))} as well.")


def backup(file: str) -> StoreCopied:
    """Copy a store that is a file, even while it is in use."""
    chosen = settings()
    with in_words():
        copied = copies.backup(chosen.url, Path(file))
    return StoreCopied(copied, "backup", tuple(path for name in BESIDE if (path := chosen.home.absolute() / name).is_dir()))


def restore(file: str) -> StoreCopied:
    """Make a store of a copy, where there is none."""
    chosen = settings()
    with in_words():
        copied = copies.restore(chosen.url, Path(file))
    return StoreCopied(copied, "restore", tuple(chosen.home.absolute() / name for name in BESIDE))


# --- organisations ----------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Organisations:
    """The organisations of a store; `made` is one that is new."""

    found: tuple[Organisation, ...]
    made: Organisation | None = None
    ok: bool = True

    def content(self) -> dict[str, Any]:
        return {"errors": [], "made": self.made.id if self.made else None, "organisations": [_plain(found) for found in self.found]}

    def show(self, screen: Screen) -> None:
        if self.made is not None:
            screen.say(f"organisation {self.made.id} was made; next: requite keys make --org {self.made.id}")
        elif not self.found:
            screen.say("no organisations yet")
        else:
            rows = [(found.id, found.name, moment_text(found.clock) if found.clock else "") for found in self.found]
            screen.table(("organisation", "name", "clock"), rows)


def _plain(found: Organisation) -> dict[str, Any]:
    return {
        "id": found.id,
        "name": found.name,
        "created_at": moment_text(found.created_at),
        "clock": moment_text(found.clock) if found.clock else None,
    }


def org(id: str | None, name: str | None) -> Organisations:
    """Make an organisation, or show those that there are."""
    with opened(may_make=id is not None) as database:
        if id is None:
            with database.reading() as session:
                return Organisations(tuple(organisations.organisations(session)))
        with database.writing() as session:
            made = organisations.create(session, id, name or id, who())
            return Organisations(tuple(organisations.organisations(session)), made)
