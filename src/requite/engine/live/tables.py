"""The rows around the claims that are being decided, asked for by hash; each hash that a claim asks for is noted."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property
from typing import Any, Final

from requite.dsl.program import WHOLE, Expr, Range, Record
from requite.engine.interpreting.closures import Code
from requite.engine.interpreting.tables import Grouping, Groups, Sieve, Tables
from requite.engine.interpreting.values import Env, Lack, Missing, identity
from requite.engine.live.linking import Way, Ways, key_hash, whole_hash
from requite.engine.live.surroundings import Surroundings
from requite.engine.live.windows import EVER, LATER, WHENEVER, Bounds, Rests, Spans, Window, day_of, from_day, spans_of
from requite.engine.rows import Row, known_name

Identity = tuple[Any, ...]

MANY: Final = 8
"""Rows from which on it pays to look at their days first: what a range asks of each takes several times as long."""


@dataclass(eq=False)
class LiveTables(Tables):
    """Rows as they stand while some claims are decided. `data` are the rows that stand in the ruleset."""

    ways: Ways = field(kw_only=True)
    asked: dict[str, Spans] = field(default_factory=dict)
    """The hashes that were looked for since it was emptied, and on which days."""
    later: date | None = None
    """The first day on which something becomes known that was looked for since then, and was not known yet."""
    _around: Surroundings | None = None
    _found: dict[str, tuple[Row, ...]] = field(default_factory=dict)
    _held: dict[Identity, Row] = field(default_factory=dict)
    _derived: dict[tuple[str, Any], Row] = field(default_factory=dict)
    _hashes: dict[tuple[str, Any], str] = field(default_factory=dict)
    _sightings: dict[tuple[Any, ...], Row | Missing] = field(default_factory=dict)
    _lasting: dict[tuple[str, str], Groups] = field(default_factory=dict)
    _later_of: dict[str, date | None] = field(default_factory=dict)

    @property
    def sought(self) -> bool:
        return True

    def begin(self, around: Surroundings, rows: Iterable[Row]) -> None:
        """From now on these are the rows around; of one that is found again, the given one stands for it."""
        self.end()
        self._around = around
        self._held = {self._identity(row): row for row in rows}

    def end(self) -> None:
        """Let go of all rows."""
        self._around = None
        self._found, self._held, self._derived, self._hashes = {}, {}, {}, {}
        self.ask_anew()

    def ask_anew(self, *asked: str) -> None:
        """From now on all that is looked for is noted anew."""
        self.asked = dict.fromkeys(asked, WHENEVER)
        self.later = self._later_values
        self._sightings.clear()

    @property
    def rests(self) -> Rests:
        """All that was looked for since then, and from which day on more of it is known."""
        return {**self.asked, LATER: from_day(self.later)} if self.later is not None else dict(self.asked)

    def fetch(self, hashes: Iterable[str]) -> None:
        """Have the rows found by these hashes at hand."""
        wanted = [one for one in dict.fromkeys(hashes) if one not in self._found]
        if not wanted:
            return
        assert self._around is not None
        there = self._around.linked(wanted)
        for one in wanted:
            self._found[one] = tuple(self._held.setdefault(self._identity(row), row) for row in there.get(one, ()))

    def linked(self, wanted: str) -> tuple[Row, ...]:
        """The rows that a hash finds."""
        self.asked[wanted] = WHENEVER
        return self._at_hand(wanted)

    def _at_hand(self, wanted: str) -> tuple[Row, ...]:
        if wanted not in self._found:
            self.fetch((wanted,))
        return self._found[wanted]

    def _identity(self, row: Row) -> Identity:
        declared = self.program.records[row.record]
        if not declared.period:
            return row.record, *row.key
        days: Any = row.values.get(declared.period)
        return row.record, *row.key, days, row.values.get(known_name(declared.period))

    # --- what is not known yet ---------------------------------------------------------------------------------------------

    @cached_property
    def _later_values(self) -> date | None:
        """When the next value of a parameter becomes known: any claim may read it."""
        values = (value for parameter in self.program.parameters.values() for value in parameter.values)
        return self._first_later(value.known_from for value in values)

    def _first_later(self, days: Iterable[Any]) -> date | None:
        known = self.known
        return None if known is None else min((day for day in days if day is not None and day > known), default=None)

    def _note(self, later: date | None) -> None:
        if later is not None and (self.later is None or later < self.later):
            self.later = later

    def _later_rows(self, record: str) -> date | None:
        """When the next row becomes known of those that stand in the ruleset."""
        if record not in self._later_of:
            declared = self.program.records.get(record)
            named = declared.known_from if declared is not None else ""
            rows = self.as_read(record) if named else ()
            self._later_of[record] = self._first_later(row.values.get(named) for row in rows)
        return self._later_of[record]

    def as_known(self, record: str, rows: Sequence[Row]) -> Sequence[Row]:
        declared = self.program.records.get(record)
        if declared is not None and declared.known_from:
            self._note(self._first_later(row.values.get(declared.known_from) for row in rows))
        return super().as_known(record, rows)

    def _known(self, valid: Sequence[Row], known_from: str) -> Sequence[Row]:
        self._note(self._first_later(row.values.get(known_from) for row in valid))
        return super()._known(valid, known_from)

    # --- rows, by key and by what they have in common ---------------------------------------------------------------------

    def _is_still(self, record: str) -> bool:
        return record == WHOLE or record in self.ways.still

    def rows(self, record: str) -> Sequence[Row]:
        if self._is_still(record):
            self._note(self._later_rows(record))
            return super().rows(record)
        declared = self.program.records[record]
        if declared.derived_from:
            return self._derive(declared, self.rows(declared.derived_from))
        return self.as_known(record, self.linked(whole_hash(record)))

    def with_key(self, record: str, key: Any) -> Sequence[Row]:
        if self._is_still(record):
            return super().with_key(record, key)
        declared = self.program.records[record]
        if not declared.derived_from:
            known = self._hashes.get((record, key))
            if known is None:
                known = self._hashes[record, key] = key_hash(record, key)
            return self.linked(known)
        parts = key if isinstance(key, tuple) and len(declared.key) > 1 else (key,)
        return [row for row in self._candidates(declared, self.ways.of_key(record), parts) if identity(row.key) == key]

    def find(self, record: str, key: Any, on: date | None, lack: Lack = Lack.NO_ROW) -> Row | Missing:
        wanted = record, key, on, lack
        found = self._sightings.get(wanted)
        if found is None:
            found = self._sightings[wanted] = super().find(record, key, on, lack)
        return found

    def grouped(self, wanted: Grouping, made: Groups) -> Callable[[Any, Env], Sequence[Row]]:
        declared = self.program.records.get(wanted.record)
        if declared is None or self._is_still(wanted.record):
            return self._noting(wanted.record, super().grouped(wanted, self._groups(wanted, made)))
        windows = self.ways.windows(wanted.range) if wanted.range is not None and wanted.code is not None else ()
        way = self.ways.way(wanted.record, wanted.mine, wanted.level, windows)
        if way is not None and way.dates and wanted.code is not None:
            bounds = _bounds(windows, wanted.code)
            return self._on_days(wanted, made, way, lambda env: spans_of(env, bounds))

        def group(key: Any, _: Env) -> Sequence[Row]:
            rows = made.get(key)
            if rows is None:
                rows = made[key] = _belonging(wanted, way, self._candidates(declared, way, key), key)
            return rows

        return group

    def in_sight(self, reach: Range, code: Callable[[Expr], Code]) -> Sieve | None:
        declared = self.program.records.get(reach.record)
        windows = self.ways.windows(reach) if declared is not None and not self._is_still(reach.record) else ()
        dates = [plain for window in windows if (plain := self.ways.plainly(window.day, reach.level)) is not None]
        if not dates:
            return None
        bounds = _bounds(windows, code)

        def sieve(env: Env, rows: Sequence[Row]) -> Sequence[Row]:
            if len(rows) < MANY:
                return rows
            for span, read in zip(spans_of(env, bounds), dates, strict=False):
                if span != EVER:
                    rows = [row for row in rows if span.holds(day_of(read(row)))]
            return rows

        return sieve

    def _on_days(
        self, wanted: Grouping, made: Groups, way: Way, spans: Callable[[Env], Spans]
    ) -> Callable[[Any, Env], Sequence[Row]]:
        """Groups of which rows on some days alone are asked for: what is noted is the days; all that is there is found."""

        def group(key: Any, env: Env) -> Sequence[Row]:
            sought = way.sought(key)
            days, before = spans(env), self.asked.get(sought)
            self.asked[sought] = days if before is None else days.joined(before)
            # Others may want the same rows on any day: what they find is theirs to note.
            rows = made.get((way, key))
            if rows is None:
                found = self.as_known(wanted.record, self._at_hand(sought))
                rows = made[way, key] = _belonging(wanted, way, found, key)
            return rows

        return group

    def _noting(self, record: str, group: Callable[[Any, Env], Sequence[Row]]) -> Callable[[Any, Env], Sequence[Row]]:
        """The same; each time it is noted from when on there is more, for the groups may be there for good."""
        if (later := self._later_rows(record)) is None:
            return group

        def noting(key: Any, env: Env) -> Sequence[Row]:
            self._note(later)
            return group(key, env)

        return noting

    def _groups(self, wanted: Grouping, made: Groups) -> Groups:
        """Where groups of rows that stand in the ruleset are kept: for good, where they rest on their own fields alone."""
        plain = [self.ways.plainly(part, wanted.level) for part in wanted.mine]
        way = self.ways.way(wanted.record, wanted.mine, wanted.level) if wanted.record in self.program.records else None
        if way is None or not way.exact or None in plain:
            return made
        return self._lasting.setdefault((wanted.record, way.name), {})

    def _candidates(self, declared: Record, way: Way | None, key: Sequence[Any]) -> Sequence[Row]:
        if way is None:
            return self.rows(declared.name)
        stored = self._stored(way, key)
        return self._made(declared, stored)

    def _stored(self, way: Way, key: Sequence[Any]) -> Sequence[Row]:
        if self._is_still(way.record):
            return self.rows(way.record)
        return self.as_known(way.record, self.linked(way.sought(key)))

    def _made(self, declared: Record, stored: Sequence[Row]) -> Sequence[Row]:
        if not declared.derived_from:
            return stored
        return self._derive(declared, self._made(self.program.records[declared.derived_from], stored))

    def _derive(self, declared: Record, rows: Sequence[Row]) -> Sequence[Row]:
        """The rows made of others: the same one each time."""
        made = self.derive(declared, rows)
        return tuple(self._derived.setdefault((declared.name, identity(row.key)), row) for row in made)


def _belonging(wanted: Grouping, way: Way | None, found: Sequence[Row], key: Any) -> Sequence[Row]:
    """Of the rows that were found those that have all of it in common."""
    if way is not None and way.exact:
        return found
    if way is not None and way.alike:
        return found if found and wanted.key(found[0]) == key else ()
    return [row for row in found if wanted.key(row) == key]


def _bounds(windows: Iterable[Window], code: Callable[[Expr], Code]) -> list[Bounds]:
    return [([code(one) for one in window.firsts], [code(one) for one in window.lasts]) for window in windows]
