"""What rows are found by: hashes of what they have in common, the same in every process."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import fields, is_dataclass
from datetime import date, datetime
from enum import Enum
from fractions import Fraction
from hashlib import blake2b
from typing import Any, Final

from requite.dsl import program as core
from requite.dsl.source import Span
from requite.dsl.types import Type

SIZE: Final = 16
"""Bytes of a hash."""


def hashed(text: str) -> str:
    """A text as 32 hexadecimal digits."""
    return blake2b(text.encode(), digest_size=SIZE).hexdigest()


def value_text(value: Any) -> str:
    """An identity (as `identity` gives it) as text: equal values have equal texts, different ones different texts."""
    kind = value.__class__
    if kind is str:
        return f"s{len(value)}:{value}"
    if kind is Fraction:
        return f"n{value.numerator}/{value.denominator}"
    if kind is tuple:
        return f"({','.join(map(value_text, value))})"
    if kind is bool:
        return f"b{int(value)}"
    if isinstance(value, datetime):
        return f"m{value.isoformat()}"
    if isinstance(value, date):
        return f"d{value.isoformat()}"
    if value is None:
        return "-"
    raise TypeError(kind.__name__)


def values_text(values: Iterable[Any]) -> str:
    return "\x1f".join(map(value_text, values))


def signature(expression: Any, level: int, program: core.Program) -> str:
    """An expression over the row of one level as text, by what it means: places aside, figures of the row written out."""
    match expression:
        case core.RowVariable(level=at) if at == level:
            return "row"
        case core.FieldRead(row=row, field=field):
            return f"{signature(row, level, program)}.{field}"
        case core.ColumnRead(row=row, column=name):
            definition = program.columns[name].definition
            if isinstance(definition, core.Computed):
                return f"[{signature(row, level, program)}|{signature(definition.value, 0, program)}]"
            return f"{signature(row, level, program)}:{name}"
    return _structure(expression, level, program)


def _structure(part: Any, level: int, program: core.Program) -> str:
    if isinstance(part, core.Core):
        inside = [(f.name, getattr(part, f.name)) for f in fields(part) if f.name not in ("type", "span")]
        return f"{type(part).__name__}({','.join(f'{name}={_part(value, level, program)}' for name, value in inside)})"
    return described(part)


def _part(value: Any, level: int, program: core.Program) -> str:
    if isinstance(value, core.Core):
        return signature(value, level, program)
    if isinstance(value, tuple):
        return f"({','.join(_part(one, level, program) for one in value)})"
    if is_dataclass(value) and not isinstance(value, Span | Type):
        inside = [_part(getattr(value, f.name), level, program) for f in fields(value)]
        return f"{type(value).__name__}({','.join(inside)})"
    return described(value)


def described(value: Any) -> str:
    """A declaration, or a part of one, as text; where it stands is left out."""
    if isinstance(value, Span):
        return ""
    if isinstance(value, Enum):
        return str(value.value)
    if is_dataclass(value):
        return f"{type(value).__name__}({','.join(f'{f.name}={described(getattr(value, f.name))}' for f in fields(value))})"
    if isinstance(value, tuple | list):
        return f"({','.join(map(described, value))})"
    if isinstance(value, frozenset):
        return f"({','.join(sorted(map(described, value)))})"
    if isinstance(value, str | int | Fraction | date | None):
        return repr(value)
    raise TypeError(type(value).__name__)
