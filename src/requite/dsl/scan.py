"""The text of a file cut into words, numbers, text in quotes and signs: the one place that knows what they look like.

Text pasted from a word processor is read as what it is: curly quotes, spaces of any width, dashes, `×`, `≥`. A piece that is
not well formed (`007`, `10, 000`, a quote that is not closed) is a piece all the same, marked as bad, so that the rest of
the text is still read.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import NamedTuple

LONGEST_NUMBER = 40
INVISIBLE = "\u200b\u200c\u200d\u2060\ufeff\u00ad"
DASH = "-\u2010\u2011\u2012\u2013\u2014\u2212"
CURRENCIES = {"£": "GBP", "$": "USD", "€": "EUR"}


class Piece(NamedTuple):
    """One piece: `kind` is a terminal of the grammar, WORD, or the sign itself; `text` as the grammar spells it.

    `first` says that nothing else stands before it on its line.
    """

    kind: str
    start: int
    end: int
    text: str
    first: bool


@dataclass(frozen=True, slots=True)
class Flaw:
    """What is wrong with a bad piece: a code, what belongs to the message, and what the piece may be taken for."""

    code: str
    start: int
    end: int
    detail: str = ""
    taken_as: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Scan:
    pieces: list[Piece]
    comments: list[tuple[int, int]]
    flaws: dict[int, Flaw]
    """Flaws by the place where their piece starts."""


_AMOUNT = r"(?:[0-9]{1,3}(?:,[0-9]{3})+|[0-9]+)(?:\.[0-9]+)?"
_NUMBER_ENDS = r"(?![\w%]|[.,][0-9])"
_PIECES = re.compile(
    rf"""
    (?P<gap>[\s{INVISIBLE}]+)
  | (?P<comment>\#[^\n]*)
  | (?P<text>"[^"\n]*"|[“”„][^“”„"\n]*[“”„"])
  | (?P<unclosed>["“”„][^\n]*)
  | (?P<moment>[0-9]{{4}}[{DASH}][0-9][0-9][{DASH}][0-9][0-9][T\ \u00a0][0-9][0-9]:[0-9][0-9](?::[0-9][0-9])?(?!\w|:[0-9]))
  | (?P<date>[0-9]{{4}}[{DASH}][0-9][0-9][{DASH}][0-9][0-9](?!\w))
  | (?P<odd_date>[0-9]{{1,2}}[/.][0-9]{{1,2}}[/.][0-9]{{4}}(?!\w)|[0-9]{{4}}[{DASH}][0-9][0-9]?[{DASH}][0-9][0-9]?(?!\w))
  | (?P<number>{_AMOUNT}{_NUMBER_ENDS})
  | (?P<percent>{_AMOUNT}%(?!\w))
  | (?P<money>[£$€]{_AMOUNT}(?:m|bn|k)?{_NUMBER_ENDS}|{_AMOUNT}p{_NUMBER_ENDS})
  | (?P<odd_number>[£$€][^\S\n]*[0-9](?:\w|[.,](?=[0-9])|%)*|[0-9](?:\w|[.,](?=[0-9])|%)*)
  | (?P<word>[A-Za-z][A-Za-z0-9_]*(?!\w|[{INVISIBLE}]+\w))
  | (?P<odd_word>[^\W\d](?:\w|[{INVISIBLE}]+(?=\w))*)
  | (?P<sign><=|>=|!=|<>|[{DASH}=<>≤≥≠+*×/÷().,:\[\]])
  | (?P<other>.)
    """,
    re.VERBOSE | re.DOTALL,
)
_SIGNS = {"≤": "<=", "≥": ">=", "≠": "!=", "<>": "!=", "×": "*", "÷": "/"} | dict.fromkeys(DASH, "-")
_LEADING_ZERO = re.compile(r"[£$€]?0[0-9]")
_THREE_DIGITS = re.compile(r"0[0-9]{2}(?:,[0-9]{3})*(?:[.][0-9]+)?")
_KINDS = {
    "text": "TEXT",
    "moment": "MOMENT",
    "date": "DATE",
    "number": "NUMBER",
    "percent": "PERCENT",
    "money": "MONEY",
    "word": "WORD",
}


def scan(text: str) -> Scan:
    """Cut a text into pieces. Linear in its length, whatever stands in it."""
    pieces: list[Piece] = []
    comments: list[tuple[int, int]] = []
    flaws: dict[int, Flaw] = {}
    first = True
    for match in _PIECES.finditer(text):
        group = match.lastgroup or "other"
        start, end = match.span()
        if group == "gap":
            first = first or "\n" in match.group()
            continue
        if group == "comment":
            comments.append((start, end))
            continue
        found = match.group()
        if group == "word":
            pieces.append(Piece("WORD", start, end, found, first))
        elif group == "sign":
            sign = _SIGNS.get(found, found)
            pieces.append(Piece(sign, start, end, sign, first))
        else:
            flaw = _flaw(group, found, start, end, pieces)
            if flaw is None:
                pieces.append(Piece(_KINDS[group], start, end, found, first))
            else:
                _add_bad(pieces, flaws, flaw, found, first)
        first = False
    return Scan(pieces, comments, flaws)


Blocks = dict[str, tuple[int, Scan]]
"""Stretches of a text with their pieces, and the place where the stretch stood when these had their places."""

_BLOCK = re.compile(r"^(?=[A-Za-z])", re.MULTILINE)
"""A word at the very start of a line belongs to nothing before it, so that the text may be cut there."""


def scan_again(text: str, kept: Blocks) -> tuple[Scan, Blocks]:
    """Cut a text into pieces as `scan` does, with those stretches taken over that were cut before; and its own stretches."""
    pieces: list[Piece] = []
    comments: list[tuple[int, int]] = []
    flaws: dict[int, Flaw] = {}
    blocks: Blocks = {}
    for start, end in pairwise(sorted({0, *(cut.start() for cut in _BLOCK.finditer(text)), len(text)})):
        block = text[start:end]
        stood, found = kept.get(block) or (0, scan(block))
        if stood != start:
            found = _moved(found, start - stood)
        blocks[block] = start, found
        pieces += found.pieces
        comments += found.comments
        flaws |= found.flaws
    return Scan(pieces, comments, flaws), blocks


def _moved(found: Scan, by: int) -> Scan:
    return Scan(
        [Piece(kind, start + by, end + by, text, first) for kind, start, end, text, first in found.pieces],
        [(start + by, end + by) for start, end in found.comments],
        {start + by: replace(flaw, start=flaw.start + by, end=flaw.end + by) for start, flaw in found.flaws.items()},
    )


def _add_bad(pieces: list[Piece], flaws: dict[int, Flaw], flaw: Flaw, found: str, first: bool) -> None:
    if flaw.code == "split-number":  # the number before the comma, the comma and these digits are one piece
        pieces.pop()
        before = pieces.pop()
        flaws.pop(before.start, None)
        found, first = f"{before.text} {found}", before.first
    flaws[flaw.start] = flaw
    pieces.append(Piece("BAD", flaw.start, flaw.end, found, first))


def _flaw(group: str, found: str, start: int, end: int, before: list[Piece]) -> Flaw | None:
    """What is wrong with a piece that is not a plain word or sign, if anything is."""
    if group in ("number", "money", "percent"):
        return _flaw_of_number(_KINDS[group], found, start, end, before)
    if group == "unclosed":
        return Flaw("unclosed-text", start, start + len(found.rstrip()), taken_as=("TEXT",))
    if group == "odd_date":
        return Flaw("bad-date", start, end, "form", ("DATE",))
    if group == "odd_number":
        return _flaw_of_odd_number(found, start, end)
    if group == "odd_word":
        return Flaw("unknown-character", start, end, "word", ("NAME",))
    if group == "other":
        return Flaw("unknown-character", start, end, "character")
    return None


def _flaw_of_number(kind: str, found: str, start: int, end: int, before: list[Piece]) -> Flaw | None:
    if sum(map(str.isdigit, found)) > LONGEST_NUMBER:
        return Flaw("number-too-long", start, end, taken_as=(kind,))
    if not _LEADING_ZERO.match(found):
        return None
    if _is_split(found, start, before):
        return Flaw("split-number", before[-2].start, end, taken_as=("NUMBER", "MONEY"))
    return Flaw("number-with-leading-zero", start, end, taken_as=(kind, "TEXT", "NAME"))


def _is_split(found: str, start: int, before: list[Piece]) -> bool:
    """Whether the digits go on with a number before a comma: `10, 000`."""
    if len(before) < 2 or before[-1].kind != "," or before[-1].end == start or not _THREE_DIGITS.fullmatch(found):
        return False
    return before[-2].kind in ("NUMBER", "MONEY", "BAD") and before[-2].end == before[-1].start


def _flaw_of_odd_number(found: str, start: int, end: int) -> Flaw:
    if sum(map(str.isdigit, found)) > LONGEST_NUMBER:
        return Flaw("number-too-long", start, end, taken_as=("NUMBER", "MONEY", "TEXT", "NAME"))
    if found[0] in CURRENCIES:
        return Flaw("bad-money", start, end, taken_as=("MONEY",))
    if re.fullmatch(r"[0-9,.]+", found):
        return Flaw("bad-number", start, end, taken_as=("NUMBER",))
    if re.fullmatch(r"[0-9,.]+%+", found):
        return Flaw("bad-percent", start, end, taken_as=("PERCENT",))
    if re.fullmatch(r"[0-9,.]+(?:p|m|bn|k)", found):
        return Flaw("bad-money", start, end, taken_as=("MONEY", "NUMBER"))
    return Flaw("code-without-quotes", start, end, taken_as=("TEXT", "NAME", "NUMBER"))
