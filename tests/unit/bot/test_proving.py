"""Whoever asks for a receipt in their message gets one that anybody can check (G11)."""

from __future__ import annotations

import textwrap

import pytest

from bot.receipts import Signer, verify
from classifiers import receipts
from register.errors import Permanent
from tests.journeys.mails import Letter as Delivered
from tests.journeys.mails import answer, mail
from tests.journeys.servers.receiver import Received
from tests.unit.bot.test_conversation import AT, Phone
from tests.unit.bot.trying import Trial

TEXT = "Min son på Gärdet har fått fel mat tre gånger. Jag klagar på det och vill ha en kvittens."
ASKING = {
    "sv": ["Jag vill ha en kvittens.", "Skicka ett mottagningsbevis.", "Kan ni bekräfta att ni har fått detta?"],
    "bg": ["Моля за входящ номер и разписка.", "Искам потвърждение за получаване."],
    "nb": ["Jeg vil ha en kvittering.", "Send meg mottaksbevis.", "Kan dere bekrefte at dere har mottatt klagen?"],
    "nn": ["Eg vil ha ei kvittering.", "Send meg ei mottaksstadfesting."],
    "en": ["I want proof of receipt.", "Please send me a receipt.", "Please confirm that you have received this."],
}


@pytest.mark.parametrize("text", [text for texts in ASKING.values() for text in texts])
def test_the_wish_for_a_receipt_is_heard_in_five_languages(text: str) -> None:
    """G11."""
    assert receipts.asked(text)


@pytest.mark.parametrize(
    "text", ["Maten är kall.", "Учителят крещи.", "Læreren roper.", "The teacher shouts, we received no answer."]
)
def test_who_asks_for_none_gets_none(text: str) -> None:
    """G11."""
    assert receipts.asked(text) == ""


async def test_a_receipt_comes_with_the_acknowledgement_and_is_sound(trial: Trial) -> None:
    """G11: number, time and fingerprint, signed; as it stands in the mail, quoted and wrapped by mail programs."""
    one = mail("hej@alexanderskolan.se", "Klagomål", TEXT, sender="dana@foralder.example", name="Dana Åkesson")
    case = await trial.case(one, AT)
    assert await trial.roles(case, "acknowledgement") == ["sender"]
    (letter,) = [sent for sent in await trial.send(AT) if sent.template == "receipt"]
    text = Delivered(Received(envelope_from="", recipients=(), content=letter.content)).text
    key = Signer(trial.desk.seals).public_key
    wrapped = "\n".join(line for whole in text.splitlines() for line in textwrap.wrap(whole, 60) or [""])
    for shown in (text, textwrap.indent(text, "> "), textwrap.indent(wrapped, "> "), wrapped.replace("\n", "\r\n")):
        receipt = verify(shown, key)
        assert (receipt.number, receipt.organisation) == (case.reference, "alexanderskolan")
        assert [at for at, _ in receipt.messages] == [AT]
    (message,) = await trial.register.messages(case.id)
    assert receipt.messages[0][1] == message["fingerprint"]
    assert "Dana" not in text
    with pytest.raises(Permanent, match="NOT sound"):
        verify(text.replace(case.reference, case.reference[:-1] + "9"), key)


async def test_somebody_unknown_gets_a_receipt_too(trial: Trial) -> None:
    """G11, G3: it names nobody, and is forgotten with the letter."""
    one = mail("hej@alexanderskolan.se", "Klagomål", f"Jag vill vara anonym. {TEXT}", sender="dana@foralder.example")
    case = await trial.case(one, AT)
    (letter,) = [sent for sent in await trial.send(AT) if sent.template == "receipt"]
    assert verify(letter.body, Signer(trial.desk.seals).public_key).number == case.reference
    (kept,) = await trial.letters(case, "receipt")
    assert (kept["to_value"], kept["body"]) == ("", "")


async def test_a_later_message_can_ask_for_one(trial: Trial) -> None:
    """G11: for itself."""
    case = await trial.case(mail("hej@alexanderskolan.se", "Klagomål", TEXT[:46], sender="dana@foralder.example"), AT)
    sent = await trial.send(AT)
    assert not [one for one in sent if one.template == "receipt"]
    (first,) = [one for one in sent if one.template == "acknowledgement"]
    written = Delivered(Received(envelope_from="", recipients=(), content=first.content))
    later = await trial.case(answer(written, "Tack. Jag vill ha en kvittens.", sender="dana@foralder.example"), AT)
    assert later.id == case.id
    assert await trial.roles(case, "receipt") == ["sender"]


async def test_a_receipt_can_be_had_in_the_chat(trial: Trial) -> None:
    """G11: `/receipt`, for all that was written."""
    phone = Phone(trial)
    await phone.says("/receipt")
    assert "Jag hittar inget ärende" in phone.last
    await phone.says("På Gärdet har min dotter fått fel mat två gånger. Jag vill klaga på det.")
    await phone.presses("Lämna in med mitt namn")
    await phone.work(AT)
    await phone.says("Det hände igen i dag, och ingen sade något.")
    await phone.says("/receipt")
    receipt = verify(phone.last, Signer(trial.desk.seals).public_key)
    assert receipt.number == (await phone.case()).reference
    assert len(receipt.messages) == 2
