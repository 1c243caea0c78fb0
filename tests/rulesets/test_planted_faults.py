"""Faults seen in tariff code elsewhere, planted one by one in a copy of the spell price: its own examples find each of them."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from requite.dsl.diagnostics import render_text
from requite.dsl.load import load_program
from requite.engine.examples import ExampleResult, run_examples
from tests.rulesets.support import RULESETS

CLAIMS = RULESETS / "claims"
RULESET = "spell_price.md"

FAULTS = {
    "nineteen is not yet adult": (
        ("age >= short_stay_age", "age > short_stay_age"),
        "nineteen exactly, and eighteen",
    ),
    "a short stay is cut whatever the admission": (
        (" and is_emergency\n", "\n"),
        "a short elective stay is paid in full",
    ),
    "elective stays are cut in the place of emergencies": (
        (" and is_emergency\n", " and is_elective\n"),
        "a short elective stay is paid in full",
    ),
    "admission methods by their first digit: 1 elective, 2 emergency, nothing for the rest": (
        ("otherwise prices.non_elective\n", "prices.non_elective when is_emergency, otherwise £0\n"),
        "mothers, births and transfers are priced as non-elective",
    ),
    "the excess days are those between the dates": (
        ("max(0 days, stay - trim_point)", "max(0 days, discharged - admitted - trim_point)"),
        "exactly the trim point; and days of critical care taken off",
    ),
    "whether a stay is short is told by the dates": (
        ("stay < short_stay_limit", "discharged - admitted < short_stay_limit"),
        "two days are not short; the adjusted stay decides",
    ),
}
"""For each fault the text that it replaces, what it puts there, and the example that must find it."""

CHOICES = {
    "the top-up is taken on the long stay too": (
        ("percent 0%\n", "percent 100%\n"),
        "each other service, and none",
        "£1,742.40",
    ),
    "prices are rounded to the pound": (
        ("money 1p ", "money £1 "),
        "each band from its first day, and the last day before it",
        "overcharge £0.03",
    ),
}
"""What a contract may settle otherwise, the example that then no longer holds, and an amount that comes out in its place."""


def shown(folder: Path, old: str = "", new: str = "") -> tuple[ExampleResult, ...]:
    """What the examples show of a copy in which one text, which must stand there once, is replaced by another."""
    shutil.copy(CLAIMS / "records.md", folder)
    text = (CLAIMS / RULESET).read_text(encoding="utf-8")
    if old:
        assert text.count(old) == 1, f"{old!r} stands there {text.count(old)} times"
    copy = folder / RULESET
    copy.write_text(text.replace(old, new) if old else text, encoding="utf-8")
    program, diagnostics = load_program(copy)
    assert program is not None, render_text(diagnostics)
    return run_examples(program)


def failing(results: tuple[ExampleResult, ...]) -> dict[str, list[str]]:
    return {result.name: [failure.message for failure in result.failures] for result in results if not result.holds}


def test_the_unchanged_copy_holds(tmp_path: Path) -> None:
    results = shown(tmp_path)
    assert {fault[1] for fault in FAULTS.values()} <= {result.name for result in results}
    assert not failing(results)


@pytest.mark.parametrize("fault", FAULTS)
def test_a_planted_fault_is_found(fault: str, tmp_path: Path) -> None:
    """By the example that is there for it, and for another price, not because a price is missing."""
    (old, new), example = FAULTS[fault]
    messages = failing(shown(tmp_path, old, new))[example]
    assert not [message for message in messages if "not known" in message]


def test_methods_outside_the_two_lists_would_be_priced_at_nothing(tmp_path: Path) -> None:
    """Methods 31, 32, 81, 82 and 83: each would come to £0."""
    (old, new), example = FAULTS["admission methods by their first digit: 1 elective, 2 emergency, nothing for the rest"]
    assert failing(shown(tmp_path, old, new))[example][:5] == ["expected £9,766.00, got £0.00"] * 5


@pytest.mark.parametrize("choice", CHOICES)
def test_a_contract_that_chooses_otherwise(choice: str, tmp_path: Path) -> None:
    """£1,000 + £200 + 32% of £1,200, times 1.1, is £1,742.40; £250.025 to the pound is £250, 3p below £250.03."""
    (old, new), example, amount = CHOICES[choice]
    assert amount in " ".join(failing(shown(tmp_path, old, new))[example])
