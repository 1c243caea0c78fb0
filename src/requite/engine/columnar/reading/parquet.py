"""Parquet files where they lie: their types, how many rows they have, and what their statistics prove."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import duckdb

from requite.engine.columnar.reading.cells import Column, Facts
from requite.engine.columnar.reading.forms import ALL
from requite.engine.columnar.reading.names import literal, parquet_path
from requite.engine.columnar.reading.staging import Staging
from requite.engine.data import OpenTable

OWN: Final = frozenset(("file_row_number", "file_index", "filename"))
"""Columns that the database adds to a Parquet file; one that has such a column itself is read in chunks."""

Types = tuple[tuple[str, str], ...]


def unreadable(error: duckdb.Error) -> bool:
    """Whether an error says that a file cannot be read, and not that a statement is wrong."""
    return isinstance(
        error, duckdb.IOException | duckdb.InvalidInputException | duckdb.ConversionException | duckdb.OutOfRangeException
    )


def types_of(staging: Staging, path: Path) -> Types | None:
    """The names and types of a file's columns; None where the database cannot say."""
    try:
        rows = staging.rows(f"DESCRIBE SELECT * FROM read_parquet({parquet_path(path)}, hive_partitioning = false)")
    except duckdb.Error:
        return None
    return None if any(str(row[0]).lower() in OWN for row in rows) else tuple((str(row[0]), str(row[1])) for row in rows)


@dataclass(frozen=True, slots=True)
class ParquetFiles:
    """Parquet files of one shape, with their numbers among the files of their record."""

    tables: tuple[tuple[int, OpenTable], ...]
    shape: Types

    @property
    def width(self) -> int:
        return len(self.shape)

    @property
    def names(self) -> list[str]:
        return [name for name, _ in self.shape]

    @property
    def types(self) -> list[str]:
        return [type for _, type in self.shape]

    @property
    def paths(self) -> str:
        paths = [table.opened.within for _, table in self.tables]
        return f"[{', '.join(parquet_path(path) for path in paths if isinstance(path, Path))}]"

    @property
    def source(self) -> str:
        return f"read_parquet({self.paths}, hive_partitioning = false) AS src"

    @property
    def index(self) -> str:
        """Which of the files a row is in, from 0."""
        return "0" if len(self.tables) == 1 else "CAST(src.file_index AS BIGINT)"

    @property
    def number(self) -> str:
        numbers = [number for number, _ in self.tables]
        if numbers == list(range(numbers[0], numbers[0] + len(numbers))):
            return f"({self.index} + {numbers[0]})" if len(numbers) > 1 else str(numbers[0])
        return f"([{', '.join(map(str, numbers))}])[{self.index} + 1]"

    def rows(self, staging: Staging) -> list[int]:
        """How many rows each file has."""
        select = "SELECT file_name, num_rows FROM parquet_file_metadata"
        if len(self.tables) == 1:
            return [int(staging.row(f"{select}({self.paths})")[1])]
        counted = dict(staging.rows(f"{select}({self.paths})"))
        paths = [table.opened.within for _, table in self.tables]
        return [int(counted[str(path.absolute())]) for path in paths if isinstance(path, Path)]


def parquet_facts(staging: Staging, files: ParquetFiles, columns: Mapping[int, Column]) -> dict[int, Facts]:
    """What the statistics of the files say of columns whose type alone makes their cells plain; nothing where some are missing."""
    wanted = {i: c for i, c in columns.items() if c.form.plain == ALL and c.form.scale <= 2 and not c.form.digits}
    if not wanted:
        return {}
    asked = [part for i, column in wanted.items() for part in _asked(files.names[column.item.position or 0], column)]
    found = staging.row(f"SELECT {', '.join(asked)} FROM parquet_metadata({files.paths})")
    facts = {}
    for at, (i, column) in enumerate(wanted.items()):
        groups, unknown, nulls, low, high = found[5 * at : 5 * at + 5]
        if groups and not unknown:
            facts[i] = Facts(int(nulls), 0, 0, column.form.scale, low, high)
    return facts


def _asked(name: str, column: Column) -> list[str]:
    """Of a column: its groups of rows, how many of them have no statistics, the blanks, and the least and greatest value."""
    of = f"FILTER (path_in_schema = {literal(name)})"
    if not column.form.measure:
        return [f"count(*) {of}", f"count(*) FILTER (path_in_schema = {literal(name)} AND stats_null_count IS NULL)",
                f"sum(stats_null_count) {of}", "NULL", "NULL"]  # fmt: skip
    least, most = (f"TRY_CAST(coalesce(stats_{end}_value, stats_{end}) AS {column.type})" for end in ("min", "max"))
    missing = f"stats_null_count IS NULL OR (stats_null_count < num_values AND ({least} IS NULL OR {most} IS NULL))"
    unknown = f"count(*) FILTER (path_in_schema = {literal(name)} AND ({missing}))"
    return [f"count(*) {of}", unknown, f"sum(stats_null_count) {of}", f"min({least}) {of}", f"max({most}) {of}"]
