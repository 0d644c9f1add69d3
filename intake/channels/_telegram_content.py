"""What a chat message holds, put into words without a language: text, captions, places, contacts, polls, stickers."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator

from intake.channels._telegram_json import Node
from register.records import Address, Attachment

#: what Telegram itself says in a chat; a person wrote none of it
_SERVICE = frozenset(
    {
        "new_chat_members",
        "left_chat_member",
        "chat_owner_left",
        "chat_owner_changed",
        "new_chat_title",
        "new_chat_photo",
        "delete_chat_photo",
        "group_chat_created",
        "supergroup_chat_created",
        "channel_chat_created",
        "message_auto_delete_timer_changed",
        "migrate_to_chat_id",
        "migrate_from_chat_id",
        "pinned_message",
        "boost_added",
        "chat_background_set",
        "write_access_allowed",
        "connected_website",
        "proximity_alert_triggered",
        "forum_topic_created",
        "forum_topic_edited",
        "forum_topic_closed",
        "forum_topic_reopened",
        "general_forum_topic_hidden",
        "general_forum_topic_unhidden",
        "video_chat_scheduled",
        "video_chat_started",
        "video_chat_ended",
        "video_chat_participants_invited",
    }
)


def text(message: Node) -> str:
    """Everything in a message that can be said in text, one thing a line; empty for a bare file."""
    return "\n".join(filter(None, _lines(message)))


def is_service(message: Node) -> bool:
    """Telegram's own news in a chat, without a word of a person."""
    return any(key in _SERVICE for key in message.keys) and not text(message)


def fingerprint(sender: Address | None, text: str, attachments: tuple[Attachment, ...]) -> str:
    """Hex SHA-256 over sender, empty subject, text and attachments."""
    digest = hashlib.sha256()
    for part in (sender.value if sender else "", "", text):
        digest.update(part.encode() + b"\0")
    for file in attachments:
        digest.update(hashlib.sha256(file.content).digest())
    return digest.hexdigest()


def _lines(message: Node) -> Iterator[str]:
    yield message.at("text").text
    yield message.at("caption").text
    yield from _links(message)
    for kind, words in _WORDS.items():
        if message.at(kind):
            yield words(message.at(kind))


def _links(message: Node) -> Iterator[str]:
    """Addresses that hide behind words."""
    for entity in (*message.at("entities"), *message.at("caption_entities")):
        if entity.at("type").line == "text_link":
            yield entity.at("url").line


def _place(location: Node) -> str:
    """A point on the map as a geo URI (RFC 5870), WGS 84 degrees."""
    latitude, longitude = location.at("latitude").decimal, location.at("longitude").decimal
    return "" if latitude is None or longitude is None else f"geo:{latitude},{longitude}"


def _venue(venue: Node) -> str:
    return _joined(venue.at("title").line, venue.at("address").line)


def _contact(contact: Node) -> str:
    name = " ".join(filter(None, (contact.at("first_name").line, contact.at("last_name").line)))
    return _joined(name, contact.at("phone_number").line)


def _poll(poll: Node) -> str:
    options = (f"- {option.at('text').line}" for option in poll.at("options"))
    return "\n".join((poll.at("question").line, *options)).strip()


def _checklist(checklist: Node) -> str:
    tasks = (f"- {task.at('text').line}" for task in checklist.at("tasks"))
    return "\n".join((checklist.at("title").line, *tasks)).strip()


def _emoji(thing: Node) -> str:
    return thing.at("emoji").line


def _joined(*parts: str) -> str:
    return ", ".join(filter(None, parts))


_WORDS: dict[str, Callable[[Node], str]] = {
    "location": _place,
    "venue": _venue,
    "contact": _contact,
    "poll": _poll,
    "checklist": _checklist,
    "sticker": _emoji,
    "dice": _emoji,
}
