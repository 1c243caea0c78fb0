"""Rules that are decided together: one narrow table for all that rest on the same relations, and what is told of its rows later."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from sqlglot import exp

from requite.dsl import program as core
from requite.engine.columnar import numbered
from requite.engine.columnar import sql as s
from requite.engine.columnar.compiler import Compiler
from requite.engine.columnar.figures import KEY_BREAK
from requite.engine.columnar.frames import Frame, Query, Relation, later, to_keep
from requite.engine.columnar.gates import OUT_OF_SCOPE
from requite.engine.columnar.gathering import OWNER
from requite.engine.columnar.sql import Sql, column, sameness, select_of
from requite.engine.columnar.words import joined_key, key_words

ABOVE_ALL = 1000
"""A stratum above that of everything that rules rest on."""

MOST_TOGETHER = 50
"""How many rules one statement decides: more take longer to plan than they save."""

AMOUNTS = ("billed", "expected", "overcharge", "penalty")


@dataclass(frozen=True, eq=False)
class Ruled:
    """A rule as it went for each row of its record.

    `columns` are what can be told of it for any row; `found` what is told where it pays or flags, and `why` where it is not
    assessable. `interesting` are the statuses of rows of which there is something to say; `out_of_scope` and `not_assessable` say
    what may be. With `met`, rows are out of scope that no row is matched to, and no others.
    """

    number: int
    name: str
    kind: Literal["payment", "check"]
    record: str
    status: Sql
    out_of_scope: Sql
    not_assessable: bool
    interesting: tuple[int, ...]
    columns: dict[str, Callable[[], Sql]]
    found: Mapping[str, Sql]
    why: Sql
    scales: dict[str, int]
    paid: core.PaymentRule | core.Share | None = None
    check: core.CheckRule | None = None
    met: Sql | None = None

    def named(self, what: str) -> str:
        return f"_{what}_{self.number}"


@dataclass(frozen=True, eq=False)
class Group:
    """Rules that one statement decides: `table` has a row for each row of the record of which there is something to say.

    It holds each rule's status, and what its figures and words are reckoned from where they are told. `told` are those of any row,
    by name, where all rows are kept.
    """

    table: str
    record: str
    rules: tuple[Ruled, ...]
    key: Sql
    told: Mapping[str, Sql]

    @property
    def first(self) -> list[Sql]:
        """What is reckoned before the table is written: the statuses and the amounts. Words come later."""
        return [*(rule.status for rule in self.rules), *(rule.found[name] for rule in self.rules for name in rule.scales)]

    @property
    def then(self) -> list[Sql]:
        """What is reckoned of the rows that the table keeps."""
        whys = [rule.why for rule in self.rules if rule.not_assessable]
        return [column("_n"), self.key, *(made for rule in self.rules for made in rule.found.values()), *whys, *self.told.values()]


def grouped(rules: Sequence[Ruled], c: Compiler) -> Iterable[tuple[str, list[Ruled]]]:
    """Rules of one record that rest on the same relations, at most so many together."""
    together: dict[tuple[str, str, frozenset[str]], list[Ruled]] = defaultdict(list)
    for rule in rules:
        frame = c.main(rule.record).frame
        wanted = [rule.status, *(rule.found[name] for name in rule.scales)]
        _, joins = frame.needed(wanted)
        relations = frozenset(joined.source.name for joined in joins.values() if isinstance(joined.source, Relation))
        together[rule.record, rule.kind, relations].append(rule)
    for (record, _, _), members in together.items():
        for start in range(0, len(members), MOST_TOGETHER):
            yield record, members[start : start + MOST_TOGETHER]


def group_of(table: str, record: str, rules: Sequence[Ruled], c: Compiler, every_row: bool) -> Group:
    told: dict[str, Sql] = {}
    if every_row:
        told = {"_n": column("_n"), "_key": joined_key(record, c), "_parts": key_words(record, c, KEY_BREAK)}
        for rule in rules:
            told |= {rule.named(what): make() for what, make in rule.columns.items()}
    return Group(table, record, tuple(rules), joined_key(record, c), told)


def group_relation(group: Group, c: Compiler, every_row: bool) -> Relation:
    frame, statuses = c.main(group.record).frame, status_relation(group, c)
    where = None if every_row else s.any_of(_interesting(group.rules, lambda rule: rule.status))

    def build(query: Query) -> exp.Select:
        kept, _ = _kept(group, c)
        outputs = {name: column(name) for name in ("_n", *kept)} | _statuses(group)
        return query.select(frame, outputs, _is_among(statuses, group, query) if statuses is not None else where)

    names = ", ".join(rule.name for rule in group.rules)
    return Relation(group.table, f"what is decided for each {group.record}: {names}", build, ABOVE_ALL + 1)


def status_relation(group: Group, c: Compiler) -> Relation | None:
    """The statuses of every row, of several rules and many rows: counted, and then asked of which rows there is more to say."""
    if group.told or len(group.rules) == 1 or c.rows_at_most(group.record) <= numbered.FEW_ROWS:
        return None
    frame = c.main(group.record).frame

    def build(query: Query) -> exp.Select:
        return query.select(frame, {"_n": column("_n")} | _statuses(group))

    names = ", ".join(rule.name for rule in group.rules)
    return Relation(f"statuses_of_{group.table}", f"how each {group.record} fares: {names}", build, ABOVE_ALL)


def _statuses(group: Group) -> dict[str, Sql]:
    return {rule.named("status"): rule.status for rule in group.rules}


def _is_among(statuses: Relation, group: Group, query: Query) -> Sql:
    """Whether a row is one of those of which there is something to say."""
    those = select_of([column("_n")], statuses.written(query))
    those.set("where", exp.Where(this=s.any_of(_interesting(group.rules, lambda rule: column(rule.named("status"))))))
    return exp.In(this=column("_n"), query=exp.Subquery(this=those))


def _interesting(rules: Sequence[Ruled], status_of: Callable[[Ruled], Sql]) -> list[Sql]:
    """For which rows there is something to say: each status that says so, and all rules that have it."""
    by_status: dict[int, list[Sql]] = defaultdict(list)
    for rule in rules:
        for status in rule.interesting:
            by_status[status].append(status_of(rule))
    return [s.in_list(s.whole(status), own) for status, own in sorted(by_status.items())]


def _kept(group: Group, c: Compiler) -> tuple[list[str], set[str]]:
    """What a group's table keeps, and what is reckoned by then: asked when all is compiled."""
    name = "kept", group.table
    if name not in c.shared:
        c.shared[name] = to_keep(c.main(group.record).frame, group.first, group.then)
    found: tuple[list[str], set[str]] = c.shared[name]
    return found


def told(group: Group, query: Query, c: Compiler) -> str:
    """A part of a query with all that can be told of the rows of a group that keeps every row."""
    _, there = _kept(group, c)
    frame = c.main(group.record).frame
    return query.named(query.onward(frame, group.told, group.table, there, None), frame.name)


def told_of_rules(
    group: Group, status: int, rules: Sequence[Ruled], what: Callable[[Ruled], Mapping[str, Sql]], query: Query, c: Compiler
) -> list[exp.Select]:
    """What is told of each row in which one of a group's rules has a status; rules whose words rest on the same in one SELECT."""
    frame = c.main(group.record).frame
    _, there = _kept(group, c)
    cells = {rule: what(rule) for rule in rules}
    together: dict[frozenset[str], list[Ruled]] = defaultdict(list)
    for rule in rules:
        together[later(frame, cells[rule].values(), there)].append(rule)
    return [_told_together(group, status, {rule: cells[rule] for rule in each}, query, c) for each in together.values()]


def _told_together(group: Group, status: int, cells: Mapping[Ruled, Mapping[str, Sql]], query: Query, c: Compiler) -> exp.Select:
    frame = c.main(group.record).frame
    _, there = _kept(group, c)
    has = [(s.equal(column(rule.named("status")), s.whole(status)), s.whole(rule.number)) for rule in cells]
    number = has[0][1] if len(has) == 1 else c.dialect.each([s.case([one]) for one in has])
    names = list(next(iter(cells.values())))
    outputs = {"rule": column("_rule"), "_n": column("_n"), "key": group.key}
    outputs |= {name: _by_rule({rule: cells[rule][name] for rule in cells}) for name in names}
    where = s.in_list(s.whole(status), [column(rule.named("status")) for rule in cells]) if len(has) > 1 else has[0][0]
    return query.onward(frame, outputs, group.table, there, where, [s.aliased(number, "_rule")])


def _by_rule(values: Mapping[Ruled, Sql]) -> Sql:
    """Each rule's own value, said once for all rules that have the same."""
    alike: dict[bytes, tuple[Sql, list[Sql]]] = {}
    for rule, value in values.items():
        alike.setdefault(sameness(value), (value, []))[1].append(s.whole(rule.number))
    *others, (most, _) = sorted(alike.values(), key=lambda one: len(one[1]))
    own = column("_rule")
    return s.case([(s.equal(own, of[0]) if len(of) == 1 else s.in_list(own, of), value) for value, of in others], most)


def counts_of(group: Group, c: Compiler) -> Callable[[Query], exp.Select]:
    """How many rows there are, and for each rule how many are out of its scope."""
    frame, statuses = c.main(group.record).frame, status_relation(group, c)
    names = out_names(group)

    def build(query: Query) -> exp.Select:
        own = [rule for rule in group.rules if names[rule] == rule.named("out")]
        if statuses is not None:
            met: dict[str, Sql] = {}
            part = statuses.written(query)
            is_out = {names[rule]: s.equal(column(rule.named("status")), s.whole(OUT_OF_SCOPE)) for rule in own}
        else:
            met = {names[rule]: found for rule in own if (found := _met_rows(rule, frame, query)) is not None}
            outputs = {names[rule]: rule.out_of_scope for rule in own if names[rule] not in met}
            part = query.part(frame, outputs or {"_n": column("_n")})
            is_out = {name: column(name) for name in outputs}
        rows = exp.Count(this=exp.Star())
        sums = [s.aliased(exp.Sum(this=s.case([(out, s.whole(1))], s.whole(0))), name) for name, out in is_out.items()]
        sums += [s.aliased(s.minus(rows, found), name) for name, found in met.items()]
        return select_of([s.aliased(rows, "rows"), *sums], part)

    return build


def _met_rows(rule: Ruled, frame: Frame, query: Query) -> Sql | None:
    """How many rows have another matched to them, counted where the matches stand; None where these do not stand by row."""
    if not isinstance(rule.met, exp.Column):
        return None
    joined = frame.joined_to(rule.met.name)
    if joined is None or OWNER not in joined.columns or len(joined.conditions) != 1:
        return None
    own = {mine: theirs for theirs, mine in joined.columns.items()}
    matches = select_of([exp.Count(this=column(own[rule.met.name]))], joined.source.written(query))
    return exp.Subquery(this=matches)


def out_names(group: Group) -> Mapping[Ruled, str]:
    """The names under which is counted how many rows are out of each rule's scope; rules of one scope have one."""
    names: dict[bytes, str] = {}
    return {
        rule: "" if s.is_never(rule.out_of_scope) else names.setdefault(sameness(rule.out_of_scope), rule.named("out"))
        for rule in group.rules
    }
