"""Reading of CSV, TSV and their like, so that no row is lost and every row knows its line.

DuckDB's reader is not used here: it cannot say on which line a row stands, and drops, joins or pads rows that do not fit.
Python's reader, written in C as well, took half its time on 100,000 rows of 10 columns. Rows are read strictly: where
quotation marks do not pair, the line on which the row began is set aside, and reading goes on with the next one, so that one
stray mark does not swallow the rest of a file.
"""

from __future__ import annotations

import codecs
import csv
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from operator import itemgetter
from pathlib import Path
from typing import Any, Final

from requite.engine.reading.problems import problem
from requite.engine.reading.raw import CHUNK, Broken, Chunk, DelimitedFile, Opened

SEPARATORS: Final = ",;\t|"
MOST_LINES: Final = 300
"""The lines over which one row may reach, in cells with line breaks."""

BLOCK: Final = 1 << 20
LONGEST_SHOWN: Final = 200

BOMS: Final = ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))


class _TooLongError(Exception):
    """A row reaches over too many lines: a quotation mark was not closed."""


@dataclass(eq=False)
class Lines:
    """The lines of a text, counted; those of the row being read can be handed back, all but the first."""

    source: Iterator[str]
    number: int = 0
    held: list[str] = field(default_factory=list)
    back: deque[str] = field(default_factory=deque)

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        if len(self.held) >= MOST_LINES:
            raise _TooLongError
        line = self.back.popleft() if self.back else next(self.source)
        self.number += 1
        self.held.append(line)
        return line

    def hand_back(self) -> str:
        """Take back every line of the row but its first, which is the answer."""
        first, *others = self.held
        self.back.extendleft(reversed(others))
        self.number -= len(others)
        return first


def open_delimited(path: Path, name: str, fit: Callable[[Sequence[str]], int], record: str = "") -> Opened:
    """Open a file of separated values; `fit` says how many wanted columns are among some headers, which tells the separator."""
    encoding = encoding_of(path)
    header, line, separator = _header(path, name, encoding, fit, record)
    if any("\0" in cell for cell in header):
        raise problem("wrong-kind", f"{name} is not text, or UTF-16 without its mark", record, name, "Save it as CSV in UTF-8.")

    def chunks(wanted: Sequence[int]) -> Iterator[Chunk]:
        return _chunks(path, encoding, separator, line, len(header), wanted)

    shown = {"\t": "tab"}.get(separator, separator)
    within = DelimitedFile(path, encoding, separator, line, len(header))
    return Opened(name, tuple(header), chunks, f"separated by {shown}, {encoding.removesuffix('-sig')}", within)


def encoding_of(path: Path) -> str:
    """The encoding of a text file: by its mark, else UTF-8 where all of it is that, else Windows-1252."""
    with path.open("rb") as file:
        start = file.read(4)
        for mark, encoding in BOMS:
            if start.startswith(mark):
                return encoding
        file.seek(0)
        decoder = codecs.getincrementaldecoder("utf-8")()
        try:
            while block := file.read(BLOCK):
                decoder.decode(block)
            decoder.decode(b"", final=True)
        except UnicodeDecodeError:
            return "cp1252"
    return "utf-8"


def _rows(lines: Lines, separator: str) -> Iterator[tuple[int, list[str] | Broken]]:
    """Each row with the line it begins on; a line whose quotation marks do not pair as Broken."""
    reader = csv.reader(lines, delimiter=separator, strict=True, skipinitialspace=True)
    while True:
        lines.held.clear()
        start = lines.number + 1
        try:
            yield start, next(reader)
        except StopIteration:
            return
        except (csv.Error, _TooLongError):
            first = lines.hand_back()
            yield start, Broken(start, "has quotation marks that do not pair", first.strip()[:LONGEST_SHOWN])


def _header(path: Path, name: str, encoding: str, fit: Callable[[Sequence[str]], int], record: str) -> tuple[list[str], int, str]:
    """The header, the line on which it ends, and the separator under which most of it is what is wanted."""
    best: tuple[int, int, list[str], int, str] | None = None
    for separator in SEPARATORS:
        with path.open(encoding=encoding, errors="replace", newline="") as file:
            lines = Lines(iter(file))
            found, said = _first_row(lines, separator)
        if said:
            return found, lines.number, said
        if found and (best is None or (fit(found), len(found)) > best[:2]):
            best = (fit(found), len(found), found, lines.number, separator)
    if best is None:
        if path.stat().st_size == 0 or not _has_text(path, encoding):
            help = "Give a file whose first row names the columns."
            raise problem("empty-file", f"{name} is empty: it has not even a header row", record, name, help)
        help = "Put its first row right: it must name the columns."
        raise problem("unreadable-file", f"{name}: the quotation marks of its header do not pair", record, name, help)
    return best[2], best[3], best[4]


def _first_row(lines: Lines, separator: str) -> tuple[list[str], str]:
    """The header under a separator, and the separator that the file itself names (`sep=;`, as Excel writes it)."""
    said = ""
    for _, row in _rows(lines, said or separator):
        if isinstance(row, Broken):
            return [], ""
        if not said and lines.held[0].strip().lower().startswith("sep=") and len(lines.held[0].strip()) == 5:
            said = lines.held[0].strip()[4]
            for _, header in _rows(lines, said):
                return (header if isinstance(header, list) else []), said
        if "".join(row).strip():
            return row, ""
    return [], ""


def _has_text(path: Path, encoding: str) -> bool:
    with path.open(encoding=encoding, errors="replace", newline="") as file:
        return any(line.strip() for line in file)


def _chunks(path: Path, encoding: str, separator: str, header_end: int, width: int, wanted: Sequence[int]) -> Iterator[Chunk]:
    with path.open(encoding=encoding, errors="replace", newline="") as file:
        lines = Lines(iter(file))
        for _ in range(header_end):
            lines.held.clear()
            next(lines)
        yield from chunks_of(lines, separator, width, wanted)


def chunks_of(lines: Lines, separator: str, width: int, wanted: Sequence[int], upto: int | None = None) -> Iterator[Chunk]:
    """The rows of some lines, numbered on; with `upto`, those that begin on a line up to that number."""
    pick = _picker(wanted)
    numbers: list[int] = []
    rows: list[Any] = []
    broken: list[Broken] = []
    blank = 0
    for number, row in _rows(lines, separator):
        if isinstance(row, Broken):
            broken.append(row)
        elif not row or not "".join(row).strip():
            blank += 1
        elif len(row) != width and (len(row) < width or "".join(row[width:]).strip()):
            broken.append(_ragged(number, row, width, separator))
        else:
            numbers.append(number)
            rows.append(pick(row))
        if len(rows) + len(broken) >= CHUNK:
            yield Chunk(numbers, list(zip(*rows, strict=True)), broken, blank)
            numbers, rows, broken, blank = [], [], [], 0
        if upto is not None and lines.number >= upto:
            break
    yield Chunk(numbers, list(zip(*rows, strict=True)), broken, blank)


def _picker(wanted: Sequence[int]) -> Callable[[list[str]], Any]:
    if len(wanted) == 1:
        only = wanted[0]
        return lambda row: (row[only],)
    return itemgetter(*wanted) if wanted else lambda _: ()


def _ragged(line: int, row: list[str], width: int, separator: str) -> Broken:
    cells = f"{len(row)} cell" + ("" if len(row) == 1 else "s")
    return Broken(line, f"has {cells} where the header has {width}", separator.join(row).strip()[:LONGEST_SHOWN])
