from __future__ import annotations

from typing import Any

import pytest

from register.records import Case, Match, ThreadKey, Verdict
from register.store import Register
from tests.unit.register.making import ASIDE, HEAD, NOW, decision, entered, letter, opened, submission, understanding

MIA = "MIA.lind@example.org"
STRANGER = "somebody@else.example"


def key(kind: str, value: str) -> ThreadKey:
    return ThreadKey(kind=kind, value=value)


async def find(
    register: Register, *keys: ThreadKey, sender: str | None = MIA, organisation: str = "skola", duplicate: str = ""
) -> Match:
    return await register.find(keys, organisation=organisation, sender=sender, duplicate_key=duplicate)


async def acknowledgement_of(register: Register, case: Case) -> str:
    return str((await register.letters(case.id))[0]["id"])


async def test_nothing_known_joins_nothing(register: Register) -> None:
    keys = [key(kind, "nothing") for kind in ("token", "letter", "message_id", "reference", "returned", "odd")]
    assert await find(register, *keys) == Match()
    assert await find(register) == Match()


def ours(letter_id: str, **known: Any) -> Match:
    """What is known of a message that answers or returns an acknowledgement of ours."""
    return Match(letter_id=letter_id, letter_role="sender", letter_template="acknowledgement", **known)


@pytest.mark.parametrize("sender", [MIA, STRANGER, None])
async def test_keys_that_we_signed_join_whoever_sends(register: Register, sender: str | None) -> None:
    case = await opened(register)
    letter_id = await acknowledgement_of(register, case)
    assert await find(register, key("token", case.id), sender=sender) == Match(case=case, joined_by="token")
    for kind in ("letter", "returned"):
        match = await find(register, key(kind, letter_id), sender=sender)
        assert match == ours(letter_id, case=case, joined_by=kind)


@pytest.mark.parametrize(("kind", "value"), [("message_id", "abc@example.org"), ("reference", "sk2026/0001")])
async def test_a_foreign_message_id_or_a_bare_number_joins_only_a_party(
    register: Register, kind: str, value: str
) -> None:
    case = await opened(register)
    assert await find(register, key(kind, value)) == Match(case=case, joined_by=kind)
    for sender in (STRANGER, None, ""):
        assert await find(register, key(kind, value), sender=sender) == Match(may_belong_to=("SK 2026/0001",))


async def test_the_first_key_that_joins_decides(register: Register) -> None:
    one = await opened(register, "1")
    two = await opened(register, "2", submission=submission(message_id="two@example.org"))
    keys = [key("reference", one.reference), key("token", two.id)]
    assert (await find(register, *keys, sender=STRANGER)).case == two
    assert (await find(register, *keys)).case == one
    maybe = await find(register, key("reference", one.reference), key("message_id", "two@example.org"), sender=None)
    assert maybe.may_belong_to == (one.reference, two.reference)


async def test_a_repeat_is_found_before_every_other_key(register: Register) -> None:
    one = await opened(register, "1")
    two = await opened(register, "2")
    match = await find(register, key("token", two.id), duplicate="key of 1")
    assert match == Match(case=one, joined_by="repeat")


async def test_a_repeat_of_what_was_set_aside_has_no_case(register: Register) -> None:
    await entered(register, "1", decision=ASIDE)
    assert await find(register, duplicate="key of 1") == Match(joined_by="repeat")


async def test_a_repeat_joins_the_case_of_the_first(register: Register) -> None:
    case = await opened(register, "1", duplicate_key="same")
    await entered(register, "2", decision=ASIDE, duplicate_key="same", joined_by="repeat")
    assert (await find(register, duplicate="same")).case == case


async def test_another_school_neither_joins_nor_learns_of_a_case(register: Register) -> None:
    case = await opened(register)
    letter_id = await acknowledgement_of(register, case)
    for one in (key("token", case.id), key("reference", case.reference), key("message_id", "abc@example.org")):
        assert await find(register, one, organisation="other") == Match()
    assert await find(register, key("letter", letter_id), organisation="other") == ours(letter_id)
    assert await find(register, organisation="other", duplicate="key of 1") == Match()
    # A bounce may come to an address of no school.
    assert (await find(register, key("returned", letter_id), organisation="")).case == case


async def test_a_returned_letter_of_no_case_is_still_known(register: Register) -> None:
    alarm = letter(role="operator", to=HEAD, template="alarm")
    await register.post([alarm], [], NOW)
    assert await find(register, key("returned", alarm.id)) == Match(
        letter_id=alarm.id, letter_role="operator", letter_template="alarm"
    )


async def test_an_anonymous_case_is_only_joined_by_our_own_keys(register: Register) -> None:
    """G3."""
    nameless = understanding(anonymous=Verdict(label=True, score=1.0))
    case = await opened(register, understanding=nameless)
    assert await find(register, key("message_id", "abc@example.org")) == Match()
    assert await find(register, key("reference", case.reference)) == Match(may_belong_to=(case.reference,))
    assert (await find(register, key("token", case.id))).case == case


async def test_a_thousand_keys_are_no_burden(register: Register) -> None:
    case = await opened(register)
    keys = [key("message_id", f"{number}@x.example") for number in range(5000)]
    assert (await find(register, key("token", case.id), *keys)).case == case
    assert await find(register, *keys, key("token", case.id)) == Match()


async def test_a_number_that_two_schools_have_is_asked_back(register: Register) -> None:
    await opened(register, "1")
    other = await opened(register, "2", decision=decision(organisation="other", number_series="other"))
    with pytest.raises(Exception, match="Several schools") as raised:
        await register.case("SK 2026/0001")
    assert other.id in str(raised.value)
    assert await register.case(other.id) == other
    match = await find(register, key("reference", "SK 2026/0001"), organisation="other")
    assert match.case == other


async def test_a_repeat_joins_the_case_even_where_an_earlier_copy_was_set_aside(register: Register) -> None:
    await entered(register, "1", decision=ASIDE, duplicate_key="same")
    opened = await entered(register, "2", duplicate_key="same", joined_by="repeat")
    assert opened.case is not None
    match = await find(register, duplicate="same")
    assert match.case is not None
    assert match.case.id == opened.case.id
