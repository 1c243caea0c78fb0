"""Finding the data of each record: files, folders and patterns, objects of a program, and what stands in or beside the ruleset."""

from __future__ import annotations

import glob
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path, PurePosixPath, PureWindowsPath
from typing import Final

from requite.dsl.program import WHOLE, Program, Record
from requite.engine.reading.files import KINDS, PARTITION, WORKBOOK, InputFile
from requite.engine.reading.places import Place, place_of
from requite.engine.reading.problems import DataError, DataProblem, problem

PATTERN: Final = frozenset("*?[")


@dataclass(frozen=True, slots=True)
class Given:
    """Where the rows of a record come from: files, or one object of a program (`whole`). Neither where they stand in the text."""

    record: Record
    files: tuple[InputFile, ...] = ()
    whole: object = None
    beside: bool = False
    """Whether the files were found beside the ruleset, not named by the run."""


def find_sources(program: Program, inputs: Mapping[str, object], needed: frozenset[str] | None = None) -> tuple[Given, ...]:
    """Where each record's rows come from, in the order declared; DataError with all that is missing or not found.

    `needed` names the records that some rule reads: the others may go without data.
    """
    problems: list[DataProblem] = []
    named = _named_inputs(program, inputs, problems)
    found: list[Given] = []
    without: list[Record] = []
    for record in program.records.values():
        try:
            given = _source(record, named)
        except DataError as error:
            problems += error.problems
            continue
        if given is not None:
            found.append(given)
        elif not record.derived_from and record.name != WHOLE and (needed is None or record.name in needed):
            without.append(record)
    if without:
        problems.insert(0, _without_data(without))
    if problems:
        raise DataError(problems)
    return tuple(found)


def unknown_records(program: Program, inputs: Mapping[str, object]) -> list[DataProblem]:
    """What is wrong with the names of the records that are given data, before any of it is looked at."""
    problems: list[DataProblem] = []
    _named_inputs(program, inputs, problems)
    return problems


def _named_inputs(program: Program, inputs: Mapping[str, object], problems: list[DataProblem]) -> dict[str, object]:
    """The inputs by the full names of their records; the last part of a name will do where only one record has it."""
    named: dict[str, object] = {}
    for name, given in inputs.items():
        full = [name] if name in program.records else [n for n in program.records if n.rpartition(".")[2] == name]
        if len(full) != 1:
            problems.append(_unknown(program, name, full))
        elif program.records[full[0]].derived_from:
            message = f"{name} takes no data: its rows are made from {program.records[full[0]].derived_from}"
            problems.append(DataProblem("unknown-record", message, name, help=f"Leave out --data {name}=…."))
        elif full[0] in named:
            problems.append(DataProblem("unknown-record", f"{name} is given data twice", name, help="Give it once."))
        else:
            named[full[0]] = given
    return named


def _unknown(program: Program, name: str, full: Sequence[str]) -> DataProblem:
    there = [record.name for record in program.records.values() if not record.derived_from]
    if full:
        message, help = f"{name} could be {' or '.join(full)}", "Give the full name."
    else:
        near = get_close_matches(name, there, n=1)
        message = f"the ruleset {program.name} has no record {name}: it reads {', '.join(there) or 'none'}"
        help = f"Did you mean {near[0]}?" if near else ""
    return DataProblem("unknown-record", message, name, help=help, detail={"there": there})


def _without_data(records: Sequence[Record]) -> DataProblem:
    names = [record.name for record in records]
    message = f"no data for {', '.join(names[:-1]) + ' and ' + names[-1] if len(names) > 1 else names[0]}"
    help = "Add " + " ".join(f"--data {name}=FILE" for name in names) + "."
    return DataProblem("no-data", message, names[0], help=help, detail={"missing": names})


def _source(record: Record, named: Mapping[str, object]) -> Given | None:
    if record.name in named:
        given = named[record.name]
        if given is None:
            raise problem("not-rows", f"the data given for {record.name} is None", record.name, help="Give a path or rows.")
        place = place_of(os.fsdecode(given), record.name) if isinstance(given, str | os.PathLike) else None
        if isinstance(place, Place):
            return Given(record, whole=place)
        if place is not None:
            return Given(record, place)
        if _is_path(given):
            return Given(record, _each_once(find_files(given, record.name), record.name))
        if isinstance(given, Sequence) and given and all(_is_path(item) for item in given):
            return Given(record, _each_once([file for item in given for file in find_files(item, record.name)], record.name))
        return Given(record, whole=given)
    if record.rows is not None:
        return Given(record)
    return Given(record, (_file_beside(record),), beside=True) if record.file else None


def _each_once(files: Sequence[InputFile], record: str) -> tuple[InputFile, ...]:
    """The files, none of which is another one by a second name: its rows would count twice."""
    first: dict[tuple[Path, str], InputFile] = {}
    for file in files:
        other = first.setdefault((file.path.resolve(), file.sheet), file)
        if other is not file:
            said = "given twice" if other.name == file.name else f"the same file as {other.name}"
            message = f"{file.name} is {said}, so that each row of {record} would count twice"
            raise problem("given-twice", message, record, file.name, "Give each file once.")
    return tuple(files)


def _is_path(given: object) -> bool:
    return isinstance(given, str | os.PathLike | InputFile)


def find_files(given: object, record: str) -> tuple[InputFile, ...]:
    """The files that a path, folder or pattern (`claims/*.csv`) stands for, by name; `book.xlsx#Sheet` names a sheet."""
    if isinstance(given, InputFile):
        return (given,)
    text = os.fspath(given)  # type: ignore[call-overload]
    text = os.fsdecode(text) if isinstance(text, bytes) else str(text)
    path = Path(text).expanduser() if "\0" not in text else Path()
    if not text or "\0" in text:
        raise _not_found(text, record)
    if path.is_dir():
        return _in_folder(path, text, record)
    if path.is_file():
        return (InputFile(path, text),)
    if path.exists():
        # What is read once cannot be read again for its hash, and may never come to an end.
        help = "Save what it gives as a file, and name that."
        raise problem("wrong-kind", f"{text} is no file: it is a device, or what another program writes", record, text, help)
    if "#" in text:
        book, _, sheet = text.rpartition("#")
        if KINDS.get(Path(book).suffix.lower()) == WORKBOOK and Path(book).expanduser().is_file():
            return (InputFile(Path(book).expanduser(), text, sheet),)
    if PATTERN & set(text):
        matched = sorted(name for name in glob.glob(str(path), recursive=True) if Path(name).is_file())  # noqa: PTH207
        if matched:
            return tuple(InputFile(Path(name), name) for name in matched)
        help = "Check the folder and the ending."
        raise problem("not-found", f"no file matches {text}", record, text, help)
    raise _not_found(text, record)


def _in_folder(folder: Path, name: str, record: str) -> tuple[InputFile, ...]:
    """The data files of a folder (not of those in it); hidden ones and Excel's lock files are none."""
    files = [p for p in sorted(folder.iterdir()) if p.is_file() and p.name[0] not in "._~"]
    known = [p for p in files if p.suffix.lower() in KINDS]
    if not known and not files:
        known = _in_partitions(folder)
        if known:
            return tuple(InputFile(p, str(Path(name) / p.relative_to(folder))) for p in known)
    if not known:
        help = "Data files end in .csv, .tsv, .parquet, .jsonl or .xlsx."
        raise problem("not-found", f"the folder {name} holds no data files", record, name, help)
    unknown = [p.name for p in files if p not in known]
    if unknown:
        message = f"the folder {name} also holds {', '.join(unknown[:5])}, which {'is' if len(unknown) == 1 else 'are'} no data"
        help = f"Take out what does not belong, or name the files: {name}/*{known[0].suffix}."
        raise problem("wrong-kind", message, record, name, help)
    return tuple(InputFile(p, str(Path(name) / p.name)) for p in known)


def _in_partitions(folder: Path) -> list[Path]:
    """The data files in the folders of a partition (`year=2017`), and in those within them."""
    found: list[Path] = []
    for path in sorted(folder.iterdir()):
        if path.is_dir() and PARTITION.fullmatch(path.name):
            found += [p for p in sorted(path.iterdir()) if p.is_file() and p.name[0] not in "._~" and p.suffix.lower() in KINDS]
            found += _in_partitions(path)
    return found


def _not_found(text: str, record: str) -> DataError:
    path = Path(text) if "\0" not in text else Path()
    if path.is_symlink():
        message = f"{text} is a link to {path.readlink()}, which is not there"
        return problem("not-found", message, record, text, "Put the file back, or name another.")
    if "://" in text:
        message = f"{text} is an address, and data is read from files, Delta, Iceberg and PostgreSQL"
        return problem("not-found", message, record, text, "Fetch the file, and name what you saved.")
    try:
        there = sorted(p.name for p in path.parent.iterdir() if not p.name.startswith("."))
    except OSError:
        message = f"there is no file {text}: there is no folder {path.parent}"
        return problem("not-found", message, record, text, "Check the path.")
    near = get_close_matches(path.name, there, n=1)
    help = f"Did you mean {path.parent / near[0]}?" if near else f"The current folder is {Path.cwd()}."
    return problem("not-found", f"there is no file {text}", record, text, help, likely=near)


def _file_beside(record: Record) -> InputFile:
    """The file of a table, beside the ruleset; it must lie in the ruleset's folder or below."""
    folder = Path(record.folder)
    path = folder / record.file
    strange = PurePosixPath(record.file).is_absolute() or bool(PureWindowsPath(record.file).anchor)
    parts = {*PurePosixPath(record.file).parts, *PureWindowsPath(record.file).parts}
    if strange or ".." in parts or "\0" in record.file or not path.resolve().is_relative_to(folder.resolve()):
        message = f"the table {record.name} names {record.file}, which lies outside the ruleset's folder"
        help = f"Put the file beside the ruleset, or give it to the run: --data {record.name}=FILE."
        raise problem("outside-folder", message, record.name, record.file, help)
    if not path.is_file():
        message = f"the table {record.name} is in {record.file}, but there is no such file in {folder}"
        help = f"Put it there, or give it to the run: --data {record.name}=FILE."
        raise problem("not-found", message, record.name, str(path), help)
    return InputFile(path, str(path))
