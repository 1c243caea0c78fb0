"""What the soak runs on: a service in processes of its own, its store, and the means to kill them."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, Final

import httpx

from requite.api.identity import Role
from requite.api.store import keys, organisations
from requite.api.store.database import Database, open_database
from requite.api.store.schema import Organisation
from requite.api.store.upgrade import upgrade
from tests.postgres import Server, free_port, postgres_server

ORG: Final = "soak"
BY: Final = "the soak"
FIRST_DAY: Final = datetime(2010, 8, 2, 9, tzinfo=UTC)
PROVIDERS: Final = ("RAX", "RBX", "RCX")

KEPT_SAFE: Final = ("fsync=off", "synchronous_commit=on", "full_page_writes=on", "max_connections=60", "shared_buffers=64MB")
"""What is committed outlives a server that is stopped at once; only a machine that loses its power could lose it."""

STARTING: Final = 60.0
"""Seconds that a service has until it is ready."""

MATCHER: Final = "requite.engine.live.worker"
RUN: Final = "requite.api.jobs.execute"
SERVING: Final = "multiprocessing.spawn"


@dataclass(frozen=True, slots=True)
class Process:
    """A process, told apart from a later one with the same number by when it began."""

    pid: int
    parent: int
    began: str
    command: str

    @property
    def lives(self) -> bool:
        return (found := _process(self.pid)) is not None and found.began == self.began

    def kill(self) -> bool:
        """Kill it, if it is still there."""
        if not self.lives:
            return False
        with suppress(ProcessLookupError):
            os.kill(self.pid, signal.SIGKILL)
            return True
        return False


def _process(pid: int) -> Process | None:
    try:
        _, _, rest = Path(f"/proc/{pid}/stat").read_text().rpartition(")")
        command = Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
    except OSError:
        return None
    state, parent, *fields = rest.split()
    return None if state == "Z" else Process(pid, int(parent), fields[17], command)


def descendants(pid: int) -> list[Process]:
    """The processes that come from one, those that they have started among them."""
    everything = [found for path in Path("/proc").glob("[0-9]*") if (found := _process(int(path.name))) is not None]
    known: set[int] = {pid}
    below: list[Process] = []
    while more := [one for one in everything if one.parent in known and one.pid not in known]:
        below += more
        known |= {one.pid for one in more}
    return below


@dataclass(eq=False)
class Stage:
    """A service that is started, killed and started again at the same address, and its store."""

    kind: str
    folder: Path
    url: str
    workers: int
    webhooks: str = "127.0.0.1"
    postgres: Server | None = None
    port: int = field(default_factory=free_port)
    process: subprocess.Popen[bytes] | None = None
    seen: set[Process] = field(default_factory=set)
    lock: threading.RLock = field(default_factory=threading.RLock)
    log: IO[bytes] | None = None

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def start(self) -> None:
        """Start the service, and wait until it is ready."""
        with self.lock:
            if self.log is None:
                self.log = (self.folder / "log").open("ab")
            command = [str(Path(sys.executable).with_name("requite")), "serve", "--port", str(self.port)]
            more = ["--workers", str(self.workers)] if self.workers > 1 else []
            self.process = subprocess.Popen(
                [*command, *more],
                stdout=self.log,
                stderr=self.log,
                env=self._environment(),
                cwd=self.folder,
                start_new_session=True,
            )
            self.wait_until_ready()

    def _environment(self) -> dict[str, str]:
        plain = {name: value for name, value in os.environ.items() if not name.startswith("REQUITE_")}
        return plain | {
            "REQUITE_HOME": str(self.folder / "home"),
            "REQUITE_DATABASE_URL": self.url,
            "REQUITE_ALLOW_CLOCK": "true",
            "REQUITE_REQUESTS_PER_MINUTE": "10000000",
            "REQUITE_MOST_RUNS": "20",
            "REQUITE_WEBHOOK_HOSTS": self.webhooks,
            "REQUITE_LOG_LEVEL": "WARNING",
        }

    def wait_until_ready(self) -> None:
        until = time.monotonic() + STARTING
        while time.monotonic() < until:
            with suppress(httpx.TransportError):
                if httpx.get(f"{self.address}/ready", timeout=5, trust_env=False).status_code == 200:
                    self.note()
                    return
            time.sleep(0.1)
        raise RuntimeError(f"the service was not ready in {STARTING:.0f} s; its log is {self.folder / 'log'}")

    def note(self) -> list[Process]:
        """The processes of the service, remembered so that none is left behind."""
        assert self.process is not None
        own = _process(self.process.pid)
        found = ([own] if own is not None else []) + descendants(self.process.pid)
        self.seen.update(found)
        return found

    def stop(self) -> None:
        """End the service as its owner would."""
        with self.lock:
            if self.process is not None:
                self.note()
                self.process.terminate()
                try:
                    self.process.wait(40)
                except subprocess.TimeoutExpired:
                    self.process.kill()
                    self.process.wait()
                self.process = None

    def close(self) -> list[str]:
        """Stop what runs; gives the processes that had to be killed since they outlived their service."""
        self.stop()
        until = time.monotonic() + 20
        while (left := [one for one in self.seen if one.lives]) and time.monotonic() < until:
            time.sleep(0.2)
        for one in left:
            one.kill()
        if self.log is not None:
            self.log.close()
            self.log = None
        return [one.command for one in left]

    # --- faults -------------------------------------------------------------------------------------------------------

    def kill_some(self, what: str, choose: float) -> bool:
        """Kill one of the processes whose command names this; false where there is none. `choose` from 0 to 1 says which."""
        found = [one for one in self.note() if what in one.command]
        return bool(found) and found[int(choose * len(found))].kill()

    def kill_service(self, choose: float) -> bool:
        """Kill a process that serves: of several one, which is started again by the one that watches over them."""
        if self.workers > 1:
            return self.kill_some(SERVING, choose)
        with self.lock:
            assert self.process is not None
            self.note()
            self.process.kill()
            self.process.wait()
            self.start()
        return True

    def restart(self) -> bool:
        """Restart the service, where the store is its own; else the server of the store, without letting it finish anything."""
        if self.postgres is None:
            with self.lock:
                self.stop()
                self.start()
            return True
        self.postgres.control("-m", "immediate", "stop")
        time.sleep(0.5)
        self.postgres.control("start")
        return True

    # --- the store ----------------------------------------------------------------------------------------------------

    def database(self) -> Database:
        return open_database(self.url)

    def furnish(self) -> dict[str, str]:
        """Make the tables, the organisation and its keys; gives the secrets by who calls."""
        (self.folder / "home").mkdir(mode=0o700)
        database = self.database()
        try:
            upgrade(database)
            with database.writing() as session:
                organisations.create(session, ORG, "Soak", BY)
                # A clock is never set back by those who use the service: the soak's begins in the past.
                session.get_one(Organisation, ORG).clock = FIRST_DAY
                who: dict[str, tuple[Role, str | None]] = {role.value: (role, None) for role in Role if role is not Role.HOSPITAL}
                who |= {provider: (Role.HOSPITAL, provider) for provider in PROVIDERS}
                return {name: keys.issue(session, ORG, name, role, BY, of)[1] for name, (role, of) in who.items()}
        finally:
            database.close()


@contextmanager
def stage(kind: str, folder: Path) -> Iterator[Stage]:
    """A stage with an empty store; whatever happens, nothing of it runs on."""
    if kind == "sqlite":
        yield from _played(Stage(kind, folder, f"sqlite:///{folder / 'store.db'}", workers=1))
        return
    servers = postgres_server(KEPT_SAFE)
    server = next(servers)
    try:
        address = server.address(server.create(), "postgresql+psycopg")
        yield from _played(Stage(kind, folder, address, workers=2, postgres=server))
    finally:
        servers.close()


def _played(made: Stage) -> Iterator[Stage]:
    try:
        yield made
    finally:
        made.close()
