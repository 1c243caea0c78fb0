"""Declarations as items: a header each, and what belongs to it one step deeper."""

from __future__ import annotations

from collections.abc import Iterator

from requite.dsl import syntax
from requite.dsl.format_clauses import assignment, because, cell, cites, clause_items, item, keyword, title, values
from requite.dsl.format_expressions import Cut, Level, condition, expression, literal, name, names, path, paths, rounding, text
from requite.dsl.format_layout import STEP, Item, Piece, Pieces, at, closing, cut_before, glued, listed, word

Key = tuple[syntax.Name | syntax.Text | syntax.Number | syntax.Date, ...]


def declaration_items(node: syntax.Declaration) -> Iterator[Item]:
    """The lines of a declaration, the first of which opens it."""
    match node:
        case syntax.Ruleset():
            yield from _ruleset(node)
        case syntax.Record():
            yield _header(at(node.span, "record"), name(node.name), *title(node.title))
            for field in node.fields:
                yield item(STEP, _field(field), field.span.end)
        case syntax.Table():
            yield from _table(node)
        case syntax.Parameter():
            yield from _parameter(node)
        case syntax.Bands():
            yield from _bands(node)
        case syntax.ForEach() | syntax.Scheme() | syntax.Check():
            yield _rule_header(node)
            for clause in node.clauses:
                yield from clause_items(clause, STEP)
        case syntax.Precedence():
            opening = at(node.span, "challenge each")
            yield _header(opening, *path(node.record), closing("once for the largest overcharge", Cut.CLAUSE))
            if node.where is not None:
                yield item(STEP, (keyword(node.span, "where", node.where.span.start), *condition(node.where)))
            if node.ties:
                yield item(STEP, (keyword(node.span, "ties in the order", node.ties[0].span.start), *paths(node.ties)))
        case syntax.Example():
            yield from _example(node)
        case syntax.Broken():
            raise ValueError(f"{node.span}: a declaration that could not be read cannot be formatted")
        case _:
            yield _header(*_one_line(node))


def _header(*pieces: Piece) -> Item:
    return item(0, pieces, opens=True)


def _one_line(node: syntax.SourceDecl | syntax.Payee | syntax.Use | syntax.DerivedRecord | syntax.Codes) -> Pieces:
    match node:
        case syntax.SourceDecl(span=span, name=named, title=titled, link=link):
            linked = () if link is None else cut_before(Cut.CLAUSE, (text(link),))
            return at(span, "source"), name(named), text(titled), *linked
        case syntax.Payee(span=span, name=named, title=titled):
            return at(span, "payee"), name(named), *title(titled)
        case syntax.Use(span=span, file=file, alias=alias):
            return at(span, "use"), text(file), *(() if alias is None else (word("as"), name(alias)))
        case syntax.DerivedRecord(span=span, name=named, title=titled, by=by, of=of):
            grouped = (word("for each", Cut.CLAUSE), *names(by, Cut.SAME), word("of"), *path(of))
            return at(span, "record"), name(named), *title(titled), *grouped
        case syntax.Codes(span=span, name=named, title=titled, cites=cited, values=listing):
            cited_pieces = tuple(piece for each in cited for piece in cites(each, Cut.CLAUSE))
            are = (word("are", Cut.ARE), *_words(listing))
            return at(span, "codes"), name(named), *title(titled), *cited_pieces, *are


def _words(nodes: tuple[syntax.Name | syntax.Text, ...]) -> Pieces:
    return listed(((name(node) if isinstance(node, syntax.Name) else text(node),) for node in nodes), Cut.LIST)


def _rule_header(node: syntax.ForEach | syntax.Scheme | syntax.Check) -> Item:
    if isinstance(node, syntax.ForEach):
        return _header(at(node.span, "for each"), *path(node.record))
    each = () if node.record is None else (word("for each", Cut.CLAUSE), *path(node.record))
    keyword = "scheme" if isinstance(node, syntax.Scheme) else "check"
    return _header(at(node.span, keyword), name(node.name), *title(node.title), *each)


def _ruleset(node: syntax.Ruleset) -> Iterator[Item]:
    yield _header(at(node.span, "ruleset"), name(node.name), *title(node.title))
    below: list[Item] = []
    if node.currency is not None:
        below.append(item(STEP, (keyword(node.span, "currency", node.currency.span.start), name(node.currency))))
    if node.rounding is not None:
        below.append(item(STEP, rounding("rounding", node.rounding), node.rounding.span.end))
    yield from sorted(below, key=lambda one: one.start)


# --- data -------------------------------------------------------------------------------------------------------------


def _field(node: syntax.Field) -> Pieces:
    named = (at(node.span, "key"), name(node.name)) if node.key else (name(node.name),)
    return (
        *named,
        glued(":"),
        *type_name(node.type),
        *((closing("optional", Cut.CLAUSE),) if node.optional else ()),
        *(() if node.column is None else (word("from", Cut.CLAUSE), text(node.column))),
        *(() if node.format is None else (word("as", Cut.CLAUSE), text(node.format))),
        *(() if node.unit is None else (word("in", Cut.CLAUSE), name(node.unit))),
    )


def type_name(node: syntax.TypeName) -> Pieces:
    if node.words:
        return at(node.span, "one of"), *_words(node.words)
    if node.columns:
        first, last = node.columns
        known = () if node.known_from is None else (word("known from", Cut.CLAUSE), text(node.known_from))
        return at(node.span, "period from"), text(first), word("to"), text(last), *known
    return (at(node.span, "yes/no" if node.word == "yesno" else node.word),)


def _table(node: syntax.Table) -> Iterator[Item]:
    file = () if node.file is None else (word("from", Cut.CLAUSE), text(node.file))
    yield _header(at(node.span, "table"), name(node.name), *title(node.title), *file)
    yield from _grounds(node)
    for field in node.fields:
        yield item(STEP, _field(field), field.span.end)
    if node.rows_below or node.rows:
        last = node.fields[-1].span
        below = keyword(node.span, "rows in the table below", node.span.end)
        piece = below if node.rows_below else keyword(last, "rows", node.rows[0].span.start)
        place = last.start if piece.start is None else piece.start  # the fence of a document may end before the word
        yield Item(STEP, (piece,), place, place + 1)
    for row in node.rows:
        cells = (values((value,)) + _known_from(known) for value, known in zip(row.values, row.known_from, strict=True))
        yield item(2 * STEP, (*values(row.keys), glued(":"), *listed(cells, Cut.LIST)), row.span.end)


def _parameter(node: syntax.Parameter) -> Iterator[Item]:
    header = (at(node.span, "parameter"), name(node.name), *title(node.title), glued(":"), *type_name(node.type))
    if len(node.values) == 1 and node.values[0].start is None:
        yield _header(*header, *_dated_value(node.values[0]))
        return
    yield _header(*header)
    for value in node.values:
        yield item(STEP, _dated_value(value), value.span.end)


def _dated_value(node: syntax.DatedValue) -> Pieces:
    return (
        *expression(node.value, Level.UNARY),
        *(() if node.start is None else (word("from"), at(node.start.span, literal(node.start)))),
        *_known_from(node.known_from),
        *(() if node.cites is None else cites(node.cites, Cut.CLAUSE)),
        *(() if node.illustrative is None else (word("illustrative", Cut.CLAUSE), text(node.illustrative))),
    )


def _known_from(day: syntax.Date | None) -> Pieces:
    return () if day is None else (word("known from"), at(day.span, literal(day)))


def _bands(node: syntax.Bands) -> Iterator[Item]:
    straight = (closing("straight"),) if node.straight else ()
    yield _header(at(node.span, "bands"), name(node.name), *title(node.title), word("by"), name(node.by), *straight)
    yield from _grounds(node)
    for band in node.bands:
        yield item(STEP, (*_edges(band), glued(":"), *cell(band.value)), band.span.end)


def _grounds(node: syntax.Table | syntax.Bands) -> Iterator[Item]:
    """Where the figures come from, or why they are made up, in the order written."""
    said = [item(STEP, cites(cited), cited.span.end) for cited in node.cites]
    if (why := node.illustrative) is not None:
        said.append(item(STEP, (keyword(node.span, "illustrative", why.span.start), text(why)), why.span.end))
    yield from sorted(said, key=lambda one: one.start)


def _edges(node: syntax.Band) -> Pieces:
    if node.lower is None and node.upper is None:
        raise ValueError(f"{node.span}: a band without edges")
    if node.lower is None:
        assert node.upper is not None
        return at(node.span, "up to" if node.upper_included else "below"), *cell(node.upper)
    lower = cell(node.lower)
    above = () if node.lower_included else (at(node.span, "above"),)
    if node.upper is None:
        return (*lower, closing("and above")) if node.lower_included else (*above, *lower)
    if node.lower is node.upper:
        return lower
    return *above, *lower, word("to" if node.upper_included else "to below"), *cell(node.upper)


# --- examples ---------------------------------------------------------------------------------------------------------


def _example(node: syntax.Example) -> Iterator[Item]:
    known = () if node.known is None else (word("known on", Cut.CLAUSE), at(node.known.span, literal(node.known)))
    sets = (word("with", Cut.CLAUSE), *listed((assignment(value) for value in node.sets), Cut.LIST)) if node.sets else ()
    yield _header(at(node.span, "example"), text(node.name), *_as_in(node.as_in), *known, *sets)
    for given in node.givens:
        yield item(STEP, _given(given), given.span.end)
    for expect in node.expects:
        yield item(STEP, _expect(expect), expect.span.end)


def _as_in(node: syntax.Text | None) -> Pieces:
    return () if node is None else (word("as in", Cut.CLAUSE), text(node))


def _given(node: syntax.Given) -> Pieces:
    opening = (at(node.span, "given"), *path(node.record), *_key(node.key), *_as_in(node.as_in))
    if node.like:
        opening = (*opening, word("for"), *_key(node.like))
    if not node.values:
        return opening
    return *opening, word("with"), *listed((assignment(value) for value in node.values), Cut.LIST)


def _key(key: Key) -> Pieces:
    return listed(((_part_of_key(part),) for part in key), Cut.SAME)


def _part_of_key(node: syntax.Name | syntax.Text | syntax.Number | syntax.Date) -> Piece:
    if isinstance(node, syntax.Name):
        return name(node)
    return at(node.span, node.span.text if isinstance(node, syntax.Number) else literal(node))


def _expect(node: syntax.Expect) -> Pieces:
    opening = (at(node.span, "expect"), *path(node.target), *((word("carried forward"),) if node.carried else ()))
    key = _key(node.key)
    for_key = (word("for"), *key) if key else ()
    value = () if node.value is None else cell(node.value)
    match node.outcome:
        case "is":
            said: Pieces = (*for_key, word("is"), *value)
        case "flags":
            said = (closing("flags"), *key, *((word("with overcharge", Cut.CLAUSE), *value) if value else ()))
        case "passes" | "challenges" | "does not challenge":
            said = (closing(node.outcome), *key)
        case _:
            said = (closing(f"is {node.outcome}"), *for_key)
    return *opening, *said, *because(node.because)
