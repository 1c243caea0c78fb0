"""What a true or false condition tells about which values are known."""

from __future__ import annotations

from dataclasses import fields, is_dataclass
from functools import cache
from typing import Any

from requite.dsl.program import Expr, IsKnown, Logic, Not
from requite.dsl.program.parts import Inside, getter

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


def known_when(condition: Expr, holds: bool) -> frozenset[Shape]:
    """The shapes of the values that are certainly known where the condition is true (or false, if `holds` is False)."""
    match condition:
        case IsKnown(operand=operand):
            return frozenset({shape(operand)}) if holds else frozenset()
        case Not(operand=operand):
            return known_when(operand, not holds)
        case Logic(operator=operator, operands=operands):
            if (operator == "and") is holds:
                return frozenset().union(*(known_when(part, holds) for part in operands))
    return frozenset()
