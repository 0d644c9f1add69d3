"""A case goes on: replies join it, who asks is told, who is not satisfied is taken further."""

from __future__ import annotations

import pytest

from register.records import Disposition
from tests.journeys.house import House
from tests.journeys.mails import NOT_SATISFIED, Mail, answer, complaint, mail, promised_dates

HOW_IS_IT_GOING = {
    "sv": "Hej, hur går det med mitt ärende? När får jag svar?",
    "bg": "Здравейте, докъде стигна моят случай? Кога ще получа отговор?",
    "nb": "Hei, hvordan går det med saken min? Når får jeg svar?",
}


# --- replies --------------------------------------------------------------------------------------------------------


async def test_a_reply_by_its_signed_address_joins(house: House) -> None:
    """D5: the token alone suffices, from whatever address; no second acknowledgement, and the owner is told."""
    case, letter = await house.opened(complaint("alexanderskolan", "sv"))
    one = answer(letter, "Jag vill lägga till att det hände igen i dag.", sender="pappa@arbete.example", threaded=False)
    entered = await house.take(one)
    assert (entered.disposition, entered.case and entered.case.reference) == (Disposition.JOINED, case.reference)
    assert (await house.register.messages(case.id))[-1]["joined_by"] == "token"
    assert await house.roles(case, "acknowledgement") == ["sender"]
    assert await house.roles(case, "added_notice") == ["head_gardet"]
    assert "det hände igen i dag" in (await house.arrived(case, "added_notice", "head_gardet")).words


async def test_a_reply_by_its_message_id_joins(house: House) -> None:
    """The signed Message-ID alone suffices: a mail program that drops the plus address loses nothing."""
    case, letter = await house.opened(complaint("nordberg", "nb"))
    entered = await house.take(answer(letter, "Det skjedde igjen i dag.", to="post@nordberg.example"))
    assert (entered.disposition, entered.case and entered.case.reference) == (Disposition.JOINED, case.reference)
    assert (await house.register.messages(case.id))[-1]["joined_by"] == "letter"
    assert await house.roles(case, "acknowledgement") == ["sender"]


async def test_a_stranger_who_quotes_a_number_does_not_join(house: House) -> None:
    """A bare number joins nobody: a case of its own, and a person is shown what it may belong to."""
    case, _ = await house.opened(complaint("alexanderskolan", "sv"))
    other = complaint("alexanderskolan", "sv", subject=f"Angående {case.reference}", name="Okänd")
    entered = await house.take(other)
    assert entered.disposition is Disposition.REGISTERED
    assert entered.case is not None
    assert entered.case.reference != case.reference
    notice = await house.arrived(entered.case, "notice", "head_gardet")
    assert f"Kan höra ihop med - {case.reference}" in notice.words.replace("– ", "- ")
    registered = (await house.register.journal(entered.case.id))[0]
    assert registered.facts["may_belong_to"] == [case.reference]


async def test_whoever_belongs_to_the_case_joins_by_its_number(house: House) -> None:
    case, letter = await house.opened(complaint("alexanderskolan", "sv"))
    text = "Hej, det hände igen i dag."
    entered = await house.take(mail("hej@alexanderskolan.se", f"Om {case.reference}", text, sender=letter.to))
    assert (entered.disposition, entered.case and entered.case.id) == (Disposition.JOINED, case.id)


async def test_the_same_mail_again_is_no_second_case(house: House) -> None:
    """F2, G4: a relay that tries again, or a copy to a second mailbox of the school, joins and is not acknowledged."""
    one = complaint("alexanderskolan", "sv")
    case, _ = await house.opened(one)
    stamped = Mail(sender=one.sender, to="gardet@alexanderskolan.se", content=b"Received: from a\r\n" + one.content)
    entered = await house.take(stamped, by="smtp")
    assert (entered.disposition, entered.case and entered.case.id) == (Disposition.JOINED, case.id)
    assert await house.roles(case, "acknowledgement") == ["sender"]
    assert await house.roles(case, "added_notice") == []


@pytest.mark.parametrize(("school", "language"), [("alexanderskolan", "sv"), ("st_george", "bg"), ("nordberg", "nb")])
async def test_who_asks_how_it_goes_is_told_the_truth(house: House, school: str, language: str) -> None:
    """D6: owner, stage and dates as they stand, at once."""
    case, letter = await house.opened(complaint(school, language))
    entered = await house.take(answer(letter, HOW_IS_IT_GOING[language]))
    assert entered.disposition is Disposition.JOINED
    status = await house.arrived(case, "status")
    procedure = house.school(case)
    owner, stage = procedure.role(case.owner), procedure.stage(case.stage)
    assert owner
    assert stage
    assert status.to == letter.to
    assert owner.name in status.words
    assert procedure.in_language(stage.title, language) in status.words
    for date in promised_dates(case, procedure.zone, language):
        assert date.search(status.words)
    assert await house.roles(case, "acknowledgement") == ["sender"]


# --- not satisfied --------------------------------------------------------------------------------------------------


async def test_not_satisfied_goes_to_the_next_stage_and_then_outside(house: House) -> None:
    """A5, A6, D2, G8: another owner with new dates and the hand-over told; after the last stage the body outside."""
    case, letter = await house.opened(complaint("alexanderskolan", "sv"))
    one = await house.take(answer(letter, NOT_SATISFIED["sv"]))
    assert one.case is not None
    assert (one.case.stage, one.case.owner) == ("step_3", "operations_manager")
    assert [deadline.kind for deadline in one.case.deadlines] == ["meeting"]
    told = await house.arrived(case, "next_stage")
    assert "Hedvig Lagerstam" in told.words
    assert "Steg 3: möte med alla berörda" in told.words
    assert (await house.arrived(case, "notice", "operations_manager")).to == "hedvig.lagerstam@alexanderskolan.se"
    again = await house.take(answer(told, NOT_SATISFIED["sv"]))
    assert again.case is not None
    assert again.case.owner == "operations_manager"
    outside = await house.arrived(case, "next_stage")
    assert outside.message_id != told.message_id
    assert "Utbildningsförvaltningen" in outside.words
    assert "08-508 33 000" in outside.words
    assert "anmalan@stockholm.se" in outside.words


async def test_at_st_george_the_next_levels_are_director_committee_and_manager(house: House) -> None:
    """C9, G8: each level is another person; the committee's members are written to one by one."""
    case, letter = await house.opened(complaint("st_george", "bg"))
    for stage, owner in (("director", "director_school"), ("committee", "committee"), ("manager", "manager")):
        entered = await house.take(answer(letter, NOT_SATISFIED["bg"]))
        assert entered.case is not None
        assert (entered.case.stage, entered.case.owner) == (stage, owner)
        letter = await house.arrived(case, "next_stage")
    told = [one["role"] for one in await house.ordered(case, "notice")]
    assert {"director_school", "legal_adviser", "hr_head", "deputy_director", "manager"} <= set(told)
    assert "committee" not in told
    assert "ruo-sofia-grad.com" in (await house.arrived(case, "next_stage")).words
