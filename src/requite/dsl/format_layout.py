"""Pieces of canonical text, and the lines they are laid out on together with the comments of the source."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace

from requite.dsl.source import Span

WIDTH = 110
STEP = 2
DEEPER = 10
"""What each pair of brackets adds to the rank of the cuts inside it: the outermost cut is taken first."""


@dataclass(frozen=True, slots=True)
class Piece:
    """Words that stay together, and whether a line may be cut before them.

    `start` is the place in the source, for what comes straight from there: comments are kept beside it. `cut` ranks the
    cut, lower first; without one no line begins here unless a comment makes it. `ends` says that the piece belongs to what
    stands before it, and a comment follows both. `case` begins a case of `a when b, …`.
    """

    text: str
    start: int | None = None
    space: bool = True
    cut: int | None = None
    ends: bool = False
    case: bool = False


Pieces = tuple[Piece, ...]


@dataclass(frozen=True, slots=True)
class Item:
    """What has a line of its own: the header of a declaration, a field, a row, a clause."""

    indent: int
    pieces: Pieces
    start: int
    end: int
    opens: bool = False
    """Whether a declaration begins here."""


@dataclass(slots=True)
class Beside:
    """The comments that follow a piece: one at the end of its line, others on lines of their own below."""

    trailing: list[str] = field(default_factory=list)
    below: list[str] = field(default_factory=list)


Comments = dict[int, Beside]
"""The comments inside an item, by the index of the piece they follow: the last of a group, as `end_of_group` says."""


def word(text: str, cut: int | None = None) -> Piece:
    return Piece(text, cut=cut)


def closing(text: str, cut: int | None = None) -> Piece:
    """A word that ends what stands before it: `is known`, `optional`."""
    return Piece(text, cut=cut, ends=True)


def glued(text: str) -> Piece:
    return Piece(text, space=False, ends=True)


def at(span: Span, text: str) -> Piece:
    return Piece(text, span.start)


def close_up(pieces: Pieces) -> Pieces:
    """The pieces without a space before the first."""
    return (replace(pieces[0], space=False), *pieces[1:])


def cut_before(rank: int, pieces: Pieces) -> Pieces:
    return (replace(pieces[0], cut=rank), *pieces[1:])


def inside(pieces: Iterable[Piece]) -> Pieces:
    """The pieces as they stand between brackets."""
    return tuple(replace(piece, cut=None if piece.cut is None else piece.cut + DEEPER, case=False) for piece in pieces)


def bracketed(opening: Piece, pieces: Pieces, end: str) -> Pieces:
    return (opening, *close_up(inside(pieces)), glued(end))


def listed(parts: Iterable[Pieces], rank: int) -> Pieces:
    """Parts with commas between them, a cut after each comma."""
    pieces: list[Piece] = []
    for part in parts:
        if pieces:
            pieces.append(glued(","))
            part = cut_before(rank, part)
        pieces.extend(part)
    return tuple(pieces)


def joined(pieces: Sequence[Piece]) -> str:
    """The pieces on one line."""
    return "".join((" " if piece.space and i else "") + piece.text for i, piece in enumerate(pieces))


def lines_of(item: Item, comments: Comments) -> list[str]:
    """The lines of an item, indented, with the comments that stand inside it or at its end."""
    pieces, last = item.pieces, len(item.pieces) - 1
    cases = [i for i, piece in enumerate(pieces) if piece.case]
    whole = item.indent + len(joined(pieces)) <= WIDTH
    stacked = len(cases) > 2 or (len(cases) > 1 and not (whole and set(comments) <= {last}))
    column = _column_of_cases(item, cases[0], comments) if stacked else 0
    starts = set(cases[1:]) if stacked else set()
    lines: list[str] = []
    first, margin, hanging = 0, item.indent, item.indent + STEP
    for i in range(len(pieces)):
        if stacked and pieces[i].case:
            hanging = column + STEP
        if i in comments or i + 1 in starts or i == last:
            lines += _filled(pieces[first : i + 1], margin, hanging)
            first, margin = i + 1, column if i + 1 in starts else hanging
            if i in comments:
                _add_comments(lines, comments[i], margin)
    return lines


def _column_of_cases(item: Item, first: int, comments: Comments) -> int:
    """Where the first case is written, unless its line is too long, and the others below it."""
    cut = max((i for i in comments if i < first), default=-1)
    before = item.pieces[cut + 1 : first]
    return item.indent + (0 if cut < 0 else STEP) + (len(joined(before)) + 1 if before else 0)


def end_of_group(pieces: Pieces, i: int) -> int:
    """The last of the pieces that belong to piece `i`."""
    while i + 1 < len(pieces) and pieces[i + 1].ends:
        i += 1
    return i


def _add_comments(lines: list[str], beside: Beside, margin: int) -> None:
    if beside.trailing:
        lines[-1] = f"{lines[-1]}  {beside.trailing[0]}"
    lines += [" " * margin + comment for comment in (*beside.trailing[1:], *beside.below)]


def _filled(pieces: Pieces, margin: int, hanging: int) -> list[str]:
    """Pieces on as few lines as the width allows, each cut at the best ranked place, the latest of those."""
    lines: list[str] = []
    while pieces:
        length = _best_cut(pieces, WIDTH - margin)
        lines.append(" " * margin + joined(pieces[:length]))
        pieces, margin = pieces[length:], hanging
    return lines


def _best_cut(pieces: Pieces, room: int) -> int:
    """How many of the pieces go on a line with that much room."""
    best, width = 0, 0
    for i, piece in enumerate(pieces):
        if i and piece.cut is not None:
            if width > room:
                return best or i
            if not best or piece.cut <= (pieces[best].cut or 0):
                best = i
        width += len(piece.text) + (piece.space and i > 0)
    return len(pieces) if width <= room or not best else best
