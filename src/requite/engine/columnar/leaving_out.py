"""What a run says of rows that were not known yet, which it leaves out, and of figures that were brought forward for no row."""

from __future__ import annotations

from collections.abc import Iterator

from sqlglot import exp

from requite.engine import wording
from requite.engine.columnar import sql as s
from requite.engine.columnar.compiler import Compiler
from requite.engine.columnar.databases import Database
from requite.engine.columnar.deciding import Decision
from requite.engine.columnar.sql import select_of


def not_known_yet(c: Compiler, base: Database) -> Iterator[str]:
    """A sentence for each record of which rows are left out, in the order declared."""
    for name in c.program.records:
        there = c.was_known(name) if name in c.stored else s.true()
        if c.known is None or s.is_certain(there):
            continue
        select = select_of([s.aliased(exp.Count(this=exp.Star()), "number")], c.stored[name].relation)
        select.set("where", exp.Where(this=s.not_(there)))
        ((number,),) = (row.values() for row in base.fetch(select).to_pylist())
        if number:
            yield wording.not_known_yet(name, number, c.known)


def left_over(decision: Decision, base: Database) -> Iterator[str]:
    """A sentence for each figure that was brought forward for rows that are not there any more, in the order declared."""
    if decision.left_over is None:
        return
    for row in base.fetch(decision.left_over.select).to_pylist():
        if row["number"]:
            yield wording.left_over(row["name"], row["record"], row["number"])
