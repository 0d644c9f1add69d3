"""Whoever stays unknown is nowhere: real doors, a real relay, and then every byte of the folder is searched."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime
from email.message import EmailMessage
from email.policy import SMTP
from pathlib import Path

import pytest
import structlog

from bot import logs
from bot.secrecy import MOST_OF_ONE
from register import codes
from register.records import Case
from tests.journeys import traces
from tests.journeys.house import House, Post
from tests.journeys.mails import Letter, Mail, answer, mail

NAME, ADDRESS, NETWORK = "Hemlig Hanséson", "hemlig.hanseson@post-anka.example", "203.0.113.77"
MESSAGE_ID = "b7f3c1d2.hemligt@dator-anka.example"
SECRETS = (NAME, "Hanséson", ADDRESS, "post-anka.example", NETWORK, MESSAGE_ID, "dator-anka", "Nattugglan 8000")
TEXT = (
    "Jag vill vara anonym. På förskolan Gärdet får barnen inte gå ut på hela dagen fast det står i schemat. "
    "Personalen sitter med sina telefoner medan barnen gråter. Det har pågått hela hösten."
)


@pytest.fixture
def written(tmp_path: Path) -> Iterator[Path]:
    """Everything that the program logs, in a file."""
    with (tmp_path / "lyhord.log").open("w", encoding="utf-8") as file, contextlib.redirect_stderr(file):
        logs.configure(format_="json", level="debug")
        yield tmp_path
    structlog.reset_defaults()


@pytest.fixture
async def own(written: Path) -> AsyncIterator[House]:
    """A house of its own, whose folder can be searched."""
    post = Post()
    await post.start()
    async with House(written, post) as running:
        yield running
    await post.stop()


def unknown(text: str = TEXT, *, to: str = "hej@alexanderskolan.se", subject: str = "Klagomål") -> Mail:
    """A mail with its sender in every place that a program writes it to."""
    made = EmailMessage(policy=SMTP)
    made["Received"] = (
        f"from dator-anka.example ([{NETWORK}]) by mx.example with ESMTPSA; Tue, 24 Nov 2026 08:00:00 +0100"
    )
    made["X-Originating-IP"] = f"[{NETWORK}]"
    made["From"] = f"{NAME} <{ADDRESS}>"
    made["To"], made["Subject"], made["Message-ID"] = to, subject, f"<{MESSAGE_ID}>"
    made.set_content(f"{text}\n\n> Från: {NAME} <{ADDRESS.upper()}>\n> Till: hej@alexanderskolan.se\n")
    made.add_alternative(f"<p>{text}</p><p>{NAME} &lt;{ADDRESS}&gt;</p>", subtype="html")
    made.add_attachment(traces.jpeg(NAME, "Nattugglan 8000"), maintype="image", subtype="jpeg", filename=f"{NAME}.jpg")
    made.add_attachment(traces.png(NAME), maintype="image", subtype="png", filename="bild.png")
    word = "vnd.openxmlformats-officedocument.wordprocessingml.document"
    made.add_attachment(traces.docx("Schemat", NAME), maintype="application", subtype=word, filename="brev.docx")
    made.add_attachment(traces.pdf(NAME), maintype="application", subtype="pdf", filename="intyg.pdf")
    made.add_attachment(f"FN:{NAME}\n", subtype="vcard", filename="kort.vcf")
    return Mail(sender=ADDRESS, to=to, content=made.as_bytes(), message_id=MESSAGE_ID)


async def nowhere(house: House) -> None:
    """No file of the folder holds the sender in any form, while the service runs."""
    await house.all_sent()
    assert await house.register.sweep()
    assert traces.found(house.folder, *SECRETS) == []


def test_the_search_finds_what_is_there(tmp_path: Path) -> None:
    for number, form in enumerate(traces.forms(NAME)):
        (tmp_path / "one").write_bytes(b"something before " + form + b" and behind")
        assert traces.found(tmp_path, NAME), f"form {number}: {form!r}"


async def test_nothing_of_the_sender_is_left_once_the_letter_has_gone(own: House) -> None:
    """A4, G3: database, log of writes, journal, spool, outbox, log: the sender stands in none of their bytes."""
    case = await own.registered(unknown())
    letter = await own.arrived(case, "acknowledgement")
    assert letter.to == ADDRESS
    await nowhere(own)
    assert (case.anonymous, case.parties) == (True, ())
    (message,) = await own.register.messages(case.id)
    assert "fast det står i schemat" in message["text"]
    assert [one["name"] for one in message["attachments"]] == ["file-1.jpg", "file-2.png", "file-3.docx", "file-4.pdf"]
    forgotten = next(one for one in await own.register.journal(case.id) if one.what == "sender_forgotten")
    assert dict(forgotten.facts) == {"message": message["spool_id"], "files": 4, "files_left_out": 1}
    assert await own.register.verify() == ()


async def test_what_is_kept_of_the_files_still_says_what_the_sender_sent(own: House) -> None:
    """G3: pictures and documents stay, without their properties."""
    case = await own.registered(unknown())
    (message,) = await own.register.messages(case.id)
    raw = await own.register.raw(message["spool_id"])
    assert raw is not None
    assert raw.envelope_from is None
    kept = (await own.desk.read(raw)).attachments
    document = traces.unpacked(kept[2].content)
    assert b"Schemat" in document
    assert not [form for form in traces.forms(NAME) if form in document]
    assert kept[0].content.startswith(b"\xff\xd8")
    assert kept[0].content.endswith(b"\x12\xff\x00\x34\xff\xd0\x56\xff\xd9")


async def test_nothing_is_left_where_the_letter_can_never_arrive(own: House) -> None:
    """G3, G5: refused for ever, the owner is told that, and not who it was."""
    own.post.refused[ADDRESS] = f"550 5.1.1 <{ADDRESS}>: no such user {NAME}".encode("ascii", "replace").decode()
    case = await own.registered(unknown())
    await own.all_sent()
    (ordered,) = await own.ordered(case, "acknowledgement")
    assert ordered["state"] == "failed"
    await own.arrived(case, "undeliverable", case.owner)
    await nowhere(own)


async def test_nothing_is_left_of_a_report_that_is_not_examined(own: House) -> None:
    """C3, G3: registered, told how to go on, and forgotten."""
    text = (
        "Искам да остана анонимен. В столовата на училището храната често е студена, а приборите не са измити добре. "
        "Учителите знаят и нищо не се прави."
    )
    case = await own.registered(unknown(text, to="reception@stgeorgeschool.eu", subject="Сигнал"))
    letter = await own.arrived(case, "not_examined")
    assert letter.to == ADDRESS
    await nowhere(own)


async def test_what_the_senders_machine_says_later_is_not_kept_either(own: House) -> None:
    """G3: an absence note to the acknowledgement names the sender, and is about nothing."""
    case, letter = await acknowledged(own)
    note = answer(letter, f"Jag är borta till måndag.\n\n{NAME}\nNattugglan 8000, {ADDRESS}", sender=ADDRESS)
    absent = Mail(sender=ADDRESS, to=note.to, content=b"Auto-Submitted: auto-replied\r\n" + note.content)
    joined = await own.take(absent)
    assert joined.case is not None
    assert joined.case.id == case.id
    await nowhere(own)
    assert [one["text"] for one in await own.register.messages(case.id)][1:] == [""]


async def test_an_answer_to_the_letter_joins_and_is_forgotten_too(own: House) -> None:
    """G3: by the signed address, as from anybody; the mail program's own lines about the sender go."""
    case, letter = await acknowledged(own)
    joined = await own.take(answer(letter, f"Det hände igen i dag.\n\nFrom: {NAME} <{ADDRESS}>", sender=ADDRESS))
    assert joined.case is not None
    assert joined.case.id == case.id
    await nowhere(own)
    assert "Det hände igen i dag." in (await own.register.messages(case.id))[1]["text"]


async def test_a_sender_with_a_name_is_kept(own: House) -> None:
    """The same search finds somebody who did not ask to stay unknown: it is the asking that makes them forgotten."""
    case = await own.registered(mail("hej@alexanderskolan.se", "Maten", TEXT[22:], sender=ADDRESS, name=NAME))
    await own.all_sent()
    assert not case.anonymous
    assert {secret for _, secret in traces.found(own.folder, ADDRESS)} == {ADDRESS}


async def acknowledged(house: House) -> tuple[Case, Letter]:
    """An anonymous case with its letter."""
    case = await house.registered(unknown())
    return case, await house.arrived(case, "acknowledgement")


# --- the code, the dialogue ------------------------------------------------------------------------------------------


def code_in(letter: Letter) -> str:
    """The code that a letter shows."""
    (code,) = codes.in_text(letter.text)
    return codes.spoken(code)


async def test_the_code_is_shown_once_and_kept_nowhere(own: House) -> None:
    """G3: in the letter, with how to use it and what cannot be promised; afterwards only its slow hash is there."""
    case, letter = await acknowledged(own)
    code = code_in(letter)
    assert "Den visas bara en gång" in letter.words
    assert "Det här kan vi inte lova" in letter.words
    await nowhere(own)
    assert traces.found(own.folder, code, code.replace("-", "")) == []
    assert await own.register.unknown.has_code(case.id)


async def test_the_code_opens_the_case_for_whoever_sends_it(own: House) -> None:
    """G3: from another address, in the subject or the text, without any thread; the code itself is not kept."""
    case, letter = await acknowledged(own)
    code = code_in(letter)
    other = "nagon.annan@lanad-anka.example"
    for number, (subject, text) in enumerate(
        [(code.lower(), "Det hände igen."), ("Hej", f"Kod {code}. Igen i dag.")], 1
    ):
        joined = await own.take(mail("hej@alexanderskolan.se", subject, text, sender=other, name="Lånad Konto"))
        assert joined.case is not None
        assert (joined.case.id, joined.case.messages) == (case.id, number + 1)
    letter = await own.arrived(case, "dialogue")
    assert letter.to == other
    assert "Just nu har skolan ingen fråga till dig." in letter.words
    await nowhere(own)
    assert traces.found(own.folder, code, code.replace("-", ""), other, "Lånad Konto") == []
    assert {one["joined_by"] for one in await own.register.messages(case.id)} == {"", "code"}


async def test_the_schools_question_reaches_a_sender_whom_nobody_knows(own: House) -> None:
    """G3: asked by staff, told with the next message, once; the answer joins the case."""
    case, letter = await acknowledged(own)
    code = code_in(letter)
    await own.register.unknown.ask(case.id, "Vilka dagar hände det?", datetime.now(UTC))
    one = mail("hej@alexanderskolan.se", "Hur går det?", f"Min kod: {code}", sender="lanad@post-anka.example")
    await own.take(one)
    letter = await own.arrived(case, "dialogue")
    assert "Vilka dagar hände det?" in letter.words
    await own.all_sent()
    (asked,) = await own.register.unknown.questions(case.id)
    assert asked.told_at is not None
    await own.take(
        mail("hej@alexanderskolan.se", "Svar", f"{code} Det var i tisdags.", sender="lanad@post-anka.example")
    )
    notice = await own.arrived(case, "added_notice", case.owner)
    assert "Det var i tisdags." in notice.words
    assert "post-anka" not in notice.received.content.decode()
    assert "Vilka dagar" not in (await own.arrived(case, "dialogue")).words
    await nowhere(own)


async def test_a_question_that_could_not_be_told_waits_for_the_next_time(own: House) -> None:
    """G3: the letter with it was refused."""
    case, letter = await acknowledged(own)
    await own.register.unknown.ask(case.id, "Vilka dagar hände det?", datetime.now(UTC))
    own.post.refused["borta@post-anka.example"] = "550 5.1.1 no such user"
    await own.take(mail("hej@alexanderskolan.se", code_in(letter), "Hej", sender="borta@post-anka.example"))
    await own.all_sent()
    assert [one.told_at for one in await own.register.unknown.questions(case.id, waiting=True)] == [None]


async def test_a_wrong_code_says_nothing_about_any_case(own: House) -> None:
    """G3: it becomes a new anonymous case like any other, with a code of its own; nobody is kept."""
    case, _ = await acknowledged(own)
    text = f"{TEXT[22:]} Koden är {codes.spoken(codes.new())}."
    other = await own.registered(mail("hej@alexanderskolan.se", "Klagomål", text, sender=ADDRESS, name=NAME))
    assert other.id != case.id
    assert (other.anonymous, other.parties) == (True, ())
    letter = await own.arrived(other, "acknowledgement")
    assert case.reference not in letter.words
    assert code_in(letter)
    assert "code_unknown" in {one.what for one in await own.register.journal(other.id)}
    await nowhere(own)


async def test_after_many_wrong_codes_of_one_sender_none_is_tried(own: House) -> None:
    """G3: not even the right one, and the letter is the same; others are not held up."""
    case, letter = await acknowledged(own)
    code, sender = code_in(letter), "gissar@post-anka.example"
    for _ in range(MOST_OF_ONE):
        await own.take(mail("hej@alexanderskolan.se", "Kod", codes.spoken(codes.new()), sender=sender))
    tried = await own.take(mail("hej@alexanderskolan.se", "Kod", code, sender=sender))
    assert tried.case is not None
    assert tried.case.id != case.id
    joined = await own.take(mail("hej@alexanderskolan.se", "Kod", code, sender="annan@post-anka.example"))
    assert joined.case is not None
    assert joined.case.id == case.id
