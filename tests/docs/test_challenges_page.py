"""The page about challenges has the states and the moves that there are."""

from __future__ import annotations

from typing import Final

from requite.api.challenges.position import WAYS
from requite.engine.live import moves as m
from tests.docs.pages import DOCS

PAGE: Final = (DOCS / "challenges.md").read_text(encoding="utf-8")

NEEDS: Final = {
    m.IN_TIME: "its time has not run out",
    m.MAY_GO_OUT: "the last day for challenges of its month is not past",
    m.UNANSWERED: "the last day for an answer is past",
    m.OVERDUE: "the last day for the credit is past",
    m.FROZEN: "the day of the freeze is past",
    m.UPHOLDS: "the clause says `otherwise deemed upheld`",
    m.LAPSES: "the clause says `otherwise deemed lapsed`",
    m.DOUBTED: "it is in doubt",
    m.UNSAID: "the clause does not say what silence means",
    m.RAISES: "it is more than is offered, if anything is",
}
AMOUNTS: Final = {
    m.NO_AMOUNT: "none",
    m.WHOLE: "none, or the overcharge",
    m.PART: "a part of the overcharge",
    m.OFFERED: "none, or what is offered",
    m.OWED: "none, or what is owed",
}


def move_row(move: m.Move) -> list[str]:
    sources = ", ".join(words(state) for state in move.sources)
    needs = "; ".join(NEEDS[condition] for condition in move.needs if condition in NEEDS) or "always"
    amount = next((AMOUNTS[condition] for condition in move.needs if condition in AMOUNTS), "none")
    return [f"`{move.name}`", str(move.who), sources, words(move.to), amount, needs]


def words(state: m.State) -> str:
    return state.replace("_", " ")


def table(heading: str) -> list[list[str]]:
    """The rows of the first table below a heading of the page."""
    below = PAGE.partition(f"\n## {heading}\n")[2].partition("\n## ")[0]
    return [line.strip("| ").split(" | ") for line in below.splitlines() if line.startswith("| ")][2:]


def test_the_moves_are_those_that_there_are() -> None:
    assert set(NEEDS) | set(AMOUNTS) == set(m.CONDITIONS)
    assert table("The moves") == [move_row(move) for move in m.MOVES]


def test_the_states_are_those_that_there_are() -> None:
    shown = {row[0].strip("`"): row[2] for row in table("The states")}
    assert list(shown) == list(m.State)
    for name, end in shown.items():
        state = m.State(name)
        assert (end.startswith("over")) == (state in m.ENDS), name


def test_the_position_counts_by_the_ways_that_are_named() -> None:
    named = PAGE.partition("\n## Where a month stands\n")[2].partition("\n## ")[0]
    assert all(f"`{way}`" in named for way in WAYS)
