"""The price list that a sample is priced with: one that is given, or the small one that comes with the program."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import duckdb

from requite.api.sample.prices import ILLUSTRATIVE
from requite.engine.columnar.reading.names import reading_path
from requite.engine.reading.problems import problem

DATES: Final = ("valid_from", "valid_to")
MONEY: Final = (
    "outpatient_procedure", "combined_day_case_elective", "day_case", "ordinary_elective", "non_elective", "long_stay_day_rate",
)  # fmt: skip
DAYS: Final = ("elective_trim_days", "non_elective_trim_days")
TYPES: Final = (
    {"hrg": "VARCHAR", "name": "VARCHAR"}
    | dict.fromkeys(DATES, "DATE")
    | dict.fromkeys(MONEY, "DECIMAL(18, 2)")
    | dict.fromkeys(DAYS, "BIGINT")
)
OPTIONAL: Final = ("name",)
CSV: Final = """read_csv($path, all_varchar = true, header = true, delim = ',', quote = '"', escape = '"')"""

NEEDED: Final = {
    "elective": (4, "treatments with a price for planned and for emergency care, and no outpatient price"),
    "short": (1, "treatments whose short emergency stays can be cut"),
    "outpatient": (1, "treatments with an outpatient price well below that of a day case"),
    "local": (1, "treatments for local prices"),
    "excluded": (1, "treatments outside the tariff"),
    "cancer": (1, "treatments of cancer"),
    "maternity": (1, "treatments for maternity"),
    "hip": (1, "treatments of hip fractures, by their name"),
}
"""How many treatments of each kind a sample needs, in words."""


def read_tariff(connection: duckdb.DuckDBPyConnection, file: str | None) -> None:
    """Put the price list into the table `tariff_given`; DataError where the file cannot be used."""
    columns = ", ".join(f'"{name}" {kind}' for name, kind in TYPES.items())
    connection.execute(f"CREATE TABLE tariff_given ({columns})")
    if file is None:
        connection.executemany(
            "INSERT INTO tariff_given VALUES (?, ?, DATE '2017-04-01', DATE '2018-03-31', ?, ?, NULL, NULL, ?, ?, ?, ?)",
            [(p.hrg, p.name, p.outpatient, p.elective, p.non_elective, p.day_rate, p.trim, p.trim) for p in ILLUSTRATIVE],
        )
        return
    path = Path(file).expanduser()
    if not path.is_file():
        raise problem("not-found", f"there is no file {file}", file=file, help="--tariff names the price list of 2017/18.")
    try:
        _read(connection, path, file)
    except duckdb.Error as error:
        why = str(error).splitlines()[0].removeprefix("Invalid Input Error: ")
        raise problem("unreadable-file", f"{file} cannot be read: {why}", file=file, help="It is a CSV or Parquet file.") from error


def _read(connection: duckdb.DuckDBPyConnection, path: Path, file: str) -> None:
    reader = "read_parquet($path)" if path.suffix.lower() == ".parquet" else CSV
    given = connection.sql(f"SELECT * FROM {reader}", params={"path": reading_path(path)})
    there = {name.lower(): name for name in given.columns}
    missing = [name for name in TYPES if name not in there and name not in OPTIONAL]
    if missing:
        message = f"{file} has no column {', '.join(missing)}"
        raise problem("missing-columns", message, file=file, help=f"A price list has {', '.join(TYPES)}.", missing=missing)
    raw = ", ".join(
        f'nullif(trim("{there[name]}"::VARCHAR), \'\') AS "{name}"' if name in there else f"'' AS \"{name}\"" for name in TYPES
    )
    connection.sql(f"SELECT {raw} FROM given").create("tariff_raw")
    for name, kind in TYPES.items():
        _check_column(connection, name, kind, file)
    values = ", ".join(f'"{name}"::{kind} AS "{name}"' for name, kind in TYPES.items())
    connection.execute(f"INSERT INTO tariff_given SELECT {values} FROM tariff_raw WHERE hrg IS NOT NULL")
    connection.execute("DROP TABLE tariff_raw")
    twice = connection.execute(TWICE).fetchone()
    if twice:
        raise problem(
            "unreadable-file", f"{file} has two prices of {twice[0]} for one day", file=file, help="Take one of them out."
        )


TWICE: Final = """
SELECT one.hrg
FROM tariff_given AS one JOIN tariff_given AS other ON one.hrg = other.hrg AND one.rowid < other.rowid
WHERE (one.valid_to IS NULL OR other.valid_from <= one.valid_to) AND (other.valid_to IS NULL OR one.valid_from <= other.valid_to)
ORDER BY ALL LIMIT 1
"""


def _check_column(connection: duckdb.DuckDBPyConnection, name: str, kind: str, file: str) -> None:
    """DataError where a cell is not of its column's type. Nor may it have more decimals: they would be rounded without a word."""
    exactly = f' OR TRY_CAST("{name}" AS DECIMAL(38, 10)) <> TRY_CAST("{name}" AS {kind})' if name in (*MONEY, *DAYS) else ""
    condition = f'"{name}" IS NOT NULL AND (TRY_CAST("{name}" AS {kind}) IS NULL{exactly})'
    wrong = connection.execute(f'SELECT "{name}" FROM tariff_raw WHERE {condition} LIMIT 1').fetchone()
    if wrong:
        what = {"DATE": "a date such as 2017-04-01", "BIGINT": "a whole number"}.get(kind, "an amount such as 1234.50")
        raise problem("unreadable-file", f"{file}: {wrong[0]} in the column {name} is not {what}", file=file)


def check_treatments(connection: duckdb.DuckDBPyConnection, file: str | None) -> None:
    """DataError where the price list has too few treatments of a kind to make claims of."""
    rows = connection.execute("SELECT pool, count(*) FROM choice GROUP BY pool").fetchall()
    there = dict(rows)
    few = [words for pool, (least, words) in NEEDED.items() if there.get(pool, 0) < least]
    if few:
        message = f"{file} has too few prices that hold from 2017-04-01 to 2018-03-31: too few {few[0]}"
        raise problem("unreadable-file", message, file=file or "", help="Without --tariff a small price list is used.")
