"""Chat updates with anything in any place, and bytes that are none."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

from hypothesis import strategies as st

from intake.channels.telegram import read
from register.records import RawMessage
from tests.fuzz.mails import is_clean

_PERSON = {"id": 5, "is_bot": False, "first_name": "Anna", "last_name": "Berg", "language_code": "sv", "username": "a"}
_CHAT = {"id": 5, "type": "private", "first_name": "Anna"}
_MESSAGE: dict[str, Any] = {
    "message_id": 7,
    "date": 1_790_000_000,
    "chat": _CHAT,
    "from": _PERSON,
    "text": "/start abc",
    "entities": [{"type": "bot_command", "offset": 0, "length": 6}, {"type": "text_link", "offset": 1, "url": "x"}],
    "caption": "se bilden",
    "document": {"file_id": "F", "file_unique_id": "u", "file_name": "brev.pdf", "mime_type": "application/pdf"},
    "photo": [{"file_id": "F", "file_unique_id": "u", "width": 90, "height": 90}],
    "reply_to_message": {"message_id": 3, "date": 1, "chat": _CHAT, "text": "hej"},
    "forward_origin": {"type": "user", "sender_user": _PERSON, "date": 1},
    "location": {"latitude": 59.3, "longitude": 18.0},
    "contact": {"phone_number": "+46", "first_name": "A"},
    "poll": {"question": "?", "options": [{"text": "a"}]},
    "new_chat_members": [_PERSON],
}
UPDATES: list[dict[str, Any]] = [
    {"update_id": 1, "message": _MESSAGE},
    {"update_id": 1, "edited_message": _MESSAGE | {"edit_date": 1_790_000_001}},
    {"update_id": 1, "callback_query": {"id": "1", "from": _PERSON, "message": _MESSAGE, "data": "c:y"}},
    {"update_id": 1, "my_chat_member": {"chat": _CHAT, "from": _PERSON, "date": 1, "new_chat_member": {}}},
]
JSON = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=30), st.just("\ud800\0\n")),
    lambda inner: st.one_of(st.lists(inner, max_size=4), st.dictionaries(st.text(max_size=12), inner, max_size=4)),
    max_leaves=12,
)


@st.composite
def updates(draw: st.DrawFn) -> bytes:
    """A plausible update with wounds; now and then only bytes."""
    if draw(st.integers(0, 9)) == 0:
        return draw(st.binary(max_size=200))
    update = json.loads(json.dumps(draw(st.sampled_from(UPDATES))))
    for _ in range(draw(st.integers(0, 4))):
        _wound(draw, update)
    return json.dumps(update).encode()


def _wound(draw: st.DrawFn, node: Any) -> None:
    while True:
        keys = list(node) if isinstance(node, dict) else list(range(len(node)))
        if not keys:
            return
        key = draw(st.sampled_from(keys))
        if not isinstance(node[key], dict | list) or draw(st.integers(0, 3)) == 0:
            node[key] = draw(JSON)
            return
        node = node[key]


def check(data: bytes) -> None:
    """A clean Submission, whatever it is."""
    moment = datetime(2026, 11, 24, tzinfo=UTC)
    is_clean(read(RawMessage(channel="telegram", external_id="1:1", content=data, received_at=moment)))
