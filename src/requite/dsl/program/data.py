"""What a checked program declares about its data: records and tables, parameters, bands."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from fractions import Fraction

from requite.dsl.program.expressions import Expr, Scalar
from requite.dsl.source import Span
from requite.dsl.types import Type


@dataclass(frozen=True, slots=True)
class Citation:
    """A cited source: its name, its full title, and the place in it."""

    source: str
    title: str
    at: str = ""


@dataclass(frozen=True, slots=True)
class Field:
    """A stored field: `column` is its header in data (its own name unless it says `from`), `until_column` a period's second.

    A reference has a type of kind ROW; `format` is a date format such as DD/MM/YYYY or empty; `unit` is pence, fractions,
    hundredths or empty. `known_column` is the third column of a period that says when its row became known.
    """

    name: str
    type: Type
    key: bool
    optional: bool
    column: str
    until_column: str
    known_column: str
    format: str
    unit: str
    span: Span


@dataclass(frozen=True, slots=True)
class LiteralRow:
    """A row that stands in the text: values by field name, already typed (a reference is the key of its row, as a tuple)."""

    values: Mapping[str, Scalar]
    span: Span


def known_name(period: str) -> str:
    """Under what name a row holds the day on which it became known, where its period has `known from`."""
    return f"{period} known from"


@dataclass(frozen=True, slots=True)
class Record:
    """A record or table: what its rows hold.

    `key` names the key fields (empty: the line number is the key). `period` is the field that dates the rows of a table, or
    empty; it is no part of `key`. A derived record has `derived_from` and takes its key fields from there.
    `rows` stand in the text; `file` is a data file beside the ruleset, used when the run names none; `folder` is where it lies.
    `illustrative` says why the figures of a table are made up, where they are.
    """

    name: str
    title: str
    fields: tuple[Field, ...]
    key: tuple[str, ...]
    span: Span
    table: bool = False
    period: str = ""
    derived_from: str = ""
    derived_by: tuple[Expr, ...] = ()
    rows: tuple[LiteralRow, ...] | None = None
    file: str = ""
    folder: str = ""
    cites: tuple[Citation, ...] = ()
    illustrative: str = ""

    def field(self, name: str) -> Field:
        return next(f for f in self.fields if f.name == name)

    @property
    def known_from(self) -> str:
        """Under what name its rows hold the day on which they became known; empty where they do not say it."""
        return known_name(self.period) if self.period and self.field(self.period).known_column else ""


@dataclass(frozen=True, slots=True)
class DatedValue:
    value: Scalar
    start: date | None
    known_from: date | None
    cites: tuple[Citation, ...]
    illustrative: str
    span: Span


@dataclass(frozen=True, slots=True)
class Parameter:
    """A named figure: one undated value, or values each from its start until the next one's."""

    name: str
    title: str
    type: Type
    values: tuple[DatedValue, ...]
    span: Span


@dataclass(frozen=True, slots=True)
class Band:
    lower: Fraction | None
    lower_included: bool
    upper: Fraction | None
    upper_included: bool
    value: Fraction
    span: Span


@dataclass(frozen=True, slots=True)
class Bands:
    """Bands in rising order. Straight bands have points (lower = upper) and straight lines between; the last may go on above."""

    name: str
    title: str
    operand_type: Type
    type: Type
    straight: bool
    bands: tuple[Band, ...]
    cites: tuple[Citation, ...]
    span: Span
    illustrative: str = ""
