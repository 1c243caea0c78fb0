"""Payments: every clause, alone and over several rows; charges, splits, caps over a scheme, figures carried forward."""

from __future__ import annotations

from datetime import date
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from requite.engine.decision import Results
from tests.engines.support import count, interpreter, paid_because, pay, payment_of, program_of, refused

HEAD = """
source s "S"
payee gps "The GPs"
payee board "The board"
record practice
  key code: text
  size: number
  spend: money
  budget: money
  note: number optional
  on: date
  grp: text
  club: text optional
"""


def practice(code: str = "P", **more: Any) -> dict[str, Any]:
    values = {"code": code, "size": 10000, "spend": 40, "budget": 100, "on": date(2012, 5, 1), "grp": "G", "note": 1}
    return values | more


def decide(body: str, *rows: dict[str, Any], head: str = HEAD, scheme: str = "scheme s for each practice", **more: Any) -> Results:
    return interpreter(f"{head}{scheme}\n{body}", practice=rows or (practice(),), **more).decide()


# --- one row ----------------------------------------------------------------------------------------------------------------


def test_clauses_stop_at_the_first_that_decides() -> None:
    body = """
  payment requires_first to gps
    requires spend > £50
    needs note is known
    amount £1 * note
  payment needs_first to gps
    needs note is known
    requires spend > £50
    amount £1 * note
"""
    results = decide(body, practice(note=None))
    assert pay(results, "requires_first") == {"P": 0}
    assert paid_because(results, "requires_first", "P") == "requires spend > £50"
    assert refused(results, "needs_first") == {"P": "needs note is known: note is blank in practice.csv line 2"}
    assert count(results, "requires_first") == (1, 1, 0, 0)
    assert count(results, "needs_first") == (1, 0, 1, 0)


def test_outside_its_period_a_payment_is_out_of_scope() -> None:
    body = """
  period 2012-04-01 to 2013-03-31 by on
  payment p to gps
    amount £1
"""
    days = [date(2012, 3, 31), date(2012, 4, 1), date(2013, 3, 31), date(2013, 4, 1)]
    results = decide(body, *(practice(str(day), on=day) for day in days))
    assert list(pay(results, "p")) == ["2012-04-01", "2013-03-31"]
    assert count(results, "p") == (4, 2, 0, 2)


@pytest.mark.parametrize(
    ("spend", "amount", "words"),
    [
        (10, "20", "at least £20: £10.00 raised to £20.00"),
        (20, "20", ""),
        (30, "30", ""),
        (31, "30", "at most £30: £31.00 cut to £30.00"),
    ],
)
def test_caps_and_floors(spend: int, amount: str, words: str) -> None:
    body = "  payment p to gps\n    amount spend\n    at least £20\n    at most £30\n"
    results = decide(body, practice(spend=spend))
    assert pay(results, "p") == {"P": Fraction(amount)}
    assert paid_because(results, "p", "P") == words


def test_caps_apply_in_the_order_written_and_rounding_comes_once_after_them() -> None:
    body = """
  payment capped to gps
    amount spend / 3
    at most budget / 7
    at least £14.284
  payment twice to gps
    amount (spend / 3) + (spend / 3)
"""
    results = decide(body)
    assert pay(results, "capped") == {"P": Fraction("14.28")}
    assert paid_because(results, "capped", "P").startswith("at least £14.284: £13.333333… raised to £14.284")
    assert pay(results, "twice") == {"P": Fraction("26.67")}


def test_a_cap_per_head_says_what_it_cut() -> None:
    results = decide("  payment p to gps\n    amount £50,000\n    at most £20,000 per 10,000 of size\n")
    assert paid_because(results, "p", "P") == "at most £20,000 per 10,000 of size: £50,000.00 cut to £20,000.00"


def test_rounding_as_the_ruleset_says() -> None:
    text = HEAD + "scheme s for each practice\n  payment p to gps\n    amount spend\n"
    for rounding, expected in (("down to £1", 2), ("to £1", 3), ("half even to £1", 2), ("up to 10p", Fraction("2.5"))):
        engine = interpreter(program_of(text, f"rounding {rounding}"), practice=[practice(spend=Fraction("2.5"))])
        assert pay(engine.decide(), "p") == {"P": expected}, rounding


def test_one_exception_replaces_the_amount_and_two_are_a_conflict() -> None:
    body = """
  payment p to gps
    amount £50
    except £5 when spend < budget because "below the budget"
    except £6 when spend < £50
"""
    rows = practice("none", spend=100), practice("one", spend=60), practice("other", spend=40, budget=40), practice("both")
    results = decide(body, *rows)
    assert pay(results, "p") == {"none": 50, "one": 5, "other": 6}
    assert [paid_because(results, "p", key) for key in ("none", "one", "other")] == [
        "", "below the budget", "except £6 when spend < £50",
    ]  # fmt: skip
    assert refused(results, "p")["both"] == (
        '2 exceptions apply at once: except £5 when spend < budget because "below the budget" (test.requite:18:5)'
        " and except £6 when spend < £50 (test.requite:19:5)"
    )


def test_an_exception_is_capped_too() -> None:
    body = "  payment p to gps\n    amount £50\n    except £500 when spend < budget\n    at most £30\n"
    results = decide(body)
    assert pay(results, "p") == {"P": 30}
    assert paid_because(results, "p", "P") == "except £500 when spend < budget; at most £30: £500.00 cut to £30.00"


@pytest.mark.parametrize(
    ("amount", "words"),
    [
        ("£10 when spend > budget", "amount £10 when spend > budget: spend > budget is not so"),
        ("£10 when spend > budget, £20 when spend = budget", "no case holds"),
        ("max(£0, spend - budget)", "amount max(£0, spend - budget) comes to £0.00"),
    ],
)
def test_nothing_is_paid_with_its_reason(amount: str, words: str) -> None:
    results = decide(f"  payment p to gps\n    amount {amount}\n")
    assert pay(results, "p") == {"P": 0}
    assert words in paid_because(results, "p", "P")


def test_a_negative_payment_is_not_assessable_and_a_charge_is_taken_off() -> None:
    body = """
  payment p to gps
    amount spend - budget
  charge c to board
    amount budget - spend
  charge nothing to board
    amount £10 when spend > budget
"""
    results = decide(body)
    assert refused(results, "p") == {"P": "the payment comes to -£60.00, and cannot be below £0.00"}
    assert (pay(results, "c"), pay(results, "nothing")) == ({"P": -60}, {"P": 0})
    assert (payment_of(results, "c", "P").kind, payment_of(results, "c", "P").payee) == ("charge", "board")


def test_a_missing_amount_is_never_a_payment() -> None:
    body = "  payment p to gps\n    amount £1 * size / (size - 10,000)\n"
    results = decide(body)
    assert pay(results, "p") == {}
    assert refused(results, "p") == {"P": "size - 10,000 is 0, so £1 * size / (size - 10,000) has no value"}


def test_payments_may_read_each_other() -> None:
    body = """
  payment second to gps
    amount 50% of first
  payment first to gps
    amount spend
    at most £30
  let together = first + second
  payment third to gps
    amount together
"""
    results = decide(body)
    assert [pay(results, name)["P"] for name in ("first", "second", "third")] == [30, 15, 45]


# --- several rows -----------------------------------------------------------------------------------------------------------


def test_only_the_first_are_paid_of_those_with_something_to_pay() -> None:
    body = """
  payment p to gps
    amount £10 when spend > £0
    only the first 2 for the same grp by on, code
"""
    rows = [
        practice("late", on=date(2012, 9, 1)),
        practice("nothing", on=date(2012, 1, 1), spend=0),
        practice("a", on=date(2012, 2, 1)),
        practice("c", on=date(2012, 3, 1)),
        practice("b", on=date(2012, 3, 1)),
        practice("other", on=date(2012, 9, 1), grp="H"),
    ]
    results = decide(body, *rows)
    assert pay(results, "p") == {"late": 0, "nothing": 0, "a": 10, "c": 0, "b": 10, "other": 10}
    words = "only the first 2 for the same grp by on, code: this is number {}, £10.00 cut to £0.00"
    assert [paid_because(results, "p", key) for key in ("c", "late")] == [words.format(3), words.format(4)]


def test_a_row_that_belongs_to_no_group_is_not_assessable() -> None:
    body = """
  needs club is known
  payment p to gps
    amount £10
    only the first 1 for the same club by code
"""
    results = decide(body, practice("a", club="C"), practice("b"))
    assert (pay(results, "p"), list(refused(results, "p"))) == ({"a": 10}, ["b"])


def test_together_at_most_first_come() -> None:
    body = """
  payment p to gps
    amount spend
    together at most £100.005 for the same grp, first come by code
"""
    rows = [practice("c", spend=50), practice("a", spend=40), practice("b", spend=50), practice("d", spend=5, grp="H")]
    results = decide(body, *rows)
    assert pay(results, "p") == {"c": 10, "a": 40, "b": 50, "d": 5}
    assert paid_because(results, "p", "c").endswith("first come by code: £50.00 cut to £10.00")
    assert paid_because(results, "p", "a") == ""


def test_together_at_most_in_proportion() -> None:
    body = """
  payment p to gps
    amount spend
    together at most £100 for the same grp, in proportion
"""
    rows = [practice(code, spend=50) for code in "cab"]
    results = decide(body, *rows)
    assert pay(results, "p") == {"c": Fraction("33.33"), "a": Fraction("33.34"), "b": Fraction("33.33")}


def test_together_at_most_needs_one_figure() -> None:
    body = """
  payment p to gps
    amount £10
    together at most budget for the same grp, in proportion
"""
    rows = [practice("a"), practice("b", budget=90), practice("c", grp="H"), practice("d", grp="I", budget=-1)]
    results = decide(body, *rows)
    assert pay(results, "p") == {"c": 10}
    words = "together at most budget for the same grp, in proportion: the limit "
    assert refused(results, "p") == {
        "a": words + "comes to £100.00 for practice a and £90.00 for practice b",
        "b": words + "comes to £100.00 for practice a and £90.00 for practice b",
        "d": words + "is -£1.00",
    }


@settings(deadline=None)
@given(st.lists(st.integers(min_value=0, max_value=9999), min_size=1, max_size=12), st.integers(min_value=0, max_value=40000))
def test_a_cap_over_several_rows_pays_all_of_it_or_all_that_was_due(pence: list[int], cap: int) -> None:
    for how in ("first come by code", "in proportion"):
        limit = f"£{cap // 100}.{cap % 100:02}"
        body = f"  payment p to gps\n    amount spend\n    together at most {limit} for the same grp, {how}\n"
        rows = [practice(f"{i:02}", spend=Fraction(amount, 100)) for i, amount in enumerate(pence)]
        paid = pay(decide(body, *rows), "p")
        assert sum(paid.values()) == min(Fraction(cap, 100), Fraction(sum(pence), 100))
        assert all(0 <= paid[f"{i:02}"] <= Fraction(amount, 100) for i, amount in enumerate(pence))


# --- splits and the whole scheme ---------------------------------------------------------------------------------------------


def test_a_split_gives_out_every_penny() -> None:
    body = """
  let saving = max(£0, budget - spend)
  split saving
    25% to practice as kept
    the rest to board as pooled spent on "physiotherapists"
"""
    results = decide(
        body, practice("odd", spend=Fraction("99.99")), practice("three", spend=Fraction("99.97")), practice("none", spend=200)
    )
    assert pay(results, "kept") == {"odd": 0, "three": Fraction("0.01"), "none": 0}
    assert pay(results, "pooled") == {"odd": Fraction("0.01"), "three": Fraction("0.02"), "none": 0}
    pooled = payment_of(results, "pooled", "odd")
    assert (pooled.kind, pooled.payee, pooled.spent_on) == ("split", "board", "physiotherapists")
    assert payment_of(results, "kept", "odd").payee == "odd"


@settings(deadline=None)
@given(st.integers(min_value=0, max_value=10**9))
def test_the_parts_of_a_split_add_up(pence: int) -> None:
    body = "  split spend\n    33% to practice as a\n    33% to gps as b\n    the rest to board as c\n"
    results = decide(body, practice(spend=Fraction(pence, 100)))
    assert sum(pay(results, name)["P"] for name in ("s.a", "s.b", "s.c")) == Fraction(pence, 100)


def test_altogether_cuts_the_later_payments_first() -> None:
    body = """
  payment first to gps
    amount £30
  charge off to board
    amount £500
  payment second to gps
    amount £20
  payment third to gps
    amount £20 when spend > £0
  altogether at most £40
"""
    results = decide(body, practice(), practice("Q", spend=0))
    assert [pay(results, name) for name in ("first", "second", "third", "off")] == [
        {"P": 30, "Q": 30}, {"P": 10, "Q": 10}, {"P": 0, "Q": 0}, {"P": -500, "Q": -500},
    ]  # fmt: skip
    assert paid_because(results, "second", "P") == "altogether at most £40: £20.00 cut to £10.00"
    assert paid_because(results, "third", "Q") == "amount £20 when spend > £0: spend > £0 is not so"


def test_altogether_in_proportion_and_with_a_limit_that_is_not_known() -> None:
    body = """
  payment first to gps
    amount £30
  payment second to gps
    amount £20
  altogether at most £20 * size / (size - 10,000), in proportion
"""
    results = decide(body, practice("few", size=20000), practice("nobody"), practice("some", size=-1))
    assert (pay(results, "first"), pay(results, "second")) == ({"few": 24, "some": 0}, {"few": 16, "some": 0})
    assert list(refused(results, "first")) == list(refused(results, "second")) == ["nobody"]


def test_carried_forward_and_brought_forward() -> None:
    body = """
  brought forward debt: money, £5 at the start
  let balance = budget - debt - spend
  payment kept to practice
    requires balance > £0
    amount 50% of balance
  carry forward max(£0, £0 - balance) / 3 as debt
"""
    rows = [practice("new"), practice("owing"), practice("over", spend=200)]
    results = decide(body, *rows, brought={"s.debt": {("owing",): Fraction(70)}})
    assert pay(results, "kept") == {"new": Fraction("27.5"), "owing": 0, "over": 0}
    carried = {c.key[0]: (c.scheme, c.name, c.value) for c in results.carried}
    assert carried == {"new": ("s", "debt", 0), "owing": ("s", "debt", Fraction("3.33")), "over": ("s", "debt", 35)}


def test_a_scheme_without_a_record_is_settled_once() -> None:
    body = "  payment p to gps\n    amount 10% of (total of spend over each practice)\n"
    results = decide(body, practice("a"), practice("b"), scheme="scheme s")
    assert [(p.record, p.key, p.amount) for p in results.payments] == [("ruleset", (), Fraction(8))]


def test_a_payee_who_is_not_known() -> None:
    head = HEAD + "  doctor: doctor\nrecord doctor\n  key id: text\n"
    body = "  payment p to doctor\n    amount spend\n"
    rows = [practice("a", doctor=("D",)), practice("b", doctor=("E",)), practice("c", doctor=("E",), spend=0)]
    results = decide(body, *rows, head=head, doctor=[{"id": "D"}])
    assert [(p.key[0], p.payee, p.amount) for p in results.payments] == [("a", "D", Fraction(40)), ("c", "", Fraction(0))]
    assert refused(results, "p") == {"b": "it is not known whom to pay: doctor has no row for id E"}
    assert count(results, "p") == (3, 2, 1, 0)
