"""Programs whose expected figures were worked out by hand, run on every engine: the words of the language mean what they say."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date
from fractions import Fraction
from pathlib import Path

import pytest

from requite.dsl.diagnostics import Severity, render_text
from requite.dsl.load import check_text, load_program
from requite.dsl.program import Program
from requite.engine.examples import ExampleResult, examples_on, run_examples
from requite.engine.interpret import Interpreter
from requite.engine.lower import lower
from requite.engine.rows import Row

PROGRAMS = sorted((Path(__file__).parent / "programs").glob("*.requite"))

LANGUAGE = Path(__file__).parent.parent / "language"

FEATURES = [
    LANGUAGE / feature / "good" / f"{name}.requite"
    for feature, name in (
        ("carry", "expected"),
        ("examples", "dated"),
        ("optional", "named"),
        ("related", "weighted"),
        ("tables", "known"),
    )
]
"""Programs of single features whose examples say what they mean."""

APART = LANGUAGE / "use" / "good" / "apart.requite"

SETS = LANGUAGE / "examples" / "good" / "sets.requite"

ENGINES: dict[str, Callable[[Program], tuple[ExampleResult, ...]]] = {
    "interpret": run_examples,
    "duckdb": lambda program: run_examples(program, engine=examples_on("duckdb")),
}


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("path", [*PROGRAMS, *FEATURES], ids=lambda path: path.stem)
def test_examples_hold(path: Path, engine: str) -> None:
    program, diagnostics = load_program(path)
    errors = [d for d in diagnostics if d.severity is Severity.ERROR]
    assert program is not None, render_text(errors)
    results = ENGINES[engine](program)
    assert len(results) == len(program.examples) > 0
    failures = [f"{failure.span}: {failure.message}" for result in results for failure in result.failures]
    assert not failures, "\n".join(failures)


@pytest.mark.parametrize("engine", ENGINES)
def test_examples_that_set_parameters(engine: str) -> None:
    program, _ = load_program(SETS)
    assert program is not None
    results = ENGINES[engine](program)
    assert len(results) == 3
    assert [failure.message for result in results for failure in result.failures] == []
    plain = replace(program, examples=tuple(replace(example, parameters={}) for example in program.examples))
    assert [len(result.failures) for result in ENGINES[engine](plain)] == [0, 5, 3]


@pytest.mark.parametrize("engine", ENGINES)
def test_files_kept_apart_keep_their_own(engine: str) -> None:
    program, _ = load_program(APART)
    assert program is not None
    (result,) = ENGINES[engine](program)
    assert not result.failures, "\n".join(failure.message for failure in result.failures)


def test_results_of_files_kept_apart_are_told_apart() -> None:
    program, _ = load_program(APART)
    assert program is not None
    row = Row("spell", ("S1",), {"id": "S1", "hrg": "21", "billed": Fraction(100)})
    decisions = Interpreter(lower(program), {"spell": [row]}).decide()
    assert [(p.payee, int(p.amount)) for p in decisions.payments] == [
        ("hospital", 30),
        ("two.hospital", 7),
        ("one.hospital", 10),
        ("two.hospital", 20),
    ]
    figures = {figure.name: figure.value for figure in decisions.figures}
    assert (figures["part"], figures["one.part"], figures["two.part"]) == (3, 1, 2)


def test_a_wrong_expectation_is_noticed() -> None:
    path = PROGRAMS[0].parent / "numbers.requite"
    text = path.read_text(encoding="utf-8").replace("expect sum is 0.3", "expect sum is 0.30000000000000004")
    program, _ = check_text(text, path.name)
    assert program is not None
    failed = [failure for result in run_examples(program) for failure in result.failures]
    assert [failure.span.text for failure in failed] == ["expect sum is 0.30000000000000004"]


def test_an_undercharge_is_neither_challenged_nor_penalised() -> None:
    program, _ = load_program(PROGRAMS[0].parent / "claims.requite")
    assert program is not None
    row = Row(
        "spell",
        ("A",),
        {"id": "A", "provider": "R", "patient": "N", "price": Fraction(100), "admitted": date(2012, 1, 1), "billed": Fraction(40)},
    )
    (finding,) = Interpreter(lower(program), {"spell": [row]}).decide().findings
    assert finding.overcharge == -60
    assert (finding.challenged, finding.challenged_as, finding.penalty) == (False, "", None)
