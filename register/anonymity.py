"""What the register does not keep of a sender who stays unknown (A4, C3, G3): the one place that says so.

Beside the case stand no name, address, Message-ID, form field or party. A letter to such a sender keeps its address and
text only until it has left or can never leave. The journal, which nothing can be taken out of, never names a sender.

The message as it came still lies in the spool, byte for byte. Its cleansing belongs here too, once the first letter has
left: `cleanse` of the spool's row, in the transaction that ends that letter.
"""

from __future__ import annotations

import re
from typing import Any

from sqlalchemy import bindparam, select, update

from register.columns import Row
from register.records import AddressKind, Case, Entry, Letter
from register.tables import letters, messages, spool

#: what is forgotten of a letter by its `which`, once it needs to be sent no more
FORGET_LETTER = (
    update(letters).where(letters.c.number == bindparam("which")).values(to_value="", to_key="", body="", content=b"")
)

_NOBODY: dict[str, Any] = {
    "sender_kind": "",
    "sender": "",
    "sender_name": "",
    "reply_to": "",
    "message_id": None,
    "ancestors": [],
}
_ASIDES = (
    messages.c.organisation == bindparam("school"),
    messages.c.case_id.is_(None),
    messages.c.sender_kind == AddressKind.TELEGRAM.value,
    messages.c.sender == bindparam("chat"),
)
_EMPTY_ASIDES = update(spool).where(spool.c.id.in_(select(messages.c.spool_id).where(*_ASIDES))).values(content=b"{}")
#: what a chat said beside every case keeps its words, but not whose they are: an hour tells who wrote the next message
FORGET_ASIDES = (_EMPTY_ASIDES, update(messages).where(*_ASIDES).values(**_NOBODY, form={}, likeness=""))

# The codes at the beginning of an SMTP answer (RFC 5321, 4.2; RFC 3463).
_CODE = re.compile(r"[245]\d\d([ -][245]\.\d{1,3}\.\d{1,3})?(?!\d)")


def is_asked_for(entry: Entry, case: Case | None) -> bool:
    """True where the sender of this message stays unknown: they ask for it, or the case that they write to has it."""
    return entry.understanding.anonymous.label is True or (case is not None and case.anonymous)


def sender_columns(entry: Entry, case: Case | None) -> dict[str, Any]:
    """The columns of a message that say who sent it; empty where the sender stays unknown."""
    if is_asked_for(entry, case):
        return _NOBODY | {"form": {}}
    said = entry.submission
    return {
        "sender_kind": said.sender.kind.value if said.sender else "",
        "sender": said.sender.value if said.sender else "",
        "sender_name": said.sender.name if said.sender else "",
        "reply_to": said.reply_to.value if said.reply_to else "",
        "message_id": said.message_id or None,
        "ancestors": [*said.references, *said.in_reply_to],
        "form": dict(said.form),
    }


def recipient_name(letter: Letter, *, anonymous: bool) -> str:
    """The name that the outbox keeps beside an address."""
    return "" if anonymous and letter.role == "sender" else letter.to.name


def is_forgotten(row: Row) -> bool:
    """True for a letter, read with its case's `anonymous`, that is forgotten when it has left."""
    return bool(row["anonymous"]) and row["role"] == "sender"


def discreet(row: Row, said: str) -> str:
    """What a mail server said, without the recipient; of a letter that is forgotten only the answer's code."""
    if is_forgotten(row):
        code = _CODE.match(said)
        return code.group() if code else ""
    address = row["to_value"]
    # Most answers name nobody, and to make an expression costs more than the rest of what is written down.
    if not address or ("@" in address and "@" not in said):
        return said
    return re.sub(re.escape(address), "...", said, flags=re.IGNORECASE)
