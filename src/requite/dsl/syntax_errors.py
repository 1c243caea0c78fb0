"""What is wrong with the form of a declaration, named in its author's words by where the parser stands."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

from requite.dsl.diagnostics import Diagnostic, Label, error
from requite.dsl.grammar import DEEPEST
from requite.dsl.missing import MISSING, missing_after
from requite.dsl.reader import Failure
from requite.dsl.scan import Piece
from requite.dsl.source import Source, Span
from requite.dsl.split import RESERVED, Chunk, near_declaration
from requite.dsl.wording import BELONGS, CLAUSES, FOREIGN, HERE, expected_in_words, nearest, quoted

Said = tuple[str, str, str]
"""A code, a message, a help."""


@dataclass(frozen=True)
class Place:
    """Where the parser stands: the piece that it cannot take, those before it, and what it would have taken."""

    source: Source
    chunk: Chunk
    failure: Failure

    @property
    def pieces(self) -> list[Piece]:
        return self.chunk.pieces

    @property
    def accepted(self) -> frozenset[str]:
        return self.failure.accepted

    @cached_property
    def piece(self) -> Piece | None:
        """The piece that does not fit; nothing at the end of the declaration."""
        return self.pieces[self.failure.index] if self.failure.index < len(self.pieces) else None

    @cached_property
    def before(self) -> Piece | None:
        return self.pieces[self.failure.index - 1] if self.failure.index else None

    @cached_property
    def text(self) -> str:
        """The words that do not fit, as written; nothing at the end."""
        return self.source.text[self.piece.start : self.piece.end] if self.piece else ""

    @cached_property
    def clause(self) -> str:
        """The phrase that starts the clause in which the parser stands, or the declaration's word."""
        return self.phrase_at(self.failure.clause) or self.chunk.word

    @cached_property
    def in_clause(self) -> list[Piece]:
        """The pieces of the clause before the one that does not fit."""
        return self.pieces[self.failure.clause : self.failure.index]

    @property
    def breaks_off(self) -> bool:
        """Whether what was begun ends here: the next piece is on a new line, or there is none."""
        return self.piece is None or self.piece.first

    @property
    def between_clauses(self) -> bool:
        """Whether a clause is complete, so that another may follow."""
        return bool(self.accepted & {"$END", "let", "expect"})

    @property
    def awaits_value(self) -> bool:
        return "(" in self.accepted and "NAME" in self.accepted

    def phrase_at(self, index: int) -> str:
        """The phrase that starts a clause at a piece, or nothing."""
        words = [piece.text if piece.kind == "WORD" else "" for piece in self.pieces[index : index + 5]]
        return next((" ".join(words[:n]) for n in range(len(words), 0, -1) if " ".join(words[:n]) in CLAUSES), "")

    def name(self) -> str:
        """The name that follows the clause's word, or that the clause's word is."""
        size = len(self.clause.split())
        after = self.pieces[self.failure.clause + size : self.failure.clause + size + 1]
        return after[0].text if after and after[0].kind == "WORD" else ""

    def span(self, missing: bool = False) -> Span:
        """The place to show: what does not fit; or, where something is missing at the end of a line, what stands before."""
        shown = self.before if self.piece is None or (missing and self.breaks_off) else self.piece
        assert shown is not None
        return Span(self.source, shown.start, shown.end)

    def of(self, piece: Piece) -> Span:
        return Span(self.source, piece.start, piece.end)


def name_failure(source: Source, chunk: Chunk, failure: Failure) -> Diagnostic:
    """The diagnostic for a place where the parser stopped."""
    place = Place(source, chunk, failure)
    return next(found for rule in _RULES if (found := rule(place)) is not None)


def _too_deep(place: Place) -> Diagnostic | None:
    if not place.failure.too_deep:
        return None
    message = f"more than {DEEPEST} brackets or steps stand inside one another here"
    return error("nested-too-deep", place.span(), message, "give parts of it names with `let`")


def _outside(place: Place) -> Diagnostic | None:
    """Pieces before the first declaration, or declarations that nothing starts."""
    if place.chunk.word:
        return None
    piece = place.pieces[0]
    shown = quoted(place.source.text[piece.start : piece.end])
    phrase = place.phrase_at(0)
    if phrase:
        belongs = f"`{phrase}` belongs in {BELONGS.get(phrase, 'a declaration')}, and no declaration stands before it"
        return error("clause-out-of-place", place.of(piece), belongs, "start with a line such as " + STARTS)
    near = near_declaration(piece.text) or nearest(piece.text, RESERVED)
    if piece.kind == "WORD" and near:
        return error("misspelt-word", place.of(piece), f"{shown}: did you mean `{near}`?", f"write `{near}`")
    help = f"a declaration starts with one of {', '.join(sorted(RESERVED))}, `for each` or `challenge each`"
    foreign = f"; write {FOREIGN[piece.text]}" if piece.text in FOREIGN else ""
    return error("not-a-declaration", place.of(piece), f"{shown} does not start a declaration", help + foreign)


STARTS = "`scheme incentive for each practice` or `check duplicate for each spell`"


def _misspelt(place: Place) -> Diagnostic | None:
    phrase = place.failure.correction
    if not phrase or place.piece is None:
        return None
    last = place.pieces[place.failure.index + phrase.count(" ")]
    span = Span(place.source, place.piece.start, last.end)
    return error("misspelt-word", span, f"{quoted(span.text)}: did you mean `{phrase}`?", f"write `{phrase}`")


def _misspelt_before(place: Place) -> Diagnostic | None:
    """A word of a field that was taken for the next field's name."""
    if place.accepted != {":"} or place.before is None or place.before.first or place.chunk.word not in ("record", "table"):
        return None
    near = nearest(place.before.text, ("optional", "from", "as", "in", "key", "rows"), 0.7)
    if not near:
        return None
    message = f"{quoted(place.before.text)}: did you mean `{near}`?"
    return error("misspelt-word", place.of(place.before), message, f"write `{near}`")


def _brackets(place: Place) -> Diagnostic | None:
    opened: list[Piece] = []
    for piece in place.in_clause:
        if piece.kind in ("(", "["):
            opened.append(piece)
        elif piece.kind in (")", "]") and opened:
            opened.pop()
    if place.piece is not None and place.piece.kind in (")", "]"):
        if not opened:
            message = f"this `{place.piece.kind}` closes nothing"
            return error("unopened-bracket", place.span(), message, "take it away, or open a bracket before it")
        if (opened[-1].kind == "(") == (place.piece.kind == "]"):
            return _unclosed(place, opened[-1], f"`{opened[-1].kind}` is closed by `{place.piece.kind}`")
        return None
    if opened and _ends_clause(place) and {")", "]"} & place.accepted:
        return _unclosed(place, opened[-1], f"this `{opened[-1].kind}` is not closed")
    return None


def _ends_clause(place: Place) -> bool:
    return place.piece is None or (place.piece.first and bool(place.phrase_at(place.failure.index)))


def _unclosed(place: Place, bracket: Piece, message: str) -> Diagnostic:
    closing = ")" if bracket.kind == "(" else "]"
    labels = [Label(place.span(), "here it should be closed")] if place.piece else []
    return error("unclosed-bracket", place.of(bracket), message, f"write the `{closing}` where the part ends", labels)


def _split_number(place: Place) -> Diagnostic | None:
    index, piece = place.failure.index, place.piece
    if piece is None or piece.kind != "NUMBER" or len(piece.text.split(".")[0]) != 3 or index < 2:
        return None
    number, comma = place.pieces[index - 2 : index]
    if comma.kind != "," or comma.end == piece.start or number.kind not in ("NUMBER", "MONEY") or comma.start != number.end:
        return None
    span = place.of(number).to(place.of(piece))
    joined = f"{number.text},{piece.text}"
    message = f"{quoted(span.text)}: a comma between digits is not followed by a space"
    return error("split-number", span, message, f"if one number is meant, write `{joined}`")


def _repeated_sign(place: Place) -> Diagnostic | None:
    piece, before = place.piece, place.before
    if piece is None or before is None:
        return None
    comparisons = ("=", "!=", "<", "<=", ">", ">=")
    if piece.kind == "=" and before.kind in comparisons and before.end == piece.start:
        message = "two signs of comparison follow each other"
        return error("syntax-error", place.of(before).to(place.of(piece)), message, "write `=`, `<=` or `>=`")
    if piece.kind in comparisons and "and" in place.accepted and any(p.kind in comparisons for p in place.in_clause):
        message = "two comparisons in a row"
        return error("chained-comparison", place.span(), message, "join them: `age >= 19 and age < 65`")
    return None


_NEED_BRACKETS = (
    ("total", "of"), ("average", "of"), ("least", "of"), ("greatest", "of"), ("count", "over"), ("there", "is"),
    ("the", "greater", "of"), ("the", "lesser", "of"), ("at", "least"),
)  # fmt: skip


def _needs_brackets(place: Place) -> Diagnostic | None:
    """A form in words inside a larger expression."""
    if place.accepted == {"NUMBER"}:
        return None
    first = max(place.failure.clause + 1, place.failure.index - 12)
    pieces = place.pieces[first : place.failure.index + 3]
    for start in range(len(pieces) - 1, 0, -1):
        for words in _NEED_BRACKETS:
            found = pieces[start : start + len(words)]
            if words[0] == "least" and pieces[start - 1].text == "at":
                continue
            if tuple(piece.text for piece in found) != words or found[-1].start < _reach(place):
                continue
            phrase = " ".join(words)
            message = f"`{phrase} …` inside a larger expression stands in brackets"
            span = place.of(found[0]).to(place.of(found[-1]))
            return error("missing-brackets", span, message, f"write `({phrase} …)`, or give it a name with `let`")
    return None


def _reach(place: Place) -> int:
    """How far back a form may start that the piece belongs to."""
    return place.pieces[max(place.failure.clause + 1, place.failure.index - 8)].start if place.piece else len(place.source.text)


def _joined_words(place: Place) -> Diagnostic | None:
    """`otherwise` without its comma, and `when` or `rounded` where brackets are needed."""
    word = place.text
    after = place.pieces[place.failure.index + 1 : place.failure.index + 2]
    if word == "," and after and after[0].text == "otherwise" and "when" in place.accepted:
        help = "write `£10 when a, £5 when b, otherwise £0`"
        return error("missing-condition", place.span(), "the value before `otherwise` needs `when` and a condition", help)
    if word == "otherwise" and place.before is not None:
        if place.before.kind != "," and ", otherwise" in place.accepted:
            help = "write `£10 when a, otherwise £0`"
            return error("missing-comma", place.span(), "a comma stands before `otherwise`", help)
        message = "`otherwise` stands after cases: a value, `when` and a condition"
        return error("clause-out-of-place", place.span(), message, "write `£10 when a, £5 when b, otherwise £0`")
    if word in ("when", "rounded", "scaled") and {",", ")", "]"} & place.accepted:
        message = f"`{word}` inside a larger expression stands in brackets with its value"
        return error("missing-brackets", place.span(), message, f"write `(a {word} …)`, or give it a name with `let`")
    return None


def _foreign(place: Place) -> Diagnostic | None:
    for piece in (place.piece, place.before):
        if piece is None or piece.kind != "WORD" or piece.text.lower() not in FOREIGN:
            continue
        if piece is place.before and (piece.first or place.awaits_value or place.breaks_off):
            continue
        message = f"`{piece.text}` is not a word of the language here"
        return error("other-word", place.of(piece), message, f"write {FOREIGN[piece.text.lower()]}")
    return None


def _out_of_place(place: Place) -> Diagnostic | None:
    if place.piece is None or not place.between_clauses:
        return None
    phrase = place.phrase_at(place.failure.index)
    if not phrase:
        return None
    where = BELONGS.get(phrase, "another declaration")
    here = HERE.get(place.chunk.word, f"a `{place.chunk.word}`")
    if place.chunk.word == "scheme" and phrase in ("requires", "needs", "cites", "period", "brought forward"):
        message = f"`{phrase}` of the whole scheme stands before its first payment"
        help = "move it up, or put it right below the payment that it is for"
        return error("clause-out-of-place", place.span(), message, help)
    message = f"`{phrase}` is a clause of {where}, but stands in {here}"
    if here in where:
        message = f"`{phrase}` cannot stand at this place in {here}"
    return error("clause-out-of-place", place.span(), message, f"move it to {where}, or take it away")


def _missing(place: Place) -> Diagnostic | None:
    """What a clause that is not complete still needs."""
    if place.between_clauses and not ("expect" in place.accepted and place.piece is None):
        return None
    for entry in MISSING:
        if entry.awaited in place.accepted and (not entry.clauses or place.clause in entry.clauses):
            if entry.unless in place.accepted or (entry.alone and len(place.accepted - {"TEXT"}) > 1):
                continue
            name = place.name()
            fill = {"clause": place.clause, "name": name, "of": f" {name}" if name else "", "word": place.chunk.word}
            fill["before"] = quoted(place.before.text) if place.before else ""
            whole = entry.awaited in ("expect", "key")  # the whole declaration lacks it, not the place where it ends
            span = place.of(place.pieces[0]) if whole else place.span(missing=True)
            return error(entry.code, span, entry.message.format(**fill), entry.help.format(**fill))
    return None


def _missing_name_or_value(place: Place) -> Diagnostic | None:
    said = missing_after(place.accepted, place.before.text if place.before else "", place.text, place.clause, place.breaks_off)
    if said is None:
        return None
    code, message, help = said
    return error(code, place.span(missing=True), message, help)


def _half_phrase(place: Place) -> Diagnostic | None:
    """The first word of a phrase whose other words are not there."""
    if place.piece is None or place.piece.kind != "WORD":
        return None
    for phrase in sorted(place.accepted):
        first, *rest = phrase.split()
        if rest and first == place.piece.text and rest[-1].isalpha():
            message = f"`{first}` alone does not fit here"
            return error("misspelt-word", place.span(), message, f"write `{phrase}`")
    return None


def _before_operator(place: Place) -> Diagnostic | None:
    """`is`, `and` … taken for a name, since no value stands before it."""
    before = place.before
    if before is None or before.kind != "WORD" or before.text not in _JOINING or place.breaks_off:
        return None
    if not (place.between_clauses or "+" in place.accepted):
        return None
    return error("missing-value", place.of(before), f"a value is missing before `{before.text}`", "write a name or a value there")


_JOINING = frozenset({"is", "and", "or", "in", "within", "of", "when", "per", "else"})


def _row_goes_on(place: Place) -> Diagnostic | None:
    """A colon in a row that a comma joins to the row before."""
    if place.piece is None or place.piece.kind != ":" or place.chunk.word != "table":
        return None
    line = place.failure.index - 1
    while line > 0 and not place.pieces[line].first:
        line -= 1
    comma = place.pieces[line - 1]
    if line < 1 or comma.kind != ",":
        return None
    return error("misplaced-comma", place.of(comma), "this comma joins the next row to this one", "take it away")


def _comma(place: Place) -> Diagnostic | None:
    piece = place.piece
    if piece is None or "," not in place.accepted or piece.first:
        return None
    if piece.kind == "TEXT" and place.before and place.before.kind == "TEXT" and place.chunk.word in ("codes", "record", "table"):
        help = 'write a comma and a space between the values: "21", "22"'
        return error("missing-comma", place.span(), f"a comma is missing before {quoted(place.text)}", help)
    if place.clause == "given" and "with" in place.accepted:
        help = "write `given practice P1 with list_size 10,000`"
        return error("missing-with", place.span(), f"`with` is missing before {quoted(place.text)}", help)
    if place.clause == "given" and piece.kind == "WORD":
        help = "write a comma and a space between the values"
        return error("missing-comma", place.span(), f"a comma is missing before {quoted(place.text)}", help)
    return None


def _general(place: Place) -> Diagnostic:
    expected = expected_in_words(place.accepted)
    if place.before and place.breaks_off and place.failure.clause and not place.between_clauses:
        message = f"the line is not finished after {quoted(place.of(place.before).text)}"
        return error("unfinished-clause", place.of(place.before), message, f"expected here: {expected}")
    if place.piece is None:
        word = place.chunk.word
        message = f"the {word} is not finished" if word in RESERVED else f"`{word}` is not finished"
        return error("unfinished-declaration", place.span(), message, f"expected here: {expected}")
    after = f" after {quoted(place.of(place.before).text)}" if place.before else ""
    return error("syntax-error", place.span(), f"{quoted(place.text)} does not fit here{after}", f"expected here: {expected}")


_RULES: tuple[Callable[[Place], Diagnostic | None], ...] = (
    _too_deep,
    _outside,
    _misspelt,
    _misspelt_before,
    _brackets,
    _split_number,
    _repeated_sign,
    _joined_words,
    _missing,
    _half_phrase,
    _needs_brackets,
    _foreign,
    _before_operator,
    _row_goes_on,
    _missing_name_or_value,
    _out_of_place,
    _comma,
    _general,
)
