"""Many rules in one ruleset: what they share is said and reckoned once, and each still says what it alone would say."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from requite.dsl.program import Program
from requite.engine.columnar.showing import show_sql
from requite.engine.results import COLUMNS
from requite.engine.run import run
from tests.data.support import program

HEAD = """
payee gps "The GPs"
record claim "A claim"
  key id: text
  kind: text
  billed: money
  agreed: money optional
  days: count optional
for each claim
  let price = agreed + £10
scheme bonus "Bonus" for each claim
  settles with the period
  payment reward "Reward" to gps spent on "new chairs"
    amount 1% of billed
"""

KINDS = (
    """
check dear_{n} "Dear" for each claim
  requires kind is "a"
  needs price is known
  expected price
  tolerance £{n}
  flag when billed > expected + tolerance
  reason "billed {{billed}} for {{id}}, not {{expected}}"
""",
    """
check long_{n} "Long" for each claim
  requires kind is "b"
  needs days is known
  needs agreed is known
  expected agreed
  flag when (billed > expected and days > {n}) or days > {n} + 300
""",
    """
check odd_{n} "Odd" for each claim
  needs days is known
  flag when days > {n} * 2
  expected £{n}
  reason "{{days}} days of {{agreed}}"
""",
    """
check low_{n} "Low" for each claim
  needs days is known and price is known
  expected price
  tolerance £{n}
  flag when billed > expected + tolerance
  flag undercharges too
  reason "{{billed}} against {{price}}"
""",
)
MOST_CHARACTERS = 2_500
"""So much SQL may a rule add that shares all but its own limit with others."""


def ruleset(checks: int, kinds: tuple[str, ...] = KINDS) -> Program:
    text = HEAD + "".join(kinds[n % len(kinds)].format(n=n) for n in range(checks))
    return program(text, "many.requite")


@pytest.fixture
def inputs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    monkeypatch.chdir(tmp_path)
    rows = [
        f"C{i},{'abc'[i % 3]},{i * 37 % 900}.{i % 100:02d},{'' if i % 7 == 0 else i % 300},{'' if i % 5 == 0 else i % 400}"
        for i in range(240)
    ]
    Path("claim.csv").write_text("id,kind,billed,agreed,days\n" + "\n".join(rows) + "\n", encoding="utf-8")
    return {"claim": "claim.csv"}


def test_checks_decided_together_and_apart_come_to_what_the_interpreter_says(inputs: dict[str, str]) -> None:
    made = ruleset(130)
    for engine in ("interpret", "duckdb"):
        run(made, inputs, engine, known=date(2020, 1, 1), csv=True, engine=engine)
    for name in COLUMNS:
        assert Path(f"duckdb/{name}.csv").read_bytes() == Path(f"interpret/{name}.csv").read_bytes(), name
    findings = Path("duckdb/findings.csv").read_text(encoding="utf-8")
    refused = Path("duckdb/not_assessable.csv").read_text(encoding="utf-8")
    for kind in ("dear", "long", "odd", "low"):
        assert f"{kind}_" in findings
        assert f"{kind}_" in refused


@pytest.mark.parametrize("engine", ["duckdb", "spark"])
@pytest.mark.parametrize("kind", KINDS)
def test_a_further_rule_adds_little_sql(kind: str, engine: str) -> None:
    few, many = (len(show_sql(ruleset(checks, (kind,)), engine)) for checks in (60, 160))
    assert (many - few) / 100 < MOST_CHARACTERS


def test_what_checks_share_is_said_once_in_each_statement_and_names_its_clauses() -> None:
    text = show_sql(ruleset(40, KINDS[:1]))
    assert text.count('AS "price"') == 1
    assert text.count("'billed '") == 1
    assert text.count('__status", /* many.requite:') + text.count('__status" /* many.requite:') == 40
    assert "; and 37 more */" in text
