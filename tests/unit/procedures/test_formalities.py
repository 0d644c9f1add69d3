from __future__ import annotations

from typing import Any

import pytest

from procedures.formalities import missing_parts
from procedures.policies import PartsAsked
from register.records import Address, AddressKind
from tests.unit.procedures.making import ST_GEORGE, mail

ALL = PartsAsked(
    clause="II.1",
    ask_for=("full_name", "address", "date", "signature", "phone", "answer_by"),
    names=3,
)
BULGARIAN = """До директора на ЧСУ „Свети Георги“

ЖАЛБА от Десислава Иванова Калоянова, ж.к. „Младост 1“, бл. 54, вх. Б, тел. 0888 000 214

Уважаеми господин Директор, часовете не се провеждат.

Десислава Иванова Калоянова
"""


def missing(**changes: Any) -> tuple[str, ...]:
    """What a mail with these changes lacks."""
    return missing_parts(ALL, mail("reception@stgeorgeschool.eu", **changes))


def test_a_complete_complaint_lacks_nothing() -> None:
    """C7: three names, address, date, signature, telephone, way of answer."""
    assert missing(text=BULGARIAN) == ()


def test_an_empty_mail_lacks_what_a_mail_does_not_have_by_itself() -> None:
    """C7: the date and the way of answer are there; the account's name is a signature, two names are not three."""
    assert missing(text="") == ("full_name", "address", "phone")


@pytest.mark.parametrize(
    ("part", "changes"),
    [
        ("full_name", {"sender": Address(kind=AddressKind.MAIL, value="a@b.example", name="Мария Петрова Иванова")}),
        ("full_name", {"form": {"name": "Anna-Karin Maria Ek"}}),
        ("full_name", {"form": {"full_name": "written in the form"}}),
        ("full_name", {"text": "Поздрави,\nМария Петрова Иванова\n0888 123 456"}),
        ("address", {"text": "Живея на ул. „Шипка“ 5."}),
        ("address", {"text": "Hej\n\nAnna Ek\nLinnégatan 3\n114 58 Stockholm"}),
        ("address", {"form": {"address": "Skeppargatan 51"}}),
        ("phone", {"text": "Обадете се на +359 88 516 07 42."}),
        ("phone", {"form": {"phone": "112"}}),
        ("answer_by", {"sender": Address(kind=AddressKind.TELEGRAM, value="7")}),
        ("signature", {"sender": None, "text": "Мивката тече.\n\nС уважение,\nМария"}),
    ],
)
def test_a_part_that_can_be_read_is_not_asked_for(part: str, changes: dict[str, Any]) -> None:
    """C7: from the form, the sender or the text."""
    assert part not in missing(**changes)


@pytest.mark.parametrize(
    ("part", "changes"),
    [
        ("full_name", {"text": "Искам отговор веднага и без отлагане"}),
        ("full_name", {"sender": Address(kind=AddressKind.MAIL, value="a@b.example", name="Мария Петрова")}),
        ("address", {"text": "Платихме 450 лева на 12.10."}),
        ("date", {"date": None}),
        ("signature", {"sender": None, "text": "това е позор и искам отговор\nведнага!"}),
        ("answer_by", {"sender": None}),
        ("phone", {"text": "Вх. № 2026-11-24 и фактура 12345"}),
    ],
)
def test_a_part_that_is_not_there_is_asked_for(part: str, changes: dict[str, Any]) -> None:
    """C7: kindly, and never instead of the case."""
    assert part in missing(**changes)


def test_a_telephone_is_not_asked_for_by_the_school() -> None:
    """C7: "if there is one"."""
    assert ST_GEORGE.parts is not None
    assert "phone" not in ST_GEORGE.parts.ask_for


def test_only_the_end_of_a_long_text_is_searched_for_a_name() -> None:
    """C7: a hostile text of a megabyte costs nothing."""
    assert "signature" not in missing(sender=None, text="x" * 1_000_000 + "\n\nМария")
    assert "full_name" in missing(text="Мария Петрова Иванова\n" + "a\n" * 100_000)
