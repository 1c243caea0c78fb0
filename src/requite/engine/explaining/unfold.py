"""What an expression read, each value unfolded into what made it in turn.

This walks the expressions beside the evaluator: values are asked for again (they are remembered), nothing is traced.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from fractions import Fraction
from typing import Any

from requite.dsl import program as core
from requite.dsl.source import Span
from requite.dsl.types import Type
from requite.engine import arithmetic
from requite.engine.decision import ClauseStep, Place, Read
from requite.engine.interpret import Interpreter
from requite.engine.interpreting.closures import Compiler
from requite.engine.interpreting.naming import in_words
from requite.engine.interpreting.paying import to_steps
from requite.engine.interpreting.ranges import members, passing
from requite.engine.interpreting.tables import parameter_value
from requite.engine.interpreting.values import Env, Missing
from requite.engine.interpreting.walk import children
from requite.engine.rows import Row
from requite.engine.wording import QUOTED, row_name, row_place, words

DEEPEST = 16
"""How deep values are unfolded."""

LISTED = 20
"""How many rows of a total, or candidates of a match, are listed."""

ORIGINS: Mapping[core.ColumnKind, str] = {
    core.ColumnKind.MARKER: "marker",
    core.ColumnKind.MATCH: "match",
    core.ColumnKind.SHARE: "share",
    core.ColumnKind.PAYMENT: "payment",
    core.ColumnKind.BROUGHT_FORWARD: "brought forward",
}


def place_of(span: Span) -> Place:
    return Place(span.source.name, span.line, span.column)


def cited(cites: Sequence[core.Citation]) -> tuple[str, ...]:
    """Citations in words: the source's title, and the place in it."""
    return tuple(f"{cite.title or cite.source}, {cite.at}" if cite.at else cite.title or cite.source for cite in cites)


def _noted(note: str, illustrative: str) -> str:
    """A note, with why the figure is made up where it is."""
    return "; ".join(part for part in (note, f"illustrative: {illustrative}" if illustrative else "") if part)


def step(span: Span, kind: str, value: str, effect: str, note: str = "", reads: tuple[Read, ...] = ()) -> ClauseStep:
    """One clause as it went, in its own words and at its place."""
    return ClauseStep(kind, words(span), place_of(span), value, effect, note, (), reads)


def rounding_note(exact: Fraction, how: core.Rounding, type_: Type, c: Compiler) -> str:
    """What a value was before its rounding, and how it is rounded."""
    return f"{c.words(exact, type_)} rounded {how.direction} to {c.words(how.unit, type_)}"


@dataclass(eq=False)
class Unfolder:
    """Unfolds what one decision read; what has been unfolded once is not unfolded again."""

    engine: Interpreter
    _seen: set[tuple[str, Row]] = field(default_factory=set)

    @property
    def c(self) -> Compiler:
        return self.engine.compiler

    def reads(self, expression: core.Expr, env: Env, depth: int = 0) -> tuple[Read, ...]:
        """What an expression read, in the order written, each once."""
        if depth > DEEPEST:
            return ()
        found: dict[tuple[str, str, str], Read] = {}
        for part in self._parts(expression, env):
            for read in READERS[type(part)](self, part, env, depth):
                found.setdefault((read.name, read.value, read.from_row), read)
        return tuple(found.values())

    def _parts(self, expression: core.Expr, env: Env) -> Iterator[core.Expr]:
        """The readings in an expression, outermost only; a fallback only where it was needed."""
        waiting: list[Any] = [expression]
        while waiting:
            part = waiting.pop()
            if _is_reading(part):
                yield part
            elif isinstance(part, core.Else) and not isinstance(self._value(part.operand, env), Missing):
                waiting.append(part.operand)
            else:
                waiting += sorted(children(part), key=lambda child: child.span.start, reverse=True)

    def _value(self, expression: core.Expr, env: Env) -> Any:
        return self.engine.evaluate(expression, env)

    def read(self, name: str, value: Any, type_: Type, origin: str, text: str | None = None, **more: Any) -> Read:
        """A value that was read, in words."""
        missing = value.reason if isinstance(value, Missing) else ""
        return Read(name, self.c.words(value, type_) if text is None else text, origin, missing=missing, **more)

    # --- fields and columns ---

    def field_read(self, node: core.FieldRead, env: Env, depth: int) -> Iterator[Read]:
        row = self._value(node.row, env)
        record = self.engine.program.records.get(node.row.type.record)
        is_own = isinstance(node.row, core.RowVariable)
        named = next((f for f in record.fields if f.name == node.field), None) if record is not None else None
        origin = "match" if _is_match(node.row, self.engine.program) else "table" if record and record.table else "field"
        yield self.read(
            _own_name(node.field, node.row, env) if is_own else words(node.span, QUOTED),
            self._value(node, env),
            node.type,
            origin,
            in_words(node, env, self.c),
            place=place_of(named.span) if named is not None else None,
            from_row=row_place(row) if isinstance(row, Row) else "",
            cites=cited(record.cites) if record is not None and origin == "table" else (),
            note=_noted("", record.illustrative) if record is not None and origin == "table" else "",
            reads=self._of_row(node.row, env, depth + 1),
        )

    def _of_row(self, row: core.Expr, env: Env, depth: int) -> tuple[Read, ...]:
        """What decided which row it is; of a lookup, its keys."""
        if isinstance(row, core.Lookup):
            return self._of_keys(row, env, depth)
        return () if isinstance(row, core.RowVariable) else self.reads(row, env, depth)

    def _of_keys(self, node: core.Lookup, env: Env, depth: int) -> tuple[Read, ...]:
        keys = (*node.keys, node.on) if node.on is not None else node.keys
        return tuple(read for key in keys for read in self.reads(key, env, depth))

    def lookup(self, node: core.Lookup, env: Env, depth: int) -> Iterator[Read]:
        row, record = self._value(node, env), self.engine.program.records[node.record]
        yield self.read(
            words(node.span, QUOTED),
            row,
            node.type,
            "table" if record.table else "field",
            place=place_of(record.span),
            from_row=row_place(row) if isinstance(row, Row) else "",
            cites=cited(record.cites),
            note=_noted("", record.illustrative),
            reads=self._of_keys(node, env, depth + 1),
        )

    def column_read(self, node: core.ColumnRead, env: Env, depth: int) -> Iterator[Read]:
        row, column = self._value(node.row, env), self.engine.program.columns[node.column]
        value, is_own = self._value(node, env), isinstance(node.row, core.RowVariable)
        name = _own_name(column.label, node.row, env) if is_own else words(node.span, QUOTED)
        before = () if is_own else self._of_row(node.row, env, depth + 1)
        yield replace(self.column(column, row, value, name, depth, before, env[0]), value=in_words(node, env, self.c))

    def column(
        self,
        column: core.Column,
        row: Any,
        value: Any,
        name: str,
        depth: int,
        before: tuple[Read, ...] = (),
        own: Row | None = None,
    ) -> Read:
        """A column's value for a row, and what made it; `own` is the row of the rule, which need not be named."""
        note, made = self._unfolded(column, row, value, depth)
        other = value if isinstance(value, Row) else row if row is not own else None
        return self.read(
            name,
            value,
            column.type,
            ORIGINS.get(column.kind, "let"),
            place=place_of(column.span),
            from_row=row_place(other) if isinstance(other, Row) else "",
            cites=cited(column.cites),
            note="; ".join(part for part in (column.title, note) if part),
            reads=(*before, *made),
        )

    def _unfolded(self, column: core.Column, row: Any, value: Any, depth: int) -> tuple[str, tuple[Read, ...]]:
        if not isinstance(row, Row):
            return "", ()
        if (column.name, row) in self._seen:
            return "unfolded above", ()
        if depth >= DEEPEST:
            return "not unfolded further", ()
        self._seen.add((column.name, row))
        return self._made(column, row, value, depth + 1)

    def _made(self, column: core.Column, row: Row, value: Any, depth: int) -> tuple[str, tuple[Read, ...]]:
        match column.definition:
            case core.Computed(value=expression):
                return words(expression.span, QUOTED), self.reads(expression, (row,), depth)
            case core.Matched() as definition:
                return self._of_match(definition, row, value, depth)
            case core.Shared(share=share):
                return self._of_share(self.engine.program.shares[share], row, depth)
            case core.Paid(payment=payment):
                amounts = [c for c in self.engine.program.payments[payment].clauses if isinstance(c, core.AmountClause)]
                settled = self.engine.settled(payment, row)
                return settled.reason, tuple(read for c in amounts for read in self.reads(c.value, (row,), depth))
            case core.BroughtForward():
                return "brought forward" if self.engine.is_brought(row, column.name) else "at the start", ()

    # --- related rows ---

    def _of_match(self, definition: core.Matched, row: Row, value: Any, depth: int) -> tuple[str, tuple[Read, ...]]:
        reach = definition.range
        found = passing(reach, self.c)((row,))
        own = tuple(read for _, mine in reach.same for read in self.reads(mine, (row,), depth))
        if not isinstance(value, Row):
            return "", (*own, *self._candidates(reach, (row,), depth))
        note = f"one row of {reach.record} matches"
        if not isinstance(found, Missing) and len(found) > 1:
            note = f"the {definition.pick} of {len(found)} rows of {reach.record} that match"
        where = self.reads(reach.where, (row, value), depth) if reach.where is not None else ()
        return note, (*own, *where)

    def _candidates(self, reach: core.Range, env: Env, depth: int) -> tuple[Read, ...]:
        """Related rows of which none passed, and what their `where` came to."""
        rows = members(reach, self.c)(env)
        if isinstance(rows, Missing) or reach.where is None:
            return ()
        where = reach.where
        listed = [
            self.read(
                row_name(row),
                self._value(where, (*env, row)),
                where.type,
                "match",
                from_row=row_place(row),
                note=words(where.span, QUOTED),
                reads=self.reads(where, (*env, row), depth + 1),
            )
            for row in rows[:LISTED]
        ]
        return (*listed, *_more(len(rows)))

    def aggregate(self, node: core.Aggregate, env: Env, depth: int) -> Iterator[Read]:
        reach, operand = node.range, node.operand
        rows = passing(reach, self.c)(env)
        listed: list[Read] = []
        if not isinstance(rows, Missing):
            listed = [self._contribution(operand, row, env, depth + 1) for row in rows[:LISTED]]
            listed += _more(len(rows))
        count = "" if isinstance(rows, Missing) else f"over {len(rows)} row{'s' * (len(rows) != 1)} of {reach.record}"
        yield self.read(
            _total_name(node),
            self._value(node, env),
            node.type,
            "total",
            place=place_of(node.span),
            note=count,
            reads=tuple(listed),
        )

    def _contribution(self, operand: core.Expr | None, row: Row, env: Env, depth: int) -> Read:
        if operand is None:
            return Read(row_name(row), "counted", "total", from_row=row_place(row))
        inner = (*env, row)
        is_plain = isinstance(operand, core.FieldRead) and isinstance(operand.row, core.RowVariable)
        return self.read(
            row_name(row),
            self._value(operand, inner),
            operand.type,
            "total",
            from_row=row_place(row),
            reads=() if is_plain else self.reads(operand, inner, depth),
        )

    def there_is_no(self, node: core.Not, env: Env, depth: int) -> Iterator[Read]:
        """`there is no …`, with the value that these words have."""
        for read in READERS[core.Exists](self, node.operand, env, depth):
            yield replace(read, value=self.c.words(self._value(node, env), node.type))

    def exists(self, node: core.Exists, env: Env, depth: int) -> Iterator[Read]:
        rows = passing(node.range, self.c)(env)
        found = () if isinstance(rows, Missing) else rows
        listed = [Read(row_name(row), "found", "match", from_row=row_place(row)) for row in found[:LISTED]]
        yield self.read(
            words(node.span, QUOTED),
            self._value(node, env),
            node.type,
            "match",
            place=place_of(node.span),
            reads=(*listed, *_more(len(found))) if found else self._candidates(node.range, env, depth + 1),
        )

    def _of_share(self, share: core.Share, row: Row, depth: int) -> tuple[str, tuple[Read, ...]]:
        shares = self.engine.rules.shares
        part = shares.part(share.name, row)
        if part is None:
            return "it has no part in what is shared", ()
        reads = [(self.share_of(share, owner, row, depth), owner) for owner in shares.owners(share.name, row)]
        return part.reason, tuple(replace(read, note=read.note + self.odd_part(share, owner, row)) for read, owner in reads)

    def odd_part(self, share: core.Share, owner: Row, row: Row) -> str:
        """How the part that an owner gives a row came to whole pennies; empty where it was in them."""
        part = self.engine.rules.shares.part_from(share.name, owner, row)
        if part is None or part.exact is None:
            return ""
        odd = to_steps(part.exact, part.amount, min(arithmetic.PENNY, self.c.program.rounding.unit), self.c)
        return f": its part{odd}" if odd else ""

    def share_of(self, share: core.Share, owner: Row, row: Row, depth: int) -> Read:
        """What an owner gives out, and by what weight a row has its part."""
        env = (owner, row)
        weight: tuple[Read, ...] = ()
        if share.weight is not None:
            value = self._value(share.weight, env)
            name = words(share.weight.span, QUOTED)
            inside = () if isinstance(share.weight, core.FieldRead) else self.reads(share.weight, env, depth + 1)
            all_of_them = self.engine.rules.shares.weights(share.name, owner)
            together = f", of {self.c.words(all_of_them[1], share.weight.type)} together" if all_of_them else ""
            weight = (self.read(name, value, share.weight.type, "share", note=f"its weight{together}", reads=inside),)
        return self.read(
            words(share.amount.span, QUOTED),
            self._value(share.amount, (owner,)),
            share.amount.type,
            "share",
            place=place_of(share.span),
            from_row=owner.place,
            cites=cited(share.cites),
            note=f"shared out by {row_name(owner)}{self._among(share, owner)}",
            reads=(*self.reads(share.amount, (owner,), depth + 1), *weight),
        )

    def _among(self, share: core.Share, owner: Row) -> str:
        """Among how many rows an owner shares, where all count alike."""
        alike = self.engine.rules.shares.weights(share.name, owner) if share.weight is None else None
        return f", equally among {alike[0]}" if alike else ""

    # --- parameters, bands, cases ---

    def parameter_read(self, node: core.ParameterRead, env: Env, depth: int) -> Iterator[Read]:
        parameter = self.engine.program.parameters[node.parameter]
        value, on = self._value(node, env), self._value(node.on, env) if node.on is not None else None
        used = parameter_value(parameter, on, self.engine.known)[1] if not isinstance(on, Missing) else None
        note = f"from {used.start}" if used is not None and used.start is not None else ""
        yield self.read(
            parameter.name,
            value,
            node.type,
            "parameter",
            place=place_of(used.span if used is not None else parameter.span),
            cites=cited(used.cites) if used is not None else (),
            note=_noted(note, used.illustrative if used is not None else ""),
            reads=self.reads(node.on, env, depth + 1) if node.on is not None else (),
        )

    def band_read(self, node: core.BandRead, env: Env, depth: int) -> Iterator[Read]:
        bands, operand = self.engine.program.bands[node.bands], self._value(node.operand, env)
        used: Sequence[core.Band] = ()
        if not isinstance(operand, Missing):
            found = arithmetic.straight(operand, bands) if bands.straight else None
            used = found[1] if found else () if bands.straight else arithmetic.bands_holding(operand, bands.bands)
        yield self.read(
            words(node.span, QUOTED),
            self._value(node, env),
            node.type,
            "bands",
            place=place_of(used[0].span if used else bands.span),
            cites=cited(bands.cites),
            note=_noted(" to ".join(words(band.span) for band in used), bands.illustrative),
            reads=self.reads(node.operand, env, depth + 1),
        )

    def cases(self, node: core.Cases, env: Env, depth: int) -> Iterator[Read]:
        """Each case with its condition, then what the value of the one that holds read."""
        holding = None
        for case in node.cases:
            value = self._value(case.condition, env)
            holding = case.value if value is True else holding
            condition = case.condition
            inside = self.reads(condition, env, depth + 1)
            name = f"when {words(condition.span, QUOTED)}"
            yield self.read(name, value, condition.type, "case", place=place_of(condition.span), reads=inside)
        chosen = holding if holding is not None else node.otherwise
        if chosen is not None:
            yield from self.reads(chosen, env, depth)


def _is_reading(part: Any) -> bool:
    """Whether an expression is told as one that reads something; of what is denied, only `there is no …`, which is one in words."""
    if isinstance(part, core.Not):
        return isinstance(part.operand, core.Exists) and part.operand.span == part.span
    return type(part) in READERS


def _total_name(node: core.Aggregate) -> str:
    """An aggregate in its own words; the two totals of a weighted average have but those of what they are taken of."""
    text = words(node.span, QUOTED)
    return f"total of {text}" if node.kind == "total" and not text.startswith("total of ") else text


def _own_name(name: str, row: core.RowVariable | core.Expr, env: Env) -> str:
    is_outer = isinstance(row, core.RowVariable) and row.level < len(env) - 1
    return f"this.{name}" if is_outer else name


def _is_match(row: core.Expr, program: core.Program) -> bool:
    return isinstance(row, core.ColumnRead) and program.columns[row.column].kind is core.ColumnKind.MATCH


def _more(count: int) -> list[Read]:
    """The line that says how many rows are not listed."""
    return [Read(f"and {count - LISTED} more", "", "total")] if count > LISTED else []


READERS: Mapping[type, Callable[[Unfolder, Any, Env, int], Iterator[Read]]] = {
    core.FieldRead: Unfolder.field_read,
    core.ColumnRead: Unfolder.column_read,
    core.Lookup: Unfolder.lookup,
    core.ParameterRead: Unfolder.parameter_read,
    core.BandRead: Unfolder.band_read,
    core.Aggregate: Unfolder.aggregate,
    core.Exists: Unfolder.exists,
    core.Not: Unfolder.there_is_no,
    core.Cases: Unfolder.cases,
}
