"""The Medicare ruleset on the 3,165 real ACO-years of 2014 to 2020, beside what was published for them."""

from __future__ import annotations

from collections import Counter
from fractions import Fraction

import pytest

from requite.dsl.program import Record
from tests.rulesets.medicare_report import (
    DIFFERENCES,
    PAGE,
    POINTS,
    READ,
    Comparison,
    compare,
    differences,
    formula,
    nearest_dollar,
    page,
    score,
)
from tests.rulesets.support import load, run, shared

RULESET = "medicare/shared_savings.md"


@pytest.fixture(scope="module")
def found() -> list[Comparison]:
    shared("mssp_2014_2020/aco_years.csv")
    shared("mssp_2014_2020/published_results.csv")
    return compare()


def test_neither_share_rate_nor_result_is_read() -> None:
    program, _ = load(RULESET)
    record: Record = program.records["aco"]
    assert {field.column for field in record.fields} == {*READ, "loss_limit"}


def test_counts(found: list[Comparison]) -> None:
    assert len(found) == 3165
    assert Counter((c.published > 0) - (c.published < 0) for c in found) == {0: 1846, 1: 1287, -1: 32}


def test_a_second_reckoning_agrees_to_the_cent(found: list[Comparison]) -> None:
    for c in found:
        assert nearest_dollar(formula(c.row, score(c.row)) * 100) == c.worked_out * 100, (c.year, c.aco)


def test_every_published_zero_below_the_minimum_is_zero(found: list[Comparison]) -> None:
    zeros = [c for c in found if c.published == 0]
    below = [c for c in zeros if c.below_minimum]
    assert all(c.earned == 0 for c in below)
    # A4692 saved nothing either: it lost enough to share the loss, and was relieved of it.
    shares_loss = {(c.year, c.aco) for c in below if c.charge == "not assessable"}
    assert (len(zeros), len(below), shares_loss) == (1846, 1836, {("2020", "A4692")})


def test_the_other_zeros(found: list[Comparison]) -> None:
    others = {(c.year, c.aco): c for c in found if c.published == 0 and not c.below_minimum}
    paid = {key for key, c in others.items() if c.earned > 0}
    assert paid == {("2014", "A80939"), ("2014", "A23913"), ("2015", "A92615")}
    failed = {key for key, c in others.items() if c.reason == "requires meets_standard"}
    assert failed == {("2017", "A45364"), ("2017", "A47151"), ("2017", "A23779")}
    nothing_of_it = {key for key, c in others.items() if c.row["qualscore"] == "0.0"}
    assert nothing_of_it == {("2014", aco) for aco in ("A65307", "A45011", "A22691", "A16027")}
    assert set(others) == paid | failed | nothing_of_it


def test_every_published_payment_lies_within_its_rounding(found: list[Comparison]) -> None:
    paid = [c for c in found if c.published > 0]
    assert len(paid) == 1287
    assert [(c.year, c.aco, c.difference) for c in paid if not c.within_rounding] == []
    assert sum(c.to_the_dollar for c in paid) == 264
    assert sum(c.same_when_rounded for c in paid) == 223
    # All that reach the minimum: those paid, and the ten zeros above.
    assert sum(not c.below_minimum for c in found) == 1297


def test_a_full_score_leaves_no_difference(found: list[Comparison]) -> None:
    """Where the score is 100%, nothing of it was rounded away."""
    full = [c for c in found if c.published > 0 and score(c.row) == 1]
    assert len(full) == 153
    assert [(c.year, c.aco, c.difference) for c in full if not c.to_the_dollar] == []


def test_blank_scores(found: list[Comparison]) -> None:
    blank = [c for c in found if c.blank_score]
    assert Counter("below" if c.below_minimum else "paid" if c.published > 0 else "unexplained" for c in blank) == {
        "below": 166,
        "paid": 40,
        "unexplained": 2,
    }
    assert all(c.to_the_dollar for c in blank if c.published > 0)


def test_losses(found: list[Comparison]) -> None:
    losses = {(c.year, c.aco): c for c in found if c.loss or c.published < 0}
    assert len(losses) == 33
    assert {c.charge for c in losses.values()} == {"not assessable"}
    assert {c.charge for c in found if (c.year, c.aco) not in losses} == {"assessed"}
    assert all(c.earned == 0 for c in losses.values())
    odd = {key: c for key, c in losses.items() if not c.within_rounding}
    assert set(odd) == {("2019", "A2392"), ("2019", "A1498"), ("2019", "A2021")}
    assert odd["2019", "A2392"].loss > -odd["2019", "A2392"].published
    for c in (odd["2019", "A1498"], odd["2019", "A2021"]):
        assert abs(c.difference - Fraction(c.row["disadj"]) / -2) < 1


def test_a_limit_in_the_file_makes_the_charge_assessable() -> None:
    row = {
        "performance_year": "2018", "aco_id_or_num": "A1", "track": "T1+", "two_sided": "True", "n_ab": "14719.0",
        "abtotbnchmk": "130265792.0", "abtotexp": "136127125.0", "minsavperc": "0.02", "met_qps": "1.0", "qualscore": "0.9732",
        "disadj": "-717.0",
    }  # fmt: skip
    rows = [{**row, "loss_limit": "1000000"}, {**row, "aco_id_or_num": "A2", "loss_limit": "5210631.68"}]
    amounts = {key: outcome.amount for key, outcome in run(RULESET, {"aco": rows}).outcomes("losses.loss").items()}
    assert {key: str(amount) for key, amount in amounts.items()} == {"2018|A1": "-1000000", "2018|A2": "-17576829/10"}


def test_the_minimum_falls_along_straight_lines(found: list[Comparison]) -> None:
    """The published minimum of one-sided ACOs, which the ruleset does not read from 5,000 lives on, agrees as far as it goes."""
    one_sided = [c.row for c in found if c.row["two_sided"] == "False" and float(c.row["n_ab"]) >= POINTS[0][0]]
    assert len(one_sided) > 2500
    shown = run(RULESET, {"aco": [{name: row[name] for name in READ} for row in one_sided]}).figures("minimum")
    for row in one_sided:
        worked_out = shown[f"{row['performance_year']}|{row['aco_id_or_num']}"]
        assert isinstance(worked_out, Fraction)
        assert abs(worked_out - Fraction(row["minsavperc"])) < Fraction(1, 10_000)


def test_the_page_says_what_is_so(found: list[Comparison]) -> None:
    again = "run `python -m tests.rulesets.medicare_report`"
    assert PAGE.read_text(encoding="utf-8") == page(found), again
    assert DIFFERENCES.read_text(encoding="utf-8") == differences(found), again
