"""Dates compared inside a range over the rule's own record, where neither is said to be the rule's own."""

from __future__ import annotations

from requite.dsl import program as core
from requite.dsl import units
from requite.dsl.elaborate import as_written, everything_in
from requite.dsl.scope import Scope


def check_dates(where: core.Expr, inner: Scope) -> None:
    """Warn of `another spell where discharged within 30 days before admitted`: both dates are those of the other spell.

    Meant for a range that nothing else relates to the rule's row. A condition that reads the rule's row says how they are related,
    and `spell.admitted` says that the other's is meant.
    """
    level = inner.inner
    if level.record != inner.own.record or _rows(where) - {len(inner.levels) - 1}:
        return
    for part in everything_in(where):
        if not isinstance(part, core.Compare) or f"{level.names[0]}." in part.span.text:
            continue
        if all(side.type.kind in units.DATES and _rows(side) for side in (part.left, part.right)):
            message = f"`{as_written(part.span)}` compares two dates of the other {level.record}, and none of the rule's own"
            help = f"write `this.` before the name that is the rule's own, or `{level.names[0]}.` if both are the other's"
            inner.context.warn("dates-of-one-row", part.span, message, help)
            return


def _rows(expression: core.Expr) -> set[int]:
    """The levels of the rows that an expression reads."""
    return {part.level for part in everything_in(expression) if isinstance(part, core.RowVariable)}
