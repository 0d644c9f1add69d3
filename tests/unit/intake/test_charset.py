"""The charset that was meant."""

from __future__ import annotations

import pytest

from intake.charset import decode, readable, single_line


@pytest.mark.parametrize(
    ("text", "codec", "label"),
    [
        ("Kränkning på gården", "utf-8", "iso-8859-1"),
        ("Kränkning på gården", "cp1252", "utf-8"),
        ("Kränkning på gården", "cp1252", ""),
        ("Kränkning på gården", "cp1252", "us-ascii"),
        ("“Tyst” – sa hon", "cp1252", "iso-8859-1"),
        ("Klage på lærer, vær så snill å svare", "cp1252", ""),
        ("Оплакване от родител", "cp1251", ""),
        ("Оплакване от родител", "cp1251", "windows1251"),
        ("Жалоба на учителя", "koi8-r", ""),
        ("Skarga na nauczyciela, proszę o odpowiedź, dziękuję", "cp1250", ""),
        ("şikayet öğretmen hakkında çok kötü", "cp1254", "iso-8859-9"),
        ("中文字符镕", "gb18030", "gb2312"),
        ("안녕하세요 똠", "cp949", "ks_c_5601-1987"),
        ("①㈱こんにちは", "cp932", "shift_jis"),
        ("שלום לכם", "cp1255", "iso-8859-8-i"),
        ("Kränkning", "utf-7", "unicode-1-1-utf-7"),
        ("Kränkning", "utf-16-be", "utf-16"),
        ("Kränkning", "utf-16-le", "utf-16"),
        ("Kränkning", "utf-8-sig", ""),
        ("Kränkning", "mac_roman", "macintosh"),
    ],
)
def test_the_text_is_read_as_it_was_meant(text: str, codec: str, label: str) -> None:
    assert readable(decode(text.encode(codec), label)) == text


def test_nec_characters_in_iso_2022_jp_are_read() -> None:
    assert decode(b"\x1b$B-!\x1b(B a \x1b$B$3\x1b(B", "cp50220") == "① a こ"


@pytest.mark.parametrize(
    "label", ["idna", "punycode", "rot13", "hex", "zip", "unicode_escape", "undefined", "x" * 500, "\0", "ütf"]
)
def test_a_label_that_is_no_charset_is_passed_over(label: str) -> None:
    assert decode("Fråga".encode(), label) == "Fråga"


def test_a_hint_helps_where_nothing_is_declared() -> None:
    data = "Жалба".encode("cp1251")
    assert decode(data, "", "windows-1251") == "Жалба"


def test_a_few_wrong_bytes_do_not_spoil_the_rest() -> None:
    assert (
        decode("Läraren på förskolan är så hård".encode() + b" \xe4n", "utf-8") == "Läraren på förskolan är så hård än"
    )


@pytest.mark.parametrize("end", range(1, 4))
def test_a_cut_letter_at_the_end_is_left_out(end: int) -> None:
    data = "Здравейте всички 😀".encode()
    assert decode(data[:-end], "utf-8") == "Здравейте всички "


def test_no_byte_is_refused() -> None:
    every = bytes(range(256))
    for label in ("", "utf-8", "us-ascii", "iso-8859-1", "gb2312", "shift_jis", "utf-16", "utf-7", "iso-2022-jp", "hz"):
        text = readable(decode(every, label))
        assert text.encode()
        assert "\0" not in text


def test_single_lines_are_unfolded_and_clean() -> None:
    assert single_line("Maten\r\n är kall\r\n\toch\x00 hård\u2028nu ") == "Maten är kall och hård nu"
