"""Shown figures and figures carried forward, with their exact text."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fractions import Fraction

from requite.dsl import program as core
from requite.dsl.types import QUANTITIES, Kind
from requite.engine.columnar import sql as s
from requite.engine.columnar.cells import Cell
from requite.engine.columnar.checking import shown
from requite.engine.columnar.compiler import Compiler, Sight
from requite.engine.columnar.frames import StoredRows
from requite.engine.columnar.gates import gate_stops, without_letter
from requite.engine.columnar.numbers import Arithmetic, Number, Whole
from requite.engine.columnar.sql import Sql
from requite.engine.columnar.words import as_text, key_words, plain
from requite.engine.results import DECIMALS, PENNY_DECIMALS, ends_below

FULL = 37
"""The most decimals of a figure that is written exactly where its denominator differs from row to row."""


@dataclass(frozen=True, eq=False)
class ShownFigure:
    """A figure for each row of its record: `value` and `exact` as texts, NULL where it is missing, and then why."""

    figure: core.Shown
    value: Sql
    exact: Sql
    reason: Sql
    number: Number | None
    cell: Cell


def figure(declared: core.Shown, sight: Sight, c: Compiler) -> ShownFigure:
    """A shown figure."""
    cell = c.cell(declared.value, sight)
    a = c.arithmetic(sight)
    reason = s.coalesce(without_letter(cell.why()), s.text("")) if cell.missing else s.text("")
    kind = cell.type.kind
    if kind in QUANTITIES:
        number = a.hold_number(cell.exact)
        factor, sign = (Fraction(100), "%") if str(cell.type) == "percent" else (Fraction(1), "")
        least = PENNY_DECIMALS if str(cell.type) == "money" else 0
        scaled = a.hold_number(a.times(number, a.constant(factor)))
        value = s.joined_text(rounded_text(scaled, least, a), sign)
        exact = s.joined_text(exact_text(scaled, least, a), sign)
        return ShownFigure(declared, value, exact, reason, number, cell)
    if kind in (Kind.ROW, Kind.PERIOD):
        text = shown(declared.value, sight, c)
        value = s.case([(cell.known, text)]) if cell.missing else text
    elif kind is Kind.MOMENT:
        value = as_text(cell.sql)
    else:
        value = plain(cell, a)
    return ShownFigure(declared, value, value, reason, None, cell)


def rounded_text(number: Number, least: int, a: Arithmetic) -> Sql:
    """A number in plain decimals, at most twelve of them."""
    unit = Fraction(1, 10**DECIMALS)
    exact = number.scale is not None and 10**DECIMALS % number.scale == 0
    steps = a.held(a.brought_to(number, 10**DECIMALS) if exact else a.whole_steps(number, unit, "half even"))
    return _digits(steps, DECIMALS, least, a)


def exact_text(number: Number, least: int, a: Arithmetic) -> Sql:
    """A number in plain decimals where they end, else as a fraction of whole numbers in lowest terms."""
    scale = number.scale
    if scale is not None and ends_below(scale):
        decimals = next(n for n in range(64) if 10**n % scale == 0)
        return _digits(a.held(a.brought_to(number, 10**decimals)), decimals, least, a)
    top, bottom = a.held(number.top), a.held(number.bottom)
    shared = a.dialect.common_divisor(a.held(a.magnitude(top)).sql, bottom.sql, bottom.high)
    common = a.held(Whole(shared, 1, max(bottom.high, 1)))
    top, bottom = a.held(a.divide(top, common)), a.held(a.divide(bottom, common))
    ten = a.whole(10**FULL)
    ends = s.equal(s.remainder(ten.sql, bottom.sql), s.whole(0))
    size = a.held(a.magnitude(top))
    rest = a.multiply(a.remainder(size, bottom), a.divide(ten, bottom))
    sign = s.case([(s.compare("<", top.sql, s.whole(0)), s.text("-"))], s.text(""))
    decimals_text = _trimmed(as_text(rest.sql), FULL, least, a)
    in_decimals = s.joined_text(sign, as_text(a.divide(size, bottom).sql), decimals_text)
    return s.case([(ends, in_decimals)], s.joined_text(as_text(top.sql), "/", as_text(bottom.sql)))


def _digits(steps: Whole, decimals: int, least: int, a: Arithmetic) -> Sql:
    """A whole number of steps of 10^-decimals in plain decimals, at least so many of them."""
    sign = s.case([(s.compare("<", steps.sql, s.whole(0)), s.text("-"))], s.text(""))
    size = a.held(a.magnitude(steps))
    if decimals == 0:
        return s.joined_text(sign, as_text(size.sql), "." + "0" * least if least else "")
    ten = a.whole(10**decimals)
    return s.joined_text(sign, as_text(a.divide(size, ten).sql), _trimmed(as_text(a.remainder(size, ten).sql), decimals, least, a))


def _trimmed(digits: Sql, decimals: int, least: int, a: Arithmetic) -> Sql:
    kept = a.hold(s.call("regexp_replace", s.call("lpad", digits, s.whole(decimals), s.text("0")), s.text("0+$"), s.text("")))
    if least:
        short = s.compare("<", s.call("length", kept), s.whole(least))
        kept = s.case([(short, s.call("rpad", kept, s.whole(least), s.text("0")))], kept)
        return s.joined_text(".", kept)
    return s.case([(s.equal(kept, s.text("")), s.text(""))], s.joined_text(".", kept))


# --- brought and carried forward ------------------------------------------------------------------------------------------


def brought_cell(declared: core.Column, definition: core.BroughtForward, c: Compiler) -> Cell:
    """A figure that the run before carried forward; its start where that run had none.

    The relation has `key` (the row's key as text), `top`, `bottom`, and `why` where the figure was not known.
    """
    sight = c.main(declared.record)
    a = c.arithmetic(sight)
    start = definition.start
    first = a.constant(start) if isinstance(start, Fraction) else a.constant(Fraction(0))
    rows = c.brought.get(declared.name)
    if rows is None:
        return Cell(declared.type, first.top.sql, number=first)
    joined = sight.frame.join_on(rows, [(key_words(declared.record, c, KEY_BREAK), "key")], "brought")
    there = s.is_there(joined.column("key"))
    number = a.hold_number(a.choice([(there, brought_number(rows, joined.column, a))], first))
    return Cell(declared.type, number.top.sql, True, lambda: joined.column("why"), True, number)


KEY_BREAK = "\x1f"
"""Between the parts of a key where it must be told apart from any other."""


def brought_number(rows: StoredRows, take: Callable[[str], Sql], a: Arithmetic) -> Number:
    stored = rows.stored.columns["value"]
    low, high = stored.low or 0, stored.high or 0
    return a.of(Whole(take("value"), low, high), stored.scale)


@dataclass(frozen=True, eq=False)
class CarriedFigure:
    """A figure carried forward for each row of a scheme's record: `there` says whether the row carries anything."""

    scheme: core.Scheme
    carry: core.Carry
    there: Sql
    number: Number
    missing: bool
    reason: Sql
    brought: StoredRows | None


def carried(scheme: core.Scheme, carry: core.Carry, c: Compiler) -> CarriedFigure:
    """What each row carries forward: money rounded like a payment; of a row that the gates keep out, what it brought."""
    sight = c.main(scheme.record)
    a = c.arithmetic(sight)
    brought = c.brought.get(f"{scheme.name}.{carry.name}")
    kept_out, unknown = _gates(carry.gates, sight, c)
    value = c.cell(carry.value, sight)
    number = value.exact
    if value.type.kind is Kind.MONEY:
        number = a.rounded(number, c.program.rounding)
    there: Sql = s.true()
    lacks: list[tuple[Sql, Sql]] = []
    if not s.is_never(kept_out):
        there, number, lacks = _kept_out(kept_out, number, brought, scheme, sight, c)
        unknown = [(s.all_of([s.not_(kept_out), condition]), why) for condition, why in unknown]
    cases = [*lacks, *unknown]
    if value.missing:
        cases.append((s.is_null(number.top.sql), without_letter(value.why())))
    if unknown:
        stopped = s.any_of([condition for condition, _ in unknown])
        number = Number(a.choose([(s.not_(stopped), number.top)], None), number.bottom)
    reason = s.coalesce(s.case(cases), s.text("")) if cases else s.text("")
    return CarriedFigure(scheme, carry, there, number, bool(cases), reason, brought)


def _gates(gates: Sequence[core.Gate], sight: Sight, c: Compiler) -> tuple[Sql, list[tuple[Sql, Sql]]]:
    """Whether the first gate that stops a row keeps it out; and where one cannot be told, why."""
    stops = [stop for gate in gates for stop in gate_stops(gate, sight, c)]
    if not stops:
        return s.false(), []
    first = s.case([(stop.condition, s.yes_no(stop.effect != "not assessable")) for stop in stops], s.false())
    unknown = [(stop.condition, stop.reason()) for stop in stops if stop.effect == "not assessable"]
    return sight.frame.hold(first), unknown


def _kept_out(
    kept_out: Sql, number: Number, brought: StoredRows | None, scheme: core.Scheme, sight: Sight, c: Compiler
) -> tuple[Sql, Number, list[tuple[Sql, Sql]]]:
    a = c.arithmetic(sight)
    if brought is None:
        return s.not_(kept_out), number, []
    joined = sight.frame.join_on(brought, [(key_words(scheme.record, c, KEY_BREAK), "key")], "brought")
    before = brought_number(brought, joined.column, a)
    there = s.any_of([s.not_(kept_out), s.is_there(joined.column("key"))])
    lack = s.all_of([kept_out, s.is_there(joined.column("why"))])
    return there, a.choice([(kept_out, before)], number), [(lack, without_letter(joined.column("why")))]
