"""Trees of the grammar made into the nodes of expressions."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field

from requite.dsl.diagnostics import Diagnostic, error
from requite.dsl.grammar import Branch, Leaf, Tree
from requite.dsl.literals import PLACEHOLDER, literal, number
from requite.dsl.source import Source, Span
from requite.dsl.split import RESERVED
from requite.dsl.syntax import (
    Age,
    Aggregate,
    Arithmetic,
    AtLeastOf,
    Case,
    Cases,
    Compare,
    Date,
    DateRange,
    Duration,
    Else,
    Expr,
    Extreme,
    FieldOf,
    In,
    Known,
    Literal,
    Logic,
    Lookup,
    Money,
    Name,
    Negative,
    Not,
    Nothing,
    Number,
    Onwards,
    Path,
    Per,
    Percent,
    PeriodOf,
    Range,
    Rounded,
    Rounding,
    Scaled,
    Text,
    ThereIs,
    Whole,
    Within,
)

VALUE_TYPES = frozenset({"NUMBER", "PERCENT", "MONEY", "DATE", "MOMENT", "TEXT"})


@dataclass(frozen=True, slots=True)
class Context:
    """The source that a declaration stands in, where its text starts there, and what was found while building."""

    source: Source
    offset: int
    diagnostics: list[Diagnostic] = field(default_factory=list)

    def span(self, tree: Tree) -> Span:
        return Span(self.source, self.offset + tree.start, self.offset + tree.end)

    def between(self, first: Tree, last: Tree) -> Span:
        return Span(self.source, self.offset + first.start, self.offset + last.end)


# --- what a branch holds ----------------------------------------------------------------------------------------------


def leaf(tree: Tree, *types: str) -> Leaf | None:
    """The first leaf of a type that stands directly in a branch."""
    return next((c for c in children(tree) if isinstance(c, Leaf) and c.type in types), None)


def branch(tree: Tree, *rules: str) -> Branch | None:
    """The first branch of a rule that stands directly in a branch."""
    return next((c for c in children(tree) if isinstance(c, Branch) and c.data in rules), None)


def children(tree: Tree) -> list[Tree]:
    return tree.children if isinstance(tree, Branch) else []


def branches(tree: Tree, *rules: str) -> list[Branch]:
    return [c for c in children(tree) if isinstance(c, Branch) and c.data in rules]


def words(tree: Tree) -> list[str]:
    """The phrases of the grammar that stand directly in a branch."""
    return [c.text for c in children(tree) if isinstance(c, Leaf) and c.type not in VALUE_TYPES and c.type != "NAME"]


def operands(tree: Tree) -> list[Tree]:
    """The parts of a branch that are values: not its phrases and signs, not its helper rules."""
    return [c for c in children(tree) if is_value(c)]


def is_value(tree: Tree) -> bool:
    return tree.data in _BUILDERS if isinstance(tree, Branch) else tree.type in VALUE_TYPES


def need(tree: Branch | Leaf | None) -> Tree:
    """A part that the grammar says is there."""
    assert tree is not None
    return tree


# --- names and literals -----------------------------------------------------------------------------------------------


def build_name(context: Context, tree: Tree) -> Name:
    assert isinstance(tree, Leaf)
    span = context.span(tree)
    if tree.text in RESERVED:
        message = f"the word `{tree.text}` belongs to the language and cannot be a name"
        help = f"choose another name, such as `{tree.text}_name` or `the_{tree.text}`"
        context.diagnostics.append(error("reserved-word", span, message, help))
    return Name(span, tree.text)


def build_text(context: Context, tree: Tree) -> Text:
    made = build_literal(context, tree)
    assert isinstance(made, Text)
    return made


def build_date(context: Context, tree: Tree) -> Date:
    made = build_literal(context, tree)
    assert isinstance(made, Date)
    return made


def build_literal(context: Context, tree: Tree) -> Literal:
    assert isinstance(tree, Leaf)
    text, kind = tree.text, tree.type
    if tree.bad and not (kind == "TEXT" and text[0] in '"“”„'):  # reported already; any value will do
        if kind == "DATE":
            return Date(context.span(tree), PLACEHOLDER, refused=True)
        text = {"MONEY": "£0", "TEXT": f'"{text}"'}.get(kind, "0")
    return literal(kind, text, context.span(tree), context.diagnostics)


def build_names(context: Context, tree: Tree | None) -> tuple[Name, ...]:
    """The names of a list, `with the same a, b`; none where there is no list."""
    if tree is None:
        return ()
    found = branch(tree, "names") or tree
    return tuple(build_name(context, c) for c in children(found) if isinstance(c, Leaf) and c.type == "NAME")


def build_paths(context: Context, tree: Tree) -> tuple[Path, ...]:
    return tuple(build_path(context, c) for c in branches(tree, "path"))


def build_path(context: Context, tree: Tree | None) -> Path:
    assert isinstance(tree, Branch)
    return Path(context.span(tree), tuple(build_name(context, c) for c in tree.children[::2]))


def build_duration(context: Context, tree: Tree) -> Duration:
    amount, unit = children(tree)
    assert isinstance(amount, Leaf)
    assert isinstance(unit, Leaf)
    value = Number(context.span(amount), number("0" if amount.bad else amount.text)).value
    return Duration(context.span(tree), value, unit.text.removesuffix("s") + "s")


def build_signed(context: Context, tree: Tree) -> Expr:
    """A literal with a minus before it, in rows, bands and examples: one value, not an operation."""
    made = build_expr(context, children(tree)[1])
    span = context.span(tree)
    match made:
        case Number() | Percent():
            return type(made)(span, -made.value)
        case Money():
            return Money(span, -made.value, made.currency)
        case Duration():
            return Duration(span, -made.value, made.unit)
        case _:
            what = f"`{context.span(children(tree)[1]).text}`"
            message = f"a minus cannot stand before {what}"
            context.diagnostics.append(error("misplaced-minus", span, message, "a minus stands before a number"))
            return made


def build_date_range(context: Context, tree: Tree) -> DateRange:
    first, _, last = children(tree)
    start, end = build_date(context, first), build_date(context, last)
    refused = start.refused or end.refused
    if not refused and end.value < start.value:
        refused = True
        message = f"these days run backwards: {end.value} is before {start.value}"
        context.diagnostics.append(error("bad-date", context.span(tree), message, "write the earlier day first"))
    return DateRange(context.span(tree), start.value, end.value, refused)


def _onwards(context: Context, tree: Branch) -> Onwards:
    return Onwards(context.span(tree), build_date(context, tree.children[0]).value)


# --- operations -------------------------------------------------------------------------------------------------------


def build_expr(context: Context, tree: Tree) -> Expr:
    """The expression that a tree stands for."""
    if isinstance(tree, Leaf):
        return build_literal(context, tree)
    return _BUILDERS[tree.data](context, tree)


def _parts(context: Context, tree: Tree) -> list[Expr]:
    return [build_expr(context, part) for part in operands(tree)]


def _paren(context: Context, tree: Branch) -> Expr:
    return build_expr(context, tree.children[1])


def _lookup(context: Context, tree: Branch) -> Lookup:
    inside = tree.children[2:-1]
    on = build_expr(context, inside[-1]) if "on" in words(tree) else None
    keys = inside[:-2] if on is not None else inside
    target = build_path(context, tree.children[0])
    return Lookup(context.span(tree), target, tuple(build_expr(context, key) for key in keys[::2]), on)


def _field_of(context: Context, tree: Branch) -> FieldOf:
    of, _, name = tree.children
    return FieldOf(context.span(tree), build_expr(context, of), build_name(context, name))


def _arithmetic(context: Context, tree: Branch) -> Arithmetic:
    left, right = _parts(context, tree)
    return Arithmetic(context.span(tree), words(tree)[0], left, right)


def _per(context: Context, tree: Branch) -> Per:
    amount, size, of = _parts(context, tree)
    return Per(context.span(tree), amount, size, of, words(tree)[0] == "per complete")


def _negative(context: Context, tree: Branch) -> Negative:
    return Negative(context.span(tree), build_expr(context, tree.children[1]))


def _compare(context: Context, tree: Branch) -> Compare:
    left, right = _parts(context, tree)
    operator = words(tree)[0]
    word = operator in ("is", "is not")
    return Compare(context.span(tree), {"is": "=", "is not": "!="}.get(operator, operator), left, right, word)


def _known(context: Context, tree: Branch) -> Known:
    return Known(context.span(tree), build_expr(context, tree.children[0]), tree.data == "known")


def _within(context: Context, tree: Branch) -> Within:
    operand, length, anchor = _parts(context, tree)
    return Within(context.span(tree), operand, length, words(tree)[1], anchor)


def _in_codes(context: Context, tree: Branch) -> In:
    operand, word, codes = tree.children
    assert isinstance(word, Leaf)
    path = build_path(context, codes)
    return In(context.span(tree), build_expr(context, operand), path, (), word.text == "not in")


def _in_values(context: Context, tree: Branch) -> In:
    operand, *values = _parts(context, tree)
    return In(context.span(tree), operand, None, tuple(values), "not in" in words(tree))


def _logic(context: Context, tree: Branch) -> Logic:
    return Logic(context.span(tree), words(tree)[0], tuple(_parts(context, tree)))


def _negation(context: Context, tree: Branch) -> Not:
    return Not(context.span(tree), build_expr(context, tree.children[1]))


def _at_least_of(context: Context, tree: Branch) -> AtLeastOf:
    count = build_literal(context, tree.children[1])
    assert isinstance(count, Number)
    return AtLeastOf(context.span(tree), count, build_paths(context, tree))


def _fallback(context: Context, tree: Branch) -> Else:
    operand, fallback = _parts(context, tree)
    return Else(context.span(tree), operand, fallback)


def _cases(context: Context, tree: Branch) -> Cases:
    cases = tuple(_case(context, c) for c in branches(tree, "case", "last_case"))
    last = tree.children[-1]
    otherwise = build_expr(context, last) if is_value(last) else None
    return Cases(context.span(tree), cases, otherwise)


def _case(context: Context, tree: Branch) -> Case:
    value, _, condition = tree.children
    return Case(context.span(tree), build_expr(context, value), build_expr(context, condition))


def _rounded(context: Context, tree: Branch) -> Rounded:
    value = build_expr(context, tree.children[0])
    return Rounded(context.span(tree), value, build_rounding(context, tree, tree.children[1]))


def build_rounding(context: Context, tree: Branch, first: Tree) -> Rounding:
    """The rounding whose words start at `first` and end with the branch."""
    direction = next((word for word in words(tree) if word in ("half even", "down", "up")), "half away")
    unit = tree.children[-1]
    return Rounding(context.between(first, unit), direction, build_expr(context, unit))


def _scaled(context: Context, tree: Branch) -> Scaled:
    operand, lower, upper = _parts(context, tree)
    return Scaled(context.span(tree), operand, lower, upper)


def _extreme(context: Context, tree: Branch) -> Extreme:
    word = words(tree)[0]
    greatest = word in ("max (", "the greater of")
    return Extreme(context.span(tree), greatest, tuple(_parts(context, tree)), word.startswith("the"))


def _whole(context: Context, tree: Branch) -> Whole:
    start, end = _parts(context, tree)
    unit = words(tree)[0].removeprefix("whole ").removesuffix(" from")
    return Whole(context.span(tree), unit, start, end)


def _age(context: Context, tree: Branch) -> Age:
    on, born = _parts(context, tree)
    return Age(context.span(tree), on, born)


def build_period_of(context: Context, tree: Tree) -> PeriodOf:
    *edges, period = words(tree)
    edge = edges[0].split()[0] if edges else ""
    operand = build_expr(context, children(tree)[-1])
    return PeriodOf(context.span(tree), period.removesuffix(" of"), operand, edge)


# --- ranges -----------------------------------------------------------------------------------------------------------

_ORDINALS = {"earlier": "earlier", "an earlier": "earlier", "later": "later", "a later": "later"} | dict.fromkeys(
    ("another", "other"), "another"
)


def build_range(context: Context, tree: Branch, first: int = 0, by: Tree | None = None) -> Range:
    """The records that a branch is over: from its child number `first` to its last part that belongs to a range."""
    parts = [c for c in tree.children[first:] if _is_of_range(c)]
    phrases = words(tree)
    where = branch(tree, "where")
    return Range(
        context.between(parts[0], by or parts[-1]),
        build_path(context, branch(tree, "path")),
        next((_ORDINALS[word] for word in phrases if word in _ORDINALS), ""),
        "every" in phrases,
        build_names(context, branch(tree, "same")),
        build_expr(context, where.children[1]) if where else None,
        build_names(context, by or branch(tree, "by")),
    )


def _is_of_range(tree: Tree) -> bool:
    if isinstance(tree, Branch):
        return tree.data in ("path", "same", "where", "by")
    return tree.text in _ORDINALS or tree.text in ("each", "every", "a", "an")


def _there_is(context: Context, tree: Branch) -> ThereIs:
    return ThereIs(context.span(tree), words(tree)[0] == "there is no", build_range(context, tree, 1))


def _aggregate(context: Context, tree: Branch) -> Aggregate:
    kind = words(tree)[0].split()[0]
    operand = None if kind == "count" else build_expr(context, tree.children[1])
    weighted = branch(tree, "weighted")
    weight = build_expr(context, weighted.children[1]) if weighted else None
    over = tree.children[-1]
    assert isinstance(over, Branch)
    return Aggregate(context.span(tree), kind, operand, weight, build_range(context, over))


_BUILDERS: dict[str, Callable[[Context, Branch], Expr]] = {
    "path": build_path,
    "duration": build_duration,
    "signed": build_signed,
    "nothing": lambda context, tree: Nothing(context.span(tree)),
    "date_range": build_date_range,
    "onwards": _onwards,
    "paren": _paren,
    "lookup": _lookup,
    "field_of": _field_of,
    "arithmetic": _arithmetic,
    "per": _per,
    "negative": _negative,
    "compare": _compare,
    "known": _known,
    "missing": _known,
    "within": _within,
    "in_codes": _in_codes,
    "in_values": _in_values,
    "or_": _logic,
    "and_": _logic,
    "negation": _negation,
    "at_least_of": _at_least_of,
    "fallback": _fallback,
    "cases": _cases,
    "rounded": _rounded,
    "scaled": _scaled,
    "extreme": _extreme,
    "call": _extreme,
    "whole": _whole,
    "age": _age,
    "period_of": build_period_of,
    "there_is": _there_is,
    "aggregate": _aggregate,
}


# --- names inside text ------------------------------------------------------------------------------------------------

MOST_ERRORS_OF_TEXT = 20
_BRACES = re.compile(r"\{([^{}]*)\}|[{}]")
_PLACEHOLDER = re.compile(r"\s*([A-Za-z_][A-Za-z0-9_]*(?:\s*\.\s*[A-Za-z_][A-Za-z0-9_]*)*)\s*")
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


def parse_names_in_text(text: Text) -> tuple[tuple[Path, ...], tuple[Diagnostic, ...]]:
    """The names in braces in a text, `"billed {billed}"`, each with its place, and what is wrong with the braces."""
    source, start = text.span.source, text.span.start
    paths: list[Path] = []
    diagnostics: list[Diagnostic] = []
    for braces in _BRACES.finditer(text.span.text):
        if len(diagnostics) >= MOST_ERRORS_OF_TEXT:
            break
        found = _PLACEHOLDER.fullmatch(braces.group(1) or "")
        if found is None:
            span = Span(source, start + braces.start(), start + braces.end())
            diagnostics.append(error("bad-placeholder", span, *_bad_braces(braces.group())))
            continue
        at = start + braces.start(1)
        names = tuple(
            Name(Span(source, at + name.start(), at + name.end()), name.group()) for name in _NAME.finditer(braces.group(1))
        )
        paths.append(Path(names[0].span.to(names[-1].span), names))
    return tuple(paths), tuple(diagnostics)


def _bad_braces(found: str) -> tuple[str, str]:
    help = "write one name in braces, such as `{billed}` or `{estimate.referred}`"
    if found == "{":
        return "this brace is not closed", help
    if found == "}":
        return "this brace closes nothing", help
    if not found[1:-1].strip():
        return "there is no name in these braces", help
    return f"`{found}` is not a name: braces in a text hold one name, not a calculation", help + ", and use `let` for the rest"
