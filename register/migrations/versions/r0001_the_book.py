"""The first form of the book."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None

serial = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
moment = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "alarms",
        sa.Column("code", sa.String(length=200), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("raised_at", moment, nullable=False),
        sa.PrimaryKeyConstraint("code", "subject", name=op.f("pk_alarms")),
    )
    op.create_table(
        "cases",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("reference", sa.Text(), nullable=False),
        sa.Column("reference_key", sa.Text(), nullable=False),
        sa.Column("series", sa.Text(), nullable=False),
        sa.Column("year", sa.Integer(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("organisation", sa.String(length=200), nullable=False),
        sa.Column("unit", sa.Text(), nullable=True),
        sa.Column("channel", sa.String(length=60), nullable=False),
        sa.Column("opened_at", moment, nullable=False),
        sa.Column("kind", sa.Text(), nullable=True),
        sa.Column("category", sa.Text(), nullable=True),
        sa.Column("urgent", sa.Boolean(), nullable=False),
        sa.Column("anonymous", sa.Boolean(), nullable=False),
        sa.Column("language", sa.String(length=200), nullable=False),
        sa.Column("stage", sa.String(length=200), nullable=False),
        sa.Column("status", sa.String(length=200), nullable=False),
        sa.Column("owner", sa.String(length=200), nullable=False),
        sa.Column("recipients", sa.Text(), nullable=False),
        sa.Column("excluded", sa.Text(), nullable=False),
        sa.Column("messages", sa.Integer(), nullable=False),
        sa.Column("acknowledged_at", moment, nullable=True),
        sa.Column("not_acknowledged_because", sa.Text(), nullable=True),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("gist", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_cases")),
        sa.UniqueConstraint("organisation", "reference", name=op.f("uq_cases_organisation_reference")),
        sa.UniqueConstraint("series", "year", "number", name=op.f("uq_cases_series_year_number")),
    )
    op.create_index(op.f("ix_cases_opened_at"), "cases", ["opened_at"], unique=False)
    op.create_index(op.f("ix_cases_organisation_opened_at"), "cases", ["organisation", "opened_at"], unique=False)
    op.create_index(
        op.f("ix_cases_organisation_unit_status_opened_at"),
        "cases",
        ["organisation", "unit", "status", "opened_at"],
        unique=False,
    )
    op.create_index(
        "ix_cases_owed",
        "cases",
        ["opened_at"],
        unique=False,
        sqlite_where=sa.text("acknowledged_at IS NULL AND not_acknowledged_because IS NULL"),
        postgresql_where=sa.text("acknowledged_at IS NULL AND not_acknowledged_because IS NULL"),
    )
    op.create_index(op.f("ix_cases_reference_key"), "cases", ["reference_key"], unique=False)
    op.create_table(
        "chain",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("position", serial, nullable=False),
        sa.Column("hash", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_chain")),
    )
    op.create_table(
        "counters",
        sa.Column("series", sa.Text(), nullable=False),
        sa.Column("year", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("last", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("series", "year", name=op.f("pk_counters")),
    )
    op.create_table(
        "cursors",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_cursors")),
    )
    op.create_table(
        "journal",
        sa.Column("position", serial, autoincrement=False, nullable=False),
        sa.Column("at", moment, nullable=False),
        sa.Column("case_id", sa.String(length=40), nullable=True),
        sa.Column("what", sa.String(length=200), nullable=False),
        sa.Column("who", sa.String(length=200), nullable=False),
        sa.Column("clause", sa.Text(), nullable=False),
        sa.Column("facts", sa.Text(), nullable=False),
        sa.Column("previous_hash", sa.String(length=64), nullable=False),
        sa.Column("hash", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint("position", name=op.f("pk_journal")),
    )
    op.create_index(op.f("ix_journal_case_id"), "journal", ["case_id"], unique=False)
    op.create_table(
        "spool",
        sa.Column("id", serial, autoincrement=True, nullable=False),
        sa.Column("channel", sa.String(length=60), nullable=False),
        sa.Column("external_id", sa.Text(), nullable=False),
        sa.Column("received_at", moment, nullable=False),
        sa.Column("recipients", sa.Text(), nullable=False),
        sa.Column("envelope_from", sa.Text(), nullable=True),
        sa.Column("organisation", sa.Text(), nullable=True),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("claimed_by", sa.String(length=200), nullable=False),
        sa.Column("ready_at", moment, nullable=True),
        sa.Column("ended_at", moment, nullable=True),
        sa.Column("outcome", sa.String(length=200), nullable=False),
        sa.Column("detail", sa.Text(), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_spool")),
        sa.UniqueConstraint("channel", "external_id", name=op.f("uq_spool_channel_external_id")),
    )
    op.create_index(op.f("ix_spool_outcome"), "spool", ["outcome"], unique=False)
    op.create_index(
        "ix_spool_waiting",
        "spool",
        ["id"],
        unique=False,
        sqlite_where=sa.text("ended_at IS NULL"),
        postgresql_where=sa.text("ended_at IS NULL"),
    )
    op.create_table(
        "assignments",
        sa.Column("id", serial, autoincrement=True, nullable=False),
        sa.Column("case_id", sa.String(length=40), nullable=False),
        sa.Column("stage", sa.String(length=200), nullable=False),
        sa.Column("role", sa.String(length=200), nullable=False),
        sa.Column("task", sa.String(length=200), nullable=False),
        sa.Column("clause", sa.Text(), nullable=False),
        sa.Column("why", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name=op.f("fk_assignments_case_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_assignments")),
    )
    op.create_index(op.f("ix_assignments_case_id"), "assignments", ["case_id"], unique=False)
    op.create_table(
        "deadlines",
        sa.Column("id", serial, autoincrement=True, nullable=False),
        sa.Column("case_id", sa.String(length=40), nullable=False),
        sa.Column("stage", sa.String(length=200), nullable=False),
        sa.Column("kind", sa.String(length=200), nullable=False),
        sa.Column("due_at", moment, nullable=False),
        sa.Column("clause", sa.Text(), nullable=False),
        sa.Column("role", sa.String(length=200), nullable=False),
        sa.Column("promised", sa.Boolean(), nullable=False),
        sa.Column("ended_at", moment, nullable=True),
        sa.Column("ended_because", sa.String(length=200), nullable=False),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name=op.f("fk_deadlines_case_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_deadlines")),
    )
    op.create_index(op.f("ix_deadlines_case_id"), "deadlines", ["case_id"], unique=False)
    op.create_index(
        "ix_deadlines_running",
        "deadlines",
        ["due_at"],
        unique=False,
        sqlite_where=sa.text("ended_at IS NULL"),
        postgresql_where=sa.text("ended_at IS NULL"),
    )
    op.create_table(
        "letters",
        sa.Column("number", serial, autoincrement=True, nullable=False),
        sa.Column("id", sa.String(length=80), nullable=False),
        sa.Column("case_id", sa.String(length=40), nullable=True),
        sa.Column("role", sa.String(length=200), nullable=False),
        sa.Column("to_kind", sa.String(length=200), nullable=False),
        sa.Column("to_value", sa.Text(), nullable=False),
        sa.Column("to_key", sa.Text(), nullable=False),
        sa.Column("to_name", sa.Text(), nullable=False),
        sa.Column("template", sa.String(length=200), nullable=False),
        sa.Column("language", sa.String(length=200), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("message_id", sa.Text(), nullable=False),
        sa.Column("envelope_from", sa.Text(), nullable=False),
        sa.Column("urgent", sa.Boolean(), nullable=False),
        sa.Column("send_at", moment, nullable=True),
        sa.Column("created_at", moment, nullable=False),
        sa.Column("ready_at", moment, nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("claimed_by", sa.String(length=200), nullable=False),
        sa.Column("ended_at", moment, nullable=True),
        sa.Column("state", sa.String(length=200), nullable=False),
        sa.Column("detail", sa.Text(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name=op.f("fk_letters_case_id")),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_letters")),
        sa.UniqueConstraint("id", name=op.f("uq_letters_id")),
    )
    op.create_index(op.f("ix_letters_case_id"), "letters", ["case_id"], unique=False)
    op.create_index(op.f("ix_letters_to_key_created_at"), "letters", ["to_key", "created_at"], unique=False)
    op.create_index(
        "ix_letters_waiting",
        "letters",
        ["urgent", "ready_at", "number"],
        unique=False,
        sqlite_where=sa.text("ended_at IS NULL"),
        postgresql_where=sa.text("ended_at IS NULL"),
    )
    op.create_table(
        "messages",
        sa.Column("id", serial, autoincrement=True, nullable=False),
        sa.Column("spool_id", serial, nullable=False),
        sa.Column("case_id", sa.String(length=40), nullable=True),
        sa.Column("organisation", sa.String(length=200), nullable=False),
        sa.Column("disposition", sa.String(length=200), nullable=False),
        sa.Column("reason", sa.String(length=200), nullable=False),
        sa.Column("joined_by", sa.String(length=200), nullable=False),
        sa.Column("may_belong_to", sa.Text(), nullable=False),
        sa.Column("channel", sa.String(length=60), nullable=False),
        sa.Column("received_at", moment, nullable=False),
        sa.Column("entered_at", moment, nullable=False),
        sa.Column("sender_kind", sa.String(length=200), nullable=False),
        sa.Column("sender", sa.Text(), nullable=False),
        sa.Column("sender_name", sa.Text(), nullable=False),
        sa.Column("reply_to", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("written_at", moment, nullable=True),
        sa.Column("message_id", sa.Text(), nullable=True),
        sa.Column("ancestors", sa.Text(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("reply", sa.Text(), nullable=False),
        sa.Column("attachments", sa.Text(), nullable=False),
        sa.Column("form", sa.Text(), nullable=False),
        sa.Column("defects", sa.Text(), nullable=False),
        sa.Column("automatic", sa.String(length=200), nullable=False),
        sa.Column("answerable", sa.Boolean(), nullable=False),
        sa.Column("unanswered_because", sa.String(length=200), nullable=False),
        sa.Column("duplicate_key", sa.Text(), nullable=True),
        sa.Column("decision", sa.Text(), nullable=False),
        sa.Column("verdicts", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name=op.f("fk_messages_case_id")),
        sa.ForeignKeyConstraint(["spool_id"], ["spool.id"], name=op.f("fk_messages_spool_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_messages")),
        sa.UniqueConstraint("spool_id", name=op.f("uq_messages_spool_id")),
    )
    op.create_index(op.f("ix_messages_case_id"), "messages", ["case_id"], unique=False)
    op.create_index(op.f("ix_messages_disposition"), "messages", ["disposition"], unique=False)
    op.create_index(op.f("ix_messages_message_id"), "messages", ["message_id"], unique=False)
    op.create_index(
        op.f("ix_messages_organisation_duplicate_key"), "messages", ["organisation", "duplicate_key"], unique=False
    )
    op.create_table(
        "parties",
        sa.Column("case_id", sa.String(length=40), nullable=False),
        sa.Column("address", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name=op.f("fk_parties_case_id")),
        sa.PrimaryKeyConstraint("case_id", "address", name=op.f("pk_parties")),
    )
    op.create_index(op.f("ix_parties_address"), "parties", ["address"], unique=False)
    op.create_table(
        "steps",
        sa.Column("id", serial, autoincrement=True, nullable=False),
        sa.Column("case_id", sa.String(length=40), nullable=False),
        sa.Column("stage", sa.String(length=200), nullable=False),
        sa.Column("step", sa.String(length=200), nullable=False),
        sa.Column("role", sa.String(length=200), nullable=False),
        sa.Column("clause", sa.Text(), nullable=False),
        sa.Column("due_at", moment, nullable=True),
        sa.Column("document", sa.String(length=200), nullable=False),
        sa.Column("done_at", moment, nullable=True),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name=op.f("fk_steps_case_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_steps")),
    )
    op.create_index(op.f("ix_steps_case_id"), "steps", ["case_id"], unique=False)
    # The chain begins with a line that is none: position 0 and 64 zeros.
    chain = sa.table("chain", sa.column("id"), sa.column("position"), sa.column("hash"))
    op.bulk_insert(chain, [{"id": 1, "position": 0, "hash": "0" * 64}])
    counters = sa.table("counters", sa.column("series"), sa.column("year"), sa.column("last"))
    op.bulk_insert(counters, [{"series": "*spool", "year": 0, "last": 0}])
