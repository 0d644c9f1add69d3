"""Staff in chat: one-time codes, the chats that they link, and who has taken a case."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0009"

moment = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "staff_codes",
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("organisation", sa.String(length=200), nullable=False),
        sa.Column("role", sa.String(length=200), nullable=False),
        sa.Column("ends_at", moment, nullable=False),
        sa.Column("used_by", sa.String(length=200), nullable=False),
        sa.PrimaryKeyConstraint("digest", name=op.f("pk_staff_codes")),
    )
    op.create_table(
        "staff_chats",
        sa.Column("organisation", sa.String(length=200), nullable=False),
        sa.Column("chat", sa.String(length=200), nullable=False),
        sa.Column("role", sa.String(length=200), nullable=False),
        sa.Column("kind", sa.String(length=60), nullable=False),
        sa.Column("linked_at", moment, nullable=False),
        sa.PrimaryKeyConstraint("organisation", "chat", "role", name=op.f("pk_staff_chats")),
    )
    op.create_table(
        "takings",
        sa.Column("case_id", sa.String(length=40), nullable=False),
        sa.Column("role", sa.String(length=200), nullable=False),
        sa.Column("at", moment, nullable=False),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name=op.f("fk_takings_case_id")),
        sa.PrimaryKeyConstraint("case_id", name=op.f("pk_takings")),
    )
    op.create_index(op.f("ix_cases_urgent_status"), "cases", ["urgent", "status"], unique=False)
    # Nobody has been able to take these: their notices are not repeated, days after the first one.
    op.execute("INSERT INTO takings (case_id, role, at) SELECT id, owner, opened_at FROM cases WHERE urgent")
