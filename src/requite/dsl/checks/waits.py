"""Checks that read a whole group, and so cannot be decided while claims still arrive."""

from __future__ import annotations

from collections.abc import Iterable

from requite.dsl import program as core
from requite.dsl.checks import reads
from requite.dsl.diagnostics import Diagnostic, Label, error
from requite.dsl.elaborate import everything_in
from requite.dsl.names import Module


def rules_that_wait(program: core.Program, modules: tuple[Module, ...], used: frozenset[str]) -> list[Diagnostic]:
    """A check that reads a total without a window of time, a share or a group says that it settles with the period."""
    del modules, used
    found: list[Diagnostic] = []
    told: dict[str, list[_Telling]] = {}
    for check in program.checks.values():
        if check.settles_with_period:
            continue
        whole = _whole_group(check, program, told)
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


def _whole_group(check: core.CheckRule, program: core.Program, told: dict[str, list[_Telling]]) -> core.Expr | None:
    """What a check waits for, be it in columns that it reads; `told` keeps what they hold, since many checks read the same."""
    waiting, seen = _telling(reads.of_check(check, program), program), set[str]()
    while waiting:
        for part in waiting.pop():
            if not isinstance(part, core.ColumnRead):
                return part
            if part.column not in seen:
                seen.add(part.column)
                column = program.columns[part.column]
                if isinstance(column.definition, core.Shared | core.Paid):
                    return part
                if column.name not in told:
                    told[column.name] = _telling(reads.of_column(column, program), program)
                waiting += told[column.name]
    return None


_Telling = tuple[core.Expr, ...]
"""Of an expression: its parts that read a column, or a whole group."""


def _telling(expressions: Iterable[core.Expr], program: core.Program) -> list[_Telling]:
    return [tuple(part for part in everything_in(one) if _tells(part, program)) for one in expressions]


def _tells(part: core.Expr, program: core.Program) -> bool:
    match part:
        case core.ColumnRead():
            return True
        case core.Aggregate():
            return not part.range.bounded
        case core.Lookup():
            return bool(program.records[part.record].derived_from)
    return False
