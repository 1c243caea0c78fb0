"""Names in expressions → what they stand for: `billed`, `this.admitted`, `estimate.expected_cost`, `tariff[hrg].day_case`."""

from __future__ import annotations

import re

from requite.dsl import program as core
from requite.dsl import syntax
from requite.dsl.constants import YES_NO_WORDS
from requite.dsl.diagnostics import Label
from requite.dsl.elaborate import as_written, elaborate
from requite.dsl.facts import shape
from requite.dsl.lookups import parameter_read
from requite.dsl.names import Module, Symbol, did_you_mean, listed
from requite.dsl.scan import DASH
from requite.dsl.scope import Elaborator, Scope, broken, is_broken
from requite.dsl.source import Span
from requite.dsl.types import YES_NO, Kind


def path(node: syntax.Path, scope: Scope) -> core.Expr:
    """A dotted name to the value that it stands for; an unknown one is reported with the nearest that is there."""
    found = _root(node, scope)
    if found is None:
        _report_unknown(node.names[0], scope)
        return broken(node.span)
    value, rest = found
    for name in rest:
        value = member_of(value, name, scope)
    return value


def resolves(node: syntax.Path, scope: Scope) -> bool:
    """Whether a bare name stands for something here (nothing is reported)."""
    before = len(scope.context.diagnostics)
    found = _root(node, scope)
    del scope.context.diagnostics[before:]
    return found is not None


def _root(node: syntax.Path, scope: Scope) -> tuple[core.Expr, tuple[syntax.Name, ...]] | None:
    first, rest = node.names[0], node.names[1:]
    if first.text == "this":
        return (_own(rest[0], scope), rest[1:]) if rest else (scope.row(0, first.span), ())
    if scope.is_inner and _is_own_name(first, scope):
        found = _inner_name(first, scope)
        return (found, rest) if found else None
    value = member(len(scope.levels) - 1, first, scope) or (None if scope.is_inner else local(first, scope))
    if value is not None:
        _check_not_parameter(first, scope)
        return value, rest
    for level in reversed(range(len(scope.levels))):
        if first.text in scope.levels[level].names:
            return scope.row(level, first.span), rest
    return _global(node, scope)


def _check_not_parameter(name: syntax.Name, scope: Scope) -> None:
    """A name that is also a parameter's could mean either; said once for each."""
    symbol = scope.module.find_kind(name.text, ("parameter",))
    place = (scope.inner.record, name.text)
    if symbol is None or place in scope.context.told:
        return
    scope.context.told.add(place)
    scope.context.error(
        "ambiguous-name",
        name.span,
        f"`{name.text}` is a parameter, and {scope.inner.record} has something of that name too",
        "give one of them another name",
        (Label(symbol.span, "the parameter"),),
    )


def _is_own_name(name: syntax.Name, scope: Scope) -> bool:
    """Whether the rule's own row, which is not the innermost here, has or could have this name."""
    return name.text in scope.locals or _has_member(scope.own.record, name.text, scope)


def _inner_name(name: syntax.Name, scope: Scope) -> core.Expr | None:
    context, record = scope.context, scope.inner.record
    inner = _has_member(record, name.text, scope)
    if inner and (record == scope.own.record or name.text in scope.inner.names):
        return member(len(scope.levels) - 1, name, scope)
    if inner:
        context.error(
            "ambiguous-name",
            name.span,
            f"both {record} and {scope.own.record} have a `{name.text}`",
            f"write `{record}.{name.text}` or `this.{name.text}`",
        )
        return broken(name.span)
    for level in reversed(range(1, len(scope.levels))):
        if name.text in scope.levels[level].names:
            return scope.row(level, name.span)
    context.error(
        "needs-this",
        name.span,
        f"`{name.text}` belongs to {scope.own.record}, and here bare names are those of {record}",
        f"write `this.{name.text}`",
    )
    return broken(name.span)


def _own(name: syntax.Name, scope: Scope) -> core.Expr:
    value = member(0, name, scope) or local(name, scope)
    if value is None:
        _report_no_member(name, scope.own.record, scope, list(scope.locals))
        return broken(name.span)
    return value


def _has_member(record: str, label: str, scope: Scope) -> bool:
    return scope.module.member(record, label) is not None or scope.context.field_of(record, label) is not None


def member(level: int, name: syntax.Name, scope: Scope) -> core.Expr | None:
    return _member_read(scope.row(level, name.span), name, name.span, scope) if scope.levels[level].record else None


def local(name: syntax.Name, scope: Scope) -> core.Expr | None:
    unique = scope.locals.get(name.text)
    return _column(scope.row(0, name.span), unique, name.span, scope) if unique else None


def _member_read(row: core.Expr, name: syntax.Name, span: Span, scope: Scope) -> core.Expr | None:
    """A field or column of a row by its label, or None where the record has none of that name."""
    column = scope.module.member(row.type.record, name.text)
    if column is not None:
        return _column(row, column, span, scope)
    field = scope.context.field_of(row.type.record, name.text)
    if field is None:
        return None
    kind = field.type.made_optional(field.optional or row.type.optional)
    return _narrowed(core.FieldRead(kind, span, row, field.name), scope)


def _column(row: core.Expr, unique: str, span: Span, scope: Scope) -> core.Expr:
    scope.context.used.add(unique)
    column = scope.context.column(unique, span)
    if column is None or column.type.kind is Kind.BROKEN:
        return broken(span)
    return _narrowed(core.ColumnRead(column.type.made_optional(row.type.optional), span, row, unique), scope)


def _narrowed(read: core.FieldRead | core.ColumnRead, scope: Scope) -> core.Expr:
    if read.type.optional and shape(read) in scope.known:
        if isinstance(read, core.FieldRead):
            return core.FieldRead(read.type.required, read.span, read.row, read.field)
        return core.ColumnRead(read.type.required, read.span, read.row, read.column)
    return read


def member_of(value: core.Expr, name: syntax.Name, scope: Scope) -> core.Expr:
    """A field or column of a row-valued expression, an unknown one reported."""
    if is_broken(value):
        return value
    span = value.span.to(name.span)
    if value.type.kind is not Kind.ROW:
        what = as_written(value.span)
        scope.context.error(
            "not-a-record", name.span, f"`{what}` is {value.type.noun}, and has no `{name.text}`", "only a record has fields"
        )
        return broken(span)
    found = _member_read(value, name, span, scope)
    if found is None:
        _report_no_member(name, value.type.record, scope, [])
        return broken(span)
    return found


def field_of(node: syntax.FieldOf, scope: Scope) -> core.Expr:
    return member_of(elaborate(node.of, scope), node.name, scope)


# --- what stands outside records --------------------------------------------------------------------------------------


def _global(node: syntax.Path, scope: Scope) -> tuple[core.Expr, tuple[syntax.Name, ...]] | None:
    first, rest = node.names[0], node.names[1:]
    alias = scope.module.aliases.get(first.text)
    if alias is not None and rest:
        return _through_alias(alias, rest, scope)
    symbol = scope.module.find(first.text)
    if symbol is not None:
        return _named(symbol, first, scope), rest
    if first.text in YES_NO_WORDS and not rest:
        return core.Constant(YES_NO, first.span, YES_NO_WORDS[first.text]), ()
    if scope.module.is_broken(first.text):
        return broken(node.span), ()
    return None


def _through_alias(alias: Module, rest: tuple[syntax.Name, ...], scope: Scope) -> tuple[core.Expr, tuple[syntax.Name, ...]]:
    name, level = rest[0], scope.levels[-1]
    column = alias.member(level.record, name.text)
    if column is not None:
        return _column(scope.row(len(scope.levels) - 1, name.span), column, name.span, scope), rest[1:]
    symbol = alias.find(name.text)
    if symbol is not None:
        return _named(symbol, name, scope), rest[1:]
    if not alias.is_broken(name.text):
        known = [*alias.labels(GLOBALS), *alias.member_labels(level.record)]
        help = did_you_mean(name.text, known, f"it has {listed(known)}" if known else "it declares nothing that has a value")
        scope.context.error("unknown-name", name.span, f"the file used here has no `{name.text}`", help)
    return broken(name.span), ()


def _named(symbol: Symbol, name: syntax.Name, scope: Scope) -> core.Expr:
    scope.context.used.add(symbol.name)
    if symbol.kind == "parameter":
        return parameter_read(symbol, None, name.span, scope)
    hints = {
        "bands": f"look a value up in it: `{name.text}[…]`",
        "table": f"look a row up in it: `{name.text}[…]`",
        "record": f"take one of its rows: `{name.text}[key]`, a `match`, or `over each {name.text}`",
        "codes": f"ask whether something is in it: `method in {name.text}`",
    }
    what = {"codes": "a list of codes", "bands": "a set of bands"}.get(symbol.kind, f"a {symbol.kind}")
    scope.context.error(
        "not-a-value",
        name.span,
        f"`{name.text}` is {what}, not a value",
        hints.get(symbol.kind, "name a field, a `let` or a parameter"),
    )
    return broken(name.span)


# --- what is said of unknown names --------------------------------------------------------------------------------------


def _report_unknown(name: syntax.Name, scope: Scope) -> None:
    level = scope.inner
    own = [
        *(f.name for f in _fields(level.record, scope)),
        *scope.module.member_labels(level.record),
        *([] if scope.is_inner else scope.locals),
    ]
    if any(scope.module.is_broken(record) for record in (level.record, scope.own.record)):
        return
    if name.text == "none":
        scope.context.error(
            "value-out-of-place", name.span, "`none` stands only in rows and examples", "to ask for a blank, write `x is missing`"
        )
        return
    if name.text in scope.module.aliases:
        message, help = f"`{name.text}` is a file that is used, not a value", f"name something in it: `{name.text}.…`"
        scope.context.error("not-a-value", name.span, message, help)
        return
    where = f"{level.record} has no field or `let` of that name" if level.record != core.WHOLE else "nothing has that name"
    scope.context.error(
        "unknown-name",
        name.span,
        f"`{name.text}` is not known here: {where}",
        _with_hyphens(name.span, own) or _unknown_help(name.text, own, level.record, scope.module),
    )


def _with_hyphens(span: Span, own: list[str]) -> str:
    """What to write for `generic-items`, which is a difference."""
    text = span.source.text
    before = _PARTS_BEFORE.search(text[max(0, span.start - LONGEST_HYPHENATED) : span.start])
    after = _PARTS_AFTER.match(text[span.end : span.end + LONGEST_HYPHENATED])
    whole = (before[0] if before else "") + span.text + (after[0] if after else "")
    joined = re.sub(f"[{DASH}]", "_", whole)
    known = next((label for label in own if label.casefold() == joined.casefold()), "") if joined != whole else ""
    return f"`{whole}` is a difference; did you mean `{known}`?" if known else ""


LONGEST_HYPHENATED = 100
_PARTS_BEFORE = re.compile(rf"(?:\w+[{DASH}])+$")
_PARTS_AFTER = re.compile(rf"(?:[{DASH}]\w+)+")


def _unknown_help(name: str, own: list[str], record: str, module: Module) -> str:
    if name in FIGURES_OF_CHECKS:
        return f"a check has it where it says so: add a line `{name} …`"
    for alias, other in module.aliases.items():
        if other.find_kind(name, GLOBALS) or name in other.member_labels(record):
            return f"did you mean `{alias}.{name}`?"
    known = module.labels(GLOBALS)
    has = f"{record} has {listed(own)}" if own and record != core.WHOLE else f"there are {listed([*own, *known])}"
    return did_you_mean(name, [*own, *known], has if own or known else "declare it first")


GLOBALS = ("parameter", "bands", "table", "codes", "record")
"""What is seen by its name from everywhere in a file, and can be part of a value."""


FIGURES_OF_CHECKS = ("expected", "tolerance", "overcharge", "penalty")


def _report_no_member(name: syntax.Name, record: str, scope: Scope, more: list[str]) -> None:
    if scope.module.is_broken(record):
        return
    candidates = [*(f.name for f in _fields(record, scope)), *scope.module.member_labels(record), *more]
    if record == core.WHOLE:
        message = f"a scheme for the whole ruleset has no `{name.text}`: it is no row of anything"
        scope.context.error("unknown-field", name.span, message, "write the scheme `for each …`, or name a parameter or a total")
        return
    scope.context.error(
        "unknown-field",
        name.span,
        f"{record} has no `{name.text}`",
        did_you_mean(name.text, candidates, f"it has {listed(candidates)}" if candidates else "declare its fields"),
    )


def _fields(record: str, scope: Scope) -> tuple[core.Field, ...]:
    known = scope.context.records.get(record)
    return known.fields if known else ()


PATHS: dict[type, Elaborator] = {syntax.Path: path, syntax.FieldOf: field_of}
