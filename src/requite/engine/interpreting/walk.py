"""Going through core expressions: what stands inside one, what it reads, and making one anew from its parts."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import fields, is_dataclass
from functools import lru_cache
from typing import Any

from requite.dsl import program as core
from requite.dsl.source import Span
from requite.dsl.types import Type

LEAVES = (Span, Type, str, int, type(None))
"""What holds no expression, and need not be looked into."""


@lru_cache(maxsize=256)
def _names_of(kind: Any) -> tuple[str, ...]:
    return tuple(field.name for field in fields(kind))


def _field_names(node: Any) -> tuple[str, ...]:
    return _names_of(node.__class__)


def children(node: Any) -> Iterator[Any]:
    """The expressions that stand directly inside a node (any part of the program), ranges looked through."""
    waiting = [node]
    while waiting:
        part = waiting.pop(0)
        inside: list[Any] = []
        if isinstance(part, Mapping):
            inside = list(part.values())
        elif isinstance(part, (tuple, list)):
            inside = list(part)
        elif is_dataclass(part) and not isinstance(part, type):
            inside = [getattr(part, name) for name in _field_names(part)]
        for value in inside:
            if isinstance(value, core.Core):
                yield value
            elif not isinstance(value, LEAVES):
                waiting.append(value)


def expressions(node: Any) -> Iterator[core.Expr]:
    """Every expression in a part of the program, itself included, at any depth."""
    waiting = [node]
    while waiting:
        part = waiting.pop()
        if isinstance(part, core.Core):
            yield part  # type: ignore[misc]  # every Core is one of Expr
        waiting.extend(children(part))


def columns_read(node: Any) -> frozenset[str]:
    """The columns that a part of the program reads, not counting what those read in turn."""
    return frozenset(part.column for part in expressions(node) if isinstance(part, core.ColumnRead))


def ranges(node: Any) -> Iterator[core.Range]:
    """Every range in a part of the program."""
    for expression in expressions(node):
        if isinstance(expression, (core.Aggregate, core.Exists)):
            yield expression.range
    whole = node.definition if isinstance(node, core.Column) else node
    if isinstance(whole, (core.Share, core.Matched)):
        yield whole.range


def reads_outside(node: Any, level: int) -> bool:
    """Whether an expression in a range reads a row around it, rather than the range's own row and those inside."""
    return any(isinstance(part, core.RowVariable) and part.level < level for part in expressions(node))


def depth(node: Any) -> int:
    """How deep expressions are nested in a part of the program."""
    deepest, waiting = 0, [(node, 0)]
    while waiting:
        part, level = waiting.pop()
        deepest = max(deepest, level)
        waiting.extend((child, level + 1) for child in children(part))
    return deepest


def rewrite(node: Any, change: Callable[[Any], Any]) -> Any:
    """The same part of the program, each expression in it changed, the innermost first."""
    if isinstance(node, LEAVES):
        return node
    if isinstance(node, tuple):
        parts = [rewrite(part, change) for part in node]
        return node if all(new is old for new, old in zip(parts, node, strict=True)) else tuple(parts)
    if isinstance(node, Mapping):
        return {name: rewrite(part, change) for name, part in node.items()}
    if not is_dataclass(node) or isinstance(node, type):
        return node
    old = {name: getattr(node, name) for name in _field_names(node)}
    new = {name: rewrite(part, change) for name, part in old.items()}
    if any(new[name] is not old[name] for name in old):
        node = type(node)(**new)
    return change(node) if isinstance(node, core.Core) else node
