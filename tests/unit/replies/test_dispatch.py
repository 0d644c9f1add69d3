"""Letters on their way: sent, tried again, given up; never lost by another one's error."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import pytest

from register.errors import LeaseLost, Permanent, Temporary
from register.records import Address, AddressKind, Letter, OutgoingLetter
from replies.dispatch import GIVE_UP_AFTER, LEASE, Outcome, dispatch_once, is_given_up, pause
from replies.senders import Sender

NOW = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)


def letter(letter_id: str, *, urgent: bool = False, kind: AddressKind = AddressKind.MAIL) -> Letter:
    return Letter(
        id=letter_id,
        case_id="c-1",
        role="sender",
        to=Address(kind=kind, value=f"{letter_id}@familj.example"),
        template="acknowledgement",
        language="sv",
        subject="",
        body="",
        urgent=urgent,
    )


@dataclass
class Outbox:
    """An outbox in memory: the register's end of the contract."""

    waiting: list[Letter]
    attempts: int = 1
    lost: frozenset[str] = frozenset()
    broken: frozenset[str] = frozenset()
    sent: dict[str, str] = field(default_factory=dict)
    deferred: dict[str, tuple[timedelta, str]] = field(default_factory=dict)
    failed: dict[str, str] = field(default_factory=dict)

    async def claim_letters(
        self, worker: str, limit: int, now: datetime, lease: timedelta, *, urgent: bool
    ) -> tuple[OutgoingLetter, ...]:
        assert lease == LEASE[urgent]
        claimed = [one for one in self.waiting if one.urgent == urgent][:limit]
        return tuple(OutgoingLetter(letter=one, attempts=self.attempts, claimed_by=worker) for one in claimed)

    async def letter_sent(self, outgoing: OutgoingLetter, now: datetime, detail: str = "") -> None:
        self._fence(outgoing)
        self.sent[outgoing.letter.id] = detail

    async def letter_deferred(self, outgoing: OutgoingLetter, until: datetime, reason: str, now: datetime) -> None:
        self._fence(outgoing)
        self.deferred[outgoing.letter.id] = (until - now, reason)

    async def letter_failed(self, outgoing: OutgoingLetter, reason: str, now: datetime) -> None:
        self._fence(outgoing)
        self.failed[outgoing.letter.id] = reason

    def _fence(self, outgoing: OutgoingLetter) -> None:
        if outgoing.letter.id in self.lost:
            raise LeaseLost("taken over")
        if outgoing.letter.id in self.broken:
            raise Temporary("the database is away")


@dataclass
class Relay:
    """A mail server that does to each letter what its id says."""

    answers: dict[str, Exception] = field(default_factory=dict)
    under_way: int = 0
    most: int = 0

    async def send(self, letter: Letter) -> str:
        self.under_way += 1
        self.most = max(self.most, self.under_way)
        await asyncio.sleep(0)
        self.under_way -= 1
        if letter.id in self.answers:
            raise self.answers[letter.id]
        return "250 queued"

    async def probe(self) -> None:
        """Nothing to look at."""

    async def close(self) -> None:
        """Holds nothing open."""


async def go(outbox: Outbox, sender: Sender, *, urgent: bool = False, limit: int = 50) -> dict[str, Outcome]:
    """One claim, by letter."""
    outcomes = await dispatch_once(
        outbox, {AddressKind.MAIL: sender}, worker="w", now=NOW, urgent=urgent, limit=limit, at_once=3
    )
    return {outcome.letter.id: outcome for outcome in outcomes}


async def test_an_empty_outbox_makes_no_outcomes() -> None:
    assert await go(Outbox([]), Relay()) == {}


async def test_a_letter_that_left_is_written_down_with_the_answer() -> None:
    outbox = Outbox([letter("a")])
    outcomes = await go(outbox, Relay())
    assert outcomes["a"].result == "sent"
    assert outbox.sent == {"a": "250 queued"}


async def test_each_letter_meets_its_own_fate() -> None:
    """One recipient's error stops no other."""
    answers = {"b": Temporary("451 later"), "c": Permanent("550 no such user"), "d": RuntimeError("hemligt")}
    outbox = Outbox([letter(one) for one in "abcde"])
    outcomes = await go(outbox, Relay(answers))

    assert {name: outcome.result for name, outcome in outcomes.items()} == {
        "a": "sent",
        "b": "deferred",
        "c": "failed",
        "d": "deferred",
        "e": "sent",
    }
    assert outbox.failed == {"c": "550 no such user"}
    assert outbox.deferred["b"][1] == "451 later"
    assert outbox.deferred["d"][1] == "RuntimeError"
    assert isinstance(outcomes["d"].error, RuntimeError)


async def test_an_address_without_a_sender_fails_with_a_clear_reason() -> None:
    outbox = Outbox([letter("a", kind=AddressKind.PHONE)])
    outcomes = await go(outbox, Relay())
    assert outcomes["a"].result == "failed"
    assert outbox.failed["a"] == "there is no way to send to an address of the kind phone"


async def test_letters_travel_together_but_not_all_at_once() -> None:
    relay = Relay()
    await go(Outbox([letter(str(number)) for number in range(10)]), relay)
    assert relay.most == 3


async def test_only_the_lane_that_was_asked_for_is_served() -> None:
    """C6, G7: urgent letters have a lane of their own."""
    outbox = Outbox([letter("slow"), letter("fast", urgent=True)])
    assert list(await go(outbox, Relay(), urgent=True)) == ["fast"]
    assert outbox.sent == {"fast": "250 queued"}


async def test_a_letter_that_another_worker_holds_is_left_alone() -> None:
    outbox = Outbox([letter("a"), letter("b")], lost=frozenset({"a"}))
    outcomes = await go(outbox, Relay())
    assert outcomes["a"].result == "lost"
    assert outcomes["b"].result == "sent"


async def test_an_outbox_that_is_away_is_told_after_all_were_tried() -> None:
    """The letters stay claimed and go out again with the same Message-ID."""
    outbox = Outbox([letter("a"), letter("b")], broken=frozenset({"a"}))
    with pytest.raises(Temporary, match="the database is away"):
        await go(outbox, Relay())
    assert outbox.sent == {"b": "250 queued"}
    assert not outbox.deferred


async def test_a_sender_that_never_answers_is_left_before_the_lease_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    class Silent(Relay):
        async def send(self, letter: Letter) -> str:
            await asyncio.Event().wait()
            raise AssertionError

    monkeypatch.setitem(LEASE, False, timedelta(milliseconds=50))
    outbox = Outbox([letter("a")])
    outcomes = await go(outbox, Silent())
    assert outcomes["a"].result == "deferred"
    assert outbox.deferred["a"][1] == "TimeoutError"


async def test_being_stopped_ends_the_sending() -> None:
    """A cancelled dispatcher leaves its letters claimed; nothing is written that did not happen."""
    started = asyncio.Event()

    class Slow(Relay):
        async def send(self, letter: Letter) -> str:
            started.set()
            await asyncio.Event().wait()
            raise AssertionError

    outbox = Outbox([letter("a")])
    task = asyncio.create_task(go(outbox, Slow()))
    await started.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert (outbox.sent, outbox.deferred, outbox.failed) == ({}, {}, {})


@pytest.mark.parametrize(
    ("urgent", "seconds"),
    [(False, [30, 60, 120, 240, 480, 960, 1920, 3600, 3600]), (True, [5, 10, 20, 40, 80, 120, 120])],
)
def test_pauses_double_up_to_their_longest(urgent: bool, seconds: list[int]) -> None:
    for attempt, plain in enumerate(seconds, start=1):
        assert plain <= pause("a", attempt, urgent=urgent).total_seconds() <= plain * 1.2


def test_letters_do_not_all_come_back_at_once() -> None:
    assert len({pause(str(number), 4, urgent=False) for number in range(20)}) > 15


@pytest.mark.parametrize("urgent", [False, True])
def test_a_letter_is_given_up_after_five_days(urgent: bool) -> None:
    waited, attempt = timedelta(), 0
    while not is_given_up(attempt, urgent=urgent):
        attempt += 1
        waited += min(pause("a", attempt, urgent=urgent), timedelta(hours=2))
    assert GIVE_UP_AFTER <= waited <= GIVE_UP_AFTER * 1.2 + timedelta(hours=2)
    assert is_given_up(10_000, urgent=urgent)


async def test_a_given_up_letter_fails_and_says_why() -> None:
    outbox = Outbox([letter("a")], attempts=1_000)
    outcomes = await go(outbox, Relay({"a": Temporary("451 later")}))
    assert outcomes["a"].result == "failed"
    assert outbox.failed["a"] == "given up after 5 days: 451 later"


async def test_a_server_that_says_how_long_to_wait_is_asked_again_then() -> None:
    patience = Temporary("asks to wait")
    patience.retry_after = 3.0  # type: ignore[attr-defined]  # as the chat sender's faults have it
    outbox = Outbox([letter("a")])
    assert (await go(outbox, Relay({"a": patience})))["a"].result == "deferred"
    waited, _ = outbox.deferred["a"]
    assert timedelta(seconds=3) <= waited < timedelta(seconds=10)
