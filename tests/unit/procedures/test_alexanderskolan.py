from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from register.records import Disposition, Ruling
from tests.unit.procedures.making import (
    ALEXANDERSKOLAN,
    NOW,
    decided,
    due,
    opened,
    orders,
    receivers,
    said,
    sure,
    understood,
)

HOME = understood(unit="Linnégatan", category="meals")


def test_a_complaint_goes_to_the_head_of_its_preschool() -> None:
    """A1, A3: step 2; the unit's own head owns it and gets the notice."""
    decision = decided(ALEXANDERSKOLAN, HOME)
    assert (decision.rule, decision.clause, decision.stage) == ("complaint", "Steg 2", "step_2")
    assert decision.owner == "head_linnegatan"
    assert receivers(decision, "notice") == ("head_linnegatan",)
    assert receivers(decision, "acknowledgement") == ("sender",)


@pytest.mark.parametrize(
    ("address", "unit", "owner"),
    [
        ("hej@alexanderskolan.se", None, "operations_manager"),
        ("Gardet@Alexanderskolan.se", "Gärdet", "head_gardet"),
        ("skeppargatan+form@alexanderskolan.se", "Skeppargatan", "head_skeppargatan"),
    ],
)
def test_the_mailbox_tells_the_preschool(address: str, unit: str | None, owner: str) -> None:
    """A1: all ways in are registered alike; a preschool's own mailbox names the unit."""
    decision = decided(ALEXANDERSKOLAN, delivered_to=(address,), to=())
    assert (decision.unit, decision.owner) == (unit, owner)


def test_the_unit_of_the_text_counts_for_more_than_the_mailbox() -> None:
    """A1: a complaint about Gärdet that came to Skeppargatan's mailbox is Gärdet's."""
    decision = decided(ALEXANDERSKOLAN, understood(unit="Gärdet"), delivered_to=("skeppargatan@alexanderskolan.se",))
    assert decision.owner == "head_gardet"


def test_an_unsure_unit_of_the_text_leaves_the_form_to_tell() -> None:
    """A7: the form has a field for the unit; a guess below one half does not stand against it."""
    decision = decided(ALEXANDERSKOLAN, understood(unit=sure("Gärdet", 0.3)), form={"unit": "  förskolan LINNÉGATAN "})
    assert decision.unit == "Linnégatan"


def test_while_the_unit_is_not_known_it_is_asked_for() -> None:
    """A1, D5: the operations manager owns the case, and the acknowledgement asks."""
    decision = decided(ALEXANDERSKOLAN)
    assert decision.owner == "operations_manager"
    assert decision.questions == ("unit",)
    assert said(ALEXANDERSKOLAN, decision, "acknowledgement").units[0] == "Förskolan Skeppargatan"


def test_the_answer_comes_within_14_days_of_receipt() -> None:
    """A3: the clock starts at receipt, in calendar days."""
    decision = decided(ALEXANDERSKOLAN, HOME)
    assert due(decision, "answer").date() == date(2026, 12, 8)
    answer = next(one for one in decision.deadlines if one.kind == "answer")
    assert (answer.promised, answer.role, answer.clause) == (True, "head_linnegatan", "Steg 2")


def test_the_sender_is_encouraged_to_speak_and_never_obliged() -> None:
    """A2: kind, and the case goes on regardless."""
    decision = decided(ALEXANDERSKOLAN, HOME)
    advice = said(ALEXANDERSKOLAN, decision, "acknowledgement", understanding=HOME).advice
    assert "tala direkt med den det berör" in advice
    assert "Det måste du inte" in advice
    assert decision.owner


@pytest.mark.parametrize(
    "verdicts",
    [
        {"category": "degrading_treatment"},
        {"category": "meals", "categories": {"meals": 0.5, "degrading_treatment": 0.3}},
        {"category": "meals", "urgent": True},
        {"category": "meals", "anonymous": True},
        {"kind": "follow_up"},
    ],
)
def test_nobody_is_sent_to_speak_with_whom_they_may_fear(verdicts: dict[str, object]) -> None:
    """A2: no such advice where it may be degrading treatment, danger, or a sender who stays unknown."""
    understanding = understood(unit="Linnégatan", **verdicts)
    decision = decided(ALEXANDERSKOLAN, understanding)
    assert said(ALEXANDERSKOLAN, decision, "acknowledgement", understanding=understanding).advice == ""


def test_an_anonymous_complaint_is_examined_and_promised_no_answer() -> None:
    """A4: investigated and documented; only the answer to the sender is left out."""
    understanding = understood(unit="Linnégatan", anonymous=True)
    decision = decided(ALEXANDERSKOLAN, understanding)
    letter = said(ALEXANDERSKOLAN, decision, "acknowledgement", understanding=understanding)
    assert decision.examined
    assert decision.steps
    assert due(decision, "answer")
    assert letter.promises == ()
    assert "uteblir av naturliga skäl" in letter.what_happens[-1]


def test_every_complaint_leaves_its_documents() -> None:
    """A4: the talk with the staff, the answer and the follow-up are steps with a document each."""
    decision = decided(ALEXANDERSKOLAN, HOME)
    assert [(step.id, step.role) for step in decision.steps] == [
        ("hear_staff", "head_linnegatan"),
        ("answer", "head_linnegatan"),
        ("document", "head_linnegatan"),
    ]
    assert all(step.document and step.clause == "Steg 2" for step in decision.steps)


def test_still_dissatisfied_leads_to_the_meeting() -> None:
    """A5, G8: step 3, with the operations manager as owner, the head beside, and a new clock."""
    case = opened(decided(ALEXANDERSKOLAN, HOME))
    decision = decided(ALEXANDERSKOLAN, understood(dissatisfied=True), case=case, joined_by="token")
    assert (decision.disposition, decision.stage, decision.owner) == (
        Disposition.JOINED,
        "step_3",
        "operations_manager",
    )
    assert decision.recipients[:2] == ("operations_manager", "head_linnegatan")
    assert [one.kind for one in decision.deadlines] == ["meeting"]
    assert [step.role for step in decision.steps] == ["operations_manager", "operations_manager", "head_linnegatan"]
    assert "möte" in said(ALEXANDERSKOLAN, decision, "next_stage", case=case).what_happens[0]


def test_a_first_mail_that_is_dissatisfied_with_an_answer_goes_to_step_3() -> None:
    """A5: the form sent in after the head's answer, though that answer was given by word of mouth."""
    decision = decided(ALEXANDERSKOLAN, understood(kind="follow_up", unit="Gärdet", dissatisfied=True))
    assert (decision.rule, decision.stage, decision.owner) == (
        "still_dissatisfied",
        "step_3",
        "operations_manager",
    )
    assert receivers(decision, "notice") == ("operations_manager", "head_gardet")


def test_after_the_last_step_the_sender_is_told_of_the_administration() -> None:
    """A6: Utbildningsförvaltningen with the contact data of the routine; the owner stays."""
    first = opened(decided(ALEXANDERSKOLAN, HOME), stage="step_3", owner="operations_manager")
    decision = decided(ALEXANDERSKOLAN, understood(dissatisfied=True), case=first, joined_by="token")
    letter = said(ALEXANDERSKOLAN, decision, "next_stage", case=first)
    assert (decision.rule, decision.owner, decision.stage) == ("outside_body", "operations_manager", "step_3")
    assert any("508 33 000" in line for line in letter.outside_body)
    assert any("anmalan@stockholm.se" in line for line in letter.outside_body)
    assert letter.next_level is None
    assert "Utbildningsförvaltningen" in letter.what_happened
    assert letter.stage.startswith("Steg 4")


@pytest.mark.parametrize(("kind", "owner"), [("question", "head_office"), ("praise", "head_linnegatan")])
def test_questions_and_praise_are_registered_and_answered(kind: str, owner: str) -> None:
    """F2: with the normal acknowledgement, without a procedure's dates."""
    decision = decided(ALEXANDERSKOLAN, understood(kind=kind, unit="Linnégatan"))
    assert (decision.stage, decision.owner) == ("enquiry", owner)
    assert receivers(decision, "acknowledgement") == ("sender",)
    assert [one.kind for one in decision.deadlines] == ["acknowledge"]


@pytest.mark.parametrize("kind", [sure("question", 0.4), sure("other", 0.7), sure(None, 0.0)])
def test_what_is_unsure_is_treated_as_a_complaint(kind: object) -> None:
    """F2: unsure is no error: the default rule and a person."""
    assert decided(ALEXANDERSKOLAN, understood(kind=kind)).rule == "default"


def test_what_is_surely_none_of_the_schools_business_is_set_aside() -> None:
    """G4: with the reason, where a person can see it."""
    decision = decided(ALEXANDERSKOLAN, understood(kind="other"))
    assert (decision.disposition, decision.rule) == (Disposition.SET_ASIDE, "set_aside:not_for_register")
    assert decision.letters == ()


def test_danger_is_told_at_any_hour() -> None:
    """G7: to the head, the operations manager and the board, at once, in its own lane."""
    night = datetime(2026, 11, 29, 2, 0, tzinfo=UTC)
    decision = decided(ALEXANDERSKOLAN, understood(unit="Gärdet", urgent=sure(True, 0.2)), now=night)
    told = orders(decision, "urgent_notice")
    assert {one.to for one in told} == {"operations_manager", "head_gardet", "board_chair"}
    assert all(one.urgent and one.send_at is None for one in told)
    assert decision.letters[: len(told)] == told


def test_the_number_is_the_forms_dnr() -> None:
    """A7: a counter of the school, with the local date of registration."""
    new_year = datetime(2026, 12, 31, 23, 30, tzinfo=UTC)
    decision = decided(ALEXANDERSKOLAN, HOME, now=new_year)
    assert decision.number_format == "ALX {year}-{number:04}"
    assert decision.registered_on == "2027-01-01"


def test_who_cannot_be_answered_is_registered_all_the_same() -> None:
    """G5: the reason stands on the case; the notice goes on and says it."""
    ruling = Ruling(answerable=False, reason="no_reply")
    decision = decided(ALEXANDERSKOLAN, HOME, ruling=ruling)
    assert decision.not_acknowledged_because == "no_reply"
    assert receivers(decision, "notice") == ("head_linnegatan",)
    assert not any(one.to == "sender" for one in decision.letters)
    assert not any(one.kind == "acknowledge" for one in decision.deadlines)
    notice = said(ALEXANDERSKOLAN, decision, "notice", to="head_linnegatan")
    assert notice.not_acknowledged == "Avsändarens adress tar inte emot svar."


def test_the_clock_runs_from_receipt_not_from_the_decision() -> None:
    """A3: a mail that waited three days in the spool keeps its promise."""
    from procedures.decide import Situation, decide
    from tests.unit.procedures.making import mail

    waited = Situation(
        submission=mail("hej@alexanderskolan.se"),
        ruling=Ruling(),
        understanding=HOME,
        received_at=datetime(2026, 11, 21, 9, 0, tzinfo=UTC),
    )
    assert due(decide(ALEXANDERSKOLAN, waited, NOW), "answer").date() == date(2026, 12, 5)
