"""Texts are checked in a process of their own: one that takes too long is given up, and the next one is none the worse."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor, as_completed
from pathlib import Path
from threading import Event
from typing import Any, Final

import pytest

from requite.api.identity import Actor, Role
from requite.api.service import checking
from requite.api.service.checking import Checker, Checkers, check
from requite.api.service.problems import Problem
from requite.api.service.routes import rulesets
from requite.api.service.routes.rulesets import EXAMPLE
from requite.api.service.service import Service
from requite.api.service.turns import Turns
from requite.api.store import versions
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
    with pytest.raises(Problem) as raised:
        checker.checked("dear.requite", {"dear.requite": SLOW})
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


@pytest.fixture
def hasty(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The service with little time for a text; what it does itself is done by the process that is asked, or not at all."""
    slow = Checkers(0.5)
    monkeypatch.setattr(rulesets, "_CHECKERS", slow)
    yield
    slow.close()


def not_here(*_: object) -> None:
    raise AssertionError("the service itself is at work on a text of which nobody knows how long it takes")


@pytest.mark.usefixtures("hasty")
def test_a_text_that_takes_too_long_is_not_published(call: Call, monkeypatch: pytest.MonkeyPatch) -> None:
    author, new = call("author"), {"main": "dear.requite", "texts": {"dear.requite": SLOW}}
    with monkeypatch.context() as apart:
        apart.setattr(rulesets, "compiled", not_here)
        for headers in ({}, {"Idempotency-Key": "k"}):
            problem(author.post("/rulesets", json=new, headers=headers), 422, "too-slow")
    assert sound(author.get("/rulesets"))["items"] == []
    assert sound(author.post("/rulesets", json=ASKED, headers={"Idempotency-Key": "k"}), 201)["is_new"]


@pytest.mark.usefixtures("hasty")
def test_a_version_whose_examples_take_too_long_is_not_approved(
    service: Service, call: Call, monkeypatch: pytest.MonkeyPatch
) -> None:
    author, approver = call("author"), call("approver")
    with service.database.writing() as session:
        version = versions.publish(session, Actor(ORG, "Ann", Role.AUTHOR), "dear.requite", {"dear.requite": SLOW}).version
        assert version is not None
    with monkeypatch.context() as apart:
        apart.setattr(rulesets, "failing_examples", not_here)
        problem(approver.post(f"/rulesets/versions/{version.id}/approve"), 422, "too-slow")
    assert sound(author.get(f"/rulesets/versions/{version.id}"))["state"] == "draft"


def test_examples_are_tried_where_they_are_wanted(monkeypatch: pytest.MonkeyPatch) -> None:
    tried: list[str] = []
    monkeypatch.setattr(checking, "failing_examples", lambda texts: tried.append(texts.main))
    for examples in (False, True):
        checking.go_through("dear.requite", {"dear.requite": EXAMPLE}, examples=examples)
        assert tried == ["dear.requite"] * examples


def test_all_that_is_published_and_approved_has_gone_through_the_process(call: Call, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[tuple[str, dict[str, Any]]] = []

    class Spied(Checkers):
        def answer_for(self, main: str, texts: Mapping[str, str], **more: Any) -> None:
            asked.append((texts[main], more))
            super().answer_for(main, texts, **more)

    spied = Spied()
    monkeypatch.setattr(rulesets, "_CHECKERS", spied)
    made = sound(call("author").post("/rulesets", json=ASKED), 201)
    assert asked == [(EXAMPLE, {})]
    sound(call("approver").post(f"/rulesets/versions/{made['id']}/approve"))
    assert asked[1:] == [(EXAMPLE, {"examples": True})]
    spied.close()


@pytest.mark.parametrize(
    "texts",
    [
        {"dear.requite": EXAMPLE.replace("£1,000", "£1,000 or biled > £2")},
        {"dear.requite": EXAMPLE.replace("expect dear flags", "expect dear does not flag")},
        {"dear.requite": EXAMPLE, "stranger.csv": "a\n"},
        {"dear.requite": 'ruleset x\ntable t from "t.csv"\n  key a: text\n', "t.csv": "b\n1\n"},
        {"dear.requite": ""},
        {"other.requite": ""},
    ],
)
def test_what_is_wrong_with_texts_is_told_by_the_service_itself(checker: Checker, texts: dict[str, str]) -> None:
    """In time it is answered for them; what is to be said of them is said where they are wanted."""
    checker.answer_for("dear.requite", texts, examples=True)
    assert checker._process is not None
    assert checker._process.poll() is None


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
