"""What a true or false condition tells about which values are known."""

from __future__ import annotations

from dataclasses import fields, is_dataclass
from typing import Any

from requite.dsl.program import Expr, IsKnown, Logic, Not

Shape = tuple[Any, ...]
"""An expression without its places and types: two expressions of one shape mean the same in one row."""


def shape(node: Any) -> Any:
    if isinstance(node, tuple):
        return tuple(shape(part) for part in node)
    if is_dataclass(node) and not isinstance(node, type):
        parts = (shape(getattr(node, f.name)) for f in fields(node) if f.name not in ("span", "type"))
        return (type(node).__name__, *parts)
    return node


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
