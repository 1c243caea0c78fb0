"""How two runs differ: what each payee gets in each, and what each check finds."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import Any, Final

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from requite.api.jobs.models import Difference, FoundDifference, PaidDifference
from requite.api.jobs.results import told_amount
from requite.api.service.problems import Problem
from requite.engine.reading.frames import reading_path

MOST: Final = 1_000
"""Payees that are listed."""

PAID: Final = """
WITH here AS (SELECT scheme || '.' || payment AS payment, payee, sum(amount) AS amount FROM read_parquet($here) GROUP BY ALL),
     there AS (SELECT scheme || '.' || payment AS payment, payee, sum(amount) AS amount FROM read_parquet($there) GROUP BY ALL)
SELECT coalesce(here.payment, there.payment) AS payment, coalesce(here.payee, there.payee) AS payee,
       coalesce(here.amount, 0) AS here, coalesce(there.amount, 0) AS there,
       coalesce(here.amount, 0) - coalesce(there.amount, 0) AS less
FROM here FULL JOIN there ON here.payment = there.payment AND here.payee IS NOT DISTINCT FROM there.payee
"""

FOUND: Final = """
WITH here AS (SELECT "check", count(*) AS n, coalesce(sum(overcharge), 0) AS over FROM read_parquet($here) GROUP BY ALL),
     there AS (SELECT "check", count(*) AS n, coalesce(sum(overcharge), 0) AS over FROM read_parquet($there) GROUP BY ALL)
SELECT coalesce(here."check", there."check") AS name, coalesce(here.n, 0), coalesce(there.n, 0),
       coalesce(here.over, 0), coalesce(there.over, 0), coalesce(here.over, 0) - coalesce(there.over, 0) AS less
FROM here FULL JOIN there ON here."check" = there."check"
WHERE here.n IS DISTINCT FROM there.n OR here.over IS DISTINCT FROM there.over
ORDER BY abs(less) DESC, name
"""


def difference(here: Path, there: Path, ids: tuple[str, str]) -> Difference:
    """The sums of two runs' folders that are not alike."""
    paid, found = ({"here": _file(here, name), "there": _file(there, name)} for name in ("payments", "findings"))
    with duckdb.connect(config={"threads": 1, "memory_limit": "1GB"}) as database:
        differing = f"SELECT * FROM ({PAID}) WHERE less <> 0 ORDER BY abs(less) DESC, payment, payee LIMIT {MOST}"
        rows = database.execute(differing, paid).fetchall()
        number, sum_here, sum_there = _row(
            database.execute(f"SELECT count(*) FILTER (less <> 0), sum(here), sum(there) FROM ({PAID})", paid)
        )
        checks = database.execute(FOUND, found).fetchall()
    return Difference(
        here=ids[0],
        there=ids[1],
        paid_here=_told(sum_here),
        paid_there=_told(sum_there),
        payments=[
            PaidDifference(payment=name, payee=payee or "", here=_told(a), there=_told(b), difference=_told(less))
            for name, payee, a, b, less in rows
        ],
        checks=[
            FoundDifference(
                check=name, here=n, there=m, overcharge_here=_told(a), overcharge_there=_told(b), difference=_told(less)
            )
            for name, n, m, a, b, less in checks
        ],
        more=max(int(number) - len(rows), 0),
    )


def _row(found: Any) -> tuple[Any, ...]:
    row: tuple[Any, ...] = found.fetchone()
    return row


def _told(value: Any) -> str:
    return told_amount(Decimal(value or 0))


def _file(folder: Path, table: str) -> str:
    path = folder / f"{table}.parquet"
    with pq.ParquetFile(path) as file:
        if any(pa.types.is_decimal256(field.type) for field in file.schema_arrow):
            # The database would add such amounts up in floating-point numbers.
            raise Problem(422, "too-large", "the amounts of a run have more than 38 digits, and cannot be compared here")
    return reading_path(path)
