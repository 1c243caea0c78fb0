"""Schemes: markers, payments and charges, splits and shares, caps over a whole scheme, figures carried forward."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import date
from fractions import Fraction
from functools import partial

from requite.dsl import program as core
from requite.dsl import syntax, units
from requite.dsl.columns import register_share, shown, walk
from requite.dsl.constants import Unfit, typed
from requite.dsl.declarations import citations, title_of
from requite.dsl.diagnostics import Label
from requite.dsl.elaborate import condition, elaborate, guarded
from requite.dsl.gates import (
    Rule,
    fixed,
    gate,
    money,
    own_lets_and_matches,
    own_name,
    paid_to,
    pass_by,
    said_once,
    scope_at,
    settle_local,
)
from requite.dsl.names import Module, Symbol, did_you_mean
from requite.dsl.paths import local, path
from requite.dsl.ranges import order_of, record_named
from requite.dsl.scope import Context, Level, Scope, broken, is_broken
from requite.dsl.types import MONEY, POINTS, YES_NO, Kind


def open_scheme(symbol: Symbol, module: Module, context: Context) -> Rule | None:
    """Enter the names of a scheme, so that others can refer to them; None where its record is not known."""
    node = symbol.node
    assert isinstance(node, syntax.Scheme)
    record, names = core.WHOLE, tuple[str, ...]()
    if node.record is not None:
        found = record_named(node.record, Scope(context, module, (Level("", ()),)))
        if found is None:
            for part in walk(node.clauses):
                if isinstance(part, syntax.Payment | syntax.Marker | syntax.Share | syntax.Part):
                    module.broken.add(part.name.text)
            return None
        record, names = found, (node.record.names[-1].text,)
    own: dict[str, str] = {}
    rule = Rule(symbol, Scope(context, module, (Level(record, names),), own), own)
    own_lets_and_matches(rule, node.clauses)
    for clause in node.clauses:
        match clause:
            case syntax.Marker():
                own_name(rule, clause.name, partial(_marker, node=clause, rule=rule))
            case syntax.Payment():
                own_name(rule, clause.name, partial(_paid, name=clause.name, title=title_of(clause.title), rule=rule))
            case syntax.Split():
                for part in clause.parts:
                    own_name(rule, part.name, partial(_paid, name=part.name, title="", rule=rule))
            case syntax.BroughtForward():
                own_name(rule, clause.name, partial(_brought_forward, node=clause, rule=rule))
            case syntax.Share():
                register_share(clause, record, symbol.name, rule.scope)
    context.scheme_scopes[symbol.name] = partial(scope_at, rule)
    context.rule_locals[symbol.name] = (record, own)
    return rule


def _paid(unique: str, name: syntax.Name, title: str, rule: Rule) -> core.Column:
    record = rule.scope.own.record
    return core.Column(unique, name.text, core.ColumnKind.PAYMENT, record, MONEY, core.Paid(unique), name.span, title)


def _brought_forward(unique: str, node: syntax.BroughtForward, rule: Rule) -> core.Column:
    context = rule.scope.context
    start = typed(node.start, MONEY, context.currency, {})
    if node.type.word != "money":
        context.error("not-money", node.type.span, "what is brought forward is money", "write `debt: money, £0 at the start`")
        start = Fraction(0)
    elif isinstance(start, Unfit) or start is None:
        message, help = (start.message, start.help) if isinstance(start, Unfit) else ("a start is an amount", "write £0")
        context.error("wrong-type", node.start.span, message, help)
        start = Fraction(0)
    assert isinstance(start, Fraction)
    label, record = node.name.text, rule.scope.own.record
    definition = core.BroughtForward(label, start)
    return core.Column(unique, label, core.ColumnKind.BROUGHT_FORWARD, record, MONEY, definition, node.span)


# --- markers --------------------------------------------------------------------------------------------------------------


def _marker(unique: str, node: syntax.Marker, rule: Rule) -> core.Column:
    scope = scope_at(rule, node)
    if node.condition is not None:
        value = guarded(condition(node.condition, scope, "`met when`"), scope)
        kind = YES_NO
    else:
        value, kind = _scored(node, scope), POINTS
    return core.Column(
        unique,
        node.name.text,
        core.ColumnKind.MARKER,
        scope.own.record,
        value.type if is_broken(value) else kind,
        core.Computed(value),
        node.span,
        title_of(node.title),
        citations(node.cites, scope.module, scope.context),
    )


def _scored(node: syntax.Marker, scope: Scope) -> core.Expr:
    assert node.points is not None
    assert node.operand is not None
    assert node.lower is not None
    assert node.upper is not None
    points = guarded(elaborate(node.points, scope), scope)
    scaled = guarded(elaborate(syntax.Scaled(node.span, node.operand, node.lower, node.upper), scope), scope)
    if is_broken(points, scaled):
        return broken(node.span)
    if points.type.kind not in units.NUMBERS:
        scope.context.error(
            "wrong-units", node.points.span, f"a marker scores a number of points, not {points.type.noun}", "write 57"
        )
        return broken(node.span)
    return core.Arithmetic(POINTS, node.span, "*", replace_type(points), scaled)


def replace_type(points: core.Expr) -> core.Expr:
    """A plain number as that many points."""
    return replace(points, type=POINTS)


# --- the scheme -------------------------------------------------------------------------------------------------------------


SCHEME_ONCE = {
    syntax.Period: "period",
    syntax.SettlesWithPeriod: "settles with the period",
    syntax.Altogether: "altogether at most",
}


def close_scheme(rule: Rule) -> None:
    """Work through the clauses of a scheme in the order written, and enter it with its payments."""
    node, context = rule.symbol.node, rule.scope.context
    assert isinstance(node, syntax.Scheme)
    payments: list[str] = []
    carries: list[core.Carry] = []
    altogether: core.AltogetherClause | None = None
    period: tuple[date, date] | None = None
    said_once(node.clauses, SCHEME_ONCE, "scheme", context)
    cites = citations([c for c in node.clauses if isinstance(c, syntax.Cites)], rule.scope.module, context)
    for clause in node.clauses:
        match clause:
            case syntax.Period():
                period = pass_by(rule, clause, node.clauses)
            case syntax.Requires() | syntax.Needs() | syntax.Match():
                pass_by(rule, clause, node.clauses)
            case syntax.Let() | syntax.Marker():
                settle_local(rule, clause.name)
            case syntax.Payment():
                payments += _payment(clause, rule, cites)
            case syntax.Split():
                payments += _split(clause, rule, cites)
            case syntax.Share():
                _share_pays(clause, rule, cites)
            case syntax.Altogether():
                altogether = core.AltogetherClause(money(clause.value, rule, "a cap"), clause.in_proportion, clause.span)
            case syntax.CarryForward():
                carries += _carry(clause, rule)
            case syntax.Show():
                shown(clause, rule.scope)
    shares = tuple(s.name for s in context.shares.values() if s.scheme == rule.symbol.name)
    waits = any(isinstance(c, syntax.SettlesWithPeriod) for c in node.clauses)
    context.schemes[rule.symbol.name] = core.Scheme(
        rule.symbol.name, title_of(node.title), rule.scope.own.record, tuple(payments), shares, altogether, tuple(carries),
        period, waits, node.name.span, cites,
    )  # fmt: skip


def _carry(node: syntax.CarryForward, rule: Rule) -> list[core.Carry]:
    unique = rule.own.get(node.name.text)
    column = rule.scope.context.columns.get(unique) if unique else None
    value = money(node.value, rule, "what is carried forward")
    found = local(node.name, rule.scope)
    column = rule.scope.context.columns.get(unique) if unique else column
    if found is None or column is None or column.kind is not core.ColumnKind.BROUGHT_FORWARD:
        brought = [c.label for c in rule.scope.context.columns.values() if c.kind is core.ColumnKind.BROUGHT_FORWARD]
        rule.scope.context.error(
            "carried-to-nothing",
            node.name.span,
            f"nothing brings `{node.name.text}` forward, so carrying it is of no use",
            did_you_mean(node.name.text, brought, f"add `brought forward {node.name.text}: money, £0 at the start`"),
        )
        return []
    return [] if is_broken(value) else [core.Carry(node.name.text, value, node.span, tuple(rule.gates))]


def _share_pays(node: syntax.Share, rule: Rule, cites: tuple[core.Citation, ...]) -> None:
    context = rule.scope.context
    inner = record_named(node.range.record, rule.scope)
    column = rule.scope.module.member(inner, node.name.text) if inner else None
    if column is None:
        return
    context.column(column, node.name.span)
    name = f"{rule.symbol.name}.{node.name.text}"
    if name in context.shares:
        context.shares[name] = replace(context.shares[name], gates=tuple(rule.gates), cites=cites)


# --- payments ---------------------------------------------------------------------------------------------------------------


def _payment(node: syntax.Payment, rule: Rule, cites: tuple[core.Citation, ...]) -> list[str]:
    inner = Rule(rule.symbol, rule.scope, rule.own, list(rule.gates))
    clauses: list[core.PaymentClause] = list(inner.gates)
    context = rule.scope.context
    own_cites = citations([c for c in node.clauses if isinstance(c, syntax.Cites)], rule.scope.module, context)
    for clause in node.clauses:
        clauses += _clause(clause, inner)
    amounts = [c for c in clauses if isinstance(c, core.AmountClause)]
    for second in amounts[1:]:
        context.error(
            "repeated-clause", second.span, "the amount is defined twice", "join them: `amount … when …, … when …`",
            (Label(amounts[0].span, "the first is here"),),
        )  # fmt: skip
    payee, unique = paid_to(node.payee, inner), rule.own.get(node.name.text)
    if payee is None or unique != rule.unique(node.name.text) or len(amounts) != 1:
        return []
    context.payments[unique] = core.PaymentRule(
        unique, node.name.text, title_of(node.title), rule.symbol.name, rule.scope.own.record,
        "charge" if node.charge else "payment", payee, title_of(node.spent_on), tuple(clauses), _rounding(rule), unique,
        node.name.span, (*cites, *own_cites),
    )  # fmt: skip
    context.column(unique, node.name.span)
    return [unique]


def _rounding(rule: Rule) -> core.Rounding:
    return rule.scope.context.rounding or core.Rounding("half away", Fraction(1, 100))


def _clause(node: syntax.PaymentClause, rule: Rule) -> Iterable[core.PaymentClause]:
    scope = rule.scope
    match node:
        case syntax.Requires() | syntax.Needs():
            before = len(rule.gates)
            gate(rule, node)
            return rule.gates[before:]
        case syntax.Amount():
            return (core.AmountClause(_nothing_otherwise(money(node.value, rule, "an amount")), node.span),)
        case syntax.Except():
            when = guarded(condition(node.condition, scope, "`when`"), scope)
            return (core.ExceptClause(money(node.value, rule, "an exception's amount"), when, title_of(node.because), node.span),)
        case syntax.AtMost():
            return (core.LimitClause(True, money(node.value, rule, "a cap"), node.span),)
        case syntax.AtLeast():
            return (core.LimitClause(False, money(node.value, rule, "a floor"), node.span),)
        case syntax.OnlyFirst():
            return _only_first(node, rule)
        case syntax.TogetherAtMost():
            limit = money(node.value, rule, "a cap")
            same, order = _group(node.same, scope), order_of(node.first_come, scope)
            if same is not None and order is not None:
                return (core.TogetherClause(limit, same, order, node.in_proportion, node.span),)
    return ()


def _nothing_otherwise(amount: core.Expr) -> core.Expr:
    """An amount whose cases do not hold is £0, not missing."""
    if isinstance(amount, core.Cases) and amount.otherwise is None:
        return replace(amount, otherwise=core.Constant(MONEY, amount.span, Fraction(0)))
    return amount


def _only_first(node: syntax.OnlyFirst, rule: Rule) -> Iterable[core.PaymentClause]:
    scope = rule.scope
    number = guarded(elaborate(node.number, scope), scope)
    if not is_broken(number) and number.type.kind not in (Kind.NUMBER, Kind.COUNT):
        scope.context.error("wrong-units", node.number.span, f"`only the first` needs a number, not {number.type.noun}", "write 3")
        return ()
    if isinstance(number, core.Constant) and isinstance(number.value, Fraction) and not _is_natural(number.value):
        scope.context.error("wrong-type", node.number.span, "`only the first` needs a whole number from 1 on", "write 3")
        return ()
    same, order = _group(node.same, scope), order_of(node.by, scope)
    if same is None or order is None or is_broken(number):
        return ()
    return (core.OnlyFirstClause(number, same, order, node.span),)


def _is_natural(number: Fraction) -> bool:
    return number.denominator == 1 and number >= 1


def _group(names: tuple[syntax.Name, ...], scope: Scope) -> tuple[core.Expr, ...] | None:
    found = [
        scope.row(0, name.span) if name.text in scope.own.names and local(name, scope) is None and not _is_member(name, scope)
        else guarded(path(syntax.Path(name.span, (name,)), scope), scope)
        for name in names
    ]  # fmt: skip
    return None if is_broken(*found) else tuple(found)


def _is_member(name: syntax.Name, scope: Scope) -> bool:
    record, label = scope.own.record, name.text
    return scope.context.field_of(record, label) is not None or scope.module.member(record, label) is not None


# --- splits -----------------------------------------------------------------------------------------------------------------


def _split(node: syntax.Split, rule: Rule, cites: tuple[core.Citation, ...]) -> list[str]:
    context = rule.scope.context
    amount = money(node.amount, rule, "what is split")
    clauses: tuple[core.PaymentClause, ...] = (*rule.gates, core.AmountClause(amount, node.span))
    parts = [_percent(part, rule) for part in node.parts]
    _check_parts(node, parts, context)
    made: list[str] = []
    split = rule.unique("split " + " ".join(part.name.text for part in node.parts))
    for part, percent in zip(node.parts, parts, strict=True):
        payee, unique = paid_to(part.payee, rule), rule.own.get(part.name.text)
        if payee is None or unique != rule.unique(part.name.text):
            continue
        context.payments[unique] = core.PaymentRule(
            unique, part.name.text, "", rule.symbol.name, rule.scope.own.record, "split", payee, title_of(part.spent_on), clauses,
            _rounding(rule), unique, part.span, cites, split, percent,
        )  # fmt: skip
        context.column(unique, part.name.span)
        made.append(unique)
    return made


def _percent(part: syntax.Part, rule: Rule) -> Fraction | None:
    if part.percent is None:
        return None
    value, found = fixed(part.percent, rule)
    if is_broken(value):
        return Fraction(0)
    if value.type.kind is not Kind.PERCENT or not isinstance(found, Fraction) or found < 0:
        rule.scope.context.error(
            "part-not-fixed", part.percent.span, "the parts of a split are fixed percentages", "write `25% to practice as kept`"
        )
        return Fraction(0)
    return found


def _check_parts(node: syntax.Split, parts: list[Fraction | None], context: Context) -> None:
    total, rests = sum((p for p in parts if p is not None), Fraction(0)), parts.count(None)
    if rests > 1:
        context.error(
            "split-rest-twice", node.parts[-1].span, "`the rest` stands twice in this split", "give all but one a percentage"
        )
    elif total > 1:
        context.error(
            "split-over-100",
            node.span,
            f"the parts of this split come to {_shown(total)}, more than there is",
            "make them 100% together",
        )
    elif not rests and total < 1:
        context.error(
            "split-under-100",
            node.span,
            f"the parts of this split come to {_shown(total)}, and nobody gets the other {_shown(1 - total)}",
            "add `the rest to … as …`",
        )
    elif rests and total == 1:
        context.error("split-nothing-left", node.span, "the parts come to 100%, so there is no rest", "leave out `the rest`")


def _shown(share: Fraction) -> str:
    percent = share * 100
    return f"{percent.numerator}%" if percent.denominator == 1 else f"{percent.numerator}/{percent.denominator}%"
