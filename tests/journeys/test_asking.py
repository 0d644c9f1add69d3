"""What the acknowledgement asks for, who shares a case, and what becomes of a concern."""

from __future__ import annotations

from register.records import Disposition
from tests.journeys.house import House
from tests.journeys.mails import NOT_SATISFIED, answer, complaint, due, mail, promised_dates

# --- what is missing, what is asked ---------------------------------------------------------------------------------


async def test_missing_parts_are_asked_for_once(house: House) -> None:
    """C7: in the acknowledgement, and the case does not wait; an answer is not asked again."""
    case, letter = await house.opened(complaint("st_george", "en"))
    decision = await house.register.decision(case.id)
    assert decision is not None
    assert {"full_name", "address"} <= set(decision.missing_parts)
    assert "What is missing" in letter.words
    assert "your postal address" in letter.words
    added = "My full name is Oliver James Grant, my address is 12 Oborishte Street, Sofia. Regards, Oliver James Grant"
    joined = await house.take(answer(letter, added))
    assert joined.disposition is Disposition.JOINED
    assert await house.roles(case, "acknowledgement") == ["sender"]
    assert len([one for one in await house.ordered(case) if one["role"] == "sender"]) == 1


async def test_the_parent_is_asked_whether_they_want_an_investigation(house: House) -> None:
    """B2: asked in the acknowledgement; the yes joins the case and nothing is asked again."""
    case, letter = await house.opened(complaint("huddinge", "sv"))
    assert "Vill du att vi utreder det som har hänt? Det är du som bestämmer." in letter.words
    assert due(case, "question_repeated").due_at > case.opened_at
    joined = await house.take(answer(letter, "Hej! Ja, jag vill att ni utreder det som har hänt.\n\nSamira Lundqvist"))
    assert joined.case is not None
    assert (joined.disposition, joined.case.stage) == (Disposition.JOINED, "investigation")


async def test_that_nobody_looks_into_it_is_no_wish_that_nobody_should(house: House) -> None:
    """B2: the sender decides, so only what the sender says of it counts."""
    text = "Домашните на дъщеря ми в Kvarnbergsskolan не се проверяват от септември. Това е недопустимо."
    case = await house.registered(mail("klagomal@huddinge.example", "Оплакване", text))
    assert case.stage == "investigation"


async def test_degrading_treatment_has_a_person_of_its_own(house: House) -> None:
    """B4, B5: the investigator owns it, whoever is responsible for the matter shares it, the week's list has it."""
    text = (
        "Hej,\n\nmin son i 5C på Segeltorpsskolan blir mobbad och kränkt av tre elever i klassen. De kallar honom "
        "äckliga ord, fryser ut honom på rasterna och skrattar åt honom. Det har pågått hela hösten. Läraren ser på "
        "och gör ingenting. Jag anmäler kränkande behandling.\n\nNour Haddad"
    )
    case, letter = await house.opened(mail("klagomal@huddinge.example", "Mobbning och kränkning", text))
    assert (case.owner, case.category) == ("investigator", "degrading_treatment")
    decision = await house.register.decision(case.id)
    assert decision is not None
    tasks = {(one.role, one.task) for one in decision.assignments}
    assert ("degrading_lead", "responsible_beside") in tasks
    assert {("deputy_manager_north", "weekly_meeting"), ("deputy_manager_south", "weekly_meeting")} <= tasks
    lead = house.school(case).role("degrading_lead")
    assert lead is not None
    assert lead.name in letter.words
    assert (await house.arrived(case, "notice", "degrading_lead")).to == lead.mail


async def test_special_support_is_on_the_weekly_list(house: House) -> None:
    """B4."""
    text = (
        "Hej,\n\nmin dotter på Kvarnbergsskolan har dyslexi och ett beslutat åtgärdsprogram, men hon får inte det "
        "särskilda stöd som hon har rätt till. Specialläraren har inte kommit sedan augusti.\n\nJonas Vik"
    )
    case = await house.registered(mail("klagomal@huddinge.example", "Klagomål: inget särskilt stöd", text))
    decision = await house.register.decision(case.id)
    assert decision is not None
    assert {one.role for one in decision.assignments if one.task == "weekly_meeting"} == {
        "deputy_manager_north", "deputy_manager_south",
    }  # fmt: skip


# --- concern and complaint ------------------------------------------------------------------------------------------


async def test_a_concern_takes_the_informal_stage(house: House) -> None:
    """C1: acknowledged within 2 working days, answered within 7 school days, with a meeting; no parts are asked for."""
    text = (
        "Здравейте,\n\nпритеснявам се за сина ми в 2А клас, начален етап. Напоследък той не иска да ходи на училище и "
        "се прибира тъжен. Не знам какво се случва. Бихте ли поговорили с него и с класната му? Безпокоя се за него."
        "\n\nПоздрави,\nВесела Костова"
    )
    case, letter = await house.opened(mail("reception@stgeorgeschool.eu", "Притеснение за сина ми", text))
    assert (case.kind, case.stage) == ("concern", "informal")
    stage = house.school(case).stage("informal")
    assert stage
    said = house.school(case).lines_in(stage.what_happens, "bg")
    assert "на среща" in " ".join(said)
    assert [words for words in said if words not in letter.words] == []
    calendar = house.school(case).calendar_of("primary")
    assert due(case, "acknowledge").due_at == calendar.add(case.opened_at, 2, "working_days")
    assert due(case, "answer").clause == "Етап 1 Неофициален"
    assert next(promised_dates(case, house.school(case).zone, "bg")).search(letter.words)


async def test_a_concern_that_is_not_settled_becomes_a_complaint(house: House) -> None:
    """C1, G8: one reply, a new stage with new dates under the same number."""
    text = (
        "Здравейте,\n\nпритеснявам се за сина ми в 2А клас, начален етап. Напоследък той не иска да ходи на училище и "
        "се прибира тъжен. Не знам какво се случва. Бихте ли поговорили с него и с класната му?\n\nМария Велева"
    )
    case, letter = await house.opened(mail("reception@stgeorgeschool.eu", "Притеснение за сина ми", text))
    entered = await house.take(answer(letter, NOT_SATISFIED["bg"]))
    assert entered.case is not None
    assert (entered.case.reference, entered.case.stage) == (case.reference, "formal")
    assert {"check", "response"} <= {one.kind for one in entered.case.deadlines}
