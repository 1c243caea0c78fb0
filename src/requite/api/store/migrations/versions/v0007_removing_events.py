"""Up to which event an organisation's are removed: none was; and an index by which an event's deliveries are found."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("organisation", sa.Column("events_removed", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True))
    op.execute("UPDATE organisation SET events_removed = 0")
    with op.batch_alter_table("organisation") as table:
        table.alter_column("events_removed", existing_type=sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False)
    op.create_index("ix_delivery_event", "delivery", ["event"])
