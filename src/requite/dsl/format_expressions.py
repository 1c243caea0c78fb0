"""Expressions as canonical text, with the fewest brackets that keep their meaning."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import replace
from enum import IntEnum

from requite.dsl import syntax
from requite.dsl.format_layout import (
    Piece,
    Pieces,
    at,
    bracketed,
    close_up,
    closing,
    glued,
    listed,
    word,
)
from requite.dsl.syntax import Expr


class Level(IntEnum):
    """How tightly an expression holds together; a position in the grammar takes all from its level on without brackets."""

    VALUE = 0
    SIMPLE = 1
    CONDITION = 2
    OR = 3
    AND = 4
    NOT = 5
    COMPARISON = 6
    OPERAND = 7
    ELSE = 8
    SUM = 9
    PRODUCT = 10
    UNARY = 11
    ATOM = 12


class Cut(IntEnum):
    """Ranks of the places where a long line may be cut: the first are taken before the others."""

    WHERE = 0
    ARE = 0
    LIST = 1
    CLAUSE = 1
    OVER = 2
    OR = 3
    SAME = 3
    AND = 4
    WHEN = 5
    COMPARISON = 6
    ELSE = 7
    SUM = 8
    PRODUCT = 9


def expression(node: Expr, least: Level = Level.VALUE) -> Pieces:
    """An expression where one of at least this level may stand."""
    pieces = _unbracketed(node)
    return pieces if level_of(node) >= least else bracketed(word("("), pieces, ")")


def condition(node: Expr) -> Pieces:
    """What stands after `requires`, `needs`, `flag when`."""
    return expression(node, Level.CONDITION)


def level_of(node: Expr) -> Level:
    match node:
        case syntax.Rounded() | syntax.Cases():
            return Level.VALUE
        case syntax.Aggregate() | syntax.Scaled():
            return Level.SIMPLE
        case syntax.ThereIs() | syntax.AtLeastOf():
            return Level.CONDITION
        case syntax.Logic(operator=operator):
            return Level.OR if operator == "or" else Level.AND
        case syntax.Not():
            return Level.NOT
        case syntax.Compare() | syntax.Known() | syntax.Within() | syntax.In():
            return Level.COMPARISON
        case syntax.Extreme(phrase=True):
            return Level.OPERAND
        case syntax.Else():
            return Level.ELSE
        case syntax.Arithmetic(operator=operator):
            return Level.SUM if operator in ("+", "-") else Level.PRODUCT
        case syntax.Per():
            return Level.PRODUCT
        case syntax.Negative():
            return Level.UNARY
    return Level.ATOM


def _unbracketed(node: Expr) -> Pieces:
    level = level_of(node)
    if level < Level.OR:
        return _in_words(node)
    if level < Level.OPERAND:
        return _condition(node)
    if level < Level.ATOM:
        return _arithmetic(node)
    return _atom(node)


# --- forms in words ---------------------------------------------------------------------------------------------------


def _in_words(node: Expr) -> Pieces:
    match node:
        case syntax.Cases():
            return _cases(node)
        case syntax.Rounded(operand=operand, rounding=how):
            stands = isinstance(operand, syntax.Cases)
            return expression(operand, Level.VALUE if stands else Level.SIMPLE) + rounding("rounded", how)
        case syntax.Scaled(operand=operand, lower=lower, upper=upper):
            return (
                *expression(operand, Level.OPERAND),
                word("scaled from", Cut.CLAUSE),
                *expression(lower, Level.OPERAND),
                word("to"),
                *expression(upper, Level.OPERAND),
            )
        case syntax.AtLeastOf(span=span, number=number, names=names):
            return at(span, "at least"), *_atom(number), word("of"), *paths(names, Cut.SAME)
        case syntax.ThereIs(span=span, negated=negated, range=over):
            which = _which(over) if negated else article(over)
            return at(span, "there is no" if negated else "there is"), *related(over, which)
        case syntax.Aggregate(span=span, kind=kind, operand=operand, weight=weight, range=over):
            what = () if operand is None else (word("of"), *expression(operand, Level.OPERAND))
            by = () if weight is None else (word("weighted by", Cut.OVER), *expression(weight, Level.OPERAND))
            return at(span, kind), *what, *by, word("over", Cut.OVER), *each(over)
    raise TypeError(node)


def _cases(node: syntax.Cases) -> Pieces:
    parts: list[Pieces] = []
    for case in node.cases:
        least = Level.CONDITION if case is node.cases[-1] else Level.OR
        when = expression(case.condition, least)
        parts.append((*expression(case.value, Level.SIMPLE), word("when", Cut.WHEN), *when))
    if node.otherwise is not None:
        parts.append((word("otherwise"), *expression(node.otherwise, Level.SIMPLE)))
    return listed((_as_case(part) for part in parts), Cut.LIST)


def _as_case(pieces: Pieces) -> Pieces:
    first = pieces[0]
    return replace(first, case=True), *pieces[1:]


def rounding(keyword: str, how: syntax.Rounding) -> Pieces:
    """`rounded half even to 1p`; the header of a ruleset says `rounding`."""
    direction = "" if how.direction == "half away" else f"{how.direction} "
    return Piece(keyword, how.span.start, cut=Cut.CLAUSE), word(f"{direction}to"), *expression(how.unit, Level.UNARY)


# --- related records --------------------------------------------------------------------------------------------------

_READ_AS_ARTICLE = {"a", "an", "earlier", "later", "another", "other", "no"}
_SOUNDS_LIKE_A_VOWEL = re.compile(r"(?!uni|use|usu|eu|one_|one$|once)[aeiou]", re.IGNORECASE)


def each(over: syntax.Range) -> Pieces:
    """`each earlier spell with the same patient where …`."""
    return at(over.span, "every" if over.every else "each"), *related(over, _which(over))


def related(over: syntax.Range, which: str, alias: syntax.Name | None = None, pick: str = "") -> Pieces:
    """The record of a range and which of its rows; `which` stands before the record, `pick` is the order of a match."""
    return (
        *([word(which)] if which else []),
        *path(over.record),
        *([] if alias is None else [word("as"), name(alias)]),
        *([] if not over.same else [word("with the same", Cut.OVER), *names(over.same, Cut.SAME)]),
        *(() if over.where is None else (word("where", Cut.WHERE), *expression(over.where, Level.OR))),
        *([] if not over.by else [word(f"{pick} by".lstrip(), Cut.CLAUSE), *names(over.by, Cut.SAME)]),
    )


def _which(over: syntax.Range) -> str:
    """The word for which rows, after `each` or `no`; a record named like such a word needs an article before it."""
    if over.ordinal or over.record.names[0].text not in _READ_AS_ARTICLE:
        return "other" if over.ordinal == "another" else over.ordinal
    return article(over)


def article(over: syntax.Range) -> str:
    """The article before a record, with the word for which rows."""
    if over.ordinal == "another":
        return "another"
    following = over.ordinal or over.record.names[0].text
    if not over.ordinal and following in _READ_AS_ARTICLE:  # "an earlier" would be read as one phrase
        return "an" if following == "later" else "a"
    indefinite = "an" if _SOUNDS_LIKE_A_VOWEL.match(following) else "a"
    return f"{indefinite} {over.ordinal}" if over.ordinal else indefinite


def matched(over: syntax.Range) -> str:
    """What stands before the record of a match: the record alone wants no article."""
    return article(over) if over.ordinal or over.record.names[0].text in _READ_AS_ARTICLE else ""


# --- conditions -------------------------------------------------------------------------------------------------------


def _condition(node: Expr) -> Pieces:
    match node:
        case syntax.Logic(operator=operator, operands=operands):
            cut, least = (Cut.OR, Level.AND) if operator == "or" else (Cut.AND, Level.NOT)
            first, *others = (expression(operand, least) for operand in operands)
            return (*first, *(piece for other in others for piece in (word(operator, cut), *other)))
        case syntax.Not(span=span, operand=operand):
            return at(span, "not"), *expression(operand, Level.NOT)
        case syntax.Compare(operator=operator, left=left, right=right, word=in_words):
            sign = {"=": "is", "!=": "is not"}[operator] if in_words else operator
            first, second = expression(left, Level.OPERAND), expression(right, Level.OPERAND)
            return *_before(first, sign), word(sign, Cut.COMPARISON), *_after(sign, second)
        case syntax.Known(operand=operand, known=known):
            return *_before(expression(operand, Level.OPERAND), "is"), closing("is known" if known else "is missing")
        case syntax.Within(operand=operand, length=length, whence=whence, anchor=anchor):
            return (
                *expression(operand, Level.OPERAND),
                word("within", Cut.COMPARISON),
                *expression(length, Level.OPERAND),
                word(whence),
                *expression(anchor, Level.OPERAND),
            )
        case syntax.In():
            return _membership(node)
    raise TypeError(node)


def _membership(node: syntax.In) -> Pieces:
    sign = word("not in" if node.negated else "in", Cut.COMPARISON)
    if node.codes is not None:
        return *expression(node.operand, Level.OPERAND), sign, *path(node.codes)
    values = listed((expression(value, Level.OPERAND) for value in node.values), Cut.LIST)
    return *expression(node.operand, Level.OPERAND), sign, *bracketed(word("("), values, ")")


# --- quantities -------------------------------------------------------------------------------------------------------


def _arithmetic(node: Expr) -> Pieces:
    match node:
        case syntax.Extreme(span=span, greatest=greatest, operands=(first, second)):
            opening = at(span, "the greater of" if greatest else "the lesser of")
            return opening, *expression(first, Level.ELSE), word("and"), *expression(second, Level.ELSE)
        case syntax.Else(operand=operand, fallback=fallback):
            return *expression(operand, Level.ELSE), word("else", Cut.ELSE), *expression(fallback, Level.SUM)
        case syntax.Arithmetic(operator=operator, left=left, right=right):
            if operator in ("+", "-"):
                return *expression(left, Level.SUM), word(operator, Cut.SUM), *expression(right, Level.PRODUCT)
            factor = _before(expression(left, Level.PRODUCT), operator)
            cut = Cut.PRODUCT if operator != "of" else None
            return *factor, word(operator, cut), *expression(right, Level.UNARY)
        case syntax.Per(amount=amount, size=size, of=of, complete=complete):
            per = "per complete" if complete else "per"
            sizes = _after(per, _before(expression(size, Level.UNARY), "of"))
            factor = expression(amount, Level.PRODUCT)
            return *factor, word(per, Cut.PRODUCT), *sizes, word("of"), *expression(of, Level.UNARY)
        case syntax.Negative(span=span, operand=operand):
            return at(span, "-"), *close_up(expression(operand, Level.UNARY))
    raise TypeError(node)


_READ_TOGETHER = {
    "of": frozenset({"quarter", "month", "total", "average", "least", "greatest"}),
    "is": frozenset({"there"}),
    "is not": frozenset({"there"}),
}
_READ_ON = {"is": frozenset({"known", "missing", "not"}), "is not": frozenset({"known"}), "per": frozenset({"complete"})}


def _before(pieces: Pieces, following: str) -> Pieces:
    """The pieces so that their last name is no part of what follows: `(quarter) of x` is a product."""
    last = pieces[-1]
    if last.text not in _READ_TOGETHER.get(following, ()) or (len(pieces) > 1 and pieces[-2].text == "."):
        return pieces
    return *pieces[:-1], replace(last, text=f"({last.text})")


def _after(preceding: str, pieces: Pieces) -> Pieces:
    """The pieces so that their first name is no part of what stands before: `x is (known)` compares with a name."""
    return bracketed(word("("), pieces, ")") if pieces[0].text.split(".")[0] in _READ_ON.get(preceding, ()) else pieces


def _atom(node: Expr) -> Pieces:
    match node:
        case syntax.Path():
            return path(node)
        case syntax.Lookup(target=target, keys=keys, on=on):
            dated = () if on is None else (word("on"), *expression(on, Level.OPERAND))
            keyed = listed((expression(key, Level.OPERAND) for key in keys), Cut.LIST)
            return *path(target), *bracketed(glued("["), (*keyed, *dated), "]")
        case syntax.FieldOf(of=of, name=field):
            return *expression(of, Level.ATOM), glued("."), Piece(field.text, field.span.start, space=False)
        case syntax.Extreme(span=span, greatest=greatest, operands=operands):
            values = listed((expression(operand, Level.OPERAND) for operand in operands), Cut.LIST)
            return bracketed(at(span, "max(" if greatest else "min("), values, ")")
        case syntax.Whole(span=span, unit=unit, start=start, end=end):
            opening = at(span, f"whole {unit} from")
            return opening, *expression(start, Level.UNARY), word("to"), *expression(end, Level.UNARY)
        case syntax.Age(span=span, on=on, born=born):
            return at(span, "age on"), *expression(on, Level.UNARY), word("born"), *expression(born, Level.UNARY)
        case syntax.PeriodOf(span=span, period=period, operand=operand, edge=edge):
            label = f"{edge} day of {period} of" if edge else f"{period} of"
            return at(span, label), *expression(operand, Level.UNARY)
    return (at(node.span, literal(node)),)


# --- names and literals -----------------------------------------------------------------------------------------------


def name(node: syntax.Name) -> Piece:
    return at(node.span, node.text)


def path(node: syntax.Path) -> Pieces:
    return (at(node.span, ".".join(part.text for part in node.names)),)


def names(nodes: Iterable[syntax.Name], cut: Cut = Cut.LIST) -> Pieces:
    return listed(((name(node),) for node in nodes), cut)


def paths(nodes: Iterable[syntax.Path], cut: Cut = Cut.LIST) -> Pieces:
    return listed((path(node) for node in nodes), cut)


def text(node: syntax.Text) -> Piece:
    return at(node.span, f'"{node.value}"')


def literal(node: Expr) -> str:
    """A literal as the author wrote it, in canonical form: thousands have commas from 10,000, dates their hyphens."""
    match node:
        case syntax.Text(value=value):
            return f'"{value}"'
        case syntax.Date(value=day):
            return day.isoformat()
        case syntax.DateRange(start=first, end=last):
            return f"{first.isoformat()} to {last.isoformat()}"
        case syntax.Onwards(start=first):
            return f"{first.isoformat()} onwards"
        case syntax.Moment(value=moment):
            return moment.isoformat(" ", "seconds" if moment.second else "minutes")
        case syntax.Nothing():
            return "none"
        case syntax.Duration(value=value, unit=unit):
            return f"{_number(node)} {unit[:-1] if abs(value) == 1 else unit}"
        case syntax.Number() | syntax.Percent() | syntax.Money():
            return _number(node)
    raise TypeError(node)


_COMMENT = re.compile(r"#[^\n]*")
_AMOUNT = re.compile(r"([£$€]?)([0-9]+)([0-9.,]*(?:%|p\b|m\b|bn\b|k\b)?)")
_THOUSANDS = re.compile(r"[0-9](?=(?:[0-9]{3})+$)")


def _number(node: syntax.Number | syntax.Percent | syntax.Money | syntax.Duration) -> str:
    """`£1234567.5` → `£1,234,567.5`; the unit of a duration is left out."""
    found = _AMOUNT.search(_COMMENT.sub("", node.span.text))
    assert found is not None, node
    sign, digits, rest = found.groups()
    if len(digits) > 4:
        digits = _THOUSANDS.sub(r"\g<0>,", digits)
    return f"{'-' if node.value < 0 else ''}{sign}{digits}{rest}"
