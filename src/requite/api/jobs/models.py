"""What is asked and answered about uploads and runs, as JSON."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, model_validator

from requite.api.service import patterns
from requite.api.service.moments import Day, Moment

Id = Annotated[str, StringConstraints(pattern=patterns.ID)]
ID = "01K9QZ3V8M4T6Y2R5W7X9B1C2D"

State = Literal["queued", "running", "done", "failed", "cancelled"]
Name = Annotated[str, StringConstraints(min_length=1, max_length=200, pattern=patterns.ONE_LINE)]


KnownAt = Annotated[Moment, Field(ge=datetime(1900, 1, 1, tzinfo=UTC), le=datetime(2999, 12, 31, tzinfo=UTC))]
"""With its time zone, as in 2026-04-01T00:00:00Z."""


class Asked(BaseModel):
    """What a request holds."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Told(BaseModel):
    """What an answer holds."""

    model_config = ConfigDict(frozen=True)


# --- uploads ----------------------------------------------------------------------------------------------------------


class UploadTold(Told):
    """A file that was sent."""

    id: str = Field(examples=[ID])
    name: str = Field(description="What it was called, for people to read.", examples=["claims_march.csv"])
    bytes: int = Field(examples=[48213])
    sha256: str = Field(examples=["9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"])
    created_at: datetime = Field(examples=["2026-04-02T09:30:00Z"])
    created_by: str = Field(examples=["claims desk"])


# --- runs -------------------------------------------------------------------------------------------------------------


class RunInput(Asked):
    """Where the rows of a record come from: one or several uploads, or a configured source."""

    upload: Id | Annotated[list[Id], Field(min_length=1, max_length=200)] | None = Field(
        None, description="The id of an upload, or of several.", examples=[ID]
    )
    sheet: Annotated[str, StringConstraints(max_length=100)] = Field("", description="The sheet of a workbook; else its first.")
    source: Annotated[str, StringConstraints(min_length=1, max_length=500)] | None = Field(
        None,
        description="A configured source by its name, or a file or folder below the organisation's folder of data.",
        examples=["2026-03/claims.parquet"],
    )

    @model_validator(mode="after")
    def one(self) -> RunInput:
        if (self.upload is None) == (self.source is None):
            raise ValueError("give either upload or source")
        if self.sheet and self.upload is None:
            raise ValueError("sheet is for an upload that is a workbook")
        return self

    @property
    def uploads(self) -> list[str]:
        given = self.upload
        return [] if given is None else [given] if isinstance(given, str) else list(given)


class RunAsked(Asked):
    """A run to be made. Without `version`, the rules are those in force on a day, as known at a moment."""

    ruleset: Name = Field(examples=["kingston"])
    version: Id | None = Field(None, description="The version of the ruleset that is to run.")
    in_force_on: Day | None = Field(
        None, description="The day whose rules are meant; by default `known`, or today.", examples=["2026-03-31"]
    )
    known_at: KnownAt | None = Field(
        None, description="The moment at which those rules were known; by default now.", examples=["2026-04-01T00:00:00Z"]
    )
    known: Day | None = Field(None, description="The date of what was known, by default today.", examples=["2026-03-31"])
    inputs: dict[Name, RunInput] = Field(
        description="The data by record.", max_length=100, examples=[{"spell": {"upload": ID}, "estimate": {"upload": ID}}]
    )
    brought_forward: Id | None = Field(None, description="The run before, whose figures are brought forward.")
    engine: Literal["duckdb", "interpret"] = "duckdb"
    check_engines: int = Field(0, strict=True, ge=0, le=10_000, description="How many records the interpreter decides again.")

    @model_validator(mode="after")
    def which(self) -> RunAsked:
        if self.version is not None and (self.in_force_on is not None or self.known_at is not None):
            raise ValueError("give either version, or in_force_on and known_at")
        return self


class AgainAsked(Asked):
    """The same data again, by other rules."""

    rules: Literal["in force now", "known then"] | Id = Field(
        description=(
            "`in force now`: those in force on `on` (today, if not said) as known now. `known then`: those in force on `on` (the "
            "run's own date) as they were known at `known_at` (the end of that day). Or a version by its id."
        ),
        examples=["in force now"],
    )
    on: Day | None = Field(None, examples=["2026-03-31"])
    known_at: KnownAt | None = Field(None, examples=["2026-04-01T00:00:00Z"])

    @model_validator(mode="after")
    def which(self) -> AgainAsked:
        if self.rules not in ("in force now", "known then") and (self.on is not None or self.known_at is not None):
            raise ValueError("a version is named: leave out on and known_at")
        if self.rules == "in force now" and self.known_at is not None:
            raise ValueError("known_at is for rules `known then`")
        return self


class RowsTold(Told):
    """What became of the rows of a run's data: each was read, or rejected. `GET /runs/{id}/rejects` says why."""

    read: int = Field(examples=[9421])
    rejected: int = Field(examples=[3])


class RunTold(Told):
    """A run: what it is made from, how far it is, and what it came to."""

    id: str = Field(examples=[ID])
    ruleset: str = Field(examples=["kingston"])
    version: str = Field(examples=[ID])
    trial: bool = Field(description="Whether the version was not approved when the run was asked for.")
    state: State = Field(examples=["done"])
    stage: str = Field(description="What it is at, in words.", examples=["deciding"])
    done: int
    total: int = Field(description="Of how much; 0 where that is not known.")
    attempts: int = Field(description="How often it was begun.")
    known: date
    inputs: dict[str, Any]
    brought_forward: str | None
    engine: str
    check_engines: int
    again_of: str | None = Field(description="The run whose data are settled again.")
    rules: str | None = Field(description="By which rules again.")
    created_at: datetime
    created_by: str
    started_at: datetime | None
    finished_at: datetime | None
    results: bool = Field(description="Whether its results are there to be read.")
    totals: dict[str, Any] | None
    rows: RowsTold | None = Field(description="How many rows were read, and how many rejected; null until it is done.")
    problems: list[dict[str, Any]] | None = Field(description="Why it failed.")


class RunWhole(RunTold):
    """A run with its manifest: all that it was made from, by hash, and what became of every row."""

    manifest: dict[str, Any] | None


# --- results ----------------------------------------------------------------------------------------------------------


class Rows(Told):
    """Rows of a table of results, a page of them. Amounts are texts, exact to the penny."""

    table: str = Field(examples=["findings"])
    columns: list[str]
    rows_in_table: int
    items: list[dict[str, Any]]
    next: str | None = Field(None, description="What to send as `after` for the next page.")


class PaidDifference(Told):
    """What one payee gets of one payment in two runs."""

    payment: str
    payee: str
    here: str = Field(examples=["1830.00"])
    there: str = Field(examples=["1760.00"])
    difference: str = Field(description="Here less there.", examples=["70.00"])


class FoundDifference(Told):
    """What one check found in two runs."""

    check: str
    here: int
    there: int
    overcharge_here: str
    overcharge_there: str
    difference: str = Field(description="Overcharges here less those there.")


class Difference(Told):
    """How two runs differ: the sums per payee and per check that are not alike, the largest differences first."""

    here: str
    there: str
    paid_here: str
    paid_there: str
    payments: list[PaidDifference]
    checks: list[FoundDifference]
    more: int = Field(description="Further payees that differ and are not listed.")


class PartyTold(Told):
    """Somebody who has a statement."""

    kind: str = Field(examples=["practice"])
    payee: str = Field(examples=["B83001"])
