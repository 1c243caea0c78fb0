"""What the columnar engine says of single rows: for worked examples, and for whoever compares it with another."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from fractions import Fraction
from typing import Any

from requite.dsl import program as core
from requite.dsl.program import WHOLE
from requite.dsl.types import QUANTITIES, Kind, Type
from requite.engine.columnar.cells import Cell
from requite.engine.columnar.compiler import Compiler, RowAt
from requite.engine.columnar.databases import Database
from requite.engine.columnar.deciding import decide
from requite.engine.columnar.figures import KEY_BREAK
from requite.engine.columnar.gates import without_letter
from requite.engine.columnar.rows import Brought, at_work, fetch_cells, key_parts, results_of, run_steps
from requite.engine.columnar.sharing import given_out
from requite.engine.columnar.words import blank, key_cells, key_words
from requite.engine.decision import Outcome, Results
from requite.engine.interpreting.tables import literal_rows
from requite.engine.interpreting.values import Lack, Missing
from requite.engine.plan import Plan
from requite.engine.rows import Data, Row
from requite.engine.wording import key_text


@dataclass(eq=False)
class Decided:
    """The answers of the columnar engine to one example."""

    c: Compiler
    base: Database
    data: Data
    results: Results
    _rows: dict[str, Sequence[Row]] = field(default_factory=dict)
    _values: dict[str, Mapping[tuple[str, ...], Any]] = field(default_factory=dict)

    @property
    def program(self) -> core.Program:
        return self.c.program

    def rows(self, record: str) -> Sequence[Row]:
        if record not in self._rows:
            self._rows[record] = self._made(record)
        return self._rows[record]

    def _made(self, record: str) -> Sequence[Row]:
        if record == WHOLE:
            return (Row(WHOLE, (), {}),)
        declared = self.program.records[record]
        if not declared.derived_from:
            return self.data.get(record) or literal_rows(declared)
        cells = {f"k{i}": cell for i, cell in enumerate(key_cells(record, self.c))}
        rows = fetch_cells(self.c, self.base, record, cells, {})
        keys = [tuple(row[name] for name in cells) for row in rows]
        return [Row(record, key, dict(zip(declared.key, key, strict=False))) for key in keys]

    def payment(self, rule: core.PaymentRule, row: Row) -> Outcome:
        return self._outcome(rule.name, row)

    def check(self, check: core.CheckRule, row: Row) -> Outcome:
        return self._outcome(check.name, row)

    def _outcome(self, rule: str, row: Row) -> Outcome:
        key = key_text(row.key)
        return next(one for one in self.results.outcomes if one.rule == rule and one.key == key)

    def figure(self, target: str, row: Row) -> tuple[Type, Any]:
        column = self.program.columns.get(target)
        if column is not None:
            return column.type, self._value(target, column.record, self.c.column(target), row)
        name = target.rsplit(".", 1)[-1]
        declared = self.program.records[row.record].field(name)
        own = RowAt(row.record, self.c.main(row.record).rows[0].ordinal, lambda sql: sql)
        if declared.type.kind is Kind.ROW:
            made = core.FieldRead(declared.type, declared.span, _own(row.record, declared), name)
            return declared.type, self._value(target, row.record, self.c.cell(made, self.c.main(row.record)), row)
        cell = self.c.field(own, name)
        told = Cell(cell.type, cell.sql, cell.missing, lambda: blank(own, name, self.c), number=cell.number, until=cell.until)
        return declared.type, self._value(target, row.record, told, row)

    def _value(self, target: str, record: str, cell: Cell, row: Row) -> Any:
        if target not in self._values:
            self._values[target] = self._fetched(record, cell)
        return self._values[target][key_text(row.key)]

    def _fetched(self, record: str, cell: Cell) -> Mapping[tuple[str, ...], Any]:
        others = {"_parts": key_words(record, self.c, KEY_BREAK)}
        if cell.missing:
            others |= {"_why": without_letter(cell.why()), "_letter": cell.why()}
        if cell.until is not None:
            others["_until"] = cell.until
        rows = fetch_cells(self.c, self.base, record, {"value": cell}, others)
        found = {}
        for one in rows:
            key = key_parts(one["_parts"])
            found[key] = self._as_value(one, cell)
        return found

    def _as_value(self, one: Mapping[str, Any], cell: Cell) -> Any:
        value = one["value"]
        if value is None:
            lack = Lack.CONFLICT if str(one.get("_letter") or "").startswith("c") else Lack.BLANK
            return Missing(lack, one.get("_why") or "")
        if cell.type.kind is Kind.ROW:
            return self.rows(cell.type.record)[value]
        if cell.until is not None:
            return value, one["_until"]
        return value if cell.type.kind not in QUANTITIES else Fraction(value)

    def carried(self, scheme: core.Scheme, carry: core.Carry, row: Row) -> Any:
        meant = (scheme.name, carry.name, key_text(row.key))
        found = next((one for one in self.results.carried if (one.scheme, one.name, one.key) == meant), None)
        if found is None or found.value is not None:
            return found.value if found is not None else None
        return Missing(Lack.UNDECIDED, found.reason)

    def share_reason(self, share: str, row: Row) -> str:
        found = given_out(share, self.c)
        record = self.program.shares[share].range.record
        rows = fetch_cells(
            self.c,
            self.base,
            record,
            {},
            {"_parts": key_words(record, self.c, KEY_BREAK), "why": found.part.reason(), "has": found.has_part},
        )
        own = next(one for one in rows if key_parts(one["_parts"]) == key_text(row.key))
        return str(own["why"]) if own["has"] else ""


def _own(record: str, declared: core.Field) -> core.RowVariable:
    return core.RowVariable(Type(Kind.ROW, record=record), declared.span, 0)


def decided(plan: Plan, data: Data, known: date | None, brought: Brought, figures: Iterable[str], database: str) -> Decided:
    """What the columnar engine decides of rows at hand; `figures` are the columns that will be asked for."""
    base, c = at_work(plan, data, known, brought, database)
    for name in figures:
        c.column(name).why()  # what is asked for later must be written down when the relations are
    decision = decide(c, every_row=True)
    run_steps(decision, base)
    return Decided(c, base, data, results_of(decision, base, True))
