"""A run's process from its start to its end: how far it is, whether it is still wanted, how long it takes and how much memory."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, Literal

from requite.engine.settings import memory_of

LOOK: Final = 0.1
"""Seconds between two looks at a process."""

GRACE: Final = 5.0
"""Seconds that a process has to stop in good order."""

BESIDE: Final = 700 * 10**6
"""Memory of a process besides what it may use for the data: the program itself and what readers need."""

End = Literal["done", "problems", "cancelled", "time", "memory", "closing", "lost", "broken"]


@dataclass(eq=False)
class Watched:
    """A process under watch, told by a `line` what to do, in a `folder`.

    `ask` is told the latest progress every now and then, and says why to stop, or nothing.
    """

    line: str
    memory: str
    seconds: float
    ask: Callable[[tuple[str, int, int] | None], End | None]
    folder: Path
    latest: tuple[str, int, int] | None = None
    problems: list[dict[str, Any]] = field(default_factory=list)
    said_done: bool = False
    process: int | None = None
    """Its number, while it lives."""

    def to_end(self) -> End:
        """Start it and watch it until it has ended; how it ended."""
        process = self._start()
        self.process = process.pid
        hearing = threading.Thread(target=self._hear, args=(process,), daemon=True)
        hearing.start()
        try:
            with suppress(OSError):
                assert process.stdin is not None
                process.stdin.write(self.line)
                process.stdin.flush()
            why = self._watch(process)
        finally:
            if process.poll() is None:
                process.kill()
            process.wait()
            self.process = None
            hearing.join()
            for pipe in (process.stdin, process.stdout):
                with suppress(OSError):
                    assert pipe is not None
                    pipe.close()
        if self.said_done:
            return "done"
        if why is not None:
            return why
        return "problems" if self.problems else "broken"

    def _start(self) -> subprocess.Popen[str]:
        # Nothing of the service's settings: they hold the store's password.
        environment = {name: value for name, value in os.environ.items() if not name.startswith("REQUITE_")}
        return subprocess.Popen(
            [sys.executable, "-P", "-m", "requite.api.jobs.execute"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            cwd=self.folder,
            env=environment,
            start_new_session=True,
            text=True,
            encoding="utf-8",
        )

    def _hear(self, process: subprocess.Popen[str]) -> None:
        assert process.stdout is not None
        for line in process.stdout:
            with suppress(ValueError, KeyError, TypeError):
                said = json.loads(line)
                if "progress" in said:
                    stage, done, total = said["progress"]
                    self.latest = str(stage), int(done), int(total)
                elif "problems" in said:
                    self.problems = list(said["problems"])
                elif "done" in said:
                    self.said_done = True

    def _watch(self, process: subprocess.Popen[str]) -> End | None:
        """Until it ends: nothing, or why it was stopped."""
        begun = time.monotonic()
        most = memory_of(self.memory) * 5 // 4 + BESIDE
        while process.poll() is None:
            why: End | None = self.ask(self.latest)
            if why is None and time.monotonic() - begun > self.seconds:
                why = "time"
            if why is None and memory_used(process.pid) > most:
                process.kill()
                return "memory"
            if why is not None:
                _end(process)
                return why
            with suppress(subprocess.TimeoutExpired):
                process.wait(LOOK)
        return None


def _end(process: subprocess.Popen[str]) -> None:
    process.send_signal(signal.SIGTERM)
    try:
        process.wait(GRACE)
    except subprocess.TimeoutExpired:
        process.kill()


def memory_used(process: int) -> int:
    """The memory that a process has at the moment, in bytes; 0 where the system does not say."""
    try:
        pages = int(Path(f"/proc/{process}/statm").read_text(encoding="ascii").split()[1])
        return pages * os.sysconf("SC_PAGE_SIZE")
    except (OSError, ValueError, IndexError, AttributeError):
        return 0
