"""The main job on real mail: received, registered, acknowledged and routed, for every school in every language."""

from __future__ import annotations

import re
from datetime import datetime, timedelta

import pytest

from tests.journeys.house import House
from tests.journeys.mails import COMPLAINTS, LANGUAGES, complaint, due, mail, promised_dates

#: what a case number looks like (A7, C8)
NUMBERS = {
    "alexanderskolan": r"ALX \d{4}-\d{4}",
    "huddinge": r"HUD \d{4}-\d{4}",
    "st_george": r"SG-\d{8}-\d{4}",
    "nordberg": r"NORD \d{4}-\d{4}",
}
#: deadlines that the sender is promised, and the role's title of who takes over
PROMISED = {
    "alexanderskolan": ({"answer"}, "operations_manager"),
    "huddinge": ({"contact", "answer"}, "operations_manager"),
    "st_george": ({"check", "response"}, "director_school"),
    "nordberg": ({"contact", "answer"}, "principal"),
}
#: "in my own words" and the invitation to correct it, as each language begins it
CORRECT_IT = {
    "sv": "Har vi missförstått något?",
    "bg": "Разбрахме ли нещо погрешно?",
    "nb": "Har vi misforstått noe?",
    "nn": "Har vi misforstått noko?",
    "en": "Have we misunderstood something?",
}
EVERY = [(school, language) for school in COMPLAINTS for language in LANGUAGES]


# --- the acknowledgement and the notice ----------------------------------------------------------------------------


@pytest.mark.parametrize(("school", "language"), EVERY)
async def test_a_complaint_is_registered_acknowledged_and_routed(house: House, school: str, language: str) -> None:
    """A1, A3, A6, B1, B3, C8, C9, D1, D2, D3, D5, E2, F2, G1: the whole main job, in the parent's language."""
    said = COMPLAINTS[school][language]
    one = complaint(school, language)
    case, letter = await house.opened(one)
    procedure, table = house.school(case), COMPLAINTS[school]
    assert re.fullmatch(NUMBERS[school], case.reference)
    assert (case.organisation, case.unit, case.owner, case.language) == (
        school, table["unit"], table["owner"], language,
    )  # fmt: skip
    assert case.category
    kinds, next_role = PROMISED[school]
    owner, next_level = procedure.role(case.owner), procedure.role(next_role)
    unit, stage = procedure.unit(case.unit), procedure.stage(case.stage)
    assert owner
    assert next_level
    assert unit
    assert stage
    wanted = [
        case.reference,
        said["subject"],
        CORRECT_IT[language],
        *(owner.name, owner.mail, owner.phone.removeprefix("+")[-6:]),
        procedure.in_language(procedure.title(owner), language),
        procedure.in_language(unit.name, language),
        procedure.in_language(stage.title, language),
        *procedure.lines_in(stage.what_happens, language),
        *(next_level.name, next_level.mail),
        *procedure.lines_in(procedure.outside_body.lines, language),
    ]
    assert [words for words in wanted if words not in letter.words] == []
    written = promised_dates(case, procedure.zone, language)
    assert [date.pattern for date in written if not date.search(letter.words)] == []
    assert {one.kind for one in case.deadlines if one.promised} == kinds
    notice = await house.arrived(case, "notice", case.owner)
    assert notice.to == owner.mail
    assert case.reference in notice.subject + notice.words
    assert next(line for line in said["text"].splitlines() if len(line) > 60)[:50] in notice.words


@pytest.mark.parametrize(("school", "language"), [("alexanderskolan", "bg"), ("st_george", "nn"), ("nordberg", "en")])
async def test_the_schools_language_stands_beside_the_parents(house: House, school: str, language: str) -> None:
    """D3: first the parent's language, then the school's own."""
    case, letter = await house.opened(complaint(school, language))
    own = house.school(case).default_language
    assert str(letter.message["Content-Language"]) == f"{language}, {own}"
    assert 0 < letter.words.index(CORRECT_IT[language]) < letter.words.index(CORRECT_IT[own])
    assert f'lang="{language}"' in letter.html
    assert f'lang="{own}"' in letter.html


async def test_a_letter_says_to_programs_that_it_is_automatic(house: House) -> None:
    """D3, G5: nobody's robot answers ours; the letter stands in the parent's thread; an answer finds its case."""
    one = complaint("alexanderskolan", "sv")
    case, letter = await house.opened(one)
    headers = {name: str(letter.message[name]) for name in letter.message}
    assert headers["Auto-Submitted"] == "auto-replied"
    assert headers["Precedence"] == "auto_reply"
    assert headers["X-Auto-Response-Suppress"] == "All"
    assert letter.received.envelope_from == ""
    assert (headers["In-Reply-To"], headers["References"]) == (f"<{one.message_id}>", f"<{one.message_id}>")
    assert "hej@alexanderskolan.se" in headers["From"]
    token = letter.reply_to.partition("+")[2].partition("@")[0]
    assert house.desk.seals.open_token(token) == case.id
    assert house.desk.seals.open_message_id(letter.message_id) is not None
    notice = await house.arrived(case, "notice", case.owner)
    assert str(notice.message["Auto-Submitted"]) == "auto-generated"
    assert notice.received.envelope_from == ""


async def test_a_letter_is_plain_text_and_html(house: House) -> None:
    """D3: any mail program can show it."""
    _, letter = await house.opened(complaint("nordberg", "nb"))
    parts = [part.get_content_type() for part in letter.message.walk()]
    assert parts == ["multipart/alternative", "text/plain", "text/html"]
    assert "color-scheme" in letter.html


async def test_the_clock_starts_at_receipt(house: House) -> None:
    """A3: an answer within 14 days, counted from the day on which the complaint came."""
    case, _ = await house.opened(complaint("alexanderskolan", "sv"))
    message, *_ = await house.register.messages(case.id)
    zone = house.school(case).zone
    received: datetime = message["received_at"]
    assert due(case, "answer").due_at.astimezone(zone).date() == received.astimezone(zone).date() + timedelta(days=14)


async def test_the_number_holds_year_and_date_of_registration(house: House) -> None:
    """C8: SG-YYYYMMDD-NNNN, and the file that now exists has the journal of its entry."""
    case, _ = await house.opened(complaint("st_george", "bg"))
    here = case.opened_at.astimezone(house.school(case).zone)
    assert case.reference.startswith(f"SG-{here:%Y%m%d}-")
    assert [entry.what for entry in await house.register.journal(case.id)][:3] == [
        "registered",
        "decided",
        "owner_named",
    ]


async def test_to_speak_first_is_kindly_advised_and_no_condition(house: House) -> None:
    """A2, E1: the advice names a way, and says that the case goes on regardless."""
    for school, language, words in (("alexanderskolan", "sv", "går vidare ändå"), ("nordberg", "nb", "22 00 00 01")):
        case, letter = await house.opened(complaint(school, language))
        (advice,) = house.school(case).advice
        said = house.school(case).in_language(advice.text, language)
        assert words in said
        assert said in letter.words


async def test_every_report_goes_to_the_deputy_director_too(house: House) -> None:
    """C5: the head of the primary stage owns it; the deputy director "Administrative activity" gets it at once."""
    case, _ = await house.opened(complaint("st_george", "bg"))
    assert case.recipients[:2] == ("head_primary", "deputy_director")
    notice = await house.arrived(case, "notice", "deputy_director")
    assert notice.to == "ivaylo.stoimenov@stgeorgeschool.eu"


async def test_a_preschools_own_mailbox_says_which_one_it_is(house: House) -> None:
    """A1: what a head forwards to the preschool's mailbox is registered the same way, and answered from hej@."""
    one = mail("linnegatan@alexanderskolan.se", "Klagomål", "Min son har fått fel mat tre gånger trots sin allergi.")
    case, letter = await house.opened(one)
    assert (case.unit, case.owner) == ("Linnégatan", "head_linnegatan")
    assert letter.reply_to.partition("+")[0] == "hej"
    assert "Torsten Brandelius" in letter.words


async def test_a_notice_carries_the_local_facts_and_the_open_cases(house: House) -> None:
    """D4: who handles it knows the place and what else is open there; the parent is told nothing of it."""
    first, _ = await house.opened(complaint("nordberg", "nb"))
    second, letter = await house.opened(complaint("nordberg", "nn"))
    unit = house.school(second).unit(second.unit)
    assert unit
    notice = await house.arrived(second, "notice", "head_9")
    facts = house.school(second).lines_in(unit.facts, "nb")
    assert [fact for fact in facts if fact not in notice.words] == []
    assert notice.is_about(first.reference)
    assert not letter.is_about(first.reference)


async def test_a_kindergarten_complaint_is_its_directors(house: House) -> None:
    """C2, C9: the mailbox says which of the two schools it is, where the text does not."""
    text = COMPLAINTS["st_george"]["en"]["text"].replace(" of the primary school", "").replace("class 3B", "our group")
    one = mail("sgp.reception@stgeorgeschool.eu", "Complaint about the lessons", text, name="Oliver Grant")
    case, letter = await house.opened(one)
    assert (case.unit, case.owner) == ("kindergarten", "director_kindergarten")
    assert "Албена Русинова" in letter.words


# --- both doors, the books ------------------------------------------------------------------------------------------


async def test_every_case_is_acknowledged_and_the_books_add_up(house: House) -> None:
    """F1, F2, D2, G4: this one, and whatever other tests have sent."""
    await house.opened(complaint("alexanderskolan", "sv"))
    await house.all_sent()
    cases = await house.register.cases()
    owed = [case.reference for case in cases if not case.acknowledged_at and not case.not_acknowledged_because]
    assert owed == []
    assert all(case.owner for case in cases)
    books = await house.register.books()
    assert (books.balanced, books.waiting) == (True, 0)
    assert await house.register.verify() == ()
