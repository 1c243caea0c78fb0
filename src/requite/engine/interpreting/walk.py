"""Going through core expressions: what stands inside one, what it reads, and making one anew from its parts."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from operator import is_not
from typing import Any

from requite.dsl import program as core
from requite.dsl.program.parts import looked_into, names_of


def children(node: Any) -> list[Any]:
    """The expressions that stand directly inside a node (any part of the program), ranges looked through."""
    found: list[Any] = []
    _, inside = looked_into(node.__class__)
    waiting = [] if inside is None else [inside(node)]
    for parts in waiting:
        for value in parts:
            expression, inside = looked_into(value.__class__)
            if expression:
                found.append(value)
            elif inside is not None:
                waiting.append(inside(value))
    return found


def expressions(node: Any) -> Iterator[core.Expr]:
    """Every expression in a part of the program, itself included, at any depth."""
    waiting: list[core.Expr] = [node] if looked_into(node.__class__)[0] else children(node)
    while waiting:
        part = waiting.pop()
        yield part
        waiting += children(part)


def in_no_order(node: Any) -> list[core.Expr]:
    """What `expressions` gives, sooner."""
    found: list[core.Expr] = []
    waiting = [node]
    for part in waiting:  # which grows on the way
        expression, inside = looked_into(part.__class__)
        if expression:
            found.append(part)
        if inside is not None:
            waiting += inside(part)
    return found


def columns_read(node: Any) -> frozenset[str]:
    """The columns that a part of the program reads, not counting what those read in turn."""
    return frozenset(part.column for part in in_no_order(node) if isinstance(part, core.ColumnRead))


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
    kind = node.__class__
    expression, inside = looked_into(kind)
    if inside is None:
        return change(node) if expression else node
    if issubclass(kind, Mapping):
        return {name: rewrite(part, change) for name, part in node.items()}
    old = tuple(inside(node))
    new = tuple([rewrite(part, change) for part in old])
    if any(map(is_not, new, old)):
        node = new if issubclass(kind, tuple) else replace(node, **dict(zip(names_of(kind), new, strict=True)))
    return change(node) if expression else node
