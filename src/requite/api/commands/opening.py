"""The store that the environment names, as the commands that look after it open it."""

from __future__ import annotations

import getpass
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Final

from requite.api.answers import Refusal, WrongUse, refused
from requite.engine.reading.problems import DataProblem

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from requite.api.service.settings import ServiceSettings
    from requite.api.store.database import Database

# Nothing of the service is imported before it is known to be installed.
NEEDED: Final = ("alembic", "pydantic_settings", "sqlalchemy", "ulid")

RIGHT: Final = "Put the variable right, or leave it out."


def demand_service() -> None:
    """Refuse what needs more than is installed."""
    missing = [name for name in NEEDED if find_spec(name) is None]
    if missing:
        help = "Install it with `pip install 'requite[service]'`."
        raise refused("missing-extra", f"the store needs more than Requite alone: {', '.join(missing)} is not installed", help)


def settings() -> ServiceSettings:
    """What the environment says; Refusal where that cannot be meant."""
    from pydantic import ValidationError
    from pydantic_settings import SettingsError

    from requite.api.service.settings import ServiceSettings

    try:
        return ServiceSettings()
    except ValidationError as error:
        first = error.errors()[0]
        name = "REQUITE_" + "_".join(str(part) for part in first["loc"]).upper()
        raise refused("wrong-setting", f"{name}: {first['msg']}", RIGHT) from None
    except SettingsError as error:
        # It names the field within its words, and nowhere else.
        field = next(name for name in ServiceSettings.model_fields if f'"{name}"' in str(error))
        raise refused("wrong-setting", f"REQUITE_{field.upper()}: it is no JSON", RIGHT) from None


@contextmanager
def in_words() -> Iterator[None]:
    """What the store will not or cannot do, as the answer of a command."""
    from sqlalchemy.exc import DBAPIError

    from requite.api.store.database import is_full
    from requite.api.store.refusals import Refused

    try:
        yield
    except Refused as no:
        raise Refusal([DataProblem(no.code, no.message, help=no.help)], no.diagnostics) from None
    except DBAPIError as error:
        if is_full(error):
            raise refused("store-full", "the disk of the store is full", "Make room on it, and do it again.") from None
        # Without the statement and its values: they may hold what is for nobody's eyes.
        said = str(error.orig).strip().splitlines() or [type(error.orig).__name__]
        help = "REQUITE_HOME or REQUITE_DATABASE_URL say where it is."
        raise refused("store-away", f"the store cannot be used: {said[0]}", help) from None


@contextmanager
def connected() -> Iterator[Database]:
    """The store, whatever its schema; one that is a file is made where there is none."""
    from requite.api.store.database import open_database

    chosen = settings()
    with in_words():
        if chosen.database_url is None:
            chosen.home.mkdir(mode=0o700, parents=True, exist_ok=True)
        database = open_database(chosen.url)
        try:
            yield database
        finally:
            database.close()


@contextmanager
def opened(may_make: bool = False) -> Iterator[Database]:
    """The store, ready to be used; none is made or upgraded by the way, unless it `may_make` one that is a file of its own."""
    from requite.api.store.backup import file_of
    from requite.api.store.upgrade import state, upgrade

    chosen = settings()
    with in_words():
        missing = chosen.is_embedded and not file_of(chosen.url).is_file()
    if missing and not may_make:
        help = "REQUITE_HOME or REQUITE_DATABASE_URL say where it is; `requite serve` and `requite store upgrade` make one."
        raise refused("no-store", f"there is no store {_shown(chosen)}", help)
    with connected() as database:
        if missing:
            upgrade(database)
        stands = state(database)
        if stands != "ready":
            words = {"empty": "has no tables yet", "older": "is of an older Requite", "newer": "is of a newer Requite"}
            help = "Install the newer Requite." if stands == "newer" else "Run: requite store upgrade"
            raise refused("store-not-ready", f"the store {words.get(stands, 'is a database of something else')}", help)
        yield database


def _shown(chosen: ServiceSettings) -> Path | str:
    from requite.api.store.backup import file_of

    return file_of(chosen.url) if chosen.is_embedded else "there"


def org_of(session: Session, given: str | None) -> str:
    """The organisation that is meant: the one that is named, or the only one."""
    from requite.api.store.organisations import organisation, organisations

    if given is not None:
        return organisation(session, given).id
    there = [found.id for found in organisations(session)]
    if len(there) != 1:
        known = f": {', '.join(there[:20])}" if there else " yet; requite store org makes one"
        raise WrongUse(f"say with --org which organisation is meant{known if there else ': there is none' + known}")
    return there[0]


def who() -> str:
    """Who gives a command, as the audit log tells."""
    try:
        return f"{getpass.getuser()} at the command line"[:200]
    except (KeyError, OSError, ImportError):
        return "somebody at the command line"
