"""Which bot a letter leaves by."""

from __future__ import annotations

import pytest

from register.errors import Permanent
from register.records import Address, AddressKind, Letter
from replies.senders.schools import BySchool
from tests.unit.bot.trying import Bag


def letter(organisation: str) -> Letter:
    return Letter(
        id="1",
        case_id=None,
        role="sender",
        to=Address(kind=AddressKind.TELEGRAM, value="5001"),
        template="status",
        language="sv",
        subject="",
        body="x",
        organisation=organisation,
    )


async def test_a_letter_leaves_by_the_bot_of_its_school() -> None:
    """G2: a parent hears of a case from the bot that they wrote to."""
    oak, elm = Bag(), Bag()
    bots = BySchool({"oak": oak, "elm": elm})
    await bots.send(letter("elm"))
    assert (len(oak.letters), len(elm.letters)) == (0, 1)
    await bots.send(letter(""))
    assert len(oak.letters) == 1
    with pytest.raises(Permanent):
        await bots.send(letter("ash"))


@pytest.mark.parametrize("school", ["", "oak"])
async def test_everything_leaves_by_the_only_bot(school: str) -> None:
    only = Bag()
    await BySchool({school: only}).send(letter("elm"))
    assert len(only.letters) == 1


async def test_a_bot_of_no_school_in_particular_takes_what_no_other_takes() -> None:
    all_, oak = Bag(), Bag()
    bots = BySchool({"": all_, "oak": oak})
    await bots.send(letter("elm"))
    assert (len(all_.letters), len(oak.letters)) == (1, 0)
