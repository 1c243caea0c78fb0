"""A Markdown document as the language sees it: the text of its `requite` fences where it stands, and its tables."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

from requite.dsl.diagnostics import Diagnostic, error
from requite.dsl.source import Source, Span
from requite.dsl.syntax import MarkdownTable, Text

if TYPE_CHECKING:
    from markdown_it import MarkdownIt
    from markdown_it.token import Token

FENCE = "requite"


@dataclass(frozen=True, slots=True)
class Markdown:
    """`text` is as long as the document, with all but the insides of the fences blank: places are the document's own."""

    text: str
    tables: tuple[MarkdownTable, ...]
    diagnostics: tuple[Diagnostic, ...]


@lru_cache(maxsize=1)
def _markdown_it() -> MarkdownIt:
    from markdown_it import MarkdownIt

    reader = MarkdownIt("commonmark").enable("table")
    reader.core.ruler.enableOnly(["block"])
    return reader


def markdown_tokens(source: Source) -> list[Token]:
    """A document's blocks as markdown-it reads them, with the numbers of their lines."""
    # Line breaks are those of `Source`, so a lone carriage return must not become one.
    return _markdown_it().parse(source.text.replace("\r", " ").replace("\0", " "))


def read_markdown(source: Source) -> Markdown:
    """Read a document's fences and tables; nothing else of it matters."""
    tokens = markdown_tokens(source)
    lines = source.text.split("\n")
    kept: dict[int, str] = {}
    diagnostics: list[Diagnostic] = []
    for token in tokens:
        if token.type == "fence" and token.map and token.info.split()[:1] and token.info.split()[0].lower() == FENCE:
            kept.update(_fenced(lines, token))
            if not _is_closed(lines, token):
                diagnostics.append(_unclosed(source, token))
    text = "\n".join(kept.get(i, " " * len(line)) for i, line in enumerate(lines))
    return Markdown(text, tuple(_tables(source, lines, tokens)), tuple(diagnostics))


def _fenced(lines: list[str], token: Token) -> dict[int, str]:
    """The lines inside a fence by their number, what stands before them (a quote's `>`, an indent) blank."""
    assert token.map is not None
    found: dict[int, str] = {}
    for i, content in enumerate(token.content.split("\n")[:-1], token.map[0] + 1):
        line = lines[i]
        inside = content.rstrip(" \r")
        before = line.rfind(inside) if inside else len(line)
        found[i] = " " * max(before, 0) + line[max(before, 0) :]
    return found


def _is_closed(lines: list[str], token: Token) -> bool:
    assert token.map is not None
    first, end = token.map
    return end - 1 > first and lines[end - 1].strip(" \t\r>").startswith(token.markup)


def _unclosed(source: Source, token: Token) -> Diagnostic:
    assert token.map is not None
    start = source.line_starts[token.map[0]]
    span = Span(source, start, start + len(source.line(token.map[0] + 1)))
    return error("unclosed-fence", span, "this block of rules is not closed", f"write {token.markup} on a line after it")


def _tables(source: Source, lines: list[str], tokens: list[Token]) -> list[MarkdownTable]:
    tables: list[MarkdownTable] = []
    rows: list[tuple[Text, ...]] = []
    contents: list[str] = []
    for token in tokens:
        if token.type == "table_open":
            rows = []
        elif token.type == "tr_open":
            contents = []
        elif token.type == "inline":
            contents.append(token.content)
        elif token.type == "tr_close":
            rows.append(())
        if token.type == "tr_open" and token.map:
            line = token.map[0]
        elif token.type == "tr_close":
            rows[-1] = _cells(source, source.line_starts[line], lines[line].rstrip("\r"), contents)
        elif token.type == "table_close":
            header, *below = rows
            tables.append(MarkdownTable(header[0].span.to(rows[-1][-1].span), header, tuple(below)))
    return tables


_BAR = re.compile(r"(?<!\\)\|")
_BEFORE_ROW = re.compile(r"[\s>]*")
_EMPHASIS = re.compile(r"(\*\*|__|\*|`)(?!\s)(.+?)(?<!\s)\1")


def _cells(source: Source, offset: int, line: str, contents: list[str]) -> tuple[Text, ...]:
    """The cells of a line as they stand there, as many as are written, at least one."""
    first = _BEFORE_ROW.match(line)
    start = first.end() if first else 0
    if contents and contents[0] and not line.startswith("|", start):
        start = max(line.find(contents[0].replace("|", r"\|"), start), start)  # after the mark of a list's item
    elif line.startswith("|", start):
        start += 1
    edges = [start, *(bar.end() for bar in _BAR.finditer(line, start))]
    ends = [*(edge - 1 for edge in edges[1:]), len(line)]
    spans = list(zip(edges, ends, strict=True))
    if len(spans) > 1 and not line[spans[-1][0] :].strip():
        spans.pop()
    return tuple(_cell(source, offset, line, *span) for span in spans)


def _cell(source: Source, offset: int, line: str, start: int, end: int) -> Text:
    inside = line[start:end]
    start += len(inside) - len(inside.lstrip())
    inside = inside.strip()
    emphasis = _EMPHASIS.fullmatch(inside)
    value = (emphasis.group(2) if emphasis else inside).replace(r"\|", "|")
    return Text(Span(source, offset + start, offset + start + len(inside)), value)
