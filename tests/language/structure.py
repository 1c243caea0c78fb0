"""Syntax without its places: what two texts that mean the same have in common."""

from __future__ import annotations

from dataclasses import fields, is_dataclass
from typing import Any

from requite.dsl.syntax import Document, Node

_PLACES = {"span", "source", "comments"}


def structure(node: Node | Document) -> Any:
    """Nested tuples of all that a node holds, apart from its places in the text."""
    return _plain(node)


def _plain(value: Any) -> Any:
    if is_dataclass(value):
        held = (getattr(value, field.name) for field in fields(value) if field.name not in _PLACES)
        return type(value).__name__, *map(_plain, held)
    if isinstance(value, tuple):
        return tuple(map(_plain, value))
    return "yes/no" if value == "yesno" else value
