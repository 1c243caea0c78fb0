"""What Alembic runs to bring a store to a revision: always on the connection that it is handed."""

from __future__ import annotations

from alembic import context

from requite.api.store.schema import Base

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=Base.metadata,
    compare_type=True,
    # SQLite cannot change a table in place: Alembic then makes a new one and copies.
    render_as_batch=True,
)
with context.begin_transaction():
    context.run_migrations()
