"""A second date by which rows are looked for. Every claim that stands is decided once more, and then rests on both."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("live_link", sa.Column("other_day", sa.Integer(), nullable=True))
    op.add_column("rests", sa.Column("other_first_day", sa.Integer(), nullable=True))
    op.add_column("rests", sa.Column("other_last_day", sa.Integer(), nullable=True))
    # Rows that arrive have new hashes: what rests on the old ones would not be found by them.
    op.execute("UPDATE rests SET hash = 'due'")
