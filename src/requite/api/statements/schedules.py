"""Payments over many rows, as lists: what each comes to for a party, and of its rows as many as are listed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from fractions import Fraction
from typing import Final

from requite.api.statements.accounts import Named, figure_words, rule_clauses
from requite.api.statements.asking import told_unknown
from requite.api.statements.model import Entry, Schedule
from requite.api.statements.parties import key_parts
from requite.api.statements.phrases import heading, marker_titles, plainly, scheme_title, short_reason, titles
from requite.api.statements.results import FigureRow, PaymentGroup, PaymentRow, UnknownRow
from requite.dsl import program as core
from requite.engine.explaining.unfold import cited
from requite.engine.wording import words

MOST_COLUMNS: Final = 3
"""Shown figures that a list of payments has beside the amounts."""


def schedules(
    program: core.Program,
    groups: Sequence[PaymentGroup],
    listed: Mapping[tuple[str, str], Sequence[PaymentRow]],
    unknown: Mapping[str, Sequence[UnknownRow]],
    explained: Mapping[Named, Sequence[PaymentRow]],
    shown: Mapping[Named, Sequence[FigureRow]],
) -> Iterator[Schedule]:
    """The payments to a party that none of its accounts explains, in the order of the ruleset, with the rows' shown figures."""
    for name in (*program.payments, *program.shares):
        rule = program.payments.get(name) or program.shares[name]
        left = [row for row in unknown.get(name, ()) if (row.record, row.key) not in explained]
        mine = [_without(group, explained) for group in groups if group.rule == name]
        number = sum(group.number for group in mine)
        if not number and not left:
            continue
        rows = [row for group in mine for row in listed.get((name, group.payee), ()) if (row.record, row.key) not in explained]
        names = _figures(rows, shown)
        yield Schedule(
            name,
            titles(program)[name],
            scheme_title(rule.scheme, program),
            plainly(rule.range.record if isinstance(rule, core.Share) else rule.record),
            rule.spent_on,
            number,
            sum(group.paid for group in mine),
            sum((group.amount for group in mine), Fraction(0)),
            rule_clauses(rule),
            cited(rule.cites),
            tuple(_entries(rows, rule, names, shown, program)),
            told_unknown(name, Counter(row.reason for row in left)),
            tuple(heading(one) for one in names),
        )


def _without(group: PaymentGroup, explained: Mapping[Named, Sequence[PaymentRow]]) -> PaymentGroup:
    """What a payment comes to but for the rows that are explained in full."""
    inside = [row for rows in explained.values() for row in rows if (row.rule, row.payee) == (group.rule, group.payee)]
    amount = group.amount - sum((row.amount for row in inside), Fraction(0))
    paid = group.paid - sum(row.amount != 0 for row in inside)
    return PaymentGroup(group.rule, group.record, group.payee, group.kind, group.spent_on, group.number - len(inside), paid, amount)


def _figures(rows: Collection[PaymentRow], shown: Mapping[Named, Sequence[FigureRow]]) -> list[str]:
    """The figures that a list has room for, by name: the first ones that its rows have."""
    found = dict.fromkeys(figure.name for row in rows for figure in shown.get((row.record, row.key), ()))
    return list(found)[:MOST_COLUMNS]


def _entries(
    rows: Collection[PaymentRow],
    rule: core.PaymentRule | core.Share,
    names: Sequence[str],
    shown: Mapping[Named, Sequence[FigureRow]],
    program: core.Program,
) -> Iterator[Entry]:
    clauses = [words(clause.span) for clause in rule.clauses] if isinstance(rule, core.PaymentRule) else []
    called = marker_titles(rule.record, program)
    for row in rows:
        figures = {figure.name: figure_words(figure, program.currency) for figure in shown.get((row.record, row.key), ())}
        cells = tuple(figures.get(name, "") for name in names)
        yield Entry(key_parts(row.record, row.key, program), row.amount, short_reason(row.reason, clauses, called), cells)
