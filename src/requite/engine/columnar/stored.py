"""How the rows of a record lie in a database: what every query starts from.

A `Stored` is a table or view of a database session that has exactly the rows the interpreter would see, as clean typed columns:

- `_n` BIGINT: the row's number, unique in the record and rising in the order read (it need not be dense)
- `_line` BIGINT, `_file` VARCHAR: where the row was read; without `files` neither column is there (a derived record's rows)
- `_key`: of a record without a key field what stands for its key: BIGINT (the line), or VARCHAR (file:line) with several files
- for each field, by its kind:
  money, number, count, percent, points, days, working days, months, hours: a whole number, the value × `scale`
  (BIGINT where `low` and `high` lie within 64 bits, else HUGEINT, on Spark DECIMAL(38, 0)); money is in pounds before scaling
  date DATE; moment TIMESTAMP; yes/no BOOLEAN; text and one of VARCHAR
  period: `name__from` and `name__until`, both DATE and both inclusive (0001-01-01 and 9999-12-31 where open), both NULL where
  the period is blank; and `name__known` DATE, where it has `known from`
  a reference: the key of the row referred to, `name` as that key's own field is stored; where the key has several fields,
  `name__1`, `name__2` …

A blank is NULL.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import date

from requite.dsl.types import Kind

EPOCH = date(1970, 1, 1)

SMALL = 2**63 - 1
"""The greatest number of 64 bits; -SMALL is the least that is used."""

FEW_TEXTS = 5_000
"""As many texts are few for a column."""

LARGE = 10**38 - 1
"""The greatest number of 38 digits, which both databases hold."""


def few_texts(texts: Collection[str]) -> tuple[str, ...]:
    """The different texts of a column in their order, where they are few; else none."""
    return tuple(sorted(texts)) if len(texts) <= FEW_TEXTS else ()


def day_number(day: date) -> int:
    """The number of a day, counted from 1970."""
    return (day - EPOCH).days


@dataclass(frozen=True, slots=True)
class StoredColumn:
    """One column: `nulls` says whether any value is blank; numbers are whole ones between `low` and `high`, over `scale`.

    `low` and `high` are bounds, not necessarily reached (None: there is no value at all); of dates they are those of `day_number`
    (None: nothing is known of them). `texts` are all that a column of few texts may hold, in the order of their characters.
    """

    kind: Kind
    nulls: bool = True
    scale: int = 1
    low: int | None = None
    high: int | None = None
    texts: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Stored:
    """The rows of one record. `relation` is the name of its table or view; `columns` are by column name, `_n` and such left out.

    `files` are the names that `_file` may hold: with one of them there is no column `_file`, and `_line` alone says where a row
    stands. `exact` is False where only assumed bounds are known (SQL that is shown without data).
    """

    record: str
    relation: str
    rows: int
    columns: Mapping[str, StoredColumn]
    files: tuple[str, ...] = ()
    exact: bool = field(default=True, kw_only=True)
