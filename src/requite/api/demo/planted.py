"""What is planted in the consortium, what ought to come of it, and what did."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal

Row = Mapping[str, Any]
Fate = Literal["flagged", "not flagged", "not assessable", "rejected", "missed"]


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of thing planted: what it is, what ought to become of it, by which checks, and why."""

    name: str
    title: str
    fate: Fate
    checks: tuple[str, ...] = ()
    why: str = ""


OVER, DAY_CASE = "over_estimate", "day_case_for_outpatient"

_KINDS: Final = (
    Kind("over_estimate", "billed far above the GP's estimate", "flagged", (OVER,)),
    Kind("day_case", "a day case where an outpatient price exists", "flagged", (DAY_CASE,)),
    Kind("both", "both at once, to be challenged once", "flagged", (OVER, DAY_CASE)),
    Kind("no_price", "a day case that the price list does not know", "not assessable", (DAY_CASE,), "no price: it is not passed"),
    Kind("unreadable", "a row that cannot be read", "rejected"),
    Kind("same_number", "two claims with one number", "rejected", why="neither can be preferred"),
    Kind("at_tolerance", "as far above the estimate as is allowed", "not flagged"),
    Kind("at_price", "a day case billed at the outpatient price", "not flagged"),
    Kind("stale_estimate", "an estimate 181 days old", "not flagged", why="an estimate counts for 180 days"),
    Kind("other_specialty", "an estimate for another specialty", "not flagged"),
    Kind("twice", "one treatment billed twice, under two numbers", "missed", why="no rule compares claims with each other"),
    Kind("padded", "padded by 15%", "missed", why="the agreement allows 20% above the estimate"),
    Kind("dearer_code", "coded as a dearer procedure, without an estimate", "missed", why="nothing to compare the bill with"),
)

KINDS: Final[Mapping[str, Kind]] = {kind.name: kind for kind in _KINDS}


@dataclass(frozen=True, slots=True)
class Planted:
    """Something planted in one row: of which file, under which key, on which line."""

    kind: Kind
    record: str
    key: str
    line: int


@dataclass(frozen=True, slots=True)
class Score:
    """What became of all that was planted of one kind: where what ought to happen did, and where it did not."""

    kind: Kind
    found: tuple[Planted, ...]
    missed: tuple[Planted, ...]

    @property
    def number(self) -> int:
        return len(self.found) + len(self.missed)

    @property
    def as_expected(self) -> bool:
        return not (self.found if self.kind.fate == "missed" else self.missed)


def judge(
    planted: Sequence[Planted], findings: Sequence[Row], not_assessable: Sequence[Row], rejects: Sequence[Row]
) -> tuple[tuple[Score, ...], tuple[str, ...]]:
    """How much of each kind was found; and the false alarms: claims that were flagged without an error that is looked for.

    What came of it is given as rows of the tables of results.
    """
    flagged = {(f["check"], f["key"]) for f in findings}
    unjudged = {(n["rule"], n["key"]) for n in not_assessable}
    rejected = {(r["record"], r["line"]) for r in rejects}

    def is_found(one: Planted) -> bool:
        match one.kind.fate:
            case "flagged":
                return all((check, one.key) in flagged for check in one.kind.checks)
            case "not assessable":
                return all((check, one.key) in unjudged for check in one.kind.checks)
            case "rejected":
                return (one.record, one.line) in rejected
            case "not flagged":
                return not any(key == one.key for _, key in flagged)
            case "missed":
                return any(key == one.key for _, key in flagged)

    scores = []
    for kind in KINDS.values():
        of_kind = [one for one in planted if one.kind is kind]
        found = tuple(one for one in of_kind if is_found(one))
        scores.append(Score(kind, found, tuple(one for one in of_kind if one not in found)))
    right = {(check, one.key) for one in planted if one.kind.fate == "flagged" for check in one.kind.checks}
    return tuple(scores), tuple(f"{key} ({check})" for check, key in sorted(flagged - right))
