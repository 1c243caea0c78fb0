"""Whether what stands in a manifest is of the shape that a run gives it; a part that is not there is missed by whoever needs it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import date, datetime
from typing import Any, Final

Wrong = Iterator[str]
Shape = Callable[[Any, str], Wrong]
"""Tells, for a value and where it stands, what is wrong with it: nothing where it is as it should be."""


def faults(manifest: Mapping[str, Any]) -> Wrong:
    """What is wrong with the parts that a manifest has."""
    for name, shape in PARTS.items():
        if name in manifest:
            yield from shape(manifest[name], name)


def _a(words: str, fits: Callable[[Any], bool]) -> Shape:
    def told(value: Any, place: str) -> Wrong:
        if not fits(value):
            yield f"{place} is not {words}"

    return told


def _parts(maybe: Mapping[str, Shape] | None = None, /, **shapes: Shape) -> Shape:
    """An object, whose parts are all there but for those that may be missing."""

    def told(value: Any, place: str) -> Wrong:
        if not isinstance(value, dict):
            yield f"{place} is not an object"
            return
        for name, shape in shapes.items():
            if name in value:
                yield from shape(value[name], f"{place}.{name}")
            else:
                yield f"{place} lacks {name}"
        for name, shape in (maybe or {}).items():
            if name in value:
                yield from shape(value[name], f"{place}.{name}")

    return told


def _list(shape: Shape, least: int = 0) -> Shape:
    def told(value: Any, place: str) -> Wrong:
        if not isinstance(value, list):
            yield f"{place} is not a list"
            return
        if len(value) < least:
            yield f"{place} is empty"
        for number, item in enumerate(value, 1):
            yield from shape(item, f"{place}[{number}]")

    return told


def _or_none(shape: Shape) -> Shape:
    return lambda value, place: iter(()) if value is None else shape(value, place)


def _is_day(value: Any) -> bool:
    try:
        return isinstance(value, str) and bool(date.fromisoformat(value))
    except ValueError:
        return False


def _is_moment(value: Any) -> bool:
    try:
        return isinstance(value, str) and bool(datetime.fromisoformat(value))
    except ValueError:
        return False


TEXT: Final = _a("a text", lambda value: isinstance(value, str))
NUMBER: Final = _a("a whole number", lambda value: isinstance(value, int) and not isinstance(value, bool))
DAY: Final = _a("a date", _is_day)
MOMENT: Final = _a("a time", _is_moment)

OBJECT: Final = _parts()
FILE: Final = _parts({"sheet": TEXT}, name=TEXT, path=TEXT, from_run=TEXT, bytes=NUMBER, sha256=TEXT)
TABLE: Final = _parts(name=TEXT, path=TEXT, from_run=TEXT, form=TEXT)
PARTS: Final[Mapping[str, Shape]] = {
    "requite": TEXT,
    "ruleset": _parts(name=TEXT, title=TEXT, currency=TEXT, texts=_list(_parts(name=TEXT, file=TEXT, sha256=TEXT), 1)),
    "known": DAY,
    "inputs": _list(_parts({"table": TABLE, "state": OBJECT}, record=TEXT, files=_list(FILE))),
    "brought_forward": _or_none(FILE),
    "rows": _list(_parts(record=TEXT, file=TEXT, rows=NUMBER, read=NUMBER, rejected=NUMBER)),
    "rules": _list(_parts(rule=TEXT, kind=TEXT, record=TEXT, read=NUMBER, assessed=NUMBER, not_assessable=NUMBER)),
    "engine": _parts(name=TEXT),
    "outputs": _list(_parts(file=TEXT, rows=NUMBER, sha256=TEXT)),
    "times": _parts(started=MOMENT, finished=MOMENT),
}
