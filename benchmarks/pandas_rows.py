"""Row by row over pandas: `python -m benchmarks.pandas_rows DATA OUT`. What most people write first: loops and dictionaries."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pandas as pd

from benchmarks.facts import alone
from benchmarks.peer import CHECKS, EMERGENCY, SAVINGS, Decided, Flagged, Task, run_peer
from benchmarks.prepare import Frames, read

Row = Any
Found = tuple[int | None, int] | str
"""What was expected and what was charged too much; or out of scope, not assessable, passed."""

OUT, LACKS, PASSED = "out of scope", "not assessable", "passed"


@dataclass(frozen=True, slots=True)
class Lookups:
    """Rows by what they are looked up by."""

    patients: dict[str, Row]
    lines: dict[str, list[Row]]
    estimates: dict[tuple[str, str], list[Row]]
    spells: dict[str, list[Row]]

    def line(self, spell: Row) -> Row:
        lines = self.lines.get(spell.hrg, [])
        return next((line for line in lines if line.valid_from <= spell.discharged <= line.valid_to), None)


def lookups(frames: Frames) -> Lookups:
    """The rows of each frame, gone through once."""
    made = Lookups({row.id: row for row in frames.patient.itertuples()}, defaultdict(list), defaultdict(list), defaultdict(list))
    for row in frames.tariff.itertuples():
        made.lines[row.hrg].append(row)
    for row in frames.estimate.itertuples():
        made.estimates[row.patient, row.specialty].append(row)
    for row in frames.spell.itertuples():
        made.spells[row.patient].append(row)
    return made


def excess_of(spell: Row, line: Row) -> int | None:
    """Days above the trim point."""
    trim = line.non_elective_trim_days if spell.admission == "non_elective" else line.elective_trim_days
    return None if pd.isna(trim) else max(0, (spell.discharged - spell.admitted).days - int(trim))


def base_of(spell: Row, line: Row) -> int | None:
    """The price for this kind of admission, before long stay."""
    base = line.non_elective
    if spell.admission == "day_case":
        base = line.combined if pd.isna(line.day_case) else line.day_case
    elif spell.admission == "elective":
        base = line.combined if pd.isna(line.ordinary_elective) else line.ordinary_elective
    return None if pd.isna(base) else int(base)


def price_of(spell: Row, line: Row) -> int | None:
    """The price with the days above the trim point."""
    base, excess = base_of(spell, line), excess_of(spell, line)
    if base is None or excess is None or (excess and pd.isna(line.day_rate)):
        return None
    return base + (excess * int(line.day_rate) if excess else 0)


def years_of(spell: Row, patient: Row) -> int:
    born, day = patient.born, spell.admitted
    return int(day.year - born.year - ((day.month, day.day) < (born.month, born.day)))


def against(spell: Row, price: int | None, undercharges: bool = True) -> Found:
    """The bill against a price."""
    if price is None:
        return LACKS
    over = spell.billed - price
    return (price, over) if over > 0 or (undercharges and over < 0) else PASSED


def priced_at(kind: str, spell: Row, line: Row, patient: Row) -> Found:
    """The first four checks, of which each is about one kind of stay."""
    stay = (spell.discharged - spell.admitted).days
    admission = "non_elective" if kind in ("non_elective_price", "short_stay") else kind.removesuffix("_price")
    if spell.admission != admission:
        return OUT
    if stay < 0:
        return LACKS
    if (kind == "short_stay" and stay >= 2) or (kind == "non_elective_price" and stay < 2):
        return OUT
    if kind == "short_stay":
        if patient is None:
            return LACKS
        if years_of(spell, patient) < 19:
            return OUT
    if line is None:
        return LACKS
    if kind == "short_stay":
        base = base_of(spell, line)
        return against(spell, None if base is None else (base * 65 + 50) // 100, undercharges=False)
    return against(spell, base_of(spell, line) if kind == "day_case_price" else price_of(spell, line))


def long_stay_days(spell: Row, line: Row) -> Found:
    if spell.excess_days <= 0:
        return OUT
    if spell.discharged < spell.admitted or line is None or pd.isna(line.day_rate):
        return LACKS
    excess = excess_of(spell, line)
    if excess is None:
        return LACKS
    more = (spell.excess_days - excess) * int(line.day_rate)
    return (spell.billed - more, more) if spell.excess_days > excess else PASSED


def day_case_for_outpatient(spell: Row, line: Row) -> Found:
    if spell.admission != "day_case":
        return OUT
    if line is None:
        return LACKS
    return OUT if pd.isna(line.outpatient) else against(spell, int(line.outpatient), undercharges=False)


def over_estimate(spell: Row, patient: Row, known: Lookups) -> Found:
    since = spell.admitted - timedelta(days=180)
    found = known.estimates.get((spell.patient, spell.specialty), []) if patient is not None else []
    counting = [estimate for estimate in found if since <= estimate.referred <= spell.admitted]
    if not counting:
        return OUT
    cost = max(counting, key=lambda estimate: (estimate.referred, estimate.id)).expected_cost
    over = spell.billed - cost
    return (cost, over) if 5 * over > cost and over > 10_000 else PASSED


def readmission(spell: Row, patient: Row, known: Lookups) -> Found:
    if spell.admission != "non_elective" or patient is None:
        return OUT
    since = spell.admitted - timedelta(days=30)
    for before in known.spells[spell.patient]:
        earlier = (before.discharged, before.id) < (spell.discharged, spell.id)
        if before.provider == spell.provider and earlier and since <= before.discharged <= spell.admitted:
            return (0, spell.billed) if spell.billed > 0 else PASSED
    return OUT


def duplicate(spell: Row, patient: Row, known: Lookups) -> Found:
    if patient is None:
        return OUT
    for first in known.spells[spell.patient]:
        same = (first.provider, first.hrg, first.admitted) == (spell.provider, spell.hrg, spell.admitted)
        if same and first.id < spell.id:
            return (0, spell.billed) if spell.billed > 0 else PASSED
    return OUT


def overlap(spell: Row, patient: Row, known: Lookups) -> Found:
    since = spell.admitted - timedelta(days=60)
    for other in known.spells[spell.patient] if patient is not None else []:
        there = since <= other.admitted <= spell.admitted < other.discharged
        if other.provider != spell.provider and there:
            return None, spell.billed
    return PASSED


def coherence(spell: Row, line: Row, patient: Row) -> Found:
    if patient is None or line is None:
        return LACKS
    years = years_of(spell, patient)
    age = years < line.least_age or years > line.greatest_age
    sex = not pd.isna(line.line_sex) and patient.sex != line.line_sex
    method = (spell.admission == "non_elective") != (spell.method in EMERGENCY)
    return (None, spell.billed) if age or sex or method else PASSED


def check_all(spell: Row, known: Lookups) -> dict[str, Found]:
    """The twelve checks of one claim."""
    patient, line = known.patients.get(spell.patient), known.line(spell)
    return {
        **{kind: priced_at(kind, spell, line, patient) for kind in CHECKS[:4]},
        "long_stay_days": long_stay_days(spell, line),
        "day_case_for_outpatient": day_case_for_outpatient(spell, line),
        "over_estimate": over_estimate(spell, patient, known),
        "readmission": readmission(spell, patient, known),
        "duplicate": duplicate(spell, patient, known),
        "overlap": overlap(spell, patient, known),
        "coherence": coherence(spell, line, patient),
        "dates": (None, spell.billed) if spell.discharged < spell.admitted else PASSED,
    }


def decide(task: Task) -> None:
    """Claim after claim, then practice after practice."""
    frames = read(task.data)
    decided = Decided()
    with alone(task.out, len(frames.spell)):
        known = lookups(frames)
        for spell in frames.spell.itertuples():
            enter(spell, check_all(spell, known), decided)
        pay(frames, known, decided)
    decided.write(task.out)


def enter(spell: Row, said: dict[str, Found], decided: Decided) -> None:
    """Count what became of one claim; keep what was found."""
    found: list[Flagged] = []
    for check, what in said.items():
        tally = decided.tallies[check]
        tally.read += 1
        if what == OUT:
            tally.out_of_scope += 1
        elif what == LACKS:
            decided.lacking(check, spell.id)
        elif not isinstance(what, str):
            expected, over = what
            penalty = (over + 5) // 10 if check == "over_estimate" else None
            found.append(Flagged(check, spell.id, spell.billed, expected, over, penalty, spell.provider))
    decided.challenge(found)


def pay(frames: Frames, known: Lookups, decided: Decided) -> None:
    """The savings scheme."""
    spend: dict[str, int] = defaultdict(int)
    for patient in known.patients.values():
        spend[patient.practice] += min(2_000_000, sum(spell.billed for spell in known.spells.get(patient.id, ())))
    for practice in frames.practice.itertuples():
        decided.tallies[SAVINGS].read += 1
        markers = [
            None if practice.prescribed_items == 0 else practice.generic_items * 100 >= 70 * practice.prescribed_items,
            None if practice.first_attendances == 0 else practice.follow_ups < 2 * practice.first_attendances,
        ]
        if not any(markers) and None in markers:
            decided.lacking(SAVINGS, practice.code)
            continue
        half = (max(0, practice.budget - spend[practice.code]) + 1) // 2
        decided.payments.append((practice.code, min(half, 4000 * practice.list_size) if any(markers) else 0))


if __name__ == "__main__":
    run_peer(__doc__, decide)
