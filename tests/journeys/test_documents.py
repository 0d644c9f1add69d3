"""Forms that came as a file and mail that cannot be read, from the door to the letters."""

from __future__ import annotations

from pathlib import Path

from tests.journeys.house import House
from tests.journeys.mails import Mail

MAILS = Path(__file__).parents[1] / "mail"


def sent(name: str, to: str) -> Mail:
    """A mail of `tests/mail` to a mailbox."""
    return Mail(sender="anna@familjen.example", to=to, content=(MAILS / f"{name}.eml").read_bytes())


async def test_a_form_in_a_document_makes_a_case_of_its_unit(house: House) -> None:
    """A7: the unit, and the complaint as it was understood and passed on, from a docx; the file is with the case."""
    case, _ = await house.opened(sent("form-alexanderskolan-docx", "hej@alexanderskolan.se"))
    assert (case.unit, case.kind) == ("Gärdet", "complaint")
    notice = await house.arrived(case, "notice", case.owner)
    assert "Min son är allergisk och fick ägg i tisdags." in notice.words
    assert "blankett för klagomål.docx" in notice.words


async def test_what_a_form_holds_is_not_asked_for(house: House) -> None:
    """C7: three names and address stand in the document."""
    case, letter = await house.opened(sent("form-st-george-odt", "reception@stgeorgeschool.eu"))
    decision = await house.register.decision(case.id)
    assert decision is not None
    assert decision.missing_parts == ()
    assert "трите Ви имена" not in letter.words


async def test_an_encrypted_mail_is_registered_and_answered_with_how_to_write_instead(house: House) -> None:
    """Its file is kept; nobody is told that something is missing from what nobody can read."""
    case, letter = await house.opened(sent("smime-encrypted", "hej@alexanderskolan.se"))
    assert "Ditt meddelande är krypterat" in letter.words or "Meldingen din er kryptert" in letter.words
    notice = await house.arrived(case, "notice", case.owner)
    assert "krypterat" in notice.words
    assert "smime.p7m" in notice.words
