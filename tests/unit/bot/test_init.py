"""`lyhord init`: what it asks, what it writes, and that it never writes over anything."""

from __future__ import annotations

import os
import pty
import re
import shlex
import subprocess
import sys
import tomllib
from collections import UserDict
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from typer.testing import CliRunner

from bot.__main__ import app
from bot.commands.first.files import Answers, procedure_text, settings_text
from bot.commands.first.names import identifier, one_line, prefix, quoted
from bot.commands.first.placing import place
from bot.commands.init import init
from bot.settings import Settings, load
from bot.wiring import load_procedures
from intake import channels
from procedures.check import problems
from procedures.model import Procedure
from procedures.values import LANGUAGES
from register.errors import BadSettings

ANSWERS = Answers(
    name="Åkerskolan",
    mailbox="hej@akerskolan.example",
    head="Ylva Ek",
    head_mail="ylva.ek@akerskolan.example",
    language="sv",
    country="SE",
)
FLAGS = {
    "name": "Åkerskolan",
    "mailbox": "hej@akerskolan.example",
    "head": "Ylva Ek",
    "head_mail": "ylva.ek@akerskolan.example",
    "language": "sv",
    "country": "SE",
}
TODAY = date(2026, 11, 24)


def written(folder: Path, **changes: str) -> Procedure:
    init(folder, **{**FLAGS, **changes})
    (procedure,) = load_procedures(load(folder / "lyhord.toml")).all
    return procedure


def command(folder: Path, **flags: str) -> list[str]:
    given = [part for key, value in flags.items() for part in (f"--{key.replace('_', '-')}", value)]
    return [sys.executable, "-m", "bot", "init", "--folder", str(folder), *given]


def files(folder: Path) -> list[str]:
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())


def uncommented(text: str) -> dict[str, Any]:
    return tomllib.loads(re.sub(r"^# (?=\[|\w+ = )", "", text, flags=re.MULTILINE))


# --- what is written ---


@pytest.mark.parametrize("country", ["SE", "BG", "NO", "FI"])
@pytest.mark.parametrize("language", LANGUAGES)
def test_a_first_procedure_has_nothing_wrong_in_any_language_and_country(
    tmp_path: Path, language: str, country: str
) -> None:
    """G10: what a school begins with is complete, and every text is there in all five languages."""
    procedure = written(tmp_path, language=language, country=country)
    assert problems(procedure) == ()
    assert (procedure.default_language, procedure.organisation.country) == (language, country)


def test_the_first_settings_open_the_door_for_a_mail_server_and_no_other(tmp_path: Path) -> None:
    written(tmp_path)
    (door,) = load(tmp_path / "lyhord.toml").channels
    assert (door["kind"], door["host"], door["port"]) == ("lmtp", "127.0.0.1", 8024)


def test_every_key_of_the_settings_stands_in_the_first_settings_file() -> None:
    tables = uncommented(settings_text(ANSWERS, TODAY))
    doors = {door["kind"]: door for door in tables.pop("channels")}
    settings = Settings(**tables)
    # A login by token stands in the place of a password.
    assert {name: {*table, *({"oauth"} if name == "outgoing" else ())} for name, table in tables.items()} == {
        name: set(type(getattr(settings, name)).model_fields) for name in Settings.model_fields if name != "channels"
    }
    known = {kind: set(channels.load(kind).Settings.model_fields) for kind in ("lmtp", "imap", "telegram")}
    # Of the two places of a secret a file may name only one.
    known["telegram"] -= {"token_env", "webhook_secret_env"}
    known["imap"].remove("oauth")
    assert {kind: set(doors[kind]) for kind in known} == known
    for kind, door in doors.items():
        assert channels.load(kind).Settings.model_validate(door).kind == kind


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_examples_in_a_first_procedure_work_once_their_sign_is_taken_away(language: str) -> None:
    answers = Answers(**{**FLAGS, "language": language})
    procedure = Procedure.model_validate(uncommented(procedure_text(answers)))
    assert problems(procedure) == ()
    assert procedure.parts is not None
    assert procedure.passing_on is not None
    assert {question.id for question in procedure.questions} == {"wants_investigation", "unit"}
    assert procedure.calendar.closed
    assert procedure.calendar.terms


@pytest.mark.parametrize(
    ("country", "numbers", "zone", "outside"),
    [
        ("SE", ("112", "116 111"), "Europe/Stockholm", "Skolinspektionen"),
        ("BG", ("112", "116 111"), "Europe/Sofia", "Регионално управление на образованието"),
        ("NO", ("112", "113", "116 111"), "Europe/Oslo", "Statsforvaltaren"),
        ("PT", ("112",), "Europe/Lisbon", ""),
    ],
)
def test_the_country_brings_its_numbers_its_clock_and_its_authority(
    tmp_path: Path, country: str, numbers: tuple[str, ...], zone: str, outside: str
) -> None:
    procedure = written(tmp_path, country=country)
    said = " ".join(line for language in LANGUAGES for line in procedure.lines_in(procedure.emergency, language))
    assert all(number in said for number in numbers)
    assert procedure.organisation.time_zone == zone
    assert any(outside in title for title in procedure.outside_body.title.values())


def test_lyhord_check_finds_all_well_and_a_mail_to_the_mailbox_is_registered(tmp_path: Path) -> None:
    config = str(tmp_path / "lyhord.toml")
    mail = tmp_path / "mail.eml"
    mail.write_text(
        "From: Lina Ek <lina.ek@foralder.example>\nTo: hej@akerskolan.example\nSubject: Klagomål på maten\n"
        "Content-Type: text/plain; charset=utf-8\n\nJag är missnöjd med skolmaten och vill klaga på den.\n",
        encoding="utf-8",
    )
    runner = CliRunner()
    for arguments in (command(tmp_path, **FLAGS)[3:], ["check", "--config", config]):
        said = runner.invoke(app, arguments, catch_exceptions=False)
        assert said.exit_code == 0
    # What is still to be filled in is no fault, but is said.
    assert [line.split(":")[2].strip() for line in said.stderr.splitlines()] == [
        "role deputy",
        "role office",
        "role board",
    ]
    taken = runner.invoke(app, ["intake", str(mail), "--json", "--config", config], catch_exceptions=False)
    assert '"reference": "AKE ' in taken.stdout
    assert '"outcome": "registered"' in taken.stdout


def test_what_to_do_next_is_said_with_commands_that_can_be_copied(tmp_path: Path) -> None:
    folder = tmp_path / "vår skola"
    told = CliRunner().invoke(app, command(folder, **FLAGS)[3:], catch_exceptions=False).stdout
    assert f"lyhord check --config {shlex.quote(str(folder / 'lyhord.toml'))}\n" in told


# --- names ---


@pytest.mark.parametrize(
    ("name", "school_id", "number"),
    [
        ("Åkerskolan i Vik", "akerskolan_i_vik", "AKE"),
        ("ЧСУ „Свети Георги“", "chsu_sveti_georgi", "CHS"),
        ("Щастливо детство", "shtastlivo_detstvo", "SHT"),
        ("Øvre Æsøy skole", "ovre_aesoy_skole", "OVR"),
        ("33. СУ", "school_33_su", "SCH"),
        ("مدرسة", "school", "SCH"),
        ("../../etc", "etc", "ETC"),
    ],
)
def test_an_id_is_made_of_plain_letters(name: str, school_id: str, number: str) -> None:
    """A7, C8: the case number begins with letters of the school's name."""
    assert (identifier(name), prefix(identifier(name))) == (school_id, number)


@given(st.text(max_size=200))
def test_any_name_gives_an_id_that_a_procedure_accepts(name: str) -> None:
    assert re.fullmatch(r"[a-z][a-z0-9_]{0,39}", identifier(name))
    assert re.fullmatch(r"[A-Z]{1,3}", prefix(identifier(name)))


@given(st.text())
def test_whatever_is_quoted_comes_out_as_it_went_in(text: str) -> None:
    assert tomllib.loads(f"key = {quoted(text)}") == {"key": text}


@given(
    name=st.text(alphabet=st.characters(codec="utf-8"), min_size=1, max_size=80),
    head=st.text(alphabet="\"'\\\n\r\t\x00\x7f#$[]{}=,ая", min_size=1, max_size=40),
)
def test_whatever_stands_in_a_name_the_files_stay_whole(name: str, head: str) -> None:
    answers = Answers(**{**FLAGS, "name": one_line(name), "head": one_line(head)})
    procedure = tomllib.loads(procedure_text(answers))
    assert procedure["organisation"]["name"] == answers.name
    assert procedure["roles"][0]["name"] == answers.head
    assert set(tomllib.loads(settings_text(answers, TODAY))) == {
        "database",
        "procedures",
        "outgoing",
        "security",
        "templates",
        "operation",
        "channels",
    }


# --- what is refused ---


@pytest.mark.parametrize(
    ("flag", "value", "line"),
    [
        ("name", " \n ", "--name: write a name of at most 200 letters"),
        ("name", "Skola\udce5n", "--name: is not readable as text; write it in UTF-8"),
        ("mailbox", "hej", "--mailbox: is no mail address; it looks like hej@school.example"),
        ("mailbox", "a@b.example, c@d.example", "--mailbox: is no mail address; it looks like hej@school.example"),
        ("head_mail", "HEJ@akerskolan.example", "--head-mail: is the mailbox itself"),
        ("language", "no", "--language: write one of sv, bg, nb, nn, en"),
        ("country", "Sweden", "--country: write the two letters of the country, such as SE"),
        ("country", "XX", "--country: there is no calendar of holidays for XX"),
    ],
)
def test_an_answer_that_cannot_be_used_is_refused_by_the_name_of_its_flag(
    tmp_path: Path, flag: str, value: str, line: str
) -> None:
    with pytest.raises(BadSettings) as refused:
        init(tmp_path, **{**FLAGS, flag: value})
    assert refused.value.public.startswith(line)
    assert files(tmp_path) == []


def test_without_a_terminal_every_flag_that_is_missing_is_named(tmp_path: Path) -> None:
    done = subprocess.run(
        command(tmp_path, name="Åkerskolan"), stdin=subprocess.DEVNULL, capture_output=True, text=True
    )
    assert done.returncode == 1
    assert done.stderr == (
        "lyhord: init: give --mailbox, --head, --head-mail, --language, --country too, "
        "or run it in a terminal, where it asks\n"
    )
    assert files(tmp_path) == []


@pytest.mark.parametrize("name", ["lyhord.toml", "schools/akerskolan.toml"])
def test_a_file_that_is_there_is_left_alone_and_nothing_is_written(tmp_path: Path, name: str) -> None:
    (tmp_path / name).parent.mkdir(exist_ok=True)
    (tmp_path / name).write_text("# mine", encoding="utf-8")
    with pytest.raises(BadSettings, match=f"{re.escape(str(tmp_path / name))}: is there already"):
        init(tmp_path, **FLAGS)
    assert files(tmp_path) == [name]
    assert (tmp_path / name).read_text(encoding="utf-8") == "# mine"


def test_a_link_that_leads_nowhere_counts_as_a_file_too(tmp_path: Path) -> None:
    (tmp_path / "lyhord.toml").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(BadSettings, match="is there already"):
        init(tmp_path, **FLAGS)
    assert not (tmp_path / "elsewhere").exists()


def test_a_file_in_place_of_the_folder_is_said_in_one_line(tmp_path: Path) -> None:
    (tmp_path / "schools").write_text("a file", encoding="utf-8")
    with pytest.raises(BadSettings, match="cannot be written: File exists; nothing was written"):
        init(tmp_path, **FLAGS)
    assert files(tmp_path) == ["schools"]


def test_a_full_disk_leaves_nothing_half_written(tmp_path: Path) -> None:
    limited = f"ulimit -f 8; exec {shlex.join(command(tmp_path, **FLAGS))}"
    done = subprocess.run(["/bin/sh", "-c", limited], capture_output=True, text=True)
    assert done.returncode == 1
    assert done.stderr == (
        f"lyhord: {tmp_path}/schools/akerskolan.toml: cannot be written: File too large; nothing was written\n"
    )
    assert files(tmp_path) == []


class Meanwhile(UserDict[Path, str]):
    """Texts to place; while the last of them is read, somebody else puts a file in its place."""

    def __getitem__(self, file: Path) -> str:
        if file == list(self)[-1]:
            file.write_text("theirs", encoding="utf-8")
        return super().__getitem__(file)


def test_a_file_that_appears_meanwhile_is_kept_and_ours_are_taken_back(tmp_path: Path) -> None:
    texts = Meanwhile({tmp_path / "first.toml": "a = 1", tmp_path / "second.toml": "b = 2"})
    with pytest.raises(BadSettings, match=r"second\.toml: cannot be written: File exists; nothing was written"):
        place(texts)
    assert files(tmp_path) == ["second.toml"]
    assert (tmp_path / "second.toml").read_text(encoding="utf-8") == "theirs"


# --- asking ---


def asked(folder: Path, typed: str, **flags: str) -> tuple[int, str]:
    """The command at a terminal of its own, with everything typed ahead."""
    ours, theirs = pty.openpty()
    try:
        os.write(ours, typed.encode())
        done = subprocess.run(command(folder, **flags), stdin=theirs, capture_output=True, text=True)
    finally:
        os.close(theirs)
        os.close(ours)
    return done.returncode, done.stdout


def test_at_a_terminal_it_asks_for_what_is_missing_and_proposes_what_is_likely(tmp_path: Path) -> None:
    typed = "ЧСУ „Дъб“\noffice@dab.bg\nМария Колева\nm.koleva@dab.bg\n\n\n"
    status, told = asked(tmp_path, typed)
    assert status == 0
    assert "(sv, bg, nb, nn, en) [bg]" in told
    assert "(SE, BG, NO, …) [BG]" in told
    (procedure,) = load_procedures(load(tmp_path / "lyhord.toml")).all
    assert procedure.organisation.name == {"": "ЧСУ „Дъб“"}
    assert procedure.mailboxes[0].address == "office@dab.bg"
    assert (procedure.default_language, procedure.organisation.country) == ("bg", "BG")


def test_an_answer_that_cannot_be_used_is_asked_for_again(tmp_path: Path) -> None:
    flags = {key: value for key, value in FLAGS.items() if key != "head_mail"}
    status, told = asked(tmp_path, "hej@akerskolan.example\nylva\nylva@akerskolan.example\n", **flags)
    assert status == 0
    assert "is the mailbox itself" in told
    assert "is no mail address" in told
    (procedure,) = load_procedures(load(tmp_path / "lyhord.toml")).all
    assert procedure.roles[0].mail == "ylva@akerskolan.example"


def test_a_folder_with_settings_is_refused_before_anything_is_asked(tmp_path: Path) -> None:
    (tmp_path / "lyhord.toml").touch()
    status, told = asked(tmp_path, "")
    assert (status, told) == (1, "")
