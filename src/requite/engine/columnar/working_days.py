"""England's working days as a table that the database has beside the records: each day of the calendar, and what it counts."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from functools import lru_cache
from typing import Any

import pyarrow as pa

from requite.engine.calendar import FIRST_YEAR, LAST_YEAR, working_days
from requite.engine.columnar.frames import Frame, Joined, Query
from requite.engine.columnar.sql import Sql

NAME = "requite_days"

TABLES = "tables"
"""Where `Compiler.shared` has the tables, by name, that must be in the database before any statement runs."""


@dataclass(eq=False)
class Days:
    """The table as rows to be joined: one for each day from 1900 to 2200.

    `day` DATE; `through` BIGINT, the working days from the first one up to and with the day; `before`, those before the day;
    `working` the same as `through` on a working day, else NULL: by it a working day is found.
    """

    stratum: int = 0

    def written(self, query: Query) -> str:
        del query
        return NAME

    def has(self, name: str) -> str:
        return name


@lru_cache(maxsize=1)
def table() -> pa.Table:
    """The working days of every year for which they are known."""
    first, last = date(FIRST_YEAR, 1, 1), date(LAST_YEAR, 12, 31)
    days = [first + timedelta(days=n) for n in range((last - first).days + 1)]
    open_ = {day for year in range(FIRST_YEAR, LAST_YEAR + 1) for day in working_days(year)}
    through: list[int] = []
    before: list[int] = []
    count = 0
    for day in days:
        before.append(count)
        count += day in open_
        through.append(count)
    working = [number if number > earlier else None for number, earlier in zip(through, before, strict=True)]
    columns = {
        "day": pa.array(days, pa.date32()),
        "through": pa.array(through, pa.int64()),
        "before": pa.array(before, pa.int64()),
        "working": pa.array(working, pa.int64()),
    }
    return pa.table(columns)


def joined(frame: Frame, shared: dict[Any, Any], value: Sql, by: str) -> Joined:
    """The table's row for a day, or for the number of a working day; none beyond the calendar."""
    shared.setdefault(TABLES, {})[NAME] = table()
    key = "day", frame, by, value.sql(copy=False)
    if key not in shared:
        shared[key] = frame.join_on(Days(), [(value, by)], "days")
    found: Joined = shared[key]
    return found
