"""A file of what is truly wrong, as `requite score` reads it: every cell as text, and what will not do told by its line."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import duckdb

from requite.engine.columnar.reading.names import reading_path
from requite.engine.reading.problems import DataError, problem

COLUMNS: Final = ("kind", "record", "key", "check", "overcharge")
"""The columns that a truth file has; others, such as words for people, are left alone."""

WORDS: Final = "what"
FORM: Final = "A truth file is a CSV file in UTF-8."
SEPARATORS: Final = {";": "semicolons", "\t": "tabs", "|": "upright lines"}
AMOUNT: Final = r"[-+]?[0-9]{1,36}(\.[0-9]{1,2}0*)?"


def read_truth(connection: duckdb.DuckDBPyConnection, file: Path, name: str) -> None:
    """Put a truth file into the table `truth`; DataError where it will not do."""
    if not file.is_file():
        raise _no_file(file, name)
    try:
        heading = next(_rows(file), [])
    except (OSError, UnicodeDecodeError, csv.Error):
        raise _unreadable(file, name) from None
    _check_heading(heading, name)
    place = {column: f"c{heading.index(column)}" for column in (*COLUMNS, WORDS) if column in heading}
    types = ", ".join(f"'c{number}': 'VARCHAR'" for number in range(len(heading)))
    what = place.get(WORDS, "''")
    try:
        connection.execute(
            f"""CREATE TABLE truth AS
            SELECT {place["kind"]} AS kind, {place["record"]} AS record, {place["key"]} AS key,
              nullif(trim({place["check"]}), '') AS check_name, nullif(trim({place["overcharge"]}), '') AS said,
              CASE WHEN regexp_full_match(said, $amount) THEN TRY_CAST(said AS DECIMAL(38, 2)) END AS amount, {what} AS what
            FROM read_csv($path, auto_detect = false, columns = {{{types}}}, header = true, delim = ',', quote = '"', escape = '"',
              compression = 'none')""",
            {"path": reading_path(file), "amount": AMOUNT},
        )
    except duckdb.Error as error:
        raise _unreadable(file, name) from error
    _check_rows(connection, name)


def _no_file(file: Path, name: str) -> DataError:
    help = "requite sample writes one, named truth.csv."
    if file.is_dir():
        return problem("unreadable-file", f"{name} is a folder, not a file", file=name, help=help)
    if file.exists():
        return problem("unreadable-file", f"{name} is no ordinary file", file=name, help=f"{FORM} Save it as one first.")
    return problem("not-found", f"there is no file {name}", file=name, help=help)


def _rows(file: Path) -> Iterator[list[str]]:
    with file.open(encoding="utf-8-sig", newline="") as lines:
        yield from csv.reader(lines, strict=True)


def _check_heading(heading: list[str], name: str) -> None:
    missing = [column for column in COLUMNS if column not in heading]
    if missing:
        message = f"{name} has no column {', '.join(missing)}"
        other = next((words for mark, words in SEPARATORS.items() if len(heading) == 1 and mark in heading[0]), None)
        if other:
            message += f": its columns are separated by {other}, and a truth file has commas"
        raise problem("missing-columns", message, file=name, help=f"A truth file has {', '.join(COLUMNS)}.", missing=missing)
    twice = next((column for column in (*COLUMNS, WORDS) if heading.count(column) > 1), None)
    if twice:
        raise problem("repeated-column", f"{name} has the column {twice} twice", file=name, help="Take one of them out.")


def _unreadable(file: Path, name: str) -> DataError:
    """Why the file is no CSV, by its first faulty line."""
    return problem("unreadable-file", f"{name} cannot be read{_fault(file)}", file=name, help=FORM)


def _fault(file: Path) -> str:
    last = 0
    try:
        with file.open(encoding="utf-8-sig", newline="") as lines:
            reader = csv.reader(lines, strict=True)
            width = len(next(reader, []))
            last = reader.line_num
            for row in reader:
                if row and len(row) != width:
                    return f": line {reader.line_num} has {len(row)} cells, and the first line {width}"
                last = reader.line_num
    except UnicodeDecodeError:
        return ": it is not in UTF-8"
    except csv.Error as error:
        if "end of data" in str(error):
            return f": a quotation mark in the row that begins on line {last + 1} is not closed"
        return f": the row that begins on line {last + 1} is not well formed"
    except OSError as error:
        return f": {(error.strerror or 'it cannot be opened').lower()}"
    return ""


def _check_rows(connection: duckdb.DuckDBPyConnection, name: str) -> None:
    row = connection.execute("SELECT said, key FROM truth WHERE said IS NOT NULL AND amount IS NULL LIMIT 1").fetchone()
    if row:
        message = f"{name}: {row[0]}, the overcharge of {row[1]}, is not an amount"
        raise problem("unreadable-file", message, file=name, help="Write it like 1234.50, with two decimals at most.")
    row = connection.execute("SELECT count(*) FROM truth WHERE kind IS NULL OR record IS NULL OR key IS NULL").fetchone()
    if row and row[0]:
        lack = f"{row[0]:,} rows lack" if row[0] > 1 else "1 row lacks"
        raise problem("unreadable-file", f"{name}: {lack} a kind, a record or a key", file=name)
    row = connection.execute(
        "SELECT check_name, key FROM truth WHERE check_name IS NOT NULL "
        "GROUP BY check_name, record, key HAVING count(*) > 1 LIMIT 1"
    ).fetchone()
    if row:
        message = f"{name} lists {row[1]} twice for the check {row[0]}"
        raise problem("unreadable-file", message, file=name, help="A check finds a claim once.")
