"""Expressions made into plain functions, once, so that each row costs only calls."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

from requite.dsl import program as core
from requite.dsl.source import Span
from requite.dsl.types import Type
from requite.engine.interpreting.tables import Tables
from requite.engine.interpreting.values import Env
from requite.engine.rows import Row
from requite.engine.wording import money, show

Code = Callable[[Env], Any]
"""An expression over the rows in sight. Its value is a `Value`; the checker has proven of which type."""

Record = Callable[[str, Span, str], None]
"""Notes that a point was reached: its kind, its place, and which way it went."""

Reader = Callable[[Row], Any]
"""A column's value for a row."""


@dataclass(eq=False)
class Compiler:
    """What expressions are made into functions with. `makers` has a function for each kind of expression.

    `reader` gives the reader of a column; `note` is None where nobody asks what was reached. What expressions remember of rows
    (groups by what they have in common, running totals) stands in memories, so that all of it can be forgotten at once.
    """

    program: core.Program
    tables: Tables
    reader: Callable[[str], Reader]
    note: Record | None
    makers: Mapping[type, Callable[[Any, Compiler], Code]]
    _shared: dict[Any, dict[Any, Any]] = field(default_factory=dict)
    _memories: list[dict[Any, Any]] = field(default_factory=list)
    _codes: dict[int, tuple[core.Expr, Code]] = field(default_factory=dict)

    def code(self, expression: core.Expr) -> Code:
        """The function of an expression: the same one whenever it is asked for."""
        known = self._codes.get(id(expression))
        if known is None:
            known = expression, self.makers[type(expression)](expression, self)
            self._codes[id(expression)] = known
        return known[1]

    def settle_once(self, expression: core.Expr, meaning: str) -> Code:
        """The function of a condition, from now on one that is reckoned once for a row, for all conditions of the same meaning.

        What is missing is reckoned by each of them, for its reason is in its own words. Only the last row is kept in mind.
        """
        code, settled = self.code(expression), self.memory("settled")

        def run(env: Env) -> Any:
            known = settled.get(meaning)
            if known is not None and known[0] == env:
                return known[1]
            value = code(env)
            if value is True or value is False:
                settled[meaning] = env, value
            return value

        self._codes[id(expression)] = expression, run
        return run

    def memory(self, name: Any = None) -> dict[Any, Any]:
        """A dictionary for what an expression remembers of rows; by a name, the one that several share."""
        if name is None:
            self._memories.append({})
            return self._memories[-1]
        if name not in self._shared:
            self._shared[name] = self.memory()
        return self._shared[name]

    def forget(self) -> None:
        """Empty all memories: the rows are others from now on."""
        for memory in self._memories:
            if memory:
                memory.clear()

    def words(self, value: Any, type_: Type) -> str:
        """A value as an author would write it."""
        return show(value, type_.kind, self.program.currency)

    def money(self, amount: Fraction) -> str:
        return money(amount, self.program.currency)
