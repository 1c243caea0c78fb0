"""The rows of a table that stand in a Markdown table of the same document."""

from __future__ import annotations

from requite.dsl import program as core
from requite.dsl import syntax
from requite.dsl.diagnostics import Label
from requite.dsl.names import Module, did_you_mean, listed
from requite.dsl.scope import Context
from requite.dsl.types import DATE, Kind
from requite.dsl.values import Unreadable, read_value


def rows_below(node: syntax.Table, record: core.Record, module: Module, context: Context) -> list[core.LiteralRow | None]:
    """The rows of the first Markdown table after the declaration, its columns found by their headers; None for a wrong one."""
    table = _below(node, module)
    if table is None:
        context.error(
            "no-table-below",
            node.name.span,
            f"no Markdown table follows `{record.name}`",
            "put the table under the block, or write `rows` and the rows themselves",
        )
        return [None]
    if not _is_first_to_take(node, table, module, context):
        return [None]
    columns = _columns(record, table, context)
    if columns is None:
        return [None]
    return [_row(cells, columns, record, context) for cells in table.rows]


def _is_first_to_take(node: syntax.Table, table: syntax.MarkdownTable, module: Module, context: Context) -> bool:
    """Whether no other table of the document has taken these rows; a table belongs to the last block before it."""
    tables = [d for d in module.document.declarations if isinstance(d, syntax.Table) and d.rows_below]
    first = next(d for d in tables if d is node or (d.span.end <= node.span.start and table is _below(d, module)))
    if first is not node:
        context.error(
            "table-taken-twice",
            node.name.span,
            f"`{first.name.text}` and `{node.name.text}` both take their rows from the table below",
            "put each in a block of its own, with its table under it",
            (Label(first.name.span, "this one takes them first"), Label(table.header[0].span, "the table")),
        )
    return first is node


def _below(node: syntax.Table, module: Module) -> syntax.MarkdownTable | None:
    return next((t for t in module.document.tables if t.span.start >= node.span.end), None)


def _columns(record: core.Record, table: syntax.MarkdownTable, context: Context) -> dict[str, int] | None:
    """Where each header stands; a header that a field needs and that is not there is reported."""
    at = {_folded(cell.value): i for i, cell in enumerate(table.header)}
    good = True
    for field in record.fields:
        for header in (field.column, field.until_column, field.known_column):
            if header and _folded(header) not in at and not field.optional:
                here = [cell.value for cell in table.header]
                context.error(
                    "missing-column",
                    table.header[0].span if table.header else table.span,
                    f"the table for `{record.name}` has no column `{header}`",
                    did_you_mean(header, here, f"its columns are {listed(here)}"),
                    (Label(field.span, "the field that needs it"),),
                )
                good = False
    return at if good else None


def _folded(header: str) -> str:
    return " ".join(header.casefold().replace("_", " ").split())


def _row(cells: tuple[syntax.Text, ...], columns: dict[str, int], record: core.Record, context: Context) -> core.LiteralRow | None:
    values: dict[str, core.Scalar] = {}
    good = True
    for field in record.fields:
        at = columns.get(_folded(field.column))
        cell = cells[at] if at is not None and at < len(cells) else None
        value = _value(field, cell, cells, columns, context)
        if isinstance(value, Unreadable):
            place = cell.span if cell else cells[0].span
            context.error("wrong-type", place, f"{field.name} {value.reason}", f"the field is {field.type.noun}")
            good = False
        elif value is None and not field.optional:
            place = cell.span if cell else cells[0].span
            context.error("blank-required", place, f"`{field.name}` is blank, and it is not optional", "fill it in")
            good = False
        else:
            values[field.name] = value
        if field.known_column:
            known = _day(field, _cell(field.known_column, cells, columns), context)
            if isinstance(known, Unreadable):
                context.error("wrong-type", cells[0].span, f"{field.known_column} {known.reason}", "write a day like 2017-04-01")
                good = False
            else:
                values[core.known_name(field.name)] = known
    span = cells[0].span.to(cells[-1].span)
    return core.LiteralRow(values, span) if good else None


def _value(
    field: core.Field, cell: syntax.Text | None, cells: tuple[syntax.Text, ...], columns: dict[str, int], context: Context
) -> core.Scalar | Unreadable:
    text = cell.value if cell is not None else ""
    if field.type.kind is Kind.PERIOD:
        return _period(field, text, cells, columns, context)
    if field.type.kind is Kind.ROW:
        return (text.strip(),) if text.strip() else None
    return read_value(text, field, context.currency)


def _period(
    field: core.Field, text: str, cells: tuple[syntax.Text, ...], columns: dict[str, int], context: Context
) -> core.Scalar | Unreadable:
    start, end = (_day(field, part, context) for part in (text, _cell(field.until_column, cells, columns)))
    if isinstance(start, Unreadable) or isinstance(end, Unreadable):
        return start if isinstance(start, Unreadable) else end
    if start is None:
        return None
    if end is not None and str(end) < str(start):
        return Unreadable("ends before it begins")
    return (start, end)  # type: ignore[return-value]  # both are dates, by their type


def _cell(header: str, cells: tuple[syntax.Text, ...], columns: dict[str, int]) -> str:
    at = columns.get(_folded(header), len(cells))
    return cells[at].value if at < len(cells) else ""


def _day(field: core.Field, text: str, context: Context) -> core.Scalar | Unreadable:
    """One day of a period."""
    day = core.Field(field.name, DATE, False, True, "", "", "", field.format, "", field.span)
    return read_value(text, day, context.currency)
