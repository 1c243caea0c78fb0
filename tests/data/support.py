"""What the tests of data share: programs from a few declarations, and reading that keeps the books."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest
from hypothesis import currently_in_test_context

from requite.dsl.diagnostics import render_text
from requite.dsl.load import check_text
from requite.dsl.program import Field, Program, Scalar
from requite.dsl.source import Source, Span
from requite.dsl.types import Kind, Type
from requite.engine.data import DataRead, read_data
from tests.data.agreement import agrees, stored

SHARED = Path(__file__).resolve().parents[3] / "shared" / "data"

MOST_COMPARED = 5_000
"""The rows up to which every test of reading also reads in columns; properties of both have tests of their own."""

SPELL = """
record spell "A hospital claim"
  key id: text
  provider: text
  admitted: date as "DD/MM/YYYY"
  billed: money
  discount: percent optional
  emergency: yes/no optional
"""


def shared(path: str) -> Path:
    """A file of the public data beside the project; skips the test where it is not there."""
    found = SHARED / path
    if not found.is_file():
        pytest.skip(f"{path} is not in ../shared/data")
    return found


def program(declarations: str, name: str = "<text>", currency: str = "GBP") -> Program:
    """The program of some declarations."""
    made, diagnostics = check_text(f'ruleset t "Test"\n  currency {currency}\n{declarations}', name)
    assert made is not None, render_text(diagnostics)
    return made


def field(kind: Kind, unit: str = "", format: str = "", choices: tuple[str, ...] = (), optional: bool = True) -> Field:
    """A field of one kind."""
    span = Span(Source("<test>", ""), 0, 0)
    return Field("f", Type(kind, choices), False, optional, "f", "", "", format, unit, span)


def read(declarations: str | Program, needed: Mapping[str, frozenset[str]] | None = None, **inputs: object) -> DataRead:
    """The data read, after making sure that no row was lost, and that the reader of columns gives the same."""
    made = program(declarations) if isinstance(declarations, str) else declarations
    result = read_data(made, inputs, needed)
    conserved(result)
    few = sum(count.rows for count in result.counts) < MOST_COMPARED and not currently_in_test_context()
    if few and not any(isinstance(given, Iterator) for given in inputs.values()):
        agrees(made, result, *stored(made, inputs, needed))
    return result


def conserved(result: DataRead) -> None:
    """Rows in = read + rejected, for each file and altogether; each row rejected once."""
    for count in result.counts:
        assert count.rows == count.read + count.rejected
        rows = [row for row in result.data[count.record] if row.file == count.file]
        rejects = [reject for reject in result.rejects if (reject.record, reject.file) == (count.record, count.file)]
        assert (len(rows), len(rejects)) == (count.read, count.rejected)
        lines = [row.line for row in rows] + [reject.line for reject in rejects]
        assert len(set(lines)) == len(lines)
    assert sum(len(rows) for rows in result.data.values()) == sum(count.read for count in result.counts)
    assert len(result.rejects) == sum(count.rejected for count in result.counts)


def values(result: DataRead, record: str, name: str) -> list[Scalar | tuple[Scalar, ...]]:
    return [row.values[name] for row in result.data[record]]
