"""Conversations at named moments: what is asked, what is held back and for how long, and what a stranger cannot do."""

from __future__ import annotations

import itertools
import json
from datetime import datetime, timedelta
from typing import Any

from bot.pipeline import take_in
from register.records import Case, Entered, Letter, RawMessage
from tests.unit.bot.trying import LEASE, STOCKHOLM, Trial

AT = datetime(2026, 11, 24, 10, tzinfo=STOCKHOLM)
DAY = timedelta(days=1)
COMPLAINT = "Min dotter har fått fel mat två gånger den här veckan trots sin allergi. Jag vill klaga på det."
DANGER = "Min son vill ta livet av sig, han är på förskolan Gärdet nu."
_numbers = itertools.count(1)


class Phone:
    """A phone in a private chat with the bot of a school; time is what each call says it is."""

    def __init__(self, trial: Trial, school: str = "alexanderskolan", chat: int = 5001, kind: str = "private") -> None:
        self.trial, self.school, self.chat, self.kind = trial, school, chat, kind
        self.heard: list[Letter] = []

    async def says(self, text: str, at: datetime = AT, **more: Any) -> Entered | None:
        """Writes a text, and hears what the bot says to it."""
        return await self.sends(at, text=text, **more)

    async def sends(self, at: datetime = AT, **content: Any) -> Entered | None:
        """Sends whatever a message may hold."""
        return await self._update({"message": self._message(at) | content}, at)

    async def edits(self, number: int, text: str, at: datetime = AT) -> Entered | None:
        """Changes a message."""
        changed = {"message_id": number, "text": text, "edit_date": int(at.timestamp())}
        return await self._update({"edited_message": self._message(at) | changed}, at)

    async def presses(self, title: str, at: datetime = AT) -> Entered | None:
        """Presses the newest button with this title."""
        return await self.sends_back(self.button(title), at)

    async def sends_back(self, data: str, at: datetime = AT) -> Entered | None:
        """What a button sends back, whether there is one or not."""
        press = {"id": str(next(_numbers)), "from": self._person(), "chat_instance": "1", "data": data}
        return await self._update({"callback_query": press | {"message": self._message(at)}}, at)

    def button(self, title: str) -> str:
        """What the newest button with a title sends back."""
        found = [data for one in self.heard for row in one.buttons for name, data in row if name == title]
        return found[-1]

    @property
    def last(self) -> str:
        """What the bot said last."""
        return self.heard[-1].body

    async def listen(self, at: datetime) -> list[Letter]:
        """What the bot has to say at a moment."""
        sent = [*await self.trial.send(at, urgent=True), *await self.trial.send(at)]
        new = [one for one in sent if one.to.value == str(self.chat)]
        self.heard += new
        return new

    async def work(self, at: datetime) -> list[Entered | None]:
        """Takes in everything that may be taken in at a moment, until nothing is left."""
        entered: list[Entered | None] = []
        while raws := await self.trial.register.claim_messages("w", 9, at, LEASE):
            entered += [await take_in(raw, self.trial.desk, at) for raw in raws]
        await self.listen(at)
        return entered

    async def case(self) -> Case:
        """The only case."""
        (case,) = await self.trial.register.cases()
        return case

    async def _update(self, update: dict[str, Any], at: datetime) -> Entered | None:
        number = next(_numbers)
        raw = RawMessage(
            channel="telegram",
            external_id=f"1:{number}",
            content=json.dumps({"update_id": number, **update}).encode(),
            received_at=at,
            organisation=self.school,
        )
        await self.trial.register.spool(raw)
        return (await self.work(at))[0]

    def _message(self, at: datetime) -> dict[str, Any]:
        chat = {"id": self.chat, "type": self.kind}
        return {"message_id": next(_numbers), "date": int(at.timestamp()), "chat": chat, "from": self._person()}

    def _person(self) -> dict[str, Any]:
        return {"id": 77, "is_bot": False, "first_name": "Amina", "language_code": "sv"}


async def sound(trial: Trial) -> None:
    """The books add up and the chain holds."""
    assert (await trial.register.books()).balanced
    assert await trial.register.verify() == ()


async def test_danger_to_a_child_skips_all_questions(trial: Trial) -> None:
    """G7: registered and passed on at once, with the emergency numbers, and nobody is asked for anything before."""
    phone = Phone(trial)
    await phone.says(DANGER)
    case = await phone.case()
    assert (case.urgent, case.unit) == (True, "Gärdet")
    assert "112" in phone.last
    assert await trial.letters(case, "urgent_notice")


async def test_danger_in_a_later_message_registers_everything_at_once(trial: Trial) -> None:
    """G7: what was held back goes with it."""
    phone = Phone(trial)
    assert await phone.says(COMPLAINT) is None
    await phone.says(DANGER)
    case = await phone.case()
    assert (case.urgent, case.messages) == (True, 2)
    (notice, *_) = await trial.letters(case, "urgent_notice")
    assert "fel mat två gånger" in notice["body"]
    await sound(trial)


async def test_an_unfinished_conversation_is_reminded_once_and_registered_as_it_stands(trial: Trial) -> None:
    """G4: a day, three days; nothing that a person wrote depends on a button."""
    phone = Phone(trial)
    assert await phone.says(COMPLAINT) is None
    await trial.tick(AT + DAY - timedelta(minutes=1))
    assert await phone.listen(AT + DAY) == []
    await trial.tick(AT + DAY)
    (reminder,) = await phone.listen(AT + DAY)
    assert "27 november 2026" in reminder.body
    assert "Vilken enhet gäller det?" in reminder.body
    await trial.tick(AT + 2 * DAY)
    assert await phone.listen(AT + 2 * DAY) == []
    assert await phone.work(AT + 3 * DAY - timedelta(minutes=1)) == []
    await phone.work(AT + 3 * DAY)
    case = await phone.case()
    assert case.reference in phone.last
    assert not case.anonymous
    await sound(trial)


async def test_several_held_messages_become_one_case_when_time_is_up(trial: Trial) -> None:
    """G4: each stands in the case, and the notice has all of them."""
    phone = Phone(trial)
    await phone.says(COMPLAINT)
    await phone.says("Det var på Gärdet.", AT + timedelta(hours=1))
    await phone.says("Senast var det i går.", AT + timedelta(hours=2))
    await phone.work(AT + 4 * DAY)
    case = await phone.case()
    assert (case.unit, case.messages) == ("Gärdet", 3)
    (notice, *_) = await trial.letters(case, "notice")
    assert all(part in notice["body"] for part in ("fel mat", "på Gärdet", "Senast var det i går"))
    assert (await trial.register.books()).waiting == 0
    await sound(trial)


async def test_an_answer_begins_the_three_days_anew(trial: Trial) -> None:
    """A parent who comes back on the second day is not cut off on the third."""
    phone = Phone(trial)
    await phone.says(COMPLAINT)
    await phone.presses("Förskolan Gärdet", AT + 2 * DAY)
    assert await phone.work(AT + 4 * DAY) == []
    await phone.work(AT + 5 * DAY)
    assert (await phone.case()).unit == "Gärdet"


async def test_what_is_taken_back_is_set_aside_where_a_person_sees_it(trial: Trial) -> None:
    """G4: nothing is registered, nothing is lost."""
    phone = Phone(trial)
    await phone.says(COMPLAINT)
    await phone.says("/cancel")
    assert await trial.register.cases() == ()
    assert "withdrawn" in [one.reason for one in await trial.register.set_aside()]
    assert (await trial.register.books()).waiting == 0
    assert await phone.says(COMPLAINT, AT + DAY) is None
    await sound(trial)


async def test_without_a_name_nothing_leads_from_the_chat_to_the_case(trial: Trial) -> None:
    """A4: neither party nor conversation is kept, and the summary has said what cannot be promised."""
    phone = Phone(trial)
    await phone.says(COMPLAINT + " Jag vill vara anonym.")
    await phone.presses("Förskolan Gärdet")
    assert "ditt sätt att skriva" in phone.last
    await phone.presses("Lämna in anonymt")
    case = await phone.case()
    assert (case.anonymous, case.parties) == (True, ())
    assert await trial.register.dialogue("alexanderskolan", "5001") is None
    assert all(one["to_value"] != "5001" for one in await trial.register.letters())
    await phone.says("/status")
    assert "Jag hittar inget ärende" in phone.last


async def test_a_later_message_joins_the_case_and_a_much_later_one_does_not(trial: Trial) -> None:
    """D6: within a fortnight it is about the same matter."""
    phone = Phone(trial)
    await phone.says(DANGER)
    joined = await phone.says("Nu är han hemma hos oss igen, tack.", AT + 2 * DAY)
    assert joined is not None
    assert joined.case is not None
    assert joined.case.id == (await phone.case()).id
    await phone.says(COMPLAINT, AT + 30 * DAY)
    assert "Så här har jag förstått dig" in phone.last


async def test_a_second_press_does_not_lead_two_stages_on(trial: Trial) -> None:
    """G8: a nervous thumb presses twice."""
    phone = Phone(trial)
    await phone.says(COMPLAINT)
    await phone.presses("Förskolan Gärdet")
    await phone.presses("Lämna in med mitt namn")
    first = (await phone.case()).stage
    press = phone.button("Jag är inte nöjd med svaret")
    await phone.sends_back(press, AT + DAY)
    second = (await phone.case()).stage
    await phone.sends_back(press, AT + DAY)
    assert first != second
    assert (await phone.case()).stage == second


async def test_a_stranger_who_knows_the_case_learns_nothing_of_it(trial: Trial) -> None:
    """G2: a button is only as good as the chat that it stands in."""
    parent, stranger = Phone(trial), Phone(trial, chat=6002)
    await parent.says(DANGER)
    case = await parent.case()
    for choice in ("status", "dissatisfied", "new"):
        await stranger.sends_back(f"matter:{choice}:{case.id}:0")
        assert "Jag hittar inget ärende" in stranger.last
    assert (await parent.case()).messages == 1


async def test_whatever_a_button_sends_back_is_answered_and_fails_nothing(trial: Trial) -> None:
    """Callback data is written by whoever likes to."""
    phone = Phone(trial)
    await phone.says(COMPLAINT)
    held = phone.button("Förskolan Gärdet").split(":")[2]
    of_this = ("unit:999:", "unit:-1:", "unit:²:", "wish:?:", "summary::", "change:zz:")
    others = ("", ":", "x" * 70, "unit:0:99999", "language:xx", "matter:new::", "a:b:c:d:e")
    for data in (*(f"{one}{held}" for one in of_this), *others):
        await phone.sends_back(data)
        assert phone.last
    assert [one for one in await trial.register.set_aside() if one.reason == "failed"] == []
    await sound(trial)


async def test_a_sticker_and_a_greeting_are_answered_kindly(trial: Trial) -> None:
    """D2: nobody is met by silence, and nothing of it is a case."""
    phone = Phone(trial)
    await phone.sends(sticker={"file_id": "1", "file_unique_id": "1", "emoji": "😢"})
    assert "kan jag tyvärr inte läsa" in phone.last
    await phone.says("Hej")
    assert phone.last.startswith("Hej!")
    await phone.says("/help")
    assert "/status" in phone.last
    assert await trial.register.cases() == ()


async def test_a_deep_link_names_the_unit(trial: Trial) -> None:
    """F1: the poster at the door of a preschool leads to that preschool."""
    phone = Phone(trial)
    await phone.says("/start gardet")
    assert "Gärdet" in phone.last
    await phone.says(COMPLAINT)
    assert "Förskolan Gärdet" in phone.last
    assert "Ska jag lämna in det?" in phone.last


async def test_the_language_can_be_chosen(trial: Trial) -> None:
    """D3: the bot goes on in it."""
    phone = Phone(trial)
    await phone.says(COMPLAINT)
    await phone.says("/language")
    await phone.presses("العربية")
    assert "أي مدرسة" in phone.last
    await phone.presses("Förskolan Gärdet")
    assert "\u2068Förskolan Gärdet\u2069" in phone.last


async def test_a_group_is_offered_a_private_chat_once_a_day(trial: Trial) -> None:
    """G2: what is told in a group is read by all."""
    group = Phone(trial, chat=-100, kind="supergroup")
    await group.says("Hej allihop, glöm inte föräldramötet på torsdag.")
    assert "privat chatt" in group.last
    await group.says("Ses där!")
    assert len(group.heard) == 1
    await group.says("Ses där!", AT + 2 * DAY)
    assert len(group.heard) == 2
    assert await trial.register.cases() == ()


async def test_an_edited_message_takes_the_place_of_its_first_form(trial: Trial) -> None:
    """A slip of the thumb is not told twice."""
    phone = Phone(trial)
    await phone.sends(AT, text=COMPLAINT, message_id=900)
    message = phone._message(AT) | {
        "message_id": 900,
        "text": COMPLAINT + " Det är på Gärdet.",
        "edit_date": 1795000000,
    }
    await phone._update({"edited_message": message}, AT)
    assert "Förskolan Gärdet" in phone.last
    await phone.presses("Lämna in med mitt namn")
    (notice, *_) = await trial.letters(await phone.case(), "notice")
    assert f"{COMPLAINT} Det är på Gärdet." in notice["body"]
    assert f"{COMPLAINT}\n" not in notice["body"]


async def test_a_picture_with_few_words_begins_a_conversation(trial: Trial) -> None:
    """F3: and is registered as it stands, without a press."""
    phone = Phone(trial)
    photo = {"file_id": "a", "file_unique_id": "a", "width": 9, "height": 9}
    await phone.sends(photo=[photo], caption="Så såg maten ut i dag.")
    assert "Så här har jag förstått dig" in phone.last
    await phone.work(AT + 4 * DAY)
    assert (await phone.case()).messages == 1
    await sound(trial)


async def test_nobody_is_met_by_silence(trial: Trial) -> None:
    """D2: what no rule of the school is for is set aside; its writer is told how to go on."""
    phone = Phone(trial)
    await phone.sends(location={"latitude": 59.34, "longitude": 18.09})
    await phone.sends(contact={"first_name": "Per", "phone_number": "070"})
    assert len(phone.heard) == 2
    await sound(trial)
