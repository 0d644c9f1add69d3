"""Mail and chat of one person meet in one case, by a code that works once (G9)."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta

import pytest

from bot import secrecy
from bot.desk import Desk
from bot.meeting import GROUPS, LASTS
from bot.secrecy import MOST_OF_ONE
from register import codes
from register.records import Case, Letter
from register.store import Register
from tests.journeys.mails import Letter as Delivered
from tests.journeys.mails import Mail, answer, complaint, mail
from tests.journeys.servers.receiver import Received
from tests.unit.bot.test_conversation import AT, Phone, sound
from tests.unit.bot.trying import Trial

MINUTE = timedelta(minutes=1)
PARENT = "dana@foralder.example"
MORE = "Det hände igen i dag, och ingen av de vuxna sade något."


@pytest.fixture
def trial(make_desk: Callable[..., Desk], register: Register) -> Trial:
    """A desk of schools of which two have a chat; of one bot the user name is not known."""
    return Trial(replace(make_desk(register), bots={"alexanderskolan": "skolan_bot", "huddinge": ""}))


@pytest.fixture(autouse=True)
def _attempts_afresh() -> Iterator[None]:
    secrecy.ATTEMPTS._seen.clear()
    yield
    secrecy.ATTEMPTS._seen.clear()


def delivered(letter: Letter) -> Delivered:
    return Delivered(Received(envelope_from="", recipients=(letter.to.value,), content=letter.content))


async def begun(trial: Trial, one: Mail | None = None) -> tuple[Case, Delivered, str]:
    """A case that began by mail, its acknowledgement, and the code in it; empty where there is none."""
    case = await trial.case(one or complaint("alexanderskolan", "sv", sender=PARENT), AT)
    letter = next(one for one in await trial.send(AT) if one.template in ("acknowledgement", "not_examined"))
    return case, delivered(letter), next(iter(codes.in_text(letter.body, GROUPS)), "")


async def test_a_mail_goes_on_in_the_chat(trial: Trial) -> None:
    """G9: the acknowledgement has a link and a code; the chat belongs to the case, and one number counts."""
    case, letter, code = await begun(trial)
    assert f"https://t.me/skolan_bot?start={codes.spoken(code)}" in letter.text
    assert "till och med tisdag 1 december 2026" in letter.words
    phone = Phone(trial)
    await phone.says(f"/start {codes.spoken(code)}")
    assert f"hör nu till ärende {case.reference}" in phone.last
    joined = await trial.register.case(case.id)
    assert joined is not None
    assert set(joined.parties) == {PARENT, "5001"}
    await phone.says(MORE)
    assert case.reference in phone.last
    assert (await phone.case()).messages == 2
    assert MORE in (await trial.letters(case, "added_notice"))[-1]["body"]
    await phone.presses("Hur går det?")
    assert "Så går det med ditt ärende" in phone.last
    await sound(trial)


async def test_the_mail_is_told_that_a_chat_has_joined(trial: Trial) -> None:
    """G9: whoever has given the code away by mistake learns of it; the journal names nobody."""
    case, _, code = await begun(trial)
    await Phone(trial).says(codes.spoken(code).lower())
    (told,) = [one for one in trial.bag.letters if one.template == "joined"]
    assert told.to.value == PARENT
    assert "Var det inte du?" in told.body
    (line,) = [one for one in await trial.register.journal(case.id) if one.what == "party_joined"]
    assert (line.who, dict(line.facts)) == ("sender", {"by": "telegram"})


async def test_a_code_works_once(trial: Trial) -> None:
    """G9: for the chat that used it; another one learns nothing."""
    case, _, code = await begun(trial)
    first, second = Phone(trial), Phone(trial, chat=6002)
    await first.says(codes.spoken(code))
    await second.says(codes.spoken(code))
    assert "Koden gäller inte" in second.last
    assert case.reference not in second.last
    await first.says(codes.spoken(code))
    assert case.reference in first.last
    assert len([one for one in trial.bag.letters if one.template == "joined"]) == 1
    assert "6002" not in (await first.case()).parties


async def test_a_code_works_for_a_week(trial: Trial) -> None:
    """G9: not a moment longer."""
    _, _, code = await begun(trial)
    phone = Phone(trial)
    await phone.says(codes.spoken(code), AT + LASTS)
    assert "Koden gäller inte" in phone.last
    _, _, code = await begun(trial, mail("hej@alexanderskolan.se", "Klagomål", MORE, sender=PARENT))
    await phone.says(codes.spoken(code), AT + LASTS - MINUTE)
    assert "hör nu till ärende" in phone.last


async def test_wrong_codes_are_limited(trial: Trial) -> None:
    """G9: after some of one sender none is tried, not even the right one; others are not held up."""
    case, _, code = await begun(trial)
    phone = Phone(trial)
    for _ in range(MOST_OF_ONE):
        await phone.says(codes.spoken(codes.new(GROUPS)))
    await phone.says(codes.spoken(code))
    assert "Koden gäller inte" in phone.last
    other = Phone(trial, chat=6002)
    await other.says(codes.spoken(code))
    assert case.reference in other.last


async def test_what_stands_beside_the_code_joins_too(trial: Trial) -> None:
    """G9: the code itself is not kept."""
    case, _, code = await begun(trial)
    phone = Phone(trial)
    await phone.says(f"Här är min kod {codes.spoken(code)}. {MORE}")
    (_, message) = await trial.register.messages(case.id)
    assert message["joined_by"] == "invitation"
    assert MORE in message["text"]
    assert code not in message["text"].replace("-", "")
    assert any(case.reference in one.body for one in phone.heard)


async def test_what_stands_beside_a_wrong_code_is_taken_in_like_anything_else(trial: Trial) -> None:
    """G4: nothing that a person wrote is lost."""
    phone = Phone(trial)
    await phone.says(f"{codes.spoken(codes.new(GROUPS))} {MORE} Jag vill klaga på det.")
    assert "Så här har jag förstått dig" in phone.last


async def test_a_code_in_a_group_opens_nothing(trial: Trial) -> None:
    """G9: everybody there can read it."""
    case, _, code = await begun(trial)
    group = Phone(trial, chat=-7001, kind="group")
    await group.says(codes.spoken(code))
    found = await trial.register.case(case.id)
    assert found is not None
    assert found.parties == (PARENT,)


async def test_a_quoted_acknowledgement_does_not_use_the_code(trial: Trial) -> None:
    """G9: an answer by mail quotes the letter; the code in it stays good for the chat."""
    case, letter, code = await begun(trial)
    joined = await trial.case(answer(letter, "Tack! Det hände igen."), AT + MINUTE)
    assert joined.id == case.id
    phone = Phone(trial)
    await phone.says(codes.spoken(code), AT + 2 * MINUTE)
    assert case.reference in phone.last


@pytest.mark.parametrize("words", ["Jag vill vara anonym.", "Skriv till no-reply."])
async def test_an_anonymous_case_has_no_such_code(trial: Trial, words: str) -> None:
    """G3: the receipt code is the only way, and leads from nobody to nobody."""
    sender = PARENT if "anonym" in words else "no-reply@foralder.example"
    text = f"{words} Min dotter har fått fel mat två gånger på Gärdet."
    case = await trial.case(mail("hej@alexanderskolan.se", "Klagomål", text, sender=sender), AT)
    assert case.anonymous
    letters = await trial.send(AT)
    assert not any(codes.in_text(one.body, GROUPS) for one in letters)
    assert not any("t.me" in one.body for one in letters)


async def test_without_the_bots_name_there_is_a_code_and_no_link(trial: Trial) -> None:
    """G9: "send this code to the school's chat"."""
    _, letter, code = await begun(trial, complaint("huddinge", "sv", sender=PARENT))
    assert f"Skicka den här koden till skolans chatt: {codes.spoken(code)}" in letter.words
    assert "t.me" not in letter.text


async def test_a_school_without_a_chat_offers_none(trial: Trial) -> None:
    """G9."""
    case = await trial.case(complaint("nordberg", "nb", sender=PARENT), AT)
    (letter,) = [one for one in await trial.send(AT) if one.template == "acknowledgement"]
    assert letter.case_id == case.id
    assert "Telegram" not in letter.body


# --- from the chat to the mail ---------------------------------------------------------------------------------------


async def in_the_chat(trial: Trial) -> tuple[Phone, Case]:
    """A case that began in the chat."""
    phone = Phone(trial)
    await phone.says("På Gärdet har min dotter fått fel mat två gånger trots sin allergi. Jag vill klaga på det.")
    await phone.presses("Lämna in med mitt namn")
    await phone.work(AT)
    return phone, await phone.case()


@pytest.mark.parametrize("way", ["/mail", "Fortsätt via mejl"])
async def test_a_chat_goes_on_by_mail(trial: Trial, way: str) -> None:
    """G9: a code for the subject of a mail; after that the mail belongs to the case, and the chat is told."""
    phone, case = await in_the_chat(trial)
    await (phone.says(way) if way.startswith("/") else phone.presses(way))
    (code,) = codes.in_text(phone.last, GROUPS)
    assert re.search(r"Mejla till \S+@alexanderskolan.se", phone.last)
    one = mail("hej@alexanderskolan.se", f"Min kod {codes.spoken(code)}", MORE, sender=PARENT)
    joined = await trial.case(one, AT + MINUTE)
    assert joined.id == case.id
    assert set(joined.parties) == {PARENT, "5001"}
    await phone.listen(AT + MINUTE)
    assert "Var det inte du?" in phone.last
    message = (await trial.register.messages(case.id))[-1]
    assert (message["joined_by"], "[code]" in message["subject"]) == ("invitation", True)
    later = mail("hej@alexanderskolan.se", f"Angående {case.reference}", "En sak till.", sender=PARENT)
    assert (await trial.case(later, AT + 2 * MINUTE)).id == case.id
    await sound(trial)


async def test_a_code_for_mail_does_not_open_the_case_in_another_chat(trial: Trial) -> None:
    """G9: it has to come from the side that it was made for."""
    phone, case = await in_the_chat(trial)
    await phone.says("/mail")
    (code,) = codes.in_text(phone.last, GROUPS)
    other = Phone(trial, chat=6002)
    await other.says(codes.spoken(code))
    assert case.reference not in other.last


async def test_a_wrong_code_in_a_mail_opens_a_case_like_any_other(trial: Trial) -> None:
    """G9: with its sender's name, and the journal says that the code opened nothing."""
    one = mail("hej@alexanderskolan.se", codes.spoken(codes.new(GROUPS)), f"{MORE} Jag vill klaga.", sender=PARENT)
    case = await trial.case(one, AT)
    assert (case.anonymous, case.parties) == (False, (PARENT,))
    assert "invitation_unknown" in await trial.journal(case)


async def test_a_new_code_makes_the_one_before_void(trial: Trial) -> None:
    """G9: at most one for each side of a case."""
    phone, _ = await in_the_chat(trial)
    await phone.says("/mail")
    (first,) = codes.in_text(phone.last, GROUPS)
    await phone.says("/mail")
    one = mail("hej@alexanderskolan.se", codes.spoken(first), f"{MORE} Jag vill klaga.", sender=PARENT)
    assert "invitation_unknown" in await trial.journal(await trial.case(one, AT + MINUTE))


async def test_mail_is_nothing_for_a_chat_without_a_case(trial: Trial) -> None:
    """G9."""
    phone = Phone(trial)
    await phone.says("/mail")
    assert "Jag hittar inget ärende" in phone.last


async def test_a_repeated_question_goes_where_the_sender_was_last(trial: Trial) -> None:
    """G9, B2: they began by mail and went over to the chat."""
    text = "Min dotter i 7B på Kvarnbergsskolan har fått fel mat två gånger trots sin allergi. Jag klagar på det."
    procedure = trial.desk.procedures.get("huddinge")
    assert procedure is not None
    case, _, code = await begun(trial, mail(procedure.mailboxes[0].address, "Klagomål", text, sender=PARENT))
    asked = [one for one in case.deadlines if one.kind == "question_repeated"]
    assert asked
    await Phone(trial, "huddinge").says(codes.spoken(code), AT + MINUTE)
    await trial.tick(asked[0].due_at)
    (repeated,) = await trial.letters(case, "question_repeated")
    kept = await trial.register.letter(repeated["id"])
    assert kept is not None
    assert (kept["to_kind"], kept["to_value"]) == ("telegram", "5001")
