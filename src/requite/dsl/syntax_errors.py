"""What is wrong with the form of a declaration, named in its author's words by where the parser stands."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from requite.dsl.diagnostics import Diagnostic, error
from requite.dsl.grammar import DEEPEST
from requite.dsl.habits import (
    article,
    band_in_words,
    bullet,
    colon_at_end,
    comparison_in_words,
    limit_in_words,
    period_in_words,
    sign_before_value,
    slashes,
    working_days,
)
from requite.dsl.misjoined import (
    alias,
    before_operator,
    brackets,
    comma,
    half_phrase,
    joined_words,
    misspelt_fold,
    name_in_parts,
    needs_brackets,
    odd_comma,
    repeated_sign,
    row_goes_on,
    sign,
    split_number,
    two_names,
    two_texts,
    weighted_total,
)
from requite.dsl.missing import MISSING, missing_after
from requite.dsl.place import Place
from requite.dsl.reader import Failure
from requite.dsl.row_slips import known_from_slip, row_slip
from requite.dsl.source import Source, Span
from requite.dsl.split import QUOTED, RESERVED, Chunk, near_declaration
from requite.dsl.wording import BELONGS, FOREIGN, HERE, OWN, expected_in_words, nearest, quoted


def name_failures(source: Source, chunk: Chunk, failures: Iterable[Failure]) -> Iterator[Diagnostic]:
    """The diagnostics for the places where the parser stopped, but where a name's second word was taken for a misspelt clause."""
    taken = set[int]()
    for failure in failures:
        if failure.clause in taken:
            continue
        place = Place(source, chunk, failure)
        found = next(found for rule in _RULES if (found := rule(place)) is not None)
        if failure.correction and found.code == "two-names":
            taken.add(failure.index)
        yield found


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
    if piece.text in RESERVED:
        message = f"`{piece.text}` needs {'a text in quotes' if piece.text in QUOTED else 'a name'} after it"
        return error(
            "missing-text" if piece.text in QUOTED else "missing-name", place.of(piece), message, f"write `{piece.text} …`"
        )
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
    if not near or near == place.before.text:
        return None
    message = f"{quoted(place.before.text)}: did you mean `{near}`?"
    return error("misspelt-word", place.of(place.before), message, f"write `{near}`")


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
            fill = {"clause": place.clause, "name": name or "a_name", "of": f" {name}" if name else "", "word": place.chunk.word}
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


def _no_clause(place: Place) -> Diagnostic | None:
    """A line that starts with nothing that a clause starts with."""
    own = sorted(OWN.get(place.chunk.word, frozenset()) & place.accepted)
    if place.piece is None or not place.piece.first or not place.between_clauses or not own:
        return None
    message = f"no clause of {HERE[place.chunk.word]} starts with {quoted(place.text)}"
    after = place.pieces[place.failure.index + 1 : place.failure.index + 2]
    if after and after[0].kind == "=" and "let" in own:
        return error("not-a-clause", place.span(), message, f"a figure gets its name with `let`: `let {place.text} = …`")
    help = f"clauses that may stand here: {', '.join(own)}; or is a sign missing at the end of the line before?"
    return error("not-a-clause", place.span(), message, help)


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
    slashes,
    _outside,
    name_in_parts,
    _misspelt,
    _misspelt_before,
    brackets,
    known_from_slip,
    split_number,
    repeated_sign,
    comparison_in_words,
    limit_in_words,
    band_in_words,
    sign_before_value,
    colon_at_end,
    bullet,
    article,
    working_days,
    period_in_words,
    joined_words,
    weighted_total,
    before_operator,
    half_phrase,
    two_names,
    two_texts,
    row_slip,
    _missing,
    misspelt_fold,
    needs_brackets,
    _foreign,
    row_goes_on,
    alias,
    comma,
    _missing_name_or_value,
    sign,
    odd_comma,
    _out_of_place,
    _no_clause,
    _general,
)
