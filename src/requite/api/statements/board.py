"""The settlement as the board sees it: what is paid and asked back, by rule and by party, and what could not be decided."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from fractions import Fraction

from requite.api.statements.gather import Gathered
from requite.api.statements.model import Board, CheckTotal, Party, PartyTotal, PaymentTotal
from requite.api.statements.parties import payee_party, payees
from requite.api.statements.phrases import plainly, titles
from requite.engine.overview import merged, reject_words

NOTHING = Fraction(0)


def board_of(run: Gathered, files: Mapping[Party, Sequence[str]], names: Mapping[Party, str]) -> Board:
    """The summary of a run; `files` are the statements that stand beside it, `names` what parties are called beside their codes."""
    counts = {item["rule"]: item for item in run.reloaded.manifest["rules"]}
    payments = tuple(_payments(run, counts))
    return Board(
        run.about_rules(()),
        payments,
        tuple(payment.title for payment in payments),
        tuple(_payees(run, list(payees(run.program)), files, names)),
        tuple(_checks(run, counts)),
        tuple(_respondents(run, files)),
        tuple(_unknown(run)),
        tuple(_rejected(run)),
        tuple((plainly(i["record"]), _last(i["file"]), i["read"], i["rejected"]) for i in run.reloaded.manifest["rows"]),
    )


def _payments(run: Gathered, counts: Mapping[str, Mapping[str, int]]) -> list[PaymentTotal]:
    groups, called = run.results.payment_groups(), titles(run.program)
    made = []
    for name in payees(run.program):
        mine = [group for group in groups if group.rule == name]
        rule = run.program.payments.get(name) or run.program.shares[name]
        scheme = run.program.schemes[rule.scheme]
        number, paid = sum(g.number for g in mine), sum(g.paid for g in mine)
        amount, unknown = sum((g.amount for g in mine), NOTHING), counts.get(name, {}).get("not_assessable", 0)
        made.append(PaymentTotal(scheme.title or plainly(scheme.name), called[name], number, paid, amount, unknown))
    return made


def _payees(
    run: Gathered, rules: Sequence[str], files: Mapping[Party, Sequence[str]], names: Mapping[Party, str]
) -> list[PartyTotal]:
    """Everybody who is paid, or on whose account others are, with the amount of each payment."""
    whose = payees(run.program)
    sums: dict[Party, dict[str, Fraction]] = {party: defaultdict(Fraction) for party in run.parties}
    others: dict[Party, Fraction] = defaultdict(Fraction)
    for party, groups in run.paid_groups.items():
        for group in groups:
            sums[party][group.rule] += group.amount
    rows = [(party, named) for party in run.parties for named in run.rows_called(party)]
    paid = run.results.payments_of([named for _, named in rows])
    for party, named in rows:
        for row in paid.get(named, ()):
            if payee_party(whose[row.rule], row.payee, run.program) != party:
                sums[party][row.rule] += row.amount
                others[party] += row.amount
    return [
        PartyTotal(
            party,
            names.get(party, ""),
            sum(found.values(), NOTHING) - others[party],
            others[party],
            tuple(found.get(rule, NOTHING) for rule in rules),
            0,
            NOTHING,
            NOTHING,
            tuple(files.get(party, ())),
        )
        for party, found in sums.items()
        if found or any(rule in whose for rule in run.unknown_rows.get(party, {}))
    ]


def _checks(run: Gathered, counts: Mapping[str, Mapping[str, int]]) -> list[CheckTotal]:
    groups, called = run.results.finding_groups(), titles(run.program)
    made = []
    for name in run.program.checks:
        mine, count = [group for group in groups if group.check == name], counts.get(name, {})
        made.append(
            CheckTotal(
                name,
                called[name],
                count.get("assessed", 0),
                sum(g.number for g in mine),
                sum((g.overcharge for g in mine), NOTHING),
                sum((g.undercharge for g in mine), NOTHING),
                sum(g.challenged for g in mine),
                sum((g.credit for g in mine), NOTHING),
                count.get("not_assessable", 0),
            )
        )
    return made


def _respondents(run: Gathered, files: Mapping[Party, Sequence[str]]) -> list[PartyTotal]:
    made = [
        PartyTotal(
            party,
            "",
            NOTHING,
            NOTHING,
            (),
            sum(g.challenged for g in groups),
            sum((g.credit for g in groups), NOTHING),
            sum((g.penalty for g in groups), NOTHING),
            tuple(files.get(party, ())),
        )
        for party, groups in run.asked_groups.items()
    ]
    return sorted(made, key=lambda one: (-one.credit, one.party.code))


def _unknown(run: Gathered) -> list[tuple[str, str, int]]:
    called = titles(run.program)
    told = merged((rule, reason, number) for rule, _, reason, number in run.results.unknown())
    return [(called.get(rule, plainly(rule)), plainly(reason), number) for rule, reason, number in told]


def _rejected(run: Gathered) -> list[tuple[str, str, int]]:
    told = merged((record, reject_words(field, reason), number) for record, field, reason, number in run.results.rejects())
    return [(plainly(record), reason, number) for record, reason, number in told]


def _last(name: str) -> str:
    return name.replace("\\", "/").rpartition("/")[2]
