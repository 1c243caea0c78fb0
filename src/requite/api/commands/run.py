"""`requite run`: run a ruleset on data, write the results, and say what a manager would ask first."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from pathlib import Path
from typing import Any, Final

from requite.api.answers import WrongUse, refused
from requite.api.console import Screen, count, listed, money
from requite.api.finding import load_one
from requite.dsl.program import Program
from requite.engine.decision import Finding, Payment, Rejected
from requite.engine.reading.columns import folded
from requite.engine.reading.files import KINDS
from requite.engine.results import own_name
from requite.engine.run import RunSummary
from requite.engine.run import run as run_engine

RECORD_NAME: Final = re.compile(r"[^\W\d]\w*(?:\.[^\W\d]\w*)*")
MOST_REASONS: Final = 10
MANY_REASONS: Final = 5
"""How many reasons of one rule are told word for word; where there are more, their codes and dates are left out."""


@dataclass(frozen=True, slots=True)
class Request:
    """What is to be run on what."""

    ruleset: str
    out: str
    data: Mapping[str, str]
    data_dir: str | None = None
    known: date | None = None
    brought_forward: str | None = None
    csv: bool = False
    overwrite: bool = False

    @classmethod
    def read(
        cls, ruleset: str, out: str, data: Sequence[str], data_dir: str | None, known: str | None,
        brought_forward: str | None, csv: bool, overwrite: bool,
    ) -> Request:  # fmt: skip
        """A request from what stands on the command line; WrongUse where that is not how it is written."""
        if not out.strip():
            raise WrongUse("--out: name a folder for the results")
        return cls(ruleset, out, _inputs(data), data_dir, _date(known), brought_forward, csv, overwrite)


def _inputs(data: Iterable[str]) -> dict[str, str]:
    inputs: dict[str, str] = {}
    for given in data:
        record, sign, file = given.partition("=")
        record, file = record.strip(), file.strip()
        if not sign or not file or not RECORD_NAME.fullmatch(record):
            raise WrongUse(f"--data {given}: write RECORD=FILE, as in --data spell=claims.csv")
        if record in inputs:
            help = f"give several files as a folder or a pattern, {record}='claims/*.csv'"
            raise WrongUse(f"--data: {record} is given twice ({inputs[record]} and {file}): {help}")
        inputs[record] = file
    return inputs


def _date(text: str | None) -> date | None:
    if text is None:
        return None
    try:
        return date.fromisoformat(text) if re.fullmatch(r"\d{4}-\d\d-\d\d", text) else _not_a_date(text)
    except ValueError:
        return _not_a_date(text)


def _not_a_date(text: str) -> date:
    raise WrongUse(f"--known: {text} is not a date: write year-month-day, as in 2018-06-30")


# --- the run ------------------------------------------------------------------------------------------------------------


def run(request: Request, screen: Screen) -> Ran:
    """Run a ruleset; what it decided is in the folder by then."""
    program = load_one(request.ruleset)
    inputs: dict[str, object] = {}
    if request.data_dir is not None:
        inputs |= in_folder(program, request.data_dir)
    inputs |= request.data
    with screen.progress() as progress:
        summary = run_engine(
            program,
            inputs,
            request.out,
            known=request.known,
            csv=request.csv,
            brought_forward=request.brought_forward,
            progress=progress,
            overwrite=request.overwrite,
        )
    return Ran(program, summary)


def in_folder(program: Program, folder: str) -> dict[str, str]:
    """The data of each record that a folder has a file or a folder for, by its name."""
    if not Path(folder).is_dir():
        raise refused("not-found", f"there is no folder {folder}", file=folder)
    there: dict[str, list[Path]] = defaultdict(list)
    for path in sorted(Path(folder).iterdir()):
        if path.is_dir() or path.suffix.lower() in KINDS:
            there[folded(path.name if path.is_dir() else path.stem)].append(path)
    inputs: dict[str, str] = {}
    for record in program.records.values():
        found = there[folded(record.name)]
        if len(found) > 1 and not record.derived_from:
            names = listed([path.name for path in found])
            help = f"Say which is meant: --data {record.name}={found[0]}."
            raise refused("two-files", f"{folder} has {names} for {record.name}", help, folder)
        if found and not record.derived_from:
            inputs[record.name] = str(found[0])
    if not inputs:
        names = listed([record.name for record in program.records.values() if not record.derived_from])
        raise refused("not-found", f"{folder} has no file for {names}", "Files are named like the records.", folder)
    return inputs


# --- what is told of it -------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Ran:
    """A finished run."""

    program: Program
    summary: RunSummary
    ok: bool = True

    def content(self) -> dict[str, Any]:
        manifest = self.summary.manifest
        return {
            "errors": [],
            "out": str(self.summary.out),
            "ruleset": {part: manifest["ruleset"][part] for part in ("name", "title", "currency")},
            "known": manifest["known"],
            "rows": manifest["rows"],
            "rules": manifest["rules"],
            "totals": manifest["totals"],
            "not_assessable": [{"rule": rule, "reason": reason, "count": n} for rule, reason, n in self._reasons()],
            "rejected": [{"record": record, "reason": reason, "count": n} for record, reason, n in self._rejects()],
            "notes": list(self.summary.notes),
            "outputs": manifest["outputs"],
        }

    def show(self, screen: Screen) -> None:
        manifest = self.summary.manifest
        screen.say(self.program.title or self.program.name, "bold")
        screen.say(f"as known on {manifest['known']}")
        self._show_rows(screen)
        show_payments(self.summary.results.payments, self.program, screen)
        show_findings(self.summary.results.findings, self.program, screen)
        self._show_not_assessable(screen)
        for note in self.summary.notes:
            screen.note(f"note: {note}")
        screen.title(f"Results in {self.summary.out}")
        tables = dict.fromkeys(Path(written.file).stem for written in self.summary.written)
        form = "Parquet and CSV" if manifest["csv"] else "Parquet"
        screen.say(f"  {', '.join(tables)} ({form}), and manifest.json")

    def _show_rows(self, screen: Screen) -> None:
        screen.title("Rows")
        counts = self.summary.read.counts
        screen.table(
            ["record", "file", "read>", "rejected>"],
            [[c.record, c.file, f"{c.read:,}", f"{c.rejected:,}"] for c in counts],
        )
        rejects = self._rejects()
        if rejects:
            screen.title("Rejected rows")
            screen.table(["record", "reason", "rows>"], _shortened(rejects))
            screen.say("Totals, shares and `there is no` are reckoned without the rejected rows.")
        for record in dict.fromkeys(c.record for c in counts):
            of_record = [c for c in counts if c.record == record]
            if any(c.rows for c in of_record) and not any(c.read for c in of_record):
                screen.error(f"every row of {record} was rejected", "rejects.parquet says why, line by line.")

    def _rejects(self) -> list[tuple[str, str, int]]:
        return grouped((r.record, reject_words(r)) for r in self.summary.read.rejects)

    def _reasons(self) -> list[tuple[str, str, int]]:
        return grouped((n.rule, n.reason) for n in self.summary.results.not_assessable)

    def _show_not_assessable(self, screen: Screen) -> None:
        reasons = self._reasons()
        if reasons:
            screen.title("Not assessable")
            screen.table(["rule", "reason", "number>"], _shortened(reasons))


def reject_words(reject: Rejected) -> str:
    """Why a row was rejected, beginning with the field; a key that several rows have is a sentence of its own."""
    return reject.reason if " rows have the key " in reject.reason else f"{reject.field} {reject.reason}".strip()


def show_payments(payments: Sequence[Payment], program: Program, screen: Screen) -> None:
    """The sum of each payment and charge, and of all."""
    if not program.payments and not any(share.scheme for share in program.shares.values()):
        return
    screen.title("Payments")
    sums: dict[tuple[str, str, str], Fraction] = defaultdict(Fraction)
    numbers: Counter[tuple[str, str, str]] = Counter()
    for p in payments:
        key = p.scheme, own_name(p.scheme, p.payment), p.kind
        sums[key] += p.amount
        numbers[key] += p.amount != 0
    rows = [[*key, f"{numbers[key]:,}", money(total, program.currency)] for key, total in sums.items()]
    total = money(sum(sums.values(), Fraction(0)), program.currency)
    screen.table(["scheme", "payment", "kind", "paid>", "amount>"], [*rows, ["total", "", "", f"{numbers.total():,}", total]])


def show_findings(findings: Sequence[Finding], program: Program, screen: Screen) -> None:
    """How many claims each check flagged, and what they come to."""
    if not program.checks:
        return
    screen.title("Findings")
    with_under = any(check.undercharges for check in program.checks.values())
    rows = []
    for name in [*program.checks, ""]:
        found = [f for f in findings if name in ("", f.check)]
        amounts = [f.overcharge for f in found if f.overcharge is not None]
        challenged = [f for f in found if f.challenged]
        over, under = sum((a for a in amounts if a > 0), Fraction(0)), -sum((a for a in amounts if a < 0), Fraction(0))
        asked = sum((f.overcharge for f in challenged if f.overcharge is not None), Fraction(0))
        sums = [money(amount, program.currency) for amount in ((over, under) if with_under else (over,))]
        rows.append([name or "total", f"{len(found):,}", *sums, f"{len(challenged):,}", money(asked, program.currency)])
    sums_named = ["overcharged>", "undercharged>"] if with_under else ["overcharged>"]
    screen.table(["check", "findings>", *sums_named, "challenged>", "amount>"], rows)


def grouped(named: Iterable[tuple[str, str]]) -> list[tuple[str, str, int]]:
    """How often each reason was given under each name, most often first; many that differ in codes and dates alone as one."""
    numbers = Counter(named)
    distinct = Counter(name for name, _ in numbers)
    merged: Counter[tuple[str, str]] = Counter()
    for (name, reason), number in numbers.items():
        merged[name, _without_codes(reason) if distinct[name] > MANY_REASONS else reason] += number
    order = {name: i for i, name in enumerate(distinct)}
    ranked = sorted(merged.items(), key=lambda item: (order[item[0][0]], -item[1], item[0][1]))
    return [(name, reason, number) for (name, reason), number in ranked]


def _without_codes(reason: str) -> str:
    words = (f"…{word[-1] if word[-1] in ',;:' else ''}" if any(c.isdigit() for c in word) else word for word in reason.split())
    return " ".join(words)


def _shortened(groups: Sequence[tuple[str, str, int]]) -> list[list[str]]:
    rows = [[name, reason, f"{number:,}"] for name, reason, number in groups[:MOST_REASONS]]
    left = groups[MOST_REASONS:]
    if left:
        rows.append(["", f"{count(len(left), 'more reason')}", f"{sum(n for _, _, n in left):,}"])
    return rows
