"""What all peers have in common: their command line, and the four files of results that are compared."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import pyarrow as pa
import pyarrow.parquet as pq

CHECKS: Final = (
    "day_case_price",
    "elective_price",
    "non_elective_price",
    "short_stay",
    "long_stay_days",
    "day_case_for_outpatient",
    "over_estimate",
    "readmission",
    "duplicate",
    "overlap",
    "coherence",
    "dates",
)
TIES: Final = (
    "dates",
    "duplicate",
    "overlap",
    "coherence",
    "readmission",
    "day_case_for_outpatient",
    "day_case_price",
    "elective_price",
    "non_elective_price",
    "short_stay",
    "long_stay_days",
    "over_estimate",
)
"""Which check goes first where a claim's overcharges are equal."""

EMERGENCY: Final = frozenset({"21", "22", "23", "24", "25", "28", "2A", "2B"})
SAVINGS: Final = "savings.financial"


@dataclass(frozen=True, slots=True)
class Task:
    """Where the data is, where results go, and what may be used."""

    data: Path
    out: Path
    memory: str = "3GB"
    threads: int = 2
    profile: bool = False

    @staticmethod
    def say(line: str) -> None:
        sys.stdout.write(line + "\n")


def run_peer(doc: str | None, decide: Callable[[Task], None]) -> None:
    """A peer's command line."""
    parser = argparse.ArgumentParser(description=doc)
    parser.add_argument("data", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--memory", default="3GB")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--profile", action="store_true")
    task = Task(**vars(parser.parse_args()))
    task.out.mkdir(parents=True, exist_ok=True)
    decide(task)


@dataclass(slots=True)
class Tally:
    """What one rule made of its rows."""

    read: int = 0
    not_assessable: int = 0
    out_of_scope: int = 0


@dataclass(frozen=True, slots=True)
class Flagged:
    """A finding, money in pence."""

    check: str
    key: str
    billed: int
    expected: int | None
    overcharge: int
    penalty: int | None
    respondent: str


@dataclass(frozen=True, slots=True)
class Decided:
    """What a peer that takes claims one at a time came to."""

    findings: list[tuple[Any, ...]] = field(default_factory=list)
    not_assessable: list[tuple[str, str]] = field(default_factory=list)
    payments: list[tuple[str, int]] = field(default_factory=list)
    tallies: Mapping[str, Tally] = field(default_factory=lambda: {rule: Tally() for rule in (SAVINGS, *CHECKS)})

    def challenge(self, found: Sequence[Flagged]) -> None:
        """Enter what was found on one claim; the largest overcharge is challenged."""
        due = [finding for finding in found if finding.overcharge > 0]
        chosen = min(due, key=lambda finding: (-finding.overcharge, TIES.index(finding.check))).check if due else ""
        for f in found:
            goes_out = f.overcharge > 0 and f.check == chosen
            instead = "" if goes_out or f.overcharge <= 0 else chosen
            row = (f.check, f.key, f.billed, f.expected, f.overcharge, f.penalty, f.respondent, goes_out, instead)
            self.findings.append(row)

    def lacking(self, rule: str, key: str) -> None:
        self.not_assessable.append((rule, key))
        self.tallies[rule].not_assessable += 1

    def write(self, out: Path) -> None:
        """The four files, in the order of the checks."""
        rank = {check: place for place, check in enumerate((SAVINGS, *CHECKS))}
        findings = _columns(sorted(self.findings, key=lambda row: (rank[row[0]], row[1])), 9)
        lacking = _columns(sorted(self.not_assessable, key=lambda row: (rank[row[0]], row[1])), 2)
        counts = [
            (rule, t.read, t.read - t.not_assessable - t.out_of_scope, t.not_assessable, t.out_of_scope)
            for rule, t in self.tallies.items()
        ]
        write_results(out, findings, lacking, _columns(counts, 5), _columns(sorted(self.payments), 2))


def _columns(rows: Sequence[tuple[Any, ...]], width: int) -> list[Iterable[Any]]:
    return list(zip(*rows, strict=True)) if rows else [()] * width


MONEY = pa.decimal128(18, 2)
FINDINGS: Final = {
    "check": pa.string(), "key": pa.string(), "billed": MONEY, "expected": MONEY, "overcharge": MONEY, "penalty": MONEY,
    "respondent": pa.string(), "challenged": pa.bool_(), "challenged_as": pa.string(),
}  # fmt: skip


def write_results(
    out: Path,
    findings: Sequence[Iterable[Any]],
    not_assessable: Sequence[Iterable[Any]],
    counts: Sequence[Iterable[Any]],
    payments: Sequence[Iterable[Any]],
) -> None:
    """Write columns as they are in `FINDINGS` and so on; money is whole pence, or None."""
    text, whole = pa.string(), pa.int64()
    _write(out / "findings.parquet", FINDINGS, findings)
    _write(out / "not_assessable.parquet", {"rule": text, "key": text}, not_assessable)
    kinds = {"rule": text, "read": whole, "assessed": whole, "not_assessable": whole, "out_of_scope": whole}
    _write(out / "counts.parquet", kinds, counts)
    keys, pence = payments
    _write(out / "payments.parquet", {"key": text, "payee": text, "amount": MONEY}, [keys, keys, pence])


def _write(path: Path, kinds: Mapping[str, Any], columns: Sequence[Iterable[Any]]) -> None:
    arrays = [_array(values, kind) for values, kind in zip(columns, kinds.values(), strict=True)]
    pq.write_table(pa.table(dict(zip(kinds, arrays, strict=True))), path, compression="zstd")


def _array(values: Iterable[Any], kind: Any) -> Any:
    if not pa.types.is_decimal(kind):
        return pa.array(values, kind)
    pence = pa.array(values, pa.int64(), from_pandas=True)
    return pa.compute.multiply(pence.cast(pa.decimal128(19, 0)), pa.scalar("0.01").cast(pa.decimal128(3, 2))).cast(MONEY)
