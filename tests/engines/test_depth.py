"""Deep expressions, long chains of lets, and the order in which a plan has them."""

from __future__ import annotations

import sys
from dataclasses import replace
from fractions import Fraction

import pytest

from requite.dsl import program as core
from requite.dsl.source import Source, Span
from requite.dsl.types import MONEY, NUMBER, Kind, Type
from requite.engine.explain import explain
from requite.engine.interpreting.walk import depth
from requite.engine.lower import CircularPlanError, lower, made_by
from requite.engine.passes.fold import fold
from requite.engine.passes.prune import prune
from requite.engine.plan import Derive, Examine, GiveOut, Pay, Reckon
from tests.engines.support import interpreter, program_of, value

RECORD = "\nrecord r\n  key id: text\n  n: number\n"


def test_an_expression_nested_as_deep_as_the_language_lets_it() -> None:
    text = RECORD + "for each r\n  let x = " + "(" * 45 + "n" + " + 1)" * 45 + "\n  show x\n"
    engine = interpreter(text, r=[{"id": "R", "n": 1}])
    assert value(engine, "r", "R", "x") == 46
    assert explain(engine, "r", ("R",)).figures == {"x": "46"}


def test_conditions_nested_a_hundred_and_fifty_deep() -> None:
    program = program_of(RECORD + "for each r\n  let x = n > 0\n  show x\n")
    column = program.columns["r.x"]
    assert isinstance(column.definition, core.Computed)
    leaf = condition = column.definition.value
    for _ in range(50):
        both = core.Logic(column.type, column.span, "and", (leaf, condition))
        condition = core.Not(column.type, column.span, core.Not(column.type, column.span, both))
    assert depth(condition) > 150
    deep = replace(column, definition=core.Computed(condition))
    engine = interpreter(replace(program, columns={"r.x": deep}), r=[{"id": "R", "n": 1}, {"id": "S", "n": 0}])
    assert [value(engine, "r", key, "x") for key in "RS"] == [True, False]
    assert explain(engine, "r", ("R",)).figures == {"x": "yes"}


def test_a_chain_of_two_hundred_lets_each_read_twice() -> None:
    lets = ["  let x0 = n"] + [f"  let x{i} = x{i - 1} + x{i - 1} - x{i - 1} + 1" for i in range(1, 200)]
    text = RECORD + "for each r\n" + "\n".join(lets) + "\n  show x199\n"
    for engine in (interpreter(text, r=[{"id": "R", "n": 1}]) for _ in range(2)):
        assert value(engine, "r", "R", "x199") == 200
        assert [f.value for f in engine.decide().figures] == [200]
        assert explain(engine, "r", ("R",)).figures == {"x199": "200"}


def hand_made(length: int, nested: int) -> core.Program:
    """A chain of lets, each over an expression so deep, that goes to and fro between two records."""
    program = program_of("\nrecord a\n  key id: text\nrecord b\n  key id: text\n  n: number\nfor each b\n  let x = n\n  show x\n")
    span = Span(Source("hand.requite", "x"), 0, 1)
    columns = dict(program.columns)
    name = "b.x"
    for i in range(length):
        record, other = ("a", "b") if i % 2 == 0 else ("b", "a")
        inner = core.RowVariable(Type(Kind.ROW, record=other), span, 1)
        reach = core.Range(other, 1, (), None, "", (), span)
        expression: core.Expr = core.Aggregate(NUMBER, span, "total", core.ColumnRead(NUMBER, span, inner, name), reach)
        for _ in range(nested):
            expression = core.Arithmetic(NUMBER, span, "+", core.Constant(NUMBER, span, Fraction(1)), expression)
        name = f"{record}.x{i}"
        columns[name] = core.Column(name, f"x{i}", core.ColumnKind.LET, record, NUMBER, core.Computed(expression), span)
    own = core.RowVariable(Type(Kind.ROW, record=columns[name].record), span, 0)
    shown = core.Shown("last", columns[name].record, core.ColumnRead(NUMBER, span, own, name), span)
    return replace(program, columns=columns, shown=(shown,))


@pytest.mark.parametrize(("length", "nested"), [(200, 1), (60, 100), (400, 2)])
def test_a_chain_to_and_fro_between_records_needs_no_deep_stack(length: int, nested: int) -> None:
    program = hand_made(length, nested)
    assert sys.getrecursionlimit() <= 1000
    engine = interpreter(program, a=[{"id": "A"}], b=[{"id": "B", "n": 5}])
    assert [figure.value for figure in engine.decide().figures] == [5 + length * nested]


# --- the plan ---------------------------------------------------------------------------------------------------------------

PLANNED = """
payee gps "GPs"
record practice
  key code: text
  area: text
  size: number
record area for each area of practice
for each area
  let people = total of practice.size over each practice with the same area
for each practice
  let used = size * area[area].people
  let unused = size + 1
  let behind_unused = unused + 1
scheme s for each practice
  share £10 among each practice with the same area by used as part
  payment second to gps
    amount first + part
  payment first to gps
    amount £1 * used
  split £1 * size
    50% to gps as half
    the rest to gps as other
check c for each practice
  settles with the period
  requires used > 1
  flag when size > 1
"""


def test_everything_is_there_before_it_is_read() -> None:
    plan = lower(program_of(PLANNED))
    made: set[str] = set()
    for step in plan.steps:
        everything = {name for other in plan.steps for name in made_by(other)}
        assert step.reads & everything <= made, step
        made |= set(made_by(step))
    assert [type(step) for step in plan.steps].count(Pay) == 3
    assert {type(step) for step in plan.steps} == {Derive, Reckon, GiveOut, Pay, Examine}


def test_what_nothing_asks_for_is_left_out() -> None:
    program = program_of(PLANNED)
    assert {"practice.unused", "practice.behind_unused"} <= program.columns.keys()
    plan = lower(program)
    names = {step.column for step in plan.steps if isinstance(step, Reckon)}
    assert names == {"area.people", "practice.used", "s.first", "practice.part"}
    assert plan.records_read == {"practice": {"code", "area", "size"}, "area": {"area"}}
    assert prune(prune(program)) == prune(program)


def test_the_plan_is_the_same_every_time() -> None:
    assert [made_by(step) for step in lower(program_of(PLANNED)).steps] == [
        made_by(step) for step in lower(program_of(PLANNED)).steps
    ]


def test_a_cap_over_the_scheme_settles_its_payments_together() -> None:
    text = PLANNED.replace("first + part", "£2").replace("  split", "  altogether at most £20\n  split")
    steps = [step for step in lower(program_of(text)).steps if isinstance(step, Pay)]
    assert [step.payments for step in steps] == [("s.second", "s.first", "s.half", "s.other")]


def test_payments_that_wait_for_each_other_cannot_be_planned() -> None:
    program = program_of(PLANNED)
    first, second = program.payments["s.first"], program.payments["s.second"]
    circular = replace(program, payments={**program.payments, "s.first": replace(first, clauses=second.clauses)})
    with pytest.raises(CircularPlanError, match=r"s\.first"):
        lower(circular)


def test_constants_are_folded_and_nothing_else() -> None:
    text = RECORD + "for each r\n  let x = (n + 2 * 3 rounded to 1) + max(1, 2) / (1 - 1)\n  show x\n"
    program = program_of(text)
    folded = fold(program)
    before, after = (p.columns["r.x"].definition for p in (program, folded))
    assert isinstance(before, core.Computed)
    assert isinstance(after, core.Computed)
    constants = {c.value for c in _constants(after.value)}
    assert (depth(before.value), depth(after.value)) == (4, 4)
    assert constants == {Fraction(6), Fraction(2), Fraction(0)}
    assert fold(folded) == folded
    assert (before.value.span, before.value.type) == (after.value.span, after.value.type)


def _constants(expression: core.Expr) -> list[core.Constant]:
    from requite.engine.interpreting.walk import expressions

    return [part for part in expressions(expression) if isinstance(part, core.Constant)]


def test_money_keeps_its_type_when_folded() -> None:
    program = program_of(RECORD + "for each r\n  let x = £100 * (1 + 50%) * n\n  show x\n")
    folded = fold(program).columns["r.x"].definition
    assert isinstance(folded, core.Computed)
    assert isinstance(folded.value, core.Arithmetic)
    assert isinstance(folded.value.left, core.Constant)
    assert (folded.value.left.type, folded.value.left.value) == (MONEY, 150)
