"""Totals of quotients: each record's figure is rounded first, or the exact common denominator would grow without bound."""

from __future__ import annotations

from requite.dsl import program as core
from requite.dsl.checks import reads
from requite.dsl.diagnostics import Diagnostic, Label, error
from requite.dsl.elaborate import children, everything_in
from requite.dsl.names import Module


def totals_of_quotients(program: core.Program, modules: tuple[Module, ...], used: frozenset[str]) -> list[Diagnostic]:
    """A total, an average or a weight over a quotient with data below the line must be rounded in each record."""
    del modules, used
    found: list[Diagnostic] = []
    done: set[object] = set()
    for part in reads.everything(program):
        if isinstance(part, core.Arithmetic) and core.is_weighted_average(part):
            assert isinstance(part.left, core.Aggregate)
            assert part.left.operand is not None
            _judge(part.left.operand, "average", program, found, done)
        elif isinstance(part, core.Aggregate) and part.kind in ("total", "average") and part.operand is not None:
            _judge(part.operand, part.kind, program, found, done)
    for share in program.shares.values():
        if share.weight is not None:
            _judge(share.weight, "weight", program, found, done)
    return found


def _judge(operand: core.Expr, what: str, program: core.Program, found: list[Diagnostic], done: set[object]) -> None:
    quotient = _open_quotient(operand, program, frozenset())
    place = (quotient.span.source, quotient.span.start) if quotient is not None else None
    if quotient is None or place in done:
        return
    done.add(place)
    noun = "weights are" if what == "weight" else f"the {what} is"
    found.append(
        error(
            "total-of-quotients",
            operand.span,
            f"{noun} taken over a quotient that is not rounded in each record",
            "round it first, for example `let mark = achieved / eligible rounded to 0.0001`",
            [Label(quotient.span, "this divides by data")] if quotient.span != operand.span else [],
        )
    )


def _open_quotient(expression: core.Expr, program: core.Program, seen: frozenset[str]) -> core.Expr | None:
    """A division by something that differs from record to record and that no rounding closes."""
    match expression:
        case core.Round():
            return None
        case core.Arithmetic(operator="/", right=right) if not _fixed(right):
            return expression
        case core.Scaled(lower=lower, upper=upper) if not (_fixed(lower) and _fixed(upper)):
            return expression
        case core.Aggregate(kind="average"):
            return expression
        case core.Aggregate() | core.Exists() | core.Compare() | core.IsKnown() | core.IsOneOf() | core.Lookup():
            return None
        case core.ColumnRead(column=name) if name not in seen:
            definition = program.columns[name].definition
            if isinstance(definition, core.Computed) and _open_quotient(definition.value, program, seen | {name}) is not None:
                return expression
            return None
    for child in children(expression):
        found = _open_quotient(child, program, seen)
        if found is not None:
            return found
    return None


def _fixed(expression: core.Expr) -> bool:
    """Whether the value is one of a few that stand in the text."""
    read = (core.FieldRead, core.ColumnRead, core.Lookup, core.Aggregate, core.WholeBetween, core.Elapsed)
    return not any(isinstance(part, read) for part in everything_in(expression))
