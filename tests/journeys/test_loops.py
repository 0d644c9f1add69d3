"""Two programs that answer each other stop within a number of letters that docs/mail.md tells."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from email.message import EmailMessage
from email.policy import SMTP

import pytest

from intake.guards import MOST_ALIKE, WINDOWS
from tests.journeys.conftest import need
from tests.journeys.house import House
from tests.journeys.mails import Letter, Mail, complaint, mail
from tests.journeys.servers import absent
from tests.journeys.servers.dovecot import Dovecot

#: no exchange is followed beyond this
TOO_MANY = 60
#: what an old program writes back, with nothing that says what it is
BUSY = (
    "Tack för ditt meddelande, som har nummer {number} hos oss. Vi på kundtjänst återkommer så snart vi kan till dig."
)


async def letters_until_silence(house: House, first: Mail, back: Callable[[Letter, int], Mail]) -> int:
    """How many letters a program gets that writes `back` to each of them, until we write no more."""
    one, got = first, 0
    while got < TOO_MANY:
        before = len(house.post.letters)
        await house.take(one, by="smtp")
        await house.all_sent()
        mine = [letter for letter in house.post.letters[before:] if letter.to == one.sender]
        if not mine:
            return got
        got += len(mine)
        one = back(mine[-1], got)
    return got


async def test_a_program_that_answers_everything_gets_five_letters(house: House) -> None:
    """F3, G5: without a header, a thread or a token in its mail, only the counting of letters ends it."""
    robot = "kundtjanst@gamla.example"

    def back(letter: Letter, number: int) -> Mail:
        text = f"Klagomål {number} från vårt barn på Gärdet kvarstår: ingen svarar oss, och maten är fortfarande fel."
        return mail("hej@alexanderskolan.se", f"Klagomål nummer {number}", text, sender=robot)

    first = complaint("alexanderskolan", "sv", sender=robot)
    assert await letters_until_silence(house, first, back) == WINDOWS[0][1]


async def test_a_program_that_changes_its_address_each_time_gets_some_twenty(house: House) -> None:
    """F3, G5: its domain and its words stay, which is what is counted."""

    def back(letter: Letter, number: int) -> Mail:
        text, sender = BUSY.format(number=number), f"arende-{number}@system.example"
        return mail("hej@alexanderskolan.se", f"Sv: {letter.subject}", text, sender=sender)

    first = complaint("alexanderskolan", "sv", sender="arende-0@system.example")
    # The complaint and the answer to its own acknowledgement have other words than those that follow.
    assert await letters_until_silence(house, first, back) <= 2 + MOST_ALIKE


async def test_a_program_that_keeps_the_thread_gets_one(house: House) -> None:
    """D6: its answers join the case, and what joins is not acknowledged again; a new address changes nothing."""

    def back(letter: Letter, number: int) -> Mail:
        thread = {"In-Reply-To": f"<{letter.message_id}>"}
        sender = f"nytt-{number}@system.example"
        return mail("hej@alexanderskolan.se", "Ditt ärende", BUSY.format(number=number), sender=sender, headers=thread)

    first = complaint("alexanderskolan", "sv", sender="nytt-0@system.example")
    assert await letters_until_silence(house, first, back) == 1


async def test_two_mailboxes_of_ours_never_answer_each_other(house: House) -> None:
    """F3: an absence note, or a plain mail, from one of our mailboxes to another sets off no letter to it."""
    one, other = "gardet@alexanderskolan.se", "hej@alexanderskolan.se"
    robot = {"Auto-Submitted": "auto-replied"}

    def unsent(letter: Letter, number: int) -> Mail:
        raise AssertionError(letter.subject)

    for sent in (
        mail(other, "Frånvaro", BUSY.format(number=1), sender=one, headers=robot),
        mail(other, "Klagomål", BUSY.format(number=2), sender=one),
        mail(one, "Klagomål", BUSY.format(number=3), sender=other),
    ):
        assert await letters_until_silence(house, sent, unsent) == 0


@pytest.fixture
def anna(house: House) -> Iterator[Dovecot]:
    """A mailbox that answers by itself; what it answers comes to the receiver of our letters."""
    need(absent.missing())
    server = absent.away(house.post.port)
    try:
        yield server.start()
    finally:
        server.close()


def _from_us(to: str) -> bytes:
    """What somebody at the school writes by hand."""
    message = EmailMessage(policy=SMTP)
    message["From"], message["To"], message["Subject"] = "hej@alexanderskolan.se", to, "Om mötet"
    message["Message-ID"] = "<for-hand@alexanderskolan.se>"
    message.set_content("Kan vi ses på torsdag?\n")
    return message.as_bytes()


async def test_a_real_absence_program_and_we_exchange_one_letter(house: House, anna: Dovecot) -> None:
    """F3, G5: Sieve's vacation keeps silent on our letters, and we on its answer (RFC 5230, 4.6; RFC 3834, 2)."""
    first = complaint("alexanderskolan", "sv", sender="anna@mail.example")
    case, letter = await house.opened(first)
    sender = letter.received.envelope_from
    await asyncio.to_thread(anna.deliver, "anna", letter.received.content, sender=sender)
    # Mail to one mailbox is delivered in its order: were our letter answered, its answer came before this one.
    await asyncio.to_thread(anna.deliver, "anna", _from_us("anna@mail.example"), sender="hej@alexanderskolan.se")
    note = await house.post.letter("hej@alexanderskolan.se")
    assert note.message["Auto-Submitted"].startswith("auto-replied")
    assert "Re: Om mötet" in note.subject or note.subject == "Frånvaro"
    assert len([one for one in house.post.letters if "anna@mail.example" in str(one.message["From"])]) == 1
    before = len(await house.register.letters())
    came = Mail(sender=note.received.envelope_from, to="hej@alexanderskolan.se", content=note.received.content)
    entered = await house.take(came, by="smtp")
    assert (entered.disposition.value, entered.reason) == ("set_aside", "auto_reply")
    assert len(await house.register.letters()) == before
    assert [one["template"] for one in await house.ordered(case) if one["role"] == "sender"] == ["acknowledgement"]
