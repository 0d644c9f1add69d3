"""Receipts and codes from the command line: what a person types and what comes back."""

from __future__ import annotations

import io
import re
import sqlite3
import sys
from collections.abc import Callable
from email.message import EmailMessage
from pathlib import Path

import pytest

from bot import receipts
from bot.__main__ import main
from register import codes
from register.errors import Permanent
from register.seals import Seals
from tests.journeys import traces

Run = Callable[..., tuple[int, str, str]]
SECRET_WORDS = "Barnen får inte gå ut på hela dagen på förskolan Gärdet fast det står i schemat."


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str], tmp_path: Path) -> Run:
    """Types a command; gives its exit status, what it printed and what it complained."""
    monkeypatch.chdir(tmp_path)

    def typed(*words: str, given: str = "") -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["lyhord", *words])
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(given.encode()), encoding="utf-8"))
        with pytest.raises(SystemExit) as ended:
            main()
        return int(ended.value.code or 0), *capfd.readouterr()

    return typed


def eml(folder: Path, text: str, name: str = "one.eml") -> Path:
    made = EmailMessage()
    made["From"], made["To"] = "Hemlig Hansson <hemlig@post-anka.example>", "hej@alexanderskolan.se"
    made["Subject"], made["Message-ID"] = "Klagomål", f"<{name}@post-anka.example>"
    made.set_content(text)
    file = folder / name
    file.write_bytes(made.as_bytes())
    return file


def registered(run: Run, file: Path) -> str:
    status, out, _ = run("intake", str(file))
    found = re.search(r"ALX \d{4}-\d{4}", out)
    assert (status, bool(found)) == (0, True)
    assert found
    return found.group()


def waiting_code(folder: Path) -> str:
    """The code in the letter that waits to be sent."""
    with sqlite3.connect(folder / "lyhord.db") as book:
        (body,) = book.execute("SELECT body FROM letters WHERE role = 'sender'").fetchone()
    book.close()
    (code,) = codes.in_text(body)
    return codes.spoken(code)


def test_a_receipt_proves_that_a_message_came_and_holds_none_of_its_words(run: Run, tmp_path: Path) -> None:
    """G11: number, time, fingerprint; anyone checks it with the public key, quoted or not."""
    file = eml(tmp_path, SECRET_WORDS)
    reference = registered(run, file)
    status, receipt, _ = run("receipt", "issue", reference)
    assert (status, reference in receipt) == (0, True)
    assert not [word for word in re.findall(r"\w{5,}", f"{SECRET_WORDS} Hemlig Hansson hemlig") if word in receipt]
    _, key, _ = run("receipt", "key")
    elsewhere = ("receipt", "verify", "-", "--key", key.strip())
    quoted = "".join(f"> {line}\r\n" for line in receipt.splitlines())
    for text in (receipt, quoted, f"Hej!\n\n{receipt}\nMvh"):
        status, out, _ = run(*elsewhere, given=text)
        assert (status, "The receipt is sound" in out, reference in out) == (0, True, True)
    (tmp_path / "receipt.txt").write_text(receipt, encoding="utf-8")
    status, out, _ = run("receipt", "verify", "receipt.txt", "--message", str(file))
    assert (status, "is a message of this receipt" in out) == (0, True)
    other = eml(tmp_path, f"{SECRET_WORDS} Och mer.", "two.eml")
    status, _, error = run("receipt", "verify", "receipt.txt", "--message", str(other))
    assert (status, "none of the messages" in error) == (1, True)


@pytest.mark.parametrize("change", [("number: ALX", "number: ALY"), ("sha256:", "sha256:0"), ("+00:00", "+01:00")])
def test_a_receipt_that_was_changed_is_not_sound(run: Run, tmp_path: Path, change: tuple[str, str]) -> None:
    """G11."""
    _, receipt, _ = run("receipt", "issue", registered(run, eml(tmp_path, SECRET_WORDS)))
    status, _, error = run("receipt", "verify", "-", given=receipt.replace(*change))
    assert (status, "NOT sound" in error) == (1, True)


def test_another_houses_key_does_not_fit() -> None:
    """G11: nor does nonsense; each is one line."""
    ours, theirs = (receipts.Signer(Seals(key)).public_key for key in (b"0123456789abcdef", b"fedcba9876543210"))
    assert ours != theirs
    for text, key in (("nothing", ours), (f"{receipts.BEGIN}\nnumber: 1\n{receipts.END}", ours), ("", "no key")):
        with pytest.raises(Permanent):
            receipts.verify(text, key)


def test_reception_takes_up_a_code_on_the_phone(run: Run, tmp_path: Path) -> None:
    """G3: what is said joins the case; the school's question is read out, once; the code is not kept."""
    reference = registered(run, eml(tmp_path, f"Jag vill vara anonym. {SECRET_WORDS}"))
    code = waiting_code(tmp_path)
    assert run("anonymous", "ask", reference, "--text", "Vilka dagar hände det?")[0] == 0
    status, out, error = run("anonymous", "add", code.lower(), "--text", "-", given="Det hände igen i tisdags.")
    assert (status, error) == (0, "")
    assert f"{reference}: added" in out
    assert "The school asks: Vilka dagar hände det?" in out
    assert "no question" in run("anonymous", "add", code)[1]
    with sqlite3.connect(tmp_path / "lyhord.db") as book:
        said = book.execute("SELECT subject, joined_by FROM messages ORDER BY id").fetchall()
    book.close()
    assert said[1] == ("[code]", "code")


def test_a_wrong_code_and_a_case_with_a_name_are_told_in_a_line(run: Run, tmp_path: Path) -> None:
    """G3."""
    reference = registered(run, eml(tmp_path, SECRET_WORDS))
    for words, said in (
        (("anonymous", "add", "ABCD"), "this is no code"),
        (("anonymous", "add", codes.new()), "opens no case"),
        (("anonymous", "ask", reference, "--text", "Vem?"), "its sender is known"),
        (("anonymous", "ask", "ALX 1999-1", "--text", "Vem?"), "has no case"),
        (("receipt", "issue", "ALX 1999-1"), "has no case"),
    ):
        status, _, error = run(*words)
        assert (status, said in error, error.count("\n")) == (1, True, 1)


def test_too_many_wrong_codes_close_the_door_for_a_while(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """G3: counted over all that try, across processes, without who it was."""
    monkeypatch.setattr("bot.commands.anonymous.MOST_OF_ALL", 2)
    registered(run, eml(tmp_path, f"Jag vill vara anonym. {SECRET_WORDS}"))
    right = waiting_code(tmp_path)
    for _ in range(2):
        run("anonymous", "add", codes.new())
    status, _, error = run("anonymous", "add", right)
    assert (status, "too many codes were wrong" in error) == (1, True)


def test_nothing_of_an_unknown_sender_is_in_the_spool_before_the_letter_has_left(run: Run, tmp_path: Path) -> None:
    """G3: only the waiting letter knows where it goes."""
    folder = tmp_path / "book"
    folder.mkdir()
    registered(run, eml(tmp_path, f"Jag vill vara anonym. {SECRET_WORDS}"))
    with sqlite3.connect(tmp_path / "lyhord.db") as book:
        kept = book.execute("SELECT content FROM spool").fetchone()[0]
    book.close()
    (folder / "spool").write_bytes(kept)
    assert traces.found(folder, "hemlig@post-anka.example", "Hemlig Hansson") == []
