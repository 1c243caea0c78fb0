"""Every way in which a value may be missing, its reason in the author's words, and what catches it."""

from __future__ import annotations

from datetime import date
from fractions import Fraction
from itertools import product
from typing import Any

import pytest

from requite.engine.interpret import Interpreter
from requite.engine.interpreting.values import Lack, Missing
from requite.engine.rows import known_name
from tests.engines.support import interpreter, pay, reason, refused, value

PROGRAM = """
source s "S"
record person
  key id: text
  born: date
record estimate
  key id: text
  patient: text
  cost: money
record claim
  key id: text
  patient: text
  person: person optional
  hrg: text optional
  day: date
  n: number
  d: number
  kind: one of a, b, c
table tariff
  key hrg: text
  valid: period from "from" to "until" known from "known"
  price: money optional
table ratio
  key hrg: text
  key kind: one of a, b, c
  limit: number
parameter rate: percent
  30% from 2010-04-01
  70% from 2014-04-01
bands steps by n
  0 to 10: £1
for each claim
  match estimate with the same patient
  let price = tariff[hrg on day].price
  let limit = ratio[hrg, kind].limit
  let age = whole years from person.born to day
  let guess = estimate.cost
  let cased = 1 when kind is a, 2 when kind is b
  let mean = average of cost over every estimate
  let dearest = greatest of cost over every estimate
  let quotient = n / (d - 1)
  let step = steps[n]
  let rated = rate[on day]
  let far = day + 9999 years
  let priced = price is known
  let backup = price else £5
  let estimated = estimate is known
  let estimated_or = estimate.cost else £7
  show price, limit, age, guess, cased, mean, dearest, quotient, step, rated, far, priced, backup, estimated, estimated_or
"""

CLAIM: dict[str, Any] = {
    "id": "C",
    "patient": "P",
    "person": ("N",),
    "hrg": "A",
    "day": date(2012, 5, 1),
    "n": 3,
    "d": 3,
    "kind": "a",
}


def run(claim: dict[str, Any] | None = None, known: date | None = None, **given: list[dict[str, Any]]) -> Interpreter:
    rows: dict[str, Any] = {"claim": [CLAIM | (claim or {})], **given}
    return interpreter(PROGRAM, known, **rows)


def price_row(key: Any = "A", **more: Any) -> dict[str, Any]:
    row = {"hrg": key, "valid": (date(2012, 4, 1), date(2013, 3, 31)), "price": 9} | more
    return row | {known_name("valid"): row.pop("known", None)}


@pytest.mark.parametrize(
    ("name", "claim", "kind", "words"),
    [
        ("price", {}, Lack.NO_ROW, "tariff has no row for hrg A"),
        ("price", {"hrg": None}, Lack.ABSENT_KEY, "hrg is blank, so tariff cannot be read"),
        ("limit", {"kind": "b"}, Lack.NO_ROW, "ratio has no row for hrg A, kind b"),
        ("age", {"person": None}, Lack.BLANK, "person is blank in claim.csv line 2"),
        ("age", {}, Lack.NOBODY, "person has no row for id N"),
        ("guess", {}, Lack.NO_MATCH, "no estimate matches"),
        ("cased", {"kind": "c"}, Lack.NO_CASE, "no case holds of 1 when kind is a, 2 when kind is b"),
        ("mean", {}, Lack.NO_RECORDS, "there is no estimate for average of cost over every estimate"),
        ("dearest", {}, Lack.NO_RECORDS, "there is no estimate for greatest of cost over every estimate"),
        ("quotient", {"d": 1}, Lack.DIVISION_BY_ZERO, "d - 1 is 0, so n / (d - 1) has no value"),
        ("step", {"n": 11}, Lack.OUTSIDE_BANDS, "n is 11, outside the bands of steps"),
        ("rated", {"day": date(2010, 3, 31)}, Lack.UNDATED, "rate has no value on 2010-03-31"),
        ("far", {}, Lack.UNDATED, "day + 9999 years is beyond the calendar"),
    ],
)
def test_each_kind_says_why(name: str, claim: dict[str, Any], kind: Lack, words: str) -> None:
    found = value(run(claim), "claim", "C", name)
    assert isinstance(found, Missing)
    assert (found.kind, found.reason) == (kind, words)


def test_a_code_that_is_not_there_and_one_that_is_there_on_other_dates_are_told_apart() -> None:
    engine = run({"day": date(2013, 4, 1)}, tariff=[price_row()])
    assert reason(engine, "claim", "C", "price") == "tariff has rows for hrg A, but none that is valid on 2013-04-01"


def test_a_blank_cell_names_its_file_and_line() -> None:
    engine = run(tariff=[price_row("B"), price_row("A", price=None)])
    assert value(engine, "claim", "C", "price") == Missing(Lack.BLANK, "price is blank in tariff.csv line 3")


@pytest.mark.parametrize(("price", "caught"), [(9, (True, 9)), (None, (False, 5))])
def test_known_and_else_catch_what_is_missing(price: int | None, caught: tuple[bool, int]) -> None:
    engine = run(tariff=[price_row(price=price)])
    assert (value(engine, "claim", "C", "priced"), value(engine, "claim", "C", "backup")) == caught
    assert (value(run(), "claim", "C", "priced"), value(run(), "claim", "C", "backup")) == (False, 5)
    assert (value(engine, "claim", "C", "estimated"), value(engine, "claim", "C", "estimated_or")) == (False, 7)


# --- conflicts --------------------------------------------------------------------------------------------------------------


def test_two_rows_valid_on_one_date_are_a_conflict_that_nothing_catches() -> None:
    engine = run(tariff=[price_row(), price_row("B"), price_row(valid=(date(2012, 5, 1), date(2012, 5, 1)))])
    words = "tariff has 2 rows for hrg A on 2012-05-01: tariff.csv line 2 and tariff.csv line 4"
    for name in ("price", "priced", "backup"):
        assert value(engine, "claim", "C", name) == Missing(Lack.CONFLICT, words)
    assert value(run({"day": date(2012, 4, 2)}, tariff=[price_row(), price_row("B")]), "claim", "C", "backup") == 9


def test_two_matches_where_there_may_be_one_are_a_conflict() -> None:
    engine = run(estimate=[{"id": "E", "patient": "P", "cost": 1}, {"id": "F", "patient": "P", "cost": 1}])
    words = "2 rows of estimate match where there may be one: estimate.csv line 2 and estimate.csv line 3"
    for name in ("guess", "estimated", "estimated_or"):
        assert value(engine, "claim", "C", name) == Missing(Lack.CONFLICT, words)


def test_two_rows_with_one_key_are_a_conflict_where_they_are_looked_up() -> None:
    people = [{"id": "N", "born": date(2000, 1, 1)}, {"id": "N", "born": date(2001, 1, 1)}]
    assert reason(run(person=people), "claim", "C", "age") == "person has 2 rows for id N: person.csv line 2 and person.csv line 3"


def test_two_cases_at_once_are_a_conflict() -> None:
    text = """
record r
  key id: text
  n: number
  m: number
for each r
  let x = 1 when n > 1, 2 when m > 2, otherwise 3
  show x
"""
    rows = [
        {"id": "none", "n": 1, "m": 1},
        {"id": "n", "n": 2, "m": 1},
        {"id": "m", "n": 1, "m": 3},
        {"id": "both", "n": 2, "m": 3},
    ]
    engine = interpreter(text, r=rows)
    assert [value(engine, "r", key, "x") for key in ("none", "n", "m")] == [3, 1, 2]
    found = value(engine, "r", "both", "x")
    assert found == Missing(Lack.CONFLICT, "2 cases hold at once: n > 1 (test.requite:7:18) and m > 2 (test.requite:7:32)")


# --- unknowns in conditions ---------------------------------------------------------------------------------------------------

LOGIC = """
record r
  key id: text
  a: yes/no
  b: yes/no
  person: p
record p
  key id: text
  a: yes/no
for each r
  let both = person.a and b
  let mirrored = b and person.a
  let either = person.a or b
  let negated = not person.a
  let two = 1 when both, otherwise 0
  let three = 1 when person.a, 2 when b, otherwise 0
  show both, mirrored, either, negated, two, three
"""

UNKNOWN = None


def and_(left: bool | None, right: bool | None) -> bool | None:
    if left is False or right is False:
        return False
    return None if left is None or right is None else True


@pytest.mark.parametrize(("left", "right"), list(product([True, False, UNKNOWN], [True, False])))
def test_a_false_operand_settles_an_and_and_a_true_one_an_or(left: bool | None, right: bool) -> None:
    people = [{"id": "P", "a": left}] if left is not None else []
    engine = interpreter(LOGIC, r=[{"id": "R", "a": True, "b": right, "person": ("P",)}], p=people)

    def got(name: str) -> bool | None:
        found = value(engine, "r", "R", name)
        return None if isinstance(found, Missing) else bool(found)

    assert got("both") == got("mirrored") == and_(left, right)
    either = and_(None if left is None else not left, not right)
    assert got("either") == (None if either is None else not either)
    assert got("negated") == (None if left is None else not left)
    if left is None:
        expected = "p has no row for id P"
        assert reason(engine, "r", "R", "negated") == expected
        assert value(engine, "r", "R", "three") == (2 if right else Missing(Lack.NOBODY, expected))


def test_at_least_some_of_waits_only_where_the_unknown_could_decide() -> None:
    text = """
payee gps "GPs"
record r
  key id: text
  n: number
  d: number
scheme s for each r
  marker one
    met when n >= 1
  marker two
    met when n >= 2
  marker ratio
    met when n / d >= 1
  payment p1 to gps
    requires at least 1 of ratio, one, two
    amount £1
  payment p2 to gps
    requires at least 2 of ratio, one, two
    amount £1
  payment p3 to gps
    requires at least 3 of ratio, one, two
    amount £1
"""
    results = interpreter(text, r=[{"id": str(n), "n": n, "d": 0} for n in range(3)]).decide()
    assert pay(results, "p1") == {"1": 1, "2": 1}
    assert refused(results, "p1") == {
        "0": "requires at least 1 of ratio, one, two: d is 0, so n / d has no value",
    }
    assert pay(results, "p2") == {"0": 0, "2": 1}
    assert list(refused(results, "p2")) == ["1"]
    assert pay(results, "p3") == {"0": 0, "1": 0}
    assert list(refused(results, "p3")) == ["2"]


# --- what was known, and when -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("known", "expected"),
    [(date(2012, 1, 1), None), (date(2012, 2, 1), 9), (date(2012, 6, 30), 9), (date(2012, 7, 1), 8), (None, 8)],
)
def test_a_row_is_there_from_the_day_it_became_known_and_the_latest_wins(known: date | None, expected: int | None) -> None:
    rows = [price_row(known=date(2012, 2, 1)), price_row(price=8, known=date(2012, 7, 1))]
    engine = run(known=known, tariff=rows)
    if expected is None:
        assert reason(engine, "claim", "C", "price") == "tariff has no row for hrg A on 2012-05-01, known on 2012-01-01"
    else:
        assert value(engine, "claim", "C", "price") == expected


def test_two_rows_known_from_one_day_are_a_conflict() -> None:
    rows = [price_row(known=date(2012, 2, 1)) for _ in range(2)]
    assert reason(run(tariff=rows), "claim", "C", "price").startswith("tariff has 2 rows for hrg A on 2012-05-01")


PARAMETER = """
record r
  key id: text
  day: date
parameter rate: percent
  30% from 2010-04-01 known from 2010-02-01
  35% from 2010-04-01 known from 2011-01-01
  70% from 2014-04-01 known from 2014-02-01
parameter flat: money £5
for each r
  let rated = rate[on day]
  let fee = flat
  show rated, fee
"""


@pytest.mark.parametrize(
    ("known", "day", "percent"),
    [
        (None, date(2010, 4, 1), 35),
        (date(2010, 12, 31), date(2010, 4, 1), 30),
        (date(2010, 12, 31), date(2014, 4, 1), 30),
        (None, date(2014, 3, 31), 35),
        (None, date(2014, 4, 1), 70),
    ],
)
def test_a_parameter_has_the_value_begun_last_as_it_was_known(known: date | None, day: date, percent: int) -> None:
    engine = interpreter(PARAMETER, known, r=[{"id": "R", "day": day}])
    assert value(engine, "r", "R", "rated") == Fraction(percent, 100)
    assert value(engine, "r", "R", "fee") == 5


def test_a_parameter_not_known_yet_says_so() -> None:
    engine = interpreter(PARAMETER, date(2010, 1, 1), r=[{"id": "R", "day": date(2012, 1, 1)}])
    assert reason(engine, "r", "R", "rated") == "rate has no value on 2012-01-01, known on 2010-01-01"
