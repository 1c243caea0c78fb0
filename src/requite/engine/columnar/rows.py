"""The columnar engine on rows that are at hand: for examples, and to be compared with the interpreter."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date
from decimal import Decimal
from fractions import Fraction
from math import lcm
from typing import Any

import pyarrow as pa
from sqlglot import exp

from requite.dsl import program as core
from requite.dsl.program import WHOLE
from requite.dsl.types import Kind
from requite.engine.columnar import sql as s
from requite.engine.columnar.cells import Cell
from requite.engine.columnar.compiler import Compiler
from requite.engine.columnar.databases import Database, DuckDB
from requite.engine.columnar.deciding import Decision, decide
from requite.engine.columnar.figures import KEY_BREAK
from requite.engine.columnar.frames import Query, Statement, StoredRows, Writer
from requite.engine.columnar.groups import Group, Ruled, out_names, told
from requite.engine.columnar.making import compiler_of
from requite.engine.columnar.reading.stored_rows import store_rows
from requite.engine.columnar.sql import Sql, column, select_of
from requite.engine.columnar.stored import SMALL, Stored, StoredColumn
from requite.engine.columnar.words import joined_key, key_words
from requite.engine.decision import Carried, Figure, Finding, Key, NotAssessable, Outcome, Payment, Results, RuleCount
from requite.engine.interpreting.values import Lack, Missing
from requite.engine.plan import Plan
from requite.engine.reading.problems import DataError, problem
from requite.engine.results import carried_text
from requite.engine.rows import Data
from requite.engine.wording import joined

Brought = Mapping[str, Mapping[Key, Any]]
STATUSES = ("assessed", "not assessable", "out of scope", "assessed")


def decide_rows(
    plan: Plan,
    data: Data,
    known: date | None = None,
    brought: Brought | None = None,
    database: str = "duckdb",
    outcomes: bool = True,
) -> Results:
    """What all rules decide on these rows, in the order of `Interpreter.decide`."""
    base, c = at_work(plan, data, known, brought, database)
    decision = decide(c, every_row=True)
    run_steps(decision, base)
    return results_of(decision, base, outcomes)


def at_work(
    plan: Plan, data: Data, known: date | None, brought: Brought | None, database: str = "duckdb"
) -> tuple[Database, Compiler]:
    """A database that holds these rows, and a compiler over them."""
    base, there = _stored_in(database, plan.program, data)
    stored = {**there, WHOLE: whole_stored(base)}
    return base, compiler_of(plan, stored, base, known, _bring(plan, brought or {}, base))


def _stored_in(database: str, program: core.Program, data: Data) -> tuple[Database, Mapping[str, Stored]]:
    if database == "spark":
        from requite.engine.columnar.spark import local_spark  # an extra, and heavy

        return local_spark(program, data)
    base = DuckDB()
    return base, store_rows(base.connection, program, data)


def whole_stored(base: Database) -> Stored:
    """The one row of rules without `for each`."""
    base.bring("requite_whole", pa.table({"_n": pa.array([0], pa.int64())}))
    return Stored(WHOLE, "requite_whole", 1, {})


def _bring(plan: Plan, brought: Brought, base: Database) -> dict[str, StoredRows]:
    """Figures brought forward as relations: key, value over a scale, why there is none, and the value as text."""
    made: dict[str, StoredRows] = {}
    for number, (name, figures) in enumerate(brought.items(), 1):
        if name in plan.program.columns or figures:
            made[name] = bring_figures(f"requite_brought_{number}", figures, base)
    return made


def bring_figures(relation: str, figures: Mapping[Key, Any], base: Database) -> StoredRows:
    """Figures by key as a relation."""
    known = [value for value in figures.values() if isinstance(value, Fraction)]
    scale = lcm(*(value.denominator for value in known)) if known else 1
    tops = [int(value * scale) if isinstance(value, Fraction) else None for value in figures.values()]
    there = [top for top in tops if top is not None]
    low, high = min(there, default=0), max(there, default=0)
    small = low >= -SMALL and high <= SMALL
    values = (
        pa.array(tops, pa.int64()) if small else pa.array([None if t is None else Decimal(t) for t in tops], pa.decimal128(38, 0))
    )
    table = pa.table(
        {
            "_n": pa.array(range(len(tops)), pa.int64()),
            "key": pa.array([KEY_BREAK.join(key) for key in figures], pa.string()),
            "value": values,
            "why": pa.array([_lack(value) for value in figures.values()], pa.string()),
            "text": pa.array([carried_text(v if isinstance(v, Fraction) else None) for v in figures.values()], pa.string()),
        }
    )
    base.bring(relation, table)
    return StoredRows(Stored("brought", relation, len(tops), {"value": StoredColumn(Kind.NUMBER, True, scale, low, high)}))


def _lack(value: Any) -> str | None:
    if not isinstance(value, Missing):
        return None
    return ("c" if value.kind is Lack.CONFLICT else "m") + value.reason


def run_steps(decision: Decision, base: Database) -> None:
    """Runs what must be there before the tables of results."""
    for name, made in decision.c.shared.get("tables", {}).items():
        base.bring(name, made)
    for step in decision.steps():
        base.make(step)


# --- results as objects ---------------------------------------------------------------------------------------------------


def results_of(decision: Decision, base: Database, keep: bool) -> Results:
    c = decision.c
    keys = _Keys(c, base)
    fetched = {name: base.fetch(statement.select).to_pylist() for name, statement in decision.tables.items()}
    outcomes, counts = _outcomes(decision, base)
    ordered = sorted((rule for group in decision.groups for rule in group.rules), key=lambda rule: rule.number)
    return Results(
        tuple(_payment(row, keys) for row in fetched["payments"]),
        tuple(_finding(row, keys) for row in fetched["findings"]),
        tuple(_figures(decision, base, keys)),
        tuple(
            NotAssessable(row["rule"], row["record"], keys.of(row["record"], row["key"]), row["reason"])
            for row in fetched["not_assessable"]
        ),
        tuple(_carried(row) for row in fetched["carried"]),
        tuple(counts[rule.number] for rule in ordered),
        tuple(one for rule in ordered for one in _merged(rule, outcomes[rule.number], fetched["findings"], keys)) if keep else (),
    )


def key_parts(text: str) -> Key:
    """A key from its parts as one text; the whole ruleset has one of no parts."""
    return tuple(text.split(KEY_BREAK)) if text else ()


class _Keys:
    """Keys by the text that the results have for them."""

    def __init__(self, c: Compiler, base: Database) -> None:
        self.c, self.base = c, base
        self._by_record: dict[str, dict[str, Key]] = {}

    def of(self, record: str, text: str) -> Key:
        if record == WHOLE:
            return ()
        if record not in self._by_record:
            frame = self.c.main(record).frame
            outputs = {"joined": joined_key(record, self.c), "parts": key_words(record, self.c, KEY_BREAK)}
            query = Writer().query("keys", "keys", lambda query: query.select(frame, outputs))
            rows = self.base.fetch(query.select).to_pylist()
            there = {row["joined"]: key_parts(row["parts"]) for row in rows}
            self._by_record[record] = {**self._brought(record), **there}
        return self._by_record[record].get(text, (text,))

    def _brought(self, record: str) -> dict[str, Key]:
        """The keys of figures brought forward, whose rows may be gone."""
        found: dict[str, Key] = {}
        for name, rows in self.c.brought.items():
            if name in self.c.program.columns and self.c.program.columns[name].record == record:
                select = select_of([column("key")], rows.stored.relation)
                keys = [key_parts(row["key"]) for row in self.base.fetch(select).to_pylist()]
                found |= {joined(key): key for key in keys}
        return found


def _payment(row: Mapping[str, Any], keys: _Keys) -> Payment:
    scheme, payment = row["scheme"], row["payment"]
    full = next(
        name
        for name in (*keys.c.program.payments, *keys.c.program.shares)
        if name.removeprefix(f"{scheme}.") == payment and _scheme_of(name, keys.c.program) == scheme
    )
    key = keys.of(row["record"], row["key"])
    amount = Fraction(row["amount"])
    return Payment(scheme, full, row["kind"], row["record"], key, row["payee"], amount, row["spent_on"], row["reason"])


def _scheme_of(name: str, program: core.Program) -> str:
    return program.payments[name].scheme if name in program.payments else program.shares[name].scheme


def _amount(value: Decimal | None) -> Fraction | None:
    return None if value is None else Fraction(value)


def _finding(row: Mapping[str, Any], keys: _Keys) -> Finding:
    return Finding(
        row["check"],
        row["record"],
        keys.of(row["record"], row["key"]),
        _amount(row["billed"]),
        _amount(row["expected"]),
        _amount(row["overcharge"]),
        row["reason"],
        _amount(row["penalty"]),
        row["respondent"],
        row["challenged"],
        row["challenged_as"],
    )


def _carried(row: Mapping[str, Any]) -> Carried:
    value = Fraction(row["value"]) if row["value"] else None
    return Carried(row["scheme"], row["name"], row["record"], tuple(row["key_parts"]), value, row["reason"])


def _figures(decision: Decision, base: Database, keys: _Keys) -> list[Figure]:
    c, found = decision.c, list[Figure]()
    for shown in decision.figures:
        declared = shown.figure
        is_text = declared.value.type.kind in (Kind.ROW, Kind.PERIOD)
        cell = Cell(declared.value.type, shown.value, True) if is_text else shown.cell
        rows = fetch_cells(c, base, declared.record, {"value": cell}, {"reason": shown.reason})
        for row in rows:
            key = keys.of(declared.record, row["_key"])
            found.append(Figure(declared.label, declared.record, key, row["value"], str(declared.value.type), row["reason"]))
    return found


def fetch_cells(
    c: Compiler, base: Database, record: str, cells: Mapping[str, Cell], others: Mapping[str, Sql]
) -> list[dict[str, Any]]:
    """Values for each row of a record, in order: numbers as fractions; `_key` is the key as one text."""
    frame = c.main(record).frame
    outputs: dict[str, Sql] = {"_n": column("_n"), "_key": joined_key(record, c)}
    for name, cell in cells.items():
        if cell.number is not None:
            outputs |= {
                f"{name}.top": s.cast(cell.number.top.sql, "TEXT"),
                f"{name}.bottom": s.cast(cell.number.bottom.sql, "TEXT"),
            }
        else:
            outputs[name] = cell.sql
    outputs |= others
    writer = Writer()
    statement = writer.query("cells", "cells", lambda query: query.select(frame, outputs))
    c.finish_numbered(writer)
    for step in writer.statements.values():
        base.make(step)
    rows = sorted(base.fetch(statement.select).to_pylist(), key=lambda row: row["_n"])
    for row in rows:
        for name, cell in cells.items():
            if cell.number is not None:
                top, bottom = row.pop(f"{name}.top"), row.pop(f"{name}.bottom")
                row[name] = None if top is None else Fraction(int(top), int(bottom))
    return rows


def _outcomes(decision: Decision, base: Database) -> tuple[dict[int, list[Outcome]], dict[int, RuleCount]]:
    found: dict[int, list[Outcome]] = {}
    counts: dict[int, RuleCount] = {}
    for group in decision.groups:
        made = set(decision.writer.statements)
        everything = _all_of(group, decision)
        for step in decision.steps():
            if step.name not in made:  # what only the reason of a row out of scope asks for
                base.make(step)
        rows = sorted(base.fetch(everything.select).to_pylist(), key=lambda row: row["_n"])
        for rule in group.rules:
            outcomes = [_outcome(rule, row) for row in rows]
            found[rule.number] = outcomes
            statuses = [row[rule.named("status")] for row in rows]
            out, refused = statuses.count(2), statuses.count(1)
            counts[rule.number] = RuleCount(rule.name, rule.kind, rule.record, len(rows), len(rows) - out - refused, refused, out)
        _compare_counts(decision, group, base, counts)
    return found, counts


def _compare_counts(decision: Decision, group: Group, base: Database, counts: Mapping[int, RuleCount]) -> None:
    """What the statement that counts says must be what is counted here."""
    (said,) = base.fetch(decision.counts[group.table].select).to_pylist()
    names = out_names(group)
    for rule in group.rules:
        out = said.get(names[rule], 0) or 0
        if said["rows"] != counts[rule.number].read or out != counts[rule.number].out_of_scope:
            raise counted_twice(base.dialect.name, rule.name, int(said["rows"]), int(out), counts[rule.number])


def counted_twice(engine: str, rule: str, rows: int, out: int, counted: RuleCount) -> DataError:
    """What to say where the statement that counts a rule's rows gives other numbers than the rows themselves."""
    message = (
        f"{engine} does not agree with itself: of {rule} it counts {rows:,} rows, {out:,} of them out of scope, "
        f"and its rows are {counted.read:,}, {counted.out_of_scope:,} of them out of scope"
    )
    return problem("engines-differ", message, help="Please report it. Until then, run it with --engine interpret.")


def _all_of(group: Group, decision: Decision) -> Statement:
    """Everything that is told of a group's rows."""

    def build(query: Query) -> exp.Select:
        return select_of([exp.Star()], told(group, query, decision.c))

    return decision.writer.query("outcomes", "what became of each rule", build)


def _outcome(rule: Ruled, row: Mapping[str, Any]) -> Outcome:
    status = row[rule.named("status")]
    amount = row.get(rule.named("amount"))
    exact = Fraction(int(amount), rule.scales["amount"]) if amount is not None and status == 0 else None
    key = key_parts(row["_parts"])
    return Outcome(rule.name, rule.record, key, STATUSES[status], row[rule.named("reason")], exact)  # type: ignore[arg-type]


def _merged(rule: Ruled, outcomes: Sequence[Outcome], findings: Sequence[Mapping[str, Any]], keys: _Keys) -> list[Outcome]:
    if rule.check is None:
        return list(outcomes)
    own = {keys.of(row["record"], row["key"]): _finding(row, keys) for row in findings if row["check"] == rule.name}
    return [replace(one, amount=None, finding=own.get(one.key)) for one in outcomes]
