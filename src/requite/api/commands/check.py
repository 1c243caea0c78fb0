"""`requite check`: say what is wrong with rulesets."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from requite.api.console import Screen, count
from requite.api.finding import Ruleset, load_all
from requite.dsl.diagnostics import Diagnostic, Severity, in_order
from requite.engine.reading.problems import DataProblem


@dataclass(frozen=True, slots=True)
class Checked:
    """What the checker says of each ruleset, and of the arguments that led to none."""

    rulesets: Sequence[Ruleset]
    problems: Sequence[DataProblem]

    @property
    def diagnostics(self) -> Sequence[Diagnostic]:
        """Every diagnostic, those of a file that several rulesets use once."""
        # Each ruleset reads the files it uses for itself, so the same text has several sources.
        unique = {(str(d.span), d.span.end, d.code, d.message): d for r in self.rulesets for d in r.diagnostics}
        return in_order(unique.values())

    def number(self, severity: Severity) -> int:
        return sum(d.severity is severity for d in self.diagnostics)

    @property
    def ok(self) -> bool:
        return not self.problems and all(r.program is not None for r in self.rulesets)

    def content(self) -> dict[str, Any]:
        return {
            "errors": [problem.to_json() for problem in self.problems],
            "rulesets": [
                {
                    "file": r.file,
                    "ok": r.program is not None,
                    "name": r.program.name if r.program else None,
                    "title": r.program.title if r.program else None,
                    "diagnostics": [d.to_json() for d in r.diagnostics],
                }
                for r in self.rulesets
            ],
            "counts": {
                "rulesets": len(self.rulesets),
                "errors": self.number(Severity.ERROR),
                "warnings": self.number(Severity.WARNING),
            },
        }

    def show(self, screen: Screen) -> None:
        screen.diagnostics(self.diagnostics)
        for problem in self.problems:
            screen.error(problem.message, problem.help)
        if self.rulesets:
            errors, warnings = self.number(Severity.ERROR), self.number(Severity.WARNING)
            found = [count(errors, "error")] if errors else ["no errors"]
            found += [count(warnings, "warning")] if warnings else []
            screen.say(f"{count(len(self.rulesets), 'ruleset')} checked: {', '.join(found)}")


def check(files: Sequence[str]) -> Checked:
    """Check every ruleset that is named, and all in the folders named."""
    return Checked(*load_all(files))
