"""A message made ready for reading: cleaned, bounded, without quotes and signature, cut into sentences."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property

from classifiers import cyrillic

#: how many characters of a long body are looked at: this many from its beginning and this many from its end
HEAD, TAIL = 6000, 2000
#: what is given to the embedding, counted the same way; it costs about a millisecond a token
MEANING_HEAD, MEANING_TAIL = 1500, 600
LONGEST_SENTENCE = 400
MOST_SENTENCES = 40

_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f\ufeff\u200b\u200e\u200f\u202a-\u202e\u2066-\u2069]")
_SURROGATE = re.compile(r"[\ud800-\udfff]")
_QUOTE_LINE = re.compile(r"^\s*(>|\|)")
_QUOTE_HEAD = re.compile(
    r"^\s*(-{2,}.{0,40}(?:meddelande|melding|message|съобщение|сообщение|повідомлення|nachricht|mensaje|viesti|mesaj"
    r"|wiadomo).{0,20}-*\s*$|_{8,}|.{0,60}(?:\bskrev|\bwrote|написа|\bkirjoitti|\bschrieb|napisa).{0,60}:\s*$"
    r"|(?:Från|Fra|From|От|Von|Od|Lähettäjä|Kimden): .+$)",
    re.IGNORECASE,
)
#: how the subject of a mail begins that is passed on, in the mail programs of our languages
_FORWARD = re.compile(r"^\s*(?:vb|fwd?|vs|vl|wg|rv|pd|i̇?lt|пр|пер|препр\w*)\s*:", re.IGNORECASE)
#: a note above what is passed on has at most so many characters: "can you take this?"
_NOTE = 120
_BEYOND_WORDS = re.compile(r"(\S{80})\S{40,}")
_ROW = re.compile(r"(\W)\1{4,}")
_ENDLESS = re.compile(r"(\S{40})\S{40,}")
_SPLIT = re.compile(r"(?<=[.!?…؟])[\"”’»)\]]*\s+|\n+")


def clean(text: str) -> str:
    """The text without NUL, control and direction characters and lone surrogates."""
    text = text.replace("\r\n", "\n").replace("\r", "\n").replace("\u2028", "\n").replace("\xa0", " ")
    return _SURROGATE.sub("\ufffd", _CONTROL.sub(" ", text))


def shorten(text: str, head: int, tail: int) -> str:
    """The first `head` and last `tail` characters of a text that is longer than both together."""
    return text if len(text) <= head + tail else f"{text[:head]}\n{text[-tail:]}"


def without_quotes(body: str) -> str:
    """What the sender newly wrote: quoted lines and everything below a quotation's heading left out.

    Where nothing would be left (a bare forward), the whole body comes back.
    """
    kept: list[str] = []
    for line in body.split("\n"):
        if kept and _QUOTE_HEAD.match(line):
            break
        if not _QUOTE_LINE.match(line):
            kept.append(line)
    own = "\n".join(kept).strip()
    return own if len(own) >= 3 else body.strip()


def passed_on(body: str) -> str:
    """The note and what it passes on, without the heading between them: who wrote it to whom, and when."""
    lines = body.strip().split("\n")
    if _QUOTE_HEAD.match(lines[0]):
        return body.strip()
    kept: list[str] = []
    heading = False
    for line in lines:
        heading = bool(line.strip()) and (heading or (bool(kept) and _QUOTE_HEAD.match(line) is not None))
        if not heading:
            kept.append(line)
    return "\n".join(kept).strip()


def sentences_of(text: str) -> tuple[str, ...]:
    """The sentences of a text in order; short ones are joined to the one before, endless ones are cut."""
    sentences: list[str] = []
    for piece in _SPLIT.split(text):
        for start in range(0, len(piece), LONGEST_SENTENCE):
            part = piece[start : start + LONGEST_SENTENCE].strip()
            if not part:
                continue
            if sentences and min(len(part), len(sentences[-1])) < 15 and len(part) + len(sentences[-1]) < 160:
                sentences[-1] = f"{sentences[-1]} {part}"
            else:
                sentences.append(part)
    if len(sentences) > MOST_SENTENCES:
        sentences = sentences[: MOST_SENTENCES - 10] + sentences[-10:]
    return tuple(sentences)


@dataclass(frozen=True)
class Message:
    """What the classifiers look at. Equal text gives an equal message."""

    subject: str
    #: the newly written part, bounded
    body: str
    channel: str = "email"
    #: True where the body carried a quotation of an earlier message
    quoted: bool = False

    @classmethod
    def of(cls, subject: str, body: str, channel: str = "email") -> Message:
        """A message from raw strings of any content and length."""
        # A sign or letter without end makes tokenisers take ages and tells nothing.
        whole = _BEYOND_WORDS.sub(r"\1", shorten(clean(body), HEAD, TAIL))
        own = without_quotes(whole)
        subject = " ".join(clean(subject[:400]).split())
        if len(own) <= _NOTE and _FORWARD.match(subject):
            own = passed_on(whole)
        return cls(subject=subject, body=own, channel=channel, quoted=len(own) < len(whole.strip()) - 20)

    @cached_property
    def text(self) -> str:
        """Subject and body."""
        return f"{self.subject}\n{self.body}".strip()

    @cached_property
    def characters(self) -> Mapping[str, int]:
        """How often each character occurs in subject and body."""
        return Counter(self.text)

    def count(self, belongs: Callable[[str], bool]) -> int:
        """How many of the characters belong to some sort, `str.isalpha` or another."""
        return sum(often for char, often in self.characters.items() if belongs(char))

    @cached_property
    def letters(self) -> int:
        """How many letters subject and body have."""
        return self.count(str.isalpha)

    @cached_property
    def is_latin_bulgarian(self) -> bool:
        """True where Bulgarian is written in Latin letters."""
        return cyrillic.is_latin_bulgarian(self.text)

    @cached_property
    def plain(self) -> str:
        """The text as the models read it: Latin-letter Bulgarian in Cyrillic, everything else as it is."""
        return cyrillic.from_latin(self.text) if self.is_latin_bulgarian else self.text

    @cached_property
    def meaning_text(self) -> str:
        """As much of `plain` as the embedding is given; endless words and rows of one sign, which cost much, cut."""
        return shorten(_ENDLESS.sub(r"\1", _ROW.sub(r"\1\1\1\1", self.plain)), MEANING_HEAD, MEANING_TAIL)

    @cached_property
    def sentences(self) -> tuple[str, ...]:
        """The sentences of `meaning_text`."""
        return sentences_of(self.meaning_text)

    @cached_property
    def spoken(self) -> tuple[str, ...]:
        """The sentences of the body as written, for evidence and gist."""
        return sentences_of(self.body)
