"""Slips in a row of a table, and in the day on which a row or a value became known."""

from __future__ import annotations

from itertools import takewhile

from requite.dsl.diagnostics import Diagnostic, error
from requite.dsl.place import Place
from requite.dsl.scan import Piece
from requite.dsl.wording import nearest, quoted

KNOWN_FROM = ["known", "from"]
ROW_HELP = "write it right behind the days, with no comma before it: `2017-04-01 to 2018-03-31 known from 2017-12-01, £8,207`"
VALUE_HELP = "write it right behind the day, with no comma before it: `30% from 2010-04-01 known from 2010-02-01`"


def known_from_slip(place: Place) -> Diagnostic | None:
    """A day on which a row or a value became known that is written in other words, or stands at another place."""
    line = _line(place)
    at = next((i for i in range(1, len(line)) if _begins_known(line, i)), 0)
    if not at or abs(place.failure.index - place.pieces.index(line[at])) > len(KNOWN_FROM):
        return None
    help = ROW_HELP if place.chunk.word == "table" else VALUE_HELP
    words = list(takewhile(lambda piece: piece.kind == "WORD", line[at:]))
    before = line[at - 1]
    if [word.text for word in words] != KNOWN_FROM:
        said = quoted(place.source.text[words[0].start : words[-1].end])
        return error("misspelt-word", place.of(words[0]), f"{said}: did you mean `known from`?", help)
    if before.kind == ",":
        return error("misplaced-comma", place.of(before), "a comma does not fit here, before `known from`", help)
    if before.kind == ":":
        message = "the days on which the row holds are missing before `known from`"
        return error("missing-date", place.of(words[0]), message, help)
    if not _has_colon(line[:at]) and place.chunk.word == "table":
        message = "`known from` belongs to the days of a row, and stands behind its key"
        return error("clause-out-of-place", place.of(words[0]), message, help)
    return None


def row_slip(place: Place) -> Diagnostic | None:
    """A row of which two cells are not parted."""
    line = _line(place)
    if not line or place.chunk.word != "table" or ":" not in place.accepted or place.before is None:
        return None
    if not place.before.first and place.before in line and _has_colon(line[: line.index(place.before)]):
        shown = quoted(place.of(place.before).text)
        help = "write a comma and a space between the values of a row"
        return error("missing-comma", place.of(place.before), f"a comma is missing before {shown}", help)
    shown = quoted(place.of(place.before).text)
    help = 'write the key of the row, a colon and its values: `"AA22C": £8,207`'
    return error("missing-colon", place.span(missing=True), f"a colon is missing after {shown}", help)


def _line(place: Place) -> list[Piece]:
    """The line of a row or a dated value on which the parser stopped, or which it had just read; nothing elsewhere."""
    pieces = place.pieces
    last = min(place.failure.index, len(pieces) - 1)
    if pieces[last].first and last:
        last -= 1
    start = max((i for i in range(last + 1) if pieces[i].first), default=0)
    if not start or not _among_rows(place, start):
        return []
    return [pieces[start], *takewhile(lambda piece: not piece.first, pieces[start + 1 :])]


def _among_rows(place: Place, start: int) -> bool:
    if place.chunk.word == "parameter":
        return True
    rows = (i for i, piece in enumerate(place.pieces[:start]) if piece.kind == "WORD" and piece.text == "rows" and piece.first)
    return place.chunk.word == "table" and any(place.pieces[i + 1].first for i in rows)


def _begins_known(line: list[Piece], at: int) -> bool:
    """Whether words begin here that were meant for `known from`, and a day follows them."""
    words = list(takewhile(lambda piece: piece.kind == "WORD", line[at:]))
    day = line[at + len(words) : at + len(words) + 1]
    if not 1 <= len(words) <= len(KNOWN_FROM) or not day or day[0].kind != "DATE":
        return False
    if nearest(words[0].text, ("known",)):
        return True
    return words[0].text == "from" and any(piece.kind == "DATE" for piece in line[:at])


def _has_colon(line: list[Piece]) -> bool:
    return any(piece.kind == ":" for piece in line)
