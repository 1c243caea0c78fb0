"""Reading of Excel workbooks, with the errors that a formula left in a cell."""

from __future__ import annotations

import re
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from difflib import get_close_matches
from itertools import islice
from pathlib import Path
from typing import Any, Final
from xml.etree import ElementTree

from python_calamine import CalamineError, CalamineWorkbook, PasswordError

from requite.dsl.values import Unreadable
from requite.engine.reading.problems import problem
from requite.engine.reading.raw import CHUNK, Chunk, Opened

ERROR_CELL: Final = re.compile(rb'<c\b(?=[^>]*\bt="e")[^>]*\br="([A-Z]+)([0-9]+)"[^>]*>(?:(?!</c>).)*?<v>([^<]*)</v>', re.DOTALL)
RELATION: Final = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}id"
XML_TROUBLE: Final = (zipfile.BadZipFile, ElementTree.ParseError, KeyError, OSError, ValueError)


def open_workbook(path: Path, name: str, sheet: str, record: str) -> Opened:
    """Open a sheet of a workbook: the one named, else the first. Its first row with anything in it is the header."""
    try:
        book = CalamineWorkbook.from_path(str(path))
    except PasswordError as error:
        help = "Save it without its password."
        raise problem("unreadable-file", f"{name} is protected by a password", record, name, help) from error
    except CalamineError as error:
        help = "Open it in Excel and save it again, or as CSV."
        raise problem("wrong-kind", f"{name} is not a workbook that can be read", record, name, help) from error
    title = _sheet(book.sheet_names, sheet, name, record)
    try:
        rows = _numbered(book.get_sheet_by_name(title), error_cells(path, title))
    except CalamineError as error:
        help = "Open it in Excel and save it again, or as CSV."
        raise problem("unreadable-file", f"{name}: the sheet {title} cannot be read", record, name, help) from error
    start = next(((line, row) for line, row in rows if not _is_blank(row)), None)
    if start is None:
        help = "Give a sheet whose first row names the columns: FILE.xlsx#Sheet."
        raise problem("empty-file", f"{name}: the sheet {title} is empty", record, name, help)

    def chunks(wanted: Sequence[int]) -> Iterator[Chunk]:
        return _chunks([row for row in rows if row[0] > start[0]], wanted)

    return Opened(name, tuple("" if c is None else str(c) for c in start[1]), chunks, f"sheet {title}")


def _sheet(names: Sequence[str], wanted: str, file: str, record: str) -> str:
    if wanted in names or (not wanted and names):
        return wanted or names[0]
    near = get_close_matches(wanted, names, n=1)
    message = f"{file} has no sheet {wanted}: it has {', '.join(names) or 'none'}"
    help = f"Did you mean {near[0]}?" if near else "Name one of those after the #."
    raise problem("not-found", message, record, file, help, there=list(names), likely=near)


def _numbered(sheet: Any, errors: Mapping[tuple[int, int], str]) -> list[tuple[int, list[object]]]:
    """The rows of a sheet with their numbers as Excel shows them."""
    offset = sheet.start[1] if sheet.start else 0
    rows = [(line, [_cell(value) for value in row]) for line, row in enumerate(sheet.iter_rows(), 1)]
    for (line, column), error in errors.items():
        if line <= len(rows) and 0 <= column - offset < len(rows[line - 1][1]):
            rows[line - 1][1][column - offset] = Unreadable(f"is an error of the spreadsheet: {error}")
    return rows


def _cell(value: object) -> object:
    """A cell's value; a number by the 15 digits that Excel keeps of it, so that 12345.0 is 12345 again."""
    if isinstance(value, str):
        return value or None
    if isinstance(value, float):
        number = Decimal(format(value, ".15g"))
        return int(number) if number == number.to_integral_value() else number
    return value


def _is_blank(row: Sequence[object]) -> bool:
    return all(cell is None or (isinstance(cell, str) and not cell.strip()) for cell in row)


def _chunks(rows: Sequence[tuple[int, list[object]]], wanted: Sequence[int]) -> Iterator[Chunk]:
    numbered = iter(rows)
    while part := list(islice(numbered, CHUNK)):
        full = [(line, row) for line, row in part if not _is_blank(row)]
        cells = [[row[i] for _, row in full] for i in wanted]
        yield Chunk([line for line, _ in full], cells, (), len(part) - len(full))


def error_cells(path: Path, sheet: str) -> dict[tuple[int, int], str]:
    """Where a sheet of an .xlsx holds errors (#N/A, #REF!), which calamine reads as blanks: row from 1, column from 0."""
    try:
        with zipfile.ZipFile(path) as archive:
            text = archive.read(_member(archive, sheet))
    except XML_TROUBLE:
        return {}
    return {
        (int(row), _column(letters.decode())): error.decode("utf-8", "replace") for letters, row, error in ERROR_CELL.findall(text)
    }


def _member(archive: zipfile.ZipFile, sheet: str) -> str:
    """The part of the archive that holds a sheet."""
    sheets = ElementTree.fromstring(archive.read("xl/workbook.xml")).iter()
    identity = next(e.get(RELATION, "") for e in sheets if e.tag.endswith("}sheet") and e.get("name") == sheet)
    relations = ElementTree.fromstring(archive.read("xl/_rels/workbook.xml.rels"))
    target = next(e.get("Target", "") for e in relations if e.get("Id") == identity)
    return target.removeprefix("/") if target.startswith("/") else f"xl/{target}"


def _column(letters: str) -> int:
    number = 0
    for letter in letters:
        number = number * 26 + ord(letter) - ord("A") + 1
    return number - 1
