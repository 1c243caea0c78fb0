"""Related rows: what the indexes find is what a plain scan finds."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from requite.engine.interpreting.values import Missing
from tests.engines.support import interpreter, reason, value

PROGRAM = """
record line
  key id: text
  patient: text optional
  day: date
  units: number
  d: number
for each line
  let earlier_units = total of units over each earlier line with the same patient where d > 0 by day
  let later_units = total of units over each later line with the same patient where d > 0 by day
  let earlier_count = count over each earlier line with the same patient by units, day
  let later_count = count over each later line with the same patient
  let others = total of units over each another line with the same patient
  let near = count over each another line with the same patient where day within 3 days before this.day
  let most = greatest of units over each line with the same patient
  let mean = average of units over every line
  let nested = count over each line with the same patient where (there is an earlier line with the same patient by day)
  let is_first = (there is no earlier line with the same patient by day)
  match an earlier line as before with the same patient where day within 5 days before this.day latest by day, id
  match a later line as after with the same patient where d > 0 earliest by units, id
  let before_units = before.units else 0
  let after_units = after.units else 0
  show earlier_units, later_units, earlier_count, later_count, others, near, most, mean, nested, is_first
  show before_units, after_units
"""

LINES = st.lists(
    st.tuples(
        st.sampled_from(["P", "Q", None]),
        st.integers(min_value=0, max_value=8),
        st.integers(min_value=0, max_value=3),
        st.integers(min_value=0, max_value=1),
    ),
    min_size=1,
    max_size=12,
)
Line = dict[str, Any]


def scan(lines: list[Line], own: Line, keep: Callable[[Line], bool]) -> list[Line]:
    return [other for other in lines if own["patient"] is not None and other["patient"] == own["patient"] and keep(other)]


def total(lines: list[Line]) -> Fraction:
    return sum((other["units"] for other in lines), Fraction(0))


def expected(lines: list[Line], own: Line) -> dict[str, Any]:
    def order(line: Line) -> tuple[Any, ...]:
        return line["day"], line["id"]

    def by_units(line: Line) -> tuple[Any, ...]:
        return line["units"], line["day"], line["id"]

    def units_then_key(line: Line) -> tuple[Any, ...]:
        return line["units"], line["id"]

    before = scan(lines, own, lambda o: order(o) < order(own))
    after = scan(lines, own, lambda o: order(o) > order(own))
    near = [o for o in before if timedelta(0) <= own["day"] - o["day"] <= timedelta(5)]
    later = [o for o in scan(lines, own, lambda o: units_then_key(o) > units_then_key(own)) if o["d"] > 0]
    window = scan(lines, own, lambda o: o is not own and timedelta(0) <= own["day"] - o["day"] <= timedelta(3))
    same = scan(lines, own, lambda _: True)
    followers = [o for o in same if o["id"] != min(same, key=order)["id"]]
    return {
        "earlier_units": total([o for o in before if o["d"] > 0]),
        "later_units": total([o for o in after if o["d"] > 0]),
        "earlier_count": len(scan(lines, own, lambda o: by_units(o) < by_units(own))),
        "later_count": len(scan(lines, own, lambda o: o["id"] > own["id"])),
        "others": total(scan(lines, own, lambda o: o is not own)),
        "near": len(window),
        "most": max((o["units"] for o in same), default=None),
        "mean": total(lines) / len(lines),
        "nested": len(followers),
        "is_first": not before,
        "before_units": max(near, key=order)["units"] if near else 0,
        "after_units": min(later, key=units_then_key)["units"] if later else 0,
    }


@settings(deadline=None)
@given(LINES)
def test_every_kind_of_range_agrees_with_a_scan(given_lines: list[tuple[str | None, int, int, int]]) -> None:
    lines: list[Line] = [
        {"id": f"L{i:02}", "patient": patient, "day": date(2012, 1, 1) + timedelta(day), "units": Fraction(units), "d": Fraction(d)}
        for i, (patient, day, units, d) in enumerate(given_lines)
    ]
    engine = interpreter(PROGRAM, line=lines)
    for own in lines:
        for name, wanted in expected(lines, own).items():
            found = value(engine, "line", own["id"], name)
            if wanted is None:
                assert isinstance(found, Missing)
            else:
                assert found == wanted, (name, own)


# --- what is not known of a row ---------------------------------------------------------------------------------------------

UNKNOWN = """
record group
  key id: text
record line
  key id: text
  group: group
  n: number
  d: number
for each group
  let summed = total of (n / d rounded to 0.01) over each line
  let counted = count over each line where n / d > 1
  let found = (there is a line with the same group where n / d > 1)
  match line with the same group where n / d > 1 latest by id
  let picked = line.id
  show summed, counted, found, picked
for each line
  let so_far = total of (n / d rounded to 0.01) over each earlier line with the same group
  show so_far
"""


def lines(*pairs: tuple[int, int]) -> list[Line]:
    return [{"id": f"L{i}", "group": ("G",), "n": n, "d": d} for i, (n, d) in enumerate(pairs)]


def test_what_is_missing_in_one_row_is_missing_in_the_whole_and_says_where() -> None:
    engine = interpreter(UNKNOWN, group=[{"id": "G"}], line=lines((1, 1), (1, 0), (3, 1)))
    words = "line L1: d is 0, so n / d has no value"
    for name in ("summed", "counted", "picked"):
        assert reason(engine, "group", "G", name) == words
    assert value(engine, "group", "G", "found") is True
    assert [value(engine, "line", key, "so_far") for key in ("L0", "L1")] == [0, 1]
    assert reason(engine, "line", "L2", "so_far") == words


def test_there_is_one_where_any_row_passes_and_it_is_not_known_where_none_does_for_sure() -> None:
    engine = interpreter(UNKNOWN, group=[{"id": "G"}], line=lines((1, 1), (1, 0)))
    assert reason(engine, "group", "G", "found") == "line L1: d is 0, so n / d has no value"
    engine = interpreter(UNKNOWN, group=[{"id": "G"}], line=lines((1, 1)))
    assert value(engine, "group", "G", "found") is False


def test_a_reference_that_is_blank_or_leads_nowhere_relates_to_nothing() -> None:
    given_lines = [*lines((2, 1)), {"id": "X", "group": ("H",), "n": 5, "d": 1}]
    engine = interpreter(UNKNOWN, group=[{"id": "G"}], line=given_lines)
    assert value(engine, "group", "G", "summed") == 2
    assert value(engine, "line", "X", "so_far") == 0


# --- derived records --------------------------------------------------------------------------------------------------------


def test_a_derived_record_has_a_row_for_each_combination_that_occurs_in_the_order_of_first_sight() -> None:
    text = """
record patient
  key id: text
record spell
  key id: text
  patient: patient
  month: text optional
  billed: money
record stay for each patient, month of spell
for each stay
  let billed = total of spell.billed over each spell with the same patient, month
  let whose = patient.id
  show billed, whose
"""
    spells: list[Line] = [
        {"id": "1", "patient": ("B",), "month": "Jan", "billed": 1},
        {"id": "2", "patient": ("A",), "month": "Jan", "billed": 2},
        {"id": "3", "patient": ("B",), "month": "Jan", "billed": 3},
        {"id": "4", "patient": ("B",), "month": None, "billed": 9},
        {"id": "5", "patient": ("C",), "month": "Jan", "billed": 9},
    ]
    engine = interpreter(text, spell=spells, patient=[{"id": "A"}, {"id": "B"}])
    assert [row.key for row in engine.rows("stay")] == [(("B",), "Jan"), (("A",), "Jan")]
    assert [(f.name, f.key, f.value) for f in engine.decide().figures] == [
        ("billed", ("B", "Jan"), 4),
        ("billed", ("A", "Jan"), 2),
        ("whose", ("B", "Jan"), "B"),
        ("whose", ("A", "Jan"), "A"),
    ]


# --- speed ------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("clause", ["by day", "where d > 0 by day"])
def test_a_running_total_over_one_large_group_is_not_quadratic(clause: str) -> None:
    let = f"let x = total of units over each earlier line with the same patient {clause}"
    text = f"{PROGRAM.split('for each line')[0]}for each line\n  {let}\n  show x\n"
    steps = 20000
    day = date(2012, 1, 1)
    given_lines = [{"id": f"{i:06}", "patient": "P", "day": day, "units": 1, "d": 1} for i in range(steps)]
    engine = interpreter(text, line=given_lines)
    assert value(engine, "line", f"{steps - 1:06}", "x") == steps - 1
    assert len(engine.decide().figures) == steps


DATED = """
table price
  key code: text
  valid: period from "valid_from" to "valid_to" known from "published"
  amount: money
  note: text
record claim
  key id: text
  code: text
for each claim
  match price as last with the same code latest by amount
  match price as first with the same code earliest by amount
  share £0.02 among each price with the same code as odd
  let last_note = last.note
  let first_note = first.note
  show last_note, first_note
for each price
  match an earlier price as before with the same code latest by amount
  let number = count over each earlier price by amount
  let before_note = before.note else "none"
  show number, before_note, odd
scheme prices for each price
  payment paid to code
    amount amount
    only the first 3 for the same amount by amount
    together at most £9 for the same code, first come by amount
"""
PRICES: list[dict[str, Any]] = [
    {"code": "A", "valid": (date(2011, 4, 1), date(2012, 3, 31)), "note": "A in 2011"},
    {"code": "A", "valid": (date(2012, 4, 1), date(2013, 3, 31)), "note": "A in 2012"},
    {"code": "A", "valid": (date(2013, 4, 1), None), "valid known from": date(2012, 6, 1), "note": "A in 2013"},
    {"code": "A", "valid": (date(2013, 4, 1), None), "valid known from": date(2012, 9, 1), "note": "A in 2013, known later"},
    {"code": "B", "valid": (date(2012, 4, 1), None), "note": "B"},
]


@given(st.permutations(PRICES))
def test_dated_rows_of_one_key_take_turns_by_first_day_and_day_known_in_whatever_order_they_are_read(
    prices: list[dict[str, Any]],
) -> None:
    made = interpreter(DATED, price=[{"amount": 5, **price} for price in prices], claim=[{"id": "C", "code": "A"}])
    rows = {str(row.values["note"]): row for row in made.rows("price")}
    notes = [price["note"] for price in PRICES]
    assert [made.value(rows[note], "price.number") for note in notes] == [0, 1, 2, 3, 4]
    assert [made.value(rows[note], "price.before_note") for note in notes] == ["none", *notes[:3], "none"]
    assert [made.value(rows[note], "price.odd") for note in notes[:4]] == [Fraction("0.01"), Fraction("0.01"), 0, 0]
    (claim,) = made.rows("claim")
    assert (made.value(claim, "claim.first_note"), made.value(claim, "claim.last_note")) == (notes[0], notes[3])
    paid = [made.rules.payments.settled("prices.paid", rows[note]).amount for note in notes]
    assert paid == [5, 4, 0, 0, 0]
