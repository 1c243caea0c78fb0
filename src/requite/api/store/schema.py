"""The tables of the store. Everything but the organisation itself belongs to one organisation."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import ForeignKey, Index, MetaData, String, Table, Text, UniqueConstraint, text
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from requite.api.store.columns import Json, Moment, Number, Pence, new_id

NAME = 200
"""The longest name: of a ruleset, a record, a rule, a person."""

KEY = 1000
"""The longest key of a row, as one text."""


class Base(DeclarativeBase):
    """The tables. Every constraint has a name, by which a later revision of the schema can change it."""

    metadata = MetaData(
        naming_convention={
            "pk": "pk_%(table_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "fk": "fk_%(table_name)s_%(column_0_N_name)s",
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        }
    )
    type_annotation_map = {  # noqa: RUF012
        datetime: Moment(),
        Decimal: Pence(),
        dict[str, Any]: Json,
        list[Any]: Json,
    }


def table_of(kind: type[Base]) -> Table:
    """The table of a kind of rows: statements over it give plain values, several times sooner than objects."""
    table = kind.__table__
    assert isinstance(table, Table)
    return table


# --- who --------------------------------------------------------------------------------------------------------------


class Organisation(Base):
    """A consortium with all that is its own. `clock` is the moment that it takes for now, where that is set.

    `events_removed` is the number of the last event that is kept no more; 0 where all are.
    """

    __tablename__ = "organisation"

    id: Mapped[str] = mapped_column(String(NAME), primary_key=True)
    name: Mapped[str] = mapped_column(String(NAME))
    created_at: Mapped[datetime]
    clock: Mapped[datetime | None]
    events_removed: Mapped[int] = mapped_column(Number, default=0)


class ApiKey(Base):
    """A key by which a caller is known. Only its hash is kept; `prefix` tells keys apart in lists."""

    __tablename__ = "api_key"

    id: Mapped[str] = mapped_column(String(26), primary_key=True, default=new_id)
    org: Mapped[str] = mapped_column(ForeignKey("organisation.id"), index=True)
    name: Mapped[str] = mapped_column(String(NAME))
    role: Mapped[str] = mapped_column(String(20))
    provider: Mapped[str | None] = mapped_column(String(NAME))
    prefix: Mapped[str] = mapped_column(String(20))
    hash: Mapped[str] = mapped_column(String(64), unique=True)
    created_at: Mapped[datetime]
    created_by: Mapped[str] = mapped_column(String(NAME))
    revoked_at: Mapped[datetime | None]
    expires_at: Mapped[datetime | None]


# --- rulesets ---------------------------------------------------------------------------------------------------------


class RulesetVersion(Base):
    """A ruleset's texts, never changed: `hash` is that of all of them. `state` is draft, approved or withdrawn.

    `texts` are all files by name, `main` is the name of the first. `name` is what the ruleset calls itself.
    """

    __tablename__ = "ruleset_version"
    __table_args__ = (UniqueConstraint("org", "hash"), Index("ix_version_name", "org", "name", "created_at"))

    id: Mapped[str] = mapped_column(String(26), primary_key=True, default=new_id)
    org: Mapped[str] = mapped_column(ForeignKey("organisation.id"))
    name: Mapped[str] = mapped_column(String(NAME))
    title: Mapped[str] = mapped_column(Text)
    hash: Mapped[str] = mapped_column(String(64))
    main: Mapped[str] = mapped_column(String(NAME))
    texts: Mapped[dict[str, Any]]
    state: Mapped[str] = mapped_column(String(20))
    created_at: Mapped[datetime]
    created_by: Mapped[str] = mapped_column(String(NAME))
    approved_at: Mapped[datetime | None]
    approved_by: Mapped[str | None] = mapped_column(String(NAME))
    note: Mapped[str] = mapped_column(Text, default="")


class InForce(Base):
    """That a version is in force from a day on. Rows are only added: `known_from` is when it was said.

    In force on D, known at T: of the rows with known_from <= T and starts <= D the latest `starts`, and of these the one said last.
    """

    __tablename__ = "in_force"
    __table_args__ = (Index("ix_in_force", "org", "ruleset", "starts", "known_from"),)

    id: Mapped[str] = mapped_column(String(26), primary_key=True, default=new_id)
    org: Mapped[str] = mapped_column(ForeignKey("organisation.id"))
    ruleset: Mapped[str] = mapped_column(String(NAME))
    version: Mapped[str] = mapped_column(ForeignKey("ruleset_version.id"))
    starts: Mapped[date]
    known_from: Mapped[datetime]
    said_by: Mapped[str] = mapped_column(String(NAME))


# --- claims as they arrive --------------------------------------------------------------------------------------------


class LiveRow(Base):
    """A row of a record as it arrived: a claim, an estimate, a price. A correction is a new row; nothing is overwritten.

    `cells` are as they were sent, `stored` the typed values under the declaration whose hash is `shape`. The row that stands is
    the one that nothing supersedes; where it is `cancelled`, there is none.
    """

    __tablename__ = "live_row"
    __table_args__ = (
        UniqueConstraint("org", "ruleset", "record", "key", "revision"),
        Index(
            "ix_live_row_stands",
            "org",
            "ruleset",
            "record",
            "key",
            unique=True,
            sqlite_where=text("superseded_at IS NULL"),
            postgresql_where=text("superseded_at IS NULL"),
        ),
        Index(
            "ix_live_row_shape",
            "org",
            "ruleset",
            "record",
            "shape",
            sqlite_where=text("superseded_at IS NULL"),
            postgresql_where=text("superseded_at IS NULL"),
        ),
        Index("ix_live_row_received", "org", "ruleset", "received_at"),
    )

    id: Mapped[int] = mapped_column(Number, primary_key=True, autoincrement=True)
    org: Mapped[str] = mapped_column(ForeignKey("organisation.id"))
    ruleset: Mapped[str] = mapped_column(String(NAME))
    record: Mapped[str] = mapped_column(String(NAME))
    key: Mapped[str] = mapped_column(String(KEY))
    revision: Mapped[int]
    cells: Mapped[dict[str, Any]]
    stored: Mapped[str] = mapped_column(Text)
    shape: Mapped[str] = mapped_column(String(64))
    cancelled: Mapped[bool]
    received_at: Mapped[datetime]
    superseded_at: Mapped[datetime | None]
    sent_by: Mapped[str] = mapped_column(String(NAME))


class LiveLink(Base):
    """By what a row that stands is found: the hash of a way to relate rows, with what this one has in common with others.

    `day` is the row's, as an ordinal, where rows are looked for on certain days.
    """

    __tablename__ = "live_link"
    __table_args__ = (Index("ix_live_link", "org", "ruleset", "hash"), Index("ix_live_link_row", "row"))

    id: Mapped[int] = mapped_column(Number, primary_key=True, autoincrement=True)
    org: Mapped[str] = mapped_column(ForeignKey("organisation.id"))
    ruleset: Mapped[str] = mapped_column(String(NAME))
    hash: Mapped[str] = mapped_column(String(32))
    row: Mapped[int] = mapped_column(ForeignKey("live_row.id"))
    day: Mapped[int | None]
    other_day: Mapped[int | None]


class Decision(Base):
    """What the checks said of a claim: one for each time that they said something new. `number` counts from 1 for each claim.

    `ends` has an entry for each check: its status, its reason, its finding. `cause` says what made it be decided.
    """

    __tablename__ = "decision"
    __table_args__ = (
        UniqueConstraint("org", "ruleset", "record", "key", "number"),
        Index("ix_decision_at", "org", "ruleset", "decided_at"),
        Index(
            "ix_decision_version",
            "org",
            "ruleset",
            "version",
            sqlite_where=text("superseded_at IS NULL"),
            postgresql_where=text("superseded_at IS NULL"),
        ),
        Index(
            "ix_decision_stands",
            "org",
            "ruleset",
            "record",
            "key",
            unique=True,
            sqlite_where=text("superseded_at IS NULL"),
            postgresql_where=text("superseded_at IS NULL"),
        ),
    )

    id: Mapped[str] = mapped_column(String(26), primary_key=True, default=new_id)
    org: Mapped[str] = mapped_column(ForeignKey("organisation.id"))
    ruleset: Mapped[str] = mapped_column(String(NAME))
    version: Mapped[str] = mapped_column(ForeignKey("ruleset_version.id"))
    record: Mapped[str] = mapped_column(String(NAME))
    key: Mapped[str] = mapped_column(String(KEY))
    number: Mapped[int]
    cause: Mapped[str] = mapped_column(Text)
    row: Mapped[int | None] = mapped_column(ForeignKey("live_row.id"))
    known: Mapped[date]
    decided_at: Mapped[datetime]
    superseded_at: Mapped[datetime | None]
    flagged: Mapped[bool]
    ends: Mapped[list[Any]]


class Rests(Base):
    """What the decision that stands of a claim rests on, as hashes: rows with one of these, when they arrive, re-open it.

    Only rows of the days between `first_day` and `last_day`, both among them, where there is such a day; and by another of
    their dates of those between `other_first_day` and `other_last_day`. Two stand in the place of a hash: `due` for a claim that
    waits to be decided again, and `later` for one of which more is known from `first_day` on.
    """

    __tablename__ = "rests"
    __table_args__ = (Index("ix_rests", "org", "ruleset", "hash"), Index("ix_rests_claim", "org", "ruleset", "record", "key"))

    id: Mapped[int] = mapped_column(Number, primary_key=True, autoincrement=True)
    org: Mapped[str] = mapped_column(ForeignKey("organisation.id"))
    ruleset: Mapped[str] = mapped_column(String(NAME))
    hash: Mapped[str] = mapped_column(String(32))
    record: Mapped[str] = mapped_column(String(NAME))
    key: Mapped[str] = mapped_column(String(KEY))
    first_day: Mapped[int | None]
    last_day: Mapped[int | None]
    other_first_day: Mapped[int | None]
    other_last_day: Mapped[int | None]


# --- challenges -------------------------------------------------------------------------------------------------------


class Challenge(Base):
    """A claim that is challenged, and how far that has come. `revision` counts its moves.

    `otherwise` is what silence means: deemed upheld, or lapsed. `finding` is the one that it rests on, as decided. `agreed` is
    what of the overcharge both agree on; `credit` and `penalty_due` are what is then owed. A claim has one open challenge.
    `outcome` is what became of it, as soon as that is settled: agreed, upheld, rejected, lapsed, withdrawn, not_found, barred.
    `doubt` says why it is in doubt since it went out; empty where it is not. `credit_due` is the last day for what is owed;
    `overdue` that it is past and nothing has come in.
    """

    __tablename__ = "challenge"
    __table_args__ = (
        Index("ix_challenge_state", "org", "state"),
        Index("ix_challenge_provider", "org", "provider"),
        Index("ix_challenge_claim", "org", "ruleset", "record", "key"),
        Index(
            "ix_challenge_open",
            "org",
            "ruleset",
            "record",
            "key",
            unique=True,
            sqlite_where=text("closed_at IS NULL"),
            postgresql_where=text("closed_at IS NULL"),
        ),
    )

    id: Mapped[str] = mapped_column(String(26), primary_key=True, default=new_id)
    org: Mapped[str] = mapped_column(ForeignKey("organisation.id"))
    ruleset: Mapped[str] = mapped_column(String(NAME))
    version: Mapped[str] = mapped_column(ForeignKey("ruleset_version.id"))
    decision: Mapped[str | None] = mapped_column(ForeignKey("decision.id"))
    run: Mapped[str | None] = mapped_column(ForeignKey("run.id"))
    record: Mapped[str] = mapped_column(String(NAME))
    key: Mapped[str] = mapped_column(String(KEY))
    check: Mapped[str] = mapped_column(String(NAME))
    provider: Mapped[str] = mapped_column(String(NAME))
    month: Mapped[str] = mapped_column(String(20), default="")
    finding: Mapped[dict[str, Any]]
    overcharge: Mapped[Decimal | None]
    state: Mapped[str] = mapped_column(String(20))
    otherwise: Mapped[str] = mapped_column(String(20))
    outcome: Mapped[str] = mapped_column(String(20), default="")
    doubt: Mapped[str] = mapped_column(Text, default="")
    raised_on: Mapped[date]
    challenge_by: Mapped[date | None]
    sent_on: Mapped[date | None]
    answer_due: Mapped[date | None]
    freezes_on: Mapped[date | None]
    offered: Mapped[Decimal | None]
    agreed: Mapped[Decimal | None]
    credit: Mapped[Decimal | None]
    penalty_due: Mapped[Decimal | None]
    credit_due: Mapped[date | None]
    overdue: Mapped[bool] = mapped_column(default=False)
    closed_at: Mapped[datetime | None]
    revision: Mapped[int]


class ChallengeEvent(Base):
    """A move of a challenge: who made it, when, why, and from where to where. `attachments` are references, never files."""

    __tablename__ = "challenge_event"
    __table_args__ = (UniqueConstraint("challenge", "number"),)

    id: Mapped[str] = mapped_column(String(26), primary_key=True, default=new_id)
    org: Mapped[str] = mapped_column(ForeignKey("organisation.id"))
    challenge: Mapped[str] = mapped_column(ForeignKey("challenge.id"))
    number: Mapped[int]
    move: Mapped[str] = mapped_column(String(30))
    before: Mapped[str] = mapped_column(String(20))
    after: Mapped[str] = mapped_column(String(20))
    at: Mapped[datetime]
    by: Mapped[str] = mapped_column(String(NAME))
    why: Mapped[str] = mapped_column(Text)
    amount: Mapped[Decimal | None]
    attachments: Mapped[list[Any]]
    detail: Mapped[dict[str, Any]]


class Timer(Base):
    """A day on which a challenge moves by itself unless something else has happened: `kind` says what then."""

    __tablename__ = "timer"
    __table_args__ = (Index("ix_timer_due", "org", "done_at", "due"), Index("ix_timer_challenge", "challenge"))

    id: Mapped[str] = mapped_column(String(26), primary_key=True, default=new_id)
    org: Mapped[str] = mapped_column(ForeignKey("organisation.id"))
    challenge: Mapped[str] = mapped_column(ForeignKey("challenge.id"))
    kind: Mapped[str] = mapped_column(String(30))
    due: Mapped[date]
    done_at: Mapped[datetime | None]


class CalendarMonth(Base):
    """The contract's dates for a month of claims: submitted, challenged until, frozen. Rows are only added; the last said holds.

    `provider` is empty where the dates are for all. `credit_within` is how many working days there are for a credit.
    """

    __tablename__ = "calendar_month"
    __table_args__ = (Index("ix_calendar_month", "org", "month", "provider"),)

    id: Mapped[str] = mapped_column(String(26), primary_key=True, default=new_id)
    org: Mapped[str] = mapped_column(ForeignKey("organisation.id"))
    month: Mapped[str] = mapped_column(String(7))
    provider: Mapped[str] = mapped_column(String(NAME), default="")
    submitted_on: Mapped[date]
    challenge_by: Mapped[date]
    freezes_on: Mapped[date]
    credit_within: Mapped[int | None]
    known_from: Mapped[datetime]
    said_by: Mapped[str] = mapped_column(String(NAME))


# --- runs -------------------------------------------------------------------------------------------------------------


class Upload(Base):
    """A file that was sent, where it lies below the service's folder, and its fingerprint."""

    __tablename__ = "upload"

    id: Mapped[str] = mapped_column(String(26), primary_key=True, default=new_id)
    org: Mapped[str] = mapped_column(ForeignKey("organisation.id"), index=True)
    name: Mapped[str] = mapped_column(String(NAME))
    bytes: Mapped[int] = mapped_column(Number)
    sha256: Mapped[str] = mapped_column(String(64))
    created_at: Mapped[datetime]
    created_by: Mapped[str] = mapped_column(String(NAME))


class Run(Base):
    """A run of a ruleset over files: queued, running, done, failed or cancelled. Its results lie in a folder named by its id.

    `inputs` say, by record, which uploads or configured source; `beats` is when its worker was last heard of.
    """

    __tablename__ = "run"
    __table_args__ = (Index("ix_run_state", "state", "beats"), Index("ix_run_org", "org", "created_at"))

    id: Mapped[str] = mapped_column(String(26), primary_key=True, default=new_id)
    org: Mapped[str] = mapped_column(ForeignKey("organisation.id"))
    ruleset: Mapped[str] = mapped_column(String(NAME))
    version: Mapped[str] = mapped_column(ForeignKey("ruleset_version.id"))
    inputs: Mapped[dict[str, Any]]
    options: Mapped[dict[str, Any]]
    known: Mapped[date]
    state: Mapped[str] = mapped_column(String(20))
    stage: Mapped[str] = mapped_column(String(NAME), default="")
    done: Mapped[int] = mapped_column(Number, default=0)
    total: Mapped[int] = mapped_column(Number, default=0)
    attempts: Mapped[int] = mapped_column(default=0)
    worker: Mapped[str] = mapped_column(String(NAME), default="")
    beats: Mapped[datetime | None]
    cancel: Mapped[bool] = mapped_column(default=False)
    created_at: Mapped[datetime]
    created_by: Mapped[str] = mapped_column(String(NAME))
    started_at: Mapped[datetime | None]
    finished_at: Mapped[datetime | None]
    manifest: Mapped[dict[str, Any] | None] = mapped_column(Json)
    problems: Mapped[list[Any] | None] = mapped_column(Json)


# --- what was done ----------------------------------------------------------------------------------------------------


class AuditEntry(Base):
    """Something that was done. `hash` covers the entry and the hash before it, so that none can be changed or left out unseen."""

    __tablename__ = "audit_entry"
    __table_args__ = (UniqueConstraint("org", "number"), Index("ix_audit_subject", "org", "subject"))

    id: Mapped[int] = mapped_column(Number, primary_key=True, autoincrement=True)
    org: Mapped[str] = mapped_column(ForeignKey("organisation.id"))
    number: Mapped[int] = mapped_column(Number)
    at: Mapped[datetime]
    by: Mapped[str] = mapped_column(String(NAME))
    action: Mapped[str] = mapped_column(String(NAME))
    subject: Mapped[str] = mapped_column(String(KEY))
    detail: Mapped[dict[str, Any]]
    before: Mapped[str] = mapped_column(String(64))
    hash: Mapped[str] = mapped_column(String(64))


class Idempotency(Base):
    """The answer to a request that was made under a key, to be given again."""

    __tablename__ = "idempotency"
    __table_args__ = (Index("ix_idempotency_created", "created_at"),)

    org: Mapped[str] = mapped_column(ForeignKey("organisation.id"), primary_key=True)
    caller: Mapped[str] = mapped_column(String(NAME), primary_key=True)
    key: Mapped[str] = mapped_column(String(NAME), primary_key=True)
    route: Mapped[str] = mapped_column(String(NAME))
    request: Mapped[str] = mapped_column(String(64))
    status: Mapped[int | None]
    headers: Mapped[dict[str, Any] | None] = mapped_column(Json)
    body: Mapped[str | None] = mapped_column(Text)
    created_at: Mapped[datetime]


# --- events -----------------------------------------------------------------------------------------------------------


class Event(Base):
    """Something that others may want to hear of: a finding, a move of a challenge, a finished run. Numbered as they happen."""

    __tablename__ = "event"
    __table_args__ = (Index("ix_event_org", "org", "number"),)

    number: Mapped[int] = mapped_column(Number, primary_key=True, autoincrement=True)
    id: Mapped[str] = mapped_column(String(26), default=new_id, unique=True)
    org: Mapped[str] = mapped_column(ForeignKey("organisation.id"))
    kind: Mapped[str] = mapped_column(String(40))
    subject: Mapped[str] = mapped_column(String(KEY))
    payload: Mapped[dict[str, Any]]
    at: Mapped[datetime]


class Webhook(Base):
    """An address that is told of events of some kinds. `secret` signs what is sent; `reached` is the last event looked at."""

    __tablename__ = "webhook"

    id: Mapped[str] = mapped_column(String(26), primary_key=True, default=new_id)
    org: Mapped[str] = mapped_column(ForeignKey("organisation.id"), index=True)
    url: Mapped[str] = mapped_column(Text)
    kinds: Mapped[list[Any]]
    secret: Mapped[str] = mapped_column(Text)
    reached: Mapped[int] = mapped_column(Number)
    created_at: Mapped[datetime]
    created_by: Mapped[str] = mapped_column(String(NAME))
    removed_at: Mapped[datetime | None]


class Delivery(Base):
    """An event on its way to an address: how often it was tried, when next, and how that went."""

    __tablename__ = "delivery"
    __table_args__ = (
        UniqueConstraint("webhook", "event"),
        Index("ix_delivery_due", "state", "due"),
        Index("ix_delivery_event", "event"),
    )

    id: Mapped[str] = mapped_column(String(26), primary_key=True, default=new_id)
    org: Mapped[str] = mapped_column(ForeignKey("organisation.id"))
    webhook: Mapped[str] = mapped_column(ForeignKey("webhook.id"))
    event: Mapped[int] = mapped_column(ForeignKey("event.number"))
    state: Mapped[str] = mapped_column(String(20))
    attempts: Mapped[int] = mapped_column(default=0)
    due: Mapped[datetime]
    answer: Mapped[str] = mapped_column(Text, default="")
