"""Codes that bring mail and chat together; sealed links from anonymous cases to chats."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0007"

moment = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "invitations",
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("case_id", sa.String(length=40), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("expires_at", moment, nullable=False),
        sa.Column("used_by", sa.String(length=64), nullable=False),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name=op.f("fk_invitations_case_id")),
        sa.PrimaryKeyConstraint("digest", name=op.f("pk_invitations")),
    )
    op.create_index(op.f("ix_invitations_case_id"), "invitations", ["case_id"], unique=False)
    op.create_table(
        "links",
        sa.Column("case_id", sa.String(length=40), nullable=False),
        sa.Column("chat_key", sa.String(length=64), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name=op.f("fk_links_case_id")),
        sa.PrimaryKeyConstraint("case_id", name=op.f("pk_links")),
    )
    op.create_index(op.f("ix_links_chat_key"), "links", ["chat_key"], unique=False)
