"""The one-time code that links a chat to a role: how it is made, found in a message, and kept only as a keyed hash."""

from __future__ import annotations

import re
import secrets
from datetime import timedelta

from register.codes import ALPHABET
from register.records import Submission
from register.seals import Seals

#: how long a code may be used
CODE_LIFE = timedelta(hours=24)
#: random characters of a code: 58 bits, and it works for a day
_LENGTH = 12
_CODE = re.compile(rf"staff-((?:[{ALPHABET}]{{4}}-?){{3}})", re.IGNORECASE)
_SENT = re.compile(r"/staff(?:@\w+)?\s+(\S.*)", re.DOTALL)


def new_code() -> str:
    """A random code: STAFF- and three groups of four characters."""
    signs = "".join(secrets.choice(ALPHABET) for _ in range(_LENGTH))
    return "STAFF-" + "-".join(signs[place : place + 4] for place in range(0, _LENGTH, 4))


def digest(code: str, seals: Seals) -> str:
    """What is kept of a code, in whatever way it was typed."""
    return seals.blind("staff code", re.sub(r"\W", "", code).upper())


def code_in(submission: Submission) -> str | None:
    """The code that a chat message is, alone or behind /staff or in a deep link; empty where it can be none.

    None for a message that brings no code.
    """
    start = submission.header("telegram-command") == "start"
    text = submission.header("telegram-command-argument") if start else submission.text.strip()
    if sent := _SENT.fullmatch(text):
        found = _CODE.fullmatch(sent[1].strip())
        return found[0] if found else ""
    found = _CODE.fullmatch(text)
    return found[0] if found else None
