"""By what rows are found: the ways of relating them, in hashes that are the same in every process."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from datetime import date
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from requite.engine.live.engine import LiveEngine
from requite.engine.live.identities import value_text
from requite.engine.live.tables import MANY
from requite.engine.live.windows import is_touched
from requite.engine.rows import Row
from tests.engines.live.keeping import Keeper
from tests.engines.live.matchers import SHARED
from tests.engines.live.test_arrivals import assert_as_in_a_run, without_waiting
from tests.engines.support import program_of, stored

RECORDS = """
record practice
  key code: text
  region: text
record claim
  key id: text
  patient: text
  practice: practice
  day: date
  seen: date optional
  due: date
  billed: money
record stay for each patient of claim
for each claim
  let year = financial year of day
  let region = practice.region
  let close = count over each claim with the same patient where day within 4 days before this.day
for each stay
  let bills = count over each claim with the same patient where day within 365 days before 2020-12-31
table rate
  key name: text
  valid: period from "valid_from" to "valid_to"
  least: money
"""

WAYS = {
    "the same fields": "flag when there is another claim with the same patient, day",
    "a figure of the row's own fields": "flag when there is another claim with the same patient, year",
    "a field of a row referred to": "flag when there is another claim with the same region, day",
    "the row referred to": "flag when there is another claim with the same practice, day",
    "nothing but a window, among a table's rows": "flag when there is a rate where least < this.billed",
    "an order": "match an earlier claim as index with the same patient latest by day\n  flag when billed > index.billed",
    "a total in a window": "let sum = total of billed over each claim with the same patient"
    " where day within 9 days before this.day\n  flag when sum > £90",
    "a window": "flag when there is another claim with the same patient where day within 5 days before this.day",
    "a window after": "let near = count over each claim with the same patient where day within 5 days after this.day\n"
    "  flag when near > 0",
    "a window of a date that may be blank": "let near = count over each claim with the same patient"
    " where seen is known and seen within 5 days before this.day\n  flag when near > 0",
    "a window from a date that may be blank": "needs seen is known\n  let near = count over each claim with the same patient"
    " where day within 5 days before this.seen\n  flag when near > 0",
    "windows of two dates": "let near = count over each other claim with the same patient"
    " where day within 9 days before this.day and seen is known and seen > this.day\n  flag when near > 0",
    "three dates, of which two are compared": "let near = count over each other claim with the same patient where"
    " day within 9 days before this.day and (seen else day) > this.day and due < this.day + 9 days\n  flag when near > 0",
    "two windows over the same rows": "let near = total of billed over each earlier claim with the same patient"
    " where day within 3 days before this.day\n"
    "  let far = total of billed over each earlier claim with the same patient where day within 9 days before this.day\n"
    "  flag when near > £60 or far > £95",
    "a window and all rows beside it": "let near = count over each claim with the same patient"
    " where day within 2 days before this.day\n"
    "  match another claim as index with the same patient latest by day, id\n  flag when near > 1 and index.billed > £45",
    "what came before": "match an earlier claim as index with the same patient where billed > £40 latest by day\n"
    "  flag when billed > index.billed",
    "a window of what another row sees": "match another claim as index with the same patient"
    " where day within 5 days before this.day latest by day, id\n  flag when index.close > 0",
    "a dated table": 'needs rate["a" on day] is known\n  flag when rate["a" on day].least < billed',
    "a derived record": "settles with the period\n  flag when stay[patient].bills > 2",
    "a reference": 'flag when practice.region = "north"',
}


def engine(clauses: str) -> LiveEngine:
    return LiveEngine(without_waiting(program_of(f"{RECORDS}\ncheck it for each claim\n  {clauses}\n")), SHARED)


def row(record: str, *key: Any, **values: Any) -> Row:
    return Row(record, key, {name: stored(value) for name, value in values.items()})


def claim(key: str, patient: str | None, practice: str | None, day: int, billed: int | None) -> Row:
    where = (practice,) if practice is not None else None
    seen = date(2020, 1, day + 2) if day % 2 else None
    on, due = date(2020, 1, day), date(2020, 1, day + 4)
    return row("claim", key, id=key, patient=patient, practice=where, day=on, seen=seen, due=due, billed=billed)


def rate(name: str, start: int, least: int) -> Row:
    return row("rate", name, name=name, valid=(date(2020, 1, start), date(2020, 1, start + 9)), least=least)


ARRIVING = (
    [claim("c1", "A", "p1", 3, 50), claim("c2", "B", "p2", 3, 60)],
    [claim("c3", "A", "p2", 3, 45)],
    [row("practice", "p1", code="p1", region="north")],
    [claim("c4", "A", "p1", 9, 20), rate("a", 1, 55)],
    [row("practice", "p2", code="p2", region="north"), rate("a", 11, 10)],
    [row("practice", "p1", code="p1", region=None)],
    [claim("c1", "B", "p1", 9, 50)],
    [claim("c5", "B", None, 12, 99), claim("c6", "B", "p3", 13, 99)],
    [rate("b", 1, 5), rate("a", 1, 2)],
)


@pytest.mark.parametrize("many", [MANY, 0], ids=["few rows", "as among many rows"])
@pytest.mark.parametrize("clauses", WAYS.values(), ids=WAYS)
def test_what_arrives_decides_again_what_it_touches(clauses: str, many: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("requite.engine.live.tables.MANY", many)
    made = engine(clauses)
    assert made.checks == ("it",), made.waiting
    keeper = Keeper(made)
    for rows in ARRIVING:
        keeper.arrive([one for one in rows if one.record in made.records])
        assert_as_in_a_run(keeper)
    for own in [own for own, one in keeper.rows.items() if one.record != "claim" or one.key in {("c3",), ("c6",)}]:
        keeper.cancel(keeper.rows[own])
        assert_as_in_a_run(keeper)


def test_only_what_a_row_touches_is_decided_again() -> None:
    made = engine(WAYS["the same fields"])
    first, other = claim("c1", "A", "p1", 3, 50), claim("c2", "A", "p1", 4, 50)
    keeper = Keeper(made)
    keeper.arrive([first])
    rests = keeper.decisions[made.own(first)].rests
    assert is_touched(rests, made.links(first))
    assert not is_touched(rests, made.links(other))
    assert is_touched(rests, made.links(claim("c9", "A", "p7", 3, 1)))


def test_a_row_of_another_day_does_not_touch_a_window() -> None:
    made = engine(WAYS["a window"])
    keeper = Keeper(made)
    keeper.arrive([claim("c1", "A", "p1", 10, 50)])
    (decision,) = keeper.decisions.values()
    touching = {day: is_touched(decision.rests, made.links(claim("c2", "A", "p1", day, 50))) for day in (3, 5, 10, 11)}
    assert touching == {3: False, 5: True, 10: True, 11: False}
    assert not is_touched(decision.rests, made.links(claim("c2", "B", "p1", 9, 50)))


FAR = [claim(f"f{day}", "A", "p1", 24, day) for day in range(MANY * 2)]
"""Rows of the same patient, none on a day that a claim on the tenth looks at."""


@pytest.mark.parametrize(
    "clauses",
    [
        "flag when there is another claim with the same patient where billed > £1 and day within 5 days before this.day",
        WAYS["two windows over the same rows"],
    ],
)
def test_of_many_rows_on_other_days_nothing_but_the_day_is_read(clauses: str) -> None:
    """Each is left out before it is looked at."""
    made = engine(clauses)
    read: set[str] = set()

    class Values(dict[str, Any]):
        def get(self, name: str, default: Any = None) -> Any:
            read.add(name)
            return super().get(name, default)

    far = [replace(one, values=Values(one.values)) for one in FAR]
    near = [claim("c1", "A", "p1", 10, 50), claim("c2", "A", "p1", 9, 50)]
    keeper = Keeper(made)
    keeper.rows = {made.own(one): one for one in (*far, *near)}
    around = {hash: [one for one in keeper.rows.values() if hash in made.links(one)] for one in near for hash in made.links(one)}
    read.clear()

    class Around:
        def linked(self, hashes: Collection[str]) -> Mapping[str, Sequence[Row]]:
            return {hash: around.get(hash, ()) for hash in hashes}

    decided = made.decide(near, Around(), date(2030, 1, 1))
    assert read == {"day"}
    keeper.redecide([made.links(one) for one in FAR])
    assert [one.ends for one in decided] == [keeper.decisions[made.own(one)].ends for one in near]
    assert_as_in_a_run(keeper)


def test_many_rows_that_refer_to_nobody_belong_to_nobody() -> None:
    """All that share a reference lead to the same row, or to none."""
    made = engine(WAYS["the row referred to"])
    keeper = Keeper(made)
    keeper.arrive([claim(f"c{number}", "A", "p9", 3, number) for number in range(MANY * 2)])
    assert {end.status for one in keeper.decisions.values() for end in one.ends} == {"assessed"}
    assert not any(end.finding for one in keeper.decisions.values() for end in one.ends)
    keeper.arrive([row("practice", "p9", code="p9", region="north")])
    assert all(end.finding for one in keeper.decisions.values() for end in one.ends)
    assert_as_in_a_run(keeper)


def test_what_comes_later_does_not_touch_what_looks_back() -> None:
    made = engine(WAYS["what came before"])
    keeper = Keeper(made)
    keeper.arrive([claim("c5", "A", "p1", 10, 50)])
    (decision,) = keeper.decisions.values()
    assert is_touched(decision.rests, made.links(claim("c2", "A", "p1", 10, 50)))
    assert is_touched(decision.rests, made.links(claim("c2", "A", "p1", 2, 50)))
    assert not is_touched(decision.rests, made.links(claim("c2", "A", "p1", 11, 50)))


def test_a_row_whose_day_is_not_known_touches_every_window() -> None:
    made = engine(WAYS["a window of a date that may be blank"])
    keeper = Keeper(made)
    keeper.arrive([claim("c1", "A", "p1", 10, 50)])
    (decision,) = keeper.decisions.values()
    links = made.links(claim("c2", "A", "p1", 20, 50))
    assert [days for hash, days in links.items() if hash in decision.rests] == [(None, None)]
    assert is_touched(decision.rests, links)


def test_a_row_touches_windows_of_two_dates_on_days_of_both() -> None:
    made = engine(WAYS["windows of two dates"])
    keeper = Keeper(made)
    keeper.arrive([claim("c1", "A", "p1", 12, 50)])
    (decision,) = keeper.decisions.values()
    # Seen two days after an odd day, and never after an even one.
    touching = {day: is_touched(decision.rests, made.links(claim("c2", "A", "p1", day, 50))) for day in (1, 4, 9, 10, 11, 13)}
    assert touching == {1: False, 4: True, 9: False, 10: True, 11: True, 13: False}


def test_rows_without_what_relates_them_are_found_by_their_key_alone() -> None:
    made = engine(WAYS["the same fields"])
    assert len(made.links(claim("c1", None, "p1", 3, 50))) == 1
    assert len(made.links(claim("c1", "A", "p1", 3, 50))) == 2


def test_a_field_of_another_row_is_compared_among_the_rows_found() -> None:
    """The day alone is in the hash; the region may change without the claim."""
    made = engine(WAYS["a field of a row referred to"])
    assert made.links(claim("c1", "A", "p1", 3, 1)).keys() & made.links(claim("c2", "B", "p2", 3, 2)).keys()


def test_tables_may_be_gone_over_whole() -> None:
    made = engine(WAYS["nothing but a window, among a table's rows"])
    assert made.links(rate("a", 1, 5)).keys() & made.links(rate("b", 1, 6)).keys()


def test_hashes_are_the_same_in_every_process() -> None:
    made = engine(WAYS["a figure of the row's own fields"])
    here = [*sorted(made.links(claim("c1", "A", "p1", 3, 50))), made.shape("claim")]
    text = 'from tests.engines.live.test_ways import *; made = engine(WAYS["a figure of the row\'s own fields"]); '
    text += "print(*sorted(made.links(claim('c1', 'A', 'p1', 3, 50))), made.shape('claim'))"
    for seed in ("1",):
        done = subprocess.run(
            [sys.executable, "-c", text],
            env={"PYTHONHASHSEED": seed, "PYTHONPATH": "."},
            capture_output=True,
            text=True,
            check=True,
        )
        assert done.stdout.split() == here


def test_a_shape_changes_with_the_fields_and_with_the_links() -> None:
    same, other = engine(WAYS["the same fields"]), engine(WAYS["the row referred to"])
    again = LiveEngine(program_of(f"\n\n{RECORDS}\ncheck it for each claim\n  {WAYS['the same fields']}\n"), SHARED)
    assert same.shape("claim") == again.shape("claim"), "where it stands in the text is no part of it"
    assert same.shape("claim") != other.shape("claim")
    typed = RECORDS.replace("billed: money", "billed: money optional")
    fields = LiveEngine(program_of(f"{typed}\ncheck it for each claim\n  {WAYS['the same fields']}\n"), SHARED)
    assert same.shape("claim") != fields.shape("claim")


def test_values_that_differ_have_different_texts() -> None:
    values = [
        *("a", "b", "", "1", "n1/1", "s1:a", "a\x1fb", "a,b", "(a)"),
        *(Fraction(1), Fraction(1, 2), Fraction(-1), True, False, None, date(2020, 1, 1), ()),
        *(("a", "b"), ("a,b",), ("a", ("b",)), (("a",), "b"), (None,), ("a",), (Fraction(1), "a")),
    ]
    assert len({value_text(value) for value in values}) == len(values)
    assert value_text(Fraction(2, 2)) == value_text(Fraction(1))


# --- dated rows of one key --------------------------------------------------------------------------------------------

PRICES = """
record claim
  key id: text
  code: text
  on: date
  billed: money
table price
  key code: text
  valid: period from "valid_from" to "valid_to" known from "published"
  amount: money
  note: text
check dear for each claim
  let held = price[code on this.on].note
  flag when billed > price[code on this.on].amount
  reason "{held}"
check last for each claim
  match price as last with the same code latest by amount
  flag when billed > last.amount
  reason "{last.note}"
check first for each claim
  match price as first with the same code earliest by amount
  flag when billed > first.amount
  reason "{first.note}"
"""


def price(code: str, start: int, published: int, note: str, end: int | None = None) -> Row:
    values = {
        "code": code,
        "valid": (date(2020, start, 1), None if end is None else date(2020, end, 1)),
        "valid known from": date(2020, published, 1),
        "amount": 5,
        "note": note,
    }
    return row("price", code, **values)


SPRING = price("A", 1, 1, "spring", end=4)
SUMMER = price("A", 5, 1, "summer", end=12)
AGAIN = price("A", 5, 6, "summer, told again", end=12)
OTHER = price("B", 1, 1, "other")
CLAIM = row("claim", "c1", id="c1", code="A", on=date(2020, 7, 1), billed=9)


def priced(known: date = date(2030, 1, 1)) -> Keeper:
    return Keeper(LiveEngine(without_waiting(program_of(PRICES)), SHARED), known)


def reasons(keeper: Keeper) -> list[str | None]:
    """Why each check flags the claim; its status where it does not."""
    (decision,) = keeper.decisions.values()
    return [end.finding.reason if end.finding is not None else end.status for end in decision.ends]


def test_dated_rows_of_one_key_are_rows_of_their_own() -> None:
    made = priced().engine
    assert len({made.own(one) for one in (SPRING, SUMMER, AGAIN, OTHER)}) == 4
    corrected = price("A", 5, 6, "summer, put right", end=11)
    assert made.own(corrected) == made.own(AGAIN), "when it ends, and what it says, may be corrected"


@given(st.permutations([CLAIM, SPRING, SUMMER, AGAIN, OTHER]), st.booleans())
def test_dated_rows_of_one_key_in_whatever_order_they_arrive(rows: list[Row], as_text: bool) -> None:
    keeper = priced()
    for one in rows:
        keeper.arrive([one], as_text=as_text)
        assert_as_in_a_run(keeper)
    assert reasons(keeper) == ["summer, told again", "summer, told again", "spring"]


@pytest.mark.parametrize(
    ("known", "held"),
    [
        (date(2020, 6, 1), "summer, told again"),
        (date(2020, 5, 31), "summer"),
        (date(2019, 12, 31), "not assessable"),
    ],
)
def test_of_one_first_day_what_was_known_last_holds_as_far_as_it_was_known(known: date, held: str) -> None:
    keeper = priced(known)
    keeper.arrive([CLAIM, AGAIN, SPRING, SUMMER])
    assert reasons(keeper)[0] == held
    assert_as_in_a_run(keeper)


def test_rows_that_are_not_known_yet_match_nothing() -> None:
    keeper = priced(date(2020, 5, 31))
    keeper.arrive([CLAIM, AGAIN, SPRING, SUMMER])
    assert reasons(keeper) == ["summer", "summer", "spring"]
    assert_as_in_a_run(keeper)
    nothing = priced(date(2019, 12, 31))
    nothing.arrive([CLAIM, AGAIN, SPRING, SUMMER])
    assert reasons(nothing) == ["not assessable", "out of scope", "out of scope"]
    assert_as_in_a_run(nothing)


def test_no_check_is_about_a_row_that_is_not_known_yet() -> None:
    text = PRICES.split("check dear")[0] + "check high for each price\n  flag when amount > £4\n"
    engine = LiveEngine(program_of(text), SHARED)
    for known, ends in ((date(2020, 5, 31), 0), (date(2020, 6, 1), 1)):
        keeper = Keeper(engine, known)
        keeper.arrive([AGAIN, SUMMER, OTHER])
        assert [len(decision.ends) for decision in keeper.decisions.values()] == [ends, 1, 1]


def test_a_dated_row_that_is_taken_back_leaves_the_others_of_its_key() -> None:
    keeper = priced()
    keeper.arrive([CLAIM, SPRING, SUMMER, AGAIN])
    wanted = {
        AGAIN: ["summer", "summer", "spring"],
        SPRING: ["summer", "summer", "summer"],
        SUMMER: ["not assessable", "out of scope", "out of scope"],
    }
    for taken_back, left in wanted.items():
        keeper.cancel(taken_back)
        assert reasons(keeper) == left
        assert_as_in_a_run(keeper)


def test_a_dated_row_that_is_corrected_leaves_the_others_of_its_key() -> None:
    keeper = priced()
    keeper.arrive([CLAIM, SPRING, SUMMER, AGAIN])
    keeper.arrive([price("A", 5, 6, "summer, cut short", end=6)])
    # It holds in May and June alone, and what was known before it of the same days holds in July.
    assert reasons(keeper) == ["summer", "summer, cut short", "spring"]
    assert_as_in_a_run(keeper)
    keeper.arrive([price("A", 1, 1, "spring, put right", end=4)])
    assert reasons(keeper) == ["summer", "summer, cut short", "spring, put right"]
    assert_as_in_a_run(keeper)
