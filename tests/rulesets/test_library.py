"""Every ruleset of the library: it checks without a word, its examples hold, and they reach every way that its rules can go."""

from __future__ import annotations

import pytest

from requite.dsl.diagnostics import render_text
from requite.engine.coverage import cover
from requite.engine.data import read_data
from requite.engine.examples import examples_on, run_examples
from requite.engine.wording import words
from tests.rulesets.support import RULESETS, load

FILES = sorted(path.relative_to(RULESETS).as_posix() for kind in ("*.md", "*.requite") for path in RULESETS.rglob(kind))

FEWEST_EXAMPLES = 4


def test_there_are_rulesets() -> None:
    shipped = {"incentives/north_bradford.md", "claims/kingston.md", "claims/nhs_tariff.md", "medicare/shared_savings.md"}
    assert shipped <= set(FILES)


@pytest.mark.parametrize("name", FILES)
def test_no_errors_and_no_warnings(name: str) -> None:
    _, diagnostics = load(name)
    assert not diagnostics, render_text(diagnostics)


@pytest.mark.parametrize("name", FILES)
def test_examples_hold_and_reach_everything(name: str) -> None:
    program, _ = load(name)
    beside = any(record.file for record in program.records.values())
    data = read_data(program, {}, needed={}).data if beside else {}
    results, coverage = cover(program, data)
    failures = [f"{failure.span}: {failure.message}" for result in results for failure in result.failures]
    assert not failures, "\n".join(failures)
    has_rules = program.schemes or program.checks or program.shown
    assert len(results) >= FEWEST_EXAMPLES or not has_rules
    missed = [f"{point.span}: {point.what} never: {words(point.span)}" for point in coverage.missed]
    assert not missed, "\n".join(missed)


@pytest.mark.parametrize("name", FILES)
def test_examples_hold_on_the_database(name: str) -> None:
    program, _ = load(name)
    beside = any(record.file for record in program.records.values())
    data = read_data(program, {}, needed={}).data if beside else {}
    results = run_examples(program, data, engine=examples_on("duckdb"))
    failures = [f"{failure.span}: {failure.message}" for result in results for failure in result.failures]
    assert not failures, "\n".join(failures)


@pytest.mark.parametrize("name", FILES)
def test_every_figure_has_a_source_or_says_that_it_is_illustrative(name: str) -> None:
    program, _ = load(name)
    bare = [
        f"{value.span}: {parameter.name}"
        for parameter in program.parameters.values()
        for value in parameter.values
        if not value.cites and not value.illustrative
    ]
    bare += [f"{bands.span}: {bands.name}" for bands in program.bands.values() if not bands.cites and not bands.illustrative]
    bare += [
        f"{record.span}: {record.name}"
        for record in program.records.values()
        if record.table and record.rows and not record.cites and not record.illustrative
    ]
    assert not bare, "\n".join(bare)
    silent = [scheme.name for scheme in program.schemes.values() if not scheme.cites]
    silent += [check.name for check in program.checks.values() if not check.cites]
    assert not silent, silent
