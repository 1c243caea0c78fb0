"""Frames: the rows that a query goes through, and everything reckoned beside them, written down only as far as it is asked for.

A frame begins with a source of rows. Pieces of SQL are bound to names beside them, and other sources joined to them, each at
most one row wide; a query then takes what it wants, and only what that rests on is written: as a chain of plain SELECTs, one for
each depth.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from typing import Any, Protocol

from sqlglot import exp

from requite.engine.columnar.sql import Sql, aliased, all_of, column, equal, identifier, is_small, sameness, select_of, table
from requite.engine.columnar.sql import columns_in as columns_in
from requite.engine.columnar.stored import Stored

MOST_CLAUSES = 3
"""How many clauses are named from which a column comes: it may serve any number of rules."""


class Source(Protocol):
    """Rows to be read from: `stratum` is above that of every relation that they rest on."""

    @property
    def stratum(self) -> int: ...

    def written(self, query: Query) -> str:
        """Sees to it that the rows are there, and gives the name they go by in this query."""
        ...

    def has(self, name: str) -> str:
        """Sees to it that there is a column of this name, and gives the name."""
        ...


@dataclass(frozen=True, eq=False)
class StoredRows:
    """The rows of a record as they lie."""

    stored: Stored
    stratum: int = 0

    def written(self, query: Query) -> str:
        del query
        return self.stored.relation

    def has(self, name: str) -> str:
        return name


@dataclass(eq=False)
class Relation:
    """Rows that a statement of its own writes down once, for all who read them.

    `build` makes its SELECT when all that is asked of it is known. `about` says in words what it holds.
    """

    name: str
    about: str
    build: Callable[[Query], exp.Select]
    stratum: int

    def written(self, query: Query) -> str:
        query.writer.require(self)
        return self.name

    def has(self, name: str) -> str:
        return name


@dataclass(eq=False)
class FrameRows:
    """The rows of a frame with some of what is reckoned beside them, written as a part of the query that reads them.

    `where` keeps only some of the rows.
    """

    frame: Frame
    where: Sql | None = None
    outputs: dict[str, Sql] = field(default_factory=dict)
    _held: dict[bytes, str] = field(default_factory=dict)

    @property
    def stratum(self) -> int:
        return max((self.frame.stratum(sql) for sql in (*self.outputs.values(), self.where) if sql is not None), default=0)

    def written(self, query: Query) -> str:
        outputs = self.outputs or {"_n": column("_n")}
        return query.part(self.frame, outputs, self.where)

    def has(self, name: str) -> str:
        return self._out(name)

    def output(self, sql: Sql) -> str:
        """The name under which a piece of the frame's SQL is given out."""
        if isinstance(sql, exp.Column):
            return self._out(sql.name)
        key = sameness(sql)
        if key not in self._held:
            held = self.frame.hold(sql)
            self._held[key] = (held if isinstance(held, exp.Column) else self.frame.bind(sql, "x")).name
        return self._out(self._held[key])

    def _out(self, name: str) -> str:
        self.outputs.setdefault(name, column(name))
        return name


@dataclass(eq=False)
class Joined:
    """A source joined to a frame: for each of its rows one row of the source, or none."""

    alias: str
    source: Source
    alias_of: dict[str, str]
    free: Callable[[str], str]
    conditions: list[Sql] = field(default_factory=list)
    columns: dict[str, str] = field(default_factory=dict)

    def column(self, name: str) -> exp.Column:
        """A column of the source, as the frame sees it."""
        if name not in self.columns:
            own = self.free(f"{self.alias}_{self.source.has(name)}")
            self.columns[name] = own
            self.alias_of[own] = self.alias
        return column(self.columns[name])


@dataclass(frozen=True, eq=False)
class _Bound:
    sql: Sql
    depth: int
    stratum: int
    about: list[str]
    """The clauses that it comes from."""

    @property
    def told(self) -> str:
        more = len(self.about) - MOST_CLAUSES
        return "; ".join(self.about[:MOST_CLAUSES]) + (f"; and {more} more" if more > 0 else "")


@dataclass(frozen=True, eq=False)
class Pair:
    """Rows of two sources that meet: every pair of them that the conditions let through."""

    outer: FrameRows
    inner: FrameRows
    conditions: list[Sql]
    """Over columns `o_NAME` of the outer and `i_NAME` of the inner source."""

    @property
    def stratum(self) -> int:
        return max(self.outer.stratum, self.inner.stratum)

    def stratum_of(self, name: str) -> int:
        """The stratum of one column, `o_NAME` or `i_NAME`."""
        side = self.outer if name.startswith("o_") else self.inner
        return max(side.frame.stratum(sql) for sql in (side.outputs[name[2:]], side.where) if sql is not None)


@dataclass(eq=False)
class Frame:
    """`base` is where its rows come from; `name` is for people. `joins` and bound names are added as they are asked for."""

    name: str
    base: Source | Pair
    joins: dict[str, Joined] = field(default_factory=dict)
    _bound: dict[str, _Bound] = field(default_factory=dict)
    _alias_of: dict[str, str] = field(default_factory=dict)
    _places: dict[str, tuple[int, int]] = field(default_factory=dict)
    _held: dict[bytes, exp.Column] = field(default_factory=dict)
    _taken: set[str] = field(default_factory=set)
    _joined_on: dict[Any, Joined] = field(default_factory=dict)

    # --- adding ---

    def hold(self, sql: Sql) -> Sql:
        """A piece of SQL under a name, so that it may be repeated."""
        if is_small(sql):
            return sql
        key = sameness(sql)
        return self._held[key] if key in self._held else self._bind(sql, key, f"x{len(self._held) + 1}", "")

    def bind(self, sql: Sql, name: str, about: str = "") -> exp.Column:
        """A piece of SQL as a column; where it has one already, as that."""
        key = sameness(sql)
        if key not in self._held:
            return self._bind(sql, key, name, about)
        held = self._held[key]
        if about and not isinstance(sql, exp.Column):
            self._bound[held.name].about.append(about)
        return held

    def _bind(self, sql: Sql, key: bytes, name: str, about: str) -> exp.Column:
        name = self._free(name)
        depth, stratum = self._place(sql)
        self._bound[name] = _Bound(sql, depth + 1, stratum, [about] if about else [])
        self._places[name] = depth + 1, stratum
        made = self._held[key] = column(name)
        return made

    def join(self, source: Source, conditions: Callable[[Joined], Sequence[Sql]], rests_on: Iterable[Sql], hint: str) -> Joined:
        """A source with at most one row for each of the frame's. `conditions` are over the frame's columns and the joined one's.

        `rests_on` are the frame's own pieces that stand in them.
        """
        alias = self._free(hint, number=True)
        joined = Joined(alias, source, self._alias_of, self._free)
        joined.conditions.extend(conditions(joined))
        places = [self._place(sql) for sql in rests_on]
        depth = max((depth for depth, _ in places), default=0) + 1
        stratum = max((stratum for _, stratum in places), default=0)
        self.joins[alias] = joined
        self._places[alias] = depth, stratum
        return joined

    def join_on(self, source: Source, pairs: Sequence[tuple[Sql, str]], hint: str) -> Joined:
        """A source joined where each piece equals a column of it."""
        held = [(self.hold(mine), theirs) for mine, theirs in pairs]
        key = id(source), tuple((sameness(mine), theirs) for mine, theirs in held)
        if key not in self._joined_on:
            self._joined_on[key] = self._join_held(source, held, hint)
        return self._joined_on[key]

    def _join_held(self, source: Source, held: Sequence[tuple[Sql, str]], hint: str) -> Joined:
        return self.join(
            source,
            lambda joined: [equal(mine, joined.column(theirs)) for mine, theirs in held],
            [mine for mine, _ in held],
            hint,
        )

    def _free(self, name: str, number: bool = False) -> str:
        """A name that nothing in this frame has yet, whatever the case of its letters."""
        name = "".join(c if c.isalnum() or c == "_" else "_" for c in name) or "x"
        candidate, n = (f"{name}_1" if number else name), 1
        while candidate.lower() in self._taken:
            n += 1
            candidate = f"{name}_{n}"
        self._taken.add(candidate.lower())
        return candidate

    # --- places ---

    def reserve(self, names: Iterable[str]) -> None:
        """Names that the base has."""
        self._taken.update(name.lower() for name in names)

    def joined_to(self, name: str) -> Joined | None:
        """What a column comes from that was joined."""
        return self.joins.get(self._alias_of.get(name, ""))

    def _place(self, sql: Sql) -> tuple[int, int]:
        """At what depth a piece of SQL is known, and in which stratum."""
        places = [self._place_of(name) for name in columns_in(sql)]
        return max((depth for depth, _ in places), default=0), max((stratum for _, stratum in places), default=0)

    def _place_of(self, name: str) -> tuple[int, int]:
        if name in self._bound:
            return self._places[name]
        alias = self._alias_of.get(name)
        if alias is not None:
            depth, stratum = self._places[alias]
            return depth, max(stratum, self.joins[alias].source.stratum)
        if isinstance(self.base, Pair):
            return 0, self.base.stratum_of(name)
        return 0, self.base.stratum

    def stratum(self, sql: Sql) -> int:
        return self._place(sql)[1]

    # --- writing ---

    def needed(self, wanted: Iterable[Sql], there: AbstractSet[str] = frozenset()) -> tuple[dict[str, _Bound], dict[str, Joined]]:
        """What some pieces of SQL rest on, all the way down to what is there already."""
        bound: dict[str, _Bound] = {}
        joins: dict[str, Joined] = {}
        waiting = [name for sql in wanted for name in columns_in(sql)]
        while waiting:
            name = waiting.pop()
            if name in bound or name in there:
                continue
            if name in self._bound:
                bound[name] = self._bound[name]
                waiting += columns_in(self._bound[name].sql)
                continue
            alias = self._alias_of.get(name)
            if alias is not None and alias not in joins and alias not in there:
                joins[alias] = self.joins[alias]
                read = (inner for condition in self.joins[alias].conditions for inner in columns_in(condition))
                waiting += [inner for inner in read if self._alias_of.get(inner) != alias]
        return bound, joins

    def depth_of(self, name: str) -> int:
        return self._places[name][0]


# --- queries --------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Statement:
    """One statement: what it makes (a table by name; or what a query gives, for whoever asks), and in words what that is.

    Without `is_kept`, it makes no table but a view: its rows are found anew whenever they are read. What is `large` is kept in a
    file rather than in memory, where there is a place for one. With `holds_fewer` it pairs rows with those rows around alone for
    which somebody asks, and joins these.
    """

    name: str
    about: str
    select: exp.Select
    is_kept: bool = True
    large: bool = False
    holds_fewer: bool = False


@dataclass(eq=False)
class Writer:
    """Statements in the order in which they must run: each relation before who reads it."""

    statements: dict[str, Statement] = field(default_factory=dict)

    def require(self, relation: Relation) -> None:
        if relation.name not in self.statements:
            query = Query(self)
            select = query.finished(relation.build(query))
            self.statements[relation.name] = Statement(relation.name, relation.about, select, holds_fewer=query.holds_fewer)

    def query(self, name: str, about: str, build: Callable[[Query], exp.Select]) -> Statement:
        """A statement that nobody else reads from."""
        query = Query(self)
        return Statement(name, about, query.finished(build(query)))


@dataclass(eq=False)
class Query:
    """One SELECT in the making, its parts as common table expressions before it."""

    writer: Writer
    parts: list[tuple[str, exp.Query]] = field(default_factory=list)
    holds_fewer: bool = False
    _numbers: dict[str, int] = field(default_factory=dict)

    def named(self, select: exp.Query, name: str) -> str:
        """A SELECT as a part of this query, under a name; a dot in it would say where a table lies."""
        name = name.replace(".", "_")
        number = self._numbers[name] = self._numbers.get(name, 0) + 1
        made = f"{name}_{number}"
        self.parts.append((made, select))
        return made

    def part(self, frame: Frame, outputs: Mapping[str, Sql], where: Sql | None = None) -> str:
        """The rows of a frame with these columns, as a part of this query."""
        return self.named(self.select(frame, outputs, where), frame.name)

    def select(self, frame: Frame, outputs: Mapping[str, Sql], where: Sql | None = None) -> exp.Select:
        """The rows of a frame with these columns; of what else the frame knows, only what they rest on is written.

        What `where` rests on is written first, and the rest, words above all, for the rows alone that it keeps.
        """
        conditions, wanted = [where] if where is not None else [], list(outputs.values())
        read = [*wanted, *conditions]
        last, written = self._base(frame, _names_in(read, *frame.needed(read))), set[str]()
        if where is not None:
            last = self._layers(frame, conditions, last, written)
            kept = select_of([exp.Star()], last)
            kept.set("where", exp.Where(this=where))
            last = self.named(kept, frame.name)
        last = self._layers(frame, wanted, last, written)
        return select_of([aliased_output(sql, name) for name, sql in outputs.items()], last)

    def onward(
        self,
        frame: Frame,
        outputs: Mapping[str, Sql],
        kept: str,
        there: AbstractSet[str],
        where: Sql | None,
        beside: Sequence[Sql] = (),
    ) -> exp.Select:
        """Rows of a frame that a table keeps, with these columns: what is `there` was reckoned for them before (`to_keep`).

        `beside` are further columns, reckoned from those of the table.
        """
        wanted = list(outputs.values())
        new = {made.alias for made in beside}
        columns = [column(name) for name in read_later(frame, wanted, there) if name not in new]
        rows = select_of([*columns, *beside], kept)
        if where is not None:
            rows.set("where", exp.Where(this=where))
        last = self._layers(frame, wanted, self.named(rows, frame.name), set(there))
        return select_of([aliased_output(sql, name) for name, sql in outputs.items()], last)

    def _layers(self, frame: Frame, wanted: Sequence[Sql], last: str, written: set[str]) -> str:
        """What some pieces of SQL rest on and is not written yet, a layer for each depth."""
        bound, joins = frame.needed(wanted, written)
        written |= {*bound, *joins}
        depths = sorted({*(made.depth for made in bound.values()), *(frame.depth_of(alias) for alias in joins)})
        for depth in depths:
            columns: list[Sql] = [exp.Star()]
            columns += [aliased(made.sql, name, made.told) for name, made in bound.items() if made.depth == depth]
            layer = select_of(columns, last)
            for alias, joined in joins.items():
                if frame.depth_of(alias) == depth:
                    self._join(layer, joined)
            last = self.named(layer, frame.name)
        return last

    def _base(self, frame: Frame, read: Iterable[str]) -> str:
        if not isinstance(frame.base, Pair):
            return frame.base.written(self)
        pair = frame.base
        asked = {*read, *(name for condition in pair.conditions for name in columns_in(condition))}
        outer = {name: sql for name, sql in pair.outer.outputs.items() if f"o_{name}" in asked} or {"_n": column("_n")}
        inner = {name: sql for name, sql in pair.inner.outputs.items() if f"i_{name}" in asked} or {"_n": column("_n")}
        columns = [aliased(column(name, side), f"{side}_{name}") for side, names in (("o", outer), ("i", inner)) for name in names]
        sides = {
            "o": self.part(pair.outer.frame, outer, pair.outer.where),
            "i": self.part(pair.inner.frame, inner, pair.inner.where),
        }
        # The side that is joined is the one that a database holds in memory: the one with fewer rows, if either has.
        first, joined = ("o", "i")
        if pair.outer.where is not None:
            first, joined, self.holds_fewer = "i", "o", True
        select = select_of(columns, sides[first], first)
        theirs = table(sides[joined], joined)
        join = exp.Join(this=theirs, kind="INNER", on=all_of([_sided(one) for one in pair.conditions]))
        select.append("joins", join)
        return self.named(select, frame.name)

    def _join(self, layer: exp.Select, joined: Joined) -> None:
        name = joined.source.written(self)
        columns = [aliased(column(theirs), ours) for theirs, ours in joined.columns.items()]
        inner = exp.Subquery(this=select_of(columns, name), alias=exp.TableAlias(this=identifier(joined.alias)))
        layer.append("joins", exp.Join(this=inner, side="LEFT", on=all_of(joined.conditions)))

    def finished(self, select: exp.Select) -> exp.Select:
        """The SELECT with its parts before it."""
        if self.parts:
            ctes = [
                exp.CTE(this=part, alias=exp.TableAlias(this=identifier(name)), materialized=False) for name, part in self.parts
            ]
            select.set("with_", exp.With(expressions=ctes))
        return select


def to_keep(frame: Frame, first: Sequence[Sql], then: Sequence[Sql]) -> tuple[list[str], set[str]]:
    """What a table must keep of a frame when `first` is reckoned, so that `then` can be later; and the names reckoned by then."""
    bound, joins = frame.needed(first)
    there = {*bound, *joins}
    return read_later(frame, then, there), there


def later(frame: Frame, wanted: Iterable[Sql], there: AbstractSet[str]) -> frozenset[str]:
    """What some pieces of SQL rest on beyond what is there already."""
    bound, joins = frame.needed(wanted, there)
    return frozenset((*bound, *joins))


def read_later(frame: Frame, wanted: Iterable[Sql], there: AbstractSet[str]) -> list[str]:
    """The columns that must be kept for some pieces of SQL and what they rest on, beyond what is there already."""
    wanted = list(wanted)
    bound, joins = frame.needed(wanted, there)
    absent = {*bound, *(own for joined in joins.values() for own in joined.columns.values())}
    return [name for name in _names_in(wanted, bound, joins) if name not in absent]


def _names_in(wanted: Iterable[Sql], bound: Mapping[str, _Bound], joins: Mapping[str, Joined]) -> dict[str, None]:
    """Every name that some pieces of SQL read, and what they rest on, each once and in order."""
    conditions = (condition for joined in joins.values() for condition in joined.conditions)
    read = (*wanted, *(made.sql for made in bound.values()), *conditions)
    return dict.fromkeys(name for sql in read for name in columns_in(sql))


def _sided(condition: Sql) -> Sql:
    """A condition of a pair, each column said to be of the side that its name begins with."""

    def side(node: exp.Expression) -> exp.Expression:
        if isinstance(node, exp.Column) and not node.table and node.name[:2] in ("o_", "i_"):
            return column(node.name[2:], node.name[0])
        return node

    return condition.copy().transform(side)


def aliased_output(sql: Sql, name: str) -> Sql:
    return sql if isinstance(sql, exp.Column) and sql.name == name and not sql.table else aliased(sql, name)
