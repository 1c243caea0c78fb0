"""What a command answers, how that reaches the user, and what becomes of everything that goes wrong on the way."""

from __future__ import annotations

import errno
import os
import signal
import sys
import traceback
from collections.abc import Callable, Sequence
from typing import Any, Final, Protocol

import typer

from requite.api.console import FORMAT, Screen
from requite.api.signals import SIGNALLED, Signals
from requite.dsl.diagnostics import Diagnostic
from requite.engine.reading.problems import DataError, DataProblem

DONE: Final = 0
ERRORS: Final = 1
WRONG_USE: Final = 2


class Answer(Protocol):
    """What a command found. `ok` is false where the program or the data has errors."""

    @property
    def ok(self) -> bool: ...

    def content(self) -> dict[str, Any]:
        """The answer as JSON, beside `format`, `command` and `ok`."""

    def show(self, screen: Screen) -> None:
        """The answer as text: results on standard output, errors on standard error."""


class WrongUse(typer.TyperException):
    """What stands on the command line is not how the command is used."""

    exit_code = WRONG_USE


class Refusal(Exception):  # noqa: N818 - it is an answer, too
    """An answer that ends a command early: what is wrong with what it was given."""

    ok: Final = False

    def __init__(self, problems: Sequence[DataProblem] = (), diagnostics: Sequence[Diagnostic] = ()) -> None:
        super().__init__("; ".join(problem.message for problem in problems))
        self.problems = tuple(problems)
        self.diagnostics = tuple(diagnostics)

    def content(self) -> dict[str, Any]:
        return {
            "errors": [problem.to_json() for problem in self.problems],
            "diagnostics": [diagnostic.to_json() for diagnostic in self.diagnostics],
        }

    def show(self, screen: Screen) -> None:
        screen.diagnostics(self.diagnostics)
        for problem in self.problems:
            screen.error(problem.message, problem.help)


def refused(code: str, message: str, help: str = "", file: str = "", **detail: Any) -> Refusal:
    """A refusal for one reason, to raise."""
    return Refusal([DataProblem(code, message, "", file, help, detail)])


def deliver(command: str, as_json: bool, work: Callable[[Screen], Answer], bare: bool = False) -> int:
    """Do the work of a command and hand over its answer; the exit status.

    The JSON of an answer stands in an envelope; a `bare` one, which is a document of its own, does without unless there are errors.
    """
    screen = Screen()
    try:
        answer = _answer(work, screen)
        if as_json:
            envelope = {} if bare and answer.ok else {"format": FORMAT, "command": command, "ok": answer.ok}
            screen.json({**envelope, **answer.content()})
            if not answer.ok:
                screen.error(f"requite {command} found errors; they are in the JSON on standard output")
        else:
            answer.show(screen)
        screen.out.file.flush()
    except BrokenPipeError:
        return reader_gone()
    return DONE if answer.ok else ERRORS


def turned_away(command: str, as_json: bool, problem: DataProblem, status: int) -> int:
    """Say why a command did not begin; with `as_json` as JSON, too, in the shape of an answer with errors."""
    screen = Screen()
    try:
        if as_json:
            screen.json({"format": FORMAT, "command": command, "ok": False, **Refusal([problem]).content()})
        screen.error(problem.message, problem.help)
        screen.out.file.flush()
    except BrokenPipeError:
        return reader_gone()
    return status


def _answer(work: Callable[[Screen], Answer], screen: Screen) -> Answer:
    try:
        return work(screen)
    except Refusal as refusal:
        return refusal
    except DataError as error:
        return Refusal(error.problems)
    except (BrokenPipeError, typer.TyperException):
        raise
    except Exception as error:
        # A library may turn the interruption into an exception of its own.
        if Signals.received:
            raise KeyboardInterrupt from error
        return Refusal([unexpected(error)])


def unexpected(error: BaseException) -> DataProblem:
    """What is said of an exception that nobody foresaw; with REQUITE_DEBUG=1, where it came from as well."""
    if os.environ.get("REQUITE_DEBUG", "") not in ("", "0"):
        traceback.print_exception(error, file=sys.stderr)
    if isinstance(error, OSError) and error.errno is not None:
        return _of_system(error)
    if isinstance(error, MemoryError):
        return DataProblem("out-of-memory", "there is not enough memory for this", help="Run it on less data at a time.")
    from requite.engine.full_disk import DISK_FULL, FULL, is_full_disk

    if is_full_disk(error):
        return DataProblem(DISK_FULL, FULL, help="Make room on it. TMPDIR says where files lie that are needed for a moment.")
    what = f"{type(error).__name__}: {error}" if str(error) else type(error).__name__
    message = f"a fault inside Requite: {' '.join(what.split())[:300]}"
    return DataProblem("internal", message, help="Please report it. REQUITE_DEBUG=1 shows where it happened.")


def _of_system(error: OSError) -> DataProblem:
    file = os.fsdecode(error.filename) if isinstance(error.filename, (str, bytes, os.PathLike)) else ""
    why = (error.strerror or "it failed").lower()
    helps = {
        errno.EACCES: "Check that you may read and write there.",
        errno.ENOENT: "Check the path.",
        errno.EEXIST: "Something else has that name: choose another.",
        errno.ENOTDIR: "Check the path: a part of it is no folder.",
        errno.EROFS: "Choose another folder with --out.",
        errno.ENOSPC: "Make room, or choose another folder." if file else "Make room for what is printed.",
    }
    message = f"{file}: {why}" if file else why
    return DataProblem("system", message, file=file, help=helps.get(error.errno or 0, ""))


def reader_gone() -> int:
    """Whoever read the output went away, as `head` does: end quietly."""
    devnull = os.open(os.devnull, os.O_WRONLY)
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except (OSError, ValueError):
            os.dup2(devnull, stream.fileno())
    return SIGNALLED + getattr(signal, "SIGPIPE", 13)
