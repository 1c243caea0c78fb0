"""Ways of writing that authors bring from letters, agreements and spreadsheets, and what the language says instead."""

from __future__ import annotations

from requite.dsl.diagnostics import Diagnostic, error
from requite.dsl.place import Place
from requite.dsl.scan import Piece
from requite.dsl.split import Chunk

_COMPARISONS = {
    "is at least": ">=",
    "is not at least": "<",
    "is not at most": ">",
    "is not less than": ">=",
    "is no less than": ">=",
    "is at most": "<=",
    "is not more than": "<=",
    "is no more than": "<=",
    "is more than": ">",
    "is greater than": ">",
    "is less than": "<",
}
_WITHOUT_IS = {"at least": ">=", "at most": "<=", **{words.removeprefix("is "): sign for words, sign in _COMPARISONS.items()}}
_CONDITIONS = frozenset({"let", "requires", "flag when", "marker", "met when"})
_ASKING = frozenset({"when", "where", "and", "or", "not"})
_LIMITS = {
    "no more than": "at most",
    "not more than": "at most",
    "not exceeding": "at most",
    "capped at": "at most",
    "limited to": "at most",
    "up to": "at most",
    "maximum": "at most",
    "max": "at most",
    "no less than": "at least",
    "not less than": "at least",
    "minimum": "at least",
    "min": "at least",
}
_BANDS = {"over": "above", "more than": "above", "greater than": "above", "under": "below", "less than": "below"}
_FUNCTIONS = {
    "min": "write `min(a, b)`, in small letters",
    "max": "write `max(a, b)`, in small letters",
    "round": "write `… rounded to 1p`",
    "vlookup": "name the table, the key in square brackets, and the field: `tariff[hrg].price`",
    "xlookup": "name the table, the key in square brackets, and the field: `tariff[hrg].price`",
    "countif": "write `count over each … where …`",
    "sumif": "write `total of … over each … where …`",
    "abs": "write `max(a - b, b - a)`",
}
_LARGE = {"thousand": "k", "million": "m", "billion": "bn", "m": "m", "k": "k", "bn": "bn"}
_WORKING_DAYS = frozenset({"workday", "workdays", "weekday", "weekdays"})
_CURRENCIES = {"GBP": "£", "USD": "$", "EUR": "€"}


def comparison_in_words(place: Place) -> Diagnostic | None:
    """`is at least 70%`, or in a condition `at least 70%`, for `>= 70%`."""
    first = max(place.failure.clause, place.failure.index - 4)
    for start in range(first, place.failure.index + 1):
        for phrases in (_COMPARISONS, _WITHOUT_IS):
            phrase = _phrase(place.chunk, start, phrases)
            if not phrase or start + len(phrase.split()) < place.failure.index:
                continue
            if phrases is _COMPARISONS or _is_asked(place, start):
                return _other(place, start, phrase, f"write `{phrases[phrase]}`")
    return None


def _is_asked(place: Place, start: int) -> bool:
    """Whether a condition may stand at a piece, behind the value that it asks of; a line that begins there is a limit."""
    if start == place.failure.clause or start == len(place.pieces) or place.pieces[start].first:
        return False
    before = place.pieces[place.failure.clause : start]
    if before[-1].text in _ASKING or not (before[-1].kind.isupper() or before[-1].kind in (")", "]")):
        return False
    return place.clause in _CONDITIONS or any(piece.kind == "(" or piece.text in _ASKING for piece in before)


def article(place: Place) -> Diagnostic | None:
    """`payment fee to the practice`, where `the` was taken for who receives it."""
    before = place.before
    if place.piece is None or place.piece.kind != "WORD" or place.piece.first or before is None:
        return None
    ahead = place.pieces[max(place.failure.index - 2, 0)]
    if before.text.lower() not in ("the", "a", "an", "each", "every") or ahead.text != "to":
        return None
    message = f"`{before.text}` does not fit here, after `to`"
    return error("syntax-error", place.of(before), message, f"leave it out: `to {place.text}`")


def slashes(place: Place) -> Diagnostic | None:
    """`// paid in June` for a comment."""
    for at in (place.failure.index - 1, place.failure.index):
        pair = place.pieces[at : at + 2] if at >= 0 else []
        if [piece.kind for piece in pair] != ["/", "/"] or pair[0].end != pair[1].start:
            continue
        if at and place.pieces[at - 1].kind == ":" and place.pieces[at - 1].end == pair[0].start:
            continue  # a link without its quotes
        span = place.of(pair[0]).to(place.of(pair[1]))
        return error("syntax-error", span, "`//` does not begin a comment here", "write `#` before it")
    return None


def working_days(place: Place) -> Diagnostic | None:
    """`10 workdays` for `10 working days`."""
    index, piece, before = place.failure.index, place.piece, place.before
    if piece is None or before is None or before.kind != "NUMBER" or piece.first:
        return None
    after = [p.text.lower() for p in place.pieces[index + 1 : index + 2]]
    word = piece.text.lower()
    if word not in _WORKING_DAYS and not (word == "business" and after in (["day"], ["days"])):
        return None
    phrase = word if word in _WORKING_DAYS else f"{word} {after[0]}"
    return _other(place, index, phrase, f"write `{before.text} working days`")


def limit_in_words(place: Place) -> Diagnostic | None:
    """`capped at £500` for a line `at most £500`."""
    index = place.failure.index
    if place.chunk.word != "scheme" or place.piece is None or not place.between_clauses:
        return None
    phrase = _phrase(place.chunk, index, _LIMITS)
    if not phrase or (index + 1 < len(place.pieces) and place.pieces[index + 1].kind == "="):
        return None
    clause = _LIMITS[phrase]
    where = "" if place.piece.first else " on a line of its own, below"
    return _other(place, index, phrase, f"write `{clause}`{where}: `{clause} £20,000`")


def band_in_words(place: Place) -> Diagnostic | None:
    """`over 4%: 30p` for `above 4%: 30p`."""
    if place.chunk.word != "bands" or place.piece is None or not place.piece.first:
        return None
    phrase = _phrase(place.chunk, place.failure.index, _BANDS)
    return _other(place, place.failure.index, phrase, f"write `{_BANDS[phrase]}`: `{_BANDS[phrase]} 4%: 30p`") if phrase else None


def sign_before_value(place: Place) -> Diagnostic | None:
    """`amount = 5`, `amount: 5` and `amount is 5`, where the value stands right behind the clause's word."""
    piece, words = place.piece, len(place.clause.split())
    starts = place.failure.clause + words
    if place.before is not None and place.before.text == "is" and place.failure.index == starts + 1 and place.clause in _VALUED:
        return _taken_away(place, place.before)
    if piece is None or piece.kind not in ("=", ":") or piece.first or not place.awaits_value:
        return None
    if place.failure.index != starts or place.phrase_at(place.failure.clause) != place.clause:
        return None
    return _taken_away(place, piece)


def _taken_away(place: Place, piece: Piece) -> Diagnostic:
    message = f"`{piece.text}` does not fit here, after `{place.clause}`"
    return error("syntax-error", place.of(piece), message, f"take it away: the value stands right behind `{place.clause}`")


_VALUED = frozenset({"amount", "at most", "at least", "altogether at most", "expected", "tolerance", "overcharge", "penalty"})


def colon_at_end(place: Place) -> Diagnostic | None:
    """A colon after a line that is complete."""
    index, piece = place.failure.index, place.piece
    if piece is None or piece.kind != ":" or not place.between_clauses:
        return None
    if index + 1 < len(place.pieces) and not place.pieces[index + 1].first:
        return None
    return error("syntax-error", place.span(), "a colon does not fit here, at the end of the line", "take it away")


def bullet(place: Place) -> Diagnostic | None:
    """`- requires generics` and `1. requires generics`; behind an amount, the dash was taken for a minus."""
    for at in range(max(place.failure.clause, place.failure.index - 4), place.failure.index + 1):
        piece, after = place.pieces[at : at + 1], place.pieces[at + 1 : at + 2]
        if not piece or not piece[0].first or piece[0].kind not in ("-", "NUMBER"):
            continue
        clause = at + 2 if after and after[0].kind == "." else at + 1
        if place.phrase_at(clause):
            span = place.of(piece[0]).to(place.of(place.pieces[clause - 1]))
            message = f"`{span.text}` does not fit here: clauses are not numbered, and have no dashes before them"
            return error("syntax-error", span, message, "take it away")
    return None


def period_in_words(place: Place) -> Diagnostic | None:
    """`period 2011/12`, and days that are written with the month's name."""
    piece = place.piece
    if piece is None or piece.kind != "NUMBER" or place.clause != "period" or "DATE" not in place.accepted:
        return None
    message = f"`{place.of(piece).text}` does not begin a day as they are written here"
    return error("bad-date", place.span(), message, "write both days in figures: `period 2011-04-01 to 2012-03-31`")


def joined_otherwise(before: Piece, piece: Piece) -> str:
    """What to write where nothing joins two values, if a habit tells what was meant; else nothing."""
    if piece.kind == "(" and before.kind == "WORD":
        looked_up = f"a row is looked up in square brackets, `{before.text}[…]`, and a sign such as `*` joins two values"
        return _FUNCTIONS.get(before.text.lower(), looked_up)
    if piece.text in ("x", "X") and before.kind in ("NUMBER", "MONEY", "PERCENT"):
        return "write `*` for the product"
    if before.kind == "MONEY" and piece.text.lower() in _LARGE:
        return f"write `{before.text}{_LARGE[piece.text.lower()]}`"
    if before.text.upper() in _CURRENCIES and piece.kind == "NUMBER":
        return f"write `{_CURRENCIES[before.text.upper()]}{piece.text}`"
    if before.kind in ("NUMBER", "MONEY") and piece.kind == "NUMBER" and len(piece.text) == len("000") and "." not in before.text:
        return f"if one number is meant, write `{before.text},{piece.text}`"
    return ""


def _phrase(chunk: Chunk, start: int, phrases: dict[str, str]) -> str:
    """The longest of the phrases that stands at a piece, or nothing."""
    words = [piece.text.lower() if piece.kind == "WORD" else "" for piece in chunk.pieces[start : start + 4]]
    return next((found for n in range(4, 0, -1) if (found := " ".join(words[:n])) in phrases), "")


def _other(place: Place, start: int, phrase: str, help: str) -> Diagnostic:
    last = place.pieces[start + len(phrase.split()) - 1]
    span = place.of(place.pieces[start]).to(place.of(last))
    are = "is not a word" if " " not in phrase else "are not words"
    return error("other-word", span, f"`{' '.join(span.text.split())}` {are} of the language here", help)
