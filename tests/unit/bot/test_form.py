"""`lyhord form`: the empty form as it is written, filled in and read back."""

from __future__ import annotations

import io
import re
import zipfile
from pathlib import Path

import pytest
from pypdf import PdfReader, PdfWriter

from bot.commands.form import WRITERS, form
from bot.settings import Settings
from bot.wiring import load_procedures
from intake.forms.grid import fields_of
from intake.untrusted.worker import done
from procedures.blank import blank_form
from procedures.formalities import missing_parts
from procedures.model import Procedure
from procedures.values import LANGUAGES
from register.errors import BadSettings
from register.records import BlankForm, Submission

SCHOOLS = load_procedures(Settings()).all
ANSWERS = {
    "name": "Anna Åberg",
    "full_name": "Иван Петров Стоянов",
    "address": "Storgatan 5",
    "postcode": "114 58 Stockholm",
    "phone": "070-123 45 67",
    "mail": "anna@familjen.example",
    "unit": "Gärdet",
    "description": "Maten är kall.\nХраната е студена.",
    "place_date": "Stockholm 2026-11-03",
    "date": "2026-11-03",
    "signature": "Anna Åberg",
    "answer_by": "по имейл",
}


def filled_docx(data: bytes) -> bytes:
    """As a word processor does it: the hint gives way to what is written."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as source, zipfile.ZipFile(out, "w") as target:
        for name in source.namelist():
            text = source.read(name).decode()
            if name == "word/document.xml":
                text = re.sub(r"<w:sdt>.*?</w:sdt>", lambda control: _answered(control[0]), text)
            target.writestr(name, text)
    return out.getvalue()


def _answered(control: str) -> str:
    key = re.search(r'<w:tag w:val="(\w+)"/>', control)
    assert key is not None
    words = "</w:t><w:br/><w:t>".join(ANSWERS[key[1]].split("\n"))
    return re.sub(r"<w:t>.*?</w:t>", f"<w:t>{words}</w:t>", control.replace("<w:showingPlcHdr/>", ""))


def filled_pdf(data: bytes) -> bytes:
    writer, out = PdfWriter(clone_from=PdfReader(io.BytesIO(data))), io.BytesIO()
    for name in PdfReader(io.BytesIO(data)).get_fields() or {}:
        writer.update_page_form_field_values(writer.pages[0], {name: ANSWERS[name]}, auto_regenerate=True)
    writer.write(out)
    return out.getvalue()


FILL = {".docx": filled_docx, ".pdf": filled_pdf}


def written(form: BlankForm, kind: str) -> dict[str, str]:
    """What is read from a form that was written and filled in."""
    found = done("text", FILL[kind](WRITERS[kind](form)), ())
    assert found.defects == []
    return fields_of(found.rows, found.controls)


@pytest.mark.parametrize("kind", WRITERS)
@pytest.mark.parametrize("school", SCHOOLS, ids=lambda school: school.id)
def test_a_form_is_written_filled_in_and_read_back(school: Procedure, kind: str) -> None:
    """A7, C7: every field that the school asks for, with letters of every language."""
    form = blank_form(school, school.default_language)
    found = written(form, kind)
    asked = {"name" if field.key == "full_name" else field.key for field in form.fields}
    assert asked <= found.keys()
    assert found["description"] == ANSWERS["description"]


@pytest.mark.parametrize("kind", WRITERS)
@pytest.mark.parametrize("language", LANGUAGES)
def test_an_empty_form_says_nothing(language: str, kind: str) -> None:
    for school in SCHOOLS[:2]:
        found = done("text", WRITERS[kind](blank_form(school, language)), ())
        assert fields_of(found.rows, found.controls) == {}


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_form_that_was_typed_off_is_read_by_its_labels(language: str) -> None:
    """A7: also without its controls, in every language."""
    for school in SCHOOLS:
        form = blank_form(school, language)
        rows = [[(f"{field.label}:", 0), (ANSWERS[field.key], 1000)] for field in form.fields]
        asked = {"name" if field.key == "full_name" else field.key for field in form.fields}
        assert asked <= fields_of(rows).keys()


def test_what_a_form_leaves_out_is_known_to_be_missing() -> None:
    """C7: what is in the form is not asked for."""
    school = next(school for school in SCHOOLS if school.id == "st_george")
    assert school.parts is not None
    found = written(blank_form(school, "bg"), ".docx")
    message = Submission(channel="lmtp", form=found)
    assert missing_parts(school.parts, message) == ()
    without = Submission(channel="lmtp", form={key: value for key, value in found.items() if key != "address"})
    assert missing_parts(school.parts, without) == ("address",)


def test_the_seed_asks_for_what_the_form_asks_for() -> None:
    """A7: Dnr, Ankomstdatum, Sign and nine fields, in the seed's order of meaning."""
    form = blank_form(next(school for school in SCHOOLS if school.id == "alexanderskolan"), "sv")
    assert form.office == ("Dnr", "Ankomstdatum", "Sign")
    assert [field.label for field in form.fields] == [
        *("Namn", "Telefonnummer", "Gatuadress", "Postnummer och ort", "E-postadress", "Enhet som klagomålet berör"),
        *("Beskriv kortfattat ditt klagomål", "Ort och datum", "Namnteckning"),
    ]


def test_the_command_writes_once_and_overwrites_nothing(tmp_path: Path) -> None:
    out = tmp_path / "blankett.pdf"
    form("alexanderskolan", out=out, language=None, config=None)
    assert out.read_bytes() == WRITERS[".pdf"](blank_form(SCHOOLS[0], "sv"))
    for school, file, language in (
        ("alexanderskolan", out, None),
        ("nowhere", tmp_path / "a.pdf", None),
        ("nordberg", tmp_path / "a.pdf", "fi"),
        ("nordberg", tmp_path / "a.txt", None),
    ):
        with pytest.raises(BadSettings):
            form(school, out=file, language=language, config=None)
    assert [one.name for one in tmp_path.iterdir()] == ["blankett.pdf"]
