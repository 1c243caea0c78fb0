"""Values put into words by SQL, as `engine.wording` puts them; only reasons and keys are made of these."""

from __future__ import annotations

from fractions import Fraction

from sqlglot import exp

from requite.dsl.program import WHOLE
from requite.dsl.types import QUANTITIES, Kind, Type
from requite.engine.columnar.cells import Cell
from requite.engine.columnar.compiler import Compiler, RowAt, plain_cell, reference_columns
from requite.engine.columnar.numbers import Arithmetic, Number, Whole
from requite.engine.columnar.sql import Sql, call, case, cast, column, compare, equal, is_null, joined_text, text, whole
from requite.engine.wording import BETWEEN, DECIMALS, ESCAPE, SIGNS, UNITS

MICRO = 10**DECIMALS

BARE = QUANTITIES | {Kind.DATE, Kind.MOMENT, Kind.YES_NO}
"""Kinds in whose words nothing stands that is escaped in a key."""


def as_text(value: Sql) -> Sql:
    return cast(value, "TEXT")


def decimal(number: Number, a: Arithmetic, least: int = 0, grouped: bool = True) -> Sql:
    """A number in decimals, at least so many of them; `…` where more follow than are shown."""
    value = a.hold_number(number)
    size = a.held(a.magnitude(value.top))
    quotient = a.held(a.divide(size, value.bottom))
    rest = a.held(a.remainder(size, value.bottom))
    more: Sql | None = None
    if value.scale is not None and MICRO % value.scale == 0:
        micro = a.multiply(rest, a.whole(MICRO // value.scale))
    else:
        raised = a.held(a.multiply(rest, a.whole(MICRO)))
        micro = a.divide(raised, value.bottom)
        more = compare(">", a.remainder(raised, value.bottom).sql, whole(0))
    sign = _sign(value)
    digits = a.dialect.grouped(quotient.sql) if grouped else as_text(quotient.sql)
    if value.scale == 1:
        return joined_text(sign, digits, "." + "0" * least if least else "")
    if value.scale == 10**least:
        return joined_text(sign, digits, ".", call("lpad", as_text(rest.sql), whole(least), text("0")))
    all_six = call("lpad", as_text(micro.sql), whole(DECIMALS), text("0"))
    kept = a.hold(call("regexp_replace", all_six, text("0+$"), text("")))
    if least:
        kept = case([(compare("<", call("length", kept), whole(least)), call("rpad", kept, whole(least), text("0")))], kept)
    shown = joined_text(".", kept) if least else case([(equal(kept, text("")), text(""))], joined_text(".", kept))
    if more is not None:
        shown = case([(more, joined_text(".", all_six, "…"))], shown)
    return joined_text(sign, digits, shown)


def _sign(number: Number) -> Sql:
    if number.top.low >= 0:
        return text("")
    return case([(compare("<", number.top.sql, whole(0)), text("-"))], text(""))


def money(number: Number, a: Arithmetic, currency: str) -> Sql:
    """An amount with its currency, pennies always shown."""
    value = a.hold_number(number)
    size = Number(a.magnitude(value.top), value.bottom)
    return joined_text(_sign(value), SIGNS.get(currency, f"{currency} "), decimal(size, a, 2))


def show(cell: Cell, a: Arithmetic, currency: str) -> Sql:
    """A value as an author would write it; NULL where it is missing. A row must be shown by its key."""
    kind = cell.type.kind
    if kind in QUANTITIES:
        return _quantity(cell.exact, kind, a, currency)
    return plain(cell, a)


def _quantity(number: Number, kind: Kind, a: Arithmetic, currency: str) -> Sql:
    if kind is Kind.MONEY:
        return money(number, a, currency)
    if kind is Kind.PERCENT:
        return joined_text(decimal(a.times(number, a.constant(Fraction(100))), a), "%")
    if kind in UNITS:
        one = a.equals(number, a.constant(Fraction(1)))
        return joined_text(decimal(number, a), f" {UNITS[kind]}", case([(one, text(""))], text("s")))
    return decimal(number, a)


def plain(cell: Cell, a: Arithmetic) -> Sql:
    """A value as text without a unit: dates ISO, numbers plain, yes or no."""
    kind = cell.type.kind
    if kind in QUANTITIES:
        return decimal(cell.exact, a, grouped=False)
    match kind:
        case Kind.YES_NO:
            return case([(cell.sql, text("yes")), (is_null(cell.sql), exp.Null())], text("no"))
        case Kind.MOMENT:
            return a.dialect.moment_text(cell.sql)
        case Kind.DATE:
            return as_text(cell.sql)
        case Kind.PERIOD:
            until = cell.until if cell.until is not None else exp.Null()
            return joined_text(as_text(cell.sql), " to ", as_text(until))
    return cell.sql


# --- rows -----------------------------------------------------------------------------------------------------------------


def key_cells(record: str, c: Compiler) -> list[Cell]:
    """The parts of a row's key as its own frame has them, those of references to keys of several fields one by one."""
    if record == WHOLE:
        return []
    declared, columns = c.program.records[record], c.stored_columns(record)
    a = c.arithmetic(c.main(record))
    cells: list[Cell] = []
    for name in declared.key:
        type_ = declared.field(name).type
        for part, stored in ((part, columns[part]) for part in reference_columns(name, columns)):
            cells.append(plain_cell(_plain_type(type_, stored.kind), part, columns, a))
    if not cells:
        own = columns.get("_key")
        kind = own.kind if own is not None else Kind.NUMBER
        number = a.of(Whole(column("_key"), -(2**62), 2**62)) if kind in QUANTITIES else None
        cells.append(Cell(Type(kind), column("_key"), number=number))
    return cells


def _plain_type(type_: Type, kind: Kind) -> Type:
    """The type of one stored part of a field: of a reference, the kind of the key that it holds."""
    return Type(kind) if type_.kind is Kind.ROW or type_.kind is not kind else type_


def key_words(record: str, c: Compiler, between: str = ", ") -> Sql:
    """A row's key as text, in the frame of its record."""
    a = c.arithmetic(c.main(record))
    name = "key text", record, between
    if name not in c.shared:
        parts: list[Sql | str] = []
        for cell in key_cells(record, c):
            parts += [between, plain(cell, a)] if parts else [plain(cell, a)]
        c.shared[name] = joined_text(*parts)
    made: Sql = c.shared[name]
    return made


def joined_key(record: str, c: Compiler) -> Sql:
    """A row's key as one text, in the frame of its record: as `wording.joined` has it."""
    a, name = c.arithmetic(c.main(record)), ("joined key", record)
    if name not in c.shared:
        cells, parts = key_cells(record, c), list[Sql | str]()
        for cell in cells:
            part = plain(cell, a)
            if len(cells) > 1 and cell.type.kind not in BARE:
                part = escaped(part)
            parts += [BETWEEN, part] if parts else [part]
        c.shared[name] = joined_text(*parts)
    made: Sql = c.shared[name]
    return made


def escaped(part: Sql) -> Sql:
    """A part of a key of several, as it stands in one text with the others."""
    twice = call("replace", part, text(ESCAPE), text(ESCAPE * 2))
    return call("replace", twice, text(BETWEEN), text(ESCAPE + BETWEEN))


def row_name(row: RowAt, c: Compiler) -> Sql:
    """What a row is called in a reason: `spell S1`."""
    if row.record == WHOLE:
        return text("the whole ruleset")
    return joined_text(f"{row.record} ", row.take(key_words(row.record, c)))


def place(record: str, c: Compiler) -> Sql | None:
    """Where a row was read, in the frame of its record; None of rows that were made."""
    stored = c.stored.get(record)
    if stored is None or not stored.files:
        return None
    if len(stored.files) == 1:
        return joined_text(f"{stored.files[0]} line ", as_text(column("_line")))
    return joined_text(column("_file"), " line ", as_text(column("_line")))


def row_place(row: RowAt, c: Compiler) -> Sql:
    """Where a row was read, or its name where it has no place."""
    where = place(row.record, c)
    return row.take(where) if where is not None else row_name(row, c)


def blank(row: RowAt, field: str, c: Compiler) -> Sql:
    where = place(row.record, c)
    if where is None:
        return joined_text(f"b{field} is blank for ", row_name(row, c))
    return joined_text(f"b{field} is blank in ", row.take(where))
