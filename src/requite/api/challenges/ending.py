"""What is owed when a challenge is settled: the credit, and the penalty as the ruleset reckons it; each with its reasons."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import Any, Final, Protocol

from sqlalchemy.orm import Session

from requite.api.challenges.findings import text_of
from requite.api.store.columns import NotInPenceError, TooLargeError, from_pence, in_pence
from requite.api.store.schema import Challenge
from requite.engine.live.moves import State

NOTHING: Final = Decimal("0.00")
WAYS: Final = {State.AGREED: "agreed", State.UPHELD: "upheld"}


@dataclass(frozen=True, slots=True)
class Reckoned:
    """A penalty as the ruleset reckons it on a part of an overcharge; without an amount, the reason why there is none."""

    amount: Fraction | None
    reason: str
    explanation: dict[str, Any]


class Reckon(Protocol):
    """Whatever can ask the ruleset for the penalty on the part of an overcharge that both agree on."""

    def __call__(self, session: Session, challenge: Challenge, agreed: Decimal) -> Reckoned: ...


Reckoning = Callable[[], AbstractContextManager[Reckon]]
"""Begins reckoning: whatever is opened for one penalty is there for the next, and closed at the end."""


@dataclass(frozen=True, slots=True)
class Owed:
    """What is owed, and why. `explanation` is the ruleset's own, where it reckoned anew."""

    credit: Decimal | None
    penalty: Decimal | None
    because: tuple[str, ...]
    explanation: dict[str, Any] | None = None

    def detail(self) -> dict[str, Any]:
        """The same as the event keeps it."""
        kept: dict[str, Any] = {
            "credit": text_of(self.credit),
            "penalty": text_of(self.penalty),
            "because": list(self.because),
        }
        return kept | ({"explanation": self.explanation} if self.explanation else {})


class NoPenaltyKnownError(Exception):
    """The penalty cannot be reckoned, and why."""


def owed(session: Session, challenge: Challenge, to: State, agreed: Decimal | None, reckon: Reckon) -> Owed:
    """What is owed where a challenge is agreed or upheld with this much of its overcharge."""
    way, finding = WAYS[to], challenge.finding
    credit = _credit_words(agreed, challenge.overcharge, way)
    clause, when = finding["penalty_clause"], finding["penalty_when"]
    if not clause:
        return Owed(agreed, NOTHING, (credit, "the check asks for no penalty"))
    said = f"the check says: penalty {clause}" + (f" when {when}" if when else "")
    if when and when != way:
        return Owed(agreed, NOTHING, (credit, said, f"the challenge was {way}, so no penalty is due"))
    if agreed == challenge.overcharge:
        penalty = Decimal(finding["penalty"]) if finding["penalty"] is not None else NOTHING
        return Owed(agreed, penalty, (credit, said, f"on the whole overcharge that is {penalty:.2f}, as the finding has it"))
    assert agreed is not None
    reckoned = reckon(session, challenge, agreed)
    if reckoned.amount is None:
        raise NoPenaltyKnownError(reckoned.reason)
    try:
        penalty = from_pence(in_pence(reckoned.amount))
    except NotInPenceError as error:
        why = str(error) if isinstance(error, TooLargeError) else f"{error}, and what is owed is to the penny"
        raise NoPenaltyKnownError(why) from None
    return Owed(agreed, penalty, (credit, said, f"reckoned anew on {agreed:.2f} that is {penalty:.2f}"), reckoned.explanation)


def owed_unreckoned(challenge: Challenge, to: State, agreed: Decimal | None, why: str) -> Owed:
    """What is owed where the penalty cannot be reckoned and the clock waits for nobody: it is left open, and said so."""
    credit = _credit_words(agreed, challenge.overcharge, WAYS[to])
    return Owed(agreed, None, (credit, f"the penalty cannot be reckoned, and is not owed: {why}"))


def _credit_words(agreed: Decimal | None, overcharge: Decimal | None, way: str) -> str:
    if agreed is None:
        return f"the challenge was {way}; the finding has no amount, so none is credited"
    if agreed == overcharge:
        return f"the overcharge of {agreed:.2f} was {way}, and is credited"
    return f"{agreed:.2f} of the overcharge of {overcharge:.2f} was {way}, and is credited"


def total(challenge: Challenge) -> Decimal | None:
    """What is owed altogether: credit and penalty; None where nothing is, or not yet."""
    if challenge.credit is None and not challenge.penalty_due:
        return None
    return (challenge.credit or NOTHING) + (challenge.penalty_due or NOTHING)
