"""The canonical text of a ruleset: what `requite format` writes.

Meaning and comments stay; line breaks, indentation, brackets and signs become the usual ones.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Sequence

from requite.dsl.diagnostics import has_errors
from requite.dsl.format_declarations import declaration_items
from requite.dsl.format_fences import Fence, fences, is_markdown
from requite.dsl.format_layout import Item
from requite.dsl.format_page import region_lines
from requite.dsl.markdown import read_markdown
from requite.dsl.parse import parse
from requite.dsl.source import Source, Span
from requite.dsl.syntax import Document


def format_text(source: Source) -> str:
    """The text in canonical form; a text with errors stays as it is."""
    document, diagnostics = parse(source)
    return source.text if has_errors(diagnostics) else format_document(document)


def format_document(document: Document) -> str:
    """The canonical text of a document that was read without errors."""
    source = document.source
    items = sorted((i for d in document.declarations for i in declaration_items(d)), key=lambda item: item.start)
    if is_markdown(source):
        return _in_fences(source, items, document.comments)
    end = _line_break(source.text)
    return "".join(line + end for line in region_lines(source, items, document.comments, len(source.text)))


def _line_break(text: str) -> str:
    """The line break that a text uses first."""
    end = text.find("\n")
    return "\r\n" if end > 0 and text[end - 1] == "\r" else "\n"


# --- Markdown ---------------------------------------------------------------------------------------------------------


def _in_fences(source: Source, items: Sequence[Item], comments: Sequence[Span]) -> str:
    """A Markdown document with the insides of its fences in canonical form, and all else as it is."""
    found = fences(source)
    starts = [fence.start for fence in found]
    items_of, comments_of = defaultdict[int, list[Item]](list), defaultdict[int, list[Span]](list)
    across: set[int] = set()
    for item in items:
        first, last = bisect_right(starts, item.start) - 1, bisect_right(starts, item.end - 1) - 1
        items_of[first].append(item)
        across.update(range(first, last + 1) if last > first else ())
    for comment in comments:
        comments_of[bisect_right(starts, comment.start) - 1].append(comment)
    # Places in this are those of the document; what stands before the lines of a fence is blank.
    blanked = Source(source.name, read_markdown(source).text)
    written, end = [], 0
    for i, fence in enumerate(found):
        if i not in across and (items_of[i] or comments_of[i]):
            lines = region_lines(blanked, items_of[i], comments_of[i], fence.end)
            written += [source.text[end : fence.start], _fenced(lines, fence, _line_break(source.text[fence.start :]))]
            end = fence.end
    return "".join((*written, source.text[end:]))


def _fenced(lines: Sequence[str], fence: Fence, end: str) -> str:
    return "".join((fence.margin + line if line else fence.margin.rstrip()) + end for line in lines)
