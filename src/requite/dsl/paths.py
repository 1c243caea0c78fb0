"""Names in expressions → what they stand for: `billed`, `this.admitted`, `estimate.expected_cost`, `tariff[hrg on discharged].day_case`."""

from __future__ import annotations

from requite.dsl import program as core
from requite.dsl import syntax, units
from requite.dsl.constants import YES_NO_WORDS
from requite.dsl.diagnostics import Label
from requite.dsl.elaborate import elaborate
from requite.dsl.facts import shape
from requite.dsl.names import Module, Symbol, did_you_mean, listed
from requite.dsl.scope import Elaborator, Scope, broken, is_broken
from requite.dsl.source import Span
from requite.dsl.types import BROKEN, ROW_KINDS, YES_NO, Kind, Type


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
        return value, rest
    for level in reversed(range(len(scope.levels))):
        if first.text in scope.levels[level].names:
            return scope.row(level, first.span), rest
    return _global(node, scope)


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
    known = scope.context.records.get(record)
    return scope.module.member(record, label) is not None or (known is not None and any(f.name == label for f in known.fields))


def member(level: int, name: syntax.Name, scope: Scope) -> core.Expr | None:
    return _member_read(scope.row(level, name.span), name, name.span, scope) if scope.levels[level].record else None


def local(name: syntax.Name, scope: Scope) -> core.Expr | None:
    unique = scope.locals.get(name.text)
    return _column(scope.row(0, name.span), unique, name.span, scope) if unique else None


def _member_read(row: core.Expr, name: syntax.Name, span: Span, scope: Scope) -> core.Expr | None:
    """A field or column of a row by its label, or None where the record has none of that name."""
    record = scope.context.records.get(row.type.record)
    column = scope.module.member(row.type.record, name.text)
    if column is not None:
        return _column(row, column, span, scope)
    if record is None:
        return None
    for field in record.fields:
        if field.name == name.text:
            kind = field.type.made_optional(field.optional or row.type.optional)
            return _narrowed(core.FieldRead(kind, span, row, field.name), scope)
    return None


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
        what = " ".join(value.span.text.split())
        scope.context.error(
            "not-a-record", name.span, f"`{what}` is {value.type}, and has no `{name.text}`", "only a record has fields"
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
        known = [*alias.labels(), *alias.member_labels(level.record)]
        scope.context.error("unknown-name", name.span, f"the file used here has no `{name.text}`", did_you_mean(name.text, known))
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
    article = "a" if symbol.kind != "codes" else "a list of"
    scope.context.error(
        "not-a-value", name.span, f"`{name.text}` is {article} {symbol.kind}, not a value", hints.get(symbol.kind, "name a value")
    )
    return broken(name.span)


def parameter_read(symbol: Symbol, on: core.Expr | None, span: Span, scope: Scope) -> core.Expr:
    """A parameter's value; a dated one on the date said, or on the rule's own date."""
    parameter = scope.context.parameters.get(symbol.name)
    if parameter is None or parameter.type.kind is Kind.BROKEN:
        return broken(span)
    dated = any(value.start for value in parameter.values)
    if not dated:
        if on is not None:
            scope.context.error("not-dated", span, f"`{symbol.label}` has one value for all dates", f"write `{symbol.label}` alone")
        return core.ParameterRead(parameter.type, span, symbol.name, None)
    on = on or scope.reading_date
    if on is None:
        scope.context.error(
            "date-needed",
            span,
            f"`{symbol.label}` has a value for each time, and nothing here says on which date it is read",
            f"write `{symbol.label}[on discharged]`, or give the rule a `period … by discharged`",
            (Label(parameter.span, "its values are here"),),
        )
        return broken(span)
    _warn_before_first(parameter, on, span, scope)
    return core.ParameterRead(parameter.type.made_optional(on.type.optional), span, symbol.name, on)


def _warn_before_first(parameter: core.Parameter, on: core.Expr, span: Span, scope: Scope) -> None:
    first = min(value.start for value in parameter.values if value.start)
    start = on.value if isinstance(on, core.Constant) else None
    by_period = scope.period and scope.reading_date and shape(on) == shape(scope.reading_date)
    if by_period and scope.period:
        start = scope.period[0]
    if start is not None and str(start) < str(first):
        scope.context.error(
            "before-first-value",
            span,
            f"`{parameter.name.rsplit('.', 1)[-1]}` has no value before {first}, and it is read from {start} on",
            "give it a value from an earlier date, or begin the period later",
            (Label(parameter.values[0].span, "the first value"),),
        )


def lookup(node: syntax.Lookup, scope: Scope) -> core.Expr:
    """`target[keys on date]`: a row of a table or record, a band's value, or a parameter on a date."""
    keys = tuple(elaborate(key, scope) for key in node.keys)
    on = elaborate(node.on, scope) if node.on else None
    symbol = _target(node.target, scope)
    if on is not None and not is_broken(on) and on.type.kind is not Kind.DATE:
        scope.context.error("wrong-units", on.span, f"`on` needs a date, and this is {on.type}", "write `[on discharged]`")
        return broken(node.span)
    if symbol is None or is_broken(*keys, *([on] if on else [])):
        return broken(node.span)
    scope.context.used.add(symbol.name)
    match symbol.kind:
        case "parameter":
            if keys:
                scope.context.error(
                    "wrong-key",
                    node.span,
                    f"`{symbol.label}` is a parameter: it is read by date alone",
                    f"`{symbol.label}[on date]`",
                )
                return broken(node.span)
            return parameter_read(symbol, on, node.span, scope)
        case "bands":
            return _band_read(symbol, keys, node, scope)
        case kind if kind in ROW_KINDS:
            return _row_read(symbol, keys, on, node, scope)
    scope.context.error("not-a-table", node.target.span, f"`{symbol.label}` is {symbol.kind}: nothing can be looked up in it", "")
    return broken(node.span)


def _target(node: syntax.Path, scope: Scope) -> Symbol | None:
    names, module = node.names, scope.module
    if len(names) == 2 and names[0].text in module.aliases:
        module, names = module.aliases[names[0].text], names[1:]
    symbol = module.find(names[0].text) if len(names) == 1 else None
    if symbol is None and not module.is_broken(names[0].text):
        known = module.labels(("parameter", "bands", "table", "record"))
        label = ".".join(name.text for name in node.names)
        scope.context.error(
            "unknown-name",
            node.span,
            f"there is no table, record, bands or parameter `{label}`",
            did_you_mean(names[-1].text, known, f"there are {listed(known)}" if known else "declare it with `table`"),
        )
    return symbol


def _band_read(symbol: Symbol, keys: tuple[core.Expr, ...], node: syntax.Lookup, scope: Scope) -> core.Expr:
    bands = scope.context.bands.get(symbol.name)
    if bands is None or Kind.BROKEN in (bands.type.kind, bands.operand_type.kind):
        return broken(node.span)
    if len(keys) != 1 or node.on is not None:
        scope.context.error("wrong-key", node.span, f"bands are read by one value: `{symbol.label}[underspend]`", "")
        return broken(node.span)
    if not units.comparable("<", bands.operand_type, keys[0].type):
        scope.context.error(
            "wrong-units",
            keys[0].span,
            f"the bands of `{symbol.label}` are by {bands.operand_type}, and this is {keys[0].type}",
            units.compare_help(bands.operand_type, keys[0].type),
            (Label(bands.span, "the bands are here"),),
        )
        return broken(node.span)
    return core.BandRead(bands.type.made_optional(keys[0].type.optional), node.span, symbol.name, keys[0])


def _row_read(symbol: Symbol, keys: tuple[core.Expr, ...], on: core.Expr | None, node: syntax.Lookup, scope: Scope) -> core.Expr:
    record = scope.context.records.get(symbol.name)
    if record is None:
        return broken(node.span)
    names = record.key
    if len(keys) != len(names):
        wanted = ", ".join(names) or "no key at all"
        scope.context.error(
            "wrong-key",
            node.span,
            f"`{symbol.label}` is read by {wanted}, and {len(keys)} value{'s' * (len(keys) != 1)} stand here",
            f"write `{symbol.label}[{', '.join(names)}]`" if names else "declare which field is its `key`",
            (Label(record.span, f"`{symbol.label}` is declared here"),),
        )
        return broken(node.span)
    for name, key in zip(names, keys, strict=True):
        if not _key_fits(record.field(name).type, key.type):
            scope.context.error(
                "wrong-key",
                key.span,
                f"the key `{name}` of `{symbol.label}` is {record.field(name).type}, and this is {key.type}",
                "give the value that the key field holds",
                (Label(record.field(name).span, "the key is here"),),
            )
            return broken(node.span)
    on = _reading_date(symbol, record, on, node, scope)
    if record.period and on is None:
        return broken(node.span)
    return core.Lookup(Type(Kind.ROW, record=symbol.name), node.span, symbol.name, keys, on)


def _reading_date(symbol: Symbol, record: core.Record, on: core.Expr | None, node: syntax.Lookup, scope: Scope) -> core.Expr | None:
    if not record.period:
        if on is not None:
            scope.context.error(
                "not-dated",
                on.span,
                f"the rows of `{symbol.label}` are not dated",
                'leave out `on …`, or give the table a field like `valid: period from "from" to "until"`',
            )
        return None
    on = on or scope.reading_date
    if on is None:
        scope.context.error(
            "date-needed",
            node.span,
            f"the rows of `{symbol.label}` are dated, and nothing here says on which date it is read",
            f"write `{symbol.label}[… on discharged]`, or give the rule a `period … by discharged`",
        )
    return on


def _key_fits(wanted: Type, found: Type) -> bool:
    if BROKEN.kind in (wanted.kind, found.kind):
        return True
    words = (Kind.TEXT, Kind.CHOICE)
    if wanted.kind in words and found.kind in words:
        return True
    return units.comparable("=", wanted, found)


# --- what is said of unknown names --------------------------------------------------------------------------------------


def _report_unknown(name: syntax.Name, scope: Scope) -> None:
    level = scope.inner
    candidates = [
        *(f.name for f in _fields(level.record, scope)),
        *scope.module.member_labels(level.record),
        *([] if scope.is_inner else scope.locals),
        *scope.module.labels(("parameter", "bands", "table", "codes", "record")),
    ]
    if any(scope.module.is_broken(record) for record in (level.record, scope.own.record)):
        return
    where = f"{level.record} has no field or `let` of that name" if level.record != core.WHOLE else "nothing has that name"
    scope.context.error(
        "unknown-name",
        name.span,
        f"`{name.text}` is not known here: {where}",
        did_you_mean(name.text, candidates, f"it has {listed(candidates)}" if candidates else "declare it first"),
    )


def _report_no_member(name: syntax.Name, record: str, scope: Scope, more: list[str]) -> None:
    if scope.module.is_broken(record):
        return
    candidates = [*(f.name for f in _fields(record, scope)), *scope.module.member_labels(record), *more]
    scope.context.error(
        "unknown-field",
        name.span,
        f"{record} has no `{name.text}`",
        did_you_mean(name.text, candidates, f"it has {listed(candidates)}" if candidates else "declare its fields"),
    )


def _fields(record: str, scope: Scope) -> tuple[core.Field, ...]:
    known = scope.context.records.get(record)
    return known.fields if known else ()


PATHS: dict[type, Elaborator] = {syntax.Path: path, syntax.Lookup: lookup, syntax.FieldOf: field_of}
