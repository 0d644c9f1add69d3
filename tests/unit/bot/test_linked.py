"""A chat that somebody unknown leaves open: the offer, the questions, the answers, the cut; and codes in chats (G3)."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from bot import links, secrecy
from bot.conversation.pressing import data
from bot.desk import Desk
from register import codes
from register.records import Case
from register.seals import Seals
from register.store import Register
from tests.journeys import traces
from tests.unit.bot.test_conversation import AT, Phone, sound
from tests.unit.bot.trying import Trial

MINUTE = timedelta(minutes=1)
CHAT = 7_234_567_890_123
TEXT = "På Gärdet har min dotter fått fel mat två gånger trots sin allergi. Jag vill klaga på det."
ADVERT = "Billiga takpannor! 50 % rabatt på alla tak hela veckan, klicka här: https://takbolaget.example"
OPEN, CUT = "Håll chatten öppen för skolans frågor", "Klipp av länken till den här chatten"
SEALS = Seals(b"0123456789abcdef")


@pytest.fixture
def trial(make_desk: Callable[..., Desk], register: Register) -> Trial:
    """A desk of schools that have a chat."""
    return Trial(replace(make_desk(register), bots={"alexanderskolan": "skolan_bot", "st_george": ""}))


@pytest.fixture(autouse=True)
def _attempts_afresh() -> Iterator[None]:
    secrecy.ATTEMPTS._seen.clear()
    yield
    secrecy.ATTEMPTS._seen.clear()


async def unknown(trial: Trial) -> tuple[Phone, Case, str]:
    """An anonymous case that began in the chat, and its receipt code."""
    phone = Phone(trial, chat=CHAT)
    await phone.says("Hej")
    await phone.says(TEXT)
    await phone.presses("Lämna in anonymt")
    await phone.work(AT)
    (code,) = codes.in_text(phone.last)
    return phone, await phone.case(), codes.spoken(code)


async def ask(trial: Trial, case: Case, text: str = "Vilka dagar hände det?") -> None:
    await trial.register.unknown.ask(case.id, text, AT)
    await trial.tick(AT + MINUTE)


async def nowhere(trial: Trial, folder: Path) -> None:
    """The chat's number and the person's name stand in no byte of the folder."""
    assert await trial.register.sweep()
    assert traces.found(folder, str(CHAT), "Amina") == []


# --- sealed -----------------------------------------------------------------------------------------------------------


def test_a_link_opens_with_the_houses_key_for_its_case_only() -> None:
    """G3: encrypted and bound to the case; what was changed or sealed by another key opens nothing."""
    link = links.seal(SEALS, "case1", "5001")
    assert links.opened(SEALS, link) == "5001"
    assert links.opened(Seals(b"another key of a house"), link) is None
    assert links.opened(SEALS, replace(link, case_id="case2")) is None
    assert links.opened(SEALS, replace(link, sealed=link.sealed[:-1] + b"\0")) is None
    assert links.opened(SEALS, replace(link, sealed=b"")) is None


def test_two_links_to_a_chat_are_as_long_and_do_not_look_alike() -> None:
    """G3: neither length nor repetition says whose they are."""
    some = [links.seal(SEALS, "case1", chat).sealed for chat in ("5", "7234567890123", "7234567890123")]
    assert len({len(one) for one in some}) == 1
    assert len(set(some)) == 3
    assert not any(b"7234567890123" in one for one in some)


# --- open, asked, answered, cut ---------------------------------------------------------------------------------------


async def test_nothing_is_kept_where_nobody_presses(trial: Trial, tmp_path: Path) -> None:
    """A4: the default is closed; the school's question waits for the receipt code."""
    phone, case, _ = await unknown(trial)
    assert OPEN in [title for row in phone.heard[-1].buttons for title, _ in row]
    await nowhere(trial, tmp_path)
    await ask(trial, case)
    assert await phone.listen(AT + MINUTE) == []
    assert len(await trial.register.unknown.questions(case.id, waiting=True)) == 1


async def test_whose_words_were_set_aside_before_is_forgotten(trial: Trial, tmp_path: Path) -> None:
    """G3, A4: an hour beside a name would tell who wrote the anonymous complaint that came next; the words stay."""
    await Phone(trial, chat=CHAT).says(ADVERT)
    assert traces.found(tmp_path, str(CHAT), "Amina") != []
    await Phone(trial, chat=5002).says(ADVERT)
    await unknown(trial)
    assert await trial.register.sweep()
    assert traces.found(tmp_path, str(CHAT)) == []
    with sqlite3.connect(tmp_path / "lyhord.db") as book:
        aside = book.execute("SELECT sender FROM messages WHERE text = ? ORDER BY id", (ADVERT,))
        assert aside.fetchall() == [("",), ("5002",)]


async def test_a_question_reaches_a_chat_that_was_left_open_at_once(trial: Trial) -> None:
    """G3: without anybody seeing whose it is; the answer joins the case and needs no code."""
    phone, case, _ = await unknown(trial)
    await phone.presses(OPEN)
    assert "/cut" in phone.last
    await ask(trial, case)
    (asked,) = await phone.listen(AT + MINUTE)
    assert "Vilka dagar hände det?" in asked.body
    assert "Skolan har en fråga till dig" in asked.body
    assert CUT in [title for row in asked.buttons for title, _ in row]
    (question,) = await trial.register.unknown.questions(case.id)
    assert question.told_at is not None
    await phone.says("Det var i måndags och i torsdags.", AT + 2 * MINUTE)
    assert case.reference in phone.last
    message = (await trial.register.messages(case.id))[-1]
    assert (message["joined_by"], message["sender"]) == ("link", "")
    notice = (await trial.letters(case, "added_notice"))[-1]
    assert "i måndags och i torsdags" in notice["body"]
    assert "Amina" not in notice["body"]
    await trial.tick(AT + 3 * MINUTE)
    assert await phone.listen(AT + 3 * MINUTE) == []
    await sound(trial)


async def test_the_database_alone_does_not_say_which_chat_is_open(trial: Trial, tmp_path: Path) -> None:
    """A4: while the link is open its number stands in no byte either."""
    phone, case, _ = await unknown(trial)
    await phone.presses(OPEN)
    await ask(trial, case)
    await phone.listen(AT + MINUTE)
    await phone.says("Det var i måndags.", AT + 2 * MINUTE)
    await phone.says("/status", AT + 2 * MINUTE)
    assert "Så går det med ditt ärende" in phone.last
    assert await trial.register.dialogue("alexanderskolan", str(CHAT)) is not None
    await phone.presses(OPEN, AT + 2 * MINUTE)
    await nowhere(trial, tmp_path)
    assert await trial.register.links.is_open(case.id)


@pytest.mark.parametrize("way", [CUT, "/cut"])
async def test_a_link_that_was_cut_is_nowhere(trial: Trial, tmp_path: Path, way: str) -> None:
    """G3: one tap; its bytes are overwritten, questions wait for the receipt code, which still opens the case."""
    phone, case, code = await unknown(trial)
    await phone.presses(OPEN)
    sealed = links_in(tmp_path)
    assert len(sealed) == 1
    await (phone.says(way) if way.startswith("/") else phone.presses(way))
    assert "avklippt" in phone.last
    assert links_in(tmp_path) == []
    await nowhere(trial, tmp_path)
    assert not [one for one in tmp_path.iterdir() if sealed[0] in one.read_bytes()]
    await ask(trial, case)
    assert await phone.listen(AT + MINUTE) == []
    assert {"link_opened", "link_cut"} <= set(await trial.journal(case))
    await phone.says(f"Min kod: {code}", AT + 2 * MINUTE)
    assert any("Vilka dagar hände det?" in one.body for one in phone.heard)
    await nowhere(trial, tmp_path)
    await sound(trial)


def links_in(folder: Path) -> list[bytes]:
    with sqlite3.connect(folder / "lyhord.db") as database:
        found = [row[0] for row in database.execute("select sealed from links")]
    database.close()
    return found


async def test_a_question_that_waits_when_the_link_is_cut_does_not_leave(trial: Trial, tmp_path: Path) -> None:
    """G3: the letter that waits for the chat is forgotten too, and its question waits for the code."""
    phone, case, _ = await unknown(trial)
    await phone.presses(OPEN)
    await ask(trial, case)
    await phone.says("/cut")
    assert not any("Vilka dagar" in one.body for one in phone.heard)
    assert len(await trial.register.unknown.questions(case.id, waiting=True)) == 1
    await nowhere(trial, tmp_path)
    await sound(trial)


async def test_cut_without_a_link_says_that_there_is_none(trial: Trial) -> None:
    """G3."""
    phone = Phone(trial)
    await phone.says("/cut")
    assert "Det finns inget att klippa av" in phone.last


async def test_nobody_else_can_open_or_cut(trial: Trial) -> None:
    """G3: a button works in the chat that it was shown in; a forged one, or one of another case, does nothing."""
    phone, case, _ = await unknown(trial)
    stranger = Phone(trial, chat=6002)
    await stranger.sends_back(phone.button(OPEN))
    await stranger.sends_back(data("matter", "keep_open", case.id, "0" * 16))
    assert not await trial.register.links.is_open(case.id)
    await phone.presses(OPEN)
    await stranger.sends_back(phone.button(CUT))
    await stranger.says("/cut")
    assert await trial.register.links.is_open(case.id)


async def test_another_matter_begins_a_conversation_of_its_own(trial: Trial) -> None:
    """G3: `/new` in a chat that is open."""
    phone, case, _ = await unknown(trial)
    await phone.presses(OPEN)
    await phone.says("/new")
    await phone.says("På Gärdet är toaletterna smutsiga varje dag. Jag klagar på det.")
    assert "Så här har jag förstått dig" in phone.last
    kept = await trial.register.case(case.id)
    assert kept is not None
    assert kept.messages == 1


# --- codes in the middle of a conversation ---------------------------------------------------------------------------


async def test_a_receipt_code_in_the_middle_of_a_conversation_opens_its_case(trial: Trial) -> None:
    """G3: what was being told waits as it was, and can be handed in afterwards."""
    phone, case, code = await unknown(trial)
    assert await phone.says("På Gärdet är toaletterna smutsiga varje dag. Jag klagar på det.") is None
    await phone.says(f"{code} Det hände igen.")
    joined = await trial.register.case(case.id)
    assert joined is not None
    assert joined.messages == 2
    assert "Just nu har skolan ingen fråga till dig." in phone.last
    await phone.presses("Lämna in med mitt namn")
    await phone.work(AT)
    assert len(await trial.register.cases()) == 2
    await sound(trial)


async def test_a_receipt_code_opens_the_case_in_a_second_chat(trial: Trial, tmp_path: Path) -> None:
    """G3: whoever has the code; that chat is forgotten like the first."""
    _, case, code = await unknown(trial)
    other = Phone(trial, chat=CHAT + 1)
    entered = await other.says(f"Kod {code}. Det hände igen i dag.")
    assert entered is not None
    assert entered.case is not None
    assert entered.case.id == case.id
    assert await trial.register.sweep()
    assert traces.found(tmp_path, str(CHAT + 1), "Amina", code) == []


async def test_a_receipt_code_after_cancel_opens_its_case(trial: Trial) -> None:
    """G3: what was cancelled stays aside."""
    phone, case, code = await unknown(trial)
    await phone.says("På Gärdet är toaletterna smutsiga varje dag. Jag klagar på det.")
    await phone.says("/cancel")
    await phone.work(AT)
    entered = await phone.says(code)
    assert entered is not None
    assert entered.case is not None
    assert entered.case.id == case.id
    assert [one.reason for one in await trial.register.set_aside()].count("withdrawn") == 1


async def test_a_receipt_code_in_a_group_is_not_tried(trial: Trial, tmp_path: Path) -> None:
    """G3: everybody there would read the answer; the bot says so at once, each time."""
    _, case, code = await unknown(trial)
    group = Phone(trial, chat=-CHAT, kind="group")
    for _ in range(2):
        await group.says(f"Min kod är {code}")
        assert "Visa inte din kod här" in group.last
    kept = await trial.register.case(case.id)
    assert kept is not None
    assert kept.messages == 1
    assert not any(case.reference in one.body for one in group.heard)
    assert await trial.register.sweep()
    assert traces.found(tmp_path, code) == []


async def test_a_wrong_receipt_code_in_the_chat_says_nothing_about_any_case(trial: Trial) -> None:
    """G3."""
    phone, case, _ = await unknown(trial)
    await phone.says(f"{codes.spoken(codes.new())} Det hände igen, jag vill klaga på det.")
    await phone.work(AT)
    assert case.reference not in phone.last
    kept = await trial.register.case(case.id)
    assert kept is not None
    assert kept.messages == 1


@pytest.mark.parametrize(
    ("school", "text", "told"),
    [
        ("st_george", "Искам да остана анонимен. В 3Б учителят крещи на децата всеки ден.", "но не се проверяват"),
        ("alexanderskolan", f"Jag vill vara anonym. {TEXT}", ""),
        ("huddinge", "Jag vill vara anonym. Läraren i 7B på Kvarnbergsskolan skriker åt eleverna.", ""),
        ("nordberg", "Jeg vil være anonym. Læreren på 9. trinn roper til elevene hver dag.", ""),
    ],
)
async def test_where_anonymous_reports_are_not_examined_the_chat_says_so_at_once(
    trial: Trial, school: str, text: str, told: str
) -> None:
    """C3: before they hand it in; elsewhere nothing of the kind is said."""
    phone = Phone(trial, school)
    await phone.says(text)
    for _ in range(3):
        shown = [sent for row in phone.heard[-1].buttons for _, sent in row]
        if passed_over := [sent for sent in shown if ":-:" in sent or ":no:" in sent]:
            await phone.sends_back(passed_over[0])
    said = " ".join(one.body for one in phone.heard)
    procedure = trial.desk.procedures.get(school)
    assert procedure is not None
    assert procedure.anonymous.examined is (told == "")
    assert told in said
    assert ("не се проверяват" in said) is bool(told)
