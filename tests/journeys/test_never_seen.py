"""Whom a case never shows: the anonymous sender, and the person complained about."""

from __future__ import annotations

from tests.journeys.house import House
from tests.journeys.mails import NOT_SATISFIED, answer, complaint, mail

# --- anonymous ------------------------------------------------------------------------------------------------------


async def test_an_anonymous_complaint_is_examined_and_not_answered_where_the_school_says_so(house: House) -> None:
    """A4: acknowledged, investigated, no answer promised; the notice names nobody."""
    text = (
        "Jag vill vara anonym. På förskolan Gärdet får barnen inte gå ut på hela dagen fast det står i schemat. "
        "Personalen sitter med sina telefoner medan barnen gråter. Det har pågått hela hösten."
    )
    one = mail("hej@alexanderskolan.se", "Klagomål", text, sender="hemlig@post.example", name="Hemlig Hansson")
    case, letter = await house.opened(one)
    assert (case.anonymous, case.owner, case.parties) == (True, "head_gardet", ())
    said = house.school(case).lines_in(house.school(case).anonymous.what_happens, "sv")
    assert said
    assert [words for words in said if words not in letter.words] == []
    assert not any(one.promised for one in case.deadlines)
    notice = await house.arrived(case, "notice", "head_gardet")
    assert "hemlig" not in notice.received.content.decode().lower()
    assert "Hansson" not in notice.text + notice.html
    (message,) = await house.register.messages(case.id)
    assert (message["sender"], message["sender_name"]) == ("", "")


async def test_an_anonymous_report_is_registered_and_not_examined_where_the_school_says_so(house: House) -> None:
    """C3: told so, with the way to report by name; no dates run."""
    text = (
        "Искам да остана анонимен. В столовата на училището храната често е студена, а приборите не са измити добре. "
        "Учителите знаят и нищо не се прави."
    )
    case = await house.registered(mail("reception@stgeorgeschool.eu", "Сигнал", text))
    letter = await house.arrived(case, "not_examined")
    assert case.anonymous
    assert case.reference in letter.words
    said = house.school(case).lines_in(house.school(case).anonymous.what_happens, "bg")
    assert said
    assert [words for words in said if words not in letter.words] == []
    assert "кажете името си" in letter.words
    assert {one.kind for one in case.deadlines} <= {"acknowledge"}
    assert await house.roles(case, "acknowledgement") == []
    assert "deputy_director" in await house.roles(case, "notice")


# --- the person complained about ------------------------------------------------------------------------------------

ABOUT_THE_HEAD = (
    "Hej,\n\njag klagar på förskolerektorn på Gärdet, Siv Ekebladh. I torsdags skrek hon åt min son inför de andra "
    "barnen och kallade honom dum, och i går gjorde hon det igen. Två andra föräldrar såg det. Jag har sagt till henne "
    "men hon slutar inte. Det är helt oacceptabelt.\n\nPer Alm"
)


async def test_the_person_complained_about_gets_nothing(house: House) -> None:
    """E2, G2: no notice of it, no list that has it, no count of it; another person owns it."""
    accused = "siv.ekebladh@alexanderskolan.se"
    case, letter = await house.opened(mail("hej@alexanderskolan.se", "Klagomål på Siv Ekebladh", ABOUT_THE_HEAD))
    assert "head_gardet" in case.excluded
    assert "head_gardet" not in case.recipients
    assert case.owner == "operations_manager"
    await house.take(answer(letter, "Det hände en gång till i dag. Hälsningar Per"))
    await house.take(answer(letter, NOT_SATISFIED["sv"]))
    # Another complaint about the same preschool is hers, and its notice lists the open cases of the preschool.
    other, _ = await house.opened(complaint("alexanderskolan", "sv"))
    notice = await house.arrived(other, "notice", "head_gardet")
    assert notice.to == accused
    await house.all_sent()
    assert {one["to_value"] for one in await house.ordered(case)}.isdisjoint({accused})
    assert [one.subject for one in house.post.letters if one.to == accused and one.is_about(case.reference)] == []


async def test_the_stand_in_is_never_who_is_complained_about(house: House) -> None:
    """G2: where the owner's stand-in is the person complained about, somebody else steps in."""
    text = ABOUT_THE_HEAD.replace("förskolerektorn på Gärdet, Siv Ekebladh", "verksamhetschefen Hedvig Lagerstam")
    case = await house.registered(mail("hej@alexanderskolan.se", "Klagomål på Hedvig Lagerstam", text))
    assert "operations_manager" in case.excluded
    assert case.owner not in case.excluded
    roles = {one["role"] for one in await house.ordered(case)}
    assert roles.isdisjoint(case.excluded)
    assert "hedvig.lagerstam@alexanderskolan.se" not in {one["to_value"] for one in await house.ordered(case)}


async def test_a_name_alone_keeps_its_holder_from_the_case(house: House) -> None:
    """G2: a role's holder is named, without a title."""
    text = ABOUT_THE_HEAD.replace("förskolerektorn på Gärdet, Siv Ekebladh", "Hedvig Lagerstam")
    case = await house.registered(mail("hej@alexanderskolan.se", "Klagomål på Hedvig Lagerstam", text))
    assert case.excluded == ("operations_manager",)


async def test_whom_a_complaint_is_written_to_is_not_whom_it_is_about(house: House) -> None:
    """A3: the head of the preschool is greeted by name, and gets the case."""
    text = "Hej Siv Ekebladh,\n\njag klagar på maten på Gärdet. Min son har fått fel mat tre gånger.\n\nPer Alm"
    case = await house.registered(mail("hej@alexanderskolan.se", "Klagomål på maten", text))
    assert (case.owner, case.excluded) == ("head_gardet", ())


async def test_only_the_head_of_the_preschool_is_kept_from_the_case(house: House) -> None:
    """G2: the other preschools have nothing to do with it; step 3 needs the head of the one it is about (A5)."""
    case = await house.registered(mail("hej@alexanderskolan.se", "Klagomål på Siv Ekebladh", ABOUT_THE_HEAD))
    assert case.excluded == ("head_gardet",)


async def test_whoever_is_only_mentioned_is_not_complained_about(house: House) -> None:
    """A5: the head answered; that the parent says so does not shut the head out of the meeting of step 3."""
    _, letter = await house.opened(complaint("alexanderskolan", "sv"))
    text = "Hej igen. Nu har jag fått svar av förskolerektorn, men jag är fortfarande inte nöjd. Jag vill gå vidare."
    entered = await house.take(answer(letter, text))
    assert entered.case is not None
    assert (entered.case.stage, entered.case.excluded) == ("step_3", ())
    assert "head_gardet" in entered.case.recipients
