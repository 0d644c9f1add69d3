"""A school's own words go before ours, in a sandbox, and a wrong file is found before it is needed."""

from __future__ import annotations

from pathlib import Path

import pytest

from register.errors import BadSettings
from replies.check import own_problems
from replies.compose import Composer
from replies.environment import LETTERS
from tests.unit.replies.conftest import Facts, Write
from tests.unit.replies.test_acknowledgement import bodies


def put(folder: Path, name: str, text: str) -> Path:
    """A wording folder with one file of the school `alexanderskolan`."""
    file = folder / "alexanderskolan" / name
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text, encoding="utf-8")
    return folder


def test_a_school_says_one_thing_its_own_way(tmp_path: Path, facts: Facts, write: Write) -> None:
    own = Composer([put(tmp_path, "sv/_sign_off.txt", "---\n\nHej så länge från {{ organisation }}!\n")])
    letter = write("acknowledgement", facts(), composer=own)
    assert "Hej så länge från Alexanderskolan!" in letter.body
    assert "Förskolan Gärdet" in letter.body


def test_other_schools_keep_our_words(tmp_path: Path, facts: Facts, write: Write) -> None:
    own = Composer([put(tmp_path, "sv/_sign_off.txt", "Hej så länge!\n")])
    letter = write("acknowledgement", facts(), composer=own, case=None, organisation="nordberg")
    assert "Hej så länge!" not in letter.body


def test_the_first_folder_wins(tmp_path: Path, facts: Facts, write: Write) -> None:
    first = put(tmp_path / "a", "sv/_sign_off.txt", "Från a\n")
    second = put(tmp_path / "b", "sv/_sign_off.txt", "Från b\n")
    letter = write("acknowledgement", facts(), composer=Composer([first, second]))
    assert "Från a" in letter.body
    assert "Från b" not in letter.body


def test_a_school_brings_its_own_page(tmp_path: Path, facts: Facts, write: Write) -> None:
    page = "<!DOCTYPE html><title>{{ subject }}</title><h1>Vår</h1>{% for one in sections %}{{ one.html }}{% endfor %}"
    _, html = bodies(write("acknowledgement", facts(), composer=Composer([put(tmp_path, "page.html", page)])))
    assert "<h1>Vår</h1>" in html


def test_a_school_adds_a_language(tmp_path: Path, facts: Facts, write: Write) -> None:
    folder = tmp_path
    for letter in LETTERS:
        put(folder, f"da/{letter}.txt", "Subject: Vi har fået din besked\n\n# Tak\n\nNummer {{ reference }}\n")
    letter_in_danish = write("acknowledgement", facts("da"), composer=Composer([folder]))
    assert letter_in_danish.subject == "Vi har fået din besked"
    assert "Nummer ALX 2026/0012" in letter_in_danish.body


@pytest.mark.parametrize(
    ("name", "text", "complaint"),
    [
        ("sv/notice.txt", "Subject: x\n# T\n{{ ownr }}\n", "no fact is called 'ownr'"),
        ("sv/notice.txt", "Subject: x\n# T\n{% if %}\n", "line 3"),
        ("sv/notice.txt", "Subject: x\n# T\n{{ owner.fone }}\n", "has no attribute 'fone'"),
        ("sv/notice.txt", "Subject: x\n# T\n{{ owner.name }}\n", "cannot be written"),
        ("sv/notice.txt", "Subject: x\n\nno title\n", "no title"),
        ("sv/notice.txt", "# T\n", "no subject"),
        ("sv/notise.txt", "Subject: x\n# T\n", "there is no letter of this name"),
        ("sv/notice.txt", "Subject: x\n# T\n{% include '_nowhere.txt' %}\n", "_nowhere.txt"),
        ("sv/notice.txt", "Subject: x\n# T\n{{ reference.__class__.__mro__ }}\n", "cannot be written"),
        ("page.html", "{{ subjekt }}", "cannot be written"),
    ],
)
def test_a_wrong_file_is_named_and_not_used(tmp_path: Path, name: str, text: str, complaint: str) -> None:
    """A school that has made a mistake is told which, where and what; the program does not start with it."""
    folder = put(tmp_path, name, text)
    found = own_problems([folder])
    assert found
    assert all(f"alexanderskolan/{name.partition('/')[0]}" in line for line in found if name != "page.html")
    assert any(complaint in line for line in found)
    with pytest.raises(BadSettings):
        Composer([folder])


def test_a_file_that_is_no_utf_8_is_named(tmp_path: Path) -> None:
    folder = put(tmp_path, "sv/notice.txt", "")
    (folder / "alexanderskolan/sv/notice.txt").write_bytes("Hälsningar".encode("latin-1"))
    assert any("UTF-8" in line for line in own_problems([folder]))


def test_a_folder_that_is_not_there_is_named(tmp_path: Path) -> None:
    assert any("is not a folder" in line for line in own_problems([tmp_path / "nowhere"]))


def test_a_letter_that_fails_on_its_facts_says_which_and_quotes_nothing(
    tmp_path: Path, facts: Facts, write: Write
) -> None:
    """No personal data in errors."""
    text = "Subject: x\n# T\n{% if message == 'hemligt' %}{{ message.nothing }}{% endif %}\n"
    own = Composer([put(tmp_path, "sv/notice.txt", text)])
    with pytest.raises(BadSettings, match="alexanderskolan, sv/notice") as caught:
        write("notice", facts(message="hemligt"), composer=own, role="head")
    assert "hemligt" not in caught.value.public
