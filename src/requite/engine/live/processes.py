"""Processes that take requests from their standard input and answer on their standard output, each with its length before it.

They end when their input does: so none outlives its parent.
"""

from __future__ import annotations

import contextlib
import os
import struct
import subprocess
import sys
from pathlib import Path
from typing import BinaryIO, Final

LENGTH: Final = struct.Struct(">I")
"""How the length of a request or an answer is written before it."""

GRACE: Final = 5.0
"""Seconds that a process has to end once it is asked to."""

SECRETS: Final = "REQUITE_"
"""What the names of settings begin with, which such a process has no need of."""


class Died(Exception):  # noqa: N818 -- it is what happened
    """The process is gone, or does not answer as it should."""


def started(module: str) -> subprocess.Popen[bytes]:
    """A process that runs a module, its standard error that of this one. It heeds no Ctrl-C: its parent ends it."""
    return subprocess.Popen(
        [sys.executable, "-P", "-m", module],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        start_new_session=True,
        env={name: value for name, value in os.environ.items() if not name.startswith(SECRETS)},
    )


def ended(process: subprocess.Popen[bytes]) -> None:
    """Wait until a process has ended, and let go of its pipes."""
    for pipe in (process.stdin, process.stdout):
        if pipe is not None:
            with contextlib.suppress(OSError):
                pipe.close()
    try:
        process.wait(GRACE)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def processor_seconds(process: int) -> float | None:
    """How long processors have worked for a process; None where the system does not say."""
    try:
        after_name = Path(f"/proc/{process}/stat").read_text(encoding="ascii", errors="replace").rpartition(")")[2].split()
        return (int(after_name[11]) + int(after_name[12])) / os.sysconf("SC_CLK_TCK")
    except (OSError, ValueError, IndexError, AttributeError):
        return None


def answers_apart() -> BinaryIO:
    """Where such a process answers. What else it prints goes to its standard error, and comes not between the answers."""
    answers = os.fdopen(os.dup(sys.stdout.fileno()), "wb")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    return answers
