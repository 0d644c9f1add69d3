"""Quotes as every mail program announces them, in every language of our users: combined from tests/mail."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from intake.text import trim
from tests.unit.intake.mails import expectations

KNOWN = expectations("announcements")
NEW = "Tack, det passar bra.\n\nMvh Anna"
OLD = "Hej\nkan du torsdag?"
MARKED = "\n".join(f"> {line}" for line in OLD.splitlines())


def messages() -> Iterator[tuple[str, str]]:
    """A name and a message for each program, language and way of quoting."""
    for program, lines in KNOWN["line"].items():
        for language, line in lines.items():
            yield f"{program}-{language}-marked", f"{NEW}\n\n{line}\n\n{MARKED}"
            if "@" in line:
                yield f"{program}-{language}-plain", f"{NEW}\n\n{line}\n{OLD}"
                yield f"{program}-{language}-wrapped", f"{NEW}\n\n{' '.join(_wrapped(line))}\n\n{MARKED}"
    for language, (sender, sent, to, subject, date) in KNOWN["fields"]["outlook"].items():
        named = ((sender, "Anna Berg <anna@skola.example>"), (sent, date), (to, "p@x.example"), (subject, "SV: Maten"))
        for way, form in (("", "{}: {}"), ("-bold", "*{}:* {}")):
            block = "\n".join(form.format(*pair) for pair in named)
            yield f"outlook-{language}{way}", f"{NEW}\n\n{block}\n\n{OLD}"
            yield f"outlook-{language}{way}-underlined", f"{NEW}\n\n{'_' * 32}\n{block}\n\n{OLD}"
    for program, lines in KNOWN["original"].items():
        for language, (line, *names) in lines.items():
            values = ("Anna Berg <anna@skola.example>", "2026-03-03 14:05", "per@x.example", "Maten")
            block = "\n".join(f"{name}: {value}" for name, value in zip(names, values, strict=True))
            yield f"{program}-{language}", f"{NEW}\n\n{line}\n{block}\n\n{OLD}"


def _wrapped(line: str) -> tuple[str, ...]:
    """The line as programs wrap it behind the 60th character."""
    place = line.find(" ", 60)
    return (line,) if place < 0 else (f"{line[:place]}\n{line[place + 1 :]}",)


MESSAGES = dict(messages())


@pytest.mark.parametrize("name", MESSAGES)
def test_only_what_is_new_is_left(name: str) -> None:
    """D5: word for word, in 16 languages."""
    assert trim(MESSAGES[name]).split() == NEW.split()


@pytest.mark.parametrize("language", KNOWN["phone"])
def test_the_line_of_a_phone_is_left_out_above_its_quote(language: str) -> None:
    announced = KNOWN["line"]["apple_mail"][language]
    text = f"{NEW}\n\n{KNOWN['phone'][language]}\n\n> {announced}\n> \n{MARKED}"
    assert trim(text).split() == NEW.split()


def test_every_language_of_our_users_is_there() -> None:
    languages = set(KNOWN["line"]["gmail"])
    nordic, slavic = {"sv", "nb", "nn", "da", "fi"}, {"bg", "ru", "uk", "pl"}
    assert languages >= nordic | slavic | {"en", "de", "tr", "ar", "so", "fa", "es"}
