"""Chats that somebody unknown leaves open for the school's questions, sealed; asked there, and cut with one tap (G3).

The number of a chat is encrypted with AES-GCM under a key that is made from the house's key, bound to its case. Whoever
has the database alone learns nothing of it. The buttons prove that they were shown in this chat for this case, so that
nothing needs to be kept for somebody who does not press them.
"""

from __future__ import annotations

import hmac
import secrets
from datetime import datetime

from bot.desk import Desk
from procedures.model import Procedure
from register.records import AddressKind, Case, Letter, SealedLink
from register.seals import Seals
from register.unknown import LETTER

#: what has joined a message from a chat that was left open
LINKED = "link"
_NONCE = 12
#: numbers of chats differ in length; what is sealed does not
_WIDTH = 32
_PROOF = 16


def chat_key(seals: Seals, chat: str) -> str:
    """By which a chat finds its link; without the house's key nobody can try out whose it is."""
    return seals.blind("link", chat)


def proof(seals: Seals, case_id: str, chat: str) -> str:
    """Stands in a button of a case and is right in one chat only."""
    return seals.blind("link button", f"{case_id}\0{chat}")[:_PROOF]


def is_proof(seals: Seals, case_id: str, chat: str, shown: str) -> bool:
    """Whether the button was shown in this chat for this case."""
    return shown.isascii() and hmac.compare_digest(proof(seals, case_id, chat), shown)


def seal(seals: Seals, case_id: str, chat: str) -> SealedLink:
    """The link as it is kept."""
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

    nonce = secrets.token_bytes(_NONCE)
    sealed = nonce + AESGCM(_key(seals)).encrypt(nonce, chat.ljust(_WIDTH).encode(), case_id.encode())
    return SealedLink(case_id=case_id, chat_key=chat_key(seals, chat), sealed=sealed)


def opened(seals: Seals, link: SealedLink) -> str | None:
    """The chat's number; None where it was sealed with another key, for another case, or was changed."""
    from cryptography.exceptions import InvalidTag
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

    nonce, sealed = link.sealed[:_NONCE], link.sealed[_NONCE:]
    try:
        return AESGCM(_key(seals)).decrypt(nonce, sealed, link.case_id.encode()).decode().strip()
    except (InvalidTag, ValueError):
        return None


def _key(seals: Seals) -> bytes:
    return bytes.fromhex(seals.blind("link", "aes-gcm"))


async def case_of(desk: Desk, procedure: Procedure, chat: str) -> Case | None:
    """The open anonymous case that a chat was left open for."""
    case_id = await desk.register.links.case_id(chat_key(desk.seals, chat), procedure.id)
    return await desk.register.case(case_id) if case_id else None


async def cut(desk: Desk, chat: str, now: datetime) -> int:
    """Overwrites what leads to a chat; returns how many cases led to it."""
    return await desk.register.links.cut(chat_key(desk.seals, chat), chat, now)


async def unreachable(desk: Desk, letter: Letter, now: datetime) -> None:
    """A question can never arrive in the chat (the bot was blocked): the link is of no use and goes."""
    if letter.template == LETTER and letter.to.kind is AddressKind.TELEGRAM:
        await cut(desk, letter.to.value, now)
