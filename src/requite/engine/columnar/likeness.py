"""By what two ranges know that they are alike: what they say, wherever it stands in the text."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import fields
from functools import cache
from typing import Any

from requite.dsl import program as core
from requite.engine.interpreting.walk import children, expressions, ranges
from requite.engine.wording import words

QUOTING = (
    core.Arithmetic,
    core.Scaled,
    core.Cases,
    core.BandRead,
    core.Lookup,
    core.ParameterRead,
    core.Aggregate,
    core.AddTime,
    core.Elapsed,
    core.WholeBetween,
    core.PeriodLabel,
    core.PeriodEdge,
    core.YearBegins,
)
"""Expressions whose reasons quote the text: they are alike only where they are written alike."""

Level = Callable[[int], Any]
"""What a level of a row in sight is called, so that ranges at different levels can be alike."""


def signature(part: Any, level: Level) -> Any:
    """What a part of the program says, without its places in the text."""
    if isinstance(part, core.RowVariable):
        return level(part.level)
    if isinstance(part, tuple):
        return tuple(signature(one, level) for one in part)
    if isinstance(part, Mapping):
        return tuple((name, signature(one, level)) for name, one in part.items())
    names = _fields(part.__class__)
    if not names:
        return part.__class__, part
    said: tuple[Any, ...] = tuple(level(part.level) if name == "level" else signature(getattr(part, name), level) for name in names)
    return (part.__class__, *said, *_quoted(part))


def _quoted(part: Any) -> tuple[str, ...]:
    if not isinstance(part, QUOTING):
        return ()
    quoted = [words(part.span), *(words(one.span) for one in children(part))]
    return (*quoted, str(part.span)) if isinstance(part, core.Cases) else tuple(quoted)


@cache
def _fields(kind: type) -> tuple[str, ...]:
    """The fields of a node of the program that say something; none of what is no node."""
    if not (issubclass(kind, (core.Core, core.Range, core.Case))):
        return ()
    return tuple(field.name for field in fields(kind) if field.name not in ("span", "bounded"))


def levels_around(reach: core.Range, parts: Iterable[Any]) -> frozenset[int]:
    """The levels of the rows around a range that it reads, itself or in what is taken over it."""
    found = set(_levels_read([own for _, own in (*reach.same, *reach.order)], reach.level))
    found |= set(_levels_read([reach.where, *parts], reach.level))
    if reach.ordinal:
        found.add(reach.level - 1)
    return frozenset(found)


def reads_around(parts: Iterable[Any], level: int) -> bool:
    """Whether any of these parts of a range reads a row around it."""
    return any(True for _ in _levels_read(list(parts), level))


def _levels_read(parts: list[Any], below: int) -> Iterator[int]:
    for part in parts:
        for expression in expressions(part):
            if isinstance(expression, core.RowVariable) and expression.level < below:
                yield expression.level
        for inside in ranges(part):
            if inside.ordinal and inside.level - 1 < below:
                yield inside.level - 1


__all__ = ["Level", "levels_around", "reads_around", "signature"]
