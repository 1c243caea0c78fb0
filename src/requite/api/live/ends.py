"""What the checks say of a claim, as the store keeps it and as it is sent."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from fractions import Fraction
from typing import Any, Final

from requite.api.challenges.findings import as_they_go_out
from requite.engine.decision import Outcome
from requite.engine.results import PENNY_DECIMALS, decimal_text, ends_below

FLAGGED: Final = "flagged"
PASSED: Final = "passed"
NOT_ASSESSABLE: Final = "not assessable"


def ends_of(outcomes: Iterable[Outcome]) -> list[dict[str, Any]]:
    """An entry for each check, in the order in which they are declared."""
    return as_they_go_out([_end(outcome) for outcome in outcomes])


def _end(outcome: Outcome) -> dict[str, Any]:
    finding = outcome.finding
    if finding is None:
        status = PASSED if outcome.status == "assessed" else outcome.status
        return _without_finding(outcome.rule, status, outcome.reason)
    return {
        "check": outcome.rule,
        "status": FLAGGED,
        "reason": finding.reason,
        "billed": money_text(finding.billed),
        "expected": money_text(finding.expected),
        "overcharge": money_text(finding.overcharge),
        "penalty": money_text(finding.penalty),
        "respondent": finding.respondent,
        "challenged": finding.challenged,
        "challenged_as": finding.challenged_as,
    }


def _without_finding(check: str, status: str, reason: str) -> dict[str, Any]:
    return {
        "check": check,
        "status": status,
        "reason": reason,
        "billed": None,
        "expected": None,
        "overcharge": None,
        "penalty": None,
        "respondent": "",
        "challenged": False,
        "challenged_as": "",
    }


def unreadable_ends(checks: Sequence[str], reason: str) -> list[dict[str, Any]]:
    """The ends of a claim that a version cannot read: no check can assess it."""
    return [_without_finding(check, NOT_ASSESSABLE, reason) for check in checks]


def money_text(amount: Fraction | None) -> str | None:
    """An amount with all its decimals, two at the least; as a fraction where they never end."""
    if amount is None:
        return None
    return decimal_text(amount, PENNY_DECIMALS) if ends_below(amount.denominator) else str(amount)


def is_flagged(ends: Iterable[Mapping[str, Any]]) -> bool:
    """Whether some check flags the claim."""
    return any(end["status"] == FLAGGED for end in ends)


def fingerprint(decided: Iterable[Any]) -> str:
    """A hash of what was decided, for the audit log: it proves what was said, and tells nothing."""
    return hashlib.sha256(json.dumps(list(decided), sort_keys=True, separators=(",", ":")).encode()).hexdigest()
