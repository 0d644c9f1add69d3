"""How often a process has died while it held a message: one that kills whoever reads it is not read for ever."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"


def upgrade() -> None:
    op.add_column("spool", sa.Column("deaths", sa.Integer(), server_default="0", nullable=False))
