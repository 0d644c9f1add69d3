"""What the bot asks besides in a chat: have you spoken with the person concerned, and what a complaint has to hold."""

from __future__ import annotations

from datetime import timedelta

import pytest

from tests.unit.bot.test_conversation import AT, DANGER, DAY, Phone, sound
from tests.unit.bot.trying import Trial

TEACHER = "Matematikklæreren til sønnen min på 9. trinn sier foran hele klassen at han er lat. Jeg vil klage på det."
SPOKEN = "Har du snakket med den det gjelder?"
HAND_IN = "Lever med navnet mitt"
MATHS = "I want to complain: since October the maths lessons in class 3B are given by changing substitutes."
WITH_NAME = "Hand it in with my name"


@pytest.mark.parametrize(
    ("button", "answer", "line"),
    [
        ("Ja", "yes", "Avsenderen sier å ha snakket"),
        ("Ikke ennå", "not_yet", "ikke har snakket"),
        ("Det vil jeg ikke", "unwilling", "vil ikke snakke"),
    ],
)
async def test_whether_they_have_spoken_is_asked_and_every_answer_goes_on(
    trial: Trial, button: str, answer: str, line: str
) -> None:
    """A2, E1: never an obstacle; the answer stands in the case and in the notice."""
    phone = Phone(trial, "nordberg")
    await phone.says(TEACHER)
    assert SPOKEN in phone.last
    await phone.presses(button)
    assert "Skal jeg levere det?" in phone.last
    assert ("telefon 22 00 00 01" in phone.last) == (answer == "not_yet")
    await phone.presses(HAND_IN)
    case = await phone.case()
    (notice, *_) = await trial.letters(case, "notice")
    assert line in notice["body"]
    (letter,) = await trial.letters(case, "acknowledgement")
    assert ("De fleste saker løser seg der" in letter["body"]) == (answer == "not_yet")
    asked = [one for one in await trial.register.journal(case.id) if one.what == "asked_in_chat"]
    assert [one.facts["spoken"] for one in asked] == [answer]
    await sound(trial)


async def test_who_has_told_of_a_talk_is_not_asked_about_it(trial: Trial) -> None:
    """A1: only what the message did not say."""
    phone = Phone(trial, "nordberg")
    await phone.says(TEACHER + " Jeg har snakket med ham om det.")
    assert SPOKEN not in phone.last
    assert "Skal jeg levere det?" in phone.last


async def test_who_stays_unknown_is_not_sent_to_the_person_concerned(trial: Trial) -> None:
    """A4: nor is anybody whose school has no such advice, or in a matter that concerns nobody in person."""
    phone = Phone(trial, "nordberg")
    await phone.says("/anonymous")
    await phone.says(TEACHER)
    assert SPOKEN not in phone.last
    meals = Phone(trial, chat=5002)
    await meals.says("Maten på Gärdet är kall varje dag. Jag vill klaga på det.")
    assert "Ska jag lämna in det?" in meals.last


async def test_danger_skips_these_questions_too(trial: Trial) -> None:
    """G7: whatever question stands."""
    phone = Phone(trial, "nordberg")
    await phone.says(TEACHER)
    await phone.says(DANGER)
    assert (await phone.case()).urgent


async def test_missing_parts_are_asked_one_at_a_time_and_the_acknowledgement_asks_no_more(trial: Trial) -> None:
    """C7: after it was handed in with a name; what was given stands in the case, and the press signs."""
    phone = Phone(trial, "st_george")
    await phone.says(MATHS)
    await phone.presses(WITH_NAME)
    assert "full name" in phone.last
    await phone.says("Oliver James Grant")
    assert "postal address" in phone.last
    await phone.says("12 Oborishte, Sofia")
    await phone.work(AT)
    case = await phone.case()
    assert case.messages == 3
    decision = await trial.register.decision(case.id)
    assert decision is not None
    assert decision.missing_parts == ()
    (notice, *_) = await trial.letters(case, "notice")
    assert "Oliver James Grant" in notice["body"]
    assert "12 Oborishte, Sofia" in notice["body"]
    assert "parts_given" in str([one.facts for one in await trial.register.journal(case.id)])
    await sound(trial)


async def test_parts_can_be_skipped_and_are_then_asked_for_in_the_letter(trial: Trial) -> None:
    """C7: the case does not wait for them."""
    phone = Phone(trial, "st_george")
    await phone.says(MATHS)
    await phone.presses(WITH_NAME)
    await phone.presses("Skip and hand it in")
    decision = await trial.register.decision((await phone.case()).id)
    assert decision is not None
    assert decision.missing_parts == ("full_name", "address")
    await sound(trial)


async def test_who_does_not_answer_about_parts_is_registered_within_the_hour(trial: Trial) -> None:
    """C7: whoever has pressed the button has handed it in."""
    phone = Phone(trial, "st_george")
    await phone.says(MATHS)
    await phone.presses(WITH_NAME)
    assert await phone.work(AT + timedelta(minutes=59)) == []
    await phone.work(AT + timedelta(hours=1))
    assert not (await phone.case()).anonymous
    await trial.tick(AT + DAY)
    assert "not handed it in yet" not in " ".join(one.body for one in await phone.listen(AT + DAY))


async def test_more_of_the_story_instead_of_a_part_is_taken_as_such(trial: Trial) -> None:
    """C7: every part is asked for once; danger in its place is danger."""
    phone = Phone(trial, "st_george")
    await phone.says(MATHS)
    await phone.presses(WITH_NAME)
    more = "The homework of the last six weeks has not been checked either, and the test of Monday was cancelled again."
    await phone.says(more)
    assert "postal address" in phone.last
    await phone.presses("Skip and hand it in")
    case = await phone.case()
    (notice, *_) = await trial.letters(case, "notice")
    assert more in notice["body"]
    assert case.messages == 2


async def test_a_name_given_before_somebody_chooses_to_stay_unknown_is_not_kept(trial: Trial) -> None:
    """A4: neither in the case nor in the spool."""
    phone = Phone(trial, "st_george")
    await phone.says(MATHS)
    await phone.presses(WITH_NAME)
    await phone.says("Oliver James Grant")
    await phone.says("/anonymous")
    await phone.presses("Hand it in anonymously")
    await phone.work(AT)
    case = await phone.case()
    assert (case.anonymous, case.messages) == (True, 1)
    assert await trial.register.dialogue("st_george", "5001") is None
    for number in range(1, 10):
        raw = await trial.register.raw(number)
        assert raw is None or b"Grant" not in raw.content
    assert all("Grant" not in one["body"] for one in await trial.register.letters(case.id))
    await sound(trial)
