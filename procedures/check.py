"""What a procedure file says that cannot be meant: names of nothing, rules that never match, nobody to stand in."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from datetime import date, timedelta

from procedures import calendar
from procedures.model import Procedure
from procedures.people import same_person
from procedures.phrases import phrases
from procedures.sections import When
from procedures.texts import texts_of
from procedures.values import LANGUAGES

#: how long before the last known day of school a new school year has to be written in
_AHEAD = timedelta(days=60)


def faults(procedure: Procedure) -> tuple[str, ...]:
    """What keeps a procedure from being used, a line each; the loader refuses a file that has one."""
    return tuple(_in_one_line(said) for look in FAULTS for said in look(procedure))


def problems(procedure: Procedure, today: date | None = None) -> tuple[str, ...]:
    """Everything that is wrong with a procedure, a line each; with `today` also terms that have run out."""
    doubts = (line for look in DOUBTS for line in look(procedure))
    dated = _outdated(procedure, today) if today else ()
    return tuple(_in_one_line(f"{procedure.id}: {said}") for said in (*faults(procedure), *doubts, *dated))


def _in_one_line(said: str) -> str:
    """What is said names what the file has, and that may hold line breaks."""
    return " ".join(said.splitlines())


# --- names ---


def _names(procedure: Procedure) -> Iterator[str]:
    roles = {role.id for role in procedure.roles}
    seats = roles | {office.id for office in procedure.offices}
    for where, name in _roles_named(procedure):
        if name not in roles:
            yield f"{where}: there is no role {name!r}; write one of {_list(roles)}"
    for where, name in _seats_named(procedure):
        if name not in seats:
            yield f"{where}: there is no role or office {name!r}; write one of {_list(seats)}"


def _roles_named(procedure: Procedure) -> Iterator[tuple[str, str]]:
    yield "organisation, default_role", procedure.organisation.default_role
    yield "organisation, last_resort", procedure.organisation.last_resort
    yield from ((f"offices {one.id!r}, without_unit", one.without_unit) for one in procedure.offices)
    for role in procedure.roles:
        yield from ((f"roles {role.id!r}, members", member) for member in role.members)
        if role.stand_in:
            yield f"roles {role.id!r}, stand_in", role.stand_in


def _seats_named(procedure: Procedure) -> Iterator[tuple[str, str]]:
    yield from (("urgent, roles", name) for name in procedure.urgent.roles)
    yield from (("urgent, escalate_to", name) for name in procedure.urgent.escalate_to)
    yield from (("always, role", given.role) for given in procedure.always)
    for stage in procedure.stages:
        where = f"stages {stage.id!r}"
        yield f"{where}, owner", stage.owner
        yield from ((f"{where}, recipients", name) for name in stage.recipients)
        yield from ((f"{where}, time_limits {one.kind!r}, role", one.role) for one in stage.time_limits if one.role)
        yield from ((f"{where}, steps {one.id!r}, role", one.role) for one in stage.steps if one.role)
    for rule in procedure.rules:
        where = f"rules {rule.id!r}"
        named = (rule.owner, *rule.recipients, *(given.role for given in rule.assignments))
        yield from ((where, name) for name in named if name)


def _offices_and_units(procedure: Procedure) -> Iterator[str]:
    units, offices = {unit.id for unit in procedure.units}, {office.id for office in procedure.offices}
    for where, names in _units_named(procedure):
        yield from (
            f"{where}: there is no unit {one!r}; write one of {_list(units)}" for one in names if one not in units
        )
    for role in procedure.roles:
        unknown = [one for one in role.offices if one not in offices]
        yield from (
            f"roles {role.id!r}, offices: there is no office {one!r}; write it as [[offices]]" for one in unknown
        )
        if role.offices and not role.units:
            yield f"roles {role.id!r}: holds an office and belongs to no unit; write its units"
        if not role.offices and not role.title:
            yield f"roles {role.id!r}: has no title; write [roles.title] or the office that it holds"


def _units_named(procedure: Procedure) -> Iterator[tuple[str, Iterable[str]]]:
    yield from ((f"roles {role.id!r}, units", role.units) for role in procedure.roles)
    yield from ((f"mailboxes {box.address}, unit", (box.unit,)) for box in procedure.mailboxes if box.unit)
    yield from ((f"stages {stage.id!r}, units", stage.units) for stage in procedure.stages)
    yield from ((f"rules {rule.id!r}, when units", rule.when.units) for rule in procedure.rules)


def _twice(procedure: Procedure) -> Iterator[str]:
    tables = ("units", "offices", "roles", "stages", "rules", "questions")
    for table in tables:
        seen: set[str] = set()
        for one in getattr(procedure, table):
            if one.id in seen:
                yield f"{table}: {one.id!r} is there twice; give one of them another id"
            seen.add(one.id)
    addresses = [box.address.lower() for box in procedure.mailboxes]
    yield from (f"mailboxes: {one} is there twice" for one in sorted({a for a in addresses if addresses.count(a) > 1}))


# --- stages and rules ---


def _stages(procedure: Procedure) -> Iterator[str]:
    stages = {stage.id for stage in procedure.stages}
    for stage in procedure.stages:
        for key, name in (("next", stage.next), ("if_wished", stage.if_wished), ("if_not_wished", stage.if_not_wished)):
            if name and name not in stages:
                yield f"stages {stage.id!r}, {key}: there is no stage {name!r}; write one of {_list(stages)}"
        if stage.next and not stage.next_level:
            yield f"stages {stage.id!r}: has a next stage; write [stages.next_level], how to get there"
        yield from _time_limits(procedure, stage.id)
        if _goes_in_a_circle(procedure, stage.id):
            yield f"stages {stage.id!r}, next: the stages go in a circle; leave `next` out at the last one"


def _goes_in_a_circle(procedure: Procedure, first: str) -> bool:
    seen: set[str] = set()
    stage = procedure.stage(first)
    while stage and stage.id not in seen:
        seen.add(stage.id)
        stage = procedure.stage(stage.next)
    return stage is not None


def _time_limits(procedure: Procedure, stage_id: str) -> Iterator[str]:
    stage = procedure.stage(stage_id)
    known = ["receipt", "registration", *(limit.kind for limit in procedure.time_limits)]
    for limit in stage.time_limits if stage else ():
        where = f"stages {stage_id!r}, time_limits {limit.kind!r}"
        if limit.after not in known:
            yield f"{where}, after: {limit.after!r} is no earlier time limit; write one of {_list(known)}"
        if limit.promised and not limit.promise:
            yield f"{where}: is promised; write [stages.time_limits.promise], what the date is of"
        if limit.unit == "school_days" and not procedure.calendar.terms:
            yield f"{where}: counts school days and there are no [[calendar.terms]]; write them or count working_days"
        known.append(limit.kind)
    for step in stage.steps if stage else ():
        if step.due and step.due.after not in known:
            yield f"stages {stage_id!r}, steps {step.id!r}, due: {step.due.after!r} is no time limit of this stage"


def _rules(procedure: Procedure) -> Iterator[str]:
    stages = {stage.id for stage in procedure.stages}
    for rule in procedure.rules:
        if rule.disposition == "set_aside":
            if rule.stage or rule.owner or rule.is_default:
                yield f"rules {rule.id!r}: sets aside; write `when`, and neither stage nor owner"
        elif rule.stage not in stages:
            yield f"rules {rule.id!r}, stage: there is no stage {rule.stage!r}; write one of {_list(stages)}"
    if not procedure.rules or not procedure.rules[-1].is_default:
        yield "rules: the last rule must match everything; write one without `when` at the end"


def _unreachable_rules(procedure: Procedure) -> Iterator[str]:
    rules = procedure.rules
    for place, rule in enumerate(rules):
        before = next((earlier for earlier in rules[:place] if _covers(earlier.when, rule.when)), None)
        if before:
            yield f"rules {rule.id!r}: never matches, {before.id!r} before it takes all of that; move it up"


def _covers(wide: When, narrow: When) -> bool:
    """True where whatever the narrow rule asks, the wide one is content with."""
    lists = ((wide.kinds, narrow.kinds), (wide.units, narrow.units), (wide.categories, narrow.categories))
    if any(w and not (n and set(n) <= set(w)) for w, n in lists):
        return False
    names = ("urgent", "anonymous", "about_education", "wants_investigation", "dissatisfied")
    if any(getattr(wide, name) is not None and getattr(wide, name) is not getattr(narrow, name) for name in names):
        return False
    if wide.kinds and wide.minimum_score > narrow.minimum_score:
        return False
    return not wide.categories or _suspects_as_early(wide, narrow)


def _suspects_as_early(wide: When, narrow: When) -> bool:
    if not narrow.suspected_from:
        return True
    return 0 < wide.suspected_from <= narrow.suspected_from


# --- people ---


def _people(procedure: Procedure) -> Iterator[str]:
    """E2, G2: where a complaint could only go to the person whom it is about."""
    for role in procedure.roles:
        if role.id == procedure.organisation.last_resort and len(procedure.roles) > 1:
            continue
        stand_in = procedure.role(role.stand_in)
        if stand_in is None:
            yield f"roles {role.id!r}: has no stand_in; a complaint about its holder needs one"
        elif same_person(role, stand_in):
            yield f"roles {role.id!r}: its stand_in {stand_in.id!r} is the same person; write somebody else"
    yield from _top(procedure)
    if len(set(procedure.urgent.roles)) < 2:
        yield "urgent, roles: only one role is told of danger; write a second, in case the matter is about the first"
    yield from _unreachable_people(procedure)


def _top(procedure: Procedure) -> Iterator[str]:
    house = procedure.organisation
    default, top = procedure.role(house.default_role), procedure.role(house.last_resort)
    if default and top and same_person(default, top):
        yield f"organisation: default_role and last_resort are the same person ({default.id}); name somebody above"
    if top and top.members:
        yield "organisation, last_resort: is a committee; write a role that one person holds"


def _unreachable_people(procedure: Procedure) -> Iterator[str]:
    own = procedure.own_addresses
    for role in procedure.roles:
        if role.members:
            continue
        if not role.mail and not role.addresses:
            yield f"roles {role.id!r}: cannot be reached; write its mail"
        if role.mail.lower() in own:
            yield f"roles {role.id!r}, mail: {role.mail} is a mailbox that is taken in; notices would come back"
        if not role.name:
            yield f"roles {role.id!r}: has no name; write who holds it, so that they can be recognised in a complaint"


# --- languages, calendar, numbers ---


def _languages(procedure: Procedure) -> Iterator[str]:
    for where, text in texts_of(procedure):
        missing = [language for language in LANGUAGES if language not in text] if "" not in text else []
        if missing:
            yield f"{where}: is missing in {', '.join(missing)}"
    tasks = {given.task for rule in procedure.rules for given in rule.assignments} | {g.task for g in procedure.always}
    for language in LANGUAGES:
        unknown = sorted(tasks - set(phrases(language).tasks))
        yield from (
            f"task {task!r} has no words in {language}; use {_list(phrases(language).tasks)}" for task in unknown
        )


def _calendar(procedure: Procedure) -> Iterator[str]:
    house = procedure.organisation
    try:
        calendar.public_holidays(house.country, house.subdivision, procedure.calendar.holiday_categories, 2026)
    except (NotImplementedError, ValueError) as error:
        yield f"organisation, country / calendar, holiday_categories: {str(error).splitlines()[0]}"
    hours = [procedure.calendar.office_hours, *(unit.office_hours for unit in procedure.units if unit.office_hours)]
    for week in hours:
        if not week:
            yield "calendar, office_hours: no day is open; write at least one"
        for day, (opening, closing) in week.items():
            if closing <= opening:
                yield f"calendar, office_hours, {day}: closes before it opens"


def _numbers(procedure: Procedure) -> Iterator[str]:
    if "{year}" not in procedure.numbers.format or "{number" not in procedure.numbers.format:
        yield "numbers, format: must hold {year} and {number}; write for example 'ALX {year}-{number:04}'"


def _outdated(procedure: Procedure, today: date) -> Iterator[str]:
    if procedure.calendar.terms:
        last = max(term.last for term in procedure.calendar.terms)
        if last < today + _AHEAD:
            yield f"calendar, terms: end on {last}; write the next school year"


def _list(names: Iterable[str]) -> str:
    return ", ".join(sorted(names))


#: what cannot work, in the order in which the lines are read
FAULTS: tuple[Callable[[Procedure], Iterator[str]], ...] = (
    _twice,
    _names,
    _offices_and_units,
    _stages,
    _rules,
    _calendar,
    _numbers,
)
#: what works and is hardly meant
DOUBTS: tuple[Callable[[Procedure], Iterator[str]], ...] = (_unreachable_rules, _people, _languages)
