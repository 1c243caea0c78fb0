"""`requite serve` as a process: it listens, answers, and stops when it is told to."""

from __future__ import annotations

import json
import os
import re
import signal
import socket
import stat
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

from requite.api.service.settings import ServiceSettings
from tests.api.support import PRACTICES, ROOT, SCHEME
from tests.service.runs_support import made, sent
from tests.service.support import sound

SERVE = [sys.executable, "-c", "import sys; from requite.api.cli import main; sys.exit(main())", "serve"]
PATIENCE = 60


def environment(home: Path, **more: str) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("REQUITE_", "OTEL_", "PROMETHEUS_"))}
    return kept | {"REQUITE_HOME": str(home), "PYTHONUNBUFFERED": "1"} | more


@contextmanager
def serving(home: Path, *options: str, **more: str) -> Iterator[tuple[subprocess.Popen[str], str, list[str]]]:
    """The process, its address, and the lines that it printed first."""
    with (home.parent / "log").open("w") as log:
        process = subprocess.Popen(
            [*SERVE, "--port", "0", *options],
            env=environment(home, **more),
            stdout=subprocess.PIPE,
            stderr=log,
            text=True,
        )
        assert process.stdout is not None
        try:
            first = process.stdout.readline()
            found = re.search(r"http://\S+", first)
            assert found, (home.parent / "log").read_text()
            yield process, found[0], [first]
        finally:
            process.kill()
            process.wait()
            process.stdout.close()


def answered(address: str, key: str = "") -> httpx.Response:
    with httpx.Client(transport=httpx.HTTPTransport(retries=3), timeout=PATIENCE, trust_env=False) as client:
        return client.get(address, headers={"Authorization": f"Bearer {key}"} if key else {})


def run(home: Path, *options: str, **more: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*SERVE, *options],
        env=environment(home, **more),
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )


@pytest.mark.parametrize("workers", [1, 2])
def test_it_listens_answers_and_stops(tmp_path: Path, workers: int) -> None:
    home = tmp_path / "home"
    with serving(home, "--workers", str(workers)) as (process, address, _):
        assert process.stdout is not None
        said = process.stdout.readline()
        path = Path(said.strip().rpartition(" ")[2])
        assert path == home / "first-key"
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
        key = path.read_text().strip()
        assert key not in said
        told = sound(answered(f"{address}/me", key))
        assert (told["org"], told["role"]) == ("default", "admin")
        ready = sound(answered(f"{address}/ready"))
        assert ready["status"] == "ready"
        assert set(ready["parts"]) >= {"live", "challenges", "jobs", "webhooks"}
        assert "requite_requests_total" in answered(f"{address}/metrics").text
        process.send_signal(signal.SIGTERM)
        assert process.wait(PATIENCE) == 0
    logged = (tmp_path / "log").read_text()
    assert "Traceback" not in logged
    assert key not in logged
    requests = [json.loads(line) for line in logged.splitlines() if '"event": "request"' in line]
    assert {(one["route"], one["status"]) for one in requests} >= {("/me", 200), ("/ready", 200)}
    assert all("Mozilla" not in line and "127.0.0.1" not in line for line in logged.splitlines() if '"event": "request"' in line)
    assert logged.rstrip().endswith("stopped")


@pytest.mark.parametrize("workers", [1, 2])
def test_streams_end_as_streams_end_when_it_stops(tmp_path: Path, workers: int) -> None:
    home = tmp_path / "home"
    with serving(home, "--workers", str(workers)) as (process, address, _):
        key = {"Authorization": f"Bearer {(home / 'first-key').read_text().strip()}"}
        with httpx.Client(base_url=address, headers=key, timeout=PATIENCE, trust_env=False) as client:
            sound(client.get("/ready"))
            version = sound(client.post("/rulesets", json={"main": "fees.requite", "texts": {"fees.requite": SCHEME}}), 201)["id"]
            practices = PRACTICES.splitlines()[0] + "".join(f"\nP{n},100,01/01/2020,200" for n in range(300_000))
            upload = sent(client, practices)
            id = made(client, version, upload, engine="interpret")
            with client.stream("GET", f"/runs/{id}/events") as run, client.stream("GET", "/events/stream") as events:
                lines = run.iter_lines(), events.iter_lines()
                begun = [next(each) for each in lines]
                process.send_signal(signal.SIGTERM)
                # One that breaks off raises here.
                told = [list(each) for each in lines]
        assert process.wait(PATIENCE) == 0
    assert begun[0].startswith("id: ")
    assert begun[1] == ": requite"
    for lines_told in told:
        assert lines_told[-3:] == [": the service stops: come back", "retry: 2000", ""]
    assert "event: end" not in told[0]
    assert "Traceback" not in (tmp_path / "log").read_text()


def test_it_is_started_again_on_the_same_store(tmp_path: Path) -> None:
    home = tmp_path / "home"
    for number in range(2):
        with serving(home) as (process, address, _):
            key = (home / "first-key").read_text().strip()
            assert sound(answered(f"{address}/me", key))["name"] == "first key"
            process.send_signal(signal.SIGINT)
            assert process.wait(PATIENCE) == 0
            assert process.stdout is not None
            rest = process.stdout.read()
            assert ("first key" in rest) == (number == 0)


def test_its_processes_end_when_it_is_killed(tmp_path: Path) -> None:
    with serving(tmp_path / "home", "--workers", "2") as (process, address, _):
        sound(answered(f"{address}/health"))
        process.kill()
        process.wait()
        port = int(address.rpartition(":")[2])
        for _ in range(600):
            with socket.socket() as probe:
                try:
                    probe.bind(("127.0.0.1", port))
                except OSError:
                    time.sleep(0.1)
                    continue
                break
        else:
            pytest.fail("somebody still listens")


def test_a_port_in_use(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        done = run(tmp_path / "home", "--port", str(port))
    assert done.returncode == 1
    assert done.stderr.splitlines()[0] == f"error: port {port} is in use"
    assert not (tmp_path / "home").exists(), "nothing is made before it can listen"


def test_its_answer_as_json(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        done = run(tmp_path / "home", "--port", str(taken.getsockname()[1]), "--json")
    told = json.loads(done.stdout)
    assert (done.returncode, told["command"], told["ok"]) == (1, "serve", False)
    assert [one["code"] for one in told["errors"]] == ["port-in-use"]
    with (tmp_path / "log").open("w+") as log:
        process = subprocess.Popen(
            [*SERVE, "--port", "0", "--json"], env=environment(tmp_path / "home"), stdout=subprocess.PIPE, stderr=log, text=True
        )
        until = time.monotonic() + PATIENCE
        while not (found := re.search(r"listens on (http://\S+)\n", (tmp_path / "log").read_text())):
            assert time.monotonic() < until, (tmp_path / "log").read_text()
            time.sleep(0.1)
        sound(answered(f"{found[1]}/health"))
        process.send_signal(signal.SIGTERM)
        out, _ = process.communicate(timeout=PATIENCE)
    said = (tmp_path / "log").read_text()
    told = json.loads(out)
    assert (process.returncode, told["ok"], told["errors"]) == (0, True, [])
    assert told["url"] == found[1]
    assert "first-key" in said


@pytest.mark.parametrize(
    ("variables", "words"),
    [
        ({"REQUITE_DATABASE_URL": "nonsense"}, "the store's address cannot be read"),
        ({"REQUITE_DATABASE_URL": "oracle://u:hush@h/n"}, "a store is kept in SQLite or in PostgreSQL"),
        ({"REQUITE_DATABASE_URL": "postgresql+psycopg://u:hush@127.0.0.1:1/n"}, "the store"),
        ({"REQUITE_MOST_BODY": "much"}, "REQUITE_MOST_BODY"),
        ({"REQUITE_OIDC_ISSUER": "https://issuer.example"}, "REQUITE_OIDC_AUDIENCE"),
    ],
    ids=str,
)
def test_settings_that_cannot_be_meant(tmp_path: Path, variables: dict[str, str], words: str) -> None:
    done = run(tmp_path / "home", "--port", "0", **variables)
    assert done.returncode == 1, done.stderr
    assert words in done.stderr
    assert "hush" not in done.stderr + done.stdout
    assert "Traceback" not in done.stderr


def test_a_host_of_another_machine(tmp_path: Path) -> None:
    done = run(tmp_path / "home", "--host", "192.0.2.1", "--port", "0")
    assert done.returncode == 1
    assert "nothing can listen at 192.0.2.1" in done.stderr


def test_the_document_is_printed(tmp_path: Path) -> None:
    done = run(tmp_path / "home", "--openapi")
    assert done.returncode == 0
    assert json.loads(done.stdout)["info"]["title"] == "Requite"
    assert not (tmp_path / "home").exists()


def test_every_setting_is_documented() -> None:
    page = (ROOT / "docs" / "service.md").read_text(encoding="utf-8")
    said = set(re.findall(r"^\| `REQUITE_([A-Z_]+)` \|", page, re.MULTILINE))
    assert said == {name.upper() for name in ServiceSettings.model_fields}
