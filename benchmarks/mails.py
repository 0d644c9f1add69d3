"""The load: complaints in four languages as mail programs write them, each from its own sender, the same every time."""

from __future__ import annotations

import html
import random
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime

from classifiers import corpus_file

#: language, its share of the load, the mailbox that it goes to, the charset that older mail programs write it in
_PLACES = (
    ("sv", 40, "hej@alexanderskolan.se", "iso-8859-1"),
    ("en", 25, "hej@alexanderskolan.se", "us-ascii"),
    ("nb", 18, "post@nordberg.example", "iso-8859-1"),
    ("bg", 17, "reception@stgeorgeschool.eu", "windows-1251"),
)
#: of a hundred mails: plain text, text with HTML; the rest have a file of 100 to 500 kB
_PLAIN, _HTML = 35, 55
_RECEIVED = "from mx{n}.relay.example (mx{n}.relay.example [192.0.2.{n}]) by in.example with ESMTPS id {id}; {date}"
Texts = dict[str, list[tuple[str, str]]]


@dataclass(frozen=True, kw_only=True)
class Mail:
    """One mail of the load."""

    sender: str
    to: str
    content: bytes = field(repr=False)


def load(number: int, *, seed: int = 1, attachments: bool = True) -> list[Mail]:
    """So many mails, the same for the same seed."""
    chance, texts = random.Random(seed), _texts()
    return [_mail(place, chance, texts, attachments=attachments) for place in range(number)]


def _texts() -> Texts:
    """Subject and body of the corpus's own complaints, by language; none that is urgent or asks to stay unknown."""
    found: Texts = {language: [] for language, *_ in _PLACES}
    for one in corpus_file.read(corpus_file.shipped()):
        ordinary = one.kind == "complaint" and not one.urgent and not one.anonymous and one.subject
        if ordinary and one.lang in found and one.channel == "email":
            found[one.lang].append((one.subject, one.body))
    return found


def _mail(place: int, chance: random.Random, texts: Texts, *, attachments: bool) -> Mail:
    (language, _, to, charset) = chance.choices(_PLACES, [share for _, share, *_ in _PLACES])[0]
    subject, body = chance.choice(texts[language])
    sender = f"parent.{place:06}@families.example"
    message = EmailMessage(policy=SMTP)
    for name, value in _head(place, chance, sender, to, subject):
        message[name] = value
    kind = chance.randrange(100)
    _put(message, body, charset if kind % 3 == 0 else "utf-8")
    if _PLAIN <= kind < _PLAIN + _HTML:
        message.add_alternative(_outlook(body), subtype="html")
    elif kind >= _PLAIN + _HTML and attachments:
        size = chance.randrange(100_000, 500_000)
        message.add_attachment(chance.randbytes(size * 3 // 4), "image", "jpeg", filename=f"bild-{place}.jpg")
    return Mail(sender=sender, to=to, content=message.as_bytes())


def _head(place: int, chance: random.Random, sender: str, to: str, subject: str) -> Iterator[tuple[str, str]]:
    moment = format_datetime(datetime(2026, 11, 2, 7, tzinfo=UTC) + timedelta(seconds=place))
    for hop in range(3):
        yield "Received", _RECEIVED.format(n=hop + 1, id=f"{chance.getrandbits(48):012x}", date=moment)
    yield "From", f"Parent {place} <{sender}>"
    yield "To", to
    yield "Subject", subject
    yield "Date", moment
    yield "Message-ID", f"<{place}.{chance.getrandbits(64):016x}@families.example>"
    yield "X-Mailer", "Microsoft Outlook 16.0"
    yield "Accept-Language", "sv-SE, en-US"


def _put(message: EmailMessage, body: str, charset: str) -> None:
    try:
        message.set_content(body, charset=charset)
    except UnicodeEncodeError:
        message.set_content(body, charset="utf-8")


def _outlook(body: str) -> str:
    """HTML of the kind that office programs write: much of it is not text."""
    style = "p.MsoNormal{margin:0cm;font-size:11.0pt;font-family:'Calibri',sans-serif;}" * 6
    lines = "".join(f'<p class="MsoNormal"><span lang="SV">{html.escape(line)}</span></p>' for line in body.split("\n"))
    return f"<html><head><style><!--{style}--></style></head><body lang=SV><div>{lines}</div></body></html>"
