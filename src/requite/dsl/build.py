"""Trees of the grammar made into the nodes of declarations."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from typing import Any

from requite.dsl.build_clauses import (
    build_all,
    build_all_cites,
    build_keys,
    build_own_name,
    build_quoted,
    build_short_type,
    build_title,
)
from requite.dsl.build_expressions import (
    Context,
    branch,
    branches,
    build_date,
    build_expr,
    build_name,
    build_names,
    build_path,
    build_paths,
    build_rounding,
    build_text,
    children,
    is_value,
    leaf,
    need,
    operands,
    words,
)
from requite.dsl.diagnostics import error
from requite.dsl.grammar import Branch, Leaf, Tree
from requite.dsl.syntax import (
    Band,
    Bands,
    Check,
    Codes,
    Date,
    DatedValue,
    Declaration,
    DerivedRecord,
    Example,
    Expect,
    Expr,
    Field,
    ForEach,
    Given,
    GivenValue,
    Name,
    Parameter,
    Path,
    Payee,
    Precedence,
    Record,
    Row,
    Ruleset,
    Scheme,
    SourceDecl,
    Table,
    Text,
    TypeName,
    Use,
)
from requite.dsl.wording import nearest


def build(context: Context, tree: Tree) -> Declaration:
    """The declaration that a tree stands for."""
    assert isinstance(tree, Branch)
    made: Declaration = _BUILDERS[tree.data](context, tree)
    return made


def _ruleset(context: Context, tree: Branch) -> Ruleset:
    currencies, roundings = branches(tree, "currency"), branches(tree, "default_rounding")
    for repeated in (*currencies[1:], *roundings[1:]):
        word = words(repeated)[0]
        message = f"`{word}` stands here a second time"
        context.diagnostics.append(error("repeated-clause", context.span(repeated), message, "keep one of the two"))
    return Ruleset(
        context.span(tree),
        build_own_name(context, tree),
        build_title(context, tree),
        build_own_name(context, currencies[0]) if currencies else None,
        build_rounding(context, roundings[0], roundings[0].children[0]) if roundings else None,
    )


def _source(context: Context, tree: Branch) -> SourceDecl:
    title, *links = _texts(context, tree)
    return SourceDecl(context.span(tree), build_own_name(context, tree), title, links[0] if links else None)


def _texts(context: Context, tree: Tree) -> list[Text]:
    return [build_text(context, c) for c in children(tree) if isinstance(c, Leaf) and c.type == "TEXT"]


def _payee(context: Context, tree: Branch) -> Payee:
    return Payee(context.span(tree), build_own_name(context, tree), build_title(context, tree))


def _use(context: Context, tree: Branch) -> Use:
    alias = leaf(tree, "NAME")
    return Use(context.span(tree), _texts(context, tree)[0], build_name(context, alias) if alias else None)


# --- data -------------------------------------------------------------------------------------------------------------


def _record(context: Context, tree: Branch) -> Record:
    name, title = build_own_name(context, tree), build_title(context, tree)
    return Record(context.span(tree), name, title, _fields(context, tree))


def _derived_record(context: Context, tree: Branch) -> DerivedRecord:
    name, title = build_own_name(context, tree), build_title(context, tree)
    of = build_path(context, branch(tree, "path"))
    return DerivedRecord(context.span(tree), name, title, build_names(context, branch(tree, "names")), of)


def _fields(context: Context, tree: Branch) -> tuple[Field, ...]:
    return tuple(_field(context, c) for c in branches(tree, "field"))


def _field(context: Context, tree: Branch) -> Field:
    _refuse_repeated(context, tree)
    unit = branch(tree, "unit")
    return Field(
        context.span(tree),
        "key" in words(tree),
        build_own_name(context, tree),
        _type(context, need(branch(tree, "type"))),
        "optional" in words(tree),
        build_quoted(context, branch(tree, "from_file")),
        build_quoted(context, branch(tree, "format")),
        build_own_name(context, unit) if unit else None,
    )


def _refuse_repeated(context: Context, tree: Branch) -> None:
    seen: set[str] = set()
    for part in tree.children:
        word = part.text if isinstance(part, Leaf) and part.type != "NAME" else words(part)[0] if words(part) else ""
        if word in seen and word in ("optional", "from", "as", "in"):
            message = f"`{word}` stands here a second time"
            context.diagnostics.append(error("repeated-clause", context.span(part), message, "keep one of the two"))
        seen.add(word)


def _type(context: Context, tree: Tree) -> TypeName:
    phrases, span = words(tree), context.span(tree)
    if "one of" in phrases:
        return TypeName(span, "one of", _values(context, tree), (), None)
    if "period from" in phrases:
        texts = _texts(context, tree)
        return TypeName(span, "period", (), tuple(texts[:2]), texts[2] if len(texts) > 2 else None)
    if "working days" in phrases:
        return TypeName(span, "working days", (), (), None)
    return build_short_type(context, tree)


def _values(context: Context, tree: Tree) -> tuple[Name | Text, ...]:
    """The names and texts of `one of …` or `are …`."""
    return tuple(
        Name(context.span(c), c.text) if c.type == "NAME" else build_text(context, c)
        for c in children(tree)
        if isinstance(c, Leaf) and c.type in ("NAME", "TEXT")
    )


def _table(context: Context, tree: Branch) -> Table:
    files, rows = branches(tree, "from_file"), branch(tree, "rows")
    for repeated in files[1:]:
        message = "`from` stands here a second time"
        context.diagnostics.append(error("repeated-clause", context.span(repeated), message, "keep one of the two"))
    return Table(
        context.span(tree),
        build_own_name(context, tree),
        build_title(context, tree),
        build_all_cites(context, tree),
        _illustrative(context, tree),
        build_quoted(context, files[0]) if files else None,
        _fields(context, tree),
        tuple(_row(context, c) for c in branches(rows, "row")) if rows else (),
        branch(tree, "rows_below") is not None,
    )


def _illustrative(context: Context, tree: Branch) -> Text | None:
    said = branches(tree, "illustrative")
    for repeated in said[1:]:
        message = "`illustrative` stands here a second time"
        context.diagnostics.append(error("repeated-clause", context.span(repeated), message, "keep one of the two"))
    return build_quoted(context, said[0]) if said else None


def _row(context: Context, tree: Branch) -> Row:
    keys: list[Expr] = []
    values: list[Expr] = []
    known: list[Date | None] = []
    side = keys
    for part in tree.children:
        if is_value(part):
            side.append(build_expr(context, part))
        elif isinstance(part, Branch) and part.data == "known_from":
            known += [None] * (len(values) - 1 - len(known)) + [build_date(context, part.children[1])]
        elif isinstance(part, Leaf) and part.text == ":":
            side = values
    known += [None] * (len(values) - len(known))
    return Row(context.span(tree), tuple(keys), tuple(values), tuple(known))


def _codes(context: Context, tree: Branch) -> Codes:
    start = next(i for i, c in enumerate(tree.children) if isinstance(c, Leaf) and c.text == "are" and c.type != "NAME")
    values = Branch("values", tree.children[start + 1 :])
    title = leaf(Branch("head", tree.children[:start]), "TEXT")
    return Codes(
        context.span(tree),
        build_own_name(context, tree),
        build_text(context, title) if title else None,
        build_all_cites(context, tree),
        _values(context, values),
    )


def _parameter(context: Context, tree: Branch) -> Parameter:
    values = tuple(_dated_value(context, c) for c in branches(tree, "dated_value"))
    kind = _type(context, need(branch(tree, "type")))
    if len(values) > 1:
        _check_dates(context, kind, values)
    return Parameter(context.span(tree), build_own_name(context, tree), build_title(context, tree), kind, values)


def _check_dates(context: Context, kind: TypeName, values: tuple[DatedValue, ...]) -> None:
    """Report what among several values of a parameter has no day, or is no value but a word or a day without its word."""
    undated = [value for value in values if value.start is None]
    for first, second in pairwise(values):
        if first.start is None and isinstance(second.value, Date) and kind.word != "date":
            message, help = "`from` is missing before the day", "write `30% from 2010-04-01`"
        elif first.start is None and isinstance(second.value, Text) and kind.word in NUMERIC:
            message, help = "`illustrative` is missing before the text", 'write `15% illustrative "no figure is given"`'
        elif isinstance(second.value, Path) and kind.word in NUMERIC:
            word = nearest(second.value.span.text, ("from", "known", "cites", "illustrative"), 0.6)
            word, said = ("known from", "known from 2010-02-01") if word == "known" else (word, "cites pbr_2010")
            message = f"`{second.value.span.text}` is no value" + (f": did you mean `{word}`?" if word else "")
            help = f"write `30% from 2010-04-01 {said}`"
        else:
            continue
        context.diagnostics.append(error("missing-word", second.value.span, message, help))
        return
    for value in undated[:1]:
        message = "a parameter with several values says from which day each of them holds"
        help = "write the day after the value: `30% from 2010-04-01`"
        context.diagnostics.append(error("missing-date", value.span, message, help))


NUMERIC = frozenset({"money", "number", "count", "percent", "points", "days", "working days", "months", "hours"})


def _dated_value(context: Context, tree: Branch) -> DatedValue:
    known, cites = branch(tree, "known_from"), branch(tree, "cites")
    dated = "from" in words(tree)
    return DatedValue(
        context.span(tree),
        build_expr(context, tree.children[0]),
        build_date(context, tree.children[2]) if dated else None,
        build_date(context, known.children[1]) if known else None,
        build_all_cites(context, tree)[0] if cites else None,
        build_quoted(context, branch(tree, "illustrative")),
    )


_EDGES = {
    "band_below": (None, "not"),
    "band_up_to": (None, "included"),
    "band_to_below": ("included", "not"),
    "band_to": ("included", "included"),
    "band_above_to": ("not", "included"),
    "band_above": ("not", None),
    "band_and_above": ("included", None),
    "band_point": ("included", "included"),
}
"""For each form of a band: how its lower and its upper edge belong to it; nothing where it is open."""


def _bands(context: Context, tree: Branch) -> Bands:
    name, by = [build_name(context, c) for c in tree.children if isinstance(c, Leaf) and c.type == "NAME"]
    return Bands(
        context.span(tree),
        name,
        build_title(context, tree),
        by,
        "straight" in words(tree),
        build_all_cites(context, tree),
        _illustrative(context, tree),
        tuple(_band(context, c) for c in branches(tree, *_EDGES)),
    )


def _band(context: Context, tree: Branch) -> Band:
    *edges, value = [build_expr(context, part) for part in operands(tree)]
    below, above = _EDGES[tree.data]
    lower = edges[0] if below else None
    upper = edges[-1] if above else None
    return Band(context.span(tree), lower, below == "included", upper, above == "included", value)


# --- rules and examples -----------------------------------------------------------------------------------------------


def _for_each(context: Context, tree: Branch) -> ForEach:
    return ForEach(context.span(tree), build_path(context, branch(tree, "path")), build_all(context, tree))


def _scheme(context: Context, tree: Branch) -> Scheme:
    path = branch(tree, "path")
    name, title = build_own_name(context, tree), build_title(context, tree)
    record = build_path(context, path) if path else None
    return Scheme(context.span(tree), name, title, record, build_all(context, tree))


def _check(context: Context, tree: Branch) -> Check:
    name, title = build_own_name(context, tree), build_title(context, tree)
    record = build_path(context, branch(tree, "path"))
    return Check(context.span(tree), name, title, record, build_all(context, tree))


def _precedence(context: Context, tree: Branch) -> Precedence:
    record, *ties = build_paths(context, tree)
    where = branch(tree, "supported")
    return Precedence(context.span(tree), record, build_expr(context, where.children[1]) if where else None, tuple(ties))


def _example(context: Context, tree: Branch) -> Example:
    known, sets = branch(tree, "known_on"), branch(tree, "set_to")
    return Example(
        context.span(tree),
        _texts(context, tree)[0],
        build_quoted(context, branch(tree, "as_in")),
        build_date(context, known.children[1]) if known else None,
        tuple(_given_value(context, c) for c in branches(sets, "assignment")) if sets else (),
        tuple(_given(context, c) for c in branches(tree, "given")),
        tuple(_expect(context, c) for c in branches(tree, *_OUTCOMES)),
    )


def _given(context: Context, tree: Branch) -> Given:
    like = branch(tree, "for_key")
    return Given(
        context.span(tree),
        build_path(context, branch(tree, "path")),
        build_keys(context, branch(tree, "keys")),
        build_quoted(context, branch(tree, "as_in")),
        build_keys(context, branch(like, "keys")) if like else (),
        tuple(_given_value(context, c) for c in branches(tree, "assignment")),
    )


def _given_value(context: Context, tree: Branch) -> GivenValue:
    path, value = tree.children
    return GivenValue(context.span(tree), build_path(context, path), build_expr(context, value))


_OUTCOMES = {
    "expect_is": "is",
    "expect_flags": "flags",
    "expect_passes": "passes",
    "expect_challenges": "challenges",
    "expect_no_challenge": "does not challenge",
    "expect_not_assessable": "not assessable",
    "expect_out_of_scope": "out of scope",
}


def _expect(context: Context, tree: Branch) -> Expect:
    target, *values = operands(tree)
    overcharge = branch(tree, "with_overcharge")
    value = overcharge.children[1] if overcharge else values[0] if values else None
    keys = [branch(found, "keys") for found in branches(tree, "for_key")] or [branch(tree, "keys")]
    if len(keys) > 1:
        message = "`for` stands here a second time"
        span = context.span(branches(tree, "for_key")[1])
        context.diagnostics.append(error("repeated-clause", span, message, "keep one of the two"))
    return Expect(
        context.span(tree),
        build_path(context, target if isinstance(target, Branch) else None),
        branch(tree, "carried") is not None,
        build_keys(context, keys[0]),
        _OUTCOMES[tree.data],
        build_expr(context, value) if value else None,
        build_quoted(context, branch(tree, "because")),
    )


_BUILDERS: dict[str, Callable[[Context, Branch], Any]] = {
    "ruleset": _ruleset,
    "source": _source,
    "payee": _payee,
    "use": _use,
    "record": _record,
    "derived_record": _derived_record,
    "table": _table,
    "codes": _codes,
    "parameter": _parameter,
    "bands": _bands,
    "for_each": _for_each,
    "scheme": _scheme,
    "check": _check,
    "precedence": _precedence,
    "example": _example,
}
