"""The keys of the rows of one record: what they are made of, and which of them stand on more than one row."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from operator import itemgetter
from typing import Any, Final

from requite.dsl.program import Record
from requite.engine.rows import known_name
from requite.engine.wording import joined, key_text

MOST_PLACES: Final = 8

Key = tuple[Any, ...]
"""The values of the key fields; for a dated table, then the first day, and the day on which the row became known."""


class Keys:
    """The keys seen of a record, with the rows (file by number, line) that have them. A record without a key repeats none."""

    def __init__(self, record: Record, files: Sequence[str]) -> None:
        self.record, self.files = record, files
        self.repeated: dict[Key, list[tuple[int, int]]] = {}
        self._first: dict[Key, tuple[int, int]] = {}
        self._width = len(record.key)
        self._known = known_name(record.period)

    @property
    def names(self) -> str:
        return ", ".join(self.record.key)

    def of_values(self, fields: Sequence[str]) -> Callable[[tuple[Any, ...]], Key]:
        """A function from the values of a row, in the order of these fields, to its key."""
        wanted = [fields.index(name) for name in self.record.key if name in fields]
        if not wanted:
            return lambda _: ()
        if self.record.period in fields and self.record.period:
            pick, period = itemgetter(*wanted, fields.index(self.record.period)), self._width
            known = fields.index(self._known) if self._known in fields else -1
            return lambda row: self._dated(pick(row)[:period], pick(row)[period], row[known] if known >= 0 else None)
        if len(wanted) == 1:
            only = wanted[0]
            return lambda row: (row[only],)
        return itemgetter(*wanted)

    def of_mapping(self, values: Mapping[str, Any]) -> Key:
        """The key of a row, from its values by name."""
        if not self._width:
            return ()
        key = tuple(values[name] for name in self.record.key)
        if not self.record.period:
            return key
        return self._dated(key, values[self.record.period], values.get(self._known))

    def _dated(self, key: Key, period: Any, known: Any) -> Key:
        return (*key, period[0] if isinstance(period, tuple) else period, known)

    def row_key(self, key: Key) -> Key:
        """The key as a row holds it: without the days of a dated table."""
        return key[: self._width]

    def add(self, key: Key, file: int, line: int) -> Key | None:
        """Enter a row's key; None where it has none."""
        if not key:
            return None
        first = self._first.setdefault(key, (file, line))
        if first != (file, line):
            self.repeated.setdefault(key, [first]).append((file, line))
        return key

    def complaint(self, key: Key) -> str:
        """Why a row with this key is rejected: which others have it. Empty where none has."""
        places = self.repeated.get(key)
        return "" if places is None else self.told(key, len(places), places)

    def told(self, key: Key, count: int, places: Sequence[tuple[int, int]]) -> str:
        """That so many rows have a key, and where the first of them stand."""
        told = [self._place(places, i) for i in range(min(count, MOST_PLACES))]
        if count > MOST_PLACES:
            told.append(f"{count - MOST_PLACES} more")
        number = "two" if count == 2 else str(count)
        return f"{number} rows have the key {self.words(key)}: {', '.join(told[:-1])} and {told[-1]}"

    def _place(self, places: Sequence[tuple[int, int]], i: int) -> str:
        """One place of several; the file is named where it changes."""
        file, line = places[i]
        return f"line {line}" if i and places[i - 1][0] == file else f"{self.files[file]} line {line}"

    def words(self, key: Key) -> str:
        """A key as text, its parts with | between them, and the day from which a dated row holds."""
        text = joined(key_text(key[: self._width]))
        start, known = (*key[self._width :], None, None)[:2]
        return text + (f" from {start}" if start else "") + (f" known from {known}" if known else "")
