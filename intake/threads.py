"""Which case may a message belong to? The hints in it, strongest first; the register decides."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterator

from register.records import AddressKind, Submission, ThreadKey

#: characters of a text that are compared
MAX_ALIKE, FEW = 2_000, 40
#: what a word has that is a number, or has one in it
_COUNTED = re.compile(r"\d")


def keys(
    submission: Submission,
    *,
    open_token: Callable[[str], str | None],
    open_message_id: Callable[[str], str | None],
    reference_pattern: re.Pattern[str] | None = None,
) -> tuple[ThreadKey, ...]:
    """The thread keys of a message, strongest first, each once.

    `open_token` gets the detail of a plus address (what stands between `+` and `@`) and returns the case id, or None
    where it is none of ours; `open_message_id` gets a Message-ID without brackets and returns the letter id, or None.
    """
    return tuple(
        dict.fromkeys(
            [
                *_tokens(submission, open_token),
                *_letters(submission, open_message_id),
                *_returned(submission, open_message_id),
                *_foreign(submission, open_message_id),
                *_references(submission, reference_pattern),
            ]
        )
    )


def duplicate_key(submission: Submission) -> str:
    """Equal for two copies of one mail: Message-ID and content; content alone where there is no Message-ID."""
    return hashlib.sha256(f"{submission.message_id}\0{submission.fingerprint}".encode()).hexdigest()


def likeness(submission: Submission) -> str:
    """Equal for what a program writes from a new address of its domain each time; empty for a chat or no address.

    Numbers say nothing: a program counts its answers, and quotes the number of our case.
    """
    domain = submission.sender.value.rpartition("@")[2].lower() if submission.sender else ""
    if not domain or submission.sender is None or submission.sender.kind is not AddressKind.MAIL:
        return ""
    said = f"{submission.subject}\n{submission.reply[:MAX_ALIKE]}".lower()
    words = " ".join(word for word in said.split() if not _COUNTED.search(word))
    # A few words many people write.
    return hashlib.sha256(f"{domain}\0{words}".encode("utf-8", "replace")).hexdigest() if len(words) > FEW else ""


def _parents(submission: Submission) -> Iterator[str]:
    yield from submission.in_reply_to
    yield from reversed(submission.references)


def _tokens(submission: Submission, open_token: Callable[[str], str | None]) -> Iterator[ThreadKey]:
    written = (address.value for address in (*submission.to, *submission.cc))
    for address in (*submission.delivered_to, *written):
        detail = address.rpartition("@")[0].partition("+")[2]
        case = open_token(detail) if detail else None
        if case is not None:
            yield ThreadKey(kind="token", value=case)


def _letters(submission: Submission, open_message_id: Callable[[str], str | None]) -> Iterator[ThreadKey]:
    for message_id in _parents(submission):
        letter = open_message_id(message_id)
        if letter is not None:
            yield ThreadKey(kind="letter", value=letter)


def _returned(submission: Submission, open_message_id: Callable[[str], str | None]) -> Iterator[ThreadKey]:
    for headers in submission.returned_headers:
        letter = open_message_id(dict(headers).get("message-id", "").strip("<> "))
        if letter is not None:
            yield ThreadKey(kind="returned", value=letter)


def _foreign(submission: Submission, open_message_id: Callable[[str], str | None]) -> Iterator[ThreadKey]:
    """Message-IDs of other programs: an earlier mail of the parent's that a later one answers."""
    for message_id in _parents(submission):
        if open_message_id(message_id) is None:
            yield ThreadKey(kind="message_id", value=message_id)


def _references(submission: Submission, pattern: re.Pattern[str] | None) -> Iterator[ThreadKey]:
    if pattern is not None:
        for match in pattern.finditer(submission.subject):
            yield ThreadKey(kind="reference", value=match.group())
