"""Which columns a record is stored in: one for each field, two or three for a period."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from requite.dsl.program import Field, Program, Record
from requite.dsl.types import QUANTITIES, Kind
from requite.engine.columnar.stored import SMALL, StoredColumn
from requite.engine.reading.problems import DataError, problem
from requite.engine.reading.readings import DEEPEST

TYPES: Final = {
    Kind.DATE: "DATE",
    Kind.MOMENT: "TIMESTAMP",
    Kind.YES_NO: "BOOLEAN",
    Kind.TEXT: "VARCHAR",
    Kind.CHOICE: "VARCHAR",
}
"""The types of the columns that hold no numbers."""

Home = tuple[str, str]
"""A record and its field."""


@dataclass(frozen=True, slots=True)
class Slot:
    """One stored column: of which field, in which role, and of what kind.

    `home` is the field whose form it has: its own, or of a reference the key at the end, with which it shares one scale.
    `depth` is how many references lie between the two.
    """

    column: str
    field: Field
    role: str
    kind: Kind
    home: Home
    depth: int = 0

    @property
    def is_number(self) -> bool:
        return self.kind in QUANTITIES

    @property
    def is_day(self) -> bool:
        """Whether it holds dates as they are, not the ends of periods."""
        return self.kind is Kind.DATE and self.role in ("value", "known")


def slots_of(program: Program, record: Record) -> tuple[Slot, ...]:
    """The stored columns of a record, in the order declared."""
    slots = [slot for field in record.fields for slot in _of_field(program, record, field)]
    seen: dict[str, str] = {name: name for name in ("_n", "_line", "_file", "_key")}
    for slot in slots:
        other = seen.setdefault(slot.column.lower(), slot.column)
        if other is not slot.column:
            message = f"{record.name}: a database cannot tell the columns {other} and {slot.column} apart"
            raise problem("unreadable-file", message, record.name, help="Give the field another name: `other_name: type from ….`")
    return tuple(slots)


def _of_field(program: Program, record: Record, field: Field) -> Iterable[Slot]:
    home = (record.name, field.name)
    if field.type.kind is Kind.PERIOD:
        for role in ("from", "until", *(["known"] if field.known_column else [])):
            yield Slot(f"{field.name}__{role}", field, role, Kind.DATE, home)
        return
    depth, at = 0, field
    while at.type.kind is Kind.ROW:
        depth += 1
        other = program.records.get(at.type.record)
        if other is None or len(other.key) != 1 or depth > DEEPEST:
            yield Slot(field.name, field, "value", Kind.TEXT, home, 0)
            return
        at, home = other.field(other.key[0]), (other.name, other.key[0])
    yield Slot(field.name, field, "value", at.type.kind, home, depth)


def stored_type(slot: Slot, large: bool) -> str:
    """The type of a column; of a number whether it needs more than 64 bits."""
    return ("HUGEINT" if large else "BIGINT") if slot.is_number else TYPES[slot.kind]


def is_large(column: StoredColumn) -> bool:
    """Whether a number of a column may need more than 64 bits."""
    return column.low is not None and column.high is not None and max(-column.low, column.high) > SMALL


def too_long(record: str, field: str, most: str = "") -> DataError:
    """What to say of numbers that no column can hold; `most` says which of them has the most decimals."""
    message = f"{record}.{field} holds numbers that together need more than 38 digits, which no database holds"
    message += f": all of them are held with as many decimals as one has, and {most}" if most else ""
    return problem("unreadable-file", message, record, help="Round them in the file, or run with `--engine interpret`.")
