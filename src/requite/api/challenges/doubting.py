"""Whether a challenge still rests on its finding: barred before it went out, or in doubt since."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, Final

from requite.api.challenges.findings import Found, NotChallengeable
from requite.api.store.schema import Challenge
from requite.engine.live.moves import State

NOT_FOUND: Final = "not_found"
"""The outcome of a challenge whose finding was gone before it was sent."""

BARRED: Final = "barred"
"""The outcome of a challenge whose finding stands, but which might no longer be challenged before it was sent."""

UNDECIDED: Final = frozenset({State.SENT, State.PART_ACCEPTED, State.DISPUTED, State.ESCALATED})
"""States in which a challenge has gone out, and nothing is settled: it can come into doubt."""

CANCELLED: Final = "the claim was cancelled"
GONE: Final = "the claim is no longer found to be wrong"
STANDS: Final = "the finding stands, but may no longer be challenged"


@dataclass(frozen=True, slots=True)
class Gone:
    """A challenge to be taken back before it goes out: what becomes of it, and why."""

    challenge: Challenge
    outcome: str
    why: str


@dataclass(frozen=True, slots=True)
class Noted:
    """A challenge that went out, the finding that would be challenged now, and why it is in doubt; empty where it is not."""

    challenge: Challenge
    found: Found | None
    doubt: str


def gone(challenge: Challenge, ends: Iterable[Mapping[str, Any]], refused: NotChallengeable | None, *, is_cancelled: bool) -> Gone:
    """What becomes of a challenge that has not gone out, where nothing of its claim is to be challenged now."""
    if is_cancelled:
        return Gone(challenge, NOT_FOUND, CANCELLED)
    if refused is not None:
        return Gone(challenge, BARRED, f"the finding stands, but cannot be challenged: {refused.why}")
    if any(end["status"] == "flagged" and end["check"] == challenge.check for end in ends):
        return Gone(challenge, BARRED, STANDS)
    return Gone(challenge, NOT_FOUND, GONE)


def doubt_of(challenge: Challenge, ends: Iterable[Mapping[str, Any]], *, is_cancelled: bool) -> str:
    """Why a challenge is in doubt; empty where its check finds as much as was asked for, or more, of the same hospital."""
    if is_cancelled:
        return CANCELLED
    flagged = {end["check"]: end for end in ends if end["status"] == "flagged"}
    own = flagged.get(challenge.check)
    if own is None:
        return f"{challenge.check} no longer finds it to be wrong" if flagged else GONE
    if own["respondent"] and own["respondent"] != challenge.provider:
        return "the claim is another hospital's now"
    if challenge.overcharge is None:
        return ""
    now = Fraction(own["overcharge"] or 0)
    return "" if now >= Fraction(challenge.overcharge) else "the overcharge is smaller now than was asked for"
