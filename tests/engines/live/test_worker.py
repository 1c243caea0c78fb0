"""The process that matches: killed at any time it comes back, and no case file is lost or answered twice."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from random import Random

import pytest

from requite.engine.live.engine import IN_HAND, Decided, Desk, LiveEngine
from requite.engine.live.surroundings import Requests
from requite.engine.live.worker import MOST_TRIES, Worker
from requite.engine.reading.problems import DataError, problem
from requite.engine.rows import Row
from tests.engines.live.keeping import Keeper
from tests.engines.live.test_arrivals import assert_as_in_a_run
from tests.engines.live.test_definitions import RECORD, rows, text_of
from tests.engines.support import program_of

RULES = json.dumps({"numbers": {f"is{n}": {"all": [{"m": {"$and": [{"n": n}, {"on": 1}]}}]} for n in range(5)}})
FILES = [[{"n": n % 5, "on": n % 2}] for n in range(200)]
ANSWERS = [[f"is{n % 5}"] if n % 2 else [] for n in range(200)]


@pytest.fixture
def worker() -> Iterator[Worker]:
    made = Worker("test")
    yield made
    made.close()


def kill(pid: int | None) -> None:
    if pid is not None:
        try:
            os.kill(pid, signal.SIGKILL)
        except ProcessLookupError:
            return


def test_it_answers_and_is_one_process(worker: Worker) -> None:
    before = worker.pid
    assert before is None
    assert worker.fired(RULES, FILES) == ANSWERS
    first = worker.pid
    assert first not in (None, os.getpid())
    assert worker.fired(RULES, FILES) == ANSWERS
    assert (worker.pid, worker.restarts) == (first, 0)


def test_killed_between_requests_it_comes_back(worker: Worker) -> None:
    for _ in range(3):
        assert worker.fired(RULES, FILES) == ANSWERS
        kill(worker.pid)
    assert worker.fired(RULES, FILES) == ANSWERS
    assert worker.restarts == 3


def test_killed_in_mid_load_nothing_is_lost_or_doubled(worker: Worker) -> None:
    """Several threads ask, while the process is killed again and again, each time after it has answered once more."""
    answers: list[list[object]] = [[] for _ in range(4)]
    done = threading.Event()

    def ask(found: list[object]) -> None:
        found.extend(worker.fired(RULES, FILES) for _ in range(8))

    def murder() -> None:
        seen, random = 0, Random(3)
        while not done.wait(random.random() / 100):
            answered = sum(map(len, answers))
            if answered > seen:
                seen = answered
                kill(worker.pid)

    asking = [threading.Thread(target=ask, args=(found,)) for found in answers]
    killer = threading.Thread(target=murder)
    for thread in [*asking, killer]:
        thread.start()
    for thread in asking:
        thread.join()
    done.set()
    killer.join()
    assert answers == [[ANSWERS] * 8] * 4
    assert worker.restarts > 3


def test_claims_are_decided_while_it_is_killed(worker: Worker) -> None:
    many = "".join(text_of(f"requires a > {n % 3}\n  flag when b > {n}", f"check{n}") for n in range(10))
    keeper = Keeper(LiveEngine(program_of(RECORD + many), worker))
    for number, row in enumerate(rows((None, 0, 1, 5), 60)):
        keeper.arrive([row])
        if number % 12 == 5:
            kill(worker.pid)
    assert worker.restarts == 5
    assert assert_as_in_a_run(keeper) == 600


def test_claims_in_hand_are_decided_though_it_is_killed(worker: Worker) -> None:
    """Killed after case files were sent and before they are answered, while the interpreter is at further claims."""
    engine = LiveEngine(program_of(RECORD + text_of("requires a > 0\n  flag when b > 1")), worker)
    keeper = Keeper(engine)
    claims = rows((None, 0, 1, 5), 4 * IN_HAND + 7)
    keeper.arrive(claims)
    assert worker.restarts == 0
    sent = Worker._is_sent

    def killed(self: Worker, requests: Requests) -> bool:
        process = self._process or self._start()
        process.send_signal(signal.SIGSTOP)  # so that it does not answer before it is killed
        found = sent(self, requests)
        process.kill()
        return found

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Worker, "_is_sent", killed)
        found = engine.decide(claims, keeper, keeper.known)
    assert worker.restarts == 5
    assert found == list(keeper.decisions.values())
    assert assert_as_in_a_run(keeper) == len(claims)


def test_where_a_claim_cannot_be_decided_the_next_are_served(worker: Worker, monkeypatch: pytest.MonkeyPatch) -> None:
    """What was sent before is waited for, so that no answer is taken for another's."""
    engine = LiveEngine(program_of(RECORD + text_of("flag when a > 0")), worker)
    keeper, claims = Keeper(engine), rows((0, 1, 5), 2 * IN_HAND)
    decided, number = Desk._decided, iter(range(2 * IN_HAND))

    def failing(self: Desk, row: Row) -> Decided:
        if next(number) == IN_HAND + 1:
            raise problem("cannot-run", "not this one", "claim")
        return decided(self, row)

    monkeypatch.setattr(Desk, "_decided", failing)
    with pytest.raises(DataError, match="not this one"):
        engine.decide(claims, keeper, keeper.known)
    monkeypatch.undo()
    other: list[object] = []
    thread = threading.Thread(target=lambda: other.append(worker.fired(RULES, FILES)))
    thread.start()
    thread.join(20)
    assert other == [ANSWERS]


def test_a_request_that_kills_every_process_is_given_up(worker: Worker, monkeypatch: pytest.MonkeyPatch) -> None:
    start = Worker._start

    def dying(self: Worker) -> subprocess.Popen[bytes]:
        process = start(self)
        process.kill()
        return process

    monkeypatch.setattr(Worker, "_start", dying)
    with pytest.raises(DataError, match=f"died {MOST_TRIES} times over the same 200 case files"):
        worker.fired(RULES, FILES)
    assert worker.restarts == MOST_TRIES
    monkeypatch.undo()
    assert worker.fired(RULES, FILES) == ANSWERS


def test_one_that_does_not_answer_is_started_again(worker: Worker, monkeypatch: pytest.MonkeyPatch) -> None:
    assert worker.fired(RULES, FILES) == ANSWERS
    assert worker.pid is not None
    monkeypatch.setattr("requite.engine.live.worker.PATIENCE", 3.0)
    os.kill(worker.pid, signal.SIGSTOP)
    assert worker.fired(RULES, FILES) == ANSWERS
    assert worker.restarts == 1


def test_rules_that_are_refused_are_refused_there_too(worker: Worker) -> None:
    with pytest.raises(DataError, match="does not take"):
        worker.fired(json.dumps({"odd": {"r": {"all": [{"m": {"$foo": {"z": 1}}}]}}}), FILES)
    assert worker.fired(RULES, FILES) == ANSWERS
    assert worker.restarts == 0


def test_it_does_not_heed_an_interrupt(worker: Worker) -> None:
    worker.fired(RULES, FILES)
    assert worker.pid is not None
    os.kill(worker.pid, signal.SIGINT)
    assert worker.fired(RULES, FILES) == ANSWERS
    assert worker.restarts == 0


def test_closed_it_is_gone_and_stays_so(worker: Worker) -> None:
    worker.fired(RULES, FILES)
    pid = worker.pid
    assert pid is not None
    worker.close()
    worker.close()
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)
    with pytest.raises(DataError, match="closed"):
        worker.fired(RULES, FILES)


def test_it_ends_with_its_parent() -> None:
    text = f"from requite.engine.live.worker import Worker; w = Worker(); w.fired({RULES!r}, []); print(w.pid, flush=True); "
    text += "import os, signal; os.kill(os.getpid(), signal.SIGKILL)"
    done = subprocess.run([sys.executable, "-c", text], capture_output=True, text=True, check=False)
    pid, until = int(done.stdout), time.monotonic() + 20
    while _is_there(pid) and time.monotonic() < until:
        time.sleep(0.02)
    assert not _is_there(pid)


def _is_there(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


def test_settings_and_secrets_do_not_reach_it(worker: Worker, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REQUITE_DATABASE_URL", "postgresql://secret")
    worker.fired(RULES, FILES)
    assert b"REQUITE_" not in Path(f"/proc/{worker.pid}/environ").read_bytes()
