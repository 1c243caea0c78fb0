"""What is asked and answered about challenges and the calendar, as JSON."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Annotated, Any, Final, Literal, Self

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, JsonValue, StrictBool, StringConstraints, model_validator
from pydantic_core import PydanticCustomError

from requite.api.challenges.position import Amounts, Line, reconciles
from requite.api.service import patterns
from requite.api.service.moments import Day
from requite.api.store.schema import NAME, CalendarMonth, Challenge, ChallengeEvent

ID: Final = "01K9QZ3V8M4T6Y2R5W7X9B1C2D"
MOST: Final = 5_000
"""Challenges that may be moved in one request."""

MARCH: Final[dict[str, JsonValue]] = {
    "month": "2012-03",
    "submitted_on": "2012-04-18",
    "challenge_by": "2012-05-15",
    "freezes_on": "2012-06-20",
}


def _says_something(text: str) -> str:
    """The text, if there is something in it to be read: spaces and letters without a shape say nothing."""
    if any(letter.isprintable() and letter != " " for letter in text):
        return text
    raise PydanticCustomError("string_blank", "must say something: it holds nothing that can be read")


Id = Annotated[str, StringConstraints(pattern=patterns.ID)]
Month = Annotated[str, StringConstraints(pattern=patterns.MONTH)]
Money = Annotated[str, StringConstraints(pattern=patterns.AMOUNT)]
Name = Annotated[str, StringConstraints(min_length=1, max_length=NAME, pattern=patterns.ONE_LINE)]
Title = Annotated[Name, AfterValidator(_says_something)]
Reference = Annotated[str, StringConstraints(min_length=1, max_length=1000), AfterValidator(_says_something)]
Why = Annotated[str, StringConstraints(min_length=1, max_length=2000), AfterValidator(_says_something)]
MoveName = Literal[
    "send", "accept", "part_accept", "dispute", "agree", "withdraw", "escalate", "uphold", "part_uphold", "reject", "credit",
    "close", "maintain",
]  # fmt: skip
StateName = Literal[
    "raised", "sent", "part_accepted", "disputed", "escalated", "agreed", "upheld", "credited", "closed", "rejected", "lapsed",
    "withdrawn",
]  # fmt: skip
OutcomeName = Literal["agreed", "upheld", "rejected", "lapsed", "withdrawn", "not_found", "barred"]


class Asked(BaseModel):
    """What a request holds."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Told(BaseModel):
    """What an answer holds."""

    model_config = ConfigDict(frozen=True)


# --- moves ------------------------------------------------------------------------------------------------------------


class Attachment(Asked):
    """A paper that belongs to a move: what it is called, and where it is kept. Requite keeps no files."""

    name: Title = Field(examples=["Answer of 3 May"])
    reference: Reference = Field(examples=["letters/2012/0503-RAX.pdf"])


class MoveAsked(Asked):
    """A move, and why it is made."""

    move: MoveName = Field(examples=["send"])
    why: Why = Field(examples=["reviewed with the practice"])
    on_behalf: StrictBool = Field(False, description="That the commissioner puts down what the hospital answered elsewhere.")


class OneMoveAsked(MoveAsked):
    """A move of one challenge."""

    amount: Money | None = Field(
        None,
        description="The part that the hospital accepts, or that is upheld; with `agree` what is offered, with `credit` what was "
        "credited, to be compared.",
        examples=["120.00"],
    )
    attachments: list[Attachment] = Field(default_factory=list, max_length=20)


class FilterAsked(Asked):
    """Which challenges are meant: those for which all of this holds."""

    state: StateName | None = None
    provider: Name | None = None
    check: Name | None = None
    month: Month | None = Field(None, examples=["2012-04"])
    ruleset: Name | None = None
    run: Id | None = None
    in_doubt: StrictBool | None = None
    overdue: StrictBool | None = None


class ManyMovesAsked(MoveAsked):
    """One move of many challenges: of those with these ids, or of all for which a filter holds."""

    ids: Annotated[list[Id], Field(min_length=1, max_length=MOST)] | None = Field(None, examples=[[ID]])
    filter: FilterAsked | None = None
    all_or_none: StrictBool = Field(False, description="Whether none is moved where one cannot be.")

    @model_validator(mode="after")
    def one_way(self) -> Self:
        if (self.ids is None) == (self.filter is None):
            raise ValueError("give either ids or filter")
        return self


class Possible(Told):
    """A move that can be made now, and by whom."""

    move: str = Field(examples=["send"])
    by: str = Field(examples=["commissioner"])


class Refused(Told):
    """A challenge that could not be moved, why, and what can be done with it."""

    id: str = Field(examples=[ID])
    state: str | None = Field(examples=["closed"])
    why: str
    possible: list[Possible]


class MovedTold(Told):
    """A challenge that was moved, and where it stands now."""

    id: str = Field(examples=[ID])
    state: str = Field(examples=["agreed"])
    revision: int
    credit: str | None
    penalty: str | None


class ManyMoved(Told):
    """What became of each: moved or refused."""

    moved: list[MovedTold]
    refused: list[Refused]
    more: bool = Field(
        description="Whether the filter holds for more than one request moves. Ask again for those.", examples=[False]
    )


# --- challenges -------------------------------------------------------------------------------------------------------


class ChallengeTold(Told):
    """A claim that is challenged, and how far that has come. Amounts are texts, to the penny."""

    id: str = Field(examples=[ID])
    ruleset: str = Field(examples=["kingston"])
    version: str
    record: str = Field(examples=["spell"])
    key: str = Field(examples=["S1"])
    check: str = Field(examples=["over_estimate"])
    title: str
    provider: str = Field(examples=["RAX"])
    month: str = Field(description="The month of the claim; empty where it is not known.", examples=["2012-04"])
    state: str = Field(examples=["sent"])
    outcome: str | None = Field(description="What became of it; null while that is open.", examples=["upheld"])
    doubt: str | None = Field(description="Why it is in doubt since it went out. A hospital is not told.", examples=[None])
    reason: str
    billed: str | None = Field(examples=["1500.00"])
    expected: str | None = Field(examples=["1000.00"])
    overcharge: str | None = Field(examples=["500.00"])
    without_answer: str | None = Field(description="What silence means: upheld, or lapsed; null where nothing is said.")
    raised_on: date
    challenge_by: date | None
    sent_on: date | None
    answer_due: date | None
    freezes_on: date | None
    offered: str | None = Field(description="What of the overcharge the hospital accepted.")
    agreed: str | None = Field(description="What of the overcharge is agreed or upheld.")
    credit: str | None
    penalty: str | None
    credit_due: date | None = Field(description="The last day for what is owed; null where the contract says none.")
    overdue: bool = Field(description="Whether that day is past, and nothing has come in.", examples=[False])
    closed_at: datetime | None
    decision: str | None = Field(description="The decision of the live claim that it rests on.")
    run: str | None = Field(description="The run that it was raised from.")
    revision: int = Field(description="How much has happened to it that the caller sees.", examples=[2])


class ChallengeWhole(ChallengeTold):
    """A challenge with the moves that are possible now."""

    possible: list[Possible]


class EventTold(Told):
    """Something that happened to a challenge: who did it, when and why."""

    number: int = Field(examples=[2])
    move: str = Field(examples=["send"])
    before: str = Field(examples=["raised"])
    after: str = Field(examples=["sent"])
    at: datetime
    by: str = Field(examples=["Ann"])
    why: str
    amount: str | None
    attachments: list[dict[str, Any]]
    detail: dict[str, Any]


class ExplanationTold(Told):
    """Why a challenge was raised, what became of it, and how credit and penalty come about."""

    challenge: ChallengeTold
    because: list[str] = Field(examples=[["the overcharge of 500.00 was upheld, and is credited"]])
    penalty: dict[str, Any] | None = Field(description="How the ruleset reckons the penalty, clause by clause.")


class RaiseAsked(Asked):
    """Which of a run's challenges are to be raised: all, where nothing is said."""

    month: Month | None = Field(
        None, description="The month of the claims; else it is read from the run's data.", examples=["2012-04"]
    )
    by: Name | None = Field(None, description="The date of a claim by which its month is told; by default that of discharge.")
    checks: list[Name] = Field(default_factory=list, max_length=500)
    provider: Name | None = None


class NotRaised(Told):
    """A finding that cannot be challenged, and why."""

    record: str
    key: str
    check: str
    why: str


class RaisedTold(Told):
    """What became of the findings that a run challenges: found = raised + already + refused."""

    found: int = Field(examples=[412])
    raised: int = Field(examples=[410])
    already: int = Field(description="Claims that are or were challenged before.", examples=[1])
    refused: int = Field(examples=[1])
    not_raised: list[NotRaised] = Field(description="Of those that are refused the first 100, and why.")


# --- the position -----------------------------------------------------------------------------------------------------


class AmountsTold(Told):
    """So many challenges, and their amounts. `received` is what of credit and penalty has been credited."""

    count: int
    claimed: str
    agreed: str
    credit: str
    penalty: str
    received: str


class LineTold(Told):
    """The challenges of one provider by one check. All that were raised went one of the `ways`, or stand there."""

    provider: str
    check: str
    raised: AmountsTold
    ways: dict[str, AmountsTold]
    in_doubt: AmountsTold | None = Field(description="Those of `raised` that are in doubt. A hospital is not told.")
    overdue: AmountsTold = Field(description="Those of `raised` whose credit is overdue.")
    reconciles: bool = Field(description="Whether the ways add up to what was raised, in number and to the penny.")


class PositionTold(Told):
    """Where the challenges of a month stand, or of all months."""

    month: str | None
    lines: list[LineTold]
    total: LineTold


# --- the calendar -----------------------------------------------------------------------------------------------------


class DatesAsked(Asked):
    """The contract's dates for a month of claims."""

    provider: Annotated[str, StringConstraints(max_length=NAME, pattern=patterns.BARE_OR_NOTHING)] = Field(
        "", description="The provider whose dates these are; empty: all that have none of their own.", examples=["RAX"]
    )
    submitted_on: Day = Field(examples=["2012-05-18"])
    challenge_by: Day = Field(examples=["2012-06-15"])
    freezes_on: Day = Field(examples=["2012-07-20"])
    credit_within: Annotated[int, Field(strict=True, ge=1, le=366)] | None = Field(
        None,
        description="Working days within which what is owed is to be credited once it is agreed or upheld; null: the contract says "
        "nothing of it.",
        examples=[5],
    )

    @model_validator(mode="after")
    def in_order(self) -> Self:
        if not self.submitted_on <= self.challenge_by <= self.freezes_on:
            raise ValueError("a month is submitted first, then challenged, then frozen")
        return self


class MonthAsked(DatesAsked):
    """The same with the month."""

    month: Month = Field(examples=["2012-04"])


class MonthsAsked(Asked):
    """The dates of several months."""

    months: Annotated[list[MonthAsked], Field(min_length=1, max_length=500)] = Field(examples=[[MARCH]])

    @model_validator(mode="after")
    def each_once(self) -> Self:
        if len({(one.month, one.provider) for one in self.months}) < len(self.months):
            raise ValueError("a month is named twice for one provider")
        return self


class MonthTold(Told):
    """The dates of a month, and who said them when."""

    month: str = Field(examples=["2012-04"])
    provider: str = Field(examples=["RAX"])
    submitted_on: date
    challenge_by: date
    freezes_on: date
    credit_within: int | None = Field(examples=[5])
    known_from: datetime
    said_by: str = Field(examples=["Ann"])


class MonthsTold(Told):
    """The months that were said."""

    months: list[MonthTold]


# --- told -------------------------------------------------------------------------------------------------------------


def _text(amount: Decimal | None) -> str | None:
    return None if amount is None else f"{amount:.2f}"


def members(challenge: Challenge, revision: int, *, tells_doubt: bool) -> dict[str, Any]:
    """A challenge as it is answered, under the revision that the caller counts."""
    finding = challenge.finding
    same = (
        "id", "ruleset", "version", "record", "key", "check", "provider", "month", "state", "raised_on", "challenge_by", "sent_on",
        "answer_due", "freezes_on", "credit_due", "overdue", "closed_at", "decision", "run",
    )  # fmt: skip
    return {name: getattr(challenge, name) for name in same} | {
        "revision": revision,
        "title": finding["title"],
        "outcome": challenge.outcome or None,
        "doubt": (challenge.doubt or None) if tells_doubt else None,
        "reason": finding["reason"],
        "billed": finding["billed"],
        "expected": finding["expected"],
        "overcharge": _text(challenge.overcharge),
        "without_answer": challenge.otherwise or None,
        "offered": _text(challenge.offered),
        "agreed": _text(challenge.agreed),
        "credit": _text(challenge.credit),
        "penalty": _text(challenge.penalty_due),
    }


def told(challenge: Challenge, revision: int, *, tells_doubt: bool) -> ChallengeTold:
    return ChallengeTold(**members(challenge, revision, tells_doubt=tells_doubt))


def event_told(event: ChallengeEvent, number: int) -> EventTold:
    return EventTold(
        number=number,
        move=event.move,
        before=event.before,
        after=event.after,
        at=event.at,
        by=event.by,
        why=event.why,
        amount=_text(event.amount),
        attachments=event.attachments,
        detail=event.detail,
    )


def line_told(line: Line, *, tells_doubt: bool) -> LineTold:
    return LineTold(
        provider=line.provider,
        check=line.check,
        raised=_amounts(line.raised),
        ways={way: _amounts(amounts) for way, amounts in line.ways.items()},
        in_doubt=_amounts(line.in_doubt) if tells_doubt else None,
        overdue=_amounts(line.overdue),
        reconciles=reconciles(line),
    )


def _amounts(amounts: Amounts) -> AmountsTold:
    return AmountsTold(
        count=amounts.count,
        claimed=f"{amounts.claimed:.2f}",
        agreed=f"{amounts.agreed:.2f}",
        credit=f"{amounts.credit:.2f}",
        penalty=f"{amounts.penalty:.2f}",
        received=f"{amounts.received:.2f}",
    )


def month_told(month: CalendarMonth) -> MonthTold:
    return MonthTold(
        month=month.month,
        provider=month.provider,
        submitted_on=month.submitted_on,
        challenge_by=month.challenge_by,
        freezes_on=month.freezes_on,
        credit_within=month.credit_within,
        known_from=month.known_from,
        said_by=month.said_by,
    )
