"""Caps that can never bind, because what they cap is never above them, and floors that stand above the cap."""

from __future__ import annotations

from fractions import Fraction
from itertools import combinations

from requite.dsl import program as core
from requite.dsl.diagnostics import Diagnostic, Label, error, warning
from requite.dsl.facts import Shape, shape
from requite.dsl.names import Module

Multiple = tuple[Fraction, Shape]
"""A value as a number times something that is the same wherever its shape is the same."""

ONE: Shape = ("one",)


def caps_that_never_bind(program: core.Program, modules: tuple[Module, ...], used: frozenset[str]) -> list[Diagnostic]:
    """A cap is compared with the amount where both are a fixed number of times the same thing."""
    del modules, used
    found: list[Diagnostic] = []
    for payment in program.payments.values():
        amount = next((c for c in payment.clauses if isinstance(c, core.AmountClause)), None)
        paid = [c.value for c in payment.clauses if isinstance(c, core.AmountClause | core.ExceptClause)]
        bounds = [_highest(value, program) for value in paid]
        if amount is None or None in bounds:
            continue
        most = [m for many in bounds if many for m in many]
        for clause in payment.clauses:
            limit = clause.limit if isinstance(clause, core.LimitClause) and clause.cap else None
            cap = _multiple(limit, program) if limit is not None else None
            if cap is not None and any(m[1] == cap[1] for m in most) and all(m[1] == cap[1] and m[0] <= cap[0] for m in most):
                found.append(
                    warning(
                        "cap-never-binds",
                        clause.span,
                        "this cap can never bind: the amount is never above it",
                        "leave it out, or check the two figures",
                        [Label(amount.span, "the amount")],
                    )
                )
    return found + [told for scheme in program.schemes.values() if (told := _cap_on_all(scheme, program)) is not None]


def _cap_on_all(scheme: core.Scheme, program: core.Program) -> Diagnostic | None:
    """The cap on all payments of a scheme, if they are together never above it.

    One that is their sum is no mistake: agreements state it, and it holds back the odd penny of their roundings. So does one
    that is less than a step of rounding above each of them, where there is one of the thing.
    """
    cap = _multiple(scheme.altogether.limit, program) if scheme.altogether is not None else None
    capped = [payment for name in scheme.payments if (payment := program.payments[name]).kind == "payment"]
    if scheme.altogether is None or cap is None or not capped:
        return None
    most = [m for payment in capped if (m := _most(payment, cap[1], program)) is not None]
    steps = sum(payment.rounding.unit for payment in capped if payment.rounding.direction != "down")
    if len(most) < len(capped) or sum(most) >= cap[0] or sum(most) + steps > cap[0]:
        return None
    return warning(
        "cap-never-binds",
        scheme.altogether.span,
        "this cap can never bind: the payments together are never above it",
        "leave it out, or check the figures",
        [Label(payment.span, "a payment under it") for payment in capped],
    )


def _most(payment: core.PaymentRule, thing: Shape, program: core.Program) -> Fraction | None:
    """The most that one payment comes to, as so many times a thing; None where that cannot be told."""
    most = _most_of([c.value for c in payment.clauses if isinstance(c, core.AmountClause | core.ExceptClause)], thing, program)
    for clause in payment.clauses:
        if not isinstance(clause, core.LimitClause | core.TogetherClause):
            continue
        limit = _most_of([clause.limit], thing, program)
        if isinstance(clause, core.LimitClause) and not clause.cap:
            most = None if most is None or limit is None else max(most, limit)
        elif limit is not None:
            most = limit if most is None else min(most, limit)
    return most


def _most_of(values: list[core.Expr], thing: Shape, program: core.Program) -> Fraction | None:
    """The most that any of these values comes to, as so many times a thing."""
    bounds = [_highest(value, program) for value in values]
    if None in bounds:
        return None
    found = [m for many in bounds if many for m in many if m[0] != 0]
    return max([Fraction(0), *(m[0] for m in found)]) if all(m[1] == thing for m in found) else None


def floors_above_caps(program: core.Program, modules: tuple[Module, ...], used: frozenset[str]) -> list[Diagnostic]:
    """A floor above the cap of the same payment: the two cannot both be kept."""
    del modules, used
    found: list[Diagnostic] = []
    for payment in program.payments.values():
        limits = [c for c in payment.clauses if isinstance(c, core.LimitClause)]
        for first, second in combinations(limits, 2):
            if first.cap is second.cap:
                continue
            cap, floor = (_multiple(c.limit, program) for c in ((first, second) if first.cap else (second, first)))
            if cap is not None and floor is not None and cap[1] == floor[1] and floor[0] > cap[0]:
                found.append(
                    error(
                        "floor-above-cap",
                        second.span,
                        "the least that is paid is more than the most that is paid",
                        "check the two figures",
                        [Label(first.span, "the cap" if first.cap else "the floor")],
                    )
                )
    return found


def _highest(expression: core.Expr, program: core.Program) -> list[Multiple] | None:
    """Values none of which the expression is ever above all of; None where that cannot be told."""
    match expression:
        case core.Cases(cases=cases, otherwise=otherwise):
            parts = [c.value for c in cases] + ([otherwise] if otherwise is not None else [])
            found = [_highest(part, program) for part in parts]
            return None if None in found else [m for many in found if many for m in many]
        case core.BandRead(bands=name) if not program.bands[name].straight:
            top = max(band.value for band in program.bands[name].bands)
            return [(top, ONE)]
        case core.Extreme(greatest=False, operands=operands):
            some = [m for part in operands if (m := _highest(part, program)) is not None]
            return some[0] if some else None
    one = _multiple(expression, program)
    return [one] if one is not None else None


def _multiple(expression: core.Expr, program: core.Program) -> Multiple | None:
    match expression:
        case core.Constant(value=Fraction() as value):
            return value, ONE
        case core.ParameterRead(parameter=name, on=None):
            fixed = program.parameters[name].values[0].value
            return (fixed, ONE) if isinstance(fixed, Fraction) else None
        case core.Arithmetic(operator="*", left=left, right=right):
            a, b = _multiple(left, program), _multiple(right, program)
            if a is None or b is None:
                return None
            if ONE not in (a[1], b[1]):
                return (Fraction(1), shape(expression))
            return a[0] * b[0], b[1] if a[1] == ONE else a[1]
        case core.Arithmetic(operator="/", left=left, right=right):
            a, b = _multiple(left, program), _multiple(right, program)
            if a is not None and b is not None and b[1] == ONE and b[0] > 0:
                return a[0] / b[0], a[1]
        case core.FieldRead() | core.ColumnRead():
            return Fraction(1), shape(expression)
    return None
