"""Percentages compared with numbers that were probably meant as percentages: 20 is 2,000%."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

from requite.dsl import program as core
from requite.dsl.diagnostics import Label
from requite.dsl.scope import Scope
from requite.dsl.source import Span
from requite.dsl.types import Kind

WITHOUT_SIGN = {Kind.NUMBER, Kind.COUNT}


def check_sign(left: core.Expr, right: core.Expr, scope: Scope) -> None:
    """Warn of a number written out beside a percentage. Below 1 it can only be a part of the whole, and is left alone."""
    for one, other in ((left, right), (right, left)):
        if one.type.kind is Kind.PERCENT and other.type.kind in WITHOUT_SIGN and isinstance(other, core.Constant):
            _check(other.value, other.span, scope)


def check_signs_of_bands(bands: core.Bands, key: core.Expr, scope: Scope) -> None:
    """Warn of bands between bare numbers that are read by a percentage."""
    if key.type.kind is not Kind.PERCENT or bands.operand_type.kind not in WITHOUT_SIGN:
        return
    edges = [edge for band in bands.bands for edge in (band.lower, band.upper) if edge is not None]
    _check(max(edges, key=abs, default=None), key.span, scope, (Label(bands.span, "the bands are here"),))


def _check(value: core.Scalar, span: Span, scope: Scope, labels: tuple[Label, ...] = ()) -> None:
    if isinstance(value, Fraction) and abs(value) >= 1:
        plain = _shown(value)
        message = f"a percentage is compared with {plain}, which is {_shown(value * 100)}%"
        help = f"write `{plain}%`, or `{_shown(value * 100)}%` if that is meant"
        scope.context.warn("percent-without-sign", span, message, help, labels)


def _shown(value: Fraction) -> str:
    return f"{Decimal(value.numerator) / value.denominator:,f}"
