"""Program → plan: the passes, then an order in which everything is there before it is read."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from graphlib import CycleError, TopologicalSorter
from typing import Any

from requite.dsl import program as core
from requite.dsl.types import Kind
from requite.engine.interpreting.walk import columns_read, expressions, ranges
from requite.engine.passes import PASSES
from requite.engine.passes.prune import columns_of
from requite.engine.plan import Derive, Examine, GiveOut, Pay, Plan, Reckon, Step


class CircularPlanError(ValueError):
    """Something must be there before itself; the checker refuses such programs."""


def lower(program: core.Program) -> Plan:
    """The plan of a checked program."""
    for rewrite in PASSES:
        program = rewrite(program)
    steps = {made_by(step)[0]: step for step in _steps(program)}
    return Plan(program, tuple(_in_order(steps)), fields_read(program))


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


def _steps(program: core.Program) -> Iterator[Step]:
    for record in program.records.values():
        if record.derived_from:
            parts = (record.derived_by, _rows_of(record.derived_from))
            yield Derive(record.name, record.span, _reads(parts, program))
    for column in program.columns.values():
        reads = _reads((column, column.definition), program) | _from_rule(column)
        yield Reckon(column.name, column.record, column.span, reads)
    for share in program.shares.values():
        yield GiveOut(share.name, share.record, share.span, _reads((share,), program))
    for scheme in program.schemes.values():
        yield from _pay(scheme, program)
    for check in program.checks.values():
        reads = _reads((check,), program) | frozenset(columns_of(check))
        yield Examine(check.name, check.record, check.span, reads)


def _pay(scheme: core.Scheme, program: core.Program) -> Iterator[Step]:
    for names in settled_together(scheme, program):
        rules = tuple(program.payments[name] for name in names)
        parts = (rules, scheme.altogether, _rows_of(scheme.record))
        span = scheme.span if len(names) > 1 else rules[0].span
        yield Pay(scheme.name, scheme.record, span, _reads(parts, program), names)


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


def _rows_of(record: str) -> tuple[str, str]:
    return "rows of", record


def _reads(parts: Iterable[Any], program: core.Program) -> frozenset[str]:
    parts = tuple(parts)
    derived = {name for name in records_in(parts) if name in program.records and program.records[name].derived_from}
    return columns_read(parts) | {f"record:{name}" for name in derived}


# --- what is read of the data -------------------------------------------------------------------------------------------


def records_in(parts: Iterable[Any]) -> frozenset[str]:
    """The records whose rows parts of a program go through or look up."""
    found: set[str] = set()
    for part in parts:
        match part:
            case ("rows of", str() as name):
                found.add(name)
            case core.Column() | core.Share() | core.CheckRule() | core.PaymentRule() | core.Shown():
                found.add(part.record)
        found |= {reach.record for reach in ranges(part)}
        for expression in expressions(part):
            if expression.type.kind is Kind.ROW:
                found.add(expression.type.record)
    return frozenset(found)


def fields_read(program: core.Program) -> dict[str, frozenset[str]]:
    """For each record that a program's results come from: the fields that are read, its key and period among them."""
    parts = (
        *program.columns.values(),
        *program.shares.values(),
        *program.payments.values(),
        *program.checks.values(),
        *program.shown,
        *(scheme for scheme in program.schemes.values()),
        *(_rows_of(scheme.record) for scheme in program.schemes.values()),
        *(record.derived_by for record in program.records.values()),
        *(_rows_of(record.derived_from) for record in program.records.values() if record.derived_from),
    )
    found: dict[str, set[str]] = {name: set() for name in records_in(parts) if name in program.records}
    for part in parts:
        for expression in expressions(part):
            if isinstance(expression, core.FieldRead):
                found[expression.row.type.record].add(expression.field)
    return {name: frozenset(fields | _always_read(program.records[name])) for name, fields in found.items()}


def _always_read(record: core.Record) -> set[str]:
    return {*record.key, record.period} - {""}
