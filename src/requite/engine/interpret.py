"""The meaning of a program: each value reckoned exactly when it is asked for, once, and what all rules decide."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date
from fractions import Fraction
from typing import Any

from requite.dsl import program as core
from requite.engine.decision import Key, Results
from requite.engine.interpreting import deciding, evaluate, ranges
from requite.engine.interpreting.checking import Checks, Examined
from requite.engine.interpreting.closures import Code, Compiler, Reader, Record
from requite.engine.interpreting.deciding import Progress, Rules
from requite.engine.interpreting.gates import Settled
from requite.engine.interpreting.paying import Payments
from requite.engine.interpreting.sharing import SharedOut, Shares
from requite.engine.interpreting.tables import DeriveRows, Tables
from requite.engine.interpreting.values import Env, Missing, Value, identity
from requite.engine.interpreting.walk import depth
from requite.engine.lower import made_by
from requite.engine.plan import Derive, GiveOut, Pay, Plan, Reckon, Step
from requite.engine.rows import Data, Row
from requite.engine.wording import joined, key_text

Brought = Mapping[str, Mapping[Key, core.Scalar | Missing]]
"""Figures brought forward: by the column's unique name, then by the row's key as text."""

DEEP = 300
"""How many calls a value may rest on, one inside another, before what it rests on is reckoned first, step by step."""


class Interpreter:
    """A plan at work on the rows of a run.

    `known` is the date of what was known; `note`, where given, is told every case, band, gate, exception, cap and flag reached.
    `tables` makes what the rows are taken from, where they are not all at hand in `data`.
    """

    def __init__(
        self,
        plan: Plan,
        data: Data,
        known: date | None = None,
        brought: Brought | None = None,
        note: Record | None = None,
        tables: Callable[[DeriveRows], Tables] | None = None,
    ) -> None:
        self.plan = plan
        self.program = plan.program
        self.known = known
        self._brought = brought or {}
        self.tables = Tables(plan.program, data, known, self._derived) if tables is None else tables(self._derived)
        self.compiler = Compiler(plan.program, self.tables, self._reader, note, {**evaluate.MAKERS, **ranges.MAKERS})
        self.rules = Rules(self.compiler, Payments(self.compiler), Shares(self.compiler), Checks(self.compiler), self._brought)
        self._memo: dict[str, dict[Row, Any]] = {name: {} for name in plan.program.columns}
        self._readers: dict[str, Reader] = {}
        self._codes: dict[str, Code] = {}
        self._by_text: dict[str, dict[Key, Row]] = {}
        self._makers = {made: step for step in plan.steps for made in made_by(step)}
        self._depths = _depths(plan)
        self._done: set[Step] = set()
        self._reads: dict[str, Sequence[Step]] = {}

    # --- values ---

    def rows(self, record: str) -> Sequence[Row]:
        """The rows of a record or table, in the order read; a derived record's are made here."""
        return self.tables.rows(record)

    def row(self, record: str, key: Key) -> Row | None:
        """The row with this key, given as text; None where there is none."""
        if self.tables.sought:
            return next((row for row in self.tables.named(record, [joined(key)]) if key_text(row.key) == key), None)
        if record not in self._by_text:
            self._by_text[record] = {key_text(row.key): row for row in self.rows(record)}
        return self._by_text[record].get(key)

    def value(self, row: Row, column: str) -> Value:
        """A column's value for a row."""
        found: Value = self._reader(column)(row)
        return found

    def suppose(self, row: Row, column: str, value: Value) -> None:
        """From now on, until all is forgotten, a column has this value for a row, whatever its definition comes to."""
        self._memo[column][row] = value

    def forget(self) -> None:
        """Forget all that has been reckoned, and keep what expressions were made into: the rows are others from now on."""
        for memo in self._memo.values():
            if memo:
                memo.clear()
        self._by_text.clear()
        self._done.clear()
        self.compiler.forget()
        self.rules.forget()

    def is_brought(self, row: Row, column: str) -> bool:
        """Whether the run before left a figure for this row; otherwise it has the one at the start."""
        return key_text(row.key) in self._brought.get(column, {})

    def evaluate(self, expression: core.Expr, env: Env) -> Value:
        """The value of an expression over the rows in sight."""
        found: Value = self.compiler.code(expression)(env)
        return found

    def _reader(self, column: str) -> Reader:
        if column not in self._readers:
            self._readers[column] = self._reads_column(column)
        return self._readers[column]

    def _reads_column(self, column: str) -> Reader:
        memo = self._memo[column]
        is_deep = self.tables.sought and self._depths.get(column, 0) > DEEP

        def read(row: Row) -> Any:
            if row in memo:
                return memo[row]
            if is_deep:
                self._prepare_row(column, row)
            value = memo[row] = self._code(column)((row,))
            return value

        return read

    def _code(self, name: str) -> Code:
        if name not in self._codes:
            if self._depths.get(name, 0) > DEEP and not self.tables.sought:
                self._prepare(name)
            self._codes[name] = self._definition(self.program.columns[name])
        return self._codes[name]

    def _definition(self, column: core.Column) -> Code:
        match column.definition:
            case core.Computed(value=value):
                return self.compiler.code(value)
            case core.Matched() as definition:
                return ranges.matched(column.label, definition, self.compiler)
            case core.Shared(share=share):
                return lambda env: _part(self.rules.shares.part(share, env[0]))
            case core.Paid(payment=payment):
                return lambda env: self.rules.payments.settled(payment, env[0]).value
            case core.BroughtForward(start=start):
                brought = self._brought.get(column.name, {})
                return lambda env: brought.get(key_text(env[0].key), start)

    def _prepare(self, name: str) -> None:
        """Reckons first, for all rows and in the plan's order, what a value deep down rests on, so that calls do not pile up."""
        for step in self._rests_on(name):
            if step not in self._done:
                self._done.add(step)
                self._run(step)

    def _prepare_row(self, name: str, row: Row) -> None:
        """The same for one row alone, of its own values: where rows are sought, there is no going over all of them."""
        memo = self._memo
        for step in self._rests_on(name):
            if isinstance(step, Reckon) and step.record == row.record and row not in memo[step.column]:
                memo[step.column][row] = self._code(step.column)((row,))

    def _rests_on(self, name: str) -> Sequence[Step]:
        """The steps that a value rests on, in the plan's order."""
        if name not in self._reads:
            wanted: set[Step] = set()
            waiting = [self._makers[name]]
            while waiting:
                reads = {self._makers[read] for read in waiting.pop().reads if read in self._makers} - wanted
                waiting += reads
                wanted |= reads
            self._reads[name] = [step for step in self.plan.steps if step in wanted]
        return self._reads[name]

    def _run(self, step: Step) -> None:
        match step:
            case Derive(record=record):
                self.rows(record)
            case Reckon(column=column, record=record):
                read = self._reader(column)
                for row in self.rows(record):
                    read(row)
            case GiveOut(share=share):
                self.rules.shares.given_out(share)
            case Pay(record=record, payments=payments):
                for row in self.rows(record):
                    for payment in payments:
                        self.rules.payments.settled(payment, row)

    def _derived(self, record: core.Record, rows: Sequence[Row]) -> Sequence[Row]:
        """One row for each combination of the key that occurs in these rows; one of which a part is missing belongs to none."""
        codes = [self.compiler.code(part) for part in record.derived_by]
        found: dict[Any, Row] = {}
        for row in rows:
            values = [code((row,)) for code in codes]
            key = tuple(identity(value) for value in values)
            if key in found or any(isinstance(value, Missing) for value in values):
                continue
            stored: dict[str, Any] = {
                name: value.key if isinstance(value, Row) else value for name, value in zip(record.key, values, strict=True)
            }
            found[key] = Row(record.name, tuple(stored.values()), stored)
        return tuple(found.values())

    # --- rules ---

    def decide(self, progress: Progress | None = None, outcomes: bool = False) -> Results:
        """What all rules decide; with `outcomes`, what became of each rule for each row, too."""
        return deciding.decide(self.rules, progress, outcomes)

    def settled(self, payment: str, row: Row) -> Settled:
        """What a payment, charge or part of a split comes to for a row of its record, as written: a charge is not negative here."""
        return self.rules.payments.settled(payment, row)

    def given_out(self, share: str) -> SharedOut:
        """What each row got of a share."""
        return self.rules.shares.given_out(share)

    def examined(self, check: str, row: Row) -> Examined:
        """What a check says of a row of its record."""
        return self.rules.checks.examined(check, row)


def _part(settled: Settled | None) -> Any:
    return settled.value if settled is not None else Fraction(0)


def _depths(plan: Plan) -> dict[str, int]:
    """For each step, how many calls its value may rest on, one inside another."""
    depths: dict[str, int] = {}
    for step in plan.steps:
        rests_on = max((depths.get(read, 0) for read in step.reads), default=0)
        inside = depth(plan.program.columns[step.column].definition) if isinstance(step, Reckon) else 4
        depths |= dict.fromkeys(made_by(step), rests_on + 8 + 2 * inside)
    return depths
