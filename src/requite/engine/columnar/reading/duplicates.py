"""Keys that several rows have: proving that there are none, and saying which rows they are."""

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


def repeated_keys(staging: Staging, plan: Plan, rows: str, count: int, powers: Mapping[Home, int]) -> str:
    """A table of the keys that several rows have, each with what is said of it; empty where none has.

    `rows` is a statement that gives `_n`, `_no`, `_line` and the key of every row that has one.
    """
    if not plan.keys or count < 2 or _rises(staging, plan, rows):
        return ""
    keys = _columns(plan)
    hashes = staging.name("hashes")
    parts = max(1, -(-count // PART))
    staging.run(f"CREATE TABLE {hashes} (hash UBIGINT)")
    for part in range(parts):
        of = f" WHERE hash % {parts} = {part}" if parts > 1 else ""
        hashed = f"SELECT hash({keys}) AS hash FROM ({rows})"
        staging.run(f"INSERT INTO {hashes} SELECT hash FROM ({hashed}){of} GROUP BY hash HAVING count(*) > 1")
    if not staging.row(f"SELECT count(*) FROM {hashes}")[0]:
        staging.drop(hashes)
        return ""
    groups = staging.name("groups")
    places = f"list({{'no': _no, 'line': _line}} ORDER BY _n)[:{MOST_PLACES}] AS _places"
    staging.run(
        f"CREATE TABLE {groups} AS SELECT {keys}, count(*) AS _count, {places} FROM ({rows}) "
        f"WHERE hash({keys}) IN (SELECT hash FROM {hashes}) GROUP BY ALL HAVING count(*) > 1"
    )
    staging.drop(hashes)
    found = _told(staging, plan, groups, powers) if staging.row(f"SELECT count(*) FROM {groups}")[0] else ""
    staging.drop(groups)
    return found


def same_key(plan: Plan, left: str, right: str) -> str:
    """Whether two rows have one key, in SQL; blanks are alike."""
    columns = [quoted(slot.column) for slot in plan.keys]
    return " AND ".join(f"{left}.{name} IS NOT DISTINCT FROM {right}.{name}" for name in columns)


def _columns(plan: Plan) -> str:
    return ", ".join(quoted(slot.column) for slot in plan.keys)


def _rises(staging: Staging, plan: Plan, rows: str) -> bool:
    """Whether each key is greater than the one before it, in the order in which they come: then no two are the same."""
    if len(plan.keys) > 1:
        return False
    key = _columns(plan)

    def falls(source: str) -> bool:
        before = f"SELECT {key} AS k, lag({key}) OVER () AS before, row_number() OVER () AS nth FROM ({source})"
        return bool(
            staging.row(f"SELECT count(*) FROM (SELECT 1 FROM ({before}) WHERE nth > 1 AND (k > before) IS NOT TRUE LIMIT 1)")[0]
        )

    return not falls(f"SELECT {key} FROM ({rows}) LIMIT {TRIED}") and not falls(f"SELECT {key} FROM ({rows})")


def _told(staging: Staging, plan: Plan, groups: str, powers: Mapping[Home, int]) -> str:
    """The table of repeated keys with the words for each, which Python finds."""
    keys = Keys(plan.record, plan.files)
    name = staging.name("repeated")
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
