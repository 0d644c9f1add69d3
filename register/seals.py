"""The two keys that join a reply to its case: the signed token in an address and the signed Message-ID.

A token is a case id followed by a check. Both are written in Crockford's base 32 in lower case, which has no i, l, o
or u: a mail server may change the case of letters and a person may read 1 as l or 0 as o, and the token still opens.
The check is the first 60 bits of an HMAC-SHA256, made with different words for tokens and Message-IDs, so that one can
never be used as the other.
"""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets

ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"
#: characters of an id: 80 random bits
ID_LENGTH = 16
#: characters of a check: 60 bits
CHECK_LENGTH = 12
#: the shortest key that is accepted, in bytes
SHORTEST_KEY = 16

_SHIFTS = range(5 * (CHECK_LENGTH - 1), -1, -5)
_FORGIVEN = str.maketrans("ilo", "110")
#: a sign for each octet
_SIGNS = (ALPHABET * (256 // len(ALPHABET))).encode()
_TOKEN = re.compile(f"[{ALPHABET}]{{1,40}}")
_LETTER_ID = re.compile("[a-z0-9][a-z0-9_-]{0,63}")


def new_id() -> str:
    """A random, unguessable id for a case or a letter: 16 characters, 80 bits."""
    # One call of the kernel for all of them: 32 signs divide 256 evenly, so that each is as likely as the others.
    return secrets.token_bytes(ID_LENGTH).translate(_SIGNS).decode()


class Seals:
    """Makes and checks signed tokens and Message-IDs; `previous` keys still open what they sealed."""

    def __init__(self, key: bytes, previous: tuple[bytes, ...] = ()) -> None:
        if any(len(one) < SHORTEST_KEY for one in (key, *previous)):
            raise ValueError(f"a key for seals needs at least {SHORTEST_KEY} bytes")
        self._keys = (key, *previous)

    @staticmethod
    def new_id() -> str:
        """A random, unguessable id for a case or a letter: 16 characters, 80 bits."""
        return new_id()

    def token(self, case_id: str) -> str:
        """The token of a case for a reply address, `hej+TOKEN@school.example`; 28 characters for ids of `new_id`."""
        if not _TOKEN.fullmatch(case_id):
            raise ValueError("a case id is written in the letters of new_id()")
        return case_id + _check(self._keys[0], "token", case_id)

    def open_token(self, token: str) -> str | None:
        """The case id that a token was made of; None where it is not ours or forged."""
        text = token.strip().lower().translate(_FORGIVEN)
        return self._open("token", text[:-CHECK_LENGTH], text[-CHECK_LENGTH:], _TOKEN)

    def message_id(self, letter_id: str, domain: str) -> str:
        """The Message-ID of a letter, without angle brackets (RFC 5322, 3.6.4)."""
        if not _LETTER_ID.fullmatch(letter_id):
            raise ValueError("a letter id holds lower-case letters, digits, hyphens and underscores")
        return f"{letter_id}.{_check(self._keys[0], 'message', letter_id)}@{domain}"

    def open_message_id(self, message_id: str) -> str | None:
        """The letter id that a Message-ID was made of, brackets or not; None where it is not ours or forged."""
        left = message_id.strip().strip("<>").partition("@")[0].lower()
        letter_id, _, check = left.rpartition(".")
        return self._open("message", letter_id, check, _LETTER_ID)

    def blind(self, purpose: str, text: str) -> str:
        """Equal for equal texts, in 64 hex digits, and without the key nobody can try out what the text was."""
        return hmac.new(self._keys[0], f"blind {purpose}\0{text}".encode(), hashlib.sha256).hexdigest()

    def _open(self, purpose: str, body: str, check: str, shape: re.Pattern[str]) -> str | None:
        if not shape.fullmatch(body) or not check.isascii():
            return None
        # Every key is tried and each comparison takes the same time, so that nothing is learnt from the answer's delay.
        fits = [hmac.compare_digest(_check(key, purpose, body), check) for key in self._keys]
        return body if any(fits) else None


def _check(key: bytes, purpose: str, body: str) -> str:
    """The first 60 bits of the HMAC over purpose and body, five bits a character."""
    mac = hmac.digest(key, f"{purpose}\0{body}".encode(), "sha256")
    bits = int.from_bytes(mac[:8], "big") >> (64 - 5 * CHECK_LENGTH)
    return "".join([ALPHABET[bits >> shift & 31] for shift in _SHIFTS])
