"""A process with durable-rules in it, watched over: where it dies it is started again, and what it had in hand is asked again.

Matching remembers nothing from one case file to the next, so that nothing is lost or done twice. The process takes requests from
its standard input and answers on its standard output, each with its length before it, and ends when its input does: so it does not
outlive its parent.
"""

from __future__ import annotations

import contextlib
import marshal
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from threading import Event, RLock, Thread
from typing import Any, BinaryIO, Final

from requite.engine.live.inprocess import InProcess
from requite.engine.live.processes import LENGTH, Died, answers_apart, ended, started
from requite.engine.live.surroundings import Answers, Files, Requests
from requite.engine.reading.problems import DataError, DataProblem, problem

MOST_TRIES: Final = 5
"""How often a request is asked before it is given up: it may be what kills the process."""

LARGEST: Final = 1 << 30
"""Bytes of a request or an answer."""

PATIENCE: Final = 60.0
"""Seconds after which a process that does not answer is ended, and asked again."""

LOOK_EVERY: Final = 1.0


class Worker:
    """A matcher in a process of its own. Safe among threads: one request after another."""

    def __init__(self, name: str = "") -> None:
        self.name = name
        self.restarts = 0
        self._lock = RLock()
        self._process: subprocess.Popen[bytes] | None = None
        self._watcher: Thread | None = None
        self._asked_at: float | None = None
        self._closed = Event()

    @property
    def pid(self) -> int | None:
        """The process that is at work; None before the first request, and after the last."""
        process = self._process
        return process.pid if process is not None else None

    def fired(self, definitions: str, files: Sequence[Sequence[Mapping[str, int]]]) -> Sequence[Sequence[str]]:
        """For each case file the rules that held; DataError where the process dies of it again and again."""
        (answer,) = self.begun([(definitions, files)])()
        return answer

    def begun(self, requests: Requests) -> Callable[[], Answers]:
        """Send requests; what is given back waits for the answers. Nobody else is served before it is called."""
        self._lock.acquire()
        try:
            sent = self._is_sent(requests)
        except BaseException:
            self._lock.release()
            raise

        def answers() -> Answers:
            try:
                return self._answered(requests, sent)
            finally:
                self._lock.release()

        return answers

    def _is_sent(self, requests: Requests) -> bool:
        try:
            self._ask(requests)
        except Died:
            return False
        return True

    def _answered(self, requests: Requests, sent: bool) -> Answers:
        for tries in range(MOST_TRIES):
            try:
                if tries:
                    self._ask(requests)
                elif not sent:
                    raise Died
                return self._answer(requests)
            except Died:
                self._bury()
        number = sum(len(files) for _, files in requests)
        message = f"the process that matches claims died {MOST_TRIES} times over the same {number} case files"
        raise problem("matching-stopped", message, help="Nothing was decided. Send fewer claims at once; if it stays, report it.")

    def close(self) -> None:
        """End the process. What it has in hand is finished first."""
        with self._lock:
            self._closed.set()
            process, self._process = self._process, None
            if process is not None:
                ended(process)

    def _ask(self, requests: Requests) -> None:
        if self._closed.is_set():
            raise problem("matching-stopped", "the process that matches claims has been closed")
        process = self._process or self._start()
        assert process.stdin is not None
        with self._watched():
            _send(process.stdin, [(definitions, _plain(files)) for definitions, files in requests])

    def _answer(self, requests: Requests) -> Answers:
        process = self._process
        if process is None:
            raise Died
        assert process.stdout is not None
        with self._watched():
            answer = _received(process.stdout)
        if isinstance(answer, dict):
            raise DataError([DataProblem(answer["code"], answer["message"])])
        if not isinstance(answer, list) or [len(one) for one in answer] != [len(files) for _, files in requests]:
            raise Died
        return answer

    @contextlib.contextmanager
    def _watched(self) -> Iterator[None]:
        """While the process is waited for: it is ended where that takes too long."""
        self._asked_at = time.monotonic()
        try:
            yield
        except (OSError, EOFError, ValueError, TypeError) as error:
            raise Died from error
        finally:
            self._asked_at = None

    def _start(self) -> subprocess.Popen[bytes]:
        self._process = started("requite.engine.live.worker")
        if self._watcher is None:
            self._watcher = Thread(target=self._watch, name=f"watching {self.name}", daemon=True)
            self._watcher.start()
        return self._process

    def _watch(self) -> None:
        """End a process that does not answer: whoever waits for it then asks again."""
        while not self._closed.wait(LOOK_EVERY):
            asked_at, process = self._asked_at, self._process
            if asked_at is not None and process is not None and time.monotonic() - asked_at > PATIENCE:
                process.kill()

    def _bury(self) -> None:
        process, self._process = self._process, None
        if process is not None:
            process.kill()
            ended(process)
            self.restarts += 1


# --- what goes between ----------------------------------------------------------------------------------------------------


def _plain(files: Files) -> list[list[dict[str, int]]]:
    return [[fact if isinstance(fact, dict) else dict(fact) for fact in file] for file in files]


def _send(pipe: BinaryIO | Any, value: Any) -> None:
    text = marshal.dumps(value)
    if len(text) > LARGEST:
        raise problem("too-large", f"{len(text):,} bytes of case files are too many at once")
    pipe.write(LENGTH.pack(len(text)) + text)
    pipe.flush()


def _received(pipe: BinaryIO | Any) -> Any:
    (length,) = LENGTH.unpack(_exactly(pipe, LENGTH.size))
    return marshal.loads(_exactly(pipe, length))


def _exactly(pipe: BinaryIO | Any, size: int) -> bytes:
    text: bytes = pipe.read(size)
    if len(text) < size:
        raise EOFError
    return text


def serve() -> None:
    """Answer requests until there are no more."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    requests = sys.stdin.buffer
    answers = answers_apart()
    matcher = InProcess()
    while True:
        try:
            asked = _received(requests)
        except EOFError:
            return
        try:
            answer: Any = [[list(rules) for rules in matcher.fired(definitions, files)] for definitions, files in asked]
        except DataError as error:
            answer = {"code": error.problems[0].code, "message": error.problems[0].message}
        try:
            _send(answers, answer)
        except BrokenPipeError:
            return


if __name__ == "__main__":
    serve()
