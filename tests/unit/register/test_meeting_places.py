"""Codes that bring mail and chat together, and links to chats: used once, told once, gone when cut."""

from __future__ import annotations

import asyncio
from datetime import timedelta

from register.records import Address, AddressKind, Case, Invitation, Letter, SealedLink, Verdict
from register.store import Register
from tests.unit.register.making import NOW, letter, opened, outgoing, understanding

WEEK, MINUTE = timedelta(days=7), timedelta(minutes=1)
CHAT = Address(kind=AddressKind.TELEGRAM, value="5001")
DIGEST = "d" * 64


async def invited(register: Register, digest: str = DIGEST, external_id: str = "1") -> Case:
    """A case whose letters show a code for the chat."""
    kept = Invitation(digest=digest, kind=AddressKind.TELEGRAM, expires_at=NOW + WEEK)
    return await opened(register, external_id, invitation=kept)


async def accept(register: Register, who: str = "5001", *letters: Letter, **changes: object) -> str:
    at = NOW + MINUTE * int(str(changes.get("minutes", 1)))
    kind, school = changes.get("kind", AddressKind.TELEGRAM), str(changes.get("school", "skola"))
    assert isinstance(kind, AddressKind)
    return await register.invitations.accept(DIGEST, who, kind, f"used by {who}", school, letters, at)


async def test_a_code_makes_its_user_a_party_once(register: Register) -> None:
    """G9: the same user may come again, another one opens nothing, and nobody is told twice."""
    case = await invited(register)
    told = [letter(case, template="joined"), letter(case, template="joined")]
    assert await accept(register, "5001", told[0]) == case.id
    assert await accept(register, "5001", told[1]) == case.id
    assert await accept(register, "6002") == ""
    kept = await register.case(case.id)
    assert kept is not None
    assert "5001" in kept.parties
    assert "6002" not in kept.parties
    assert [one.what for one in await register.journal(case.id)].count("party_joined") == 1
    assert len([one for one in await register.letters(case.id) if one["template"] == "joined"]) == 1
    assert await register.verify() == ()


async def test_two_who_come_at_once_do_not_both_get_in(register: Register) -> None:
    """G9."""
    case = await invited(register)
    assert sorted(await asyncio.gather(accept(register, "5001"), accept(register, "6002"))) == ["", case.id]


async def test_a_code_is_good_for_its_time_its_side_and_its_school(register: Register) -> None:
    """G9."""
    case = await invited(register)
    assert await accept(register, minutes=7 * 24 * 60) == ""
    assert await accept(register, kind=AddressKind.MAIL) == ""
    assert await accept(register, school="another") == ""
    assert await accept(register) == case.id


async def test_an_anonymous_case_is_opened_by_no_such_code(register: Register) -> None:
    """G3."""
    kept = Invitation(digest=DIGEST, kind=AddressKind.TELEGRAM, expires_at=NOW + WEEK)
    await opened(register, invitation=kept, understanding=understanding(anonymous=Verdict(label=True, score=0.9)))
    assert await accept(register) == ""


# --- links -----------------------------------------------------------------------------------------------------------


async def unknown(register: Register) -> tuple[Case, SealedLink]:
    """An anonymous case with an open link, whose letters have left."""
    case = await opened(register, understanding=understanding(anonymous=Verdict(label=True, score=0.9)))
    for one in await outgoing(register):
        await register.letter_sent(one, NOW)
    link = SealedLink(case_id=case.id, chat_key="k" * 64, sealed=b"sealed")
    assert await register.links.open(link, NOW)
    return case, link


async def test_a_question_leaves_once(register: Register) -> None:
    """G3: whoever of two processes comes second writes nothing."""
    case, link = await unknown(register)
    await register.unknown.ask(case.id, "När?", NOW)
    assert await register.links.with_questions() == (link,)
    (asked,) = await register.unknown.questions(case.id)
    tells = [
        register.links.tell(link, [asked.id], letter(case, template="dialogue", to=CHAT), NOW + MINUTE)
        for _ in range(2)
    ]
    assert sorted(await asyncio.gather(*tells)) == [False, True]
    assert await register.links.with_questions() == ()
    assert len([one for one in await register.letters(case.id) if one["template"] == "dialogue"]) == 1
    assert await register.verify() == ()


async def test_a_cut_forgets_link_and_waiting_letter(register: Register) -> None:
    """G3: the question waits for the receipt code again; a second cut finds nothing."""
    case, link = await unknown(register)
    await register.unknown.ask(case.id, "När?", NOW)
    (asked,) = await register.unknown.questions(case.id)
    told = letter(case, template="dialogue", to=CHAT)
    assert await register.links.tell(link, [asked.id], told, NOW)
    assert await register.links.cut(link.chat_key, CHAT.value, NOW + MINUTE) == 1
    assert await register.links.cut(link.chat_key, CHAT.value, NOW + MINUTE) == 0
    assert not await register.links.is_open(case.id)
    kept = await register.letter(told.id)
    assert kept is not None
    assert (kept["state"], kept["to_value"], kept["to_key"], kept["body"]) == ("failed", "", "", "")
    assert [one.id for one in await register.unknown.questions(case.id, waiting=True)] == [asked.id]
    assert await outgoing(register, NOW + MINUTE) == ()
    assert await register.verify() == ()


async def test_only_an_anonymous_case_has_a_link(register: Register) -> None:
    """G3."""
    case = await opened(register)
    assert not await register.links.open(SealedLink(case_id=case.id, chat_key="k", sealed=b"s"), NOW)
    assert not await register.links.open(SealedLink(case_id="nothing", chat_key="k", sealed=b"s"), NOW)
