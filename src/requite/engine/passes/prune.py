"""Columns and shares that nothing asks for are left out."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from requite.dsl import program as core
from requite.engine.interpreting.walk import columns_read


def prune(program: core.Program) -> core.Program:
    """The program without what nothing reads, even by way of others: no rule, share that pays, shown or carried figure, example."""
    wanted: set[str] = set()
    waiting = list(_asked_for(program))
    while waiting:
        for name in columns_read(waiting.pop()) - wanted:
            wanted |= {name}
            waiting += _behind(name, program)
    return replace(
        program,
        columns={name: column for name, column in program.columns.items() if name in wanted},
        shares={name: share for name, share in program.shares.items() if share.scheme or share.column in wanted},
    )


def _asked_for(program: core.Program) -> Iterator[Any]:
    """The parts of a program that results come from, and the columns that they name."""
    yield from program.payments.values()
    yield from program.schemes.values()
    yield from program.checks.values()
    yield from (share for share in program.shares.values() if share.scheme)
    for scheme in program.schemes.values():  # a debt that no rule reads is still carried on for rows that are not there
        yield from (_reading(f"{scheme.name}.{carry.name}", program) for carry in scheme.carries)
    yield from program.shown
    yield from (record.derived_by for record in program.records.values())
    for check in program.checks.values():
        yield from (_reading(name, program) for name in columns_of(check))
    for example in program.examples:
        yield from (_reading(expected.target, program) for expected in example.expects if expected.target in program.columns)


def columns_of(check: core.CheckRule) -> tuple[str, ...]:
    """The columns of its own that a check has."""
    return tuple(name for name in (check.expected, check.tolerance, check.overcharge, check.penalty) if name)


def _reading(name: str, program: core.Program) -> core.Expr:
    column = program.columns[name]
    return core.ColumnRead(column.type, column.span, core.RowVariable(column.type, column.span, 0), name)


def _behind(name: str, program: core.Program) -> list[Any]:
    """What a column's value is made from."""
    definition = program.columns[name].definition
    return [program.shares[definition.share]] if isinstance(definition, core.Shared) else [definition]
