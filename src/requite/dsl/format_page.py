"""Items put on a page: blank lines between them, and every comment beside what it stood by."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

from requite.dsl.format_layout import Beside, Comments, Item, end_of_group, lines_of
from requite.dsl.scan import INVISIBLE
from requite.dsl.source import Source, Span

# --- where the comments go --------------------------------------------------------------------------------------------

ABOVE: Final = -1
"""The place above an item, before its first piece."""


@dataclass(slots=True)
class Placed:
    """The comments of a stretch of text: inside each item, above each item (by index), and below the last."""

    inside: dict[int, Comments] = field(default_factory=dict)
    above: dict[int, list[Span]] = field(default_factory=dict)
    hoisted: dict[int, list[str]] = field(default_factory=dict)
    """Comments of a line's end that came to stand above their item: a line ends with one only."""


def _place(margins: _Margins, items: Sequence[Item], comments: Sequence[Span], end: int) -> Placed:
    anchors = sorted(
        (piece.start, i, j) for i, item in enumerate(items) for j, piece in enumerate(item.pieces) if piece.start is not None
    )
    starts = [start for start, _, _ in anchors]
    ends = _ends(margins.source.text, items, comments, end)
    placed, reached = Placed(), (-1, -1)
    for comment in comments:
        k = bisect_right(starts, comment.start) - 1
        following = anchors[k + 1][1] if k + 1 < len(anchors) else len(items)
        _, i, j = anchors[k] if k >= 0 else (0, -1, 0)
        trailing = margins.first(comment.start) < comment.start
        if i < 0 or not (trailing or following == i or comment.start < ends[i]):
            place = following, ABOVE
        else:
            place = i, len(items[i].pieces) - 1 if comment.start >= ends[i] else end_of_group(items[i].pieces, j)
        # Where words are written in another order than they stood in, a comment does not go before one that stood before it.
        i, j = reached = max(place, reached)
        if j == ABOVE:
            placed.above.setdefault(i, []).append(comment)
            continue
        beside = placed.inside.setdefault(i, {}).setdefault(j, Beside())
        # What follows a comment below is written below it, so that the comments of one phrase keep their order.
        below = beside.below or (following == i and not trailing)
        (beside.below if below else beside.trailing).append(_text_of(comment))
    for i in placed.inside:
        _hoist(items[i], placed, i)
    return placed


def _ends(text: str, items: Sequence[Item], comments: Sequence[Span], end: int) -> list[int]:
    """Where the words of each item end: up to the next item there are only comments after them."""
    nexts = [*(item.start for item in items[1:]), end]
    ends, left = [], len(comments)
    for place in reversed(nexts):
        while True:
            # A bracket that opens here belongs to the item that follows.
            while place and (_is_blank(text[place - 1]) or text[place - 1] == "("):
                place -= 1
            while left and comments[left - 1].start >= place:
                left -= 1
            if not left or comments[left - 1].end < place:
                break
            place = comments[left - 1].start
        ends.append(place)
    return ends[::-1]


def _hoist(item: Item, placed: Placed, i: int) -> None:
    """Leave one comment at the end of an item: those before it go above, or below those inside the item, which come first."""
    end = len(item.pieces) - 1
    beside = placed.inside[i].pop(end, None)
    if beside is None:
        return
    *before, last = beside.trailing + beside.below
    if before and placed.inside[i]:
        placed.inside[i][max(placed.inside[i])].below += before
    else:
        placed.hoisted[i] = before
    placed.inside[i][end] = Beside([last])


def _text_of(comment: Span) -> str:
    return comment.text.rstrip()


def _is_blank(character: str) -> bool:
    return character.isspace() or character in INVISIBLE


class _Margins:
    """Where the lines of a source begin to be written on."""

    def __init__(self, source: Source) -> None:
        self.source = source
        self._first: dict[int, int] = {}

    def first(self, offset: int) -> int:
        """The first place that is written on of the line of a place."""
        line = self.source.position(offset)[0]
        if line not in self._first:
            self._first[line] = self._written(line)
        return self._first[line]

    def indent(self, offset: int) -> int:
        """By how much the line of a place is indented."""
        return self.first(offset) - self.source.line_starts[self.source.position(offset)[0] - 1]

    def is_after_blank(self, offset: int) -> bool:
        """Whether a place begins its line, and the line above is blank."""
        line = self.source.position(offset)[0]
        if line == 1 or self.first(offset) < offset:
            return False
        above = self.source.line_starts[line - 2]
        return self._written(line - 1) == above + len(self.source.line(line - 1))

    def _written(self, line: int) -> int:
        start, text = self.source.line_starts[line - 1], self.source.line(line)
        return start + next((i for i, c in enumerate(text) if not _is_blank(c)), len(text))


# --- from items to lines ----------------------------------------------------------------------------------------------


def region_lines(source: Source, items: Sequence[Item], comments: Sequence[Span], end: int) -> list[str]:
    """The lines of a stretch of text that ends there and holds these items and these comments, in order."""
    margins = _Margins(source)
    placed = _place(margins, items, comments, end)
    page = _Page(margins)
    for i, item in enumerate(items):
        lines = lines_of(item, placed.inside.get(i, {}))
        alone = item.opens and len(lines) == 1 and (i + 1 == len(items) or items[i + 1].opens)
        above = placed.above.get(i, [])
        first = page.add_tail(above, item)
        page.add_item(item, lines, above[first:], placed.hoisted.get(i, []), alone)
    page.add_end(placed.above.get(len(items), []))
    return page.lines


class _Page:
    """Lines as they are added, and what was added last."""

    def __init__(self, margins: _Margins) -> None:
        self.margins = margins
        self.lines: list[str] = []
        self.last: Item | None = None
        self.last_alone = False
        self.after_item = False
        self.columns: dict[int, int] = {}

    def add_tail(self, comments: Sequence[Span], following: Item) -> int:
        """Add those comments before an item that belong to what stands before it; how many these are."""
        column, count = self.margins.indent(following.start), 0
        for comment in comments:
            indent = self._level(comment)
            if indent <= following.indent or self.margins.indent(comment.start) <= column:
                break
            self._add_comment(comment, indent)
            count += 1
        return count

    def add_item(self, item: Item, lines: list[str], comments: Sequence[Span], hoisted: list[str], alone: bool) -> None:
        places = [*(comment.start for comment in comments), item.start]
        texts = [[" " * item.indent + _text_of(comment)] for comment in comments]
        texts.append([" " * item.indent + comment for comment in hoisted] + lines)
        for k, (place, text) in enumerate(zip(places, texts, strict=True)):
            blank = self.margins.is_after_blank(place)
            if k == 0 and item.opens:
                blank = blank or not (alone and self.last_alone)
            elif k == 0 and self.after_item and self.last is not None and self.last.indent < item.indent:
                blank = False
            self._add(text, blank)
        self.last, self.last_alone, self.after_item = item, alone, True
        self.columns = {indent: column for indent, column in self.columns.items() if indent < item.indent}
        self.columns[item.indent] = self.margins.indent(item.start)

    def add_end(self, comments: Sequence[Span]) -> None:
        """Add the comments after the last item."""
        indent = self.last.indent if self.last else 0
        for comment in comments:
            indent = min(indent, self._level(comment))
            self._add_comment(comment, indent)

    def _level(self, comment: Span) -> int:
        """The indent of the items added last that a comment is written below."""
        column = self.margins.indent(comment.start)
        least = min(self.columns.values(), default=0)
        return max((i for i, written in self.columns.items() if written <= column > least), default=0)

    def _add_comment(self, comment: Span, indent: int) -> None:
        self._add([" " * indent + _text_of(comment)], self.margins.is_after_blank(comment.start))
        self.after_item = False

    def _add(self, lines: list[str], blank: bool) -> None:
        if blank and self.lines:
            self.lines.append("")
        self.lines += lines
