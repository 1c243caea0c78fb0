"""The rows of records and tables, each taken from the database when it is first asked for.

A row is the same object whenever it is found. Rows that are found together are likely to be asked the same next, so what one of
them needs is sought for all of them at once: for a thousand patients their spells, in one statement.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from fractions import Fraction
from itertools import chain, islice
from typing import Any, Final

from requite.dsl.program import WHOLE, Record
from requite.dsl.source import Span
from requite.dsl.types import QUANTITIES, Kind
from requite.engine.data import Progress
from requite.engine.interpreting.tables import Grouping, Groups, Tables, groups_of, keys_meant
from requite.engine.interpreting.values import Env, Missing, identity
from requite.engine.reading.problems import DataError, DataProblem
from requite.engine.rows import Row
from requite.engine.seeking.paths import can_be_sought, field_of, is_field, path_of
from requite.engine.seeking.store import Sought, Store
from requite.engine.settings import memory_text
from requite.engine.wording import joined, key_text, parted, words

SMALL: Final = 20_000
"""Records of no more rows are read whole: that is sooner done than seeking."""

TOGETHER: Final = 2_000
"""Keys that are sought in one statement."""

MOST_TOGETHER: Final = 100_000
"""Rows that seeking for others, too, may bring; where there are more, only what was asked for is sought."""

ROOM: Final = 4_000
"""Bytes that a row takes with all that is reckoned for it."""


class TooManyRows(DataError):  # noqa: N818  # it reads as what it says
    """What was asked goes over more rows than the interpreter may hold."""


def too_many(record: str, number: str, most: int, memory: int, about: Span | None) -> TooManyRows:
    """What to say where a rule goes over more rows than there is room for."""
    cause = f"`{words(about, 80)}` ({about}) reads" if about is not None else "this reads"
    message = (
        f"{cause} {number} rows of {record}, and in {memory_text(memory)} of memory the interpreter can hold {most:,} rows "
        "of all records together"
    )
    help = "The results of the run stand. To have it explained or checked, allow it more memory (--memory), or run it on less data."
    return TooManyRows([DataProblem("too-large", message, record, help=help)])


@dataclass(eq=False)
class SoughtTables(Tables):
    """The rows of a run, sought when they are asked for. Nothing of a large record is held but the rows that were needed."""

    store: Store = field(kw_only=True)
    memory: int = field(kw_only=True)
    progress: Progress | None = field(default=None, kw_only=True)
    small: int = field(default=SMALL, kw_only=True)
    _held: dict[str, dict[int, Row]] = field(default_factory=dict)
    _derived: dict[tuple[str, Any], Row] = field(default_factory=dict)
    _keyed: dict[str, dict[Any, Sequence[Row]]] = field(default_factory=dict)
    _awaited: dict[str, dict[Any, None]] = field(default_factory=dict)
    _beside: dict[Row, Sequence[Row]] = field(default_factory=dict)
    _number: int = 0

    @property
    def sought(self) -> bool:
        return True

    @property
    def most(self) -> int:
        """How many rows there is room for."""
        return self.memory // ROOM

    @property
    def held(self) -> int:
        """How many rows have been read."""
        return self._number

    def is_small(self, record: str) -> bool:
        """Whether a record is read whole."""
        if record == WHOLE:
            return True
        declared = self.program.records[record]
        if declared.derived_from:
            return self.is_small(declared.derived_from)
        return not self.store.has(record) or self.store.count(record) <= self.small

    # --- all rows -------------------------------------------------------------------------------------------------------

    def _make(self, record: str) -> Sequence[Row]:
        if record == WHOLE:
            return super()._make(record)
        return self._every(record, None)

    def _all_known(self, record: str, about: Span | None) -> Sequence[Row]:
        return self.as_known(record, self._every(record, about))

    def _every(self, record: str, about: Span | None) -> Sequence[Row]:
        """All rows of a record, known or not, where there is room for them."""
        if record == WHOLE or record in self._read:
            return self.as_read(record)
        declared = self.program.records[record]
        if declared.derived_from:
            found: Sequence[Row] = self._derive(declared, self._all_known(declared.derived_from, about))
        elif not self.store.has(record):
            found = tuple(self.store.literal.get(record, ()))
        else:
            number = self.store.count(record)
            if number + self._number - len(self._held.get(record, ())) > self.most:
                raise too_many(record, f"all {number:,}", self.most, self.memory, about)
            found = tuple(self._hold(record, n, row, about) for n, row in self.store.rows(record))
        self._read[record] = found
        return found

    def _derive(self, declared: Record, rows: Sequence[Row]) -> Sequence[Row]:
        made = self.derive(declared, rows)
        return tuple(self._derived.setdefault((declared.name, identity(row.key)), row) for row in made)

    def _hold(self, record: str, number: int, row: Row, about: Span | None) -> Row:
        """The row with this number: the same one each time."""
        held = self._held.setdefault(record, {})
        known = held.get(number)
        if known is not None:
            return known
        self._number += 1
        if self._number > self.most:
            raise too_many(record, "too many", self.most, self.memory, about)
        if self.progress and self._number % 1000 == 0:
            self.progress("reading what the row needs", self._number, 0)
        held[number] = row
        declared = self.program.records[record]
        if declared.key and not declared.period:
            self._keyed.setdefault(record, {})[identity(row.key)] = (row,)
        self._await(declared, row)
        return row

    def _await(self, declared: Record, row: Row) -> None:
        """Notes which rows a row refers to: they are sought together when one of them is asked for."""
        for one in declared.fields:
            value = row.values.get(one.name)
            if one.type.kind is Kind.ROW and value is not None and one.type.record in self.program.records:
                other, key = one.type.record, identity(value)
                if not self.is_small(other) and key not in self._keyed.setdefault(other, {}):
                    self._awaited.setdefault(other, {})[key] = None

    # --- by key ---------------------------------------------------------------------------------------------------------

    def with_key(self, record: str, key: Any) -> Sequence[Row]:
        if self.is_small(record):
            return super().with_key(record, key)
        known = self._keyed.setdefault(record, {})
        if key not in known:
            awaited = self._awaited.pop(record, {})
            awaited.pop(key, None)
            keys = [key, *islice((other for other in awaited if other not in known), TOGETHER)]
            self._awaited[record] = dict.fromkeys(list(awaited)[TOGETHER:])
            found = self._with_keys(record, keys)
            for one in keys:
                known[one] = found.get(one, ())
        return known[key]

    def _with_keys(self, record: str, keys: Sequence[Any]) -> Mapping[Any, Sequence[Row]]:
        declared = self.program.records[record]
        several = len(declared.key) > 1
        names = declared.key or ("_key",)
        parts = list(zip(*keys, strict=True)) if several else [keys]
        sought = [Sought((name,), set(values)) for name, values in zip(names, parts, strict=True)]
        found: dict[Any, list[Row]] = {}
        rows = self._candidates_read(record, sought, None) or ()
        for row in rows:
            found.setdefault(identity(row.key), []).append(row)
        for row in rows:
            self._beside.setdefault(row, rows)
        return found

    def _candidates(
        self, record: str, sought: Sequence[Sought], about: Span | None, most: int | None = None
    ) -> Sequence[Row] | None:
        """The known rows that have all that is sought, as `_candidates_read` finds them."""
        found = self._candidates_read(record, sought, about, most)
        return None if found is None else self.as_known(record, found)

    def _candidates_read(
        self, record: str, sought: Sequence[Sought], about: Span | None, most: int | None = None
    ) -> Sequence[Row] | None:
        """The rows that have all that is sought, and of a derived record perhaps others; all of them where nothing can be sought.

        None where they would be more than `most`.
        """
        declared = self.program.records[record]
        if not declared.derived_from:
            if not sought or self.is_small(record):
                return self._every(record, about)
            rows = self.store.rows(record, sought, most + 1 if most is not None else None)
            found = list(rows) if most is not None else rows
            if isinstance(found, list) and most is not None and len(found) > most:
                return None
            return tuple(self._hold(record, number, row, about) for number, row in found)
        there = []
        for one in sought:
            at = declared.key.index(one.path[0]) if one.path[0] in declared.key else None
            before = path_of(declared.derived_by[at], 0, self.program) if at is not None else None
            path = (*before, *one.path[1:]) if before is not None else ()
            if path and self._seekable(declared.derived_from, path):
                there.append(Sought(path, one.values))
        found_there = self._candidates(declared.derived_from, there, about, most)
        return None if found_there is None else self._derive(declared, found_there)

    def _seekable(self, record: str, path: tuple[str, ...]) -> bool:
        declared = self.program.records[record]
        if declared.derived_from:
            return bool(path) and path[0] in declared.key
        return can_be_sought(self.program, record, path)

    # --- by what rows have in common ------------------------------------------------------------------------------------

    def grouped(self, wanted: Grouping, made: Groups) -> Callable[[Any, Env], Sequence[Row]]:
        paths = [] if self.is_small(wanted.record) else self._paths(wanted)
        if not paths:
            return self._among_all(wanted, made)
        cheap = all(is_field(own, self.program) for own in wanted.own)

        def group(key: Any, env: Env) -> Sequence[Row]:
            if key not in made:
                keys = [key, *self._near(wanted, key, env, made)] if cheap else [key]
                made.update(self._seek(wanted, paths, keys))
            return made[key]

        return group

    def _among_all(self, wanted: Grouping, made: Groups) -> Callable[[Any, Env], Sequence[Row]]:
        """Groups of all rows; those of one group are likely to be asked the same."""
        together: set[Any] = set()

        def group(key: Any, _: Env) -> Sequence[Row]:
            if None not in made:
                made.update(groups_of(wanted, self._all_known(wanted.record, wanted.span)))
                made[None] = ()
            rows = made.get(key, ())
            if key not in together:
                together.add(key)
                self._beside.update(dict.fromkeys(rows, rows))
            return rows

        return group

    def _paths(self, wanted: Grouping) -> list[tuple[int, tuple[str, ...]]]:
        """Which parts of what rows have in common can be sought, and by which path."""
        found: list[tuple[int, tuple[str, ...]]] = []
        key = self.program.records[wanted.record].key
        for i, mine in enumerate(wanted.mine):
            path = path_of(mine, wanted.level, self.program)
            if path == () and len(key) == 1:
                path = (key[0],)
            if path and self._seekable(wanted.record, path):
                found.append((i, path))
        return found

    def _near(self, wanted: Grouping, key: Any, env: Env, made: Groups) -> Iterator[Any]:
        """What the rows found beside the one around have in common with others: it is likely to be asked next."""
        outer = env[: wanted.level] if wanted.level else env[:1]
        beside = self._beside.get(outer[-1], ())
        keys = (wanted.own_key((*outer[:-1], row)) for row in beside)
        new = (one for one in dict.fromkeys(one for one in keys if one.__class__ is not Missing) if one != key and one not in made)
        return islice(new, TOGETHER)

    def _seek(self, wanted: Grouping, paths: Sequence[tuple[int, tuple[str, ...]]], keys: Sequence[Any]) -> Groups:
        """The groups with these keys; only the first of them, where all together would be many rows."""
        if len(keys) > 1:
            sought = [Sought(path, {key[i] for key in keys}) for i, path in paths]
            rows = self._candidates(wanted.record, sought, wanted.span, min(MOST_TOGETHER, self.most - self._number))
            if rows is not None:
                return self._found(wanted, rows, keys)
        rows = self._candidates(wanted.record, [Sought(path, {keys[0][i]}) for i, path in paths], wanted.span)
        return self._found(wanted, rows or (), keys[:1])

    def _found(self, wanted: Grouping, rows: Sequence[Row], keys: Sequence[Any]) -> Groups:
        found = groups_of(wanted, rows)
        self._beside.update(dict.fromkeys(rows, rows))
        return {key: found.get(key, ()) for key in keys}

    # --- by name --------------------------------------------------------------------------------------------------------

    def named(self, record: str, texts: Collection[str]) -> list[Row]:
        if self.is_small(record):
            return super().named(record, texts)
        wanted = keys_meant(texts)
        sought = self._named(record, texts)
        if sought is not None:
            return [row for row in self._candidates(record, sought, None) or () if key_text(row.key) in wanted]
        if self.program.records[record].derived_from:
            return super().named(record, texts)
        numbers = [number for number, key in self.store.keys(record) if key_text(key) in wanted]
        return self._numbered(record, numbers)

    def _named(self, record: str, texts: Collection[str]) -> list[Sought] | None:
        """What to seek for keys with these texts; None where their values cannot be told."""
        declared = self.program.records[record]
        if not declared.key:
            return None
        values: list[set[Any]] = [set() for _ in declared.key]
        for text in texts:
            parts = [text] if len(declared.key) == 1 else parted(text)
            if len(parts) != len(declared.key):
                return None
            for name, part, there in zip(declared.key, parts, values, strict=True):
                readings = [_key_value(self._key_kind(record, name), one) for one in {part, part.strip()}]
                if any(reading is None for reading in readings):
                    return None
                there.update(chain.from_iterable(reading for reading in readings if reading is not None))
        return [Sought((name,), there) for name, there in zip(declared.key, values, strict=True)]

    def _key_kind(self, record: str, name: str) -> Kind:
        found = field_of(self.program, record, name)
        while found is not None and found.type.kind is Kind.ROW:
            other = self.program.records.get(found.type.record)
            if other is None or len(other.key) != 1:
                return Kind.ROW
            found = other.field(other.key[0])
        return found.type.kind if found is not None else Kind.BROKEN

    def key_texts(self, record: str) -> Iterator[str]:
        if self.is_small(record) or self.program.records[record].derived_from:
            return super().key_texts(record)
        return (joined(key_text(key)) for _, key in self.store.keys(record, self.known))

    def some(self, record: str, number: int, seed: str) -> list[Row]:
        if self.is_small(record):
            return super().some(record, number, seed)
        declared = self.program.records[record]
        if declared.derived_from:
            return list(self._derive(declared, self.some(declared.derived_from, number, seed)))
        return self._numbered(record, self.store.some(record, number, seed))

    def _numbered(self, record: str, numbers: Sequence[int]) -> list[Row]:
        """Those of the rows with these numbers that are known."""
        found = self.store.numbered(record, numbers)
        return list(self.as_known(record, [self._hold(record, at, row, None) for at, row in found]))

    def alike(self, rows: Iterable[Row]) -> None:
        there = tuple(rows)
        self._beside.update(dict.fromkeys(there, there))


def _key_value(kind: Kind, text: str) -> list[Any] | None:
    """The values that a key of this kind may have where it is written so: none, where no value is; None where that is not told."""
    if kind in (Kind.TEXT, Kind.CHOICE):
        return [text]
    try:
        if kind is Kind.DATE:
            return [date.fromisoformat(text)]
        if kind in QUANTITIES and not text.endswith("…"):
            return [Fraction(text)]
    except (ValueError, ZeroDivisionError):
        return []
    return None
