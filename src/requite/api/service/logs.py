"""What the service logs: a line of JSON for each request and each fault, on standard error. No value of any row is ever in it."""

from __future__ import annotations

import logging
import sys
import traceback
from collections.abc import Mapping
from contextlib import suppress
from typing import Any, Final

import structlog

LEVELS: Final[Mapping[str, int]] = {"DEBUG": 10, "INFO": 20, "WARNING": 30, "ERROR": 40}
DEEPEST: Final = 30
"""Frames of a fault that are told."""


class _StandardError:
    """Standard error as it is when something is logged: tests and supervisors change it."""

    def msg(self, message: str) -> None:
        # What is asked of the service is not refused because its log is on a disk that is full.
        with suppress(OSError):
            sys.stderr.write(message + "\n")
            sys.stderr.flush()

    debug = info = warning = error = critical = msg


def logger(level: str = "INFO") -> Any:
    """What logs from a level on."""
    return structlog.wrap_logger(
        _StandardError(),
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.JSONRenderer(sort_keys=True, default=str),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(LEVELS.get(level.upper(), logging.INFO)),
    )


def where(error: BaseException) -> list[str]:
    """Where a fault came from. Its words are left out: they may hold what was sent."""
    frames = traceback.extract_tb(error.__traceback__)[-DEEPEST:]
    return [f"{'/'.join(frame.filename.split('/')[-3:])}:{frame.lineno} {frame.name}" for frame in frames]


class ToLog(logging.Handler):
    """Hands what libraries log to the service's own log, without the words of exceptions."""

    def __init__(self, level: str) -> None:
        super().__init__(LEVELS.get(level.upper(), logging.INFO))
        self._log = logger(level)

    def emit(self, record: logging.LogRecord) -> None:
        more: dict[str, Any] = {"logger": record.name}
        if record.exc_info and record.exc_info[1] is not None:
            error = record.exc_info[1]
            more |= {"fault": type(error).__name__, "where": where(error)}
        # What uvicorn says when a request fails would repeat the traceback.
        words = record.getMessage().splitlines()[0][:500] if record.msg else ""
        self._log.log(record.levelno, words, **more)


def take_over(level: str) -> None:
    """Let all that libraries log go to the service's log."""
    root = logging.getLogger()
    root.handlers[:] = [ToLog(level)]
    root.setLevel(logging.WARNING)
    logging.getLogger("uvicorn.error").setLevel(LEVELS.get(level.upper(), logging.INFO))
