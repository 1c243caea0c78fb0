"""How the service comes to life: its store made ready, the first key, and the parts that work beside the requests."""

from __future__ import annotations

import gc
import multiprocessing
import os
import signal
import sys
import threading
from importlib import import_module
from pathlib import Path
from typing import Any, Final

from fastapi import FastAPI
from sqlalchemy import func, select

from requite.api.identity import STARTING, Role
from requite.api.service.app import create_app
from requite.api.service.logs import take_over
from requite.api.service.service import Service
from requite.api.service.settings import ServiceSettings
from requite.api.service.tracing import trace
from requite.api.store import keys, organisations
from requite.api.store.database import Database, open_database
from requite.api.store.schema import Organisation
from requite.api.store.upgrade import ready_or_problem
from requite.dsl.load import DEEPEST_CALLS

PARTS: Final[tuple[tuple[str, str], ...]] = (
    ("write-ahead", "requite.api.service.write_ahead:start"),
    ("live", "requite.api.live.catching_up:start"),
    ("challenges", "requite.api.challenges.desk:start"),
    ("jobs", "requite.api.jobs.runner:start"),
    ("webhooks", "requite.api.webhooks.deliverer:start"),
)
"""What works beside the requests, by name, and the function `start(service)` that makes it, in the order in which they start."""

FIRST_ORG: Final = "default"
BY: Final = STARTING
FIRST_KEY: Final = "first-key"
"""The file in the service's folder in which the first key stands."""


def prepare(settings: ServiceSettings) -> Path | None:
    """Make the store ready; of one that is new and the service's own, the path of the first key, which is an administrator's."""
    settings.home.mkdir(mode=0o700, parents=True, exist_ok=True)
    database = _opened(settings)
    try:
        return _first_key(database, settings.home) if settings.is_embedded else None
    finally:
        database.close()


def _opened(settings: ServiceSettings) -> Database:
    database = open_database(settings.url)
    try:
        refused = ready_or_problem(database)
    except BaseException:
        database.close()
        raise
    if refused is not None:
        database.close()
        raise refused
    return database


def _first_key(database: Database, home: Path) -> Path | None:
    with database.writing() as session:
        if session.scalar(select(func.count()).select_from(Organisation)):
            return None
        organisations.create(session, FIRST_ORG, FIRST_ORG, BY)
        _, secret = keys.issue(session, FIRST_ORG, "first key", Role.ADMIN, BY)
        return _write_secret(home / FIRST_KEY, secret)


def _write_secret(path: Path, secret: str) -> Path:
    """Write a secret where nobody else may read it."""
    beside = path.with_name(f".{path.name}.{os.getpid()}")
    with os.fdopen(os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
        file.write(secret + "\n")
    beside.replace(path)
    return path.absolute()


def make_service(settings: ServiceSettings) -> Service:
    """The service with its store open and all its parts at work."""
    prepare(settings)
    # One thread that checks a deep text would otherwise take back the room that another has been given.
    sys.setrecursionlimit(max(sys.getrecursionlimit(), DEEPEST_CALLS))
    service = Service(settings, _opened(settings))
    try:
        for name, where in PARTS:
            service.parts[name] = _starter(where)(service)
    except BaseException:
        service.close()
        raise
    return service


def _starter(where: str) -> Any:
    module, _, function = where.partition(":")
    return getattr(import_module(module), function)


def app() -> FastAPI:
    """The application as its environment says, for a process that serves it."""
    # Requests make much that is gone by itself, and what the service keeps is large: garbage is looked for rarely.
    gc.set_threshold(10_000, 50, 40)
    settings = ServiceSettings()
    take_over(settings.log_level)
    _end_with_parent()
    service = make_service(settings)
    made = create_app(service)
    trace(made, service.database.engine)
    return made


def _end_with_parent() -> None:
    """Let one of several processes stop when the one that supervises them is killed."""
    parent = multiprocessing.parent_process()
    if parent is not None:

        def wait() -> None:
            parent.join()
            os.kill(os.getpid(), signal.SIGTERM)

        threading.Thread(target=wait, name="with-parent", daemon=True).start()
