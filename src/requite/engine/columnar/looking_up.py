"""What an expression reads: fields and columns of rows in sight, rows looked up by key and date, parameters, bands."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime
from fractions import Fraction
from typing import Any

from sqlglot import exp

from requite.dsl import program as core
from requite.dsl.types import DATE, QUANTITIES, Kind, Type
from requite.engine.columnar import sql as s
from requite.engine.columnar.cells import Cell
from requite.engine.columnar.compiler import Compiler, RowAt, Sight, number_of, plain_cell, reference_columns
from requite.engine.columnar.frames import Joined, columns_in
from requite.engine.columnar.numbers import Arithmetic, Number
from requite.engine.columnar.problems import CannotRun
from requite.engine.columnar.sql import Sql
from requite.engine.columnar.tables import TableRows, key_rows, table_rows
from requite.engine.columnar.words import as_text, blank, key_cells, show
from requite.engine.interpreting.tables import parameter_value
from requite.engine.interpreting.values import Lack, Missing
from requite.engine.wording import QUOTED, words

Maker = Callable[[Any, Sight, Compiler], Cell]


# --- rows -----------------------------------------------------------------------------------------------------------------


def row_at(cell: Cell, sight: Sight, c: Compiler) -> RowAt:
    """The row that a cell of a row stands for, so that its fields may be read."""
    for row in sight.rows:
        if row.ordinal is cell.sql or (isinstance(cell.sql, exp.Column) and row.ordinal == cell.sql):
            return row
    record = cell.type.record
    name = "row", id(sight.frame), record, cell.sql.sql(copy=False)
    if name not in c.shared:
        ordinal = sight.frame.hold(cell.sql)
        joined = sight.frame.join_on(c.rows_of(record), [(ordinal, "_n")], record)
        c.shared[name] = c.joined_row(record, sight, joined, ordinal)
    made: RowAt = c.shared[name]
    return made


def _row_variable(node: core.RowVariable, sight: Sight, c: Compiler) -> Cell:
    del c
    return sight.rows[node.level].cell


def _field_read(node: core.FieldRead, sight: Sight, c: Compiler) -> Cell:
    holder = c.cell(node.row, sight)
    row = row_at(holder, sight, c)
    if node.type.kind is Kind.ROW:
        return reference(node, holder, row, sight, c)
    found = c.field(row, node.field)
    return _read(found, holder, lambda: blank(row, node.field, c), sight, c)


def _read(found: Cell, holder: Cell, lack: Callable[[], Sql] | None, sight: Sight, c: Compiler) -> Cell:
    """A value read from a row that may itself be missing."""
    missing = found.missing or holder.missing
    if holder.missing and not columns_in(found.sql):
        found = _only_where(holder.known, found, sight, c)

    def why() -> Sql:
        if lack is None:
            return s.coalesce(holder.why(), found.why())
        own = s.case([(s.is_null(found.sql), lack())]) if found.missing else s.null()
        return s.coalesce(holder.why(), own)

    return Cell(found.type, found.sql, missing, why, holder.conflicts or found.conflicts, found.number, found.until, found.days)


def _only_where(condition: Sql, cell: Cell, sight: Sight, c: Compiler) -> Cell:
    if cell.number is None:
        return Cell(cell.type, s.case([(condition, cell.sql)]), cell.missing, cell.why, cell.conflicts, until=cell.until)
    a = c.arithmetic(sight)
    top = a.choose([(condition, cell.number.top)], None)
    return Cell(cell.type, top.sql, cell.missing, cell.why, cell.conflicts, number=Number(top, cell.number.bottom))


def _column_read(node: core.ColumnRead, sight: Sight, c: Compiler) -> Cell:
    holder = c.cell(node.row, sight)
    found = c.read(row_at(holder, sight, c), node.column)
    return _read(found, holder, None, sight, c) if holder.missing else found


# --- looking up -----------------------------------------------------------------------------------------------------------


def reference_keys(node: core.FieldRead, row: RowAt, c: Compiler) -> list[Cell]:
    """The key of the row that a reference refers to, as it is stored, part by part."""
    columns = c.stored_columns(row.record)
    a = c.arithmetic(c.main(row.record))
    parts = reference_columns(node.field, columns)
    return [plain_cell(Type(columns[name].kind), name, columns, a).moved(row.take) for name in parts]


def reference(node: core.FieldRead, holder: Cell, row: RowAt, sight: Sight, c: Compiler) -> Cell:
    """The row that a reference refers to."""
    ordinal = number_of(row, node.field, c)
    if ordinal is None:
        keys = reference_keys(node, row, c)
        return find(node.type.record, keys, None, sight, c, holder=holder, blank_of=lambda: blank(row, node.field, c))

    def why() -> Sql:
        keys = reference_keys(node, row, c)
        none = s.joined_text(f"m{node.type.record} has no row for ", _named(node.type.record, keys, c, sight))
        lacks = [holder.why()] if holder.missing else []
        if any(key.missing for key in keys):
            lacks.append(s.case([(s.any_of([key.unknown for key in keys]), blank(row, node.field, c))]))
        return s.coalesce(*lacks, s.case([(s.is_null(ordinal), none)]))

    return Cell(node.type, ordinal, True, why, holder.conflicts)


def keys_of(expression: core.Expr, sight: Sight, c: Compiler) -> tuple[Cell, list[Cell]]:
    """A value to look up by: itself (whether it is missing, and why), and its parts as keys are stored."""
    cell = c.cell(expression, sight)
    if cell.type.kind is not Kind.ROW:
        return cell, [cell]
    row = row_at(cell, sight, c)
    return cell, [part.moved(row.take) for part in key_cells(cell.type.record, c)]


def _lookup(node: core.Lookup, sight: Sight, c: Compiler) -> Cell:
    keys: list[Cell] = []
    reasons: list[Cell] = []
    for key in node.keys:
        whole, parts = keys_of(key, sight, c)
        keys += parts
        if whole.missing:
            reasons.append(unreadable(whole, key, node.record))
    on = None
    if node.on is not None:
        on = c.cell(node.on, sight)
        if on.missing:
            reasons.append(unreadable(on, node.on, node.record))
        on = as_day(on)
    return find(node.record, keys, on, sight, c, reasons=reasons)


def as_day(cell: Cell) -> Cell:
    if cell.type.kind is not Kind.MOMENT:
        return cell
    return Cell(DATE, s.cast(cell.sql, "DATE"), cell.missing, cell.why, cell.conflicts)


def unreadable(value: Cell, key: core.Expr, name: str) -> Cell:
    """Why something cannot be looked up whose key, or date, is missing."""

    def why() -> Sql:
        cause = value.why()
        letter = s.call("left", cause, s.whole(1))
        rest = s.call("substring", cause, s.whole(2))
        blank_text = f"m{words(key.span, QUOTED)} is blank, so {name} cannot be read"
        return s.case(
            [
                (s.is_null(cause), s.null()),
                (s.equal(letter, s.text("c")), cause),
                (s.equal(letter, s.text("b")), s.text(blank_text)),
            ],
            s.joined_text("m", rest, f", so {name} cannot be read"),
        )

    return Cell(value.type, value.sql, value.missing, why, value.conflicts)


def key_conditions(keys: Sequence[Cell], theirs: Sequence[Cell], sight: Sight, c: Compiler) -> list[tuple[Sql, Sql]]:
    """Pairs to be equal: what is looked for, in the frame, and the key's own parts, in theirs."""
    a = c.arithmetic(sight)
    pairs: list[tuple[Sql, Sql]] = []
    for mine, own in zip(keys, theirs, strict=True):
        if mine.number is not None and own.number is not None:
            pairs.append(number_pair(mine.number, own.number, a))
        else:
            pairs.append((mine.sql, own.sql))
    return pairs


def number_pair(mine: Number, own: Number, a: Arithmetic) -> tuple[Sql, Sql]:
    """Two numbers as whole ones that are equal where they are."""
    found = a.common([mine, own])
    if found is None:
        raise CannotRun("a number that has a different denominator in each record cannot be looked up by: round it first")
    one, other = a.widened(found[0])
    return one.sql, other.sql


def find(
    record: str,
    keys: Sequence[Cell],
    on: Cell | None,
    sight: Sight,
    c: Compiler,
    reasons: Sequence[Cell] = (),
    holder: Cell | None = None,
    blank_of: Callable[[], Sql] | None = None,
) -> Cell:
    """The row of a record with this key; of a dated table, the one valid on the date.

    `reasons` stand for what is missing of the key or date; `holder` is the row that a reference was read from, `blank_of` why that
    reference is blank.
    """
    frame = sight.frame
    rows = table_rows(record, on is not None, c)
    pairs = key_conditions(keys, rows.keys, sight, c)
    held = [(frame.hold(mine), own) for mine, own in pairs]
    day = frame.hold(on.sql) if on is not None and rows.start is not None else None
    texts = [part.sql(copy=False) for pair in held for part in pair]
    name = "found", id(frame), record, tuple(texts), day.sql(copy=False) if day is not None else ""
    if name not in c.shared:
        joined = frame.join(
            rows.source,
            lambda joined: [
                *(s.equal(mine, joined.column(rows.output(own))) for mine, own in held),
                *(
                    [
                        s.compare("<=", joined.column(rows.output(rows.start)), day),
                        s.compare(">=", joined.column(rows.output(rows.until)), day),
                    ]
                    if day is not None and rows.start is not None and rows.until is not None
                    else []
                ),
            ],
            [*(mine for mine, _ in held), *([day] if day is not None else [])],
            record,
        )
        ordinal = joined.column(rows.output(rows.ordinal))
        row = c.joined_row(record, sight, joined, ordinal)
        c.shared[name] = joined, ordinal
        c.shared["row", id(frame), record, ordinal.sql(copy=False)] = row
    joined, ordinal = c.shared[name]

    def why() -> Sql:
        lacks = [part.why() for part in reasons if part.missing]
        if holder is not None and holder.missing:
            lacks.append(holder.why())
        if blank_of is not None:
            lacks += [s.case([(s.any_of([part.unknown for part in keys]), blank_of())])] if any(k.missing for k in keys) else []
        if rows.trouble is not None:
            trouble = joined.column(rows.output(rows.trouble))
            lacks.append(s.joined_text(trouble, _named(record, keys, c, sight), s.coalesce(_after(rows, joined, on), s.text(""))))
        named = _named(record, keys, c, sight)
        none = s.joined_text(f"m{record} has no row for ", named)
        if on is not None and c.is_dated(record):
            none = s.case([(_has_key(record, keys, sight, c), _none_valid(record, named, on))], none)
        return s.coalesce(*lacks, s.case([(s.is_null(ordinal), none)]))

    conflicts = rows.trouble is not None or any(part.conflicts for part in reasons) or (holder is not None and holder.conflicts)
    return Cell(Type(Kind.ROW, record=record), ordinal, True, why, conflicts)


def _after(rows: TableRows, joined: Joined, on: Cell | None) -> Sql:
    if rows.after is None:
        return s.text("")
    after = joined.column(rows.output(rows.after))
    if on is None:
        return after
    return s.joined_text(" on ", as_text(on.sql), after)


def _none_valid(record: str, named: Sql, on: Cell) -> Sql:
    return s.joined_text(f"m{record} has rows for ", named, ", but none that is valid on ", as_text(on.sql))


def _named(record: str, keys: Sequence[Cell], c: Compiler, sight: Sight) -> Sql:
    """The key that was looked for, in words."""
    declared = c.program.records[record]
    a = c.arithmetic(sight)
    names = declared.key or ("line",)
    if len(names) != len(keys) or not declared.key:
        return s.joined_text("line ", *(show(key, a, c.program.currency) for key in keys))
    parts: list[Sql | str] = []
    for name, key in zip(names, keys, strict=True):
        kind = declared.field(name).type.kind
        said = Cell(Type(kind), key.sql, number=key.number) if key.number is not None and kind in QUANTITIES else key
        parts += [(", " if parts else "") + f"{name} ", show(said, a, c.program.currency)]
    return s.joined_text(*parts)


def _has_key(record: str, keys: Sequence[Cell], sight: Sight, c: Compiler) -> Sql:
    """Whether a dated table has any row at all for a key."""
    rows = key_rows(record, c)
    pairs = key_conditions(keys, rows.keys, sight, c)
    joined = sight.frame.join_on(rows.source, [(mine, rows.output(own)) for mine, own in pairs], record)
    return s.is_there(joined.column(rows.output(pairs[0][1])))


# --- figures that stand in the text ---------------------------------------------------------------------------------------


def constant_cell(type_: Type, value: Any, a: Arithmetic) -> Cell:
    """A value that stands in the text."""
    if value is None:
        return missing_cell(type_, Missing(Lack.BLANK, "there is no value"), a)
    if isinstance(value, Missing):
        return missing_cell(type_, value, a)
    if isinstance(value, Fraction):
        number = a.constant(value)
        return Cell(type_, number.top.sql, number=number)
    if isinstance(value, bool):
        return Cell(type_, s.yes_no(value))
    if isinstance(value, datetime):
        return Cell(type_, s.moment(value.isoformat(sep=" ")))
    if isinstance(value, date):
        return Cell(type_, s.day(value.isoformat()))
    if isinstance(value, str):
        return Cell(type_, s.text(value))
    if type_.kind is Kind.PERIOD:
        start, until = value
        first, last = (start or date.min).isoformat(), (until or date.max).isoformat()
        return Cell(type_, s.day(first), until=s.day(last))
    raise CannotRun(f"{type_.noun} cannot stand in the text here: let a field or a table hold it")


LETTERS: Mapping[Lack, str] = {Lack.CONFLICT: "c", Lack.BLANK: "b"}


def lack_text(missing: Missing) -> str:
    return LETTERS.get(missing.kind, "m") + missing.reason


def missing_cell(type_: Type, missing: Missing, a: Arithmetic) -> Cell:
    """A value that is never there."""
    reason = s.text(lack_text(missing))
    is_conflict = missing.kind is Lack.CONFLICT
    if type_.kind in QUANTITIES:
        number = a.nothing()
        return Cell(type_, number.top.sql, True, lambda: reason, is_conflict, number)
    return Cell(type_, s.cast(s.null(), SQL_TYPES.get(type_.kind, "TEXT")), True, lambda: reason, is_conflict)


SQL_TYPES: Mapping[Kind, str] = {
    Kind.DATE: "DATE",
    Kind.MOMENT: "TIMESTAMP",
    Kind.YES_NO: "BOOLEAN",
    Kind.ROW: "BIGINT",
    Kind.PERIOD: "DATE",
}


def _constant(node: core.Constant, sight: Sight, c: Compiler) -> Cell:
    return constant_cell(node.type, node.value, c.arithmetic(sight))


def _parameter_read(node: core.ParameterRead, sight: Sight, c: Compiler) -> Cell:
    parameter, a = c.program.parameters[node.parameter], c.arithmetic(sight)
    if node.on is None:
        return constant_cell(node.type, parameter_value(parameter, None, c.known)[0], a)
    on = c.cell(node.on, sight)
    reason = unreadable(on, node.on, node.parameter)
    day = as_day(on)
    day_sql = sight.frame.hold(day.sql)
    starts = sorted({value.start for value in parameter.values if value.start is not None})
    if not starts and not on.missing:
        return constant_cell(node.type, parameter_value(parameter, date.min, c.known)[0], a)
    edges = [date.min, *starts]
    values = [parameter_value(parameter, edge, c.known)[0] for edge in edges]
    cells = [_dated(node.type, value, parameter.name, day_sql, a) for value in values]
    branches: list[tuple[Sql, Cell]] = []
    for i, cell in enumerate(cells):
        before = [s.compare("<", day_sql, s.day(edges[i + 1].isoformat()))] if i + 1 < len(edges) else []
        branches.append((s.all_of([*before, s.is_there(day_sql)]), cell))
    return chosen(node.type, branches, None, sight, c, always=[reason] if on.missing else [])


def _dated(type_: Type, value: Any, name: str, day: Sql, a: Arithmetic) -> Cell:
    """The value of a parameter from a date on; the reason why there is none names the day that was asked for."""
    cell = constant_cell(type_, value, a)
    if isinstance(value, Missing) and value.kind is Lack.UNDATED:
        known = value.reason.partition(", known on ")[2]
        reason = s.joined_text(f"m{name} has no value on ", as_text(day), f", known on {known}" if known else "")
        return Cell(cell.type, cell.sql, True, lambda: reason, number=cell.number)
    return cell


def chosen(
    type_: Type,
    branches: Sequence[tuple[Sql, Cell]],
    otherwise: Cell | None,
    sight: Sight,
    c: Compiler,
    always: Sequence[Cell] = (),
    none: Callable[[], Sql] | None = None,
) -> Cell:
    """The value of the first condition that holds. `always` is what makes it missing before all; `none` why nothing is chosen."""
    a = c.arithmetic(sight)
    cells = [cell for _, cell in branches] + ([otherwise] if otherwise is not None else [])
    number = None
    if type_.kind in QUANTITIES:
        rest = otherwise.exact if otherwise is not None else None
        number = a.choice([(condition, cell.exact) for condition, cell in branches], rest)
        sql = number.top.sql
    else:
        sql = s.case([(condition, cell.sql) for condition, cell in branches], otherwise.sql if otherwise is not None else None)
    until = None
    if type_.kind is Kind.PERIOD:
        last = (otherwise.until or s.null()) if otherwise is not None else None
        until = s.case([(condition, cell.until or s.null()) for condition, cell in branches], last)
    missing = any(cell.missing for cell in cells) or bool(always) or none is not None

    def why() -> Sql:
        reasons = [(condition, cell.why() if cell.missing else s.null()) for condition, cell in branches]
        rest = otherwise.why() if otherwise is not None and otherwise.missing else none() if none is not None else s.null()
        inner = s.case(reasons, rest) if any(not isinstance(r, exp.Null) for r in (rest, *(r for _, r in reasons))) else s.null()
        return s.coalesce(*(cell.why() for cell in always), inner)

    conflicts = any(cell.conflicts for cell in (*cells, *always))
    return Cell(type_, sql, missing, why, conflicts, number, until)


MAKERS: Mapping[type, Maker] = {
    core.Constant: _constant,
    core.RowVariable: _row_variable,
    core.FieldRead: _field_read,
    core.ColumnRead: _column_read,
    core.Lookup: _lookup,
    core.ParameterRead: _parameter_read,
}
