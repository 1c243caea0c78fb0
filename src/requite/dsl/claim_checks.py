"""Claim checks: what was expected, what is flagged, what is overcharged, why, and how it is challenged."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, fields, replace
from fractions import Fraction
from functools import partial
from typing import Any

from requite.dsl import program as core
from requite.dsl import syntax
from requite.dsl.columns import shown
from requite.dsl.declarations import citations, title_of
from requite.dsl.diagnostics import Label
from requite.dsl.elaborate import as_written, condition, guarded
from requite.dsl.gates import (
    Rule,
    fixed,
    gate,
    match_gate,
    money,
    own_lets_and_matches,
    paid_to,
    period_gate,
    rounded,
    said_once,
    settle_local,
)
from requite.dsl.names import Module, Symbol, did_you_mean
from requite.dsl.paths import member, path
from requite.dsl.ranges import record_named
from requite.dsl.scope import Context, Level, Scope, broken, is_broken
from requite.dsl.source import Span
from requite.dsl.types import BROKEN, MONEY, Kind

CHECK_ONCE = {
    syntax.Period: "period",
    syntax.SettlesWithPeriod: "settles with the period",
    syntax.Expected: "expected",
    syntax.Tolerance: "tolerance",
    syntax.Overcharge: "overcharge",
    syntax.FlagWhen: "flag when",
    syntax.FlagUndercharges: "flag undercharges too",
    syntax.Reason: "reason",
    syntax.Challenge: "challenge",
}
"""The clauses that stand once in a check, with their words."""

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
            _figure(rule, "penalty", partial(_penalty_column, node=clause, rule=rule), clause.penalty.span)
    billed = _billed(rule)
    if billed is not None and "expected" in own and "overcharge" not in own:
        _check_free("overcharge", node.name.span, rule)
        own["overcharge"] = rule.unique("overcharge")
        context.pending[own["overcharge"]] = lambda: _implied_overcharge(own["overcharge"], billed, rule)
    if "penalty" in own and "overcharge" not in own:
        _penalty_of_nothing(rule, node)
    context.rule_locals[symbol.name] = (record, own)
    return rule


def _penalty_of_nothing(rule: Rule, node: syntax.Check) -> None:
    context, unique = rule.scope.context, rule.unique("overcharge")
    challenge = next(c for c in node.clauses if isinstance(c, syntax.Challenge) and c.penalty is not None)
    if challenge.penalty is not None and not context.is_torn(node.span):
        context.error(
            "penalty-of-nothing",
            challenge.penalty.span,
            f"a penalty belongs to an overcharge, and the check `{node.name.text}` reckons none",
            "add a line such as `overcharge billed`, or `expected …` where the record has a money field `billed`",
        )
    nothing = core.Computed(broken(node.span))
    kind = core.ColumnKind.OVERCHARGE
    rule.own["overcharge"] = unique
    context.columns[unique] = core.Column(unique, "overcharge", kind, rule.scope.own.record, BROKEN, nothing, node.span)


def _figure(rule: Rule, word: str, make: Callable[[str], core.Column], span: Span) -> None:
    """Enter a figure of the check under its word, which may then mean nothing else."""
    if word in rule.own and word not in rule.spans:
        return  # the clause stands twice
    start = Span(span.source, span.start, span.start + len(word)) if span.text.startswith(word) else span
    if not _check_free(word, start, rule):
        rule.own.pop(word, None)
    unique = rule.unique(word)
    rule.own[word] = unique
    rule.scope.context.pending[unique] = lambda: make(unique)


def _check_free(word: str, span: Span, rule: Rule) -> bool:
    """Whether the word of a figure is not that of a field or a `let`, which is reported."""
    scope, record = rule.scope, rule.scope.own.record
    field = scope.context.field_of(record, word)
    first = rule.spans.get(word) or (field.span if field else None)
    if first is None and scope.module.member(record, word) is None:
        return True
    labels = (Label(first, "it is declared here"),) if first else ()
    message = f"`{word}` is a name of {record} already, and in this check it is also what the check reckons"
    help = f'give the other one another name, such as `{word}_price: money from "{word}"`'
    scope.context.error("duplicate-name", span, message, help, labels)
    return False


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
    said_once(node.clauses, CHECK_ONCE, "check", context)
    for clause in node.clauses:
        _clause(clause, node, rule, parts)
    flags = [c for c in node.clauses if isinstance(c, syntax.FlagWhen)]
    if not flags and not context.is_torn(node.span):
        context.error(
            "missing-flag",
            node.name.span,
            f"the check `{node.name.text}` never says when it flags",
            "add a line like `flag when billed > expected`",
        )
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
            parts.reason = _reason(clause, rule)
        case syntax.Challenge():
            parts.challenge = _challenge(clause, rule)
        case syntax.Show():
            shown(clause, rule.scope)


def _take_gates(rule: Rule, parts: Parts, act: Callable[[], object]) -> None:
    before = len(rule.gates)
    act()
    parts.clauses += rule.gates[before:]


def _flag(clause: syntax.FlagWhen, rule: Rule, parts: Parts) -> None:
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


def _challenge(node: syntax.Challenge, rule: Rule) -> core.Challenge | None:
    context = rule.scope.context
    respondent = paid_to(node.respondent, rule)
    for word, known in ((node.otherwise, OTHERWISE), (node.penalty_when, PENALTY_WHEN)):
        if word is not None and word.text not in known:
            context.error(
                "unknown-outcome",
                word.span,
                f"`{word.text}` is no outcome of a challenge",
                did_you_mean(word.text, known, f"it is {' or '.join(known)}"),
            )
    length = _answer_time(node.within, rule)
    if respondent is None or length is None:
        return None
    otherwise, when = (w.text if w else "" for w in (node.otherwise, node.penalty_when))
    return core.Challenge(respondent, *length, otherwise, when, node.span)


def _answer_time(node: syntax.Duration | syntax.Path, rule: Rule) -> tuple[int, str] | None:
    """Within how many days or working days an answer is due."""
    value, days = fixed(node, rule)
    if is_broken(value):
        return None
    whole = isinstance(days, Fraction) and days.denominator == 1 and days >= 1
    if value.type.kind not in (Kind.DAYS, Kind.WORKING_DAYS) or not whole:
        message = "an answer is due within a whole number of days that is the same for all claims"
        help = "write `10 working days`, or name a parameter: `parameter answer_time: working days 10 working days`"
        rule.scope.context.error("wrong-units", node.span, message, help)
        return None
    assert isinstance(days, Fraction)
    return int(days), value.type.kind.value


OTHERWISE = ("upheld", "lapsed")
PENALTY_WHEN = ("upheld", "agreed")


def precedence(node: syntax.Precedence, module: Module, context: Context) -> None:
    """`challenge each spell once for the largest overcharge where … ties in the order …`."""
    record = record_named(node.record, Scope(context, module, (Level("", ()),)))
    if record is None:
        return
    ties: list[str] = []
    for name in node.ties:
        found = module.find_path(name.names, ("check",))
        label = as_written(name.span)
        if found is None:
            if not module.is_broken_path(name.names):
                help = module.nearest_path(name.names, ("check",), "name checks of this record")
                context.error("unknown-name", name.span, f"there is no check `{label}`", help)
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
            "repeated-clause", node.span, f"the order of challenges for each {record} is said twice", "keep one",
            (Label(before.span, "the first is here"),),
        )  # fmt: skip
        return
    context.precedences.append(core.Precedence(record, tuple(ties), node.span))
    if node.where is not None:
        _support(node.where, node.record.names[-1].text, record, module, context)


CHECK_NAME = "check_name"
"""What stands for the name of the check whose finding it is, where it is said which findings are challenged."""


def _support(where: syntax.Expr, label: str, record: str, module: Module, context: Context) -> None:
    """Enter with each check of the record what must hold for its finding to be challenged."""
    scope = Scope(context, module, (Level(record, (label,)),))
    checks = [check for check in context.checks.values() if check.record == record]
    for name in [check.name for check in checks] or [""]:
        supported = guarded(condition(_with_check_name(where, name), scope, "`where`"), scope)
        if name and not is_broken(supported):
            context.checks[name] = replace(context.checks[name], supported=supported)


def _with_check_name(node: Any, name: str) -> Any:
    """An expression as written, with the name of a check in place of `check_name`."""
    if isinstance(node, syntax.Path) and [part.text for part in node.names] == [CHECK_NAME]:
        return syntax.Text(node.span, name)
    if isinstance(node, tuple):
        return tuple(_with_check_name(part, name) for part in node)
    if not isinstance(node, syntax.Node):
        return node
    parts = {field.name: getattr(node, field.name) for field in fields(node)}
    return replace(node, **{key: _with_check_name(part, name) for key, part in parts.items() if key != "span"})
