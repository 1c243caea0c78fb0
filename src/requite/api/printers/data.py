"""Nodes of any representation as plain data, for JSON."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from datetime import date, datetime
from fractions import Fraction
from typing import Any

from requite.dsl.source import Source, Span
from requite.dsl.types import Type


def as_data(value: Any) -> Any:
    """A node as a mapping with its kind under `node`; exact numbers as text (`7/10`), places as `file:line:column`."""
    if value is None or isinstance(value, (bool, int)):
        return value
    if isinstance(value, str):
        return str(value)
    if isinstance(value, (Fraction, Span, Type)):
        return str(value)
    if isinstance(value, Source):
        return value.name
    if isinstance(value, (date, datetime)):
        return value.isoformat()
    if isinstance(value, Mapping):
        return {str(name): as_data(part) for name, part in value.items()}
    if isinstance(value, frozenset):
        return sorted(as_data(part) for part in value)
    if isinstance(value, (tuple, list)):
        return [as_data(part) for part in value]
    if is_dataclass(value):
        return {"node": type(value).__name__, **{f.name: as_data(getattr(value, f.name)) for f in fields(value)}}
    raise TypeError(f"{type(value).__name__} has no plain form")
