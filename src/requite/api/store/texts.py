"""The texts of a ruleset as a whole: what may stand among them, their hash, and the program that they make."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import lru_cache
from pathlib import Path, PurePosixPath
from tempfile import TemporaryDirectory
from typing import Final

from requite.api.store.refusals import Refused
from requite.api.store.schema import NAME
from requite.dsl.diagnostics import Diagnostic, error
from requite.dsl.load import MOST_FILES, SUFFIXES, Compiled, check_text
from requite.dsl.parse import LONGEST_TEXT
from requite.dsl.program import Program
from requite.engine.data import read_data
from requite.engine.examples import run_examples
from requite.engine.reading.problems import DataError
from requite.engine.rows import Data

TABLE: Final = ".csv"
"""How the name of a table's file ends, whose rows belong to the ruleset."""

LONGEST_TABLE: Final = 2 * 1024 * 1024
MOST_TABLES: Final = 20
MOST_BYTES: Final = 8 * 1024 * 1024
KEPT: Final = 64
"""How many programs are kept for whoever needs them next."""

_NAME: Final = re.compile(r"[^\x00-\x1f\x7f\\:*?\"<>|\ud800-\udfff]+")


@dataclass(frozen=True, slots=True)
class Texts:
    """The texts of a ruleset by their names, the first by `main`. Two of the same hash are the same."""

    hash: str
    main: str = field(compare=False)
    items: tuple[tuple[str, str], ...] = field(compare=False, repr=False)

    @property
    def by_name(self) -> dict[str, str]:
        return dict(self.items)


def texts_of(main: str, texts: Mapping[str, str]) -> Texts:
    """The texts as a whole; Refused where they are none of a ruleset, or too large."""
    names = sorted(texts)
    if main not in texts:
        raise Refused("wrong-texts", "the first text is not among the texts", "`main` is the name of one of `texts`.")
    for name in names:
        _check_name(name)
        _check_length(name, texts[name])
    if not main.endswith(SUFFIXES):
        raise Refused("wrong-texts", "the first text is no ruleset", "Its name ends in .requite or .md.")
    if len({name.casefold() for name in names}) < len(names):
        raise Refused("wrong-texts", "two names differ in nothing but capitals", "Name the files differently.")
    tables = sum(name.endswith(TABLE) for name in names)
    if tables > MOST_TABLES or len(names) - tables > MOST_FILES or sum(len(texts[name].encode()) for name in names) > MOST_BYTES:
        help = f"At most {MOST_FILES} texts and {MOST_TABLES} tables, of {MOST_BYTES // 1024 // 1024} MB together."
        raise Refused("too-large", "these are too many texts for one ruleset", help)
    items = tuple((name, texts[name]) for name in names)
    return Texts(hashlib.sha256(json.dumps([main, items]).encode()).hexdigest(), main, items)


def _check_name(name: str) -> None:
    if not _is_plain(name):
        help = f"A name is that of a file, such as scheme.requite or tables/prices.csv, of at most {NAME} letters."
        raise Refused("wrong-texts", "a text has a name that no file should have", help)
    if not name.endswith((*SUFFIXES, TABLE)):
        raise Refused("wrong-texts", f"`{name}` is neither a ruleset nor a table", "Names end in .requite, .md or .csv.")


def _is_plain(name: str) -> bool:
    """Whether a name is that of a file in the ruleset's own folder, or below it."""
    path = PurePosixPath(name)
    if len(name) > NAME or _NAME.fullmatch(name) is None or path.is_absolute() or str(path) != name:
        return False
    return not any(part.startswith(".") or part != part.strip() for part in path.parts)


def _check_length(name: str, text: str) -> None:
    most = LONGEST_TABLE if name.endswith(TABLE) else LONGEST_TEXT
    if len(text) > most or len(text.encode("utf-8", "surrogatepass")) > most:
        raise Refused("too-large", f"`{name}` is longer than {most // 1024} KB", "Part it into several texts.")
    if "\0" in text or any("\ud800" <= letter <= "\udfff" for letter in text):
        raise Refused("wrong-texts", f"`{name}` holds what is no letter", "Send it as plain text.")


# --- what they make ---------------------------------------------------------------------------------------------------


@lru_cache(maxsize=KEPT)
def compiled(texts: Texts) -> Compiled:
    """The program of the texts, and what is said of them; kept for the next time."""
    by_name = texts.by_name
    program, diagnostics = check_text(by_name[texts.main], texts.main, by_name)
    if program is None:
        return None, diagnostics
    if len(program.name) > NAME:
        raise Refused("wrong-ruleset", f"the ruleset's name has more than {NAME} letters", "Give it a shorter one.")
    _check_tables(program)
    strangers = set(by_name) - set(program.files) - set(_table_files(program).values())
    if strangers:
        help = "Leave them out, or use them from the first one."
        raise Refused("wrong-texts", f"the ruleset uses no {', '.join(sorted(strangers))}", help)
    return program, diagnostics


def _check_tables(program: Program) -> None:
    # A version of before may lack one: its rows come with a run, or as they arrive, and the name only says how it is called.
    for record, name in _table_files(program).items():
        if not _is_plain(name):
            help = "Name a file that is sent with the ruleset, such as tables/prices.csv."
            raise Refused("wrong-texts", f"the table {record} names a file outside the ruleset's folder", help)


def demand_tables(texts: Texts) -> None:
    """Refuse texts of which a table names a file that could stand among them and does not.

    A file of another kind cannot be sent so: its rows come with each run, or as they arrive.
    """
    for record, name in _table_files(program_of_texts(texts)).items():
        if name.endswith(TABLE) and name not in texts.by_name:
            message = f"the table {record} has its rows in `{name}`, which is not among the texts"
            help = "Send the file too. Where the rows come with each run, or as they arrive, leave out `from` and its name."
            raise Refused("wrong-texts", message, help)


def program_of_texts(texts: Texts) -> Program:
    """The program of texts that were understood when they were published; Refused where they no longer are."""
    program, diagnostics = compiled(texts)
    if program is None:
        help = "An older Requite understood it: publish it anew, with what is said here put right."
        raise Refused("wrong-ruleset", "this version of the ruleset is no longer understood", help, diagnostics)
    return program


@lru_cache(maxsize=KEPT)
def tables(texts: Texts) -> Data:
    """The rows of the tables that lie in files among the texts; Refused where some of them cannot be read."""
    program = program_of_texts(texts)
    there = {record: name for record, name in _table_files(program).items() if name in texts.by_name}
    if not there:
        return {}
    with TemporaryDirectory(prefix="requite-") as folder:
        write(texts, Path(folder))
        given = {record: str(Path(folder) / name) for record, name in there.items()}
        records = {name: replace(record, file="") for name, record in program.records.items()}
        try:
            read = read_data(replace(program, records=records), given, needed={})
        except DataError as failed:
            said = "; ".join(problem.message for problem in failed.problems)
            raise Refused("wrong-texts", f"a table of the ruleset cannot be read: {said}".replace(f"{folder}/", "")) from None
    if read.rejects:
        first = read.rejects[0]
        reason = first.reason.replace(f"{folder}/", "")
        message = f"the table {first.record} has rows that cannot be read: line {first.line}: {reason}"
        raise Refused("wrong-texts", message, f"Put {there[first.record]} right.")
    return {record: read.data[record] for record in there}


def _table_files(program: Program) -> dict[str, str]:
    """The file of each table that names one, as its name among the texts."""
    named = (record for record in program.records.values() if record.file)
    return {record.name: str(PurePosixPath(record.folder) / record.file) for record in named}


@lru_cache(maxsize=KEPT)
def failing_examples(texts: Texts) -> tuple[Diagnostic, ...]:
    """What is said of the examples of a ruleset that do not hold; nothing where all of them do."""
    program = program_of_texts(texts)
    return tuple(
        error("example-fails", failure.span, f"the example “{result.name}” does not hold: {failure.message}")
        for result in run_examples(program, tables(texts))
        for failure in result.failures
    )


def write(texts: Texts, folder: Path) -> Path:
    """Write the texts into a folder, from which a run can read them; gives the path of the first."""
    for name, text in texts.items:
        _check_name(name)
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text.encode())
    return folder / texts.main
