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
from requite.engine.reading.columns import parts_of, place, shown
from requite.engine.reading.problems import DataError, DataProblem
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
    alike, refused = _alike(record, rows)
    read = read_sources(program, (Given(record, whole=[row for _, row in alike]),))
    rejects = [(alike[reject.line - 1][0], replace(reject, file="")) for reject in read.rejects]
    return LiveRead(
        tuple((alike[row.line - 1][0], Row(row.record, row.key, row.values)) for row in read.data[record.name]),
        tuple(sorted([*rejects, *refused], key=lambda one: one[0])),
    )


Cells = Mapping[str, object]


def _alike(record: Record, rows: Sequence[Cells]) -> tuple[list[tuple[int, Cells]], list[tuple[int, Rejected]]]:
    """Rows under the same headings, each with its place among those sent, and those whose own headings do not do.

    Each row brings its headings: `id` in one may be `ID` in the next.
    """
    headings = dict.fromkeys(frozenset(row) for row in rows)
    if len(headings) == 1:
        return list(enumerate(rows)), []
    placed = {names: _placed(record, sorted(names)) for names in headings}
    wrong = [problem for _, problems in placed.values() for problem in problems]
    if all(problems for _, problems in placed.values()):
        raise DataError(wrong)
    alike: list[tuple[int, Cells]] = []
    refused: list[tuple[int, Rejected]] = []
    for index, row in enumerate(rows):
        columns, problems = placed[frozenset(row)]
        if problems:
            refused += [(index, _refused(record, index, problems))]
        else:
            alike.append((index, {column: row[heading] for column, heading in columns.items()}))
    return alike, refused


def _placed(record: Record, headings: Sequence[str]) -> tuple[dict[str, str], Sequence[DataProblem]]:
    """By each column of a record the heading that it has in a row; and what is wrong with the headings."""
    there = set(headings)
    parts = parts_of(record)
    own = [part.column if part.column in there or part.role != "value" else part.field.name for part in parts]
    named = [replace(part, column=name) if name in there else part for part, name in zip(parts, own, strict=True)]
    placed, problems = place(record, headings, named, f"<{record.name}>", "rows")
    found = {part.column: headings[at.position] for part, at in zip(parts, placed, strict=True) if at.position is not None}
    return found, problems


def _refused(record: Record, index: int, problems: Sequence[DataProblem]) -> Rejected:
    """A row whose headings are not those of its record, with what is missing, or there twice."""
    first = problems[0].detail
    if "missing" not in first:
        reason = f"more than one column could be it: {_listed(first['there'])}"
        return Rejected(record.name, "", index + 1, first["column"], "", reason)
    likely = [first["likely"][name] for name in first["missing"] if name in first["likely"]]
    slip = f": {_listed(likely)} may be meant for it" if likely else ""
    return Rejected(record.name, "", index + 1, _listed(first["missing"]), "", f"has no column in this row{slip}")


def _listed(names: Sequence[str]) -> str:
    return ", ".join(shown(name) for name in names)


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
