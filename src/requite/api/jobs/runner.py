"""What works on runs beside the requests: takes them from the queue, each into a process of its own, and sees them to their end."""

from __future__ import annotations

import shutil
import sys
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import IO, Any, Final, TypeVar

from sqlalchemy import func, select
from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError

from requite.api.jobs import queue
from requite.api.jobs.execute import Work, no_room
from requite.api.jobs.inputs import sources_for_run
from requite.api.jobs.places import remove_partials, run_folder, scratch_folder, texts_folder, uploads_folder
from requite.api.jobs.streams import streams_of
from requite.api.jobs.told import told_problems
from requite.api.jobs.uploads import ACTIVE
from requite.api.jobs.watching import End, Watched
from requite.api.service.logs import logger, where
from requite.api.service.problems import Problem
from requite.api.service.service import Service
from requite.api.service.settings import ServiceSettings
from requite.api.store.columns import new_id
from requite.api.store.refusals import Refused
from requite.api.store.schema import RulesetVersion, Run
from requite.api.store.versions import version_of, write_texts
from requite.engine.folder_names import NAME
from requite.engine.full_disk import is_full_disk
from requite.engine.manifest import read_manifest
from requite.engine.reading.problems import DataError, DataProblem

if sys.platform != "win32":
    import fcntl

PAUSE: Final = 0.5
"""Seconds between two looks into an empty queue, and between two tellings of progress."""

BEAT: Final = 5.0
"""Seconds between two signs of life."""

ROUND: Final = 5.0
"""Seconds between two looks for runs whose holder is gone."""

DAY: Final = 24 * 3600
"""Seconds after which nobody still writes to a file."""

T = TypeVar("T")


def start(service: Service) -> Pool:
    """The part of the service that works on runs."""
    streams_of(service)
    pool = Pool(service)
    pool.start()
    return pool


@dataclass(eq=False)
class Pool:
    """Works on runs, as long as no other process does so for the same folder: of several services, the others stand by."""

    service: Service
    holder: queue.Holder = field(default_factory=queue.Holder.here)
    stopping: threading.Event = field(default_factory=threading.Event)
    wake: threading.Event = field(default_factory=threading.Event)
    threads: list[threading.Thread] = field(default_factory=list)
    watched: dict[str, Watched] = field(default_factory=dict)
    """The runs that are under way, by their ids."""

    restarts: int = 0
    """Processes that came to a sudden end."""

    @cached_property
    def log(self) -> Any:
        return logger(self.service.settings.log_level)

    def gauges(self) -> dict[str, int]:
        """How many runs wait and run, and how often a process came to a sudden end."""
        with self.service.database.reading() as session:
            counted = dict(session.execute(select(Run.state, func.count()).where(Run.state.in_(ACTIVE)).group_by(Run.state)).all())
        return {"queued": counted.get("queued", 0), "running": counted.get("running", 0), "broken": self.restarts}

    def start(self) -> None:
        keeper = threading.Thread(target=self._keep, name="requite-jobs", daemon=True)
        self.threads.append(keeper)
        keeper.start()

    def close(self) -> None:
        """Stop; what is under way is given back to the queue, its finished parts kept."""
        self.stopping.set()
        self.wake.set()
        for thread in list(self.threads):
            thread.join()

    # --- keeping ---

    def _keep(self) -> None:
        with _alone(self.service.settings.home.absolute() / "jobs.lock", self.stopping) as alone:
            if not alone:
                return
            workers = [
                threading.Thread(target=self._work, name=f"requite-job-{i}", daemon=True)
                for i in range(self.service.settings.job_workers)
            ]
            _sweep(self.service)
            for worker in workers:
                worker.start()
            while not self.stopping.is_set():
                with suppress(DBAPIError):
                    for ended in queue.take_back(self.service.database, self.holder):
                        remove_partials(self.service.settings, ended.org, ended.id)
                self.stopping.wait(ROUND)
            for worker in workers:
                worker.join()

    def _work(self) -> None:
        while not self.stopping.is_set():
            taken = None
            with suppress(DBAPIError):
                taken = queue.take(self.service.database, self.holder)
            if taken is None:
                self.wake.wait(PAUSE)
                if not self.stopping.is_set():
                    self.wake.clear()
                continue
            try:
                Handling(self, taken).to_end()
            except Exception as error:
                self.log.error("run not handled", run=taken.id, org=taken.org, fault=type(error).__name__, where=where(error))
                self._patiently(lambda taken=taken: queue.give_back(self.service.database, self.holder, taken, True))  # type: ignore[misc]

    def _patiently(self, what: Callable[[], T]) -> T | None:
        """Do something in the store, again and again while the store is away."""
        while True:
            try:
                return what()
            except (OperationalError, InterfaceError):
                if self.stopping.is_set():
                    return None
                self.stopping.wait(PAUSE)


class _alone:  # noqa: N801 - it reads as a sentence where it is used
    """Being the only one that works on runs in a folder; false where it was stopped while another does."""

    def __init__(self, path: Path, stopping: threading.Event) -> None:
        self.path, self.stopping = path, stopping
        self.file: IO[str] | None = None

    def __enter__(self) -> bool:
        self.path.parent.mkdir(parents=True, exist_ok=True)
        self.file = self.path.open("a", encoding="utf-8")
        while not self.stopping.is_set():
            if sys.platform == "win32":
                return True
            try:
                fcntl.flock(self.file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError:
                self.stopping.wait(PAUSE)
            else:
                return True
        return False

    def __exit__(self, *_: object) -> None:
        if self.file is not None:
            self.file.close()


# --- a run ------------------------------------------------------------------------------------------------------------


@dataclass(eq=False)
class Handling:
    """A run that was taken, on its way to its end."""

    pool: Pool
    taken: queue.Taken
    told: tuple[str, int, int] | None = None
    told_at: float = 0.0
    beaten_at: float = 0.0
    texts: Path = Path()
    """Where the texts of its ruleset lie."""

    @property
    def service(self) -> Service:
        return self.pool.service

    @property
    def folder(self) -> Path:
        return run_folder(self.service.settings, self.taken.org, self.taken.id)

    def to_end(self) -> None:
        """Run it, unless an earlier try has finished it and did not live to say so."""
        if (self.folder / NAME).is_file():
            return self._done()
        try:
            work = self.pool._patiently(self._work)
        except DataError as error:
            return self._failed([one.to_json() for one in told_problems(error.problems, self.service.settings)])
        except Problem as problem:
            return self._failed([_told(problem.code, problem.detail, problem.help)])
        except Refused as refused:
            return self._failed([_told(refused.code, refused.message, refused.help)])
        except OSError as error:
            if not is_full_disk(error):
                raise
            return self._failed([no_room().to_json()])
        if work is None:
            return None
        watched = Watched(work.line(), work.memory, self.service.settings.run_seconds, self._ask, self.texts)
        self.pool.watched[self.taken.id] = watched
        try:
            end = watched.to_end()
        finally:
            del self.pool.watched[self.taken.id]
        return self._ended(end, watched)

    def _work(self) -> Work:
        """What the process is told."""
        settings = self.service.settings
        with self.service.database.reading() as session:
            run = session.scalar(select(Run).where(Run.id == self.taken.id, Run.org == self.taken.org))
            if run is None:
                raise Problem(404, "not-found", "the run is no longer there")
            version = version_of(session, run.org, run.version)
            self.texts = _written_texts(settings, version)
            inputs = sources_for_run(self.service, session, run.org, run.inputs)
            before = run.options.get("brought_forward")
            return Work(
                main=version.main,
                texts=dict(version.texts),
                inputs=inputs,
                out=str(self.folder),
                known=run.known.isoformat(),
                brought_forward=str(run_folder(settings, run.org, before)) if before else None,
                engine=run.options.get("engine", "duckdb"),
                memory=settings.run_memory,
                check_engines=run.options.get("check_engines", 0),
            )

    def _ask(self, progress: tuple[str, int, int] | None) -> End | None:
        """Tell the store how far it is, at most twice a second; why to stop, or nothing."""
        if self.pool.stopping.is_set():
            return "closing"
        moment = time.monotonic()
        if moment - self.told_at < PAUSE:
            return None
        self.told_at = moment
        database, news = self.service.database, progress if progress != self.told else None
        with suppress(DBAPIError):
            if news is None and moment - self.beaten_at < BEAT:
                return "cancelled" if queue.is_cancelled(database, self.taken) else None
            answer = queue.beat(database, self.pool.holder, self.taken, news)
            self.told, self.beaten_at = progress, moment
            return "cancelled" if answer == "cancel" else "lost" if answer == "lost" else None
        return None

    def _ended(self, end: End, watched: Watched) -> None:
        settings = self.service.settings
        match end:
            case "done":
                self._done()
            case "problems":
                self._failed(_scrubbed(watched.problems, self.service))
            case "cancelled":
                self._finish("cancelled")
            case "time":
                message = f"the run took longer than the {settings.run_seconds:,} seconds that it may"
                self._failed([_told("too-long", message, "Run it on less data at a time.")])
            case "memory":
                message = f"the run needed more memory than it may use ({settings.run_memory})"
                self._failed([_told("out-of-memory", message, "Run it on less data at a time.")])
            case "closing" | "broken":
                self.pool.restarts += end == "broken"
                ended = self.pool._patiently(
                    lambda: queue.give_back(self.service.database, self.pool.holder, self.taken, end == "broken")
                )
                if ended:
                    remove_partials(settings, self.taken.org, self.taken.id)
            case "lost":
                self.pool.log.warning("run lost to another holder", run=self.taken.id, org=self.taken.org)

    def _done(self) -> None:
        self._finish("done", manifest=dict(read_manifest(self.folder)))

    def _failed(self, problems: list[dict[str, Any]]) -> None:
        self._finish("failed", problems=problems)

    def _finish(self, state: str, manifest: dict[str, Any] | None = None, problems: list[dict[str, Any]] | None = None) -> None:
        ours = self.pool._patiently(
            lambda: queue.finish(self.service.database, self.pool.holder, self.taken, state, manifest, problems or [])
        )
        if ours:
            remove_partials(self.service.settings, self.taken.org, self.taken.id)
            if state != "done":
                shutil.rmtree(self.folder, ignore_errors=True)
            self.pool.log.info("run ended", run=self.taken.id, org=self.taken.org, state=state)


def _written_texts(settings: ServiceSettings, version: RulesetVersion) -> Path:
    """The folder of a version's texts: its process works in it, so that a table beside the ruleset is found by its name."""
    folder = texts_folder(settings, version.org, version.id)
    if not folder.is_dir():
        partial = folder.with_name(f".{folder.name}.{new_id()}")
        try:
            partial.mkdir(parents=True, mode=0o700)
            write_texts(version, partial)
            partial.rename(folder)
        except OSError:
            shutil.rmtree(partial, ignore_errors=True)
            # It is there where another thread was first: a version's texts never change.
            if not folder.is_dir():
                raise
    return folder


def _sweep(service: Service) -> None:
    """Take away what processes that were killed have left half written."""
    settings = service.settings
    old = time.time() - DAY
    left = [*scratch_folder(settings).glob("*"), *uploads_folder(settings).glob("*/*.part")]
    for path in left:
        with suppress(OSError):
            if path.is_file() and path.stat().st_mtime < old:
                path.unlink()


def _told(code: str, message: str, help: str = "") -> dict[str, Any]:
    return DataProblem(code, message, help=help).to_json()


def _scrubbed(problems: list[dict[str, Any]], service: Service) -> list[dict[str, Any]]:
    shown = [DataProblem(**one) for one in problems]
    return [one.to_json() for one in told_problems(shown, service.settings)]
