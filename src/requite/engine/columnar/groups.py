"""Rules that are decided together: one narrow table for all that rest on the same relations, and what is told of its rows later."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from sqlglot import exp

from requite.dsl import program as core
from requite.engine.columnar import sql as s
from requite.engine.columnar.compiler import Compiler
from requite.engine.columnar.figures import KEY_BREAK
from requite.engine.columnar.frames import Query, Relation, select_of, to_keep
from requite.engine.columnar.sql import Sql, column
from requite.engine.columnar.words import key_words

MOST_TOGETHER = 50
"""How many rules one statement decides: more take longer to plan than they save."""

AMOUNTS = ("billed", "expected", "overcharge", "penalty")


@dataclass(frozen=True, eq=False)
class Ruled:
    """A rule as it went for each row of its record.

    `columns` are what its statement writes of it, under the rule's own names; `out_of_scope` and `not_assessable` say what may be.
    """

    number: int
    name: str
    kind: Literal["payment", "check"]
    record: str
    status: Sql
    out_of_scope: Sql
    not_assessable: bool
    interesting: Sql
    columns: dict[str, Callable[[], Sql]]
    scales: dict[str, int]
    paid: core.PaymentRule | core.Share | None = None
    check: core.CheckRule | None = None

    def named(self, what: str) -> str:
        return f"{what}{self.number}"


@dataclass(frozen=True, eq=False)
class Group:
    """Rules that one statement decides: `table` has a row for each row of the record of which there is something to say.

    It holds each rule's status, and what its figures and words are reckoned from where they are told; `told` are those, by name.
    """

    table: str
    record: str
    rules: tuple[Ruled, ...]
    told: Mapping[str, Sql]

    @property
    def first(self) -> list[Sql]:
        """What is reckoned before the table is written: the statuses and the amounts. Words come later."""
        amounts = [self.told[rule.named(name)] for rule in self.rules for name in rule.scales]
        return [*(rule.status for rule in self.rules), *amounts]


def grouped(rules: Sequence[Ruled], c: Compiler) -> Iterable[tuple[str, list[Ruled]]]:
    """Rules of one record that rest on the same relations, at most so many together."""
    together: dict[tuple[str, str, frozenset[str]], list[Ruled]] = defaultdict(list)
    for rule in rules:
        frame = c.main(rule.record).frame
        wanted = [rule.status, *(make() for what, make in rule.columns.items() if what in ("amount", *AMOUNTS))]
        _, joins = frame.needed(wanted)
        relations = frozenset(joined.source.name for joined in joins.values() if isinstance(joined.source, Relation))
        together[rule.record, rule.kind, relations].append(rule)
    for (record, _, _), members in together.items():
        for start in range(0, len(members), MOST_TOGETHER):
            yield record, members[start : start + MOST_TOGETHER]


def group_of(table: str, record: str, rules: Sequence[Ruled], c: Compiler) -> Group:
    told: dict[str, Sql] = {"_n": column("_n"), "_key": key_words(record, c, "|"), "_parts": key_words(record, c, KEY_BREAK)}
    for rule in rules:
        told |= {rule.named(what): make() for what, make in rule.columns.items()}
    return Group(table, record, tuple(rules), told)


def group_relation(group: Group, c: Compiler, every_row: bool) -> Relation:
    frame = c.main(group.record).frame
    where = None if every_row else s.any_of([rule.interesting for rule in group.rules])

    def build(query: Query) -> exp.Select:
        kept, _ = _kept(group, c)
        statuses = {rule.named("status"): rule.status for rule in group.rules}
        return query.select(frame, {name: column(name) for name in ("_n", *kept)} | statuses, where)

    names = ", ".join(rule.name for rule in group.rules)
    return Relation(group.table, f"what is decided for each {group.record}: {names}", build, 1000)


def _kept(group: Group, c: Compiler) -> tuple[list[str], set[str]]:
    """What a group's table keeps, and what is reckoned by then: asked when all is compiled."""
    name = "kept", group.table
    if name not in c.shared:
        c.shared[name] = to_keep(c.main(group.record).frame, group.first, list(group.told.values()))
    found: tuple[list[str], set[str]] = c.shared[name]
    return found


def told(group: Group, names: Iterable[str], where: Sql | None, query: Query, c: Compiler) -> str:
    """A part of a query with what is told of the rows that a group's table keeps."""
    frame = c.main(group.record).frame
    _, there = _kept(group, c)
    return query.onward(frame, {name: group.told[name] for name in names}, group.table, there, where)


def told_of_rule(group: Group, rule: Ruled, status: int, whats: Iterable[str], query: Query, c: Compiler) -> str:
    """A part of a query with what is told of the rows in which a rule has a status."""
    where = s.equal(column(rule.named("status")), s.whole(status))
    return told(group, ["_n", "_key", *(rule.named(what) for what in whats)], where, query, c)


def counts_of(group: Group, c: Compiler) -> Callable[[Query], exp.Select]:
    """How many rows there are, and for each rule how many are out of its scope."""
    frame = c.main(group.record).frame
    possible = [rule for rule in group.rules if not isinstance(rule.out_of_scope, exp.Boolean)]

    def build(query: Query) -> exp.Select:
        outputs = {rule.named("out"): rule.out_of_scope for rule in possible}
        part = query.part(frame, outputs or {"_n": column("_n")})
        sums = [s.aliased(exp.Sum(this=s.case([(column(name), s.whole(1))], s.whole(0))), name) for name in outputs]
        return select_of([s.aliased(exp.Count(this=exp.Star()), "rows"), *sums], part)

    return build
