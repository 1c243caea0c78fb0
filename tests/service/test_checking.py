"""Texts are checked in a process of their own: one that takes too long is given up, and the next one is none the worse."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor, as_completed
from pathlib import Path
from threading import Event
from typing import Final

import pytest

from requite.api.service.checking import Checker, Checkers, check
from requite.api.service.problems import Problem
from requite.api.service.routes import rulesets
from requite.api.service.routes.rulesets import EXAMPLE
from requite.api.service.turns import Turns
from requite.engine.live.processes import processor_seconds
from tests.service.support import ORG, Call, problem, sound

SLOW: Final = (
    EXAMPLE.partition("example")[0]
    + 'example "a giant"\n'
    + "".join(f"  given claim C{number} with billed £1,200\n" for number in range(5000))
    + "  expect dear flags C1\n"
)
"""A text of the size that is taken, that takes seconds."""

ASKED: Final = {"main": "dear.requite", "texts": {"dear.requite": EXAMPLE}}


@pytest.fixture
def checker() -> Iterator[Checker]:
    made = Checker()
    yield made
    made.close()


def test_a_process_says_what_is_said_here(checker: Checker) -> None:
    for text in (EXAMPLE, EXAMPLE.replace("£1,000", "£1,000 or biled > £2"), "", "é\n"):
        texts = {"dear.requite": text}
        assert checker.checked("dear.requite", texts) == check("dear.requite", texts)


def test_a_text_that_takes_too_long_is_given_up(checker: Checker) -> None:
    checker.checked("dear.requite", {"dear.requite": EXAMPLE})
    checker.longest = 0.5
    before = time.monotonic()
    with pytest.raises(Problem) as raised:
        checker.checked("dear.requite", {"dear.requite": SLOW})
    assert time.monotonic() - before < 2
    assert (raised.value.status, raised.value.code) == (422, "too-slow")
    assert raised.value.detail == "the text takes more than 0.5 seconds to check"
    checker.longest = 30
    assert checker.checked("dear.requite", {"dear.requite": EXAMPLE})["ok"]


def test_a_process_that_is_killed_is_started_again(checker: Checker) -> None:
    checker.checked("dear.requite", {"dear.requite": EXAMPLE})
    process = checker._process
    assert process is not None
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    assert checker.checked("dear.requite", {"dear.requite": EXAMPLE})["ok"]


@pytest.mark.parametrize("more", ["", "# more than a pipe holds\n" * 10_000], ids=["short", "long"])
def test_a_process_that_is_stopped_is_no_fault_of_the_text(checker: Checker, more: str) -> None:
    asked = {"dear.requite": EXAMPLE + more}
    checker.checked("dear.requite", asked)
    process = checker._process
    assert process is not None
    os.kill(process.pid, signal.SIGSTOP)
    checker.longest = 0.5
    with pytest.raises(Problem) as raised:
        checker.checked("dear.requite", asked)
    assert (raised.value.status, raised.value.code) == (503, "busy")
    assert process.wait(20) == -signal.SIGKILL
    checker.longest = 30
    assert checker.checked("dear.requite", asked)["ok"]


def test_a_process_that_is_long_in_starting_is_no_fault_of_the_text(checker: Checker, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as hasty:
        hasty.setattr("requite.api.service.checking.TO_START", 0.0)
        with pytest.raises(Problem) as raised:
            checker.checked("dear.requite", {"dear.requite": EXAMPLE})
    assert (raised.value.status, raised.value.code) == (503, "busy")
    assert checker.checked("dear.requite", {"dear.requite": EXAMPLE})["ok"]


def test_a_process_at_work_takes_processor_time() -> None:
    before = processor_seconds(os.getpid())
    assert before is not None
    until = time.process_time() + 0.2
    while time.process_time() < until:
        pass
    after = processor_seconds(os.getpid())
    assert after is not None
    assert after - before >= 0.15


def test_nothing_is_told_of_a_process_that_is_not_there() -> None:
    gone = subprocess.Popen([sys.executable, "-c", "print(1)"], stdout=subprocess.DEVNULL)
    gone.wait()
    assert processor_seconds(gone.pid) is None


def test_the_service_says_so(call: Call, monkeypatch: pytest.MonkeyPatch) -> None:
    slow = Checkers(0.5)
    monkeypatch.setattr(rulesets, "_CHECKERS", slow)
    author = call("author")
    told = problem(author.post("/rulesets/check", json=ASKED | {"texts": {"dear.requite": SLOW}}), 422, "too-slow")
    assert told["help"].startswith("Part it into several rulesets")
    assert sound(author.post("/rulesets/check", json=ASKED))["ok"]
    slow.close()


def test_texts_that_wait_too_long_are_told_to_come_again(call: Call, monkeypatch: pytest.MonkeyPatch) -> None:
    turns = Turns(patience=0.01)
    monkeypatch.setattr(rulesets, "_TURNS", turns)
    author = call("author")
    with turns.of(ORG):
        answer = author.post("/rulesets/check", json=ASKED)
    problem(answer, 503, "busy")
    assert answer.headers["retry-after"] == "2"
    assert sound(author.post("/rulesets/check", json=ASKED))["ok"]


def test_no_organisation_takes_the_turns_of_others() -> None:
    turns, going, waiting = Turns(patience=30), Event(), Event()

    def work(org: str) -> str:
        try:
            with turns.of(org):
                waiting.set()
                going.wait(30)
                return "done"
        except Problem as refused:
            return refused.code

    with ThreadPoolExecutor(20) as threads:
        many = [threads.submit(work, "north") for _ in range(10)]
        waiting.wait(30)
        # One is at work and three wait; the others are told at once, and hold nobody up.
        refused = [next(as_completed(many, 30)).result() for _ in range(1)]
        waiting.clear()
        other = threads.submit(work, "south")
        assert waiting.wait(30), "another organisation has its turn meanwhile"
        going.set()
        assert other.result(30) == "done"
        found = sorted(one.result(30) for one in many)
    assert refused == ["busy"]
    assert found == ["busy"] * 6 + ["done"] * 4
    with turns.of("north"):
        pass


def test_texts_take_turns(checker: Checker) -> None:
    wanted = [EXAMPLE.replace("dear", f"dear{number}") for number in range(12)]
    with ThreadPoolExecutor(4) as threads:
        found = list(threads.map(lambda text: checker.checked("dear.requite", {"dear.requite": text}), wanted))
    assert [one["name"] for one in found] == [f"dear{number}" for number in range(12)]


def test_the_process_is_told_no_secret(monkeypatch: pytest.MonkeyPatch, checker: Checker) -> None:
    monkeypatch.setenv("REQUITE_DATABASE_URL", "postgresql://reader:hush-hush@localhost/x")
    checker.checked("dear.requite", {"dear.requite": EXAMPLE})
    process = checker._process
    assert process is not None
    assert b"hush-hush" not in Path(f"/proc/{process.pid}/environ").read_bytes()
