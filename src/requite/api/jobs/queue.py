"""The queue of runs: the table of runs itself.

A queue beside it would hand over a task and forget it before it is done, so that a killed worker would lose it, and would have to
agree with the table all the time. The row is taken in one transaction, by one worker; whoever holds it says so again and again,
and each later change is made only by the one who still holds it.
"""

from __future__ import annotations

import os
import socket
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from requite.api.identity import QUEUE
from requite.api.store.audit import record
from requite.api.store.columns import new_id
from requite.api.store.database import Database
from requite.api.store.events import emit
from requite.api.store.schema import Run

MOST_ATTEMPTS: Final = 3
STALE: Final = timedelta(seconds=30)
"""After so long without a word, whoever worked on a run is taken to be gone."""

BY: Final = QUEUE
"""Who does what the service does by itself."""


@dataclass(frozen=True, slots=True)
class Holder:
    """Who works on runs: a process of this machine, told from a later one of the same number."""

    host: str
    process: int
    token: str

    @classmethod
    def here(cls) -> Holder:
        return cls(socket.gethostname().replace("/", "_")[:100], os.getpid(), new_id())

    def __str__(self) -> str:
        return f"{self.host}/{self.process}/{self.token}"


@dataclass(frozen=True, slots=True)
class Taken:
    """A run that is held."""

    id: str
    org: str
    attempts: int


def take(database: Database, holder: Holder) -> Taken | None:
    """Take the run that has waited longest; None where none waits."""
    waiting = select(Run).where(Run.state == "queued").order_by(Run.created_at, Run.id).limit(1)
    with database.reading() as session:
        if session.scalar(waiting) is None:
            return None
    with database.writing() as session:
        run = session.scalar(waiting.with_for_update(skip_locked=True))
        if run is None:
            return None
        moment = datetime.now(UTC)
        run.state, run.worker, run.beats = "running", str(holder), moment
        run.started_at = run.started_at or moment
        run.attempts += 1
        run.stage, run.done, run.total = "beginning", 0, 0
        return Taken(run.id, run.org, run.attempts)


def beat(database: Database, holder: Holder, taken: Taken, progress: tuple[str, int, int] | None) -> str:
    """Say that a run is still held, and how far it is: `held`, `cancel` where it is to be stopped, or `lost`."""
    values: dict[str, Any] = {"beats": datetime.now(UTC)}
    if progress is not None:
        values |= {"stage": progress[0][:200], "done": progress[1], "total": progress[2]}
    with database.writing() as session:
        changed = session.execute(update(Run).where(*_held(holder, taken)).values(**values).returning(Run.cancel)).first()
    if changed is None:
        return "lost"
    return "cancel" if changed[0] else "held"


def is_cancelled(database: Database, taken: Taken) -> bool:
    """Whether somebody wants a run to stop."""
    with database.reading() as session:
        return bool(session.scalar(select(Run.cancel).where(Run.id == taken.id)))


def finish(
    database: Database,
    holder: Holder,
    taken: Taken,
    state: str,
    manifest: Mapping[str, Any] | None = None,
    problems: Sequence[Mapping[str, Any]] = (),
) -> bool:
    """Put down how a run ended, once: False where somebody else holds it by now."""
    with database.writing() as session:
        run = session.scalar(select(Run).where(*_held(holder, taken)).with_for_update())
        if run is None:
            return False
        end(session, run, state, manifest, problems)
        return True


def end(
    session: Session,
    run: Run,
    state: str,
    manifest: Mapping[str, Any] | None = None,
    problems: Sequence[Mapping[str, Any]] = (),
    by: str = BY,
) -> None:
    """Put down how a run ended, with its entry in the audit log and its event."""
    run.state, run.worker, run.beats = state, "", None
    # How far the last stage was is nothing to tell of the whole, and depends on when it was looked at.
    run.stage, run.done, run.total = "", 0, 0
    run.finished_at = datetime.now(UTC)
    run.manifest = dict(manifest) if manifest is not None else None
    run.problems = [dict(one) for one in problems] or None
    session.flush()
    detail = {"ruleset": run.ruleset, "version": run.version, "state": state}
    action = "run.cancelled" if state == "cancelled" else "run.finished"
    record(session, run.org, by, action, run.id, detail | {"attempts": run.attempts})
    emit(session, run.org, "run.finished", run.id, detail)


def give_back(database: Database, holder: Holder, taken: Taken, counted: bool) -> bool:
    """Let somebody take up a run again; the attempt counts unless it was broken off in good order. Whether it ends with that."""
    with database.writing() as session:
        run = session.scalar(select(Run).where(*_held(holder, taken)).with_for_update())
        return run is not None and _back(session, run, counted)


def take_back(database: Database, holder: Holder) -> list[Taken]:
    """Let runs be taken up again whose holder is gone; those that end with that."""
    running = select(Run).where(Run.state == "running")
    with database.reading() as session:
        if not any(_is_gone(run, holder) for run in session.scalars(running)):
            return []
    with database.writing() as session:
        gone = [run for run in session.scalars(running.with_for_update(skip_locked=True)) if _is_gone(run, holder)]
        return [Taken(run.id, run.org, run.attempts) for run in gone if _back(session, run, counted=True)]


def _back(session: Session, run: Run, counted: bool) -> bool:
    """Put a run back into the queue; or end it, and say so."""
    if not counted:
        run.attempts -= 1
    if run.cancel:
        end(session, run, "cancelled")
    elif run.attempts >= MOST_ATTEMPTS:
        end(session, run, "failed", problems=[too_often()])
    else:
        run.state, run.worker, run.beats, run.stage = "queued", "", None, "waiting to be taken up again"
        return False
    return True


def too_often() -> dict[str, Any]:
    message = f"the process of the run came to a sudden end {MOST_ATTEMPTS} times"
    help = "It may need more memory than there is: run it on less data at a time."
    return {"code": "stopped", "record": "", "file": "", "message": message, "help": help, "detail": {}}


def _held(holder: Holder, taken: Taken) -> tuple[Any, ...]:
    # The attempt, too: a holder may have lost a run, and taken it again since.
    return Run.id == taken.id, Run.worker == str(holder), Run.state == "running", Run.attempts == taken.attempts


def _is_gone(run: Run, holder: Holder) -> bool:
    if run.worker == str(holder):
        return False
    if run.beats is None or datetime.now(UTC) - run.beats > STALE:
        return True
    host, _, rest = run.worker.partition("/")
    process, _, token = rest.partition("/")
    if host != holder.host or token == holder.token or not process.isdecimal():
        return False
    return int(process) == holder.process or not _lives(int(process))


def _lives(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except OSError:
        return True
    return True
