"""Numbers that were probably meant as percentages, since 20 is 2,000%, and whole numbers compared with a part of one."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from typing import TypeGuard

from requite.dsl import program as core
from requite.dsl.diagnostics import Label
from requite.dsl.elaborate import as_written
from requite.dsl.scope import Scope
from requite.dsl.source import Span
from requite.dsl.types import Kind

WITHOUT_SIGN = {Kind.NUMBER, Kind.COUNT}


def check_sign(left: core.Expr, right: core.Expr, scope: Scope) -> None:
    """Warn of a number written out beside a percentage. Below 1 it can only be a part of the whole, and is left alone."""
    for one, other in ((left, right), (right, left)):
        if one.type.kind is Kind.PERCENT and other.type.kind in WITHOUT_SIGN and isinstance(other, core.Constant):
            _check(other.value, other.span, scope)


def check_part(part: core.Expr, scope: Scope) -> None:
    """Warn of `50 of savings`, which is fifty times the savings."""
    if part.type.kind in WITHOUT_SIGN and isinstance(part, core.Constant) and _at_least_one(part.value):
        plain = _shown(part.value)
        message = f"`{plain} of` is {plain} times what follows"
        help = f"write `{plain}% of`, or `{plain} *` if so many times is meant"
        scope.context.warn("percent-without-sign", part.span, message, help)


def check_whole(left: core.Expr, right: core.Expr, scope: Scope) -> None:
    """Warn of a whole number compared with a part of 1, such as 70%: how many of what it counts was probably meant."""
    for one, other in ((left, right), (right, left)):
        if one.type.kind is not Kind.COUNT or other.type.kind is not Kind.PERCENT or not isinstance(other, core.Constant):
            continue
        if isinstance(other.value, Fraction) and other.value.denominator != 1:
            name, percent = as_written(one.span), as_written(other.span)
            message = f"`{name}` is a whole number, and {percent} is {_shown(other.value)}"
            help = (
                f"divide it by what it is a part of, as in `{name} / {name}_in_all`, or say of what: `{percent} of {name}_in_all`"
            )
            scope.context.warn("whole-number-beside-percent", left.span.to(right.span), message, help)


def check_signs_of_bands(bands: core.Bands, key: core.Expr, scope: Scope) -> None:
    """Warn of bands between bare numbers that are read by a percentage."""
    if key.type.kind is not Kind.PERCENT or bands.operand_type.kind not in WITHOUT_SIGN:
        return
    edges = [edge for band in bands.bands for edge in (band.lower, band.upper) if edge is not None]
    _check(max(edges, key=abs, default=None), key.span, scope, (Label(bands.span, "the bands are here"),))


def _check(value: core.Scalar, span: Span, scope: Scope, labels: tuple[Label, ...] = ()) -> None:
    if _at_least_one(value):
        plain = _shown(value)
        message = f"a percentage is compared with {plain}, which is {_shown(value * 100)}%"
        help = f"write `{plain}%`, or `{_shown(value * 100)}%` if that is meant"
        scope.context.warn("percent-without-sign", span, message, help, labels)


def _at_least_one(value: core.Scalar) -> TypeGuard[Fraction]:
    return isinstance(value, Fraction) and abs(value) >= 1


def _shown(value: Fraction) -> str:
    return f"{Decimal(value.numerator) / value.denominator:,f}"
