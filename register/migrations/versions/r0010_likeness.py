"""By what messages from changing addresses of one domain are known to be alike, so that two programs end their talk."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0006"


def upgrade() -> None:
    op.add_column("messages", sa.Column("likeness", sa.String(length=200), server_default="", nullable=False))
    op.create_index(
        op.f("ix_messages_organisation_likeness_entered_at"),
        "messages",
        ["organisation", "likeness", "entered_at"],
        unique=False,
    )
