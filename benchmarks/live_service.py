"""Claims sent to the service over HTTP: `python -m benchmarks.live_service RULESET DATA --claims 2000`.

Starts `requite serve` on SQLite in a folder of its own, puts the ruleset in force, sends the rows around, and then claims: many in
one request, and one a request over one connection. Prints JSON: claims a second, and how long one request took.
"""

from __future__ import annotations

import argparse
import json
import os
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import Any, Final

import httpx
import pyarrow.dataset as ds

from benchmarks.generate import inputs
from benchmarks.live_rows import CLAIM, program

REQUITE: Final = Path(sys.executable).with_name("requite")
TOGETHER: Final = 500
"""Rows of one request, where many are sent at once."""

Rows = Sequence[Mapping[str, Any]]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("ruleset", type=Path)
    parser.add_argument("data", type=Path)
    parser.add_argument("--claims", type=int, default=2_000)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name, serving(Path(name)) as client:
        figures = measured(client, options.ruleset, options.data, options.claims)
    sys.stdout.write(json.dumps(figures) + "\n")


@contextmanager
def serving(home: Path) -> Iterator[httpx.Client]:
    """A service of its own, called with its first key."""
    with socket.socket() as opened:
        opened.bind(("127.0.0.1", 0))
        port = opened.getsockname()[1]
    environment = {**os.environ, "REQUITE_HOME": str(home), "REQUITE_LOG_LEVEL": "ERROR", "REQUITE_REQUESTS_PER_MINUTE": "1000000"}
    service = subprocess.Popen(
        [REQUITE, "serve", "--port", str(port)], env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        with httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=120) as client:
            _until_ready(client)
            client.headers["Authorization"] = f"Bearer {(home / 'first-key').read_text().strip()}"
            yield client
    finally:
        service.terminate()
        service.wait(60)


def _until_ready(client: httpx.Client) -> None:
    for _ in range(600):
        try:
            if client.get("/ready").is_success:
                return
        except httpx.TransportError:
            pass
        time.sleep(0.1)
    raise SystemExit("the service did not start")


def measured(client: httpx.Client, ruleset: Path, data: Path, claims: int) -> dict[str, float]:
    name = in_force(client, ruleset)
    sent = rows_of(ruleset, data)
    spells = sent.pop(CLAIM)
    for record, rows in sent.items():
        for some in _chunks(rows):
            posted(client, "/estimates", {"ruleset": name, "record": record, "rows": some})
    many, single = spells[:-claims], spells[-claims:]
    posted(client, "/claims", {"ruleset": name, "rows": many[:TOGETHER]})  # everything is made once
    started = time.perf_counter()
    for some in _chunks(many[TOGETHER:]):
        posted(client, "/claims", {"ruleset": name, "rows": some})
    seconds = time.perf_counter() - started
    took = sorted(_each(client, name, single))
    return {
        "claims_s": round(len(many[TOGETHER:]) / seconds),
        "p50_ms": round(took[len(took) // 2] * 1000, 3),
        "p99_ms": round(took[int(len(took) * 0.99)] * 1000, 3),
    }


def _each(client: httpx.Client, name: str, claims: Rows) -> Iterator[float]:
    for claim in claims:
        started = time.perf_counter()
        posted(client, "/claims", {"ruleset": name, "rows": [claim]})
        yield time.perf_counter() - started


def in_force(client: httpx.Client, ruleset: Path) -> str:
    """Publishes a ruleset, has another person approve it, puts it in force; its name."""
    texts = {ruleset.name: ruleset.read_text(encoding="utf-8")}
    version = posted(client, "/rulesets", {"main": ruleset.name, "texts": texts})
    approver = posted(client, "/keys", {"name": "approver", "role": "approver"})["secret"]
    signed = {"Authorization": f"Bearer {approver}"}
    posted(client, f"/rulesets/versions/{version['id']}/approve", None, signed)
    posted(client, f"/rulesets/{version['name']}/in-force", {"version": version["id"], "starts": "2015-04-01"}, signed)
    return str(version["name"])


def posted(client: httpx.Client, path: str, body: Any, headers: Mapping[str, str] | None = None) -> Any:
    answer = client.post(path, json=body, headers=dict(headers or {}))
    if not answer.is_success:
        raise SystemExit(f"{path}: {answer.text[:500]}")
    return answer.json()


def rows_of(ruleset: Path, data: Path) -> dict[str, Rows]:
    """The rows of the records that the ruleset reads, as JSON takes them."""
    wanted = program(ruleset).records
    found: dict[str, Rows] = {}
    for record, path in inputs(data).items():
        if record in wanted and record != "practice":
            table = ds.dataset(path, format="csv" if path.endswith(".csv") else "parquet").to_table()
            found[record] = [{name: _cell(value) for name, value in row.items()} for row in table.to_pylist()]
    return found


def _cell(value: Any) -> Any:
    if value is None or value == "":
        return None
    return value.isoformat() if isinstance(value, date) else str(value)


def _chunks(rows: Rows) -> Iterator[Rows]:
    for start in range(0, len(rows), TOGETHER):
        yield rows[start : start + TOGETHER]


if __name__ == "__main__":
    main()
