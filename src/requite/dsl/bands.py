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
        good = _check_points(bands, context) if node.straight else _check_edges(bands, node.bands, context)
        if not good:
            kind = BROKEN
    title = node.title.value if node.title else ""
    return core.Bands(name, title, by, kind, node.straight, bands, (), node.name.span)


def _one_type(nodes: list[syntax.Expr], what: str, context: Context) -> Type:
    result: Type | None = None
    for node in nodes:
        value, kind = _value(node)
        if value is None or kind.kind not in QUANTITIES:
            context.error(
                "wrong-type",
                node.span,
                f"the {what} of bands are amounts, numbers or percentages",
                "write them like 2%, £500 or 10",
            )
            return BROKEN
        if isinstance(node, syntax.Money) and node.currency != context.currency:
            sign = CURRENCY_SIGNS.get(context.currency, context.currency)
            context.error("wrong-currency", node.span, f"this ruleset reckons in {context.currency}", f"write {sign}")
            return BROKEN
        if result is not None and result.kind is not kind.kind and units.common(result, kind) is None:
            context.error(
                "wrong-units",
                node.span,
                f"the {what} of these bands are not of one unit: the first is {result.noun}, and this is {kind.noun}",
                "write them in one unit",
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


def _check_edges(bands: tuple[core.Band, ...], nodes: tuple[syntax.Band, ...], context: Context) -> bool:
    """Whether bands rise without a gap or an overlap; each place where they do not is reported."""
    good = True
    for band in bands:
        if band.lower is not None and band.upper is not None and band.lower >= band.upper:
            closed = band.lower == band.upper and band.lower_included and band.upper_included
            if not closed:
                context.error("empty-band", band.span, "this band ends before it begins", "write the lower edge first")
                good = False
    for first, second in pairwise(bands) if good else ():
        if first.lower is not None and second.upper is not None and second.upper <= first.lower:
            context.error("bands-out-of-order", second.span, "bands stand in rising order", "move this one up", _before(first))
            good = False
    if not good:
        return False
    apart = [one for one, other in pairwise(zip(bands, nodes, strict=True)) if not _meets(one, other, context)]
    return not apart


def _before(band: core.Band) -> tuple[Label, ...]:
    return (Label(band.span, "the band before"),)


def _meets(one: tuple[core.Band, syntax.Band], other: tuple[core.Band, syntax.Band], context: Context) -> bool:
    (first, first_node), (second, second_node) = one, other
    edge = " ".join(first_node.upper.span.text.split()) if first_node.upper else ""
    start = " ".join(second_node.lower.span.text.split()) if second_node.lower else ""
    message, code, help = "", "bands-overlap", _edge_help(first, second)
    if first.upper is None or second.lower is None or first.upper > second.lower:
        message = "this band overlaps the one before"
    elif first.upper < second.lower:
        code, message = "bands-gap", f"what lies between {edge} and {start} has no band"
    elif first.upper_included and second.lower_included:
        message = f"{edge} belongs to this band and to the one before"
        help = f"let it belong to one of them: `… below {edge}` in the band before, or `above {edge} …` in this one"
    elif not first.upper_included and not second.lower_included:
        code, message = "bands-gap", f"{edge} belongs to neither this band nor the one before"
        help = f"let it belong to one of them: `… to {edge}` in the band before, or `{edge} to …` in this one"
    if message:
        context.error(code, second.span, message, help, _before(first))
    return not message


def _edge_help(first: core.Band, second: core.Band) -> str:
    if first.upper is None:
        return "the band before has no upper edge: give it one, such as `2% to below 4%`"
    if second.lower is None:
        return "only the first band has no lower edge: write `2% to below 4%`"
    if first.lower == first.upper and second.lower == second.upper:
        return "for straight lines between points, write `straight` after `by …`; otherwise say how far each band reaches"
    return "a band begins where the one before it ends"


def _check_points(bands: tuple[core.Band, ...], context: Context) -> bool:
    for at, band in enumerate(bands):
        is_point = band.lower is not None and band.lower == band.upper
        is_last = at == len(bands) - 1 and band.lower is not None and band.upper is None
        if not (is_point or is_last):
            context.error("not-a-point", band.span, "straight bands are points: one value before the colon", "write `5,000: 3.9%`")
            return False
    for first, second in pairwise(bands):
        if first.lower is None or second.lower is None or first.lower >= second.lower:
            context.error(
                "bands-out-of-order",
                second.span,
                "the points stand in rising order",
                "move this one up",
                (Label(first.span, "the point before"),),
            )
            return False
    return True
