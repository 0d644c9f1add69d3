from __future__ import annotations

from typing import Any

import pytest

from procedures.model import Procedure
from procedures.people import People, barred_roles, same_person
from procedures.sections import Role
from tests.unit.procedures.making import NORDBERG, ST_GEORGE, decided, receivers, understood


def role(**changes: Any) -> Role:
    """A role of nobody in particular."""
    return Role.model_validate({"id": "one", "title": "one"} | changes)


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ({"name": "Ingunn Fosnes"}, {"name": "  ingunn  FOSNES "}, True),
        ({"mail": "Post@Nordberg.example"}, {"mail": "post@nordberg.example"}, True),
        (
            {"addresses": [{"kind": "telegram", "value": "7"}]},
            {"addresses": [{"kind": "telegram", "value": "7"}]},
            True,
        ),
        ({"phone": "22 00 00 01"}, {"phone": "22 00 00 01"}, False),
        ({"name": ""}, {"name": ""}, False),
        ({"name": "Gry Hovland"}, {"name": "Gry Hov"}, False),
    ],
)
def test_who_is_the_same_person(one: dict[str, Any], other: dict[str, Any], same: bool) -> None:
    """E2: by name or by where they read; a telephone may be the whole school's."""
    assert same_person(role(**one), role(id="other", **other)) is same


def with_holder(procedure: Procedure, role_id: str, holder: str) -> Procedure:
    """The procedure with somebody else's name and mail on one role."""
    data = procedure.model_dump()
    source = next(one for one in data["roles"] if one["id"] == holder)
    target = next(one for one in data["roles"] if one["id"] == role_id)
    target["name"], target["mail"] = source["name"].upper(), source["mail"]
    return Procedure.model_validate(data)


def test_a_stand_in_who_is_the_same_person_is_passed_by() -> None:
    """E2, G2: the deputy who also heads the department gets nothing of a complaint about herself."""
    school = with_holder(NORDBERG, "deputy_principal", "head_9")
    decision = decided(school, understood(unit="9. trinn", accused_roles=("head_9",), urgent=True))
    assert decision.owner == "principal"
    assert set(decision.excluded) == {"head_9", "deputy_principal"}
    assert set(receivers(decision, "urgent_notice")) == {"principal"}


def test_a_committee_whose_members_are_all_barred_is_barred() -> None:
    """C9, G2: its three members accused, nobody of it is left."""
    assert "committee" in barred_roles(ST_GEORGE, ("deputy_director", "legal_adviser", "hr_head"))
    assert "committee" not in barred_roles(ST_GEORGE, ("deputy_director", "legal_adviser"))


def test_a_unit_outside_the_office_falls_to_the_role_that_stands_for_it() -> None:
    """C9: no head of stage in the kindergarten's place."""
    people = People(procedure=ST_GEORGE, unit="nowhere", barred=frozenset())
    assert [one.id for one in people.holders("first_level")] == ["deputy_director"]
    assert people.holders("nobody") == ()
    assert people.fill("nobody") == "deputy_director"


def test_stand_ins_in_a_circle_come_to_an_end() -> None:
    """E2: two who stand in for one another and are both accused."""
    people = People(procedure=NORDBERG, unit=None, barred=frozenset({"principal", "deputy_principal"}))
    assert people.fill("principal") == "area_director"


def test_a_barred_role_has_no_addresses() -> None:
    """G2: whoever asks for its addresses gets none, so that no later letter reaches it."""
    assert NORDBERG.addresses("head_8", ("head_8",)) == ()
    assert NORDBERG.addresses("nobody") == ()
    assert [one.value for one in NORDBERG.addresses("head_8")] == ["gry.hovland@nordberg.example", "22 00 00 08"]
