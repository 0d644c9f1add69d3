"""A spooled chat update becomes a Submission; whatever JSON it is, it is read and nothing raises."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

from intake.channels import _telegram_content as content
from intake.channels._telegram_files import Parcel, opened
from intake.channels._telegram_json import Node
from register.records import Address, AddressKind, RawMessage, Submission

#: what a person writes; every other kind of update is Telegram's own news
_WRITTEN = ("message", "edited_message")
#: where the chat and the person stand in the other kinds, as far as we know them
_PRESSED = "callback_query"
#: `/start` brings the payload of a deep link; other commands count as such only when nothing else is written
_COMMAND = re.compile(r"/(?:(start)(?:@\w+)?(?: ([\w-]{1,64}))?|([a-z0-9_]{1,32})(?:@\w+)?)\s*", re.ASCII)

Header = tuple[str, str]


@dataclass(frozen=True, kw_only=True)
class Seen:
    """An update, taken apart as far as all kinds have it in common."""

    kind: str
    parcel: Parcel
    #: the message, the button press or the news
    body: Node
    chat: Node
    person: Node

    @property
    def chat_id(self) -> int | None:
        """The chat; for a button of a message that is gone, the person, which is the same in a private chat."""
        return self.chat.at("id").number or self.person.at("id").number


def read(raw: RawMessage) -> Submission:
    """The Submission of a spooled update; never raises on any content.

    Only what a person wrote has text. What is no message for the register carries a header `telegram-update` that says
    what it is: an update's kind, `command`, `service`, `bot`, or `group_message` (which keeps its text). The guards
    know the words of mail, so that it says the same to them: `auto-submitted`, or for a group, which has as many
    readers as a mailing list, `list-id`.
    """
    seen = _seen(opened(raw.content))
    written = seen.kind in _WRITTEN and _not_written(seen) is None
    text = content.text(seen.body) if written else ""
    attachments = seen.parcel.attachments if written else ()
    sender = _sender(seen)
    return Submission(
        channel=raw.channel,
        sender=sender,
        date=_moment(seen.body.at("edit_date")) or _moment(seen.body.at("date")),
        message_id=_message_id(seen),
        in_reply_to=tuple(_in_reply_to(seen)),
        text=text,
        reply=text,
        attachments=attachments,
        headers=tuple((name, value) for name, value in _headers(seen) if value),
        defects=tuple(_defects(seen, text)),
        fingerprint=content.fingerprint(sender, text, attachments),
    )


def chat_of(update: Node) -> int | None:
    """The chat that an update belongs to; None where it names none."""
    return _seen(Parcel(update=update)).chat_id


def _seen(parcel: Parcel) -> Seen:
    kind = next((key for key in parcel.update.keys if parcel.update.at(key).keys), "")
    body = parcel.update.at(kind)
    chat = body.at("message", "chat") if kind == _PRESSED else body.at("chat")
    return Seen(kind=kind, parcel=parcel, body=body, chat=chat, person=body.at("from"))


def _sender(seen: Seen) -> Address | None:
    if seen.chat_id is None:
        return None
    names = (seen.person.at("first_name").line, seen.person.at("last_name").line)
    name = " ".join(filter(None, names)) or seen.chat.at("title").line
    return Address(kind=AddressKind.TELEGRAM, value=str(seen.chat_id), name=name)


def _moment(node: Node) -> datetime | None:
    try:
        return datetime.fromtimestamp(node.number, UTC) if node.number is not None and node.number > 0 else None
    except (ValueError, OverflowError, OSError):
        return None


def _message_id(seen: Seen) -> str:
    number = seen.body.at("message_id").number
    if seen.kind in _WRITTEN and number is not None:
        return _id(seen.chat_id, number)
    update = seen.parcel.update.at("update_id").number
    return "" if update is None else f"telegram:{seen.chat_id or ''}:update:{update}"


def _id(chat: int | None, message: int) -> str:
    return f"telegram:{chat or ''}:{message}"


def _in_reply_to(seen: Seen) -> Iterator[str]:
    """What the message answers; an edited one goes where it went before, a button to the message it stands under."""
    if seen.kind == "edited_message":
        yield _message_id(seen)
    answered = seen.body.at("message" if seen.kind == _PRESSED else "reply_to_message", "message_id").number
    if answered is not None:
        yield _id(seen.chat_id, answered)


def _headers(seen: Seen) -> Iterator[Header]:
    news = _news(seen) or ""
    yield "telegram-update", news
    yield "list-id", f"telegram:{seen.chat_id}" if news == "group_message" else ""
    yield "auto-submitted", "auto-generated" if news not in ("", "group_message") else ""
    yield "telegram-chat-type", seen.chat.at("type").line
    yield "telegram-person", "" if seen.person.at("id").number is None else str(seen.person.at("id").number)
    yield "telegram-language-code", seen.person.at("language_code").line
    yield "telegram-media-group", seen.body.at("media_group_id").line
    yield "telegram-edited", "true" if seen.kind == "edited_message" else ""
    yield "telegram-forwarded", "true" if seen.body.at("forward_origin") else ""
    yield from (("telegram-file-id", file_id) for file_id in seen.parcel.file_ids)
    yield from _command_headers(seen)
    yield from _news_headers(seen)


def _command_headers(seen: Seen) -> Iterator[Header]:
    command = _COMMAND.fullmatch(seen.body.at("text").text) if seen.kind in _WRITTEN else None
    if command:
        yield "telegram-command", command[1] or command[3]
        yield "telegram-command-argument", command[2] or ""


def _news_headers(seen: Seen) -> Iterator[Header]:
    yield "telegram-callback-id", seen.body.at("id").line if seen.kind == _PRESSED else ""
    yield "telegram-callback-data", seen.body.at("data").line if seen.kind == _PRESSED else ""
    yield "telegram-status", seen.body.at("new_chat_member", "status").line
    migrated = seen.body.at("migrate_to_chat_id").number
    yield "telegram-migrated-to", "" if migrated is None else str(migrated)


def _news(seen: Seen) -> str | None:
    """What an update is that is no message for the register; None for what a person wrote to us."""
    if seen.kind not in _WRITTEN:
        return Node(seen.kind).line or None
    if reason := _not_written(seen):
        return reason
    return None if seen.chat.at("type").line in ("private", "") else "group_message"


def _not_written(seen: Seen) -> str | None:
    """Why a message is not a person's writing."""
    if seen.person.at("is_bot").value is True and not seen.body.at("sender_chat"):
        return "bot"
    if content.is_service(seen.body):
        return "service"
    return "command" if _COMMAND.fullmatch(seen.body.at("text").text) else None


def _defects(seen: Seen, text: str) -> Iterator[str]:
    yield from seen.parcel.defects
    if not seen.kind and not seen.parcel.defects:
        yield "the update holds nothing"
    if seen.kind == "edited_message":
        yield "edited by the sender"
    if seen.kind in _WRITTEN and seen.chat_id is None:
        yield "the message names no chat"
    if seen.kind in _WRITTEN and _not_written(seen) is None and not text and not seen.parcel.file_ids:
        yield "a kind of message that cannot be shown"
