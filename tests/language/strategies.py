"""Hypothesis strategies for well-formed syntax: expressions, declarations and documents as nodes, and texts as people type them.

The nodes stand in no text, except that the span of each literal holds the literal as it was written. `format_document` prints
them; `typed` disorders what it prints: other line breaks, comments, curly quotes, dashes, `×`.
"""

from __future__ import annotations

from datetime import date, datetime
from fractions import Fraction
from typing import Any

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from requite.dsl import syntax as s
from requite.dsl.format import format_document
from requite.dsl.scan import scan
from requite.dsl.source import Source, Span


def written(text: str = "") -> Span:
    """The span of a node that was written as `text`, and nowhere else."""
    return Span(Source("<made>", text), 0, len(text))


NOWHERE = written()

# --- names, texts, literals -------------------------------------------------------------------------------------------

PLAIN_NAMES = ("practice", "spell", "billed", "x", "y1", "T", "expected_cost", "z_", "episode", "unit_limit")
WORDS_OF_THE_LANGUAGE = (
    "amount",
    "points",
    "limit",
    "age",
    "quarter",
    "month",
    "day",
    "days",
    "period",
    "share",
    "total",
    "least",
    "count",
    "known",
    "missing",
    "complete",
    "there",
    "first",
    "latest",
    "scaled",
    "needs",
)
"""Words that mean something in places, and are names in others."""

names = st.sampled_from((*PLAIN_NAMES, *WORDS_OF_THE_LANGUAGE)).map(lambda name: s.Name(written(name), name))
own_names = st.sampled_from(PLAIN_NAMES).map(lambda name: s.Name(written(name), name))
paths = st.lists(names, min_size=1, max_size=3).map(lambda parts: s.Path(NOWHERE, tuple(parts)))
own_paths = st.lists(own_names, min_size=1, max_size=2).map(lambda parts: s.Path(NOWHERE, tuple(parts)))
_characters = st.characters(exclude_characters='"\n', exclude_categories=["Cs"])
texts = (st.text(_characters, max_size=20) | st.sampled_from(["# no comment", "it’s “so”", "a, b: c", "rows"])).map(
    lambda value: s.Text(written(f'"{value}"'), value)
)


def several(of: SearchStrategy[Any], least: int = 1, most: int = 3) -> SearchStrategy[tuple[Any, ...]]:
    return st.lists(of, min_size=least, max_size=most).map(tuple)


def maybe(of: SearchStrategy[Any]) -> SearchStrategy[Any]:
    return st.none() | of


@st.composite
def amounts(draw: st.DrawFn) -> tuple[str, Fraction]:
    """A number as written, and its value."""
    value = draw(st.integers(0, 99) | st.integers(0, 10**12))
    decimals = draw(st.sampled_from(["", ".0", ".5", ".50", ".125"]))
    whole = draw(st.sampled_from([str(value), f"{value:,}"]))
    return whole + decimals, Fraction(f"{value}{decimals}")


@st.composite
def money(draw: st.DrawFn) -> s.Money:
    text, value = draw(amounts())
    form = draw(st.sampled_from(["£", "$", "€", "m", "k", "bn", "p"]))
    if form == "p":
        return s.Money(written(text + "p"), value / 100, "GBP")
    if form in "£$€":
        return s.Money(written(form + text), value, {"£": "GBP", "$": "USD", "€": "EUR"}[form])
    return s.Money(written(f"£{text}{form}"), value * {"k": 1000, "m": 10**6, "bn": 10**9}[form], "GBP")


@st.composite
def durations(draw: st.DrawFn) -> s.Duration:
    text, value = draw(amounts())
    unit = draw(st.sampled_from(["days", "months", "years", "hours", "working days"]))
    return s.Duration(written(f"{text} {unit}"), value, unit)


numbers = amounts().map(lambda made: s.Number(written(made[0]), made[1]))
percents = amounts().map(lambda made: s.Percent(written(f"{made[0]}%"), made[1] / 100))
some_dates = st.dates(date(1900, 1, 1), date(2100, 1, 1))
dates = some_dates.map(lambda day: s.Date(written(day.isoformat()), day))
moments = st.datetimes(datetime(1900, 1, 1), datetime(2100, 1, 1)).map(
    lambda moment: s.Moment(NOWHERE, moment.replace(microsecond=0))
)
quantities = numbers | percents | money() | durations()
literals: SearchStrategy[Any] = quantities | dates | moments | texts


@st.composite
def negative_literals(draw: st.DrawFn) -> Any:
    """`-5%` in a row, a band or an example: one value."""
    made: Any = draw(quantities)
    span = written(draw(st.sampled_from(["-", "- ", "–", "−"])) + made.span.text)
    if isinstance(made, s.Money):
        return s.Money(span, -made.value, made.currency)
    if isinstance(made, s.Duration):
        return s.Duration(span, -made.value, made.unit)
    return type(made)(span, -made.value)


onwards = some_dates.map(lambda day: s.Onwards(NOWHERE, day))
date_ranges = st.tuples(some_dates, some_dates).map(lambda days: s.DateRange(NOWHERE, min(days), max(days)))
_no_moment = quantities | dates | texts | negative_literals()  # directly before a colon a moment is not read
edges = literals | negative_literals()
row_keys = _no_moment | paths | date_ranges | onwards
cells = edges | paths | date_ranges | onwards | st.builds(s.Nothing, st.just(NOWHERE))

# --- expressions ------------------------------------------------------------------------------------------------------


def _node(kind: Any, *fields: Any) -> SearchStrategy[Any]:
    return st.builds(kind, st.just(NOWHERE), *fields)


expressions: SearchStrategy[Any] = st.deferred(lambda: paths | literals | _reckoned() | _compared() | _in_words() | _read())
"""Any expression, in any place: where it may not stand by itself it is printed in brackets."""

lookups = st.deferred(
    lambda: _node(s.Lookup, paths, several(expressions), maybe(expressions)) | _node(s.Lookup, paths, st.just(()), expressions)
)
fields_of: SearchStrategy[Any] = st.deferred(lambda: _node(s.FieldOf, lookups | fields_of, names))
periods_of = st.deferred(
    lambda: _node(
        s.PeriodOf,
        st.sampled_from(["financial year", "quarter", "month", "calendar year"]),
        expressions,
        st.sampled_from(["", "first", "last"]),
    )
)
ordinals = st.sampled_from(["", "earlier", "later", "another"])
directions = st.sampled_from(["half away", "half even", "down", "up"])
roundings = _node(s.Rounding, directions, quantities)
steps = _node(s.Rounding, directions, quantities | own_paths)


def ranges(
    every: SearchStrategy[bool], by: SearchStrategy[tuple[s.Name, ...]], ordinal: SearchStrategy[str] = ordinals
) -> SearchStrategy[Any]:
    return _node(s.Range, own_paths, ordinal, every, several(names, 0), maybe(expressions), by)


over = ranges(st.booleans(), several(names, 0))
exists = ranges(st.just(False), several(names, 0))


def _compared() -> SearchStrategy[Any]:
    signs = st.sampled_from(["=", "!=", "<", "<=", ">", ">="])
    return (
        _node(s.Compare, signs, expressions, expressions, st.just(False))
        | _node(s.Compare, st.sampled_from(["=", "!="]), expressions, expressions, st.just(True))
        | _node(s.Known, expressions, st.booleans())
        | _node(s.Within, expressions, expressions, st.sampled_from(["before", "after"]), expressions)
        | _node(s.In, expressions, paths, st.just(()), st.booleans())
        | _node(s.In, expressions, st.none(), several(expressions), st.booleans())
    )


def _reckoned() -> SearchStrategy[Any]:
    return (
        _node(s.Arithmetic, st.sampled_from(["+", "-", "*", "/", "of"]), expressions, expressions)
        | _node(s.Per, expressions, expressions, expressions, st.booleans())
        | _node(s.Negative, expressions)
        | _node(s.Else, expressions, expressions)
        | _node(s.Extreme, st.booleans(), several(expressions), st.just(False))
        | _node(s.Extreme, st.booleans(), several(expressions, 2, 2), st.just(True))
        | _node(s.Rounded, expressions, steps)
        | _node(s.Scaled, expressions, expressions, expressions)
    )


def _in_words() -> SearchStrategy[Any]:
    units = st.sampled_from(["days", "working days", "months", "years", "hours"])
    return (
        _node(s.Logic, st.sampled_from(["and", "or"]), several(expressions, 2, 4))
        | _node(s.Not, expressions)
        | _node(s.AtLeastOf, numbers, several(paths))
        | _node(s.Cases, several(_node(s.Case, expressions, expressions)), maybe(expressions))
        | _node(s.Whole, units, expressions, expressions)
        | _node(s.Age, expressions, expressions)
        | _node(s.Aggregate, st.sampled_from(["total", "average", "least", "greatest"]), expressions, st.none(), over)
        | _node(s.Aggregate, st.just("average"), expressions, expressions, over)
        | _node(s.Aggregate, st.just("count"), st.none(), st.none(), over)
        | _node(s.ThereIs, st.booleans(), exists)
    )


def _read() -> SearchStrategy[Any]:
    return lookups | fields_of | periods_of


# --- clauses ----------------------------------------------------------------------------------------------------------

titles = maybe(texts)
cited = _node(s.Cites, own_names, titles)
all_cited = several(cited, 0, 2)
period_clauses = _node(s.Period, date_ranges, st.none(), maybe(own_names)) | _node(
    s.Period, st.none(), periods_of, maybe(own_names)
)
matches = _node(s.Match, ranges(st.just(False), st.just(())), maybe(own_names), st.just("")) | _node(
    s.Match, ranges(st.just(False), several(names)), maybe(own_names), st.sampled_from(["latest", "earliest"])
)
lets = _node(s.Let, names, expressions)
shows = _node(s.Show, several(paths))
needs = _node(s.Needs, expressions)
requires = _node(s.Requires, expressions)
settles = _node(s.SettlesWithPeriod)
shares = _node(s.Share, expressions, ranges(st.booleans(), st.just(())), maybe(expressions), names, titles)
type_words = st.sampled_from(["text", "number", "count", "money", "percent", "points", "date", "yes/no", "yesno", "spell"])
short_types = type_words.map(lambda word: s.TypeName(written(word), word, (), (), None))
brought_forward = _node(s.BroughtForward, own_names, short_types, edges)
carry_forward = _node(s.CarryForward, expressions, own_names)
altogether = _node(s.Altogether, expressions, st.booleans())
markers = _node(s.Marker, own_names, titles, all_cited, expressions, *[st.none()] * 4) | _node(
    s.Marker, own_names, titles, all_cited, st.none(), literals, expressions, expressions, expressions
)
limits = (
    _node(s.AtMost, expressions)
    | _node(s.AtLeast, expressions)
    | _node(s.Except, expressions, expressions, titles)
    | _node(s.OnlyFirst, expressions, several(names), several(names))
    | _node(s.TogetherAtMost, expressions, several(names, 0), several(names), st.just(False))
    | _node(s.TogetherAtMost, expressions, several(names, 0), st.just(()), st.just(True))
)


@st.composite
def payments(draw: st.DrawFn) -> s.Payment:
    charge = draw(st.booleans())
    clauses = draw(st.lists(requires | needs | cited | limits, max_size=3))
    clauses.insert(draw(st.integers(0, len(clauses))), draw(_node(s.Amount, expressions)))
    spent_on = None if charge else draw(titles)
    return s.Payment(NOWHERE, draw(own_names), draw(titles), draw(own_paths), spent_on, tuple(clauses), charge)


parts = _node(s.Part, maybe(expressions), own_paths, own_names, titles)
splits = _node(s.Split, expressions, several(parts))
challenges = _node(s.Challenge, own_paths, durations(), maybe(own_names), expressions, maybe(own_names)) | _node(
    s.Challenge, own_paths, durations(), maybe(own_names), st.none(), st.none()
)


@st.composite
def reasons(draw: st.DrawFn) -> s.Reason:
    said, shown = "", []
    for piece in draw(st.lists(st.text(st.characters(exclude_characters='"\n{}', exclude_categories=["Cs"])) | paths)):
        if isinstance(piece, s.Path):
            shown.append(piece)
            said += "{" + ".".join(name.text for name in piece.names) + "}"
        else:
            said += piece
    return s.Reason(NOWHERE, s.Text(written(f'"{said}"'), said), tuple(shown))


anywhere = lets | matches | shows | settles
gates = requires | needs
money_clauses = payments() | splits | shares | altogether | carry_forward
check_clauses = (
    anywhere
    | gates
    | cited
    | period_clauses
    | _node(s.Expected, expressions)
    | _node(s.Tolerance, expressions)
    | _node(s.FlagWhen, expressions)
    | _node(s.FlagUndercharges)
    | _node(s.Overcharge, expressions)
    | reasons()
    | challenges
)

# --- declarations -----------------------------------------------------------------------------------------------------


@st.composite
def schemes(draw: st.DrawFn) -> s.Scheme:
    clauses = draw(st.lists(anywhere | gates | cited | period_clauses | brought_forward, max_size=3))
    if draw(st.booleans()):
        clauses += [draw(markers), *draw(st.lists(markers | gates | anywhere, max_size=2))]
    if draw(st.booleans()):
        clauses += [draw(money_clauses), *draw(st.lists(money_clauses | markers | anywhere, max_size=3))]
    # A scheme of no clauses would take a `for each` after it for its own.
    record = draw(maybe(own_paths) if clauses else own_paths)
    return s.Scheme(NOWHERE, draw(own_names), draw(titles), record, tuple(clauses))


type_names = (
    short_types
    | _node(s.TypeName, st.just("one of"), several(own_names | texts), st.just(()), st.none())
    | _node(s.TypeName, st.just("period"), st.just(()), several(texts, 2, 2), titles)
)
units = st.sampled_from(["pence", "fractions", "hundredths"]).map(lambda unit: s.Name(written(unit), unit))
fields = _node(s.Field, st.booleans(), names, type_names, st.booleans(), titles, titles, maybe(units))
rows = st.tuples(several(row_keys), several(st.tuples(cells, maybe(dates)))).map(
    lambda row: s.Row(NOWHERE, row[0], *map(tuple, zip(*row[1], strict=True)))
)


@st.composite
def tables(draw: st.DrawFn) -> s.Table:
    held = draw(several(rows, 0))
    below = not held and draw(st.booleans())
    file = draw(titles)
    return s.Table(NOWHERE, draw(own_names), draw(titles), draw(all_cited), draw(titles), file, draw(several(fields)), held, below)


def _dated(value: SearchStrategy[Any], start: SearchStrategy[Any]) -> SearchStrategy[Any]:
    return _node(s.DatedValue, value, start, maybe(dates), maybe(cited), titles)


_one_value = _dated(edges | paths, maybe(dates)).map(lambda one: (one,))
_values = several(_dated(quantities | negative_literals(), dates), 2)
parameters = _node(s.Parameter, own_names, titles, type_names, _one_value | _values)


@st.composite
def bands_lines(draw: st.DrawFn) -> s.Band:
    lower, upper, value = draw(_no_moment), draw(_no_moment), draw(edges)
    form = draw(st.integers(0, 7))
    if form == 0:
        return s.Band(NOWHERE, lower, True, lower, True, value)
    if form < 3:
        return s.Band(NOWHERE, None, False, upper, form == 1, value)
    if form < 5:
        return s.Band(NOWHERE, lower, form == 3, None, False, value)
    return s.Band(NOWHERE, lower, form < 7, upper, form > 5, value)


bands = _node(s.Bands, own_names, titles, names, st.booleans(), all_cited, titles, several(bands_lines()))
keys = several(own_names | texts | numbers | dates, 0, 2)
given_values = _node(s.GivenValue, own_paths | paths, cells)


@st.composite
def givens_like(draw: st.DrawFn) -> s.Given:
    as_in = draw(titles)
    like = draw(keys) if as_in is not None else ()
    return s.Given(NOWHERE, draw(own_paths), draw(keys), as_in, like, draw(several(given_values, 0)))


givens = givens_like()
expects = (
    _node(s.Expect, own_paths, st.booleans(), keys, st.just("is"), cells, titles)
    | _node(s.Expect, own_paths, st.just(False), keys, st.just("flags"), maybe(edges), titles)
    | _node(
        s.Expect,
        own_paths,
        st.just(False),
        keys,
        st.sampled_from(["passes", "challenges", "does not challenge"]),
        st.none(),
        titles,
    )
    | _node(s.Expect, own_paths, st.booleans(), keys, st.just("not assessable"), st.none(), titles)
    | _node(s.Expect, own_paths, st.just(False), keys, st.just("out of scope"), st.none(), titles)
)
declarations: SearchStrategy[Any] = (
    _node(s.Ruleset, own_names, titles, maybe(own_names), maybe(roundings))
    | _node(s.SourceDecl, own_names, texts, titles)
    | _node(s.Payee, own_names, titles)
    | _node(s.Use, texts, maybe(own_names))
    | _node(s.Record, own_names, titles, several(fields))
    | _node(s.DerivedRecord, own_names, titles, several(names), own_paths)
    | tables()
    | _node(s.Codes, own_names, titles, all_cited, several(own_names | texts, 1, 12))
    | parameters
    | bands
    | _node(s.ForEach, own_paths, several(lets | shares | matches | shows))
    | schemes()
    | _node(s.Check, own_names, titles, own_paths, several(check_clauses))
    | _node(s.Precedence, own_paths, maybe(expressions), several(own_paths, 0))
    | _node(s.Example, texts, titles, maybe(dates), several(given_values, 0), several(givens, 0), several(expects))
)


def document(*declared: s.Declaration) -> s.Document:
    """A document that holds these declarations and was never a text."""
    return s.Document(NOWHERE.source, declared, (), ())


documents = st.lists(declarations, min_size=1, max_size=4).map(lambda declared: document(*declared))

# --- texts as people type them ----------------------------------------------------------------------------------------

COMMENT = "# comment {}"
_gaps = st.sampled_from([" ", " ", " ", "  ", "\t", "\u00a0", "\n", "\r\n", "\n\n\n", " #\n", "\n  #\n", "#\n    #\n"])
_signs = {"*": "×", "/": "÷", ">=": "≥", "<=": "≤", "!=": "≠", "-": "–"}


@st.composite
def typed(draw: st.DrawFn, made: SearchStrategy[s.Document]) -> str:
    """A program with its pieces as they are, and between them any white space and comments, each with a number.

    A declaration starts a line, because elsewhere a name before it may make its word look like another name.
    """
    text = format_document(draw(made))
    written, end, count = draw(_gaps), 0, 0
    for piece in scan(text).pieces:
        if text[: piece.start].endswith("\n"):
            written += "\n"
        if piece.start > end or draw(st.integers(0, 9)) == 0:
            written += draw(_gaps)
        written += _as_typed(draw, text[piece.start : piece.end])
        end = piece.end
    written += draw(_gaps)
    while "#\n" in written:
        count += 1
        written = written.replace("#\n", COMMENT.format(count) + "\n", 1)
    return written


typed_texts = typed(documents)


def _as_typed(draw: st.DrawFn, piece: str) -> str:
    if not draw(st.booleans()):
        return piece
    if piece[0] == '"' and not set(piece) & set("“”„"):
        return f"“{piece[1:-1]}”"
    return _signs.get(piece, piece)
