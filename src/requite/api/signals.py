"""Being stopped: Ctrl-C, a closed terminal, a supervisor that says stop."""

from __future__ import annotations

import signal
import sys
import time
from types import FrameType
from typing import Final

SIGNALLED: Final = 128
"""A command that a signal ended has this status plus the signal's number, as shells have it."""

_NAMES: Final = ("SIGINT", "SIGTERM", "SIGHUP")


class Signals:
    """The signal that asked the command to stop, if one did."""

    received: int = 0
    kept: bool = False
    """Whether the command kept what it had finished, for another to go on with."""

    told: str = ""
    """What is to be said of what the command had finished, where it had finished something."""

    _when: float = 0.0
    _installed: tuple[int, ...] = ()

    @classmethod
    def install(cls) -> None:
        """Let a signal end the command in order: as a KeyboardInterrupt, so that what is half written is taken away."""
        numbers = [getattr(signal, name) for name in _NAMES if hasattr(signal, name)]
        # A command that was started to outlive its terminal (nohup) stays deaf.
        cls._installed = tuple(number for number in numbers if signal.getsignal(number) is not signal.SIG_IGN)
        for number in cls._installed:
            signal.signal(number, cls._stop)

    @classmethod
    def leave(cls) -> None:
        """From here on, when all is done, a signal ends the process at once and without a word."""
        for number in cls._installed:
            signal.signal(number, signal.SIG_DFL)

    @classmethod
    def _stop(cls, number: int, _frame: FrameType | None) -> None:
        # Shells and supervisors send several at once: the first one's clearing up is not to be cut short by the next.
        again = cls.received and time.monotonic() - cls._when < 1
        cls.received, cls._when = number, time.monotonic()
        if not again:
            raise KeyboardInterrupt


def interrupted() -> int:
    """Say that the command was stopped; its exit status."""
    what = "what is finished is kept: --resume goes on from there" if Signals.kept else "nothing half written was left behind"
    sys.stderr.write(f"\nstopped: {Signals.told or what}\n")
    return SIGNALLED + (Signals.received or signal.SIGINT)
