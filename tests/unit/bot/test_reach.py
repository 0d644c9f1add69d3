"""Where a role is reached: beside its mail in linked chats, and never where somebody who is excluded reads along."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from bot.reach import Reach
from procedures.load import Procedures
from register.records import StaffChat

AT = datetime(2026, 11, 24, tzinfo=UTC)


@pytest.fixture(scope="module")
def reach() -> Reach:
    """St George, with a chat of the committee, one of a member, and one that two roles share."""
    procedure = Procedures.load().get("st_george")
    assert procedure is not None
    links = (("committee", "-1"), ("legal_adviser", "2"), ("hr_head", "3"), ("manager", "3"))
    linked = (StaffChat(organisation="st_george", chat=chat, role=role, kind="", linked_at=AT) for role, chat in links)
    return Reach(procedure=procedure, linked=tuple(linked))


def chats(reach: Reach, role: str, *excluded: str) -> set[str]:
    return {one.value for one in reach.addresses(role, excluded, urgent=False) if "@" not in one.value}


def test_a_committee_is_reached_in_its_own_chat_and_in_those_of_its_members(reach: Reach) -> None:
    assert chats(reach, "committee") == {"-1", "2", "3"}


def test_the_chat_of_a_committee_gets_nothing_that_a_member_must_not_see(reach: Reach) -> None:
    """G2."""
    assert chats(reach, "committee", "legal_adviser") == {"3"}


def test_a_chat_that_an_excluded_role_shares_gets_nothing(reach: Reach) -> None:
    """G2."""
    assert chats(reach, "hr_head", "manager") == set()
    assert chats(reach, "manager", "manager") == set()
