"""Checks that read a whole group, and so cannot be decided while claims still arrive."""

from __future__ import annotations

from requite.dsl import program as core
from requite.dsl.checks import reads
from requite.dsl.diagnostics import Diagnostic, Label, error
from requite.dsl.elaborate import everything_in
from requite.dsl.names import Module


def rules_that_wait(program: core.Program, modules: tuple[Module, ...], used: frozenset[str]) -> list[Diagnostic]:
    """A check that reads a total without a window of time, a share or a group says that it settles with the period."""
    del modules, used
    found: list[Diagnostic] = []
    for check in program.checks.values():
        if check.settles_with_period:
            continue
        whole = _whole_group(check, program)
        if whole is not None:
            found.append(
                error(
                    "settles-with-the-period",
                    check.span,
                    f"the check `{check.name}` reads a whole group, so it can be decided only when the period is complete",
                    "add the line `settles with the period`, or set a window: `where … within 30 days before this.admitted`",
                    [Label(whole.span, "this reads the whole group")],
                )
            )
    return found


def _whole_group(check: core.CheckRule, program: core.Program) -> core.Expr | None:
    waiting, seen = list(reads.of_check(check, program)), set[str]()
    while waiting:
        for part in everything_in(waiting.pop()):
            if isinstance(part, core.Aggregate) and not part.range.bounded:
                return part
            if isinstance(part, core.Lookup) and program.records[part.record].derived_from:
                return part
            if isinstance(part, core.ColumnRead) and part.column not in seen:
                seen.add(part.column)
                column = program.columns[part.column]
                if isinstance(column.definition, core.Shared | core.Paid):
                    return part
                waiting += reads.of_column(column, program)
    return None
