"""Rows as the engines hold them: typed values by field, and where each row came from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from requite.dsl.program import Scalar, known_name


@dataclass(frozen=True, slots=True, eq=False)
class Row:
    """One row of a record or table; equal only to itself.

    `values` hold every field's value by name: None for a blank, and for a reference the key of the row referred to, as a tuple.
    `key` are the key fields' values in the order declared (or the line number alone), without the period of a dated table.
    `file` and `line` say where the row was read (line counts from 1, the header included); a derived row has neither.
    """

    record: str
    key: tuple[Scalar, ...]
    values: Mapping[str, Scalar | tuple[Scalar, ...]]
    file: str = ""
    line: int = 0

    @property
    def place(self) -> str:
        return f"{self.file} line {self.line}" if self.file else ""


__all__ = ["Data", "Row", "known_name"]

Data = Mapping[str, Sequence[Row]]
"""The rows of each record and table by its name; those of derived records are made by the engine."""
