"""The stages of the benchmark: what each runs, and what it says of it."""

from __future__ import annotations

import json
import shutil
import statistics
import subprocess
import sys
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from benchmarks import bulk
from benchmarks.live_rows import ruleset as live_ruleset
from benchmarks.measure import ALONE, ROOT, Run, best, helper, measure, surroundings
from benchmarks.requite_peer import WORKLOAD, command

Figures = dict[str, Any]

COLUMNS: Final = {"pandas_columns": "pandas_columns", "openfisca": "openfisca_peer"}
"""Peers that take all claims at once, and the modules that they are in."""

ROWS: Final = {"pandas_rows": "pandas_rows", "zen": "zen_peer", "durable_rules": "durable_peer"}
"""Peers that take one claim at a time."""

MODULES: Final = {"hand_sql": "hand_sql", **COLUMNS, **ROWS}
KEEP_UP_TO: Final = 10_000_000
"""Data of more claims than these is deleted when it has served."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What was asked for."""

    folder: Path
    claims: Sequence[int]
    growth: Sequence[int]
    rules: Sequence[int]
    columns_claims: int
    rows_claims: int
    memory: str
    growth_memory: str
    engine: str
    runs: int
    live_claims: int
    live_around: int
    live_checks: Sequence[int]
    live_memory: int
    say: Callable[[str], None]

    def data(self, claims: int) -> Path:
        """The made claims, made now if they are not there."""
        folder = self.folder / "data" / str(claims)
        self.say(f"{claims:,} claims: data")
        helper("generate", str(claims), str(folder))
        return folder

    def forget(self, claims: int) -> None:
        if claims > KEEP_UP_TO:
            shutil.rmtree(self.folder / "data" / str(claims), ignore_errors=True)

    def runs_of(self, claims: int) -> int:
        """Fewer where each takes long."""
        return self.runs if claims <= 1_000_000 else min(self.runs, 3) if claims <= KEEP_UP_TO else 2

    def out(self, peer: str) -> Path:
        return self.folder / "runs" / peer / "out"

    def once(self, peer: str, data: Path, ruleset: Path = WORKLOAD, memory: str = "") -> Run:
        """One run of one peer, in a process of its own."""
        out, memory = self.out(peer), memory or self.memory
        shutil.rmtree(out.parent, ignore_errors=True)
        if peer == "requite":
            told = command(data, out, ruleset, self.engine, memory)
        else:
            told = [sys.executable, "-m", f"benchmarks.{MODULES[peer]}", str(data), str(out), "--memory", memory]
        run = measure(told, out.parent)
        self.say(f"  {peer}: {run.seconds:.2f} s, {run.memory_mb:,.0f} MB")
        return run

    def in_turn(self, peers: Sequence[str], claims: int, runs: int) -> dict[str, Run]:
        """The peers one after another, several times; after the first round their results must be equal."""
        data = self.data(claims)
        made: dict[str, list[Run]] = {peer: [] for peer in peers}
        for number in range(runs):
            for peer in peers:
                made[peer].append(self.once(peer, data))
            if not number:
                for peer in peers[1:]:
                    helper("compare", str(self.out(peers[0])), str(self.out(peer)), *["--reasons"] * (peer == "hand_sql"))
                self.say("  results are equal")
        return {peer: best(each) for peer, each in made.items()}


def _enter(figures: Figures, runs: Mapping[str, Run], claims: int) -> None:
    for peer, run in runs.items():
        for name, value in (
            ("seconds", round(run.seconds, 3)),
            ("cpu_seconds", round(run.cpu_seconds, 3)),
            ("memory_mb", round(run.memory_mb)),
            ("spilled_mb", round(run.spilled_mb)),
        ):
            figures[name].setdefault(peer, {})[str(claims)] = value


def hand_sql(plan: Plan) -> Figures:
    """Requite against hand-written SQL: its time as a multiple of theirs."""
    figures: Figures = defaultdict(dict)
    for claims in plan.claims:
        runs = plan.in_turn(["requite", "hand_sql"], claims, plan.runs_of(claims))
        figures["hand_sql"][str(claims)] = round(runs["requite"].seconds / runs["hand_sql"].seconds, 3)
        _enter(figures, runs, claims)
        plan.forget(claims)
    return dict(figures)


def peers(plan: Plan) -> Figures:
    """The other peers: their time for a claim as a multiple of Requite's."""
    figures: Figures = defaultdict(dict)
    many, few = plan.columns_claims, plan.rows_claims
    large = plan.in_turn(["requite", *COLUMNS], many, min(plan.runs, 3))
    # Requite's own time for so many claims is the one held against SQL.
    _enter(figures, {peer: large[peer] for peer in COLUMNS}, many)
    ours = large["requite"].seconds
    for peer in COLUMNS:
        figures[peer][str(many)] = round(large[peer].seconds / ours, 1)
    small = plan.in_turn(["requite", *ROWS], few, min(plan.runs, 3))
    _enter(figures, small, few)
    for peer in ROWS:
        alone = json.loads((plan.out(peer) / ALONE).read_text())
        figures[peer][str(few)] = round(small[peer].seconds / small["requite"].seconds, 1)
        figures[peer][str(many)] = round(small[peer].seconds / few / (ours / many), 1)
        figures["alone"][peer] = round(alone["seconds"] / alone["claims"] / (ours / many), 1)
    return dict(figures)


def growth(plan: Plan) -> Figures:
    """Time and memory as the claims grow more."""
    figures: Figures = {"growth": {}}
    for claims in plan.growth:
        data = plan.data(claims)
        on_disk = sum(file.stat().st_size for file in data.glob("*.parquet"))
        runs = [plan.once("requite", data, memory=plan.growth_memory) for _ in range(2 if claims <= KEEP_UP_TO else 1)]
        run = best(runs)
        figures["growth"][str(claims)] = {
            "seconds": round(run.seconds, 2),
            "memory_mb": round(run.memory_mb),
            "spilled_mb": round(run.spilled_mb),
            "input_mb": round(on_disk / 1e6),
            "limit": plan.growth_memory,
        }
        plan.forget(claims)
    return figures


def rules(plan: Plan) -> Figures:
    """Compiling and running rulesets of more and more checks."""
    figures: Figures = {"compile_s": {}, "run_s_by_rules": {}}
    data = plan.data(1_000_000)
    folder = plan.folder / "rules"
    folder.mkdir(parents=True, exist_ok=True)
    for number in plan.rules:
        file = bulk.ruleset(number, folder)
        told = [sys.executable, "-m", "benchmarks.compile_time", str(file), plan.engine]
        seconds = min(float(_said(told)) for _ in range(plan.runs))
        figures["compile_s"][str(number)] = round(seconds, 3)
        plan.say(f"{number:,} checks: {seconds:.2f} s to parse, check and compile")
        runs = [plan.once("requite", data, file) for _ in range(min(plan.runs, 3))]
        figures["run_s_by_rules"][str(number)] = round(best(runs).seconds, 3)
    return figures


def _said(command: Sequence[str]) -> str:
    """What a process of ours prints."""
    return subprocess.run(command, cwd=ROOT, env=surroundings(), capture_output=True, text=True, check=True).stdout


def authoring(plan: Plan) -> Figures:
    """Diagnostics while somebody types."""
    took = sorted(json.loads(_said([sys.executable, "-m", "benchmarks.typing_time"])))
    later = took[int(len(took) * 0.95)]
    plan.say(f"{len(took)} keystrokes: {statistics.median(took):.0f} ms at the median, {later:.0f} ms at the 95th in a hundred")
    return {"authoring_ms": {"median": round(statistics.median(took), 1), "p95": round(later, 1), "keystrokes": len(took)}}


def live(plan: Plan) -> Figures:
    """Claims that arrive one by one: claims a second, how long one takes, and memory as they go on arriving."""
    data = plan.data(plan.live_around)
    folder = plan.folder / "rules"
    figures: Figures = {"live": {}}
    for checks in plan.live_checks:
        file = live_ruleset(checks, folder)
        told = {
            **{who: ["live_claims", who, str(file)] for who in ("requite", "interpreter")},
            **{who: ["live_peers", who, str(checks)] for who in ("zen", "durable_rules")},
        }
        for who, asked in told.items():
            arguments = [*asked, str(data), "--claims", str(plan.live_claims)]
            runs = [
                json.loads(_said([sys.executable, "-m", f"benchmarks.{arguments[0]}", *arguments[1:]])) for _ in range(plan.runs)
            ]
            found = {"claims_s": max(run["claims_s"] for run in runs)}
            found |= {name: min(run[name] for run in runs) for name in ("p50_ms", "p99_ms")}
            figures["live"].setdefault(who, {})[str(checks)] = found
            plan.say(
                f"  {who}, {checks} checks: {found['claims_s']:,} claims a second, {found['p99_ms']} ms at the 99th in a hundred"
            )
    file = live_ruleset(14, folder)
    told_memory = ["memory", str(file), str(data), "--claims", str(plan.live_memory)]
    figures |= json.loads(_said([sys.executable, "-m", "benchmarks.live_claims", *told_memory]))
    return figures


def service(plan: Plan) -> Figures:
    """Claims sent to the service over HTTP."""
    file = live_ruleset(14, plan.folder / "rules")
    data = plan.data(plan.live_claims * 2)
    over_http = [sys.executable, "-m", "benchmarks.live_service", str(file), str(data), "--claims", str(plan.live_claims // 2)]
    found = json.loads(_said(over_http))
    plan.say(f"  {found['claims_s']:,} claims a second, {found['p99_ms']} ms at the 99th in a hundred")
    return {"live": {"service": {"14": found}}}


STAGES: Final[Mapping[str, Callable[[Plan], Figures]]] = {
    "hand_sql": hand_sql,
    "peers": peers,
    "growth": growth,
    "rules": rules,
    "authoring": authoring,
    "live": live,
    "service": service,
}
