"""Program → plan: the passes, then an order in which everything is there before it is read."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from graphlib import CycleError, TopologicalSorter
from typing import Any

from requite.dsl import program as core
from requite.dsl.memory import uncollected
from requite.dsl.types import Kind
from requite.engine.interpreting.walk import in_no_order
from requite.engine.passes import PASSES
from requite.engine.passes.prune import columns_of
from requite.engine.plan import Derive, Examine, GiveOut, Pay, Plan, Reckon, Step


class CircularPlanError(ValueError):
    """Something must be there before itself; the checker refuses such programs."""


def lower(program: core.Program) -> Plan:
    """The plan of a checked program."""
    with uncollected():
        for rewrite in PASSES:
            program = rewrite(program)
        seen = Seen()
        steps = {made_by(step)[0]: step for step in _steps(program, seen)}
        return Plan(program, tuple(_in_order(steps)), fields_read(program, seen))


def _in_order(steps: Mapping[str, Step]) -> Iterator[Step]:
    makers = {made: name for name, step in steps.items() for made in made_by(step)}
    graph = {name: sorted({makers[read] for read in step.reads if read in makers}) for name, step in steps.items()}
    try:
        return (steps[name] for name in list(TopologicalSorter(graph).static_order()))
    except CycleError as error:
        raise CircularPlanError(" needs ".join(error.args[1])) from error


def made_by(step: Step) -> tuple[str, ...]:
    """What a step makes, by the names that other steps' `reads` have for it."""
    match step:
        case Derive():
            return (f"record:{step.record}",)
        case Reckon():
            return (step.column,)
        case GiveOut():
            return (f"share:{step.share}",)
        case Pay():
            return tuple(f"payment:{name}" for name in step.payments)
        case Examine():
            return (f"check:{step.check}",)


def _steps(program: core.Program, seen: Seen) -> Iterator[Step]:
    def reads(*parts: Any, rows_of: str = "") -> frozenset[str]:
        return _reads(parts, rows_of, program, seen)

    for record in program.records.values():
        if record.derived_from:
            yield Derive(record.name, record.span, reads(record.derived_by, rows_of=record.derived_from))
    for column in program.columns.values():
        yield Reckon(column.name, column.record, column.span, reads(column) | _from_rule(column))
    for share in program.shares.values():
        yield GiveOut(share.name, share.record, share.span, reads(share))
    for scheme in program.schemes.values():
        for names in settled_together(scheme, program):
            rules = tuple(program.payments[name] for name in names)
            span = scheme.span if len(names) > 1 else rules[0].span
            yield Pay(scheme.name, scheme.record, span, reads(*rules, scheme.altogether, rows_of=scheme.record), names)
    for check in program.checks.values():
        yield Examine(check.name, check.record, check.span, reads(check) | frozenset(columns_of(check)))


def settled_together(scheme: core.Scheme, program: core.Program) -> list[tuple[str, ...]]:
    """The payments of a scheme, those together that can only be settled together."""
    if scheme.altogether is not None:
        return [scheme.payments] if scheme.payments else []
    groups: dict[str, list[str]] = defaultdict(list)
    for name in scheme.payments:
        groups[program.payments[name].split or name].append(name)
    return [tuple(group) for group in groups.values()]


def _from_rule(column: core.Column) -> frozenset[str]:
    match column.definition:
        case core.Shared(share=share):
            return frozenset({f"share:{share}"})
        case core.Paid(payment=payment):
            return frozenset({f"payment:{payment}"})
    return frozenset()


def _reads(parts: Iterable[Any], rows_of: str, program: core.Program, seen: Seen) -> frozenset[str]:
    """The columns that parts of a program read, and the derived records whose rows they, or their rule, go through."""
    every = [seen.reads(part) for part in parts]
    records = {rows_of}.union(*(reads.records for reads in every))
    derived = (name for name in records if name in program.records and program.records[name].derived_from)
    return frozenset().union(*(reads.columns for reads in every), (f"record:{name}" for name in derived))


# --- what is read of the data -------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Reads:
    """What a part of a program reads: columns, the records whose rows it goes through or looks up, fields by their record."""

    columns: frozenset[str]
    records: frozenset[str]
    fields: frozenset[tuple[str, str]]


def reads_of(part: Any) -> Reads:
    """What a part of a program reads, not counting what the columns that it reads read in turn."""
    columns, records, read = set[str](), set[str](), set[tuple[str, str]]()
    if isinstance(part, core.Column | core.Share | core.CheckRule | core.PaymentRule | core.Shown):
        records.add(part.record)
    whole = part.definition if isinstance(part, core.Column) else part
    if isinstance(whole, core.Share | core.Matched):
        records.add(whole.range.record)
    for expression in in_no_order(part):
        if expression.type.kind is Kind.ROW:
            records.add(expression.type.record)
        match expression:
            case core.ColumnRead():
                columns.add(expression.column)
            case core.FieldRead():
                read.add((expression.row.type.record, expression.field))
            case core.Aggregate() | core.Exists():
                records.add(expression.range.record)
    return Reads(frozenset(columns), frozenset(records), frozenset(read))


class Seen:
    """What parts of a program read, each gone through once."""

    def __init__(self) -> None:
        self._reads: dict[int, tuple[Any, Reads]] = {}

    def reads(self, part: Any) -> Reads:
        found = self._reads.get(id(part))
        if found is None:
            found = self._reads[id(part)] = part, reads_of(part)  # with the part, or its number could become another's
        return found[1]


def fields_read(program: core.Program, seen: Seen) -> dict[str, frozenset[str]]:
    """For each record that a program's results come from: the fields that are read, its key and period among them."""
    parts = (
        *program.columns.values(),
        *program.shares.values(),
        *program.payments.values(),
        *program.checks.values(),
        *program.shown,
        *program.schemes.values(),
        *(record.derived_by for record in program.records.values()),
    )
    every = [seen.reads(part) for part in parts]
    records = {scheme.record for scheme in program.schemes.values()}
    records |= {record.derived_from for record in program.records.values() if record.derived_from}
    records = records.union(*(reads.records for reads in every))
    found: dict[str, set[str]] = {name: set() for name in sorted(records) if name in program.records}
    for record, field in frozenset[tuple[str, str]]().union(*(reads.fields for reads in every)):
        found[record].add(field)
    return {name: frozenset(fields | _always_read(program.records[name])) for name, fields in found.items()}


def _always_read(record: core.Record) -> set[str]:
    return {*record.key, record.period} - {""}
