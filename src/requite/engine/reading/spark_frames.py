"""Data frames of Spark as data: of each no more than the columns that are wanted, and never through pandas."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import pyarrow as pa

from requite.engine.reading.problems import problem

FORM = "Spark DataFrame"


def is_spark_frame(given: object) -> bool:
    """Whether an object is a data frame of PySpark, of a session in this process or behind Spark Connect."""
    return type(given).__module__.partition(".")[0] == "pyspark" and hasattr(given, "toArrow")


@dataclass(frozen=True, slots=True)
class SparkFrame:
    """A data frame of Spark. `name` is what messages call it."""

    frame: Any
    name: str
    record: str

    def columns(self) -> tuple[str, ...]:
        try:
            return tuple(str(column) for column in self.frame.columns)
        except Exception as error:
            raise self.refusal(error) from error

    def chosen(self, names: Sequence[str]) -> Any:
        """The frame with some of its columns, each once."""
        return self.frame.select(*("`" + name.replace("`", "``") + "`" for name in dict.fromkeys(names)))

    def batches(self, names: Sequence[str]) -> Iterator[pa.RecordBatch]:
        """Its rows in order, as Arrow; with no column wanted, their number."""
        try:
            table: pa.Table = (self.chosen(names) if names else self.frame).toArrow()
        except Exception as error:
            raise self.refusal(error) from error
        yield from table.to_batches() or [pa.RecordBatch.from_pylist([], schema=table.schema)]

    def refusal(self, error: Exception) -> Exception:
        """What is said where Spark cannot give the rows: they are made by what the program asked of it."""
        said = " ".join(str(error).split())[:300]
        return problem("unreadable-file", f"Spark cannot give the rows of {self.record}: {said}", self.record, self.name)
