"""How Alembic runs here: on the connection and inside the transaction that `register.opening` hands over."""

from __future__ import annotations

from alembic import context

from register.tables import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    # SQLite changes a table by making it anew.
    render_as_batch=True,
    compare_type=True,
)
with context.begin_transaction():
    context.run_migrations()
