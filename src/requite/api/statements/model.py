"""What a statement says, before anyone decides how it looks."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from fractions import Fraction
from typing import TypeVar

Name = TypeVar("Name")

# --- who --------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Party:
    """Who is paid, charged or asked: a row of a record, a name in the data, or a payee that the ruleset declares.

    `noun` says what kind of party it is (practice, provider); it is empty for a declared payee, which has a `title`.
    """

    noun: str
    code: str
    title: str = ""

    @property
    def label(self) -> str:
        """What the party is called in a heading: Practice P01, The GPs of the practice."""
        if not self.noun:
            return self.title or self.code
        noun = self.noun.replace("_", " ")
        return f"{noun[:1].upper()}{noun[1:]} {self.code}"


@dataclass(frozen=True, slots=True)
class About:
    """The run that a statement is made from. `ended` is the day on which the run ended."""

    title: str
    ruleset: str
    currency: str
    periods: tuple[str, ...]
    known: date
    ended: date | None
    version: str
    fingerprint: str
    folder: str


# --- what is paid -----------------------------------------------------------------------------------------------------


class State(StrEnum):
    """What became of a payment, in a word or two."""

    PAID = "paid"
    CUT = "paid, limited"
    RAISED = "paid, raised"
    CHARGED = "charged"
    NOT_EARNED = "not earned"
    NOTHING = "nothing due"
    UNKNOWN = "cannot be judged yet"


@dataclass(frozen=True, slots=True)
class Used:
    """A figure that a clause used, and where it stands."""

    name: str
    value: str
    where: str
    note: str = ""


@dataclass(frozen=True, slots=True)
class Step:
    """A clause as it went: its words, what it came to, and what it did."""

    text: str
    value: str
    did: str
    note: str
    used: tuple[Used, ...] = ()


@dataclass(frozen=True, slots=True)
class Line:
    """One payment for one row. `payee` is None where it is not known who would be paid."""

    rule: str
    title: str
    scheme: str
    payee: Party | None
    spent_on: str
    amount: Fraction | None
    state: State
    why: str
    steps: tuple[Step, ...] = ()
    cites: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Place:
    """Where a value stands among those of the others: how many lie below it, how many are equal, and how many there are."""

    below: int
    equal: int
    others: int

    @property
    def words(self) -> str:
        if not self.others:
            return ""
        if self.equal == self.others:
            return f"the same as all {self.others} others"
        if self.below == self.others:
            return f"the highest of {self.others + 1}"
        if not self.below:
            same = f", like {self.equal} others" if self.equal > 1 else ", like one other" if self.equal else ""
            return f"the lowest of {self.others + 1}{same}"
        return f"above {self.below} of {self.others} others"


@dataclass(frozen=True, slots=True)
class Measure:
    """A value held against a level. `met` is None where it cannot be judged; `high` says whether more is better.

    `span` tells the condition from others; `start` is the level from which something is earned, where that goes by degrees.
    """

    span: str
    title: str
    formula: str
    value: Fraction | None
    value_text: str
    level: Fraction | None
    level_text: str
    needed: str
    met: bool | None
    high: bool
    missing: str = ""
    start: Fraction | None = None
    start_text: str = ""
    peers: tuple[Fraction, ...] = ()
    place: Place | None = None


@dataclass(frozen=True, slots=True)
class Hint:
    """What would have brought more: which conditions, where they stand, and how much; of a list, in which row (its key's parts)."""

    conditions: tuple[str, ...]
    payments: tuple[str, ...]
    more: Fraction
    row: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Difference:
    """Two amounts of which one is taken from the other: a budget and what was spent."""

    title: str
    first: str
    first_amount: Fraction
    second: str
    second_amount: Fraction


@dataclass(frozen=True, slots=True)
class FigureLine:
    """A shown figure, with those of the others where it is a quantity."""

    name: str
    text: str
    reason: str
    value: Fraction | None = None
    peers: tuple[Fraction, ...] = ()
    place: Place | None = None


@dataclass(frozen=True, slots=True)
class Related:
    """Shown figures of the rows of another record that belong to a row: the rest of each key, then the figures in words."""

    title: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


@dataclass(frozen=True, slots=True)
class Account:
    """One row explained in full: its payments, why, and what it was measured by. `called` is its key in words."""

    record: str
    key: str
    called: str
    name: str
    read_from: str
    lines: tuple[Line, ...]
    measures: tuple[Measure, ...] = ()
    hints: tuple[Hint, ...] = ()
    differences: tuple[Difference, ...] = ()
    figures: tuple[FigureLine, ...] = ()
    fields: tuple[Used, ...] = ()
    related: tuple[Related, ...] = ()
    unexplained: str = ""


@dataclass(frozen=True, slots=True)
class Entry:
    """A row of a long list of payments, with the parts of its key."""

    key: tuple[str, ...]
    amount: Fraction
    reason: str
    figures: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Schedule:
    """One payment over many rows: sums first, then the rows, as many as are listed."""

    rule: str
    title: str
    scheme: str
    record: str
    spent_on: str
    number: int
    paid: int
    amount: Fraction
    clauses: tuple[str, ...]
    cites: tuple[str, ...]
    entries: tuple[Entry, ...]
    unknown: tuple[tuple[str, int], ...] = ()
    columns: tuple[str, ...] = ()
    hints: tuple[Hint, ...] = ()


@dataclass(frozen=True, slots=True)
class Sum:
    """An amount and what it is of."""

    title: str
    amount: Fraction
    note: str = ""


# --- what is asked ----------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Claim:
    """A claim that was flagged, by its key in words. `beside` are the other findings about it, which are not challenged."""

    key: str
    billed: Fraction | None
    expected: Fraction | None
    overcharge: Fraction | None
    penalty: Fraction | None
    reason: str
    beside: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class CheckPart:
    """What one check asks of one respondent: sums first, then its claims, as many as are listed."""

    check: str
    title: str
    clauses: tuple[str, ...]
    cites: tuple[str, ...]
    terms: str
    challenged: int
    credit: Fraction
    penalty: Fraction
    under: int
    undercharge: Fraction
    claims: tuple[Claim, ...]
    kept_back: int
    unknown: tuple[tuple[str, int], ...] = ()
    worked: tuple[str, tuple[Step, ...]] | None = None


@dataclass(frozen=True, slots=True)
class Asked:
    """What a respondent is asked: to credit overcharges, and to look at what was billed too low."""

    parts: tuple[CheckPart, ...]

    @property
    def active(self) -> tuple[CheckPart, ...]:
        """The checks for which something is challenged."""
        return tuple(part for part in self.parts if part.challenged)

    @property
    def quiet(self) -> tuple[CheckPart, ...]:
        """The checks that found something or could not be made, and for which nothing is challenged."""
        return tuple(part for part in self.parts if not part.challenged)

    @property
    def terms(self) -> str:
        """What is asked by when, where it is the same for all that is challenged."""
        told = {part.terms for part in self.active}
        return told.pop() if len(told) == 1 else ""

    @property
    def challenged(self) -> int:
        return sum(part.challenged for part in self.parts)

    @property
    def credit(self) -> Fraction:
        return sum((part.credit for part in self.parts), Fraction(0))

    @property
    def penalty(self) -> Fraction:
        return sum((part.penalty for part in self.parts), Fraction(0))

    @property
    def undercharge(self) -> Fraction:
        return sum((part.undercharge for part in self.parts), Fraction(0))


# --- the whole --------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Statement:
    """Everything that one party is told."""

    party: Party
    name: str
    about: About
    accounts: tuple[Account, ...] = ()
    schedules: tuple[Schedule, ...] = ()
    asked: Asked | None = None
    sources: tuple[str, ...] = ()
    illustrative: tuple[str, ...] = ()
    schedule_file: str = ""

    @property
    def lines(self) -> tuple[Line, ...]:
        return tuple(line for account in self.accounts for line in account.lines)

    @property
    def own(self) -> Fraction:
        """What comes to the party itself, charges taken off."""
        mine = (line.amount for line in self.lines if line.amount is not None and self.is_own(line))
        return sum(mine, Fraction(0)) + sum((schedule.amount for schedule in self.schedules), Fraction(0))

    @property
    def others(self) -> Fraction:
        """What comes to others on the party's account."""
        return sum((line.amount for line in self.lines if line.amount is not None and not self.is_own(line)), Fraction(0))

    @property
    def has_others(self) -> bool:
        return any(not self.is_own(line) for line in self.lines)

    @property
    def pays(self) -> bool:
        return bool(self.lines or self.schedules)

    @property
    def purposes(self) -> tuple[Sum, ...]:
        """The own part by what it is for; empty where nothing is said of that."""
        parts = [(line.spent_on, line.amount) for line in self.lines if line.amount and self.is_own(line)]
        parts += [(schedule.spent_on, schedule.amount) for schedule in self.schedules if schedule.amount]
        sums = _summed(parts)
        return tuple(Sum(purpose, amount) for purpose, amount in sums.items()) if any(sums) else ()

    @property
    def to_others(self) -> tuple[Sum, ...]:
        """What comes to others on the party's account, by who gets it and what it is for."""
        parts = [((line.payee, line.spent_on), line.amount or Fraction(0)) for line in self.lines if not self.is_own(line)]
        return tuple(Sum(to.label if to is not None else "", amount, purpose) for (to, purpose), amount in _summed(parts).items())

    def is_own(self, line: Line) -> bool:
        """Whether a payment is the party's, and not one to others on its account."""
        return line.payee is None or line.payee == self.party


def _summed(parts: Iterable[tuple[Name, Fraction]]) -> dict[Name, Fraction]:
    sums: dict[Name, Fraction] = {}
    for name, amount in parts:
        sums[name] = sums.get(name, Fraction(0)) + amount
    return sums


@dataclass(frozen=True, slots=True)
class PartyTotal:
    """What a party gets or is asked, with the files that say so. `others` is what others get on its account."""

    party: Party
    name: str
    paid: Fraction
    others: Fraction
    parts: tuple[Fraction, ...]
    challenged: int
    credit: Fraction
    penalty: Fraction
    files: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class PaymentTotal:
    """A payment over all rows."""

    scheme: str
    title: str
    number: int
    paid: int
    amount: Fraction
    unknown: int


@dataclass(frozen=True, slots=True)
class CheckTotal:
    """A check over all rows."""

    check: str
    title: str
    assessed: int
    number: int
    overcharge: Fraction
    undercharge: Fraction
    challenged: int
    credit: Fraction
    unknown: int


@dataclass(frozen=True, slots=True)
class Board:
    """The settlement as the board sees it. `parts` names the payments of which each party's total is made, in order."""

    about: About
    payments: tuple[PaymentTotal, ...]
    parts: tuple[str, ...]
    payees: tuple[PartyTotal, ...]
    checks: tuple[CheckTotal, ...]
    respondents: tuple[PartyTotal, ...]
    unknown: tuple[tuple[str, str, int], ...]
    rejected: tuple[tuple[str, str, int], ...]
    read: tuple[tuple[str, str, int, int], ...]

    @property
    def paid(self) -> Fraction:
        return sum((payment.amount for payment in self.payments), Fraction(0))

    @property
    def credit(self) -> Fraction:
        return sum((check.credit for check in self.checks), Fraction(0))
