"""Shares: among whom, by what weight, and who hears of it when nothing can be shared."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from requite.engine.decision import Results
from requite.engine.interpreting.values import Missing
from tests.engines.support import count, interpreter, pay, reason, refused, value

HEAD = """
source s "S"
record area
  key id: text
  pot: money
  open: yes/no
record practice
  key code: text
  area: text
  size: number
  need: number optional
"""


def practice(code: str, area: str = "A", size: Any = 1, need: Any = 1) -> dict[str, Any]:
    return {"code": code, "area": area, "size": size, "need": need}


def area(key: str = "A", pot: Any = 1, is_open: bool = True) -> dict[str, Any]:
    return {"id": key, "pot": pot, "open": is_open}


def decide(text: str, practices: list[dict[str, Any]], areas: list[dict[str, Any]] | None = None) -> Results:
    return interpreter(HEAD + text, practice=practices, area=areas or []).decide()


FUND = "scheme fund\n  share £1.8m among each practice by size as allocation\n"


def test_a_fund_is_shared_to_the_penny() -> None:
    results = decide(
        FUND, [practice("P1", size=Fraction("11000")), practice("P2", size=Fraction("10000.5")), practice("P3", size=0)]
    )
    assert sum(pay(results, "allocation").values()) == 1_800_000
    assert pay(results, "allocation")["P3"] == 0
    paid = results.payments[0]
    assert (paid.scheme, paid.kind, paid.record, paid.payee) == ("fund", "share", "practice", "P1")
    assert count(results, "allocation") == (3, 3, 0, 0)


@settings(deadline=None)
@given(st.integers(1, 10**7), st.lists(st.integers(0, 10**5), min_size=1, max_size=20).filter(any))
def test_nothing_is_lost(pence: int, sizes: list[int]) -> None:
    text = f"scheme fund\n  share £{pence // 100}.{pence % 100:02} among each practice by size as allocation\n"
    results = decide(text, [practice(f"{i:02}", size=size) for i, size in enumerate(sizes)])
    assert sum(pay(results, "allocation").values()) == Fraction(pence, 100)


def test_equal_shares_and_ties_by_key() -> None:
    results = decide("scheme fund\n  share £1 among each practice as allocation\n", [practice(code) for code in "cab"])
    assert pay(results, "allocation") == {"c": Fraction("0.33"), "a": Fraction("0.34"), "b": Fraction("0.33")}


def test_each_owner_shares_among_its_own() -> None:
    text = """
scheme fund for each area
  requires open
  share pot among each practice where practice.area = this.id and size > 0 by size as allocation
"""
    practices = [practice("a1"), practice("a2", size=2), practice("b1", "B"), practice("c1", "C"), practice("none", "A", 0)]
    areas = [area("A", 1), area("B", 7, False)]
    results = decide(text, practices, areas)
    assert pay(results, "allocation") == {"a1": Fraction("0.33"), "a2": Fraction("0.67"), "b1": 0}
    assert next(p.reason for p in results.payments if p.key == ("b1",)) == "requires open"
    assert count(results, "allocation") == (5, 3, 0, 2)


@pytest.mark.parametrize(
    ("practices", "words"),
    [
        ([practice("P", size=0)], "£1.00 cannot be shared: the weights add up to nothing"),
        ([practice("P", size=5), practice("Q", size=-1)], "£1.00 cannot be shared: a weight is below zero"),
    ],
)
def test_what_cannot_be_shared_is_not_assessable(practices: list[dict[str, Any]], words: str) -> None:
    text = "scheme fund\n  share £1 among each practice by size as allocation\n"
    results = decide(text, practices)
    assert refused(results, "allocation") == {p["code"]: words for p in practices}
    assert count(results, "allocation") == (len(practices), 0, len(practices), 0)


def test_with_nobody_to_share_among_the_owner_hears_of_it() -> None:
    results = decide("scheme fund\n  share £1 among each practice as allocation\n", [])
    assert [(n.rule, n.record, n.key, n.reason) for n in results.not_assessable] == [
        ("fund.allocation", "ruleset", (), "£1.00 cannot be shared: there is nobody to share among")
    ]


def test_a_weight_that_is_not_known_stops_the_whole_share() -> None:
    text = "scheme fund\n  share £1 among each practice by (size / (size - 1) rounded to 0.01) as allocation\n"
    results = decide(text, [practice("P", size=2), practice("Q", size=1)])
    assert set(refused(results, "allocation").values()) == {"practice Q: size - 1 is 0, so size / (size - 1) has no value"}


def test_inside_for_each_a_share_is_a_figure_and_may_be_negative() -> None:
    text = """
for each area
  share £0 - pot among each practice where practice.area = this.id by size as cut
for each practice
  let left = £10 + cut
  show left
"""
    engine = interpreter(HEAD + text, area=[area("A", 1)], practice=[practice("a", size=2), practice("b"), practice("c", "C")])
    assert [value(engine, "practice", key, "left") for key in "abc"] == [Fraction("9.33"), Fraction("9.67"), 10]
    assert engine.decide().payments == ()


def test_a_figure_shared_by_weights_of_nothing_is_missing() -> None:
    text = """
for each area
  share pot among each practice where practice.area = this.id by size as cut
for each practice
  let left = £10 + cut
  show left
"""
    engine = interpreter(HEAD + text, area=[area("A", 1)], practice=[practice("a", size=0)])
    assert isinstance(value(engine, "practice", "a", "left"), Missing)
    assert reason(engine, "practice", "a", "left") == "£1.00 cannot be shared: the weights add up to nothing"


def test_a_negative_share_that_pays_is_not_assessable() -> None:
    text = "scheme fund for each area\n  share pot among each practice where practice.area = this.id as allocation\n"
    results = decide(text, [practice("a")], [area("A", -1)])
    assert refused(results, "allocation") == {"a": "what is shared comes to -£1.00, and cannot be below £0.00"}


def test_practices_pool_what_they_were_given() -> None:
    text = """
record association for each area of practice
scheme fund
  share £10 among each practice by size as allocation
for each association
  let pot = total of allocation over each practice with the same area
  show pot
"""
    engine = interpreter(HEAD + text, practice=[practice("a", "X"), practice("b", "Y"), practice("c", "X")])
    assert {f.key: f.value for f in engine.decide().figures} == {("X",): Fraction("6.67"), ("Y",): Fraction("3.33")}
