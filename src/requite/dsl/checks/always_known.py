"""Questions whether something is known that is never blank."""

from __future__ import annotations

from requite.dsl import program as core
from requite.dsl.checks import reads
from requite.dsl.diagnostics import Diagnostic, Label, warning
from requite.dsl.elaborate import as_written
from requite.dsl.names import Module
from requite.dsl.types import Kind


def values_always_known(program: core.Program, modules: tuple[Module, ...], used: frozenset[str]) -> list[Diagnostic]:
    """`x is known` and `x else …` of a field that every row has decide nothing."""
    del used
    here = modules[0].document.source.name
    found: dict[object, Diagnostic] = {}
    for part in reads.everything(program):
        if not isinstance(part, core.IsKnown | core.Else) or part.span.source.name != here:
            continue
        field = _required(part.operand, program)
        if field is None:
            continue
        name = as_written(part.operand.span)
        found[part.operand.span] = warning(
            "always-known",
            part.operand.span,
            f"`{name}` is never blank: a row without it is rejected",
            f"leave the question out, or declare the field `{field.name}: … optional`",
            [Label(field.span, "it is declared here")],
        )
    return list(found.values())


def _required(value: core.Expr, program: core.Program) -> core.Field | None:
    """The stored field that a value is, where every row has it; a reference may still be to nobody."""
    if not isinstance(value, core.FieldRead) or not isinstance(value.row, core.RowVariable):
        return None
    record = program.records.get(value.row.type.record)
    field = record.field(value.field) if record is not None and not record.derived_from else None
    return field if field is not None and not field.optional and field.type.kind is not Kind.ROW else None
