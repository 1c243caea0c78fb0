"""The life of a challenge: one table of moves, and the rulesets of durable-rules made from it, by which each move is decided.

A case file has three facts: the challenge, the event and the clock. Whatever compares (a date with the day, an amount with the
overcharge) is reckoned beforehand and stands in a fact as 1 or 0; rules test single facts and join the three kinds.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import IntEnum, StrEnum
from functools import lru_cache
from typing import Any, Final

from requite.engine.live.surroundings import Matcher


class State(StrEnum):
    """How far a challenge has come."""

    RAISED = "raised"
    SENT = "sent"
    PART_ACCEPTED = "part_accepted"
    DISPUTED = "disputed"
    ESCALATED = "escalated"
    AGREED = "agreed"
    UPHELD = "upheld"
    CREDITED = "credited"
    CLOSED = "closed"
    REJECTED = "rejected"
    LAPSED = "lapsed"
    WITHDRAWN = "withdrawn"


ENDS: Final = frozenset({State.CLOSED, State.REJECTED, State.LAPSED, State.WITHDRAWN})
"""States from which nothing moves."""

SETTLED: Final = frozenset({State.AGREED, State.UPHELD, State.REJECTED, State.LAPSED, State.WITHDRAWN})
"""States that say what became of the challenge."""


class Who(StrEnum):
    """Who makes a move. The ruleset does where a finding changes before it is sent."""

    COMMISSIONER = "commissioner"
    HOSPITAL = "hospital"
    CLOCK = "clock"
    RULESET = "ruleset"


class Kind(IntEnum):
    """The kinds of facts in a case file."""

    CHALLENGE = 1
    EVENT = 2
    CLOCK = 3


@dataclass(frozen=True, slots=True)
class Condition:
    """What a move rests on: the fact and its field that must be 1, and what is said where it is not."""

    kind: Kind
    field: str
    otherwise: str


IN_TIME: Final = Condition(Kind.CLOCK, "in_time", "its time has run out")
MAY_GO_OUT: Final = Condition(Kind.CLOCK, "may_go_out", "the last day on which its month may be challenged is past")
UNANSWERED: Final = Condition(Kind.CLOCK, "unanswered", "the time for an answer has not run out")
FROZEN: Final = Condition(Kind.CLOCK, "frozen", "the day on which its month freezes is not past")
UPHOLDS: Final = Condition(Kind.CHALLENGE, "silence_upholds", "the contract does not say that silence upholds it")
LAPSES: Final = Condition(Kind.CHALLENGE, "silence_lapses", "the contract does not say that it lapses in silence")
UNSAID: Final = Condition(Kind.CHALLENGE, "silence_unsaid", "the contract says what silence means")
OVERDUE: Final = Condition(Kind.CLOCK, "overdue", "the last day for the credit is not past")
DOUBTED: Final = Condition(Kind.CHALLENGE, "doubted", "it is not in doubt")
NO_AMOUNT: Final = Condition(Kind.EVENT, "no_amount", "this move takes no amount")
WHOLE: Final = Condition(Kind.EVENT, "whole", "the amount is not the overcharge; to accept less, part accept")
PART: Final = Condition(Kind.EVENT, "part", "the amount has to be more than nothing and less than the overcharge")
RAISES: Final = Condition(Kind.EVENT, "raises", "an offer may only be raised")
OFFERED: Final = Condition(Kind.EVENT, "as_offered", "the amount is not what is offered")
OWED: Final = Condition(Kind.EVENT, "owed", "the amount is not what is owed")

CONDITIONS: Final = (
    IN_TIME,
    MAY_GO_OUT,
    UNANSWERED,
    FROZEN,
    OVERDUE,
    UPHOLDS,
    LAPSES,
    UNSAID,
    DOUBTED,
    NO_AMOUNT,
    WHOLE,
    PART,
    RAISES,
    OFFERED,
    OWED,
)


@dataclass(frozen=True, slots=True)
class Move:
    """A move: from which states, to which, by whom, and what has to hold. Most moves take no amount."""

    name: str
    sources: tuple[State, ...]
    to: State
    who: Who
    needs: tuple[Condition, ...] = ()


S = State
ANSWERED: Final = (S.PART_ACCEPTED, S.DISPUTED)
BEFORE_AGREED: Final = (S.RAISED, S.SENT, S.PART_ACCEPTED, S.DISPUTED, S.ESCALATED)

MOVES: Final[tuple[Move, ...]] = (
    # before it goes out
    Move("replace", (S.RAISED,), S.RAISED, Who.RULESET, (NO_AMOUNT,)),
    Move("withdraw", (S.RAISED,), S.WITHDRAWN, Who.RULESET, (NO_AMOUNT,)),
    Move("send", (S.RAISED,), S.SENT, Who.COMMISSIONER, (IN_TIME, MAY_GO_OUT, NO_AMOUNT)),
    # the hospital's answer
    Move("accept", (S.SENT, *ANSWERED), S.AGREED, Who.HOSPITAL, (IN_TIME, WHOLE)),
    Move("part_accept", (S.SENT, *ANSWERED), S.PART_ACCEPTED, Who.HOSPITAL, (IN_TIME, PART, RAISES)),
    Move("dispute", (S.SENT,), S.DISPUTED, Who.HOSPITAL, (IN_TIME, NO_AMOUNT)),
    # silence, and the freeze
    Move("deem", (S.SENT,), S.UPHELD, Who.CLOCK, (UNANSWERED, UPHOLDS, NO_AMOUNT)),
    Move("lapse", (S.SENT,), S.LAPSED, Who.CLOCK, (UNANSWERED, LAPSES, NO_AMOUNT)),
    Move("freeze", (S.RAISED, S.DISPUTED), S.LAPSED, Who.CLOCK, (FROZEN, NO_AMOUNT)),
    Move("freeze", (S.PART_ACCEPTED,), S.AGREED, Who.CLOCK, (FROZEN, NO_AMOUNT)),
    Move("freeze", (S.SENT,), S.LAPSED, Who.CLOCK, (FROZEN, UNSAID, NO_AMOUNT)),
    # what the commissioner makes of the answer
    Move("agree", (S.PART_ACCEPTED,), S.AGREED, Who.COMMISSIONER, (IN_TIME, OFFERED)),
    Move("withdraw", BEFORE_AGREED, S.WITHDRAWN, Who.COMMISSIONER, (NO_AMOUNT,)),
    Move("escalate", ANSWERED, S.ESCALATED, Who.COMMISSIONER, (IN_TIME, NO_AMOUNT)),
    Move("escalate", (S.SENT,), S.ESCALATED, Who.COMMISSIONER, (IN_TIME, UNANSWERED, UNSAID, NO_AMOUNT)),
    # a finding that is in doubt since it went out
    Move("maintain", (S.SENT,), S.SENT, Who.COMMISSIONER, (DOUBTED, NO_AMOUNT)),
    Move("maintain", (S.PART_ACCEPTED,), S.PART_ACCEPTED, Who.COMMISSIONER, (DOUBTED, NO_AMOUNT)),
    Move("maintain", (S.DISPUTED,), S.DISPUTED, Who.COMMISSIONER, (DOUBTED, NO_AMOUNT)),
    Move("maintain", (S.ESCALATED,), S.ESCALATED, Who.COMMISSIONER, (DOUBTED, NO_AMOUNT)),
    # what became of the escalation
    Move("uphold", (S.ESCALATED,), S.UPHELD, Who.COMMISSIONER, (NO_AMOUNT,)),
    Move("part_uphold", (S.ESCALATED,), S.UPHELD, Who.COMMISSIONER, (PART,)),
    Move("reject", (S.ESCALATED,), S.REJECTED, Who.COMMISSIONER, (NO_AMOUNT,)),
    # what is owed
    Move("overdue", (S.AGREED,), S.AGREED, Who.CLOCK, (OVERDUE, NO_AMOUNT)),
    Move("overdue", (S.UPHELD,), S.UPHELD, Who.CLOCK, (OVERDUE, NO_AMOUNT)),
    Move("credit", (S.AGREED, S.UPHELD), S.CREDITED, Who.COMMISSIONER, (OWED,)),
    Move("close", (S.CREDITED,), S.CLOSED, Who.COMMISSIONER, (NO_AMOUNT,)),
)
"""Every move there is. Of the moves of one name, one at most is possible for who makes it from where it stands."""

NAMES: Final = tuple(dict.fromkeys(move.name for move in MOVES))

STATE_CODE: Final[Mapping[State, int]] = {state: number for number, state in enumerate(State, 1)}
MOVE_CODE: Final[Mapping[str, int]] = {name: number for number, name in enumerate(NAMES, 1)}
WHO_CODE: Final[Mapping[Who, int]] = {who: number for number, who in enumerate(Who, 1)}


@dataclass(frozen=True, slots=True)
class Case:
    """A challenge, what is to be done with it, and the day: all that compares has been reckoned.

    `silence` is what the contract says of it: upheld, lapsed, or nothing; `doubted` that its finding is in doubt. `in_time` is
    that no clock's move is due; `may_go_out` that the last day for challenges is not past; `unanswered` that it was sent and its
    answer is overdue; `frozen` that it is not settled and its freeze is past; `overdue` that the last day for its credit is past.
    Of the amount: `no_amount` is given; `whole` is none or the overcharge; `part` more than nothing and less than the overcharge;
    `raises` more than what is offered, if anything is; `as_offered` none or what is offered; `owed` none or what is owed.
    """

    state: State
    move: str
    who: Who
    silence: str
    doubted: bool
    in_time: bool
    may_go_out: bool
    unanswered: bool
    frozen: bool
    overdue: bool
    no_amount: bool
    whole: bool
    part: bool
    raises: bool
    as_offered: bool
    owed: bool

    @property
    def silence_upholds(self) -> bool:
        return self.silence == "upheld"

    @property
    def silence_lapses(self) -> bool:
        return self.silence == "lapsed"

    @property
    def silence_unsaid(self) -> bool:
        return not self.silence


@dataclass(frozen=True, slots=True)
class Moved:
    """The move is possible, and leads here."""

    to: State


@dataclass(frozen=True, slots=True)
class Impossible:
    """The move is not possible: why, and the moves that are, by whom."""

    why: str
    possible: tuple[tuple[str, Who], ...]


class UndecidedError(RuntimeError):
    """More than one rule held for a case: the table contradicts itself."""


# --- definitions ------------------------------------------------------------------------------------------------------


@lru_cache(maxsize=len(State))
def definitions(state: State) -> str:
    """The ruleset of durable-rules for challenges in this state, as JSON: a rule for each move that leads on from it."""
    rules: dict[str, Any] = {}
    for move in moves_from(state):
        rules[f"{move.name}_by_{move.who}_to_{move.to}"] = {"all": list(_joined(move, state))}
    return json.dumps({f"challenge_{state}": rules}, sort_keys=True)


def moves_from(state: State) -> tuple[Move, ...]:
    return tuple(move for move in MOVES if state in move.sources)


def _joined(move: Move, state: State) -> Iterator[dict[str, Any]]:
    """One fact of each kind, with what has to hold for it."""
    plain = {
        Kind.CHALLENGE: {"state": STATE_CODE[state]},
        Kind.EVENT: {"move": MOVE_CODE[move.name], "who": WHO_CODE[move.who]},
        Kind.CLOCK: {},
    }
    for kind, fields in plain.items():
        needed = {condition.field: 1 for condition in move.needs if condition.kind is kind}
        parts = [{name: value} for name, value in ({"kind": int(kind)} | fields | needed).items()]
        yield {kind.name.lower(): parts[0] if len(parts) == 1 else {"$and": parts}}


def facts(case: Case) -> tuple[Mapping[str, int], ...]:
    """The case file: whole numbers only."""
    own: dict[Kind, dict[str, int]] = {
        Kind.CHALLENGE: {"state": STATE_CODE[case.state]},
        Kind.EVENT: {"move": MOVE_CODE[case.move], "who": WHO_CODE[case.who]},
        Kind.CLOCK: {},
    }
    for condition in CONDITIONS:
        own[condition.kind][condition.field] = int(getattr(case, condition.field))
    return tuple({"kind": int(kind)} | fields for kind, fields in own.items())


# --- deciding ---------------------------------------------------------------------------------------------------------


def decide(case: Case, matcher: Matcher) -> Moved | Impossible:
    """What becomes of one move."""
    return decide_all([case], matcher)[0]


def decide_all(cases: Sequence[Case], matcher: Matcher) -> list[Moved | Impossible]:
    """What becomes of each move: decided by the rules of the state in which each challenge is."""
    found: list[Moved | Impossible | None] = [None] * len(cases)
    by_state: dict[State, list[int]] = {}
    for index, case in enumerate(cases):
        by_state.setdefault(case.state, []).append(index)
    for state, indexes in by_state.items():
        fired = matcher.fired(definitions(state), [facts(cases[index]) for index in indexes])
        for index, rules in zip(indexes, fired, strict=True):
            found[index] = _answer(cases[index], list(rules))
    return [answer for answer in found if answer is not None]


def _answer(case: Case, rules: Sequence[str]) -> Moved | Impossible:
    match rules:
        case []:
            return Impossible(why_not(case), possible(case))
        case [rule]:
            return Moved(State(rule.rpartition("_to_")[2]))
    raise UndecidedError(f"several rules hold for a challenge that is {case.state}: {', '.join(rules)}")


def possible(case: Case) -> tuple[tuple[str, Who], ...]:
    """The moves that people may make now, whatever amount they need."""
    asked = (Who.COMMISSIONER, Who.HOSPITAL)
    return tuple((move.name, move.who) for move in moves_from(case.state) if move.who in asked and _is_open(move, case))


def _is_open(move: Move, case: Case) -> bool:
    return all(getattr(case, condition.field) for condition in move.needs if condition.kind is not Kind.EVENT)


def why_not(case: Case) -> str:
    """Why a move is not possible, in words."""
    words = case.move.replace("_", " ")
    here = [move for move in moves_from(case.state) if move.name == case.move]
    if not here:
        return f"a challenge that is {case.state.replace('_', ' ')} cannot be moved by `{words}`"
    own = [move for move in here if move.who is case.who]
    if not own:
        return f"only the {here[0].who} can {words} a challenge that is {case.state.replace('_', ' ')}"
    lacking = next(condition for move in own for condition in move.needs if not getattr(case, condition.field))
    return f"`{words}` is not possible: {lacking.otherwise}"
