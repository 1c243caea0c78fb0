"""What a program at random is made of: records with their names, tables, parameters, bands and codes, and what is in scope."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from functools import cached_property

WORD = re.compile(r"\w+")
CHOICES = {"setting": ("outpatient", "day_case", "elective"), "track": ("T1", "T1+", "t1")}
"""The fields that are a `one of`, with their words."""

FIELDS = {
    "billed": "money", "price": "money", "budget": "money", "paid_before": "money",
    "units": "number", "size": "number", "visits": "count", "beds": "count", "part": "percent", "rate": "percent",
    "score": "points", "stay": "days",
    "admitted": "date", "discharged": "date", "seen": "date", "arrived": "moment", "left_at": "moment",
    "provider": "text", "area": "text", "hrg": "text", "setting": "one of", "track": "one of",
    "urgent": "yes/no", "signed": "yes/no",
}  # fmt: skip
"""The fields that records may have: one name always has one kind, so that records can meet by it."""

RECORDS = ("spell", "patient", "practice", "letter", "claim")
TEXTS = ("A", "B", "a", "É", "10", "9", "O'Neill, \u00a3 & co", "Z{x}")
"""What text fields hold, and what texts in programs are: few, so that rows meet, and unlike in how they sort."""

DATES = (
    "2012-04-01", "2012-03-31", "2012-02-29", "2012-03-01", "2012-12-31", "2013-01-01", "2013-02-28", "2012-06-30", "2013-03-31",
    "2013-04-01", "2012-01-31", "2011-12-31", "2016-02-29",
)  # fmt: skip


@dataclass(frozen=True)
class Name:
    """A name and its kind. `record` is that of a row, `choices` the words of a `one of`.

    `optional`: may be blank, so it is guarded; `open`: a quotient that no rounding closes.
    """

    label: str
    kind: str
    record: str = ""
    choices: tuple[str, ...] = ()
    optional: bool = False
    open: bool = False


@dataclass
class RecordModel:
    """A record or table as far as it is written: its fields, and the figures that rules have given it."""

    label: str
    key: tuple[str, ...]
    fields: list[Name]
    table: bool = False
    dated: bool = False
    derived: bool = False
    lets: list[Name] = field(default_factory=list)

    @property
    def names(self) -> list[Name]:
        return [*self.fields, *self.lets]

    def has(self, label: str) -> bool:
        return any(name.label == label for name in self.names)

    def name(self, label: str) -> Name:
        return next(name for name in self.names if name.label == label)


@dataclass(frozen=True)
class Parameter:
    label: str
    kind: str
    dated: bool
    early: bool = False
    """Whether it has a value on any day that a rule's period may begin."""


@dataclass(frozen=True)
class Bands:
    label: str
    by: str
    kind: str


@dataclass
class World:
    """What a program has declared so far."""

    records: list[RecordModel] = field(default_factory=list)
    parameters: list[Parameter] = field(default_factory=list)
    bands: list[Bands] = field(default_factory=list)
    codes: list[str] = field(default_factory=list)
    payees: list[str] = field(default_factory=list)
    sources: list[str] = field(default_factory=list)
    numbers: dict[str, int] = field(default_factory=dict)
    waiting: set[str] = field(default_factory=set)
    """Names whose value rests on a whole group, so that a check which reads them waits for the period."""

    def new(self, stem: str) -> str:
        """A name that nothing has yet."""
        self.numbers[stem] = self.numbers.get(stem, 0) + 1
        return f"{stem}{self.numbers[stem]}"

    def waits(self, text: str) -> bool:
        """Whether these words read a whole group."""
        return " over " in text or not self.waiting.isdisjoint(WORD.findall(text))

    def record(self, label: str) -> RecordModel:
        return next(record for record in self.records if record.label == label)


WHOLE = RecordModel("", (), [])
"""The record of a scheme without one."""


@dataclass(frozen=True)
class Scope:
    """What is in sight: the rule's own row, then those of ranges; the rule's own names; the texts that are known not to be blank.

    `facts` are longer readings that a gate has made sure of; `dated` says that the rule has a period to read by.
    """

    world: World
    levels: tuple[RecordModel, ...]
    locals: tuple[Name, ...] = ()
    known: frozenset[str] = frozenset()
    facts: tuple[Name, ...] = ()
    dated: bool = False

    @property
    def own(self) -> RecordModel:
        return self.levels[0]

    @property
    def inner(self) -> RecordModel:
        return self.levels[-1]

    @property
    def is_inner(self) -> bool:
        return len(self.levels) > 1

    def within(self, record: RecordModel) -> Scope:
        return replace(self, levels=(*self.levels, record), facts=(), known=frozenset())

    def knowing(self, *texts: str) -> Scope:
        return replace(self, known=self.known | set(texts))

    def having(self, *names: Name) -> Scope:
        return replace(self, locals=(*self.locals, *names))

    def is_own_name(self, label: str) -> bool:
        return self.own.has(label) or any(name.label == label for name in self.locals)

    @cached_property
    def readable(self) -> tuple[Name, ...]:
        """All that can be read here, under the words that read it, with the fields of rows that are referred to."""
        return tuple(self._readable())

    def _readable(self) -> Iterator[Name]:
        plain = [*self._direct(), *self.facts]
        yield from plain
        for name in plain:
            if name.kind == "row":
                gone = name.optional and name.label not in self.known
                for part in self.world.record(name.record).names:
                    yield self._seen(part, f"{name.label}.{part.label}", gone)

    def _seen(self, name: Name, words: str, gone: bool = False) -> Name:
        optional = (name.optional or gone) and words not in self.known
        return replace(name, label=words, optional=optional)

    def _direct(self) -> Iterator[Name]:
        if not self.is_inner:
            for name in (*self.own.names, *self.locals):
                yield self._seen(name, name.label)
            return
        for name in (*self.own.names, *self.locals):
            yield self._seen(name, f"this.{name.label}")
        for name in self.inner.names:
            words = self._inner_words(name.label)
            if words:
                yield self._seen(name, words)
        for middle in self.levels[1:-1]:
            if self._may_name(middle.label) and middle.label != self.inner.label and not self.inner.has(middle.label):
                yield from (self._seen(name, f"{middle.label}.{name.label}") for name in middle.names)

    def _inner_words(self, label: str) -> str:
        """How the innermost row's name is written: with its record where the rule's own row has the name too."""
        if self.inner is self.own or not self.is_own_name(label):
            return label
        return f"{self.inner.label}.{label}" if self._may_name(self.inner.label) and not self.inner.has(self.inner.label) else ""

    def _may_name(self, record: str) -> bool:
        return not self.is_own_name(record) or self.inner is self.own

    def of_kind(self, *kinds: str, optional: bool | None = False) -> list[Name]:
        """What can be read of some kinds: optional or not, or (None) both."""
        return [n for n in self.readable if n.kind in kinds and (optional is None or n.optional is optional)]
