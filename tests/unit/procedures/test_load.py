from __future__ import annotations

import hashlib
import re
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from procedures.load import BUILT_IN, Procedures, problems
from register.errors import BadSettings
from tests.unit.procedures.making import ALEXANDERSKOLAN, SCHOOLS, ST_GEORGE

SOURCE = (BUILT_IN / "alexanderskolan.toml").read_text(encoding="utf-8")


def folder_with(tmp_path: Path, text: str | bytes = SOURCE, name: str = "school.toml") -> Path:
    """A folder with one procedure file."""
    (tmp_path / name).write_bytes(text.encode() if isinstance(text, str) else text)
    return tmp_path


def test_the_four_schools_are_built_in() -> None:
    """A8, G10: each in one file."""
    assert [one.id for one in SCHOOLS.all] == ["alexanderskolan", "huddinge", "nordberg", "st_george"]
    assert SCHOOLS.get("huddinge") is SCHOOLS.all[1]
    assert SCHOOLS.get("elsewhere") is None


def test_only_the_schools_that_are_named_are_served_in_that_order() -> None:
    """G10: the settings choose."""
    chosen = Procedures.load((), ["st_george", "alexanderskolan"])
    assert [one.id for one in chosen.all] == ["st_george", "alexanderskolan"]
    assert chosen.claimed_by("post@nordberg.example") is None


@pytest.mark.parametrize(
    ("address", "school"),
    [
        ("hej@alexanderskolan.se", "alexanderskolan"),
        ("HEJ@AlexanderSkolan.SE", "alexanderskolan"),
        ("hej+token123@alexanderskolan.se", "alexanderskolan"),
        ("sgp.reception@stgeorgeschool.eu", "st_george"),
        ("klagomal@huddinge.example", "huddinge"),
        ("post@nordberg.example", "nordberg"),
        ("hej@alexanderskolan.se.evil.example", None),
        ("ylva.wennerholm@alexanderskolan.se", None),
        ("", None),
        ("@", None),
    ],
)
def test_a_mailbox_claims_its_mail(address: str, school: str | None) -> None:
    """C2, F1: whatever the case, with or without a detail."""
    assert SCHOOLS.claimed_by(address) == school


def test_the_first_address_that_is_anyones_counts() -> None:
    """C2: the envelope stands before the header."""
    claiming = SCHOOLS.claiming(["x@y.example", "post@nordberg.example", "hej@alexanderskolan.se"])
    assert claiming is not None
    assert claiming.id == "nordberg"


def test_a_detail_is_part_of_the_address_where_the_server_keeps_it() -> None:
    """C2: `plus_addressing = false`."""
    organisation = ALEXANDERSKOLAN.organisation.model_copy(update={"plus_addressing": False})
    plain = ALEXANDERSKOLAN.model_copy(update={"organisation": organisation})
    assert plain.mailbox_at("hej+x@alexanderskolan.se") is None
    assert plain.mailbox_at("hej@alexanderskolan.se") is not None


def test_our_own_addresses_are_the_mailboxes() -> None:
    """G5: by which a loop of our own is known; a role's address is not among them."""
    assert "reception@stgeorgeschool.eu" in SCHOOLS.own_addresses
    assert "leo.buckley@stgeorgeschool.eu" not in SCHOOLS.own_addresses
    assert ST_GEORGE.facts().mailboxes == ("reception@stgeorgeschool.eu", "sgp.reception@stgeorgeschool.eu")


def test_the_version_is_of_the_files_bytes() -> None:
    """G10: a decision tells which text it was made by."""
    digest = hashlib.sha256((BUILT_IN / "alexanderskolan.toml").read_bytes()).hexdigest()
    assert ALEXANDERSKOLAN.version == f"alexanderskolan@{digest[:12]}"


@pytest.mark.parametrize(
    ("subject", "found"),
    [
        ("Sv: Vi har tagit emot ditt klagomål (ALX 2026-0007)", "ALX 2026-0007"),
        ("alx2026-0007", "alx2026-0007"),
        ("ärende ALX 2026-12345!", "ALX 2026-12345"),
        ("KALX 2026-0007", None),
        ("2026-0007", None),
        ("ALX 26-7", None),
    ],
)
def test_a_number_in_a_subject_is_found(subject: str, found: str | None) -> None:
    """C8, A7: as we write it and as people copy it."""
    match = ALEXANDERSKOLAN.reference_pattern().search(subject)
    assert (match[0] if match else None) == found


def test_facts_carry_what_people_call_things() -> None:
    """C9: aliases of units in every language, titles of roles in every language, names as written."""
    facts = ST_GEORGE.facts()
    kindergarten = facts.units[0]
    assert kindergarten.aliases[0] == "ЧДГ „Свети Георги“ (детска градина)"
    assert {"детската градина", "kindergarten"} <= set(kindergarten.aliases)
    assert kindergarten.mailboxes == ("sgp.reception@stgeorgeschool.eu",)
    director = next(role for role in facts.roles if role.id == "director_school")
    assert director.name == "Лео Бъкли"
    assert {"Leo Buckley", "директорът"} <= set(director.aliases)
    assert set(director.titles) == {"sv", "bg", "nb", "nn", "en"}
    assert director.unit is None


@pytest.mark.parametrize(
    ("old", "new", "fault"),
    [
        ('country = "SE"', 'country = "SE', r"school\.toml: is not TOML: .*line \d+"),
        ('"Europe/Stockholm"', '"Stockholm"', r"\.toml:\d+: organisation, time_zone: there is no time zone"),
        (
            "\ncountry =",
            "\ncounty =",
            r"\.toml:\d+: organisation, county: there is no such key; did you mean 'country'\?",
        ),
        ('"calendar_days"', '"days"', r"\.toml:\d+: stages 'step_2', time_limits 1, unit: .*calendar_days"),
        ("[urgent]\n", "[urgnet]\n", r"urgent, clause: is missing; write it"),
        ("first = 2027-01-07", "first = 2027-02-07", r"\.toml:\d+: calendar, closed 2: last .* write the earlier"),
        ('owner = "preschool_head"\nnext', 'owner = "prescool_head"\nnext', r"no role or office 'prescool_head'"),
        ('stage = "step_3"\n[rules', 'stage = "step_4"\n[rules', r"no stage 'step_4'; write one of enquiry"),
        ('country = "SE"', 'country = "XX"', r"organisation, country"),
        ('id = "default"', 'id = "default"\nwhen = { urgent = true }', r"the last rule must match everything"),
    ],
)
def test_what_is_wrong_is_said_with_the_place_and_the_remedy(tmp_path: Path, old: str, new: str, fault: str) -> None:
    """G10: a line that a school secretary can act on."""
    assert old in SOURCE
    folder = folder_with(tmp_path, SOURCE.replace(old, new))
    lines = problems([folder])
    assert any(re.search(fault, line) for line in lines), lines
    with pytest.raises(BadSettings) as caught:
        Procedures.load([folder])
    assert caught.value.public == lines[0]
    assert "\n" not in lines[0]


def test_the_line_is_the_right_one(tmp_path: Path) -> None:
    """G10: the number that an editor shows."""
    broken = SOURCE.replace('unit = "calendar_days"', 'unit = "days"')
    number = broken.splitlines().index('unit = "days"') + 1
    assert f":{number}: " in problems([folder_with(tmp_path, broken)])[0]


def test_all_faults_are_told_at_once(tmp_path: Path) -> None:
    """G10: not one after the other."""
    folder = folder_with(tmp_path, SOURCE.replace('country = "SE"', 'county = "SE"'))
    folder_with(tmp_path, b"\xff\xfe", "second.toml")
    lines = problems([folder])
    assert len(lines) == 3
    assert any("is not UTF-8" in line for line in lines)


def test_one_broken_file_is_named_and_the_folder_too(tmp_path: Path) -> None:
    """G10: an empty and a missing folder."""
    assert "holds no procedure file" in problems([tmp_path])[0]
    assert "there is no such folder" in problems([tmp_path / "nowhere"])[0]


def test_a_school_that_is_not_there_is_told_with_those_that_are() -> None:
    """G10: a slip in the settings."""
    assert (
        problems((), ["alexandersskolan"])
        == ("procedures.schools: there is no school 'alexandersskolan'; found: none",)
        or "alexanderskolan" in problems((), ["alexandersskolan"])[0]
    )


def test_two_schools_cannot_claim_one_address(tmp_path: Path) -> None:
    """G10: which of them should get the mail?"""
    folder_with(tmp_path)
    other = SOURCE.replace('id = "alexanderskolan"', 'id = "twin"').replace("skeppargatan@", "gatan@")
    lines = problems([folder_with(tmp_path, other, "twin.toml")])
    assert "mailbox hej@alexanderskolan.se is claimed by alexanderskolan and twin; leave it to one of them" in lines
    folder_with(tmp_path, SOURCE, "twin.toml")
    assert "is in two files" in problems([tmp_path])[0]


def test_several_folders_make_one_house(tmp_path: Path) -> None:
    """G10: a folder of one's own beside another."""
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    folder_with(tmp_path / "a")
    nordberg = (BUILT_IN / "nordberg.toml").read_text(encoding="utf-8")
    loaded = Procedures.load([tmp_path / "a", folder_with(tmp_path / "b", nordberg)])
    assert {one.id for one in loaded.all} == {"alexanderskolan", "nordberg"}


@settings(max_examples=60, deadline=None)
@given(cut=st.integers(0, len(SOURCE)), length=st.integers(1, 400), junk=st.text(max_size=20))
def test_a_damaged_file_is_a_fault_and_never_a_traceback(
    tmp_path_factory: pytest.TempPathFactory, cut: int, length: int, junk: str
) -> None:
    """G10: whatever a slip of the hand leaves behind."""
    damaged = (SOURCE[:cut] + junk + SOURCE[cut + length :]).encode("utf-8", "replace")
    for line in problems([folder_with(tmp_path_factory.mktemp("damaged"), damaged)]):
        assert line
        assert "Traceback" not in line
