"""Figures reckoned for each record: `let`, `match`, `share` and `show` under `for each`, and the records that group others."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import fields, is_dataclass, replace
from functools import partial
from typing import Any

from requite.dsl import program as core
from requite.dsl import syntax
from requite.dsl.diagnostics import Label
from requite.dsl.elaborate import elaborate, guarded
from requite.dsl.names import OWN_WORDS, Module, Symbol, apart, own_word
from requite.dsl.paths import member, path
from requite.dsl.ranges import matched, record_named, related
from requite.dsl.scope import Context, Level, Scope, broken, is_broken
from requite.dsl.source import Span
from requite.dsl.types import BROKEN, KEY_KINDS, WEIGHTS, Kind


def walk(node: Any) -> Iterator[Any]:
    """A syntax node and all below it."""
    waiting = [node]
    while waiting:
        part = waiting.pop()
        if isinstance(part, tuple):
            waiting += part
        elif is_dataclass(part) and not isinstance(part, Span):
            yield part
            waiting += [getattr(part, f.name) for f in fields(part) if f.name != "span"]


def scope_of(record: str, label: str, module: Module, context: Context) -> Scope:
    return Scope(context, module, (Level(record, (label,) if label else ()),))


# --- for each -----------------------------------------------------------------------------------------------------------


def register_for_each(node: syntax.ForEach, module: Module, context: Context) -> None:
    """Enter the names under a `for each`; their values are worked out when they are first read."""
    scope = scope_of("", "", module, context)
    record = record_named(node.record, scope)
    if record is None:
        return
    scope = scope_of(record, node.record.names[-1].text, module, context)
    for clause in node.clauses:
        match clause:
            case syntax.Let():
                _register(record, clause.name, partial(let_column, node=clause, scope=scope), scope)
            case syntax.Match():
                name = clause.alias or clause.range.record.names[-1]
                _register(record, name, partial(match_column, node=clause, scope=scope), scope)
            case syntax.Share():
                register_share(clause, record, "", scope)


def _register(record: str, name: syntax.Name, make: Callable[[str], core.Column], scope: Scope) -> None:
    """Enter a column of a record under a name that must be new there."""
    unique = f"{scope.module.prefix}{record}.{name.text}"
    if is_taken(name, record, scope) or is_record(name, scope):
        return
    scope.module.enter_member(record, name, unique)
    scope.context.pending[unique] = lambda: make(unique)


def is_record(name: syntax.Name, scope: Scope) -> bool:
    """Whether the rule's own record is called by this name already, which is then reported."""
    if name.text in scope.own.names:
        scope.context.error(
            "duplicate-name",
            name.span,
            f"`{name.text}` is the record that this is worked out for",
            "give it another name; what a match finds is named with `as`: `match an earlier spell as index`",
        )
    return name.text in scope.own.names


def is_taken(name: syntax.Name, record: str, scope: Scope) -> bool:
    """Whether a record has a field or column of this name already, which is then reported."""
    if name.text in OWN_WORDS:
        scope.context.error("reserved-word", name.span, *own_word(name.text))
    field = scope.context.field_of(record, name.text)
    if field is not None:
        _report_taken(record, "field", field.span, name.span, "", scope)
        return True
    beside = scope.module.member_beside(record, name.text)
    if beside is None:
        return False
    other, first = beside
    if scope.module is not other and scope.module in other.reachable():  # who wrote the other file knows this one
        _report_taken(record, "value", name.span, first, apart(name.span.source.name), scope)
    else:
        used = other if other in scope.module.reachable() else scope.module
        _report_taken(record, "value", first, name.span, apart(used.document.source.name), scope)
    return True


def _report_taken(record: str, what: str, first: Span, second: Span, apart: str, scope: Scope) -> None:
    message, help = f"{record} has a {what} called `{second.text}` already", "give one of them another name"
    if first.source.name != second.source.name:
        message += f", in {first.source.name}"
        help += f", or keep the files apart: {apart}" if apart else ""
    scope.context.error("duplicate-name", second, message, help, (Label(first, "the first is here"),))


def let_column(unique: str, node: syntax.Let, scope: Scope) -> core.Column:
    value = elaborate(node.value, scope)
    return core.Column(
        unique, node.name.text, core.ColumnKind.LET, scope.own.record, value.type, core.Computed(value), node.name.span
    )


def match_column(unique: str, node: syntax.Match, scope: Scope) -> core.Column:
    """The column that holds the row a `match` finds."""
    name = node.alias or node.range.record.names[-1]
    found = matched(node, scope)
    definition: core.Definition = core.Computed(broken(node.span))
    kind = BROKEN
    if found is not None:
        definition, kind = found
    return core.Column(unique, name.text, core.ColumnKind.MATCH, scope.own.record, kind, definition, node.span)


# --- sharing ------------------------------------------------------------------------------------------------------------


def register_share(node: syntax.Share, owner: str, scheme: str, scope: Scope) -> str | None:
    """Enter a share's part as a column of the records that it is shared among; the share's unique name."""
    inner = record_named(node.range.record, scope)
    if inner is None or is_taken(node.name, inner, scope):
        return None
    share = f"{scope.module.prefix}{scheme or owner}.{node.name.text}"
    column = f"{scope.module.prefix}{inner}.{node.name.text}"
    scope.module.enter_member(inner, node.name, column)
    scope.context.pending[column] = lambda: _share_column(column, share, inner, node, scheme, scope)
    return share


def _share_column(column: str, share: str, inner: str, node: syntax.Share, scheme: str, scope: Scope) -> core.Column:
    context = scope.context
    local = context.scheme_scopes.get(scheme)
    scope = local(node) if local else scope
    amount, found = guarded(elaborate(node.amount, scope), scope), related(node.range, scope)
    kind = amount.type
    if not is_broken(amount) and kind.kind is not Kind.MONEY:
        context.error(
            "not-money", node.amount.span, f"what is shared is money, and this is {kind.noun}", "share an amount of money"
        )
        kind = BROKEN
    weight = None
    if found is not None and node.weight is not None:
        weight = guarded(elaborate(node.weight, found[1]), found[1])
        if not is_broken(weight) and weight.type.kind not in WEIGHTS:
            context.error(
                "wrong-units", node.weight.span, f"{weight.type.noun} cannot be a weight", "weigh by a number, a count or money"
            )
    if found is not None and kind.kind is Kind.MONEY:
        context.shares[share] = core.Share(
            name=share,
            record=scope.own.record,
            amount=amount,
            range=found[0],
            weight=weight,
            column=column,
            scheme=scheme,
            label=node.name.text,
            spent_on=node.spent_on.value if node.spent_on else "",
            gates=(),
            span=node.span,
        )
    return core.Column(column, node.name.text, core.ColumnKind.SHARE, inner, kind.required, core.Shared(share), node.name.span)


# --- shown figures --------------------------------------------------------------------------------------------------------


def shown(node: syntax.Show, scope: Scope) -> None:
    """Enter the figures that a `show` asks for."""
    for name in node.names:
        value = path(name, scope)
        if is_broken(value):
            continue
        if value.type.kind is Kind.ROW:
            scope.context.error("not-a-value", name.span, f"{value.type.noun} is no figure", "show one of its fields")
            continue
        label = scope.module.prefix + ".".join(part.text for part in name.names if part.text != "this")
        scope.context.shown.append(core.Shown(label, scope.own.record, value, name.span))


def show_for_each(node: syntax.ForEach, module: Module, context: Context) -> None:
    symbol = module.find(node.record.names[-1].text)
    for clause in node.clauses:
        if isinstance(clause, syntax.Show) and symbol is not None:
            shown(clause, scope_of(symbol.name, symbol.label, module, context))


# --- records that group others ---------------------------------------------------------------------------------------------


def declare_derived(symbol: Symbol, module: Module, context: Context) -> None:
    """Enter `record contract for each provider, commissioner of spell`: its key fields are values of the grouped record."""
    node = symbol.node
    assert isinstance(node, syntax.DerivedRecord)
    record = record_named(node.of, scope_of("", "", module, context))
    if record is None:
        module.broken.add(symbol.label)
        return
    scope = scope_of(record, node.of.names[-1].text, module, context)
    by: list[core.Expr] = []
    made: list[core.Field] = []
    for name in node.by:
        value = member(0, name, scope)
        if value is None:
            value = path(syntax.Path(name.span, (name,)), scope)
        if is_broken(value):
            module.broken.add(symbol.label)
            continue
        if value.type.kind not in KEY_KINDS or name.text in {f.name for f in made}:
            context.error(
                "bad-key", name.span, f"`{name.text}` cannot group records", "group by a text, a number or a date, each once"
            )
            continue
        by.append(value)
        made.append(core.Field(name.text, value.type.required, True, False, name.text, "", "", "", "", name.span))
    before = context.records[symbol.name]
    context.records[symbol.name] = replace(before, fields=tuple(made), key=tuple(f.name for f in made), derived_by=tuple(by))


def announce_derived(symbol: Symbol, module: Module, context: Context) -> None:
    """Enter a derived record without its fields, so that names can refer to it before they are known."""
    node = symbol.node
    assert isinstance(node, syntax.DerivedRecord)
    of = module.find(node.of.names[-1].text)
    title = node.title.value if node.title else ""
    context.records[symbol.name] = core.Record(symbol.name, title, (), (), node.name.span, derived_from=of.name if of else "")
