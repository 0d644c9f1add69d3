"""Mails that parents send in the tests, and letters as they reach their readers."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from email.message import EmailMessage
from email.parser import BytesParser
from email.policy import SMTP
from email.utils import formataddr, formatdate
from functools import cached_property
from itertools import count, cycle
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from babel.dates import format_date

from register.records import Case, Deadline
from tests.journeys.servers.receiver import Received

#: the plain complaints, by school and language
COMPLAINTS: dict[str, dict[str, Any]] = tomllib.loads(
    (Path(__file__).parent / "complaints.toml").read_text(encoding="utf-8")
)
LANGUAGES = ("sv", "bg", "nb", "nn", "en")
#: complaints in one sentence, for piles of mail: reading a long one takes most of the time of a test
SHORT = (
    ("hej@alexanderskolan.se", "Klagomål", "Min son på Gärdet har fått fel mat tre gånger trots sin allergi."),
    (
        "klagomal@huddinge.example",
        "Klagomål",
        "Klass 7B på Kvarnbergsskolan har ingen mattelärare sedan en månad.",
    ),
    ("post@nordberg.example", "Klage", "Klasse 9B har ikke hatt mattelærer på en måned, og ingen svarer oss."),
    (
        "reception@stgeorgeschool.eu",
        "Оплакване",
        "В 3Б клас от месец няма учител по математика и никой не отговаря.",
    ),
    ("post@nordberg.example", "Klage", "Klasse 8A har ikkje hatt mattelærar på ein månad, og ingen svarar oss."),
    ("hej@alexanderskolan.se", "Complaint", "My son at Linnégatan was given the wrong food again despite his allergy."),
)
NOT_SATISFIED = {
    "sv": "Hej igen. Jag har fått svar, men jag är fortfarande inte nöjd med det. Jag vill gå vidare med klagomålet.",
    "bg": "Здравейте. Получих отговора Ви, но не съм доволна от решението. Искам случаят да продължи на следващо ниво.",
    "nb": "Hei igjen. Jeg har fått svar, men jeg er fortsatt ikke fornøyd med svaret. Jeg vil gå videre med klagen.",
}
#: tells the mails of one test run apart
_numbers = count(1)


@dataclass(frozen=True, kw_only=True)
class Mail:
    """A mail on its way to us: its envelope and its bytes with CRLF."""

    sender: str
    to: str
    content: bytes
    message_id: str = ""


def mail(
    to: str, subject: str, text: str, *, sender: str = "", name: str = "", headers: Mapping[str, str] | None = None
) -> Mail:
    """A mail of a parent; without `sender` from an address that nobody had before."""
    number = next(_numbers)
    sender = sender or f"parent{number}@forelder.example"
    message = EmailMessage(policy=SMTP)
    message["From"] = formataddr((name, sender))
    message["To"], message["Subject"], message["Date"] = to, subject, formatdate()
    message["Message-ID"] = f"<{number}.{id(message):x}@forelder.example>"
    for key, value in (headers or {}).items():
        message[key] = value
    message.set_content(text.strip() + "\n")
    return Mail(sender=sender, to=to, content=message.as_bytes(), message_id=message["Message-ID"].strip("<>"))


def complaint(school: str, language: str, **changes: Any) -> Mail:
    """The plain complaint to a school in a language."""
    said = COMPLAINTS[school][language]
    known = {"subject": said["subject"], "text": said["text"], "name": said["name"]} | changes
    return mail(COMPLAINTS[school]["mailbox"], **known)


def pile(number: int) -> list[Mail]:
    """So many short complaints to all schools, no two alike."""
    said = zip(range(number), cycle(SHORT), strict=False)
    return [mail(to, f"{subject} ({place})", text) for place, (to, subject, text) in said]


@dataclass(frozen=True)
class Letter:
    """A letter of ours as its reader got it."""

    received: Received

    @cached_property
    def message(self) -> EmailMessage:
        """The letter, parsed."""
        return BytesParser(policy=SMTP).parsebytes(self.received.content)

    @property
    def to(self) -> str:
        """The mailbox that it came to."""
        return self.received.recipients[0]

    @property
    def subject(self) -> str:
        """The subject, decoded."""
        return str(self.message["Subject"])

    @property
    def message_id(self) -> str:
        """The Message-ID without brackets."""
        return str(self.message["Message-ID"]).strip("<> ")

    @property
    def reply_to(self) -> str:
        """The address, with its token, that an answer goes to."""
        return str(self.message["Reply-To"]).strip("<> ")

    @cached_property
    def text(self) -> str:
        """The plain text with its lines joined, as people read it."""
        return self._part("plain")

    @cached_property
    def words(self) -> str:
        """The plain text with every run of blanks and line ends as one blank."""
        return re.sub(r"\s+", " ", self.text)

    @cached_property
    def html(self) -> str:
        """The HTML part."""
        return self._part("html")

    def _part(self, kind: str) -> str:
        body = self.message.get_body((kind,))
        assert body is not None, f"there is no text/{kind} part"
        return str(body.get_content())

    def is_about(self, reference: str) -> bool:
        """True where the number stands in the subject or the text."""
        return reference in self.subject or reference in self.words


def answer(letter: Letter, text: str, *, sender: str = "", to: str = "", threaded: bool = True) -> Mail:
    """A reply to a letter: to its signed address unless told otherwise, naming its Message-ID if `threaded`."""
    quoted = f"{text.strip()}\n\n" + "\n".join(f"> {line}" for line in letter.text.splitlines())
    headers = {"In-Reply-To": f"<{letter.message_id}>", "References": f"<{letter.message_id}>"} if threaded else {}
    return mail(to or letter.reply_to, f"Re: {letter.subject}", quoted, sender=sender or letter.to, headers=headers)


def due(case: Case, kind: str) -> Deadline:
    """The deadline of a kind."""
    return next(one for one in case.deadlines if one.kind == kind)


def promised_dates(case: Case, zone: ZoneInfo, language: str) -> Iterator[re.Pattern[str]]:
    """How each date that the sender is promised is written: the local day, the month's name, the year."""
    for deadline in case.deadlines:
        if deadline.promised:
            here = deadline.due_at.astimezone(zone)
            month = format_date(here, "MMMM", locale=language)
            yield re.compile(rf"\b{here.day}\.? {month} {here.year}")
