"""Conditions as written → typed core: comparison, `is known`, `within`, `in`, `and`, `or`, `not`, `at least 1 of`."""

from __future__ import annotations

from requite.dsl import program as core
from requite.dsl import syntax, units
from requite.dsl.diagnostics import Label
from requite.dsl.elaborate import as_written, condition, elaborate
from requite.dsl.expressions import combine
from requite.dsl.facts import known_when, shape
from requite.dsl.names import Symbol, did_you_mean, listed
from requite.dsl.paths import resolves
from requite.dsl.percentages import check_sign, check_whole
from requite.dsl.scope import Elaborator, Scope, broken, is_broken
from requite.dsl.source import Span
from requite.dsl.types import YES_NO, Kind


def _compare(node: syntax.Compare, scope: Scope) -> core.Expr:
    left = elaborate(node.left, scope)
    if is_broken(left):
        _mute(node.right, scope)
        return broken(node.span)
    right = word_or_value(node.right, left, scope)
    if is_broken(right):
        return broken(node.span)
    if not units.comparable(node.operator, left.type, right.type):
        message, help = f"{left.type.noun} cannot be compared with {right.type.noun}", units.compare_help(left.type, right.type)
        if units.comparable("=", left.type, right.type):
            message, help = f"{left.type.noun} has no order, so `{node.operator}` cannot be asked", "compare with `is` or `is not`"
        scope.context.error("wrong-units", node.span, message, help)
        return broken(node.span)
    if left.type.kind is right.type.kind is Kind.CHOICE and not set(left.type.choices) & set(right.type.choices):
        message = f"`{as_written(left.span)}` and `{as_written(right.span)}` have no value in common"
        help = f"the values of the first are {listed(left.type.choices)}, of the second {listed(right.type.choices)}"
        scope.context.error("not-one-of", node.span, message, help)
        return broken(node.span)
    if shape(left) == shape(right) and not isinstance(left, core.Constant):
        _report_itself(node, scope)
        return broken(node.span)
    check_sign(left, right, scope)
    check_whole(left, right, scope)
    optional = left.type.optional or right.type.optional
    return core.Compare(YES_NO.made_optional(optional), node.span, node.operator, left, right)


def _report_itself(node: syntax.Compare, scope: Scope) -> None:
    name = as_written(node.right.span)
    own = (
        f"bare names are those of {scope.inner.record} here; for the rule's own write `this.{name}`"
        if scope.is_inner and isinstance(node.right, syntax.Path)
        else ""
    )
    scope.context.error(
        "compared-with-itself",
        node.span,
        f"`{as_written(node.left.span)}` is compared with itself",
        own or "compare it with something else",
    )


def _mute(node: syntax.Expr, scope: Scope) -> None:
    """Marks names as used without reporting anything: the other side is wrong already."""
    before = len(scope.context.diagnostics)
    if not isinstance(node, syntax.Path) or len(node.names) > 1:
        elaborate(node, scope)
    del scope.context.diagnostics[before:]


def word_or_value(node: syntax.Expr, beside: core.Expr, scope: Scope) -> core.Expr:
    """The right side of a comparison: beside a `one of`, a bare word or a text is one of its values."""
    if isinstance(node, syntax.Text):
        word, stands_for_itself = node.value.strip(), True
    elif isinstance(node, syntax.Path) and len(node.names) == 1:
        word, stands_for_itself = node.names[0].text, not resolves(node, scope)
    else:
        return elaborate(node, scope)
    if beside.type.kind is Kind.CHOICE:
        if word in beside.type.choices:
            return core.Constant(beside.type.required, node.span, word)
        if stands_for_itself:
            _report_not_one_of(word, node.span, beside, scope)
            return broken(node.span)
    elif beside.type.kind is Kind.TEXT and stands_for_itself and isinstance(node, syntax.Path):
        if not scope.module.is_broken(word):
            help = f'if the text itself is meant, put it in quotes: "{word}"'
            scope.context.error("unknown-name", node.span, f"nothing here is called `{word}`", help)
        return broken(node.span)
    return elaborate(node, scope)


def _report_not_one_of(word: str, span: Span, beside: core.Expr, scope: Scope) -> None:
    choices = beside.type.choices
    labels: tuple[Label, ...] = ()
    if isinstance(beside, core.FieldRead) and beside.row.type.record in scope.context.records:
        labels = (Label(scope.context.records[beside.row.type.record].field(beside.field).span, "its values are said here"),)
    scope.context.error(
        "not-one-of",
        span,
        f"`{word}` is not one of the values of `{as_written(beside.span)}`",
        did_you_mean(word, choices, f"it is one of {listed(choices)}"),
        labels,
    )


def _known(node: syntax.Known, scope: Scope) -> core.Expr:
    operand = elaborate(node.operand, scope)
    if is_broken(operand):
        return broken(node.span)
    known = core.IsKnown(YES_NO, node.span, operand)
    return known if node.known else core.Not(YES_NO, node.span, known)


def _within(node: syntax.Within, scope: Scope) -> core.Expr:
    operand, length, anchor = (elaborate(part, scope) for part in (node.operand, node.length, node.anchor))
    if is_broken(operand, length, anchor):
        return broken(node.span)
    if operand.type.kind not in units.DATES or anchor.type.kind is not operand.type.kind:
        scope.context.error(
            "wrong-units",
            node.span,
            f"`within … {node.whence}` tells how far two dates lie apart, and here are {operand.type.noun} and {anchor.type.noun}",
            "write `referred within 180 days before this.admitted`",
        )
        return broken(node.span)
    if length.type.kind not in units.TIMES:
        scope.context.error(
            "wrong-units",
            node.length.span,
            f"`within` needs a length of time, and this is {length.type.noun}",
            "write `within 30 days`",
        )
        return broken(node.span)
    far = combine("-" if node.whence == "before" else "+", anchor, length, node.span, scope)
    if is_broken(far):
        return far
    first, last = (far, anchor) if node.whence == "before" else (anchor, far)
    kind = YES_NO.made_optional(any(p.type.optional for p in (operand, length, anchor)))
    edges = (core.Compare(kind, node.span, ">=", operand, first), core.Compare(kind, node.span, "<=", operand, last))
    return core.Logic(kind, node.span, "and", edges)


def _in(node: syntax.In, scope: Scope) -> core.Expr:
    operand = elaborate(node.operand, scope)
    codes, values = "", _values_in(node, operand, scope)
    if node.codes is not None:
        names = node.codes.names
        symbol = scope.module.find_path(names, ["codes"])
        if symbol is None:
            if not scope.module.is_broken_path(names):
                help = scope.module.nearest_path(names, ["codes"], 'declare it: `codes emergency are "21", "22"`')
                message = f"there is no list of codes called `{as_written(node.codes.span)}`"
                scope.context.error("unknown-name", node.codes.span, message, help)
            return broken(node.span)
        scope.context.used.add(symbol.name)
        codes, values = symbol.name, scope.context.codes.get(symbol.name, ())
        _check_codes(symbol, values, operand, node, scope)
    if is_broken(operand) or values is None:
        return broken(node.span)
    if operand.type.kind not in units.WORDS:
        scope.context.error(
            "wrong-units",
            node.operand.span,
            f"`in` asks whether a text or a choice is in a list, and this is {operand.type.noun}",
            "compare numbers and dates with `=`, `>=` or `<`",
        )
        return broken(node.span)
    kind = YES_NO.made_optional(operand.type.optional)
    found = core.IsOneOf(kind, node.span, operand, values, codes)
    return core.Not(kind, node.span, found) if node.negated else found


def _check_codes(symbol: Symbol, values: tuple[str, ...], operand: core.Expr, node: syntax.In, scope: Scope) -> None:
    """Whether a choice can be in a list of codes at all."""
    choices = operand.type.choices
    if operand.type.kind is Kind.CHOICE and not set(values) & set(choices):
        scope.context.error(
            "not-one-of",
            node.span,
            f"`{as_written(node.operand.span)}` is never in `{symbol.label}`: none of these codes is one of its values",
            f"its values are {listed(choices)}",
            (Label(symbol.span, f"the codes are {listed(values, 6)}"),),
        )


def _values_in(node: syntax.In, operand: core.Expr, scope: Scope) -> tuple[str, ...] | None:
    values: dict[str, None] = {}
    for value in node.values:
        found = word_or_value(value, operand, scope) if not is_broken(operand) else broken(value.span)
        if is_broken(found):
            return None
        if not isinstance(found, core.Constant) or not isinstance(found.value, str):
            scope.context.error(
                "not-a-word", value.span, "the values in brackets are words or texts", "write `in (day_case, elective)`"
            )
            return None
        if found.value in values:
            scope.context.error("duplicate-value", value.span, f"`{found.value}` stands twice in this list", "leave one out")
        values[found.value] = None
    return tuple(values)


def _logic(node: syntax.Logic, scope: Scope) -> core.Expr:
    operands: list[core.Expr] = []
    for part in node.operands:
        operand = condition(part, scope, f"`{node.operator}`")
        operands.append(operand)
        scope = scope.knowing(known_when(operand, node.operator == "and", scope.context.columns))
    if is_broken(*operands):
        return broken(node.span)
    kind = YES_NO.made_optional(any(o.type.optional for o in operands))
    return core.Logic(kind, node.span, node.operator, tuple(operands))


def _not(node: syntax.Not, scope: Scope) -> core.Expr:
    operand = condition(node.operand, scope, "`not`")
    return operand if is_broken(operand) else core.Not(operand.type, node.span, operand)


def _at_least_of(node: syntax.AtLeastOf, scope: Scope) -> core.Expr:
    operands = tuple(condition(name, scope, "`at least … of`") for name in node.names)
    seen: set[str] = set()
    for name in node.names:
        text = ".".join(part.text for part in name.names)
        if text in seen:
            scope.context.error("duplicate-value", name.span, f"`{text}` stands twice in this list", "leave one out")
        seen.add(text)
    if is_broken(*operands):
        return broken(node.span)
    number = node.number.value
    if number.denominator != 1 or not 1 <= number <= len(operands):
        why = "it always holds" if number < 1 else "it cannot hold" if number > len(operands) else "markers are counted whole"
        scope.context.error(
            "gate-out-of-reach",
            node.number.span,
            f"`at least {node.number.span.text}` of {len(operands)} decides nothing: {why}",
            f"ask for 1 to {len(operands)}" if len(operands) > 1 else "name the one thing alone",
        )
        return broken(node.span)
    kind = YES_NO.made_optional(any(o.type.optional for o in operands))
    return core.AtLeastOf(kind, node.span, int(number), operands)


CONDITIONS: dict[type, Elaborator] = {
    syntax.Compare: _compare,
    syntax.Known: _known,
    syntax.Within: _within,
    syntax.In: _in,
    syntax.Logic: _logic,
    syntax.Not: _not,
    syntax.AtLeastOf: _at_least_of,
}
