"""How far each webhook has come, and indexes by which old keys of requests and the log of one thing are found."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    _reached()
    op.create_index("ix_idempotency_created", "idempotency", ["created_at"])
    op.create_index("ix_audit_subject", "audit_entry", ["org", "subject"])


def _reached() -> None:
    """A webhook that is there already goes on with what happens from now on: everything before would be news to nobody."""
    op.add_column("webhook", sa.Column("reached", NUMBER, nullable=True))
    op.execute("UPDATE webhook SET reached = COALESCE((SELECT MAX(event.number) FROM event WHERE event.org = webhook.org), 0)")
    with op.batch_alter_table("webhook") as table:
        table.alter_column("reached", existing_type=NUMBER, nullable=False)
