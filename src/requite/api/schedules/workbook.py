"""A challenge schedule as a workbook: a summary, and a sheet for each provider that is asked.

Every text is written as a text, so that none of the data is taken for a formula, a link or a number. The only formulas are the
totals, which add up the rows that a filter leaves. A workbook keeps numbers in binary: amounts of up to fifteen digits are exact
to the penny when they are shown, and longer ones are written as texts.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from decimal import Decimal
from pathlib import Path
from typing import Any, Final

import xlsxwriter

from requite.api.schedules.schedule import Row, Schedule, Sum
from requite.engine.reading.problems import problem
from requite.engine.results import CONTROL, CONTROL_SHOWN, PENNY_DECIMALS

MOST_ROWS: Final = 1_048_576
LONGEST: Final = 32_767
LONGEST_NAME: Final = 31
EXACT_DIGITS: Final = 15
FIRST_YEAR: Final = 1900
"""The first year in a workbook's calendar."""

FORBIDDEN: Final = str.maketrans(dict.fromkeys("[]:*?/\\\t\n\r\u2028\u2029", "_"))
TURNING: Final = "\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"
"""Characters that turn the direction of what is read around: a code, or an amount beside it, would look like another."""

NO_XML: Final = str.maketrans(dict.fromkeys("\ufffe\uffff" + TURNING, CONTROL_SHOWN))
"""Characters that no sheet can hold or should, beside those that steer a terminal."""

SUMMARY: Final = "Summary"
NOBODY: Final = "no provider named"
HEADER: Final = 6
"""The row of the headings on a provider's sheet, counted from 0; the totals stand above it, so that no filter hides them."""


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a schedule: what it holds, its heading, its width, and as what it is shown."""

    name: str
    heading: str
    width: int
    form: str = "text"
    totalled: bool = False


COLUMNS: Final = (
    Column("claim", "Claim", 18),
    Column("record", "Kind", 12),
    Column("check", "Check", 24),
    Column("title", "What is wrong", 34, "wrapped"),
    Column("billed", "Billed", 14, "money", True),
    Column("expected", "Expected", 14, "money", True),
    Column("overcharge", "Overcharge", 14, "money", True),
    Column("penalty", "Penalty", 12, "money", True),
    Column("reason", "Reason", 60, "wrapped"),
    Column("answer_due", "Answer due", 13, "date"),
    Column("without_answer", "Without an answer", 16),
    Column("also_found_by", "Also found by", 40, "wrapped"),
)


def write_workbook(schedule: Schedule, path: Path) -> int:
    """Write a schedule as a workbook; how many challenges it has. DataError where a sheet cannot hold them."""
    providers = schedule.by_provider()
    for one in providers:
        if one.claims > MOST_ROWS - HEADER - 1:
            message = f"{one.name or NOBODY} is asked about {one.claims:,} claims, more than a sheet holds"
            raise problem("too-large", message, help="Write .csv or .json instead, which have no such limit.")
    options = {"constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    book = xlsxwriter.Workbook(str(path), options)
    try:
        book.set_properties({"title": _clean(f"{schedule.title}: challenges"), "created": datetime.combine(schedule.sent, time())})
        forms = _forms(book, schedule)
        _summary(book, forms, schedule, providers)
        names = {SUMMARY.casefold()}
        for one in providers or [Sum(schedule.provider or "", 0, Decimal(0), Decimal(0), Decimal(0))]:
            _sheet(book, forms, schedule, one, names)
    finally:
        book.close()
    return sum(one.claims for one in providers)


def _forms(book: Any, schedule: Schedule) -> dict[str, Any]:
    money = f'"{schedule.sign}"#,##0.00;[Red]-"{schedule.sign}"#,##0.00'
    top = {"valign": "top"}
    plain: Mapping[str, Mapping[str, Any]] = {
        "title": {"bold": True, "font_size": 14},
        "bold": {"bold": True},
        "heading": {"bold": True, "bottom": 1, "bg_color": "#DDE5EE", "text_wrap": True, "valign": "vcenter"},
        "text": {**top, "num_format": "@"},
        "wrapped": {**top, "num_format": "@", "text_wrap": True},
        "money": {**top, "num_format": money},
        "total": {"bold": True, "num_format": money, "top": 1},
        "number": {**top, "num_format": "#,##0"},
        "date": {**top, "num_format": "d mmm yyyy", "align": "left"},
    }
    return {name: book.add_format(dict(properties)) for name, properties in plain.items()}


def _cell(sheet: Any, row: int, column: int, value: object, form: Any) -> None:
    """A value as what it is: a text never becomes anything else."""
    if value is None or value == "":
        sheet.write_blank(row, column, None, form)
    elif isinstance(value, date) and value.year >= FIRST_YEAR:
        sheet.write_datetime(row, column, datetime.combine(value, time()), form)
    elif isinstance(value, int) or (isinstance(value, Decimal) and _is_exact(value)):
        sheet.write_number(row, column, value, form)
    else:
        text = _clean(f"{value:f}" if isinstance(value, Decimal) else str(value))
        cut = _cut(text, LONGEST)
        sheet.write_string(row, column, text if cut == text else _cut(text, LONGEST - 1) + "…", form)


def _clean(text: str) -> str:
    """A text without the characters that a workbook cannot hold."""
    return CONTROL.sub(CONTROL_SHOWN, text).translate(NO_XML)


def _cut(text: str, most: int) -> str:
    """As much of a text as a workbook takes, which counts a character beyond the first 65,536 as two."""
    if 2 * len(text) <= most:
        return text
    return text.encode("utf-16-le")[: 2 * most].decode("utf-16-le", errors="ignore")


def _is_exact(value: Decimal) -> bool:
    return len(value.normalize().as_tuple().digits) <= EXACT_DIGITS


# --- a provider -------------------------------------------------------------------------------------------------------


def _sheet(book: Any, forms: Mapping[str, Any], schedule: Schedule, one: Sum, names: set[str]) -> None:
    sheet = book.add_worksheet(_sheet_name(one.name, names))
    for i, column in enumerate(COLUMNS):
        sheet.set_column(i, i, column.width)
    _lines(sheet, forms, schedule, one.name or NOBODY)
    last = HEADER + max(one.claims, 1)
    _cell(sheet, HEADER - 1, 0, "Total of the rows shown", forms["bold"])
    sums = schedule.sums_of(one.name, [column.name for column in COLUMNS if column.totalled])
    for i, column in enumerate(COLUMNS):
        if column.totalled:
            letter = xlsxwriter.utility.xl_col_to_name(i)
            formula = f"=SUBTOTAL(109,{letter}{HEADER + 2}:{letter}{last + 1})"
            sheet.write_formula(HEADER - 1, i, formula, forms["total"], sums[column.name])
    for i, column in enumerate(COLUMNS):
        _cell(sheet, HEADER, i, column.heading, forms["heading"])
    for number, row in enumerate(schedule.rows(one.name), HEADER + 1):
        _row(sheet, forms, number, row)
    sheet.autofilter(HEADER, 0, last, len(COLUMNS) - 1)
    sheet.freeze_panes(HEADER + 1, 1)
    sheet.set_landscape()
    sheet.set_paper(9)
    sheet.fit_to_pages(1, 0)
    sheet.repeat_rows(HEADER)
    sheet.set_footer("&L&A&RPage &P of &N")


def _row(sheet: Any, forms: Mapping[str, Any], number: int, row: Row) -> None:
    for i, column in enumerate(COLUMNS):
        _cell(sheet, number, i, row[column.name], forms[column.form])


def _lines(sheet: Any, forms: Mapping[str, Any], schedule: Schedule, provider: str) -> None:
    _cell(sheet, 0, 0, f"{schedule.title}: challenges", forms["title"])
    _cell(sheet, 1, 0, f"Provider: {provider}", forms["bold"])
    _cell(sheet, 2, 0, period_of(schedule), None)
    _cell(sheet, 3, 0, f"Sent on {schedule.sent:%Y-%m-%d}; the day by which an answer is due stands in each row.", None)


def period_of(schedule: Schedule) -> str:
    """For what time the claims were checked, in words."""
    return f"Claims as known on {schedule.known:%Y-%m-%d}"


def _sheet_name(provider: str, taken: set[str]) -> str:
    """A name for a sheet that a workbook takes, and that no other has."""
    base = _named(_clean(provider).translate(FORBIDDEN), LONGEST_NAME) or NOBODY
    base = f"{base} provider" if base.casefold() == "history" else base
    name, number = base, 1
    while name.casefold() in taken:
        number += 1
        end = f" ({number})"
        name = _named(base, LONGEST_NAME - len(end)) + end
    taken.add(name.casefold())
    return name


def _named(text: str, most: int) -> str:
    """A text cut to the name of a sheet, which begins and ends with no apostrophe."""
    return _cut(text.strip("' "), most).strip("' ")


# --- the summary ------------------------------------------------------------------------------------------------------


def _summary(book: Any, forms: Mapping[str, Any], schedule: Schedule, providers: Sequence[Sum]) -> None:
    sheet = book.add_worksheet(SUMMARY)
    for i, width in enumerate((52, 14, 16, 16, 16)):
        sheet.set_column(i, i, width)
    _lines(sheet, forms, schedule, schedule.provider or ("all" if len(providers) != 1 else providers[0].name or NOBODY))
    row = _block(sheet, forms, 5, "Provider", ((one.name or NOBODY, one) for one in providers), schedule.total())
    row = _block(sheet, forms, row + 2, "Check", ((one.name, one) for one in schedule.by_check()), schedule.total())
    row += 2
    for i, heading in enumerate(("Not in this schedule", "Not assessable", "Not challenged")):
        _cell(sheet, row, i, heading, forms["heading"])
    for number, one in enumerate(schedule.undecided(), row + 1):
        for i, (value, form) in enumerate(((one.check.title, "wrapped"), (one.not_assessable, "number"), (one.kept, "number"))):
            _cell(sheet, number, i, value, forms[form])
    sheet.set_paper(9)
    sheet.fit_to_pages(1, 0)


def _block(sheet: Any, forms: Mapping[str, Any], row: int, name: str, sums: Iterable[tuple[str, Sum]], total: Sum) -> int:
    """A table of sums with its total; the row after it."""
    for i, heading in enumerate((name, "Challenges", "Billed", "Overcharge", "Penalty")):
        _cell(sheet, row, i, heading, forms["heading"])
    for label, one in sums:
        row += 1
        _amounts(sheet, row, label, one, forms["wrapped"], forms["number"], forms["money"])
    row += 1
    _amounts(sheet, row, "Total", total, forms["bold"], forms["bold"], forms["total"])
    return row


def _amounts(sheet: Any, row: int, label: str, one: Sum, text: Any, number: Any, money: Any) -> None:
    _cell(sheet, row, 0, label, text)
    _cell(sheet, row, 1, one.claims, number)
    for i, value in enumerate((one.billed, one.overcharge, one.penalty), 2):
        _cell(sheet, row, i, Decimal(value).quantize(Decimal(1).scaleb(-PENNY_DECIMALS)), money)
