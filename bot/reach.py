"""Where a role can be reached: what the procedure file says of it, and the chats that its holders have linked."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from procedures.model import Procedure
from register.records import Address, AddressKind, Case, StaffChat

#: where the register can send letters; a phone number is for people
REACHABLE = (AddressKind.MAIL, AddressKind.TELEGRAM)


@dataclass(frozen=True, kw_only=True)
class Reach:
    """The addresses of a school's roles."""

    procedure: Procedure
    #: linked by a one-time code
    linked: tuple[StaffChat, ...] = ()

    def addresses(self, role: str, excluded: Iterable[str], *, urgent: bool) -> tuple[Address, ...]:
        """Where a letter to a role goes: everywhere where it is urgent (C6), else to its mail and its linked chats.

        Nowhere for an excluded role, and never into a chat that an excluded one shares (G2).
        """
        barred = frozenset(excluded)
        named = [one for one in self.procedure.addresses(role, barred) if one.kind in REACHABLE]
        mails = [one for one in named if one.kind is AddressKind.MAIL]
        chats = tuple(self._chats(role, barred))
        wanted = named if urgent or not (mails or chats) else mails
        shared = self._chats_of(barred)
        every = (one for one in (*wanted, *chats) if one.kind is not AddressKind.TELEGRAM or one.value not in shared)
        return tuple({(one.kind, one.value.lower()): one for one in every}.values())

    def roles_in(self, chat: str) -> tuple[str, ...]:
        """The roles whose place a chat is; empty for a stranger's."""
        linked = (one.role for one in self.linked if one.chat == chat and self.procedure.role(one.role))
        named = (role.id for role in self.procedure.roles if chat in _named_chats(self.procedure, role.id))
        return tuple(dict.fromkeys((*linked, *named)))

    def may_see(self, chat: str, case: Case) -> bool:
        """True for a chat of staff in which nobody is excluded from the case."""
        roles = self.roles_in(chat)
        return bool(roles) and not set(roles) & set(case.excluded)

    def _chats(self, role: str, barred: frozenset[str]) -> Iterator[Address]:
        """The linked chats of a role; of a committee those of its members, and its own unless a member is excluded."""
        found = self.procedure.role(role)
        if found is None or role in barred:
            return
        if not barred.intersection(found.members):
            name = found.name
            yield from (
                Address(kind=AddressKind.TELEGRAM, value=one.chat, name=name) for one in self.linked if one.role == role
            )
        for member in found.members:
            yield from self._chats(member, barred)

    def _chats_of(self, roles: frozenset[str]) -> frozenset[str]:
        linked = {one.chat for one in self.linked if one.role in roles}
        return frozenset(linked.union(*(_named_chats(self.procedure, role) for role in roles)))


def _named_chats(procedure: Procedure, role_id: str) -> frozenset[str]:
    role = procedure.role(role_id)
    return frozenset(one.value for one in role.addresses if one.kind is AddressKind.TELEGRAM) if role else frozenset()
