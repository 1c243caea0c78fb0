"""The life of a challenge: every move from every state under every condition, decided as the table says."""

from __future__ import annotations

import json
from collections.abc import Iterator
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from requite.engine.live import moves
from requite.engine.live.inprocess import MOST_RULES, InProcess
from requite.engine.live.moves import ENDS, MOVES, NAMES, Case, Impossible, Moved, State, Who, decide, decide_all, definitions

MATCHER = InProcess()

LIFE = {
    ("raised", "replace", "ruleset", "raised"),
    ("raised", "withdraw", "ruleset", "withdrawn"),
    ("raised", "send", "commissioner", "sent"),
    ("raised", "withdraw", "commissioner", "withdrawn"),
    ("raised", "freeze", "clock", "lapsed"),
    ("sent", "accept", "hospital", "agreed"),
    ("sent", "part_accept", "hospital", "part_accepted"),
    ("sent", "dispute", "hospital", "disputed"),
    ("sent", "deem", "clock", "upheld"),
    ("sent", "lapse", "clock", "lapsed"),
    ("sent", "freeze", "clock", "lapsed"),
    ("sent", "escalate", "commissioner", "escalated"),
    ("sent", "withdraw", "commissioner", "withdrawn"),
    ("part_accepted", "accept", "hospital", "agreed"),
    ("part_accepted", "part_accept", "hospital", "part_accepted"),
    ("part_accepted", "agree", "commissioner", "agreed"),
    ("part_accepted", "escalate", "commissioner", "escalated"),
    ("part_accepted", "withdraw", "commissioner", "withdrawn"),
    ("part_accepted", "freeze", "clock", "agreed"),
    ("sent", "maintain", "commissioner", "sent"),
    ("part_accepted", "maintain", "commissioner", "part_accepted"),
    ("disputed", "maintain", "commissioner", "disputed"),
    ("escalated", "maintain", "commissioner", "escalated"),
    ("disputed", "accept", "hospital", "agreed"),
    ("disputed", "part_accept", "hospital", "part_accepted"),
    ("disputed", "escalate", "commissioner", "escalated"),
    ("disputed", "withdraw", "commissioner", "withdrawn"),
    ("disputed", "freeze", "clock", "lapsed"),
    ("escalated", "uphold", "commissioner", "upheld"),
    ("escalated", "part_uphold", "commissioner", "upheld"),
    ("escalated", "reject", "commissioner", "rejected"),
    ("escalated", "withdraw", "commissioner", "withdrawn"),
    ("agreed", "overdue", "clock", "agreed"),
    ("upheld", "overdue", "clock", "upheld"),
    ("agreed", "credit", "commissioner", "credited"),
    ("upheld", "credit", "commissioner", "credited"),
    ("credited", "close", "commissioner", "closed"),
}

AMOUNTS = {
    "none": (True, True, False, False, True, True),
    "whole": (False, True, False, True, False, False),
    "part": (False, False, True, True, False, False),
    "offered": (False, False, True, False, True, False),
    "less": (False, False, True, False, False, False),
    "owed": (False, False, False, False, False, True),
    "other": (False, False, False, False, False, False),
}
SILENCES = ("upheld", "lapsed", "")
SWITCHES = tuple(product((True, False), repeat=6))


def case(state: State, move: str, who: Who, silence: str, switches: tuple[bool, ...], amount: str) -> Case:
    doubted, in_time, may_go_out, unanswered, frozen, overdue = switches
    return Case(state, move, who, silence, doubted, in_time, may_go_out, unanswered, frozen, overdue, *AMOUNTS[amount])


def walked(one: Case) -> State | None:
    """What a plain walk through the table finds."""
    found = [
        move.to
        for move in MOVES
        if move.name == one.move
        and one.state in move.sources
        and move.who is one.who
        and all(getattr(one, condition.field) for condition in move.needs)
    ]
    assert len(found) <= 1, f"{one} is decided twice"
    return found[0] if found else None


def decided(answer: Moved | Impossible) -> State | None:
    return answer.to if isinstance(answer, Moved) else None


def with_moves() -> Iterator[tuple[State, str]]:
    """The states, each with the moves that have a rule there."""
    yield from dict.fromkeys((state, move.name) for move in MOVES for state in move.sources)


def test_the_life_is_that_of_the_contract() -> None:
    written = {(str(state), move.name, str(move.who), str(move.to)) for move in MOVES for state in move.sources}
    assert written == LIFE


def test_ends_are_those_from_which_nothing_moves() -> None:
    assert {state for state in State if not any(state in move.sources for move in MOVES)} == ENDS


@pytest.mark.parametrize(("state", "move"), list(with_moves()), ids=str)
def test_every_condition_of_every_move_is_decided_as_the_table_says(state: State, move: str) -> None:
    cases = [case(state, move, *rest) for rest in product(Who, SILENCES, SWITCHES, AMOUNTS)]
    for one, answer in zip(cases, decide_all(cases, MATCHER), strict=True):
        assert decided(answer) == walked(one), one


def test_moves_that_have_no_rule_in_a_state_are_impossible_there() -> None:
    ruled = set(with_moves())
    cases = [
        case(state, move, who, silence, (True,) * 6, amount)
        for state, move, who, silence, amount in product(State, NAMES, Who, SILENCES, ("none", "part"))
        if (state, move) not in ruled
    ]
    for one, answer in zip(cases, decide_all(cases, MATCHER), strict=True):
        assert isinstance(answer, Impossible), one
        assert one.move.replace("_", " ") in answer.why


CASES = st.builds(
    case,
    st.sampled_from(State),
    st.sampled_from(NAMES),
    st.sampled_from(Who),
    st.sampled_from(SILENCES),
    st.tuples(*[st.booleans()] * 6),
    st.sampled_from(sorted(AMOUNTS)),
)


@given(st.lists(CASES, max_size=30))
def test_many_at_once_are_decided_as_each_alone(cases: list[Case]) -> None:
    answers = decide_all(cases, MATCHER)
    assert answers == [decide(one, MATCHER) for one in cases]
    assert [decided(answer) for answer in answers] == [walked(one) for one in cases]


@pytest.mark.parametrize("state", State)
def test_a_ruleset_is_in_the_one_safe_form(state: State) -> None:
    """Few rules; one fact of each kind in each; every condition an equality of one plain field with a whole number."""
    ((name, rules),) = json.loads(definitions(state)).items()
    assert name == f"challenge_{state}"
    assert len(rules) <= MOST_RULES
    for rule in rules.values():
        assert [next(iter(fact)) for fact in rule["all"]] == ["challenge", "event", "clock"]
        for fact in rule["all"]:
            (condition,) = fact.values()
            for part in condition.get("$and", [condition]):
                ((field, value),) = part.items()
                assert not field.startswith("$")
                assert type(value) is int


def usual(state: State, move: str, who: Who = Who.COMMISSIONER, amount: str = "none", **changes: object) -> Case:
    found = case(state, move, who, "upheld", (False, True, True, False, False, False), amount)
    return Case(**({name: getattr(found, name) for name in Case.__slots__} | changes))


@pytest.mark.parametrize(
    ("one", "why"),
    [
        (usual(State.CLOSED, "withdraw"), "a challenge that is closed cannot be moved by `withdraw`"),
        (usual(State.SENT, "accept"), "only the hospital can accept a challenge that is sent"),
        (
            usual(State.RAISED, "send", may_go_out=False),
            "`send` is not possible: the last day on which its month may be challenged is past",
        ),
        (
            usual(State.SENT, "part_accept", Who.HOSPITAL),
            "`part accept` is not possible: the amount has to be more than nothing and less than the overcharge",
        ),
        (
            usual(State.SENT, "accept", Who.HOSPITAL, "part"),
            "`accept` is not possible: the amount is not the overcharge; to accept less, part accept",
        ),
        (
            usual(State.PART_ACCEPTED, "part_accept", Who.HOSPITAL, "less"),
            "`part accept` is not possible: an offer may only be raised",
        ),
        (usual(State.PART_ACCEPTED, "agree", amount="part"), "`agree` is not possible: the amount is not what is offered"),
        (usual(State.SENT, "dispute", Who.HOSPITAL, in_time=False), "`dispute` is not possible: its time has run out"),
        (usual(State.AGREED, "credit", amount="other"), "`credit` is not possible: the amount is not what is owed"),
    ],
)
def test_a_refusal_says_why(one: Case, why: str) -> None:
    answer = decide(one, MATCHER)
    assert isinstance(answer, Impossible)
    assert answer.why == why


def test_a_refusal_names_the_moves_that_are_possible() -> None:
    answer = decide(usual(State.PART_ACCEPTED, "send"), MATCHER)
    assert isinstance(answer, Impossible)
    assert set(answer.possible) == {
        ("accept", Who.HOSPITAL),
        ("part_accept", Who.HOSPITAL),
        ("agree", Who.COMMISSIONER),
        ("withdraw", Who.COMMISSIONER),
        ("escalate", Who.COMMISSIONER),
    }


def test_after_the_freeze_only_withdrawing_is_left() -> None:
    answer = decide(usual(State.DISPUTED, "escalate", in_time=False, frozen=True), MATCHER)
    assert isinstance(answer, Impossible)
    assert answer.possible == (("withdraw", Who.COMMISSIONER),)


def test_a_table_that_contradicts_itself_is_an_error() -> None:
    class Both:
        def fired(self, definitions: str, files: object) -> list[list[str]]:  # noqa: ARG002
            return [["send_by_commissioner_to_sent", "withdraw_by_commissioner_to_withdrawn"]]

    with pytest.raises(moves.UndecidedError, match="several rules hold for a challenge that is raised"):
        decide(usual(State.RAISED, "send"), Both())
