"""What stands inside a part of a program: worked out once for each class, since every check and pass goes through all of it."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import fields, is_dataclass
from functools import cache
from operator import attrgetter
from typing import Any

from requite.dsl.program.expressions import Core
from requite.dsl.source import Span
from requite.dsl.types import Type

LEAVES = (Span, Type, str, int, type(None))
"""What holds no expression, and need not be looked into."""

_PLAIN = frozenset(
    {
        *("str", "int", "bool", "date", "datetime", "Fraction", "Scalar", "Plain", "None", "tuple", "Mapping", "Span", "Type"),
        *("ColumnKind", "Rounding", "Citation", "Field", "LiteralRow"),
    }
)
"""The words of annotations of fields that hold no expression."""

Inside = Callable[[Any], tuple[Any, ...]]


@cache
def names_of(kind: Any) -> tuple[str, ...]:
    """The fields of a class of the program in which expressions may stand."""
    return tuple(field.name for field in fields(kind) if not _is_plain(field.type))


def _is_plain(annotation: Any) -> bool:
    return isinstance(annotation, str) and _PLAIN.issuperset(re.findall(r"\w+", annotation))


@cache
def looked_into(kind: type) -> tuple[bool, Inside | None]:
    """Whether the nodes of a class are expressions, and how to get at what stands in them; nothing where nothing does."""
    if issubclass(kind, LEAVES):
        return False, None
    if issubclass(kind, Mapping):
        return False, _values
    if issubclass(kind, (tuple, list)):
        return False, tuple
    if not is_dataclass(kind):
        return False, None
    names = names_of(kind)
    return issubclass(kind, Core), getter(names) if names else None


def _values(node: Mapping[Any, Any]) -> tuple[Any, ...]:
    return tuple(node.values())


def getter(names: tuple[str, ...]) -> Inside:
    """What gets the values of some fields, in their order."""
    found = attrgetter(*names)
    return found if len(names) > 1 else lambda node: (found(node),)
