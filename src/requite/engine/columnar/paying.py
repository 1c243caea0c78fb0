"""What each payment comes to for each row: its clauses, its caps over several rows, the scheme's cap over several payments."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from fractions import Fraction
from math import lcm

from sqlglot import exp

from requite.dsl import program as core
from requite.dsl.program import Rounding
from requite.dsl.types import TEXT, Kind
from requite.engine.arithmetic import PENNY
from requite.engine.columnar import sql as s
from requite.engine.columnar.capping import capped_altogether, settle_groups
from requite.engine.columnar.cells import Cell
from requite.engine.columnar.compiler import Compiler, Sight
from requite.engine.columnar.gates import ASSESSED, NOT_ASSESSABLE, STATUSES, StopCell, gate_stops, reason_of, unknown_stop
from requite.engine.columnar.looking_up import row_at
from requite.engine.columnar.numbers import Number, Whole
from requite.engine.columnar.reckoning import counted, held_condition
from requite.engine.columnar.settling import Settled, brought_to, in_words, nothing, plainly, stopped
from requite.engine.columnar.sql import Sql
from requite.engine.columnar.windows import given_in_parts, number_of
from requite.engine.columnar.words import key_words, show
from requite.engine.wording import QUOTED, words

# --- what others ask for ----------------------------------------------------------------------------------------------------


def settled(payment: str, c: Compiler) -> Settled:
    """What a payment, charge or part of a split comes to for each row of its record, all caps taken into account."""
    name = "settled", payment
    if name not in c.shared:
        rule = c.program.payments[payment]
        scheme = c.program.schemes[rule.scheme]
        if scheme.altogether is not None and rule.kind == "payment":
            _settle_altogether(scheme, scheme.altogether, c)
        else:
            c.shared[name] = _before_altogether(rule, c)
    made: Settled = c.shared[name]
    return made


def paid(column: core.Column, definition: core.Paid, c: Compiler) -> Cell:
    """A column that is what a payment comes to."""
    return settled(definition.payment, c).value(column.type, c.arithmetic(c.main(column.record)))


def payee(paid_to: core.PaidTo, sight: Sight, c: Compiler) -> Cell:
    """Who is paid, by name: of a declared payee its name, of a row its key."""
    if paid_to.value is None:
        return Cell(TEXT, s.text(paid_to.name))
    cell = c.cell(paid_to.value, sight)
    if cell.type.kind is Kind.ROW:
        row = row_at(cell, sight, c)
        text = row.take(key_words(row.record, c))
    else:
        text = show(cell, c.arithmetic(sight), c.program.currency)
    if cell.missing:
        text = sight.frame.hold(s.case([(cell.known, text)]))
    return Cell(TEXT, text, cell.missing, cell.why, cell.conflicts)


@dataclass(frozen=True, eq=False)
class Outcome:
    """What became of a payment or share for each row: `status` 0 to 2, the amount with its sign, who is paid, and why.

    The amount is 0 and the payee empty where it is not assessed; `missing` says whether it may be not assessable.
    """

    status: Sql
    amount: Number
    payee: Sql
    reason: Callable[[], Sql]
    missing: bool


def outcome(payment: str, c: Compiler) -> Outcome:
    """What became of a payment: negative for a charge; not assessable where nobody knows whom to pay."""
    rule, found = c.program.payments[payment], settled(payment, c)
    sight = c.main(rule.record)
    who = payee(rule.payee, sight, c)
    if who.missing:
        not_nothing = s.compare("!=", found.amount.top.sql, s.whole(0))
        stop = StopCell(
            s.all_of([not_nothing, who.unknown]),
            STATUSES[NOT_ASSESSABLE],
            lambda: s.joined_text("it is not known whom to pay: ", reason_of(who)),
        )
        found = stopped([stop], found, sight, c)
    amount = found.amount
    if rule.kind == "charge":
        a = c.arithmetic(sight)
        amount = a.hold_number(Number(a.negate(amount.top), amount.bottom))
    name = s.coalesce(who.sql, s.text("")) if who.missing else who.sql
    return Outcome(found.status, amount, assessed_only(found, name), found.reason, found.missing)


def assessed_only(found: Settled, name: Sql) -> Sql:
    """Who is paid; nobody where it is not assessed."""
    if isinstance(found.status, exp.Literal):
        return name
    return s.case([(s.equal(found.status, s.whole(ASSESSED)), name)], s.text(""))


# --- splits, and caps that reach further ------------------------------------------------------------------------------------


def _before_altogether(rule: core.PaymentRule, c: Compiler) -> Settled:
    """With the caps over several rows; of a split, this part."""
    parts = _parts(rule, c) if rule.split else [rule]
    name = "before altogether", parts[0].name
    if name not in c.shared:
        whole = settle_alone(parts[0], c)
        whole = settle_groups(parts[0], whole, c)
        c.shared[name] = _split(parts, whole, c) if rule.split else [whole]
    made: list[Settled] = c.shared[name]
    return made[parts.index(rule)]


def _parts(rule: core.PaymentRule, c: Compiler) -> list[core.PaymentRule]:
    payments = c.program.payments
    names = c.program.schemes[rule.scheme].payments
    return [payments[name] for name in names if payments[name].split == rule.split]


def _split(parts: Sequence[core.PaymentRule], whole: Settled, c: Compiler) -> list[Settled]:
    """The parts of a split: the largest remainder decides about odd pennies, ties in the order written."""
    sight = c.main(parts[0].record)
    a = c.arithmetic(sight)
    said = sum((part.part for part in parts if part.part is not None), Fraction(0))
    weights = [part.part if part.part is not None else 1 - said for part in parts]
    scale = lcm(*(weight.denominator for weight in weights))
    tops = [int(weight * scale) for weight in weights]
    unit = min(PENNY, parts[0].rounding.unit)
    units = a.held(a.whole_steps(whole.amount, unit, "down"))
    given = given_in_parts(units, [a.whole(top) for top in tops], a.whole(sum(tops)), a)
    return [replace(whole, amount=a.hold_number(number_of(part, a.constant(unit), a))) for part in given]


def _settle_altogether(scheme: core.Scheme, clause: core.AltogetherClause, c: Compiler) -> None:
    rules = [c.program.payments[name] for name in scheme.payments]
    capped = [rule for rule in rules if rule.kind == "payment"]
    unit = min(min(PENNY, rule.rounding.unit) if rule.split else rule.rounding.unit for rule in rules)
    before = [_before_altogether(rule, c) for rule in capped]
    after = capped_altogether(clause, before, [rule.label for rule in capped], unit, c.main(scheme.record), c)
    for rule, found in zip(capped, after, strict=True):
        c.shared["settled", rule.name] = found


# --- one payment, one row ---------------------------------------------------------------------------------------------------


@dataclass(eq=False)
class _Tally:
    """What the clauses of a payment come to, in the order written, and where they stop."""

    stops: list[StopCell] = field(default_factory=list)
    amount: tuple[core.AmountClause, Cell] | None = None
    exceptions: list[tuple[core.ExceptClause, Sql, Cell]] = field(default_factory=list)
    limits: list[tuple[core.LimitClause, Cell]] = field(default_factory=list)

    def needs(self, cell: Cell) -> None:
        if cell.missing:
            self.stops.append(unknown_stop(cell))


def _conflict(condition: Sql, reason: Callable[[], Sql]) -> StopCell:
    return StopCell(condition, STATUSES[NOT_ASSESSABLE], reason, s.true, True)


def settle_alone(rule: core.PaymentRule, c: Compiler) -> Settled:
    """What a payment comes to for each row, before any cap that reaches over several."""
    sight = c.main(rule.record)
    a, tally = c.arithmetic(sight), _tally(rule, sight, c)
    if len(tally.exceptions) > 1:
        tally.stops.append(_two_exceptions(tally, sight))
    found = _amount(tally, sight, c)
    due = _is_due(tally, found, sight, c)
    for clause, cell in tally.limits:
        found = _limited(found, clause, cell, due, sight, c)
    amount = a.hold_number(a.rounded(found.amount, rule.rounding))
    found = replace(found, amount=amount)
    if amount.top.low < 0:
        tally.stops.append(_negative(rule, amount, sight, c))
        found = replace(found, amount=Number(Whole(amount.top.sql, 0, max(amount.top.high, 0)), amount.bottom))
    return stopped(tally.stops, found, sight, c)


def _negative(rule: core.PaymentRule, amount: Number, sight: Sight, c: Compiler) -> StopCell:
    def reason() -> Sql:
        least = in_words(nothing(c.arithmetic(sight)), sight, c)
        return s.joined_text(f"the {rule.kind} comes to ", in_words(amount, sight, c), ", and cannot be below ", least)

    return StopCell(s.compare("<", amount.top.sql, s.whole(0)), STATUSES[NOT_ASSESSABLE], reason)


def _tally(rule: core.PaymentRule, sight: Sight, c: Compiler) -> _Tally:
    tally = _Tally()
    for clause in rule.clauses:
        match clause:
            case core.Gate():
                tally.stops += gate_stops(clause, sight, c)
            case core.AmountClause():
                if tally.amount is not None:
                    reason = f"two amounts: {tally.amount[0].span} and {clause.span}"
                    tally.stops.append(_conflict(s.true(), lambda reason=reason: s.text(reason)))  # type: ignore[misc]
                    break
                tally.amount = clause, c.cell(clause.value, sight)
                tally.needs(tally.amount[1])
            case core.ExceptClause():
                _exception(clause, tally, sight, c)
            case core.LimitClause():
                limit = c.cell(clause.limit, sight)
                tally.limits.append((clause, limit))
                tally.needs(limit)
    return tally


def _exception(clause: core.ExceptClause, tally: _Tally, sight: Sight, c: Compiler) -> None:
    condition = held_condition(c.cell(clause.condition, sight), sight)
    tally.needs(condition)
    applies = sight.frame.hold(s.is_true(condition.sql) if condition.missing else condition.sql)
    value = c.cell(clause.value, sight)
    if value.missing:
        tally.stops.append(unknown_stop(value).where(applies))
    tally.exceptions.append((clause, applies, value))


def _two_exceptions(tally: _Tally, sight: Sight) -> StopCell:
    count = sight.frame.hold(counted([applies for _, applies, _ in tally.exceptions]))

    def reason() -> Sql:
        named = [s.case([(applies, s.text(f"{words(clause.span)} ({clause.span})"))]) for clause, applies, _ in tally.exceptions]
        return s.joined_text(s.cast(count, "TEXT"), " exceptions apply at once: ", s.call("concat_ws", s.text(" and "), *named))

    return _conflict(s.compare(">", count, s.whole(1)), reason)


def _amount(tally: _Tally, sight: Sight, c: Compiler) -> Settled:
    a = c.arithmetic(sight)
    plain = tally.amount[1].exact if tally.amount is not None else nothing(a)
    branches = [(applies, value.exact) for _, applies, value in tally.exceptions]
    plain = a.hold_number(plain)
    amount = a.hold_number(a.choice(branches, plain)) if branches else plain

    def notes() -> list[Sql]:
        reasons = [(applies, s.text(clause.because or words(clause.span))) for clause, applies, _ in tally.exceptions]
        if tally.amount is None:
            return [s.case(reasons, s.text("no amount is written"))]
        is_nothing = s.yes_no(plain.constant == 0) if plain.constant is not None else a.is_zero(plain)
        return [s.case([*reasons, (is_nothing, _why_nothing(tally.amount[0], sight, c))])]

    return plainly(amount, notes)


def _why_nothing(clause: core.AmountClause, sight: Sight, c: Compiler) -> Sql:
    """Why an amount is £0: none of its cases holds, or it comes to that."""
    text = words(clause.span, QUOTED)
    comes_to = s.joined_text(f"{text} comes to ", in_words(nothing(c.arithmetic(sight)), sight, c))
    if not isinstance(clause.value, core.Cases):
        return comes_to
    conditions = " and ".join(words(case.condition.span) for case in clause.value.cases)
    none = f"{text}: {conditions} is not so" if len(clause.value.cases) == 1 else f"{text}: no case holds"
    return s.case([(_none_holds(clause.value, sight, c), s.text(none))], comes_to)


def _none_holds(cases: core.Cases, sight: Sight, c: Compiler) -> Sql:
    conditions = [held_condition(c.cell(case.condition, sight), sight) for case in cases.cases]
    return s.not_(s.any_of([s.is_true(one.sql) if one.missing else one.sql for one in conditions]))


def _is_due(tally: _Tally, found: Settled, sight: Sight, c: Compiler) -> Sql:
    """Whether a floor raises what there is: neither an exception, nor £0 because what it is paid for is not so."""
    if all(clause.cap for clause, _ in tally.limits):
        return s.true()
    excepted = [applies for _, applies, _ in tally.exceptions]
    amount = tally.amount[0].value if tally.amount is not None else None
    if isinstance(amount, core.Cases):
        excepted.append(s.all_of([c.arithmetic(sight).is_zero(found.amount), _none_holds(amount, sight, c)]))
    return s.not_(s.any_of(excepted))


def _limited(before: Settled, clause: core.LimitClause, cell: Cell, due: Sql, sight: Sight, c: Compiler) -> Settled:
    a = c.arithmetic(sight)
    limit = a.hold_number(cell.exact)
    binds = a.compare(">" if clause.cap else "<", before.amount, limit)
    if not clause.cap:
        binds = s.all_of([due, binds])
    after = brought_to(before, binds, limit, words(clause.span), c, sight, raised=not clause.cap)
    if not clause.cap or after.amount.scale is None or after.amount.constant is not None:
        return after
    tops, scale = a.common([before.amount, limit]) or ([], 1)
    if after.amount.scale != scale:
        return after
    low, high = min(top.low for top in tops), min(top.high for top in tops)
    return replace(after, amount=Number(Whole(after.amount.top.sql, low, high), after.amount.bottom))


__all__ = ["Outcome", "Rounding", "Settled", "outcome", "paid", "payee", "settle_alone", "settled"]
