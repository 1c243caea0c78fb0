"""What became of each challenge, beside how far it has come; and indexes by which those of a claim and their timers are found."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    _outcome()
    op.create_index("ix_challenge_claim", "challenge", ["org", "ruleset", "record", "key"])
    op.create_index("ix_timer_challenge", "timer", ["challenge"])


def _outcome() -> None:
    """What ended by then has its outcome in its state; of others nothing was settled yet."""
    op.add_column("challenge", sa.Column("outcome", sa.String(20), nullable=True))
    ended = "('agreed', 'upheld', 'rejected', 'lapsed', 'withdrawn')"
    op.execute(f"UPDATE challenge SET outcome = CASE WHEN state IN {ended} THEN state ELSE '' END")
    with op.batch_alter_table("challenge") as table:
        table.alter_column("outcome", existing_type=sa.String(20), nullable=False)
