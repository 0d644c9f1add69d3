"""Staff in their chats: who may press what, what it does to a case once, and what comes again until it is taken."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from bot.desk import Desk
from bot.staff.codes import CODE_LIFE, digest, new_code
from bot.staff.pressing import data
from procedures.load import Procedures
from procedures.model import Procedure
from register.records import Case
from register.store import Register
from replies.staff import button
from tests.journeys.mails import complaint, mail
from tests.unit.bot.test_conversation import AT, DANGER, Phone, sound
from tests.unit.bot.trying import Trial

SCHOOL = "alexanderskolan"
MINUTE = timedelta(minutes=1)
TAKE, SHOW, PASS, ABOUT, WRITE, LONGER, SEND, STOP = (
    button(key, "sv") for key in ("take", "show", "pass", "about", "write", "longer", "send", "stop")
)
TEXT = "Vi ringer dig i morgon kl. 10."


async def linked(trial: Trial, role: str, chat: int, kind: str = "private") -> Phone:
    """A phone whose chat is linked to a role."""
    code, phone = new_code(), Phone(trial, chat=chat, kind=kind)
    await trial.register.staff.offer(digest(code, trial.desk.seals), SCHOOL, role, AT, CODE_LIFE)
    await phone.says(f"/staff {code}")
    return phone


async def a_case(trial: Trial, text: str = "") -> Case:
    """A complaint by mail about the preschool Gärdet, and everything that it sets off."""
    first = mail("hej@alexanderskolan.se", "Maten", text) if text else complaint(SCHOOL, "sv")
    case = await trial.case(first, AT)
    await trial.send(AT, urgent=True)
    await trial.send(AT)
    return case


async def now(trial: Trial, case: Case) -> Case:
    found = await trial.register.case(case.id)
    assert found is not None
    return found


def heard(trial: Trial, phone: Phone) -> None:
    """The phone reads what was sent to its chat before."""
    phone.heard = [one for one in trial.bag.letters if one.to.value == str(phone.chat)]


async def test_a_code_links_a_chat_once(trial: Trial) -> None:
    """Issue 3.3: one use, by whoever sends it first; the same chat may send it again, as it does after a crash."""
    code = new_code()
    await trial.register.staff.offer(digest(code, trial.desk.seals), SCHOOL, "head_gardet", AT, CODE_LIFE)
    mine, other = Phone(trial, chat=1), Phone(trial, chat=2)
    await mine.says(code.lower())
    assert "kopplad till" in mine.last
    await mine.says(code)
    assert "kopplad till" in mine.last
    await other.says(f"/start {code.lower()}")
    assert "fungerar inte" in other.last
    (link,) = await trial.register.staff.chats(SCHOOL)
    assert (link.chat, link.role, link.kind) == ("1", "head_gardet", "private")
    assert await trial.register.cases() == ()
    await sound(trial)


async def test_a_code_ends_after_a_day(trial: Trial) -> None:
    code, phone = new_code(), Phone(trial)
    await trial.register.staff.offer(digest(code, trial.desk.seals), SCHOOL, "head_gardet", AT, CODE_LIFE)
    await phone.says(code, AT + CODE_LIFE)
    assert "fungerar inte" in phone.last
    assert await trial.register.staff.chats() == ()


async def test_a_notice_comes_by_mail_and_chat_and_shows_nothing_of_the_child_before_it_is_asked_for(
    trial: Trial,
) -> None:
    """C5: number, unit, category; the whole of it behind a button."""
    case = await a_case(trial)
    phone = await linked(trial, case.owner, 7)
    case = await a_case(trial, "Min son Love på Gärdet får fel mat. Det är oacceptabelt och jag klagar på det.")
    heard(trial, phone)
    kinds = [(one["to_kind"], one["role"]) for one in await trial.letters(case, "notice")]
    assert ("mail", case.owner) in kinds
    assert ("telegram", case.owner) in kinds
    assert case.reference in phone.last
    assert "Love" not in phone.last
    await phone.presses(SHOW)
    assert "Love" in phone.last
    assert "shown" in await trial.journal(case)


async def test_who_presses_first_has_it_and_the_second_is_told_who(trial: Trial) -> None:
    case = await a_case(trial)
    mine = await linked(trial, case.owner, 7)
    other = await linked(trial, case.owner, 8)
    await mine.sends_back(data("take", case.id))
    assert "Du har tagit" in mine.last
    await mine.sends_back(data("take", case.id))
    assert "redan tagit" in mine.last
    await other.sends_back(data("take", case.id))
    assert "redan tagit" in other.last
    assert (await trial.journal(case)).count("taken") == 1
    (line,) = [one for one in await trial.register.journal(case.id) if one.what == "taken"]
    assert line.who == case.owner
    await sound(trial)


async def test_a_stranger_and_a_colleague_who_takes_no_part_can_press_nothing(trial: Trial) -> None:
    """G2: a forged button does nothing, whoever sends it, and tells nothing of the case."""
    case = await a_case(trial)
    stranger, colleague = Phone(trial, chat=66), await linked(trial, "head_linnegatan", 9)
    assert case.owner != "head_linnegatan"
    for phone in (stranger, colleague):
        for verb in ("take", "show", "pass", "mine", "write", "send"):
            await phone.sends_back(data(verb, case.id))
            assert case.reference not in phone.last
    await colleague.sends_back("s:to:x:y:z")
    await colleague.sends_back(data("take", "no-such-case"))
    after = await now(trial, case)
    assert (after.owner, after.excluded) == (case.owner, case.excluded)
    assert await trial.register.staff.taken(case.id) is None
    await sound(trial)


async def test_a_case_is_passed_on_with_its_dates_and_the_parent_is_told(trial: Trial) -> None:
    """D2: one owner at every moment; a second press finds that it is over."""
    case = await a_case(trial)
    phone = await linked(trial, case.owner, 7)
    await phone.sends_back(data("pass", case.id))
    titles = [(title, send) for row in phone.heard[-1].buttons for title, send in row]
    title, send = next(one for one in titles if "verksamhetschef" in one[0])
    await phone.sends_back(send)
    after = await now(trial, case)
    assert after.owner == "operations_manager"
    assert {one.role for one in after.deadlines if one.kind == "answer"} == {"operations_manager"}
    assert title in phone.last
    assert await trial.roles(case, "status") == ["sender"]
    assert "operations_manager" in await trial.roles(case, "notice")
    await phone.sends_back(send)
    assert "inte längre" in phone.last
    assert (await trial.journal(case)).count("handed_over") == 1
    await sound(trial)


async def test_it_is_about_me_takes_the_case_out_of_sight_and_the_next_level_has_it(trial: Trial) -> None:
    """E2, G2: asked once more before, then for good: no notice, no button, another owner by the procedure."""
    case = await a_case(trial)
    phone = await linked(trial, case.owner, 7)
    await phone.sends_back(data("about", case.id))
    assert (await now(trial, case)).owner == case.owner
    await phone.presses(button("yes_about_me", "sv"))
    after = await now(trial, case)
    assert case.owner in after.excluded
    assert after.owner not in after.excluded
    heard_before = len(phone.heard)
    await phone.sends_back(data("show", case.id))
    assert case.reference not in phone.last
    await trial.tick(max(one.due_at for one in after.deadlines))
    await phone.listen(AT + timedelta(days=30))
    assert len(phone.heard) == heard_before + 1
    await sound(trial)


async def test_what_staff_write_is_shown_back_and_leaves_once(trial: Trial) -> None:
    """The parent gets it by mail, in their language with the school's beside it, and can answer."""
    case = await a_case(trial)
    phone = await linked(trial, case.owner, 7)
    await phone.sends_back(data("write", case.id))
    await phone.says("Vi ringer dig.")
    first = phone.button(SEND)
    await phone.says(TEXT)
    assert TEXT in phone.last
    assert await trial.letters(case, "message") == []
    await phone.sends_back(first)
    assert await trial.letters(case, "message") == []
    await phone.presses(SEND)
    await phone.presses(SEND)
    (letter,) = await trial.letters(case, "message")
    assert (letter["role"], letter["to_kind"]) == ("sender", "mail")
    assert TEXT in letter["body"]
    assert len(await trial.register.cases()) == 1
    await sound(trial)


async def test_it_takes_longer_without_an_extension_in_the_procedure_leaves_the_date(trial: Trial) -> None:
    """G6: the reason goes to the parent; the program invents no date."""
    case = await a_case(trial)
    phone = await linked(trial, case.owner, 7)
    await phone.sends_back(data("longer", case.id))
    await phone.says("Läraren är sjuk.")
    assert "inget nytt datum" in phone.last
    await phone.presses(SEND)
    (letter,) = await trial.letters(case, "longer")
    assert "Läraren är sjuk." in letter["body"]
    assert (await now(trial, case)).deadlines == case.deadlines
    assert "takes_longer" in await trial.journal(case)


async def test_staff_write_to_somebody_unknown_by_the_dialogue(trial: Trial) -> None:
    """G3: kept until they write again with their code."""
    case = await a_case(trial, "Jag vill vara anonym. Personalen på Gärdet skriker på barnen, det är oacceptabelt.")
    assert case.anonymous
    phone = await linked(trial, case.owner, 7)
    await phone.sends_back(data("write", case.id))
    await phone.says("När hände det?")
    await phone.presses(SEND)
    (question,) = await trial.register.unknown.questions(case.id)
    assert question.text == "När hände det?"
    assert await trial.letters(case, "message") == []


async def test_what_staff_write_in_their_chat_is_no_complaint_unless_they_say_so(trial: Trial) -> None:
    """Asked what is meant; by the button or /new it becomes a parent's message."""
    phone = await linked(trial, "head_gardet", 7)
    text = "Min dotter på Linnégatan får fel mat trots sin allergi. Jag vill klaga på det."
    await phone.says(text)
    assert "inte registrerats" in phone.last
    assert await trial.register.cases() == ()
    await phone.presses(button("parent", "sv"))
    await phone.work(AT)
    assert "Så här har jag förstått dig" in phone.last or "fel mat" in phone.last
    await phone.presses("Lämna in med mitt namn")
    await phone.work(AT)
    assert len(await trial.register.cases()) == 1
    await phone.says("Ringer du mig?")
    assert "inte registrerats" in phone.last
    await phone.says("/new")
    await phone.says("Bussen var sen i dag igen, och det är tredje gången. Jag klagar på det.")
    assert "inte registrerats" not in phone.last
    await sound(trial)


async def test_an_urgent_notice_comes_again_until_one_has_taken_it(trial: Trial) -> None:
    """C6, G7: every fifteen minutes, by every address, and then to nobody."""
    phone = await linked(trial, "head_gardet", 7)
    case = await a_case(trial, DANGER)
    first = len(await trial.letters(case, "urgent_notice"))
    assert first >= 2
    await trial.tick(AT + 14 * MINUTE)
    assert len(await trial.letters(case, "urgent_notice")) == first
    await trial.tick(AT + 15 * MINUTE)
    await trial.tick(AT + 15 * MINUTE)
    assert len(await trial.letters(case, "urgent_notice")) == 2 * first
    await phone.listen(AT + 15 * MINUTE)
    assert "Ingen har tagit ärendet" in phone.last
    await phone.presses(TAKE, AT + 16 * MINUTE)
    await trial.tick(AT + 60 * MINUTE)
    assert len(await trial.letters(case, "urgent_notice")) == 2 * first
    await sound(trial)


async def test_an_urgent_notice_that_has_not_left_is_not_repeated_behind_itself(trial: Trial) -> None:
    """A relay that is away for a day is not flooded when it comes back."""
    case = await trial.case(mail("hej@alexanderskolan.se", "Hjälp", DANGER), AT)
    first = len(await trial.letters(case, "urgent_notice"))
    await trial.tick(AT + 60 * MINUTE)
    assert len(await trial.letters(case, "urgent_notice")) == first


async def test_a_reply_by_mail_from_who_was_told_takes_an_urgent_case(trial: Trial) -> None:
    case = await a_case(trial, DANGER)
    (notice, *_) = [one for one in await trial.letters(case, "urgent_notice") if one["role"] == case.owner]
    token = trial.desk.seals.token(case.id)
    reply = mail(f"hej+{token}@alexanderskolan.se", "Re: brådskande", "Jag tar det.", sender=notice["to_value"])
    await trial.take(reply, AT + MINUTE)
    taken = await trial.register.staff.taken(case.id)
    assert taken is not None
    assert taken.role == case.owner


async def test_a_linked_group_acts_and_keeps_quiet(trial: Trial) -> None:
    """A group is the place of a role: its buttons work, its talk is neither registered nor answered nor kept."""
    case = await a_case(trial)
    group = await linked(trial, case.owner, -100, "group")
    said = len(group.heard)
    await group.says("Har någon sett det här?")
    assert len(group.heard) == said
    await group.sends_back(data("take", case.id))
    assert "Du har tagit" in group.last
    await group.sends(migrate_to_chat_id=-1007)
    (link,) = await trial.register.staff.chats(SCHOOL)
    assert link.chat == "-1007"
    assert len(await trial.register.cases()) == 1


@pytest.mark.parametrize("role", ["head_gardet", "operations_manager"])
async def test_whoever_is_complained_about_gets_no_notice_in_a_linked_chat(trial: Trial, role: str) -> None:
    """G2: also where the excluded role shares the chat with another one."""
    phone = await linked(trial, "operations_manager", 7)
    if role != "operations_manager":
        code = new_code()
        await trial.register.staff.offer(digest(code, trial.desk.seals), SCHOOL, role, AT, CODE_LIFE)
        await phone.says(code)
    said = len(phone.heard)
    text = (
        "Jag klagar på verksamhetschefen Hedvig Lagerstam. I torsdags skrek hon åt min son inför de andra barnen på "
        "förskolan Gärdet och kallade honom dum. Två andra föräldrar såg det. Det är helt oacceptabelt."
    )
    case = await a_case(trial, text)
    assert "operations_manager" in case.excluded
    heard(trial, phone)
    assert len(phone.heard) == said
    await phone.sends_back(data("show", case.id))
    assert case.reference not in phone.last


async def test_after_three_repetitions_the_role_that_the_procedure_names_is_told_as_well(
    make_desk: Callable[..., Desk], register: Register
) -> None:
    """C6: escalation is the procedure's word, and past whoever is excluded."""
    trial = Trial(make_desk(register, changed(urgent={"repeat_minutes": 5, "escalate_to": ("head_office",)})))
    case = await a_case(trial, DANGER)
    for number in range(1, 5):
        told = await trial.roles(case, "urgent_notice")
        assert "head_office" not in told, number
        await trial.tick(AT + number * 5 * MINUTE)
        await trial.send(AT + number * 5 * MINUTE, urgent=True)
    assert "head_office" in await trial.roles(case, "urgent_notice")


async def test_a_date_is_put_off_as_far_as_the_procedure_says_and_the_parent_is_told(
    make_desk: Callable[..., Desk], register: Register
) -> None:
    """G6: with a reason and by a clause, counted from the date that was promised."""
    trial = Trial(make_desk(register, changed(extension={"n": 7, "unit": "calendar_days", "clause": "7 §"})))
    case = await a_case(trial)
    phone = await linked(trial, case.owner, 7)
    before = next(one for one in case.deadlines if one.promised)
    await phone.sends_back(data("longer", case.id))
    await phone.says("Läraren är sjuk.")
    await phone.presses(SEND)
    after = next(one for one in (await now(trial, case)).deadlines if one.promised)
    assert after.due_at.date() == before.due_at.date() + timedelta(days=7)
    (letter,) = await trial.letters(case, "longer")
    assert f"{after.due_at.day} december" in letter["body"]
    (line,) = [one for one in await trial.register.journal(case.id) if one.what == "takes_longer"]
    assert (line.clause, line.who) == ("7 §", case.owner)


def changed(*, urgent: dict[str, Any] | None = None, extension: dict[str, Any] | None = None) -> Procedures:
    """The four schools, one of them with other rules."""
    known = Procedures.load()
    old = known.get(SCHOOL)
    assert old is not None
    table = old.model_dump(by_alias=True)
    table["urgent"] |= urgent or {}
    for stage in table["stages"]:
        stage["time_limits"] = [limit | {"extension": extension} for limit in stage["time_limits"]]
    new = Procedure.model_validate(table)
    return Procedures(all=tuple(new if one is old else one for one in known.all))
