"""Declarations as written, and the document that holds them."""

from __future__ import annotations

from dataclasses import dataclass, field

from requite.dsl.source import Places, Source, Span
from requite.dsl.syntax.clauses import CheckClause, Cites, ForEachClause, SchemeClause, TypeName
from requite.dsl.syntax.expressions import Date, Expr, Name, Node, Number, Path, Rounding, Text


@dataclass(frozen=True, slots=True)
class Ruleset(Node):
    name: Name
    title: Text | None
    currency: Name | None
    rounding: Rounding | None


@dataclass(frozen=True, slots=True)
class SourceDecl(Node):
    name: Name
    title: Text
    link: Text | None


@dataclass(frozen=True, slots=True)
class Payee(Node):
    name: Name
    title: Text | None


@dataclass(frozen=True, slots=True)
class Use(Node):
    file: Text
    alias: Name | None


@dataclass(frozen=True, slots=True)
class Field(Node):
    """`key id: text optional from "Column" as "DD/MM/YYYY" in pence`."""

    key: bool
    name: Name
    type: TypeName
    optional: bool
    column: Text | None
    format: Text | None
    unit: Name | None


@dataclass(frozen=True, slots=True)
class Record(Node):
    name: Name
    title: Text | None
    fields: tuple[Field, ...]


@dataclass(frozen=True, slots=True)
class DerivedRecord(Node):
    """`record contract for each provider, commissioner of spell`."""

    name: Name
    title: Text | None
    by: tuple[Name, ...]
    of: Path


@dataclass(frozen=True, slots=True)
class Row(Node):
    """`"T1": 50%, 10%`: the values of the key fields, then those of the others, in the order declared.

    `known_from` says for each of the latter the day on which the row became known, where one is written behind it.
    """

    keys: tuple[Expr, ...]
    values: tuple[Expr, ...]
    known_from: tuple[Date | None, ...]


@dataclass(frozen=True, slots=True)
class Table(Node):
    """A table; its rows stand in the text (`rows`), in the next Markdown table (`rows_below`), in `file`, or come with the run."""

    name: Name
    title: Text | None
    cites: tuple[Cites, ...]
    illustrative: Text | None
    file: Text | None
    fields: tuple[Field, ...]
    rows: tuple[Row, ...]
    rows_below: bool


@dataclass(frozen=True, slots=True)
class Codes(Node):
    name: Name
    title: Text | None
    cites: tuple[Cites, ...]
    values: tuple[Name | Text, ...]


@dataclass(frozen=True, slots=True)
class DatedValue(Node):
    """One value of a parameter: `30% from 2010-04-01 known from 2010-02-01 cites pbr_2010`; `start` absent where undated."""

    value: Expr
    start: Date | None
    known_from: Date | None
    cites: Cites | None
    illustrative: Text | None


@dataclass(frozen=True, slots=True)
class Parameter(Node):
    name: Name
    title: Text | None
    type: TypeName
    values: tuple[DatedValue, ...]


@dataclass(frozen=True, slots=True)
class Band(Node):
    """One line of bands. Edges absent are open to infinity; a point of straight bands has lower = upper."""

    lower: Expr | None
    lower_included: bool
    upper: Expr | None
    upper_included: bool
    value: Expr


@dataclass(frozen=True, slots=True)
class Bands(Node):
    name: Name
    title: Text | None
    by: Name
    straight: bool
    cites: tuple[Cites, ...]
    illustrative: Text | None
    bands: tuple[Band, ...]


@dataclass(frozen=True, slots=True)
class ForEach(Node):
    record: Path
    clauses: tuple[ForEachClause, ...]


@dataclass(frozen=True, slots=True)
class Scheme(Node):
    """A scheme; without a record it is reckoned once for the whole ruleset."""

    name: Name
    title: Text | None
    record: Path | None
    clauses: tuple[SchemeClause, ...]


@dataclass(frozen=True, slots=True)
class Check(Node):
    name: Name
    title: Text | None
    record: Path
    clauses: tuple[CheckClause, ...]


@dataclass(frozen=True, slots=True)
class Precedence(Node):
    """`challenge each spell once for the largest overcharge where not withdrawn ties in the order a, b`."""

    record: Path
    where: Expr | None
    ties: tuple[Path, ...]


@dataclass(frozen=True, slots=True)
class GivenValue(Node):
    """`list_size 10,000`; a bare word stands for a choice, a yes/no, or a key."""

    name: Path
    value: Expr


@dataclass(frozen=True, slots=True)
class Given(Node):
    """`given practice P1 as in "…" for P2 with list_size 10,000, …`; `like` is the key of the row there that is meant."""

    record: Path
    key: tuple[Name | Text | Number | Date, ...]
    as_in: Text | None
    like: tuple[Name | Text | Number | Date, ...]
    values: tuple[GivenValue, ...]


@dataclass(frozen=True, slots=True)
class Expect(Node):
    """What an example expects of a rule or figure.

    `outcome` is one of: is (with `value`), flags (`value` is then the overcharge or None), passes, challenges, does not challenge,
    not assessable, out of scope. `key` names the record; it may be absent where the example gives only one. `carried`: of
    what is carried forward under this name, not of what was brought.
    """

    target: Path
    carried: bool
    key: tuple[Name | Text | Number | Date, ...]
    outcome: str
    value: Expr | None
    because: Text | None


@dataclass(frozen=True, slots=True)
class Example(Node):
    """`example "…" as in "…" known on 2014-02-15 with rate 70%`; `sets` are the parameters that have a value of their own here."""

    name: Text
    as_in: Text | None
    known: Date | None
    sets: tuple[GivenValue, ...]
    givens: tuple[Given, ...]
    expects: tuple[Expect, ...]


@dataclass(frozen=True, slots=True)
class Broken(Node):
    """A declaration that could not be read, with its name where that much was clear, so that uses of it are not called unknown."""

    word: str
    name: Name | None


Declaration = (
    Ruleset | SourceDecl | Payee | Use | Record | DerivedRecord | Table | Codes | Parameter | Bands | ForEach | Scheme | Check
    | Precedence | Example | Broken
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class MarkdownTable(Node):
    """A table of a Markdown document: header cells, then rows of cells, each with its place."""

    header: tuple[Text, ...]
    rows: tuple[tuple[Text, ...], ...]


@dataclass(frozen=True, slots=True)
class Document:
    """One file as written: its declarations in order, the tables of its Markdown, its comments for the formatter.

    `places` tell where declarations stand whose text was kept, from before the last change, as a source of its own.
    """

    source: Source
    declarations: tuple[Declaration, ...]
    tables: tuple[MarkdownTable, ...]
    comments: tuple[Span, ...]
    places: Places = field(default_factory=dict)
