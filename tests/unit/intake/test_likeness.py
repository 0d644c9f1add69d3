"""What a program writes from a new address each time is alike; what persons write is not."""

from __future__ import annotations

from dataclasses import replace

import pytest

from intake.guards import MOST_AGREED, MOST_ALIKE, judge
from intake.threads import likeness
from register.records import Ruling, Submission
from tests.unit.intake.mails import reading

TEXT = "Vi har tagit emot ärende {0} och återkommer så snart vi kan. Svara inte på detta."


def mail(sender: str, number: int = 1, text: str = TEXT) -> Submission:
    return reading(f"From: {sender}\nSubject: Sv: ALX 2026-{number:04}\n\n{text.format(number)}\n")


def test_another_address_of_the_domain_and_other_numbers_are_alike() -> None:
    assert likeness(mail("a-1@system.example")) == likeness(mail("a-2@SYSTEM.example", 27)) != ""


@pytest.mark.parametrize(
    "other",
    [mail("a-1@annat.example"), mail("a-1@system.example", text=f"{TEXT} Och något mer.")],
    ids=["another domain", "other words"],
)
def test_another_domain_or_other_words_are_not(other: Submission) -> None:
    assert likeness(other) != likeness(mail("a-1@system.example"))


def test_a_few_words_say_nothing() -> None:
    """Twenty parents may write a `Se bilaga` on one day."""
    assert likeness(mail("a@stor.example", text="Se bilaga")) == ""


def test_many_alike_are_not_answered() -> None:
    """Twenty that answer something; many more parents may agree on a text, and each of them is answered."""

    def ruled(alike: int, subject: str) -> Ruling:
        one = replace(mail("a@b.example"), subject=subject)
        return judge(one, own_addresses=frozenset(), is_own_message_id=lambda _: False, alike=alike)

    for subject, most in (("Sv: Vi har fått ditt klagomål", MOST_ALIKE), ("Svenskan i 4B", MOST_AGREED)):
        assert ruled(most - 1, subject).answerable
        assert (ruled(most, subject).reason, ruled(most, subject).automatic) == ("alike", None)
