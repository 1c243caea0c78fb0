"""A command as a whole process of its own: how long it took, how much memory was resident at most, how much it spilled to disk."""

from __future__ import annotations

import os
import platform
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).parents[1]
LOOK_EVERY: Final = 0.1
ALONE: Final = "alone.json"
"""Where a peer notes how long its engine alone took."""


class CommandError(Exception):
    """A measured command did not end well; the message is what it said."""


@dataclass(frozen=True, slots=True)
class Run:
    """One run of one command. `spilled_mb` is what it kept on disk beside its results, at most."""

    seconds: float
    cpu_seconds: float
    memory_mb: float
    spilled_mb: float


def measure(command: Sequence[str], folder: Path) -> Run:
    """Run a command that works below a folder; the operating system's own account of the finished process."""
    (folder / "tmp").mkdir(parents=True, exist_ok=True)
    most, done = [0], threading.Event()
    watcher = threading.Thread(target=_watch, args=(folder, most, done), daemon=True)
    watcher.start()
    started = time.perf_counter()
    with (folder / "said.txt").open("w+b") as said:
        child = subprocess.Popen(
            command, cwd=ROOT, env={**surroundings(), "TMPDIR": str(folder / "tmp")}, stdout=said, stderr=subprocess.STDOUT
        )
        _, status, used = os.wait4(child.pid, 0)
        seconds = time.perf_counter() - started
        child.returncode = os.waitstatus_to_exitcode(status)
        done.set()
        watcher.join()
        if child.returncode:
            said.seek(0)
            words = said.read().decode(errors="replace")[-2000:]
            raise CommandError(f"{' '.join(command)} ended with {child.returncode}:\n{words}")
    kilobytes = used.ru_maxrss / 1024 if sys.platform == "darwin" else used.ru_maxrss
    kept = _size(folder / "out")
    shutil.rmtree(folder / "tmp", ignore_errors=True)
    return Run(seconds, used.ru_utime + used.ru_stime, kilobytes / 1024, max(0, most[0] - kept) / 1e6)


def surroundings() -> dict[str, str]:
    """The environment of what is measured: Python may keep the modules that it has compiled, as it does of installed packages."""
    return {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}


def helper(module: str, *arguments: str) -> None:
    """Run a module of ours on the side. What this process has in memory counts as every child's, so it takes up little itself."""
    done = subprocess.run([sys.executable, "-m", f"benchmarks.{module}", *arguments], cwd=ROOT, capture_output=True, text=True)
    if done.returncode:
        raise CommandError(f"benchmarks.{module}: {done.stderr or done.stdout}")


def _watch(folder: Path, most: list[int], done: threading.Event) -> None:
    while not done.wait(LOOK_EVERY):
        most[0] = max(most[0], _size(folder))


def _size(folder: Path) -> int:
    """Bytes below a folder; files come and go while one looks."""
    total = 0
    for base, _, names in os.walk(folder):
        for name in names:
            try:
                total += os.lstat(os.path.join(base, name)).st_size  # noqa: PTH118 -- a path object a file would cost more
            except FileNotFoundError:
                continue
    return total


def best(runs: Sequence[Run]) -> Run:
    """The fastest run's time; the most memory and disk of any."""
    fastest = min(runs, key=lambda run: run.seconds)
    return Run(fastest.seconds, fastest.cpu_seconds, max(run.memory_mb for run in runs), max(run.spilled_mb for run in runs))


def machine() -> dict[str, str | int | float]:
    """What it was measured on."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 1e9
    return {
        "system": platform.system(),
        "architecture": platform.machine(),
        "processors": os.cpu_count() or 1,
        "memory_gb": round(memory, 1),
        "python": platform.python_version(),
    }
