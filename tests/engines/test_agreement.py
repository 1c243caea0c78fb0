"""Engines agree: programs and data at random come to the same payments, findings, figures and reasons on each, to the penny."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator
from datetime import date
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, seed, settings

from requite.dsl import program as core
from requite.dsl.source import Span
from requite.dsl.types import Type
from requite.engine.columnar.problems import CannotRun, Overflow
from requite.engine.decision import Results
from requite.engine.interpret import Brought
from requite.engine.lower import lower
from requite.engine.plan import Plan
from requite.engine.rows import Data
from tests.engines.agreement.choices import Seeded
from tests.engines.agreement.compare import Decide, columnar, compare, interpret
from tests.engines.agreement.data import Drawn
from tests.engines.agreement.kept import cases as kept_cases
from tests.engines.agreement.kept import keep, load
from tests.engines.agreement.programs import checked, draw_text
from tests.engines.agreement.reduce import signature
from tests.engines.agreement.strategies import Case, cases, seeded
from tests.engines.agreement.trying import Found, Tally, smaller, tried
from tests.engines.support import rows_of

PARTS, PROGRAMS_A_PART, ON_SPARK = 4, 50, 10
LEAST_COMPARED = 80
SECONDS_TO_REDUCE = 60


# --- engines -------------------------------------------------------------------------------------------------------------


def assert_agrees(engine: Decide, programs: int, part: int) -> None:
    """Draws programs, and fails with the smallest case that was found where the engine differs from the interpreter."""
    tally, found = Tally(), list[Found]()

    @settings(max_examples=programs, deadline=None, phases=(Phase.generate,), suppress_health_check=list(HealthCheck))
    @given(cases())
    def try_each(case: Case) -> None:
        difference = tried(case, engine, tally) if not found else None
        if difference is not None:
            found.append(difference)

    if settings.default is not None and settings.default.derandomize:
        try_each = seed(part)(try_each)
    try_each()
    assert not found, f"the engines differ:\n{smaller(found[0], engine, SECONDS_TO_REDUCE)}"
    assert tally.compared * 100 >= tally.runs * LEAST_COMPARED, tally


@pytest.mark.parametrize("part", range(PARTS))
def test_on_duckdb_programs_come_to_what_the_interpreter_says(part: int, monkeypatch: pytest.MonkeyPatch) -> None:
    if part % 2:  # the same as with many rows
        monkeypatch.setattr("requite.engine.columnar.numbered.FEW_ROWS", 0)
    assert_agrees(columnar("duckdb"), PROGRAMS_A_PART, part)


def test_on_spark_programs_come_to_what_the_interpreter_says() -> None:
    assert_agrees(columnar("spark"), ON_SPARK, PARTS)


@pytest.mark.parametrize("database", ["duckdb", "spark"])
@pytest.mark.parametrize("path", kept_cases(), ids=lambda path: path.stem)
def test_no_difference_comes_back(path: Path, database: str) -> None:
    program, drawn = load(path)
    verdict = compare(lower(program), drawn.rows, drawn.known, drawn.brought, columnar(database))
    assert not verdict.differences, "\n".join(verdict.differences)


# --- what is drawn ---------------------------------------------------------------------------------------------------------


def test_nine_programs_of_ten_are_without_errors_and_say_all_that_the_language_has() -> None:
    seen: set[str] = set()
    good, tried_here = 0, 200
    for number in range(tried_here):
        program, _ = checked(draw_text(Seeded(number)))
        if program is not None:
            good += 1
            seen |= {type(part).__name__ for part in _parts(program)}
    assert good * 100 >= tried_here * 90, good
    wanted = {part.__name__ for part in core.Expr.__args__} | {
        "AmountClause", "ExceptClause", "LimitClause", "OnlyFirstClause", "TogetherClause", "AltogetherClause", "Gate",
        "FlagClause",
        "ColumnClause", "Computed", "Matched", "Shared", "Paid", "BroughtForward", "Carry", "Share", "Shown", "Precedence",
        "Challenge", "ReasonPart",
    }  # fmt: skip
    assert not wanted - seen


def _parts(program: core.Program) -> Iterator[Any]:
    """All that a program is made of: every piece that is not a place in the text or a plain value."""
    waiting: list[Any] = [program.columns, program.payments, program.schemes, program.checks, program.shares]
    waiting += [program.shown, program.precedences]
    while waiting:
        part = waiting.pop()
        if isinstance(part, dict | tuple | list):
            waiting += part.values() if isinstance(part, dict) else part
        elif dataclasses.is_dataclass(part) and not isinstance(part, Span | Type):
            yield part
            waiting += [getattr(part, field.name) for field in dataclasses.fields(part)]


def test_data_decides_rules_in_every_way() -> None:
    statuses, flagged, paid = set[tuple[str, str]](), 0, 0
    for number in range(80):
        case = seeded(number, sets=3)
        for drawn in case.data if case else ():
            assert case is not None
            results = interpret(lower(case.program), drawn.rows, drawn.known, drawn.brought)
            kinds = {count.rule: count.kind for count in results.counts}
            statuses |= {(kinds[outcome.rule], outcome.status) for outcome in results.outcomes}
            flagged += len(results.findings)
            paid += sum(payment.amount != 0 for payment in results.payments)
    assert len(statuses) == 6, statuses
    assert flagged > 30
    assert paid > 100


# --- the interpreter and itself ----------------------------------------------------------------------------------------------


@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck), phases=(Phase.generate,))
@given(cases())
def test_what_the_passes_leave_out_changes_nothing(case: Case) -> None:
    (drawn,) = case.data
    whole = _unrewritten(case.program)
    verdict = compare(lower(case.program), drawn.rows, drawn.known, drawn.brought, lambda _, *given: interpret(whole, *given))
    assert not verdict.differences, Found(case.text, drawn, verdict.differences)


def _unrewritten(program: core.Program) -> Plan:
    """The plan of a program of which nothing is folded or left out."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("requite.engine.lower.PASSES", ())
        return lower(program)


@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck), phases=(Phase.generate,))
@given(cases())
def test_rows_in_another_order_come_to_the_same(case: Case) -> None:
    (drawn,) = case.data
    dated = {record.name for record in case.program.records.values() if record.period}  # rows of one key follow as they were read
    turned = {name: list(rows) if name in dated else list(reversed(rows)) for name, rows in drawn.rows.items()}
    plan = lower(case.program)
    there, back = (interpret(plan, rows, drawn.known, drawn.brought) for rows in (drawn.rows, turned))
    assert _in_any_order(there) == _in_any_order(back), Found(case.text, drawn, ())


@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck), phases=(Phase.generate,))
@given(cases())
def test_declarations_in_another_order_mean_the_same(case: Case) -> None:
    (drawn,) = case.data
    head, *rest = case.text.strip().split("\n\n")
    other = Case.of("\n\n".join([head, *reversed(rest)]) + "\n", drawn)
    there, back = (interpret(lower(c.program), drawn.rows, drawn.known, drawn.brought) for c in (case, other))
    assert _in_any_order(there) == _in_any_order(back), Found(case.text, drawn, ())


def _in_any_order(results: Results) -> list[str]:
    """Results without what the order of rows and rules decides: which of several reasons is given, which finding is challenged."""
    plain = [
        *(dataclasses.replace(p, reason="") for p in results.payments),
        *(dataclasses.replace(f, reason="", challenged=False, challenged_as="") for f in results.findings),
        *(dataclasses.replace(f, reason="") for f in results.figures),
        *(dataclasses.replace(n, reason="") for n in results.not_assessable),
        *(dataclasses.replace(c, reason="") for c in results.carried),
        *results.counts,
    ]
    return sorted(str(part) for part in plain)


# --- the comparison itself ---------------------------------------------------------------------------------------------------

PROGRAM = """ruleset small
  currency GBP

payee fund "The fund"

record claim
  key id: text
  billed: money
  agreed: money optional

for each claim
  let half = billed / 2
  let quarter = half / 2
  show half, quarter

scheme pay for each claim
  payment fee to fund
    requires billed > £1
    amount half

check dear for each claim
  needs agreed is known
  expected agreed
  flag when billed > expected
"""


def small(*billed: str) -> Found:
    """Claims with these bills, each agreed at £5."""
    case = Case.of(PROGRAM)
    given = [{"id": f"C{i}", "billed": Fraction(amount), "agreed": Fraction(5)} for i, amount in enumerate(billed)]
    return Found(PROGRAM, Drawn({"claim": rows_of(case.program, "claim", given)}, None, {}), ())


def wrong(change: Callable[[Results], Results]) -> Decide:
    """An engine that is right but for a change to its results."""

    def decide(plan: Plan, data: Data, known: date | None, brought: Brought | None) -> Results:
        return change(interpret(plan, data, known, brought))

    return decide


def differences_of(found: Found, engine: Decide) -> tuple[str, ...]:
    case = Case.of(found.text)
    return compare(lower(case.program), found.drawn.rows, found.drawn.known, found.drawn.brought, engine).differences


def first_payment(**changed: Any) -> Callable[[Results], Results]:
    def change(results: Results) -> Results:
        first, *rest = results.payments
        return dataclasses.replace(results, payments=(dataclasses.replace(first, **changed), *rest))

    return change


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (first_payment(amount=Fraction("5.01")), "amount: wanted Fraction(5, 1), found Fraction(501, 100)"),
        (first_payment(amount=5.0), "amount: wanted Fraction(5, 1), found 5.0"),
        (first_payment(amount=5), "amount: wanted Fraction(5, 1), found 5"),
        (first_payment(reason="because"), "reason: wanted '', found 'because'"),
        (first_payment(payee="other"), "payee: wanted 'fund', found 'other'"),
        (lambda r: dataclasses.replace(r, payments=r.payments[::-1]), "payments[0]"),
        (lambda r: dataclasses.replace(r, payments=r.payments[:-1]), "payments: 3 wanted, 2 found"),
        (lambda r: dataclasses.replace(r, figures=()), "figures: 6 wanted, 0 found"),
        (lambda r: dataclasses.replace(r, outcomes=()), "outcomes: 6 wanted, 0 found"),
    ],
)
def test_the_least_difference_is_noticed(change: Callable[[Results], Results], said: str) -> None:
    found = small("10", "20", "0.50")
    assert not differences_of(found, interpret)
    assert said in "\n".join(differences_of(found, wrong(change)))


def failing(error: Exception) -> Decide:
    def decide(*_: Any) -> Results:
        raise error

    return decide


def test_an_overflow_is_a_difference_unless_figures_are_large() -> None:
    tally, engine = Tally(), failing(Overflow("fee of claim C0 passes 38 digits"))
    assert "no figure has more than" in differences_of(small("10"), engine)[0]
    large = small(str(10**30))
    assert not differences_of(large, engine)
    assert tried(Case.of(PROGRAM, large.drawn), engine, tally) is None
    assert (tally.runs, tally.compared, tally.not_compared) == (1, 0, {"overflow": 1})


def test_a_refusal_and_a_failure_are_differences() -> None:
    assert differences_of(small("10"), failing(CannotRun("shares"))) == ("the engine refuses: shares",)
    assert differences_of(small("10"), failing(KeyError("x"))) == ("the engine fails with KeyError: 'x'",)


def test_a_difference_is_made_small_and_kept(tmp_path: Path) -> None:
    def change(results: Results) -> Results:
        return dataclasses.replace(
            results, payments=tuple(dataclasses.replace(p, reason="?") if p.amount > 50 else p for p in results.payments)
        )

    found = smaller(small("10", "300", "20"), wrong(change), 20)
    assert [row.line for row in found.drawn.rows["claim"]] == [3]
    assert "check" not in found.text
    assert "quarter" not in found.text
    path = keep(found.text, found.drawn, "too_much", tmp_path)
    program, drawn = load(path)
    assert path in kept_cases(tmp_path)
    assert [(row.key, row.values) for row in drawn.rows["claim"]] == [(row.key, row.values) for row in found.drawn.rows["claim"]]
    assert compare(lower(program), drawn.rows, None, {}, wrong(change)).differences == found.differences


def test_all_kinds_of_values_are_kept_as_they_are(tmp_path: Path) -> None:
    for number in range(12):
        case = seeded(number)
        for drawn in case.data if case else ():
            assert case is not None
            _, read = load(keep(case.text, drawn, f"case{number}", tmp_path))
            assert {n: [(r.key, r.values, r.line) for r in rows] for n, rows in read.rows.items()} == {
                n: [(r.key, dict(r.values), r.line) for r in rows] for n, rows in drawn.rows.items()
            }
            assert (read.known, read.brought) == (drawn.known, drawn.brought)


def test_differences_of_one_kind_have_one_signature() -> None:
    first, other = (
        f"payments[{i}]: payment fee, key ('C{i}',): amount: wanted {i}, found 0; reason: wanted '', found ''" for i in (1, 2)
    )
    assert signature(first) == signature(other) == "payments: amount, reason"
