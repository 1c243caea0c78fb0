"""The rows of every record and table, and which one has a key, on a date, as it was known."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date
from hashlib import sha256
from heapq import nsmallest
from typing import Any

from requite.dsl.program import WHOLE, DatedValue, Expr, Parameter, Program, Range, Record
from requite.dsl.source import Span
from requite.engine.decision import Key
from requite.engine.interpreting.values import Env, Lack, Missing, Value, conflict, identity
from requite.engine.rows import Data, Row, known_name
from requite.engine.wording import joined, key_text, not_known_yet, parted, row_place, show

Index = dict[Any, list[Row]]
DeriveRows = Callable[[Record, Sequence[Row]], Sequence[Row]]
"""Makes the rows of a derived record from rows of the record that it comes from."""

Groups = dict[Any, Sequence[Row]]

Sieve = Callable[[Env, Sequence[Row]], Sequence[Row]]
"""Of some rows those that are wanted where certain rows are in sight."""


@dataclass(frozen=True, eq=False, slots=True)
class Grouping:
    """Which rows of a record belong together: those that agree in `mine`, which reads the row at `level` alone.

    `key` is what a row has in common with others, `own_key` what the rows around an expression have, by reading `own`. Where they
    are those of a `range`, `code` makes what reckons with its expressions.
    """

    record: str
    level: int
    mine: tuple[Expr, ...]
    own: tuple[Expr, ...]
    key: Callable[[Row], Any]
    own_key: Callable[[Env], Any]
    span: Span
    range: Range | None = None
    code: Callable[[Expr], Callable[[Env], Any]] | None = None


@dataclass(eq=False)
class Tables:
    """The rows of a run, all at hand. `known` is the date of what was known, None for all there is."""

    program: Program
    data: Data
    known: date | None
    derive: DeriveRows
    _read: dict[str, Sequence[Row]] = field(default_factory=dict)
    _rows: dict[str, Sequence[Row]] = field(default_factory=dict)
    _by_key: dict[str, Index] = field(default_factory=dict)

    @property
    def sought(self) -> bool:
        """Whether rows are sought as they are asked for, so that going over all of them is to be avoided."""
        return False

    def is_small(self, record: str) -> bool:  # noqa: ARG002
        """Whether a record is read whole, whatever is asked of it."""
        return True

    def rows(self, record: str) -> Sequence[Row]:
        """The rows of a record that were known by then, in the order read."""
        if record not in self._rows:
            self._rows[record] = self.as_known(record, self.as_read(record))
        return self._rows[record]

    def as_known(self, record: str, rows: Sequence[Row]) -> Sequence[Row]:
        """Those of some rows of a record that were known by then: the others are there for nobody."""
        declared, known = self.program.records.get(record), self.known
        if known is None or declared is None or not declared.known_from:
            return rows
        return tuple(row for row in rows if was_known(row.values.get(declared.known_from), known))

    def not_known_yet(self) -> Iterator[str]:
        """What is to be said of the rows that are left out."""
        for record in (name for name in self.program.records if name in self.data):
            number = len(self.as_read(record)) - len(self.rows(record))
            if number and self.known is not None:
                yield not_known_yet(record, number, self.known)

    def as_read(self, record: str) -> Sequence[Row]:
        """All rows of a record, known or not; a table that the run does not bring has those of the text."""
        if record not in self._read:
            self._read[record] = self._make(record)
        return self._read[record]

    def _make(self, record: str) -> Sequence[Row]:
        if record == WHOLE:
            return (Row(WHOLE, (), {}),)
        declared = self.program.records[record]
        if declared.derived_from:
            return self.derive(declared, self.rows(declared.derived_from))
        if record in self.data:
            return self.data[record]
        return literal_rows(declared)

    def grouped(self, wanted: Grouping, made: Groups) -> Callable[[Any, Env], Sequence[Row]]:
        """Finds the rows that have something in common; the groups are kept in `made`, which its like may share.

        It is called whenever rows are asked for, also where they are at hand.
        """

        def group(key: Any, _: Env) -> Sequence[Row]:
            if None not in made:
                made.update(groups_of(wanted, self.rows(wanted.record)))
                made[None] = ()
            return made.get(key, ())

        return group

    def in_sight(self, reach: Range, code: Callable[[Expr], Callable[[Env], Any]]) -> Sieve | None:  # noqa: ARG002
        """What leaves out rows of a range of which its days tell that they do not pass; None where none are looked for by day."""
        return None

    def named(self, record: str, texts: Collection[str]) -> list[Row]:
        """The rows of a record whose key as one text is one of these, spaces around the parts aside."""
        wanted = keys_meant(texts)
        return [row for row in self.rows(record) if key_text(row.key) in wanted]

    def key_texts(self, record: str) -> Iterator[str]:
        """The keys of a record as texts, in the order read."""
        return (joined(key_text(row.key)) for row in self.rows(record))

    def some(self, record: str, number: int, seed: str) -> list[Row]:
        """Some rows of a record, always the same for one seed."""
        rows = self.rows(record)
        mixed = (sha256(f"{joined(key_text(row.key))}\x1f{seed}".encode()).digest() for row in rows)
        return [rows[n] for _, n in nsmallest(number, zip(mixed, range(len(rows)), strict=True))]

    def alike(self, rows: Iterable[Row]) -> None:
        """Says of some rows that they will be asked the same."""

    def by_key(self, record: str) -> Index:
        """Every row under its key, as keys are compared, known or not."""
        if record not in self._by_key:
            index: Index = defaultdict(list)
            for row in self.as_read(record):
                index[identity(row.key)].append(row)
            self._by_key[record] = dict(index)
        return self._by_key[record]

    def with_key(self, record: str, key: Any) -> Sequence[Row]:
        """The rows with this key (as `identity` gives it), known or not: of a dated table there may be several."""
        return self.by_key(record).get(key, ())

    def find(self, record: str, key: Any, on: date | None, lack: Lack = Lack.NO_ROW) -> Row | Missing:
        """The row with this key (as `identity` gives it); of a dated table, the one valid on the date."""
        every = self.with_key(record, key)
        valid, declared = every, self.program.records[record]
        if declared.period and on is not None:
            valid = [row for row in every if _is_valid(row, declared.period, on)]
            rows = self._known(valid, known_name(declared.period))
        else:
            rows = self.as_known(record, every)
        hidden = bool(valid) and not rows
        if len(rows) == 1:
            return rows[0]
        if not rows:
            named = self._key_words(declared, key, None)
            if every and not hidden:
                return Missing(lack, f"{record} has rows for {named}, but none that is valid on {on}")
            day = f" on {on}" if hidden and on is not None else ""
            known = f", known on {self.known}" if hidden else ""
            return Missing(lack, f"{record} has no row for {named}{day}{known}")
        places = " and ".join(row_place(row) for row in rows)
        return conflict(f"{record} has {len(rows)} rows for {self._key_words(declared, key, on)}: {places}")

    def _known(self, valid: Sequence[Row], known_from: str) -> Sequence[Row]:
        if self.known is None and len(valid) < 2:
            return valid
        return latest_known(valid, lambda row: row.values.get(known_from), self.known)

    def _key_words(self, record: Record, key: Any, on: date | None) -> str:
        parts = key if isinstance(key, tuple) and len(record.key) != 1 else (key,)
        kinds = [record.field(name).type.kind for name in record.key]
        currency = self.program.currency
        named = zip(record.key, kinds, parts, strict=False)
        text = ", ".join(f"{name} {show(part, kind, currency)}" for name, kind, part in named) or f"line {key}"
        return f"{text} on {on}" if record.period and on is not None else text


def turn_of(program: Program, record: str) -> Callable[[Row], Any]:
    """By what rows take turns where nothing else orders them: by key, those of one key by first day and day known.

    So no two rows have the same turn, and nothing rests on the order in which they were read.
    """
    declared = program.records.get(record)
    if declared is None or not declared.period:
        return lambda row: identity(row.key)
    period, known_from = declared.period, known_name(declared.period)

    def turn(row: Row) -> Any:
        days: Any = row.values.get(period)
        start = days[0] if isinstance(days, tuple) else None
        return identity(row.key), start or date.min, row.values.get(known_from) or date.min

    return turn


def groups_of(wanted: Grouping, rows: Iterable[Row]) -> Groups:
    """Rows by what they have in common; one of which that is missing belongs to none."""
    groups: dict[Any, list[Row]] = defaultdict(list)
    for row in rows:
        key = wanted.key(row)
        if key.__class__ is not Missing:
            groups[key].append(row)
    return dict(groups)


def keys_meant(texts: Iterable[str]) -> set[Key]:
    """The keys that texts may stand for: of one part, which is the text as it is, or of several; with or without outer spaces."""
    found: set[Key] = set()
    for text in texts:
        parts = parted(text)
        meant = [(text,), parts] if len(parts) > 1 else [(text,)] if text else [()]
        found |= {tuple(part.strip() for part in key) for key in meant} | set(meant)
    return found


def literal_rows(record: Record) -> Sequence[Row]:
    """The rows that stand in the text."""
    return tuple(
        Row(record.name, _key(record, row.values, row.span.line), row.values, row.span.source.name, row.span.line)
        for row in record.rows or ()
    )


def _key(record: Record, values: Any, line: int) -> tuple[Any, ...]:
    return tuple(values.get(name) for name in record.key) if record.key else (line,)


def _is_valid(row: Row, period: str, on: date) -> bool:
    days: Any = row.values.get(period)
    if not isinstance(days, tuple):
        return False
    start, end = days
    return (start is None or start <= on) and (end is None or on <= end)


def was_known(since: Any, known: date | None) -> bool:
    """Whether something was known by a day (None: all is); what does not say since when was always known."""
    return known is None or since is None or since <= known


def latest_known(items: Iterable[Any], known_from: Callable[[Any], Any], known: date | None) -> list[Any]:
    """Of what says the same thing, what was known last by that date: more than one where they became known together."""
    there = [item for item in items if was_known(known_from(item), known)]
    last = max(((known_from(item) or date.min) for item in there), default=None)
    return [item for item in there if (known_from(item) or date.min) == last]


def parameter_value(parameter: Parameter, on: date | None, known: date | None) -> tuple[Value, DatedValue | None]:
    """The value of a parameter on a date, and which of those written it is."""
    begun = [value for value in parameter.values if on is None or value.start is None or value.start <= on]
    there = [value for value in begun if was_known(value.known_from, known)]
    last = max(((value.start or date.min) for value in there), default=None)
    found = latest_known((v for v in there if (v.start or date.min) == last), lambda v: v.known_from, known)
    if len(found) == 1:
        return found[0].value, found[0]
    name = parameter.name
    if not found:
        when = f" on {on}" if on is not None else ""
        as_known = f", known on {known}" if begun else ""
        return Missing(Lack.UNDATED, f"{name} has no value{when}{as_known}"), None
    places = " and ".join(str(value.span) for value in found)
    return conflict(f"{name} has {len(found)} values from {found[0].start}: {places}"), None
