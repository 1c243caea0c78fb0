"""Arithmetic between constants is done once, before any row is read."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

from requite.dsl import program as core
from requite.engine.arithmetic import OPERATIONS, rounded
from requite.engine.interpreting.walk import rewrite


def fold(program: core.Program) -> core.Program:
    """The program with each sum, product, rounding and extreme of constants put in its place; the author's words stay with it.

    `£100 * (1 + 50%)` becomes £150. A division by zero stays as it is, to be missing with its reason.
    """
    folded: core.Program = rewrite(program, _folded)
    return folded


def _folded(node: Any) -> Any:
    match node:
        case core.Arithmetic(
            operator=operator, left=core.Constant(value=Fraction() as left), right=core.Constant(value=Fraction() as right)
        ):
            if operator == "/" and right == 0:
                return node
            return core.Constant(node.type, node.span, OPERATIONS[operator](left, right))
        case core.Round(operand=core.Constant(value=Fraction() as value)):
            return core.Constant(node.type, node.span, rounded(value, node.rounding))
        case core.Extreme(operands=operands):
            values = [part.value for part in operands if isinstance(part, core.Constant) and isinstance(part.value, Fraction)]
            if len(values) == len(operands):
                return core.Constant(node.type, node.span, max(values) if node.greatest else min(values))
    return node
