"""Write what was measured into docs/benchmarks.md, between its two marks: `python -m benchmarks.page`."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from benchmarks.charts import LIVE, NAMES, draw
from benchmarks.measure import ROOT

PAGE: Final = ROOT / "docs" / "benchmarks.md"
BEGIN, END = "<!-- measured -->", "<!-- /measured -->"
NOTHING: Final = "Nothing has been measured yet: run `make bench`."
Results = Mapping[str, Any]


def write_page(results: Results) -> None:
    """Draw the charts and put them and the tables into the page."""
    drawn = draw(results)
    parts = [part for make in SECTIONS for part in make(results, drawn)]
    text = PAGE.read_text(encoding="utf-8")
    before, rest = text.split(BEGIN)
    _, after = rest.split(END)
    PAGE.write_text(f"{before}{BEGIN}\n\n{chr(10).join(parts) or NOTHING}\n\n{END}{after}", encoding="utf-8")


def table(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> list[str]:
    """A Markdown table, numbers to the right."""
    lines = ["| " + " | ".join(heads) + " |", "| --- |" + " ---: |" * (len(heads) - 1)]
    return [*lines, *("| " + " | ".join(row) + " |" for row in rows), ""]


def chart(name: str, words: str, drawn: Sequence[str]) -> list[str]:
    return [f"![{words}](assets/benchmarks/{name}.svg)", ""] if name in drawn else []


def on_what(results: Results, _: Sequence[str]) -> list[str]:
    if not (machine := results.get("machine")):
        return []
    words = (
        f"{machine['processors']} processors ({machine['architecture']}), {machine['memory_gb']:.0f} GB, Python {machine['python']}"
    )
    return [f"Measured on {words}. Fresh processes in turn; the least time of several runs, the most memory of any.", ""]


def against_sql(results: Results, drawn: Sequence[str]) -> list[str]:
    if "hand_sql" not in results:
        return []
    seconds, memory = results["seconds"], results["memory_mb"]
    rows = [
        (
            f"{int(size):,}", *(f"{seconds[peer][size]:,.2f}" for peer in ("requite", "hand_sql")), f"{ratio:.2f} ×",
            *(f"{memory[peer][size]:,}" for peer in ("requite", "hand_sql")),
        )
        for size, ratio in _by_size(results["hand_sql"])
    ]  # fmt: skip
    heads = ("claims", "Requite, seconds", "SQL, seconds", "ratio", "Requite, MB", "SQL, MB")
    return ["### Against hand-written SQL", "", *chart("hand_sql", "Seconds against hand-written SQL", drawn), *table(heads, rows)]


def _by_size(figures: Mapping[str, Any]) -> list[tuple[str, Any]]:
    return sorted(figures.items(), key=lambda item: int(item[0]))


def against_peers(results: Results, drawn: Sequence[str]) -> list[str]:
    wanted = [peer for peer in ("pandas_columns", "openfisca", "pandas_rows", "zen", "durable_rules") if peer in results]
    if not wanted:
        return []
    alone = results.get("alone", {})
    rows = []
    for peer in wanted:
        measured = min(results["seconds"][peer], key=int)
        each = results["seconds"][peer][measured] / int(measured) * 1e6
        same, large = (results[peer].get(size) for size in (measured, max(results[peer], key=int)))
        inside = f"{alone[peer]:,.1f} ×" if peer in alone else ""
        rows.append((NAMES[peer], f"{int(measured):,}", f"{each:,.1f}", f"{same:,.1f} ×", f"{large:,.1f} ×", inside))
    heads = ("peer", "claims", "µs a claim", "against Requite at that number", "at the largest", "its engine alone, at the largest")
    return ["### Against other engines", "", *chart("peers", "Times as long for a claim", drawn), *table(heads, rows)]


def growing(results: Results, drawn: Sequence[str]) -> list[str]:
    if "growth" not in results:
        return []
    rows = [
        (f"{int(size):,}", f"{g['seconds']:,.1f}", f"{g['memory_mb']:,}", f"{g['spilled_mb']:,}", f"{g['input_mb']:,}", g["limit"])
        for size, g in _by_size(results["growth"])
    ]
    heads = ("claims", "seconds", "MB resident at most", "MB spilled", "MB of input", "limit")
    return ["### Growth", "", *chart("growth", "Seconds and memory by claims", drawn), *table(heads, rows)]


def by_rules(results: Results, drawn: Sequence[str]) -> list[str]:
    if "compile_s" not in results:
        return []
    run = results.get("run_s_by_rules", {})
    rows = [(f"{int(n):,}", f"{value:.2f}", f"{run[n]:.2f}" if n in run else "") for n, value in _by_size(results["compile_s"])]
    heads = ("checks", "parse, check and compile: seconds", "run on a million claims: seconds")
    return ["### Rules", "", *chart("rules", "Seconds by number of checks", drawn), *table(heads, rows)]


def while_typing(results: Results, _: Sequence[str]) -> list[str]:
    if "authoring_ms" not in results:
        return []
    took = results["authoring_ms"]
    words = f"{took['median']:.0f} ms at the median, {took['p95']:.0f} ms and more for the slowest twentieth"
    return [
        "### Typing",
        "",
        f"Diagnostics after a keystroke in a file of 500 lines, {took['keystrokes']} keystrokes: {words}.",
        "",
    ]


def while_they_arrive(results: Results, drawn: Sequence[str]) -> list[str]:
    if "live" not in results:
        return []
    rows = [
        (LIVE[who], f"{int(checks):,}", f"{each['claims_s']:,}", f"{each['p50_ms']:.2f}", f"{each['p99_ms']:.2f}")
        for who, by_checks in results["live"].items()
        for checks, each in _by_size(by_checks)
    ]
    heads = ("who", "checks", "claims a second", "one claim: ms at the median", "at the 99th in a hundred")
    made = ["### Live claims", "", *chart("live", "Claims a second and milliseconds by checks", drawn), *table(heads, rows)]
    memory = results.get("live_memory_mb")
    if memory is not None:
        seen = _by_size(memory["engine"])
        (first, begun), (last, ended) = seen[0], seen[-1]
        words = (
            f"Memory while claims go on arriving, at 14 checks: {begun:,.0f} MB after {int(first):,} claims, {ended:,.0f} MB after "
            f"{int(last):,}; the worker process {memory['worker'][first]:,.0f} MB and {memory['worker'][last]:,.0f} MB."
        )
        made += [words, ""]
    return made


SECTIONS: Final = (on_what, against_sql, against_peers, growing, by_rules, while_they_arrive, while_typing)


def main() -> None:
    results = Path(__file__).with_name("results.json")
    write_page(json.loads(results.read_text()) if results.is_file() else {})


if __name__ == "__main__":
    main()
