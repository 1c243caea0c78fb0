"""A text read into the nodes of its declarations, with everything that is wrong with its form.

Never raises, whatever the text: what is too long, too deep or too much is refused with a diagnostic.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import Counter, OrderedDict
from dataclasses import dataclass, field
from itertools import islice

from requite.dsl.build import build
from requite.dsl.build_expressions import Context, parse_names_in_text
from requite.dsl.diagnostics import Diagnostic, Label, error, in_order
from requite.dsl.flaw_errors import name_flaw
from requite.dsl.markdown import Markdown, read_markdown
from requite.dsl.reader import Failure, Reading, read
from requite.dsl.scan import Blocks, Scan, scan, scan_again
from requite.dsl.source import Source, Span
from requite.dsl.split import Chunk, split
from requite.dsl.syntax import Broken, Declaration, Document, MarkdownTable, Name, Table
from requite.dsl.syntax_errors import name_failures

__all__ = ["parse", "parse_names_in_text"]

LONGEST_TEXT = 256 * 1024
MOST_PIECES = 60_000
MOST_LINES_OF_MARKDOWN = 20_000
MOST_DECLARATIONS = 10_000
MOST_ERRORS = 100

Parsed = tuple[Document, tuple[Diagnostic, ...]]


Key = tuple[str, str, str, int]
"""A declaration's word, its text in the file and as the language alone, and how many of the same text stand before it."""


@dataclass(eq=False)
class Kept:
    """What was read of a file before it was changed: what is the same again need not be read again."""

    blocks: Blocks = field(default_factory=dict)
    declarations: dict[Key, Declaration] = field(default_factory=dict)


def parse(source: Source, kept: Kept | None = None) -> Parsed:
    """Read a text: a Markdown document with fenced `requite` blocks if its name ends in `.md`, otherwise the language alone.

    `kept` is what is taken over from the same file before its last change, and becomes that of this text.
    """
    if (refused := _too_long(source)) is not None:
        return _refused(source, refused)
    markdown = read_markdown(source) if _is_markdown(source) else Markdown(source.text, (), ())
    scanned = scan(markdown.text) if kept is None else _scan_again(markdown.text, kept)
    if len(scanned.pieces) > MOST_PIECES:
        return _refused(source, _too_dense(source, scanned))
    chunks = split(scanned.pieces)
    if len(chunks) > MOST_DECLARATIONS:
        return _refused(source, _too_many(source, chunks))
    flaws = islice(scanned.flaws.values(), MOST_ERRORS + 1)
    diagnostics = [*markdown.diagnostics, *(name_flaw(source, flaw) for flaw in flaws)]
    declarations: list[Declaration] = []
    reader = _Reader(source, markdown.text, scanned, diagnostics, kept)
    for chunk in chunks:
        # What follows more errors than anybody reads is not looked at: each costs time.
        if len(diagnostics) >= MOST_ERRORS:
            break
        declarations.append(reader.declaration(chunk))
    reader.done()
    if not chunks:
        diagnostics.append(_empty(source))
    comments = tuple(Span(source, start, end) for start, end in scanned.comments)
    diagnostics += _uneven_rows(declarations, markdown.tables)
    return Document(source, tuple(declarations), markdown.tables, comments, reader.places), _first(diagnostics)


def _is_markdown(source: Source) -> bool:
    return source.name.lower().endswith(".md")


def _first(diagnostics: list[Diagnostic]) -> tuple[Diagnostic, ...]:
    found = in_order(diagnostics)
    if len(found) <= MOST_ERRORS:
        return found
    message = f"there are more than {MOST_ERRORS} errors; the others are not shown"
    return (*found[:MOST_ERRORS], error("too-many-errors", found[MOST_ERRORS].span, message, "correct those above first"))


# --- what is refused --------------------------------------------------------------------------------------------------


def _refused(source: Source, diagnostic: Diagnostic) -> Parsed:
    return Document(source, (), (), ()), (diagnostic,)


def _too_long(source: Source) -> Diagnostic | None:
    size = len(source.text)
    if size <= LONGEST_TEXT:
        size = len(source.text.encode("utf-8", "surrogatepass"))
    if size > LONGEST_TEXT:
        message = f"the text is {size:,} bytes long; at most {LONGEST_TEXT:,} are read"
        help = "divide it into files and name them with `use`; put long tables into CSV files"
        return error("text-too-long", Span(source, 0, 0), message, help)
    if _is_markdown(source) and source.text.count("\n") > MOST_LINES_OF_MARKDOWN:
        message = f"the document has more than {MOST_LINES_OF_MARKDOWN:,} lines"
        return error("text-too-long", Span(source, 0, 0), message, "divide it, or put long tables into CSV files")
    return None


def _too_dense(source: Source, scanned: Scan) -> Diagnostic:
    first = scanned.pieces[MOST_PIECES]
    message = f"the text has {len(scanned.pieces):,} words, numbers and signs; at most {MOST_PIECES:,} are read"
    help = "divide it into files and name them with `use`; put long tables into CSV files"
    return error("text-too-long", Span(source, first.start, first.end), message, help)


def _too_many(source: Source, chunks: list[Chunk]) -> Diagnostic:
    first = chunks[MOST_DECLARATIONS].pieces[0]
    message = f"there are {len(chunks):,} declarations; at most {MOST_DECLARATIONS:,} are read"
    return error("too-many-declarations", Span(source, first.start, first.end), message, "divide the text into files")


def _empty(source: Source) -> Diagnostic:
    help = 'start with a line such as `ruleset north_bradford "Primary Care Incentive Scheme"`'
    message = "there are no declarations in this text"
    if _is_markdown(source):
        message, help = "there is no ```requite block with declarations in this document", "fence the rules: ```requite"
    return error("empty-ruleset", Span(source, 0, 0), message, help)


# --- declarations -----------------------------------------------------------------------------------------------------


def _scan_again(text: str, kept: Kept) -> Scan:
    scanned, kept.blocks = scan_again(text, kept.blocks)
    return scanned


@dataclass(eq=False)
class _Reader:
    """Reads the declarations of a text, one after the other; those without any fault are kept, if anything is."""

    source: Source
    text: str
    scanned: Scan
    diagnostics: list[Diagnostic]
    kept: Kept | None
    places: dict[Source, tuple[Source, int]] = field(default_factory=dict)
    read: dict[Key, Declaration] = field(default_factory=dict)
    times: Counter[tuple[str, str, str]] = field(default_factory=Counter)

    def declaration(self, chunk: Chunk) -> Declaration:
        made = self._kept(chunk) if self.kept is not None else None
        return made or _declaration(self.source, self.text, chunk, self.scanned, self.diagnostics)

    def done(self) -> None:
        if self.kept is not None:
            self.kept.declarations = self.read

    def _kept(self, chunk: Chunk) -> Declaration | None:
        """The declaration with places in its own text alone, the same wherever it stands; None if it has faults."""
        assert self.kept is not None
        own = (chunk.word, self.source.text[chunk.start : chunk.end], self.text[chunk.start : chunk.end])
        key = (*own, self.times[own])
        made = self.kept.declarations.get(key) or self._made(chunk, own[1])
        if made is not None:
            self.times[own] += 1
            self.read[key] = made
            self.places[made.span.source] = self.source, chunk.start
        return made

    def _made(self, chunk: Chunk, text: str) -> Declaration | None:
        if chunk.written or any(piece.kind == "BAD" for piece in chunk.pieces):
            return None
        reading = _read(self.text[chunk.start : chunk.end], chunk, self.scanned)
        if reading.tree is None or reading.failures:
            return None
        context = Context(Source(self.source.name, text), 0)
        made = build(context, reading.tree)
        # The rows below a table are found by where both stand in the file.
        return None if context.diagnostics or (isinstance(made, Table) and made.rows_below) else made


def _declaration(source: Source, text: str, chunk: Chunk, scanned: Scan, diagnostics: list[Diagnostic]) -> Declaration:
    reading = _read(text[chunk.start : chunk.end], chunk, scanned)
    flawed = _flawed(chunk)
    if chunk.written:
        span = Span(source, chunk.start, chunk.pieces[0].end)
        message = f"`{chunk.written}`: did you mean `{chunk.word}`?"
        diagnostics.append(error("misspelt-word", span, message, f"write `{chunk.word}`"))
    failures = (failure for failure in reading.failures if not _caused(failure, flawed))
    diagnostics.extend(name_failures(source, chunk, failures))
    broken_whole = Broken(Span(source, chunk.start, chunk.end), chunk.word, _name_of(source, chunk))
    if reading.tree is None:
        return broken_whole
    context = Context(source, chunk.start)
    try:
        declaration = build(context, reading.tree)
    except (ValueError, IndexError, TypeError, AttributeError, KeyError):
        # What is left of a text after an error need not be whole; a text without errors must be, so there nothing is hidden.
        if not reading.failures:
            raise
        return broken_whole
    broken = [chunk.pieces[min(f.index, len(chunk.pieces) - 1)].start for f in reading.failures]
    diagnostics += [d for d in context.diagnostics if d.code != "missing-amount" or not _has_broken(declaration, d, broken)]
    return declaration


def _has_broken(declaration: Declaration, missing: Diagnostic, broken: list[int]) -> bool:
    """Whether a payment without an amount has a clause that could not be read: it may lack the amount for that reason."""
    starts = [clause.span.start for clause in getattr(declaration, "clauses", ())]
    end = next((start for start in starts if start > missing.span.start), None)
    return any(missing.span.start <= place and (end is None or place <= end) for place in broken)


def _flawed(chunk: Chunk) -> list[tuple[int, int]]:
    """For each piece that is not well formed: its index, and that of the first piece of the next line."""
    bad = [i for i, piece in enumerate(chunk.pieces) if piece.kind == "BAD"]
    if not bad:
        return []
    lines = [i for i, piece in enumerate(chunk.pieces) if piece.first] + [len(chunk.pieces)]
    return [(i, lines[bisect_right(lines, i)]) for i in bad]


def _caused(failure: Failure, flawed: list[tuple[int, int]]) -> bool:
    """Whether the error stands behind a bad piece, which is reported already, in the same line."""
    return any(bad <= failure.index <= next_line for bad, next_line in flawed)


def _name_of(source: Source, chunk: Chunk) -> Name | None:
    second = chunk.pieces[1] if len(chunk.pieces) > 1 else None
    if second is None or second.kind != "WORD" or not chunk.word or " " in chunk.word:
        return None
    return Name(Span(source, second.start, second.end), second.text)


_CACHE_SIZE = 2_000
_readings: OrderedDict[tuple[str, str], Reading] = OrderedDict()


def _read(text: str, chunk: Chunk, scanned: Scan) -> Reading:
    """The reading of a declaration, kept by its text, so that only a declaration that changed is read again."""
    key = (chunk.word, text)
    found = _readings.get(key)
    if found is None:
        found = read(chunk.word, chunk.pieces, scanned.flaws)
        _readings[key] = found
        while len(_readings) > _CACHE_SIZE:
            _readings.popitem(last=False)
    return found


# --- tables -----------------------------------------------------------------------------------------------------------


def _uneven_rows(declarations: list[Declaration], tables: tuple[MarkdownTable, ...]) -> list[Diagnostic]:
    """Rows of Markdown tables that are read as data, and have more or fewer cells than their header."""
    found: list[Diagnostic] = []
    for node in declarations:
        if not isinstance(node, Table) or not node.rows_below:
            continue
        table = next((t for t in tables if t.span.start >= node.span.end), None)
        for row in table.rows if table else ():
            if table and len(row) != len(table.header):
                message = f"this row has {len(row)} cells, and the header has {len(table.header)}"
                labels = (Label(table.header[0].span.to(table.header[-1].span), "the header"),)
                found.append(
                    error("uneven-row", row[0].span.to(row[-1].span), message, "give each row a cell for each column", labels)
                )
    return found
