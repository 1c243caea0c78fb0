"""Copies of a store that is one file, made while it is used; and a store made of such a copy."""

from __future__ import annotations

import os
import sqlite3
from contextlib import closing, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from sqlalchemy.exc import DBAPIError

from requite.api.store.database import BUSY_SECONDS, address_of, is_full, open_database
from requite.api.store.refusals import Refused
from requite.api.store.upgrade import revision, state
from requite.engine.full_disk import is_full_disk

PAGES: Final = 2000
"""Pages that are copied before others get their turn."""


@dataclass(frozen=True, slots=True)
class Copied:
    """A copy of a store: where it is, how large, and of which revision."""

    path: Path
    bytes: int
    revision: str


def file_of(url: str) -> Path:
    """The file in which a store is kept; Refused where it is in PostgreSQL, or nowhere."""
    address = address_of(url)
    if address.get_backend_name() != "sqlite":
        help = "Use pg_dump and pg_restore: see Operations in the documentation."
        raise Refused("cannot-back-up", "this store is in PostgreSQL, which has tools of its own for that", help)
    if address.database in (None, "", ":memory:") or address.query:
        raise Refused("cannot-back-up", "this store is in no file")
    return Path(address.database or "").absolute()


def backup(url: str, to: Path) -> Copied:
    """Copy a store that may be in use into a new file: as it is at one moment, whole, or not at all."""
    store = file_of(url)
    if not store.is_file():
        raise Refused("no-store", f"there is no store {store}", "REQUITE_HOME or REQUITE_DATABASE_URL say where it is.")
    return _copy(store, to)


def restore(url: str, copy: Path) -> Copied:
    """Make a store of a copy, where there is none; a store that is there is never overwritten."""
    store = file_of(url)
    if not copy.is_file():
        raise Refused("no-store", f"there is no file {copy}", "Name the copy that requite store backup made.")
    left = [path for end in ("", "-wal", "-shm", "-journal") if (path := Path(f"{store}{end}")).exists()]
    if left:
        help = "Stop the service and move it away first, with all files whose names begin so."
        raise Refused("store-there", f"there is a store already: {left[0]}", help)
    store.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    return _copy(copy, store)


def _copy(source: Path, to: Path) -> Copied:
    if to.exists():
        raise Refused("store-there", f"{to} is there already", "Choose another name: nothing is overwritten.")
    half = to.with_name(f".{to.name}.{os.getpid()}.part")
    try:
        # Made first, so that nobody else can ever read it.
        os.close(os.open(half, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
        found = _copy_pages(source, half)
        _settle(half, to)
    except (sqlite3.DatabaseError, DBAPIError, OSError) as error:
        if is_full(error) or is_full_disk(error):
            help = "Make room there, or name a file on another disk."
            raise Refused("no-room", f"the disk is full: there is no room for {to}", help) from None
        if isinstance(error, sqlite3.DatabaseError):
            raise Refused("not-a-store", f"{source} is no store, or a damaged one: {error}") from None
        raise
    finally:
        for end in ("", "-wal", "-shm", "-journal"):
            Path(f"{half}{end}").unlink(missing_ok=True)
    return Copied(to, to.stat().st_size, found)


def _copy_pages(source: Path, to: Path) -> str:
    """Copy and look at the copy; the revision that it has."""
    with closing(_reading(source)) as origin, closing(sqlite3.connect(to, timeout=BUSY_SECONDS)) as copy:
        origin.backup(copy, pages=PAGES)
        # One file alone, without a log beside it that could be forgotten.
        copy.execute("PRAGMA journal_mode=DELETE")
        sound = copy.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        sound = sound and copy.execute("PRAGMA foreign_key_check").fetchone() is None
    if not sound:
        raise Refused("not-a-store", f"{source} is damaged")
    database = open_database(f"sqlite:///{to}")
    try:
        stands, found = state(database), revision(database)
    finally:
        database.close()
    if stands in ("empty", "foreign") or found is None:
        raise Refused("not-a-store", f"{source} is no store")
    if stands == "newer":
        raise Refused("store-newer", f"{source} is of a newer Requite than this one", "Install the newer Requite.")
    return found


def _reading(path: Path) -> sqlite3.Connection:
    return sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True, timeout=BUSY_SECONDS)


def _settle(half: Path, to: Path) -> None:
    """Give a finished file its name, unless somebody else has taken that meanwhile."""
    with half.open("rb") as file:
        os.fsync(file.fileno())
    try:
        os.link(half, to)
    except FileExistsError:
        raise Refused("store-there", f"{to} is there already", "Choose another name: nothing is overwritten.") from None
    except OSError:
        # Some file systems have no links.
        half.rename(to)
    with suppress(OSError):
        folder = os.open(to.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)
