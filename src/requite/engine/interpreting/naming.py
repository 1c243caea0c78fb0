"""Values in words, those among them that lead to nobody by the key that stands in the data."""

from __future__ import annotations

from typing import Any

from requite.dsl import program as core
from requite.dsl.types import Kind
from requite.engine.interpreting.closures import Compiler
from requite.engine.interpreting.values import Env, Lack, Missing
from requite.engine.rows import Row
from requite.engine.wording import plain


def in_words(expression: core.Expr, env: Env, c: Compiler) -> str:
    """The value of an expression as an author would write it; a reference to nobody by its key, so that it can be looked for."""
    value = c.code(expression)(env)
    if isinstance(value, Missing) and value.kind is Lack.NOBODY and expression.type.kind is Kind.ROW:
        key = _key_of_nobody(expression, env, c)
        if key is not None:
            return plain(key)
    return c.words(value, expression.type)


def _key_of_nobody(expression: core.Expr, env: Env, c: Compiler) -> Any:
    """The key that a reference holds, where the row that holds it is there."""
    if not isinstance(expression, core.FieldRead | core.ColumnRead):
        return None
    row = c.code(expression.row)(env)
    if not isinstance(row, Row):
        return None
    if isinstance(expression, core.FieldRead):
        return row.values.get(expression.field)
    definition = c.program.columns[expression.column].definition
    return _key_of_nobody(definition.value, (row,), c) if isinstance(definition, core.Computed) else None
