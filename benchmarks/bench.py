"""Run the benchmark: `make bench ARGS="--only hand_sql --claims 1000000"`. Writes benchmarks/results.json and prints one table."""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any, Final

from rich.console import Console
from rich.table import Table

from benchmarks.measure import ROOT, CommandError, helper, machine
from benchmarks.stages import STAGES, Figures, Plan

RESULTS: Final = Path(__file__).with_name("results.json")
CONSOLE: Final = Console()


def numbers(text: str) -> list[int]:
    """1000000,10000000: or 1m,10m."""
    return [int(float(part[:-1]) * 1_000_000) if part.endswith("m") else int(part) for part in text.replace("_", "").split(",")]


def asked() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="make bench", description=__doc__)
    parser.add_argument("--only", default=",".join(STAGES), help="stages, with commas between them")
    parser.add_argument("--claims", type=numbers, default="1m,10m,50m", help="numbers of claims against hand-written SQL")
    parser.add_argument("--growth", type=numbers, default="1m,3m,10m,30m,100m", help="numbers of claims for growth")
    parser.add_argument("--rules", type=numbers, default="1,10,100,1000", help="numbers of checks")
    parser.add_argument("--columns-claims", type=int, default=1_000_000, help="claims for OpenFisca and vectorised pandas")
    parser.add_argument("--rows-claims", type=int, default=20_000, help="claims for peers that take one at a time")
    parser.add_argument("--memory", default="3GB", help="the database's memory")
    parser.add_argument("--growth-memory", default="2GB", help="the same, where claims grow more")
    parser.add_argument("--engine", default="duckdb")
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--live-claims", type=int, default=5_000, help="claims that arrive one by one, for each measurement")
    parser.add_argument("--live-around", type=int, default=100_000, help="claims that stand while they do")
    parser.add_argument("--live-checks", type=numbers, default="1,10,14,100", help="numbers of checks of live claims")
    parser.add_argument("--live-memory", type=int, default=1_000_000, help="claims over which memory is watched")
    parser.add_argument("--folder", type=Path, default=ROOT / "build" / "benchmarks", help="where data and results lie meanwhile")
    return parser.parse_args()


def merged(before: Figures, after: Figures) -> Figures:
    """What a stage measured, over what was measured before."""
    out: Figures = dict(before)
    for name, value in after.items():
        out[name] = merged(out.get(name, {}), value) if isinstance(value, dict) else value
    return out


def show(results: Figures) -> Table:
    """All that was measured, in one table."""
    table = Table("what", "claims", "seconds", "MB", "spilled MB", "against Requite", box=None)
    seconds: dict[str, dict[str, float]] = results.get("seconds", {})
    for peer, by_size in seconds.items():
        for size, value in sorted(by_size.items(), key=lambda item: int(item[0])):
            memory, spilled = (results.get(name, {}).get(peer, {}).get(size) for name in ("memory_mb", "spilled_mb"))
            ours = seconds.get("requite", {}).get(size)
            ratio = "" if peer == "requite" or not ours else f"{value / ours:,.2f} ×"
            table.add_row(peer, f"{int(size):,}", f"{value:,.2f}", _plain(memory), _plain(spilled), ratio)
    for size, each in results.get("growth", {}).items():
        cells = (f"{each['seconds']:,.1f}", _plain(each["memory_mb"]), _plain(each["spilled_mb"]))
        table.add_row("growth", f"{int(size):,}", *cells, "")
    for number, value in results.get("compile_s", {}).items():
        run = results.get("run_s_by_rules", {}).get(number)
        table.add_row(f"{int(number):,} checks: compile", "", f"{value:,.2f}", "", "", "")
        table.add_row(f"{int(number):,} checks: run", "1,000,000", "" if run is None else f"{run:,.2f}", "", "", "")
    for who, by_checks in results.get("live", {}).items():
        for number, each in by_checks.items():
            said = f"{who}, live, {int(number):,} checks: one claim, 99th in a hundred"
            table.add_row(said, "", f"{each['p99_ms'] / 1000:.4f}", "", "", f"{each['claims_s']:,} claims a second")
    if "authoring_ms" in results:
        table.add_row("a keystroke, median", "", f"{results['authoring_ms']['median'] / 1000:.3f}", "", "", "")
    return table


def _plain(value: Any) -> str:
    return "" if value is None else f"{value:,}"


def main() -> None:
    options = vars(asked())
    stages = str(options.pop("only")).split(",")
    unknown = [stage for stage in stages if stage not in STAGES]
    if unknown:
        raise SystemExit(f"there is no stage {', '.join(unknown)}; there are {', '.join(STAGES)}")
    plan = Plan(**options, say=CONSOLE.print)
    results: Figures = json.loads(RESULTS.read_text()) if RESULTS.is_file() else {}
    for stage in stages:
        CONSOLE.rule(stage)
        try:
            measured = STAGES[stage](plan)
        except CommandError as error:
            raise SystemExit(f"{stage}: {error}") from None
        results = merged(results, {**measured, "machine": machine()})
        RESULTS.write_text(json.dumps(results, indent=2, sort_keys=True) + "\n")
    helper("page")
    CONSOLE.print(show(results))


if __name__ == "__main__":
    main()
