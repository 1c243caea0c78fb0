"""From the cells of a column to values: each distinct cell is read once, by the one meaning that `requite.dsl.values` gives."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from fractions import Fraction
from typing import Any, Final

from requite.dsl.program import Field, Program
from requite.dsl.types import DATE, QUANTITIES, Kind
from requite.dsl.values import Unreadable, reader
from requite.dsl.values.objects import read_object
from requite.engine.reading.columns import Part, Placed
from requite.engine.rows import known_name

MOST_KEPT: Final = 500_000
"""Distinct cells that are kept for a column; beyond that it begins anew."""

LONGEST_SHOWN: Final = 200
DEEPEST: Final = 20
TEXT_OR_BLANK: Final = {str, type(None)}


@dataclass(frozen=True, slots=True)
class Unread:
    """A cell that cannot be read: of which part of its record (by number), of which field, and why."""

    part: int
    field: str
    reason: str


class Readings(dict[Any, Any]):
    """What each distinct cell of a column reads as; `failed` once any could not be read."""

    def __init__(self, number: int, part: Part, read: Callable[[object], Any], digits: int | None = None) -> None:
        super().__init__()
        self.number, self.part, self.read, self.failed = number, part, read, False
        self.digits = digits if part.field.type.kind in QUANTITIES else None
        self.required = not part.field.optional and part.role in ("value", "start")

    def __missing__(self, cell: Any) -> Any:
        return self._keep(cell, cell)

    def _keep(self, key: Any, cell: object) -> Any:
        value = self.read(cell)
        if value is None and self.required:
            value = Unreadable("is blank")
        if self.digits and value is not None and not isinstance(value, Unreadable) and not _is_within(value, self.digits):
            value = Unreadable(f"has more than {self.digits} digits before or after the point")
        if isinstance(value, Unreadable):
            value = Unread(self.number, self.part.field.name, value.reason)
            self.failed = True
        if len(self) >= MOST_KEPT:
            self.clear()
        self[key] = value
        return value

    def column(self, cells: Sequence[object]) -> list[Any]:
        """The values of a column's cells."""
        if set(map(type, cells)) <= TEXT_OR_BLANK:
            return list(map(self.__getitem__, cells))
        return [self._of_object(cell) for cell in cells]

    def _of_object(self, cell: object) -> Any:
        if cell.__class__ is str or cell is None:
            return self[cell]
        # 1, 1.0 and True are one key to a dictionary, but not one value.
        key = (cell.__class__, repr(cell))
        return super().__getitem__(key) if key in self else self._keep(key, cell)


def readings_of(program: Program, placed: Sequence[Placed], digits: int | None = None) -> list[Readings]:
    """The readings of each part of a record, where numbers may have so many digits before the point and after it."""
    return [Readings(i, item.part, _cell_reader(program, item.part), digits) for i, item in enumerate(placed)]


def _is_within(number: Any, digits: int) -> bool:
    whole = Fraction(number)
    return bool(abs(whole) < 10**digits and 10**digits % whole.denominator == 0)


def _cell_reader(program: Program, part: Part) -> Callable[[object], Any]:
    field = part.field
    if part.role != "value":
        return _plain_reader(replace(field, type=DATE), program.currency)
    if field.type.kind is Kind.ROW:
        return _reference_reader(program, field)
    return _plain_reader(field, program.currency)


def _plain_reader(field: Field, currency: str) -> Callable[[object], Any]:
    read_text = reader(field, currency)
    return lambda cell: read_object(cell, field, read_text)


def _reference_reader(program: Program, field: Field) -> Callable[[object], Any]:
    """A reader of references: the key of the row referred to, read as that record's key field is."""
    depth, target = 0, field
    while target.type.kind is Kind.ROW:
        depth += 1
        other = program.records.get(target.type.record)
        if other is None or len(other.key) != 1 or depth > DEEPEST:
            why = f"refers to {target.type.record}, which has no key of one field"
            return lambda cell: None if cell is None or cell == "" else Unreadable(why)
        key = other.field(other.key[0])
        # The form of the column that is read, the type of the key it is compared with.
        target = replace(key, format=field.format or key.format, unit=field.unit or key.unit)
    read = _plain_reader(replace(target, optional=field.optional), program.currency)

    def read_reference(cell: object) -> Any:
        value = read(cell)
        if value is None or isinstance(value, Unreadable):
            return value
        for _ in range(depth):
            value = (value,)
        return value

    return read_reference


def assemble(placed: Sequence[Placed], columns: Sequence[list[Any]]) -> tuple[tuple[str, ...], list[list[Any]]]:
    """The values by field: periods made of their two days, and the day on which a row became known under a name of its own."""
    names: list[str] = []
    values: list[list[Any]] = []
    for i, item in enumerate(placed):
        field = item.part.field
        if item.part.role == "value":
            names.append(field.name)
            values.append(columns[i])
        elif item.part.role == "start":
            names.append(field.name)
            values.append([_period(i, field, a, b) for a, b in zip(columns[i], columns[i + 1], strict=True)])
        elif item.part.role == "known":
            names.append(known_name(field.name))
            values.append(columns[i])
    return tuple(names), values


def _period(number: int, field: Field, start: Any, until: Any) -> Any:
    """A period of two days, the last one included; without a last day it is open."""
    if isinstance(start, Unread):
        return start
    if isinstance(until, Unread):
        return until
    if start is None:
        return None if until is None else Unread(number, field.name, "has a last day but no first day")
    if until is not None and until < start:
        return Unread(number + 1, field.name, f"ends on {until}, before it begins on {start}")
    return start, date.max if until is None else until


def shown_cell(cell: object) -> str:
    """A cell as a reject shows it."""
    if cell is None or isinstance(cell, Unreadable):
        return ""
    text = cell if isinstance(cell, str) else str(cell)
    return text if len(text) <= LONGEST_SHOWN else text[: LONGEST_SHOWN - 1] + "…"
