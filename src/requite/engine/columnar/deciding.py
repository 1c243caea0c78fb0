"""All that a run decides, as statements: one for all rules that rest on the same relations, then each table of results."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from itertools import count

from requite.dsl import program as core
from requite.dsl.memory import uncollected
from requite.engine.columnar import sql as s
from requite.engine.columnar.checking import FLAGGED, Examined, examined
from requite.engine.columnar.compiler import Compiler
from requite.engine.columnar.figures import ShownFigure, carried, figure
from requite.engine.columnar.frames import Statement, Writer
from requite.engine.columnar.gates import ASSESSED, NOT_ASSESSABLE, OUT_OF_SCOPE
from requite.engine.columnar.gathering import only_for
from requite.engine.columnar.groups import Group, Ruled, counts_of, group_of, group_relation, grouped
from requite.engine.columnar.numbers import Number
from requite.engine.columnar.paying import Outcome, outcome
from requite.engine.columnar.problems import CannotRun
from requite.engine.columnar.result_tables import (
    carried_table,
    figures_table,
    findings_table,
    left_over_counts,
    not_assessable_table,
    payments_table,
    unheard,
)
from requite.engine.columnar.sharing import share_outcome
from requite.engine.columnar.sql import Sql


@dataclass(eq=False)
class Decision:
    """The statements of a run: `groups` are those of the rules, `tables` give each table of results from them, in order.

    `left_over` counts what was brought forward for rows that are not there any more.
    """

    c: Compiler
    writer: Writer
    groups: list[Group] = field(default_factory=list)
    counts: dict[str, Statement] = field(default_factory=dict)
    tables: dict[str, Statement] = field(default_factory=dict)
    left_over: Statement | None = None
    figures: list[ShownFigure] = field(default_factory=list)

    def last(self) -> list[Statement]:
        """What is asked when all steps have run."""
        return [*self.tables.values(), *([self.left_over] if self.left_over is not None else [])]

    def steps(self) -> list[Statement]:
        """What must run before the tables of results can be read, in order."""
        return list(self.writer.statements.values())


@uncollected()
def decide(c: Compiler, every_row: bool = False) -> Decision:
    """The statements that decide everything. With `every_row`, the rules' tables hold rows of which nothing is to be said, too."""
    decision = Decision(c, Writer())
    rules = list(_rules(c))
    nobody_heard = list(unheard(c))
    decision.figures += [figure(declared, c.main(declared.record), c) for declared in c.program.shown]
    carries = [carried(scheme, carry, c) for scheme in c.program.schemes.values() for carry in scheme.carries]
    for number, (record, members) in enumerate(grouped(rules, c), 1):
        decision.groups.append(group_of(f"decided_{number}", record, members, c, every_row))
    if not every_row:
        for name, reached in c.shared.get("asked for", {}).items():
            only_for(name, reached, c)
    tables = {
        "payments": payments_table(decision.groups, c),
        "findings": findings_table(decision.groups, c),
        "figures": figures_table(decision.figures, c),
        "not_assessable": not_assessable_table(decision.groups, nobody_heard, carries, c),
        "carried": carried_table(carries, c),
    }
    for group in decision.groups:
        decision.writer.require(group_relation(group, c, every_row))
    for group in decision.groups:
        decision.counts[group.table] = decision.writer.query(
            group.table, f"rows out of scope for each {group.record}", counts_of(group, c)
        )
    for name, build in tables.items():
        decision.tables[name] = decision.writer.query(name, f"the table {name}", build)
    left_over = left_over_counts(carries, c)
    if left_over is not None:
        decision.left_over = decision.writer.query("left_over", "what was brought forward for nobody", left_over)
    c.finish_numbered(decision.writer, [*decision.counts.values(), *decision.last()])
    return decision


# --- rules ----------------------------------------------------------------------------------------------------------------


def _rules(c: Compiler) -> Iterable[Ruled]:
    """Each rule in the order of the results: payments and shares of each scheme, then the checks."""
    numbers = count(1)
    for scheme in c.program.schemes.values():
        for name in scheme.payments:
            yield _of_payment(next(numbers), c.program.payments[name], c)
        for name in scheme.shares:
            yield _of_share(next(numbers), c.program.shares[name], c)
    for check in c.program.checks.values():
        yield _of_check(next(numbers), check, c)


def _of_payment(number: int, rule: core.PaymentRule, c: Compiler) -> Ruled:
    found = outcome(rule.name, c)
    return _paid(number, rule.name, rule.record, found, rule)


def _of_share(number: int, share: core.Share, c: Compiler) -> Ruled:
    return _paid(number, share.name, share.range.record, share_outcome(share.name, c), share)


def _paid(number: int, name: str, record: str, found: Outcome, paid: core.PaymentRule | core.Share) -> Ruled:
    amount = found.amount
    scale = amount.scale
    if scale is None:
        raise TypeError("an amount has one scale")
    reason = found.reason()
    return Ruled(
        number,
        name,
        "payment",
        record,
        found.status,
        s.equal(found.status, s.whole(OUT_OF_SCOPE)),
        found.missing,
        (ASSESSED, NOT_ASSESSABLE),
        {"status": lambda: found.status, "reason": lambda: reason, "payee": lambda: found.payee, "amount": lambda: amount.top.sql},
        {"payee": found.payee, "amount": amount.top.sql, "reason": reason},
        reason,
        {"amount": scale},
        paid=paid,
    )


def _of_check(number: int, check: core.CheckRule, c: Compiler) -> Ruled:
    found = examined(check.name, c)
    figures: dict[str, Number | None] = {
        "billed": found.billed,
        "expected": found.expected,
        "overcharge": found.overcharge,
        "penalty": found.penalty,
    }
    there = {name: figure for name, figure in figures.items() if figure is not None}
    columns: dict[str, Callable[[], Sql]] = {"status": lambda: found.status, "reason": found.reason}
    columns |= {name: _flagged_only(found, figure) for name, figure in there.items()}
    columns |= {"respondent": lambda: found.respondent, "claimed": lambda: found.claimed}
    said = {"reason": found.finding(), "respondent": found.respondent, "claimed": found.claimed}
    said |= {name: figure.top.sql for name, figure in there.items()}
    return Ruled(
        number,
        check.name,
        "check",
        check.record,
        found.status,
        found.out_of_scope,
        found.not_assessable,
        (NOT_ASSESSABLE, FLAGGED) if found.not_assessable else (FLAGGED,),
        columns,
        said,
        found.refusal() if found.not_assessable else s.null(),
        {name: _scale(figure, check, name) for name, figure in there.items()},
        check=check,
        met=found.met,
    )


def _flagged_only(found: Examined, figure: Number) -> Callable[[], Sql]:
    return lambda: s.case([(s.equal(found.status, s.whole(FLAGGED)), figure.top.sql)])


def _scale(figure: Number, check: core.CheckRule, name: str) -> int:
    if figure.scale is None:
        reason = f"{name} of {check.name} has a different denominator in each record: round it first"
        raise CannotRun(reason, check.span)
    return figure.scale
