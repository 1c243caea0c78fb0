"""Until when a credit is to be given: of what is in the store no contract said so yet, and nothing was overdue."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("calendar_month", sa.Column("credit_within", sa.Integer(), nullable=True))
    op.add_column("challenge", sa.Column("credit_due", sa.Date(), nullable=True))
    op.add_column("challenge", sa.Column("overdue", sa.Boolean(), nullable=True))
    op.execute(sa.update(sa.table("challenge", sa.column("overdue", sa.Boolean()))).values(overdue=False))
    with op.batch_alter_table("challenge") as table:
        table.alter_column("overdue", existing_type=sa.Boolean(), nullable=False)
