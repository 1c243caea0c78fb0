"""What schemes and checks have in common: their own names, periods, gates, payees and citations."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from fractions import Fraction
from functools import partial

from requite.dsl import program as core
from requite.dsl import syntax
from requite.dsl.columns import is_record, let_column, match_column, walk
from requite.dsl.diagnostics import Label
from requite.dsl.elaborate import as_written, condition, elaborate, guarded, unguarded
from requite.dsl.facts import known_when
from requite.dsl.names import OWN_WORDS, Symbol, did_you_mean, listed, own_word
from requite.dsl.paths import local, member, path
from requite.dsl.scope import Context, Scope, broken, is_broken
from requite.dsl.source import Span
from requite.dsl.types import ROW_KINDS, YES_NO, Kind, Type


@dataclass(eq=False)
class Rule:
    """A scheme or check while it is worked through: `scope` learns from each gate what is known after it."""

    symbol: Symbol
    scope: Scope
    own: dict[str, str] = field(default_factory=dict)
    gates: list[core.Gate] = field(default_factory=list)
    spans: dict[str, Span] = field(default_factory=dict)
    """Where each of the rule's own names is first written."""
    gone_through: dict[int, Passed] = field(default_factory=dict)
    """What came of the clauses that decide whether the rule goes on, by their identity: each is gone through once."""
    going: list[Rule] = field(default_factory=list)
    """Itself, or its like before its turn, while it is in the middle of such a clause."""

    def unique(self, label: str) -> str:
        return f"{self.symbol.name}.{label}"

    def learn(self, gate: core.Gate) -> None:
        if not is_broken(gate.condition):
            self.gates.append(gate)
            self.scope = self.scope.knowing(known_when(gate.condition, True, self.scope.context.columns))


@dataclass(frozen=True, slots=True)
class Passed:
    """What came of a clause that decides whether a rule goes on: what is known after it, its gates, and a period's two days."""

    scope: Scope
    gates: tuple[core.Gate, ...]
    period: tuple[date, date] | None = None


Deciding = syntax.Period | syntax.Requires | syntax.Needs | syntax.Match


def pass_by(rule: Rule, node: Deciding, clauses: Sequence[syntax.Node]) -> tuple[date, date] | None:
    """Go through a clause that decides whether a rule goes on; a period's two days, if they are fixed."""
    passed = rule.gone_through.get(id(node))
    if passed is not None:
        rule.scope = passed.scope
        rule.gates += passed.gates
        return passed.period
    before, period = len(rule.gates), None
    rule.going.append(rule)
    match node:
        case syntax.Period():
            period = period_gate(rule, node)
        case syntax.Match():
            match_gate(rule, node, clauses)
        case syntax.Requires() | syntax.Needs():
            gate(rule, node)
    rule.going.pop()
    rule.gone_through[id(node)] = Passed(rule.scope, tuple(rule.gates[before:]), period)
    return period


def scope_at(rule: Rule, place: syntax.Node) -> Scope:
    """The scope where a clause of a scheme stands, whichever declaration reads it first: it knows what the clauses above say."""
    scheme = rule.symbol.node
    if not isinstance(scheme, syntax.Scheme):
        return rule.scope
    if rule.going:
        return rule.going[-1].scope
    early = Rule(rule.symbol, rule.scope, rule.own, gone_through=rule.gone_through, going=rule.going)
    for clause in scheme.clauses:
        if clause is place:
            break
        if isinstance(clause, Deciding):
            pass_by(early, clause, scheme.clauses)
    return early.scope


def own_name(rule: Rule, name: syntax.Name, make: Callable[[str], core.Column]) -> None:
    """Enter a name that belongs to the rule; it may not be that of a field or another of the rule's names."""
    context, record = rule.scope.context, rule.scope.own.record
    if name.text in OWN_WORDS:
        context.error("reserved-word", name.span, *own_word(name.text))
    if is_record(name, rule.scope):
        return
    field = context.field_of(record, name.text)
    member = rule.scope.module.member(record, name.text)
    clash = field.span if field else rule.spans.get(name.text)
    if clash is not None or member is not None:
        clash = clash or (context.columns[member].span if member in context.columns else None)
        context.error(
            "duplicate-name",
            name.span,
            f"`{name.text}` means something here already",
            "give one of them another name",
            (Label(clash, "the first is here"),) if clash else (),
        )
        return
    unique = rule.unique(name.text)
    rule.own[name.text], rule.spans[name.text] = unique, name.span
    context.pending[unique] = lambda: make(unique)


def own_lets_and_matches(rule: Rule, clauses: Sequence[syntax.Node]) -> None:
    for clause in clauses:
        if isinstance(clause, syntax.Let):
            own_name(rule, clause.name, partial(_own_let, node=clause, rule=rule))
        elif isinstance(clause, syntax.Match):
            name = clause.alias or clause.range.record.names[-1]
            own_name(rule, name, partial(_own_match, node=clause, rule=rule))


def _own_let(unique: str, node: syntax.Let, rule: Rule) -> core.Column:
    return let_column(unique, node, scope_at(rule, node))


def _own_match(unique: str, node: syntax.Match, rule: Rule) -> core.Column:
    return match_column(unique, node, scope_at(rule, node))


def settle_local(rule: Rule, name: syntax.Name) -> None:
    """Work out one of the rule's own names now, with what is known at its place."""
    used, unique = rule.scope.context.used, rule.own.get(name.text, "")
    before = unique in used
    local(name, rule.scope)
    if not before:
        used.discard(unique)


def match_gate(rule: Rule, node: syntax.Match, clauses: Sequence[syntax.Node]) -> None:
    """A match that finds nothing ends the rule, unless the rule asks whether it is known."""
    name = node.alias or node.range.record.names[-1]
    found = local(name, rule.scope)
    if found is None or is_broken(found):
        return
    asked = any(
        isinstance(part, syntax.Known) and isinstance(part.operand, syntax.Path) and part.operand.names[0].text == name.text
        and len(part.operand.names) == 1
        for clause in clauses for part in walk(clause)
    )  # fmt: skip
    if not asked:
        rule.learn(core.Gate("match", core.IsKnown(YES_NO, node.span, found), node.span))


def gate(rule: Rule, node: syntax.Requires | syntax.Needs) -> None:
    kind = "requires" if isinstance(node, syntax.Requires) else "needs"
    value = condition(node.condition, rule.scope, f"`{kind}`")
    safe = guarded(value, rule.scope)
    if is_broken(safe) and not is_broken(value):
        rule.scope = rule.scope.knowing(unguarded(value))  # so that each blank is told of once
    rule.learn(core.Gate(kind, safe, node.span))


def said_once(clauses: Iterable[syntax.Node], words: Mapping[type, str], where: str, context: Context) -> None:
    """Report clauses of which there can be one, and that are said again."""
    first: dict[type, Span] = {}
    for clause in clauses:
        kind = type(clause)
        if kind in words and kind in first:
            help = "join them with `or`" if kind is syntax.FlagWhen else "keep one of them"
            labels = (Label(first[kind], "the first is here"),)
            context.error("repeated-clause", clause.span, f"`{words[kind]}` stands twice in this {where}", help, labels)
        first.setdefault(kind, clause.span)


# --- the period -----------------------------------------------------------------------------------------------------------


def period_gate(rule: Rule, node: syntax.Period) -> tuple[date, date] | None:
    """The rule's period: its gate where it says `by`, the date of dated readings, and its two days if they are fixed."""
    scope = rule.scope
    told = node.dates is not None and node.dates.refused
    dates = (node.dates.start, node.dates.end) if node.dates and not told else None
    by = _period_date(node, scope)
    first, last = _edges(node, scope)
    reading = by
    if by is None and node.relative is not None:
        reading = elaborate(node.relative.operand, scope)
    if reading is not None and not is_broken(reading):
        rule.scope = replace(scope, reading_date=reading, period=dates if by is not None else None)
    if by is not None and not told and not is_broken(by, first, last):
        inside = (core.Compare(YES_NO, node.span, ">=", by, first), core.Compare(YES_NO, node.span, "<=", by, last))
        rule.learn(core.Gate("period", core.Logic(YES_NO, node.span, "and", inside), node.span))
    return dates


def _period_date(node: syntax.Period, scope: Scope) -> core.Expr | None:
    if node.by is None:
        return None
    by = guarded(path(syntax.Path(node.by.span, (node.by,)), scope), scope)
    if not is_broken(by) and by.type.kind is not Kind.DATE:
        scope.context.error(
            "wrong-units", node.by.span, f"a period is told by a date, and this is {by.type.noun}", "name a date field"
        )
        return broken(node.by.span)
    return by


def _edges(node: syntax.Period, scope: Scope) -> tuple[core.Expr, core.Expr]:
    if node.dates is not None:
        day = Type(Kind.DATE)
        return core.Constant(day, node.span, node.dates.start), core.Constant(day, node.span, node.dates.end)
    assert node.relative is not None
    first = elaborate(replace(node.relative, edge="first"), scope)
    last = elaborate(replace(node.relative, edge="last"), scope)
    return guarded(first, scope), last


# --- who is paid ----------------------------------------------------------------------------------------------------------


def paid_to(node: syntax.Path, rule: Rule) -> core.PaidTo | None:
    """A payee: one that is declared, the rule's own record, or what one of its fields names."""
    scope, first = rule.scope, node.names[0]
    used = scope.module.aliases.get(first.text) if len(node.names) == 2 else None
    if used is not None or len(node.names) == 1:
        symbol = (used or scope.module).find_kind(node.names[-1].text, ("payee",))
        if symbol is not None:
            scope.context.used.add(symbol.name)
            assert isinstance(symbol.node, syntax.Payee)
            return core.PaidTo(symbol.name, symbol.node.title.value if symbol.node.title else "", None)
    value: core.Expr | None = member(0, first, scope) or local(first, scope)
    if value is None and first.text in scope.own.names:
        value = scope.row(0, first.span)
    if value is not None or first.text == "this":
        value = path(node, scope)
        if is_broken(value):
            return None
        if value.type.kind in (Kind.ROW, Kind.TEXT, Kind.CHOICE):
            return core.PaidTo(".".join(name.text for name in node.names), "", guarded(value, scope))
        message = f"`{as_written(node.span)}` is {value.type.noun}, not somebody who can be paid"
        scope.context.error("unknown-payee", node.span, message, "name a payee, a record, or a field that holds who it is")
        return None
    if not scope.module.is_broken(first.text):
        known = [*scope.module.labels(("payee",)), *scope.own.names]
        help = f'declare it: `payee {first.text} "…"`' + (f"; known here: {listed(known)}" if known else "")
        if scope.module.find_kind(first.text, ROW_KINDS):
            help = f"the rule is not `for each {first.text}`; name one of its fields, or a declared payee"
        else:
            help = did_you_mean(first.text, known, help)
        scope.context.error("unknown-payee", node.span, f"nobody is called `{first.text}` here", help)
    return None


def fixed(node: syntax.Expr, rule: Rule) -> tuple[core.Expr, core.Scalar]:
    """An expression whose value stands in the text, and that value: a literal, or a parameter with one value for all dates.

    The value is None where it is neither.
    """
    value = elaborate(node, rule.scope)
    if isinstance(value, core.ParameterRead) and value.on is None:
        rule.scope.context.built_in.setdefault(value.parameter, node.span)
        return value, rule.scope.context.parameters[value.parameter].values[0].value
    return value, value.value if isinstance(value, core.Constant) else None


def money(node: syntax.Expr, rule: Rule, what: str) -> core.Expr:
    """An expression of a rule that must be money, known, and not negative where that can be seen."""
    value = elaborate(node, rule.scope)
    if not is_broken(value) and value.type.kind is not Kind.MONEY:
        rule.scope.context.error(
            "not-money",
            node.span,
            f"{what} is money, and this is {value.type.noun}",
            _as_comparison(node, what) or _as_money(node, value.type),
        )
        return broken(node.span)
    if isinstance(value, core.Constant) and isinstance(value.value, Fraction) and value.value < 0:
        taken = "; what is taken off is a `charge`" if what == "an amount" else ""
        rule.scope.context.error("negative-amount", node.span, f"{what} is never negative", f"write it without the minus{taken}")
        return broken(node.span)
    return guarded(value, rule.scope)


def _as_comparison(node: syntax.Expr, what: str) -> str:
    """What to write where `at least 70%`, behind a condition on one line, was read as the least that is paid."""
    words, sign = {"a cap": ("at most", "<="), "a floor": ("at least", ">=")}.get(what, ("", ""))
    behind = words and re.search(rf"\bwhen\b.*\b{words}\b", node.span.source.line(node.span.line))
    return f"`{words}` limits what is paid; in a condition write `{sign} {as_written(node.span)}`" if behind else ""


def _as_money(node: syntax.Expr, found: Type) -> str:
    match found.kind:
        case Kind.NUMBER | Kind.COUNT:
            return "write it with its currency: `£500`"
        case Kind.PERCENT:
            share = as_written(node.span)
            whole = share if isinstance(node, syntax.Percent | syntax.Path) else f"({share})"
            return f"say of what: `{whole} of billed`"
        case Kind.ROW:
            return f"name the field that is meant: `{as_written(node.span)}.price`"
        case Kind.POINTS | Kind.DAYS:
            return "multiply it by an amount of money"
    return "an amount is reckoned from amounts such as `£500`, and from fields that are `money`"


def rounded(value: core.Expr, node: syntax.Expr, rounding: core.Rounding, span: Span) -> core.Expr:
    """A figure that is rounded once: as the text says, or else as the ruleset does."""
    if is_broken(value) or isinstance(node, syntax.Rounded):
        return value
    return core.Round(value.type, span, value, rounding)
