"""`requite demo`: the packaged rulesets at work on a consortium that is made up on the spot."""

from __future__ import annotations

import csv
import shutil
import tempfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from fractions import Fraction
from importlib.resources import files
from pathlib import Path
from typing import Any, Final

from requite.api.answers import Refusal
from requite.api.commands.run import show_findings
from requite.api.console import Bar, Screen, count, listed, money
from requite.api.demo.consortium import KNOWN, Consortium, make
from requite.api.demo.planted import Score, judge
from requite.dsl.load import load_program
from requite.dsl.program import Program
from requite.engine.decision import Explanation
from requite.engine.explain import explain
from requite.engine.render import to_json, to_text
from requite.engine.run import RunSummary, free_folder
from requite.engine.run import run as run_engine
from requite.engine.verify import opened_again, reload

NORTH_BRADFORD: Final = "incentives/north_bradford.md"
KINGSTON: Final = "claims/kingston.md"
MOST_FINDINGS: Final = 10


Row = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Settled:
    """A ruleset that was run, and what came of it: the rows of each table of results."""

    program: Program
    summary: RunSummary
    tables: Mapping[str, Sequence[Row]]


@dataclass(frozen=True, slots=True)
class Shown:
    """What the demonstration has to show."""

    out: Path
    consortium: Consortium
    scheme: Settled
    checks: Settled
    scores: Sequence[Score]
    false_alarms: Sequence[str]
    explanation: Explanation

    @property
    def ok(self) -> bool:
        return not self.false_alarms and all(score.as_expected for score in self.scores)

    def content(self) -> dict[str, Any]:
        return {
            "errors": [],
            "out": str(self.out),
            "rows": {name: len(rows) for name, rows in self.consortium.files.items()},
            "payments": self.scheme.summary.manifest["totals"]["payments"],
            "findings": self.checks.summary.manifest["totals"]["findings"],
            "planted": [
                {
                    "kind": s.kind.name,
                    "title": s.kind.title,
                    "expected": s.kind.fate,
                    "found": [one.key for one in s.found],
                    "missed": [one.key for one in s.missed],
                    "as_expected": s.as_expected,
                    "why": s.kind.why,
                }
                for s in self.scores
            ],
            "false_alarms": list(self.false_alarms),
            "explanation": to_json(self.explanation),
        }

    def show(self, screen: Screen) -> None:
        rows = {name: f"{len(rows):,}" for name, rows in self.consortium.files.items()}
        screen.say("A consortium, made up", "bold")
        screen.say(f"{rows['practice']} practices, {rows['estimate']} estimates by their GPs, and {rows['spell']} hospital claims")
        self._show_payments(screen)
        self._show_findings(screen)
        self._show_planted(screen)
        screen.title("One finding explained")
        # In this folder's own terms: its name would fill every line.
        screen.say(to_text(self.explanation).replace(f"{self.out}/", "").rstrip("\n"))
        self._show_end(screen)

    def _show_payments(self, screen: Screen) -> None:
        payments, currency = self.scheme.tables["payments"], self.scheme.program.currency
        screen.title(f"Payments: {self.scheme.program.title}")
        names = list(dict.fromkeys(p["payment"] for p in payments))
        by_practice: dict[str, dict[str, Row]] = {}
        for p in payments:
            by_practice.setdefault(p["key"], {})[p["payment"]] = p
        rows = [[key, *_amounts(names, paid, currency)] for key, paid in by_practice.items()]
        totals = [_sum(p for p in payments if p["payment"] == name) for name in names]
        total = [money(amount, currency) for amount in (*totals, _sum(payments))]
        screen.table(["practice", *(f"{name}>" for name in names), "together>"], [*rows, ["total", *total]])
        for missing in self.scheme.tables["not_assessable"]:
            screen.say(f"  {missing['key']}, {missing['rule'].rpartition('.')[2]}: not assessable: {missing['reason']}")
        for reject in self.scheme.tables["rejects"]:
            place = f"{Path(reject['file']).name} line {reject['line']}"
            screen.say(f"  {place} rejected: {reject['field']} {reject['value']} {reject['reason']}")

    def _show_findings(self, screen: Screen) -> None:
        findings, program = self.checks.tables["findings"], self.checks.program
        screen.title(f"Findings: {program.title}")
        screen.say(f"the {MOST_FINDINGS} largest overcharges of {count(len(findings), 'finding')}")
        largest = sorted(findings, key=lambda f: (-(f["overcharge"] or 0), f["key"]))[:MOST_FINDINGS]
        amounts = [[money(Fraction(f[a] or 0), program.currency) for a in ("billed", "expected", "overcharge")] for f in largest]
        rows = [
            [f["key"], f["check"], *figures, "yes" if f["challenged"] else f"as {f['challenged_as']}"]
            for f, figures in zip(largest, amounts, strict=True)
        ]
        screen.table(["claim", "check", "billed>", "expected>", "overcharge>", "challenged"], rows)
        show_findings(self.checks.summary.overview, program, screen)

    def _show_planted(self, screen: Screen) -> None:
        errors = [s for s in self.scores if s.kind.fate != "not flagged"]
        screen.title("What was planted, and what became of it")
        rows = [[s.kind.title, f"{s.number}", f"{len(s.found)}", _how(s), f"{len(s.missed)}"] for s in errors]
        screen.table(["planted error", "number>", "found>", "", "missed>"], rows)
        for s in errors:
            if s.missed:
                screen.say(f"  missed: {listed([one.key for one in s.missed])}, {s.kind.title}: {s.kind.why}")
        near = [s for s in self.scores if s.kind.fate == "not flagged"]
        screen.say()
        rows = [[s.kind.title, f"{s.number}", f"{len(s.missed)}"] for s in near]
        screen.table(["near miss, and no error", "number>", "flagged>"], rows)
        screen.say(f"  false alarms: {listed(self.false_alarms) or 'none'}")

    def _show_end(self, screen: Screen) -> None:
        key = self.explanation.key[0]
        screen.title(f"All of it is in {self.out}")
        screen.say("  rulesets/ and data/ are what was run, truth.csv lists what was planted. To go on:")
        screen.say(f"  requite explain {self.checks.summary.out} {key}")
        screen.say(f"  requite verify {self.checks.summary.out}")
        screen.say(f"  requite test {self.out / 'rulesets'} --coverage")


def _amounts(names: Sequence[str], paid: Mapping[str, Row], currency: str) -> Iterator[str]:
    for name in names:
        yield money(Fraction(paid[name]["amount"]), currency) if name in paid else "–"
    yield money(_sum(paid.values()), currency)


def _sum(payments: Iterable[Row]) -> Fraction:
    return sum((Fraction(p["amount"]) for p in payments), Fraction(0))


def _how(score: Score) -> str:
    """How an error of this kind is found."""
    return {"flagged": "by a check", "rejected": "when read", "not assessable": "not assessable"}.get(score.kind.fate, "")


# --- doing it -----------------------------------------------------------------------------------------------------------


def demo(out: str | None, screen: Screen) -> Shown:
    """Make the consortium, run both rulesets on it, and compare the findings with what was planted."""
    with screen.progress() as progress, _own_folder(out) as folder:
        consortium = make()
        _write(consortium, folder)
        scheme = _run(NORTH_BRADFORD, ("practice",), folder, progress)
        checks = _run(KINGSTON, ("estimate", "spell", "tariff"), folder, progress)
        rejects = (*scheme.tables["rejects"], *checks.tables["rejects"])
        scores, false_alarms = judge(consortium.planted, checks.tables["findings"], checks.tables["not_assessable"], rejects)
        # A claim that both checks flag has the most to explain: which of the two is challenged.
        key = next(one.key for one in consortium.planted if len(one.kind.checks) > 1)
        with opened_again(reload(checks.summary.out)) as data:
            explanation = explain(data.interpreter(), "spell", (key,))
        return Shown(folder, consortium, scheme, checks, scores, false_alarms, explanation)


@contextmanager
def _own_folder(out: str | None) -> Iterator[Path]:
    """A folder of the demonstration's own; where it is stopped on the way, nothing is left there."""
    if out is None:
        folder = Path(tempfile.mkdtemp(prefix="requite-demo-"))
        was_there = False
    else:
        folder = Path(out)
        was_there = free_folder(out, overwrite=False).exists()
        folder.mkdir(parents=True, exist_ok=True)
    try:
        yield folder
    except BaseException:
        for path in [*folder.iterdir()] if was_there else [folder]:
            shutil.rmtree(path, ignore_errors=True) if path.is_dir() else path.unlink()
        raise


def _run(ruleset: str, records: Sequence[str], folder: Path, progress: Bar) -> Settled:
    source = folder / "rulesets" / Path(ruleset).name
    source.parent.mkdir(exist_ok=True)
    source.write_bytes((files("requite") / "rulesets" / ruleset).read_bytes())
    program, diagnostics = load_program(source)
    if program is None:
        raise Refusal(diagnostics=diagnostics)
    inputs: dict[str, object] = {record: str(folder / "data" / f"{record}.csv") for record in records}
    summary = run_engine(program, inputs, folder / source.stem, known=KNOWN, csv=True, progress=progress)
    tables = {name: summary.table(name).to_pylist() for name in ("payments", "findings", "not_assessable", "rejects")}
    return Settled(program, summary, tables)


def _write(consortium: Consortium, folder: Path) -> None:
    (folder / "data").mkdir()
    for name, rows in consortium.files.items():
        _write_csv(folder / "data" / f"{name}.csv", list(rows[0]), ([*row.values()] for row in rows))
    truth = ([p.record, p.key, p.line, p.kind.title, p.kind.fate, ", ".join(p.kind.checks), p.kind.why] for p in consortium.planted)
    _write_csv(folder / "truth.csv", ["record", "key", "line", "planted", "expected", "checks", "why"], truth)


def _write_csv(path: Path, columns: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(columns)
        writer.writerows(rows)
