"""What strangers write stays text: in headers, in plain text, in HTML."""

from __future__ import annotations

import re
from dataclasses import fields
from email import message_from_bytes, policy
from email.header import decode_header, make_header
from email.utils import getaddresses

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from register.records import Address, AddressKind, Contact, LetterFacts
from replies import blocks, mail
from replies.clean import lines, single_line
from replies.environment import LETTERS
from replies.formats import finish, linked, phone
from replies.formats import mail as mail_link
from tests.unit.replies.conftest import Facts, Write
from tests.unit.replies.test_acknowledgement import bodies, parsed
from tests.unit.replies.test_letters import Tags

ANYTHING = st.text(st.characters(exclude_categories=()), max_size=200)
NASTY = st.one_of(
    ANYTHING,
    st.sampled_from(
        (
            "a\r\nBcc: all@victim.example",
            "# title\n## heading\n- list",
            "{{ 7 * 7 }}{% raw %}",
            "<script>alert(1)</script>",
            '"><img src=x onerror=alert(1)>',
            "\ue000x\ue002\ue001javascript:alert(1)\ue002",
            "**bold** \u202egnp.exe",
            "=?utf-8?b?Qmlz?=",
            "\ud800\x00\x1b[2J\u2028",
            "---\n* * *",
        )
    ),
)
FIXED_HEADERS = {
    "from", "to", "reply-to", "subject", "date", "message-id", "in-reply-to", "references", "content-language",
    "auto-submitted", "x-auto-response-suppress", "x-loop", "precedence", "x-lyhord-loop", "mime-version",
    "content-type",
}  # fmt: skip
FORBIDDEN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\u202a-\u202e\ue000-\ue002\ud800-\udfff]")
USUAL = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


@given(value=NASTY)
def test_a_value_is_one_harmless_line(value: str) -> None:
    line = single_line(value)
    assert not FORBIDDEN.search(line)
    assert len(line.splitlines()) <= 1
    line.encode("utf-8")


@given(value=NASTY)
def test_words_that_can_be_read_are_kept(value: str) -> None:
    """Nothing that was readable is lost."""
    readable = re.sub(r"[^\w]", "", value, flags=re.ASCII)
    assert re.sub(r"[^\w]", "", "".join(lines(value)), flags=re.ASCII) == readable


@given(value=NASTY, name=st.sampled_from(["subject", "x-any"]))
def test_no_header_value_starts_a_second_header(value: str, name: str) -> None:
    written = mail.header(name, mail.phrase(value))
    assert written.endswith("\r\n")
    body = written[:-2]
    assert all(part.startswith(" ") for part in body.split("\r\n")[1:])
    assert "\n" not in body.replace("\r\n", "")
    assert all(len(part) <= 998 for part in body.split("\r\n"))
    assert written.isascii()


@given(
    value=st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cf", "Co", "Cs", "Zl", "Zp"]), max_size=300)
)
@settings(deadline=None)
def test_a_subject_reads_back(value: str) -> None:
    wanted = single_line(value)
    raw = mail.header("Subject", mail.phrase(value)).encode() + b"\r\n\r\n"
    found = message_from_bytes(raw)["Subject"]
    assert str(make_header(decode_header(re.sub(r"\r?\n", "", found)))).strip() == wanted


@given(local=NASTY, name=NASTY)
def test_a_mailbox_stays_one_mailbox(local: str, name: str) -> None:
    written = mail.mailbox(Address(kind=AddressKind.MAIL, value=f"{local}@familj.example", name=name))
    spec = written.rpartition("<")[2]
    assert spec.count(">") == 1
    assert spec.endswith("familj.example>")
    ascii_only = written.isascii()
    assert not ascii_only or len(getaddresses([written])) == 1


@given(value=NASTY)
def test_a_value_never_becomes_a_sign(value: str) -> None:
    page = blocks.read(f"Subject: x\n\n# T\n\n- {finish(value)}\n\n{finish(value)}\n\n| A: {finish(value)}\n")
    kinds = [block.kind for block in page.blocks]
    assert kinds in ([], ["list", "paragraph", "rows"]) or not single_line(value).strip(" .")
    assert page.title == "T"
    for block in page.blocks:
        assert len(block.lines) == 1
        assert not any(run.strong or run.href for run in block.lines[0].runs)


@given(value=NASTY)
def test_links_only_point_where_they_should(value: str) -> None:
    for made in (linked(value), phone(value), mail_link(value)):
        page = blocks.read(f"Subject: x\n\n{made}\n")
        for block in page.blocks:
            for run in block.lines[0].runs:
                assert re.match(r"(mailto:|tel:|https?://|$)", run.href)


def hostile(value: str) -> dict[str, object]:
    """Every text that a stranger may have written, set to a value."""
    own = {"language", "time_zone", "country", "kind"}
    texts = {one.name: value for one in fields(LetterFacts) if one.type == "str" and one.name not in own}
    many = {one.name: (value, value) for one in fields(LetterFacts) if one.type == "tuple[str, ...]"}
    contact = Contact(title=value, name=value, mail=value, phone=value)
    return {
        **texts,
        **many,
        "questions": ("unit",),
        "owner": contact,
        "next_level": contact,
        "others": ((contact, value),),
    }


@given(value=NASTY, letter=st.sampled_from(LETTERS))
@USUAL
def test_whatever_is_written_into_a_letter_stays_text(value: str, letter: str, facts: Facts, write: Write) -> None:
    """No header, no tag, no control character comes from a value, in any letter."""
    to = Address(kind=AddressKind.MAIL, value="dana@familj.example", name=value)
    made = write(letter, facts(**hostile(value)), to=to, in_reply_to=value, references=(value, "a@b.example"))
    message = parsed(made)
    assert {name.lower() for name in message} <= FIXED_HEADERS
    assert len(message.get_all("to") or []) == 1
    text, html = bodies(made)
    assert not FORBIDDEN.search(text.replace("\r", ""))
    tags = Tags(html)
    assert not {"script", "img"} & set(tags.names)
    assert not [name for name, _ in tags.attributes if name.startswith("on")]
    assert all(
        re.match(r"(mailto:|tel:|https?://|#)", target or "") for name, target in tags.attributes if name == "href"
    )


def test_the_message_is_quoted_line_by_line(facts: Facts, write: Write) -> None:
    made = write("notice", facts(message="# Hej\n> citat\r\n\r\n<b>fet</b>\n--\nDana"), role="head")
    assert "> # Hej\n> > citat\n>\n> <b>fet</b>\n> --\n> Dana" in made.body
    _, html = bodies(made)
    assert "&lt;b&gt;fet&lt;/b&gt;" in html


def test_a_very_long_message_is_cut_and_says_so(facts: Facts, write: Write) -> None:
    made = write("notice", facts(message="ord " * 20_000), role="head")
    assert "[…]" in made.body
    assert len(made.content) < 200_000


def test_an_address_that_is_none_is_quoted_not_split() -> None:
    odd = Address(kind=AddressKind.MAIL, value="a@x.example, b@y.example", name="")
    assert mail.mailbox(odd) == '<"a@x.example,b"@y.example>'


def test_a_domain_of_another_script_is_written_in_ascii() -> None:
    there = Address(kind=AddressKind.MAIL, value="мария@пример.example", name="Мария")
    assert mail.mailbox(there).endswith("<мария@xn--e1afmkfd.example>")


def test_a_name_with_specials_is_quoted() -> None:
    there = Address(kind=AddressKind.MAIL, value="a@x.example", name='Öberg "O", A.')
    assert "," not in mail.mailbox(there).rpartition("<")[0]
    plain = Address(kind=AddressKind.MAIL, value="a@x.example", name='Berg "B", A.')
    assert mail.mailbox(plain) == '"Berg \\"B\\", A." <a@x.example>'


def test_long_threads_keep_their_beginning_and_end() -> None:
    ids = [f"m{number}@x.example" for number in range(50)]
    kept = mail.message_ids(ids).split()
    assert (kept[0], kept[-1], len(kept)) == ("<m0@x.example>", "<m49@x.example>", 20)


@pytest.mark.parametrize("name", ["Petronella Åkerhjelm", "Мария Иванова Петрова", "سارة أحمد الحسن", "Bø Æ"])
def test_a_usual_name_is_one_encoded_word(name: str) -> None:
    """Readers are known to put a blank between two words of one name."""
    written = mail.header("From", mail.mailbox(Address(kind=AddressKind.MAIL, value="a@x.example", name=name)))
    assert written.count("=?utf-8?") == 1
    read = message_from_bytes(written.encode() + b"\r\n", policy=policy.default)["From"]
    assert read.addresses[0].display_name == name


@given(value=st.text(min_size=1, max_size=200))
def test_encoded_words_keep_to_their_length(value: str) -> None:
    """RFC 2047, 2: 75 characters a word, 76 a line."""
    written = mail.header("Subject", mail.phrase("Ö" + value))
    assert all(len(word) <= 75 for word in written.split())
    assert all(len(line) <= 76 for line in written.split("\r\n"))
