"""Facts and letters that the tests of this room vary."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from register.records import (
    Address,
    AddressKind,
    Case,
    Contact,
    Letter,
    LetterFacts,
    LetterOrder,
    Promise,
)
from replies.compose import Composer
from replies.headers import Posting

WRITTEN = datetime(2026, 11, 24, 17, 5, 30, tzinfo=UTC)
FACTS = LetterFacts(
    language="sv",
    organisation="Alexanderskolan",
    time_zone="Europe/Stockholm",
    country="SE",
    reference="ALX 2026/0012",
    unit="Förskolan Gärdet",
    subject="Maten igen",
    gist="Min son får mat som han inte tål.",
    kind="complaint",
    category="Mat och måltider",
    wants_investigation=True,
    owner=Contact(
        title="förskolerektor", name="Siv Ekebladh", mail="siv@alexanderskolan.example", phone="08-465 004 34"
    ),
    others=((Contact(title="utredare", name="Örjan Åström"), "ansvarar också"),),
    stage="Steg 2: förskolerektorn utreder",
    clause="Steg 2",
    what_happens=("Personalen hörs.",),
    # One minute to midnight in Stockholm: the local day counts.
    promises=(
        Promise(kind="answer", text="Svar senast", due_at=datetime(2026, 12, 8, 22, 59, tzinfo=UTC), clause="Steg 2"),
    ),
    advice="Prata gärna med personalen. Ärendet går vidare i vilket fall.",
    next_level=Contact(title="verksamhetschef", name="Hedvig Lagerstam", mail="hedvig@alexanderskolan.example"),
    next_level_text="Skriv att du inte är nöjd.",
    outside_body=("Utbildningsförvaltningen", "Telefon: 08-508 33 000", "anmalan@stockholm.example"),
    missing_parts=("ditt telefonnummer",),
    questions=("wants_investigation", "unit"),
    units=("Gärdet", "Linnégatan"),
    emergency=("112", "BRIS 116 111"),
    received_at=WRITTEN,
    sender="Dana Åkesson <dana@familj.example>",
    message="Hej!\n\nMin son får mat som han inte tål.\nHälsningar Dana",
    attachments=("intyg från läkare.pdf",),
    local_facts=("Fyra avdelningar.",),
    because=("Ämne: mat (0,93)",),
    may_belong_to=("ALX 2026/0003",),
    steps=("Hör personalen – senast fredag",),
)
CASE = Case(
    id="c-1",
    reference="ALX 2026/0012",
    organisation="alexanderskolan",
    unit=None,
    channel="lmtp",
    opened_at=WRITTEN,
    kind="complaint",
    category="food",
    urgent=False,
    anonymous=False,
    language="sv",
    stage="step_2",
    status="open",
    owner="head_gardet",
)

Facts = Callable[..., LetterFacts]
Write = Callable[..., Letter]


@pytest.fixture(scope="session")
def facts() -> Facts:
    """Makes facts: everything known, with changes."""

    def make(language: str = "sv", **changes: Any) -> LetterFacts:
        return replace(FACTS, language=language, **changes)

    return make


@pytest.fixture(scope="session")
def bare() -> Facts:
    """Makes facts with nothing known."""

    def make(language: str = "sv", **changes: Any) -> LetterFacts:
        nothing = LetterFacts(language=language, organisation="Skolan", time_zone="Europe/Oslo", country="NO")
        return replace(nothing, **changes)

    return make


@pytest.fixture(scope="session")
def case() -> Callable[..., Case]:
    """Makes a case, with changes."""
    return lambda **changes: replace(CASE, **changes)


@pytest.fixture(scope="session")
def write() -> Write:
    """Composes a letter; everything may be told otherwise."""
    composer = Composer()

    def make(letter: str, *sections: LetterFacts, composer: Composer = composer, **changes: Any) -> Letter:
        usual: dict[str, Any] = {
            "case": CASE,
            "to": Address(kind=AddressKind.MAIL, value="dana@familj.example", name="Dana Åkesson"),
            "role": "sender",
            "sender": Address(kind=AddressKind.MAIL, value="hej@alexanderskolan.example"),
            "reply_token": "t0k3n",
            "plus_addressing": True,
            "message_id": "<l-1.sig@alexanderskolan.example>",
            "letter_id": "l-1",
            "date": WRITTEN,
            "in_reply_to": "parent-1@familj.example",
            "references": ("first@familj.example", "parent-1@familj.example"),
        }
        order = changes.pop("order", LetterOrder(template=letter, to=changes.get("role", "sender")))
        told = usual | changes
        case, organisation = told.pop("case"), told.pop("organisation", "")
        return composer.compose(order, sections, Posting(**told), case=case, organisation=organisation)

    return make
