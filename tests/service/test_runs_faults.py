"""Runs that are killed, stopped, or too large: none is lost, none is done twice, and the service goes on."""

from __future__ import annotations

import errno
import json
import os
import resource
import signal
import subprocess
import sys
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select, update

from requite.api.jobs import queue, streams
from requite.api.jobs.places import run_folder
from requite.api.jobs.runner import Pool, start
from requite.api.jobs.watching import Watched
from requite.api.service.service import Service
from requite.api.service.settings import ServiceSettings
from requite.api.store.columns import new_id
from requite.api.store.schema import AuditEntry, Event, Run
from tests.service.runs_support import files_below, made, published, sent, until, whole
from tests.service.support import Call, problem, sound

ROWS = 40_000
"""So many that the interpreter is at work on them for some seconds."""

MANY = "code,list_size,given_by,budget\n" + "".join(f"Q{i},{i % 900},01/02/2020,{i % 300}.00\n" for i in range(ROWS))

SUPERVISOR = """
import sys, time
from pathlib import Path
from requite.api.jobs.runner import start
from requite.api.service.service import Service
from requite.api.service.settings import ServiceSettings
from requite.api.store.database import open_database
url, home = sys.argv[1:]
pool = start(Service(ServiceSettings(database_url=url, home=Path(home), log_level="ERROR"), open_database(url)))
while True:
    for watched in list(pool.watched.values()):
        if watched.process and watched.latest:
            print(watched.process, flush=True)
    time.sleep(0.05)
"""


@pytest.fixture
def settings(make_settings: Any) -> ServiceSettings:
    found: ServiceSettings = make_settings()
    return found


def pool_of(service: Service) -> Pool:
    service.parts["jobs"] = pool = start(service)
    return pool


def long_run(client: Any, service: Service) -> str:
    """The id of a run that takes some seconds."""
    return made(client, published(service), sent(client, MANY), engine="interpret")


def process_of(pool: Pool, id: str) -> int:
    """The process of a run that is at work."""
    return int(until(lambda: (watched := pool.watched.get(id)) and watched.latest and watched.process))


def whole_once(service: Service, client: Any, id: str) -> Any:
    """A run that has ended, whose results are there once, and whose end was put down once."""
    run = whole(client, id, 120)
    assert (run["state"], run["problems"]) == ("done", None)
    assert run["totals"]["payments"]["count"] == 2 * ROWS
    assert run["totals"]["payments"]["amount"] == AMOUNT
    (rows,) = run["manifest"]["rows"]
    assert (rows["rows"], rows["read"], rows["rejected"]) == (ROWS, ROWS, 0)
    folder = run_folder(service.settings, "kingston", id)
    assert [path.name for path in folder.parent.iterdir()] == [id]
    with service.database.reading() as session:
        ends = session.scalars(select(AuditEntry).where(AuditEntry.subject == id, AuditEntry.action == "run.finished")).all()
        events = session.scalars(select(Event).where(Event.subject == id)).all()
    assert len(ends) == len(events) == 1
    return run


def _amount() -> str:
    """£1 per 10 of the list, and a tenth of budgets above £100."""
    pence = sum(i % 900 * 10 for i in range(ROWS)) + sum(i % 300 * 10 for i in range(ROWS) if i % 300 > 100)
    return f"{pence // 100}.{pence % 100:02d}"


AMOUNT = _amount()


def test_a_run_whose_process_is_killed_is_taken_up_again(service: Service, call: Call) -> None:
    analyst, pool = call("analyst"), pool_of(service)
    id = long_run(analyst, service)
    os.kill(process_of(pool, id), signal.SIGKILL)
    assert whole_once(service, analyst, id)["attempts"] == 2
    assert pool.gauges()["broken"] == 1


def test_a_run_that_always_dies_fails_in_words(service: Service, call: Call) -> None:
    analyst, pool = call("analyst"), pool_of(service)
    id = long_run(analyst, service)
    for _ in range(queue.MOST_ATTEMPTS):
        process = process_of(pool, id)
        os.kill(process, signal.SIGKILL)
        until(partial(_is_let_go, pool, id, process))
    run = whole(analyst, id)
    assert (run["state"], [one["code"] for one in run["problems"]], run["attempts"]) == ("failed", ["stopped"], 3)
    assert files_below(service.settings.home / "runs") == []


def _is_let_go(pool: Pool, id: str, process: int) -> bool:
    watched = pool.watched.get(id)
    return watched is None or watched.process != process


@pytest.mark.parametrize("engine", ["duckdb", "interpret"])
def test_a_run_whose_disk_is_full_fails_in_words(
    service: Service, call: Call, engine: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    analyst, real = call("analyst"), Watched._start

    def with_little_room(watched: Watched) -> subprocess.Popen[str]:
        process = real(watched)
        resource.prlimit(process.pid, resource.RLIMIT_FSIZE, (10_000, 10_000))
        return process

    monkeypatch.setattr(Watched, "_start", with_little_room)
    pool_of(service)
    run = whole(analyst, made(analyst, published(service), sent(analyst, MANY[:100_000]), engine=engine))
    assert (run["state"], run["attempts"]) == ("failed", 1)
    (told,) = run["problems"]
    assert told["code"] == "disk-full"
    assert "room" in told["help"]
    assert files_below(service.settings.home / "runs") == []


def test_a_disk_that_is_full_before_a_run_begins(service: Service, call: Call, monkeypatch: pytest.MonkeyPatch) -> None:
    analyst, version = call("analyst"), published(service)
    upload = sent(analyst)

    def full(path: Path, *_: object) -> int:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(path))

    with monkeypatch.context() as no_room:
        no_room.setattr(Path, "write_bytes", full)
        pool_of(service)
        run = whole(analyst, made(analyst, version, upload))
    assert (run["state"], [one["code"] for one in run["problems"]], run["attempts"]) == ("failed", ["disk-full"], 1)
    assert list((service.settings.home / "texts").glob("*/*")) == []
    assert whole(analyst, made(analyst, version, upload))["state"] == "done"


# The library that writes workbooks leaves its file open where it cannot be written.
@pytest.mark.filterwarnings("ignore:Exception ignored in. <function ZipFile.__del__:pytest.PytestUnraisableExceptionWarning")
@pytest.mark.parametrize("form", ["csv", "xlsx"])
def test_a_disk_that_is_full_when_results_are_asked_for(
    service: Service, call: Call, form: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    analyst = call("analyst")
    pool_of(service)
    id = made(analyst, published(service), sent(analyst))
    assert whole(analyst, id)["state"] == "done"
    address = f"/runs/{id}/results/payments?format={form}"
    scratch = service.settings.home / "scratch"
    with monkeypatch.context() as no_room:

        def full() -> str:
            name = new_id()
            scratch.mkdir(exist_ok=True)
            (scratch / f"{name}.{form}").symlink_to("/dev/full")
            return name

        no_room.setattr("requite.api.jobs.results.new_id", full)
        problem(analyst.get(address), 503, "disk-full")
    assert list(scratch.iterdir()) == []
    assert analyst.get(address).status_code == 200


def test_a_run_whose_supervisor_is_killed_is_taken_up_by_the_next(service: Service, call: Call, database_url: str) -> None:
    analyst = call("analyst")
    id = long_run(analyst, service)
    command = [sys.executable, "-c", SUPERVISOR, database_url, str(service.settings.home)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as supervisor:
        assert supervisor.stdout is not None
        process = int(supervisor.stdout.readline())
        supervisor.kill()
    # Its process has nobody left to work for.
    until(lambda: _is_gone(process))
    pool_of(service)
    assert whole_once(service, analyst, id)["attempts"] == 2


def _is_gone(process: int) -> bool:
    try:
        return Path(f"/proc/{process}/stat").read_text(encoding="ascii").rpartition(")")[2].split()[0] == "Z"
    except OSError:
        return True


def test_a_run_that_was_finished_and_not_said_so_is_not_run_again(service: Service, call: Call) -> None:
    analyst = call("analyst")
    id = made(analyst, published(service), sent(analyst))
    pool = pool_of(service)
    first = whole(analyst, id)
    pool.close()
    with service.database.writing() as session:
        session.execute(update(Run).where(Run.id == id).values(state="running", worker="elsewhere/1/X", beats=None, manifest=None))
    pool_of(service)
    again = whole(analyst, id)
    assert again["manifest"] == first["manifest"]
    assert again["attempts"] == 2


def test_a_service_that_is_stopped_gives_its_runs_back(service: Service, call: Call) -> None:
    analyst, pool = call("analyst"), pool_of(service)
    id = long_run(analyst, service)
    process_of(pool, id)
    pool.close()
    run = sound(analyst.get(f"/runs/{id}"))
    assert (run["state"], run["attempts"]) == ("queued", 0)
    pool_of(service)
    assert whole_once(service, analyst, id)["attempts"] == 1


def test_one_service_works_and_the_others_stand_by(service: Service, call: Call) -> None:
    analyst, first = call("analyst"), pool_of(service)
    until(lambda: len([thread for thread in first.threads if thread.is_alive()]) == 1)
    whole(analyst, made(analyst, published(service), inputs={}))
    second = Pool(service)
    second.start()
    id = long_run(analyst, service)
    process_of(first, id)
    assert not second.watched
    first.close()
    process_of(second, id)
    whole_once(service, analyst, id)
    second.close()


# --- stopped ----------------------------------------------------------------------------------------------------------


def test_a_run_that_waits_is_cancelled_at_once(service: Service, call: Call) -> None:
    analyst = call("analyst")
    id = made(analyst, published(service), sent(analyst))
    assert sound(analyst.post(f"/runs/{id}/cancel"))["state"] == "cancelled"
    problem(analyst.post(f"/runs/{id}/cancel"), 409, "ended")
    pool = pool_of(service)
    until(lambda: pool.gauges()["queued"] == 0)
    run = sound(analyst.get(f"/runs/{id}"))
    assert (run["state"], run["attempts"]) == ("cancelled", 0)
    problem(analyst.get(f"/runs/{id}/results/payments"), 409, "no-results")


def test_a_run_under_way_is_cancelled_and_leaves_nothing(service: Service, call: Call) -> None:
    analyst, pool = call("analyst"), pool_of(service)
    id = long_run(analyst, service)
    process = process_of(pool, id)
    sound(analyst.post(f"/runs/{id}/cancel"))
    assert whole(analyst, id)["state"] == "cancelled"
    until(lambda: _is_gone(process))
    until(lambda: files_below(service.settings.home / "runs") == [])
    with service.database.reading() as session:
        actions = session.scalars(select(AuditEntry.action).where(AuditEntry.subject == id)).all()
    assert actions == ["run.created", "run.cancel", "run.cancelled"]


def test_a_run_that_takes_too_long_is_stopped(service: Service, call: Call) -> None:
    service.settings.run_seconds = 0
    analyst = call("analyst")
    pool_of(service)
    run = whole(analyst, long_run(analyst, service))
    assert (run["state"], [one["code"] for one in run["problems"]]) == ("failed", ["too-long"])


# --- what a process knows ---------------------------------------------------------------------------------------------


def test_the_process_of_a_run_is_told_no_secret(service: Service, call: Call, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REQUITE_DATABASE_URL", "postgresql://writer:hush@db.example/x")
    analyst, pool = call("analyst"), pool_of(service)
    id = long_run(analyst, service)
    process = Path(f"/proc/{process_of(pool, id)}")
    assert b"REQUITE_" not in (process / "environ").read_bytes()
    assert b"hush" not in (process / "cmdline").read_bytes()
    sound(analyst.post(f"/runs/{id}/cancel"))


# --- progress ---------------------------------------------------------------------------------------------------------


def events_of(text: str) -> list[dict[str, str]]:
    blocks = [block for block in text.replace("\r\n", "\n").split("\n\n") if "data:" in block]
    return [dict(line.split(": ", 1) for line in block.splitlines() if ": " in line) for block in blocks]


def test_progress_is_told_until_the_end(service: Service, call: Call) -> None:
    analyst = call("analyst")
    id = long_run(analyst, service)
    pool_of(service)
    answer = analyst.get(f"/runs/{id}/events")
    assert answer.headers["content-type"].startswith("text/event-stream")
    events = events_of(answer.text)
    assert [event["event"] for event in events] == ["progress"] * (len(events) - 1) + ["end"]
    told = [json.loads(event["data"]) for event in events]
    assert told[-1]["state"] == "done"
    assert (told[-1]["stage"], told[-1]["done"], told[-1]["total"]) == ("", 0, 0)
    assert len({run["stage"] for run in told}) > 2
    assert len({event["id"] for event in events}) == len(events)
    # Whoever has seen the end is told no more; whoever has not, only that.
    assert analyst.get(f"/runs/{id}/events", headers={"Last-Event-ID": events[-1]["id"]}).status_code == 204
    rest = events_of(analyst.get(f"/runs/{id}/events", headers={"Last-Event-ID": events[0]["id"]}).text)
    assert [event["event"] for event in rest] == ["end"]
    assert streams.streams_of(service).gauges() == {"open": 0}


def test_so_many_streams_are_open_at_once(service: Service, call: Call) -> None:
    analyst = call("analyst")
    id = made(analyst, published(service), inputs={})
    opened = streams.streams_of(service)
    opened.count("kingston", streams.MOST_OF_ONE)
    problem(analyst.get(f"/runs/{id}/events"), 429, "too-many-streams")
    opened.count("kingston", -1)
    sound(analyst.post(f"/runs/{id}/cancel"))
    assert [event["event"] for event in events_of(analyst.get(f"/runs/{id}/events").text)] == ["end"]
