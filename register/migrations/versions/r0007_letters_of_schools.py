"""Which school a letter is of, so that it leaves by that school's bot."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0005"


def upgrade() -> None:
    op.add_column("letters", sa.Column("organisation", sa.String(length=200), server_default="", nullable=False))
    op.execute(
        "UPDATE letters SET organisation = (SELECT cases.organisation FROM cases WHERE cases.id = letters.case_id)"
        " WHERE case_id IS NOT NULL AND ended_at IS NULL"
    )
