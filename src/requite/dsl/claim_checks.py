"""Claim checks: what was expected, what is flagged, what is overcharged, why, and how it is challenged."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from fractions import Fraction
from functools import partial

from requite.dsl import program as core
from requite.dsl import syntax
from requite.dsl.columns import shown
from requite.dsl.declarations import citations, title_of
from requite.dsl.diagnostics import Label
from requite.dsl.elaborate import condition, guarded
from requite.dsl.gates import Rule, gate, match_gate, money, own_lets_and_matches, paid_to, period_gate, rounded, settle_local
from requite.dsl.names import Module, Symbol, did_you_mean
from requite.dsl.paths import member, path
from requite.dsl.ranges import record_named
from requite.dsl.scope import Context, Level, Scope, is_broken
from requite.dsl.source import Span
from requite.dsl.types import MONEY, Kind

FIGURES = {
    syntax.Expected: ("expected", core.ColumnKind.EXPECTED),
    syntax.Tolerance: ("tolerance", core.ColumnKind.TOLERANCE),
    syntax.Overcharge: ("overcharge", core.ColumnKind.OVERCHARGE),
}


@dataclass(eq=False)
class Parts:
    """The parts of a check as they are found."""

    clauses: list[core.CheckClause] = field(default_factory=list)
    undercharges: Span | None = None
    reason: tuple[core.ReasonPart, ...] = ()
    challenge: core.Challenge | None = None


def open_check(symbol: Symbol, module: Module, context: Context) -> Rule | None:
    """Enter the names of a check; None where its record is not known."""
    node = symbol.node
    assert isinstance(node, syntax.Check)
    record = record_named(node.record, Scope(context, module, (Level("", ()),)))
    if record is None:
        return None
    own: dict[str, str] = {}
    rule = Rule(symbol, Scope(context, module, (Level(record, (node.record.names[-1].text,)),), own), own)
    own_lets_and_matches(rule, node.clauses)
    for clause in node.clauses:
        if isinstance(clause, syntax.Expected | syntax.Tolerance | syntax.Overcharge):
            word, kind = FIGURES[type(clause)]
            _figure(rule, word, partial(_figure_column, node=clause, kind=kind, rule=rule), clause.span)
        elif isinstance(clause, syntax.Challenge) and clause.penalty is not None:
            _figure(rule, "penalty", partial(_penalty_column, node=clause, rule=rule), clause.span)
    billed = _billed(rule)
    if billed is not None and "expected" in own and "overcharge" not in own:
        own["overcharge"] = rule.unique("overcharge")
        context.pending[own["overcharge"]] = lambda: _implied_overcharge(own["overcharge"], billed, rule)
    context.rule_locals[symbol.name] = (record, own)
    return rule


def _figure(rule: Rule, word: str, make: Callable[[str], core.Column], span: Span) -> None:
    if word in rule.own:
        rule.scope.context.error("said-twice", span, f"`{word}` stands twice in this check", "keep one of them")
        return
    unique = rule.unique(word)
    rule.own[word] = unique
    rule.scope.context.pending[unique] = lambda: make(unique)


def _figure_column(
    unique: str, node: syntax.Expected | syntax.Tolerance | syntax.Overcharge, kind: core.ColumnKind, rule: Rule
) -> core.Column:
    value = money(node.value, rule, f"`{kind.value}`")
    if kind is not core.ColumnKind.TOLERANCE:
        value = rounded(value, node.value, _penny(rule), node.span)
    return core.Column(unique, kind.value, kind, rule.scope.own.record, value.type, core.Computed(value), node.span)


def _penalty_column(unique: str, node: syntax.Challenge, rule: Rule) -> core.Column:
    assert node.penalty is not None
    value = rounded(money(node.penalty, rule, "a penalty"), node.penalty, _penny(rule), node.penalty.span)
    kind = core.ColumnKind.PENALTY
    return core.Column(unique, "penalty", kind, rule.scope.own.record, value.type, core.Computed(value), node.penalty.span)


def _implied_overcharge(unique: str, billed: core.Expr, rule: Rule) -> core.Column:
    """`billed - expected`, where the check does not say what is overcharged."""
    span = rule.symbol.span
    expected = core.ColumnRead(MONEY, span, rule.scope.row(0, span), rule.own["expected"])
    value = rounded(core.Arithmetic(MONEY, span, "-", billed, expected), syntax.Number(span, Fraction(0)), _penny(rule), span)
    kind = core.ColumnKind.OVERCHARGE
    return core.Column(unique, "overcharge", kind, rule.scope.own.record, MONEY, core.Computed(value), span)


def _penny(rule: Rule) -> core.Rounding:
    return rule.scope.context.rounding or core.Rounding("half away", Fraction(1, 100))


def _billed(rule: Rule) -> core.Expr | None:
    name = syntax.Name(rule.symbol.span, "billed")
    value = member(0, name, rule.scope)
    if value is None or is_broken(value) or value.type.kind is not Kind.MONEY:
        return None
    return value


def close_check(rule: Rule) -> None:
    """Work through the clauses of a check in the order written, and enter it."""
    node, context, parts = rule.symbol.node, rule.scope.context, Parts()
    assert isinstance(node, syntax.Check)
    before = len(context.diagnostics)
    for clause in node.clauses:
        _clause(clause, node, rule, parts)
    flags = [c for c in node.clauses if isinstance(c, syntax.FlagWhen)]
    if not flags:
        context.error(
            "missing-flag",
            node.name.span,
            f"the check `{node.name.text}` never says when it flags",
            "add a line like `flag when billed > expected`",
        )
    if "overcharge" not in rule.own and "penalty" in rule.own:
        context.error("penalty-of-nothing", node.name.span, "this check has a penalty, and no overcharge", "add `overcharge …`")
    billed = _billed(rule)
    if parts.undercharges is not None and ("expected" not in rule.own or billed is None):
        context.error(
            "undercharge-of-what",
            parts.undercharges,
            "an undercharge is a bill below `expected`, and this check lacks one of the two",
            "add `expected …`, and give the record a money field `billed`",
        )
    for word in ("expected", "tolerance", "overcharge", "penalty"):
        if word in rule.own:
            context.column(rule.own[word], node.name.span)
    if any(d.severity.value == "error" for d in context.diagnostics[before:]):
        return
    context.checks[rule.symbol.name] = core.CheckRule(
        rule.symbol.name, title_of(node.title), rule.scope.own.record, tuple(parts.clauses),
        guarded(billed, rule.scope) if billed is not None and not billed.type.optional else billed,
        rule.own.get("expected", ""), rule.own.get("tolerance", ""), rule.own.get("overcharge", ""), rule.own.get("penalty", ""),
        parts.undercharges is not None, parts.undercharges, parts.reason, parts.challenge,
        any(isinstance(c, syntax.SettlesWithPeriod) for c in node.clauses), node.name.span,
        citations([c for c in node.clauses if isinstance(c, syntax.Cites)], rule.scope.module, context),
    )  # fmt: skip


def _clause(clause: syntax.CheckClause, node: syntax.Check, rule: Rule, parts: Parts) -> None:
    match clause:
        case syntax.Period():
            _take_gates(rule, parts, lambda: period_gate(rule, clause))
        case syntax.Requires() | syntax.Needs():
            _take_gates(rule, parts, lambda: gate(rule, clause))
        case syntax.Match():
            _take_gates(rule, parts, lambda: match_gate(rule, clause, node.clauses))
        case syntax.Let():
            settle_local(rule, clause.name)
        case syntax.Expected() | syntax.Tolerance() | syntax.Overcharge():
            word = FIGURES[type(clause)][0]
            rule.scope.context.column(rule.own[word], clause.span)
            parts.clauses.append(core.ColumnClause(word, rule.own[word], clause.span))
        case syntax.FlagWhen():
            _flag(clause, rule, parts)
        case syntax.FlagUndercharges():
            parts.undercharges = clause.span
        case syntax.Reason():
            if parts.reason:
                rule.scope.context.error("said-twice", clause.span, "`reason` stands twice in this check", "keep one of them")
            parts.reason = _reason(clause, rule)
        case syntax.Challenge():
            parts.challenge = _challenge(clause, rule, parts)
        case syntax.Show():
            shown(clause, rule.scope)


def _take_gates(rule: Rule, parts: Parts, act: Callable[[], object]) -> None:
    before = len(rule.gates)
    act()
    parts.clauses += rule.gates[before:]


def _flag(clause: syntax.FlagWhen, rule: Rule, parts: Parts) -> None:
    first = next((c for c in parts.clauses if isinstance(c, core.FlagClause)), None)
    if first is not None:
        rule.scope.context.error(
            "said-twice", clause.span, "`flag when` stands twice in this check", "join them with `or`", (Label(first.span, "first"),)
        )
    when = guarded(condition(clause.condition, rule.scope, "`flag when`"), rule.scope)
    parts.clauses.append(core.FlagClause(when, clause.span))


def _reason(node: syntax.Reason, rule: Rule) -> tuple[core.ReasonPart, ...]:
    """A reason's text, cut at its braces; values may be missing here, since a reason decides nothing."""
    start, text = node.text.span.start + 1, node.text.value
    made: list[core.ReasonPart] = []
    at = 0
    for name in node.paths:
        value = path(name, rule.scope)
        opening = text.rfind("{", 0, name.span.start - start)
        closing = text.find("}", name.span.end - start)
        made.append(core.ReasonPart(text[at:opening], None))
        made.append(core.ReasonPart("", value))
        at = closing + 1
    made.append(core.ReasonPart(text[at:], None))
    return tuple(part for part in made if part.text or part.value is not None)


def _challenge(node: syntax.Challenge, rule: Rule, parts: Parts) -> core.Challenge | None:
    context = rule.scope.context
    if parts.challenge is not None:
        context.error("said-twice", node.span, "`challenge` stands twice in this check", "keep one", (Label(parts.challenge.span, "first"),))
    respondent = paid_to(node.respondent, rule)
    for word, known in ((node.otherwise, OTHERWISE), (node.penalty_when, PENALTY_WHEN)):
        if word is not None and word.text not in known:
            context.error(
                "unknown-outcome",
                word.span,
                f"`{word.text}` is no outcome of a challenge",
                did_you_mean(word.text, known, f"it is {' or '.join(known)}"),
            )
    days = node.within.value
    if node.within.unit not in ("days", "working days") or days.denominator != 1 or days < 1:
        context.error("wrong-units", node.within.span, "an answer is due within a whole number of days", "write `10 working days`")
        return None
    if respondent is None:
        return None
    otherwise, when = (w.text if w else "" for w in (node.otherwise, node.penalty_when))
    return core.Challenge(respondent, int(days), node.within.unit, otherwise, when, node.span)


OTHERWISE = ("upheld", "lapsed")
PENALTY_WHEN = ("upheld", "agreed")


def precedence(node: syntax.Precedence, module: Module, context: Context) -> None:
    """`challenge each spell once for the largest overcharge ties in the order …`."""
    record = record_named(node.record, Scope(context, module, (Level("", ()),)))
    if record is None:
        return
    ties: list[str] = []
    for name in node.ties:
        found = _check_named(name, module)
        label = ".".join(part.text for part in name.names)
        if found is None:
            if not module.is_broken(name.names[-1].text):
                known = module.labels(("check",))
                context.error("unknown-name", name.span, f"there is no check `{label}`", did_you_mean(label, known))
        elif found.name in ties:
            context.error("duplicate-value", name.span, f"`{label}` stands twice in this order", "leave one out")
        elif found.name in context.checks and context.checks[found.name].record != record:
            other = context.checks[found.name].record
            context.error("wrong-record", name.span, f"`{label}` checks each {other}, not each {record}", "leave it out")
        else:
            ties.append(found.name)
    before = next((p for p in context.precedences if p.record == record), None)
    if before is not None:
        context.error(
            "said-twice", node.span, f"the order of challenges for each {record} is said twice", "keep one",
            (Label(before.span, "the first is here"),),
        )  # fmt: skip
        return
    context.precedences.append(core.Precedence(record, tuple(ties), node.span))


def _check_named(node: syntax.Path, module: Module) -> Symbol | None:
    names = node.names
    if len(names) == 2 and names[0].text in module.aliases:
        return module.aliases[names[0].text].find_kind(names[1].text, ("check",))
    return module.find_kind(names[0].text, ("check",)) if len(names) == 1 else None


