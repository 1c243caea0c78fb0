"""Explanations: what they say of every kind of clause, their shape, and that nothing in them is markup."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import date
from fractions import Fraction
from html import unescape
from importlib.resources import files
from typing import Any

import jsonschema
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from requite.engine.decision import ClauseStep, Decision, Explanation, Read
from requite.engine.explain import NoSuchRowError, explain
from requite.engine.interpret import Interpreter
from requite.engine.render import escaped, to_json, to_markdown, to_text
from tests.engines.support import interpreter, program_of

PROGRAM = """
source agreement "The agreement of 2012"
payee gps "The GPs"
record practice "A practice"
  key code: text
  budget: money
  spend: money
  good: yes/no
  year_end: date
record spell "A claim"
  key id: text
  patient: text
  practice: practice
  hrg: text
  day: date
  billed: money
table tariff "Prices"
  cites agreement at "annex B"
  key hrg: text
  valid: period from "from" to "until"
  price: money optional
parameter rate: percent
  40% from 2010-04-01 cites agreement at "p. 3"
  50% from 2012-04-01 cites agreement at "p. 4"
parameter bonus: money £7 illustrative "nobody has said"
bands scale by share
  cites agreement
  illustrative "the steps are ours"
  below 50%: 10%
  50% and above: 20%
for each spell
  let price = tariff[hrg on day].price
  match an earlier spell as before with the same patient where day within 30 days before this.day latest by day, id
for each practice
  let turnover = total of billed over each spell
  let saved = max(£0, budget - spend)
  let share = saved / budget
  let part = scale[share]
  share saved among each spell with the same practice by billed as portion
scheme s "The scheme" for each practice
  cites agreement at "clause 1"
  marker thrifty "Spent less than the budget"
    cites agreement at "clause 2"
    met when spend < budget
  payment earned "Earned" to gps
    requires thrifty
    needs budget > £0
    amount part * saved / 3 + rate[on year_end] * £1
    except £1 when not good because "not good"
    except £2 when turnover > £1,000
    at most £30
    at least bonus
  charge over "Overspent" to gps
    requires spend > budget
    amount (spend - budget) / 7
  split saved
    30% to practice as kept
    the rest to gps as pooled
  altogether at most £80
check dear "Billed above the price" for each spell
  cites agreement at "clause 3"
  requires hrg is not "free"
  needs price is known
  expected price
  tolerance £1
  flag when billed > expected + tolerance
  flag undercharges too
  reason "billed {billed}"
  challenge gps answers within 5 working days, otherwise deemed upheld
    penalty 10% of overcharge when upheld
check again for each spell
  match an earlier spell as first with the same patient, hrg where day > 2012-01-01 earliest by day, id
  flag when first.billed = billed
for each practice
  show turnover
"""

DAY = date(2012, 5, 1)


def practice(code: str = "P", **more: Any) -> dict[str, Any]:
    return {"code": code, "budget": 100, "spend": 30, "good": True, "year_end": date(2013, 3, 31)} | more


def spell(key: str, **more: Any) -> dict[str, Any]:
    return {"id": key, "patient": "N", "practice": ("P",), "hrg": "A", "day": DAY, "billed": 20} | more


PRICES = [{"hrg": "A", "valid": (date(2012, 4, 1), date(2013, 3, 31)), "price": 10}]


def engine(practices: list[dict[str, Any]] | None = None, spells: list[dict[str, Any]] | None = None, **more: Any) -> Interpreter:
    return interpreter(PROGRAM, practice=practices or [practice()], spell=spells or [spell("S")], **{"tariff": PRICES} | more)


def decision(explanation: Explanation, rule: str) -> Decision:
    return next(d for d in explanation.decisions if d.rule.endswith(rule))


def clause(found: Decision, kind: str, text: str = "") -> ClauseStep:
    return next(c for c in found.clauses if c.kind == kind and text in c.text)


def all_reads(reads: tuple[Read, ...]) -> Iterator[Read]:
    for read in reads:
        yield read
        yield from all_reads(read.reads)


def read(step: ClauseStep, name: str) -> Read:
    return next(r for r in all_reads(step.reads) if r.name == name)


# --- payments ---------------------------------------------------------------------------------------------------------------


def test_a_payment_unfolds_into_its_clauses() -> None:
    found = decision(explain(engine(), "practice", ("P",)), "earned")
    assert (found.kind, found.status, found.amount, found.title) == ("payment", "assessed", "£7.00", "Earned")
    assert found.cites == ("The agreement of 2012, clause 1",)
    assert found.place.file == "test.requite"
    effects = [(c.kind, c.value, c.effect, c.note) for c in found.clauses]
    assert effects == [
        ("requires", "yes", "holds", ""),
        ("needs", "yes", "holds", ""),
        ("amount", "£5.166666…", "value", ""),
        ("except", "", "did not apply", "not good is not so"),
        ("except", "", "did not apply", "turnover > £1,000 is not so"),
        ("at most", "£30.00", "did not apply", ""),
        ("at least", "£7.00", "capped", "£5.166666… becomes £7.00"),
        ("altogether at most", "£80.00", "did not apply", ""),
    ]


def test_a_value_unfolds_into_what_made_it() -> None:
    found = decision(explain(engine(), "practice", ("P",)), "earned")
    thrifty = read(clause(found, "requires"), "thrifty")
    assert (thrifty.value, thrifty.origin, thrifty.cites) == ("yes", "marker", ("The agreement of 2012, clause 2",))
    assert [(r.name, r.value, r.origin, r.from_row) for r in thrifty.reads] == [
        ("spend", "£30.00", "field", "practice.csv line 2"),
        ("budget", "£100.00", "field", "practice.csv line 2"),
    ]
    amount = clause(found, "amount")
    part = read(amount, "part")
    assert (part.value, part.origin) == ("20%", "let")
    band = part.reads[0]
    assert (band.name, band.value, band.origin) == ("scale[share]", "20%", "bands")
    assert band.note == "50% and above: 20%; illustrative: the steps are ours"
    assert band.cites == ("The agreement of 2012",)
    assert [r.name for r in all_reads(band.reads)] == ["share", "saved", "budget", "spend", "budget"]
    rate = read(amount, "rate")
    assert (rate.value, rate.origin, rate.note, rate.cites) == (
        "50%",
        "parameter",
        "from 2012-04-01",
        ("The agreement of 2012, p. 4",),
    )
    assert [r.name for r in rate.reads] == ["year_end"]
    saved = [r for r in all_reads(amount.reads) if r.name == "saved"]
    assert [(r.note, bool(r.reads)) for r in saved] == [("max(£0, budget - spend)", True), ("unfolded above", False)]
    bonus = read(clause(found, "at least"), "bonus")
    assert bonus.note == "illustrative: nobody has said"


def test_a_gate_that_refuses_leaves_the_rest_unreached() -> None:
    found = decision(explain(engine([practice(spend=100)]), "practice", ("P",)), "earned")
    assert (found.amount, found.reason) == ("£0.00", "requires thrifty")
    assert [c.effect for c in found.clauses] == ["refused"] + ["not reached"] * 7


def test_an_exception_that_applies_replaces_the_amount() -> None:
    found = decision(explain(engine([practice(good=False)]), "practice", ("P",)), "earned")
    amount, applied = clause(found, "amount"), clause(found, "except", "not good")
    assert (amount.effect, amount.note) == ("excepted", 'replaced by except £1 when not good because "not good"')
    assert (applied.effect, applied.value, applied.note) == ("applied", "£1.00", "not good")
    assert read(applied, "good").value == "no"


def test_two_exceptions_are_both_named() -> None:
    rows = [spell("S", billed=2000)]
    found = decision(explain(engine([practice(good=False)], rows), "practice", ("P",)), "earned")
    assert found.status == "not assessable"
    assert found.reason.startswith("2 exceptions apply at once")
    both = [c for c in found.clauses if c.kind == "except"]
    assert [(c.effect, c.note) for c in both] == [("not assessable", "another exception applies too")] * 2
    assert clause(found, "at most").effect == "not reached"


def test_a_missing_value_says_why_where_it_is() -> None:
    found = decision(explain(engine([practice(budget=0, spend=-1)]), "practice", ("P",)), "earned")
    assert (found.status, clause(found, "needs").effect) == ("not assessable", "not assessable")
    assert clause(found, "amount").effect == "not reached"


def test_a_charge_is_negative_and_shows_its_rounding() -> None:
    found = decision(explain(engine([practice(spend=110)]), "practice", ("P",)), "over")
    assert (found.kind, found.amount) == ("charge", "-£1.43")
    rounding = clause(found, "rounding")
    assert (rounding.effect, rounding.note) == ("rounded", "£1.428571… rounded half away to £0.01")
    assert [c.kind for c in found.clauses] == ["requires", "amount", "rounding"]


def test_a_rounding_past_a_cap_or_floor_says_that_it_came_last() -> None:
    text = """
    record practice
      key code: text
      due: money
    scheme s for each practice
      payment fee to practice
        amount due
        at most £99.50
        at least £10.50
        at most £200
    """

    def rounding(direction: str, due: str) -> tuple[str, str]:
        whole_pounds = interpreter(program_of(text, f"rounding {direction} to £1"), practice=[{"code": "P", "due": Fraction(due)}])
        found = clause(decision(explain(whole_pounds, "practice", ("P",)), "fee"), "rounding")
        return found.value, found.note

    last = "came before the rounding"
    assert rounding("up", "120") == ("£100.00", f"£99.50 rounded up to £1.00; at most £99.50 {last}")
    assert rounding("half even", "99.5") == ("£100.00", f"£99.50 rounded half even to £1.00; at most £99.50 {last}")
    assert rounding("up", "98.25") == ("£99.00", "£98.25 rounded up to £1.00")
    assert rounding("down", "3") == ("£10.00", f"£10.50 rounded down to £1.00; at least £10.50 {last}")


def test_a_part_of_a_split_which_no_cap_over_the_scheme_cuts() -> None:
    found = decision(explain(engine([practice(budget=200)]), "practice", ("P",)), "pooled")
    part = clause(found, "split")
    assert (part.value, part.note) == ("£119.00", "the rest (70%) of £170.00")
    assert "altogether at most" not in [c.kind for c in found.clauses]
    assert found.amount == "£119.00"


def test_the_odd_penny_of_a_split_can_be_followed_and_what_is_rounded_is_the_whole() -> None:
    text = """
    payee pool "The pool"
    record practice
      key code: text
      saved: money
    scheme s for each practice
      split saved / 3
        33% to practice as mine
        17.5% to practice as theirs
        the rest to pool as pooled
    """
    explained = explain(interpreter(text, practice=[{"code": "P", "saved": Fraction("7278.74")}]), "practice", ("P",))
    up = "brought up to the penny: its remainder is one of the largest"
    for name, amount, note in [
        ("mine", "£800.66", "33% of £2,426.25 is £800.6625, brought down to the penny"),
        ("theirs", "£424.60", f"17.5% of £2,426.25 is £424.59375, {up}"),
        ("pooled", "£1,200.99", "the rest (49.5%) of £2,426.25 is £1,200.99375, brought down to the penny"),
    ]:
        found = decision(explained, name)
        assert (clause(found, "split").value, clause(found, "split").note, found.amount) == (amount, note, amount)
        assert (clause(found, "rounding").text, clause(found, "rounding").value) == ("saved / 3", "£2,426.25")


def test_caps_over_several_come_after_the_rounding_and_say_what_they_cut() -> None:
    text = """
    record item
      key id: text
      group: text
      due: money
    scheme s for each item
      payment fee to id
        together at most £20, in proportion
        amount due / 3
        only the first 2 for the same group by id
      payment other to id
        amount £15
      altogether at most £20, in proportion
    """
    items = [{"id": key, "group": "G", "due": Fraction(due)} for key, due in [("A", "40"), ("B", "50"), ("C", "60")]]
    run = interpreter(text, item=items)

    def clauses(key: str) -> list[tuple[str, str]]:
        return [(c.kind, c.note) for c in decision(explain(run, "item", (key,)), "fee").clauses]

    up = "its part of £20.00 is £8.886666…, brought up to the penny: its remainder is one of the largest"
    down = "its part of £20.00 is £7.442444…, brought down to the penny"
    assert clauses("A") == [
        ("amount", ""),
        ("rounding", "£13.333333… rounded half away to £0.01"),
        ("only the first", ""),
        ("together at most", f"£13.33 becomes £8.89, as 2 amounts come to £30.00 together; {up}"),
        ("altogether at most", f"£8.89 becomes £7.44, as 2 amounts come to £23.89 together; {down}"),
    ]
    assert clauses("C")[:2] == [("amount", ""), ("only the first", "£20.00 becomes £0.00, as this is number 3")]


@pytest.mark.parametrize(("paid", "value", "effect", "listed"), [("9", "yes", "holds", "no"), ("3", "no", "refused", "found")])
def test_there_is_no_row_is_told_by_what_it_says(paid: str, value: str, effect: str, listed: str) -> None:
    text = """
    record practice
      key code: text
    record visit
      key id: text
      practice: practice
      paid: money
    scheme s for each practice
      payment fee to practice
        requires there is no visit where paid < £5
        amount £1
      payment other to practice
        requires not (there is no visit where paid < £5)
        amount £1
    """
    visits = [{"id": "V", "practice": ("P",), "paid": Fraction(paid)}]
    explained = explain(interpreter(text, practice=[{"code": "P"}], visit=visits), "practice", ("P",))
    step = clause(decision(explained, "fee"), "requires")
    (read,) = step.reads
    assert (step.value, step.effect) == (value, effect)
    assert (read.name, read.value, read.reads[0].value) == ("there is no visit where paid < £5", value, listed)
    (denied,) = clause(decision(explained, "other"), "requires").reads
    assert (denied.name, denied.value) == (read.name, value)


def test_the_two_totals_of_a_weighted_average_are_told_as_totals() -> None:
    text = """
    record practice
      key code: text
    record result
      key id: text
      practice: practice
      mark: percent
      weight: number
    for each practice
      let score = average of mark weighted by weight over each result
      show score
    """
    marks = [Fraction(3, 4), Fraction(1, 2)]
    results = [{"id": str(n), "practice": ("P",), "mark": mark, "weight": 40} for n, mark in enumerate(marks)]
    explained = explain(interpreter(text, practice=[{"code": "P"}], result=results), "practice", ("P",))
    (score,) = decision(explained, "score").clauses[0].reads
    assert (score.value, [(read.name, read.value) for read in score.reads]) == (
        "62.5%",
        [("total of mark weighted by weight over each result", "50"), ("total of weight over each result", "80")],
    )


CAPPED = """
record item
  key id: text
  group: text
  due: money
  pot: money
scheme s for each item
  payment fee to id
    amount due
    together at most HOW
"""


TOGETHER = "as 4 amounts come to £150.00 together"
HELD = f"{TOGETHER}; £98.00 is £95.00 in whole steps of £5.00"


@pytest.mark.parametrize(
    ("how", "pot", "notes"),
    [
        (
            "pot for the same group, first come by id",
            "98",
            {
                "A": "",
                "B": "",
                "C": f"£50.00 becomes £5.00, {HELD}; those before it have £90.00 of £95.00",
                "D": f"£10.00 becomes £0.00, {HELD}; those before it have £95.00 of £95.00",
            },
        ),
        (
            "pot for the same group, in proportion",
            "98",
            {
                "A": f"£40.00 becomes £25.00, {HELD}; its part of £95.00 is £25.333333…, brought down to whole steps of £5.00",
                "B": f"£50.00 becomes £35.00, {HELD}; its part of £95.00 is £31.666666…, "
                "brought up to whole steps of £5.00: its remainder is one of the largest",
                "D": f"£10.00 becomes £5.00, {HELD}; its part of £95.00 is £6.333333…, brought down to whole steps of £5.00",
            },
        ),
        ("pot for the same group, in proportion", "75", {"A": f"£40.00 becomes £20.00, {TOGETHER}"}),
        (
            "pot for the same id, in proportion",
            "32.50",
            {"A": "£40.00 becomes £30.00, as £32.50 is £30.00 in whole steps of £5.00"},
        ),
    ],
    ids=["first come", "in proportion", "a multiple", "alone"],
)
def test_a_cap_over_several_rows_that_is_held_to_whole_steps_says_so(how: str, pot: str, notes: dict[str, str]) -> None:
    due = {"A": "43", "B": "50", "C": "51.99", "D": "10"}
    items = [{"id": key, "group": "G", "due": Fraction(money), "pot": Fraction(pot)} for key, money in due.items()]
    run = interpreter(program_of(CAPPED.replace("HOW", how), "rounding down to £5"), item=items)
    found = {key: decision(explain(run, "item", (key,)), "fee") for key in notes}
    assert {key: clause(one, "together at most").note for key, one in found.items()} == notes


def test_a_cap_that_is_no_whole_penny_says_what_it_is_held_to() -> None:
    text = CAPPED.replace("HOW", "pot / 3, first come by id")
    run = interpreter(text, item=[{"id": "A", "group": "G", "due": Fraction(60), "pot": Fraction(100)}])
    found = decision(explain(run, "item", ("A",)), "fee")
    assert clause(found, "together at most").note == "£60.00 becomes £33.33, as £33.333333… is £33.33 in whole pennies"


def test_a_figure_brought_forward_says_whether_the_run_before_left_it() -> None:
    text = """
    record practice
      key code: text
      spend: money
    scheme s for each practice
      brought forward debt: money, £0 at the start
      payment kept to practice
        amount max(£0, £100 - debt - spend)
      carry forward £0 as debt
    """
    rows = [{"code": "P", "spend": 1}, {"code": "Q", "spend": 1}]
    column = next(name for name in program_of(text).columns if name.endswith("debt"))
    run = interpreter(text, brought={column: {("P",): Fraction(0)}}, practice=rows)

    def debt(key: str) -> tuple[str, str]:
        found = read(clause(decision(explain(run, "practice", (key,)), "kept"), "amount"), "debt")
        return found.value, found.note

    assert debt("P") == ("£0.00", "brought forward")
    assert debt("Q") == ("£0.00", "at the start")


def test_what_is_rounded_in_a_check_and_what_is_carried_say_what_they_were_before() -> None:
    text = """
    record claim
      key id: text
      by: text
      billed: money
    scheme s for each claim
      brought forward debt: money, £0 at the start
      payment p to by
        amount debt
      carry forward billed / 7 as debt
    check dear for each claim
      expected billed / 3
      flag when billed > expected
      challenge by answers within 5 days, otherwise deemed upheld
        penalty 7.5% of overcharge
    """
    explained = explain(interpreter(text, claim=[{"id": "C", "by": "H", "billed": 100}]), "claim", ("C",))
    dear, debt = decision(explained, "dear"), decision(explained, "debt")
    by_kind = {c.kind: (c.value, c.note) for c in dear.clauses}
    assert by_kind["expected"] == ("£33.33", "£33.333333… rounded half away to £0.01")
    assert by_kind["overcharge"] == ("£66.67", "")
    assert by_kind["penalty"] == ("£5.00", "£5.00025 rounded half away to £0.01")
    assert [(c.value, c.note) for c in debt.clauses] == [("£14.29", "£14.285714… rounded half away to £0.01")]


# --- totals, shares, matches ------------------------------------------------------------------------------------------------


def test_a_total_lists_what_went_into_it_up_to_twenty() -> None:
    spells = [spell(f"S{i:02}", billed=i) for i in range(23)]
    found = decision(explain(engine(None, spells), "practice", ("P",)), "turnover")
    assert (found.kind, found.status, found.amount) == ("figure", "assessed", "£253.00")
    whole = read(found.clauses[0], "total of billed over each spell")
    assert (whole.origin, whole.note, whole.value) == ("total", "over 23 rows of spell", "£253.00")
    assert [(r.name, r.value, r.from_row) for r in whole.reads[:2]] == [
        ("spell S00", "£0.00", "spell.csv line 2"),
        ("spell S01", "£1.00", "spell.csv line 3"),
    ]
    assert len(whole.reads) == 21
    assert whole.reads[-1].name == "and 3 more"


def test_a_check_that_flags() -> None:
    found = decision(explain(engine(), "spell", ("S",)), "dear")
    assert (found.status, found.amount, found.reason) == ("assessed", "£10.00", "billed £20.00")
    assert [(c.kind, c.value, c.effect) for c in found.clauses] == [
        ("requires", "yes", "holds"),
        ("needs", "yes", "holds"),
        ("expected", "£10.00", "value"),
        ("tolerance", "£1.00", "value"),
        ("flag when", "yes", "applied"),
        ("undercharges", "no", "did not apply"),
        ("overcharge", "£10.00", "value"),
        ("penalty", "£1.00", "value"),
        ("challenge", "gps", "applied"),
    ]
    price = read(clause(found, "needs"), "tariff[hrg on day].price")
    assert (price.value, price.origin, price.from_row) == ("£10.00", "table", "tariff.csv line 2")
    assert price.cites == ("The agreement of 2012, annex B",)
    assert [(r.name, r.value) for r in price.reads] == [("hrg", "A"), ("day", "2012-05-01")]


def test_a_check_that_cannot_be_assessed_and_one_out_of_scope() -> None:
    rows = [spell("none", hrg="B"), spell("free", hrg="free"), spell("fine", billed=10), spell("low", billed=8)]
    run = engine(None, rows)
    none = decision(explain(run, "spell", ("none",)), "dear")
    assert (none.status, clause(none, "needs").effect) == ("not assessable", "not assessable")
    assert clause(none, "needs").note == "tariff has no row for hrg B"
    missing = read(clause(none, "needs"), "tariff[hrg on day].price")
    assert (missing.value, missing.missing) == ("not known", "tariff has no row for hrg B")
    free = decision(explain(run, "spell", ("free",)), "dear")
    assert (free.status, clause(free, "requires").effect) == ("out of scope", "out of scope")
    fine = decision(explain(run, "spell", ("fine",)), "dear")
    assert (fine.reason, clause(fine, "flag when").effect) == ("nothing is flagged", "did not apply")
    assert clause(fine, "challenge").effect == "not reached"
    low = decision(explain(run, "spell", ("low",)), "dear")
    under = clause(low, "undercharges")
    assert (low.amount, under.effect, under.note) == ("-£2.00", "applied", "billed £8.00, and too little is below £9.00")
    challenge = clause(low, "challenge")
    assert (challenge.effect, challenge.note) == ("did not apply", "nothing is claimed back, so it is not challenged")


def test_a_match_says_which_row_it_took_and_of_how_many() -> None:
    rows = [
        spell("A"),
        spell("B", day=date(2012, 5, 2)),
        spell("C", day=date(2012, 5, 3)),
        spell("Z", patient="M", day=date(2011, 1, 1)),
    ]
    run = engine(None, rows)
    found = decision(explain(run, "spell", ("C",)), "again")
    first = read(clause(found, "match"), "first")
    assert (first.value, first.origin, first.from_row) == ("A", "match", "spell.csv line 2")
    assert first.note == "the earliest of 2 rows of spell that match"
    assert {"patient", "hrg", "day"} <= {r.name for r in first.reads}
    alone = decision(explain(run, "spell", ("Z",)), "again")
    assert (alone.status, clause(alone, "match").note) == ("out of scope", "no spell matches as first")


def test_candidates_that_did_not_match_are_listed_with_what_their_condition_came_to() -> None:
    rows = [spell("A", day=date(2011, 5, 2)), spell("B", day=date(2012, 5, 3))]
    found = decision(explain(engine(None, rows), "spell", ("B",)), "again")
    candidate = read(clause(found, "match"), "spell A")
    assert (candidate.value, candidate.note, candidate.from_row) == ("no", "day > 2012-01-01", "spell.csv line 2")
    assert [(r.name, r.value) for r in candidate.reads] == [("day", "2011-05-02")]


def test_a_part_of_a_share_unfolds_into_what_its_owner_gave() -> None:
    text = PROGRAM + "scheme pool for each practice\n  share £9 among each spell by billed as pooled_part\n"
    run = interpreter(text, practice=[practice()], spell=[spell("S", billed=1), spell("T", billed=2)], tariff=PRICES)
    found = decision(explain(run, "spell", ("T",)), "pooled_part")
    assert (found.kind, found.status, found.amount) == ("share", "assessed", "£6.00")
    given_out = found.clauses[0].reads[0]
    assert (given_out.value, given_out.note, given_out.from_row) == ("£9.00", "shared out by practice P", "practice.csv line 2")
    assert [(r.name, r.value, r.note) for r in given_out.reads] == [("billed", "£2.00", "its weight, of £3.00 together")]


def test_the_odd_penny_of_a_share_can_be_followed_owner_by_owner() -> None:
    text = """
    record practice
      key code: text
      size: count
    record pot
      key id: text
      least: count
      amount: money
    scheme pots for each pot
      share amount among every practice where size >= this.least as part
    scheme fund
      share £1 among every practice by size as bit
    """
    pots = [{"id": "A", "least": 0, "amount": 100}, {"id": "B", "least": 5, "amount": Fraction("30.01")}]
    run = interpreter(text, practice=[{"code": code, "size": size} for code, size in [("P", 1), ("Q", 9), ("R", 7)]], pot=pots)
    found = decision(explain(run, "practice", ("Q",)), "part")
    up = "brought up to the penny: its remainder is one of the largest"
    assert [(c.value, c.note) for c in found.clauses] == [
        ("£33.33", "shared out by pot A, equally among 3: its part is £33.333333…, brought down to the penny"),
        ("£15.01", f"shared out by pot B, equally among 2: its part is £15.005, {up}"),
    ]
    assert found.amount == "£48.34"
    bit = decision(explain(run, "practice", ("P",)), "bit").clauses[0]
    assert (bit.value, bit.note) == ("£0.06", f"shared out by the whole ruleset: its part is £0.058823…, {up}")
    assert (bit.reads[0].from_row, bit.reads[0].reads[0].note) == ("", "its weight, of 17 together")


def test_the_odd_penny_of_a_share_that_a_rule_reads_can_be_followed_too() -> None:
    text = """
    record practice
      key code: text
      size: count
    record pool
      key name: text
      lost: money
    for each pool
      share lost among every practice by size as levy
    scheme s for each practice
      charge contribution to practice
        amount levy
    """
    practices = [{"code": code, "size": size} for code, size in [("P", 10), ("Q", 8), ("R", 6)]]
    run = interpreter(text, practice=practices, pool=[{"name": "North", "lost": 25_000}])
    up = "brought up to the penny: its remainder is one of the largest"
    for key, value, note in [
        ("P", "£10,416.67", f": its part is £10,416.666666…, {up}"),
        ("Q", "£8,333.33", ": its part is £8,333.333333…, brought down to the penny"),
        ("R", "£6,250.00", ""),
    ]:
        (levy,) = clause(decision(explain(run, "practice", (key,)), "contribution"), "amount").reads
        assert (levy.name, levy.value) == ("levy", value)
        assert [(read.name, read.note) for read in levy.reads] == [("lost", f"shared out by pool North{note}")]


def test_nobody_by_that_key() -> None:
    with pytest.raises(NoSuchRowError, match="there is no spell X"):
        explain(engine(), "spell", ("X",))


# --- shape ------------------------------------------------------------------------------------------------------------------

SCHEMA = json.loads(files("requite.engine").joinpath("explanation.schema.json").read_text(encoding="utf-8"))


def situations() -> Iterator[Explanation]:
    rows = [
        spell("S"),
        spell("free", hrg="free"),
        spell("none", hrg="B"),
        spell("again", day=date(2012, 5, 9)),
        spell("low", billed=2),
    ]
    practices = [
        practice(),
        practice("bad", good=False),
        practice("over", spend=500),
        practice("nothing", budget=0, spend=-1),
        practice("rich", budget=2000),
    ]
    run = engine(practices, rows)
    for record in ("practice", "spell"):
        for row in run.rows(record):
            yield explain(run, record, tuple(str(part) for part in row.key))


def test_explanations_have_the_shape_of_the_schema() -> None:
    jsonschema.Draft202012Validator.check_schema(SCHEMA)
    validator = jsonschema.Draft202012Validator(SCHEMA)
    found = list(situations())
    assert len(found) == 10
    for explanation in found:
        data = json.loads(json.dumps(to_json(explanation)))
        validator.validate(data)
        assert data == to_json(explanation)


def test_the_schema_leaves_nothing_out() -> None:
    validator = jsonschema.Draft202012Validator(SCHEMA)
    data = to_json(next(situations()))
    for spoiled in (
        data | {"version": 2},
        data | {"more": 1},
        {name: value for name, value in data.items() if name != "figures"},
        data | {"decisions": [data["decisions"][0] | {"status": "paid"}]},
    ):
        assert not validator.is_valid(spoiled)


def test_text_has_every_clause_and_its_place() -> None:
    for explanation in situations():
        text = to_text(explanation)
        for found in explanation.decisions:
            assert f"{found.kind} {found.rule}: {found.status}" in text
            for step in found.clauses:
                assert f"  - {step.text}" in text
                assert f"[{step.place.file}:{step.place.line}]" in text


# --- Markdown ---------------------------------------------------------------------------------------------------------------


def inline_types(text: str) -> set[str]:
    tokens = MarkdownIt("commonmark", {"html": True, "linkify": False}).enable(["table", "strikethrough"]).parse(text)
    return {child.type for token in tokens for child in token.children or []} | {token.type for token in tokens}


@settings(deadline=None)
@given(st.text(min_size=1, max_size=40))
def test_escaped_text_is_only_text(data: str) -> None:
    assert inline_types(f"- {escaped(data)}") <= {"text", "bullet_list_open", "list_item_open", "paragraph_open", "inline",
        "paragraph_close", "list_item_close", "bullet_list_close", "text_special"}  # fmt: skip


@pytest.mark.parametrize(
    "data", ["<script>alert(1)</script>", "[x](javascript:alert(1))", "a | b\n---|---", "# no\n- no", "&lt;b&gt;"]
)
def test_data_never_becomes_markup(data: str) -> None:
    run = engine([practice(data)], [spell(data, practice=(data,), hrg=data)])
    for record in ("practice", "spell"):
        text = to_markdown(explain(run, record, (data,)))
        assert not inline_types(text) & {"html_block", "html_inline", "link_open", "table_open", "image", "code_inline", "hr"}
        assert " ".join(data.split()) in unescape(MarkdownIt().render(text))


def test_a_reference_to_nobody_is_shown_by_its_key() -> None:
    text = "record practice\n  key code: text\n  budget: money\nrecord claim\n  key id: text\n  practice: practice\n"
    text += "for each claim\n  let who = practice\n  let budget = who.budget\n  show budget\n"
    (figure,) = explain(interpreter(text, claim=[{"id": "C", "practice": ("P9",)}]), "claim", ("C",)).decisions
    told = {read.name: (read.value, read.missing) for read in all_reads(figure.clauses[0].reads)}
    nobody = "practice has no row for code P9"
    assert told == {
        "budget": ("not known", nobody),
        "who.budget": ("not known", nobody),
        "who": ("P9", nobody),
        "practice": ("P9", nobody),
    }
