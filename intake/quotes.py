"""Where a quoted message begins: the lines by which mail programs announce it, in the languages of our users."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

#: lines that an announcement may be wrapped over, and characters that it has at most
MAX_LINES = 4
MAX_LENGTH = 500

_QUOTED = re.compile(r"[ \t]{0,4}(?:>|&gt;)(?!.*<<\s*$)")
_MAIL = re.compile(r"[\w.+%=~/-]+@[\w.-]+\w")
_BRACKETED_MAIL = re.compile(r"[<(\[\"'“]\s*(?:mailto:)?[\w.+%=~/-]+@[\w.-]+\w|[\w.+-]+@[\w.-]+\w\s*[>)\]]")
_DATE = re.compile(
    r"\d{1,4}\s?[./-]\s?\d{1,2}\s?[./-]\s?\d{1,4}|\d{1,2}[.,]?\s+(?:de\s+)?[^\W\d]{3,12}[.,]?\s+(?:de\s+)?\d{2,4}|"
    r"[^\W\d]{3,12}[.,]?\s+\d{1,2}(?:st|nd|rd|th)?,?\s+\d{4}|\d{1,2}[-.]\s?[^\W\d]{3,9}[.-]{1,2}\d{2,4}|\d{4}年|"
    r"\d{1,2}\s?[:.]\s?\d{2}|\d{1,2}\s+tháng"
)
_INVISIBLE = " \t\r\u200e\u200f\u202a\u202b\u202c\ufeff"
_DIRECTION = re.compile("[\u200e\u200f\u202a-\u202e]")
_UNDERLINE = re.compile(r"\s*[*_=\u2014-]{4,}\s*")
_DASHED = re.compile(r"\s*[-_=*~\u2014]{2,}\s*(\S.*?\S)\s*[-_=*~\u2014]{2,}\s*:?\s*")
_FIELD = re.compile(r"\s{0,12}[*_]{0,2}([^\W\d_][^:：*\n]{0,22}?)[*_]{0,2}\s?[:：]\s?[*_]{0,2}[ \t]*(.*)")
_PRODUCT = re.compile(r"(?i)iphone|ipad|android|outlook|proton|gmail|samsung|yahoo|galaxy|huawei|blackberry|mail(?!a)")
_WEEKDAY = re.compile(r"(?i)[^\W\d]{2,9}(?:dag|day|tag)\s+$")
#: `Tal, Mar 3, 2026 ` before an `at`
_DATED = re.compile(rf"[^\W\d]{{2,9}}[.,]?\s+(?:{_DATE.pattern})[.,]?\s+")
_PASSED_ON = re.compile(
    r"(?i)\s*(?:fwd?|vb|vs|wg|tr|vl|пр|препр|i|enc|doorst|fs|vidarebefordrat|videresendt|vidaresendt)\s*:"
)
_DIGIT = re.compile(r"\d")
_WORDS = re.compile(r"\w+")
_TIME = re.compile(r"\d{1,2}\s?:\s?\d{2}|(?<![\d.])\d{1,2}\.\d{2}(?![.\d])")
_PERSON = (
    r"(?:jag|vi|jeg|eg|ich|wir|i|we|he|she|they|han|hon|hun|de|аз|ние|той|тя|я|мы|он|она|мені|mig|mej|oss|meg|me|us)"
)


@dataclass(frozen=True, slots=True)
class _Words:
    wrote: re.Pattern[str]
    #: what a verb ends with, in lower case
    last: frozenset[str]
    starts: re.Pattern[str]
    fields: dict[str, str]
    original: re.Pattern[str]
    forwarded: frozenset[str]
    mobile: re.Pattern[str]


@dataclass(frozen=True, slots=True)
class Announcement:
    """The lines that announce a quote: from `first` at `column` up to `last`, both within."""

    first: int
    last: int
    #: text of the first line before the announcement belongs to the sender
    column: int = 0
    #: whether it is proof enough that all that follows is quoted, marked or not
    certain: bool = False
    #: whether a message was passed on, rather than answered
    forward: bool = False


@cache
def _words() -> _Words:
    languages = tomllib.loads(Path(__file__).with_name("quotes.toml").read_text("utf-8")).values()

    def joined(kind: str) -> str:
        words = {word.lower() for language in languages for word in language[kind]}
        return "|".join(re.escape(word) for word in sorted(words, key=len, reverse=True))

    fields = {
        name.lower(): kind
        for kind in ("subject", "to", "date", "from")
        for language in languages
        for name in language[kind]
    }
    return _Words(
        wrote=re.compile(rf"(?<!\w)(?:{joined('wrote')})(?!\w)(?!\s+{_PERSON}(?!\w))", re.I),
        last=frozenset(word.lower().split()[-1] for language in languages for word in language["wrote"]),
        starts=re.compile(rf"(?<!\w)(?:{joined('starts')})(?!\w)[\s,]", re.I),
        fields=fields,
        original=re.compile(rf"(?:{joined('original')})(?!\w)", re.I),
        forwarded=frozenset(word.lower() for language in languages for word in language["forwarded"]),
        mobile=re.compile(rf"(?:{joined('mobile')})", re.I),
    )


def passed_on(subject: str) -> bool:
    """Whether a subject begins as mail programs begin that of a forwarded mail."""
    return _PASSED_ON.match(subject) is not None


def is_quoted(line: str) -> bool:
    """Whether a line is marked as quoted by a `>`."""
    return (">" in line or "&gt;" in line) and _QUOTED.match(line) is not None


def is_mobile_signature(line: str) -> bool:
    """Whether a line is what a phone's mail program adds, not a sentence that begins like one."""
    line = line.strip().strip("*_<>|[]()")
    if not 8 <= len(line) <= 70 or not _words().mobile.match(line):
        return False
    sentence = line.endswith((".", "!", "?")) and not _PRODUCT.search(line)
    return not sentence and ", " not in line and len(line.split()) <= 9


def announcement(lines: Sequence[str], at: int) -> Announcement | None:
    """The announcement of a quote that has its decisive line at `at`, or None."""
    line = lines[at].strip(_INVISIBLE)
    if not line or len(line) > MAX_LENGTH:
        return None
    if line[-1] in ":：-_=>*" or line.rpartition(" ")[2].lower() in _words().last:
        found = _separator(lines, at) or _attribution(lines, at)
        if found is not None:
            return found
    return _header_block(lines, at) if ":" in line or "：" in line else None


def _separator(lines: Sequence[str], at: int) -> Announcement | None:
    """`-----Original Message-----` and `Begin forwarded message:`."""
    line = lines[at].strip()
    words = _words()
    dashed = _DASHED.fullmatch(line)
    if dashed is not None:
        inner = dashed[1].strip(" -:*_")
        original = words.original.match(inner)
        if original is not None and len(inner) < len(original[0]) + 30:
            return Announcement(at, _block_end(lines, at + 1), certain=True, forward=_says_forward(inner))
        if words.wrote.search(inner):
            return Announcement(at, at, certain=_DATE.search(inner) is not None)
        block = _header_block(lines, _next(lines, at + 1))
        return Announcement(at, block.last, certain=True) if block is not None and block.certain else None
    if line.rstrip(":：").strip().lower() in words.forwarded and line[-1] in ":：":
        return Announcement(at, _block_end(lines, at + 1), certain=True, forward=True)
    if _UNDERLINE.fullmatch(line):
        block = _header_block(lines, _next(lines, at + 1))
        return Announcement(at, block.last, certain=True, forward=block.forward) if block else None
    return None


def _says_forward(inner: str) -> bool:
    inner = inner.lower()
    return any(
        word in inner
        for word in (
            "forward",
            "vidare",
            "videre",
            "välitetty",
            "edelleen",
            "препрат",
            "пересыл",
            "переадрес",
            "пересл",
        )
    ) or any(
        word in inner
        for word in ("weitergeleitet", "przekaz", "reenviado", "transf", "doorgest", "inoltrat", "encaminh")
    )


def _attribution(lines: Sequence[str], at: int) -> Announcement | None:
    """`On 3 March 2026 at 14:05 Anna <anna@example.org> wrote:`, wrapped or not, in any of the languages."""
    joined, fallback = "", None
    for first in range(at, max(at - MAX_LINES, -1), -1):
        line = lines[first].strip(_INVISIBLE)
        if not line or (is_quoted(line) and first != at):
            break
        joined = f"{line} {joined}".strip()
        if len(joined) > MAX_LENGTH:
            break
        if not _announces(joined):
            continue
        column = _begins(line, lines[first])
        if column is not None:
            return Announcement(first, at, column, certain=_is_certain(joined))
        if fallback is None and _names_first(joined):
            fallback = Announcement(first, at, certain=_is_certain(joined))
    return fallback


def _announces(joined: str) -> bool:
    """Whether a line has what an attribution has: a date or an address, and a verb or both."""
    numbered = _DIGIT.search(joined) is not None
    if not numbered and "@" not in joined:
        return False
    verb, mail = _verb(joined), _MAIL.search(joined) if "@" in joined else None
    if not verb and not mail:
        return False
    date = _DATE.search(joined) if numbered else None
    if verb and joined[-1] in ":：" and numbered:
        return True
    return bool((date or mail) and (verb or (date and mail and joined[-1] in ":：")))


def _verb(joined: str) -> re.Match[str] | None:
    """The verb of an attribution; a look at the words first, because the pattern of all verbs is slow."""
    words = _words()
    if words.last.isdisjoint(_WORDS.findall(joined.lower())) and "の" not in joined and "写" not in joined:
        return None
    return words.wrote.search(joined)


def _is_certain(joined: str) -> bool:
    """Whether no person would write this line: an address as mail programs write it, beside a date or a verb."""
    verb, mail = _verb(joined), _MAIL.search(joined)
    if mail is None:
        return False
    return _BRACKETED_MAIL.search(joined) is not None or bool(verb and verb.end() >= len(joined) - 3)


def _begins(line: str, whole: str) -> int | None:
    """At which column of its first line an attribution begins; None where it must have begun earlier."""
    text = line.lstrip(" -*_\t")
    words = _words()
    if words.starts.match(text) or _DATE.match(text) or re.match(r"[^\W\d]{2,12}[.,]?\s+\d", text):
        return 0
    for inner in words.starts.finditer(whole):
        rest = whole[inner.start() :]
        if _DATE.search(rest[:40]) and (words.wrote.search(rest) or _MAIL.search(rest)):
            before = whole[: inner.start()]
            return 0 if _WEEKDAY.fullmatch(before) or _DATED.fullmatch(before) else inner.start()
    return None


def _names_first(joined: str) -> bool:
    """`Anna <anna@example.org> skrev den 3 mars:` on a line of its own."""
    return len(joined) < 160 and (_BRACKETED_MAIL.search(joined) is not None or _DATE.search(joined) is not None)


def dated_address(line: str) -> bool:
    """Whether a line right above a marked quote says only whose it is: a date and an address."""
    return len(line) < 200 and _DATE.search(line) is not None and _BRACKETED_MAIL.search(line) is not None


def _header_block(lines: Sequence[str], at: int) -> Announcement | None:
    """The fields that Outlook and others put above a quote: at least two kinds, and what no letter's head has."""
    if at >= len(lines) or not _field(lines[at])[0]:
        return None
    kinds: dict[str, str] = {}
    last, place, misses = at, at, 0
    while place < min(len(lines), at + 14) and misses < 2:
        kind, value = _field(lines[place])
        if kind:
            kinds.setdefault(kind, value)
            last, misses = place, 0
        elif not lines[place].strip() and kinds:
            if len(kinds) >= 3 or place > at + 8:
                break
            misses += 1
        elif kinds and place == last + 1:
            # A long list of recipients or a subject goes on in the next line.
            misses += 1
        else:
            break
        place += 1
    # The head of a letter has a date too; only programs write the time.
    if len(kinds) < 2 or not ({"from", "to"} & kinds.keys()) or not _TIME.search(kinds.get("date", "")):
        return None
    return Announcement(at, last, certain=True)


def _field(line: str) -> tuple[str, str]:
    """The kind and value of a line that is a field; a look at its name first, because most lines are none."""
    name = re.split("[:：]", line, maxsplit=1)[0].strip(" \t*_>\u200e\u200f").lower()
    if name not in _words().fields:
        return "", ""
    match = _FIELD.fullmatch(_DIRECTION.sub("", line).lstrip("> "))
    if match is None:
        return "", ""
    kind = _words().fields.get(match[1].strip().lower(), "")
    return kind, match[2]


def fields_of(lines: Sequence[str], found: Announcement) -> tuple[tuple[str, str], ...]:
    """The fields of an announcement's header block, by their English names: whose message was passed on."""
    named = [_field(line) for line in lines[found.first : found.last + 1]]
    return tuple((kind, value.strip(" *_")) for kind, value in named if kind and value.strip(" *_"))


def _block_end(lines: Sequence[str], start: int) -> int:
    """The last line of the header block that follows a separator, or of the separator itself."""
    at = _next(lines, start)
    block = _header_block(lines, at) if at < len(lines) else None
    return block.last if block is not None else start - 1


def _next(lines: Sequence[str], start: int) -> int:
    """The next line with anything on it."""
    while start < len(lines) and not lines[start].strip():
        start += 1
    return start
