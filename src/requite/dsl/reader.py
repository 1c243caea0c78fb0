"""The pieces of one declaration read by the grammar into a tree of branches and leaves.

The parser is Lark's LALR(1). The choice between a phrase of the grammar and a name is made here, by what the parser accepts
where it stands. After an error the clause that holds it is left out and reading goes on with the next one.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product, takewhile

from requite.dsl.grammar import DEEPEST, DEEPEST_STACK, END, Branch, Leaf, Parser, Phrase, TooDeep, Tree, Unexpected, grammar
from requite.dsl.scan import Flaw, Piece
from requite.dsl.wording import CLAUSES, OF_PAYMENTS, OPERATOR_WORDS, OWN, nearest

MOST_FAILURES = 100
LONGEST_ROW = 200
LONGEST_READ_TWICE = 20_000
FARTHEST_BORN = 200
"""How many pieces after `age on` the word `born` is looked for, inside a lookup's brackets."""

_VALUES = frozenset({"TEXT", "NUMBER", "PERCENT", "MONEY", "DATE", "MOMENT", "BAD"})
_LISTS = frozenset({"bands", "parameter", "record", "table"})
"""Declarations whose parts stand on lines of their own and start with no word of the language."""

BETWEEN = (END, "let", "given", "expect")
"""Where one of these may follow, or the end, the clause before is whole."""

_FIELD = "FIELD"
"""A kind that the grammar accepts nowhere."""

_FILLERS = ("NAME", "TEXT", ":", "for each", "of", "by")
"""What may be put into a broken head, so that the clauses below it are read all the same."""
_MOST_FILLERS = 3


@dataclass(frozen=True, slots=True)
class Failure:
    """Where reading stopped: at which piece (or past the last), in the clause that starts where, and what was accepted.

    `accepted` holds phrases as the grammar spells them, and the kinds NAME, TEXT, NUMBER …. `correction` is the phrase that
    was read instead of a misspelt one.
    """

    index: int
    clause: int
    accepted: frozenset[str]
    too_deep: bool = False
    correction: str = ""


@dataclass(frozen=True, slots=True)
class Reading:
    """What was read of a declaration: its tree, or nothing where its head is broken, and what went wrong."""

    tree: Tree | None
    failures: tuple[Failure, ...]


@dataclass(frozen=True, slots=True)
class _Mark:
    """The parser as it stood before a clause. Lists on its stack may grow later; their lengths are kept."""

    index: int
    states: list[int]
    values: list[Tree]
    lengths: list[int]


def read(word: str, pieces: list[Piece], flaws: dict[int, Flaw]) -> Reading:
    """Read one declaration.

    Line breaks mean nothing in the language; only where a text does not read, they help to say what was forgotten.
    """
    if not word:
        return Reading(None, (Failure(0, 0, frozenset()),))
    reading = _Reader(word, pieces, flaws, by_lines=False).read()
    if not reading.failures or len(pieces) > LONGEST_READ_TWICE:
        return reading
    return _Reader(word, pieces, flaws, by_lines=True).read()


class _Reader:
    """Reads one declaration, once. `by_lines`: a clause's word at the start of a line is not taken for a name."""

    def __init__(self, word: str, pieces: list[Piece], flaws: dict[int, Flaw], by_lines: bool) -> None:
        self.pieces, self.flaws = list(pieces), flaws
        self.base = pieces[0].start
        self.phrases = grammar().phrases
        self.parser = Parser()
        self.open: list[str] = []
        self.in_list = word in _LISTS
        self.by_lines = by_lines
        self.own = OWN.get(word, frozenset())
        self.mark: _Mark | None = None
        self.outer: _Mark | None = None
        self.headless = False
        self.skipped: frozenset[str] = frozenset()
        self.failures: list[Failure] = []

    def read(self) -> Reading:
        index = 0
        while True:
            try:
                if index == len(self.pieces):
                    tree = self.parser.feed(Leaf(END, 0, 0, ""))
                    return Reading(None if self.headless else tree, tuple(self.failures))
                index = self._step(index)
                continue
            except Unexpected:
                failure = self._failure(index)
            except TooDeep:
                failure = self._failure(index, too_deep=True)
            self.failures.append(failure)
            if failure.correction:
                continue
            resumed = self._resume(failure) if len(self.failures) < MOST_FAILURES else None
            if resumed is None:
                return Reading(None, tuple(self.failures))
            index = resumed

    def _step(self, index: int) -> int:
        """Feed one terminal to the parser; the index of the piece after it."""
        terminal, phrase, accepted = self._choose(index)
        if not terminal:
            return index + 1
        parser, mark = self.parser, self.mark
        piece = last = self.pieces[index]
        size, text = 1, piece.text
        if phrase is not None:
            size, text = len(phrase.words), phrase.text
            last = self.pieces[index + size - 1]
        if (phrase is not None or self.in_list) and self._starts_item(index, phrase):
            mark = self._make_mark(index)
        parser.feed(Leaf(terminal, piece.start - self.base, last.end - self.base, text, piece.kind == "BAD"), accepted)
        if mark is not self.mark:
            self._set_mark(mark)
        if terminal not in _VALUES:
            self._count(text)
        if len(parser.states) > DEEPEST_STACK:
            raise TooDeep
        return index + size

    def _count(self, text: str) -> None:
        if text[-1] in "([":
            self.open.append(text[-1])
            if len(self.open) > DEEPEST:
                raise TooDeep
        elif text in (")", "]"):
            self.open.pop()

    # --- phrases and names

    def _choose(self, index: int) -> tuple[str, Phrase | None, bool]:
        """The terminal that a piece is read as, with the phrase of which it is the first word; nothing where it is left out.

        With it, whether the parser is known to take it.
        """
        piece = self.pieces[index]
        if piece.kind in _VALUES:
            return self._choose_value(index), None, False
        parser = self.parser
        phrases = self.phrases.get(piece.text, ())
        if not phrases and not self.by_lines:
            return "NAME", None, False
        accepted = parser.actions()
        name = piece.kind == "WORD" and "NAME" in accepted
        possible = [phrase for phrase in phrases if phrase.text in accepted and self._matches(phrase, index)]
        sure = name + len(possible) > 1
        if sure:  # which of them, the table alone does not tell
            name = name and parser.accepts("NAME")
            possible = [phrase for phrase in possible if parser.accepts(phrase.text)]
        if name and self._next_is(index, ":") and not (possible and piece.text == "none"):
            field = self.by_lines and self._is_next_field(index)
            return _FIELD if field else "NAME", None, sure and not field
        if possible:
            return possible[0].text, possible[0], sure
        if name and not (self.by_lines and piece.first and self._is_clause(index)):
            return "NAME", None, sure
        phrase = next((phrase for phrase in phrases if self._matches(phrase, index)), None)
        return (phrase.text, phrase, False) if phrase else ("NAME", None, False)

    def _choose_value(self, index: int) -> str:
        """The terminal that a text, a number or a date is read as."""
        piece = self.pieces[index]
        if piece.kind != "BAD":
            return _FIELD if self.by_lines and self._is_next_row(index) else piece.kind
        accepted = self.parser.actions()
        return next((kind for kind in self.flaws[piece.start].taken_as if kind in accepted), "")

    def _is_next_field(self, index: int) -> bool:
        """Whether a field starts here although the one before is not finished."""
        before = self.parser.values[-1] if self.parser.values else None
        awaits = isinstance(before, Leaf) and before.type != "NAME" and before.text in (":", "in", "one of", ",")
        return awaits and self.in_list and self.pieces[index].first

    def _is_next_row(self, index: int) -> bool:
        """Whether a row or band starts here although the one before has no value yet."""
        before = self.parser.values[-1] if self.parser.values else None
        awaits = isinstance(before, Leaf) and (before.type == ":" or (before.type == "," and self._is_in_row(index)))
        return awaits and self.in_list and self.pieces[index].first and self._has_colon(index)

    def _is_in_row(self, index: int) -> bool:
        """Whether the colon of a row stands already between its start and a piece."""
        start = self.mark.index if self.mark else index
        return any(piece.kind == ":" for piece in self.pieces[max(start, index - LONGEST_ROW) : index])

    def _has_colon(self, index: int) -> bool:
        """Whether a colon follows in the same line."""
        line = takewhile(lambda piece: not piece.first, self.pieces[index + 1 : index + 30])
        return any(piece.kind == ":" for piece in line)

    def _next_is(self, index: int, text: str) -> bool:
        return index + 1 < len(self.pieces) and self.pieces[index + 1].kind == text

    def _matches(self, phrase: Phrase, index: int) -> bool:
        """Whether the pieces from one whose text is a phrase's first word are that phrase."""
        words, pieces = phrase.words, self.pieces
        size = len(words)
        if size == 1:
            return words[0] not in ("a", "an") or self._is_article(index)
        if index + size > len(pieces) or pieces[index + 1].text != words[1]:
            return False
        if size > 2 and any(pieces[index + i].text != words[i] for i in range(2, size)):
            return False
        return words != ("age", "on") or self._is_age(index)

    def _is_article(self, index: int) -> bool:
        """Whether `a` or `an` stands before the name of a record, and is not a name itself."""
        after = self.pieces[index + 1 : index + 2]
        return bool(after) and after[0].kind == "WORD" and after[0].text not in _AFTER_RECORD

    def _is_age(self, index: int) -> bool:
        """Whether `age on` is not the key of a lookup and its date, `rate[age on discharged]`: whether `born` follows."""
        if not self.open or self.open[-1] != "[":
            return True
        depth = 0
        for piece in self.pieces[index + 2 : index + FARTHEST_BORN]:
            if piece.kind in ("(", "["):
                depth += 1
            elif piece.kind in (")", "]"):
                depth -= 1
            if depth < 0:
                return False
            if depth == 0 and piece.text == "born" and piece.kind == "WORD":
                return True
        return False

    def _is_clause(self, index: int) -> bool:
        """Whether a clause starts here although a name or a value is still awaited: that was forgotten."""
        in_given = index > 0 and self.pieces[index - 1].text in (",", "with") and bool(self.own & {"given"})
        if in_given and self.pieces[index].text not in ("given", "expect"):
            return False
        for phrase in self.phrases.get(self.pieces[index].text, ()):
            if phrase.text in CLAUSES and self._matches(phrase, index):
                after = self.pieces[index + len(phrase.words) : index + len(phrase.words) + 1]
                if len(phrase.words) > 1 or not after or after[0].kind in _VALUES:
                    return True
                return after[0].kind == "WORD" and after[0].text not in OPERATOR_WORDS
        return False

    # --- going on after an error

    def _starts_item(self, index: int, phrase: Phrase | None) -> bool:
        """Whether a terminal starts a clause, a field, a row, a band or a dated value."""
        if phrase is not None and phrase.text in CLAUSES:
            return phrase.text != "at least" or "amount" in self.parser.actions()
        return self.in_list and self._starts_line(index)

    def _starts_line(self, index: int) -> bool:
        if index == 0 or not self.pieces[index].first:
            return False
        if self.pieces[index - 1].kind in (",", ":", "-"):
            return self._next_is(index, ":") or (self.by_lines and self._has_colon(index) and self._is_in_row(index))
        return True

    def _make_mark(self, index: int) -> _Mark:
        values = self.parser.values[:]
        lengths = [len(value.children) if isinstance(value, Branch) else 0 for value in values]
        return _Mark(index, self.parser.states[:], values, lengths)

    def _set_mark(self, mark: _Mark | None) -> None:
        """Keep a place to go back to; and the last one where a whole clause may follow, not the rest of one."""
        self.mark = mark
        if self.outer is None or (mark and any(self.parser.would_accept(mark.states, kind) for kind in BETWEEN)):
            self.outer = mark

    def _return_to_mark(self, mark: _Mark) -> None:
        self.parser.states[:] = mark.states
        self.parser.values[:] = mark.values
        self.open.clear()

    def _failure(self, index: int, too_deep: bool = False) -> Failure:
        clause = self.mark.index if self.mark else 0
        accepted = self._accepted()
        correction = "" if too_deep else self._correct(index)
        return Failure(index, clause, accepted, too_deep, correction)

    def _accepted(self) -> frozenset[str]:
        """What may come next where the parser stands."""
        return frozenset(kind for kind in self.parser.actions() if self.parser.accepts(kind))

    def _correct(self, index: int) -> str:
        """Put the phrase that was meant in the place of a misspelt one, if it is clear which."""
        pieces = self.pieces
        if index == len(pieces) or pieces[index].kind != "WORD" or len(self.failures) >= MOST_FAILURES:
            return ""
        if pieces[index].text in self.phrases:
            return ""
        accepted = self._accepted()
        for size in (4, 3, 2, 1):
            found = pieces[index : index + size]
            phrases = [phrase for phrase in accepted if phrase.count(" ") == size - 1]
            if len(found) < size or not phrases or any(piece.kind != "WORD" for piece in found):
                continue
            phrase = nearest(" ".join(piece.text for piece in found), phrases, 0.8)
            if phrase:
                for i, word in enumerate(phrase.split()):
                    pieces[index + i] = pieces[index + i]._replace(text=word)
                return phrase
        return ""

    def _resume(self, failure: Failure) -> int | None:
        """Take back the broken clause; the index of the piece to go on with, if there is one."""
        mark = self.mark
        outer = self.outer
        if mark is None or outer is None:
            return self._mend_head(failure.index)
        if END in failure.accepted and self._is_new_clause(failure.index):
            mark = self._make_mark(failure.index)  # the clause before is whole, only the new one is left out
            self._set_mark(mark)
        marks = [mark] if mark is outer else [mark, outer]
        alien = failure.index < len(self.pieces) and self.pieces[failure.index].first and not self._is_clause(failure.index)
        broken_payment = "payment" in self.own and (alien or self.pieces[mark.index].text in ("payment", "charge"))
        self.skipped = OF_PAYMENTS if broken_payment else frozenset()
        for index in range(max(failure.index, mark.index + 1), len(self.pieces)):
            if self.pieces[index].first and self._goes_on(index, marks, failure):
                return index
        return len(self.pieces) if self._goes_on(len(self.pieces), marks, failure) else None

    def _goes_on(self, index: int, marks: list[_Mark], failure: Failure) -> bool:
        """Go back to the first of the marks from where reading may go on with a piece, or with the end."""
        for mark in marks:
            self._return_to_mark(mark)
            if self.parser.accepts(END) if index == len(self.pieces) else self._may_resume(index):
                self._cut(mark)
                return True
        if index < len(self.pieces) and index > failure.index and self._is_alien(index):
            self._cut(marks[-1])
            return True
        return False

    def _cut(self, mark: _Mark) -> None:
        """Go on from a mark: take out of its branches what was read after it.

        Not before it is chosen: Lark lets a branch grow out of the list of its first child, so marks may share a list.
        """
        self.mark = mark
        for value, length in zip(mark.values, mark.lengths, strict=True):
            if isinstance(value, Branch):
                del value.children[length:]

    def _is_new_clause(self, index: int) -> bool:
        return index < len(self.pieces) and self.pieces[index].first and self._is_clause(index)

    def _may_resume(self, index: int) -> bool:
        terminal, phrase, _ = self._choose(index)
        if phrase and phrase.text in self.skipped:  # a clause of a payment whose head is broken
            return False
        if self.pieces[index].text.lower() in CLAUSES and phrase is None:  # `Let`, which is corrected then
            return not self.in_list
        if not terminal or not self._starts_item(index, phrase):
            return False
        return self.parser.accepts(terminal)

    def _is_alien(self, index: int) -> bool:
        """Whether a clause starts here that never stands in this declaration: an error of its own."""
        phrase = next((p for p in self.phrases.get(self.pieces[index].text, ()) if self._matches(p, index)), None)
        text = phrase.text if phrase else ""
        return text in CLAUSES and text not in self.own and self._is_clause(index)

    def _mend_head(self, failed: int) -> int | None:
        """Complete a broken head with names and words until a clause below it may follow."""
        self.headless = True
        below = (i for i in range(max(failed, 1), len(self.pieces)) if self.pieces[i].first and self._is_below_head(i))
        index = next(below, None)
        if index is None:
            return None
        for size in range(_MOST_FILLERS + 1):
            for chosen in product(_FILLERS, repeat=size):
                if self._fits(chosen, index):
                    return index
        return None

    def _is_below_head(self, index: int) -> bool:
        return self._is_clause(index) or (self.in_list and self.pieces[index].kind == "WORD" and self._has_colon(index))

    def _fits(self, fillers: tuple[str, ...], index: int) -> bool:
        """Feed words that the author left out, if a clause may follow them then; otherwise leave all as it is."""
        states, values = self.parser.states[:], self.parser.values[:]
        at = self.pieces[index - 1].end - self.base
        for filler in fillers:
            if not self.parser.accepts(filler):
                break
            self.parser.feed(Leaf(filler, at, at, filler))
        else:
            terminal, _, _ = self._choose(index)
            if (terminal != "NAME" or self.in_list) and self.parser.accepts(terminal):
                return True
        self.parser.states[:], self.parser.values[:] = states, values
        return False


_AFTER_RECORD = frozenset({"with", "as", "where", "by", "latest", "earliest"})
