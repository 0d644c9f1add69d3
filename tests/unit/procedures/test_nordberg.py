from __future__ import annotations

from datetime import date

import pytest

from register.records import Address, AddressKind
from tests.unit.procedures.making import NORDBERG, decided, due, opened, receivers, said, understood

TEACHER = understood(language="nb", unit="9. trinn", category="staff_conduct", persons=("læreren",))


def test_the_sender_is_asked_to_speak_with_the_person_first() -> None:
    """E1: kindly, with the contact; nobody has to."""
    decision = decided(NORDBERG, TEACHER)
    advice = said(NORDBERG, decision, "acknowledgement", language="nb", understanding=TEACHER).advice
    assert "snakket med den det gjelder" in advice
    assert "22 00 00 01" in advice
    assert "saken går videre uansett" in advice


@pytest.mark.parametrize("category", ["degrading_treatment", "discrimination"])
def test_a_serious_matter_goes_straight_to_the_head_of_department(category: str) -> None:
    """E1, E2: point 2, without the advice."""
    understanding = understood(unit="8. trinn", category=category)
    decision = decided(NORDBERG, understanding)
    assert (decision.rule, decision.clause, decision.owner) == ("serious", "punkt 2", "head_8")
    assert said(NORDBERG, decision, "acknowledgement", understanding=understanding).advice == ""


def test_the_head_of_department_receives_the_complaint_and_nobody_else() -> None:
    """E2: no employee receives complaints about a colleague."""
    decision = decided(NORDBERG, TEACHER)
    assert (decision.owner, receivers(decision, "notice")) == ("head_9", ("head_9",))


def test_a_complaint_about_the_head_of_department_goes_past_her() -> None:
    """E2, G2: to her stand-in; she is on no list."""
    understanding = understood(unit="9. trinn", accused_roles=("head_9",))
    decision = decided(NORDBERG, understanding)
    assert decision.owner == "deputy_principal"
    assert "head_9" in decision.excluded
    assert "head_9" not in {
        *decision.recipients,
        *(one.to for one in decision.letters),
        *(s.role for s in decision.steps),
    }


def test_a_complaint_about_head_and_stand_in_goes_to_the_principal() -> None:
    """E2: the next level decides."""
    understanding = understood(unit="9. trinn", accused_roles=("head_9", "deputy_principal"))
    assert decided(NORDBERG, understanding).owner == "principal"


def test_a_complaint_about_the_whole_leadership_leaves_the_school() -> None:
    """E2: the area director; exactly one owner."""
    accused = ("head_8", "head_9", "head_10", "head_admin", "deputy_principal", "principal", "school_office")
    decision = decided(NORDBERG, understood(unit="9. trinn", accused_roles=accused))
    assert (decision.owner, decision.recipients) == ("area_director", ("area_director",))


def test_an_accusation_against_everyone_does_not_hide_the_case() -> None:
    """E2, G2: the role of last resort stays, and the decision says so by not excluding it."""
    decision = decided(NORDBERG, understood(accused_roles=tuple(role.id for role in NORDBERG.roles)))
    assert decision.owner == "area_director"
    assert "area_director" not in decision.excluded
    assert len(decision.excluded) == len(NORDBERG.roles) - 1


def test_roles_that_do_not_exist_accuse_nobody() -> None:
    """E2: an unknown name changes nothing."""
    assert decided(NORDBERG, understood(unit="9. trinn", accused_roles=("nobody",))).owner == "head_9"


@pytest.mark.parametrize("channel", ["lmtp", "telegram"])
def test_a_message_counts_as_writing(channel: str) -> None:
    """E3: the leader speaks with the sender and tells how the case goes on; nothing has to be written again."""
    chat = Address(kind=AddressKind.TELEGRAM, value="1001", name="Siri")
    decision = decided(NORDBERG, TEACHER, channel=channel, sender=chat)
    letter = said(NORDBERG, decision, "acknowledgement", language="nb", understanding=TEACHER)
    assert decision.missing_parts == ()
    assert "holder som skriftlig klage" in letter.what_happens[0]
    assert [(one.kind, one.due_at.date()) for one in letter.promises] == [
        ("contact", date(2026, 11, 27)),
        ("answer", date(2026, 12, 8)),
    ]
    assert [step.id for step in decision.steps][:3] == [
        "talk_with_complainant",
        "inform_employee",
        "talk_with_employee",
    ]


def test_the_employee_is_told_at_once() -> None:
    """E4, E5: steps of the leader, with the point of the routine that asks for them."""
    steps = {step.id: step for step in decided(NORDBERG, TEACHER).steps}
    assert (steps["inform_employee"].clause, steps["inform_employee"].role) == ("punkt 4", "head_9")
    moment = steps["inform_employee"].due_at
    assert moment is not None
    assert moment.date() == date(2026, 11, 25)


def test_the_leadership_calls_the_meeting() -> None:
    """E7, G8: point 7; the principal owns the case, the head of department takes part."""
    case = opened(decided(NORDBERG, TEACHER))
    decision = decided(NORDBERG, understood(dissatisfied=True), case=case, joined_by="token")
    assert (decision.stage, decision.owner) == ("leadership", "principal")
    assert receivers(decision, "notice") == ("principal", "head_9")
    assert due(decision, "meeting").date() == date(2026, 12, 8)
    assert [step.clause for step in decision.steps] == ["punkt 7", "punkt 8", "punkt 9", "punkt 10"]


def test_an_accused_head_of_department_is_not_called_in_as_a_colleague() -> None:
    """E2, E7: nor gets the notice of the leadership's meeting."""
    case = opened(decided(NORDBERG, understood(unit="9. trinn", accused_roles=("head_9",))))
    decision = decided(NORDBERG, understood(dissatisfied=True), case=case, joined_by="token")
    assert "head_9" not in {*decision.recipients, *(one.to for one in decision.letters)}
    assert decision.owner == "principal"
