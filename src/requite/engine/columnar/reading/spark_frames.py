"""Data frames of Spark in columns: through files that Spark writes beside the results where it sees that folder, else as Arrow."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator, Sequence
from itertools import chain
from pathlib import Path
from typing import Final
from uuid import uuid4

import pyarrow as pa
import pyarrow.parquet as pq

from requite.engine.columnar.spark_sessions import file_address, shares_files
from requite.engine.reading.raw import CHUNK
from requite.engine.reading.spark_frames import SparkFrame

PLAIN: Final = re.compile(r"tinyint|smallint|int|bigint|decimal\(\d+,\d+\)|double|boolean|string|date|timestamp_ntz")
"""The types of Spark that come out of a Parquet file as they come out of Arrow."""

REBASED: Final = "spark.sql.parquet.datetimeRebaseModeInWrite"


def streamed(frame: SparkFrame, names: Sequence[str], folder: Path | None) -> tuple[pa.Schema, Iterator[pa.RecordBatch]] | None:
    """The rows of a frame with these columns in this order, a name given twice too; None where Arrow and files would differ."""
    try:
        rows = frame.chosen(names)
        if not all(PLAIN.fullmatch(field.dataType.simpleString()) for field in rows.schema.fields):
            return None
        by_files = folder is not None and _writes_dates_as_they_are(frame) and shares_files(rows.sparkSession, folder)
    except Exception as error:
        raise frame.refusal(error) from error
    batches = _through_files(frame, names, folder) if by_files and folder is not None else frame.batches(names)
    first = next(batches)
    schema = pa.schema([(f"c{i}", first.schema.field(name).type) for i, name in enumerate(names)])
    return schema, (
        pa.RecordBatch.from_arrays([batch.column(name) for name in names], schema=schema) for batch in chain([first], batches)
    )


def _writes_dates_as_they_are(frame: SparkFrame) -> bool:
    return str(frame.frame.sparkSession.conf.get(REBASED, "CORRECTED")).upper() == "CORRECTED"


def _through_files(frame: SparkFrame, names: Sequence[str], folder: Path) -> Iterator[pa.RecordBatch]:
    """The rows, a number at a time: of a frame that is larger than memory, too."""
    path = folder / f"spark_{uuid4().hex[:8]}.parquet"
    try:
        try:
            frame.chosen(names).write.parquet(file_address(path))
        except Exception as error:
            raise frame.refusal(error) from error
        files = sorted(path.glob("part-*.parquet"))
        # A file without rows has columns all the same.
        yield pa.RecordBatch.from_pylist([], schema=pq.read_schema(files[0]).remove_metadata())
        for part in files:
            with pq.ParquetFile(part) as file:
                yield from file.iter_batches(CHUNK)
    finally:
        shutil.rmtree(path, ignore_errors=True)
