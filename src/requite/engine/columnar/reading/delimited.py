"""Separated values in columns: a file is taken block by block, and a block that is plain is parsed as a whole.

A block is plain where every parser must agree on it: one row a line, each as wide as the header, quotation marks only around
whole cells. Every other block goes through the reader of `requite.engine.reading.delimited`, row by row, so that a broken line
costs its own block only and is told in the same words.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Final, TextIO

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pacsv

from requite.engine.reading.delimited import Lines, chunks_of
from requite.engine.reading.raw import Broken, DelimitedFile

BLOCK: Final = 1 << 23
"""The characters of a block."""

PLAIN_SEPARATORS: Final = frozenset(",;\t|:^~#!@&*+=/_-")


@dataclass(frozen=True, slots=True)
class TextBatch:
    """Some rows as text: their lines, and a column for each that is wanted. `blank` lines are no rows."""

    lines: pa.Array
    cells: Sequence[pa.Array]
    broken: Sequence[Broken] = ()
    blank: int = 0


def text_batches(file: DelimitedFile, wanted: Sequence[int]) -> Iterator[TextBatch]:
    """The rows of a file of separated values, in its order."""
    with file.path.open(encoding=file.encoding, errors="replace", newline="") as opened:
        for _ in range(file.header_end):
            next(opened)
        line, left = file.header_end, ""
        while block := left + opened.read(max(BLOCK - len(left), 1)):
            block += opened.readline()
            left = ""
            batch = _plain_block(block, file, wanted, line)
            if batch is not None:
                line += len(batch.lines)
                yield batch
                continue
            lines = _numbered(block, opened, line)
            yield from _slow_block(lines, block, file, wanted, line)
            line, left = lines.number, "".join(lines.back)


def _numbered(block: str, opened: TextIO, line: int) -> Lines:
    """The lines of a block, and those after it where its last row goes on."""
    return Lines(chain(io.StringIO(block, newline=""), iter(opened.readline, "")), line)


def _slow_block(lines: Lines, block: str, file: DelimitedFile, wanted: Sequence[int], line: int) -> Iterator[TextBatch]:
    last = line + sum(1 for _ in io.StringIO(block, newline=""))
    for chunk in chunks_of(lines, file.separator, file.width, wanted, last):
        cells = [pa.array(cells, pa.string()) for cells in chunk.cells] or [pa.array([], pa.string()) for _ in wanted]
        yield TextBatch(pa.array(chunk.lines, pa.int64()), cells, chunk.broken, chunk.blank)


def _plain_block(block: str, file: DelimitedFile, wanted: Sequence[int], line: int) -> TextBatch | None:
    """A block in columns; None where it is not plain."""
    if not wanted or file.separator not in PLAIN_SEPARATORS:
        return None
    data = block.encode("utf-8")
    if not data.endswith(b"\n"):
        data += b"\n"
    if not _is_plain(data, file.separator.encode()):
        return None
    cells = _parsed(data, file, wanted)
    rows = data.count(b"\n")
    if cells is None or len(cells[0]) != rows or _may_hold_blank_rows(cells):
        return None
    if b'"' not in data:
        # The row reader drops spaces before a cell; a reject shows cells as it gives them.
        cells = [pc.utf8_ltrim(column, " ") for column in cells] if b" " in data else cells
    return TextBatch(numbers(line + 1, rows), cells)


def numbers(first: int, count: int) -> pa.Array:
    """So many whole numbers from a first one."""
    return pc.add(pc.cumulative_sum(pa.repeat(pa.scalar(1, pa.int64()), count)), first - 1)


def _is_plain(data: bytes, separator: bytes) -> bool:
    if data[:1] in b"\r\n" or b"\n\n" in data or b"\n\r\n" in data or _has_long_line(data):
        return False
    if b"\r" in data and data.count(b"\r") != data.count(b"\r\n"):
        return False
    return b'"' not in data or _quotes_are_plain(data.split(b'"'), separator)


def _has_long_line(data: bytes) -> bool:
    """Whether some line is so long that a cell of it may be longer than the row reader takes."""
    start, most = 0, csv.field_size_limit() // 2
    while start < len(data):
        end = data.rfind(b"\n", start, start + most)
        if end < 0:
            return True
        start = end + 1
    return False


def _quotes_are_plain(parts: Sequence[bytes], separator: bytes) -> bool:
    """Whether every quotation mark begins or ends a whole cell, or is doubled inside one; every second part is outside them."""
    if len(parts) % 2 == 0:
        return False
    ends = (separator, b"\n")
    first, last, between = parts[0], parts[-1], set(parts[2:-1:2])
    if (first and not first.endswith(ends)) or not last.startswith((*ends, b"\r\n")):
        return False
    for part in between:
        if part and not (part.startswith((*ends, b"\r\n")) and part.endswith(ends)):
            return False
    spaced = (separator + b" ", b"\n ")
    return not first.startswith(b" ") and not any(space in part for part in (first, last, *between) for space in spaced)


def _parsed(data: bytes, file: DelimitedFile, wanted: Sequence[int]) -> list[pa.Array] | None:
    names = [f"c{i}" for i in range(file.width)]
    picked = [names[i] for i in wanted]
    try:
        table = pacsv.read_csv(
            pa.BufferReader(data),
            pacsv.ReadOptions(column_names=names, block_size=len(data) + 1),
            pacsv.ParseOptions(delimiter=file.separator, newlines_in_values=True, ignore_empty_lines=False),
            pacsv.ConvertOptions(
                column_types=dict.fromkeys(picked, pa.string()),
                include_columns=list(dict.fromkeys(picked)),
                strings_can_be_null=False,
            ),
        )
    except pa.ArrowInvalid:
        return None
    return [table[name].combine_chunks() for name in picked]


def _may_hold_blank_rows(cells: Sequence[pa.Array]) -> bool:
    """Whether some row has no cell, of these, that begins with a letter, a figure or a sign of ASCII: it may be blank."""
    blank = None
    for column in cells:
        empty = pc.or_(pc.less(column, "!"), pc.greater_equal(column, "\x7f"))
        blank = empty if blank is None else pc.and_(blank, empty)
        if not pc.any(blank).as_py():
            return False
    return True
