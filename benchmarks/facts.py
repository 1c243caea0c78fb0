"""Claims as facts, one dictionary each, with all that was joined to them; and practices with what their patients cost."""

from __future__ import annotations

import json
import math
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from benchmarks.measure import ALONE
from benchmarks.peer import EMERGENCY
from benchmarks.prepare import Frames, matched, priced, spending

Fact = dict[str, Any]

GIVEN: Final = (
    "id", "provider", "admission", "stay", "billed", "excess_days", "has_line", "known", "years", "sex", "line_sex", "least_age",
    "greatest_age", "outpatient", "combined", "day_case", "ordinary_elective", "non_elective", "elective_trim_days",
    "non_elective_trim_days", "day_rate", "expected_cost", "id_before", "first_id", "overlaps", "method",
)  # fmt: skip


def claims(frames: Frames) -> list[Fact]:
    """A fact for each spell; what is blank is None."""
    spell = matched(frames, priced(frames))[list(GIVEN)]
    facts = [dict(zip(GIVEN, row, strict=True)) for row in spell.itertuples(index=False)]
    for fact in facts:
        for name, value in fact.items():
            if isinstance(value, float):
                fact[name] = None if math.isnan(value) else int(value)
        fact["emergency_method"] = fact["method"] in EMERGENCY
    return facts


def practices(frames: Frames) -> list[Fact]:
    """A fact for each practice."""
    return [dict(row) for row in spending(frames).to_dict("records")]


@contextmanager
def alone(out: Path, number: int) -> Iterator[None]:
    """Note how long the engine itself took for so many claims: reading and joining left out."""
    started = time.perf_counter()
    yield
    (out / ALONE).write_text(json.dumps({"seconds": time.perf_counter() - started, "claims": number}))
