"""What the results in a folder come to, summed by the database from their files."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from fractions import Fraction
from pathlib import Path
from typing import Any, Final

import duckdb

from requite.engine.columnar.reading.names import literal, parquet_path
from requite.engine.decision import RuleCount
from requite.engine.overview import MANY_REASONS, REPEATED, FindingSum, Overview, PaymentSum, Sums, Told, merged, without_codes

OVER: Final = "greatest(overcharge, 0)"
UNDER: Final = "greatest(-overcharge, 0)"
ASKED: Final = "CASE WHEN challenged THEN overcharge END"

WORDS: Final = r"(\S*[0-9]\S*?)([,;:]?)(\s|$)"
"""A word with a digit in it, as `without_codes` leaves it out; what this misses is left out there."""


def overview_in(folder: Path, rules: Sequence[RuleCount], connection: duckdb.DuckDBPyConnection) -> Overview:
    """What the Parquet files of a run come to; `rules` are the counts of each rule."""
    return Overview(
        tuple(rules),
        tuple(_payments(folder, connection)),
        tuple(_findings(folder, connection)),
        tuple((name, number) for name, number in connection.execute(_counted(folder, "not_assessable", "rule")).fetchall()),
        tuple(merged(_told(folder, "not_assessable", "rule", "reason", connection))),
        tuple(merged(_told(folder, "rejects", "record", _reject_words(), connection))),
    )


def _source(folder: Path, name: str) -> str:
    return f"read_parquet({parquet_path(folder / f'{name}.parquet')}, file_row_number = true)"


def _counted(folder: Path, table: str, name: str) -> str:
    return f"SELECT {name}, count(*) FROM {_source(folder, table)} GROUP BY 1 ORDER BY min(file_row_number)"


def _payments(folder: Path, connection: duckdb.DuckDBPyConnection) -> Iterator[PaymentSum]:
    names = "scheme, payment, kind"
    found = connection.execute(
        f"SELECT {names}, count(*), count(*) FILTER (amount <> 0) FROM {_source(folder, 'payments')} "
        "GROUP BY ALL ORDER BY min(file_row_number)"
    ).fetchall()
    sums = _sums(folder, "payments", names, ("amount",), connection)
    for scheme, payment, kind, number, paid in found:
        yield PaymentSum(scheme, payment, kind, number, paid, sums[scheme, payment, kind][0])


def _findings(folder: Path, connection: duckdb.DuckDBPyConnection) -> Iterator[FindingSum]:
    found = connection.execute(
        f'SELECT "check", count(*), count(*) FILTER (challenged) FROM {_source(folder, "findings")} '
        "GROUP BY ALL ORDER BY min(file_row_number)"
    ).fetchall()
    sums = _sums(folder, "findings", '"check"', (OVER, UNDER, ASKED), connection)
    for check, number, challenged in found:
        over, under, asked = sums[(check,)]
        yield FindingSum(check, number, over, under, challenged, asked)


Sum = dict[tuple[Any, ...], tuple[Fraction, ...]]


def _sums(folder: Path, table: str, names: str, amounts: Sequence[str], connection: duckdb.DuckDBPyConnection) -> Sum:
    """Sums of amounts by name; added up here where they come to more digits than the database has."""
    width = names.count(",") + 1
    try:
        sums = ", ".join(f"coalesce(sum({amount}), 0)" for amount in amounts)
        rows = connection.execute(f"SELECT {names}, {sums} FROM {_source(folder, table)} GROUP BY ALL").fetchall()
        return {tuple(row[:width]): tuple(map(Fraction, row[width:])) for row in rows}
    except duckdb.OutOfRangeException:
        return _sums_of_rows(folder, table, names, amounts, connection)


def _sums_of_rows(folder: Path, table: str, names: str, amounts: Sequence[str], connection: duckdb.DuckDBPyConnection) -> Sum:
    together = [Sums() for _ in amounts]
    seen: dict[tuple[Any, ...], None] = {}
    cursor = connection.execute(f"SELECT {names}, {', '.join(amounts)} FROM {_source(folder, table)}")
    width = names.count(",") + 1
    while rows := cursor.fetchmany(10_000):
        for row in rows:
            name = tuple(row[:width])
            seen[name] = None
            for sums, amount in zip(together, row[width:], strict=True):
                sums.add(name, Fraction(amount or 0))
    return {name: tuple(sums.of(name) for sums in together) for name in seen}


def _told(folder: Path, table: str, name: str, reason: str, connection: duckdb.DuckDBPyConnection) -> Iterator[Told]:
    """How often each reason was given, in the order met; of many, those that differ in codes alone are one already here."""
    source = _source(folder, table)
    distinct = (
        f"SELECT {name} AS name, {reason} AS reason, count(*) AS number, min(file_row_number) AS first FROM {source} GROUP BY ALL"
    )
    many = f"count(*) OVER (PARTITION BY name) > {10 * MANY_REASONS}"
    short = f"regexp_replace(reason, {literal(WORDS)}, '…\\2\\3', 'g')"
    marked = f"SELECT *, {many} AS many FROM ({distinct})"
    cut = f"SELECT name, many, CASE WHEN many THEN {short} ELSE reason END AS reason, number, first FROM ({marked})"
    rows = connection.execute(f"SELECT name, many, reason, sum(number), min(first) FROM ({cut}) GROUP BY ALL ORDER BY 5")
    for found, is_many, words, number, _ in rows.fetchall():
        yield found, without_codes(words) if is_many else words, int(number)


def _reject_words() -> str:
    plain = "trim(field || ' ' || reason)"
    return f"CASE WHEN contains(reason, {literal(REPEATED)}) THEN reason ELSE {plain} END"
