"""What stands in square brackets after a name: a parameter on a date, a band's value, a row of a table or record."""

from __future__ import annotations

from datetime import date
from fractions import Fraction

from requite.dsl import program as core
from requite.dsl import syntax, units
from requite.dsl.diagnostics import Label
from requite.dsl.elaborate import as_written, elaborate
from requite.dsl.facts import shape
from requite.dsl.names import Symbol, did_you_mean, listed
from requite.dsl.percentages import check_signs_of_bands
from requite.dsl.scope import Elaborator, Scope, broken, is_broken
from requite.dsl.source import Span
from requite.dsl.types import BROKEN, ROW_KINDS, Kind, Type


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
    _check_first_value(parameter, on, span, scope)
    return core.ParameterRead(parameter.type.made_optional(on.type.optional), span, symbol.name, on)


def _days_read(on: core.Expr, scope: Scope) -> tuple[date, date] | None:
    """The first and last day on which something is read, where the text fixes them: a date written out, or the rule's period."""
    if isinstance(on, core.Constant):
        return (on.value, on.value) if isinstance(on.value, date) else None
    by_period = scope.reading_date is not None and shape(on) == shape(scope.reading_date)
    return scope.period if by_period else None


def _check_first_value(parameter: core.Parameter, on: core.Expr, span: Span, scope: Scope) -> None:
    days = _days_read(on, scope)
    first = min(value.start for value in parameter.values if value.start)
    if days is None or days[0] >= first:
        return
    read = f"from {days[0]} on" if days[0] != days[1] else f"on {days[0]}"
    scope.context.error(
        "before-first-value",
        span,
        f"`{parameter.name.rsplit('.', 1)[-1]}` has no value before {first}, and it is read {read}",
        "give it a value from an earlier date, or begin the period later",
        (Label(parameter.values[0].span, "its first value"),),
    )


def lookup(node: syntax.Lookup, scope: Scope) -> core.Expr:
    """`target[keys on date]`: a row of a table or record, a band's value, or a parameter on a date."""
    keys = tuple(elaborate(key, scope) for key in node.keys)
    on = elaborate(node.on, scope) if node.on else None
    symbol = _target(node.target, scope)
    if on is not None and not is_broken(on) and on.type.kind is not Kind.DATE:
        scope.context.error("wrong-units", on.span, f"`on` needs a date, and this is {on.type.noun}", "write `[on discharged]`")
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
                    f"write `{symbol.label}[on discharged]`, or `{symbol.label}` alone where it has one value",
                )
                return broken(node.span)
            return parameter_read(symbol, on, node.span, scope)
        case "bands":
            return _band_read(symbol, keys, node, scope)
        case kind if kind in ROW_KINDS:
            return _row_read(symbol, keys, on, node, scope)
    what, help = NO_TABLES.get(symbol.kind, (f"a {symbol.kind}", "look things up in a table, a record, bands or a dated parameter"))
    scope.context.error("not-a-table", node.target.span, f"`{symbol.label}` is {what}: nothing can be looked up in it", help)
    return broken(node.span)


NO_TABLES = {"codes": ("a list of codes", "ask whether something is in it: `method in emergency`")}


def _target(node: syntax.Path, scope: Scope) -> Symbol | None:
    names, module = node.names, scope.module
    symbol = module.find_path(names)
    if symbol is None and not module.is_broken_path(names):
        kinds = ("parameter", "bands", "table", "record")
        known = module.labels(kinds)
        help = module.nearest_path(names, kinds, f"there are {listed(known)}" if known else "declare it with `table`")
        message = f"there is no table, record, bands or parameter called `{as_written(node.span)}`"
        scope.context.error("unknown-name", node.span, message, help)
    return symbol


def _band_read(symbol: Symbol, keys: tuple[core.Expr, ...], node: syntax.Lookup, scope: Scope) -> core.Expr:
    bands = scope.context.bands.get(symbol.name)
    if bands is None or Kind.BROKEN in (bands.type.kind, bands.operand_type.kind):
        return broken(node.span)
    if len(keys) != 1 or node.on is not None:
        scope.context.error(
            "wrong-key", node.span, f"the bands of `{symbol.label}` are read by one value", f"write `{symbol.label}[underspend]`"
        )
        return broken(node.span)
    if not units.comparable("<", bands.operand_type, keys[0].type):
        scope.context.error(
            "wrong-units",
            keys[0].span,
            f"`{symbol.label}` is read by {bands.operand_type.noun}, and this is {keys[0].type.noun}",
            units.compare_help(bands.operand_type, keys[0].type),
            (Label(bands.span, "the bands are here"),),
        )
        return broken(node.span)
    _check_in_bands(bands, keys[0], scope)
    check_signs_of_bands(bands, keys[0], scope)
    return core.BandRead(bands.type.made_optional(keys[0].type.optional), node.span, symbol.name, keys[0])


def _check_in_bands(bands: core.Bands, key: core.Expr, scope: Scope) -> None:
    """Whether a value that is written out lies in one of the bands."""
    if not isinstance(key, core.Constant) or not isinstance(key.value, Fraction):
        return
    first, last = bands.bands[0], bands.bands[-1]
    below = first.lower is not None and (key.value < first.lower or (key.value == first.lower and not first.lower_included))
    above = last.upper is not None and (key.value > last.upper or (key.value == last.upper and not last.upper_included))
    if below or above:
        scope.context.error(
            "outside-all-bands",
            key.span,
            f"no band of `{bands.name.rsplit('.', 1)[-1]}` holds {as_written(key.span)}",
            "the first band begins above it: add one below" if below else "the last band ends below it: add one above",
            (Label((first if below else last).span, "the first band" if below else "the last band"),),
        )


def _row_read(symbol: Symbol, keys: tuple[core.Expr, ...], on: core.Expr | None, node: syntax.Lookup, scope: Scope) -> core.Expr:
    record = scope.context.records.get(symbol.name)
    if record is None:
        return broken(node.span)
    names = record.key
    if len(keys) != len(names):
        wanted = ", ".join(f"`{name}`" for name in names) or "no key at all"
        stand = f"{len(keys)} values stand" if len(keys) > 1 else "one value stands" if keys else "no value stands"
        scope.context.error(
            "wrong-key",
            node.span,
            f"`{symbol.label}` is read by {wanted}, and {stand} here",
            f"write `{symbol.label}[{', '.join(names)}]`" if names else "declare which field is its `key`",
            (Label(record.span, f"`{symbol.label}` is declared here"),),
        )
        return broken(node.span)
    for name, key in zip(names, keys, strict=True):
        if not _key_fits(record.field(name).type, key.type):
            scope.context.error(
                "wrong-key",
                key.span,
                f"the key `{name}` of `{symbol.label}` is {record.field(name).type.noun}, and this is {key.type.noun}",
                "give the value that the key field holds",
                (Label(record.field(name).span, "the key is here"),),
            )
            return broken(node.span)
    on = _reading_date(symbol, record, on, node, scope)
    if record.period and on is None:
        return broken(node.span)
    _check_row_there(record, keys, on, node, scope)
    optional = any(key.type.optional for key in keys) or (on is not None and on.type.optional)
    return core.Lookup(Type(Kind.ROW, record=symbol.name, optional=optional), node.span, symbol.name, keys, on)


def _check_row_there(
    record: core.Record, keys: tuple[core.Expr, ...], on: core.Expr | None, node: syntax.Lookup, scope: Scope
) -> None:
    """Where the rows stand in the text: whether one has the key that is written out, and one holds on the days of the reading."""
    if record.rows is None:
        return
    rows = record.rows
    for name, key in zip(record.key, keys, strict=True):
        if isinstance(key, core.Constant):
            held = [row.values.get(name) for row in rows]
            rows = tuple(row for row in rows if row.values.get(name) == key.value)
            if not rows:
                known = [value for value in held if isinstance(value, str)]
                scope.context.error(
                    "no-such-row",
                    key.span,
                    f"no row of `{record.name}` has {as_written(key.span)} as its `{name}`",
                    did_you_mean(str(key.value), known, f"its rows are {listed(known)}" if known else "add the row"),
                    (Label(record.span, "the table is here"),),
                )
                return
    days = _days_read(on, scope) if on is not None else None
    if days is not None and not any(_holds_within(row.values.get(record.period), *days) for row in rows):
        read = f"from {days[0]} to {days[1]}" if days[0] != days[1] else f"on {days[0]}"
        scope.context.error(
            "outside-all-rows",
            node.span,
            f"no row of `{record.name}` holds {read}, when it is read",
            "add the rows for these days, or change the dates",
            (Label(record.span, "the table is here"),),
        )


def _holds_within(period: core.Scalar, first: date, last: date) -> bool:
    if not isinstance(period, tuple):
        return False
    start, end = period
    return (not isinstance(start, date) or start <= last) and (not isinstance(end, date) or end >= first)


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


LOOKUPS: dict[type, Elaborator] = {syntax.Lookup: lookup}
