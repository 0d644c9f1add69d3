"""The decision on a message that joins a case: it is added, moves the case on, or asks how it stands."""

from __future__ import annotations

from dataclasses import dataclass, replace

from procedures.people import People
from procedures.sections import Stage
from procedures.situation import Circumstances, notices, urgent_assignments, urgent_letters
from procedures.timing import deadlines_of, steps_of
from register.records import Automatic, Case, Deadline, Decision, Disposition, LetterOrder, Step

#: letters that say that something is wrong: one of these that comes back makes no further one, or two would go round
_ABOUT_LETTERS = ("undeliverable", "alarm", "needs_human")


@dataclass(frozen=True, kw_only=True)
class Move:
    """What becomes of the case."""

    rule: str
    stage: Stage | None
    owner: str
    #: a new stage with new clocks has begun
    begins: bool = False
    #: the letter to the sender; empty where none is due
    letter: str = ""
    because: str = ""
    #: somebody has to weigh what was written: a closed case is open again
    reopens: bool = False


def join_case(facts: Circumstances, case: Case) -> Decision:
    """A message that joins a case; never a second acknowledgement."""
    danger = facts.matter.urgent and not case.urgent
    urgent = urgent_letters(facts) if danger else ()
    move = replace(_move(facts, case), reopens=_reopens(facts))
    return _decision(facts, case, move, (*urgent, *_letters(facts, case, move)), danger=danger)


def _move(facts: Circumstances, case: Case) -> Move:
    stage = facts.procedure.stage(case.stage)
    kept = _keeper(facts, case, stage)
    stays = Move(rule=f"joined:{facts.situation.joined_by or 'case'}", stage=stage, owner=kept)
    if _nobody_wrote(facts):
        return stays
    if _is_dissatisfied(facts, case):
        return _next(facts, case, stage, kept)
    return _wished(facts, case, stage) or _same_stage(facts, case, stays)


def _nobody_wrote(facts: Circumstances) -> bool:
    automatic = facts.situation.ruling.automatic
    return facts.situation.joined_by == "repeat" or automatic not in (None, Automatic.LIST)


def _reopens(facts: Circumstances) -> bool:
    """What a person writes has to be weighed for what is new in it (C16); thanks and "how does it stand" have not."""
    if facts.matter.urgent and facts.situation.joined_by != "repeat":
        return True
    asks = facts.situation.understanding.asks_status.label is True
    stays = facts.matter.kind == "praise" or (asks and facts.matter.kind not in ("complaint", "concern"))
    return not _nobody_wrote(facts) and not stays


def _stays_closed(facts: Circumstances, case: Case) -> bool:
    return case.status == "closed" and not _reopens(facts)


def _keeper(facts: Circumstances, case: Case, stage: Stage | None) -> str:
    """Who owns the case if it stays: its owner, unless complained about; or the unit's own once the unit is known."""
    people, wanted = facts.people, stage.owner if stage else facts.procedure.organisation.default_role
    if case.owner in people.barred or not facts.procedure.role(case.owner):
        return people.fill(wanted, stage)
    without_unit = People(procedure=facts.procedure, unit=None, barred=people.barred)
    if case.unit is None and facts.unit is not None and case.owner == without_unit.fill(wanted, stage):
        return people.fill(wanted, stage)
    return case.owner


def _is_dissatisfied(facts: Circumstances, case: Case) -> bool:
    policy = facts.procedure.anonymous
    # What was not examined has no answer that could be unsatisfying (C3).
    unexamined = case.anonymous and not policy.examined and not case.urgent
    return facts.matter.dissatisfied and not unexamined


def _next(facts: Circumstances, case: Case, stage: Stage | None, kept: str) -> Move:
    """G8: the next stage, with new clocks and a different person; after the last one, the body outside (A6)."""
    following = next(facts.procedure.following(stage, facts.unit), None)
    if following is None:
        why = "not satisfied with the last stage: the sender is told of the body outside"
        return Move(rule="outside_body", stage=stage, owner=kept, letter="next_stage", because=why)
    return Move(
        rule="next_stage",
        stage=following,
        owner=facts.people.fill(following.owner, following, other_than=case.owner),
        begins=True,
        letter="next_stage",
        because=f"not satisfied: the case goes on to stage {following.id}",
    )


def _wished(facts: Circumstances, case: Case, stage: Stage | None) -> Move | None:
    """B2: the sender decides whether there is an investigation."""
    wish = facts.matter.wants_investigation
    if stage is None or wish is None:
        return None
    target = facts.procedure.stage(stage.if_wished if wish else stage.if_not_wished)
    if target is None:
        return None
    owner = facts.people.fill(target.owner, target)
    why = f"the sender {'asks for an' if wish else 'wants no'} investigation: stage {target.id}"
    return Move(rule="wish", stage=target, owner=owner, begins=True, letter="status", because=why)


def _same_stage(facts: Circumstances, case: Case, stays: Move) -> Move:
    asks = facts.situation.understanding.asks_status.label is True
    letter = "" if not asks else "closed" if _stays_closed(facts, case) else "status"
    if stays.owner == case.owner:
        return Move(rule=stays.rule, stage=stays.stage, owner=stays.owner, letter=letter)
    # D2: every hand-over is told to the sender.
    why = "the unit is now known" if case.unit is None else "the owner is now complained about"
    return Move(rule="handed_over", stage=stays.stage, owner=stays.owner, letter="status", because=why)


def _letters(facts: Circumstances, case: Case, move: Move) -> tuple[LetterOrder, ...]:
    clause = move.stage.clause if move.stage else ""
    if facts.situation.ruling.automatic is Automatic.BOUNCE:
        return notices(facts, "undeliverable", _told_of_return(facts, move), clause)
    if _nobody_wrote(facts):
        return ()
    answered = move.letter and not facts.unanswered_because
    to_sender = (LetterOrder(template=move.letter, to="sender", clause=clause),) if answered else ()
    return (*to_sender, *_to_staff(facts, case, move, clause))


def _told_of_return(facts: Circumstances, move: Move) -> tuple[str, ...]:
    """The owner, or somebody else where the owner's own mail came back; nobody of a letter that was about this."""
    role = facts.situation.letter_role
    if facts.situation.letter_template in _ABOUT_LETTERS:
        return ()
    return (move.owner if role in ("", "sender") else facts.people.fill(move.owner, move.stage, other_than=role),)


def _to_staff(facts: Circumstances, case: Case, move: Move, clause: str) -> tuple[LetterOrder, ...]:
    if move.owner == case.owner and not move.begins:
        return notices(facts, "added_notice", (move.owner,), clause, first=facts.matter.urgent)
    new = notices(facts, "notice", _taking_part(facts, move), clause)
    told = {order.to for order in new}
    before = () if case.owner in facts.barred else (case.owner,)
    return (*new, *(order for order in notices(facts, "added_notice", before, clause) if order.to not in told))


def _taking_part(facts: Circumstances, move: Move) -> tuple[str, ...]:
    named = move.stage.recipients if move.stage and move.begins else ()
    others = (facts.people.fill(holder.id, move.stage) for name in named for holder in facts.people.holders(name))
    return tuple(dict.fromkeys((move.owner, *others)))


def _decision(
    facts: Circumstances, case: Case, move: Move, letters: tuple[LetterOrder, ...], *, danger: bool
) -> Decision:
    procedure, stage = facts.procedure, move.stage
    deadlines = _deadlines(facts, case, move)
    kept = (role for role in (*_taking_part(facts, move), *case.recipients) if role not in facts.barred)
    recipients = (one for role in kept for one in (role, *facts.people.readers(role)))
    answered = any(order.to == "sender" for order in letters)
    return Decision(
        disposition=Disposition.JOINED,
        rule=move.rule,
        clause=stage.clause if stage else "",
        procedure=procedure.version,
        organisation=procedure.id,
        unit=facts.unit,
        stage=stage.id if stage else case.stage,
        owner=move.owner,
        recipients=tuple(dict.fromkeys(recipients)),
        assignments=urgent_assignments(facts) if danger else (),
        deadlines=deadlines,
        letters=letters,
        steps=_steps(facts, case, move, deadlines),
        excluded=tuple(sorted(facts.barred)),
        reopens=move.reopens,
        not_acknowledged_because="" if answered else facts.unanswered_because or "joined",
        number_format=procedure.numbers.format,
        number_series=procedure.numbers.series,
        registered_on=facts.registered_on,
        because=tuple(_reasons(facts, case, move, danger=danger)),
    )


def _deadlines(facts: Circumstances, case: Case, move: Move) -> tuple[Deadline, ...]:
    """New clocks for a new stage; with a new owner the dates stay and are theirs; else nothing new."""
    if move.begins and move.stage:
        limits = [limit for limit in move.stage.time_limits if limit.kind != "acknowledge"]
        promised = not case.anonymous or facts.procedure.anonymous.answered
        return deadlines_of(limits, move.stage, move.owner, facts.people, facts.clocks, promised=promised)
    if move.owner == case.owner:
        return ()
    passed_on = {case.owner, *facts.barred}
    return tuple(replace(one, role=move.owner) if one.role in passed_on else one for one in case.deadlines)


def _steps(facts: Circumstances, case: Case, move: Move, deadlines: tuple[Deadline, ...]) -> tuple[Step, ...]:
    if move.stage is None or (move.owner == case.owner and not move.begins):
        return ()
    since_opening = replace(facts.clocks, received_at=case.opened_at, registered_at=case.opened_at)
    clocks = facts.clocks if move.begins else since_opening
    return steps_of(move.stage, move.owner, facts.people, clocks, deadlines)


def _reasons(facts: Circumstances, case: Case, move: Move, *, danger: bool) -> list[str]:
    said = [f"joins its case by {facts.situation.joined_by or 'its case'}", *([move.because] if move.because else [])]
    if danger:
        said.append(f"a child may be in danger: named roles are told at once ({facts.procedure.urgent.clause})")
    if facts.situation.ruling.automatic is Automatic.BOUNCE:
        said.append("a letter of ours came back: the owner is told")
    if case.status == "closed":
        said.append("the case was closed and is open again" if move.reopens or move.begins else "the case stays closed")
    return said
