"""The commands as a user types them: what they print, and their exit status."""

from __future__ import annotations

import io
import json
import mailbox
import os
import subprocess
import sys
from collections.abc import Callable
from email.message import EmailMessage
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from bot.__main__ import main
from bot.commands.correcting import corrections_file
from classifiers import corpus_file


class Said(NamedTuple):
    status: int
    out: str
    err: str

    @property
    def objects(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.out.splitlines()]


Run = Callable[..., Said]


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str], tmp_path: Path) -> Run:
    monkeypatch.chdir(tmp_path)

    def typed(*words: str, given: str = "") -> Said:
        monkeypatch.setattr(sys, "argv", ["lyhord", *words])
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(given.encode())))
        with pytest.raises(SystemExit) as ended:
            main()
        out, err = capfd.readouterr()
        return Said(int(ended.value.code or 0), out, err)

    return typed


def mail(
    text: str, *, to: str = "hej@alexanderskolan.se", number: int = 1, subject: str = "Klagomål på maten"
) -> bytes:
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = "Mia Lind <mia@foralder.example>", to, subject
    message["Message-ID"] = f"<{number}@foralder.example>"
    message.set_content(text)
    return message.as_bytes()


FOOD = "Hej, jag vill klaga på maten på Valhallavägen: Signe fick mjölk trots sin allergi. Utred det här. /Mia Lind"


@pytest.fixture
def food(tmp_path: Path) -> Path:
    file = tmp_path / "food.eml"
    file.write_bytes(mail(FOOD))
    return file


def test_a_mail_is_parsed_into_the_promised_object(run: Run, food: Path) -> None:
    said = run("parse", str(food), "--json")
    (shape,) = said.objects
    assert said.status == 0
    assert shape["from"] == {"name": "Mia Lind", "address": "mia@foralder.example"}
    assert shape["to"] == [{"name": "", "address": "hej@alexanderskolan.se"}]
    assert (shape["subject"], shape["message_id"]) == ("Klagomål på maten", "1@foralder.example")
    assert shape["text"].strip() == FOOD
    assert (shape["language"], shape["automatic"], shape["answerable"], shape["reason"]) == ("sv", None, True, None)
    assert set(shape) >= {"file", "date", "reply", "attachments", "defects"}


@pytest.mark.parametrize("content", [b"", b"\0\xff\xfe", b"Subject: x", b"From nobody\nfoo", os.urandom(2000)])
def test_whatever_is_parsed_gives_an_object_and_exit_status_zero(run: Run, tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "odd.eml"
    file.write_bytes(content)
    said = run("parse", str(file), "--json")
    assert said.status == 0
    assert said.objects[0]["file"] == str(file)


def test_verdicts_come_in_the_order_given(run: Run) -> None:
    given = [
        {"id": "b", "organisation": "alexanderskolan", "channel": "email", "subject": "Klagomål", "body": FOOD},
        {"id": "a", "organisation": "nordberg", "channel": "chat", "subject": "", "body": "Når er det skolefri?"},
        {"id": "c"},
    ]
    said = run("classify", "--json", given="\n".join(map(json.dumps, given)))
    assert said.status == 0
    assert [shape["id"] for shape in said.objects] == ["b", "a", "c"]
    first = said.objects[0]
    assert (first["lang"], first["unit"], first["urgent"], first["anonymous"]) == ("sv", "Valhallavägen", False, False)
    assert set(first) >= {
        "kind",
        "category",
        "categories",
        "wants_investigation",
        "persons",
        "about_education",
        "because",
    }


@pytest.mark.parametrize(("line", "why"), [("{", "is no JSON"), ("[1]", "is no JSON object")])
def test_a_line_that_cannot_be_classified_is_named(run: Run, line: str, why: str) -> None:
    said = run("classify", "--json", given=line)
    assert said.status == 1
    assert said.err.startswith("lyhord: standard input, line 1:")
    assert why in said.err
    assert said.err.count("\n") == 1


def test_the_same_input_again_registers_nothing_twice(run: Run, food: Path) -> None:
    (first,) = run("intake", str(food), "--json").objects
    (again,) = run("intake", str(food), "--json").objects
    assert (first["outcome"], first["repeated"]) == ("registered", False)
    assert (again["outcome"], again["repeated"], again["reference"]) == ("registered", True, first["reference"])
    assert len(run("register", "list", "--json").objects) == 1


def test_folders_maildirs_and_mboxes_are_taken_in(run: Run, tmp_path: Path) -> None:
    folder = tmp_path / "mails"
    folder.mkdir()
    (folder / "one.eml").write_bytes(mail(FOOD, number=1))
    maildir = mailbox.Maildir(str(tmp_path / "maildir"))
    maildir.add(mail(FOOD + " Igen.", number=2))
    box = mailbox.mbox(str(tmp_path / "box"))
    box.add(mail(FOOD + " En gång till.", number=3))
    box.add(mail(FOOD + " Och igen.", number=4))
    box.close()
    said = run("intake", str(folder), str(tmp_path / "maildir"), str(tmp_path / "box"), "--json")
    assert said.status == 0
    assert [shape["outcome"] for shape in said.objects] == ["registered"] * 4
    assert [shape["file"] for shape in said.objects][2:] == [f"{tmp_path / 'box'}#1", f"{tmp_path / 'box'}#2"]


def test_mail_to_no_school_is_set_aside_where_a_person_sees_it(run: Run, tmp_path: Path) -> None:
    file = tmp_path / "stray.eml"
    file.write_bytes(mail(FOOD, to="someone@elsewhere.example"))
    (shape,) = run("intake", str(file), "--json").objects
    assert (shape["outcome"], shape["reason"]) == ("set_aside", "no_school")
    (aside,) = run("register", "list", "--set-aside", "--json").objects
    assert (aside["id"], aside["reason"]) == (shape["id"], "no_school")


def test_a_case_is_listed_shown_and_exported_whole(run: Run, food: Path) -> None:
    reference = run("intake", str(food), "--json").objects[0]["reference"]
    (listed,) = run("register", "list", "--json").objects
    (shown,) = run("register", "show", reference, "--json").objects
    (exported,) = run("register", "export").objects
    assert listed["messages"] == 1
    assert listed["owner"] == "head_valhallavagen"
    assert {"kind", "due_at", "clause"} <= set(listed["deadlines"][0])
    assert shown == exported
    assert shown["journal"][0]["what"] == "registered"
    assert {letter["role"] for letter in shown["letters"]} == {"sender", "head_valhallavagen"}
    assert shown["verdicts"]["language"]["label"] == "sv"
    assert shown["decision"]["clause"] == "Steg 2"
    assert reference in run("register", "list").out


def test_the_books_are_verified_and_a_changed_journal_is_found(run: Run, food: Path, tmp_path: Path) -> None:
    import sqlite3

    run("intake", str(food))
    sound = run("register", "verify", "--json")
    assert (sound.status, sound.objects[0]["sound"], sound.objects[0]["registered"]) == (0, True, 1)
    with sqlite3.connect(tmp_path / "lyhord.db") as book:
        book.execute("UPDATE journal SET who = 'somebody' WHERE position = 2")
    book.close()
    broken = run("register", "verify", "--json")
    assert broken.status == 1
    assert broken.objects[0]["sound"] is False
    assert any("2" in problem for problem in broken.objects[0]["problems"])


def test_g10_a_dry_run_says_what_a_mail_would_set_off_and_writes_nothing(run: Run, food: Path, tmp_path: Path) -> None:
    said = run("explain", str(food), "--json")
    (shape,) = said.objects
    assert said.status == 0
    assert (shape["organisation"], shape["decision"]["owner"]) == ("alexanderskolan", "head_valhallavagen")
    assert shape["decision"]["clause"] == "Steg 2"
    assert shape["verdicts"]["unit"]["because"]
    assert {letter["role"] for letter in shape["letters"]} == {"sender", "head_valhallavagen"}
    assert sorted(path.name for path in tmp_path.iterdir()) == ["food.eml"]
    assert "Petronella" in run("explain", str(food)).out


def test_why_a_case_is_where_it_is_can_be_asked_by_its_number(run: Run, food: Path) -> None:
    reference = run("intake", str(food), "--json").objects[0]["reference"]
    assert run("explain", reference, "--json").objects[0]["decision"]["rule"]
    assert "Steg 2" in run("explain", reference).out


@pytest.mark.parametrize(
    "words",
    [
        ("register", "show", "ALX 1999-0001"),
        ("explain", "nothing"),
        ("intake", "nowhere.eml"),
        ("parse", "nowhere.eml"),
        ("register", "list", "--config", "nowhere.toml"),
        ("evaluate", "nowhere.jsonl"),
    ],
)
def test_what_cannot_be_done_is_one_line_and_exit_status_one(run: Run, words: tuple[str, ...]) -> None:
    said = run(*words)
    assert said.status == 1
    assert said.out == ""
    assert said.err.startswith("lyhord: ")
    assert said.err.count("\n") == 1


@pytest.mark.parametrize("words", [("register",), ("intake",), ("nonsense",), ("parse", "--nonsense", "x")])
def test_wrong_usage_is_exit_status_two(run: Run, words: tuple[str, ...]) -> None:
    assert run(*words).status == 2


def test_check_says_that_all_is_well_and_what_is_not(run: Run, tmp_path: Path) -> None:
    assert run("check").status == 0
    (tmp_path / "lyhord.toml").write_text('[[channels]]\nkind = "imap"\nhost = 7\n[[channels]]\nkind = "pigeon"\n')
    said = run("check")
    assert said.status == 1
    assert "channels.1 (imap)" in said.err
    assert "channels.2" in said.err
    assert "pigeon" in said.err


def test_check_warns_where_messages_would_be_understood_by_their_words_alone(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert "words alone" not in run("check").err
    # To Python a module that is not installed.
    monkeypatch.setitem(sys.modules, "onnxruntime", None)
    said = run("check")
    assert said.status == 0
    assert "warning: onnxruntime is not installed here: messages are understood by their words alone" in said.err
    (tmp_path / "lyhord.toml").write_text("[operation]\nmeaning = false\n")
    assert "words alone" not in run("check").err


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("[database\n", "is no TOML"),
        ("[databse]\nurl = 'x'\n", "databse: there is no such key"),
        ("[outgoing]\nport = 99999\n", "outgoing.port"),
        ("[procedures]\nfolders = ['nowhere']\n", "nowhere"),
        ("[database]\nurl = 'sqlite+aiosqlite:///no/such/folder/lyhord.db'\n", "no/such/folder"),
    ],
)
def test_settings_that_are_wrong_are_said_in_a_line(run: Run, tmp_path: Path, food: Path, text: str, says: str) -> None:
    (tmp_path / "lyhord.toml").write_text(text)
    said = run("intake", str(food))
    assert said.status == 1
    assert says in said.err
    assert said.err.count("\n") == 1


def test_a1_c4_what_was_said_on_the_phone_is_registered_like_a_mail(run: Run) -> None:
    """A1, C4: reception writes down number, time, name and account; the case takes the same way."""
    words = ("--name", "Мария Иванова Петрова", "--phone", "0888 123 456", "--at", "2026-11-24T10:05")
    text = "Подавам оплакване: в 3Б клас часовете по математика се водят от различни заместници."
    said = run("record", "reception@stgeorgeschool.eu", *words, "--text", text, "--json")
    (shape,) = said.objects
    assert (said.status, shape["outcome"]) == (0, "registered")
    (shown,) = run("register", "show", shape["reference"], "--json").objects
    assert (shown["channel"], shown["organisation"]) == ("phone", "st_george")
    assert shown["not_acknowledged_because"] == "no_sender"
    (message,) = shown["messages"]
    assert text in message["text"]
    assert message["form"]["phone"].endswith("123 456")
    assert any("0888 123 456" in letter["body"] for letter in shown["letters"])
    again = run("record", "reception@stgeorgeschool.eu", *words, "--text", text, "--json")
    assert again.objects == [shape]


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("nobody@elsewhere.example", "--text", "Hej"), "mailbox of no school"),
        (("hej@alexanderskolan.se", "--text", "  "), "account is empty"),
        (("hej@alexanderskolan.se", "--at", "yesterday", "--text", "Hej"), "is no moment"),
    ],
)
def test_a_report_that_cannot_be_entered_is_one_line(run: Run, words: tuple[str, ...], says: str) -> None:
    said = run("record", *words)
    assert said.status == 1
    assert says in said.err
    assert said.err.count("\n") == 1


def test_help_comes_without_the_heavy_libraries() -> None:
    """Import time of the command line without classification: nothing heavy is imported for help."""
    heavy = ("spacy", "sklearn", "numpy", "sqlalchemy", "telegram", "aiosmtpd", "jinja2", "babel")
    code = f"import bot.__main__, sys; print([name for name in {heavy} if name in sys.modules])"
    asked = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert asked.stdout.strip() == "[]"


def test_the_demo_shows_the_whole_path(run: Run, tmp_path: Path) -> None:
    said = run("demo", "--folder", str(tmp_path / "demo"))
    assert said.status == 0
    assert "ALX 2026-" in said.out or "ALX 20" in said.out
    assert "0 waiting" in said.out
    assert "URGENT" in said.out
    assert (tmp_path / "demo" / "lyhord.db").exists()
    assert len(list((tmp_path / "demo" / "letters").glob("*.eml"))) > 20
    verified = run("register", "verify", "--config", str(tmp_path / "demo" / "lyhord.toml"))
    assert verified.status == 0


def test_a_case_is_closed_and_refused_twice(run: Run, food: Path) -> None:
    """C14, G2: by a role that may see it; the parent hears of it where that is asked for."""
    (taken,) = run("intake", str(food), "--json").objects
    number = taken["reference"]
    close = ("register", "close", number, "--because", "Allergilistan hänger nu i köket.")
    assert "is no role that may see it" in run(*close, "--by", "nobody").err
    assert "say in 1 to" in run("register", "close", number, "--because", " ").err
    said = run(*close, "--tell")
    assert (said.status, "The parent gets a letter." in said.out) == (0, True)
    again = run(*close)
    assert (again.status, again.err.count("\n")) == (1, 1)
    assert "is closed already" in again.err
    (whole,) = run("register", "show", number, "--json").objects
    assert (whole["status"], whole["deadlines"]) == ("closed", [])
    letter = whole["letters"][-1]
    assert (letter["template"], letter["language"], letter["role"]) == ("closed", "sv", "sender")
    assert "avslutat" in letter["body"]


def test_a_correction_is_kept_as_a_labelled_message_and_passes_nothing_on(run: Run, food: Path) -> None:
    """Issue 6.8: and says what the procedure would now have done."""
    (taken,) = run("intake", str(food), "--json").objects
    number = taken["reference"]
    correct = ("register", "correct", number)
    (before,) = run("register", "show", number, "--json").objects
    assert run("register", "corrections").objects == []
    assert "there is no category cats" in run(*correct, "--category", "cats").err
    assert "a praise has no category" in run(*correct, "--kind", "praise", "--category", "meals").err
    assert "say what is to be corrected" in run(*correct).err
    said = run(*correct, "--category", "safety_order", "--unit", "Gärdet", "--urgent")
    assert said.status == 0, said.err
    assert "so call them: " in said.out
    assert "Nothing of this was done" in said.out
    assert "is so already" in run(*correct, "--category", "safety_order").err
    (after,) = run("register", "show", number, "--json").objects
    assert (after["category"], after["unit"], after["urgent"]) == ("safety_order", "Gärdet", True)
    assert [after[name] for name in ("owner", "deadlines", "stage")] == [
        before[name] for name in ("owner", "deadlines", "stage")
    ]
    assert len(after["letters"]) == len(before["letters"])
    with corrections_file(None) as file:
        (example,) = corpus_file.read([file])
    assert (example.id, example.lang, example.category, example.urgent) == (number, "sv", "safety_order", True)
    assert (example.subject, example.body.strip(), example.unit) == ("Klagomål på maten", FOOD, "Gärdet")
    assert run(*correct, "--kind", "praise").status == 0
    assert run("register", "corrections").objects[0]["category"] is None
    assert run("register", "verify").status == 0
