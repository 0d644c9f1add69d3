"""What a process brought itself goes first, unless others wait already."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from register.hand import Hand


class Book:
    """Gives what waits in it to whoever claims, and counts the claims."""

    def __init__(self, *waiting: str) -> None:
        self.waiting, self.asked = list(waiting), 0

    async def claim(self, most: int) -> Sequence[str]:
        """The oldest."""
        self.asked += 1
        taken, self.waiting = self.waiting[:most], self.waiting[most:]
        return taken


@pytest.fixture
async def hand() -> Hand[str]:
    """One for three things, that is not behind."""
    hand = Hand[str](3, 3600)
    hand.open = True
    await hand.fetch(Book().claim, 2)
    return hand


async def test_at_first_it_looks_into_the_book() -> None:
    """G4: a process that was killed may have left something there."""
    hand, book = Hand[str](3, 3600), Book("a", "b", "c")
    hand.open = True
    assert hand.room() == 0
    assert await hand.fetch(book.claim, 2) == ["a", "b"]
    assert hand.room() == 0, "more may be waiting"
    assert await hand.fetch(book.claim, 2) == ["c"]
    assert hand.room() == 3


async def test_what_is_in_hand_needs_no_claim(hand: Hand[str]) -> None:
    hand.give(("a", "b", "c"))
    assert hand.room() == 0
    book = Book("d")
    assert await hand.fetch(book.claim, 2) == ["a", "b"]
    assert await hand.fetch(book.claim, 2) == ["c"]
    assert await hand.fetch(book.claim, 2) == []
    assert book.asked == 0


async def test_who_is_behind_deals_with_what_is_in_hand_and_then_looks(hand: Hand[str]) -> None:
    hand.give(("a",))
    hand.behind = True
    book = Book("b")
    assert hand.room() == 0, "the older come first"
    assert await hand.fetch(book.claim, 2) == ["a"]
    assert await hand.fetch(book.claim, 2) == ["b"]
    assert hand.room() == 3


async def test_what_comes_while_it_looks_is_looked_for_again(hand: Hand[str]) -> None:
    async def claim(most: int) -> Sequence[str]:
        hand.behind = True
        return ()

    hand.behind = True
    assert await hand.fetch(claim, 2) == []
    assert hand.behind


async def test_after_a_while_it_looks_all_the_same() -> None:
    """What had to wait, and what a command in another process brought."""
    hand = Hand[str](3, 0.0)
    hand.give(("mine",))
    book = Book("late")
    assert await hand.fetch(book.claim, 2) == ["late"]
    assert await hand.fetch(book.claim, 2) == ["mine"]
    assert book.asked == 2


async def test_whoever_ends_asks_until_nothing_is_left(hand: Hand[str]) -> None:
    hand.give(("a",))
    book = Book("b")
    found = [await hand.fetch(book.claim, 2, always=True) for _ in range(3)]
    assert found == [["a"], ["b"], []]


async def test_a_failed_claim_is_made_again(hand: Hand[str]) -> None:
    async def claim(most: int) -> Sequence[str]:
        raise OSError("the database is away")

    hand.behind = True
    with pytest.raises(OSError, match="away"):
        await hand.fetch(claim, 2)
    assert await hand.fetch(Book("a").claim, 2) == ["a"]


async def test_nothing_is_claimed_for_a_loop_that_does_not_run(hand: Hand[str]) -> None:
    hand.busy = 2
    assert hand.room() == 1
    hand.open = False
    assert hand.room() == 0


async def test_what_has_waited_too_long_is_taken_out(hand: Hand[str]) -> None:
    """Its lease may end before anybody comes to it: a letter must not leave twice."""
    hand.give(("old",))
    assert hand.stale(3600) == []
    assert hand.stale(-1) == ["old"]
    assert hand.next(2) == []
