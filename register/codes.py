"""The receipt code that opens an anonymous case again: how it is made, read, found in a text, and kept only as a hash.

A code is 16 of 29 characters: the digits from 2 and the letters without I, L, O, S and Z, which are taken for digits.
The last one is a check: it finds every single wrong character and every two that changed places. 15 characters at
random, at least three of them digits that look like no letter, are 72 bits. Three stand beside the hash so that it can
be found; the other twelve (58 bits) stand only behind scrypt and the house's key: whoever steals the database alone can
try out nothing, and whoever has both needs a computer's tenth of a second and 16 MB for each of 10 to the 17 trials.
"""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
from collections.abc import Iterator
from functools import cache

from register.records import SealedCode
from register.seals import Seals

ALPHABET = "23456789ABCDEFGHJKMNPQRTUVWXY"
#: a receipt code has four groups of four characters; a code of fewer groups is made and read alike
GROUPS = 4
#: characters that stand beside the hash
PREFIX = 3
#: codes of one message beyond these are not looked at
MOST_CODES = 3
#: what stands where a code stood: the text is kept, the code is not
HIDDEN = "[code]"

#: digits that nobody takes for a letter; a code has three, a text where it is looked for two: words have none
_CLEAR_DIGITS = frozenset("346789")
_VALUES = {character: value for value, character in enumerate(ALPHABET)}
#: what people type: letters of the Cyrillic keyboard that look the same, and those that are taken for digits
_FORGIVEN = str.maketrans("АВЕКМНРСТУХSZ", "ABEKMHPCTYX52")
_SIGN = r"[2-9A-HJKMNP-Za-hjkmnp-zАВЕКМНРСТУХавекмнрстух]"
_BETWEEN = r"[ \t\u00a0\-\u2010-\u2015_.]{0,3}"
_SCRYPT = {"n": 2**14, "r": 8, "p": 1, "dklen": 32}


def new(groups: int = GROUPS) -> str:
    """A random code, without blanks."""
    while True:
        body = "".join(secrets.choice(ALPHABET) for _ in range(4 * groups - 1))
        if sum(character in _CLEAR_DIGITS for character in body) >= 3 and not body.isdecimal():
            return body + _check(body)


def spoken(code: str) -> str:
    """A code in groups of four, as it is shown and read out."""
    return "-".join(code[place : place + 4] for place in range(0, len(code), 4))


def read(written: str, groups: int = GROUPS) -> str | None:
    """The code that somebody wrote or typed, in any case and grouping; None where it is none."""
    signs = re.sub(r"[\W_]", "", written).upper().translate(_FORGIVEN)
    if len(signs) != 4 * groups or not all(sign in _VALUES for sign in signs):
        return None
    return signs if _check(signs[:-1]) == signs[-1] else None


def in_text(text: str, groups: int = GROUPS) -> tuple[str, ...]:
    """The codes in a text, each once, the first ones only."""
    return tuple(dict.fromkeys(code for code, _ in _found(text, groups)))[:MOST_CODES]


def hide(text: str, groups: int = GROUPS) -> str:
    """The text without its codes."""
    places = [place for _, place in _found(text, groups)]
    for start, end in reversed(places):
        text = f"{text[:start]}{HIDDEN}{text[end:]}"
    return text


def seal(code: str, seals: Seals) -> SealedCode:
    """What is kept of a code; takes about 50 ms and 16 MB, on purpose."""
    salt = secrets.token_bytes(16)
    return SealedCode(prefix=code[:PREFIX], salt=salt, digest=_digest(code, salt, seals))


def fits(code: str, sealed: SealedCode, seals: Seals) -> bool:
    """Whether this is the code that was sealed; takes as long whatever the answer is."""
    return hmac.compare_digest(_digest(code, sealed.salt, seals), sealed.digest)


def _digest(code: str, salt: bytes, seals: Seals) -> bytes:
    return hashlib.scrypt(seals.blind("code", code).encode(), salt=salt, **_SCRYPT)


def _check(body: str) -> str:
    """Weights from 1 and a prime modulus: what the docstring above says of mistakes."""
    return ALPHABET[sum(weight * _VALUES[sign] for weight, sign in enumerate(body, 1)) % len(ALPHABET)]


@cache
def _written(groups: int) -> re.Pattern[str]:
    return re.compile(rf"(?<![\w-]){_BETWEEN.join([f'{_SIGN}{{4}}'] * groups)}(?![\w-])")


def _found(text: str, groups: int) -> Iterator[tuple[str, tuple[int, int]]]:
    for match in _written(groups).finditer(text):
        code = read(match.group(), groups) if sum(sign.isdigit() for sign in match.group()) >= 2 else None
        # Digits alone are an account or a telephone.
        if code is not None and not code.isdecimal():
            yield code, match.span()
