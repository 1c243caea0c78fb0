"""By what the rows around a claim are found: each way in which a program's checks relate rows, and the hashes that it comes to.

A row is linked by a hash for its own key, one for each way of relating rows of its record, and one for all rows of its record
where something goes over all of them. A hash names what a row has in common with others, as far as that can be told from the
row's own fields; what cannot be told so is compared among the rows found.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from requite.dsl import program as core
from requite.dsl.types import Kind
from requite.engine.interpreting import evaluate
from requite.engine.interpreting.closures import Compiler, Reader
from requite.engine.interpreting.tables import Tables
from requite.engine.interpreting.values import Lack, Missing, identity
from requite.engine.interpreting.walk import expressions
from requite.engine.live.identities import hashed, signature, value_text, values_text
from requite.engine.live.windows import MOST_DATES, Days, Window, day_of, windows_of
from requite.engine.rows import Row

Plainly = Callable[[Row], Any]
"""What a value of a row is compared by, from its own fields alone; Missing where there is none."""

READING = (core.Lookup, core.ParameterRead, core.Aggregate, core.Exists)
"""Expressions that read more than their row."""


@dataclass(frozen=True, eq=False, slots=True)
class Way:
    """A way of relating rows of a record: by which parts of what they have in common they are found.

    `record` is stored; where the rows wanted are derived from it, they are made of what is found. `parts` say which parts of the
    wanted key the hash is of, `values` what each comes to for a stored row. `exact` says that no row is found that does not
    belong; `alike` that all those belong which one hash finds, or none. `dates` are what those who look for rows on certain days
    only compare.
    """

    record: str
    parts: tuple[int, ...]
    values: tuple[Plainly, ...]
    name: str
    exact: bool
    alike: bool
    dates: tuple[Plainly, ...]

    def sought(self, key: Sequence[Any] | Mapping[int, Any]) -> str:
        """The hash of the rows with this in common: identities, those that are no part of it left aside."""
        return hashed(f"{self.name}\x1e{values_text([key[i] for i in self.parts])}")

    def link(self, row: Row) -> tuple[str, Days] | None:
        """The hash by which a row is found, with its days; None where it relates to nothing."""
        found = [value(row) for value in self.values]
        if any(one.__class__ is Missing for one in found):
            return None
        one, other = [*(day_of(date(row)) for date in self.dates), None, None][:MOST_DATES]
        return hashed(f"{self.name}\x1e{values_text(found)}"), (one, other)


def key_hash(record: str, key: Any) -> str:
    """The hash of the rows of a record with this key (as `identity` gives it)."""
    return hashed(f"key\x1e{record}\x1e{value_text(key)}")


def whole_hash(record: str) -> str:
    """The hash of all rows of a record."""
    return hashed(f"every\x1e{record}")


@dataclass(eq=False)
class Ways:
    """The ways in which rows of a program are found. `still` are records whose rows stand in the text or in a file beside it."""

    program: core.Program
    still: frozenset[str]
    _ways: dict[tuple[str, str, int], Way | None] = field(default_factory=dict)
    _plain: Plain = field(init=False)

    def __post_init__(self) -> None:
        self._plain = Plain(self.program)

    def plainly(self, expression: core.Expr, level: int) -> Plainly | None:
        """What an expression over the row of a level comes to, from its fields alone; None where it reads more than these."""
        return self._plain.of(expression, level)

    def of_range(self, reach: core.Range) -> Way | None:
        """How the rows of a range are found; None where only going over all of its record finds them."""
        return self.way(reach.record, [mine for mine, _ in reach.same], reach.level, self.windows(reach))

    def windows(self, reach: core.Range) -> Sequence[Window]:
        """The days on which a range looks for rows, by dates that a row's own fields tell."""
        if self.program.records[reach.record].derived_from:
            return ()
        return [one for one in windows_of(reach) if self.plainly(one.day, reach.level) is not None][:MOST_DATES]

    def way(self, record: str, mine: Sequence[core.Expr], level: int, windows: Sequence[Window] = ()) -> Way | None:
        """How the rows of a record are found that have something in common, on certain days; None where nothing tells them."""
        dates = [one.day for one in windows]
        name = "\x1f".join(signature(part, level, self.program) for part in (*mine, *dates))
        if (record, name, len(dates)) not in self._ways:
            self._ways[record, name, len(dates)] = self._made(record, mine, level, dates)
        return self._ways[record, name, len(dates)]

    def _made(self, record: str, mine: Sequence[core.Expr], level: int, dates: Sequence[core.Expr]) -> Way | None:
        stored, parts = self._stored(record, dict(enumerate((part, level) for part in mine)))
        found = [(i, part, at, self.plainly(part, at)) for i, (part, at) in parts.items()]
        usable = [(i, part, at, plain) for i, part, at, plain in found if plain is not None]
        if not usable:
            return None
        names = [signature(part, at, self.program) for _, part, at, _ in usable]
        whole = stored == record and len(usable) == len(mine)
        compared = [plain for date in dates if (plain := self.plainly(date, level)) is not None]
        dated = ["", "by", *(signature(date, level, self.program) for date in dates)] if dates else []
        return Way(
            stored,
            tuple(i for i, *_ in usable),
            tuple(plain for *_, plain in usable),
            "\x1f".join(["group", stored, *names, *dated]),
            whole and not any(self._refers(part) for _, part, _, _ in usable),
            whole and all(self._is_reference(part, at) or not self._refers(part) for _, part, at, _ in usable),
            tuple(compared),
        )

    def _stored(self, record: str, parts: dict[int, tuple[core.Expr, int]]) -> tuple[str, dict[int, tuple[core.Expr, int]]]:
        """The stored record that rows are made from, and the parts of what they have in common as it has them."""
        declared = self.program.records[record]
        if not declared.derived_from:
            return record, parts
        made = dict(zip(declared.key, declared.derived_by, strict=True))
        there = {i: (made[name], 0) for i, (part, at) in parts.items() if (name := self._key_field(part, at, declared)) in made}
        return self._stored(declared.derived_from, there)

    def _key_field(self, part: core.Expr, level: int, declared: core.Record) -> str:
        """Which key field of a derived record an expression over its row comes to."""
        match part:
            case core.RowVariable(level=at) if at == level and len(declared.key) == 1:
                return declared.key[0]
            case core.FieldRead(row=core.RowVariable(level=at), field=name) if at == level:
                return name
            case core.ColumnRead(row=core.RowVariable(level=at), column=name) if at == level:
                definition = self.program.columns[name].definition
                return self._key_field(definition.value, 0, declared) if isinstance(definition, core.Computed) else ""
        return ""

    def _refers(self, part: core.Expr) -> bool:
        """Whether a part leads to a row, which may not be there: then its key in the data says less than its value."""
        for one in expressions(part):
            if one.type.kind is Kind.ROW and not isinstance(one, core.RowVariable):
                return True
            if isinstance(one, core.ColumnRead):
                definition = self.program.columns[one.column].definition
                if isinstance(definition, core.Computed) and self._refers(definition.value):
                    return True
        return False

    def _is_reference(self, part: core.Expr, level: int) -> bool:
        """Whether a part is a reference of the row itself: where its key is the same it leads to the same row, or to none."""
        match part:
            case core.FieldRead(row=core.RowVariable(level=at)) if at == level:
                return part.type.kind is Kind.ROW
            case core.ColumnRead(row=core.RowVariable(level=at), column=column) if at == level:
                definition = self.program.columns[column].definition
                return isinstance(definition, core.Computed) and self._is_reference(definition.value, 0)
        return False

    def of_key(self, record: str) -> Way | None:
        """How the rows are found from which a derived record's row with a certain key is made."""
        declared = self.program.records[record]
        stored, parts = self._stored(declared.derived_from, {i: (part, 0) for i, part in enumerate(declared.derived_by)})
        return self.way(stored, [part for part, _ in parts.values()], 0) if len(parts) == len(declared.derived_by) else None

    def __iter__(self) -> Iterator[Way]:
        return (way for way in self._ways.values() if way is not None)


@dataclass(eq=False)
class Plain:
    """Makes what reckons with a row's own fields, and nothing else."""

    program: core.Program
    _compiler: Compiler = field(init=False)

    def __post_init__(self) -> None:
        nowhere = Tables(self.program, {}, None, lambda _, rows: rows)
        self._compiler = Compiler(self.program, nowhere, self._reader, None, evaluate.MAKERS)

    def _reader(self, column: str) -> Reader:
        definition = self.program.columns[column].definition
        assert isinstance(definition, core.Computed)
        code = self._compiler.code(definition.value)
        return lambda row: code((row,))

    def of(self, expression: core.Expr, level: int) -> Plainly | None:
        """What an expression over the row of a level is compared by; of a reference, the key that stands in the data."""
        match expression:
            case core.RowVariable(level=at) if at == level:
                return lambda row: identity(row.key)
            case core.FieldRead(row=core.RowVariable(level=at), field=name) if at == level:
                return _field(name)
            case core.ColumnRead(row=core.RowVariable(level=at), column=column) if at == level:
                definition = self.program.columns[column].definition
                return self.of(definition.value, 0) if isinstance(definition, core.Computed) else None
        if not self._is_plain(expression, level):
            return None
        code = self._compiler.code(expression)
        return lambda row: _identity(code((row,) * (level + 1)))

    def _is_plain(self, expression: core.Expr, level: int) -> bool:
        """Whether an expression reads plain fields of the row of a level and nothing else."""
        for part in expressions(expression):
            match part:
                case core.RowVariable(level=at):
                    if at != level:
                        return False
                case core.ColumnRead(row=core.RowVariable(), column=column):
                    definition = self.program.columns[column].definition
                    if not isinstance(definition, core.Computed) or not self._is_plain(definition.value, 0):
                        return False
                case core.FieldRead(row=core.RowVariable()) if part.type.kind is not Kind.ROW:
                    continue
                case core.FieldRead() | core.ColumnRead():
                    return False
            if isinstance(part, READING):
                return False
        return True


def _identity(value: Any) -> Any:
    return value if value.__class__ is Missing else identity(value)


ABSENT = Missing(Lack.BLANK, "")


def _field(name: str) -> Plainly:
    def read(row: Row) -> Any:
        value = row.values.get(name)
        return ABSENT if value is None else identity(value)

    return read
