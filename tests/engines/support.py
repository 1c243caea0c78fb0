"""Programs as text, rows as plain values, and an interpreter over them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from fractions import Fraction
from functools import cache
from typing import Any

from requite.dsl.diagnostics import Severity, render_text
from requite.dsl.load import check_text
from requite.dsl.program import Program
from requite.engine.decision import Finding, Payment, Results, RuleCount
from requite.engine.interpret import Brought, Interpreter
from requite.engine.interpreting.closures import Record
from requite.engine.interpreting.values import Missing, Value
from requite.engine.lower import lower
from requite.engine.rows import Row

Given = Mapping[str, Any]


@cache
def program_of(text: str, header: str = "") -> Program:
    """The program of a text without errors, a header before it in the first line."""
    program, diagnostics = check_text(f"ruleset test currency GBP {header}{text}", "test.requite")
    assert program is not None, render_text([d for d in diagnostics if d.severity is Severity.ERROR])
    return program


def stored(value: Any) -> Any:
    """Whole numbers and texts of numbers as exact ones; the rest as it is."""
    return Fraction(value) if type(value) is int else value


def rows_of(program: Program, record: str, given: Sequence[Given]) -> list[Row]:
    """Rows of a record as if read from a file: the first stands in line 2. Fields that are not given are blank."""
    declared = program.records[record]
    made = []
    for line, values in enumerate(given, start=2):
        full: dict[str, Any] = {field.name: None for field in declared.fields}
        full |= {name: stored(value) for name, value in values.items()}
        key = tuple(full[name] for name in declared.key) or (Fraction(line),)
        made.append(Row(record, key, full, f"{record}.csv", line))
    return made


def interpreter(
    text: str | Program,
    known: date | None = None,
    brought: Brought | None = None,
    note: Record | None = None,
    **given: Sequence[Given],
) -> Interpreter:
    """An interpreter of a program over the rows given by record."""
    program = program_of(text) if isinstance(text, str) else text
    data = {record: rows_of(program, record, rows) for record, rows in given.items()}
    for name, record in program.records.items():
        if record.rows is None and not record.derived_from:
            data.setdefault(name, [])
    return Interpreter(lower(program), data, known, brought, note)


def value(engine: Interpreter, record: str, key: str, name: str) -> Value:
    """A `let` of a record, for the row with this key."""
    row = engine.row(record, (key,))
    assert row is not None
    return engine.value(row, f"{record}.{name}")


def reason(engine: Interpreter, record: str, key: str, name: str) -> str:
    """Why such a `let` is missing."""
    found = value(engine, record, key, name)
    assert isinstance(found, Missing), found
    return found.reason


def pay(results: Results, payment: str) -> dict[str, Any]:
    """Amounts of a payment by key."""
    return {",".join(p.key): p.amount for p in results.payments if p.payment.endswith(payment)}


def paid_because(results: Results, payment: str, key: str) -> str:
    return next(p.reason for p in results.payments if p.payment.endswith(payment) and p.key == (key,))


def payment_of(results: Results, payment: str, key: str) -> Payment:
    return next(p for p in results.payments if p.payment.endswith(payment) and p.key == (key,))


def refused(results: Results, rule: str) -> dict[str, str]:
    """Why a rule is not assessable, by key."""
    return {",".join(n.key): n.reason for n in results.not_assessable if n.rule.endswith(rule)}


def flagged(results: Results, check: str) -> dict[str, Finding]:
    return {",".join(f.key): f for f in results.findings if f.check == check}


def count(results: Results, rule: str) -> tuple[int, int, int, int]:
    """Read, assessed, not assessable, out of scope."""
    found: RuleCount = next(c for c in results.counts if c.rule.endswith(rule))
    return found.read, found.assessed, found.not_assessable, found.out_of_scope
