"""A chart of each stage, as SVG, from results.json."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

import altair as alt
import pandas as pd
import vl_convert

from benchmarks.measure import ROOT

CHARTS: Final = ROOT / "docs" / "assets" / "benchmarks"
NAMES: Final = {
    "hand_sql": "hand-written SQL",
    "requite": "Requite",
    "pandas_columns": "pandas, vectorised",
    "openfisca": "OpenFisca",
    "pandas_rows": "pandas, row by row",
    "zen": "ZEN engine",
    "durable_rules": "durable-rules",
}
COLOURS: Final = ("#00796b", "#90a4ae")
LIVE: Final = {
    "requite": "Requite",
    "interpreter": "its interpreter alone",
    "zen": "ZEN engine",
    "durable_rules": "durable-rules",
    "service": "Requite over HTTP, kept in SQLite",
}
LIVE_COLOURS: Final = ("#00796b", "#80cbc4", "#90a4ae", "#ffb74d", "#7e57c2")
Results = Mapping[str, Any]


def draw(results: Results) -> list[str]:
    """Draw what has been measured; the names of the charts."""
    CHARTS.mkdir(parents=True, exist_ok=True)
    drawn: list[str] = []
    for name, (needs, chart) in STAGES.items():
        if all(need in results for need in needs):
            made = chart(results).configure_view(stroke=None).configure_axis(grid=False)
            (CHARTS / f"{name}.svg").write_text(vl_convert.vegalite_to_svg(made.to_json()), encoding="utf-8")
            drawn.append(name)
    return drawn


def _millions(count: str) -> str:
    number = int(count)
    return f"{number / 1e6:g}m" if number >= 1_000_000 else f"{number:,}"


def against_sql(results: Results) -> Any:
    """Seconds beside hand-written SQL."""
    rows = [
        {"claims": _millions(size), "who": NAMES[peer], "seconds": results["seconds"][peer][size], "order": int(size)}
        for peer in ("requite", "hand_sql")
        for size in results["hand_sql"]
    ]
    return (
        alt.Chart(pd.DataFrame(rows))
        .mark_bar()
        .encode(
            x=alt.X("claims:N", sort=alt.EncodingSortField("order"), title="claims", axis=alt.Axis(labelAngle=0)),
            xOffset=alt.XOffset("who:N", sort=[NAMES["requite"], NAMES["hand_sql"]]),
            y=alt.Y("seconds:Q", scale=alt.Scale(type="log"), title="seconds"),
            color=_colours([NAMES["requite"], NAMES["hand_sql"]]),
        )
        .properties(width=420, height=260)
    )


def _colours(names: list[str]) -> Any:
    return alt.Color("who:N", scale=alt.Scale(domain=names, range=list(COLOURS)), title=None)


def against_peers(results: Results) -> Any:
    """How many times as long each peer takes for a claim, at a million claims."""
    wanted = ("pandas_columns", "openfisca", "pandas_rows", "zen", "durable_rules")
    rows = [{"peer": NAMES[peer], "times": results[peer][max(results[peer], key=int)]} for peer in wanted]
    bars = alt.Chart(pd.DataFrame(rows)).encode(
        x=alt.X("times:Q", scale=alt.Scale(type="log"), title="times as long for a claim as Requite"),
        y=alt.Y("peer:N", sort="x", title=None),
    )
    return (bars.mark_bar(color=COLOURS[1]) + bars.mark_text(align="left", dx=4).encode(text="times:Q")).properties(
        width=420, height=160
    )


def growth(results: Results) -> Any:
    """Time and memory as the claims grow more."""
    rows = [
        {"claims": int(size), "seconds": each["seconds"], "gigabytes": each["memory_mb"] / 1000}
        for size, each in results["growth"].items()
    ]
    base = alt.Chart(pd.DataFrame(rows)).encode(x=alt.X("claims:Q", scale=alt.Scale(type="log"), axis=alt.Axis(format="~s")))
    time = base.mark_line(point=True, color=COLOURS[0]).encode(y=alt.Y("seconds:Q", scale=alt.Scale(type="log"), title="seconds"))
    memory = base.mark_line(point=True, color=COLOURS[0]).encode(y=alt.Y("gigabytes:Q", title="GB resident at most"))
    return time.properties(width=300, height=220) | memory.properties(width=300, height=220)


def rules(results: Results) -> Any:
    """Compiling and running more and more checks."""
    parts = {"compile": results["compile_s"], "run on a million claims": results["run_s_by_rules"]}
    rows = [{"checks": int(n), "seconds": value, "who": name} for name, each in parts.items() for n, value in each.items()]
    return (
        alt.Chart(pd.DataFrame(rows))
        .mark_line(point=True)
        .encode(
            x=alt.X("checks:Q", scale=alt.Scale(type="log"), axis=alt.Axis(values=[1, 10, 100, 1000])),
            y=alt.Y("seconds:Q", scale=alt.Scale(type="log")),
            color=_colours(list(parts)),
        )
        .properties(width=420, height=220)
    )


def live(results: Results) -> Any:
    """Claims a second, and how long one takes, by the number of checks."""
    rows = [
        {"checks": int(n), "claims": each["claims_s"], "milliseconds": each["p99_ms"], "who": LIVE[who]}
        for who, by_checks in results["live"].items()
        for n, each in by_checks.items()
    ]
    base = alt.Chart(pd.DataFrame(rows)).encode(
        x=alt.X("checks:Q", scale=alt.Scale(type="log")),
        color=alt.Color("who:N", scale=alt.Scale(domain=list(LIVE.values()), range=list(LIVE_COLOURS)), title=None),
    )
    many = base.mark_line(point=True).encode(y=alt.Y("claims:Q", scale=alt.Scale(type="log"), title="claims a second"))
    one = base.mark_line(point=True).encode(
        y=alt.Y("milliseconds:Q", scale=alt.Scale(type="log"), title="ms for one claim, 99th in a hundred")
    )
    return many.properties(width=300, height=220) | one.properties(width=300, height=220)


STAGES: Final[Mapping[str, tuple[tuple[str, ...], Callable[[Results], Any]]]] = {
    "hand_sql": (("hand_sql", "seconds"), against_sql),
    "peers": (("openfisca", "zen", "durable_rules", "pandas_rows", "pandas_columns"), against_peers),
    "growth": (("growth",), growth),
    "live": (("live",), live),
    "rules": (("compile_s", "run_s_by_rules"), rules),
}
"""For each chart what it needs, and how it is drawn."""
