"""Earlier cases like a new one, in its notice: closed ones of the same school, and only to those who may see them."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from bot.commands.correcting import words_of
from bot.earlier import earlier_of, seen_by
from classifiers import meaning
from register.records import Case, EarlierCase
from tests.journeys.mails import mail
from tests.unit.bot.trying import STOCKHOLM, Trial

pytestmark = pytest.mark.skipif(not meaning.available(), reason="the embedding engine does not run here")

AT = datetime(2026, 11, 24, 10, 0, tzinfo=STOCKHOLM)
TO = "hej@alexanderskolan.se"
MILK = "Klagomål: Signe på Valhallavägen fick vanlig mjölk till lunchen fast hon är mjölkallergiker. /Mia Lind"
AGAIN = "Hej, jag klagar. Otto på Valhallavägen fick fel yoghurt till mellanmålet, han är mjölkallergiker. /Ali Demir"
SECRET = "Jag vill vara anonym. Klagomål: Elin på Valhallavägen fick mjölk till lunchen trots sin mjölkallergi."
GATE = "Klagomål: grinden på Gärdet mot gatan står öppen på eftermiddagarna, det är farligt. /Ida Holm"
HOW = "Allergilistan hänger nu i köket."


async def case_of(trial: Trial, text: str, number: int) -> Case:
    return await trial.case(mail(TO, "Klagomål", text), AT + timedelta(minutes=number))


async def closed(trial: Trial, case: Case) -> None:
    assert await trial.register.close_case(case.id, case.owner, HOW, (), AT + timedelta(days=1))


async def notices(trial: Trial, case: Case) -> str:
    return "\n".join([one["body"] for one in await trial.letters(case, "notice")])


async def test_the_notice_of_a_new_case_shows_how_a_like_one_ended(trial: Trial) -> None:
    """B6: not as long as that is open, none that is about something else, none of somebody who stays unknown."""
    first, gate = await case_of(trial, MILK, 1), await case_of(trial, GATE, 2)
    hidden = await case_of(trial, SECRET, 3)
    assert hidden.anonymous
    assert await trial.register.meaning(first.id)
    assert not await trial.register.meaning(hidden.id)
    assert "Liknande ärenden" not in await notices(trial, await case_of(trial, AGAIN, 4))
    for one in (first, gate, hidden):
        await closed(trial, one)
    new = await case_of(trial, AGAIN.replace("Otto", "Olle"), 5)
    said = await notices(trial, new)
    assert f"{first.reference}, " in said
    assert f"2026-11-25: {HOW}" in said
    assert gate.reference not in said
    assert hidden.reference not in said
    assert [one.case.id for one in await earlier_of(trial.register, new)] == [first.id]


async def test_a_role_that_must_not_see_a_case_never_learns_of_it(trial: Trial) -> None:
    """G2: nor in the notice of another one; the three nearest of those that it may see are shown."""
    case = await case_of(trial, MILK, 1)
    hidden = replace(case, id="hidden", excluded=("head", "deputy"))
    seen = [replace(case, id=str(number)) for number in range(5)]
    found = [EarlierCase(case=one, closed_at=AT, how=HOW) for one in (hidden, case, *seen)]
    assert [one.case.id for one in seen_by("head", found, case)] == ["0", "1", "2"]
    assert [one.case.id for one in seen_by("other", found, case)] == ["hidden", "0", "1"]


async def test_an_example_of_a_conversation_holds_what_was_written_until_the_case_was_opened(trial: Trial) -> None:
    """Issue 6.8."""
    case = await case_of(trial, MILK, 1)
    part = {"disposition": "joined", "joined_by": "conversation", "channel": "telegram", "subject": "", "reply": ""}
    rows = [
        {**part, "text": "Nu igen.", "received_at": case.opened_at},
        {**part, "text": "Hej!", "received_at": case.opened_at - timedelta(minutes=2)},
        {**part, "text": "Och?", "received_at": case.opened_at + timedelta(days=1)},
        {**part, "text": "Mjölk.", "received_at": case.opened_at, "disposition": "registered", "joined_by": ""},
    ]
    assert words_of(case, rows) == {"channel": "chat", "subject": "", "body": "Hej!\nMjölk.\nNu igen."}


async def test_who_has_a_closed_case_is_told_that_it_is_open_again(trial: Trial) -> None:
    """C16."""
    case = await case_of(trial, MILK, 1)
    await closed(trial, case)
    more = mail(TO, f"Sv: {case.reference}", "Nu har det hänt igen, hon fick mjölk i dag.", sender=case.parties[0])
    again = await trial.case(more, AT + timedelta(days=2))
    assert (again.id, again.status) == (case.id, "open")
    (notice,) = await trial.letters(case, "added_notice")
    assert "är öppet igen" in notice["body"]
    assert "reopened" in await trial.journal(case)
