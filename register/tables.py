"""The tables of the register: one description for SQLite and PostgreSQL."""

from __future__ import annotations

from sqlalchemy import (
    Boolean,
    Column,
    Dialect,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    UniqueConstraint,
)
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.types import BigInteger

from register.columns import Json, Moment, Words

#: the revision of the last migration, which these tables describe
REVISION = "0012"


metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "pk": "pk_%(table_name)s",
    }
)

# SQLite gives ids by itself only to a column that is exactly INTEGER.
_Serial = BigInteger().with_variant(Integer(), "sqlite")


def _serial(name: str = "id") -> Column[int]:
    return Column(name, _Serial, primary_key=True, autoincrement=True)


def _text(name: str, default: str | None = "") -> Column[str]:
    return Column(name, Words, nullable=default is None, default=default)


def _code(name: str) -> Column[str]:
    return Column(name, String(200), nullable=False, default="")


def _of_case(nullable: bool = False) -> Column[str]:
    return Column("case_id", String(40), ForeignKey("cases.id"), nullable=nullable)


#: what has arrived, byte for byte; `ended_at` is empty as long as it waits. The bytes stand last: SQLite reads the
#: columns before them without touching the overflow pages
spool = Table(
    "spool",
    metadata,
    _serial(),
    Column("channel", String(60), nullable=False),
    Column("external_id", Words, nullable=False),
    Column("received_at", Moment, nullable=False),
    Column("recipients", Json, nullable=False),
    _text("envelope_from", None),
    _text("organisation", None),
    Column("attempts", Integer, nullable=False, default=0),
    # How often a process has died while it held this message.
    Column("deaths", Integer, nullable=False, default=0, server_default="0"),
    _code("claimed_by"),
    # Not before this moment: the end of a lease or of a wait; empty: at once.
    Column("ready_at", Moment),
    Column("ended_at", Moment),
    # registered, joined, set_aside or failed
    _code("outcome"),
    _text("detail"),
    Column("content", LargeBinary, nullable=False),
    UniqueConstraint("channel", "external_id"),
)
Index(
    "ix_spool_waiting", spool.c.id, sqlite_where=spool.c.ended_at.is_(None), postgresql_where=spool.c.ended_at.is_(None)
)
Index(None, spool.c.outcome)

#: the last number given within a series and a year; series `*spool` counts what arrived
counters = Table(
    "counters",
    metadata,
    Column("series", Words, primary_key=True),
    Column("year", Integer, primary_key=True, autoincrement=False),
    Column("last", Integer, nullable=False),
)
ARRIVED = {"series": "*spool", "year": 0}

cases = Table(
    "cases",
    metadata,
    Column("id", String(40), primary_key=True),
    Column("reference", Words, nullable=False),
    Column("reference_key", Words, nullable=False, index=True),
    Column("series", Words, nullable=False),
    Column("year", Integer, nullable=False),
    Column("number", Integer, nullable=False),
    Column("organisation", String(200), nullable=False),
    _text("unit", None),
    Column("channel", String(60), nullable=False),
    Column("opened_at", Moment, nullable=False),
    _text("kind", None),
    _text("category", None),
    Column("urgent", Boolean, nullable=False),
    Column("anonymous", Boolean, nullable=False),
    _code("language"),
    _code("stage"),
    _code("status"),
    _code("owner"),
    Column("recipients", Json, nullable=False),
    Column("excluded", Json, nullable=False),
    Column("messages", Integer, nullable=False),
    Column("acknowledged_at", Moment),
    _text("not_acknowledged_because", None),
    _text("subject"),
    _text("gist"),
    UniqueConstraint("organisation", "reference"),
    UniqueConstraint("series", "year", "number"),
)
_owed = cases.c.acknowledged_at.is_(None) & cases.c.not_acknowledged_because.is_(None)
Index("ix_cases_owed", cases.c.opened_at, sqlite_where=_owed, postgresql_where=_owed)
Index(None, cases.c.opened_at)
Index(None, cases.c.organisation, cases.c.opened_at)
Index(None, cases.c.organisation, cases.c.status, cases.c.category, cases.c.opened_at)
Index(None, cases.c.organisation, cases.c.unit, cases.c.status, cases.c.opened_at)

#: who belongs to a case; none for an anonymous one
parties = Table(
    "parties",
    metadata,
    Column("case_id", String(40), ForeignKey("cases.id"), primary_key=True),
    Column("address", Words, primary_key=True, index=True),
)

#: what the first message of a case meant, see `classifiers.alike`; none of an anonymous one, see docs/anonymity.md
meanings = Table(
    "meanings",
    metadata,
    Column("case_id", String(40), ForeignKey("cases.id"), primary_key=True),
    Column("vector", LargeBinary, nullable=False),
)

#: what a message said and what became of it; sender and Message-ID are empty in an anonymous case
messages = Table(
    "messages",
    metadata,
    _serial(),
    Column("spool_id", _Serial, ForeignKey("spool.id"), nullable=False, unique=True),
    _of_case(nullable=True),
    Column("organisation", String(200), nullable=False),
    _code("disposition"),
    _code("reason"),
    _code("joined_by"),
    Column("may_belong_to", Json, nullable=False),
    Column("channel", String(60), nullable=False),
    Column("received_at", Moment, nullable=False),
    Column("entered_at", Moment, nullable=False),
    _code("sender_kind"),
    _text("sender"),
    _text("sender_name"),
    _text("reply_to"),
    _text("subject"),
    Column("written_at", Moment),
    _text("message_id", None),
    Column("ancestors", Json, nullable=False),
    _text("text"),
    _text("reply"),
    Column("attachments", Json, nullable=False),
    Column("form", Json, nullable=False),
    Column("defects", Json, nullable=False),
    _code("automatic"),
    Column("answerable", Boolean, nullable=False),
    _code("unanswered_because"),
    _text("duplicate_key", None),
    _code("fingerprint"),
    # Equal for messages alike from addresses of one domain; empty where the sender stays unknown.
    _code("likeness"),
    # JSON of records.Decision and of {question: records.Verdict}, written and read by `register.filing`
    Column("decision", Text, nullable=False),
    Column("verdicts", Text, nullable=False),
)
Index(None, messages.c.case_id)
Index(None, messages.c.disposition)
Index(None, messages.c.message_id)
Index(None, messages.c.organisation, messages.c.duplicate_key)
Index(None, messages.c.organisation, messages.c.likeness, messages.c.entered_at)

#: `ended_at`: the clock has dealt with it, another stage took its place, or its case was closed
deadlines = Table(
    "deadlines",
    metadata,
    _serial(),
    _of_case(),
    _code("stage"),
    _code("kind"),
    Column("due_at", Moment, nullable=False),
    _text("clause"),
    _code("role"),
    Column("promised", Boolean, nullable=False),
    Column("ended_at", Moment),
    # handled, kept, superseded, closed
    _code("ended_because"),
)
Index(None, deadlines.c.case_id)
_running = deadlines.c.ended_at.is_(None)
Index("ix_deadlines_running", deadlines.c.due_at, sqlite_where=_running, postgresql_where=_running)

assignments = Table(
    "assignments",
    metadata,
    _serial(),
    _of_case(),
    _code("stage"),
    _code("role"),
    _code("task"),
    _text("clause"),
    _text("why"),
)
Index(None, assignments.c.case_id)

steps = Table(
    "steps",
    metadata,
    _serial(),
    _of_case(),
    _code("stage"),
    _code("step"),
    _code("role"),
    _text("clause"),
    Column("due_at", Moment),
    _code("document"),
    Column("done_at", Moment),
)
Index(None, steps.c.case_id)

#: the outbox and what left it; `ended_at` is empty as long as a letter waits
letters = Table(
    "letters",
    metadata,
    _serial("number"),
    Column("id", String(80), nullable=False, unique=True),
    _of_case(nullable=True),
    _code("role"),
    _code("to_kind"),
    _text("to_value"),
    # The address in lower case, for counting.
    _text("to_key"),
    _text("to_name"),
    _code("template"),
    _code("language"),
    _text("subject"),
    _text("message_id"),
    _text("envelope_from"),
    Column("urgent", Boolean, nullable=False),
    Column("send_at", Moment),
    Column("created_at", Moment, nullable=False),
    # Not before this moment: the ordered one, the end of a lease or of a wait.
    Column("ready_at", Moment, nullable=False),
    Column("attempts", Integer, nullable=False, default=0),
    _code("claimed_by"),
    Column("ended_at", Moment),
    # waiting, sent, failed
    _code("state"),
    _text("detail"),
    _text("body"),
    # The school that it is of, whose bot it leaves by.
    _code("organisation"),
    # Rows of [title, data], for chats; empty for mail.
    Column("buttons", Json),
    Column("content", LargeBinary, nullable=False),
)
_unsent = letters.c.ended_at.is_(None)
Index(
    "ix_letters_waiting",
    letters.c.urgent,
    letters.c.ready_at,
    letters.c.number,
    sqlite_where=_unsent,
    postgresql_where=_unsent,
)
Index(None, letters.c.case_id)
Index(None, letters.c.to_key, letters.c.created_at)

#: appended, never changed; `facts` is the canonical text that the hash covers. No foreign key: the book stands alone
journal = Table(
    "journal",
    metadata,
    Column("position", _Serial, primary_key=True, autoincrement=False),
    Column("at", Moment, nullable=False),
    Column("case_id", String(40), index=True),
    _code("what"),
    _code("who"),
    _text("clause"),
    Column("facts", Text, nullable=False),
    Column("previous_hash", String(64), nullable=False),
    Column("hash", String(64), nullable=False),
)

#: the last line of the journal, in one row; whoever locks it may append
chain = Table(
    "chain",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("position", _Serial, nullable=False),
    Column("hash", String(64), nullable=False),
)

cursors = Table("cursors", metadata, Column("name", Words, primary_key=True), Column("value", Words, nullable=False))

#: conversations in chats; `state` is JSON of records.Dialogue, written and read by `register.dialogues`
dialogues = Table(
    "dialogues",
    metadata,
    Column("organisation", String(200), primary_key=True),
    Column("chat", String(200), primary_key=True),
    Column("version", Integer, nullable=False),
    Column("remind_at", Moment, index=True),
    Column("state", Text, nullable=False),
)

#: who is at work just now; a process that has died is struck off by another, or by the next start
processes = Table(
    "processes",
    metadata,
    _serial(),
    Column("name", String(200), nullable=False, unique=True),
    Column("signed_in_at", Moment, nullable=False),
)

#: a row stands here as long as its alarm does
alarms = Table(
    "alarms",
    metadata,
    Column("code", String(200), primary_key=True),
    Column("subject", Words, primary_key=True),
    Column("raised_at", Moment, nullable=False),
)


def insert(dialect: Dialect, table: Table) -> sqlite.Insert | postgresql.Insert:
    """An insert of the database's own kind, which knows `on_conflict_do_nothing` and `on_conflict_do_update`."""
    return sqlite.insert(table) if dialect.name == "sqlite" else postgresql.insert(table)
