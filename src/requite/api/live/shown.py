"""Live claims as they are asked for and answered."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Annotated, Any, Final, Literal

from pydantic import BaseModel, ConfigDict, Field, JsonValue, StringConstraints

from requite.api.live.deciding import Standing
from requite.api.live.explaining import TriedOut
from requite.api.live.reading import NotTaken
from requite.api.live.rows import NUMBER
from requite.api.live.taking import Arrival, Taken
from requite.api.store.schema import KEY, NAME, Decision, LiveRow

MOST_CELLS: Final = 300
LONGEST_CELL: Final = 4_000
MOST: Final = 100_000
"""The most rows that a request can be told to take; `REQUITE_MOST_ROWS` says how many it does."""

Name = Annotated[str, StringConstraints(min_length=1, max_length=NAME)]
KeyText = Annotated[str, StringConstraints(min_length=1, max_length=KEY)]
Cell = Annotated[str, StringConstraints(max_length=LONGEST_CELL)] | int | Decimal | bool | None
RowSent = Annotated[dict[Name, Cell], Field(max_length=MOST_CELLS)]

SPELL: Final = {
    "id": "S1",
    "patient": "9434765919",
    "provider": "RAX",
    "specialty": "100",
    "hrg": "HX1",
    "setting": "elective",
    "admitted": "01/07/2010",
    "discharged": "03/07/2010",
    "billed": "1500.00",
}
ESTIMATE: Final = {
    "id": "E1",
    "patient": "9434765919",
    "specialty": "100",
    "referred": "2010-05-04",
    "expected_cost": "1000.00",
}
END: Final[dict[str, JsonValue]] = {
    "check": "over_estimate",
    "status": "flagged",
    "reason": "billed £1,500.00; the GP expected £1,000.00 on 2010-05-04",
    "billed": "1500.00",
    "expected": "1000.00",
    "overcharge": "500.00",
    "penalty": "50.00",
    "respondent": "RAX",
    "challenged": True,
    "challenged_as": "",
    "not_challenged": "",
}
ID: Final = "01JZ8Q4T7V3S5N9K2M6P8R0W1X"
HASH: Final = "0" * 64


class Sent(BaseModel):
    """What is sent."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Shown(BaseModel):
    """What is answered."""

    model_config = ConfigDict(frozen=True)


# --- what is asked ----------------------------------------------------------------------------------------------------


class ClaimsSent(Sent):
    """Claims to be decided. A claim whose key is there already is a correction."""

    ruleset: Name = Field(examples=["kingston"])
    record: Name | None = Field(None, description="The claims' record; the only one that is checked live, if none is named.")
    rows: list[RowSent] = Field(
        min_length=1,
        max_length=MOST,
        description="Each by the columns, or the fields, of the record.",
        examples=[[SPELL]],
    )


class RowsSent(Sent):
    """Rows of a record or table that claims are laid beside: estimates, prices, dates."""

    ruleset: Name = Field(examples=["kingston"])
    record: Name = Field(examples=["estimate"])
    rows: list[RowSent] = Field(min_length=1, max_length=MOST, examples=[[ESTIMATE]])


class ClaimsTakenBack(Sent):
    """Claims that no longer hold."""

    ruleset: Name = Field(examples=["kingston"])
    record: Name | None = None
    keys: list[KeyText] = Field(min_length=1, max_length=MOST, examples=[["S1"]])


class RowsTakenBack(Sent):
    """Rows that no longer hold."""

    ruleset: Name = Field(examples=["kingston"])
    record: Name = Field(examples=["estimate"])
    keys: list[KeyText] = Field(min_length=1, max_length=MOST, examples=[["E1"]])


# --- what is answered -------------------------------------------------------------------------------------------------


class End(Shown):
    """What one check says of a claim. Amounts are in pounds, with all their decimals."""

    model_config = ConfigDict(frozen=True, json_schema_extra={"example": END})

    check: str
    status: Literal["flagged", "passed", "out of scope", "not assessable"]
    reason: str
    billed: str | None
    expected: str | None
    overcharge: str | None
    penalty: str | None
    respondent: str
    challenged: bool = Field(description="Whether a challenge of this finding may go out.")
    challenged_as: str = Field(description="The check whose finding goes out in its place.")
    not_challenged: str = Field(
        default="",
        description="Why a challenge that the ruleset asks for cannot be made: its amount is too large or has parts of a penny, or "
        "no hospital is named. Empty where that is not so.",
    )


class DecisionShown(Shown):
    """A decision of a claim. `number` counts them for each claim; a later one follows where something else is found."""

    id: str = Field(examples=[ID])
    record: str = Field(examples=["spell"])
    key: str = Field(examples=["S1"])
    number: int = Field(examples=[1])
    version: str = Field(description="The id of the ruleset's version that decided.", examples=[ID])
    cause: str = Field(description="What made it be decided.", examples=["arrived"])
    decided_at: datetime
    flagged: bool = Field(examples=[True])
    changed: bool = Field(description="Whether this request brought it about.", examples=[True])
    ends: list[End]


class Reject(Shown):
    """A row that was not taken in, by its place among those sent (from 0), and why. Only the sender sees what was in it."""

    index: int = Field(examples=[0])
    record: str = Field(examples=["spell"])
    field: str = Field(examples=["billed"])
    value: str = Field(examples=["abc"])
    reason: str = Field(examples=["is not an amount"])


class KeptShown(Shown):
    """A row that was taken in, by its place among those sent (from 0)."""

    index: int = Field(examples=[0])
    key: str = Field(examples=["S1"])
    arrival: Arrival = Field(examples=["new"])


class VersionShown(Shown):
    """The version in force, which decided."""

    id: str = Field(examples=[ID])
    hash: str = Field(examples=[HASH])


class Answer(Shown):
    """What became of rows: received = kept + rejected. A request is done whole, or not at all."""

    ruleset: str = Field(examples=["kingston"])
    record: str = Field(examples=["spell"])
    version: VersionShown
    received: int = Field(examples=[1])
    kept: list[KeptShown]
    decided: list[DecisionShown] = Field(description="The decisions of the claims sent.")
    rejected: list[Reject]
    redecided: list[DecisionShown] = Field(description="Decisions of other claims that changed by what was sent.")
    postponed: int = Field(description="Claims that are still to be decided again; it is done without being asked.", examples=[0])
    waiting: dict[str, str] = Field(
        description="Checks that cannot be decided as claims arrive, and what they wait for.", examples=[{}]
    )


class TriedShown(Shown):
    """What a claim would be decided."""

    index: int = Field(examples=[0])
    record: str = Field(examples=["spell"])
    key: str = Field(examples=["S1"])
    ends: list[End]


class Preview(Shown):
    """What claims would be decided, were they sent. Nothing of it is kept."""

    ruleset: str = Field(examples=["kingston"])
    version: VersionShown
    received: int = Field(examples=[1])
    decided: list[TriedShown]
    rejected: list[Reject]


class DecisionKept(Shown):
    """A decision as it was made."""

    id: str = Field(examples=[ID])
    ruleset: str = Field(examples=["kingston"])
    record: str = Field(examples=["spell"])
    key: str = Field(examples=["S1"])
    number: int = Field(examples=[1])
    version: str = Field(examples=[ID])
    cause: str = Field(examples=["arrived"])
    known: date = Field(description="The day, by the organisation's clock, of what was known of figures.")
    decided_at: datetime = Field(description="From when it was known.")
    superseded_at: datetime | None = Field(description="Until when it stood; null for the one that stands.")
    flagged: bool = Field(examples=[True])
    ends: list[End]


class RowKept(Shown):
    """A claim as it was sent, once."""

    revision: int = Field(examples=[1])
    received_at: datetime
    superseded_at: datetime | None
    cancelled: bool
    sent_by: str = Field(examples=["intake"])
    cells: dict[str, Any] = Field(examples=[SPELL])


class ClaimShown(Shown):
    """A claim as it is known, or was at a moment. Of one that was cancelled no decision stands."""

    ruleset: str = Field(examples=["kingston"])
    record: str = Field(examples=["spell"])
    key: str = Field(examples=["S1"])
    row: RowKept
    decision: DecisionKept | None


class ClaimHistory(Shown):
    """All that was sent of a claim, and all that was decided of it, in order."""

    ruleset: str = Field(examples=["kingston"])
    record: str = Field(examples=["spell"])
    key: str = Field(examples=["S1"])
    rows: list[RowKept]
    decisions: list[DecisionKept]


class Redecide(Sent):
    """Which claims are to be decided again: those after a place in the order of their keys."""

    after: str | None = Field(None, max_length=4_000, description="The `next` of the answer before; none to begin.")
    most: int = Field(1_000, ge=1, le=2_000, description="Claims that are decided in this request.", examples=[500])


class Redecided(Shown):
    """What came of it. `next` is null at the end."""

    version: VersionShown
    decided: int = Field(examples=[1000])
    changed: list[DecisionShown]
    next: str | None


# --- from what is kept ------------------------------------------------------------------------------------------------


def decision_shown(one: Standing) -> DecisionShown:
    return DecisionShown(
        id=one.id,
        record=one.record,
        key=one.key,
        number=one.number,
        version=one.version,
        cause=one.cause,
        decided_at=one.decided_at,
        flagged=one.flagged,
        changed=one.is_new,
        ends=[End(**end) for end in one.ends],
    )


def rejects_shown(rejected: tuple[NotTaken, ...], record: str) -> list[Reject]:
    return [Reject(index=one.index, record=record, field=one.field, value=one.value, reason=one.reason) for one in rejected]


def answer_shown(taken: Taken) -> Answer:
    return Answer(
        ruleset=taken.version.ruleset,
        record=taken.record,
        version=VersionShown(id=taken.version.id, hash=taken.version.hash),
        received=taken.received,
        kept=[KeptShown(index=one.index, key=one.key, arrival=one.arrival) for one in taken.kept],
        decided=[decision_shown(one) for one in taken.decided],
        rejected=rejects_shown(taken.rejected, taken.record),
        redecided=[decision_shown(one) for one in taken.redecided],
        postponed=taken.postponed,
        waiting=dict(taken.version.engine.waiting),
    )


def preview_shown(tried: TriedOut, received: int, record: str) -> Preview:
    decided = [
        TriedShown(index=one.index, record=one.record, key=one.key, ends=[End(**e) for e in one.ends]) for one in tried.decided
    ]
    return Preview(
        ruleset=tried.version.ruleset,
        version=VersionShown(id=tried.version.id, hash=tried.version.hash),
        received=received,
        decided=decided,
        rejected=rejects_shown(tried.rejected, record),
    )


def decision_kept(one: Decision) -> DecisionKept:
    return DecisionKept(
        id=one.id,
        ruleset=one.ruleset,
        record=one.record,
        key=one.key,
        number=one.number,
        version=one.version,
        cause=one.cause,
        known=one.known,
        decided_at=one.decided_at,
        superseded_at=one.superseded_at,
        flagged=one.flagged,
        ends=[End(**end) for end in one.ends],
    )


def row_kept(row: LiveRow) -> RowKept:
    return RowKept(
        revision=row.revision,
        received_at=row.received_at,
        superseded_at=row.superseded_at,
        cancelled=row.cancelled,
        sent_by=row.sent_by,
        cells={name: cell[NUMBER] if isinstance(cell, dict) else cell for name, cell in row.cells.items()},
    )
