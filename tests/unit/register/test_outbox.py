from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from register.errors import LeaseLost
from register.hand import Hand
from register.records import Address, AddressKind, Case, Deadline, Happening, Letter, OutgoingLetter, Verdict
from register.store import Register
from tests.unit.register.making import (
    HEAD,
    LEASE,
    NOW,
    PARENT,
    both_letters,
    by_template,
    decision,
    entered,
    letter,
    opened,
    outgoing,
    understanding,
)

LATER = NOW + timedelta(hours=2)


async def test_a_letter_comes_out_as_it_was_written(register: Register) -> None:
    case = await opened(register)
    (acknowledgement, notice) = await outgoing(register)
    assert acknowledgement.letter == letter(case, id=acknowledgement.letter.id)
    assert notice.letter.to == HEAD
    assert (notice.attempts, notice.claimed_by) == (1, "dispatcher-1")
    assert await outgoing(register) == ()


async def test_an_acknowledgement_that_left_acknowledges_its_case(register: Register) -> None:
    """F2, G5."""
    by = Deadline(kind="acknowledge", due_at=NOW + timedelta(days=2), clause="step 1", role="head")
    case = await opened(register, decision=decision(deadlines=(by,)))
    sent = by_template(await outgoing(register))
    await register.letter_sent(sent["notice"], LATER)
    assert [one.id for one in await register.unacknowledged(LATER)] == [case.id]
    await register.letter_sent(sent["acknowledgement"], LATER, "250 OK")
    found = await register.case(case.id)
    assert found is not None
    assert found.acknowledged_at == LATER
    assert await register.unacknowledged(LATER) == ()
    assert await register.due(NOW + timedelta(days=3)) == ()
    lines = await register.journal(case.id)
    assert [line.what for line in lines][-3:] == ["letter_sent", "letter_sent", "acknowledged"]
    assert lines[-2].facts["detail"] == "250 OK"
    assert await register.verify() == ()


async def test_a_letter_of_another_template_acknowledges_nothing(register: Register) -> None:
    case = await opened(register, compose=lambda case: (letter(case, template="status"),))
    (status,) = await outgoing(register)
    await register.letter_sent(status, LATER)
    assert [one.id for one in await register.unacknowledged(LATER)] == [case.id]


async def test_an_acknowledgement_ordered_for_later_is_not_owed_yet(register: Register) -> None:
    """C2: what waits for the first working day."""
    case = await opened(register, compose=lambda case: (letter(case, send_at=LATER),))
    assert await register.unacknowledged(NOW + timedelta(minutes=5)) == ()
    assert [one.id for one in await register.unacknowledged(LATER)] == [case.id]
    assert await outgoing(register, LATER - timedelta(seconds=1)) == ()
    assert len(await outgoing(register, LATER)) == 1


def taking(register: Register, room: int) -> dict[bool, Hand[OutgoingLetter]]:
    """Hands of a dispatcher `mine` that has looked into the outbox and found nothing."""
    hands = {lane: Hand[OutgoingLetter](room, 3600) for lane in (False, True)}
    for hand in hands.values():
        hand.open, hand.behind = True, False
    register.dispatching("mine", {False: LEASE, True: LEASE}, hands, lambda lane: None)
    return hands


async def test_a_letter_is_claimed_as_it_is_ordered(register: Register) -> None:
    """As a claim gives it; nobody else has it before the lease ends, and once it has left it is done."""
    hands = taking(register, room=9)
    case = await opened(register)
    acknowledgement, notice = hands[False].next(9)
    assert acknowledgement == OutgoingLetter(
        letter=letter(case, id=acknowledgement.letter.id), attempts=1, claimed_by="mine"
    )
    assert await outgoing(register) == ()
    await register.letter_sent(acknowledgement, LATER)
    (late,) = await outgoing(register, NOW + LEASE)
    assert (late.letter, late.attempts) == (notice.letter, 2)
    with pytest.raises(LeaseLost):
        await register.letter_sent(notice, LATER)
    assert await register.unacknowledged(LATER) == ()


async def test_what_there_is_no_room_for_waits_for_a_claim(register: Register) -> None:
    """And the dispatcher knows that it is behind; what leaves later waits, too."""
    hands = taking(register, room=1)
    await opened(register)
    assert hands[False].behind
    assert not hands[True].behind
    assert [one.letter.template for one in hands[False].next(9)] == ["acknowledgement"]
    assert [one.letter.template for one in await outgoing(register)] == ["notice"]
    hands[False].behind = False
    await opened(register, "2", compose=lambda case: (letter(case, send_at=LATER),))
    assert hands[False].next(9) == []
    assert LATER in {one.letter.send_at for one in await outgoing(register, LATER)}


async def test_a_transaction_that_fails_leaves_nothing_in_hand(register: Register) -> None:
    """G4: a letter that was never written down never leaves."""
    hands = taking(register, room=9)

    def broken(case: Case) -> tuple[Letter, ...]:
        raise ValueError("no such sentence")

    with pytest.raises(ValueError, match="no such sentence"):
        await opened(register, compose=broken)
    assert hands[False].next(9) == []


async def test_urgent_letters_have_their_own_lane(register: Register) -> None:
    """G7, C6."""

    def urgent(case: Case) -> tuple[Letter, ...]:
        return (*both_letters(case), letter(case, role="head", to=HEAD, template="urgent_notice", urgent=True))

    await opened(register, compose=urgent)
    (first,) = await outgoing(register, urgent=True)
    assert first.letter.template == "urgent_notice"
    assert {one.letter.template for one in await outgoing(register)} == {"acknowledgement", "notice"}


async def test_the_longest_due_letter_leaves_first(register: Register) -> None:
    def at(moment: datetime | None) -> Letter:
        return letter(subject=str(moment), send_at=moment)

    await register.post([at(LATER), at(None), at(NOW + timedelta(hours=1))], [], NOW)
    claimed = await register.claim_letters("d", 2, LATER, LEASE, urgent=False)
    assert [one.letter.send_at for one in claimed] == [None, NOW + timedelta(hours=1)]


async def test_a_deferred_letter_waits_and_keeps_its_message_id(register: Register) -> None:
    await opened(register)
    first = by_template(await outgoing(register))["acknowledgement"]
    await register.letter_deferred(first, LATER, "451 later", NOW)
    with pytest.raises(LeaseLost):
        await register.letter_sent(first, NOW)
    assert await outgoing(register, LATER - timedelta(hours=1, minutes=55)) == ()
    again = by_template(await outgoing(register, LATER))["acknowledgement"]
    assert again.attempts == 2
    assert again.letter == first.letter
    found = await register.letter(first.letter.id)
    assert found is not None
    assert (found["detail"], found["state"]) == ("451 later", "waiting")


async def test_only_the_holder_of_the_claim_says_what_became_of_a_letter(register: Register) -> None:
    await opened(register)
    late = by_template(await outgoing(register))["notice"]
    (again,) = [one for one in await outgoing(register, NOW + LEASE) if one.letter.id == late.letter.id]
    before = await register.journal()
    for say in (
        register.letter_sent(late, NOW),
        register.letter_failed(late, "550", NOW),
        register.letter_deferred(late, LATER, "451", NOW),
        register.letter_sent(replace(again, claimed_by="somebody"), NOW),
        register.letter_sent(replace(again, letter=replace(again.letter, id="unknown")), NOW),
    ):
        with pytest.raises(LeaseLost):
            await say
    assert await register.journal() == before
    await register.letter_sent(again, NOW + LEASE)
    with pytest.raises(LeaseLost):
        await register.letter_sent(again, NOW + LEASE)


async def test_an_acknowledgement_that_can_never_arrive_is_a_reason_on_the_case(register: Register) -> None:
    """G5."""
    case = await opened(register)
    sent = by_template(await outgoing(register))
    await register.letter_failed(sent["acknowledgement"], "550 5.1.1 <mia.lind@example.org> unknown", LATER)
    found = await register.case(case.id)
    assert found is not None
    assert found.not_acknowledged_because == "undeliverable"
    assert await register.unacknowledged(LATER) == ()
    failed, reason = (await register.journal(case.id))[-2:]
    assert failed.what == "letter_failed"
    assert failed.facts["detail"] == "550 5.1.1 <...> unknown"
    assert (reason.what, reason.facts) == ("not_acknowledged", {"because": "undeliverable"})
    assert await outgoing(register, NOW + timedelta(days=9)) != ()
    assert len(await register.letters(case.id)) == 2


async def test_a_failed_notice_leaves_the_acknowledgement_owed(register: Register) -> None:
    await opened(register)
    await register.letter_failed(by_template(await outgoing(register))["notice"], "550", NOW)
    assert len(await register.unacknowledged(LATER)) == 1


@pytest.mark.parametrize("left", [True, False])
async def test_an_anonymous_senders_letter_is_forgotten_once_it_has_left(register: Register, left: bool) -> None:
    """C3, G3."""
    nameless = understanding(anonymous=Verdict(label=True, score=0.9))
    case = await opened(register, understanding=nameless)
    sent = by_template(await outgoing(register))
    acknowledgement = sent["acknowledgement"]
    assert acknowledgement.letter.to == replace(PARENT, name="")
    if left:
        await register.letter_sent(acknowledgement, LATER, "250 2.0.0 for mia.lind@example.org")
    else:
        await register.letter_failed(acknowledgement, "550 5.1.1 mia.lind unknown", LATER)
    await register.letter_sent(sent["notice"], LATER)
    found = await register.letter(acknowledgement.letter.id)
    assert found is not None
    assert (found["to_value"], found["to_name"], found["body"], found["content"]) == ("", "", "", b"")
    assert found["detail"] == ("250 2.0.0" if left else "550 5.1.1")
    assert "lind" not in str(await register.journal(case.id)).lower()
    notice = await register.letter(sent["notice"].letter.id)
    assert notice is not None
    assert notice["to_value"] == HEAD.value


async def test_letters_and_lines_can_be_posted_outside_a_message(register: Register) -> None:
    case = await opened(register)
    await register.post([letter(template="reminder")], [Happening(what="reminded")], NOW, case_id=case.id)
    await register.note(Happening(what="looked_at", who="head"), NOW, case.id)
    await register.post([letter(template="alarm", role="operator")], [], NOW)
    assert [line.what for line in await register.journal(case.id)][-3:] == ["reminded", "letter_ordered", "looked_at"]
    assert [one["template"] for one in await register.letters(case.id)] == ["acknowledgement", "notice", "reminder"]
    assert [one["case_id"] for one in await register.letters()][-2:] == [case.id, None]
    assert await register.letter("unknown") is None
    assert await register.verify() == ()


async def test_automatic_answers_are_counted_by_address_and_window(register: Register) -> None:
    """G5: beyond a rate limit no answer is sent."""
    hours = [NOW + timedelta(hours=hour) for hour in range(4)]
    for place, moment in enumerate(hours):
        await entered(register, str(place), moment)
    assert await register.answers_sent("mia.LIND@example.org", hours) == (4, 3, 2, 1)
    assert await register.answers_sent("mia.lind@example.org", [hours[3] + timedelta(seconds=1)]) == (0,)
    assert await register.answers_sent(HEAD.value, [NOW]) == (0,)
    assert await register.answers_sent("mia.lind@example.org", []) == ()
    failing = by_template(await outgoing(register, hours[3]))["acknowledgement"]
    await register.letter_failed(failing, "550", hours[3])
    assert sum(await register.answers_sent("mia.lind@example.org", [NOW])) == 3


async def test_a_chat_letter_needs_no_bytes(register: Register) -> None:
    chat = Address(kind=AddressKind.TELEGRAM, value="4711")
    await register.post([letter(to=chat, content=b"", message_id="")], [], NOW)
    (claimed,) = await outgoing(register)
    assert claimed.letter.to == chat
    assert claimed.letter.content == b""


async def test_a_clock_that_is_set_back_holds_no_letter_up(register: Register) -> None:
    """F2: what was to leave at once leaves at once, an hour earlier by the clock; what was ordered for later waits."""
    await register.post([letter(), letter(send_at=NOW + timedelta(days=1))], [], NOW)
    earlier = NOW - timedelta(hours=1)
    (claimed,) = await outgoing(register, earlier)
    assert await outgoing(register, earlier + LEASE / 2) == ()
    await register.letter_sent(claimed, earlier)
    assert await register.verify() == ()
