"""The days on which a challenge may go out, is to be answered, and lapses: from the contract's calendar and the check's clause."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from typing import Final

from sqlalchemy import bindparam, select
from sqlalchemy.orm import Session

from requite.api.store.schema import CalendarMonth, Challenge, table_of
from requite.dsl.program import Program
from requite.dsl.types import Kind
from requite.engine.calendar import BeyondCalendarError, add, period_label
from requite.engine.live.moves import State
from requite.engine.rows import Row

DISCHARGED: Final = "discharged"
"""The field that dates a claim, where it has one of this name: contracts go by the month of discharge."""

CHUNK: Final = 500
"""How many values are asked for in one statement."""

PURSUED: Final = frozenset({State.RAISED, State.PART_ACCEPTED, State.DISPUTED})
"""States in which it is for the commissioner to go on before the freeze."""

OWED: Final = frozenset({State.AGREED, State.UPHELD})
"""States in which credit and penalty are yet to come in."""


@dataclass(frozen=True, slots=True)
class ContractDates:
    """What the contract says of a month: the last day on which its claims may be challenged, the day on which it freezes, and
    how many working days there are for a credit.
    """

    challenge_by: date | None = None
    freezes_on: date | None = None
    credit_within: int | None = None


NO_DATES: Final = ContractDates()


def chunks(values: Iterable[str]) -> Iterable[list[str]]:
    """Values in lists that fit into a statement."""
    everything = list(values)
    return (everything[at : at + CHUNK] for at in range(0, len(everything), CHUNK))


# --- the calendar -----------------------------------------------------------------------------------------------------


MONTHS: Final = table_of(CalendarMonth).c
# Asked for whenever a claim is challenged: to put the statement together takes longer than to run it.
SAID: Final = (
    select(MONTHS.month, MONTHS.provider, MONTHS.challenge_by, MONTHS.freezes_on, MONTHS.credit_within)
    .where(MONTHS.org == bindparam("org"), MONTHS.month.in_(bindparam("months", expanding=True)))
    .order_by(MONTHS.known_from, MONTHS.id)
)


def months_said(session: Session, org: str, months: Collection[str]) -> Mapping[tuple[str, str], ContractDates]:
    """What was said last of each of these months, by month and provider (empty: all providers)."""
    found: dict[tuple[str, str], ContractDates] = {}
    for some in chunks(sorted(set(months))):
        for month, provider, *dates in session.execute(SAID, {"org": org, "months": some}):
            found[month, provider] = ContractDates(*dates)
    return found


def contract_dates(session: Session, org: str, wanted: Collection[tuple[str, str]]) -> Mapping[tuple[str, str], ContractDates]:
    """For months and providers the contract's dates: a provider's own come before those for all."""
    said = months_said(session, org, {month for month, _ in wanted if month})
    return {(month, provider): said.get((month, provider)) or said.get((month, ""), NO_DATES) for month, provider in wanted}


# --- a claim's month --------------------------------------------------------------------------------------------------


def month_field(program: Program, record: str) -> str | None:
    """The field by whose month a claim is in the calendar: the day of discharge, else the first date of the record."""
    dates = [field.name for field in program.records[record].fields if field.type.kind in (Kind.DATE, Kind.MOMENT)]
    return DISCHARGED if DISCHARGED in dates else next(iter(dates), None)


def month_of(row: Row, field: str | None) -> str:
    """The month of a claim, such as 2012-04; empty where it is not known."""
    day = row.values.get(field) if field else None
    return period_label("month", day) if isinstance(day, date) else ""


# --- a challenge's days -----------------------------------------------------------------------------------------------


def answer_due(sent: date, within: int, unit: str) -> date:
    """The last day for an answer; BeyondCalendarError where the calendar does not reach so far."""
    return add(sent, Fraction(within), unit)


def credit_due(settled: date, within: int | None) -> date | None:
    """The last day for a credit; none where the contract says none, or the calendar does not reach so far."""
    if within is None:
        return None
    with suppress(BeyondCalendarError):
        return add(settled, Fraction(within), "working days")
    return None


def pursue_by(challenge: Challenge) -> date | None:
    """The last day before it lapses unpursued: that of the freeze, or of the answer where that comes later."""
    if challenge.freezes_on is None or challenge.answer_due is None:
        return challenge.freezes_on
    return max(challenge.freezes_on, challenge.answer_due)


def silence_of(challenge: Challenge) -> str:
    """What silence means: upheld, lapsed or, where it is empty, nothing. A challenge in doubt is not upheld by it."""
    return "" if challenge.doubt and challenge.otherwise == State.UPHELD else challenge.otherwise


def is_unanswered(challenge: Challenge, today: date) -> bool:
    """Whether the time for an answer ran out without one."""
    return challenge.state == State.SENT and challenge.answer_due is not None and today > challenge.answer_due


def is_overdue(challenge: Challenge, today: date) -> bool:
    """Whether the last day for its credit is past without one."""
    return challenge.state in OWED and challenge.credit_due is not None and today > challenge.credit_due


def is_frozen(challenge: Challenge, today: date) -> bool:
    """Whether it was not pursued until its month froze. One that was sent has been, unless silence decides nothing."""
    waits = challenge.state in PURSUED or (challenge.state == State.SENT and not silence_of(challenge))
    last = pursue_by(challenge)
    return waits and last is not None and today > last
