"""Several at once, a matcher that is killed, and how many statements a request takes."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier, Event, Thread
from typing import TypeVar

import pytest

from requite.api.identity import Actor, Role
from requite.api.live.catching_up import Live, counter_of
from requite.api.live.desk import LiveDesk
from requite.api.live.ends import FLAGGED
from requite.api.live.finding import claim_at, history
from requite.api.live.taking import Counter, Taken
from requite.api.service.service import Service
from tests.service.live_support import begin_live, count_decisions, estimate, published, spell, statements
from tests.service.support import ORG

T = TypeVar("T")

INTAKE = Actor(ORG, "intake", Role.ANALYST)


@pytest.fixture
def counter(service: Service, org: str) -> Counter:
    assert org == ORG
    begin_live(service)
    published(service.database)
    return counter_of(service)


def at_once(calls: Sequence[Callable[[], T]]) -> list[T]:
    """What calls give that begin together."""
    barrier = Barrier(len(calls))

    def do(call: Callable[[], T]) -> T:
        barrier.wait(30)
        return call()

    with ThreadPoolExecutor(len(calls)) as pool:
        return [done.result(120) for done in [pool.submit(do, call) for call in calls]]


def test_the_same_claims_sent_at_once_are_decided_once(counter: Counter) -> None:
    rows = [spell(f"S{n}", patient=f"P{n}") for n in range(20)]
    found: list[Taken] = at_once([lambda: counter.take_claims(INTAKE, "bills", None, rows)] * 4)
    assert sorted({kept.arrival for one in found for kept in one.kept}) == ["new", "unchanged"]
    assert sum(kept.arrival == "new" for one in found for kept in one.kept) == 20
    ids = [sorted(decision.id for decision in one.decided) for one in found]
    assert ids == [ids[0]] * 4
    assert count_decisions(counter.database) == 20
    with counter.database.reading() as session:
        rows_kept, decided = history(session, ORG, "bills", "spell", "S7")
    assert ([row.revision for row in rows_kept], [one.number for one in decided]) == ([1], [1])


def test_claims_that_concern_each_other_see_each_other_in_the_end(counter: Counter) -> None:
    pairs = [[spell(f"A{n}", patient=f"P{n}"), spell(f"B{n}", patient=f"P{n}")] for n in range(5)]
    for pair in pairs:
        at_once([lambda row=row: counter.take_claims(INTAKE, "bills", None, [row]) for row in pair])  # type: ignore[misc]
    with counter.database.reading() as session:
        for pair in pairs:
            for row in pair:
                found = claim_at(session, ORG, "bills", "spell", row["id"], None).decision
                assert found is not None
                assert next(end["status"] for end in found.ends if end["check"] == "twice") == FLAGGED


def test_an_estimate_and_its_claim_sent_at_once_find_each_other(counter: Counter) -> None:
    for n in range(5):
        claim, other = spell(f"S{n}", patient=f"P{n}"), estimate(f"E{n}", patient=f"P{n}")
        at_once(
            [
                lambda claim=claim: counter.take_claims(INTAKE, "bills", None, [claim]),  # type: ignore[misc]
                lambda other=other: counter.take_others(INTAKE, "bills", "estimate", [other]),  # type: ignore[misc]
            ]
        )
        with counter.database.reading() as session:
            found = claim_at(session, ORG, "bills", "spell", f"S{n}", None).decision
        assert found is not None
        assert found.flagged


@pytest.mark.parametrize("kind", ["sqlite"], indirect=True)
def test_no_claim_is_lost_or_decided_twice_when_the_matcher_is_killed(service: Service, org: str) -> None:
    assert org == ORG
    published(service.database)
    live = service.parts["live"] = Live(service, LiveDesk(1), pause=3600)
    counter, ended, decided = counter_of(service), Event(), Event()
    worker = live.desk.pool.matchers[0]

    def kill() -> None:
        while not ended.is_set():
            # Only one that has come back, and decided: one that never gets so far is given up, and says so.
            if decided.wait(0.1):
                decided.clear()
                pid = getattr(worker, "pid")  # noqa: B009
                if pid is not None:  # between two processes there is none
                    os.kill(pid, signal.SIGKILL)

    killer = Thread(target=kill)
    counter.take_claims(INTAKE, "bills", None, [spell("S", patient="P")])
    killer.start()
    try:
        number = 0
        while live.desk.restarts < 3 and number < 5000:
            counter.take_claims(INTAKE, "bills", None, [spell(f"S{number}", patient=f"P{number}")])
            number += 1
            decided.set()
    finally:
        ended.set()
        killer.join()
    assert live.desk.restarts >= 3
    assert count_decisions(service.database) == number + 1
    assert live.gauges()["worker_restarts"] >= 3


def test_a_claim_takes_few_statements(counter: Counter) -> None:
    counter.take_others(INTAKE, "bills", "estimate", [estimate("E1")])
    counter.take_claims(INTAKE, "bills", None, [spell("S1", billed="1700.00")])
    with statements(counter.database) as seen:
        counter.take_claims(INTAKE, "bills", None, [spell("S2")])
    assert len(seen) <= 22, seen
    with statements(counter.database) as seen:
        counter.take_claims(INTAKE, "bills", None, [spell("S2", billed="1600.00")])
    assert len(seen) <= 26, seen


def test_many_claims_take_statements_by_the_thousand(counter: Counter) -> None:
    def sent(start: int, number: int) -> int:
        rows = [spell(f"S{n}", patient=f"P{n // 2}") for n in range(start, start + number)]
        with statements(counter.database) as seen:
            taken = counter.take_claims(INTAKE, "bills", None, rows)
        assert len(taken.decided) == number
        return len(seen)

    few = sent(0, 100)
    many = sent(1000, 1000)
    assert many <= few + 40, (few, many)
    with statements(counter.database) as seen:
        gone = counter.cancel_claims(INTAKE, "bills", None, [f"S{n}" for n in range(1000, 2000, 2)])
    assert len(gone.redecided) == 500
    assert len(seen) <= few + 40
