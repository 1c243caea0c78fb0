"""Bands as written → bands in rising order, without a gap or an overlap."""

from __future__ import annotations

from fractions import Fraction
from itertools import pairwise

from requite.dsl import program as core
from requite.dsl import syntax, units
from requite.dsl.constants import CURRENCY_SIGNS, constant
from requite.dsl.diagnostics import Label
from requite.dsl.scope import Context
from requite.dsl.types import BROKEN, QUANTITIES, Kind, Type


def read_bands(name: str, node: syntax.Bands, context: Context) -> core.Bands:
    """Bands typed and checked; a wrong one leaves the whole of type BROKEN, so that nothing cascades."""
    edges = [edge for band in node.bands for edge in (band.lower, band.upper) if edge is not None]
    by, kind = _one_type(edges, "edges", context), _one_type([band.value for band in node.bands], "values", context)
    bands = tuple(_band(band) for band in node.bands)
    if Kind.BROKEN not in (by.kind, kind.kind):
        good = _check_points(bands, context) if node.straight else _check_edges(bands, context)
        if not good:
            kind = BROKEN
    title = node.title.value if node.title else ""
    return core.Bands(name, title, by, kind, node.straight, bands, (), node.name.span)


def _one_type(nodes: list[syntax.Expr], what: str, context: Context) -> Type:
    result: Type | None = None
    for node in nodes:
        value, kind = _value(node)
        if value is None or kind.kind not in QUANTITIES:
            context.error("wrong-type", node.span, f"the {what} of bands are quantities", "write them like 2%, £500 or 10")
            return BROKEN
        if isinstance(node, syntax.Money) and node.currency != context.currency:
            sign = CURRENCY_SIGNS.get(context.currency, context.currency)
            context.error("wrong-currency", node.span, f"this ruleset reckons in {context.currency}", f"write {sign}")
            return BROKEN
        if result is not None and result.kind is not kind.kind and units.common(result, kind) is None:
            context.error(
                "wrong-units", node.span, f"the {what} of these bands are {result}, and this is {kind}", "write them in one unit"
            )
            return BROKEN
        result = units.common(result, kind) if result else kind
    return result or BROKEN


def _value(node: syntax.Expr) -> tuple[Fraction | None, Type]:
    if isinstance(node, syntax.Negative):
        inner, kind = _value(node.operand)
        return (-inner if inner is not None else None), kind
    value, kind = constant(node)
    return (value if isinstance(value, Fraction) else None), kind


def _band(node: syntax.Band) -> core.Band:
    lower = _value(node.lower)[0] if node.lower is not None else None
    upper = _value(node.upper)[0] if node.upper is not None else None
    value = _value(node.value)[0]
    return core.Band(lower, node.lower_included, upper, node.upper_included, value or Fraction(0), node.span)


def _check_edges(bands: tuple[core.Band, ...], context: Context) -> bool:
    good = True
    for band in bands:
        if band.lower is not None and band.upper is not None and band.lower >= band.upper:
            closed = band.lower == band.upper and band.lower_included and band.upper_included
            if not closed:
                context.error("empty-band", band.span, "this band ends before it begins", "write the lower edge first")
                good = False
    for first, second in pairwise(bands):
        if good and not _meets(first, second, context):
            good = False
    return good


def _meets(first: core.Band, second: core.Band, context: Context) -> bool:
    here = (Label(first.span, "the band before"),)
    if first.upper is None or second.lower is None or first.upper > second.lower:
        lower, upper = (first.lower, second.upper) if first.upper is not None else (None, None)
        if second.lower is None or (upper is not None and lower is not None and upper <= lower):
            context.error("bands-out-of-order", second.span, "bands stand in rising order", "move this one up", here)
        else:
            context.error("bands-overlap", second.span, "this band overlaps the one before", _edge_help(first), here)
        return False
    if first.upper < second.lower:
        context.error(
            "bands-gap", second.span, "between this band and the one before some values have no band", _edge_help(first), here
        )
        return False
    if first.upper_included and second.lower_included:
        context.error(
            "bands-overlap",
            second.span,
            "the edge between this band and the one before belongs to both",
            "write `0% to below 2%` then `2% to below 4%`, or `above 2% to 4%`",
            here,
        )
        return False
    if not first.upper_included and not second.lower_included:
        context.error(
            "bands-gap", second.span, "the edge between this band and the one before belongs to neither", "include it in one", here
        )
        return False
    return True


def _edge_help(first: core.Band) -> str:
    return "a band begins where the one before it ends" if first.upper is not None else "the band before has no upper edge"


def _check_points(bands: tuple[core.Band, ...], context: Context) -> bool:
    for at, band in enumerate(bands):
        is_point = band.lower is not None and band.lower == band.upper
        is_last = at == len(bands) - 1 and band.lower is not None and band.upper is None
        if not (is_point or is_last):
            context.error(
                "not-a-point", band.span, "straight bands are points: one value before the colon", "write `5,000: 3.9%`"
            )
            return False
    for first, second in pairwise(bands):
        if first.lower is None or second.lower is None or first.lower >= second.lower:
            context.error(
                "bands-out-of-order", second.span, "the points stand in rising order", "move this one up", (Label(first.span, "before"),)
            )
            return False
    return True
