"""The first schema: organisations, rulesets, claims, challenges, runs, the audit log, events."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

JSON = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")
NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    _organisation()
    _api_key()
    _ruleset_version()
    _in_force()
    _live_row()
    _live_link()
    _decision()
    _rests()
    _upload()
    _run()
    _challenge()
    _challenge_event()
    _timer()
    _calendar_month()
    _audit_entry()
    _idempotency()
    _event()
    _webhook()
    _delivery()


def _organisation() -> None:
    op.create_table(
        "organisation",
        sa.Column("id", sa.String(length=200), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("clock", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_organisation")),
    )


def _api_key() -> None:
    op.create_table(
        "api_key",
        sa.Column("id", sa.String(length=26), nullable=False),
        sa.Column("org", sa.String(length=200), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("role", sa.String(length=20), nullable=False),
        sa.Column("provider", sa.String(length=200), nullable=True),
        sa.Column("prefix", sa.String(length=20), nullable=False),
        sa.Column("hash", sa.String(length=64), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_by", sa.String(length=200), nullable=False),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["org"], ["organisation.id"], name=op.f("fk_api_key_org")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_api_key")),
        sa.UniqueConstraint("hash", name=op.f("uq_api_key_hash")),
    )
    op.create_index(op.f("ix_api_key_org"), "api_key", ["org"], unique=False)


def _ruleset_version() -> None:
    op.create_table(
        "ruleset_version",
        sa.Column("id", sa.String(length=26), nullable=False),
        sa.Column("org", sa.String(length=200), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("hash", sa.String(length=64), nullable=False),
        sa.Column("main", sa.String(length=200), nullable=False),
        sa.Column("texts", JSON, nullable=False),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_by", sa.String(length=200), nullable=False),
        sa.Column("approved_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("approved_by", sa.String(length=200), nullable=True),
        sa.Column("note", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["org"], ["organisation.id"], name=op.f("fk_ruleset_version_org")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ruleset_version")),
        sa.UniqueConstraint("org", "hash", name=op.f("uq_ruleset_version_org_hash")),
    )
    op.create_index("ix_version_name", "ruleset_version", ["org", "name", "created_at"], unique=False)


def _in_force() -> None:
    op.create_table(
        "in_force",
        sa.Column("id", sa.String(length=26), nullable=False),
        sa.Column("org", sa.String(length=200), nullable=False),
        sa.Column("ruleset", sa.String(length=200), nullable=False),
        sa.Column("version", sa.String(length=26), nullable=False),
        sa.Column("starts", sa.Date(), nullable=False),
        sa.Column("known_from", sa.DateTime(timezone=True), nullable=False),
        sa.Column("said_by", sa.String(length=200), nullable=False),
        sa.ForeignKeyConstraint(["org"], ["organisation.id"], name=op.f("fk_in_force_org")),
        sa.ForeignKeyConstraint(["version"], ["ruleset_version.id"], name=op.f("fk_in_force_version")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_in_force")),
    )
    op.create_index("ix_in_force", "in_force", ["org", "ruleset", "starts", "known_from"], unique=False)


def _live_row() -> None:
    op.create_table(
        "live_row",
        sa.Column("id", NUMBER, autoincrement=True, nullable=False),
        sa.Column("org", sa.String(length=200), nullable=False),
        sa.Column("ruleset", sa.String(length=200), nullable=False),
        sa.Column("record", sa.String(length=200), nullable=False),
        sa.Column("key", sa.String(length=1000), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("cells", JSON, nullable=False),
        sa.Column("stored", sa.Text(), nullable=False),
        sa.Column("shape", sa.String(length=64), nullable=False),
        sa.Column("cancelled", sa.Boolean(), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("superseded_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("sent_by", sa.String(length=200), nullable=False),
        sa.ForeignKeyConstraint(["org"], ["organisation.id"], name=op.f("fk_live_row_org")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_live_row")),
        sa.UniqueConstraint(
            "org", "ruleset", "record", "key", "revision", name=op.f("uq_live_row_org_ruleset_record_key_revision")
        ),
    )
    op.create_index(
        "ix_live_row_stands",
        "live_row",
        ["org", "ruleset", "record", "key"],
        unique=True,
        sqlite_where=sa.text("superseded_at IS NULL"),
        postgresql_where=sa.text("superseded_at IS NULL"),
    )


def _live_link() -> None:
    op.create_table(
        "live_link",
        sa.Column("id", NUMBER, autoincrement=True, nullable=False),
        sa.Column("org", sa.String(length=200), nullable=False),
        sa.Column("ruleset", sa.String(length=200), nullable=False),
        sa.Column("hash", sa.String(length=32), nullable=False),
        sa.Column("row", NUMBER, nullable=False),
        sa.ForeignKeyConstraint(["org"], ["organisation.id"], name=op.f("fk_live_link_org")),
        sa.ForeignKeyConstraint(["row"], ["live_row.id"], name=op.f("fk_live_link_row")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_live_link")),
    )
    op.create_index("ix_live_link", "live_link", ["org", "ruleset", "hash"], unique=False)
    op.create_index("ix_live_link_row", "live_link", ["row"], unique=False)


def _decision() -> None:
    op.create_table(
        "decision",
        sa.Column("id", sa.String(length=26), nullable=False),
        sa.Column("org", sa.String(length=200), nullable=False),
        sa.Column("ruleset", sa.String(length=200), nullable=False),
        sa.Column("version", sa.String(length=26), nullable=False),
        sa.Column("record", sa.String(length=200), nullable=False),
        sa.Column("key", sa.String(length=1000), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("cause", sa.Text(), nullable=False),
        sa.Column("row", NUMBER, nullable=True),
        sa.Column("known", sa.Date(), nullable=False),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("superseded_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("flagged", sa.Boolean(), nullable=False),
        sa.Column("ends", JSON, nullable=False),
        sa.ForeignKeyConstraint(["org"], ["organisation.id"], name=op.f("fk_decision_org")),
        sa.ForeignKeyConstraint(["row"], ["live_row.id"], name=op.f("fk_decision_row")),
        sa.ForeignKeyConstraint(["version"], ["ruleset_version.id"], name=op.f("fk_decision_version")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_decision")),
        sa.UniqueConstraint("org", "ruleset", "record", "key", "number", name=op.f("uq_decision_org_ruleset_record_key_number")),
    )
    op.create_index("ix_decision_at", "decision", ["org", "ruleset", "decided_at"], unique=False)
    op.create_index(
        "ix_decision_stands",
        "decision",
        ["org", "ruleset", "record", "key"],
        unique=True,
        sqlite_where=sa.text("superseded_at IS NULL"),
        postgresql_where=sa.text("superseded_at IS NULL"),
    )


def _rests() -> None:
    op.create_table(
        "rests",
        sa.Column("id", NUMBER, autoincrement=True, nullable=False),
        sa.Column("org", sa.String(length=200), nullable=False),
        sa.Column("ruleset", sa.String(length=200), nullable=False),
        sa.Column("hash", sa.String(length=32), nullable=False),
        sa.Column("record", sa.String(length=200), nullable=False),
        sa.Column("key", sa.String(length=1000), nullable=False),
        sa.ForeignKeyConstraint(["org"], ["organisation.id"], name=op.f("fk_rests_org")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_rests")),
    )
    op.create_index("ix_rests", "rests", ["org", "ruleset", "hash"], unique=False)
    op.create_index("ix_rests_claim", "rests", ["org", "ruleset", "record", "key"], unique=False)


def _upload() -> None:
    op.create_table(
        "upload",
        sa.Column("id", sa.String(length=26), nullable=False),
        sa.Column("org", sa.String(length=200), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("bytes", NUMBER, nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_by", sa.String(length=200), nullable=False),
        sa.ForeignKeyConstraint(["org"], ["organisation.id"], name=op.f("fk_upload_org")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_upload")),
    )
    op.create_index(op.f("ix_upload_org"), "upload", ["org"], unique=False)


def _run() -> None:
    op.create_table(
        "run",
        sa.Column("id", sa.String(length=26), nullable=False),
        sa.Column("org", sa.String(length=200), nullable=False),
        sa.Column("ruleset", sa.String(length=200), nullable=False),
        sa.Column("version", sa.String(length=26), nullable=False),
        sa.Column("inputs", JSON, nullable=False),
        sa.Column("options", JSON, nullable=False),
        sa.Column("known", sa.Date(), nullable=False),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.Column("stage", sa.String(length=200), nullable=False),
        sa.Column("done", NUMBER, nullable=False),
        sa.Column("total", NUMBER, nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("worker", sa.String(length=200), nullable=False),
        sa.Column("beats", sa.DateTime(timezone=True), nullable=True),
        sa.Column("cancel", sa.Boolean(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_by", sa.String(length=200), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("manifest", JSON, nullable=True),
        sa.Column("problems", JSON, nullable=True),
        sa.ForeignKeyConstraint(["org"], ["organisation.id"], name=op.f("fk_run_org")),
        sa.ForeignKeyConstraint(["version"], ["ruleset_version.id"], name=op.f("fk_run_version")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_run")),
    )
    op.create_index("ix_run_org", "run", ["org", "created_at"], unique=False)
    op.create_index("ix_run_state", "run", ["state", "beats"], unique=False)


def _challenge() -> None:
    op.create_table(
        "challenge",
        sa.Column("id", sa.String(length=26), nullable=False),
        sa.Column("org", sa.String(length=200), nullable=False),
        sa.Column("ruleset", sa.String(length=200), nullable=False),
        sa.Column("version", sa.String(length=26), nullable=False),
        sa.Column("decision", sa.String(length=26), nullable=True),
        sa.Column("run", sa.String(length=26), nullable=True),
        sa.Column("record", sa.String(length=200), nullable=False),
        sa.Column("key", sa.String(length=1000), nullable=False),
        sa.Column("check", sa.String(length=200), nullable=False),
        sa.Column("provider", sa.String(length=200), nullable=False),
        sa.Column("month", sa.String(length=20), nullable=False),
        sa.Column("finding", JSON, nullable=False),
        sa.Column("overcharge", sa.BigInteger(), nullable=True),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.Column("otherwise", sa.String(length=20), nullable=False),
        sa.Column("raised_on", sa.Date(), nullable=False),
        sa.Column("challenge_by", sa.Date(), nullable=True),
        sa.Column("sent_on", sa.Date(), nullable=True),
        sa.Column("answer_due", sa.Date(), nullable=True),
        sa.Column("freezes_on", sa.Date(), nullable=True),
        sa.Column("offered", sa.BigInteger(), nullable=True),
        sa.Column("agreed", sa.BigInteger(), nullable=True),
        sa.Column("credit", sa.BigInteger(), nullable=True),
        sa.Column("penalty_due", sa.BigInteger(), nullable=True),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["decision"], ["decision.id"], name=op.f("fk_challenge_decision")),
        sa.ForeignKeyConstraint(["org"], ["organisation.id"], name=op.f("fk_challenge_org")),
        sa.ForeignKeyConstraint(["run"], ["run.id"], name=op.f("fk_challenge_run")),
        sa.ForeignKeyConstraint(["version"], ["ruleset_version.id"], name=op.f("fk_challenge_version")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_challenge")),
    )
    op.create_index(
        "ix_challenge_open",
        "challenge",
        ["org", "ruleset", "record", "key"],
        unique=True,
        sqlite_where=sa.text("closed_at IS NULL"),
        postgresql_where=sa.text("closed_at IS NULL"),
    )
    op.create_index("ix_challenge_provider", "challenge", ["org", "provider"], unique=False)
    op.create_index("ix_challenge_state", "challenge", ["org", "state"], unique=False)


def _challenge_event() -> None:
    op.create_table(
        "challenge_event",
        sa.Column("id", sa.String(length=26), nullable=False),
        sa.Column("org", sa.String(length=200), nullable=False),
        sa.Column("challenge", sa.String(length=26), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("move", sa.String(length=30), nullable=False),
        sa.Column("before", sa.String(length=20), nullable=False),
        sa.Column("after", sa.String(length=20), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("by", sa.String(length=200), nullable=False),
        sa.Column("why", sa.Text(), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=True),
        sa.Column("attachments", JSON, nullable=False),
        sa.Column("detail", JSON, nullable=False),
        sa.ForeignKeyConstraint(["challenge"], ["challenge.id"], name=op.f("fk_challenge_event_challenge")),
        sa.ForeignKeyConstraint(["org"], ["organisation.id"], name=op.f("fk_challenge_event_org")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_challenge_event")),
        sa.UniqueConstraint("challenge", "number", name=op.f("uq_challenge_event_challenge_number")),
    )


def _timer() -> None:
    op.create_table(
        "timer",
        sa.Column("id", sa.String(length=26), nullable=False),
        sa.Column("org", sa.String(length=200), nullable=False),
        sa.Column("challenge", sa.String(length=26), nullable=False),
        sa.Column("kind", sa.String(length=30), nullable=False),
        sa.Column("due", sa.Date(), nullable=False),
        sa.Column("done_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["challenge"], ["challenge.id"], name=op.f("fk_timer_challenge")),
        sa.ForeignKeyConstraint(["org"], ["organisation.id"], name=op.f("fk_timer_org")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_timer")),
    )
    op.create_index("ix_timer_due", "timer", ["org", "done_at", "due"], unique=False)


def _calendar_month() -> None:
    op.create_table(
        "calendar_month",
        sa.Column("id", sa.String(length=26), nullable=False),
        sa.Column("org", sa.String(length=200), nullable=False),
        sa.Column("month", sa.String(length=7), nullable=False),
        sa.Column("provider", sa.String(length=200), nullable=False),
        sa.Column("submitted_on", sa.Date(), nullable=False),
        sa.Column("challenge_by", sa.Date(), nullable=False),
        sa.Column("freezes_on", sa.Date(), nullable=False),
        sa.Column("known_from", sa.DateTime(timezone=True), nullable=False),
        sa.Column("said_by", sa.String(length=200), nullable=False),
        sa.ForeignKeyConstraint(["org"], ["organisation.id"], name=op.f("fk_calendar_month_org")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_calendar_month")),
    )
    op.create_index("ix_calendar_month", "calendar_month", ["org", "month", "provider"], unique=False)


def _audit_entry() -> None:
    op.create_table(
        "audit_entry",
        sa.Column("id", NUMBER, autoincrement=True, nullable=False),
        sa.Column("org", sa.String(length=200), nullable=False),
        sa.Column("number", NUMBER, nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("by", sa.String(length=200), nullable=False),
        sa.Column("action", sa.String(length=200), nullable=False),
        sa.Column("subject", sa.String(length=1000), nullable=False),
        sa.Column("detail", JSON, nullable=False),
        sa.Column("before", sa.String(length=64), nullable=False),
        sa.Column("hash", sa.String(length=64), nullable=False),
        sa.ForeignKeyConstraint(["org"], ["organisation.id"], name=op.f("fk_audit_entry_org")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit_entry")),
        sa.UniqueConstraint("org", "number", name=op.f("uq_audit_entry_org_number")),
    )


def _idempotency() -> None:
    op.create_table(
        "idempotency",
        sa.Column("org", sa.String(length=200), nullable=False),
        sa.Column("caller", sa.String(length=200), nullable=False),
        sa.Column("key", sa.String(length=200), nullable=False),
        sa.Column("route", sa.String(length=200), nullable=False),
        sa.Column("request", sa.String(length=64), nullable=False),
        sa.Column("status", sa.Integer(), nullable=True),
        sa.Column("headers", JSON, nullable=True),
        sa.Column("body", sa.Text(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["org"], ["organisation.id"], name=op.f("fk_idempotency_org")),
        sa.PrimaryKeyConstraint("org", "caller", "key", name=op.f("pk_idempotency")),
    )


def _event() -> None:
    op.create_table(
        "event",
        sa.Column("number", NUMBER, autoincrement=True, nullable=False),
        sa.Column("id", sa.String(length=26), nullable=False),
        sa.Column("org", sa.String(length=200), nullable=False),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("subject", sa.String(length=1000), nullable=False),
        sa.Column("payload", JSON, nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["org"], ["organisation.id"], name=op.f("fk_event_org")),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_event")),
        sa.UniqueConstraint("id", name=op.f("uq_event_id")),
    )
    op.create_index("ix_event_org", "event", ["org", "number"], unique=False)


def _webhook() -> None:
    op.create_table(
        "webhook",
        sa.Column("id", sa.String(length=26), nullable=False),
        sa.Column("org", sa.String(length=200), nullable=False),
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column("kinds", JSON, nullable=False),
        sa.Column("secret", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_by", sa.String(length=200), nullable=False),
        sa.Column("removed_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["org"], ["organisation.id"], name=op.f("fk_webhook_org")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_webhook")),
    )
    op.create_index(op.f("ix_webhook_org"), "webhook", ["org"], unique=False)


def _delivery() -> None:
    op.create_table(
        "delivery",
        sa.Column("id", sa.String(length=26), nullable=False),
        sa.Column("org", sa.String(length=200), nullable=False),
        sa.Column("webhook", sa.String(length=26), nullable=False),
        sa.Column("event", NUMBER, nullable=False),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("due", sa.DateTime(timezone=True), nullable=False),
        sa.Column("answer", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["event"], ["event.number"], name=op.f("fk_delivery_event")),
        sa.ForeignKeyConstraint(["org"], ["organisation.id"], name=op.f("fk_delivery_org")),
        sa.ForeignKeyConstraint(["webhook"], ["webhook.id"], name=op.f("fk_delivery_webhook")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_delivery")),
        sa.UniqueConstraint("webhook", "event", name=op.f("uq_delivery_webhook_event")),
    )
    op.create_index("ix_delivery_due", "delivery", ["state", "due"], unique=False)
