"""What this sender newly wrote: a message's text without quotes and signature, never losing an answer below them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from intake.htmlquotes import own_text
from intake.quotes import Announcement, announcement, dated_address, fields_of, is_mobile_signature, is_quoted

#: of longer texts only this much is looked through for quotes; what comes behind is kept as it is
MAX_TEXT = 200_000
MAX_LINES = 8_000
#: a signature has at most so many lines
MAX_SIGNATURE = 15

_DELIMITER = re.compile(r"\s?(?:--|_{2,})\s{0,2}")
_CONTACT = re.compile(r"@|https?://|www\.|\+?\d[\d ()/-]{6,}")
_REST_OF_LINK = re.compile(r"\s*\(https?://\S+\)\s*>")
_LIST = re.compile(r"mailing list|mailinglist|e-?postlist|listinfo|unsubscribe|avregistrera", re.I)
#: what people write above a message that they only pass on
_ONLY_PASSED_ON = re.compile(
    r"(?i)\W*(?:fyi|fyk|f\.?k\.?|för (?:er )?(?:kännedom|info(?:rmation)?)|till (?:er )?kännedom|se nedan|"
    r"vidarebefordrar|for (?:din |deres )?(?:orientering|info(?:rmasjon)?)|til (?:orientering|info(?:rmasjon)?)|"
    r"se under|videresender|see below|forwarding|за сведение|за информация|виж(?:те)? по-долу|препращам|"
    r"zur (?:info(?:rmation)?|kenntnis)|siehe unten)?\W*"
)


@dataclass(frozen=True, slots=True)
class Written:
    """What a sender newly wrote."""

    reply: str
    #: what stood below a signature delimiter, and what a phone's mail program added
    signature: str = ""
    #: header fields (from, date, to, subject) above the first quote
    heading: tuple[tuple[str, str], ...] = ()
    #: whether the quote was passed on, rather than answered
    forward: bool = False


def trim(text: str, html: str = "") -> str:
    """What the sender newly wrote; the whole text where they wrote nothing of their own (a forwarded mail)."""
    return written(text, html).reply


def written(text: str, html: str = "") -> Written:
    """The newly written part of a message and the signature below it."""
    text = text.replace("\r\n", "\n")
    lines = text[:MAX_TEXT].split("\n", MAX_LINES)
    if len(text) > MAX_TEXT or len(lines) > MAX_LINES:
        lines.pop()
    looked_at = sum(map(len, lines)) + len(lines)
    tail = text[looked_at:]
    kept, found = _own_lines(lines)
    own, signature = _without_signature(kept)
    reply = _joined(own)
    if html and (marked := own_text(html)):
        reply = _of_marked(marked, reply)
    only_passed_on = not reply or (bool(found) and _ONLY_PASSED_ON.fullmatch(reply) is not None)
    if only_passed_on:
        reply, tail, signature = text.strip(), "", ""
    return Written(
        reply=f"{reply}\n{tail}" if tail else reply,
        signature=signature,
        heading=fields_of(lines, found[0]) if found else (),
        forward=only_passed_on or any(each.forward for each in found),
    )


def _of_marked(marked: str, reply: str) -> str:
    """What the HTML's own marks leave, unless it says what the plain text does not say."""
    kept = _joined(_without_signature(marked.split("\n"))[0])
    return kept if kept and set(kept.split()) <= set(reply.split()) else reply


def _own_lines(lines: Sequence[str]) -> tuple[list[str], list[Announcement]]:
    """The lines outside quotes, and what announced those."""
    kept: list[str] = []
    announced: list[Announcement] = []
    at = 0
    while at < len(lines):
        if is_quoted(lines[at]):
            _drop_address(kept)
            at = _end_of_quote(lines, at)
            continue
        found = _announced(lines, at)
        if found is None:
            kept.append(lines[at])
            at += 1
            continue
        del kept[len(kept) - (at - found.first) :]
        if found.column:
            kept.append(lines[found.first][: found.column].rstrip(" -"))
        own = any(line.strip() for line in kept)
        behind = _first_with_text(lines, found.last + 1)
        announced.append(found if own else replace(found, forward=True))
        if behind < len(lines) and is_quoted(lines[behind]):
            at = behind
            continue
        if own:
            break
        # Nothing of the sender's own stands above: whatever follows is the message.
        kept += lines[found.first : found.last + 1]
        at = found.last + 1
    return kept, announced


def _drop_address(kept: list[str]) -> None:
    """Takes away a line above a marked quote that only says whose it is."""
    place = len(kept) - 1
    while place >= 0 and not kept[place].strip():
        place -= 1
    if place >= 0 and dated_address(kept[place]):
        del kept[place:]


def _announced(lines: Sequence[str], at: int) -> Announcement | None:
    """An announcement that ends at this line, if it is certain or a marked quote follows."""
    found = announcement(lines, at)
    if found is None or found.certain:
        return found
    behind = _first_with_text(lines, found.last + 1)
    return found if behind < len(lines) and behind - found.last <= 3 and is_quoted(lines[behind]) else None


def _end_of_quote(lines: Sequence[str], at: int) -> int:
    """Where the quoted lines from `at` on end; the rest of a link that was wrapped belongs to them."""
    while at < len(lines) and (is_quoted(lines[at]) or (lines[at].strip() and _goes_on(lines[at - 1], lines[at]))):
        at += 1
    return at


def _goes_on(quoted: str, line: str) -> bool:
    opened = max(quoted.rfind("<http"), quoted.rfind("(http"))
    unfinished = opened >= 0 and not re.search(r"[>)]", quoted[opened + 1 :])
    return unfinished or _REST_OF_LINK.match(line) is not None


def _first_with_text(lines: Sequence[str], at: int) -> int:
    while at < len(lines) and not lines[at].strip():
        at += 1
    return at


def _without_signature(lines: list[str]) -> tuple[list[str], str]:
    """The lines above a signature, and the signature, to which the lines belong that a phone added."""
    start = max(len(lines) - 40, 0)
    phones = [line for line in lines[start:] if is_mobile_signature(line)]
    if phones:
        lines = [*lines[:start], *(line for line in lines[start:] if line not in phones)]
    for place in range(len(lines) - 1, max(start - 1, 0), -1):
        if lines[place].lstrip()[:1] not in ("-", "_") or not _DELIMITER.fullmatch(lines[place]):
            continue
        below = [line.strip() for line in lines[place + 1 :] if line.strip()]
        if len(below) > MAX_SIGNATURE:
            break
        if _is_signature(lines, place, below):
            return lines[:place], "\n".join((*below, *phones))
    return lines, "\n".join(phones)


def _is_signature(lines: list[str], place: int, below: list[str]) -> bool:
    """`-- ` is one by its standard (RFC 3676, 4.3); other dashes only above a few lines that are no sentences."""
    delimiter = lines[place]
    if not below or delimiter == "-- ":
        return True
    if delimiter.strip().startswith("_"):
        return any(_LIST.search(line) for line in below)
    if delimiter.strip() != "--" or len(below) > 10 or any(line.startswith(("-", "*", "•")) for line in below):
        return False
    apart = place == 0 or not lines[place - 1].strip()
    return max(map(len, below)) < 90 and (apart or any(_CONTACT.search(line) for line in below))


def _joined(lines: list[str]) -> str:
    return re.sub(r"\n{3,}", "\n\n", "\n".join(line.rstrip() for line in lines)).strip("\n").strip()
