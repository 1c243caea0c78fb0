"""What a challenge rests on: a finding with the terms of its check, to the penny; or why there can be no challenge."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import Any, Final

from requite.api.store.columns import NotInPenceError, TooLargeError, from_pence, in_pence
from requite.dsl.program import CheckRule, Program

AMOUNTS: Final = ("billed", "expected", "overcharge", "penalty")
ASKED_FOR: Final = ("overcharge", "penalty")
NOT_CHALLENGED: Final = "not_challenged"
"""What an end says, besides, that would be challenged and cannot be: why. Others are kept without it."""


@dataclass(frozen=True, slots=True)
class Terms:
    """What the ruleset says of challenges of one check. `penalty` is its clause in the ruleset's own words."""

    check: str
    title: str
    within: int
    unit: str
    otherwise: str
    penalty: str
    penalty_when: str


@dataclass(frozen=True, slots=True)
class Found:
    """A finding that is to be challenged. `finding` is all of it as it is kept, with the terms."""

    record: str
    key: str
    check: str
    provider: str
    overcharge: Decimal | None
    penalty: Decimal | None
    otherwise: str
    finding: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class NotChallengeable:
    """A finding that would be challenged, and why it cannot be."""

    record: str
    key: str
    check: str
    why: str


def terms_of(program: Program) -> dict[str, Terms]:
    """The terms of each check that challenges."""
    return {check.name: _terms(program, check) for check in program.checks.values() if check.challenge is not None}


def _terms(program: Program, check: CheckRule) -> Terms:
    asked = check.challenge
    assert asked is not None
    penalty = " ".join(program.columns[check.penalty].span.text.split()) if check.penalty else ""
    return Terms(
        check.name,
        check.title or check.name,
        asked.within,
        asked.unit,
        asked.otherwise,
        penalty,
        asked.penalty_when if penalty else "",
    )


def found_of(record: str, key: str, end: Mapping[str, Any], terms: Mapping[str, Terms]) -> Found | NotChallengeable:
    """What is to be challenged of an end: `check`, `reason`, amounts as texts or None, `respondent`."""
    check, provider = end["check"], end["respondent"]
    if why := why_not(end):
        return NotChallengeable(record, key, check, why)
    amounts = {name: _to_the_penny(end[name]) for name in ASKED_FOR}
    own = terms[check]
    texts = {name: end[name] for name in AMOUNTS} | {name: text_of(amount) for name, amount in amounts.items()}
    kept = texts | {
        "reason": end["reason"],
        "title": own.title,
        "within": own.within,
        "unit": own.unit,
        "penalty_clause": own.penalty,
        "penalty_when": own.penalty_when,
    }
    return Found(record, key, check, provider, amounts["overcharge"], amounts["penalty"], own.otherwise, kept)


def why_not(end: Mapping[str, Any]) -> str:
    """Why no challenge can be made of an end, whatever its check asks for; empty where one can."""
    if not end["respondent"]:
        return "it is not known which hospital is to answer"
    try:
        for name in ASKED_FOR:
            _to_the_penny(end[name])
    except NotInPenceError as error:
        return str(error) if isinstance(error, TooLargeError) else f"{error}, and a challenge is to the penny"
    return ""


def as_they_go_out(ends: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """The ends of a claim, where one that its check challenges and that can be no challenge says so instead."""
    barred = {end["check"]: why for end in ends if end["challenged"] and (why := why_not(end))}
    return [_as_it_goes_out(end, barred) for end in ends]


def _as_it_goes_out(end: dict[str, Any], barred: Mapping[str, str]) -> dict[str, Any]:
    if end["check"] in barred:
        return end | {"challenged": False, NOT_CHALLENGED: barred[end["check"]]}
    if (instead := end["challenged_as"]) in barred:
        return end | {NOT_CHALLENGED: f"{instead} would go out in its place, and cannot: {barred[instead]}"}
    return end


def challenged_end(ends: Iterable[Mapping[str, Any]]) -> Mapping[str, Any] | None:
    """Of the ends of a claim the one to go out, even if it cannot: a claim is challenged once, for its largest overcharge."""
    asked = [end for end in ends if end["challenged"] or (end.get(NOT_CHALLENGED) and not end["challenged_as"])]
    return max(asked, key=_size, default=None)


def _size(end: Mapping[str, Any]) -> Fraction:
    return Fraction(end["overcharge"]) if end["overcharge"] is not None else Fraction(-1)


def _to_the_penny(text: str | None) -> Decimal | None:
    return None if text is None else from_pence(in_pence(Fraction(text)))


def text_of(amount: Decimal | None) -> str | None:
    """An amount as JSON has it: with its pennies."""
    return None if amount is None else f"{amount:.2f}"
