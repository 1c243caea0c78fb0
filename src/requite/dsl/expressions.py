"""Expressions as written → typed core expressions; a wrong one is reported once and becomes a broken constant."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

from requite.dsl import program as core
from requite.dsl import syntax, units
from requite.dsl.constants import CURRENCY_SIGNS, constant, unit_of_duration
from requite.dsl.elaborate import condition, elaborate
from requite.dsl.facts import known_when
from requite.dsl.names import did_you_mean, listed
from requite.dsl.paths import resolves
from requite.dsl.scope import Elaborator, Scope, broken, is_broken
from requite.dsl.source import Span
from requite.dsl.types import COUNT, DATE, MONTHS, NUMBER, QUANTITIES, TEXT, YES_NO, Kind, Type

# --- arithmetic -------------------------------------------------------------------------------------------------------


def _arithmetic(node: syntax.Arithmetic, scope: Scope) -> core.Expr:
    return combine(node.operator, elaborate(node.left, scope), elaborate(node.right, scope), node.span, scope)


def combine(operator: str, left: core.Expr, right: core.Expr, span: Span, scope: Scope) -> core.Expr:
    """`left operator right`, with its units checked."""
    if is_broken(left, right):
        return broken(span)
    result = units.result_of(operator, left.type, right.type)
    if result is None:
        message, help = units.why_not(operator, left.type, right.type)
        scope.context.error("wrong-units", span, message, help)
        return broken(span)
    result = result.made_optional(left.type.optional or right.type.optional)
    kinds = (left.type.kind, right.type.kind)
    if kinds[0] in units.DATES and kinds[1] in units.TIMES:
        amount = right if operator == "+" else _negated(right)
        return core.AddTime(result, span, left, amount, units.TIME_UNITS[right.type.kind])
    if kinds[1] in units.DATES and kinds[0] in units.TIMES:
        return core.AddTime(result, span, right, left, units.TIME_UNITS[left.type.kind])
    if result.kind in (Kind.DAYS, Kind.HOURS) and kinds[0] in units.DATES:
        return core.Elapsed(result, span, units.TIME_UNITS[result.kind], right, left)
    return core.Arithmetic(result, span, "*" if operator == "of" else operator, left, right)


def _negated(expression: core.Expr) -> core.Expr:
    zero = core.Constant(expression.type.required, expression.span, Fraction(0))
    return core.Arithmetic(expression.type, expression.span, "-", zero, expression)


def _negative(node: syntax.Negative, scope: Scope) -> core.Expr:
    operand = elaborate(node.operand, scope)
    if is_broken(operand):
        return operand
    if operand.type.kind not in QUANTITIES:
        scope.context.error("wrong-units", node.span, f"{operand.type} cannot have a minus", "")
        return broken(node.span)
    if isinstance(operand, core.Constant) and isinstance(operand.value, Fraction):
        return replace(operand, value=-operand.value, span=node.span)
    return replace(_negated(operand), span=node.span)


def _per(node: syntax.Per, scope: Scope) -> core.Expr:
    amount, size, of = (elaborate(part, scope) for part in (node.amount, node.size, node.of))
    if is_broken(amount, size, of):
        return broken(node.span)
    ratio = combine("/", of, size, node.of.span, scope)
    if is_broken(ratio):
        return ratio
    if ratio.type.kind is not Kind.NUMBER:
        scope.context.error(
            "wrong-units",
            node.of.span,
            f"`per` counts how many times {size.type} goes into {of.type}, and their units differ",
            "write `£12,500 per 10,000 of list_size`",
        )
        return broken(node.span)
    if node.complete:
        ratio = core.Round(ratio.type, ratio.span, ratio, core.Rounding("down", Fraction(1)))
    return combine("*", amount, ratio, node.span, scope)


def _extreme(node: syntax.Extreme, scope: Scope) -> core.Expr:
    operands = tuple(elaborate(part, scope) for part in node.operands)
    if is_broken(*operands):
        return broken(node.span)
    result: Type | None = operands[0].type
    for operand in operands[1:]:
        shared = units.common(result, operand.type) if result else None
        if shared is None or shared.kind not in QUANTITIES | units.DATES:
            _differ(operands[0], operand, "the greater or lesser is taken", scope)
            return broken(node.span)
        result = shared
    assert result is not None
    return core.Extreme(result, node.span, node.greatest, operands)


def _differ(left: core.Expr, right: core.Expr, doing: str, scope: Scope) -> None:
    scope.context.error(
        "wrong-units",
        right.span,
        f"{doing} of values in one unit, and here are {left.type} and {right.type}",
        units.compare_help(left.type, right.type),
    )


def rounding(node: syntax.Rounding, scope: Scope, kind: Kind) -> core.Rounding | None:
    """A rounding as written, its step checked against the unit of what is rounded."""
    step = elaborate(node.unit, scope)
    if is_broken(step):
        return None
    plain = units.NUMBERS
    fits = step.type.kind is kind or (step.type.kind in plain and kind in plain)
    if not fits:
        scope.context.error(
            "wrong-units",
            node.unit.span,
            f"{kind.value} is rounded to a step of {kind.value}, and this is {step.type}",
            "write `rounded to 1p`, `rounded down to £1`, `rounded to 0.01%`",
        )
        return None
    if not isinstance(step, core.Constant) or not isinstance(step.value, Fraction) or step.value <= 0:
        scope.context.error("bad-rounding", node.unit.span, "the step of a rounding is above zero", "write `rounded to 1p`")
        return None
    return core.Rounding(node.direction, step.value)


def _rounded(node: syntax.Rounded, scope: Scope) -> core.Expr:
    operand = elaborate(node.operand, scope)
    if is_broken(operand):
        return broken(node.span)
    if operand.type.kind not in QUANTITIES:
        scope.context.error("wrong-units", node.operand.span, f"{operand.type} cannot be rounded", "round a quantity")
        return broken(node.span)
    how = rounding(node.rounding, scope, operand.type.kind)
    return core.Round(operand.type, node.span, operand, how) if how else broken(node.span)


def _scaled(node: syntax.Scaled, scope: Scope) -> core.Expr:
    parts = tuple(elaborate(part, scope) for part in (node.operand, node.lower, node.upper))
    if is_broken(*parts):
        return broken(node.span)
    for part in parts[1:]:
        if not units.comparable("<", parts[0].type, part.type):
            _differ(parts[0], part, "a scale runs", scope)
            return broken(node.span)
    lower, upper = parts[1:]
    if isinstance(lower, core.Constant) and isinstance(upper, core.Constant) and lower.value == upper.value:
        scope.context.error("empty-scale", node.span, "this scale starts and ends at the same value", "give it two different ends")
        return broken(node.span)
    return core.Scaled(NUMBER.made_optional(any(p.type.optional for p in parts)), node.span, *parts)


# --- conditions -------------------------------------------------------------------------------------------------------


def _compare(node: syntax.Compare, scope: Scope) -> core.Expr:
    left = elaborate(node.left, scope)
    if is_broken(left):
        _mute(node.right, scope)
        return broken(node.span)
    right = word_or_value(node.right, left.type, scope)
    if is_broken(right):
        return broken(node.span)
    if not units.comparable(node.operator, left.type, right.type):
        scope.context.error(
            "wrong-units" if left.type.kind is not Kind.CHOICE else "not-one-of",
            node.span,
            f"{left.type} cannot be compared with {right.type}",
            units.compare_help(left.type, right.type),
        )
        return broken(node.span)
    optional = left.type.optional or right.type.optional
    return core.Compare(YES_NO.made_optional(optional), node.span, node.operator, left, right)


def _mute(node: syntax.Expr, scope: Scope) -> None:
    """Marks names as used without reporting anything: the other side is wrong already."""
    before = len(scope.context.diagnostics)
    if not isinstance(node, syntax.Path) or len(node.names) > 1:
        elaborate(node, scope)
    del scope.context.diagnostics[before:]


def word_or_value(node: syntax.Expr, beside: Type, scope: Scope) -> core.Expr:
    """The right side of a comparison: beside a `one of`, a bare word or a text is one of its values."""
    is_word = isinstance(node, syntax.Path) and len(node.names) == 1
    if beside.kind is Kind.CHOICE and (is_word or isinstance(node, syntax.Text)):
        word = node.value if isinstance(node, syntax.Text) else node.names[0].text  # type: ignore[union-attr]  # a Path by is_word
        if word in beside.choices:
            return core.Constant(beside.required, node.span, word)
        if isinstance(node, syntax.Text) or not resolves(node, scope):  # type: ignore[arg-type]  # a Path by is_word
            scope.context.error(
                "not-one-of",
                node.span,
                f"`{word}` is none of the values here",
                did_you_mean(word, beside.choices, f"it is one of {listed(beside.choices)}"),
            )
            return broken(node.span)
    if beside.kind is Kind.TEXT and is_word and not resolves(node, scope):  # type: ignore[arg-type]  # a Path by is_word
        word = node.names[0].text  # type: ignore[union-attr]  # a Path by is_word
        scope.context.error(
            "unknown-name", node.span, f"`{word}` is no name here", f'if the text itself is meant, put it in quotes: "{word}"'
        )
        return broken(node.span)
    return elaborate(node, scope)


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
            f"`within … {node.whence}` stands between two dates, and here are {operand.type} and {anchor.type}",
            "write `referred within 180 days before this.admitted`",
        )
        return broken(node.span)
    if length.type.kind not in units.TIMES:
        scope.context.error(
            "wrong-units",
            node.length.span,
            f"`within` needs a length of time, and this is {length.type}",
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
        label = ".".join(name.text for name in node.codes.names)
        module = scope.module.aliases.get(node.codes.names[0].text) if len(node.codes.names) > 1 else scope.module
        symbol = module.find_kind(node.codes.names[-1].text, ["codes"]) if module else None
        if symbol is None:
            if not scope.module.is_broken(label):
                known = scope.module.labels(["codes"])
                scope.context.error(
                    "unknown-name",
                    node.codes.span,
                    f"there is no code list `{label}`",
                    did_you_mean(label, known, 'declare it: `codes emergency are "21", "22"`'),
                )
            return broken(node.span)
        scope.context.used.add(symbol.name)
        codes, values = symbol.name, scope.context.codes.get(symbol.name, ())
    if is_broken(operand) or values is None:
        return broken(node.span)
    if operand.type.kind not in units.WORDS:
        scope.context.error(
            "wrong-units",
            node.operand.span,
            f"`in` asks for a text or a `one of`, and this is {operand.type}",
            "compare numbers and dates with = or >=",
        )
        return broken(node.span)
    kind = YES_NO.made_optional(operand.type.optional)
    found = core.IsOneOf(kind, node.span, operand, values, codes)
    return core.Not(kind, node.span, found) if node.negated else found


def _values_in(node: syntax.In, operand: core.Expr, scope: Scope) -> tuple[str, ...] | None:
    values: list[str] = []
    for value in node.values:
        found = word_or_value(value, operand.type, scope) if not is_broken(operand) else broken(value.span)
        if is_broken(found):
            return None
        if not isinstance(found, core.Constant) or not isinstance(found.value, str):
            scope.context.error(
                "not-a-word", value.span, "the values in brackets are words or texts", "write `in (day_case, elective)`"
            )
            return None
        values.append(found.value)
    return tuple(values)


def _logic(node: syntax.Logic, scope: Scope) -> core.Expr:
    operands: list[core.Expr] = []
    for part in node.operands:
        operand = condition(part, scope, f"`{node.operator}`")
        operands.append(operand)
        scope = scope.knowing(known_when(operand, node.operator == "and"))
    if is_broken(*operands):
        return broken(node.span)
    kind = YES_NO.made_optional(any(o.type.optional for o in operands))
    return core.Logic(kind, node.span, node.operator, tuple(operands))


def _not(node: syntax.Not, scope: Scope) -> core.Expr:
    operand = condition(node.operand, scope, "`not`")
    return operand if is_broken(operand) else core.Not(operand.type, node.span, operand)


def _at_least_of(node: syntax.AtLeastOf, scope: Scope) -> core.Expr:
    operands = tuple(condition(name, scope, "`at least … of`") for name in node.names)
    if is_broken(*operands):
        return broken(node.span)
    number = node.number.value
    if number.denominator != 1 or not 1 <= number <= len(operands):
        scope.context.error(
            "gate-out-of-reach",
            node.number.span,
            f"`at least {node.number.span.text} of` {len(operands)} can never decide anything",
            f"ask for 1 to {len(operands)}",
        )
        return broken(node.span)
    kind = YES_NO.made_optional(any(o.type.optional for o in operands))
    return core.AtLeastOf(kind, node.span, int(number), operands)


# --- choices ----------------------------------------------------------------------------------------------------------


def _else(node: syntax.Else, scope: Scope) -> core.Expr:
    operand, fallback = elaborate(node.operand, scope), elaborate(node.fallback, scope)
    if is_broken(operand, fallback):
        return broken(node.span)
    shared = units.common(operand.type, fallback.type)
    if shared is None:
        _differ(operand, fallback, "`else` chooses between values", scope)
        return broken(node.span)
    kind = replace(shared, optional=operand.type.optional and fallback.type.optional)
    return core.Else(kind, node.span, operand, fallback)


def _cases(node: syntax.Cases, scope: Scope) -> core.Expr:
    cases: list[core.Case] = []
    result: Type | None = None
    for case in node.cases:
        when = condition(case.condition, scope, "`when`")
        inner = scope.knowing(known_when(when, True)) if not is_broken(when) else scope
        value = elaborate(case.value, inner)
        result = _joined(result, value, scope)
        optional = value.type.optional or when.type.optional
        cases.append(core.Case(value.type.made_optional(optional), case.span, value, when))
    otherwise = None
    if node.otherwise is not None:
        otherwise = elaborate(node.otherwise, _after(cases, scope))
        result = _joined(result, otherwise, scope)
    parts = (*(c.value for c in cases), *(c.condition for c in cases), *([otherwise] if otherwise else []))
    if is_broken(*parts) or result is None or result.kind is Kind.BROKEN:
        return broken(node.span)
    optional = any(part.type.optional for part in parts)
    return core.Cases(replace(result, optional=optional), node.span, tuple(cases), otherwise)


def _after(cases: list[core.Case], scope: Scope) -> Scope:
    for case in cases:
        if not is_broken(case.condition):
            scope = scope.knowing(known_when(case.condition, False))
    return scope


def _joined(result: Type | None, value: core.Expr, scope: Scope) -> Type:
    if result is None:
        return value.type
    shared = units.common(result, value.type)
    if shared is None:
        scope.context.error(
            "wrong-units",
            value.span,
            f"the cases of one value are of one unit: the first is {result}, and this is {value.type}",
            units.compare_help(result, value.type),
        )
        return broken(value.span).type
    return shared


# --- dates ------------------------------------------------------------------------------------------------------------


def _date(node: syntax.Expr, scope: Scope, what: str, kinds: frozenset[Kind] = frozenset({Kind.DATE})) -> core.Expr:
    expression = elaborate(node, scope)
    if is_broken(expression) or expression.type.kind in kinds:
        return expression
    scope.context.error("wrong-units", node.span, f"{what} needs a date, and this is {expression.type}", "")
    return broken(node.span)


def _whole(node: syntax.Whole, scope: Scope) -> core.Expr:
    kinds = frozenset({Kind.MOMENT}) if node.unit == "hours" else frozenset({Kind.DATE})
    start, end = (_date(part, scope, f"`whole {node.unit}`", kinds) for part in (node.start, node.end))
    if is_broken(start, end):
        return broken(node.span)
    kind = {"years": COUNT, "months": MONTHS}.get(node.unit) or unit_of_duration(node.unit)
    return core.WholeBetween(kind.made_optional(start.type.optional or end.type.optional), node.span, node.unit, start, end)


def _age(node: syntax.Age, scope: Scope) -> core.Expr:
    on, born = (_date(part, scope, "`age on … born …`") for part in (node.on, node.born))
    if is_broken(on, born):
        return broken(node.span)
    return core.WholeBetween(COUNT.made_optional(on.type.optional or born.type.optional), node.span, "years", born, on)


def _period_of(node: syntax.PeriodOf, scope: Scope) -> core.Expr:
    operand = _date(node.operand, scope, f"`{node.period} of`")
    if is_broken(operand):
        return broken(node.span)
    if node.edge:
        kind = DATE.made_optional(operand.type.optional)
        return core.PeriodEdge(kind, node.span, node.period, node.edge, operand)
    return core.PeriodLabel(TEXT.made_optional(operand.type.optional), node.span, node.period, operand)


# --- literals ---------------------------------------------------------------------------------------------------------


def _literal(node: syntax.Literal, scope: Scope) -> core.Expr:
    if isinstance(node, syntax.Money) and node.currency != scope.context.currency:
        sign = CURRENCY_SIGNS.get(scope.context.currency, scope.context.currency)
        scope.context.error(
            "wrong-currency",
            node.span,
            f"this ruleset reckons in {scope.context.currency}, and this amount is in {node.currency}",
            f"write the amount with {sign}, or say `currency {node.currency}` under `ruleset`",
        )
        return broken(node.span)
    value, kind = constant(node)
    if value is None:
        scope.context.error(
            "value-out-of-place", node.span, f"`{node.span.text}` can stand only in rows and examples", "use a value or a name"
        )
        return broken(node.span)
    return core.Constant(kind, node.span, value)


OPERATORS: dict[type, Elaborator] = {
    syntax.Arithmetic: _arithmetic,
    syntax.Per: _per,
    syntax.Negative: _negative,
    syntax.Compare: _compare,
    syntax.Known: _known,
    syntax.Within: _within,
    syntax.In: _in,
    syntax.Logic: _logic,
    syntax.Not: _not,
    syntax.AtLeastOf: _at_least_of,
    syntax.Else: _else,
    syntax.Cases: _cases,
    syntax.Rounded: _rounded,
    syntax.Scaled: _scaled,
    syntax.Extreme: _extreme,
    syntax.Whole: _whole,
    syntax.Age: _age,
    syntax.PeriodOf: _period_of,
    **dict.fromkeys(
        (
            syntax.Number, syntax.Percent, syntax.Money, syntax.Date, syntax.Moment, syntax.Duration, syntax.Text,
            syntax.Nothing, syntax.DateRange,
        ),
        _literal,
    ),
}  # fmt: skip
