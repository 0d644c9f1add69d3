from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from procedures.decide import Situation, decide
from procedures.matching import first_rule, matches, matter_of
from procedures.model import Procedure
from procedures.people import barred_roles, same_person
from register.records import Automatic, Case, Decision, Disposition, Ruling, Understanding, Verdict
from tests.unit.procedures.making import SCHOOLS, mail, opened

KINDS = ("complaint", "concern", "question", "praise", "follow_up", "other")
CATEGORIES = ("degrading_treatment", "staff_conduct", "special_support", "meals", "safety_order", "fees_admin", "other")
SCORES = st.floats(0, 1)
MOMENTS = st.datetimes(datetime(2026, 8, 1), datetime(2027, 12, 31), timezones=st.just(UTC))  # noqa: DTZ001  # hypothesis adds the zone
#: no dependence on speed; four schools each
BRIEFLY = settings(max_examples=50, deadline=None)
EACH_SCHOOL = pytest.mark.parametrize("school", SCHOOLS.all, ids=lambda one: one.id)


def verdicts(labels: st.SearchStrategy[Any]) -> st.SearchStrategy[Verdict]:
    """Any of the labels, or unsure, with any score."""
    return st.builds(Verdict, label=st.none() | labels, score=SCORES)


def understandings(school: Procedure) -> st.SearchStrategy[Understanding]:
    """Whatever the classifiers may say of a message to a school."""
    yes_or_no = verdicts(st.booleans())
    roles = st.lists(st.sampled_from([role.id for role in school.roles]), unique=True).map(tuple)
    return st.builds(
        Understanding,
        kind=verdicts(st.sampled_from(KINDS)),
        category=verdicts(st.sampled_from(CATEGORIES)),
        categories=st.dictionaries(st.sampled_from(CATEGORIES), SCORES),
        urgent=yes_or_no,
        anonymous=yes_or_no,
        wants_investigation=yes_or_no,
        about_education=yes_or_no,
        dissatisfied=yes_or_no,
        asks_status=yes_or_no,
        unit=verdicts(st.sampled_from([*(unit.id for unit in school.units), "nowhere"])),
        accused_roles=verdicts(roles),
    )


#: made once: building them anew for every example takes longer than the decision
UNDERSTOOD = {school.id: understandings(school) for school in SCHOOLS.all}


def rulings() -> st.SearchStrategy[Ruling]:
    """Whatever the guards may say."""
    automatic = st.none() | st.sampled_from(Automatic)
    return st.builds(Ruling, automatic=automatic, answerable=st.booleans(), reason=st.sampled_from(["", "no_reply"]))


RULED = rulings()


@st.composite
def situations(draw: st.DrawFn, school: Procedure, *, joined: bool | None = None) -> Situation:
    """A message to a school; `joined`: to a case of its own or not."""
    joins = draw(st.booleans()) if joined is None else joined
    return Situation(
        submission=mail(draw(st.sampled_from([box.address for box in school.mailboxes]))),
        ruling=draw(RULED),
        understanding=draw(UNDERSTOOD[school.id]),
        case=draw(cases(school)) if joins else None,
        joined_by=draw(st.sampled_from(["token", "repeat", "returned"])) if joins else "",
    )


@st.composite
def cases(draw: st.DrawFn, school: Procedure) -> Case:
    """A case as an earlier decision of the school opened it."""
    complaint = replace(draw(UNDERSTOOD[school.id]), kind=Verdict(label="complaint", score=0.9))
    first = Situation(submission=mail(school.mailboxes[0].address), ruling=Ruling(), understanding=complaint)
    decision = decide(school, first, datetime(2026, 11, 2, 9, 0, tzinfo=UTC))
    stage = draw(st.sampled_from([decision.stage, *(one.id for one in school.stages)]))
    return opened(decision, stage=stage, urgent=draw(st.booleans()), anonymous=draw(st.booleans()))


def everyone_told(school: Procedure, decision: Decision) -> Iterator[str]:
    """Every role that has a part in what was decided; of a committee those of its members whom a letter reaches."""
    roles = [decision.owner, *decision.recipients, *(one.role for one in decision.assignments)]
    roles += [one.to for one in decision.letters if one.to != "sender"]
    roles += [deadline.role for deadline in decision.deadlines]
    roles += [step.role for step in decision.steps]
    for name in roles:
        role = school.role(name)
        assert role is not None, name
        yield name
        yield from (member for member in role.members if school.addresses(member, decision.excluded))


@EACH_SCHOOL
@BRIEFLY
@given(data=st.data(), now=MOMENTS)
def test_nobody_complained_about_has_a_part_in_the_case(school: Procedure, data: st.DataObject, now: datetime) -> None:
    """E2, G2: neither they, nor a stand-in who is the same person, nor a committee's letter to them."""
    situation = data.draw(situations(school))
    decision = decide(school, situation, now)
    if decision.disposition is Disposition.SET_ASIDE:
        assert decision.letters == ()
        return
    accused = situation.understanding.accused_roles.label or ()
    assert isinstance(accused, tuple)
    barred = barred_roles(school, {*accused, *(situation.case.excluded if situation.case else ())})
    assert set(decision.excluded) == barred
    for name in everyone_told(school, decision):
        assert name not in barred
        role = school.role(name)
        holders = [school.role(one) for one in barred]
        assert role is not None
        assert not any(same_person(role, holder) for holder in holders if holder)


@EACH_SCHOOL
@BRIEFLY
@given(data=st.data(), now=MOMENTS)
def test_every_registered_case_has_exactly_one_owner(school: Procedure, data: st.DataObject, now: datetime) -> None:
    """D2, E2: one role that can be reached, first among those who get the notice."""
    decision = decide(school, data.draw(situations(school)), now)
    if decision.disposition is Disposition.SET_ASIDE:
        assert decision.owner == ""
        return
    assert school.role(decision.owner) is not None
    assert school.addresses(decision.owner, decision.excluded)
    assert decision.recipients[0] == decision.owner
    assert len(set(decision.recipients)) == len(decision.recipients)


@EACH_SCHOOL
@BRIEFLY
@given(data=st.data(), now=MOMENTS)
def test_every_deadline_counted_in_working_days_falls_on_a_working_moment(
    school: Procedure, data: st.DataObject, now: datetime
) -> None:
    """G6: of the calendar of the case's unit."""
    decision = decide(school, data.draw(situations(school, joined=False)), now)
    stage = school.stage(decision.stage)
    limits = {one.kind: one for one in (*school.time_limits, *(stage.time_limits if stage else ()))}
    calendar = school.calendar_of(decision.unit)
    for deadline in decision.deadlines:
        assert deadline.due_at > now
        assert deadline.clause
        limit = limits.get(deadline.kind)
        if limit is None or limit.unit in ("working_days", "school_days"):
            assert calendar.is_working_moment(deadline.due_at)


@EACH_SCHOOL
@BRIEFLY
@given(data=st.data())
def test_some_rule_always_matches(school: Procedure, data: st.DataObject) -> None:
    """E2: whatever the classifiers say, also when they say nothing."""
    understanding = data.draw(UNDERSTOOD[school.id])
    matter = matter_of(school, mail(school.mailboxes[0].address), understanding)
    assert matches(first_rule(school, matter).when, matter)


@EACH_SCHOOL
@BRIEFLY
@given(data=st.data(), now=MOMENTS)
def test_danger_always_reaches_somebody_with_a_name(school: Procedure, data: st.DataObject, now: datetime) -> None:
    """C6, G7: of whatever score, in whatever looks automatic, whoever is accused."""
    calm = data.draw(situations(school, joined=False))
    danger = Verdict(label=True, score=data.draw(SCORES))
    decision = decide(school, replace(calm, understanding=replace(calm.understanding, urgent=danger)), now)
    told = [one for one in decision.letters if one.template == "urgent_notice"]
    assert decision.disposition is Disposition.REGISTERED
    assert told
    for order in told:
        role = school.role(order.to)
        assert role is not None
        assert role.name
        assert school.addresses(order.to, decision.excluded)
        assert order.urgent
        assert order.send_at is None


@EACH_SCHOOL
@BRIEFLY
@given(data=st.data(), now=MOMENTS)
def test_the_same_facts_give_the_same_decision(school: Procedure, data: st.DataObject, now: datetime) -> None:
    """G10: a dry run tells what would happen."""
    situation = data.draw(situations(school))
    assert decide(school, situation, now) == decide(school, situation, now)


@EACH_SCHOOL
@BRIEFLY
@given(data=st.data(), now=MOMENTS)
def test_nothing_goes_to_a_sender_who_may_not_be_answered(
    school: Procedure, data: st.DataObject, now: datetime
) -> None:
    """G5: and the reason is always there; of those who may, every new case is acknowledged once."""
    situation = data.draw(situations(school))
    decision = decide(school, situation, now)
    to_sender = [one.template for one in decision.letters if one.to == "sender"]
    if situation.ruling.automatic or not situation.ruling.answerable:
        assert to_sender == []
    assert bool(to_sender) is (decision.not_acknowledged_because == "")
    if situation.case:
        assert "acknowledgement" not in to_sender
    elif decision.disposition is Disposition.REGISTERED and decision.not_acknowledged_because == "":
        assert to_sender in (["acknowledgement"], ["not_examined"])


@EACH_SCHOOL
@BRIEFLY
@given(data=st.data(), now=MOMENTS)
def test_each_letter_is_ordered_once(school: Procedure, data: st.DataObject, now: datetime) -> None:
    """C5: a role that gets a notice for two reasons gets one notice."""
    decision = decide(school, data.draw(situations(school)), now)
    ordered = [(one.template, one.to) for one in decision.letters]
    assert len(ordered) == len(set(ordered))
