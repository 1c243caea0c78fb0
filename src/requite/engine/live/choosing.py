"""Which checks of a program can be decided on a claim as it arrives, what they read, and why the others wait."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from requite.dsl import program as core
from requite.dsl.types import Kind
from requite.engine.interpreting.walk import in_no_order, ranges
from requite.engine.live.linking import Ways
from requite.engine.lower import lower
from requite.engine.passes.prune import columns_of
from requite.engine.plan import Plan
from requite.engine.wording import QUOTED, words


@dataclass(frozen=True, slots=True)
class Chosen:
    """What is decided live: the plan of these checks alone, why each of the others waits, and how rows around a claim are found."""

    plan: Plan
    waiting: Mapping[str, str]
    ways: Ways
    whole: frozenset[str]
    """Records whose rows are gone over whole."""
    read: frozenset[str]
    """Records of which rows are read, the claims among them."""


def choose(program: core.Program, besides: Mapping[str, str] | None = None) -> Chosen:
    """The checks of a program that can be decided live, made into a plan of their own; `besides` wait for other reasons."""
    whole = lower(replace(program, examples=())).program
    ways = Ways(whole, still_of(whole))
    waiting = dict(besides or {})
    for check in whole.checks.values():
        why = next(_obstacles(check, whole, ways), "")
        if why:
            waiting[check.name] = why
    live = {name: check for name, check in whole.checks.items() if name not in waiting}
    claims = {check.record for check in live.values()}
    shown = tuple(s for s in whole.shown if s.record in claims and not any(_in_parts(s.value, whole, ways)))
    plan = lower(
        replace(whole, checks=live, schemes={}, payments={}, shares={}, shown=shown, precedences=_precedences(whole, claims))
    )
    ways = Ways(plan.program, ways.still)
    return Chosen(plan, waiting, ways, *_read(plan.program, ways, claims))


def _precedences(program: core.Program, claims: set[str]) -> tuple[core.Precedence, ...]:
    return tuple(precedence for precedence in program.precedences if precedence.record in claims)


def still_of(program: core.Program) -> frozenset[str]:
    """The records whose rows stand in the text, or in a file beside it: none arrive."""
    return frozenset(name for name, record in program.records.items() if record.rows is not None or record.file)


# --- why a check waits ----------------------------------------------------------------------------------------------------


def _obstacles(check: core.CheckRule, program: core.Program, ways: Ways) -> Iterator[str]:
    """Why a check cannot be decided as its claims arrive; nothing where it can."""
    if check.settles_with_period:
        yield "settles with the period"
    if check.record == core.WHOLE:
        yield "is about the whole ruleset, not about claims that arrive"
        return
    declared = program.records[check.record]
    if declared.derived_from:
        yield f"is about {check.record}, whose rows are made from {declared.derived_from} and do not arrive"
    if check.record in ways.still:
        yield f"is about {check.record}, whose rows stand in the ruleset and do not arrive"
    yield from _of_record(check.record, program, ways)
    for part in (check, *(program.columns[name] for name in columns_of(check))):
        yield from _in_parts(part, program, ways)


def _of_record(name: str, program: core.Program, ways: Ways) -> Iterator[str]:
    declared = program.records[name]
    while declared.derived_from:
        declared = program.records[declared.derived_from]
    if not declared.key and declared.name not in ways.still and declared.name != core.WHOLE:
        yield f"reads {declared.name}, whose rows have no key by which one that arrives is told from another ({declared.span})"


def parts_behind(part: Any, program: core.Program) -> Iterator[Any]:
    """A part of a program, the columns behind it, and what makes the derived records that it reads."""
    waiting, seen = [part], set[str]()
    while waiting:
        one = waiting.pop()
        yield one
        names = {e.column for e in in_no_order(one) if isinstance(e, core.ColumnRead)}
        waiting += [program.columns[name] for name in sorted(names - seen)]
        seen |= names
        for record in records_in(one):
            derived = program.records.get(record)
            if derived is not None and derived.derived_from and f"record {record}" not in seen:
                seen.add(f"record {record}")
                waiting.append(derived.derived_by)


def records_in(part: Any) -> set[str]:
    """The records whose rows a part of a program goes through, looks up or refers to."""
    found = {reach.record for reach in ranges(part)}
    for expression in in_no_order(part):
        if isinstance(expression, core.Lookup):
            found.add(expression.record)
        elif expression.type.kind is Kind.ROW and not isinstance(expression, core.RowVariable):
            found.add(expression.type.record)
    return found


def _in_parts(part: Any, program: core.Program, ways: Ways) -> Iterator[str]:
    for one in parts_behind(part, program):
        yield from _in_part(one, program, ways)


def _in_part(part: Any, program: core.Program, ways: Ways) -> Iterator[str]:
    if isinstance(part, core.Column):
        match part.definition:
            case core.Paid() | core.Shared():
                yield f"reads `{part.label}` ({part.span}), which is settled when the period is complete"
            case core.BroughtForward():
                yield f"reads `{part.label}` ({part.span}), which the run before brings forward"
    for record in sorted(records_in(part)):
        if record in program.records:
            yield from _of_record(record, program, ways)
    for reach in ranges(part):
        if is_gone_over(reach.record, reach, ways) and not _may_go_over(reach.record, program, ways):
            yield f"`{words(reach.span, QUOTED)}` ({reach.span}) goes over every {reach.record}"
    for expression in in_no_order(part):
        if isinstance(expression, core.Lookup):
            declared = program.records[expression.record]
            if declared.derived_from and ways.of_key(declared.name) is None and not _may_go_over(declared.name, program, ways):
                yield f"`{words(expression.span, QUOTED)}` ({expression.span}) goes over every {stored_of(declared.name, program)}"


def is_gone_over(record: str, reach: core.Range, ways: Ways) -> bool:
    """Whether the rows of a range are found only by going over all of its record."""
    return record != core.WHOLE and ways.of_range(reach) is None


def stored_of(record: str, program: core.Program) -> str:
    """The stored record that a record's rows are made from."""
    declared = program.records[record]
    while declared.derived_from:
        declared = program.records[declared.derived_from]
    return declared.name


def _may_go_over(record: str, program: core.Program, ways: Ways) -> bool:
    """Whether all rows of a record may be gone over for each claim: a table, or rows that stand in the ruleset."""
    stored = stored_of(record, program)
    return stored in ways.still or program.records[stored].table


# --- what is read ---------------------------------------------------------------------------------------------------------


def _read(program: core.Program, ways: Ways, claims: set[str]) -> tuple[frozenset[str], frozenset[str]]:
    """The records gone over whole, and all that are read; on the way every way of relating rows is entered."""
    whole, read = set[str](), {stored_of(record, program) for record in claims}
    for part in everything(program):
        for record in records_in(part):
            if record not in program.records:
                continue
            read.add(stored_of(record, program))
            if program.records[record].derived_from and ways.of_key(record) is None:
                whole.add(stored_of(record, program))
        for reach in ranges(part):
            if is_gone_over(reach.record, reach, ways) and reach.record in program.records:
                whole.add(stored_of(reach.record, program))
    return frozenset(whole - ways.still), frozenset(read - ways.still - {core.WHOLE})


def everything(program: core.Program) -> Iterator[Any]:
    """All parts of a program behind its checks and what it shows, each once."""
    asked = [*program.checks.values(), *program.shown]
    asked += [program.columns[name] for check in program.checks.values() for name in columns_of(check)]
    yield from {id(part): part for one in asked for part in parts_behind(one, program)}.values()
