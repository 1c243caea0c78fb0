"""Rows of live claims in and out: from what was sent, to text that is kept, and back, to the penny and the day."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from fractions import Fraction
from typing import Any

from requite.dsl.program import Program, Record
from requite.engine.data import read_sources
from requite.engine.decision import Rejected
from requite.engine.reading.sources import Given
from requite.engine.rows import Row


@dataclass(frozen=True, slots=True)
class LiveRead:
    """What became of rows that were sent: each is read or rejected, by its place among them, from 0."""

    rows: tuple[tuple[int, Row], ...]
    rejects: tuple[tuple[int, Rejected], ...]


def read_rows(program: Program, record: Record, rows: Sequence[Mapping[str, object]]) -> LiveRead:
    """Rows of a record as they were sent; DataError where they are none of its at all, such as where a column is missing.

    A row has no file and no line: it goes by its key, wherever and whenever it arrived.
    """
    if not rows:
        return LiveRead((), ())
    read = read_sources(program, (Given(record, whole=list(rows)),))
    return LiveRead(
        tuple((row.line - 1, Row(row.record, row.key, row.values)) for row in read.data[record.name]),
        tuple(sorted(((reject.line - 1, replace(reject, file="")) for reject in read.rejects), key=lambda one: one[0])),
    )


def text_of(row: Row) -> str:
    """A row's values as JSON, each exact."""
    return json.dumps([[_out(part) for part in row.key], {name: _out(value) for name, value in row.values.items()}])


def row_of(record: str, text: str, place: str = "") -> Row:
    """The row that a text was made of; `place` may say where it came from, as in `claims.csv line 3`."""
    key, values = json.loads(text)
    file, _, line = place.rpartition(" line ")
    file, number = (file, int(line)) if line.isdecimal() else ("", 0)
    return Row(record, tuple(_in(part) for part in key), {name: _in(value) for name, value in values.items()}, file, number)


def _out(value: Any) -> Any:
    if value is None or isinstance(value, str | bool):
        return value
    if isinstance(value, Fraction):
        return {"n": str(value)}
    if isinstance(value, datetime):
        return {"m": value.isoformat()}
    if isinstance(value, date):
        return {"d": value.isoformat()}
    return [_out(part) for part in value]


def _in(value: Any) -> Any:
    match value:
        case {"n": number}:
            return Fraction(number)
        case {"m": moment}:
            return datetime.fromisoformat(moment)
        case {"d": day}:
            return date.fromisoformat(day)
        case list():
            return tuple(_in(part) for part in value)
    return value
