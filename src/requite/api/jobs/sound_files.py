"""Files that were made to do harm: found before anything reads them, and refused in words."""

from __future__ import annotations

import zipfile
from typing import Final

import pyarrow as pa
import pyarrow.parquet as pq

from requite.engine.reading.files import InputFile
from requite.engine.reading.problems import DataError, problem

MB: Final = 1024 * 1024

LONGEST_LINE: Final = 8 * MB
"""The longest line of a text, in bytes."""

MOST_COLUMNS: Final = 5_000
MOST_ROWS: Final = 500_000_000
MOST_CELLS: Final = 20_000_000_000
MOST_GROUPS: Final = 100_000
"""Groups of rows in a Parquet file."""

MOST_UNPACKED: Final = 1024 * MB
"""What a workbook may come to when it is unpacked."""

MOST_RATIO: Final = 200
"""How much larger a workbook, or Parquet, may become when it is unpacked, beyond a size that does no harm."""

HARMLESS: Final = 64 * MB
MOST_PARTS: Final = 10_000
BLOCK: Final = 1 * MB


def refuse_harmful(file: InputFile, record: str) -> None:
    """DataError where reading a file would take more than any honest file needs."""
    suffix = file.path.suffix.lower()
    if suffix == ".xlsx":
        _workbook(file, record)
    elif suffix == ".parquet":
        _parquet(file, record)
    else:
        _lines(file, record)


def _too_large(file: InputFile, record: str, what: str, help: str = "Split it into several files.") -> DataError:
    return problem("too-large", f"{file.name} {what}", record, file.name, help)


def _lines(file: InputFile, record: str) -> None:
    length = 0
    with file.path.open("rb") as opened:
        while block := opened.read(BLOCK):
            last = block.rfind(b"\n")
            if length + (block.find(b"\n") if last >= 0 else len(block)) > LONGEST_LINE:
                what = f"has a line of more than {LONGEST_LINE // MB} MB"
                raise _too_large(file, record, what, "Check that its lines end as lines do.")
            length = length + len(block) if last < 0 else len(block) - last - 1


def _workbook(file: InputFile, record: str) -> None:
    try:
        with zipfile.ZipFile(file.path) as book:
            parts = book.infolist()
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError):
        return  # Its reader says what is wrong with it.
    if len(parts) > MOST_PARTS:
        raise _too_large(file, record, f"has {len(parts):,} parts, and no workbook needs more than {MOST_PARTS:,}")
    unpacked = sum(part.file_size for part in parts)
    packed = max(file.path.stat().st_size, 1)
    if unpacked > MOST_UNPACKED or (unpacked > HARMLESS and unpacked > packed * MOST_RATIO):
        raise _too_large(file, record, f"becomes {unpacked // MB:,} MB when it is unpacked", "Save it as CSV or Parquet.")


def _parquet(file: InputFile, record: str) -> None:
    try:
        with pq.ParquetFile(file.path, thrift_string_size_limit=64 * MB, thrift_container_size_limit=1_000_000) as opened:
            found = opened.metadata
            shape = found.num_rows, found.num_columns, found.num_row_groups
            if shape[2] > MOST_GROUPS:
                raise _too_large(file, record, f"has {shape[2]:,} groups of rows, and {MOST_GROUPS:,} is the most")
            unpacked = sum(found.row_group(i).total_byte_size for i in range(shape[2]))
    except (pa.ArrowException, OSError, ValueError, RuntimeError):
        return  # Its reader says what is wrong with it.
    rows, columns, _ = shape
    if columns > MOST_COLUMNS:
        raise _too_large(
            file, record, f"has {columns:,} columns, and {MOST_COLUMNS:,} is the most", "Leave out what is not needed."
        )
    if rows > MOST_ROWS or rows * columns > MOST_CELLS:
        raise _too_large(file, record, f"has {rows:,} rows of {columns:,} columns, more than a run takes")
    packed = max(file.path.stat().st_size, 1)
    if unpacked > 64 * HARMLESS and unpacked > packed * MOST_RATIO:
        raise _too_large(file, record, f"becomes {unpacked // MB:,} MB when it is unpacked")
