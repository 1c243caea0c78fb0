"""Indexes by which live rows of another shape, the last that arrived, and the versions that decisions rest on are found."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

STANDS = sa.text("superseded_at IS NULL")


def upgrade() -> None:
    op.create_index(
        "ix_live_row_shape",
        "live_row",
        ["org", "ruleset", "record", "shape"],
        sqlite_where=STANDS,
        postgresql_where=STANDS,
    )
    op.create_index("ix_live_row_received", "live_row", ["org", "ruleset", "received_at"])
    op.create_index("ix_decision_version", "decision", ["org", "ruleset", "version"], sqlite_where=STANDS, postgresql_where=STANDS)
