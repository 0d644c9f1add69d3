"""Every message that gets no acknowledgement has its reason where a person sees it (G5)."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest

from register.records import Case, Disposition
from tests.journeys.mails import Letter as Delivered
from tests.journeys.mails import Mail, answer, complaint, mail
from tests.journeys.servers.receiver import Received
from tests.unit.bot.trying import STOCKHOLM, Trial

AT = datetime(2026, 11, 24, 10, tzinfo=STOCKHOLM)


def with_headers(*lines: str, **changes: Any) -> Mail:
    """The plain complaint with further header fields."""
    one = complaint("alexanderskolan", "sv", **changes)
    return Mail(sender=one.sender, to=one.to, content="".join(f"{x}\r\n" for x in lines).encode() + one.content)


def without(header: bytes) -> Mail:
    """The plain complaint without a header field."""
    one = complaint("alexanderskolan", "sv")
    kept = (line for line in one.content.split(b"\r\n") if not line.lower().startswith(header))
    return Mail(sender=one.sender, to=one.to, content=b"\r\n".join(kept))


def delivered(letter: Any) -> Delivered:
    """A letter of the outbox as its reader has it."""
    return Delivered(Received(envelope_from="", recipients=(letter["to_value"],), content=letter["content"]))


async def acknowledgement(trial: Trial, case: Case) -> Delivered:
    """The acknowledgement of a case as its reader has it."""
    (one,) = await trial.letters(case, "acknowledgement")
    kept = await trial.register.letter(one["id"])
    assert kept is not None
    return delivered(kept)


BOUNCE = (
    b"From: Mail Delivery System <MAILER-DAEMON@mx.example>\r\nTo: hej@alexanderskolan.se\r\n"
    b"Subject: Undelivered Mail Returned to Sender\r\nMIME-Version: 1.0\r\nMessage-ID: <dsn-1@mx.example>\r\n"
    b'Content-Type: multipart/report; report-type=delivery-status; boundary="b"\r\n\r\n'
    b"--b\r\nContent-Type: text/plain\r\n\r\nYour mail could not be delivered.\r\n"
    b"--b\r\nContent-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; mx.example\r\n\r\n"
    b"Final-Recipient: rfc822; %(to)s\r\nAction: failed\r\nStatus: 5.1.1\r\n\r\n"
    b"--b\r\nContent-Type: message/rfc822\r\n\r\nMessage-ID: <%(id)s>\r\nSubject: Vi har tagit emot\r\n\r\nHej\r\n\r\n"
    b"--b--\r\n"
)
STRANGE = {b"to": b"a@b.example", b"id": b"x@y.example"}
ABSENT = {"Auto-Submitted": "auto-replied"}
FOOD = "Min son på Gärdet har fått fel mat tre gånger."
AWAY = "Jag är ledig till och med den 30 november och läser inte min e-post."
NEWS = {"List-Id": "<nyheter.laromedel.example>", "List-Unsubscribe": "<https://laromedel.example/av>"}
ADVERT = "Just nu har vi 30 % rabatt på alla digitala läromedel. Beställ senast den 30 november på vår webbplats."


@pytest.mark.parametrize(
    ("one", "reason"),
    [
        (mail("hej@alexanderskolan.se", "Re: Veckobrev", "Tack.", headers={"X-Lyhord-Loop": "huddinge"}), "own_loop"),
        (mail("hej@alexanderskolan.se", "Veckobrev", "Hej!", sender="gardet@alexanderskolan.se"), "own_loop"),
        (
            Mail(sender="", to="hej@alexanderskolan.se", content=BOUNCE % {b"to": b"a@b.example", b"id": b"x@y"}),
            "bounce",
        ),
        (mail("hej@alexanderskolan.se", "Automatiskt svar: Veckobrev", AWAY, headers=ABSENT), "auto_reply"),
        (mail("hej@alexanderskolan.se", "Frånvarande", AWAY, headers={"X-Autoreply": "yes"}), "auto_reply"),
        (mail("hej@alexanderskolan.se", "Höstens kampanj", ADVERT, headers=NEWS | {"Precedence": "bulk"}), "list"),
    ],
    ids=["our own letter", "our own mailbox", "a bounce", "an absence note", "an old robot", "a newsletter"],
)
async def test_what_nobody_wrote_is_set_aside_with_its_reason(trial: Trial, one: Mail, reason: str) -> None:
    """G4, G5: seen on the list, answered by nothing."""
    entered = await trial.take(one, AT)
    assert (entered.disposition, entered.case, entered.reason) == (Disposition.SET_ASIDE, None, reason)
    assert [aside.reason for aside in await trial.register.set_aside()] == [reason]
    assert await trial.register.letters() == ()


@pytest.mark.parametrize(
    ("one", "reason"),
    [
        (with_headers("X-Auto-Response-Suppress: All"), "suppress"),
        (with_headers(sender="no-reply@foralder.example"), "no_reply"),
        (with_headers(sender="postmaster@foralder.example"), "daemon"),
        (with_headers("List-Id: <foraldrar.example>", "List-Post: <mailto:alla@foraldrar.example>"), "list"),
        (without(b"from:"), "no_sender"),
    ],
    ids=["asked not to", "an address that is not read", "a mail system", "a person through a list", "no sender"],
)
async def test_a_persons_complaint_is_a_case_that_says_why_it_was_not_acknowledged(
    trial: Trial, one: Mail, reason: str
) -> None:
    """F3, G5: on the case, in the journal, and in the notice in plain words."""
    case = await trial.case(one, AT)
    assert (case.owner, case.not_acknowledged_because) == ("head_gardet", reason)
    assert "not_acknowledged" in await trial.journal(case)
    (notice,) = await trial.letters(case)
    assert (notice["template"], notice["role"]) == ("notice", "head_gardet")
    assert "Avsändaren har inte fått någon bekräftelse" in notice["body"]
    assert "acknowledge" not in {deadline.kind for deadline in case.deadlines}


@pytest.mark.parametrize(
    ("one", "reason"),
    [
        (with_headers(sender="mixmaster@post.example"), "remailer"),
        (with_headers(sender="x7@sub.dizum.com"), "remailer"),
        (with_headers("X-Remailer-Contact: https://remailer.example/", sender="dana@post.example"), "remailer"),
        (with_headers("Comments: This message did not originate from the Sender address above."), "remailer"),
        (with_headers(sender="no-reply@foralder.example"), "no_reply"),
    ],
    ids=["a remailer's name", "a remailer's domain", "a remailer's field", "a remailer's notice", "a no-reply address"],
)
async def test_a_person_behind_an_address_that_nobody_reads_stays_unknown(trial: Trial, one: Mail, reason: str) -> None:
    """A4, G3, G5: a wish for anonymity; registered, never answered, the reason stands on the case."""
    case = await trial.case(one, AT)
    assert (case.anonymous, case.parties, case.not_acknowledged_because) == (True, (), reason)
    assert await trial.roles(case, "acknowledgement") == []
    assert not await trial.register.unknown.has_code(case.id)
    (message,) = await trial.register.messages(case.id)
    raw = await trial.register.raw(message["spool_id"])
    assert raw is not None
    assert (message["sender"], raw.envelope_from) == ("", None)
    assert one.sender.encode() not in raw.content
    (notice,) = await trial.letters(case)
    assert one.sender not in notice["body"]


async def test_a_form_that_a_web_page_passes_on_keeps_the_name_in_it(trial: Trial) -> None:
    """C7: whoever fills in their name does not wish to stay unknown, whatever address the web page sends from."""
    text = f"Namn: Dana Åkesson\nTelefon: 070-174 06 05\n\n{FOOD}"
    case = await trial.case(mail("hej@alexanderskolan.se", "Klagomål", text, sender="noreply@skolwebb.example"), AT)
    assert (case.anonymous, case.not_acknowledged_because) == (False, "no_reply")


async def test_a_robot_at_a_no_reply_address_stays_a_robot(trial: Trial) -> None:
    """G5: what the guards say of it."""
    note = mail("hej@alexanderskolan.se", "Automatiskt svar", AWAY, sender="noreply@firma.example", headers=ABSENT)
    entered = await trial.take(note, AT)
    assert (entered.case, entered.reason) == (None, "auto_reply")


async def test_a_sender_gets_so_many_automatic_letters_and_no_more(trial: Trial) -> None:
    """G5: in each of several windows; what comes beyond is registered all the same."""

    async def says(minutes: float) -> str:
        one = mail("hej@alexanderskolan.se", f"Klagomål {minutes}", FOOD, sender="ofta@foralder.example")
        return (await trial.case(one, AT + timedelta(minutes=minutes))).not_acknowledged_because or ""

    assert [await says(minute) for minute in range(6)] == ["", "", "", "", "", "rate_limit"]
    assert [await says(15 + minute) for minute in range(5)] == [""] * 5
    assert await says(40) == "rate_limit"
    assert await says(185) == ""
    assert len(await trial.register.cases()) == 13
    other = complaint("alexanderskolan", "sv", sender="annan@foralder.example")
    assert (await trial.case(other, AT + timedelta(minutes=40))).not_acknowledged_because is None


async def test_answers_are_counted_where_they_go(trial: Trial) -> None:
    """G5: a Reply-To that is a mailbox of ours is not followed, and hides nobody from the limit."""
    for minute in range(6):
        ours = {"Reply-To": "hej@alexanderskolan.se"}
        one = mail("hej@alexanderskolan.se", f"Klagomål {minute}", FOOD, sender="ofta@foralder.example", headers=ours)
        case = await trial.case(one, AT + timedelta(minutes=minute))
    assert case.not_acknowledged_because == "rate_limit"


async def test_a_bounced_acknowledgement_is_told_to_the_owner(trial: Trial) -> None:
    """G5: the case knows that its acknowledgement did not arrive; nobody answers the bounce."""
    case = await trial.case(complaint("alexanderskolan", "sv"), AT)
    letter = await acknowledgement(trial, case)
    content = BOUNCE % {b"to": letter.to.encode(), b"id": letter.message_id.encode()}
    entered = await trial.take(Mail(sender="", to="hej@alexanderskolan.se", content=content), AT)
    assert (entered.disposition, entered.case and entered.case.id) == (Disposition.JOINED, case.id)
    assert await trial.roles(case, "undeliverable") == ["head_gardet"]
    assert len(await trial.letters(case)) == 3


async def test_an_absence_note_to_our_letter_sets_off_nothing(trial: Trial) -> None:
    """G5: it joins its case, where a person sees it, and is neither answered nor passed on."""
    case = await trial.case(complaint("alexanderskolan", "sv"), AT)
    note = answer(await acknowledgement(trial, case), AWAY)
    robot = Mail(sender=note.sender, to=note.to, content=b"Auto-Submitted: auto-replied\r\n" + note.content)
    before = len(await trial.letters(case))
    entered = await trial.take(robot, AT)
    assert (entered.disposition, entered.case and entered.case.id) == (Disposition.JOINED, case.id)
    assert len(await trial.letters(case)) == before


async def test_a_notice_that_comes_back_is_told_to_somebody_else_and_that_letter_to_nobody(trial: Trial) -> None:
    """G5, D2: the owner's own mailbox is broken; a letter about a letter that comes back makes no third."""
    case = await trial.case(complaint("alexanderskolan", "sv"), AT)
    (notice,) = await trial.letters(case, "notice")
    await trial.take(returned(notice), AT)
    (told,) = await trial.letters(case, "undeliverable")
    assert told["role"] not in ("sender", notice["role"])
    assert "till förskolerektor" in told["body"]
    before = len(await trial.letters(case))
    entered = await trial.take(returned(told), AT)
    assert entered.disposition is Disposition.JOINED
    assert len(await trial.letters(case)) == before


def returned(letter: Any) -> Mail:
    """The bounce of a letter of the outbox."""
    content = BOUNCE % {b"to": letter["to_value"].encode(), b"id": letter["message_id"].strip("<>").encode()}
    return Mail(
        sender="", to="hej@alexanderskolan.se", content=content.replace(b"dsn-1@", letter["id"].encode() + b"@")
    )
