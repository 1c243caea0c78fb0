"""`requite test`: run the examples of rulesets, and say what they do not reach."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from requite.api.console import Screen, count, listed
from requite.api.finding import Ruleset, load_all
from requite.dsl.diagnostics import Diagnostic, Severity, error
from requite.dsl.program import Program
from requite.dsl.source import Span
from requite.engine.coverage import Coverage, Point, cover
from requite.engine.data import read_data
from requite.engine.examples import ExampleResult, examples_on, run_examples
from requite.engine.reading.problems import DataError, DataProblem
from requite.engine.rows import Data
from requite.engine.settings import INTERPRET
from requite.engine.wording import words

SHOWN_OF_CLAUSE: Final = 70


@dataclass(frozen=True, slots=True)
class Tested:
    """What the examples of one ruleset show; `coverage` where that was asked for."""

    file: str
    diagnostics: Sequence[Diagnostic]
    examples: Sequence[ExampleResult] = ()
    coverage: Coverage | None = None
    problems: Sequence[DataProblem] = ()

    @property
    def held(self) -> int:
        return sum(example.holds for example in self.examples)

    @property
    def ok(self) -> bool:
        return not self.diagnostics and not self.problems and self.held == len(self.examples)

    def content(self) -> dict[str, Any]:
        found: dict[str, Any] = {
            "file": self.file,
            "ok": self.ok,
            "diagnostics": [d.to_json() for d in self.diagnostics],
            "errors": [problem.to_json() for problem in self.problems],
            "examples": [_example(example) for example in self.examples],
        }
        if self.coverage is not None:
            found["coverage"] = {
                "points": len(self.coverage.points),
                "reached": len(self.coverage.points) - len(self.coverage.missed),
                "missed": [
                    {"kind": p.kind, "what": p.what, "text": words(p.span, SHOWN_OF_CLAUSE), **_place(p.span)}
                    for p in self.coverage.missed
                ],
            }
        return found

    def show(self, screen: Screen) -> None:
        screen.diagnostics(self.diagnostics)
        for example in self.examples:
            screen.diagnostics([_failure(example, failure.span, failure.message) for failure in example.failures])
        for problem in self.problems:
            screen.error(problem.message, problem.help)
        if self.diagnostics or self.problems:
            return
        total = len(self.examples)
        if not total:
            screen.say(f"{self.file}: no examples")
        elif self.held == total:
            screen.say(f"{self.file}: {count(total, 'example holds', 'examples hold')}")
        else:
            screen.say(f"{self.file}: {self.held} of {count(total, 'example holds', 'examples hold')}")
        if self.coverage is not None:
            _show_coverage(self.coverage, screen)


def _example(example: ExampleResult) -> dict[str, Any]:
    failures = [{"message": failure.message, **_place(failure.span)} for failure in example.failures]
    return {"name": example.name, "holds": example.holds, **_place(example.span), "failures": failures}


def _place(span: Span) -> dict[str, Any]:
    return {"file": span.source.name, "line": span.line, "column": span.column}


def _failure(example: ExampleResult, span: Span, message: str) -> Diagnostic:
    return error("example-fails", span, f"the example “{example.name}” does not hold: {message}")


def _show_coverage(coverage: Coverage, screen: Screen) -> None:
    total, missed = len(coverage.points), len(coverage.missed)
    screen.say(f"  the examples reach {total - missed} of {count(total, 'way')} that the rules can go")
    places: dict[tuple[str, Span], list[str]] = defaultdict(list)
    for point in coverage.missed:
        places[point.kind, point.span].append(_never(point))
    for (kind, span), never in places.items():
        screen.say(f"  {span.source.name}:{span.line}: {listed(never)}: {kind} `{words(span, SHOWN_OF_CLAUSE)}`")


NEVER: Final = {
    ("gate", "held"): "never held",
    ("gate", "refused"): "never refused",
    ("case", "reached"): "never reached",
    ("band", "reached"): "never reached",
    ("exception", "applied"): "never applied",
    ("cap", "bound"): "never at its limit",
    ("cap", "did not bind"): "never below its limit",
    ("flag", "flagged"): "never flagged",
    ("flag", "passed"): "never passed",
}
"""What is said of a point that no example reaches."""


def _never(point: Point) -> str:
    return NEVER.get((point.kind, point.what), f"never {point.what}")


# --- all rulesets -------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class AllTested:
    rulesets: Sequence[Tested]
    problems: Sequence[DataProblem]

    @property
    def ok(self) -> bool:
        return not self.problems and all(tested.ok for tested in self.rulesets)

    def content(self) -> dict[str, Any]:
        total = sum(len(tested.examples) for tested in self.rulesets)
        held = sum(tested.held for tested in self.rulesets)
        return {
            "errors": [problem.to_json() for problem in self.problems],
            "rulesets": [tested.content() for tested in self.rulesets],
            "counts": {"rulesets": len(self.rulesets), "examples": total, "held": held, "failed": total - held},
        }

    def show(self, screen: Screen) -> None:
        for tested in self.rulesets:
            tested.show(screen)
        for problem in self.problems:
            screen.error(problem.message, problem.help)
        if len(self.rulesets) > 1:
            total, held = sum(len(t.examples) for t in self.rulesets), sum(t.held for t in self.rulesets)
            screen.say(f"{count(len(self.rulesets), 'ruleset')}: {held:,} of {count(total, 'example holds', 'examples hold')}")


def test(files: Sequence[str], coverage: bool, engine: str) -> AllTested:
    """Run the examples of every ruleset that is named, and of all in the folders named."""
    rulesets, problems = load_all(files)
    return AllTested(list(_each_once(_test(ruleset, coverage, engine) for ruleset in rulesets)), problems)


def _test(ruleset: Ruleset, coverage: bool, engine: str) -> Tested:
    if ruleset.program is None:
        return Tested(ruleset.file, [d for d in ruleset.diagnostics if d.severity is Severity.ERROR] or ruleset.diagnostics)
    try:
        data = _tables_beside(ruleset.program)
    except DataError as error:
        return Tested(ruleset.file, (), problems=error.problems)
    if coverage:
        examples, covered = cover(ruleset.program, data)
        return Tested(ruleset.file, (), examples, covered)
    if engine == INTERPRET:
        return Tested(ruleset.file, (), run_examples(ruleset.program, data))
    from requite.engine.columnar.refusing import refusals

    try:
        with refusals():
            return Tested(ruleset.file, (), run_examples(ruleset.program, data, engine=examples_on(engine)))
    except DataError as error:
        return Tested(ruleset.file, (), problems=error.problems)


def _tables_beside(program: Program) -> Data:
    """The rows of the tables that lie in files beside the ruleset; everything else the examples bring themselves."""
    if not any(record.file for record in program.records.values()):
        return {}
    return read_data(program, {}, needed={}).data


def _each_once(rulesets: Iterator[Tested]) -> Iterator[Tested]:
    """Each example under the first ruleset that has it, for a file that several rulesets use brings its own to each of them."""
    seen: set[tuple[str, int]] = set()
    for tested in rulesets:
        new = [e for e in tested.examples if (e.span.source.name, e.span.start) not in seen]
        seen |= {(e.span.source.name, e.span.start) for e in new}
        yield replace(tested, examples=new)
