"""The syntax of a ruleset as an outline: each node with its place, what it holds indented below it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import fields
from typing import Any

from requite.dsl import syntax
from requite.dsl.syntax import Document, Node

STEP = "  "

LITERALS = (
    syntax.Number, syntax.Percent, syntax.Money, syntax.Date, syntax.Moment, syntax.Duration, syntax.Nothing, syntax.DateRange,
    syntax.Onwards,
)  # fmt: skip


def outline(document: Document) -> str:
    """The declarations of a document as an outline."""
    lines = [line for declaration in document.declarations for line in _lines("", declaration, "")]
    return "\n".join(lines) + "\n"


def _lines(label: str, node: Node, indent: str) -> Iterator[str]:
    inline = _inline(node)
    if inline is not None:
        yield f"{indent}{label}{inline}"
        return
    parts = [(f.name, getattr(node, f.name)) for f in fields(node) if f.name != "span"]
    short = [(name, _inline(value)) for name, value in parts if _is_said(value)]
    said = "".join(f" {name}={text}" for name, text in short if text is not None)
    yield f"{indent}{label}{type(node).__name__} {node.span.line}:{node.span.column}{said}"
    for name, value in parts:
        if _is_said(value) and _inline(value) is None:
            yield from _below(name, value, indent + STEP)


def _below(name: str, value: Any, indent: str) -> Iterator[str]:
    if not isinstance(value, tuple):
        yield from _lines(f"{name}: ", value, indent)
        return
    yield f"{indent}{name}:"
    for part in value:
        if isinstance(part, tuple):
            yield f"{indent}{STEP}{_inline(part)}"
        else:
            yield from _lines("", part, indent + STEP)


def _is_said(value: Any) -> bool:
    """Whether a part says anything: what is absent, false or empty does not."""
    return value not in (None, False, "", ())


def _inline(value: Any) -> str | None:
    """A part that stands on its node's line; None where it needs lines of its own."""
    match value:
        case bool():
            return "yes" if value else "no"
        case str():
            return value
        case syntax.Name():
            return value.text
        case syntax.Text():
            return f'"{value.value}"'
        case syntax.Path():
            return ".".join(name.text for name in value.names)
        case tuple():
            parts = [_inline(part) for part in value]
            return None if any(part is None for part in parts) else f"({', '.join(part or '' for part in parts)})"
    if isinstance(value, LITERALS):
        return " ".join(value.span.text.split())
    return None if isinstance(value, Node) else str(value)
