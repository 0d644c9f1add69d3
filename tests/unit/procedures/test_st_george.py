from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from procedures.model import Procedure
from register.records import Address, AddressKind, Disposition, Ruling
from register.records import Automatic as Auto
from tests.unit.procedures.making import (
    NOW,
    SATURDAY,
    ST_GEORGE,
    decided,
    due,
    opened,
    orders,
    receivers,
    said,
    sure,
    understood,
)

TEACHING = understood(language="bg", unit="primary", category="teaching", about_education=True)


def test_a_concern_takes_the_informal_stage() -> None:
    """C1: acknowledged within 2 working days, answered within 7 school days, with a meeting."""
    decision = decided(ST_GEORGE, understood(kind="concern", unit="primary", about_education=True))
    assert (decision.stage, decision.owner, decision.clause) == ("informal", "head_primary", "Етап 1 Неофициален")
    assert due(decision, "acknowledge").date() == date(2026, 11, 26)
    assert due(decision, "answer").date() == date(2026, 12, 3)
    assert [step.id for step in decision.steps] == ["meeting", "answer"]
    assert decision.missing_parts == ()


def test_an_unresolved_concern_becomes_a_formal_complaint() -> None:
    """C1: with the clocks of the formal stage, counted from now."""
    case = opened(decided(ST_GEORGE, understood(kind="concern", unit="primary")))
    later = datetime(2026, 12, 7, 10, 0, tzinfo=UTC)
    decision = decided(ST_GEORGE, understood(dissatisfied=True), case=case, joined_by="token", now=later)
    assert (decision.stage, decision.rule) == ("formal", "next_stage")
    assert due(decision, "check").date() == date(2026, 12, 16)
    assert decision.owner != case.owner


def test_a_concern_that_is_not_sure_is_a_complaint() -> None:
    """C1: below the threshold the formal stage protects the sender better."""
    assert decided(ST_GEORGE, understood(kind=sure("concern", 0.3), unit="primary")).stage == "formal"


@pytest.mark.parametrize(
    ("mailbox", "unit", "answers_from"),
    [
        ("reception@stgeorgeschool.eu", None, "reception@stgeorgeschool.eu"),
        ("SGP.Reception@stgeorgeschool.eu", "kindergarten", "sgp.reception@stgeorgeschool.eu"),
    ],
)
def test_two_mailboxes_for_school_and_kindergarten(mailbox: str, unit: str | None, answers_from: str) -> None:
    """C2: each answers from its own address."""
    assert decided(ST_GEORGE, delivered_to=(mailbox,)).unit == unit
    assert ST_GEORGE.answers_from([mailbox]) == answers_from


def test_a_mail_to_both_mailboxes_belongs_to_neither_alone() -> None:
    """C2: the unit is asked for."""
    both = ("reception@stgeorgeschool.eu", "sgp.reception@stgeorgeschool.eu")
    decision = decided(ST_GEORGE, delivered_to=both)
    assert (decision.unit, decision.questions) == (None, ("unit",))


def test_on_a_day_off_staff_are_told_on_the_first_working_day() -> None:
    """C2: the acknowledgement goes at once all the same."""
    decision = decided(ST_GEORGE, TEACHING, now=SATURDAY)
    assert {one.send_at for one in orders(decision, "notice")} == {datetime(2026, 11, 30, 6, 0, tzinfo=UTC)}
    assert orders(decision, "acknowledgement")[0].send_at is None
    assert due(decision, "acknowledge").date() == date(2026, 12, 1)


def test_on_a_working_evening_staff_are_told_at_once() -> None:
    """C2, C5: only days off wait; at once means at once."""
    evening = datetime(2026, 11, 24, 20, 0, tzinfo=UTC)
    assert {one.send_at for one in orders(decided(ST_GEORGE, TEACHING, now=evening), "notice")} == {None}


def test_an_anonymous_report_is_registered_and_not_examined() -> None:
    """C3: the sender is told so and how to report with a name; the owner still gets the notice."""
    understanding = understood(language="bg", unit="primary", about_education=True, anonymous=True)
    decision = decided(ST_GEORGE, understanding)
    assert (decision.disposition, decision.examined) == (Disposition.REGISTERED, False)
    assert receivers(decision, "not_examined") == ("sender",)
    assert receivers(decision, "acknowledgement") == ()
    assert receivers(decision, "notice") == ("head_primary", "deputy_director")
    assert decision.steps == ()
    assert [one.kind for one in decision.deadlines] == ["acknowledge"]
    letter = said(ST_GEORGE, decision, "not_examined", language="bg", understanding=understanding)
    assert "не се проверяват" in letter.what_happens[0]
    assert "кажете името си" in letter.what_happens[0]
    assert letter.promises == ()


def test_an_anonymous_sender_who_cannot_be_reached_is_told_nothing() -> None:
    """C3, G5: registered with the reason."""
    ruling = Ruling(answerable=False, reason="no_reply")
    decision = decided(ST_GEORGE, understood(anonymous=True), ruling=ruling)
    assert not any(one.to == "sender" for one in decision.letters)
    assert (decision.examined, decision.not_acknowledged_because) == (False, "no_reply")


def test_danger_to_a_child_stands_above_the_rule_on_anonymous_reports() -> None:
    """C3, G7: passed on all the same, and the journal says why."""
    understanding = understood(unit="primary", about_education=True, anonymous=True, urgent=True)
    decision = decided(ST_GEORGE, understanding)
    assert decision.examined
    assert receivers(decision, "acknowledgement") == ("sender",)
    assert any("duty of protection" in line for line in decision.because)
    letter = said(ST_GEORGE, decision, "urgent_notice", to="manager", language="bg", understanding=understanding)
    assert "Закон за закрила на детето" in letter.note
    assert letter.emergency[0].endswith("112.")


def test_whether_somebody_wants_to_be_anonymous_must_be_sure() -> None:
    """C3: a guess leaves nothing undone."""
    assert decided(ST_GEORGE, understood(anonymous=sure(True, 0.3))).examined


def test_an_anonymous_question_is_answered() -> None:
    """C3: it is about reports; a question is none."""
    decision = decided(ST_GEORGE, understood(kind="question", anonymous=True))
    assert receivers(decision, "acknowledgement") == ("sender",)


@pytest.mark.parametrize("unit", ["kindergarten", "primary", "secondary", None])
def test_every_report_goes_to_the_deputy_director(unit: str | None) -> None:
    """C5: whatever the unit; concern, complaint, follow-up and the unsure."""
    for kind in ("complaint", "concern", "follow_up", None):
        decision = decided(ST_GEORGE, understood(kind=kind, unit=unit))
        assert "deputy_director" in receivers(decision, "notice")
        assert "deputy_director" in decision.recipients


def test_a_question_does_not() -> None:
    """C5: reports only; a question stays with reception."""
    decision = decided(ST_GEORGE, understood(kind="question", unit="kindergarten"))
    assert (decision.owner, decision.recipients) == ("reception_kindergarten", ("reception_kindergarten",))


def test_a_complaint_about_the_deputy_director_goes_past_him() -> None:
    """C5, G2: his stand-in gets it."""
    decision = decided(ST_GEORGE, understood(unit="primary", accused_roles=("deputy_director",)))
    assert "deputy_director" not in decision.recipients
    assert "legal_adviser" in receivers(decision, "notice")


@pytest.mark.parametrize(
    ("unit", "told"),
    [
        ("kindergarten", {"deputy_director", "director_kindergarten", "manager"}),
        ("primary", {"deputy_director", "director_school", "head_primary", "manager"}),
        ("secondary", {"deputy_director", "director_school", "head_secondary", "manager"}),
        (
            None,
            {
                "deputy_director",
                "director_school",
                "director_kindergarten",
                "head_primary",
                "head_secondary",
                "manager",
            },
        ),
    ],
)
def test_danger_is_told_to_everyone_of_the_rule_at_once(unit: str | None, told: set[str]) -> None:
    """C6: on a day off too; where the unit is not known, to the heads of all."""
    decision = decided(ST_GEORGE, understood(unit=unit, urgent=True), now=SATURDAY)
    letters = orders(decision, "urgent_notice")
    assert {one.to for one in letters} == told
    assert all(one.urgent and one.send_at is None for one in letters)
    assert {one.role for one in decision.assignments if one.task == "urgent"} == told
    assert all(one.send_at is None for one in orders(decision, "notice"))


def test_every_address_of_an_urgent_role_is_there_to_be_used() -> None:
    """C6: mail, telephone and chat, by the fastest that each has."""
    data = ST_GEORGE.model_dump()
    manager = next(role for role in data["roles"] if role["id"] == "manager")
    manager["addresses"] = [{"kind": "telegram", "value": "1001"}]
    reachable = Procedure.model_validate(data).addresses("manager")
    assert [one.kind for one in reachable] == [AddressKind.MAIL, AddressKind.PHONE, AddressKind.TELEGRAM]


def test_what_a_written_complaint_lacks_is_asked_for_once() -> None:
    """C7: three names and address; the case does not wait."""
    decision = decided(ST_GEORGE, TEACHING)
    assert decision.missing_parts == ("full_name", "address")
    assert decision.clause == "Етап 1 Официален, II.3.2.1"
    letter = said(ST_GEORGE, decision, "acknowledgement", language="bg")
    assert letter.missing_parts == ("трите Ви имена", "Вашият адрес")
    joined = decided(ST_GEORGE, understood(kind="follow_up"), case=opened(decision), joined_by="token")
    assert joined.missing_parts == ()


def test_nothing_is_asked_for_when_a_child_is_in_danger() -> None:
    """C7, G7: nobody fills in forms then."""
    assert decided(ST_GEORGE, understood(unit="primary", urgent=True)).missing_parts == ()


def test_the_number_holds_the_year_and_the_date() -> None:
    """C8: of registration, by the school's own calendar."""
    decision = decided(ST_GEORGE, TEACHING, now=datetime(2026, 12, 31, 22, 30, tzinfo=UTC))
    on = date.fromisoformat(decision.registered_on)
    number = decision.number_format.format(year=on.year, month=on.month, day=on.day, number=7, unit="")
    assert number == "SG-20270101-0007"
    assert ST_GEORGE.reference_pattern().search(f"Re: жалба ({number.lower()})")


@pytest.mark.parametrize(
    ("unit", "about_education", "rule", "owner"),
    [
        ("kindergarten", True, "kindergarten", "director_kindergarten"),
        ("primary", True, "primary", "head_primary"),
        ("secondary", True, "secondary", "head_secondary"),
        ("secondary", None, "secondary", "head_secondary"),
        ("kindergarten", False, "not_about_teaching", "committee"),
        ("primary", False, "not_about_teaching", "committee"),
        (None, False, "not_about_teaching", "committee"),
        (None, True, "default", "deputy_director"),
    ],
)
def test_routing(unit: str | None, about_education: bool | None, rule: str, owner: str) -> None:
    """C9: by unit and by whether it is about teaching."""
    decision = decided(ST_GEORGE, understood(unit=unit, about_education=about_education))
    assert (decision.rule, decision.owner) == (rule, owner)


@pytest.mark.parametrize(
    ("unit", "ladder"),
    [
        ("primary", ["head_primary", "director_school", "committee", "manager"]),
        ("secondary", ["head_secondary", "director_school", "committee", "manager"]),
        ("kindergarten", ["director_kindergarten", "committee", "manager"]),
    ],
)
def test_level_by_level(unit: str, ladder: list[str]) -> None:
    """C9, G8: each level is another person; the kindergarten has no level between its director and the committee."""
    case = opened(decided(ST_GEORGE, understood(unit=unit, about_education=True)))
    owners = [case.owner]
    for _ in ladder[1:]:
        decision = decided(ST_GEORGE, understood(dissatisfied=True), case=case, joined_by="token")
        case = opened(decision)
        owners.append(decision.owner)
    assert owners == ladder
    last = decided(ST_GEORGE, understood(dissatisfied=True), case=case, joined_by="token")
    assert (last.rule, last.owner) == ("outside_body", "manager")


def test_the_committees_members_are_written_to_one_by_one() -> None:
    """C9, G2: and never the one whom it is about."""
    decision = decided(ST_GEORGE, understood(about_education=False, accused_roles=("hr_head",)))
    assert decision.owner == "committee"
    assert set(receivers(decision, "notice")) == {"deputy_director", "legal_adviser"}
    assert {one.value for one in ST_GEORGE.addresses("committee", decision.excluded)} == {
        "ivaylo.stoimenov@stgeorgeschool.eu",
        "ralitsa.minkova@stgeorgeschool.eu",
        "+359 2 4144 414",
    }


def test_a_complaint_about_the_committee_is_one_about_its_members() -> None:
    """C9, G2: the next level decides."""
    decision = decided(ST_GEORGE, understood(about_education=False, accused_roles=("committee",)))
    assert decision.owner == "manager"
    assert {"deputy_director", "legal_adviser", "hr_head"} <= set(decision.excluded)


def test_the_check_and_the_answer_are_counted_one_after_the_other() -> None:
    """C12, C13, G6: several clocks on one case; the second starts where the first ends."""
    decision = decided(ST_GEORGE, TEACHING, now=datetime(2026, 12, 17, 10, 0, tzinfo=UTC))
    assert due(decision, "check").date() == date(2026, 12, 31)
    assert due(decision, "response").date() == date(2027, 1, 12)
    assert [one.clause for one in decision.deadlines] == [
        "Етап 1 Неофициален",
        "Етап 1 Официален, III",
        "Етап 1 Официален, IV",
    ]


@pytest.mark.parametrize("automatic", [Auto.BOUNCE, Auto.AUTO_REPLY, Auto.REPORT, Auto.OWN])
def test_what_no_person_wrote_is_set_aside(automatic: Auto) -> None:
    """G4, G5: with its reason; nothing is answered."""
    ruling = Ruling(automatic=automatic, answerable=False, reason="auto_submitted")
    decision = decided(ST_GEORGE, TEACHING, ruling=ruling)
    expected = "own_loop" if automatic is Auto.OWN else automatic.value
    assert (decision.disposition, decision.rule) == (Disposition.SET_ASIDE, f"set_aside:{expected}")
    assert decision.not_acknowledged_because == "auto_submitted"
    assert decision.letters == ()


@pytest.mark.parametrize("automatic", list(Auto))
def test_danger_is_never_set_aside(automatic: Auto) -> None:
    """G7: a false alarm costs a telephone call; it is registered and not answered."""
    ruling = Ruling(automatic=automatic, answerable=False, reason="auto_submitted")
    decision = decided(ST_GEORGE, understood(kind="other", urgent=sure(True, 0.1)), ruling=ruling)
    assert decision.disposition is Disposition.REGISTERED
    assert receivers(decision, "urgent_notice")
    assert not any(one.to == "sender" for one in decision.letters)


def test_a_complaint_through_a_list_is_registered_and_not_answered() -> None:
    """G5: a list gets no answer; a person's complaint is not lost for it."""
    ruling = Ruling(automatic=Auto.LIST, answerable=False, reason="list")
    decision = decided(ST_GEORGE, TEACHING, ruling=ruling)
    assert (decision.disposition, decision.not_acknowledged_because) == (Disposition.REGISTERED, "list")
    assert decided(ST_GEORGE, understood(kind="question"), ruling=ruling).rule == "set_aside:list"


def test_the_person_complained_about_may_write_herself() -> None:
    """E2: a member of staff who complains is answered like anyone."""
    head = Address(kind=AddressKind.MAIL, value="snezhina.katsarova@stgeorgeschool.eu", name="Снежина Кацарова")
    decision = decided(ST_GEORGE, understood(unit="primary", accused_roles=("head_primary",)), sender=head)
    assert decision.owner == "director_school"
    assert receivers(decision, "acknowledgement") == ("sender",)


def test_a_message_without_sender_is_registered() -> None:
    """G5: with the reason."""
    decision = decided(ST_GEORGE, TEACHING, sender=None)
    assert decision.not_acknowledged_because == "no_sender"
    assert NOW.date().isoformat() == decision.registered_on
