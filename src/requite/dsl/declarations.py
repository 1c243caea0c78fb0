"""What a ruleset declares about its data: records, tables, code lists, parameters, bands, sources → the program's declarations."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable
from dataclasses import replace
from datetime import date

from requite.dsl import program as core
from requite.dsl import syntax
from requite.dsl.bands import read_bands
from requite.dsl.constants import Unfit, typed
from requite.dsl.diagnostics import Label
from requite.dsl.markdown_rows import rows_below
from requite.dsl.names import OWN_WORDS, Module, Symbol, did_you_mean, listed, own_word
from requite.dsl.scope import MOST_LINKS, Context
from requite.dsl.types import BROKEN, KEY_KINDS, NAMED_TYPES, PERIOD, ROW_KINDS, Kind, Type
from requite.dsl.values.dates import format_problem

FIELD_UNITS = {Kind.MONEY: ("pence", "cents"), Kind.PERCENT: ("fractions", "hundredths")}


def title_of(node: syntax.Text | None) -> str:
    return node.value if node else ""


def type_of(node: syntax.TypeName, module: Module, context: Context) -> Type:
    """A type as written; an unknown one is reported."""
    if node.columns or node.word == "period":
        return PERIOD
    if node.words:
        return _choice(node, context)
    if node.word in NAMED_TYPES:
        return NAMED_TYPES[node.word]
    symbol = module.find_kind(node.word, ROW_KINDS)
    if symbol is not None:
        context.used.add(symbol.name)
        return Type(Kind.ROW, record=symbol.name)
    if not module.is_broken(node.word):
        known = [*NAMED_TYPES, *module.labels(ROW_KINDS), "one of"]
        context.error(
            "unknown-type",
            node.span,
            f"`{node.word}` is neither a type nor a record",
            did_you_mean(node.word, known, "types are text, number, count, money, percent, date, moment, days, yes/no, one of …"),
        )
    return BROKEN


def _choice(node: syntax.TypeName, context: Context) -> Type:
    return Type(Kind.CHOICE, choices=distinct(node.words, "among these values", context))


def distinct(nodes: Iterable[syntax.Name | syntax.Text], where: str, context: Context) -> tuple[str, ...]:
    """The words of a list; one that stands there twice is reported."""
    words: dict[str, syntax.Name | syntax.Text] = {}
    for node in nodes:
        first = words.setdefault(word_of(node), node)
        if first is not node:
            labels = (Label(first.span, "the first is here"),)
            context.error("duplicate-value", node.span, f"`{word_of(node)}` stands twice {where}", "leave one out", labels)
    return tuple(words)


def word_of(node: syntax.Name | syntax.Text) -> str:
    return node.value.strip() if isinstance(node, syntax.Text) else node.text


# --- records and tables -------------------------------------------------------------------------------------------------


def declare_record(symbol: Symbol, module: Module, context: Context) -> None:
    """Enter a record or table with its fields; rows in the text are read later, when every type is known."""
    node = symbol.node
    assert isinstance(node, syntax.Record | syntax.Table)
    fields = tuple(_fields(node.fields, module, context))
    period = next((f.name for f in fields if f.type.kind is Kind.PERIOD), "")
    record = core.Record(
        name=symbol.name,
        title=title_of(node.title),
        fields=fields,
        key=tuple(f.name for f in fields if f.key),
        span=node.name.span,
        table=isinstance(node, syntax.Table),
        period=period,
        file=title_of(node.file) if isinstance(node, syntax.Table) else "",
        folder=module.folder,
        cites=citations(node.cites, module, context) if isinstance(node, syntax.Table) else (),
        illustrative=title_of(node.illustrative) if isinstance(node, syntax.Table) else "",
    )
    _check_record(record, context)
    before = context.records.get(symbol.name)
    context.records[symbol.name] = _merged(before, record, context) if before else record


def _fields(nodes: Iterable[syntax.Field], module: Module, context: Context) -> Iterable[core.Field]:
    seen: dict[str, syntax.Field] = {}
    for node in nodes:
        label = node.name.text
        if label in seen:
            context.error(
                "duplicate-name",
                node.name.span,
                f"the field `{label}` is declared twice",
                "give one of them another name",
                (Label(seen[label].name.span, "the first is here"),),
            )
            continue
        seen[label] = node
        if label in OWN_WORDS:
            context.error("reserved-word", node.name.span, *own_word(label))
        kind = type_of(node.type, module, context)
        unit = node.unit.text if node.unit else ""
        _check_field(node, kind, unit, context)
        columns = [text.value for text in node.type.columns]
        yield core.Field(
            name=label,
            type=kind,
            key=node.key,
            optional=node.optional,
            column=columns[0] if columns else title_of(node.column) or label,
            until_column=columns[1] if len(columns) > 1 else "",
            known_column=title_of(node.type.known_from),
            format=title_of(node.format),
            unit="pence" if unit == "cents" else unit,
            span=node.name.span,
        )


def _check_field(node: syntax.Field, kind: Type, unit: str, context: Context) -> None:
    if kind.kind is Kind.BROKEN:
        return
    if node.unit and unit not in FIELD_UNITS.get(kind.kind, ()):
        wanted = FIELD_UNITS.get(kind.kind, ())
        help = (
            f"it may be {' or '.join(f'`in {w}`' for w in wanted)}"
            if wanted
            else "leave it out: only money and percentages have one"
        )
        context.error("unknown-unit", node.unit.span, f"{kind.noun} cannot be `in {unit}`", did_you_mean(unit, wanted, help))
    if node.format and kind.kind not in (Kind.DATE, Kind.MOMENT):
        context.error(
            "format-out-of-place", node.format.span, f"only dates have a format, and this is {kind.noun}", "leave out `as …`"
        )
    elif node.format and (problem := format_problem(node.format.value, kind.kind)):
        context.error(
            "bad-format", node.format.span, f"`{node.format.value}` {problem}", 'write it with D, M and Y: "DD/MM/YYYY", "D-MMM-YY"'
        )
    if node.key and node.optional:
        context.error(
            "optional-key", node.name.span, "a key is never blank, so it cannot be `optional`", "leave out one of the two"
        )
    if node.key and kind.kind not in KEY_KINDS:
        context.error("bad-key", node.name.span, f"{kind.noun} cannot be a key", "use a text, a number or a date as key")


def _check_record(record: core.Record, context: Context) -> None:
    periods = [f for f in record.fields if f.type.kind is Kind.PERIOD]
    for second in periods[1:]:
        context.error("second-period", second.span, "rows are dated by one period, and this is a second", "leave one out")
    if record.table and not record.key:
        context.error(
            "missing-key",
            record.span,
            f"the table `{record.name}` has no key: nothing can be looked up in it",
            "mark a field with `key`",
        )


def _merged(before: core.Record, record: core.Record, context: Context) -> core.Record:
    """One record from its declarations in two files, which must agree on the fields that they share."""
    mine = {f.name: f for f in before.fields}
    for field in record.fields:
        other = mine.get(field.name)
        if other is not None and (other.type, other.key) != (field.type, field.key):
            context.error(
                "records-disagree",
                field.span,
                f"`{record.name}.{field.name}` is {field.type.noun} here and {other.type.noun} in the other file"
                if other.type != field.type
                else f"`{record.name}.{field.name}` is a key in one file and not in the other",
                "two files that declare one record must agree on the fields they share",
                (Label(other.span, "declared here too"),),
            )
    if before.key != record.key and all(name in mine for name in record.key):
        return before
    fields = (*before.fields, *(f for f in record.fields if f.name not in mine))
    return replace(before, fields=fields, key=tuple(f.name for f in fields if f.key), title=before.title or record.title)


def key_types(context: Context) -> dict[str, Type]:
    """The type of the single key field of each record that can be referred to."""
    return {name: r.field(r.key[0]).type for name, r in context.records.items() if len(r.key) == 1}


def check_references(context: Context) -> None:
    """A reference holds one value, so what it refers to has a key of one field."""
    for record in context.records.values():
        for field in record.fields:
            target = context.records.get(field.type.record) if field.type.kind is Kind.ROW else None
            if target is not None and len(target.key) != 1:
                has = "a key of several fields" if target.key else "no key"
                context.error(
                    "reference-without-key",
                    field.span,
                    f"`{field.name}` refers to {target.name}, which has {has}",
                    f"mark one field of {target.name} with `key`, or keep the value as text",
                    (Label(target.span, f"{target.name} is declared here"),),
                )


def check_keys(context: Context) -> None:
    """A key that refers to a record whose key leads back to it has no value."""
    safe: set[str] = set()
    for record in tuple(context.records.values()):
        way = {record.name: None}
        target = _key_target(record.name, context)
        while target and target not in way and target not in safe:
            way[target] = None
            target = _key_target(target, context)
        safe.update(way)
        if target in way:
            record = context.records[target]
            way = dict.fromkeys(list(way)[list(way).index(target) :])
            field = record.field(record.key[0])
            context.error(
                "key-cycle",
                field.span,
                f"the key of {record.name} is told by itself: {_circle(way)}",
                "make one of these keys a text or a number",
            )
            context.records[record.name] = replace(record, fields=tuple(_without(field, f) for f in record.fields))


def _circle(way: Iterable[str]) -> str:
    names = list(way)
    return " → ".join((*names[:MOST_LINKS], *(["…"] if len(names) > MOST_LINKS else []), names[0]))


def _key_target(name: str, context: Context) -> str:
    record = context.records.get(name)
    return record.field(record.key[0]).type.record if record is not None and len(record.key) == 1 else ""


def _without(wrong: core.Field, field: core.Field) -> core.Field:
    return replace(field, type=BROKEN) if field is wrong else field


def table_rows(symbol: Symbol, module: Module, context: Context) -> None:
    """Read the rows that stand in the text or below it in a Markdown table."""
    node = symbol.node
    record = context.records.get(symbol.name)
    if not isinstance(node, syntax.Table) or record is None:
        return
    if node.file and (node.rows or node.rows_below):
        message = f"the rows of `{record.name}` are in a file, and others stand in the text"
        context.error("repeated-clause", node.file.span, message, "keep one of the two")
    if node.rows_below:
        found = rows_below(node, record, module, context)
    elif node.rows:
        found = [_row(n, record, context) for n in node.rows]
    else:
        return
    rows = tuple(row for row in found if row is not None)
    _check_repeated(rows, record, context)
    if len(rows) == len(found):
        context.records[symbol.name] = replace(record, rows=rows)


def _row(node: syntax.Row, record: core.Record, context: Context) -> core.LiteralRow | None:
    keys = [f for f in record.fields if f.key]
    others = [f for f in record.fields if not f.key]
    for name, what, fields, cells in (("before", "key field", keys, node.keys), ("after", "other field", others, node.values)):
        if len(fields) != len(cells):
            stand = f"{len(cells)} values stand" if len(cells) != 1 else "one value stands"
            has = f"{len(fields)} {what}s" if len(fields) > 1 else f"one {what}" if fields else f"no {what}"
            context.error(
                "wrong-number-of-cells",
                node.span,
                f"{stand} {name} the colon, and the table has {has}",
                f"write the values of {listed(f.name for f in fields)}, in this order" if fields else "take them away",
                (Label(record.span, "the table"),),
            )
            return None
    pairs = [*zip(keys, node.keys, strict=True), *zip(others, node.values, strict=True)]
    values = literal_values(pairs, context, required=True)
    known = _known_from(others, node, context)
    return core.LiteralRow(values | known, node.span) if values is not None and known is not None else None


def _known_from(fields: list[core.Field], node: syntax.Row, context: Context) -> dict[str, core.Scalar] | None:
    """The day on which a row became known, as it says behind its period; None where it stands behind something else."""
    known: dict[str, core.Scalar] = {core.known_name(field.name): None for field in fields if field.known_column}
    for field, day in zip(fields, node.known_from, strict=True):
        if day is None:
            continue
        if not field.known_column:
            dated = next((other for other in fields if other.known_column), None)
            if dated is not None:
                message = f"`known from` stands behind `{field.name}`, and belongs behind `{dated.name}`"
                help = "write it right behind the days: `2017-04-01 to 2018-03-31 known from 2017-12-01`"
            else:
                message = f"`{field.name}` does not say that its rows have a day on which they became known"
                help = 'the field says it: `valid: period from "start" to "end" known from "published"`'
            context.error("not-dated", day.span, message, help, (Label((dated or field).span, "the field"),))
            return None
        known[core.known_name(field.name)] = day.value
    return known


def literal_values(
    pairs: Iterable[tuple[core.Field, syntax.Expr]], context: Context, required: bool
) -> dict[str, core.Scalar] | None:
    """Literals typed by their fields; None where one is wrong (all wrong ones are reported)."""
    if context.is_full:
        return None
    values: dict[str, core.Scalar] = {}
    pairs, good = tuple(pairs), True
    types = key_types(context) if any(field.type.kind is Kind.ROW for field, _ in pairs) else {}
    for field, cell in pairs:
        if field.type.kind is Kind.BROKEN:
            good = False
            continue
        value = typed(cell, field.type, context.currency, types)
        if isinstance(value, Unfit):
            context.error(value.code, cell.span, f"{field.name}: {value.message}", value.help, (Label(field.span, "the field"),))
            good = False
        elif value is None and required and not field.optional:
            context.error(
                "blank-required",
                cell.span,
                f"`{field.name}` is not optional, so it cannot be none",
                "give a value, or make it optional",
            )
            good = False
        else:
            values[field.name] = value
    return values if good else None


def _check_repeated(rows: tuple[core.LiteralRow, ...], record: core.Record, context: Context) -> None:
    """Two rows of one key are a conflict, unless they hold on different days."""
    seen: dict[tuple[object, ...], list[tuple[date, date, core.LiteralRow]]] = {}
    for row in rows:
        # Of rows for one day, the one that was known last counts.
        known = row.values.get(core.known_name(record.period))
        alike = seen.setdefault((*(row.values.get(name) for name in record.key), known), [])
        first = _entered(row, alike, record)
        if first is not None:
            context.error(
                "duplicate-row",
                row.span,
                f"the table `{record.name}` has two rows for {', '.join(shown(row.values.get(name)) for name in record.key)}"
                + (", and their dates overlap" if record.period else ""),
                "let one end before the other begins" if record.period else "leave one out, or give the table a period",
                (Label(first.span, "the first is here"),),
            )


def _entered(row: core.LiteralRow, alike: list[tuple[date, date, core.LiteralRow]], record: core.Record) -> core.LiteralRow | None:
    """Enter a row among those of its key by the days on which it holds; or the row there that holds on one of them."""
    start, end = _days(row.values.get(record.period))
    at = bisect_right(alike, start, key=lambda other: other[0])
    if at and alike[at - 1][1] >= start:
        return alike[at - 1][2]
    if at < len(alike) and alike[at][0] <= end:
        return alike[at][2]
    alike.insert(at, (start, end, row))
    return None


def _days(period: core.Scalar) -> tuple[date, date]:
    start, end = period if isinstance(period, tuple) else (None, None)
    return (start if isinstance(start, date) else date.min, end if isinstance(end, date) else date.max)


def shown(value: core.Scalar) -> str:
    """A value of a row as its author would write it."""
    if isinstance(value, tuple):
        return ", ".join(shown(part) for part in value)
    if isinstance(value, bool):
        return "yes" if value else "no"
    return "a blank" if value is None else str(value)


# --- code lists, parameters, bands --------------------------------------------------------------------------------------


def declare_codes(symbol: Symbol, module: Module, context: Context) -> None:
    node = symbol.node
    assert isinstance(node, syntax.Codes)
    citations(node.cites, module, context)
    context.codes[symbol.name] = distinct(node.values, "in this list", context)


def declare_parameter(symbol: Symbol, module: Module, context: Context) -> None:
    """Enter a parameter with its values in order of their dates."""
    node = symbol.node
    assert isinstance(node, syntax.Parameter)
    kind = BROKEN if context.is_torn(node.span) else type_of(node.type, module, context)
    if kind.kind is Kind.PERIOD:
        context.error("unknown-type", node.type.span, "a parameter has one value at a time, not a period", "use a date")
        kind = BROKEN
    values = [value for v in node.values if (value := _dated_value(v, kind, module, context)) is not None]
    if kind.kind is not Kind.BROKEN:
        _check_dates(node, context)
    values.sort(key=lambda value: (value.start is not None, value.start))
    if len(values) != len(node.values):
        kind = BROKEN
    context.parameters[symbol.name] = core.Parameter(symbol.name, title_of(node.title), kind, tuple(values), node.name.span)


def _dated_value(node: syntax.DatedValue, kind: Type, module: Module, context: Context) -> core.DatedValue | None:
    cites = citations((node.cites,) if node.cites else (), module, context)
    if kind.kind is Kind.BROKEN:
        return None
    value = typed(node.value, kind, context.currency, key_types(context))
    if value is None:
        value = Unfit("wrong-type", f"a parameter needs a value, and this is {node.value.span.text}", "give it one")
    if isinstance(value, Unfit):
        context.error(value.code, node.value.span, value.message, value.help)
        return None
    return core.DatedValue(
        value=value,
        start=node.start.value if node.start else None,
        known_from=node.known_from.value if node.known_from else None,
        cites=cites,
        illustrative=title_of(node.illustrative),
        span=node.span,
    )


def _check_dates(node: syntax.Parameter, context: Context) -> None:
    """Two values from one day are a conflict; that each of several has a day, the parser sees to."""
    seen: dict[tuple[object, object], syntax.DatedValue] = {}
    for value in node.values:
        if value.start is None:
            continue
        key = (value.start.value, value.known_from.value if value.known_from else None)
        if key in seen:
            context.error(
                "duplicate-date",
                value.start.span,
                f"`{node.name.text}` has two values from {value.start.value}",
                "leave one out, or say `known from` when the later one became known",
                (Label(seen[key].span, "the first is here"),),
            )
        seen.setdefault(key, value)


def declare_bands(symbol: Symbol, module: Module, context: Context) -> None:
    """Enter bands in rising order; gaps, overlaps and mixed units are reported."""
    node = symbol.node
    assert isinstance(node, syntax.Bands)
    cites = citations(node.cites, module, context)
    context.bands[symbol.name] = replace(
        read_bands(symbol.name, node, context), cites=cites, illustrative=title_of(node.illustrative)
    )


# --- sources --------------------------------------------------------------------------------------------------------------


def citations(nodes: Iterable[syntax.Cites], module: Module, context: Context) -> tuple[core.Citation, ...]:
    """What is cited; an undeclared source is reported."""
    found: list[core.Citation] = []
    for node in nodes:
        symbol = module.source(node.source.text)
        if symbol is None:
            if not module.is_broken(node.source.text):
                known = [label for m in module.reachable() for label in m.sources]
                context.error(
                    "unknown-source",
                    node.source.span,
                    f"no source is called `{node.source.text}`",
                    did_you_mean(node.source.text, known, f'declare it: `source {node.source.text} "author, title, year"`'),
                )
            continue
        context.used.add(symbol.name)
        assert isinstance(symbol.node, syntax.SourceDecl)
        found.append(core.Citation(symbol.label, symbol.node.title.value, title_of(node.at)))
    return tuple(found)
