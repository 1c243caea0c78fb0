"""Statements written: a folder that is whole or not there, a file for each party and format, and the board's summary."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from requite.api.statements.board import board_of
from requite.api.statements.gather import Gathered
from requite.api.statements.model import Board, Party, Statement
from requite.api.statements.pages import board_html, board_markdown, statement_html, statement_markdown
from requite.api.statements.parties import file_names
from requite.api.statements.pdf import pdf_of
from requite.engine.data import Progress
from requite.engine.reading.problems import problem
from requite.engine.results import decimal_text, safe_cell
from requite.engine.working import whole_folder

CONTENTS: Final = "statements.json"
"""What says which files of a folder are statements."""

ROWS: Final[Mapping[str, int]] = {"html": 500, "md": 500, "pdf": 100}
"""Rows of one list in each format; all of them are in the schedule beside it."""

MOST: Final = 20_000
"""Statements that are written at once."""


@dataclass(frozen=True, slots=True)
class Written:
    """A statement that was written: for whom, what it comes to, and its files."""

    party: Party
    name: str
    paid: str
    credit: str
    files: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class WrittenSet:
    """All that was written into a folder."""

    statements: tuple[Written, ...]
    summary: tuple[str, ...]


def free_for_statements(out: str, overwrite: bool) -> Path:
    """The folder to write to; DataError where something is there that may not be replaced."""
    target = Path(out).expanduser().resolve()
    if not target.exists():
        return target
    if not target.is_dir():
        raise problem("out-exists", f"{out} is a file, not a folder", file=out, help="Name a new folder.")
    there = {path.name for path in target.iterdir()}
    if not there:
        return target
    strangers = sorted(there - _ours(target))
    if strangers:
        message = f"{out} holds what is no statement: {', '.join(strangers[:5])}"
        raise problem("out-exists", message, file=out, help="Name a new folder, or move those files first.")
    if not overwrite:
        raise problem("out-exists", f"{out} holds earlier statements", file=out, help="Name a new folder, or say --overwrite.")
    return target


def _ours(folder: Path) -> set[str]:
    """The files of a folder that were written as statements."""
    try:
        said = json.loads((folder / CONTENTS).read_text("utf-8"))
        return {CONTENTS, *(str(name) for name in said["files"])}
    except (OSError, ValueError, KeyError, TypeError):
        return set()


def write_all(
    run: Gathered,
    parties: Sequence[Party],
    formats: Sequence[str],
    target: Path,
    with_board: bool,
    progress: Progress | None,
    overwrite: bool,
) -> WrittenSet:
    """Write the statements of some parties, and the board's summary where it is wanted."""
    if len(parties) > MOST:
        message = f"there are {len(parties):,} payees and respondents, and no more than {MOST:,} statements are written at once"
        raise problem("too-many", message, help="Name those that are wanted, each with --for.")
    names = file_names(run.parties)
    written: list[Written] = []
    with whole_folder(target, replaces=overwrite) as place:
        told = run.statements(parties, progress)
        written += [_write(run, statement, names[statement.party], formats, place.folder) for statement in told]
        summary: tuple[str, ...] = ()
        if with_board:
            summary = tuple(f"index.{form}" for form in formats)
            for form in formats:
                files = {one.party: [name for name in one.files if name.endswith(f".{form}")] for one in written}
                board = board_of(run, files, {one.party: one.name for one in written})
                (place.folder / f"index.{form}").write_bytes(_board(board, form))
        contents = {"run": run.reloaded.folder.name, "files": [*(f for one in written for f in one.files), *summary]}
        (place.folder / CONTENTS).write_text(json.dumps(contents, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    return WrittenSet(tuple(written), summary)


def _write(run: Gathered, statement: Statement, name: str, formats: Sequence[str], folder: Path) -> Written:
    files = [f"{name}.{form}" for form in formats]
    fewest = min(ROWS[form] for form in formats)
    if is_long(statement, fewest):
        schedule = f"{name}.csv"
        (folder / schedule).write_bytes(schedule_csv(run, statement.party))
        statement = replace(statement, schedule_file=schedule)
        files.append(schedule)
    for form in formats:
        (folder / f"{name}.{form}").write_bytes(page_of(statement, form))
    paid = decimal_text(statement.own, 2) if statement.pays else ""
    return Written(
        statement.party,
        statement.name,
        paid,
        decimal_text(statement.asked.credit, 2) if statement.asked is not None else "",
        tuple(files),
    )


def is_long(statement: Statement, rows: int) -> bool:
    """Whether a list of a statement has more rows than are shown."""
    parts = statement.asked.parts if statement.asked is not None else ()
    return any(schedule.number > rows for schedule in statement.schedules) or any(part.challenged > rows for part in parts)


def page_of(statement: Statement, form: str) -> bytes:
    """A statement in a format."""
    if form == "md":
        return statement_markdown(statement, ROWS["md"]).encode()
    page = statement_html(statement, ROWS[form])
    return pdf_of(page) if form == "pdf" else page.encode()


def _board(board: Board, form: str) -> bytes:
    if form == "md":
        return board_markdown(board).encode()
    page = board_html(board)
    return pdf_of(page) if form == "pdf" else page.encode()


# --- schedules --------------------------------------------------------------------------------------------------------


def schedule_csv(run: Gathered, party: Party) -> bytes:
    """Every payment to a party and every finding about its claims, a row each."""
    made = io.StringIO()
    rows = csv.writer(made, lineterminator="\n")
    groups = run.paid_groups.get(party, ())
    if groups:
        rows.writerow(["payment", "record", "key", "amount", "reason"])
        for payee in dict.fromkeys(group.payee for group in groups):
            for paid in run.results.payments_to(payee, [group.rule for group in groups if group.payee == payee]):
                rows.writerow(_cells(paid.rule, paid.record, paid.key, decimal_text(paid.amount, 2), paid.reason))
    found = run.asked_groups.get(party, ())
    if found:
        rows.writerow(
            ["check", "record", "key", "billed", "expected", "overcharge", "penalty", "challenged", "challenged as", "reason"]
        )
        for name in dict.fromkeys(group.respondent for group in found):
            for one in run.results.findings_of(name, [group.check for group in found if group.respondent == name]):
                amounts = ["" if v is None else decimal_text(v, 2) for v in (one.billed, one.expected, one.overcharge, one.penalty)]
                said = "yes" if one.challenged else "no"
                rows.writerow(_cells(one.check, one.record, one.key, *amounts, said, one.challenged_as, one.reason))
    return made.getvalue().encode()


def _cells(*texts: str) -> list[str]:
    return [safe_cell(text) for text in texts]
