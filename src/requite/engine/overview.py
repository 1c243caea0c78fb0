"""What a run comes to: sums and counts of what it decided, small however large the run was."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, Final

from requite.engine.data import FileCount
from requite.engine.decision import Rejected, Results, RuleCount
from requite.engine.results import decimal_text, own_name

MANY_REASONS: Final = 5
"""How many reasons of one rule are told word for word; where there are more, their codes and dates are left out."""

REPEATED: Final = " rows have the key "
"""What stands in the reason of a row whose key others have, too."""

Told = tuple[str, str, int]
"""A rule or record, a reason, and how often it was given."""


@dataclass(frozen=True, slots=True)
class PaymentSum:
    """A payment or charge over all rows: `paid` counts those of which it is not £0."""

    scheme: str
    payment: str
    kind: str
    number: int
    paid: int
    amount: Fraction


@dataclass(frozen=True, slots=True)
class FindingSum:
    """What a check flagged. Overcharges and undercharges stand apart, since they do not make each other good."""

    check: str
    number: int
    overcharge: Fraction
    undercharge: Fraction
    challenged: int
    challenged_overcharge: Fraction


@dataclass(frozen=True, slots=True)
class Overview:
    """Sums and counts in the order of the results.

    `refused` and `rejected` are reasons by rule and by record, as `merged` has them.
    """

    rules: tuple[RuleCount, ...]
    payments: tuple[PaymentSum, ...]
    findings: tuple[FindingSum, ...]
    not_assessable: tuple[tuple[str, int], ...]
    refused: tuple[Told, ...]
    rejected: tuple[Told, ...]


@dataclass(frozen=True, slots=True)
class Settled:
    """A run whose tables of results are written: what they come to, what was read of each file, notes, and by what engine."""

    overview: Overview
    counts: tuple[FileCount, ...]
    notes: tuple[str, ...]
    engine: Mapping[str, Any]


def overview_of(results: Results, rejects: Sequence[Rejected]) -> Overview:
    """What results that are at hand come to."""
    return Overview(
        results.counts,
        tuple(_payments(results)),
        tuple(_findings(results)),
        tuple(Counter(n.rule for n in results.not_assessable).items()),
        tuple(merged(told((n.rule, n.reason) for n in results.not_assessable))),
        tuple(merged(told((r.record, reject_words(r.field, r.reason)) for r in rejects))),
    )


def _payments(results: Results) -> Iterable[PaymentSum]:
    sums = Sums()
    numbers: Counter[tuple[str, str, str]] = Counter()
    paid: Counter[tuple[str, str, str]] = Counter()
    for p in results.payments:
        name = p.scheme, own_name(p.scheme, p.payment), p.kind
        numbers[name] += 1
        paid[name] += p.amount != 0
        sums.add(name, p.amount)
    return (PaymentSum(*name, number, paid[name], sums.of(name)) for name, number in numbers.items())


def _findings(results: Results) -> Iterable[FindingSum]:
    over, under, asked = Sums(), Sums(), Sums()
    numbers: Counter[str] = Counter()
    challenged: Counter[str] = Counter()
    for f in results.findings:
        numbers[f.check] += 1
        challenged[f.check] += f.challenged
        if f.overcharge is not None:
            (over if f.overcharge > 0 else under).add(f.check, abs(f.overcharge))
            if f.challenged:
                asked.add(f.check, f.overcharge)
    return (
        FindingSum(check, number, over.of(check), under.of(check), challenged[check], asked.of(check))
        for check, number in numbers.items()
    )


class Sums:
    """Sums by name. Numerators are added by denominator: pennies add up as whole numbers, much faster than fractions do."""

    def __init__(self) -> None:
        self._parts: dict[Any, dict[int, int]] = defaultdict(lambda: defaultdict(int))

    def add(self, name: Any, value: Fraction) -> None:
        self._parts[name][value.denominator] += value.numerator

    def of(self, name: Any) -> Fraction:
        return sum((Fraction(top, bottom) for bottom, top in self._parts.get(name, {}).items()), Fraction(0))


# --- reasons ----------------------------------------------------------------------------------------------------------


def reject_words(field: str, reason: str) -> str:
    """Why a row was rejected, beginning with the field; a key that several rows have is a sentence of its own."""
    return reason if REPEATED in reason else f"{field} {reason}".strip()


def told(named: Iterable[tuple[str, str]]) -> list[Told]:
    """How often each reason was given under each name, in the order met."""
    return [(name, reason, number) for (name, reason), number in Counter(named).items()]


def merged(reasons: Iterable[Told]) -> list[Told]:
    """Reasons under each name, the most frequent first; many that differ in codes and dates alone as one."""
    numbers: Counter[tuple[str, str]] = Counter()
    for name, reason, number in reasons:
        numbers[name, reason] += number
    distinct = Counter(name for name, _ in numbers)
    together: Counter[tuple[str, str]] = Counter()
    for (name, reason), number in numbers.items():
        together[name, without_codes(reason) if distinct[name] > MANY_REASONS else reason] += number
    order = {name: i for i, name in enumerate(distinct)}
    ranked = sorted(together.items(), key=lambda item: (order[item[0][0]], -item[1], item[0][1]))
    return [(name, reason, number) for (name, reason), number in ranked]


def without_codes(reason: str) -> str:
    """A reason with every word that has a digit left out."""
    words = (f"…{word[-1] if word[-1] in ',;:' else ''}" if any(c.isdigit() for c in word) else word for word in reason.split())
    return " ".join(words)


# --- for the manifest -------------------------------------------------------------------------------------------------


def totals(overview: Overview) -> dict[str, Any]:
    """Sums of payments by scheme, payment and kind, and of findings by check, as exact decimals."""
    payments, findings = overview.payments, overview.findings
    return {
        "payments": {
            "count": sum(p.number for p in payments),
            "amount": _sum(p.amount for p in payments),
            "by_scheme": _sums((p.scheme, p.amount) for p in payments),
            "by_payment": _sums((f"{p.scheme}.{p.payment}", p.amount) for p in payments),
            "by_kind": _sums((p.kind, p.amount) for p in payments),
        },
        "findings": {
            "count": sum(f.number for f in findings),
            "overcharge": _sum(f.overcharge for f in findings),
            "undercharge": _sum(f.undercharge for f in findings),
            "challenged": sum(f.challenged for f in findings),
            "challenged_overcharge": _sum(f.challenged_overcharge for f in findings),
            "by_check": {
                f.check: {
                    "count": f.number,
                    "overcharge": decimal_text(f.overcharge, 2),
                    "undercharge": decimal_text(f.undercharge, 2),
                }
                for f in findings
            },
        },
        "not_assessable": dict(overview.not_assessable),
    }


def _sum(amounts: Iterable[Fraction]) -> str:
    return decimal_text(sum(amounts, Fraction(0)), 2)


def _sums(named: Iterable[tuple[str, Fraction]]) -> dict[str, str]:
    sums: dict[str, Fraction] = {}
    for name, amount in named:
        sums[name] = sums.get(name, Fraction(0)) + amount
    return {name: decimal_text(amount, 2) for name, amount in sums.items()}
