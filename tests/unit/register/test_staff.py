from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest

from register.acting import OvertakenAct
from register.records import Act, Case, Disposition, Entered, Happening, Taken
from register.store import Register
from tests.unit.register.making import (
    ANSWER,
    ASIDE,
    NOW,
    claimed,
    decision,
    entry,
    letter,
    opened,
    outgoing,
    understanding,
)

DAY = timedelta(days=1)
TAKEN = Happening(what="taken", who="head")
URGENT = replace(understanding(), urgent=replace(understanding().kind, label=True))


async def offered(register: Register, digest: str = "d1", role: str = "head") -> None:
    await register.staff.offer(digest, "skola", role, NOW, DAY)


async def act(register: Register, external_id: str, wish: Act) -> Entered:
    """A press that makes an act."""
    (raw,) = await claimed(register, external_id)
    return await register.enter(entry(raw, decision=ASIDE, compose=lambda case: (), act=wish), NOW)


def takes(case: Case, role: str = "head", taken: Taken | None = None) -> Act:
    return Act(case=case, taken=taken, becomes=case, taker=role, happenings=(replace(TAKEN, who=role),))


async def what(register: Register, case: Case) -> list[str]:
    return [line.what for line in await register.journal(case.id)]


async def test_a_code_is_used_once_by_one_chat(register: Register) -> None:
    await offered(register)
    both = await asyncio.gather(*(register.staff.link("d1", "skola", chat, "private", NOW) for chat in ("1", "2")))
    assert sorted(both, key=str) == ["head", None] or both == ["head", None]
    winner = "1" if both[0] else "2"
    assert await register.staff.link("d1", "skola", winner, "private", NOW) == "head"
    (link,) = await register.staff.chats("skola")
    assert (link.chat, link.role) == (winner, "head")


async def test_a_code_is_good_for_its_own_school_and_its_own_time(register: Register) -> None:
    await offered(register)
    assert await register.staff.link("d1", "other", "1", "private", NOW) is None
    assert await register.staff.link("d1", "skola", "1", "private", NOW + DAY) is None
    assert await register.staff.link("d2", "skola", "1", "private", NOW) is None
    assert await register.staff.chats() == ()


async def test_a_chat_is_unlinked_from_one_role_or_from_all(register: Register) -> None:
    for digest, role in (("d1", "head"), ("d2", "deputy"), ("d3", "third")):
        await offered(register, digest, role)
        await register.staff.link(digest, "skola", "1", "private", NOW)
    assert await register.staff.unlink("skola", "1", "deputy", NOW) == ("deputy",)
    assert sorted(await register.staff.unlink("skola", "1", None, NOW)) == ["head", "third"]
    assert await register.staff.unlink("skola", "1", None, NOW) == ()


async def test_a_group_keeps_its_link_under_its_new_number(register: Register) -> None:
    await offered(register)
    await register.staff.link("d1", "skola", "-5", "group", NOW)
    assert await register.staff.move("skola", "-5", "-1005", NOW)
    assert not await register.staff.move("skola", "-5", "-1005", NOW)
    (link,) = await register.staff.chats()
    assert (link.chat, link.kind) == ("-1005", "supergroup")


async def test_of_two_who_take_a_case_at_once_one_is_overtaken(register: Register) -> None:
    """Issue 3.3: the second one is thought over, and then told who has it."""
    case = await opened(register)
    first, second = await claimed(register, "2", "3")
    made = (
        register.enter(entry(raw, decision=ASIDE, compose=lambda case: (), act=takes(case, role)), NOW)
        for raw, role in ((first, "head"), (second, "deputy"))
    )
    ends = await asyncio.gather(*made, return_exceptions=True)
    lost = [one for one in ends if isinstance(one, OvertakenAct)]
    assert lost
    if len(lost) == 2:
        # In one transaction neither knows who was first: both are thought over again.
        await register.enter(entry(first, decision=ASIDE, compose=lambda case: (), act=takes(case)), NOW)
    assert (await what(register, case)).count("taken") == 1
    taken = await register.staff.taken(case.id)
    assert taken is not None
    with pytest.raises(OvertakenAct):
        await act(register, "4", takes(case, "deputy"))
    assert await register.verify() == ()


async def test_an_act_moves_owner_and_dates_and_lets_nothing_leave_to_who_is_excluded(register: Register) -> None:
    """E2, G2, D2: in the transaction of the press, which is set aside as no message of the case."""
    case = await opened(register)
    becomes = replace(case, owner="deputy", recipients=("deputy",), excluded=("head", "teacher"))
    wish = Act(case=case, becomes=becomes, happenings=(Happening(what="excluded", who="head"),))
    entered = await act(register, "2", wish)
    assert entered.disposition is Disposition.SET_ASIDE
    after = await register.case(case.id)
    assert after is not None
    assert (after.owner, after.recipients, after.excluded) == ("deputy", ("deputy",), ("head", "teacher"))
    assert [one.role for one in after.deadlines] == ["deputy"]
    assert after.messages == case.messages
    assert [one.letter.template for one in await outgoing(register)] == ["acknowledgement"]
    assert "excluded" in await what(register, case)
    assert await register.verify() == ()


async def test_an_act_puts_a_date_off_and_keeps_a_question(register: Register) -> None:
    """G6, G3."""
    case = await opened(register)
    later = replace(ANSWER, due_at=ANSWER.due_at + DAY)
    await act(register, "2", Act(case=case, becomes=case, put_off=(ANSWER, later), question="När?"))
    after = await register.case(case.id)
    assert after is not None
    assert [one.due_at for one in after.deadlines] == [later.due_at]
    assert [one.text for one in await register.unknown.questions(case.id, waiting=True)] == ["När?"]
    assert await register.due(ANSWER.due_at) == ()


async def test_an_act_on_a_case_that_has_moved_on_writes_nothing(register: Register) -> None:
    case = await opened(register)
    await act(register, "2", Act(case=case, becomes=replace(case, owner="deputy")))
    with pytest.raises(OvertakenAct):
        await act(register, "3", takes(case))
    assert await register.staff.taken(case.id) is None
    assert (await register.books()).waiting == 1


async def test_an_urgent_case_waits_for_who_takes_it(register: Register) -> None:
    case = await opened(register, understanding=URGENT)
    assert await register.staff.untaken() == (case.id,)
    assert await register.staff.take(case.id, "head", NOW)
    assert not await register.staff.take(case.id, "deputy", NOW)
    assert await register.staff.untaken() == ()


async def test_an_urgent_notice_is_repeated_by_one_of_two_clocks_and_never_once_taken(register: Register) -> None:
    case = await opened(register, understanding=URGENT)
    again = Happening(what="urgent_repeated", who="clock")

    async def repeats() -> bool:
        new = letter(case, role="head", template="urgent_notice", urgent=True)
        return await register.staff.repeat(case, 0, (new,), again, NOW)

    assert sorted(await asyncio.gather(repeats(), repeats())) == [False, True]
    await register.staff.take(case.id, "head", NOW)
    new = letter(case, role="head", template="urgent_notice", urgent=True)
    assert not await register.staff.repeat(case, 1, (new,), again, NOW)
    assert (await what(register, case)).count("urgent_repeated") == 1


async def test_a_message_that_was_weighed_before_a_hand_over_does_not_give_the_case_back(register: Register) -> None:
    """D2, G2: its decision saw the owner of before; whoever has said that it is about them never has it again."""
    case = await opened(register)
    becomes = replace(case, owner="deputy", recipients=("deputy",), excluded=("head", "teacher"))
    await act(register, "2", Act(case=case, becomes=becomes))
    (raw,) = await claimed(register, "3")
    seen = decision(disposition=Disposition.JOINED, letters=())
    await register.enter(entry(raw, case=case, joined_by="token", decision=seen, compose=lambda case: ()), NOW)
    after = await register.case(case.id)
    assert after is not None
    assert (after.owner, after.recipients, after.messages) == ("deputy", ("deputy",), 2)
    assert [one.role for one in after.deadlines] == ["deputy"]
