"""Results as CSV, made by the database from their Parquet files: the bytes are the same whichever engine decided."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from requite.engine.reading.frames import quoted, reading_path
from requite.engine.results import CONTROL, CONTROL_SHOWN, FORMULA, PENNY_DECIMALS, PLAIN_NUMBER, write_csv

LINES: Final = 50_000


def csv_of(parquet: Path, path: Path) -> None:
    """Write a Parquet file of results as CSV, some lines at a time."""
    with pq.ParquetFile(parquet) as file:
        schema = file.schema_arrow
        if any(pa.types.is_decimal256(field.type) for field in schema):
            # The database would take such amounts for floating-point numbers.
            write_csv(file.read(), path)
            return
    fields = [field for field in schema if not pa.types.is_list(field.type)]
    cells = ", ".join(_cell(field) for field in fields)
    # Several threads would hand over their rows as they come.
    with duckdb.connect(config={"threads": 1}) as connection, path.open("wb") as out:
        out.write((",".join(field.name for field in fields) + "\n").encode())
        relation = connection.from_parquet(reading_path(parquet))
        lines = relation.project(f"concat_ws(',', {cells}) || chr(10) AS line")
        for batch in lines.to_arrow_reader(LINES):
            out.write(_bytes_of(batch.column(0)))


def _bytes_of(lines: pa.Array) -> bytes:
    """The texts of an array one after another, as they lie in memory."""
    if not len(lines):
        return b""
    size = 8 if pa.types.is_large_string(lines.type) else 4
    offsets, data = lines.buffers()[1:]
    ends = memoryview(offsets).cast("q" if size == 8 else "i")
    return bytes(memoryview(data)[ends[lines.offset] : ends[lines.offset + len(lines)]])


def _cell(field: pa.Field) -> str:
    name = quoted(field.name)
    if pa.types.is_boolean(field.type):
        return f"CASE WHEN {name} THEN 'yes' WHEN NOT {name} THEN 'no' ELSE '' END"
    text = f"CAST({name} AS VARCHAR)"
    if pa.types.is_decimal(field.type):
        more = field.type.scale > PENNY_DECIMALS
        return f"coalesce({_trimmed(text) if more else text}, '')"
    if not pa.types.is_string(field.type):
        return f"coalesce({text}, '')"
    name = f"regexp_replace({name}, '{_CONTROL}', '{CONTROL_SHOWN}', 'g')"
    formula = f"left({name}, 1) IN ({_FORMULA}) AND NOT regexp_full_match({name}, '{PLAIN_NUMBER.pattern}')"
    safe = f"CASE WHEN {formula} THEN '''' || {name} ELSE {name} END"
    quoting = f"regexp_matches({name}, '[\",\\n\\r]')"
    return f"coalesce(CASE WHEN {quoting} THEN '\"' || replace({safe}, '\"', '\"\"') || '\"' ELSE {safe} END, '')"


def _trimmed(text: str) -> str:
    """Decimals without the zeros at their end, but for those of a penny."""
    return f"regexp_replace({text}, '(\\.[0-9]{{{PENNY_DECIMALS}}}[0-9]*?)0+$', '\\1')"


_CONTROL: Final = CONTROL.pattern.replace("\\x9f", "\\x{9f}")
"""As the database writes characters beyond 127."""

_FORMULA: Final = ", ".join(f"chr({ord(sign)})" for sign in sorted(FORMULA))
