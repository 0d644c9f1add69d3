from __future__ import annotations

from datetime import date

import pytest

from register.records import Assignment, Ruling
from tests.unit.procedures.making import (
    HUDDINGE,
    decided,
    due,
    opened,
    receivers,
    said,
    sure,
    understood,
)

MEALS = understood(unit="Vårbyskolan", category="meals")


@pytest.mark.parametrize("channel", ["lmtp", "imap", "telegram", "file"])
def test_every_way_in_leads_to_the_investigator(channel: str) -> None:
    """B1, B4: form, mail and chat alike; the investigator owns the intake."""
    decision = decided(HUDDINGE, MEALS, channel=channel)
    assert (decision.owner, decision.stage, decision.unit) == ("investigator", "investigation", "Vårbyskolan")
    assert receivers(decision, "notice") == ("investigator",)


def test_the_sender_is_asked_whether_they_want_an_investigation() -> None:
    """B2: asked in the acknowledgement; the case goes on meanwhile, and the question is repeated once."""
    decision = decided(HUDDINGE, MEALS)
    assert decision.questions == ("wants_investigation",)
    assert said(HUDDINGE, decision, "acknowledgement").questions == ("wants_investigation",)
    assert due(decision, "question_repeated").date() == date(2026, 12, 1)
    assert [one.kind for one in decision.deadlines].count("question_repeated") == 1
    assert due(decision, "answer")


@pytest.mark.parametrize("wish", [True, False])
def test_whoever_has_said_what_they_want_is_not_asked(wish: bool) -> None:
    """B2: the sender decides."""
    decision = decided(HUDDINGE, understood(unit="Vårbyskolan", category="meals", wants_investigation=wish))
    assert decision.questions == ()
    assert not any(one.kind == "question_repeated" for one in decision.deadlines)
    assert decision.stage == ("investigation" if wish else "heard")


def test_whoever_cannot_answer_is_not_asked() -> None:
    """B2, G5: a no-reply address gets no question and no repetition."""
    decision = decided(HUDDINGE, MEALS, ruling=Ruling(answerable=False, reason="no_reply"))
    assert decision.questions == ()
    assert not any(one.kind == "question_repeated" for one in decision.deadlines)


@pytest.mark.parametrize(
    ("wish", "before", "after"), [(True, "heard", "investigation"), (False, "investigation", "heard")]
)
def test_the_answer_to_the_question_moves_the_case(wish: bool, before: str, after: str) -> None:
    """B2: yes begins the investigation with its dates, no ends it; the sender is told how things stand."""
    case = opened(decided(HUDDINGE, MEALS), stage=before)
    answer = understood(kind="follow_up", wants_investigation=wish)
    decision = decided(HUDDINGE, answer, case=case, joined_by="token")
    assert (decision.rule, decision.stage) == ("wish", after)
    assert receivers(decision, "status") == ("sender",)
    assert bool(decision.deadlines) is wish


def test_saying_it_again_moves_nothing() -> None:
    """B2: a yes in a case that is investigated already is only added."""
    case = opened(decided(HUDDINGE, MEALS))
    answer = understood(kind="follow_up", wants_investigation=True)
    decision = decided(HUDDINGE, answer, case=case, joined_by="token")
    assert (decision.rule, decision.stage, decision.deadlines) == ("joined:token", "investigation", ())


@pytest.mark.parametrize(
    "category",
    ["meals", "teaching", "special_support", "degrading_treatment", "premises", "transport", "other", None],
)
def test_any_subject_is_received(category: str | None) -> None:
    """B3: swimming lessons, meals, special support, degrading treatment."""
    decision = decided(HUDDINGE, understood(unit="Skogåsskolan", category=category))
    assert decision.owner == "investigator"
    assert decision.stage in ("investigation", "degrading")


@pytest.mark.parametrize("wish", [True, False, None])
@pytest.mark.parametrize("category", ["degrading_treatment", "special_support"])
def test_degrading_treatment_and_special_support_are_always_on_the_weekly_list(
    category: str, wish: bool | None
) -> None:
    """B4: whatever the sender wishes; the managers are not sent a notice for it."""
    decision = decided(HUDDINGE, understood(unit="Skogåsskolan", category=category, wants_investigation=wish))
    weekly = [one.role for one in decision.assignments if one.task == "weekly_meeting"]
    assert weekly == ["deputy_manager_north", "deputy_manager_south"]
    assert not {"deputy_manager_north", "deputy_manager_south"} & set(receivers(decision, "notice"))


def test_what_may_be_special_support_is_on_the_list_too() -> None:
    """B4: also where another category is ahead."""
    scores = {"teaching": 0.5, "special_support": 0.35}
    decision = decided(HUDDINGE, understood(unit="Skogåsskolan", category="teaching", categories=scores))
    assert decision.rule == "special_support"


def test_a_meal_is_not_on_the_weekly_list() -> None:
    """B4: weighty cases only."""
    assert decided(HUDDINGE, MEALS).assignments == ()


def test_degrading_treatment_has_its_own_person_beside_the_investigator() -> None:
    """B5: who gets the notice, and whom the sender is told of."""
    understanding = understood(unit="Skogåsskolan", category="degrading_treatment", wants_investigation=False)
    decision = decided(HUDDINGE, understanding)
    assert decision.owner == "investigator"
    assert decision.assignments[0] == Assignment(
        role="degrading_lead",
        task="responsible_beside",
        clause="Organisation, st. 2",
        why="degrading treatment has its own responsible person beside the investigator",
    )
    assert receivers(decision, "notice") == ("investigator", "degrading_lead")
    others = said(HUDDINGE, decision, "acknowledgement", understanding=understanding).others
    assert [(contact.name, task) for contact, task in others] == [
        ("Rakel Holmsten", "ansvarar tillsammans med utredaren")
    ]
    assert due(decision, "weekly_meeting").date() == date(2026, 12, 1)


def test_degrading_treatment_is_investigated_without_asking() -> None:
    """B2, B5: the law leaves no choice, so that nobody is asked and a no changes nothing."""
    decision = decided(HUDDINGE, understood(unit="Skogåsskolan", category="degrading_treatment"))
    assert decision.questions == ()
    answer = understood(kind="follow_up", wants_investigation=False)
    assert decided(HUDDINGE, answer, case=opened(decision), joined_by="token").stage == "degrading"


def test_a_complaint_about_the_person_beside_does_not_reach_her() -> None:
    """B5, G2: somebody else than the owner takes her part."""
    understanding = understood(category="degrading_treatment", accused_roles=("degrading_lead",))
    decision = decided(HUDDINGE, understanding)
    beside = next(one.role for one in decision.assignments if one.task == "responsible_beside")
    assert decision.owner == "investigator"
    assert beside not in ("degrading_lead", "investigator")


def test_danger_is_investigated_and_told_to_the_schools_head() -> None:
    """G7: the wish for no investigation does not stand against it."""
    understanding = understood(unit="Källbrinksskolan", category="meals", urgent=True, wants_investigation=False)
    decision = decided(HUDDINGE, understanding)
    assert decision.stage == "investigation"
    assert "head_kallbrink" in receivers(decision, "urgent_notice")


def test_an_accused_head_is_not_told_of_the_danger() -> None:
    """G2, G7: her deputy manager is."""
    understanding = understood(unit="Källbrinksskolan", urgent=True, accused_roles=("head_kallbrink",))
    told = receivers(decided(HUDDINGE, understanding), "urgent_notice")
    assert "head_kallbrink" not in told
    assert "deputy_manager_south" in told


def test_still_dissatisfied_is_looked_at_anew_by_somebody_else() -> None:
    """G8: the operations manager; after that the Schools Inspectorate."""
    case = opened(decided(HUDDINGE, MEALS))
    decision = decided(HUDDINGE, understood(dissatisfied=sure(True, 0.6)), case=case, joined_by="letter")
    assert (decision.stage, decision.owner) == ("review", "operations_manager")
    assert due(decision, "answer").date() == date(2026, 12, 15)
