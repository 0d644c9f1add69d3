"""Every kind of chat update is read, and no JSON, however hostile, stops the reading."""

from __future__ import annotations

import base64
import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from intake import channels, guards
from intake.channels.telegram import Settings, read
from register.errors import BadSettings
from register.records import AddressKind, Automatic, RawMessage, Submission

CHAT = 5001
NOON = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
Json = dict[str, Any]


def message(**content: Any) -> Json:
    envelope = {
        "message_id": 17,
        "date": int(NOON.timestamp()),
        "chat": {"id": CHAT, "type": "private", "first_name": "Amina"},
        "from": {"id": CHAT, "is_bot": False, "first_name": "Amina", "last_name": "Yusuf", "language_code": "so"},
    }
    return envelope | content


def spooled(content: bytes) -> RawMessage:
    return RawMessage(channel="telegram", external_id="1:1", content=content, received_at=NOON)


def reading(update: object, files: list[Json] | None = None) -> Submission:
    parcel = {"update": update, "files": files or []}
    return channels.read(spooled(json.dumps(parcel).encode()))


def of(**content: Any) -> Submission:
    return reading({"update_id": 1, "message": message(**content)})


# --- what a person writes


def test_a_text_is_read_with_its_sender_language_and_time() -> None:
    submission = of(text="Min son blir retad\r\npå rasten")
    assert submission.sender is not None
    assert (submission.sender.kind, submission.sender.value) == (AddressKind.TELEGRAM, "5001")
    assert submission.sender.name == "Amina Yusuf"
    assert submission.text == submission.reply == "Min son blir retad\npå rasten"
    assert submission.message_id == "telegram:5001:17"
    assert submission.date == NOON
    assert submission.header("telegram-language-code") == "so"
    assert (submission.subject, submission.header("telegram-update"), submission.defects) == ("", "", ())


def test_a_bare_update_without_its_parcel_is_read_too() -> None:
    submission = read(spooled(json.dumps({"update_id": 1, "message": message(text="hej")}).encode()))
    assert submission.text == "hej"


def test_a_caption_is_text_and_its_file_an_attachment() -> None:
    update = {"update_id": 1, "message": message(caption="Så ser det ut", document={"file_id": "f1"})}
    file = {
        "file_id": "f1",
        "name": "bild å.pdf",
        "type": "application/pdf",
        "data": base64.b64encode(b"%PDF").decode(),
    }
    submission = reading(update, [file])
    assert submission.text == "Så ser det ut"
    assert [(a.name, a.type, a.content) for a in submission.attachments] == [("bild å.pdf", "application/pdf", b"%PDF")]
    assert submission.all("telegram-file-id") == ("f1",)


def test_a_bare_voice_note_is_a_message_without_text() -> None:
    file = {"file_id": "v", "name": "voice.ogg", "type": "audio/ogg", "data": base64.b64encode(b"OggS").decode()}
    submission = reading({"update_id": 1, "message": message(voice={"file_id": "v"})}, [file])
    assert (submission.text, submission.header("telegram-update"), submission.defects) == ("", "", ())
    assert submission.attachments[0].type == "audio/ogg"


@pytest.mark.parametrize(
    ("problem", "defect"),
    [("too_large", "a file was too large to be fetched"), ("not_available", "a file could not be fetched")],
)
def test_a_file_that_could_not_be_had_is_told_and_the_text_stays(problem: str, defect: str) -> None:
    file = {"file_id": "f1", "name": "film.mp4", "type": "video/mp4", "problem": problem}
    submission = reading({"update_id": 1, "message": message(caption="Se filmen")}, [file])
    assert (submission.text, submission.defects) == ("Se filmen", (defect,))
    assert submission.all("telegram-file-id") == ("f1",)


@pytest.mark.parametrize(
    ("name", "safe"),
    [
        ("../../etc/passwd", "passwd"),
        ("C:\\Windows\\x.exe", "x.exe"),
        ("..", "file"),
        ("a\nb\x00.txt", "a b.txt"),
        ("", "file"),
        ("x\u202efdp.exe", "x fdp.exe"),
    ],
)
def test_file_names_cannot_lead_out_of_a_folder(name: str, safe: str) -> None:
    file = {"file_id": "f", "name": name, "type": "", "data": ""}
    assert reading({"update_id": 1, "message": message()}, [file]).attachments[0].name == safe


def test_equal_file_names_are_told_apart() -> None:
    file = {"file_id": "f", "name": "a.jpg", "type": "image/jpeg", "data": ""}
    submission = reading({"update_id": 1, "message": message()}, [file, file, file])
    assert [attachment.name for attachment in submission.attachments] == ["a.jpg", "1-a.jpg", "2-a.jpg"]


@pytest.mark.parametrize(
    ("content", "text"),
    [
        ({"location": {"latitude": 59.237, "longitude": 17.98}}, "geo:59.237,17.98"),
        (
            {
                "location": {"latitude": 59, "longitude": 18},
                "venue": {"title": "Kvarnskolan", "address": "Skolvägen 1"},
            },
            "geo:59,18\nKvarnskolan, Skolvägen 1",
        ),
        (
            {"contact": {"first_name": "Ali", "last_name": "Yusuf", "phone_number": "+46 70 000 00 00"}},
            "Ali Yusuf, +46 70 000 00 00",
        ),
        ({"sticker": {"emoji": "😢", "file_id": "s"}}, "😢"),
        ({"dice": {"emoji": "🎲", "value": 3}}, "🎲"),
        ({"poll": {"question": "När?", "options": [{"text": "i dag"}, {"text": "i går"}]}}, "När?\n- i dag\n- i går"),
        ({"checklist": {"title": "Att göra", "tasks": [{"text": "ringa"}]}}, "Att göra\n- ringa"),
        (
            {"text": "se här", "entities": [{"type": "text_link", "url": "https://exempel.example/x"}]},
            "se här\nhttps://exempel.example/x",
        ),
    ],
)
def test_what_is_no_text_is_put_into_words(content: Json, text: str) -> None:
    submission = of(**content)
    assert (submission.text, submission.defects) == (text, ())


def test_a_kind_of_message_that_is_new_to_us_goes_to_a_person() -> None:
    submission = of(hologram={"size": 3})
    assert submission.defects == ("a kind of message that cannot be shown",)
    assert submission.header("telegram-update") == ""


def test_an_edited_message_says_so_and_belongs_where_it_was() -> None:
    edited = message(text="rättad text", edit_date=int(NOON.timestamp()) + 60)
    submission = reading({"update_id": 2, "edited_message": edited})
    assert (submission.text, submission.defects) == ("rättad text", ("edited by the sender",))
    assert submission.message_id == "telegram:5001:17"
    assert submission.in_reply_to == ("telegram:5001:17",)
    assert submission.header("telegram-edited") == "true"
    assert submission.fingerprint != of(text="första text").fingerprint


def test_a_reply_names_the_message_that_it_answers() -> None:
    assert of(text="nej", reply_to_message=message(message_id=9)).in_reply_to == ("telegram:5001:9",)


def test_a_forwarded_message_and_an_album_are_marked() -> None:
    submission = of(caption="x", forward_origin={"type": "user"}, media_group_id="77")
    assert (submission.header("telegram-forwarded"), submission.header("telegram-media-group")) == ("true", "77")


# --- what is no message for the register


@pytest.mark.parametrize(
    ("text", "command", "argument"),
    [("/start", "start", ""), ("/start huddinge-kvarn", "start", "huddinge-kvarn"), ("/help@skol_bot", "help", "")],
)
def test_a_command_is_no_complaint(text: str, command: str, argument: str) -> None:
    submission = of(text=text)
    assert (submission.text, submission.header("telegram-update")) == ("", "command")
    assert (submission.header("telegram-command"), submission.header("telegram-command-argument")) == (
        command,
        argument,
    )


@pytest.mark.parametrize("text", ["/start min son blir slagen", "/help bullying at school", "/hjälp", "1/2"])
def test_words_after_a_command_are_a_persons_words(text: str) -> None:
    submission = of(text=text)
    assert (submission.text, submission.header("telegram-update")) == (text, "")


def test_a_pressed_button_is_told_with_its_data_and_without_text() -> None:
    query = {"id": "88", "from": message()["from"], "message": message(message_id=9, text="Vad?"), "data": "k:food"}
    submission = reading({"update_id": 3, "callback_query": query})
    assert (submission.text, submission.header("telegram-update")) == ("", "callback_query")
    assert submission.header("telegram-callback-data") == "k:food"
    assert submission.in_reply_to == ("telegram:5001:9",)
    assert submission.message_id == "telegram:5001:update:3"
    assert submission.sender is not None
    assert submission.sender.value == "5001"


@pytest.mark.parametrize("status", ["kicked", "left", "member"])
def test_a_blocked_bot_is_reported_without_text(status: str) -> None:
    change = {"chat": message()["chat"], "from": message()["from"], "date": 1, "new_chat_member": {"status": status}}
    submission = reading({"update_id": 4, "my_chat_member": change})
    assert (submission.text, submission.header("telegram-update")) == ("", "my_chat_member")
    assert submission.header("telegram-status") == status


def test_two_equal_reports_are_two() -> None:
    change = {"chat": message()["chat"], "from": message()["from"], "new_chat_member": {"status": "kicked"}}
    first, second = (reading({"update_id": number, "my_chat_member": change}) for number in (4, 5))
    assert first.message_id != second.message_id


@pytest.mark.parametrize(
    "news", [{"new_chat_members": [{"id": 1}]}, {"pinned_message": {}}, {"migrate_to_chat_id": -9}]
)
def test_news_of_telegram_itself_is_no_message(news: Json) -> None:
    submission = of(**news)
    assert (submission.text, submission.header("telegram-update")) == ("", "service")


def test_a_group_that_moves_says_where_to() -> None:
    assert of(migrate_to_chat_id=-1009).header("telegram-migrated-to") == "-1009"


def test_another_bot_is_not_listened_to() -> None:
    robot = {"id": 9, "is_bot": True, "first_name": "Robot"}
    assert reading({"update_id": 1, "message": message(text="köp!") | {"from": robot}}).text == ""


@pytest.mark.parametrize("kind", ["group", "supergroup", "channel"])
def test_a_group_chat_is_marked_and_keeps_its_text(kind: str) -> None:
    chat = {"id": -100, "type": kind, "title": "Klass 4B"}
    submission = reading({"update_id": 1, "message": message(text="hej") | {"chat": chat}})
    assert submission.header("telegram-chat-type") == kind
    assert (submission.text, submission.header("telegram-update")) == ("hej", "group_message")
    assert submission.header("list-id") == "telegram:-100"


@pytest.mark.parametrize("kind", ["channel_post", "message_reaction", "poll_answer", "something_new"])
def test_other_updates_are_named_and_hold_no_text(kind: str) -> None:
    submission = reading({"update_id": 1, kind: message(text="x")})
    assert (submission.text, submission.header("telegram-update")) == ("", kind)


def test_the_guards_answer_nothing_that_nobody_wrote() -> None:
    """G5: no automatic answer, each time with its reason."""
    for news in (of(text="/start"), of(pinned_message={}), reading({"update_id": 1, "poll_answer": {"a": 1}})):
        ruling = guards.judge(news, own_addresses=frozenset(), is_own_message_id=lambda message_id: False)
        assert (ruling.automatic, ruling.answerable) == (Automatic.AUTO_REPLY, False)


def test_the_guards_let_a_persons_message_through() -> None:
    for written in (of(text="hej"), of(voice={"file_id": "v"}), of(text="ny", edit_date=1)):
        ruling = guards.judge(written, own_addresses=frozenset(), is_own_message_id=lambda message_id: False)
        assert (ruling.automatic, ruling.answerable) == (None, True)


# --- hostile content

json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters()),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=12,
)
MEMBERS = [
    "message_id",
    "date",
    "chat",
    "from",
    "text",
    "caption",
    "photo",
    "document",
    "voice",
    "sticker",
    "location",
    "contact",
    "poll",
    "entities",
    "edit_date",
    "reply_to_message",
    "id",
    "type",
    "first_name",
    "file_id",
    "file_name",
    "data",
    "status",
    "new_chat_member",
    "media_group_id",
    "is_bot",
]
members = st.dictionaries(st.sampled_from(MEMBERS), json_values, max_size=8)
crooked = st.dictionaries(st.sampled_from(MEMBERS), json_values | members, max_size=10)
kinds = st.sampled_from(["message", "edited_message", "callback_query", "my_chat_member", "update_id", "\ud800\n"])


def assert_sound(submission: Submission) -> None:
    """The promise of `Submission`: no lone surrogate or NUL, single lines where a line belongs."""
    name = submission.sender.name if submission.sender else ""
    lines = [name, submission.message_id, *submission.in_reply_to, *submission.defects]
    lines += [part for header in submission.headers for part in header]
    lines += [part for file in submission.attachments for part in (file.name, file.type)]
    for text in [submission.text, submission.reply, *lines]:
        assert "\0" not in text
        text.encode("utf-8")
    assert not any("\n" in line or "\r" in line for line in lines)
    assert not any("/" in file.name for file in submission.attachments)
    assert len(submission.fingerprint) == 64


@given(st.binary())
def test_any_bytes_are_read(content: bytes) -> None:
    assert_sound(read(spooled(content)))


@given(json_values)
def test_any_json_is_read(value: object) -> None:
    assert_sound(read(spooled(json.dumps(value).encode())))


@given(kinds, json_values | crooked, st.lists(json_values | crooked, max_size=3))
def test_any_crooked_update_is_read(kind: str, body: object, files: list[Any]) -> None:
    assert_sound(reading({"update_id": 1, kind: body}, files))


@given(st.text(st.characters()))
def test_any_text_arrives(text: str) -> None:
    assert_sound(of(text=text, caption=text))


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\xff\xfe",
        b"null",
        b"[]",
        b'"text"',
        b"{}",
        b"[" * 100_000,
        b'{"update":' * 50_000,
        b'{"update":{"update_id":1,"message":{"date":' + b"9" * 5000 + b"}}}",
    ],
)
def test_what_is_no_update_is_told_as_a_defect(content: bytes) -> None:
    submission = read(spooled(content))
    assert submission.defects
    assert submission.header("telegram-update") == ""


@pytest.mark.parametrize("date", [10**17, -1, 2**70, "today", True, 1e300, None])
def test_an_impossible_date_is_no_date(date: object) -> None:
    assert of(text="x", date=date).date is None


def test_surrogates_that_belong_together_are_one_character_and_lone_ones_none() -> None:
    assert read(spooled(b'{"message":{"text":"\\ud83d\\ude22 \\ud800"}}')).text == "😢 \ufffd"


# --- settings


def test_settings_take_exactly_one_place_for_the_token() -> None:
    for wrong in ({}, {"token_env": "A", "token_file": "b"}, {"token_env": "A", "token": "1:x"}):
        with pytest.raises(ValidationError):
            Settings.model_validate({"kind": "telegram", **wrong})


def test_the_token_comes_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SCHOOL_BOT", " 123456:abc-DEF \n")
    assert Settings(token_env="SCHOOL_BOT").token() == "123456:abc-DEF"


def test_the_token_comes_from_a_file(tmp_path: Path) -> None:
    file = tmp_path / "token"
    file.write_text("123456:abc-DEF\n")
    assert Settings(token_file=file).token() == "123456:abc-DEF"


def test_a_missing_token_says_where_it_was_looked_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SCHOOL_BOT", "not a token")
    with pytest.raises(BadSettings, match="the environment variable SCHOOL_BOT holds no bot token") as caught:
        Settings(token_env="SCHOOL_BOT").token()
    assert "not a token" not in caught.value.public
    with pytest.raises(BadSettings, match=r"the file .*absent holds no bot token"):
        Settings(token_file=tmp_path / "absent").token()


def test_a_slash_at_the_end_of_the_base_url_does_no_harm() -> None:
    assert Settings(token_env="A", base_url="http://127.0.0.1:1/").base_url == "http://127.0.0.1:1"
