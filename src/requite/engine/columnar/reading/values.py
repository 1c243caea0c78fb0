"""Values that Python has read, as Arrow columns: numbers as whole ones over ten to a power."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import lcm
from typing import Any, Final

import pyarrow as pa

from requite.dsl.types import QUANTITIES, Kind
from requite.engine.columnar.reading.layout import too_long
from requite.engine.columnar.stored import LARGE
from requite.engine.reading.problems import problem
from requite.engine.reading.readings import Readings, Unread, shown_cell
from requite.engine.results import decimal_text

ARROW: Final = {Kind.DATE: pa.date32(), Kind.MOMENT: pa.timestamp("us"), Kind.YES_NO: pa.bool_()}
MOST_PLACES: Final = 60


@dataclass(eq=False)
class Read:
    """What has been read of one part by Python: the decimals its numbers have, their bounds over ten to that power, its faults."""

    record: str
    readings: Readings
    kind: Kind
    places: int = 0
    low: int | None = None
    high: int | None = None
    nulls: bool = False
    failed: bool = False

    @property
    def is_number(self) -> bool:
        return self.kind in QUANTITIES

    @property
    def type(self) -> pa.DataType:
        return pa.decimal128(38, 0) if self.is_number else ARROW.get(self.kind, pa.string())

    def columns(self, cells: Sequence[object]) -> tuple[pa.Array, int, list[str | None], list[str | None]]:
        """Of some cells: the values, over ten to which power they are, why each is not read, and as what a reject shows it."""
        read = self.readings.column(cells)
        values = [None if value.__class__ is Unread else _leaf(value) for value in read]
        reasons: list[str | None] = [None] * len(read)
        if self.readings.failed:
            self.failed = True
            reasons = [value.reason if value.__class__ is Unread else None for value in read]
        self.nulls = self.nulls or None in values
        power = 0
        if self.is_number:
            values, power = self._whole(values)
        try:
            array = pa.array(values, self.type)
        except UnicodeEncodeError as error:
            raise self._half_a_character() from error
        return array, power, reasons, self._shown(cells, reasons)

    def _shown(self, cells: Sequence[object], reasons: Sequence[str | None]) -> list[str | None]:
        """The cells that a reject may show: those that cannot be read, and the days of a period."""
        if self.readings.part.role == "value":
            shown = [None if reason is None else shown_cell(cell) for cell, reason in zip(cells, reasons, strict=True)]
        else:
            shown = [shown_cell(cell) for cell in cells]
        return [None if text is None else text.encode("utf-8", "replace").decode() for text in shown]

    def _whole(self, values: Sequence[Any]) -> tuple[list[int | None], int]:
        there = [value for value in values if value is not None]
        power = places_in(lcm(*{Fraction(value).denominator for value in there}))
        whole = [None if value is None else int(value * 10**power) for value in values]
        if there:
            numbers = [value for value in whole if value is not None]
            low, high = min(numbers), max(numbers)
            if max(-low, high) > LARGE:
                most = next((value for value, over in zip(values, whole, strict=True) if over is not None and over % 10), None)
                said = f"{decimal_text(Fraction(most))} has {power}" if most is not None else ""
                raise too_long(self.record, self.readings.part.field.name, said)
            self._widen(low, high, power)
        return whole, power

    def _widen(self, low: int, high: int, power: int) -> None:
        places = max(self.places, power)
        mine = 10 ** (places - self.places)
        theirs = 10 ** (places - power)
        self.low = low * theirs if self.low is None else min(self.low * mine, low * theirs)
        self.high = high * theirs if self.high is None else max(self.high * mine, high * theirs)
        self.places = places

    def _half_a_character(self) -> Exception:
        message = f"{self.record}.{self.readings.part.field.name} holds half a character, which no database holds"
        return problem("unreadable-file", message, self.record, help="Save the data again as UTF-8.")


def _leaf(value: Any) -> Any:
    while value.__class__ is tuple:
        value = value[0]
    return value


def places_in(denominator: int) -> int:
    """The decimals in which a fraction of this denominator ends."""
    return next(places for places in range(MOST_PLACES) if 10**places % denominator == 0)


def scaled(column: str, power: str, places: int) -> str:
    """The whole number over ten to a power that a column of `Read` is, its own power standing in another column."""
    steps = ", ".join(f"CAST({10**i} AS HUGEINT)" for i in range(min(places, 38) + 1))
    return f"(CAST({column} AS HUGEINT) * ([{steps}])[least({places} - {power}, 38) + 1])"
