"""All that a run decides, as statements: one for all rules that rest on the same relations, then each table of results."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import count
from math import lcm
from typing import Literal

from sqlglot import exp

from requite.dsl import program as core
from requite.engine.columnar import sql as s
from requite.engine.columnar.checking import FLAGGED, Examined, examined
from requite.engine.columnar.compiler import Compiler, Sight
from requite.engine.columnar.figures import KEY_BREAK, CarriedFigure, carried, exact_text, figure
from requite.engine.columnar.frames import Frame, Query, Relation, Statement, Writer, select_of, to_keep
from requite.engine.columnar.gates import ASSESSED, NOT_ASSESSABLE, OUT_OF_SCOPE
from requite.engine.columnar.gathering import only_for
from requite.engine.columnar.numbers import Arithmetic, Number
from requite.engine.columnar.paying import Outcome, outcome
from requite.engine.columnar.problems import CannotRun
from requite.engine.columnar.sharing import given_out, share_outcome
from requite.engine.columnar.sql import Sql, column
from requite.engine.columnar.words import key_words
from requite.engine.results import PENNY_DECIMALS, decimals_below, own_name

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


@dataclass(eq=False)
class Decision:
    """The statements of a run: `groups` are those of the rules, `tables` give each table of results from them, in order."""

    c: Compiler
    writer: Writer
    groups: list[Group] = field(default_factory=list)
    counts: dict[str, Statement] = field(default_factory=dict)
    tables: dict[str, Statement] = field(default_factory=dict)
    extras: list[Relation] = field(default_factory=list)

    def steps(self) -> list[Statement]:
        """What must run before the tables of results can be read, in order."""
        return list(self.writer.statements.values())


def decide(c: Compiler, every_row: bool = False) -> Decision:
    """The statements that decide everything. With `every_row`, the rules' tables hold rows of which nothing is to be said, too."""
    decision = Decision(c, Writer())
    rules = list(_rules(c))
    unheard = list(_unheard(c))
    figures = [(declared, c.main(declared.record)) for declared in c.program.shown]
    for number, (record, members) in enumerate(_grouped(rules, c), 1):
        decision.groups.append(_group(f"decided_{number}", record, members, c))
    if not every_row:
        for name, reached in c.shared.get("asked for", {}).items():
            only_for(name, reached, c)
    made = [(group, _group_relation(group, c, every_row)) for group in decision.groups]
    tables = {
        "payments": _payments(decision.groups, c),
        "findings": _findings(decision, c),
        "figures": _figures(figures, c),
        "not_assessable": _not_assessable(decision.groups, unheard, c),
        "carried": _carried(c),
    }
    for _, relation in made:
        decision.writer.require(relation)
    for group in decision.groups:
        decision.counts[group.table] = decision.writer.query(
            group.table, f"rows out of scope for each {group.record}", _counts(group, c)
        )
    for name, build in tables.items():
        decision.tables[name] = decision.writer.query(name, f"the table {name}", build)
    return decision


# --- rules ----------------------------------------------------------------------------------------------------------------


def _rules(c: Compiler) -> Iterable[Ruled]:
    """Each rule in the order of the results: payments and shares of each scheme, then the checks."""
    numbers = count(1)
    for scheme in c.program.schemes.values():
        for name in scheme.payments:
            yield _of_payment(next(numbers), c.program.payments[name], c)
        for name in scheme.shares:
            yield _of_share(next(numbers), c.program.shares[name], c)
    for check in c.program.checks.values():
        yield _of_check(next(numbers), check, c)


def _of_payment(number: int, rule: core.PaymentRule, c: Compiler) -> Ruled:
    found = outcome(rule.name, c)
    return _paid(number, rule.name, rule.record, found, rule)


def _of_share(number: int, share: core.Share, c: Compiler) -> Ruled:
    return _paid(number, share.name, share.range.record, share_outcome(share.name, c), share)


def _paid(number: int, name: str, record: str, found: Outcome, paid: core.PaymentRule | core.Share) -> Ruled:
    amount = found.amount
    scale = amount.scale
    if scale is None:
        raise TypeError("an amount has one scale")
    return Ruled(
        number,
        name,
        "payment",
        record,
        found.status,
        s.equal(found.status, s.whole(OUT_OF_SCOPE)),
        found.missing,
        s.compare("!=", found.status, s.whole(OUT_OF_SCOPE)),
        {"status": lambda: found.status, "reason": found.reason, "payee": lambda: found.payee, "amount": lambda: amount.top.sql},
        {"amount": scale},
        paid=paid,
    )


def _of_check(number: int, check: core.CheckRule, c: Compiler) -> Ruled:
    found = examined(check.name, c)
    figures: dict[str, Number | None] = {
        "billed": found.billed,
        "expected": found.expected,
        "overcharge": found.overcharge,
        "penalty": found.penalty,
    }
    there = {name: figure for name, figure in figures.items() if figure is not None}
    columns: dict[str, Callable[[], Sql]] = {"status": lambda: found.status, "reason": found.reason}
    columns |= {name: _flagged_only(found, figure) for name, figure in there.items()}
    columns |= {"respondent": lambda: found.respondent, "claimed": lambda: found.claimed}
    flagged = s.equal(found.status, s.whole(FLAGGED))
    refused = s.equal(found.status, s.whole(NOT_ASSESSABLE))
    return Ruled(
        number,
        check.name,
        "check",
        check.record,
        found.status,
        found.out_of_scope,
        found.not_assessable,
        s.any_of([flagged, refused]) if found.not_assessable else flagged,
        columns,
        {name: _scale(figure, check, name) for name, figure in there.items()},
        check=check,
    )


def _flagged_only(found: Examined, figure: Number) -> Callable[[], Sql]:
    return lambda: s.case([(s.equal(found.status, s.whole(FLAGGED)), figure.top.sql)])


def _scale(figure: Number, check: core.CheckRule, name: str) -> int:
    if figure.scale is None:
        raise CannotRun(f"{check.span}: {name} of {check.name} has a different denominator in each record: round it first")
    return figure.scale


def _grouped(rules: Sequence[Ruled], c: Compiler) -> Iterable[tuple[str, list[Ruled]]]:
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


def _group(table: str, record: str, rules: Sequence[Ruled], c: Compiler) -> Group:
    told: dict[str, Sql] = {"_n": column("_n"), "_key": key_words(record, c, "|"), "_parts": key_words(record, c, KEY_BREAK)}
    for rule in rules:
        told |= {rule.named(what): make() for what, make in rule.columns.items()}
    return Group(table, record, tuple(rules), told)


def _group_relation(group: Group, c: Compiler, every_row: bool) -> Relation:
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


def _of_rule(group: Group, rule: Ruled, status: int, whats: Iterable[str], query: Query, c: Compiler) -> str:
    """A part of a query with what is told of the rows in which a rule has a status."""
    where = s.equal(column(rule.named("status")), s.whole(status))
    return told(group, ["_n", "_key", *(rule.named(what) for what in whats)], where, query, c)


def _counts(group: Group, c: Compiler) -> Callable[[Query], exp.Select]:
    """How many rows there are, and for each rule how many are out of its scope."""
    frame = c.main(group.record).frame
    possible = [rule for rule in group.rules if not isinstance(rule.out_of_scope, exp.Boolean)]

    def build(query: Query) -> exp.Select:
        outputs = {rule.named("out"): rule.out_of_scope for rule in possible}
        part = query.part(frame, outputs or {"_n": column("_n")})
        sums = [s.aliased(exp.Sum(this=s.case([(column(name), s.whole(1))], s.whole(0))), name) for name in outputs]
        return select_of([s.aliased(exp.Count(this=exp.Star()), "rows"), *sums], part)

    return build


# --- tables of results ------------------------------------------------------------------------------------------------------

Build = Callable[[Query], exp.Select]


def _scale_of(numbers: Iterable[int]) -> int:
    """How many decimals amounts of these scales need, at least those of a penny."""
    return max([PENNY_DECIMALS, *(decimals_below(scale) for scale in (lcm(*list(numbers) or [1]),))])


def _money(value: Sql, scale: int, decimals: int, c: Compiler) -> Sql:
    factor = 10**decimals // scale
    big = s.cast(value, c.dialect.big)
    return c.dialect.decimal_of(s.times(big, s.whole(factor)) if factor != 1 else big, decimals)


def _union(branches: Sequence[exp.Select], query: Query, name: str) -> str | None:
    if not branches:
        return None
    joined: exp.Expression = branches[0]
    for branch in branches[1:]:
        joined = exp.Union(this=joined, expression=branch, distinct=False)
    return query.named(joined, name)  # type: ignore[arg-type]


def _ordered(select: exp.Select, *names: str) -> exp.Select:
    select.set("order", exp.Order(expressions=[exp.Ordered(this=column(name), nulls_first=True) for name in names]))
    return select


def _nothing(columns: Sequence[tuple[str, str]]) -> exp.Select:
    """A table without rows."""
    select = exp.Select(expressions=[s.aliased(s.cast(s.null(), type_), name) for name, type_ in columns])
    select.set("where", exp.Where(this=s.false()))
    return select


def _where(select: exp.Select, condition: Sql) -> exp.Select:
    select.set("where", exp.Where(this=condition))
    return select


PAYMENT_COLUMNS = ("scheme", "payment", "record", "key", "payee", "amount", "kind", "spent_on", "reason")


def _payments(groups: Sequence[Group], c: Compiler) -> Build:
    paying = [(group, rule) for group in groups for rule in group.rules if rule.paid is not None]
    decimals = _scale_of(rule.scales["amount"] for _, rule in paying)

    def build(query: Query) -> exp.Select:
        branches = [_payment(group, rule, decimals, query, c) for group, rule in paying]
        part = _union(branches, query, "paid")
        columns = [s.aliased(s.text(c.program.name), "ruleset"), *(column(name) for name in PAYMENT_COLUMNS)]
        if part is None:
            texts = [(name, "TEXT") for name in ("ruleset", *PAYMENT_COLUMNS)]
            return _nothing([(name, "DECIMAL(38, 2)" if name == "amount" else type_) for name, type_ in texts])
        return _ordered(select_of(columns, part), "rule", "_n")

    return build


def _payment(group: Group, rule: Ruled, decimals: int, query: Query, c: Compiler) -> exp.Select:
    paid = rule.paid
    assert paid is not None
    scheme, kind = paid.scheme, paid.kind if isinstance(paid, core.PaymentRule) else "share"
    part = _of_rule(group, rule, ASSESSED, ("payee", "amount", "reason"), query, c)
    return select_of(
        [
            s.aliased(s.whole(rule.number), "rule"),
            column("_n"),
            s.aliased(s.text(scheme), "scheme"),
            s.aliased(s.text(own_name(scheme, rule.name)), "payment"),
            s.aliased(s.text(rule.record), "record"),
            s.aliased(column("_key"), "key"),
            s.aliased(column(rule.named("payee")), "payee"),
            s.aliased(_money(column(rule.named("amount")), rule.scales["amount"], decimals, c), "amount"),
            s.aliased(s.text(kind), "kind"),
            s.aliased(s.text(paid.spent_on), "spent_on"),
            s.aliased(column(rule.named("reason")), "reason"),
        ],
        part,
    )


FINDING_COLUMNS = (
    "check", "record", "key", "billed", "expected", "overcharge", "reason", "penalty", "respondent", "challenged", "challenged_as",
)  # fmt: skip


def _findings(decision: Decision, c: Compiler) -> Build:
    checking = [(group, rule) for group in decision.groups for rule in group.rules if rule.check is not None]
    decimals = _scale_of(scale for _, rule in checking for scale in rule.scales.values())

    def build(query: Query) -> exp.Select:
        branches = [_finding(group, rule, decimals, query, c) for group, rule in checking]
        part = _union(branches, query, "flagged")
        if part is None:
            money = dict.fromkeys(AMOUNTS, "DECIMAL(38, 2)") | {"challenged": "BOOLEAN"}
            return _nothing([(name, money.get(name, "TEXT")) for name in ("ruleset", *FINDING_COLUMNS)])
        part = query.named(_challenged(part, query, c), "challenged")
        columns = [s.aliased(s.text(c.program.name), "ruleset"), *(column(name) for name in FINDING_COLUMNS)]
        return _ordered(select_of(columns, part), "rule", "_n")

    return build


def _finding(group: Group, rule: Ruled, decimals: int, query: Query, c: Compiler) -> exp.Select:
    check = rule.check
    assert check is not None
    nothing = s.cast(s.null(), f"DECIMAL(38, {decimals})")
    amounts = [
        s.aliased(_money(column(rule.named(name)), rule.scales[name], decimals, c) if name in rule.scales else nothing, name)
        for name in AMOUNTS
    ]
    precedence = next((p for p in c.program.precedences if p.record == check.record), None)
    place = -1
    if precedence is not None:
        declared = [other.name for other in c.program.checks.values() if other.record == check.record]
        ranked = sorted(declared, key=lambda name: precedence.ties.index(name) if name in precedence.ties else len(precedence.ties))
        place = ranked.index(check.name)
    part = _of_rule(group, rule, FLAGGED, ("reason", "respondent", "claimed", *rule.scales), query, c)
    return select_of(
        [
            s.aliased(s.whole(rule.number), "rule"),
            column("_n"),
            s.aliased(s.text(check.name), "check"),
            s.aliased(s.text(check.record), "record"),
            s.aliased(column("_key"), "key"),
            *amounts,
            s.aliased(column(rule.named("reason")), "reason"),
            s.aliased(column(rule.named("respondent")), "respondent"),
            s.aliased(column(rule.named("claimed")), "claimed"),
            s.aliased(s.yes_no(check.challenge is not None), "may_challenge"),
            s.aliased(s.whole(place), "place"),
        ],
        part,
    )


def _challenged(part: str, query: Query, c: Compiler) -> exp.Select:
    """Findings with whether each is challenged: of those that compete for one row, the largest."""
    competes = s.all_of([column("claimed"), s.compare(">=", column("place"), s.whole(0))])
    alone = s.all_of([column("claimed"), column("may_challenge")])
    columns: list[Sql] = [exp.Star()]
    if not c.program.precedences:
        columns += [s.aliased(alone, "challenged"), s.aliased(s.text(""), "challenged_as")]
        return select_of(columns, part)
    largest = exp.Order(
        expressions=[
            exp.Ordered(this=s.case([(s.is_null(column("overcharge")), s.whole(1))], s.whole(0)), nulls_first=True),
            exp.Ordered(this=column("overcharge"), desc=True, nulls_first=False),
            exp.Ordered(this=column("place"), nulls_first=True),
        ]
    )
    own = [column("record"), column("_n")]
    turn = s.aliased(exp.Window(this=exp.RowNumber(), partition_by=own, order=largest), "turn")
    turns = query.named(_where(select_of([*own, column("check"), turn], part), competes), "turns")
    renamed = [s.aliased(column(name), f"its_{name}") for name in ("record", "_n", "check")]
    first = _where(select_of(renamed, turns), s.equal(column("turn"), s.whole(1)))
    chosen = column("its_check")
    columns += [
        s.aliased(s.case([(competes, s.equal(chosen, column("check")))], alone), "challenged"),
        s.aliased(s.case([(s.all_of([competes, s.compare("!=", chosen, column("check"))]), chosen)], s.text("")), "challenged_as"),
    ]
    select = select_of(columns, part)
    meets = [s.equal(column(name), column(f"its_{name}")) for name in ("record", "_n")]
    firsts = exp.Subquery(this=first, alias=exp.TableAlias(this=exp.Identifier(this="first", quoted=True)))
    select.append("joins", exp.Join(this=firsts, side="LEFT", on=s.all_of(meets)))
    return select


def _figures(figures: Sequence[tuple[core.Shown, Sight]], c: Compiler) -> Build:
    made = [(declared, sight, figure(declared, sight, c)) for declared, sight in figures]

    def build(query: Query) -> exp.Select:
        branches = []
        for number, (declared, sight, shown) in enumerate(made, 1):
            outputs = {
                "rule": s.whole(number),
                "_n": column("_n"),
                "ruleset": s.text(c.program.name),
                "name": s.text(declared.label),
                "record": s.text(declared.record),
                "key": key_words(declared.record, c, "|"),
                "value": s.coalesce(shown.value, s.text("")),
                "type": s.text(str(declared.value.type)),
                "reason": shown.reason,
                "exact": s.coalesce(shown.exact, s.text("")),
            }
            branches.append(select_of([exp.Star()], query.part(sight.frame, outputs)))
        part = _union(branches, query, "shown")
        names = ("ruleset", "name", "record", "key", "value", "type", "reason", "exact")
        if part is None:
            return _nothing([(name, "TEXT") for name in names])
        return _ordered(select_of([column(name) for name in names], part), "rule", "_n")

    return build


@dataclass(frozen=True, eq=False)
class _Unheard:
    share: core.Share
    frame: Frame
    where: Sql
    reason: Callable[[], Sql]


def _unheard(c: Compiler) -> Iterable[_Unheard]:
    for share in c.program.shares.values():
        if share.scheme:
            found = given_out(share.name, c).unheard
            yield _Unheard(share, c.main(share.record).frame, found.where, found.reason)


def _not_assessable(groups: Sequence[Group], unheard: Sequence[_Unheard], c: Compiler) -> Build:
    names = ("ruleset", "rule", "record", "key", "reason")
    carries = [carried(scheme, carry, c) for scheme in c.program.schemes.values() for carry in scheme.carries]

    def build(query: Query) -> exp.Select:
        branches = [_refused(group, rule, query, c) for group in groups for rule in group.rules if rule.not_assessable]
        after = sum(len(group.rules) for group in groups)
        for number, item in enumerate(unheard, after + 1):
            outputs = _refusal(number, item.share.name, item.share.record, key_words(item.share.record, c, "|"), item.reason())
            branches.append(select_of([exp.Star()], query.part(item.frame, outputs, item.where)))
        for number, carry in enumerate(carries, after + len(unheard) + 1):
            if carry.missing:
                name, record = f"{carry.scheme.name}.{carry.carry.name}", carry.scheme.record
                unknown = s.all_of([carry.there, s.is_null(carry.number.top.sql)])
                reason = s.joined_text(f"{carry.carry.name}: ", carry.reason)
                outputs = _refusal(number, name, record, key_words(record, c, "|"), reason)
                branches.append(select_of([exp.Star()], query.part(c.main(record).frame, outputs, unknown)))
                branches += _left_over(carry, number, query, c, True)
        part = _union(branches, query, "refused")
        if part is None:
            return _nothing([(name, "TEXT") for name in names])
        columns = [s.aliased(s.text(c.program.name), "ruleset"), s.aliased(column("name"), "rule")]
        select = select_of([*columns, *(column(name) for name in names[2:])], part)
        select.set("order", _in_order(part))
        return select

    return build


def _in_order(part: str) -> exp.Order:
    return exp.Order(expressions=[exp.Ordered(this=column(name, part), nulls_first=True) for name in ("rule", "_n")])


def _refusal(number: int, name: str, record: str, key: Sql, reason: Sql) -> dict[str, Sql]:
    return {
        "rule": s.whole(number),
        "_n": column("_n"),
        "name": s.text(name),
        "record": s.text(record),
        "key": key,
        "reason": reason,
    }


def _refused(group: Group, rule: Ruled, query: Query, c: Compiler) -> exp.Select:
    outputs = _refusal(rule.number, rule.name, rule.record, column("_key"), column(rule.named("reason")))
    part = _of_rule(group, rule, NOT_ASSESSABLE, ("reason",), query, c)
    return select_of([s.aliased(sql, name) if name != "_n" else sql for name, sql in outputs.items()], part)


def _carried(c: Compiler) -> Build:
    names = ("ruleset", "scheme", "name", "record", "key", "value", "reason", "key_parts")
    carries = [carried(scheme, carry, c) for scheme in c.program.schemes.values() for carry in scheme.carries]

    def build(query: Query) -> exp.Select:
        branches = []
        for number, carry in enumerate(carries, 1):
            record = carry.scheme.record
            a = c.arithmetic(c.main(record))
            outputs = {
                "rule": s.whole(number),
                "_n": column("_n"),
                "scheme": s.text(carry.scheme.name),
                "name": s.text(carry.carry.name),
                "record": s.text(record),
                "key": key_words(record, c, "|"),
                "value": s.coalesce(_exact(carry.number, a), s.text("")),
                "reason": s.case([(s.is_null(carry.number.top.sql), carry.reason)], s.text("")),
                "parts": key_words(record, c, KEY_BREAK),
            }
            branches.append(select_of([exp.Star()], query.part(c.main(record).frame, outputs, carry.there)))
            branches += _left_over(carry, number, query, c, False)
        part = _union(branches, query, "carried")
        if part is None:
            return _nothing([(name, "TEXT") for name in names[:-1]] + [("key_parts", "ARRAY<TEXT>")])
        columns: list[Sql] = [s.aliased(s.text(c.program.name), "ruleset"), *(column(name) for name in names[1:-1])]
        # The whole ruleset has a key of no parts.
        whole = s.equal(column("parts"), s.text(""))
        parts = s.case([(whole, c.dialect.no_texts())], c.dialect.split_text(column("parts"), KEY_BREAK))
        return _ordered(select_of([*columns, s.aliased(parts, "key_parts")], part), "rule", "_n")

    return build


def _exact(number: Number, a: Arithmetic) -> Sql:
    return exact_text(number, 0, a)


def _left_over(carry: CarriedFigure, number: int, query: Query, c: Compiler, unknown_only: bool) -> list[exp.Select]:
    """What was brought forward for rows that are not there any more, which is carried on as it is."""
    if carry.brought is None:
        return []
    record = carry.scheme.record
    brought = carry.brought.stored.relation
    keys = select_of([column("own")], query.part(c.main(record).frame, {"own": key_words(record, c, KEY_BREAK)}))
    absent = s.not_(exp.In(this=column("key"), query=exp.Subquery(this=keys)))
    order = s.plus(column("_n"), s.whole(10**15))
    joined = s.call("replace", column("key"), s.text(KEY_BREAK), s.text("|"))
    if unknown_only:
        reason = s.joined_text(f"{carry.carry.name}: ", s.call("substring", column("why"), s.whole(2)))
        outputs = _refusal(number, f"{carry.scheme.name}.{carry.carry.name}", record, joined, reason) | {"_n": order}
        select = select_of([s.aliased(sql, name) for name, sql in outputs.items()], brought)
        return [_where(select, s.all_of([absent, s.is_there(column("why"))]))]
    reason = s.coalesce(s.call("substring", column("why"), s.whole(2)), s.text(""))
    outputs = {
        "rule": s.whole(number),
        "_n": order,
        "scheme": s.text(carry.scheme.name),
        "name": s.text(carry.carry.name),
        "record": s.text(record),
        "key": joined,
        "value": s.coalesce(column("text"), s.text("")),
        "reason": reason,
        "parts": column("key"),
    }
    return [_where(select_of([s.aliased(sql, name) for name, sql in outputs.items()], brought), absent)]
