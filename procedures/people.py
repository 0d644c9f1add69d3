"""Who does what: an office or role to the person who may act, past everyone whom the matter is about (E2, G2)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from procedures.model import Procedure
from procedures.sections import Role, Stage


def same_person(one: Role, other: Role) -> bool:
    """True where two roles have the same holder or reach the same reader: by name, mail or chat address."""
    if one.id == other.id:
        return True
    if one.name and _folded(one.name) == _folded(other.name):
        return True
    return bool(_read_by(one) & _read_by(other))


def _folded(name: str) -> str:
    return " ".join(name.casefold().split())


def _read_by(role: Role) -> frozenset[str]:
    # A telephone is left out: a whole school may have one number.
    return frozenset(value.casefold() for value in (role.mail, *(a.value for a in role.addresses)) if value)


def barred_roles(procedure: Procedure, accused: Iterable[str]) -> frozenset[str]:
    """The roles that must never see the case: those complained about, and whatever else the same people hold.

    A committee is barred with all its members, and once all its members are. Where that would leave nobody, the role
    of last resort stays: an accusation must not hide a case from everyone.
    """
    barred = _with_other_roles(procedure, frozenset(accused))
    if not barred:
        return barred
    if any(role.id not in barred for role in procedure.roles):
        return barred
    top = procedure.role(procedure.organisation.last_resort)
    return frozenset(role.id for role in procedure.roles if top is None or not same_person(role, top))


def _with_other_roles(procedure: Procedure, accused: frozenset[str]) -> frozenset[str]:
    known = {role.id for role in procedure.roles if role.id in accused}
    if not known:
        return frozenset()
    known.update(member for role in procedure.roles if role.id in known for member in role.members)
    while True:
        more = {role.id for role in procedure.roles if role.id not in known and _hit(procedure, role, known)}
        if not more:
            return frozenset(known)
        known |= more


def _hit(procedure: Procedure, role: Role, known: set[str]) -> bool:
    if role.members and known.issuperset(role.members):
        return True
    holders = (procedure.role(one) for one in known)
    return any(same_person(role, holder) for holder in holders if holder)


@dataclass(frozen=True, kw_only=True)
class People:
    """Fills roles and offices for one case: of its unit, past those who are barred."""

    procedure: Procedure
    unit: str | None
    barred: frozenset[str]

    def holders(self, name: str) -> tuple[Role, ...]:
        """Who holds a role or an office; of an office without a unit, the role that stands for it."""
        role, office = self.procedure.role(name), self.procedure.office(name)
        if role:
            return (role,)
        if office is None:
            return ()
        held = tuple(one for one in self.procedure.roles if name in one.offices and self.unit in one.units)
        return held or self.holders(office.without_unit)

    def everyone(self, name: str) -> tuple[Role, ...]:
        """All holders of an office in all units, or the role itself."""
        return tuple(one for one in self.procedure.roles if name in one.offices) or self.holders(name)

    def fill(self, name: str, stage: Stage | None = None, other_than: str = "") -> str:
        """The one role that acts as `name`: its holder, else the stand-in, else who decides next, else the last resort.

        `other_than`: the role that had the case before; somebody else is preferred (G8). Never a barred role.
        """
        before, same = self.procedure.role(other_than), ""
        for role in self._in_order(name, stage):
            if role.id in self.barred:
                continue
            if before is None or not same_person(role, before):
                return role.id
            same = same or role.id
        return same or self.procedure.organisation.last_resort

    def _in_order(self, name: str, stage: Stage | None) -> Iterator[Role]:
        for wanted in self._wanted(name, stage):
            for holder in self.holders(wanted):
                yield from self._and_stand_ins(holder)
        yield from self.procedure.roles

    def _wanted(self, name: str, stage: Stage | None) -> Iterator[str]:
        yield name
        yield from (following.owner for following in self.procedure.following(stage, self.unit))
        yield self.procedure.organisation.default_role
        yield self.procedure.organisation.last_resort

    def _and_stand_ins(self, role: Role) -> Iterator[Role]:
        seen: set[str] = set()
        current: Role | None = role
        while current and current.id not in seen:
            seen.add(current.id)
            yield current
            current = self.procedure.role(current.stand_in)

    def readers(self, role_id: str) -> tuple[str, ...]:
        """Who gets what is written to a role: itself, or a committee's members who may see the case."""
        role = self.procedure.role(role_id)
        if role and role.members:
            return tuple(member for member in role.members if member not in self.barred)
        return (role_id,)
