"""The meaning of a case's first message beside the case, by which closed cases like a new one are found."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"


def upgrade() -> None:
    op.create_table(
        "meanings",
        sa.Column("case_id", sa.String(length=40), nullable=False),
        sa.Column("vector", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name=op.f("fk_meanings_case_id")),
        sa.PrimaryKeyConstraint("case_id", name=op.f("pk_meanings")),
    )
    op.create_index(
        op.f("ix_cases_organisation_status_category_opened_at"),
        "cases",
        ["organisation", "status", "category", "opened_at"],
        unique=False,
    )
