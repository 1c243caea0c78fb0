"""The clauses of schemes, checks and `for each` as items: one a line, those of a payment or marker one step deeper."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from requite.dsl import syntax
from requite.dsl.format_expressions import (
    Cut,
    Level,
    condition,
    each,
    expression,
    literal,
    matched,
    name,
    names,
    path,
    paths,
    related,
    text,
)
from requite.dsl.format_layout import STEP, Item, Piece, Pieces, at, closing, cut_before, glued, listed, word
from requite.dsl.scan import scan
from requite.dsl.source import Span
from requite.dsl.syntax import Expr

Clause = syntax.SchemeClause | syntax.CheckClause | syntax.ForEachClause | syntax.PaymentClause


def item(indent: int, pieces: Iterable[Piece], end: int = 0, opens: bool = False) -> Item:
    """The item of these pieces; `end` is where its node ends, where that is not a matter of its last piece."""
    held = tuple(pieces)
    last = max(piece.start for piece in held if piece.start is not None)
    return Item(indent, held, first_start(held), max(end, last + 1), opens)


def clause_items(clause: Clause, indent: int) -> Iterator[Item]:
    match clause:
        case syntax.Marker():
            yield from _marker_items(clause, indent)
        case syntax.Payment():
            yield item(indent, _payment_header(clause))
            for inner in clause.clauses:
                yield from clause_items(inner, indent + STEP)
        case syntax.Split():
            yield item(indent, (at(clause.span, "split"), *expression(clause.amount, Level.SIMPLE)))
            for part in clause.parts:
                yield item(indent + STEP, _part(part), part.span.end)
        case syntax.Challenge():
            yield from _challenge_items(clause, indent)
        case _:
            yield item(indent, _pieces(clause), clause.span.end)


def cites(node: syntax.Cites, cut: int | None = None) -> Pieces:
    place = () if node.at is None else (word("at"), text(node.at))
    return Piece("cites", node.span.start, cut=cut), name(node.source), *place


def _headed(node: syntax.Node, words: str, pieces: Pieces) -> Pieces:
    return keyword(node.span, words, first_start(pieces)), *pieces


def keyword(within: Span, words: str, before: int) -> Piece:
    """The words of a clause that is no node, with the place where they stand in one before its first value."""
    scanned = scan(within.source.text[within.start : before]).pieces
    # A bracket may follow; a quotation in a Markdown document begins each line with its sign.
    found = [piece for piece in scanned if piece.kind not in ("(", ">")][-len(words.split()) :]
    stands = " ".join(piece.text for piece in found) == words
    return Piece(words, within.start + found[0].start if stands else None)


def first_start(pieces: Iterable[Piece]) -> int:
    return min(piece.start for piece in pieces if piece.start is not None)


def title(node: syntax.Text | None) -> Pieces:
    return () if node is None else (text(node),)


def spent_on(node: syntax.Text | None) -> Pieces:
    return () if node is None else (word("spent on", Cut.CLAUSE), text(node))


def because(node: syntax.Text | None) -> Pieces:
    return () if node is None else (word("because", Cut.CLAUSE), text(node))


# --- clauses of several lines -----------------------------------------------------------------------------------------


def _marker_items(node: syntax.Marker, indent: int) -> Iterator[Item]:
    yield item(indent, (at(node.span, "marker"), name(node.name), *title(node.title)))
    for cited in node.cites:
        yield item(indent + STEP, cites(cited), cited.span.end)
    if node.condition is not None:
        yield item(indent + STEP, _headed(node, "met when", condition(node.condition)))
    elif node.points is not None and node.operand is not None and node.lower is not None and node.upper is not None:
        pieces = (
            *_headed(node, "scores", expression(node.points, Level.UNARY)),
            word("points on"),
            *expression(node.operand, Level.OPERAND),
            word("from", Cut.CLAUSE),
            *expression(node.lower, Level.OPERAND),
            word("to"),
            *expression(node.upper, Level.OPERAND),
        )
        yield item(indent + STEP, pieces)


def _payment_header(node: syntax.Payment) -> Pieces:
    return (
        at(node.span, "charge" if node.charge else "payment"),
        name(node.name),
        *title(node.title),
        word("to", Cut.CLAUSE),
        *path(node.payee),
        *spent_on(node.spent_on),
    )


def _part(node: syntax.Part) -> Pieces:
    if node.percent is None:
        what: Pieces = (at(node.span, "the rest"),)
    else:
        plain = isinstance(node.percent, syntax.Percent | syntax.Path | syntax.Lookup | syntax.FieldOf)
        what = expression(node.percent, Level.ATOM) if plain else _in_brackets(node.percent)
    return *what, word("to"), *path(node.payee), word("as"), name(node.name), *spent_on(node.spent_on)


def _in_brackets(node: Expr) -> Pieces:
    pieces = expression(node)
    first = Piece(pieces[0].text, pieces[0].start, space=False)
    return word("("), first, *pieces[1:], glued(")")


def _challenge_items(node: syntax.Challenge, indent: int) -> Iterator[Item]:
    deemed = () if node.otherwise is None else (glued(","), word("otherwise deemed", Cut.CLAUSE), name(node.otherwise))
    length = path(node.within) if isinstance(node.within, syntax.Path) else (at(node.within.span, literal(node.within)),)
    within = (word("answers within"), *length)
    yield item(indent, (at(node.span, "challenge"), *path(node.respondent), *within, *deemed))
    if node.penalty is not None:
        when = () if node.penalty_when is None else (word("when", Cut.WHEN), name(node.penalty_when))
        yield item(indent + STEP, (*_headed(node, "penalty", expression(node.penalty, Level.OPERAND)), *when))


# --- clauses of one line ----------------------------------------------------------------------------------------------


def _pieces(clause: Clause) -> Pieces:
    match clause:
        case syntax.Cites():
            return cites(clause)
        case syntax.Period():
            return _period(clause)
        case syntax.Let(span=span, name=named, value=value):
            return at(span, "let"), at(named.span, f"{named.text} ="), *expression(value)
        case syntax.Match(span=span, range=over, alias=alias, pick=pick):
            return at(span, "match"), *related(over, matched(over), alias, pick)
        case syntax.Share():
            return _share(clause)
        case syntax.Show(span=span, names=shown):
            return at(span, "show"), *paths(shown)
        case syntax.SettlesWithPeriod(span=span):
            return (at(span, "settles with the period"),)
        case syntax.BroughtForward(span=span, name=named, type=type_name, start=start):
            typed = at(type_name.span, type_name.word)
            at_start = (*expression(start, Level.UNARY), closing("at the start"))
            return at(span, "brought forward"), name(named), glued(":"), typed, glued(","), *at_start
        case syntax.CarryForward(span=span, value=value, name=named):
            return at(span, "carry forward"), *expression(value), word("as", Cut.CLAUSE), name(named)
        case syntax.Reason(span=span, text=said):
            return at(span, "reason"), text(said)
        case syntax.FlagUndercharges(span=span):
            return (at(span, "flag undercharges too"),)
        case syntax.Altogether(span=span, value=value, in_proportion=in_proportion):
            return at(span, "altogether at most"), *expression(value, Level.OPERAND), *_in_proportion(in_proportion)
    return _gate(clause)


def _gate(clause: Clause) -> Pieces:
    match clause:
        case syntax.Requires(span=span, condition=wanted):
            return at(span, "requires"), *condition(wanted)
        case syntax.Needs(span=span, condition=wanted):
            return at(span, "needs"), *condition(wanted)
        case syntax.FlagWhen(span=span, condition=wanted):
            return at(span, "flag when"), *condition(wanted)
        case syntax.Amount(span=span, value=value):
            return at(span, "amount"), *expression(value)
        case syntax.AtMost(span=span, value=value):
            return at(span, "at most"), *expression(value)
        case syntax.AtLeast(span=span, value=value):
            return at(span, "at least"), *expression(value)
        case syntax.Expected(span=span, value=value):
            return at(span, "expected"), *expression(value)
        case syntax.Tolerance(span=span, value=value):
            return at(span, "tolerance"), *expression(value)
        case syntax.Overcharge(span=span, value=value):
            return at(span, "overcharge"), *expression(value)
        case syntax.Except(span=span, value=value, condition=when, because=reason):
            what = (*expression(value, Level.SIMPLE), word("when", Cut.WHEN), *condition(when))
            return at(span, "except"), *what, *because(reason)
        case syntax.OnlyFirst(span=span, number=number, same=same, by=by):
            first = (at(span, "only the first"), *expression(number, Level.OPERAND))
            return *first, *_for_the_same(same), word("by", Cut.CLAUSE), *names(by, Cut.SAME)
        case syntax.TogetherAtMost():
            return _together(clause)
    raise TypeError(clause)


def _period(node: syntax.Period) -> Pieces:
    pieces: Pieces = (at(node.span, "period"),)
    if node.dates is not None:
        pieces += (at(node.dates.span, literal(node.dates)),)
    if node.relative is not None:
        pieces += expression(node.relative)
    return pieces if node.by is None else (*pieces, word("by", Cut.CLAUSE), name(node.by))


def _share(node: syntax.Share) -> Pieces:
    weight = () if node.weight is None else (word("by", Cut.CLAUSE), *expression(node.weight, Level.OPERAND))
    among = (word("among", Cut.OVER), *each(node.range))
    amount = expression(node.amount, Level.SIMPLE)
    return at(node.span, "share"), *amount, *among, *weight, word("as", Cut.CLAUSE), name(node.name), *spent_on(node.spent_on)


def _together(node: syntax.TogetherAtMost) -> Pieces:
    same = _for_the_same(node.same) if node.same else ()
    how = (glued(","), word("first come by", Cut.CLAUSE), *names(node.first_come, Cut.SAME)) if node.first_come else ()
    most = expression(node.value, Level.OPERAND)
    return at(node.span, "together at most"), *most, *same, *how, *_in_proportion(node.in_proportion)


def _for_the_same(same: tuple[syntax.Name, ...]) -> Pieces:
    return word("for the same", Cut.OVER), *names(same, Cut.SAME)


def _in_proportion(said: bool) -> Pieces:
    return (glued(","), closing("in proportion", Cut.CLAUSE)) if said else ()


def values(nodes: Iterable[Expr]) -> Pieces:
    """Cells of a row."""
    return listed((cell(node) for node in nodes), Cut.LIST)


def cell(node: Expr) -> Pieces:
    return expression(node, Level.UNARY)


def assignment(node: syntax.GivenValue) -> Pieces:
    return cut_before(Cut.LIST, (*path(node.name), *cell(node.value)))
