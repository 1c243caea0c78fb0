"""The tables of results, each a query over what the groups of rules have decided."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from math import lcm

from sqlglot import exp

from requite.dsl import program as core
from requite.engine.columnar import sql as s
from requite.engine.columnar.checking import FLAGGED
from requite.engine.columnar.compiler import Compiler
from requite.engine.columnar.figures import KEY_BREAK, CarriedFigure, ShownFigure, exact_text
from requite.engine.columnar.frames import Frame, Query, Relation
from requite.engine.columnar.gates import ASSESSED, NOT_ASSESSABLE, without_letter
from requite.engine.columnar.groups import AMOUNTS, Group, Ruled, told_of_rules
from requite.engine.columnar.sharing import given_out
from requite.engine.columnar.sql import Sql, column, select_of
from requite.engine.columnar.words import escaped, joined_key, key_words
from requite.engine.results import PENNY_DECIMALS, decimals_below, own_name
from requite.engine.wording import BETWEEN

Build = Callable[[Query], exp.Select]


def _scale_of(numbers: Iterable[int]) -> int:
    """How many decimals amounts of these scales need, at least those of a penny."""
    return max([PENNY_DECIMALS, *(decimals_below(scale) for scale in (lcm(*list(numbers) or [1]),))])


def _money(value: Sql, scale: int, decimals: int, c: Compiler) -> Sql:
    key = "money", s.sameness(value), scale, decimals
    if key not in c.shared:
        factor = 10**decimals // scale
        big = s.cast(value, c.dialect.big)
        c.shared[key] = c.dialect.decimal_of(s.times(big, s.whole(factor)) if factor != 1 else big, decimals)
    made: Sql = c.shared[key]
    return made


def _union(branches: Sequence[exp.Select], query: Query, name: str) -> str | None:
    if not branches:
        return None
    joined: exp.Query = branches[0]
    for branch in branches[1:]:
        joined = exp.Union(this=joined, expression=branch, distinct=False)
    return query.named(joined, name)


def _ordered(select: exp.Select, *names: str, of: str = "") -> exp.Select:
    select.set("order", exp.Order(expressions=[exp.Ordered(this=column(name, of), nulls_first=True) for name in names]))
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


def payments_table(groups: Sequence[Group], c: Compiler) -> Build:
    paying = [rule for group in groups for rule in group.rules if rule.paid is not None]
    decimals = _scale_of(rule.scales["amount"] for rule in paying)

    def build(query: Query) -> exp.Select:
        part = _told(groups, ASSESSED, lambda rule: _payment(rule, decimals, c), "paid", query, c)
        columns = [s.aliased(s.text(c.program.name), "ruleset"), *(column(name) for name in PAYMENT_COLUMNS)]
        if part is None:
            texts = [(name, "TEXT") for name in ("ruleset", *PAYMENT_COLUMNS)]
            return _nothing([(name, "DECIMAL(38, 2)" if name == "amount" else type_) for name, type_ in texts])
        return _ordered(select_of(columns, part), "rule", "_n")

    return build


def _payment(rule: Ruled, decimals: int, c: Compiler) -> Mapping[str, Sql] | None:
    paid = rule.paid
    if paid is None:
        return None
    return {
        "scheme": s.text(paid.scheme),
        "payment": s.text(own_name(paid.scheme, rule.name)),
        "record": s.text(rule.record),
        "payee": rule.found["payee"],
        "amount": _money(rule.found["amount"], rule.scales["amount"], decimals, c),
        "kind": s.text(paid.kind if isinstance(paid, core.PaymentRule) else "share"),
        "spent_on": s.text(paid.spent_on),
        "reason": rule.found["reason"],
    }


FINDING_COLUMNS = (
    "check", "record", "key", "billed", "expected", "overcharge", "reason", "penalty", "respondent", "challenged", "challenged_as",
)  # fmt: skip


def findings_table(groups: Sequence[Group], c: Compiler) -> Build:
    checking = [rule for group in groups for rule in group.rules if rule.check is not None]
    decimals = _scale_of(scale for rule in checking for scale in rule.scales.values())

    def build(query: Query) -> exp.Select:
        places = _places(c)
        part = _told(groups, FLAGGED, lambda rule: _finding(rule, decimals, places, c), "flagged", query, c)
        if part is None:
            money = dict.fromkeys(AMOUNTS, "DECIMAL(38, 2)") | {"challenged": "BOOLEAN"}
            return _nothing([(name, money.get(name, "TEXT")) for name in ("ruleset", *FINDING_COLUMNS)])
        part = query.named(_challenged(part, query, c), "challenged")
        columns = [s.aliased(s.text(c.program.name), "ruleset"), *(column(name) for name in FINDING_COLUMNS)]
        return _ordered(select_of(columns, part), "rule", "_n")

    return build


def _places(c: Compiler) -> Mapping[str, int]:
    """Of each check of a record with a precedence, which comes first where findings tie."""
    places: dict[str, int] = {}
    for precedence in reversed(c.program.precedences):
        declared = [check.name for check in c.program.checks.values() if check.record == precedence.record]
        ties = {name: place for place, name in enumerate(precedence.ties)}
        ranked = sorted(declared, key=lambda name: ties.get(name, len(ties)))
        places |= {name: place for place, name in enumerate(ranked)}
    return places


def _finding(rule: Ruled, decimals: int, places: Mapping[str, int], c: Compiler) -> Mapping[str, Sql] | None:
    check = rule.check
    if check is None:
        return None
    nothing = s.cast(s.null(), f"DECIMAL(38, {decimals})")
    amounts = {
        name: _money(rule.found[name], rule.scales[name], decimals, c) if name in rule.scales else nothing for name in AMOUNTS
    }
    return {
        "check": s.text(check.name),
        "record": s.text(check.record),
        **amounts,
        "reason": rule.found["reason"],
        # Texts that were enumerated are texts again where results are kept.
        "respondent": s.cast(rule.found["respondent"], "TEXT"),
        "claimed": rule.found["claimed"],
        "may_challenge": s.yes_no(check.challenge is not None),
        "place": s.whole(places.get(check.name, -1)),
    }


def _told(
    groups: Sequence[Group], status: int, what: Callable[[Ruled], Mapping[str, Sql] | None], name: str, query: Query, c: Compiler
) -> str | None:
    """A part of a query with what is told of every row in which a rule has a status; None where no rule may have it.

    Of many groups each has a table of its own first: one statement for all takes the longer to plan the more rules there are.
    """
    made = [(group, told) for group in groups if (told := {rule: one for rule in group.rules if (one := what(rule)) is not None})]

    def branches(group: Group, told: Mapping[Ruled, Mapping[str, Sql]], query: Query) -> list[exp.Select]:
        return told_of_rules(group, status, list(told), lambda rule: told[rule], query, c)

    if len(made) <= 1:
        return _union([branch for group, told in made for branch in branches(group, told, query)], query, name)
    tables = [_told_first(f"{name}_of_{group.table}", group, partial(branches, group, told), query) for group, told in made]
    return _union([select_of([exp.Star()], table) for table in tables], query, name)


def _told_first(name: str, group: Group, branches: Callable[[Query], list[exp.Select]], query: Query) -> str:
    def build(query: Query) -> exp.Select:
        return select_of([exp.Star()], str(_union(branches(query), query, "told")))

    return Relation(name, f"what is told of {group.table}", build, 1001).written(query)


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
    # What competes is of the one record with a precedence, where there is but one.
    names = ["record", "_n"] if len({each.record for each in c.program.precedences}) > 1 else ["_n"]
    own = [column(name) for name in names]
    turn = s.aliased(exp.Window(this=exp.RowNumber(), partition_by=own, order=largest), "turn")
    turns = query.named(_where(select_of([*own, column("check"), turn], part), competes), "turns")
    renamed = [s.aliased(column(name), f"its_{name}") for name in (*names, "check")]
    first = _where(select_of(renamed, turns), s.equal(column("turn"), s.whole(1)))
    chosen = column("its_check")
    columns += [
        s.aliased(s.case([(competes, s.equal(chosen, column("check")))], alone), "challenged"),
        s.aliased(s.case([(s.all_of([competes, s.compare("!=", chosen, column("check"))]), chosen)], s.text("")), "challenged_as"),
    ]
    select = select_of(columns, part)
    meets = [s.equal(column(name), column(f"its_{name}")) for name in names]
    firsts = exp.Subquery(this=first, alias=exp.TableAlias(this=exp.Identifier(this="first", quoted=True)))
    select.append("joins", exp.Join(this=firsts, side="LEFT", on=s.all_of(meets)))
    return select


def figures_table(figures: Sequence[ShownFigure], c: Compiler) -> Build:

    def build(query: Query) -> exp.Select:
        branches = []
        for number, shown in enumerate(figures, 1):
            declared = shown.figure
            outputs = {
                "rule": s.whole(number),
                "_n": column("_n"),
                "ruleset": s.text(c.program.name),
                "name": s.text(declared.label),
                "record": s.text(declared.record),
                "key": joined_key(declared.record, c),
                "value": s.coalesce(shown.value, s.text("")),
                "type": s.text(str(declared.value.type)),
                "reason": shown.reason,
                "exact": s.coalesce(shown.exact, s.text("")),
            }
            branches.append(select_of([exp.Star()], query.part(c.main(declared.record).frame, outputs)))
        part = _union(branches, query, "shown")
        names = ("ruleset", "name", "record", "key", "value", "type", "reason", "exact")
        if part is None:
            return _nothing([(name, "TEXT") for name in names])
        return _ordered(select_of([column(name) for name in names], part), "rule", "_n")

    return build


@dataclass(frozen=True, eq=False)
class Unheard:
    share: core.Share
    frame: Frame
    where: Sql
    reason: Callable[[], Sql]


def unheard(c: Compiler) -> Iterable[Unheard]:
    for share in c.program.shares.values():
        if share.scheme:
            found = given_out(share.name, c).unheard
            yield Unheard(share, c.main(share.record).frame, found.where, found.reason)


def not_assessable_table(
    groups: Sequence[Group], nobody_heard: Sequence[Unheard], carries: Sequence[CarriedFigure], c: Compiler
) -> Build:
    names = ("ruleset", "rule", "record", "key", "reason")

    def build(query: Query) -> exp.Select:
        refused = _told(groups, NOT_ASSESSABLE, _refused, "refusals", query, c)
        branches = [select_of([exp.Star()], refused)] if refused is not None else []
        after = sum(len(group.rules) for group in groups)
        for number, item in enumerate(nobody_heard, after + 1):
            outputs = _refusal(number, item.share.name, item.share.record, joined_key(item.share.record, c), item.reason())
            branches.append(select_of([exp.Star()], query.part(item.frame, outputs, item.where)))
        for number, carry in enumerate(carries, after + len(nobody_heard) + 1):
            name, record = f"{carry.scheme.name}.{carry.carry.name}", carry.scheme.record
            if carry.missing:
                unknown = s.all_of([carry.there, s.is_null(carry.number.top.sql)])
                reason = s.joined_text(f"{carry.carry.name}: ", carry.reason)
                outputs = _refusal(number, name, record, joined_key(record, c), reason)
                branches.append(select_of([exp.Star()], query.part(c.main(record).frame, outputs, unknown)))
            branches += _left_over(carry, number, query, c, True)
        part = _union(branches, query, "refused")
        if part is None:
            return _nothing([(name, "TEXT") for name in names])
        columns = [s.aliased(s.text(c.program.name), "ruleset"), s.aliased(column("name"), "rule")]
        select = select_of([*columns, *(column(name) for name in names[2:])], part)
        return _ordered(select, "rule", "_n", of=part)

    return build


def _refusal(number: int, name: str, record: str, key: Sql, reason: Sql) -> dict[str, Sql]:
    return {
        "rule": s.whole(number),
        "_n": column("_n"),
        "key": key,
        "name": s.text(name),
        "record": s.text(record),
        "reason": reason,
    }


def _refused(rule: Ruled) -> Mapping[str, Sql] | None:
    return {"name": s.text(rule.name), "record": s.text(rule.record), "reason": rule.why} if rule.not_assessable else None


def carried_table(carries: Sequence[CarriedFigure], c: Compiler) -> Build:
    names = ("ruleset", "scheme", "name", "record", "key", "value", "reason", "key_parts")

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
                "key": joined_key(record, c),
                "value": s.coalesce(exact_text(carry.number, PENNY_DECIMALS, a), s.text("")),
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


def _joined(parts: Sql) -> Sql:
    """A key as one text, given its parts with KEY_BREAK between them."""
    several = s.call("replace", escaped(parts), s.text(KEY_BREAK), s.text(BETWEEN))
    is_one = s.equal(s.call("replace", parts, s.text(KEY_BREAK), s.text("")), parts)
    return s.case([(is_one, parts)], several)


def left_over_counts(carries: Sequence[CarriedFigure], c: Compiler) -> Build | None:
    """For how many rows that are not there any more each figure was brought forward; None where none is brought forward."""
    brought = [(carry, carry.brought.stored.relation) for carry in carries if carry.brought is not None]

    def build(query: Query) -> exp.Select:
        branches = []
        for number, (carry, relation) in enumerate(brought, 1):
            said = {"rule": s.whole(number), "name": s.text(carry.carry.name), "record": s.text(carry.scheme.record)}
            columns = [s.aliased(sql, name) for name, sql in (said | {"number": exp.Count(this=exp.Star())}).items()]
            branches.append(_where(select_of(columns, relation), _is_absent(carry.scheme.record, query, c)))
        return _ordered(select_of([exp.Star()], _union(branches, query, "counted") or ""), "rule")

    return build if brought else None


def _is_absent(record: str, query: Query, c: Compiler) -> Sql:
    """That a figure was brought forward for a row that is not there any more."""
    keys = select_of([column("own")], query.part(c.main(record).frame, {"own": key_words(record, c, KEY_BREAK)}))
    return s.not_(exp.In(this=column("key"), query=exp.Subquery(this=keys)))


def _left_over(carry: CarriedFigure, number: int, query: Query, c: Compiler, unknown_only: bool) -> list[exp.Select]:
    """What was brought forward for rows that are not there any more, which is carried on as it is."""
    if carry.brought is None:
        return []
    record = carry.scheme.record
    brought = carry.brought.stored.relation
    absent = _is_absent(record, query, c)
    order = s.plus(column("_n"), s.whole(2**62))
    joined = _joined(column("key"))
    if unknown_only:
        reason = s.joined_text(f"{carry.carry.name}: ", without_letter(column("why")))
        outputs = _refusal(number, f"{carry.scheme.name}.{carry.carry.name}", record, joined, reason) | {"_n": order}
        select = select_of([s.aliased(sql, name) for name, sql in outputs.items()], brought)
        return [_where(select, s.all_of([absent, s.is_there(column("why"))]))]
    reason = s.coalesce(without_letter(column("why")), s.text(""))
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
