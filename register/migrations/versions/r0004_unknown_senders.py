"""The dialogue with somebody unknown: receipt codes, the school's questions; and fingerprints of messages."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"

serial = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
moment = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "codes",
        sa.Column("case_id", sa.String(length=40), nullable=False),
        sa.Column("prefix", sa.String(length=8), nullable=False),
        sa.Column("salt", sa.LargeBinary(), nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name=op.f("fk_codes_case_id")),
        sa.PrimaryKeyConstraint("case_id", name=op.f("pk_codes")),
    )
    op.create_index(op.f("ix_codes_prefix"), "codes", ["prefix"], unique=False)
    op.create_table(
        "questions",
        sa.Column("id", serial, autoincrement=True, nullable=False),
        sa.Column("case_id", sa.String(length=40), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("asked_at", moment, nullable=False),
        sa.Column("letter_id", sa.String(length=200), nullable=False),
        sa.Column("told_at", moment, nullable=True),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name=op.f("fk_questions_case_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_questions")),
    )
    op.create_index(op.f("ix_questions_case_id"), "questions", ["case_id"], unique=False)
    op.create_index(op.f("ix_questions_letter_id"), "questions", ["letter_id"], unique=False)
    op.create_table(
        "wrong_codes",
        sa.Column("id", serial, autoincrement=True, nullable=False),
        sa.Column("at", moment, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_wrong_codes")),
    )
    op.create_index(op.f("ix_wrong_codes_at"), "wrong_codes", ["at"], unique=False)
    op.add_column("messages", sa.Column("fingerprint", sa.String(length=200), server_default="", nullable=False))
