"""A text read into the nodes of its declarations, with everything that is wrong with it. Never raises, whatever the text."""

from __future__ import annotations

from collections import OrderedDict

from requite.dsl.build import build
from requite.dsl.build_expressions import Context
from requite.dsl.diagnostics import Diagnostic, error, in_order
from requite.dsl.reader import Reader, Reading
from requite.dsl.scan import Scan, scan
from requite.dsl.source import Source, Span
from requite.dsl.split import Chunk, split
from requite.dsl.syntax import Broken, Declaration, Document, Name


def parse(source: Source) -> tuple[Document, tuple[Diagnostic, ...]]:
    """Read a text: a Markdown document with fenced `requite` blocks if its name ends in `.md`, otherwise the language alone."""
    diagnostics: list[Diagnostic] = []
    scanned = scan(source.text)
    declarations = tuple(_declaration(source, chunk, scanned, diagnostics) for chunk in split(scanned.pieces))
    comments = tuple(Span(source, start, end) for start, end in scanned.comments)
    return Document(source, declarations, (), comments), in_order(diagnostics)


def _declaration(source: Source, chunk: Chunk, scanned: Scan, diagnostics: list[Diagnostic]) -> Declaration:
    reading = _read(source.text[chunk.start : chunk.end], chunk, scanned)
    for failure in reading.failures:
        piece = chunk.pieces[min(failure.index, len(chunk.pieces) - 1)]
        span = Span(source, piece.start, piece.end)
        diagnostics.append(error("syntax-error", span, f"`{piece.text}` is not expected here"))
    if reading.tree is None:
        second = chunk.pieces[1] if len(chunk.pieces) > 1 and chunk.pieces[1].kind == "WORD" else None
        name = Name(Span(source, second.start, second.end), second.text) if second else None
        return Broken(Span(source, chunk.start, chunk.end), chunk.word, name)
    context = Context(source, chunk.start, diagnostics)
    return build(context, reading.tree)


_CACHE_SIZE = 2_000
_readings: OrderedDict[str, Reading] = OrderedDict()


def _read(text: str, chunk: Chunk, scanned: Scan) -> Reading:
    """The reading of a declaration, kept by its text, so that only a declaration that changed is read again."""
    found = _readings.get(text)
    if found is None:
        found = Reader(chunk.word, chunk.pieces, scanned.flaws).read()
        _readings[text] = found
        if len(_readings) > _CACHE_SIZE:
            _readings.popitem(last=False)
    return found
