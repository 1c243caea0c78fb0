"""What a true or false condition tells about which values are known."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from functools import cache
from typing import Any

from requite.dsl.program import Column, ColumnRead, Computed, Expr, IsKnown, Logic, Not
from requite.dsl.program.parts import Inside, getter
from requite.dsl.types import Kind, Type

Shape = tuple[Any, ...]
"""An expression without its places and types: two expressions of one shape mean the same in one row."""


def shape(node: Any) -> Any:
    kind = node.__class__
    if kind is tuple:
        return tuple([shape(part) for part in node])
    inside = _meant(kind)
    return node if inside is None else (kind.__name__, *[shape(part) for part in inside(node)])


@cache
def _meant(kind: type) -> Inside | None:
    """How to get at what a node means: all its fields but the place and the type."""
    if not is_dataclass(kind):
        return None
    names = tuple(f.name for f in fields(kind) if f.name not in ("span", "type"))
    return getter(names) if names else _no_parts


def _no_parts(node: Any) -> tuple[Any, ...]:  # noqa: ARG001 - one of the ways to look into a node
    return ()


_OWN: Shape = ("RowVariable", 0)
"""The row that a column is reckoned for, as its definition reads it."""


def known_when(condition: Expr, holds: bool, columns: Mapping[str, Column]) -> frozenset[Shape]:
    """The shapes of the values that are certainly known where the condition is true (or false, if `holds` is False).

    A column that holds a condition tells what its text would; `columns` are those reckoned so far.
    """
    return _known(condition, holds, columns, {})


_Told = dict[tuple[str, bool], frozenset[Shape]]
"""What each column tells of its own row: it may be read in many places of one condition."""


def _known(condition: Expr, holds: bool, columns: Mapping[str, Column], told: _Told) -> frozenset[Shape]:
    match condition:
        case IsKnown(operand=operand):
            return frozenset({shape(operand)}) if holds else frozenset()
        case Not(operand=operand):
            return _known(operand, not holds, columns, told)
        case Logic(operator=operator, operands=operands):
            if (operator == "and") is holds:
                return frozenset().union(*(_known(part, holds, columns, told) for part in operands))
        case ColumnRead(column=name, row=row, type=Type(kind=Kind.YES_NO)):
            found = _known_by_column(name, holds, columns, told)
            of = shape(row)
            return found if of == _OWN else frozenset(_read_of(of, part) for part in found)
    return frozenset()


def _known_by_column(name: str, holds: bool, columns: Mapping[str, Column], told: _Told) -> frozenset[Shape]:
    if (name, holds) not in told:
        definition = columns[name].definition if name in columns else None
        value = definition.value if isinstance(definition, Computed) else None
        told[name, holds] = _known(value, holds, columns, told) if value is not None else frozenset()
    return told[name, holds]


def _read_of(row: Shape, part: Any) -> Any:
    """A shape that reads a column's own row, as it is where another row stands in its place."""
    if part == _OWN:
        return row
    return tuple([_read_of(row, inside) for inside in part]) if part.__class__ is tuple else part
