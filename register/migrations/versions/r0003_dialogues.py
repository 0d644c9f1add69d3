"""Conversations in chats, and buttons below what the bot says."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0001"


def upgrade() -> None:
    op.create_table(
        "dialogues",
        sa.Column("organisation", sa.String(length=200), nullable=False),
        sa.Column("chat", sa.String(length=200), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("remind_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("state", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("organisation", "chat", name=op.f("pk_dialogues")),
    )
    op.create_index(op.f("ix_dialogues_remind_at"), "dialogues", ["remind_at"], unique=False)
    op.add_column("letters", sa.Column("buttons", sa.Text(), nullable=True))
