"""The fences of a Markdown document, as far as the formatter writes into them."""

from __future__ import annotations

import re
from dataclasses import dataclass

from markdown_it import MarkdownIt

from requite.dsl.markdown import FENCE
from requite.dsl.source import Source


@dataclass(frozen=True, slots=True)
class Fence:
    """The lines inside a fence, from `start` up to `end`, and what stands before them: an indent, the `>` of a quotation."""

    start: int
    end: int
    margin: str


def is_markdown(source: Source) -> bool:
    return source.name.lower().endswith(".md")


def fences(source: Source) -> list[Fence]:
    """The closed fences of a document that hold rules, in order."""
    reader = MarkdownIt("commonmark").enable("table")
    reader.core.ruler.enableOnly(["block"])
    found: list[Fence] = []
    for token in reader.parse(source.text.replace("\r", " ").replace("\0", " ")):
        if token.type == "fence" and token.map and token.info.lower().split()[:1] == [FENCE]:
            first, end = token.map
            margin = source.line(first + 1).split(token.markup)[0]
            inside = source.line_starts[first + 1], source.line_starts[end - 1]
            found.append(Fence(*inside, re.sub(r"[^\s>]", " ", margin)))
    return found
