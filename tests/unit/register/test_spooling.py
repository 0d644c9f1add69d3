from __future__ import annotations

import asyncio
import sqlite3
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import event

from register.errors import LeaseLost, Permanent, Temporary
from register.store import Register
from tests.unit.register.making import LEASE, NOW, WORKER, claimed, engines, entered, entry, mail


async def test_a_message_is_new_once(register: Register) -> None:
    assert await register.spool(mail()) is True
    assert await register.spool(mail()) is False
    assert await register.spool(mail(channel="imap")) is True
    assert (await register.books()).arrived == 2


async def test_the_same_message_from_many_doors_at_once_is_new_for_one(register: Register) -> None:
    assert sum(await asyncio.gather(*(register.spool(mail()) for _ in range(20)))) == 1


async def test_what_comes_out_is_what_went_in(register: Register) -> None:
    raw = mail(content=bytes(range(256)), envelope_from=None, recipients=(), organisation="skola")
    await register.spool(raw)
    (found,) = await register.claim_messages(WORKER, 1, NOW, LEASE)
    assert found == mail(
        content=bytes(range(256)),
        envelope_from=None,
        recipients=(),
        organisation="skola",
        spool_id=found.spool_id,
        attempts=1,
        claimed_by=WORKER,
    )
    assert found.spool_id is not None
    assert await register.raw(found.spool_id) == found
    assert await register.raw(2**40) is None


@pytest.mark.parametrize("hostile", ["\udcff\udc00@x", "a\0b", "'; DROP TABLE spool; --", "å" * 3000, "\r\n.\r\n"])
async def test_no_envelope_is_too_odd_for_the_spool(register: Register, hostile: str) -> None:
    assert await register.spool(mail(hostile, envelope_from=hostile, recipients=(hostile,))) is True
    assert await register.spool(mail(hostile)) is False
    (found,) = await register.claim_messages(WORKER, 1, NOW, LEASE)
    assert found.recipients == (hostile,)


async def test_what_is_taken_is_claimed_in_the_same_transaction(register: Register) -> None:
    """G4: nobody else has it before the lease ends, and then it is another attempt; a repeated delivery is not new."""
    taken = await register.take(mail(), "mine", NOW, LEASE)
    assert taken == mail(spool_id=taken and taken.spool_id, attempts=1, claimed_by="mine")
    assert await register.take(mail(), "mine", NOW, LEASE) is None
    assert await register.spool(mail()) is False
    assert await register.claim_messages("other", 9, NOW, LEASE) == ()
    (again,) = await register.claim_messages("other", 9, NOW + LEASE + timedelta(seconds=1), LEASE)
    assert again == replace(taken, attempts=2, claimed_by="other")
    with pytest.raises(LeaseLost):
        await register.enter(entry(taken), NOW)
    assert (await register.books()).arrived == 1


@pytest.mark.parametrize("hostile", ["\udcff\udc00@x", "a\0b", "å" * 3000])
async def test_what_is_taken_is_as_a_claim_would_give_it(register: Register, hostile: str) -> None:
    taken = await register.take(mail(hostile, envelope_from=hostile, recipients=(hostile,)), "mine", NOW, LEASE)
    (claim,) = await register.claim_messages("mine", 9, NOW + LEASE, LEASE)
    assert taken is not None
    assert claim == replace(taken, attempts=2)


async def test_taken_and_spooled_by_many_doors_at_once_a_message_is_new_for_one(register: Register) -> None:
    doors = [register.take(mail(), "mine", NOW, LEASE) if one % 2 else register.spool(mail()) for one in range(10)]
    assert sum(bool(new) for new in await asyncio.gather(*doors)) == 1


async def test_fifty_callers_share_commits(register: Register) -> None:
    commits: list[object] = []
    event.listen(register._writer.transactions.engine, "commit", commits.append)
    new = await asyncio.gather(*(register.spool(mail(str(number))) for number in range(50)))
    assert all(new)
    # The first caller may find the writer idle and go alone; all the others go together.
    assert len(commits) <= 2
    assert register.commits == len(commits)
    assert (await register.books()).waiting == 50


async def test_one_bad_row_does_not_fail_its_neighbours(register: Register) -> None:
    naive = mail("bad", received_at=datetime(2026, 11, 24))  # noqa: DTZ001 - a naive moment is what is wrong with it
    raws = [mail("1"), naive, mail("2")]
    answers = await asyncio.gather(*(register.spool(raw) for raw in raws), return_exceptions=True)
    assert answers[0] is True
    assert isinstance(answers[1], Permanent)
    assert answers[2] is True
    assert (await register.books()).arrived == 2


async def test_a_caller_that_gave_up_does_not_harm_the_others(register: Register) -> None:
    impatient = asyncio.create_task(register.spool(mail("1")))
    patient = asyncio.create_task(register.spool(mail("2")))
    await asyncio.sleep(0)
    impatient.cancel()
    assert await patient is True
    assert await register.spool(mail("1")) is False


async def test_a_closed_register_takes_nothing_and_what_waited_is_written(sqlite_url: str) -> None:
    register = await Register.open(sqlite_url)
    waiting = [asyncio.create_task(register.spool(mail(str(number)))) for number in range(10)]
    await asyncio.sleep(0)
    await register.close()
    assert all([await one for one in waiting])
    with pytest.raises(Temporary):
        await register.spool(mail("late"))


async def test_the_oldest_are_claimed_first_and_nobody_gets_them_twice(register: Register) -> None:
    await asyncio.gather(*(register.spool(mail(str(number))) for number in range(10)))
    first = await register.claim_messages("a", 4, NOW, LEASE)
    second = await register.claim_messages("b", 100, NOW, LEASE)
    ids = [raw.spool_id for raw in (*first, *second)]
    assert len(first) == 4
    assert ids == sorted(set(ids), key=lambda one: one or 0)
    assert len(ids) == 10
    assert await register.claim_messages("c", 100, NOW, LEASE) == ()


async def test_a_lease_that_ends_lets_another_worker_in(register: Register) -> None:
    await claimed(register, "1", worker="dead")
    assert await register.claim_messages("next", 1, NOW + LEASE - timedelta(seconds=1), LEASE) == ()
    (again,) = await register.claim_messages("next", 1, NOW + LEASE, LEASE)
    assert (again.attempts, again.claimed_by) == (2, "next")


@pytest.mark.parametrize("worker", ["next", WORKER])
async def test_whoever_lost_the_lease_changes_nothing(register: Register, worker: str) -> None:
    (late,) = await claimed(register, "1")
    (held,) = await register.claim_messages(worker, 1, NOW + LEASE, LEASE)
    with pytest.raises(LeaseLost):
        await register.enter(entry(late), NOW + LEASE)
    with pytest.raises(LeaseLost):
        await register.fail(late, where="mime", error="ValueError", now=NOW, retry_at=None)
    assert await register.cases() == ()
    assert await register.journal() == ()
    assert (await register.enter(entry(held), NOW + LEASE)).case is not None
    assert await register.verify() == ()


async def test_a_message_waits_for_its_next_attempt(register: Register) -> None:
    (raw,) = await claimed(register, "1")
    await register.fail(raw, where="compose", error="OSError", now=NOW, retry_at=NOW + timedelta(minutes=1))
    assert await register.claim_messages(WORKER, 1, NOW + timedelta(seconds=59), LEASE) == ()
    (again,) = await register.claim_messages(WORKER, 1, NOW + timedelta(minutes=1), LEASE)
    assert again.attempts == 2
    assert [line.what for line in await register.journal()] == ["postponed"]
    assert (await register.books()).waiting == 1


async def test_a_failed_message_is_set_aside_with_its_reason_and_can_be_replayed(register: Register) -> None:
    """G4: every message is registered, joined, or set aside with a reason that a person can see."""
    good, bad = await claimed(register, "1", "2")
    await register.fail(bad, where="classifiers.kind", error="KeyError", now=NOW, retry_at=None)
    await register.enter(entry(good), NOW)
    (aside,) = await register.set_aside()
    assert (aside.spool_id, aside.reason, aside.detail) == (bad.spool_id, "failed", "classifiers.kind: KeyError")
    assert (await register.books()).set_aside == 1
    assert await register.replay([good.spool_id or 0, 10**30], NOW) == 0
    assert await register.replay(None, NOW) == 1
    (again,) = await register.claim_messages(WORKER, 5, NOW, LEASE)
    assert (again.spool_id, again.attempts) == (bad.spool_id, 1)
    assert (await register.enter(entry(again), NOW)).case is not None
    assert await register.set_aside() == ()
    assert await register.verify() == ()


async def test_what_was_entered_cannot_be_entered_or_failed_again(register: Register) -> None:
    (raw,) = await claimed(register, "1")
    await register.enter(entry(raw), NOW)
    with pytest.raises(LeaseLost):
        await register.enter(entry(raw), NOW)
    with pytest.raises(LeaseLost):
        await register.fail(raw, where="x", error="y", now=NOW, retry_at=NOW)
    assert len(await register.cases()) == 1


async def test_a_lost_database_is_a_temporary_fault_for_every_caller(sqlite_url: str) -> None:
    async with await Register.open(sqlite_url) as register:
        await entered(register)

        def away(*_: Any) -> None:
            raise OSError("the disk has gone")

        for engine in engines(register):
            event.listen(engine, "begin", away)
        waiting = (register.spool(mail(str(number))) for number in range(2, 5))
        answers = await asyncio.gather(*waiting, return_exceptions=True)
        assert [type(answer) for answer in answers] == [Temporary] * 3
        with pytest.raises(Temporary):
            await register.books()
        for engine in engines(register):
            event.remove(engine, "begin", away)
        assert await register.spool(mail("2")) is True
        assert await register.verify() == ()


async def test_reading_commands_work_beside_a_service_that_writes(sqlite_url: str) -> None:
    async with await Register.open(sqlite_url) as service, await Register.open(sqlite_url, create=False) as command:
        await service.spool(mail("1"))
        other = sqlite3.connect(sqlite_url.removeprefix("sqlite+aiosqlite:///"), isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
        other.execute("UPDATE spool SET detail = 'not yet'")
        writing = asyncio.create_task(service.spool(mail("2")))
        assert (await command.books()).arrived == 1
        assert await command.cases() == ()
        assert not writing.done()
        other.execute("ROLLBACK")
        other.close()
        assert await writing is True
        assert (await command.books()).arrived == 2


async def test_where_a_message_is_can_be_asked(register: Register) -> None:
    assert await register.whereabouts("lmtp", "1") is None
    await register.spool(mail("1"))
    place = await register.whereabouts("lmtp", "1")
    assert place is not None
    assert (place.outcome, place.reference) == ("waiting", None)
    case = (await entered(register, "1")).case
    assert case is not None
    place = await register.whereabouts("lmtp", "1")
    assert place is not None
    assert (place.outcome, place.reference) == ("registered", case.reference)


async def test_messages_that_share_a_commit_keep_the_order_of_their_arrival(register: Register) -> None:
    await asyncio.gather(*(register.spool(mail(str(number))) for number in range(20)))
    found = await register.claim_messages(WORKER, 20, NOW, LEASE)
    assert [one.external_id for one in found] == [str(number) for number in range(20)]
