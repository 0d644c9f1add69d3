from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from procedures.letters import letter_facts
from procedures.model import Procedure
from register.records import Attachment, Contact, Decision, LetterFacts, LetterOrder, Ruling, Understanding, Verdict
from tests.unit.procedures.making import (
    ALEXANDERSKOLAN,
    HUDDINGE,
    NORDBERG,
    SCHOOLS,
    ST_GEORGE,
    decided,
    mail,
    opened,
    said,
    sure,
    understood,
)

LANGUAGES = ("sv", "bg", "nb", "nn", "en")
MEALS = understood(unit="Linnégatan", category="meals", gist="Maten var kall igen.")


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("school", SCHOOLS.all, ids=lambda one: one.id)
def test_the_acknowledgement_is_worked_out_from_the_procedure(school: Procedure, language: str) -> None:
    """G1: step, person, dates, next level, outside body, in the parent's language, for every school."""
    understanding = understood(unit=school.units[0].id, category="teaching", about_education=True)
    decision = decided(school, understanding)
    letter = said(school, decision, "acknowledgement", language=language, understanding=understanding)
    assert letter.language == language
    assert letter.reference == "ALX 2026-0007"
    assert letter.stage
    assert letter.owner is not None
    assert letter.owner.name
    assert letter.owner.title
    assert letter.owner.mail
    assert letter.owner.phone
    assert letter.what_happens
    assert [one.text for one in letter.promises if one.text]
    assert letter.next_level is not None
    assert letter.next_level.name != letter.owner.name
    assert letter.next_level_text
    assert letter.outside_body
    assert letter.organisation
    assert letter.unit
    assert letter.emergency == ()


def test_it_names_the_responsible_person_and_how_to_reach_them() -> None:
    """D1: name, title, mail and telephone."""
    assert said(ALEXANDERSKOLAN, decided(ALEXANDERSKOLAN, MEALS), "acknowledgement", language="bg").owner == Contact(
        title="директор на детската градина",
        name="Torsten Brandelius",
        mail="torsten.brandelius@alexanderskolan.se",
        phone="08-465 004 32",
    )


@pytest.mark.parametrize("language", ["ar", "so", "fi", "xx", ""])
def test_a_language_that_no_procedure_has_is_answered_in_english(language: str) -> None:
    """D3: with the school's own language beside it, which the wiring asks for besides."""
    letter = said(ALEXANDERSKOLAN, decided(ALEXANDERSKOLAN, MEALS), "acknowledgement", language=language)
    assert letter.language == "en"
    assert letter.promises[0].text.startswith("You will get an answer")


def test_a_text_that_is_not_translated_falls_back_to_the_schools_language() -> None:
    """D3: a school's file may have fewer languages than the program."""
    data = ALEXANDERSKOLAN.model_dump()
    for stage in data["stages"]:
        stage["title"] = {"sv": stage["title"]["sv"]}
    school = Procedure.model_validate(data)
    letter = said(school, decided(school, MEALS), "acknowledgement", language="nb")
    assert letter.stage == "Steg 2: förskolerektorn utreder"
    assert letter.what_happens[0].startswith("Den som har ansvar")


def test_it_says_back_what_was_understood() -> None:
    """D5: subject, unit, what it is about, in the sender's words."""
    letter = said(ALEXANDERSKOLAN, decided(ALEXANDERSKOLAN, MEALS), "acknowledgement", understanding=MEALS)
    assert (letter.subject, letter.unit, letter.category) == ("Maten", "Förskolan Linnégatan", "Mat")
    assert letter.gist == "Maten var kall igen."


@pytest.mark.parametrize("wish", [True, False, None])
def test_it_says_whether_an_investigation_was_asked_for(wish: bool | None) -> None:
    """B2, D5: as understood."""
    understanding = understood(unit="Vårbyskolan", wants_investigation=Verdict(label=wish, score=0.9))
    decision = decided(HUDDINGE, understanding)
    letter = said(HUDDINGE, decision, "acknowledgement", understanding=understanding)
    assert letter.wants_investigation is wish


def test_the_sender_gets_nothing_that_is_for_the_roles() -> None:
    """G2: neither the evidence nor the steps nor other cases."""
    decision = decided(ALEXANDERSKOLAN, MEALS)
    letter = letter_facts(
        ALEXANDERSKOLAN,
        decision,
        case=opened(decision),
        submission=mail("hej@alexanderskolan.se"),
        understanding=MEALS,
        language="sv",
        order=LetterOrder(template="acknowledgement", to="sender"),
        category_title="Mat",
        local_facts=("ALX 2026-0003: Mat",),
        may_belong_to=("ALX 2026-0001",),
    )
    empty = LetterFacts(language="sv", organisation="", time_zone="", country="")
    for name in ("sender", "message", "attachments", "local_facts", "because", "may_belong_to", "steps"):
        assert getattr(letter, name) == getattr(empty, name), name


def notice(understanding: Understanding = MEALS, **changes: Any) -> LetterFacts:
    """The notice of a case at Linnégatan."""
    decision = decided(ALEXANDERSKOLAN, understanding, **changes)
    return said(ALEXANDERSKOLAN, decision, "notice", to="head_linnegatan", understanding=understanding, **changes)


def test_the_notice_carries_the_message_and_the_local_facts() -> None:
    """D4: what a handler needs: the whole text, the files, the place, the steps with their dates."""
    letter = notice(attachments=(Attachment(name="matsedel.pdf", type="application/pdf", content=b"x"),))
    assert letter.message.startswith("Hej!")
    assert letter.attachments == ("matsedel.pdf",)
    assert letter.local_facts[0] == "Tre avdelningar, barn 1–5 år."
    assert letter.steps[0] == "Kontakta den personal som berörs och hör deras syn på saken – senast 1 december 2026"
    assert letter.sender == "Mia Lind <mia.lind@example.org>"
    assert [(one.kind, one.text) for one in letter.promises] == [("answer", "Svar till den som skrev senast")]


def test_the_notice_says_why() -> None:
    """D2, G10: the rule with its clause, and the evidence of every verdict."""
    understanding = replace(MEALS, category=Verdict(label="meals", score=0.874, because=("maten var kall",)))
    letter = notice(understanding)
    assert letter.because[0].endswith("(Steg 2)")
    assert "Ämne: Mat (87 %) – ”maten var kall”" in letter.because
    assert "Språk: svenska (95 %)" in letter.because


def test_the_name_and_telephone_of_a_form_are_shown() -> None:
    """A7: who filled in the form, rather than the account that sent it."""
    letter = notice(form={"name": "Anna Ek", "phone": "070-174 06 01"})
    assert letter.sender == "Anna Ek <mia.lind@example.org>, 070-174 06 01"
    assert notice(sender=None).sender == "okänd avsändare"


def test_the_sender_who_wants_to_be_anonymous_is_not_named() -> None:
    """C3, G3: not even to the owner, at whatever score."""
    understanding = replace(MEALS, anonymous=Verdict(label=True, score=0.1))
    assert notice(understanding, form={"name": "Anna Ek", "phone": "070-174 06 01"}).sender == "anonym avsändare"


def test_the_notice_says_why_the_sender_has_no_acknowledgement() -> None:
    """G5: in plain words, in every language; an unknown reason too."""
    for reason in ("rate_limit", "something_new"):
        ruling = Ruling(answerable=False, reason=reason)
        decision = decided(ST_GEORGE, understood(unit="primary"), ruling=ruling)
        for language in LANGUAGES:
            letter = said(ST_GEORGE, decision, "notice", to="head_primary", language=language)
            assert letter.not_acknowledged.endswith(".")


def test_an_added_notice_does_not_speak_of_acknowledgements() -> None:
    """G5: a joined message is never acknowledged, so that is no news."""
    case = opened(decided(ALEXANDERSKOLAN, MEALS))
    decision = decided(ALEXANDERSKOLAN, understood(kind="follow_up"), case=case, joined_by="token")
    letter = said(ALEXANDERSKOLAN, decision, "added_notice", to="head_linnegatan", case=case)
    assert (letter.not_acknowledged, letter.received_at) == ("", None)
    assert [one.kind for one in letter.promises] == ["answer"]


def test_another_roles_step_says_whose_it_is() -> None:
    """C10: the deputy director enters the resolution."""
    decision = decided(ST_GEORGE, understood(unit="primary"))
    owner = said(ST_GEORGE, decision, "notice", to="head_primary", language="en").steps
    deputy = said(ST_GEORGE, decision, "notice", to="deputy_director", language="en").steps
    assert owner[1].endswith("(deputy director, administrative activity)")
    assert deputy[1].endswith("named in it")
    assert deputy[0].endswith("(head of the primary stage) – by 26 November 2026")


def test_a_role_sees_who_else_takes_part() -> None:
    """C5, C6: those who were told at once see one another."""
    decision = decided(ST_GEORGE, understood(unit="primary", urgent=True))
    letter = said(ST_GEORGE, decision, "urgent_notice", to="manager", language="en")
    names = {contact.title: task for contact, task in letter.others}
    assert "head of the primary stage" in names
    assert "manager of the company" not in names
    assert names["director of the school"] == "is told at once"


def test_emergency_numbers_are_there_when_it_is_urgent() -> None:
    """G7: for the sender and for the roles."""
    understanding = understood(unit="8. trinn", urgent=True)
    decision = decided(NORDBERG, understanding)
    for to, template in (("sender", "acknowledgement"), ("principal", "urgent_notice")):
        letter = said(NORDBERG, decision, template, to=to, language="nb", understanding=understanding)
        assert "113" in letter.emergency[0]
        assert letter.urgent


def test_a_committee_is_named_with_a_member_who_may_see_the_case() -> None:
    """C9, G2: never with the one complained about."""
    understanding = understood(about_education=False, accused_roles=("deputy_director",))
    decision = decided(ST_GEORGE, understanding)
    owner = said(ST_GEORGE, decision, "acknowledgement", language="en", understanding=understanding).owner
    assert owner is not None
    assert (owner.title, owner.name) == ("committee for reports and complaints", "Ралица Минкова")


def everything_said(letter: LetterFacts) -> str:
    """All that a letter names, but for the sender's own words and the evidence quoted from them."""
    return repr(replace(letter, message="", subject="", gist="", because=()))


@pytest.mark.parametrize("accused", [role.id for role in NORDBERG.roles])
def test_nobody_complained_about_is_named_in_any_letter(accused: str) -> None:
    """G2: neither as owner nor as next level nor among those who take part."""
    understanding = understood(unit="9. trinn", urgent=True, accused_roles=(accused,))
    decision = decided(NORDBERG, understanding)
    role = NORDBERG.role(accused)
    assert role is not None
    for order in decision.letters:
        letter = said(NORDBERG, decision, order.template, to=order.to, understanding=understanding)
        assert role.name not in everything_said(letter)
        assert role.mail not in everything_said(letter)


def test_a_question_is_not_told_of_a_next_person() -> None:
    """F2: how to complain, without a threat."""
    decision = decided(NORDBERG, understood(kind="question", unit="8. trinn"))
    letter = said(NORDBERG, decision, "acknowledgement", language="nb")
    assert letter.next_level is None
    assert "Vil du klage" in letter.next_level_text
    assert letter.promises == ()


def test_a_reminder_can_be_made_of_a_case_alone() -> None:
    """D6: the clock has neither message nor verdicts."""
    decision = decided(ALEXANDERSKOLAN, MEALS)
    letter = letter_facts(
        ALEXANDERSKOLAN,
        decision,
        case=opened(decision),
        submission=mail("hej@alexanderskolan.se", sender=None, text="", subject=""),
        understanding=Understanding(),
        language="sv",
        order=LetterOrder(template="reminder", to="head_linnegatan", clause="Steg 2"),
        category_title="Mat",
    )
    assert (letter.subject, letter.clause) == ("Maten", "Steg 2")
    assert [one.kind for one in letter.promises] == ["answer"]


def test_a_decision_of_an_older_file_still_makes_a_letter() -> None:
    """G4: a stage, a role and a unit that are no more are left out, not fatal."""
    decision = decided(ALEXANDERSKOLAN, MEALS)
    old = replace(decision, stage="step_9", owner="gone", unit="gone", assignments=())
    assert isinstance(old, Decision)
    letter = said(ALEXANDERSKOLAN, old, "acknowledgement")
    assert (letter.owner, letter.stage, letter.unit) == (None, "", "")
    assert sure(True).label is True


def test_a_file_that_was_read_anew_is_not_answered_from_the_old_one() -> None:
    """G4: what is remembered belongs to one procedure, and the next one says its own."""
    owner = ALEXANDERSKOLAN.role(decided(ALEXANDERSKOLAN, MEALS).owner)
    assert owner is not None
    told = {}
    for number in ("08-1", "08-2"):
        roles = tuple(
            one.model_copy(update={"phone": number, "name": f"Holder {number}"}) if one.id == owner.id else one
            for one in ALEXANDERSKOLAN.roles
        )
        stages = tuple(one.model_copy(update={"title": {"": f"Steg {number}"}}) for one in ALEXANDERSKOLAN.stages)
        school = Procedure.model_validate(dict(ALEXANDERSKOLAN) | {"roles": roles, "stages": stages})
        letter = said(school, decided(school, MEALS), "acknowledgement")
        assert letter.owner is not None
        told[number] = (letter.owner.phone, letter.owner.name, letter.stage)
    assert told == {number: (number, f"Holder {number}", f"Steg {number}") for number in ("08-1", "08-2")}


def test_nothing_of_one_case_is_remembered_for_another_that_stands_otherwise() -> None:
    """G2: language, owner, examination, urgency and who is excluded each make words of their own."""
    decision = decided(ALEXANDERSKOLAN, MEALS)
    usual = said(ALEXANDERSKOLAN, decision, "acknowledgement")
    assert said(ALEXANDERSKOLAN, decision, "acknowledgement", language="en").stage != usual.stage
    assert said(ALEXANDERSKOLAN, replace(decision, owner="principal"), "acknowledgement").owner != usual.owner
    assert said(ALEXANDERSKOLAN, replace(decision, examined=False), "acknowledgement").next_level is None
    urgent = said(ALEXANDERSKOLAN, decision, "acknowledgement", case=opened(decision, urgent=True))
    assert urgent.emergency != usual.emergency
    assert usual.next_level is not None
    accused = tuple(one.id for one in ALEXANDERSKOLAN.roles if one.name == usual.next_level.name)
    barred = said(ALEXANDERSKOLAN, replace(decision, excluded=accused), "acknowledgement")
    assert barred.next_level not in (None, usual.next_level)
