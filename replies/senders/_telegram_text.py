"""A long text in pieces that Telegram takes, cut where a reader would pause."""

from __future__ import annotations

#: the longest message; counted in UTF-16 units, as Telegram counts offsets, which is never fewer than characters
LONGEST = 4096
#: where a text may be cut, best first
_BORDERS = ("\n\n", "\n", ". ", " ")


def pieces(text: str, longest: int = LONGEST) -> tuple[str, ...]:
    """The text in pieces of at most `longest` UTF-16 units, none of them blank; empty for a blank text."""
    found = []
    rest = text.strip()
    while rest:
        cut = _cut(rest, longest)
        found.append(rest[:cut].rstrip())
        rest = rest[cut:].lstrip()
    return tuple(found)


def _cut(text: str, longest: int) -> int:
    """Where the first piece ends, in characters, at least 1."""
    room = _fitting(text, longest)
    if room == len(text):
        return room
    for border in _BORDERS:
        end = text.rfind(border, 0, room + 1)
        # A border so early would make a crumb of the first piece: rather the next best one.
        if end > room // 4:
            return min(end + len(border.rstrip()), room)
    return room


def _fitting(text: str, longest: int) -> int:
    """How many characters fit."""
    used = 0
    for count, character in enumerate(text):
        used += 2 if ord(character) > 0xFFFF else 1
        if used > longest:
            return max(count, 1)
    return len(text)
