"""Live claims, one process a measurement: `python -m benchmarks.live_claims WHO RULESET DATA --claims 2000`.

WHO decides: `requite` (the interpreter reckons, a worker process with durable-rules decides), or `interpreter` alone. Prints JSON:
claims a second, how long one claim took at the median and at the 99th in a hundred. `memory` sends claims again and again, new ones
each time, and prints what is resident on the way.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any, Final

from benchmarks.live_rows import CLAIM, Around, program, rows, standing
from requite.engine.live.engine import LiveEngine
from requite.engine.live.worker import Worker
from requite.engine.rows import Row

KNOWN: Final = date(2020, 1, 1)
TOGETHER: Final = 200
"""Claims of one request, where they come many at once."""

KEPT: Final = 20_000
"""Claims around, where new ones arrive without end: the oldest go as new ones come."""

LOOKS: Final = 20

Decide = Callable[[Sequence[Any]], Any]
"""Decides some claims: rows, or what another engine takes."""


def asked() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("who", choices=("requite", "interpreter", "memory"))
    parser.add_argument("ruleset", type=Path)
    parser.add_argument("data", type=Path)
    parser.add_argument("--claims", type=int, default=2_000)
    return parser.parse_args()


def main() -> None:
    options = asked()
    made = program(options.ruleset)
    data = rows(made, options.data)
    worker = Worker("benchmark")
    engine = LiveEngine(made, worker)
    try:
        if options.who == "memory":
            figures = memory(engine, worker, data[CLAIM], standing(engine, {**data, CLAIM: ()})[0], options.claims)
        else:
            around, claims = standing(engine, data, options.claims)
            figures = timed(decider(options.who, engine, around), claims)
    finally:
        worker.close()
    sys.stdout.write(json.dumps(figures) + "\n")


def decider(who: str, engine: LiveEngine, around: Around) -> Decide:
    """What is timed: the whole, or the interpreter's part of it."""
    if who == "requite":
        return lambda claims: engine.decide(claims, around, KNOWN)

    def alone(claims: Sequence[Row]) -> Any:
        with engine.desk(KNOWN) as desk:
            return desk.outcomes(claims, around)

    return alone


def timed(decide: Decide, claims: Sequence[Any]) -> dict[str, float]:
    """Claims a second where they come many at once; and how long one alone takes."""
    decide(claims[:TOGETHER])  # everything is made once
    started = time.perf_counter()
    for start in range(0, len(claims), TOGETHER):
        decide(claims[start : start + TOGETHER])
    seconds = time.perf_counter() - started
    took = sorted(_each(decide, claims))
    return {
        "claims_s": round(len(claims) / seconds),
        "p50_ms": round(took[len(took) // 2] * 1000, 3),
        "p99_ms": round(took[int(len(took) * 0.99)] * 1000, 3),
    }


def _each(decide: Decide, claims: Sequence[Any]) -> Iterator[float]:
    for claim in claims:
        started = time.perf_counter()
        decide((claim,))
        yield time.perf_counter() - started


def memory(engine: LiveEngine, worker: Worker, claims: Sequence[Row], around: Around, number: int) -> dict[str, Any]:
    """What is resident, here and in the worker, while so many claims arrive; of a large number, each is one of these, renamed."""
    here: dict[str, float] = {}
    there: dict[str, float] = {}
    standing_now: list[Row] = []
    step, decided = max(1, number // LOOKS), 0
    for start in range(0, number, TOGETHER):
        arriving = [_renamed(claims[n % len(claims)], n) for n in range(start, min(start + TOGETHER, number))]
        around.add(arriving)
        standing_now += arriving
        engine.decide(arriving, around, KNOWN)
        decided += len(arriving)
        around.remove(standing_now[:-KEPT])
        standing_now = standing_now[-KEPT:]
        if decided // step > (decided - len(arriving)) // step:
            here[str(decided)], there[str(decided)] = resident(), resident(worker.pid)
    return {"live_memory_mb": {"engine": here, "worker": there}}


def _renamed(row: Row, number: int) -> Row:
    key = (f"C{number:09}",)
    return replace(row, key=key, values={**row.values, "id": key[0]})


def resident(pid: int | None = None) -> float:
    """What a process has in memory, in MB."""
    text = Path(f"/proc/{pid or 'self'}/status").read_text(encoding="utf-8")
    return round(int(text.partition("VmRSS:")[2].split()[0]) / 1024, 1)


if __name__ == "__main__":
    main()
