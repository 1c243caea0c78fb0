"""Duplicates, readmissions and follow-ups on made-up claims, decided a second time in plain Python."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import date, timedelta
from fractions import Fraction
from math import floor
from pathlib import Path

from requite.engine.data import read_data
from requite.engine.interpret import Interpreter
from requite.engine.lower import lower
from tests.rulesets.support import Ran, load, write_csv

SEEDS = 30
START = date(2012, 3, 20)
"""Shortly before a financial year begins, so that both years are met."""

EMERGENCY = ("21", "2A")
CATEGORIES = {"HX1": "", "HX2": "", "CX1": "cancer", "TX1": "transplant", "NX1": ""}
"""Kinds of care by HRG: NX1 is not in the tariff; KX1 is in it, and nobody has said what kind of care it is."""
TARIFF = ("HX1", "HX2", "CX1", "TX1", "KX1")
ALLOWED = {("RAX", "05A"): 1, ("RYY", "05A"): 0}
RATIOS = {("RAX", "100"): "1.5", ("RYY", "100"): "1"}


@dataclass(frozen=True)
class Spell:
    id: str
    patient: str
    age: int
    commissioner: str
    provider: str
    patient_class: str
    method: str
    admission_source: str
    discharge_method: str
    admitted: date
    discharged: date
    hrg: str
    exclusion: str
    billed: Fraction


@dataclass(frozen=True)
class Attendance:
    id: str
    patient: str
    provider: str
    specialty: str
    referral_source: str
    kind: str
    attended: date
    approved: bool
    billed: Fraction


Verdict = Fraction | str
"""The overcharge, or what became of the check."""


def verdict(billed: Fraction, expected: Fraction) -> Verdict:
    return billed - pennies(expected) if billed > pennies(expected) else "passes"


def pennies(amount: Fraction) -> Fraction:
    """An amount that is not negative, to the penny."""
    return Fraction(floor(amount * 100 + Fraction(1, 2)), 100)


def year(day: date) -> int:
    return day.year if day.month >= 4 else day.year - 1


def made_up_spells(seed: int) -> list[Spell]:
    """Few patients, days and codes, so that stays touch, overlap and repeat."""
    rng = random.Random(seed)
    ids = rng.sample(range(100, 999), 34)
    spells = [_spell(f"S{number}", rng) for number in ids[4:]]
    again = [replace(rng.choice(spells), id=f"S{number}", billed=Fraction(rng.choice((0, 120003)), 100)) for number in ids[:4]]
    return spells + again


def _spell(id: str, rng: random.Random) -> Spell:
    admitted = START + timedelta(days=rng.choice((0, 1, 2, 3, 8, 9, 10, 11, 12, 30, 33, 40, 41)))
    return Spell(
        id=id,
        patient=rng.choice("ABCDE"),
        age=rng.choice((3, 4, 40, 50, 60)),
        commissioner=rng.choice(("05A", "05A", "05A", "05B")),
        provider=rng.choice(("RAX", "RAX", "RYY")),
        patient_class=rng.choice(("1", "1", "1", "2", "3")),
        method=rng.choice(("11", "13", "21", "21", "21", "2A", "31", "81")),
        admission_source=rng.choice(("", "19", "19", "51")),
        discharge_method=rng.choice(("", "1", "1", "1", "2")),
        admitted=admitted,
        discharged=admitted + timedelta(days=rng.choice((0, 0, 0, 1, 1, 2, 8, -1))),
        hrg=rng.choice(("HX1", "HX1", "HX1", "HX1", "HX2", "CX1", "TX1", "KX1", "NX1")),
        exclusion=rng.choice(("", "", "", "", "critical care")),
        billed=Fraction(rng.choice((0, 1, 40001, 120003)), 100),
    )


def same_bill(spell: Spell) -> tuple[object, ...]:
    return spell.patient, spell.provider, spell.hrg, spell.admitted, spell.discharged


def bills_again(spell: Spell, spells: Iterable[Spell]) -> bool:
    return any(same_bill(s) == same_bill(spell) and s.id < spell.id for s in spells)


def begun_before(spell: Spell, spells: Iterable[Spell]) -> list[Spell]:
    """The patient's stays before this one, in the order of admission."""
    own = [s for s in spells if s.patient == spell.patient and (s.admitted, s.id) < (spell.admitted, spell.id)]
    return sorted(own, key=lambda s: (s.admitted, s.id))


def overlaps(spell: Spell, spells: Iterable[Spell]) -> bool:
    return any(s.admitted < spell.discharged and s.discharged > spell.admitted for s in begun_before(spell, spells))


def duplicate_spell(spell: Spell, spells: list[Spell]) -> Verdict:
    return verdict(spell.billed, Fraction()) if bills_again(spell, spells) else "out of scope"


def overlapping_spell(spell: Spell, spells: list[Spell]) -> Verdict:
    if bills_again(spell, spells) or not overlaps(spell, spells):
        return "out of scope"
    return verdict(spell.billed, Fraction()) if spell.discharged >= spell.admitted else "not assessable"


def daily_readmission(spell: Spell, spells: list[Spell]) -> Verdict:
    if spell.patient_class in "34" or bills_again(spell, spells) or overlaps(spell, spells):
        return "out of scope"
    alike = [
        s for s in begun_before(spell, spells)
        if (s.provider, s.hrg, s.patient_class) == (spell.provider, spell.hrg, spell.patient_class)
        and 0 <= (spell.admitted - s.discharged).days <= 1
    ]  # fmt: skip
    if not alike:
        return "out of scope"
    return verdict(spell.billed, Fraction()) if spell.discharged >= spell.admitted else "not assessable"


def index_stay(spell: Spell, spells: list[Spell]) -> Spell | None:
    found = [s for s in begun_before(spell, spells) if 0 <= (spell.admitted - s.discharged).days <= 30]
    return found[-1] if found else None


def is_readmission(spell: Spell, spells: list[Spell]) -> bool:
    index = index_stay(spell, spells)
    return (
        spell.method in EMERGENCY
        and not spell.exclusion
        and index is not None
        and spell.hrg in TARIFF
        and not bills_again(spell, spells)
        and spell.age >= 4
        and spell.admission_source != "51"
        and index.discharge_method != "2"
        and CATEGORIES.get(spell.hrg) != "cancer"
        and CATEGORIES.get(index.hrg) not in ("cancer", "transplant")
    )


def after_elective(spell: Spell, spells: list[Spell]) -> Verdict:
    index = index_stay(spell, spells)
    if index is None or not is_readmission(spell, spells) or index.method not in ("11", "13"):
        return "out of scope"
    return verdict(spell.billed, Fraction()) if {spell.hrg, index.hrg} <= set(CATEGORIES) else "not assessable"


def counts(spell: Spell, spells: list[Spell]) -> bool:
    index = index_stay(spell, spells)
    return (
        index is not None
        and is_readmission(spell, spells)
        and index.method not in ("11", "13")
        and {spell.hrg, index.hrg} <= set(CATEGORIES)
    )


def after_emergency(spell: Spell, spells: list[Spell]) -> Verdict:
    index = index_stay(spell, spells)
    if index is None or not is_readmission(spell, spells) or index.method in ("11", "13"):
        return "out of scope"
    contract = spell.provider, spell.commissioner
    if not counts(spell, spells) or contract not in ALLOWED:
        return "not assessable"
    before = [
        s for s in spells
        if (s.provider, s.commissioner, year(s.discharged)) == (*contract, year(spell.discharged))
        and (s.admitted, s.id) < (spell.admitted, spell.id)
        and counts(s, spells)
    ]  # fmt: skip
    return verdict(spell.billed, spell.billed if len(before) < ALLOWED[contract] else spell.billed * 3 / 4)


def made_up_attendances(seed: int) -> list[Attendance]:
    rng = random.Random(seed)
    ids = rng.sample(range(100, 999), 30)
    return [_attendance(f"A{number}", rng) for number in ids]


def _attendance(id: str, rng: random.Random) -> Attendance:
    return Attendance(
        id=id,
        patient=rng.choice("ABC"),
        provider=rng.choice(("RAX", "RAX", "RYY")),
        specialty=rng.choice(("100", "100", "100", "110")),
        referral_source=rng.choice(("03", "05", "10")),
        kind=rng.choice("112223444"),
        attended=START + timedelta(days=rng.randint(5, 22)),
        approved=rng.random() < 0.5,
        billed=Fraction(rng.choice((0, 1, 9550, 18000)), 100),
    )


def first_line(line: Attendance, lines: list[Attendance]) -> Attendance | None:
    same = [
        a for a in lines
        if (a.patient, a.provider, a.specialty, a.attended) == (line.patient, line.provider, line.specialty, line.attended)
        and a.id < line.id
    ]  # fmt: skip
    return min(same, key=lambda a: a.id, default=None)


def duplicate_attendance(line: Attendance, lines: list[Attendance]) -> Verdict:
    return verdict(line.billed, Fraction()) if first_line(line, lines) else "out of scope"


def over_ratio(line: Attendance, lines: list[Attendance]) -> Verdict:
    if line.kind in "13" or first_line(line, lines):
        return "out of scope"
    clinic = line.provider, line.specialty
    if clinic not in RATIOS:
        return "not assessable"
    own = [
        a for a in lines
        if (a.provider, a.specialty, year(a.attended)) == (*clinic, year(line.attended)) and not first_line(a, lines)
    ]  # fmt: skip
    firsts = sum(a.kind in "13" for a in own)
    number = sum(a.kind in "24" and (a.attended, a.id) <= (line.attended, line.id) for a in own)
    return verdict(line.billed, line.billed if number <= floor(Fraction(RATIOS[clinic]) * firsts) else Fraction())


def consultant(line: Attendance, _: list[Attendance]) -> Verdict:
    if line.kind in "24" or line.referral_source != "05":
        return "out of scope"
    return verdict(line.billed, line.billed if line.approved else Fraction())


SPELL = (
    "Generated Record ID", "NHS Number", "Age on Admission", "Commissioner Code", "Provider Code", "Patient Classification",
    "Admission Method", "Source of Admission", "Discharge Method", "PbR Spell Start Date", "PbR Spell End Date", "Spell Core HRG",
    "Exclusion Reason", "Total Payment",
)  # fmt: skip
ATTENDANCE = (
    "Generated Record ID", "NHS Number", "Provider Code", "Specialty Code", "Source of Referral", "First Attendance",
    "Attendance Date", "Prior Approval", "Total Payment",
)  # fmt: skip


SPELL_FILL = {
    "Hospital Provider Spell No": "N1", "GP Practice Code": "P1", "Specialty Code": "100", "Tariff Initial Amount": "0",
    "Short Stay Emergency": "no", "Long Stay Payment": "0", "Service Adjustment": "0", "Market Forces Factor": "1",
    "Pre-MFF Tariff": "0", "Frozen Indicator": "no",
}  # fmt: skip
"""Columns that these checks do not read."""
ATTENDANCE_FILL = {"GP Practice Code": "P1", "Commissioner Code": "05A"}


def run(name: str, inputs: dict[str, object]) -> Ran:
    """Run a ruleset on the files that its rules read."""
    program, _ = load(name)
    plan = lower(program)
    read = read_data(program, {record: file for record, file in inputs.items() if record in plan.records_read}, plan.records_read)
    return Ran(read, Interpreter(plan, read.data).decide(outcomes=True))


def pounds(amount: Fraction) -> str:
    whole, pence = divmod(int(amount * 100), 100)
    return f"{whole}.{pence:02}"


def spells_file(spells: list[Spell], folder: Path) -> Path:
    """The fields of a spell stand in the order of the columns."""
    rows = [(*list(vars_of(s))[:-1], pounds(s.billed)) for s in spells]
    return write_csv(folder / "spell.csv", (*SPELL, *SPELL_FILL), [(*row, *SPELL_FILL.values()) for row in rows])


def vars_of(spell: Spell) -> Iterable[object]:
    return (getattr(spell, name) for name in Spell.__dataclass_fields__)


def attendances_file(lines: list[Attendance], folder: Path) -> Path:
    rows = [
        (
            a.id,
            a.patient,
            a.provider,
            a.specialty,
            a.referral_source,
            a.kind,
            a.attended,
            "yes" if a.approved else "no",
            pounds(a.billed),
        )
        for a in lines
    ]
    return write_csv(
        folder / "attendance.csv", (*ATTENDANCE, *ATTENDANCE_FILL), [(*row, *ATTENDANCE_FILL.values()) for row in rows]
    )


def tables(folder: Path) -> dict[str, object]:
    always = ("2010-04-01", "2014-03-31")
    return {
        "tariff": write_csv(folder / "tariff.csv", ("hrg", "valid_from", "valid_to"), [(hrg, *always) for hrg in TARIFF]),
        "hrg_terms": write_csv(
            folder / "hrg_terms.csv",
            ("hrg", "valid_from", "valid_to", "short_stay", "average_stay", "category"),
            [(hrg, *always, "no", "3", kind) for hrg, kind in CATEGORIES.items()],
        ),
        "readmission_threshold": write_csv(
            folder / "readmission_threshold.csv", ("provider", "commissioner", "allowed"), [(*k, n) for k, n in ALLOWED.items()]
        ),
        "follow_up_ratio": write_csv(
            folder / "follow_up_ratio.csv", ("provider", "specialty", "agreed"), [(*k, n) for k, n in RATIOS.items()]
        ),
    }


def said(ran: Ran, check: str) -> dict[str, Verdict | None]:
    """What a check said of each claim, in the words of this module."""
    outcomes = ran.outcomes(check)
    return {
        key: o.finding.overcharge if o.finding else "passes" if o.status == "assessed" else o.status for key, o in outcomes.items()
    }


def compare(ran: Ran, expected: dict[str, dict[str, Verdict]], seen: Counter[tuple[str, str]], seed: int) -> None:
    for check, verdicts in expected.items():
        assert said(ran, check) == verdicts, (check, seed)
        seen.update((check, v if isinstance(v, str) else "flags") for v in verdicts.values())


SPELL_RULES: dict[str, dict[str, Callable[[Spell, list[Spell]], Verdict]]] = {
    "claims/duplicates.md": {
        "duplicate_spell": duplicate_spell,
        "overlapping_spell": overlapping_spell,
        "daily_readmission": daily_readmission,
    },
    "claims/readmission.md": {"readmission_after_elective": after_elective, "readmission_after_emergency": after_emergency},
}
ATTENDANCE_RULES: dict[str, dict[str, Callable[[Attendance, list[Attendance]], Verdict]]] = {
    "claims/duplicates.md": {"duplicate_attendance": duplicate_attendance},
    "claims/follow_ups.md": {"follow_up_over_ratio": over_ratio, "consultant_referral": consultant},
}


def test_spells(tmp_path: Path) -> None:
    seen: Counter[tuple[str, str]] = Counter()
    for seed in range(SEEDS):
        spells = made_up_spells(seed)
        files = {**tables(tmp_path), "spell": spells_file(spells, tmp_path), "attendance": attendances_file([], tmp_path)}
        for ruleset, rules in SPELL_RULES.items():
            ran = run(ruleset, files)
            assert not ran.read.rejects
            compare(ran, {name: {s.id: rule(s, spells) for s in spells} for name, rule in rules.items()}, seen, seed)
            flagged = Counter(key for name in rules for key in ran.findings(name))
            assert set(flagged.values()) <= {1}
    assert_all_met(seen, without={("duplicate_spell", "not assessable")})


def test_attendances(tmp_path: Path) -> None:
    seen: Counter[tuple[str, str]] = Counter()
    for seed in range(SEEDS):
        lines = made_up_attendances(seed)
        files = {**tables(tmp_path), "attendance": attendances_file(lines, tmp_path), "spell": spells_file([], tmp_path)}
        for ruleset, rules in ATTENDANCE_RULES.items():
            ran = run(ruleset, files)
            compare(ran, {name: {a.id: rule(a, lines) for a in lines} for name, rule in rules.items()}, seen, seed)
    assert_all_met(seen, without={("duplicate_attendance", "not assessable"), ("consultant_referral", "not assessable")})


def assert_all_met(seen: Counter[tuple[str, str]], without: set[tuple[str, str]]) -> None:
    """Each check came to each of its ends, so that agreement is not agreement on nothing."""
    ends = ("out of scope", "not assessable", "passes", "flags")
    assert {(check, end) for check in {c for c, _ in seen} for end in ends if not seen[check, end]} == without
