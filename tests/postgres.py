"""A PostgreSQL of the tests' own, where one is installed."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest


def free_port() -> int:
    with socket.socket() as opened:
        opened.bind(("127.0.0.1", 0))
        return int(opened.getsockname()[1])


def postgres_server(folder: Path) -> Iterator[str]:
    """The address, with user and password, of a server that keeps its data in a folder; skips the test where there is none."""
    pytest.importorskip("adbc_driver_postgresql")
    tools = [shutil.which(tool) for tool in ("initdb", "pg_ctl", "psql")]
    if None in tools:
        pytest.skip("PostgreSQL is not installed")
    user = ["runuser", "-u", "postgres", "--"] if os.geteuid() == 0 else []
    if user:
        shutil.chown(folder, "postgres")
        # Each process that tests has a folder of its own above this one: all of them must let the server through.
        top = Path(tempfile.gettempdir()).resolve()
        for parent in folder.resolve().parents:
            if parent == top:
                break
            parent.chmod(0o755)
    password = folder / "password"
    password.write_text("hush-hush")
    password.chmod(0o644)
    where, port = str(folder / "data"), str(free_port())

    def run(*command: str, check: bool = True) -> None:
        subprocess.run([*user, *command], check=check, capture_output=True, cwd=folder)

    def stop() -> None:
        run("pg_ctl", "-D", where, "-m", "immediate", "stop", check=False)

    try:
        run("initdb", "-D", where, "-A", "scram-sha-256", "-U", "reader", "--pwfile", str(password))
        run(
            "pg_ctl",
            "-D",
            where,
            "-w",
            "-l",
            str(folder / "log"),
            "-o",
            f"-p {port} -k {folder} -c listen_addresses=127.0.0.1",
            "start",
        )
    except (OSError, subprocess.CalledProcessError) as error:
        # It may have started all the same, on a machine that is slow to say so.
        stop()
        pytest.skip(f"PostgreSQL cannot be started: {error}")
    try:
        yield f"postgresql://reader:hush-hush@127.0.0.1:{port}/postgres"
    finally:
        stop()
