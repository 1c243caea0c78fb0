"""The results of a run as answers: pages of rows, and files to be downloaded."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from decimal import Decimal
from pathlib import Path
from typing import Any, Final, Literal

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import xlsxwriter
from xlsxwriter.exceptions import FileCreateError

from requite.api.jobs.models import Rows
from requite.api.jobs.places import run_folder, scratch_folder
from requite.api.service.problems import Problem
from requite.api.service.service import Service
from requite.api.store.columns import new_id
from requite.api.store.schema import Run
from requite.engine.csv_files import csv_of
from requite.engine.results import COLUMNS, CONTROL, CONTROL_SHOWN, PENNY_DECIMALS, rows_in

Table = Literal["payments", "findings", "figures", "not_assessable", "rejects", "counts", "carried"]
Form = Literal["parquet", "csv", "xlsx"]

MEDIA: Final[Mapping[Form, str]] = {
    "parquet": "application/vnd.apache.parquet",
    "csv": "text/csv; charset=utf-8",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}

FILTERS: Final[Mapping[str, tuple[str, ...]]] = {
    "check": ("check",),
    "rule": ("rule", "name"),
    "payment": ("payment",),
    "payee": ("payee",),
    "provider": ("respondent",),
    "record": ("record",),
    "key": ("key",),
}
"""The columns that a filter may mean; of these a table has one, or cannot be filtered so."""

TOGETHER: Final = 20_000
SHEET_ROWS: Final = 300_000
"""The most rows that are written as a workbook: a sheet holds a million, and takes minutes for them."""

LONGEST_CELL: Final = 32_767
EXACT_DIGITS: Final = 15


def results_folder(service: Service, run: Run) -> Path:
    """Where a run's results are; a problem where there are none."""
    if run.state != "done":
        told = {"queued": "it waits", "running": "it is under way"}.get(run.state, f"it is {run.state}")
        raise Problem(409, "no-results", f"the run has no results: {told}", "Ask again when it is done.")
    folder = run_folder(service.settings, run.org, run.id)
    if not folder.is_dir():
        raise _gone()
    return folder


@contextmanager
def still_there() -> Iterator[None]:
    """Results that may be deleted while they are read."""
    try:
        yield
    except FileNotFoundError:
        raise _gone() from None


def _gone() -> Problem:
    return Problem(410, "results-gone", "the results of this run were deleted", "Run it again.")


# --- pages ------------------------------------------------------------------------------------------------------------


def page_of_rows(folder: Path, table: Table, filters: Mapping[str, str], after: int, limit: int) -> tuple[Rows, int | None]:
    """Rows of a table from a place on, in their order, and where the next page begins; nothing where there is none.

    The file is read in order and no further than the page needs; the filters are compared as they are, in no language.
    """
    wanted = _columns(table, filters)
    items: list[dict[str, Any]] = []
    with pq.ParquetFile(folder / f"{table}.parquet") as file:
        names = list(file.schema_arrow.names)
        for start, batch in _batches(file, after):
            chosen = _chosen(batch, wanted)
            for place in chosen:
                if len(items) == limit:
                    return _rows(table, names, file, items), start + place
                items.append({name: told_cell(batch.column(name)[place].as_py()) for name in names})
        return _rows(table, names, file, items), None


def _rows(table: Table, names: list[str], file: pq.ParquetFile, items: list[dict[str, Any]]) -> Rows:
    return Rows(table=table, columns=names, rows_in_table=file.metadata.num_rows, items=items, next=None)


def _columns(table: Table, filters: Mapping[str, str]) -> dict[str, str]:
    found = {}
    for name, value in filters.items():
        column = next((column for column in FILTERS[name] if column in COLUMNS[table]), None)
        if column is None:
            raise Problem(422, "no-such-filter", f"{table} cannot be filtered by {name}", "Leave it out.")
        found[column] = value
    return found


def _batches(file: pq.ParquetFile, after: int) -> Iterator[tuple[int, pa.RecordBatch]]:
    """The rows from a place on, each batch with the place of its first row."""
    start = 0
    for group in range(file.metadata.num_row_groups):
        rows = file.metadata.row_group(group).num_rows
        if start + rows <= after:
            start += rows
            continue
        for batch in file.iter_batches(TOGETHER, row_groups=[group]):
            if start + batch.num_rows > after:
                skipped = max(after - start, 0)
                yield start + skipped, batch.slice(skipped)
            start += batch.num_rows


def _chosen(batch: pa.RecordBatch, wanted: Mapping[str, str]) -> Any:
    if not wanted:
        return range(batch.num_rows)
    mask = None
    for column, value in wanted.items():
        same = pc.equal(batch.column(column), pa.scalar(value, pa.string()))
        mask = same if mask is None else pc.and_(mask, same)
    return pc.indices_nonzero(pc.fill_null(mask, False)).to_pylist()


def told_cell(value: Any) -> Any:
    """A cell as JSON: an amount as text with its pennies, exact."""
    return told_amount(value) if isinstance(value, Decimal) else value


def told_amount(value: Decimal) -> str:
    whole, _, decimals = f"{value:f}".partition(".")
    return f"{whole}.{decimals.rstrip('0').ljust(PENNY_DECIMALS, '0')}"


# --- files ------------------------------------------------------------------------------------------------------------


@contextmanager
def _taken_away_on_error(path: Path) -> Iterator[Path]:
    try:
        yield path
    except BaseException:
        path.unlink(missing_ok=True)
        raise


def download(service: Service, folder: Path, table: Table, form: Form) -> tuple[Path, bool]:
    """A table as a file, and whether it was made for this answer alone and is to go after it."""
    parquet = folder / f"{table}.parquet"
    if form == "parquet":
        return parquet, False
    if form == "xlsx" and rows_in(parquet) > SHEET_ROWS:
        message = f"{table} has {rows_in(parquet):,} rows, and a workbook is written of {SHEET_ROWS:,} at most"
        raise Problem(422, "too-large", message, "Take it as Parquet or CSV.")
    scratch = scratch_folder(service.settings)
    scratch.mkdir(parents=True, exist_ok=True, mode=0o700)
    with _taken_away_on_error(scratch / f"{new_id()}.{form}") as made:
        if form == "csv":
            csv_of(parquet, made)
        else:
            try:
                _workbook(parquet, table, made)
            except FileCreateError as error:
                # The library puts what the system says into words of its own.
                raise error.__context__ or error from None
    return made, True


def _workbook(parquet: Path, table: Table, path: Path) -> None:
    """A table as a workbook: texts as texts, so that none is taken for a formula, a link or a number."""
    options = {"constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    with xlsxwriter.Workbook(str(path), options) as book, pq.ParquetFile(parquet) as file:
        sheet = book.add_worksheet(table)
        forms = {"bold": book.add_format({"bold": True}), "money": book.add_format({"num_format": "#,##0.00"})}
        names = file.schema_arrow.names
        for i, name in enumerate(names):
            sheet.write_string(0, i, name, forms["bold"])
        row = 0
        for batch in file.iter_batches(TOGETHER):
            for cells in zip(*(column.to_pylist() for column in batch.columns), strict=True):
                row += 1
                for i, value in enumerate(cells):
                    _cell(sheet, row, i, value, forms)
        sheet.freeze_panes(1, 0)
        sheet.autofilter(0, 0, max(row, 1), len(names) - 1)


def _cell(sheet: Any, row: int, column: int, value: Any, forms: Mapping[str, Any]) -> None:
    if value is None:
        return
    if isinstance(value, bool):
        sheet.write_string(row, column, "yes" if value else "no")
    elif isinstance(value, Decimal) and len(value.normalize().as_tuple().digits) <= EXACT_DIGITS:
        sheet.write_number(row, column, value, forms["money"])
    elif isinstance(value, int):
        sheet.write_number(row, column, value)
    else:
        text = ", ".join(map(str, value)) if isinstance(value, list) else str(value)
        sheet.write_string(row, column, CONTROL.sub(CONTROL_SHOWN, text)[: LONGEST_CELL // 2])
