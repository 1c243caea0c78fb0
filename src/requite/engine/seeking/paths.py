"""Which stored column an expression comes to: a field of its row, or of a row that this one refers to."""

from __future__ import annotations

from typing import Any

from requite.dsl import program as core
from requite.dsl.types import Kind

Path = tuple[str, ...]
"""The references to follow from a row, and last the field that is meant; of no parts, the row itself."""


def path_of(expression: Any, level: int, program: core.Program) -> Path | None:
    """The path of an expression over the row of a level; None where it is anything but a field read."""
    match expression:
        case core.RowVariable(level=at):
            return () if at == level else None
        case core.FieldRead(row=row, field=field):
            before = path_of(row, level, program)
            return None if before is None else (*before, field)
        case core.ColumnRead(row=row, column=name):
            definition = program.columns[name].definition
            if not isinstance(definition, core.Computed):
                return None
            before, after = path_of(row, level, program), path_of(definition.value, 0, program)
            return None if before is None or after is None else (*before, *after)
    return None


def is_field(expression: Any, program: core.Program) -> bool:
    """Whether an expression comes to a field, of whatever row in sight: then it costs next to nothing."""
    match expression:
        case core.RowVariable():
            return True
        case core.FieldRead(row=row):
            return is_field(row, program)
        case core.ColumnRead(row=row, column=name):
            definition = program.columns[name].definition
            return isinstance(definition, core.Computed) and is_field(definition.value, program) and is_field(row, program)
    return False


def field_of(program: core.Program, record: str, name: str) -> core.Field | None:
    """A field of a record by its name."""
    declared = program.records.get(record)
    return next((field for field in declared.fields if field.name == name), None) if declared is not None else None


def can_be_sought(program: core.Program, record: str, path: Path) -> bool:
    """Whether the rows of a record can be found by a path: stored records all along it, and no period at its end."""
    for name in path[:-1]:
        field = field_of(program, record, name)
        if field is None or field.type.kind is not Kind.ROW:
            return False
        record = field.type.record
        if record not in program.records or program.records[record].derived_from or len(program.records[record].key) != 1:
            return False
    last = field_of(program, record, path[-1]) if path else None
    return last is not None and last.type.kind is not Kind.PERIOD
