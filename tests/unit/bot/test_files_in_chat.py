"""Pictures, albums and files that are too large, in a conversation and after it."""

from __future__ import annotations

import base64
import json
from datetime import datetime
from typing import Any

from bot.pipeline import take_in
from register.records import RawMessage
from tests.unit.bot.test_conversation import AT, COMPLAINT, DANGER, DAY, Phone, sound
from tests.unit.bot.trying import LEASE, Trial

TOO_LARGE = "högst 20 MB"
QUESTION = "Vilken enhet gäller det?"


class Camera(Phone):
    """A phone that sends pictures, as the door spools them."""

    async def shows(self, number: int, at: datetime = AT, *, problem: str = "", **more: Any) -> None:
        """A picture; `problem`: it could not be fetched."""
        photo = {"photo": [{"file_id": f"f{number}", "file_unique_id": "u", "width": 9, "height": 9}]}
        file = {"file_id": f"f{number}", "name": "photo.jpg", "type": "image/jpeg"}
        held = {"problem": problem} if problem else {"data": base64.b64encode(b"\xff\xd8%d" % number).decode()}
        update = {"update_id": 90_000 + number, "message": self._message(at) | photo | more}
        raw = RawMessage(
            channel="telegram",
            external_id=f"1:{90_000 + number}",
            content=json.dumps({"update": update, "files": [file | held]}).encode(),
            received_at=at,
            organisation=self.school,
        )
        await self.trial.register.spool(raw)
        for one in await self.trial.register.claim_messages("w", 9, at, LEASE):
            await take_in(one, self.trial.desk, at)
        await self.listen(at)


async def test_an_album_is_one_case_with_all_pictures_and_one_question(trial: Trial) -> None:
    """F3: Telegram sends it as a message a picture; the parent hears one answer."""
    phone = Camera(trial)
    await phone.shows(1, media_group_id="m1", caption=COMPLAINT)
    await phone.shows(2, media_group_id="m1")
    await phone.shows(3, media_group_id="m1")
    assert [QUESTION in one.body for one in phone.heard] == [True]
    await phone.presses("Förskolan Gärdet")
    await phone.presses("Lämna in med mitt namn")
    await phone.work(AT)
    case = await phone.case()
    assert case.messages == 3
    files = [file for one in await trial.register.messages(case.id) for file in one["attachments"]]
    assert len(files) == 3
    (notice, *_) = await trial.letters(case, "notice")
    assert notice["body"].count("photo.jpg") == 3
    await sound(trial)


async def test_an_album_that_is_added_to_a_case_is_said_once(trial: Trial) -> None:
    """D6: and another album a day later is said again."""
    phone = Camera(trial)
    await phone.says(DANGER)
    before = len(phone.heard)
    for number, album in ((1, "m1"), (2, "m1"), (3, "m1"), (4, "m2")):
        await phone.shows(number, AT + DAY, media_group_id=album)
    assert ["tillagt i ärende" in one.body for one in phone.heard[before:]] == [True, True]
    assert (await phone.case()).messages == 5


async def test_a_file_that_is_too_large_is_told_kindly_and_the_text_counts(trial: Trial) -> None:
    """F3: with a question, with an addition, and where there was nothing else."""
    phone = Camera(trial)
    await phone.shows(1, problem="too_large")
    assert TOO_LARGE in phone.last
    await phone.shows(2, problem="too_large", caption=COMPLAINT)
    assert TOO_LARGE in phone.last
    assert QUESTION in phone.last
    await phone.presses("Förskolan Gärdet")
    await phone.presses("Lämna in med mitt namn")
    await phone.shows(3, AT + DAY, problem="too_large", caption="Här är filmen från i dag.")
    assert TOO_LARGE in phone.last
    assert "tillagt i ärende" in phone.last
    assert (await phone.case()).messages == 2
    await sound(trial)


async def test_an_edit_after_registration_joins_the_case(trial: Trial) -> None:
    """D6: the school sees what was changed; the first form stays in the book."""
    phone = Phone(trial)
    await phone.sends(AT, text=COMPLAINT, message_id=900)
    await phone.presses("Förskolan Gärdet")
    await phone.presses("Lämna in med mitt namn")
    await phone.edits(900, COMPLAINT + " Det var i måndags.", AT + DAY)
    case = await phone.case()
    assert case.messages == 2
    texts = [one["text"] for one in await trial.register.messages(case.id)]
    assert texts == [COMPLAINT, COMPLAINT + " Det var i måndags."]
    await sound(trial)
