"""What messages about a text's form are put together from: near words, words of other languages, what is expected."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches

LONGEST_WORD = 30

_PAYMENT, _LETS = "a payment or a charge", "a scheme, a check or `for each`"
BELONGS = {
    **dict.fromkeys(("amount", "except", "at most", "at least", "only the first", "together at most"), _PAYMENT),
    **dict.fromkeys(("marker", "payment", "charge", "split", "altogether at most"), "a scheme"),
    **dict.fromkeys(("brought forward", "carry forward"), "a scheme"),
    **dict.fromkeys(("expected", "tolerance", "flag when", "flag undercharges too", "overcharge"), "a check"),
    **dict.fromkeys(("reason", "challenge", "penalty"), "a check"),
    **dict.fromkeys(("given", "expect"), "an example"),
    **dict.fromkeys(("let", "match", "share", "show"), _LETS),
    **dict.fromkeys(("currency", "rounding"), "the head of the ruleset"),
    **dict.fromkeys(("met when", "scores"), "a marker"),
    **dict.fromkeys(("requires", "needs"), "a scheme, a payment or a check"),
    **dict.fromkeys(("period", "settles with the period"), "a scheme or a check"),
    **dict.fromkeys(("rows", "rows in the table below"), "a table"),
    "cites": "a scheme, a check, a payment, a marker, a table, codes, bands or a parameter",
}
"""Where each clause belongs, by the phrase that starts it."""

CLAUSES = frozenset(BELONGS)
"""The phrases that start a clause."""

OF_PAYMENTS = frozenset(clause for clause, where in BELONGS.items() if "a payment" in where)
"""The clauses that may stand below a payment."""

HERE = {
    "scheme": "a scheme",
    "check": "a check",
    "for each": "`for each`",
    "record": "a record",
    "table": "a table",
    "example": "an example",
    "ruleset": "the head of the ruleset",
    "codes": "codes",
    "bands": "bands",
    "parameter": "a parameter",
}

OWN = {
    word: frozenset(
        clause for clause, where in BELONGS.items() if here in where or (word == "scheme" and (where in ("a marker", _PAYMENT)))
    )
    for word, here in HERE.items()
}
"""The clauses that may stand somewhere in each declaration."""


OPERATOR_WORDS = frozenset(
    [
        "and",
        "or",
        "is",
        "in",
        "within",
        "before",
        "after",
        "of",
        "per",
        "else",
        "when",
        "where",
        "by",
        "over",
        "among",
        "on",
        "to",
        "as",
        "rounded",
        "scaled",
        "from",
        "otherwise",
        "because",
        "for",
        "with",
        "not",
        "born",
        "at",
        "spent",
        "latest",
        "earliest",
    ]
)
"""The words that may stand after a value."""

FOREIGN = {
    "if": "`when`, after the value: `£10 when generics`",
    "then": "`when`, after the value: `£10 when generics`",
    "elif": "a comma and the next case: `£10 when a, £5 when b, otherwise £0`",
    "unless": "`when not …`, or `except £0 when …`",
    "equals": "`is` or `=`",
    "equal": "`is` or `=`",
    "isnt": "`is not`",
    "plus": "`+`",
    "minus": "`-`",
    "times": "`*` or `×`",
    "divided": "`/`",
    "percent": "`%` after the number: `70%`",
    "pounds": "`£` before the number: `£20`",
    "pence": "`p` after the number: `20p`",
    "dollars": "`$` before the number: `$20`",
    "week": "7 days",
    "weeks": "days: 2 weeks are `14 days`",
    "sum": "`total of … over each …`",
    "mean": "`average of … over each …`",
    "maximum": "`greatest of … over each …`, or `max(a, b)`",
    "minimum": "`least of … over each …`, or `min(a, b)`",
    "more": "`>`",
    "greater": "`>`",
    "less": "`<`",
    "between": "two comparisons: `age >= 19 and age < 65`",
    "exceeds": "`>`",
    "than": "`>` or `<`",
    "unknown": "`is missing`",
    "null": "`is missing`, or `none` in a row",
    "end": "nothing: a declaration ends where the next one starts",
    "set": "`let x = …`",
    "pay": "`payment name to …` with `amount …` below it",
    "pays": "`payment name to …` with `amount …` below it",
    "return": "`let x = …`, or the clause that the value is for",
    "rule": "`scheme` for payments, `check` for claims",
    "import": '`use "file.requite"`',
    "include": '`use "file.requite"`',
}
"""Words that authors bring from elsewhere, and what the language says instead."""


def nearest(word: str, candidates: Iterable[str], cutoff: float = 0.75) -> str:
    """The candidate that was probably meant, or nothing."""
    if len(word) > LONGEST_WORD:
        return ""
    small = word.lower()
    candidates = [c for c in candidates if c[0].isalpha()]
    if small in candidates:
        return small
    found = get_close_matches(small, candidates, n=1, cutoff=cutoff) if len(small) > 3 else []
    return found[0] if found else ""


def quoted(text: str) -> str:
    """A piece of the text for a message, cut where it is long."""
    text = " ".join(text.split())
    return f"`{text}`" if len(text) <= 40 else f"`{text[:37]}…`"


_KINDS = {
    "TEXT": "text in quotes",
    "NUMBER": "a number",
    "PERCENT": "a percentage",
    "MONEY": "an amount of money",
    "DATE": "a date",
    "MOMENT": "a date and time",
    "NAME": "a name",
}
_OPERATORS = frozenset(
    """+,-,*,/,=,!=,<,<=,>,>=,of,per,else,is,in,within,and,or,is not,is known,is missing,is not known,not in,per complete,
before,after,.,[,rounded,scaled from,as in""".replace("\n", "").split(",")
)
MOST_EXPECTED = 6


def expected_in_words(accepted: Iterable[str]) -> str:
    """What the parser would have taken, in words: never the grammar's own names."""
    accepted = set(accepted)
    said: list[str] = []
    if "(" in accepted and "NAME" in accepted:
        said.append("a value")
        accepted = {word for word in accepted if word in (")", "]", "otherwise")}
    if len(accepted & CLAUSES) > 2:
        said.append("a new clause")
        accepted -= CLAUSES
    said += [text for kind, text in _KINDS.items() if kind in accepted]
    words = sorted(accepted - set(_KINDS) - _OPERATORS - {"$END"})
    said += [f"`{word}`" for word in words[: MOST_EXPECTED - len(said)]]
    if accepted & {"+", "="} and len(said) < MOST_EXPECTED:
        said.append("a sign such as `+`" if "+" in accepted else "`=`")
    if not said or "$END" in accepted:
        said.append("the end of the declaration")
    return said[0] if len(said) == 1 else ", ".join(said[:-1]) + " or " + said[-1]
