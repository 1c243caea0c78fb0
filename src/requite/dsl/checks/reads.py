"""What each part of a program reads."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache

from requite.dsl import program as core
from requite.dsl.elaborate import everything_in


def of_range(reach: core.Range) -> Iterator[core.Expr]:
    for mine, own in (*reach.same, *reach.order):
        yield mine
        yield own
    if reach.where is not None:
        yield reach.where


def of_share(share: core.Share) -> Iterator[core.Expr]:
    yield share.amount
    yield from of_range(share.range)
    if share.weight is not None:
        yield share.weight
    for gate in share.gates:
        yield gate.condition


def of_payment(payment: core.PaymentRule) -> Iterator[core.Expr]:
    for clause in payment.clauses:
        match clause:
            case core.Gate(condition=condition):
                yield condition
            case core.AmountClause(value=value):
                yield value
            case core.ExceptClause(value=value, condition=condition):
                yield from (value, condition)
            case core.LimitClause(limit=limit):
                yield limit
            case core.OnlyFirstClause(number=number, same=same, order=order):
                yield from (number, *same, *order)
            case core.TogetherClause(limit=limit, same=same, order=order):
                yield from (limit, *same, *order)
    if payment.payee.value is not None:
        yield payment.payee.value


def of_check(check: core.CheckRule, program: core.Program) -> Iterator[core.Expr]:
    for clause in check.clauses:
        match clause:
            case core.Gate(condition=condition) | core.FlagClause(condition=condition):
                yield condition
    for name in (check.expected, check.tolerance, check.overcharge, check.penalty):
        if name:
            yield from of_column(program.columns[name], program)


def of_column(column: core.Column, program: core.Program) -> Iterator[core.Expr]:
    """The expressions that a column is reckoned from, those of a whole scheme where its payments are capped together."""
    match column.definition:
        case core.Computed(value=value):
            yield value
        case core.Matched(range=reach, order=order):
            yield from of_range(reach)
            yield from order
        case core.Shared(share=share) if share in program.shares:
            yield from of_share(program.shares[share])
        case core.Paid(payment=payment) if payment in program.payments:
            rule = program.payments[payment]
            yield from of_payment(rule)
            scheme = program.schemes.get(rule.scheme)
            if scheme is not None and scheme.altogether is not None:
                yield scheme.altogether.limit
                for other in scheme.payments:
                    yield from of_payment(program.payments[other])


def columns_in(expressions: Iterator[core.Expr], program: core.Program) -> dict[str, core.Expr]:
    """The columns that expressions read, each with the place where it is first read, those that group records included."""
    found: dict[str, core.Expr] = {}
    for expression in expressions:
        for part in everything_in(expression):
            record = ""
            if isinstance(part, core.ColumnRead):
                found.setdefault(part.column, part)
            elif isinstance(part, core.Lookup):
                record = part.record
            elif isinstance(part, core.Aggregate | core.Exists):
                record = part.range.record
            grouped = program.records.get(record)
            for by in grouped.derived_by if grouped else ():
                for inner in everything_in(by):
                    if isinstance(inner, core.ColumnRead):
                        found.setdefault(inner.column, part)
    return found


def everything(program: core.Program) -> tuple[core.Expr, ...]:
    """Every expression of a program with all that it is made of; one that two rules share may come twice."""
    return _everything(_Whole(program))


class _Whole:
    """A program, the same only as itself: comparing all of it would take longer than going through it."""

    def __init__(self, program: core.Program) -> None:
        self.program = program

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Whole) and other.program is self.program

    def __hash__(self) -> int:
        return id(self.program)


@lru_cache(maxsize=1)
def _everything(whole: _Whole) -> tuple[core.Expr, ...]:
    return tuple(part for value in _written(whole.program) for part in everything_in(value))


def _written(program: core.Program) -> Iterator[core.Expr]:
    for column in program.columns.values():
        if not isinstance(column.definition, core.Paid):
            yield from of_column(column, program)
    for payment in program.payments.values():
        yield from of_payment(payment)
    for check in program.checks.values():
        yield from (clause.condition for clause in check.clauses if not isinstance(clause, core.ColumnClause))
    for scheme in program.schemes.values():
        yield from (carry.value for carry in scheme.carries)
        if scheme.altogether is not None:
            yield scheme.altogether.limit
    yield from (shown.value for shown in program.shown)
