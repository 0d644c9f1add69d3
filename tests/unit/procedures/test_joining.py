from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from register.records import UNSURE, Automatic, Case, Disposition, Ruling
from tests.unit.procedures.making import (
    ALEXANDERSKOLAN,
    NORDBERG,
    SATURDAY,
    ST_GEORGE,
    decided,
    opened,
    orders,
    receivers,
    said,
    sure,
    understood,
)

ADDED = understood(kind="follow_up")


@pytest.fixture
def case() -> Case:
    """A case of step 2 at Linnégatan."""
    return opened(decided(ALEXANDERSKOLAN, understood(unit="Linnégatan", category="meals")))


@pytest.mark.parametrize("joined_by", ["token", "letter", "message_id", "reference"])
def test_a_reply_is_added_and_not_acknowledged_again(case: Case, joined_by: str) -> None:
    """G5: the owner is told; the sender gets no second acknowledgement."""
    decision = decided(ALEXANDERSKOLAN, ADDED, case=case, joined_by=joined_by)
    assert (decision.disposition, decision.rule) == (Disposition.JOINED, f"joined:{joined_by}")
    assert [(one.template, one.to) for one in decision.letters] == [("added_notice", "head_linnegatan")]
    assert decision.not_acknowledged_because == "joined"
    assert (decision.stage, decision.owner, decision.deadlines) == (case.stage, case.owner, ())


def test_a_repeat_sets_nothing_off(case: Case) -> None:
    """G4: the same message again is joined in silence."""
    decision = decided(ALEXANDERSKOLAN, understood(), case=case, joined_by="repeat")
    assert (decision.disposition, decision.letters) == (Disposition.JOINED, ())


def test_a_letter_that_came_back_is_told_to_the_owner(case: Case) -> None:
    """G5: and to nobody else."""
    ruling = Ruling(automatic=Automatic.BOUNCE, answerable=False, reason="bounce")
    decision = decided(ALEXANDERSKOLAN, understood(kind=UNSURE), case=case, joined_by="returned", ruling=ruling)
    assert [(one.template, one.to) for one in decision.letters] == [("undeliverable", "head_linnegatan")]
    letter = said(ALEXANDERSKOLAN, decision, "undeliverable", to="head_linnegatan", case=case)
    assert "kom tillbaka" in letter.what_happened


@pytest.mark.parametrize("automatic", [Automatic.AUTO_REPLY, Automatic.REPORT, Automatic.OWN])
def test_an_automatic_reply_in_a_case_sets_nothing_off(case: Case, automatic: Automatic) -> None:
    """G4: joined, without letters, even where its text reads like dissatisfaction."""
    ruling = Ruling(automatic=automatic, answerable=False, reason="auto_submitted")
    decision = decided(
        ALEXANDERSKOLAN, understood(dissatisfied=True, asks_status=True), case=case, joined_by="letter", ruling=ruling
    )
    assert (decision.disposition, decision.letters, decision.stage) == (Disposition.JOINED, (), case.stage)


def test_who_asks_gets_the_status_at_once(case: Case) -> None:
    """D6: a true answer: who has it, at which step, by which date; on a Saturday too."""
    decision = decided(ALEXANDERSKOLAN, understood(asks_status=True), case=case, joined_by="token", now=SATURDAY)
    assert orders(decision, "status")[0].send_at is None
    letter = said(ALEXANDERSKOLAN, decision, "status", case=case)
    assert letter.owner is not None
    assert letter.owner.name == "Torsten Brandelius"
    assert [(one.kind, one.due_at) for one in letter.promises] == [
        (one.kind, one.due_at) for one in case.deadlines if one.kind == "answer"
    ]
    assert letter.subject == "Maten"
    assert receivers(decision, "added_notice") == ("head_linnegatan",)


def test_who_asks_from_a_no_reply_address_gets_nothing(case: Case) -> None:
    """D6, G5: the reason is kept."""
    ruling = Ruling(answerable=False, reason="no_reply")
    decision = decided(ALEXANDERSKOLAN, understood(asks_status=True), case=case, joined_by="token", ruling=ruling)
    assert receivers(decision, "status") == ()
    assert decision.not_acknowledged_because == "no_reply"


@pytest.mark.parametrize(("score", "stage"), [(0.5, "step_3"), (0.49, "step_2")])
def test_dissatisfaction_must_be_more_likely_than_not(case: Case, score: float, stage: str) -> None:
    """G8: below one half the owner reads it first."""
    decision = decided(ALEXANDERSKOLAN, understood(dissatisfied=sure(True, score)), case=case, joined_by="token")
    assert decision.stage == stage


def test_the_next_stage_is_another_person_even_when_the_head_is_accused() -> None:
    """G8: the operations manager had the case already, so that the board has it next."""
    accused = opened(decided(ALEXANDERSKOLAN, understood(unit="Gärdet", accused_roles=("head_gardet",))))
    decision = decided(ALEXANDERSKOLAN, understood(dissatisfied=True), case=accused, joined_by="token")
    assert (accused.owner, decision.owner) == ("operations_manager", "board_chair")
    assert "head_gardet" not in decision.recipients


def test_both_the_old_and_the_new_owner_are_told(case: Case) -> None:
    """D2: the new one gets the case, the old one learns that it has gone on."""
    decision = decided(ALEXANDERSKOLAN, understood(dissatisfied=True), case=case, joined_by="token")
    assert receivers(decision, "next_stage") == ("sender",)
    assert receivers(decision, "notice") == ("operations_manager", "head_linnegatan")
    assert decision.because[-1] == "not satisfied: the case goes on to stage step_3"


def test_a_reply_that_accuses_the_owner_takes_the_case_from_them(case: Case) -> None:
    """G2, D2: from that moment they see nothing; the sender is told who has it now, and the dates stay."""
    turned = understood(kind="follow_up", accused_roles=("head_linnegatan",))
    decision = decided(ALEXANDERSKOLAN, turned, case=case, joined_by="token")
    assert (decision.rule, decision.owner) == ("handed_over", "operations_manager")
    assert "head_linnegatan" not in {*decision.recipients, *(one.to for one in decision.letters)}
    assert receivers(decision, "status") == ("sender",)
    assert [one.due_at for one in decision.deadlines] == [one.due_at for one in case.deadlines]
    assert {one.role for one in decision.deadlines} == {"operations_manager"}


def test_a_bounce_reaches_the_new_owner_when_the_old_one_is_accused() -> None:
    """G2: nothing of the case goes to them any more."""
    first = opened(decided(NORDBERG, understood(unit="8. trinn")), excluded=("head_8",))
    ruling = Ruling(automatic=Automatic.BOUNCE, answerable=False, reason="bounce")
    decision = decided(NORDBERG, understood(), case=first, joined_by="returned", ruling=ruling)
    assert receivers(decision, "undeliverable") == ("deputy_principal",)


def test_the_answer_to_the_question_for_the_unit_brings_the_case_home() -> None:
    """D2, D5: from the operations manager to the head of that preschool; the sender is told."""
    unknown = opened(decided(ALEXANDERSKOLAN, understood(category="meals")))
    decision = decided(
        ALEXANDERSKOLAN, understood(kind="follow_up", unit="Valhallavägen"), case=unknown, joined_by="token"
    )
    assert (decision.rule, decision.unit, decision.owner) == ("handed_over", "Valhallavägen", "head_valhallavagen")
    assert receivers(decision, "notice") == ("head_valhallavagen",)
    assert receivers(decision, "added_notice") == ("operations_manager",)
    assert receivers(decision, "status") == ("sender",)


def test_a_known_unit_is_not_changed_by_a_later_message(case: Case) -> None:
    """D2: another preschool named in passing moves nothing."""
    decision = decided(ALEXANDERSKOLAN, understood(kind="follow_up", unit="Gärdet"), case=case, joined_by="token")
    assert (decision.unit, decision.owner) == ("Linnégatan", "head_linnegatan")


def test_danger_in_a_later_message_is_told_at_once(case: Case) -> None:
    """G7: to the named roles; the owner does not wait either."""
    decision = decided(
        ALEXANDERSKOLAN, understood(kind="follow_up", urgent=True), case=case, joined_by="token", now=SATURDAY
    )
    assert set(receivers(decision, "urgent_notice")) == {"operations_manager", "head_linnegatan", "board_chair"}
    assert {one.role for one in decision.assignments} == set(receivers(decision, "urgent_notice"))


def test_more_of_a_danger_already_told_goes_to_the_owner_first(case: Case) -> None:
    """G7: no second alarm to everyone, and no waiting."""
    known = opened(decided(ST_GEORGE, understood(unit="primary", urgent=True)), urgent=True)
    decision = decided(ST_GEORGE, understood(urgent=True), case=known, joined_by="token", now=SATURDAY)
    assert receivers(decision, "urgent_notice") == ()
    assert [(one.to, one.urgent, one.send_at) for one in orders(decision, "added_notice")] == [
        ("head_primary", True, None)
    ]
    assert case.urgent is False


@pytest.mark.parametrize("automatic", [Automatic.AUTO_REPLY, Automatic.BOUNCE])
def test_danger_is_heard_in_what_looks_automatic(case: Case, automatic: Automatic) -> None:
    """G7: never suppressed."""
    ruling = Ruling(automatic=automatic, answerable=False, reason="auto_submitted")
    decision = decided(ALEXANDERSKOLAN, understood(urgent=True), case=case, joined_by="letter", ruling=ruling)
    assert receivers(decision, "urgent_notice")


def test_what_was_not_examined_cannot_dissatisfy() -> None:
    """C3: an anonymous report that was not examined does not climb by a complaint about that."""
    anonymous = opened(decided(ST_GEORGE, understood(unit="primary", anonymous=True)), anonymous=True)
    decision = decided(ST_GEORGE, understood(dissatisfied=True, anonymous=True), case=anonymous, joined_by="token")
    assert (decision.rule, decision.stage) == ("joined:token", "formal")


def test_on_a_day_off_the_added_notice_waits_too() -> None:
    """C2: as any notice of St George."""
    first = opened(decided(ST_GEORGE, understood(unit="primary")))
    decision = decided(ST_GEORGE, ADDED, case=first, joined_by="token", now=SATURDAY)
    assert orders(decision, "added_notice")[0].send_at is not None


def test_a_case_of_a_stage_that_is_no_more_goes_on() -> None:
    """G4: the procedure file changed while the case was open."""
    old = opened(decided(ALEXANDERSKOLAN, ADDED), stage="step_9", owner="somebody_gone")
    decision = decided(ALEXANDERSKOLAN, understood(dissatisfied=True), case=old, joined_by="token")
    assert decision.owner in {role.id for role in ALEXANDERSKOLAN.roles}
    assert decision.disposition is Disposition.JOINED


@pytest.mark.parametrize(
    ("what", "open_again"),
    [
        ({"kind": "follow_up"}, True),
        ({"kind": UNSURE}, True),
        ({"kind": "praise"}, False),
        ({"kind": "follow_up", "asks_status": True}, False),
        ({"kind": "complaint", "asks_status": True}, True),
        ({"kind": "praise", "urgent": True}, True),
    ],
)
def test_a_closed_case_is_open_again_where_something_is_to_be_weighed(
    case: Case, what: dict[str, Any], *, open_again: bool
) -> None:
    """C16: thanks, and asking how it stands, leave it closed; danger never does."""
    closed = replace(case, status="closed")
    decision = decided(ALEXANDERSKOLAN, understood(**what), case=closed, joined_by="token")
    assert decision.reopens is open_again
    assert ("the case stays closed" in decision.because) is not open_again


def test_who_asks_about_a_closed_case_is_told_that_it_is_closed(case: Case) -> None:
    """D6, C16."""
    asks = understood(kind="follow_up", asks_status=True)
    decision = decided(ALEXANDERSKOLAN, asks, case=replace(case, status="closed"), joined_by="token")
    assert receivers(decision, "closed") == ("sender",)


def test_no_robot_opens_a_closed_case(case: Case) -> None:
    ruling = Ruling(automatic=Automatic.AUTO_REPLY, answerable=False, reason="auto_submitted")
    closed = replace(case, status="closed")
    assert not decided(ALEXANDERSKOLAN, ADDED, case=closed, joined_by="letter", ruling=ruling).reopens
