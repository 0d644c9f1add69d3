"""The classifiers as shipped, loaded once; and the four organisations with the units of the corpus."""

from __future__ import annotations

import pytest

import classifiers
from classifiers import Classifiers
from register.records import OrganisationFacts, RoleFacts, UnitFacts


@pytest.fixture(scope="session")
def reader() -> Classifiers:
    return classifiers.load()


def _units(*units: tuple[str, ...]) -> tuple[UnitFacts, ...]:
    return tuple(
        UnitFacts(id=names[0], aliases=names, mailboxes=(f"{place}@school.example",))
        for place, names in enumerate(units)
    )


@pytest.fixture(scope="session")
def organisations() -> dict[str, OrganisationFacts]:
    preschool = _units(("Skeppargatan",), ("Linnégatan",), ("Valhallavägen",), ("Gärdet",))
    municipality = _units(
        ("Balingsnässkolan",),
        ("Kvarnbergsskolan",),
        ("Segeltorpsskolan",),
        ("Skogåsskolan",),
        ("Vårbyskolan",),
        ("Källbrinksskolan",),
    )
    sofia = _units(("kindergarten", "детска градина"), ("primary", "начален етап"), ("secondary", "гимназиален етап"))
    nordberg = _units(("8. trinn",), ("9. trinn",), ("10. trinn",), ("SFO/administrasjon", "SFO"))
    roles = (
        RoleFacts(id="principal", name="Ragnvald Skaug", titles={"nb": "rektor", "en": "principal"}),
        RoleFacts(id="head_9", name="Pernille Storm", titles={"nb": "avdelingsleder"}, unit="9. trinn"),
    )
    bulgarian = (RoleFacts(id="director", name="Мария Петрова", titles={"bg": "директор"}),)
    return {
        "alexanderskolan": OrganisationFacts(
            id="alexanderskolan", name="Alexanderskolan", languages=("sv",), units=preschool
        ),
        "huddinge": OrganisationFacts(id="huddinge", name="Huddinge kommun", languages=("sv",), units=municipality),
        "st_george": OrganisationFacts(
            id="st_george", name="ЧСУ", languages=("bg", "en"), units=sofia, roles=bulgarian
        ),
        "nordberg": OrganisationFacts(
            id="nordberg", name="Nordberg skole", languages=("nb", "nn"), units=nordberg, roles=roles
        ),
    }
