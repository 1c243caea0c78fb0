"""ZEN engine: `python -m benchmarks.zen_peer DATA OUT`. A JDM graph of decision tables, asked once for each claim.

What a claim is joined to is prepared beforehand, since a decision sees nothing but its own input.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any, Final

import zen

from benchmarks.facts import alone, claims, practices
from benchmarks.peer import CHECKS, SAVINGS, Decided, Flagged, Task, run_peer
from benchmarks.prepare import read

Row = tuple[str, str, str]
"""A row of a table: when it holds, what becomes of the claim, what was to be expected."""

SHARED: Final = {
    "elective_base": "admission == 'day_case' ? (day_case ?? combined) : (ordinary_elective ?? combined)",
    "base": "admission == 'non_elective' ? non_elective : $.elective_base",
    "trim": "admission == 'non_elective' ? non_elective_trim_days : elective_trim_days",
    "excess": "$.trim == null ? null : max([0, stay - $.trim])",
    "long_stay": "$.excess == 0 ? 0 : $.excess == null or day_rate == null ? null : $.excess * day_rate",
    "price": "$.base == null or $.long_stay == null ? null : $.base + $.long_stay",
    "reduced": "$.base == null ? null : floor(($.base * 65 + 50) / 100)",
    "too_many": "$.excess == null ? null : excess_days - $.excess",
}
"""Figures that several tables read."""

NO_EXPECTED: Final = "null"
TABLES: Final[Mapping[str, Sequence[Row]]] = {
    "day_case_price": (
        ("admission != 'day_case'", "out of scope", ""),
        ("stay < 0 or base == null", "not assessable", ""),
        ("billed != base", "flagged", "base"),
    ),
    "elective_price": (
        ("admission != 'elective'", "out of scope", ""),
        ("stay < 0 or price == null", "not assessable", ""),
        ("billed != price", "flagged", "price"),
    ),
    "non_elective_price": (
        ("admission != 'non_elective'", "out of scope", ""),
        ("stay < 0", "not assessable", ""),
        ("stay < 2", "out of scope", ""),
        ("price == null", "not assessable", ""),
        ("billed != price", "flagged", "price"),
    ),
    "short_stay": (
        ("admission != 'non_elective'", "out of scope", ""),
        ("stay < 0", "not assessable", ""),
        ("stay >= 2", "out of scope", ""),
        ("years == null", "not assessable", ""),
        ("years < 19", "out of scope", ""),
        ("reduced == null", "not assessable", ""),
        ("billed > reduced", "flagged", "reduced"),
    ),
    "long_stay_days": (
        ("excess_days <= 0", "out of scope", ""),
        ("stay < 0 or not has_line or day_rate == null or too_many == null", "not assessable", ""),
        ("too_many > 0", "flagged", "billed - too_many * day_rate"),
    ),
    "day_case_for_outpatient": (
        ("admission != 'day_case'", "out of scope", ""),
        ("not has_line", "not assessable", ""),
        ("outpatient == null", "out of scope", ""),
        ("billed > outpatient", "flagged", "outpatient"),
    ),
    "over_estimate": (
        ("expected_cost == null", "out of scope", ""),
        ("5 * (billed - expected_cost) > expected_cost and billed - expected_cost > 10000", "flagged", "expected_cost"),
    ),
    "readmission": (("id_before == null", "out of scope", ""), ("billed > 0", "flagged", "0")),
    "duplicate": (("first_id == null", "out of scope", ""), ("billed > 0", "flagged", "0")),
    "overlap": (("overlaps", "flagged", NO_EXPECTED),),
    "coherence": (
        ("not known or not has_line", "not assessable", ""),
        ("least_age != null and years < least_age", "flagged", NO_EXPECTED),
        ("greatest_age != null and years > greatest_age", "flagged", NO_EXPECTED),
        ("line_sex != null and sex != line_sex", "flagged", NO_EXPECTED),
        ("(admission == 'non_elective') != emergency_method", "flagged", NO_EXPECTED),
    ),
    "dates": (("stay < 0", "flagged", NO_EXPECTED),),
}
GATES: Final = {
    "generics": "prescribed_items == 0 ? null : generic_items * 100 >= 70 * prescribed_items",
    "few_follow_ups": "first_attendances == 0 ? null : follow_ups < 2 * first_attendances",
    "earned": "min([floor((max([0, budget - spend]) + 1) / 2), 4000 * list_size])",
}
SCHEME: Final[Sequence[Row]] = (
    ("generics == true or few_follow_ups == true", "paid", "earned"),
    ("generics == null or few_follow_ups == null", "not assessable", ""),
    ("true", "paid", "0"),
)


def graph(shared: Mapping[str, str], tables: Mapping[str, Sequence[Row]]) -> str:
    """A decision: its input, the figures, the tables side by side, its output."""
    nodes: list[dict[str, Any]] = [
        {"id": "in", "type": "inputNode", "name": "in"},
        {"id": "shared", "type": "expressionNode", "name": "shared", "content": _expressions(shared)},
        {"id": "out", "type": "outputNode", "name": "out"},
        *({"id": name, "type": "decisionTableNode", "name": name, "content": _table(name, rows)} for name, rows in tables.items()),
    ]
    ways = [("in", "shared"), *(("shared", name) for name in tables), *((name, "out") for name in tables)]
    edges = [{"id": f"{one}-{other}", "type": "edge", "sourceId": one, "targetId": other} for one, other in ways]
    return json.dumps({"contentType": "application/vnd.gorules.decision", "nodes": nodes, "edges": edges})


def _expressions(shared: Mapping[str, str]) -> dict[str, Any]:
    return {"expressions": [{"id": key, "key": key, "value": value} for key, value in shared.items()], "passThrough": True}


def _table(name: str, rows: Sequence[Row]) -> dict[str, Any]:
    """The first row that holds decides; where none does, the claim has passed."""
    cells = [
        {"_id": f"{name}{place}", "when": when, "status": f"'{status}'", "expected": expected or NO_EXPECTED}
        for place, (when, status, expected) in enumerate(rows)
    ]
    outputs = [{"id": part, "name": part, "field": f"{name}.{part}"} for part in ("status", "expected")]
    return {"hitPolicy": "first", "inputs": [{"id": "when", "name": "when"}], "outputs": outputs, "rules": cells}


def decide(task: Task) -> None:
    """Ask once for each claim, then once for each practice."""
    frames = read(task.data)
    facts, decided = claims(frames), Decided()
    decision = zen.ZenEngine().create_decision(graph(SHARED, TABLES))
    with alone(task.out, len(facts)):
        for fact in facts:
            decide_claim(fact, decision.evaluate(fact)["result"], decided)
    scheme = zen.ZenEngine().create_decision(graph(GATES, {SAVINGS: SCHEME}))
    for practice in practices(frames):
        decided.tallies[SAVINGS].read += 1
        result = scheme.evaluate(practice)["result"]["savings"]["financial"]
        if result["status"] == "paid":
            decided.payments.append((practice["code"], round(result["expected"])))
        else:
            decided.lacking(SAVINGS, practice["code"])
    decided.write(task.out)


def decide_claim(fact: Mapping[str, Any], result: Mapping[str, Any], decided: Decided) -> None:
    """Enter what the tables said of one claim."""
    found: list[Flagged] = []
    billed, key = fact["billed"], fact["id"]
    for check in CHECKS:
        tally, said = decided.tallies[check], result.get(check, {})
        tally.read += 1
        match said.get("status"):
            case "out of scope":
                tally.out_of_scope += 1
            case "not assessable":
                decided.lacking(check, key)
            case "flagged":
                expected = None if said.get("expected") is None else round(said["expected"])
                over = billed if expected is None else billed - expected
                penalty = (over + 5) // 10 if check == "over_estimate" else None
                found.append(Flagged(check, key, billed, expected, over, penalty, fact["provider"]))
    decided.challenge(found)


if __name__ == "__main__":
    run_peer(__doc__, decide)
