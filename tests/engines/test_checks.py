"""Checks: the order of clauses, findings, undercharges, challenges, and that every row is counted once."""

from __future__ import annotations

from datetime import date
from fractions import Fraction
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from requite.engine.decision import Results
from tests.engines.support import count, flagged, interpreter, refused

HEAD = """
source s "S"
record spell
  key id: text
  provider: text
  patient: text
  price: money optional
  setting: one of day_case, elective
  day: date
  billed: money optional
table tariff
  key setting: one of day_case, elective
  day_case: money optional
"""


def spell(key: str = "S", **more: Any) -> dict[str, Any]:
    values = {"id": key, "provider": "R", "patient": "N", "price": 50, "setting": "day_case", "day": date(2012, 5, 1), "billed": 80}
    return values | more


def decide(text: str, *rows: dict[str, Any], **more: Any) -> Results:
    return interpreter(HEAD + text, spell=rows or (spell(),), **more).decide()


PRICED = """
check dear for each spell
  period 2012-04-01 to 2013-03-31 by day
  requires setting is day_case
  needs price is known
  needs billed is known
  expected price / 3
  tolerance £10
  flag when billed > expected + tolerance
  flag undercharges too
"""


def test_every_row_is_assessed_not_assessable_or_out_of_scope() -> None:
    rows = [
        spell("flagged"),
        spell("passed", billed=20),
        spell("early", day=date(2012, 3, 31)),
        spell("elective", setting="elective", price=None),
        spell("unpriced", price=None),
        spell("unbilled", billed=None),
    ]
    results = decide(PRICED, *rows)
    assert count(results, "dear") == (6, 2, 2, 2)
    assert list(flagged(results, "dear")) == ["flagged"]
    assert refused(results, "dear") == {
        "unpriced": "needs price is known: price is blank in spell.csv line 6",
        "unbilled": "needs billed is known: billed is blank in spell.csv line 7",
    }


def test_a_finding_has_its_figures_rounded_once() -> None:
    found = flagged(decide(PRICED), "dear")["S"]
    assert (found.billed, found.expected, found.overcharge) == (Fraction(80), Fraction("16.67"), Fraction("63.33"))
    assert (found.record, found.key, found.penalty, found.respondent, found.challenged) == ("spell", ("S",), None, "", False)
    assert found.reason == "billed > expected + tolerance"


def test_an_undercharge_is_below_expected_less_the_tolerance() -> None:
    results = decide(PRICED, spell("edge", price=90, billed=20), spell("below", price=90, billed=Fraction("19.99")))
    found = flagged(results, "dear")
    assert list(found) == ["below"]
    assert (found["below"].overcharge, found["below"].reason) == (Fraction("-10.01"), "flag undercharges too")


def test_reasons_put_values_into_words_and_never_decide() -> None:
    text = """
check c for each spell
  needs billed is known
  flag when billed > £10
  reason "{id} of {day}: {billed} against {price}, {setting}, {stay}, {rate}, {late}"
for each spell
  let stay = 3 days
  let rate = 12.5%
  let late = day > 2012-01-01
"""
    results = decide(text, spell(price=None))
    assert flagged(results, "c")["S"].reason == "S of 2012-05-01: £80.00 against not known, day_case, 3 days, 12.5%, yes"


def test_a_match_that_finds_nothing_is_out_of_scope_unless_the_rule_asks() -> None:
    text = """
check again for each spell
  match an earlier spell as first with the same patient earliest by day, id
  flag when first.provider = provider
  reason "as {first.id}"
check alone for each spell
  match an earlier spell as first with the same patient earliest by day, id
  flag when first is missing
"""
    results = decide(text, spell("a"), spell("b"), spell("c", provider="Q"))
    assert {key: finding.reason for key, finding in flagged(results, "again").items()} == {"b": "as a"}
    assert count(results, "again") == (3, 2, 0, 1)
    assert list(flagged(results, "alone")) == ["a"]
    assert count(results, "alone") == (3, 3, 0, 0)


def test_a_row_of_which_the_flag_cannot_be_told_is_not_assessable() -> None:
    text = """
check c for each spell
  flag when tariff[setting].day_case else £1 / (1 - 1) < £5
"""
    results = interpreter(HEAD + text, spell=[spell()], tariff=[]).decide()
    assert refused(results, "c") == {"S": "1 - 1 is 0, so £1 / (1 - 1) has no value"}
    assert count(results, "c") == (1, 0, 1, 0)


# --- challenges -------------------------------------------------------------------------------------------------------------

CHALLENGED = """
check first for each spell
  needs billed is known
  expected £10
  flag when billed > expected
  challenge provider answers within 10 working days, otherwise deemed upheld
    penalty 1/3 of overcharge when upheld
check second for each spell
  needs price is known
  needs billed is known
  expected price
  flag when billed > expected
check third for each spell
  flag when setting is elective
"""

ONCE = "challenge each spell once for the largest overcharge\n  ties in the order second, first\n"


def challenged(results: Results) -> dict[tuple[str, str], tuple[bool, str]]:
    return {(f.check, f.key[0]): (f.challenged, f.challenged_as) for f in results.findings}


def test_without_precedence_each_check_that_says_so_challenges() -> None:
    results = decide(CHALLENGED, spell(setting="elective"))
    assert challenged(results) == {("first", "S"): (True, ""), ("second", "S"): (False, ""), ("third", "S"): (False, "")}
    found = flagged(results, "first")["S"]
    assert (found.overcharge, found.penalty, found.respondent) == (Fraction(70), Fraction("23.33"), "R")


def test_each_row_is_challenged_once_for_the_largest_overcharge() -> None:
    rows = [
        spell("first", setting="elective"),
        spell("tie", price=10),
        spell("second", price=5),
        spell("third", price=None, billed=None, setting="elective"),
        spell("none", billed=5),
    ]
    results = decide(CHALLENGED + ONCE, *rows)
    assert challenged(results) == {
        ("first", "first"): (True, ""),
        ("second", "first"): (False, "first"),
        ("third", "first"): (False, "first"),
        ("first", "tie"): (False, "second"),
        ("second", "tie"): (True, ""),
        ("first", "second"): (False, "second"),
        ("second", "second"): (True, ""),
        ("third", "third"): (True, ""),
    }


def test_only_a_finding_that_may_be_challenged_is() -> None:
    where = ONCE.replace("\n", '\n  where day >= 2012-05-01 and (check_name is not "second" or setting is elective)\n', 1)
    rows = [
        spell("early", day=date(2012, 4, 30)),
        spell("larger one barred", price=5),
        spell("both", price=5, setting="elective"),
        spell("not known", day=None),
    ]
    results = decide(CHALLENGED + where, *rows)
    assert challenged(results) == {
        ("first", "early"): (False, ""),
        ("second", "early"): (False, ""),
        ("first", "larger one barred"): (True, ""),
        ("second", "larger one barred"): (False, ""),
        ("first", "both"): (False, "second"),
        ("second", "both"): (True, ""),
        ("third", "both"): (False, "second"),
        ("first", "not known"): (False, ""),
        ("second", "not known"): (False, ""),
    }
    assert flagged(results, "first")["early"].penalty == Fraction("23.33"), "what would be due is said all the same"


ROWS = st.lists(
    st.tuples(st.one_of(st.none(), st.integers(0, 100)), st.one_of(st.none(), st.integers(0, 100)), st.booleans()), max_size=15
)


@settings(deadline=None)
@given(ROWS)
def test_rows_are_counted_once_and_challenged_at_most_once(given_rows: list[tuple[int | None, int | None, bool]]) -> None:
    rows = [
        spell(str(i), price=price, billed=billed, setting="elective" if elective else "day_case")
        for i, (price, billed, elective) in enumerate(given_rows)
    ]
    results = interpreter(HEAD + CHALLENGED + ONCE, spell=rows).decide(outcomes=True)
    for name in ("first", "second", "third"):
        read, assessed, not_assessable, out_of_scope = count(results, name)
        assert read == len(rows) == assessed + not_assessable + out_of_scope
        assert not_assessable == len(refused(results, name))
        outcomes = [outcome for outcome in results.outcomes if outcome.rule == name]
        assert [outcome.key for outcome in outcomes] == [(str(i),) for i in range(len(rows))]
        assert [o.finding for o in outcomes if o.finding] == [f for f in results.findings if f.check == name]
    by_row: dict[str, list[bool]] = {}
    for finding in results.findings:
        by_row.setdefault(finding.key[0], []).append(finding.challenged)
    assert all(sum(found) == 1 for found in by_row.values())


def test_progress_tells_of_every_rule() -> None:
    told: list[tuple[str, int, int]] = []
    interpreter(HEAD + CHALLENGED, spell=[spell()]).decide(lambda *args: told.append(args))
    assert told == [("first", 0, 3), ("second", 1, 3), ("third", 2, 3)]


def test_a_shown_figure_that_is_missing_says_why_and_decides_nothing() -> None:
    text = "for each spell\n  let double = price + price\n  show double, provider\n"
    results = decide(text, spell("a"), spell("b", price=None))
    assert [(f.name, f.key[0], f.value, f.type, f.reason) for f in results.figures] == [
        ("double", "a", Fraction(100), "money", ""),
        ("double", "b", None, "money", "price is blank in spell.csv line 3"),
        ("provider", "a", "R", "text", ""),
        ("provider", "b", "R", "text", ""),
    ]
    assert results.not_assessable == ()
