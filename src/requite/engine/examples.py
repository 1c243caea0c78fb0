"""Worked examples: the rows that an example gives, and what its expectations find."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Any, Protocol

from requite.dsl import program as core
from requite.dsl.program import WHOLE
from requite.dsl.source import Span
from requite.dsl.types import MONEY, Type
from requite.engine.decision import Key, Outcome
from requite.engine.interpret import Interpreter
from requite.engine.interpreting.closures import Record
from requite.engine.interpreting.deciding import carried_on, check_outcome, payment_outcome
from requite.engine.interpreting.tables import literal_rows
from requite.engine.interpreting.values import Lack, Missing, identity
from requite.engine.lower import lower
from requite.engine.plan import Plan
from requite.engine.rows import Data, Row
from requite.engine.wording import key_text, show_as


@dataclass(frozen=True, slots=True)
class Failure:
    """An expectation that does not hold: its place, and what was expected and what was got."""

    span: Span
    message: str


@dataclass(frozen=True, slots=True)
class ExampleResult:
    name: str
    span: Span
    failures: tuple[Failure, ...]

    @property
    def holds(self) -> bool:
        return not self.failures


class Answers(Protocol):
    """What an engine says of the rows of one example."""

    @property
    def program(self) -> core.Program:
        """The ruleset, as the passes left it."""
        ...

    def rows(self, record: str) -> Sequence[Row]:
        """The rows of a record, those of derived ones too."""
        ...

    def payment(self, rule: core.PaymentRule, row: Row) -> Outcome:
        """What became of a payment for a row."""
        ...

    def check(self, check: core.CheckRule, row: Row) -> Outcome:
        """What became of a check for a row."""
        ...

    def figure(self, target: str, row: Row) -> tuple[Type, Any]:
        """The value of a column, or of a field as `record.field`, with its type."""
        ...

    def carried(self, scheme: core.Scheme, carry: core.Carry, row: Row) -> Any:
        """What a row carries forward; None where it carries nothing."""
        ...

    def share_reason(self, share: str, row: Row) -> str:
        """Why a row's part of a share is what it is."""
        ...


@dataclass(frozen=True, eq=False)
class Interpreted:
    """The answers of the interpreter."""

    interpreter: Interpreter

    @property
    def program(self) -> core.Program:
        return self.interpreter.program

    def rows(self, record: str) -> Sequence[Row]:
        return self.interpreter.rows(record)

    def payment(self, rule: core.PaymentRule, row: Row) -> Outcome:
        return payment_outcome(rule, row, self.interpreter.rules)[0]

    def check(self, check: core.CheckRule, row: Row) -> Outcome:
        return check_outcome(check, row, self.interpreter.rules)

    def figure(self, target: str, row: Row) -> tuple[Type, Any]:
        return figure_value(target, row, self.interpreter)

    def carried(self, scheme: core.Scheme, carry: core.Carry, row: Row) -> Any:
        return carried_on(scheme, carry, row, self.interpreter.rules)

    def share_reason(self, share: str, row: Row) -> str:
        part = self.interpreter.rules.shares.part(share, row)
        return part.reason if part is not None else ""


Engine = Callable[[core.Example, Plan, Data], Answers]
"""What decides an example: the rows of its tables are in the data."""


def run_examples(
    program: core.Program, data: Data | None = None, note: Record | None = None, engine: Engine | None = None
) -> tuple[ExampleResult, ...]:
    """What the examples of a program show. `data` may bring the rows of tables in files; `note` is told what is reached.

    `engine` decides in the interpreter's place.
    """
    plan = lower(program)
    return tuple(run_example(example, plan, data or {}, note, engine) for example in plan.program.examples)


def run_example(
    example: core.Example, plan: Plan, data: Data, note: Record | None = None, engine: Engine | None = None
) -> ExampleResult:
    """What one example shows."""
    plan = _with_parameters(example, plan)
    answers: Answers = engine(example, plan, data) if engine else Interpreted(interpreter_of(example, plan, data, note))
    failures = [failure for expected in example.expects for failure in _failures(expected, answers)]
    return ExampleResult(example.name, example.span, tuple(failures))


def _with_parameters(example: core.Example, plan: Plan) -> Plan:
    """The plan with the values that an example gives to parameters: no expression is made of them before it runs."""
    if not example.parameters:
        return plan
    parameters = dict(plan.program.parameters)
    for name, value in example.parameters.items():
        if name in parameters:  # what nothing reads is left out of a plan
            parameters[name] = replace(parameters[name], values=(value,))
    return replace(plan, program=replace(plan.program, parameters=parameters))


def examples_on(database: str) -> Engine:
    """An engine for examples: the columnar one, on a database by name."""
    from requite.engine.columnar.answers import decided  # heavy: only where it is asked for

    def answer(example: core.Example, plan: Plan, data: Data) -> Answers:
        figures = [expected.target for expected in example.expects if expected.target in plan.program.columns]
        rows = example_data(example, plan.program, data)
        return decided(plan, rows, example.known, example_brought(example), figures, database)

    return answer


def interpreter_of(example: core.Example, plan: Plan, data: Data, note: Record | None = None) -> Interpreter:
    """An interpreter over the rows of an example, with the tables that stand in the text or lie in files."""
    return Interpreter(plan, example_data(example, plan.program, data), example.known, example_brought(example), note)


def example_data(example: core.Example, program: core.Program, data: Data) -> dict[str, Sequence[Row]]:
    """The rows that an example is run on: those of its tables and its own."""
    rows: dict[str, list[Row]] = {}
    for record in program.records.values():
        if not record.derived_from:
            beside = data.get(record.name, ()) if record.table else ()
            rows[record.name] = [*(beside or literal_rows(record))]
    for given in example.rows:
        rows[given.record].append(_row(given))
    return dict(rows)


def _row(given: core.GivenRow) -> Row:
    return Row(given.record, given.key, given.values, given.span.source.name, given.span.line)


def example_brought(example: core.Example) -> dict[str, dict[Key, core.Scalar]]:
    """The figures brought forward that an example gives, by column and key."""
    brought: dict[str, dict[Key, core.Scalar]] = {}
    for given in example.rows:
        for column, value in given.brought.items():
            brought.setdefault(column, {})[key_text(given.key)] = value
    return brought


# --- expectations -----------------------------------------------------------------------------------------------------------


def _failures(expected: core.Expectation, answers: Answers) -> Iterator[Failure]:
    rows = _rows(expected, answers)
    if isinstance(rows, str):
        yield Failure(expected.span, rows)
        return
    message = _check(expected, rows, answers)
    if message:
        yield Failure(expected.span, message)


def _rows(expected: core.Expectation, answers: Answers) -> Row | str:
    """The row that an expectation is about; or what is wrong where there is not exactly one."""
    if expected.record != WHOLE and expected.record not in answers.program.records:
        return f"there is no record {expected.record}"
    rows = answers.rows(expected.record)
    if expected.key is not None:
        rows = [row for row in rows if identity(row.key) == identity(expected.key)]
    if len(rows) == 1:
        return rows[0]
    if expected.key is not None:
        return f"expected one {expected.record} {', '.join(key_text(expected.key))}, got {len(rows) or 'none'}"
    return f"got {len(rows) or 'no'} rows of {expected.record}: say which one is meant, as in `for P1`"


def _check(expected: core.Expectation, row: Row, answers: Answers) -> str:
    match expected.kind:
        case "payment":
            rule = answers.program.payments[expected.target]
            return _of_payment(expected, rule, answers.payment(rule, row), answers)
        case "check":
            check = answers.program.checks[expected.target]
            return _of_check(expected, answers.check(check, row), answers)
        case "carried":
            return _of_value(expected, MONEY, _carried(expected, row, answers), "", answers)
    type_, value = answers.figure(expected.target, row)
    return _of_value(expected, type_, value, _share_reason(expected.target, row, answers), answers)


def _of_payment(expected: core.Expectation, rule: core.PaymentRule, outcome: Outcome, answers: Answers) -> str:
    got = _status(outcome)
    if outcome.amount is not None:
        amount = -outcome.amount if rule.kind == "charge" else outcome.amount
        got = _show(amount, MONEY, answers) + _because(outcome.reason)
        if expected.outcome == "is" and _is_charge_or_equal(expected.value, amount, rule):
            return _reason_fails(expected, outcome.reason)
    if expected.outcome == outcome.status:
        return _reason_fails(expected, outcome.reason)
    return f"expected {_expected(expected, MONEY, answers)}, got {got}"


def _is_charge_or_equal(value: core.Scalar, amount: Fraction, rule: core.PaymentRule) -> bool:
    """A charge may be expected as it is written, positive, or as it stands in the results, negative."""
    return value == amount or (rule.kind == "charge" and value == -amount)


def _of_check(expected: core.Expectation, outcome: Outcome, answers: Answers) -> str:
    finding = outcome.finding
    flagged = finding is not None
    if finding is None:
        got = "it passes" if outcome.status == "assessed" else _status(outcome)
    else:
        what = f" with overcharge {_show(finding.overcharge, MONEY, answers)}" if finding.overcharge is not None else ""
        challenged = (
            "" if finding.challenged else ", not challenged" + (f": {finding.challenged_as} is" if finding.challenged_as else "")
        )
        got = f"it flags{what}{challenged}" + _because(outcome.reason)
    holds = {
        "flags": finding is not None and expected.value in (None, finding.overcharge),
        "passes": outcome.status == "assessed" and not flagged,
        "challenges": finding is not None and finding.challenged,
        "does not challenge": finding is not None and not finding.challenged,
    }.get(expected.outcome, expected.outcome == outcome.status)
    if holds:
        return _reason_fails(expected, outcome.reason)
    return f"expected {_expected(expected, MONEY, answers)}, got that {got}"


def _carried(expected: core.Expectation, row: Row, answers: Answers) -> Any:
    """What a row carries forward of one figure."""
    schemes = answers.program.schemes.values()
    carries = ((scheme, carry) for scheme in schemes for carry in scheme.carries)
    scheme, carry = next(found for found in carries if f"{found[0].name}.{found[1].name}" == expected.target)
    value = answers.carried(scheme, carry, row)
    return value if value is not None else Missing(Lack.UNDECIDED, "nothing is carried forward: the scheme leaves this row out")


def _of_value(expected: core.Expectation, type_: Type, value: Any, reason: str, answers: Answers) -> str:
    """Of a figure: `reason` is that of a value which is known."""
    if isinstance(value, Missing):
        got, reason = f"that it is not known: {value.reason}", value.reason
    else:
        got = _show(value, type_, answers)
    if expected.outcome == "is":
        holds = not isinstance(value, Missing) and identity(value) == identity(expected.value)
        holds = holds or (expected.value is None and isinstance(value, Missing))
    else:
        holds = expected.outcome == "not assessable" and isinstance(value, Missing)
    if holds:
        return _reason_fails(expected, reason)
    return f"expected {_expected(expected, type_, answers)}, got {got}"


def figure_value(target: str, row: Row, interpreter: Interpreter) -> tuple[Type, Any]:
    """The value of a column, or of a field as `record.field`, with its type."""
    column = interpreter.program.columns.get(target)
    if column is not None:
        return column.type, interpreter.value(row, target)
    field = interpreter.program.records[row.record].field(target.rsplit(".", 1)[-1])
    own = core.RowVariable(Type(field.type.kind, record=row.record), field.span, 0)
    return field.type, interpreter.evaluate(core.FieldRead(field.type, field.span, own, field.name), (row,))


def _share_reason(target: str, row: Row, answers: Answers) -> str:
    column = answers.program.columns.get(target)
    if column is None or not isinstance(column.definition, core.Shared):
        return ""
    return answers.share_reason(column.definition.share, row)


# --- words ------------------------------------------------------------------------------------------------------------------


def _reason_fails(expected: core.Expectation, reason: str) -> str:
    """Why a `because` does not hold; empty where it does: the reason contains it, white space aside."""
    if " ".join(expected.because.split()) in " ".join(reason.split()):
        return ""
    return f"expected the reason to contain “{expected.because}”, got " + (f"“{reason}”" if reason else "no reason")


def _expected(expected: core.Expectation, type_: Type, answers: Answers) -> str:
    match expected.outcome:
        case "is":
            return _show(expected.value, type_, answers) if expected.value is not None else "no value"
        case "flags":
            amount = f" with overcharge {_show(expected.value, type_, answers)}" if expected.value is not None else ""
            return f"that it flags{amount}"
        case "passes" | "challenges" | "does not challenge":
            return f"that it {expected.outcome}"
    return f"that it is {expected.outcome}"


def _show(value: Any, type_: Type, answers: Answers) -> str:
    return show_as(value, type_, answers.program.currency)


def _because(reason: str) -> str:
    return f" because “{reason}”" if reason else ""


def _status(outcome: Outcome) -> str:
    return f"it is {outcome.status}{_because(outcome.reason)}"
