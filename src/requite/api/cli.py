"""The entry point of the command line: it imports next to nothing, so that a command can be stopped in order from the first."""

from __future__ import annotations

import sys

from requite.api.signals import Signals, interrupted


def main() -> int:
    """Run the command that the process was started with, and give its exit status."""
    Signals.install()
    try:
        from requite.api.app import run

        return run(sys.argv[1:])
    except KeyboardInterrupt:
        return interrupted()
    finally:
        Signals.leave()
