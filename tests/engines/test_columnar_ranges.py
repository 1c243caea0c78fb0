"""Related rows in SQL: every value and every reason is the interpreter's, text for text."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from fractions import Fraction
from random import Random
from typing import Any

import pytest

from requite.engine.columnar.frames import Writer
from requite.engine.columnar.problems import CannotRun
from requite.engine.columnar.rows import at_work, decide_rows, fetch_cells
from requite.engine.interpret import Interpreter
from requite.engine.interpreting.values import Lack, Missing
from requite.engine.lower import lower
from requite.engine.rows import Row
from tests.engines.support import Given, program_of, rows_of
from tests.engines.test_ranges import PROGRAM, UNKNOWN

LARGE = 9007199254740993
LETTERS = {Lack.CONFLICT: "c", Lack.BLANK: "b"}
Line = dict[str, Any]
DAY = date(2012, 1, 1)


def wanted(value: Any, rows: Mapping[str, Sequence[Row]]) -> tuple[Any, str | None]:
    """A value of the interpreter as the columnar engine has it, and why it is missing."""
    if isinstance(value, Missing):
        return None, LETTERS.get(value.kind, "m") + value.reason
    if isinstance(value, Row):
        return list(rows[value.record]).index(value), None
    return value, None


def agree(text: str, database: str = "duckdb", **given: Sequence[Given]) -> dict[str, list[tuple[Any, str | None]]]:
    """Every column for every row, which must be the same on both engines."""
    program = program_of(text)
    data = {record: rows_of(program, record, given.get(record, [])) for record, r in program.records.items() if not r.derived_from}
    plan = lower(program)
    meant, (base, c) = Interpreter(plan, data), at_work(plan, data, None, None, database)
    for name, table in c.shared.get("tables", {}).items():
        base.bring(name, table)
    found: dict[str, list[tuple[Any, str | None]]] = {}
    for record in {column.record: None for column in plan.program.columns.values()}:
        columns = [column.name for column in plan.program.columns.values() if column.record == record]
        cells = {name: c.column(name) for name in columns}
        rows = fetch_cells(c, base, record, cells, {f"why {name}": cell.why() for name, cell in cells.items()})
        every = {name: meant.rows(name) for name in plan.program.records}
        assert len(rows) == len(every[record])
        for name in columns:
            found[name] = [(row[name], row[f"why {name}"]) for row in rows]
            assert found[name] == [wanted(meant.value(row, name), every) for row in every[record]], name
    return found


def random_lines(random: Random, most: int = 12) -> list[Line]:
    return [
        {
            "id": f"L{i:02}",
            "patient": random.choice(["P", "Q", None]),
            "day": DAY + timedelta(random.randint(0, 8)),
            "units": random.randint(0, 3),
            "d": random.randint(0, 1),
        }
        for i in range(random.randint(0, most))
    ]


@pytest.mark.parametrize("seed", range(6))
def test_every_kind_of_range_agrees(seed: int) -> None:
    agree(PROGRAM, line=random_lines(Random(seed)))


def lines(*pairs: tuple[int, int], group: str = "G") -> list[Line]:
    return [{"id": f"L{i}", "group": (group,), "n": n, "d": d} for i, (n, d) in enumerate(pairs)]


@pytest.mark.parametrize(
    "given",
    [
        lines((1, 1), (1, 0), (3, 1)),
        lines((1, 1), (1, 0)),
        lines((1, 0), (3, 1), (1, 0)),
        lines((1, 1)),
        lines((2, 1), group="H"),
        [],
    ],
)
def test_what_is_missing_of_one_row_says_of_which(given: list[Line]) -> None:
    agree(UNKNOWN, group=[{"id": "G"}], line=given)


# --- conflicts and what is missing around ------------------------------------------------------------------------------------

AROUND = """
record payer
  key id: text
record line
  key id: text
  patient: text optional
  payer: payer optional
  day: date
  units: number
for each line
  match another line as twin with the same patient
  let bill = twin.units
  let alike = total of units over each line with the same bill
  let some = (there is another line with the same bill)
  let most = greatest of units over each line with the same bill
  let before_bill = count over each earlier line with the same patient by bill
  let so_far = total of units over each earlier line with the same patient by day
  let to_come = total of units over each later line with the same patient where units > 1 by day
  let mean_before = average of units over each earlier line with the same patient by day
  let first_after = least of day over each later line with the same patient by day
  match line as found with the same payer where units > this.units latest by day
  match an earlier line as only_one with the same patient
  let only_units = only_one.units
  match a later line as next with the same patient earliest by day
  let found_units = found.units
  let next_units = next.units
  let any_big = (there is a line with the same payer where units > 2)
  let no_big = (there is no earlier line with the same patient where units > this.units by day)
  show only_units, alike, some, most, before_bill
  show so_far, to_come, mean_before, first_after, found_units, next_units, any_big, no_big
"""


@pytest.mark.parametrize("seed", range(12))
def test_conflicts_and_blanks_around_a_range(seed: int) -> None:
    random = Random(seed)
    given: list[Line] = [
        {
            "id": f"L{random.randint(0, 99):02}-{i}",
            "patient": random.choice(["P", "Q", "R", None]),
            "payer": random.choice([("A",), ("B",), ("nobody",), None]),
            "day": random.choice([None, *(DAY + timedelta(n) for n in range(3))]),
            "units": random.choice([None, 1, 2, 3, Fraction(5, 2)]),
        }
        for i in range(random.randint(1, 9))
    ]
    agree(AROUND, line=given, payer=[{"id": "A"}, {"id": "B"}])


def test_a_conflict_names_every_place() -> None:
    given = [{"id": f"L{i}", "patient": "P"} for i in range(3)]
    twins = agree(AROUND, line=given, payer=[])["line.twin"]
    assert twins[1] == (None, "c2 rows of line match as twin where there may be one: line.csv line 2 and line.csv line 4")


# --- ranges inside ranges -----------------------------------------------------------------------------------------------------

NESTED = """
record practice
  key id: text
  opened: date
  limit: money
record patient
  key id: text
  practice: practice
  born: date
record spell
  patient: patient
  day: date
  billed: money
record stay for each patient, day of spell
for each practice
  let dear = count over each patient where (total of billed over each spell with the same patient where day > this.opened) > £3
  let beyond = count over each patient where (there is a spell with the same patient where day > this.opened and billed > £1)
  let spread = greatest of (count over each spell with the same patient where billed > this.limit) over each patient
  let mean = average of (least of billed over each spell with the same patient) over each patient
for each spell
  let company = count over each another spell where day within 1 days before this.day
  let busier = count over each patient where (count over each spell with the same patient where day <= this.day) > 1
  let followers = count over each another spell where (there is a later spell with the same patient by day)
  let firsts = count over every spell where (there is no earlier spell with the same patient where billed > this.billed by day)
for each stay
  let total_billed = total of spell.billed over each spell with the same patient, day
  let ahead = count over each earlier stay with the same patient by day
  let others = count over every stay
  let stays_before = total of total_billed over each earlier stay with the same patient by day
  show total_billed, ahead, others, stays_before
for each spell
  show company, busier, followers, firsts
for each practice
  show dear, beyond, spread, mean
"""


@pytest.mark.parametrize("seed", range(8))
def test_ranges_inside_ranges_and_derived_records(seed: int) -> None:
    random = Random(seed)
    people = [f"N{i}" for i in range(4)]
    spells: list[Line] = [
        {
            "patient": (random.choice([*people, "nobody"]),),
            "day": DAY + timedelta(random.randint(0, 4)),
            "billed": random.choice([None, 1, 2, Fraction(301, 100), -5]) if seed % 2 else random.randint(0, 4),
        }
        for _ in range(random.randint(0, 8))
    ]
    agree(
        NESTED,
        practice=[{"id": id, "opened": DAY + timedelta(1), "limit": random.choice([None, 1, 2])} for id in "GHI"],
        patient=[{"id": n, "practice": (random.choice("GH"),), "born": DAY + timedelta(random.randint(0, 3))} for n in people],
        spell=spells,
    )


# --- numbers and times ---------------------------------------------------------------------------------------------------------

EXACT = """
record line
  key n: number
  rate: percent
  at: moment
  big: money
for each line
  let same_rate = count over each line with the same rate
  let alike = total of big over each line with the same half
  let half = rate / 2
  let all_big = total of big over every line
  let mean = average of rate over every line
  let widest = greatest of (big * rate) over every line
  let last = greatest of at over each another line
  let earlier_by_rate = count over each earlier line by rate, at
  show same_rate, alike, all_big, mean, widest, last, earlier_by_rate
"""


def test_large_numbers_and_scales_stay_exact() -> None:
    given = [
        {"n": Fraction(i, 3), "rate": Fraction(i % 3, 8), "at": datetime(2012, 1, 1, i), "big": Fraction(LARGE * 10**i, 10)}
        for i in range(6)
    ]
    found = agree(EXACT, line=given)
    assert found["line.all_big"][0][0] == Fraction(LARGE * 111111, 10)


def test_a_number_with_its_own_denominator_is_refused_by_name() -> None:
    text = f"{EXACT.split('for each line')[0]}for each line\n  let x = greatest of (big / n) over every line\n  show x\n"
    words = r"greatest of \(big / n\) over every line .*different denominator in each record cannot be compared"
    with pytest.raises(CannotRun, match=words):
        agree(text, line=[])


RATES = """
record line
  key n: number
  group: text
  big: money
record part
  key id: text
  line: line
  size: number
table price
  key at: number
  is: money
payee them "Them"
"""
REFUSED = {
    "order": (
        "for each line\n  let ratio = big / n\n  let x = count over each earlier line by ratio\n  show x",
        r"count over each earlier line by ratio",
    ),
    "match": (
        "for each line\n  let ratio = big / n\n  match another line as m with the same group latest by ratio\n  show m.big",
        r"match another line as m",
    ),
    "lookup": ("for each line\n  let x = price[big / £1 / n].is else £0\n  show x", r"price\[big / £1 / n\]"),
    "relation": (
        "for each line\n  let ratio = big / n\n  let x = count over each another line with the same ratio\n  show x",
        r"each another line with the same ratio",
    ),
    "cap": (
        (
            "for each line\n  let ratio = big / n\nscheme s for each line\n  payment p to them\n    amount big\n"
            "    together at most £10 for the same group, first come by ratio"
        ),
        r"together at most £10",
    ),
}


@pytest.mark.parametrize("name", REFUSED)
def test_a_refusal_names_its_clause_where_it_stands_and_what_to_do(name: str) -> None:
    text, clause = REFUSED[name]
    program = program_of(RATES + text + "\n")
    lines = rows_of(program, "line", [{"n": n, "group": "a", "big": 5} for n in (3, 7)])
    with pytest.raises(CannotRun) as caught:
        decide_rows(lower(program), {"line": lines, "part": [], "price": []})
    assert re.search(rf"^{clause}.* \(test\.requite:\d+:\d+\): .*different denominator.*round (it|them) first$", str(caught.value))


# --- the same work once ---------------------------------------------------------------------------------------------------------


def test_alike_ranges_share_one_relation() -> None:
    text = """
record line
  key id: text
  patient: text
  units: number
for each line
  let a = total of units over each line with the same patient where units > 0
  let b = count over each line with the same patient where units   >   0
  let d = greatest of units over each line with the same patient where (units > 0)
  let e = count over each another line with the same patient
  let f = total of units over each another line with the same patient
  show a, b, d, e, f
"""
    program = program_of(text)
    plan = lower(program)
    _, c = at_work(plan, {"line": rows_of(program, "line", [])}, None, None)
    writer = Writer()
    outputs = {name: c.column(name).sql for name in plan.program.columns}
    writer.query("all", "all", lambda query: query.select(c.main("line").frame, outputs))
    assert len(writer.statements) == 2
