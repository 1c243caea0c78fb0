"""Documents → the checked program: declarations, then figures, rules and examples, then what only the whole can show."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from fractions import Fraction

from requite.dsl import program as core
from requite.dsl import syntax
from requite.dsl.checks import CHECKS
from requite.dsl.claim_checks import close_check, open_check, precedence
from requite.dsl.columns import announce_derived, declare_derived, register_for_each, show_for_each
from requite.dsl.conditions import CONDITIONS
from requite.dsl.constants import CURRENCY_SIGNS
from requite.dsl.declarations import (
    check_keys,
    check_references,
    declare_bands,
    declare_codes,
    declare_parameter,
    declare_record,
    table_rows,
    title_of,
)
from requite.dsl.diagnostics import Diagnostic, Label, has_errors, in_files, in_order
from requite.dsl.expressions import OPERATORS, rounding
from requite.dsl.lookups import LOOKUPS
from requite.dsl.names import Module, Symbol, did_you_mean
from requite.dsl.paths import PATHS
from requite.dsl.ranges import RANGES
from requite.dsl.schemes import close_scheme, open_scheme
from requite.dsl.scope import Context, Level, Scope, words_lost
from requite.dsl.source import Places, Span
from requite.dsl.types import Kind
from requite.dsl.worked_examples import read_examples

ELABORATORS = {**OPERATORS, **CONDITIONS, **PATHS, **LOOKUPS, **RANGES}


def check_modules(
    modules: tuple[Module, ...], syntax_errors: tuple[Span, ...] = (), sound: bool = True, places: Places | None = None
) -> tuple[core.Program | None, tuple[Diagnostic, ...]]:
    """Modules, the main one first, to the program that they make; no program where there is an error.

    Where the text is not sound, examples and what only the whole can show are left alone: what they miss may stand in what
    could not be read, or under another name. `places` are those of texts kept as sources of their own.
    """
    places = places or {}
    context = Context(ELABORATORS, syntax_errors=syntax_errors, lost_words=words_lost(syntax_errors), places=places)
    head = _ruleset(modules[0], context)
    _declare(modules, context)
    _reckon(modules, context)
    if sound and not has_errors(context.diagnostics):
        for module in _of_this_ruleset(modules):
            read_examples(module, context)
    program = _program(head, modules, context)
    if sound and not has_errors(context.diagnostics):
        for check in CHECKS:
            context.diagnostics += check(program, modules, frozenset(context.used))
    found = in_order(in_files(context.diagnostics, places))
    return (None if has_errors(found) else program), found


def _of_this_ruleset(modules: tuple[Module, ...]) -> list[Module]:
    """The ruleset's own file, and those that it uses that are no rulesets: all others are tried where they stand."""
    heads = (any(isinstance(node, syntax.Ruleset) for node in module.document.declarations) for module in modules[1:])
    return [modules[0], *(module for module, is_ruleset in zip(modules[1:], heads, strict=True) if not is_ruleset)]


def _symbols(modules: Iterable[Module], *kinds: str) -> Iterator[tuple[Symbol, Module]]:
    for module in modules:
        for symbol in module.symbols.values():
            if symbol.kind in kinds:
                yield symbol, module


def _declare(modules: tuple[Module, ...], context: Context) -> None:
    for symbol, module in _symbols(modules, "record", "table"):
        before = context.records.get(symbol.name)
        if before is not None and (before.derived_from or isinstance(symbol.node, syntax.DerivedRecord)):
            _derived_twice(symbol, before, context)
        elif isinstance(symbol.node, syntax.DerivedRecord):
            announce_derived(symbol, module, context)
        else:
            declare_record(symbol, module, context)
    check_references(context)
    check_keys(context)
    for symbol, module in _symbols(modules, "codes"):
        declare_codes(symbol, module, context)
    for symbol, module in _symbols(modules, "parameter"):
        declare_parameter(symbol, module, context)
    for symbol, module in _symbols(modules, "bands"):
        declare_bands(symbol, module, context)
    for symbol, module in _symbols(modules, "table"):
        table_rows(symbol, module, context)


def _derived_twice(symbol: Symbol, before: core.Record, context: Context) -> None:
    """A record that groups others is made in one file: there are no two declarations of it that could agree."""
    context.error(
        "records-disagree",
        symbol.span,
        f"`{symbol.label}` is declared in another file too, and at least one of the two makes it from other records",
        "declare it in one file, or give one of them another name",
        (Label(before.span, "declared here too"),),
    )


def _reckon(modules: tuple[Module, ...], context: Context) -> None:
    for module in modules:
        for node in module.document.declarations:
            if isinstance(node, syntax.ForEach):
                register_for_each(node, module, context)
    figures, start = tuple(context.pending), modules[0].document.declarations[0].span
    schemes = [r for s, m in _symbols(modules, "scheme") if (r := open_scheme(s, m, context)) is not None]
    checks = [r for s, m in _symbols(modules, "check") if (r := open_check(s, m, context)) is not None]
    for symbol, module in _symbols(modules, "record"):
        if isinstance(symbol.node, syntax.DerivedRecord):
            declare_derived(symbol, module, context)
    context.settle_early(figures, start)
    for rule in schemes:
        close_scheme(rule)
    for rule in checks:
        close_check(rule)
    while context.pending:
        context.column(next(iter(context.pending)), start)
    for module in modules:
        for node in module.document.declarations:
            if isinstance(node, syntax.ForEach):
                show_for_each(node, module, context)
            elif isinstance(node, syntax.Precedence):
                precedence(node, module, context)


def _ruleset(main: Module, context: Context) -> syntax.Ruleset | None:
    """The head of the main file: its name, currency and rounding; there is one in every ruleset."""
    heads = [d for d in main.document.declarations if isinstance(d, syntax.Ruleset)]
    broken = [d for d in main.document.declarations if isinstance(d, syntax.Broken) and d.word == "ruleset"]
    if not heads:
        if not broken and main.document.declarations:
            context.error(
                "missing-ruleset",
                main.document.declarations[0].span,
                "a ruleset begins with its name",
                'write `ruleset my_scheme "My scheme"` as the first line',
            )
        return None
    for second in heads[1:]:
        context.error("repeated-clause", second.span, "`ruleset` stands twice in this file", "keep one")
    head = heads[0]
    if head.currency is not None:
        if head.currency.text not in CURRENCY_SIGNS:
            context.error(
                "unknown-currency",
                head.currency.span,
                f"`{head.currency.text}` is not a currency that can be written here",
                did_you_mean(head.currency.text, CURRENCY_SIGNS, f"there are {', '.join(CURRENCY_SIGNS)}"),
            )
        else:
            context.currency = head.currency.text
    if head.rounding is not None:
        scope = Scope(context, main, (Level("", ()),))
        context.rounding = rounding(head.rounding, scope, Kind.MONEY)
    return head


def _program(head: syntax.Ruleset | None, modules: tuple[Module, ...], context: Context) -> core.Program:
    return core.Program(
        name=head.name.text if head else "",
        title=title_of(head.title) if head else "",
        currency=context.currency,
        rounding=context.rounding or core.Rounding("half away", Fraction(1, 100)),
        records=context.records,
        parameters=context.parameters,
        bands=context.bands,
        codes=context.codes,
        columns=context.columns,
        shares=context.shares,
        payments=context.payments,
        schemes=context.schemes,
        checks=context.checks,
        precedences=tuple(context.precedences),
        shown=tuple(context.shown),
        examples=tuple(context.examples),
        files={module.document.source.name: module.document.source.text for module in modules},
        own_files=frozenset(module.document.source.name for module in _of_this_ruleset(modules)),
    )
