"""The data of a run in a database, from which single rows are taken by what their fields hold."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, datetime
from fractions import Fraction
from pathlib import Path
from typing import Any, Final

import duckdb

from requite.dsl.program import Program
from requite.dsl.types import Kind
from requite.engine.columnar.reading import StoredData, store_sources
from requite.engine.columnar.reading.layout import Slot, slots_of
from requite.engine.columnar.reading.names import literal, quoted
from requite.engine.columnar.sessions import Session, session
from requite.engine.columnar.stored import Stored
from requite.engine.data import Progress, read_sources
from requite.engine.decision import Rejected
from requite.engine.reading.sources import Given
from requite.engine.rows import Row, known_name
from requite.engine.seeking import paths
from requite.engine.settings import LEAST_MEMORY, Settings
from requite.engine.wording import parted

FEW: Final = 100
"""Values up to this many stand in the statement, where the reader of a file can leave out what has none of them."""

LARGEST_SESSION: Final = 10**9
"""The memory that the database gets at most, and no more than a quarter: the rows themselves need the rest.

It is hardly used but for proving, once, that no key stands twice.
"""

TOGETHER: Final = 10_000

KINDS: Final[Mapping[Kind, type]] = {
    Kind.DATE: date,
    Kind.MOMENT: datetime,
    Kind.YES_NO: bool,
    Kind.TEXT: str,
    Kind.CHOICE: str,
}
"""What a value of each kind that is no number is in Python."""


@dataclass(frozen=True, slots=True)
class Sought:
    """What the rows that are asked for have: at the end of a path, one of these values, each as `identity` gives it."""

    path: paths.Path
    values: Collection[Any]


@dataclass(eq=False)
class Store:
    """The relations of a run's data, and the rows that stand in the text. Rows have a number by which they are the same ones."""

    session: Session
    program: Program
    data: StoredData
    literal: Mapping[str, Sequence[Row]]
    _slots: dict[str, tuple[Slot, ...]] = field(default_factory=dict)

    def has(self, record: str) -> bool:
        return record in self.data.stored and record not in self.literal

    def count(self, record: str) -> int:
        """How many rows a record has."""
        return self.data.stored[record].rows if self.has(record) else len(self.literal.get(record, ()))

    def slots(self, record: str) -> tuple[Slot, ...]:
        if record not in self._slots:
            self._slots[record] = slots_of(self.program, self.program.records[record])
        return self._slots[record]

    # --- rows ---

    def rows(self, record: str, sought: Sequence[Sought] = (), most: int | None = None) -> Iterator[tuple[int, Row]]:
        """The rows of a record that have all that is sought, each with its number, in the order read; no more than `most`."""
        stored, parameters = self.data.stored[record], list[Any]()
        conditions = [self._condition(record, one.path, one.values, parameters) for one in sought]
        yield from self._fetched(stored, " AND ".join(conditions), parameters, most)

    def numbered(self, record: str, numbers: Sequence[int]) -> Iterator[tuple[int, Row]]:
        """The rows with these numbers."""
        yield from self._fetched(self.data.stored[record], _among("_n", "BIGINT"), [list(numbers)], None)

    def _fetched(self, stored: Stored, where: str, parameters: Sequence[Any], most: int | None) -> Iterator[tuple[int, Row]]:
        make, columns = self._maker(stored)
        select = f"SELECT {', '.join(columns)} FROM {quoted(stored.relation)}{f' WHERE {where}' if where else ''} ORDER BY _n"
        for values in self._run(select + (f" LIMIT {most}" if most is not None else ""), parameters):
            yield values[0], make(values)

    def _run(self, select: str, parameters: Sequence[Any]) -> Iterator[tuple[Any, ...]]:
        """What a statement gives; other statements may run meanwhile."""
        cursor = self.session.connection.cursor()
        try:
            with self.session.errors():
                cursor.execute(select, list(parameters))
            while found := cursor.fetchmany(TOGETHER):
                yield from found
        finally:
            cursor.close()

    def _maker(self, stored: Stored) -> tuple[Any, list[str]]:
        """What makes a row of the values of these columns: the number, the place, what stands for a key, then the fields."""
        record, slots = self.program.records[stored.record], self.slots(stored.record)
        several, name = len(stored.files) > 1, stored.files[0] if stored.files else ""
        place = (["_line"] if stored.files else []) + (["_file"] if several else []) + ([] if record.key else ["_key"])
        columns = ["_n", *place, *(quoted(slot.column) for slot in slots)]
        at, key_at = 1 + len(place), len(place)
        readers = [(slot, _reader(slot, stored)) for slot in slots]

        def make(found: Sequence[Any]) -> Row:
            values: dict[str, Any] = {}
            for (slot, read), value in zip(readers, found[at:], strict=True):
                if slot.role == "until":
                    start = values[slot.field.name]
                    values[slot.field.name] = None if start is None else (start, value)
                else:
                    named = known_name(slot.field.name) if slot.role == "known" else slot.field.name
                    values[named] = None if value is None else read(value)
            key = tuple(values[part] for part in record.key)
            if not record.key:
                key = (found[key_at] if isinstance(found[key_at], str) else Fraction(found[key_at]),)
            file = found[2] if several else name
            return Row(record.name, key, values, file, found[1] if stored.files else 0)

        return make, columns

    # --- conditions ---

    def _condition(self, record: str, path: paths.Path, values: Collection[Any], parameters: list[Any]) -> str:
        """That a row has one of some values at the end of a path, in SQL; what a column cannot hold, no row has."""
        stored, name = self.data.stored[record], path[0]
        if len(path) > 1:
            declared = paths.field_of(self.program, record, name)
            other = self.program.records[declared.type.record] if declared is not None else self.program.records[record]
            inner = self._condition(other.name, path[1:], values, parameters)
            relation = quoted(self.data.stored[other.name].relation)
            return f"{quoted(name)} IN (SELECT {quoted(other.key[0])} FROM {relation} WHERE {inner})"
        if name == "_key":
            there = [value if isinstance(value, str) else int(value) for value in values]
            parameters.append(there)
            return _among("_key", "VARCHAR" if len(stored.files) > 1 else "BIGINT")
        slot = next(slot for slot in self.slots(record) if slot.field.name == name)
        cells = [cell for cell in (_cell(value, slot, stored) for value in values) if cell is not None]
        if not cells:
            return "FALSE"
        if len(cells) <= FEW:
            parameters += cells
            return f"{quoted(slot.column)} IN ({', '.join('?' * len(cells))})"
        parameters.append(cells)
        return f"{quoted(slot.column)} IN (SELECT unnest(?))"

    def keys(self, record: str, known: date | None = None) -> Iterator[tuple[int, tuple[Any, ...]]]:
        """The keys of all rows that were known by a day (None: all are) with their numbers, in the order read; nothing is held."""
        stored, declared = self.data.stored[record], self.program.records[record]
        slots = self.slots(record)
        named = {slot.field.name: slot for slot in slots}
        readers = [_reader(named[name], stored) for name in declared.key]
        columns = [quoted(name) for name in declared.key] or ["_key"]
        since = next((slot.column for slot in slots if slot.role == "known" and slot.field.name == declared.period), "")
        hidden = f" WHERE {quoted(since)} IS NULL OR {quoted(since)} <= ?" if since and known is not None else ""
        select = f"SELECT _n, {', '.join(columns)} FROM {quoted(stored.relation)}{hidden} ORDER BY _n"
        for number, *cells in self._run(select, (known,) if hidden else ()):
            if not declared.key:
                cells = [cells[0] if isinstance(cells[0], str) else Fraction(cells[0])]
                yield number, tuple(cells)
            else:
                yield number, tuple(None if cell is None else read(cell) for read, cell in zip(readers, cells, strict=True))

    def some(self, record: str, number: int, seed: str) -> list[int]:
        """The numbers of some rows, always the same for one seed."""
        mixed = f"hash(CAST(_n AS VARCHAR) || chr(31) || {literal(seed)})"
        picked = f"SELECT _n FROM {quoted(self.data.stored[record].relation)} ORDER BY {mixed}, _n LIMIT {number}"
        return [n for (n,) in self._run(picked, ())]

    # --- rejects ---

    def rejected(self, records: Sequence[str], key: str) -> Rejected | None:
        """The first reject of a record with this key."""
        if not _is_whole_text(key):
            return None
        columns = ("record", "file", "line", "field", "value", "reason")
        select = f"SELECT {', '.join(columns)} FROM {self.data.rejects} WHERE record IN (SELECT unnest(?)) AND value <> '' "
        found = list(self._run(select + "AND value IN (?, ?) ORDER BY _n LIMIT 1", [list(records), key, ", ".join(parted(key))]))
        return Rejected(**dict(zip(columns, found[0], strict=True))) if found else None


def _among(column: str, kind: str) -> str:
    return f"{column} IN (SELECT unnest(CAST(? AS {kind}[])))"


def _reader(slot: Slot, stored: Stored) -> Any:
    """From a stored value to the interpreter's."""
    scale, depth = stored.columns[slot.column].scale if slot.is_number else 1, slot.depth

    def read(value: Any) -> Any:
        if slot.is_number:
            value = Fraction(int(value), scale)
        for _ in range(depth):
            value = (value,)
        return value

    return read


def _cell(value: Any, slot: Slot, stored: Stored) -> Any:
    """A value as a column holds it; None where it cannot."""
    while isinstance(value, tuple):
        if len(value) != 1:
            return None
        value = value[0]
    if slot.is_number:
        whole = value * stored.columns[slot.column].scale if isinstance(value, Fraction) else None
        return None if whole is None or whole.denominator != 1 else int(whole)
    if type(value) is not KINDS[slot.kind]:
        return None
    return None if isinstance(value, str) and not _is_whole_text(value) else value


def _is_whole_text(text: str) -> bool:
    """Half a character is in no database."""
    return not any("\ud800" <= character <= "\udfff" for character in text)


# --- opening ----------------------------------------------------------------------------------------------------------


@contextmanager
def storing(
    program: Program, sources: Sequence[Given], scratch: Path, settings: Settings, progress: Progress | None = None
) -> Iterator[Store]:
    """The data of some sources, open for as long as rows are sought; what cannot be read in place is copied into `scratch`."""
    chosen = settings.chosen()
    memory = max(min((chosen.memory or 0) // 4, LARGEST_SESSION), LEAST_MEMORY)
    small = Settings(chosen.engine, memory, chosen.threads)
    folder = scratch / "sought"
    folder.mkdir(exist_ok=True)
    with session(folder, small, False) as here:
        with here.errors():
            data = store_sources(here.connection, program, sources, progress, folder=folder)
        in_text = [given for given in sources if given.whole is None and not given.files]
        rows = read_sources(program, in_text).data
        literal = {given.record.name: rows[given.record.name] for given in in_text}
        try:
            yield Store(here, program, data, literal)
        except duckdb.InterruptException as error:
            raise KeyboardInterrupt from error
