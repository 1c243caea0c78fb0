"""Texts checked in a process of their own, which is ended where one takes too long.

A text of the size that is taken can keep a processor busy for minutes, and a thread that checks it cannot be stopped. The process
is one that answers on its pipes. What is to be published or approved goes through it first: the service makes a program only of
texts for which it has answered, and needs no longer for them.
"""

from __future__ import annotations

import atexit
import contextlib
import json
import os
import select
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from queue import SimpleQueue
from threading import Lock
from typing import IO, Any, Final, Literal

from requite.api.service.outlining import outline_of
from requite.api.service.problems import Problem
from requite.api.service.turns import AT_ONCE, busy
from requite.api.store.texts import compiled, failing_examples, tables, texts_of
from requite.dsl.load import check_text
from requite.engine.live.processes import LENGTH, Died, answers_apart, ended, processor_seconds, started

What = Literal["check", "make", "try"]
"""What is to be done with texts: say what is wrong with them; make them a program; try its examples, too."""

LONGEST: Final = 10.0
"""Seconds that checking a text may take."""

TO_START: Final = 60.0
"""Seconds that a process may take to start."""

MOST_TOLD: Final = 500
"""Diagnostics of one text that are told."""


def too_slow(seconds: float) -> Problem:
    """That a text was given up."""
    help = "Part it into several rulesets, or leave out examples and rules to see which of them take so long."
    return Problem(422, "too-slow", f"the text takes more than {seconds:g} seconds to check", help)


class Checker:
    """A process that checks one text after another. Safe among threads."""

    def __init__(self, longest: float = LONGEST) -> None:
        self.longest = longest
        self._lock = Lock()
        self._process: subprocess.Popen[bytes] | None = None
        atexit.register(self.close)

    def checked(self, main: str, texts: Mapping[str, str]) -> dict[str, Any]:
        """What is said of a text, as JSON; a problem where it takes too long."""
        found: dict[str, Any] = self._told("check", main, texts)
        return found

    def answer_for(self, main: str, texts: Mapping[str, str], *, examples: bool = False) -> None:
        """A problem where texts, their tables and, if wanted, their examples take too long. What is wrong with them is not told."""
        self._told("try" if examples else "make", main, texts)

    def _told(self, what: What, main: str, texts: Mapping[str, str]) -> Any:
        request = json.dumps([what, main, dict(texts)]).encode()
        with self._lock:
            try:
                return self._asked(request)
            except Died:
                pass
            try:
                # It was killed by somebody, or had died while nothing was asked of it.
                return self._asked(request)
            except Died:
                raise busy() from None

    def close(self) -> None:
        """End the process."""
        process, self._process = self._process, None
        if process is not None:
            process.kill()
            ended(process)

    def _asked(self, request: bytes) -> Any:
        try:
            process = self._process or self._start()
            before = processor_seconds(process.pid)
            assert process.stdin is not None
            assert process.stdout is not None
            until = time.monotonic() + self.longest
            _send(process.stdin, request, until)
            (length,) = LENGTH.unpack(_received(process.stdout, LENGTH.size, until))
            found: Any = json.loads(_received(process.stdout, length, until))
        except TimeoutError:
            at_work = _was_at_work(process.pid, before, self.longest / 2)
            self.close()
            raise (too_slow(self.longest) if at_work else busy()) from None
        except (OSError, EOFError):
            self.close()
            raise Died from None
        return found

    def _start(self) -> subprocess.Popen[bytes]:
        """A new process, ready to be asked: what it takes to start is no part of any text's time."""
        self._process = started("requite.api.service.checking")
        assert self._process.stdout is not None
        try:
            _received(self._process.stdout, LENGTH.size, time.monotonic() + TO_START)
        except TimeoutError:
            self.close()
            raise busy() from None
        return self._process


class Checkers:
    """As many such processes as there are turns. Whoever has a turn finds one free."""

    def __init__(self, longest: float = LONGEST) -> None:
        self.each = tuple(Checker(longest) for _ in range(AT_ONCE))
        self._free: SimpleQueue[Checker] = SimpleQueue()
        for checker in self.each:
            self._free.put(checker)

    def checked(self, main: str, texts: Mapping[str, str]) -> dict[str, Any]:
        """What is said of a text, as JSON; a problem where it takes too long."""
        with self._one() as checker:
            return checker.checked(main, texts)

    def answer_for(self, main: str, texts: Mapping[str, str], *, examples: bool = False) -> None:
        """A problem where texts, their tables and, if wanted, their examples take too long."""
        with self._one() as checker:
            checker.answer_for(main, texts, examples=examples)

    @contextmanager
    def _one(self) -> Iterator[Checker]:
        checker = self._free.get()
        try:
            yield checker
        finally:
            self._free.put(checker)

    def close(self) -> None:
        """End the processes."""
        for checker in self.each:
            checker.close()


def check(main: str, texts: Mapping[str, str]) -> dict[str, Any]:
    """What is wrong with a text and what it declares, as JSON."""
    program, diagnostics = check_text(texts[main], main, texts)
    return {
        "ok": program is not None,
        "name": program.name if program else None,
        "title": program.title if program else None,
        "diagnostics": [one.to_json() for one in diagnostics[:MOST_TOLD]],
        "more": max(0, len(diagnostics) - MOST_TOLD),
        "outline": [one.model_dump() for one in outline_of(main, texts[main])],
    }


def go_through(main: str, texts: Mapping[str, str], *, examples: bool) -> None:
    """Do all that is done with texts that are published or approved. Whoever does it again tells what is wrong with them."""
    with contextlib.suppress(Exception):
        given = texts_of(main, texts)
        if compiled(given)[0] is not None:
            tables(given)
            if examples:
                failing_examples(given)


def _was_at_work(process: int, before: float | None, least: float) -> bool:
    """Whether a process had a processor for so long, as far as the system says: one that was stopped says nothing of its text."""
    now = processor_seconds(process)
    return before is None or now is None or now - before >= least


# --- what goes between ------------------------------------------------------------------------------------------------


def _send(pipe: IO[bytes], content: bytes, until: float | None = None) -> None:
    """Write all of it; TimeoutError where it is not taken by then."""
    left = memoryview(LENGTH.pack(len(content)) + content)
    while left:
        if until is not None and not select.select([], [pipe], [], max(0.0, until - time.monotonic()))[1]:
            raise TimeoutError
        # A pipe that takes anything takes so much without waiting.
        left = left[os.write(pipe.fileno(), left[: select.PIPE_BUF]) :]


def _received(pipe: IO[bytes], size: int, until: float | None = None) -> bytes:
    """So many bytes; TimeoutError where they are not there by then, EOFError where they never will be."""
    found = bytearray()
    while len(found) < size:
        if until is not None and not select.select([pipe], [], [], max(0.0, until - time.monotonic()))[0]:
            raise TimeoutError
        some = os.read(pipe.fileno(), min(size - len(found), 1 << 20))
        if not some:
            raise EOFError
        found += some
    return bytes(found)


def serve() -> None:
    """Answer requests until there are no more."""
    requests, answers = sys.stdin.buffer, answers_apart()
    answers.write(LENGTH.pack(0))
    answers.flush()
    with contextlib.suppress(EOFError, BrokenPipeError):
        while True:
            (length,) = LENGTH.unpack(_received(requests, LENGTH.size))
            what, main, texts = json.loads(_received(requests, length))
            if what == "check":
                found = check(main, texts)
            else:
                go_through(main, texts, examples=what == "try")
                found = {}
            _send(answers, json.dumps(found).encode())


if __name__ == "__main__":
    serve()
