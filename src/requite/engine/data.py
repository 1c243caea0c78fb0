"""Data in: files, tables and frames become typed rows; what cannot be read becomes a reject that says where and why.

Nothing is lost on the way: of each file, rows = read + rejected. Rows that repeat a key are all rejected, since none can
be preferred.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Protocol

from requite.dsl.memory import uncollected
from requite.dsl.program import Program, Record
from requite.engine.decision import Rejected
from requite.engine.reading.columns import Form, Placed, matches, parts_of, place
from requite.engine.reading.files import open_file
from requite.engine.reading.frames import open_object
from requite.engine.reading.keys import Keys
from requite.engine.reading.places import Place, open_place
from requite.engine.reading.problems import DataError, DataProblem
from requite.engine.reading.raw import Broken, Chunk, Opened
from requite.engine.reading.readings import Readings, Unread, assemble, readings_of, shown_cell
from requite.engine.reading.sources import Given, find_sources
from requite.engine.rows import Data, Row


class Progress(Protocol):
    """What is told how far a run has come: the stage in words, how much is done, and of how much (0 where that is not known)."""

    def __call__(self, stage: str, done: int, total: int) -> None: ...


@dataclass(frozen=True, slots=True)
class FileCount:
    """Of one file (or object, or the ruleset's own rows): rows = read + rejected. `blank` lines hold nothing and are no rows."""

    record: str
    file: str
    form: str
    rows: int
    read: int
    rejected: int
    blank: int = 0


@dataclass(frozen=True, slots=True)
class DataRead:
    """The rows of a run, the rejects, the counts of each file, and notes on what was taken for granted."""

    data: Data
    rejects: tuple[Rejected, ...]
    counts: tuple[FileCount, ...]
    notes: tuple[str, ...] = ()


def read_data(
    program: Program,
    inputs: Mapping[str, object],
    needed: Mapping[str, frozenset[str]] | None = None,
    progress: Progress | None = None,
) -> DataRead:
    """Read the data of every record; DataError, with all that is wrong at once, where some of it cannot be read at all.

    `inputs` give, by record, a path (a file, a folder, a pattern, `book.xlsx#Sheet`), a list of paths, or an object: a data
    frame, an Arrow table, a DuckDB relation, a list of dictionaries or models. A table that they leave out has the rows of the
    text, or of the file beside it. `needed` (a plan's `records_read`) names the records that some rule reads: the others may go
    without data. Every field that is declared is read, whether a rule needs it or not, so that what is rejected depends on the
    data and its declaration alone.
    """
    sources = find_sources(program, inputs, None if needed is None else frozenset(needed))
    return read_sources(program, sources, progress)


def read_sources(program: Program, sources: Sequence[Given], progress: Progress | None = None) -> DataRead:
    """Read the data of every record from where it was found; records without a source have no rows."""
    opened, notes = open_all(sources)
    data: dict[str, Sequence[Row]] = {}
    rejects: list[Rejected] = []
    counts: list[FileCount] = []
    with uncollected():
        for given, tables in zip(sources, opened, strict=True):
            rows, refused, counted = _read_record(program, given, tables, progress)
            data[given.record.name] = rows
            rejects += refused
            counts += counted
    for record in program.records.values():
        if not record.derived_from:
            data.setdefault(record.name, ())
    return DataRead(data, tuple(rejects), tuple(counts), notes)


@dataclass(frozen=True, slots=True)
class OpenTable:
    """An opened file whose columns have been found."""

    opened: Opened
    placed: tuple[Placed, ...]


def open_all(sources: Sequence[Given]) -> tuple[list[list[OpenTable]], tuple[str, ...]]:
    """Open what each source names and find its columns, with notes on those left out; DataError with all that is wrong."""
    problems: list[DataProblem] = []
    notes: list[str] = []
    opened: list[list[OpenTable]] = []
    for given in sources:
        tables: list[OpenTable] = []
        opened.append(tables)
        for opening in _openings(given):
            try:
                table = opening()
            except DataError as error:
                problems += error.problems
                continue
            placed, wrong = _place(given, table)
            problems += wrong
            notes += _notes(given.record, table, placed)
            tables.append(OpenTable(table, placed))
    if problems:
        raise DataError(problems)
    return opened, tuple(notes)


def _openings(given: Given) -> Iterator[Callable[[], Opened]]:
    parts = parts_of(given.record)
    name = given.record.name
    if given.whole is not None:
        whole = given.whole
        yield lambda: open_place(whole) if isinstance(whole, Place) else open_object(whole, f"<{name}>", name)
    for file in given.files:
        yield lambda file=file: open_file(file, lambda columns: matches(columns, parts), name)  # type: ignore[misc]


def _place(given: Given, table: Opened) -> tuple[tuple[Placed, ...], tuple[DataProblem, ...]]:
    """Where each part stands. What a program hands over may go by the names of the fields, too."""
    parts = parts_of(given.record)
    if given.whole is None:
        return place(given.record, table.columns, parts, table.name, "file")
    if not table.columns and table.form == "no rows":
        return (), ()
    there = set(table.columns)
    named = [
        replace(part, column=part.field.name)
        if part.role == "value" and part.column not in there and part.field.name in there
        else part
        for part in parts
    ]
    form: Form = "rows" if table.form == "rows" else "table" if isinstance(given.whole, Place) else "frame"
    return place(given.record, table.columns, named, table.name, form)


def _notes(record: Record, table: Opened, placed: Sequence[Placed]) -> list[str]:
    absent = [item.part.column for item in placed if item.position is None]
    if not absent:
        return []
    return [f"{table.name} has no column for {', '.join(absent)} of {record.name}: optional, so taken as blank"]


# --- rows -------------------------------------------------------------------------------------------------------------


@dataclass(slots=True)
class _Tally:
    """Rejects and rows of one record as they are read; `wheres` are the file numbers and lines that decide the order."""

    keys: Keys
    rows: list[Row]
    rejects: list[tuple[tuple[int, int], Rejected, tuple[object, ...] | None]]
    seen: list[int]
    blank: list[int]


def _read_record(
    program: Program, given: Given, tables: Sequence[OpenTable], progress: Progress | None
) -> tuple[tuple[Row, ...], list[Rejected], list[FileCount]]:
    record = given.record
    names = [table.opened.name for table in tables]
    forms = [table.opened.form for table in tables]
    literal = given.whole is None and not given.files
    if literal:
        names, forms = list(dict.fromkeys(row.span.source.name for row in record.rows or ())), []
        forms = ["rows in the text"] * len(names)
    tally = _Tally(Keys(record, names), [], [], [0] * len(names), [0] * len(names))
    if literal:
        _read_literal(record, names, tally)
    for number, table in enumerate(tables):
        read = readings_of(program, table.placed)
        for chunk in table.opened.chunks([item.position for item in table.placed if item.position is not None]):
            _read_chunk(record, number, table, chunk, read, tally)
            if progress:
                progress(f"reading {record.name}", sum(tally.seen), 0)
    rows, refused = _without_repeats(tally)
    counts = [
        FileCount(record.name, name, form, seen, seen - bad, bad, blank)
        for name, form, seen, bad, blank in zip(names, forms, tally.seen, _by_file(refused, len(names)), tally.blank, strict=True)
    ]
    return rows, [reject for _, reject in refused], counts


def _by_file(refused: Sequence[tuple[tuple[int, int], Rejected]], files: int) -> list[int]:
    counts = [0] * files
    for (file, _), _ in refused:
        counts[file] += 1
    return counts


def _read_chunk(record: Record, number: int, table: OpenTable, chunk: Chunk, read: Sequence[Readings], tally: _Tally) -> None:
    name = table.opened.name
    tally.seen[number] += len(chunk.lines) + len(chunk.broken)
    tally.blank[number] += chunk.blank
    tally.rejects += [((number, b.line), _rejected_line(record, name, b), None) for b in chunk.broken]
    if not chunk.lines:
        return
    cells = _cells(table.placed, chunk)
    columns = [reading.column(part) for reading, part in zip(read, cells, strict=True)]
    fields, values = assemble(table.placed, columns)
    unread = any(reading.failed for reading in read) or any(item.part.role == "until" for item in table.placed)
    make_key, several = tally.keys.of_values(fields), len(tally.seen) > 1
    for i, row in enumerate(zip(*values, strict=True)):
        line = chunk.lines[i]
        key = make_key(row)
        bad = [v for v in row if v.__class__ is Unread] if unread else ()
        if bad:
            reject = _rejected_row(record, name, line, bad, [part[i] for part in cells])
            # Another row with its key is no better for the faults that this one has.
            readable = not any(part.__class__ is Unread for part in key)
            tally.rejects.append(((number, line), reject, tally.keys.add(key, number, line) if readable else None))
            continue
        tally.keys.add(key, number, line)
        values_by_name = dict(zip(fields, row, strict=True))
        row_key = tally.keys.row_key(key) or ((f"{name}:{line}" if several else Fraction(line)),)
        tally.rows.append(Row(record.name, row_key, values_by_name, name, line))


def _cells(placed: Sequence[Placed], chunk: Chunk) -> list[Sequence[object]]:
    """The cells of each part: blanks for an optional column that is not there."""
    there = iter(chunk.cells)
    blanks = [None] * len(chunk.lines)
    return [blanks if item.position is None else next(there) for item in placed]


def _rejected_line(record: Record, name: str, broken: Broken) -> Rejected:
    return Rejected(record.name, name, broken.line, "", broken.value, broken.reason)


def _rejected_row(record: Record, name: str, line: int, bad: Sequence[Unread], cells: Sequence[object]) -> Rejected:
    """One reject for a row, whatever number of its cells cannot be read: the first by field and value, the others in the reason."""
    first, *others = bad
    also = "".join(f"; also {other.field} {other.reason}" for other in others)
    return Rejected(record.name, name, line, first.field, shown_cell(cells[first.part]), first.reason + also)


def _read_literal(record: Record, names: Sequence[str], tally: _Tally) -> None:
    fields = tuple(field.name for field in record.fields)
    for row in record.rows or ():
        number, line = names.index(row.span.source.name), row.span.line
        tally.seen[number] += 1
        values = {name: row.values.get(name) for name in fields} | dict(row.values)
        key = tally.keys.of_mapping(values)
        tally.keys.add(key, number, line)
        row_key = tally.keys.row_key(key) or (Fraction(line),)
        tally.rows.append(Row(record.name, row_key, values, row.span.source.name, line))


def _without_repeats(tally: _Tally) -> tuple[tuple[Row, ...], list[tuple[tuple[int, int], Rejected]]]:
    """Set aside every row whose key another row has; rejects in the order of the files and their lines."""
    keys = tally.keys
    if not keys.repeated:
        return tuple(tally.rows), sorted(((w, reject) for w, reject, _ in tally.rejects), key=lambda item: item[0])
    numbers = {name: number for number, name in enumerate(keys.files)}
    kept: list[Row] = []
    refused: list[tuple[tuple[int, int], Rejected]] = []
    for where, reject, key in tally.rejects:
        said = keys.complaint(key) if key is not None else ""
        refused.append((where, replace(reject, reason=f"{reject.reason}; also {said}") if said else reject))
    for row in tally.rows:
        key = keys.of_mapping(row.values)
        said = keys.complaint(key)
        if said:
            reject = Rejected(row.record, row.file, row.line, keys.names, keys.words(keys.row_key(key)), said)
            refused.append(((numbers[row.file], row.line), reject))
        else:
            kept.append(row)
    return tuple(kept), sorted(refused, key=lambda item: item[0])
