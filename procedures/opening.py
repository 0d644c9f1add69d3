"""The decision on a message that opens a case, or that is set aside because nobody wrote it to the school."""

from __future__ import annotations

from procedures.formalities import missing_parts
from procedures.matching import first_rule
from procedures.policies import Question
from procedures.sections import AssignmentRule, Rule, Stage
from procedures.situation import Circumstances, notices, urgent_assignments, urgent_letters
from procedures.timing import deadlines_of, repeated_question, steps_of
from register.records import Assignment, Deadline, Decision, Disposition, LetterOrder

#: the sender's own domain says that the mail is not from it
UNPROVEN = "unproven"


def open_case(facts: Circumstances) -> Decision:
    """A new case by the first rule that matches; or set aside, where the rule says so and nobody is in danger."""
    rule = first_rule(facts.procedure, facts.matter)
    if rule.disposition == "set_aside" and not facts.matter.urgent:
        return set_aside(facts, rule.id, rule.clause, f"rule {rule.id}: not for the register")
    if rule.disposition == "set_aside":
        rule = facts.procedure.rules[-1]
    stage = facts.procedure.stage(rule.stage) or facts.procedure.stages[0]
    return _registered(facts, rule, stage)


def set_aside(facts: Circumstances, reason: str, clause: str, because: str) -> Decision:
    """Nothing happens but that a person can see it, with the reason."""
    return Decision(
        disposition=Disposition.SET_ASIDE,
        rule=f"set_aside:{reason}",
        clause=clause,
        procedure=facts.procedure.version,
        organisation=facts.procedure.id,
        unit=facts.unit,
        not_acknowledged_because=facts.unanswered_because or reason,
        number_format=facts.procedure.numbers.format,
        number_series=facts.procedure.numbers.series,
        registered_on=facts.registered_on,
        because=(because,),
    )


def _registered(facts: Circumstances, rule: Rule, stage: Stage) -> Decision:
    procedure, people = facts.procedure, facts.people
    owner = people.fill(rule.owner or stage.owner, stage)
    examined = rule.examined and not _left_unexamined(facts, stage)
    assignments = _assignments(facts, rule, stage, owner)
    recipients = _recipients(facts, rule, stage, owner)
    questions = _questions(facts, stage) if examined else ()
    deadlines = _deadlines(facts, stage, owner, questions, examined=examined)
    return Decision(
        disposition=Disposition.REGISTERED,
        rule=rule.id,
        clause=rule.clause,
        procedure=procedure.version,
        organisation=procedure.id,
        unit=facts.unit,
        stage=stage.id,
        owner=owner,
        recipients=recipients,
        assignments=assignments,
        deadlines=deadlines,
        letters=_letters(facts, rule, recipients, examined=examined),
        steps=steps_of(stage, owner, people, facts.clocks, deadlines) if examined else (),
        excluded=tuple(sorted(facts.barred)),
        not_acknowledged_because=facts.unanswered_because,
        missing_parts=_missing(facts) if examined else (),
        questions=tuple(question.id for question in questions),
        examined=examined,
        number_format=procedure.numbers.format,
        number_series=procedure.numbers.series,
        registered_on=facts.registered_on,
        because=tuple(_reasons(facts, rule, stage, owner, examined=examined)),
    )


def _left_unexamined(facts: Circumstances, stage: Stage) -> bool:
    # A child in danger comes before the rule on anonymous reports (C3); a question is no report.
    policy = facts.procedure.anonymous
    return facts.matter.anonymous and not policy.examined and not facts.matter.urgent and stage.track != "enquiry"


def _assignments(facts: Circumstances, rule: Rule, stage: Stage, owner: str) -> tuple[Assignment, ...]:
    made = [
        Assignment(role=_beside(facts, given, stage, owner), task=given.task, clause=given.clause, why=given.why)
        for given in _given(facts, rule)
    ]
    if facts.matter.urgent:
        made += urgent_assignments(facts)
    return tuple(dict.fromkeys(one for one in made if one.role != owner or one.task != "recipient"))


def _beside(facts: Circumstances, given: AssignmentRule, stage: Stage, owner: str) -> str:
    """The role of the rule; where it must not see the case, somebody else than the owner."""
    holders = facts.people.holders(given.role)
    if holders and holders[0].id not in facts.barred:
        return holders[0].id
    return facts.people.fill(given.role, stage, other_than=owner)


def _given(facts: Circumstances, rule: Rule) -> tuple[AssignmentRule, ...]:
    always = (one for one in facts.procedure.always if facts.matter.kind not in one.except_kinds)
    return (*rule.assignments, *always)


def _recipients(facts: Circumstances, rule: Rule, stage: Stage, owner: str) -> tuple[str, ...]:
    notified = (_beside(facts, given, stage, owner) for given in _given(facts, rule) if given.notified)
    others = (
        facts.people.fill(holder.id, stage)
        for name in (*rule.recipients, *stage.recipients)
        for holder in facts.people.holders(name)
    )
    roles = (owner, *others, *notified)
    return tuple(dict.fromkeys(one for role in roles for one in (role, *facts.people.readers(role))))


def _questions(facts: Circumstances, stage: Stage) -> tuple[Question, ...]:
    if facts.unanswered_because:
        return ()
    return tuple(question for question in facts.procedure.questions if _is_asked(facts, question, stage))


def _is_asked(facts: Circumstances, question: Question, stage: Stage) -> bool:
    matter = facts.matter
    kinds = (*question.kinds, None)
    if stage.track == "enquiry" or matter.kind not in kinds or matter.may_be(question.except_categories, 0):
        return False
    if question.id == "unit":
        return facts.unit is None and len(facts.procedure.units) > 1
    return matter.wants_investigation is None and not matter.urgent


def _deadlines(
    facts: Circumstances, stage: Stage, owner: str, questions: tuple[Question, ...], *, examined: bool
) -> tuple[Deadline, ...]:
    limits = [
        limit
        for limit in (*facts.procedure.time_limits, *stage.time_limits)
        if (not facts.unanswered_because if limit.kind == "acknowledge" else examined)
    ]
    own_kinds = {limit.kind for limit in stage.time_limits}
    limits = [limit for limit in limits if limit in stage.time_limits or limit.kind not in own_kinds]
    promised = not facts.matter.anonymous or facts.procedure.anonymous.answered
    made = deadlines_of(limits, stage, owner, facts.people, facts.clocks, promised=promised)
    return (*made, *(one for question in questions for one in repeated_question(question, owner, facts.clocks)))


def _missing(facts: Circumstances) -> tuple[str, ...]:
    asked, matter = facts.procedure.parts, facts.matter
    if facts.situation.submission.encrypted:
        # What cannot be read may hold everything.
        return ()
    if asked is None or facts.unanswered_because or matter.urgent or matter.anonymous or matter.kind not in asked.kinds:
        return ()
    return missing_parts(asked, facts.situation.submission)


def _letters(
    facts: Circumstances, rule: Rule, recipients: tuple[str, ...], *, examined: bool
) -> tuple[LetterOrder, ...]:
    urgent = urgent_letters(facts) if facts.matter.urgent else ()
    told = notices(facts, "notice", recipients, rule.clause)
    if facts.unanswered_because == UNPROVEN and not facts.matter.anonymous:
        # The address may be somebody else's: one neutral line, which says nothing of the matter.
        return (*urgent, LetterOrder(template="unproven", to="sender", clause=rule.clause), *told)
    if facts.unanswered_because:
        return (*urgent, *told)
    refused = not examined and facts.matter.anonymous
    template, clause = (
        ("not_examined", facts.procedure.anonymous.clause) if refused else ("acknowledgement", rule.clause)
    )
    return (*urgent, LetterOrder(template=template, to="sender", clause=clause), *told)


def _reasons(facts: Circumstances, rule: Rule, stage: Stage, owner: str, *, examined: bool) -> list[str]:
    matter, policy = facts.matter, facts.procedure.anonymous
    kind = f"{matter.kind or 'unsure'} ({matter.kind_score:.2f})"
    said = [f"rule {rule.id} ({rule.clause}): kind {kind}, category {matter.category or 'unsure'}, stage {stage.id}"]
    if facts.unit is None and facts.procedure.units:
        said.append("the unit is not known: the role that stands for all units decides")
    if facts.barred:
        said.append(f"complained about, so never shown: {', '.join(sorted(facts.barred))}; the owner is {owner}")
    if matter.urgent:
        said.append(f"a child may be in danger: named roles are told at once ({facts.procedure.urgent.clause})")
    if matter.urgent and matter.anonymous and not policy.examined:
        said.append(f"anonymous, and examined all the same: the duty of protection stands above {policy.clause}")
    if not examined and matter.anonymous:
        said.append(f"anonymous reports are registered and not examined ({policy.clause})")
    if not matter.urgent and facts.clocks.told_at(facts.procedure) and facts.procedure.passing_on:
        said.append(f"a day off: passed on when the next working day opens ({facts.procedure.passing_on.clause})")
    if facts.unanswered_because:
        said.append(f"no acknowledgement: {facts.unanswered_because}")
    return said
