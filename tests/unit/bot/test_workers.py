"""The loops: a message that fails is set aside and told, the others go on; nothing waits that could leave."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from bot.alarms import MOST_ALIKE, Alarms
from bot.desk import Desk
from bot.workers import LEASE, MOST_DEATHS, Workers, now, retry_pause
from register.errors import Permanent, Temporary, Unauthorised
from register.records import AddressKind, Disposition, Entered, Letter, RawMessage
from register.store import Register
from replies.compose import Composer
from replies.dispatch import Outcome
from tests.journeys.mails import Mail, complaint, mail
from tests.unit.bot.conftest import MakeDesk
from tests.unit.bot.test_pipeline import DANGER
from tests.unit.bot.trying import Bag, Trial

#: comes out in `lyhord check`, which knows no such number, and fails on a real case
BROKEN = 'Subject: Hej\n\n# Hej\n\n{% if "ALX" in reference %}{{ promises[99].text }}{% endif %}\n'


def arrived(one: Mail) -> RawMessage:
    return RawMessage(
        channel="lmtp", external_id=one.message_id, content=one.content, received_at=now(), recipients=(one.to,)
    )


def workers_of(desk: Desk, sender: Bag, urgent: Bag | None = None) -> Workers:
    alarms = Alarms(desk, (), timedelta(minutes=10))
    apart = None if urgent is None else {AddressKind.MAIL: urgent}
    return Workers(desk, {AddressKind.MAIL: sender}, alarms, apart)


@pytest.fixture
def broken(make_desk: Callable[..., Desk], register: Register, tmp_path: Path) -> Desk:
    """A desk where Alexanderskolan's acknowledgement cannot be written."""
    folder = tmp_path / "alexanderskolan" / "sv"
    folder.mkdir(parents=True)
    (folder / "acknowledgement.txt").write_text(BROKEN, encoding="utf-8")
    return make_desk(register, letters=Composer([tmp_path]))


async def test_an_error_in_the_path_sets_the_message_aside_and_tells_a_person(broken: Desk, register: Register) -> None:
    """G4: the raw message stays, its place is named without content, the default role is told; the others go on."""
    workers = workers_of(broken, Bag())
    for one in (complaint("alexanderskolan", "sv"), complaint("nordberg", "nb")):
        await workers.receive(arrived(one))
    assert await workers.intake_once() == 2
    (aside,) = await register.set_aside()
    assert (aside.reason, aside.detail.partition(":")[0]) == ("failed", "replies/compose.py")
    (told,) = [one for one in await register.letters() if one["template"] == "needs_human"]
    assert (told["role"], told["to_value"]) == ("operations_manager", "hedvig.lagerstam@alexanderskolan.se")
    assert str(aside.spool_id) in told["body"]
    assert [case.organisation for case in await register.cases()] == ["nordberg"]
    books = await register.books()
    assert (books.balanced, books.registered, books.set_aside) == (True, 1, 1)
    assert await register.verify() == ()


async def test_a_fault_that_every_message_meets_is_no_stream_of_letters(trial: Trial) -> None:
    """One alarm, not a thousand: the first few are told each hour, and each letter says where all of them stand."""
    at = now()

    async def fails(number: int, after: timedelta, place: str = "classifiers/reader.py:70") -> None:
        raw = RawMessage(
            channel="lmtp",
            external_id=str(number),
            content=b"",
            received_at=at,
            organisation="nordberg",
            spool_id=number,
        )
        await trial.alarms.needs_human(raw, place, "KeyError", at + after)

    for number in range(50):
        await fails(number, timedelta(seconds=number))
    assert len(await trial.register.letters()) == MOST_ALIKE
    await fails(51, timedelta(minutes=1), "intake/mime.py:7")
    await fails(52, timedelta(hours=2))
    letters = await trial.register.letters()
    assert len(letters) == MOST_ALIKE + 2
    assert all("register list --set-aside" in one["body"] for one in letters)


async def test_after_the_mending_a_replay_registers_it(
    broken: Desk, register: Register, make_desk: Callable[..., Desk]
) -> None:
    """Design, the path, 6: nothing was lost meanwhile, and the numbers have no gap."""
    await workers_of(broken, Bag()).receive(arrived(complaint("alexanderskolan", "sv")))
    await workers_of(broken, Bag()).intake_once()
    assert await register.replay(None, now()) == 1
    await workers_of(make_desk(register), Bag()).intake_once()
    (case,) = await register.cases()
    assert case.reference.endswith("-0001")
    assert await register.set_aside() == ()
    assert await register.verify() == ()


async def test_everyone_who_shows_what_happens_is_told(trial: Trial) -> None:
    """F1: of each message once it is entered, of each letter once it is tried."""
    workers = workers_of(trial.desk, Bag())
    entered: list[Entered] = []
    tried: list[Outcome] = []
    workers.entered, workers.tried = lambda raw, one: entered.append(one), tried.append
    await workers.receive(arrived(complaint("alexanderskolan", "sv")))
    await workers.drain()
    assert [one.disposition for one in entered] == [Disposition.REGISTERED]
    assert [(one.letter.template, one.result) for one in tried] == [("acknowledgement", "sent"), ("notice", "sent")]
    assert entered[0].case
    case = await trial.register.case(entered[0].case.id)
    assert case is not None
    assert case.acknowledged_at is not None


class Refusing(Bag):
    """A relay that never takes a notice, and an acknowledgement only the second time."""

    async def send(self, letter: Letter) -> str:
        """Refuses as said."""
        if letter.template == "notice":
            raise Permanent("The mail relay refuses the address: 550 5.1.1")
        if not self.letters:
            self.letters.append(letter)
            raise Temporary("The mail relay cannot be reached.")
        return await super().send(letter)


async def test_a_letter_that_can_never_arrive_is_told_and_one_that_may_waits(trial: Trial) -> None:
    """G5: the owner cannot be told of what was to reach the owner: the default role is."""
    sender = Refusing()
    workers = workers_of(trial.desk, sender)
    tried: list[Outcome] = []
    workers.tried = tried.append
    await workers.receive(arrived(complaint("alexanderskolan", "sv")))
    await workers.drain()
    assert [(one.letter.template, one.letter.role, one.result) for one in tried] == [
        ("acknowledgement", "sender", "deferred"),
        ("notice", "head_gardet", "failed"),
        ("undeliverable", "operations_manager", "sent"),
    ]
    later = Trial(trial.desk)
    (acknowledgement,) = await later.send(now() + timedelta(minutes=1))
    assert acknowledgement.message_id == tried[0].letter.message_id


class Slow(Bag):
    """A relay that holds every letter until it is let go."""

    def __init__(self) -> None:
        super().__init__()
        self.go = asyncio.Event()

    async def send(self, letter: Letter) -> str:
        """Waits, then takes it."""
        await self.go.wait()
        return await super().send(letter)


async def test_danger_does_not_wait_for_a_slow_relay_that_others_hold(trial: Trial) -> None:
    """G7: the urgent lane has a loop and a connection of its own."""
    ordinary, urgent = Slow(), Bag()
    workers = workers_of(trial.desk, ordinary, urgent)
    out = asyncio.Event()
    workers.tried = lambda outcome: out.set() if outcome.letter.urgent else None
    tasks = [
        asyncio.create_task(workers.intake()),
        asyncio.create_task(workers.dispatch(urgent=False)),
        asyncio.create_task(workers.dispatch(urgent=True)),
    ]
    await workers.receive(arrived(complaint("st_george", "bg")))
    await workers.receive(arrived(mail("reception@stgeorgeschool.eu", "СПЕШНО", DANGER)))
    await asyncio.wait_for(out.wait(), 30)
    assert {letter.role for letter in urgent.letters} >= {"deputy_director", "director_school"}
    assert ordinary.letters == []
    workers.stop()
    ordinary.go.set()
    await asyncio.wait_for(asyncio.gather(*tasks), 30)


async def test_a_process_at_work_claims_nothing_of_its_own(trial: Trial, monkeypatch: pytest.MonkeyPatch) -> None:
    """What its doors bring and what it orders is in its hand; the books say the same."""
    workers, register = workers_of(trial.desk, Bag()), trial.register
    tasks = [asyncio.create_task(workers.intake()), asyncio.create_task(workers.dispatch(urgent=False))]
    await asyncio.sleep(0.2)
    asked: list[object] = []

    async def claim(*given: object, **more: object) -> tuple[()]:
        asked.append(given)
        return ()

    monkeypatch.setattr(register, "claim_messages", claim)
    monkeypatch.setattr(register, "claim_letters", claim)
    out = asyncio.Event()
    workers.tried = lambda outcome: out.set() if outcome.letter.role == "sender" else None
    await workers.receive(arrived(complaint("nordberg", "nb")))
    await asyncio.wait_for(out.wait(), 30)
    assert asked == []
    workers.stop()
    await asyncio.wait_for(asyncio.gather(*tasks), 30)
    books = await register.books()
    assert (books.arrived, books.registered, books.waiting) == (1, 1, 0)


async def test_a_door_that_closes_while_a_message_is_written_leaves_it_in_hand(trial: Trial) -> None:
    """G4: it would lie claimed by nobody until its lease ends."""
    workers = workers_of(trial.desk, Bag())
    taken = asyncio.Event()
    workers.entered = lambda raw, entered: taken.set()
    loop = asyncio.create_task(workers.intake())
    await asyncio.sleep(0.2)
    door = asyncio.create_task(workers.receive(arrived(complaint("nordberg", "nb"))))
    await asyncio.sleep(0)
    door.cancel()
    await asyncio.wait_for(taken.wait(), 30)
    workers.stop()
    await asyncio.wait_for(loop, 30)


async def test_a_stop_finishes_what_is_in_hand(trial: Trial) -> None:
    """Nothing is claimed any more, and what was claimed is entered."""
    workers = workers_of(trial.desk, Bag())
    await workers.receive(arrived(complaint("nordberg", "nb")))
    loop = asyncio.create_task(workers.intake())
    workers.entered = lambda raw, entered: workers.stop()
    await asyncio.wait_for(loop, 30)
    books = await trial.register.books()
    assert (books.registered, books.waiting) == (1, 0)


async def test_a_message_of_a_killed_process_is_taken_up_after_its_lease(trial: Trial) -> None:
    await trial.register.spool(arrived(complaint("nordberg", "nb")))
    at = now()
    assert len(await trial.register.claim_messages("killed", 9, at, LEASE)) == 1
    assert await trial.register.claim_messages("next", 9, at + LEASE - timedelta(seconds=1), LEASE) == ()
    assert len(await trial.register.claim_messages("next", 9, at + LEASE, LEASE)) == 1


@pytest.mark.parametrize(
    ("attempts", "pause"),
    [
        (1, timedelta(seconds=30)),
        (2, timedelta(seconds=60)),
        (5, timedelta(minutes=8)),
        (12, timedelta(hours=6)),
        (10**6, timedelta(hours=6)),
    ],
)
def test_a_message_waits_longer_after_each_fault_and_never_longer_than_six_hours(
    attempts: int, pause: timedelta
) -> None:
    assert retry_pause(attempts) == pause


def test_now_is_aware() -> None:
    assert now().tzinfo is not None
    assert isinstance(now(), datetime)


class LockedOut(Bag):
    """A relay that refuses our login as long as `locked` says so."""

    locked = True

    async def send(self, letter: Letter) -> str:
        """Refuses us, or takes the letter."""
        if self.locked:
            raise Unauthorised("The mail relay refuses our login.")
        return await super().send(letter)


async def test_a_refused_login_of_ours_rings_at_once_and_once(make_desk: MakeDesk, register: Register) -> None:
    """G4: the letters wait; the first that leaves ends it."""
    relay = LockedOut()
    workers = workers_of(make_desk(register), relay)
    await workers.receive(arrived(complaint("nordberg", "nb")))
    await workers.intake_once()
    await workers.dispatch_once(urgent=False)
    (alarm,) = [one for one in await register.letters() if one["template"] == "alarm"]
    assert "The mail relay refuses our login." in alarm["body"]
    relay.locked = False
    await workers.dispatch_once(urgent=False)
    assert [letter.template for letter in relay.letters] == ["alarm"]
    assert [one["template"] for one in await register.letters()].count("alarm") == 2


async def test_a_message_that_kills_whoever_reads_it_is_set_aside(make_desk: MakeDesk, register: Register) -> None:
    """G4: it is not read for ever at every start; a person looks at it, and the message after it is taken in."""
    workers = workers_of(make_desk(register), Bag())
    await workers.receive(arrived(complaint("alexanderskolan", "sv")))
    for life in range(MOST_DEATHS):
        worker = f"life {life}"
        await register.attendance(worker, lambda _: None, now).sign_in()
        assert len(await register.claim_messages(worker, 9, now(), LEASE)) == 1
    await register.attendance(workers.name, lambda _: None, now).sign_in()
    await workers.receive(arrived(complaint("nordberg", "nb")))
    assert await workers.intake_once() == 2
    (aside,) = await register.set_aside()
    assert (aside.reason, aside.detail.partition(":")[0]) == ("failed", "bot/workers.py")
    assert [case.organisation for case in await register.cases()] == ["nordberg"]
    assert await register.replay(None, now()) == 1
    assert await workers.intake_once() == 1
    assert len(await register.cases()) == 2
