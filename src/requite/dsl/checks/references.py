"""References to a key that no row has, where the rows stand in the text."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from requite.dsl import program as core
from requite.dsl.checks import reads
from requite.dsl.declarations import shown
from requite.dsl.diagnostics import Diagnostic, Label, Severity
from requite.dsl.names import Module, did_you_mean, listed
from requite.dsl.types import Kind

Row = core.LiteralRow | core.GivenRow


def references_to_nobody(program: core.Program, modules: tuple[Module, ...], used: frozenset[str]) -> list[Diagnostic]:
    """An error in a table of the text; in an example a warning, and none where the rules ask whether the reference is known."""
    del modules, used
    found: list[Diagnostic] = []
    for record in program.records.values():
        for field, target in _references(record, program):
            if target.rows is not None:
                found += _to_nobody(record.rows or (), field, target, target.rows, Severity.ERROR)
    asked = _asked(program)
    for example in program.examples:
        for record in program.records.values():
            mine = [row for row in example.rows if row.record == record.name]
            for field, target in _references(record, program):
                others: list[Row] = [*(row for row in example.rows if row.record == target.name), *(target.rows or ())]
                if others and (record.name, field.name) not in asked:
                    found += _to_nobody(mine, field, target, others, Severity.WARNING)
    return found


def _references(record: core.Record, program: core.Program) -> Iterator[tuple[core.Field, core.Record]]:
    for field in record.fields:
        target = program.records.get(field.type.record) if field.type.kind is Kind.ROW else None
        if target is not None and len(target.key) == 1 and not target.derived_from:
            yield field, target


def _to_nobody(
    rows: Iterable[Row], field: core.Field, target: core.Record, others: Iterable[Row], severity: Severity
) -> Iterator[Diagnostic]:
    there = {other.values.get(target.key[0]) for other in others}
    keys = sorted(shown(key) for key in there)
    for row in rows:
        value = row.values.get(field.name)
        key = value[0] if isinstance(value, tuple) and len(value) == 1 else value
        if key is not None and key not in there:
            yield Diagnostic(
                "reference-to-nobody",
                f"`{field.name}` is {shown(key)}, and no {target.name} has this key",
                row.span,
                severity,
                (Label(field.span, f"a reference to {target.name}"),),
                did_you_mean(shown(key), keys, f"its keys are {listed(keys)}"),
            )


def _asked(program: core.Program) -> set[tuple[str, str]]:
    """The references that a rule asks about: whether they are known."""
    parts = (part.operand for part in reads.everything(program) if isinstance(part, core.IsKnown))
    return {(value.row.type.record, value.field) for value in parts if isinstance(value, core.FieldRead)}
