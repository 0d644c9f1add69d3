"""What became of every message and every letter of a run, and the table that says so."""

from __future__ import annotations

import hashlib
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from rich.table import Table
from sqlalchemy import func, select

from benchmarks.crash.lives import Life
from benchmarks.crash.world import TAKEN, Message, World
from register.opening import engine_for
from register.records import Books
from register.store import Register
from register.tables import cases, messages
from tests.journeys.mails import Letter


@dataclass(frozen=True, kw_only=True)
class Reckoning:
    """The figures of a run; `is_sound` is the promise."""

    books: Books
    #: what `lyhord register verify` finds wrong: gaps in the numbers, the chain, the books
    problems: tuple[str, ...]
    #: by life: messages that were accepted and are not in the register, and that are in it more than once
    lost: tuple[int, ...]
    twice: tuple[int, ...]
    #: by life: mails of ours that came again after its end, with the same Message-ID and the same bytes
    again: tuple[int, ...]
    letters: int
    #: letters that the register calls sent and nobody got; two letters with one Message-ID; letters nobody ordered
    missing: int
    differing: int
    unknown: int
    #: acknowledgements that a chat got more than once
    chats_again: int

    @property
    def is_sound(self) -> bool:
        """True where nothing was lost, nothing is there twice, and all adds up."""
        wrong = (*self.lost, *self.twice, self.missing, self.differing, self.unknown, len(self.problems))
        return self.books.balanced and self.books.waiting == 0 and not any(wrong)


async def reckon(world: World, lives: Sequence[Life]) -> Reckoning:
    """Compares what was accepted, what is in the register, and what the receivers got."""
    counts = await _counts(world)
    found = [[counts[_key(one)] for one in life.accepted] for life in lives]
    async with await Register.open(world.database, create=False) as register:
        books, problems = await register.books(), await register.verify()
        ordered = {one["message_id"]: one for one in await register.letters() if one["to_kind"] == "mail"}
    got = [(one.message_id, hashlib.sha256(one.received.content).hexdigest()) for one in world.post.letters]
    sums = defaultdict(set)
    for message_id, digest in got:
        sums[message_id].add(digest)
    return Reckoning(
        books=books,
        problems=problems,
        lost=tuple(sum(count == 0 for count in life) for life in found),
        twice=tuple(sum(count > 1 for count in life) for life in found),
        again=_again(world.post.letters, lives),
        letters=len(ordered),
        missing=sum(one["state"] == "sent" and one["message_id"] not in sums for one in ordered.values()),
        differing=sum(len(digests) > 1 for digests in sums.values()),
        unknown=sum(message_id not in ordered for message_id in sums),
        chats_again=_chats_again(world, lives),
    )


def _key(one: Message) -> str:
    return str(one.chat) if one.way == "chat" else one.mail.message_id


async def _counts(world: World) -> Counter[str]:
    """How often each message is in the register: mails by Message-ID, chats by the cases of their sender."""
    engine = engine_for(world.database, create=False)
    async with engine.connect() as conn:
        mails = await conn.execute(
            select(messages.c.message_id, func.count())
            .where(messages.c.channel != "telegram")
            .group_by(messages.c.message_id)
        )
        counts: Counter[str] = Counter({row[0]: row[1] for row in mails})
        chats = await conn.execute(
            select(messages.c.sender, func.count(messages.c.case_id.distinct()))
            .join(cases, cases.c.id == messages.c.case_id)
            .where(messages.c.channel == "telegram")
            .group_by(messages.c.sender)
        )
        counts.update({row[0]: row[1] for row in chats})
    await engine.dispose()
    return counts


def _again(letters: Iterable[Letter], lives: Sequence[Life]) -> tuple[int, ...]:
    """Repeated letters, counted where the life ended whose death made them come again."""
    again, seen, life = [0] * len(lives), set(), 0
    for place, letter in enumerate(letters):
        while place >= lives[life].letters:
            life += 1
        again[max(0, life - 1)] += letter.message_id in seen
        seen.add(letter.message_id)
    return tuple(again)


def _chats_again(world: World, lives: Sequence[Life]) -> int:
    chats = [one.chat for life in lives for one in life.accepted if one.way == "chat"]
    return sum(max(0, sum(TAKEN in said["text"] for said in world.heard(chat)) - 1) for chat in chats)


def table(title: str, lives: Sequence[Life], sums: Reckoning) -> Table:
    """A row for each life and one for all."""
    made = Table(title=title)
    for name in ("life", "ended while", "after s", "accepted", "letters out", "lost", "twice", "letters again"):
        made.add_column(name, justify="left" if name == "ended while" else "right")
    before = 0
    for place, life in enumerate(lives):
        figures = (len(life.accepted), life.letters - before, sums.lost[place], sums.twice[place], sums.again[place])
        made.add_row(str(place + 1), life.end, f"{life.seconds:.1f}", *map(str, figures))
        before = life.letters
    made.add_section()
    total = (sum(len(life.accepted) for life in lives), before, sum(sums.lost), sum(sums.twice), sum(sums.again))
    made.add_row("all", "", f"{sum(life.seconds for life in lives):.0f}", *map(str, total))
    return made


def words(sums: Reckoning) -> str:
    """The sums in three lines."""
    b = sums.books
    wrong = "; ".join(sums.problems) or "the journal's chain is whole, the numbers are without a gap"
    return (
        f"books: {b.arrived} arrived = {b.registered} registered + {b.joined} joined + {b.set_aside} set aside + "
        f"{b.waiting} waiting; {wrong}\n"
        f"letters: {sums.letters} ordered, {sums.missing} called sent that nobody got, {sum(sums.again)} came again "
        f"with their Message-ID, {sums.differing} differ under one Message-ID, {sums.unknown} nobody ordered; "
        f"chats: {sums.chats_again} acknowledgements came again\n"
        f"{'sound' if sums.is_sound else 'NOT SOUND'}"
    )
