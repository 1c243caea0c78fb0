"""The penalty on what both agreed on: the ruleset's clause, to the penny, with its explanation."""

from __future__ import annotations

from datetime import date
from fractions import Fraction

import pytest

from requite.engine.decision import Read
from requite.engine.live.engine import LiveEngine
from requite.engine.live.penalties import Penalty, penalty_of
from requite.engine.reading.problems import DataError
from requite.engine.render import to_text
from requite.engine.rows import Row
from tests.engines.live.keeping import Keeper
from tests.engines.live.matchers import SHARED
from tests.engines.support import Given, interpreter, program_of

RECORD = """
record claim
  key id: text
  provider: text
  billed: money
  rate: percent
"""

CHECK = """
check dear for each claim
  expected £500
  flag when billed > expected
  overcharge billed - expected
  challenge provider answers within 10 working days, otherwise deemed upheld
    penalty {} when upheld
check other for each claim
  flag when billed > £900
  challenge provider answers within 10 working days, otherwise deemed upheld
"""

CLAIM: Given = {"id": "S1", "provider": "RXX", "billed": 800, "rate": Fraction(1, 3)}


def penalty(clause: str, overcharge: Fraction, check: str = "dear", **values: object) -> Penalty:
    """The same live and in an interpreter over a run's rows."""
    text = RECORD + CHECK.format(clause)
    engine = LiveEngine(program_of(text), SHARED)
    keeper = Keeper(engine)
    full = {**CLAIM, "billed": Fraction(800), **values}
    row = Row("claim", ("S1",), full, "claim.csv", 2)
    keeper.arrive([row])
    found = engine.penalty(check, row, overcharge, keeper, date(2020, 1, 1))
    bulk = interpreter(text, claim=[full])
    claim = bulk.row("claim", ("S1",))
    assert claim is not None
    assert penalty_of(bulk, check, claim, overcharge) == found
    assert keeper.engine.decide([row], keeper, keeper.known)[0].ends == next(iter(keeper.decisions.values())).ends, (
        "all is forgotten"
    )
    return found


def reads(penalty: Penalty) -> dict[str, Read]:
    (decision,) = penalty.explanation.decisions
    return {read.name: read for clause in decision.clauses for read in clause.reads}


@pytest.mark.parametrize(
    ("clause", "overcharge", "amount"),
    [
        ("10% of overcharge", Fraction(300), Fraction(30)),
        ("10% of overcharge", Fraction(12345, 100), Fraction(1235, 100)),
        ("10% of overcharge", Fraction(0), Fraction(0)),
        ("rate of overcharge", Fraction(100), Fraction(3333, 100)),
        ("£25", Fraction(1), Fraction(25)),
        ("the greater of £50 and 10% of overcharge", Fraction(300), Fraction(50)),
    ],
)
def test_the_clause_is_reckoned_with_what_was_agreed(clause: str, overcharge: Fraction, amount: Fraction) -> None:
    assert penalty(clause, overcharge).amount == amount


def test_the_explanation_shows_the_clause_and_what_was_agreed() -> None:
    found = penalty("rate of overcharge", Fraction(123))
    (decision,) = found.explanation.decisions
    assert (decision.rule, decision.kind, decision.status, decision.amount) == ("dear", "penalty", "assessed", "£41.00")
    assert reads(found)["overcharge"].value == "£123.00"
    assert reads(found)["overcharge"].note == "what both agreed on"
    assert reads(found)["overcharge"].reads == (), "how the check reckoned it is beside the point"
    text = to_text(found.explanation)
    assert "£300.00" not in text
    assert "£41.00" in text


def test_a_penalty_that_cannot_be_reckoned_says_why() -> None:
    found = penalty("rate of overcharge", Fraction(100), rate=None)
    assert found.amount is None
    assert "rate is blank" in found.reason
    assert found.explanation.decisions[0].status == "not assessable"


def test_a_check_without_a_penalty_has_none() -> None:
    found = penalty("£25", Fraction(100), "other")
    assert found.amount == 0
    assert found.reason == "the check names no penalty"
    assert "£100.00" in to_text(found.explanation)


def test_a_check_that_is_not_decided_live_is_refused() -> None:
    with pytest.raises(DataError, match="nowhere is not decided live: it is no check of this ruleset"):
        penalty("£25", Fraction(1), "nowhere")
