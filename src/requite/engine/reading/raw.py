"""What files and frames give before their cells are read: columns by header, and rows in chunks."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

CHUNK: Final = 50_000
"""Rows that are read at a time, so that the text of a large file is never held whole."""


@dataclass(frozen=True, slots=True)
class Broken:
    """A line that is no row of its table, and why."""

    line: int
    reason: str
    value: str = ""


@dataclass(frozen=True, slots=True)
class Chunk:
    """Some rows: their line numbers, and their cells by wanted column (text, None, or an object of another type).

    `blank` counts lines with nothing on them, which are no rows.
    """

    lines: Sequence[int]
    cells: Sequence[Sequence[object]]
    broken: Sequence[Broken] = ()
    blank: int = 0


Chunks = Callable[[Sequence[int]], Iterator[Chunk]]


@dataclass(frozen=True, slots=True)
class DelimitedFile:
    """How a file of separated values is laid out: `header_end` is the line on which its header ends, `width` its columns."""

    path: Path
    encoding: str
    separator: str
    header_end: int
    width: int


@dataclass(frozen=True, slots=True)
class Opened:
    """An opened file, sheet or frame: the name it goes by, its columns as headed, and its rows.

    `chunks` takes the positions of the columns that are wanted. `form` says what it was read as. `within` is what a reader of
    whole columns may read in its own way: the path of a Parquet file, a `DelimitedFile`, an Arrow table, a stream of Arrow.
    `constants` are the cells of the last columns, which are the same in every row: those of a partition.
    """

    name: str
    columns: tuple[str, ...]
    chunks: Chunks
    form: str
    within: object = None
    constants: tuple[str | None, ...] = ()
