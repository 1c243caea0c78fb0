"""Pieces of a declaration that are joined wrongly: brackets, signs, commas, and the words between values."""

from __future__ import annotations

import re
from itertools import pairwise

from requite.dsl.diagnostics import Diagnostic, Label, error
from requite.dsl.habits import joined_otherwise
from requite.dsl.place import Place
from requite.dsl.scan import Piece
from requite.dsl.split import NAMED
from requite.dsl.wording import CLAUSES, FOREIGN, OPERATOR_WORDS, nearest, quoted


def brackets(place: Place) -> Diagnostic | None:
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
    unfit = opened and opened[-1].kind == "[" and place.text in _NOT_IN_LOOKUPS and "]" in place.accepted
    unfit = unfit or (opened and place.text in _NOT_IN_BRACKETS and ")" in place.accepted)
    if unfit or ((opened and _ends_clause(place)) and {")", "]"} & place.accepted):
        return _unclosed(place, opened[-1], f"this `{opened[-1].kind}` is not closed")
    return None


_NOT_IN_BRACKETS = frozenset({"as", "among", "over", "because", "to", "spent"})
_NOT_IN_LOOKUPS = frozenset({"is", "and", "or", "=", "<", ">", "<=", ">=", "!=", "when", ")"})


def _ends_clause(place: Place) -> bool:
    return place.piece is None or (place.piece.first and bool(place.phrase_at(place.failure.index)))


def _unclosed(place: Place, bracket: Piece, message: str) -> Diagnostic:
    closing = ")" if bracket.kind == "(" else "]"
    labels = [Label(place.span(), "here it should be closed")] if place.piece else []
    return error("unclosed-bracket", place.of(bracket), message, f"write the `{closing}` where the part ends", labels)


def split_number(place: Place) -> Diagnostic | None:
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


def repeated_sign(place: Place) -> Diagnostic | None:
    piece, before = place.piece, place.before
    if piece is None or before is None:
        return None
    comparisons = ("=", "!=", "<", "<=", ">", ">=")
    if piece.kind in ("<", ">") and before.kind == "=" and before.end == piece.start:
        message = f"`={piece.kind}` is not a sign of comparison"
        return error("syntax-error", place.of(before).to(place.of(piece)), message, f"write `{piece.kind}=`")
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


def needs_brackets(place: Place) -> Diagnostic | None:
    """A form in words inside a larger expression."""
    if place.accepted == {"NUMBER"}:
        return None
    first = max(place.failure.clause + 1, place.failure.index - 12)
    pieces = place.pieces[first : place.failure.index + 3]
    for start in range(len(pieces) - 1, 0, -1):
        for words in _NEED_BRACKETS:
            found = pieces[start : start + len(words)]
            if pieces[start - 1].text not in _LARGER and not (
                pieces[start - 1].text == "=" and first + start > _value_starts(place)
            ):
                continue
            if tuple(piece.text for piece in found) != words or found[-1].start < _reach(place):
                continue
            phrase = " ".join(words)
            message = f"`{phrase} …` inside a larger expression stands in brackets"
            span = place.of(found[0]).to(place.of(found[-1]))
            return error("missing-brackets", span, message, f"write `({phrase} …)`, or give it a name with `let`")
    return None


_LARGER = frozenset(
    (*("+", "-", "*", "/", "<", "<=", ">", ">=", "!=", "[", ","), *("of", "per", "and", "or", "not", "is", "else", "in", "within"))
)


def _value_starts(place: Place) -> int:
    """Where the value of a `let` starts."""
    return place.failure.clause + 3


def _reach(place: Place) -> int:
    """How far back a form may start that the piece belongs to."""
    return place.pieces[max(place.failure.clause + 1, place.failure.index - 8)].start if place.piece else len(place.source.text)


def joined_words(place: Place) -> Diagnostic | None:
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


def weighted_total(place: Place) -> Diagnostic | None:
    """A weight where nothing is averaged."""
    after = place.pieces[place.failure.index + 1 : place.failure.index + 2]
    if place.text != "weighted" or not after or after[0].text != "by" or "over" not in place.accepted:
        return None
    help = "write `average of a weighted by b over …`, or take the total of the product: `total of a * b over …`"
    return error("clause-out-of-place", place.span(), "only an average is `weighted by` something", help)


def half_phrase(place: Place) -> Diagnostic | None:
    """The first or the last words of a phrase whose other words are not there."""
    if place.piece is None or place.piece.kind != "WORD":
        return None
    index = place.failure.index
    next_text = place.pieces[index + 1].text if index + 1 < len(place.pieces) else ""
    for phrase in sorted(place.accepted, key=lambda phrase: (next_text not in phrase.split(), not phrase.endswith("when"), phrase)):
        first, *rest = phrase.split()
        if not rest or not rest[-1].isalpha() or not first.isalpha():
            continue
        tails = [rest[i:] for i in range(len(rest))]
        if first == place.piece.text or any([p.text for p in place.pieces[index : index + len(tail)]] == tail for tail in tails):
            message = f"`{place.piece.text}` alone does not fit here: did you mean `{phrase}`?"
            return error("misspelt-word", place.span(), message, f"write `{phrase}`")
    return None


def before_operator(place: Place) -> Diagnostic | None:
    """`is`, `and` … taken for a name, since no value stands before it."""
    before = place.before
    if before is None or before.kind != "WORD" or before.text not in _JOINING or place.breaks_off:
        return None
    if not (place.between_clauses or "+" in place.accepted):
        return None
    return error("missing-value", place.of(before), f"a value is missing before `{before.text}`", "write a name or a value there")


_JOINING = frozenset({"is", "and", "or", "in", "within", "of", "when", "per", "else", "because"})


def row_goes_on(place: Place) -> Diagnostic | None:
    """A comma at the end of a row."""
    piece, before = place.piece, place.before
    if piece is None or before is None or before.kind != "," or not piece.first or place.chunk.word != "table":
        return None
    return error("misplaced-comma", place.of(before), "this comma joins the next row to this one", "take it away")


def odd_comma(place: Place) -> Diagnostic | None:
    """A comma where nothing is listed."""
    if place.piece is None or place.piece.kind != "," or place.before is None or place.awaits_value:
        return None
    message = f"a comma does not fit here, after {quoted(place.of(place.before).text)}"
    return error("misplaced-comma", place.span(), message, "take it away; commas stand in lists and between cases")


def comma(place: Place) -> Diagnostic | None:
    """A comma that is missing between the values of a list."""
    piece = place.piece
    if piece is None or "," not in place.accepted or piece.first or not _is_value(piece):
        return None
    if place.clause == "given" and "with" in place.accepted:
        help = "write `given practice P1 with list_size 10,000`"
        return error("missing-with", place.span(), f"`with` is missing before {quoted(place.text)}", help)
    if "+" in place.accepted and ")" not in place.accepted:
        return None
    help = "write a comma and a space between the parts of a list: `patient, provider`"
    return error("missing-comma", place.span(), f"a comma is missing before {quoted(place.text)}", help)


def _is_value(piece: Piece) -> bool:
    return piece.kind != "BAD" and (piece.kind.isupper() and (piece.kind != "WORD" or piece.text not in OPERATOR_WORDS))


def sign(place: Place) -> Diagnostic | None:
    """Two values with nothing between them."""
    piece, before = place.piece, place.before
    if piece is None or before is None or "+" not in place.accepted or not (_is_value(piece) or piece.kind == "("):
        return None
    if before.text in ("min", "max"):
        message = f"`{before.text}` takes its values in brackets"
        return error("missing-brackets", place.of(before), message, f"write `{before.text}(a, b)`")
    if piece.first:
        return None
    left, right = quoted(place.of(before).text), quoted(place.text)
    span = place.of(before).to(place.of(piece))
    help = joined_otherwise(before, piece)
    if help:
        return error("missing-sign", span, f"nothing joins {left} and {right}", help)
    help = "write a sign such as `+` or `*`, or a word such as `and`, between them"
    if before.kind == piece.kind == "WORD":
        help += f"; if one name is meant, write `{before.text}_{piece.text}`"
    return error("missing-sign", span, f"nothing joins {left} and {right}", help)


def name_in_parts(place: Place) -> Diagnostic | None:
    """`Generic items` where a value stands, and the text has a `generic_items`."""
    index, pieces = place.failure.index, place.pieces
    if place.piece is None or index == 0 or place.piece.first:
        return None
    for start, end in ((index - 2, index + 1), (index - 1, index + 2), (index - 1, index + 1)):
        parts = pieces[max(start, 0) : end]
        if len(parts) < end - start or any(part.first for part in parts[1:]) or not all(map(_is_name, parts)):
            continue
        joined = "_".join(part.text for part in parts)
        known = re.search(rf"^[^#\n]*\b({joined})\b", place.source.text, re.IGNORECASE | re.ASCII | re.MULTILINE)
        if known:
            span = place.of(parts[0]).to(place.of(parts[-1]))
            message = f"a name is one word: {quoted(span.text)} are {_IN_WORDS[len(parts)]}"
            return error("two-names", span, message, f"write `{known[1]}`")
    return None


_IN_WORDS = {2: "two", 3: "three"}


def _is_name(piece: Piece) -> bool:
    return piece.kind == "WORD" and piece.text not in OPERATOR_WORDS and piece.text not in CLAUSES


def two_names(place: Place) -> Diagnostic | None:
    """A name of two words, where something gets its name: `let list size = …`, `list size: number`."""
    index, pieces = place.failure.index, place.pieces
    if place.accepted == {":"} and index == 3 and not pieces[2].first and place.chunk.word in ("record", "table"):
        return _two(place, pieces[1], pieces[2])  # the second was taken for a field
    piece, before = place.piece, place.before
    if piece is None or before is None or piece.kind != "WORD" or before.kind != "WORD" or piece.first:
        return None
    if not _is_name(piece) or before.text in CLAUSES:
        return None
    after = pieces[index + 1].kind if index + 1 < len(pieces) else ""
    field = place.accepted == {":"} and after == ":"
    word = place.clause if place.failure.clause else place.chunk.word
    named = word in _NAMED and index == place.failure.clause + len(word.split()) + 1 and after in ("TEXT", "WORD", "=", ":", "")
    record = pieces[index - 2].text in ("each", "every", "of") and not place.accepted & {"+", ","}
    return _two(place, before, piece) if field or named or record else None


def _two(place: Place, first: Piece, second: Piece) -> Diagnostic:
    message = f"a name is one word: `{first.text} {second.text}` are two"
    return error("two-names", place.of(first).to(place.of(second)), message, f"write `{first.text}_{second.text}`")


_NAMED = NAMED | {"let", "payment", "charge", "marker"}


def two_texts(place: Place) -> Diagnostic | None:
    """Two titles."""
    if place.piece is None or place.before is None or place.piece.kind != "TEXT" or place.before.kind != "TEXT":
        return None
    if place.accepted & {"+", ","}:
        return None
    return error("two-texts", place.span(), "a second text in quotes follows the first", "keep one of them")


def alias(place: Place) -> Diagnostic | None:
    """A second name for what was matched, without its `as`; a reason without its `because`."""
    word = next((word for word in ("because", "spent on") if word in place.accepted), "")
    if place.piece is not None and place.piece.kind == "TEXT" and word:
        return error("missing-word", place.span(), f"`{word}` is missing before the text", f'write `{word} "…"`')
    if place.piece is None or place.piece.kind != "WORD" or place.clause != "match" or "as" not in place.accepted:
        return None
    if place.piece.first or place.piece.text in OPERATOR_WORDS:
        return None
    return error(
        "missing-word",
        place.span(),
        f"`as` is missing before `{place.text}`",
        "write `match estimate as guess with the same patient`",
    )


_FOLDS = ("total", "average", "least", "greatest")


def misspelt_fold(place: Place) -> Diagnostic | None:
    """`aevrage of score over each …`: a word that was taken for a name."""
    if place.text != "over":
        return None
    for word, of in pairwise(place.in_clause[-12:]):
        if of.text == "of" and word.text.lower() in ("sum", "mean", "maximum", "minimum", "highest", "lowest"):
            help = f"write {FOREIGN.get(word.text.lower(), '`greatest of` or `least of`')}"
            return error("other-word", place.of(word), f"`{word.text}` is not a word of the language here", help)
        near = nearest(word.text, _FOLDS) if of.text == "of" and word.kind == "WORD" and word.text not in _FOLDS else ""
        if near:
            return error("misspelt-word", place.of(word), f"`{word.text}`: did you mean `{near}`?", f"write `{near} of`")
    return None
