from __future__ import annotations

import asyncio
from collections import Counter
from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from register.errors import LeaseLost, Permanent, Temporary
from register.records import (
    Automatic,
    Case,
    Deadline,
    Disposition,
    Entered,
    Happening,
    Letter,
    Ruling,
    Understanding,
    Verdict,
)
from register.store import Register
from tests.unit.register.making import (
    ANSWER,
    ASIDE,
    LEASE,
    NOW,
    PARENT,
    WORKER,
    claimed,
    decision,
    entered,
    entry,
    letter,
    mail,
    opened,
    submission,
    understanding,
)


async def test_a_case_holds_what_was_understood_and_decided(register: Register) -> None:
    """F2, D2: registered, with one owner."""
    case = await opened(register)
    assert await register.case("sk 2026/0001") == case
    assert await register.case(case.id) == case
    assert (case.reference, case.status, case.owner, case.stage) == ("SK 2026/0001", "open", "head", "first")
    assert (case.kind, case.category, case.language, case.unit) == ("complaint", "meals", "sv", "north")
    assert case.recipients == ("head", "deputy")
    assert case.excluded == ("teacher",)
    assert case.parties == ("mia.lind@example.org",)
    assert case.deadlines == (ANSWER,)
    assert (case.opened_at, case.messages, case.acknowledged_at) == (NOW, 1, None)
    assert await register.case("SK 2026/0002") is None


async def test_the_message_its_verdicts_and_its_decision_can_be_read_again(register: Register) -> None:
    case = await opened(register)
    (message,) = await register.messages(case.id)
    assert message["text"] == "Maten var kall."
    assert message["attachments"] == [{"name": "bild.png", "type": "image/png", "size": 3}]
    assert message["sender"] == PARENT.value
    assert await register.decision(case.id) == decision()
    assert await register.verdicts(case.id) == understanding().questions()
    assert await register.decision("nobody") is None
    assert await register.verdicts("nobody") == {}


async def test_the_journal_says_every_fact_of_the_decision(register: Register) -> None:
    case = await opened(register, journal=(Happening(what="warned", facts={"dmarc": "fail"}),))
    lines = await register.journal(case.id)
    assert [line.what for line in lines] == [
        "registered",
        "decided",
        "owner_named",
        "assigned",
        "deadline_set",
        "letter_ordered",
        "letter_ordered",
        "warned",
    ]
    decided, owner = lines[1], lines[2]
    assert (decided.facts["rule"], decided.clause) == ("teaching", "step 2")
    assert owner.facts["owner"] == "head"
    assert lines[4].facts["due_at"] == ANSWER.due_at.isoformat()
    assert [line.clause for line in lines[5:7]] == ["step 1", "step 2"]


async def test_why_nobody_is_acknowledged_stands_on_the_case(register: Register) -> None:
    """G5: a reason for every acknowledgement that was not sent."""
    case = await opened(register, decision=decision(not_acknowledged_because="no_reply"))
    assert case.not_acknowledged_because == "no_reply"
    assert (await register.journal(case.id))[-3].facts == {"because": "no_reply"}


async def test_numbers_count_within_series_and_year(register: Register) -> None:
    """C8: gap-free per procedure and year."""
    wanted = [("a", "2026-12-31"), ("a", "2027-01-01"), ("b", "2026-12-31"), ("a", "2026-12-31"), ("", "")]
    raws = await claimed(register, *map(str, range(len(wanted))))
    form = "{year}-{number}"
    made = [
        await register.enter(
            entry(
                raw,
                decision=decision(number_series=series, registered_on=on, number_format=f"{series or 'skola'} {form}"),
            ),
            NOW,
        )
        for raw, (series, on) in zip(raws, wanted, strict=True)
    ]
    numbers = [one.case.reference for one in made if one.case]
    assert numbers == ["a 2026-1", "a 2027-1", "b 2026-1", "a 2026-2", "skola 2026-1"]
    assert await register.verify() == ()


@pytest.mark.parametrize("error", [KeyError("name"), FileNotFoundError("template"), Temporary("later")])
async def test_a_letter_that_cannot_be_written_fails_alone_and_uses_up_no_number(
    register: Register, error: Exception
) -> None:
    def broken(case: Case) -> tuple[Letter, ...]:
        raise error

    raws = await claimed(register, "1", "2", "3")
    entries = [entry(raws[0]), entry(raws[1], compose=broken), entry(raws[2])]
    answers = await asyncio.gather(*(register.enter(one, NOW) for one in entries), return_exceptions=True)
    assert answers[1] is error
    made = sorted(case.reference for case in await register.cases())
    assert made == ["SK 2026/0001", "SK 2026/0002"]
    assert len(await register.letters()) == 4
    assert await register.verify() == ()
    assert isinstance(await register.enter(entry(raws[1]), NOW), Entered)


async def test_a_number_that_exists_already_is_refused_for_good(register: Register) -> None:
    await opened(register, "1", decision=decision(number_series="one"))
    with pytest.raises(Permanent):
        await opened(register, "2", decision=decision(number_series="two"))
    assert await register.verify() == ()


async def test_two_registers_on_one_database_give_every_number_once(url: str) -> None:
    """A7, C8: right under concurrency."""
    async with await Register.open(url) as one, await Register.open(url) as other:
        await asyncio.gather(*(one.spool(mail(str(number))) for number in range(60)))

        async def work(register: Register, worker: str) -> int:
            done = 0
            while raws := await register.claim_messages(worker, 7, NOW, LEASE):
                done += len(await asyncio.gather(*(register.enter(entry(raw), NOW) for raw in raws)))
            return done

        done = await asyncio.gather(work(one, "a"), work(other, "b"), work(one, "c"), work(other, "d"))
        assert sum(done) == 60
        numbers = sorted(case.reference for case in await other.cases())
        assert numbers == [f"SK 2026/{number:04}" for number in range(1, 61)]
        assert await one.verify() == ()


async def test_entries_at_once_share_commits(register: Register) -> None:
    raws = await claimed(register, *map(str, range(32)))
    before = register.commits
    await asyncio.gather(*(register.enter(entry(raw), NOW) for raw in raws))
    assert register.commits - before <= 3
    assert await register.verify() == ()


async def test_an_entry_needs_a_spooled_message(register: Register) -> None:
    with pytest.raises(ValueError, match="spooled"):
        await register.enter(entry(mail()), NOW)


async def test_a_reply_joins_its_case(register: Register) -> None:
    case = await opened(register)
    other = replace(PARENT, value="Pappa@example.org")
    joined = await entered(
        register, "2", case=case, joined_by="token", submission=submission(sender=other), compose=lambda case: ()
    )
    assert joined.disposition is Disposition.JOINED
    assert joined.case == await register.case(case.id)
    assert joined.case is not None
    assert (joined.case.messages, joined.case.stage, joined.case.deadlines) == (2, "first", (ANSWER,))
    assert joined.case.parties == ("mia.lind@example.org", "pappa@example.org")
    assert [line.what for line in await register.journal(case.id)][-2:] == ["joined", "decided"]
    assert len(await register.messages(case.id)) == 2
    assert await register.decision(case.id) == decision()
    assert await register.verify() == ()


async def test_two_replies_at_once_are_both_counted(register: Register) -> None:
    case = await opened(register)
    raws = await claimed(register, "2", "3", "4")
    await asyncio.gather(*(register.enter(entry(raw, case=case, joined_by="token"), NOW) for raw in raws))
    assert (await register.cases())[0].messages == 4


async def test_a_new_stage_brings_its_own_owner_and_clocks(register: Register) -> None:
    """G8, D2: the next level, with a new clock and a different person."""
    case = await opened(register)
    answer = Deadline(kind="answer", due_at=NOW + timedelta(days=20), clause="step 3", role="director")
    onwards = decision(stage="second", owner="director", recipients=("director",), deadlines=(answer,), clause="step 3")
    joined = await entered(register, "2", case=case, joined_by="token", decision=onwards)
    assert joined.case is not None
    assert (joined.case.stage, joined.case.owner, joined.case.recipients) == ("second", "director", ("director",))
    assert joined.case.deadlines == (answer,)
    assert joined.case == await register.case(case.id)
    assert await register.due(NOW + timedelta(days=16)) == ()
    handed = next(line for line in await register.journal(case.id) if line.what == "handed_over")
    assert handed.facts == {"from": "head", "to": "director", "from_stage": "first", "to_stage": "second"}
    assert handed.clause == "step 3"


async def test_another_owner_on_the_same_stage_takes_over_the_clocks(register: Register) -> None:
    case = await opened(register)
    joined = await entered(register, "2", case=case, joined_by="token", decision=decision(owner="deputy"))
    assert joined.case is not None
    assert joined.case.owner == "deputy"
    assert joined.case.deadlines == (replace(ANSWER, role="deputy"),)
    assert joined.case == await register.case(case.id)


async def test_whoever_is_complained_about_later_receives_nothing_more(register: Register) -> None:
    """E2, G2."""
    case = await opened(register)
    accusing = decision(owner="deputy", recipients=("deputy", "head"), excluded=("head",))
    joined = await entered(register, "2", case=case, joined_by="token", decision=accusing)
    assert joined.case is not None
    assert joined.case.excluded == ("teacher", "head")
    assert joined.case.recipients == ("deputy",)
    assert joined.case.owner == "deputy"


async def test_a_case_that_becomes_urgent_stays_urgent(register: Register) -> None:
    """G7."""
    case = await opened(register)
    danger = understanding(urgent=Verdict(label=True, score=1.0))
    assert not case.urgent
    await entered(register, "2", case=case, joined_by="token", understanding=danger)
    joined = await entered(register, "3", case=case, joined_by="token")
    assert joined.case is not None
    assert joined.case.urgent


async def test_joining_a_case_that_is_not_there_changes_nothing(register: Register) -> None:
    case = await opened(register)
    with pytest.raises(Permanent):
        await entered(register, "2", case=replace(case, id="elsewhere"), joined_by="token")
    assert (await register.books()).waiting == 1


async def test_an_equal_message_that_was_weighed_at_the_same_time_joins_the_first(register: Register) -> None:
    raws = await claimed(register, "1", "2")
    made = await asyncio.gather(*(register.enter(entry(raw, duplicate_key="same"), NOW) for raw in raws))
    assert Counter(one.disposition for one in made) == {Disposition.REGISTERED: 1, Disposition.JOINED: 1}
    assert len({one.case.id for one in made if one.case}) == 1
    assert len(await register.letters()) == 2
    assert (await register.cases())[0].messages == 2
    third = await entered(register, "3", duplicate_key="same")
    assert third.disposition is Disposition.JOINED
    elsewhere = await entered(
        register, "4", duplicate_key="same", decision=decision(organisation="b", number_format="B {year} {number}")
    )
    assert elsewhere.disposition is Disposition.REGISTERED


async def test_an_equal_message_of_one_that_was_set_aside_is_set_aside(register: Register) -> None:
    await entered(register, "1", duplicate_key="same", decision=ASIDE)
    again = await entered(register, "2", duplicate_key="same", decision=ASIDE)
    assert (again.disposition, again.reason) == (Disposition.SET_ASIDE, "repeat")


async def test_what_was_set_aside_never_keeps_a_like_message_out_of_the_register(register: Register) -> None:
    await entered(register, "1", duplicate_key="same", decision=ASIDE)
    again = await entered(register, "2", duplicate_key="same")
    assert again.disposition is Disposition.REGISTERED


@pytest.mark.parametrize(
    ("rule", "automatic", "because", "reason"),
    [
        ("set_aside:no_school", None, "no_school", "no_school"),
        ("set_aside:bounce", Automatic.BOUNCE, "null_path", "bounce"),
        ("robots", Automatic.AUTO_REPLY, "auto_submitted", "auto_reply"),
        ("robots", Automatic.OWN, "own_loop", "own_loop"),
        ("adverts", None, "not_for_register", "not_for_register"),
        ("adverts", None, "", "adverts"),
    ],
)
async def test_what_is_set_aside_says_why(
    register: Register, rule: str, automatic: Automatic | None, because: str, reason: str
) -> None:
    """G4."""
    what = decision(disposition=Disposition.SET_ASIDE, rule=rule, not_acknowledged_because=because)
    made = await entered(register, "1", decision=what, ruling=Ruling(automatic=automatic, answerable=False))
    assert (made.disposition, made.case, made.reason) == (Disposition.SET_ASIDE, None, reason)
    (aside,) = await register.set_aside()
    assert (aside.reason, aside.channel, aside.received_at) == (reason, "lmtp", NOW)
    assert await register.letters() == ()
    assert (await register.journal())[0].what == "set_aside"
    assert await register.verify() == ()


async def test_a_message_about_a_case_can_be_set_aside(register: Register) -> None:
    case = await opened(register)
    made = await entered(register, "2", decision=ASIDE, case=case, compose=lambda case: (letter(case),))
    assert made.case is not None
    assert made.case.messages == 1
    assert (await register.journal(case.id))[-2].what == "set_aside"
    assert len(await register.letters(case.id)) == 3


async def test_a_robot_never_becomes_a_party(register: Register) -> None:
    bounced = await opened(register, ruling=Ruling(automatic=Automatic.BOUNCE))
    assert bounced.parties == ()


async def test_an_anonymous_case_keeps_no_sender(register: Register) -> None:
    """C3, G3: registered, identity not stored with the case."""
    nameless = understanding(anonymous=Verdict(label=True, score=0.9))
    case = await opened(register, understanding=nameless)
    joined = await entered(register, "2", case=case, joined_by="token")
    assert case.anonymous
    assert case.parties == ()
    assert joined.case is not None
    assert joined.case.parties == ()
    for message in await register.messages(case.id):
        kept = str({name: value for name, value in message.items() if name not in ("text", "reply", "gist")})
        assert "lind" not in kept.lower()
        assert message["message_id"] is None
    assert "lind" not in str(await register.journal()).lower()


async def test_a_case_without_any_verdict_can_be_registered(register: Register) -> None:
    case = await opened(register, understanding=Understanding(), decision=decision(unit=None, deadlines=()))
    assert (case.kind, case.category, case.language, case.unit) == (None, None, "", None)


async def test_hostile_text_is_kept_without_harm(register: Register) -> None:
    said = submission(subject="x\0y", text="\udcff 'OR 1=1", sender=replace(PARENT, name="\udc80"))
    case = await opened(register, submission=said)
    assert case.subject == "x\0y"
    found = await register.case(case.id)
    assert found is not None
    assert found.subject == "x\\x00y"
    assert await register.verify() == ()


@settings(max_examples=15, deadline=None)
@given(orders=st.lists(st.tuples(st.sampled_from("abc"), st.integers(2025, 2027), st.booleans()), max_size=12))
async def test_any_order_of_series_years_and_set_asides_leaves_no_gap(
    tmp_path_factory: pytest.TempPathFactory, orders: list[tuple[str, int, bool]]
) -> None:
    """C8."""
    path = tmp_path_factory.mktemp("numbers") / "lyhord.db"
    async with await Register.open(f"sqlite+aiosqlite:///{path}") as register:
        raws = await claimed(register, *map(str, range(len(orders))))
        entries = [
            entry(
                raw,
                decision=decision(
                    disposition=Disposition.SET_ASIDE if aside else Disposition.REGISTERED,
                    number_series=series,
                    number_format=f"{series} {{number}}/{{year}}",
                    registered_on=f"{year}-06-01",
                ),
            )
            for raw, (series, year, aside) in zip(raws, orders, strict=True)
        ]
        await asyncio.gather(*(register.enter(one, NOW) for one in entries))
        counts = Counter((series, year) for series, year, aside in orders if not aside)
        expected = {
            f"{series} {number}/{year}" for (series, year), top in counts.items() for number in range(1, top + 1)
        }
        assert {case.reference for case in await register.cases()} == expected
        assert await register.verify() == ()


async def test_a_second_entry_of_one_claim_comes_too_late(register: Register) -> None:
    (raw,) = await claimed(register, "1", worker=WORKER)
    answers = await asyncio.gather(
        register.enter(entry(raw), NOW), register.enter(entry(raw), NOW), return_exceptions=True
    )
    assert sorted(type(answer).__name__ for answer in answers) == ["Entered", "LeaseLost"]
    assert isinstance(answers[1], LeaseLost)
    assert len(await register.cases()) == 1
