"""What the cells of a column read as, in SQL: the value, the reason why there is none, and the cell as a reject shows it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from decimal import Decimal
from fractions import Fraction
from typing import Any, Final

import pyarrow as pa

from requite.dsl.program import Field, Program
from requite.dsl.types import Kind
from requite.engine.columnar.reading.forms import ALL, Form, all_plain, field_read, form_of, is_bare, short_decimal
from requite.engine.columnar.reading.staging import Staging
from requite.engine.columnar.reading.values import Read, scaled
from requite.engine.columnar.stored import FEW_TEXTS, day_number
from requite.engine.reading.columns import Placed
from requite.engine.reading.frames import arrow_chunks
from requite.engine.reading.raw import CHUNK
from requite.engine.reading.readings import LONGEST_SHOWN, Readings

IS_BLANK: Final = "'is blank'"
FEWER: Final = (0, 2, 4, 6, 9)
"""The decimals that a DECIMAL column of more may do with."""

TRIED: Final = 100_000
"""The rows from which it is told whether a column repeats few texts."""

DAYS: Final = (date.min, date.max)


@dataclass(frozen=True, slots=True)
class Cell:
    """What a part of a record reads as. `value` takes the power of ten over which a number stands, and its type.

    `places` is the least such power; `low` and `high` are bounds over it, of dates as `day_number` counts them. The `reason` is
    empty where every cell can be read. `texts` are all that it may read as, in order, where these are known to be few.
    """

    kind: Kind
    value: Callable[[int, str], str]
    reason: str = ""
    shown: str = "''"
    nulls: bool = False
    places: int = 0
    low: int | None = None
    high: int | None = None
    cheap: bool = False
    texts: tuple[str, ...] = ()


class UnfitError(Exception):
    """A column that SQL cannot read as Python does: its table is read in chunks."""


def shown(cell: str) -> str:
    """A text as a reject shows it."""
    cut = f"left({cell}, {LONGEST_SHOWN - 1}) || '…'"
    return f"coalesce(CASE WHEN length({cell}) <= {LONGEST_SHOWN} THEN {cell} ELSE {cut} END, '')"


def constant(text: str, kind: Kind, nulls: bool) -> Cell:
    """What a column reads as that has the same value in every row, or none."""
    return Cell(kind, lambda _, __: text, nulls=nulls, cheap=True)


@dataclass(eq=False)
class Column:
    """A column of a relation that is read: the part it is for, how it is written in SQL, its type, and the plain form of it."""

    item: Placed
    cell: str
    type: str
    field: Field
    form: Form
    readings: Readings
    joined: str = ""
    odds: str = ""

    @property
    def blank(self) -> str:
        return f"({self.cell} IS NULL OR {self.cell} = '')" if self.type == "VARCHAR" else f"{self.cell} IS NULL"

    @property
    def key(self) -> str:
        """What tells one cell from another: of a float its text, since 0.0 and -0.0 are one number, but not one cell."""
        return f"CAST({self.cell} AS VARCHAR)" if self.type in ("DOUBLE", "FLOAT") else self.cell

    @property
    def odd(self) -> str:
        return f"(NOT {self.blank} AND {self.form.plain} IS NOT TRUE)"


@dataclass(frozen=True, slots=True)
class Facts:
    """What is known of a column: the blank cells and the odd ones; the digits and places of plain numbers, or their bounds.

    Cells that are the same may be counted as one. `texts` are all there are that are not blank, in order, where these are few.
    """

    blank: int = 0
    odd: int = 0
    digits: int = 0
    places: int = 0
    low: Any = None
    high: Any = None
    texts: tuple[str, ...] = ()


def column_of(program: Program, item: Placed, cell: str, type: str, readings: Readings) -> Column:
    """A column to be read; UnfitError where SQL does not know its type."""
    field = field_read(program, item.part)
    form = form_of(cell, type, field)
    if form is None:
        raise UnfitError
    return Column(item, cell, type, field, form, readings)


def facts_by_scan(staging: Staging, source: str, columns: Sequence[Column]) -> list[Facts]:
    """What the cells of some columns say: of those that repeat a few texts by these, of the others by one scan."""
    repeating = _repeating(staging, source, columns)
    # Each column by itself: a statement that asks for the distinct texts of several reads them all at once and keeps them apart.
    found = {id(column): _facts_of_texts(staging, _texts_of(column, source), column) for column in repeating}
    others = [column for column in columns if id(column) not in found]
    found |= dict(zip(map(id, others), _scanned(staging, source, others), strict=True))
    return [found[id(column)] for column in columns]


def _repeating(staging: Staging, source: str, columns: Sequence[Column]) -> list[Column]:
    """The columns of texts whose first rows have few different ones; none where the rows themselves are few."""
    texts = [column for column in columns if column.type == "VARCHAR"]
    if not texts or staging.row(f"SELECT count(*) FROM {source}")[0] <= TRIED:
        return []
    asked = ", ".join(f"approx_count_distinct({column.cell})" for column in texts)
    cells = ", ".join(dict.fromkeys(column.cell for column in texts))
    seen = staging.row(f"SELECT {asked} FROM (SELECT {cells} FROM {source} LIMIT {TRIED}) AS src")
    return [column for column, texts in zip(texts, seen, strict=True) if texts <= FEW_TEXTS]


def _facts_of_texts(staging: Staging, texts: str, column: Column) -> Facts:
    facts = _scanned(staging, texts, [column])[0]
    if facts.odd or not (column.form.is_text or column.field.type.kind is Kind.CHOICE):
        return facts
    few = f"CASE WHEN count(*) <= {FEW_TEXTS} THEN list({column.cell} ORDER BY {column.cell}) FILTER (NOT {column.blank}) END"
    return replace(facts, texts=tuple(staging.row(f"SELECT {few} FROM {texts}")[0] or ()))


def _texts_of(column: Column, source: str) -> str:
    """A relation with each text of a column once, under the column's own name."""
    return f"(SELECT DISTINCT {column.cell} FROM {source}) AS src"


def _scanned(staging: Staging, source: str, columns: Sequence[Column]) -> list[Facts]:
    if not columns:
        return []
    texts = [column for column in columns if column.form.is_text]
    bare = [f"coalesce(bool_and({is_bare(column.cell)}), TRUE)" for column in texts]
    asked = [part for column in columns for part in _asked(column, not column.form.is_text)]
    told = staging.row(f"SELECT {', '.join((*bare, *asked))} FROM {source}")
    found = iter(told[len(bare) :])
    facts = [_facts(column, [next(found) for _ in _asked(column)]) for column in columns]
    texts = [column for column, are_bare in zip(texts, told, strict=False) if not are_bare]
    if not texts or _are_plain(staging, source, texts):
        return facts
    odd = staging.row(f"SELECT {', '.join(_odd_cells_of(column) for column in texts)} FROM {source}")
    counted = dict(zip(map(id, texts), odd, strict=True))
    return [replace(found, odd=counted.get(id(column), found.odd)) for column, found in zip(columns, facts, strict=True)]


def _are_plain(staging: Staging, source: str, texts: Sequence[Column]) -> bool:
    plain = all_plain([column.cell for column in texts])
    return bool(staging.row(f"SELECT coalesce(bool_and({plain}), TRUE) FROM {source}")[0])


def _odd_cells_of(column: Column) -> str:
    return f"count(*) FILTER ({column.odd})"


def _asked(column: Column, odd: bool = True) -> list[str]:
    form, kept = column.form, f"FILTER (NOT {column.blank} AND {column.form.plain})"
    asked = [f"count(*) FILTER ({column.blank})", _odd_cells_of(column) if odd and form.plain != ALL else "0"]
    if form.digits:
        asked += [f"coalesce(max({form.digits}) {kept}, 0)", f"coalesce(max({form.places}) {kept}, 0)"]
    if form.measure:
        asked += [f"min({form.measure})", f"max({form.measure})"]
        asked += [f"coalesce(bool_and({form.measure} = trunc({form.measure}, {few})), TRUE)" for few in _fewer(form)]
    return asked


def _fewer(form: Form) -> list[int]:
    return [few for few in FEWER if few < form.scale] if form.scale > 2 else []


def _facts(column: Column, found: Sequence[Any]) -> Facts:
    form, (blank, odd, *more) = column.form, found
    if form.digits:
        return Facts(blank, odd, more[0], more[1])
    if form.measure:
        low, high, *enough = more
        places = next((few for few, is_enough in zip(_fewer(form), enough, strict=True) if is_enough), form.scale)
        return Facts(blank, odd, 0, places, low, high)
    return Facts(blank, odd)


def cell_of(staging: Staging, record: str, source: str, column: Column, facts: Facts) -> Cell:
    """What a column reads as. Its odd cells are read one by one, each distinct one once, into a table that is then joined."""
    _check_days(column, facts)
    plain = _plain_cell(column, facts)
    if not facts.odd:
        return plain
    read = Read(record, column.readings, column.field.type.kind)
    name = _read_odd(staging, source, column, read)
    column.joined, column.odds = f"LEFT JOIN {name} ON {column.key} = {name}.raw", name
    return _joined(plain, read, name)


def _check_days(column: Column, facts: Facts) -> None:
    """Days outside the years 1 to 9999 are no days to Python, which takes them for texts."""
    for day in (facts.low, facts.high):
        if isinstance(day, str) or (column.type in ("DATE", "TIMESTAMP") and day is not None and not isinstance(day, date)):
            raise UnfitError
    if isinstance(facts.low, date) and isinstance(facts.high, date):
        low, high = (day.date() if isinstance(day, datetime) else day for day in (facts.low, facts.high))
        if low < DAYS[0] or high > DAYS[1]:
            raise UnfitError


def _plain_cell(column: Column, facts: Facts) -> Cell:
    """The cells of a column whose cells are blank or plain."""
    form, kind = column.form, column.field.type.kind
    places, low, high = facts.places, None, None
    if form.digits:
        bound = 10 ** (facts.digits + facts.places)
        low, high = -bound, bound
    elif kind is Kind.DATE and type(facts.low) is date and type(facts.high) is date:
        low, high = day_number(facts.low), day_number(facts.high)
    elif form.measure and facts.low is not None and isinstance(facts.low, int | Decimal):
        low, high = (int(Fraction(value) * 10**places) for value in (facts.low, facts.high))
        if form.scale:
            form = short_decimal(form, len(str(max(abs(low), abs(high)))) - places if max(-low, high) else 1, places)
    required = column.readings.required and facts.blank > 0
    may_be_text = column.type == "VARCHAR" and facts.blank > 0
    value = form.value

    def guarded(power: int, type: str) -> str:
        return f"CASE WHEN {column.blank} THEN NULL ELSE {value(power, type)} END"

    return Cell(
        kind,
        guarded if may_be_text else value,
        f"CASE WHEN {column.blank} THEN {IS_BLANK} END" if required else "",
        shown(column.cell if column.type == "VARCHAR" else f"CAST({column.cell} AS VARCHAR)"),
        facts.blank > 0,
        places + form.shift,
        low,
        high,
        form.cheap,
        facts.texts,
    )


def _joined(plain: Cell, read: Read, name: str) -> Cell:
    """The cells of a column some of which Python has read."""
    places = max(plain.places, read.places)
    # Days that Python has read are not bounded: it says nothing of them.
    plain = plain if read.is_number else replace(plain, low=None, high=None)
    bounds = [
        bound * 10 ** (places - own)
        for bound, own in ((plain.low, plain.places), (plain.high, plain.places), (read.low, read.places), (read.high, read.places))
        if bound is not None
    ]

    def value(power: int, type: str) -> str:
        if read.is_number:
            odd = f"CAST({scaled(f'{name}.value', f'{name}.power', power)} AS {type})"
        else:
            odd = f"{name}.value"
        rest = plain.value(power, type)
        return f"CASE WHEN {name}.raw IS NOT NULL THEN {odd} ELSE {rest} END"

    reason = plain.reason
    if read.failed:
        reason = f"coalesce({reason}, {name}.reason)" if reason else f"{name}.reason"
    text = f"CASE WHEN {name}.raw IS NOT NULL THEN {name}.shown ELSE {plain.shown} END"
    return replace(
        plain,
        value=value,
        reason=reason,
        shown=text,
        nulls=plain.nulls or read.nulls,
        places=places,
        low=min(bounds, default=None),
        high=max(bounds, default=None),
        cheap=False,
        texts=(),
    )


def _read_odd(staging: Staging, source: str, column: Column, read: Read) -> str:
    """A table of the distinct odd cells of a column and what each reads as."""
    name = staging.name("odd")
    value = {pa.date32(): "DATE", pa.timestamp("us"): "TIMESTAMP", pa.bool_(): "BOOLEAN", pa.string(): "VARCHAR"}.get(
        read.type, "DECIMAL(38, 0)"
    )
    kept = column.type if column.key == column.cell else "VARCHAR"
    staging.run(f"CREATE TABLE {name} (raw {kept}, value {value}, power TINYINT, reason VARCHAR, shown VARCHAR)")
    for raw, cells in _odd_cells(staging, read.record, source, column):
        values, power, reasons, texts = read.columns(cells)
        count = len(cells)
        staging.insert(
            name,
            {
                "raw": raw,
                "value": values,
                "power": pa.array([power] * count, pa.int8()),
                "reason": pa.array(reasons, pa.string()),
                "shown": pa.array(texts, pa.string()),
            },
        )
    return name


def _odd_cells(staging: Staging, record: str, source: str, column: Column) -> Iterator[tuple[pa.Array, Sequence[object]]]:
    """The distinct odd cells, some at a time, as Arrow has them and as Python does."""
    # Another connection to the same database: what is found is added to a table while it is read.
    reading = staging.connection.cursor()
    found = reading.sql(f"SELECT {column.key} AS raw, first({column.cell}) AS cell FROM {source} WHERE {column.odd} GROUP BY ALL")
    for batch in found.to_arrow_reader(CHUNK):
        for chunk in arrow_chunks([batch], record):
            yield batch.column(0), chunk.cells[1]
    reading.close()
