"""Why a challenge is in doubt since it went out: of what is in the store nothing was known to be so."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("challenge", sa.Column("doubt", sa.Text(), nullable=True))
    op.execute("UPDATE challenge SET doubt = ''")
    with op.batch_alter_table("challenge") as table:
        table.alter_column("doubt", existing_type=sa.Text(), nullable=False)
