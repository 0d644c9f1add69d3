"""Whatever comes in is somewhere, with a clear line, and stops nobody else."""

from __future__ import annotations

import asyncio
import json
import smtplib
from pathlib import Path

import pytest

from bot.workers import now
from intake.mime import read
from register.records import Case, Disposition, RawMessage
from tests.journeys.house import House, settings
from tests.journeys.mails import Letter, Mail, complaint
from tests.journeys.ports import free_port
from tests.journeys.running import lyhord

SENDER = "anna.berg@foralder.example"
TEXT = "Min son på förskolan Gärdet har fått fel mat tre gånger trots sin allergi. Jag klagar på maten.\r\n"
PLAIN = "Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n"


def raw(headers: str, body: str | bytes = TEXT, *, sender: str = SENDER) -> Mail:
    """A mail as somebody's broken program wrote it."""
    content = body if isinstance(body, bytes) else body.encode()
    return Mail(sender=sender, to="hej@alexanderskolan.se", content=headers.encode() + b"\r\n" + content)


def headers(number: int, subject: str = "Maten", more: str = PLAIN, sender: str = SENDER) -> str:
    """The usual header fields."""
    return f"From: Anna Berg <{sender}>\r\nSubject: {subject}\r\nMessage-ID: <bad-{number}@foralder.example>\r\n{more}"


async def acknowledged(house: House, one: Mail) -> tuple[Case, Letter]:
    """Its case and the acknowledgement; the case is the preschool's own where the text could be read."""
    case, letter = await house.opened(one)
    assert letter.to == one.sender
    assert case.reference in letter.words
    return case, letter


async def test_an_empty_mail_is_kept(house: House) -> None:
    """G4: no header, no text: nobody can be answered, a person sees it."""
    entered = await house.take(raw("", b""))
    why = entered.reason or (entered.case and entered.case.not_acknowledged_because)
    assert why in ("no_sender", "not_for_register")
    assert (await house.register.books()).balanced


async def test_a_mail_without_from_is_a_case_that_nobody_can_answer(house: House) -> None:
    """G5."""
    case = await house.registered(raw("Subject: Maten\r\nMessage-ID: <bad-1@foralder.example>\r\n" + PLAIN))
    assert (case.owner, case.not_acknowledged_because) == ("head_gardet", "no_sender")
    assert [one["role"] for one in await house.ordered(case)] == ["head_gardet"]


async def test_a_mail_without_message_id_is_known_by_its_content(house: House) -> None:
    """Registered and acknowledged all the same; the same mail again joins."""
    sender = "utan.id@foralder.example"
    one = raw(f"From: <{sender}>\r\nSubject: Maten\r\n{PLAIN}", sender=sender)
    case, letter = await acknowledged(house, one)
    assert letter.message["In-Reply-To"] is None
    again = Mail(sender=one.sender, to=one.to, content=b"Received: from a\r\n" + one.content)
    entered = await house.take(again)
    assert (entered.disposition, entered.case and entered.case.id) == (Disposition.JOINED, case.id)


async def test_a_mail_with_two_from_lines_is_answered_once(house: House) -> None:
    """One of them gets the answer, the other is not known to the case."""
    sender = "forst@foralder.example"
    twice = f"From: Anna <{sender}>\r\nFrom: Offer <offer@annan.example>\r\nSubject: Maten\r\n{PLAIN}"
    case, _ = await acknowledged(house, raw(twice, sender=sender))
    assert case.parties == (sender,)


async def test_eight_bit_headers_are_read(house: House) -> None:
    sender = "attabit@foralder.example"
    content = (
        f"From: Åsa Öberg <{sender}>\r\nMessage-ID: <bad-3@x.example>\r\n{PLAIN}".encode("latin-1")
        + "Subject: Fel mat på Gärdet\r\n".encode("latin-1")
        + b"\r\n"
        + TEXT.encode()
    )
    case, letter = await acknowledged(house, Mail(sender=sender, to="hej@alexanderskolan.se", content=content))
    assert case.subject == "Fel mat på Gärdet"
    assert "Fel mat på Gärdet" in letter.words
    (message,) = await house.register.messages(case.id)
    assert message["sender_name"] == "Åsa Öberg"


async def test_an_unknown_charset_is_read_all_the_same(house: House) -> None:
    sender = "okand@foralder.example"
    strange = "Content-Type: text/plain; charset=x-nobody-knows\r\nContent-Transfer-Encoding: 8bit\r\n"
    case, _ = await acknowledged(house, raw(headers(4, more=strange, sender=sender), sender=sender))
    assert case.unit == "Gärdet"
    (message,) = await house.register.messages(case.id)
    assert "förskolan Gärdet" in message["text"]


async def test_truncated_mime_gives_what_could_be_read(house: House) -> None:
    sender = "halv@foralder.example"
    mixed = 'MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary="b"\r\n'
    file = "Content-Type: application/pdf; name=a.pdf\r\nContent-Transfer-Encoding: base64\r\n\r\nJVBERi0"
    body = f"--b\r\n{PLAIN}\r\n{TEXT}\r\n--b\r\n{file}"
    case, _ = await acknowledged(house, raw(headers(5, more=mixed, sender=sender), body, sender=sender))
    assert case.unit == "Gärdet"
    (message,) = await house.register.messages(case.id)
    assert [one["name"] for one in message["attachments"]] == ["a.pdf"]


@pytest.mark.parametrize(
    "content",
    [
        b"From: <a@b.example>\r\nFrom: <c@d.example>\r\nSubject: Maten\r\n\r\nHej\r\n",
        b'From: <a@b.example>\r\nContent-Type: multipart/mixed; boundary="b"\r\n\r\n--b\r\n\r\nHej\r\n',
    ],
    ids=["two From lines", "no last boundary"],
)
def test_what_is_broken_is_said(content: bytes) -> None:
    """Interface: what could not be read is said in `defects`."""
    broken = RawMessage(channel="file", external_id="1", content=content, received_at=now())
    assert read(broken).defects != ()


async def test_nul_bytes_do_not_reach_the_book_or_the_letter(house: House) -> None:
    sender = "nul@foralder.example"
    body = TEXT.replace("förskolan", "för\0skolan").encode() + b"\0\0\r\n"
    case, letter = await acknowledged(house, raw(headers(6, "Ma\0ten", sender=sender), body, sender=sender))
    (message,) = await house.register.messages(case.id)
    assert "\0" not in message["text"] + message["subject"]
    notice = await house.arrived(case, "notice", case.owner)
    assert b"\0" not in letter.received.content + notice.received.content


async def test_a_file_name_is_no_path(house: House) -> None:
    """Nothing is written anywhere, and the name that is kept leads nowhere."""
    sender = "bilaga@foralder.example"
    mixed = 'MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary="b"\r\n'
    body = (
        f"--b\r\n{PLAIN}\r\n{TEXT}\r\n--b\r\nContent-Type: application/octet-stream\r\n"
        'Content-Disposition: attachment; filename="../../x"\r\n\r\nhej\r\n--b--\r\n'
    )
    before = sorted(house.folder.rglob("*"))
    case, _ = await acknowledged(house, raw(headers(7, more=mixed, sender=sender), body, sender=sender))
    (message,) = await house.register.messages(case.id)
    (attachment,) = message["attachments"]
    assert attachment["size"] == 3
    assert not set(attachment["name"]) & set("/\\")
    assert not attachment["name"].startswith(".")
    assert sorted(house.folder.rglob("*")) == before
    notice = await house.arrived(case, "notice", case.owner)
    assert "../" not in notice.text


@pytest.mark.parametrize("kind", ["lmtp", "smtp"])
async def test_a_recipient_of_no_school_is_refused_at_the_door(house: House, kind: str) -> None:
    """550 at RCPT: the sender's own server tells them, and nothing is taken in."""
    one = complaint("alexanderskolan", "sv")
    arrived = (await house.register.books()).arrived
    with pytest.raises(smtplib.SMTPRecipientsRefused) as refused:
        await house.send(Mail(sender=one.sender, to="rektor@annanstans.example", content=one.content), kind)
    assert {code for code, _ in refused.value.recipients.values()} == {550}
    assert (await house.register.books()).arrived == arrived


async def test_a_recipient_of_no_school_does_not_cost_the_others_the_mail(house: House) -> None:
    """LMTP and SMTP refuse each recipient by itself."""
    one = complaint("alexanderskolan", "sv")
    entered = len(house.entered)

    def send() -> dict[str, tuple[int, bytes]]:
        with smtplib.LMTP("127.0.0.1", house.port("lmtp"), timeout=30) as door:
            return door.sendmail(one.sender, ["rektor@annanstans.example", one.to], one.content)

    refused = await asyncio.to_thread(send)
    assert {address: code for address, (code, _) in refused.items()} == {"rektor@annanstans.example": 550}
    await house.until(lambda: len(house.entered) > entered)
    assert house.entered[-1][1].disposition is Disposition.REGISTERED


async def test_by_hand_a_mail_to_no_school_is_set_aside(tmp_path: Path) -> None:
    """G4: `lyhord intake` refuses nobody; a person sees it on the list."""
    config = settings(tmp_path, free_port(), [])
    (tmp_path / "en.eml").write_bytes(complaint("alexanderskolan", "sv").content)
    to = ("--to", "rektor@annanstans.example", "--json", "--config", config)
    said = await lyhord("intake", tmp_path / "en.eml", *to)
    assert (said.status, said.err) == (0, "")
    line = json.loads(said.out)
    assert (line["outcome"], line["reason"], line["reference"]) == ("set_aside", "no_school", None)
    verified = await lyhord("register", "verify", "--config", config)
    assert verified.status == 0


@pytest.mark.parametrize(
    ("content", "says"),
    [
        ("[organisation\nid = 1", "is not TOML"),
        (b"\xff\xfe\x00", "is not UTF-8"),
        (None, "cannot be read"),
        ('[organisation]\nid = "skolan"\n', "is missing"),
    ],
    ids=["no TOML", "no UTF-8", "a folder", "not complete"],
)
async def test_an_unreadable_procedure_file_is_a_clear_line(
    tmp_path: Path, content: str | bytes | None, says: str
) -> None:
    """The file is named and nothing starts; `check` says the same."""
    schools = tmp_path / "schools"
    schools.mkdir()
    file = schools / "skolan.toml"
    if content is None:
        file.mkdir()
    elif isinstance(content, bytes):
        file.write_bytes(content)
    else:
        file.write_text(content, encoding="utf-8")
    config = settings(tmp_path, free_port(), [], '[procedures]\nfolders = ["schools"]\n')
    said = await lyhord("run", "--config", config)
    assert (said.status, said.out) == (1, "")
    (line,) = said.err.splitlines()
    assert str(file) in line
    assert says in line


async def test_after_all_this_a_complaint_is_answered_as_ever(house: House) -> None:
    """None of it stops the others."""
    case, _ = await house.opened(complaint("alexanderskolan", "sv"))
    assert case.owner == "head_gardet"
    assert await house.register.verify() == ()
