"""Expressions as written → typed core expressions; a wrong one is reported once and becomes a broken constant."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

from requite.dsl import program as core
from requite.dsl import syntax, units
from requite.dsl.constants import CURRENCY_SIGNS, constant, unit_of_duration
from requite.dsl.diagnostics import Label
from requite.dsl.elaborate import condition, elaborate
from requite.dsl.facts import known_when
from requite.dsl.percentages import check_part, check_sign
from requite.dsl.scope import Elaborator, Scope, broken, is_broken
from requite.dsl.source import Span
from requite.dsl.types import COUNT, DATE, MONTHS, NUMBER, PERCENT, PLAIN_NUMBERS, QUANTITIES, TEXT, Kind, Type

# --- arithmetic -------------------------------------------------------------------------------------------------------


def _arithmetic(node: syntax.Arithmetic, scope: Scope) -> core.Expr:
    left, right = elaborate(node.left, scope), elaborate(node.right, scope)
    if node.operator == "of":
        check_part(left, scope)
    return combine(node.operator, left, right, node.span, scope)


def combine(operator: str, left: core.Expr, right: core.Expr, span: Span, scope: Scope) -> core.Expr:
    """`left operator right`, with its units checked."""
    if is_broken(left, right):
        return broken(span)
    result = units.result_of(operator, left.type, right.type)
    if result is None:
        message, help = units.why_not(operator, left.type, right.type)
        scope.context.error("wrong-units", span, message, help)
        return broken(span)
    if operator == "/" and isinstance(right, core.Constant) and right.value == 0:
        scope.context.error("division-by-zero", right.span, "nothing can be divided by zero", "check the figure below the line")
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
        scope.context.error(
            "wrong-units", node.span, f"a minus cannot stand before {operand.type.noun}", "a minus stands before a quantity"
        )
        return broken(node.span)
    if isinstance(operand, core.Constant) and isinstance(operand.value, Fraction):
        return replace(operand, value=-operand.value, span=node.span)
    return replace(_negated(operand), span=node.span)


def _per(node: syntax.Per, scope: Scope) -> core.Expr:
    amount, size, of = (elaborate(part, scope) for part in (node.amount, node.size, node.of))
    if is_broken(amount, size, of):
        return broken(node.span)
    if not units.comparable("<", size.type, of.type):
        scope.context.error(
            "wrong-units",
            node.of.span,
            f"`per … of` asks how often one goes into the other, and here are {size.type.noun} and {of.type.noun}",
            "write both in one unit: `£12,500 per 10,000 of list_size`",
        )
        return broken(node.span)
    ratio = combine("/", of, size, node.of.span, scope)
    if is_broken(ratio):
        return ratio
    if node.complete:
        ratio = core.Round(ratio.type, ratio.span, ratio, core.Rounding("down", Fraction(1)))
    return combine("*", amount, ratio, node.span, scope)


def _extreme(node: syntax.Extreme, scope: Scope) -> core.Expr:
    operands = tuple(elaborate(part, scope) for part in node.operands)
    if is_broken(*operands):
        return broken(node.span)
    unordered = next((o for o in operands if o.type.kind not in QUANTITIES | units.DATES), None)
    if unordered is not None:
        message = f"the greater and the lesser are told between amounts, numbers or dates, and this is {unordered.type.noun}"
        scope.context.error("wrong-units", unordered.span, message, "give each case a number, or choose with `when`")
        return broken(node.span)
    result: Type | None = operands[0].type
    for operand in operands[1:]:
        shared = units.common(result, operand.type) if result else None
        if shared is None:
            _differ(operands[0], operand, "the greater and the lesser are told between values", scope)
            return broken(node.span)
        result = shared
    assert result is not None
    return core.Extreme(result, node.span, node.greatest, operands)


def _differ(left: core.Expr, right: core.Expr, doing: str, scope: Scope) -> None:
    scope.context.error(
        "wrong-units",
        right.span,
        f"{doing} of one unit, and here are {left.type.noun} and {right.type.noun}",
        units.compare_help(left.type, right.type),
    )


def rounding(node: syntax.Rounding, scope: Scope, kind: Kind) -> core.Rounding | None:
    """A rounding as written, its step checked against the unit of what is rounded."""
    step = elaborate(node.unit, scope)
    if is_broken(step):
        return None
    if not _steps_fit(kind, step, node.unit.span, scope):
        return None
    if not isinstance(step, core.Constant) or not isinstance(step.value, Fraction) or step.value <= 0:
        scope.context.error("bad-rounding", node.unit.span, "the step of a rounding is above zero", "write `rounded to 1p`")
        return None
    return core.Rounding(node.direction, step.value)


def _steps_fit(kind: Kind, step: core.Expr, span: Span, scope: Scope) -> bool:
    """Whether a value may be rounded to a step of this unit, which is reported otherwise."""
    plain = units.NUMBERS
    if step.type.kind is kind or (step.type.kind in plain and kind in plain):
        return True
    scope.context.error(
        "wrong-units",
        span,
        f"{Type(kind).noun} is rounded to a step of the same unit, and this is {step.type.noun}",
        "write `rounded to 1p`, `rounded down to £1`, `rounded to 0.01%`",
    )
    return False


def _rounded(node: syntax.Rounded, scope: Scope) -> core.Expr:
    operand = elaborate(node.operand, scope)
    if is_broken(operand):
        return broken(node.span)
    if operand.type.kind not in QUANTITIES:
        scope.context.error(
            "wrong-units", node.operand.span, f"{operand.type.noun} cannot be rounded", "round an amount or a number"
        )
        return broken(node.span)
    if isinstance(node.rounding.unit, syntax.Path):
        return _rounded_to_step(node, operand, node.rounding.unit, scope)
    how = rounding(node.rounding, scope, operand.type.kind)
    if how is None:
        return broken(node.span)
    in_percent = isinstance(node.rounding.unit, syntax.Percent) and operand.type.kind in PLAIN_NUMBERS
    type_ = PERCENT.made_optional(operand.type.optional) if in_percent else operand.type
    return core.Round(type_, node.span, operand, how)


def _rounded_to_step(node: syntax.Rounded, operand: core.Expr, unit: syntax.Path, scope: Scope) -> core.Expr:
    """A value rounded to a step that a parameter gives: how many steps it has, rounded to whole ones, times the step."""
    step = elaborate(unit, scope)
    if is_broken(step):
        return broken(node.span)
    if not isinstance(step, core.ParameterRead):
        message, help = "a step is written out, or is a parameter", "write `rounded to £1`, or name a parameter"
        scope.context.error("bad-rounding", unit.span, message, help)
        return broken(node.span)
    parameter = scope.context.parameters[step.parameter]
    if any(isinstance(value.value, Fraction) and value.value <= 0 for value in parameter.values):
        message, help = (
            f"`{unit.span.text}` is not always above zero, so there is nothing to round to",
            "give it a value above zero",
        )
        scope.context.error("bad-rounding", unit.span, message, help, (Label(parameter.span, "the parameter"),))
        return broken(node.span)
    if not _steps_fit(operand.type.kind, step, unit.span, scope):
        return broken(node.span)
    optional = operand.type.optional or step.type.optional
    steps = core.Arithmetic(NUMBER.made_optional(optional), node.span, "/", operand, step)
    whole = core.Round(steps.type, node.span, steps, core.Rounding(node.rounding.direction, Fraction(1)))
    in_percent = step.type.kind is Kind.PERCENT and operand.type.kind in PLAIN_NUMBERS
    type_ = PERCENT if in_percent else operand.type
    return core.Arithmetic(type_.made_optional(optional), node.span, "*", whole, step)


def _scaled(node: syntax.Scaled, scope: Scope) -> core.Expr:
    parts = tuple(elaborate(part, scope) for part in (node.operand, node.lower, node.upper))
    if is_broken(*parts):
        return broken(node.span)
    for part in parts[1:]:
        if not units.comparable("<", parts[0].type, part.type):
            _differ(parts[0], part, "a scale runs between values", scope)
            return broken(node.span)
        check_sign(parts[0], part, scope)
    lower, upper = parts[1:]
    if isinstance(lower, core.Constant) and isinstance(upper, core.Constant) and lower.value == upper.value:
        scope.context.error("empty-scale", node.span, "this scale starts and ends at the same value", "give it two different ends")
        return broken(node.span)
    return core.Scaled(NUMBER.made_optional(any(p.type.optional for p in parts)), node.span, *parts)


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
        inner = scope.knowing(known_when(when, True, scope.context.columns)) if not is_broken(when) else scope
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
            scope = scope.knowing(known_when(case.condition, False, scope.context.columns))
    return scope


def _joined(result: Type | None, value: core.Expr, scope: Scope) -> Type:
    if result is None:
        return value.type
    shared = units.common(result, value.type)
    if shared is None:
        scope.context.error(
            "wrong-units",
            value.span,
            f"the cases of one value have one unit: the first is {result.noun}, and this is {value.type.noun}",
            units.compare_help(result, value.type),
        )
        return broken(value.span).type
    return shared


# --- dates ------------------------------------------------------------------------------------------------------------


def _date(node: syntax.Expr, scope: Scope, what: str, kinds: frozenset[Kind] = frozenset({Kind.DATE})) -> core.Expr:
    expression = elaborate(node, scope)
    if is_broken(expression) or expression.type.kind in kinds:
        return expression
    *first, last = [Type(kind).noun for kind in Kind if kind in kinds]
    wanted = f"{', '.join(first)} or {last}" if first else last
    scope.context.error(
        "wrong-units",
        node.span,
        f"{what} needs {wanted}, and this is {expression.type.noun}",
        "name a date field, such as `discharged`",
    )
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


YEARS = ("financial year", "calendar year")
NUMBERED = frozenset({Kind.COUNT, Kind.NUMBER})
"""A year may be told by its number: the financial year of 2014 begins in 2014."""


def _period_of(node: syntax.PeriodOf, scope: Scope) -> core.Expr:
    kinds = frozenset({Kind.DATE, *(NUMBERED if node.period in YEARS else ())})
    operand = _date(node.operand, scope, f"`{node.period} of`", kinds)
    if is_broken(operand):
        return broken(node.span)
    if operand.type.kind in NUMBERED:
        day = DATE.made_optional(operand.type.optional)
        operand = core.YearBegins(day, node.operand.span, node.period, operand)
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
    if isinstance(node, syntax.Date) and node.refused:
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
            syntax.Nothing, syntax.DateRange, syntax.Onwards,
        ),
        _literal,
    ),
}  # fmt: skip
