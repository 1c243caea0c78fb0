"""Payments and shares as SQL: every field of every result as the interpreter has it."""

from __future__ import annotations

from dataclasses import fields
from datetime import date
from fractions import Fraction
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlglot import exp

from requite.dsl.program import Program
from requite.engine.columnar.databases import DuckDB
from requite.engine.columnar.rows import decide_rows
from requite.engine.decision import Results
from requite.engine.interpret import Brought
from requite.engine.lower import lower
from requite.engine.reading.problems import DataError
from tests.engines.support import interpreter, paid_because, pay, program_of, refused, rows_of

PRACTICES = """
source s "S"
payee gps "The GPs"
payee board "The board"
record doctor
  key id: text
  rate: money
  team: text
table fees
  key team: text
  valid: period from "from" to "until"
  fee: money
record practice
  key code: text
  size: number
  spend: money
  budget: money
  note: number optional
  on: date
  grp: text
  doctor: doctor
for each practice
  let rate = doctor.rate
  let fee = fees[grp on on].fee
"""

AREAS = """
source s "S"
record doctor
  key id: text
  rate: money
  n: number
record area
  key id: text
  pot: money
  open: yes/no
  n: number
  doctor: doctor
record practice
  key code: text
  area: text
  size: number
  doctor: doctor
"""


def agree(text: str | Program, brought: Brought | None = None, **rows: Any) -> Results:
    """The results of the interpreter, which are those of the columnar engine in every field."""
    engine = interpreter(text, brought=brought, **rows)
    data = {name: engine.rows(name) for name, record in engine.program.records.items() if not record.derived_from}
    expected, found = engine.decide(outcomes=True), decide_rows(engine.plan, data, None, brought)
    for part in fields(expected):
        assert getattr(found, part.name) == getattr(expected, part.name), part.name
    return expected


def practice(code: str, size: Any = 1, spend: Any = 40, budget: Any = 100, **more: Any) -> dict[str, Any]:
    values = {"code": code, "size": size, "spend": spend, "budget": budget, "on": date(2012, 5, 1), "grp": "G", "note": 1}
    return values | {"doctor": ("D",)} | more


DOCTORS = [{"id": "D", "rate": 2, "team": "G"}, {"id": "E", "rate": 5, "team": "H"}]
FEES = [
    {"team": "G", "valid": (None, None), "fee": 3},
    {"team": "H", "valid": (date(2012, 1, 1), date(2012, 6, 30)), "fee": 4},
    {"team": "H", "valid": (date(2012, 5, 1), None), "fee": 5},
]

MIXED = [
    practice("c", 2, Fraction("33.33"), 40, on=date(2012, 4, 1)),
    practice("a", 3, 0, 100, note=None),
    practice("b", 1, Fraction("0.01"), 5, grp="H", doctor=("E",)),
    practice("e", 10, 1000, 5, doctor=("X",), on=date(2013, 5, 1)),
    practice("d", 4, 40, -5, on=date(2012, 4, 1)),
    practice("f", 5, 40, 40, grp="H", doctor=("E",), on=date(2012, 4, 15)),
    practice("g", Fraction("0.5"), -3, 2, doctor=("X",)),
    practice("h", 1, 40, 100, on=date(2012, 4, 1)),
]


def settle(body: str, rows: list[dict[str, Any]] | None = None, header: str = "", **more: Any) -> Results:
    given: dict[str, Any] = {"practice": MIXED if rows is None else rows, "doctor": DOCTORS, "fees": FEES}
    program = program_of(f"{PRACTICES}scheme s for each practice\n{body}", header)
    return agree(program, **given, **more)


CLAUSES = {
    "gates in the order written": """
  payment requires_first to gps
    requires spend > £50
    needs note is known
    amount £1 * note
  payment needs_first to gps
    needs note is known
    requires spend > £50
    amount £1 * note
""",
    "a gate says which part is not known": """
  payment p to gps
    requires spend >= £0 and doctor is known and spend < budget
    amount doctor.rate
""",
    "a period": """
  period 2012-04-01 to 2013-03-31 by on
  payment p to gps
    needs doctor.rate > £1
    amount £1
""",
    "caps and floors in order, one rounding": """
  payment p to gps
    amount (spend / 3) / size
    at most budget / 7
    at least £14.284
    at most £20 per 10 of size
""",
    "a floor raises only what is due": """
  payment p to gps
    amount £1 when spend > £39
    except £2 when size > 4 because "a large practice"
    at least £5
""",
    "exceptions": """
  payment p to gps
    amount £50
    except £5 when spend < budget because "below the budget"
    except doctor.rate when spend < £50
    at most £30
""",
    "an exception that is not known": """
  payment p to gps
    except £3 when doctor.rate > £2
    amount spend
""",
    "no case holds": """
  payment p to gps
    amount £10 when spend > budget
  payment q to gps
    amount £10 when spend > budget, £20 when spend = budget
  payment r to gps
    amount max(£0, spend - budget)
  payment two to gps
    amount £1 when spend > £0, £2 when budget > £0, £3 when spend < £0
""",
    "what is below nothing": """
  payment p to gps
    amount spend - budget
  charge c to board
    amount budget - spend
  charge nothing to doctor
    amount £10 when spend > budget
""",
    "a missing amount": """
  payment p to gps
    amount £1 * size / (size - 10)
    at most £3 * size / (size - 2)
""",
    "a conflict stays one": """
  payment p to gps
    amount fees[grp on on].fee
  payment q to gps
    amount £1
    at least 50% of p
  payment r to gps
    requires p is known
    amount £2
  show p
""",
    "payments read each other": """
  payment second to gps
    amount 50% of first
  payment first to gps
    amount spend
    at most £30
  let together = first + second
  payment third to doctor
    requires second > £1
    amount together
  show together
""",
    "the payee is not known": """
  payment p to doctor
    requires size > 1
    amount spend - budget
  payment q to practice spent on "physiotherapists"
    amount spend
""",
}


@pytest.mark.parametrize("body", CLAUSES.values(), ids=CLAUSES)
def test_the_clauses_of_a_payment(body: str) -> None:
    assert settle(body).outcomes


@pytest.mark.parametrize("header", ["rounding down to £1", "rounding half even to 1p", "rounding up to 10p", "rounding to £5"])
def test_rounding(header: str) -> None:
    body = """
  payment p to gps
    amount spend / 8
    together at most £11.11 for the same grp, in proportion
  split spend / 3
    10% to practice as kept
    the rest to gps as given
"""
    rows = [practice(f"{i}", spend=Fraction(i * 37, 4), grp="GH"[i % 2]) for i in range(12)]
    assert settle(body, rows, header).payments


GROUPS = {
    "only the first": "only the first 2 for the same grp by on, code",
    "as many as each row says": "only the first size for the same grp, on by spend",
    "a number that is not known": "only the first size / (size - 1) for the same grp by on",
    "a group that is not known": "only the first 1 for the same doctor by rate, on",
    "an order that is in conflict": "only the first 1 for the same grp by fee",
    "first come": "together at most £60.005 for the same grp, first come by on, code",
    "in proportion": "together at most £60.005 for the same grp, in proportion",
    "no limit at all": "together at most £0 for the same grp, in proportion",
    "limits that differ": "together at most £3 * size for the same on, in proportion",
    "limits over their own denominators": "together at most £3 * size / (size - 2) for the same on, first come by code",
    "one limit for a group": "together at most fees[grp on 2012-05-02].fee for the same grp, in proportion",
    "a limit below nothing": "together at most budget - £20 for the same code, first come by code",
    "a limit below nothing for all": "together at most £0 - £20 for the same grp, in proportion",
    "two caps": """only the first 3 for the same grp by code
    together at most £50 for the same on, first come by code
    together at most £70 for the same grp, in proportion""",
}


@pytest.mark.parametrize("amount", ["spend", "spend + £100 - £60 * size / (size - 4)"])
@pytest.mark.parametrize("clause", GROUPS.values(), ids=GROUPS)
def test_caps_over_several_rows(clause: str, amount: str) -> None:
    results = settle(f"  payment p to gps\n    amount {amount}\n    {clause}\n  show p\n")
    assert any("for the same" in outcome.reason for outcome in results.outcomes)


def test_what_shares_a_limit_with_what_is_not_known_waits() -> None:
    body = "  payment p to gps\n    amount £9 + £1 * size / (size - 4)\n    only the first 1 for the same grp by on, code\n"
    results = settle(body)
    words = "it shares this limit with what is not assessable: size - 4 is 0, so £1 * size / (size - 4) has no value"
    assert any(reason.endswith(words) for reason in refused(results, "p").values())


@settings(deadline=None, max_examples=15)
@given(
    st.lists(st.tuples(st.integers(0, 999), st.sampled_from("GH"), st.integers(0, 2)), min_size=1, max_size=12),
    st.integers(0, 4000),
    st.sampled_from(["first come by spend", "in proportion"]),
)
def test_ties_and_odd_pennies(given_rows: list[tuple[int, str, int]], cap: int, how: str) -> None:
    limit = f"£{cap // 100}.{cap % 100:02}"
    rows = [practice(f"{n}{i}", spend=Fraction(pence, 100), grp=grp) for i, (pence, grp, n) in enumerate(given_rows)]
    settle(f"  payment p to gps\n    amount spend\n    together at most {limit} for the same grp, {how}\n", rows)


# --- splits and the whole scheme ---------------------------------------------------------------------------------------------


ALTOGETHER = {
    "the later payments first": "£40",
    "in proportion": "£40.015, in proportion",
    "a limit for each row": "£3 * size",
    "a limit that is not known": "£20 * size / (size - 1), in proportion",
    "a limit below nothing": "budget - £50",
    "none": "£0",
}


@pytest.mark.parametrize("limit", ALTOGETHER.values(), ids=ALTOGETHER)
def test_altogether(limit: str) -> None:
    body = f"""
  payment first to gps
    amount spend
    at most £30
  charge off to board
    amount £500
  payment unknown to gps
    amount doctor.rate
  split £7.77
    30% to practice as mine
    the rest to gps as yours
  payment third to gps
    amount £20 when spend > £1
    only the first 2 for the same grp by code
  altogether at most {limit}
  show third
"""
    results = settle(body)
    assert any("altogether at most" in outcome.reason for outcome in results.outcomes)


@pytest.mark.parametrize("parts", [("33%", "33%", "the rest"), ("25%", "75%"), ("33.3%", "the rest"), ("0%", "the rest")])
def test_a_split_gives_out_every_penny(parts: tuple[str, ...]) -> None:
    paid = enumerate(zip(parts, ("practice", "gps", "board"), strict=False))
    written = "\n".join(f"    {part} to {who} as p{i}" for i, (part, who) in paid)
    results = settle(f"  requires spend > £0\n  split spend - budget / 7\n{written}\n  show p0\n")
    assert {payment.kind for payment in results.payments} == {"split"}


def test_amounts_beyond_64_bits() -> None:
    body = """
  payment p to gps
    amount spend
    together at most £92,233,720,368,547,758.07 for the same grp, in proportion
  split spend
    33.3% to practice as a
    the rest to gps as b
"""
    rows = [practice(f"{i}", spend=Fraction(9223372036854775807 // (i or 1), 100)) for i in range(6)]
    results = settle(body, rows)
    assert sum(pay(results, "p").values()) == Fraction("92233720368547758.07")


def test_no_rows() -> None:
    body = "  payment p to gps\n    amount spend\n    together at most spend for the same grp, in proportion\n"
    assert settle(body, []).payments == ()


def test_figures_brought_forward_are_paid_from() -> None:
    body = """
  brought forward debt: money, £5 at the start
  let balance = budget - debt - spend
  payment kept to practice
    requires balance > £0
    amount 50% of balance
  carry forward max(£0, £0 - balance) / 3 as debt
"""
    results = settle(body, brought={"s.debt": {("a",): Fraction(70), ("gone",): Fraction(3)}})
    assert len(results.carried) == len(MIXED) + 1


# --- shares ---------------------------------------------------------------------------------------------------------------


def member(code: str, area: str = "A", size: Any = 1, doctor: str = "D") -> dict[str, Any]:
    return {"code": code, "area": area, "size": size, "doctor": (doctor,)}


def area(key: str, pot: Any = 10, is_open: bool = True, n: Any = 1, doctor: str = "D") -> dict[str, Any]:
    return {"id": key, "pot": pot, "open": is_open, "n": n, "doctor": (doctor,)}


MEMBERS = [
    member("c", size=3),
    member("a"),
    member("b", size=2),
    member("e", "B", 5, "E"),
    member("d", "B", 0, "X"),
    member("f", "C", 0),
    member("g", "D", 4, "X"),
    member("h", "A", 7, "E"),
    member("i", "E", Fraction("0.5")),
]
OWNERS = [area("B", 1), area("A", Fraction("0.05"), n=2), area("C", 7, False), area("D", -5, n=0, doctor="X"), area("F", 3)]


def give(text: str, members: list[dict[str, Any]] | None = None, owners: list[dict[str, Any]] | None = None) -> Results:
    doctors = [{"id": "D", "rate": 2, "n": 1}, {"id": "E", "rate": 5, "n": 2}]
    given: dict[str, Any] = {"practice": MEMBERS if members is None else members, "area": OWNERS if owners is None else owners}
    return agree(AREAS + text, **given, doctor=doctors)


WHO = {
    "its own": "each practice where practice.area = this.id",
    "its own that pass": "each practice where practice.area = this.id and size > 0",
    "of those it is not known who": "each practice where practice.area = this.id and size / (size - 5) > 0",
    "all that are greater": "each practice where practice.size > this.n",
    "all that are greater, unknown of some": "each practice where practice.doctor.rate > this.pot",
    "by a doctor": "each practice where practice.doctor = this.doctor",
    "everyone": "every practice",
}
WEIGHTS = ["", " by size", " by (size / (size - 2) rounded to 0.01)", " by practice.doctor.n", " by size - 1"]


@pytest.mark.parametrize("weight", WEIGHTS[1:4])
@pytest.mark.parametrize("who", WHO.values(), ids=WHO)
def test_each_owner_shares(who: str, weight: str) -> None:
    text = f"""
scheme fund for each area
  requires open
  share pot among {who}{weight} as part
for each practice
  let left = £10 + part
  show left
"""
    assert give(text).outcomes


@pytest.mark.parametrize(
    "gate", ["needs n > 1", "needs doctor is known", "requires doctor.rate > £1 and open", "needs n / (n - 1) > 1"]
)
@pytest.mark.parametrize("amount", ["pot", "pot * n / (n - 2)", "doctor.rate / 3", "£0"])
def test_what_an_owner_shares(amount: str, gate: str) -> None:
    text = f"""
scheme fund for each area
  {gate}
  share {amount} among each practice where practice.area = this.id by size as part spent on "beds"
"""
    results = give(text)
    assert any(one.record == "area" for one in results.not_assessable) or amount == "£0" or gate.startswith("requires")


@pytest.mark.parametrize("weight", WEIGHTS)
def test_one_fund_for_all(weight: str) -> None:
    results = give(f"scheme fund\n  share £1.01 among each practice where size != 2{weight} as part\n")
    assert len(results.outcomes) == len(MEMBERS)


def test_with_nobody_to_share_among_the_owner_hears_of_it() -> None:
    results = give("scheme fund\n  share £1 among each practice as part\n", [])
    assert [one.reason for one in results.not_assessable] == ["£1.00 cannot be shared: there is nobody to share among"]


def test_a_figure_may_be_below_nothing_and_is_paid_from() -> None:
    text = """
for each area
  share £0 - pot among each practice where practice.area = this.id by size as cut
scheme pays for each practice
  payment p to practice
    amount £10 + cut
    only the first 2 for the same area by cut, code
  show cut
record association for each area of practice
for each association
  let pooled = total of cut over each practice with the same area
  show pooled
"""
    results = give(text, [one for one in MEMBERS if one["code"] != "f"])
    assert paid_because(results, "p", "c").endswith("this is number 3, £9.99 cut to £0.00")


def test_a_share_beyond_64_bits() -> None:
    members = [member(f"{i}", size=Fraction(10**9 + i, 1000)) for i in range(7)]
    text = "scheme fund\n  share £92,233,720,368,547,758.07 among each practice by size as part\n"
    assert sum(pay(give(text, members), "part").values()) == Fraction("92233720368547758.07")


@settings(deadline=None, max_examples=15)
@given(st.integers(-300, 10**7), st.lists(st.tuples(st.integers(0, 5), st.sampled_from("AB")), max_size=10))
def test_nothing_is_lost_and_ties_go_by_key(pence: int, sizes: list[tuple[int, str]]) -> None:
    members = [member(f"{(7 * i) % 10}", name, size) for i, (size, name) in enumerate(sizes)]
    owners = [area(name, Fraction(pence, 100)) for name in "AB"]
    text = "for each area\n  share pot among each practice where practice.size >= this.n by size as part\n"
    give(f"{text}for each practice\n  let left = part\n  show left\n", members, owners)


def test_rows_that_are_counted_in_two_ways_are_reported_not_passed_over(monkeypatch: pytest.MonkeyPatch) -> None:
    fetch = DuckDB.fetch

    def one_more(base: DuckDB, select: exp.Select) -> pa.Table:
        found = fetch(base, select)
        if "rows" not in found.column_names:
            return found
        at = found.column_names.index("rows")
        return found.set_column(at, "rows", pc.add(found.column(at), 1))

    monkeypatch.setattr(DuckDB, "fetch", one_more)
    text = """
payee gps "The GPs"
record doctor
  key id: text
  rate: money
scheme s for each doctor
  payment p to gps
    amount rate
"""
    program = program_of(text)
    rows = {"doctor": rows_of(program, "doctor", [{"id": "A", "rate": 5}])}
    with pytest.raises(DataError, match="duckdb does not agree with itself") as caught:
        decide_rows(lower(program), rows)
    assert "of s.p it counts 2 rows, 0 of them out of scope, and its rows are 1" in caught.value.problems[0].message
    assert "--engine interpret" in caught.value.problems[0].help
