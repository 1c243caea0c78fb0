"""A PostgreSQL of the tests' own: one server for each process that tests, a database of its own for each test that wants one."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Generator, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Final

import pytest

NEEDED: Final = "REQUITE_TESTS_NEED_POSTGRES"
"""Set where a PostgreSQL that cannot be started is a failure, not a reason to leave tests out."""

PREFIX: Final = "requite-pg-"
"""How the folders of servers begin, in the folder for what is temporary; the number of the process that tests comes next."""

USER: Final = "reader"
PASSWORD: Final = "hush-hush"

FAST: Final = ("fsync=off", "synchronous_commit=off", "full_page_writes=off", "max_connections=60", "shared_buffers=32MB")
"""What only a server may do whose data nobody misses."""


def free_port() -> int:
    with socket.socket() as opened:
        opened.bind(("127.0.0.1", 0))
        return int(opened.getsockname()[1])


def tool(name: str) -> str | None:
    """Where a program of PostgreSQL is. Debian keeps those of each version in a folder of their own; the newest is taken."""
    folders = Path("/usr/lib/postgresql").glob("*/bin")
    newest = sorted(folders, key=lambda folder: int(folder.parent.name) if folder.parent.name.isdigit() else 0, reverse=True)
    found = [str(folder / name) for folder in newest if (folder / name).is_file()]
    return found[0] if found else shutil.which(name)


@dataclass(frozen=True, eq=False)
class Server:
    """A server that runs. Its address has a password, which nothing may show."""

    folder: Path
    port: int
    numbers: Iterator[int]
    settings: Sequence[str] = FAST

    @property
    def data(self) -> Path:
        return self.folder / "data"

    def address(self, database: str = "postgres", scheme: str = "postgresql") -> str:
        return f"{scheme}://{USER}:{PASSWORD}@127.0.0.1:{self.port}/{database}"

    def run(self, *command: str, check: bool = True) -> str:
        """What a program of PostgreSQL says, run against this server."""
        where = {"PGHOST": "127.0.0.1", "PGPORT": str(self.port), "PGUSER": USER, "PGPASSWORD": PASSWORD}
        program = tool(command[0])
        assert program is not None, f"{command[0]} is not installed"
        done = subprocess.run([program, *command[1:]], capture_output=True, text=True, env={**os.environ, **where}, check=False)
        assert not check or done.returncode == 0, done.stderr
        return done.stdout

    @contextmanager
    def fresh(self, template: str = "template1") -> Iterator[str]:
        """The name of a new database, which is gone afterwards."""
        name = self.create(template)
        try:
            yield name
        finally:
            self.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')

    def create(self, template: str = "template1") -> str:
        name = f"t{next(self.numbers)}"
        self.execute(f'CREATE DATABASE "{name}" TEMPLATE "{template}"')
        return name

    def execute(self, *statements: str) -> None:
        psycopg = pytest.importorskip("psycopg")
        with psycopg.connect(self.address(), autocommit=True) as connection:
            for statement in statements:
                connection.execute(statement)

    def control(self, *words: str, check: bool = True) -> None:
        """Have the server started, stopped or restarted."""
        options = f"-p {self.port} -k {self.folder} -c listen_addresses=127.0.0.1 " + " ".join(
            f"-c {item}" for item in self.settings
        )
        told = ["-l", str(self.folder / "log"), "-o", options] if words[-1] in ("start", "restart") else []
        _as_postgres(self.folder, "pg_ctl", "-D", str(self.data), "-w", *told, *words, check=check)


def _as_postgres(folder: Path, program: str, *arguments: str, check: bool = True) -> None:
    """Run a program as the user that PostgreSQL insists on: it will not serve root."""
    user = ["runuser", "-u", "postgres", "--"] if os.geteuid() == 0 else []
    command: Sequence[str] = [*user, tool(program) or program, *arguments]
    subprocess.run(command, check=check, capture_output=True, cwd=folder)


def postgres_server(settings: Sequence[str] = FAST) -> Generator[Server, None, None]:
    """A server with a folder of its own; skips the test where there is none."""
    if None in [tool(name) for name in ("initdb", "pg_ctl")]:
        _do_without("PostgreSQL is not installed")
    _clear_away()
    # Not in pytest's folder: each pytest that starts takes it away from all other users, and the server is one.
    folder = Path(tempfile.mkdtemp(prefix=f"{PREFIX}{os.getpid()}-")).resolve()
    server = Server(folder, free_port(), count(1), settings)
    try:
        _start(server)
        yield server
    finally:
        server.control("-m", "immediate", "stop", check=False)
        shutil.rmtree(folder, ignore_errors=True)


def _start(server: Server) -> None:
    if os.geteuid() == 0:
        shutil.chown(server.folder, "postgres")
    password = server.folder / "password"
    password.write_text(PASSWORD)
    password.chmod(0o644)
    try:
        _as_postgres(
            *(server.folder, "initdb", "-D", str(server.data), "-A", "scram-sha-256", "-U", USER, "--pwfile", str(password)),
            *("-E", "UTF8", "--locale", "C", "--no-sync"),
        )
        server.control("start")
    except (OSError, subprocess.CalledProcessError) as error:
        # It may have started all the same, on a machine that is slow to say so: it is stopped in any case.
        _do_without(f"PostgreSQL cannot be started: {error}")


def _do_without(why: str) -> None:
    if os.environ.get(NEEDED):
        pytest.fail(why)
    pytest.skip(why)


def _clear_away() -> None:
    """Stop servers whose tests were killed, and remove what they left."""
    for folder in Path(tempfile.gettempdir()).glob(f"{PREFIX}*"):
        process = folder.name.removeprefix(PREFIX).partition("-")[0]
        if process.isdigit() and not _lives(int(process)):
            Server(folder, 0, count()).control("-m", "immediate", "stop", check=False)
            shutil.rmtree(folder, ignore_errors=True)


def _lives(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        pass
    return True
