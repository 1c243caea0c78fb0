"""The values of bands: steps, and straight lines between points."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import combinations

from requite.dsl import program as core
from requite.engine.arithmetic import straight
from requite.engine.columnar import sql as s
from requite.engine.columnar.cells import Cell, of_number
from requite.engine.columnar.compiler import Compiler, Sight
from requite.engine.columnar.looking_up import Maker
from requite.engine.columnar.numbers import Arithmetic, Number
from requite.engine.columnar.sql import Sql
from requite.engine.columnar.words import as_text, show
from requite.engine.wording import QUOTED, words


def _band_read(node: core.BandRead, sight: Sight, c: Compiler) -> Cell:
    bands, operand, a = c.program.bands[node.bands], c.cell(node.operand, sight), c.arithmetic(sight)
    value = a.hold_number(operand.exact)
    branches = _straight(bands, value, a) if bands.straight else _stepped(bands, value, a)
    overlapping = [] if bands.straight else _overlapping(bands)
    number = a.choice(branches, None) if branches else a.nothing()
    top = number.top
    clash: Sql = s.false()
    if overlapping:
        count = sight.frame.hold(_sum([s.case([(condition, s.whole(1))], s.whole(0)) for condition, _ in branches]))
        clash = s.compare(">", count, s.whole(1))
        top = a.choose([(s.not_(clash), top)], None)
    number = Number(top, number.bottom)

    def lack() -> Sql:
        shown = show(operand, a, c.program.currency)
        outside = s.joined_text(f"m{words(node.operand.span, QUOTED)} is ", shown, f", outside the bands of {bands.name}")
        reason = s.case([(s.is_null(number.top.sql), outside)])
        if not overlapping:
            return reason
        places = [s.case([(condition, s.text(str(band.span)))]) for (condition, _), band in zip(branches, bands.bands, strict=True)]
        listed = s.call("concat_ws", s.text(" and "), *places)
        both = s.joined_text("c", as_text(count), f" bands of {bands.name} hold at once: ", listed)
        return s.case([(clash, both)], reason)

    cell = of_number(node.type, number, operand, lack=lack)
    return Cell(cell.type, cell.sql, True, cell.why, cell.conflicts or bool(overlapping), cell.number)


def _sum(parts: Sequence[Sql]) -> Sql:
    total = parts[0]
    for part in parts[1:]:
        total = s.plus(total, part)
    return total


def _stepped(bands: core.Bands, value: Number, a: Arithmetic) -> list[tuple[Sql, Number]]:
    branches = []
    for band in bands.bands:
        inside = []
        if band.lower is not None:
            inside.append(a.compare(">=" if band.lower_included else ">", value, a.constant(band.lower)))
        if band.upper is not None:
            inside.append(a.compare("<=" if band.upper_included else "<", value, a.constant(band.upper)))
        branches.append((s.all_of([*inside, s.is_there(value.top.sql)]), a.constant(band.value)))
    return branches


def _overlapping(bands: core.Bands) -> list[tuple[core.Band, core.Band]]:
    return [pair for pair in combinations(bands.bands, 2) if _meet(*pair)]


def _meet(one: core.Band, other: core.Band) -> bool:
    """Whether some value may lie in both."""

    def above(lower: core.Band, upper: core.Band) -> bool:
        if lower.lower is None or upper.upper is None:
            return False
        if lower.lower == upper.upper:
            return not (lower.lower_included and upper.upper_included)
        return lower.lower > upper.upper

    return not above(one, other) and not above(other, one)


def _straight(bands: core.Bands, value: Number, a: Arithmetic) -> list[tuple[Sql, Number]]:
    """Straight lines between the points: each a product with constants."""
    branches: list[tuple[Sql, Number]] = []
    for point in bands.bands:
        if point.lower is not None:
            found = straight(point.lower, bands)
            if found is not None:
                branches.append((a.equals(value, a.constant(point.lower)), a.constant(found[0])))
    for before, after in zip(bands.bands, bands.bands[1:], strict=False):
        start, end = before.lower, after.lower
        if start is None or end is None or start >= end:
            continue
        slope = (after.value - before.value) / (end - start)
        line = a.plus(a.times(a.minus(value, a.constant(start)), a.constant(slope)), a.constant(before.value))
        inside = [a.compare(">", value, a.constant(start)), a.compare("<", value, a.constant(end))]
        branches.append((s.all_of(inside), line))
    last = bands.bands[-1]
    if last.lower is not None and last.upper is None:
        branches.append((a.compare(">", value, a.constant(last.lower)), a.constant(last.value)))
    return branches


MAKERS: Mapping[type, Maker] = {core.BandRead: _band_read}
