"""The entry point of the command line: it imports next to nothing, so that a command can be stopped in order from the first."""

from __future__ import annotations

import atexit
import gc
import os
import sys
from contextlib import suppress

from requite.api.signals import Signals, interrupted


def _leave(status: int) -> None:
    """End the process in order, but for libraries, which would complain of what an interruption left in their hands."""
    with suppress(OSError, ValueError):
        sys.stdout.flush()
    with suppress(OSError, ValueError):
        sys.stderr.flush()
    atexit._run_exitfuncs()
    os._exit(status)


def command() -> None:
    """The process of a command, from start to end.

    What it has written is whole by then: to take all modules apart would be an eighth of the time of a small run.
    """
    _leave(main())


def main() -> int:
    """Run the command that the process was started with, and give its exit status."""
    # A command is over before there is garbage worth looking for, and looking takes a tenth of the time of a large ruleset.
    gc.disable()
    Signals.install()
    try:
        import logging

        from requite.api.app import run

        # What libraries log of themselves, tracebacks among it, is for nobody who runs a command.
        logging.getLogger().addHandler(logging.NullHandler())
        return run(sys.argv[1:])
    except KeyboardInterrupt:
        _leave(interrupted())
        raise
    finally:
        Signals.leave()
