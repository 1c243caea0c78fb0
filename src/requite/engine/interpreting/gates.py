"""Clauses that decide whether a rule goes on, and what a rule comes to for one row."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import Literal

from requite.dsl import program as core
from requite.dsl.source import Span
from requite.engine.interpreting.closures import Compiler
from requite.engine.interpreting.values import Env, Lack, Missing
from requite.engine.wording import words

Status = Literal["assessed", "not assessable", "out of scope"]


@dataclass(frozen=True, slots=True)
class Cut:
    """What one clause cut an amount to, or raised it to; `why` says what of other rows or payments decided that."""

    clause: Span
    before: Fraction
    after: Fraction
    why: str = ""


@dataclass(frozen=True, slots=True)
class Settled:
    """What a payment or a part of a share comes to for one row, as written (a charge is not negative yet), and why.

    `missing` says, where it is not assessable, what whoever reads it reads; `exact` is the amount before its rounding.
    """

    status: Status
    amount: Fraction = Fraction(0)
    reason: str = ""
    missing: Missing | None = None
    cuts: tuple[Cut, ...] = ()
    exact: Fraction | None = None

    @property
    def value(self) -> Fraction | Missing:
        return self.amount if self.missing is None else self.missing


@dataclass(frozen=True, slots=True)
class Stop:
    """A gate that did not let the rule on. `refused` is a `requires` or a match: £0 for a payment, out of scope for a check."""

    effect: Literal["refused", "not assessable", "out of scope"]
    reason: str
    missing: Missing | None = None


def unassessable(reason: str, cause: Missing | None = None) -> Settled:
    """Not assessable: read elsewhere, it is missing too; a conflict stays one."""
    kind = cause.kind if cause is not None and cause.kind is Lack.CONFLICT else Lack.UNDECIDED
    return Settled("not assessable", Fraction(0), reason, Missing(kind, reason))


def gate_stops(gate: core.Gate, env: Env, c: Compiler) -> Stop | None:
    """Why the rule stops at this gate; None where it goes on."""
    holds = c.code(gate.condition)(env)
    if c.note is not None and holds.__class__ is not Missing:
        c.note("gate", gate.span, "held" if holds else "refused")
    return None if holds is True else stopped(gate, holds, env, c)


def stopped(gate: core.Gate, holds: bool | Missing, env: Env, c: Compiler) -> Stop:
    """Why the rule stops at this gate, whose condition is not true."""
    if isinstance(holds, Missing):
        return Stop("not assessable", f"{words(gate.span)}: {holds.reason}", holds)
    return refused(gate, why_false(gate.condition, env, c))


def refused(gate: core.Gate, cause: str = "") -> Stop:
    """A stop at a gate whose condition is false, and why that is so, where its words do not say it all."""
    text = words(gate.span)
    reason = f"{text}: {cause}" if cause else text
    match gate.kind:
        case "needs":
            return Stop("not assessable", reason)
        case "period":
            return Stop("out of scope", reason)
    return Stop("refused", reason)


def says_it_all(condition: core.Expr) -> bool:
    """Whether the words of a condition that is false say why it is so, whatever the row."""
    match condition:
        case core.IsKnown():
            return False
        case core.Logic(operator="and", operands=operands):
            return all(map(says_it_all, operands))
    return True


def why_false(condition: core.Expr, env: Env, c: Compiler) -> str:
    """Why a condition that is false is so: of `is known`, why it is not; empty where the words say it all."""
    match condition:
        case core.IsKnown(operand=operand):
            value = c.code(operand)(env)
            return value.reason if isinstance(value, Missing) else ""
        case core.Logic(operator="and", operands=operands):
            return next((why_false(part, env, c) for part in operands if c.code(part)(env) is False), "")
    return ""


def payee_of(paid_to: core.PaidTo, env: Env, c: Compiler) -> str | Missing:
    """Who is paid, by name: of a declared payee its name, of a row its key."""
    if paid_to.value is None:
        return paid_to.name
    value = c.code(paid_to.value)(env)
    return value if isinstance(value, Missing) else c.words(value, paid_to.value.type)
