"""What an expression can see from where it stands, and the state of one check of a program."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from functools import lru_cache
from typing import Any

from requite.dsl import program as core
from requite.dsl.diagnostics import Diagnostic, Label, error, warning
from requite.dsl.facts import Shape
from requite.dsl.names import Module
from requite.dsl.scan import INVISIBLE
from requite.dsl.source import Places, Span, in_file
from requite.dsl.types import BROKEN, Kind, Type


@dataclass(frozen=True, slots=True)
class Level:
    """A row that is in sight: the record, and the words by which it may be named."""

    record: str
    names: tuple[str, ...]


Elaborator = Callable[[Any, "Scope"], core.Expr]


MOST_ERRORS = 200
DEEPEST_READING = 200
"""Definitions that are worked out one for another, each read before it is written."""
MOST_LINKS = 8
"""The links of a circle of definitions that a message shows."""


WORD = re.compile(r"[A-Za-z_]\w*")
_UNSEEN = re.compile(f"[{INVISIBLE}]+")


def words_lost(syntax_errors: tuple[Span, ...]) -> frozenset[str]:
    """The words on the lines of some places and on the lines before, where what stands there has its name."""
    lines = {(span.source, line) for span in syntax_errors for line in (span.line - 1, span.line) if line > 0}
    texts = [source.line(line) for source, line in lines]
    return frozenset(word for text in texts for word in (*WORD.findall(text), *WORD.findall(_UNSEEN.sub("", text))))


class Postponed(Exception):  # noqa: N818 - not an error of the program
    """A figure is asked for that cannot be worked out yet."""


@dataclass(eq=False)
class Context:
    """The state of one check of a program: what has been made of it so far, and what was found wrong."""

    elaborators: Mapping[type, Elaborator]

    currency: str = "GBP"
    rounding: core.Rounding | None = None
    syntax_errors: tuple[Span, ...] = ()
    """Where the text could not be read: what seems to be missing there is not reported again."""
    places: Places = field(default_factory=dict)
    """Where the parts of the text stand that are sources of their own."""
    lost_words: frozenset[str] = frozenset()
    """The words of the lines that could not be read: one of them may have declared what now seems to be unknown."""
    diagnostics: list[Diagnostic] = field(default_factory=list)
    records: dict[str, core.Record] = field(default_factory=dict)
    fields: dict[str, tuple[core.Record, dict[str, core.Field]]] = field(default_factory=dict)
    """The fields of each record by name, with the record that they are of: it grows while declarations are read."""
    parameters: dict[str, core.Parameter] = field(default_factory=dict)
    bands: dict[str, core.Bands] = field(default_factory=dict)
    codes: dict[str, tuple[str, ...]] = field(default_factory=dict)
    columns: dict[str, core.Column] = field(default_factory=dict)
    pending: dict[str, Callable[[], core.Column]] = field(default_factory=dict)
    later: frozenset[str] = frozenset()
    """Columns that stand behind the gates of a rule, and so are not worked out before these."""
    in_progress: list[tuple[str, Span]] = field(default_factory=list)
    shares: dict[str, core.Share] = field(default_factory=dict)
    scheme_scopes: dict[str, Callable[[Any], Scope]] = field(default_factory=dict)
    """For each scheme or check, by label: the scope in which its own names are seen."""
    rule_locals: dict[str, tuple[str, dict[str, str]]] = field(default_factory=dict)
    """For each scheme or check, by unique name: its record, and its own names' columns."""
    payments: dict[str, core.PaymentRule] = field(default_factory=dict)
    schemes: dict[str, core.Scheme] = field(default_factory=dict)
    checks: dict[str, core.CheckRule] = field(default_factory=dict)
    precedences: list[core.Precedence] = field(default_factory=list)
    shown: list[core.Shown] = field(default_factory=list)
    examples: list[core.Example] = field(default_factory=list)
    citations: dict[str, core.Citation] = field(default_factory=dict)
    built_in: dict[str, Span] = field(default_factory=dict)
    """Where the value of a parameter is built into a rule before anything runs, by the parameter's unique name."""
    told: set[tuple[str, str]] = field(default_factory=set)
    """Names of records that could mean a parameter too, and have been reported."""
    used: set[str] = field(default_factory=set)
    """Unique names of sources, payees, parameters, bands, codes and tables that something uses."""

    def error(self, code: str, span: Span, message: str, help: str = "", labels: tuple[Label, ...] = ()) -> None:
        """Report an error, unless the text could not be read at this very place: the one comes of the other."""
        if self.is_full or (self.syntax_errors and self._is_unread(in_file(span, self.places))):
            return
        if code.startswith("unknown-") and not self.lost_words.isdisjoint(WORD.findall(span.text)):
            return
        self.diagnostics.append(error(code, span, message, help, labels))
        if len(self.diagnostics) >= MOST_ERRORS:
            message = f"{MOST_ERRORS} things are wrong up to here; what follows is not looked at"
            self.diagnostics.append(error("too-many-errors", span, message, "mend these first"))

    def _is_unread(self, span: Span) -> bool:
        return any(e.source is span.source and e.start < span.end and span.start < e.end for e in self.syntax_errors)

    def field_of(self, record: str, label: str) -> core.Field | None:
        """The stored field of this name that a record has, if it has one."""
        known = self.records.get(record)
        if known is None:
            return None
        cached = self.fields.get(record)
        if cached is None or cached[0] is not known:
            cached = self.fields[record] = known, {field.name: field for field in known.fields}
        return cached[1].get(label)

    @property
    def is_full(self) -> bool:
        """Whether so much is wrong that looking further helps nobody."""
        return len(self.diagnostics) >= MOST_ERRORS

    def warn(self, code: str, span: Span, message: str, help: str = "", labels: tuple[Label, ...] = ()) -> None:
        self.diagnostics.append(warning(code, span, message, help, labels))

    def is_torn(self, span: Span) -> bool:
        """Whether a part of this stretch of text could not be read."""
        span = in_file(span, self.places)
        return any(e.source is span.source and span.start <= e.start <= span.end for e in self.syntax_errors)

    def column(self, name: str, span: Span) -> core.Column | None:
        """A column by its unique name, reckoned now if it has not been; None where it depends on itself (reported once)."""
        if name in self.columns:
            return self.columns[name]
        if any(name == waiting for waiting, _ in self.in_progress):
            self._report_cycle(name, span)
            return None
        if name in self.later:
            raise Postponed
        make = self.pending.pop(name, None)
        if make is None:
            return None
        if len(self.in_progress) >= DEEPEST_READING:
            self._report_chain(name, span)
            return None
        self.in_progress.append((name, span))
        try:
            column = make()
        except Postponed:
            self.pending[name] = make
            raise
        except RecursionError:
            if len(self.in_progress) > 1:
                raise
            self._report_chain(name, span)
            return None
        finally:
            self.in_progress.pop()
        self.columns[name] = column
        return column

    def settle_early(self, names: tuple[str, ...], span: Span) -> None:
        """Work out columns in the order written, but for those that wait for the gates of a rule.

        So a long chain of definitions does not become as deep a chain of calls.
        """
        self.later = frozenset(self.pending.keys() - set(names))
        for name in names:
            before = len(self.diagnostics)
            try:
                self.column(name, span)
            except Postponed:
                del self.diagnostics[before:]
        self.later = frozenset()

    def _report_chain(self, name: str, span: Span) -> None:
        label = name.rsplit(".", 1)[-1]
        self.error(
            "chain-too-long",
            span,
            f"`{label}` stands at the end of a chain of more than {DEEPEST_READING} definitions",
            "join some of them",
        )

    def _report_cycle(self, name: str, span: Span) -> None:
        at = next(i for i, (waiting, _) in enumerate(self.in_progress) if waiting == name)
        links = self.in_progress[at + 1 :][:MOST_LINKS]
        shown = [n.rsplit(".", 1)[-1] for n in (name, *(n for n, _ in links))]
        way = " → ".join((*shown, *(["…"] if len(self.in_progress) - at > len(shown) else []), shown[0]))
        self.error(
            "definition-cycle",
            span,
            f"`{name.rsplit('.', 1)[-1]}` is defined by itself: {way}",
            "one of these must be written without the others",
            tuple(Label(place, f"this reads `{n.rsplit('.', 1)[-1]}`") for n, place in links),
        )


@dataclass(frozen=True)
class Scope:
    """What is in sight. `levels` are the rule's own row, then the rows of ranges, outermost first; `locals` the rule's own names.

    `known` are the shapes of values that are known here; `reading_date` is used where a dated value has no `on`;
    `period` is the rule's.
    """

    context: Context
    module: Module
    levels: tuple[Level, ...]
    locals: Mapping[str, str] = field(default_factory=dict)
    known: frozenset[Shape] = frozenset()
    reading_date: core.Expr | None = None
    period: tuple[date, date] | None = None

    @property
    def own(self) -> Level:
        return self.levels[0]

    @property
    def inner(self) -> Level:
        return self.levels[-1]

    @property
    def is_inner(self) -> bool:
        return len(self.levels) > 1

    def knowing(self, shapes: frozenset[Shape]) -> Scope:
        return replace(self, known=self.known | shapes) if shapes - self.known else self

    def within(self, level: Level) -> Scope:
        return replace(self, levels=(*self.levels, level))

    def row(self, level: int, span: Span) -> core.RowVariable:
        return core.RowVariable(_row_of(self.levels[level].record), span, level)


@lru_cache(maxsize=1024)
def _row_of(record: str) -> Type:
    return Type(Kind.ROW, record=record)


def broken(span: Span) -> core.Constant:
    """What stands in the program for an expression that is wrong and has been reported."""
    return core.Constant(BROKEN, span, None)


def is_broken(*expressions: core.Expr) -> bool:
    for expression in expressions:  # noqa: SIM110 - asked of every expression, and a generator takes thrice the time
        if expression.type.kind is Kind.BROKEN:
            return True
    return False
