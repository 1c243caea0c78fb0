"""The rulesets that are shipped, the public data they are held against, and runs of the one on the other."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest

from requite.dsl.diagnostics import Diagnostic, Severity, render_text
from requite.dsl.load import load_program
from requite.dsl.program import Program
from requite.engine.data import DataRead, read_data
from requite.engine.decision import Finding, Outcome, Results
from requite.engine.interpret import Interpreter
from requite.engine.lower import lower

ROOT = Path(__file__).parents[2]
RULESETS = ROOT / "src" / "requite" / "rulesets"
SHARED = ROOT.parent / "shared" / "data"


def shared(name: str) -> Path:
    """A file of the public data, or skip where it is absent."""
    path = SHARED / name
    if not path.exists():
        pytest.skip(f"no public data at {path}")
    return path


def load(name: str) -> tuple[Program, Sequence[Diagnostic]]:
    """A ruleset by its path in the library, such as `claims/kingston.md`."""
    program, diagnostics = load_program(RULESETS / name)
    assert program is not None, render_text([d for d in diagnostics if d.severity is Severity.ERROR])
    return program, diagnostics


def read_csv(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


def write_csv(path: Path, header: Sequence[str], rows: Iterable[Sequence[object]]) -> Path:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(header)
        writer.writerows(rows)
    return path


@dataclass(frozen=True, eq=False)
class Ran:
    """What a ruleset decided on some data."""

    read: DataRead
    results: Results

    def outcomes(self, rule: str) -> dict[str, Outcome]:
        """What became of a rule for each row, by its key."""
        return {"|".join(o.key): o for o in self.results.outcomes if o.rule == rule}

    def findings(self, check: str) -> dict[str, Finding]:
        return {"|".join(f.key): f for f in self.results.findings if f.check == check}

    def figures(self, name: str) -> dict[str, object]:
        """A shown figure of each row by its key; None where it is missing."""
        return {"|".join(f.key): f.value for f in self.results.figures if f.name == name}


def run(name: str, inputs: Mapping[str, object]) -> Ran:
    """Run a ruleset on files, or on lists of rows, with the interpreter; records that no rule reads may go without."""
    program, _ = load(name)
    plan = lower(program)
    read = read_data(program, inputs, needed=plan.records_read)
    return Ran(read, Interpreter(plan, read.data).decide(outcomes=True))
