"""What each payment comes to for each row: its clauses, its caps over several rows, the scheme's cap over several payments."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from fractions import Fraction
from typing import Any

from requite.dsl import program as core
from requite.dsl.source import Span
from requite.engine.arithmetic import PENNY, rounded, whole_units
from requite.engine.interpreting.closures import Compiler
from requite.engine.interpreting.gates import Cut, Settled, Stop, gate_stops, unassessable
from requite.engine.interpreting.ranges import alike
from requite.engine.interpreting.tables import turn_of
from requite.engine.interpreting.values import Env, Missing, conflict, identity
from requite.engine.rows import Row
from requite.engine.settle import share_out
from requite.engine.wording import QUOTED, row_name, words

NOTHING = Fraction(0)


@dataclass(eq=False)
class Payments:
    """The payments of a run, each settled when first asked for."""

    c: Compiler
    _alone: dict[tuple[str, Row], Settled] = field(default_factory=dict)
    _grouped: dict[str, dict[Row, Settled]] = field(default_factory=dict)
    _final: dict[tuple[str, Row], Settled] = field(default_factory=dict)
    _reached: dict[tuple[str, Row], Settled] = field(default_factory=dict)

    def settled(self, name: str, row: Row) -> Settled:
        """What a payment, charge or part of a split comes to for a row, all caps taken into account."""
        found = self._final.get((name, row))
        if found is None:
            rule = self.c.program.payments[name]
            scheme = self.c.program.schemes[rule.scheme]
            if scheme.altogether is not None and rule.kind == "payment":
                self._settle_altogether(scheme, scheme.altogether, row)
            else:
                self._final[name, row] = self._before_altogether(rule, row)
            found = self._final[name, row]
        return found

    def forget(self) -> None:
        """Forget what was settled: the rows are others from now on."""
        for memory in (self._alone, self._grouped, self._final, self._reached):
            memory.clear()

    def _before_altogether(self, rule: core.PaymentRule, row: Row) -> Settled:
        """With the caps over several rows; of a split, this part."""
        first = self._first_part(rule)
        if any(isinstance(clause, (core.OnlyFirstClause, core.TogetherClause)) for clause in rule.clauses):
            if self.c.tables.sought:
                whole = self._of_its_groups(first, row)
                return self._part(rule, whole) if rule.split else whole
            if first.name not in self._grouped:
                rows = self.c.tables.rows(rule.record)
                alone = {other: self._on_its_own(first, other) for other in rows}
                self._grouped[first.name] = settle_groups(first, alone, self.c)
            whole = self._grouped[first.name][row]
        else:
            whole = self._on_its_own(first, row)
        return self._part(rule, whole) if rule.split else whole

    def _of_its_groups(self, rule: core.PaymentRule, row: Row) -> Settled:
        """What a payment comes to for one row under caps over several: of the other rows, only those that it shares one with.

        What a later cap starts from rests on the earlier ones, so their groups are gathered from the last to the first.
        """
        if (rule.name, row) not in self._reached:
            reached = {row: None}
            for clause in reversed(over_several(rule)):
                related = alike(clause.same, rule.record, clause.span, self.c)
                reached |= {other: None for one in tuple(reached) for other in related(one)}
            alone = {other: self._on_its_own(rule, other) for other in reached}
            self._reached[rule.name, row] = settle_groups(rule, alone, self.c)[row]
        return self._reached[rule.name, row]

    def _first_part(self, rule: core.PaymentRule) -> core.PaymentRule:
        return parts_of(rule, self.c.program)[0] if rule.split else rule

    def _part(self, rule: core.PaymentRule, whole: Settled) -> Settled:
        """A part of a split: the largest remainder decides about odd pennies, ties in the order written."""
        if whole.status != "assessed":
            return whole
        parts = parts_of(rule, self.c.program)
        amounts = share_out(whole.amount, weights_of(parts), range(len(parts)), min(PENNY, rule.rounding.unit))
        return replace(whole, amount=amounts[parts.index(rule)])

    def _on_its_own(self, rule: core.PaymentRule, row: Row) -> Settled:
        if (rule.name, row) not in self._alone:
            self._alone[rule.name, row] = settle_alone(rule, (row,), self.c)
        return self._alone[rule.name, row]

    def _settle_altogether(self, scheme: core.Scheme, clause: core.AltogetherClause, row: Row) -> None:
        rules = [self.c.program.payments[name] for name in scheme.payments]
        paid = {rule.name: self._before_altogether(rule, row) for rule in rules if rule.kind == "payment"}
        capped = [(name, settled) for name, settled in paid.items() if settled.amount > 0]
        if capped:
            unit = min(min(PENNY, rule.rounding.unit) if rule.split else rule.rounding.unit for rule in rules)
            paid |= _cap(capped, clause, self.c.code(clause.limit)((row,)), unit, self.c)
        unknown = [rule.label for rule in rules if rule.name in paid and paid[rule.name].status == "not assessable"]
        for name, settled in paid.items():
            self._final[name, row] = _noting(settled, words(clause.span), unknown)


def _noting(settled: Settled, text: str, unknown: Sequence[str]) -> Settled:
    """A payment under a scheme's cap, saying which others were not known when it was applied: the other rules go on."""
    if not unknown or settled.status != "assessed" or settled.amount == 0:
        return settled
    note = f"{text}: reckoned without {', '.join(unknown)}, not assessable"
    return replace(settled, reason=f"{settled.reason}; {note}" if settled.reason else note)


def _cap(
    capped: Sequence[tuple[Any, Settled]],
    clause: core.AltogetherClause | core.TogetherClause,
    limit: Any,
    unit: Fraction,
    c: Compiler,
) -> dict[Any, Settled]:
    """Amounts held to a limit that they share: the first ones whole, or all in proportion."""
    text = words(clause.span)
    if not isinstance(limit, Missing) and limit < 0:
        limit = Missing(conflict("").kind, f"the limit is {c.money(limit)}")
    if isinstance(limit, Missing):
        return {name: unassessable(f"{text}: {limit.reason}", limit) for name, _ in capped}
    before = [settled.amount for _, settled in capped]
    written, limit = limit, whole_units(limit, unit)
    total = sum(before, NOTHING)
    if c.note is not None:
        c.note("cap", clause.span, "bound" if total > limit else "did not bind")
    if total <= limit:
        return dict(capped)
    after = share_out(limit, before, range(len(before)), unit) if clause.in_proportion else _first_come(before, limit)
    shared = [f"{len(before)} amounts come to {c.money(total)} together"] if len(before) > 1 else []
    if limit != written:
        shared.append(f"{c.money(written)} is {c.money(limit)} in {steps(unit, c)}")
    found, given = dict(capped), NOTHING
    for (name, settled), amount in zip(capped, after, strict=True):
        if amount != settled.amount:
            why = list(shared)
            if clause.in_proportion:
                why += _in_proportion(settled.amount * limit / total, amount, limit, unit, c)
            elif given:
                why.append(f"those before it have {c.money(given)} of {c.money(limit)}")
            found[name] = cut(settled, amount, clause.span, c, why="; ".join(why))
        given += amount
    return found


def _in_proportion(exact: Fraction, amount: Fraction, limit: Fraction, unit: Fraction, c: Compiler) -> list[str]:
    """How a part of a limit came to whole steps, where it was not in them."""
    return [f"its part of {c.money(limit)}{to_steps(exact, amount, unit, c)}"] if exact != amount else []


def steps(unit: Fraction, c: Compiler) -> str:
    """What amounts are whole steps of, in words."""
    return "whole pennies" if unit == PENNY else f"whole steps of {c.money(unit)}"


def to_steps(exact: Fraction, given: Fraction, unit: Fraction, c: Compiler) -> str:
    """How a part of what is given out came to whole steps, pennies for the most part; empty where it was in them."""
    if exact == given:
        return ""
    to = "the penny" if unit == PENNY else steps(unit, c)
    way = f"brought up to {to}: its remainder is one of the largest" if abs(given) > abs(exact) else f"brought down to {to}"
    return f" is {c.money(exact)}, {way}"


def undecided_after(members: Iterable[tuple[Any, Settled]], text: str, all_of_them: bool) -> dict[Any, Settled]:
    """Amounts whose part of a limit depends on one that is not assessable: those after it, or all that are to be paid."""
    members = list(members)
    at = next((i for i, (_, settled) in enumerate(members) if settled.status == "not assessable"), None)
    if at is None:
        return {}
    reason = f"{text}: it shares this limit with what is not assessable: {members[at][1].reason}"
    waiting = members if all_of_them else members[at + 1 :]
    return {name: unassessable(reason) for name, settled in waiting if settled.amount > 0}


def _first_come(amounts: Iterable[Fraction], limit: Fraction) -> list[Fraction]:
    given = []
    for amount in amounts:
        given.append(min(amount, limit))
        limit -= given[-1]
    return given


def cut(settled: Settled, amount: Fraction, clause: Span, c: Compiler, note: str = "", why: str = "") -> Settled:
    """A settled amount brought to another one, with the reason added; `note` is part of it, `why` is for explanations alone."""
    word = "cut" if amount < settled.amount else "raised"
    reason = f"{words(clause)}: {note}{c.money(settled.amount)} {word} to {c.money(amount)}"
    return replace(
        settled,
        amount=amount,
        reason=f"{settled.reason}; {reason}" if settled.reason else reason,
        cuts=(*settled.cuts, Cut(clause, settled.amount, amount, why or note.removesuffix(", "))),
    )


def parts_of(rule: core.PaymentRule, program: core.Program) -> list[core.PaymentRule]:
    """All parts of the split that a payment is a part of, in the order written."""
    payments = (program.payments[name] for name in program.schemes[rule.scheme].payments)
    return [payment for payment in payments if payment.split == rule.split]


def weights_of(parts: Sequence[core.PaymentRule]) -> list[Fraction]:
    """How much of a split each part of it is: what is written, or what the others leave."""
    said = sum((part.part for part in parts if part.part is not None), NOTHING)
    return [part.part if part.part is not None else 1 - said for part in parts]


# --- one payment, one row -------------------------------------------------------------------------------------------------


@dataclass(slots=True)
class Tally:
    """What the clauses of a payment have come to so far, in the order written."""

    amount: tuple[core.AmountClause, Fraction] | None = None
    exceptions: list[tuple[core.ExceptClause, Fraction]] = field(default_factory=list)
    limits: list[tuple[core.LimitClause, Fraction]] = field(default_factory=list)


def settle_alone(rule: core.PaymentRule, env: Env, c: Compiler) -> Settled:
    """What a payment comes to for one row, before any cap that reaches over several."""
    tally = tally_clauses(rule, env, c)
    if isinstance(tally, Settled):
        return tally
    if len(tally.exceptions) > 1:
        named = " and ".join(f"{words(clause.span)} ({clause.span})" for clause, _ in tally.exceptions)
        reason = f"{len(tally.exceptions)} exceptions apply at once: {named}"
        return unassessable(reason, conflict(reason))
    settled = _amount(tally, env, c)
    is_due = not tally.exceptions and not (settled.amount == 0 and _no_case_holds(tally, env, c))
    for clause, limit in tally.limits:
        if clause.cap or is_due:
            settled = _limited(settled, clause, limit, c)
    settled = replace(settled, amount=rounded(settled.amount, rule.rounding), exact=settled.amount)
    if settled.amount < 0:
        return unassessable(f"the {rule.kind} comes to {c.money(settled.amount)}, and cannot be below {c.money(NOTHING)}")
    return settled


def tally_clauses(rule: core.PaymentRule, env: Env, c: Compiler) -> Tally | Settled:
    """The values of a payment's clauses; or what it comes to where one of them decides."""
    tally = Tally()
    for clause in rule.clauses:
        found: Any = None
        match clause:
            case core.Gate():
                stop = gate_stops(clause, env, c)
                if stop is not None:
                    return stopped(stop)
            case core.AmountClause():
                found = c.code(clause.value)(env)
                if tally.amount is not None:
                    reason = f"two amounts: {tally.amount[0].span} and {clause.span}"
                    return unassessable(reason, conflict(reason))
                tally.amount = clause, found
            case core.ExceptClause():
                found = _exception(clause, tally, env, c)
            case core.LimitClause():
                found = c.code(clause.limit)(env)
                tally.limits.append((clause, found))
        if isinstance(found, Missing):
            return unassessable(found.reason, found)
    return tally


def _exception(clause: core.ExceptClause, tally: Tally, env: Env, c: Compiler) -> Any:
    holds = c.code(clause.condition)(env)
    if holds is not True:
        return holds
    if c.note is not None:
        c.note("exception", clause.span, "applied")
    value = c.code(clause.value)(env)
    tally.exceptions.append((clause, value))
    return value


def stopped(stop: Stop) -> Settled:
    """What a payment comes to that a gate stopped: £0 where it refused."""
    if stop.effect == "not assessable":
        return unassessable(stop.reason, stop.missing)
    return Settled("assessed" if stop.effect == "refused" else "out of scope", NOTHING, stop.reason)


def _amount(tally: Tally, env: Env, c: Compiler) -> Settled:
    if tally.exceptions:
        exception, value = tally.exceptions[0]
        return Settled("assessed", value, exception.because or words(exception.span))
    if tally.amount is None:
        return Settled("assessed", NOTHING, "no amount is written")
    clause, value = tally.amount
    return Settled("assessed", value, _why_nothing(clause, env, c) if value == 0 else "")


def _why_nothing(clause: core.AmountClause, env: Env, c: Compiler) -> str:
    """Why an amount is £0: none of its cases holds, or it comes to that."""
    text = words(clause.span, QUOTED)
    if isinstance(clause.value, core.Cases) and _none_holds(clause.value, env, c):
        conditions = " and ".join(words(case.condition.span) for case in clause.value.cases)
        return f"{text}: {conditions} is not so" if len(clause.value.cases) == 1 else f"{text}: no case holds"
    return f"{text} comes to {c.money(NOTHING)}"


def _none_holds(cases: core.Cases, env: Env, c: Compiler) -> bool:
    return not any(c.code(case.condition)(env) is True for case in cases.cases)


def _no_case_holds(tally: Tally, env: Env, c: Compiler) -> bool:
    """Whether the amount is £0 because what it is paid for is not so: a floor raises only what is due."""
    amount = tally.amount[0].value if tally.amount is not None else None
    return isinstance(amount, core.Cases) and _none_holds(amount, env, c)


def _limited(settled: Settled, clause: core.LimitClause, limit: Fraction, c: Compiler) -> Settled:
    binds = settled.amount > limit if clause.cap else settled.amount < limit
    if c.note is not None:
        c.note("cap", clause.span, "bound" if binds else "did not bind")
    return cut(settled, limit, clause.span, c) if binds else settled


# --- one payment, several rows ----------------------------------------------------------------------------------------------


def settle_groups(rule: core.PaymentRule, alone: dict[Row, Settled], c: Compiler) -> dict[Row, Settled]:
    """What a payment comes to for each row under `only the first` and then `together at most`; £0 counts for neither."""
    settled = dict(alone)
    for clause in over_several(rule):
        for group in _groups(clause, rule.record, settled, c):
            in_proportion = isinstance(clause, core.TogetherClause) and clause.in_proportion
            after = undecided_after(group, words(clause.span), in_proportion)
            settled |= after
            members = [(row, found) for row, found in group if row not in after and found.amount > 0]
            if isinstance(clause, core.OnlyFirstClause):
                settled |= _only_first(clause, members, c)
            else:
                settled |= _together(rule, clause, members, c)
    return settled


def over_several(rule: core.PaymentRule) -> list[Any]:
    """The caps over several rows, in the order in which they are applied."""
    return [*_of_type(rule, core.OnlyFirstClause), *_of_type(rule, core.TogetherClause)]


def _of_type(rule: core.PaymentRule, kind: type) -> list[Any]:
    return [clause for clause in rule.clauses if isinstance(clause, kind)]


def _groups(
    clause: core.OnlyFirstClause | core.TogetherClause, record: str, settled: dict[Row, Settled], c: Compiler
) -> list[list[tuple[Row, Settled]]]:
    """The rows with something to pay that agree in what the clause names, each group in its order, then by turn.

    A row of which the group or the order is not known is not assessable, and that is put down at once.
    """
    text, in_order = words(clause.span), () if isinstance(clause, core.TogetherClause) and clause.in_proportion else clause.order
    turn = turn_of(c.program, record)
    groups: dict[Any, list[tuple[Any, Row, Settled]]] = defaultdict(list)
    for row, found in settled.items():
        if found.amount <= 0 and found.status != "not assessable":
            continue
        values = [c.code(part)((row,)) for part in (*clause.same, *in_order)]
        missing = next((value for value in values if isinstance(value, Missing)), None)
        if missing is not None:
            if found.status != "not assessable":
                settled[row] = unassessable(f"{text}: {missing.reason}", missing)
            continue
        parts = tuple(identity(value) for value in values)
        at = len(clause.same)
        groups[parts[:at]].append(((parts[at:], turn(row)), row, found))
    return [[(row, found) for _, row, found in sorted(group, key=lambda member: member[0])] for group in groups.values()]


def _only_first(clause: core.OnlyFirstClause, members: list[tuple[Row, Settled]], c: Compiler) -> dict[Row, Settled]:
    after: dict[Row, Settled] = {}
    text = words(clause.span)
    for place, (row, settled) in enumerate(members, start=1):
        number = c.code(clause.number)((row,))
        if isinstance(number, Missing):
            after[row] = unassessable(f"{text}: {number.reason}", number)
            continue
        if c.note is not None:
            c.note("cap", clause.span, "bound" if place > number else "did not bind")
        if place > number:
            after[row] = cut(settled, NOTHING, clause.span, c, f"this is number {place}, ")
    return after


def _together(
    rule: core.PaymentRule, clause: core.TogetherClause, members: list[tuple[Row, Settled]], c: Compiler
) -> dict[Row, Settled]:
    """A group held to its limit, which must come to one figure for all its rows."""
    text = words(clause.span)
    limits = [(row, settled, c.code(clause.limit)((row,))) for row, settled in members]
    after = {row: unassessable(f"{text}: {limit.reason}", limit) for row, _, limit in limits if isinstance(limit, Missing)}
    known = [(row, settled, limit) for row, settled, limit in limits if not isinstance(limit, Missing)]
    if not known:
        return after
    first, _, figure = known[0]
    other = next(((row, limit) for row, _, limit in known if limit != figure), None)
    if other is not None:
        found = f"{c.money(figure)} for {row_name(first)} and {c.money(other[1])} for {row_name(other[0])}"
        figure = conflict(f"the limit comes to {found}")
    return after | _cap([(row, settled) for row, settled, _ in known], clause, figure, rule.rounding.unit, c)
