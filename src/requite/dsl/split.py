"""A text's pieces divided into declarations, before any of them is parsed.

So an error in one declaration does not hide the others, and only a declaration that changed is parsed again.
"""

from __future__ import annotations

from dataclasses import dataclass

from requite.dsl.scan import Piece
from requite.dsl.wording import CLAUSES, OPERATOR_WORDS

NAMED = frozenset({"ruleset", "source", "payee", "record", "table", "codes", "parameter", "bands", "scheme", "check"})
QUOTED = frozenset({"use", "example"})
RESERVED = NAMED | QUOTED
"""The words that start a declaration, and are never names."""

_STARTING = RESERVED | {"for", "challenge"}

HEADED = frozenset({"scheme", "check", "record"})
"""Declarations that say themselves what they are `for each` of."""


@dataclass(frozen=True, slots=True)
class Chunk:
    """The pieces of one declaration; without a `word`, pieces that stand before the first one.

    `written` is what the author wrote for the word, where it is misspelt; the first piece then has the right word.
    """

    word: str
    pieces: list[Piece]
    written: str = ""

    @property
    def start(self) -> int:
        return self.pieces[0].start

    @property
    def end(self) -> int:
        return self.pieces[-1].end


def split(pieces: list[Piece]) -> list[Chunk]:
    """Divide pieces into declarations, in order; together they hold every piece."""
    if not pieces:
        return []
    may_start = (i for i, piece in enumerate(pieces) if piece.kind == "WORD" and (piece.first or piece.text in _STARTING))
    starts = [(i, word) for i in may_start if (word := _starts(pieces, i))]
    if not starts or starts[0][0] > 0:
        starts.insert(0, (0, ""))
    ends = [i for i, _ in starts[1:]] + [len(pieces)]
    return [_chunk(word, pieces[start:end]) for (start, word), end in zip(starts, ends, strict=True)]


def _chunk(word: str, pieces: list[Piece]) -> Chunk:
    first = pieces[0]
    if not word or word.startswith(first.text):
        return Chunk(word, pieces)
    return Chunk(word, [first._replace(text=word), *pieces[1:]], first.text)


def _starts(pieces: list[Piece], i: int) -> str:
    """The word of the declaration that starts at a piece, or nothing."""
    kind, _, _, word, first = pieces[i]
    if kind != "WORD" or i + 1 == len(pieces):
        return word if kind == "WORD" and first and word in RESERVED else ""
    if word in RESERVED:
        return word if _is_declaration(pieces, i) else ""
    if word in ("for", "challenge") and pieces[i + 1].text == "each" and pieces[i + 1].kind == "WORD":
        return "" if word == "for" and _belongs_to_header(pieces, i) else f"{word} each"
    return _misspelt(pieces, i) if first else ""


def _is_declaration(pieces: list[Piece], i: int) -> bool:
    """Whether a reserved word stands where it starts a declaration, not where an author used it as a name."""
    _, _, _, word, first = pieces[i]
    follows = pieces[i + 1].kind
    if word == "table" and pieces[i + 1].text == "below" and i > 0 and pieces[i - 1].text == "the":
        return False
    if follows not in ("WORD", "TEXT", "BAD"):
        return first and follows not in (":", ",", ".", "=", ")", "]", "[")
    return first or i == 0 or ((follows != "WORD") == (word in QUOTED) and not _wants_name(pieces[i - 1]))


def _misspelt(pieces: list[Piece], i: int) -> str:
    """The word of the declaration that a misspelt word at the start of a line was meant to start."""
    word = near_declaration(pieces[i].text)
    if not word or (i > 0 and _wants_name(pieces[i - 1])) or pieces[i + 1].text in OPERATOR_WORDS:
        return ""
    follows = pieces[i + 1].kind
    return word if follows == ("TEXT" if word in QUOTED else "WORD") else ""


def near_declaration(word: str) -> str:
    """The declaration's word that differs from a word in one letter, or in capitals; one look-up for each letter."""
    if len(word) > _LONGEST_NEAR:
        return ""
    small = word.lower()
    if small in RESERVED:
        return small
    return next((_NEAR[part] for part in _parts(small) if part in _NEAR), "") if len(word) > 3 else ""


def _parts(word: str) -> list[str]:
    """A word, and the word without each of its letters."""
    return [word, *(word[:i] + word[i + 1 :] for i in range(len(word)))]


_LONGEST_NEAR = max(map(len, RESERVED)) + 1
_NEAR = {part: word for word in sorted(RESERVED - {"use"}) for part in _parts(word)}


def _wants_name(piece: Piece) -> bool:
    return piece.text in _BEFORE_NAMES if piece.kind == "WORD" else piece.kind in _SIGNS_BEFORE_NAMES


_BEFORE_NAMES = OPERATOR_WORDS | {
    *("let", "expect", "given", "cites", "requires", "needs", "each", "every", "same", "show", "marker", "payment"),
    *("charge", "record", "table", "scheme", "check", "key", "match", "the"),
}
_SIGNS_BEFORE_NAMES = frozenset({"=", "!=", "<", "<=", ">", ">=", "+", "-", "*", "/", "(", "[", ",", "."})


def _belongs_to_header(pieces: list[Piece], i: int) -> bool:
    """Whether `for each` stands right after `scheme`, `check` or `record`, a name and perhaps a title."""
    before = i - 1
    if before >= 0 and pieces[before].kind in ("TEXT", "BAD"):
        before -= 1
    if (
        before >= 0
        and pieces[before].kind in ("WORD", "BAD")
        and HEADED & {piece.text for piece in pieces[max(0, before - 1) : before + 1]}
    ):
        return True
    return not pieces[i].first and _is_broken_header(pieces, i)


def _is_broken_header(pieces: list[Piece], i: int) -> bool:
    """Whether the line starts with `scheme`, `check` or `record`, and no clause or field stands between."""
    for piece in reversed(pieces[max(0, i - _LONGEST_HEADER) : i]):
        if piece.first or piece.kind == ":" or piece.text in _CLAUSE_WORDS:
            return piece.first and piece.text in HEADED
    return False


_LONGEST_HEADER = 6
_CLAUSE_WORDS = frozenset(clause.split()[0] for clause in CLAUSES) | {"each"}
