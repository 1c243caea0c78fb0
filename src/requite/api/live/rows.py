"""Live rows as the store holds them: what was sent, what was read of it, and the rows of an engine again."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from fractions import Fraction
from itertools import islice
from threading import Lock
from typing import Any, Final, TypeVar

from requite.api.live.version import LiveVersion
from requite.api.store.columns import new_id
from requite.dsl.program import Record
from requite.engine.live.windows import Links
from requite.engine.reading.keys import Keys
from requite.engine.reading.problems import DataError
from requite.engine.results import fraction_text
from requite.engine.rows import Row
from requite.engine.wording import joined, plain

T = TypeVar("T")

TOGETHER: Final = 1_000
"""Values that are asked for in one statement."""

NUMBER: Final = "number"
"""By which a kept number is told that JSON's own would not keep exactly."""

Cells = Mapping[str, Any]
"""What was sent of a row: texts, whole numbers, decimals, yes or no, blanks, by the columns' names."""


def parts(items: Iterable[T], size: int = TOGETHER) -> Iterable[list[T]]:
    """Items a few at a time."""
    waiting = iter(items)
    while some := list(islice(waiting, size)):
        yield some


# --- cells ------------------------------------------------------------------------------------------------------------


def kept_cells(cells: Cells) -> dict[str, Any]:
    """Cells as they are kept: a decimal with all that was written of it."""
    return {name: {NUMBER: str(cell)} if isinstance(cell, Decimal) else cell for name, cell in cells.items()}


def sent_cells(kept: Cells) -> dict[str, Any]:
    """Cells as they were sent."""
    return {name: Decimal(cell[NUMBER]) if isinstance(cell, dict) else cell for name, cell in kept.items()}


# --- rows -------------------------------------------------------------------------------------------------------------


def key_of(record: Record, row: Row) -> str:
    """By what a row is told from others of its record: its key, in a dated table with its first day; else one of its own."""
    if not record.key:
        return new_id()
    text = joined([fraction_text(part) if isinstance(part, Fraction) else plain(part) for part in row.key])
    if not record.period:
        return text
    keys = Keys(record, ())
    whole = keys.words(keys.of_mapping(row.values))
    return text + whole[len(keys.words(keys.row_key(row.key))) :]


def placeless(row: Row, record: Record, key: str) -> Row:
    """A row by itself: where it stood in a request means nothing later. One without a key goes by its own."""
    return replace(row, key=row.key if record.key else (key,), file="", line=0)


@dataclass(frozen=True, slots=True)
class Found:
    """A row in the store, as it was found there. `key` tells it from others of its record."""

    id: int
    record: str
    key: str
    revision: int
    cancelled: bool
    cells: Cells
    stored: str
    shape: str


UNREAD: Final = ""
"""What is stored of a row that the version of its shape cannot read."""


def row_of(found: Found, version: LiveVersion) -> Row | None:
    """A stored row as a version reads it; None where it cannot."""
    engine = version.engine
    if found.record not in engine.program.records:
        return None
    if found.shape == version.shape(found.record):
        return None if found.stored == UNREAD else _named(engine.restored(found.record, found.stored), found, version)
    read = read_again([found], version)[0]
    return read if isinstance(read, Row) else None


def _named(row: Row, found: Found, version: LiveVersion) -> Row:
    return placeless(row, version.engine.program.records[found.record], found.key)


def read_again(found: Sequence[Found], version: LiveVersion) -> list[Row | str]:
    """Rows of one record read anew from what was sent; why not, for those that cannot be read."""
    if not found:
        return []
    name, engine = found[0].record, version.engine
    record = engine.program.records.get(name)
    if record is None:
        return [f"this version has no {name}"] * len(found)
    try:
        read = engine.read(name, [sent_cells(one.cells) for one in found])
    except DataError as error:
        return [error.problems[0].message] * len(found)
    said: list[Row | str] = ["it cannot be read"] * len(found)
    for index, reject in read.rejects:
        said[index] = f"{reject.field} {reject.reason}".strip()
    for index, row in read.rows:
        key = key_of(record, row) if record.key else found[index].key
        same = key == found[index].key
        said[index] = placeless(row, record, key) if same else "this version gives it another key"
    return said


# --- rows that are at hand --------------------------------------------------------------------------------------------

MOST_AT_HAND: Final = 50_000
"""Rows that are held for the next decision."""


@dataclass(frozen=True, slots=True)
class Linked:
    """A row with the hashes by which it is found."""

    row: Row
    links: Links


class RowsAtHand:
    """Rows that were read from the store, for whoever needs them next: a row in the store never changes, but for its end."""

    def __init__(self, most: int = MOST_AT_HAND) -> None:
        self._rows: OrderedDict[tuple[str, int], Linked | None] = OrderedDict()
        self._most = most
        self._lock = Lock()

    def some(self, version: str, ids: Iterable[int]) -> dict[int, Linked | None]:
        """Of these rows those at hand, as a version reads them; None for one that it cannot read."""
        with self._lock:
            found = {id: self._rows[version, id] for id in ids if (version, id) in self._rows}
            for id in found:
                self._rows.move_to_end((version, id))
        return found

    def keep(self, version: str, rows: Mapping[int, Linked | None]) -> None:
        with self._lock:
            for id, row in rows.items():
                self._rows[version, id] = row
            while len(self._rows) > self._most:
                self._rows.popitem(last=False)
