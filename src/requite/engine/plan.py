"""The plan: what to reckon, in an order in which everything is there before it is read.

The expressions are the program's core; the plan adds the order, what each step reads, and drops what nothing asks for.
An engine may follow the steps one by one, each for all rows of its record at once.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from requite.dsl.program import Program
from requite.dsl.source import Span


@dataclass(frozen=True, slots=True)
class Derive:
    """Make the rows of a derived record: one for each combination of its key that occurs."""

    record: str
    span: Span
    reads: frozenset[str]


@dataclass(frozen=True, slots=True)
class Reckon:
    """Reckon a column of a record for each of its rows."""

    column: str
    record: str
    span: Span
    reads: frozenset[str]


@dataclass(frozen=True, slots=True)
class GiveOut:
    """Give out a share, for each row of its owner."""

    share: str
    record: str
    span: Span
    reads: frozenset[str]


@dataclass(frozen=True, slots=True)
class Pay:
    """Settle payments of a scheme that depend on each other: all where `altogether` caps them, the parts of a split, or one."""

    scheme: str
    record: str
    span: Span
    reads: frozenset[str]
    payments: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Examine:
    """Run a check over each row of its record."""

    check: str
    record: str
    span: Span
    reads: frozenset[str]


Step = Derive | Reckon | GiveOut | Pay | Examine


@dataclass(frozen=True, slots=True)
class Plan:
    """`steps` in order. `reads` of a step say what must be there first.

    They are names of columns, and `share:NAME`, `payment:NAME` and, for derived records, `record:NAME`. Every column has its
    own `Reckon`, those whose value is a share's part or a payment too. `program` is what the passes have left of the one lowered.
    """

    program: Program
    steps: tuple[Step, ...]
    records_read: Mapping[str, frozenset[str]]
    """For each record or table that any step reads: the fields that are read."""
