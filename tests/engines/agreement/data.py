"""Data at random for a program: few keys, texts and dates, so that rows meet, and amounts from nothing to beyond reason."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from fractions import Fraction
from typing import Any

from requite.dsl.program import WHOLE, BroughtForward, Field, Program, Record, Scalar, known_name
from requite.dsl.types import Kind
from requite.engine.decision import Key
from requite.engine.interpret import Brought
from requite.engine.interpreting.values import Lack, Missing
from requite.engine.rows import Row
from requite.engine.wording import key_text
from tests.engines.agreement.choices import Choices
from tests.engines.agreement.vocabulary import DATES, TEXTS

Rows = dict[str, list[Row]]
DAYS = tuple(date.fromisoformat(day) for day in DATES)
FAR_DAYS = (date(1, 1, 1), date(9999, 12, 31), date(1900, 1, 1), date(2200, 12, 31), date(1899, 12, 31), date(1992, 2, 29))
LARGE = (10**9, 10**12, 2**63 - 1, 2**63, 10**17, 10**18 + 1)
BEYOND = (2**64 + 1, 10**25, 10**30 + 1, 10**34)
DECIMALS = (1, 1, 1, 10, 100, 1_000, 10_000)


@dataclass(frozen=True)
class Drawn:
    """The data of one run, the day on which it was known, and what was brought forward."""

    rows: Mapping[str, Sequence[Row]]
    known: date | None
    brought: Brought


@dataclass(frozen=True)
class Taste:
    """What a set of data is like: how many rows at most, blanks and large amounts in a hundred, and how large these are."""

    rows: int
    blank: int
    large: int
    amounts: tuple[int, ...]
    far: int


def draw_data(program: Program, choices: Choices) -> Drawn:
    """Rows as reading would give them: keys are unique, required fields are filled, a reference may be to nobody."""
    taste = choices.weighted(
        (
            (6, Taste(6, 20, 0, (1,), 0)), (3, Taste(12, 20, 0, (1,), 2)), (2, Taste(6, 10, 15, LARGE, 0)),
            (1, Taste(5, 10, 20, (*LARGE, *BEYOND), 5)), (1, Taste(2, 60, 0, (1,), 0)),
        )
    )  # fmt: skip
    rows: Rows = {}
    for record in _in_order(program):
        if record.rows is not None and not choices.chance(10):
            continue
        rows[record.name] = _rows(record, rows, program, taste, choices)
    known = choices.pick((date(2012, 6, 30), date(2011, 1, 1), date(2013, 6, 1))) if choices.chance(30) else None
    return Drawn(rows, known, _brought(program, rows, choices))


def _in_order(program: Program) -> list[Record]:
    """Records that are referred to before those that refer to them."""
    left = {record.name: record for record in program.records.values() if not record.derived_from}
    made: list[Record] = []
    while left:
        free = [r for r in left.values() if not any(f.type.record in left and f.type.record != r.name for f in r.fields)]
        made += [left.pop(record.name) for record in free or list(left.values())[:1]]
    return made


def _rows(record: Record, made: Rows, program: Program, taste: Taste, choices: Choices) -> list[Row]:
    found: list[Row] = []
    seen: set[Any] = set()
    for line in range(2, 2 + choices.between(0, taste.rows)):
        values: dict[str, Any] = {field.name: _cell(field, made, program, taste, choices) for field in record.fields}
        if record.period and record.field(record.period).known_column:
            values[known_name(record.period)] = choices.pick((None, date(2012, 1, 1), date(2012, 6, 30), date(2013, 1, 1)))
        key = tuple(values[name] for name in record.key) or (Fraction(line),)
        dated = (values[record.period], values.get(known_name(record.period))) if record.period else None
        unique = (key, dated and ((dated[0] or (None,))[0], dated[1]))
        if unique not in seen and None not in key:
            seen.add(unique)
            found.append(Row(record.name, key, values, f"{record.name}.csv", line))
    return found


def _cell(field: Field, made: Rows, program: Program, taste: Taste, choices: Choices) -> Any:
    if field.optional and not field.key and choices.chance(taste.blank):
        return None
    kind = field.type.kind
    match kind:
        case Kind.TEXT:
            return choices.pick(TEXTS)
        case Kind.CHOICE:
            return choices.pick(field.type.choices)
        case Kind.YES_NO:
            return choices.chance(50)
        case Kind.DATE:
            return _day(taste, choices)
        case Kind.MOMENT:
            return datetime.combine(_day(taste, choices), datetime.min.time()) + timedelta(
                seconds=choices.pick((0, 0, 52_200, 86_340, 86_399))
            )
        case Kind.PERIOD:
            return _period(field, choices)
        case Kind.ROW:
            return _reference(field, made, program, choices)
    if field.key:
        return Fraction(choices.between(0, 12))
    return _quantity(kind, taste, choices)


def _day(taste: Taste, choices: Choices) -> date:
    if choices.chance(taste.far):
        return choices.pick(FAR_DAYS)
    day = choices.pick(DAYS)
    return day + timedelta(days=choices.between(0, 40)) if choices.chance(20) else day


def _period(field: Field, choices: Choices) -> tuple[date, date] | None:
    """Days from and until; one that is left open lasts for ever."""
    if field.optional and choices.chance(25):
        return None
    first = choices.pick((date(2011, 4, 1), date(2012, 4, 1), date(2012, 4, 1), date(2012, 12, 31)))
    last = choices.pick((date(2012, 3, 31), date(2013, 3, 31), date(2013, 3, 31), date(2020, 12, 31), date.max))
    return first, max(first, last)


def _reference(field: Field, made: Rows, program: Program, choices: Choices) -> tuple[Any, ...]:
    target = program.records[field.type.record]
    rows = made.get(target.name, [])
    if rows and not choices.chance(15):
        return choices.pick(rows).key
    absent = {Kind.TEXT: "nobody", Kind.DATE: date(2001, 1, 1)}.get(target.field(target.key[0]).type.kind, Fraction(99))
    return (absent,)


def _quantity(kind: Kind, taste: Taste, choices: Choices) -> Fraction:
    sign = -1 if choices.chance(12) else 1
    if choices.chance(15):
        return Fraction(0)
    if choices.chance(taste.large) and kind is not Kind.PERCENT:
        return sign * Fraction(choices.pick(taste.amounts), 1 if kind is Kind.COUNT else choices.pick((1, 100)))
    match kind:
        case Kind.COUNT:
            return sign * Fraction(choices.pick((1, 2, 3, 10, 100, 12_345)))
        case Kind.PERCENT:
            return sign * Fraction(choices.pick((1, 5, 20, 40, 50, 70, 100, 125)), 100)
        case Kind.MONEY:
            return sign * Fraction(
                choices.pick((1, 500, 1_000, 10_000, 10_001, 3_333, 1_234_567, 250)), choices.pick((100, 100, 100, 10_000))
            )
    return sign * Fraction(choices.pick((1, 2, 3, 5, 10, 45, 700, 9_999)), choices.pick(DECIMALS))


def _brought(program: Program, rows: Rows, choices: Choices) -> dict[str, dict[Key, Scalar | Missing]]:
    """Figures brought forward, for some rows of those that have them; some were not known in the run before."""
    found: dict[str, dict[Key, Scalar | Missing]] = {}
    for column in program.columns.values():
        if isinstance(column.definition, BroughtForward) and choices.chance(70):
            there = {key: _debt(choices) for key in _keys(column.record, program, rows) if choices.chance(60)}
            found[column.name] = there
    return found


def _debt(choices: Choices) -> Scalar | Missing:
    if choices.chance(10):
        return Missing(Lack.UNDECIDED, "debt was not known in the run before: spend is blank")
    return _quantity(Kind.MONEY, Taste(0, 0, 0, (1,), 0), choices)


def _keys(record: str, program: Program, rows: Rows) -> list[Key]:
    if record == WHOLE:
        return [()]
    declared = program.records[record]
    if declared.derived_from:
        return [(text,) * len(declared.key) for text in TEXTS]
    return [key_text(row.key) for row in rows.get(record, ())]
