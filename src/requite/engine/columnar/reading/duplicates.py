"""Keys that several rows have: proving that there are none, and saying which rows have them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from fractions import Fraction
from typing import Any, Final

import pyarrow as pa

from requite.engine.columnar.reading.layout import Home
from requite.engine.columnar.reading.names import quoted
from requite.engine.columnar.reading.relations import Plan
from requite.engine.columnar.reading.staging import Staging
from requite.engine.reading.keys import MOST_PLACES, Keys
from requite.engine.reading.raw import CHUNK

PART: Final = 20_000_000
"""The rows whose keys are compared at a time, so that memory stays bounded."""

TRIED: Final = 100_000
"""The rows among which keys must rise for it to be likely that they all do."""

ONE_IN: Final = 100
"""Of so many keys one may fall behind for them to be taken as rising; the rows with such keys are looked at again."""


def repeated_keys(staging: Staging, plan: Plan, rows: str, count: int, powers: Mapping[Home, int]) -> str:
    """A table of the rows whose key another row has, too: `_n`, `_no`, `_line`, and what is said of it; empty where there are none.

    `rows` is a statement that gives `_n`, `_no`, `_line` and the key of every row that has one.
    """
    if not plan.keys or count < 2:
        return ""
    hashes = staging.name("hashes")
    staging.run(f"CREATE TABLE {hashes} (hash UBIGINT)")
    if not _falling_keys(staging, plan, rows, count, hashes):
        _grouped_keys(staging, plan, rows, count, hashes)
    repeated = _repeated_rows(staging, plan, rows, hashes, powers) if _any(staging, hashes) else ""
    staging.drop(hashes)
    return repeated


def _any(staging: Staging, table: str) -> bool:
    return bool(staging.row(f"SELECT count(*) FROM {table}")[0])


def _falling_keys(staging: Staging, plan: Plan, rows: str, count: int, hashes: str) -> bool:
    """Put down the keys that are not greater than all that came before them; False where that are too many.

    Of rows with one key only the first can be greater than all before it, in whichever order they come.
    """
    if len(plan.keys) > 1:
        return False
    key = _columns(plan)

    def falling(source: str) -> str:
        most = f"SELECT {key} AS k, max({key}) OVER (ROWS UNBOUNDED PRECEDING) AS most FROM ({source})"
        before = f"SELECT k, lag(most) OVER () AS before, row_number() OVER () AS nth FROM ({most})"
        return f"SELECT hash(k) AS hash FROM ({before}) WHERE nth > 1 AND (k > before) IS NOT TRUE"

    def fall_at_most(number: int, source: str) -> bool:
        return bool(staging.row(f"SELECT count(*) <= {number} FROM ({source})")[0])

    tried = min(count, TRIED)
    if not fall_at_most(tried // ONE_IN, falling(f"SELECT {key} FROM ({rows}) LIMIT {tried}")):
        return False
    staging.run(f"INSERT INTO {hashes} SELECT DISTINCT hash FROM ({falling(rows)})")
    if fall_at_most(count // ONE_IN, f"SELECT 1 FROM {hashes}"):
        return True
    staging.run(f"DELETE FROM {hashes}")
    return False


def _grouped_keys(staging: Staging, plan: Plan, rows: str, count: int, hashes: str) -> None:
    """Put down the keys that come more than once, whatever their order."""
    parts = max(1, -(-count // PART))
    for part in range(parts):
        of = f" WHERE hash % {parts} = {part}" if parts > 1 else ""
        hashed = f"SELECT hash({_columns(plan)}) AS hash FROM ({rows})"
        staging.run(f"INSERT INTO {hashes} SELECT hash FROM ({hashed}){of} GROUP BY hash HAVING count(*) > 1")


def _repeated_rows(staging: Staging, plan: Plan, rows: str, hashes: str, powers: Mapping[Home, int]) -> str:
    """The table of the rows that have a key of another row, among those whose keys have one of the hashes."""
    keys = _columns(plan)
    likely, groups = staging.name("likely"), staging.name("groups")
    staging.run(
        f"CREATE TABLE {likely} AS SELECT _n, _no, _line, {keys} FROM ({rows}) WHERE hash({keys}) IN (SELECT hash FROM {hashes})"
    )
    places = f"list({{'no': _no, 'line': _line}} ORDER BY _n)[:{MOST_PLACES}] AS _places"
    staging.run(
        f"CREATE TABLE {groups} AS SELECT {keys}, count(*) AS _count, {places} FROM {likely} GROUP BY ALL HAVING count(*) > 1"
    )
    repeated = ""
    if _any(staging, groups):
        told, repeated = _told(staging, plan, groups, powers), staging.name("repeated")
        staging.run(
            f"CREATE TABLE {repeated} AS SELECT l._n, l._no, l._line, t._words, t._said "
            f"FROM {likely} l JOIN {told} t ON {_same_key(plan, 'l', 't')}"
        )
        staging.drop(told)
    staging.drop(groups)
    staging.drop(likely)
    return repeated


def _same_key(plan: Plan, left: str, right: str) -> str:
    """Whether two rows have one key, in SQL; blanks are alike."""
    columns = [quoted(slot.column) for slot in plan.keys]
    return " AND ".join(f"{left}.{name} IS NOT DISTINCT FROM {right}.{name}" for name in columns)


def _columns(plan: Plan) -> str:
    return ", ".join(quoted(slot.column) for slot in plan.keys)


def _told(staging: Staging, plan: Plan, groups: str, powers: Mapping[Home, int]) -> str:
    """The table of repeated keys with the words for each, which Python finds."""
    keys = Keys(plan.record, plan.files)
    name = staging.name("told")
    columns = _columns(plan)
    staging.run(f"CREATE TABLE {name} AS SELECT {columns}, '' AS _words, '' AS _said FROM {groups} LIMIT 0")
    reading = staging.connection.cursor()
    # Numbers of 128 bits would come as floats.
    wide = ", ".join(f"CAST({quoted(s.column)} AS DECIMAL(38, 0)) AS {quoted(s.column)}" for s in plan.keys if s.is_number)
    found = reading.sql(f"SELECT *{f' REPLACE ({wide})' if wide else ''} FROM {groups}")
    for batch in found.to_arrow_reader(CHUNK):
        words, said = [], []
        for key, count, places in _groups(plan, batch, powers):
            words.append(keys.words(keys.row_key(key)))
            said.append(keys.told(key, count, places))
        own = {slot.column: batch.column(i) for i, slot in enumerate(plan.keys)}
        staging.insert(name, {**own, "_words": pa.array(words, pa.string()), "_said": pa.array(said, pa.string())})
    reading.close()
    return name


def _groups(
    plan: Plan, batch: pa.RecordBatch, powers: Mapping[Home, int]
) -> Iterator[tuple[tuple[Any, ...], int, list[tuple[int, int]]]]:
    parts: list[Sequence[Any]] = []
    for i, slot in enumerate(plan.keys):
        values = batch.column(i).to_pylist()
        if slot.is_number:
            scale = 10 ** powers.get(slot.home, 0)
            values = [None if value is None else Fraction(int(value), scale) for value in values]
        for _ in range(slot.depth):
            values = [(value,) for value in values]
        parts.append(values)
    counts, places = (batch.column(len(plan.keys) + i).to_pylist() for i in range(2))
    for key, count, there in zip(zip(*parts, strict=True), counts, places, strict=True):
        yield key, count, [(place["no"], place["line"]) for place in there]
